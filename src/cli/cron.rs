//! `orrery cron`: when a schedule runs next.

use jiff::Timestamp;
use serde_json::json;

use super::Outcome;
use crate::cron::{Schedule, Zone, describe, parse_standard, pitfalls, time_zone_problems};
use crate::i18n::Lang;

/// How the command is called.
pub const USAGE: &str = "orrery cron EXPR [--time-zone Z] [--from RFC3339] [--count N] [-o text|json]";

/// How many runs are shown without `--count`.
const DEFAULT_COUNT_RUNS: usize = 5;

/// The most runs that one call computes.
const MAX_COUNT_RUNS: usize = 100_000;

/// The words after `orrery cron`, understood.
struct Request<'a> {
    expression: &'a str,
    time_zone: Option<&'a str>,
    from_unix_nanos: i64,
    count: usize,
    json: bool,
}

/// Runs `orrery cron`. `args` are the words after `cron`; `now_unix_nanos` is where the search starts without `--from`.
///
/// ```
/// use orrery::cli::cron::cron_command;
///
/// let args = ["@daily", "--from", "2026-01-05T09:00:00Z", "--count", "1", "-o", "json"].map(String::from);
/// let outcome = cron_command(&args, 0);
/// assert_eq!(outcome.stdout, "{\"error\":null,\"next\":[\"2026-01-06T00:00:00Z\"]}\n");
/// ```
pub fn cron_command(args: &[String], now_unix_nanos: i64) -> Outcome {
    let request = match read(args, now_unix_nanos) {
        Ok(request) => request,
        Err(message) => return Outcome::bad_input(format!("{message}\nusage: {USAGE}")),
    };
    match runs(&request) {
        Err(cause) => Outcome {
            stdout: if request.json { format!("{}\n", json!({ "next": [], "error": cause })) } else { String::new() },
            ..Outcome::bad_input(cause)
        },
        Ok((schedule, zone, next)) => Outcome {
            stdout: if request.json {
                let utc: Vec<String> = next.iter().map(|s| Zone::utc().rfc3339(*s)).collect();
                format!("{}\n", json!({ "next": utc, "error": null }))
            } else {
                text(&request, &schedule, &zone, &next)
            },
            ..Outcome::default()
        },
    }
}

/// The schedule, the zone whose clock it means, and the runs in Unix seconds; fewer than asked for when the schedule has no more.
fn runs(request: &Request) -> Result<(Schedule, Zone, Vec<i64>), String> {
    let schedule = parse_standard(request.expression)?;
    let zone = match request.time_zone {
        None => Zone::utc(),
        Some(name) => {
            if let Some(problem) = time_zone_problems(name).into_iter().next() {
                return Err(problem);
            }
            Zone::load(name).ok_or_else(|| format!("unknown time zone {name}"))?
        }
    };
    let mut next = Vec::new();
    let mut at = request.from_unix_nanos;
    while next.len() < request.count {
        let Some(run) = schedule.next(at, &zone) else {
            break;
        };
        next.push(run / 1_000_000_000);
        at = run;
    }
    let zone = schedule.zone.clone().unwrap_or(zone);
    Ok((schedule, zone, next))
}

/// What it means, one line a run (in UTC, and on the zone's clock where that differs), and what to beware of.
fn text(request: &Request, schedule: &Schedule, zone: &Zone, next: &[i64]) -> String {
    let mut out = format!("{}\n", describe(schedule, Lang::En));
    for seconds in next {
        let (utc, local) = (Zone::utc().rfc3339(*seconds), zone.rfc3339(*seconds));
        out.push_str(&utc);
        if local != utc {
            out.push_str(&format!("  {local}"));
        }
        out.push('\n');
    }
    if next.len() < request.count {
        let never = if next.is_empty() { "never runs" } else { "no further run" };
        out.push_str(&format!("{never} within five years\n"));
    }
    let from_unix_seconds = request.from_unix_nanos.div_euclid(1_000_000_000);
    for pitfall in pitfalls(request.expression, Some(zone), from_unix_seconds) {
        out.push_str(&format!("note: {}\n", pitfall.text(Lang::En)));
    }
    out
}

fn read(args: &[String], now_unix_nanos: i64) -> Result<Request<'_>, String> {
    let mut expression = None;
    let mut request = Request {
        expression: "",
        time_zone: None,
        from_unix_nanos: now_unix_nanos,
        count: DEFAULT_COUNT_RUNS,
        json: false,
    };
    let mut words = args.iter().map(String::as_str);
    while let Some(word) = words.next() {
        // `--count 3` and `--count=3` are the same. An expression never begins with a hyphen and a letter.
        let (flag, inline) = match word.split_once('=') {
            Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
            _ => (word, None),
        };
        let mut value = || inline.or_else(|| words.next()).ok_or(format!("{flag} needs a value"));
        match flag {
            "--time-zone" => request.time_zone = Some(value()?),
            "--from" => request.from_unix_nanos = instant(value()?)?,
            "--count" => {
                let text = value()?;
                let count: usize = text.parse().map_err(|_| format!("--count: not a number: {text}"))?;
                request.count = count.min(MAX_COUNT_RUNS);
            }
            "-o" | "--output" => match value()? {
                "json" => request.json = true,
                "text" => request.json = false,
                other => {
                    return Err(format!("{flag}: unknown output {other}; there are text and json"));
                }
            },
            _ if word.starts_with("--") => return Err(format!("unknown flag {word}")),
            _ if expression.is_none() => expression = Some(word),
            _ => {
                return Err(format!("one EXPR only, in quotes; this is another one: {word}"));
            }
        }
    }
    request.expression = expression.ok_or("EXPR is missing")?;
    Ok(request)
}

/// A moment in RFC 3339, as Unix nanoseconds.
fn instant(text: &str) -> Result<i64, String> {
    let moment: Timestamp = text.parse().map_err(|_| format!("--from: not an RFC 3339 time: {text}"))?;
    i64::try_from(moment.as_nanosecond()).map_err(|_| format!("--from: out of range: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cron(words: &[&str]) -> Outcome {
        let args: Vec<String> = words.iter().map(|w| w.to_string()).collect();
        cron_command(&args, 0)
    }

    #[test]
    fn runs_are_shown_in_utc_and_on_the_zones_clock() {
        let shown =
            cron(&["0 9 * * *", "--time-zone=Asia/Seoul", "--from", "2026-01-05T09:00:00+09:00", "--count", "1"]);
        assert!(shown.stdout.ends_with("2026-01-06T00:00:00Z  2026-01-06T09:00:00+09:00\n"), "{shown:?}");
        assert_eq!(shown.code, 0);
    }

    #[test]
    fn a_schedule_that_ends_shows_fewer_runs_than_asked_for() {
        assert_eq!(cron(&["0 0 31 2 *", "-o", "json"]).stdout, "{\"error\":null,\"next\":[]}\n");
        assert!(cron(&["0 0 31 2 *"]).stdout.contains("\nnever runs within five years\n"));
    }

    #[test]
    fn a_classic_mistake_is_noted_below_the_runs() {
        let shown = cron(&["30 2 * * *", "--time-zone", "Europe/Berlin", "--from", "2026-01-05T09:00:00Z"]);
        assert!(shown.stdout.contains("\nnote: On 2026-03-29 the clock jumps over 02:30"), "{shown:?}");
    }

    #[test]
    fn a_bad_schedule_is_an_error_in_json_and_on_the_error_stream_with_exit_code_2() {
        let refused = cron(&["60 * * * *", "-o", "json"]);
        assert_eq!(refused.stdout, "{\"error\":\"end of range (60) above maximum (59): 60\",\"next\":[]}\n");
        assert_eq!(refused.stderr, "error: end of range (60) above maximum (59): 60\n");
        assert_eq!(refused.code, 2);
        assert_eq!(cron(&["* * * * *", "--time-zone", "KST"]).stderr, "error: unknown time zone KST\n");
    }

    #[test]
    fn bad_arguments_name_what_is_wrong_and_the_usage() {
        for (words, message) in [
            (&[][..], "EXPR is missing"),
            (&["*", "*"], "one EXPR only"),
            (&["@daily", "--count", "many"], "not a number: many"),
            (&["@daily", "--count"], "--count needs a value"),
            (&["@daily", "--from", "yesterday"], "not an RFC 3339 time: yesterday"),
            (&["@daily", "--wrong"], "unknown flag --wrong"),
            (&["@daily", "-o", "yaml"], "unknown output yaml"),
        ] {
            let refused = cron(words);
            assert_eq!(refused.code, 2, "{words:?}");
            assert!(refused.stderr.contains(message) && refused.stderr.contains(USAGE), "{refused:?}");
        }
    }
}
