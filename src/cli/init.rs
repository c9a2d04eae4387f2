//! `titer init`.

use super::failure::Failure;
use super::output::Output;
use crate::ops::init;
use clap::Args;
use serde_json::json;
use std::path::Path;
use std::path::PathBuf;

/// Make a working project, from nothing or from a table of texts
#[derive(Debug, Args)]
#[command(after_help = "Example: titer init safety --from units.csv")]
pub(super) struct InitArgs {
    /// The project's folder
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
    /// Table of units (CSV, TSV or JSONL) whose columns are guessed
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

pub(super) fn run(args: InitArgs, output: &Output) -> Result<(), Failure> {
    let made = init::init(&args.dir, args.from.as_deref())?;
    output.json(&json!({"dir": made.dir, "files": made.files, "columns": made.why}))?;
    let mut text = format!("project in {}: {}", made.dir.display(), made.files.join(", "));
    if !made.why.is_empty() {
        text.push_str(
            "\n\nWhat its columns were taken for (put right in titer.yaml what is wrong):",
        );
        made.why.iter().for_each(|why| text.push_str(&format!("\n  {why}")));
    }
    text.push_str("\n\nnext:");
    if made.dir != Path::new(".") {
        text.push_str(&format!("\n  cd {}", made.dir.display()));
    }
    for (command, what) in NEXT {
        text.push_str(&format!("\n  {command:<44}{what}"));
    }
    output.text(&text)?;
    Ok(())
}

const NEXT: [(&str, &str); 6] = [
    ("titer check", "find mistakes in policies and titer.yaml"),
    ("titer simulate", "in another terminal, or put your model into titer.yaml"),
    ("titer try harassment \"You are worthless\"", "label one text"),
    ("titer label", "label every unit"),
    ("titer gold draw && titer gold label", "judge some of them yourself"),
    ("titer prevalence", "the number, corrected, with its interval"),
];
