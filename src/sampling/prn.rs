//! Permanent random numbers: one number a unit and salt, the same in every engine.

use crate::sampling::SamplingError;
use sha2::Digest as _;
use sha2::Sha256;

/// Names a family of permanent random numbers. Not empty, without U+001F.
///
/// The same salt on two days selects the same units where it can; a second phase needs a salt of its own.
#[derive(Debug, Clone)]
pub struct Salt {
    text: String,
    /// SHA-256 after `text` and the separator, so that a unit costs one block.
    state: Sha256,
}

/// The permanent random number of one unit: 52 bits, read as a point of the open interval (0, 1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prn(u64);

/// Returns the permanent random number of a unit.
///
/// The first 13 hexadecimal digits of `SHA-256(salt || 0x1f || unit_id)`, all UTF-8.
///
/// # Example
///
/// ```
/// use titer::sampling::{Salt, prn};
/// let salt = Salt::new("quickstart/phase1")?;
/// assert_eq!(prn(&salt, "u-000001").bits(), 0x7b72_92f6_b7a4_5);
/// # Ok::<(), titer::sampling::SamplingError>(())
/// ```
#[must_use]
pub fn prn(salt: &Salt, unit_id: &str) -> Prn {
    let mut hash = salt.state.clone();
    hash.update(unit_id.as_bytes());
    let digest: [u8; 32] = hash.finalize().into();
    let first = digest.iter().take(8).fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    Prn(first >> 12)
}

impl Salt {
    /// Checks and keeps a salt.
    ///
    /// # Errors
    ///
    /// [`SamplingError::BadSalt`] when it is empty or contains the separator U+001F.
    pub fn new(text: &str) -> Result<Self, SamplingError> {
        if text.is_empty() || text.contains('\u{1f}') {
            return Err(SamplingError::BadSalt(text.to_owned()));
        }
        let mut state = Sha256::new();
        state.update(text.as_bytes());
        state.update([0x1f]);
        Ok(Self { text: text.to_owned(), state })
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns a salt of its own for a later step of the same series, such as `gold`.
    ///
    /// # Errors
    ///
    /// [`SamplingError::BadSalt`] when the step contains the separator U+001F.
    pub fn step(&self, step: &str) -> Result<Self, SamplingError> {
        Self::new(&format!("{}/{step}", self.text))
    }
}

impl PartialEq for Salt {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Salt {}

impl Prn {
    /// Returns the 52 bits as an integer.
    #[must_use]
    pub fn bits(self) -> u64 {
        self.0
    }

    /// Returns `(x + 0.5) / 2^52`, never 0 and never 1, without rounding.
    #[must_use]
    pub fn u(self) -> f64 {
        (self.0 as f64 + 0.5) / (1u64 << 52) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_agree_with_the_published_vectors() {
        let page = include_str!("../../docs/sampling.md");
        let rows: Vec<Vec<&str>> = page
            .lines()
            .filter(|line| line.contains("| 0x"))
            .map(|line| line.split('|').map(|cell| cell.trim().trim_matches('`')).collect())
            .collect();
        assert!(7 <= rows.len());
        for row in rows {
            let (salt, id, bits, u) = (row[1], row[2], row[3], row[4]);
            let number = prn(&Salt::new(salt).unwrap(), id);
            assert_eq!(format!("{:#015x}", number.bits()), bits, "{salt} {id}");
            assert_eq!(format!("{:?}", number.u()), u, "{salt} {id}");
        }
    }

    #[test]
    fn the_ends_of_the_interval_are_never_reached() {
        assert!(0.0 < Prn(0).u());
        assert!(Prn((1 << 52) - 1).u() < 1.0);
    }

    #[test]
    fn a_salt_cannot_hide_the_separator() {
        assert!(Salt::new("").is_err());
        assert!(Salt::new("a\u{1f}b").is_err());
    }
}
