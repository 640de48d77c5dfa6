//! Commands that tell about the container.

use super::{Effect, FAILED, OK};
use crate::shell::machine::Container;
use crate::shell::process::Process;

/// What `uname` says, part by part; the host's name goes between the first two.
const KERNEL: (&str, &str, &str) = ("Linux", "6.1.0", "x86_64");

impl Process {
    pub(super) fn system(&mut self, container: &mut Container, name: &str, args: &[String]) -> Option<Effect> {
        let host = container.hostname.clone();
        let text = match name {
            "hostname" => host,
            "whoami" => "root".to_string(),
            "id" => match args.first().map(String::as_str) {
                Some("-u" | "-g" | "-G") => "0".to_string(),
                Some("-un" | "-gn") => "root".to_string(),
                _ => "uid=0(root) gid=0(root) groups=0(root)".to_string(),
            },
            "uname" => uname(&host, args),
            "arch" => KERNEL.2.to_string(),
            "nproc" => "4".to_string(),
            "pwd" => self.shell.directory.clone(),
            "cd" => {
                let home = || self.shell.get("HOME").unwrap_or("/root").to_string();
                let to = args.first().cloned().unwrap_or_else(home);
                let to = if to.starts_with('/') {
                    to
                } else {
                    format!("{}/{to}", self.shell.directory.trim_end_matches('/'))
                };
                self.changes += u64::from(to != self.shell.directory);
                self.shell.directory = to;
                return Some(OK);
            }
            "mktemp" => {
                let path = format!("/tmp/tmp.{:06}", container.files.len());
                container.write_file(&path, "", false);
                self.changes += 1;
                path
            }
            "printenv" if !args.is_empty() => match args.first().and_then(|name| self.shell.variables.get(name)) {
                Some(variable) if variable.exported => variable.value.clone(),
                _ => return Some(FAILED),
            },
            "env" | "printenv" => match args.iter().position(|arg| !arg.contains('=') && !arg.starts_with('-')) {
                None => {
                    let exported = self.shell.variables.iter().filter(|(_, variable)| variable.exported);
                    let lines: Vec<String> =
                        exported.map(|(name, variable)| format!("{name}={}", variable.value)).collect();
                    lines.join("\n")
                }
                Some(start) => {
                    for (name, value) in args.iter().take(start).filter_map(|arg| arg.split_once('=')) {
                        if self.shell.set(name, value.to_string()) == Ok(true) {
                            self.changes += 1;
                        }
                        if let Some(variable) = self.shell.variables.get_mut(name) {
                            variable.exported = true;
                        }
                    }
                    return Some(Effect::Eval(crate::shell::machine::one_command(&args[start..])));
                }
            },
            _ => return None,
        };
        Some(self.say(container, &format!("{text}\n")))
    }
}

fn uname(host: &str, args: &[String]) -> String {
    let (system, release, machine) = KERNEL;
    let flags: String = args.iter().filter_map(|arg| arg.strip_prefix('-')).collect();
    let all = flags.contains('a');
    let parts = [('s', system), ('n', host), ('r', release), ('m', machine), ('o', "GNU/Linux")];
    let wanted: Vec<&str> =
        parts.iter().filter(|(flag, _)| all || flags.contains(*flag)).map(|(_, text)| *text).collect();
    if wanted.is_empty() { system.to_string() } else { wanted.join(" ") }
}
