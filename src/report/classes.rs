//! The share of every label of one policy: a table, and what the labeler said against gold.

use crate::measure::ClassConfusion;
use crate::measure::ClassShare;
use crate::measure::Classes;
use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::Subject;
use crate::measure::Verdict;
use crate::policy::Mode;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::number::percent;
use crate::report::rows::MODEL_DEPENDENT;
use crate::report::rows::reason;
use crate::report::rows::words;
use crate::report::table::table;
use crate::report::text::Detail;

/// The labels of one policy, as they are shown.
#[derive(Debug)]
pub(super) struct Shown {
    /// The level of the intervals.
    pub(super) level: String,
    pub(super) lines: Vec<Line>,
    /// What to know, a sentence each.
    pub(super) remarks: Vec<String>,
    pub(super) matrix: Option<Shares>,
}

/// One label.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: String,
    pub(super) naive: String,
    pub(super) value: String,
    /// The interval, or the upper limit or worst cases where that is all there is.
    pub(super) interval: String,
    pub(super) gold: String,
    pub(super) verdict: Verdict,
}

/// What the labeler said, downwards, against gold, across: shares of the exposure with the gold units behind them.
#[derive(Debug)]
pub(super) struct Shares {
    pub(super) gold: Vec<String>,
    pub(super) rows: Vec<SharesRow>,
}

/// One thing the labeler said.
#[derive(Debug)]
pub(super) struct SharesRow {
    pub(super) said: String,
    /// The share of the exposure.
    pub(super) exposure: String,
    pub(super) cells: Vec<Pair>,
}

/// One pair of what was said and meant.
#[derive(Debug)]
pub(super) struct Pair {
    /// The share of the exposure, or `unknown`.
    pub(super) share: String,
    pub(super) count: String,
    /// How dark it is, from 0 to 100: its part of what the labeler said.
    pub(super) shade: u32,
    /// Whether both agree.
    pub(super) same: bool,
}

/// Returns the labels of a policy as a table; in full with said against gold.
#[must_use]
pub fn by_label(subject: &Subject, classes: &Classes, detail: Detail) -> String {
    let shown = Shown::of(classes);
    let header = ["", "naive", "corrected", &format!("{} interval", shown.level), "gold"];
    let line = |it: &Line| {
        [&it.name, &it.naive, &it.value, &it.interval, &it.gold].map(Clone::clone).to_vec()
    };
    let lines: Vec<Vec<String>> = shown.lines.iter().map(line).collect();
    let mut out = format!("{} by label\n{}", clean(&subject.policy), table(&header, &lines));
    for remark in &shown.remarks {
        out.push_str(&format!("{remark}\n"));
    }
    if let (Detail::Full, Some(matrix)) = (detail, &shown.matrix) {
        out.push_str(&format!("\n{SAID_AGAINST_GOLD}\n{}", matrix.text()));
    }
    out
}

/// What a table of said against gold shows.
pub(super) const SAID_AGAINST_GOLD: &str =
    "labeler said (down) against gold (across): share of exposure (gold units)";

impl Shown {
    pub(super) fn of(classes: &Classes) -> Self {
        let all = || classes.shares.iter().chain(&classes.at_least);
        let made =
            all().flat_map(|it| [&it.naive, &it.corrected]).filter_map(|it| it.as_ref().ok());
        let decimals = made.map(|it| Decimals::of(it.value, Some((it.low, it.high)))).max();
        let decimals = decimals.unwrap_or_else(|| Decimals::of(0.0, None));
        Self {
            level: level(classes.level.value()),
            lines: all().map(|share| Line::of(share, decimals)).collect(),
            remarks: remarks(classes),
            matrix: classes.confusion.as_ref().map(Shares::of),
        }
    }
}

impl Line {
    fn of(share: &ClassShare, decimals: Decimals) -> Self {
        let (value, interval) = match (&share.corrected, share.bounds) {
            (Ok(it), _) => (decimals.percent(it.value), decimals.interval(it.low, it.high)),
            (Err(Missing::NotSeen { high }), _) => {
                ("-".to_owned(), format!("at most {}", decimals.percent(*high)))
            }
            (Err(_), Some(bounds)) => {
                ("-".to_owned(), format!("worst {}", decimals.interval(bounds.low, bounds.high)))
            }
            (Err(_), None) => ("-".to_owned(), String::new()),
        };
        let naive = |it: &Estimate| decimals.percent(it.value);
        Self {
            name: clean(&share.label),
            naive: share.naive.as_ref().map_or("-".to_owned(), naive),
            value,
            interval,
            gold: count(share.gold),
            verdict: share.verdict,
        }
    }
}

fn remarks(classes: &Classes) -> Vec<String> {
    let mut remarks = Vec::new();
    if classes.mode == Mode::Multi {
        remarks.push(
            "several labels may apply at once: each is measured by itself, and shares do not add up; in what is said of a label, flagged and violating mean having it"
                .to_owned(),
        );
    }
    let said = |label: Option<&str>, finding: &Finding| {
        let (code, name) = (finding.code, finding.code.name());
        let (label, detail) = (label.map(clean), clean(&finding.detail));
        let of = label.map_or_else(String::new, |label| format!("{label}: "));
        format!("{of}{code} {name}: {detail}. {}", finding.code.advice())
    };
    remarks.extend(classes.findings.iter().map(|finding| said(None, finding)));
    let all = || classes.shares.iter().chain(&classes.at_least);
    for share in all() {
        let of_label = share.findings.iter().map(|finding| said(Some(&share.label), finding));
        remarks.extend(of_label);
    }
    remarks.extend(missing(all()));
    if classes.by == Estimator::RoganGladen && all().any(|share| share.corrected.is_ok()) {
        remarks.push(MODEL_DEPENDENT.trim_start_matches("* ").to_owned());
    }
    remarks
}

/// Why shares are missing, each reason once with the labels it stands for.
fn missing<'a>(shares: impl Iterator<Item = &'a ClassShare>) -> Vec<String> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for share in shares {
        let Err(missing) = &share.corrected else { continue };
        if matches!(missing, Missing::NotSeen { .. }) {
            // the table and its finding say so
            continue;
        }
        let (why, label) = (reason(missing), clean(&share.label));
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, labels)) => labels.push(label),
            None => reasons.push((why, vec![label])),
        }
    }
    reasons.into_iter().map(|(why, labels)| format!("{}: {why}", labels.join(", "))).collect()
}

impl Shares {
    fn of(confusion: &ClassConfusion) -> Self {
        let row = |at: usize| {
            let (said, exposure) = (&confusion.said[at], confusion.exposure[at]);
            let pair = |class: usize| {
                let share = confusion.shares[at].as_ref().and_then(|row| row.get(class).copied());
                let part = share.map_or(0.0, |share| share / exposure.max(f64::MIN_POSITIVE));
                Pair {
                    share: share.map_or_else(|| "unknown".to_owned(), percent),
                    count: count(confusion.counts[at][class]),
                    shade: (100.0 * part.clamp(0.0, 1.0)).round() as u32,
                    same: *said == confusion.gold[class],
                }
            };
            SharesRow {
                said: words(&clean(said)),
                exposure: percent(exposure),
                cells: (0..confusion.gold.len()).map(pair).collect(),
            }
        };
        Self {
            gold: confusion.gold.iter().map(|name| clean(name)).collect(),
            rows: (0..confusion.said.len()).map(row).collect(),
        }
    }

    fn text(&self) -> String {
        let header: Vec<&str> =
            ["", "all"].into_iter().chain(self.gold.iter().map(String::as_str)).collect();
        let line = |row: &SharesRow| {
            let pairs = row.cells.iter().map(|it| format!("{} ({})", it.share, it.count));
            [row.said.clone(), row.exposure.clone()].into_iter().chain(pairs).collect()
        };
        table(&header, &self.rows.iter().map(line).collect::<Vec<_>>())
    }
}
