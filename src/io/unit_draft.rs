//! The cells of one row become a unit, or everything that is wrong with it.

use crate::io::Columns;
use crate::io::ComponentKind;
use crate::io::ContentColumns;
use crate::io::DesignFault;
use crate::io::Fault;
use crate::io::cell::Cell;
use crate::io::columns::Role;
use crate::io::segment_layouts::SegmentLayouts;
use crate::io::shared_texts::SharedTexts;
use crate::unit::Component;
use crate::unit::Content;
use crate::unit::Design;
use crate::unit::Inclusion;
use crate::unit::Segments;
use crate::unit::Unit;
use serde_json::Map;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A unit while its row is read.
#[derive(Debug, Default)]
pub(super) struct Draft {
    id: Option<String>,
    exposure: Option<f64>,
    score: Option<f64>,
    period: Option<String>,
    segments: Vec<(Arc<str>, Arc<str>)>,
    text: Option<String>,
    components: Option<Vec<Component>>,
    mapped: BTreeMap<usize, String>,
    probability: Option<f64>,
    expected_draws: Option<f64>,
    times_drawn: Option<u32>,
    design: Option<Design>,
    stratum: Option<String>,
    cluster: Option<String>,
    passthrough: Map<String, Value>,
    faults: Vec<(Option<String>, Fault)>,
}

/// What a column means, and its values so far where it is a segment.
#[derive(Debug)]
pub(super) struct Meaning {
    role: Role,
    values: SharedTexts,
}

impl Meaning {
    pub(super) fn new(role: Role) -> Self {
        Self { role, values: SharedTexts::default() }
    }
}

/// Which optional columns a row had; rows of one file must agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Given {
    pub(super) exposure: bool,
    pub(super) probability: bool,
}

impl Draft {
    /// Takes one cell for one role; a wrong one is noted.
    pub(super) fn take(&mut self, column: &str, role: &mut Meaning, cell: Cell<'_>) {
        if let Err(fault) = self.try_take(role, cell) {
            self.faults.push((Some(column.to_owned()), fault));
        }
    }

    /// Takes a column nobody asked for.
    pub(super) fn pass(&mut self, column: &str, cell: Cell<'_>) {
        if self.passthrough.insert(column.to_owned(), cell.value()).is_some() {
            self.faults.push((Some(column.to_owned()), Fault::Twice));
        }
    }

    fn try_take(
        &mut self,
        Meaning { role, values }: &mut Meaning,
        cell: Cell<'_>,
    ) -> Result<(), Fault> {
        match role {
            Role::Id => once(&mut self.id, identifier(&cell)?),
            Role::Exposure => {
                let fits = |exposure: f64| exposure.is_finite() && 0.0 < exposure;
                let exposure = cell.number()?.ok_or(Fault::Missing)?;
                once(&mut self.exposure, Some(checked(exposure, fits, Fault::BadExposure)?))
            }
            Role::Score => {
                let score = cell.number()?;
                let fits = |score: f64| (0.0..=1.0).contains(&score);
                once(
                    &mut self.score,
                    score.map(|score| checked(score, fits, Fault::BadScore)).transpose()?,
                )
            }
            Role::Period => once(&mut self.period, cell.name()?),
            Role::Segment(name) => self.segment(name, &cell, values),
            Role::Segments => self.segments_of(cell, values),
            Role::Text => once(&mut self.text, cell.text()?),
            Role::Components => once(&mut self.components, components(cell)?),
            Role::Component(place) => {
                let text = cell.text()?.filter(|text| !text.trim().is_empty());
                if let Some(text) = text
                    && self.mapped.insert(*place, text).is_some()
                {
                    return Err(Fault::Twice);
                }
                Ok(())
            }
            Role::Probability => {
                let fits = |probability: f64| 0.0 < probability && probability <= 1.0;
                let probability = cell.number()?.ok_or(Fault::Missing)?;
                once(
                    &mut self.probability,
                    Some(checked(probability, fits, Fault::BadProbability)?),
                )
            }
            Role::ExpectedDraws => {
                let fits = |draws: f64| draws.is_finite() && 0.0 < draws;
                let draws = cell.number()?;
                let checked = |draws| {
                    checked(draws, fits, |draws| DesignFault::BadExpectedDraws(draws).into())
                };
                once(&mut self.expected_draws, draws.map(checked).transpose()?)
            }
            Role::TimesDrawn => {
                let fits = |draws: f64| {
                    (1.0..=f64::from(u32::MAX)).contains(&draws) && draws.fract() <= 0.0
                };
                let draws = cell.number()?;
                let checked =
                    |draws| checked(draws, fits, |draws| DesignFault::BadTimesDrawn(draws).into());
                let draws = draws.map(checked).transpose()?;
                once(&mut self.times_drawn, draws.map(|draws| draws as u32))
            }
            Role::Design => match cell.name()? {
                None => Ok(()),
                Some(name) => {
                    let design = Design::from_name(&name).ok_or(Fault::UnknownDesign(name))?;
                    once(&mut self.design, Some(design))
                }
            },
            Role::Stratum => once(&mut self.stratum, cell.name()?),
            Role::Cluster => once(&mut self.cluster, cell.name()?),
        }
    }

    fn segment(
        &mut self,
        name: &Arc<str>,
        cell: &Cell<'_>,
        values: &mut SharedTexts,
    ) -> Result<(), Fault> {
        let Some(value) = cell.name_in_place()? else { return Ok(()) };
        self.segments.push((Arc::clone(name), values.share(&value)));
        Ok(())
    }

    fn segments_of(&mut self, cell: Cell<'_>, texts: &mut SharedTexts) -> Result<(), Fault> {
        let Some(value) = cell.nested() else { return Ok(()) };
        let Value::Object(entries) = value else { return Err(Fault::BadSegments("not an object")) };
        for (name, value) in entries {
            let cell = match value {
                Value::Null => Cell::Null,
                Value::Bool(flag) => Cell::Bool(flag),
                Value::Number(number) => Cell::Number(number),
                Value::String(text) => Cell::Text(text.into()),
                Value::Array(_) | Value::Object(_) => {
                    return Err(Fault::BadSegments("a segment is an array or object"));
                }
            };
            self.segment(&texts.share(&name), &cell, texts)?;
        }
        Ok(())
    }

    /// Returns which optional columns the row had.
    pub(super) fn given(&self) -> Given {
        Given {
            exposure: self.exposure.is_some() || self.blamed("exposure"),
            probability: self.probability.or(self.expected_draws).is_some()
                || self.blamed("inclusion_probability")
                || self.blamed("expected_draws"),
        }
    }

    /// Returns the unit, or every fault with the column it is in.
    pub(super) fn finish(
        mut self,
        columns: &Columns,
        layouts: &mut SegmentLayouts,
    ) -> Result<Unit, Vec<(Option<String>, Fault)>> {
        let components = self.content(columns);
        let inclusion = self.inclusion();
        let segments = layouts.segments(&self.segments).unwrap_or_else(|twice| {
            self.faults.push((Some(twice.to_string()), Fault::Twice));
            Segments::new()
        });
        if self.id.is_none() {
            self.miss(columns.id.as_deref().unwrap_or("id"));
        }
        if let Some(column) = columns.exposure.as_deref().filter(|_| self.exposure.is_none()) {
            self.miss(column);
        }
        if !self.faults.is_empty() {
            return Err(self.faults);
        }
        Ok(Unit {
            id: self.id.unwrap_or_default(),
            exposure: self.exposure.unwrap_or(1.0),
            score: self.score,
            segments,
            period: self.period,
            components,
            inclusion,
            passthrough: self.passthrough,
        })
    }

    /// Notes that a column has no value, unless something else is wrong with it.
    fn miss(&mut self, column: &str) {
        if !self.blamed(column) {
            self.faults.push((Some(column.to_owned()), Fault::Missing));
        }
    }

    fn blamed(&self, column: &str) -> bool {
        self.faults.iter().any(|(at, _)| at.as_deref() == Some(column))
    }

    fn content(&mut self, columns: &Columns) -> Vec<Component> {
        let one =
            |text| vec![Component { role: "content".to_owned(), content: Content::Text(text) }];
        let (text, components) = (self.text.take(), self.components.take());
        let (column, found) = match &columns.content {
            ContentColumns::Own => match (text, components) {
                (Some(_), Some(_)) => {
                    let fault = Fault::BadComponents("both `text` and `components` are given");
                    self.faults.push((Some("components".to_owned()), fault));
                    return Vec::new();
                }
                (Some(text), None) => return one(text),
                (None, components) => ("text", components.unwrap_or_default()),
            },
            ContentColumns::Text(column) => (column.as_str(), text.map(one).unwrap_or_default()),
            ContentColumns::Components(parts) => {
                let first = parts.first().map_or("components", |part| part.column.as_str());
                let given = parts.iter().enumerate().filter_map(|(place, part)| {
                    let value = self.mapped.remove(&place)?;
                    let content = match part.kind {
                        ComponentKind::Text => Content::Text(value),
                        ComponentKind::Image => Content::Image(value),
                    };
                    Some(Component { role: part.role.clone(), content })
                });
                (first, given.collect())
            }
            ContentColumns::None => return Vec::new(),
        };
        if found.is_empty() && !self.blamed("components") {
            self.miss(column);
        }
        found
    }

    fn inclusion(&mut self) -> Option<Inclusion> {
        let draws = self.times_drawn.take();
        if self.probability.or(self.expected_draws).is_none() && draws.is_none() {
            self.need_probability();
            return None;
        }
        let Some(design) = self.design else {
            if !self.blamed("design") {
                self.faults.push((Some("design".to_owned()), Fault::NoDesign));
            }
            return None;
        };
        let (stratum, cluster) = (self.stratum.take(), self.cluster.take());
        if let Some((column, fault)) = self.misfit(design, draws, stratum.is_some()) {
            self.faults.push((Some(column.to_owned()), fault));
        }
        let probability = self.probability.or(self.expected_draws)?;
        Some(Inclusion { probability, draws: draws.unwrap_or(1), design, stratum, cluster })
    }

    /// Notes a sample without its probabilities: measured as a census it would be a wrong number that looks right.
    fn need_probability(&mut self) {
        let (column, fault) = match self.design {
            None | Some(Design::Census) => return,
            Some(Design::WithReplacement) => ("expected_draws", DesignFault::NeedsExpectedDraws),
            Some(design) => ("inclusion_probability", DesignFault::NoProbability(design.name())),
        };
        if !self.blamed(column) {
            self.faults.push((Some(column.to_owned()), fault.into()));
        }
    }

    /// Returns what a row lacks or has too much for its design.
    fn misfit(
        &self,
        design: Design,
        draws: Option<u32>,
        stratified: bool,
    ) -> Option<(&'static str, Fault)> {
        let once = (self.expected_draws.is_some() || draws.is_some()).then(|| {
            let column = if draws.is_some() { "times_drawn" } else { "expected_draws" };
            (column, DesignFault::DrawnOnce.into())
        });
        match (design, self.probability, self.expected_draws) {
            (Design::WithReplacement, None, Some(_)) => None,
            (Design::WithReplacement, _, _) => {
                Some(("expected_draws", DesignFault::NeedsExpectedDraws.into()))
            }
            (Design::Census, Some(probability), _) if probability < 1.0 => {
                Some(("inclusion_probability", Fault::PartialCensus(probability)))
            }
            (Design::Stratified, _, _) if !stratified => {
                Some(("stratum", DesignFault::NoStratum.into()))
            }
            (
                Design::Census
                | Design::Uniform
                | Design::Poisson
                | Design::Priority
                | Design::Stratified
                | Design::Pareto,
                _,
                _,
            ) => once,
        }
    }
}

fn once<T>(place: &mut Option<T>, value: Option<T>) -> Result<(), Fault> {
    if place.is_some() {
        return Err(Fault::Twice);
    }
    *place = value;
    Ok(())
}

fn checked(value: f64, fits: impl Fn(f64) -> bool, fault: fn(f64) -> Fault) -> Result<f64, Fault> {
    if fits(value) { Ok(value) } else { Err(fault(value)) }
}

/// Returns an id, checked; a blank one is missing.
pub(super) fn identifier(cell: &Cell<'_>) -> Result<Option<String>, Fault> {
    match cell.name()? {
        None => Err(Fault::Missing),
        Some(id) if id.contains('\u{1f}') => Err(Fault::SeparatorInId),
        Some(id) => Ok(Some(id)),
    }
}

fn components(cell: Cell<'_>) -> Result<Option<Vec<Component>>, Fault> {
    let Some(value) = cell.nested() else { return Ok(None) };
    let Value::Array(parts) = value else { return Err(Fault::BadComponents("not an array")) };
    if parts.is_empty() {
        return Err(Fault::BadComponents("the array is empty"));
    }
    parts.into_iter().map(component).collect::<Result<_, _>>().map(Some)
}

fn component(part: Value) -> Result<Component, Fault> {
    let Value::Object(mut fields) = part else {
        return Err(Fault::BadComponents("a component is not an object"));
    };
    let mut text_of = |name: &str| match fields.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => {
            Err(Fault::BadComponents("role, text and image are texts"))
        }
    };
    let role = text_of("role")?.filter(|role| !role.is_empty());
    let (text, image) = (text_of("text")?, text_of("image")?);
    let role = role.ok_or(Fault::BadComponents("a component has no `role`"))?;
    if !fields.is_empty() {
        return Err(Fault::BadComponents("a component has a key besides role, text and image"));
    }
    let content = match (text, image) {
        (Some(text), None) => Content::Text(text),
        (None, Some(image)) => Content::Image(image),
        (Some(_), Some(_)) => {
            return Err(Fault::BadComponents("a component has both text and image"));
        }
        (None, None) => return Err(Fault::BadComponents("a component has neither text nor image")),
    };
    Ok(Component { role, content })
}
