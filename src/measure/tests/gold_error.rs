//! Raters who err, and what that does to the corrected estimate.

use super::*;
use crate::measure::GoldQuality;
use crate::measure::GoldRates;
use crate::measure::NotModelled;
use crate::measure::Opinion;
use crate::measure::Rows;
use crate::measure::Span;
use crate::stats::Truth;
use crate::stats::TwoPhaseMethod;

const NAMES: [&str; 3] = ["ann", "bo", "cy"];

/// 1,500 units, every third with gold of three raters; each rater misses one violating unit in ten and flags `noise` of the allowed.
struct Panel {
    units: Vec<(String, bool, bool)>,
    gold: Vec<(String, usize, [bool; 3])>,
    subject: Subject,
}

/// Even numbers in [0, 1) that have no pattern the rows could share.
fn even(seed: u64) -> f64 {
    let mut mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64
}

impl Panel {
    fn new(noise: f64) -> Self {
        let (mut units, mut gold) = (Vec::new(), Vec::new());
        for at in 0..1_500_u64 {
            let truth = even(at) < 0.1;
            let flagged = even(at + 100_000) < if truth { 0.85 } else { 0.03 };
            let id = format!("u{at:04}");
            if at % 3 == 0 {
                let says = |rater: u64| {
                    let draw = even(at + 1_000_000 * (rater + 1));
                    if truth { draw < 0.9 } else { draw < noise }
                };
                let says = [says(0), says(1), says(2)];
                let violating = says.iter().filter(|said| **said).count();
                gold.push((id.clone(), violating, says));
            }
            units.push((id, flagged, truth));
        }
        let subject = Subject { policy: "insults".to_owned(), ..Subject::default() };
        Self { units, gold, subject }
    }

    fn opinions(&self, raters: usize) -> Vec<Opinion<'_>> {
        let of_unit = |(_, _, says): &(String, usize, [bool; 3])| {
            says.map(|said| if said { Truth::Positive } else { Truth::Negative })
        };
        self.gold
            .iter()
            .flat_map(|unit| {
                let said = NAMES.into_iter().zip(of_unit(unit)).take(raters);
                said.map(|(rater, truth)| Opinion { id: &unit.0, rater: Some(rater), truth })
            })
            .collect()
    }

    fn measure(&self, opinions: &[Opinion<'_>], known: Option<GoldRates>) -> PolicyPrevalence {
        let positive = Positive::labels(["bad"]).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn: GoldDrawn::FromSample,
            level: Level::new(0.95).unwrap(),
            draws: Draws::least(1),
            min_gold: 100,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        };
        let word = |bad: bool| if bad { "bad" } else { "fine" };
        let units: Vec<LabeledUnit<'_>> = self
            .units
            .iter()
            .map(|(id, flagged, _)| LabeledUnit {
                classes: &[],
                id,
                exposure: 1.0,
                inclusion: None,
                outcome: Outcome::Label,
                label: Some(word(*flagged)),
            })
            .collect();
        let gold: Vec<GoldLabel<'_>> = self
            .gold
            .iter()
            .map(|(id, violating, _)| GoldLabel {
                id,
                label: word(*violating > 1),
                judgment: Judgment::Decided,
                probability: None,
                age_days: None,
            })
            .collect();
        let mut measured = prevalence(&self.subject, &units, &gold, &settings).unwrap();
        let rows = Rows { units: &units, gold: &gold, stated: None };
        measured.add_gold_error(rows, &settings, &GoldQuality { opinions, known }).unwrap();
        measured
    }

    fn truth(&self) -> f64 {
        let violating = self.units.iter().filter(|(_, _, truth)| *truth).count();
        violating as f64 / self.units.len() as f64
    }
}

fn refused(measured: &PolicyPrevalence) -> NotModelled {
    measured.gold_error.clone().unwrap().modelled.unwrap().unwrap_err()
}

#[test]
fn three_raters_who_call_too_much_violating_are_seen_through() {
    let panel = Panel::new(0.15);
    let measured = panel.measure(&panel.opinions(3), None);
    let judged = measured.corrected.clone().unwrap();
    let modelled = measured.gold_error.clone().unwrap().modelled.unwrap().unwrap();
    let (made, truth) = (&modelled.estimate, panel.truth());
    assert!(judged.low > truth, "the majority passes for truth: {judged:?} {truth}");
    assert!(made.low < truth && truth < made.high, "{made:?} {truth}");
    assert!((modelled.difference - (made.value - judged.value)).abs() < 1e-12);
    assert!(0.0 < modelled.parameters_error && modelled.parameters_error < made.std_error);
    for rater in &modelled.raters {
        assert!((rater.specificity.unwrap() - 0.85).abs() < 0.05, "{rater:?}");
        assert!((rater.sensitivity.unwrap() - 0.9).abs() < 0.1, "{rater:?}");
    }
    assert!(codes(&measured).contains(&Code::GoldError));
    assert_eq!(measured.verdict, Verdict::Provisional);
}

#[test]
fn raters_who_seldom_err_change_little_and_say_nothing() {
    let panel = Panel::new(0.001);
    let measured = panel.measure(&panel.opinions(3), None);
    let modelled = measured.gold_error.clone().unwrap().modelled.unwrap().unwrap();
    assert!(modelled.difference.abs() < 0.005, "{modelled:?}");
    assert!(!codes(&measured).contains(&Code::GoldError), "{:?}", measured.findings);
    let by: Vec<&str> = measured.tidy_rows().iter().map(|row| row.estimator.name()).collect();
    assert_eq!(by, ["naive", "two_phase", "gold_only", "rogan_gladen", "two_phase_dawid_skene"]);
}

#[test]
fn the_default_estimate_is_never_replaced() {
    let panel = Panel::new(0.15);
    let plain = panel.measure(&[], None);
    let rates = GoldRates { sensitivity: 0.9, specificity: 0.95 };
    let beside = panel.measure(&panel.opinions(3), Some(rates));
    assert_eq!(plain.gold_error, None);
    assert_eq!(plain.corrected, beside.corrected);
    assert_eq!(beside.corrected_by, Estimator::TwoPhase);
}

#[test]
fn fewer_than_three_raters_on_a_unit_are_refused_and_one_rater_is_no_matter() {
    let panel = Panel::new(0.15);
    let pairs = refused(&panel.measure(&panel.opinions(2), None));
    assert_eq!(pairs, NotModelled::TooFewRaters { few: 500, of: 500 });
    let one_short: Vec<Opinion<'_>> = panel.opinions(3).into_iter().skip(1).collect();
    let short = refused(&panel.measure(&one_short, None));
    assert!(short.to_string().starts_with("1 of 500 gold units"), "{short}");
    assert_eq!(panel.measure(&panel.opinions(1), None).gold_error, None);
}

#[test]
fn the_labeler_is_never_one_of_the_raters() {
    let mut panel = Panel::new(0.15);
    panel.subject.labeler = Some("bo".to_owned());
    let said = refused(&panel.measure(&panel.opinions(3), None));
    assert_eq!(said, NotModelled::LabelerIsRater("bo".to_owned()));
    panel.subject.labeler = None;
    panel.subject.span = Span::Pooled(2);
    assert_eq!(refused(&panel.measure(&panel.opinions(3), None)), NotModelled::Pooled);
}

#[test]
fn declared_rates_of_the_gold_are_taken_off_value_and_limits_alike() {
    let panel = Panel::new(0.001);
    let of = |sensitivity, specificity| {
        let rates = GoldRates { sensitivity, specificity };
        let measured = panel.measure(&[], Some(rates));
        (measured.corrected.clone().unwrap(), measured.gold_error.unwrap().known.unwrap())
    };
    let (judged, known) = of(0.9, 0.98);
    let known = known.unwrap();
    let taken = |value: f64| (value - 0.02) / 0.88;
    for (got, from) in
        [(known.value, judged.value), (known.low, judged.low), (known.high, judged.high)]
    {
        assert!((got - taken(from)).abs() < 1e-12, "{got} {from}");
    }
    assert!((known.std_error - judged.std_error / 0.88).abs() < 1e-12);
    let (judged, same) = of(1.0, 1.0);
    let same = same.unwrap();
    assert!((same.value - judged.value).abs() < 1e-12 && (same.high - judged.high).abs() < 1e-12);
    let reason = of(0.7, 0.79).1.unwrap_err();
    assert!(matches!(reason, Missing::Undefined(_)), "{reason}");
}

#[test]
fn declared_rates_that_contradict_the_estimate_are_shown_at_the_limit_or_refused() {
    let panel = Panel::new(0.001);
    let of = |specificity| {
        let rates = GoldRates { sensitivity: 0.95, specificity };
        panel.measure(&[], Some(rates)).gold_error.unwrap().known.unwrap()
    };
    let judged = panel.measure(&[], None).corrected.unwrap();
    let clipped = of(1.0 - (judged.value + judged.high) / 2.0).unwrap();
    assert!(clipped.raw < 0.0 && clipped.value.abs() < 1e-12 && clipped.low.abs() < 1e-12);
    assert!(clipped.high > 0.0 && clipped.codes == [Code::Clipped], "{clipped:?}");
    assert!(matches!(of(0.6), Err(Missing::Undefined(_))));
}
