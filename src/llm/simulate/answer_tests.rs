//! Schemas of every kind through [`Form`] and [`answer`].

use super::*;
use crate::llm::simulate::Behaviour;
use crate::llm::simulate::form::Source;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

fn simulation(behaviour: Behaviour) -> Simulation {
    Simulation {
        policies: BTreeMap::new(),
        others: behaviour,
        titles: BTreeMap::new(),
        truth: BTreeMap::new(),
        answers: BTreeMap::new(),
        seed: 1,
        latency: Duration::ZERO,
        rpm: None,
        key: None,
        model: None,
        schema: true,
    }
}

fn behaviour() -> Behaviour {
    Behaviour {
        sensitivity: 0.8,
        specificity: 0.9,
        no_answer: 0.05,
        prevalence: 0.3,
        positive: Vec::new(),
        negative: None,
    }
}

fn one() -> Value {
    json!({
        "type": "object", "additionalProperties": false,
        "required": ["because", "checks", "criteria", "label", "stated_confidence"],
        "properties": {
            "because": {"type": "string", "maxLength": 4},
            "checks": {
                "type": "object", "additionalProperties": false, "required": ["aimed"],
                "properties": {"aimed": {"type": "string", "enum": ["yes", "no", "unknown"]}},
            },
            "criteria": {
                "type": "array",
                "items": {"type": "string", "enum": ["abuse.threat", "abuse.slur", "ok.joke"]},
            },
            "label": {"type": "string", "enum": ["ok", "abuse", "grave", "unclear"]},
            "stated_confidence": {"type": "number", "minimum": 0.5, "maximum": 0.6},
        },
    })
}

fn format(name: &str, schema: &Value) -> Value {
    json!({"type": "json_schema", "json_schema": {"name": name, "strict": true, "schema": schema}})
}

fn form(name: &str, schema: &Value, simulation: &Simulation) -> Form {
    let format = format(name, schema);
    Form::new(&Source { format: Some(&format), system: "", asked: "" }, simulation)
}

fn content(form: &Form, simulation: &Simulation, nonce: u64) -> Option<Value> {
    match answer(form, simulation, &shown(nonce)) {
        Said::Content(spoken) => serde_json::from_str(&spoken.text).ok(),
        Said::Refusal(_) | Said::Misfit(_) => None,
    }
}

fn shown(nonce: u64) -> Shown {
    Shown { nonce: Nonce(nonce), judged: vec![2, 4] }
}

/// Answers and their schema agree, for 200 units.
fn check_valid(name: &str, schema: &Value, behaviour: Behaviour) {
    let simulation = simulation(Behaviour { no_answer: 0.0, ..behaviour });
    let form = form(name, schema, &simulation);
    let validator = jsonschema::validator_for(schema).unwrap_or_else(|_| unreachable!("{schema}"));
    for nonce in 0..200 {
        let answer = content(&form, &simulation, nonce).unwrap_or_default();
        assert!(validator.is_valid(&answer), "{answer}");
    }
}

#[test]
fn every_answer_is_valid_under_its_schema() {
    check_valid("titer_abuse", &one(), behaviour());
    let several = json!({
        "type": "object", "required": ["abuse", "spam", "note"], "additionalProperties": false,
        "properties": {"abuse": one(), "spam": one(), "note": {"type": ["string", "null"]}},
    });
    check_valid("titer_unified", &several, behaviour());
}

#[test]
fn a_schema_without_a_label_is_filled_in_too() {
    let other = json!({
        "type": "object", "required": ["n", "list", "flag", "either", "same"],
        "properties": {
            "n": {"type": "integer", "minimum": 3, "maximum": 5},
            "list": {"type": "array", "minItems": 1, "items": {"type": "number"}},
            "flag": {"type": "boolean"},
            "either": {"anyOf": [{"type": "null"}, {"type": "string"}]},
            "same": {"const": 7},
            "optional": {"type": "string"},
        },
    });
    check_valid("anything", &other, behaviour());
}

#[test]
fn shares_come_out_as_set() {
    let simulation = simulation(behaviour());
    let form = form("titer_abuse", &one(), &simulation);
    let (mut violating, mut caught, mut cleared, mut silent) = (0, 0, 0, 0);
    for nonce in 0..20_000 {
        let truth = simulation.violating(Nonce(nonce), "abuse");
        violating += u32::from(truth);
        match content(&form, &simulation, nonce) {
            None => silent += 1,
            Some(answer) => match answer["label"].as_str() {
                Some("abuse") => caught += u32::from(truth),
                label => cleared += u32::from(!truth && label == Some("ok")),
            },
        }
    }
    let check = |count: u32, of: f64, share: f64| {
        let error = f64::from(count) / of - share;
        assert!(
            error.abs() < 4.0 * (share * (1.0 - share) / of).sqrt(),
            "{count} of {of}: {share}"
        );
    };
    check(violating, 20_000.0, 0.3);
    check(silent, 20_000.0, 0.05);
    check(caught, f64::from(violating) * 0.95, 0.8);
    check(cleared, (20_000.0 - f64::from(violating)) * 0.95, 0.9);
}

#[test]
fn a_given_truth_wins_over_a_drawn_one() {
    let mut simulation = simulation(Behaviour { prevalence: 0.0, ..behaviour() });
    simulation.truth.insert(Nonce(7), BTreeMap::from([("abuse".to_owned(), true)]));
    assert!(simulation.violating(Nonce(7), "abuse"));
    assert!(!simulation.violating(Nonce(7), "spam"));
    assert!(!simulation.violating(Nonce(8), "abuse"));
}

#[test]
fn a_known_answer_is_given_wherever_the_labeler_is_right() {
    let mut simulation =
        simulation(Behaviour { sensitivity: 1.0, specificity: 1.0, no_answer: 0.0, ..behaviour() });
    let right = |label: &str, criterion: &str| RightAnswer {
        label: label.into(),
        criteria: vec![criterion.into()],
    };
    let known = [
        (1, true, right("grave", "abuse.threat")),
        (2, false, right("unclear", "ok.joke")),
        (3, false, right("gone", "ok.joke")),
    ];
    for (nonce, violating, answer) in known {
        simulation.truth.insert(Nonce(nonce), BTreeMap::from([("abuse".to_owned(), violating)]));
        simulation.answers.insert(Nonce(nonce), BTreeMap::from([("abuse".to_owned(), answer)]));
    }
    let said = |simulation: &Simulation, nonce| {
        let form = form("titer_abuse", &one(), simulation);
        let answer = content(&form, simulation, nonce).unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (text(&answer["label"]), text(&answer["criteria"][0]))
    };
    assert_eq!(said(&simulation, 1), ("grave".into(), "abuse.threat".into()));
    assert_eq!(said(&simulation, 2), ("unclear".into(), "ok.joke".into()));
    assert_eq!(said(&simulation, 3).0, "ok", "the schema does not have the known label");
    simulation.others.sensitivity = 0.0;
    assert_eq!(said(&simulation, 1).0, "ok", "it errs at its rates all the same");
}

#[test]
fn labels_are_those_of_the_settings_where_there_are_any() {
    let sure = Behaviour {
        no_answer: 0.0,
        sensitivity: 1.0,
        specificity: 1.0,
        prevalence: 1.0,
        positive: vec!["abuse".into(), "grave".into()],
        negative: Some("ok".into()),
    };
    let simulation = simulation(sure);
    let form = form("titer_abuse", &one(), &simulation);
    let labels: std::collections::BTreeSet<String> = (0..50)
        .filter_map(|nonce| {
            content(&form, &simulation, nonce)?["label"].as_str().map(str::to_owned)
        })
        .collect();
    assert_eq!(labels.into_iter().collect::<Vec<_>>(), ["abuse", "grave"]);
}

#[test]
fn a_label_the_schema_does_not_have_is_named() {
    let simulation = simulation(Behaviour { positive: vec!["spam".into()], ..behaviour() });
    let Said::Misfit(problem) =
        answer(&form("titer_x", &one(), &simulation), &simulation, &shown(1))
    else {
        unreachable!("an answer in spite of the misfit")
    };
    assert!(problem.contains("`spam` of policy `x`"), "{problem}");
}

#[test]
fn criteria_belong_to_the_label_they_are_cited_for() {
    let simulation = simulation(Behaviour { no_answer: 0.0, ..behaviour() });
    let form = form("titer_abuse", &one(), &simulation);
    for nonce in 0..100 {
        let answer = content(&form, &simulation, nonce).unwrap_or_default();
        let label = answer["label"].as_str().unwrap_or("?");
        let criterion = answer["criteria"][0].as_str().unwrap_or("!");
        assert!(criterion.starts_with(label), "{answer}");
    }
}

#[test]
fn a_prompt_without_a_response_format_answers_the_same() {
    let simulation = simulation(behaviour());
    let system = format!("# Policy `abuse`: Abuse\n<schema>\n{}\n</schema>\n", one());
    let prompted = Form::new(&Source { format: None, system: &system, asked: "" }, &simulation);
    assert_eq!(prompted, form("titer_abuse", &one(), &simulation));
    let none = Form::new(&Source { format: None, system: "hello", asked: "" }, &simulation);
    assert_eq!(none, Form::Sentence);
}

/// The label each of 300 units gets in a dialect that answers in words.
fn in_words(source: &Source<'_>, simulation: &Simulation) -> Vec<String> {
    let form = Form::new(source, simulation);
    (0..300)
        .map(|nonce| match answer(&form, simulation, &shown(nonce)) {
            Said::Content(spoken) => spoken.text,
            Said::Refusal(_) => "-".to_owned(),
            Said::Misfit(problem) => problem,
        })
        .collect()
}

#[test]
fn a_unit_gets_the_same_label_in_every_dialect() {
    let both = Behaviour { positive: vec!["abuse".into(), "grave".into()], ..behaviour() };
    let mut simulation = simulation(both);
    simulation.titles.insert("Abuse of people".into(), "abuse".into());
    let form = form("titer_abuse", &one(), &simulation);
    let label =
        |nonce| content(&form, &simulation, nonce).map_or("-".into(), |it| it["label"].clone());
    let json: Vec<Value> = (0..300).map(label).collect();
    let asks =
        |label: &str| format!("Does it meet `{label}` in the policy `abuse`? Say `Yes` or `No`.");
    let said = |label: &str| {
        let asked = asks(label);
        in_words(&Source { format: None, system: "", asked: &asked }, &simulation)
    };
    let system = "<BEGIN UNSAFE CONTENT CATEGORIES>\nS1: Abuse of people: abuse.\nS2: Abuse of people: grave.\n<END UNSAFE CONTENT CATEGORIES>";
    let safety = in_words(&Source { format: None, system, asked: "" }, &simulation);
    for (((label, abuse), grave), safety) in
        json.iter().zip(said("abuse")).zip(said("grave")).zip(safety)
    {
        let expected = match label.as_str() {
            Some("ok") => ["No", "No", "safe"],
            Some("abuse") => ["Yes", "No", "unsafe\nS1"],
            Some("grave") => ["No", "Yes", "unsafe\nS2"],
            _ => ["-", "-", "-"],
        };
        assert_eq!([abuse, grave, safety], expected);
    }
}

#[test]
fn what_is_said_holds_at_least_half_of_the_probability_of_its_place() {
    let simulation = simulation(Behaviour { no_answer: 0.0, ..behaviour() });
    let form = form("titer_abuse", &one(), &simulation);
    for nonce in 0..50 {
        let Said::Content(Spoken { text, choices }) = answer(&form, &simulation, &shown(nonce))
        else {
            unreachable!("no answer")
        };
        let [Choice { start, tokens }] = choices.as_slice() else { unreachable!("{choices:?}") };
        let (said, share) = &tokens[0];
        assert!(text[..*start].ends_with("\"label\":\"") && text[*start..].starts_with(said));
        assert!(*share >= 0.5 && tokens.len() == 4);
        assert!((tokens.iter().map(|(_, share)| share).sum::<f64>() - 1.0).abs() < 1e-12);
    }
}

#[test]
fn components_and_sets_of_labels_are_filled_in() {
    let label = json!({"type": "string", "enum": ["ok", "abuse"]});
    let schema = json!({
        "type": "object", "required": ["components", "labels"], "additionalProperties": false,
        "properties": {
            "components": {"type": "array", "items": {
                "type": "object", "required": ["label", "n"], "additionalProperties": false,
                "properties": {"label": label, "n": {"type": "integer"}},
            }},
            "labels": {"type": "array", "items": label},
        },
    });
    let simulation = simulation(Behaviour { no_answer: 0.0, ..behaviour() });
    let form = form("titer_abuse", &schema, &simulation);
    let answer = content(&form, &simulation, 3).unwrap_or_default();
    let said = &answer["labels"][0];
    assert_eq!(answer["components"], json!([{"label": said, "n": 2}, {"label": said, "n": 4}]));
    check_valid("titer_abuse", &schema, behaviour());
}
