//! What has just happened, in one sentence. Arguments that a Korean particle follows come with it.

use super::Lang;
use super::josa::{Josa, with_josa};

texts! {
    said_nothing: "Nothing has happened yet.", "아직 아무 일도 없었습니다.";
    said_job_created(at: &str, cron_job: &str, job: &str):
        "{at} {cron_job} starts its run {job}.",
        "{at} {cron_job}의 실행 {job} 시작.";
    said_job_created_late(at: &str, slot: &str, cron_job: &str):
        "{at} {cron_job} starts its {slot} run, which it had held back.",
        "{at} {cron_job}: 보류했던 {slot} 실행을 이제 시작합니다.";
    said_held_back(at: &str, cron_job: &str):
        "{at} {cron_job} holds its run back: the last one is still going (Forbid).",
        "{at} {cron_job}: 이전 실행이 끝나지 않아 이번 실행을 보류합니다(Forbid).";
    said_missed(at: &str, cron_job: &str): "{at} {cron_job} missed a run.", "{at} {cron_job}: 실행 시각을 놓쳤습니다.";
    said_job_deleted(at: &str, owner: &str, job: &str):
        "{at} {owner} deletes the Job {job}.",
        "{at} {owner}: Job {job} 삭제.";
    said_job_complete(at: &str, job: &str): "{at} Job {job} is complete.", "{at} Job {job} 완료.";
    said_job_deadline(at: &str, job: &str):
        "{at} Job {job} fails: its activeDeadlineSeconds are over. Running Pods are deleted.",
        "{at} Job {job} 실패: activeDeadlineSeconds를 넘겨 실행 중이던 파드를 삭제합니다.";
    said_job_backoff(at: &str, job: &str):
        "{at} Job {job} fails: too many of its Pods failed (backoffLimit).",
        "{at} Job {job} 실패: 실패한 파드가 너무 많습니다(backoffLimit).";
    said_job_suspended(at: &str, job: &str):
        "{at} Job {job} is suspended; its Pods are deleted.",
        "{at} Job {job} 일시 중지: 파드를 삭제합니다.";
    said_job_resumed(at: &str, job: &str): "{at} Job {job} goes on.", "{at} Job {job} 재개.";
    said_pod_created(at: &str, owner: &str, n: usize):
        "{at} {owner} creates {n} Pods.",
        "{at} {owner}: 파드 {n}개 생성.";
    said_pod_created_one(at: &str, owner: &str, pod: &str):
        "{at} {owner} creates the Pod {pod}.",
        "{at} {owner}: 파드 {pod} 생성.";
    said_pod_deleted(at: &str, owner: &str, n: usize):
        "{at} {owner} deletes {n} Pods.",
        "{at} {owner}: 파드 {n}개 삭제.";
    said_pod_deleted_one(at: &str, owner: &str, pod: &str):
        "{at} {owner} deletes the Pod {pod}.",
        "{at} {owner}: 파드 {pod} 삭제.";
    said_scaled(at: &str, owner: &str, what: &str): "{at} {owner}: {what}.", "{at} {owner}: {what}.";
    said_unschedulable(at: &str, pod: &str): "{at} No node fits {pod}; it waits.", "{at} {pod}: 맞는 노드가 없어 기다립니다.";
    said_backoff(at: &str, pod: &str):
        "{at} {pod} crashed and waits before it is restarted.",
        "{at} {pod}: 비정상 종료 후 재시작을 기다립니다.";
    said_unhealthy(at: &str, pod: &str): "{at} A probe of {pod} failed.", "{at} {pod}: 프로브 실패.";
    said_preempted(at: &str, pod: &str):
        "{at} {pod} makes room for a Pod of higher priority.",
        "{at} {pod}: 우선순위가 높은 파드에 자리를 내줍니다.";
    said_evicted(at: &str, pod: &str):
        "{at} {pod} is evicted: its node has been out of reach too long.",
        "{at} {pod} 축출: 노드가 너무 오래 응답하지 않았습니다.";
    said_other(at: &str, kind: &str, name: &str, reason: &str):
        "{at} {kind} {name}: {reason}.",
        "{at} {kind} {name}: {reason}.";
}

/// Sentences whose Korean needs a particle after a name.
impl Lang {
    /// A node stopped answering.
    pub fn said_node_not_ready(self, at: &str, node: &str) -> String {
        match self {
            Lang::En => format!("{at} {node} does not answer any more (NotReady)."),
            Lang::Ko => format!("{at} {} 더 이상 응답하지 않습니다(NotReady).", with_josa(node, Josa::Subject)),
        }
    }

    /// A node answers again.
    pub fn said_node_ready(self, at: &str, node: &str) -> String {
        match self {
            Lang::En => format!("{at} {node} is ready."),
            Lang::Ko => format!("{at} {} 준비되었습니다.", with_josa(node, Josa::Subject)),
        }
    }

    /// A Pod ended well.
    pub fn said_pod_succeeded(self, at: &str, pod: &str) -> String {
        match self {
            Lang::En => format!("{at} {pod} has finished; it stays on the shelf and uses nothing."),
            Lang::Ko => {
                format!("{at} {} 완료되었습니다. 자원을 쓰지 않고 남아 있습니다.", with_josa(pod, Josa::Subject))
            }
        }
    }

    /// A Pod ended badly.
    pub fn said_pod_failed(self, at: &str, pod: &str) -> String {
        match self {
            Lang::En => format!("{at} {pod} has failed."),
            Lang::Ko => format!("{at} {} 실패했습니다.", with_josa(pod, Josa::Subject)),
        }
    }

    /// A Pod runs.
    pub fn said_pod_started(self, at: &str, pod: &str, node: &str) -> String {
        match self {
            Lang::En => format!("{at} {pod} runs on {node}."),
            Lang::Ko => format!("{at} {} {node}에서 실행됩니다.", with_josa(pod, Josa::Subject)),
        }
    }

    /// A Pod was placed.
    pub fn said_pod_placed(self, at: &str, pod: &str, node: &str) -> String {
        match self {
            Lang::En => format!("{at} {pod} is placed on {node}."),
            Lang::Ko => format!("{at} {pod} → {} 배치.", with_josa(node, Josa::Towards)),
        }
    }
}
