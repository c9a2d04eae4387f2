//! Whether the project's labelers can label under its policies: what would be refused before anything is sent.

use super::error::Ending;
use super::error::OpsError;
use super::labeler;
use super::labeler::Labeler;
use super::program::Program;
use crate::diag::Diagnostic;
use crate::diag::Source;
use crate::policy::Policy;
use crate::prompt;
use crate::prompt::CompileError;
use crate::prompt::CompiledPrompt;
use crate::prompt::PromptSettings;
use crate::prompt::Refusal;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Compiles policies for a labeler. What it cannot carry is shown where `titer.yaml` describes it.
///
/// # Errors
///
/// As [`prompt::compile_all`].
pub(super) fn compile_all(
    policies: &[Arc<Policy>],
    labeler: &Labeler,
    settings: &PromptSettings,
) -> Result<Vec<CompiledPrompt>, OpsError> {
    prompt::compile_all(policies, settings).map_err(|error| match (error, &labeler.written) {
        (CompileError::Unfit { dialect, refusals }, Some((place, source))) => {
            let what = message(&labeler.name, dialect, &refusals);
            let found = Diagnostic::error("D001", place.clone(), what).hint(hint(&refusals));
            OpsError::Diagnostics {
                diagnostics: vec![found],
                sources: vec![source.clone()],
                ending: Ending::ChangeSomething,
            }
        }
        (error, _) => error.into(),
    })
}

/// Returns what keeps each labeler of the project from labeling under the policies, with the texts it is in. Neither
/// the environment nor a key is read.
pub(super) fn mistakes(
    program: &Program,
    policies: &[Arc<Policy>],
) -> Result<(Vec<Diagnostic>, Vec<Source>), OpsError> {
    let (mut found, mut texts) = (Vec::new(), Vec::new());
    for (name, file) in program.file.labelers.iter() {
        let tried = labeler::unconnected(program, name, file).and_then(|labeler| {
            if policies.is_empty() {
                return prompt::check_template(&labeler.prompt).map_err(OpsError::from);
            }
            compile_all(policies, &labeler, &labeler.prompt).map(drop)
        });
        match tried {
            Ok(()) => {}
            Err(OpsError::Diagnostics { diagnostics, sources, .. }) => {
                found.extend(diagnostics);
                texts.extend(sources);
            }
            Err(other) => return Err(other),
        }
    }
    Ok((found, texts))
}

/// Everything that is refused, by policy.
fn message(labeler: &str, dialect: &str, refusals: &[Refusal]) -> String {
    let mut wanted: Vec<(Option<&str>, Vec<&str>)> = Vec::new();
    for refusal in refusals {
        let policy = refusal.policy.as_deref();
        match wanted.last_mut() {
            Some((last, things)) if *last == policy => things.push(&refusal.what),
            Some(_) | None => wanted.push((policy, vec![&refusal.what])),
        }
    }
    let wanted = wanted.into_iter().map(|(policy, things)| {
        let things = things.join(", ");
        match policy {
            Some(policy) => format!("of policy `{policy}` {things}"),
            None => format!("of its own `answer` {things}"),
        }
    });
    let wanted = wanted.collect::<Vec<_>>().join("; ");
    format!("labeler `{labeler}` of dialect `{dialect}` cannot carry: {wanted}")
}

fn hint(refusals: &[Refusal]) -> String {
    let mut seen = BTreeSet::new();
    let hints = refusals.iter().map(|refusal| refusal.hint).filter(|hint| seen.insert(*hint));
    hints.collect::<Vec<_>>().join("; ")
}
