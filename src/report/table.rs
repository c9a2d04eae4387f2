//! Plain columns: the first aligned left, the others right, as wide as what is in them.

use comfy_table::CellAlignment;
use comfy_table::ColumnConstraint;
use comfy_table::Table;
use comfy_table::presets;

/// Returns rows under a header as aligned lines, each ending in a line break.
pub(super) fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(header.iter().map(ToString::to_string));
    for row in rows {
        table.add_row(row);
    }
    for (at, column) in table.column_iter_mut().enumerate() {
        column.set_padding((if at == 0 { 0 } else { 1 }, 1));
        column.set_constraint(ColumnConstraint::ContentWidth);
        if at > 0 {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_script() {
        let rows = [("ab", "1"), ("暴力", "1,000")].map(|(a, b)| vec![a.to_owned(), b.to_owned()]);
        assert_eq!(table(&["x", "n"], &rows), "x         n\nab        1\n暴力  1,000\n");
    }
}
