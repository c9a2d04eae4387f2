//! How a sample was drawn decides its variance.

use crate::measure::Coverage;
use crate::measure::Division;
use crate::measure::GoldDrawn;
use crate::measure::GoldLabel;
use crate::measure::Judgment;
use crate::measure::LabeledUnit;
use crate::measure::PolicyPrevalence;
use crate::measure::Positive;
use crate::measure::Rows;
use crate::measure::Segments;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::by_segments;
use crate::measure::prevalence;
use crate::reply::Outcome;
use crate::stats::DoubleSample;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::Lonely;
use crate::stats::SampleStructure;
use crate::stats::SecondPhase;
use crate::stats::Selection;
use crate::stats::SurveyDesign;
use crate::stats::SurveyDomain;
use crate::stats::SurveySample;
use crate::stats::TwoPhaseMethod;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::borrow::Cow;
use std::num::NonZeroUsize;

/// Units as (id, inclusion, label), with the gold label of those that have one.
#[derive(Default)]
pub(super) struct Drawn {
    units: Vec<(String, Inclusion, &'static str, Option<&'static str>)>,
}

impl Drawn {
    /// Adds units of one stratum and label: `n` of them, `gold` with gold, `positive` of these violating.
    pub(super) fn add(
        mut self,
        (stratum, inclusion): (&str, &Inclusion),
        label: &'static str,
        [n, gold, positive]: [usize; 3],
    ) -> Self {
        for at in 0..n {
            let truth = if at < positive { "bad" } else { "fine" };
            let stratum = Some(stratum.to_owned());
            let inclusion = Inclusion { stratum, ..inclusion.clone() };
            let id = format!("u{}", self.units.len());
            self.units.push((id, inclusion, label, (at < gold).then_some(truth)));
        }
        self
    }

    pub(super) fn measure(&self, drawn: GoldDrawn) -> PolicyPrevalence {
        let subject = Subject { policy: "views".to_owned(), ..Subject::default() };
        self.with_rows(drawn, |rows, settings| {
            prevalence(&subject, rows.units, rows.gold, settings).unwrap()
        })
    }

    fn with_rows<T>(
        &self,
        drawn: GoldDrawn,
        measure: impl FnOnce(Rows<'_>, &Settings<'_>) -> T,
    ) -> T {
        let positive = Positive::labels(["bad"]).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn,
            level: Level::new(0.95).unwrap(),
            draws: Draws::least(1),
            min_gold: 10,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        };
        let unit = |(id, inclusion, label, _): &'_ (String, Inclusion, &'static str, _)| {
            (id.clone(), inclusion.clone(), *label)
        };
        let units: Vec<_> = self.units.iter().map(unit).collect();
        let units: Vec<LabeledUnit<'_>> = units
            .iter()
            .map(|(id, inclusion, label)| LabeledUnit {
                id,
                exposure: 1.0,
                inclusion: Some(inclusion),
                outcome: Outcome::Label,
                label: Some(label),
                classes: &[],
            })
            .collect();
        let gold: Vec<GoldLabel<'_>> = self
            .units
            .iter()
            .filter_map(|(id, .., truth)| Some((id, (*truth)?)))
            .map(|(id, label)| GoldLabel {
                id,
                label,
                judgment: Judgment::Decided,
                probability: None,
                age_days: None,
            })
            .collect();
        measure(Rows { units: &units, gold: &gold, stated: None }, &settings)
    }
}

/// Barnett (2021), table 2: strata by risk as (share of views, units drawn, violating units found).
const RISK: [(f64, usize, usize); 5] =
    [(0.80, 2098, 1), (0.10, 828, 4), (0.05, 584, 6), (0.01, 256, 13), (0.04, 234, 1)];

/// The published strata from so many views that no finite population correction is seen.
fn risk_strata(design: Design) -> Drawn {
    RISK.iter().enumerate().fold(Drawn::default(), |drawn, (at, (share, n, positive))| {
        let inclusion = Inclusion::new(*n as f64 / (share * 1e9), design);
        drawn.add((&at.to_string(), &inclusion), "fine", [*n, *n, *positive])
    })
}

#[test]
fn the_published_strata_have_their_published_standard_error() {
    let stratified = risk_strata(Design::Stratified).measure(GoldDrawn::FromSample);
    let gold = stratified.gold_only.unwrap();
    assert!((gold.value - 0.002_056_858_63).abs() < 1e-9, "{gold:?}");
    assert!((gold.std_error - 0.000_543_379_84).abs() < 5e-9, "{gold:?}");
    let independent = risk_strata(Design::Poisson).measure(GoldDrawn::FromSample);
    assert!(gold.std_error < independent.gold_only.unwrap().std_error);
    assert_eq!(stratified.design, "stratified");
}

#[test]
fn where_strata_differ_much_the_interval_is_narrower_for_it() {
    let strata = |design| {
        let inclusion = Inclusion::new(0.01, design);
        Drawn::default()
            .add(("risky", &inclusion), "bad", [200, 200, 190])
            .add(("calm", &inclusion), "fine", [200, 200, 10])
            .measure(GoldDrawn::FromSample)
    };
    let (stratified, independent) = (strata(Design::Stratified), strata(Design::Poisson));
    let width = |measured: &PolicyPrevalence| {
        let corrected = measured.corrected.as_ref().unwrap();
        corrected.high - corrected.low
    };
    assert!(width(&stratified) < 0.7 * width(&independent));
    let error = |measured: &PolicyPrevalence| measured.naive.as_ref().unwrap().std_error;
    assert!(error(&stratified) < 0.51 * error(&independent), "the strata are the labels");
}

#[test]
fn one_stratum_with_gold_drawn_by_label_has_the_variance_of_two_phases() {
    let inclusion = Inclusion::new(0.5, Design::Stratified);
    let drawn = Drawn::default().add(("all", &inclusion), "bad", [800, 400, 240]).add(
        ("all", &inclusion),
        "fine",
        [1200, 400, 160],
    );
    let corrected = drawn.measure(GoldDrawn::ByLabel).corrected.unwrap();
    let phases =
        vec![SecondPhase { labeled: 800, gold: 400 }, SecondPhase { labeled: 1200, gold: 400 }];
    let of = [vec![0; 400], vec![1; 400]].concat();
    let truth = |positive, n| (0..n).map(move |at| f64::from(u8::from(at < positive)));
    let values: Vec<f64> = truth(240, 400).chain(truth(160, 400)).collect();
    let published = DoubleSample::new(4000.0, phases, of).unwrap().total(&values).unwrap();
    let expected = published.variance().sqrt() / 4000.0;
    assert!((corrected.value - published.value / 4000.0).abs() < 1e-12);
    assert!((corrected.std_error / expected - 1.0).abs() < 0.003, "{corrected:?} {expected}");
}

#[test]
fn a_unit_drawn_twice_weighs_twice() {
    let once = Inclusion::new(4.0, Design::WithReplacement);
    let twice = Inclusion { draws: 2, ..once.clone() };
    let drawn = Drawn::default().add(("", &once), "fine", [30, 30, 0]).add(
        ("", &twice),
        "bad",
        [10, 10, 10],
    );
    let measured = drawn.measure(GoldDrawn::FromSample);
    let naive = measured.naive.unwrap();
    assert!((naive.value - 0.4).abs() < 1e-12);
    // 50 draws with replacement: p (1-p) / (n-1)
    assert!((naive.std_error.powi(2) - 0.24 / 49.0).abs() < 1e-9, "{naive:?}");
    assert_eq!(measured.design, "pps_with_replacement");
}

#[test]
fn each_design_of_a_mixed_sample_keeps_its_own_variance() {
    let strata = Inclusion::new(0.1, Design::Stratified);
    let own = Inclusion::new(0.1, Design::Poisson);
    let mixed = Drawn::default()
        .add(("a", &strata), "bad", [50, 50, 50])
        .add(("b", &strata), "fine", [50, 50, 0])
        .add(("", &own), "fine", [100, 100, 10])
        .measure(GoldDrawn::FromSample);
    // nothing varies within the strata, so that the Poisson part is all there is
    let gold = mixed.gold_only.unwrap();
    let p: f64 = 0.3;
    let squares = 0.9 * (10.0 * (1.0 - p).powi(2) + 90.0 * p.powi(2));
    assert!((gold.std_error.powi(2) - squares / 200_f64.powi(2)).abs() < 1e-9, "{gold:?}");
    assert_eq!(mixed.design, "poisson+stratified");
}

#[test]
fn a_segment_of_a_stratified_sample_has_the_variance_of_a_domain() {
    // every third unit is in the segment: the strata keep all their units, as in Sarndal, Swensson & Wretman (1992), 10.3
    let (a, b) = (Inclusion::new(0.2, Design::Stratified), Inclusion::new(0.5, Design::Stratified));
    let drawn = Drawn::default().add(("a", &a), "fine", [270, 270, 120]).add(
        ("b", &b),
        "bad",
        [180, 180, 99],
    );
    let inside = |at: usize| at.is_multiple_of(3);
    let values = (0..450).map(|at| Some(Cow::Borrowed(if inside(at) { "in" } else { "out" })));
    let divisions = [Division::new("place", values)];
    let segments =
        Segments { divisions: &divisions, coverage: Coverage::Each, threads: NonZeroUsize::MIN };
    let subject = Subject { policy: "views".to_owned(), ..Subject::default() };
    let parts = drawn.with_rows(GoldDrawn::FromSample, |rows, settings| {
        by_segments(&subject, rows, segments, settings).unwrap()
    });
    let found = parts[0].gold_only.as_ref().unwrap();

    let strata: Vec<usize> = (0..450).map(|at| usize::from(at >= 270)).collect();
    let structure = SampleStructure::stratified(&strata).unwrap();
    let selection = Selection::SimpleRandom { populations: vec![1350.0, 360.0] };
    let design = SurveyDesign::new(structure, selection, Lonely::Refuse).unwrap();
    let weights = (0..450).map(|at| if at < 270 { 5.0 } else { 2.0 }).collect();
    let sample = SurveySample::new(design, weights).unwrap();
    let hit = |at: usize| if at < 270 { at < 120 } else { at - 270 < 99 };
    let y: Vec<f64> = (0..450).map(|at| f64::from(u8::from(hit(at)))).collect();
    let column: Vec<usize> = (0..450).map(|at| usize::from(inside(at))).collect();
    let domain = sample.domain_mean(&y, SurveyDomain { column: &column, index: 1 }).unwrap();
    let expected = sample.estimate(&domain).unwrap();
    assert!((found.value - expected.value).abs() < 1e-12);
    assert!((found.std_error - expected.std_error()).abs() < 1e-9, "{found:?} {expected:?}");
}
