//! Diagnostics as the lines by which a GitHub workflow marks a change.

use super::Diagnostic;

/// Returns one workflow command a diagnostic, such as `::error file=p.yaml,line=3,…::message`.
///
/// Printed by a step of a workflow, each becomes an annotation of the line it names.
#[must_use]
pub fn github(diagnostics: &[Diagnostic]) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic) + "\n").collect()
}

fn command(diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, severity, place, .. } = diagnostic;
    let mut at = format!("file={},line={}", property(&place.source), place.line);
    // GitHub takes columns only of a place on one line, and counts the last one in.
    if place.line == place.end_line {
        let last = place.end_column.saturating_sub(1).max(place.column);
        at += &format!(",col={},endColumn={last}", place.column);
    }
    format!("::{} {at},title={}::{}", severity.name(), property(code), message(&diagnostic.prose()))
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;

    #[test]
    fn a_diagnostic_is_one_line_whatever_it_says() {
        let source = Source::new("a, b/p:q.yaml", "é: 1\nb: two\n");
        let found = Diagnostic::error("T001", source.place(9..12), "100%\nwrong")
            .label("here")
            .hint("write: 3, not 2");
        let expected = "::error file=a%2C b/p%3Aq.yaml,line=2,col=4,endColumn=6,title=T001::\
                        100%25%0Awrong: here%0Ahint: write: 3, not 2\n";
        assert_eq!(github(&[found]), expected);
    }

    #[test]
    fn a_place_of_many_lines_has_no_columns() {
        let source = Source::new("p.yaml", "a:\n  b: 1\n  c: 2\n");
        let found = Diagnostic::warning("T002", source.place(0..16), "odd");
        assert_eq!(github(&[found]), "::warning file=p.yaml,line=1,title=T002::odd\n");
    }

    #[test]
    fn an_empty_place_marks_one_column() {
        let source = Source::new("p.yaml", "");
        let found = Diagnostic::error("T003", source.place(0..0), "empty");
        assert!(github(&[found]).contains("line=1,col=1,endColumn=1"));
    }
}
