//! Texts around the stage: header, transport, timeline, editor, menus, help.

texts! {
    tagline: "A clockwork Kubernetes", "태엽으로 도는 쿠버네티스";
    scenario: "Scenario", "시나리오";
    own_text: "Your own text", "내가 쓴 YAML";
    scenarios_unavailable: "The scenario could not be loaded.", "시나리오를 불러오지 못했습니다.";
    language: "Language", "언어";
    to_light: "Light theme", "밝은 테마";
    to_dark: "Dark theme", "어두운 테마";
    help: "Keyboard shortcuts", "단축키";
    close: "Close", "닫기";
    restart: "Start over", "처음부터";
    restart_why: "Begin a new cluster from the YAML", "YAML로 클러스터를 새로 시작합니다";

    time: "Time", "시간";
    play: "Play", "재생";
    pause: "Pause", "일시 정지";
    rewind: "Go to the start", "처음으로";
    last_event: "Back to the last event", "이전 이벤트";
    next_event: "On to the next event", "다음 이벤트";
    event: "event", "이벤트";
    speed: "Speed", "속도";
    speed_times(n: u32): "{n}×", "{n}배";
    speed_minutes(n: u32): "{n} min/s", "{n}분/초";
    speed_hours(n: u32): "{n} h/s", "{n}시간/초";
    speed_days(n: u32): "{n} d/s", "{n}일/초";
    clock: "Simulated time (UTC)", "시뮬레이션 시각(UTC)";

    timeline: "Timeline", "타임라인";
    timeline_scrub: "Timeline: drag to travel in time", "타임라인: 끌어서 시간을 이동합니다";
    now: "now", "지금";
    follow: "Follow now", "지금 따라가기";
    zoom_in: "Zoom in", "확대";
    zoom_out: "Zoom out", "축소";
    future_note:
        "the future, forecast from this YAML: edit a line and it redraws",
        "이 YAML에서 예측한 미래 — 고치면 바로 다시 그립니다";
    lane_jobs: "Jobs", "Job";
    lane_pods: "Pods", "파드";
    lane_bare: "Pods without controller", "컨트롤러 없는 파드";
    lane_nodes: "Nodes not ready", "준비되지 않은 노드";
    nothing_yet: "Nothing has happened yet.", "아직 아무 일도 없었습니다.";
    mark_fired: "Run started on time", "제시간에 실행 시작";
    mark_late: "Run started late", "실행이 늦게 시작됨";
    mark_held_back: "Run held back: the last one is still going (Forbid)", "실행 보류: 이전 실행이 아직 진행 중(Forbid)";
    mark_replaced: "Last run deleted to start this one (Replace)", "이 실행을 위해 이전 실행을 삭제(Replace)";
    mark_missed: "Run missed", "실행을 놓침";
    mark_suspended: "No run: suspended", "실행 없음: 일시 중지됨";

    events: "Events", "이벤트";
    events_count(n: usize): "Events {n}", "이벤트 {n}";
    no_events: "No Events yet.", "아직 이벤트가 없습니다.";
    event_list: "All Events, newest first", "모든 이벤트(최신순)";

    editor: "YAML editor", "YAML 편집기";
    manifests: "Manifests", "매니페스트";
    applied: "Valid for Kubernetes 1.36, applied", "쿠버네티스 1.36 기준 유효 · 적용됨";
    typing: "Checking…", "확인 중…";
    broken(n: usize): "{n} errors. The last valid state keeps running.", "오류 {n}개. 마지막으로 유효했던 상태가 계속 실행됩니다.";
    broken_one: "1 error. The last valid state keeps running.", "오류 1개. 마지막으로 유효했던 상태가 계속 실행됩니다.";
    problems: "Problems", "문제";
    line_number(n: usize): "line {n}", "{n}행";
    too_large_to_keep: "This text is too large to be kept over a reload.", "텍스트가 너무 커서 새로 고침 후에는 보존되지 않습니다.";

    add_node: "Add node", "노드 추가";
    add_node_plain: "Add a node", "노드 하나 추가";
    add_node_labelled(label: &str): "Add a node with {label}", "{label} 레이블 노드 추가";
    actions: "Actions", "동작";
    actions_of(name: &str): "Actions for {name}", "{name} 동작";
    node_down: "Cut the power", "전원 끄기";
    node_not_ready: "Break the kubelet (NotReady)", "kubelet 고장(NotReady)";
    node_up: "Bring it back", "되살리기";
    cordon: "Cordon", "스케줄 금지(cordon)";
    uncordon: "Uncordon", "스케줄 허용(uncordon)";
    delete_node: "Delete node", "노드 삭제";
    fail_pod: "Crash its containers", "컨테이너 비정상 종료";
    delete_pod: "Delete Pod", "파드 삭제";
    delete_pod_now: "Delete at once (no grace)", "즉시 삭제(유예 없음)";
    trigger: "Run now", "지금 실행";
    suspend: "Suspend", "일시 중지";
    resume: "Resume", "재개";
    scale_up: "One more replica", "레플리카 하나 늘리기";
    scale_down: "One replica less", "레플리카 하나 줄이기";
    delete_object(kind: &str): "Delete {kind}", "{kind} 삭제";

    shortcut_play: "Play or pause", "재생 또는 일시 정지";
    shortcut_step: "Last or next event", "이전 또는 다음 이벤트";
    shortcut_speed: "Slower or faster", "느리게 또는 빠르게";
    shortcut_zoom: "Zoom the timeline", "타임라인 확대·축소";
    shortcut_home: "Go to the start", "처음으로";
    shortcut_follow: "Follow now again", "다시 지금 따라가기";
    shortcut_pods: "On the stage: from Pod to Pod", "스테이지에서 파드 사이 이동";
    shortcut_close: "Close, deselect", "닫기, 선택 해제";
    shortcut_theme: "Dark or light", "어둡게 또는 밝게";
    shortcut_help: "This help", "이 도움말";
}
