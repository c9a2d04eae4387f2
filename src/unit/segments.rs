//! The segments of a unit: a few names with their values, shared between units that have the same.

use std::fmt;
use std::sync::Arc;

/// Pivots by name, such as `surface` or `country`, in the order of their names.
///
/// Texts are shared: the units of a file mostly have the same names and the same few values.
#[derive(Clone, PartialEq, Eq)]
pub struct Segments {
    names: Arc<[Arc<str>]>,
    /// One a name.
    values: Box<[Arc<str>]>,
}

impl Segments {
    /// Returns no segments.
    #[must_use]
    pub fn new() -> Self {
        Self { names: Arc::new([]), values: Box::new([]) }
    }

    /// Returns segments of these names, which are in order, with a value for each.
    pub(crate) fn of(names: Arc<[Arc<str>]>, values: Box<[Arc<str>]>) -> Self {
        Self { names, values }
    }

    /// Returns the value of a segment.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.place(name).map(|place| &*self.values[place])
    }

    /// Returns names and values in the order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().zip(&self.values).map(|(name, value)| (&**name, &**value))
    }

    /// Returns whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// Returns the names in order; units with the same names may share them.
    pub(crate) fn names(&self) -> &Arc<[Arc<str>]> {
        &self.names
    }

    /// Returns the place of a name.
    pub(crate) fn place(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| (**known).cmp(name)).ok()
    }

    /// Returns the value of the name at a place.
    pub(crate) fn at(&self, place: usize) -> Option<&Arc<str>> {
        self.values.get(place)
    }
}

impl Default for Segments {
    fn default() -> Self {
        Self::new()
    }
}

impl<N: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(N, V)> for Segments {
    /// A name that comes again keeps its last value.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(segments: I) -> Self {
        let segments = segments.into_iter().map(|(name, value)| (name.into(), value.into()));
        let (names, values): (Vec<_>, Vec<_>) = segments
            .collect::<std::collections::BTreeMap<Arc<str>, Arc<str>>>()
            .into_iter()
            .unzip();
        Self::of(names.into(), values.into())
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_ordered_by_name_whatever_the_order_they_come_in() {
        let segments: Segments =
            [("b", "2"), ("c", "3"), ("a", "0"), ("a", "1")].into_iter().collect();
        assert_eq!(segments.iter().collect::<Vec<_>>(), [("a", "1"), ("b", "2"), ("c", "3")]);
        assert_eq!((segments.get("b"), segments.get("d")), (Some("2"), None));
        assert_eq!(segments.place("b").and_then(|place| segments.at(place)).unwrap().as_ref(), "2");
    }
}
