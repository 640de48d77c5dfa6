//! Where the crate starts. In the browser it mounts the page; natively it is the `orrery` command: arguments, clock and
//! streams in, text out. What the commands do is in `orrery::cli`.

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    let args: Vec<String> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    let outcome = native::command(&args);
    // A reader that went away (`orrery ... | head`) is no failure of ours.
    let _ = std::io::stdout().write_all(outcome.stdout.as_bytes());
    let _ = std::io::stderr().write_all(outcome.stderr.as_bytes());
    std::process::ExitCode::from(u8::try_from(outcome.code).unwrap_or(1))
}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use orrery::cli::{self, Outcome};
    use std::io::Read;

    /// Picks the command by the first word.
    pub fn command(args: &[String]) -> Outcome {
        let usages = [cli::run::USAGE, cli::validate::USAGE, cli::cron::USAGE];
        let usage = format!("usage:\n  {}\n", usages.join("\n  "));
        match args.split_first() {
            Some((name, rest)) if name == "run" => cli::run::run_command(rest, &Disk),
            Some((name, rest)) if name == "validate" => cli::validate::validate_command(rest, &Disk),
            Some((name, rest)) if name == "cron" => cli::cron::cron_command(rest, now_unix_nanos()),
            Some((name, _)) if name == "help" || name == "--help" => Outcome { stdout: usage, ..Outcome::default() },
            Some((name, _)) => Outcome::bad_input(format!("unknown command {name}\n{usage}")),
            None => Outcome { stderr: usage, code: 2, ..Outcome::default() },
        }
    }

    /// The files of this machine.
    struct Disk;

    impl cli::Files for Disk {
        fn read(&self, name: &str) -> Result<String, String> {
            let bytes = match name {
                "-" => {
                    let mut bytes = Vec::new();
                    std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
                }
                _ => std::fs::read(name),
            };
            // Text that is not UTF-8 is shown to the reader of YAML, who says where.
            bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).map_err(|error| error.to_string())
        }
    }

    fn now_unix_nanos() -> i64 {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since_1970.map_or(0, |since| i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

#[cfg(target_arch = "wasm32")]
fn main() {
    orrery::ui::mount();
}
