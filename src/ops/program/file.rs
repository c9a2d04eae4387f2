//! The shape of `titer.yaml`: what a person may write, all of it optional but what a verb needs.

use crate::policy;
use crate::prompt::Dialect;
use crate::yaml::Entries;
use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use schemars::json_schema;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;

/// A measurement program: where things are, who labels, how gold was drawn, what is estimated.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ProgramFile {
    /// The SQLite file that remembers every attempt, label and human answer.
    pub(crate) store: Option<String>,
    /// The instruments that label: a model behind an endpoint with its settings.
    pub(crate) labelers: Entries<LabelerFile>,
    /// The units to measure and how their columns are called.
    pub(crate) units: Option<UnitsFile>,
    /// How a probability sample is drawn from the units.
    pub(crate) sample: Option<SampleFile>,
    /// The human labels and how they were drawn.
    pub(crate) gold: Option<GoldFile>,
    /// What is estimated, and the bar an estimate must clear.
    pub(crate) estimate: Option<EstimateFile>,
    /// What `titer check` remarks on.
    pub(crate) lint: LintFile,
}

/// What `titer check` remarks on beside mistakes.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LintFile {
    /// Codes that are not reported, such as `L001`.
    #[schemars(schema_with = "lint_codes")]
    pub(crate) off: Vec<String>,
}

/// A list of codes that can be switched off: those that have a page.
fn lint_codes(_: &mut SchemaGenerator) -> Schema {
    let codes: Vec<&str> = policy::explained().filter(|code| code.starts_with('L')).collect();
    json_schema!({"type": "array", "items": {"type": "string", "enum": codes}})
}

/// One labeler: a model, its endpoint and the settings of its prompts.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LabelerFile {
    /// Base URL of an OpenAI-compatible endpoint; `${NAME}` is replaced from the environment.
    pub(crate) url: String,
    /// The model's name as the endpoint knows it.
    pub(crate) model: String,
    /// Environment variable that holds the key.
    #[serde(default)]
    pub(crate) key_env: Option<String>,
    /// File that holds the key.
    #[serde(default)]
    pub(crate) key_file: Option<String>,
    /// Shell command that prints the key, for tokens that expire.
    #[serde(default)]
    pub(crate) key_command: Option<String>,
    /// Headers sent with every request; `${NAME}` is replaced from the environment.
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// The wording and shape of the prompt.
    #[serde(default)]
    pub(crate) dialect: DialectName,
    /// A template of your own in place of the dialect's, relative to titer.yaml; the dialect still says what it can
    /// carry and how answers are read.
    #[serde(default)]
    pub(crate) template: Option<String>,
    /// How the answer's form is enforced; `auto` tries a strict schema and falls back to JSON by prompt.
    #[serde(default)]
    pub(crate) output: OutputName,
    /// One call for all policies, or one call a policy.
    #[serde(default)]
    pub(crate) prompt: BundlingName,
    /// One call a unit, or one call for each judged component under policies with a `rollup`.
    #[serde(default)]
    pub(crate) calls: CallsName,
    /// What an answer carries beside its label.
    #[serde(default)]
    pub(crate) answer: AnswerFile,
    /// Sampling temperature; `omit` leaves it out of the request, as reasoning models demand.
    #[serde(default = "zero")]
    pub(crate) temperature: TemperatureFile,
    /// Seed sent along with every request.
    #[serde(default)]
    pub(crate) seed: Option<u64>,
    /// Whether the probability of the label's token is asked for.
    #[serde(default)]
    pub(crate) label_probability: bool,
    /// How hard a reasoning model thinks; its own default when absent.
    #[serde(default)]
    pub(crate) reasoning_effort: Option<EffortName>,
    /// The most tokens one answer may have; derived from the answer's form when absent.
    #[serde(default)]
    pub(crate) max_output_tokens: Option<u32>,
    /// The request property that carries that cap.
    #[serde(default)]
    pub(crate) token_cap: TokenCapName,
    /// How fast requests may go.
    #[serde(default)]
    pub(crate) limits: LimitsFile,
    /// USD per million tokens.
    #[serde(default)]
    pub(crate) price: Option<PriceFile>,
}

/// A number from 0 up, or `omit`.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum TemperatureFile {
    /// The temperature sent.
    Number(f64),
    /// None is sent.
    Word(OmitName),
}

/// The word that leaves a property out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OmitName {
    /// Send nothing.
    Omit,
}

/// The wording and shape of a prompt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum DialectName {
    /// System and user message, answer as JSON: the generic dialect.
    #[default]
    JsonChat,
    /// The four sections gpt-oss-safeguard is trained on, answer as JSON.
    GptOssSafeguard,
    /// One user turn with custom categories, answered `safe` or `unsafe`.
    LlamaGuard,
    /// One yes-or-no question, answered by one token.
    YesNo,
}

impl DialectName {
    pub(crate) fn dialect(self) -> Dialect {
        match self {
            Self::JsonChat => Dialect::JsonChat,
            Self::GptOssSafeguard => Dialect::GptOssSafeguard,
            Self::LlamaGuard => Dialect::LlamaGuard,
            Self::YesNo => Dialect::YesNo,
        }
    }
}

/// How hard a reasoning model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum EffortName {
    /// As little as it can.
    Low,
    /// The usual.
    Medium,
    /// As much as it likes.
    High,
}

/// How the form of an answer is enforced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputName {
    /// A strict schema where the endpoint takes one, else JSON by prompt.
    #[default]
    Auto,
    /// A strict JSON Schema, enforced by the endpoint.
    Schema,
    /// JSON by prompt, read with tolerance.
    Text,
}

/// Whether policies share a request.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum BundlingName {
    /// One call a unit answers every policy.
    #[default]
    Unified,
    /// One call a unit and policy.
    Separate,
}

/// Whether the judged components of a unit share a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CallsName {
    /// One call shows the whole unit and labels every component.
    #[default]
    PerUnit,
    /// One call for each judged component, with the components that are only read; the dry run shows the price.
    PerComponent,
}

/// The request property that caps generated tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum TokenCapName {
    /// Nearly every server.
    #[default]
    MaxTokens,
    /// OpenAI's and Azure's reasoning models.
    MaxCompletionTokens,
}

/// What an answer carries beside its label and criteria.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct AnswerFile {
    /// Most words of the reason; 0 asks for none.
    pub(crate) rationale_words: u32,
    /// Whether the model states a confidence from 0 to 1.
    pub(crate) confidence: bool,
    /// Whether the policy's abstain reasons may be answered; without them a label is forced.
    pub(crate) abstain: bool,
}

/// How fast requests may go.
#[derive(Debug, Clone, Copy, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct LimitsFile {
    /// Requests a minute.
    #[schemars(range(min = 1))]
    pub(crate) rpm: Option<u32>,
    /// Tokens a minute, prompt and answer together.
    #[schemars(range(min = 1))]
    pub(crate) tpm: Option<u64>,
    /// Requests in flight at once; 8 when absent.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) in_flight: Option<usize>,
    /// Seconds one request may take; 120 when absent.
    #[schemars(range(min = 1))]
    pub(crate) timeout_seconds: Option<u64>,
}

/// USD per million tokens.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceFile {
    /// Prompt tokens.
    #[schemars(range(min = 0.0))]
    pub(crate) input: f64,
    /// Prompt tokens served from the provider's cache; as `input` when absent.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub(crate) cached: Option<f64>,
    /// Generated tokens.
    #[schemars(range(min = 0.0))]
    pub(crate) output: f64,
}

/// The units to measure and how their columns are called.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UnitsFile {
    /// The file: JSONL, CSV or TSV.
    pub(crate) from: String,
    /// Column of the unit's id; `id` when absent.
    #[serde(default)]
    pub(crate) id: Option<String>,
    /// Column of how often the unit was seen; 1 for every unit when absent.
    #[serde(default)]
    pub(crate) exposure: Option<String>,
    /// Column of a predicted risk from 0 to 1.
    #[serde(default)]
    pub(crate) score: Option<String>,
    /// Column of the reporting period.
    #[serde(default)]
    pub(crate) period: Option<String>,
    /// Columns to break the estimate down by.
    #[serde(default)]
    pub(crate) segments: Vec<String>,
    /// Column of the text, for units of one component.
    #[serde(default)]
    pub(crate) text: Option<String>,
    /// Columns of the components by role, for units of several.
    #[serde(default)]
    pub(crate) components: Option<Entries<ComponentFile>>,
}

/// The column of one component.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComponentFile {
    /// The column's name.
    pub(crate) column: String,
}

/// How a probability sample is drawn.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleFile {
    /// The design.
    #[serde(default)]
    pub(crate) design: DesignName,
    /// How many units to draw.
    #[schemars(range(min = 1))]
    pub(crate) size: usize,
    /// Share of the size measure that does not depend on the score, from 0 to 1.
    #[serde(default = "default_floor")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub(crate) floor: f64,
    /// How the score enters the size measure.
    #[serde(default)]
    pub(crate) score: ScoreName,
    /// Names the permanent random numbers; the same salt gives the same draw.
    #[serde(default = "default_salt")]
    pub(crate) salt: String,
}

/// A sampling design.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum DesignName {
    /// Units are drawn in proportion to exposure and risk (S3).
    #[default]
    Priority,
    /// Every unit has the same chance (S9).
    Uniform,
}

/// How a risk score enters the size measure.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ScoreName {
    /// Its square root.
    #[default]
    Sqrt,
    /// As it is.
    Identity,
    /// Not at all.
    None,
}

/// The human labels and how they were drawn.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct GoldFile {
    /// A CSV or JSONL file of gold; without it, gold is what `titer gold` wrote into the store.
    pub(crate) from: Option<String>,
    /// How the units with gold were chosen. Never guessed.
    pub(crate) drawn: Option<DrawnName>,
    /// Names the permanent random numbers of the gold draw; must differ from the sample's.
    pub(crate) salt: Option<String>,
    /// Translations of foreign codes.
    pub(crate) map: MapFile,
    /// How often gold itself is right, where that was measured elsewhere: a second corrected estimate allows for it.
    pub(crate) error: Option<GoldErrorFile>,
}

/// How often gold is right; both rates together must be 1.5 or more.
#[derive(Debug, Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct GoldErrorFile {
    /// Share of truly violating exposure that gold calls violating; above 0, at most 1.
    #[schemars(schema_with = "rate_above_zero")]
    pub(crate) sensitivity: f64,
    /// Share of truly allowed exposure that gold calls allowed; above 0, at most 1.
    #[schemars(schema_with = "rate_above_zero")]
    pub(crate) specificity: f64,
}

/// A share that may be 1 and not 0.
fn rate_above_zero(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "number", "exclusiveMinimum": 0, "maximum": 1})
}

/// What the codes of foreign files stand for.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct MapFile {
    /// Foreign codes for label ids, such as `{0: allowed, 1: violating}`.
    pub(crate) label: BTreeMap<String, String>,
}

/// How the units with gold were chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DrawnName {
    /// A simple random or probability subsample of the labeled units.
    FromSample,
    /// With probabilities that depend on the model's label.
    ByLabel,
    /// Another sample of the same population.
    Independent,
    /// Anything else: fit for evals, never for prevalence.
    Convenience,
}

/// How the interval of the corrected estimate is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum IntervalName {
    /// Each cell at its effective size, melded: the default.
    KgMeld,
    /// Weighted gamma for rare shares, with a pseudo-event of the average weight.
    GammaTiwari,
    /// Weighted gamma with a pseudo-event of the largest weight: never short, often wide.
    GammaFf,
    /// Weighted gamma by mid-p: the level on average.
    GammaMidp,
    /// Symmetric on the logit scale: short where gold missed the few units that matter.
    LogitT,
}

/// What is estimated, and the bar an estimate must clear.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct EstimateFile {
    /// What counts as violating under each policy, and what its prevalence should be.
    pub(crate) policies: Entries<PositiveFile>,
    /// Gold labels below which an estimate is provisional.
    pub(crate) min_gold: Option<u64>,
    /// Level of the intervals.
    #[schemars(range(min = 0.5, max = 0.9999))]
    pub(crate) level: Option<f64>,
    /// How the interval of the corrected estimate is made; `kg_meld` when absent.
    pub(crate) interval: Option<IntervalName>,
    /// Age of gold above which an estimate is provisional, such as `90 days`; needs `drawn_at` in the gold.
    pub(crate) max_gold_age: Option<String>,
    /// How much earlier gold a period leans on: `4 periods`, or `28 days` before its first day. Its own gold corrects that.
    pub(crate) gold_window: Option<String>,
    /// Known exposures that estimates are calibrated to: a table of `segment`, `value`, `exposure` and, for several periods,
    /// `period`; or a sample's manifest (`.json`).
    pub(crate) totals: Option<String>,
    /// How long after its last day a period may still get gold, such as `7 days`; until then its estimates are preliminary.
    pub(crate) final_after: Option<String>,
}

/// What counts as violating under one policy, and what its prevalence should be.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PositiveFile {
    /// A label id, several of them, or `severity >= N`; severity above 0 when absent.
    #[serde(default)]
    pub(crate) positive: Option<PositiveRule>,
    /// The bar for its prevalence, such as `below 0.5 %`.
    #[serde(default)]
    pub(crate) goal: Option<String>,
}

/// A label id, several of them, or a rule on severity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum PositiveRule {
    /// `violating`, a label id, or `severity >= N`.
    One(String),
    /// Several label ids.
    Several(Vec<String>),
}

impl Default for AnswerFile {
    fn default() -> Self {
        Self { rationale_words: 40, confidence: true, abstain: true }
    }
}

fn zero() -> TemperatureFile {
    TemperatureFile::Number(0.0)
}

fn default_floor() -> f64 {
    0.2
}

fn default_salt() -> String {
    "titer/phase1".to_owned()
}
