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
use crate::eval::weigh::Matched;
use crate::eval::weigh::chosen;
use crate::eval::weigh::gold_weight;
use crate::eval::weigh::undetermined_share;
use crate::stats::CellCluster;
use crate::stats::CellSums;
use crate::stats::Crossing;
use crate::stats::GoldWeight;
use crate::stats::Truth;
use crate::stats::WeightSum;
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
}

/// The sums of each cell with some classes as positives.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SplitCells {
    pub(crate) sums: Vec<CellSums>,
    /// What clusters with gold in several of the cells add to variances.
    pub(crate) crossing: Crossing,
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
        let (joined, matched) = matching.whole_matched()?;
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
        for (place, code) in self.matching.places.iter().zip(&self.code_of) {
            if independent && place.gold.is_some() {
                continue;
            }
            let cell = cell_of[*code];
            match place.cluster {
                None => labeled[cell].add_unit(place.weight),
                Some(cluster) => {
                    let cluster = clusters.entry((cluster, cell)).or_default();
                    labeled[cell].add_unit_in(cluster, place.weight);
                }
            }
        }
        Laid { gold: &self.gold, cell_of, labeled }
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
        Ok(Joined { cells, undetermined, confusion, ..self.matching.whole()? })
    }
}

impl SplitCells {
    /// Returns the cells of a question of yes and no.
    fn three(self) -> Cells {
        let mut sums = self.sums.into_iter();
        let mut next = || sums.next().unwrap_or_default();
        Cells {
            flagged: next(),
            unflagged: next(),
            no_answer: next(),
            crossing: self.crossing,
            phase: None,
        }
    }
}

impl Laid<'_> {
    /// Returns the sums over the labeled units of each cell.
    pub(crate) fn labeled(&self) -> Vec<WeightSum> {
        self.labeled.iter().map(|cell| cell.labeled).collect()
    }

    /// Returns the cells with the gold of `positive` classes as positives and all other gold as negatives.
    pub(crate) fn split(&self, positive: impl Fn(usize) -> bool, unclear: Unclear) -> SplitCells {
        let truth = |class| if positive(class) { Truth::Positive } else { Truth::Negative };
        let mut sums = self.labeled.clone();
        let mut clusters: BTreeMap<u32, Vec<CellCluster>> = BTreeMap::new();
        for gold in self.gold {
            let (weight, truth) = match (gold.class, unclear) {
                (Some(class), Unclear::LeftOut) => (gold.decided, truth(class)),
                (Some(class), Unclear::Taken(_)) => (gold.all, truth(class)),
                (None, Unclear::LeftOut) => continue,
                (None, Unclear::Taken(truth)) => (gold.all, truth),
            };
            let (Some(weight), cell) = (weight, self.cell_of[gold.code]) else { continue };
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
        SplitCells { sums, crossing }
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
        let ids: Vec<String> = (0..60).map(|n| n.to_string()).collect();
        let inclusions: Vec<Inclusion> = (0..60)
            .map(|n| Inclusion {
                draws: 1,
                probability: if n % 4 == 0 { 1.0 } else { 0.3 },
                design: Design::Poisson,
                stratum: None,
                cluster: (n % 3 == 0).then(|| (n % 9).to_string()),
            })
            .collect();
        let units: Vec<LabeledUnit<'_>> = (0..60)
            .map(|n| LabeledUnit {
                classes: &[],
                id: &ids[n],
                exposure: 1.0 + (n % 5) as f64,
                inclusion: Some(&inclusions[n]),
                outcome: if n % 7 == 0 { Outcome::Refusal } else { Outcome::Label },
                label: (n % 7 != 0).then_some(LABELS[n % 2]),
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
