//! The share of every label, for what was measured of a policy as a whole.

use super::Estimating;
use super::Measured;
use super::refused;
use super::sample::PolicyRows;
use super::sample::Sample;
use super::sets;
use crate::eval::InputMistake;
use crate::measure;
use crate::measure::PeriodRows;
use crate::measure::Rows;
use crate::measure::Scheme;
use crate::measure::SchemeLabel;
use crate::ops::error::OpsError;
use crate::policy::Mode;

/// With more labels than this a table of them helps nobody, and its errors take long to work out.
const MOST_LABELS: usize = 32;

impl Estimating<'_> {
    /// Adds the share of every label to the policy's measurement: of one period, or of all pooled.
    pub(super) fn each_label(
        &self,
        (sample, rows): (&Sample, &PolicyRows),
        (parts, at): (&[PeriodRows<'_>], Option<usize>),
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let Some(whole) = measured.policies.last_mut().filter(|_| self.request.each_label) else {
            return Ok(());
        };
        let refused = |mistakes: Vec<InputMistake>| refused(&rows.id, &mistakes);
        let pooled;
        let (of, settings) = match at.and_then(|at| parts.get(at)) {
            Some(part) => (part.rows, part.settings),
            None => {
                let Some(first) = parts.first() else { return Ok(()) };
                pooled = measure::pooled_rows(parts).map_err(refused)?;
                (Rows { units: &pooled.0, gold: &pooled.1, stated: None }, first.settings)
            }
        };
        let scheme = scheme(sample, rows);
        let labels = measure::all_labels(of, &scheme).len();
        if labels > MOST_LABELS {
            return Err(OpsError::refused(
                format!(
                    "policy `{}` has {labels} labels, and at most {MOST_LABELS} can be measured each",
                    rows.id
                ),
                "check that the column `label` holds labels, or leave out --each-label",
            ));
        }
        let how = (settings, self.request.coverage);
        whole.classes = Some(measure::classes(of, whole, &scheme, how).map_err(refused)?);
        Ok(())
    }
}

fn scheme<'a>(sample: &'a Sample, rows: &'a PolicyRows) -> Scheme<'a> {
    let policy = rows.policy.as_deref();
    let shown = if rows.several() { Mode::Multi } else { Mode::Single };
    let labels = policy.iter().flat_map(|policy| &policy.labels);
    let label =
        |it: &crate::policy::Label| SchemeLabel { id: it.id.clone(), severity: Some(it.severity) };
    Scheme {
        mode: policy.map_or(shown, |policy| policy.mode),
        labels: labels.map(label).collect(),
        several: sets::several(sample, rows),
    }
}
