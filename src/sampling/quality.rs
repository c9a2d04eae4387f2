//! Checks of a finished draw against the frame it came from.

use crate::sampling::Draw;
use crate::sampling::SamplingError;

/// How many standard errors an estimated total may lie from the known one.
const MOST_ERRORS: f64 = 4.0;
/// One unit carrying more than this share of the exposure is worth a warning.
const WARN_SHARE: f64 = 0.05;
/// One unit carrying more than this share makes a ratio estimate meaningless.
const REFUSE_SHARE: f64 = 0.2;

/// What a gate looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateKind {
    /// The estimated number of units against the frame's, in standard errors.
    Units,
    /// The estimated exposure against the frame's, in standard errors.
    Exposure,
    /// The largest share of the estimated exposure that one unit carries.
    LargestShare,
}

/// How a gate went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum GateVerdict {
    /// Nothing to say.
    Passed,
    /// The estimate stands, with this said beside it.
    Warned,
    /// No ratio estimate may be made from this sample.
    Refused,
}

/// One gate and what it found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gate {
    /// What it looked at.
    pub kind: GateKind,
    /// How it went.
    pub verdict: GateVerdict,
    /// What was found.
    pub value: f64,
    /// The value above which it does not pass.
    pub bound: f64,
}

/// What is known of a draw's quality before any label.
#[derive(Debug, Clone, PartialEq)]
pub struct Quality {
    /// The gates in order.
    pub gates: Vec<Gate>,
    /// Units included with certainty.
    pub certain: u64,
    /// Kish's effective sample size of the exposure weights, over the number of units.
    pub effective_share: f64,
}

impl GateKind {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Exposure => "exposure",
            Self::LargestShare => "largest_share",
        }
    }
}

impl GateVerdict {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Warned => "warned",
            Self::Refused => "refused",
        }
    }
}

impl Quality {
    /// Checks a draw against the exposure of its frame.
    ///
    /// The estimated totals of a heavy-tailed frame can miss by four estimated standard errors when the
    /// heavy units were not drawn, so a miss warns; it is also what a doubled or truncated frame looks like.
    ///
    /// # Errors
    ///
    /// [`SamplingError::EmptyFrame`] when the draw has no units.
    pub fn of<T>(draw: &Draw<T>, frame_exposure: f64) -> Result<Self, SamplingError> {
        if draw.units.is_empty() {
            return Err(SamplingError::EmptyFrame);
        }
        let ones = draw.units.iter().map(|unit| (1.0, unit.probability));
        let exposures = draw.units.iter().map(|unit| (unit.exposure, unit.probability));
        let weights: Vec<f64> =
            draw.units.iter().map(|unit| unit.exposure / unit.probability).collect();
        let total: f64 = weights.iter().sum();
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let largest = weights.iter().copied().fold(0.0, f64::max);
        let certain = draw.units.iter().filter(|unit| 1.0 <= unit.probability).count();
        Ok(Self {
            gates: vec![
                total_gate(GateKind::Units, ones, draw.frame as f64),
                total_gate(GateKind::Exposure, exposures, frame_exposure),
                share_gate(largest / total, certain == draw.units.len()),
            ],
            certain: certain as u64,
            effective_share: total * total / squares / weights.len() as f64,
        })
    }

    /// Returns the worst verdict.
    #[must_use]
    pub fn verdict(&self) -> GateVerdict {
        self.gates.iter().map(|gate| gate.verdict).max().unwrap_or(GateVerdict::Passed)
    }
}

/// Compares an estimated total with the known one.
fn total_gate(kind: GateKind, units: impl Iterator<Item = (f64, f64)>, known: f64) -> Gate {
    let (mut estimate, mut variance) = (0.0, 0.0);
    for (value, probability) in units {
        estimate += value / probability;
        variance += (1.0 - probability) * (value / probability).powi(2);
    }
    let miss = (estimate - known).abs();
    let rounding = 1e-9 * known.abs();
    let errors = if miss <= rounding { 0.0 } else { miss / variance.sqrt().max(rounding) };
    let verdict = if errors <= MOST_ERRORS { GateVerdict::Passed } else { GateVerdict::Warned };
    Gate { kind, verdict, value: errors, bound: MOST_ERRORS }
}

/// Judges how much of the estimate hangs on one unit. In a census that is the population's own shape.
fn share_gate(share: f64, census: bool) -> Gate {
    let verdict = if census || share <= WARN_SHARE {
        GateVerdict::Passed
    } else if share <= REFUSE_SHARE {
        GateVerdict::Warned
    } else {
        GateVerdict::Refused
    };
    Gate { kind: GateKind::LargestShare, verdict, value: share, bound: WARN_SHARE }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::BottomK;
    use crate::sampling::DrawSettings;
    use crate::sampling::Salt;
    use crate::sampling::Sizing;
    use std::num::NonZeroUsize;

    fn quality(exposures: &[f64], size: usize, frame_exposure: f64) -> Quality {
        let settings = DrawSettings {
            salt: Salt::new("quality").unwrap(),
            size: NonZeroUsize::new(size).unwrap(),
            sizing: Sizing::Uniform,
        };
        let mut draw = BottomK::new(settings);
        for (i, exposure) in exposures.iter().enumerate() {
            draw.offer(&format!("u{i}"), *exposure, None, || ()).unwrap();
        }
        Quality::of(&draw.finish().unwrap(), frame_exposure).unwrap()
    }

    #[test]
    fn a_plain_sample_passes_every_gate() {
        let quality = quality(&[2.0; 500], 100, 1000.0);
        assert_eq!(quality.verdict(), GateVerdict::Passed);
        assert_eq!(quality.certain, 0);
        assert!((quality.effective_share - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_frame_of_another_size_is_noticed() {
        let quality = quality(&[2.0; 500], 100, 2000.0);
        assert_eq!(quality.gates[1].verdict, GateVerdict::Warned);
        assert!(MOST_ERRORS < quality.gates[1].value);
    }

    #[test]
    fn a_census_has_no_sampling_error_to_refuse() {
        let all = quality(&[1.0, 1.0, 98.0], 3, 100.0);
        assert_eq!((all.verdict(), all.certain), (GateVerdict::Passed, 3));
        assert_eq!(quality(&[1.0, 1.0, 98.0], 3, 101.0).verdict(), GateVerdict::Warned);
    }

    #[test]
    fn one_unit_carrying_the_sample_is_refused() {
        assert_eq!(share_gate(0.21, false).verdict, GateVerdict::Refused);
        assert_eq!(share_gate(0.06, false).verdict, GateVerdict::Warned);
        assert_eq!(share_gate(0.05, false).verdict, GateVerdict::Passed);
    }
}
