//! Reads a template of the user's own.

use super::error::Ending;
use super::error::OpsError;
use super::program::Program;
use super::text_file;
use crate::diag::Source;
use crate::prompt::OwnTemplate;
use std::io;

/// Reads the template of a labeler; whether it is one shows when a prompt is compiled with it.
///
/// # Errors
///
/// A file that cannot be read, or that is not text.
pub(super) fn read(program: &Program, path: &str) -> Result<OwnTemplate, OpsError> {
    let path = program.path(path);
    let unread = |source: io::Error| OpsError::file("read the template", &path, &source);
    let bytes = text_file::bytes(&path).map_err(unread)?;
    let name = path.display().to_string();
    let source = Source::decode(&name, &bytes).map_err(|diagnostics| OpsError::Diagnostics {
        diagnostics,
        sources: vec![Source::new(&name, &String::from_utf8_lossy(&bytes))],
        ending: Ending::ChangeSomething,
    })?;
    Ok(OwnTemplate::new(source))
}
