//! Commands that steer the shell itself.

use std::sync::Arc;

use super::{Effect, FAILED, OK};
use crate::shell::code::{Code, Op};
use crate::shell::expand::Expanded;
use crate::shell::limits::MAX_NAMES;
use crate::shell::machine::{Container, Halt, one_command};
use crate::shell::parse::parse;
use crate::shell::process::{Call, Frame, Process};

impl Process {
    /// Runs a command of the shell, if that is one.
    pub(super) fn control(
        &mut self,
        container: &mut Container,
        name: &str,
        args: &[String],
    ) -> Expanded<Option<Effect>> {
        let number = |index: usize| args.get(index).and_then(|text| text.parse::<i32>().ok());
        let levels = || number(0).map_or(1, |n| n.clamp(1, 100) as usize);
        Ok(Some(match name {
            ":" => OK,
            "exit" => Effect::Exit(number(0).unwrap_or(self.status) & 255),
            "return" => Effect::Return(number(0).unwrap_or(self.status) & 255),
            "break" => Effect::Break(levels()),
            "continue" => Effect::Continue(levels()),
            "eval" => match parse(&args.join(" ")) {
                Ok(code) => Effect::Eval(Arc::new(code)),
                Err(error) => return Err(Halt::Error(error)),
            },
            "exec" => self.exec(args),
            "command" | "builtin" | "nohup" | "time" | "nice" if !args.is_empty() => {
                let lookup = matches!(args[0].as_str(), "-v" | "-V");
                if lookup { self.which(container, args) } else { Effect::Eval(one_command(args)) }
            }
            "type" | "which" => self.which(container, args),
            "." | "source" => self.source(container, args)?,
            "sh" | "bash" | "ash" | "dash" | "/bin/sh" | "/bin/bash" | "/bin/ash" | "/usr/bin/bash" | "/bin/dash" => {
                self.start_shell(container, name, args)?
            }
            "set" => self.set_options(args),
            "shift" => {
                let count = number(0).unwrap_or(1).max(0) as usize;
                if count > self.shell.positional.len() {
                    FAILED
                } else {
                    self.shell.positional.drain(..count);
                    self.changes += 1;
                    OK
                }
            }
            "export" | "local" | "declare" | "typeset" | "readonly" => self.declare(container, name, args)?,
            "unset" => {
                for name in args {
                    let gone = self.shell.variables.remove(name).is_some();
                    self.changes += u64::from(gone || self.shell.functions.remove(name).is_some());
                }
                OK
            }
            "read" => self.read(args)?,
            "trap" => self.trap(args),
            "wait" => Effect::Wait(number(0).and_then(|pid| u32::try_from(pid).ok())),
            "kill" => self.kill(container, args),
            "let" => {
                let expression = crate::shell::code::Word::literal(&args.join(","));
                Effect::Done(i32::from(self.arithmetic(container, &expression)? == 0))
            }
            "umask" | "ulimit" | "hash" | "alias" | "jobs" | "bg" | "fg" | "shopt" | "disown" => OK,
            _ => return Ok(None),
        }))
    }

    /// `exec`: the command takes the shell's place, so its traps are gone and nothing runs after it.
    fn exec(&mut self, args: &[String]) -> Effect {
        if args.is_empty() {
            return OK;
        }
        self.shell.traps.clear();
        let command = one_command(args);
        let exit = one_command(&["exit".to_string()]);
        let ops: Vec<Op> = command.ops.iter().chain(&exit.ops).cloned().collect();
        Effect::Eval(Arc::new(Code { ops, escapes: true }))
    }

    fn which(&mut self, container: &mut Container, args: &[String]) -> Effect {
        let Some(name) = args.iter().find(|arg| !arg.starts_with('-')) else { return FAILED };
        let builtin = matches!(name.as_str(), "cd" | "export" | "set" | "trap" | "read" | ":");
        if super::is_program(name) || builtin || self.shell.functions.contains_key(name) {
            self.say(container, &format!("{name}\n"))
        } else {
            FAILED
        }
    }

    fn source(&mut self, container: &mut Container, args: &[String]) -> Expanded<Effect> {
        let path = args.first().cloned().unwrap_or_default();
        match container.files.get(&path).map(|text| parse(text)) {
            Some(Ok(code)) => Ok(Effect::Eval(Arc::new(code))),
            Some(Err(error)) => Err(Halt::Error(error)),
            None => Err(Halt::Error(format!("can't open {path}: no such file"))),
        }
    }

    /// `sh -c`, `sh FILE`, or a script on the input.
    fn start_shell(&mut self, container: &mut Container, name: &str, args: &[String]) -> Expanded<Effect> {
        let bash = name.ends_with("bash");
        let start = ShellArguments::read(args);
        let (script, rest) = match (start.script, start.rest) {
            (Some(script), rest) => (script.to_string(), rest),
            (None, [path, rest @ ..]) => match container.files.get(path) {
                Some(text) => (text.clone(), rest),
                None => {
                    self.complain(container, &format!("can't open '{path}': No such file or directory"));
                    return Ok(Effect::Done(127));
                }
            },
            (None, []) => (self.streams.input.take().unwrap_or_default(), &[][..]),
        };
        let positional = if start.script.is_some() { rest.get(1..).unwrap_or_default() } else { rest };
        let mut shell = self.child_shell(start.name(rest, name), bash, positional.to_vec());
        start.apply(&mut shell);
        match parse(&script) {
            Ok(code) => Ok(Effect::Shell { code: Arc::new(code), shell: Box::new(shell) }),
            Err(error) => {
                self.put(container, &format!("{}: {error}\n", shell.name), true);
                Ok(Effect::Done(2))
            }
        }
    }

    fn set_options(&mut self, args: &[String]) -> Effect {
        self.changes += 1;
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let on = arg.starts_with('-');
            match arg.as_str() {
                "--" => {
                    self.shell.positional = args.cloned().collect();
                    return OK;
                }
                "-o" | "+o" => match args.next().map(String::as_str) {
                    Some("errexit") => self.shell.exit_on_error = on,
                    Some("nounset") => self.shell.error_on_unset = on,
                    Some("xtrace") => self.shell.trace = on,
                    _ => {}
                },
                flags if flags.starts_with(['-', '+']) && flags.len() > 1 => {
                    for flag in flags.chars().skip(1) {
                        match flag {
                            'e' => self.shell.exit_on_error = on,
                            'u' => self.shell.error_on_unset = on,
                            'x' => self.shell.trace = on,
                            // `-euo pipefail`
                            'o' => {
                                args.next();
                            }
                            _ => {}
                        }
                    }
                }
                first => {
                    self.shell.positional = std::iter::once(first.to_string()).chain(args.cloned()).collect();
                    return OK;
                }
            }
        }
        OK
    }

    fn declare(&mut self, container: &mut Container, kind: &str, args: &[String]) -> Expanded<Effect> {
        for arg in args.iter().filter(|arg| !arg.starts_with('-')) {
            let (name, value) = match arg.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (arg.as_str(), None),
            };
            let valid = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !valid || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                self.complain(container, &format!("{kind}: {arg}: bad variable name"));
                return Ok(FAILED);
            }
            if matches!(kind, "local" | "declare" | "typeset") {
                self.make_local(name);
            }
            if let Some(value) = value {
                self.assign(name, value.to_string()).map_err(Halt::Error)?;
            } else if kind == "local" {
                self.assign(name, String::new()).map_err(Halt::Error)?;
            }
            let variable = self.shell.variables.entry(name.to_string()).or_default();
            variable.exported |= kind == "export" || args.iter().any(|arg| arg == "-x");
            variable.read_only |= kind == "readonly";
        }
        Ok(OK)
    }

    /// Remembers a variable's value for the end of the innermost function.
    fn make_local(&mut self, name: &str) {
        let before = self.shell.variables.get(name).cloned();
        let calls = self.frames.iter_mut().rev().filter_map(|frame| match frame {
            Frame::Call { kind: Call::Function { locals, .. }, .. } => Some(locals),
            _ => None,
        });
        if let Some(locals) = calls.take(1).next()
            && locals.len() < MAX_NAMES
            && locals.iter().all(|(known, _)| known != name)
        {
            locals.push((name.to_string(), before));
        }
    }

    /// `read`: the next line of the input, its words to the variables.
    fn read(&mut self, args: &[String]) -> Expanded<Effect> {
        self.changes += 1;
        let mut names: Vec<&str> = Vec::new();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "-t" | "-p" | "-n" | "-d" => {
                    args.next();
                }
                flag if flag.starts_with('-') => {}
                name => names.push(name),
            }
        }
        if names.is_empty() {
            names.push("REPLY");
        }
        let Some(input) = self.streams.input.take().filter(|input| !input.is_empty()) else { return Ok(FAILED) };
        let (line, rest) = match input.split_once('\n') {
            Some((line, rest)) => (line, rest),
            None => (input.as_str(), ""),
        };
        let separators = self.shell.get("IFS").unwrap_or(" \t\n").to_string();
        let mut line = line.trim_matches(|c: char| c.is_whitespace() && separators.contains(c));
        for (index, name) in names.iter().enumerate() {
            let is_last = index + 1 == names.len();
            let (word, tail) = match line.find(|c| separators.contains(c)).filter(|_| !is_last) {
                Some(end) => (&line[..end], line[end..].trim_start_matches(|c| separators.contains(c))),
                None => (line, ""),
            };
            self.shell.set(name, word.to_string()).map_err(Halt::Error)?;
            line = tail;
        }
        self.streams.input = Some(rest.to_string());
        Ok(OK)
    }

    fn trap(&mut self, args: &[String]) -> Effect {
        let args: Vec<&str> = args.iter().map(String::as_str).filter(|arg| *arg != "--").collect();
        let Some((action, signals)) = args.split_first() else { return OK };
        for signal in signals {
            let signal = match signal.trim_start_matches("SIG") {
                "15" => "TERM",
                "2" => "INT",
                "0" => "EXIT",
                name => name,
            };
            if *action == "-" {
                self.shell.traps.remove(signal);
            } else if self.shell.traps.len() < 20 {
                self.shell.traps.insert(signal.to_string(), action.to_string());
            }
        }
        OK
    }

    fn kill(&mut self, container: &mut Container, args: &[String]) -> Effect {
        let mut signal = 15;
        let mut status = 0;
        for arg in args {
            if let Some(name) = arg.strip_prefix('-') {
                signal = match name.trim_start_matches("SIG") {
                    "9" | "KILL" => 9,
                    "2" | "INT" => 2,
                    "1" | "HUP" => 1,
                    "0" => 0,
                    _ => 15,
                };
                continue;
            }
            let pid = arg.parse::<u32>().ok();
            match pid.filter(|pid| *pid == 1 || container.alive.contains(pid)) {
                Some(_) if signal == 0 => {}
                Some(pid) => container.killed.push((pid, signal)),
                None => {
                    self.complain(container, &format!("can't kill pid {arg}: No such process"));
                    status = 1;
                }
            }
        }
        Effect::Done(status)
    }
}

/// The arguments that a shell is started with.
pub(in crate::shell) struct ShellArguments<'a> {
    /// The script of `-c`.
    pub script: Option<&'a str>,
    /// What follows the options: a file without `-c`, else `$0` and the parameters.
    pub rest: &'a [String],
    flags: String,
}

impl<'a> ShellArguments<'a> {
    pub fn read(args: &'a [String]) -> ShellArguments<'a> {
        let mut flags = String::new();
        let mut at = 0;
        while let Some(arg) = args.get(at).filter(|arg| arg.starts_with(['-', '+']) && arg.len() > 1) {
            at += 1;
            if arg == "--" {
                break;
            }
            if !arg.starts_with("--") {
                flags.push_str(&arg[1..]);
                // The name that belongs to `o`, as in `-eo pipefail -c`.
                at += usize::from(arg.ends_with('o'));
            }
        }
        let rest = args.get(at..).unwrap_or_default();
        match rest.split_first() {
            Some((script, rest)) if flags.contains('c') => ShellArguments { script: Some(script), rest, flags },
            _ => ShellArguments { script: None, rest, flags },
        }
    }

    /// `$0`.
    pub fn name(&self, rest: &'a [String], otherwise: &'a str) -> &'a str {
        let otherwise = otherwise.rsplit('/').next().unwrap_or(otherwise);
        if self.script.is_some() { rest.first().map_or(otherwise, String::as_str) } else { otherwise }
    }

    /// Sets the options in a shell.
    pub fn apply(&self, shell: &mut crate::shell::process::Shell) {
        shell.exit_on_error = self.flags.contains('e');
        shell.error_on_unset = self.flags.contains('u');
        shell.trace = self.flags.contains('x');
    }
}
