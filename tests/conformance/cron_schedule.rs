//! One case of `cron_schedule.json`: a schedule as the admission, the parser and the clock see it.
//!
//! Included by the harness with `#[path]`, so that the table and its meaning stay together.

use orrery::cron::{Zone, known_time_zone, parse_standard, validate_schedule};
use serde_json::{Value, json};

/// Runs one case and describes every field of `expect` that came out differently. An empty list is a pass.
pub fn run_case(case: &Value) -> Vec<String> {
    let given = &case["given"];
    let schedule = given["schedule"].as_str().unwrap_or_default();
    let time_zone = given["timeZone"].as_str();
    let admission: Vec<String> =
        validate_schedule(schedule, time_zone).iter().map(|(field, message)| format!("{field}: {message}")).collect();
    let mut actual = json!({ "admitted": admission.is_empty(), "admissionErrors": admission });
    match parse_standard(schedule) {
        Err(cause) => {
            actual["parses"] = json!(false);
            actual["parseError"] = json!(cause);
        }
        Ok(parsed) => {
            actual["parses"] = json!(true);
            let usable = time_zone.is_none_or(known_time_zone);
            let zone = if usable { Zone::load(time_zone.unwrap_or_default()) } else { None };
            actual["controllerUsesIt"] = json!(zone.is_some());
            let count = given["count"].as_u64().unwrap_or_default();
            let (mut next, mut no_further_run) = (Vec::new(), false);
            let mut after: jiff::Timestamp = match given["from"].as_str().unwrap_or_default().parse() {
                Ok(from) => from,
                Err(cause) => return vec![format!("from: {cause}")],
            };
            while let Some(zone) = zone.as_ref().filter(|_| (next.len() as u64) < count) {
                let nanos = i64::try_from(after.as_nanosecond()).unwrap_or(i64::MAX);
                let Some(run) = parsed.next(nanos, zone).and_then(|n| jiff::Timestamp::from_nanosecond(n.into()).ok())
                else {
                    no_further_run = true;
                    break;
                };
                next.push(run.to_string());
                after = run;
            }
            actual["next"] = json!(next);
            actual["noFurtherRun"] = json!(no_further_run);
        }
    }
    differences(&case["expect"], &actual)
}

/// Every field of `expect` but the remarks must be in `actual` and equal.
fn differences(expect: &Value, actual: &Value) -> Vec<String> {
    let Some(fields) = expect.as_object() else {
        return vec!["the case has no `expect`".to_string()];
    };
    let compared = fields.iter().filter(|(field, _)| *field != "note");
    compared
        .filter(|(field, wanted)| actual.get(*field) != Some(wanted))
        .map(|(field, wanted)| format!("{field}: expected {wanted}, got {}", actual.get(field).unwrap_or(&Value::Null)))
        .collect()
}
