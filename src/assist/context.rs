//! What a path of a document means: the kind it belongs to and the type of the schema.

use super::outline::{Cursor, Path, Section, Step, documents, section, section_at};
use crate::manifest::schema::{Field, Kind, Schema, Type};

/// A document of a text with what is known about it.
#[derive(Clone, Debug)]
pub struct Context<'a> {
    /// The schema of all kinds.
    pub schema: &'a Schema,
    /// The whole text.
    pub text: &'a str,
    /// The document.
    pub section: Section,
}

/// What stands at a path.
#[derive(Clone, Debug)]
pub struct Meaning<'a> {
    /// Its type.
    pub ty: Type,
    /// The struct that the field belongs to, embedded structs named themselves.
    pub owner: Option<&'static str>,
    /// The field, if it is one of a struct.
    pub field: Option<&'a Field>,
}

/// The nearest offset at or before one that lies between two characters.
pub fn boundary(text: &str, offset: usize) -> usize {
    let mut offset = offset.min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

impl<'a> Context<'a> {
    /// The document at an offset and where the offset is in it.
    pub fn at(schema: &'a Schema, text: &'a str, offset: usize) -> (Context<'a>, Option<Cursor>) {
        let offset = boundary(text, offset);
        let (start, end) = documents(text).into_iter().rfind(|(start, _)| *start <= offset).unwrap_or((0, text.len()));
        let (section, cursor) = section_at(text, start, end, offset);
        (Context { schema, text, section }, cursor.filter(|_| offset <= end))
    }

    /// All documents of a text.
    pub fn all(schema: &'a Schema, text: &'a str) -> Vec<Context<'a>> {
        let sections = documents(text).into_iter().map(|(start, end)| section(text, start, end));
        sections.map(|section| Context { schema, text, section }).collect()
    }

    /// Where the object that a path belongs to starts: the root, or an item of a list.
    pub fn object_path(&self, path: &[Step]) -> Path {
        let list = self.section.value(self.text, &[], &["kind"]).is_some_and(|kind| kind.ends_with("List"));
        match path {
            [Step::Key(items), Step::Item(_), ..] if list && items == "items" => path[..2].to_vec(),
            _ => Vec::new(),
        }
    }

    /// Kind and API version as written for the object at a path.
    pub fn names(&self, object: &[Step]) -> (&'a str, &'a str) {
        let value = |key| self.section.value(self.text, object, &[key]).unwrap_or("");
        (value("kind"), value("apiVersion"))
    }

    /// The kind of the object at a path; a missing or wrong version does not hide it.
    pub fn kind(&self, object: &[Step]) -> Option<Kind> {
        let (kind, version) = self.names(object);
        let by_name = || self.schema.kinds().iter().copied().find(|k| k.kind == kind);
        self.schema.kind(version, kind).or_else(by_name)
    }

    /// What stands at a path.
    pub fn meaning(&self, path: &[Step]) -> Option<Meaning<'a>> {
        let object = self.object_path(path);
        let kind = self.kind(&object)?;
        let mut meaning = Meaning { ty: Type::Struct(kind.kind), owner: None, field: None };
        for step in &path[object.len()..] {
            meaning = self.step(&meaning, step)?;
        }
        Some(meaning)
    }

    fn step(&self, meaning: &Meaning<'a>, step: &Step) -> Option<Meaning<'a>> {
        match (&meaning.ty, step) {
            (Type::Struct(name), Step::Key(key)) => {
                let field = self.schema.field(name, key)?;
                let owner = self.schema.embedding(name, key).unwrap_or(name);
                Some(Meaning { ty: field.ty.clone(), owner: Some(owner), field: Some(field) })
            }
            (Type::List(inner), Step::Item(_)) => {
                Some(Meaning { ty: (**inner).clone(), owner: meaning.owner, field: meaning.field })
            }
            (Type::Map(inner, _), Step::Key(_)) => {
                Some(Meaning { ty: (**inner).clone(), owner: meaning.owner, field: meaning.field })
            }
            _ => None,
        }
    }

    /// Values written at a path below the object, `*` standing for every key or item, with the last key.
    pub fn find(&self, pattern: &[&str]) -> Vec<(&str, &'a str)> {
        let matches = |path: &[Step]| {
            path.len() == pattern.len()
                && path.iter().zip(pattern).all(|(step, want)| match step {
                    Step::Key(key) => *want == "*" || key == want,
                    Step::Item(_) => *want == "*" || *want == "[]",
                })
        };
        let entries = self.section.entries.iter().filter(|e| {
            let object = self.object_path(&e.path);
            matches(&e.path[object.len()..])
        });
        entries.map(|e| (e.name(), super::outline::unquoted(&self.text[e.value.0..e.value.1]))).collect()
    }
}

/// A type in the words of people who write YAML.
pub fn type_words(ty: &Type) -> String {
    match ty {
        Type::Text(Some(name)) => (*name).to_owned(),
        Type::Text(None) | Type::Bytes => "string".to_owned(),
        Type::Bool => "boolean".to_owned(),
        Type::Int32 | Type::Int64 => "integer".to_owned(),
        Type::Quantity => "quantity".to_owned(),
        Type::Time(_) => "time".to_owned(),
        Type::IntOrText => "integer or string".to_owned(),
        Type::Raw => "any".to_owned(),
        Type::Struct(name) => (*name).to_owned(),
        Type::List(inner) => format!("list of {}", type_words(inner)),
        Type::Map(inner, _) => format!("map of {}", type_words(inner)),
    }
}
