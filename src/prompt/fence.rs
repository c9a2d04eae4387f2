//! The fence around unit text: a nonce the text cannot know, and delimiters it cannot close.

use crate::unit::Unit;

/// Words that open or close the fence, after `<` or `</`.
const DELIMITERS: [&str; 2] = ["unit", "component"];

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
    fn other_text_stays_as_it_is() {
        for text in ["a < b", "<b>bold</b>", "<", "<ünit>", "uni<t"] {
            assert_eq!(escape(text), text);
        }
    }
}
