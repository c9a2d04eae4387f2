//! `titer demo`.

use super::failure::Failure;
use super::output::Output;
use super::prevalence;
use super::progress;
use super::table::table;
use crate::measure::Estimate;
use crate::measure::Missing;
use crate::ops::Tally;
use crate::ops::demo;
use crate::ops::demo::Demonstrated;
use crate::ops::prevalence::PrevalenceJson;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::time::Instant;
use tokio::sync::watch;

/// Run the whole loop on an example whose truth is known: no key, no network
#[derive(Debug, Args)]
#[command(
    after_help = "Example: titer demo\n\nIt leaves a project behind in which every verb works: cd titer-demo && titer prevalence -v"
)]
pub(super) struct DemoArgs {
    /// Where the project goes
    #[arg(value_name = "DIR", default_value = "titer-demo")]
    dir: PathBuf,
}

pub(super) fn run(args: DemoArgs, output: &Output) -> Result<(), Failure> {
    let started = Instant::now();
    let (progress, tally) = watch::channel(Tally::default());
    let shown = progress::runtime()?.block_on(async {
        tokio::select! {
            done = demo::demo(&args.dir, progress) => done,
            never = progress::watch(tally, output) => match never {},
        }
    })?;
    output.json(&json!({
        "dir": shown.dir,
        "report": shown.report,
        "truth": shown.truth,
        "prevalence": PrevalenceJson::from(&shown.measured),
    }))?;
    output.text(&text(&shown, output, started))?;
    Ok(())
}

fn text(shown: &Demonstrated, output: &Output, started: Instant) -> String {
    let covered = shown.measured.policies.iter().filter(|policy| {
        let truth = shown.truth.get(&policy.subject.policy);
        truth
            .zip(policy.corrected.as_ref().ok())
            .is_some_and(|(truth, made)| made.low <= *truth && *truth <= made.high)
    });
    let covered = covered.count();
    let rows: Vec<Vec<String>> = shown
        .measured
        .policies
        .iter()
        .map(|policy| {
            let truth = shown.truth.get(&policy.subject.policy);
            vec![
                policy.subject.policy.clone(),
                value(&policy.naive),
                with_interval(&policy.corrected),
                truth.map_or_else(String::new, |truth| percent(*truth)),
            ]
        })
        .collect();
    let labelled = &shown.labelled;
    let unanswered =
        labelled.summary.tally.labels - labelled.summary.tally.of(crate::reply::Outcome::Label);
    let mut text = format!(
        "{} of {} corrected intervals cover the truth\n\n{}\n\n{} units, {} policies, labeled by a simulated model whose error rates are known; {unanswered} without an answer.\n\
         People judged 300 of the units; their gold corrects the model. It took {:.1} s.",
        covered,
        shown.measured.policies.len(),
        table(&["policy", "naive", "corrected [95 % interval]", "truth"], &[1, 2, 3], &rows),
        labelled.units,
        shown.measured.policies.len(),
        started.elapsed().as_secs_f64(),
    );
    if output.verbosity == super::output::Verbosity::Verbose {
        text.push_str(&format!("\n\n{}", prevalence::text(&shown.measured, output)));
    }
    text.push_str(&format!(
        "\n\nreport: {}\nnext:   cd {} && titer prevalence",
        shown.report.display(),
        shown.dir.display()
    ));
    text
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn value(estimate: &Result<Estimate, Missing>) -> String {
    estimate.as_ref().map_or_else(|_| "none".to_owned(), |made| percent(made.value))
}

fn with_interval(estimate: &Result<Estimate, Missing>) -> String {
    match estimate {
        Ok(made) => {
            format!("{} [{:.2}, {:.2}]", percent(made.value), made.low * 100.0, made.high * 100.0)
        }
        Err(missing) => missing.to_string(),
    }
}
