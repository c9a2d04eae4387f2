//! A page for every diagnostic of labelers and their templates: what it means, with a wrong and a right example.

/// Code and page, in the order of the codes.
const PAGES: [(&str, &str); 6] = [
    ("D001", include_str!("../../docs/explain/D001.md")),
    ("D002", include_str!("../../docs/explain/D002.md")),
    ("T001", include_str!("../../docs/explain/T001.md")),
    ("T002", include_str!("../../docs/explain/T002.md")),
    ("T003", include_str!("../../docs/explain/T003.md")),
    ("T004", include_str!("../../docs/explain/T004.md")),
];

/// Returns the page of a code in Markdown; `t002` is `T002`.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let code = code.trim();
    PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// Returns every code that has a page, in order.
pub fn explained() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}
