//! Draws that depend on what they are for and on nothing else.

use crate::llm::simulate::Nonce;
use crate::unit::FingerprintBuilder;

/// Where the draws for one unit under one policy come from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Draws<'a> {
    pub(super) seed: u64,
    pub(super) nonce: Nonce,
    pub(super) policy: &'a str,
}

impl Draws<'_> {
    /// Draws 64 bits for a purpose.
    pub(super) fn bits(self, purpose: &str) -> u64 {
        let hash = FingerprintBuilder::new("simulate")
            .bytes(&self.seed.to_le_bytes())
            .bytes(&self.nonce.0.to_le_bytes())
            .text(self.policy)
            .text(purpose)
            .finish();
        hash.as_bytes().iter().take(8).fold(0, |bits, byte| bits << 8 | u64::from(*byte))
    }

    /// Draws a number in `[0, 1)` for a purpose.
    pub(super) fn share(self, purpose: &str) -> f64 {
        // 53 bits fit an f64 exactly.
        (self.bits(purpose) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Draws one of the items for a purpose; `None` when there are none.
    pub(super) fn one_of<'i, T>(self, items: &'i [T], purpose: &str) -> Option<&'i T> {
        let place = (self.share(purpose) * items.len() as f64) as usize;
        items.get(place)
    }
}
