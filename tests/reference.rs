//! Our numbers against packages nobody here wrote (`tests/reference/`), and against real labels with gold.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test may panic, and says so when it is skipped"
)]

use serde_json::Value;
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use titer::measure::GoldDrawn;
use titer::measure::GoldLabel;
use titer::measure::Judgment;
use titer::measure::LabeledUnit;
use titer::measure::PolicyPrevalence;
use titer::measure::Positive;
use titer::measure::Settings;
use titer::measure::Subject;
use titer::measure::prevalence;
use titer::reply::Outcome;
use titer::stats::Accuracy;
use titer::stats::Draws;
use titer::stats::Interval;
use titer::stats::Level;
use titer::stats::Proportion;
use titer::stats::Rate;
use titer::stats::StatsError;
use titer::stats::clopper_pearson;
use titer::stats::jeffreys;
use titer::stats::lang_reiczigel;
use titer::stats::rogan_gladen;
use titer::stats::wilson;
use titer::unit::Design;
use titer::unit::Inclusion;

struct Case(Value);

impl Case {
    fn name(&self) -> &str {
        self.0["case"].as_str().unwrap()
    }

    fn input(&self, field: &str) -> f64 {
        self.0["input"][field].as_f64().unwrap()
    }

    fn rate(&self, successes: &str, trials: &str) -> Rate {
        let count = |field: &str| self.0["input"][field].as_u64().unwrap();
        Rate::new(count(successes), count(trials)).unwrap()
    }

    fn expected(&self, field: &str) -> Option<&Value> {
        self.0["expected"].get(field).filter(|value| !value.is_null())
    }

    fn check(&self, field: &str, got: f64, expected: &Value) {
        let expected = expected.as_f64().unwrap();
        let tolerance = |key: &str| self.0["tolerance"][key].as_f64().unwrap();
        let allowed = tolerance("abs") + tolerance("rel") * expected.abs();
        assert!((got - expected).abs() <= allowed, "{} {field}: {got} for {expected}", self.name());
    }

    /// Compares both limits where the case has them; returns how many intervals that were.
    fn check_interval(&self, field: &str, got: (f64, f64)) -> usize {
        let Some(expected) = self.expected(field) else { return 0 };
        self.check(field, got.0, &expected[0]);
        self.check(field, got.1, &expected[1]);
        1
    }
}

fn cases(file: &str, prefix: &str) -> Vec<Case> {
    let path = Path::new("tests/reference").join(file);
    let cases: Vec<Value> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    cases.into_iter().map(Case).filter(|case| case.name().starts_with(prefix)).collect()
}

fn limits(interval: Interval) -> (f64, f64) {
    (interval.low, interval.high)
}

fn level(value: f64) -> Level {
    Level::new(value).unwrap()
}

#[test]
fn binomial_intervals_equal_scipy_and_statsmodels() {
    let mut compared = 0;
    for case in cases("a_binomial_ci.json", "a-binom") {
        let (rate, level) = (case.rate("successes", "n"), level(case.input("conf_level")));
        compared += case.check_interval("wilson", limits(wilson(rate, level)));
        compared += case.check_interval("clopper_pearson", limits(clopper_pearson(rate, level)));
        compared += case.check_interval("jeffreys_bcd", limits(jeffreys(rate, level)));
    }
    assert_eq!(compared, 52 + 52 + 48);
}

#[test]
fn rogan_gladen_with_known_rates_equals_epir() {
    let known = cases("h_prevalence_correction.json", "h-rg-known");
    assert_eq!(known.len(), 8);
    for case in known {
        let sure = |field: &str| Proportion::new(case.input(field), 1e300).unwrap();
        let labeler = Accuracy { sensitivity: sure("se"), specificity: sure("sp") };
        let expected = |field: &str| case.expected(field).unwrap();
        match rogan_gladen(case.rate("pos", "n").into(), labeler, level(case.input("conf_level"))) {
            Ok(corrected) => {
                case.check("raw", corrected.raw, expected("rogan_gladen_raw"));
                case.check("shown", corrected.shown(), expected("rogan_gladen_clipped"));
                case.check("se", corrected.std_error, expected("rg_known_sesp_wald_se"));
            }
            Err(StatsError::Impossible { .. }) => {
                let outside = expected("wilson")["true_ci"].clone();
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
    let published = cases("h_prevalence_correction.json", "h-lang-reiczigel");
    assert_eq!(published.len(), 6);
    for case in published {
        let labeler = Accuracy {
            sensitivity: case.rate("se_success", "se_n").into(),
            specificity: case.rate("sp_success", "sp_n").into(),
        };
        for (field, confidence) in [("lang_reiczigel_ci95", 0.95), ("lang_reiczigel_ci90", 0.9)] {
            let open =
                lang_reiczigel(case.rate("pos", "n").into(), labeler, level(confidence)).unwrap();
            assert_eq!(case.check_interval(field, (open.low.max(0.0), open.high.min(1.0))), 1);
        }
        if let Ok(corrected) = rogan_gladen(case.rate("pos", "n").into(), labeler, level(0.95)) {
            case.check("raw", corrected.raw, case.expected("rogan_gladen_raw").unwrap());
            case.check("se", corrected.std_error, case.expected("delta_method_se").unwrap());
        }
    }
}

#[test]
fn lang_reiczigel_intervals_equal_the_llm_judge_paper() {
    let published = cases("k_llm_judge.json", "k-lee-");
    let published: Vec<_> =
        published.iter().filter(|case| !case.name().contains("allocation")).collect();
    assert_eq!(published.len(), 6);
    for case in published {
        let labeler = Accuracy {
            sensitivity: case.rate("sens_success", "m1").into(),
            specificity: case.rate("spec_success", "m0").into(),
        };
        for (field, confidence) in [("ci_95", 0.95), ("ci_90", 0.9)] {
            let open = lang_reiczigel(
                case.rate("judged_positive", "n").into(),
                labeler,
                level(confidence),
            )
            .unwrap();
            assert_eq!(
                case.check_interval(field, (open.low.clamp(0.0, 1.0), open.high.clamp(0.0, 1.0))),
                1
            );
        }
        if let Ok(corrected) =
            rogan_gladen(case.rate("judged_positive", "n").into(), labeler, level(0.95))
        {
            case.check(
                "shown",
                corrected.shown(),
                case.expected("point_estimate_clipped").unwrap(),
            );
        }
    }
}

#[test]
fn the_point_estimate_equals_judgy() {
    for case in cases("k_llm_judge.json", "k-judgy") {
        let count = |field: &str| case.0["input"][field].as_u64().unwrap();
        let (n11, n10, n01, n00) =
            (count("n11"), count("n10_Y1F0"), count("n01_Y0F1"), count("n00"));
        let labeler = Accuracy {
            sensitivity: Rate::new(n11, n11 + n10).unwrap().into(),
            specificity: Rate::new(n00, n00 + n01).unwrap().into(),
        };
        let corrected =
            rogan_gladen(case.rate("unlabeled_pos", "unlabeled_n").into(), labeler, level(0.95))
                .unwrap();
        case.check("estimate", corrected.raw, case.expected("estimate").unwrap());
    }
}

/// Real labels of a language model beside human gold: flan-t5-xxl on HateXplain, 10,999 texts (ids and labels only).
struct RealLabels {
    labels: BTreeMap<String, &'static str>,
    gold: BTreeMap<String, &'static str>,
}

impl RealLabels {
    /// Reads them from the folder that `TITER_SHARED` names; says so and returns `None` where it is absent.
    fn read() -> Option<Self> {
        let Some(folder) = std::env::var_os("TITER_SHARED")
            .map(|shared| PathBuf::from(shared).join("data/hatexplain-llm"))
        else {
            eprintln!("skipped: TITER_SHARED is not set, so the real labels are not at hand");
            return None;
        };
        let unzipped =
            Command::new("gzip").arg("-dc").arg(folder.join("predictions.jsonl.gz")).output();
        let Ok(unzipped) = unzipped.map(|output| output.stdout) else {
            eprintln!("skipped: gzip is not installed");
            return None;
        };
        let gold = std::fs::read(folder.join("gold.jsonl")).unwrap();
        Some(Self { labels: rows(&unzipped, Some("flan-t5-xxl")), gold: rows(&gold, None) })
    }

    /// The first 300 ids by the SHA-256 of the id.
    fn subset(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.gold.keys().map(String::as_str).collect();
        ids.sort_by_key(|id| sha2::Sha256::digest(id.as_bytes()).to_vec());
        ids.truncate(300);
        ids
    }

    /// Measures with gold for the subset only, the texts being a small sample of very many.
    fn measure(&self, drawn: GoldDrawn) -> PolicyPrevalence {
        let inclusion =
            Inclusion { probability: 1e-9, design: Design::Uniform, stratum: None, cluster: None };
        let units: Vec<_> = self
            .labels
            .iter()
            .map(|(id, label)| LabeledUnit {
                id,
                exposure: 1.0,
                inclusion: Some(&inclusion),
                outcome: Outcome::Label,
                label: Some(label),
            })
            .collect();
        let subset = self.subset();
        let gold: Vec<_> = subset
            .iter()
            .map(|id| GoldLabel {
                id,
                label: self.gold[*id],
                judgment: Judgment::Decided,
                probability: None,
                age_days: None,
            })
            .collect();
        let positive = Positive::labels(["1"]).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn,
            level: level(0.95),
            draws: Draws::new(20_261_123, 100_000).unwrap(),
            min_gold: 300,
            max_gold_age_days: None,
            salts: None,
        };
        prevalence(
            &Subject { policy: "hate".to_owned(), ..Subject::default() },
            &units,
            &gold,
            &settings,
        )
        .unwrap()
    }
}

fn rows(jsonl: &[u8], model: Option<&str>) -> BTreeMap<String, &'static str> {
    let lines = std::str::from_utf8(jsonl)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines
        .filter(|row| model.is_none() || row["model"].as_str() == model)
        .map(|row| {
            (row["id"].as_str().unwrap().to_owned(), if row["label"] == 1 { "1" } else { "0" })
        })
        .collect()
}

fn near(what: &str, got: f64, expected: f64, within: f64) {
    assert!((got - expected).abs() <= within, "{what}: {got} for {expected}");
}

#[test]
fn the_default_estimate_on_real_labels_is_the_published_one() {
    let Some(real) = RealLabels::read() else { return };
    let measured = real.measure(GoldDrawn::FromSample);
    near("naive", measured.naive.unwrap().value, 0.5907, 5e-5);
    let classical = measured.gold_only.unwrap();
    let half = level(0.95).z() * classical.std_error;
    near("classical", classical.value, 0.4333, 5e-5);
    near("classical low", classical.value - half, 0.3772, 1e-4);
    near("classical high", classical.value + half, 0.4895, 1e-4);
    let corrected = measured.corrected.unwrap();
    near("two-phase", corrected.value, 0.4262, 5e-5);
    near("two-phase low", corrected.low, 0.381, 1e-3);
    near("two-phase high", corrected.high, 0.473, 1e-3);
    assert!(corrected.low < 0.4317 && 0.4317 < corrected.high, "the truth is inside");
}

#[test]
fn inverted_rates_on_real_labels_are_the_published_ones() {
    let Some(real) = RealLabels::read() else { return };
    let measured = real.measure(GoldDrawn::Independent);
    assert_eq!((measured.n, measured.m), (10_699, 300));
    let inverted = measured.rogan_gladen.unwrap();
    let half = level(0.95).z() * inverted.std_error;
    near("rogan-gladen", inverted.value, 0.4097, 5e-5);
    near("rogan-gladen low", inverted.value - half, 0.3227, 5e-5);
    near("rogan-gladen high", inverted.value + half, 0.4967, 5e-5);
}
