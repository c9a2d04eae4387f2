//! Texts that come again and again in a file, kept once.

use std::sync::Arc;

/// Values of one column met so far, as far as there are few: comparing with each is faster than hashing.
#[derive(Debug, Default)]
pub(super) struct SharedTexts(Vec<Arc<str>>);

impl SharedTexts {
    /// A column with more values than this is no pivot people read; its further values are not shared.
    const MOST: usize = 32;

    /// Returns the text, shared with the rows before that had it.
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.0.iter().find(|known| ***known == *text) {
            return Arc::clone(known);
        }
        let new: Arc<str> = text.into();
        if self.0.len() < Self::MOST {
            self.0.push(Arc::clone(&new));
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_text_is_kept_once_and_many_texts_are_not_kept() {
        let mut texts = SharedTexts::default();
        let first = texts.share("home");
        assert!(Arc::ptr_eq(&first, &texts.share("home")));
        for number in 0..100 {
            assert_eq!(*texts.share(&number.to_string()), *number.to_string());
        }
        assert_eq!(texts.0.len(), SharedTexts::MOST);
    }
}
