//! The native `orrery` command: pure functions from arguments (and file texts) to what is printed.
//!
//! Layer: above `sim`, like `kubectl`. Reading files, the clock and the standard streams is `main.rs`'s part.

pub mod cron;
pub mod reduced;
pub mod run;
pub mod story;
pub mod trace;
pub mod validate;

/// What a command leaves behind: the two streams and the exit code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// For the standard output; whole lines.
    pub stdout: String,
    /// For the standard error; whole lines.
    pub stderr: String,
    /// 0 is success, 1 a negative answer, 2 bad input.
    pub code: i32,
}

impl Outcome {
    /// Bad input: a message for the standard error and exit code 2.
    pub fn bad_input(message: impl std::fmt::Display) -> Outcome {
        Outcome { stderr: format!("error: {message}\n"), code: 2, ..Outcome::default() }
    }
}

/// Where commands read files.
pub trait Files {
    /// The text of a file; `-` is the standard input.
    ///
    /// # Errors
    /// What is wrong, for people.
    fn read(&self, name: &str) -> Result<String, String>;
}
