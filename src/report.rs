//! Results become text for terminals, Markdown and one self-contained HTML file; computes no number.
//!
//! What is formatted here was measured by `measure`. The only arithmetic is that of formatting: a share as a
//! percentage, a part of a whole as a length. Text that users wrote (ids, labels, titles) is never trusted: it is
//! escaped for the form it goes into, and control characters do not reach a terminal.

#![deny(clippy::disallowed_methods)]

mod changes;
mod classes;
mod gold_error;
mod html;
mod markdown;
mod markdown_quality;
mod number;
mod page;
mod page_quality;
mod plan;
mod plot;
mod quality;
mod rates;
mod reliability;
mod rows;
mod segments;
mod summary;
mod table;
mod text;

pub use changes::break_sentences;
pub use changes::changes;
pub use classes::by_label;
pub use html::RenderError;
pub use html::html;
pub use markdown::markdown;
pub use plan::plans;
pub use quality::rates_by_segment;
pub use rates::error_rates;
pub use segments::by_period;
pub use segments::by_segment;
pub use segments::pivots;
pub use summary::summary_line;
pub use text::Detail;
pub use text::text;

use crate::measure::Break;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use std::collections::BTreeMap;

/// What a report says besides its measurements.
#[derive(Debug, Clone, PartialEq)]
pub struct Report<'a> {
    /// The headline.
    pub title: String,
    /// One line under it.
    pub subtitle: String,
    /// When the report was made, as it is to be shown.
    pub generated_at: String,
    /// The version of the program.
    pub version: &'a str,
    /// Things to know that no code covers, a line each.
    pub notes: Vec<String>,
    /// The measurements, in the order to show them.
    pub policies: &'a [PolicyPrevalence],
    /// Measurements of parts of the units, the values of one pivot of one policy side by side.
    pub segments: &'a [PolicyPrevalence],
    /// The other periods: each of a series, or the one compared with.
    pub periods: &'a [PolicyPrevalence],
    /// Changes from one period to another.
    pub changes: &'a [PeriodChange],
    /// Where the series of a policy breaks.
    pub breaks: &'a [(String, Break)],
    /// The true prevalence by policy, where a simulation knows it.
    pub known_truth: Option<BTreeMap<String, f64>>,
    /// Where the numbers come from: names and values, in order.
    pub provenance: Vec<(String, String)>,
}

impl Report<'_> {
    /// The parts of a policy's units, grouped by pivot.
    fn pivots(&self, policy: &str) -> Vec<Vec<&PolicyPrevalence>> {
        pivots(self.segments.iter().filter(|part| part.subject.policy == policy))
    }

    /// The periods of a policy where they are a series, not one to compare with.
    fn series(&self, policy: &str) -> Vec<&PolicyPrevalence> {
        let compared = self.changes.iter().any(|change| change.policy == policy);
        let of_policy = self.periods.iter().filter(|part| part.subject.policy == policy);
        if compared { Vec::new() } else { of_policy.collect() }
    }

    fn changes(&self, policy: &str) -> Vec<&PeriodChange> {
        self.changes.iter().filter(|change| change.policy == policy).collect()
    }

    fn breaks(&self, policy: &str) -> Vec<String> {
        let of_policy = self.breaks.iter().filter(|(id, _)| id == policy);
        break_sentences(of_policy.map(|(_, found)| found))
    }

    fn truth(&self, policy: &str) -> Option<f64> {
        self.known_truth.as_ref()?.get(policy).copied()
    }
}
