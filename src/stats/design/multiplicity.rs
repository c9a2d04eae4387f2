//! Units that can be reached through several entries of a frame: images of one post, views of one item.

use crate::stats::StatsError;

/// One sampled entry of the frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FrameEntry {
    /// The unit it belongs to.
    pub unit: usize,
    /// Its weight, exposure over inclusion probability.
    pub weight: f64,
}

/// Returns the weight of each unit by the weight-share method, `w_u = (1 / M_u) sum of the weights of its entries`.
///
/// `links` holds `M_u`, the number of entries of the whole frame that lead to each unit, sampled or not: without it
/// units with many entries would count too often. Unbiased for totals over units. A unit without a sampled entry has
/// weight 0: it is not in the sample.
///
/// # Errors
///
/// [`StatsError::OutOfRange`] for an entry of an unknown unit, a weight that is not above 0, or fewer links than sampled
/// entries.
///
/// # Source
///
/// Birnbaum & Sirken (1965), Vital Health Stat. 2(11); Lavallee (2007), Indirect Sampling, ch. 2.
pub fn weight_share(components: &[FrameEntry], links: &[u64]) -> Result<Vec<f64>, StatsError> {
    let mut sums = vec![(0.0, 0_u64); links.len()];
    for component in components {
        if !(component.weight > 0.0 && component.weight.is_finite()) {
            return Err(StatsError::OutOfRange {
                what: "a weight above 0",
                value: component.weight,
            });
        }
        let (weight, sampled) = sums.get_mut(component.unit).ok_or(StatsError::OutOfRange {
            what: "the index of a unit with known links",
            value: component.unit as f64,
        })?;
        *weight += component.weight;
        *sampled += 1;
    }
    let share = |((weight, sampled), links): (&(f64, u64), &u64)| {
        if sampled <= links {
            Ok(if *sampled == 0 { 0.0 } else { weight / *links as f64 })
        } else {
            Err(StatsError::OutOfRange {
                what: "a number of links at least as large as the sampled ones",
                value: *links as f64,
            })
        }
    };
    sums.iter().zip(links).map(share).collect()
}

/// Returns the probability that at least one of a unit's entries is drawn, `1 - prod (1 - pi_c)`.
///
/// Holds where entries are drawn independently (Poisson sampling), and needs the probability of every entry of the
/// unit, sampled or not.
///
/// # Errors
///
/// [`StatsError::NotAProbability`] outside (0, 1], [`StatsError::NoUnits`] without entries.
///
/// # Source
///
/// Lavallee (2007), Indirect Sampling, ch. 2.
pub fn inclusion_by_any(probabilities: &[f64]) -> Result<f64, StatsError> {
    if probabilities.is_empty() {
        return Err(StatsError::NoUnits);
    }
    let mut missed = 0.0;
    for probability in probabilities {
        if !(*probability > 0.0 && *probability <= 1.0) {
            return Err(StatsError::NotAProbability(*probability));
        }
        missed += (-probability).ln_1p();
    }
    Ok(-f64::exp_m1(missed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_weights_are_unbiased_over_every_poisson_sample() {
        // Three entries, two units (entries 0 and 1 lead to unit 0), each drawn with its own probability.
        let (pi, unit_of, values) = ([0.3, 0.6, 0.5], [0, 0, 1], [7.0, 11.0]);
        let mut expected = 0.0;
        for sample in 0..8_u32 {
            let drawn = |entry: usize| sample >> entry & 1 == 1;
            let chance: f64 = (0..3)
                .map(|entry| if drawn(entry) { pi[entry] } else { 1.0 - pi[entry] })
                .product();
            let components: Vec<FrameEntry> = (0..3)
                .filter(|entry| drawn(*entry))
                .map(|entry| FrameEntry { unit: unit_of[entry], weight: 1.0 / pi[entry] })
                .collect();
            let weights = weight_share(&components, &[2, 1]).unwrap();
            expected += chance * weights.iter().zip(values).map(|(w, y)| w * y).sum::<f64>();
        }
        assert!((expected - 18.0).abs() < 1e-12, "{expected}");
    }

    #[test]
    fn one_of_two_entries_suffices() {
        assert!((inclusion_by_any(&[0.3, 0.6]).unwrap() - 0.72).abs() < 1e-15);
        assert!((inclusion_by_any(&[1.0, 0.2]).unwrap() - 1.0).abs() < 1e-15);
        assert!(inclusion_by_any(&[]).is_err() && inclusion_by_any(&[0.0]).is_err());
        assert!(weight_share(&[FrameEntry { unit: 0, weight: 2.0 }], &[0]).is_err());
    }
}
