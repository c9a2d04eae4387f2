//! A template of the user's own, and what can be wrong with it.

use super::CompileError;
use super::Question;
use crate::diag;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Source;
use crate::policy::Modality;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use minijinja::ErrorKind;
use std::error::Error as _;

/// Most bytes of a template; the longest shipped one has a tenth of it.
const MOST_BYTES: usize = 64 << 10;
/// A text no template holds, to see whether it shows the unit.
const SEEN: &str = "titer-looks-whether-this-is-shown";

/// The text of a template that takes the place of its dialect's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnTemplate(Source);

impl OwnTemplate {
    /// Takes a text; whether it is a template shows when a prompt is compiled with it.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self(source)
    }

    /// Returns its name, usually its path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.name()
    }

    /// Returns its text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.text()
    }

    pub(super) fn rejected(&self, diagnostics: Vec<Diagnostic>) -> CompileError {
        CompileError::Rejected { diagnostics, template: self.0.clone() }
    }

    /// What the engine says, at its line.
    pub(super) fn failed(&self, error: &minijinja::Error) -> Diagnostic {
        // A mistake in a part that is shipped is shown where nothing better is known: at the head.
        let line = error.line().filter(|_| error.name() == Some(self.name())).unwrap_or(1);
        let cause = std::iter::successors(error.source(), |&cause| cause.source()).last();
        let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
        let what = match (error.kind(), error.detail()) {
            (ErrorKind::WriteFailure, _) => {
                "it writes more than a prompt may have, 4 MiB".to_owned()
            }
            (ErrorKind::OutOfFuel, _) => "it takes more steps than a prompt may".to_owned(),
            (kind, Some(detail)) => format!("{kind}: {detail}{cause}"),
            (kind, None) => format!("{kind}{cause}"),
        };
        let message = format!("the template does not render: {what}");
        Diagnostic::error("T002", self.line(line), message)
            .hint("the variables a template has are listed in docs/dialects.md")
    }

    /// A variable nobody sets.
    pub(super) fn unknown(&self, name: &str, at: usize, known: &[&str]) -> Diagnostic {
        let message = format!("`{name}` is not a variable of a template");
        let hint = match diag::nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "the variables a template has are listed in docs/dialects.md".to_owned(),
        };
        // Where it is named in a way no tag shows, there is nothing to underline.
        let found = self.text().get(at..).is_some_and(|rest| rest.starts_with(name));
        let place = self.0.place(at..if found { at + name.len() } else { at });
        Diagnostic::error("T003", place, message).label("nobody sets it").hint(hint)
    }

    fn line(&self, line: usize) -> Place {
        let starts = self.text().match_indices('\n').map(|(at, _)| at + 1);
        let start = std::iter::once(0).chain(starts).nth(line - 1).unwrap_or(0);
        let text = self.text()[start..].lines().next().unwrap_or_default();
        let lead = text.len() - text.trim_start().len();
        self.0.place(start + lead..start + text.trim_end().len().max(lead))
    }
}

/// Refuses a text that is too long to be a template.
pub(super) fn small_enough(own: &OwnTemplate) -> Result<(), Vec<Diagnostic>> {
    if own.text().len() <= MOST_BYTES {
        return Ok(());
    }
    let message = format!("the template has more than {} KiB", MOST_BYTES >> 10);
    let hint = "what every policy repeats belongs in the template, rules belong in the policy";
    Err(vec![Diagnostic::error("T001", own.line(1), message).hint(hint)])
}

/// Renders the unit's part for a made-up unit: a mistake in it, or a part that shows no unit, is found before anything
/// is sent.
pub(super) fn shows_units(own: &OwnTemplate, question: &Question) -> Result<(), CompileError> {
    for policy in question.policies() {
        let message = question.user_message(&made_up(policy))?;
        if !message.contains(SEEN) {
            let message = "the template never shows the unit's text";
            let hint = "where `part` is `unit`, write {% include \"_unit.j2\" %}, or `component.text` of each of `components`";
            return Err(
                own.rejected(vec![Diagnostic::error("T004", own.line(1), message).hint(hint)])
            );
        }
    }
    Ok(())
}

/// A unit with one text of each role the policy reads, and a judged one last.
fn made_up(policy: &Policy) -> Unit {
    let texts = policy.components.iter().filter(|rule| rule.modality == Modality::Text);
    let context = texts.clone().filter(|rule| super::fit::read_only(policy, &rule.role));
    let judged = texts.clone().find(|rule| !super::fit::read_only(policy, &rule.role));
    let roles = context.chain(judged).map(|rule| rule.role.clone());
    let component = |role| Component { role, content: Content::Text(SEEN.to_owned()) };
    let components: Vec<Component> = roles.map(component).collect();
    let alone = Unit::text("example", SEEN);
    if components.is_empty() { alone } else { Unit { components, ..alone } }
}
