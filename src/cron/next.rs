//! When a schedule runs next: a walk over the zone's calendar, largest unit first.
//!
//! What happens around daylight-saving changes follows from *how* Kubernetes' library walks (hours and minutes are added
//! to the instant, months and days to the wall clock), so the walk here takes the same steps.

use super::{Fields, NANOS_PER_SECOND, Schedule, Timing, Zone, has};

const MINUTE_SECONDS: i64 = 60;
const HOUR_SECONDS: i64 = 3_600;
const DAY_SECONDS: i64 = 86_400;

/// How far ahead a run is searched, in calendar years.
const SEARCH_YEARS: i64 = 5;

/// A bound on the steps of one search, far above the some 4,000 that five years of days, months and one day's hours and
/// minutes take, also when a zone keeps moving.
const MAX_SEARCH_STEPS: u32 = 200_000;

impl Schedule {
    /// The first run strictly after that moment, both in Unix nanoseconds; runs are on whole seconds.
    ///
    /// `zone` is whose wall clock the fields mean, unless the schedule names its own. `None`: no run within five years
    /// (such as 31 February), or beyond what 64 bits of nanoseconds hold.
    // vendor/github.com/robfig/cron/v3/spec.go Next, constantdelay.go Next
    pub fn next(&self, after_unix_nanos: i64, zone: &Zone) -> Option<i64> {
        let after = after_unix_nanos.div_euclid(NANOS_PER_SECOND);
        let seconds = match &self.timing {
            Timing::Every { seconds } => after.checked_add(*seconds)?,
            Timing::Fields(fields) => {
                let zone = self.zone.as_ref().unwrap_or(zone);
                Walk { zone, at: Wall::of(after + 1, zone), aligned: false }.find(fields)?
            }
        };
        seconds.checked_mul(NANOS_PER_SECOND)
    }
}

/// A moment, and what the wall clock of the zone shows then.
#[derive(Clone, Copy)]
struct Wall {
    unix: i64,
    year: i64,
    /// 1 to 12.
    month: u32,
    /// 1 to 31.
    day: u32,
    /// 0 is Sunday.
    weekday: u32,
    hour: u32,
    minute: u32,
    second: u32,
}

impl Wall {
    fn of(unix: i64, zone: &Zone) -> Wall {
        let local = unix + zone.offset_seconds(unix);
        let days = local.div_euclid(DAY_SECONDS);
        let in_day = local.rem_euclid(DAY_SECONDS);
        let (year, month, day) = civil_from_days(days);
        Wall {
            unix,
            year,
            month,
            day,
            // 1970-01-01 was a Thursday.
            weekday: (days + 4).rem_euclid(7) as u32,
            hour: (in_day / HOUR_SECONDS) as u32,
            minute: (in_day % HOUR_SECONDS / MINUTE_SECONDS) as u32,
            second: (in_day % MINUTE_SECONDS) as u32,
        }
    }
}

/// The units of the calendar, in the order in which they are settled.
#[derive(Clone, Copy)]
enum Unit {
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

impl Unit {
    fn smaller(self) -> Option<Unit> {
        match self {
            Unit::Month => Some(Unit::Day),
            Unit::Day => Some(Unit::Hour),
            Unit::Hour => Some(Unit::Minute),
            Unit::Minute => Some(Unit::Second),
            Unit::Second => None,
        }
    }
}

/// The search: where it is, and whether it has left the moment it started from.
struct Walk<'a> {
    zone: &'a Zone,
    at: Wall,
    /// Set once a unit was advanced: from then on everything below it starts from its first value.
    aligned: bool,
}

impl Walk<'_> {
    /// Settles one unit after the other; a unit that rolls over to its first value reopens all the larger ones.
    ///
    /// A larger unit that changes *without* such a roll-over is not noticed. That is how the real library runs at
    /// 05:30 on the 4th a schedule for the 3rd when midnight between them does not exist, and so does this.
    fn find(&mut self, fields: &Fields) -> Option<i64> {
        // A field that allows nothing (a lone comma) can never match; do not walk five years to find out.
        if [fields.minute, fields.hour, fields.month].contains(&0) {
            return None;
        }
        let last_year = self.at.year + SEARCH_YEARS;
        let mut unit = Unit::Month;
        for _ in 0..MAX_SEARCH_STEPS {
            if self.settled(fields, unit) {
                match unit.smaller() {
                    Some(smaller) => unit = smaller,
                    None => return Some(self.at.unix),
                }
            } else {
                self.advance(unit);
                if self.rolled_over(unit) {
                    unit = Unit::Month;
                    if self.at.year > last_year {
                        return None;
                    }
                }
            }
        }
        None
    }

    fn settled(&self, fields: &Fields, unit: Unit) -> bool {
        match unit {
            Unit::Month => has(fields.month, self.at.month),
            Unit::Day => fields.day_matches(self.at.day, self.at.weekday),
            Unit::Hour => has(fields.hour, self.at.hour),
            Unit::Minute => has(fields.minute, self.at.minute),
            Unit::Second => self.at.second == 0,
        }
    }

    fn rolled_over(&self, unit: Unit) -> bool {
        match unit {
            Unit::Month => self.at.month == 1,
            Unit::Day => self.at.day == 1,
            Unit::Hour => self.at.hour == 0,
            Unit::Minute => self.at.minute == 0,
            Unit::Second => true,
        }
    }

    /// Goes to the start of the next month, day, hour or minute; from a second to the next minute.
    fn advance(&mut self, unit: Unit) {
        if !self.aligned {
            self.align(unit);
        }
        let Wall { unix, year, month, day, second, .. } = self.at;
        let next = match unit {
            Unit::Month => self.same_clock_on(year, month + 1, day).max(unix + 1),
            Unit::Day => self.next_midnight(),
            Unit::Hour => unix + HOUR_SECONDS,
            Unit::Minute => unix + MINUTE_SECONDS,
            Unit::Second => unix + MINUTE_SECONDS - i64::from(second),
        };
        self.at = Wall::of(next, self.zone);
    }

    /// Goes back to where the present month, day, hour or minute began.
    fn align(&mut self, unit: Unit) {
        let Wall { unix, year, month, day, hour, .. } = self.at;
        let start = match unit {
            Unit::Month => self.full_hour(year, month, 1, 0),
            Unit::Day => self.full_hour(year, month, day, 0),
            Unit::Hour => self.full_hour(year, month, day, hour),
            // Minutes are those of the instant, not of a wall clock that is off by odd seconds (as before 1972).
            Unit::Minute => unix - unix.rem_euclid(MINUTE_SECONDS),
            Unit::Second => unix,
        };
        self.at = Wall::of(start, self.zone);
        self.aligned = true;
    }

    fn next_midnight(&self) -> i64 {
        let Wall { unix, year, month, day, .. } = self.at;
        let mut next = self.same_clock_on(year, month, day + 1);
        if next <= unix {
            // DIFFERENCE: a calendar day that a time zone skipped (Samoa, 30 December 2011) traps the real library for ever;
            // here the search goes on with the day after it.
            next = self.same_clock_on(year, month, day + 2).max(unix + DAY_SECONDS);
        }
        // Where midnight does not exist the clock shows 23:00 or 01:00; move to the midnight that was meant.
        match i64::from(Wall::of(next, self.zone).hour) {
            hour if hour > 12 => next + (24 - hour) * HOUR_SECONDS,
            hour => next - hour * HOUR_SECONDS,
        }
    }

    /// The moment with the present time of day on another date.
    fn same_clock_on(&self, year: i64, month: u32, day: u32) -> i64 {
        let Wall { hour, minute, second, .. } = self.at;
        let clock = i64::from(hour) * HOUR_SECONDS + i64::from(minute) * MINUTE_SECONDS + i64::from(second);
        self.instant_of(days_from_civil(year, month, day) * DAY_SECONDS + clock)
    }

    /// The moment when the wall clock shows that full hour.
    fn full_hour(&self, year: i64, month: u32, day: u32, hour: u32) -> i64 {
        self.instant_of(days_from_civil(year, month, day) * DAY_SECONDS + i64::from(hour) * HOUR_SECONDS)
    }

    /// From wall-clock seconds to the moment. A wall time that exists twice or not at all gets one of the two offsets
    /// around it: that of the moment that the first guess leads to.
    // Go's time.Date
    fn instant_of(&self, local: i64) -> i64 {
        let guess = local - self.zone.offset_seconds(local);
        local - self.zone.offset_seconds(guess)
    }
}

/// Days since 1970-01-01 of a date in the Gregorian calendar; a month or day past its end carries over.
pub(super) fn days_from_civil(year: i64, month: u32, day: u32) -> i64 {
    let months = year * 12 + i64::from(month) - 1;
    // Years are counted from March, so that the leap day is the last of its year.
    let from_march = months - 2;
    let (year, month) = (from_march.div_euclid(12), from_march.rem_euclid(12));
    let days_of_years = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    days_of_years + (153 * month + 2) / 5 + i64::from(day) - 1 - DAYS_TO_1970
}

/// The date that many days after 1970-01-01: year, month (1 to 12), day (1 to 31).
pub(super) fn civil_from_days(days: i64) -> (i64, u32, u32) {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    let days = days + DAYS_TO_1970;
    let era = days.div_euclid(DAYS_OF_400_YEARS);
    let in_era = days.rem_euclid(DAYS_OF_400_YEARS);
    let year_of_era = (in_era - in_era / 1_460 + in_era / 36_524 - in_era / 146_096) / 365;
    let day_of_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * from_march + 2) / 5 + 1;
    let (month, carry) = if from_march < 10 { (from_march + 3, 0) } else { (from_march - 9, 1) };
    (era * 400 + year_of_era + carry, month as u32, day as u32)
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i64 = 719_468;
