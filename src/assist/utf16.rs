//! Browsers count in UTF-16 code units, everything here in bytes.

/// Steps between two remembered places, in bytes.
const STEP_BYTES: usize = 1024;

/// A text with what is needed to count quickly in both.
///
/// ```
/// use orrery::assist::Utf16;
/// let places = Utf16::of("한국어 😀 x");
/// assert_eq!((places.units(9), places.units(14), places.bytes(7)), (3, 6, 15));
/// ```
#[derive(Clone, Debug)]
pub struct Utf16<'a> {
    text: &'a str,
    /// Bytes and units at every so many bytes; empty for a text in ASCII.
    marks: Vec<(usize, usize)>,
}

impl<'a> Utf16<'a> {
    /// Looks through a text once.
    pub fn of(text: &'a str) -> Utf16<'a> {
        let mut marks = Vec::new();
        if !text.is_ascii() {
            let mut units = 0;
            for (at, c) in text.char_indices() {
                if marks.last().is_none_or(|(byte, _)| at - byte >= STEP_BYTES) {
                    marks.push((at, units));
                }
                units += c.len_utf16();
            }
        }
        Utf16 { text, marks }
    }

    /// Units before a byte offset; an offset inside a character counts as its start.
    pub fn units(&self, byte: usize) -> usize {
        let byte = super::context::boundary(self.text, byte);
        let Some(mark) = self.marks.partition_point(|(at, _)| *at <= byte).checked_sub(1) else { return byte };
        let (from, units) = self.marks[mark];
        units + self.text[from..byte].encode_utf16().count()
    }

    /// The byte offset after so many units.
    pub fn bytes(&self, units: usize) -> usize {
        let Some(mark) = self.marks.partition_point(|(_, count)| *count <= units).checked_sub(1) else {
            return units.min(self.text.len());
        };
        let (from, mut count) = self.marks[mark];
        for (at, c) in self.text[from..].char_indices() {
            if count >= units {
                return from + at;
            }
            count += c.len_utf16();
        }
        self.text.len()
    }
}
