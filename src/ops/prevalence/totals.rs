//! Known totals that the exposures of a sample are calibrated to.

use super::PrevalenceRequest;
use crate::eval::LabeledUnit;
use crate::io;
use crate::io::KnownTotal;
use crate::measure::Calibrated;
use crate::measure::Division;
use crate::measure::KnownExposure;
use crate::measure::calibrate;
use crate::ops::error::OpsError;
use crate::ops::program::Program;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;

/// Values named before the rest are only counted.
const MOST_NAMED: usize = 5;

/// Totals of a file: by period, then by pivot in the order of the file, then by value.
#[derive(Debug, Clone)]
pub(super) struct Totals {
    path: PathBuf,
    pivots: Vec<String>,
    by_period: BTreeMap<Option<String>, Margins>,
}

/// Exposures by pivot and value.
type Margins = BTreeMap<String, BTreeMap<String, f64>>;

/// Totals with the values their pivots have in the units of a sample.
#[derive(Debug)]
pub(super) struct Known {
    totals: Totals,
    /// One division a pivot.
    margins: Vec<Division>,
    /// The number of each unit's value in each of them.
    classes: Vec<Vec<u32>>,
}

impl Known {
    /// Joins totals with the divisions of a sample's units by their pivots, in the same order.
    pub(super) fn new(totals: Totals, margins: Vec<Division>) -> Result<Self, OpsError> {
        if let Some(split) = margins.iter().find(|margin| margin.n_split() > 0) {
            let (name, n) = (split.name(), split.n_split());
            return Err(OpsError::refused(
                format!(
                    "{n} units have exposure in several parts of {name}, and {} has totals of it",
                    totals.path.display()
                ),
                "calibrate to another pivot: a total is met by whole units",
            ));
        }
        let n = margins.first().map_or(0, |margin| margin.numbers().len());
        let of = |unit: usize| margins.iter().map(|margin| margin.numbers()[unit]).collect();
        Ok(Self { totals, classes: (0..n).map(of).collect(), margins })
    }

    /// Calibrates the units of one period of the sample; `of` are their indices. Totals that name no period are of the period
    /// that is measured `alone`; beside others that are not measured it is the only one calibrated.
    pub(super) fn calibrate<'a>(
        &'a self,
        (units, of): (&mut [LabeledUnit<'a>], &[usize]),
        (period, reach): (Option<&str>, Reach),
    ) -> Result<Option<Calibrated>, OpsError> {
        let Some(margins) = self.totals.of_period(period, reach)? else { return Ok(None) };
        let divided: Vec<Division> =
            self.margins.iter().map(|it| it.of_units(of.iter().copied())).collect();
        let mut known = Vec::with_capacity(divided.len());
        for (division, pivot) in divided.iter().zip(&self.totals.pivots) {
            match margins.get(pivot) {
                Some(totals) => known.push(KnownExposure { division, totals }),
                None => return Err(self.totals.lacks(pivot, period)),
            }
        }
        let calibrated = calibrate(units, &known).map_err(|error| {
            OpsError::refused(
                format!("{}: {error}", self.totals.path.display()),
                "give the exposure of every value, counted in the frame and period that the sample was drawn from; leave out a pivot that cannot be met",
            )
        })?;
        for (unit, at) in units.iter_mut().zip(of) {
            unit.classes = &self.classes[*at];
        }
        Ok(Some(calibrated))
    }
}

/// What a period is among those of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// The only one measured.
    Alone,
    /// One of several that are measured.
    OneOfSeveral,
    /// Not measured; others may lean on its gold.
    Beside,
}

impl Totals {
    /// Reads the totals that were asked for, by an argument or in titer.yaml.
    pub(super) fn asked(
        program: &Program,
        request: &PrevalenceRequest,
    ) -> Result<Option<Self>, OpsError> {
        let of_file = || {
            let totals = program.file.estimate.as_ref()?.totals.as_ref()?;
            Some(program.path(totals))
        };
        request.totals.clone().or_else(of_file).map(|path| Self::read(&path)).transpose()
    }

    fn read(path: &Path) -> Result<Self, OpsError> {
        let rows = io::read_totals(path)?;
        let (mut pivots, mut by_period) = (Vec::new(), BTreeMap::new());
        for KnownTotal { segment, value, exposure, period } in rows {
            if !pivots.contains(&segment) {
                pivots.push(segment.clone());
            }
            let of_period: &mut Margins = by_period.entry(period).or_default();
            if of_period
                .entry(segment.clone())
                .or_default()
                .insert(value.clone(), exposure)
                .is_some()
            {
                return Err(OpsError::refused(
                    format!("{} has two totals for {segment} = `{value}`", path.display()),
                    "add them up, or tell them apart by a column `period`",
                ));
            }
        }
        Ok(Self { path: path.to_owned(), pivots, by_period })
    }

    /// Returns the pivots they are of.
    pub(super) fn pivots(&self) -> &[String] {
        &self.pivots
    }

    fn of_period(&self, period: Option<&str>, reach: Reach) -> Result<Option<&Margins>, OpsError> {
        let named = period.and_then(|period| self.by_period.get(&Some(period.to_owned())));
        let unnamed = self.by_period.get(&None);
        match (named, unnamed, reach) {
            (Some(margins), ..) | (None, Some(margins), Reach::Alone) => Ok(Some(margins)),
            (None, _, Reach::Beside) => Ok(None),
            (None, Some(_), Reach::OneOfSeveral) => Err(OpsError::refused(
                format!("{} does not say of which period its totals are", self.path.display()),
                "add a column `period`, or measure the one period they are of with --period",
            )),
            (None, None, Reach::Alone | Reach::OneOfSeveral) => Err(OpsError::refused(
                format!(
                    "{} has no totals of period {}",
                    self.path.display(),
                    period.unwrap_or("(none)")
                ),
                format!("its periods are {}", self.periods()),
            )),
        }
    }

    fn lacks(&self, pivot: &str, period: Option<&str>) -> OpsError {
        let of = period.map_or_else(String::new, |period| format!(" in period {period}"));
        OpsError::refused(
            format!("{} has no totals of {pivot}{of}", self.path.display()),
            "give every pivot's totals for every period, or leave the pivot out",
        )
    }

    fn periods(&self) -> String {
        let periods: BTreeSet<&str> = self.by_period.keys().flatten().map(String::as_str).collect();
        periods.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// Returns what a reader must know of calibrated exposures, in one line.
pub(super) fn note(policy: &str, period: Option<&str>, calibrated: &Calibrated) -> String {
    let of = period.map_or_else(String::new, |period| format!(" in {period}"));
    let by: Vec<&str> = calibrated.margins.iter().map(|margin| margin.by.as_str()).collect();
    let mut text = format!(
        "{policy}{of}: exposures are calibrated to the known totals of {} (factors {:.3} to {:.3})",
        by.join(" and "),
        calibrated.least,
        calibrated.largest
    );
    for margin in &calibrated.margins {
        let thin = margin.thin.iter().map(|(value, n)| format!("{value} ({n} units)"));
        let absent = margin.absent.iter().map(|(value, total)| format!("{value} ({total})"));
        for (values, why) in [
            (thin.collect::<Vec<_>>(), "has too few units to be calibrated"),
            (absent.collect(), "has a total and no unit, so nothing speaks for it"),
        ] {
            if !values.is_empty() {
                let first = values.iter().take(MOST_NAMED).cloned().collect::<Vec<_>>().join(", ");
                let more = values.len().saturating_sub(MOST_NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                text.push_str(&format!("; {} {why}: {first}{more}", margin.by));
            }
        }
    }
    text
}
