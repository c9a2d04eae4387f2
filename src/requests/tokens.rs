//! How many tokens a text has: counted for models whose tokenizer is known, estimated for all others.

/// Bytes a token stands for in an estimate; real tokenizers range from 3 to 5 on English prose.
const BYTES_A_TOKEN: u64 = 4;

/// A number of tokens, and whether it is only an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tokens {
    /// How many.
    pub count: u64,
    /// Whether it comes from the length in bytes and not from the model's own tokenizer.
    pub estimated: bool,
}

/// Returns the tokens of a text for a model: counted for OpenAI's names (a path before the name, such as
/// `openai/`, is passed over), estimated for all others and in a build without the feature `tokenizer`.
///
/// What a provider adds around messages and for images is not in it.
#[must_use]
pub fn tokens(model: &str, text: &str) -> Tokens {
    match counted(model, text) {
        Some(count) => Tokens { count, estimated: false },
        None => Tokens { count: estimated_tokens(text.len()), estimated: true },
    }
}

/// Returns an estimate of how many tokens a text of that many bytes has.
#[must_use]
pub fn estimated_tokens(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_A_TOKEN)
}

#[cfg(feature = "tokenizer")]
fn counted(model: &str, text: &str) -> Option<u64> {
    let name = model.rsplit('/').next().unwrap_or(model);
    let tokenizer = tiktoken_rs::tokenizer::get_tokenizer(name)?;
    let encoding = tiktoken_rs::bpe_for_tokenizer(tokenizer).ok()?;
    Some(encoding.count_ordinary(text) as u64)
}

#[cfg(not(feature = "tokenizer"))]
fn counted(_model: &str, _text: &str) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(feature = "tokenizer")]
    fn tokens_are_counted_for_names_of_openai() {
        // tiktoken.get_encoding("o200k_base").encode("hello world") is [24912, 2375].
        let two = Tokens { count: 2, estimated: false };
        for model in ["gpt-4o-mini", "openai/gpt-4o-mini", "gpt-5", "gpt-oss-safeguard-20b"] {
            assert_eq!(tokens(model, "hello world"), two, "{model}");
        }
    }

    #[test]
    fn tokens_of_other_models_are_estimated_and_say_so() {
        for model in ["smollm2-135m", "qwen/qwen3-8b", ""] {
            let estimate = Tokens { count: 3, estimated: true };
            assert_eq!(tokens(model, "hello world"), estimate, "{model}");
        }
    }
}
