//! A page for every code of a measurement: what it means, how it is printed, and what to do.

use super::Code;

/// Returns the page of a code in Markdown.
#[must_use]
pub fn explain(code: Code) -> &'static str {
    match code {
        Code::RgUndefined => include_str!("../../docs/explain/S001.md"),
        Code::RgUnstable => include_str!("../../docs/explain/S002.md"),
        Code::BelowFpr => include_str!("../../docs/explain/S003.md"),
        Code::Clipped => include_str!("../../docs/explain/S004.md"),
        Code::NoGoldPositives => include_str!("../../docs/explain/S005.md"),
        Code::EmptyCell => include_str!("../../docs/explain/S006.md"),
        Code::CellMerged => include_str!("../../docs/explain/S007.md"),
        Code::ThinGold => include_str!("../../docs/explain/S008.md"),
        Code::StaleGold => include_str!("../../docs/explain/S009.md"),
        Code::ConvenienceGold => include_str!("../../docs/explain/S010.md"),
        Code::MissingProbability => include_str!("../../docs/explain/S011.md"),
        Code::SameSalt => include_str!("../../docs/explain/S012.md"),
        Code::GoldOutsideSample => include_str!("../../docs/explain/S013.md"),
        Code::MaxWeightShare => include_str!("../../docs/explain/S014.md"),
        Code::LowEss => include_str!("../../docs/explain/S015.md"),
        Code::ModelOnly => include_str!("../../docs/explain/S016.md"),
        Code::DriftInErrorRates => include_str!("../../docs/explain/S017.md"),
        Code::DefinitionBreak => include_str!("../../docs/explain/S018.md"),
        Code::SuppressedPivot => include_str!("../../docs/explain/S019.md"),
        Code::IllConditioned => include_str!("../../docs/explain/S020.md"),
        Code::NonAnswerShare => include_str!("../../docs/explain/S021.md"),
        Code::FloorOfIgnorance => include_str!("../../docs/explain/S022.md"),
        Code::UndeterminedGold => include_str!("../../docs/explain/S023.md"),
        Code::GoldError => include_str!("../../docs/explain/S024.md"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text, whatever its line breaks.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_page_says_what_the_code_says() {
        for code in Code::ALL {
            let page = explain(code);
            assert!(page.starts_with(&format!("# {code}: {}\n", code.title())), "{code}");
            assert!(page.contains(&format!("`{}`", code.name())), "{code}");
            let said = words(page);
            assert!(said.contains(&format!("is *{}*.", code.verdict())), "{code}");
            assert!(said.ends_with(&format!("## What to do {}", words(code.advice()))), "{code}");
        }
    }

    #[test]
    fn a_page_shows_the_printed_line_or_says_that_none_is_printed() {
        for code in Code::ALL {
            let page = explain(code);
            match page.split_once("```text\n").and_then(|(_, rest)| rest.split_once("\n```")) {
                Some((line, _)) => assert!(line.contains(code.as_str()), "{code}: {line}"),
                None => assert!(words(page).contains("prints this code yet"), "{code}"),
            }
        }
    }
}
