//! Names of kinds on the command line: singular, plural, short, with group.

use crate::api::Kind;

/// The kind that a word names (`po`, `pods`, `daemonset.apps`, `CronJob`).
///
/// ```
/// use orrery::api::Kind;
/// assert_eq!(orrery::kubectl::kinds::kind("cj"), Some(Kind::CronJob));
/// assert_eq!(orrery::kubectl::kinds::kind("daemonsets.apps"), Some(Kind::DaemonSet));
/// ```
pub fn kind(word: &str) -> Option<Kind> {
    let lower = word.to_lowercase();
    let (name, group) = lower.split_once('.').unwrap_or((&lower, ""));
    let found = Kind::ALL.into_iter().find(|kind| {
        name == kind.plural() || name == kind.name().to_lowercase() || short_names(*kind).contains(&name)
    })?;
    let fits = group.is_empty() || group == found.group() || group.ends_with(&format!(".{}", found.group()));
    fits.then_some(found)
}

/// The short names of a kind.
pub const fn short_names(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Node => &["no"],
        Kind::Pod => &["po"],
        Kind::Service => &["svc"],
        Kind::DaemonSet => &["ds"],
        Kind::Deployment => &["deploy"],
        Kind::ReplicaSet => &["rs"],
        Kind::CronJob => &["cj"],
        Kind::PriorityClass => &["pc"],
        Kind::PodDisruptionBudget => &["pdb"],
        Kind::Namespace => &["ns"],
        Kind::EndpointSlice | Kind::ControllerRevision | Kind::Job => &[],
    }
}
