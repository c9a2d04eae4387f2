//! How often intervals hold the truth, in seeded simulations, against the same simulations made elsewhere.

use crate::case::Case;
use crate::case::cases;
use crate::simulated::Drawn;
use crate::simulated::Scenario;
use serde_json::Value;
use titer::stats::Accuracy;
use titer::stats::CellSums;
use titer::stats::Composition;
use titer::stats::Conditioning;
use titer::stats::Estimate;
use titer::stats::GoldPoint;
use titer::stats::GoldSums;
use titer::stats::Interval;
use titer::stats::Level;
use titer::stats::PredictedPoint;
use titer::stats::PredictedSums;
use titer::stats::Proportion;
use titer::stats::Rate;
use titer::stats::Tuning;
use titer::stats::WeightSum;
use titer::stats::clopper_pearson;
use titer::stats::double_sample;
use titer::stats::invert_error_rates;
use titer::stats::lang_reiczigel;
use titer::stats::post_stratified;
use titer::stats::ppi_mean;
use titer::stats::ppi_plus_plus;
use titer::stats::wilson;

const RUNS: usize = 3000;
/// How many standard errors of both simulations a mean, a median or a deviation may differ.
const STEPS: f64 = 5.0;

/// What a method says in one run.
#[derive(Clone, Copy)]
struct Outcome {
    value: f64,
    low: f64,
    high: f64,
    lambda: Option<f64>,
}

fn outcome(value: f64, interval: Interval) -> Outcome {
    Outcome { value, low: interval.low, high: interval.high, lambda: None }
}

/// The normal interval; where the variance is 0 it is the value alone.
fn wald(estimate: Estimate, level: Level) -> Outcome {
    match estimate.wald_interval(level) {
        Ok(interval) => outcome(estimate.value, interval),
        Err(_) => Outcome {
            value: estimate.value,
            low: estimate.value,
            high: estimate.value,
            lambda: None,
        },
    }
}

fn share(rate: Rate, level: Level) -> Outcome {
    wald(Estimate { value: rate.value(), variance: rate.variance() }, level)
}

fn powered(drawn: &Drawn, scenario: &Scenario) -> (GoldSums, PredictedSums) {
    let (mut gold, mut rest) = (GoldSums::default(), PredictedSums::default());
    for (truth, row) in [1.0, 0.0].into_iter().zip(drawn.gold) {
        for (prediction, times) in [1.0, 0.0].into_iter().zip(row) {
            gold.add_times(GoldPoint { truth, prediction, weight: 1.0 }, times).unwrap();
        }
    }
    let others = [drawn.positive, scenario.labels - drawn.positive];
    for (prediction, times) in [1.0, 0.0].into_iter().zip(others) {
        rest.add_times(PredictedPoint { prediction, weight: 1.0 }, times).unwrap();
    }
    (gold, rest)
}

fn codes(drawn: &Drawn, scenario: &Scenario) -> Composition {
    Composition::from_counts(&[drawn.positive, scenario.labels - drawn.positive]).unwrap()
}

/// Rogan and Gladen's estimate with its delta-method interval, where the estimated Youden index is above 0.
fn inverted(
    drawn: &Drawn,
    scenario: &Scenario,
    rates: Option<[Composition; 2]>,
) -> Option<Outcome> {
    const LAX: Conditioning = Conditioning { most_condition: 1e9, least_singular: 1e-9 };
    let rates = rates?;
    if rates[0].shares()[0] <= rates[1].shares()[0] {
        return None;
    }
    let raw = invert_error_rates(&codes(drawn, scenario), &rates, LAX).unwrap().raw;
    let (value, variance) = (raw.shares()[0], raw.covariance()[(0, 0)]);
    Some(wald(Estimate { value, variance }, scenario.level))
}

fn measured(counts: [[u64; 2]; 2]) -> Option<[Composition; 2]> {
    let row = |row: [u64; 2]| Composition::from_counts(&row).ok();
    Some([row(counts[0])?, row(counts[1])?])
}

fn adjusted(drawn: &Drawn, scenario: &Scenario, gold: [[u64; 2]; 2]) -> Option<Outcome> {
    // a rate without any trial is what pseudo-trials alone make of it
    let rate = |hits: u64, n: u64| match Rate::new(hits, n) {
        Ok(rate) => Proportion::from(rate),
        Err(_) => Proportion::new(0.0, f64::MIN_POSITIVE).unwrap(),
    };
    let (ones, zeros) = (gold[0][0] + gold[0][1], gold[1][0] + gold[1][1]);
    let labeler =
        Accuracy { sensitivity: rate(gold[0][0], ones), specificity: rate(gold[1][1], zeros) };
    let apparent = Proportion::from(Rate::new(drawn.positive, scenario.labels).unwrap());
    let interval = lang_reiczigel(apparent, labeler, scenario.level).ok()?;
    let raw = (apparent.value() + labeler.specificity.value() - 1.0) / labeler.youden();
    let value = if labeler.youden() > 0.0 && ones > 0 { raw.clamp(0.0, 1.0) } else { f64::NAN };
    Some(outcome(value, interval))
}

/// Every unit of a labeled sample from a large population, and simple random gold among each label.
fn cell(labeled: u64, gold: [u64; 2]) -> CellSums {
    let sum = |count: u64, weight: f64, first: f64| WeightSum {
        count,
        weight: weight * count as f64,
        square: weight.powi(2) * count as f64,
        error: weight.powi(2) * count as f64,
        first_phase_error: first * count as f64,
        largest: weight,
        certain: 0.0,
    };
    let weight = labeled as f64 / (gold[0] + gold[1]).max(1) as f64;
    CellSums {
        labeled: sum(labeled, 1.0, 1.0),
        positives: sum(gold[0], weight, weight),
        negatives: sum(gold[1], weight, weight),
    }
}

fn run(method: &str, drawn: &Drawn, scenario: &Scenario) -> Option<Outcome> {
    let level = scenario.level;
    let gold = Rate::new(drawn.gold[0].iter().sum(), scenario.gold).unwrap();
    match method {
        "naive_judge_rate_wald" => {
            Some(share(Rate::new(drawn.positive, scenario.labels).unwrap(), level))
        }
        "gold_only_wald" => Some(share(gold, level)),
        "gold_only_wilson" => Some(outcome(gold.value(), wilson(gold, level))),
        "gold_only_clopper_pearson" => Some(outcome(gold.value(), clopper_pearson(gold, level))),
        "difference_ppi_lam1_z" => {
            let (gold, rest) = powered(drawn, scenario);
            Some(wald(ppi_mean(&gold, &rest, 1.0).unwrap(), level))
        }
        "ppipp_auto_z" => {
            let (gold, rest) = powered(drawn, scenario);
            let tuned = ppi_plus_plus(&gold, &rest, Tuning::Pooled).ok()?;
            Some(Outcome { lambda: Some(tuned.lambda), ..wald(tuned.mean, level) })
        }
        "rogan_gladen_srs_gold_delta_wald" => inverted(drawn, scenario, measured(drawn.gold)),
        "rogan_gladen_srs_gold_lang_reiczigel" => adjusted(drawn, scenario, drawn.gold),
        "rogan_gladen_fixed_m1_m0_delta_wald" => {
            inverted(drawn, scenario, measured(drawn.by_truth))
        }
        "rogan_gladen_fixed_m1_m0_lang_reiczigel" => adjusted(drawn, scenario, drawn.by_truth),
        "rogan_gladen_known_se_sp_wald" => {
            let (se, sp) = (scenario.sensitivity, scenario.specificity);
            let rates =
                [[se, 1.0 - se], [1.0 - sp, sp]].map(|row| Composition::known(&row).unwrap());
            inverted(drawn, scenario, Some(rates))
        }
        "poststratified_by_judge_wald" => {
            let by_label = |label: usize| [drawn.gold[0][label], drawn.gold[1][label]];
            let flagged = cell(drawn.positive, by_label(0));
            let others = cell(scenario.labels - drawn.positive, by_label(1));
            let got = post_stratified(&[flagged, others]).ok()?;
            Some(wald(Estimate { value: got.value, variance: got.variance() }, level))
        }
        "stratified_by_judge_half_half_wald" => {
            let gold = drawn.by_label.map(|row| row.to_vec());
            let got = double_sample(&codes(drawn, scenario), &gold).ok()?.composition();
            let (value, variance) = (got.shares()[0], got.covariance()[(0, 0)]);
            Some(wald(Estimate { value, variance }, level))
        }
        other => panic!("{other} is not a method titer knows"),
    }
}

/// The mean, the standard deviation and the fourth central moment.
fn moments(values: &[f64]) -> (f64, f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let central = |power: i32| values.iter().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    (mean, central(2).sqrt(), central(4))
}

/// Both simulations' runs as one divisor: the variance of a difference of two means is this times one run's variance.
fn both(ours: f64, theirs: f64) -> f64 {
    1.0 / ours + 1.0 / theirs
}

/// The rule of the cases for a share of runs.
fn rule(share: f64, divisor: f64) -> f64 {
    4.0 * (share * (1.0 - share) * divisor).sqrt() + 0.002
}

/// Compares the shares of runs: defined, covering, missing below and above.
fn check_shares(case: &Case, method: &str, outcomes: &[Outcome], truth: f64) {
    let (all, theirs) = (RUNS as f64, case.number("n_sim"));
    let expected =
        |field: &str| case.expected(&format!("{method}.{field}")).and_then(Value::as_f64).unwrap();
    let count =
        |of: &dyn Fn(&Outcome) -> bool| outcomes.iter().filter(|one| of(one)).count() as f64;
    let undefined = expected("undefined_fraction");
    let (some, theirs_defined) = (outcomes.len() as f64, theirs * (1.0 - undefined));
    let below = count(&|one| one.high < truth);
    let above = count(&|one| one.low > truth);
    let covered = some - below - above;
    for (field, got, divisor) in [
        ("coverage_given_defined", covered / some, both(some, theirs_defined)),
        ("coverage_undefined_as_miss", covered / all, both(all, theirs)),
        ("undefined_fraction", 1.0 - some / all, both(all, theirs)),
        ("miss_below_fraction", below / some, both(some, theirs_defined)),
        ("miss_above_fraction", above / some, both(some, theirs_defined)),
    ] {
        case.check_within(&format!("{method}.{field}"), got, rule(expected(field), divisor));
    }
}

/// Compares the mean width, and the mean, spread and median of the values.
fn check_values(case: &Case, method: &str, outcomes: &[Outcome], truth: f64) {
    let undefined = case.expected(&format!("{method}.undefined_fraction")).and_then(Value::as_f64);
    let theirs = case.number("n_sim") * (1.0 - undefined.unwrap());
    let divisor = both(outcomes.len() as f64, theirs);
    let compare = |field: &str, got: f64, deviation: f64| {
        let tolerance = STEPS * deviation * divisor.sqrt() + 1e-9;
        case.check_within(&format!("{method}.{field}"), got, tolerance);
    };
    let width = |one: &Outcome| one.high.clamp(0.0, 1.0) - one.low.clamp(0.0, 1.0);
    let (mean, deviation, _) = moments(&outcomes.iter().map(width).collect::<Vec<_>>());
    compare("mean_width_clipped", mean, deviation);
    let lambdas: Vec<f64> = outcomes.iter().filter_map(|one| one.lambda).collect();
    if !lambdas.is_empty() {
        let (mean, deviation, _) = moments(&lambdas);
        compare("mean_lambda", mean, deviation);
    }
    if outcomes.iter().any(|one| !one.value.is_finite()) {
        for field in ["bias", "sd", "median_estimate"] {
            let reason = "some runs have no gold positive or no Youden index above 0, where titer gives no value";
            case.differs(&format!("{method}.{field}"), reason);
        }
        return;
    }
    let mut values: Vec<f64> = outcomes.iter().map(|one| one.value).collect();
    let (mean, deviation, fourth) = moments(&values);
    compare("bias", mean - truth, deviation);
    let spread = (fourth / deviation.powi(4) - 1.0).max(0.0).sqrt() / 2.0;
    compare("sd", deviation, deviation * spread);
    values.sort_unstable_by(f64::total_cmp);
    check_median(case, &format!("{method}.median_estimate"), &values, divisor);
}

/// The expected median must lie between the order statistics that hold the true one.
fn check_median(case: &Case, path: &str, sorted: &[f64], divisor: f64) {
    let n = sorted.len() as f64;
    let reach = STEPS * 0.5 * divisor.sqrt();
    let at = |part: f64| sorted[((part * n) as usize).min(sorted.len() - 1)];
    let (low, high) = (at((0.5 - reach).max(0.0)), at((0.5 + reach).min(1.0)));
    case.check_within(path, (low + high) / 2.0, (high - low) / 2.0 + 1e-9);
}

#[test]
fn every_method_covers_as_in_the_reference_simulations() {
    let cases = cases("l_mc_coverage.json", "l-mc");
    assert!(!cases.is_empty());
    for case in cases {
        let scenario = Scenario::of(&case);
        let runs = scenario.runs(RUNS);
        for method in case.fields() {
            let outcomes: Vec<Outcome> =
                runs.iter().filter_map(|drawn| run(method, drawn, &scenario)).collect();
            check_shares(&case, method, &outcomes, scenario.prevalence);
            check_values(&case, method, &outcomes, scenario.prevalence);
            let reason =
                "it is the error of the reference's own simulation, and part of the tolerance here";
            case.differs(&format!("{method}.mc_se"), reason);
        }
        case.finish();
    }
}
