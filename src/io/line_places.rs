//! Line numbers of the records of a separated file.
//!
//! The CSV parser counts a record's line before it skips what is left of the last line break, so behind
//! Windows line breaks and empty lines its numbers are too small. A number that is off by one sends its
//! reader to the wrong row, so line breaks are counted here as the bytes pass.

use std::collections::VecDeque;
use std::io::BufRead;
use std::io::Read;

/// Passes bytes on and remembers the line breaks the parser has not reached yet.
pub(super) struct LinePlaces {
    reader: Box<dyn BufRead + Send>,
    offset: u64,
    /// Offsets of carriage returns and line feeds, and which of them begin a line.
    breaks: VecDeque<(u64, bool)>,
    lines: u64,
}

impl LinePlaces {
    pub(super) fn new(reader: Box<dyn BufRead + Send>) -> Self {
        Self { reader, offset: 0, breaks: VecDeque::new(), lines: 1 }
    }

    /// Returns the line of the first byte of a record, given where the parser began to look for it.
    ///
    /// Offsets must not decrease from call to call.
    pub(super) fn line_from(&mut self, offset: u64) -> u64 {
        let mut start = offset;
        while let Some((at, begins)) = self.breaks.front().copied() {
            if start < at {
                break;
            }
            start = start.max(at + 1);
            self.lines += u64::from(begins);
            self.breaks.pop_front();
        }
        self.lines
    }
}

impl Read for LinePlaces {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.reader.read(buffer)?;
        for (byte, at) in buffer.iter().take(read).zip(self.offset..) {
            if matches!(byte, b'\r' | b'\n') {
                self.breaks.push_back((at, *byte == b'\n'));
            }
        }
        self.offset += read as u64;
        Ok(read)
    }
}
