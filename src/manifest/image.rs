//! Image references, as far as defaulting needs them: the tag decides the pull policy.

const MAX_TAG_CHARS: usize = 128;
const MAX_REPOSITORY_CHARS: usize = 255;

/// Whether Kubernetes pulls such an image always by default: no tag and no digest, or the tag `latest`.
///
/// ```
/// use orrery::manifest::image::is_latest;
/// assert!(is_latest("nginx"));
/// assert!(is_latest("registry.example.com:5000/team/app:latest"));
/// assert!(!is_latest("nginx:1.27"));
/// assert!(!is_latest("Nginx")); // no valid reference: no tag is read
/// ```
// pkg/util/parsers/parsers.go ParseImageName
pub fn is_latest(image: &str) -> bool {
    let (rest, digest) = image.split_once('@').map_or((image, None), |(r, d)| (r, Some(d)));
    let slash = rest.rfind('/').map_or(0, |i| i + 1);
    let (name, tag) = match rest[slash..].rfind(':') {
        Some(i) => (&rest[..slash + i], Some(&rest[slash + i + 1..])),
        None => (rest, None),
    };
    let valid =
        valid_name(name) && tag.is_none_or(valid_tag) && digest.is_none_or(valid_digest) && !is_identifier(image);
    match tag {
        _ if !valid => false,
        Some(tag) => tag == "latest",
        None => digest.is_none(),
    }
}

/// 64 hexadecimal digits are an image id, not a name.
fn is_identifier(image: &str) -> bool {
    image.len() == 64 && image.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

fn valid_name(name: &str) -> bool {
    let mut parts: Vec<&str> = name.split('/').collect();
    let first = parts.first().copied().unwrap_or("");
    let is_domain =
        parts.len() > 1 && (first.contains(['.', ':']) || first == "localhost" || first.to_lowercase() != first);
    if is_domain {
        parts.remove(0);
    }
    let remote: usize = parts.iter().map(|p| p.len() + 1).sum();
    (!is_domain || valid_domain(first))
        && remote <= MAX_REPOSITORY_CHARS + 1
        && parts.iter().all(|p| valid_component(p))
}

fn valid_domain(domain: &str) -> bool {
    let (host, port) = domain.rsplit_once(':').map_or((domain, "1"), |(h, p)| (h, p));
    let label = |l: &str| {
        !l.is_empty()
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit()) && host.split('.').all(label)
}

/// Lower-case letters and digits, separated by `.`, `_`, `__` or dashes.
fn valid_component(component: &str) -> bool {
    let mut separators = String::new();
    for c in component.chars() {
        if c.is_ascii_lowercase() || c.is_ascii_digit() {
            separators.clear();
        } else {
            separators.push(c);
            let dashes = separators.chars().all(|c| c == '-');
            if !(dashes || matches!(separators.as_str(), "." | "_" | "__")) {
                return false;
            }
        }
    }
    !component.is_empty() && separators.is_empty() && component.starts_with(|c: char| c.is_ascii_alphanumeric())
}

fn valid_tag(tag: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    !tag.is_empty()
        && tag.len() <= MAX_TAG_CHARS
        && tag.bytes().next().is_some_and(word)
        && tag.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn valid_digest(digest: &str) -> bool {
    let Some((algorithm, hex)) = digest.split_once(':') else {
        return false;
    };
    let length = match algorithm {
        "sha256" => hex.len() == 64,
        "sha384" => hex.len() == 96,
        "sha512" => hex.len() == 128,
        _ => hex.len() >= 32,
    };
    length && hex.bytes().all(|b| b.is_ascii_hexdigit())
}
