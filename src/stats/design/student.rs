//! Quantiles of Student's t distribution.

use crate::stats::Level;
use crate::stats::beta;
use crate::stats::beta::BetaShape;

/// Returns the quantile of Student's t with `degrees` (above 0) that leaves the level's tail above it.
///
/// Uses that `df / (df + t^2)` is Beta(df/2, 1/2).
pub(super) fn quantile(degrees: f64, level: Level) -> f64 {
    let shape = BetaShape { success: degrees / 2.0, failure: 0.5 };
    let x = beta::quantile(shape, 2.0 * level.tail());
    (degrees * (1.0 - x) / x).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_t_table() {
        for (degrees, level, t) in [
            (1.0, 0.95, 12.706_204_736_174_7),
            (5.0, 0.95, 2.570_581_835_636_31),
            (15.0, 0.99, 2.946_712_883_475_24),
            (60.0, 0.9, 1.670_648_865_047_56),
            (1e6, 0.95, 1.959_966_357_022_67),
        ] {
            let got = quantile(degrees, Level::new(level).unwrap());
            assert!((got / t - 1.0).abs() < 1e-9, "{degrees} {level}: {got}");
        }
    }
}
