//! The log hashes of scenarios, the same natively and in the browser: one table, checked on both sides.

use orrery::scenario;
use orrery::time::SimDuration;

/// Steps that no scenario of the table needs.
const MAX_STEPS: u64 = 5_000_000;

/// (name, text, simulated seconds).
pub const SCENARIOS: [(&str, &str, i64); 6] = [
    ("article", include_str!("../../static/scenarios/article.yaml"), 600),
    ("node-down", include_str!("../../static/scenarios/node-down.yaml"), 600),
    ("cronjob-forbid", include_str!("../../static/scenarios/cronjob-forbid.yaml"), 600),
    ("cronjob-replace-two-ways", include_str!("../../static/scenarios/cronjob-replace-two-ways.yaml"), 600),
    (
        "replicaset-fills-the-roomy-node",
        include_str!("../../static/scenarios/replicaset-fills-the-roomy-node.yaml"),
        120,
    ),
    ("backup-update-mail", include_str!("../../static/scenarios/backup-update-mail.yaml"), 86_400),
];

/// Lines `name hash`, as the table holds them.
pub fn computed() -> String {
    let line = |(name, text, seconds): &(&str, &str, i64)| {
        let scenario = scenario::load(text);
        let (mut timeline, _) = scenario.timeline();
        timeline.play_to(scenario.start + SimDuration::from_secs(*seconds), MAX_STEPS);
        format!("{name} {:016x} {} writes\n", timeline.history().hash(), timeline.history().entries.len())
    };
    SCENARIOS.iter().map(line).collect()
}

/// The table.
pub const TABLE: &str = include_str!("table.txt");
