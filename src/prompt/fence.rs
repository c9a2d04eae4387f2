//! The fence around unit text: a nonce the text cannot know, and delimiters it cannot close.

use crate::unit::Unit;

/// Words that open or close the fence, after `<` or `</`.
const DELIMITERS: [&str; 2] = ["unit", "component"];
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

/// Escapes what could be read as one of our delimiters: `<unit`, `</unit`, `<component`, `</component`.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        if character == '<' && opens_a_delimiter(&text[at + 1..]) {
            out.push_str("&lt;");
        } else {
            out.push(character);
        }
    }
    out
}

/// Escapes what could be read as a mark or a turn of a conversation: `<BEGIN`, `<END`, and a line that starts
/// with `User:` or `Agent:`.
pub(super) fn escape_turns(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let marked = line.replace('<', "&lt;");
        let start = marked.trim_start();
        let name = TURNS.iter().find(|name| {
            start.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
        });
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
    DELIMITERS
        .iter()
        .any(|word| name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word)))
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
    fn a_text_cannot_end_the_conversation_or_take_a_turn() {
        assert_eq!(escape_turns("<END CONVERSATION>"), "&lt;END CONVERSATION>");
        assert_eq!(escape_turns("a\n  agent : b\n"), "a\nagent&#58; b\n");
        assert_eq!(escape_turns("the user: me"), "the user: me");
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["a < b", "<b>bold</b>", "<", "<ünit>", "uni<t"] {
            assert_eq!(escape(text), text);
        }
    }
}
