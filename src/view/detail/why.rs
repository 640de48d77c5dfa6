//! Why an object is as it is, and what comes next, in plain words.

use super::Source;
use crate::api::batch::ConcurrencyPolicy;
use crate::api::{Kind, Pod, Text};
use crate::cron;
use crate::i18n::Lang;
use crate::time::SimTime;
use crate::view::fate::Turn;
use crate::world::ObjectRef;

/// Turns that are told.
const MAX_TURNS_TOLD: usize = 5;

/// A question and its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paragraph {
    /// The question.
    pub question: &'static str,
    /// The answer, sentence by sentence.
    pub answer: Vec<String>,
    /// What Kubernetes itself says, in its own words; may be empty.
    pub quote: Text,
}

pub(super) fn paragraphs(source: &Source, object: ObjectRef) -> Vec<Paragraph> {
    let mut list = match object.kind {
        Kind::Pod => {
            let pod = object.id().and_then(|id| source.world.pods.get(id));
            pod.map(|pod| vec![pod_why(source, pod)]).unwrap_or_default()
        }
        _ => controller_why(source, object).into_iter().collect(),
    };
    if object.kind == Kind::Pod || object.kind == Kind::Node {
        list.push(next(source, object));
    }
    list
}

fn pod_why(source: &Source, pod: &Pod) -> Paragraph {
    let lang = source.lang;
    let owner = pod.meta.controller();
    if pod.is_ended() {
        let end = pod.status.containers.iter().find_map(|c| c.state.terminated().filter(|end| end.exit_code != 0));
        let mut answer = match end {
            Some(end) => vec![lang.ended_badly(end.exit_code)],
            None => vec![lang.ended_well().to_string()],
        };
        if !pod.status.reason.is_empty() {
            answer.push(lang.ended_reason(&pod.status.reason));
        }
        return Paragraph { question: lang.why_ended(), answer, quote: pod.status.message.clone() };
    }
    if pod.node_name.is_empty() {
        let condition = pod.status.conditions.iter().find(|c| c.kind == "PodScheduled");
        let quote = condition.map(|c| c.message.clone()).unwrap_or_default();
        return Paragraph { question: lang.why_waiting(), answer: vec![lang.waits_on_scheduler().to_string()], quote };
    }
    let mut answer = Vec::new();
    match owner {
        Some(owner) if owner.kind == "DaemonSet" => answer.push(lang.by_daemon_set(&owner.name, &pod.node_name)),
        _ => answer.push(lang.by_scheduler(&pod.node_name)),
    }
    match owner {
        Some(owner) => answer.push(lang.will_be_replaced(&owner.name)),
        None => answer.push(lang.no_controller_long().to_string()),
    }
    let waiting = pod.status.containers.iter().find_map(|c| match &c.state {
        crate::api::ContainerState::Waiting { message, .. } if !message.is_empty() => Some(message.clone()),
        _ => None,
    });
    Paragraph { question: lang.why_here(), answer, quote: waiting.unwrap_or_default() }
}

fn next(source: &Source, object: ObjectRef) -> Paragraph {
    let lang = source.lang;
    let mut answer: Vec<String> = Vec::new();
    let mut last: Option<(SimTime, Turn)> = None;
    for (at, turn) in source.fates.ahead(object, source.now).take(MAX_TURNS_TOLD * 2) {
        // Ready follows Running in the same breath, and Unready an end: the one that says more is told.
        let repeats = match turn {
            Turn::Ready => last == Some((at, Turn::Runs)),
            Turn::Unready => true,
            _ => false,
        };
        last = Some((at, turn));
        if !repeats && answer.len() < MAX_TURNS_TOLD {
            answer.push(turn_text(source, at, turn));
        }
    }
    if answer.is_empty() {
        answer.push(lang.nothing_ahead().to_string());
    }
    Paragraph { question: lang.what_next(), answer, quote: Text::EMPTY }
}

fn turn_text(source: &Source, at: SimTime, turn: Turn) -> String {
    let (lang, clock) = (source.lang, at.clock_text());
    match turn {
        Turn::Bound => lang.turn_bound(&clock),
        Turn::Runs => lang.turn_runs(&clock),
        Turn::Ready => lang.turn_ready(&clock),
        Turn::Unready => lang.turn_unready(&clock),
        Turn::Succeeds => lang.turn_succeeds(&clock),
        Turn::Fails => lang.turn_fails(&clock),
        Turn::Doomed => lang.turn_doomed(&clock),
        Turn::Gone => lang.turn_gone(&clock),
    }
}

fn controller_why(source: &Source, object: ObjectRef) -> Option<Paragraph> {
    let (world, lang) = (source.world, source.lang);
    let mut quote = Text::EMPTY;
    let answer = match object.kind {
        Kind::CronJob => {
            let row = world.cron_jobs.get(object.id()?)?;
            let policy = match row.spec.concurrency_policy {
                ConcurrencyPolicy::Allow => lang.cron_job_policy_allow(),
                ConcurrencyPolicy::Forbid => lang.cron_job_policy_forbid(),
                ConcurrencyPolicy::Replace => lang.cron_job_policy_replace(),
            };
            let words = schedule_words(&row.spec.schedule, lang);
            vec![lang.cron_job_does(&words), policy.to_string()]
        }
        Kind::Job => {
            let row = world.jobs.get(object.id()?)?;
            let at_once = row.spec.parallelism.unwrap_or(1);
            let mut answer = vec![lang.job_does(row.spec.completions.unwrap_or(1), at_once)];
            answer.extend(row.spec.active_deadline_seconds.map(|seconds| lang.job_deadline(seconds)));
            if let Some(end) = row.finished() {
                quote = end.message.clone();
            }
            answer
        }
        Kind::DaemonSet => {
            let row = world.daemon_sets.get(object.id()?)?;
            vec![lang.daemon_set_does(row.status.desired_number_scheduled, world.nodes.len() as i64)]
        }
        Kind::ReplicaSet => vec![lang.replicas_does(world.replica_sets.get(object.id()?)?.replicas)],
        Kind::Deployment => vec![lang.replicas_does(world.deployments.get(object.id()?)?.replicas)],
        Kind::Service => vec![lang.service_does().to_string()],
        Kind::Node => {
            let row = world.nodes.get(object.id()?)?;
            let mut answer = vec![lang.node_is(if row.is_ready() { lang.ready() } else { lang.not_ready() })];
            if row.is_ready() && !world.kubelet_talks(&row.meta.name) {
                answer.push(lang.node_silent().to_string());
            }
            if row.unschedulable {
                answer.push(lang.node_cordoned_long().to_string());
            }
            quote = row.conditions.iter().find(|c| c.kind == "Ready").map(|c| c.message.clone()).unwrap_or_default();
            answer
        }
        _ => return None,
    };
    let question = if object.kind == Kind::Node { lang.why_here() } else { lang.what_it_does() };
    Some(Paragraph { question, answer, quote })
}

/// A schedule in words, or as written when it cannot be read.
fn schedule_words(schedule: &str, lang: Lang) -> String {
    cron::parse_standard(schedule).map_or_else(|_| schedule.to_string(), |read| cron::describe(&read, lang))
}
