//! All fields of all supported kinds, from the generated `schema.txt`: what may be written where, and as what.

use super::registry::Registry;
use std::collections::BTreeMap;

/// The generated table. Lines: `K` kinds, `U` served kinds that are not simulated, `T`/`M` structs (`M`: from the meta
/// package, printed by JSON name everywhere),
/// `E` named strings with their known values, `A` other named types, `I` the API server's internal form of a struct where
/// it differs.
const TEXT: &str = include_str!("schema.txt");

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// A string; with the name and the known values if Kubernetes gives it a name.
    Text(Option<&'static str>),
    /// `true` or `false`.
    Bool,
    /// 32-bit integer.
    Int32,
    /// 64-bit integer.
    Int64,
    /// Bytes in base64.
    Bytes,
    /// A quantity such as `500m` or `1Gi`.
    Quantity,
    /// RFC 3339 time; `true` for microseconds.
    Time(bool),
    /// A number or a string.
    IntOrText,
    /// Anything.
    Raw,
    /// A struct by name.
    Struct(&'static str),
    /// A list.
    List(Box<Type>),
    /// A map by string; with the type's own name if it has one.
    Map(Box<Type>, Option<&'static str>),
}

/// One field of a struct.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name in JSON and YAML; empty for an embedded struct.
    pub name: &'static str,
    /// Go's name of the field.
    pub go: String,
    /// What it holds.
    pub ty: Type,
    /// A pointer in Go: zero and absent differ.
    pub pointer: bool,
    /// The server leaves it out when it is zero.
    pub omit_empty: bool,
    /// Kubernetes' documentation calls it required.
    pub required: bool,
    /// Lists: how a strategic merge patch treats them; `Some("")` for a list of scalars that is merged.
    pub merge_key: Option<&'static str>,
    /// Left out when zero even though it is a struct.
    pub omit_zero: bool,
}

/// A struct: its fields in Go's order.
#[derive(Debug, Clone, Default)]
pub struct Struct {
    /// Fields, embedded structs included (with an empty name).
    pub fields: Vec<Field>,
    /// From the meta package.
    pub meta: bool,
}

/// A supported kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// e.g. `apps/v1`.
    pub api_version: &'static str,
    /// e.g. `DaemonSet`.
    pub kind: &'static str,
    /// e.g. `daemonsets`.
    pub plural: &'static str,
    /// Lives in a namespace.
    pub namespaced: bool,
}

impl Kind {
    /// The API group, empty for the core group.
    pub fn group(&self) -> &'static str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// The version without its group.
    pub fn version(&self) -> &'static str {
        self.api_version.rsplit('/').next().unwrap_or("")
    }

    /// `DaemonSet.apps`, `Pod`: how error messages name the kind.
    pub fn qualified(&self) -> String {
        if self.group().is_empty() { self.kind.to_owned() } else { format!("{}.{}", self.kind, self.group()) }
    }

    /// `daemonset.apps/x`, `pod/x`: how kubectl names an object.
    pub fn resource_name(&self, name: &str) -> String {
        let kind = self.kind.to_lowercase();
        if self.group().is_empty() { format!("{kind}/{name}") } else { format!("{kind}.{}/{name}", self.group()) }
    }
}

/// The parsed table.
#[derive(Debug, Clone)]
pub struct Schema {
    kinds: Vec<Kind>,
    others: Vec<(&'static str, &'static str)>,
    structs: BTreeMap<&'static str, Struct>,
    texts: BTreeMap<&'static str, Vec<&'static str>>,
    aliases: BTreeMap<&'static str, &'static str>,
    internal: BTreeMap<&'static str, Struct>,
    registry: Registry,
}

impl Default for Schema {
    fn default() -> Self {
        Self::new()
    }
}

impl Schema {
    /// Parses the generated table (about 0.1 ms).
    ///
    /// ```
    /// let schema = orrery::manifest::schema::Schema::new();
    /// assert_eq!(schema.kind("apps/v1", "DaemonSet").unwrap().plural, "daemonsets");
    /// assert!(schema.field("JobSpec", "parallelism").is_some());
    /// ```
    pub fn new() -> Self {
        let mut schema = Schema {
            kinds: Vec::new(),
            others: Vec::new(),
            structs: BTreeMap::new(),
            texts: BTreeMap::new(),
            aliases: BTreeMap::new(),
            internal: BTreeMap::new(),
            registry: Registry::new(),
        };
        for line in TEXT.lines() {
            let mut words = line.split(' ');
            let (tag, name) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            if tag == "E" {
                schema.texts.insert(name.split('@').next().unwrap_or(name), words.collect());
            } else if tag == "A" {
                schema.aliases.insert(name, words.next().unwrap_or("s"));
            }
        }
        for line in TEXT.lines() {
            let mut words = line.split(' ');
            let (tag, name) = (words.next().unwrap_or(""), words.next().unwrap_or(""));
            match tag {
                "K" => {
                    let mut next = || words.next().unwrap_or("");
                    let (kind, plural, scope) = (next(), next(), next());
                    schema.kinds.push(Kind { api_version: name, kind, plural, namespaced: scope == "n" });
                }
                "U" => schema.others.extend(words.map(|kind| (name, kind))),
                "T" | "M" => {
                    let fields = words.filter_map(|w| schema.parse_field(w)).collect();
                    schema.structs.insert(name, Struct { fields, meta: tag == "M" });
                }
                "I" => {
                    let fields = words.filter_map(|w| schema.parse_field(w)).collect();
                    schema.internal.insert(name, Struct { fields, meta: false });
                }
                _ => {}
            }
        }
        schema
    }

    fn parse_field(&self, token: &'static str) -> Option<Field> {
        let (left, right) = token.split_once('=')?;
        let (name, go) = match left.split_once(':') {
            Some((name, go)) => (name, go.to_owned()),
            None => (left, capitalised(left)),
        };
        let end = right.find(['!', '+', '0', '^']).unwrap_or(right.len());
        let (code, flags) = right.split_at(end);
        let (flags, merge_key) = flags.split_once('^').map_or((flags, None), |(f, k)| (f, Some(k)));
        Some(Field {
            name: if name == ">" { "" } else { name },
            go: if name == ">" { code.trim_start_matches('*').to_owned() } else { go },
            ty: self.parse_type(code.trim_start_matches('*')),
            pointer: code.starts_with('*'),
            omit_empty: !flags.contains('!'),
            required: flags.contains('+'),
            merge_key,
            omit_zero: flags.contains('0'),
        })
    }

    fn parse_type(&self, code: &'static str) -> Type {
        if let Some(rest) = code.strip_prefix('[') {
            return Type::List(Box::new(self.parse_type(rest)));
        }
        if let Some(rest) = code.strip_prefix('{') {
            return Type::Map(Box::new(self.parse_type(rest)), None);
        }
        match code {
            "s" => Type::Text(None),
            "b" => Type::Bool,
            "i" => Type::Int32,
            "l" => Type::Int64,
            "y" => Type::Bytes,
            "q" => Type::Quantity,
            "t" => Type::Time(false),
            "T" => Type::Time(true),
            "x" => Type::IntOrText,
            "r" => Type::Raw,
            name if self.texts.contains_key(name) => Type::Text(Some(name)),
            name => match self.aliases.get(name).map(|target| self.parse_type(target)) {
                Some(Type::Map(value, _)) => Type::Map(value, Some(name)),
                Some(other) => other,
                None => Type::Struct(name),
            },
        }
    }

    /// Which fields the simulation honours.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// All supported kinds.
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// The kind of this name in this version.
    pub fn kind(&self, api_version: &str, kind: &str) -> Option<Kind> {
        self.kinds.iter().copied().find(|k| k.api_version == api_version && k.kind == kind)
    }

    /// Whether a real API server serves this kind although we do not simulate it.
    pub fn is_served(&self, api_version: &str, kind: &str) -> bool {
        self.others.contains(&(api_version, kind))
    }

    /// Versions in which a kind exists, simulated or not.
    pub fn versions_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'static str> + 'a {
        let own = self.kinds.iter().filter(move |k| k.kind == kind).map(|k| k.api_version);
        own.chain(self.others.iter().filter(move |(_, k)| *k == kind).map(|(v, _)| *v))
    }

    /// A struct by name.
    pub fn structure(&self, name: &str) -> Option<&Struct> {
        self.structs.get(name)
    }

    /// The API server's internal form of a struct, where it differs from the versioned one.
    pub fn internal(&self, name: &str) -> Option<&Struct> {
        self.internal.get(name)
    }

    /// Known values of a named string, in the order in which Kubernetes declares them.
    pub fn values(&self, name: &str) -> &[&'static str] {
        self.texts.get(name).map_or(&[], Vec::as_slice)
    }

    /// A field of a struct, looking into embedded structs.
    pub fn field(&self, structure: &str, name: &str) -> Option<&Field> {
        let found = self.structs.get(structure)?;
        found.fields.iter().find(|f| !f.name.is_empty() && f.name == name).or_else(|| {
            found.fields.iter().filter(|f| f.name.is_empty()).find_map(|f| match &f.ty {
                Type::Struct(inner) => self.field(inner, name),
                _ => None,
            })
        })
    }

    /// All fields of a struct, those of embedded structs in their place.
    pub fn fields(&self, structure: &str) -> Vec<&Field> {
        let mut result = Vec::new();
        for field in self.structs.get(structure).map_or(&[][..], |s| s.fields.as_slice()) {
            match &field.ty {
                Type::Struct(inner) if field.name.is_empty() => result.extend(self.fields(inner)),
                _ => result.push(field),
            }
        }
        result
    }

    /// The embedded struct of `structure` that holds `name`, if it is not a field of its own.
    pub fn embedding(&self, structure: &str, name: &str) -> Option<&'static str> {
        let found = self.structs.get(structure)?;
        if found.fields.iter().any(|f| f.name == name) {
            return None;
        }
        found.fields.iter().filter(|f| f.name.is_empty()).find_map(|f| match &f.ty {
            Type::Struct(inner) => self.field(inner, name).map(|_| *inner),
            _ => None,
        })
    }

    /// The Go type as its error messages print it, e.g. `[]v1.Container`.
    pub fn go_type(&self, ty: &Type) -> String {
        match ty {
            Type::Text(None) => "string".to_owned(),
            Type::Text(Some(name @ ("UID" | "NodeName"))) => format!("types.{name}"),
            Type::Text(Some(name)) | Type::Struct(name) | Type::Map(_, Some(name)) => {
                format!("v1.{name}")
            }
            Type::Bool => "bool".to_owned(),
            Type::Int32 => "int32".to_owned(),
            Type::Int64 => "int64".to_owned(),
            Type::Bytes => "[]uint8".to_owned(),
            Type::Quantity => "resource.Quantity".to_owned(),
            Type::Time(false) => "v1.Time".to_owned(),
            Type::Time(true) => "v1.MicroTime".to_owned(),
            Type::IntOrText => "intstr.IntOrString".to_owned(),
            Type::Raw => "interface {}".to_owned(),
            Type::List(inner) => format!("[]{}", self.go_type(inner)),
            Type::Map(inner, None) => format!("map[string]{}", self.go_type(inner)),
        }
    }
}

fn capitalised(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|c| c.to_ascii_uppercase().to_string() + chars.as_str()).unwrap_or_default()
}
