//! Values as YAML, the way kubectl prints objects: sorted keys, lists not indented, texts quoted only where they must be.

use serde_json::Value;

/// The longest text that is made, in bytes.
const MAX_YAML_BYTES: usize = 512 * 1024;
/// The deepest nesting that is printed.
const MAX_DEPTH: usize = 64;

/// The value as YAML.
///
/// ```
/// use orrery::view::yaml::to_yaml;
/// let value = serde_json::json!({"kind": "Pod", "spec": {"containers": [{"name": "c", "tty": true}], "x": "yes"}});
/// assert_eq!(to_yaml(&value), "kind: Pod\nspec:\n  containers:\n  - name: c\n    tty: true\n  x: \"yes\"\n");
/// ```
pub fn to_yaml(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    if out.len() > MAX_YAML_BYTES || depth > MAX_DEPTH {
        return;
    }
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            for (at, key) in keys.into_iter().enumerate() {
                if at > 0 || !ends_in_item(out) {
                    indent(depth, out);
                }
                out.push_str(&scalar(key));
                out.push(':');
                if let Some(value) = map.get(key) {
                    below(value, depth, out);
                }
            }
        }
        Value::Array(list) => {
            for item in list {
                indent(depth, out);
                out.push('-');
                match item {
                    Value::Object(map) if !map.is_empty() => {
                        out.push(' ');
                        write(item, depth + 1, out);
                    }
                    _ => below(item, depth + 1, out),
                }
            }
        }
        _ => below(value, depth, out),
    }
}

/// Whether a list item has just been opened, so that the first key goes on its line.
fn ends_in_item(out: &str) -> bool {
    out.rsplit('\n').next().is_some_and(|line| line.trim_start() == "- ")
}

fn indent(depth: usize, out: &mut String) {
    (0..depth).for_each(|_| out.push_str("  "));
}

/// A value after its key or dash.
fn below(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if map.is_empty() => out.push_str(" {}\n"),
        Value::Array(list) if list.is_empty() => out.push_str(" []\n"),
        Value::Object(_) => {
            out.push('\n');
            write(value, depth + 1, out);
        }
        Value::Array(_) => {
            out.push('\n');
            write(value, depth, out);
        }
        Value::String(text) if text.contains('\n') => block(text, depth, out),
        Value::String(text) => {
            out.push(' ');
            out.push_str(&scalar(text));
            out.push('\n');
        }
        Value::Null => out.push_str(" null\n"),
        other => {
            out.push(' ');
            out.push_str(&other.to_string());
            out.push('\n');
        }
    }
}

fn block(text: &str, depth: usize, out: &mut String) {
    out.push_str(if text.ends_with('\n') { " |\n" } else { " |-\n" });
    for line in text.trim_end_matches('\n').split('\n') {
        if !line.is_empty() {
            indent(depth + 1, out);
        }
        out.push_str(line);
        out.push('\n');
    }
}

/// A text, quoted when plain it would read as something else.
fn scalar(text: &str) -> String {
    const WORDS: [&str; 11] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "~", ".nan"];
    let first = text.chars().next();
    let odd_start = first.is_none_or(|c| "!&*-?|>@`\"'%#{}[],: ".contains(c)) && !plain_dash(text);
    let like_number = text.chars().any(|c| c.is_ascii_digit())
        && first.is_some_and(|c| c.is_ascii_digit() || "+-.".contains(c))
        && text.chars().all(|c| c.is_ascii_hexdigit() || "+-._:xoTZ".contains(c));
    let inside = text.contains(": ") || text.contains(" #") || text.ends_with([':', ' ']);
    let control = text.chars().any(char::is_control);
    if odd_start || like_number || inside || control || WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) {
        serde_json::to_string(text).unwrap_or_default()
    } else {
        text.to_string()
    }
}

/// `-c` is plain, `- c` and `-1` are not.
fn plain_dash(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next() == Some('-') && chars.next().is_some_and(|c| c.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_only_where_they_must_be() {
        for (text, expected) in [
            ("nginx:1.27", "nginx:1.27"),
            ("*/1 * * * *", "\"*/1 * * * *\""),
            ("2026-01-05T09:00:00Z", "\"2026-01-05T09:00:00Z\""),
            ("1.5", "\"1.5\""),
            ("on", "\"on\""),
            ("-c", "-c"),
            ("", "\"\""),
            ("a: b", "\"a: b\""),
            ("100m", "100m"),
        ] {
            assert_eq!(scalar(text), expected);
        }
    }

    #[test]
    fn lists_of_lists_and_blocks_keep_their_shape() {
        let value = json!({"a": [[1, 2], {}, []], "b": "x\ny\n", "c": {}});
        assert_eq!(to_yaml(&value), "a:\n-\n  - 1\n  - 2\n- {}\n- []\nb: |\n  x\n  y\nc: {}\n");
    }
}
