//! Reads a template of the user's own.

use super::error::Ending;
use super::error::OpsError;
use super::program::Program;
use super::text_file;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::prompt::OwnTemplate;
use crate::yaml::pointer;
use std::io;

/// Reads the template of a labeler, at its path in the project; whether it is one shows when a prompt is compiled with
/// it.
///
/// # Errors
///
/// A file that cannot be read, at the place that names it; a file that is not text.
pub(super) fn read(program: &Program, labeler: &str, path: &str) -> Result<OwnTemplate, OpsError> {
    let path = program.path(path);
    let name = path.display().to_string();
    let refuse = |diagnostics, sources| OpsError::Diagnostics {
        diagnostics,
        sources,
        ending: Ending::ChangeSomething,
    };
    let unread = |source: io::Error| match &program.places {
        Some(places) => {
            let place = places.value(&pointer(["labelers", labeler, "template"]));
            let message = format!("cannot read the template {name}: {source}");
            let hint = "the path starts from the folder of titer.yaml";
            let found = Diagnostic::error("D002", place, message).hint(hint);
            refuse(vec![found], vec![places.source().clone()])
        }
        None => OpsError::file("read the template", &path, &source),
    };
    let bytes = text_file::bytes(&path).map_err(unread)?;
    let source = Source::decode(&name, &bytes).map_err(|diagnostics| {
        refuse(diagnostics, vec![Source::new(&name, &String::from_utf8_lossy(&bytes))])
    })?;
    Ok(OwnTemplate::new(source))
}
