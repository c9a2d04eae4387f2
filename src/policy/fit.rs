//! Whether a unit has the parts its policy speaks about.

use super::ComponentRule;
use super::Modality;
use super::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use std::collections::BTreeMap;
use thiserror::Error;

/// The role of the only component a policy without components accepts.
pub const CONTENT_ROLE: &str = "content";

/// The most known roles a mismatch names.
const MOST_LISTED: usize = 12;

/// Why a unit cannot be labeled by a policy.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitMismatch {
    /// It has a part the policy does not speak about.
    #[error("the policy has no component `{role}`, only {}", listed(known))]
    UnknownRole {
        /// The role of the part.
        role: String,
        /// The roles the policy has, the first twelve of them.
        known: Vec<String>,
    },
    /// It lacks a part the policy requires.
    #[error("the unit has no component `{role}`, which the policy requires")]
    MissingRole {
        /// The role of the part.
        role: String,
    },
    /// It has too many parts of one role.
    #[error("the unit has {found} components `{role}`, the policy allows {most}")]
    TooMany {
        /// The role of the parts.
        role: String,
        /// How many it has.
        found: usize,
        /// How many it may have.
        most: usize,
    },
    /// A part holds something else than the policy says.
    #[error("the component `{role}` is not {}", noun(*expected))]
    WrongModality {
        /// The role of the part.
        role: String,
        /// What the policy says it holds.
        expected: Modality,
    },
    /// It has no parts.
    #[error("the unit has no component")]
    Empty,
}

impl Policy {
    /// Checks that the unit has the parts this policy speaks about.
    ///
    /// A policy without components accepts exactly one text of role `content`.
    ///
    /// # Errors
    ///
    /// The first [`UnitMismatch`] of the unit.
    pub fn check_unit(&self, unit: &Unit) -> Result<(), UnitMismatch> {
        match mismatches(&self.components, &unit.components).into_iter().next() {
            Some(mismatch) => Err(mismatch),
            None => Ok(()),
        }
    }

    /// Returns the roles of the components a unit may have, in order.
    #[must_use]
    pub fn roles(&self) -> Vec<&str> {
        if self.components.is_empty() {
            return vec![CONTENT_ROLE];
        }
        self.components.iter().map(|rule| rule.role.as_str()).collect()
    }
}

/// Returns all that keeps these components from being a unit under these rules.
pub(super) fn mismatches(rules: &[ComponentRule], components: &[Component]) -> Vec<UnitMismatch> {
    let implied = [ComponentRule {
        role: CONTENT_ROLE.to_owned(),
        modality: Modality::Text,
        required: true,
        judge: super::Judging::Judged,
        most: Some(1),
    }];
    let rules = if rules.is_empty() { &implied } else { rules };
    if components.is_empty() {
        return vec![UnitMismatch::Empty];
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut found = Vec::new();
    for Component { role, content } in components {
        let count = counts.entry(role).or_default();
        *count += 1;
        match rules.iter().find(|rule| rule.role == *role) {
            None if *count == 1 => found.push(UnitMismatch::UnknownRole {
                role: role.clone(),
                known: rules.iter().take(MOST_LISTED).map(|rule| rule.role.clone()).collect(),
            }),
            None => {}
            Some(ComponentRule { modality, .. }) => match (modality, content) {
                (Modality::Text, Content::Text(_)) | (Modality::Image, Content::Image(_)) => {}
                (Modality::Text, Content::Image(_)) | (Modality::Image, Content::Text(_)) => {
                    let expected = *modality;
                    found.push(UnitMismatch::WrongModality { role: role.clone(), expected });
                }
            },
        }
    }
    for ComponentRule { role, required, most, .. } in rules {
        let count = counts.get(role.as_str()).copied().unwrap_or(0);
        if *required && count == 0 {
            found.push(UnitMismatch::MissingRole { role: role.clone() });
        }
        if let Some(most) = most.filter(|most| count > *most) {
            found.push(UnitMismatch::TooMany { role: role.clone(), found: count, most });
        }
    }
    found
}

fn noun(modality: Modality) -> &'static str {
    match modality {
        Modality::Text => "text",
        Modality::Image => "an image",
    }
}

fn listed(roles: &[String]) -> String {
    let quoted: Vec<String> = roles.iter().map(|role| format!("`{role}`")).collect();
    quoted.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;
    use crate::unit::Segments;

    fn check(components: &str, parts: &[&str]) -> Result<(), UnitMismatch> {
        let labels = "{allowed: {default: true}, bad: {severity: 1, definition: Bad.}}";
        let text = format!("policy: p\nversion: 1.0.0\nlabels: {labels}\n{components}");
        let unit = Unit {
            id: "u".into(),
            exposure: 1.0,
            score: None,
            segments: Segments::new(),
            period: None,
            components: parts
                .iter()
                .map(|role| Component {
                    role: (*role).into(),
                    content: match *role {
                        "picture" => Content::Image("a.png".into()),
                        _ => Content::Text("text".into()),
                    },
                })
                .collect(),
            inclusion: None,
            passthrough: serde_json::Map::new(),
        };
        policy::parse(&Source::new("t", &text)).unwrap().0.check_unit(&unit)
    }

    #[test]
    fn without_components_a_unit_is_one_text_of_role_content() {
        assert_eq!(check("", &["content"]), Ok(()));
        assert_eq!(check("", &[]), Err(UnitMismatch::Empty));
        let too_many = UnitMismatch::TooMany { role: "content".into(), found: 2, most: 1 };
        assert_eq!(check("", &["content", "content"]), Err(too_many));
        let unknown =
            UnitMismatch::UnknownRole { role: "query".into(), known: vec!["content".into()] };
        assert_eq!(check("", &["query"]), Err(unknown));
    }

    #[test]
    fn components_say_what_a_unit_consists_of() {
        let rules = "components: {query: {modality: text, required: true}, answer: {modality: text, most: 2}, picture: {modality: text}}";
        assert_eq!(check(rules, &["query", "answer", "answer"]), Ok(()));
        let missing = UnitMismatch::MissingRole { role: "query".into() };
        assert_eq!(check(rules, &["answer"]), Err(missing));
        let too_many = UnitMismatch::TooMany { role: "answer".into(), found: 3, most: 2 };
        assert_eq!(check(rules, &["query", "answer", "answer", "answer"]), Err(too_many));
        let wrong =
            |expected| Err(UnitMismatch::WrongModality { role: "picture".into(), expected });
        assert_eq!(check(rules, &["query", "picture"]), wrong(Modality::Text));
        let rules = "components: {picture: {modality: image}, answer: {modality: image}}";
        assert_eq!(check(rules, &["picture"]), Ok(()));
        let wrong =
            UnitMismatch::WrongModality { role: "answer".into(), expected: Modality::Image };
        assert_eq!(check(rules, &["answer"]), Err(wrong));
    }
}
