//! The record of a draw: everything needed to check it or draw it again.

use crate::sampling::BottomK;
use crate::sampling::Draw;
use crate::sampling::FrameTally;
use crate::sampling::Quality;
use crate::sampling::SamplingError;
use crate::sampling::SegmentTotals;
use crate::sampling::SizeMeasure;
use crate::sampling::Sizing;
use crate::unit::Design;
use crate::unit::Fingerprint;
use std::collections::BTreeMap;

/// What stands beside a sample, so that a reader can recompute it.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The hash of the frame's ids, exposures and scores in reading order.
    pub frame_hash: Fingerprint,
    /// Units in the frame.
    pub frame_rows: u64,
    /// Exposure of the frame.
    pub frame_exposure: f64,
    /// Exposure of the frame by segment and value.
    pub segments: BTreeMap<String, SegmentTotals>,
    /// The design.
    pub design: Design,
    /// Units asked for.
    pub asked: u64,
    /// Units drawn.
    pub size: u64,
    /// The salt.
    pub salt: String,
    /// The threshold; `None` for a census.
    pub threshold: Option<f64>,
    /// The size measure; `None` for a uniform draw.
    pub measure: Option<SizeMeasure>,
    /// The quality of the draw.
    pub quality: Quality,
    /// The version of titer that drew it.
    pub titer_version: String,
}

impl Manifest {
    /// Finishes a draw and records it.
    ///
    /// # Errors
    ///
    /// As [`BottomK::finish`]; [`SamplingError::FrameChanged`] when the two passes over the frame did not
    /// see the same number of units.
    pub fn finish<T>(
        tally: &FrameTally,
        draw: BottomK<T>,
    ) -> Result<(Draw<T>, Self), SamplingError> {
        let settings = draw.settings().clone();
        let draw = draw.finish()?;
        if draw.frame != tally.rows() {
            return Err(SamplingError::FrameChanged { first: tally.rows(), second: draw.frame });
        }
        let manifest = Self {
            frame_hash: tally.hash(),
            frame_rows: tally.rows(),
            frame_exposure: tally.exposure(),
            segments: tally.segments().clone(),
            design: draw.design,
            asked: settings.size.get() as u64,
            size: draw.units.len() as u64,
            salt: settings.salt.as_str().to_owned(),
            threshold: draw.threshold,
            measure: match settings.sizing {
                Sizing::Uniform => None,
                Sizing::Priority(measure) => Some(measure),
            },
            quality: Quality::of(&draw, tally.exposure())?,
            titer_version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        Ok((draw, manifest))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::DrawSettings;
    use crate::sampling::Salt;
    use crate::sampling::ScoreTransform;
    use std::num::NonZeroUsize;

    #[test]
    fn a_frame_that_changed_between_passes_is_refused() {
        let tally = FrameTally::new(ScoreTransform::None);
        let mut draw = BottomK::new(DrawSettings {
            salt: Salt::new("s").unwrap(),
            size: NonZeroUsize::MIN,
            sizing: Sizing::Uniform,
        });
        draw.offer("a", 1.0, None, || ()).unwrap();
        assert_eq!(
            Manifest::finish(&tally, draw).unwrap_err(),
            SamplingError::FrameChanged { first: 0, second: 1 }
        );
    }
}
