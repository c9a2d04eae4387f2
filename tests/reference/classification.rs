//! Scores of predicted classes against scikit-learn, epiR and confidenceinterval.

use crate::case::Case;
use crate::case::cases;
use serde_json::Value;
use titer::stats::Average;
use titer::stats::BinaryCells;
use titer::stats::BinaryConfusion;
use titer::stats::ClassScore;
use titer::stats::Classified;
use titer::stats::Confusion;
use titer::stats::DeltaScore;
use titer::stats::Diagnostic;
use titer::stats::DiagnosticCounts;
use titer::stats::DiagnosticValue;
use titer::stats::EmptyScore;
use titer::stats::LabelSets;
use titer::stats::Level;
use titer::stats::Multilabel;
use titer::stats::RateInterval;
use titer::stats::StatsError;
use titer::stats::average;
use titer::stats::clopper_pearson;
use titer::stats::delta_estimate;
use titer::stats::wilson;

const FILE: &str = "b_classification_metrics.json";

/// Why the limits of macro averages are set aside; src/stats/classification/delta.rs holds ours against the
/// closed form that the authors of the method print.
const SLIP: &str = "confidenceinterval 1.0.5 forms `diag(p) - p * p.T` of a flat array, which is not the outer \
    product, leaves the margin out of the diagonal derivatives, and adds factors that the paper multiplies";

fn some(prefix: &str) -> Vec<Case> {
    let cases = cases(FILE, prefix);
    assert!(!cases.is_empty(), "no case {prefix}");
    cases
}

/// The units of a case; without weights each counts 1.
fn units(case: &Case) -> Vec<Classified> {
    let (truth, predicted) = (case.list("y_true"), case.list("y_pred"));
    let weight = if case.has("weight") { case.list("weight") } else { vec![1.0; truth.len()] };
    assert!(truth.len() == predicted.len() && truth.len() == weight.len());
    (0..truth.len())
        .map(|i| Classified {
            truth: truth[i] as usize,
            predicted: predicted[i] as usize,
            weight: weight[i],
        })
        .collect()
}

#[test]
fn binary_scores_equal_scikit_learn() {
    for case in some("b-binary-counts") {
        let cells = BinaryCells {
            true_positive: case.number("tp"),
            false_positive: case.number("fp"),
            false_negative: case.number("fn"),
            true_negative: case.number("tn"),
        };
        check_binary(&case, &BinaryConfusion::new(cells).unwrap());
    }
    for case in some("b-binary-weighted") {
        let table = Confusion::from_units(2, units(&case)).unwrap();
        check_binary(&case, &table.one_vs_rest().unwrap()[1]);
    }
}

fn check_binary(case: &Case, table: &BinaryConfusion) {
    let cells = table.cells();
    case.check("tp", cells.true_positive);
    case.check("fp", cells.false_positive);
    case.check("fn", cells.false_negative);
    case.check("tn", cells.true_negative);
    case.check("accuracy", table.accuracy());
    case.check("prevalence", table.prevalence());
    case.check("predicted_prevalence", table.predicted_prevalence());
    case.check_defined("sensitivity", table.sensitivity());
    case.check_defined("specificity", table.specificity());
    case.check_defined("ppv", table.positive_predictive_value());
    case.check_defined("npv", table.negative_predictive_value());
    case.check_defined("f1", table.f_beta(1.0));
    case.check_defined("f2", table.f_beta(2.0));
    case.check_defined("f05", table.f_beta(0.5));
    case.check_defined("jaccard", table.jaccard());
    case.check_defined("fpr", table.false_positive_rate());
    case.check_defined("fnr", table.false_negative_rate());
    case.check_defined("fdr", table.false_discovery_rate());
    case.check_defined("false_omission_rate", table.false_omission_rate());
    case.check_defined("balanced_accuracy", table.balanced_accuracy());
    case.check_defined("youden_j", table.youden());
    case.check_defined("cohen_kappa", table.kappa());
    case.check_defined("lr_pos", table.likelihood_ratio_positive());
    case.check_defined("lr_neg", table.likelihood_ratio_negative());
    case.check_defined("diagnostic_odds_ratio", table.diagnostic_odds_ratio());
    check_matthews(case, "mcc_sklearn", table.matthews());
    case.finish();
}

/// scikit-learn answers 0 where truth or prediction does not vary; titer refuses.
fn check_matthews(case: &Case, path: &str, got: Result<f64, StatsError>) {
    match got {
        Ok(value) => case.check(path, value),
        Err(error) => {
            let convention = case.expected(path).and_then(Value::as_f64);
            assert_eq!(convention, Some(0.0), "{}: {error}", case.name());
            case.differs(path, "a correlation with a constant is undefined; scikit-learn says 0");
        }
    }
}

#[test]
fn diagnostic_measures_and_their_intervals_equal_epir() {
    for case in some("b-binary-epitests") {
        let counts = DiagnosticCounts {
            true_positive: case.count("tp"),
            false_positive: case.count("fp"),
            false_negative: case.count("fn"),
            true_negative: case.count("tn"),
        };
        let level = Level::new(case.number("conf_level")).unwrap();
        for (name, limits) in
            [("exact", clopper_pearson as RateInterval), ("wilson", wilson as RateInterval)]
        {
            check_diagnostic(&case, name, &Diagnostic::new(counts, level, limits).unwrap());
        }
        case.finish();
    }
}

fn check_diagnostic(case: &Case, method: &str, got: &Diagnostic) {
    for (row, measured) in [
        ("ap", got.apparent_prevalence()),
        ("tp", got.true_prevalence()),
        ("se", got.sensitivity()),
        ("sp", got.specificity()),
        ("diag.ac", got.accuracy()),
        ("diag.or", got.diagnostic_odds_ratio()),
        ("nndx", got.number_needed_to_diagnose()),
        ("youden", got.youden()),
        ("pv.pos", got.positive_predictive_value()),
        ("pv.neg", got.negative_predictive_value()),
        ("lr.pos", got.likelihood_ratio_positive()),
        ("lr.neg", got.likelihood_ratio_negative()),
        ("p.rout", got.ruled_out()),
        ("p.rin", got.apparent_prevalence()),
        ("p.tpdn", got.false_positive_rate()),
        ("p.tndp", got.false_negative_rate()),
        ("p.dntp", got.false_discovery_rate()),
        ("p.dptn", got.false_omission_rate()),
    ] {
        check_measured(case, method, row, measured);
    }
}

fn check_measured(case: &Case, method: &str, row: &str, got: Result<DiagnosticValue, StatsError>) {
    let path = |field: &str| format!("{method}.{row}.{field}");
    match got {
        Ok(got) => {
            case.check(&path("est"), got.value);
            case.check(&path("lower"), got.interval.low);
            case.check(&path("upper"), got.interval.high);
        }
        Err(error) => {
            let limit = |field: &str| case.expected(&path(field)).and_then(Value::as_f64);
            let (low, high) = (limit("lower"), limit("upper"));
            let unbounded = row == "nndx" && low < Some(0.0) && Some(0.0) < high;
            let undefined = low.is_none() || high.is_none();
            assert!(unbounded || undefined, "{} {method}.{row}: {error}", case.name());
            let reason = "epiR prints limits of an undefined or unbounded measure";
            case.differs(&format!("{method}.{row}"), reason);
        }
    }
}

#[test]
fn multiclass_scores_equal_scikit_learn() {
    for case in some("b-multiclass") {
        let classes = case.list("classes").len();
        let table = Confusion::from_units(classes, units(&case)).unwrap();
        for truth in 0..classes {
            case.check_list(&format!("confusion_matrix_rows_true.{truth}"), table.row(truth));
        }
        case.check("accuracy", table.accuracy());
        case.check_defined("balanced_accuracy", table.balanced_accuracy());
        case.check_defined("cohen_kappa", table.kappa());
        check_matthews(&case, "mcc", table.matthews());
        let tables = table.one_vs_rest().unwrap();
        check_averages(&case, &tables, &["precision", "recall", "f1"]);
        check_per_class(&case, "per_class", &tables);
        case.check_list("per_class.support", &table.true_weights());
        for (class, table) in tables.iter().enumerate() {
            let c = table.cells();
            case.check_list(
                &format!("multilabel_style_per_class_tn_fp_fn_tp.{class}"),
                &[c.true_negative, c.false_positive, c.false_negative, c.true_positive],
            );
        }
        case.finish();
    }
}

fn score(name: &str) -> ClassScore {
    match name {
        "precision" => ClassScore::Precision,
        "recall" => ClassScore::Recall,
        "f1" => ClassScore::F1,
        "jaccard" => ClassScore::Jaccard,
        other => panic!("no score {other}"),
    }
}

/// The fixtures were made with `zero_division=0`, which titer does only when asked.
fn check_averages(case: &Case, tables: &[BinaryConfusion], names: &[&str]) {
    for (field, how) in
        [("macro", Average::Macro), ("micro", Average::Micro), ("weighted", Average::Weighted)]
    {
        for name in names {
            let value = average(tables, score(name), how, EmptyScore::Zero).unwrap();
            case.check(&format!("{field}.{name}"), value);
        }
    }
}

fn check_per_class(case: &Case, field: &str, tables: &[BinaryConfusion]) {
    for name in ["precision", "recall", "f1"] {
        for (class, table) in tables.iter().enumerate() {
            let path = format!("{field}.{name}.{class}");
            match score(name).of(table) {
                Ok(value) => case.check(&path, value),
                Err(error) => {
                    let convention = case.expected(&path).and_then(Value::as_f64);
                    assert_eq!(convention, Some(0.0), "{} {path}: {error}", case.name());
                    case.differs(&path, "0/0 is undefined; the fixture has zero_division=0");
                }
            }
        }
    }
}

#[test]
fn multilabel_scores_equal_scikit_learn() {
    for case in some("b-multilabel") {
        let rows = |field: &str| -> Vec<Vec<bool>> {
            let holds = |row: &Vec<f64>| row.iter().map(|label| *label > 0.5).collect();
            case.table(field).iter().map(holds).collect()
        };
        let (truth, predicted) = (rows("y_true"), rows("y_pred"));
        let weight = if case.has("weight") { case.list("weight") } else { vec![1.0; truth.len()] };
        let sets = (0..truth.len()).map(|i| LabelSets {
            truth: &truth[i],
            predicted: &predicted[i],
            weight: weight[i],
        });
        let labels = Multilabel::from_units(sets).unwrap();
        let names = ["precision", "recall", "f1", "jaccard"];
        case.check("subset_accuracy", labels.subset_accuracy());
        case.check("hamming_loss", labels.hamming_loss());
        check_averages(&case, labels.tables(), &names);
        for name in names {
            let value = labels.unit_average(score(name), EmptyScore::Zero).unwrap();
            case.check(&format!("samples.{name}"), value);
        }
        check_per_class(&case, "per_label", labels.tables());
        let positives = |table: &BinaryConfusion| {
            let cells = table.cells();
            cells.true_positive + cells.false_negative
        };
        let support: Vec<f64> = labels.tables().iter().map(positives).collect();
        case.check_list("per_label.support", &support);
        case.finish();
    }
}

#[test]
fn every_case_is_of_a_kind_that_is_compared() {
    let kinds = [
        "b-binary-counts",
        "b-binary-weighted",
        "b-binary-epitests",
        "b-multiclass",
        "b-multilabel",
        "b-f1-takahashi",
    ];
    for case in some("") {
        assert!(kinds.iter().any(|kind| case.name().starts_with(kind)), "{}", case.name());
    }
}

#[test]
fn intervals_of_averaged_scores_equal_the_published_variances() {
    for case in some("b-f1-takahashi") {
        let units = units(&case);
        let classes = 1 + units.iter().map(|unit| unit.truth.max(unit.predicted)).max().unwrap();
        let table = Confusion::from_units(classes, units).unwrap();
        let level = Level::new(case.number("conf_level")).unwrap();
        for (field, score) in [
            ("micro_f1", DeltaScore::MicroF1),
            ("macro_f1", DeltaScore::MacroF1),
            ("macro_precision", DeltaScore::MacroPrecision),
            ("macro_recall", DeltaScore::MacroRecall),
        ] {
            let got = delta_estimate(&table, score).unwrap();
            let interval = got.interval(level);
            case.check(&format!("{field}.est"), got.value);
            if score == DeltaScore::MicroF1 {
                case.check("micro_f1.lower", interval.low);
                case.check("micro_f1.upper", interval.high);
            } else {
                for limit in ["lower", "upper"] {
                    case.differs(&format!("{field}.{limit}"), SLIP);
                }
            }
        }
        case.finish();
    }
}
