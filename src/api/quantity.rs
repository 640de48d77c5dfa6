//! Quantities (`500m`, `1.5Gi`, `2e3`) and the amounts of resources that Pods ask for and nodes have.

use super::text::Text;
use serde_json::Value;

/// Reads a quantity in thousandths of its unit, rounded up as Kubernetes does; `None` when it is malformed or too large.
/// Upstream: k8s.io/apimachinery/pkg/api/resource/quantity.go ParseQuantity.
///
/// ```
/// use orrery::api::quantity::parse_milli;
/// assert_eq!(parse_milli("500m"), Some(500));
/// assert_eq!(parse_milli("1Ki"), Some(1_024_000));
/// assert_eq!(parse_milli("0.5"), Some(500));
/// assert_eq!(parse_milli("5 Gi"), None);
/// ```
pub fn parse_milli(text: &str) -> Option<i64> {
    let (negative, body) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let digits = body.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(body.len());
    let (number, suffix) = body.split_at(digits);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') || number.len() > 30 {
        return None;
    }
    let (binary, exponent) = suffix_scale(suffix)?;
    let mut value: i128 = format!("0{whole}{fraction}").parse().ok()?;
    let mut decimals = fraction.len() as i32 - 3 - if binary == 0 { exponent } else { 0 };
    for _ in 0..binary {
        value = value.checked_mul(1_024)?;
    }
    while decimals < 0 {
        value = value.checked_mul(10)?;
        decimals += 1;
    }
    let mut remainder = false;
    while decimals > 0 && value != 0 {
        remainder |= value % 10 != 0;
        value /= 10;
        decimals -= 1;
    }
    value += i128::from(remainder);
    i64::try_from(if negative { -value } else { value }).ok().or(Some(if negative { i64::MIN } else { i64::MAX }))
}

/// (powers of 1024, powers of ten) of a suffix.
fn suffix_scale(suffix: &str) -> Option<(u32, i32)> {
    Some(match suffix {
        "" => (0, 0),
        "n" => (0, -9),
        "u" => (0, -6),
        "m" => (0, -3),
        "k" => (0, 3),
        "M" => (0, 6),
        "G" => (0, 9),
        "T" => (0, 12),
        "P" => (0, 15),
        "E" => (0, 18),
        "Ki" => (1, 0),
        "Mi" => (2, 0),
        "Gi" => (3, 0),
        "Ti" => (4, 0),
        "Pi" => (5, 0),
        "Ei" => (6, 0),
        _ => {
            let exponent = suffix.strip_prefix(['e', 'E'])?;
            (0, exponent.parse::<i32>().ok().filter(|e| e.abs() <= 30)?)
        }
    })
}

/// Reads a quantity in whole units, rounded up.
pub fn parse_units(text: &str) -> Option<i64> {
    parse_milli(text).map(|milli| milli.div_euclid(1_000) + i64::from(milli.rem_euclid(1_000) > 0)).or(None)
}

/// The text of a quantity, whether a manifest wrote it as text or as a number.
fn quantity_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Amounts of resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resources {
    /// Processor, thousandths of a core.
    pub cpu_milli: i64,
    /// Memory, bytes.
    pub memory_bytes: i64,
    /// Local disk, bytes.
    pub ephemeral_bytes: i64,
    /// How many Pods (nodes only).
    pub pods: i64,
    /// Everything else (`nvidia.com/gpu`), whole units, in name order.
    pub extended: Vec<(Text, i64)>,
}

impl Resources {
    /// The amounts in a resource list (`{cpu: 500m, memory: 64Mi}`); malformed ones count as absent.
    pub fn from_value(list: &Value) -> Resources {
        let mut amounts = Resources::default();
        let Some(map) = list.as_object() else { return amounts };
        for (name, value) in map {
            let Some(text) = quantity_text(value) else { continue };
            match name.as_str() {
                "cpu" => amounts.cpu_milli = parse_milli(&text).unwrap_or(0),
                "memory" => amounts.memory_bytes = parse_units(&text).unwrap_or(0),
                "ephemeral-storage" => amounts.ephemeral_bytes = parse_units(&text).unwrap_or(0),
                "pods" => amounts.pods = parse_units(&text).unwrap_or(0),
                _ => amounts.extended.push((Text::copy(name), parse_units(&text).unwrap_or(0))),
            }
        }
        amounts
    }

    /// The amount of an extended resource, 0 when absent.
    pub fn extended(&self, name: &str) -> i64 {
        self.extended.iter().find(|(n, _)| n == name).map_or(0, |(_, amount)| *amount)
    }

    /// Adds `other`, or takes it away (`sign` -1).
    pub fn accumulate(&mut self, other: &Resources, sign: i64) {
        self.cpu_milli = self.cpu_milli.saturating_add(sign * other.cpu_milli);
        self.memory_bytes = self.memory_bytes.saturating_add(sign * other.memory_bytes);
        self.ephemeral_bytes = self.ephemeral_bytes.saturating_add(sign * other.ephemeral_bytes);
        self.pods = self.pods.saturating_add(sign * other.pods);
        for (name, amount) in &other.extended {
            match self.extended.binary_search_by(|(n, _)| n.cmp(name)) {
                Ok(at) => self.extended[at].1 = self.extended[at].1.saturating_add(sign * amount),
                Err(at) => self.extended.insert(at, (name.clone(), sign * amount)),
            }
        }
    }

    /// Raises each amount to at least that of `other`.
    pub fn raise_to(&mut self, other: &Resources) {
        self.cpu_milli = self.cpu_milli.max(other.cpu_milli);
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
        self.ephemeral_bytes = self.ephemeral_bytes.max(other.ephemeral_bytes);
        for (name, amount) in &other.extended {
            match self.extended.binary_search_by(|(n, _)| n.cmp(name)) {
                Ok(at) => self.extended[at].1 = self.extended[at].1.max(*amount),
                Err(at) => self.extended.insert(at, (name.clone(), *amount)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_upstream_reads_them() {
        for (text, milli) in [
            ("100m", Some(100)),
            ("1", Some(1_000)),
            ("1.5", Some(1_500)),
            ("0.0001", Some(1)),
            ("2e3", Some(2_000_000)),
            ("1e-3", Some(1)),
            ("1u", Some(1)),
            ("64Mi", Some(67_108_864_000)),
            ("-1", Some(-1_000)),
            ("", None),
            ("Mi", None),
            ("1.2.3", None),
            ("1mi", None),
        ] {
            assert_eq!(parse_milli(text), milli, "{text}");
        }
        assert_eq!(parse_units("1500m"), Some(2));
    }
}
