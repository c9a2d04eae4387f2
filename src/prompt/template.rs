//! A dialect's template: checked once, rendered for the static part and for each unit.

use super::CompileError;
use super::Dialect;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde_json::Value;
use std::collections::BTreeSet;

/// The variables a template may name; `part` says which of them are there.
const VARIABLES: [&str; 15] = [
    "answer",
    "any_abstain",
    "any_checks",
    "any_components",
    "any_rules",
    "categories",
    "components",
    "nonce",
    "part",
    "policies",
    "policies_named",
    "rung",
    "schema",
    "shared_terms",
    "turn",
];

/// The most steps one rendering takes: many times those of the largest policy that can be read, and well under a
/// second.
const FUEL: u64 = 10_000_000;

/// A template in its engine.
#[derive(Debug, Clone)]
pub(super) struct Template {
    dialect: Dialect,
    engine: Environment<'static>,
}

/// Returns the text of a dialect's template.
pub(super) fn text(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::JsonChat => include_str!("../../prompts/json-chat.j2"),
        Dialect::GptOssSafeguard => include_str!("../../prompts/gpt-oss-safeguard.j2"),
        Dialect::LlamaGuard => include_str!("../../prompts/llama-guard.j2"),
        Dialect::YesNo => include_str!("../../prompts/yes-no.j2"),
    }
}

/// The parts that several dialects share.
const PARTIALS: [(&str, &str); 3] = [
    ("_unit.j2", include_str!("../../prompts/_unit.j2")),
    ("_example.j2", include_str!("../../prompts/_example.j2")),
    ("_answer.j2", include_str!("../../prompts/_answer.j2")),
];

/// Returns every text that shapes a prompt of the dialect.
pub(super) fn texts(dialect: Dialect) -> impl Iterator<Item = &'static str> {
    std::iter::once(text(dialect)).chain(PARTIALS.iter().map(|(_, partial)| *partial))
}

impl Template {
    /// Parses the dialect's template and refuses variables nobody will set.
    pub(super) fn new(dialect: Dialect) -> Result<Self, CompileError> {
        Self::of(dialect, text(dialect))
    }

    pub(super) fn of(dialect: Dialect, text: &str) -> Result<Self, CompileError> {
        let failed = |source| CompileError::Template { dialect: dialect.name(), source };
        let mut engine = engine().map_err(failed)?;
        for (name, partial) in PARTIALS {
            engine.add_template(name, partial).map_err(failed)?;
        }
        engine.add_template_owned(dialect.name(), text.to_owned()).map_err(failed)?;
        let template = engine.get_template(dialect.name()).map_err(failed)?;
        let named: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
        let unknown = named.into_iter().find(|name| !VARIABLES.contains(&name.as_str()));
        match unknown {
            Some(name) => Err(CompileError::UnknownVariable {
                dialect: dialect.name(),
                line: line_of(text, &name),
                name,
            }),
            None => Ok(Self { dialect, engine }),
        }
    }

    /// Renders one part.
    pub(super) fn render(&self, variables: Value) -> Result<String, CompileError> {
        self.engine
            .get_template(self.dialect.name())
            .and_then(|template| template.render(Serde(variables)))
            .map_err(|source| CompileError::Template { dialect: self.dialect.name(), source })
    }
}

pub(super) fn engine() -> Result<Environment<'static>, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_fuel(Some(FUEL));
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    Ok(engine)
}

/// Returns the first line that names the variable inside a tag.
fn line_of(text: &str, name: &str) -> usize {
    let mut tags = text.match_indices("{{").chain(text.match_indices("{%")).collect::<Vec<_>>();
    tags.sort_unstable();
    let in_tag = tags.into_iter().find_map(|(start, _)| {
        let end = text[start..].find("}}").into_iter().chain(text[start..].find("%}")).min()?;
        Some(start + word(&text[start..start + end], name)?)
    });
    in_tag.map_or(1, |at| text[..at].matches('\n').count() + 1)
}

/// Returns where the name stands as a word of its own that is not an attribute.
fn word(tag: &str, name: &str) -> Option<usize> {
    let joins = |c: char| c.is_alphanumeric() || c == '_';
    tag.match_indices(name).map(|(at, _)| at).find(|&at| {
        let before = tag[..at].chars().next_back();
        let after = tag[at + name.len()..].chars().next();
        !before.is_some_and(|c| joins(c) || c == '.') && !after.is_some_and(joins)
    })
}

/// Ends lines cleanly and folds runs of empty lines, so that optional sections leave no gaps.
pub(super) fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut empty = 0;
    for line in text.trim().lines().map(str::trim_end) {
        empty = if line.is_empty() { empty + 1 } else { 0 };
        if empty < 2 {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shipped_template_names_only_variables_that_are_set() {
        for dialect in Dialect::ALL {
            assert!(Template::new(dialect).is_ok(), "{dialect:?}");
        }
    }

    #[test]
    fn an_unknown_variable_is_refused_with_its_line() {
        let text = "polices\n{% for policy in policies %}\n{{ policy.polices }}{{ polices }}\n{% endfor %}";
        let error = Template::of(Dialect::JsonChat, text).err().map(|error| error.to_string());
        assert_eq!(
            error.as_deref(),
            Some(
                "the template of dialect `json-chat` names an unknown variable `polices` in line 3"
            )
        );
    }

    #[test]
    fn a_template_that_does_not_parse_is_refused_with_its_line() {
        let error =
            Template::of(Dialect::YesNo, "a\n{% if %}").err().map(|error| error.to_string());
        let error = error.unwrap_or_default();
        assert!(error.contains("yes-no") && error.contains(":2"), "{error}");
    }

    #[test]
    fn a_template_that_does_not_end_is_stopped() {
        let loops = ["{% for policy in policies %}"; 4].concat() + &["{% endfor %}"; 4].concat();
        let many = serde_json::json!({"policies": vec![0; 1_000]});
        let rendered = Template::of(Dialect::JsonChat, &loops).unwrap().render(many);
        let error = rendered.map_err(|error| error.to_string()).unwrap_err();
        assert!(error.contains("fuel"), "{error}");
    }

    #[test]
    fn an_attribute_that_is_missing_is_an_error_and_never_empty_text() {
        let template = Template::of(Dialect::JsonChat, "{{ answer.nothing }}").unwrap();
        assert!(template.render(serde_json::json!({"answer": {}})).is_err());
    }
}
