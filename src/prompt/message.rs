//! The part of a request that differs from unit to unit: text and images in order, fenced.

use super::fence;
use super::fit;
use crate::policy::Policy;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Unit;
use serde_json::Value;
use serde_json::json;

/// One part of the user message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Text; the caption of an image is the end of the text before it.
    Text(String),
    /// An image: a `data:` or `https` URL.
    Image(String),
}

/// Sentences of the unit's part that depend on the policies alone.
#[derive(Debug, Clone)]
pub(super) struct Wording {
    pub(super) policies_named: String,
    pub(super) shape: String,
    /// Whether the unit is written as turns of a conversation rather than in a fence.
    pub(super) turns: bool,
}

/// Who speaks a component, where a dialect writes turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    User,
    Agent,
}

/// Roles whose text is what a model said.
const AGENT_ROLES: [&str; 7] =
    ["agent", "answer", "assistant", "completion", "output", "reply", "response"];

impl Turn {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Agent => "Agent",
        }
    }

    fn of(role: &str) -> Self {
        if AGENT_ROLES.contains(&role) { Self::Agent } else { Self::User }
    }

    /// Who speaks the last component.
    pub(super) fn last(unit: &Unit) -> Self {
        unit.components.last().map_or(Self::User, |last| Self::of(&last.role))
    }
}

/// The variables of the unit's part.
pub(super) fn variables(policies: &[impl AsRef<Policy>], unit: &Unit, wording: &Wording) -> Value {
    let nonce = fence::nonce(unit);
    let image = |component: &&Component| matches!(component.content, Content::Image(_));
    let images = unit.components.iter().filter(image).count();
    let mut shown = 0;
    let components = unit.components.iter().enumerate().map(|(at, component)| {
        let role = &component.role;
        let (text, marker) = match &component.content {
            Content::Text(text) if wording.turns => (fence::escape_turns(text), String::new()),
            Content::Text(text) => (fence::escape(text), String::new()),
            Content::Image(_) => {
                shown += 1;
                (caption(shown, images, role), marker(&nonce))
            }
        };
        let context = policies.iter().all(|policy| fit::read_only(policy.as_ref(), role));
        let turn = Turn::of(role).name();
        json!({
            "n": at + 1, "role": role, "context": context, "text": text, "marker": marker,
            "turn": turn,
        })
    });
    json!({
        "part": "unit",
        "components": components.collect::<Vec<_>>(),
        "nonce": nonce,
        "turn": Turn::last(unit).name(),
        "policies_named": wording.policies_named,
        "answer": {"shape": wording.shape},
    })
}

/// The text that stands before an image.
pub(super) fn caption(shown: usize, images: usize, role: &str) -> String {
    format!("Image {shown} of {images} (role: {role})")
}

/// Returns a unit as the turns of a conversation, a line or more each.
#[must_use]
pub fn conversation(unit: &Unit) -> String {
    let turns = unit.components.iter().map(|component| match &component.content {
        Content::Text(text) => {
            format!("{}: {}", Turn::of(&component.role).name(), fence::escape_turns(text))
        }
        Content::Image(_) => String::new(),
    });
    turns.collect::<Vec<_>>().join("\n")
}

/// Where an image goes. A unit's text cannot hold it, since it cannot hold its own nonce.
fn marker(nonce: &str) -> String {
    format!("\u{1e}{nonce}\u{1e}")
}

/// Puts the unit's images in the place of their markers; `None` where there is not one marker an image.
pub(super) fn parts(text: &str, unit: &Unit) -> Option<Vec<Part>> {
    let mut images = unit.components.iter().filter_map(|component| match &component.content {
        Content::Image(reference) => Some(reference),
        Content::Text(_) => None,
    });
    let marker = marker(&fence::nonce(unit));
    let mut parts = Vec::new();
    for (at, piece) in text.split(&marker).enumerate() {
        if at > 0 {
            parts.push(Part::Image(images.next()?.clone()));
        }
        parts.push(Part::Text(piece.to_owned()));
    }
    images.next().is_none().then_some(parts)
}

/// Returns the message's content as JSON: a string, or an array of parts where there are images.
pub(super) fn content(parts: &[Part]) -> Value {
    match parts {
        [Part::Text(only)] => only.as_str().into(),
        parts => parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => json!({"type": "text", "text": text}),
                Part::Image(url) => json!({"type": "image_url", "image_url": {"url": url}}),
            })
            .collect(),
    }
}
