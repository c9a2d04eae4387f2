//! How many gold positives and negatives best calibrate a labeler whose prevalence estimate is to be corrected.

use crate::stats::StatsError;

/// What a pilot said, and how much gold there is to divide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CalibrationPilot {
    /// The gold units to divide.
    pub gold: u64,
    /// The apparent prevalence, inside (0, 1).
    pub apparent: f64,
    /// The sensitivity in the pilot, in `[0, 1]`.
    pub sensitivity: f64,
    /// The specificity in the pilot, in `[0, 1]`.
    pub specificity: f64,
    /// The pilot's gold units of each kind.
    pub pilot: u64,
}

/// Gold units by what is true of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalibrationSplit {
    /// Units that are positive.
    pub positives: u64,
    /// Units that are negative.
    pub negatives: u64,
}

/// Returns the division of gold with the shortest interval for the corrected prevalence.
///
/// `positives = gold / (1 + (1/q - 1) sqrt(k))` with `k = (pilot (1-sp) + 1) / (pilot (1-se) + 1)`, rounded. It asks for
/// the truth of a unit before the unit is drawn, which moderation does not know: dividing gold by the label, as `titer gold`
/// does, needs no such knowledge.
///
/// # Errors
///
/// [`StatsError::NoUnits`] without gold; [`StatsError::OutOfRange`] unless the apparent prevalence lies inside (0, 1);
/// [`StatsError::NotAProbability`] for a rate outside `[0, 1]`.
///
/// # Source
///
/// Lee et al. (2025), arXiv 2511.21140, the allocation of the calibration sample.
pub fn calibration_split(pilot: CalibrationPilot) -> Result<CalibrationSplit, StatsError> {
    if pilot.gold == 0 {
        return Err(StatsError::NoUnits);
    }
    if !(pilot.apparent > 0.0 && pilot.apparent < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "an apparent prevalence inside (0, 1)",
            value: pilot.apparent,
        });
    }
    for rate in [pilot.sensitivity, pilot.specificity] {
        if !(0.0..=1.0).contains(&rate) {
            return Err(StatsError::NotAProbability(rate));
        }
    }
    let errors = |rate: f64| pilot.pilot as f64 * (1.0 - rate) + 1.0;
    let ratio = (errors(pilot.specificity) / errors(pilot.sensitivity)).sqrt();
    let share = 1.0 / (1.0 + (1.0 / pilot.apparent - 1.0) * ratio);
    let positives = ((pilot.gold as f64 * share).round() as u64).min(pilot.gold);
    Ok(CalibrationSplit { positives, negatives: pilot.gold - positives })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PILOT: CalibrationPilot = CalibrationPilot {
        gold: 200,
        apparent: 0.4,
        sensitivity: 0.9,
        specificity: 0.7,
        pilot: 10,
    };

    #[test]
    fn the_published_example_is_reproduced() {
        let split = calibration_split(PILOT).unwrap();
        assert_eq!(split, CalibrationSplit { positives: 64, negatives: 136 });
    }

    #[test]
    fn what_cannot_be_divided_is_refused() {
        for refused in [
            CalibrationPilot { gold: 0, ..PILOT },
            CalibrationPilot { apparent: 0.0, ..PILOT },
            CalibrationPilot { apparent: f64::NAN, ..PILOT },
            CalibrationPilot { specificity: 1.2, ..PILOT },
        ] {
            assert!(calibration_split(refused).is_err(), "{refused:?}");
        }
    }
}
