//! The variance of the first phase against survey designs and by hand.

use super::*;
use crate::stats::FixedSizeForm;
use crate::stats::Lonely;
use crate::stats::SampleStructure;
use crate::stats::Selection;
use crate::stats::SurveyDesign;

/// Units as (group, exposure, probability, value), one cell, gold on each; positives have value 1.
type Unit = (usize, f64, f64, bool);

const UNITS: [Unit; 9] = [
    (0, 3.0, 0.2, true),
    (0, 1.0, 0.2, false),
    (0, 2.0, 0.2, false),
    (0, 5.0, 0.2, true),
    (1, 1.0, 0.05, false),
    (1, 4.0, 0.05, false),
    (1, 2.0, 0.05, true),
    (1, 2.0, 0.05, false),
    (1, 9.0, 0.05, false),
];

fn table(units: &[Unit], rule: GroupRule) -> (FirstPhase, f64, f64) {
    let weight = |unit: &Unit| Weight::new(unit.1, unit.2).unwrap();
    let mut groups = [DrawnGroup::empty(rule); 2];
    units.iter().for_each(|unit| groups[unit.0].count(weight(unit)));
    let mut table = FirstPhase::new(groups.to_vec(), vec![vec![]], vec![(0, 0), (1, 0)], 1);
    for unit in units {
        let part = if unit.3 { TablePart::Positives } else { TablePart::Negatives };
        table.add_gold((unit.0, 0), GoldWeight::new(weight(unit), 1.0).unwrap(), part);
    }
    let total: f64 = units.iter().map(|unit| weight(unit).value()).sum();
    let hits: f64 = units.iter().filter(|unit| unit.3).map(|unit| weight(unit).value()).sum();
    (table, hits / total, total)
}

fn ratio(table: &FirstPhase, share: f64) -> f64 {
    table.ratio(|_, part| Linear {
        scale: 1.0,
        deviation: match part {
            TablePart::Labeled => None,
            TablePart::Positives => Some(1.0 - share),
            TablePart::Negatives => Some(-share),
        },
    })
}

fn influence(units: &[Unit], share: f64) -> Vec<f64> {
    let y = |unit: &Unit| f64::from(u8::from(unit.3));
    units.iter().map(|unit| unit.1 / unit.2 * (y(unit) - share)).collect()
}

fn variance(units: &[Unit], share: f64, selection: Selection) -> f64 {
    let strata: Vec<usize> = units.iter().map(|unit| unit.0).collect();
    let structure = SampleStructure::stratified(&strata).unwrap();
    let design = SurveyDesign::new(structure, selection, Lonely::Adjust).unwrap();
    let column = influence(units, share);
    design.covariance(&[&column]).unwrap()[0][0]
}

fn check(rule: GroupRule, selection: Selection) {
    let (table, share, _) = table(&UNITS, rule);
    let probabilities: Vec<f64> = UNITS.iter().map(|unit| unit.2).collect();
    let poisson = variance(&UNITS, share, Selection::Poisson { probabilities });
    let expected = variance(&UNITS, share, selection) / poisson;
    let found = ratio(&table, share);
    assert!((found - expected).abs() < 1e-12, "{rule:?}: {found} {expected}");
}

#[test]
fn a_stratified_sample_has_the_variance_of_its_strata() {
    let populations = vec![4.0 / 0.2, 5.0 / 0.05];
    check(GroupRule::FixedSize, Selection::SimpleRandom { populations });
}

#[test]
fn a_fixed_size_sample_has_the_variance_of_hajek() {
    let probabilities = UNITS.iter().map(|unit| unit.2).collect();
    check(GroupRule::FixedSize, Selection::FixedSize { probabilities, form: FixedSizeForm::Hajek });
}

#[test]
fn independent_inclusions_change_nothing() {
    let probabilities = UNITS.iter().map(|unit| unit.2).collect();
    check(GroupRule::Independent, Selection::Poisson { probabilities });
}

#[test]
fn a_stratum_of_one_unit_is_centred_at_the_overall_mean() {
    let units = &UNITS[..5];
    let (table, share, _) = table(units, GroupRule::FixedSize);
    let populations = vec![4.0 / 0.2, 1.0 / 0.05];
    let design = variance(units, share, Selection::SimpleRandom { populations });
    let probabilities = units.iter().map(|unit| unit.2).collect();
    let poisson = variance(units, share, Selection::Poisson { probabilities });
    assert!((ratio(&table, share) - design / poisson).abs() < 1e-12);
}

#[test]
fn a_unit_drawn_twice_counts_as_two_draws() {
    // draws of (exposure, draw probability): each counts t / (n q) with n = 5; the first unit was drawn twice
    let (n, units) = (
        5.0,
        [(3.0, 0.4, 2_u32, true), (1.0, 0.1, 1, false), (2.0, 0.2, 1, false), (4.0, 0.3, 1, true)],
    );
    let mut group = DrawnGroup::empty(GroupRule::Draws);
    let weight = |unit: &(f64, f64, u32, bool)| Weight::drawn(unit.0, n * unit.1, unit.2).unwrap();
    units.iter().for_each(|unit| group.count(weight(unit)));
    let mut table = FirstPhase::new(vec![group], vec![vec![]], vec![(0, 0)], 1);
    let total: f64 = units.iter().map(|unit| weight(unit).value()).sum();
    let share = (weight(&units[0]).value() + weight(&units[3]).value()) / total;
    let (mut draws, mut squares) = (Vec::new(), 0.0);
    for unit in &units {
        let deviation = f64::from(u8::from(unit.3)) - share;
        let part = if unit.3 { TablePart::Positives } else { TablePart::Negatives };
        table.add_gold((0, 0), GoldWeight::new(weight(unit), 1.0).unwrap(), part);
        for _ in 0..unit.2 {
            draws.push(unit.0 / (n * unit.1) * deviation);
            squares += (unit.0 / (n * unit.1) * deviation).powi(2);
        }
    }
    let mean = draws.iter().sum::<f64>() / n;
    let hansen_hurwitz = n / (n - 1.0) * draws.iter().map(|z| (z - mean).powi(2)).sum::<f64>();
    assert!((ratio(&table, share) - hansen_hurwitz / squares).abs() < 1e-9);
}

#[test]
fn what_little_gold_shows_never_lets_a_variance_vanish() {
    let units =
        [(0, 1.0, 0.1, true), (0, 1.0, 0.1, true), (1, 1.0, 0.1, false), (1, 1.0, 0.1, false)];
    let (table, share, _) = table(&units, GroupRule::FixedSize);
    assert!((ratio(&table, share) - 0.25).abs() < 1e-12);
}

#[test]
fn residuals_are_taken_from_the_class_a_weight_was_calibrated_to() {
    // two classes of 40 units, a quarter and three quarters of them positive
    let weight = Weight::new(1.0, 0.01).unwrap();
    let categories = vec![vec![0], vec![1]];
    let mut group = DrawnGroup::empty(GroupRule::Independent);
    (0..80).for_each(|_| group.count(weight));
    let mut table = FirstPhase::new(vec![group], categories, vec![(0, 0), (0, 1)], 1);
    for at in 0..80 {
        let (row, hit) = (at / 40, at % 40 < if at < 40 { 10 } else { 30 });
        let part = if hit { TablePart::Positives } else { TablePart::Negatives };
        table.add_gold((row, 0), GoldWeight::new(weight, 1.0).unwrap(), part);
    }
    // p (1-p) within the classes over p (1-p) of all
    assert!((ratio(&table, 0.5) - 0.1875 / 0.25).abs() < 1e-12);
}
