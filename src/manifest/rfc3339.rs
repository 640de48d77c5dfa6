//! Times as the API server parses them, with Go's error texts.

/// Layout of an ordinary time.
const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";
/// Layout of a time with microseconds.
const MICRO_LAYOUT: &str = "2006-01-02T15:04:05.000000Z07:00";

/// Checks a time; the error is Go's.
///
/// ```
/// use orrery::manifest::rfc3339::check;
/// assert!(check("2026-01-05T09:00:00+09:00", false).is_ok());
/// assert_eq!(
///     check("soon", false).unwrap_err(),
///     r#"parsing time "soon" as "2006-01-02T15:04:05Z07:00": cannot parse "soon" as "2006""#
/// );
/// ```
// time.Parse
pub fn check(text: &str, micro: bool) -> Result<(), String> {
    let layout = if micro { MICRO_LAYOUT } else { LAYOUT };
    let fail = |rest: &str, element: &str| {
        format!("parsing time {text:?} as {layout:?}: cannot parse {rest:?} as {element:?}")
    };
    let range = |what: &str| format!("parsing time {text:?}: {what} out of range");
    let mut rest = text;
    let mut numbers = [0_u32; 6];
    let elements = [("2006", 4, "-"), ("01", 2, "-"), ("02", 2, "T"), ("15", 2, ":"), ("04", 2, ":"), ("05", 2, "")];
    for (i, (element, width, separator)) in elements.into_iter().enumerate() {
        let digits = rest.get(..width).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
        let Some(digits) = digits else {
            return Err(fail(rest, element));
        };
        numbers[i] = digits.parse().unwrap_or(0);
        rest = &rest[width..];
        match (i, numbers[i]) {
            (1, n) if !(1..=12).contains(&n) => return Err(range("month")),
            (3, n) if n > 23 => return Err(range("hour")),
            (4, n) if n > 59 => return Err(range("minute")),
            (5, n) if n > 59 => return Err(range("second")),
            _ => {}
        }
        rest = rest.strip_prefix(separator).ok_or_else(|| fail(rest, separator))?;
    }
    let fraction = rest.strip_prefix(['.', ',']).map_or(0, |f| f.bytes().take_while(u8::is_ascii_digit).count());
    if micro && fraction != 6 {
        return Err(fail(rest, ".000000"));
    }
    if fraction > 0 {
        rest = &rest[1 + fraction..];
    }
    rest = zone(rest).ok_or_else(|| fail(rest, "Z07:00"))?;
    if !rest.is_empty() {
        return Err(format!("parsing time {text:?}: extra text: {rest:?}"));
    }
    let days = days_in_month(numbers[0], numbers[1]);
    if numbers[2] == 0 || numbers[2] > days { Err(range("day")) } else { Ok(()) }
}

/// What follows `Z` or `+hh:mm`.
fn zone(rest: &str) -> Option<&str> {
    if let Some(rest) = rest.strip_prefix('Z') {
        return Some(rest);
    }
    let body = rest.strip_prefix(['+', '-'])?;
    let (hour, minute) = (body.get(..2)?, body.get(3..5)?);
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    (digits(hour) && digits(minute) && body.as_bytes().get(2) == Some(&b':')).then(|| &body[5..])
}

fn days_in_month(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => 31,
    }
}
