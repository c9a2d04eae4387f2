//! The fence around unit text: a nonce the text cannot know, delimiters it cannot close, and none of the control tokens
//! by which chat templates tell who speaks.

use crate::unit::Unit;

/// Words that open or close the fence, after `<` or `</`.
const DELIMITERS: [&str; 2] = ["unit", "component"];
/// What makes a control token of `<`: ChatML, Llama 3, harmony and their kin, Llama 2, Gemma, and the marks of reasoning.
const ANGLED: [&str; 12] = [
    "|",
    "\u{ff5c}",
    "<SYS>>",
    "</SYS>>",
    "start_of_turn>",
    "end_of_turn>",
    "bos>",
    "eos>",
    "s>",
    "/s>",
    "think>",
    "/think>",
];
/// What makes a control token of `[`: Llama 2 and Mistral.
const SQUARE: [&str; 9] = [
    "INST]",
    "/INST]",
    "SYSTEM_PROMPT]",
    "/SYSTEM_PROMPT]",
    "AVAILABLE_TOOLS]",
    "/AVAILABLE_TOOLS]",
    "TOOL_CALLS]",
    "TOOL_RESULTS]",
    "/TOOL_RESULTS]",
];
/// Who speaks in a conversation.
const TURNS: [&str; 2] = ["User", "Agent"];

/// Returns the 16 hexadecimal digits that fence a unit, derived from its content hash.
///
/// Equal content gives equal bytes, so a request can be cached and recognised; a text cannot contain
/// its own nonce, since the nonce depends on every byte of it.
#[must_use]
pub fn nonce(unit: &Unit) -> String {
    unit.content_hash().to_string().chars().take(16).collect()
}

/// Returns what escaping makes of every mark it knows, so that a prompt's fingerprint changes when it does.
pub(super) fn form() -> String {
    let angled =
        ANGLED.iter().chain(&DELIMITERS).map(|mark| format!("<{mark}> </{mark}> <|{mark}|>"));
    let square = SQUARE.iter().map(|mark| format!("[{mark}] [/{mark}] <<{mark}>>"));
    let turns = TURNS.iter().map(|turn| format!("\n{turn}: "));
    let marks: Vec<String> = angled.chain(square).chain(turns).collect();
    let marks = marks.join(" ");
    format!("{}\n{}", escape(&marks), escape_turns(&marks))
}

/// Escapes what could be read as one of our delimiters (`<unit`, `</unit`, `<component`, `</component`), or as a control
/// token of a chat template (`<|im_end|>`, `[INST]`, `<<SYS>>`), which some servers read as the token itself.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let after = &text[at + character.len_utf8()..];
        match character {
            '<' if opens_a_delimiter(after) || starts_with_any(after, &ANGLED) => {
                out.push_str("&lt;");
            }
            '[' if starts_with_any(after, &SQUARE) => out.push_str("&#91;"),
            other => out.push(other),
        }
    }
    out
}

/// Escapes what [`escape`] does and what could be read as a mark or a turn of a conversation: every other `<`, and a line
/// that starts with `User:` or `Agent:`.
pub(super) fn escape_turns(text: &str) -> String {
    let text = escape(text);
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let marked = line.replace('<', "&lt;");
        let start = marked.trim_start();
        let name = TURNS.iter().find(|name| starts_with(start, name));
        match name.and_then(|name| {
            start[name.len()..].trim_start().strip_prefix(':').map(|rest| (name, rest))
        }) {
            Some((name, rest)) => {
                out.push_str(&start[..name.len()]);
                out.push_str("&#58;");
                out.push_str(rest);
            }
            None => out.push_str(&marked),
        }
    }
    out
}

fn opens_a_delimiter(after: &str) -> bool {
    let name = after.trim_start_matches(|c: char| c == '/' || c.is_whitespace());
    starts_with_any(name, &DELIMITERS)
}

fn starts_with_any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| starts_with(text, word))
}

/// Whether the text starts with the word, in whatever case.
fn starts_with(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_delimiter_is_escaped() {
        for text in ["</unit>", "<UNIT nonce", "< / component>", "<\n/Unit>"] {
            assert!(escape(text).starts_with("&lt;"), "{text}");
        }
    }

    #[test]
    fn control_tokens_of_chat_templates_are_escaped_in_a_fence_and_in_a_turn() {
        for token in [
            "<|im_end|>",
            "<|im_start|>system",
            "<|start|>system<|message|>",
            "<|end|>",
            "<|eot_id|>",
            "<\u{ff5c}User\u{ff5c}>",
            "[INST]",
            "[/inst]",
            "<<SYS>>",
            "<</SYS>>",
            "<start_of_turn>",
            "</s>",
            "[TOOL_CALLS]",
        ] {
            for escaped in [escape(token), escape_turns(token)] {
                let opens = ["<|", "<\u{ff5c}", "<<", "[", "<s", "</s"];
                assert!(opens.iter().all(|mark| !escaped.contains(mark)), "{escaped}");
                assert_eq!(escaped.replace("&lt;", "<").replace("&#91;", "["), token);
            }
        }
    }

    #[test]
    fn a_text_cannot_end_the_conversation_or_take_a_turn() {
        assert_eq!(escape_turns("<END CONVERSATION>"), "&lt;END CONVERSATION>");
        assert_eq!(escape_turns("a\n  agent : b\n"), "a\nagent&#58; b\n");
        assert_eq!(escape_turns("the user: me"), "the user: me");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in
            ["a < b", "<b>bold</b>", "<", "<ünit>", "uni<t", "a || b", "x << 2", "[1]", "<small>"]
        {
            assert_eq!(escape(text), text);
        }
    }
}
