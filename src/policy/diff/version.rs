//! Whether a new version number says what the changes say.

use super::Change;
use super::ChangeKind;
use super::Level;
use crate::policy::Policy;
use crate::policy::Version;
use thiserror::Error;

/// The most changes an error names.
const MOST_NAMED: usize = 5;

/// How a version number misstates what changed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum VersionLie {
    /// It is lower than before.
    #[error("the version went back from {old} to {new}")]
    Backwards {
        /// The version before.
        old: Version,
        /// The version now.
        new: Version,
    },
    /// It is the same, and the rules are not.
    #[error("the version is still {old}, and these changed: {}; it must be {needed}", changed.join(", "))]
    Unchanged {
        /// The version before and now.
        old: Version,
        /// The least version that says so.
        needed: Version,
        /// The ids of the greatest changes.
        changed: Vec<String>,
    },
    /// It rose by less than the changes mean.
    #[error("{new} claims less than the changes mean, those of {}; after {old} it must be {needed}", changed.join(", "))]
    Understated {
        /// The version before.
        old: Version,
        /// The version now.
        new: Version,
        /// The least version that says so.
        needed: Version,
        /// The ids of the greatest changes.
        changed: Vec<String>,
    },
    /// It rose by more than the changes show.
    #[error("the version claims more than changed: {new}, where {enough} would do after {old}")]
    Overstated {
        /// The version before.
        old: Version,
        /// The version now.
        new: Version,
        /// The least version that says what changed.
        enough: Version,
    },
    /// It rose and nothing a labeler reads changed: every answer would be paid for again.
    #[error(
        "the version claims more than changed: it rose from {old} to {new}, and no rule changed"
    )]
    NothingChanged {
        /// The version before.
        old: Version,
        /// The version now.
        new: Version,
    },
}

impl VersionLie {
    /// Whether the version only claims more than changed: answers are paid for again or a series is broken without
    /// need, but no two standards go by one number.
    #[must_use]
    pub fn claims_too_much(&self) -> bool {
        match self {
            Self::Overstated { .. } | Self::NothingChanged { .. } => true,
            Self::Backwards { .. } | Self::Unchanged { .. } | Self::Understated { .. } => false,
        }
    }
}

/// Checks that the newer version number says what the changes between the two policies mean.
///
/// After a reworded text any rise is true: whether it is a new standard only its author knows.
///
/// # Errors
///
/// [`VersionLie`], with the least version that would be true.
pub fn check_version(old: &Policy, new: &Policy, changes: &[Change]) -> Result<(), VersionLie> {
    let (before, now) = (old.version, new.version);
    let level = changes.iter().map(|change| change.level).max().unwrap_or(Level::Note);
    let needed = raised(before, level);
    let mut changed: Vec<String> =
        changes.iter().filter(|change| change.level == level).map(|one| one.id.clone()).collect();
    changed.dedup();
    changed.truncate(MOST_NAMED);
    if now < before {
        return Err(VersionLie::Backwards { old: before, new: now });
    }
    match (now == before, level == Level::Note) {
        (true, true) => Ok(()),
        (false, true) => Err(VersionLie::NothingChanged { old: before, new: now }),
        (true, false) => Err(VersionLie::Unchanged { old: before, needed, changed }),
        (false, false) if claimed(before, now) < level => {
            Err(VersionLie::Understated { old: before, new: now, needed, changed })
        }
        (false, false) if level < claimed(before, now) && !changes.iter().any(up_to_author) => {
            Err(VersionLie::Overstated { old: before, new: now, enough: needed })
        }
        (false, false) => Ok(()),
    }
}

/// Whether only the author can tell how much a change means: other words, which are not merely another spelling.
fn up_to_author(change: &Change) -> bool {
    change.kind == ChangeKind::Reworded && change.level == Level::Minor
}

/// The level by which a version rose.
fn claimed(old: Version, new: Version) -> Level {
    if new.major > old.major {
        Level::Major
    } else if new.minor > old.minor {
        Level::Minor
    } else {
        Level::Patch
    }
}

fn raised(version: Version, level: Level) -> Version {
    let Version { major, minor, patch } = version;
    match level {
        Level::Note => version,
        Level::Patch => Version { patch: patch + 1, ..version },
        Level::Minor => Version { major, minor: minor + 1, patch: 0 },
        Level::Major => Version { major: major + 1, minor: 0, patch: 0 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;

    const TEXT: &str = "\
policy: p
version: 1.2.3
labels:
  fine: {default: true}
  bad: {severity: 1, includes: {steps: {text: Gives steps.}, dare: Dares others.}}
precedence: [bad.steps, bad.dare]
abstain: {unclear: Nothing to see.}
examples: [{unit: x, label: bad, criteria: [bad.dare], because: So.}]
tests: [{unit: y, expect: fine}]
";

    /// Changes as `id kind level`, and what the version number says wrongly.
    fn check(edits: &[(&str, &str)], changes: &[&str], lie: &str) {
        let parse = |text: &str| policy::parse(&Source::new("t", text)).unwrap().0;
        let edited = edits.iter().fold(TEXT.to_owned(), |text, (from, to)| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let (old, new) = (parse(TEXT), parse(&edited));
        let found = policy::diff(&old, &new);
        let shown: Vec<String> =
            found.iter().map(|one| format!("{} {:?} {:?}", one.id, one.kind, one.level)).collect();
        assert_eq!(shown, changes);
        let said = check_version(&old, &new, &found).err().map(|lie| lie.to_string());
        assert_eq!(said.unwrap_or_default(), lie);
    }

    #[test]
    fn what_no_labeler_reads_needs_no_version() {
        check(&[("version: 1", "owners: [me]\nversion: 1")], &["owners Reworded Note"], "");
        let rose = "the version claims more than changed: it rose from 1.2.3 to 1.2.4, and no rule changed";
        check(&[("1.2.3", "1.2.4")], &[], rose);
        let rationale = [("version: 1.2.3", "rationale: So.\nversion: 2.0.0")];
        let rose = "the version claims more than changed: it rose from 1.2.3 to 2.0.0, and no rule changed";
        check(&rationale, &["rationale Reworded Note"], rose);
        check(&[("1.2.3", "1.1.9")], &[], "the version went back from 1.2.3 to 1.1.9");
    }

    #[test]
    fn a_change_of_the_standard_is_a_major_one() {
        let widened = ("Gives steps.", "Gives steps or sourcing.");
        let same = "the version is still 1.2.3, and these changed: bad.steps; it must be 2.0.0";
        check(&[widened], &["bad.steps Widened Major"], same);
        let less = "1.3.0 claims less than the changes mean, those of bad.steps; after 1.2.3 it must be 2.0.0";
        check(&[widened, ("1.2.3", "1.3.0")], &["bad.steps Widened Major"], less);
        check(&[widened, ("1.2.3", "2.0.0")], &["bad.steps Widened Major"], "");
        let defined = [("severity: 1", "severity: 1, definition: Bad."), ("1.2.3", "2.0.0")];
        check(&defined, &["bad.definition Added Major"], "");
        let severity = [("severity: 1", "severity: 2"), ("1.2.3", "2.0.0")];
        check(&severity, &["bad SeverityChanged Major"], "");
        let order = [("[bad.steps, bad.dare]", "[bad.dare, bad.steps]"), ("1.2.3", "2.0.0")];
        check(&order, &["precedence PrecedenceChanged Major"], "");
    }

    #[test]
    fn more_than_changed_may_be_claimed_only_for_other_words() {
        let more = "the version claims more than changed: 2.0.0, where 1.2.4 would do after 1.2.3";
        let cosmetic = [("Gives steps.", "gives the steps"), ("1.2.3", "2.0.0")];
        check(&cosmetic, &["bad.steps Reworded Patch"], more);
        let other_words = [("Gives steps.", "Shows steps."), ("1.2.3", "2.0.0")];
        check(&other_words, &["bad.steps Reworded Minor"], "");
        let another = [("Gives steps.", "Sends flowers."), ("1.2.3", "1.3.0")];
        let less = "1.3.0 claims less than the changes mean, those of bad.steps; after 1.2.3 it must be 2.0.0";
        check(&another, &["bad.steps Reworded Major"], less);
    }

    #[test]
    fn a_renamed_criterion_is_neither_gone_nor_new() {
        let renamed = [
            ("steps: {text: Gives steps.}", "how-to: {text: Gives steps., was: steps}"),
            ("[bad.steps, bad.dare]", "[bad.how-to, bad.dare]"),
            ("1.2.3", "1.3.0"),
        ];
        check(&renamed, &["bad.how-to Renamed { from: \"bad.steps\" } Minor"], "");
        let cited = [
            ("dare: Dares others.", "push: {text: Dares others., was: dare}"),
            ("[bad.steps, bad.dare]", "[bad.steps, bad.push]"),
            ("criteria: [bad.dare]", "criteria: [bad.push]"),
            ("expect: fine", "expect: fine, criteria: [bad.push]"),
            ("1.2.3", "1.3.0"),
        ];
        let shown =
            ["bad.push Renamed { from: \"bad.dare\" } Minor", "tests.1 ExampleChanged Note"];
        check(&cited, &shown, "");
    }

    #[test]
    fn cases_are_told_apart_by_their_units() {
        let said = [("because: So.", "because: Dares."), ("1.2.3", "1.2.4")];
        check(&said, &["examples.1 ExampleChanged Patch"], "");
        let label = [("expect: fine", "expect: bad"), ("1.2.3", "2.0.0")];
        check(&label, &["tests.1 LabelChanged Major"], "");
        let unit = [("unit: x", "unit: z"), ("1.2.3", "1.3.0")];
        check(&unit, &["examples.1 ExampleChanged Minor"], "");
        let other = [
            ("unit: x, label: bad, criteria: [bad.dare]", "unit: z, label: fine"),
            ("1.2.3", "1.3.0"),
        ];
        check(&other, &["examples.1 Added Minor", "examples.1 Removed Minor"], "");
    }
}
