//! Which units were drawn together in a fixed number, and which share the totals their weights were calibrated to.

use crate::eval::LabeledUnit;
use crate::gold::Cell;
use crate::stats::DrawnGroup;
use crate::stats::FirstPhase;
use crate::stats::GroupRule;
use crate::stats::Weight;
use crate::unit::Design;
use crate::unit::Inclusion;
use std::collections::HashMap;

/// The groups and categories of the units of a sample, where they matter to a variance.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    groups: Vec<DrawnGroup>,
    categories: Vec<Vec<u32>>,
    places: Vec<(usize, usize)>,
    /// The row of each unit, in their order.
    row_of: Vec<u32>,
}

/// Whether a table is of the whole sample, or of a part of it in which a category's mean is not what its total is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    Whole,
    Part,
}

/// What units of one group have in common. Within a stratum of one simple random draw all probabilities are alike, so that
/// strata of one name that were drawn apart, in two periods, stay apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct GroupKey<'a> {
    rule: u8,
    stratum: Option<&'a str>,
    probability: u64,
}

impl Layout {
    /// Returns `None` where inclusions were independent, or whole clusters were drawn, and no weight was calibrated: the sums of
    /// the cells then tell the variance, or one that is safely large.
    pub(super) fn of<'a>(
        units: &'a [LabeledUnit<'a>],
        weight: impl Fn(usize) -> Weight,
    ) -> Option<Self> {
        let inclusions = || units.iter().filter_map(|unit| unit.inclusion);
        let fixed = inclusions().any(|inclusion| inclusion.design.fixes_size());
        let calibrated = units.iter().any(|unit| !unit.classes.is_empty());
        let clustered = inclusions().any(|inclusion| inclusion.cluster.is_some());
        if clustered || !(fixed || calibrated) {
            return None;
        }
        let mut layout = Self {
            groups: Vec::new(),
            categories: Vec::new(),
            places: Vec::new(),
            row_of: Vec::new(),
        };
        let mut groups: HashMap<GroupKey<'a>, usize> = HashMap::new();
        let mut categories: HashMap<&[u32], usize> = HashMap::new();
        let mut rows: HashMap<(usize, usize), u32> = HashMap::new();
        for (at, unit) in units.iter().enumerate() {
            let (rule, key) = group(unit.inclusion);
            let group = *groups.entry(key).or_insert(layout.groups.len());
            if group == layout.groups.len() {
                layout.groups.push(DrawnGroup::empty(rule));
            }
            layout.groups[group].count(weight(at));
            let category = *categories.entry(unit.classes).or_insert(layout.categories.len());
            if category == layout.categories.len() {
                layout.categories.push(unit.classes.to_vec());
            }
            let next = layout.places.len() as u32;
            let row = *rows.entry((group, category)).or_insert(next);
            if row == next {
                layout.places.push((group, category));
            }
            layout.row_of.push(row);
        }
        Some(layout)
    }

    /// Returns the row of a unit.
    pub(super) fn row(&self, unit: usize) -> usize {
        self.row_of.get(unit).map_or(0, |row| *row as usize)
    }

    /// Returns an empty table of the policy's own cells.
    pub(super) fn table(&self, reach: Reach) -> FirstPhase {
        self.table_of(reach, Cell::ALL.len())
    }

    /// Returns an empty table of so many cells.
    pub(super) fn table_of(&self, reach: Reach, cells: usize) -> FirstPhase {
        let categories = match reach {
            Reach::Whole => self.categories.clone(),
            Reach::Part => Vec::new(),
        };
        FirstPhase::new(self.groups.clone(), categories, self.places.clone(), cells)
    }
}

fn group(inclusion: Option<&Inclusion>) -> (GroupRule, GroupKey<'_>) {
    let alone = GroupKey { rule: 0, stratum: None, probability: 0 };
    let Some(inclusion) = inclusion else { return (GroupRule::Independent, alone) };
    let stratum = inclusion.stratum.as_deref();
    match inclusion.design {
        Design::Census | Design::Uniform | Design::Poisson | Design::Priority => {
            (GroupRule::Independent, alone)
        }
        Design::Stratified => {
            let probability = inclusion.probability.to_bits();
            (GroupRule::FixedSize, GroupKey { rule: 1, stratum, probability })
        }
        Design::Pareto => (GroupRule::FixedSize, GroupKey { rule: 2, stratum, ..alone }),
        Design::WithReplacement => (GroupRule::Draws, GroupKey { rule: 3, stratum, ..alone }),
    }
}
