//! What the API server says about `spec.schedule` and `spec.timeZone` of a CronJob.

use super::go::quote;
use super::{Zone, parse_standard};

const SCHEDULE: &str = "spec.schedule";
const TIME_ZONE: &str = "spec.timeZone";

/// The longest part between the slashes of a zone's name that the API server lets pass.
const MAX_ZONE_PART_CHARS: usize = 14;

/// The faults of a new CronJob's schedule and time zone, as the API server words them: field and message.
/// `field: message` is the whole error.
///
/// ```
/// use orrery::cron::validate_schedule;
///
/// assert!(validate_schedule("*/5 * * * *", Some("Asia/Seoul")).is_empty());
/// assert_eq!(
///     validate_schedule("* * * *", None),
///     [("spec.schedule".into(), r#"Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]"#.into())],
/// );
/// ```
// pkg/apis/batch/validation/validation.go validateCronJobSpec
pub fn validate_schedule(schedule: &str, time_zone: Option<&str>) -> Vec<(String, String)> {
    let mut faults = schedule_faults(schedule, time_zone, false);
    faults.extend(zone_faults(time_zone));
    faults
}

/// The faults of an update, which keeps what it finds: a schedule with `TZ` may go on having it, and an unchanged time
/// zone is not looked at.
// pkg/apis/batch/validation/validation.go ValidateCronJobUpdate
pub fn validate_schedule_update(
    schedule: &str,
    time_zone: Option<&str>,
    old_schedule: &str,
    old_time_zone: Option<&str>,
) -> Vec<(String, String)> {
    let mut faults = schedule_faults(schedule, time_zone, old_schedule.contains("TZ"));
    if time_zone != old_time_zone {
        faults.extend(zone_faults(time_zone));
    }
    faults
}

/// Whether the API server accepts that text as `spec.timeZone`.
///
/// ```
/// use orrery::cron::known_time_zone;
///
/// assert!(known_time_zone("Etc/GMT-9"));
/// assert!(!known_time_zone("KST") && !known_time_zone("+09:00") && !known_time_zone("Local") && !known_time_zone(""));
/// ```
pub fn known_time_zone(name: &str) -> bool {
    time_zone_problems(name).is_empty()
}

// pkg/apis/batch/validation/validation.go validateScheduleFormat
fn schedule_faults(schedule: &str, time_zone: Option<&str>, may_have_zone: bool) -> Vec<(String, String)> {
    if schedule.is_empty() {
        return vec![(SCHEDULE.to_string(), "Required value".to_string())];
    }
    let fault = |detail: &str| (SCHEDULE.to_string(), format!("Invalid value: {}: {detail}", quote(schedule)));
    let mut faults = Vec::new();
    if let Err(cause) = parse_standard(schedule) {
        faults.push(fault(&cause));
    }
    if schedule.contains("TZ") {
        if !may_have_zone {
            faults.push(fault("cannot use TZ or CRON_TZ in schedule, use timeZone field instead"));
        } else if time_zone.is_some() {
            faults.push(fault("cannot use both timeZone field and TZ or CRON_TZ in schedule"));
        }
    }
    faults
}

fn zone_faults(time_zone: Option<&str>) -> Vec<(String, String)> {
    let name = time_zone.unwrap_or_default();
    let problems = time_zone.map(time_zone_problems).unwrap_or_default();
    let message = |detail: String| format!("Invalid value: {}: {detail}", json_string(name));
    problems.into_iter().map(|detail| (TIME_ZONE.to_string(), message(detail))).collect()
}

/// What the API server has against that text as `spec.timeZone`, without the field and the value.
// pkg/apis/batch/validation/validation.go validateTimeZone
pub fn time_zone_problems(name: &str) -> Vec<String> {
    if name.is_empty() {
        return vec!["timeZone must be nil or non-empty string".to_string()];
    }
    if !name.split('/').all(is_zone_part) {
        return vec![format!("unknown time zone {name}")];
    }
    let mut problems = Vec::new();
    if name.eq_ignore_ascii_case("Local") {
        let iana = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones";
        problems.push(iana.to_string());
    }
    problems.extend(Zone::load_or_cause(name).err());
    problems
}

/// Whether a part of a zone's name is made of the characters, and in the length, that are looked up at all.
fn is_zone_part(part: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._+-".contains(&b);
    (1..=MAX_ZONE_PART_CHARS).contains(&part.len())
        && part.bytes().all(allowed)
        && !part.starts_with('-')
        && part != "."
        && part != ".."
}

/// A value that the API server shows as JSON, because the field is a pointer: Go also escapes these five characters.
fn json_string(text: &str) -> String {
    let mut out = serde_json::Value::from(text).to_string();
    for (c, escaped) in
        [('<', "\\u003c"), ('>', "\\u003e"), ('&', "\\u0026"), ('\u{2028}', "\\u2028"), ('\u{2029}', "\\u2029")]
    {
        out = out.replace(c, escaped);
    }
    out
}
