//! The first pass over a frame: what has to be known of all units before one is drawn.

use crate::sampling::ScoreMean;
use crate::sampling::ScoreTransform;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use std::collections::BTreeMap;

/// A segment with more values than this is an identifier, not a pivot; its totals are dropped.
const MOST_VALUES: usize = 1000;

/// Counts a frame: rows, exposure, mean of the transformed score, and a hash of what the design saw.
#[derive(Debug, Clone)]
pub struct FrameTally {
    rows: u64,
    scored: u64,
    exposure: f64,
    segments: BTreeMap<String, SegmentTotals>,
    score: ScoreMean,
    hash: FingerprintBuilder,
}

/// Exposure by the values of one segment.
#[derive(Debug, Clone, PartialEq)]
pub enum SegmentTotals {
    /// Exposure by value.
    ByValue(BTreeMap<String, f64>),
    /// Too many values to be a pivot.
    TooMany,
}

impl FrameTally {
    /// Starts an empty tally.
    #[must_use]
    pub fn new(transform: ScoreTransform) -> Self {
        Self {
            rows: 0,
            scored: 0,
            exposure: 0.0,
            segments: BTreeMap::new(),
            score: ScoreMean::new(transform),
            hash: FingerprintBuilder::new("frame"),
        }
    }

    /// Adds one unit.
    pub fn add(&mut self, unit: &Unit) {
        self.rows += 1;
        self.scored += u64::from(unit.score.is_some());
        self.exposure += unit.exposure;
        self.score.add(unit.exposure, unit.score);
        let score = unit.score.map_or([0xff; 8], |score| score.to_bits().to_le_bytes());
        self.hash.text(&unit.id).bytes(&unit.exposure.to_bits().to_le_bytes()).bytes(&score);
        for (name, value) in unit.segments.iter() {
            match self.segments.get_mut(name) {
                Some(totals) => totals.add(value, unit.exposure),
                None => {
                    let first = BTreeMap::from([(value.to_owned(), unit.exposure)]);
                    self.segments.insert(name.to_owned(), SegmentTotals::ByValue(first));
                }
            }
        }
    }

    /// Returns the number of units.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Returns the number of units with a score.
    #[must_use]
    pub fn scored(&self) -> u64 {
        self.scored
    }

    /// Returns the total exposure.
    #[must_use]
    pub fn exposure(&self) -> f64 {
        self.exposure
    }

    /// Returns the exposure of each segment's values.
    #[must_use]
    pub fn segments(&self) -> &BTreeMap<String, SegmentTotals> {
        &self.segments
    }

    /// Returns the mean of the transformed score.
    #[must_use]
    pub fn score(&self) -> &ScoreMean {
        &self.score
    }

    /// Returns the hash of ids, exposures and scores in the order they were read.
    #[must_use]
    pub fn hash(&self) -> Fingerprint {
        self.hash.finish()
    }
}

impl SegmentTotals {
    fn add(&mut self, value: &str, exposure: f64) {
        let Self::ByValue(totals) = self else { return };
        if let Some(total) = totals.get_mut(value) {
            *total += exposure;
        } else if totals.len() < MOST_VALUES {
            totals.insert(value.to_owned(), exposure);
        } else {
            *self = Self::TooMany;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: usize, exposure: f64, score: Option<f64>) -> Unit {
        Unit {
            id: id.to_string(),
            exposure,
            score,
            segments: [
                ("surface", if id < 500 { "home".to_owned() } else { "search".to_owned() }),
                ("author", id.to_string()),
            ]
            .into_iter()
            .collect(),
            period: None,
            components: Vec::new(),
            inclusion: None,
            passthrough: serde_json::Map::new(),
        }
    }

    #[test]
    fn totals_add_up_over_the_values_of_a_segment() {
        let mut tally = FrameTally::new(ScoreTransform::Identity);
        (0..1001).for_each(|id| tally.add(&unit(id, 2.0, (id == 0).then_some(0.5))));
        let SegmentTotals::ByValue(surface) = &tally.segments()["surface"] else {
            unreachable!("two values are not too many")
        };
        assert!((surface.values().sum::<f64>() - tally.exposure()).abs() < 1e-9);
        assert_eq!(tally.segments()["author"], SegmentTotals::TooMany);
        assert_eq!((tally.rows(), tally.scored()), (1001, 1));
    }

    #[test]
    fn a_changed_score_changes_the_hash_of_the_frame() {
        let hash = |score| {
            let mut tally = FrameTally::new(ScoreTransform::Sqrt);
            tally.add(&unit(1, 1.0, score));
            tally.hash()
        };
        assert_ne!(hash(None), hash(Some(0.0)));
        assert_eq!(hash(Some(0.5)), hash(Some(0.5)));
    }
}
