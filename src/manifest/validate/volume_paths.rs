//! Files of a volume that lie on or below one another.

use crate::manifest::field::quote;
use crate::manifest::view::View;
use serde_json::Value;

/// A path and, in a projected volume, where it comes from.
#[derive(Clone, PartialEq)]
struct Place {
    path: String,
    source: String,
}

impl Place {
    fn text(&self) -> String {
        if self.source.is_empty() { quote(&self.path) } else { format!("{} ({})", quote(&self.path), self.source) }
    }
}

// pkg/api/pod/warnings.go warningsForOverlappingVirtualPaths
pub fn overlaps(volumes: &[Value]) -> Vec<String> {
    let mut warnings = Vec::new();
    for volume in volumes {
        let name = quote(volume.text("name"));
        let mut warn = |what: &str, places: &[Place]| {
            for body in collisions(places) {
                warnings.push(format!("volume {name} ({what}): overlapping paths: {body}"));
            }
        };
        let config = volume.at("configMap");
        warn(&format!("ConfigMap {}", quote(config.text("name"))), &items(config, ""));
        let secret = volume.at("secret");
        warn(&format!("Secret {}", quote(secret.text("secretName"))), &items(secret, ""));
        warn("DownwardAPI", &items(volume.at("downwardAPI"), ""));
        let sources = volume.at("projected").items("sources");
        warn("Projected", &sources.iter().flat_map(projected).collect::<Vec<_>>());
        // Sources behind a feature gate that is off are gone by now.
        let gated = |key: &str| matches!(key, "clusterTrustBundle" | "podCertificate");
        let empty = |s: &&Value| s.as_object().is_none_or(|m| m.iter().all(|(k, v)| v.is_null() || gated(k)));
        warnings
            .extend(sources.iter().filter(empty).map(|_| format!("volume {name} (Projected) has no sources provided")));
    }
    warnings
}

fn items(source: &Value, label: &str) -> Vec<Place> {
    source.items("items").iter().map(|i| Place { path: i.text("path").to_owned(), source: label.to_owned() }).collect()
}

fn projected(source: &Value) -> Vec<Place> {
    let (config, secret, token) = (source.at("configMap"), source.at("secret"), source.at("serviceAccountToken"));
    if !config.items("items").is_empty() {
        items(config, &format!("ConfigMap {}", quote(config.text("name"))))
    } else if !secret.items("items").is_empty() {
        items(secret, &format!("Secret {}", quote(secret.text("name"))))
    } else if source.has("downwardAPI") {
        items(source.at("downwardAPI"), "DownwardAPI")
    } else if !token.is_null() {
        vec![Place { path: token.text("path").to_owned(), source: "ServiceAccountToken".to_owned() }]
    } else {
        Vec::new()
    }
}

/// `"a/b" with "a"` for each path and every earlier one that it meets.
fn collisions(places: &[Place]) -> Vec<String> {
    let mut result = Vec::new();
    let mut earlier: Vec<Place> = Vec::new();
    for place in places {
        let place = Place { path: place.path.trim_end_matches('/').to_owned(), source: place.source.clone() };
        let own = format!("{}/", place.path);
        for other in earlier.iter().filter(|o| !o.path.is_empty() && !place.path.is_empty()) {
            let theirs = format!("{}/", other.path);
            if *other == place || theirs.starts_with(&own) || own.starts_with(&theirs) {
                result.push(format!("{} with {}", place.text(), other.text()));
            }
        }
        earlier.push(place);
    }
    result
}
