//! Which of the nodes that fit is best: the scores of all plugins, weighted and added.
//! Upstream: pkg/scheduler/framework/runtime/framework.go RunScorePlugins.

use super::cycle::Cycle;
use super::plugin::Plugin;
use super::profile::{Fixed, Profile};
use super::resources::{balanced_resource_score, is_best_effort_pod, least_resource_score};

/// The scoring plugins with their weights, in upstream's order.
/// Upstream: pkg/scheduler/apis/config/v1/default_plugins.go.
pub const WEIGHTS: [(Plugin, i64); 8] = [
    (Plugin::TaintToleration, 3),
    (Plugin::NodeAffinity, 2),
    (Plugin::NodeResourcesFit, 1),
    (Plugin::PodTopologySpread, 2),
    (Plugin::InterPodAffinity, 2),
    (Plugin::DynamicResources, 2),
    (Plugin::NodeResourcesBalancedAllocation, 1),
    (Plugin::ImageLocality, 1),
];

/// Weighted scores of nodes, in the order of the nodes. A plugin that had nothing to say has no scores.
#[derive(Debug, Default)]
pub struct Scores {
    columns: [Vec<i64>; WEIGHTS.len()],
    /// Sums over the plugins.
    pub totals: Vec<i64>,
}

impl Scores {
    /// The weighted scores of one node, by plugin.
    pub fn parts(&self, place: usize) -> Vec<(&'static str, i64)> {
        let columns = WEIGHTS.iter().zip(&self.columns);
        columns.filter_map(|((plugin, _), column)| Some((plugin.name(), *column.get(place)?))).collect()
    }

    /// Scores the feasible nodes of a cycle.
    pub fn compute(&mut self, cycle: &Cycle, profile: &Profile, feasible: &[u32]) {
        let [taints, affinity, fit, spread, pods, claims, balance, images] = &mut self.columns;
        let spec = &cycle.pod.spec;
        let fixed = |column: &mut Vec<i64>, what: &dyn Fn(Fixed) -> i64| {
            column.clear();
            column.extend(feasible.iter().map(|slot| what(profile.fixed(*slot))));
        };
        fixed(taints, &|fixed| fixed.prefer_taints);
        default_normalize_score(taints, true);
        affinity.clear();
        if !spec.affinity.node_preferred.is_empty() {
            fixed(affinity, &|fixed| fixed.preferred);
            default_normalize_score(affinity, false);
        }
        fixed(images, &|fixed| fixed.images);
        [&mut *fit, &mut *balance, &mut *spread, &mut *pods].into_iter().for_each(Vec::clear);
        let best_effort = is_best_effort_pod(spec);
        for &slot in feasible {
            let Some(node) = cycle.snapshot.nodes.get(slot) else { continue };
            let seat = node.seat(cycle.world);
            fit.push(least_resource_score(spec, &node.allocatable, seat.map_or((0, 0), |seat| seat.scored)));
            if !best_effort {
                let used = seat.map_or(&cycle.nothing, |seat| &seat.used);
                balance.push(balanced_resource_score(spec, &node.allocatable, used));
            }
        }
        if let Some(soft) = &cycle.kin.soft {
            soft.score(feasible, spread);
        }
        if let Some(state) = &cycle.kin.affinity {
            state.score(&cycle.snapshot.nodes, feasible, pods);
        }
        claims.clear();
        claims.resize(feasible.len(), 0);
        self.add_up(feasible.len());
    }

    fn add_up(&mut self, nodes: usize) {
        self.totals.clear();
        self.totals.resize(nodes, 0);
        for ((_, weight), column) in WEIGHTS.iter().zip(&mut self.columns) {
            for (total, score) in self.totals.iter_mut().zip(column) {
                *score *= weight;
                *total += *score;
            }
        }
    }

    /// The place of the best node; of equally good ones the first of `leaning` that is among them.
    // DIFFERENCE: of equally good nodes the one examined first is taken (below 100 nodes: the first in node order); a real
    // scheduler's choice among them depends on which of its threads was quickest.
    pub fn best(&self, mut leaning: impl Iterator<Item = usize>) -> Option<usize> {
        let best = self.totals.iter().copied().max()?;
        let preferred = leaning.find(|place| self.totals.get(*place) == Some(&best));
        preferred.or_else(|| self.totals.iter().position(|total| *total == best))
    }
}

/// Upstream: pkg/scheduler/framework/plugins/helper/normalize_score.go DefaultNormalizeScore.
fn default_normalize_score(scores: &mut [i64], reverse: bool) {
    let most = scores.iter().copied().max().unwrap_or(0).max(0);
    for score in scores {
        let share = if most == 0 { 0 } else { 100 * *score / most };
        *score = if reverse { 100 - share } else { share };
    }
}
