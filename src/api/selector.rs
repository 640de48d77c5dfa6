//! Selectors over labels and over nodes.

use super::meta::Labels;
use super::text::Text;
use super::value;
use serde_json::Value;

/// How an expression compares a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    /// The label's value is one of the values.
    In,
    /// The label is absent or its value is none of the values.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is absent.
    DoesNotExist,
    /// The label is a larger whole number than the value (nodes only).
    Gt,
    /// The label is a smaller whole number than the value (nodes only).
    Lt,
}

/// One requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// The label's key.
    pub key: Text,
    /// How to compare; `None` (an unknown operator) never matches.
    pub operator: Option<Operator>,
    /// What to compare with.
    pub values: Vec<Text>,
}

impl Requirement {
    fn from_value(item: &Value) -> Requirement {
        let operator = match value::text(item, "operator").as_str() {
            "In" => Some(Operator::In),
            "NotIn" => Some(Operator::NotIn),
            "Exists" => Some(Operator::Exists),
            "DoesNotExist" => Some(Operator::DoesNotExist),
            "Gt" => Some(Operator::Gt),
            "Lt" => Some(Operator::Lt),
            _ => None,
        };
        Requirement { key: value::text(item, "key"), operator, values: value::texts(item, "values") }
    }

    /// Whether a label with this value (or none) satisfies the requirement.
    pub fn accepts(&self, found: Option<&str>) -> bool {
        let is_one = |value: &str| self.values.iter().any(|v| v == value);
        let number = |text: &str| text.parse::<i64>().ok();
        let compared = |larger: bool| {
            let pair = found.and_then(number).zip(self.values.first().and_then(|v| number(v)));
            pair.is_some_and(|(label, value)| if larger { label > value } else { label < value })
        };
        match self.operator {
            Some(Operator::In) => found.is_some_and(is_one),
            Some(Operator::NotIn) => !found.is_some_and(is_one),
            Some(Operator::Exists) => found.is_some(),
            Some(Operator::DoesNotExist) => found.is_none(),
            Some(Operator::Gt) => compared(true),
            Some(Operator::Lt) => compared(false),
            None => false,
        }
    }

    /// As `kubectl` prints it (`key in (a,b)`).
    fn text(&self) -> String {
        let values = self.values.iter().map(Text::as_str).collect::<Vec<_>>().join(",");
        match self.operator {
            Some(Operator::In) => format!("{} in ({values})", self.key),
            Some(Operator::NotIn) => format!("{} notin ({values})", self.key),
            Some(Operator::Exists) => self.key.to_string(),
            Some(Operator::DoesNotExist) => format!("!{}", self.key),
            Some(Operator::Gt) => format!("{}>{values}", self.key),
            Some(Operator::Lt) => format!("{}<{values}", self.key),
            None => String::new(),
        }
    }
}

/// A label selector: all pairs and all expressions must match. An empty one matches everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LabelSelector {
    /// Labels that must have exactly these values.
    pub match_labels: Labels,
    /// Further requirements.
    pub match_expressions: Vec<Requirement>,
}

impl LabelSelector {
    /// The selector in a value; `None` where the field is absent (which matches nothing).
    pub fn from_value(selector: &Value) -> Option<LabelSelector> {
        selector.as_object()?;
        Some(LabelSelector {
            match_labels: Labels::from_value(selector, "matchLabels"),
            match_expressions: value::list(selector, "matchExpressions").iter().map(Requirement::from_value).collect(),
        })
    }

    /// A selector of exact labels (a Service's, a kubectl `-l a=b`).
    pub fn exact(labels: Labels) -> LabelSelector {
        LabelSelector { match_labels: labels, match_expressions: Vec::new() }
    }

    /// Whether there is no requirement at all.
    pub fn is_empty(&self) -> bool {
        self.match_labels.pairs().is_empty() && self.match_expressions.is_empty()
    }

    /// Whether `labels` satisfy it.
    pub fn matches(&self, labels: &Labels) -> bool {
        self.match_labels.pairs().iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|wanted| wanted.accepts(labels.get(&wanted.key).map(Text::as_str)))
    }

    /// As kubectl's SELECTOR column prints it (`app=web,tier in (a,b)`); `<none>` when empty.
    pub fn text(&self) -> String {
        let mut parts: Vec<(String, String)> =
            self.match_labels.pairs().iter().map(|(k, v)| (k.to_string(), format!("{k}={v}"))).collect();
        parts.extend(self.match_expressions.iter().map(|e| (e.key.to_string(), e.text())));
        parts.sort();
        let texts: Vec<String> = parts.into_iter().map(|(_, text)| text).collect();
        if texts.is_empty() { "<none>".into() } else { texts.join(",") }
    }
}

/// One alternative of a node selector: all its requirements must hold. An empty term matches nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeSelectorTerm {
    /// Requirements on labels.
    pub match_expressions: Vec<Requirement>,
    /// Requirements on fields; only `metadata.name` exists.
    pub match_fields: Vec<Requirement>,
}

impl NodeSelectorTerm {
    /// The term in a value.
    pub fn from_value(term: &Value) -> NodeSelectorTerm {
        NodeSelectorTerm {
            match_expressions: value::list(term, "matchExpressions").iter().map(Requirement::from_value).collect(),
            match_fields: value::list(term, "matchFields").iter().map(Requirement::from_value).collect(),
        }
    }

    /// Whether a node with this name and these labels satisfies the term.
    pub fn matches(&self, name: &str, labels: &Labels) -> bool {
        if self.match_expressions.is_empty() && self.match_fields.is_empty() {
            return false;
        }
        let label_fits = |r: &Requirement| r.accepts(labels.get(&r.key).map(Text::as_str));
        let field_fits = |r: &Requirement| r.accepts((r.key == "metadata.name").then_some(name));
        self.match_expressions.iter().all(label_fits) && self.match_fields.iter().all(field_fits)
    }
}

/// Terms of which at least one must match.
pub type NodeSelector = Vec<NodeSelectorTerm>;

/// Reads `{nodeSelectorTerms: [...]}`; `None` where the field is absent.
pub fn node_selector(value: &Value) -> Option<NodeSelector> {
    value.as_object()?;
    Some(value::list(value, "nodeSelectorTerms").iter().map(NodeSelectorTerm::from_value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_empty_selector_matches_all_and_an_absent_one_is_none() {
        let any = LabelSelector::from_value(&json!({})).unwrap();
        assert!(any.matches(&Labels::default()) && any.is_empty());
        assert!(LabelSelector::from_value(&Value::Null).is_none());
    }

    #[test]
    fn expressions_compare_as_their_operators_say() {
        let labels = Labels::new(vec![("os".into(), "centos".into()), ("n".into(), "5".into())]);
        for (operator, key, values, expected) in [
            ("In", "os", json!(["centos"]), true),
            ("NotIn", "os", json!(["centos"]), false),
            ("NotIn", "absent", json!(["x"]), true),
            ("Exists", "os", json!([]), true),
            ("DoesNotExist", "os", json!([]), false),
            ("Gt", "n", json!(["4"]), true),
            ("Lt", "n", json!(["4"]), false),
            ("Near", "n", json!(["4"]), false),
        ] {
            let term = json!({"matchExpressions": [{"key": key, "operator": operator, "values": values}]});
            assert_eq!(NodeSelectorTerm::from_value(&term).matches("n1", &labels), expected, "{operator} {key}");
        }
        assert!(!NodeSelectorTerm::default().matches("n1", &labels), "an empty term matches no node");
    }
}
