//! What a script is translated to: a flat list of operations, so that a run can stop at any moment and go on later.

use std::sync::Arc;

/// A translated script. Jumps are relative to the operation that holds them.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Code {
    pub ops: Vec<Op>,
    /// Whether anything in it can leave a loop whose condition never changes (`break`, `exit`, a failing `set -e`, ...).
    pub escapes: bool,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    /// Runs a simple command. `checked`: a failure ends the script under `set -e`.
    Simple {
        command: Arc<Simple>,
        checked: bool,
    },
    /// Evaluates `(( ... ))`; succeeds when the value is not zero.
    Arith(Word),
    Jump(isize),
    JumpIfOk(isize),
    JumpIfFail(isize),
    /// Turns success into failure and the other way round.
    Not,
    Status(i32),
    /// Begins a loop: where `continue` and `break` lead.
    LoopEnter {
        back: isize,
        exit: isize,
    },
    /// Begins a `for`: its words become the items.
    ForEnter {
        words: Option<Vec<Word>>,
        back: isize,
        exit: isize,
    },
    /// Takes the next item or leaves the loop.
    ForNext {
        name: String,
    },
    /// The end of a round. `endless`: the condition is constantly true.
    LoopBack {
        start: isize,
        endless: bool,
    },
    LoopExit,
    /// Goes on at the first of these arms whose patterns match, else at `end`.
    Case {
        word: Word,
        arms: Vec<(Vec<Word>, isize)>,
        end: isize,
    },
    /// Begins a subshell that ends at `SubshellExit`, at `end`. `piped`: it reads what `Capture` kept.
    SubshellEnter {
        end: isize,
        piped: bool,
    },
    SubshellExit {
        checked: bool,
    },
    RedirectEnter(Vec<Redirect>),
    RedirectExit,
    /// Runs a part of a pipeline and keeps its output for the next one.
    Capture(Arc<Code>),
    /// Starts what follows up to `end` as a process of its own.
    Background {
        end: isize,
    },
    /// The end of a background process.
    ProcessEnd,
    /// Defines a function whose body follows up to `end`.
    Define {
        name: String,
        end: isize,
    },
    Return,
}

/// A simple command: assignments, words and redirections.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Simple {
    pub assignments: Vec<(String, Word)>,
    pub words: Vec<Word>,
    pub redirects: Vec<Redirect>,
}

/// A redirection of one of the streams.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Redirect {
    /// 0 to 9; 10 stands for both output streams (`&>`).
    pub stream: u8,
    pub to: RedirectTo,
}

/// Where a redirection leads.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum RedirectTo {
    Write(Word),
    Append(Word),
    Read(Word),
    /// Another stream (`2>&1`), by its number.
    Stream(Word),
    /// The text of a here-document.
    Text(Word),
}

/// A word before expansion.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Word {
    pub parts: Vec<Part>,
}

/// A part of a word. Quoted parts are not split into fields.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Part {
    Text { text: String, quoted: bool },
    Param { param: Box<Param>, quoted: bool },
    Command { code: Arc<Code>, quoted: bool },
    Arith { expression: Word, quoted: bool },
}

/// A parameter: a variable, `1`, `@`, `?` and so on, and what is done to its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Param {
    pub name: String,
    pub action: Action,
}

/// What is done to a parameter's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Plain,
    Length,
    /// `-`, `=`, `+` and `?`; `or_empty` with a colon before it.
    Conditional {
        kind: char,
        or_empty: bool,
        word: Word,
    },
    /// `#` and `%`; `longest` when doubled.
    Strip {
        suffix: bool,
        longest: bool,
        pattern: Word,
    },
    /// `/pattern/replacement`.
    Replace {
        all: bool,
        pattern: Word,
        replacement: Word,
    },
    /// `:offset:length`.
    Slice {
        offset: Word,
        length: Option<Word>,
    },
    /// `^^` and `,,`.
    Case {
        upper: bool,
    },
}

impl Word {
    /// A word that means itself.
    pub fn literal(text: &str) -> Word {
        Word { parts: vec![Part::Text { text: text.to_string(), quoted: true }] }
    }

    /// Keeps what is expanded in it from being split into fields.
    pub fn keep_whole(&mut self) {
        for part in &mut self.parts {
            match part {
                Part::Text { .. } => {}
                Part::Param { quoted, .. } | Part::Command { quoted, .. } | Part::Arith { quoted, .. } => {
                    *quoted = true
                }
            }
        }
    }

    /// The text of a word without any expansion in it.
    pub fn as_literal(&self) -> Option<String> {
        let mut out = String::new();
        for part in &self.parts {
            match part {
                Part::Text { text, .. } => out.push_str(text),
                _ => return None,
            }
        }
        Some(out)
    }
}

impl Simple {
    /// The command's name and arguments when none of them needs expansion.
    pub fn literals(&self) -> Option<Vec<String>> {
        self.words.iter().map(Word::as_literal).collect()
    }
}
