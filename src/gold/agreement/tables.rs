//! Answers as tables of ratings: by label, by violating or not, by severity.

use super::LabelScale;
use crate::gold::RatedUnit;
use crate::stats::Rating;
use crate::stats::RatingShape;
use crate::stats::Ratings;
use crate::stats::StatsError;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

/// The class of a violating answer where answers are violating or not.
pub(super) const VIOLATING: usize = 1;

/// The units that two or more raters answered.
pub(super) struct Tables<'a> {
    shared: Vec<&'a RatedUnit>,
    scale: &'a LabelScale,
    raters: BTreeMap<Option<&'a str>, usize>,
}

impl<'a> Tables<'a> {
    pub(super) fn of(rated: &[&'a RatedUnit], scale: &'a LabelScale) -> Self {
        let shared: Vec<&RatedUnit> =
            rated.iter().copied().filter(|unit| unit.answers.len() > 1).collect();
        let names: BTreeSet<Option<&str>> = shared
            .iter()
            .flat_map(|unit| &unit.answers)
            .map(|answer| answer.rater.as_deref())
            .collect();
        let raters = names.into_iter().zip(0..).collect();
        Self { shared, scale, raters }
    }

    pub(super) fn n_shared(&self) -> usize {
        self.shared.len()
    }

    pub(super) fn raters_of_shared(&self) -> usize {
        self.raters.len()
    }

    /// Answers by label: the policy's labels, and what else raters answered.
    pub(super) fn labels(&self) -> Result<Ratings, StatsError> {
        let of_scale = self.scale.labels.iter().map(|label| label.id.as_str());
        let answers = self.shared.iter().flat_map(|unit| &unit.answers);
        let ids: BTreeSet<&str> =
            of_scale.chain(answers.map(|answer| answer.label.as_str())).collect();
        let classes: BTreeMap<&str, usize> = ids.into_iter().zip(0..).collect();
        self.table(classes.len(), |label| classes.get(label).copied())
    }

    /// Answers as violating or not; abstentions are missing.
    pub(super) fn violating(&self) -> Result<Ratings, StatsError> {
        if self.scale.is_unknown() {
            return Err(StatsError::Undefined {
                statistic: "positive agreement",
                reason: "nothing says which labels are violating; the policy is not in the project",
            });
        }
        self.table(2, |label| Some(usize::from(self.scale.label(label)?.violating)))
    }

    /// Answers by the rank of their severity; abstentions are missing.
    pub(super) fn severities(&self) -> Result<Ratings, StatsError> {
        let severities = self.scale.severities();
        self.table(severities.len(), |label| {
            let severity = self.scale.label(label)?.severity;
            severities.iter().position(|known| *known == severity)
        })
    }

    /// Answers by class. A unit with fewer than two answers that have a class is left out.
    fn table(
        &self,
        classes: usize,
        class: impl Fn(&str) -> Option<usize>,
    ) -> Result<Ratings, StatsError> {
        let mut ratings = Vec::new();
        let mut units = 0;
        for unit in &self.shared {
            let answers = unit.answers.iter();
            let known: Vec<Rating> = answers
                .filter_map(|answer| {
                    let rater = *self.raters.get(&answer.rater.as_deref())?;
                    Some(Rating { unit: units, rater, class: class(&answer.label)? })
                })
                .collect();
            if known.len() > 1 {
                ratings.extend(known);
                units += 1;
            }
        }
        if units == 0 {
            let reason = "no unit has answers of two raters";
            return Err(StatsError::Undefined { statistic: "agreement", reason });
        }
        Ratings::new(RatingShape { units, raters: self.raters.len(), classes }, &ratings)
    }
}
