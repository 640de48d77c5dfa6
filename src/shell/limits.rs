//! Every bound of the shell in one place. A container's command is somebody's text: it may loop, grow and nest at will,
//! and the simulation must not.

/// The longest script that is read, in bytes.
pub(super) const MAX_SCRIPT_BYTES: usize = 64 * 1024;

/// How deep commands, expansions and quotes may nest.
pub(super) const MAX_NESTING_LEVELS: usize = 100;

/// How deep arithmetic may nest, counting parentheses and signs.
pub(super) const MAX_ARITHMETIC_LEVELS: usize = 64;

/// How deep functions, `eval` and loops may be entered at run time.
pub(super) const MAX_FRAMES: usize = 100;

/// How deep command substitutions and pipelines may run inside each other.
pub(super) const MAX_CAPTURE_LEVELS: usize = 12;

/// The operations spent on finding out how a program ends.
pub(super) const MAX_OUTCOME_STEPS: u64 = 100_000;

/// The operations spent on one look at the log.
pub(super) const MAX_LOG_STEPS: u64 = 1_000_000;

/// What one operation may take beyond the steps of a look.
pub(super) const MAX_OVERDRAFT_STEPS: u64 = 50_000;

/// So many operations without time passing are a busy loop.
pub(super) const MAX_STEPS_AT_ONE_MOMENT: u64 = 40_000;

/// The newest lines that a log keeps.
pub const MAX_LOG_LINES: usize = 2_000;

/// The most text that a log keeps, in bytes.
pub(super) const MAX_LOG_BYTES: usize = 4 * 1024 * 1024;

/// The longest line of a log, in bytes; the rest of it is dropped (the kubelet splits lines at 16 KiB).
pub const MAX_LOG_LINE_BYTES: usize = 16 * 1024;

/// The longest text that a variable, a file or a substitution holds, in bytes.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The most variables, files or functions.
pub(super) const MAX_NAMES: usize = 500;

/// The most words that a command is expanded to.
pub(super) const MAX_FIELDS: usize = 10_000;

/// The most text that the variables, the files, or the words of one command hold together, in bytes.
pub(super) const MAX_TOTAL_BYTES: usize = 256 * 1024;

/// Texts up to this length are not counted towards the totals: the number of names bounds them well enough.
pub(super) const SMALL_TEXT_BYTES: usize = 1_024;

/// The most processes of one container, finished ones included.
pub(super) const MAX_PROCESSES: usize = 64;

/// Cuts a text to a number of bytes at a character boundary.
pub(super) fn cut(text: &mut String, max_bytes: usize) {
    if text.len() > max_bytes {
        let mut end = max_bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
}
