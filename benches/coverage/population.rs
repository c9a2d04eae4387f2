//! Frames with a known truth: what is violating, what the labeler says, how often a unit is seen.

use rand::RngExt as _;
use rand::SeedableRng as _;
use rand_pcg::Pcg64;
use titer::gold::Cell;

/// How often units are seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Exposure {
    /// Once each: prevalence per item.
    Once,
    /// With heavy tails: Pareto of index 1.3, so that the variance is infinite.
    Pareto,
}

/// Whether units are alike in groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Likeness {
    /// Each unit is of its own kind.
    Alone,
    /// Groups of 1 to 62 units share truth and score, and nine times in ten the label.
    NearDuplicates,
    /// Groups of 1 to 62 units, such as those of one account, share the score alone: violations are frequent in some.
    Accounts,
}

/// What a frame is made by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct World {
    /// Units.
    pub units: usize,
    /// The share of violating units to aim at; what a frame turns out to have is its truth.
    pub prevalence: f64,
    /// How often they are seen.
    pub exposure: Exposure,
    /// Whether they come in groups.
    pub likeness: Likeness,
}

/// One unit of a frame.
#[derive(Debug, Clone)]
pub struct FrameUnit {
    pub id: String,
    pub exposure: f64,
    pub score: f64,
    pub violating: bool,
    /// What the labeler says; it says the same whenever it is asked.
    pub said: Cell,
    pub cluster: Option<String>,
}

/// A frame with its truth.
#[derive(Debug, Clone)]
pub struct Population {
    pub units: Vec<FrameUnit>,
    /// The share of exposure that is violating.
    pub truth: f64,
}

/// What is alike within a group.
#[derive(Debug, Clone, Copy)]
struct Kind {
    score: f64,
    violating: bool,
    said: Cell,
}

impl World {
    /// Makes a frame.
    pub fn populate(&self, seed: u64) -> Population {
        let mut rng = Pcg64::seed_from_u64(seed);
        let mut units = Vec::with_capacity(self.units);
        while units.len() < self.units {
            let group = self.group_size(&mut rng).min(self.units - units.len());
            let kind = self.kind(&mut rng);
            let cluster =
                (self.likeness != Likeness::Alone).then(|| format!("group-{:06}", units.len()));
            for place in 0..group {
                let kind = if place > 0 { self.alike(kind, &mut rng) } else { kind };
                units.push(FrameUnit {
                    id: format!("u-{:06}", units.len()),
                    exposure: self.seen(&mut rng),
                    score: kind.score,
                    violating: kind.violating,
                    said: kind.said,
                    cluster: cluster.clone(),
                });
            }
        }
        let exposure = |unit: &FrameUnit| unit.exposure;
        let violating: f64 = units.iter().filter(|unit| unit.violating).map(exposure).sum();
        let truth = violating / units.iter().map(exposure).sum::<f64>();
        Population { units, truth }
    }

    /// Half of the groups are single units; the others have 2 units and more, each next one with probability 0.87.
    fn group_size(&self, rng: &mut Pcg64) -> usize {
        match self.likeness {
            Likeness::Alone => 1,
            Likeness::NearDuplicates | Likeness::Accounts if rng.random_bool(0.5) => 1,
            Likeness::NearDuplicates | Likeness::Accounts => {
                2 + std::iter::repeat_with(|| rng.random_bool(0.87))
                    .take(60)
                    .take_while(|more| *more)
                    .count()
            }
        }
    }

    /// The risk score is `v^4` of a uniform `v`; violations and errors depend on it.
    fn kind(&self, rng: &mut Pcg64) -> Kind {
        self.of_score(rng.random_range(0.0..1.0_f64).powi(4), rng)
    }

    fn of_score(&self, score: f64, rng: &mut Pcg64) -> Kind {
        // the mean of score^1.5 is 1/7
        let violating = rng.random_bool((7.0 * self.prevalence * score.powf(1.5)).min(0.95));
        let kind = Kind { score, violating, said: Cell::NoAnswer };
        Kind { said: self.said(kind, rng), ..kind }
    }

    /// A further unit of a group.
    fn alike(&self, first: Kind, rng: &mut Pcg64) -> Kind {
        match self.likeness {
            Likeness::NearDuplicates if rng.random_bool(0.1) => {
                Kind { said: self.said(first, rng), ..first }
            }
            Likeness::NearDuplicates | Likeness::Alone => first,
            Likeness::Accounts => self.of_score(first.score, rng),
        }
    }

    /// Sensitivity .55 to .95 and a false positive rate of a half to 4.5 times its base, both rising with the score;
    /// violations stay without an answer three times as often.
    fn said(&self, kind: Kind, rng: &mut Pcg64) -> Cell {
        let base = self.prevalence.clamp(0.002, 0.05);
        let (silent, flags) = if kind.violating {
            (0.06, 0.55 + 0.4 * kind.score)
        } else {
            (0.02, base * (0.5 + 4.0 * kind.score * kind.score))
        };
        if rng.random_bool(silent) {
            Cell::NoAnswer
        } else if rng.random_bool(flags) {
            Cell::Flagged
        } else {
            Cell::Unflagged
        }
    }

    fn seen(&self, rng: &mut Pcg64) -> f64 {
        match self.exposure {
            Exposure::Once => 1.0,
            Exposure::Pareto => rng.random_range(1e-12..1.0_f64).powf(-1.0 / 1.3),
        }
    }
}
