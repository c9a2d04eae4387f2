//! What the replicates of one scenario add up to, as a row of the table.

use super::study::Replicate;
use titer::measure::Code;
use titer::measure::Estimate;
use titer::measure::Missing;
use titer::measure::Verdict;

/// How often an interval held the truth, and how wide it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct Holding {
    pub shown: usize,
    pub held: usize,
    /// The truth lay below the lower limit.
    pub below: usize,
    /// The truth lay above the upper limit.
    pub above: usize,
    width: f64,
}

/// Everything the table says about one scenario.
#[derive(Debug, Clone, Default)]
pub struct Summary {
    pub replicates: usize,
    pub truth: f64,
    pub corrected: Holding,
    pub gold_only: Holding,
    pub rogan_gladen: Holding,
    /// Sum of the estimates over their truths.
    pub ratio: f64,
    /// Sums of the errors, of their squares, and of the variances that stand beside the estimates.
    errors: [f64; 3],
    /// The default interval where the measurement was publishable, and where it was provisional.
    pub publishable: Holding,
    pub provisional: Holding,
    pub withheld: usize,
    pub thin: usize,
    pub heavy: usize,
    pub uneven: usize,
    /// Gold units of each cell in use, on average, in the order of the measurement.
    pub gold: Vec<f64>,
}

impl Holding {
    fn add(&mut self, estimate: &Result<Estimate, Missing>, truth: f64) {
        let Ok(estimate) = estimate else { return };
        self.shown += 1;
        self.below += usize::from(truth < estimate.low);
        self.above += usize::from(estimate.high < truth);
        self.held = self.shown - self.below - self.above;
        self.width += estimate.high - estimate.low;
    }

    /// The share of the shown intervals that held the truth.
    pub fn coverage(&self) -> f64 {
        self.held as f64 / self.shown as f64
    }

    /// The standard error of the coverage, the simulation being finite.
    fn coverage_error(&self) -> f64 {
        (self.coverage() * (1.0 - self.coverage()) / self.shown as f64).sqrt()
    }

    fn mean_width(&self) -> f64 {
        self.width / self.shown as f64
    }

    fn text(&self) -> String {
        if self.shown == 0 {
            return "never shown".to_owned();
        }
        format!("{:.1} · {:.3}", 100.0 * self.coverage(), 100.0 * self.mean_width())
    }

    /// The coverage with its error, and the width.
    fn exact_text(&self) -> String {
        if self.shown == 0 {
            return "never shown".to_owned();
        }
        let [held, error, width] =
            [self.coverage(), self.coverage_error(), self.mean_width()].map(|part| 100.0 * part);
        format!("{held:.1} ± {error:.1} · {width:.3}")
    }

    /// How many of `all` replicates are of this kind, and how often their intervals held.
    fn part_text(&self, all: usize) -> String {
        if self.shown == 0 {
            return "0".to_owned();
        }
        let part = 100.0 * self.shown as f64 / all as f64;
        format!("{part:.0} · {:.1}", 100.0 * self.coverage())
    }
}

impl Summary {
    pub fn add(&mut self, replicate: &Replicate) {
        let measured = &replicate.measured;
        let truth = replicate.truth;
        self.replicates += 1;
        self.truth += truth;
        self.corrected.add(&measured.corrected, truth);
        self.gold_only.add(&measured.gold_only, truth);
        if let Some(estimate) = &replicate.rogan_gladen {
            self.rogan_gladen.add(estimate, truth);
        }
        if let Ok(estimate) = &measured.corrected {
            self.ratio += estimate.value / truth;
            let error = estimate.value - truth;
            let of_one = [error, error.powi(2), estimate.std_error.powi(2)];
            self.errors.iter_mut().zip(of_one).for_each(|(sum, one)| *sum += one);
        }
        match measured.verdict {
            Verdict::Publishable => self.publishable.add(&measured.corrected, truth),
            Verdict::Provisional => self.provisional.add(&measured.corrected, truth),
            Verdict::Withheld => self.withheld += 1,
        }
        let has = |code| usize::from(measured.findings.iter().any(|finding| finding.code == code));
        self.thin += has(Code::ThinGold);
        self.heavy += has(Code::MaxWeightShare);
        self.uneven += has(Code::LowEss);
        self.gold.resize(self.gold.len().max(measured.cells.len()), 0.0);
        for (sum, cell) in self.gold.iter_mut().zip(&measured.cells) {
            *sum += cell.gold as f64;
        }
    }

    /// The root of the mean variance over the standard deviation of the estimates.
    fn error_ratio(&self) -> f64 {
        let [error, square, variance] = self.errors.map(|sum| sum / self.corrected.shown as f64);
        (variance / (square - error.powi(2))).sqrt()
    }

    fn percent(&self, count: usize) -> String {
        format!("{:.0}", 100.0 * count as f64 / self.replicates as f64)
    }

    /// The row; `name` first.
    pub fn row(&self, name: &str) -> String {
        let of = self.replicates as f64;
        let gold: Vec<String> = self.gold.iter().map(|sum| format!("{:.0}", sum / of)).collect();
        let misses = |count: usize| 100.0 * count as f64 / self.corrected.shown.max(1) as f64;
        let cells = [
            name.to_owned(),
            format!("{:.2}", 100.0 * self.truth / of),
            gold.join("/"),
            format!("{:.2}", self.ratio / self.corrected.shown as f64),
            format!("{:.2}", self.error_ratio()),
            self.corrected.exact_text(),
            format!("{:.1}/{:.1}", misses(self.corrected.below), misses(self.corrected.above)),
            self.gold_only.text(),
            self.rogan_gladen.text(),
            self.publishable.part_text(self.replicates),
            self.provisional.part_text(self.replicates),
            self.percent(self.withheld),
            self.percent(self.thin),
            self.percent(self.heavy),
            self.percent(self.uneven),
        ];
        format!("| {} |", cells.join(" | "))
    }
}

/// The heading of the table.
pub const HEADING: &str = "| scenario | truth % | gold by cell | estimate / truth | s.e. / sd | default: holds % · width | truth below/above % | gold only: holds % · width | Rogan-Gladen: holds % · width | publishable: % · holds % | provisional: % · holds % | withheld % | S008 % | S014 % | S015 % |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|";
