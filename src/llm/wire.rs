//! A chat completion as it stands on the wire, and its way into a [`ChatReply`].
//!
//! A field of the wrong type is read as missing: a reply that was paid for is not thrown away because
//! a detail nobody needs changed its shape.

use crate::reply::ChatReply;
use crate::reply::Finish;
use crate::reply::Token;
use crate::reply::Usage;
use serde::Deserialize;
use serde::Deserializer;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Bytes of text that make about one token, where the endpoint does not count.
const BYTES_PER_TOKEN: usize = 4;

/// The root of a response body.
#[derive(Debug, Deserialize)]
pub(super) struct Completion {
    /// The answers; only the first is read.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) choices: Option<Vec<Choice>>,
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<WireUsage>,
    /// An error in a response whose status says that all is well.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) error: Option<Value>,
}

/// One answer.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Choice {
    #[serde(default, deserialize_with = "lenient")]
    finish_reason: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    message: Option<Message>,
    #[serde(default, deserialize_with = "lenient")]
    logprobs: Option<Logprobs>,
    /// An error of the upstream provider.
    #[serde(default, deserialize_with = "lenient")]
    pub(super) error: Option<Value>,
}

#[derive(Debug, Default, Deserialize)]
struct Message {
    #[serde(default, deserialize_with = "lenient")]
    content: Option<Content>,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    reasoning: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    reasoning_content: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    provider_specific_fields: Option<ProviderFields>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Content {
    Text(String),
    Parts(Vec<Part>),
}

#[derive(Debug, Deserialize)]
struct Part {
    #[serde(default, deserialize_with = "lenient")]
    text: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    refusal: Option<String>,
}

/// Where LiteLLM keeps a refusal.
#[derive(Debug, Deserialize)]
struct ProviderFields {
    #[serde(default, deserialize_with = "lenient")]
    refusal: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Logprobs {
    #[serde(default, deserialize_with = "lenient")]
    content: Option<Vec<WireToken>>,
}

#[derive(Debug, Deserialize)]
struct WireToken {
    token: String,
    #[serde(default, deserialize_with = "lenient")]
    logprob: Option<f64>,
    #[serde(default, deserialize_with = "lenient")]
    top_logprobs: Option<Vec<Alternative>>,
}

#[derive(Debug, Deserialize)]
struct Alternative {
    token: String,
    #[serde(default, deserialize_with = "lenient")]
    logprob: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
struct WireUsage {
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: Option<PromptDetails>,
}

#[derive(Debug, Deserialize)]
struct PromptDetails {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
}

/// Reads null and anything of another type as missing.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(from: D) -> Result<Option<T>, D::Error> {
    let value = Some(Value::deserialize(from)?).filter(|value| !value.is_null());
    Ok(value.and_then(|value| serde_json::from_value(value).ok()))
}

impl Choice {
    /// Returns whether generation ended in an error of the server.
    pub(super) fn failed(&self) -> bool {
        self.error.is_some() || self.finish_reason.as_deref() == Some("error")
    }

    fn finish(&self) -> Finish {
        let reason = self.finish_reason.as_deref().unwrap_or_default().to_ascii_lowercase();
        match reason.as_str() {
            "length" | "max_tokens" => Finish::Length,
            "content_filter" | "safety" | "prohibited_content" | "blocklist" | "recitation" => {
                Finish::ContentFilter
            }
            _ => Finish::Stop,
        }
    }
}

impl Message {
    fn content(&self) -> Option<String> {
        match self.content.as_ref()? {
            Content::Text(text) => Some(text.clone()),
            Content::Parts(parts) => {
                let texts: Vec<_> = parts.iter().filter_map(|part| part.text.as_deref()).collect();
                (!texts.is_empty()).then(|| texts.concat())
            }
        }
    }

    fn refusal(&self) -> Option<String> {
        let in_parts = match &self.content {
            Some(Content::Parts(parts)) => parts.iter().find_map(|part| part.refusal.clone()),
            Some(Content::Text(_)) | None => None,
        };
        let in_fields = || self.provider_specific_fields.as_ref()?.refusal.clone();
        let refusal = self.refusal.clone().or(in_parts).or_else(in_fields);
        refusal.filter(|text| !text.is_empty())
    }

    fn reasoning(&self) -> Option<String> {
        let text = self.reasoning.clone().filter(|text| !text.is_empty());
        text.or_else(|| self.reasoning_content.clone()).filter(|text| !text.is_empty())
    }
}

impl Completion {
    /// Returns the reply of the first choice; `sent` is the size of the request in bytes.
    ///
    /// No choice at all is how some providers say that their filter stopped the prompt.
    pub(super) fn into_reply(self, sent: usize) -> ChatReply {
        let first = self.choices.unwrap_or_default().into_iter().next();
        let finish = first.as_ref().map_or(Finish::ContentFilter, Choice::finish);
        let choice = first.unwrap_or_default();
        let message = choice.message.unwrap_or_default();
        let (content, reasoning) = (message.content(), message.reasoning());
        let written =
            content.as_ref().map_or(0, String::len) + reasoning.as_ref().map_or(0, String::len);
        ChatReply {
            refusal: message.refusal(),
            finish,
            tokens: tokens(choice.logprobs),
            usage: usage(self.usage.unwrap_or_default(), sent, written),
            content,
            reasoning,
        }
    }
}

fn tokens(logprobs: Option<Logprobs>) -> Vec<Token> {
    let content = logprobs.and_then(|logprobs| logprobs.content).unwrap_or_default();
    let token = |token: WireToken| {
        let alternatives = token.top_logprobs.unwrap_or_default().into_iter();
        Some(Token {
            text: token.token,
            logprob: token.logprob?,
            alternatives: alternatives.filter_map(|it| Some((it.token, it.logprob?))).collect(),
        })
    };
    content.into_iter().filter_map(token).collect()
}

/// A count that is missing, or 0 where there was text, is replaced by an estimate and marked as one.
fn usage(wire: WireUsage, sent: usize, written: usize) -> Usage {
    let input = wire.prompt_tokens.filter(|&count| 0 < count);
    let output = wire.completion_tokens.filter(|&count| 0 < count || written == 0);
    let cached = wire.prompt_tokens_details.and_then(|details| details.cached_tokens).unwrap_or(0);
    let estimate = |bytes: usize| bytes.div_ceil(BYTES_PER_TOKEN) as u64;
    let billed = input.unwrap_or_else(|| estimate(sent));
    Usage {
        input: billed,
        cached: cached.min(billed),
        output: output.unwrap_or_else(|| estimate(written)),
        estimated: input.is_none() || output.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &str) -> ChatReply {
        serde_json::from_str::<Completion>(body).unwrap_or_else(|_| unreadable()).into_reply(400)
    }

    fn unreadable() -> Completion {
        Completion { choices: None, usage: None, error: None }
    }

    fn message(fields: &str) -> ChatReply {
        reply(&format!(r#"{{"choices":[{{"finish_reason":"stop","message":{{{fields}}}}}]}}"#))
    }

    fn finish(reason: &str) -> Finish {
        reply(&format!(r#"{{"choices":[{{"finish_reason":{reason},"message":{{}}}}]}}"#)).finish
    }

    #[test]
    fn the_ways_generation_ends_are_told_apart() {
        assert_eq!(finish(r#""stop""#), Finish::Stop);
        assert_eq!(finish(r#""""#), Finish::Stop);
        assert_eq!(finish("null"), Finish::Stop);
        assert_eq!(finish(r#""length""#), Finish::Length);
        assert_eq!(finish(r#""content_filter""#), Finish::ContentFilter);
        assert_eq!(finish(r#""SAFETY""#), Finish::ContentFilter);
    }

    #[test]
    fn no_choice_means_the_prompt_was_blocked() {
        assert_eq!(reply(r#"{"choices":[]}"#).finish, Finish::ContentFilter);
    }

    #[test]
    fn content_may_come_as_text_as_parts_or_not_at_all() {
        assert_eq!(message(r#""content":"a""#).content.as_deref(), Some("a"));
        let parts = r#""content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#;
        assert_eq!(message(parts).content.as_deref(), Some("ab"));
        assert_eq!(message(r#""content":null"#).content, None);
        assert_eq!(message("").content, None);
    }

    #[test]
    fn a_refusal_is_found_wherever_it_stands() {
        for fields in [
            r#""content":null,"refusal":"no""#,
            r#""content":[{"type":"refusal","refusal":"no"}]"#,
            r#""content":null,"provider_specific_fields":{"refusal":"no"}"#,
        ] {
            assert_eq!(message(fields).refusal.as_deref(), Some("no"), "{fields}");
        }
        assert_eq!(message(r#""refusal":"""#).refusal, None);
    }

    #[test]
    fn reasoning_goes_by_two_names() {
        assert_eq!(message(r#""reasoning":"r""#).reasoning.as_deref(), Some("r"));
        let old = message(r#""reasoning":null,"reasoning_content":"r""#);
        assert_eq!(old.reasoning.as_deref(), Some("r"));
    }

    #[test]
    fn usage_that_is_missing_or_nil_is_estimated_and_says_so() {
        let content = r#""choices":[{"message":{"content":"12345678"}}]"#;
        let estimated = Usage { input: 100, cached: 0, output: 2, estimated: true };
        for usage in ["null", "{}", r#"{"prompt_tokens":0,"completion_tokens":0}"#, "[]"] {
            let reply = reply(&format!(r#"{{{content},"usage":{usage}}}"#));
            assert_eq!(reply.usage, estimated, "{usage}");
        }
        let told = r#"{"prompt_tokens":9,"completion_tokens":3,"prompt_tokens_details":null}"#;
        let reply = reply(&format!(r#"{{{content},"usage":{told}}}"#));
        assert_eq!(reply.usage, Usage { input: 9, cached: 0, output: 3, estimated: false });
    }

    #[test]
    fn a_field_of_an_odd_type_costs_only_itself() {
        let odd = reply(
            r#"{"choices":[{"finish_reason":7,"logprobs":"none","message":{"content":"a",
                "reasoning":{"steps":[]}}}],"usage":{"prompt_tokens":"many"}}"#,
        );
        assert_eq!((odd.content.as_deref(), odd.finish), (Some("a"), Finish::Stop));
    }
}
