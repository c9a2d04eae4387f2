//! How often the default interval holds the truth: `cargo bench --bench coverage` writes docs/coverage.md.
//!
//! `-- PART` runs the scenarios whose family or row has that text in it and prints them without writing; `TITER_REPLICATES` changes the
//! replicates of each scenario, 300 unless told. Everything is seeded, and the result does not depend on the number of threads.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    dead_code,
    missing_docs,
    unreachable_pub,
    reason = "a benchmark may panic, prints what it measured, and shares its parts with tests/coverage.rs"
)]

#[path = "coverage/population.rs"]
mod population;
#[path = "coverage/scenarios.rs"]
mod scenarios;
#[path = "coverage/study.rs"]
mod study;
#[path = "coverage/table.rs"]
mod table;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Instant;
use study::Replicate;
use study::Scenario;
use table::Summary;

/// Frames of each scenario; with heavy tails one frame differs much from another.
const FRAMES: u64 = 20;
const REPLICATES: u64 = 300;
const THREADS: u64 = 2;

fn main() {
    let part = std::env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let replicates = std::env::var("TITER_REPLICATES").ok();
    let replicates = replicates.map_or(REPLICATES, |count| count.parse().unwrap());
    let started = Instant::now();
    let mut page = String::new();
    for family in scenarios::families() {
        let wanted = |text: &str| part.as_ref().is_none_or(|part| text.contains(part));
        let whole = wanted(family.title);
        let rows: Vec<&Scenario> =
            family.scenarios.iter().filter(|row| whole || wanted(&row.name())).collect();
        if rows.is_empty() {
            continue;
        }
        write!(page, "## {}\n\n{}\n\n{}\n", family.title, family.about, table::HEADING).unwrap();
        println!("{}", family.title);
        for row in rows {
            let line = run(row, replicates).row(&row.name());
            println!("{line}");
            writeln!(page, "{line}").unwrap();
        }
        page.push('\n');
    }
    println!("{replicates} replicates a scenario, {:.0} s", started.elapsed().as_secs_f64());
    if part.is_none() {
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/coverage.md");
        fs::write(place, format!("{}{page}", preface(replicates))).unwrap();
    }
}

/// Runs the replicates, each frame on one thread, and adds them up in the order of the frames.
fn run(scenario: &Scenario, replicates: u64) -> Summary {
    let family = scenario.seed();
    let of_frame = |frame: u64| -> Vec<Replicate> {
        let population = scenario.world.populate(family + frame);
        let numbers = (frame * replicates / FRAMES)..((frame + 1) * replicates / FRAMES);
        numbers.map(|number| scenario.replicate(&population, family + number)).collect()
    };
    let mut frames: Vec<(u64, Vec<Replicate>)> = std::thread::scope(|scope| {
        let share = |thread: u64| (0..FRAMES).filter(move |frame| frame % THREADS == thread);
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                scope.spawn(move || -> Vec<_> {
                    share(thread).map(|frame| (frame, of_frame(frame))).collect()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    frames.sort_by_key(|(frame, _)| *frame);
    let mut summary = Summary::default();
    frames
        .iter()
        .flat_map(|(_, replicates)| replicates)
        .for_each(|replicate| summary.add(replicate));
    summary
}

fn preface(replicates: u64) -> String {
    let told = if replicates == REPLICATES {
        String::new()
    } else {
        format!("TITER_REPLICATES={replicates} ")
    };
    format!(
        "# How often the default interval holds the truth

`{told}cargo bench --bench coverage` prints the rows and writes this page: {replicates} replicates of each scenario on {FRAMES} frames, seeded, level 95 %.
`TITER_REPLICATES=100 cargo bench --bench coverage -- accounts` runs a part of it, with fewer. With {replicates} replicates a coverage of 95 % shows a standard
error of {error:.1} points, and of more where frames differ (heavy tails): a row at 92.5 may be one
of 95, as that of views at 4.6 % with 600 gold is: `TITER_REPLICATES=1500 cargo bench --bench coverage -- \"priority 5000, by label 600\"` prints 95.1 ± 0.6 for it.

Every replicate draws a sample, gold and an estimate by the functions the program itself uses (`sampling`, `gold::draw`, `measure::prevalence`), with the
settings of `titer prevalence` except 20,000 draws in place of 50,000. Frames are made so that nothing is as a textbook has it: violations and both kinds
of errors depend on a risk score (sensitivity .55 to .95; false positives nine times as frequent at the top as at the bottom), and units
stay without an answer three times as often when they violate (6 % against 2 %). The truth is that of the frame.

What to conclude:

- Where sample and gold are drawn as titer draws them, the interval holds the truth as often as it says, within what the simulation can tell, from .1 to 20 %, with
  100 gold units as with 2,000, with heavy tails and with groups sampled whole. Where violations are rare it is wide, and holds more often than it says.
- The least is where about two violations were to be expected in the unflagged gold, as at 4 to 5 % with 240 units of it: when none of them turns up, the upper limit may be
  too low. That measurement says so (S022, provisional), with what may hide there.
- The level is that of all measurements, not of those with a verdict: a verdict depends on what gold happened to find. Near .1 % with 300 to 600 gold units a
  *publishable* estimate is one for which gold found a rare violation, and holds 70 to 94 times in 100; 2,000 gold units are enough.
- Gold alone, drawn by label, falls short wherever the gold of unflagged units may find nothing. Rogan-Gladen with as much gold is up to several times as wide, and
  falls short with heavy tails.
- A simple random sample of views, or gold drawn without regard to exposure, misses the few heavy units (last table): S015 says so in 7 of 10 cases or more.

Columns:

- *gold by cell*: mean numbers of gold units, flagged / unflagged / no answer, after merging.
- *estimate / truth*: mean of the corrected estimate over the truth. *s.e. / sd*: root of the mean variance printed over the real spread.
- *holds % · width*: share of the intervals that hold the truth, and their mean width in percentage points; ± the standard error of the simulation.
- *default*: corrected prevalence, two-phase with `kg_meld`. *Below/above*: the truth lay below the lower limit, above the upper one.
- *gold only*: the same gold without the labels. *Rogan-Gladen*: error rates from as much gold, drawn as a simple random part of the same
  sample, for by-label gold tells none; on every fourth replicate, and where it was withheld it does not count.
- *publishable*, *provisional*: share of the replicates with that verdict, and how often the default interval held among them.
- *S008*, *S014*, *S015*: share of the replicates that said gold is thin, one unit heavy, weights uneven. Fewer than 300 gold units in all always say S008.

",
        error = 100.0 * (0.95 * 0.05 / replicates as f64).sqrt()
    )
}
