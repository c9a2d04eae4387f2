//! What a draw was made from, and whether the gold it led to still speaks about that.

use super::super::error::OpsError;
use super::super::sampled::SampledUnit;
use crate::policy::Policy;
use crate::sampling::Salt;
use crate::sampling::prn;
use crate::store::GoldDraw;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The share of answers that may lie outside the front of the queue: skipped units, and a question or two in hand.
const OUT_OF_ORDER: f64 = 0.05;

/// What a draw was made from, as its `plan` column holds it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Origin {
    /// Units asked for.
    pub(super) size: usize,
    /// Units that were labeled when it was drawn.
    pub(super) labeled: usize,
    /// The major version of each policy: people judged by that standard.
    pub(super) standards: BTreeMap<String, u64>,
    /// The content hash of each drawn unit: that is what people were shown.
    pub(super) contents: BTreeMap<String, String>,
}

impl Origin {
    /// Reads it from a draw.
    pub(super) fn of(draw: &GoldDraw) -> Result<Self, OpsError> {
        serde_json::from_str(&draw.plan).map_err(|source| {
            OpsError::refused(
                format!("the plan of draw {} does not read: {source}", draw.id),
                "draw again with another --salt",
            )
        })
    }

    /// Refuses gold that was given to other texts, or by another standard.
    pub(super) fn still_fits(
        &self,
        units: &[SampledUnit],
        policies: &[Arc<Policy>],
    ) -> Result<(), OpsError> {
        let changed = units
            .iter()
            .filter(|unit| {
                let shown = self.contents.get(&unit.id);
                shown.is_some_and(|shown| *shown != unit.content.short())
            })
            .count();
        if changed > 0 {
            return Err(OpsError::refused(
                format!(
                    "S013: {changed} units with gold have another text than the one people judged"
                ),
                "measure the file the gold was drawn from, or draw again: titer gold draw --salt NEW",
            ));
        }
        for policy in policies {
            match self.standards.get(&policy.id) {
                Some(major) if *major != policy.version.major => {
                    return Err(OpsError::refused(
                        format!(
                            "S018: people judged by version {major}.x of policy `{}`, and it is {} now: another standard",
                            policy.id, policy.version
                        ),
                        "draw and judge again under the new version: titer gold draw --salt NEW",
                    ));
                }
                Some(_) | None => {}
            }
        }
        Ok(())
    }
}

/// Returns the drawn units in the order they are asked: random with respect to everything about them.
pub(super) fn order(draw: &GoldDraw) -> Result<Vec<&str>, OpsError> {
    let salt = queue_salt(draw)?;
    let mut order: Vec<&str> = draw.queue.iter().map(|queued| queued.unit.as_str()).collect();
    order.sort_by_cached_key(|unit| (prn(&salt, unit), (*unit).to_owned()));
    Ok(order)
}

/// Returns the salt of that order.
pub(super) fn queue_salt(draw: &GoldDraw) -> Result<Salt, OpsError> {
    Ok(Salt::new(&format!("{}/queue", draw.salt))?)
}

/// Refuses answers that are neither all of a draw nor the front of its queue: which units those are says something
/// about them, so they are no random part.
pub(super) fn random_part(
    draw: &GoldDraw,
    policy: &str,
    answered: &BTreeSet<String>,
) -> Result<(), OpsError> {
    let order = order(draw)?;
    if answered.len() == order.len() {
        return Ok(());
    }
    let front = order.iter().take(answered.len()).filter(|unit| answered.contains(**unit)).count();
    let elsewhere = answered.len() - front;
    let allowed = (answered.len() as f64 * OUT_OF_ORDER).ceil().max(2.0) as usize;
    if elsewhere <= allowed {
        return Ok(());
    }
    Err(OpsError::refused(
        format!(
            "policy `{policy}`: {} of {} drawn units are answered, and {elsewhere} of them out of turn, so they are no random part of the draw",
            answered.len(),
            order.len()
        ),
        "answer the rest (titer gold label, or the sheet of titer gold export from the top)",
    ))
}
