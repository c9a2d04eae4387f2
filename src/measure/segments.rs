//! The same measurement for parts of the units, and which of them may be shown.

use crate::eval::CalibrationError;
use crate::eval::GoldLabel;
use crate::eval::InputMistake;
use crate::eval::Joined;
use crate::eval::LabeledUnit;
use crate::eval::Matching;
use crate::eval::Stated;
use crate::measure::Code;
use crate::measure::Division;
use crate::measure::Finding;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::measure::Segment;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::measure::prevalence::measure;
use std::num::NonZeroUsize;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

/// The name of the part that has no value of the pivot.
pub const WITHOUT_VALUE: &str = "(none)";
/// With a smaller effective size than this a segment is not shown.
const LEAST_SIZE: f64 = 50.0;
/// With less gold than this a segment is not shown.
pub(super) const LEAST_GOLD: u64 = 10;
/// With a greater standard error than this share of the estimate a segment is not shown.
const MOST_VARIATION: f64 = 0.5;

/// Measures each part of the units by the values of several pivots, in the order of the pivots and values.
///
/// The design treats inclusions as independent, so that the part's own rows are all that its design variance needs (a row
/// outside has a linearised value of 0: Sarndal, Swensson & Wretman 1992, section 10.3). Each part forms its cells from its own
/// gold; thin cells merge as everywhere, and no part borrows another's error rates, which differ by language and surface.
/// A unit whose exposure is split counts in each of its parts with the exposure it
/// has there. A part with too little gold is not shown: [`Missing::Suppressed`] holds its upper limit. The rows are checked and matched
/// with their gold once, whatever the number of pivots, and the result does not depend on the number of threads.
///
/// # Errors
///
/// Every [`InputMistake`] in the rows.
pub fn by_segments(
    subject: &Subject,
    rows: Rows<'_>,
    segments: Segments<'_>,
    settings: &Settings<'_>,
) -> Result<Vec<PolicyPrevalence>, Vec<InputMistake>> {
    let alone = |mistake| vec![mistake];
    let matching = Matching::of(rows.units, rows.gold, settings.positive, settings.drawn)?;
    let coverage = segments.coverage;
    let one =
        |division: &Division| Split { division, coverage }.measure(subject, &matching, settings);
    let parts = on_threads(segments.divisions, segments.threads, one).map_err(alone)?;
    Ok(parts.into_iter().flatten().collect())
}

/// Pivots to measure by, and on how many threads.
#[derive(Debug, Clone, Copy)]
pub struct Segments<'a> {
    /// The pivots.
    pub divisions: &'a [Division],
    /// What the level of the intervals is the level of.
    pub coverage: Coverage,
    /// How many threads may measure at once.
    pub threads: NonZeroUsize,
}

/// What an interval's level is the level of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coverage {
    /// Each interval by itself.
    Each,
    /// All intervals of the pivot at once (Bonferroni).
    Together,
}

impl Coverage {
    /// Returns the settings for each of so many parts.
    pub(super) fn settings<'s>(self, parts: usize, settings: &Settings<'s>) -> Settings<'s> {
        let level = match self {
            Self::Each => settings.level,
            Self::Together => settings.level.shared_by(parts),
        };
        Settings { level, ..*settings }
    }
}

/// The rows of one policy.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// The labeled units.
    pub units: &'a [LabeledUnit<'a>],
    /// Their gold.
    pub gold: &'a [GoldLabel<'a>],
    /// The probabilities that the labeler stated of units with gold, where it stated any.
    pub stated: Option<Result<&'a Stated, &'a CalibrationError>>,
}

struct Split<'a> {
    division: &'a Division,
    coverage: Coverage,
}

impl Split<'_> {
    fn measure(
        &self,
        subject: &Subject,
        matching: &Matching<'_>,
        settings: &Settings<'_>,
    ) -> Result<Vec<PolicyPrevalence>, InputMistake> {
        let Division { name, values, .. } = self.division;
        let parts = matching.parts(self.division.members(), values.len())?;
        let settings = &self.coverage.settings(parts.iter().flatten().count(), settings);
        let one = |(value, joined): (&String, Option<Joined>)| {
            let joined = joined?;
            let segment = Segment { by: name.clone(), value: value.clone() };
            let subject = Subject { segment: Some(segment), ..subject.clone() };
            let mut measured = suppressed(measure(&subject, joined, settings));
            measured.judge(settings.goal);
            Some(measured)
        };
        Ok(values.iter().zip(parts).filter_map(one).collect())
    }
}

/// Measures every division, the next one by whichever thread is free, and returns the results in their order.
fn on_threads<T: Send>(
    divisions: &[Division],
    threads: NonZeroUsize,
    measure: impl Fn(&Division) -> Result<T, InputMistake> + Sync,
) -> Result<Vec<T>, InputMistake> {
    let next = AtomicUsize::new(0);
    let work = || -> Vec<(usize, Result<T, InputMistake>)> {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(division) = divisions.get(at) else { return done };
            done.push((at, measure(division)));
        }
    };
    let mut all = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads.get()).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for other in others {
            match other.join() {
                Ok(done) => all.extend(done),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    });
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, measured)| measured).collect()
}

/// Replaces estimates that say more about a few units than about the segment.
pub(super) fn suppressed(mut measured: PolicyPrevalence) -> PolicyPrevalence {
    let Some(reason) = reason(&measured) else { return measured };
    let high = match (&measured.corrected, measured.bounds) {
        (Ok(estimate), _) => Some(estimate.high),
        (Err(_), Some(bounds)) => Some(bounds.high),
        (Err(_), None) => None,
    };
    for estimate in [&mut measured.corrected, &mut measured.gold_only, &mut measured.rogan_gladen] {
        if estimate.is_ok() {
            *estimate = Err(Missing::Suppressed { high });
        }
    }
    measured.quality = Err(Missing::Suppressed { high: None });
    measured.findings.push(Finding::new(Code::SuppressedPivot, reason));
    measured.findings.sort_by_key(|finding| finding.code);
    measured
}

fn reason(measured: &PolicyPrevalence) -> Option<String> {
    if measured.m < LEAST_GOLD {
        return Some(format!("{} gold of at least {LEAST_GOLD}", measured.m));
    }
    let estimate = measured.corrected.as_ref().ok()?;
    if estimate.n_eff < LEAST_SIZE {
        return Some(format!("effective size {:.0} of at least {LEAST_SIZE:.0}", estimate.n_eff));
    }
    let varies = estimate.std_error > MOST_VARIATION * estimate.value;
    (varies && estimate.value > 0.0).then(|| {
        let share = 100.0 * estimate.std_error / estimate.value;
        format!(
            "a standard error of {share:.0} % of the estimate, with {:.0} % the most",
            100.0 * MOST_VARIATION
        )
    })
}
