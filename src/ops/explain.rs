//! `titer explain`: a page on a code that some message named.

use super::error::OpsError;
use crate::diag;
use crate::eval::suite;
use crate::measure;
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
    if let Some(code) = Code::from_text(code.trim()) {
        return Ok(measure::explain(code).to_owned());
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

/// Returns the title of a code, which is the head of its page.
#[must_use]
pub fn title(code: &str) -> Option<String> {
    let page = explain(code).ok()?;
    let (_, title) = page.lines().next()?.split_once(": ")?;
    Some(title.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_title() {
        for code in codes() {
            assert!(title(code).is_some_and(|title| title.len() > 5), "{code}");
        }
        assert_eq!(title("P090").as_deref(), Some("two files are one policy"));
        assert_eq!(title("X999"), None);
    }
}
