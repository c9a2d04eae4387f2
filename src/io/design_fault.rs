//! What is wrong with how a row says it was drawn.

use crate::io::Fault;
use std::fmt;

/// What a row lacks, or has too much, for its sampling design.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DesignFault {
    /// Not an expected number of draws.
    BadExpectedDraws(f64),
    /// Not how often a unit was drawn.
    BadTimesDrawn(f64),
    /// A design with replacement without the expected number of draws, or beside an inclusion probability.
    NeedsExpectedDraws,
    /// Draws of a design that takes each unit once.
    DrawnOnce,
    /// A design that is no census without its probability.
    NoProbability(&'static str),
    /// A stratified design without the stratum.
    NoStratum,
}

impl From<DesignFault> for Fault {
    fn from(fault: DesignFault) -> Self {
        Self::Design(fault)
    }
}

impl fmt::Display for DesignFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadExpectedDraws(found) => write!(
                f,
                "{found} is no expected number of draws; write the number of draws times the unit's share of the sizes (n q), above 0"
            ),
            Self::BadTimesDrawn(found) => write!(
                f,
                "{found} is not how often a unit was drawn; write a whole number of at least 1"
            ),
            Self::NeedsExpectedDraws => f.write_str(
                "design pps_with_replacement goes by expected draws; write the number of draws times the unit's share of the sizes (n q) in `expected_draws`, and leave `inclusion_probability` out",
            ),
            Self::DrawnOnce => f.write_str(
                "only design pps_with_replacement draws a unit more than once; leave the column out, or name that design",
            ),
            Self::NoProbability(design) => write!(
                f,
                "design {design} needs the probability with which each unit was drawn; add the column, or correct its name"
            ),
            Self::NoStratum => f.write_str(
                "design stratified needs the stratum of every unit; add a column `stratum`",
            ),
        }
    }
}
