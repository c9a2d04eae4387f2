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

/// Reads a share as a number from 0 to 1 or as a percentage.
pub(super) fn percent(text: &str) -> Result<f64, String> {
    let (number, scale) = match text.trim().strip_suffix('%') {
        Some(number) => (number.trim(), 100.0),
        None => (text.trim(), 1.0),
    };
    match number.parse::<f64>() {
        Ok(value) if (0.0..=1.0).contains(&(value / scale)) => Ok(value / scale),
        Ok(_) | Err(_) => {
            Err("must be a share from 0 to 1, or a percentage such as 0.5%".to_owned())
        }
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
            (percent("0.5%"), percent("101%").is_err(), percent("5").is_err()),
            (Ok(0.005), true, true)
        );
        assert_eq!(
            (share("1"), share("1.01").is_err(), above_zero("0").is_err()),
            (Ok(1.0), true, true)
        );
    }
}
