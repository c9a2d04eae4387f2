//! Lang and Reiczigel's interval for a prevalence corrected with estimated error rates.

use crate::stats::Accuracy;
use crate::stats::Interval;
use crate::stats::Level;
use crate::stats::Method;
use crate::stats::Proportion;
use crate::stats::StatsError;

/// Returns Lang and Reiczigel's interval for a corrected prevalence, not clipped to `[0, 1]`.
///
/// `z^2` pseudo-trials are added to the apparent prevalence and two to each error rate; the centre is shifted. Their
/// printed variance has `(1 + P')^2` for `(1 - P')^2`, a misprint.
///
/// # Errors
///
/// [`StatsError::Uninformative`] where the adjusted J is not above 0.
///
/// # Source
///
/// Lang & Reiczigel (2014), Prev. Vet. Med. 113:13–22.
pub fn lang_reiczigel(
    apparent: Proportion,
    labeler: Accuracy,
    level: Level,
) -> Result<Interval, StatsError> {
    let z = level.z();
    let q = apparent.with_trials(z * z / 2.0, z * z);
    let se = labeler.sensitivity.with_trials(1.0, 2.0);
    let sp = labeler.specificity.with_trials(1.0, 2.0);
    let j = se.value + sp.value - 1.0;
    if j <= 0.0 {
        return Err(StatsError::Uninformative { youden: labeler.youden(), low: j });
    }
    let p = (q.value + sp.value - 1.0) / j;
    let shift = 2.0 * z * z * (p * se.variance() - (1.0 - p) * sp.variance());
    let spread =
        (q.variance() + p.powi(2) * se.variance() + (1.0 - p).powi(2) * sp.variance()).sqrt() / j;
    Ok(Interval {
        low: p + shift - z * spread,
        high: p + shift + z * spread,
        method: Method::LangReiczigel,
    })
}
