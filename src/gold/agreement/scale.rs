//! A policy's labels as agreement sees them: which are violating, and how severe.

use crate::policy::Policy;
use std::collections::BTreeSet;

/// The labels a policy's raters choose from; reasons to abstain are not among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LabelScale {
    /// The labels; empty where nothing is known of them.
    pub labels: Vec<ScaleLabel>,
}

/// One label of a scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScaleLabel {
    /// The label's id.
    pub id: String,
    /// How severe it is; labels of one severity are one step of the scale.
    pub severity: u32,
    /// Whether it counts as violating.
    pub violating: bool,
}

impl LabelScale {
    /// Returns the scale of a policy; `violating` says which of its labels count as violating.
    #[must_use]
    pub fn of(policy: &Policy, violating: impl Fn(&str) -> bool) -> Self {
        let labels = policy.labels.iter().map(|label| ScaleLabel {
            id: label.id.clone(),
            severity: label.severity,
            violating: violating(&label.id),
        });
        Self { labels: labels.collect() }
    }

    /// Returns whether severities have an order that a comparison can lose: three or more of them.
    #[must_use]
    pub fn is_ordinal(&self) -> bool {
        self.severities().len() > 2
    }

    /// Returns whether nothing is known of the labels.
    pub(super) fn is_unknown(&self) -> bool {
        self.labels.is_empty()
    }

    /// Returns the severities in order.
    pub(super) fn severities(&self) -> Vec<u32> {
        let severities: BTreeSet<u32> = self.labels.iter().map(|label| label.severity).collect();
        severities.into_iter().collect()
    }

    pub(super) fn label(&self, id: &str) -> Option<&ScaleLabel> {
        self.labels.iter().find(|label| label.id == id)
    }
}
