//! Gold from wherever people gave it: a file, the store's queue, a sheet a vendor sent back.

use super::super::error::OpsError;
use super::super::program::DrawnName;
use super::super::program::GoldFile;
use super::super::program::Program;
use super::super::sampled::SampledUnit;
use super::draw::BY_LABEL;
use super::draw::latest;
use super::origin::Origin;
use super::origin::random_part;
use crate::eval::GoldDrawn;
use crate::gold;
use crate::gold::Adjudication;
use crate::gold::Annotation;
use crate::gold::LabelMap;
use crate::gold::PolicyLabels;
use crate::gold::RatedUnit;
use crate::io;
use crate::io::Source;
use crate::policy::Policy;
use crate::store;
use crate::store::Access;
use crate::store::GoldDraw;
use crate::store::Store;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// How many mistakes are named before the rest are only counted.
const MOST_NAMED: usize = 20;

/// Gold with how it was drawn.
#[derive(Debug, Clone)]
pub(crate) struct Collected {
    pub(crate) adjudication: Adjudication,
    /// What each rater said.
    pub(crate) rated: Vec<RatedUnit>,
    pub(crate) drawn: GoldDrawn,
    /// The salt of the draw, where titer drew it.
    pub(crate) salt: Option<String>,
    /// What it was drawn from, where titer drew it.
    origin: Option<Origin>,
}

impl Collected {
    /// Returns whether the draw it comes from chose that unit; `true` where no draw is known.
    pub(crate) fn may_hold(&self, unit: &str) -> bool {
        self.origin.as_ref().is_none_or(|origin| origin.contents.contains_key(unit))
    }

    /// Makes the gold fit the labels it is joined with, or refuses it.
    ///
    /// Gold drawn by label while only a part of the units was labeled has, among all that are labeled now, a smaller
    /// probability: the part was random, so it is the recorded one times that part's share.
    ///
    /// # Errors
    ///
    /// Gold of other texts, of another standard, or of more labeled units than there are.
    pub(crate) fn joined_with(
        &mut self,
        units: &[SampledUnit],
        policies: &[Arc<Policy>],
        n_labeled: usize,
    ) -> Result<(), OpsError> {
        let Some(origin) = &self.origin else { return Ok(()) };
        origin.still_fits(units, policies)?;
        if n_labeled < origin.labeled {
            return Err(OpsError::refused(
                format!(
                    "gold was drawn from {} labeled units, and {n_labeled} are labeled here",
                    origin.labeled
                ),
                "measure the file the gold was drawn from; name it with --units",
            ));
        }
        let share = origin.labeled as f64 / n_labeled as f64;
        let decided = self.adjudication.gold.iter_mut().map(|gold| &mut gold.probability);
        let open = self.adjudication.unresolved.iter_mut().map(|open| &mut open.probability);
        for probability in decided.chain(open) {
            *probability = probability.map(|probability| probability * share);
        }
        Ok(())
    }
}

/// Collects the gold for these policies: from the named file, the project's file, or the store.
///
/// # Errors
///
/// No gold anywhere, a file whose way of drawing is not declared, unknown policies or labels in it.
pub(crate) fn collected(
    program: &Program,
    named: Option<&Path>,
    declared: Option<GoldDrawn>,
    policies: &[Arc<Policy>],
) -> Result<Collected, OpsError> {
    collected_for(program, (named, declared), policies, |_| true)
}

/// Collects gold as [`collected`] does; of the store's draws it takes the latest that drew a unit of those `measured`.
pub(crate) fn collected_for(
    program: &Program,
    (named, declared): (Option<&Path>, Option<GoldDrawn>),
    policies: &[Arc<Policy>],
    measured: impl Fn(&str) -> bool,
) -> Result<Collected, OpsError> {
    let settings = program.file.gold.clone().unwrap_or_default();
    let declared = declared.or(settings.drawn.map(drawn_of));
    let file = named.map(Path::to_owned).or_else(|| Some(program.path(settings.from.as_ref()?)));
    match file {
        Some(path) => from_file(&path, &settings, declared, policies),
        None => from_store(program, declared, policies, measured),
    }
}

/// Reads gold from a file and checks it against the policies.
pub(crate) fn from_file(
    path: &Path,
    settings: &GoldFile,
    declared: Option<GoldDrawn>,
    policies: &[Arc<Policy>],
) -> Result<Collected, OpsError> {
    let annotations = read(path, settings, policies)?;
    Ok(Collected {
        adjudication: gold::adjudicate(&annotations)?,
        rated: gold::rated(&annotations),
        drawn: declared.ok_or_else(|| undeclared(&path.display().to_string()))?,
        salt: settings.salt.clone(),
        origin: None,
    })
}

fn undeclared(from: &str) -> OpsError {
    OpsError::refused(
        format!("{from} does not say how its units were chosen, and that decides the estimate"),
        "declare it with --drawn or `gold: {drawn: …}` in titer.yaml: from_sample (a random part of the labeled units), by_label \
         (with probabilities by the model's label), independent (another sample), convenience (anything else: no prevalence)",
    )
}

/// Reads a gold file; every policy and label must be known.
pub(super) fn read(
    path: &Path,
    settings: &GoldFile,
    policies: &[Arc<Policy>],
) -> Result<Vec<Annotation>, OpsError> {
    let map = LabelMap::new(settings.map.label.clone());
    let annotations = io::read_gold(&Source::from_argument(path), &map)?;
    let known: Vec<PolicyLabels> = if policies.is_empty() {
        vocabulary_of(&annotations)
    } else {
        policies.iter().map(|policy| PolicyLabels::of(policy)).collect()
    };
    let mistakes = gold::check(&annotations, &known, |_| true);
    if mistakes.is_empty() {
        return Ok(annotations);
    }
    let mut lines: Vec<String> = mistakes
        .iter()
        .take(MOST_NAMED)
        .map(|mistake| format!("{}: {mistake}", path.display()))
        .collect();
    if MOST_NAMED < mistakes.len() {
        lines.push(format!("and {} more", mistakes.len() - MOST_NAMED));
    }
    Err(OpsError::refused(
        format!("gold does not fit the policies:\n  {}", lines.join("\n  ")),
        "correct the rows, name the right policies, or translate foreign codes with `gold: {map: {label: {…}}}`",
    ))
}

/// Without a policy, a file's labels are what they are; contradictions in it are mistakes all the same.
fn vocabulary_of(annotations: &[Annotation]) -> Vec<PolicyLabels> {
    let mut labels: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for said in annotations {
        labels.entry(&said.policy).or_default().insert(&said.label);
    }
    let one = |(policy, labels): (&str, BTreeSet<&str>)| PolicyLabels {
        policy: policy.to_owned(),
        labels: labels.into_iter().map(str::to_owned).collect(),
        together: Vec::new(),
    };
    labels.into_iter().map(one).collect()
}

fn from_store(
    program: &Program,
    declared: Option<GoldDrawn>,
    policies: &[Arc<Policy>],
    measured: impl Fn(&str) -> bool,
) -> Result<Collected, OpsError> {
    let path = program.store_path();
    let nothing = || {
        OpsError::refused(
            "there is no gold: no file is named, and nobody has answered `titer gold label`",
            "draw units with `titer gold draw`, answer with `titer gold label`, or name a file with --gold",
        )
    };
    if !path.is_file() {
        return Err(nothing());
    }
    let reader = Store::open(&path, Access::Read)?.reader()?;
    let said = reader.annotations()?;
    let mut draws = reader.gold_draws()?;
    let of_measured = |draw: &GoldDraw| draw.queue.iter().any(|queued| measured(&queued.unit));
    let draw = draws.iter().rposition(of_measured).map(|at| draws.swap_remove(at)).or(draws.pop());
    let ids: BTreeSet<&str> = policies.iter().map(|policy| policy.id.as_str()).collect();
    // What people said of a unit stays true when the unit is drawn again.
    let queued: Option<BTreeSet<&str>> =
        draw.as_ref().map(|draw| draw.queue.iter().map(|queued| queued.unit.as_str()).collect());
    let of_draw = |annotation: &&store::Annotation| {
        queued.as_ref().is_none_or(|queued| queued.contains(annotation.unit.as_str()))
    };
    let mut annotations: Vec<Annotation> = said
        .iter()
        .filter(|annotation| ids.contains(annotation.policy.as_str()))
        .filter(of_draw)
        .map(annotation)
        .collect();
    if annotations.is_empty() {
        return Err(nothing());
    }
    let mut drawn = declared;
    if let Some(draw) = &draw {
        drawn =
            Some(if draw.design == BY_LABEL { GoldDrawn::ByLabel } else { GoldDrawn::FromSample });
        answered_so_far(&mut annotations, draw)?;
    }
    let from = path.display().to_string();
    Ok(Collected {
        adjudication: gold::adjudicate(&annotations)?,
        rated: gold::rated(&annotations),
        drawn: drawn.ok_or_else(|| undeclared(&from))?,
        origin: draw.as_ref().map(Origin::of).transpose()?,
        salt: draw.map(|draw| draw.salt),
    })
}

/// The queue is asked in random order, so its front is a random part: a unit's probability of having gold is that of its
/// draw times the share answered. A simple random draw needs no probabilities at all.
fn answered_so_far(annotations: &mut [Annotation], draw: &GoldDraw) -> Result<(), OpsError> {
    let mut answered: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for annotation in annotations.iter() {
        answered.entry(annotation.policy.clone()).or_default().insert(annotation.unit_id.clone());
    }
    for (policy, units) in &answered {
        random_part(draw, policy, units)?;
    }
    let drawn_with: BTreeMap<&str, f64> =
        draw.queue.iter().map(|queued| (queued.unit.as_str(), queued.probability)).collect();
    for annotation in annotations {
        let units = answered.get(&annotation.policy).map_or(0, BTreeSet::len);
        let share = units as f64 / draw.queue.len() as f64;
        let of_draw =
            drawn_with.get(annotation.unit_id.as_str()).filter(|_| draw.design == BY_LABEL);
        annotation.probability = of_draw.map(|probability| probability * share);
    }
    Ok(())
}

pub(super) fn annotation(said: &store::Annotation) -> Annotation {
    Annotation {
        unit_id: said.unit.clone(),
        policy: said.policy.clone(),
        label: said.label.clone(),
        rater: said.rater.clone(),
        probability: said.probability,
        drawn_at: said.drawn_at.map(|at| at.to_string()),
        criteria: said.criteria.clone(),
        note: said.note.clone(),
        row: None,
    }
}

pub(super) fn current(program: &Program) -> Result<(GoldDraw, Vec<store::Annotation>), OpsError> {
    let path = program.store_path();
    let none = || {
        OpsError::refused(
            "no units have been drawn for gold",
            "draw them first: titer gold draw --size 300",
        )
    };
    if !path.is_file() {
        return Err(none());
    }
    let reader = Store::open(&path, Access::Read)?.reader()?;
    let draw = latest(&reader)?.ok_or_else(none)?;
    let said = reader
        .annotations()?
        .into_iter()
        .filter(|said| draw.queue.iter().any(|queued| queued.unit == said.unit))
        .collect();
    Ok((draw, said))
}

/// Returns how gold was drawn, as the statistics call it.
pub(crate) fn drawn_of(name: DrawnName) -> GoldDrawn {
    match name {
        DrawnName::FromSample => GoldDrawn::FromSample,
        DrawnName::ByLabel => GoldDrawn::ByLabel,
        DrawnName::Independent => GoldDrawn::Independent,
        DrawnName::Convenience => GoldDrawn::Convenience,
    }
}
