//! Which column of an unknown file is probably what.

use crate::io::IoError;
use crate::io::Source;
use crate::io::fault::MOST_PROBLEMS;
use crate::io::rows::Next;
use crate::io::rows::Rows;
use crate::io::unit_writer::field;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// The first rows of a file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Head {
    /// The columns in their order.
    pub columns: Vec<String>,
    /// Values by column, as text; one that is absent is empty.
    pub rows: Vec<Vec<String>>,
}

/// A proposal for titer.yaml, each part with its reason. A person confirms it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Guess {
    /// The column of unit ids.
    pub id: Option<String>,
    /// The column of the text.
    pub text: Option<String>,
    /// The column of exposures.
    pub exposure: Option<String>,
    /// The column of scores.
    pub score: Option<String>,
    /// The column of periods.
    pub period: Option<String>,
    /// Columns that may be pivots.
    pub segments: Vec<String>,
    /// Why, a sentence a choice; and what was not found.
    pub why: Vec<String>,
}

const IDS: &[&str] =
    &["id", "unit_id", "item_id", "content_id", "post_id", "pin_id", "uuid", "key"];
const TEXTS: &[&str] = &[
    "text",
    "content",
    "caption",
    "body",
    "message",
    "comment",
    "post",
    "prompt",
    "description",
    "title",
];
const EXPOSURES: &[&str] = &[
    "exposure",
    "views",
    "impressions",
    "view_count",
    "n_views",
    "impression_count",
    "plays",
    "reach",
];
const SCORES: &[&str] =
    &["score", "risk", "risk_score", "probability", "prob", "toxicity", "model_score"];
const PERIODS: &[&str] = &["period", "day", "date", "ds", "week", "month"];
/// What a column is called that holds an answer; offering it as a pivot would show the truth.
const ANSWERS: &[&str] =
    &["label", "gold", "truth", "violat", "annotation", "rating", "class", "target"];

/// Reads the first rows of a file for [`guess_columns`].
///
/// # Errors
///
/// When the file cannot be read or holds no rows.
pub fn read_head(source: &Source, most: usize) -> Result<Head, IoError> {
    let mut rows = Rows::open(source)?;
    let mut head = Head {
        columns: rows.header().map(<[String]>::to_vec).unwrap_or_default(),
        rows: Vec::new(),
    };
    let mut places: HashMap<String, usize> =
        head.columns.iter().enumerate().map(|(at, name)| (name.clone(), at)).collect();
    let mut problems = Vec::new();
    while head.rows.len() < most && problems.len() < MOST_PROBLEMS {
        let mut values: Vec<String> = Vec::new();
        let columns = &mut head.columns;
        let next = rows.next(|column, cell| {
            let place = places.get(column).copied().unwrap_or_else(|| {
                columns.push(column.to_owned());
                places.insert(column.to_owned(), columns.len() - 1);
                columns.len() - 1
            });
            values.resize(columns.len().max(values.len()), String::new());
            if let Some(value) = values.get_mut(place) {
                *value = field(&cell.value());
            }
        })?;
        match next {
            Next::End => break,
            Next::Bad(problem) => problems.push(problem),
            Next::Row(_) => head.rows.push(values),
        }
    }
    let path = rows.name().to_owned();
    if !problems.is_empty() {
        return Err(IoError::Rows { path, problems });
    }
    if head.rows.is_empty() {
        return Err(IoError::Empty { path });
    }
    Ok(head)
}

/// Proposes what each column of a file is, from its name and its first values.
#[must_use]
pub fn guess_columns(head: &Head) -> Guess {
    let mut free: Vec<Column<'_>> =
        (0..head.columns.len()).filter_map(|at| Column::of(head, at)).collect();
    let mut guess = Guess::default();
    let rows = head.rows.len();
    let mut why = Vec::new();
    guess.id =
        pick(&mut free, IDS, |column| column.identifies(), &mut why, "is the id: no value repeats");
    let numbers = format!("is the exposure: all {rows} values seen are numbers above 0");
    guess.exposure =
        pick(&mut free, EXPOSURES, |column| column.all(|x| 0.0 < x), &mut why, &numbers);
    let shares = "is the score: every value seen lies between 0 and 1";
    let share = |column: &Column<'_>| column.all(|x| (0.0..=1.0).contains(&x));
    guess.score = pick(&mut free, SCORES, share, &mut why, shares);
    let texts = "is the text by its name";
    guess.text = pick(&mut free, TEXTS, |column| !column.all(|_| true), &mut why, texts)
        .or_else(|| longest(&mut free, &mut why));
    guess.period =
        pick(&mut free, PERIODS, |column| !column.values.is_empty(), &mut why, "is the period");
    for column in free.iter().filter(|column| column.pivots()) {
        why.push(format!(
            "`{}` may be a segment: it has {} values",
            column.name,
            column.distinct()
        ));
        guess.segments.push(column.name.to_owned());
    }
    for (found, what) in [
        (&guess.id, "no column identifies the units; add one without repeats"),
        (&guess.text, "no column looks like text; name it under `units: text:`"),
        (&guess.exposure, "no column looks like exposure; every unit will count once"),
    ] {
        if found.is_none() {
            why.push(what.to_owned());
        }
    }
    guess.why = why;
    guess
}

struct Column<'a> {
    name: &'a str,
    /// Values that are not blank.
    values: Vec<&'a str>,
    rows: usize,
}

impl<'a> Column<'a> {
    fn of(head: &'a Head, at: usize) -> Option<Self> {
        let values = head.rows.iter().filter_map(|row| Some(row.get(at)?.trim()));
        let values = values.filter(|value| !value.is_empty()).collect();
        Some(Self { name: head.columns.get(at)?, values, rows: head.rows.len() })
    }

    fn distinct(&self) -> usize {
        self.values.iter().collect::<BTreeSet<_>>().len()
    }

    fn identifies(&self) -> bool {
        self.values.len() == self.rows && self.distinct() == self.rows
    }

    /// Returns whether every row has a number that fits.
    fn all(&self, fits: impl Fn(f64) -> bool) -> bool {
        let number = |value: &&str| value.parse().is_ok_and(|x: f64| x.is_finite() && fits(x));
        !self.values.is_empty() && self.values.len() == self.rows && self.values.iter().all(number)
    }

    fn mean_length(&self) -> usize {
        self.values.iter().map(|value| value.chars().count()).sum::<usize>()
            / self.values.len().max(1)
    }

    /// Returns whether the column has few, short, repeating values that are no answers.
    fn pivots(&self) -> bool {
        let name = self.name.to_lowercase();
        let distinct = self.distinct();
        (2..=20).contains(&distinct)
            && 2 * distinct <= self.rows
            && self.mean_length() <= 30
            && !self.all(|_| true)
            && !ANSWERS.iter().any(|answer| name.contains(answer))
    }
}

/// Takes the first column with one of the names, or a name ending in one, whose values fit.
fn pick(
    free: &mut Vec<Column<'_>>,
    names: &[&str],
    fits: impl Fn(&Column<'_>) -> bool,
    why: &mut Vec<String>,
    reason: &str,
) -> Option<String> {
    let exact = |name: &str| names.iter().position(|known| known.eq_ignore_ascii_case(name));
    let ending = |name: &str| {
        let name = name.to_lowercase();
        let ends = |known: &str| name.strip_suffix(known).is_some_and(|rest| rest.ends_with('_'));
        names.iter().position(|known| ends(known))
    };
    let rank = |column: &Column<'_>| {
        exact(column.name).or_else(|| ending(column.name).map(|rank| names.len() + rank))
    };
    let fitting = free.iter().enumerate().filter(|(_, column)| fits(column));
    let (_, at) = fitting.filter_map(|(at, column)| Some((rank(column)?, at))).min()?;
    let column = free.remove(at);
    why.push(format!("`{}` {reason}", column.name));
    Some(column.name.to_owned())
}

/// Takes the column with the longest values, if they are as long as sentences.
fn longest(free: &mut Vec<Column<'_>>, why: &mut Vec<String>) -> Option<String> {
    let lengths = free.iter().enumerate().filter(|(_, column)| !column.all(|_| true));
    let (length, at) = lengths.map(|(at, column)| (column.mean_length(), at)).max()?;
    if length < 20 {
        return None;
    }
    let column = free.remove(at);
    why.push(format!(
        "`{}` is the text: its values are the longest, {length} characters on average",
        column.name
    ));
    Some(column.name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(columns: &[&str], row: impl Fn(usize) -> Vec<String>) -> Head {
        Head {
            columns: columns.iter().map(|name| (*name).into()).collect(),
            rows: (0..40).map(row).collect(),
        }
    }

    #[test]
    fn names_and_values_together_decide() {
        let head = head(
            &["pin_id", "caption", "views", "risk_score", "day", "surface", "gold_label", "width"],
            |i| {
                let surface = if i % 3 == 0 { "home" } else { "search" };
                let gold = if i % 9 == 0 { "violating" } else { "allowed" };
                let text = format!("a caption about thing {i}");
                vec![
                    format!("p{i}"),
                    text,
                    format!("{}", i + 1),
                    format!("{}", i as f64 / 40.0),
                    "2026-11-01".into(),
                    surface.into(),
                    gold.into(),
                    "640".into(),
                ]
            },
        );
        let guess = guess_columns(&head);
        assert_eq!(guess.id.as_deref(), Some("pin_id"));
        assert_eq!(guess.text.as_deref(), Some("caption"));
        assert_eq!(guess.exposure.as_deref(), Some("views"));
        assert_eq!(guess.score.as_deref(), Some("risk_score"));
        assert_eq!(guess.period.as_deref(), Some("day"));
        assert_eq!(guess.segments, ["surface"]);
    }

    #[test]
    fn a_column_that_repeats_is_no_id() {
        let head = head(&["id", "words", "views"], |i| {
            vec![
                format!("{}", i % 5),
                format!("words that go on for quite a while, {i}"),
                "0".into(),
            ]
        });
        let guess = guess_columns(&head);
        assert_eq!((guess.id, guess.exposure), (None, None));
        assert_eq!(guess.text.as_deref(), Some("words"));
        assert!(guess.why.iter().any(|why| why.contains("add one without repeats")));
    }

    #[test]
    fn the_head_of_a_file_is_enough_to_guess() {
        let folder = tempfile::tempdir().unwrap();
        let row = |i| {
            format!("{{\"uid\":{i},\"id\":\"p{i}\",\"caption\":\"words\",\"views\":{}}}\n", i + 1)
        };
        let path = folder.path().join("a.jsonl");
        std::fs::write(&path, (0..30).map(row).collect::<String>()).unwrap();
        let head = read_head(&Source::File(path), 20).unwrap();
        assert_eq!((head.columns.len(), head.rows.len()), (4, 20));
        let guess = guess_columns(&head);
        let found = (guess.id.as_deref(), guess.text.as_deref(), guess.exposure.as_deref());
        assert_eq!(found, (Some("id"), Some("caption"), Some("views")));
    }
}
