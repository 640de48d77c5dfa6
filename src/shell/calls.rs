//! Calling and leaving: functions, traps, `exit`, `break`, background processes.

use std::sync::Arc;

use super::code::Code;
use super::limits::MAX_PROCESSES;
use super::machine::{Container, Halt};
use super::parse::parse;
use super::process::{Before, Call, Frame, Process, State, Variable};

/// What starting a process costs, as if that much text were handled.
pub(super) const FORK_BYTES: usize = 4_096;

impl Process {
    pub(super) fn call(
        &mut self,
        code: Arc<Code>,
        at: usize,
        kind: Call,
        before: Option<Before>,
        checked: bool,
    ) -> Result<(), Halt> {
        let back = std::mem::replace(&mut self.code, code);
        let frame = Frame::Call { code: back, at: self.at, before, checked, kind };
        self.at = at;
        self.unchecked_calls += usize::from(!checked);
        self.push(frame)
    }

    /// Returns from the innermost function, text or trap, leaving loops and redirections inside it.
    pub(super) fn return_from_call(&mut self, container: &mut Container) {
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Loop { .. } => {}
                Frame::Redirect { before } => self.restore(before),
                Frame::Subshell { end, shell, before } => {
                    // `return` in a subshell leaves the subshell.
                    self.frames.push(Frame::Subshell { end, shell, before });
                    self.at = end;
                    return;
                }
                Frame::Call { code, at, before, checked, kind } => {
                    (self.code, self.at) = (code, at);
                    self.unchecked_calls -= usize::from(!checked);
                    match kind {
                        Call::Function { positional, locals } => {
                            self.shell.positional = positional;
                            self.forget_locals(locals);
                        }
                        Call::Eval => {}
                        Call::Trap(status) => self.status = status,
                        Call::Last(status) => {
                            self.status = status;
                            self.state = State::Ended;
                        }
                        Call::Shell(shell) => self.shell = *shell,
                    }
                    if let Some(before) = before {
                        self.restore(before);
                    }
                    self.check(checked, container);
                    return;
                }
            }
        }
        self.exit(container, self.status);
    }

    /// Gives the variables back the values from before the function.
    pub(super) fn forget_locals(&mut self, locals: Vec<(String, Option<Variable>)>) {
        for (name, before) in locals.into_iter().rev() {
            match before {
                Some(variable) => self.shell.variables.insert(name, variable),
                None => self.shell.variables.remove(&name),
            };
        }
    }

    pub(super) fn end_of_code(&mut self, container: &mut Container) {
        if self.frames.iter().any(|frame| matches!(frame, Frame::Call { .. })) {
            self.return_from_call(container);
        } else {
            self.exit(container, self.status);
        }
    }

    /// `exit`: leaves the innermost subshell, or ends the process after its `EXIT` trap.
    pub(super) fn exit(&mut self, container: &mut Container, status: i32) {
        self.status = status;
        while let Some(frame) = self.frames.pop() {
            match frame {
                Frame::Subshell { end, shell, before } => {
                    self.at = end;
                    self.frames.push(Frame::Subshell { end, shell, before });
                    return;
                }
                Frame::Call { code, at, before, checked, kind: Call::Shell(shell) } => {
                    (self.code, self.at, self.shell) = (code, at, *shell);
                    self.unchecked_calls -= usize::from(!checked);
                    if let Some(before) = before {
                        self.restore(before);
                    }
                    self.check(checked, container);
                    return;
                }
                Frame::Call { code, before, checked, .. } => {
                    self.code = code;
                    self.unchecked_calls -= usize::from(!checked);
                    if let Some(before) = before {
                        self.restore(before);
                    }
                }
                Frame::Redirect { before } => self.restore(before),
                Frame::Loop { .. } => {}
            }
        }
        self.state = State::Ended;
        let Some(text) = self.shell.traps.remove("EXIT").filter(|text| !text.is_empty()) else { return };
        let called = match parse(&text) {
            Ok(code) => self.call(Arc::new(code), 0, Call::Last(status), None, true).is_ok(),
            Err(error) => {
                self.complain(container, &error);
                false
            }
        };
        if called {
            self.state = State::Runs;
        }
    }

    /// A signal for this shell: its trap runs. Without one the main process does not hear it.
    pub(super) fn signal(&mut self, container: &mut Container, name: &str, number: i32) {
        let Some(text) = self.shell.traps.get(name).filter(|text| !text.is_empty()) else { return };
        match parse(text) {
            Ok(code) => {
                let status = if self.state == State::Runs { self.status } else { 128 + number };
                self.state = State::Runs;
                if let Err(Halt::Error(error)) = self.call(Arc::new(code), 0, Call::Trap(status), None, true) {
                    self.fail(container, &error);
                }
            }
            Err(error) => self.fail(container, &error),
        }
    }

    /// Goes on after a `wait`.
    pub(super) fn wake(&mut self, container: &mut Container, target: Option<u32>) {
        let (status, latest) = match target {
            Some(pid) => container.ended.get(&pid).copied().unwrap_or((127, self.now)),
            None => (0, container.ended.values().map(|(_, at)| *at).max().unwrap_or(self.now)),
        };
        self.state = State::Runs;
        self.status = status;
        self.now = self.now.max(latest);
    }

    /// An error that ends the shell.
    pub(super) fn fail(&mut self, container: &mut Container, message: &str) {
        if !message.is_empty() {
            self.complain(container, message);
        }
        let status = if self.shell.bash || message.is_empty() { 1 } else { 2 };
        self.exit(container, status);
    }

    /// `break` and `continue`.
    pub(super) fn leave_loops(&mut self, levels: usize, again: bool) {
        self.status = 0;
        let mut left = levels.max(1);
        while let Some(frame) = self.frames.last_mut() {
            match frame {
                Frame::Loop { back, exit, status, .. } => {
                    left -= 1;
                    if left == 0 {
                        self.at = if again { *back } else { *exit };
                        *status = 0;
                        return;
                    }
                }
                Frame::Redirect { before } => {
                    let before = before.clone();
                    self.restore(before);
                }
                Frame::Subshell { .. } | Frame::Call { .. } => return,
            }
            self.frames.pop();
        }
    }

    /// Starts what stands at `at` as a process beside this one.
    pub(super) fn start_background(
        &mut self,
        container: &mut Container,
        code: &Arc<Code>,
        at: usize,
    ) -> Result<(), Halt> {
        if container.alive.len() >= MAX_PROCESSES {
            return Err(Halt::Error("can't fork: Resource temporarily unavailable".to_string()));
        }
        /// The first number that a container gives out after its main process's.
        const FIRST_PID: u32 = 7;
        let pid = (FIRST_PID..).find(|pid| !container.alive.contains(pid)).unwrap_or(FIRST_PID);
        container.charge(FORK_BYTES);
        let mut child = self.fork(code.clone(), at);
        (child.pid, child.parent) = (pid, self.pid);
        child.streams.input = None;
        child.shell.traps.clear();
        container.alive.push(pid);
        container.ended.remove(&pid);
        container.started.push(child);
        if self.shell.last_background.replace(pid) != Some(pid) {
            self.changes += 1;
        }
        self.status = 0;
        Ok(())
    }
}
