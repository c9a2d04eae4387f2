//! A report as Markdown, for pull requests and wikis.

use crate::measure::PolicyPrevalence;
use crate::report::Report;
use crate::report::changes::Changes;
use crate::report::classes::Pair;
use crate::report::classes::SAID_AGAINST_GOLD;
use crate::report::classes::Shown;
use crate::report::markdown_quality::errors;
use crate::report::number::clean;
use crate::report::number::count;
use crate::report::number::level;
use crate::report::number::percent;
use crate::report::rows::MODEL_DEPENDENT;
use crate::report::rows::Row;
use crate::report::rows::reason;
use crate::report::rows::remarks;
use crate::report::rows::rows;
use crate::report::rows::shared_decimals;
use crate::report::rows::words;
use crate::report::segments::Pivot;
use crate::report::summary::summary_line;

/// Returns the report as Markdown: a line, a table and the findings of each policy.
///
/// Text that users wrote is escaped: it can neither format, link, mention nor break a table.
#[must_use]
pub fn markdown(report: &Report<'_>) -> String {
    let mut out = format!("## {}\n\n", escaped(&report.title));
    if !report.subtitle.is_empty() {
        out.push_str(&format!("{}\n\n", escaped(&report.subtitle)));
    }
    for note in &report.notes {
        out.push_str(&format!("> {}\n\n", escaped(note)));
    }
    for measured in report.policies {
        out.push_str(&policy(report, measured));
    }
    for (name, value) in &report.provenance {
        out.push_str(&format!("- {}: {}\n", escaped(name), escaped(value)));
    }
    let (version, time) = (escaped(report.version), escaped(&report.generated_at));
    out.push_str(&format!("\ntiter {version}, {time}\n"));
    out
}

fn policy(report: &Report<'_>, measured: &PolicyPrevalence) -> String {
    let name = escaped(&measured.subject.policy);
    let line = escaped(&summary_line(measured));
    let mut out = format!("### {name}\n\n{line}\n\n{}\n", estimates(report, measured));
    out.push_str(&over_time(report, measured));
    for parts in report.pivots(&measured.subject.policy) {
        out.push_str(&segments(&parts));
    }
    out.push_str(&errors(measured, &report.pivots(&measured.subject.policy)));
    if let Some(classes) = &measured.classes {
        out.push_str(&labels(&Shown::of(classes)));
    }
    for finding in &measured.findings {
        let (code, name, advice) = (finding.code, finding.code.name(), finding.code.advice());
        out.push_str(&format!(
            "- **{code} {}** ({}): {}. {}\n",
            escaped(name),
            finding.verdict,
            escaped(&finding.detail),
            escaped(advice)
        ));
    }
    if !measured.findings.is_empty() {
        out.push('\n');
    }
    out.push_str(&outcomes(measured));
    out
}

fn estimates(report: &Report<'_>, measured: &PolicyPrevalence) -> String {
    let (rows, decimals) = (rows(measured), shared_decimals(measured));
    let mut out = format!(
        "| | value | {} interval | n | m | K |\n|---|--:|--:|--:|--:|--:|\n",
        level(measured.level.value())
    );
    for row in &rows {
        let (value, interval) = match row.estimate {
            Ok(it) => (decimals.percent(it.value), decimals.interval(it.low, it.high)),
            Err(missing) => (escaped(&reason(missing)), String::new()),
        };
        let size = |n: Option<u64>| n.map(count).unwrap_or_default();
        let k = row.k.map(|k| format!("{k:.2}")).unwrap_or_default();
        let name = escaped(&row.marked_name());
        let (n, m) = (size(row.n), size(row.m));
        out.push_str(&format!("| {name} | {value} | {interval} | {n} | {m} | {k} |\n"));
    }
    if let Some(bounds) = measured.bounds {
        let interval = decimals.interval(bounds.low, bounds.high);
        out.push_str(&format!("| worst cases | | {interval} | | | |\n"));
    }
    if let Some(truth) = report.truth(&measured.subject.policy) {
        out.push_str(&format!("| simulated truth | {} | | | | |\n", decimals.percent(truth)));
    }
    for remark in remarks(measured) {
        out.push_str(&format!("\n{}\n", escaped(&remark)));
    }
    if rows.iter().any(Row::is_marked) {
        out.push_str(&format!("\n{}\n", escaped(MODEL_DEPENDENT)));
    }
    out
}

fn over_time(report: &Report<'_>, measured: &PolicyPrevalence) -> String {
    let policy = &measured.subject.policy;
    let mut out = Changes::of(&report.changes(policy)).map_or_else(String::new, |it| changes(&it));
    out.push_str(&divided(Pivot::of_periods(&report.series(policy))));
    for sentence in report.breaks(policy) {
        out.push_str(&format!("{}\n\n", escaped(&sentence)));
    }
    out
}

fn changes(shown: &Changes) -> String {
    let (from, to, level) = (escaped(&shown.from), escaped(&shown.to), &shown.level);
    let mut out = format!(
        "| change | {from} | {to} | points | {level} interval | q |\n|---|--:|--:|--:|--:|--:|\n"
    );
    for it in &shown.lines {
        let change = it.missing.as_ref().map_or_else(|| it.change.clone(), |why| escaped(why));
        let (name, interval, q) = (escaped(&it.name), &it.interval, &it.q);
        out.push_str(&format!(
            "| {name} | {} | {} | {change} | {interval} | {q} |\n",
            it.from, it.to
        ));
    }
    for remark in &shown.remarks {
        out.push_str(&format!("\n{}\n", escaped(remark)));
    }
    out + "\n"
}

fn segments(parts: &[&PolicyPrevalence]) -> String {
    divided(Pivot::of(parts))
}

fn divided(pivot: Option<Pivot>) -> String {
    let Some(pivot) = pivot else { return String::new() };
    let (by, level) = (escaped(&pivot.by), &pivot.level);
    let mut out = format!(
        "| {by} | corrected | {level} interval | naive | n | m | |\n|---|--:|--:|--:|--:|--:|---|\n"
    );
    for it in &pivot.lines {
        let (name, decided) = (escaped(&it.name), escaped(&it.decided_by));
        let (value, interval, naive) = (&it.value, &it.interval, &it.naive);
        out.push_str(&format!(
            "| {name} | {value} | {interval} | {naive} | {} | {} | {decided} |\n",
            it.n, it.m
        ));
    }
    out + "\n"
}

fn labels(shown: &Shown) -> String {
    let mut out = format!(
        "| label | naive | corrected | {} interval | gold |\n|---|--:|--:|--:|--:|\n",
        shown.level
    );
    for it in &shown.lines {
        let (naive, value, interval, gold) = (&it.naive, &it.value, &it.interval, &it.gold);
        let name = escaped(&it.name);
        out.push_str(&format!("| {name} | {naive} | {value} | {interval} | {gold} |\n"));
    }
    for remark in &shown.remarks {
        out.push_str(&format!("\n{}\n", escaped(remark)));
    }
    let Some(matrix) = &shown.matrix else { return out + "\n" };
    let names: Vec<String> = matrix.gold.iter().map(|name| escaped(name)).collect();
    out.push_str(&format!(
        "\n{}:\n\n| | all | {} |\n",
        escaped(SAID_AGAINST_GOLD),
        names.join(" | ")
    ));
    out.push_str(&format!("|---|--:|{}\n", "--:|".repeat(names.len())));
    for row in &matrix.rows {
        let pair = |it: &Pair| {
            let text = format!("{} ({})", it.share, it.count);
            if it.same { format!("**{text}**") } else { text }
        };
        let pairs: Vec<String> = row.cells.iter().map(pair).collect();
        let said = escaped(&row.said);
        out.push_str(&format!("| {said} | {} | {} |\n", row.exposure, pairs.join(" | ")));
    }
    out + "\n"
}

fn outcomes(measured: &PolicyPrevalence) -> String {
    let each: Vec<String> = measured
        .outcomes
        .iter()
        .map(|(outcome, share)| format!("{} {}", count(share.n), words(outcome.name())))
        .collect();
    let without = percent(measured.non_answer_share);
    format!("Outcomes: {}; {without} of exposure without an answer.\n\n", each.join(", "))
}

/// Returns text that Markdown shows as it is.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // a zero-width space keeps names from being notified and issues from being linked
            '@' | '#' => out.extend(['\\', c, '\u{200b}']),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' | '!' => {
                out.extend(['\\', c]);
            }
            _ => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_format_or_mention() {
        assert_eq!(escaped("a|b <i>[x](y)\n@me"), "a\\|b &lt;i&gt;\\[x\\](y)\u{fffd}\\@\u{200b}me");
    }
}
