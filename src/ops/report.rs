//! `titer report`: a measurement as one self-contained HTML file.

use super::error::OpsError;
use super::prevalence;
use super::prevalence::Measured;
use super::prevalence::PrevalenceRequest;
use super::program::Program;
use crate::io::Output;
use crate::io::Target;
use crate::report;
use crate::report::Report;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;

/// Measures and writes the report; returns the measurement.
///
/// # Errors
///
/// As [`prevalence::prevalence`]; a file that cannot be written.
pub fn report(
    program: &Program,
    request: &PrevalenceRequest,
    out: &Path,
) -> Result<Measured, OpsError> {
    let measured = prevalence::prevalence(program, request)?;
    write(out, &html(program, &measured, None)?)?;
    Ok(measured)
}

/// Renders a measurement. `truth` is known in simulations only.
///
/// # Errors
///
/// When the built-in template fails.
pub(super) fn html(
    program: &Program,
    measured: &Measured,
    truth: Option<&BTreeMap<String, f64>>,
) -> Result<String, OpsError> {
    let first = measured.policies.first();
    let mut provenance = vec![("project".to_owned(), program.dir.display().to_string())];
    if let Some(first) = first {
        let labeler = first.subject.labeler.clone();
        provenance.extend(labeler.map(|name| ("labeler".to_owned(), name)));
        provenance.push(("sample design".to_owned(), first.design.clone()));
        provenance.push(("gold drawn".to_owned(), first.drawn.name().to_owned()));
    }
    let period = first.and_then(|policy| policy.subject.period.clone());
    Ok(report::html(&Report {
        title: "Prevalence".to_owned(),
        subtitle: period.unwrap_or_default(),
        generated_at: Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        version: env!("CARGO_PKG_VERSION"),
        notes: measured.notes.clone(),
        policies: &measured.policies,
        segments: &measured.segments,
        periods: &measured.periods,
        changes: &measured.changes,
        breaks: &measured.breaks,
        known_truth: truth.cloned(),
        provenance,
    })?)
}

/// Writes the file whole or not at all.
pub(super) fn write(path: &Path, html: &str) -> Result<(), OpsError> {
    let failed = |source| OpsError::file("write", path, &source);
    let mut output = Output::create(&Target::from_argument(path))?;
    output.write_all(html.as_bytes()).map_err(failed)?;
    output.commit()?;
    Ok(())
}
