//! Prose broken into lines of a width.

/// Returns the text with every line of more than `columns` characters broken between words; the parts of a line
/// keep its indent, and a word that is longer stays whole.
#[must_use]
pub fn wrapped(text: &str, columns: usize) -> String {
    text.lines().map(|line| broken(line, columns)).collect::<Vec<_>>().join("\n")
}

fn broken(line: &str, columns: usize) -> String {
    let prose = line.trim_start();
    let indent = line.get(..line.len() - prose.len()).unwrap_or_default();
    let mut lines = Vec::new();
    let (mut current, mut width) = (indent.to_owned(), indent.chars().count());
    let (empty, mut begun) = (width, false);
    for word in prose.split(' ') {
        let length = word.chars().count();
        if begun && columns < width + 1 + length {
            lines.push(std::mem::replace(&mut current, indent.to_owned()));
            (width, begun) = (empty, false);
        }
        if begun {
            current.push(' ');
            width += 1;
        }
        current.push_str(word);
        width += length;
        begun = true;
    }
    lines.push(current);
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_broken_between_words_and_keeps_its_indent() {
        let text = "  one two three four five six seven eight";
        assert_eq!(wrapped(text, 20), "  one two three four\n  five six seven\n  eight");
        assert_eq!(wrapped(text, 80), text);
    }

    #[test]
    fn a_long_word_stays_whole() {
        let long = format!("a {} b", "x".repeat(50));
        assert_eq!(wrapped(&long, 40), long.replace(' ', "\n"));
        assert_eq!(wrapped("", 40), "");
    }
}
