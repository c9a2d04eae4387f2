//! The estimates of one measurement in the order they are shown, each with its name and what it rests on.

use crate::measure::Estimate;
use crate::measure::Estimator;
use crate::measure::Missing;
use crate::measure::PolicyPrevalence;
use crate::report::number::Decimals;
use crate::report::number::count;
use crate::report::number::whole;
use crate::stats::StatsError;

/// One line of a table of estimates.
#[derive(Debug, Clone)]
pub(super) struct Row<'a> {
    pub(super) role: Role,
    pub(super) estimate: &'a Result<Estimate, Missing>,
    /// Labeled units it rests on.
    pub(super) n: Option<u64>,
    /// Gold units it rests on.
    pub(super) m: Option<u64>,
    pub(super) k: Option<f64>,
    /// Whether it holds only as far as error rates measured elsewhere hold here.
    pub(super) basis: Basis,
}

/// What an estimate is to the reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Naive,
    Corrected,
    GoldOnly,
    RoganGladen,
}

/// What an estimate rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    Design,
    Model,
}

impl Role {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Corrected => "corrected",
            Self::GoldOnly => "gold only",
            Self::RoganGladen => "rogan-gladen",
        }
    }

    /// The name as it can stand in a class or an id.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Naive => "naive",
            Self::Corrected => "corrected",
            Self::GoldOnly => "gold",
            Self::RoganGladen => "rogan",
        }
    }
}

impl Row<'_> {
    /// The name with a mark where the estimate depends on a model.
    pub(super) fn marked_name(&self) -> String {
        let mark = if self.is_marked() { "*" } else { "" };
        format!("{}{mark}", self.role.name())
    }

    pub(super) fn is_marked(&self) -> bool {
        self.basis == Basis::Model && self.estimate.is_ok()
    }
}

/// What the mark of a model-dependent estimate means.
pub(super) const MODEL_DEPENDENT: &str =
    "* model-dependent: holds only as far as the measured error rates hold for the labeled units";

/// Returns naive, corrected and gold only, and Rogan-Gladen where it says something beside them.
pub(super) fn rows(measured: &PolicyPrevalence) -> Vec<Row<'_>> {
    let (n, m) = (Some(measured.n), Some(measured.m));
    let basis = match measured.corrected_by {
        Estimator::RoganGladen | Estimator::ModelOnly => Basis::Model,
        Estimator::Naive
        | Estimator::TwoPhase
        | Estimator::GoldOnly
        | Estimator::Hybrid
        | Estimator::TwoPhaseDawidSkene
        | Estimator::KnownGoldError
        | Estimator::Change => Basis::Design,
    };
    let row = |role, estimate, (n, m)| Row { role, estimate, n, m, k: None, basis: Basis::Design };
    let mut rows = vec![
        row(Role::Naive, &measured.naive, (n, None)),
        Row {
            k: measured.corrected.is_ok().then_some(measured.k).flatten(),
            basis,
            ..row(Role::Corrected, &measured.corrected, (n, m))
        },
        row(Role::GoldOnly, &measured.gold_only, (None, m)),
    ];
    if basis == Basis::Design && measured.rogan_gladen.is_ok() {
        let inverted = row(Role::RoganGladen, &measured.rogan_gladen, (n, m));
        rows.push(Row { basis: Basis::Model, ..inverted });
    }
    rows
}

/// Returns what estimates say about themselves, one line each: the codes of their own, beside the findings.
pub(super) fn remarks(measured: &PolicyPrevalence) -> Vec<String> {
    let mut remarks = Vec::new();
    for row in rows(measured) {
        let own = row.estimate.as_ref().map_or(&[][..], |estimate| &estimate.codes);
        let told = |code| measured.findings.iter().any(|finding| finding.code == code);
        for code in own.iter().copied().filter(|code| !told(*code)) {
            remarks.push(format!("{}: {code} {}: {}", row.role.name(), code.name(), code.title()));
        }
    }
    remarks
}

/// Returns decimals that suit every estimate of a table, so that its columns line up.
pub(super) fn shared_decimals(measured: &PolicyPrevalence) -> Decimals {
    let estimates = rows(measured).into_iter().filter_map(|row| row.estimate.as_ref().ok());
    let of_estimates =
        estimates.map(|estimate| Decimals::of(estimate.value, Some((estimate.low, estimate.high))));
    let of_bounds =
        measured.bounds.map(|bounds| Decimals::of(bounds.high, Some((bounds.low, bounds.high))));
    of_estimates.chain(of_bounds).max().unwrap_or_else(|| Decimals::of(0.0, None))
}

/// Returns why an estimate is missing, in a few words.
pub(super) fn reason(missing: &Missing) -> String {
    match missing {
        Missing::Withheld(code) => format!("withheld ({code} {})", code.name()),
        Missing::NoGold => "there is no gold".to_owned(),
        Missing::Suppressed { .. } => "too little gold to show".to_owned(),
        Missing::NotSeen { .. } => "no gold unit has it".to_owned(),
        Missing::SameAsCorrected => "the same as corrected".to_owned(),
        Missing::SeveralLabelers => "several labelers".to_owned(),
        Missing::Undefined(error) => not_estimated(error),
    }
}

/// Returns why a number cannot be estimated.
pub(super) fn not_estimated(error: &StatsError) -> String {
    format!("not estimated: {error}")
}

/// Returns the name of a cell or outcome in words.
pub(super) fn words(name: &str) -> String {
    name.replace('_', " ").replace('+', " + ")
}

/// Returns where a measurement comes from, as names and values.
pub(super) fn origin(measured: &PolicyPrevalence) -> Vec<(&'static str, String)> {
    let subject = &measured.subject;
    let known = |name, value: &Option<String>| value.clone().map(|value| (name, value));
    let mut origin: Vec<(&'static str, String)> = [
        known("policy version", &subject.policy_version),
        known("labeler", &subject.labeler),
        known("period", &subject.period),
    ]
    .into_iter()
    .flatten()
    .collect();
    origin.push(("design", measured.design.clone()));
    origin.push(("gold drawn", measured.drawn.name().to_owned()));
    if let Some(days) = measured.gold_age_days {
        origin.push(("oldest gold", format!("{days:.1} days")));
    }
    let draws = measured.draws;
    origin.push(("seed", format!("{}, {} draws", draws.seed(), count(draws.count().into()))));
    for row in rows(measured) {
        if let Ok(estimate) = row.estimate {
            let (method, size) = (estimate.method.name(), whole(estimate.n_eff));
            origin.push((row.role.name(), format!("interval {method}, n_eff {size}")));
        }
    }
    for row in measured.tidy_rows() {
        origin.push(("estimate id", format!("{} {}", row.estimator.name(), row.estimate_id)));
    }
    origin
}
