//! The time of Dawid-Skene on a million votes: `benches/dawid_skene.sh` runs it beside crowd-kit.
//!
//! `cargo bench --bench dawid_skene -- FOLDER` draws the votes from a fixed seed, writes them to `FOLDER/votes.csv`, fits
//! maximum likelihood from the vote to a change below 1e-8 by plain steps, as crowd-kit does, with one and with two
//! threads, and by prolonged steps; and writes the probabilities to `FOLDER/posterior.f64` and the iterations and times
//! of the plain steps to `FOLDER/titer.json`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark may panic, and prints what it measured"
)]

use rand::Rng as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use std::fmt::Write as _;
use std::fs;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;
use titer::stats::DawidSkene;
use titer::stats::DawidSkeneSettings;
use titer::stats::FewRaters;
use titer::stats::Rating;
use titer::stats::RatingShape;
use titer::stats::Ratings;
use titer::stats::Smoothing;
use titer::stats::Starts;
use titer::stats::Steps;
use titer::stats::dawid_skene;

const SHAPE: RatingShape = RatingShape { units: 100_000, raters: 1000, classes: 5 };
const VOTES_A_UNIT: usize = 10;

fn main() {
    let named = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let folder = named.map_or_else(std::env::temp_dir, PathBuf::from);
    let votes = votes();
    let mut csv = String::from("task,worker,label\n");
    for vote in &votes {
        writeln!(csv, "{},{},{}", vote.unit, vote.rater, vote.class).unwrap();
    }
    fs::write(folder.join("votes.csv"), csv).unwrap();

    let (one, first) = timed(&votes, Steps::Plain, 1);
    let (two, second) = timed(&votes, Steps::Plain, 2);
    let (quick, third) = timed(&votes, Steps::Prolonged, 2);
    assert_eq!(first.log_likelihood.to_bits(), second.log_likelihood.to_bits());
    let posterior = (0..SHAPE.units).flat_map(|unit| first.posterior(unit));
    let bytes: Vec<u8> = posterior.flat_map(|share| share.to_le_bytes()).collect();
    fs::write(folder.join("posterior.f64"), bytes).unwrap();
    let (plain, prolonged) = (first.iterations, third.iterations);
    let json = format!(
        "{{\"iterations\": {plain}, \"one_thread\": {one:.4}, \"two_threads\": {two:.4}}}\n"
    );
    fs::write(folder.join("titer.json"), json).unwrap();
    println!("{} votes, {} raters, {} classes", votes.len(), SHAPE.raters, SHAPE.classes);
    println!("titer      {plain} iterations: {one:.2} s with one thread, {two:.2} s with two");
    println!("titer      {prolonged} prolonged iterations: {quick:.2} s with two threads");
}

/// Sorts the votes by unit and fits the model; returns the seconds both took.
fn timed(votes: &[Rating], steps: Steps, threads: usize) -> (f64, DawidSkene) {
    let settings = DawidSkeneSettings {
        smoothing: Smoothing::MaximumLikelihood,
        few_raters: FewRaters::Refuse,
        starts: Starts { random: 0, seed: 0 },
        steps,
        threads: NonZeroUsize::new(threads).unwrap(),
        ..DawidSkeneSettings::standard(0)
    };
    let start = Instant::now();
    let ratings = Ratings::new(SHAPE, votes).unwrap();
    let fitted = dawid_skene(&ratings, None, &settings).unwrap();
    (start.elapsed().as_secs_f64(), fitted)
}

/// Ten different raters vote on each unit; raters are right with a probability of their own between .5 and .95.
fn votes() -> Vec<Rating> {
    let mut source = Pcg64::seed_from_u64(20_261_123);
    let mut uniform = || (source.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
    let skills: Vec<f64> = (0..SHAPE.raters).map(|_| 0.5 + 0.45 * uniform()).collect();
    let mut votes = Vec::with_capacity(SHAPE.units * VOTES_A_UNIT);
    for unit in 0..SHAPE.units {
        // Class shares .3, .25, .2, .15 and .1.
        let truth = [0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4]
            [(20.0 * uniform()) as usize];
        let mut raters = Vec::with_capacity(VOTES_A_UNIT);
        while raters.len() < VOTES_A_UNIT {
            let rater = (uniform() * SHAPE.raters as f64) as usize;
            if !raters.contains(&rater) {
                raters.push(rater);
            }
        }
        for rater in raters {
            let other =
                (truth + 1 + (uniform() * (SHAPE.classes - 1) as f64) as usize) % SHAPE.classes;
            let class = if uniform() < skills[rater] { truth } else { other };
            votes.push(Rating { unit, rater, class });
        }
    }
    votes
}
