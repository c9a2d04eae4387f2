//! Units of one policy by a code of what the labeler said, their gold by class of what people said.
//!
//! How gold is weighed rests on how it was drawn, and so on the three cells of the policy's own rule; here the same weights
//! are summed over cells made of codes, with any set of classes as what is counted.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Joined;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::eval::Presence;
use crate::eval::Unclear;
use crate::eval::Undetermined;
use crate::eval::layout::Reach;
use crate::eval::weigh::Matched;
use crate::eval::weigh::chosen;
use crate::eval::weigh::gold_weight;
use crate::eval::weigh::undetermined_share;
use crate::stats::CellCluster;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::FirstPhase;
use crate::stats::GoldWeight;
use crate::stats::Linear;
use crate::stats::Share;
use crate::stats::StatsError;
use crate::stats::TablePart;
use crate::stats::Truth;
use crate::stats::WeightSum;
use crate::stats::gold_only_across;
use std::collections::BTreeMap;
use std::collections::HashMap;

/// The units of one policy, coded, and their gold.
#[derive(Debug, Clone)]
pub(crate) struct Coded<'m, 'a> {
    matching: &'m Matching<'a>,
    /// The code of each unit.
    code_of: Vec<usize>,
    codes: usize,
    gold: Vec<CodedGold>,
}

/// A unit with gold: what both said.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CodedGold {
    /// What the labeler said.
    pub(crate) code: usize,
    /// What people said; `None` where they could not tell.
    pub(crate) class: Option<usize>,
    cluster: Option<u32>,
    /// Its row among units drawn together, where that matters.
    row: Option<usize>,
    /// Its weight where gold without a class counts as never drawn. `None` where it has no class, or weights are unknown.
    decided: Option<GoldWeight>,
    /// Its weight among all gold.
    all: Option<GoldWeight>,
}

/// Codes laid out as cells, the labeled units summed.
#[derive(Debug, Clone)]
pub(crate) struct Laid<'c> {
    gold: &'c [CodedGold],
    cell_of: &'c [usize],
    labeled: Vec<CellSums>,
    /// The units by how they were drawn, where that matters.
    phase: Option<FirstPhase>,
}

/// The sums of each cell with some classes as positives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SplitCells {
    pub(crate) sums: Vec<CellSums>,
    /// What clusters with gold in several of the cells add to variances.
    pub(crate) crossing: Crossing,
    phase: Option<FirstPhase>,
}

impl<'m, 'a> Coded<'m, 'a> {
    /// Codes every unit by `said`, below `codes`, and every gold label by `meant`.
    ///
    /// # Errors
    ///
    /// [`InputMistake`] where gold cannot be weighed.
    pub(crate) fn of(
        matching: &'m Matching<'a>,
        codes: usize,
        said: impl Fn(&LabeledUnit<'a>) -> usize,
        meant: impl Fn(&GoldLabel<'a>) -> Option<usize>,
    ) -> Result<Self, InputMistake> {
        let (joined, matched) = matching.whole_unweighed()?;
        let unknown =
            joined.gold_probability == Presence::Some && matching.drawn != GoldDrawn::Convenience;
        let weights = |truth: &dyn Fn(&Matched<'_>) -> Option<Truth>| {
            let mut weights: HashMap<&str, GoldWeight> = HashMap::new();
            if !unknown {
                for (unit, rho, _) in chosen(&joined.cells, &matched, matching.drawn, truth) {
                    weights.insert(unit.gold.id, gold_weight(unit, rho, matching.drawn)?);
                }
            }
            Ok::<_, InputMistake>(weights)
        };
        let any = Some(Truth::Positive);
        let classes: HashMap<&str, Option<usize>> =
            matching.gold.iter().map(|gold| (gold.id, meant(gold))).collect();
        let class = |unit: &Matched<'_>| classes.get(unit.gold.id).copied().flatten();
        let all = weights(&|_| any)?;
        let decided = weights(&|unit| class(unit).and(any))?;
        let code_of: Vec<usize> = matching.units.iter().map(said).collect();
        let with_gold = matching.places.iter().zip(&code_of);
        let with_gold = with_gold.filter(|(place, _)| place.gold.is_some());
        let gold = with_gold
            .zip(&matched)
            .map(|((_, code), unit)| CodedGold {
                code: *code,
                class: class(unit),
                cluster: unit.cluster,
                row: unit.row,
                decided: decided.get(unit.gold.id).copied(),
                all: all.get(unit.gold.id).copied(),
            })
            .collect();
        Ok(Self { matching, code_of, codes, gold })
    }

    /// Returns the units with gold.
    pub(crate) fn gold(&self) -> &[CodedGold] {
        &self.gold
    }

    /// Returns whether people could not tell for some gold.
    pub(crate) fn undetermined(&self) -> bool {
        self.gold.iter().any(|gold| gold.class.is_none())
    }

    /// Returns the sums over the labeled units of each code.
    pub(crate) fn labeled(&self) -> Vec<WeightSum> {
        let own: Vec<usize> = (0..self.codes).collect();
        self.laid(&own).labeled()
    }

    /// Returns the weighed gold of each code, by class below `classes`.
    pub(crate) fn table(&self, classes: usize) -> Vec<Vec<WeightSum>> {
        let mut table = vec![vec![WeightSum::default(); classes]; self.codes];
        for gold in &self.gold {
            if let (Some(class), Some(weight)) = (gold.class, gold.decided) {
                table[gold.code][class].add_gold(weight);
            }
        }
        table
    }

    /// Lays the codes out as cells; `cell_of` holds the cell of each code.
    pub(crate) fn laid<'c>(&'c self, cell_of: &'c [usize]) -> Laid<'c> {
        let cells = cell_of.iter().max().map_or(0, |last| last + 1);
        let mut labeled = vec![CellSums::default(); cells];
        let mut clusters: HashMap<(u32, usize), CellCluster> = HashMap::new();
        let independent = self.matching.drawn == GoldDrawn::Independent;
        let layout = self.matching.layout.as_ref();
        let mut phase = layout.map(|layout| layout.table_of(Reach::Whole, cells));
        for (at, (place, code)) in self.matching.places.iter().zip(&self.code_of).enumerate() {
            if independent && place.gold.is_some() {
                continue;
            }
            let cell = cell_of[*code];
            if let (Some(phase), Some(layout)) = (&mut phase, layout) {
                phase.add_unit((layout.row(at), cell), place.weight);
            }
            match place.cluster {
                None => labeled[cell].add_unit(place.weight),
                Some(cluster) => {
                    let cluster = clusters.entry((cluster, cell)).or_default();
                    labeled[cell].add_unit_in(cluster, place.weight);
                }
            }
        }
        Laid { gold: &self.gold, cell_of, labeled, phase }
    }
}

/// Codes of a question that is answered by yes or no for each unit.
impl Coded<'_, '_> {
    /// The unit has the label.
    pub(crate) const YES: usize = 0;
    /// It has not.
    pub(crate) const NO: usize = 1;
    /// There is no answer.
    pub(crate) const NO_ANSWER: usize = 2;

    /// Returns what such a question adds up to, as [`Matching::whole`] gives it for the policy's own rule.
    ///
    /// # Errors
    ///
    /// As [`Matching::whole`].
    pub(crate) fn joined(&self, label: &str) -> Result<Joined, InputMistake> {
        let laid = self.laid(&[Self::YES, Self::NO, Self::NO_ANSWER]);
        let cells = |unclear| laid.split(|class| class == Self::YES, unclear).three();
        let open = self.gold.iter().filter(|gold| gold.class.is_none()).count();
        let undetermined = (open > 0).then(|| {
            let lowest = cells(Unclear::Taken(Truth::Negative));
            let highest = cells(Unclear::Taken(Truth::Positive));
            let share = undetermined_share(&lowest, &highest);
            Undetermined { n: open as u64, share, lowest, highest }
        });
        let not = format!("not {label}");
        let name = |code: usize| [label, not.as_str()].get(code).copied();
        let mut confusion = BTreeMap::new();
        for gold in &self.gold {
            let said = name(gold.code).unwrap_or("no_answer").to_owned();
            let meant = gold.class.and_then(name).unwrap_or("undetermined").to_owned();
            *confusion.entry((said, meant)).or_default() += 1;
        }
        let cells = cells(Unclear::LeftOut);
        let verified = Vec::new();
        Ok(Joined { cells, undetermined, verified, confusion, ..self.matching.whole()? })
    }
}

impl SplitCells {
    /// Returns the cells of a question of yes and no.
    fn three(self) -> Cells {
        let mut sums = self.sums.into_iter();
        let mut next = || sums.next().unwrap_or_default();
        let (flagged, unflagged, no_answer) = (next(), next(), next());
        Cells { flagged, unflagged, no_answer, crossing: self.crossing, phase: self.phase }
    }

    /// Returns how many times as large the first phase's variance of a two-phase estimate is as under independent inclusions,
    /// gold being calibrated to the units of its cell.
    pub(crate) fn design_ratio(&self, value: f64) -> f64 {
        let scale = |cell: usize| {
            let sums = self.sums.get(cell)?;
            let gold = sums.gold().weight;
            (gold > 0.0).then(|| sums.labeled.weight / gold)
        };
        self.ratio(value, scale)
    }

    /// Returns the share of positives among all gold.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without gold.
    pub(crate) fn gold_share(&self) -> Result<Share, StatsError> {
        let share = gold_only_across(&self.sums, &self.crossing)?;
        let ratio = self.ratio(share.value, |_| Some(1.0));
        let first: f64 = self.sums.iter().map(|cell| cell.first_phase_error(share.value)).sum();
        let weight: f64 = self.sums.iter().map(|cell| cell.gold().weight).sum();
        let first = first / weight.powi(2);
        Ok(share.scaled((share.variance + first * (ratio - 1.0)) / share.variance))
    }

    fn ratio(&self, share: f64, scale: impl Fn(usize) -> Option<f64>) -> f64 {
        let deviation = |part| match part {
            TablePart::Labeled => None,
            TablePart::Positives => Some(1.0 - share),
            TablePart::Negatives => Some(-share),
        };
        let linear = |cell: usize, part| match scale(cell) {
            None => Linear { scale: 0.0, deviation: None },
            Some(scale) => Linear { scale, deviation: deviation(part) },
        };
        self.phase.as_ref().map_or(1.0, |phase| phase.ratio(linear))
    }
}

impl Laid<'_> {
    /// Returns the share of the labeled units in the first cell.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without labeled units.
    pub(crate) fn first_share(&self) -> Result<Share, StatsError> {
        let sums = self.labeled();
        let (first, rest) = sums.split_first().ok_or(StatsError::NoUnits)?;
        let rest = rest.iter().fold(WeightSum::default(), |all, sum| all.plus(sum));
        let share = Share::of(first, &rest)?;
        let deviation = |cell| if cell == 0 { 1.0 - share.value } else { -share.value };
        let ratio = self.phase.as_ref().map_or(1.0, |phase| {
            phase.ratio(|cell, part| Linear {
                scale: 1.0,
                deviation: (part == TablePart::Labeled).then(|| deviation(cell)),
            })
        });
        Ok(share.scaled(ratio))
    }

    /// Returns the sums over the labeled units of each cell.
    pub(crate) fn labeled(&self) -> Vec<WeightSum> {
        self.labeled.iter().map(|cell| cell.labeled).collect()
    }

    /// Returns the cells with the gold of `positive` classes as positives and all other gold as negatives.
    pub(crate) fn split(&self, positive: impl Fn(usize) -> bool, unclear: Unclear) -> SplitCells {
        let truth = |class| if positive(class) { Truth::Positive } else { Truth::Negative };
        let (mut sums, mut phase) = (self.labeled.clone(), self.phase.clone());
        let mut clusters: BTreeMap<u32, Vec<CellCluster>> = BTreeMap::new();
        for gold in self.gold {
            let (weight, truth) = match (gold.class, unclear) {
                (Some(class), Unclear::LeftOut) => (gold.decided, truth(class)),
                (Some(class), Unclear::Taken(_)) => (gold.all, truth(class)),
                (None, Unclear::LeftOut) => continue,
                (None, Unclear::Taken(truth)) => (gold.all, truth),
            };
            let (Some(weight), cell) = (weight, self.cell_of[gold.code]) else { continue };
            if let (Some(phase), Some(row)) = (&mut phase, gold.row) {
                let part = match truth {
                    Truth::Positive => TablePart::Positives,
                    Truth::Negative => TablePart::Negatives,
                };
                phase.add_gold((row, cell), weight, part);
            }
            match gold.cluster {
                None => sums[cell].add_gold(weight, truth),
                Some(cluster) => {
                    let empty = || vec![CellCluster::default(); self.labeled.len()];
                    let cluster = clusters.entry(cluster).or_insert_with(empty);
                    sums[cell].add_gold_in(&mut cluster[cell], weight, truth);
                }
            }
        }
        let in_cells = clusters.values().map(Vec::as_slice);
        let crossing = Crossing::of(sums.len(), in_cells);
        SplitCells { sums, crossing, phase }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Judgment;
    use crate::eval::Positive;
    use crate::eval::join;
    use crate::reply::Outcome;
    use crate::unit::Design;
    use crate::unit::Inclusion;

    const LABELS: [&str; 2] = ["1", "0"];

    fn code(unit: &LabeledUnit<'_>) -> usize {
        LABELS.iter().position(|label| unit.label == Some(label)).unwrap_or(2)
    }

    fn class(gold: &GoldLabel<'_>) -> Option<usize> {
        let decided = gold.judgment == Judgment::Decided;
        LABELS.iter().position(|label| decided && gold.label == *label)
    }

    #[test]
    fn with_the_three_cells_as_codes_the_sums_are_those_of_the_policy() {
        for design in [Design::Poisson, Design::Stratified] {
            check(design);
        }
    }

    /// Poisson samples come in clusters, others do not.
    fn check(design: Design) {
        let ids: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let inclusions: Vec<Inclusion> = (0..60)
            .map(|n| Inclusion {
                probability: if n % 4 == 0 { 1.0 } else { 0.3 },
                cluster: (design == Design::Poisson && n % 3 == 0).then(|| (n % 9).to_string()),
                stratum: Some((n % 2).to_string()),
                ..Inclusion::new(1.0, design)
            })
            .collect();
        let units: Vec<LabeledUnit<'_>> = (0..60)
            .map(|n| LabeledUnit {
                id: &ids[n],
                exposure: 1.0 + (n % 5) as f64,
                inclusion: Some(&inclusions[n]),
                outcome: if n % 7 == 0 { Outcome::Refusal } else { Outcome::Label },
                label: (n % 7 != 0).then_some(LABELS[n % 2]),
                classes: &[],
            })
            .collect();
        let gold: Vec<GoldLabel<'_>> = (0..60)
            .step_by(2)
            .map(|n| GoldLabel {
                id: &ids[n],
                label: if n % 10 == 0 { "?" } else { LABELS[n / 2 % 2] },
                judgment: if n % 10 == 0 { Judgment::Undetermined } else { Judgment::Decided },
                probability: None,
                age_days: None,
            })
            .collect();
        let positive = Positive::labels(["1"]).unwrap();
        for drawn in [GoldDrawn::FromSample, GoldDrawn::ByLabel, GoldDrawn::Independent] {
            let joined = join(&units, &gold, &positive, drawn).unwrap();
            let matching = Matching::of(&units, &gold, &positive, drawn).unwrap();
            let coded = Coded::of(&matching, 3, code, class).unwrap();
            let laid = coded.laid(&[0, 1, 2]);
            let undetermined = joined.undetermined.unwrap();
            for (cells, unclear) in [
                (joined.cells, Unclear::LeftOut),
                (undetermined.lowest, Unclear::Taken(Truth::Negative)),
                (undetermined.highest, Unclear::Taken(Truth::Positive)),
            ] {
                let split = laid.split(|class| class == 0, unclear);
                let shares = (split.gold_share().unwrap(), cells.violating_share().unwrap());
                assert!((shares.0.variance - shares.1.variance).abs() < 1e-12, "{shares:?}");
                for (one, other) in split.sums.iter().zip(cells.all()) {
                    let close = |a: f64, b: f64| (a - b).abs() < 1e-9 * (1.0 + b.abs());
                    for (a, b) in [
                        (one.labeled, other.labeled),
                        (one.positives, other.positives),
                        (one.negatives, other.negatives),
                    ] {
                        assert_eq!(a.count, b.count);
                        assert!(
                            close(a.weight, b.weight) && close(a.error, b.error),
                            "{a:?} {b:?}"
                        );
                    }
                }
            }
        }
    }
}
