//! `titer gold`.

use super::agreement::agreement_text;
use super::failure::Failure;
use super::label::LabelerArgs;
use super::number::count;
use super::output::Output;
use super::queue;
use super::table::table;
use super::width::counted;
use super::width::fitted;
use crate::ops::Program;
use crate::ops::gold;
use crate::ops::gold::DrawRequest;
use crate::ops::gold::Drawn;
use crate::ops::gold::Session;
use crate::ops::gold::Status;
use clap::Args;
use clap::Subcommand;
use std::num::NonZeroUsize;
use std::path::Path;
use std::path::PathBuf;

/// The human side: draw units, answer them blind, bring gold in and out
#[derive(Debug, Subcommand)]
pub(super) enum GoldCommand {
    Draw(DrawArgs),
    Label(GoldLabelArgs),
    Import(ImportArgs),
    Export(ExportArgs),
    Status(StatusArgs),
}

/// Draw labeled units for people to judge, with recorded probabilities
#[derive(Debug, Args)]
#[command(after_help = "Example: titer gold draw --size 300")]
pub(super) struct DrawArgs {
    /// Units to draw (with --by-label: for each policy)
    #[arg(long, value_name = "N", default_value = "300", value_parser = count::<NonZeroUsize>)]
    size: NonZeroUsize,
    /// Draw more of what the model flagged: better for rare violations
    #[arg(long)]
    by_label: bool,
    /// Names the permanent random numbers; never the sample's salt
    #[arg(long, value_name = "TEXT")]
    salt: Option<String>,
    /// Policy file or id; repeat for several, all in use when absent
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    #[command(flatten)]
    labeler: LabelerArgs,
    /// The labeled units; the project's when absent
    #[arg(value_name = "UNITS")]
    units: Option<PathBuf>,
}

/// Judge the drawn units, one key each, without seeing the model's label
#[derive(Debug, Args)]
#[command(
    after_help = "Example: titer gold label --rater ann\n\nEvery answer is on disk before the next unit is shown. Leave with q and come back any time."
)]
pub(super) struct GoldLabelArgs {
    /// Who judges; the login name when absent
    #[arg(long, value_name = "NAME", env = "USER", default_value = "rater")]
    rater: String,
    /// The file the drawn units are in; the project's when absent
    #[arg(value_name = "UNITS")]
    units: Option<PathBuf>,
}

/// Record gold from a CSV or JSONL file: id, policy, label, and optionally rater, probability, drawn_at, note
#[derive(Debug, Args)]
#[command(after_help = "Example: titer gold import gold.csv")]
pub(super) struct ImportArgs {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Print the drawn units as a CSV sheet to fill in elsewhere and import again
#[derive(Debug, Args)]
#[command(after_help = "Example: titer gold export > sheet.csv")]
pub(super) struct ExportArgs {}

/// Show how far the latest draw is, and how far its raters agree
#[derive(Debug, Args)]
#[command(
    after_help = "Example: titer gold status --format json\n\nAgreement rests on the units that two or more raters answered; label them with several names (titer gold label --rater NAME) or\nimport a sheet with a column rater. Without a draw it is that of the file `gold: {from: …}` names."
)]
pub(super) struct StatusArgs {}

pub(super) fn run(
    command: GoldCommand,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let program = Program::open(project)?;
    match command {
        GoldCommand::Draw(args) => draw(&program, args, output),
        GoldCommand::Label(args) => label(&program, &args, output),
        GoldCommand::Import(args) => {
            let imported = gold::import(&program, &args.file)?;
            output.json(&imported)?;
            let about = match &imported.draw {
                Some(draw) => format!("as answers to draw {draw}"),
                None => "not from the latest draw: say in titer.yaml how its units were chosen (gold: {drawn: …})".to_owned(),
            };
            output.text(&fitted(&format!(
                "{} of {} recorded, {} said so before; {about}",
                counted(imported.annotations as u64, "annotation"),
                counted(imported.units as u64, "unit"),
                imported.unchanged
            )))?;
            Ok(())
        }
        GoldCommand::Export(ExportArgs {}) => {
            output.raw(&gold::export(&program)?)?;
            Ok(())
        }
        GoldCommand::Status(StatusArgs {}) => {
            let status = gold::status(&program)?;
            output.json(&status)?;
            output.text(&fitted(&status_text(&status)))?;
            Ok(())
        }
    }
}

fn draw(program: &Program, args: DrawArgs, output: &Output) -> Result<(), Failure> {
    let request = DrawRequest {
        units: args.units,
        policies: args.policies,
        labeler: args.labeler.ad_hoc(),
        size: args.size,
        by_label: args.by_label,
        salt: args.salt,
    };
    let drawn = gold::draw(program, &request)?;
    output.json(&drawn)?;
    output.text(&fitted(&draw_text(&drawn)))?;
    Ok(())
}

fn draw_text(drawn: &Drawn) -> String {
    let mut text = format!(
        "{} of {} labeled units drawn for {} · {} · draw {}",
        drawn.units,
        drawn.labeled,
        drawn.policies.join(", "),
        drawn.design.replace('_', " "),
        drawn.draw
    );
    if !drawn.cells.is_empty() {
        let rows: Vec<Vec<String>> = drawn
            .cells
            .iter()
            .map(|cell| {
                vec![
                    cell.policy.clone(),
                    cell.cell.to_owned(),
                    cell.units.to_string(),
                    cell.drawn.to_string(),
                ]
            })
            .collect();
        text.push('\n');
        text.push_str(&table(&["policy", "model said", "units", "drawn"], &[2, 3], &rows));
    }
    if drawn.unlabeled > 0 {
        text.push_str(&format!(
            "\n{} units have no label yet and could not be drawn; better finish `titer label` first",
            drawn.unlabeled
        ));
    }
    text.push_str("\nnext: titer gold label");
    text
}

fn label(program: &Program, args: &GoldLabelArgs, output: &Output) -> Result<(), Failure> {
    let mut session = Session::open(program, args.units.as_deref(), args.rater.clone())?;
    queue::run(&mut session)?;
    let progress = session.progress();
    let done = progress.answered == progress.total;
    output.json(&serde_json::json!({"rater": args.rater, "answered": progress.answered, "total": progress.total}))?;
    let next = if done {
        "next: titer gold status, titer prevalence"
    } else {
        "go on with: titer gold label"
    };
    output.text(&format!(
        "{} of {} questions answered by {} · {next}",
        progress.answered, progress.total, args.rater
    ))?;
    Ok(())
}

fn status_text(status: &Status) -> String {
    let rows: Vec<Vec<String>> = status
        .answered
        .iter()
        .map(|(policy, units)| vec![policy.clone(), format!("{units} of {}", status.units)])
        .collect();
    let raters: Vec<String> =
        status.raters.iter().map(|(rater, count)| format!("{rater} {count}")).collect();
    let mut text = format!(
        "draw {} · {} · {} units\n{}",
        status.draw,
        status.design.replace('_', " "),
        status.units,
        table(&["policy", "answered"], &[1], &rows)
    );
    if !raters.is_empty() {
        text.push_str(&format!("\nanswers by rater: {}", raters.join(", ")));
    }
    if status.unresolved > 0 {
        text.push_str(&format!(
            "\n{} questions have no majority among their raters; have them decided",
            status.unresolved
        ));
    }
    let agreement = agreement_text(status);
    if !agreement.is_empty() {
        text.push_str("\n\n");
        text.push_str(&agreement);
    }
    text
}
