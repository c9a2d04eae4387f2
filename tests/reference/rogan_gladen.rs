//! Binary misclassification correction: Rogan-Gladen, Lang-Reiczigel, and the packages of LLM judges.

use crate::case::Case;
use crate::case::cases;
use titer::stats::Accuracy;
use titer::stats::Level;
use titer::stats::Proportion;
use titer::stats::Rate;
use titer::stats::StatsError;
use titer::stats::lang_reiczigel;
use titer::stats::rogan_gladen;

fn level(value: f64) -> Level {
    Level::new(value).unwrap()
}

fn rate(case: &Case, successes: &str, trials: &str) -> Rate {
    Rate::new(case.count(successes), case.count(trials)).unwrap()
}

#[test]
fn rogan_gladen_with_known_rates_equals_epir() {
    for case in cases("h_prevalence_correction.json", "h-rg-known") {
        let sure = |field: &str| Proportion::new(case.number(field), 1e300).unwrap();
        let labeler = Accuracy { sensitivity: sure("se"), specificity: sure("sp") };
        match rogan_gladen(
            rate(&case, "pos", "n").into(),
            labeler,
            level(case.number("conf_level")),
        ) {
            Ok(corrected) => {
                case.check("rogan_gladen_raw", corrected.raw);
                case.check("rogan_gladen_clipped", corrected.shown());
                case.check("rg_known_sesp_wald_se", corrected.std_error);
            }
            Err(StatsError::Impossible { .. }) => {
                let outside = &case.expected("wilson").unwrap()["true_ci"];
                assert!(
                    outside[1].as_f64() < Some(0.0) || outside[0].as_f64() > Some(1.0),
                    "{}",
                    case.name()
                );
            }
            Err(other) => panic!("{}: {other}", case.name()),
        }
    }
}

#[test]
fn lang_reiczigel_intervals_equal_asht() {
    for case in cases("h_prevalence_correction.json", "h-lang-reiczigel") {
        let labeler = Accuracy {
            sensitivity: rate(&case, "se_success", "se_n").into(),
            specificity: rate(&case, "sp_success", "sp_n").into(),
        };
        for (field, confidence) in [("lang_reiczigel_ci95", 0.95), ("lang_reiczigel_ci90", 0.9)] {
            let open =
                lang_reiczigel(rate(&case, "pos", "n").into(), labeler, level(confidence)).unwrap();
            case.check_list(field, &[open.low.max(0.0), open.high.min(1.0)]);
        }
        if let Ok(corrected) = rogan_gladen(rate(&case, "pos", "n").into(), labeler, level(0.95)) {
            case.check("rogan_gladen_raw", corrected.raw);
            case.check("delta_method_se", corrected.std_error);
        }
    }
}

#[test]
fn lang_reiczigel_intervals_equal_the_llm_judge_paper() {
    for case in cases("k_llm_judge.json", "k-lee-") {
        if case.name().contains("allocation") {
            continue;
        }
        let labeler = Accuracy {
            sensitivity: rate(&case, "sens_success", "m1").into(),
            specificity: rate(&case, "spec_success", "m0").into(),
        };
        let judged = rate(&case, "judged_positive", "n");
        for (field, confidence) in [("ci_95", 0.95), ("ci_90", 0.9)] {
            let open = lang_reiczigel(judged.into(), labeler, level(confidence)).unwrap();
            case.check_list(field, &[open.low.clamp(0.0, 1.0), open.high.clamp(0.0, 1.0)]);
        }
        if let Ok(corrected) = rogan_gladen(judged.into(), labeler, level(0.95)) {
            case.check("point_estimate_clipped", corrected.shown());
        }
    }
}

#[test]
fn the_point_estimate_equals_judgy() {
    for case in cases("k_llm_judge.json", "k-judgy") {
        let (n11, n10) = (case.count("n11"), case.count("n10_Y1F0"));
        let (n01, n00) = (case.count("n01_Y0F1"), case.count("n00"));
        let labeler = Accuracy {
            sensitivity: Rate::new(n11, n11 + n10).unwrap().into(),
            specificity: Rate::new(n00, n00 + n01).unwrap().into(),
        };
        let judged = rate(&case, "unlabeled_pos", "unlabeled_n");
        let corrected = rogan_gladen(judged.into(), labeler, level(0.95)).unwrap();
        case.check("estimate", corrected.raw);
    }
}
