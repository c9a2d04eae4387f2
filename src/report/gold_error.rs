//! What errors of the gold do to an estimate, as lines of a small table and what is to be said under it.

use crate::measure::Estimate;
use crate::measure::Modelled;
use crate::measure::PolicyPrevalence;
use crate::report::number::Decimals;
use crate::report::number::clean;
use crate::report::rows::reason;

/// The table and what is under it.
pub(super) struct GoldErrorLines {
    pub(super) lines: Vec<GoldErrorLine>,
    pub(super) remarks: Vec<String>,
}

/// One estimate, or a dash where its reason is among the remarks.
pub(super) struct GoldErrorLine {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) interval: String,
}

const MODELLED: &str = "raters' errors modelled";
const KNOWN: &str = "declared gold error";

impl GoldErrorLines {
    /// Returns `None` where nothing is known of errors of the gold.
    pub(super) fn of(measured: &PolicyPrevalence) -> Option<Self> {
        let error = measured.gold_error.as_ref()?;
        let mut remarks = Vec::new();
        let mut estimates = vec![("as judged", measured.corrected.as_ref().ok())];
        if let Some(modelled) = &error.modelled {
            estimates.push((MODELLED, modelled.as_ref().ok().map(|made| &made.estimate)));
            remarks.push(match modelled {
                Ok(made) => sensitivity(made),
                Err(why) => match std::error::Error::source(why) {
                    Some(source) => format!("{MODELLED}: {}: {source}", clean(&why.to_string())),
                    None => format!("{MODELLED}: {}", clean(&why.to_string())),
                },
            });
        }
        if let Some(known) = &error.known {
            estimates.push((KNOWN, known.as_ref().ok()));
            if let Err(missing) = known {
                remarks.push(format!("{KNOWN}: {}", reason(missing)));
            }
        }
        let made = estimates.iter().filter_map(|(_, estimate)| *estimate);
        let decimals = made.map(|it| Decimals::of(it.value, Some((it.low, it.high)))).max();
        let decimals = decimals.unwrap_or_else(|| Decimals::of(0.0, None));
        let lines = estimates.into_iter().map(|(name, estimate)| line(name, estimate, decimals));
        Some(Self { lines: lines.collect(), remarks })
    }
}

fn line(name: &'static str, estimate: Option<&Estimate>, decimals: Decimals) -> GoldErrorLine {
    let value = estimate.map_or_else(|| "-".to_owned(), |it| decimals.percent(it.value));
    let interval = estimate.map(|it| decimals.interval(it.low, it.high)).unwrap_or_default();
    GoldErrorLine { name, value, interval }
}

fn sensitivity(made: &Modelled) -> String {
    let limits = Some((made.estimate.low, made.estimate.high));
    let points = Decimals::of(made.estimate.value, limits).signed(made.difference);
    format!("sensitivity to errors of the gold: {points} points with the raters' errors modelled")
}
