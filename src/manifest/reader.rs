//! Reading a text again and again while somebody types: documents that did not change are not read twice.

use super::admission::Cluster;
use super::diagnostic::{Diagnostic, Span};
use super::document::{Document, LoadOptions, Loaded};
use super::load::{load_document, second_scenario};
use super::schema::Schema;
use super::syntax::{self, Chunk};
use super::tree::{self, Content, Node};
use std::collections::BTreeMap;

/// Reads texts, and remembers the documents of the last one.
///
/// ```
/// use orrery::manifest::{LoadOptions, Reader, load};
/// let mut reader = Reader::new(LoadOptions::default());
/// let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n";
/// reader.load(text);
/// let moved = format!("# above\n---\n{text}");
/// assert_eq!(reader.load(&moved), load(&moved, &LoadOptions::default()));
/// ```
#[derive(Clone, Debug)]
pub struct Reader {
    schema: Schema,
    options: LoadOptions,
    /// What admission knew when the remembered documents were answered.
    cluster: Cluster,
    /// By their text.
    pieces: BTreeMap<String, Piece>,
}

/// A document as it was answered.
#[derive(Clone, Debug)]
struct Piece {
    /// Where it stood.
    chunk: Chunk,
    loaded: Loaded,
    /// What admission learns from it.
    learned: Cluster,
}

impl Reader {
    /// A reader that remembers nothing yet.
    pub fn new(options: LoadOptions) -> Reader {
        let cluster = options.cluster.clone();
        Reader { schema: Schema::new(), options, cluster, pieces: BTreeMap::new() }
    }

    /// The schema that it reads with.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// As [`super::load()`], and with the same result whatever was read before.
    pub fn load(&mut self, text: &str) -> Loaded {
        self.read(text, true)
    }

    pub(super) fn read(&mut self, text: &str, remember: bool) -> Loaded {
        if text.len() > tree::MAX_TEXT_BYTES {
            let mut loaded = Loaded::default();
            for document in tree::read(text) {
                append(&mut loaded, load_document(&self.schema, &self.options, document, &self.cluster));
            }
            return loaded;
        }
        let before = std::mem::take(&mut self.pieces);
        let chunks: Vec<Chunk> = syntax::split(text).into_iter().take(tree::MAX_DOCUMENTS).collect();
        let body = |chunk: &Chunk| text.get(chunk.start..chunk.end).unwrap_or("");
        let mut cluster = self.options.cluster.clone();
        let mut fresh = Vec::with_capacity(chunks.len());
        for chunk in &chunks {
            let known = before.get(body(chunk)).filter(|piece| piece.chunk.error == chunk.error);
            let document = known.is_none().then(|| tree::read_chunk(text, chunk));
            let mut learned = Cluster { priority_classes: Vec::new(), service_accounts: None };
            match (known, document.as_ref().and_then(|document| document.root.as_ref())) {
                (Some(piece), _) => learned = piece.learned.clone(),
                (None, Some(root)) => learned.learn(root),
                (None, None) => {}
            }
            cluster.priority_classes.extend(learned.priority_classes.iter().cloned());
            fresh.push((document, learned));
        }
        // Other priority classes may mean another answer to any document.
        let usable = cluster == self.cluster;
        let mut all = Loaded::default();
        for (chunk, (document, learned)) in chunks.iter().zip(fresh) {
            let known = before.get(body(chunk)).filter(|_| usable && document.is_none());
            let loaded = match known {
                Some(piece) => moved(&piece.loaded, &piece.chunk, chunk),
                None => {
                    let document = document.unwrap_or_else(|| tree::read_chunk(text, chunk));
                    load_document(&self.schema, &self.options, document, &cluster)
                }
            };
            if remember {
                let piece = Piece { chunk: chunk.clone(), loaded: loaded.clone(), learned };
                self.pieces.insert(body(chunk).to_owned(), piece);
            }
            append(&mut all, loaded);
        }
        self.cluster = cluster;
        all.diagnostics.sort_by_key(|d| (d.span.start, d.severity));
        all
    }
}

fn append(all: &mut Loaded, one: Loaded) {
    all.documents.extend(one.documents);
    all.diagnostics.extend(one.diagnostics);
    match (&all.scenario, one.scenario) {
        (Some(_), Some(second)) => all.diagnostics.push(second_scenario(&second)),
        (None, first) => all.scenario = first,
        (Some(_), None) => {}
    }
}

/// The same document at another place.
fn moved(loaded: &Loaded, from: &Chunk, to: &Chunk) -> Loaded {
    let mut loaded = loaded.clone();
    if (from.start, from.line) == (to.start, to.line) {
        return loaded;
    }
    let shift = |span: &mut Span| {
        let by = |at: u32| (i64::from(at) + to.start as i64 - from.start as i64).max(0) as u32;
        (span.start, span.end) = (by(span.start), by(span.end));
        span.line = (i64::from(span.line) + i64::from(to.line) - i64::from(from.line)).max(0) as u32;
    };
    let Loaded { documents, scenario, diagnostics } = &mut loaded;
    for Document { span, source, .. } in documents.iter_mut().chain(scenario) {
        shift(span);
        source.iter_mut().for_each(|node| move_node(node, &shift));
    }
    diagnostics.iter_mut().for_each(|Diagnostic { span, .. }| shift(span));
    loaded
}

fn move_node(node: &mut Node, shift: &impl Fn(&mut Span)) {
    shift(&mut node.span);
    match &mut node.content {
        Content::List(items) => items.iter_mut().for_each(|item| move_node(item, shift)),
        Content::Map(entries) => entries.iter_mut().for_each(|entry| {
            shift(&mut entry.key_span);
            move_node(&mut entry.value, shift);
        }),
        _ => {}
    }
}
