//! Shares of several classes and of class probabilities, and the Bayesian true prevalence, against other packages.

use crate::case::Case;
use crate::case::cases;
use titer::stats::Accuracy;
use titer::stats::Composition;
use titer::stats::Conditioning;
use titer::stats::Level;
use titer::stats::Matrix;
use titer::stats::Posteriors;
use titer::stats::PrevalencePrior;
use titer::stats::Rate;
use titer::stats::StatsError;
use titer::stats::adjust_priors;
use titer::stats::clip_normalise;
use titer::stats::invert_error_rates;
use titer::stats::project_to_simplex;
use titer::stats::simplex_em;
use titer::stats::simplex_least_squares;
use titer::stats::true_prevalence;

const FILE: &str = "h_prevalence_correction.json";

/// The reference packages invert any matrix that is not singular; titer's own limits are tested beside them.
const LAX: Conditioning = Conditioning { most_condition: 1e12, least_singular: 1e-12 };

fn some(prefix: &str) -> Vec<Case> {
    let cases = cases(FILE, prefix);
    assert!(!cases.is_empty(), "no case of {prefix}");
    cases
}

fn counts(case: &Case, field: &str) -> Composition {
    let counts: Vec<u64> = case.list(field).iter().map(|count| *count as u64).collect();
    Composition::from_counts(&counts).unwrap()
}

fn check_table(case: &Case, path: &str, got: &Matrix) {
    for i in 0..got.rows() {
        let row: Vec<f64> = (0..got.columns()).map(|j| got[(i, j)]).collect();
        case.check_list(&format!("{path}.{i}"), &row);
    }
}

/// titer's own limits must refuse exactly what lies beyond them.
fn check_refusal(codes: &Composition, rates: &[Composition]) {
    let lax = invert_error_rates(codes, rates, LAX).unwrap();
    let strict = invert_error_rates(codes, rates, Conditioning::STRICT);
    let steady = lax.condition <= 20.0 && lax.smallest >= 0.1;
    assert_eq!(strict.is_ok(), steady, "{lax:?}");
    assert!(steady || matches!(strict, Err(StatsError::IllConditioned { .. })));
}

#[test]
fn known_error_rates_are_inverted_as_by_quapy() {
    for case in some("h-multiclass-known") {
        let rows = case.table("misclassification_rows_true_cols_pred");
        let rates: Vec<_> = rows.iter().map(|row| Composition::known(row).unwrap()).collect();
        let codes = counts(&case, "predicted_counts");
        let inverted = invert_error_rates(&codes, &rates, LAX).unwrap();
        let raw = inverted.raw.shares();
        case.check_list("inversion_exact_raw", raw);
        case.check_list("inversion_clip_normalise", &clip_normalise(raw).unwrap());
        case.check_list("inversion_simplex_projection", &project_to_simplex(raw).unwrap());
        let nearest = simplex_least_squares(&codes, &rates).unwrap();
        case.check_list("constrained_least_squares", &nearest.shares);
        case.check_list("se_known_matrix_delta", &inverted.raw.std_errors());
        check_refusal(&codes, &rates);
        match simplex_em(&codes, &rates) {
            Ok(likeliest) => assert!(likeliest.boundary || !inverted.outside(), "{}", case.name()),
            Err(error) => assert!(inverted.condition > 20.0, "{}: {error}", case.name()),
        }
        case.finish();
    }
}

#[test]
fn estimated_error_rates_widen_the_inverse_by_the_delta_method() {
    for case in some("h-multiclass-estimated") {
        let rates: Vec<_> = case
            .table("gold_counts_rows_true_cols_pred")
            .iter()
            .map(|row| row.iter().map(|count| *count as u64).collect::<Vec<_>>())
            .map(|row| Composition::from_counts(&row).unwrap())
            .collect();
        let codes = counts(&case, "predicted_counts");
        let inverted = invert_error_rates(&codes, &rates, LAX).unwrap();
        case.check_list("estimate_raw", inverted.raw.shares());
        case.check_list("se_delta", &inverted.raw.std_errors());
        check_table(&case, "cov_delta", inverted.raw.covariance());
        check_refusal(&codes, &rates);
        case.finish();
    }
}

#[test]
fn shares_adjusted_by_em_equal_quapy() {
    for case in some("h-sld") {
        let posteriors = Posteriors::new(case.table("posteriors")).unwrap();
        let learned = case.list("train_prevalence");
        let exact = adjust_priors(&posteriors, &learned, 1e-12).unwrap();
        case.check_list("prevalence", &exact.shares);
        let early = adjust_priors(&posteriors, &learned, 1e-4).unwrap();
        case.check_list("prevalence_default_epsilon_1e-4", &early.shares);
        case.check_list("mean_posterior_uncorrected_pcc", posteriors.mean().shares());
        case.check_list("classify_and_count", posteriors.classify_and_count().shares());
        for (index, row) in exact.posteriors.iter().take(5).enumerate() {
            case.check_list(&format!("adjusted_posteriors_first5.{index}"), row);
        }
        case.finish();
    }
}

#[test]
fn soft_labels_are_inverted_by_their_means() {
    for case in some("h-pacc") {
        let truth: Vec<usize> = case.list("val_true").iter().map(|class| *class as usize).collect();
        let validation = Posteriors::new(case.table("val_posteriors")).unwrap();
        let test = Posteriors::new(case.table("test_posteriors")).unwrap();
        let rates = validation.mean_by_class(&truth).unwrap();
        let rows: Vec<Vec<f64>> = rates.iter().map(|row| row.shares().to_vec()).collect();
        let by_truth = Matrix::from_rows(&rows).unwrap().transposed();
        check_table(&case, "matrix_pred_by_true", &by_truth);
        let inverted = invert_error_rates(&test.mean(), &rates, LAX).unwrap();
        case.check_list("raw", inverted.raw.shares());
        let projected = project_to_simplex(inverted.raw.shares()).unwrap();
        case.check_list("simplex_projection", &projected);
        case.finish();
    }
}

#[test]
fn the_bayesian_posterior_equals_jags_and_quadrature() {
    for case in some("h-bayes") {
        let rate = |hits, n| Rate::new(case.count(hits), case.count(n)).unwrap().into();
        let labeler = Accuracy {
            sensitivity: rate("se_success", "se_n"),
            specificity: rate("sp_success", "sp_n"),
        };
        assert_eq!(case.input()["prior_se_sp"], "uniform", "{}", case.name());
        let shapes = case.list("prior_pi");
        let prior = PrevalencePrior::new([shapes[0], shapes[1]]).unwrap();
        let level = Level::new(0.95).unwrap();
        let got = true_prevalence(rate("pos", "n"), labeler, prior, level).unwrap();
        for by in ["posterior", "jags"] {
            case.check(&format!("{by}.mean"), got.mean);
            case.check(&format!("{by}.sd"), got.std_deviation);
            case.check(&format!("{by}.median"), got.median);
            case.check(&format!("{by}.q025"), got.interval.low);
            case.check(&format!("{by}.q975"), got.interval.high);
        }
        case.finish();
    }
}
