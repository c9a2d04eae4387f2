//! A request of several calls: which of them are answered, and what that cost.

use crate::reply::Answer;
use crate::store::Billed;
use crate::store::CallRow;
use crate::worker::ask::sum;
use std::collections::BTreeMap;

/// The calls of one request that are answered, in this run or an earlier one.
#[derive(Debug, Clone, Default)]
pub(super) struct Said {
    answers: BTreeMap<usize, Vec<Answer>>,
    pub(super) attempts: u32,
    pub(super) billed: Billed,
}

impl Said {
    /// Takes up what is on record.
    pub(super) fn resumed(rows: Vec<CallRow>) -> Self {
        let mut said = Self::default();
        rows.into_iter().for_each(|row| said.note(&row));
        said
    }

    /// Returns the first call without an answer among so many.
    pub(super) fn next(&self, calls: usize) -> Option<usize> {
        (0..calls).find(|place| !self.answers.contains_key(place))
    }

    /// Takes note of an answered call.
    pub(super) fn note(&mut self, row: &CallRow) {
        self.answers.insert(row.call, row.answers.clone());
        self.attempts += row.attempts;
        self.billed = sum(self.billed, row.billed);
    }

    /// Returns the answers in the order of the calls.
    pub(super) fn answers(&self) -> Vec<Vec<Answer>> {
        self.answers.values().cloned().collect()
    }
}
