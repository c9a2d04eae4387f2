//! How long an estimate takes once its rows are in memory: `cargo bench --bench estimate`; `benches/estimate.sh` runs it beside
//! the command.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic, and prints what it measured"
)]

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::borrow::Cow;
use std::num::NonZeroUsize;
use std::time::Instant;
use titer::measure::Coverage;
use titer::measure::Division;
use titer::measure::GoldDrawn;
use titer::measure::GoldLabel;
use titer::measure::Judgment;
use titer::measure::LabeledUnit;
use titer::measure::Positive;
use titer::measure::Rows;
use titer::measure::Segments;
use titer::measure::Settings;
use titer::measure::Subject;
use titer::measure::by_segments;
use titer::measure::prevalence;
use titer::reply::Outcome;
use titer::stats::Draws;
use titer::stats::Level;
use titer::stats::PairedScores;
use titer::stats::Resampling;
use titer::stats::TwoPhaseMethod;
use titer::stats::paired_bootstrap;
use titer::unit::Design;
use titer::unit::Inclusion;

const UNITS: usize = 1_000_000;
const GOLD: usize = 5_000;
const PIVOTS: usize = 20;
const VALUES: [&str; 5] = ["feed", "search", "comments", "messages", "profile"];
/// What the command takes when nothing else is asked for.
const DRAWS: u32 = 50_000;

struct Frame {
    ids: Vec<String>,
    inclusion: Inclusion,
    labels: Vec<(Outcome, Option<&'static str>)>,
    gold: Vec<(usize, &'static str)>,
    divisions: Vec<Division>,
}

fn main() {
    let mut rng = Pcg64::seed_from_u64(1);
    let frame = Frame::new(&mut rng);
    for threads in [1, 2] {
        report("two-phase estimate", threads, || frame.estimate(&frame.divisions[..0], threads));
        report("and 20 pivots of 5 values", threads, || frame.estimate(&frame.divisions, threads));
    }
    let score = |rng: &mut Pcg64, share| if rng.random_bool(share) { 1.0 } else { 0.0 };
    let (first, second): (Vec<f64>, Vec<f64>) =
        (0..10_000).map(|_| (score(&mut rng, 0.9), score(&mut rng, 0.88))).unzip();
    let scores = PairedScores::new(&first, &second).unwrap();
    for threads in [1, 2] {
        let threads_of = NonZeroUsize::new(threads).unwrap();
        let resampling = Resampling::new(1, 2_000, threads_of).unwrap();
        report("paired bootstrap, 2,000 of 10,000 rows", threads, || {
            drop(paired_bootstrap(&scores, resampling).unwrap());
        });
    }
}

/// Prints the best of three runs.
fn report(what: &str, threads: usize, work: impl Fn()) {
    let times = (0..3).map(|_| {
        let started = Instant::now();
        work();
        started.elapsed().as_secs_f64()
    });
    let best = times.reduce(f64::min).unwrap();
    println!("{what:<40} {threads} thread(s): {best:.3} s");
}

impl Frame {
    fn new(rng: &mut Pcg64) -> Self {
        let ids: Vec<String> = (0..UNITS).map(|at| format!("unit-{at:08}")).collect();
        let label = |rng: &mut Pcg64| match rng.random_range(0..100) {
            0..4 => (Outcome::Label, Some("violating")),
            4..98 => (Outcome::Label, Some("allowed")),
            _ => (Outcome::Refusal, None),
        };
        let labels = ids.iter().map(|_| label(rng)).collect();
        let chosen = rand::seq::index::sample(rng, UNITS, GOLD);
        let truth = |rng: &mut Pcg64| if rng.random_bool(0.05) { "violating" } else { "allowed" };
        let gold = chosen.into_iter().map(|at| (at, truth(rng))).collect();
        let divisions = (0..PIVOTS).map(|number| {
            let value = |_: &String| Some(Cow::Borrowed(VALUES[rng.random_range(0..5)]));
            Division::new(&format!("pivot{number}"), ids.iter().map(value))
        });
        let divisions = divisions.collect();
        let inclusion = Inclusion::new(0.01, Design::Uniform);
        Self { ids, inclusion, labels, gold, divisions }
    }

    fn estimate(&self, divisions: &[Division], threads: usize) {
        let inclusion = Some(&self.inclusion);
        let labeled = self.ids.iter().zip(&self.labels);
        let units: Vec<LabeledUnit<'_>> = labeled
            .map(|(id, &(outcome, label))| LabeledUnit {
                id,
                exposure: 1.0,
                inclusion,
                outcome,
                label,
                classes: &[],
            })
            .collect();
        let gold = |&(at, label): &(usize, &'static str)| GoldLabel {
            id: &self.ids[at],
            label,
            judgment: Judgment::Decided,
            probability: None,
            age_days: None,
        };
        let gold: Vec<GoldLabel<'_>> = self.gold.iter().map(gold).collect();
        let positive = Positive::labels(["violating"]).unwrap();
        let settings = Settings {
            positive: &positive,
            drawn: GoldDrawn::FromSample,
            level: Level::new(0.95).unwrap(),
            draws: Draws::new(1, DRAWS).unwrap(),
            min_gold: 300,
            max_gold_age_days: None,
            salts: None,
            goal: None,
            interval: TwoPhaseMethod::KgMeld,
        };
        let subject = Subject { policy: "policy".to_owned(), ..Subject::default() };
        let rows = Rows { units: &units, gold: &gold, stated: None };
        drop(prevalence(&subject, &units, &gold, &settings).unwrap());
        let threads = NonZeroUsize::new(threads).unwrap();
        let segments = Segments { divisions, coverage: Coverage::Each, threads };
        let parts = by_segments(&subject, rows, segments, &settings).unwrap();
        assert_eq!(parts.len(), divisions.len() * VALUES.len());
    }
}
