//! Where output goes and input comes from: redirections, substitutions, pipelines.

use std::sync::Arc;

use super::calls::FORK_BYTES;
use super::code::{Code, Redirect, RedirectTo};
use super::expand::Expanded;
use super::limits::{MAX_CAPTURE_LEVELS, MAX_TEXT_BYTES, cut};
use super::machine::{Container, Halt, run_alone};
use super::process::{Before, Process, Shell, Target, Variable};

impl Process {
    /// The streams to go back to after these redirections.
    pub(super) fn before(&self, redirects: &[Redirect]) -> Before {
        let own_input = redirects.iter().any(|r| matches!(r.to, RedirectTo::Read(_) | RedirectTo::Text(_)));
        Before { streams: self.streams.clone(), own_input }
    }

    pub(super) fn restore(&mut self, before: Before) {
        let input = self.streams.input.take();
        self.streams = before.streams;
        if !before.own_input {
            self.streams.input = input;
        }
    }

    /// Runs code in a subshell of its own and takes what it prints.
    pub(super) fn capture(&mut self, container: &mut Container, code: &Arc<Code>) -> Expanded<String> {
        let (output, status) = self.run_apart(container, code, self.streams.input.clone())?;
        self.substituted = Some(status);
        Ok(output)
    }

    /// Runs a part of a pipeline, which reads what the part before it left.
    pub(super) fn run_part(&mut self, container: &mut Container, code: &Arc<Code>) -> Expanded<String> {
        let input = self.piped.take().or_else(|| self.streams.input.take());
        Ok(self.run_apart(container, code, input)?.0)
    }

    pub(super) fn run_apart(
        &mut self,
        container: &mut Container,
        code: &Arc<Code>,
        input: Option<String>,
    ) -> Expanded<(String, i32)> {
        if self.capture_level >= MAX_CAPTURE_LEVELS {
            return Err(Halt::Error("maximum nesting level exceeded".to_string()));
        }
        container.charge(FORK_BYTES);
        let mut child = self.fork(code.clone(), 0);
        child.streams.output = Target::Capture;
        child.streams.input = input;
        child.capture_level += 1;
        child.shell.traps.clear();
        run_alone(&mut child, container)?;
        self.now = child.now;
        self.volatile |= child.volatile || child.ever_volatile;
        container.charge(child.captured.len());
        Ok((child.captured, child.status))
    }

    /// Prints to the output or the error stream.
    pub(super) fn put(&mut self, container: &mut Container, text: &str, error: bool) {
        let target = if error { &self.streams.error } else { &self.streams.output };
        match target {
            Target::Log => container.log.write(self.now, text),
            Target::Capture => {
                self.captured.push_str(text);
                cut(&mut self.captured, MAX_TEXT_BYTES);
            }
            Target::File(path) => {
                if container.write_file(&path.clone(), text, true) {
                    self.changes += 1;
                }
            }
            Target::Nowhere => {}
        }
    }

    /// Prints an error behind the shell's name.
    pub(super) fn complain(&mut self, container: &mut Container, message: &str) {
        let line = if self.shell.bash { "line 1: " } else { "" };
        let text = format!("{}: {line}{message}\n", self.shell.name);
        self.put(container, &text, true);
    }

    /// Applies redirections from left to right; the inner error is one of them that does not work.
    pub(super) fn redirect(
        &mut self,
        container: &mut Container,
        redirects: &[Redirect],
    ) -> Expanded<Result<(), String>> {
        for Redirect { stream, to } in redirects {
            let target = match to {
                RedirectTo::Text(word) => {
                    self.streams.input = Some(self.text(container, word)?);
                    continue;
                }
                RedirectTo::Read(word) => {
                    let path = self.text(container, word)?;
                    self.streams.input = match container.files.get(&path) {
                        Some(text) => Some(text.clone()),
                        None if path.starts_with("/dev/") => None,
                        None => return Ok(Err(format!("can't open {path}: no such file"))),
                    };
                    continue;
                }
                RedirectTo::Stream(word) => match self.text(container, word)?.as_str() {
                    "1" => self.streams.output.clone(),
                    "2" => self.streams.error.clone(),
                    "-" => Target::Nowhere,
                    _ => continue,
                },
                RedirectTo::Write(word) | RedirectTo::Append(word) => {
                    let path = self.text(container, word)?;
                    let target = self.target(&path);
                    if let (Target::File(path), RedirectTo::Write(_)) = (&target, to) {
                        self.changes += u64::from(container.write_file(path, "", false));
                    }
                    target
                }
            };
            match stream {
                2 => self.streams.error = target,
                10 => (self.streams.output, self.streams.error) = (target.clone(), target),
                _ => self.streams.output = target,
            }
        }
        Ok(Ok(()))
    }

    pub(super) fn target(&self, path: &str) -> Target {
        match path {
            "/dev/null" | "/dev/zero" | "/dev/tty" | "/dev/termination-log" => Target::Nowhere,
            "/dev/stdout" | "/proc/self/fd/1" => self.streams.output.clone(),
            "/dev/stderr" | "/proc/self/fd/2" => self.streams.error.clone(),
            "/proc/1/fd/1" | "/proc/1/fd/2" | "/dev/console" => Target::Log,
            _ => Target::File(path.to_string()),
        }
    }

    /// The shell that `sh -c` starts: it inherits what is exported.
    pub(super) fn child_shell(&self, name: &str, bash: bool, positional: Vec<String>) -> Shell {
        let exported = |(_, variable): &(&String, &Variable)| variable.exported;
        let variables = self.shell.variables.iter().filter(exported).map(|(k, v)| (k.clone(), v.clone())).collect();
        Shell {
            variables,
            positional,
            name: name.to_string(),
            bash,
            directory: self.shell.directory.clone(),
            ..Shell::default()
        }
    }
}
