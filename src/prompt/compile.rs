//! A compiled prompt: the questions that label a unit under some policies, and the calls they make of a unit.

use super::AnswerForm;
use super::Bundling;
use super::Calls;
use super::CompileError;
use super::Feature;
use super::PromptSettings;
use super::Question;
use super::fence;
use super::fit;
use super::split;
use super::template;
use super::template::Template;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use std::borrow::Cow;
use std::sync::Arc;

/// One request's worth of policies, compiled for one labeler. A request is usually one call; where the dialect asks
/// about one label, or the settings about one component, it is several, whose answers together label the unit.
#[derive(Debug, Clone)]
pub struct CompiledPrompt {
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
    questions: Vec<Question>,
    by_component: bool,
    left_out: Vec<Feature>,
    fingerprint: Fingerprint,
}

/// One call of a request: a question about a unit, or about one of its components.
#[derive(Debug, Clone)]
pub struct Call<'a> {
    /// What is asked.
    pub question: &'a Question,
    /// What is shown.
    pub unit: Cow<'a, Unit>,
    /// The place in the whole unit of the one component that is judged, from 1; `None` where the unit is judged whole.
    pub component: Option<usize>,
}

/// Compiles policies into one prompt, or one each, as the settings say and the dialect can.
///
/// # Errors
///
/// As [`compile`].
pub fn compile_all(
    policies: &[Arc<Policy>],
    settings: &PromptSettings,
) -> Result<Vec<CompiledPrompt>, CompileError> {
    fit::check_each(policies, settings)?;
    let shared = settings.bundling == Bundling::Unified
        && settings.dialect.carries(Feature::SeveralPolicies);
    let one = |policy: &Arc<Policy>| compile(vec![Arc::clone(policy)], settings.clone());
    if !shared {
        return policies.iter().map(one).collect();
    }
    let (alone, together): (Vec<_>, Vec<_>) = policies
        .iter()
        .cloned()
        .partition(|policy| split::by_component(std::slice::from_ref(policy), settings));
    let mut prompts = Vec::new();
    if !together.is_empty() || alone.is_empty() {
        prompts.push(compile(together, settings.clone())?);
    }
    for policy in &alone {
        prompts.push(one(policy)?);
    }
    Ok(prompts)
}

/// Checks the settings' template as far as that can be without a policy: its size, its syntax and its variables.
///
/// # Errors
///
/// As [`compile`] for a template that is wrong.
pub fn check_template(settings: &PromptSettings) -> Result<(), CompileError> {
    Template::new(settings).map(drop)
}

/// Compiles policies into one prompt that answers all of them.
///
/// # Errors
///
/// [`CompileError::NoPolicy`] without policies; [`CompileError::Unfit`] for what the dialect cannot carry;
/// [`CompileError::Rejected`], [`CompileError::UnknownVariable`] and [`CompileError::Template`] when the template is wrong.
pub fn compile(
    policies: Vec<Arc<Policy>>,
    settings: PromptSettings,
) -> Result<CompiledPrompt, CompileError> {
    if policies.is_empty() {
        return Err(CompileError::NoPolicy);
    }
    fit::check(&policies, &settings)?;
    let template = Arc::new(Template::new(&settings)?);
    let asked = split::asked(&policies, &settings).into_iter();
    let questions = asked.map(|asked| Question::new(asked, &settings, &template));
    let questions = questions.collect::<Result<Vec<_>, _>>()?;
    let by_component = split::by_component(&policies, &settings);
    let mut prompt = CompiledPrompt {
        fingerprint: Fingerprint::from_bytes([0; 32]),
        left_out: fit::left_out(&policies, settings.dialect),
        questions,
        by_component,
        policies,
        settings,
    };
    prompt.fingerprint = fingerprint(&prompt);
    Ok(prompt)
}

/// The hash of everything that can change a reply or what is made of it: where it is asked, every static byte, the
/// template, which also shapes the unit's part, and the rules by which titer itself chooses a label.
fn fingerprint(prompt: &CompiledPrompt) -> Fingerprint {
    let settings = &prompt.settings;
    let mut hash = FingerprintBuilder::new("prompt");
    hash.text(&settings.url).text(&fence::form());
    for text in template::texts(settings) {
        hash.text(text);
    }
    for bytes in prompt.questions.iter().flat_map(Question::static_bytes) {
        hash.bytes(bytes);
    }
    for policy in &prompt.policies {
        hash.text(&policy.id);
        for rule in &policy.components {
            let read = fit::read_only(policy, &rule.role);
            hash.text(&rule.role).text(if read { "read" } else { "" });
        }
        if prompt.chooses(policy) {
            hash.text("chosen")
                .text(policy.mode.name())
                .text(policy.rollup.map_or("", |it| it.name()));
            for label in &policy.labels {
                hash.text(&label.id).text(&label.severity.to_string());
            }
            for id in &policy.precedence {
                hash.text(id);
            }
        }
    }
    if prompt.by_component {
        hash.text(Calls::PerComponent.name());
    }
    hash.finish()
}

impl CompiledPrompt {
    /// Returns the policies it answers, in order.
    #[must_use]
    pub fn policies(&self) -> &[Arc<Policy>] {
        &self.policies
    }

    /// Returns the settings it was compiled for.
    #[must_use]
    pub fn settings(&self) -> &PromptSettings {
        &self.settings
    }

    /// Returns what is asked about each unit, or about each judged component of it; never empty.
    #[must_use]
    pub fn questions(&self) -> &[Question] {
        &self.questions
    }

    /// Returns whether a label may be made of the answers to several calls.
    #[must_use]
    pub fn is_split(&self) -> bool {
        self.by_component || self.questions.len() > 1
    }

    /// Returns the calls that label a unit, in the order they are made: the judged components in their order, and the
    /// questions about each. A unit without a judged component is asked about as a whole.
    #[must_use]
    pub fn calls<'a>(&'a self, unit: &'a Unit) -> Vec<Call<'a>> {
        let mut shown: Vec<(Option<usize>, Cow<'a, Unit>)> = Vec::new();
        if let (true, [policy]) = (self.by_component, self.policies.as_slice()) {
            let units = split::component_units(policy, unit).into_iter();
            shown.extend(units.map(|(n, unit)| (Some(n), Cow::Owned(unit))));
        }
        if shown.is_empty() {
            shown.push((None, Cow::Borrowed(unit)));
        }
        let calls = shown.into_iter().flat_map(|(component, unit)| {
            let call = move |question| Call { question, unit: unit.clone(), component };
            self.questions.iter().map(call)
        });
        calls.collect()
    }

    /// Returns what the policies hold and the dialect leaves out; none of it changes what a label means.
    #[must_use]
    pub fn left_out(&self) -> &[Feature] {
        &self.left_out
    }

    /// Returns the hash of all that can change a label beside the unit.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        self.fingerprint
    }

    /// Returns the hash of all that determines the label of this unit. Its calls are named by it and their place.
    #[must_use]
    pub fn request_fingerprint(&self, unit: &Unit) -> Fingerprint {
        FingerprintBuilder::new("request")
            .fingerprint(self.fingerprint)
            .fingerprint(unit.content_hash())
            .finish()
    }

    /// Whether titer chooses the policy's label from several that a model, or several calls, name.
    fn chooses(&self, policy: &Policy) -> bool {
        let listed = self.settings.dialect.form() == AnswerForm::SafeUnsafe
            && policy.labels.iter().filter(|label| label.severity > 0).count() > 1;
        self.is_split() || policy.rollup.is_some() || policy.mode == Mode::Multi || listed
    }
}
