//! How far estimates scatter when samples are drawn again and again, against what they say of themselves.

use super::designs::Drawn;
use crate::measure::Estimate;
use crate::measure::GoldDrawn;
use crate::sampling::Salt;
use crate::sampling::prn;
use crate::unit::Design;
use crate::unit::Inclusion;

const RUNS: usize = 120;

/// A number in (0, 1) of one run, purpose and place.
fn random(run: usize, purpose: &str, at: usize) -> f64 {
    prn(&Salt::new(&format!("{purpose}/{run}")).unwrap(), &at.to_string()).u()
}

/// Returns the ratio of the estimated standard error to the one found, over many runs, and how often the interval held the truth.
fn check(truth: f64, estimate: impl Fn(usize) -> Estimate) -> (f64, f64) {
    let made: Vec<Estimate> = (0..RUNS).map(estimate).collect();
    let n = RUNS as f64;
    let mean = made.iter().map(|it| it.value).sum::<f64>() / n;
    let found = made.iter().map(|it| (it.value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let estimated = made.iter().map(|it| it.std_error.powi(2)).sum::<f64>() / n;
    assert!((mean - truth).abs() < 3.5 * (found / n).sqrt(), "{mean} {truth}");
    let held = made.iter().filter(|it| it.low <= truth && truth <= it.high).count();
    ((estimated / found).sqrt(), held as f64 / n)
}

/// Ten strata of 60 units, of which 8 % to 80 % are violating.
fn in_stratum(stratum: usize, place: usize) -> bool {
    place % 25 < 2 * (stratum + 1)
}

/// Draws 20 units of each stratum, and gold for two thirds of them.
fn stratified(run: usize, design: Design) -> Estimate {
    let mut drawn = Drawn::default();
    for stratum in 0..10 {
        let mut places: Vec<usize> = (0..60).collect();
        places.sort_by(|a, b| {
            random(run, "draw", stratum * 60 + a).total_cmp(&random(run, "draw", stratum * 60 + b))
        });
        for place in places.into_iter().take(20) {
            let inclusion = Inclusion::new(20.0 / 60.0, design);
            let violating = in_stratum(stratum, place);
            let label = if violating != (place % 13 == 0) { "bad" } else { "fine" };
            let gold = usize::from(random(run, "gold", stratum * 60 + place) < 2.0 / 3.0);
            let name = format!("s{stratum}");
            drawn = drawn.add((&name, &inclusion), label, [1, gold, usize::from(violating)]);
        }
    }
    drawn.measure(GoldDrawn::FromSample).corrected.unwrap()
}

#[test]
fn a_stratified_sample_says_how_far_it_scatters() {
    let violating = (0..600).filter(|at| in_stratum(at / 60, at % 60)).count() as f64;
    let truth = violating / 600.0;
    let (ratio, held) = check(truth, |run| stratified(run, Design::Stratified));
    assert!((0.85..1.18).contains(&ratio) && held > 0.88, "{ratio} {held}");
    let (without, _) = check(truth, |run| stratified(run, Design::Poisson));
    assert!(without > ratio, "{without} {ratio}");
}

/// 400 units of sizes 1 to 40; the larger ones are less often violating.
fn sized(at: usize) -> (f64, bool) {
    let size = 1.0 + (at % 40) as f64;
    (size, at % 7 < if at % 40 < 20 { 4 } else { 2 })
}

/// Draws 250 times with replacement with chances in proportion to size, and gold for half of the units drawn.
fn with_replacement(run: usize) -> Estimate {
    let total: f64 = (0..400).map(|at| sized(at).0).sum();
    let mut times = vec![0_u32; 400];
    for draw in 0..250 {
        let mut left = random(run, "draw", draw) * total;
        let at = (0..400).find(|at| {
            left -= sized(*at).0;
            left <= 0.0
        });
        times[at.unwrap_or(399)] += 1;
    }
    let mut drawn = Drawn::default();
    for (at, times) in times.into_iter().enumerate().filter(|(_, times)| *times > 0) {
        let (size, violating) = sized(at);
        let expected = Inclusion::new(250.0 * size / total, Design::WithReplacement);
        let inclusion = Inclusion { draws: times, ..expected };
        let label = if violating != (at % 11 == 0) { "bad" } else { "fine" };
        let gold = usize::from(random(run, "gold", at) < 0.5);
        drawn = drawn.add(("", &inclusion), label, [1, gold, usize::from(violating)]);
    }
    drawn.measure(GoldDrawn::FromSample).corrected.unwrap()
}

#[test]
fn a_sample_with_replacement_says_how_far_it_scatters() {
    let truth = (0..400).filter(|at| sized(*at).1).count() as f64 / 400.0;
    let (ratio, held) = check(truth, with_replacement);
    assert!((0.85..1.18).contains(&ratio) && held > 0.88, "{ratio} {held}");
}
