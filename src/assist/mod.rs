//! What an editor offers beside marks: completion, hover, quick fixes, formatting, tabs, templates, schedules in words, and what
//! applying a text would change. Pure functions over a text and byte offsets; they work in texts that are broken right now,
//! because that is what a text is while somebody types.

pub mod changes;
pub mod complete;
pub mod context;
pub mod docs;
pub mod fix;
mod fix_more;
mod flow;
pub mod format;
pub mod gallery;
pub mod hover;
pub mod objects;
mod orders;
pub mod outline;
pub mod schedules;
mod utf16;
mod values;

pub use changes::{Change, What, changes, node_changes};
pub use complete::{Choice, Completion, complete};
pub use docs::Docs;
pub use fix::{Fix, quick_fixes};
pub use format::format;
pub use gallery::{TEMPLATES, Template};
pub use hover::{Hover, hover};
pub use objects::{ObjectSpan, duplicate_object, insert_object, objects, remove_object};
pub use orders::orders_between;
pub use schedules::{ScheduleNote, schedule_notes};
pub use utf16::Utf16;

/// The annotations that tell simulated containers what to do.
pub fn annotations() -> impl Iterator<Item = &'static str> {
    values::ANNOTATIONS.iter().map(|(name, ..)| *name)
}

/// A change of a text: what stands between two byte offsets becomes something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// First byte that goes.
    pub from: usize,
    /// Byte after the last one that goes.
    pub to: usize,
    /// What comes in its place.
    pub insert: String,
}

impl Edit {
    /// Puts something in.
    pub fn insert(at: usize, text: impl Into<String>) -> Edit {
        Edit { from: at, to: at, insert: text.into() }
    }

    /// Puts something in the place of something else.
    pub fn replace(from: usize, to: usize, text: impl Into<String>) -> Edit {
        Edit { from, to, insert: text.into() }
    }
}

/// A text after edits that do not overlap; those that do not fit into the text are left out.
///
/// ```
/// use orrery::assist::{Edit, apply_edits};
/// assert_eq!(apply_edits("a: 1\n", &[Edit::replace(3, 4, "2"), Edit::insert(5, "b: 3\n")]), "a: 2\nb: 3\n");
/// ```
pub fn apply_edits(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.from, edit.to));
    let (mut result, mut done) = (String::with_capacity(text.len()), 0);
    for edit in sorted {
        let Some(kept) = text.get(done..edit.from).filter(|_| text.get(edit.from..edit.to).is_some()) else { continue };
        result.push_str(kept);
        result.push_str(&edit.insert);
        done = edit.to;
    }
    result.push_str(text.get(done..).unwrap_or(""));
    result
}
