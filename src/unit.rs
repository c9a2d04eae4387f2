//! What is labeled: one piece of content with its exposure, its parts and its identity.

#![deny(clippy::disallowed_methods)]

mod fingerprint;
mod segments;

pub use fingerprint::Fingerprint;
pub use fingerprint::FingerprintBuilder;
pub use fingerprint::NotAFingerprint;
pub use segments::Segments;

/// One item to label, whole: a post, or a query with its response and recommendations.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// The caller's id, unique in its file, never empty, without U+001F.
    pub id: String,
    /// How often the unit was seen in its period (impressions); 1 when prevalence is per item. Finite, > 0.
    pub exposure: f64,
    /// Predicted risk in `[0, 1]`, where a model gave one before sampling.
    pub score: Option<f64>,
    /// Pivots by name, such as `surface` or `country`.
    pub segments: Segments,
    /// The reporting period the exposure was counted in, such as a day.
    pub period: Option<String>,
    /// The parts in the order they are shown; never empty.
    pub components: Vec<Component>,
    /// How the unit came into the sample; `None` when the file is the whole frame.
    pub inclusion: Option<Inclusion>,
    /// Columns titer does not know, passed through to outputs unchanged.
    pub passthrough: serde_json::Map<String, serde_json::Value>,
}

/// One part of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// What the part is in its unit: `content`, `query`, `response`, …
    pub role: String,
    /// The part itself.
    pub content: Content,
}

/// The body of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Text as it was shown.
    Text(String),
    /// A reference to an image: a path, a `data:` URL or an `https` URL.
    Image(String),
}

/// How a unit entered its sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Inclusion {
    /// The probability with which the design included the unit, in `(0, 1]`; under [`Design::WithReplacement`] the
    /// expected number of draws `n q`, above 0.
    pub probability: f64,
    /// How often it was drawn: 1 unless with replacement.
    pub draws: u32,
    /// The design that drew it.
    pub design: Design,
    /// The stratum it was drawn in.
    pub stratum: Option<String>,
    /// The primary sampling unit it belongs to.
    pub cluster: Option<String>,
}

/// Sampling designs by the variance formula that fits them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Design {
    /// Every unit of the frame: no sampling error.
    Census,
    /// Equal-probability bottom-k by permanent random numbers (S9).
    Uniform,
    /// Independent inclusions with known probabilities (S1, S2).
    Poisson,
    /// Bottom-k of u/w with its threshold (S3).
    Priority,
    /// Simple random sampling without replacement within each stratum, a fixed number in each.
    Stratified,
    /// A fixed number with unequal probabilities, by Pareto order sampling or another fixed-size scheme (S5).
    Pareto,
    /// Independent draws with replacement, with probabilities proportional to size (S6).
    WithReplacement,
}

impl Inclusion {
    /// Returns the inclusion of a unit drawn once, in no stratum or cluster.
    #[must_use]
    pub fn new(probability: f64, design: Design) -> Self {
        Self { probability, draws: 1, design, stratum: None, cluster: None }
    }

    /// Returns what an exposure is divided by to be weighed: the probability, over how often the unit was drawn.
    #[must_use]
    pub fn per_draw(&self) -> f64 {
        self.probability / f64::from(self.draws.max(1))
    }
}

impl Design {
    /// Every design, in order.
    pub const ALL: [Self; 7] = [
        Self::Census,
        Self::Uniform,
        Self::Poisson,
        Self::Priority,
        Self::Stratified,
        Self::Pareto,
        Self::WithReplacement,
    ];

    /// Returns whether the design fixed how many units it drew, so that inclusions are not independent.
    #[must_use]
    pub fn fixes_size(self) -> bool {
        match self {
            Self::Stratified | Self::Pareto | Self::WithReplacement => true,
            Self::Census | Self::Uniform | Self::Poisson | Self::Priority => false,
        }
    }

    /// Returns the names of all designs in one phrase, for messages.
    #[must_use]
    pub fn names() -> String {
        let names = Self::ALL.map(Self::name);
        let (last, others) = names.split_last().map_or(("", &[][..]), |(last, rest)| (*last, rest));
        format!("{} or {last}", others.join(", "))
    }

    /// Returns the name used in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Census => "census",
            Self::Uniform => "uniform",
            Self::Poisson => "poisson",
            Self::Priority => "priority",
            Self::Stratified => "stratified",
            Self::Pareto => "pareto",
            Self::WithReplacement => "pps_with_replacement",
        }
    }

    /// Returns the design of that name, if there is one.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|design| design.name() == name)
    }
}

impl Unit {
    /// Returns a unit of one text of role `content`, seen once.
    #[must_use]
    pub fn text(id: &str, text: &str) -> Self {
        let content = Content::Text(text.to_owned());
        Self {
            id: id.to_owned(),
            exposure: 1.0,
            score: None,
            segments: Segments::new(),
            period: None,
            components: vec![Component { role: "content".to_owned(), content }],
            inclusion: None,
            passthrough: serde_json::Map::new(),
        }
    }

    /// Returns the hash of what a labeler is shown: roles, modalities and contents in order.
    ///
    /// The id, exposure and segments are not part of it: they never reach a labeler.
    #[must_use]
    pub fn content_hash(&self) -> Fingerprint {
        let mut hash = FingerprintBuilder::new("unit");
        for component in &self.components {
            hash.text(&component.role);
            match &component.content {
                Content::Text(text) => hash.text("text").text(text),
                Content::Image(reference) => hash.text("image").text(reference),
            };
        }
        hash.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(parts: &[(&str, &str)]) -> Unit {
        Unit {
            id: "u".into(),
            exposure: 1.0,
            score: None,
            segments: Segments::new(),
            period: None,
            components: parts
                .iter()
                .map(|(role, text)| Component {
                    role: (*role).into(),
                    content: Content::Text((*text).into()),
                })
                .collect(),
            inclusion: None,
            passthrough: serde_json::Map::new(),
        }
    }

    #[test]
    fn where_one_part_ends_changes_the_content_hash() {
        assert_ne!(
            unit(&[("query", "ab"), ("response", "c")]).content_hash(),
            unit(&[("query", "a"), ("response", "bc")]).content_hash()
        );
    }

    #[test]
    fn the_id_is_not_part_of_the_content_hash() {
        let mut other = unit(&[("content", "x")]);
        other.id = "v".into();
        assert_eq!(other.content_hash(), unit(&[("content", "x")]).content_hash());
    }

    #[test]
    fn design_names_round_trip() {
        for design in Design::ALL {
            assert_eq!(Design::from_name(design.name()), Some(design));
            assert!(Design::names().contains(design.name()));
        }
    }
}
