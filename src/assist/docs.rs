//! Descriptions of fields, upstream's first sentences. They are a file of their own, so that the page can fetch them when they
//! are first wanted.

use std::collections::BTreeMap;

/// The parsed descriptions.
#[derive(Clone, Debug, Default)]
pub struct Docs {
    lines: BTreeMap<String, String>,
}

impl Docs {
    /// Reads `schema-docs.txt`: a struct or `Struct.field`, a tab, a sentence; `#` starts a comment.
    ///
    /// ```
    /// let docs = orrery::assist::Docs::read("JobSpec.suspend\tsuspend specifies whether to create Pods.\n");
    /// assert_eq!(docs.field("JobSpec", "suspend"), Some("suspend specifies whether to create Pods."));
    /// ```
    pub fn read(text: &str) -> Docs {
        let lines = text.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once('\t'));
        Docs { lines: lines.map(|(name, line)| (name.to_owned(), line.to_owned())).collect() }
    }

    /// The description of a field.
    pub fn field(&self, structure: &str, field: &str) -> Option<&str> {
        self.lines.get(&format!("{structure}.{field}")).map(String::as_str)
    }

    /// The description of a struct or kind.
    pub fn structure(&self, name: &str) -> Option<&str> {
        self.lines.get(name).map(String::as_str)
    }
}
