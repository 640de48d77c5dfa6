//! Texts of the inspector.

use super::Lang;
use super::josa::{Josa, with_josa};

texts! {
    inspector: "Inspector", "인스펙터";
    inspect_nothing:
        "Choose a Pod, a node or a controller to see why it is as it is.",
        "파드, 노드, 컨트롤러를 고르면 왜 그런 상태인지 보여 줍니다.";
    inspect_gone: "It is gone. This is what is remembered.", "이미 사라졌습니다. 남은 기록입니다.";
    tab_why: "Why", "이유";
    tab_logs: "Logs", "로그";
    tab_events: "Events", "이벤트";
    tab_yaml: "YAML", "YAML";
    legend: "What the marks mean", "기호의 뜻";

    why_here: "Why is it here?", "왜 여기 있나요?";
    why_waiting: "Why does it wait?", "왜 기다리나요?";
    why_ended: "Why did it end?", "왜 끝났나요?";
    what_next: "What happens next?", "다음에 무슨 일이 일어나나요?";
    what_it_does: "What does it do?", "무슨 일을 하나요?";
    nothing_ahead: "Nothing, as far as the forecast reaches.", "예측 범위 안에서는 아무 일도 없습니다.";
    by_daemon_set(name: &str, node: &str):
        "{name} wants one Pod on every node that matches its template. This is the one for {node}.",
        "{name}: 템플릿에 맞는 노드마다 파드를 하나씩 둡니다. 이것은 {node} 몫입니다.";
    waits_on_scheduler: "The scheduler has not placed it yet.", "스케줄러가 아직 배치하지 않았습니다.";
    ended_well:
        "All its containers ended with code 0. It uses no resources; its logs can still be read.",
        "모든 컨테이너가 코드 0으로 끝났습니다. 자원은 쓰지 않으며 로그는 계속 볼 수 있습니다.";
    ended_badly(code: i32): "A container ended with code {code}.", "컨테이너가 코드 {code}로 끝났습니다.";
    ended_reason(reason: &str): "It ended: {reason}.", "종료 이유: {reason}.";
    no_controller_long:
        "No controller made it, so nobody makes another when it is lost.",
        "컨트롤러가 만든 파드가 아니므로, 잃어버려도 아무도 다시 만들지 않습니다.";

    turn_bound(at: &str): "{at} it gets a node", "{at} 노드에 배치됩니다";
    turn_runs(at: &str): "{at} its containers start", "{at} 컨테이너가 시작됩니다";
    turn_ready(at: &str): "{at} it becomes ready", "{at} 준비 상태가 됩니다";
    turn_unready(at: &str): "{at} it stops being ready", "{at} 준비 상태를 잃습니다";
    turn_succeeds(at: &str): "{at} it completes", "{at} 완료됩니다";
    turn_fails(at: &str): "{at} it fails", "{at} 실패합니다";
    turn_doomed(at: &str): "{at} its deletion is requested", "{at} 삭제가 요청됩니다";
    turn_gone(at: &str): "{at} it is gone", "{at} 사라집니다";

    cron_job_does(words: &str): "It makes a Job {words}.", "{words} Job을 만듭니다.";
    cron_job_policy_allow: "Runs may overlap (Allow).", "실행이 겹쳐도 됩니다(Allow).";
    cron_job_policy_forbid:
        "While a run is still going the next one is held back (Forbid).",
        "이전 실행이 진행 중이면 다음 실행을 보류합니다(Forbid).";
    cron_job_policy_replace:
        "A run that is still going is deleted for the next one (Replace).",
        "진행 중인 실행을 삭제하고 다음 실행을 시작합니다(Replace).";
    job_does(wanted: i64, at_once: i64):
        "It wants {wanted} Pods to succeed, {at_once} at a time.",
        "파드 {wanted}개가 성공해야 합니다. 한 번에 {at_once}개씩 실행합니다.";
    job_deadline(seconds: i64):
        "After {seconds} s it is stopped, finished or not.",
        "{seconds}초가 지나면 끝나지 않았어도 멈춥니다.";
    daemon_set_does(desired: i64, nodes: i64):
        "It keeps one Pod on each of the {desired} nodes (of {nodes}) that match.",
        "노드 {nodes}개 중 조건에 맞는 {desired}개에 파드를 하나씩 유지합니다.";
    replicas_does(wanted: i64): "It keeps {wanted} Pods, wherever they fit.", "파드 {wanted}개를 어느 노드에든 유지합니다.";
    node_is(ready: &str): "It is {ready}.", "상태: {ready}.";
    node_silent:
        "Its kubelet has fallen silent. The control plane will notice when the grace period is over.",
        "kubelet이 응답하지 않습니다. 유예 시간이 지나면 컨트롤 플레인이 알아챕니다.";
    node_cordoned_long: "No new Pods are placed on it; those on it stay.", "새 파드는 배치되지 않고, 이미 있는 파드는 그대로입니다.";
    service_does: "It leads requests to the ready Pods behind it.", "준비된 파드로 요청을 보냅니다.";

    fact_owner: "Owner", "소유자";
    fact_node: "Node", "노드";
    fact_ip: "IP", "IP";
    fact_image: "Image", "이미지";
    fact_command: "Command", "명령";
    fact_restart_policy: "Restart policy", "재시작 정책";
    fact_requests: "Requests", "요청 자원";
    fact_started: "Started", "시작";
    fact_created: "Created", "생성";
    fact_restarts: "Restarts", "재시작";
    fact_labels: "Labels", "레이블";
    fact_selector: "Selector", "셀렉터";
    fact_node_selector: "Node selector", "노드 셀렉터";
    fact_taints: "Taints", "테인트";
    fact_capacity: "Allocatable", "할당 가능";
    fact_schedule: "Schedule", "스케줄";
    fact_last_run: "Last slot", "마지막 실행 시각";
    fact_deadline: "Deadline", "제한 시간";
    fact_children: "Owns", "소유 대상";
    fact_ports: "Ports", "포트";
    none: "none", "없음";

    no_logs: "It has written nothing.", "출력이 없습니다.";
    logs_only_pods: "Only Pods have logs.", "로그는 파드에만 있습니다.";
    events_none: "No Events about it.", "관련 이벤트가 없습니다.";
    times(n: u32): "×{n}", "×{n}";
}

/// Sentences whose Korean needs a particle after a name.
impl Lang {
    /// The scheduler chose a node.
    pub fn by_scheduler(self, node: &str) -> String {
        match self {
            Lang::En => format!("The scheduler chose {node} among the nodes that fit."),
            Lang::Ko => format!("스케줄러가 맞는 노드 가운데 {} 골랐습니다.", with_josa(node, Josa::Object)),
        }
    }

    /// A controller makes another when it is lost.
    pub fn will_be_replaced(self, owner: &str) -> String {
        match self {
            Lang::En => format!("When it is lost, {owner} makes another, under a new name."),
            Lang::Ko => format!("잃어버리면 {} 새 이름으로 다시 만듭니다.", with_josa(owner, Josa::Subject)),
        }
    }
}
