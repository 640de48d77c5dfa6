//! Conditions: the (type, status, reason, message, since) records of statuses.

use super::text::Text;
use super::value;
use crate::time::SimTime;
use serde_json::{Map, Value, json};

/// The status of a condition.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// It holds.
    True,
    /// It does not.
    False,
    /// Nobody knows.
    #[default]
    Unknown,
}

impl Status {
    /// As the API writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Status::True => "True",
            Status::False => "False",
            Status::Unknown => "Unknown",
        }
    }

    /// What `text` names; anything unknown is `Unknown`.
    pub fn parse(text: &str) -> Status {
        match text {
            "True" => Status::True,
            "False" => Status::False,
            _ => Status::Unknown,
        }
    }
}

impl From<bool> for Status {
    fn from(holds: bool) -> Status {
        if holds { Status::True } else { Status::False }
    }
}

/// One condition of any object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Condition {
    /// Its type (`Complete`).
    pub kind: Text,
    /// Whether it holds.
    pub status: Status,
    /// Why, one CamelCase word.
    pub reason: Text,
    /// Why, for people.
    pub message: Text,
    /// Since when it has this status.
    pub since: SimTime,
}

impl Condition {
    /// A condition that took its status at `since`.
    pub fn new(
        kind: impl Into<Text>,
        status: Status,
        reason: impl Into<Text>,
        message: impl Into<Text>,
        since: SimTime,
    ) -> Condition {
        Condition { kind: kind.into(), status, reason: reason.into(), message: message.into(), since: since.api() }
    }

    /// The condition of that type in a list.
    pub fn find<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
        conditions.iter().find(|condition| condition.kind == *kind)
    }

    /// Whether the condition of that type holds.
    pub fn holds(conditions: &[Condition], kind: &str) -> bool {
        Condition::find(conditions, kind).is_some_and(|condition| condition.status == Status::True)
    }

    /// Puts `new` into the list in place of the condition of its type, keeping the old `since` when the status stays.
    pub fn set(conditions: &mut Vec<Condition>, mut new: Condition) {
        match conditions.iter_mut().find(|condition| condition.kind == new.kind) {
            Some(old) => {
                if old.status == new.status {
                    new.since = old.since;
                }
                *old = new;
            }
            None => conditions.push(new),
        }
    }

    /// All conditions of a status object.
    pub fn list_from_value(status: &Value) -> Vec<Condition> {
        value::list(status, "conditions")
            .iter()
            .map(|item| Condition {
                kind: value::text(item, "type"),
                status: Status::parse(&value::text(item, "status")),
                reason: value::text(item, "reason"),
                message: value::text(item, "message"),
                since: value::time(item, "lastTransitionTime").unwrap_or_default(),
            })
            .collect()
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("type".into(), json!(self.kind.as_str()));
        map.insert("status".into(), json!(self.status.name()));
        value::put(&mut map, "reason", self.reason.as_str());
        value::put(&mut map, "message", self.message.as_str());
        value::put_time(&mut map, "lastTransitionTime", Some(self.since));
        Value::Object(map)
    }

    /// A list as the API prints it.
    pub fn list_to_value(conditions: &[Condition]) -> Value {
        Value::Array(conditions.iter().map(Condition::to_value).collect())
    }
}
