//! Objects to begin with: what the "add an object" gallery offers.

/// A template of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Template {
    /// Short name, fixed.
    pub id: &'static str,
    /// Its kind.
    pub kind: &'static str,
    /// Title in English and Korean.
    pub title: (&'static str, &'static str),
    /// One sentence in English and Korean.
    pub about: (&'static str, &'static str),
    /// The YAML text.
    pub text: &'static str,
}

macro_rules! template {
    ($id:literal, $kind:literal, $title:expr, $about:expr) => {
        Template {
            id: $id,
            kind: $kind,
            title: $title,
            about: $about,
            text: include_str!(concat!("templates/", $id, ".yaml")),
        }
    };
}

/// All templates, in the order in which they are shown.
pub const TEMPLATES: &[Template] = &[
    template!(
        "daemon-set",
        "DaemonSet",
        ("DaemonSet", "데몬셋"),
        ("One Pod on every node.", "모든 노드에 파드를 하나씩 둡니다.")
    ),
    template!(
        "job",
        "Job",
        ("Job", "잡"),
        (
            "Six Pods, two at a time, until all have succeeded.",
            "파드 여섯 개를 두 개씩, 모두 성공할 때까지 실행합니다."
        )
    ),
    template!(
        "indexed-job",
        "Job",
        ("Indexed Job", "인덱스 잡"),
        (
            "Each Pod knows its number; each number may fail twice.",
            "파드마다 번호가 있고, 번호마다 두 번까지 실패할 수 있습니다."
        )
    ),
    template!(
        "cron-job",
        "CronJob",
        ("CronJob", "크론잡"),
        ("A Job every minute, never two at once.", "매분 잡을 만들되 동시에 두 개는 만들지 않습니다.")
    ),
    template!(
        "cron-job-zone",
        "CronJob",
        ("CronJob in a time zone", "시간대가 있는 크론잡"),
        (
            "Weekdays at nine in Seoul, with a deadline for late starts.",
            "평일 서울 시각 9시, 늦은 시작에는 기한이 있습니다."
        )
    ),
    template!(
        "deployment",
        "Deployment",
        ("Deployment", "디플로이먼트"),
        ("Three web servers, replaced one by one.", "웹 서버 세 개를 하나씩 교체합니다.")
    ),
    template!(
        "replica-set",
        "ReplicaSet",
        ("ReplicaSet", "레플리카셋"),
        ("Three Pods at any time.", "언제나 파드 세 개를 유지합니다.")
    ),
    template!(
        "pod",
        "Pod",
        ("Pod", "파드"),
        ("One Pod that nobody replaces.", "아무도 대신하지 않는 파드 하나입니다.")
    ),
    template!(
        "service-node-port",
        "Service",
        ("NodePort Service", "노드포트 서비스"),
        ("A port of every node that leads to Pods.", "모든 노드의 포트가 파드로 이어집니다.")
    ),
    template!(
        "node",
        "Node",
        ("Node", "노드"),
        ("A machine with labels and room for Pods.", "레이블이 있고 파드를 둘 자리가 있는 노드입니다.")
    ),
    template!(
        "priority-class",
        "PriorityClass",
        ("PriorityClass", "프라이어리티클래스"),
        ("Pods that may push others aside.", "다른 파드를 밀어낼 수 있는 파드를 위한 우선순위입니다.")
    ),
    template!(
        "disruption-budget",
        "PodDisruptionBudget",
        ("PodDisruptionBudget", "파드 중단 예산"),
        ("How many Pods a drain must leave running.", "드레인이 남겨 두어야 하는 파드 수입니다.")
    ),
    template!(
        "scenario",
        "Scenario",
        ("Scenario", "시나리오"),
        ("The clock, and what happens when: a node dies, comes back.", "시계와 사건: 노드가 죽고 다시 살아납니다.")
    ),
];
