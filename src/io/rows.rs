//! Rows of JSONL and separated files as streams of named cells, each row with its line.

use crate::io::Fault;
use crate::io::Format;
use crate::io::IoError;
use crate::io::Problem;
use crate::io::Source;
use crate::io::cell::Cell;
use crate::io::line_places::LinePlaces;
use csv::ByteRecord;
use serde::Deserialize;
use serde::Deserializer as _;
use serde::de::MapAccess;
use serde::de::Visitor;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::BufRead;
use std::io::Read as _;

/// No unit is longer; a longer row is a file without line breaks or with an open quote.
const LONGEST_ROW: u64 = 64 << 20;

/// A stream of rows.
pub(super) struct Rows {
    name: String,
    lines: Lines,
}

/// What came next.
pub(super) enum Next {
    /// A row whose cells were handed over; its line.
    Row(u64),
    /// A row that cannot be read; its cells, if any were handed over, mean nothing.
    Bad(Problem),
    /// The end.
    End,
}

enum Lines {
    Json { reader: Box<dyn BufRead + Send>, line: u64, buffer: Vec<u8> },
    Separated { reader: csv::Reader<LinePlaces>, header: Vec<String>, record: ByteRecord },
}

impl Rows {
    /// Opens a source and reads the header where the format has one.
    pub(super) fn open(source: &Source) -> Result<Self, IoError> {
        let name = source.name();
        let reader = source.open()?;
        let lines = match source.format()? {
            Format::Jsonl => Lines::Json { reader, line: 0, buffer: Vec::new() },
            Format::Separated(delimiter) => {
                let mut reader = csv::ReaderBuilder::new()
                    .delimiter(delimiter)
                    .flexible(true)
                    .has_headers(true)
                    .buffer_capacity(1 << 16)
                    .from_reader(LinePlaces::new(reader));
                let header = header(&name, reader.byte_headers())?;
                Lines::Separated { reader, header, record: ByteRecord::new() }
            }
        };
        Ok(Self { name, lines })
    }

    /// Returns the columns, where the format names them before the first row.
    pub(super) fn header(&self) -> Option<&[String]> {
        match &self.lines {
            Lines::Json { .. } => None,
            Lines::Separated { header, .. } => Some(header),
        }
    }

    /// Returns the name errors use.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Hands over the cells of the next row in their order.
    pub(super) fn next(&mut self, mut each: impl FnMut(&str, Cell<'_>)) -> Result<Next, IoError> {
        let reading = |source| IoError::reading(&self.name, source);
        match &mut self.lines {
            Lines::Json { reader, line, buffer } => loop {
                buffer.clear();
                let read = reader.by_ref().take(LONGEST_ROW + 1).read_until(b'\n', buffer);
                if read.map_err(reading)? == 0 {
                    return Ok(Next::End);
                }
                *line += 1;
                if !buffer.trim_ascii().is_empty() {
                    return Ok(json_row(*line, buffer.trim_ascii_end(), &mut each));
                }
            },
            Lines::Separated { reader, header, record } => match reader.read_byte_record(record) {
                Ok(false) => Ok(Next::End),
                Ok(true) => {
                    let from = record.position().map_or(0, csv::Position::byte);
                    let row = reader.get_mut().line_from(from);
                    Ok(separated_row(row, header, record, &mut each))
                }
                Err(error) => Err(reading(std::io::Error::other(error))),
            },
        }
    }
}

fn header(name: &str, read: csv::Result<&ByteRecord>) -> Result<Vec<String>, IoError> {
    let record = read.map_err(|error| IoError::reading(name, std::io::Error::other(error)))?;
    let mut header = Vec::with_capacity(record.len());
    let mut seen = BTreeSet::new();
    for field in record {
        let Ok(column) = std::str::from_utf8(field) else {
            let problem = Problem { row: 1, column: None, fault: Fault::NotUtf8 };
            return Err(IoError::Rows { path: name.to_owned(), problems: vec![problem] });
        };
        let column = column.trim().to_owned();
        if !seen.insert(column.clone()) {
            return Err(IoError::RepeatedColumn { path: name.to_owned(), column });
        }
        header.push(column);
    }
    if header.iter().all(String::is_empty) {
        return Err(IoError::Empty { path: name.to_owned() });
    }
    Ok(header)
}

fn separated_row(
    row: u64,
    header: &[String],
    record: &ByteRecord,
    each: &mut dyn FnMut(&str, Cell<'_>),
) -> Next {
    let bad =
        |column: Option<&String>, fault| Next::Bad(Problem { row, column: column.cloned(), fault });
    if record.len() != header.len() {
        return bad(None, Fault::Ragged { fields: record.len(), header: header.len() });
    }
    for (column, field) in header.iter().zip(record) {
        match std::str::from_utf8(field) {
            Ok(text) => each(column, Cell::Text(Cow::Borrowed(text))),
            Err(_) => return bad(Some(column), Fault::NotUtf8),
        }
    }
    Next::Row(row)
}

fn json_row(row: u64, bytes: &[u8], each: &mut dyn FnMut(&str, Cell<'_>)) -> Next {
    let bad = |fault| Next::Bad(Problem { row, column: None, fault });
    if LONGEST_ROW < bytes.len() as u64 {
        return bad(Fault::TooLong { limit: LONGEST_ROW });
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return bad(Fault::NotUtf8) };
    let mut json = serde_json::Deserializer::from_str(text);
    let read = json.deserialize_map(RowVisitor(each)).and_then(|()| json.end());
    match read {
        Ok(()) => Next::Row(row),
        Err(error) => {
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or_default().to_owned();
            bad(Fault::NotJson { message, at: error.column() })
        }
    }
}

struct RowVisitor<'f>(&'f mut dyn FnMut(&str, Cell<'_>));

impl<'de> Visitor<'de> for RowVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            (self.0)(&key, map.next_value()?);
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
