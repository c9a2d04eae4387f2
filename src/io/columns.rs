//! Which column of a file means what.

use crate::io::IoError;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The columns of a unit file. A `None` stands for titer's own name, used where the file has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    /// The unit's id.
    pub id: Option<String>,
    /// The exposure; without such a column every unit counts once.
    pub exposure: Option<String>,
    /// The predicted risk.
    pub score: Option<String>,
    /// The reporting period.
    pub period: Option<String>,
    /// Columns that become segments of the same name.
    pub segments: Vec<String>,
    /// Where the content stands.
    pub content: ContentColumns,
}

/// Where the content of a unit stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContentColumns {
    /// In titer's own `text` or `components`.
    Own,
    /// In one column: a text of role `content`.
    Text(String),
    /// In one column a component.
    Components(Vec<ComponentColumn>),
    /// Nowhere: the units are counted and weighed, not judged.
    None,
}

/// One component and its column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ComponentColumn {
    /// The role.
    pub role: String,
    /// The column.
    pub column: String,
    /// Text or image.
    pub kind: ComponentKind,
}

/// What a component's column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComponentKind {
    /// Text.
    Text,
    /// A reference to an image.
    Image,
}

/// What a cell becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Role {
    Id,
    Exposure,
    Score,
    Period,
    Segment(Arc<str>),
    Segments,
    Text,
    Components,
    /// The component at this place of the mapping.
    Component(usize),
    Probability,
    ExpectedDraws,
    TimesDrawn,
    Design,
    Stratum,
    Cluster,
}

/// What begins the name of a segment's column in titer's own separated files.
pub(super) const SEGMENT: &str = "segments.";

impl Columns {
    /// Returns titer's own names for everything.
    #[must_use]
    pub fn own() -> Self {
        Self {
            id: None,
            exposure: None,
            score: None,
            period: None,
            segments: Vec::new(),
            content: ContentColumns::Own,
        }
    }

    /// Returns what each column means. One column may mean two things; one not listed is passed through.
    pub(super) fn roles(&self) -> BTreeMap<String, Vec<Role>> {
        let mut roles: BTreeMap<String, Vec<Role>> = BTreeMap::new();
        let mut add = |column: &str, role| roles.entry(column.to_owned()).or_default().push(role);
        for (mapped, own, role) in [
            (&self.id, "id", Role::Id),
            (&self.exposure, "exposure", Role::Exposure),
            (&self.score, "score", Role::Score),
            (&self.period, "period", Role::Period),
        ] {
            add(mapped.as_deref().unwrap_or(own), role);
        }
        for segment in &self.segments {
            add(segment, Role::Segment(segment.as_str().into()));
        }
        add("segments", Role::Segments);
        match &self.content {
            ContentColumns::Own => {
                add("text", Role::Text);
                add("components", Role::Components);
            }
            ContentColumns::Text(column) => add(column, Role::Text),
            ContentColumns::Components(parts) => {
                for (place, part) in parts.iter().enumerate() {
                    add(&part.column, Role::Component(place));
                }
            }
            ContentColumns::None => {}
        }
        add("inclusion_probability", Role::Probability);
        add("expected_draws", Role::ExpectedDraws);
        add("times_drawn", Role::TimesDrawn);
        add("design", Role::Design);
        add("stratum", Role::Stratum);
        add("cluster", Role::Cluster);
        roles
    }

    /// Checks a header for the columns that must be there.
    pub(super) fn check_header(&self, path: &str, header: &[String]) -> Result<(), IoError> {
        let missing = |column: &str, what| IoError::MissingColumn {
            path: path.to_owned(),
            column: column.to_owned(),
            what,
            have: header.join(", "),
            hint: "name the right one in titer.yaml under `units`",
        };
        let has = |column: &str| header.iter().any(|name| name == column);
        let id = self.id.as_deref().unwrap_or("id");
        let mapped = [
            (Some(id), "the unit's id"),
            (self.exposure.as_deref(), "the exposure"),
            (self.score.as_deref(), "the score"),
            (self.period.as_deref(), "the period"),
        ];
        for (column, what) in mapped.into_iter().filter_map(|(column, what)| Some((column?, what)))
        {
            if !has(column) {
                return Err(missing(column, what));
            }
        }
        if let Some(segment) = self.segments.iter().find(|segment| !has(segment)) {
            return Err(missing(segment, "a segment"));
        }
        match &self.content {
            ContentColumns::Own if has("text") || has("components") => Ok(()),
            ContentColumns::Own => Err(missing("text", "the content")),
            ContentColumns::Text(column) if has(column) => Ok(()),
            ContentColumns::Text(column) => Err(missing(column, "the content")),
            ContentColumns::Components(parts) => match parts.iter().find(|part| !has(&part.column))
            {
                None => Ok(()),
                Some(part) => Err(missing(&part.column, "a component")),
            },
            ContentColumns::None => Ok(()),
        }
    }
}

/// Returns the known name a column was probably meant to be, where it is one letter or two away.
///
/// Only long names are compared: short ones have innocent neighbours (`test`, `text`).
pub(super) fn misspelling(
    column: &str,
    known: &[&'static str],
    present: impl Fn(&str) -> bool,
) -> Option<&'static str> {
    let near = |name: &str| 8 <= name.len() && (1..=2).contains(&distance(column, name));
    known.iter().copied().find(|name| near(name) && !present(name))
}

fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut before = i;
        let mut last = i + 1;
        let mut next = vec![last];
        for (above, right) in row.iter().skip(1).zip(&b) {
            let changed = before + usize::from(left != *right);
            last = changed.min(above + 1).min(last + 1);
            next.push(last);
            before = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_or_two_away_is_a_typing_error() {
        let known = ["exposure", "text", "inclusion_probability"];
        let absent = |_: &str| false;
        assert_eq!(misspelling("exposre", &known, absent), Some("exposure"));
        assert_eq!(
            misspelling("inclusion_probabilty", &known, absent),
            Some("inclusion_probability")
        );
        assert_eq!(misspelling("test", &known, absent), None);
        assert_eq!(misspelling("exposures", &known, |name| name == "exposure"), None);
    }

    #[test]
    fn one_column_may_mean_two_things() {
        let mut columns = Columns::own();
        columns.period = Some("day".into());
        columns.segments = vec!["day".into()];
        assert_eq!(columns.roles()["day"], [Role::Period, Role::Segment("day".into())]);
    }
}
