//! What each operation does to its process.

use std::sync::Arc;

use super::code::{Code, Op, Simple};
use super::commands::Effect;
use super::expand::Expanded;
use super::limits::{MAX_FRAMES, MAX_NAMES};
use super::machine::{Container, Halt};
use super::process::{Before, Call, Frame, Process, State};
use super::text::matches;

impl Process {
    /// Runs one operation. Answers whether it was the end of a loop's round.
    pub(super) fn step(&mut self, container: &mut Container) -> Result<bool, Halt> {
        container.step()?;
        let code = self.code.clone();
        let Some(op) = code.ops.get(self.at) else {
            self.end_of_code(container);
            return Ok(false);
        };
        let here = self.at;
        let to = |distance: isize| here.saturating_add_signed(distance);
        self.at += 1;
        match op {
            Op::Simple { command, checked } => self.simple(container, command, *checked)?,
            Op::Arith(expression) => {
                self.volatile = false;
                self.status = i32::from(self.arithmetic(container, expression)? == 0);
                self.taint();
            }
            Op::Jump(distance) => self.at = to(*distance),
            Op::JumpIfOk(distance) if self.status == 0 => self.at = to(*distance),
            Op::JumpIfFail(distance) if self.status != 0 => self.at = to(*distance),
            Op::JumpIfOk(_) | Op::JumpIfFail(_) => {}
            Op::Not => self.status = i32::from(self.status == 0),
            Op::Status(status) => self.status = *status,
            Op::LoopBack { start, endless } => {
                let now = self.status;
                if let Some(Frame::Loop { status, .. }) = self.frames.last_mut() {
                    *status = now;
                }
                self.last_round_endless = *endless;
                self.at = to(*start);
                return Ok(true);
            }
            _ => self.structure(container, &code, op, here)?,
        }
        Ok(false)
    }

    /// The operations that begin and end something.
    fn structure(&mut self, container: &mut Container, code: &Arc<Code>, op: &Op, here: usize) -> Result<(), Halt> {
        let to = |distance: isize| here.saturating_add_signed(distance);
        match op {
            Op::LoopEnter { back, exit } => self.enter_loop(to(*back), to(*exit), None)?,
            Op::ForEnter { words, back, exit } => {
                self.volatile = false;
                let items = match words {
                    Some(words) => self.fields(container, words)?,
                    None => self.shell.positional.clone(),
                };
                self.taint();
                self.enter_loop(to(*back), to(*exit), Some(items))?;
            }
            Op::ForNext { name } => self.next_item(name)?,
            Op::LoopExit => {
                if let Some(Frame::Loop { status, .. }) = self.frames.pop() {
                    self.status = status;
                }
            }
            Op::Case { word, arms, end } => {
                self.volatile = false;
                let text: Vec<char> = self.text(container, word)?.chars().collect();
                self.taint();
                self.status = 0;
                self.at = to(*end);
                'arms: for (patterns, distance) in arms {
                    for pattern in patterns {
                        if matches(&self.pattern(container, pattern)?, &text) {
                            self.at = to(*distance);
                            break 'arms;
                        }
                    }
                }
            }
            Op::SubshellEnter { end, piped } => {
                let before = Before { streams: self.streams.clone(), own_input: *piped };
                self.push(Frame::Subshell { end: to(*end), shell: Box::new(self.shell.clone()), before })?;
                if *piped {
                    self.streams.input = self.piped.take();
                }
            }
            Op::SubshellExit { checked } => {
                self.leave_subshell();
                self.check(*checked, container);
            }
            Op::RedirectEnter(redirects) => {
                let before = self.before(redirects);
                self.push(Frame::Redirect { before })?;
                if let Err(error) = self.redirect(container, redirects)? {
                    self.complain(container, &error);
                    return Err(Halt::Error(String::new()));
                }
            }
            Op::RedirectExit => {
                if let Some(Frame::Redirect { before }) = self.frames.pop() {
                    self.restore(before);
                }
            }
            Op::Capture(code) => {
                let output = self.run_part(container, code)?;
                self.piped = Some(output);
                // Whether what follows can depend on the clock is not looked into.
                if self.volatile {
                    self.changes += 1;
                }
            }
            Op::Background { end } => {
                self.start_background(container, code, here + 1)?;
                self.at = to(*end);
            }
            Op::ProcessEnd => self.state = State::Ended,
            Op::Define { name, end } => {
                if self.shell.functions.len() < MAX_NAMES {
                    self.shell.functions.insert(name.clone(), (code.clone(), here + 1));
                }
                self.status = 0;
                self.at = to(*end);
            }
            Op::Return => self.return_from_call(container),
            _ => {}
        }
        Ok(())
    }

    /// A command whose course depended on the clock or on chance makes this round unlike the next.
    fn taint(&mut self) {
        if self.volatile {
            self.changes += 1;
        }
    }

    pub(super) fn push(&mut self, frame: Frame) -> Result<(), Halt> {
        if self.frames.len() >= MAX_FRAMES {
            return Err(Halt::Error("maximum nesting level exceeded".to_string()));
        }
        self.frames.push(frame);
        Ok(())
    }

    fn enter_loop(&mut self, back: usize, exit: usize, items: Option<Vec<String>>) -> Result<(), Halt> {
        self.push(Frame::Loop { back, exit, items: items.map(Vec::into_iter), status: 0, mark: None })
    }

    fn next_item(&mut self, name: &str) -> Expanded<()> {
        let Some(Frame::Loop { items: Some(items), exit, .. }) = self.frames.last_mut() else { return Ok(()) };
        let Some(item) = items.next() else {
            self.at = *exit;
            return Ok(());
        };
        // Where in its items a loop is makes rounds differ, whatever the items are.
        self.changes += 1;
        self.assign(name, item).map_err(Halt::Error)
    }

    fn leave_subshell(&mut self) {
        if let Some(Frame::Subshell { shell, before, .. }) = self.frames.pop() {
            self.shell = *shell;
            self.restore(before);
        }
    }

    /// Runs a simple command.
    fn simple(&mut self, container: &mut Container, command: &Simple, checked: bool) -> Result<(), Halt> {
        (self.volatile, self.substituted) = (false, None);
        let words = self.fields(container, &command.words)?;
        let mut values = Vec::new();
        for (name, word) in &command.assignments {
            values.push((name.clone(), self.text(container, word)?));
        }
        if self.shell.trace {
            let shown: Vec<String> =
                values.iter().map(|(name, value)| format!("{name}={value}")).chain(words.clone()).collect();
            self.put(container, &format!("+ {}\n", shown.join(" ")), true);
        }
        if self.volatile {
            // What is only printed changes nothing.
            self.changes += u64::from(!matches!(words.first().map(String::as_str), Some("echo" | "printf")));
        }
        let streams = self.before(&command.redirects);
        if let Err(error) = self.redirect(container, &command.redirects)? {
            self.complain(container, &error);
            self.status = 1;
            self.restore(streams);
            self.check(checked, container);
            return Ok(());
        }
        let Some((name, arguments)) = words.split_first() else {
            for (name, value) in values {
                self.assign(&name, value).map_err(Halt::Error)?;
            }
            self.status = self.substituted.unwrap_or(0);
            self.restore(streams);
            self.check(checked, container);
            return Ok(());
        };
        let before: Vec<_> =
            values.iter().map(|(name, _)| (name.clone(), self.shell.variables.get(name).cloned())).collect();
        for (name, value) in values {
            self.assign(&name, value).map_err(Halt::Error)?;
            if let Some(variable) = self.shell.variables.get_mut(&name) {
                variable.exported = true;
            }
        }
        if let Some((code, at)) = self.shell.functions.get(name).cloned() {
            let positional = std::mem::replace(&mut self.shell.positional, arguments.to_vec());
            let kind = Call::Function { positional, locals: Vec::new() };
            return self.call(code, at, kind, Some(streams), checked);
        }
        let effect = self.run_command(container, name, arguments)?;
        for (name, variable) in before {
            match variable {
                Some(variable) => self.shell.variables.insert(name, variable),
                None => self.shell.variables.remove(&name),
            };
        }
        self.apply(container, effect, streams, checked, name == "exec" && arguments.is_empty())
    }

    /// Does what a command asked for. `keep`: its redirections stay.
    fn apply(
        &mut self,
        container: &mut Container,
        effect: Effect,
        before: Before,
        checked: bool,
        keep: bool,
    ) -> Result<(), Halt> {
        if let Effect::Eval(code) = effect {
            return self.call(code, 0, Call::Eval, Some(before), checked);
        }
        if let Effect::Shell { code, shell } = effect {
            let outer = std::mem::replace(&mut self.shell, *shell);
            return self.call(code, 0, Call::Shell(Box::new(outer)), Some(before), checked);
        }
        if !keep {
            self.restore(before);
        }
        match effect {
            Effect::Done(status) => self.status = status,
            Effect::Sleep { nanos, status } => {
                self.now = self.now.saturating_add(nanos);
                self.status = status;
            }
            Effect::Forever => self.state = State::Blocked,
            Effect::Exit(status) => {
                self.exit(container, status);
                return Ok(());
            }
            Effect::Break(levels) => self.leave_loops(levels, false),
            Effect::Continue(levels) => self.leave_loops(levels, true),
            Effect::Return(status) => {
                self.status = status;
                self.return_from_call(container);
                return Ok(());
            }
            Effect::Wait(target) => {
                self.status = 0;
                let alive = match target {
                    Some(pid) => container.alive.contains(&pid),
                    None => !container.alive.is_empty(),
                };
                self.state = State::Waits(target);
                if !alive {
                    self.wake(container, target);
                }
                return Ok(());
            }
            Effect::Eval(_) | Effect::Shell { .. } => {}
        }
        self.check(checked, container);
        Ok(())
    }

    /// Ends the shell after a failure under `set -e`.
    pub(super) fn check(&mut self, checked: bool, container: &mut Container) {
        let checked = checked && self.unchecked_calls == 0;
        if checked && self.status != 0 && self.shell.exit_on_error && self.state == State::Runs {
            self.exit(container, self.status);
        }
    }
}
