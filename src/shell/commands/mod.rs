//! The commands that a container knows. All are immediate but those that wait; none touches anything outside it.

mod control;
mod files;
mod filters;
mod pattern;
mod print;
mod system;
mod test;

use std::sync::Arc;

use super::Note;
use super::code::Code;
use super::expand::Expanded;
use super::machine::Container;
use super::process::{Process, Shell};

pub(super) use control::ShellArguments;

/// What a command asks of its process.
#[derive(Clone, Debug)]
pub(super) enum Effect {
    /// It is over, with that exit code.
    Done(i32),
    /// It is over after that time.
    Sleep {
        nanos: i64,
        status: i32,
    },
    /// It never ends by itself.
    Forever,
    Exit(i32),
    Break(usize),
    Continue(usize),
    Return(i32),
    /// Runs other code in this shell.
    Eval(Arc<Code>),
    /// Runs a script in a shell of its own.
    Shell {
        code: Arc<Code>,
        shell: Box<Shell>,
    },
    /// Waits for a background process, or for all.
    Wait(Option<u32>),
}

/// Success.
const OK: Effect = Effect::Done(0);

/// Failure.
const FAILED: Effect = Effect::Done(1);

/// Programs that serve until they are stopped. What they would print is not known.
const SERVERS: &[&str] = &[
    "nginx",
    "httpd",
    "apache2",
    "redis-server",
    "postgres",
    "mysqld",
    "mariadbd",
    "mongod",
    "memcached",
    "java",
    "node",
    "npm",
    "yarn",
    "gunicorn",
    "uvicorn",
    "flask",
    "php-fpm",
    "caddy",
    "traefik",
    "haproxy",
    "envoy",
    "prometheus",
    "node_exporter",
    "fluentd",
    "fluent-bit",
    "grafana",
    "kube-proxy",
    "etcd",
    "consul",
    "vault",
    "rabbitmq-server",
    "zookeeper",
    "kafka",
    "top",
    "vi",
    "nc",
    "crond",
    "telnetd",
    "ftpd",
    "dockerd",
    "sshd",
    "agnhost",
];

/// Programs that do their work somewhere that is not simulated, and succeed at once.
const SILENT: &[&str] = &[
    "wget",
    "curl",
    "ping",
    "nslookup",
    "dig",
    "host",
    "apt-get",
    "apt",
    "apk",
    "yum",
    "dnf",
    "pip",
    "git",
    "chmod",
    "chown",
    "chgrp",
    "sync",
    "ln",
    "tar",
    "gzip",
    "gunzip",
    "unzip",
    "openssl",
    "mount",
    "umount",
    "sysctl",
    "modprobe",
    "iptables",
    "ip",
    "ifconfig",
    "netstat",
    "ss",
    "ps",
    "df",
    "du",
    "free",
    "uptime",
    "dd",
    "kubectl",
    "mysql",
    "mysqldump",
    "psql",
    "pg_dump",
    "redis-cli",
    "mongo",
    "mongodump",
    "aws",
    "gsutil",
    "az",
    "stress",
    "find",
    "xargs",
    "diff",
    "md5sum",
    "sha256sum",
    "base64",
    "jq",
    "less",
    "more",
    "clear",
    "logger",
    "su",
    "sudo",
];

impl Process {
    /// Runs a command that is not a function.
    pub(super) fn run_command(&mut self, container: &mut Container, name: &str, args: &[String]) -> Expanded<Effect> {
        if let Some(effect) = self.control(container, name, args)? {
            return Ok(effect);
        }
        // A path is as good as a name: what it leads to is not simulated.
        let program = name.rsplit('/').next().unwrap_or(name);
        let known = self.print(container, program, args)?;
        let known = match known {
            None => self.test(container, program, args)?,
            known => known,
        };
        let known = known.or_else(|| self.system(container, program, args));
        let known = known.or_else(|| self.files(container, program, args));
        let known = known.or_else(|| self.filter(container, program, args));
        if let Some(effect) = known {
            return Ok(effect);
        }
        if SERVERS.contains(&program) {
            container.note(Note::Serves(program.to_string()));
            return Ok(Effect::Forever);
        }
        if SILENT.contains(&program) {
            container.note(Note::NotSimulated(program.to_string()));
            return Ok(OK);
        }
        container.note(Note::NotFound(name.to_string()));
        let problem = if self.shell.bash { "command not found" } else { "not found" };
        self.complain(container, &format!("{name}: {problem}"));
        Ok(Effect::Done(127))
    }

    /// Prints to the output stream.
    fn say(&mut self, container: &mut Container, text: &str) -> Effect {
        self.put(container, text, false);
        OK
    }

    /// Prints what is wrong with the use of a command, and fails.
    fn refuse(&mut self, container: &mut Container, message: &str) -> Effect {
        self.put(container, &format!("{message}\n"), true);
        FAILED
    }
}

/// Whether a program is one of those above, or a command of the shell: something that can be run without a shell.
pub(super) fn is_program(name: &str) -> bool {
    let program = name.rsplit('/').next().unwrap_or(name);
    const COMMANDS: &[&str] = &[
        "sleep", "usleep", "echo", "printf", "true", "false", "date", "hostname", "env", "printenv", "seq", "yes",
        "perl", "expr", "test", "[", "cat", "head", "tail", "wc", "grep", "sort", "uniq", "tr", "cut", "tee",
        "basename", "dirname", "uname", "whoami", "id", "pwd", "mkdir", "touch", "rm", "ls", "mv", "cp", "kill",
        "timeout", "nproc", "rev", "tac", "sed", "awk", "nohup", "time", "egrep", "arch", "mktemp",
    ];
    COMMANDS.contains(&program) || SERVERS.contains(&program) || SILENT.contains(&program)
}
