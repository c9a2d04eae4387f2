//! Verdicts, codes and refusals of a measurement, on small samples.

use crate::measure::Code;
use crate::measure::Estimator;
use crate::measure::GoldDrawn;
use crate::measure::GoldLabel;
use crate::measure::Judgment;
use crate::measure::LabeledUnit;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Positive;
use crate::measure::Salts;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::Verdict;
use crate::measure::prevalence;
use crate::reply::Outcome;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::TwoPhaseMethod;
use crate::unit::Design;
use crate::unit::Inclusion;

mod calibrated;
mod designs;
mod gold_error;
mod scatter;
mod series;
mod undetermined;

/// A sample described by what each unit is: (id, outcome, label, exposure) and gold by id.
#[derive(Clone, Default)]
struct World {
    units: Vec<(String, Outcome, &'static str, f64)>,
    gold: Vec<(String, &'static str, Option<f64>)>,
    inclusion: Option<Inclusion>,
}

impl World {
    /// Adds `n` units of one label, `gold` of them with gold, `positive` of those violating.
    fn add(mut self, label: &'static str, n: u64, (gold, positive): (u64, u64)) -> Self {
        for i in 0..n {
            let id = format!("{label}-{i}");
            let outcome = if label == "refused" { Outcome::Refusal } else { Outcome::Label };
            if i < gold {
                self.gold.push((id.clone(), if i < positive { "bad" } else { "fine" }, None));
            }
            self.units.push((id, outcome, label, 1.0));
        }
        self
    }

    fn sampled(mut self, probability: f64) -> Self {
        self.inclusion = Some(Inclusion::new(probability, Design::Uniform));
        self
    }

    fn measure(&self, drawn: GoldDrawn) -> PolicyPrevalence {
        self.measure_with(|settings| Settings { drawn, ..settings })
    }

    fn measure_with(&self, set: impl FnOnce(Settings<'_>) -> Settings<'_>) -> PolicyPrevalence {
        let positive = Positive::labels(["bad"]).unwrap();
        let settings = set(Settings {
            positive: &positive,
            drawn: GoldDrawn::FromSample,
            level: Level::new(0.95).unwrap(),
            draws: Draws::least(1),
            min_gold: 100,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        });
        let units: Vec<_> = self.units.iter().map(|unit| self.unit(unit)).collect();
        let gold: Vec<_> = self
            .gold
            .iter()
            .map(|(id, label, probability)| GoldLabel {
                id,
                label,
                judgment: if *label == "unclear" {
                    Judgment::Undetermined
                } else {
                    Judgment::Decided
                },
                probability: *probability,
                age_days: Some(9.0),
            })
            .collect();
        let subject = Subject { policy: "insults".to_owned(), ..Subject::default() };
        prevalence(&subject, &units, &gold, &settings).unwrap()
    }

    fn unit<'a>(
        &'a self,
        (id, outcome, label, exposure): &'a (String, Outcome, &'static str, f64),
    ) -> LabeledUnit<'a> {
        let inclusion = self.inclusion.as_ref();
        LabeledUnit {
            id,
            exposure: *exposure,
            inclusion,
            outcome: *outcome,
            label: Some(label),
            classes: &[],
        }
    }
}

fn good() -> World {
    World::default().add("bad", 200, (60, 50)).add("fine", 800, (240, 12)).sampled(0.01)
}

fn codes(measured: &PolicyPrevalence) -> Vec<Code> {
    measured.findings.iter().map(|finding| finding.code).collect()
}

#[test]
fn a_sound_sample_with_enough_gold_is_publishable() {
    let measured = good().measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Publishable, "{:?}", measured.findings);
    let corrected = measured.corrected.unwrap();
    assert!((corrected.value - (0.2 * 50.0 / 60.0 + 0.8 * 0.05)).abs() < 1e-12);
    assert!(corrected.low < corrected.value && corrected.value < corrected.high);
    assert!((measured.naive.unwrap().value - 0.2).abs() < 1e-12);
    assert!((measured.gold_only.unwrap().value - 62.0 / 300.0).abs() < 1e-12);
    assert_eq!((measured.n, measured.m, measured.corrected_by), (1000, 300, Estimator::TwoPhase));
    assert!(measured.k.unwrap() > 0.5 && measured.bounds.is_none());
}

#[test]
fn inverting_rates_of_a_simple_random_subsample_comes_close_to_the_corrected_estimate() {
    let measured = good().measure(GoldDrawn::FromSample);
    let (a, b) = (measured.corrected.unwrap(), measured.rogan_gladen.unwrap());
    assert!((a.value - b.value).abs() < 1e-9, "gold is spread over the labels as the sample is");
    assert!(b.high - b.low > a.high - a.low);
}

#[test]
fn gold_by_label_needs_no_inversion() {
    let measured = good().measure(GoldDrawn::ByLabel);
    assert_eq!(measured.rogan_gladen, Err(Missing::SameAsCorrected));
    assert!(measured.corrected.is_ok());
}

#[test]
fn independent_gold_is_corrected_by_inverting_its_rates() {
    let measured = good().measure(GoldDrawn::Independent);
    assert_eq!((measured.corrected_by, measured.n, measured.m), (Estimator::RoganGladen, 700, 300));
    assert_eq!(measured.corrected, measured.rogan_gladen);
    assert_eq!(measured.tidy_rows().len(), 3);
    assert_eq!(measured.verdict, Verdict::Publishable, "{:?}", measured.findings);
}

#[test]
fn an_uninformative_labeler_is_withheld_only_where_its_rates_must_be_inverted() {
    let world = World::default().add("bad", 500, (150, 50)).add("fine", 500, (150, 48));
    let measured = world.measure(GoldDrawn::Independent);
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Withheld, vec![Code::RgUndefined]));
    assert!(measured.corrected.is_err());
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Publishable, "{:?}", measured.findings);
    assert!(measured.corrected.is_ok() && measured.rogan_gladen.is_err());
}

#[test]
fn a_cell_without_gold_is_withheld_with_bounds() {
    let measured = World::default()
        .add("bad", 200, (60, 50))
        .add("fine", 700, (200, 10))
        .add("refused", 100, (0, 0))
        .measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Withheld);
    assert_eq!(codes(&measured), [Code::EmptyCell, Code::NonAnswerShare]);
    assert_eq!(measured.corrected, Err(Missing::Withheld(Code::EmptyCell)));
    assert!(measured.naive.is_ok(), "the naive share needs no gold");
    let bounds = measured.bounds.unwrap();
    assert!((bounds.highest - bounds.lowest - 0.1).abs() < 1e-12);
    assert!(
        bounds.low <= bounds.lowest && bounds.highest <= bounds.high && bounds.at_random.is_some()
    );
}

#[test]
fn a_few_non_answers_that_chance_left_without_gold_are_merged_and_logged() {
    let measured = World::default()
        .add("bad", 200, (60, 50))
        .add("fine", 797, (240, 12))
        .add("refused", 3, (0, 0))
        .measure(GoldDrawn::FromSample);
    assert_eq!(
        (measured.verdict, codes(&measured)),
        (Verdict::Publishable, vec![Code::CellMerged])
    );
    assert_eq!(measured.cells[0].name, "flagged+no_answer");
    assert_eq!((measured.cells[0].n, measured.merges.len()), (203, 1));
}

#[test]
fn no_gold_at_all_is_withheld_with_the_widest_bounds() {
    let measured = World::default()
        .add("bad", 5, (0, 0))
        .add("fine", 95, (0, 0))
        .measure(GoldDrawn::FromSample);
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Withheld, vec![Code::EmptyCell]));
    let bounds = measured.bounds.unwrap();
    assert!(
        bounds.lowest.abs() < 1e-300
            && (bounds.highest - 1.0).abs() < 1e-12
            && bounds.at_random.is_none()
    );
}

#[test]
fn gold_without_positives_is_provisional_and_names_what_would_halve_its_limit() {
    let measured =
        World::default().add("fine", 5000, (400, 0)).sampled(0.001).measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Provisional);
    assert_eq!(codes(&measured), [Code::NoGoldPositives, Code::FloorOfIgnorance]);
    let corrected = measured.corrected.unwrap();
    assert!(
        corrected.value.abs() < 1e-300 && corrected.low.abs() < 1e-300 && corrected.high > 0.003
    );
    let floor = measured.floor.unwrap();
    assert_eq!(floor.gold, 400);
    assert!((795..=805).contains(&floor.gold_to_halve), "{floor:?}");
    assert_eq!(measured.k, None);
}

#[test]
fn thin_gold_is_provisional() {
    let measured = World::default()
        .add("bad", 200, (20, 15))
        .add("fine", 800, (70, 4))
        .measure(GoldDrawn::FromSample);
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Provisional, vec![Code::ThinGold]));
    assert!(
        measured.findings[0].detail.contains("90 gold units of 100"),
        "{:?}",
        measured.findings
    );
    assert!(
        measured.findings[0].detail.contains("flagged has 20 gold units of 30"),
        "{:?}",
        measured.findings
    );
}

#[test]
fn old_gold_is_provisional() {
    let measured =
        good().measure_with(|settings| Settings { max_gold_age_days: Some(7.0), ..settings });
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Provisional, vec![Code::StaleGold]));
}

#[test]
fn convenience_gold_shows_error_rates_and_no_prevalence() {
    let measured = good().measure(GoldDrawn::Convenience);
    assert_eq!(
        (measured.verdict, codes(&measured)),
        (Verdict::Withheld, vec![Code::ConvenienceGold])
    );
    assert!(
        measured.corrected.is_err() && measured.gold_only.is_err() && measured.bounds.is_none()
    );
    assert!((measured.rates.precision.unwrap().share.value - 50.0 / 60.0).abs() < 1e-9);
}

#[test]
fn probabilities_for_only_some_gold_are_withheld() {
    let mut world = good();
    world.gold[0].2 = Some(0.3);
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(
        (measured.verdict, codes(&measured)),
        (Verdict::Withheld, vec![Code::MissingProbability])
    );
}

#[test]
fn one_salt_for_both_draws_is_withheld() {
    let salts = Some(Salts { sample: "a", gold: "a" });
    let measured = good().measure_with(|settings| Settings { salts, ..settings });
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Withheld, vec![Code::SameSalt]));
}

#[test]
fn gold_outside_the_sample_is_withheld_and_named() {
    let mut world = good();
    world.gold.push(("elsewhere".to_owned(), "bad", None));
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(
        (measured.verdict, codes(&measured)),
        (Verdict::Withheld, vec![Code::GoldOutsideSample])
    );
    assert!(measured.findings[0].detail.contains("elsewhere"));
}

#[test]
fn a_unit_that_outweighs_the_rest_is_refused() {
    let mut world = good();
    world.units[0].3 = 80.0;
    assert!(codes(&world.measure(GoldDrawn::FromSample)).contains(&Code::MaxWeightShare));
    world.units[0].3 = 800.0;
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!(measured.verdict, Verdict::Withheld);
    assert_eq!(measured.naive, Err(Missing::Withheld(Code::MaxWeightShare)));
    world.inclusion = None;
    assert!(
        world.measure(GoldDrawn::FromSample).naive.is_ok(),
        "in a census no unit stands for others"
    );
}

#[test]
fn heavy_units_that_gold_may_miss_are_provisional_even_when_it_missed_them() {
    let mut world = World::default().add("bad", 200, (60, 50)).add("fine", 800, (240, 12));
    for unit in world.units.iter_mut().filter(|unit| unit.2 == "fine").skip(780) {
        unit.3 = 40.0;
    }
    let measured = world.measure(GoldDrawn::FromSample);
    assert_eq!((measured.verdict, codes(&measured)), (Verdict::Provisional, vec![Code::LowEss]));
    assert!(measured.findings[0].detail.contains("cell unflagged"), "{:?}", measured.findings);
}

#[test]
fn gold_for_the_whole_population_is_the_truth() {
    let measured = World::default()
        .add("bad", 40, (40, 30))
        .add("fine", 160, (160, 6))
        .measure(GoldDrawn::FromSample);
    let corrected = measured.corrected.unwrap();
    assert!((corrected.value - 0.18).abs() < 1e-12);
    assert!((corrected.high - corrected.low).abs() < 1e-12);
    assert_eq!(measured.verdict, Verdict::Publishable, "{:?}", measured.findings);
}

#[test]
fn tidy_rows_name_the_same_measurement_by_the_same_id() {
    let (a, b) = (good().measure(GoldDrawn::FromSample), good().measure(GoldDrawn::FromSample));
    assert_eq!(a.tidy_rows(), b.tidy_rows());
    let ids: std::collections::BTreeSet<_> =
        a.tidy_rows().into_iter().map(|row| row.estimate_id).collect();
    assert_eq!(ids.len(), 4);
}

mod segments;
