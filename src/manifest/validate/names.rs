//! Rules for names, keys and values, with the API server's texts. Each function lists what is wrong with a text.

const DNS_LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const DNS_LABEL_UNDERSCORE: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
const MAX_LABEL_BYTES: usize = 63;
const MAX_SUBDOMAIN_BYTES: usize = 253;
const MAX_PORT_NAME_BYTES: usize = 15;

// k8s.io/apimachinery/pkg/util/validation/validation.go MaxLenError
fn too_long(limit: usize) -> String {
    format!("must be no more than {limit} characters")
}

// k8s.io/apimachinery/pkg/util/validation/validation.go RegexError
fn regex_error(message: &str, regex: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{regex}')");
    }
    let quoted: Vec<String> = examples.iter().map(|e| format!("'{e}', ")).collect();
    format!("{message} (e.g. {}regex used for validation is '{regex}')", quoted.join(" or "))
}

/// `must be between 1 and 5, inclusive`.
pub fn range_error(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

fn lower(b: u8) -> bool {
    b.is_ascii_lowercase() || b.is_ascii_digit()
}

fn label_shape(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.iter().all(|b| lower(*b) || *b == b'-')
        && bytes.first().is_some_and(|b| lower(*b))
        && bytes.last().is_some_and(|b| lower(*b))
}

fn subdomain_shape(text: &str) -> bool {
    text.split('.').all(label_shape)
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsDNS1123Label
pub fn dns_label(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_LABEL_BYTES {
        errors.push(too_long(MAX_LABEL_BYTES));
    }
    if !label_shape(text) {
        if subdomain_shape(text) {
            errors.push("must not contain dots".to_owned());
        } else {
            let message = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must \
                start and end with an alphanumeric character";
            errors.push(regex_error(message, DNS_LABEL, &["my-name", "123-abc"]));
        }
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsDNS1123Subdomain
pub fn dns_subdomain(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_SUBDOMAIN_BYTES {
        errors.push(too_long(MAX_SUBDOMAIN_BYTES));
    }
    if !subdomain_shape(text) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', \
            and must start and end with an alphanumeric character";
        errors.push(regex_error(message, &format!("{DNS_LABEL}(\\.{DNS_LABEL})*"), &["example.com"]));
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsDNS1123SubdomainWithUnderscore
pub fn dns_subdomain_with_underscore(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_SUBDOMAIN_BYTES {
        errors.push(too_long(MAX_SUBDOMAIN_BYTES));
    }
    let part = |part: &str| {
        let bytes = part.strip_prefix('_').unwrap_or(part).as_bytes();
        let inner = bytes.iter().all(|b| lower(*b) || matches!(b, b'-' | b'_'));
        inner && bytes.first().is_some_and(|b| lower(*b)) && bytes.last().is_some_and(|b| lower(*b))
    };
    if !text.split('.').all(part) {
        let message = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or \
            '.', and must start and end with an alphanumeric character";
        let regex = format!("{DNS_LABEL_UNDERSCORE}(\\.{DNS_LABEL_UNDERSCORE})*");
        errors.push(regex_error(message, &regex, &["example.com"]));
    }
    errors
}

/// A prefix for generated names may end in a dash.
// k8s.io/apimachinery/pkg/api/validation/generic.go maskTrailingDash
pub fn mask_trailing_dash(name: &str) -> String {
    match name.strip_suffix('-') {
        Some(rest) if !rest.is_empty() => {
            let mut masked = rest.to_owned();
            masked.pop();
            masked + "a"
        }
        _ => name.to_owned(),
    }
}

fn label_key_shape(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let inner = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(inner)
}

/// A label key: a name with an optional DNS prefix.
// k8s.io/apimachinery/pkg/api/validate/content/kube.go IsLabelKey
pub fn qualified_name(text: &str) -> Vec<String> {
    let shape = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    let examples = ["MyName", "my.name", "123-abc"];
    let mut errors = Vec::new();
    let parts: Vec<&str> = text.split('/').collect();
    let name = match parts.as_slice() {
        [name] => name,
        [prefix, name] => {
            if prefix.is_empty() {
                errors.push("prefix part must be non-empty".to_owned());
            } else {
                errors.extend(bytes_limit(dns_subdomain(prefix)).into_iter().map(|m| format!("prefix part {m}")));
            }
            name
        }
        _ => {
            let message = regex_error(shape, LABEL_KEY, &examples);
            return vec![format!(
                "a valid label key {message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        errors.push("name part must be non-empty".to_owned());
    } else if name.len() > MAX_LABEL_BYTES {
        errors.push(format!("name part must be no more than {MAX_LABEL_BYTES} bytes"));
    }
    if !label_key_shape(name) {
        errors.push(format!("name part {}", regex_error(shape, LABEL_KEY, &examples)));
    }
    errors
}

/// The newer rules count bytes where the older ones say characters.
fn bytes_limit(messages: Vec<String>) -> Vec<String> {
    messages
        .into_iter()
        .map(|m| if m == too_long(MAX_SUBDOMAIN_BYTES) { m.replace("characters", "bytes") } else { m })
        .collect()
}

// k8s.io/apimachinery/pkg/api/validate/content/kube.go IsLabelValue
pub fn label_value(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_LABEL_BYTES {
        errors.push(format!("must be no more than {MAX_LABEL_BYTES} bytes"));
    }
    if !text.is_empty() && !label_key_shape(text) {
        let message = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', \
            and must start and end with an alphanumeric character";
        errors.push(regex_error(message, &format!("({LABEL_KEY})?"), &["MyValue", "my_value", "12345"]));
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsValidPortNum
pub fn port_number(port: i64) -> Vec<String> {
    if (1..=65535).contains(&port) { Vec::new() } else { vec![range_error(1, 65535)] }
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsValidPortName
pub fn port_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_PORT_NAME_BYTES {
        errors.push(too_long(MAX_PORT_NAME_BYTES));
    }
    if text.is_empty() || !text.bytes().all(|b| lower(b) || b == b'-') {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned());
    }
    if !text.bytes().any(|b| b.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)".to_owned());
    }
    if text.contains("--") {
        errors.push("must not contain consecutive hyphens".to_owned());
    }
    if text.starts_with('-') || text.ends_with('-') {
        errors.push("must not begin or end with a hyphen".to_owned());
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsValidPercent
pub fn percent(text: &str) -> Vec<String> {
    let digits = text.strip_suffix('%').unwrap_or("");
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return Vec::new();
    }
    vec![regex_error(
        "a valid percent string must be a numeric string followed by an ending '%'",
        "[0-9]+%",
        &["1%", "93%"],
    )]
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsHTTPHeaderName
pub fn http_header(text: &str) -> Vec<String> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        return Vec::new();
    }
    let message = "a valid HTTP header must consist of alphanumeric characters or '-'";
    vec![regex_error(message, "[-A-Za-z0-9]+", &["X-Header-Name"])]
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsRelaxedEnvVarName
pub fn env_name(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.is_empty() {
        errors.push("environment variable name must be non-empty".to_owned());
    }
    if !text.chars().all(|c| (' '..='~').contains(&c) && c != '=') {
        errors.push(
            "a valid environment variable name must consist only of printable ASCII characters other than '='"
                .to_owned(),
        );
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsConfigMapKey
pub fn config_map_key(text: &str) -> Vec<String> {
    let mut errors = Vec::new();
    if text.len() > MAX_SUBDOMAIN_BYTES {
        errors.push(too_long(MAX_SUBDOMAIN_BYTES));
    }
    if text.is_empty() || !text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.')) {
        let message = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
        errors.push(regex_error(message, "[-._a-zA-Z0-9]+", &["key.name", "KEY_NAME", "key-name"]));
    }
    match text {
        "." => errors.push("must not be '.'".to_owned()),
        ".." => errors.push("must not be '..'".to_owned()),
        _ if text.starts_with("..") => errors.push("must not start with '..'".to_owned()),
        _ => {}
    }
    errors
}

// k8s.io/apimachinery/pkg/util/validation/validation.go IsValidUserID, IsValidGroupID
pub fn user_or_group_id(id: i64) -> Vec<String> {
    if (0..=i64::from(i32::MAX)).contains(&id) { Vec::new() } else { vec![range_error(0, i64::from(i32::MAX))] }
}

/// The path of a name such as `acme.io/foo`: what is wrong with which part.
// k8s.io/apimachinery/pkg/util/validation/validation.go IsDomainPrefixedPath
pub fn domain_prefixed_path(text: &str) -> Vec<(String, String)> {
    let mut errors = Vec::new();
    let (host, path) = text.split_once('/').unwrap_or(("", ""));
    if host.is_empty() || path.is_empty() {
        return vec![(text.to_owned(), "must be a domain-prefixed path (such as \"acme.io/foo\")".to_owned())];
    }
    errors.extend(dns_subdomain(host).into_iter().map(|m| (host.to_owned(), m)));
    if !path.bytes().all(|b| b.is_ascii_alphanumeric() || b"/-._~%!$&'()*+,;=:".contains(&b)) {
        let message = regex_error("Invalid path", "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+", &[]);
        errors.push((path.to_owned(), message));
    }
    errors
}

// k8s.io/apimachinery/pkg/api/validate/content/decimal_int.go IsDecimalInteger
pub fn decimal_integer(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec!["must be non-empty".to_owned()];
    }
    let digits = text.strip_prefix('-').unwrap_or(text);
    let canonical =
        text == "0" || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if canonical { Vec::new() } else { vec!["must be a valid decimal integer in canonical form".to_owned()] }
}

// k8s.io/apimachinery/pkg/api/validate/content/path.go IsPathSegmentName
pub fn path_segment(name: &str) -> Vec<String> {
    if matches!(name, "." | "..") {
        return vec![format!("may not be '{name}'")];
    }
    ["/", "%"].into_iter().filter(|bad| name.contains(bad)).map(|bad| format!("may not contain '{bad}'")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dotted_name_is_a_subdomain_but_no_label() {
        assert!(dns_subdomain("a.b").is_empty());
        assert_eq!(dns_label("a.b"), ["must not contain dots"]);
    }

    #[test]
    fn a_generated_prefix_may_end_in_a_dash() {
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert_eq!(mask_trailing_dash("-"), "-");
    }

    #[test]
    fn a_label_key_has_at_most_one_slash() {
        assert!(qualified_name("example.com/a").is_empty());
        assert_eq!(qualified_name("a/b/c").len(), 1);
        assert_eq!(qualified_name("/a"), ["prefix part must be non-empty"]);
    }
}
