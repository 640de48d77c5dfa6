//! What a container does: its command, its image, or what annotations say.
//!
//! The rules, the first that has an answer counts: annotations of the Pod, the container's own command, what is known of
//! its image, and else 20 seconds for a Job's Pod and for ever for any other. Annotations are `sim/<key>`, or
//! `sim/<key>.<container>` for one container; init containers only heed the second form.

use super::environment::Surroundings;
use crate::api::{Container, Meta, Text};
use crate::shell::{self, Launch, Outcome, Program, images};
use crate::time::{SimDuration, SimTime};

/// How long a Pod of a Job runs when nothing says otherwise.
pub const JOB_RUN: SimDuration = SimDuration::from_secs(20);
/// How long an init container runs when nothing says otherwise.
pub const INIT_RUN: SimDuration = SimDuration::from_secs(1);
/// The longest time an annotation can give, in seconds (a hundred years).
const MAX_ANNOTATED_SECONDS: i64 = 3_155_760_000;

/// Which rule said what a container does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// An annotation `sim/...`.
    Annotation,
    /// Its own command.
    Command,
    /// What is known of its image.
    Image,
    /// A Job's Pod runs 20 seconds.
    JobDefault,
    /// An init container runs one second.
    InitDefault,
    /// Anything else runs for ever.
    Forever,
}

/// What one run of a container will do, left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Which rule says so.
    pub rule: Rule,
    /// How long it runs; `None` for ever.
    pub runs_for: Option<SimDuration>,
    /// The code it ends with.
    pub exit_code: i32,
}

/// Reads `90`, `0.5` or Go's duration text (`1m30s`).
///
/// ```
/// use orrery::actor::kubelet::program::parse_seconds;
/// use orrery::time::SimDuration;
/// assert_eq!(parse_seconds("0.5"), Some(SimDuration::from_millis(500)));
/// assert_eq!(parse_seconds("1m"), Some(SimDuration::from_secs(60)));
/// assert_eq!(parse_seconds("soon"), None);
/// ```
pub fn parse_seconds(text: &str) -> Option<SimDuration> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let parsed = if plain { SimDuration::parse(&format!("{text}s")) } else { SimDuration::parse(text) };
    parsed.filter(|span| *span >= SimDuration::ZERO && span.seconds() <= MAX_ANNOTATED_SECONDS)
}

/// An annotation about a container. `whole_pod` says whether the form without its name counts too.
pub(super) fn annotation<'a>(meta: &'a Meta, container: &str, whole_pod: bool, key: &str) -> Option<&'a Text> {
    if meta.annotations.pairs().is_empty() {
        return None;
    }
    let own = meta.annotations.get(&format!("{key}.{container}"));
    if whole_pod { own.or_else(|| meta.annotations.get(key)) } else { own }
}

/// The time an annotation gives.
pub(super) fn annotated_time(meta: &Meta, container: &str, whole_pod: bool, key: &str) -> Option<SimDuration> {
    annotation(meta, container, whole_pod, key).and_then(|text| parse_seconds(text))
}

/// The Pod's index in an Indexed Job.
fn completion_index(meta: &Meta) -> Option<usize> {
    meta.annotations.get("batch.kubernetes.io/job-completion-index")?.parse().ok()
}

/// The `number`-th item of a list in text; of what lies past its end, the last.
fn listed(text: &str, number: usize) -> Option<&str> {
    text.split(',').nth(number).or_else(|| text.rsplit(',').next()).map(str::trim)
}

/// What a run of a container will do. `restarts` says how often it was started again before, `init` whether it is an
/// init container that ends.
/// `started` is when the run starts, which is all that `date` needs to know.
pub fn plan(pod: &Surroundings, container: &Container, init: bool, restarts: i32, started: SimTime) -> Plan {
    let main = !init && !container.is_sidecar();
    let (meta, base) = (pod.meta, base_plan(pod, container, init, restarts, started));
    let by_index = annotation(meta, &container.name, main, "sim/run-seconds-by-index")
        .zip(completion_index(meta))
        .and_then(|(list, index)| listed(list, index))
        .and_then(parse_seconds);
    let run_time = by_index.or_else(|| annotated_time(meta, &container.name, main, "sim/run-seconds"));
    let code = annotated_code(meta, container, main, restarts);
    let annotated = run_time.is_some() || code.is_some();
    Plan {
        rule: if annotated { Rule::Annotation } else { base.rule },
        runs_for: run_time.or(base.runs_for),
        exit_code: code.unwrap_or(base.exit_code),
    }
}

/// The program of a container, when it is one that can be run: its own command, or what its image does without one.
///
/// DIFFERENCE: an image that is a mere shell or interpreter (busybox, python) and is given nothing to do exits at once
/// in a real cluster; recorded containers of such images run on, and so do ours.
pub(super) fn program(pod: &Surroundings, container: &Container, restarts: i32, started: SimTime) -> Option<Program> {
    let plain = container.command.is_empty() && container.args.is_empty();
    if plain && images::lookup(&container.image).is_none_or(images::Image::is_interactive) {
        return None;
    }
    let words = |texts: &[Text]| texts.iter().map(ToString::to_string).collect();
    Program::of(&Launch {
        image: container.image.to_string(),
        command: words(&container.command),
        args: words(&container.args),
        env: pod.environment(container),
        hostname: pod.hostname(),
        start_unix_nanos: started.unix_nanos(),
        seed: pod.meta.uid.low_bits().wrapping_add(restarts.unsigned_abs().into()),
    })
}

/// What a container does when no annotation says otherwise.
fn base_plan(pod: &Surroundings, container: &Container, init: bool, restarts: i32, started: SimTime) -> Plan {
    let plain = container.command.is_empty() && container.args.is_empty();
    if plain && images::lookup(&container.image).is_some_and(images::Image::always_serves) {
        return Plan { rule: Rule::Image, runs_for: None, exit_code: 0 };
    }
    if let Some(program) = program(pod, container, restarts, started) {
        // DIFFERENCE: a command with more steps than we are ready to follow is taken to run for ever.
        let (runs_for, exit_code) = match program.outcome() {
            Outcome::Exits { offset_nanos, code } => (Some(SimDuration::from_nanos(offset_nanos)), code),
            Outcome::RunsForEver | Outcome::Spins { .. } | Outcome::Undecided { .. } => (None, 0),
        };
        let rule = if matches!(program.rule(), shell::Rule::Image(_)) { Rule::Image } else { Rule::Command };
        return Plan { rule, runs_for, exit_code };
    }
    let of_job = pod.meta.controller().is_some_and(|owner| owner.kind == "Job");
    if init {
        Plan { rule: Rule::InitDefault, runs_for: Some(INIT_RUN), exit_code: 0 }
    } else if of_job && !container.is_sidecar() {
        Plan { rule: Rule::JobDefault, runs_for: Some(JOB_RUN), exit_code: 0 }
    } else {
        Plan { rule: Rule::Forever, runs_for: None, exit_code: 0 }
    }
}

/// The exit code that annotations give, but for `sim/fail-first`, which depends on what happens elsewhere meanwhile.
fn annotated_code(meta: &Meta, container: &Container, main: bool, restarts: i32) -> Option<i32> {
    let read = |key: &str| annotation(meta, &container.name, main, key);
    if let Some(list) = read("sim/exit-codes") {
        return listed(list, restarts.max(0) as usize).and_then(|code| code.parse().ok());
    }
    let code = read("sim/exit-code").and_then(|code| code.trim().parse::<i32>().ok());
    let Some(failing) = read("sim/fail-indexes") else { return code };
    let fails =
        completion_index(meta).is_some_and(|index| failing.split(',').any(|listed| listed.trim().parse() == Ok(index)));
    Some(if fails { code.filter(|code| *code != 0).unwrap_or(1) } else { 0 })
}

/// How many exits per owner fail first, when an annotation says so.
pub(super) fn fail_first(meta: &Meta, container: &Container) -> Option<u32> {
    annotation(meta, &container.name, !container.is_sidecar(), "sim/fail-first")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Pod;
    use serde_json::json;

    fn planned(annotations: serde_json::Value, owner: &str, image: &str, restarts: i32) -> Plan {
        let pod = Pod::from_value(&json!({
            "metadata": {"name": "p", "annotations": annotations,
                "ownerReferences": [{"kind": owner, "name": "o", "uid": "u", "controller": true}]},
            "spec": {"containers": [{"name": "c", "image": image}]},
        }));
        plan(&Surroundings::from(&pod), &pod.spec.containers[0], false, restarts, SimTime::default())
    }

    #[test]
    fn the_rules_of_what_a_container_does_apply_in_order() {
        let index = "batch.kubernetes.io/job-completion-index";
        for (annotations, owner, image, restarts, rule, seconds, code) in [
            (json!({}), "Job", "busybox:1.36", 0, Rule::JobDefault, Some(20), 0),
            (json!({}), "ReplicaSet", "busybox:1.36", 0, Rule::Forever, None, 0),
            (json!({}), "Job", "nginx", 0, Rule::Image, None, 0),
            (json!({}), "Job", "kubetm/init", 0, Rule::Image, Some(20), 0),
            (json!({"sim/run-seconds": "5"}), "Job", "nginx", 0, Rule::Annotation, Some(5), 0),
            (json!({"sim/exit-code": "3"}), "Job", "b", 0, Rule::Annotation, Some(20), 3),
            (json!({"sim/exit-codes": "1,1,0"}), "Job", "b", 1, Rule::Annotation, Some(20), 1),
            (json!({"sim/exit-codes": "1,1,0"}), "Job", "b", 7, Rule::Annotation, Some(20), 0),
            (json!({"sim/fail-indexes": "1,3", index: "3"}), "Job", "b", 0, Rule::Annotation, Some(20), 1),
            (json!({"sim/fail-indexes": "1,3", index: "2"}), "Job", "b", 0, Rule::Annotation, Some(20), 0),
            (json!({"sim/run-seconds-by-index": "5,9,7", index: "1"}), "Job", "b", 0, Rule::Annotation, Some(9), 0),
            (json!({"sim/run-seconds.c": "2", "sim/run-seconds": "5"}), "", "b", 0, Rule::Annotation, Some(2), 0),
            (json!({"sim/run-seconds": "never"}), "", "b", 0, Rule::Forever, None, 0),
        ] {
            let got = planned(annotations.clone(), owner, image, restarts);
            let wanted = Plan { rule, runs_for: seconds.map(SimDuration::from_secs), exit_code: code };
            assert_eq!(got, wanted, "{annotations} {owner} {image}");
        }
    }
}
