//! Which periods of a sample are measured: its only one, one that is named, two that are compared, or all as a series.

use super::Estimating;
use super::Measured;
use super::pivot;
use super::refused;
use super::sample::Period;
use super::sample::PolicyRows;
use super::sample::Sample;
use crate::eval::InputMistake;
use crate::measure;
use crate::measure::Comparison;
use crate::measure::PeriodRows;
use crate::measure::Pivot;
use crate::measure::Rows;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::ops::error::OpsError;
use crate::stats::Coordination;
use crate::stats::Prn;
use crate::stats::TwoDays;
use crate::unit::Unit;
use std::path::Path;

/// A sample with the request it was read for.
type Earlier<'a> = (&'a Estimating<'a>, &'a Sample);

impl<'a> Period<'a> {
    fn rows(&'a self) -> PeriodRows<'a> {
        PeriodRows {
            subject: &self.subject,
            instrument: self.instrument.as_deref(),
            rows: Rows { units: &self.units, gold: &self.gold },
            settings: &self.settings,
        }
    }

    fn name(&self) -> Option<&str> {
        self.subject.period.as_deref()
    }
}

impl Estimating<'_> {
    pub(super) fn policy(
        &self,
        (sample, rows): (&Sample, &PolicyRows),
        earlier: Option<Earlier<'_>>,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let mut periods = sample.periods(rows, self)?;
        let compares = self.request.vs.is_some() || earlier.is_some();
        match (compares, self.request.period.as_deref()) {
            (true, wanted) => {
                let mut later = self.picked((sample, &mut periods), wanted)?;
                let mut before = match earlier {
                    None => self.picked((sample, &mut periods), self.request.vs.as_deref())?,
                    Some(earlier) => self.before(earlier, &rows.id)?,
                };
                self.named(&mut later, (&sample.name, wanted));
                let file = earlier.map_or(&sample.name, |(_, sample)| &sample.name);
                self.named(&mut before, (file, self.request.vs.as_deref()));
                let drawn = coordination((&before, earlier), (&later, sample), self);
                self.compared(TwoDays { earlier: before, later }, drawn, measured)
            }
            (false, Some(wanted)) => {
                let period = self.picked((sample, &mut periods), Some(wanted))?;
                self.one(&period, measured)
            }
            (false, None) if periods.len() > 1 => self.series(&periods, measured),
            (false, None) => periods.iter().try_for_each(|period| self.one(period, measured)),
        }
    }

    /// Measures one period by itself.
    fn one(&self, period: &Period<'_>, measured: &mut Measured) -> Result<(), OpsError> {
        let refused = |mistakes: Vec<InputMistake>| refused(&period.subject.policy, &mistakes);
        let whole =
            measure::prevalence(&period.subject, &period.units, &period.gold, &period.settings)
                .map_err(refused)?;
        measured.policies.push(whole);
        let rows = Rows { units: &period.units, gold: &period.gold };
        self.segments((&period.subject, rows, &period.of), &period.settings, measured)
    }

    fn segments(
        &self,
        (subject, rows, of): (&Subject, Rows<'_>, &[Option<&Unit>]),
        settings: &Settings<'_>,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        for name in &self.request.by {
            let values = pivot::values(name, of)?;
            let values: Vec<Option<&str>> = values.iter().map(Option::as_deref).collect();
            let pivot = Pivot { name, values: &values, coverage: self.request.coverage };
            let parts = measure::by_segment(subject, pivot, rows, settings)
                .map_err(|mistakes| refused(&subject.policy, &mistakes))?;
            measured.segments.extend(parts);
        }
        Ok(())
    }

    /// Measures each period, and all of them pooled.
    fn series(&self, periods: &[Period<'_>], measured: &mut Measured) -> Result<(), OpsError> {
        let parts: Vec<PeriodRows<'_>> = periods.iter().map(Period::rows).collect();
        let Some(first) = periods.first() else { return Ok(()) };
        let policy = &first.subject.policy;
        let refused = |mistakes: Vec<InputMistake>| refused(policy, &mistakes);
        let series = measure::series(&parts).map_err(refused)?;
        let (units, gold) = measure::pooled_rows(&parts).map_err(refused)?;
        let of: Vec<Option<&Unit>> =
            periods.iter().flat_map(|period| period.of.iter().copied()).collect();
        let rows = Rows { units: &units, gold: &gold };
        self.segments((&series.pooled.subject, rows, &of), &first.settings, measured)?;
        if measured.policies.is_empty() {
            measured.notes.push(format!(
                "the units are of {} periods: each is measured by itself, and pooled they are another number; --period names one, --vs compares two",
                periods.len()
            ));
        }
        measured.breaks.extend(series.breaks.into_iter().map(|it| (policy.clone(), it)));
        measured.drifts.extend(series.drift);
        measured.periods.extend(series.periods);
        measured.policies.push(series.pooled);
        Ok(())
    }

    fn compared(
        &self,
        days: TwoDays<Period<'_>>,
        drawn: Coordination,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let (a, b) = (&days.earlier, &days.later);
        let policy = &b.subject.policy;
        let refused = |mistakes: Vec<InputMistake>| refused(policy, &mistakes);
        if a.name() == b.name() {
            return Err(OpsError::refused(
                format!("period {} cannot be compared with itself", b.name().unwrap_or("")),
                "name another with --period or --vs",
            ));
        }
        let pair = TwoDays { earlier: a.rows(), later: b.rows() };
        let Comparison { earlier, later, change, breaks, drift } =
            measure::compare(pair, drawn).map_err(refused)?;
        if change.shared_units > 0 && drawn.sample == Prn::Separate {
            measured.notes.push(format!(
                "{policy}: {} units are in both samples, and nothing says that one salt drew both: the interval of the change does not profit from them",
                change.shared_units
            ));
        }
        measured.policies.push(later);
        measured.periods.push(earlier);
        measured.changes.push(change);
        measured.breaks.extend(breaks.into_iter().map(|it| (policy.clone(), it)));
        measured.drifts.extend(drift);
        let rows = Rows { units: &b.units, gold: &b.gold };
        self.segments((&b.subject, rows, &b.of), &b.settings, measured)?;
        for name in &self.request.by {
            let (before, after) = (pivot::values(name, &a.of)?, pivot::values(name, &b.of)?);
            let before: Vec<Option<&str>> = before.iter().map(Option::as_deref).collect();
            let after: Vec<Option<&str>> = after.iter().map(Option::as_deref).collect();
            let coverage = self.request.coverage;
            let pair = TwoDays {
                earlier: (pair.earlier, Pivot { name, values: &before, coverage }),
                later: (pair.later, Pivot { name, values: &after, coverage }),
            };
            let changes = measure::changes_by_segment(pair, drawn).map_err(refused)?;
            measured.changes.extend(changes);
        }
        Ok(())
    }

    /// Takes the period of that name out of the list, or the last one.
    fn picked<'p>(
        &self,
        (sample, periods): (&Sample, &mut Vec<Period<'p>>),
        wanted: Option<&str>,
    ) -> Result<Period<'p>, OpsError> {
        let unnamed = periods.iter().all(|period| period.name().is_none());
        let at = match wanted {
            None => {
                let other = self.request.vs.as_deref().filter(|_| !self.has_own_file());
                periods.iter().rposition(|period| other.is_none() || period.name() != other)
            }
            // the only sample of a file without periods goes by whatever name it is given
            Some(_) if unnamed && self.has_own_file() => periods.len().checked_sub(1),
            Some(wanted) => periods.iter().position(|period| period.name() == Some(wanted)),
        };
        if let Some(at) = at {
            return Ok(periods.remove(at));
        }
        let wanted = wanted.unwrap_or("an earlier one");
        let names: Vec<&str> = periods.iter().filter_map(Period::name).collect();
        let hint = if names.is_empty() {
            "give the units a column of periods (`units: {period: …}` in titer.yaml names it), or the earlier sample with --vs-units".to_owned()
        } else {
            format!("the periods left are {}", names.join(", "))
        };
        Err(OpsError::refused(format!("no unit of {} is of period {wanted}", sample.name), hint))
    }

    /// Whether two periods come from two samples, so that a file without periods is one.
    fn has_own_file(&self) -> bool {
        self.request.before().is_some()
    }

    fn before<'p>(
        &self,
        (estimating, sample): (&Estimating<'_>, &'p Sample),
        policy: &str,
    ) -> Result<Period<'p>, OpsError> {
        let Some(rows) = sample.policies.iter().find(|rows| rows.id == policy) else {
            return Err(OpsError::refused(
                format!("the earlier sample has no labels of policy `{policy}`"),
                "label it under that policy too, or leave the policy out with --policy",
            ));
        };
        let mut periods = sample.periods(rows, estimating)?;
        if self.request.vs.is_none() && periods.len() > 1 {
            let names: Vec<&str> = periods.iter().filter_map(Period::name).collect();
            return Err(OpsError::refused(
                format!("the earlier sample has {} periods", periods.len()),
                format!("name one with --vs: {}", names.join(", ")),
            ));
        }
        estimating.picked((sample, &mut periods), self.request.vs.as_deref())
    }

    /// Names a period whose units do not: as asked, else by its file.
    fn named(&self, period: &mut Period<'_>, (file, wanted): (&str, Option<&str>)) {
        let stem = || {
            let name = Path::new(file).file_name()?.to_str()?;
            Some(name.split('.').next().unwrap_or(name).to_owned())
        };
        let own = period.subject.period.take();
        period.subject.period = own.or_else(|| wanted.map(str::to_owned)).or_else(stem);
        period.subject.span = measure::Span::OneOfSeveral;
    }
}

/// Two samples share their random numbers when they say the same salt; two golds when they are of one draw.
fn coordination(
    (before, earlier): (&Period<'_>, Option<Earlier<'_>>),
    (later, sample): (&Period<'_>, &Sample),
    estimating: &Estimating<'_>,
) -> Coordination {
    let same = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
    let salt = earlier.map_or(sample.salt.as_deref(), |(_, earlier)| earlier.salt.as_deref());
    let of_sample = earlier.is_none() || same(salt, sample.salt.as_deref());
    let one_file = estimating.request.labels.is_some() && estimating.request.earlier.gold.is_none();
    let gold_salts = (before.collected.salt.as_deref(), later.collected.salt.as_deref());
    let of_gold = one_file || same(gold_salts.0, gold_salts.1);
    let prn = |shared: bool| if shared { Prn::Shared } else { Prn::Separate };
    Coordination { sample: prn(of_sample), gold: prn(of_gold) }
}
