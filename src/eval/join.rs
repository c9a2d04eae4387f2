//! Labels ⋈ gold for one policy, or for parts of its units: cells, confusion and outcomes.

use crate::eval::Cells;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::eval::Positive;
use crate::eval::Undetermined;
use crate::eval::Verified;
use crate::eval::layout::Reach;
use crate::eval::weigh::Matched;
use crate::eval::weigh::verified;
use crate::eval::weigh::weigh;
use crate::gold::Cell;
use crate::reply::Outcome;
use crate::stats::CellCluster;
use crate::unit::Design;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// Labels and gold of one policy, joined.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// Sums by cell, not merged. Under [`GoldDrawn::Independent`] units with gold are not among the labeled ones.
    pub cells: Cells,
    /// Gold on which people could not tell, where there is some that can be weighed. `cells` leaves it out.
    pub undetermined: Option<Undetermined>,
    /// The gold that `cells` hold, unit by unit.
    pub verified: Vec<Verified>,
    /// Gold units by what the labeler said (a label, or the outcome's name) and by gold label; not weighted.
    pub confusion: BTreeMap<(String, String), u64>,
    /// Every outcome that occurred.
    pub outcomes: BTreeMap<Outcome, OutcomeShare>,
    /// Ids with gold that are not among the labeled units, in the order of the gold.
    pub gold_outside: Vec<String>,
    /// How many labeled units have an inclusion probability.
    pub inclusion: Presence,
    /// How many gold labels have a probability.
    pub gold_probability: Presence,
    /// The designs that drew the labeled units; empty when they are the whole population.
    pub designs: BTreeSet<Design>,
    /// The age of the oldest gold, where every age is known.
    pub oldest_gold_days: Option<f64>,
}

/// A unit that belongs to a part, wholly or with a share of its exposure.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Member {
    /// The place of the unit.
    pub unit: usize,
    /// The number of the part, from 0.
    pub part: u32,
    /// The share of the unit's exposure that is in the part, above 0 and at most 1.
    pub share: f64,
}

/// How often an outcome occurred.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct OutcomeShare {
    /// Units.
    pub n: u64,
    /// Their estimated exposure in the population.
    pub exposure: f64,
}

/// How many rows have an optional value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// None has it.
    None,
    /// Some have it and some have not.
    Some,
    /// All have it.
    All,
}

impl Presence {
    fn of(present: impl Iterator<Item = bool>) -> Self {
        let (mut any, mut all) = (false, true);
        for present in present {
            any |= present;
            all &= present;
        }
        match (any, all) {
            (false, _) => Self::None,
            (true, true) => Self::All,
            (true, false) => Self::Some,
        }
    }

    fn of_count(present: u64, of: u64) -> Self {
        match present {
            0 => Self::None,
            _ if present == of => Self::All,
            _ => Self::Some,
        }
    }
}

/// What one part of the units adds up to, before its gold is weighed.
#[derive(Default)]
struct Tally {
    cells: Cells,
    outcomes: [OutcomeShare; Outcome::ALL.len()],
    designs: [bool; Design::ALL.len()],
    /// Units, and how many of them have an inclusion probability.
    units: u64,
    included: u64,
    /// The places of the units that have gold, each with the share of its exposure that counts.
    with_gold: Vec<(usize, f64)>,
    /// What each cluster has in each cell.
    clusters: HashMap<(u32, Cell), CellCluster>,
}

/// Joins labels with gold.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn join(
    units: &[LabeledUnit<'_>],
    gold: &[GoldLabel<'_>],
    positive: &Positive,
    drawn: GoldDrawn,
) -> Result<Joined, Vec<InputMistake>> {
    Matching::of(units, gold, positive, drawn)?.whole().map_err(|mistake| vec![mistake])
}

impl Matching<'_> {
    /// Joins all units with all gold.
    ///
    /// # Errors
    ///
    /// [`InputMistake::NothingButGold`] where independent gold leaves nothing to correct.
    pub fn whole(&self) -> Result<Joined, InputMistake> {
        let mut tally = self.tally(Reach::Whole);
        (0..self.units.len()).for_each(|at| self.count((at, 1.0), &mut tally));
        let outside = self.outside(&tally);
        Ok(Joined { gold_outside: outside, ..self.joined(&tally, self.gold.iter())? })
    }

    /// Joins each of `parts` parts with the gold of its units. A unit whose exposure is split belongs to several parts, to each with
    /// its own exposure there and the same chance of having been drawn. A part without units is `None`.
    ///
    /// # Errors
    ///
    /// As [`Self::whole`], for any part.
    pub fn parts(
        &self,
        members: impl Iterator<Item = Member>,
        parts: usize,
    ) -> Result<Vec<Option<Joined>>, InputMistake> {
        let mut tallies: Vec<Tally> = (0..parts).map(|_| self.tally(Reach::Part)).collect();
        for Member { unit, part, share } in members {
            if let Some(tally) = tallies.get_mut(part as usize) {
                self.count((unit, share), tally);
            }
        }
        let gold_of = |tally: &Tally| -> Vec<&GoldLabel<'_>> {
            tally.with_gold.iter().filter_map(|(at, _)| self.gold_at(*at)).collect()
        };
        let joined = |tally: &Tally| match tally.units {
            0 => Ok(None),
            _ => self.joined(tally, gold_of(tally).into_iter()).map(Some),
        };
        tallies.iter().map(joined).collect()
    }

    /// Returns the gold that people decided, unit by unit; none where only some of it has a probability, as its weights are unknown.
    ///
    /// # Errors
    ///
    /// [`InputMistake::BadGoldProbability`] for a weight that cannot be one.
    pub fn verified(&self) -> Result<Vec<Verified>, InputMistake> {
        let mut tally = self.tally(Reach::Whole);
        (0..self.units.len()).for_each(|at| self.count((at, 1.0), &mut tally));
        let matched: Vec<Matched<'_>> =
            tally.with_gold.iter().filter_map(|at| self.matched(*at)).collect();
        let known = Presence::of(matched.iter().map(|unit| unit.gold.probability.is_some()));
        if known == Presence::Some && self.drawn != GoldDrawn::Convenience {
            return Ok(Vec::new());
        }
        verified(&tally.cells, &matched, self.positive, self.drawn)
    }

    /// Joins all units, their gold not yet weighed into the cells, and returns the units that have gold too, in their order.
    pub(super) fn whole_unweighed(&self) -> Result<(Joined, Vec<Matched<'_>>), InputMistake> {
        let mut tally = self.tally(Reach::Whole);
        (0..self.units.len()).for_each(|at| self.count((at, 1.0), &mut tally));
        let with_gold = tally.with_gold.iter().filter_map(|at| self.matched(*at)).collect();
        let joined = self.joined(&tally, self.gold.iter())?;
        Ok((Joined { cells: tally.cells, undetermined: None, ..joined }, with_gold))
    }

    fn gold_at(&self, unit: usize) -> Option<&GoldLabel<'_>> {
        self.gold.get(self.places[unit].gold? as usize)
    }

    fn tally(&self, reach: Reach) -> Tally {
        let phase = self.layout.as_ref().map(|layout| layout.table(reach));
        Tally { cells: Cells { phase, ..Cells::default() }, ..Tally::default() }
    }

    fn row(&self, at: usize) -> Option<usize> {
        self.layout.as_ref().map(|layout| layout.row(at))
    }

    fn count(&self, (at, share): (usize, f64), tally: &mut Tally) {
        let (unit, place) = (&self.units[at], &self.places[at]);
        let weight = place.weight.part(share);
        tally.units += 1;
        if let Some(inclusion) = unit.inclusion {
            tally.included += 1;
            tally.designs[inclusion.design as usize] = true;
        }
        if place.gold.is_some() {
            tally.with_gold.push((at, share));
        }
        if place.gold.is_none() || self.drawn != GoldDrawn::Independent {
            if let (Some(phase), Some(row)) = (&mut tally.cells.phase, self.row(at)) {
                phase.add_unit((row, place.cell as usize), weight);
            }
            let sums = tally.cells.cell_mut(place.cell);
            match place.cluster {
                None => sums.add_unit(weight),
                Some(cluster) => {
                    let cluster = tally.clusters.entry((cluster, place.cell)).or_default();
                    sums.add_unit_in(cluster, weight);
                }
            }
            let outcome = &mut tally.outcomes[unit.outcome as usize];
            outcome.n += 1;
            outcome.exposure += weight.value();
        }
    }

    fn joined<'g>(
        &self,
        tally: &Tally,
        gold: impl Iterator<Item = &'g GoldLabel<'g>> + Clone,
    ) -> Result<Joined, InputMistake> {
        if tally.cells.n_labeled() == 0 {
            return Err(InputMistake::NothingButGold);
        }
        let ages = gold.clone().map(|gold| gold.age_days).collect::<Option<Vec<f64>>>();
        let outcomes = Outcome::ALL.into_iter().zip(tally.outcomes);
        let designs = Design::ALL.into_iter().zip(tally.designs);
        let mut joined = Joined {
            cells: tally.cells.clone(),
            undetermined: None,
            verified: Vec::new(),
            confusion: BTreeMap::new(),
            outcomes: outcomes.filter(|(_, share)| share.n > 0).collect(),
            gold_outside: Vec::new(),
            inclusion: Presence::of_count(tally.included, tally.units),
            gold_probability: Presence::of(gold.map(|gold| gold.probability.is_some())),
            designs: designs.filter(|(_, used)| *used).map(|(design, _)| design).collect(),
            oldest_gold_days: ages.and_then(|ages| ages.into_iter().reduce(f64::max)),
        };
        let matched: Vec<Matched<'_>> =
            tally.with_gold.iter().filter_map(|at| self.matched(*at)).collect();
        for unit in &matched {
            let pair = (unit.said.to_owned(), unit.gold.label.to_owned());
            *joined.confusion.entry(pair).or_default() += 1;
        }
        weigh(&mut joined, &matched, self.positive, self.drawn)?;
        Ok(joined)
    }

    fn matched(&self, (at, share): (usize, f64)) -> Option<Matched<'_>> {
        let (unit, place) = (&self.units[at], &self.places[at]);
        let label = unit.label.filter(|_| unit.outcome == Outcome::Label);
        let gold_at = place.gold?;
        Some(Matched {
            cell: place.cell,
            weight: place.weight.part(share),
            exposure: unit.exposure * share,
            included: unit.inclusion.is_some(),
            cluster: place.cluster,
            row: self.row(at),
            said: label.unwrap_or(unit.outcome.name()),
            at: gold_at,
            gold: *self.gold.get(gold_at as usize)?,
        })
    }

    /// Returns the ids with gold that no unit has, in the order of the gold.
    fn outside(&self, tally: &Tally) -> Vec<String> {
        let mut inside = vec![false; self.gold.len()];
        for gold in tally.with_gold.iter().filter_map(|(at, _)| self.places[*at].gold) {
            inside[gold as usize] = true;
        }
        let outside = self.gold.iter().zip(inside).filter(|(_, inside)| !inside);
        outside.map(|(gold, _)| gold.id.to_owned()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eval::Judgment;
    use crate::eval::Unclear;
    use crate::eval::weighed;
    use crate::unit::Inclusion;

    fn labeled<'a>(id: &'a str, label: &'a str) -> LabeledUnit<'a> {
        LabeledUnit {
            id,
            exposure: 1.0,
            inclusion: None,
            outcome: Outcome::Label,
            label: Some(label),
            classes: &[],
        }
    }

    fn gold<'a>(id: &'a str, label: &'a str) -> GoldLabel<'a> {
        GoldLabel { id, label, judgment: Judgment::Decided, probability: None, age_days: None }
    }

    fn positive() -> Positive {
        Positive::labels(["1", "violating"]).unwrap()
    }

    fn joined(units: &[LabeledUnit<'_>], gold: &[GoldLabel<'_>], drawn: GoldDrawn) -> Joined {
        join(units, gold, &positive(), drawn).unwrap()
    }

    #[test]
    fn every_outcome_without_a_label_is_a_no_answer() {
        let ids: Vec<String> = (0..9).map(|i| i.to_string()).collect();
        let units: Vec<_> = Outcome::ALL
            .into_iter()
            .zip(&ids)
            .map(|(outcome, id)| LabeledUnit { outcome, label: Some("1"), ..labeled(id, "1") })
            .collect();
        let joined = joined(&units, &[], GoldDrawn::FromSample);
        assert_eq!(joined.cells.flagged.labeled.count, 1);
        assert_eq!(joined.cells.no_answer.labeled.count, 8);
        assert_eq!(joined.outcomes.len(), 9);
    }

    #[test]
    fn gold_of_a_simple_random_subsample_stands_for_the_whole_sample() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0"), labeled("d", "1")];
        let joined =
            joined(&units, &[gold("a", "violating"), gold("b", "0")], GoldDrawn::FromSample);
        assert!((joined.cells.flagged.positives.weight - 2.0).abs() < 1e-12);
        assert!((joined.cells.unflagged.negatives.weight - 2.0).abs() < 1e-12);
        assert_eq!(joined.confusion[&("1".to_owned(), "violating".to_owned())], 1);
    }

    #[test]
    fn gold_drawn_by_label_stands_for_its_cell() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0"), labeled("d", "0")];
        let joined = joined(&units, &[gold("a", "1"), gold("b", "0")], GoldDrawn::ByLabel);
        assert!((joined.cells.flagged.positives.weight - 1.0).abs() < 1e-12);
        assert!((joined.cells.unflagged.negatives.weight - 3.0).abs() < 1e-12);
    }

    #[test]
    fn units_with_independent_gold_are_not_part_of_the_sample() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0")];
        let joined = joined(&units, &[gold("a", "1")], GoldDrawn::Independent);
        assert_eq!((joined.cells.n_labeled(), joined.cells.n_gold()), (2, 1));
    }

    #[test]
    fn independent_gold_counts_by_the_probability_its_units_were_drawn_with() {
        let inclusion = |probability| Inclusion::new(probability, Design::Poisson);
        let (often, seldom) = (inclusion(0.5), inclusion(0.05));
        let units = [
            LabeledUnit { inclusion: Some(&often), ..labeled("a", "1") },
            LabeledUnit { inclusion: Some(&seldom), ..labeled("b", "1") },
            LabeledUnit { inclusion: Some(&often), ..labeled("c", "0") },
        ];
        let joined = joined(&units, &[gold("a", "1"), gold("b", "0")], GoldDrawn::Independent);
        assert!((joined.cells.flagged.positives.weight - 2.0).abs() < 1e-12);
        assert!((joined.cells.flagged.negatives.weight - 20.0).abs() < 1e-12);
    }

    #[test]
    fn the_same_rows_unit_by_unit_have_the_same_cells() {
        let units = [labeled("a", "1"), labeled("b", "0"), labeled("c", "0"), labeled("d", "1")];
        let golden = [gold("a", "violating"), gold("b", "0")];
        for drawn in [GoldDrawn::FromSample, GoldDrawn::ByLabel] {
            let by_unit = weighed((&units, &golden), &positive(), drawn, Unclear::LeftOut).unwrap();
            assert_eq!(by_unit.cells, joined(&units, &golden, drawn).cells);
        }
    }

    #[test]
    fn independent_gold_on_every_unit_leaves_nothing_to_correct() {
        let mistakes =
            join(&[labeled("a", "1")], &[gold("a", "1")], &positive(), GoldDrawn::Independent)
                .unwrap_err();
        assert_eq!(mistakes, [InputMistake::NothingButGold]);
    }

    #[test]
    fn gold_outside_the_sample_is_named() {
        let joined = joined(&[labeled("a", "1")], &[gold("z", "1")], GoldDrawn::FromSample);
        assert_eq!(joined.gold_outside, ["z"]);
    }

    #[test]
    fn gold_with_only_some_probabilities_is_not_weighed() {
        let some = GoldLabel { probability: Some(0.5), ..gold("b", "0") };
        let joined = joined(
            &[labeled("a", "1"), labeled("b", "0")],
            &[gold("a", "1"), some],
            GoldDrawn::FromSample,
        );
        assert_eq!((joined.gold_probability, joined.cells.n_gold()), (Presence::Some, 0));
    }
}
