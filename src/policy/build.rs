//! A checked policy file as a policy.

use super::AbstainReason;
use super::Check;
use super::ComponentRule;
use super::Criterion;
use super::Crosswalk;
use super::Example;
use super::Exception;
use super::Judging;
use super::Label;
use super::Modality;
use super::Mode;
use super::Policy;
use super::PolicyTest;
use super::Rollup;
use super::Status;
use super::Term;
use super::Version;
use super::file::FileCriterion;
use super::file::FileJudging;
use super::file::FileModality;
use super::file::FileMode;
use super::file::FileRollup;
use super::file::FileStatus;
use super::file::FileTexts;
use super::file::FileUnit;
use super::file::PolicyFile;
use super::fit::CONTENT_ROLE;
use crate::unit::Component;
use crate::unit::Content;
use crate::yaml::Entries;

/// Returns the policy of a file in which the checks found no error, with the terms it imports.
pub(super) fn policy(file: PolicyFile, imported: Vec<Term>) -> Policy {
    let components = component_rules(&file);
    Policy {
        labels: labels(&file),
        exceptions: exceptions(&file),
        examples: examples(&file, &components),
        tests: tests(&file, &components),
        version: version(&file.version),
        status: match file.status {
            FileStatus::Draft => Status::Draft,
            FileStatus::Active => Status::Active,
            FileStatus::Retired => Status::Retired,
        },
        mode: match file.mode {
            FileMode::Single => Mode::Single,
            FileMode::Ordinal => Mode::Ordinal,
            FileMode::Multi => Mode::Multi,
        },
        rollup: file.rollup.map(|rollup| match rollup {
            FileRollup::Any => Rollup::Any,
            FileRollup::All => Rollup::All,
            FileRollup::MaxSeverity => Rollup::MaxSeverity,
        }),
        components,
        terms: [imported, pairs(file.terms, |id, text| Term { id, text })].concat(),
        checks: pairs(file.checks, |id, question| Check { id, question }),
        abstain: pairs(file.abstain, |id, text| AbstainReason { id, text }),
        crosswalk: pairs(file.crosswalk, |taxonomy, codes| Crosswalk { taxonomy, codes }),
        id: file.policy,
        title: file.title,
        owners: file.owners,
        rationale: file.rationale,
        scope: file.scope,
        interpretation: file.interpretation,
        precedence: file.precedence,
    }
}

/// Returns the parts of a case's unit: images where the rules say so, and else texts.
pub(super) fn components(unit: &FileUnit, rules: &[ComponentRule]) -> Vec<Component> {
    let modality = |role: &str| rules.iter().find(|rule| rule.role == role).map(|r| r.modality);
    let part = |role: &str, text: &String| Component {
        role: role.to_owned(),
        content: match modality(role) {
            Some(Modality::Image) => Content::Image(text.clone()),
            Some(Modality::Text) | None => Content::Text(text.clone()),
        },
    };
    match unit {
        FileUnit::Text(text) => vec![part(CONTENT_ROLE, text)],
        FileUnit::Parts(parts) => parts
            .iter()
            .flat_map(|(role, texts)| match texts {
                FileTexts::One(text) => vec![part(role, text)],
                FileTexts::Several(texts) => texts.iter().map(|text| part(role, text)).collect(),
            })
            .collect(),
    }
}

/// Returns what the units of a file consist of.
pub(super) fn component_rules(file: &PolicyFile) -> Vec<ComponentRule> {
    file.components
        .iter()
        .map(|(role, rule)| ComponentRule {
            role: role.to_owned(),
            modality: match rule.modality {
                FileModality::Text => Modality::Text,
                FileModality::Image => Modality::Image,
            },
            required: rule.required,
            judge: match rule.judge {
                FileJudging::Judged => Judging::Judged,
                FileJudging::Context => Judging::Context,
            },
            most: rule.most.and_then(|most| usize::try_from(most).ok()),
        })
        .collect()
}

fn labels(file: &PolicyFile) -> Vec<Label> {
    let criteria = |label: &str, rules: &Entries<FileCriterion>| {
        rules.iter().map(|(id, rule)| criterion(label, id, rule)).collect()
    };
    file.labels
        .iter()
        .map(|(id, label)| Label {
            id: id.to_owned(),
            default: label.default,
            severity: label.severity,
            definition: label.definition.clone(),
            includes: criteria(id, &label.includes),
            excludes: criteria(id, &label.excludes),
        })
        .collect()
}

fn criterion(label: &str, id: &str, rule: &FileCriterion) -> Criterion {
    let full = |id: &str| format!("{label}.{id}");
    match rule {
        FileCriterion::Text(text) => Criterion { id: full(id), text: text.clone(), was: None },
        FileCriterion::Renamed(renamed) => Criterion {
            id: full(id),
            text: renamed.text.clone(),
            was: renamed.was.as_deref().map(full),
        },
    }
}

fn exceptions(file: &PolicyFile) -> Vec<Exception> {
    file.exceptions
        .iter()
        .map(|(id, exception)| Exception {
            id: id.to_owned(),
            when: exception.when.clone(),
            then: exception.then.clone(),
            unless: exception.unless.clone(),
        })
        .collect()
}

fn examples(file: &PolicyFile, rules: &[ComponentRule]) -> Vec<Example> {
    file.examples
        .iter()
        .map(|example| Example {
            components: components(&example.unit, rules),
            label: example.label.clone(),
            criteria: example.criteria.clone(),
            because: example.because.clone(),
        })
        .collect()
}

fn tests(file: &PolicyFile, rules: &[ComponentRule]) -> Vec<PolicyTest> {
    file.tests
        .iter()
        .map(|test| PolicyTest {
            components: components(&test.unit, rules),
            expect: test.expect.clone(),
            criteria: test.criteria.clone(),
            repeats: test.repeats.unwrap_or(1),
            agree: test.agree.unwrap_or(1.0),
        })
        .collect()
}

/// The schema has seen to it that there are three numbers of at most nine digits.
fn version(text: &str) -> Version {
    let mut numbers = text.split('.').map(|number| number.parse().unwrap_or(0));
    let mut next = || numbers.next().unwrap_or(0);
    Version { major: next(), minor: next(), patch: next() }
}

fn pairs<V, T>(entries: Entries<V>, build: impl Fn(String, V) -> T) -> Vec<T> {
    entries.0.into_iter().map(|(key, value)| build(key, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;

    fn parsed(more: &str) -> Policy {
        let labels = "\
labels:
  fine: {default: true}
  bad:
    severity: 3
    includes: {zeal: Zealous., anger: {text: Angry., was: rage}}
    excludes: {joke: A joke.}
";
        let text = format!("policy: p\nversion: 10.2.3\n{labels}{more}");
        policy::parse(&Source::new("t", &text)).unwrap().0
    }

    #[test]
    fn ids_derive_from_keys_in_the_order_of_the_text() {
        let policy = parsed("exceptions: {art: {when: Art., then: fine}}\n");
        assert_eq!(policy.rule_ids(), ["bad.zeal", "bad.anger", "bad.joke", "art"]);
        assert_eq!(policy.labels[1].includes[1].was.as_deref(), Some("bad.rage"));
        assert_eq!(policy.version.to_string(), "10.2.3");
        assert_eq!((policy.severity("bad"), policy.severity("none")), (Some(3), None));
        assert_eq!(policy.default_label().map(|label| label.id.as_str()), Some("fine"));
    }

    #[test]
    fn tests_are_asked_once_and_must_agree_unless_they_say_otherwise() {
        let policy = parsed(
            "tests: [{unit: x, expect: bad}, {unit: y, expect: fine, repeats: 3, agree: 0.5}]\n",
        );
        let asked: Vec<_> = policy.tests.iter().map(|t| (t.repeats, t.agree.to_string())).collect();
        assert_eq!(asked, [(1, "1".to_owned()), (3, "0.5".to_owned())]);
    }

    #[test]
    fn the_parts_of_a_case_keep_their_order() {
        let components = "components: {query: {modality: text}, hit: {modality: text}}\n";
        let policy = parsed(&format!(
            "{components}examples: [{{unit: {{hit: [a, b], query: c}}, label: bad}}]\n"
        ));
        let roles: Vec<_> = policy.examples[0].components.iter().map(|c| c.role.as_str()).collect();
        assert_eq!(roles, ["hit", "hit", "query"]);
        assert_eq!(policy.roles(), ["query", "hit"]);
        assert_eq!(parsed("").roles(), [CONTENT_ROLE]);
    }
}
