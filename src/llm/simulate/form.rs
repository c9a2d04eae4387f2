//! A request made into a form to fill in, once for each prompt and not for each request.

use crate::llm::simulate::Simulation;
use crate::llm::simulate::words;
use crate::llm::simulate::words::Binary;
use crate::llm::simulate::words::Category;
use serde_json::Value;
use std::collections::hash_map::DefaultHasher;
use std::hash::Hash as _;
use std::hash::Hasher as _;

/// What a reply to one kind of request looks like.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Form {
    /// No schema was given.
    Sentence,
    /// One answer.
    One(Question),
    /// One answer a policy, and whatever else the schema asks for.
    Several(Vec<(String, Part)>),
    /// The schema asks for no label.
    Other(Field),
    /// A yes-or-no question about one label.
    Binary(Binary),
    /// `safe`, or `unsafe` and the codes of categories: one verdict a policy.
    Safety(Vec<Verdict>),
    /// The settings do not fit the schema: what is wrong.
    Misfit(String),
}

/// What a safety prompt asks about one policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Verdict {
    pub(super) policy: String,
    /// The code of each violating label that has one.
    pub(super) codes: Vec<(String, String)>,
}

/// One property of a form for several policies.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Part {
    Answer(Question),
    Other(Field),
}

/// The answer under one policy.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Question {
    pub(super) policy: String,
    /// The violating labels; never empty.
    pub(super) positive: Vec<String>,
    pub(super) negative: String,
    /// All answers, in the schema's order.
    pub(super) answers: Vec<String>,
    pub(super) fields: Vec<(String, Field)>,
}

/// What to put in one place.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Field {
    Label,
    /// A list of labels: the chosen one alone.
    Labels,
    /// One object for each judged component.
    Components(Vec<(String, Field)>),
    /// The number of a component.
    Place,
    Fixed(Value),
    Text {
        longest: usize,
    },
    Number {
        low: f64,
        high: f64,
    },
    Whole {
        low: i64,
        high: i64,
    },
    /// A list of ids: those of the chosen label, `label.something`, where there are any.
    Cited {
        ids: Vec<String>,
        required: bool,
    },
    List {
        item: Option<Box<Field>>,
    },
    Group(Vec<(String, Field)>),
}

/// The part of a request that decides its form.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// `response_format`, when it is a schema.
    pub(super) format: Option<&'a Value>,
    pub(super) system: &'a str,
    /// What stands after the unit.
    pub(super) asked: &'a str,
}

impl Source<'_> {
    /// Returns a hash of everything the form depends on.
    pub(super) fn hash(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        match self.format {
            Some(format) => format.hash(&mut hash),
            None => self.system.hash(&mut hash),
        }
        self.asked.hash(&mut hash);
        hash.finish()
    }

    fn schema(&self) -> Option<Value> {
        if let Some(format) = self.format {
            return format.pointer("/json_schema/schema").cloned();
        }
        let (_, after) = self.system.split_once("<schema>")?;
        let (schema, _) = after.split_once("</schema>")?;
        serde_json::from_str(schema).ok()
    }

    /// The policy of a schema that is about one.
    fn policy(&self) -> &str {
        let name = self.format.and_then(|format| format.pointer("/json_schema/name")?.as_str());
        if let Some(name) = name {
            return name.strip_prefix("titer_").unwrap_or(name);
        }
        let named = self.system.split_once("Policy `").and_then(|(_, rest)| rest.split_once('`'));
        named.map_or("policy", |(id, _)| id)
    }
}

impl Form {
    /// Makes the form of a request.
    pub(super) fn new(source: &Source<'_>, simulation: &Simulation) -> Self {
        let Some(schema) = source.schema() else { return Self::of_words(source, simulation) };
        let form = if is_answer(&schema) {
            question(source.policy(), &schema, simulation).map(Self::One)
        } else if properties(&schema).iter().any(|(_, inner)| is_answer(inner)) {
            several(&schema, simulation).map(Self::Several)
        } else {
            Ok(Self::Other(field(&schema)))
        };
        form.unwrap_or_else(Self::Misfit)
    }

    fn of_words(source: &Source<'_>, simulation: &Simulation) -> Self {
        if let Some(binary) = words::binary(source.asked) {
            return Self::Binary(binary);
        }
        let mut verdicts: Vec<Verdict> = Vec::new();
        for Category { code, name, label } in words::categories(source.system) {
            let policy = simulation.titles.get(&name).cloned().unwrap_or(name);
            match verdicts.iter_mut().find(|verdict| verdict.policy == policy) {
                Some(verdict) => verdict.codes.push((label, code)),
                None => verdicts.push(Verdict { policy, codes: vec![(label, code)] }),
            }
        }
        if verdicts.is_empty() { Self::Sentence } else { Self::Safety(verdicts) }
    }
}

fn several(schema: &Value, simulation: &Simulation) -> Result<Vec<(String, Part)>, String> {
    let part = |(name, inner): (String, &Value)| {
        let part = if is_answer(inner) {
            Part::Answer(question(&name, inner, simulation)?)
        } else {
            Part::Other(field(inner))
        };
        Ok((name, part))
    };
    properties(schema).into_iter().map(part).collect()
}

fn is_answer(schema: &Value) -> bool {
    answers(schema).is_some()
}

/// The ids an answer may give: in `label`, or in a list of `labels`.
fn answers(schema: &Value) -> Option<&Value> {
    let one = schema.pointer("/properties/label/enum");
    one.or_else(|| schema.pointer("/properties/labels/items/enum"))
}

/// The properties to fill in: the required ones, or all where none is marked.
fn properties(schema: &Value) -> Vec<(String, &Value)> {
    let required = schema.get("required").and_then(Value::as_array);
    let asked = |name: &str| required.is_none_or(|all| all.iter().any(|it| it == name));
    let all = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    all.filter(|(name, _)| asked(name)).map(|(name, inner)| (name.clone(), inner)).collect()
}

fn question(policy: &str, schema: &Value, simulation: &Simulation) -> Result<Question, String> {
    let labels = texts(answers(schema));
    let behaviour = simulation.behaviour(policy);
    let named = behaviour.positive.iter().chain(&behaviour.negative);
    if let Some(unknown) = named.into_iter().find(|label| !labels.contains(label)) {
        return Err(format!(
            "the simulation's label `{unknown}` of policy `{policy}` is not among the schema's: {}",
            labels.join(", ")
        ));
    }
    let first = labels.first().ok_or_else(|| format!("policy `{policy}` has no labels"))?;
    let second = labels.get(1).unwrap_or(first).clone();
    let first = first.clone();
    let given = behaviour.positive.clone();
    let fields = properties(schema).into_iter().map(|(name, inner)| {
        let field = match name.as_str() {
            "label" => Field::Label,
            "labels" => Field::Labels,
            "components" => components(inner),
            _ => field(inner),
        };
        (name, field)
    });
    Ok(Question {
        policy: policy.to_owned(),
        positive: if given.is_empty() { vec![second] } else { given },
        negative: behaviour.negative.clone().unwrap_or(first),
        fields: fields.collect(),
        answers: labels,
    })
}

/// The list of labels of components, where the schema asks for one.
fn components(schema: &Value) -> Field {
    let Some(item) = schema.get("items").filter(|item| is_answer(item)) else {
        return field(schema);
    };
    let fields = properties(item).into_iter().map(|(name, inner)| {
        let field = match name.as_str() {
            "label" => Field::Label,
            "n" => Field::Place,
            _ => field(inner),
        };
        (name, field)
    });
    Field::Components(fields.collect())
}

fn texts(values: Option<&Value>) -> Vec<String> {
    let values = values.and_then(Value::as_array).into_iter().flatten();
    values.filter_map(|value| value.as_str().map(str::to_owned)).collect()
}

/// Makes a field of any schema in the portable subset; what it does not know becomes null.
fn field(schema: &Value) -> Field {
    let listed = schema.get("enum").and_then(|values| values.get(0));
    if let Some(value) = schema.get("const").or(listed) {
        return Field::Fixed(value.clone());
    }
    let choices = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(Value::as_array);
    if let Some(choice) = choices.and_then(|all| all.iter().find(|it| kind(it) != "null")) {
        return field(choice);
    }
    let number = |name: &str| schema.get(name).and_then(Value::as_f64);
    let (low, high) = (number("minimum").unwrap_or(0.0), number("maximum"));
    match kind(schema) {
        "string" => {
            let longest = schema.get("maxLength").and_then(Value::as_u64);
            Field::Text { longest: longest.map_or(usize::MAX, |length| length as usize) }
        }
        "number" => Field::Number { low, high: high.unwrap_or(low + 1.0) },
        "integer" => whole(low, high),
        "boolean" => Field::Fixed(Value::Bool(true)),
        "array" => list(schema),
        "object" => Field::Group(
            properties(schema).into_iter().map(|(name, inner)| (name, field(inner))).collect(),
        ),
        _ => Field::Fixed(Value::Null),
    }
}

fn whole(low: f64, high: Option<f64>) -> Field {
    let low = low.ceil() as i64;
    Field::Whole { low, high: high.map_or(low.saturating_add(1), |high| high.floor() as i64) }
}

fn list(schema: &Value) -> Field {
    let required = schema.get("minItems").and_then(Value::as_u64).is_some_and(|least| 0 < least);
    let ids = texts(schema.pointer("/items/enum"));
    if !ids.is_empty() {
        return Field::Cited { ids, required };
    }
    let item = schema.get("items").filter(|_| required);
    Field::List { item: item.map(|item| Box::new(field(item))) }
}

/// The schema's type, or the first that is not null.
fn kind(schema: &Value) -> &str {
    match schema.get("type") {
        Some(Value::String(kind)) => kind,
        Some(Value::Array(kinds)) => {
            kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null")
        }
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) => "null",
        None if schema.get("properties").is_some() => "object",
        None => "null",
    }
}
