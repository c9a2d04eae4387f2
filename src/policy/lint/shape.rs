//! What a policy lacks as a whole, and whether its length suits a model.

use super::Linter;
use super::hint;
use crate::policy::Label;

/// Below this many tokens a policy says too little to decide by.
const FEWEST_TOKENS: usize = 100;
/// Above this many tokens the models that read policies lose accuracy.
const MOST_TOKENS: usize = 10_000;
/// The most tokens one label takes where a policy has several.
const MOST_LABEL_TOKENS: usize = 600;
/// An estimate: bytes of English text in a token.
const BYTES_PER_TOKEN: usize = 4;

impl Linter<'_> {
    /// `L008` and `L009`.
    pub(super) fn shape(&mut self) {
        if self.policy.abstain.is_empty() {
            let message = "there is no way to answer \"cannot tell\"".to_owned();
            let warning = self.warn("L008", self.key(&["labels"]), message);
            hint(
                warning,
                "add `abstain:` with a reason, such as `insufficient-context: What decides cannot be seen.`",
            );
        }
        let whole = self.policy_tokens();
        if !(FEWEST_TOKENS..=MOST_TOKENS).contains(&whole) {
            let message = format!("the rules have about {whole} tokens");
            let warning = self.warn("L009", self.key(&["policy"]), message);
            hint(
                warning,
                if whole < FEWEST_TOKENS {
                    "400 to 600 are best: define the labels and name their criteria"
                } else {
                    "400 to 600 are best, and above 10000 models lose track: split the policy"
                },
            );
        }
        for budget in self.settings.budgets.iter().filter(|it| it.most < whole.min(MOST_TOKENS)) {
            let message = format!(
                "the rules have about {whole} tokens, and {} reads {} at most",
                budget.reader, budget.most
            );
            let warning = self.warn("L009", self.key(&["policy"]), message);
            hint(warning, "shorten the policy, or label with another dialect");
        }
        for label in &self.policy.labels {
            let tokens = label_tokens(label);
            if tokens > MOST_LABEL_TOKENS {
                let message = format!("the label `{}` has about {tokens} tokens", label.id);
                let warning = self.warn("L009", self.key(&["labels", &label.id]), message);
                hint(warning, "300 to 600 a label are best: shorten its criteria");
            }
        }
    }

    /// About how many tokens the rules and examples take in a prompt.
    fn policy_tokens(&self) -> usize {
        let policy = self.policy;
        let rules: usize = self.rule_texts().iter().map(|text| text.text.len()).sum();
        let imported = policy.terms.iter().take(self.n_imported_terms);
        let imported: usize = imported.map(|term| term.text.len()).sum();
        let ids: usize = policy.rule_ids().iter().map(|id| id.len()).sum();
        let examples = policy.examples.iter().flat_map(|example| &example.components);
        let examples: usize = examples
            .map(|component| match &component.content {
                crate::unit::Content::Text(text) => text.len(),
                // Its tokens are the picture's, not those of its address.
                crate::unit::Content::Image(_) => 0,
            })
            .sum();
        (rules + imported + ids + examples) / BYTES_PER_TOKEN
    }
}

fn label_tokens(label: &Label) -> usize {
    let criteria = label.includes.iter().chain(&label.excludes);
    let criteria: usize = criteria.map(|one| one.id.len() + one.text.len()).sum();
    (label.definition.as_deref().unwrap_or_default().len() + criteria) / BYTES_PER_TOKEN
}
