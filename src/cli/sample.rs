//! `titer sample`.

use super::failure::Failure;
use super::number::count;
use super::number::share;
use super::output::Output;
use super::width::fitted;
use crate::ops::Program;
use crate::ops::sample;
use crate::ops::sample::SampleDesign;
use crate::ops::sample::SampleRequest;
use crate::ops::sample::Sampled;
use crate::sampling::GateVerdict;
use crate::sampling::ScoreTransform;
use crate::unit::Design;
use clap::Args;
use clap::ValueEnum;
use serde_json::json;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

/// Draw a probability sample of the units, with the probability of each
#[derive(Debug, Args)]
#[command(after_help = "\
Example: titer sample units.csv --size 2000 --salt safety-2026 -o sample.jsonl

The same units, size and salt give the same sample on every machine.")]
pub(super) struct SampleArgs {
    /// The frame (JSONL or CSV); the project's units when absent
    #[arg(value_name = "UNITS")]
    units: Option<PathBuf>,
    /// Units to draw
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    size: Option<NonZeroUsize>,
    /// In proportion to exposure and risk, or every unit alike [default: priority]
    #[arg(long, value_name = "DESIGN")]
    design: Option<DesignArg>,
    /// Names the permanent random numbers
    #[arg(long, value_name = "TEXT")]
    salt: Option<String>,
    /// Share of the size that does not depend on the score [default: 0.2]
    #[arg(long, value_name = "SHARE", value_parser = share)]
    floor: Option<f64>,
    /// How the score enters the size [default: sqrt]
    #[arg(long, value_name = "HOW")]
    score: Option<ScoreArg>,
    /// Where the sample goes (JSONL or CSV; - for standard output) [default: sample.jsonl]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DesignArg {
    Priority,
    Uniform,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScoreArg {
    Sqrt,
    Identity,
    None,
}

pub(super) fn run(
    args: SampleArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let request = SampleRequest {
        frame: args.units,
        out: args.out,
        size: args.size,
        design: args.design.map(|design| match design {
            DesignArg::Priority => SampleDesign::Priority,
            DesignArg::Uniform => SampleDesign::Uniform,
        }),
        salt: args.salt,
        floor: args.floor,
        score: args.score.map(|score| match score {
            ScoreArg::Sqrt => ScoreTransform::Sqrt,
            ScoreArg::Identity => ScoreTransform::Identity,
            ScoreArg::None => ScoreTransform::None,
        }),
    };
    let sampled = sample::sample(&program, &request)?;
    if sampled.manifest_path.is_none() {
        // The sample itself went to standard output.
        output.note(&text(&sampled));
        return Ok(());
    }
    let manifest = &sampled.manifest;
    output.json(&json!({
        "sample": sampled.out,
        "manifest": sampled.manifest_path,
        "design": manifest.design.name(),
        "size": manifest.size,
        "frame_rows": manifest.frame_rows,
        "frame_exposure": manifest.frame_exposure,
        "threshold": manifest.threshold,
        "certain": manifest.quality.certain,
        "effective_share": manifest.quality.effective_share,
    }))?;
    output.text(&fitted(&text(&sampled)))?;
    Ok(())
}

fn text(sampled: &Sampled) -> String {
    let manifest = &sampled.manifest;
    let mut text = format!(
        "{} of {} units drawn · {} · {} with certainty · effective share {:.2}",
        manifest.size,
        manifest.frame_rows,
        manifest.design.name(),
        manifest.quality.certain,
        manifest.quality.effective_share
    );
    if manifest.design == Design::Census {
        text.push_str(&format!(
            "\n{} were asked for, so every unit is in: a census, without sampling error",
            manifest.asked
        ));
    }
    for gate in manifest.quality.gates.iter().filter(|gate| gate.verdict != GateVerdict::Passed) {
        text.push_str(&format!(
            "\nwarning: {} is {:.3}, more than {}",
            gate.kind.name(),
            gate.value,
            gate.bound
        ));
    }
    if let Some(path) = &sampled.manifest_path {
        text.push_str(&format!(
            "\nsample in {}, its record in {}\nnext: titer label",
            sampled.out.display(),
            path.display()
        ));
        if !sampled.is_default {
            text.push_str(&format!(" {}", sampled.out.display()));
        }
    }
    text
}
