//! successPolicy: when an Indexed Job has succeeded before all its indexes have.
//! Upstream: pkg/controller/job/success_policy.go.

use super::indexed::Intervals;
use crate::api::batch::SuccessRule;

/// The number of the first rule that the succeeded indexes meet.
// pkg/controller/job/success_policy.go matchSuccessPolicy
pub fn match_success_policy(rules: &[SuccessRule], completions: i64, succeeded: &Intervals) -> Option<usize> {
    if succeeded.is_empty() {
        return None;
    }
    rules.iter().position(|rule| match &rule.succeeded_indexes {
        Some(text) => {
            let required = Intervals::parse(text, completions);
            let got = overlap(&required, succeeded);
            !required.is_empty() && (got == required.total() || rule.succeeded_count.is_some_and(|count| got >= count))
        }
        None => rule.succeeded_count.is_some_and(|count| succeeded.total() >= count),
    })
}

/// How many indexes two sets share.
// pkg/controller/job/success_policy.go matchSucceededIndexesRule
fn overlap(a: &Intervals, b: &Intervals) -> i64 {
    let (mut left, mut right) = (a.ranges().iter().peekable(), b.ranges().iter().peekable());
    let mut shared = 0;
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        shared += (a.1.min(b.1) - a.0.max(b.0) + 1).max(0);
        if a.1 < b.1 {
            left.next();
        } else {
            right.next();
        }
    }
    shared
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_rule_that_is_met_decides() {
        let rule = |indexes: Option<&'static str>, count| SuccessRule {
            succeeded_indexes: indexes.map(Into::into),
            succeeded_count: count,
        };
        let leader_or_two = [rule(Some("0"), None), rule(None, Some(2))];
        let some_of_three = [rule(Some("0-2"), Some(2))];
        for (rules, succeeded, met) in [
            (&leader_or_two[..], vec![], None),
            (&leader_or_two[..], vec![0], Some(0)),
            (&leader_or_two[..], vec![1], None),
            (&leader_or_two[..], vec![1, 2], Some(1)),
            (&some_of_three[..], vec![1, 4], None),
            (&some_of_three[..], vec![0, 2], Some(0)),
            (&[rule(Some("0,2-3"), None)][..], vec![0, 2, 3], Some(0)),
            (&[rule(Some("0,2-3"), None)][..], vec![0, 1, 2], None),
            (&[rule(Some("nonsense"), None)][..], vec![0, 1, 2], None),
        ] {
            let set = Intervals::default().with(&succeeded);
            assert_eq!(match_success_policy(rules, 5, &set), met, "{rules:?} {succeeded:?}");
        }
    }
}
