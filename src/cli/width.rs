//! Text as wide as the terminal and no wider, and counts of things with the right ending.

use crate::diag::wrapped;
use std::io::IsTerminal as _;

/// A terminal narrower than this gets no narrower text.
const NARROWEST: usize = 40;

/// Returns the columns there are: what `COLUMNS` says, else the terminal's; `None` where text goes to a file.
pub(super) fn columns() -> Option<usize> {
    let said = std::env::var("COLUMNS").ok().and_then(|said| said.trim().parse().ok());
    let of_terminal = || {
        let term = std::io::stdout().is_terminal().then(console::Term::stdout)?;
        term.size_checked().map(|(_, columns)| usize::from(columns))
    };
    said.filter(|columns| 0 < *columns).or_else(of_terminal).map(|columns| columns.max(NARROWEST))
}

/// Returns the text with its sentences broken at the terminal's width; lines of tables stay whole.
pub(super) fn fitted(text: &str) -> String {
    columns().map_or_else(|| text.to_owned(), |columns| within(text, columns))
}

/// Returns `1 call`, `2 calls`.
pub(super) fn counted(n: u64, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

fn within(text: &str, columns: usize) -> String {
    // Only a table has a gap of two spaces within a line.
    let is_table = |line: &str| line.trim().contains("  ");
    let line = |line: &str| {
        if is_table(line) { line.to_owned() } else { wrapped(line, columns) }
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_table_stays_whole() {
        let row = format!("{}  1  2", "x ".repeat(30));
        assert_eq!(within(&row, 40), row);
        assert_eq!(within(&"x ".repeat(30), 40).lines().count(), 2);
    }

    #[test]
    fn one_thing_has_no_plural() {
        assert_eq!((counted(1, "call"), counted(0, "call")), ("1 call".into(), "0 calls".into()));
    }
}
