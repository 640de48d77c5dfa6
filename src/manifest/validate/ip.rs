//! IP addresses and address ranges, as strict as the API server is with fields that long accepted anything.

use crate::manifest::field::{Errors, Path, quote};
use std::net::{IpAddr, Ipv6Addr};

/// Reads an address the lenient way: leading zeros are allowed in IPv4.
// k8s.io/utils/net ParseIPSloppy
pub fn sloppy(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    let parts: Vec<&str> = text.split('.').collect();
    let octet = |part: &&str| {
        let plain = !part.is_empty() && part.len() <= 16 && part.bytes().all(|b| b.is_ascii_digit());
        plain.then(|| part.parse::<u8>().ok()).flatten()
    };
    let octets: Vec<u8> = parts.iter().filter_map(octet).collect();
    match octets.as_slice() {
        [a, b, c, d] if parts.len() == 4 => Some(IpAddr::from([*a, *b, *c, *d])),
        _ => None,
    }
}

fn mapped(address: &IpAddr) -> bool {
    matches!(address, IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some())
}

/// Whether the text is an IPv6 address; an IPv4 address in IPv6 form counts as IPv4.
// k8s.io/utils/net IsIPv6String
pub fn is_v6(text: &str) -> bool {
    matches!(sloppy(text), Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none())
}

/// Whether the text is an IPv4 address.
pub fn is_v4(text: &str) -> bool {
    sloppy(text).is_some() && !is_v6(text)
}

/// An address; whether it is a good one.
// k8s.io/apimachinery/pkg/util/validation/ip.go IsValidIPForLegacyField
pub fn address(e: &mut Errors, text: &str, p: &Path) -> bool {
    let before = e.0.len();
    match sloppy(text) {
        None => e.invalid(p, text, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"),
        Some(_) => match text.parse::<IpAddr>() {
            Err(_) => e.invalid(p, text, "must not have leading 0s"),
            Ok(address) if mapped(&address) => e.invalid(p, text, "must not be an IPv4-mapped IPv6 address"),
            Ok(_) => {}
        },
    }
    e.0.len() == before
}

/// An address in its one canonical form.
// k8s.io/apimachinery/pkg/util/validation/ip.go IsValidIP
pub fn canonical_address(e: &mut Errors, text: &str, p: &Path) -> bool {
    if !address(e, text, p) {
        return false;
    }
    let canonical = sloppy(text).map(|a| a.to_string()).unwrap_or_default();
    if canonical != text {
        e.invalid(p, text, &format!("must be in canonical form ({})", quote(&canonical)));
    }
    canonical == text
}

/// Address and prefix length of a range, read the lenient way.
pub fn range(text: &str) -> Option<(IpAddr, u8)> {
    let (address, bits) = text.split_once('/')?;
    let address = sloppy(address)?;
    let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    let bits: u8 = bits.parse().ok().filter(|_| digits)?;
    (bits <= if address.is_ipv4() { 32 } else { 128 }).then_some((address, bits))
}

/// The first address of a range.
pub fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::from((u32::from(v4) & mask).to_be_bytes())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from(u128::from(v6) & mask))
        }
    }
}

/// An address range.
// k8s.io/apimachinery/pkg/util/validation/ip.go IsValidCIDRForLegacyField
pub fn cidr(e: &mut Errors, text: &str, p: &Path) {
    let Some((address, bits)) = range(text) else {
        return e.invalid(p, text, "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)");
    };
    let (written, length) = text.split_once('/').unwrap_or((text, ""));
    let leading_zero = written.parse::<IpAddr>().is_err() || length.len() > 1 && length.starts_with('0');
    if leading_zero {
        e.invalid(p, text, "must not have leading 0s in IP or prefix length");
    } else if mapped(&address) {
        e.invalid(p, text, "must not have an IPv4-mapped IPv6 address");
    } else if masked(address, bits) != address {
        e.invalid(p, text, "must not have bits set beyond the prefix length");
    }
}

/// An address that traffic can be sent to.
// pkg/apis/core/validation/validation.go ValidateEndpointIP
pub fn endpoint(e: &mut Errors, text: &str, p: &Path) {
    let Some(address) = sloppy(text) else { return e.invalid(p, text, "must be a valid IP address") };
    if address.is_unspecified() {
        e.invalid(p, text, &format!("may not be unspecified ({text})"));
    }
    if address.is_loopback() {
        e.invalid(p, text, "may not be in the loopback range (127.0.0.0/8, ::1/128)");
    }
    let (link_local, multicast) = match address {
        IpAddr::V4(v4) => (v4.is_link_local(), v4.octets()[..3] == [224, 0, 0]),
        IpAddr::V6(v6) => (v6.segments()[0] & 0xffc0 == 0xfe80, v6.segments()[0] & 0xff0f == 0xff02),
    };
    if link_local {
        e.invalid(p, text, "may not be in the link-local range (169.254.0.0/16, fe80::/10)");
    }
    if multicast {
        e.invalid(p, text, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)");
    }
}

/// Warnings about the form of an address.
// k8s.io/apimachinery/pkg/util/validation/ip.go GetWarningsForIP
pub fn address_warnings(text: &str, p: &Path) -> Vec<String> {
    let Some(address) = sloppy(text) else { return Vec::new() };
    match text.parse::<IpAddr>() {
        Ok(strict) if !mapped(&strict) => {
            let canonical = strict.to_string();
            if strict.is_ipv6() && canonical != text {
                vec![format!(
                    "{p}: IPv6 address {} should be in RFC 5952 canonical format ({})",
                    quote(text),
                    quote(&canonical)
                )]
            } else {
                Vec::new()
            }
        }
        _ => {
            let plain = match address {
                IpAddr::V6(v6) => v6.to_ipv4_mapped().map_or(address, IpAddr::V4),
                v4 => v4,
            };
            let (text, plain) = (quote(text), quote(&plain.to_string()));
            vec![format!("{p}: non-standard IP address {text} is invalid: use {plain}")]
        }
    }
}

/// Warnings about the form of an address range.
// k8s.io/apimachinery/pkg/util/validation/ip.go GetWarningsForCIDR
pub fn cidr_warnings(text: &str, p: &Path) -> Vec<String> {
    let Some((address, bits)) = range(text) else { return Vec::new() };
    let mut warnings = Vec::new();
    let network = format!("{}/{bits}", masked(address, bits));
    if masked(address, bits) != address {
        let single = format!("{address}/{}", if address.is_ipv4() { 32 } else { 128 });
        let (text, network, single) = (quote(text), quote(&network), quote(&single));
        warnings
            .push(format!("{p}: CIDR value {text} is ambiguous in this context (should be {network} or {single}?)"));
    }
    let strict =
        text.split_once('/').is_some_and(|(a, l)| a.parse::<IpAddr>().is_ok() && !(l.len() > 1 && l.starts_with('0')));
    if !strict || mapped(&address) {
        warnings.push(format!("{p}: non-standard CIDR value {} is invalid: use {}", quote(text), quote(&network)));
    } else if warnings.is_empty() && address.is_ipv6() && format!("{address}/{bits}") != text {
        let canonical = quote(&format!("{address}/{bits}"));
        warnings
            .push(format!("{p}: IPv6 CIDR value {} should be in RFC 5952 canonical format ({canonical})", quote(text)));
    }
    warnings
}
