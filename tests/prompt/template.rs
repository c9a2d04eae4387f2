//! Templates of the user's own: what they see, and how their mistakes are shown.

use super::cases::compiled;
use super::cases::exchange;
use super::cases::pictures;
use super::cases::plain;
use super::cases::policies;
use super::cases::settings;
use super::cases::shown;
use insta::assert_snapshot;
use titer::diag;
use titer::diag::Color;
use titer::diag::Diagnostic;
use titer::diag::Source;
use titer::prompt;
use titer::prompt::CompileError;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::prompt::OwnTemplate;
use titer::prompt::PromptSettings;
use titer::prompt::compile;

fn own(names: &[&str], dialect: Dialect, text: &str) -> Result<CompiledPrompt, CompileError> {
    let template = Some(OwnTemplate::new(Source::new("prompts/mine.j2", text)));
    compile(policies(names), PromptSettings { template, ..settings(dialect) })
}

fn mistakes(names: &[&str], text: &str) -> Vec<Diagnostic> {
    match own(names, Dialect::JsonChat, text) {
        Ok(_) => Vec::new(),
        Err(CompileError::Rejected { diagnostics, .. }) => diagnostics,
        Err(other) => panic!("{other}"),
    }
}

const BINARY: &str = "\
{% if part == 'system' -%}
{% for policy in policies %}POLICY {{ policy.id }}
{% for label in policy.labels if label.severity %}{{ label.id }}: {{ label.definition }}
{% endfor %}{% endfor -%}
{% else -%}
CONTENT
{% for component in components %}{{ component.text }}{% endfor %}

Is it {{ answer.shape }}? Answer Yes or No.
{%- endif %}";

#[test]
fn a_template_of_ones_own_takes_the_place_of_the_dialects() {
    let prompt = own(&["topics"], Dialect::YesNo, BINARY).unwrap();
    assert_snapshot!(shown(&prompt, &plain()));
    let shipped = compiled(&["topics"], Dialect::YesNo);
    assert_ne!(prompt.fingerprint(), shipped.fingerprint());
    let other = own(&["topics"], Dialect::YesNo, &BINARY.replace("CONTENT", "UNIT")).unwrap();
    assert_ne!(prompt.fingerprint(), other.fingerprint());
}

#[test]
fn a_part_that_ships_can_be_included() {
    let text = "{% if part == 'system' %}{% include '_answer.j2' %}{% else %}{% include '_unit.j2' %}{% endif %}";
    let prompt = own(&["answers"], Dialect::JsonChat, text).unwrap();
    let message = prompt.questions()[0].user_message(&pictures()).unwrap();
    assert!(message.contains("Image 2 of 2"), "{message}");
}

/// Loops within loops over ten things.
fn endless() -> String {
    let ten = "[1,2,3,4,5,6,7,8,9,0]";
    let opened = (0..9).map(|at| format!("{{% for x{at} in {ten} %}}"));
    let closed = "{% endfor %}".repeat(9);
    format!("{}{{% if false %}}x{{% endif %}}{closed}", opened.collect::<String>())
}

#[test]
fn an_expression_as_long_as_a_template_is_read() {
    let sum = format!("{{{{ 1{} }}}}", "+1".repeat(30_000));
    let long = format!("{sum}{{% if part == 'unit' %}}{{% include '_unit.j2' %}}{{% endif %}}");
    let prompt = own(&["link-spam"], Dialect::JsonChat, &long);
    let said = prompt.map(|prompt| prompt.questions()[0].system().to_owned());
    assert!(said.is_ok_and(|said| said.contains("30001")));
}

#[test]
fn a_mistake_is_shown_at_its_line() {
    let unit = "{% include '_unit.j2' %}";
    let texts = [
        format!("# Rules\n\n{{{{ polices }}}} and {{{{ nonsense.x }}}}\n{unit}"),
        format!("{{% if part == 'system' %}}\nRules\n{{% else %}}\n  {unit}\n"),
        format!(
            "{{% if part == 'system' %}}\n{{{{ answer.words }}}}\n{{% else %}}{unit}{{% endif %}}"
        ),
        format!(
            "{{% if part == 'system' %}}a{{% else %}}\n{{{{ components.first.text }}}}\n{unit}{{% endif %}}"
        ),
        "{% include '_mine.j2' %}".to_owned(),
        "{% include '_unit.j2' %}".to_owned(),
        "Judge it.\n".to_owned(),
        "{% for a in range(9) %}x{% endfor %}".to_owned(),
        endless(),
        "{{ 'x' * 9000000 }}".to_owned(),
        format!("{unit}{}", " ".repeat(70_000)),
    ];
    let said = texts.map(|text| {
        let found = mistakes(&["link-spam"], &text);
        assert!(!found.is_empty(), "{text}");
        diag::text(&found, &[Source::new("prompts/mine.j2", &text)], Color::Plain)
    });
    let brief =
        said.map(|text| text.lines().map(str::trim_end).take(12).collect::<Vec<_>>().join("\n"));
    assert_snapshot!(brief.join("\n---\n"));
}

#[test]
fn an_image_the_template_leaves_out_is_not_asked_about() {
    let text =
        "{% if part == 'unit' %}{% for it in components %}{{ it.text }}\n{% endfor %}{% endif %}";
    let prompt = own(&["answers"], Dialect::JsonChat, text).unwrap();
    assert!(prompt.questions()[0].request_body(&exchange()).is_ok());
    let error = prompt.questions()[0].request_body(&pictures()).unwrap_err();
    assert!(error.to_string().contains("`component.marker`"), "{error}");
}

/// The text of a page between ```` ```jinja NAME ```` and the end of its fence.
fn example<'p>(page: &'p str, name: &str) -> Option<&'p str> {
    let (_, rest) = page.split_once(&format!("```jinja {name}\n"))?;
    Some(rest.split_once("```").unwrap().0)
}

#[test]
fn the_wrong_example_of_a_page_gives_exactly_its_code_and_the_right_one_nothing() {
    for code in prompt::explained() {
        let page = prompt::explain(&code.to_lowercase()).unwrap();
        assert!(page.starts_with(&format!("# {code}: ")), "{code}");
        let (Some(wrong), Some(right)) = (example(page, "wrong"), example(page, "right")) else {
            assert_eq!(code, "T001");
            continue;
        };
        let codes: Vec<_> = mistakes(&["link-spam"], wrong).iter().map(|one| one.code).collect();
        assert_eq!(codes, [code]);
        assert_eq!(mistakes(&["link-spam"], right), []);
    }
}
