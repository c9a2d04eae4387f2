//! Numbers on the command line, refused with what is allowed.

use std::str::FromStr;

/// Reads a whole number from 1 up.
pub(super) fn count<T: FromStr>(text: &str) -> Result<T, String> {
    // A number too large for its type is refused as well; nobody means one.
    text.parse().map_err(|_| "must be a whole number, 1 or more".to_owned())
}

/// Reads a number above 0.
pub(super) fn above_zero(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if 0.0 < value && f64::is_finite(value) => Ok(value),
        Ok(_) | Err(_) => Err("must be a number above 0".to_owned()),
    }
}

/// Reads a share.
pub(super) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if (0.0..=1.0).contains(&value) => Ok(value),
        Ok(_) | Err(_) => Err("must be a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    #[test]
    fn what_is_refused_says_what_is_allowed() {
        let said = Err("must be a whole number, 1 or more".to_owned());
        for text in ["0", "-1", "x", "1.5", ""] {
            assert_eq!(count::<NonZeroU32>(text), said, "{text}");
        }
        assert_eq!(count::<NonZeroU32>("7").map(NonZeroU32::get), Ok(7));
        assert_eq!(
            (share("1"), share("1.01").is_err(), above_zero("0").is_err()),
            (Ok(1.0), true, true)
        );
    }
}
