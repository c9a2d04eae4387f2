//! The sentences a gate is written in.
//!
//! ```text
//! sensitivity >= 0.85 at lower bound
//! cost_per_1000 of main <= 2.00
//! specificity within 0.05 of baseline in every slice
//! ```

use super::metric::Metric;
use crate::diag::nearest;

/// What must hold of one labeler, or of every one.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// What is measured.
    pub metric: Metric,
    /// The contender it is about; every one when absent.
    pub of: Option<String>,
    /// What must hold.
    pub bar: Bar,
    /// Whether it must hold in every slice, not only in the whole.
    pub in_every_slice: bool,
}

/// What must hold of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bar {
    /// It reaches a value.
    Reaches {
        /// From which side.
        side: Side,
        /// The value.
        value: f64,
        /// Which number it is: the estimate or a limit of its interval.
        bound: Bound,
    },
    /// It is at most so much worse than the baseline's.
    NearBaseline {
        /// How much.
        margin: f64,
    },
}

/// The side of a value on which a number must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `>=`
    AtLeast,
    /// `<=`
    AtMost,
}

/// Which number of an estimate is held against a bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The estimate itself.
    Estimate,
    /// The lower limit of its interval.
    Lower,
    /// The upper limit of its interval.
    Upper,
}

/// Why a sentence is no gate: what is wrong, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NotAGate {
    pub(super) message: String,
    pub(super) hint: String,
}

/// The forms a gate may have.
const FORMS: &str = "write `METRIC [of LABELER] >= NUMBER [at lower bound] [in every slice]`, with `<=` and `upper` for what must \
                     stay low, or `METRIC [of LABELER] within NUMBER of baseline [in every slice]`";

/// Reads a gate.
pub(super) fn parse(text: &str) -> Result<Gate, NotAGate> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (name, rest) = words.split_first().ok_or_else(|| not("the gate is empty"))?;
    let metric = Metric::from_name(name).ok_or_else(|| unknown(name))?;
    let (of, rest) = match rest {
        ["of", labeler, rest @ ..] => (Some((*labeler).to_owned()), rest),
        rest => (None, rest),
    };
    let (bar, rest) = match rest {
        ["within", margin, "of", "baseline", rest @ ..] => {
            (Bar::NearBaseline { margin: number(margin)? }, rest)
        }
        [sign @ (">=" | "<=" | "≥" | "≤"), value, rest @ ..] => {
            let at_least = matches!(*sign, ">=" | "≥");
            let side = if at_least { Side::AtLeast } else { Side::AtMost };
            let (bound, rest) = bound(rest);
            (Bar::Reaches { side, value: number(value)?, bound }, rest)
        }
        [sign @ (">" | "<" | "=" | "=="), ..] => {
            return Err(not(&format!("`{sign}` is not a comparison of gates")));
        }
        [] => return Err(not(&format!("`{text}` says nothing about {}", metric.name()))),
        [word, ..] => return Err(not(&format!("`{word}` cannot stand here"))),
    };
    let in_every_slice = match rest {
        [] => false,
        ["in", "every", "slice"] => true,
        [word, ..] => return Err(not(&format!("`{word}` cannot stand here"))),
    };
    Ok(Gate { metric, of, bar, in_every_slice })
}

fn bound<'a, 'b>(words: &'a [&'b str]) -> (Bound, &'a [&'b str]) {
    match words {
        ["at", "lower", "bound", rest @ ..] => (Bound::Lower, rest),
        ["at", "upper", "bound", rest @ ..] => (Bound::Upper, rest),
        rest => (Bound::Estimate, rest),
    }
}

fn number(text: &str) -> Result<f64, NotAGate> {
    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
    number.ok_or_else(|| not(&format!("`{text}` is not a number")))
}

fn not(message: &str) -> NotAGate {
    NotAGate { message: message.to_owned(), hint: FORMS.to_owned() }
}

fn unknown(name: &str) -> NotAGate {
    let names = Metric::ALL.map(Metric::name);
    let hint = match nearest(name, names) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("a gate begins with one of {}", names.join(", ")),
    };
    NotAGate { message: format!("`{name}` is not a metric"), hint }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gates_are_sentences() {
        let at_least = |value, bound| Bar::Reaches { side: Side::AtLeast, value, bound };
        let gate = |metric, bar| Gate { metric, of: None, bar, in_every_slice: false };
        for (text, expected) in [
            (
                "sensitivity >= 0.85 at lower bound",
                gate(Metric::Sensitivity, at_least(0.85, Bound::Lower)),
            ),
            ("youden ≥ 0.3", gate(Metric::Youden, at_least(0.3, Bound::Estimate))),
            (
                "cost_per_1000 of main <= 2.00",
                Gate {
                    of: Some("main".into()),
                    ..gate(
                        Metric::Cost,
                        Bar::Reaches { side: Side::AtMost, value: 2.0, bound: Bound::Estimate },
                    )
                },
            ),
            (
                "specificity within 0.05 of baseline in every slice",
                Gate {
                    in_every_slice: true,
                    ..gate(Metric::Specificity, Bar::NearBaseline { margin: 0.05 })
                },
            ),
        ] {
            assert_eq!(parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_gate_says_why() {
        for (text, message) in [
            ("", "the gate is empty"),
            ("sensitvity >= 0.8", "`sensitvity` is not a metric"),
            ("sensitivity", "`sensitivity` says nothing about sensitivity"),
            ("sensitivity > 0.8", "`>` is not a comparison of gates"),
            ("sensitivity >= 80%", "`80%` is not a number"),
            ("sensitivity >= nan", "`nan` is not a number"),
            ("sensitivity >= 0.8 at middle", "`at` cannot stand here"),
            ("sensitivity is good", "`is` cannot stand here"),
        ] {
            assert_eq!(parse(text).unwrap_err().message, message, "{text}");
        }
        assert_eq!(parse("sensitvity >= 1").unwrap_err().hint, "did you mean `sensitivity`?");
    }
}
