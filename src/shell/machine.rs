//! A container while its command runs: the processes, what they share, and the passing of time between them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Note;
use super::code::Code;
use super::limits::{
    MAX_LOG_LINES, MAX_LOG_STEPS, MAX_NAMES, MAX_OUTCOME_STEPS, MAX_OVERDRAFT_STEPS, MAX_PROCESSES,
    MAX_STEPS_AT_ONE_MOMENT, MAX_TEXT_BYTES, MAX_TOTAL_BYTES, SMALL_TEXT_BYTES, cut,
};
use super::log::Log;
use super::process::{Frame, Mark, Process, State};
use crate::dice::{Dice, Stream};

/// Why a process cannot go on as usual.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Halt {
    /// An error that ends its shell.
    Error(String),
    /// What it waits for never comes.
    Forever,
    /// The steps of this look are used up.
    Budget,
}

/// How a run came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// The main process ended.
    Ended,
    /// It goes on beyond the moment that was asked for.
    Later,
    /// It will never end.
    Forever,
    /// It runs without time passing.
    Spins,
    /// The steps are used up.
    Budget,
}

/// What the processes of a container share.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub files: BTreeMap<String, String>,
    pub log: Log,
    pub hostname: String,
    pub start_unix_nanos: i64,
    pub notes: Vec<Note>,
    /// Background processes that were started and not yet put among the others.
    pub started: Vec<Process>,
    /// Processes that a signal is to end, with the signal's number.
    pub killed: Vec<(u32, i32)>,
    /// Exit codes of ended background processes.
    pub ended: BTreeMap<u32, (i32, i64)>,
    /// The numbers of the background processes that run.
    pub alive: Vec<u32>,
    steps: u64,
    max_steps: u64,
    seed: u64,
    draws: u64,
}

impl Container {
    pub fn new(hostname: &str, start_unix_nanos: i64, seed: u64) -> Container {
        Container {
            files: BTreeMap::new(),
            log: Log::default(),
            hostname: hostname.to_string(),
            start_unix_nanos,
            notes: Vec::new(),
            started: Vec::new(),
            killed: Vec::new(),
            ended: BTreeMap::new(),
            alive: Vec::new(),
            steps: 0,
            max_steps: 0,
            seed,
            draws: 0,
        }
    }

    /// What `$RANDOM` is now: 0 to 32767.
    pub fn random(&mut self) -> u64 {
        self.draws += 1;
        Dice::new(self.seed).below(Stream::Shell, 0, self.draws, 32_768)
    }

    /// Counts the work of handling that many bytes, so that big texts use up the steps as well as many commands do.
    pub fn charge(&mut self, bytes: usize) {
        const BYTES_PER_STEP: u64 = 64;
        self.steps += bytes as u64 / BYTES_PER_STEP;
    }

    /// Counts one operation. A look ends between two operations of the processes; only what runs inside one of them (a
    /// substitution) may be cut short, and that only after a good deal more.
    pub fn step(&mut self) -> Result<(), Halt> {
        self.steps += 1;
        if self.steps > self.max_steps + MAX_OVERDRAFT_STEPS { Err(Halt::Budget) } else { Ok(()) }
    }

    /// Remembers something that the page should say about the program, once.
    pub fn note(&mut self, note: Note) {
        const MAX_NOTES: usize = 20;
        if self.notes.len() < MAX_NOTES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// Writes a file; answers whether its content changed.
    pub fn write_file(&mut self, path: &str, text: &str, append: bool) -> bool {
        if self.files.len() >= MAX_NAMES && !self.files.contains_key(path) {
            return false;
        }
        let file = self.files.entry(path.to_string()).or_default();
        if !append && file == text {
            return false;
        }
        if !append {
            file.clear();
        }
        file.push_str(text);
        cut(file, MAX_TEXT_BYTES);
        if file.len() > SMALL_TEXT_BYTES {
            let total: usize = self.files.values().map(String::len).sum();
            let over = total.saturating_sub(MAX_TOTAL_BYTES);
            if let Some(file) = self.files.get_mut(path) {
                let kept = file.len().saturating_sub(over).max(SMALL_TEXT_BYTES);
                cut(file, kept);
            }
        }
        true
    }
}

/// A container's processes. The first one is the main one: when it ends, all do.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    pub container: Container,
    processes: Vec<Process>,
    /// When SIGTERM arrives, if it does and has not yet.
    signal_at: Option<i64>,
    /// The exit code of the main process, and when it ended.
    pub end: Option<(i32, i64)>,
    escapes: bool,
}

impl Machine {
    pub fn new(container: Container, main: Process) -> Machine {
        let escapes = main.code.escapes;
        Machine { container, processes: vec![main], signal_at: None, end: None, escapes }
    }

    /// The same, and SIGTERM arrives at that moment.
    pub fn with_signal(self, offset_nanos: i64) -> Machine {
        Machine { signal_at: Some(offset_nanos), ..self }
    }

    /// Runs to find out how it ends, without keeping the log.
    pub fn run_to_end(&mut self) -> Stop {
        let steps = if self.signal_at.is_some() { MAX_LOG_STEPS } else { MAX_OUTCOME_STEPS };
        self.container.max_steps = self.container.steps + steps;
        self.run(i64::MAX, true)
    }

    /// Runs up to and including a moment, keeping the log.
    pub fn run_until(&mut self, offset_nanos: i64) -> Stop {
        self.container.max_steps = self.container.steps + MAX_LOG_STEPS;
        self.run(offset_nanos, false)
    }

    /// Runs up to a moment to see how the main process would take SIGTERM then: the text of its trap, if it has one.
    pub fn trap_at(&mut self, offset_nanos: i64) -> Option<String> {
        self.container.max_steps = self.container.steps + MAX_LOG_STEPS;
        self.run(offset_nanos, false);
        self.processes.first()?.shell.traps.get("TERM").cloned()
    }

    /// When the main process goes on, or got to.
    pub fn now(&self) -> i64 {
        self.end.map_or_else(|| self.processes.first().map_or(0, |main| main.now), |(_, at)| at)
    }

    fn run(&mut self, until: i64, only_end: bool) -> Stop {
        let (mut moment, mut moment_steps) = (i64::MIN, self.container.steps);
        loop {
            if self.end.is_some() {
                return Stop::Ended;
            }
            if self.container.steps > self.container.max_steps {
                return Stop::Budget;
            }
            let Some(next) = self.next_process(until) else { return self.nothing_to_do(until) };
            let now = self.processes[next].now;
            if now != moment {
                (moment, moment_steps) = (now, self.container.steps);
            } else if self.container.steps - moment_steps > MAX_STEPS_AT_ONE_MOMENT {
                return Stop::Spins;
            }
            let round = match self.processes[next].step(&mut self.container) {
                Ok(round) => round,
                Err(Halt::Budget) => return Stop::Budget,
                Err(Halt::Forever) => {
                    self.processes[next].state = State::Blocked;
                    false
                }
                Err(Halt::Error(message)) => {
                    self.processes[next].fail(&mut self.container, &message);
                    false
                }
            };
            if round
                && next == 0
                && let Some(stop) = self.round(until, only_end)
            {
                return stop;
            }
            self.settle(next);
        }
    }

    /// The process whose turn it is: the one furthest behind. The signal is delivered here when it is due.
    fn next_process(&mut self, until: i64) -> Option<usize> {
        let runs = |process: &Process| process.state == State::Runs;
        let next = (0..self.processes.len())
            .filter(|index| runs(&self.processes[*index]))
            .min_by_key(|index| self.processes[*index].now);
        if let Some(at) = self.signal_at {
            let others = next.map_or(i64::MAX, |index| self.processes[index].now);
            let main = self.processes.first_mut()?;
            // A shell looks at its signals between commands; only `wait` is interrupted.
            let due = match main.state {
                State::Runs => main.now >= at && others >= main.now,
                State::Waits(_) => others > at,
                State::Blocked | State::Ended => false,
            };
            if due && at <= until {
                self.signal_at = None;
                main.now = main.now.max(at);
                main.signal(&mut self.container, "TERM", 15);
                return self.next_process(until);
            }
        }
        next.filter(|index| self.processes[*index].now <= until)
    }

    fn nothing_to_do(&self, until: i64) -> Stop {
        let runs = self.processes.iter().any(|process| process.state == State::Runs);
        let main_waits_for_nobody = !runs || matches!(self.processes.first().map(|p| p.state), Some(State::Blocked));
        if main_waits_for_nobody || until == i64::MAX { Stop::Forever } else { Stop::Later }
    }

    /// Looks at the end of a round of the main process's innermost loop: a round that left everything as it was will
    /// be followed by the same rounds for ever, so they need not all be run.
    fn round(&mut self, until: i64, only_end: bool) -> Option<Stop> {
        let alone = self.processes.len() == 1;
        let signal_at = self.signal_at;
        let main = self.processes.first_mut()?;
        let endless = main.last_round_endless && !self.escapes;
        let new = Mark { changes: main.changes, status: main.status, now: main.now, lines: self.container.log.count };
        let Some(Frame::Loop { mark, .. }) = main.frames.last_mut() else { return None };
        let old = mark.replace(new)?;
        let same = alone && old.changes == new.changes && old.status == new.status;
        let passed = new.now.saturating_sub(old.now);
        if only_end && signal_at.is_none() && passed > 0 && (same || endless) {
            return Some(Stop::Forever);
        }
        if !same {
            return None;
        }
        if passed == 0 {
            return Some(Stop::Spins);
        }
        let lines_a_round = new.lines - old.lines;
        let shown = if only_end { 0 } else { MAX_LOG_LINES as u64 };
        let kept = shown.checked_div(lines_a_round).map_or(0, |rounds| rounds as i64 + 1);
        let until = signal_at.map_or(until, |at| at.min(until));
        let rounds = (until.saturating_sub(new.now) / passed).saturating_sub(kept + 1).max(0);
        main.now += rounds * passed;
        self.container.log.skip((rounds as u64).saturating_mul(lines_a_round));
        if let Some(Frame::Loop { mark, .. }) = main.frames.last_mut() {
            *mark = None;
        }
        None
    }

    /// Puts newly started processes among the others, ends those that were killed, and wakes those that waited.
    fn settle(&mut self, stepped: usize) {
        self.processes.append(&mut self.container.started);
        for (pid, signal) in std::mem::take(&mut self.container.killed) {
            let now = self.processes.get(stepped).map_or(0, |process| process.now);
            if let Some(target) = self.processes.iter_mut().skip(1).find(|process| process.pid == pid) {
                target.now = now;
                target.status = 128 + signal;
                target.state = State::Ended;
            } else if pid == 1 && signal == 15 {
                // The kernel keeps signals without a handler from process 1.
                self.processes[0].signal(&mut self.container, "TERM", 15);
            }
        }
        if let Some(main) = self.processes.first().filter(|main| main.state == State::Ended) {
            self.end = Some((main.status, main.now));
            return;
        }
        if self.processes.len() == 1 {
            return;
        }
        for process in self.processes.iter().filter(|process| process.state == State::Ended) {
            self.container.ended.insert(process.pid, (process.status, process.now));
            self.container.alive.retain(|pid| *pid != process.pid);
        }
        self.processes.retain(|process| process.state != State::Ended);
        while self.container.ended.len() > MAX_PROCESSES {
            self.container.ended.pop_first();
        }
        let parents: Vec<(u32, u32)> = self.processes.iter().map(|process| (process.pid, process.parent)).collect();
        for process in &mut self.processes {
            let State::Waits(target) = process.state else { continue };
            let waiting =
                parents.iter().any(|(pid, parent)| *parent == process.pid && target.is_none_or(|t| t == *pid));
            if !waiting {
                process.wake(&mut self.container, target);
            }
        }
    }
}

/// Runs a process by itself until it ends, for a substitution or a part of a pipeline.
pub(super) fn run_alone(process: &mut Process, container: &mut Container) -> Result<(), Halt> {
    while process.state != State::Ended {
        match process.step(container) {
            Ok(_) => {}
            Err(Halt::Error(message)) => process.fail(container, &message),
            Err(other) => return Err(other),
        }
        // What it starts in the background runs to its end at once.
        for mut child in std::mem::take(&mut container.started) {
            container.alive.retain(|pid| *pid != child.pid);
            let started = child.now;
            run_alone(&mut child, container)?;
            container.ended.insert(child.pid, (child.status, child.now));
            process.captured.push_str(&child.captured);
            if process.state != State::Ended {
                process.now = process.now.max(started);
            }
        }
        match process.state {
            State::Waits(target) => process.wake(container, target),
            State::Blocked => return Err(Halt::Forever),
            State::Runs | State::Ended => {}
        }
    }
    Ok(())
}

/// A script that is one command of plain words.
pub(super) fn one_command(words: &[String]) -> Arc<Code> {
    use super::code::{Op, Simple, Word};
    let words = words.iter().map(|word| Word::literal(word)).collect();
    let command = Arc::new(Simple { words, ..Simple::default() });
    Arc::new(Code { ops: vec![Op::Simple { command, checked: true }], escapes: false })
}
