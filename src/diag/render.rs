//! Diagnostics as text with the source beside them, in the style of rustc.

use super::Diagnostic;
use super::Place;
use super::Severity;
use super::Source;
use super::wrap::wrapped;
use annotate_snippets::Annotation;
use annotate_snippets::AnnotationKind;
use annotate_snippets::Group;
use annotate_snippets::Level;
use annotate_snippets::Origin;
use annotate_snippets::Renderer;
use annotate_snippets::Snippet;
use annotate_snippets::renderer::DecorStyle;
use std::ops::Range;

/// Whether text is written for a terminal with colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// No escape codes.
    Plain,
    /// ANSI escape codes.
    Ansi,
}

/// The most columns between two marks of one line in one snippet.
const WIDEST: usize = 100;
/// The columns that stand before a message.
const BEFORE_MESSAGE: usize = 16;
/// The most bytes of a snippet that shows whole lines; the time to draw one grows with them.
const MOST_SHOWN: usize = 16 << 10;

/// Returns the diagnostics as text: message, `file:line:col`, snippet and hint of each.
///
/// Sources are found by name; a diagnostic whose source is not given shows its place without
/// a snippet.
#[must_use]
pub fn text(diagnostics: &[Diagnostic], sources: &[Source], color: Color) -> String {
    rendered(renderer(color), diagnostics, sources)
}

/// Returns what [`text`] returns, made for so many columns: messages and hints are broken, lines of the source that
/// are too long are cut around the mark.
#[must_use]
pub fn text_within(
    diagnostics: &[Diagnostic],
    sources: &[Source],
    color: Color,
    columns: usize,
) -> String {
    // What stands before a message is `warning[P012]: `, before a hint `   = help: `, and both indent what follows.
    let narrow = |text: &str| wrapped(text, columns.saturating_sub(BEFORE_MESSAGE));
    let narrow = |diagnostic: &Diagnostic| Diagnostic {
        message: narrow(&diagnostic.message),
        hint: diagnostic.hint.as_deref().map(narrow),
        ..diagnostic.clone()
    };
    let diagnostics: Vec<Diagnostic> = diagnostics.iter().map(narrow).collect();
    rendered(renderer(color).term_width(columns), &diagnostics, sources)
}

fn renderer(color: Color) -> Renderer {
    let renderer = match color {
        Color::Plain => Renderer::plain(),
        Color::Ansi => Renderer::styled(),
    };
    renderer.decor_style(DecorStyle::Ascii)
}

fn rendered(renderer: Renderer, diagnostics: &[Diagnostic], sources: &[Source]) -> String {
    let one = |diagnostic| renderer.render(&[group(diagnostic, sources)]) + "\n";
    diagnostics.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn group<'a>(diagnostic: &'a Diagnostic, sources: &'a [Source]) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(visible(&diagnostic.message)).id(diagnostic.code);
    let (near, far): (Vec<_>, Vec<_>) = diagnostic
        .related
        .iter()
        .partition(|related| fits_one_snippet(&diagnostic.place, &related.place));
    let mut marks = vec![Mark {
        kind: AnnotationKind::Primary,
        place: &diagnostic.place,
        label: &diagnostic.label,
    }];
    marks.extend(near.iter().map(|related| Mark {
        kind: AnnotationKind::Context,
        place: &related.place,
        label: &related.label,
    }));
    let mut group = with_snippet(Group::with_title(title), &marks, sources);
    for related in far {
        let mark =
            Mark { kind: AnnotationKind::Context, place: &related.place, label: &related.label };
        group = with_snippet(group, &[mark], sources);
    }
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.message(visible(hint))),
        None => group,
    }
}

/// Whether both places can be shown at once: two marks far apart in one line cannot.
fn fits_one_snippet(a: &Place, b: &Place) -> bool {
    a.source == b.source && (a.line != b.line || a.column.abs_diff(b.column) < WIDEST)
}

/// A place to underline, in one source with the others of its snippet.
struct Mark<'a> {
    kind: AnnotationKind,
    place: &'a Place,
    label: &'a str,
}

fn with_snippet<'a>(group: Group<'a>, marks: &[Mark<'a>], sources: &'a [Source]) -> Group<'a> {
    let Some(first) = marks.first().map(|mark| mark.place) else { return group };
    let Some(source) = sources.iter().find(|source| source.name() == &*first.source) else {
        let origin = Origin::path(first.source.to_string()).line(first.line);
        return group.element(origin.char_column(first.column));
    };
    let top = marks.iter().map(|mark| mark.place.line).min().unwrap_or(1);
    let bottom = marks.iter().map(|mark| mark.place.line).max().unwrap_or(1);
    let start = source.line_start(top);
    let shown = source.text().get(start..source.line_start(bottom + 1)).unwrap_or_default();
    if shown.len() > MOST_SHOWN {
        return marks.iter().fold(group, |group, mark| with_excerpt(group, mark, source));
    }
    let annotations = marks.iter().map(|mark| annotation(mark, source, start));
    group.element(
        Snippet::source(shown).line_start(top).path(source.name()).annotations(annotations),
    )
}

/// Adds the part of a long line around a mark.
fn with_excerpt<'a>(group: Group<'a>, mark: &Mark<'a>, source: &'a Source) -> Group<'a> {
    let place = mark.place;
    let origin = Origin::path(source.name()).line(place.line).char_column(place.column);
    let (text, marked) = (source.text(), first_line(place, source));
    let start = text.floor_char_boundary(marked.start.saturating_sub(WIDEST));
    let start = start.max(source.line_start(place.line));
    let marked_end = marked.end.min(marked.start.saturating_add(WIDEST));
    let end = text.ceil_char_boundary(marked_end.saturating_add(WIDEST));
    let end = end.min(source.line_start(place.line + 1));
    let shown = text.get(start..end).unwrap_or_default();
    let within = marked.start - start..text.ceil_char_boundary(marked_end).min(end) - start;
    let snippet = Snippet::source(shown).line_start(place.line);
    group.element(origin).element(snippet.annotation(labeled(mark, within)))
}

fn annotation<'a>(mark: &Mark<'a>, source: &Source, shown_from: usize) -> Annotation<'a> {
    let range = first_line(mark.place, source);
    labeled(mark, range.start.saturating_sub(shown_from)..range.end.saturating_sub(shown_from))
}

fn labeled<'a>(mark: &Mark<'a>, range: Range<usize>) -> Annotation<'a> {
    let annotation = mark.kind.span(range);
    if mark.label.is_empty() { annotation } else { annotation.label(visible(mark.label)) }
}

/// The part of a place on its first line: a block of many lines is pointed at, not painted.
fn first_line(place: &Place, source: &Source) -> Range<usize> {
    let end = place.range.end.min(source.line_start(place.line + 1));
    let text = source.text().get(place.range.start..end).unwrap_or_default();
    place.range.start..place.range.start + text.trim_end().len()
}

/// The text with control characters escaped: a file must not steer the reader's terminal.
fn visible(text: &str) -> String {
    let escaped = |c: char| match c {
        '\n' => c.to_string(),
        _ if c.is_control() => c.escape_default().to_string(),
        _ => c.to_string(),
    };
    text.chars().map(escaped).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, range: Range<usize>) -> String {
        let source = Source::new("p.yaml", text);
        let diagnostic = Diagnostic::error("T001", source.place(range), "wrong").label("here");
        super::text(&[diagnostic], &[source], Color::Plain)
    }

    #[test]
    fn text_names_file_line_and_column() {
        let expected = "\
error[T001]: wrong
 --> p.yaml:2:4
  |
2 | b: two
  |    ^^^ here
";
        assert_eq!(shown("a: 1\nb: two\nc: 3\n", 8..11), expected);
    }

    #[test]
    fn marks_stand_under_the_text_whatever_the_characters() {
        let marked = |text: &str, range| {
            let out = shown(text, range);
            let line = |n: usize| out.lines().nth(n).unwrap_or_default().to_owned();
            (line(1), line(3), line(4))
        };
        let (at, _, mark) = marked("é: two\n", 4..7);
        assert_eq!((at.as_str(), mark.as_str()), (" --> p.yaml:1:4", "  |    ^^^ here"));
        let (at, line, mark) = marked("a: 1\r\nb: two\r\n", 9..12);
        assert_eq!(at, " --> p.yaml:2:4");
        assert_eq!((line.trim_end(), mark.as_str()), ("2 | b: two", "  |    ^^^ here"));
        let (at, ..) = marked("a:\ttwo\n", 3..6);
        assert_eq!(at, " --> p.yaml:1:4");
    }

    #[test]
    fn a_place_of_many_lines_is_marked_on_its_first() {
        let out = shown("a:\n  b: 1\n  c: 2\n", 5..16);
        assert!(out.contains("2 |   b: 1\n  |   ^^^^ here"), "{out}");
    }

    #[test]
    fn the_end_of_the_text_can_be_marked() {
        for text in ["", "a", "a\n", "é\r\n"] {
            assert!(shown(text, text.len()..text.len()).contains("--> p.yaml"), "{text:?}");
        }
    }

    #[test]
    fn related_places_and_hints_are_shown() {
        let source = Source::new("p.yaml", "a: 1\nb: 2\na: 3\n");
        let other = Source::new("q.yaml", "x: y\n");
        let diagnostic = Diagnostic::warning("T002", source.place(10..11), "again")
            .related(source.place(0..1), "first here")
            .related(other.place(0..1), "and there")
            .hint("remove one");
        let out = super::text(&[diagnostic], &[source, other], Color::Plain);
        for part in ["warning[T002]", "first here", "q.yaml:1:1", "and there", "help: remove one"] {
            assert!(out.contains(part), "{part} in\n{out}");
        }
    }

    #[test]
    fn marks_far_apart_in_one_line_stay_readable() {
        let source = Source::new("p.yaml", &format!("a: 1{}b: 2\n", " ".repeat(100_000)));
        let diagnostic = Diagnostic::error("T001", source.place(100_004..100_005), "again")
            .related(source.place(0..1), "first here");
        let out = super::text(&[diagnostic], &[source], Color::Plain);
        assert!(out.contains("p.yaml:1:1\n") && out.len() < 2_000, "{} bytes", out.len());
    }

    #[test]
    fn a_line_too_long_to_show_is_shown_around_the_mark() {
        let source =
            Source::new("p.yaml", &format!("{}bé: two{}", "ü ".repeat(50_000), "é".repeat(50_000)));
        let at = 50_000 * 3;
        let diagnostic = Diagnostic::error("T001", source.place(at..at + 3), "wrong")
            .label("here")
            .related(source.place(6..8), "first here");
        let out = super::text(&[diagnostic], &[source], Color::Plain);
        for part in ["p.yaml:1:100001\n", "ü bé: twoéé", "^^ here", "p.yaml:1:5\n", "- first here"]
        {
            assert!(out.contains(part), "{part} in\n{out}");
        }
        assert!(out.len() < 2_000, "{} bytes", out.len());
    }

    #[test]
    fn a_missing_source_still_gives_the_place() {
        let source = Source::new("p.yaml", "a: 1\n");
        let diagnostic = Diagnostic::error("T001", source.place(3..4), "wrong");
        let out = super::text(&[diagnostic], &[], Color::Plain);
        assert!(out.contains("p.yaml:1:4"), "{out}");
    }

    #[test]
    fn plain_text_never_holds_escape_codes() {
        let source = Source::new("p.yaml", "a: \u{1b}[31m\n");
        let diagnostic = Diagnostic::error("T001", source.place(3..8), "\u{1b}[31m")
            .label("\u{1b}[31m")
            .hint("\u{1b}[31m");
        let out = super::text(
            std::slice::from_ref(&diagnostic),
            std::slice::from_ref(&source),
            Color::Plain,
        );
        assert!(!out.contains('\u{1b}'), "{out:?}");
        assert!(super::text(&[diagnostic], &[source], Color::Ansi).contains('\u{1b}'));
    }
}
