//! A text the user wrote, and places in it as a person counts them.

use super::Diagnostic;
use serde_json::Value;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A named text with its lines indexed; cheap to clone. A byte order mark is not part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
    line_starts: Arc<[usize]>,
    /// Characters before each whole [`BLOCK`] of bytes: columns of a line that is the whole file stay cheap.
    characters: Arc<[usize]>,
}

/// A piece of a source: bytes for programs, lines and columns for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The source's name.
    pub source: Arc<str>,
    /// Byte range in the source's text, on character boundaries.
    pub range: Range<usize>,
    /// Line of the first character, from 1.
    pub line: usize,
    /// Column of the first character, from 1, in characters.
    pub column: usize,
    /// Line of the end, from 1.
    pub end_line: usize,
    /// Column just after the last character, from 1, in characters.
    pub end_column: usize,
}

const BYTE_ORDER_MARK: char = '\u{feff}';
/// Bytes between two entries of the index of characters.
const BLOCK: usize = 1024;

impl Source {
    /// Returns a source of that name; the name is what diagnostics show, usually a path.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
        let after_breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        Self {
            name: name.into(),
            text: text.into(),
            line_starts: std::iter::once(0).chain(after_breaks).collect(),
            characters: text
                .as_bytes()
                .chunks(BLOCK)
                .scan(0, |next, block| {
                    let before = *next;
                    *next += n_starts(block);
                    Some(before)
                })
                .collect(),
        }
    }

    /// Returns a source from the bytes of a file.
    ///
    /// # Errors
    ///
    /// `Y002` when the bytes are not UTF-8, at the first that is not.
    pub fn decode(name: &str, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        std::str::from_utf8(bytes).map(|text| Self::new(name, text)).map_err(|error| {
            let (good, _) = bytes.split_at(error.valid_up_to());
            let readable = Self::new(name, &String::from_utf8_lossy(good));
            let end = readable.text.len();
            let message = "the file is not UTF-8 text";
            vec![
                Diagnostic::error("Y002", readable.place(end..end), message)
                    .label("the first byte that is not UTF-8")
                    .hint("save the file with the encoding UTF-8"),
            ]
        })
    }

    /// Returns the name diagnostics show.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the place of a byte range; a range outside the text or inside a character is
    /// moved to the nearest one that is not.
    #[must_use]
    pub fn place(&self, range: Range<usize>) -> Place {
        let start = self.boundary(range.start);
        let end = self.boundary(range.end.max(range.start));
        let ((line, column), (end_line, end_column)) = (self.position(start), self.position(end));
        let source = Arc::clone(&self.name);
        Place { source, range: start..end, line, column, end_line, end_column }
    }

    /// Returns the place of one character by its line and column, both from 1.
    #[must_use]
    pub fn character(&self, line: usize, column: usize) -> Place {
        let (start, end) = (self.line_start(line), self.line_start(line.saturating_add(1)));
        let rest = self.text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let mut characters = rest.char_indices().skip(column.saturating_sub(1));
        let at = start + characters.next().map_or(rest.len(), |(at, _)| at);
        let after = characters.next().map_or(rest.len(), |(at, _)| at);
        self.place(at..(start + after).max(at))
    }

    /// Returns the byte offset of a line's start, or the end of the text past the last line.
    pub(super) fn line_start(&self, line: usize) -> usize {
        self.line_starts.get(line.saturating_sub(1)).copied().unwrap_or(self.text.len())
    }

    fn boundary(&self, at: usize) -> usize {
        self.text.floor_char_boundary(at)
    }

    /// Line and column of a character boundary, both from 1.
    fn position(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= at);
        (line, self.characters_before(at) - self.characters_before(self.line_start(line)) + 1)
    }

    fn characters_before(&self, at: usize) -> usize {
        let block = (at / BLOCK).min(self.characters.len().saturating_sub(1));
        let counted = self.characters.get(block).copied().unwrap_or_default();
        counted + n_starts(self.text.as_bytes().get(block * BLOCK..at).unwrap_or_default())
    }
}

/// How many characters start in these bytes.
fn n_starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0b1100_0000 != 0b1000_0000).count()
}

impl Place {
    pub(super) fn to_json(&self) -> serde_json::Map<String, Value> {
        [
            ("file", Value::from(&*self.source)),
            ("line", self.line.into()),
            ("column", self.column.into()),
            ("end_line", self.end_line.into()),
            ("end_column", self.end_column.into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
    }
}

/// `file:line:col`.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.source, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, word: &str, expected: (usize, usize)) {
        let source = Source::new("t", text);
        let at = source.text().find(word).unwrap_or(usize::MAX);
        let place = source.place(at..at.saturating_add(word.len()));
        assert_eq!((place.line, place.column), expected, "{text:?}");
    }

    #[test]
    fn columns_count_characters() {
        check("é: ü, x", "x", (1, 7));
        check("a\nß: x", "x", (2, 4));
    }

    #[test]
    fn carriage_returns_belong_to_the_line_they_end() {
        check("a\r\nb: x\r\n", "x", (2, 4));
    }

    #[test]
    fn a_byte_order_mark_is_not_a_column() {
        check("\u{feff}a: x", "x", (1, 4));
    }

    #[test]
    fn a_tab_is_one_column() {
        check("a:\tx", "x", (1, 4));
    }

    #[test]
    fn ranges_outside_the_text_or_inside_a_character_are_moved() {
        let source = Source::new("t", "é");
        assert_eq!(source.place(1..9).range, 0..2);
        assert_eq!(source.place(7..9).range, 2..2);
        assert_eq!(Source::new("t", "").place(0..1).line, 1);
    }

    #[test]
    fn columns_of_a_long_line_count_characters() {
        let line = "é: ü😀, ".repeat(512);
        let source = Source::new("t", &format!("{line}\n{line}x"));
        for (at, _) in source.text().char_indices().chain([(source.text().len(), ' ')]) {
            let before = source.text().split_at(at).0;
            let column = before.rsplit('\n').next().map(|line| line.chars().count() + 1);
            assert_eq!(Some(source.place(at..at).column), column, "{at}");
        }
        for n in [0, 1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1] {
            assert_eq!(Source::new("t", &"x".repeat(n)).place(n..n).column, n + 1);
        }
    }

    #[test]
    fn a_character_is_found_by_line_and_column() {
        let source = Source::new("t", "a\r\néüx\n");
        assert_eq!(source.character(2, 2).range, 5..7);
        assert_eq!(source.character(2, 9).range, 8..8);
        assert_eq!(source.character(9, 1).range, 9..9);
    }

    #[test]
    fn bytes_that_are_not_utf8_have_a_place() {
        let found = Source::decode("t", b"a: 1\nb: \xff").unwrap_err();
        assert_eq!(found[0].to_string(), "t:2:4: error[Y002]: the file is not UTF-8 text");
        assert!(Source::decode("t", "a: é".as_bytes()).is_ok());
    }
}
