//! Texts on the stage.

texts! {
    stage: "Cluster", "클러스터";
    controllers: "Controllers", "컨트롤러";
    nodes: "Nodes", "노드";
    pods: "Pods", "파드";
    stage_empty:
        "No cluster yet. Write a manifest on the left, or choose a scenario.",
        "아직 클러스터가 없습니다. 왼쪽에 매니페스트를 쓰거나 시나리오를 고르세요.";
    more(n: usize): "+{n}", "+{n}";
    more_nodes(n: usize): "and {n} more nodes", "그 밖의 노드 {n}개";
    more_pods(n: usize): "and {n} more Pods", "그 밖의 파드 {n}개";

    ready: "Ready", "Ready";
    not_ready: "NotReady", "NotReady";
    silent: "silent", "응답 없음";
    cordoned: "cordoned", "cordon";
    cpu: "cpu", "cpu";
    memory: "mem", "mem";
    pod_slots: "pods", "파드";
    finished: "finished", "완료됨";
    not_matched_by(name: &str): "not matched by {name}:", "{name} 대상 아님:";
    host_port(port: i32, container: i32): ":{port} → {container}", ":{port} → {container}";

    pending: "Pending", "대기 중";
    nobody_waits: "Every Pod has a node", "모든 파드에 노드가 있습니다";
    pending_count(n: usize): "Pending {n}", "대기 중 {n}";

    look_waiting: "waiting for a node", "노드를 기다리는 중";
    look_creating: "starting", "시작하는 중";
    look_unready: "running, not ready", "실행 중, 준비 안 됨";
    look_running: "running", "실행 중";
    look_backoff: "waiting to restart after a crash", "비정상 종료 후 재시작 대기";
    look_succeeded: "completed", "완료됨";
    look_failed: "failed", "실패함";
    look_terminating: "terminating", "종료하는 중";
    look_lost: "on a node that does not answer", "응답 없는 노드에 있음";
    restarts(n: i64): "{n} restarts", "재시작 {n}회";
    restarts_one: "1 restart", "재시작 1회";
    on_node(node: &str): "on {node}", "{node}에 있음";
    on_shelf(node: &str): "finished on {node}", "{node}에서 완료됨";
    no_controller: "no controller will replace it", "대신 만들어 줄 컨트롤러가 없음";

    next_run(at: &str): "next {at}", "다음 {at}";
    no_next_run: "no further run", "다음 실행 없음";
    suspended: "suspended", "일시 중지됨";
    deleting: "being deleted", "삭제하는 중";
    job_progress(done: i64, wanted: i64): "{done}/{wanted} done", "{done}/{wanted} 완료";
    job_progress_queue(done: i64): "{done} done", "{done}개 완료";
    job_failed_pods(n: i64): "{n} failed", "{n}개 실패";
    job_active(n: i64): "{n} running", "{n}개 실행 중";
    completed: "Complete", "Complete";
    failed: "Failed", "Failed";
    deadline_in: "deadline in", "제한 시간까지";
    ready_of(ready: i64, wanted: i64): "{ready}/{wanted} ready", "{ready}/{wanted} 준비";
    nodes_matched(matched: i64, nodes: i64): "{matched} of {nodes} nodes", "노드 {nodes}개 중 {matched}개";
    endpoints(n: i64): "{n} endpoints", "엔드포인트 {n}개";
    local_only: "Local", "Local";
    held_back(at: &str): "{at} held back", "{at} 보류됨";
    held_back_why: "last run still active", "이전 실행이 진행 중";
    replaced(at: &str): "{at} replaced a run", "{at} 실행 교체";
    replaced_why: "the last run was deleted", "이전 실행은 삭제됨";
    missed(at: &str): "{at} missed", "{at} 놓침";
    missed_why: "too late to start", "시작하기에 늦음";
}
