//! The parts of a checked policy, in the order their author wrote them.

use crate::unit::Component;
use std::cmp::Reverse;
use std::fmt;

/// The labeling rules for one construct. Built only by the parser, which checks every reference in it.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Stable id, `^[a-z0-9][a-z0-9-]*$`.
    pub id: String,
    /// What changed since the last version: standard, clarification or wording.
    pub version: Version,
    /// Where the policy is in its life.
    pub status: Status,
    /// A name for people.
    pub title: Option<String>,
    /// Who answers for the policy.
    pub owners: Vec<String>,
    /// Why the policy exists; never in a prompt.
    pub rationale: Option<String>,
    /// What the policy applies to.
    pub scope: Option<String>,
    /// Words with a fixed meaning in the rules.
    pub terms: Vec<Term>,
    /// How to read the rules.
    pub interpretation: Vec<String>,
    /// How labels relate to each other.
    pub mode: Mode,
    /// What may be assigned; exactly one is the default.
    pub labels: Vec<Label>,
    /// When a rule does not apply.
    pub exceptions: Vec<Exception>,
    /// Questions answered yes, no or unknown before the label.
    pub checks: Vec<Check>,
    /// Ids of criteria and exceptions, the stronger first.
    pub precedence: Vec<String>,
    /// Reasons to answer "cannot tell".
    pub abstain: Vec<AbstainReason>,
    /// What a multi-component unit consists of; empty means one text of role `content`.
    pub components: Vec<ComponentRule>,
    /// How the labels of components become the unit's; `None` means the unit is labeled as a whole.
    pub rollup: Option<Rollup>,
    /// Worked cases a labeler may be shown.
    pub examples: Vec<Example>,
    /// Cases the policy must get right, never shown to a labeler.
    pub tests: Vec<PolicyTest>,
    /// What other taxonomies call the same thing.
    pub crosswalk: Vec<Crosswalk>,
}

/// `major.minor.patch`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// The human standard changed.
    pub major: u64,
    /// A clarification.
    pub minor: u64,
    /// Wording only.
    pub patch: u64,
}

/// Where a policy is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Being written.
    Draft,
    /// In force; its ids no longer change.
    Active,
    /// Out of force.
    Retired,
}

/// How the labels of a policy relate to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Exactly one label applies.
    Single,
    /// Exactly one applies, and the labels are ordered by severity.
    Ordinal,
    /// Any number of labels other than the default apply, or the default alone.
    Multi,
}

/// A word with a fixed meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The word as the rules use it.
    pub id: String,
    /// What it means.
    pub text: String,
}

/// Something that may be assigned to a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The id, unique in the policy.
    pub id: String,
    /// Whether this is the label of a unit no rule speaks about.
    pub default: bool,
    /// 0 is allowed; above 0 is violating, more is worse.
    pub severity: u32,
    /// What the label means.
    pub definition: Option<String>,
    /// Criteria that put a unit under the label.
    pub includes: Vec<Criterion>,
    /// Criteria that keep a unit out; they win over `includes` unless the precedence says otherwise.
    pub excludes: Vec<Criterion>,
}

/// One named test for a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// The full id: `label.criterion`.
    pub id: String,
    /// The test in words.
    pub text: String,
    /// The full id it had before it was renamed.
    pub was: Option<String>,
}

/// A case in which another label applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The id, unique in the policy.
    pub id: String,
    /// When it applies.
    pub when: String,
    /// The label that then applies.
    pub then: String,
    /// What takes the exception away again.
    pub unless: Option<String>,
}

/// A yes / no / unknown question answered before the label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The id, unique in the policy.
    pub id: String,
    /// The question.
    pub question: String,
}

/// A reason a labeler may give for not choosing a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbstainReason {
    /// The id, distinct from every label id.
    pub id: String,
    /// When it applies.
    pub text: String,
}

/// What a component of a unit may be, and whether it is judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentRule {
    /// The role it describes.
    pub role: String,
    /// Text or image.
    pub modality: Modality,
    /// Whether a unit without it is refused.
    pub required: bool,
    /// Whether it is judged or only read.
    pub judge: Judging,
    /// The most components of this role in one unit.
    pub most: Option<usize>,
}

/// The kind of content a component holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modality {
    /// Text.
    Text,
    /// A picture, given by reference.
    Image,
}

/// How the labels of a unit's judged components become the unit's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rollup {
    /// The unit is violating as soon as one component is. It has every label that some component has, where several
    /// may apply, and else the most severe of them, as by [`Rollup::MaxSeverity`].
    Any,
    /// The unit is violating only when every judged component is. It then has the labels that all share, where several
    /// may apply and some are shared, and else those it would have by [`Rollup::Any`].
    All,
    /// The unit has the labels of the greatest severity among its components.
    MaxSeverity,
}

/// Whether a component is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judging {
    /// The label speaks about it.
    Judged,
    /// It is read to understand the rest and never judged itself.
    Context,
}

/// A worked case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    /// The unit's parts.
    pub components: Vec<Component>,
    /// The label or abstain id it gets.
    pub label: String,
    /// Full ids of the criteria or exceptions that decide it.
    pub criteria: Vec<String>,
    /// Why.
    pub because: Option<String>,
}

/// A case the policy must get right.
#[derive(Debug, Clone, PartialEq)]
pub struct PolicyTest {
    /// The unit's parts.
    pub components: Vec<Component>,
    /// The label or abstain id it must get.
    pub expect: String,
    /// Full ids of the criteria or exceptions it is about; those that lead to `expect` must be cited.
    pub criteria: Vec<String>,
    /// How often the labeler is asked, at least once.
    pub repeats: u32,
    /// The share of repeats that must match, in `(0, 1]`.
    pub agree: f64,
}

/// The codes another taxonomy has for what the policy is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Crosswalk {
    /// The taxonomy's name.
    pub taxonomy: String,
    /// Its codes.
    pub codes: Vec<String>,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl Mode {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Ordinal => "ordinal",
            Self::Multi => "multi",
        }
    }
}

impl Status {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Retired => "retired",
        }
    }
}

impl Modality {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
        }
    }
}

impl Rollup {
    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::All => "all",
            Self::MaxSeverity => "max-severity",
        }
    }
}

impl Policy {
    /// Returns the label of that id.
    #[must_use]
    pub fn label(&self, id: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }

    /// Returns whether the id is one of the abstain reasons.
    #[must_use]
    pub fn abstains(&self, id: &str) -> bool {
        self.abstain.iter().any(|reason| reason.id == id)
    }

    /// Returns whether the label of that id is violating (severity above 0).
    #[must_use]
    pub fn violating(&self, id: &str) -> bool {
        self.label(id).is_some_and(|label| label.severity > 0)
    }

    /// Returns the severity of a label.
    #[must_use]
    pub fn severity(&self, id: &str) -> Option<u32> {
        self.label(id).map(|label| label.severity)
    }

    /// Returns the most severe of some labels. Of equally severe ones it is the one that a rule standing first in
    /// `precedence` puts a unit under, else the first in the policy.
    #[must_use]
    pub fn most_severe<'l>(&self, labels: &[&'l str]) -> Option<&'l str> {
        let place = |id: &str| self.labels.iter().position(|label| label.id == id);
        let rank =
            |id: &&str| (self.severity(id), Reverse(self.precedes(id)), place(id).map(Reverse));
        labels.iter().copied().max_by_key(|id| rank(id))
    }

    /// The place in `precedence` of the first rule that puts a unit under the label; behind all of them without one.
    fn precedes(&self, label: &str) -> usize {
        let includes = self.label(label).into_iter().flat_map(|label| &label.includes);
        let exceptions = self.exceptions.iter().filter(|exception| exception.then == label);
        let rules: Vec<&str> = includes
            .map(|criterion| criterion.id.as_str())
            .chain(exceptions.map(|exception| exception.id.as_str()))
            .collect();
        let first = self.precedence.iter().position(|id| rules.contains(&id.as_str()));
        first.unwrap_or(self.precedence.len())
    }

    /// Returns the label of a unit no rule speaks about.
    #[must_use]
    pub fn default_label(&self) -> Option<&Label> {
        self.labels.iter().find(|label| label.default)
    }

    /// Returns whether a labeler may answer with this id: a label or an abstain reason.
    #[must_use]
    pub fn answers(&self, id: &str) -> bool {
        self.label(id).is_some() || self.abstains(id)
    }

    /// Returns the full ids of all criteria and the ids of all exceptions, in order.
    #[must_use]
    pub fn rule_ids(&self) -> Vec<&str> {
        let criteria = self
            .labels
            .iter()
            .flat_map(|label| label.includes.iter().chain(&label.excludes))
            .map(|criterion| criterion.id.as_str());
        criteria.chain(self.exceptions.iter().map(|exception| exception.id.as_str())).collect()
    }
}
