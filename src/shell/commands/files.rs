//! Commands on files. A container's files are a few texts in memory; those of its image are not simulated.

use super::{Effect, FAILED, OK};
use crate::shell::machine::Container;
use crate::shell::process::Process;

impl Process {
    pub(super) fn files(&mut self, container: &mut Container, name: &str, args: &[String]) -> Option<Effect> {
        let plain: Vec<&str> =
            args.iter().map(String::as_str).filter(|arg| !arg.starts_with('-') || *arg == "-").collect();
        Some(match name {
            "mkdir" | "rmdir" => OK,
            "touch" => {
                for path in plain {
                    self.changes += u64::from(!container.files.contains_key(path));
                    container.write_file(path, "", true);
                }
                OK
            }
            "rm" => {
                let force = args.iter().any(|arg| arg.starts_with('-') && arg.contains('f'));
                let mut effect = OK;
                for path in plain {
                    let under = format!("{}/", path.trim_end_matches('/'));
                    let before = container.files.len();
                    container.files.retain(|file, _| file != path && !file.starts_with(&under));
                    if container.files.len() < before {
                        self.changes += 1;
                    } else if !force {
                        effect =
                            self.refuse(container, &format!("rm: can't remove '{path}': No such file or directory"));
                    }
                }
                effect
            }
            "cp" | "mv" => {
                let [from, to] = plain[..] else {
                    return Some(self.refuse(container, &format!("{name}: missing file operand")));
                };
                let Some(text) = container.files.get(from).cloned() else {
                    let message = format!("{name}: can't stat '{from}': No such file or directory");
                    return Some(self.refuse(container, &message));
                };
                self.changes += u64::from(container.write_file(to, &text, false));
                if name == "mv" && from != to {
                    container.files.remove(from);
                    self.changes += 1;
                }
                OK
            }
            "ls" => {
                let at = plain.first().copied().unwrap_or("");
                if container.files.contains_key(at) {
                    return Some(self.say(container, &format!("{at}\n")));
                }
                let inside = |path: &String| {
                    let rest = path.strip_prefix(at)?.trim_start_matches('/');
                    rest.split('/').next().filter(|name| !name.is_empty()).map(str::to_string)
                };
                let mut names: Vec<String> = container.files.keys().filter_map(inside).collect();
                names.dedup();
                let text: String = names.iter().map(|name| format!("{name}\n")).collect();
                self.say(container, &text)
            }
            "basename" => {
                let name =
                    plain.first().map_or("", |path| path.trim_end_matches('/').rsplit('/').next().unwrap_or(path));
                let name = plain.get(1).and_then(|suffix| name.strip_suffix(suffix)).unwrap_or(name);
                self.say(container, &format!("{name}\n"))
            }
            "dirname" => {
                let path = plain.first().copied().unwrap_or(".").trim_end_matches('/');
                let directory = path
                    .rsplit_once('/')
                    .map_or(".", |(directory, _)| if directory.is_empty() { "/" } else { directory });
                self.say(container, &format!("{directory}\n"))
            }
            "tee" => {
                let append = args.iter().any(|arg| arg == "-a");
                let text = self.streams.input.take().unwrap_or_default();
                for path in plain {
                    self.changes += u64::from(container.write_file(path, &text, append));
                }
                self.say(container, &text)
            }
            _ => return None,
        })
    }

    /// What filters read: the named files, or the input. The error names the first file that is missing.
    pub(super) fn read_input(
        &mut self,
        container: &mut Container,
        program: &str,
        paths: &[&str],
    ) -> Result<String, Effect> {
        if paths.is_empty() || paths == ["-"] {
            return Ok(self.streams.input.take().unwrap_or_default());
        }
        let mut text = String::new();
        for path in paths {
            match container.files.get(*path) {
                Some(file) => text.push_str(file),
                None if path.starts_with("/dev/") => {}
                None => match known_file(container, path) {
                    Some(file) => text.push_str(&file),
                    None => {
                        let message = format!("{program}: can't open '{path}': No such file or directory");
                        self.refuse(container, &message);
                        return Err(FAILED);
                    }
                },
            }
        }
        Ok(text)
    }
}

/// The files that every container has.
fn known_file(container: &Container, path: &str) -> Option<String> {
    Some(match path {
        "/etc/hostname" => format!("{}\n", container.hostname),
        "/etc/hosts" => format!("127.0.0.1\tlocalhost\n::1\tlocalhost\n10.0.0.1\t{}\n", container.hostname),
        "/etc/resolv.conf" => {
            "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
                .to_string()
        }
        "/var/run/secrets/kubernetes.io/serviceaccount/namespace" => "default".to_string(),
        _ => return None,
    })
}
