//! Seeded simulations: how often the default interval holds the truth.
//!
//! A short version of `cargo bench --bench coverage`, which runs every scenario at length and writes docs/coverage.md.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]
#![allow(
    dead_code,
    unreachable_pub,
    reason = "the study is shared with its long version, which uses all of it"
)]

#[path = "../benches/coverage/population.rs"]
mod population;
#[path = "../benches/coverage/study.rs"]
mod study;

use population::Exposure;
use population::Likeness;
use population::World;
use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use study::Gold;
use study::Sampling;
use study::Scenario;
use titer::measure::Code;
use titer::measure::PolicyPrevalence;
use titer::measure::Verdict;
use titer::stats::CellSums;
use titer::stats::Draws;
use titer::stats::GoldWeight;
use titer::stats::Interval;
use titer::stats::Level;
use titer::stats::Truth;
use titer::stats::Weight;
use titer::stats::post_stratified;
use titer::stats::two_phase_interval;

/// A unit of the population: what is true of it, what the labeler says, and its exposure.
#[derive(Clone, Copy)]
struct Unit {
    truth: Truth,
    cell: usize,
    exposure: f64,
}

fn interval(cells: &[CellSums], seed: u64) -> Interval {
    two_phase_interval(cells, Level::new(0.95).unwrap(), Draws::least(seed)).unwrap()
}

fn truth(rng: &mut Pcg64, prevalence: f64) -> Truth {
    if rng.random_bool(prevalence) { Truth::Positive } else { Truth::Negative }
}

/// Gives gold to `count` units of a cell chosen at random, and a place in the cell to all.
fn fill(cell: &mut CellSums, units: &[Truth], count: usize, rng: &mut Pcg64) {
    let weight = Weight::new(1.0, 1e-9).unwrap();
    units.iter().for_each(|_| cell.add_unit(weight));
    let chosen = GoldWeight::new(weight, count as f64 / units.len() as f64).unwrap();
    for place in rand::seq::index::sample(rng, units.len(), count) {
        cell.add_gold(chosen, units[place]);
    }
}

#[test]
fn the_default_interval_covers_at_half_a_percent_with_gold_on_every_flagged_unit() {
    const RUNS: u64 = 300;
    let (theta, sensitivity, specificity, n) = (0.005, 0.85, 0.995, 20_000);
    let mut rng = Pcg64::seed_from_u64(2026);
    let mut covered = 0;
    for run in 0..RUNS {
        let mut sample = [Vec::new(), Vec::new()];
        for _ in 0..n {
            let truth = truth(&mut rng, theta);
            let flags = if truth == Truth::Positive { sensitivity } else { 1.0 - specificity };
            sample[usize::from(!rng.random_bool(flags))].push(truth);
        }
        let mut cells = [CellSums::default(); 2];
        let all_flagged = sample[0].len();
        fill(&mut cells[0], &sample[0], all_flagged, &mut rng);
        fill(&mut cells[1], &sample[1], 816, &mut rng);
        let interval = interval(&cells, run);
        covered += u64::from(interval.low <= theta && theta <= interval.high);
    }
    let coverage = covered as f64 / RUNS as f64;
    assert!((0.93..=0.99).contains(&coverage), "covered {coverage} of {RUNS} runs");
}

/// Units with heavy-tailed exposure (Pareto 1.3); the labeler fails to answer three times as often on positives.
fn heavy_tailed_population(n: usize, prevalence: f64, rng: &mut Pcg64) -> Vec<Unit> {
    (0..n)
        .map(|_| {
            let truth = truth(rng, prevalence);
            let (no_answer, flags) =
                if truth == Truth::Positive { (0.06, 0.85) } else { (0.02, 0.005) };
            let cell =
                if rng.random_bool(no_answer) { 2 } else { usize::from(!rng.random_bool(flags)) };
            let uniform: f64 = rng.random_range(1e-12..1.0);
            Unit { truth, cell, exposure: uniform.powf(-1.0 / 1.3) }
        })
        .collect()
}

/// Draws a priority sample of `k` units in proportion to exposure.
fn priority_sample(population: &[Unit], k: usize, rng: &mut Pcg64) -> Vec<(Unit, Weight)> {
    let mut keys: Vec<(f64, usize)> = population
        .iter()
        .enumerate()
        .map(|(i, unit)| (rng.random_range(0.0..1.0) / unit.exposure, i))
        .collect();
    let (kept, threshold, _) = keys.select_nth_unstable_by(k, |a, b| a.0.total_cmp(&b.0));
    let weigh = |unit: Unit| {
        (unit, Weight::new(unit.exposure, (unit.exposure * threshold.0).min(1.0)).unwrap())
    };
    kept.iter().map(|(_, i)| weigh(population[*i])).collect()
}

/// Gives each unit of the sample gold with a probability in proportion to its weight, about `gold` in all.
fn cells_with_gold(sample: &[(Unit, Weight)], gold: f64, rng: &mut Pcg64) -> Vec<CellSums> {
    let mut cells = vec![CellSums::default(); 3];
    let mut totals = [(0.0_f64, 0.0_f64); 3];
    for (unit, weight) in sample {
        totals[unit.cell].0 += 1.0;
        totals[unit.cell].1 += weight.value();
    }
    // a quarter of the gold to each of flagged and no answer, as far as their units go; the rest to unflagged
    let small = [0, 2].map(|cell| totals[cell].0.min(gold / 4.0));
    let wanted = [small[0], gold - small[0] - small[1], small[1]];
    for (unit, weight) in sample {
        cells[unit.cell].add_unit(*weight);
        let rho = (wanted[unit.cell] * weight.value() / totals[unit.cell].1).min(1.0);
        if rng.random_bool(rho) {
            cells[unit.cell].add_gold(GoldWeight::new(*weight, rho).unwrap(), unit.truth);
        }
    }
    cells
}

#[test]
fn the_default_interval_covers_under_priority_sampling_of_heavy_tailed_exposure() {
    const RUNS: u64 = 120;
    let mut rng = Pcg64::seed_from_u64(2026);
    let population = heavy_tailed_population(200_000, 0.01, &mut rng);
    let exposure =
        |units: &mut dyn Iterator<Item = &Unit>| units.map(|unit| unit.exposure).sum::<f64>();
    let violating = exposure(&mut population.iter().filter(|unit| unit.truth == Truth::Positive));
    let theta = violating / exposure(&mut population.iter());
    let (mut covered, mut sum) = (0, 0.0);
    for run in 0..RUNS {
        let sample = priority_sample(&population, 5_000, &mut rng);
        let cells = cells_with_gold(&sample, 600.0, &mut rng);
        let interval = interval(&cells, run);
        covered += u64::from(interval.low <= theta && theta <= interval.high);
        sum += post_stratified(&cells).unwrap().value;
    }
    let coverage = covered as f64 / RUNS as f64;
    assert!(coverage >= 0.93, "covered {coverage} of {RUNS} runs");
    assert!(
        (sum / RUNS as f64 / theta - 1.0).abs() < 0.1,
        "mean {} for {theta}",
        sum / RUNS as f64
    );
}

const ITEMS: World =
    World { units: 20_000, prevalence: 0.02, exposure: Exposure::Once, likeness: Likeness::Alone };

/// Measures a few frames again and again by the program's own functions: frame, sample, labels, gold, estimate.
fn replicates(scenario: &Scenario) -> Vec<(f64, PolicyPrevalence)> {
    const FRAMES: u64 = 4;
    const EACH: u64 = 15;
    let of_frame = |frame| {
        let population = scenario.world.populate(scenario.seed() + frame);
        let seeds = scenario.seed() + frame * EACH..scenario.seed() + (frame + 1) * EACH;
        let measured = |seed| (population.truth, scenario.measured(&population, seed));
        seeds.map(measured).collect::<Vec<_>>()
    };
    (0..FRAMES).flat_map(of_frame).collect()
}

/// Checks that the 95 % interval of the default method holds the truth in all but 5 of 60 replicates.
///
/// An interval that holds it 95 times in 100 misses more often than that with probability 0.08, and one that holds it 93 times with
/// probability 0.24: sixty replicates find what is broken, docs/coverage.md what falls short. An interval that holds it 80 times in
/// 100, as one that ignores clusters does, misses more often with probability 0.99. The seeds are fixed, so a change of the result
/// is one of the method.
fn holds(scenario: Scenario) {
    let replicates = replicates(&scenario);
    let misses = replicates.iter().filter(|(truth, measured)| {
        let estimate = measured.corrected.as_ref().unwrap();
        !(estimate.low <= *truth && *truth <= estimate.high)
    });
    let misses = misses.count();
    assert!(misses <= 5, "{}: {misses} of {} missed", scenario.name(), replicates.len());
}

#[test]
fn it_holds_for_items_with_gold_by_label() {
    holds(Scenario { world: ITEMS, sampling: Sampling::Uniform(3000), gold: Gold::ByLabel(400) });
}

#[test]
fn it_holds_with_thirty_to_forty_gold_in_each_cell() {
    holds(Scenario { world: ITEMS, sampling: Sampling::Uniform(3000), gold: Gold::ByLabel(100) });
}

#[test]
fn it_holds_with_simple_random_gold() {
    let world = World { prevalence: 0.1, ..ITEMS };
    let gold = Gold::SimpleRandom(300);
    holds(Scenario { world, sampling: Sampling::Uniform(3000), gold });
}

#[test]
fn it_holds_for_views_with_heavy_tails_sampled_by_exposure_and_score() {
    let world = World { exposure: Exposure::Pareto, ..ITEMS };
    let gold = Gold::ByLabel(400);
    holds(Scenario { world, sampling: Sampling::Score(2000), gold });
}

#[test]
fn it_holds_for_groups_of_near_duplicates_sampled_whole() {
    let world = World { likeness: Likeness::NearDuplicates, prevalence: 0.05, ..ITEMS };
    let gold = Gold::ByLabel(800);
    holds(Scenario { world, sampling: Sampling::Groups(0.15), gold });
}

#[test]
fn it_holds_for_accounts_sampled_whole() {
    let world = World { likeness: Likeness::Accounts, prevalence: 0.15, ..ITEMS };
    let gold = Gold::ByLabel(800);
    holds(Scenario { world, sampling: Sampling::Groups(0.15), gold });
}

#[test]
fn a_sample_that_ignores_heavy_exposure_is_never_published_without_a_word() {
    let world = World { exposure: Exposure::Pareto, ..ITEMS };
    let gold = Gold::ByLabel(400);
    let scenario = Scenario { world, sampling: Sampling::Uniform(3000), gold };
    for (_, measured) in replicates(&scenario) {
        assert_ne!(measured.verdict, Verdict::Publishable);
        assert!(measured.findings.iter().any(|finding| finding.code == Code::LowEss));
    }
}
