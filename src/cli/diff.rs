//! `titer diff`.

use super::failure::Failure;
use super::output::Output;
use super::width::fitted;
use crate::ops::Ending;
use crate::ops::Program;
use crate::ops::diff;
use crate::ops::diff::Differed;
use crate::policy::Change;
use crate::policy::ChangeKind;
use crate::policy::Level;
use crate::policy::VersionLie;
use clap::Args;
use serde_json::Value;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// Show what changed in a policy, rule by rule, and whether its version says so
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  titer diff harassment              against the version last labeled with
  titer diff old.yaml new.yaml       between two files

Exit code 1 when the version claims less than what changed; that it claims more is a warning.")]
pub(super) struct DiffArgs {
    /// Policy (file or id), or the older of two files
    #[arg(value_name = "POLICY")]
    policy: String,
    /// The newer file
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
}

pub(super) fn run(args: &DiffArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let differed = match &args.new {
        Some(new) => diff::between(Path::new(&args.policy), new)?,
        None => diff::with_last(&Program::open(project)?, &args.policy)?,
    };
    output.json(&to_json(&differed))?;
    output.text(&fitted(&text(&differed)))?;
    match problem(&differed) {
        None => Ok(()),
        Some(_) => Err(Failure::Said(Ending::NotPassed)),
    }
}

/// The version that hides a change.
fn problem(differed: &Differed) -> Option<&VersionLie> {
    differed.lie.as_ref().filter(|lie| !lie.claims_too_much())
}

/// The version that claims more than changed.
fn warning(differed: &Differed) -> Option<&VersionLie> {
    differed.lie.as_ref().filter(|lie| lie.claims_too_much())
}

fn text(differed: &Differed) -> String {
    let count = differed.changes.len();
    let highest = differed.changes.iter().map(|change| change.level).max();
    let mut lines = vec![match highest {
        None => "nothing changed".to_owned(),
        Some(level) => {
            format!(
                "{count} change{}, the greatest is {}",
                if count == 1 { "" } else { "s" },
                level_name(level)
            )
        }
    }];
    lines.push(format!("  old  {}", differed.old));
    lines.push(format!("  new  {}", differed.new));
    for change in &differed.changes {
        lines.push(String::new());
        lines.extend(change_lines(change));
    }
    lines.extend(problem(differed).map(|lie| format!("\nthe version does not say so: {lie}")));
    lines.extend(warning(differed).map(|lie| format!("\nwarning: {lie}")));
    lines.join("\n")
}

fn change_lines(change: &Change) -> Vec<String> {
    let mut lines =
        vec![format!("{:<6} {} {}", level_name(change.level), change.id, kind_name(&change.kind))];
    lines.extend(change.before.iter().map(|text| format!("       - {}", text.trim())));
    lines.extend(change.after.iter().map(|text| format!("       + {}", text.trim())));
    lines
}

fn kind_name(kind: &ChangeKind) -> String {
    match kind {
        ChangeKind::Added => "added".to_owned(),
        ChangeKind::Removed => "removed".to_owned(),
        ChangeKind::Renamed { from } => format!("renamed from {from}"),
        ChangeKind::Widened => "widened".to_owned(),
        ChangeKind::Narrowed => "narrowed".to_owned(),
        ChangeKind::Reworded => "reworded".to_owned(),
        ChangeKind::LabelChanged => "has another label".to_owned(),
        ChangeKind::SeverityChanged => "has another severity".to_owned(),
        ChangeKind::PrecedenceChanged => "is in another order".to_owned(),
        ChangeKind::ExampleChanged => "has another case".to_owned(),
        ChangeKind::SettingChanged => "has another value".to_owned(),
    }
}

fn level_name(level: Level) -> &'static str {
    match level {
        Level::Note => "note",
        Level::Patch => "patch",
        Level::Minor => "minor",
        Level::Major => "major",
    }
}

fn to_json(differed: &Differed) -> Value {
    let changes: Vec<Value> = differed
        .changes
        .iter()
        .map(|change| {
            json!({
                "id": change.id,
                "change": kind_name(&change.kind),
                "level": level_name(change.level),
                "before": change.before,
                "after": change.after,
            })
        })
        .collect();
    json!({
        "old": differed.old,
        "new": differed.new,
        "changes": changes,
        "version_problem": problem(differed).map(ToString::to_string),
        "version_warning": warning(differed).map(ToString::to_string),
    })
}
