//! `date`: the simulated clock, formatted.

/// Runs `date` with its arguments at a moment; time zones are not simulated, so it is always UTC.
///
/// # Errors
/// What is wrong with the arguments.
pub(super) fn date(unix_nanos: i64, args: &[String]) -> Result<String, String> {
    let mut at = unix_nanos;
    let mut format = "%a %b %e %H:%M:%S UTC %Y".to_string();
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-u" | "--utc" => {}
            "-I" | "-Idate" => format = "%Y-%m-%d".to_string(),
            "-Iseconds" | "--iso-8601=seconds" => format = "%Y-%m-%dT%H:%M:%S+00:00".to_string(),
            "-R" => format = "%a, %d %b %Y %H:%M:%S +0000".to_string(),
            "-d" => {
                let text = words.next().map_or("", String::as_str);
                let seconds = text.strip_prefix('@').and_then(|seconds| seconds.parse::<i64>().ok());
                at = match (seconds, text) {
                    (Some(seconds), _) => seconds.saturating_mul(1_000_000_000),
                    (None, "now") => at,
                    _ => return Err(format!("date: invalid date '{text}'")),
                };
            }
            text => match text.strip_prefix('+') {
                Some(wanted) => format = wanted.to_string(),
                None => return Err(format!("date: invalid date '{text}'")),
            },
        }
    }
    Ok(formatted(at, &format))
}

const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

fn formatted(unix_nanos: i64, format: &str) -> String {
    let Ok(stamp) = jiff::Timestamp::from_nanosecond(i128::from(unix_nanos)) else { return String::new() };
    let time = jiff::tz::Offset::UTC.to_datetime(stamp);
    let (year, month, day) = (time.year(), time.month(), time.day());
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    let weekday = time.weekday().to_sunday_zero_offset();
    let long = |names: &[&'static str], index: i8| names.get(index as usize).copied().unwrap_or_default();
    let short = |name: &'static str| name.get(..3).unwrap_or(name);
    let hour_12 = if hour % 12 == 0 { 12 } else { hour % 12 };
    let seconds = unix_nanos.div_euclid(1_000_000_000);
    let nanos = unix_nanos.rem_euclid(1_000_000_000);
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        let mut kind = chars.next();
        let unpadded = kind == Some('-');
        if unpadded {
            kind = chars.next();
        }
        // `%3N` is milliseconds.
        let digits = kind.and_then(|c| c.to_digit(10)).filter(|digits| (1..=9).contains(digits));
        if digits.is_some() {
            kind = chars.next();
        }
        let text = match kind {
            Some('Y') => year.to_string(),
            Some('y') => format!("{:02}", year % 100),
            Some('m') => format!("{month:02}"),
            Some('d') => format!("{day:02}"),
            Some('e') => format!("{day:>2}"),
            Some('H') => format!("{hour:02}"),
            Some('k') => format!("{hour:>2}"),
            Some('I') => format!("{hour_12:02}"),
            Some('l') => format!("{hour_12:>2}"),
            Some('M') => format!("{minute:02}"),
            Some('S') => format!("{second:02}"),
            Some('N') => format!("{nanos:09}").get(..digits.unwrap_or(9) as usize).unwrap_or_default().to_string(),
            Some('s') => seconds.to_string(),
            Some('p') => if hour < 12 { "AM" } else { "PM" }.to_string(),
            Some('j') => format!("{:03}", time.day_of_year()),
            Some('u') => if weekday == 0 { 7 } else { weekday }.to_string(),
            Some('w') => weekday.to_string(),
            Some('a') => short(long(&WEEKDAYS, weekday)).to_string(),
            Some('A') => long(&WEEKDAYS, weekday).to_string(),
            Some('b' | 'h') => short(long(&MONTHS, month - 1)).to_string(),
            Some('B') => long(&MONTHS, month - 1).to_string(),
            Some('F') => format!("{year}-{month:02}-{day:02}"),
            Some('D') => format!("{month:02}/{day:02}/{:02}", year % 100),
            Some('T') => format!("{hour:02}:{minute:02}:{second:02}"),
            Some('R') => format!("{hour:02}:{minute:02}"),
            Some('r') => format!("{hour_12:02}:{minute:02}:{second:02} {}", if hour < 12 { "AM" } else { "PM" }),
            Some('c') => formatted(unix_nanos, "%a %b %e %H:%M:%S %Y"),
            Some('Z') => "UTC".to_string(),
            Some('z') => "+0000".to_string(),
            Some('n') => "\n".to_string(),
            Some('t') => "\t".to_string(),
            Some('%') => "%".to_string(),
            Some(other) => format!("%{other}"),
            None => "%".to_string(),
        };
        out.push_str(if unpadded { text.trim_start_matches(['0', ' ']) } else { &text });
        if unpadded && text.chars().all(|c| c == '0') {
            out.push('0');
        }
    }
    out
}
