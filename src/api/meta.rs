//! What every object has: name, labels, owners, finalizers, deletion.

use super::text::Text;
use super::value;
use crate::time::SimTime;
use serde_json::{Map, Value, json};
use std::fmt;
use std::sync::Arc;

/// The longest text that a [`Uid`] keeps to the letter when it is not a UUID, in bytes.
const MAX_PLAIN_UID_BYTES: usize = 16;

/// An object's identity: a UUID, or another text of up to 16 ASCII characters (test data use such).
///
/// Order is the order of the texts. Longer texts that are no UUID are mapped to a UUID by their hash.
///
/// ```
/// use orrery::api::Uid;
/// assert_eq!(Uid::parse("job-uid").to_string(), "job-uid");
/// let text = "9b2f6d0e-4c1a-4e7b-9f00-0123456789ab";
/// assert_eq!(Uid::parse(text).to_string(), text);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(u128);

/// In a UUID the first bit of byte 8 is always set; in packed ASCII text it never is.
const UUID_VARIANT: u128 = 1 << 63;

impl Uid {
    /// A random (version 4) UUID from 128 bits.
    pub const fn from_bits(high: u64, low: u64) -> Uid {
        let bits = ((high as u128) << 64) | low as u128;
        let version = (bits & !(0xf << 76)) | (0x4 << 76);
        Uid((version & !(0x3 << 62)) | UUID_VARIANT)
    }

    /// The identity that `text` names.
    pub fn parse(text: &str) -> Uid {
        if let Some(uuid) = parse_uuid(text) {
            return Uid(uuid);
        }
        if text.is_ascii() && text.len() <= MAX_PLAIN_UID_BYTES {
            let packed =
                text.bytes().chain(std::iter::repeat(0)).take(16).fold(0, |bits, byte| bits << 8 | u128::from(byte));
            return Uid(packed);
        }
        let hash = |seed| crate::dice::fnv1a(seed, text.as_bytes());
        Uid::from_bits(hash(crate::dice::FNV_OFFSET), hash(0x9e37_79b9_7f4a_7c15))
    }

    /// Whether this is the absent identity (an empty text).
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// 64 bits of it, to key draws by.
    pub const fn low_bits(self) -> u64 {
        self.0 as u64 ^ (self.0 >> 64) as u64
    }
}

/// The 128 bits of `8-4-4-4-12` lower-case hexadecimal text whose variant is the usual one.
fn parse_uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    let mut bits: u128 = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        match (at, byte) {
            (8 | 13 | 18 | 23, b'-') => {}
            (8 | 13 | 18 | 23, _) => return None,
            (_, b'0'..=b'9') => bits = bits << 4 | u128::from(byte - b'0'),
            (_, b'a'..=b'f') => bits = bits << 4 | u128::from(byte - b'a' + 10),
            _ => return None,
        }
    }
    (bits & UUID_VARIANT != 0).then_some(bits)
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 & UUID_VARIANT == 0 {
            let bytes = self.0.to_be_bytes();
            return bytes.iter().filter(|b| **b != 0).try_for_each(|b| write!(f, "{}", char::from(*b)));
        }
        let hex = format!("{:032x}", self.0);
        write!(f, "{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
    }
}

/// Labels or annotations: pairs in key order, shared between the objects that have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels(Option<Arc<[(Text, Text)]>>);

impl Labels {
    /// Labels from pairs in any order; of equal keys the last one counts.
    pub fn new(mut pairs: Vec<(Text, Text)>) -> Labels {
        if pairs.is_empty() {
            return Labels(None);
        }
        pairs.reverse();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        Labels(Some(Arc::from(pairs)))
    }

    /// The labels in the field `key` of a value.
    pub fn from_value(object: &Value, key: &str) -> Labels {
        Labels::new(value::text_map(object, key))
    }

    /// The pairs in key order.
    pub fn pairs(&self) -> &[(Text, Text)] {
        self.0.as_deref().unwrap_or(&[])
    }

    /// The value of `key`.
    pub fn get(&self, key: &str) -> Option<&Text> {
        let pairs = self.pairs();
        pairs.binary_search_by(|(k, _)| k.as_str().cmp(key)).ok().map(|at| &pairs[at].1)
    }

    /// The same labels with `key` set to `value`.
    pub fn with(&self, key: impl Into<Text>, value: impl Into<Text>) -> Labels {
        let mut pairs = self.pairs().to_vec();
        pairs.push((key.into(), value.into()));
        Labels::new(pairs)
    }

    /// The same labels without `key`.
    pub fn without(&self, key: &str) -> Labels {
        Labels::new(self.pairs().iter().filter(|(k, _)| k != key).cloned().collect())
    }

    /// Whether both are one and the same shared list, which is quick to see; equal labels need not be.
    pub fn shares(&self, other: &Labels) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(two)) => Arc::ptr_eq(one, two),
            (None, None) => true,
            _ => false,
        }
    }

    /// As an object of texts; `null` when there are none.
    pub fn to_value(&self) -> Value {
        if self.pairs().is_empty() {
            return Value::Null;
        }
        Value::Object(self.pairs().iter().map(|(k, v)| (k.to_string(), json!(v.as_str()))).collect())
    }
}

/// A reference from a dependent to the object that owns it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerReference {
    /// `apiVersion` of the owner.
    pub api_version: Text,
    /// Kind of the owner, which the world need not know.
    pub kind: Text,
    /// Name of the owner, in the dependent's namespace.
    pub name: Text,
    /// Identity of the owner; an owner of the same name with another UID is not it.
    pub uid: Uid,
    /// Whether this owner manages the object (at most one does).
    pub controller: bool,
    /// Whether foreground deletion of the owner waits for the object.
    pub block_owner_deletion: bool,
}

impl OwnerReference {
    /// The reference by which an object of `kind` with this metadata manages its dependents.
    /// Upstream: k8s.io/apimachinery/pkg/apis/meta/v1/controller_ref.go NewControllerRef.
    pub fn controller(kind: super::Kind, meta: &Meta) -> OwnerReference {
        OwnerReference {
            api_version: Text::Static(kind.api_version()),
            kind: Text::Static(kind.name()),
            name: meta.name.clone(),
            uid: meta.uid,
            controller: true,
            block_owner_deletion: true,
        }
    }

    fn from_value(object: &Value) -> OwnerReference {
        OwnerReference {
            api_version: value::text(object, "apiVersion"),
            kind: value::text(object, "kind"),
            name: value::text(object, "name"),
            uid: Uid::parse(&value::text(object, "uid")),
            controller: value::boolean(object, "controller"),
            block_owner_deletion: value::boolean(object, "blockOwnerDeletion"),
        }
    }

    fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("apiVersion".into(), json!(self.api_version.as_str()));
        map.insert("kind".into(), json!(self.kind.as_str()));
        map.insert("name".into(), json!(self.name.as_str()));
        map.insert("uid".into(), json!(self.uid.to_string()));
        value::put(&mut map, "controller", self.controller);
        value::put(&mut map, "blockOwnerDeletion", self.block_owner_deletion);
        Value::Object(map)
    }
}

/// A requested deletion that has not finished yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// `deletionTimestamp`: the request plus the grace period.
    pub at: SimTime,
    /// `deletionGracePeriodSeconds`.
    pub grace_seconds: i64,
}

/// The metadata of an object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Meta {
    /// Unique among objects of its kind in its namespace.
    pub name: Text,
    /// Empty for kinds without a namespace.
    pub namespace: Text,
    /// Unique for ever.
    pub uid: Uid,
    /// `creationTimestamp`, whole seconds.
    pub created: SimTime,
    /// Rises with each change of the spec.
    pub generation: i64,
    /// Rises with each write; unique in a world.
    pub resource_version: u64,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// Owners; usually one, the controller.
    pub owners: Option<Arc<[OwnerReference]>>,
    /// Names that hold up the end of a deletion.
    pub finalizers: Option<Arc<[Text]>>,
    /// Set while the object is being deleted.
    pub deletion: Option<Deletion>,
}

impl Meta {
    /// The metadata of a manifest or a dumped object (`value` is the whole object).
    pub fn from_value(object: &Value) -> Meta {
        let meta = value::at(object, &["metadata"]);
        let owners: Vec<OwnerReference> =
            value::list(meta, "ownerReferences").iter().map(OwnerReference::from_value).collect();
        let finalizers = value::texts(meta, "finalizers");
        Meta {
            name: value::text(meta, "name"),
            namespace: value::text(meta, "namespace"),
            uid: Uid::parse(&value::text(meta, "uid")),
            created: value::time(meta, "creationTimestamp").unwrap_or_default(),
            generation: value::int(meta, "generation"),
            resource_version: 0,
            labels: Labels::from_value(meta, "labels"),
            annotations: Labels::from_value(meta, "annotations"),
            owners: (!owners.is_empty()).then(|| Arc::from(owners)),
            finalizers: (!finalizers.is_empty()).then(|| Arc::from(finalizers)),
            deletion: value::time(meta, "deletionTimestamp")
                .map(|at| Deletion { at, grace_seconds: value::int(meta, "deletionGracePeriodSeconds") }),
        }
    }

    /// As the API prints it.
    pub fn to_value(&self) -> Value {
        let mut map = Map::new();
        map.insert("name".into(), json!(self.name.as_str()));
        value::put(&mut map, "namespace", self.namespace.as_str());
        map.insert("uid".into(), json!(self.uid.to_string()));
        value::put_time(&mut map, "creationTimestamp", Some(self.created));
        value::put(&mut map, "generation", self.generation);
        if self.resource_version > 0 {
            map.insert("resourceVersion".into(), json!(self.resource_version.to_string()));
        }
        value::put(&mut map, "labels", self.labels.to_value());
        value::put(&mut map, "annotations", self.annotations.to_value());
        value::put(&mut map, "ownerReferences", Value::Array(self.owners().iter().map(|o| o.to_value()).collect()));
        let finalizers: Vec<Value> = self.finalizers().iter().map(|f| json!(f.as_str())).collect();
        value::put(&mut map, "finalizers", Value::Array(finalizers));
        if let Some(deletion) = self.deletion {
            value::put_time(&mut map, "deletionTimestamp", Some(deletion.at));
            map.insert("deletionGracePeriodSeconds".into(), json!(deletion.grace_seconds));
        }
        Value::Object(map)
    }

    /// All owners.
    pub fn owners(&self) -> &[OwnerReference] {
        self.owners.as_deref().unwrap_or(&[])
    }

    /// The owner that manages the object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owners().iter().find(|owner| owner.controller)
    }

    /// All finalizers.
    pub fn finalizers(&self) -> &[Text] {
        self.finalizers.as_deref().unwrap_or(&[])
    }

    /// Whether the finalizer `name` is on the object.
    pub fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers().iter().any(|finalizer| finalizer == name)
    }

    /// Whether a deletion was requested.
    pub const fn deleting(&self) -> bool {
        self.deletion.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uids_sort_like_their_texts() {
        let texts = ["1a2b", "job-uid", "p00", "9b2f6d0e-4c1a-4e7b-9f00-0123456789ab"];
        let mut by_uid = texts.map(Uid::parse);
        by_uid.sort();
        let mut by_text = texts;
        by_text.sort();
        // A UUID and a plain text mix only in test data; among themselves each sort right.
        assert_eq!(by_uid.map(|u| u.to_string())[0], by_text[0]);
    }

    #[test]
    fn of_equal_label_keys_the_last_counts() {
        let labels = Labels::new(vec![("b".into(), "1".into()), ("a".into(), "2".into()), ("b".into(), "3".into())]);
        assert_eq!(labels.get("b").map(Text::as_str), Some("3"));
        assert_eq!(labels.pairs().len(), 2);
        assert_eq!(labels.without("b").get("b"), None);
    }
}
