//! A labeler held against gold, unit by unit with design weights: agreement and error in one number each, with intervals.
//!
//! Symbols: `f` and `y` are the weighted shares that are flagged and that are positive, `D` the share on which the two differ,
//! `E` the share on which they would differ by chance. Variances are linearised: with `u` the influence of a unit on the number,
//! `V = sum (1 - pi rho) d2^2 u^2`, and for units of one cluster `z^2 + sum pi (1 - rho) d2^2 u^2` with `z` their sum of
//! `sqrt(1 - pi) d2 u` (the ultimate cluster).

use crate::stats::Flag;
use crate::stats::GoldWeight;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::Truth;
use crate::stats::WeightSum;
use crate::stats::wilson_effective;
use std::collections::BTreeMap;

/// A gold unit and what the labeler made of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableUnit {
    /// Whether the labeler flagged it; a unit without an answer was not.
    pub flag: Flag,
    /// What gold says.
    pub truth: Truth,
    /// Its weight.
    pub weight: GoldWeight,
    /// The number of its cluster, where it has one.
    pub cluster: Option<u32>,
}

/// A value with its interval, or the reason why it has none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Figure {
    /// The value.
    pub value: f64,
    /// Its interval.
    pub interval: Result<Interval, StatsError>,
}

/// A two-by-two table of weighted units. Invariant: at least one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelerTable {
    units: Vec<TableUnit>,
    hits: WeightSum,
    misses: WeightSum,
    false_alarms: WeightSum,
    passes: WeightSum,
}

/// What chance-corrected agreement is made of: the shares on which labeler and gold differ, seen and by chance.
struct Disagreement {
    seen: f64,
    by_chance: f64,
}

impl LabelerTable {
    /// Adds the units up.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units.
    pub fn new(units: Vec<TableUnit>) -> Result<Self, StatsError> {
        if units.is_empty() {
            return Err(StatsError::NoUnits);
        }
        let empty = WeightSum::default();
        let [mut hits, mut misses, mut false_alarms, mut passes] = [empty; 4];
        for unit in &units {
            let sum = match (unit.flag, unit.truth) {
                (Flag::Flagged, Truth::Positive) => &mut hits,
                (Flag::Unflagged, Truth::Positive) => &mut misses,
                (Flag::Flagged, Truth::Negative) => &mut false_alarms,
                (Flag::Unflagged, Truth::Negative) => &mut passes,
            };
            sum.add_gold(unit.weight);
        }
        Ok(Self { units, hits, misses, false_alarms, passes })
    }

    /// Returns Youden's index J, sensitivity + specificity - 1.
    ///
    /// The interval recovers the variances from the Wilson limits of both rates, which rest on different units:
    /// `J - sqrt((Se - l_Se)^2 + (Sp - l_Sp)^2)` below, and likewise above. It has a width where a rate is 0 or 1.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] without positive or without negative units.
    ///
    /// # Source
    ///
    /// Youden (1950), Cancer 3:32–35; Newcombe (1998), Stat. Med. 17:873–890; Zou & Donner (2008), Stat. Med. 27:1693–1702.
    pub fn youden(&self, level: Level) -> Result<Figure, StatsError> {
        let undefined = |reason| StatsError::Undefined { statistic: "Youden's index", reason };
        let rate = |hits, misses, reason| {
            Share::of(hits, misses)
                .map(|share| (share.value, wilson_effective(&share, level)))
                .map_err(|_| undefined(reason))
        };
        let (se, around_se) = rate(&self.hits, &self.misses, "no gold unit is violating")?;
        let (sp, around_sp) =
            rate(&self.passes, &self.false_alarms, "every gold unit is violating")?;
        let value = se + sp - 1.0;
        let interval = Interval {
            low: value - (se - around_se.low).hypot(sp - around_sp.low),
            high: value + (around_se.high - se).hypot(around_sp.high - sp),
            method: Method::Mover,
        };
        Ok(Figure { value, interval: Ok(interval) })
    }

    /// Returns the mean of sensitivity and specificity, `(J + 1) / 2`, with the interval of J brought to that scale.
    ///
    /// # Errors
    ///
    /// As [`Self::youden`].
    pub fn balanced_accuracy(&self, level: Level) -> Result<Figure, StatsError> {
        let half = |value: f64| f64::midpoint(value, 1.0);
        let youden = self.youden(level)?;
        let interval =
            youden.interval.map(|it| Interval { low: half(it.low), high: half(it.high), ..it });
        Ok(Figure { value: half(youden.value), interval })
    }

    /// Returns F1, the harmonic mean of precision and sensitivity.
    ///
    /// `F1 = 2 j / (1 + j)` with `j` the share of the positives of either kind, gold's or the labeler's, that both call so
    /// (Jaccard's index). `j` is a share of weight with a Wilson interval at its effective size, whose limits are brought to F1.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where nothing is positive and nothing flagged.
    ///
    /// # Source
    ///
    /// van Rijsbergen (1979), Information Retrieval, ch. 7; Jaccard (1901), Bull. Soc. Vaud. Sci. Nat. 37:547–579.
    pub fn f1(&self, level: Level) -> Result<Figure, StatsError> {
        let either = self.misses.plus(&self.false_alarms);
        let jaccard = Share::of(&self.hits, &either).map_err(|_| StatsError::Undefined {
            statistic: "F1",
            reason: "no gold unit is violating and none is flagged",
        })?;
        let f1 = |jaccard: f64| 2.0 * jaccard / (1.0 + jaccard);
        let around = wilson_effective(&jaccard, level);
        let interval = Interval { low: f1(around.low), high: f1(around.high), ..around };
        Ok(Figure { value: f1(jaccard.value), interval: Ok(interval) })
    }

    /// Returns Cohen's kappa of labeler and gold, `1 - D / E` with `E = f + y - 2 f y`.
    ///
    /// The interval is linearised, cut to `[-1, 1]`. Kappa depends on prevalence: with few positives it says little about how
    /// often the labeler errs.
    ///
    /// # Errors
    ///
    /// [`StatsError::Undefined`] where both put every unit in one class.
    ///
    /// # Source
    ///
    /// Cohen (1960), Educ. Psychol. Meas. 20:37–46; Fleiss, Cohen & Everitt (1969), Psychol. Bull. 72:323–327.
    pub fn kappa(&self, level: Level) -> Result<Figure, StatsError> {
        let (f, y) = (self.flagged(), self.positive());
        let disagreement =
            Disagreement { seen: self.differing(), by_chance: f * (1.0 - y) + y * (1.0 - f) };
        if disagreement.by_chance <= 0.0 {
            let reason = "labeler and gold put every unit in one and the same class";
            return Err(StatsError::Undefined { statistic: "kappa", reason });
        }
        let chance = |flagged: f64, positive: f64| {
            (flagged - f) * (1.0 - 2.0 * y) + (positive - y) * (1.0 - 2.0 * f)
        };
        Ok(self.agreement(&disagreement, chance, ("an interval of kappa", level)))
    }

    /// Returns Gwet's AC1 of labeler and gold, `1 - D / E` with `E = 1 - 2 p (1 - p)` and `p` the mean of `f` and `y`.
    ///
    /// It does not collapse where one class dominates, as kappa does. The interval is linearised, cut to `[-1, 1]`.
    ///
    /// # Source
    ///
    /// Gwet (2008), Br. J. Math. Stat. Psychol. 61:29–48.
    #[must_use]
    pub fn ac1(&self, level: Level) -> Figure {
        let (f, y) = (self.flagged(), self.positive());
        let p = f64::midpoint(f, y);
        let disagreement =
            Disagreement { seen: self.differing(), by_chance: 1.0 - 2.0 * p * (1.0 - p) };
        let chance =
            |flagged: f64, positive: f64| (2.0 * p - 1.0) * ((flagged - f) + (positive - y));
        self.agreement(&disagreement, chance, ("an interval of AC1", level))
    }

    /// Joins both parts of `1 - D / E`; `chance` is a unit's influence on E, times the sum of the weights.
    fn agreement(
        &self,
        &Disagreement { seen, by_chance }: &Disagreement,
        chance: impl Fn(f64, f64) -> f64,
        (statistic, level): (&'static str, Level),
    ) -> Figure {
        let value = 1.0 - seen / by_chance;
        let total = self.total();
        let influence = |flagged: f64, positive: f64| {
            let differs = (flagged - positive).abs();
            let of_chance = chance(flagged, positive) * seen / by_chance;
            (of_chance - (differs - seen)) / (by_chance * total)
        };
        let variance = self.variance(influence);
        let half = level.z() * variance.sqrt();
        let known = variance > 0.0 || self.is_certain();
        let interval = Interval {
            low: (value - half).max(-1.0),
            high: (value + half).min(1.0),
            method: Method::Delta,
        };
        let reason = "all gold says the same, so that nothing shows how far it may be off";
        let unknown = StatsError::Undefined { statistic, reason };
        Figure { value, interval: if known { Ok(interval) } else { Err(unknown) } }
    }

    /// The design variance of the sum of `d2 u` over the units.
    fn variance(&self, influence: impl Fn(f64, f64) -> f64) -> f64 {
        let mut clusters: BTreeMap<u32, f64> = BTreeMap::new();
        let mut variance = 0.0;
        for unit in &self.units {
            let flagged = f64::from(u8::from(unit.flag == Flag::Flagged));
            let positive = f64::from(u8::from(unit.truth == Truth::Positive));
            let u = influence(flagged, positive);
            let (first, own) = unit.weight.errors();
            match unit.cluster {
                None => variance += (first.powi(2) + own) * u.powi(2),
                Some(cluster) => {
                    *clusters.entry(cluster).or_default() += first * u;
                    variance += own * u.powi(2);
                }
            }
        }
        variance + clusters.values().map(|sum| sum.powi(2)).sum::<f64>()
    }

    /// Whether every unit was certain to be observed: there is no sampling error then.
    fn is_certain(&self) -> bool {
        let errors = self.all().iter().map(|sum| sum.error).sum::<f64>();
        errors <= 0.0
    }

    fn all(&self) -> [&WeightSum; 4] {
        [&self.hits, &self.misses, &self.false_alarms, &self.passes]
    }

    fn total(&self) -> f64 {
        self.all().iter().map(|sum| sum.weight).sum()
    }

    fn flagged(&self) -> f64 {
        (self.hits.weight + self.false_alarms.weight) / self.total()
    }

    fn positive(&self) -> f64 {
        (self.hits.weight + self.misses.weight) / self.total()
    }

    fn differing(&self) -> f64 {
        (self.misses.weight + self.false_alarms.weight) / self.total()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::AgreementWeights;
    use crate::stats::PairTable;
    use crate::stats::Ratings;
    use crate::stats::Weight;
    use crate::stats::gwet_ac;

    const CLASSES: [(Flag, Truth); 4] = [
        (Flag::Flagged, Truth::Positive),
        (Flag::Unflagged, Truth::Positive),
        (Flag::Flagged, Truth::Negative),
        (Flag::Unflagged, Truth::Negative),
    ];

    fn level() -> Level {
        Level::new(0.95).unwrap()
    }

    /// Units of one weight each, drawn with next to no probability; counts of hits, misses, false alarms and passes.
    fn units(counts: [usize; 4], cluster: Option<u32>) -> Vec<TableUnit> {
        let weight = GoldWeight::new(Weight::new(1.0, 1e-9).unwrap(), 1.0).unwrap();
        let class =
            |((flag, truth), n)| std::iter::repeat_n(TableUnit { flag, truth, weight, cluster }, n);
        CLASSES.into_iter().zip(counts).flat_map(class).collect()
    }

    fn table(counts: [usize; 4]) -> LabelerTable {
        LabelerTable::new(units(counts, None)).unwrap()
    }

    #[test]
    fn with_equal_weights_kappa_and_its_error_are_those_of_counts() {
        let table = table([40, 10, 20, 130]);
        let counts = PairTable::from_counts(&[vec![40.0, 20.0], vec![10.0, 130.0]]).unwrap();
        let expected = counts.kappa(&AgreementWeights::nominal(2).unwrap()).unwrap();
        let made = table.kappa(level()).unwrap();
        assert!((made.value - expected.value).abs() < 1e-12, "{made:?} {expected:?}");
        let half = level().z() * expected.std_error;
        let interval = made.interval.unwrap();
        assert!((made.value - interval.low - half).abs() < 1e-8, "{interval:?} {half}");
    }

    #[test]
    fn with_equal_weights_ac1_is_gwets_with_his_error() {
        let rows = [(0, 0, 40), (1, 0, 10), (0, 1, 20), (1, 1, 130)];
        let rows = rows.iter().flat_map(|(a, b, n)| vec![vec![Some(*a), Some(*b)]; *n]);
        let ratings = Ratings::from_rows(2, &rows.collect::<Vec<_>>()).unwrap();
        let expected = gwet_ac(&ratings, &AgreementWeights::nominal(2).unwrap()).unwrap();
        let made = table([40, 10, 20, 130]).ac1(level());
        assert!((made.value - expected.coefficient).abs() < 1e-12);
        // his variance divides by n (n - 1), this one by n squared
        let half = level().z() * expected.std_error * (199.0f64 / 200.0).sqrt();
        assert!((made.value - made.interval.unwrap().low - half).abs() < 1e-8);
    }

    #[test]
    fn f1_and_youden_are_those_of_the_table_and_keep_a_width_at_the_end() {
        let table = table([40, 10, 20, 130]);
        assert!((table.f1(level()).unwrap().value - 80.0 / 110.0).abs() < 1e-12);
        let (se, sp) = (0.8, 130.0 / 150.0);
        let youden = table.youden(level()).unwrap();
        assert!((youden.value - (se + sp - 1.0)).abs() < 1e-12);
        let half = table.balanced_accuracy(level()).unwrap();
        assert!((half.value - (se + sp) / 2.0).abs() < 1e-12);
        let perfect = LabelerTable::new(units([10, 0, 0, 90], None)).unwrap();
        for figure in [perfect.youden(level()), perfect.f1(level())] {
            let figure = figure.unwrap();
            assert!((figure.value - 1.0).abs() < 1e-12 && figure.interval.unwrap().low < 0.9);
        }
    }

    #[test]
    fn agreement_without_a_difference_has_no_interval_unless_all_was_seen() {
        let perfect = table([10, 0, 0, 90]);
        assert!(perfect.kappa(level()).unwrap().interval.is_err());
        assert!(perfect.ac1(level()).interval.is_err());
        let all = GoldWeight::new(Weight::new(1.0, 1.0).unwrap(), 1.0).unwrap();
        let seen = units([10, 0, 0, 90], None).into_iter();
        let seen = seen.map(|unit| TableUnit { weight: all, ..unit }).collect();
        let interval = LabelerTable::new(seen).unwrap().kappa(level()).unwrap().interval.unwrap();
        assert!((interval.high - interval.low).abs() < 1e-12);
    }

    #[test]
    fn what_has_no_value_is_an_error_with_its_reason() {
        assert!(matches!(table([0, 0, 0, 9]).kappa(level()), Err(StatsError::Undefined { .. })));
        assert!(matches!(table([0, 0, 0, 9]).f1(level()), Err(StatsError::Undefined { .. })));
        assert!(matches!(table([0, 0, 3, 9]).youden(level()), Err(StatsError::Undefined { .. })));
        assert_eq!(LabelerTable::new(Vec::new()), Err(StatsError::NoUnits));
    }

    #[test]
    fn a_unit_of_double_weight_counts_as_two() {
        let mut weighed = units([20, 5, 10, 65], None);
        let double = GoldWeight::new(Weight::new(2.0, 1e-9).unwrap(), 1.0).unwrap();
        weighed.iter_mut().for_each(|unit| unit.weight = double);
        let (one, two) = (LabelerTable::new(weighed).unwrap(), table([40, 10, 20, 130]));
        let value = |table: &LabelerTable| table.kappa(level()).unwrap().value;
        assert!((value(&one) - value(&two)).abs() < 1e-12);
    }

    #[test]
    fn units_of_one_cluster_err_together() {
        let width = |units| {
            let figure = LabelerTable::new(units).unwrap().kappa(level()).unwrap();
            figure.interval.map(|it| it.high - it.low).unwrap()
        };
        let alone = units([40, 10, 20, 130], None);
        // pairs of units that are alike: half as many, in effect
        let pairs =
            (0..).zip(&alone).map(|(at, unit)| TableUnit { cluster: Some(at / 2), ..*unit });
        let ratio = width(pairs.collect()) / width(alone.clone());
        assert!((ratio - 2.0f64.sqrt()).abs() < 1e-6, "{ratio}");
    }
}
