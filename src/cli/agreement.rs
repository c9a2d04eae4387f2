//! How far raters agree, as lines for a terminal.

use super::table::table;
use crate::ops::gold::AgreementCoefficient;
use crate::ops::gold::RaterAgreement;
use crate::ops::gold::RaterLine;
use crate::ops::gold::RaterShare;
use crate::ops::gold::Status;

/// What kappa and its like do not say.
const PREVALENCE: &str = "kappa and alpha depend on prevalence: where few units are violating they are low however seldom raters err, and the same raters have others elsewhere; read positive agreement and AC1 beside them";

/// Returns a block a policy and one for all of them; nothing where nobody has answered.
pub(super) fn agreement_text(status: &Status) -> String {
    let blocks = status.agreement.iter().chain(&status.agreement_overall);
    let blocks: Vec<&RaterAgreement> = blocks.collect();
    if blocks.is_empty() {
        return String::new();
    }
    if blocks.iter().all(|block| block.units_of_several == 0) {
        return "agreement: no unit has answers of two raters".to_owned();
    }
    let mut parts: Vec<String> = blocks.into_iter().map(block).collect();
    parts.push(PREVALENCE.to_owned());
    parts.join("\n\n")
}

fn block(agreement: &RaterAgreement) -> String {
    let name = agreement.policy.as_deref().unwrap_or("all policies, violating or not");
    let mut text = format!(
        "agreement · {name} · {} of {} units have two raters or more",
        agreement.units_of_several, agreement.units
    );
    if agreement.units_of_several > 0 {
        let rows: Vec<Vec<String>> = agreement.coefficients.iter().filter_map(row).collect();
        let interval = format!("{} % interval", 100.0 * agreement.level);
        text.push('\n');
        text.push_str(&table(&["", "value", &interval], &[1, 2], &rows));
        for coefficient in &agreement.coefficients {
            if let Some(reason) = &coefficient.missing {
                text.push_str(&format!("\n{}: {reason}", words(coefficient.name)));
            }
        }
    }
    let rows: Vec<Vec<String>> = agreement.raters.iter().map(rater).collect();
    text.push('\n');
    text.push_str(&table(
        &["rater", "answers", "violating", "with majority of others"],
        &[1, 2, 3],
        &rows,
    ));
    text
}

fn row(coefficient: &AgreementCoefficient) -> Option<Vec<String>> {
    let number = |value: f64| match coefficient.is_share {
        true => format!("{:.1} %", 100.0 * value),
        false => format!("{value:.3}"),
    };
    let limits = coefficient.low.zip(coefficient.high);
    let interval = limits.map(|(low, high)| format!("{} to {}", number(low), number(high)));
    Some(vec![words(coefficient.name), number(coefficient.value?), interval.unwrap_or_default()])
}

fn rater(line: &RaterLine) -> Vec<String> {
    let share = |share: &Option<RaterShare>| {
        let text = |share: &RaterShare| {
            format!("{:.1} % ({} of {})", 100.0 * share.share, share.count, share.of)
        };
        share.as_ref().map_or_else(|| "-".to_owned(), text)
    };
    vec![
        line.rater.clone(),
        line.answers.to_string(),
        share(&line.violating),
        share(&line.with_majority),
    ]
}

fn words(name: &str) -> String {
    name.replace('_', " ")
}
