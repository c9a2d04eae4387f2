//! `titer explain`: a page on a code that some message named.

use super::error::OpsError;
use crate::diag;
use crate::eval::suite;
use crate::measure::Code;
use crate::policy;
use crate::prompt;

/// Returns the page of a code, in Markdown.
///
/// # Errors
///
/// A code that titer does not have.
pub fn explain(code: &str) -> Result<String, OpsError> {
    let page = policy::explain(code).or_else(|| prompt::explain(code));
    if let Some(page) = page.or_else(|| suite::explain(code)) {
        return Ok(page.to_owned());
    }
    if let Some(code) = Code::from_text(code) {
        return Ok(format!(
            "# {code}: {name}\n\n{title}.\n\nThe best verdict a measurement with it may have: *{verdict}*.\n\n## What to do\n\n{advice}\n",
            name = code.name(),
            title = code.title(),
            verdict = code.verdict().name(),
            advice = code.advice(),
        ));
    }
    let asked = code.to_uppercase();
    let hint = match diag::nearest(&asked, codes()) {
        Some(near) => format!("did you mean {near}?"),
        None => "codes look like P012 (policies), E004 (suites), D001 (labelers), Y010 (YAML), L001 (lint), T003 (templates), S008 (statistics)"
            .to_owned(),
    };
    Err(OpsError::refused(format!("there is no code `{code}`"), hint))
}

/// Returns every code there is, with those of statistics last.
pub fn codes() -> impl Iterator<Item = &'static str> {
    let pages = policy::explained().chain(prompt::explained()).chain(suite::explained());
    pages.chain(Code::ALL.into_iter().map(Code::as_str))
}
