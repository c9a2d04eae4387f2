//! Which periods of a sample are measured: its only one, one that is named, two that are compared, or all as a series.

use super::Estimating;
use super::Measured;
use super::calendar;
use super::refused;
use super::sample::Period;
use super::sample::PolicyRows;
use super::sample::Sample;
use super::span;
use super::span::Window;
use super::totals;
use crate::eval::InputMistake;
use crate::measure;
use crate::measure::Calibrated;
use crate::measure::Comparison;
use crate::measure::Division;
use crate::measure::GoldQuality;
use crate::measure::GoldRates;
use crate::measure::Opinion;
use crate::measure::PeriodRows;
use crate::measure::PolicyPrevalence;
use crate::measure::Rows;
use crate::measure::Segments;
use crate::measure::Settings;
use crate::measure::Subject;
use crate::ops::error::OpsError;
use crate::stats::Coordination;
use crate::stats::Prn;
use crate::stats::TwoDays;
use std::num::NonZeroUsize;
use std::path::Path;

/// One of two periods to compare.
struct Side<'a> {
    sample: &'a Sample,
    period: &'a Period<'a>,
    rows: PeriodRows<'a>,
}

/// A sample with the request it was read for.
type Earlier<'a> = (&'a Estimating<'a>, &'a Sample);

impl<'a> Period<'a> {
    pub(super) fn rows(&'a self) -> PeriodRows<'a> {
        PeriodRows {
            subject: &self.subject,
            instrument: self.instrument.as_deref(),
            rows: Rows {
                units: &self.units,
                gold: &self.gold,
                stated: self.stated.as_ref().map(Result::as_ref),
            },
            settings: &self.settings,
            history: &[],
        }
    }

    fn name(&self) -> Option<&str> {
        self.subject.period.as_deref()
    }
}

/// The periods of a sample, each leaning on the gold before it as far as titer.yaml says.
fn leaning<'p>(
    periods: &[Period<'_>],
    plain: &'p [PeriodRows<'p>],
    window: Option<Window>,
) -> Result<Vec<PeriodRows<'p>>, OpsError> {
    let mut leaning = Vec::with_capacity(plain.len());
    for (at, part) in plain.iter().enumerate() {
        let first = match window {
            None => at,
            Some(Window::Periods(n)) => at.saturating_sub(n),
            Some(Window::Days(days)) => calendar::since(periods, at, days)?,
        };
        leaning.push(PeriodRows { history: &plain[first..at], ..*part });
    }
    Ok(leaning)
}

impl Measured {
    /// Says what the exposures of a period were calibrated to.
    fn tell(&mut self, period: &Period<'_>) {
        let note = |calibrated| totals::note(&period.subject.policy, period.name(), calibrated);
        self.notes.extend(period.calibrated.as_ref().map(note));
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
        let wanted = self.request.period.as_deref();
        let compares = self.request.vs.is_some() || earlier.is_some();
        let picked = match (compares, wanted) {
            (true, wanted) => Some(self.picked((sample, &periods), wanted)?),
            (false, Some(wanted)) => Some(self.picked((sample, &periods), Some(wanted))?),
            (false, None) => None,
        };
        if let (Some(at), true) = (picked, compares) {
            name(&mut periods[at], (&sample.name, wanted));
        }
        let plain: Vec<PeriodRows<'_>> = periods.iter().map(Period::rows).collect();
        let parts = leaning(&periods, &plain, self.window()?)?;
        let whole = picked.or((parts.len() == 1).then_some(0));
        let done = match (picked, earlier) {
            (None, _) if periods.len() > 1 => self.series((sample, &periods), &parts, measured),
            (None, _) => self.one(sample, (&periods, &parts), 0, measured),
            (Some(at), _) if !compares => self.one(sample, (&periods, &parts), at, measured),
            (Some(at), None) => {
                let before = self.picked((sample, &periods), self.request.vs.as_deref())?;
                let sides = TwoDays {
                    earlier: Side { sample, period: &periods[before], rows: parts[before] },
                    later: Side { sample, period: &periods[at], rows: parts[at] },
                };
                let drawn = self.coordination(
                    &sides,
                    (sample.salt.as_deref(), sample.salt.as_deref()),
                    None,
                );
                self.compared(sides, drawn, measured)
            }
            (Some(at), Some((estimating, other))) => {
                let mut before = self.before((estimating, other), &rows.id)?;
                let which = self.picked_before(estimating, (other, &before))?;
                name(&mut before[which], (&other.name, self.request.vs.as_deref()));
                let plain: Vec<PeriodRows<'_>> = before.iter().map(Period::rows).collect();
                let leaning = leaning(&before, &plain, self.window()?)?;
                let sides = TwoDays {
                    earlier: Side { sample: other, period: &before[which], rows: leaning[which] },
                    later: Side { sample, period: &periods[at], rows: parts[at] },
                };
                let salts = (other.salt.as_deref(), sample.salt.as_deref());
                let drawn = self.coordination(&sides, salts, earlier);
                self.compared(sides, drawn, measured)
            }
        };
        done?;
        self.each_label((sample, rows), (&parts, whole), measured)
    }

    /// How far each period leans on the gold before it.
    fn window(&self) -> Result<Option<Window>, OpsError> {
        let estimate = self.program.file.estimate.as_ref();
        estimate.and_then(|it| it.gold_window.as_deref()).map(span::window).transpose()
    }

    /// Measures one period by itself.
    fn one(
        &self,
        sample: &Sample,
        (periods, parts): (&[Period<'_>], &[PeriodRows<'_>]),
        at: usize,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let Some((period, part)) = periods.get(at).zip(parts.get(at)) else { return Ok(()) };
        let refused = |mistakes: Vec<InputMistake>| refused(&period.subject.policy, &mistakes);
        let calibrated = period.calibrated.as_ref();
        measured.tell(period);
        let mut made = measure::one_period(part).map_err(refused)?;
        self.add_gold_error(&mut made, period)?;
        measured.policies.push(made.calibrated_to(calibrated));
        let divisions = sample.divided(&period.of);
        let rows = (&period.subject, part.rows, divisions.as_slice());
        self.segments(rows, (&period.settings, calibrated), measured)
    }

    /// Says beside a measurement of one period what errors of its gold do to it.
    fn add_gold_error(
        &self,
        measured: &mut PolicyPrevalence,
        period: &Period<'_>,
    ) -> Result<(), OpsError> {
        let quality = GoldQuality { opinions: &period.opinions, known: self.gold_rates() };
        let rows = Rows { units: &period.units, gold: &period.gold, stated: None };
        let made = measured.add_gold_error(rows, &period.settings, &quality);
        made.map_err(|mistakes| refused(&period.subject.policy, &mistakes))
    }

    /// How often gold is right, where titer.yaml says so.
    fn gold_rates(&self) -> Option<GoldRates> {
        let error = self.program.file.gold.as_ref()?.error?;
        Some(GoldRates { sensitivity: error.sensitivity, specificity: error.specificity })
    }

    fn segments(
        &self,
        (subject, rows, divisions): (&Subject, Rows<'_>, &[Division]),
        (settings, calibrated): (&Settings<'_>, Option<&Calibrated>),
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        if divisions.is_empty() {
            return Ok(());
        }
        let segments = Segments {
            divisions,
            coverage: self.request.coverage,
            threads: std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
        };
        let parts = measure::by_segments(subject, rows, segments, settings)
            .map_err(|mistakes| refused(&subject.policy, &mistakes))?;
        for division in divisions.iter().filter(|division| division.n_split() > 0) {
            let (n, name) = (division.n_split(), division.name());
            measured.notes.push(format!(
                "{}: {n} units have exposure in several parts of {name}, and count in each with the exposure they have there",
                subject.policy
            ));
        }
        measured.segments.extend(parts.into_iter().map(|part| part.calibrated_to(calibrated)));
        Ok(())
    }

    /// Measures each period, and all of them pooled.
    fn series(
        &self,
        (sample, periods): (&Sample, &[Period<'_>]),
        parts: &[PeriodRows<'_>],
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let Some(first) = periods.first() else { return Ok(()) };
        let policy = &first.subject.policy;
        let refused = |mistakes: Vec<InputMistake>| refused(policy, &mistakes);
        let mut series = measure::series(parts).map_err(refused)?;
        for (made, period) in series.periods.iter_mut().zip(periods) {
            self.add_gold_error(made, period)?;
        }
        let (units, gold) = measure::pooled_rows(parts).map_err(refused)?;
        let of: Vec<usize> = periods.iter().flat_map(|period| period.of.iter().copied()).collect();
        let rows = Rows { units: &units, gold: &gold, stated: None };
        let opinions: Vec<Opinion<'_>> =
            periods.iter().flat_map(|period| period.opinions.iter().copied()).collect();
        let quality = GoldQuality { opinions: &opinions, known: self.gold_rates() };
        series.pooled.add_gold_error(rows, &first.settings, &quality).map_err(refused)?;
        let divisions = sample.divided(&of);
        let calibrated: Vec<Option<&Calibrated>> =
            periods.iter().map(|period| period.calibrated.as_ref()).collect();
        let of_all = Calibrated::of_all(calibrated.iter().flatten().copied());
        periods.iter().for_each(|period| measured.tell(period));
        let parts = (&series.pooled.subject, rows, divisions.as_slice());
        self.segments(parts, (&first.settings, of_all.as_ref()), measured)?;
        if measured.policies.is_empty() {
            measured.notes.push(format!(
                "the units are of {} periods: each is measured by itself, and pooled they are another number; --period names one, --vs compares two",
                periods.len()
            ));
        }
        measured.breaks.extend(series.breaks.into_iter().map(|it| (policy.clone(), it)));
        measured.drifts.extend(series.drift);
        let each = series.periods.into_iter().zip(calibrated);
        measured.periods.extend(each.map(|(one, calibrated)| one.calibrated_to(calibrated)));
        measured.policies.push(series.pooled.calibrated_to(of_all.as_ref()));
        Ok(())
    }

    fn compared(
        &self,
        days: TwoDays<Side<'_>>,
        drawn: Coordination,
        measured: &mut Measured,
    ) -> Result<(), OpsError> {
        let (a, b) = (days.earlier.period, days.later.period);
        let policy = &b.subject.policy;
        let refused = |mistakes: Vec<InputMistake>| refused(policy, &mistakes);
        if a.name() == b.name() {
            return Err(OpsError::refused(
                format!("period {} cannot be compared with itself", b.name().unwrap_or("")),
                "name another with --period or --vs",
            ));
        }
        let pair = TwoDays { earlier: days.earlier.rows, later: days.later.rows };
        let Comparison { mut earlier, mut later, change, breaks, drift } =
            measure::compare(pair, drawn).map_err(refused)?;
        self.add_gold_error(&mut earlier, a)?;
        self.add_gold_error(&mut later, b)?;
        if change.shared_units > 0 && drawn.sample == Prn::Separate {
            measured.notes.push(format!(
                "{policy}: {} units are in both samples, and nothing says that one salt drew both: the interval of the change does not profit from them",
                change.shared_units
            ));
        }
        measured.tell(a);
        measured.tell(b);
        measured.policies.push(later.calibrated_to(b.calibrated.as_ref()));
        measured.periods.push(earlier.calibrated_to(a.calibrated.as_ref()));
        measured.changes.push(change);
        measured.breaks.extend(breaks.into_iter().map(|it| (policy.clone(), it)));
        measured.drifts.extend(drift);
        let rows = Rows { units: &b.units, gold: &b.gold, stated: None };
        let before = days.earlier.sample.divided(&a.of);
        let after = days.later.sample.divided(&b.of);
        let parts = (&b.subject, rows, after.as_slice());
        self.segments(parts, (&b.settings, b.calibrated.as_ref()), measured)?;
        for (before, after) in before.iter().zip(&after) {
            let pair = TwoDays { earlier: (pair.earlier, before), later: (pair.later, after) };
            let changes = measure::changes_by_segment(pair, self.request.coverage, drawn);
            measured.changes.extend(changes.map_err(refused)?);
        }
        Ok(())
    }

    /// Returns the place of the period of that name, or of the last one that is not the one to compare with.
    fn picked(
        &self,
        (sample, periods): (&Sample, &[Period<'_>]),
        wanted: Option<&str>,
    ) -> Result<usize, OpsError> {
        let unnamed = periods.iter().all(|period| period.name().is_none());
        let own_file = self.request.before().is_some();
        let at = match wanted {
            None => {
                let other = self.request.vs.as_deref().filter(|_| !own_file);
                let last = periods.last().and_then(Period::name);
                if periods.len() > 1 && last.is_some() && last == other {
                    return Err(OpsError::refused(
                        format!(
                            "{} is the last period, so none comes after it",
                            last.unwrap_or("")
                        ),
                        "name the earlier period with --vs, or the later one with --period",
                    ));
                }
                periods.iter().rposition(|period| other.is_none() || period.name() != other)
            }
            // the only sample of a file without periods goes by whatever name it is given
            Some(_) if unnamed && own_file => periods.len().checked_sub(1),
            Some(wanted) => periods.iter().position(|period| period.name() == Some(wanted)),
        };
        at.ok_or_else(|| {
            let wanted = wanted.unwrap_or("a later one");
            let names: Vec<&str> = periods.iter().filter_map(Period::name).collect();
            let hint = if names.is_empty() {
                "give the units a column of periods (`units: {period: …}` in titer.yaml names it), or the earlier sample with --vs-units".to_owned()
            } else {
                format!("the periods are {}", names.join(", "))
            };
            OpsError::refused(format!("no unit of {} is of period {wanted}", sample.name), hint)
        })
    }

    /// Returns the periods of the earlier sample.
    fn before<'p>(
        &self,
        (estimating, sample): (&Estimating<'_>, &'p Sample),
        policy: &str,
    ) -> Result<Vec<Period<'p>>, OpsError> {
        let Some(rows) = sample.policies.iter().find(|rows| rows.id == policy) else {
            return Err(OpsError::refused(
                format!("the earlier sample has no labels of policy `{policy}`"),
                "label it under that policy too, or leave the policy out with --policy",
            ));
        };
        let periods = sample.periods(rows, estimating)?;
        if self.request.vs.is_none() && periods.len() > 1 {
            let names: Vec<&str> = periods.iter().filter_map(Period::name).collect();
            return Err(OpsError::refused(
                format!("the earlier sample has {} periods", periods.len()),
                format!("name one with --vs: {}", names.join(", ")),
            ));
        }
        Ok(periods)
    }

    fn picked_before(
        &self,
        estimating: &Estimating<'_>,
        (sample, periods): (&Sample, &[Period<'_>]),
    ) -> Result<usize, OpsError> {
        estimating.picked((sample, periods), self.request.vs.as_deref())
    }

    /// Two samples share their random numbers when they say the same salt; two golds when they are of one draw.
    fn coordination(
        &self,
        sides: &TwoDays<Side<'_>>,
        (before, later): (Option<&str>, Option<&str>),
        earlier: Option<Earlier<'_>>,
    ) -> Coordination {
        let same = |a: Option<&str>, b: Option<&str>| a.is_some() && a == b;
        let of_sample = earlier.is_none() || same(before, later);
        let one_file = self.request.labels.is_some() && self.request.earlier.gold.is_none();
        let salt = |side: &Side<'_>| side.period.collected.salt.clone();
        let salts = (salt(&sides.earlier), salt(&sides.later));
        let of_gold = one_file || same(salts.0.as_deref(), salts.1.as_deref());
        let prn = |shared: bool| if shared { Prn::Shared } else { Prn::Separate };
        Coordination { sample: prn(of_sample), gold: prn(of_gold) }
    }
}

/// Names a period whose units do not: as asked, else by its file.
fn name(period: &mut Period<'_>, (file, wanted): (&str, Option<&str>)) {
    let stem = || {
        let name = Path::new(file).file_name()?.to_str()?;
        Some(name.split('.').next().unwrap_or(name).to_owned())
    };
    let own = period.subject.period.take();
    period.subject.period = own.or_else(|| wanted.map(str::to_owned)).or_else(stem);
    period.subject.span = measure::Span::OneOfSeveral;
}
