//! Exposures calibrated to known totals: a simulation of how far their estimates scatter, and what is said of it.

use crate::measure::Division;
use crate::measure::GoldDrawn;
use crate::measure::GoldLabel;
use crate::measure::Judgment;
use crate::measure::KnownExposure;
use crate::measure::LabeledUnit;
use crate::measure::PolicyPrevalence;
use crate::measure::Positive;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::calibrate;
use crate::measure::prevalence;
use crate::reply::Outcome;
use crate::sampling::Salt;
use crate::sampling::prn;
use crate::stats::Draws;
use crate::stats::Level;
use crate::stats::TwoPhaseMethod;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::borrow::Cow;
use std::collections::BTreeMap;

const UNITS: usize = 3000;

/// Every third unit is on a surface where most are violating; elsewhere few are.
fn violating(at: usize) -> bool {
    if at.is_multiple_of(3) { at % 10 < 8 } else { at % 100 < 5 }
}

fn surface(at: usize) -> &'static str {
    if at.is_multiple_of(3) { "story" } else { "feed" }
}

/// Draws one unit in eight and gold for half of them, and measures with or without the totals.
fn drawn(run: usize, totals: Option<&BTreeMap<String, f64>>) -> PolicyPrevalence {
    let salts =
        [Salt::new(&format!("{run}/sample")).unwrap(), Salt::new(&format!("{run}/gold")).unwrap()];
    let ids: Vec<(usize, String)> = (0..UNITS)
        .map(|at| (at, format!("u{at:04}")))
        .filter(|(_, id)| prn(&salts[0], id).u() < 0.125)
        .collect();
    let inclusion = Inclusion::new(0.125, Design::Poisson);
    let division =
        Division::new("surface", ids.iter().map(|(at, _)| Some(Cow::Borrowed(surface(*at)))));
    let classes: Vec<[u32; 1]> = division.numbers().iter().map(|number| [*number]).collect();
    let mut units: Vec<LabeledUnit<'_>> = ids
        .iter()
        .zip(&classes)
        .map(|((at, id), classes)| LabeledUnit {
            id,
            exposure: 1.0,
            inclusion: Some(&inclusion),
            outcome: Outcome::Label,
            label: Some(if violating(*at) != (at % 7 == 0) { "bad" } else { "fine" }),
            classes: if totals.is_some() { classes } else { &[] },
        })
        .collect();
    if let Some(totals) = totals {
        calibrate(&mut units, &[KnownExposure { division: &division, totals }]).unwrap();
    }
    let golden = ids.iter().filter(|(_, id)| prn(&salts[1], id).u() < 0.5);
    let gold: Vec<GoldLabel<'_>> = golden
        .map(|(at, id)| GoldLabel {
            id,
            label: if violating(*at) { "bad" } else { "fine" },
            judgment: Judgment::Decided,
            probability: Some(0.5),
            age_days: None,
        })
        .collect();
    let positive = Positive::labels(["bad"]).unwrap();
    let settings = Settings {
        positive: &positive,
        drawn: GoldDrawn::FromSample,
        level: Level::new(0.9).unwrap(),
        draws: Draws::least(1),
        min_gold: 10,
        max_gold_age_days: None,
        salts: None,
        goal: None,
        interval: TwoPhaseMethod::KgMeld,
    };
    let subject = Subject { policy: "views".to_owned(), ..Subject::default() };
    prevalence(&subject, &units, &gold, &settings).unwrap()
}

struct Scatter {
    bias: f64,
    /// The standard deviation of the estimates.
    found: f64,
    /// The root of the mean of the estimated variances.
    estimated: f64,
    covered: usize,
}

fn scatter(totals: Option<&BTreeMap<String, f64>>, runs: usize) -> Scatter {
    let truth = (0..UNITS).filter(|at| violating(*at)).count() as f64 / UNITS as f64;
    let made: Vec<_> = (0..runs).map(|run| drawn(run, totals).corrected.unwrap()).collect();
    let n = runs as f64;
    let mean = made.iter().map(|it| it.value).sum::<f64>() / n;
    let squares: f64 = made.iter().map(|it| (it.value - mean).powi(2)).sum();
    Scatter {
        bias: mean - truth,
        found: (squares / (n - 1.0)).sqrt(),
        estimated: (made.iter().map(|it| it.std_error.powi(2)).sum::<f64>() / n).sqrt(),
        covered: made.iter().filter(|it| it.low <= truth && truth <= it.high).count(),
    }
}

#[test]
fn known_totals_make_estimates_scatter_less_and_their_errors_say_so() {
    let count = |name: &str| (0..UNITS).filter(|at| surface(*at) == name).count() as f64;
    let totals = ["feed", "story"].map(|name| (name.to_owned(), count(name))).into();
    let runs = 150;
    let (with, without) = (scatter(Some(&totals), runs), scatter(None, runs));
    assert!(with.found < 0.92 * without.found, "{} {}", with.found, without.found);
    for scatter in [&with, &without] {
        assert!(scatter.bias.abs() < 3.0 * scatter.found / (runs as f64).sqrt());
        let ratio = scatter.estimated / scatter.found;
        assert!((0.85..1.2).contains(&ratio), "{} {}", scatter.estimated, scatter.found);
        // at level .9, within three standard errors
        assert!(scatter.covered * 100 >= runs * 83, "{} of {runs}", scatter.covered);
    }
}

#[test]
fn a_calibrated_measurement_says_so_in_every_table() {
    let totals = [("feed".to_owned(), 2000.0), ("story".to_owned(), 1000.0)].into();
    let measured = drawn(1, Some(&totals));
    assert!((measured.exposure - 3000.0).abs() < 1e-6);
    let calibrated = crate::measure::Calibrated { margins: Vec::new(), least: 1.0, largest: 1.0 };
    let told = measured.clone().calibrated_to(Some(&calibrated));
    let rows = (measured.tidy_rows(), told.tidy_rows());
    assert!(told.tidy_rows().iter().all(|row| row.design.starts_with("poisson, calibrated to")));
    assert!(rows.0.iter().zip(&rows.1).all(|(a, b)| a.estimate_id != b.estimate_id));
}
