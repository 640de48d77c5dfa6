//! Regular expressions, as far as `grep` and `sed` in short scripts need them: `.`, classes, `*`, `+`, `?`, anchors and
//! alternatives. No groups.

/// A pattern to look for in lines.
pub(super) struct Pattern {
    alternatives: Vec<Alternative>,
}

struct Alternative {
    items: Vec<(Item, Repeat)>,
    at_start: bool,
    at_end: bool,
}

enum Item {
    Char(char),
    Any,
    Class { ranges: Vec<(char, char)>, negated: bool },
}

#[derive(Clone, Copy, PartialEq)]
enum Repeat {
    Once,
    Maybe,
    Any,
    Some,
}

/// The work that one search may take, in comparisons: backtracking is exponential for unkind patterns.
const MAX_COMPARISONS: u32 = 20_000;

impl Pattern {
    /// Reads a pattern. `extended`: `+`, `?` and `|` need no backslash. `fixed`: all of it is plain text.
    pub fn new(text: &str, extended: bool, fixed: bool) -> Pattern {
        if fixed {
            let items = text.chars().map(|c| (Item::Char(c), Repeat::Once)).collect();
            return Pattern { alternatives: vec![Alternative { items, at_start: false, at_end: false }] };
        }
        let separator = if extended { "|" } else { "\\|" };
        Pattern { alternatives: text.split(separator).map(|part| Alternative::new(part, extended)).collect() }
    }

    /// Where the pattern first matches: the range of characters.
    pub fn find(&self, line: &str) -> Option<(usize, usize)> {
        self.find_from(&line.chars().collect::<Vec<_>>(), 0)
    }

    fn find_from(&self, line: &[char], from: usize) -> Option<(usize, usize)> {
        let mut left = MAX_COMPARISONS;
        (from..=line.len()).find_map(|start| {
            let end =
                self.alternatives.iter().filter_map(|alternative| alternative.end(line, start, &mut left)).max()?;
            Some((start, end))
        })
    }

    /// Replaces the first match or all; `&` in the replacement is what matched.
    pub fn replace(&self, line: &str, replacement: &str, all: bool) -> String {
        let chars: Vec<char> = line.chars().collect();
        let (mut out, mut at) = (String::new(), 0);
        while let Some((start, end)) = self.find_from(&chars, at) {
            out.extend(&chars[at..start]);
            let hit: String = chars[start..end].iter().collect();
            out.push_str(&replacement.replace('&', &hit));
            at = end;
            if start == end {
                out.extend(chars.get(at));
                at += 1;
            }
            if !all || at > chars.len() {
                break;
            }
        }
        out.extend(chars.get(at..).unwrap_or_default());
        out
    }
}

impl Alternative {
    fn new(text: &str, extended: bool) -> Alternative {
        let text = text.strip_prefix("\\(").or(text.strip_prefix('(').filter(|_| extended)).unwrap_or(text);
        let text = text.strip_suffix("\\)").or(text.strip_suffix(')').filter(|_| extended)).unwrap_or(text);
        let (at_start, text) = text.strip_prefix('^').map_or((false, text), |rest| (true, rest));
        let (at_end, text) = match text.strip_suffix('$') {
            Some(rest) if !rest.ends_with('\\') => (true, rest),
            _ => (false, text),
        };
        let chars: Vec<char> = text.chars().collect();
        let (mut items, mut at): (Vec<(Item, Repeat)>, usize) = (Vec::new(), 0);
        while let Some(&c) = chars.get(at) {
            at += 1;
            let repeat = match c {
                '*' => Some(Repeat::Any),
                '+' if extended => Some(Repeat::Some),
                '?' if extended => Some(Repeat::Maybe),
                _ => None,
            };
            if let (Some(repeat), Some((_, last))) = (repeat, items.last_mut()) {
                *last = repeat;
                continue;
            }
            let item = match c {
                '.' => Item::Any,
                '[' => class(&chars, &mut at).unwrap_or(Item::Char('[')),
                '\\' => {
                    at += 1;
                    match chars.get(at - 1) {
                        Some('+') if !extended => {
                            if let Some((_, last)) = items.last_mut() {
                                *last = Repeat::Some;
                            }
                            continue;
                        }
                        Some('d') => Item::Class { ranges: vec![('0', '9')], negated: false },
                        Some('s') => Item::Class { ranges: vec![(' ', ' '), ('\t', '\t')], negated: false },
                        Some('w') => {
                            Item::Class { ranges: vec![('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')], negated: false }
                        }
                        Some(c) => Item::Char(*c),
                        None => Item::Char('\\'),
                    }
                }
                c => Item::Char(c),
            };
            items.push((item, Repeat::Once));
        }
        Alternative { items, at_start, at_end }
    }

    /// Where a match that begins at `start` ends.
    fn end(&self, line: &[char], start: usize, left: &mut u32) -> Option<usize> {
        if self.at_start && start > 0 { None } else { self.rest(0, line, start, left) }
    }

    fn rest(&self, item: usize, line: &[char], mut at: usize, left: &mut u32) -> Option<usize> {
        *left = left.checked_sub(1)?;
        let Some((wanted, repeat)) = self.items.get(item) else {
            return (!self.at_end || at == line.len()).then_some(at);
        };
        let fits = |at: usize| line.get(at).is_some_and(|c| wanted.fits(*c));
        if *repeat == Repeat::Once {
            return if fits(at) { self.rest(item + 1, line, at + 1, left) } else { None };
        }
        let least = at + usize::from(*repeat == Repeat::Some);
        let most = if *repeat == Repeat::Maybe { at + 1 } else { line.len() };
        while at < most && fits(at) {
            at += 1;
        }
        // Longest first.
        (least..=at).rev().find_map(|at| self.rest(item + 1, line, at, left))
    }
}

impl Item {
    fn fits(&self, c: char) -> bool {
        match self {
            Item::Char(wanted) => *wanted == c,
            Item::Any => true,
            Item::Class { ranges, negated } => ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated,
        }
    }
}

/// Reads a class from behind its bracket.
fn class(chars: &[char], at: &mut usize) -> Option<Item> {
    let negated = chars.get(*at) == Some(&'^');
    let first = *at + usize::from(negated);
    let mut here = first;
    let mut ranges = Vec::new();
    loop {
        let low = *chars.get(here)?;
        if low == ']' && here > first {
            *at = here + 1;
            return Some(Item::Class { ranges, negated });
        }
        match (chars.get(here + 1), chars.get(here + 2)) {
            (Some('-'), Some(high)) if *high != ']' => {
                ranges.push((low, *high));
                here += 3;
            }
            _ => {
                ranges.push((low, low));
                here += 1;
            }
        }
    }
}
