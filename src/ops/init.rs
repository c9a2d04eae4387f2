//! `titer init`: a working project from nothing, or from a table of texts.

use super::error::OpsError;
use super::program;
use super::program::FILE_NAME;
use crate::eval::suite;
use crate::io;
use crate::io::Guess;
use crate::io::Source;
use crate::policy;
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// How many rows are looked at to guess what the columns are.
const ROWS_LOOKED_AT: usize = 200;
const POLICY: &str = include_str!("../../policies/harassment.yaml");
/// The quickstart, whose first units a project gets that has none of its own yet.
const QUICKSTART: &str = include_str!("../../eval/quickstart/units.jsonl");
/// How many of them.
const UNITS: usize = 40;

/// What was written.
#[derive(Debug, Clone)]
pub struct Initialised {
    /// The project's folder.
    pub dir: PathBuf,
    /// The files, relative to it.
    pub files: Vec<String>,
    /// Why each column was taken for what it is.
    pub why: Vec<String>,
}

/// Writes a project. Nothing that is there already is overwritten.
///
/// # Errors
///
/// A project that is there already, a table that cannot be read, a folder that cannot be written.
pub fn init(dir: &Path, from: Option<&Path>) -> Result<Initialised, OpsError> {
    if dir.join(FILE_NAME).exists() {
        return Err(OpsError::refused(
            format!("{} is a project already", dir.display()),
            format!("edit its {FILE_NAME}, or name another folder"),
        ));
    }
    let (units, why) = match from {
        Some(path) => from_table(path)?,
        None => ("units:\n  from: units.jsonl\n".to_owned(), Vec::new()),
    };
    let mut files = vec![
        (FILE_NAME, program_text(&units)),
        ("policies/harassment.yaml", POLICY.to_owned()),
        (".gitignore", ".titer/\n".to_owned()),
    ];
    files.extend(schemas());
    if from.is_none() {
        files.push(("units.jsonl", QUICKSTART.split_inclusive('\n').take(UNITS).collect()));
    }
    let mut written = Vec::new();
    for (name, text) in files {
        if write_new(&dir.join(name), &text)? {
            written.push(name.to_owned());
        }
    }
    Ok(Initialised { dir: dir.to_owned(), files: written, why })
}

/// Writes a file with its folder, unless it is there already; returns whether it was written.
pub(super) fn write_new(path: &Path, text: &str) -> Result<bool, OpsError> {
    let failed = |source| OpsError::file("write", path, &source);
    if path.exists() {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)?;
    Ok(true)
}

fn from_table(path: &Path) -> Result<(String, Vec<String>), OpsError> {
    let guess = io::guess_columns(&io::read_head(&Source::from_argument(path), ROWS_LOOKED_AT)?);
    if guess.id.is_none() || guess.text.is_none() {
        return Err(OpsError::refused(
            format!(
                "no column of {} looks like an id and a text:\n  {}",
                path.display(),
                guess.why.join("\n  ")
            ),
            "name the columns `id` and `text`, or make a project without --from and write its `units:` by hand",
        ));
    }
    // The project may lie anywhere, so the table is named by its whole path.
    let whole = fs::canonicalize(path).map_err(|source| OpsError::file("read", path, &source))?;
    Ok((units_text(&whole, &guess), guess.why))
}

fn units_text(path: &Path, guess: &Guess) -> String {
    let mut text = format!("units:\n  from: {}\n", quoted(&path.display().to_string()));
    let columns = [
        ("id", &guess.id),
        ("text", &guess.text),
        ("exposure", &guess.exposure),
        ("score", &guess.score),
        ("period", &guess.period),
    ];
    for (key, column) in columns {
        if let Some(column) = column {
            text.push_str(&format!("  {key}: {}\n", quoted(column)));
        }
    }
    if !guess.segments.is_empty() {
        let list: Vec<String> = guess.segments.iter().map(|name| quoted(name)).collect();
        text.push_str(&format!("  segments: [{}]\n", list.join(", ")));
    }
    text
}

/// A YAML scalar that reads back as the same text.
fn quoted(text: &str) -> String {
    let plain =
        text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '.' | '-'))
            && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let word = ["true", "false", "null", "yes", "no", "on", "off"];
    if plain && !word.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        Value::String(text.to_owned()).to_string()
    }
}

fn program_text(units: &str) -> String {
    format!(
        "\
# yaml-language-server: $schema=schemas/program.json
store: .titer/titer.db

labelers:
  main:
    # The endpoint of `titer simulate`. For a real model put its address, name and key here:
    #   url: https://api.openai.com/v1
    #   model: gpt-4o-mini
    #   key_env: OPENAI_API_KEY
    url: http://127.0.0.1:8089/v1
    model: simulated
    limits: {{in_flight: 8}}

{units}
# To label a probability sample rather than every unit, uncomment this and run `titer sample`:
# sample: {{design: priority, size: 2000, salt: my-series/phase1}}

# Gold comes from `titer gold draw` and `titer gold label`. A file of your own needs to say how its units were chosen:
# gold: {{from: gold.csv, drawn: from_sample}}

estimate:
  min_gold: 300
  level: 0.95
"
    )
}

/// The schemas that the editor lines of a project's files name.
pub(super) fn schemas() -> [(&'static str, String); 4] {
    [
        ("schemas/policy.json", pretty(&policy::schema())),
        ("schemas/terms.json", pretty(&policy::terms_schema())),
        ("schemas/program.json", pretty(&program::schema())),
        ("schemas/suite.json", pretty(&suite::schema())),
    ]
}

fn pretty(schema: &Value) -> String {
    let mut text = serde_json::to_string_pretty(schema).unwrap_or_default();
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_column_names_survive_yaml() {
        for (name, yaml) in [("id", "id"), ("no", "\"no\""), ("a: b", "\"a: b\""), ("1", "\"1\"")] {
            assert_eq!(quoted(name), yaml);
        }
    }
}
