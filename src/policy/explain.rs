//! A page for every diagnostic of policies: what it means, with a wrong and a right example.

/// Code and page, in the order of the codes.
const PAGES: &[(&str, &str)] = &[
    ("L001", include_str!("../../docs/explain/L001.md")),
    ("L002", include_str!("../../docs/explain/L002.md")),
    ("L003", include_str!("../../docs/explain/L003.md")),
    ("L004", include_str!("../../docs/explain/L004.md")),
    ("L005", include_str!("../../docs/explain/L005.md")),
    ("L006", include_str!("../../docs/explain/L006.md")),
    ("L007", include_str!("../../docs/explain/L007.md")),
    ("L008", include_str!("../../docs/explain/L008.md")),
    ("L009", include_str!("../../docs/explain/L009.md")),
    ("L010", include_str!("../../docs/explain/L010.md")),
    ("L011", include_str!("../../docs/explain/L011.md")),
    ("L012", include_str!("../../docs/explain/L012.md")),
    ("P001", include_str!("../../docs/explain/P001.md")),
    ("P003", include_str!("../../docs/explain/P003.md")),
    ("P004", include_str!("../../docs/explain/P004.md")),
    ("P005", include_str!("../../docs/explain/P005.md")),
    ("P006", include_str!("../../docs/explain/P006.md")),
    ("P007", include_str!("../../docs/explain/P007.md")),
    ("P008", include_str!("../../docs/explain/P008.md")),
    ("P009", include_str!("../../docs/explain/P009.md")),
    ("P010", include_str!("../../docs/explain/P010.md")),
    ("P011", include_str!("../../docs/explain/P011.md")),
    ("P012", include_str!("../../docs/explain/P012.md")),
    ("P013", include_str!("../../docs/explain/P013.md")),
    ("P014", include_str!("../../docs/explain/P014.md")),
    ("P015", include_str!("../../docs/explain/P015.md")),
    ("P016", include_str!("../../docs/explain/P016.md")),
    ("P017", include_str!("../../docs/explain/P017.md")),
    ("P018", include_str!("../../docs/explain/P018.md")),
    ("P019", include_str!("../../docs/explain/P019.md")),
    ("P020", include_str!("../../docs/explain/P020.md")),
    ("P021", include_str!("../../docs/explain/P021.md")),
    ("P022", include_str!("../../docs/explain/P022.md")),
    ("P023", include_str!("../../docs/explain/P023.md")),
    ("P024", include_str!("../../docs/explain/P024.md")),
    ("P025", include_str!("../../docs/explain/P025.md")),
    ("P026", include_str!("../../docs/explain/P026.md")),
    ("P027", include_str!("../../docs/explain/P027.md")),
    ("P031", include_str!("../../docs/explain/P031.md")),
    ("P032", include_str!("../../docs/explain/P032.md")),
    ("P033", include_str!("../../docs/explain/P033.md")),
    ("P040", include_str!("../../docs/explain/P040.md")),
    ("P041", include_str!("../../docs/explain/P041.md")),
    ("P050", include_str!("../../docs/explain/P050.md")),
    ("P090", include_str!("../../docs/explain/P090.md")),
    ("Y001", include_str!("../../docs/explain/Y001.md")),
    ("Y002", include_str!("../../docs/explain/Y002.md")),
    ("Y003", include_str!("../../docs/explain/Y003.md")),
    ("Y004", include_str!("../../docs/explain/Y004.md")),
    ("Y005", include_str!("../../docs/explain/Y005.md")),
    ("Y010", include_str!("../../docs/explain/Y010.md")),
    ("Y011", include_str!("../../docs/explain/Y011.md")),
    ("Y012", include_str!("../../docs/explain/Y012.md")),
    ("Y013", include_str!("../../docs/explain/Y013.md")),
    ("Y014", include_str!("../../docs/explain/Y014.md")),
    ("Y015", include_str!("../../docs/explain/Y015.md")),
    ("Y020", include_str!("../../docs/explain/Y020.md")),
];

/// Returns the page of a code in Markdown; `p012` is `P012`.
#[must_use]
pub fn explain(code: &str) -> Option<&'static str> {
    let code = code.trim();
    PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, page)| *page)
}

/// Returns every code that has a page, in order.
pub fn explained() -> impl Iterator<Item = &'static str> {
    PAGES.iter().map(|(code, _)| *code)
}
