//! What labeler and people said where several labels may apply to a unit at once.

use crate::eval::GoldLabel;
use crate::eval::Judgment;
use crate::eval::LabeledUnit;
use std::collections::HashMap;

/// The labels of each unit by its id, where the row of the unit names one of them only.
///
/// A unit that is not listed has the one label of its row.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Several<'a> {
    /// What the labeler said.
    pub said: HashMap<&'a str, Vec<&'a str>>,
    /// What people said.
    pub gold: HashMap<&'a str, GoldSet<'a>>,
}

/// All that people said of one unit. A label in neither list does not apply.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GoldSet<'a> {
    /// Labels that apply.
    pub apply: Vec<&'a str>,
    /// Labels of which people could not tell, or did not agree.
    pub open: Vec<&'a str>,
}

impl Several<'_> {
    /// Returns whether the labeler gave the unit that label, among others or alone.
    #[must_use]
    pub fn said(&self, unit: &LabeledUnit<'_>, label: &str) -> bool {
        match self.said.get(unit.id) {
            Some(labels) => labels.contains(&label),
            None => unit.label == Some(label),
        }
    }

    /// Returns whether people gave the unit that label; `None` where they could not tell.
    #[must_use]
    pub fn meant(&self, gold: &GoldLabel<'_>, label: &str) -> Option<bool> {
        match (self.gold.get(gold.id), gold.judgment) {
            (Some(set), _) if set.open.contains(&label) => None,
            (Some(set), _) => Some(set.apply.contains(&label)),
            (None, Judgment::Decided) => Some(gold.label == label),
            (None, Judgment::Undetermined) => None,
        }
    }
}
