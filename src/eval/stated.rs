//! What a labeler says of its own certainty, as the probability that a unit is violating.

use crate::eval::CalibrationError;
use std::collections::HashMap;

/// What stands beside a label about its certainty, each in `[0, 1]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Certainty {
    /// The probability that the unit is violating, whatever the label.
    Violating(f64),
    /// The probability of the tokens that spell the label.
    Label(f64),
    /// What the model says of its own certainty in the label.
    Confidence(f64),
}

/// Which of them a calibration is about. They are never mixed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CertaintySource {
    /// [`Certainty::Violating`].
    Violating,
    /// [`Certainty::Label`].
    Label,
    /// [`Certainty::Confidence`].
    Confidence,
}

impl CertaintySource {
    /// Returns the name of the column.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Violating => "violating_probability",
            Self::Label => "label_probability",
            Self::Confidence => "stated_confidence",
        }
    }
}

impl Certainty {
    /// Returns the first that is known of the three, in that order of trust.
    #[must_use]
    pub fn first(
        violating: Option<f64>,
        label: Option<f64>,
        confidence: Option<f64>,
    ) -> Option<Self> {
        let of_label = || label.map(Self::Label);
        violating.map(Self::Violating).or_else(of_label).or(confidence.map(Self::Confidence))
    }

    /// Returns what it is.
    #[must_use]
    pub fn source(self) -> CertaintySource {
        match self {
            Self::Violating(_) => CertaintySource::Violating,
            Self::Label(_) => CertaintySource::Label,
            Self::Confidence(_) => CertaintySource::Confidence,
        }
    }

    fn of_violating(self, flagged: bool) -> f64 {
        match self {
            Self::Violating(p) => p,
            Self::Label(p) | Self::Confidence(p) if flagged => p,
            Self::Label(p) | Self::Confidence(p) => 1.0 - p,
        }
    }
}

/// A unit with gold whose labeler gave a label and a certainty.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StatedUnit<'a> {
    /// The unit's id.
    pub id: &'a str,
    /// Whether its label counts as violating.
    pub flagged: bool,
    /// What stands beside it.
    pub certainty: Certainty,
}

/// The probability of being violating that a labeler stated of each unit with gold.
#[derive(Debug, Clone, PartialEq)]
pub struct Stated {
    /// Where they are from.
    pub source: CertaintySource,
    /// By the unit's id.
    pub(super) of_unit: HashMap<String, f64>,
}

impl Stated {
    /// Reads the certainties of units; `None` where there are none.
    ///
    /// Only those of the best source at hand are taken. A certainty of the label says how likely a unit is violating only where
    /// there are two labels: `p` for the violating one and `1 - p` for the other. `labels` is how many there are.
    ///
    /// # Errors
    ///
    /// [`CalibrationError::SeveralLabels`] where there are more; [`CalibrationError::NotAProbability`] outside `[0, 1]`.
    pub fn of<'a>(
        units: &[StatedUnit<'a>],
        labels: usize,
    ) -> Option<Result<Self, CalibrationError>> {
        let source = units.iter().map(|unit| unit.certainty.source()).min()?;
        if source != CertaintySource::Violating && labels > 2 {
            return Some(Err(CalibrationError::SeveralLabels { of: source, labels }));
        }
        let mut of_unit = HashMap::new();
        for unit in units.iter().filter(|unit| unit.certainty.source() == source) {
            let value = unit.certainty.of_violating(unit.flagged);
            if !(0.0..=1.0).contains(&value) {
                let id = unit.id.to_owned();
                return Some(Err(CalibrationError::NotAProbability { of: source, id }));
            }
            of_unit.insert(unit.id.to_owned(), value);
        }
        Some(Ok(Self { source, of_unit }))
    }

    /// Returns those of several samples as one; `None` where they are not of one source.
    #[must_use]
    pub fn together(all: &[&Self]) -> Option<Self> {
        let source = all.first()?.source;
        let alike = all.iter().all(|stated| stated.source == source);
        let each = all.iter().flat_map(|stated| &stated.of_unit);
        let of_unit = each.map(|(id, value)| (id.clone(), *value));
        alike.then(|| Self { source, of_unit: of_unit.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(id: &str, flagged: bool, certainty: Certainty) -> StatedUnit<'_> {
        StatedUnit { id, flagged, certainty }
    }

    #[test]
    fn the_probability_of_a_label_is_turned_to_that_of_being_violating() {
        let units = [
            unit("a", true, Certainty::Label(0.9)),
            unit("b", false, Certainty::Label(0.9)),
            unit("c", false, Certainty::Confidence(0.5)),
        ];
        let stated = Stated::of(&units, 2).unwrap().unwrap();
        assert_eq!(stated.source, CertaintySource::Label);
        assert!((stated.of_unit["a"] - 0.9).abs() < 1e-12);
        assert!((stated.of_unit["b"] - 0.1).abs() < 1e-12);
        assert_eq!(stated.of_unit.len(), 2, "sources are not mixed");
    }

    #[test]
    fn with_more_labels_that_of_one_says_too_little() {
        let units = [unit("a", true, Certainty::Confidence(0.9))];
        let refused = Stated::of(&units, 3).unwrap().unwrap_err();
        assert!(refused.to_string().contains("stated_confidence"), "{refused}");
        let units = [unit("a", false, Certainty::Violating(0.9))];
        assert!((Stated::of(&units, 3).unwrap().unwrap().of_unit["a"] - 0.9).abs() < 1e-12);
        assert!(Stated::of(&[], 2).is_none());
    }

    #[test]
    fn what_is_no_probability_is_refused() {
        let units = [unit("a", true, Certainty::Confidence(95.0))];
        assert!(matches!(
            Stated::of(&units, 2),
            Some(Err(CalibrationError::NotAProbability { .. }))
        ));
    }
}
