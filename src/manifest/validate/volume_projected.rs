//! Projected volumes: several sources in one directory.

use super::volume_mounts::unreserved_path;
use super::volumes::{downward_file, key_files};
use crate::manifest::field::{Errors, Path};
use crate::manifest::view::View;
use serde_json::Value;
use std::collections::BTreeSet;

const MIN_TOKEN_SECONDS: i64 = 600;
const MAX_TOKEN_SECONDS: i64 = 1 << 32;

// pkg/apis/core/validation/validation.go validateProjectionSources
pub fn sources(e: &mut Errors, volume: &Value, p: &Path) {
    let mut paths = BTreeSet::new();
    for (i, source) in volume.items("sources").iter().enumerate() {
        let sp = p.child("sources").index(i);
        let mut count = 0;
        for key in ["secret", "configMap"].into_iter().filter(|k| source.has(k)) {
            count += 1;
            let (value, kp) = (source.at(key), sp.child(key));
            if value.text("name").is_empty() {
                e.required(&kp.child("name"), "");
            }
            key_files(e, value, &kp);
            for item in value.items("items") {
                unique(e, &mut paths, item.text("path"), value.text("name"), p);
            }
        }
        if source.has("downwardAPI") {
            count += 1;
            for file in source.at("downwardAPI").items("items") {
                downward_file(e, file, &sp.child("downwardAPI"));
                unique(e, &mut paths, file.text("path"), file.text("path"), p);
            }
        }
        if source.has("serviceAccountToken") {
            count += 1;
            token(e, source.at("serviceAccountToken"), &sp.child("serviceAccountToken"), p);
        }
        // Trust bundles and pod certificates are behind feature gates that are off by default: the server drops them first.
        if count > 1 {
            e.forbidden(&sp, "may not specify more than 1 volume type per source");
        }
    }
}

/// No path twice.
fn unique<'a>(e: &mut Errors, paths: &mut BTreeSet<&'a str>, path: &'a str, shown: &str, p: &Path) {
    if !path.is_empty() && !paths.insert(path) {
        e.invalid(p, shown, "conflicting duplicate paths");
    }
}

fn token(e: &mut Errors, token: &Value, tp: &Path, p: &Path) {
    let seconds = token.int("expirationSeconds").unwrap_or(0);
    let ep = tp.child("expirationSeconds");
    if seconds < MIN_TOKEN_SECONDS {
        e.invalid_printed(&ep, seconds.to_string(), "may not specify a duration less than 10 minutes");
    }
    if seconds > MAX_TOKEN_SECONDS {
        e.invalid_printed(&ep, seconds.to_string(), "may not specify a duration larger than 2^32 seconds");
    }
    if token.text("path").is_empty() {
        e.required(&p.child("path"), "");
    } else {
        unreserved_path(e, token.text("path"), &p.child("path"));
    }
}
