//! The shape of a suite file: what a person may write.

use super::metric::Metric;
use super::metric::Robustness;
use crate::yaml::ID_FORM;
use crate::yaml::ID_PATTERN;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// A suite: who is compared on which units and gold, and what must hold.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "titer suite")]
pub(super) struct SuiteFile {
    /// A name for people.
    #[serde(default)]
    pub(super) title: Option<String>,
    /// The units, by their path from this file's folder; those of titer.yaml when left out.
    #[serde(default)]
    pub(super) units: Option<String>,
    /// The gold labelers are held against; that of titer.yaml when left out.
    #[serde(default)]
    pub(super) gold: Option<FileGold>,
    /// Who is compared: labelers of titer.yaml, raters, vendors.
    #[schemars(length(min = 1))]
    pub(super) labelers: Vec<FileContender>,
    /// The policies they are compared under, by their path from this file's folder.
    #[schemars(length(min = 1))]
    pub(super) policies: Vec<String>,
    /// What is measured, and against whom.
    #[serde(default)]
    pub(super) compare: FileCompare,
    /// Segments of the units that are looked at apart, such as `country`.
    #[serde(default)]
    pub(super) slices: Vec<String>,
    /// Faults that are looked for on purpose.
    #[serde(default)]
    pub(super) robustness: Vec<Robustness>,
    /// What must hold, such as `sensitivity >= 0.85 at lower bound`.
    #[serde(default)]
    pub(super) gates: Vec<String>,
    /// How often each unit is asked; 1 when left out.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 1000))]
    pub(super) repeats: u32,
    /// Seeds every draw; 1 when left out.
    #[serde(default = "seed")]
    pub(super) seed: u64,
    /// Level of the intervals; 0.95 when left out.
    #[serde(default = "level")]
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub(super) level: f64,
}

/// The gold labelers are held against.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileGold {
    /// A CSV or JSONL file, by its path from this file's folder; the gold of titer.yaml when left out.
    #[serde(default)]
    pub(super) from: Option<String>,
    /// How its units were chosen; as titer.yaml says when left out.
    #[serde(default)]
    pub(super) drawn: Option<FileDrawn>,
    /// The part of it that is used; `validate` when left out.
    #[serde(default)]
    pub(super) split: FileSplit,
}

/// How the units with gold were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum FileDrawn {
    /// A simple random or probability subsample of the labeled units.
    FromSample,
    /// With probabilities that depend on the model's label.
    ByLabel,
    /// Another sample of the same population.
    Independent,
    /// Anything else: fit for evals, never for prevalence.
    Convenience,
}

/// A part of the gold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileSplit {
    /// For choosing examples and wording.
    Tune,
    /// For comparing labelers.
    #[default]
    Validate,
    /// For the last word; each look at it is counted.
    Locked,
}

/// Who labels: a labeler by name, or more about one.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum FileContender {
    /// A labeler of titer.yaml.
    Name(String),
    /// A labeler with settings of its own, or a rater.
    Full(FullContender),
}

/// A labeler of titer.yaml with settings of its own (`labeler`), or a rater or vendor (`rater`).
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FullContender {
    /// The name it is compared under; its own when left out.
    #[serde(default, rename = "as")]
    #[schemars(regex(pattern = ID_PATTERN), extend("patternErrorMessage" = ID_FORM))]
    pub(super) alias: Option<String>,
    /// A labeler of titer.yaml.
    #[serde(default)]
    pub(super) labeler: Option<String>,
    /// A rater or vendor, as the column `rater` of the gold file calls them.
    #[serde(default)]
    pub(super) rater: Option<String>,
    /// Other policies than the suite's, such as an older version, by path.
    #[serde(default)]
    pub(super) policies: Vec<String>,
    /// One call for all policies, or one call a policy; as titer.yaml says when left out.
    #[serde(default)]
    pub(super) prompt: Option<FileBundling>,
}

/// Whether policies share a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileBundling {
    /// One call a unit answers every policy.
    Unified,
    /// One call a unit and policy.
    Separate,
}

/// What is measured, and against whom.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct FileCompare {
    /// The labeler the others are compared with, by its name in this suite.
    pub(super) baseline: Option<String>,
    /// What is measured; sensitivity, specificity and cost when left out.
    pub(super) metrics: Vec<Metric>,
}

fn one() -> u32 {
    1
}

fn seed() -> u64 {
    1
}

fn level() -> f64 {
    0.95
}
