//! The policy file as its author writes it.

use crate::yaml::Entries;
use crate::yaml::ID_FORM;
use crate::yaml::ID_PATTERN;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::Serialize;

/// The most files one policy may import.
pub(super) const MOST_IMPORTS: usize = 20;
const VERSION_PATTERN: &str = r"^(0|[1-9][0-9]{0,8})(\.(0|[1-9][0-9]{0,8})){2}$";
const VERSION_FORM: &str = "a version is three whole numbers with dots between, such as 1.0.0";
const WORD_PATTERN: &str = r"\S";
const WORD_FORM: &str = "write a word";
const ROLE_PATTERN: &str = "^[a-z0-9][a-z0-9_-]*$";
const ROLE_FORM: &str =
    "a role has lowercase letters, digits, hyphens and underscores, such as `response`";

/// The labeling rules for one construct.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "titer policy")]
pub(super) struct PolicyFile {
    /// The policy's id, which no longer changes once the policy is active.
    #[schemars(regex(pattern = ID_PATTERN), extend("patternErrorMessage" = ID_FORM))]
    pub(super) policy: String,
    /// Three numbers, such as 1.0.0. The first rises when the human standard changed, the second
    /// with a clarification, the third with a change of wording only.
    #[schemars(regex(pattern = VERSION_PATTERN), extend("patternErrorMessage" = VERSION_FORM))]
    pub(super) version: String,
    /// Where the policy is in its life.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = FileStatus::default()))]
    pub(super) status: FileStatus,
    /// A name for people.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) title: Option<String>,
    /// Who answers for the policy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) owners: Vec<String>,
    /// Files with terms shared by several policies, by their path from this file.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(length(max = MOST_IMPORTS))]
    pub(super) imports: Vec<String>,
    /// Why the policy exists, for people: it is never in a prompt.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) rationale: Option<String>,
    /// What the policy applies to, and what not.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) scope: Option<String>,
    /// Words with a fixed meaning in the rules.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("propertyNames" = {"pattern": WORD_PATTERN, "patternErrorMessage": WORD_FORM}))]
    pub(super) terms: Entries<String>,
    /// How to read the rules.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) interpretation: Vec<String>,
    /// How the labels relate to each other.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = FileMode::default()))]
    pub(super) mode: FileMode,
    /// What may be assigned, by id; exactly one is the default.
    pub(super) labels: Entries<FileLabel>,
    /// Cases in which another label applies, by id.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) exceptions: Entries<FileException>,
    /// Questions by id, answered yes, no or unknown before the label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) checks: Entries<String>,
    /// Ids of criteria (`label.criterion`) and exceptions, the stronger first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) precedence: Vec<String>,
    /// Reasons by id to answer "cannot tell" instead of a label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) abstain: Entries<String>,
    /// What a unit consists of, by role; only for units of several parts.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("propertyNames" = {"pattern": ROLE_PATTERN, "patternErrorMessage": ROLE_FORM}))]
    pub(super) components: Entries<FileComponent>,
    /// How the labels of the components become the unit's label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) rollup: Option<FileRollup>,
    /// Worked cases, which a model may be shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) examples: Vec<FileExample>,
    /// Cases the policy must get right, which a model is never shown.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) tests: Vec<FileTest>,
    /// The codes other taxonomies have for the same thing, by taxonomy.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("propertyNames" = {"pattern": WORD_PATTERN, "patternErrorMessage": WORD_FORM}))]
    pub(super) crosswalk: Entries<Vec<String>>,
}

/// Terms that several policies share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "titer terms")]
pub(super) struct TermsFile {
    /// Words with a fixed meaning in the rules.
    #[schemars(extend("propertyNames" = {"pattern": WORD_PATTERN, "patternErrorMessage": WORD_FORM}))]
    pub(super) terms: Entries<String>,
}

/// Where a policy is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileStatus {
    /// Being written.
    #[default]
    Draft,
    /// In force.
    Active,
    /// Out of force.
    Retired,
}

/// How the labels of a policy relate to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileMode {
    /// Exactly one label applies.
    #[default]
    Single,
    /// Exactly one label applies, and the labels are ordered by severity.
    Ordinal,
    /// Several labels may apply, or the default alone.
    Multi,
}

/// Something that may be assigned to a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLabel {
    /// Whether this is the label of a unit no rule speaks about.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = false))]
    pub(super) default: bool,
    /// 0 is allowed, above 0 is violating, more is worse.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(range(max = 1000))]
    #[schemars(extend("default" = 0))]
    pub(super) severity: u32,
    /// What the label means.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) definition: Option<String>,
    /// Criteria by id that put a unit under the label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) includes: Entries<FileCriterion>,
    /// Criteria by id that keep a unit out of the label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) excludes: Entries<FileCriterion>,
}

/// One test for a label: its text, or its text with the id it had before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum FileCriterion {
    /// The text alone.
    Text(String),
    /// The text of a criterion that had another id.
    Renamed(RenamedCriterion),
}

/// A criterion that had another id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RenamedCriterion {
    /// The test in words.
    pub(super) text: String,
    /// The id it had before under the same label, so that its history stays with it.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(regex(pattern = ID_PATTERN), extend("patternErrorMessage" = ID_FORM))]
    pub(super) was: Option<String>,
}

/// A case in which another label applies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileException {
    /// When it applies.
    pub(super) when: String,
    /// The label that then applies.
    pub(super) then: String,
    /// What takes the exception away again.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) unless: Option<String>,
}

/// What a component of a unit may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileComponent {
    /// What it holds.
    pub(super) modality: FileModality,
    /// Whether a unit without it is refused.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = false))]
    pub(super) required: bool,
    /// Whether it is judged, or only read.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = FileJudging::default()))]
    pub(super) judge: FileJudging,
    /// The most parts of this role in one unit.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(range(min = 1))]
    pub(super) most: Option<u32>,
}

/// What a component holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileModality {
    /// Text.
    Text,
    /// A picture. In examples and tests it is given by its path or address.
    Image,
}

/// How the labels of the components become the unit's label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum FileRollup {
    /// Violating as soon as one component is, with the most severe label of any: the same as `max-severity`, but in
    /// `mode: multi` the unit has every label that some component has.
    Any,
    /// Violating only when every judged component is; it then has the labels they share, or if none, as `any`.
    All,
    /// The most severe label of any component: the same as `any`, but in `mode: multi` the unit has only the labels of
    /// the greatest severity.
    MaxSeverity,
}

/// Whether a component is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum FileJudging {
    /// The label speaks about it.
    #[default]
    Judged,
    /// It is read to understand the rest and never judged itself.
    Context,
}

/// A worked case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileExample {
    /// The unit: its text, or texts by role.
    pub(super) unit: FileUnit,
    /// The label or abstain id it gets.
    pub(super) label: String,
    /// The criteria and exceptions that decide it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) criteria: Vec<String>,
    /// Why it gets this label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) because: Option<String>,
}

/// A case the policy must get right.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FileTest {
    /// The unit: its text, or texts by role.
    pub(super) unit: FileUnit,
    /// The label or abstain id it must get.
    pub(super) expect: String,
    /// The criteria and exceptions it is about; those that lead to the expected label must be cited.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) criteria: Vec<String>,
    /// How often the model is asked; 1 when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(range(min = 1, max = 1000))]
    #[schemars(extend("default" = 1))]
    pub(super) repeats: Option<u32>,
    /// The share of the repeats that must match, above 0 and up to 1; 1 when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = 1))]
    pub(super) agree: Option<f64>,
}

/// The unit of a case: its text, or texts by role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum FileUnit {
    /// One text of role `content`.
    Text(String),
    /// Texts by role.
    #[schemars(extend("propertyNames" = {"pattern": ROLE_PATTERN, "patternErrorMessage": ROLE_FORM}))]
    Parts(Entries<FileTexts>),
}

/// One text, or several of the same role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum FileTexts {
    /// One.
    One(String),
    /// Several, in order.
    Several(Vec<String>),
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
