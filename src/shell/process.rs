//! The state of one process of a container: variables, where its streams lead, and where it stands in its script.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::Code;
use super::limits::{MAX_NAMES, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, SMALL_TEXT_BYTES, cut};

/// A process: a shell, or the one command that a container runs directly.
#[derive(Clone, Debug)]
pub(super) struct Process {
    pub pid: u32,
    /// Who started it in the background; 0 is nobody.
    pub parent: u32,
    /// Its own time, in nanoseconds since the container started.
    pub now: i64,
    pub state: State,
    pub code: Arc<Code>,
    pub at: usize,
    pub frames: Vec<Frame>,
    pub shell: Shell,
    pub streams: Streams,
    /// The exit code of the last command.
    pub status: i32,
    /// The exit code of the last command substitution of the present command.
    pub substituted: Option<i32>,
    /// Whether an expansion of the present command depended on the clock or on chance.
    pub volatile: bool,
    /// Whether any command so far did.
    pub ever_volatile: bool,
    /// Counts the changes that can make one round of a loop differ from the one before.
    pub changes: u64,
    /// What the last part of a pipeline left for the next one.
    pub piped: Option<String>,
    /// What it printed, when it runs for a substitution or a pipeline.
    pub captured: String,
    /// How deep inside substitutions it runs.
    pub capture_level: usize,
    /// How many of the calls that it is in are conditions, in which `set -e` lets failures pass.
    pub unchecked_calls: usize,
    /// Whether the loop whose round ended last has a condition that is constantly true.
    pub last_round_endless: bool,
}

/// Whether a process goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Runs,
    /// Waits for a background process, or for all of them.
    Waits(Option<u32>),
    /// Never goes on by itself (`sleep infinity`).
    Blocked,
    Ended,
}

/// What a subshell gets a copy of.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Shell {
    pub variables: BTreeMap<String, Variable>,
    pub functions: BTreeMap<String, (Arc<Code>, usize)>,
    pub positional: Vec<String>,
    /// `$0`, and what error messages begin with.
    pub name: String,
    pub exit_on_error: bool,
    pub error_on_unset: bool,
    pub trace: bool,
    pub bash: bool,
    pub directory: String,
    /// What to do at a signal (or at `EXIT`); an empty text ignores it.
    pub traps: BTreeMap<String, String>,
    /// `$!`.
    pub last_background: Option<u32>,
}

/// A variable's value, and whether commands see it in their environment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Variable {
    pub value: String,
    pub exported: bool,
    pub read_only: bool,
}

/// Where the three streams of a process lead.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Streams {
    pub output: Target,
    pub error: Target,
    /// What is left to read; `None` is an input at its end.
    pub input: Option<String>,
}

/// Where output goes.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Target {
    Log,
    Capture,
    File(String),
    Nowhere,
}

/// What to return to when something ends.
#[derive(Clone, Debug)]
pub(super) enum Frame {
    Loop {
        back: usize,
        exit: usize,
        items: Option<std::vec::IntoIter<String>>,
        status: i32,
        mark: Option<Mark>,
    },
    Subshell {
        end: usize,
        shell: Box<Shell>,
        before: Before,
    },
    Redirect {
        before: Before,
    },
    /// A function, or another text (`eval`, `sh -c`, a trap): the code to return to.
    Call {
        code: Arc<Code>,
        at: usize,
        before: Option<Before>,
        /// Whether a failure of it ends the script under `set -e`.
        checked: bool,
        kind: Call,
    },
}

/// The streams to go back to.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Before {
    pub streams: Streams,
    /// Whether the input was replaced, too. Otherwise what was read meanwhile stays read.
    pub own_input: bool,
}

/// Why other code runs.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// A function; the positional parameters and the variables to go back to.
    Function {
        positional: Vec<String>,
        locals: Vec<(String, Option<Variable>)>,
    },
    Eval,
    /// A trap; the status to go back to.
    Trap(i32),
    /// The trap of `EXIT`; the process ends with that status.
    Last(i32),
    /// `sh -c`: a process in all but name; the variables to go back to.
    Shell(Box<Shell>),
}

/// How a loop's round ended, to compare with the next one's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub changes: u64,
    pub status: i32,
    pub now: i64,
    pub lines: u64,
}

impl Process {
    pub fn new(code: Arc<Code>, shell: Shell) -> Process {
        Process {
            pid: 1,
            parent: 0,
            now: 0,
            state: State::Runs,
            code,
            at: 0,
            frames: Vec::new(),
            shell,
            streams: Streams { output: Target::Log, error: Target::Log, input: None },
            status: 0,
            substituted: None,
            volatile: false,
            ever_volatile: false,
            changes: 0,
            piped: None,
            captured: String::new(),
            capture_level: 0,
            unchecked_calls: 0,
            last_round_endless: false,
        }
    }

    /// A copy that runs other code from its beginning, in the place where this process stands.
    pub fn fork(&self, code: Arc<Code>, at: usize) -> Process {
        Process {
            code,
            at,
            frames: Vec::new(),
            captured: String::new(),
            piped: None,
            state: State::Runs,
            pid: self.pid,
            parent: self.parent,
            now: self.now,
            shell: self.shell.clone(),
            streams: self.streams.clone(),
            status: self.status,
            substituted: None,
            volatile: false,
            ever_volatile: false,
            changes: self.changes,
            capture_level: self.capture_level,
            unchecked_calls: self.unchecked_calls,
            last_round_endless: false,
        }
    }
}

impl Process {
    /// Notes that what happens now depends on the clock or on chance.
    pub fn is_volatile(&mut self) {
        (self.volatile, self.ever_volatile) = (true, true);
    }
}

impl Shell {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.variables.get(name).map(|variable| variable.value.as_str())
    }

    /// Sets a variable; answers whether that changed anything, or an error for a read-only one.
    pub fn set(&mut self, name: &str, mut value: String) -> Result<bool, String> {
        cut(&mut value, MAX_TEXT_BYTES);
        if value.len() > SMALL_TEXT_BYTES {
            let others = self.variables.iter().filter(|(other, _)| *other != name);
            let total: usize = others.map(|(_, variable)| variable.value.len()).sum();
            cut(&mut value, MAX_TOTAL_BYTES.saturating_sub(total).max(SMALL_TEXT_BYTES));
        }
        if let Some(variable) = self.variables.get_mut(name) {
            if variable.read_only {
                return Err(format!("{name}: is read only"));
            }
            let changed = variable.value != value;
            variable.value = value;
            return Ok(changed);
        }
        if self.variables.len() < MAX_NAMES {
            self.variables.insert(name.to_string(), Variable { value, ..Variable::default() });
        }
        Ok(true)
    }
}
