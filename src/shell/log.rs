//! What a container has printed: its newest lines, each with the moment it was completed.

use std::collections::VecDeque;

use super::limits::{MAX_LOG_BYTES, MAX_LOG_LINE_BYTES, MAX_LOG_LINES, cut};

/// One line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Nanoseconds after the container's start.
    pub offset_nanos: i64,
    /// The line without its end.
    pub text: String,
}

/// A log that keeps its newest lines.
#[derive(Clone, Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
    bytes: usize,
    /// Lines that were printed in all.
    pub count: u64,
    /// What stands after the last line end, and since when.
    pending: Option<LogLine>,
    /// Off while only the end of the program matters.
    pub kept: bool,
}

impl Log {
    /// Adds output. Incomplete lines wait for their end.
    pub fn write(&mut self, now: i64, text: &str) {
        let mut rest = text;
        while let Some((line, more)) = rest.split_once('\n') {
            let mut whole = self.pending.take().map(|pending| pending.text).unwrap_or_default();
            whole.push_str(line);
            self.push(LogLine { offset_nanos: now, text: whole });
            rest = more;
        }
        if !rest.is_empty() {
            let pending = self.pending.get_or_insert(LogLine { offset_nanos: now, text: String::new() });
            pending.text.push_str(rest);
            cut(&mut pending.text, MAX_LOG_LINE_BYTES);
        }
    }

    fn push(&mut self, mut line: LogLine) {
        self.count = self.count.saturating_add(1);
        if !self.kept {
            return;
        }
        cut(&mut line.text, MAX_LOG_LINE_BYTES);
        // Processes run side by side; a line of one that is behind belongs before those of one that is ahead.
        let later = self.lines.iter().rev().take_while(|other| other.offset_nanos > line.offset_nanos).count();
        self.bytes += line.text.len();
        self.lines.insert(self.lines.len() - later, line);
        while self.lines.len() > MAX_LOG_LINES || self.bytes > MAX_LOG_BYTES {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.text.len();
        }
    }

    /// Counts lines that were printed in rounds of a loop that need not be run.
    pub fn skip(&mut self, lines: u64) {
        self.count = self.count.saturating_add(lines);
    }

    /// The lines up to that moment. An incomplete last line counts once the program has ended.
    pub fn until(&self, offset_nanos: i64, ended: bool) -> Vec<LogLine> {
        let pending = self.pending.as_ref().filter(|_| ended);
        self.lines.iter().chain(pending).filter(|line| line.offset_nanos <= offset_nanos).cloned().collect()
    }
}
