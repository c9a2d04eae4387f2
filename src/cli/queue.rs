//! The blind queue of `titer gold label`: one unit at a time, one key an answer.

use super::failure::Failure;
use super::output;
use crate::ops::gold::Choice;
use crate::ops::gold::Screen;
use crate::ops::gold::Session;
use console::Key;
use console::Term;
use std::collections::BTreeSet;
use std::collections::VecDeque;
use std::io;
use std::io::BufRead;
use std::io::IsTerminal;

/// Keys of labels, then of abstain reasons.
const LABEL_KEYS: &str = "123456789";
const ABSTAIN_KEYS: &str = "0abcdefgh";

/// What a key asks for.
enum Asked {
    /// This alone.
    Answer(usize),
    /// This among others, or not any more.
    Toggle(usize),
    /// What is chosen.
    Confirm,
    Undo,
    Skip,
    Guide,
    Quit,
    Nothing,
}

/// Where keys come from: a terminal, one key each; or lines of a pipe, one key a line, several where labels may be combined.
enum Keys {
    Terminal(Term),
    Lines(io::Lines<io::StdinLock<'static>>, VecDeque<char>),
}

/// Asks until the queue is empty or the rater leaves. Every answer is durable before the next unit is shown.
pub(super) fn run(session: &mut Session) -> Result<(), Failure> {
    let mut keys = Keys::open();
    let mut guide = false;
    let mut chosen = BTreeSet::new();
    while let Some(screen) = session.screen() {
        keys.show(&text(&screen, &chosen, (guide, width())));
        guide = false;
        match keys.next(&screen)? {
            Asked::Answer(choice) => chosen = answered(session, &BTreeSet::from([choice]))?,
            Asked::Toggle(choice) => {
                if !chosen.remove(&choice) {
                    chosen.insert(choice);
                }
                continue;
            }
            Asked::Confirm if chosen.is_empty() => continue,
            Asked::Confirm => chosen = answered(session, &chosen)?,
            Asked::Undo if !chosen.is_empty() => chosen.clear(),
            Asked::Undo => {
                if !session.undo()? {
                    keys.show("nothing to undo in this session");
                }
            }
            Asked::Skip => {
                chosen.clear();
                session.skip();
            }
            Asked::Guide => guide = true,
            Asked::Quit => break,
            Asked::Nothing => {
                if matches!(keys, Keys::Lines(..)) {
                    chosen.clear();
                }
                keys.show("that is none of the keys");
            }
        }
        keys.forget();
    }
    Ok(())
}

/// Records an answer; nothing is chosen of the next unit.
fn answered(session: &mut Session, chosen: &BTreeSet<usize>) -> Result<BTreeSet<usize>, Failure> {
    session.answer(chosen)?;
    Ok(BTreeSet::new())
}

impl Keys {
    fn open() -> Self {
        if io::stdin().is_terminal() {
            Self::Terminal(Term::stderr())
        } else {
            Self::Lines(io::stdin().lock().lines(), VecDeque::new())
        }
    }

    fn show(&self, text: &str) {
        if let Self::Terminal(term) = self {
            // A terminal that cannot be cleared only looks less tidy.
            term.clear_screen().unwrap_or_default();
        }
        output::error(text);
    }

    fn next(&mut self, screen: &Screen) -> Result<Asked, Failure> {
        let key = match self {
            Self::Terminal(term) => match term.read_key() {
                Ok(Key::Char(key)) => Some(key),
                Ok(Key::Escape | Key::CtrlC) => None,
                Ok(Key::Backspace) => Some('u'),
                Ok(Key::Enter) => Some('\n'),
                Ok(_) => Some(' '),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => None,
                Err(error) => return Err(error.into()),
            },
            Self::Lines(lines, waiting) => match (waiting.pop_front(), several(screen)) {
                (Some(key), _) => Some(key),
                (None, false) => match lines.next() {
                    Some(line) => Some(line?.trim().chars().next().unwrap_or(' ')),
                    None => None,
                },
                (None, true) => match lines.next() {
                    Some(line) => {
                        waiting.extend(line?.trim().chars().chain(['\n']));
                        waiting.pop_front()
                    }
                    None => None,
                },
            },
        };
        Ok(key.map_or(Asked::Quit, |key| asked(key, screen)))
    }

    /// Drops the rest of a line, once something was done: it was not meant for the next unit.
    fn forget(&mut self) {
        match self {
            Self::Terminal(_) => {}
            Self::Lines(_, waiting) => waiting.clear(),
        }
    }
}

fn asked(key: char, screen: &Screen) -> Asked {
    match key {
        'u' => Asked::Undo,
        's' => Asked::Skip,
        '?' => Asked::Guide,
        'q' => Asked::Quit,
        '\n' if several(screen) => Asked::Confirm,
        _ => match keyed(screen).find(|(_, known, _)| *known == key) {
            Some((at, _, choice)) if choice.combines => Asked::Toggle(at),
            Some((at, ..)) => Asked::Answer(at),
            None => Asked::Nothing,
        },
    }
}

/// Whether several labels may be chosen together.
fn several(screen: &Screen) -> bool {
    screen.choices.iter().any(|choice| choice.combines)
}

/// Every choice with its key: labels by digit, abstain reasons by 0 and letters.
fn keyed(screen: &Screen) -> impl Iterator<Item = (usize, char, &Choice)> {
    let (mut labels, mut reasons) = (LABEL_KEYS.chars(), ABSTAIN_KEYS.chars());
    screen.choices.iter().enumerate().filter_map(move |(at, choice)| {
        let key = if choice.abstains { reasons.next() } else { labels.next() };
        Some((at, key?, choice))
    })
}

fn width() -> usize {
    Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns).clamp(40, 100))
}

fn text(screen: &Screen, chosen: &BTreeSet<usize>, (guide, width): (bool, usize)) -> String {
    let mut out = format!(
        "{} of {} answered · {}\n{}\n\n",
        screen.answered,
        screen.total,
        screen.policy_title,
        "─".repeat(width)
    );
    for (role, body) in &screen.components {
        if 1 < screen.components.len() {
            out.push_str(&format!("[{role}]\n"));
        }
        out.push_str(&wrapped(&printable(body), width));
        out.push_str("\n\n");
    }
    out.push_str(&"─".repeat(width));
    out.push('\n');
    for (at, key, choice) in keyed(screen) {
        let mark = if chosen.contains(&at) { "*" } else { " " };
        let line = match &choice.text {
            Some(text) => format!("{key}{mark} {}: {}", choice.id, text.trim()),
            None => format!("{key}{mark} {}", choice.id),
        };
        out.push_str(&wrapped(&line, width));
        out.push('\n');
    }
    if guide {
        out.push_str(&format!("\n{}\n", wrapped(&screen.guide, width)));
    }
    if several(screen) {
        out.push_str("choose all that apply, then Enter · ");
    }
    out.push_str("u  undo · s  skip · ?  rules · q  stop (everything is saved)");
    out
}

/// A unit's text must not steer the terminal: control characters are shown, not obeyed.
fn printable(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.replace("\r\n", "\n").replace('\t', "    ").chars().map(shown).collect()
}

/// Breaks lines between words so that none is wider than the terminal.
fn wrapped(text: &str, width: usize) -> String {
    let mut out = String::new();
    for (at, line) in text.lines().enumerate() {
        if at > 0 {
            out.push('\n');
        }
        let mut used = 0;
        for word in line.split(' ') {
            let length = console::measure_text_width(word);
            if used > 0 && used + 1 + length > width {
                out.push('\n');
                used = 0;
            } else if used > 0 {
                out.push(' ');
                used += 1;
            }
            out.push_str(word);
            used += length;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_codes_in_a_unit_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\r\nc"), "a\u{fffd}[2Jb\nc");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_when_words_allow() {
        let text = wrapped("one two three four five six seven\n\nnext", 10);
        assert!(text.lines().all(|line| line.len() <= 10), "{text}");
        assert!(text.contains("\n\nnext"));
    }
}
