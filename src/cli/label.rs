//! `titer label`.

use super::failure;
use super::failure::Failure;
use super::number::above_zero;
use super::number::count;
use super::number::share;
use super::output::Output;
use super::output::Verbosity;
use super::progress;
use super::width::counted;
use super::width::fitted;
use crate::ops::AdHoc;
use crate::ops::Ending;
use crate::ops::OpsError;
use crate::ops::Program;
use crate::ops::Tally;
use crate::ops::label;
use crate::ops::label::LabelRequest;
use crate::ops::label::Labelled;
use crate::ops::label::Shortfall;
use crate::reply::Outcome;
use crate::requests::Forecast;
use clap::Args;
use serde_json::Value;
use serde_json::json;
use std::fs;
use std::io;
use std::num::NonZeroU32;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Label units that have no label yet; stop and run again at will
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  titer label
  titer label -o labels.jsonl --min-answered 0.95
  titer label units.jsonl --policy p.yaml --url http://127.0.0.1:8080/v1 --model qwen
  cat units.jsonl | titer label - -o - > labels.jsonl

Every answer is on disk before it counts, and is never asked for again.")]
pub(super) struct LabelArgs {
    /// Units (JSONL or CSV; - for standard input); the project's when absent
    #[arg(value_name = "UNITS")]
    units: Option<PathBuf>,
    /// Policy file, or id of one of the project's policies; repeat for several, all in use when absent
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    #[command(flatten)]
    labeler: LabelerArgs,
    /// Write one row a unit and policy, whatever its outcome (JSONL or CSV; - for standard output)
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Requests in flight at once
    #[arg(long, value_name = "N", value_parser = count::<NonZeroUsize>)]
    in_flight: Option<NonZeroUsize>,
    /// Requests a minute
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU32>)]
    rpm: Option<NonZeroU32>,
    /// Stop before more than this is spent; the labeler needs prices
    #[arg(long, value_name = "USD", value_parser = above_zero)]
    max_usd: Option<f64>,
    /// Take no more requests after so many seconds
    #[arg(long, value_name = "SECONDS")]
    deadline: Option<u64>,
    /// Exit with 1 when a smaller share of rows than this has an answer (0 to 1)
    #[arg(long, value_name = "SHARE", value_parser = share)]
    min_answered: Option<f64>,
    /// Write the counts to a JSON file
    #[arg(long, value_name = "FILE")]
    summary: Option<PathBuf>,
    /// Show requests, tokens and cost without sending anything
    #[arg(long)]
    dry_run: bool,
}

/// Keeps the options that choose a labeler together.
const WHO: &str = "Labeler";

/// Who labels.
#[derive(Debug, Clone, Args)]
pub(super) struct LabelerArgs {
    /// Labeler of titer.yaml; the only one, or `main`, when absent
    #[arg(help_heading = WHO, long, value_name = "NAME", conflicts_with_all = ["url", "model"])]
    labeler: Option<String>,
    /// Base URL of an OpenAI-compatible endpoint, such as http://127.0.0.1:8080/v1
    #[arg(help_heading = WHO, long, value_name = "URL", requires = "model")]
    url: Option<String>,
    /// Model at that URL
    #[arg(help_heading = WHO, long, value_name = "NAME", requires = "url")]
    model: Option<String>,
    /// Environment variable that holds the key for that URL
    #[arg(help_heading = WHO, long, value_name = "VARIABLE", requires = "url")]
    key_env: Option<String>,
    /// One call a policy rather than one for all of them
    #[arg(help_heading = WHO, long)]
    separate: bool,
}

impl LabelerArgs {
    pub(super) fn ad_hoc(&self) -> AdHoc {
        AdHoc {
            name: self.labeler.clone(),
            url: self.url.clone(),
            model: self.model.clone(),
            key_env: self.key_env.clone(),
            separate: self.separate,
        }
    }
}

pub(super) fn run(args: LabelArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let request = LabelRequest {
        units: args.units,
        policies: args.policies,
        labeler: args.labeler.ad_hoc(),
        out: args.out,
        in_flight: args.in_flight,
        rpm: args.rpm,
        max_usd: args.max_usd,
        deadline: args.deadline.map(Duration::from_secs),
        min_answered: args.min_answered,
    };
    if args.dry_run {
        let forecast = label::forecast(&program, &request)?;
        output.json(&forecast_json(&forecast))?;
        output.text(&fitted(&forecast_text(&forecast)))?;
        return Ok(());
    }
    args.summary.as_deref().map_or(Ok(()), check_folder)?;
    let started = Instant::now();
    let labelled = send(&program, request, output)?;
    let to_stdout = labelled.out.as_deref() == Some(Path::new("-"));
    let json = labelled_json(&labelled);
    if let Some(path) = &args.summary {
        let written = fs::write(path, format!("{json:#}\n"));
        written.map_err(|error| OpsError::file("write", path, &error))?;
    }
    let said = labelled_text(&labelled, started.elapsed(), output.verbosity);
    if to_stdout {
        output.note(&said);
    } else {
        output.json(&json)?;
        output.text(&fitted(&said))?;
    }
    ending(&labelled)
}

/// Refuses a file whose folder is not there before anything is sent or paid for.
fn check_folder(path: &Path) -> Result<(), OpsError> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(OpsError::file("write", path, &io::ErrorKind::NotFound.into()))
        }
        Some(_) | None => Ok(()),
    }
}

fn send(program: &Program, request: LabelRequest, output: &Output) -> Result<Labelled, Failure> {
    let labeling = label::prepare(program, request)?;
    let cancel = CancellationToken::new();
    let (progress, tally) = watch::channel(Tally::default());
    progress::runtime()?.block_on(async {
        tokio::select! {
            done = labeling.run(cancel.clone(), progress) => Ok(done?),
            never = progress::watch(tally, output) => match never {},
            never = progress::until_interrupted(cancel.clone()) => match never {},
        }
    })
}

/// What a script must know beside the counts. It is said on standard error, also under `-q`.
fn ending(labelled: &Labelled) -> Result<(), Failure> {
    if let Some(reason) = &labelled.summary.stopped {
        failure::say(
            &format!("stopped early: {reason}"),
            Some("every answer so far is recorded and will not be asked for again"),
        );
        return Err(Failure::Said(Ending::StoppedEarly));
    }
    if let Some(Shortfall { answered, of, asked }) = labelled.shortfall {
        failure::say(
            &format!("{answered} of {of} rows have an answer, a smaller share than {asked}"),
            Some("write the rows with -o FILE to see what the others ended as"),
        );
        return Err(Failure::Said(Ending::NotPassed));
    }
    Ok(())
}

fn outcomes(tally: &Tally) -> Vec<(&'static str, u64)> {
    Outcome::ALL
        .into_iter()
        .map(|outcome| (outcome.name(), tally.of(outcome)))
        .filter(|(_, count)| *count > 0)
        .collect()
}

fn labelled_json(labelled: &Labelled) -> Value {
    let tally = &labelled.summary.tally;
    let outcomes: serde_json::Map<String, Value> =
        outcomes(tally).into_iter().map(|(name, count)| (name.to_owned(), count.into())).collect();
    json!({
        "units": labelled.units,
        "answered_before": labelled.answered_before,
        "requests": tally.requests,
        "finished": tally.finished,
        "labels": tally.labels,
        "outcomes": outcomes,
        "attempts": tally.attempts,
        "retries": tally.retries,
        "rate_limited": tally.rate_limited,
        "input_tokens": tally.billed.input_tokens,
        "cached_tokens": tally.billed.cached_tokens,
        "output_tokens": tally.billed.output_tokens,
        "cost_usd": tally.billed.cost_usd,
        "stopped": labelled.summary.stopped.as_ref().map(ToString::to_string),
        "fell_back_to_json_by_prompt": labelled.fell_back,
    })
}

fn labelled_text(labelled: &Labelled, elapsed: Duration, verbosity: Verbosity) -> String {
    let tally = &labelled.summary.tally;
    let mut parts = vec![counted(tally.of(Outcome::Label), "label")];
    parts.extend(
        outcomes(tally)
            .into_iter()
            .filter(|(name, _)| *name != Outcome::Label.name())
            .map(|(name, count)| format!("{count} {name}")),
    );
    if labelled.answered_before > 0 {
        let before = counted(labelled.answered_before as u64, "request");
        parts.push(format!("{before} answered before"));
    }
    parts.push(progress::duration(elapsed.as_secs_f64()));
    parts.extend(tally.billed.cost_usd.map(|usd| format!("{usd:.4} USD")));
    let mut text = parts.join(" · ");
    if labelled.fell_back {
        text.push_str("\nthe endpoint refuses strict schemas: answers come as JSON by prompt, which is remembered");
    }
    if let Some(out) = labelled.out.as_deref().filter(|out| *out != Path::new("-")) {
        let so_far = if labelled.summary.stopped.is_some() { "rows so far" } else { "rows" };
        text.push_str(&format!("\n{so_far} in {}", out.display()));
    }
    if verbosity == Verbosity::Verbose {
        text.push_str(&format!(
            "\n{}, {} of them repeated, {} rate-limited; {} + {} tokens",
            counted(tally.attempts, "call"),
            tally.retries,
            tally.rate_limited,
            tally.billed.input_tokens,
            tally.billed.output_tokens
        ));
    }
    text
}

fn forecast_json(forecast: &Forecast) -> Value {
    json!({
        "requests": forecast.requests,
        "calls": forecast.calls,
        "answered_before": forecast.answered,
        "input_tokens": forecast.input_tokens,
        "input_tokens_are_estimated": forecast.estimated,
        "output_tokens_at_most": forecast.output_tokens_at_most,
        "cost_usd_at_most": forecast.usd_at_most,
    })
}

fn forecast_text(forecast: &Forecast) -> String {
    let cost = match forecast.usd_at_most {
        Some(usd) => format!("at most {usd:.2} USD"),
        None => "cost unknown: the labeler has no `price`".to_owned(),
    };
    let calls = match forecast.calls {
        calls if calls == forecast.requests => String::new(),
        calls => format!(" in {calls} calls"),
    };
    let how = if forecast.estimated { "estimated" } else { "counted" };
    format!(
        "{} to send{calls}, {} answered before · {cost}\nabout {} tokens in ({how}), at most {} out",
        counted(forecast.requests, "request"),
        forecast.answered,
        forecast.input_tokens,
        forecast.output_tokens_at_most
    )
}
