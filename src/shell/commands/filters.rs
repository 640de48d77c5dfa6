//! Commands that read text and print some of it.

use super::pattern::Pattern;
use super::{Effect, FAILED, OK};
use crate::shell::Note;
use crate::shell::machine::Container;
use crate::shell::process::Process;

/// The arguments of a filter: its flags, the values that belong to some of them, and the rest.
struct Flags<'a> {
    letters: String,
    values: Vec<(char, &'a str)>,
    rest: Vec<&'a str>,
}

impl<'a> Flags<'a> {
    /// `with_value` are the letters that a value follows.
    fn read(args: &'a [String], with_value: &str) -> Flags<'a> {
        let mut flags = Flags { letters: String::new(), values: Vec::new(), rest: Vec::new() };
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let Some(body) = arg.strip_prefix('-').filter(|body| !body.is_empty()) else {
                flags.rest.push(arg);
                continue;
            };
            for (at, letter) in body.char_indices() {
                flags.letters.push(letter);
                if with_value.contains(letter) {
                    let glued = &body[at + letter.len_utf8()..];
                    let value = if glued.is_empty() { args.next().map_or("", String::as_str) } else { glued };
                    flags.values.push((letter, value));
                    break;
                }
            }
        }
        flags
    }

    fn has(&self, letter: char) -> bool {
        self.letters.contains(letter)
    }

    fn value(&self, letter: char) -> Option<&'a str> {
        self.values.iter().find(|(name, _)| *name == letter).map(|(_, value)| *value)
    }
}

impl Process {
    pub(super) fn filter(&mut self, container: &mut Container, name: &str, args: &[String]) -> Option<Effect> {
        let filtered = match name {
            "cat" => self.whole(container, name, args, |text| text),
            "rev" => self.whole(container, name, args, |text| each_line(&text, |line| line.chars().rev().collect())),
            "tac" => self.whole(container, name, args, |text| lines(text.lines().rev())),
            "head" => self.head(container, args),
            "tail" => {
                if args.iter().any(|arg| matches!(arg.as_str(), "-f" | "-F" | "-n0f") || arg.starts_with("-f")) {
                    return Some(Effect::Forever);
                }
                self.tail(container, args)
            }
            "wc" => self.count(container, args),
            "grep" | "egrep" => self.grep(container, args, name == "egrep"),
            "sort" => self.sort(container, args),
            "uniq" => self.unique(container, args),
            "tr" => self.translate(container, args),
            "cut" => self.cut(container, args),
            "sed" => self.sed(container, args),
            "awk" => {
                container.note(Note::NotSimulated("awk".to_string()));
                let text = self.streams.input.take().unwrap_or_default();
                Ok(self.say(container, &text))
            }
            _ => return None,
        };
        Some(filtered.unwrap_or_else(|effect| effect))
    }

    fn whole(
        &mut self,
        container: &mut Container,
        name: &str,
        args: &[String],
        change: impl Fn(String) -> String,
    ) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "");
        let text = self.read_input(container, name, &flags.rest)?;
        Ok(self.say(container, &change(text)))
    }

    fn head(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "nc");
        let text = self.read_input(container, "head", &flags.rest)?;
        let shown = match flags.value('c').and_then(count) {
            Some(bytes) => text.chars().take(bytes).collect(),
            None => lines(text.lines().take(line_count(&flags))),
        };
        Ok(self.say(container, &shown))
    }

    fn tail(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "nc");
        let text = self.read_input(container, "tail", &flags.rest)?;
        let all: Vec<&str> = text.lines().collect();
        let from = match flags.value('n').and_then(|n| n.strip_prefix('+')).and_then(count) {
            Some(first) => first.saturating_sub(1).min(all.len()),
            None => all.len().saturating_sub(line_count(&flags)),
        };
        Ok(self.say(container, &lines(all[from..].iter().copied())))
    }

    fn count(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "");
        let text = self.read_input(container, "wc", &flags.rest)?;
        let counts = [('l', text.matches('\n').count()), ('w', text.split_whitespace().count()), ('c', text.len())];
        let all = !counts.iter().any(|(letter, _)| flags.has(*letter));
        let wanted: Vec<String> =
            counts.iter().filter(|(letter, _)| all || flags.has(*letter)).map(|(_, count)| count.to_string()).collect();
        let name = flags.rest.first().map(|name| format!(" {name}")).unwrap_or_default();
        Ok(self.say(container, &format!("{}{name}\n", wanted.join(" "))))
    }

    fn grep(&mut self, container: &mut Container, args: &[String], extended: bool) -> Result<Effect, Effect> {
        let mut flags = Flags::read(args, "emABC");
        let text = match flags.value('e') {
            Some(pattern) => pattern,
            None if flags.rest.is_empty() => return Err(self.refuse(container, "grep: usage: grep PATTERN [FILE]...")),
            None => flags.rest.remove(0),
        };
        let fold = flags.has('i');
        let fixed = flags.has('F');
        let pattern =
            Pattern::new(&if fold { text.to_lowercase() } else { text.to_string() }, extended || flags.has('E'), fixed);
        let input = self.read_input(container, "grep", &flags.rest)?;
        container.charge(input.len() * 4);
        let hit = |line: &&str| {
            let found = if fold { pattern.find(&line.to_lowercase()) } else { pattern.find(line) };
            found.is_some() != flags.has('v')
        };
        let hits: Vec<&str> = input.lines().filter(hit).collect();
        let effect = if hits.is_empty() { FAILED } else { OK };
        if flags.has('q') {
        } else if flags.has('c') {
            self.say(container, &format!("{}\n", hits.len()));
        } else {
            self.say(container, &lines(hits.into_iter()));
        }
        Ok(effect)
    }

    fn sort(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "kt");
        let text = self.read_input(container, "sort", &flags.rest)?;
        let mut all: Vec<&str> = text.lines().collect();
        let number = |line: &str| {
            let line = line.trim_start();
            let end = line.find(|c: char| !c.is_ascii_digit() && c != '-').unwrap_or(line.len());
            line[..end].parse::<i64>().unwrap_or(0)
        };
        if flags.has('n') {
            all.sort_by(|a, b| number(a).cmp(&number(b)).then(a.cmp(b)));
        } else {
            all.sort_unstable();
        }
        if flags.has('u') {
            all.dedup();
        }
        if flags.has('r') {
            all.reverse();
        }
        Ok(self.say(container, &lines(all.into_iter())))
    }

    fn unique(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "");
        let text = self.read_input(container, "uniq", &flags.rest)?;
        let mut groups: Vec<(&str, usize)> = Vec::new();
        for line in text.lines() {
            match groups.last_mut() {
                Some((last, count)) if *last == line => *count += 1,
                _ => groups.push((line, 1)),
            }
        }
        let shown: String = groups
            .iter()
            .map(|(line, count)| if flags.has('c') { format!("{count:>7} {line}\n") } else { format!("{line}\n") })
            .collect();
        Ok(self.say(container, &shown))
    }

    fn translate(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "");
        let text = self.streams.input.take().unwrap_or_default();
        let from = char_set(flags.rest.first().copied().unwrap_or_default());
        let to = char_set(flags.rest.get(1).copied().unwrap_or_default());
        let complement = flags.has('c');
        let inside = |c: &char| from.contains(c) != complement;
        let change = |c: char| match from.iter().position(|f| *f == c) {
            Some(at) if !to.is_empty() => to.get(at).or(to.last()).copied().unwrap_or(c),
            _ => c,
        };
        let mut shown = String::new();
        for c in text.chars() {
            if flags.has('d') {
                if !inside(&c) {
                    shown.push(c);
                }
                continue;
            }
            let c = if to.is_empty() { c } else { change(c) };
            let squeezed = flags.has('s') && shown.ends_with(c) && (from.contains(&c) || to.contains(&c));
            if !squeezed {
                shown.push(c);
            }
        }
        Ok(self.say(container, &shown))
    }

    fn cut(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "dfc");
        let text = self.read_input(container, "cut", &flags.rest)?;
        let delimiter = flags.value('d').and_then(|d| d.chars().next()).unwrap_or('\t');
        let wanted = ranges(flags.value('f').or(flags.value('c')).unwrap_or("1-"));
        let keep = |index: usize| wanted.iter().any(|(first, last)| (*first..=*last).contains(&(index + 1)));
        let shown = each_line(&text, |line| {
            if flags.has('c') {
                return line.chars().enumerate().filter(|(index, _)| keep(*index)).map(|(_, c)| c).collect();
            }
            if !line.contains(delimiter) {
                return line.to_string();
            }
            let fields: Vec<&str> =
                line.split(delimiter).enumerate().filter(|(i, _)| keep(*i)).map(|(_, f)| f).collect();
            fields.join(&delimiter.to_string())
        });
        Ok(self.say(container, &shown))
    }

    /// `sed 's/pattern/replacement/g'`; any other script passes its input through.
    fn sed(&mut self, container: &mut Container, args: &[String]) -> Result<Effect, Effect> {
        let flags = Flags::read(args, "e");
        let mut rest = flags.rest.clone();
        let script = match flags.value('e') {
            Some(script) => script,
            None if rest.is_empty() => return Err(self.refuse(container, "sed: usage: sed SCRIPT [FILE]...")),
            None => rest.remove(0),
        };
        let text = self.read_input(container, "sed", &rest)?;
        container.charge(text.len() * 4);
        let mut parts = script.chars();
        let (kind, delimiter) = (parts.next(), parts.next());
        let body: Vec<&str> = match (kind, delimiter) {
            (Some('s'), Some(delimiter)) => script[1 + delimiter.len_utf8()..].split(delimiter).collect(),
            _ => Vec::new(),
        };
        let [pattern, replacement, options] = body[..] else {
            container.note(Note::NotSimulated("sed".to_string()));
            return Ok(self.say(container, &text));
        };
        let pattern = Pattern::new(pattern, flags.has('E') || flags.has('r'), false);
        let shown = each_line(&text, |line| pattern.replace(line, replacement, options.contains('g')));
        Ok(self.say(container, &shown))
    }
}

/// A number of lines or characters. Read with 64 bits everywhere, so that a huge one is the same on every machine.
fn count(text: &str) -> Option<usize> {
    let number: u64 = text.parse().ok()?;
    Some(usize::try_from(number).unwrap_or(usize::MAX))
}

/// How many lines `head` and `tail` show: `-n 3`, `-3`, or ten.
fn line_count(flags: &Flags) -> usize {
    let digits: String = flags.letters.chars().filter(char::is_ascii_digit).collect();
    count(flags.value('n').unwrap_or(&digits)).unwrap_or(10)
}

fn lines<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn each_line(text: &str, change: impl Fn(&str) -> String) -> String {
    text.lines().flat_map(|line| [change(line), "\n".to_string()]).collect()
}

/// `1,3-5,7-` as pairs.
fn ranges(text: &str) -> Vec<(usize, usize)> {
    let pair = |item: &str| match item.split_once('-') {
        Some((first, last)) => (count(first).unwrap_or(1), count(last).unwrap_or(usize::MAX)),
        None => {
            let only = count(item).unwrap_or(0);
            (only, only)
        }
    };
    text.split(',').map(pair).collect()
}

/// The characters of a `tr` set: ranges, escapes and the usual classes.
fn char_set(text: &str) -> Vec<char> {
    let text = text
        .replace("[:upper:]", "A-Z")
        .replace("[:lower:]", "a-z")
        .replace("[:digit:]", "0-9")
        .replace("[:space:]", " \\t\\n")
        .replace("[:alnum:]", "A-Za-z0-9")
        .replace("[:alpha:]", "A-Za-z");
    let chars: Vec<char> = crate::shell::text::unescape(&text).0.chars().collect();
    let (mut set, mut at) = (Vec::new(), 0);
    /// More characters than any alphabet that is worth translating.
    const MAX_SET_CHARS: usize = 1_000;
    while at < chars.len() && set.len() < MAX_SET_CHARS {
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some('-'), Some(last)) => {
                set.extend((chars[at]..=*last).take(MAX_SET_CHARS));
                at += 3;
            }
            _ => {
                set.push(chars[at]);
                at += 1;
            }
        }
    }
    set
}
