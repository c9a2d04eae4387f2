//! Units divided by the value of a pivot.

use crate::eval::Member;
use crate::measure::WITHOUT_VALUE;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

/// The number of a unit whose exposure is split over several values.
const SPLIT: u32 = u32::MAX;

/// A pivot that divides the units: the values it has, in order, and the number of each unit's.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    pub(super) name: String,
    pub(super) values: Vec<String>,
    of_unit: Vec<u32>,
    /// The parts of units whose exposure is split, ordered by unit.
    split: Vec<Member>,
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

    /// Returns the values, in order.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// Returns the number of each unit's value, in their order; of no value where the unit's exposure is split.
    #[must_use]
    pub fn numbers(&self) -> &[u32] {
        &self.of_unit
    }

    /// Returns how many units have exposure in several parts.
    #[must_use]
    pub fn n_split(&self) -> usize {
        self.of_unit.iter().filter(|number| **number == SPLIT).count()
    }

    /// Returns the part of each unit, and after them those of units whose exposure is split.
    pub fn members(&self) -> impl Iterator<Item = Member> {
        let whole = self.of_unit.iter().enumerate().filter(|(_, part)| **part != SPLIT);
        let whole = whole.map(|(unit, part)| Member { unit, part: *part, share: 1.0 });
        whole.chain(self.split.iter().copied())
    }

    /// Returns the division of some of the units, in the order named.
    #[must_use]
    pub fn of_units(&self, units: impl Iterator<Item = usize>) -> Self {
        let mut parts: HashMap<usize, Vec<Member>> = HashMap::new();
        for part in &self.split {
            parts.entry(part.unit).or_default().push(*part);
        }
        let (mut of_unit, mut split) = (Vec::new(), Vec::new());
        for (at, number) in units.filter_map(|at| Some((at, *self.of_unit.get(at)?))) {
            let own = parts.get(&at).into_iter().flatten();
            split.extend(own.map(|part| Member { unit: of_unit.len(), ..*part }));
            of_unit.push(number);
        }
        Self { name: self.name.clone(), values: self.values.clone(), of_unit, split }
    }
}

/// What shares may leave of a unit by rounding.
const LEFT_OVER: f64 = 1e-6;

/// A division that is made one unit at a time.
#[derive(Debug)]
pub struct Dividing {
    name: String,
    known: Known,
    found: Vec<u32>,
    split: Vec<Member>,
    named: bool,
}

impl Dividing {
    /// Starts with no unit.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let known = Known::default();
        let name = name.to_owned();
        Self { name, known, found: Vec::new(), split: Vec::new(), named: false }
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

    /// Adds the next unit, whose exposure is split: each value with its share of the unit's exposure, above 0. What they leave of
    /// it has no value.
    pub fn add_split<'v>(&mut self, shares: impl Iterator<Item = (&'v str, f64)>) {
        self.named = true;
        let unit = self.found.len();
        let mut left = 1.0;
        let mut parts = Vec::new();
        for (value, share) in shares {
            left -= share;
            parts.push(Member {
                unit,
                part: self.known.number(value, |value| value.into()),
                share,
            });
        }
        if left > LEFT_OVER {
            let part = self.known.number(WITHOUT_VALUE, |value| value.into());
            parts.push(Member { unit, part, share: left });
        }
        if let [only] = parts.as_slice() {
            self.found.push(only.part);
        } else {
            self.found.push(SPLIT);
            self.split.extend(parts);
        }
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
        let ranked = |number: u32| rank.get(number as usize).copied().unwrap_or(SPLIT);
        let of_unit = self.found.into_iter().map(ranked).collect();
        let part = |part: Member| Member { part: ranked(part.part), ..part };
        let split = self.split.into_iter().map(part).collect();
        let values = order.into_iter().map(|number| values[number].to_string()).collect();
        Division { name: self.name, values, of_unit, split }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(division: &Division) -> Vec<(usize, &str, f64)> {
        let part = |it: Member| (it.unit, division.values()[it.part as usize].as_str(), it.share);
        division.members().map(part).collect()
    }

    #[test]
    fn a_split_unit_is_in_each_of_its_parts_and_the_rest_has_no_value() {
        let mut dividing = Dividing::new("surface");
        dividing.add(Some("search"));
        dividing.add_split([("feed", 0.5), ("search", 0.25)].into_iter());
        dividing.add_split(std::iter::once(("feed", 1.0)));
        let division = dividing.finish();
        let whole = [(0, "search", 1.0), (2, "feed", 1.0)];
        let split = [(1, "feed", 0.5), (1, "search", 0.25), (1, WITHOUT_VALUE, 0.25)];
        assert_eq!(parts(&division), [&whole[..], &split].concat());
        assert_eq!(division.n_split(), 1);
        let some = division.of_units([2, 1, 9].into_iter());
        let split = split.map(|(_, value, share)| (1, value, share));
        assert_eq!(parts(&some), [&[(0, "feed", 1.0)][..], &split].concat());
    }
}
