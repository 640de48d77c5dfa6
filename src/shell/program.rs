//! A container's program from the outside: when it ends, what it has logged, how it takes SIGTERM.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::code::Code;
use super::commands::{ShellArguments, is_program};
use super::images::{self, Image};
use super::log::LogLine;
use super::machine::{Container, Machine, Stop, one_command};
use super::parse::parse;
use super::process::{Process, Shell, Variable};
use super::variables::expand_variables;

/// Everything that decides what a container does. Equal launches do equal things.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// The image, with or without registry and tag.
    pub image: String,
    /// `command` of the container as it stands in the Pod, `$(NAME)` not yet replaced.
    pub command: Vec<String>,
    /// `args` of the container, likewise.
    pub args: Vec<String>,
    /// The container's environment, in order.
    pub env: Vec<(String, String)>,
    /// The Pod's host name.
    pub hostname: String,
    /// When it starts, in Unix nanoseconds.
    pub start_unix_nanos: i64,
    /// Decides what `$RANDOM` gives.
    pub seed: u64,
}

/// Why the program does what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The container's own command.
    Command,
    /// What the image is known to do without a command.
    Image(&'static Image),
}

/// How a program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It exits so many nanoseconds after its start.
    Exits {
        /// When, after the start.
        offset_nanos: i64,
        /// With which code, 0 to 255.
        code: i32,
    },
    /// It never exits by itself.
    RunsForEver,
    /// It never exits by itself and keeps a processor busy from this moment on: a loop without a pause.
    Spins {
        /// Since when, after the start.
        offset_nanos: i64,
    },
    /// It is too long to tell now. It runs at least so long; ask again then.
    Undecided {
        /// Until when it runs for sure, after the start.
        alive_until_nanos: i64,
    },
}

/// What SIGTERM does to a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Termination {
    /// It has no handler: it dies of the signal, as far as the kubelet's own rules say.
    ///
    /// DIFFERENCE: a real shell without a trap is process 1 and does not hear SIGTERM at all, so it lives until SIGKILL;
    /// recorded containers end after a second with code 143, and so do ours.
    NoHandler,
    /// Its trap, or its natural end, makes it exit.
    Exits {
        /// When, after the start.
        offset_nanos: i64,
        /// With which code, 0 to 255.
        code: i32,
    },
    /// It ignores the signal or cannot hear it in time: only SIGKILL ends it.
    Survives,
}

/// Something that the page should say about a program.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Note {
    /// A command that does not exist in a small image; it failed with 127.
    NotFound(String),
    /// A command whose work is not simulated; it succeeded at once.
    NotSimulated(String),
    /// A program that serves until it is stopped.
    Serves(String),
    /// The script cannot be read; the shell exits with 2.
    SyntaxError(String),
}

/// A container's program: a value, computed from its [`Launch`] alone.
///
/// ```
/// use orrery::shell::{Launch, Outcome, Program};
///
/// let launch = Launch {
///     command: ["sh", "-c", "echo working; sleep 20; exit 3"].map(String::from).to_vec(),
///     ..Launch::default()
/// };
/// let program = Program::of(&launch).unwrap();
/// assert_eq!(program.outcome(), Outcome::Exits { offset_nanos: 20_000_000_000, code: 3 });
/// assert_eq!(program.logs_until(0)[0].text, "working");
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    rule: Rule,
    start: Machine,
    notes: Vec<Note>,
}

impl Program {
    /// The program of a container, if its command is one that can be simulated or its image is known.
    ///
    /// `None`: nothing is known about it (an own program of an unknown image).
    pub fn of(launch: &Launch) -> Option<Program> {
        let replace = |words: &[String]| -> Vec<String> {
            words.iter().map(|word| expand_variables(word, &launch.env)).collect()
        };
        let (command, args) = (replace(&launch.command), replace(&launch.args));
        let image = images::lookup(&launch.image);
        let words = match (command.is_empty(), image) {
            (false, _) => [command, args].concat(),
            // An image without an entrypoint runs its arguments as the command.
            (true, image) if !args.is_empty() && image.is_none_or(|image| !image.has_entrypoint) => args,
            (true, Some(image)) => return Some(Program::scripted(launch, image)),
            (true, None) => return None,
        };
        let name = words.first()?;
        let known_image = image.filter(|image| !image.has_entrypoint && !image.serves()).is_some();
        let shell = shell_name(name);
        if shell.is_none() && !is_program(name) && !known_image {
            return None;
        }
        let mut notes = Vec::new();
        let process = match shell {
            Some(shell) => shell_process(shell, &words[1..], &launch.env, &mut notes),
            None => Process::new(one_command(&words), shell_of(&launch.env, "sh")),
        };
        Some(Program::new(launch, Rule::Command, process, notes))
    }

    fn scripted(launch: &Launch, image: &'static Image) -> Program {
        let code = parse(image.script).unwrap_or_default();
        let process = Process::new(Arc::new(code), shell_of(&launch.env, "sh"));
        Program::new(launch, Rule::Image(image), process, Vec::new())
    }

    fn new(launch: &Launch, rule: Rule, process: Process, notes: Vec<Note>) -> Program {
        let container = Container::new(&launch.hostname, launch.start_unix_nanos, launch.seed);
        Program { rule, start: Machine::new(container, process), notes }
    }

    /// Which rule decided.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// How the program ends when nobody stops it.
    pub fn outcome(&self) -> Outcome {
        outcome(&mut self.start.clone())
    }

    /// What the page should say about it: found out by running it to its end, or as far as [`Program::outcome`] looks.
    pub fn notes(&self) -> Vec<Note> {
        let mut machine = self.start.clone();
        machine.run_to_end();
        self.notes.iter().cloned().chain(machine.container.notes).collect()
    }

    /// The newest lines that it has printed up to and including that moment after its start, oldest first; at most
    /// [`MAX_LOG_LINES`](super::MAX_LOG_LINES).
    pub fn logs_until(&self, offset_nanos: i64) -> Vec<LogLine> {
        let mut playback = self.play();
        playback.advance(offset_nanos);
        playback.lines(offset_nanos)
    }

    /// What SIGTERM at that moment after the start does to it.
    pub fn sigterm(&self, offset_nanos: i64) -> Termination {
        let trap = self.start.clone().trap_at(offset_nanos);
        if trap.is_none() {
            return Termination::NoHandler;
        }
        match outcome(&mut self.start.clone().with_signal(offset_nanos)) {
            Outcome::Exits { offset_nanos, code } => Termination::Exits { offset_nanos, code },
            _ => Termination::Survives,
        }
    }

    /// [`Program::logs_until`] of a program that got SIGTERM at `signal_nanos` after its start.
    pub fn logs_with_sigterm(&self, offset_nanos: i64, signal_nanos: i64) -> Vec<LogLine> {
        let mut playback = Playback { machine: keeping_log(self.start.clone().with_signal(signal_nanos)) };
        playback.advance(offset_nanos);
        playback.lines(offset_nanos)
    }

    /// The program at its start, to be played forward: cheaper than asking for the log from the start again and again.
    pub fn play(&self) -> Playback {
        Playback { machine: keeping_log(self.start.clone()) }
    }
}

fn keeping_log(mut machine: Machine) -> Machine {
    machine.container.log.kept = true;
    machine
}

fn outcome(machine: &mut Machine) -> Outcome {
    let stop = machine.run_to_end();
    let now = machine.now();
    match (stop, machine.end) {
        (_, Some((code, offset_nanos))) => Outcome::Exits { offset_nanos, code },
        (Stop::Spins, None) => Outcome::Spins { offset_nanos: now },
        (Stop::Budget, None) => Outcome::Undecided { alive_until_nanos: now },
        (Stop::Ended | Stop::Later | Stop::Forever, None) => Outcome::RunsForEver,
    }
}

/// A program somewhere on its way.
#[derive(Clone, Debug)]
pub struct Playback {
    machine: Machine,
}

impl Playback {
    /// Plays up to and including that moment after the start. Going back is not possible.
    ///
    /// `false`: the steps of one look did not suffice; another call goes on from there.
    pub fn advance(&mut self, offset_nanos: i64) -> bool {
        self.machine.run_until(offset_nanos) != Stop::Budget
    }

    /// How it ends, looking on from where it is: for what was [`Outcome::Undecided`] from the start.
    pub fn outcome(&self) -> Outcome {
        outcome(&mut self.machine.clone())
    }

    /// The newest lines up to that moment, which is not beyond the last [`Playback::advance`].
    pub fn lines(&self, offset_nanos: i64) -> Vec<LogLine> {
        let ended = self.machine.end.is_some_and(|(_, at)| at <= offset_nanos);
        self.machine.container.log.until(offset_nanos, ended)
    }

    /// How many lines it has printed in all, those included that are no longer kept.
    pub fn line_count(&self) -> u64 {
        self.machine.container.log.count
    }
}

/// The program's name when it is a shell.
fn shell_name(name: &str) -> Option<&str> {
    let program = name.rsplit('/').next().unwrap_or(name);
    matches!(program, "sh" | "bash" | "ash" | "dash" | "zsh").then_some(program)
}

/// A shell with the environment of a container.
fn shell_of(env: &[(String, String)], name: &str) -> Shell {
    let exported = |value: &str| Variable { value: value.to_string(), exported: true, read_only: false };
    let mut variables: BTreeMap<String, Variable> =
        [("HOME", "/root"), ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")]
            .map(|(name, value)| (name.to_string(), exported(value)))
            .into();
    for (name, value) in env.iter().take(super::limits::MAX_NAMES) {
        // Values may refer to variables before them, but the kubelet has replaced those by now.
        variables.insert(name.clone(), exported(value));
    }
    Shell {
        variables,
        name: name.to_string(),
        bash: matches!(name, "bash" | "zsh"),
        directory: "/".to_string(),
        ..Shell::default()
    }
}

/// The main process of a container whose command is a shell.
fn shell_process(name: &str, args: &[String], env: &[(String, String)], notes: &mut Vec<Note>) -> Process {
    let start = ShellArguments::read(args);
    let mut shell = shell_of(env, name);
    start.apply(&mut shell);
    let code = match start.script {
        Some(script) => {
            shell.positional = start.rest.get(1..).unwrap_or_default().to_vec();
            shell.name = start.rest.first().cloned().unwrap_or(shell.name);
            parse(script).unwrap_or_else(|error| {
                notes.push(Note::SyntaxError(error.clone()));
                failing(&format!("{name}: {error}"), 2)
            })
        }
        // A shell without a terminal reads the end of its input and exits.
        None => match start.rest.first() {
            None => Code::default(),
            Some(path) => {
                notes.push(Note::NotFound(path.clone()));
                failing(&format!("{name}: can't open '{path}': No such file or directory"), 2)
            }
        },
    };
    Process::new(Arc::new(code), shell)
}

/// A script that prints an error and exits.
fn failing(message: &str, code: i32) -> Code {
    let say = one_command(&["echo".to_string(), message.to_string()]);
    let exit = one_command(&["exit".to_string(), code.to_string()]);
    Code { ops: say.ops.iter().chain(&exit.ops).cloned().collect(), escapes: true }
}
