//! Prediction-powered means against ppi_py.

use crate::case::Case;
use crate::case::cases;
use titer::stats::Estimate;
use titer::stats::GoldPoint;
use titer::stats::GoldSums;
use titer::stats::Level;
use titer::stats::PredictedPoint;
use titer::stats::PredictedSums;
use titer::stats::Tuning;
use titer::stats::ppi_lambda;
use titer::stats::ppi_mean;
use titer::stats::ppi_plus_plus;

fn some(prefix: &str) -> Vec<Case> {
    let cases = cases("i_ppi.json", prefix);
    assert!(!cases.is_empty(), "no case of {prefix}");
    cases
}

/// The gold and the other units of a case, given one by one or as counts.
fn data(case: &Case) -> (GoldSums, PredictedSums) {
    let (mut gold, mut rest) = (GoldSums::default(), PredictedSums::default());
    if case.has("n11") {
        for (truth, prediction, field) in
            [(1.0, 1.0, "n11"), (1.0, 0.0, "n10_Y1F0"), (0.0, 1.0, "n01_Y0F1"), (0.0, 0.0, "n00")]
        {
            let point = GoldPoint { truth, prediction, weight: 1.0 };
            gold.add_times(point, case.count(field)).unwrap();
        }
        for (prediction, field) in [(1.0, "N1"), (0.0, "N0")] {
            rest.add_times(PredictedPoint { prediction, weight: 1.0 }, case.count(field)).unwrap();
        }
        return (gold, rest);
    }
    let weights = |field: &str, n: usize| {
        if case.has(field) { case.list(field) } else { vec![1.0; n] }
    };
    let (truths, predictions) = (case.list("Y"), case.list("Yhat"));
    let own = weights("w", truths.len());
    for ((truth, prediction), weight) in truths.into_iter().zip(predictions).zip(own) {
        gold.add(GoldPoint { truth, prediction, weight }).unwrap();
    }
    let others = case.list("Yhat_unlabeled");
    let own = weights("w_unlabeled", others.len());
    for (prediction, weight) in others.into_iter().zip(own) {
        rest.add(PredictedPoint { prediction, weight }).unwrap();
    }
    (gold, rest)
}

fn check(case: &Case, field: &str, mean: Estimate) {
    let level = Level::new(1.0 - case.number("alpha")).unwrap();
    let interval = mean.wald_interval(level).unwrap();
    case.check(&format!("{field}.estimate"), mean.value);
    case.check(&format!("{field}.ci_lower"), interval.low);
    case.check(&format!("{field}.ci_upper"), interval.high);
}

const FIXED: [(&str, f64); 3] = [("ppi_lam1", 1.0), ("classical_lam0", 0.0), ("lam_half", 0.5)];

#[test]
fn means_of_unweighted_samples_equal_ppi_py() {
    let mut compared = 0;
    for case in some("i-ppi").iter().filter(|case| !case.has("w") && !case.has("null")) {
        let (gold, rest) = data(case);
        let tuned = ppi_plus_plus(&gold, &rest, Tuning::Pooled).unwrap();
        case.check("lambda_hat_ppi_py", tuned.lambda);
        check(case, "ppipp_auto", tuned.mean);
        for (field, lambda) in FIXED {
            check(case, field, ppi_mean(&gold, &rest, lambda).unwrap());
        }
        case.finish();
        compared += 1;
    }
    assert!(compared > 0);
}

#[test]
fn weighted_means_equal_ppi_py_and_their_variance_is_hajek() {
    for case in some("i-ppi-weighted") {
        let (gold, rest) = data(&case);
        for (field, lambda) in FIXED {
            let mean = ppi_mean(&gold, &rest, lambda).unwrap();
            case.check(&format!("{field}.estimate"), mean.value);
            for limit in ["ci_lower", "ci_upper"] {
                let reason = "ppi_py takes the standard deviation of w (y - lambda f), which is not centred on w times the \
                              mean: not the design variance of a weighted mean";
                case.differs(&format!("{field}.{limit}"), reason);
            }
        }
        let difference = ppi_mean(&gold, &rest, 1.0).unwrap();
        case.check("hajek_linearised_se_lam1_own", difference.std_error());
        for field in ["lambda_hat_ppi_py", "ppipp_auto"] {
            let reason = "ppi_py minimises its own weighted variance, which is not the design variance; any lambda is \
                          consistent, ours is tuned at effective sizes";
            case.differs(field, reason);
        }
        case.finish();
    }
}

#[test]
fn p_values_equal_ppi_py() {
    for case in some("i-ppi-pval") {
        let (gold, rest) = data(&case);
        let tuned = ppi_lambda(&gold, &rest, Tuning::Pooled).unwrap();
        for (field, lambda) in [("lam1", 1.0), ("lam0", 0.0), ("lam_auto_unclipped", tuned)] {
            let mean = ppi_mean(&gold, &rest, lambda).unwrap();
            case.check(field, mean.p_value(case.number("null")).unwrap());
        }
        case.finish();
    }
}
