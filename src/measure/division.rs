//! Units divided by the value of a pivot.

use crate::measure::WITHOUT_VALUE;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// A pivot that divides the units: the values it has, in order, and the number of each unit's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Division {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    pub(super) of_unit: Vec<u32>,
}

impl Division {
    /// Numbers the values of a pivot, one a unit in the order of the units; `None` where a unit has none.
    pub fn new<'v>(name: &str, values: impl Iterator<Item = Option<Cow<'v, str>>>) -> Self {
        let mut division = Dividing::new(name);
        values.for_each(|value| division.add(value.as_deref()));
        division.finish()
    }

    /// Returns the pivot's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the value of each unit, in their order.
    pub fn of_each(&self) -> impl Iterator<Item = &str> {
        self.of_unit.iter().map(|number| self.values[*number as usize].as_str())
    }

    /// Returns the division of some of the units, in the order named.
    #[must_use]
    pub fn of_units(&self, units: impl Iterator<Item = usize>) -> Self {
        let of_unit = units.filter_map(|at| self.of_unit.get(at).copied()).collect();
        Self { name: self.name.clone(), values: self.values.clone(), of_unit }
    }
}

/// A division that is made one unit at a time.
#[derive(Debug)]
pub struct Dividing {
    name: String,
    known: Known,
    found: Vec<u32>,
    named: bool,
}

impl Dividing {
    /// Starts with no unit.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let known = Known::default();
        Self { name: name.to_owned(), known, found: Vec::new(), named: false }
    }

    /// Adds the next unit's value.
    pub fn add(&mut self, value: Option<&str>) {
        self.named |= value.is_some();
        self.found.push(self.known.number(value.unwrap_or(WITHOUT_VALUE), |value| value.into()));
    }

    /// Adds the next unit's value, which units before it may share.
    pub fn add_shared(&mut self, value: &Arc<str>) {
        self.named = true;
        let number = self
            .known
            .shared(value)
            .unwrap_or_else(|| self.known.number(value, |_| Arc::clone(value)));
        self.found.push(number);
    }

    /// Returns whether any unit has a value.
    #[must_use]
    pub fn any(&self) -> bool {
        self.named
    }

    /// Returns the division, its values in order.
    #[must_use]
    pub fn finish(self) -> Division {
        let values = self.known.values;
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|number| &values[*number]);
        let mut rank = vec![0; order.len()];
        (0..).zip(&order).for_each(|(place, number)| rank[*number] = place);
        let of_unit = self.found.into_iter().map(|number| rank[number as usize]).collect();
        let values = order.into_iter().map(|number| values[number].to_string()).collect();
        Division { name: self.name, values, of_unit }
    }
}

/// Values met so far. Most pivots have a few, and comparing with each of them is faster than hashing.
#[derive(Debug, Default)]
struct Known {
    values: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Known {
    /// With more values than this they are hashed.
    const FEW: usize = 12;

    /// Returns the number of a value that is kept where the one known is.
    fn shared(&self, value: &Arc<str>) -> Option<u32> {
        let few = self.values.iter().take(Self::FEW);
        few.zip(0..).find_map(|(known, at)| Arc::ptr_eq(known, value).then_some(at))
    }

    /// Returns the number of a value, which `keep` keeps where it is new.
    fn number(&mut self, value: &str, keep: impl FnOnce(&str) -> Arc<str>) -> u32 {
        let few = self.values.iter().take(Self::FEW);
        if let Some(place) = few.zip(0..).find_map(|(known, at)| (**known == *value).then_some(at))
        {
            return place;
        }
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        let number = self.values.len() as u32;
        let value = keep(value);
        self.values.push(Arc::clone(&value));
        if self.values.len() > Self::FEW {
            self.numbers.insert(value, number);
        }
        number
    }
}
