//! `titer check`.

use super::failure::Failure;
use super::failure::shown;
use super::output::Output;
use super::width::counted;
use crate::diag;
use crate::ops::Ending;
use crate::ops::check;
use crate::ops::check::Checked;
use crate::ops::explain;
use clap::Args;
use clap::ValueEnum;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

/// How soon a change is seen.
const AGAIN: Duration = Duration::from_millis(300);

/// Find every mistake in policies, suites and titer.yaml, with its line and column
#[derive(Debug, Args)]
#[command(after_help = "Example: titer check policies/harassment.yaml")]
pub(super) struct CheckArgs {
    /// Policies, shared terms, suites, folders of them, or a titer.yaml; the whole project when absent
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print for another program, in place of text or JSON
    #[arg(long, value_name = "FORM")]
    annotate: Option<Annotate>,
    /// Check again whenever a file changes, until Ctrl-C
    #[arg(long, conflicts_with = "annotate")]
    watch: bool,
}

/// Forms other programs take.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Annotate {
    /// Annotations of a GitHub Actions run
    Github,
    /// SARIF 2.1.0, for code scanning
    Sarif,
}

pub(super) fn run(
    args: &CheckArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    if args.watch {
        return watch(args, project, output);
    }
    let mut found = check::check(&args.paths, project)?;
    found.compare_with_gold();
    show(args, &found, output)
}

/// Checks, waits until what was read changes, and checks again.
fn watch(args: &CheckArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let mut seen = None;
    loop {
        // Comparing the texts themselves misses no change, whatever a file's clock says.
        let mut found = check::check(&args.paths, project)?;
        let now: Vec<String> =
            found.sources.iter().map(|source| source.text().to_owned()).collect();
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            found.compare_with_gold();
            match show(args, &found, output) {
                Ok(()) | Err(Failure::Said(_)) => {}
                Err(failure) => return Err(failure),
            }
        }
        std::thread::sleep(AGAIN);
    }
}

fn show(args: &CheckArgs, checked: &Checked, output: &Output) -> Result<(), Failure> {
    let errors = checked.errors();
    let warnings = checked.diagnostics.len() - errors;
    let ending = if errors == 0 { Ok(()) } else { Err(Failure::Said(Ending::NotPassed)) };
    match args.annotate {
        Some(Annotate::Github) if checked.diagnostics.is_empty() => return ending,
        Some(Annotate::Github) => {
            output.raw(&diag::github(&checked.diagnostics))?;
            return ending;
        }
        Some(Annotate::Sarif) => {
            let page = |code: &str| explain::explain(code).ok();
            output.raw(&format!("{:#}", diag::sarif(&checked.diagnostics, page)))?;
            return ending;
        }
        None => {}
    }
    let list: Vec<_> = checked.diagnostics.iter().map(diag::Diagnostic::to_json).collect();
    output.json(&json!({"files": checked.files, "errors": errors, "warnings": warnings, "diagnostics": list}))?;
    let verdict = match (errors, warnings) {
        (0, 0) => "no mistakes".to_owned(),
        (0, _) => format!("{warnings} to look at, none that stops a run"),
        (_, 0) => format!("{errors} to mend"),
        (_, _) => format!("{errors} to mend, {warnings} to look at"),
    };
    let mut text = shown(&checked.diagnostics, &checked.sources);
    if !text.is_empty() {
        text.push('\n');
    }
    output.text(&format!("{text}{}: {verdict}", counted(checked.files as u64, "file")))?;
    checked.notes.iter().for_each(|note| output.note(note));
    ending
}
