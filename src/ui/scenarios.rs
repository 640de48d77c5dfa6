//! The scenarios that come with the page: their files and titles. The files themselves are fetched when chosen.

use crate::i18n::Lang;

/// One scenario: the file's name without ending, its titles in English and Korean.
pub struct Entry {
    /// The file's name without ending.
    pub name: &'static str,
    /// The title in English.
    pub en: &'static str,
    /// The title in Korean.
    pub ko: &'static str,
}

impl Entry {
    /// The title.
    pub const fn title(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::En => self.en,
            Lang::Ko => self.ko,
        }
    }
}

/// All scenarios, the one that a new page opens with first.
pub const SCENARIOS: &[Entry] = &[
    Entry {
        name: "article",
        en: "The article: DaemonSet, Job and CronJob",
        ko: "글의 세 컨트롤러: DaemonSet, Job, CronJob",
    },
    Entry {
        name: "backup-update-mail",
        en: "Backup at dawn, update check, mail: three realistic CronJobs",
        ko: "새벽 백업, 업데이트 확인, 예약 메일",
    },
    Entry { name: "cronjob-allow", en: "CronJob Allow: runs overlap", ko: "CronJob Allow: 겹쳐서 실행" },
    Entry {
        name: "cronjob-every-minute",
        en: "A CronJob creates a Job every minute, the Job creates a Pod",
        ko: "CronJob → Job → Pod, 1분마다",
    },
    Entry {
        name: "cronjob-forbid",
        en: "CronJob Forbid: the run is held back, then starts at once",
        ko: "CronJob Forbid: 건너뛰었다가 끝나는 즉시 실행",
    },
    Entry {
        name: "cronjob-manual-trigger", en: "A CronJob is triggered by hand", ko: "CronJob 수동 실행(trigger)"
    },
    Entry {
        name: "cronjob-replace",
        en: "CronJob Replace: the old Job is deleted, a new one is created",
        ko: "CronJob Replace: 이전 Job을 지우고 새 Job 생성",
    },
    Entry {
        name: "cronjob-replace-two-ways",
        en: "Replace as Kubernetes does it, and as the article tells it",
        ko: "Replace: 실제 쿠버네티스와 글의 설명 비교",
    },
    Entry {
        name: "cronjob-suspend",
        en: "A CronJob is suspended and resumed",
        ko: "CronJob 일시 중지(suspend)와 재개",
    },
    Entry {
        name: "finished-pod-stays",
        en: "A finished Job's Pod stays, uses nothing, its log readable; it is deleted by hand",
        ko: "끝난 Job의 Pod는 남아서 로그를 볼 수 있다",
    },
    Entry {
        name: "job-active-deadline",
        en: "Job: activeDeadlineSeconds 30 stops it",
        ko: "Job: activeDeadlineSeconds 30이 지나면",
    },
    Entry {
        name: "job-makes-its-own-selector",
        en: "A Job makes its own selector",
        ko: "Job은 selector를 스스로 만든다",
    },
    Entry {
        name: "job-six-in-pairs",
        en: "Job: completions 6, parallelism 2",
        ko: "Job: completions 6, parallelism 2",
    },
    Entry {
        name: "job-six-one-by-one",
        en: "Job: completions 6, one by one",
        ko: "Job: completions 6, 하나씩 순차 실행",
    },
    Entry {
        name: "node-added-node-removed", en: "A node is added, a node is removed", ko: "노드를 추가하고 제거하면"
    },
    Entry {
        name: "node-down",
        en: "A node goes down: the bare Pod is lost, controllers' Pods come back elsewhere",
        ko: "노드가 다운되면: 직접 만든 Pod와 컨트롤러의 Pod",
    },
    Entry {
        name: "node-port-local-next-to-host-port",
        en: "NodePort with externalTrafficPolicy Local, next to hostPort",
        ko: "externalTrafficPolicy: Local인 NodePort와 hostPort",
    },
    Entry {
        name: "node-selector-keeps-off-ubuntu",
        en: "nodeSelector keeps Pods off ubuntu, until the label changes",
        ko: "nodeSelector로 ubuntu 노드에는 만들지 않기",
    },
    Entry {
        name: "recreate-and-restart",
        en: "Recreate (new name, new IP) against restart (same Pod, restartCount + 1)",
        ko: "재생성(recreate)과 재시작(restart)의 차이",
    },
    Entry {
        name: "replicaset-fills-the-roomy-node",
        en: "ReplicaSet fills the roomy node, DaemonSet puts one Pod on every node",
        ko: "ReplicaSet은 여유 있는 노드를 채우고 DaemonSet은 모든 노드에 하나씩",
    },
    Entry {
        name: "selector-and-labels",
        en: "Selector and labels link a controller to its Pods",
        ko: "selector와 label로 연결되는 Pod",
    },
    Entry { name: "ten-nodes-ten-pods", en: "Ten nodes, ten Pods", ko: "노드가 10개면 Pod도 10개" },
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_list_names_every_scenario_file_with_its_titles() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("static/scenarios");
        let files = std::fs::read_dir(folder).expect("the scenarios").flatten().map(|entry| entry.path());
        let mut names: Vec<String> = Vec::new();
        for path in files.filter(|path| path.extension().is_some_and(|ending| ending == "yaml")) {
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let scenario = crate::scenario::load(&std::fs::read_to_string(&path).expect("the file"));
            let entry = SCENARIOS.iter().find(|entry| entry.name == name);
            let entry = entry.unwrap_or_else(|| panic!("{name} is missing from SCENARIOS"));
            let titles = [("en".to_string(), entry.en.to_string()), ("ko".to_string(), entry.ko.to_string())];
            assert_eq!(scenario.titles, titles, "{name}");
            names.push(name);
        }
        assert_eq!(names.len(), SCENARIOS.len(), "SCENARIOS names a file that is not there");
    }
}
