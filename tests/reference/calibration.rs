//! Calibration and ranking of scores against scikit-learn, pROC, statsmodels, netcal and uncertainty-calibration.

use crate::case::Case;
use crate::case::cases;
use titer::stats::BinEdges;
use titer::stats::Bins;
use titer::stats::Forecasts;
use titer::stats::Isotonic;
use titer::stats::Level;
use titer::stats::ScorePair;
use titer::stats::ScoredUnit;
use titer::stats::Scores;
use titer::stats::Truth;
use titer::stats::WrongCertainty;
use titer::stats::auc;
use titer::stats::average_precision;
use titer::stats::brier;
use titer::stats::calibration_in_the_large;
use titer::stats::calibration_line;
use titer::stats::delong;
use titer::stats::delong_test;
use titer::stats::log_loss;
use titer::stats::murphy;
use titer::stats::reliability;

fn some(prefix: &str) -> Vec<Case> {
    let cases = cases("e_calibration.json", prefix);
    assert!(!cases.is_empty(), "no case {prefix}");
    cases
}

/// The units of a case with the scores of one of its fields.
fn scores(case: &Case, field: &str, weight: &[f64]) -> Scores {
    let (outcome, score) = (case.list("y"), case.list(field));
    assert!(outcome.len() == score.len() && outcome.len() == weight.len());
    let truth = |y: f64| if y > 0.5 { Truth::Positive } else { Truth::Negative };
    let unit =
        |i: usize| ScoredUnit { score: score[i], truth: truth(outcome[i]), weight: weight[i] };
    Scores::new((0..score.len()).map(unit).collect()).unwrap()
}

fn plain(case: &Case, field: &str) -> Scores {
    scores(case, field, &vec![1.0; case.list("y").len()])
}

#[test]
fn calibration_and_ranking_equal_scikit_learn_and_proc() {
    for case in some("e-calib-weighted") {
        let scores = scores(&case, "p", &case.list("weight"));
        check_losses(&case, &Forecasts::new(scores).unwrap());
        case.finish();
    }
    for case in some("e-calib-unweighted") {
        let forecasts = Forecasts::new(plain(&case, "p")).unwrap();
        check_losses(&case, &forecasts);
        check_other_bins(&case, &forecasts);
        check_delong(&case, forecasts.scores());
        case.finish();
    }
}

fn check_delong(case: &Case, scores: &Scores) {
    match delong(scores) {
        Ok(area) => {
            let interval = area.interval(Level::new(0.95).unwrap());
            case.check("delong_auc_var", area.variance);
            case.check_list("delong_ci95", &[interval.low, interval.high]);
        }
        Err(error) => {
            case.check("delong_auc_var", 0.0);
            let reason = format!("no interval from a variance of 0: {error}");
            case.differs("delong_ci95", &reason);
        }
    }
}

fn check_losses(case: &Case, forecasts: &Forecasts) {
    case.check("brier", brier(forecasts));
    case.check("roc_auc", auc(forecasts.scores()).unwrap());
    case.check("average_precision", average_precision(forecasts.scores()).unwrap());
    case.check("log_loss_clip_1e-15", log_loss(forecasts, WrongCertainty::Clip(1e-15)).unwrap());
    let bins = Bins::equal_width(10, BinEdges::RightClosed).unwrap();
    let curve = reliability(forecasts, &bins);
    case.check("ece_10", curve.expected_error());
    case.check("mce_10", curve.maximum_error());
    for index in 0..bins.count() {
        let path = |column: usize| format!("reliability_bins_10.{index}.{column}");
        case.check(&path(0), index as f64);
        match curve.bins().iter().find(|bin| bin.index == index) {
            Some(bin) => {
                case.check(&path(1), bin.count as f64);
                case.check(&path(2), bin.weight);
                case.check(&path(3), bin.mean_forecast);
                case.check(&path(4), bin.share_positive);
            }
            None => {
                case.check(&path(1), 0.0);
                case.check(&path(2), 0.0);
                for column in [3, 4] {
                    case.check_defined(&path(column), Err("an empty bin has no mean"));
                }
            }
        }
    }
    let parts = murphy(forecasts, &bins);
    case.check("murphy_reliability", parts.reliability);
    case.check("murphy_resolution", parts.resolution);
    case.check("murphy_uncertainty", parts.uncertainty);
}

/// netcal's edges are `i * 0.1` in floating point (0.30000000000000004), which decides where 0.3 goes.
fn check_other_bins(case: &Case, forecasts: &Forecasts) {
    let mut upper: Vec<f64> = (1..10).map(|i| f64::from(i) * 0.1).collect();
    upper.push(1.0);
    let netcal = Bins::new(upper, BinEdges::LeftClosed).unwrap();
    let curve = reliability(forecasts, &netcal);
    case.check("ece_10_right_open_netcal", curve.expected_error());
    case.check("mce_10_right_open_netcal", curve.maximum_error());
    let bins = Bins::equal_count(forecasts, 10, BinEdges::RightClosed).unwrap();
    let error = reliability(forecasts, &bins).expected_error();
    case.check("ece_10_equal_mass_ucal", error);
}

#[test]
fn the_paired_test_of_two_areas_equals_proc() {
    for case in some("e-delong-paired") {
        let (first, second) = (plain(&case, "p1"), plain(&case, "p2"));
        let test = delong_test(ScorePair { first: &first, second: &second }).unwrap();
        case.check("auc1", test.first);
        case.check("auc2", test.second);
        case.check("var1", test.first_variance);
        case.check("cov12", test.covariance);
        case.check("z", test.z);
        case.check("p_value", test.p_value);
        case.finish();
    }
}

#[test]
fn the_calibration_line_equals_statsmodels() {
    for case in some("e-calib-slope") {
        let forecasts = Forecasts::new(plain(&case, "p")).unwrap();
        let line = calibration_line(&forecasts).unwrap();
        case.check("intercept", line.intercept.value);
        case.check("se_intercept", line.intercept.std_error);
        case.check("slope", line.slope.value);
        case.check("se_slope", line.slope.std_error);
        let large = calibration_in_the_large(&forecasts).unwrap();
        case.check("calibration_in_the_large_intercept", large.value);
        case.check("se_citl", large.std_error);
        case.finish();
    }
}

#[test]
fn isotonic_regression_equals_scikit_learn() {
    for case in some("e-isotonic") {
        let weighted = scores(&case, "p", &case.list("weight"));
        for (field, scores) in
            [("fitted_unweighted", plain(&case, "p")), ("fitted_weighted", weighted)]
        {
            let fitted = Isotonic::fit(&scores);
            let values: Vec<f64> =
                scores.units().iter().map(|unit| fitted.apply(unit.score).unwrap()).collect();
            case.check_list(field, &values);
        }
        case.finish();
    }
}

#[test]
fn every_case_is_of_a_kind_that_is_compared() {
    let kinds = [
        "e-calib-unweighted",
        "e-calib-weighted",
        "e-calib-slope",
        "e-delong-paired",
        "e-isotonic",
    ];
    for case in some("") {
        assert!(kinds.iter().any(|kind| case.name().starts_with(kind)), "{}", case.name());
    }
}
