//! The content hash of everything in a policy that can change a prompt.

use super::Criterion;
use super::Judging;
use super::Label;
use super::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Fingerprint;
use crate::unit::FingerprintBuilder;

impl Policy {
    /// Returns the hash of everything in the policy that can change a prompt.
    ///
    /// Status, owners, rationale, tests, crosswalk and former ids are not part of it. The version
    /// is: a label says by which version it was given.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        let mut hash = Hash(FingerprintBuilder::new("policy"));
        hash.text(&self.id).text(&self.version.to_string());
        hash.optional(self.title.as_deref()).optional(self.scope.as_deref());
        hash.text(self.mode.name());
        hash.list(&self.terms, |hash, term| {
            hash.text(&term.id).text(&term.text);
        });
        hash.texts(&self.interpretation);
        hash.list(&self.labels, label);
        hash.list(&self.exceptions, |hash, exception| {
            hash.text(&exception.id).text(&exception.when).text(&exception.then);
            hash.optional(exception.unless.as_deref());
        });
        hash.list(&self.checks, |hash, check| {
            hash.text(&check.id).text(&check.question);
        });
        hash.texts(&self.precedence);
        hash.list(&self.abstain, |hash, reason| {
            hash.text(&reason.id).text(&reason.text);
        });
        self.hash_cases(&mut hash);
        hash.0.finish()
    }

    fn hash_cases(&self, hash: &mut Hash) {
        hash.list(&self.components, |hash, rule| {
            hash.text(&rule.role).text(rule.modality.name()).text(&rule.required.to_string());
            hash.text(match rule.judge {
                Judging::Judged => "judged",
                Judging::Context => "context",
            });
            hash.optional(rule.most.map(|most| most.to_string()).as_deref());
        });
        hash.list(&self.examples, |hash, example| {
            hash.list(&example.components, component);
            hash.text(&example.label).texts(&example.criteria);
            hash.optional(example.because.as_deref());
        });
        if let Some(rollup) = self.rollup {
            hash.text("rollup").text(rollup.name());
        }
    }
}

/// Fields whose number can vary, each list with its length so that no two policies run together.
struct Hash(FingerprintBuilder);

impl Hash {
    fn text(&mut self, text: &str) -> &mut Self {
        self.0.text(text);
        self
    }

    fn optional(&mut self, text: Option<&str>) -> &mut Self {
        match text {
            Some(text) => self.text("some").text(text),
            None => self.text("none"),
        }
    }

    fn texts(&mut self, texts: &[String]) -> &mut Self {
        self.list(texts, |hash, text| {
            hash.text(text);
        })
    }

    fn list<T>(&mut self, items: &[T], add: impl Fn(&mut Self, &T)) -> &mut Self {
        self.text(&items.len().to_string());
        items.iter().for_each(|item| add(self, item));
        self
    }
}

fn label(hash: &mut Hash, label: &Label) {
    hash.text(&label.id).text(&label.default.to_string()).text(&label.severity.to_string());
    hash.optional(label.definition.as_deref());
    let criterion = |hash: &mut Hash, criterion: &Criterion| {
        hash.text(&criterion.id).text(&criterion.text);
    };
    hash.list(&label.includes, criterion).list(&label.excludes, criterion);
}

fn component(hash: &mut Hash, component: &Component) {
    hash.text(&component.role);
    match &component.content {
        Content::Text(text) => hash.text("text").text(text),
        Content::Image(reference) => hash.text("image").text(reference),
    };
}

#[cfg(test)]
mod tests {
    use crate::diag::Source;
    use crate::policy;
    use crate::unit::Fingerprint;

    const TEXT: &str = "\
policy: p
version: 1.0.0
labels:
  allowed: {default: true}
  bad: {severity: 1, definition: Bad., includes: {worst: {text: Worst., was: worse}}}
exceptions: {news: {when: News., then: allowed}}
precedence: [news, bad.worst]
abstain: {unclear: Nothing to see.}
examples: [{unit: x, label: bad, because: So.}]
tests: [{unit: y, expect: allowed}]
";

    fn fingerprint(text: &str) -> Fingerprint {
        policy::parse(&Source::new("t", text)).unwrap().0.fingerprint()
    }

    #[track_caller]
    fn changed(from: &str, to: &str) -> bool {
        assert!(TEXT.contains(from), "{from}");
        fingerprint(TEXT) != fingerprint(&TEXT.replace(from, to))
    }

    #[test]
    fn what_never_reaches_a_prompt_never_changes_it() {
        let people = "version: 1.0.0\nstatus: active\nowners: [me]\nrationale: Why.\n# note";
        assert!(!changed("version: 1.0.0", people));
        assert!(!changed("abstain:", "crosswalk: {other: [S1]}\nabstain:"));
        assert!(!changed("unit: y, expect: allowed", "unit: z, expect: bad"));
        assert!(!changed("{text: Worst., was: worse}", "Worst."));
    }

    #[test]
    fn what_can_reach_a_prompt_changes_it() {
        for (from, to) in [
            ("policy: p", "policy: q"),
            ("1.0.0", "1.0.1"),
            ("Bad.", "Very bad."),
            ("severity: 1", "severity: 2"),
            ("Worst.", "Worse."),
            ("includes", "excludes"),
            ("when: News.", "when: Art."),
            ("then: allowed", "then: bad"),
            ("[news, bad.worst]", "[bad.worst, news]"),
            ("Nothing to see.", "Nothing."),
            ("So.", "Because."),
            ("unit: x, label", "unit: z, label"),
            ("precedence:", "checks: {seen: Is it seen?}\nprecedence:"),
            ("precedence:", "terms: {bad: Not good.}\nprecedence:"),
            ("precedence:", "interpretation: [As written.]\nprecedence:"),
            ("precedence:", "scope: Feed.\nprecedence:"),
            ("precedence:", "components: {content: {modality: text}}\nprecedence:"),
            ("precedence:", "mode: multi\nprecedence:"),
        ] {
            assert!(changed(from, to), "{from} -> {to}");
        }
    }
}
