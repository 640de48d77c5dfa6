//! Quick fixes for broken YAML and for values that the API server refuses.

use super::Edit;
use super::context::Context;
use super::fix::{Fix, block_end, entry_at, remove};
use super::outline::{Entry, Path, Step, unquoted};
use super::values::quoted;
use crate::cron;
use crate::manifest::Diagnostic;
use crate::manifest::diagnostic::nearest;

/// Longest line that is put in quotes.
const MAX_QUOTED_BYTES: usize = 1000;

/// The line of an offset without its end.
fn line_at(text: &str, at: usize) -> (usize, &str) {
    let from = text[..at.min(text.len())].rfind('\n').map_or(0, |i| i + 1);
    (from, text[from..].split('\n').next().unwrap_or("").trim_end_matches('\r'))
}

/// Fixes for YAML that does not parse.
pub(super) fn syntax(text: &str, remark: &Diagnostic, fixes: &mut Vec<Fix>) {
    let at = super::context::boundary(text, remark.span.start as usize);
    let (mut from, mut line) = line_at(text, at);
    if line.trim().is_empty() {
        // An end of the text that came too soon is the matter of the last line.
        (from, line) = line_at(text, text[..from].trim_end().len());
    }
    if text.lines().any(|l| l.trim_start_matches(' ').starts_with('\t')) && remark.message.contains("tab")
        || line.trim_start_matches(' ').starts_with('\t')
    {
        tabs(text, fixes);
    }
    if let Some((_, key)) = super::outline::key_of(line.trim_start_matches([' ', '-'])) {
        let start = line.len() - line.trim_start_matches([' ', '-']).len();
        let colon = line[start + key..].find(':').map_or(line.len(), |i| start + key + i + 1);
        let value = line[colon..].trim();
        let value_at = from + line.len() - line[colon..].trim_start().len();
        let starts = value.starts_with(['*', '&', '@', '`', '%', '!']);
        let colon_inside = value.contains(": ") && !value.starts_with(['{', '[']);
        let plain = !value.starts_with(['"', '\'', '|', '>']);
        if !value.is_empty() && value.len() <= MAX_QUOTED_BYTES && plain && (starts || colon_inside) {
            let written = format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""));
            fixes.push(Fix::new("Put it in quotes", vec![Edit::replace(value_at, value_at + value.len(), written)]));
        }
        let open = value.starts_with(['"', '\'']) && value.matches(value.chars().next().unwrap_or('"')).count() == 1;
        if open {
            let quote = &value[..1];
            fixes.push(Fix::new("Close the quote", vec![Edit::insert(value_at + value.len(), quote)]));
        }
        for (bracket, close) in [('{', "}"), ('[', "]")] {
            if value.starts_with(bracket) && value.matches(bracket).count() > value.matches(close).count() {
                fixes.push(Fix::new(
                    format!("Close it with `{close}`"),
                    vec![Edit::insert(value_at + value.len(), close)],
                ));
            }
        }
    } else if let Some((key, _)) =
        line.trim().split_once(':').filter(|(k, v)| !k.is_empty() && !v.is_empty() && !v.starts_with("//"))
    {
        let colon = from + line.find(':').unwrap_or(0);
        fixes.push(Fix::new(format!("Add a blank after `{key}:`"), vec![Edit::insert(colon + 1, " ")]));
    }
    if fixes.is_empty() {
        align(text, at, fixes);
    }
}

/// Most columns that are tried for a line.
const MAX_COLUMNS_TRIED: usize = 8;

/// A line that stands in no column of those above it goes to the nearest one with which the text parses.
fn align(text: &str, at: usize, fixes: &mut Vec<Fix>) {
    let (start, end) =
        super::outline::documents(text).into_iter().rfind(|(start, _)| *start <= at).unwrap_or((0, text.len()));
    let (here, _) = line_at(text, at);
    let (above, _) = line_at(text, text[..here].trim_end().len());
    for from in [here, above].into_iter().filter(|from| (start..end).contains(from)) {
        let (_, line) = line_at(text, from);
        let column = line.len() - line.trim_start_matches(' ').len();
        let mut columns: Vec<usize> =
            text[start..from].lines().map(|l| l.len() - l.trim_start_matches(' ').len()).collect();
        columns.extend(
            text[start..from]
                .lines()
                .filter_map(|l| l.trim_start_matches(' ').strip_prefix("- ").map(|r| l.len() - r.len())),
        );
        columns.sort_unstable();
        columns.dedup();
        columns.sort_by_key(|c| c.abs_diff(column));
        let mut best: Option<(usize, Edit)> = None;
        for new in columns.into_iter().filter(|c| *c != column).take(MAX_COLUMNS_TRIED) {
            let edit = Edit::replace(from, from + column, " ".repeat(new));
            let repaired = super::apply_edits(
                &text[start..end],
                &[Edit { from: edit.from - start, to: edit.to - start, ..edit.clone() }],
            );
            if crate::manifest::tree::read(&repaired).iter().any(|d| d.error.is_some()) {
                continue;
            }
            let loaded = crate::manifest::load(&repaired, &crate::manifest::LoadOptions::default());
            let wrong = loaded.diagnostics.iter().filter(|d| d.severity == crate::manifest::Severity::Error).count();
            if best.as_ref().is_none_or(|(least, _)| wrong < *least) {
                best = Some((wrong, edit));
            }
        }
        if let Some((_, edit)) = best {
            fixes.push(Fix::new("Repair the indentation of this line", vec![edit]));
            return;
        }
    }
}

fn tabs(text: &str, fixes: &mut Vec<Fix>) {
    let (mut edits, mut offset) = (Vec::new(), 0);
    for line in text.split_inclusive('\n') {
        let indented = line.len() - line.trim_start_matches([' ', '\t']).len();
        if line[..indented].contains('\t') {
            edits.push(Edit::replace(offset, offset + indented, line[..indented].replace('\t', "  ")));
        }
        offset += line.len();
    }
    fixes.push(Fix::new("Replace tabs by blanks", edits));
}

/// An object without apiVersion or kind.
pub(super) fn head(context: &Context, message: &str, fixes: &mut Vec<Fix>) {
    let (kind, version) = context.names(&[]);
    let at = context.section.entries.first().map_or(context.section.start, |e| e.key.0 - e.column);
    if message.contains("apiVersion not set") {
        for version in context.schema.versions_of(kind) {
            fixes.push(Fix::new(
                format!("Add `apiVersion: {version}`"),
                vec![Edit::insert(at, format!("apiVersion: {version}\n"))],
            ));
        }
    } else if message.contains("kind not set") {
        let fitting = context.schema.kinds().iter().filter(|k| k.api_version == version);
        for kind in fitting {
            fixes.push(Fix::new(
                format!("Add `kind: {}`", kind.kind),
                vec![Edit::insert(at, format!("kind: {}\n", kind.kind))],
            ));
        }
    }
}

/// A map where a list of one item is meant.
pub(super) fn as_list(context: &Context, entry: &Entry, fixes: &mut Vec<Fix>) {
    let text = context.text;
    let Some(first) = context.section.children(&entry.path).next().filter(|c| !c.in_brackets) else { return };
    let end = block_end(text, entry);
    let (mut edits, mut at, mut dashed) = (Vec::new(), text[..first.key.0].rfind('\n').map_or(0, |i| i + 1), false);
    while at < end {
        let next = text[at..].find('\n').map_or(text.len(), |i| at + i + 1);
        if !text[at..next].trim().is_empty() {
            let column = at + first.column.min(next - at);
            edits.push(Edit::insert(column, if dashed { "  " } else { "- " }));
            dashed = true;
        }
        at = next;
    }
    fixes.push(Fix::new("Make it a list of one item", edits));
}

fn keyed(base: &[Step], keys: &[&str]) -> Path {
    base.iter().cloned().chain(keys.iter().map(|k| Step::Key((*k).to_owned()))).collect()
}

/// Fixes for what validation refuses or warns of.
pub(super) fn invalid(context: &Context, remark: &Diagnostic, at: usize, fixes: &mut Vec<Fix>) {
    let message = remark.message.as_str();
    let probe = entry_at(context, at).map(|e| e.path.clone()).unwrap_or_default();
    let object = context.object_path(&probe);
    if message.contains("`selector` does not match template `labels`") {
        selector_and_labels(context, &object, fixes);
    } else if remark.path == "spec.selector" && message.contains("Required") {
        add_selector(context, &object, fixes);
    } else if message.contains("not auto-generated") || message.contains("will be auto-generated") {
        remove_at(context, &object, "spec.selector", "Remove the selector", fixes);
    } else if remark.path.ends_with("restartPolicy") {
        restart_policy(context, remark, fixes);
    } else if remark.path.ends_with("schedule") || remark.path.ends_with("timeZone") {
        schedule(context, remark, at, fixes);
    } else if message.contains("Unsupported value") {
        unsupported(context, message, at, fixes);
    } else if message.contains("lowercase RFC 1123") {
        lower_case(context, at, fixes);
    } else if message.contains("Required value") {
        required(context, remark, fixes);
    } else if (message.contains("Forbidden") || message.contains("deprecated"))
        && let Some(entry) = entry_at(context, at)
    {
        fixes.push(remove(context, entry, &format!("Remove `{}`", entry.name())));
    }
}

fn block(context: &Context, path: &[Step]) -> Option<Entry> {
    context.section.entry(path).filter(|e| !e.in_brackets && e.value.0 == e.value.1).cloned()
}

fn pairs(context: &Context, path: &[Step]) -> Vec<(String, String)> {
    let value = |e: &Entry| (e.name().to_owned(), context.text[e.value.0..e.value.1].to_owned());
    context.section.children(path).map(value).collect()
}

fn lines(pairs: &[(String, String)], column: usize) -> String {
    pairs.iter().map(|(key, value)| format!("{}{key}: {value}\n", " ".repeat(column))).collect()
}

/// Gives the template the labels of the selector, or the selector those of the template.
fn selector_and_labels(context: &Context, object: &[Step], fixes: &mut Vec<Fix>) {
    let text = context.text;
    let (selector, labels) = (
        keyed(object, &["spec", "selector", "matchLabels"]),
        keyed(object, &["spec", "template", "metadata", "labels"]),
    );
    let (wanted, own) = (pairs(context, &selector), pairs(context, &labels));
    if let (Some(entry), false) = (context.section.entry(&labels), wanted.is_empty()) {
        let (column, end) =
            (context.section.children(&labels).next().map_or(entry.column + 2, |c| c.column), block_end(text, entry));
        let missing: Vec<_> = wanted.iter().filter(|pair| !own.contains(pair)).cloned().collect();
        let mut edits: Vec<Edit> = Vec::new();
        let mut added = Vec::new();
        for (key, value) in missing {
            match context.section.entry(&keyed(&labels, &[&key])) {
                Some(old) => edits.push(Edit::replace(old.value.0, old.value.1, value)),
                None => added.push((key, value)),
            }
        }
        if !added.is_empty() && entry.value.0 == entry.value.1 {
            edits.push(Edit::insert(end, lines(&added, column)));
        } else if !added.is_empty() {
            let all: Vec<String> = own.iter().chain(&added).map(|(k, v)| format!("{k}: {v}")).collect();
            edits = vec![Edit::replace(entry.value.0, block_end(text, entry), format!("{{{}}}\n", all.join(", ")))];
        }
        fixes.push(Fix::new("Give the template the labels of the selector", edits));
    } else if let (None, Some(template), false) =
        (context.section.entry(&labels), block(context, &keyed(object, &["spec", "template"])), wanted.is_empty())
    {
        let column = context.section.children(&template.path).next().map_or(template.column + 2, |c| c.column);
        let place = context.section.entry(&keyed(object, &["spec", "template", "metadata"])).cloned();
        let at = line_end(text, place.as_ref().map_or(template.key.1, |p| p.key.1));
        let pad = " ".repeat(column);
        let head = if place.is_some() { String::new() } else { format!("{pad}metadata:\n") };
        let insert = format!("{head}{pad}  labels:\n{}", lines(&wanted, column + 4));
        fixes.push(Fix::new("Give the template the labels of the selector", vec![Edit::insert(at, insert)]));
    }
    if let (Some(entry), false) = (block(context, &selector), own.is_empty()) {
        let column = context.section.children(&selector).next().map_or(entry.column + 2, |c| c.column);
        let (from, to) = (line_end(text, entry.key.1), block_end(text, &entry));
        let edit = Edit::replace(from.min(to), to, lines(&own, column));
        fixes.push(Fix::new("Select the labels of the template", vec![edit]));
    }
}

fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |i| at + i + 1)
}

fn add_selector(context: &Context, object: &[Step], fixes: &mut Vec<Fix>) {
    let Some(spec) = block(context, &keyed(object, &["spec"])) else { return };
    let own = pairs(context, &keyed(object, &["spec", "template", "metadata", "labels"]));
    let column = context.section.children(&spec.path).next().map_or(spec.column + 2, |c| c.column);
    let pad = " ".repeat(column);
    let name = context.section.value(context.text, object, &["metadata", "name"]).unwrap_or("app").to_owned();
    let (labels, title) = match own.is_empty() {
        false => (own, "Add a selector with the labels of the template"),
        true => (vec![("app".to_owned(), quoted(&name))], "Add a selector"),
    };
    let insert = format!("{pad}selector:\n{pad}  matchLabels:\n{}", lines(&labels, column + 4));
    fixes.push(Fix::new(title, vec![Edit::insert(line_end(context.text, spec.key.1), insert)]));
}

fn remove_at(context: &Context, object: &[Step], path: &str, title: &str, fixes: &mut Vec<Fix>) {
    let keys: Vec<&str> = path.split('.').collect();
    if let Some(entry) = context.section.entry(&keyed(object, &keys)) {
        fixes.push(remove(context, entry, title));
    }
}

/// The path of a field error below an object.
pub(super) fn error_path(context: &Context, remark: &Diagnostic) -> Path {
    let probe = entry_at(context, remark.span.start as usize).map(|e| e.path.clone()).unwrap_or_default();
    let mut path = context.object_path(&probe);
    for part in remark.path.split('.') {
        let (key, indexes) = part.split_once('[').unwrap_or((part, ""));
        path.push(Step::Key(key.to_owned()));
        for index in indexes.split('[').filter_map(|i| i.trim_end_matches(']').parse().ok()) {
            path.push(Step::Item(index));
        }
    }
    path
}

fn restart_policy(context: &Context, remark: &Diagnostic, fixes: &mut Vec<Fix>) {
    let path = error_path(context, remark);
    let Some((_, parent)) = path.split_last() else { return };
    if let Some(entry) = context.section.entry(&path).filter(|e| e.value.0 < e.value.1) {
        let kind = context.kind(&context.object_path(&path)).map_or("", |k| k.kind);
        let legal: &[&str] = if matches!(kind, "Job" | "CronJob") { &["Never", "OnFailure"] } else { &["Always"] };
        for policy in legal {
            let edit = Edit::replace(entry.value.0, entry.value.1, *policy);
            fixes.push(Fix::new(format!("Change to `{policy}`"), vec![edit]));
        }
        return;
    }
    for policy in ["Never", "OnFailure"] {
        if let Some(edit) = add_key(context, parent, "restartPolicy", policy) {
            fixes.push(Fix::new(format!("Add `restartPolicy: {policy}`"), vec![edit]));
        }
    }
}

/// Puts a key into a map, as its first one.
fn add_key(context: &Context, path: &[Step], key: &str, value: &str) -> Option<Edit> {
    let first = context.section.children(path).next();
    if let Some(first) = first {
        let separator = if first.in_brackets { ", ".to_owned() } else { format!("\n{}", " ".repeat(first.column)) };
        return Some(Edit::insert(first.key.0, format!("{key}: {value}{separator}")));
    }
    let entry = context.section.entry(path)?;
    (entry.value.0 == entry.value.1 && !entry.in_brackets).then(|| {
        Edit::insert(line_end(context.text, entry.key.1), format!("{}{key}: {value}\n", " ".repeat(entry.column + 2)))
    })
}

fn schedule(context: &Context, remark: &Diagnostic, at: usize, fixes: &mut Vec<Fix>) {
    let Some(entry) = entry_at(context, at) else { return };
    let value = unquoted(&context.text[entry.value.0..entry.value.1]);
    let mut offer = |title: String, new: &str| {
        fixes.push(Fix::new(title, vec![Edit::replace(entry.value.0, entry.value.1, format!("\"{new}\""))]));
    };
    if remark.path.ends_with("timeZone") {
        let last = |zone: &str| zone.rsplit('/').next().unwrap_or(zone).to_owned();
        let same = cron::Zone::names().find(|z| z.eq_ignore_ascii_case(value) || last(z).eq_ignore_ascii_case(value));
        let abbreviation = [
            ("KST", "Asia/Seoul"),
            ("JST", "Asia/Tokyo"),
            ("CET", "Europe/Berlin"),
            ("PST", "America/Los_Angeles"),
            ("EST", "America/New_York"),
            ("+09:00", "Asia/Seoul"),
        ];
        let known = abbreviation.into_iter().find(|(short, _)| *short == value).map(|(_, zone)| zone);
        if let Some(zone) = known.or(same).or_else(|| nearest(value, cron::Zone::names())) {
            let edit = Edit::replace(entry.value.0, entry.value.1, zone);
            fixes.push(Fix::new(format!("Change to `{zone}`"), vec![edit]));
        }
        return;
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    let zone = words.first().and_then(|w| w.strip_prefix("CRON_TZ=").or_else(|| w.strip_prefix("TZ=")));
    if let (Some(zone), Some((_, parent))) = (zone, entry.path.split_last()) {
        let mut edits = vec![Edit::replace(entry.value.0, entry.value.1, format!("\"{}\"", words[1..].join(" ")))];
        if context.section.entry(&keyed(parent, &["timeZone"])).is_none() {
            edits.extend(add_key(context, parent, "timeZone", zone));
        }
        fixes.push(Fix::new(format!("Use `timeZone: {zone}`"), edits));
    } else if words.len() == 6 {
        offer("Leave out the seconds".to_owned(), &words[1..].join(" "));
    } else if words.len() == 4 {
        offer("Add the missing day of the week".to_owned(), &format!("{} *", words.join(" ")));
    } else if words.len() == 5 && words[4].contains('7') {
        let sunday = words[4].replace('7', "0");
        offer("Write Sunday as 0".to_owned(), &format!("{} {sunday}", words[..4].join(" ")));
    } else if words.len() == 5 {
        let short: Vec<String> = words.iter().map(|w| short_name(w)).collect();
        if short.join(" ") != words.join(" ") {
            offer("Use three-letter names".to_owned(), &short.join(" "));
        }
    }
}

/// `monday` as `MON`; other words as they are.
fn short_name(word: &str) -> String {
    let letters = word.len() > 3 && word.bytes().all(|b| b.is_ascii_alphabetic());
    if letters { word[..3].to_uppercase() } else { word.to_owned() }
}

fn unsupported(context: &Context, message: &str, at: usize, fixes: &mut Vec<Fix>) {
    let Some(entry) = entry_at(context, at).filter(|e| e.value.0 < e.value.1) else { return };
    let value = unquoted(&context.text[entry.value.0..entry.value.1]);
    let list = message.rsplit("supported values: ").next().unwrap_or("");
    let mut all: Vec<&str> = list.split(", ").map(|v| v.trim_matches('"')).filter(|v| !v.is_empty()).collect();
    let near = nearest(value, all.iter().copied());
    all.sort_by_key(|v| Some(*v) != near);
    for new in all.into_iter().take(4) {
        let edit = Edit::replace(entry.value.0, entry.value.1, quoted(new));
        fixes.push(Fix::new(format!("Change to `{new}`"), vec![edit]));
    }
}

fn lower_case(context: &Context, at: usize, fixes: &mut Vec<Fix>) {
    let Some(entry) = entry_at(context, at).filter(|e| e.value.0 < e.value.1) else { return };
    let value = unquoted(&context.text[entry.value.0..entry.value.1]);
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c.to_ascii_lowercase() } else { '-' };
    let name: String = value.chars().map(plain).collect();
    let name = name.trim_matches(['-', '.']);
    if !name.is_empty() && name != value {
        let edit = Edit::replace(entry.value.0, entry.value.1, quoted(name));
        fixes.push(Fix::new(format!("Change to `{name}`"), vec![edit]));
    }
}

/// A key that is missing, with a value to be replaced.
fn required(context: &Context, remark: &Diagnostic, fixes: &mut Vec<Fix>) {
    let path = error_path(context, remark);
    let Some((Step::Key(key), parent)) = path.split_last() else { return };
    let value = match key.as_str() {
        "name" => "name",
        "image" => "nginx:1.27",
        "schedule" => "\"*/5 * * * *\"",
        "concurrencyPolicy" => "Allow",
        "topologyKey" => "kubernetes.io/hostname",
        "effect" => "NoSchedule",
        "mountPath" => "/data",
        _ => return,
    };
    if context.section.entry(&path).is_none()
        && let Some(edit) = add_key(context, parent, key, value)
    {
        fixes.push(Fix::new(format!("Add `{key}: {value}`"), vec![edit]));
    }
}
