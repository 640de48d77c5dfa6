//! The indexes of an Indexed Job: sets of them, which of them a Pod stands for, which come next.
//! Upstream: pkg/controller/job/indexed_job_utils.go.

use crate::api::{Pod, Text};
use std::fmt;

/// Annotation and label of a Pod with the index it stands for.
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// Annotation with the failures that its index has had.
pub const INDEX_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";
/// Annotation with the failures of its index that a policy ignored.
pub const INDEX_IGNORED_FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-ignored-failure-count";
/// Environment variable with the index.
pub const COMPLETION_INDEX_ENV: &str = "JOB_COMPLETION_INDEX";
/// How long a generated name may get before its random part, in bytes.
const MAX_GENERATED_NAME_BYTES: usize = 58;

/// A set of indexes as ranges in order, none of which touches the next.
///
/// ```
/// use orrery::actor::job::indexed::Intervals;
/// let set = Intervals::parse("0-3,5", 10).with(&[6, 8]);
/// assert_eq!((set.to_string(), set.total()), ("0-3,5,6,8".to_string(), 7));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intervals(Vec<(i64, i64)>);

impl Intervals {
    /// The set that `text` (`0-3,5,6`) writes, cut to indexes below `completions`. Unreadable parts are left out.
    // pkg/controller/job/indexed_job_utils.go parseIndexesFromString
    pub fn parse(text: &str, completions: i64) -> Intervals {
        let mut ranges: Vec<(i64, i64)> = Vec::new();
        if text.is_empty() {
            return Intervals(ranges);
        }
        for part in text.split(',') {
            let mut limits = part.split('-').map(|limit| limit.parse::<i64>().ok());
            let Some(first) = limits.next().flatten() else { continue };
            if first >= completions {
                break;
            }
            let last = match limits.next() {
                Some(Some(last)) => last.min(completions - 1),
                Some(None) => continue,
                None => first,
            };
            if last < first {
                continue;
            }
            match ranges.last_mut() {
                Some(previous) if previous.1 == first - 1 => previous.1 = last,
                _ => ranges.push((first, last)),
            }
        }
        Intervals(ranges)
    }

    /// This set and `indexes`, which must be in ascending order.
    // pkg/controller/job/indexed_job_utils.go withOrderedIndexes
    pub fn with(&self, indexes: &[i64]) -> Intervals {
        self.merge(&Intervals(indexes.iter().map(|index| (*index, *index)).collect()))
    }

    /// This set and another.
    // pkg/controller/job/indexed_job_utils.go merge
    pub fn merge(&self, other: &Intervals) -> Intervals {
        let (mut left, mut right) = (self.0.iter().copied().peekable(), other.0.iter().copied().peekable());
        let mut result: Vec<(i64, i64)> = Vec::with_capacity(self.0.len() + other.0.len());
        loop {
            let left_first = match (left.peek(), right.peek()) {
                (Some(a), Some(b)) => a.0 < b.0,
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return Intervals(result),
            };
            let next = if left_first { left.next() } else { right.next() };
            let Some((first, last)) = next else { return Intervals(result) };
            match result.last_mut() {
                Some(previous) if first <= previous.1.saturating_add(1) => previous.1 = previous.1.max(last),
                _ => result.push((first, last)),
            }
        }
    }

    /// How many indexes are in the set.
    pub fn total(&self) -> i64 {
        self.0.iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `index` is in the set.
    // pkg/controller/job/indexed_job_utils.go has
    pub fn has(&self, index: i64) -> bool {
        let at = self.0.partition_point(|(_, last)| *last < index);
        self.0.get(at).is_some_and(|(first, _)| *first <= index)
    }

    /// The ranges, first and last index of each, in order.
    pub fn ranges(&self) -> &[(i64, i64)] {
        &self.0
    }

    /// The lowest `count` indexes below `completions` that are not in the set.
    // pkg/controller/job/indexed_job_utils.go firstPendingIndexes
    pub fn first_free(&self, count: usize, completions: i64) -> Vec<i64> {
        let mut free = Vec::with_capacity(count.min(1_024));
        let mut candidate = 0;
        let end = (completions, completions);
        for (first, last) in self.0.iter().chain([&end]) {
            while candidate < completions && candidate < *first && free.len() < count {
                free.push(candidate);
                candidate += 1;
            }
            candidate = candidate.max(last.saturating_add(1));
        }
        free
    }
}

/// As statuses write it: ranges from three indexes up, commas otherwise (`0-3,5,6`).
impl fmt::Display for Intervals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, (first, last)) in self.0.iter().enumerate() {
            let comma = if at > 0 { "," } else { "" };
            match last - first {
                0 => write!(f, "{comma}{first}")?,
                1 => write!(f, "{comma}{first},{last}")?,
                _ => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

/// The index that a Pod stands for; `None` when its annotation is missing or senseless.
// pkg/controller/job/indexed_job_utils.go getCompletionIndex
pub fn completion_index(pod: &Pod) -> Option<i64> {
    pod.meta.annotations.get(COMPLETION_INDEX)?.parse::<i64>().ok().filter(|index| *index >= 0)
}

/// (counted, ignored) failures that the Pod's index had before it.
// pkg/controller/job/indexed_job_utils.go getIndexFailureCount, getIndexAbsoluteFailureCount
pub fn index_failures(pod: &Pod) -> (u32, u32) {
    let read = |key: &str| {
        let text = pod.meta.annotations.get(key).map_or("", Text::as_str);
        text.parse::<i64>().ok().and_then(|n| i32::try_from(n).ok()).map_or(0, |n| n.max(0) as u32)
    };
    (read(INDEX_FAILURE_COUNT), read(INDEX_IGNORED_FAILURE_COUNT))
}

/// The name prefix of the Pods of an index: the Job's name, cut when it is too long, and the index.
// pkg/controller/job/indexed_job_utils.go podGenerateNameWithIndex
pub fn generate_name_with_index(job: &str, index: i64) -> String {
    let suffix = format!("-{index}-");
    let room = MAX_GENERATED_NAME_BYTES.saturating_sub(suffix.len());
    let cut =
        if job.len() <= room { job.len() } else { (0..=room).rev().find(|at| job.is_char_boundary(*at)).unwrap_or(0) };
    format!("{}{suffix}", &job[..cut])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn sets_are_written_with_ranges_from_three_up() {
        for (indexes, text) in [
            (vec![], ""),
            (vec![0], "0"),
            (vec![0, 1], "0,1"),
            (vec![0, 1, 2], "0-2"),
            (vec![0, 1, 2, 3, 5, 6], "0-3,5,6"),
            (vec![1, 3, 4, 5, 9], "1,3-5,9"),
        ] {
            assert_eq!(Intervals::default().with(&indexes).to_string(), text);
        }
    }

    #[test]
    fn unreadable_parts_of_a_text_are_left_out_and_indexes_that_do_not_exist_cut() {
        for (text, read) in [("0-9", "0-4"), ("x,3", "3"), ("1-x,3", "3"), ("3,7", "3"), ("1,2,3", "1-3"), ("", "")] {
            assert_eq!(Intervals::parse(text, 5).to_string(), read, "{text}");
        }
    }

    #[test]
    fn a_long_job_name_is_cut_so_that_the_index_stays() {
        assert_eq!(generate_name_with_index("work", 3), "work-3-");
        let long = "a".repeat(63);
        let cut = generate_name_with_index(&long, 12);
        assert_eq!((cut.len(), cut.ends_with("a-12-")), (58, true));
        assert!(generate_name_with_index(&"ä".repeat(40), 1).len() <= 58);
    }

    proptest! {
        #[test]
        fn intervals_are_a_set(a in prop::collection::btree_set(0i64..60, 0..30),
                               b in prop::collection::btree_set(0i64..60, 0..30), count in 0usize..20) {
            let set = |indexes: &BTreeSet<i64>| Intervals::default().with(&indexes.iter().copied().collect::<Vec<_>>());
            let both: BTreeSet<i64> = a.union(&b).copied().collect();
            let merged = set(&a).merge(&set(&b));
            prop_assert_eq!(&merged, &set(&both));
            prop_assert_eq!(merged.total(), both.len() as i64);
            prop_assert_eq!(&Intervals::parse(&merged.to_string(), 60), &merged);
            prop_assert!((0..60).all(|index| merged.has(index) == both.contains(&index)));
            let free: Vec<i64> = (0..60).filter(|index| !both.contains(index)).take(count).collect();
            prop_assert_eq!(merged.first_free(count, 60), free);
        }
    }
}
