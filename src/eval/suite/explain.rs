//! A page for every diagnostic of suites: what it means, with a wrong and a right example.

/// Code and page, in the order of the codes.
const PAGES: &[(&str, &str)] = &[
    ("E001", include_str!("../../../docs/explain/E001.md")),
    ("E002", include_str!("../../../docs/explain/E002.md")),
    ("E003", include_str!("../../../docs/explain/E003.md")),
    ("E004", include_str!("../../../docs/explain/E004.md")),
    ("E005", include_str!("../../../docs/explain/E005.md")),
    ("E006", include_str!("../../../docs/explain/E006.md")),
    ("E007", include_str!("../../../docs/explain/E007.md")),
    ("E008", include_str!("../../../docs/explain/E008.md")),
    ("E009", include_str!("../../../docs/explain/E009.md")),
    ("E010", include_str!("../../../docs/explain/E010.md")),
    ("E011", include_str!("../../../docs/explain/E011.md")),
];

/// Returns the page of a code in Markdown; `e004` is `E004`.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let code = code.trim();
    PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// Returns every code that has a page, in order.
pub fn explained() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}
