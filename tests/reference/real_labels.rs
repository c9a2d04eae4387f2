//! The estimates on real labels of a language model beside human gold, against their published values.

use serde_json::Value;
use sha2::Digest as _;
use std::collections::BTreeMap;
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
use titer::stats::Draws;
use titer::stats::Level;
use titer::stats::TwoPhaseMethod;
use titer::unit::Design;
use titer::unit::Inclusion;

fn level(value: f64) -> Level {
    Level::new(value).unwrap()
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
        let inclusion = Inclusion::new(1e-9, Design::Uniform);
        let units: Vec<_> = self
            .labels
            .iter()
            .map(|(id, label)| LabeledUnit {
                id,
                exposure: 1.0,
                inclusion: Some(&inclusion),
                outcome: Outcome::Label,
                label: Some(label),
                classes: &[],
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
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
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
