//! Bottom-k sampling: one pass, memory of k, exactly mergeable.

use crate::sampling::Prn;
use crate::sampling::Salt;
use crate::sampling::SamplingError;
use crate::sampling::SizeMeasure;
use crate::sampling::prn;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::num::NonZeroUsize;

/// Whether units differ in how often they are drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Sizing {
    /// Every unit alike (S9).
    Uniform,
    /// In proportion to a size, up to certainty (S3).
    Priority(SizeMeasure),
}

/// What fixes a draw; two shards are mergeable exactly when theirs are equal.
#[derive(Debug, Clone, PartialEq)]
pub struct DrawSettings {
    /// The family of permanent random numbers.
    pub salt: Salt,
    /// How many units to draw.
    pub size: NonZeroUsize,
    /// How the units differ.
    pub sizing: Sizing,
}

/// Keeps the `k + 1` smallest keys `u / w` of the units it is offered; ties go to the smaller id bytes.
///
/// Given the other units' keys, a unit is drawn if and only if `u < w tau`, so the Horvitz-Thompson
/// estimate with `min(1, w tau)` is exactly unbiased and inclusions are pairwise uncorrelated.
///
/// # Source
///
/// Duffield, Lund & Thorup (2007), J. ACM 54(6); the ranks are Ohlsson's sequential Poisson (1998).
#[derive(Debug, Clone)]
pub struct BottomK<T> {
    settings: DrawSettings,
    kept: BinaryHeap<Candidate<T>>,
    offered: u64,
}

/// One unit of a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn<T> {
    /// The unit's id.
    pub id: String,
    /// Its permanent random number.
    pub prn: Prn,
    /// Its size.
    pub size: f64,
    /// Its exposure.
    pub exposure: f64,
    /// The probability of its inclusion, given the threshold.
    pub probability: f64,
    /// What the caller kept of it.
    pub payload: T,
}

/// A finished draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Draw<T> {
    /// The sample, ordered by id.
    pub units: Vec<Drawn<T>>,
    /// The design that fits it: a census when everything was asked for.
    pub design: Design,
    /// The `(k + 1)`-th key of the frame; `None` for a census, which has no sampling error.
    pub threshold: Option<f64>,
    /// How many units were offered.
    pub frame: u64,
}

#[derive(Debug, Clone)]
struct Candidate<T> {
    key: f64,
    id: String,
    prn: Prn,
    size: f64,
    exposure: f64,
    payload: T,
}

impl<T> BottomK<T> {
    /// Starts a draw.
    #[must_use]
    pub fn new(settings: DrawSettings) -> Self {
        Self { settings, kept: BinaryHeap::new(), offered: 0 }
    }

    /// Offers one unit; `payload` is called only when the unit is kept for now.
    ///
    /// # Errors
    ///
    /// An exposure or score no size can be made of.
    pub fn offer(
        &mut self,
        id: &str,
        exposure: f64,
        score: Option<f64>,
        payload: impl FnOnce() -> T,
    ) -> Result<(), SamplingError> {
        let size = self.size(id, exposure, score)?;
        let prn = prn(&self.settings.salt, id);
        let key = prn.u() / size;
        self.offered += 1;
        let full = self.settings.size.get() < self.kept.len();
        if let Some(last) = self.kept.peek().filter(|_| full)
            && last.place().cmp_to(key, id) != Ordering::Greater
        {
            return Ok(());
        }
        self.keep(Candidate { key, id: id.to_owned(), prn, size, exposure, payload: payload() });
        Ok(())
    }

    /// Adds the units of another shard; the result is what one pass over both would give.
    ///
    /// # Errors
    ///
    /// [`SamplingError::DifferentSettings`] when the shards were drawn by different designs.
    pub fn merge(&mut self, other: Self) -> Result<(), SamplingError> {
        if self.settings != other.settings {
            return Err(SamplingError::DifferentSettings);
        }
        self.offered += other.offered;
        other.kept.into_iter().for_each(|candidate| self.keep(candidate));
        Ok(())
    }

    /// Returns the sample with its inclusion probabilities.
    ///
    /// # Errors
    ///
    /// [`SamplingError::EmptyFrame`] when nothing was offered, [`SamplingError::DuplicateUnit`] when two
    /// kept units share an id. Only kept units are compared: a reader that must refuse every repeated id
    /// of a frame compares them itself.
    pub fn finish(self) -> Result<Draw<T>, SamplingError> {
        if self.offered == 0 {
            return Err(SamplingError::EmptyFrame);
        }
        let mut kept = self.kept.into_sorted_vec();
        let mut ids: Vec<&str> = kept.iter().map(|candidate| candidate.id.as_str()).collect();
        ids.sort_unstable();
        if let Some([id, _]) = ids.windows(2).find(|pair| pair.first() == pair.get(1)) {
            return Err(SamplingError::DuplicateUnit((*id).to_owned()));
        }
        let over = self.settings.size.get() < kept.len();
        let threshold = if over { kept.pop().map(|last| last.key) } else { None };
        let design = match (threshold, self.settings.sizing) {
            (None, _) => Design::Census,
            (Some(_), Sizing::Uniform) => Design::Uniform,
            (Some(_), Sizing::Priority(_)) => Design::Priority,
        };
        let mut units: Vec<_> = kept.into_iter().map(|unit| unit.drawn(threshold)).collect();
        units.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Draw { units, design, threshold, frame: self.offered })
    }

    /// Returns what fixes this draw.
    #[must_use]
    pub fn settings(&self) -> &DrawSettings {
        &self.settings
    }

    fn size(&self, id: &str, exposure: f64, score: Option<f64>) -> Result<f64, SamplingError> {
        if !(exposure.is_finite() && 0.0 < exposure) {
            return Err(SamplingError::BadExposure { id: id.to_owned(), exposure });
        }
        if let Some(score) = score.filter(|score| !(0.0..=1.0).contains(score)) {
            return Err(SamplingError::BadScore { id: id.to_owned(), score });
        }
        Ok(match self.settings.sizing {
            Sizing::Uniform => 1.0,
            Sizing::Priority(measure) => measure.size(exposure, score),
        })
    }

    fn keep(&mut self, candidate: Candidate<T>) {
        self.kept.push(candidate);
        if self.settings.size.get() + 1 < self.kept.len() {
            self.kept.pop();
        }
    }
}

impl<T> Drawn<T> {
    /// Returns how the unit entered the sample, as units record it.
    #[must_use]
    pub fn inclusion(&self, design: Design) -> Inclusion {
        Inclusion::new(self.probability, design)
    }
}

/// Where a unit stands in the draw.
struct Place<'a> {
    key: f64,
    id: &'a str,
}

impl Place<'_> {
    fn cmp_to(&self, key: f64, id: &str) -> Ordering {
        self.key.total_cmp(&key).then_with(|| self.id.as_bytes().cmp(id.as_bytes()))
    }
}

impl<T> Candidate<T> {
    fn place(&self) -> Place<'_> {
        Place { key: self.key, id: &self.id }
    }

    fn drawn(self, threshold: Option<f64>) -> Drawn<T> {
        let probability = threshold.map_or(1.0, |threshold| (self.size * threshold).min(1.0));
        let Self { id, prn, size, exposure, payload, .. } = self;
        Drawn { id, prn, size, exposure, probability, payload }
    }
}

impl<T> Ord for Candidate<T> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp_to(other.key, &other.id)
    }
}

impl<T> PartialOrd for Candidate<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> PartialEq for Candidate<T> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<T> Eq for Candidate<T> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::Floor;
    use crate::sampling::ScoreTransform;
    use proptest::prelude::*;

    fn settings(salt: &str, size: usize, sizing: Sizing) -> DrawSettings {
        let size = NonZeroUsize::new(size).unwrap();
        DrawSettings { salt: Salt::new(salt).unwrap(), size, sizing }
    }

    fn priority() -> Sizing {
        let floor = Floor::new(0.2).unwrap();
        Sizing::Priority(SizeMeasure::new(ScoreTransform::Sqrt, floor, 0.4).unwrap())
    }

    fn exposure(i: usize) -> f64 {
        (10.0 / (1.0 - (i as f64 * 0.618_033_988_749_895).fract())).floor()
    }

    fn over(settings: DrawSettings, units: impl Iterator<Item = usize>) -> BottomK<usize> {
        let mut draw = BottomK::new(settings);
        for i in units {
            let score = (i % 3 > 0).then(|| (i as f64 * 0.377).fract());
            draw.offer(&format!("u{i}"), exposure(i), score, || i).unwrap();
        }
        draw
    }

    proptest! {
        #[test]
        fn shards_merge_to_what_one_pass_gives(
            shard_of in proptest::collection::vec(0usize..5, 1..200), size in 1usize..60,
        ) {
            for sizing in [Sizing::Uniform, priority()] {
                let settings = settings("merge", size, sizing);
                let shards = (0..5).map(|shard| {
                    over(settings.clone(), (0..shard_of.len()).filter(|i| shard_of[*i] == shard))
                });
                let mut merged = BottomK::new(settings.clone());
                shards.for_each(|shard| merged.merge(shard).unwrap());
                let single = over(settings, 0..shard_of.len());
                prop_assert_eq!(merged.finish().unwrap(), single.finish().unwrap());
            }
        }

        #[test]
        fn a_larger_draw_keeps_the_smaller_one(size in 1usize..80, more in 1usize..80) {
            for sizing in [Sizing::Uniform, priority()] {
                let ids = |size| {
                    let draw = over(settings("top-up", size, sizing), 0..200).finish().unwrap();
                    draw.units.into_iter().map(|unit| unit.id).collect::<std::collections::BTreeSet<_>>()
                };
                prop_assert!(ids(size).is_subset(&ids(size + more)));
            }
        }
    }

    #[test]
    fn weighted_totals_are_unbiased_over_salts() {
        const REPEATS: usize = 4000;
        let truth: f64 = (0..200).filter(|i| i % 7 == 0).map(exposure).sum();
        for sizing in [Sizing::Uniform, priority()] {
            let totals: Vec<f64> = (0..REPEATS)
                .map(|salt| {
                    let draw =
                        over(settings(&format!("mc{salt}"), 20, sizing), 0..200).finish().unwrap();
                    let positive = draw.units.iter().filter(|unit| unit.payload % 7 == 0);
                    positive.map(|unit| unit.exposure / unit.probability).sum()
                })
                .collect();
            let mean = totals.iter().sum::<f64>() / REPEATS as f64;
            let spread = totals.iter().map(|total| (total - mean).powi(2)).sum::<f64>();
            let error = spread.sqrt() / REPEATS as f64;
            assert!((mean - truth).abs() < 3.0 * error, "{mean} against {truth}, error {error}");
        }
    }

    #[test]
    fn asking_for_the_whole_frame_is_a_census() {
        let all = over(settings("s", 5, priority()), 0..5).finish().unwrap();
        assert_eq!((all.design, all.threshold, all.units.len()), (Design::Census, None, 5));
        assert!(all.units.iter().all(|unit| (unit.probability - 1.0).abs() < 1e-15));
        let some = over(settings("s", 5, priority()), 0..6).finish().unwrap();
        assert_eq!((some.design, some.units.len(), some.frame), (Design::Priority, 5, 6));
    }

    #[test]
    fn equal_keys_are_ordered_by_id_bytes() {
        let candidate = |id: &str| Candidate {
            key: 0.5,
            id: id.into(),
            prn: prn(&Salt::new("s").unwrap(), id),
            size: 1.0,
            exposure: 1.0,
            payload: (),
        };
        assert!(candidate("B") < candidate("a") && candidate("a") < candidate("é"));
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        let mut draw = BottomK::new(settings("s", 2, Sizing::Uniform));
        assert!(draw.offer("a", f64::NAN, None, || ()).is_err());
        assert!(draw.offer("a", 0.0, None, || ()).is_err());
        assert!(draw.offer("a", 1.0, Some(1.1), || ()).is_err());
        assert_eq!(draw.clone().finish(), Err(SamplingError::EmptyFrame));
        draw.offer("a", 1.0, None, || ()).unwrap();
        draw.offer("a", 2.0, None, || ()).unwrap();
        assert_eq!(draw.clone().finish(), Err(SamplingError::DuplicateUnit("a".into())));
        let other = BottomK::new(settings("t", 2, Sizing::Uniform));
        assert_eq!(draw.merge(other), Err(SamplingError::DifferentSettings));
    }
}
