//! Units that can be reached through several entries of a frame: images of one post, views of one item.

use crate::stats::StatsError;
use crate::stats::Weight;

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

impl Weight {
    /// Returns the weight of a unit by the weight-share method, its sampled entries having been drawn independently:
    /// `w = (1/M) sum t_c / pi_c`.
    ///
    /// Its probability is the one with which a unit of that weight would vary as much as its entries do,
    /// `1 - sum (1-pi_c) w_c^2 / w^2`, and its exposure the product of both: written as `exposure` and `inclusion_probability`
    /// of design `poisson` they give the unit its weight and its variance. An only entry keeps `t_c / M` and `pi_c`.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without entries, [`StatsError::OutOfRange`] for fewer links than sampled entries.
    ///
    /// # Source
    ///
    /// Birnbaum & Sirken (1965); Lavallee (2007), Indirect Sampling, ch. 2.
    pub fn shared(entries: &[Self], links: u64) -> Result<Self, StatsError> {
        let frame: Vec<FrameEntry> =
            entries.iter().map(|entry| FrameEntry { unit: 0, weight: entry.value() }).collect();
        let weight = match weight_share(&frame, &[links])?.first() {
            Some(weight) if *weight > 0.0 => *weight,
            Some(_) | None => return Err(StatsError::NoUnits),
        };
        let share = |entry: &Self| entry.value() / links as f64 / weight;
        let open: f64 = entries.iter().map(|entry| entry.open() * share(entry).powi(2)).sum();
        let probability = 1.0 - open;
        Self::new(weight * probability, probability)
    }
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
    fn a_shared_weight_varies_as_its_entries_do() {
        let entries = [(3.0, 0.2), (5.0, 0.5), (1.0, 1.0)];
        let entries = entries.map(|(exposure, pi)| Weight::new(exposure, pi).unwrap());
        let unit = Weight::shared(&entries, 4).unwrap();
        assert!((unit.value() - (15.0 + 10.0 + 1.0) / 4.0).abs() < 1e-12);
        let variance = (0.8 * 15.0_f64.powi(2) + 0.5 * 10.0_f64.powi(2)) / 16.0;
        assert!((unit.open() * unit.value().powi(2) - variance).abs() < 1e-9);
        let only = Weight::shared(&entries[..1], 2).unwrap();
        assert!((only.probability() - 0.2).abs() < 1e-12 && (only.value() - 7.5).abs() < 1e-12);
        assert!(Weight::shared(&[], 1).is_err() && Weight::shared(&entries, 2).is_err());
    }

    #[test]
    fn one_of_two_entries_suffices() {
        assert!((inclusion_by_any(&[0.3, 0.6]).unwrap() - 0.72).abs() < 1e-15);
        assert!((inclusion_by_any(&[1.0, 0.2]).unwrap() - 1.0).abs() < 1e-15);
        assert!(inclusion_by_any(&[]).is_err() && inclusion_by_any(&[0.0]).is_err());
        assert!(weight_share(&[FrameEntry { unit: 0, weight: 2.0 }], &[0]).is_err());
    }
}
