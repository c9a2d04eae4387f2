//! A dialect's template, shipped or the user's own: checked once, rendered for the static part and for each unit.

use super::CompileError;
use super::Dialect;
use super::PromptSettings;
use super::own;
use super::own::OwnTemplate;
use minijinja::Environment;
use minijinja::UndefinedBehavior;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;
use std::panic::resume_unwind;
use std::thread;

/// The most steps one rendering takes: many times those of the largest policy that can be read, and well under a
/// second.
const FUEL: u64 = 10_000_000;
/// Bytes of stack while a user's template is parsed.
const STACK: usize = 128 << 20;
/// Bytes one rendering of a user's own template may have, beside those of the unit.
const LONGEST: usize = 4 << 20;

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

/// A template in its engine.
#[derive(Debug, Clone)]
pub(super) struct Template {
    name: String,
    dialect: Dialect,
    engine: Environment<'static>,
    /// The user's text, where it is not a shipped one.
    own: Option<OwnTemplate>,
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

/// Returns every text that shapes a prompt of these settings.
pub(super) fn texts(settings: &PromptSettings) -> impl Iterator<Item = &str> {
    let main = settings.template.as_ref().map_or_else(|| text(settings.dialect), OwnTemplate::text);
    std::iter::once(main).chain(PARTIALS.iter().map(|(_, partial)| *partial))
}

impl Template {
    /// Parses the settings' template and refuses variables nobody will set.
    pub(super) fn new(settings: &PromptSettings) -> Result<Self, CompileError> {
        match &settings.template {
            Some(own) => Self::of_user(settings.dialect, own),
            None => Self::of(settings.dialect, text(settings.dialect)),
        }
    }

    fn of(dialect: Dialect, text: &str) -> Result<Self, CompileError> {
        let failed = |source| CompileError::Template { dialect: dialect.name(), source };
        let engine = loaded(dialect.name(), text).map_err(failed)?;
        let template = Self { name: dialect.name().to_owned(), dialect, engine, own: None };
        match template.unknown().map_err(failed)?.into_iter().next() {
            Some(name) => Err(CompileError::UnknownVariable {
                dialect: dialect.name(),
                line: text[..place_of(text, &name)].matches('\n').count() + 1,
                name,
            }),
            None => Ok(template),
        }
    }

    fn of_user(dialect: Dialect, own: &OwnTemplate) -> Result<Self, CompileError> {
        let wrong = |diagnostics| own.rejected(diagnostics);
        own::small_enough(own).map_err(wrong)?;
        let failed = |error: minijinja::Error| own.rejected(vec![own.failed(&error)]);
        let engine = deep(|| loaded(own.name(), own.text())).map_err(failed)?;
        let name = own.name().to_owned();
        let template = Self { name, dialect, engine, own: Some(own.clone()) };
        let unknown = deep(|| template.unknown()).map_err(failed)?;
        let found: Vec<_> = unknown
            .iter()
            .map(|name| own.unknown(name, place_of(own.text(), name), &VARIABLES))
            .collect();
        if found.is_empty() { Ok(template) } else { Err(wrong(found)) }
    }

    /// Returns the name of the template: its file's, or its dialect's.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Returns the user's text, where it is not a shipped one.
    pub(super) fn own(&self) -> Option<&OwnTemplate> {
        self.own.as_ref()
    }

    /// Names variables nobody sets.
    fn unknown(&self) -> Result<BTreeSet<String>, minijinja::Error> {
        let named = self.engine.get_template(&self.name)?.undeclared_variables(false);
        let known = |name: &String| VARIABLES.contains(&name.as_str());
        Ok(named.into_iter().filter(|name| !known(name)).collect())
    }

    /// Renders one part. `grown` is how many bytes of it are not the template's doing.
    pub(super) fn render(&self, variables: Value, grown: usize) -> Result<String, CompileError> {
        let most = self.own.as_ref().map_or(usize::MAX, |_| LONGEST.saturating_add(grown));
        let mut out = Bounded { bytes: Vec::new(), most };
        let rendered = self
            .engine
            .get_template(&self.name)
            .and_then(|template| template.render_captured_to(Serde(variables), &mut out).map(drop));
        match (rendered, String::from_utf8(out.bytes)) {
            (Ok(()), Ok(text)) => Ok(text),
            (Ok(()), Err(_)) => Err(self.failed(minijinja::Error::new(
                minijinja::ErrorKind::BadSerialization,
                "the template breaks a character apart",
            ))),
            (Err(source), _) => Err(self.failed(source)),
        }
    }

    fn failed(&self, source: minijinja::Error) -> CompileError {
        match &self.own {
            Some(own) => own.rejected(vec![own.failed(&source)]),
            None => CompileError::Template { dialect: self.dialect.name(), source },
        }
    }
}

/// A buffer that refuses to grow without end.
struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

impl io::Write for Bounded {
    fn write(&mut self, more: &[u8]) -> io::Result<usize> {
        if self.most < self.bytes.len().saturating_add(more.len()) {
            return Err(io::Error::other("the template writes more than 4 MiB"));
        }
        self.bytes.extend_from_slice(more);
        Ok(more.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Does what goes as deep as an expression is long, with room for the longest that fits a template.
fn deep<T: Send>(
    work: impl FnOnce() -> Result<T, minijinja::Error> + Send,
) -> Result<T, minijinja::Error> {
    thread::scope(|scope| {
        let refused =
            |_| minijinja::Error::new(minijinja::ErrorKind::InvalidOperation, "no thread for it");
        let thread = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work);
        thread.map_err(refused)?.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

fn loaded(name: &str, text: &str) -> Result<Environment<'static>, minijinja::Error> {
    let mut engine = engine()?;
    for (partial, text) in PARTIALS {
        engine.add_template(partial, text)?;
    }
    engine.add_template_owned(name.to_owned(), text.to_owned())?;
    Ok(engine)
}

pub(super) fn engine() -> Result<Environment<'static>, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.remove_filter("tojson"); // its indent takes any amount of memory, and no template needs it
    engine.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    Ok(engine)
}

/// Returns the first byte that names the variable inside a tag.
fn place_of(text: &str, name: &str) -> usize {
    let mut tags = text.match_indices("{{").chain(text.match_indices("{%")).collect::<Vec<_>>();
    tags.sort_unstable();
    let in_tag = tags.into_iter().find_map(|(start, _)| {
        let end = text[start..].find("}}").into_iter().chain(text[start..].find("%}")).min()?;
        Some(start + word(&text[start..start + end], name)?)
    });
    in_tag.unwrap_or(0)
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
            assert!(Template::of(dialect, text(dialect)).is_ok(), "{dialect:?}");
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
        let rendered = Template::of(Dialect::JsonChat, &loops).unwrap().render(many, 0);
        let error = rendered.map_err(|error| error.to_string()).unwrap_err();
        assert!(error.contains("fuel"), "{error}");
    }

    #[test]
    fn an_attribute_that_is_missing_is_an_error_and_never_empty_text() {
        let template = Template::of(Dialect::JsonChat, "{{ answer.nothing }}").unwrap();
        assert!(template.render(serde_json::json!({"answer": {}}), 0).is_err());
    }
}
