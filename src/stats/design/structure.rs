//! Which units were drawn together: the strata and the primary sampling units (PSUs) of a sample.

use crate::stats::StatsError;

/// Where one unit of the sample stands. Both are indices from 0 without gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SamplePlace {
    /// The stratum its PSU was drawn from.
    pub stratum: usize,
    /// Its PSU: what was drawn in one step (a user, a near-duplicate group, or the unit itself). A PSU has one
    /// index in the whole sample, so no two strata share one.
    pub psu: usize,
}

/// The strata and PSUs of a sample. Every stratum has a PSU and every PSU a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleStructure {
    psu_of: Vec<usize>,
    stratum_of: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl SampleStructure {
    /// Returns the structure of `n` units drawn one by one from one stratum.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] for 0 units.
    pub fn elements(n: usize) -> Result<Self, StatsError> {
        Self::stratified(&vec![0; n])
    }

    /// Returns the structure of units drawn one by one from strata; one stratum index a unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units, [`StatsError::OutOfRange`] where a stratum index below the largest
    /// has no unit.
    pub fn stratified(strata: &[usize]) -> Result<Self, StatsError> {
        let place = |(psu, stratum): (usize, &usize)| SamplePlace { stratum: *stratum, psu };
        Self::clustered(&strata.iter().enumerate().map(place).collect::<Vec<_>>())
    }

    /// Returns the structure of units that came in PSUs drawn from strata; one place a unit.
    ///
    /// # Errors
    ///
    /// [`StatsError::NoUnits`] without units, [`StatsError::OutOfRange`] where a PSU lies in two strata or an
    /// index below the largest has no unit.
    pub fn clustered(places: &[SamplePlace]) -> Result<Self, StatsError> {
        let n_psus = places.iter().map(|place| place.psu + 1).max().ok_or(StatsError::NoUnits)?;
        let mut stratum_of: Vec<Option<usize>> = vec![None; n_psus.min(places.len())];
        for place in places {
            let known = stratum_of.get_mut(place.psu).ok_or(gap("a PSU index", place.psu))?;
            if known.is_some_and(|stratum| stratum != place.stratum) {
                return Err(gap("a PSU that lies in one stratum only", place.psu));
            }
            *known = Some(place.stratum);
        }
        let stratum_of = stratum_of
            .iter()
            .enumerate()
            .map(|(psu, stratum)| stratum.ok_or(gap("a PSU index with a unit", psu)))
            .collect::<Result<Vec<_>, _>>()?;
        let members = members(&stratum_of)?;
        Ok(Self { psu_of: places.iter().map(|place| place.psu).collect(), stratum_of, members })
    }

    /// Returns the number of units.
    #[must_use]
    pub fn n_units(&self) -> usize {
        self.psu_of.len()
    }

    /// Returns the number of PSUs.
    #[must_use]
    pub fn n_psus(&self) -> usize {
        self.stratum_of.len()
    }

    /// Returns the number of strata.
    #[must_use]
    pub fn n_strata(&self) -> usize {
        self.members.len()
    }

    /// Returns the degrees of freedom of a variance: PSUs less strata.
    #[must_use]
    pub fn degrees_of_freedom(&self) -> f64 {
        (self.n_psus() - self.n_strata()) as f64
    }

    /// Returns the PSU of each unit.
    pub(super) fn psu_of(&self) -> &[usize] {
        &self.psu_of
    }

    /// Returns the stratum of each PSU.
    pub(super) fn stratum_of(&self) -> &[usize] {
        &self.stratum_of
    }

    /// Returns the PSUs of each stratum.
    pub(super) fn members(&self) -> &[Vec<usize>] {
        &self.members
    }

    /// Returns the sum of a column within each PSU.
    pub(super) fn totals(&self, column: &[f64]) -> Vec<f64> {
        let mut totals = vec![0.0; self.n_psus()];
        for (psu, value) in self.psu_of.iter().zip(column) {
            totals[*psu] += value;
        }
        totals
    }
}

fn members(stratum_of: &[usize]) -> Result<Vec<Vec<usize>>, StatsError> {
    let n_strata = stratum_of.iter().map(|stratum| stratum + 1).max().unwrap_or(0);
    if n_strata > stratum_of.len() {
        return Err(gap("a stratum index", n_strata - 1));
    }
    let mut members = vec![Vec::new(); n_strata];
    for (psu, stratum) in stratum_of.iter().enumerate() {
        members[*stratum].push(psu);
    }
    match members.iter().position(Vec::is_empty) {
        Some(empty) => Err(gap("a stratum with a unit in the sample", empty)),
        None => Ok(members),
    }
}

fn gap(what: &'static str, index: usize) -> StatsError {
    StatsError::OutOfRange { what, value: index as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(list: &[(usize, usize)]) -> Vec<SamplePlace> {
        list.iter().map(|(stratum, psu)| SamplePlace { stratum: *stratum, psu: *psu }).collect()
    }

    #[test]
    fn degrees_of_freedom_are_psus_less_strata() {
        let structure =
            SampleStructure::clustered(&places(&[(0, 0), (0, 0), (0, 1), (1, 2), (1, 3), (1, 4)]));
        assert!((structure.unwrap().degrees_of_freedom() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn a_psu_in_two_strata_and_a_gap_in_the_indices_are_refused() {
        for bad in [&[(0, 0), (1, 0)][..], &[(0, 0), (0, 2), (0, 2)], &[(1, 0), (1, 1)], &[]] {
            assert!(SampleStructure::clustered(&places(bad)).is_err(), "{bad:?}");
        }
        assert!(SampleStructure::clustered(&places(&[(0, usize::MAX - 1)])).is_err());
    }
}
