//! `titer simulate`.

use super::failure::Failure;
use super::number::count;
use super::number::share;
use super::output::Output;
use super::progress;
use super::width::counted;
use crate::ops::OpsError;
use crate::ops::Program;
use crate::ops::simulate;
use crate::ops::simulate::Rates;
use crate::ops::simulate::SimulateRequest;
use clap::Args;
use serde_json::json;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Run an OpenAI-compatible endpoint on this machine whose errors are known
#[derive(Debug, Args)]
#[command(after_help = "\
Example: titer simulate --units units.jsonl --truth truth.csv --sensitivity 0.85 --specificity 0.97

It listens on 127.0.0.1 only and answers by each unit's hidden truth, with the errors you set. It does not read: it \
knows the units you name and, in a project, the examples and tests of its policies. Other units are violating at the \
share --prevalence, always the same ones. Ctrl-C stops it.")]
pub(super) struct SimulateArgs {
    /// Port; 0 takes any free one
    #[arg(long, value_name = "PORT", default_value = "8089")]
    port: u16,
    /// Units whose truth is known (JSONL or CSV)
    #[arg(long, value_name = "FILE", requires = "truth")]
    units: Option<PathBuf>,
    /// Their true labels: id, policy, label (CSV or JSONL)
    #[arg(long, value_name = "FILE", requires = "units")]
    truth: Option<PathBuf>,
    /// Error rates by policy, as JSON
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Share of violating units that get a violating label
    #[arg(long, value_name = "SHARE", default_value = "0.85", value_parser = share)]
    sensitivity: f64,
    /// Share of allowed units that get the allowed label
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    specificity: f64,
    /// Share of units that get no answer
    #[arg(long, value_name = "SHARE", default_value = "0.02", value_parser = share)]
    no_answer: f64,
    /// Share of violating units among those whose truth is not given
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = share)]
    prevalence: f64,
    /// Seeds every draw
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Milliseconds each answer takes
    #[arg(long, value_name = "MS", default_value = "0")]
    latency: u64,
    /// Requests a minute above which it answers 429 with Retry-After
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    rpm: Option<NonZeroU32>,
    /// Environment variable with the key it asks for; without one it takes any
    #[arg(long, value_name = "VARIABLE")]
    key_env: Option<String>,
    /// Refuse strict schemas, as some servers do
    #[arg(long)]
    without_schema: bool,
}

pub(super) fn run(
    args: SimulateArgs,
    project: Option<&std::path::Path>,
    output: &Output,
) -> Result<(), Failure> {
    let key = match &args.key_env {
        None => None,
        Some(name) => Some(std::env::var(name).map_err(|_| {
            Failure::change(
                format!("the variable {name} is not set"),
                format!("set it: export {name}=…"),
            )
        })?),
    };
    let program = Program::open(project)?;
    let request = SimulateRequest {
        units: args.units,
        truth: args.truth,
        errors: args.errors,
        rates: Rates {
            sensitivity: args.sensitivity,
            specificity: args.specificity,
            no_answer: args.no_answer,
        },
        prevalence: args.prevalence,
        seed: args.seed,
        latency: Duration::from_millis(args.latency),
        rpm: args.rpm,
        key,
        without_schema: args.without_schema,
    };
    let simulation = simulate::simulation(&program, &request)?;
    progress::runtime()?.block_on(async {
        let cancel = CancellationToken::new();
        let mut running =
            simulation.start(args.port, cancel.clone()).await.map_err(OpsError::from)?;
        output.json(&json!({"base_url": running.base_url()}))?;
        output.text(&format!("listening on {} · Ctrl-C stops", running.base_url()))?;
        let counters = running.counters();
        tokio::select! {
            ended = running.ended() => ended?,
            () = progress::stopped() => {
                running.stop().await?;
            }
        }
        let counts = counters.now();
        output.note(&format!(
            "{}, {} answered, {} refused for coming too fast",
            counted(counts.requests, "request"),
            counts.answers,
            counts.refused
        ));
        Ok(())
    })
}
