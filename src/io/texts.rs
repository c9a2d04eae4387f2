//! Some columns of a table as texts, whatever it is a table of.

use crate::io::IoError;
use crate::io::Source;
use crate::io::cell::Cell;
use crate::io::labels::finished;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use std::collections::BTreeMap;

/// Reads the named columns of each row; a value that is blank is left out.
///
/// # Errors
///
/// When the file cannot be read, or has a row that cannot.
pub fn read_texts(
    source: &Source,
    columns: &[&'static str],
) -> Result<Vec<BTreeMap<&'static str, String>>, IoError> {
    let mut rows = Rows::open(source)?;
    let mut list = Vec::new();
    let mut problems = Vec::new();
    loop {
        let mut row = BTreeMap::new();
        let next = rows.next(|column, cell: Cell<'_>| {
            let known = columns.iter().find(|name| **name == column);
            if let (Some(name), Ok(Some(text))) = (known, cell.name()) {
                row.insert(*name, text);
            }
        })?;
        match next {
            Next::End => return finished(&rows, list, problems),
            Next::Bad(problem) => {
                problems.push(problem);
                return finished(&rows, list, problems);
            }
            Next::Row(_) => list.push(row),
        }
    }
}
