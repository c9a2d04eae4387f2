//! Several labels of one unit as one text: the ids with `;` between them, in alphabetical order.

/// Between two labels.
const BETWEEN: char = ';';

/// Returns the labels of a text, of which there may be one.
pub fn labels_in(text: &str) -> impl Iterator<Item = &str> + Clone {
    text.split(BETWEEN).map(str::trim).filter(|label| !label.is_empty())
}

/// Returns whether a text names several labels.
#[must_use]
pub fn names_several(text: &str) -> bool {
    labels_in(text).nth(1).is_some()
}

/// Returns the labels as one text, each once.
pub fn as_one_text<'a>(labels: impl IntoIterator<Item = &'a str>) -> String {
    let mut labels: Vec<&str> = labels.into_iter().collect();
    labels.sort_unstable();
    labels.dedup();
    labels.join(";")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_names_several_labels_only_with_several_in_it() {
        assert_eq!(labels_in("a; b ;").collect::<Vec<_>>(), ["a", "b"]);
        assert!(names_several("a;b") && !names_several("a;") && !names_several("a"));
        assert_eq!(as_one_text(["b", "a", "b"]), "a;b");
    }
}
