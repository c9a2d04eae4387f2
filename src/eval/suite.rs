//! A suite: which labelers are compared on which units and gold, and the bars they must clear.

mod check;
mod explain;
mod file;
mod gate;
mod metric;

pub use explain::explain;
pub use explain::explained;
pub use gate::Bar;
pub use gate::Bound;
pub use gate::Gate;
pub use gate::Side;
pub use metric::Metric;
pub use metric::Robustness;

use super::GoldDrawn;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::yaml;
use crate::yaml::Places;
use file::SuiteFile;
use serde_json::Value;

/// A checked suite. Paths are as written, from the suite's folder.
#[derive(Debug, Clone, PartialEq)]
pub struct Suite {
    /// A name for people.
    pub title: Option<String>,
    /// The file of the units; the project's when absent.
    pub units: Option<String>,
    /// The gold labelers are held against; the project's when absent.
    pub gold: Option<SuiteGold>,
    /// Who is compared, each under a name of its own.
    pub contenders: Vec<Contender>,
    /// The policies they are compared under, by path or id.
    pub policies: Vec<String>,
    /// The contender the others are compared with.
    pub baseline: Option<String>,
    /// What is measured.
    pub metrics: Vec<Metric>,
    /// Segments of the units that are looked at apart.
    pub slices: Vec<String>,
    /// Faults that are looked for on purpose.
    pub robustness: Vec<Robustness>,
    /// What must hold.
    pub gates: Vec<Gate>,
    /// How often each unit is asked, at least once.
    pub repeats: u32,
    /// Seeds every draw.
    pub seed: u64,
    /// The level of the intervals, in `(0, 1)`.
    pub level: f64,
}

/// Gold of a suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuiteGold {
    /// The file; the project's gold when absent.
    pub from: Option<String>,
    /// How its units were chosen; as the project declares it when absent.
    pub drawn: Option<GoldDrawn>,
    /// The part of it that is used.
    pub split: Split,
}

/// A part of the gold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Split {
    /// For choosing examples and wording.
    Tune,
    /// For comparing labelers.
    Validate,
    /// For the last word; each look at it is counted.
    Locked,
}

/// Somebody who labels, under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender {
    /// The name it is compared under.
    pub name: String,
    /// Who it is.
    pub who: Who,
}

/// Who labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// A labeler of titer.yaml, and what is different about it here.
    Labeler {
        /// Its name there.
        labeler: String,
        /// Other policies than the suite's: older versions, or variants.
        policies: Vec<String>,
        /// One call for all policies, or one call a policy; as in titer.yaml when absent.
        bundling: Option<SuiteBundling>,
    },
    /// A rater or vendor, by the name that stands in the gold file.
    Rater(String),
}

/// Whether policies share a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SuiteBundling {
    /// One call a unit answers every policy.
    Unified,
    /// One call a unit and policy.
    Separate,
}

/// A suite free of errors, with where everything in it is written.
#[derive(Debug, Clone)]
pub struct CheckedSuite {
    /// The suite.
    pub suite: Suite,
    /// What its author probably did not mean.
    pub warnings: Vec<Diagnostic>,
    /// Where each of its parts stands in the text.
    pub places: Places,
}

impl CheckedSuite {
    /// Returns what is wrong with the suite in this project: labelers that titer.yaml does not have, and files that
    /// are not there.
    #[must_use]
    pub fn unknown(&self, labelers: &[&str], is_file: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
        check::unknown(self, labelers, is_file)
    }
}

/// Reads a suite and checks all it says.
///
/// # Errors
///
/// Every mistake of form (`Y…`), or, in a file of good form, every mistake of meaning (`E…`), in the order of the text.
pub fn read(source: &Source) -> Result<CheckedSuite, Vec<Diagnostic>> {
    let yaml::Decoded { value: file, places } = yaml::decode::<SuiteFile>(source)?;
    let (suite, found) = check::checked(file, &places);
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(found);
    }
    Ok(CheckedSuite { suite, warnings: found, places })
}

/// Returns the JSON Schema of a suite file, for editors.
#[must_use]
pub fn schema() -> Value {
    yaml::schema_of::<SuiteFile>()
}
