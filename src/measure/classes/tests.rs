//! Shares of every label from small invented rows, and from published tables.

use super::*;
use crate::eval::GoldDrawn;
use crate::eval::GoldLabel;
use crate::eval::GoldSet;
use crate::eval::LabeledUnit;
use crate::eval::Positive;
use crate::measure::Subject;
use crate::measure::prevalence;
use crate::stats::ClassCell;
use crate::stats::Draws;
use crate::stats::GoldWeight;
use crate::stats::TwoPhaseMethod;
use crate::stats::Weight;
use crate::stats::double_sample_weighted;
use crate::unit::Design;
use crate::unit::Inclusion;

/// Units and gold of one policy. The labels are `a`, `b`, `c` and so on; all but the first violate.
struct World {
    units: Vec<(String, f64, &'static str)>,
    gold: Vec<(String, &'static str, Option<f64>)>,
    inclusion: Option<Inclusion>,
    drawn: GoldDrawn,
    mode: Mode,
    labels: usize,
    coverage: Coverage,
}

const NAMES: [&str; 4] = ["a", "b", "c", "d"];

impl World {
    fn of(labels: usize, drawn: GoldDrawn) -> Self {
        Self {
            units: Vec::new(),
            gold: Vec::new(),
            inclusion: None,
            drawn,
            mode: Mode::Single,
            labels,
            coverage: Coverage::Each,
        }
    }

    /// Adds `n` units that the labeler calls `said`, with gold for the first of them: that many of each label.
    fn add(mut self, said: &'static str, n: u64, gold: &[u64]) -> Self {
        let meant = NAMES.iter().zip(gold).flat_map(|(name, n)| (0..*n).map(move |_| *name));
        let meant: Vec<&str> = meant.collect();
        let probability = meant.len() as f64 / n as f64;
        for at in 0..n {
            let id = format!("{said}{at}");
            if let Some(label) = meant.get(at as usize) {
                let rho = (self.drawn == GoldDrawn::ByLabel).then_some(probability);
                self.gold.push((id.clone(), label, rho));
            }
            self.units.push((id, 1.0, said));
        }
        self
    }

    fn several(mut self, coverage: Coverage) -> Self {
        self.coverage = coverage;
        self
    }

    /// Measures; `several` adds what else was said and meant of each unit.
    fn measure_with(&self, several: Several<'_>) -> Classes {
        let outcome = |said: &str| Outcome::from_name(said).unwrap_or(Outcome::Label);
        let units: Vec<LabeledUnit<'_>> = self
            .units
            .iter()
            .map(|(id, exposure, said)| LabeledUnit {
                classes: &[],
                id,
                exposure: *exposure,
                inclusion: self.inclusion.as_ref(),
                outcome: outcome(said),
                label: (outcome(said) == Outcome::Label).then_some(*said),
            })
            .collect();
        let gold: Vec<GoldLabel<'_>> = self
            .gold
            .iter()
            .map(|(id, label, probability)| GoldLabel {
                id,
                label,
                judgment: if *label == "?" { Judgment::Undetermined } else { Judgment::Decided },
                probability: *probability,
                age_days: None,
            })
            .collect();
        let positive = Positive::labels(NAMES.into_iter().skip(1)).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn: self.drawn,
            level: Level::new(0.95).unwrap(),
            draws: Draws::least(7),
            min_gold: 0,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        };
        let subject = Subject { policy: "p".to_owned(), ..Subject::default() };
        let measured = prevalence(&subject, &units, &gold, &settings).unwrap();
        let label = |at: usize| SchemeLabel { id: NAMES[at].to_owned(), severity: Some(at as u32) };
        let scheme =
            Scheme { mode: self.mode, labels: (0..self.labels).map(label).collect(), several };
        let rows = Rows { units: &units, gold: &gold, stated: None };
        classes(rows, &measured, &scheme, (&settings, self.coverage)).unwrap()
    }

    fn measure(&self) -> Classes {
        self.measure_with(Several::default())
    }
}

/// The three labels of specification 4.M, gold drawn by label.
fn three(drawn: GoldDrawn) -> World {
    World::of(3, drawn).add("a", 8000, &[90, 6, 2]).add("b", 1500, &[8, 70, 10]).add(
        "c",
        500,
        &[2, 4, 38],
    )
}

fn values(classes: &Classes) -> Vec<f64> {
    classes.shares.iter().map(|share| share.corrected.as_ref().unwrap().value).collect()
}

fn close(found: &[f64], expected: &[f64], within: f64) {
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(expected) {
        assert!((found - expected).abs() <= within, "{found} for {expected}");
    }
}

#[test]
fn the_numbers_of_three_labels_are_those_of_the_specification() {
    let mut world = three(GoldDrawn::ByLabel);
    let (design, stratum, cluster) = (Design::Uniform, None, None);
    world.inclusion = Some(Inclusion { probability: 1e-6, draws: 1, design, stratum, cluster });
    let made = world.measure();
    close(&values(&made), &[0.750_603, 0.172_843, 0.076_554], 5e-7);
    let errors = made.shares.iter().map(|share| share.corrected.as_ref().unwrap().std_error);
    // gold of some 9 % of a code has a smaller variance than the formula without that correction
    for (found, expected) in errors.zip([0.023_017, 0.020_808, 0.012_968]) {
        assert!(found < expected && found > 0.95 * expected, "{found} for {expected}");
    }
    let naive: Vec<f64> = made.shares.iter().map(|it| it.naive.as_ref().unwrap().value).collect();
    close(&naive, &[0.8, 0.15, 0.05], 1e-12);
    assert_eq!(made.shares.iter().map(|share| share.gold).collect::<Vec<_>>(), [100, 80, 50]);
    for share in &made.shares {
        let it = share.corrected.as_ref().unwrap();
        assert!(it.low < it.value && it.value < it.high);
        assert!(matches!(share.inverted, Err(Missing::SameAsCorrected)));
    }
}

#[test]
fn shares_sum_to_1_and_their_covariance_to_0() {
    let world = three(GoldDrawn::FromSample).add("refusal", 100, &[2, 9, 3]);
    let made = world.measure();
    assert!((values(&made).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    let covariance = made.covariance.unwrap();
    for (at, share) in made.shares.iter().enumerate() {
        let row: f64 = (0..3).map(|other| covariance[(at, other)]).sum();
        assert!(row.abs() < 1e-15, "{row}");
        let variance = share.corrected.as_ref().unwrap().std_error.powi(2);
        assert!((covariance[(at, at)] - variance).abs() < 1e-15);
    }
    // 14 gold of 100 refusals are too few: they go with the violating label of least gold
    let cells: Vec<Vec<String>> = made.cells.iter().map(|cell| cell.codes.clone()).collect();
    assert_eq!(cells, [vec!["a"], vec!["b"], vec!["c", "no_answer"]]);
    assert_eq!(made.findings.len(), 1);
    assert_eq!(made.findings[0].code, Code::CellMerged);
}

#[test]
fn the_covariance_is_that_of_double_sampling() {
    let made = three(GoldDrawn::ByLabel).measure();
    let weight = Weight::new(1.0, 1.0).unwrap();
    let cell = |n: u64, gold: [u64; 3]| {
        let mut cell = ClassCell::new(3);
        (0..n).for_each(|_| cell.add_unit(weight));
        let rho = gold.iter().sum::<u64>() as f64 / n as f64;
        for (class, count) in gold.into_iter().enumerate() {
            let weight = GoldWeight::new(weight, rho).unwrap();
            (0..count).for_each(|_| cell.add_gold(weight, class).unwrap());
        }
        cell
    };
    let cells = [cell(8000, [90, 6, 2]), cell(1500, [8, 70, 10]), cell(500, [2, 4, 38])];
    let expected = double_sample_weighted(&cells).unwrap().composition();
    let found = made.covariance.unwrap();
    for a in 0..3 {
        for b in 0..3 {
            assert!((found[(a, b)] - expected.covariance()[(a, b)]).abs() < 1e-15);
        }
    }
}

#[test]
fn the_published_map_is_reproduced() {
    // Olofsson et al. (2014), Table 8: the rest of each stratum stands in one unit
    let pixels = [200_000_u64, 150_000, 3_200_000, 6_450_000];
    let gold = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]];
    let mut world = World::of(4, GoldDrawn::ByLabel);
    for ((said, n), gold) in NAMES.into_iter().zip(pixels).zip(gold) {
        let m: u64 = gold.iter().sum();
        world = world.add(said, m, &gold);
        world.units.push((format!("{said} rest"), (n - m) as f64, said));
        let rho = m as f64 / n as f64;
        world.gold.iter_mut().rev().take(m as usize).for_each(|(.., own)| *own = Some(rho));
    }
    let made = world.measure();
    let hectares = 1e7 * 0.09;
    let areas: Vec<f64> = values(&made).iter().map(|share| share * hectares).collect();
    close(&areas, &[21_157.76, 11_686.15, 285_769.93, 581_386.15], 0.01);
    let errors = made.shares.iter().map(|it| it.corrected.as_ref().unwrap().std_error * hectares);
    // the published formula divides by m - 1 in each stratum, the general one by m
    for (found, expected) in errors.zip([6_157.52, 3_755.76, 15_509.55, 16_281.36]) {
        assert!((1.96 * found / expected - 1.0).abs() < 0.01, "{found} for {expected}");
    }
}

#[test]
fn said_against_gold_is_weighed_to_the_population() {
    let confusion = three(GoldDrawn::ByLabel).measure().confusion.unwrap();
    assert_eq!(confusion.said, ["a", "b", "c"]);
    assert_eq!(confusion.counts[1], [8, 70, 10]);
    let row = confusion.shares[1].as_ref().unwrap();
    close(row, &[0.15 * 8.0 / 88.0, 0.15 * 70.0 / 88.0, 0.15 * 10.0 / 88.0], 1e-12);
    let all: f64 = confusion.shares.iter().flatten().flatten().sum();
    assert!((all - 1.0).abs() < 1e-12);
}

#[test]
fn a_label_without_gold_has_an_upper_limit_only() {
    let world = World::of(4, GoldDrawn::FromSample).add("a", 900, &[89, 1]);
    let made = world.add("b", 100, &[4, 36]).measure();
    let at_most = match &made.shares[3].corrected {
        Err(Missing::NotSeen { high }) => Some(*high),
        Ok(_) | Err(_) => None,
    };
    assert!(at_most.is_some_and(|high| high > 0.005 && high < 0.1), "{:?}", made.shares[3]);
    assert_eq!(made.shares[3].findings[0].code, Code::NoGoldPositives);
    assert_eq!(made.shares[3].verdict, Verdict::Provisional);
    assert_eq!(made.shares[0].verdict, Verdict::Publishable);
}

#[test]
fn a_label_that_gold_never_reached_withholds_all_and_leaves_bounds() {
    let world = World::of(3, GoldDrawn::FromSample).add("a", 900, &[89, 1]);
    let made = world.add("b", 300, &[4, 36]).add("c", 300, &[]).measure();
    assert_eq!(made.verdict, Verdict::Withheld);
    for share in &made.shares {
        assert_eq!(share.corrected, Err(Missing::Withheld(Code::EmptyCell)));
        let bounds = share.bounds.unwrap();
        assert!((bounds.highest - bounds.lowest - 0.2).abs() < 1e-12, "{bounds:?}");
    }
    assert!(made.covariance.is_none());
}

#[test]
fn gold_of_convenience_shows_counts_and_corrects_nothing() {
    let made = three(GoldDrawn::Convenience).measure();
    assert_eq!(made.shares[0].corrected, Err(Missing::Withheld(Code::ConvenienceGold)));
    assert!(made.shares[0].naive.is_ok() && made.shares[0].bounds.is_none());
    let confusion = made.confusion.unwrap();
    assert_eq!((confusion.counts[2][2], confusion.shares[2].as_ref()), (38, None));
}

#[test]
fn gold_on_which_people_could_not_tell_widens_every_limit() {
    let plain = three(GoldDrawn::FromSample);
    let mut open = three(GoldDrawn::FromSample);
    open.gold.iter_mut().filter(|(_, label, _)| *label == "b").take(6).for_each(|it| it.1 = "?");
    let (plain, open) = (plain.measure(), open.measure());
    assert!((values(&open).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    for (plain, open) in plain.shares.iter().zip(&open.shares) {
        let (plain, open) = (plain.corrected.as_ref().unwrap(), open.corrected.as_ref().unwrap());
        assert!(open.high - open.low > plain.high - plain.low, "{plain:?} {open:?}");
    }
}

#[test]
fn severities_add_up_over_the_labels_that_reach_them() {
    let mut world = three(GoldDrawn::FromSample);
    world.mode = Mode::Ordinal;
    let made = world.measure();
    let names: Vec<&str> = made.at_least.iter().map(|it| it.label.as_str()).collect();
    assert_eq!(names, ["severity >= 1", "severity >= 2"]);
    let of = |at: usize| made.at_least[at].corrected.as_ref().unwrap().value;
    let each = values(&made);
    assert!((of(0) - each[1] - each[2]).abs() < 1e-12 && (of(1) - each[2]).abs() < 1e-12);
    assert_eq!((made.at_least[0].gold, made.at_least[1].gold), (130, 50));
    assert!(made.at_least[0].inverted.is_ok());
}

#[test]
fn intervals_that_hold_together_are_wider() {
    let (each, together) = (
        three(GoldDrawn::FromSample).measure(),
        three(GoldDrawn::FromSample).several(Coverage::Together).measure(),
    );
    assert!((together.level.value() - (1.0 - 0.05 / 3.0)).abs() < 1e-12);
    for (one, all) in each.shares.iter().zip(&together.shares) {
        let (one, all) = (one.corrected.as_ref().unwrap(), all.corrected.as_ref().unwrap());
        assert!(all.low < one.low && all.high > one.high);
    }
}

/// Gold of a sample of its own, 2,000 labeled units beside it.
fn independent(gold: [[u64; 3]; 3], said: [u64; 3]) -> Classes {
    let mut world = World::of(3, GoldDrawn::Independent);
    for (name, gold) in NAMES.into_iter().zip(gold) {
        world = world.add(name, gold.iter().sum(), &gold);
    }
    for (name, n) in NAMES.into_iter().zip(said) {
        world.units.extend((0..n).map(|at| (format!("more {name}{at}"), 1.0, name)));
    }
    world.measure()
}

#[test]
fn independent_gold_is_corrected_by_inverting_error_rates() {
    // P(said | gold) of a is .9, .08, .02; of b .06, .7, .24; of c 0, .2, .8
    let gold = [[270, 6, 0], [24, 70, 10], [6, 24, 40]];
    let mixed = |part: [f64; 3]| {
        let code = |rates: [f64; 3]| {
            (10_000.0 * part.iter().zip(rates).map(|(a, b)| a * b).sum::<f64>()).round() as u64
        };
        [code([0.9, 0.06, 0.0]), code([0.08, 0.7, 0.2]), code([0.02, 0.24, 0.8])]
    };
    let made = independent(gold, mixed([0.6, 0.3, 0.1]));
    assert_eq!(made.by, Estimator::RoganGladen);
    close(&values(&made), &[0.6, 0.3, 0.1], 1e-3);
    assert!((values(&made).iter().sum::<f64>() - 1.0).abs() < 1e-9);
    assert!(made.conditioning.is_some_and(|(condition, _)| condition > 1.0 && condition < 20.0));
    let covariance = made.covariance.unwrap();
    let row: f64 = (0..3).map(|other| covariance[(0, other)]).sum();
    assert!(row.abs() < 1e-12, "{row}");
    for share in &made.shares {
        let it = share.corrected.as_ref().unwrap();
        assert!(it.low < it.value && it.value < it.high && it.high - it.low < 0.4, "{it:?}");
    }
}

#[test]
fn an_inverse_outside_what_shares_can_be_is_found_within_and_said() {
    // far fewer units are called a than the error rates of any mixture allow
    let made = independent([[270, 6, 0], [24, 70, 10], [6, 24, 40]], [10, 300, 690]);
    assert!(
        made.findings.iter().any(|it| it.code == Code::Clipped && it.detail.contains("BOUNDARY"))
    );
    assert!(values(&made).iter().all(|share| (0.0..=1.0).contains(share)));
    assert!((values(&made).iter().sum::<f64>() - 1.0).abs() < 1e-6);
    assert!(made.covariance.is_none());
}

#[test]
fn a_labeler_that_confuses_labels_is_not_inverted() {
    let made = independent([[50, 48, 2], [48, 50, 2], [2, 2, 96]], [500, 400, 100]);
    assert_eq!(made.verdict, Verdict::Withheld);
    let finding = &made.findings[0];
    assert_eq!(finding.code, Code::IllConditioned);
    assert!(finding.detail.contains("condition number"), "{}", finding.detail);
    assert_eq!(made.shares[0].corrected, Err(Missing::Withheld(Code::IllConditioned)));
    assert!(made.shares[0].naive.is_ok() && made.shares[0].bounds.is_none());
}

#[test]
fn where_labels_apply_at_once_each_is_measured_by_itself() {
    let mut world = World::of(3, GoldDrawn::FromSample)
        .add("a", 700, &[68, 1, 1])
        .add("b", 200, &[2, 36, 2])
        .add("c", 100, &[1, 2, 37]);
    world.mode = Mode::Multi;
    // the first 100 units called b are called c too, and people say so of the first 30
    let mut several = Several::default();
    let ids: Vec<String> = (0..100).map(|at| format!("b{at}")).collect();
    for (at, id) in ids.iter().enumerate() {
        several.said.insert(id, vec!["b", "c"]);
        if (2..32).contains(&at) {
            several.gold.insert(id, GoldSet { apply: vec!["b", "c"], open: Vec::new() });
        }
    }
    let made = world.measure_with(several);
    let naive: Vec<f64> = made.shares.iter().map(|it| it.naive.as_ref().unwrap().value).collect();
    close(&naive, &[0.7, 0.2, 0.2], 1e-12);
    assert_eq!(made.shares.iter().map(|it| it.gold).collect::<Vec<_>>(), [71, 39, 70]);
    // all 80 gold units that are not called a and 70 of the 140 called b or c
    let c = made.shares[2].corrected.as_ref().unwrap();
    assert!((c.value - (0.2 * 69.0 / 80.0 + 0.8 * 1.0 / 70.0)).abs() < 1e-12, "{c:?}");
    assert!(values(&made).iter().sum::<f64>() > 1.05);
    assert!(made.covariance.is_none() && made.confusion.is_none());
}

#[test]
fn a_label_people_could_not_agree_on_is_open_for_that_label_alone() {
    let mut world =
        World::of(3, GoldDrawn::FromSample).add("a", 700, &[70]).add("b", 300, &[2, 30, 8]);
    world.mode = Mode::Multi;
    let mut several = Several::default();
    several.gold.insert("b2", GoldSet { apply: vec!["b"], open: vec!["c"] });
    let made = world.measure_with(several);
    let undetermined = |at: usize| {
        let found: &ClassShare = &made.shares[at];
        found.findings.iter().any(|it| it.code == Code::UndeterminedGold)
    };
    assert!(undetermined(2) && !undetermined(1) && !undetermined(0));
    assert_eq!(made.shares[1].gold, 30);
}
