//! Exposures calibrated to totals that are known from elsewhere.

use crate::eval::LabeledUnit;
use crate::measure::Division;
use crate::stats::MarginTotals;
use crate::stats::StatsError;
use crate::stats::calibration_factors;
use std::collections::BTreeMap;
use thiserror::Error;

/// A value with fewer units than this is not calibrated: its factor would be mostly chance.
const LEAST_UNITS: u64 = 30;
/// How far the totals may add up to another exposure than the sample's before they must be of something else.
const MOST_APART: f64 = 2.0;
/// Margins of one frame add up to one exposure, to this relative precision.
const ROUNDING: f64 = 1e-3;

/// A pivot of the units with the exposure of each of its values.
#[derive(Debug, Clone, Copy)]
pub struct KnownExposure<'a> {
    /// The pivot, one value a unit.
    pub division: &'a Division,
    /// The known exposures.
    pub totals: &'a BTreeMap<String, f64>,
}

/// What exposures were calibrated to.
#[derive(Debug, Clone, PartialEq)]
pub struct Calibrated {
    /// One margin a pivot.
    pub margins: Vec<CalibratedMargin>,
    /// The least factor that an exposure was multiplied by.
    pub least: f64,
    /// The largest one.
    pub largest: f64,
}

/// One pivot whose totals were met.
#[derive(Debug, Clone, PartialEq)]
pub struct CalibratedMargin {
    /// The pivot.
    pub by: String,
    /// Values whose totals are met.
    pub values: u64,
    /// Values with too few units, and how many they have: not calibrated.
    pub thin: Vec<(String, u64)>,
    /// Values with a total and without a unit, and their total.
    pub absent: Vec<(String, f64)>,
}

/// Why exposures cannot be calibrated.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum NotCalibrated {
    /// Units have a value whose total is not known.
    #[error("no total is given for {by} = `{value}`, which {n} units have")]
    NoTotal {
        /// The pivot.
        by: String,
        /// The value.
        value: String,
        /// How many units.
        n: u64,
    },
    /// The totals are of something else.
    #[error(
        "the totals of {by} add up to {total}, and the sample stands for {sample}: they count something else, or another period"
    )]
    OtherExposure {
        /// The pivot.
        by: String,
        /// What they add up to.
        total: f64,
        /// What the sample's units add up to.
        sample: f64,
    },
    /// Two pivots of one frame add up to two exposures.
    #[error("the totals of {by} add up to {total}, those of {other} to {other_total}")]
    Unequal {
        /// The pivot.
        by: String,
        /// What its totals add up to.
        total: f64,
        /// Another one.
        other: String,
        /// What that one's add up to.
        other_total: f64,
    },
    /// No value has enough units.
    #[error("no value of {by} has {LEAST_UNITS} units, so that none can be calibrated")]
    AllThin {
        /// The pivot.
        by: String,
    },
    /// A total of one of several margins has no unit to meet it.
    #[error(
        "no unit has {by} = `{value}`, whose total is {total}, so that several totals cannot be met at once"
    )]
    Unmet {
        /// The pivot.
        by: String,
        /// The value.
        value: String,
        /// Its total.
        total: f64,
    },
    /// No weights meet them.
    #[error("no weights meet the totals: {0}")]
    Fit(#[source] StatsError),
}

impl Calibrated {
    /// Returns the pivots joined by `+`.
    #[must_use]
    pub fn name(&self) -> String {
        self.margins.iter().map(|margin| margin.by.as_str()).collect::<Vec<_>>().join("+")
    }

    /// Returns what several periods, each with totals of its own, were calibrated to together; `None` without any.
    pub fn of_all<'a>(periods: impl Iterator<Item = &'a Self>) -> Option<Self> {
        periods.cloned().reduce(|mut all, next| {
            for (margin, other) in all.margins.iter_mut().zip(next.margins) {
                margin.values = margin.values.max(other.values);
                margin.thin.extend(other.thin);
                margin.absent.extend(other.absent);
            }
            (all.least, all.largest) = (all.least.min(next.least), all.largest.max(next.largest));
            all
        })
    }
}

/// Multiplies the exposures of the units so that their weighted sums are the known totals.
///
/// A value with fewer than 30 units is left as it is and said. One pivot is post-stratified, several are raked.
///
/// # Errors
///
/// [`NotCalibrated`], where totals are missing, of something else, or cannot be met together.
///
/// # Source
///
/// Deville & Sarndal (1992), JASA 87:376–382; Holt & Smith (1979) for the least size of a class.
pub fn calibrate(
    units: &mut [LabeledUnit<'_>],
    known: &[KnownExposure<'_>],
) -> Result<Calibrated, NotCalibrated> {
    let weights: Vec<f64> = units.iter().map(weight).collect();
    let sample: f64 = weights.iter().sum();
    same_frame(known, sample)?;
    let mut margins = Vec::with_capacity(known.len());
    let mut totals = Vec::with_capacity(known.len());
    for margin in known {
        let (margin, used) = margin.looked_at()?;
        if let (Some((value, total)), true) = (margin.absent.first(), known.len() > 1) {
            let (by, value) = (margin.by.clone(), value.clone());
            return Err(NotCalibrated::Unmet { by, value, total: *total });
        }
        margins.push(margin);
        totals.push(used);
    }
    let pairs = known.iter().zip(&totals);
    let fitted: Vec<MarginTotals<'_>> = pairs
        .map(|(known, totals)| MarginTotals { classes: known.division.numbers(), totals })
        .collect();
    let factors = calibration_factors(&weights, &fitted).map_err(NotCalibrated::Fit)?;
    for (unit, factor) in units.iter_mut().zip(&factors) {
        unit.exposure *= factor;
    }
    let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let largest = factors.iter().copied().fold(0.0, f64::max);
    Ok(Calibrated { margins, least, largest })
}

/// Checks that the totals are of the frame the sample was drawn from.
fn same_frame(known: &[KnownExposure<'_>], sample: f64) -> Result<(), NotCalibrated> {
    let Some(first) = known.first() else { return Ok(()) };
    let of_first: f64 = first.totals.values().sum();
    for margin in known {
        let (by, total) = (margin.division.name().to_owned(), margin.totals.values().sum::<f64>());
        if !(total <= MOST_APART * sample && sample <= MOST_APART * total) {
            return Err(NotCalibrated::OtherExposure { by, total, sample });
        }
        if (total - of_first).abs() > ROUNDING * of_first {
            let (other, other_total) = (first.division.name().to_owned(), of_first);
            return Err(NotCalibrated::Unequal { by, total, other, other_total });
        }
    }
    Ok(())
}

fn weight(unit: &LabeledUnit<'_>) -> f64 {
    unit.exposure / unit.inclusion.map_or(1.0, |inclusion| inclusion.per_draw())
}

impl KnownExposure<'_> {
    /// Returns what is to be said of the margin, and the totals that are used.
    fn looked_at(&self) -> Result<(CalibratedMargin, Vec<Option<f64>>), NotCalibrated> {
        let Self { division, totals } = *self;
        let by = division.name().to_owned();
        let mut units = vec![0_u64; division.values().len()];
        division.numbers().iter().for_each(|value| units[*value as usize] += 1);
        let mut margin = CalibratedMargin { by, values: 0, thin: Vec::new(), absent: Vec::new() };
        let mut used = Vec::with_capacity(units.len());
        for (value, n) in division.values().iter().zip(units) {
            let total = totals.get(value).copied();
            match total {
                Some(total) if n == 0 => margin.absent.push((value.clone(), total)),
                None if n > 0 => {
                    let (by, value) = (margin.by, value.clone());
                    return Err(NotCalibrated::NoTotal { by, value, n });
                }
                Some(_) if n < LEAST_UNITS => margin.thin.push((value.clone(), n)),
                Some(_) => margin.values += 1,
                None => {}
            }
            used.push(total.filter(|_| n >= LEAST_UNITS));
        }
        let elsewhere = totals.iter().filter(|(value, _)| !division.values().contains(value));
        margin.absent.extend(elsewhere.map(|(value, total)| (value.clone(), *total)));
        if margin.values == 0 {
            return Err(NotCalibrated::AllThin { by: margin.by });
        }
        Ok((margin, used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reply::Outcome;
    use crate::unit::Design;
    use crate::unit::Inclusion;
    use std::borrow::Cow;

    fn totals(list: &[(&str, f64)]) -> BTreeMap<String, f64> {
        list.iter().map(|(value, total)| ((*value).to_owned(), *total)).collect()
    }

    /// 100 units of exposure 1, one in ten drawn: 60 of `feed`, 40 of `search`.
    fn calibrated(known: &[(&str, f64)]) -> Result<(Calibrated, f64), NotCalibrated> {
        let inclusion = Inclusion::new(0.1, Design::Uniform);
        let ids: Vec<String> = (0..100).map(|at| at.to_string()).collect();
        let mut units: Vec<LabeledUnit<'_>> = ids
            .iter()
            .map(|id| LabeledUnit {
                id,
                exposure: 1.0,
                inclusion: Some(&inclusion),
                outcome: Outcome::Label,
                label: Some("1"),
                classes: &[],
            })
            .collect();
        let value = |at: usize| Some(Cow::Borrowed(if at < 60 { "feed" } else { "search" }));
        let division = Division::new("surface", (0..100).map(value));
        let totals = totals(known);
        let found =
            calibrate(&mut units, &[KnownExposure { division: &division, totals: &totals }])?;
        Ok((found, units[..60].iter().map(weight).sum()))
    }

    #[test]
    fn exposures_add_up_to_the_totals() {
        let (found, feed) = calibrated(&[("feed", 500.0), ("search", 500.0)]).unwrap();
        assert!((feed - 500.0).abs() < 1e-9);
        assert!(
            (found.least - 500.0 / 600.0).abs() < 1e-12 && (found.largest - 1.25).abs() < 1e-12
        );
        assert_eq!((found.name().as_str(), found.margins[0].values), ("surface", 2));
    }

    #[test]
    fn a_total_without_units_is_said() {
        let known = [("feed", 500.0), ("search", 490.0), ("story", 10.0)];
        let (found, _) = calibrated(&known).unwrap();
        assert_eq!(found.margins[0].absent, [("story".to_owned(), 10.0)]);
    }

    #[test]
    fn totals_of_something_else_are_refused() {
        let other = calibrated(&[("feed", 9e5), ("search", 5e5)]).unwrap_err();
        assert!(matches!(other, NotCalibrated::OtherExposure { .. }), "{other}");
        let missing = calibrated(&[("feed", 1000.0)]).unwrap_err();
        assert!(matches!(missing, NotCalibrated::NoTotal { n: 40, .. }), "{missing}");
    }
}
