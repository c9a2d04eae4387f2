//! Which segments the rows of a file have, worked out once for all rows that have the same.

use crate::unit::Segments;
use std::sync::Arc;

/// Layouts met so far.
#[derive(Debug, Default)]
pub(super) struct SegmentLayouts(Vec<Layout>);

/// The segments of a row in the order they stood there, and in the order of their names.
#[derive(Debug)]
struct Layout {
    given: Vec<Arc<str>>,
    names: Arc<[Arc<str>]>,
    /// For each of `names` its place in `given`.
    order: Vec<usize>,
}

impl SegmentLayouts {
    /// Rows mostly have all their segments or lack one of a few; other layouts are not remembered.
    const MOST: usize = 16;

    /// Returns the segments of a row as they stood there, or the name that comes twice.
    pub(super) fn segments(&mut self, row: &[(Arc<str>, Arc<str>)]) -> Result<Segments, Arc<str>> {
        if let Some(layout) = self.0.iter().find(|layout| layout.is_of(row)) {
            return Ok(layout.segments(row));
        }
        let layout = Layout::of(row)?;
        let segments = layout.segments(row);
        if self.0.len() < Self::MOST {
            self.0.push(layout);
        }
        Ok(segments)
    }
}

impl Layout {
    fn of(row: &[(Arc<str>, Arc<str>)]) -> Result<Self, Arc<str>> {
        let mut order: Vec<usize> = (0..row.len()).collect();
        order.sort_by_key(|place| &row[*place].0);
        let names: Arc<[Arc<str>]> = order.iter().map(|place| Arc::clone(&row[*place].0)).collect();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Arc::clone(&twice[0]));
        }
        Ok(Self { given: row.iter().map(|(name, _)| Arc::clone(name)).collect(), names, order })
    }

    /// Names of a column are one text, so looking at where they are kept is enough.
    fn is_of(&self, row: &[(Arc<str>, Arc<str>)]) -> bool {
        let pairs = || self.given.iter().zip(row);
        self.given.len() == row.len() && pairs().all(|(known, (name, _))| Arc::ptr_eq(known, name))
    }

    fn segments(&self, row: &[(Arc<str>, Arc<str>)]) -> Segments {
        let values = self.order.iter().map(|place| Arc::clone(&row[*place].1)).collect();
        Segments::of(Arc::clone(&self.names), values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(names: &[&Arc<str>]) -> Vec<(Arc<str>, Arc<str>)> {
        names.iter().map(|name| (Arc::clone(name), format!("of {name}").into())).collect()
    }

    #[test]
    fn rows_with_the_same_columns_share_their_names() {
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        let mut layouts = SegmentLayouts::default();
        let first = layouts.segments(&row(&[&b, &a])).unwrap();
        let second = layouts.segments(&row(&[&b, &a])).unwrap();
        let other = layouts.segments(&row(&[&a])).unwrap();
        assert_eq!(first.iter().collect::<Vec<_>>(), [("a", "of a"), ("b", "of b")]);
        assert!(Arc::ptr_eq(first.names(), second.names()));
        assert_eq!(other.iter().collect::<Vec<_>>(), [("a", "of a")]);
    }

    #[test]
    fn a_name_that_comes_twice_is_told() {
        let (a, again): (Arc<str>, Arc<str>) = ("a".into(), "a".into());
        let twice = SegmentLayouts::default().segments(&row(&[&a, &again])).unwrap_err();
        assert_eq!(&*twice, "a");
    }
}
