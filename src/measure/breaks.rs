//! Where a series breaks: the human standard changed, or the labeler under numbers that depend on it.

use crate::measure::Code;
use crate::measure::Finding;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Verdict;

/// A place in a series across which some of its values cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The last period before it.
    pub earlier: String,
    /// The first period after it.
    pub later: String,
    /// What changed.
    pub what: Changed,
    /// What it was.
    pub from: String,
    /// What it became.
    pub to: String,
}

/// What changed within a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Changed {
    /// The policy's major version: people judge by another standard, so no value compares with an earlier one.
    Standard,
    /// The labeler (policy text, template, model or settings): corrected values compare, as gold measures its errors again;
    /// naive ones and those with carried error rates do not.
    Labeler,
}

impl Changed {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Labeler => "labeler",
        }
    }
}

/// The standards and labelers of two periods.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standards<'a> {
    versions: (Option<&'a str>, Option<&'a str>),
    labelers: (Option<&'a str>, Option<&'a str>),
}

impl<'a> Standards<'a> {
    pub(crate) fn of(a: &PeriodRows<'a>, b: &PeriodRows<'a>) -> Self {
        Self {
            versions: (a.subject.policy_version.as_deref(), b.subject.policy_version.as_deref()),
            labelers: (a.instrument, b.instrument),
        }
    }

    /// Returns whether both periods were judged by one standard, as far as is known: the same major version.
    pub(crate) fn same_standard(self) -> bool {
        match self.versions {
            (Some(a), Some(b)) if a != b => match (major(a), major(b)) {
                (Some(a), Some(b)) => a == b,
                (Some(_) | None, _) => false,
            },
            (Some(_) | None, _) => true,
        }
    }

    /// Returns whether one labeler labeled both periods, as far as is known.
    pub(crate) fn same_labeler(self) -> bool {
        let same = |(a, b): (Option<&str>, Option<&str>)| a.is_none() || b.is_none() || a == b;
        same(self.labelers) && same(self.versions)
    }

    /// Returns what stands in the way of a change between the two.
    pub(crate) fn break_of_change(
        self,
        a: &PolicyPrevalence,
        b: &PolicyPrevalence,
    ) -> Option<Finding> {
        if !self.same_standard() {
            let detail = format!("{}: no change is given across it", self.standard_text());
            return Some(withheld(Code::DefinitionBreak, detail));
        }
        if (a.is_carried() || b.is_carried()) && !self.same_labeler() {
            let detail = format!(
                "{}: an estimate from error rates measured elsewhere does not compare across that",
                self.labeler_text()
            );
            return Some(withheld(Code::ModelOnly, detail));
        }
        None
    }

    fn standard_text(self) -> String {
        let (from, to) = (named(self.versions.0), named(self.versions.1));
        format!("the policy's version went from {from} to {to}, another standard")
    }

    fn labeler_text(self) -> String {
        format!("the labeler changed from {} to {}", named(self.labelers.0), named(self.labelers.1))
    }
}

/// Returns the breaks of a series, in its order.
pub(crate) fn breaks(parts: &[PeriodRows<'_>]) -> Vec<Break> {
    let mut breaks = Vec::new();
    for pair in parts.windows(2) {
        let standards = Standards::of(&pair[0], &pair[1]);
        let at = |what, from: Option<&str>, to: Option<&str>| Break {
            earlier: pair[0].subject.period.clone().unwrap_or_default(),
            later: pair[1].subject.period.clone().unwrap_or_default(),
            what,
            from: named(from),
            to: named(to),
        };
        if !standards.same_standard() {
            let (from, to) = standards.versions;
            breaks.push(at(Changed::Standard, from, to));
        } else if !standards.same_labeler() {
            let (from, to) = standards.labelers;
            let (from, to) = if from == to { standards.versions } else { (from, to) };
            breaks.push(at(Changed::Labeler, from, to));
        }
    }
    breaks
}

/// Returns what the first period after a change of standard says of it.
pub(crate) fn finding(found: &Break) -> Option<Finding> {
    let Break { earlier, from, to, .. } = found;
    (found.what == Changed::Standard).then(|| {
        Finding::new(
            Code::DefinitionBreak,
            format!("version {to} here, {from} in {earlier}: another standard"),
        )
    })
}

/// Returns what keeps a window across changes of standard from being one number.
pub(crate) fn finding_of_window(breaks: &[Break]) -> Option<Finding> {
    let named: Vec<String> = breaks
        .iter()
        .filter(|found| found.what == Changed::Standard)
        .map(|found| format!("version {} to {} in {}", found.from, found.to, found.later))
        .collect();
    let detail = format!("{}: one number cannot span two standards", named.join("; "));
    (!named.is_empty()).then(|| withheld(Code::DefinitionBreak, detail))
}

fn withheld(code: Code, detail: String) -> Finding {
    Finding { code, verdict: Verdict::Withheld, detail }
}

fn named(name: Option<&str>) -> String {
    name.unwrap_or("an unknown one").to_owned()
}

/// Returns the major part of a version: 2 of `2.1.0` or `v2`.
fn major(version: &str) -> Option<u64> {
    version.trim().trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: Option<&str>, b: Option<&str>) -> (bool, bool) {
        let standards = Standards { versions: (a, b), labelers: (Some("main"), Some("main")) };
        (standards.same_standard(), standards.same_labeler())
    }

    #[test]
    fn only_the_major_version_is_the_human_standard() {
        assert_eq!(same(Some("1.0.0"), Some("1.0.0")), (true, true));
        assert_eq!(same(Some("1.0.0"), Some("1.2.0")), (true, false));
        assert_eq!(same(Some("1.9"), Some("2.0")), (false, false));
        assert_eq!(same(Some("v1"), Some("1.3.0")), (true, false));
        assert_eq!(same(None, Some("1.3.0")), (true, true));
        // words that differ may be two standards, and nothing says that they are not
        assert_eq!(same(Some("spring"), Some("autumn")), (false, false));
    }
}
