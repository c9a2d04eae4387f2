//! Binary misclassification correction: Rogan-Gladen, Lang-Reiczigel, and the packages of LLM judges.

use crate::case::Case;
use crate::case::cases;
use titer::stats::Accuracy;
use titer::stats::CalibrationPilot;
use titer::stats::Draws;
use titer::stats::GoldCounts;
use titer::stats::Interval;
use titer::stats::KnownAccuracy;
use titer::stats::Level;
use titer::stats::Method;
use titer::stats::Rate;
use titer::stats::Resampled;
use titer::stats::StatsError;
use titer::stats::blaker;
use titer::stats::blaker_p_value;
use titer::stats::calibration_split;
use titer::stats::clopper_pearson;
use titer::stats::lang_reiczigel;
use titer::stats::rate_interval;
use titer::stats::rogan_gladen;
use titer::stats::rogan_gladen_bootstrap;
use titer::stats::rogan_gladen_delta;

fn level(value: f64) -> Level {
    Level::new(value).unwrap()
}

fn rate(case: &Case, successes: &str, trials: &str) -> Rate {
    Rate::new(case.count(successes), case.count(trials)).unwrap()
}

fn known(case: &Case) -> KnownAccuracy {
    KnownAccuracy { sensitivity: case.number("se"), specificity: case.number("sp") }
}

/// The limits as Blaker's own program finds them: stepwise from those of Clopper and Pearson, never past the limit.
fn blaker_stepwise(rate: Rate, level: Level, step: f64) -> [f64; 2] {
    let outer = clopper_pearson(rate, level);
    let rejected = |p: f64| blaker_p_value(rate, p) < 1.0 - level.value();
    let (mut low, mut high) = (outer.low, outer.high);
    while 0 < rate.successes() && rejected(low + step) {
        low += step;
    }
    while rate.successes() < rate.trials() && rejected(high - step) {
        high -= step;
    }
    [low, high]
}

/// Wilson's interval as epiR has it from Hmisc: with one success or one failure the limit on that side is the Poisson one of
/// Brown, Cai & DasGupta (2001). titer's is the plain one, as in statsmodels.
fn as_in_hmisc(wilson: Interval, rate: Rate, level: Level) -> Interval {
    let limit = -level.value().ln() / rate.trials() as f64;
    let one = |count: u64| count == 1;
    Interval {
        low: if one(rate.successes()) { limit } else { wilson.low },
        high: if one(rate.trials() - rate.successes()) { 1.0 - limit } else { wilson.high },
        ..wilson
    }
}

#[test]
fn rogan_gladen_with_known_rates_equals_epir() {
    let cases = cases("h_prevalence_correction.json", "h-rg-known");
    assert!(!cases.is_empty());
    for case in cases {
        let (known, apparent) = (known(&case), rate(&case, "pos", "n"));
        let conf = level(case.number("conf_level"));
        let corrected = known.correct(apparent.into()).unwrap();
        case.check("rogan_gladen_raw", corrected.raw);
        case.check("rogan_gladen_clipped", corrected.raw.clamp(0.0, 1.0));
        case.check("rg_known_sesp_wald_se", corrected.std_error);
        for (field, method) in [
            ("clopper_pearson", Method::ClopperPearson),
            ("wilson", Method::Wilson),
            ("sterne", Method::Sterne),
            ("blaker", Method::Blaker),
        ] {
            let mut open = rate_interval(method, apparent, conf).unwrap();
            if method == Method::Wilson {
                open = as_in_hmisc(open, apparent, conf);
            }
            let moved = known.correct_interval(open).unwrap();
            case.check_list(&format!("{field}.apparent_ci"), &[open.low, open.high]);
            case.check_list(&format!("{field}.true_ci"), &[moved.low, moved.high]);
            case.check(&format!("{field}.tp_est"), corrected.raw);
        }
        let stepwise = blaker_stepwise(apparent, conf, 1e-5);
        case.check_list("blaker_precise_apparent_ci_own", &stepwise);
        let exact = blaker(apparent, conf);
        assert!(exact.low <= stepwise[0] + 1e-5 && stepwise[1] - 1e-5 <= exact.high, "{exact:?}");
        case.finish();
    }
}

#[test]
fn the_published_example_of_known_rates_is_reproduced() {
    let cases = cases("h_prevalence_correction.json", "h-published");
    assert!(!cases.is_empty());
    for case in cases {
        let (known, apparent) = (known(&case), rate(&case, "pos", "n"));
        case.check("tp_percent", 100.0 * known.correct(apparent.into()).unwrap().raw);
        let exact = known.correct_interval(clopper_pearson(apparent, level(0.95))).unwrap();
        let percent = |limit: f64| (100.0 * limit.clamp(0.0, 1.0)).round();
        case.check_list("ci_percent_rounded", &[percent(exact.low), percent(exact.high)]);
        case.finish();
    }
}

#[test]
fn lang_reiczigel_intervals_equal_asht() {
    let cases = cases("h_prevalence_correction.json", "h-lang-reiczigel");
    assert!(!cases.is_empty());
    for case in cases {
        let labeler = Accuracy {
            sensitivity: rate(&case, "se_success", "se_n").into(),
            specificity: rate(&case, "sp_success", "sp_n").into(),
        };
        let apparent = rate(&case, "pos", "n").into();
        for (field, confidence) in [("lang_reiczigel_ci95", 0.95), ("lang_reiczigel_ci90", 0.9)] {
            let open = lang_reiczigel(apparent, labeler, level(confidence)).unwrap();
            case.check_list(field, &[open.low.max(0.0), open.high.min(1.0)]);
        }
        let delta = rogan_gladen_delta(apparent, labeler).unwrap();
        case.check("rogan_gladen_raw", delta.raw);
        case.check("delta_method_se", delta.std_error);
        let wald = delta.wald(level(0.95));
        case.check_list("delta_wald_ci95_raw", &[wald.low, wald.high]);
        match rogan_gladen(apparent, labeler, level(0.95)) {
            Ok(shown) => assert!((shown.raw - delta.raw).abs() < 1e-12, "{}", case.name()),
            Err(StatsError::Impossible { .. } | StatsError::Uninformative { .. }) => {}
            Err(other) => panic!("{}: {other}", case.name()),
        }
        case.finish();
    }
}

#[test]
fn lang_reiczigel_intervals_equal_the_llm_judge_paper() {
    let cases = cases("k_llm_judge.json", "k-lee-");
    assert!(!cases.is_empty());
    for case in cases.into_iter().filter(|case| !case.has("m_pilot")) {
        let labeler = Accuracy {
            sensitivity: rate(&case, "sens_success", "m1").into(),
            specificity: rate(&case, "spec_success", "m0").into(),
        };
        let judged = rate(&case, "judged_positive", "n").into();
        for (field, confidence) in [("ci_95", 0.95), ("ci_90", 0.9)] {
            let shown = lang_reiczigel(judged, labeler, level(confidence)).unwrap().clipped();
            case.check_list(field, &[shown.low, shown.high]);
        }
        let raw = rogan_gladen_delta(judged, labeler).unwrap().raw;
        case.check("point_estimate_clipped", raw.clamp(0.0, 1.0));
        case.finish();
    }
}

#[test]
fn the_calibration_split_equals_the_llm_judge_paper() {
    let cases = cases("k_llm_judge.json", "k-lee-allocation");
    assert!(!cases.is_empty());
    for case in cases {
        let split = calibration_split(CalibrationPilot {
            gold: case.count("m"),
            apparent: case.number("p"),
            sensitivity: case.number("q1_pilot"),
            specificity: case.number("q0_pilot"),
            pilot: case.count("m_pilot"),
        });
        case.check("m0", split.unwrap().negatives as f64);
        case.check("m1", split.unwrap().positives as f64);
        case.finish();
    }
}

#[test]
fn the_estimate_and_the_bootstrap_of_gold_equal_judgy() {
    let cases = cases("k_llm_judge.json", "k-judgy");
    assert!(!cases.is_empty());
    for case in cases {
        let gold = GoldCounts {
            true_positives: case.count("n11"),
            false_negatives: case.count("n10_Y1F0"),
            false_positives: case.count("n01_Y0F1"),
            true_negatives: case.count("n00"),
        };
        let of = |part: u64, rest: u64| Rate::new(part, part + rest).unwrap().into();
        let labeler = Accuracy {
            sensitivity: of(gold.true_positives, gold.false_negatives),
            specificity: of(gold.true_negatives, gold.false_positives),
        };
        let judged = rate(&case, "unlabeled_pos", "unlabeled_n");
        case.check("estimate", rogan_gladen_delta(judged.into(), labeler).unwrap().raw);
        let draws = Draws::new(1, 40_000).unwrap();
        let Interval { low, high, .. } =
            rogan_gladen_bootstrap(judged, gold, Resampled::Gold, level(0.95), draws).unwrap();
        case.check_list("bootstrap_ci95_labels_only", &[low, high]);
        case.finish();
    }
}
