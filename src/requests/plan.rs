//! The requests of a run: one for each distinct content and prompt that has no answer yet.

use crate::prompt::CompiledPrompt;
use crate::unit::Fingerprint;
use crate::unit::Unit;
use std::collections::BTreeMap;

/// Everything a run works on.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The prompts, one a request and unit.
    pub prompts: Vec<CompiledPrompt>,
    /// The units, in their file's order.
    pub units: Vec<Unit>,
    /// Requests without an answer, in sending order.
    pub pending: Vec<Pending>,
    /// Requests that are answered already: their units need no call.
    pub answered: Vec<Pending>,
}

/// One request and the units it speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// Index into [`Plan::units`].
    pub unit: usize,
    /// Other units of the very same content: one request answers all of them.
    pub also: Vec<usize>,
    /// Index into [`Plan::prompts`].
    pub prompt: usize,
    /// What names the request.
    pub fingerprint: Fingerprint,
}

impl Pending {
    /// Returns every unit the request speaks for.
    pub fn units(&self) -> impl Iterator<Item = usize> + '_ {
        std::iter::once(self.unit).chain(self.also.iter().copied())
    }
}

/// Splits what units and prompts ask for into answered and pending requests.
///
/// Requests are ordered by fingerprint. A fingerprint is a hash, so the order is random with respect to
/// everything about the units: a run that stops early has labeled a simple random subset of its units.
pub fn plan(
    prompts: Vec<CompiledPrompt>,
    units: Vec<Unit>,
    is_answered: impl Fn(Fingerprint) -> bool,
) -> Plan {
    let mut requests: BTreeMap<Fingerprint, Pending> = BTreeMap::new();
    for (at, prompt) in prompts.iter().enumerate() {
        for (index, unit) in units.iter().enumerate() {
            let fingerprint = prompt.request_fingerprint(unit);
            requests
                .entry(fingerprint)
                .and_modify(|request| request.also.push(index))
                .or_insert(Pending { unit: index, also: Vec::new(), prompt: at, fingerprint });
        }
    }
    let (answered, pending) =
        requests.into_values().partition(|request| is_answered(request.fingerprint));
    Plan { prompts, units, pending, answered }
}
