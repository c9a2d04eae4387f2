//! Agreement between raters: krippendorff, irrCAC, irr, statsmodels, scikit-learn and the published examples.

use crate::case::Case;
use crate::case::cases;
use crate::shared::shared;
use serde_json::Value;
use std::collections::BTreeMap;
use std::process::Command;
use titer::stats::Agreement;
use titer::stats::AgreementWeights;
use titer::stats::Level;
use titer::stats::PairTable;
use titer::stats::RaterPair;
use titer::stats::Rating;
use titer::stats::RatingShape;
use titer::stats::Ratings;
use titer::stats::StatsError;
use titer::stats::brennan_prediger;
use titer::stats::conger_kappa;
use titer::stats::fleiss_kappa;
use titer::stats::fleiss_null_error;
use titer::stats::gwet_ac;
use titer::stats::krippendorff_alpha;
use titer::stats::light_kappa;
use titer::stats::percent_agreement;
use titer::stats::randolph_kappa;
use titer::stats::unanimous_share;

const FILE: &str = "c_agreement.json";

type Coefficient = fn(&Ratings, &AgreementWeights) -> Result<Agreement, StatsError>;

/// The cases whose name begins so, at least one.
fn some(prefix: &str) -> Vec<Case> {
    let found = cases(FILE, prefix);
    assert!(!found.is_empty(), "no case {prefix}");
    found
}

/// The ratings of a case and the values of their classes: every category, used or not.
fn ratings(case: &Case) -> (Ratings, Vec<f64>) {
    let values = case.list("categories");
    let class = |rating: f64| {
        let found = values.iter().position(|value| (value - rating).abs() < 1e-9);
        assert!(rating.is_nan() || found.is_some(), "{}: {rating} is no category", case.name());
        found
    };
    let rows: Vec<Vec<Option<usize>>> = case
        .table("ratings_items_by_raters")
        .into_iter()
        .map(|row| row.into_iter().map(class).collect())
        .collect();
    (Ratings::from_rows(values.len(), &rows).unwrap(), values)
}

/// The ratings over the classes that occur, as R packages see them.
fn observed(case: &Case) -> (Ratings, Vec<f64>) {
    let (all, values) = ratings(case);
    let (observed, kept) = all.observed().unwrap();
    (observed, kept.into_iter().map(|class| values[class]).collect())
}

fn positions(classes: usize) -> Vec<f64> {
    (0..classes).map(|class| class as f64).collect()
}

fn check_alphas(case: &Case) {
    let (ratings, values) = ratings(case);
    for (field, weights) in [
        ("alpha_nominal", AgreementWeights::nominal(values.len())),
        ("alpha_ordinal", AgreementWeights::krippendorff_ordinal(&ratings)),
        ("alpha_interval", AgreementWeights::quadratic(&values)),
        ("alpha_ratio", AgreementWeights::ratio(&values)),
    ] {
        if case.fields().contains(&field) {
            let alpha = krippendorff_alpha(&ratings, &weights.unwrap());
            case.check_defined(field, alpha.map(|alpha| alpha.coefficient));
        }
    }
    case.finish();
}

#[test]
fn krippendorff_alpha_equals_the_krippendorff_package() {
    some("c-krippendorff-").iter().for_each(check_alphas);
}

#[test]
fn krippendorff_alpha_equals_the_published_example() {
    some("c-published-krippendorff").iter().for_each(check_alphas);
}

#[test]
fn coefficients_with_gaps_equal_irrcac_with_their_errors_and_intervals() {
    let coefficients: [(&str, Coefficient); 6] = [
        ("ac", gwet_ac),
        ("fleiss", fleiss_kappa),
        ("kripp", krippendorff_alpha),
        ("conger", conger_kappa),
        ("bp", brennan_prediger),
        ("pa", percent_agreement),
    ];
    for case in some("c-irrCAC-") {
        let (ratings, values) = observed(&case);
        for (name, weights) in [
            ("unweighted", AgreementWeights::nominal(values.len())),
            ("linear", AgreementWeights::linear(&values)),
            ("quadratic", AgreementWeights::quadratic(&values)),
            ("ordinal", AgreementWeights::ordinal(values.len())),
        ] {
            let weights = weights.unwrap();
            for (field, coefficient) in &coefficients {
                let path = |leaf: &str| format!("{field}.{name}.{leaf}");
                let got = coefficient(&ratings, &weights);
                case.check_defined(&path("coef"), got.map(|got| got.coefficient));
                case.check_defined(&path("se"), got.map(|got| got.std_error));
                case.check_defined(&path("pa"), got.map(|got| got.observed));
                case.check_defined(&path("pe"), got.map(|got| got.chance));
                let interval = got.and_then(|got| got.interval(Level::new(0.95).unwrap()));
                // The case's own tolerance for the interval goes by the field's name.
                case.check_defined(&path("ci_3dec.0"), interval.map(|interval| interval.low));
                case.check_defined(&path("ci_3dec.1"), interval.map(|interval| interval.high));
            }
        }
        case.finish();
    }
}

fn check_complete(case: &Case) {
    let (ratings, kept) = observed(case);
    let nominal = AgreementWeights::nominal(kept.len()).unwrap();
    let fields = case.fields();
    for (field, got) in [
        ("fleiss_kappa", fleiss_kappa(&ratings, &nominal).map(|kappa| kappa.coefficient)),
        ("randolph_kappa", randolph_kappa(&ratings).map(|kappa| kappa.coefficient)),
        ("randolph_n_cat", Ok(kept.len() as f64)),
        ("se_under_null_irr", fleiss_null_error(&ratings)),
        ("percent_agreement_all_raters", unanimous_share(&ratings)),
        ("conger_exact_kappa_irr", conger_kappa(&ratings, &nominal).map(|kappa| kappa.coefficient)),
        ("light_kappa_irr", light_kappa(&ratings, &nominal)),
    ] {
        if fields.contains(&field) {
            case.check_defined(field, got);
        }
    }
    case.finish();
}

#[test]
fn kappas_of_complete_tables_equal_statsmodels_and_irr() {
    some("c-fleiss-").iter().for_each(check_complete);
}

#[test]
fn fleiss_kappa_equals_the_published_example() {
    some("c-published-fleiss").iter().for_each(check_complete);
}

/// The agreement weights by the names of scikit-learn, over the classes' positions.
fn schemes(classes: usize) -> [(&'static str, AgreementWeights); 3] {
    [
        ("unweighted", AgreementWeights::nominal(classes).unwrap()),
        ("linear", AgreementWeights::linear(&positions(classes)).unwrap()),
        ("quadratic", AgreementWeights::quadratic(&positions(classes)).unwrap()),
    ]
}

const FIRST_TWO: RaterPair = RaterPair { rows: 0, columns: 1 };

#[test]
fn cohens_kappa_equals_scikit_learn_and_its_errors_equal_statsmodels() {
    for case in some("c-cohen-").iter().filter(|case| !case.has("weight")) {
        let table = PairTable::from_counts(&case.table("table")).unwrap();
        let (ratings, values) = ratings(case);
        let counted = PairTable::of(&ratings, FIRST_TWO, None).unwrap();
        assert_eq!(table, counted, "{}: the table is not that of the ratings", case.name());
        for (name, weights) in schemes(values.len()) {
            let path = |leaf: &str| format!("{name}.{leaf}");
            let kappa = table.kappa(&weights);
            let interval = kappa.map(|kappa| kappa.interval(Level::new(0.95).unwrap()));
            case.check_defined(&path("kappa"), kappa.map(|kappa| kappa.value));
            case.check_defined(&path("se_nonnull"), kappa.map(|kappa| kappa.std_error));
            case.check_defined(&path("se_null"), kappa.map(|kappa| kappa.null_error));
            case.check_defined(&path("ci95.0"), interval.map(|interval| interval.low));
            case.check_defined(&path("ci95.1"), interval.map(|interval| interval.high));
        }
        case.finish();
    }
}

#[test]
fn cohens_kappa_with_design_weights_equals_scikit_learn() {
    for case in some("c-cohen-weighted-") {
        let (ratings, values) = observed(&case);
        let table = PairTable::of(&ratings, FIRST_TWO, Some(&case.list("weight"))).unwrap();
        for (name, weights) in schemes(values.len()) {
            case.check_defined(name, table.kappa(&weights).map(|kappa| kappa.value));
        }
        let nominal = AgreementWeights::nominal(values.len()).unwrap();
        case.check_defined("percent_agreement", table.observed(&nominal));
        case.finish();
    }
}

/// The votes of DICES-350: 123 raters on 350 conversations, some unsure (no rating).
fn dices() -> Option<Ratings> {
    let packed = shared("data/dices/votes.jsonl.gz")?;
    let Ok(unpacked) = Command::new("gzip").arg("-dc").arg(packed).output() else {
        eprintln!("skipped: gzip is not installed");
        return None;
    };
    let (mut units, mut raters) = (BTreeMap::new(), BTreeMap::new());
    let mut ratings = Vec::new();
    for line in String::from_utf8(unpacked.stdout).unwrap().lines() {
        let vote: Value = serde_json::from_str(line).unwrap();
        let index = |map: &mut BTreeMap<String, usize>, field: &str| {
            let next = map.len();
            *map.entry(vote[field].as_str().unwrap().to_owned()).or_insert(next)
        };
        let (unit, rater) = (index(&mut units, "id"), index(&mut raters, "rater"));
        ratings.extend(vote["label"].as_u64().map(|class| Rating {
            unit,
            rater,
            class: class as usize,
        }));
    }
    let shape = RatingShape { units: units.len(), raters: raters.len(), classes: 2 };
    Some(Ratings::new(shape, &ratings).unwrap())
}

#[test]
fn alpha_of_the_dices_raters_is_the_published_one() {
    let Some(ratings) = dices() else { return };
    let alpha = krippendorff_alpha(&ratings, &AgreementWeights::nominal(2).unwrap()).unwrap();
    assert_eq!((ratings.shape().units, ratings.shape().raters), (350, 123));
    assert!((alpha.coefficient - 0.2008).abs() < 5e-5, "{alpha:?}");
}
