//! Known exposures of the values of pivots, from a table or a sample's manifest.

use crate::io::Fault;
use crate::io::IoError;
use crate::io::ManifestFile;
use crate::io::Problem;
use crate::io::Source;
use crate::io::cell::Cell;
use crate::io::fault::MOST_PROBLEMS;
use crate::io::labels::finished;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use std::fs;
use std::path::Path;

/// The exposure of one value of a pivot.
#[derive(Debug, Clone, PartialEq)]
pub struct KnownTotal {
    /// The pivot, such as `surface`.
    pub segment: String,
    /// Its value, such as `feed`.
    pub value: String,
    /// The exposure, above 0.
    pub exposure: f64,
    /// The period it was counted in, where the table says so.
    pub period: Option<String>,
}

const COLUMNS: [&str; 3] = ["segment", "value", "exposure"];

/// Reads a table of totals: `segment`, `value`, `exposure` and optionally `period`; or the segments of a sample's manifest, where
/// the file's name ends with `.json`.
///
/// # Errors
///
/// When it cannot be read, lacks a column, is empty, or has bad rows.
pub fn read_totals(path: &Path) -> Result<Vec<KnownTotal>, IoError> {
    if path.extension().is_some_and(|extension| extension == "json") {
        return of_manifest(path);
    }
    let mut rows = Rows::open(&Source::from_argument(path))?;
    if let Some(header) = rows.header()
        && let Some(column) = COLUMNS.iter().find(|name| !header.iter().any(|have| have == *name))
    {
        return Err(IoError::MissingColumn {
            path: rows.name().to_owned(),
            column: (*column).to_owned(),
            what: "every row needs segment, value and exposure",
            have: header.join(", "),
            hint: "rename the column that holds it",
        });
    }
    let (mut totals, mut problems) = (Vec::new(), Vec::new());
    while problems.len() < MOST_PROBLEMS {
        let mut draft = Draft::default();
        match rows.next(|column, cell| draft.take(column, &cell))? {
            Next::End => break,
            Next::Bad(problem) => problems.push(problem),
            Next::Row(row) => match draft.finish() {
                Ok(total) => totals.push(total),
                Err((column, fault)) => {
                    problems.push(Problem { row, column: Some(column.to_owned()), fault });
                }
            },
        }
    }
    finished(&rows, totals, problems)
}

fn of_manifest(path: &Path) -> Result<Vec<KnownTotal>, IoError> {
    let name = path.display().to_string();
    let text = fs::read(path).map_err(|source| IoError::reading(&name, source))?;
    let manifest: ManifestFile = serde_json::from_slice(&text)
        .map_err(|source| IoError::BadManifest { path: name.clone(), source })?;
    let mut totals = Vec::new();
    for (segment, values) in manifest.segments {
        for (value, exposure) in values.unwrap_or_default() {
            totals.push(KnownTotal { segment: segment.clone(), value, exposure, period: None });
        }
    }
    if totals.is_empty() { Err(IoError::Empty { path: name }) } else { Ok(totals) }
}

#[derive(Default)]
struct Draft {
    segment: Option<String>,
    value: Option<String>,
    exposure: Option<f64>,
    period: Option<String>,
    fault: Option<(&'static str, Fault)>,
}

impl Draft {
    fn take(&mut self, column: &str, cell: &Cell<'_>) {
        let (name, taken) = match column {
            "segment" => ("segment", cell.name().map(|name| self.segment = name)),
            "value" => ("value", cell.name().map(|name| self.value = name)),
            "period" => ("period", cell.name().map(|name| self.period = name)),
            "exposure" => ("exposure", cell.number().map(|number| self.exposure = number)),
            _ => return,
        };
        if let (Err(fault), None) = (taken, &self.fault) {
            self.fault = Some((name, fault));
        }
    }

    fn finish(self) -> Result<KnownTotal, (&'static str, Fault)> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        let exposure = self.exposure.ok_or(("exposure", Fault::Missing))?;
        if !(exposure.is_finite() && exposure > 0.0) {
            return Err(("exposure", Fault::BadExposure(exposure)));
        }
        Ok(KnownTotal {
            segment: self.segment.ok_or(("segment", Fault::Missing))?,
            value: self.value.ok_or(("value", Fault::Missing))?,
            exposure,
            period: self.period,
        })
    }
}
