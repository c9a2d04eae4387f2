//! Markdown of which only the template's own marks format: what a policy's author wrote is shown as it is.

use minijinja::Environment;
use minijinja::value::Value;

/// Escapes every value the engine's templates insert. The filter `paragraphs` keeps the line breaks of a text that
/// stands on lines of its own, and `quoted` those of a text in a block quote; elsewhere a text stays on one line.
pub(super) fn escape_in(engine: &mut Environment<'_>) {
    engine.set_formatter(|out, _, value| {
        let written = match value.as_str() {
            Some(text) if value.is_safe() => out.write_str(text),
            Some(text) => out.write_str(&escaped(text, " ")),
            None => write!(out, "{value}"),
        };
        written.map_err(minijinja::Error::from)
    });
    engine.add_filter("paragraphs", |text: &str| Value::from_safe_string(escaped(text, "\n")));
    engine.add_filter("quoted", |text: &str| Value::from_safe_string(escaped(text, "\n> ")));
}

/// Returns text that Markdown shows as it is, with its line breaks replaced.
fn escaped(text: &str, line_break: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, line) in text.split('\n').enumerate() {
        let line = if at > 0 { line.trim_start() } else { line };
        if at > 0 {
            out.push_str(line_break);
        }
        escape_start(&mut out, line);
    }
    out
}

/// Escapes a line, first what would make a list, a rule or a heading of it.
fn escape_start(out: &mut String, line: &str) {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at(digits);
    out.push_str(number);
    let mark = match number {
        "" => rest.starts_with(['-', '+', '=']),
        _ => rest.starts_with(['.', ')']) && !rest[1..].starts_with(|c: char| !c.is_whitespace()),
    };
    if mark {
        out.push('\\');
    }
    rest.trim_end_matches('\r').chars().for_each(|c| escape(out, c));
}

fn escape(out: &mut String, c: char) {
    match c {
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '&' => out.push_str("&amp;"),
        // a zero-width space keeps names from being notified and issues from being linked
        '@' | '#' => out.extend(['\\', c, '\u{200b}']),
        // an exclamation mark means something only before a bracket, and brackets are escaped
        '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '~' => out.extend(['\\', c]),
        _ if hidden(c) => out.push('\u{fffd}'),
        _ => out.push(c),
    }
}

/// What could move the cursor, change colours or reverse the reading direction.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_cannot_format_or_mention() {
        let check = |text: &str, expected: &str| assert_eq!(escaped(text, "\n"), expected);
        check("<script> a|b [x](y)", "&lt;script&gt; a\\|b \\[x\\](y)");
        check("# heading @me", "\\#\u{200b} heading \\@\u{200b}me");
        check("```\nfence\n    code", "\\`\\`\\`\nfence\ncode");
        check("- a\n+ b\n===\n1. c\n2) d", "\\- a\n\\+ b\n\\===\n1\\. c\n2\\) d");
        check("\u{1b}[2J\u{202e}", "\u{fffd}\\[2J\u{fffd}");
    }

    #[test]
    fn plain_text_stays_as_it_is() {
        for text in ["2.0.0 is out!", " (severity 1)", "well-known: 5 % of 3.14", "12"] {
            assert_eq!(escaped(text, " "), text);
        }
        assert_eq!(escaped("one\n\n  two", " "), "one  two");
    }
}
