//! A unit's label computed from the labels of its components.

use super::ComponentAnswer;
use super::read::most_severe;
use crate::policy::Judging;
use crate::policy::Policy;
use crate::policy::Rollup;
use crate::unit::Unit;

/// Returns the unit's label by the policy's rule, or `None` where the policy has no rule or a judged component
/// has no label or two.
///
/// *any* and *max-severity*: the most severe label of any component; with no violating one, an abstain reason
/// if a component has one. *all*: the mildest verdict wins: a label of severity 0 if a component has one, else
/// an abstain reason, else the most severe label. Of equally severe labels the first in the policy counts.
pub(super) fn label(
    policy: &Policy,
    unit: &Unit,
    components: &[ComponentAnswer],
) -> Option<String> {
    let rule = policy.rollup?;
    let labels = judged(policy, unit)
        .map(|n| {
            let mut named = components.iter().filter(|component| component.n == n);
            let first = named.next()?;
            named.next().is_none().then_some(first.label.as_str())
        })
        .collect::<Option<Vec<&str>>>()?;
    let abstained = labels.iter().copied().find(|label| policy.abstains(label));
    let decided: Vec<&str> =
        labels.iter().copied().filter(|label| !policy.abstains(label)).collect();
    let (violating, allowed): (Vec<&str>, Vec<&str>) =
        decided.into_iter().partition(|label| policy.violating(label));
    let (violating, allowed) = (most_severe(policy, &violating), most_severe(policy, &allowed));
    let label = match rule {
        Rollup::Any | Rollup::MaxSeverity => violating.or(abstained).or(allowed),
        Rollup::All => allowed.or(abstained).or(violating),
    };
    label.map(str::to_owned)
}

/// The numbers of the unit's judged components, from 1.
fn judged(policy: &Policy, unit: &Unit) -> impl Iterator<Item = usize> {
    let context = |role: &str| {
        policy.components.iter().any(|rule| rule.role == role && rule.judge == Judging::Context)
    };
    let numbers = unit.components.iter().enumerate();
    numbers.filter(move |(_, component)| !context(&component.role)).map(|(at, _)| at + 1)
}
