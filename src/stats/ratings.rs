//! Who gave which unit which class: the table that agreement and Dawid-Skene are computed from.

use crate::stats::StatsError;
use crate::stats::design_weight::design_weight;

/// The size of a table of ratings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RatingShape {
    /// Units; those without a rating count too.
    pub units: usize,
    /// Raters.
    pub raters: usize,
    /// Classes that a rater may choose from, used or not.
    pub classes: usize,
}

/// One rater's judgment of one unit; each field an index below that of the [`RatingShape`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rating {
    /// The unit.
    pub unit: usize,
    /// The rater.
    pub rater: usize,
    /// The class given.
    pub class: usize,
}

/// Ratings by unit. Missing ratings are simply absent, so a table of many raters with few ratings each stays small.
///
/// The order in which ratings are handed in never matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ratings {
    shape: RatingShape,
    /// Where the ratings of each unit begin in `columns`, and the end of the last.
    starts: Vec<usize>,
    /// `rater * classes + class` of each rating, ascending within a unit.
    columns: Vec<u32>,
}

impl Ratings {
    /// Sorts ratings by unit. A rater may rate a unit more than once, which Dawid-Skene uses and agreement refuses.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units, raters or classes, [`StatsError::OutOfRange`] for an index outside the
    /// shape, or for a shape of more than 2^32 raters times classes.
    pub fn new(shape: RatingShape, ratings: &[Rating]) -> Result<Self, StatsError> {
        if shape.units == 0 || shape.raters == 0 || shape.classes == 0 {
            return Err(StatsError::NoUnits);
        }
        if shape.raters.checked_mul(shape.classes).is_none_or(|cells| u32::try_from(cells).is_err())
        {
            return Err(out_of_range("a number of raters that fits in memory", shape.raters));
        }
        let mut starts = vec![0; shape.units + 1];
        for rating in ratings {
            check(rating, shape)?;
            starts[rating.unit + 1] += 1;
        }
        for unit in 0..shape.units {
            starts[unit + 1] += starts[unit];
        }
        let mut columns = vec![0_u32; ratings.len()];
        let mut free = starts.clone();
        for rating in ratings {
            columns[free[rating.unit]] = (rating.rater * shape.classes + rating.class) as u32;
            free[rating.unit] += 1;
        }
        for unit in 0..shape.units {
            columns[starts[unit]..starts[unit + 1]].sort_unstable();
        }
        Ok(Self { shape, starts, columns })
    }

    /// Reads a dense table: one row a unit, one place a rater, `None` where that rater gave no rating.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without rows or raters, [`StatsError::LengthsDiffer`] for rows of different lengths,
    /// [`StatsError::OutOfRange`] for a class that is not below `classes`.
    pub fn from_rows(classes: usize, rows: &[Vec<Option<usize>>]) -> Result<Self, StatsError> {
        let raters = rows.first().map_or(0, Vec::len);
        if let Some(row) = rows.iter().find(|row| row.len() != raters) {
            return Err(StatsError::LengthsDiffer { left: raters, right: row.len() });
        }
        let given = rows.iter().enumerate().flat_map(|(unit, row)| {
            row.iter()
                .enumerate()
                .filter_map(move |(rater, class)| class.map(|class| Rating { unit, rater, class }))
        });
        Self::new(RatingShape { units: rows.len(), raters, classes }, &given.collect::<Vec<_>>())
    }

    /// Returns the size of the table.
    #[must_use]
    pub fn shape(&self) -> RatingShape {
        self.shape
    }

    /// Returns the number of ratings.
    #[must_use]
    pub fn n_ratings(&self) -> usize {
        self.columns.len()
    }

    /// Returns the (rater, class) pairs of a unit, by rater.
    pub fn of_unit(&self, unit: usize) -> impl Iterator<Item = (usize, usize)> + '_ {
        let classes = self.shape.classes;
        self.columns_of(unit)
            .iter()
            .map(move |column| (*column as usize / classes, *column as usize % classes))
    }

    /// Returns how many different raters rated a unit.
    #[must_use]
    pub fn n_raters_of(&self, unit: usize) -> usize {
        let mut raters: Vec<usize> = self.of_unit(unit).map(|(rater, _)| rater).collect();
        raters.dedup();
        raters.len()
    }

    /// Returns the same ratings over the classes that occur, and which those are.
    ///
    /// Coefficients whose chance agreement depends on the number of classes (Randolph, Brennan-Prediger, AC1) change
    /// with classes nobody used; this is how to leave those out.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without a rating.
    pub fn observed(&self) -> Result<(Self, Vec<usize>), StatsError> {
        let classes = self.shape.classes;
        let mut used = vec![false; classes];
        self.columns.iter().for_each(|column| used[*column as usize % classes] = true);
        let kept: Vec<usize> = (0..classes).filter(|class| used[*class]).collect();
        if kept.is_empty() {
            return Err(StatsError::NoUnits);
        }
        let mut renumbered = vec![0; classes];
        kept.iter().enumerate().for_each(|(new, old)| renumbered[*old] = new);
        let columns = self.columns.iter().map(|column| {
            let (rater, class) = (*column as usize / classes, *column as usize % classes);
            (rater * kept.len() + renumbered[class]) as u32
        });
        let shape = RatingShape { classes: kept.len(), ..self.shape };
        Ok((Self { shape, starts: self.starts.clone(), columns: columns.collect() }, kept))
    }

    /// The columns of a unit: `rater * classes + class`, ascending.
    pub(crate) fn columns_of(&self, unit: usize) -> &[u32] {
        &self.columns[self.starts[unit]..self.starts[unit + 1]]
    }

    /// How many ratings of each class a unit has.
    pub(crate) fn counts_of(&self, unit: usize) -> Vec<f64> {
        let mut counts = vec![0.0; self.shape.classes];
        self.of_unit(unit).for_each(|(_, class)| counts[class] += 1.0);
        counts
    }

    /// Fails unless every unit has a design weight; no weights at all are fine.
    pub(crate) fn check_weights(&self, weights: Option<&[f64]>) -> Result<(), StatsError> {
        let Some(weights) = weights else { return Ok(()) };
        if weights.len() != self.shape.units {
            return Err(StatsError::LengthsDiffer { left: weights.len(), right: self.shape.units });
        }
        weights.iter().try_for_each(|weight| design_weight(*weight).map(drop))
    }

    /// Fails where a rater rated a unit twice: agreement with oneself is not agreement between raters.
    pub(crate) fn check_single(&self) -> Result<(), StatsError> {
        let repeats =
            |unit: usize| self.n_raters_of(unit) < self.starts[unit + 1] - self.starts[unit];
        if (0..self.shape.units).any(repeats) {
            return Err(StatsError::Undefined {
                statistic: "agreement between raters",
                reason: "a rater rated one unit more than once; keep one rating each",
            });
        }
        Ok(())
    }
}

fn check(rating: &Rating, shape: RatingShape) -> Result<(), StatsError> {
    let within = |index: usize, below: usize, what| {
        if index < below { Ok(()) } else { Err(out_of_range(what, index)) }
    };
    within(rating.unit, shape.units, "the index of a unit")?;
    within(rating.rater, shape.raters, "the index of a rater")?;
    within(rating.class, shape.classes, "the index of a class")
}

fn out_of_range(what: &'static str, value: usize) -> StatsError {
    StatsError::OutOfRange { what, value: value as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rating((unit, rater, class): (usize, usize, usize)) -> Rating {
        Rating { unit, rater, class }
    }

    #[test]
    fn dense_and_sparse_tables_are_the_same() {
        let rows =
            [vec![Some(0), None, Some(2)], vec![None, None, None], vec![None, Some(1), Some(1)]];
        let sparse = [(2, 2, 1), (0, 2, 2), (0, 0, 0), (2, 1, 1)].map(rating);
        let shape = RatingShape { units: 3, raters: 3, classes: 3 };
        let table = Ratings::new(shape, &sparse).unwrap();
        assert_eq!(Ratings::from_rows(3, &rows).unwrap(), table);
        assert_eq!(table.of_unit(0).collect::<Vec<_>>(), [(0, 0), (2, 2)]);
        assert_eq!(table.n_raters_of(1), 0);
    }

    #[test]
    fn what_lies_outside_the_shape_is_refused() {
        let shape = RatingShape { units: 1, raters: 2, classes: 2 };
        for outside in [(1, 0, 0), (0, 2, 0), (0, 0, 2)] {
            let refused = Ratings::new(shape, &[rating(outside)]);
            assert!(matches!(refused, Err(StatsError::OutOfRange { .. })), "{outside:?}");
        }
        assert!(Ratings::from_rows(2, &[vec![Some(0)], vec![]]).is_err());
        assert_eq!(Ratings::from_rows(2, &[]), Err(StatsError::NoUnits));
    }

    #[test]
    fn classes_nobody_used_can_be_left_out() {
        let table = Ratings::from_rows(5, &[vec![Some(4), Some(1)], vec![Some(4), None]]).unwrap();
        let (observed, kept) = table.observed().unwrap();
        assert_eq!(kept, [1, 4]);
        assert_eq!(observed.of_unit(0).collect::<Vec<_>>(), [(0, 1), (1, 0)]);
    }

    #[test]
    fn a_second_rating_by_one_rater_is_noticed() {
        let shape = RatingShape { units: 1, raters: 2, classes: 2 };
        let twice = Ratings::new(shape, &[(0, 1, 0), (0, 1, 1)].map(rating)).unwrap();
        assert!(twice.check_single().is_err());
        assert_eq!(twice.n_raters_of(0), 1);
    }
}
