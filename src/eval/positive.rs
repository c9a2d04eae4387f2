//! Which labels count as violating.

use crate::policy::Policy;
use std::collections::BTreeSet;
use thiserror::Error;

/// The set of labels that count as violating, for the labeler and for gold alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Positive {
    labels: BTreeSet<String>,
}

/// Why a rule for violating labels cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PositiveError {
    /// No label would count.
    #[error(
        "no label counts as violating under `{rule}`; name a label, or a severity that the policy's labels reach"
    )]
    Empty {
        /// The rule as given.
        rule: String,
    },
    /// The policy has no such label.
    #[error("`{label}` is not a label of policy `{policy}`; its labels are {known}")]
    Unknown {
        /// The name given.
        label: String,
        /// The policy's id.
        policy: String,
        /// The labels it has.
        known: String,
    },
}

impl Positive {
    /// Returns the rule that counts the named labels, which need not belong to a policy.
    ///
    /// # Errors
    ///
    /// [`PositiveError::Empty`] when none is named.
    pub fn labels<S: Into<String>>(
        labels: impl IntoIterator<Item = S>,
    ) -> Result<Self, PositiveError> {
        let labels: BTreeSet<String> = labels.into_iter().map(Into::into).collect();
        if labels.is_empty() {
            Err(PositiveError::Empty { rule: String::new() })
        } else {
            Ok(Self { labels })
        }
    }

    /// Returns the rule that counts labels of at least that severity.
    ///
    /// # Errors
    ///
    /// [`PositiveError::Empty`] when no label of the policy is that severe.
    pub fn severity_at_least(policy: &Policy, least: u32) -> Result<Self, PositiveError> {
        let severe = policy.labels.iter().filter(|label| label.severity >= least);
        Self::labels(severe.map(|label| label.id.clone()))
            .map_err(|_| PositiveError::Empty { rule: format!("severity >= {least}") })
    }

    /// Returns the default rule: every label of severity above 0.
    ///
    /// # Errors
    ///
    /// [`PositiveError::Empty`] when the policy has no violating label.
    pub fn violating(policy: &Policy) -> Result<Self, PositiveError> {
        Self::severity_at_least(policy, 1)
    }

    /// Reads a rule as it stands in `titer.yaml`: `severity >= 2`, or the ids of labels separated by commas.
    ///
    /// # Errors
    ///
    /// [`PositiveError`] when a label is unknown or none would count.
    pub fn parse(rule: &str, policy: &Policy) -> Result<Self, PositiveError> {
        if let Some(least) = severity(rule) {
            return Self::severity_at_least(policy, least);
        }
        let names: Vec<&str> =
            rule.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
        if let Some(unknown) = names.iter().find(|name| policy.label(name).is_none()) {
            let known: Vec<&str> = policy.labels.iter().map(|label| label.id.as_str()).collect();
            return Err(PositiveError::Unknown {
                label: (*unknown).to_owned(),
                policy: policy.id.clone(),
                known: known.join(", "),
            });
        }
        Self::labels(names).map_err(|_| PositiveError::Empty { rule: rule.to_owned() })
    }

    /// Returns whether the label counts as violating.
    #[must_use]
    pub fn matches(&self, label: &str) -> bool {
        self.labels.contains(label)
    }
}

impl Positive {
    /// Returns the label that speaks for several of one unit: the first that counts as violating, else the first.
    #[must_use]
    pub fn of_several<'l>(&self, labels: impl Iterator<Item = &'l str> + Clone) -> Option<&'l str> {
        labels.clone().find(|label| self.matches(label)).or_else(|| labels.into_iter().next())
    }
}

/// Reads `severity >= k` or `severity > k` as the least severity that counts.
fn severity(rule: &str) -> Option<u32> {
    let rest = rule.trim().strip_prefix("severity")?.trim_start();
    match rest.strip_prefix(">=") {
        Some(least) => least.trim().parse().ok(),
        None => rest.strip_prefix('>')?.trim().parse::<u32>().ok()?.checked_add(1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Label;
    use crate::policy::Mode;
    use crate::policy::Status;
    use crate::policy::Version;

    fn policy() -> Policy {
        let label = |id: &str, severity| Label {
            id: id.to_owned(),
            default: severity == 0,
            severity,
            definition: None,
            includes: Vec::new(),
            excludes: Vec::new(),
        };
        Policy {
            id: "insults".to_owned(),
            version: Version { major: 1, minor: 0, patch: 0 },
            status: Status::Draft,
            title: None,
            owners: Vec::new(),
            rationale: None,
            scope: None,
            terms: Vec::new(),
            interpretation: Vec::new(),
            mode: Mode::Ordinal,
            labels: vec![label("allowed", 0), label("mild", 1), label("severe", 2)],
            exceptions: Vec::new(),
            checks: Vec::new(),
            precedence: Vec::new(),
            abstain: Vec::new(),
            components: Vec::new(),
            rollup: None,
            examples: Vec::new(),
            tests: Vec::new(),
            crosswalk: Vec::new(),
        }
    }

    fn check(rule: &str, expected: [bool; 3]) {
        let positive = Positive::parse(rule, &policy()).unwrap();
        assert_eq!(
            ["allowed", "mild", "severe"].map(|label| positive.matches(label)),
            expected,
            "{rule}"
        );
    }

    #[test]
    fn rules_name_labels_or_a_severity() {
        check("severity >= 2", [false, false, true]);
        check("severity>0", [false, true, true]);
        check("mild", [false, true, false]);
        check("mild, severe", [false, true, true]);
        assert!(Positive::violating(&policy()).unwrap().matches("mild"));
    }

    #[test]
    fn rules_under_which_nothing_counts_are_refused() {
        assert!(matches!(
            Positive::parse("severity >= 3", &policy()),
            Err(PositiveError::Empty { .. })
        ));
        assert!(matches!(Positive::parse("", &policy()), Err(PositiveError::Empty { .. })));
        assert!(Positive::labels(Vec::<String>::new()).is_err());
    }

    #[test]
    fn an_unknown_label_is_refused_by_name() {
        let message = Positive::parse("sever", &policy()).unwrap_err().to_string();
        assert!(
            message.contains("`sever`") && message.contains("allowed, mild, severe"),
            "{message}"
        );
    }
}
