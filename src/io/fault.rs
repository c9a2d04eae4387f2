//! What can be wrong with a row, said so that its author can mend it.

use crate::io::DesignFault;
use crate::unit::Design;
use std::fmt;

/// How many bad rows a reader collects before it stops.
pub(super) const MOST_PROBLEMS: usize = 20;

/// One thing wrong at one place of a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The line the row starts on, from 1; the header counts.
    pub row: u64,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// Bytes that are no text.
    NotUtf8,
    /// Not a JSON object.
    NotJson {
        /// What the parser says.
        message: String,
        /// Where in the line.
        at: usize,
    },
    /// More or fewer fields than the header.
    Ragged {
        /// Fields here.
        fields: usize,
        /// Fields of the header.
        header: usize,
    },
    /// A row longer than any unit.
    TooLong {
        /// The most bytes a row may have.
        limit: u64,
    },
    /// A value is needed and not there.
    Missing,
    /// One key stands twice in the row.
    Twice,
    /// The id holds the separator of ids and salts.
    SeparatorInId,
    /// Another row has the id.
    RepeatedId {
        /// The id.
        id: String,
        /// The other row.
        first: u64,
    },
    /// Another row labels or annotates the same.
    RepeatedLabel {
        /// The other row.
        first: u64,
    },
    /// Not a number.
    NotANumber(String),
    /// Not a text or number.
    NotText(&'static str),
    /// Not an exposure.
    BadExposure(f64),
    /// Not a score.
    BadScore(f64),
    /// Not a probability.
    BadProbability(f64),
    /// Not a sampling design.
    UnknownDesign(String),
    /// A probability without the design it belongs to.
    NoDesign,
    /// What a row lacks, or has too much, for its design.
    Design(DesignFault),
    /// A census that left something to chance.
    PartialCensus(f64),
    /// Some rows have the column and some do not.
    Uneven {
        /// Whether this row has it.
        here: bool,
        /// The row that differs.
        first: u64,
    },
    /// The parts of a unit cannot be read.
    BadComponents(&'static str),
    /// The segments cannot be read.
    BadSegments(&'static str),
    /// Not an outcome of labeling.
    UnknownOutcome(String),
    /// Neither a label nor why there is none.
    NoLabel,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotUtf8 => f.write_str("not UTF-8; save the file as UTF-8"),
            Self::NotJson { message, at } => {
                write!(f, "not a JSON object: {message} (character {at}); write one object a line")
            }
            Self::Ragged { fields, header } => write!(
                f,
                "{fields} fields where the header has {header}; put text with separators, quotes or line breaks in double quotes"
            ),
            Self::TooLong { limit } => {
                write!(f, "longer than {limit} bytes; check for a missing line break or closing quote")
            }
            Self::Missing => f.write_str("no value; every row needs one"),
            Self::Twice => f.write_str("given twice; keep one"),
            Self::SeparatorInId => f.write_str("the id contains U+001F, which separates salt and id; remove it"),
            Self::RepeatedId { id, first } => write!(
                f,
                "id `{id}` is also in row {first}; add up the exposure of repeated units and keep one row"
            ),
            Self::RepeatedLabel { first } => {
                write!(f, "row {first} has the same unit, policy and labeler; keep one")
            }
            Self::NotANumber(found) => {
                write!(f, "`{found}` is not a number; write digits with a point, such as 1200.5")
            }
            Self::NotText(found) => write!(f, "{found} where a text or number belongs"),
            Self::BadExposure(found) => write!(
                f,
                "exposure {found} is not a finite number above 0; leave out units nobody saw"
            ),
            Self::BadScore(found) => {
                write!(f, "score {found} is not between 0 and 1; rescale it, or leave it empty if unknown")
            }
            Self::BadProbability(found) => write!(
                f,
                "probability {found} is not above 0 and at most 1; write the chance with which the design took the unit"
            ),
            Self::UnknownDesign(found) => {
                write!(f, "no design `{found}`; write {}", Design::names())
            }
            Self::NoDesign => write!(
                f,
                "a probability without a design; add a column `design`: {}",
                Design::names()
            ),
            Self::Design(fault) => fault.fmt(f),
            Self::PartialCensus(found) => {
                write!(f, "probability {found} in a census, which takes every unit; write 1 or name the design")
            }
            Self::Uneven { here: true, first } => {
                write!(f, "given here but not in row {first}; give it in every row or in none")
            }
            Self::Uneven { here: false, first } => {
                write!(f, "missing here but given in row {first}; give it in every row or in none")
            }
            Self::BadComponents(what) => write!(
                f,
                "{what}; write `[{{\"role\": \"query\", \"text\": \"…\"}}, …]` with one of text or image each"
            ),
            Self::BadSegments(what) => {
                write!(f, "{what}; write an object such as `{{\"country\": \"DE\"}}`")
            }
            Self::UnknownOutcome(found) => write!(
                f,
                "no outcome `{found}`; write label, abstain, refusal, filtered, truncated, unparsable, too_large, image_unavailable or failed"
            ),
            Self::NoLabel => f.write_str(
                "no label; add a column `outcome` that says why (refusal, failed, …), never drop the row",
            ),
        }
    }
}

/// Renders problems one a line, each with its place.
pub(super) fn listing(path: &str, problems: &[Problem]) -> String {
    let mut text = String::new();
    for problem in problems {
        if !text.is_empty() {
            text.push('\n');
        }
        let column = problem.column.as_ref().map(|column| format!("column `{column}`: "));
        let (row, fault) = (problem.row, &problem.fault);
        text.push_str(&format!("{path}:{row}: {}{fault}", column.unwrap_or_default()));
    }
    if MOST_PROBLEMS <= problems.len() {
        text.push_str("\nstopped there; the rest of the file was not read");
    }
    text
}
