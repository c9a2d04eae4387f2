//! `titer report`.

use super::failure::Failure;
use super::output::Output;
use super::prevalence::MeasureArgs;
use crate::ops::Program;
use crate::ops::report;
use crate::report::summary_line;
use clap::Args;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// Write prevalence, error rates and outcomes into one HTML file
#[derive(Debug, Args)]
#[command(after_help = "Example: titer report -o report.html")]
pub(super) struct ReportArgs {
    /// The file
    #[arg(short, long, value_name = "FILE", default_value = "report.html")]
    out: PathBuf,
    #[command(flatten)]
    measure: MeasureArgs,
}

pub(super) fn run(
    args: ReportArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let measured = report::report(&program, &args.measure.request(), &args.out)?;
    let lines: Vec<String> = measured.policies.iter().map(summary_line).collect();
    output.json(&json!({"report": args.out, "summary": lines}))?;
    output.text(&format!("{}\nreport in {}", lines.join("\n"), args.out.display()))?;
    Ok(())
}
