//! How precise designs with sizes by exposure and score are, over a population whose every value is known.

use titer::stats::KnownPopulation;
use titer::stats::hansen_hurwitz_variance;
use titer::stats::inclusion_probabilities;
use titer::stats::poisson_variance;

/// The population of the sampling-efficiency table: exposures, scores, their calibrated meaning, and gold.
struct Frame {
    exposure: Vec<f64>,
    score: Vec<f64>,
    probability: Vec<f64>,
    gold: Vec<f64>,
}

impl Frame {
    fn of_20_000() -> Self {
        let part = |i: u32, step: f64| (f64::from(i) * step).fract();
        let units = || 1..=20_000_u32;
        let exposure =
            |i| (10.0 * (1.0 - part(i, 0.618_033_988_749_894_9)).powf(-1.0 / 1.2)).floor();
        let score: Vec<f64> = units().map(|i| part(i, 2.0_f64.sqrt()).powi(4)).collect();
        let probability: Vec<f64> = score.iter().map(|s| 0.25 * s.powf(1.5)).collect();
        let hit = |(i, p): (u32, &f64)| if part(i, 3.0_f64.sqrt()) < *p { 1.0 } else { 0.0 };
        Self {
            exposure: units().map(|i| exposure(i).min(1e5)).collect(),
            gold: units().zip(&probability).map(hit).collect(),
            score,
            probability,
        }
    }

    fn mean(&self, values: &[f64]) -> f64 {
        let sum: f64 = self.exposure.iter().zip(values).map(|(t, value)| t * value).sum();
        sum / self.exposure.iter().sum::<f64>()
    }

    /// `t ((1 - eps) g / gbar + eps)`.
    fn mixed(&self, eps: f64, g: impl Fn(f64) -> f64) -> Vec<f64> {
        let g: Vec<f64> = self.score.iter().map(|s| g(*s).max(1e-12)).collect();
        let mean = self.mean(&g);
        self.exposure.iter().zip(&g).map(|(t, g)| t * ((1.0 - eps) * g / mean + eps)).collect()
    }
}

/// One row of the table: standard deviations, expected positives, efficiency, certain units.
struct Row {
    known: f64,
    ratio: f64,
    positives: f64,
    efficiency: f64,
    poisson: f64,
    certain: usize,
}

fn row(frame: &Frame, sizes: &[f64], by_exposure: f64) -> Row {
    let (n, sum) = (1000, sizes.iter().sum::<f64>());
    let (theta, all) = (frame.mean(&frame.gold), frame.exposure.iter().sum::<f64>());
    let pairs = || frame.exposure.iter().zip(&frame.gold);
    let hits: Vec<f64> = pairs().map(|(t, y)| t * y / all).collect();
    let residuals: Vec<f64> = pairs().map(|(t, y)| t * (y - theta) / all).collect();
    let draw: Vec<f64> = sizes.iter().map(|size| size / sum).collect();
    let inclusion = inclusion_probabilities(sizes, n as f64).unwrap();
    let drawn = |values| {
        hansen_hurwitz_variance(KnownPopulation { values, probabilities: &draw }, n).unwrap()
    };
    let ratio = drawn(&residuals);
    let poisson = KnownPopulation { values: &residuals, probabilities: &inclusion };
    Row {
        known: drawn(&hits).sqrt(),
        ratio: ratio.sqrt(),
        positives: draw.iter().zip(&frame.gold).map(|(q, y)| q * y).sum::<f64>() * n as f64,
        efficiency: by_exposure / ratio,
        poisson: poisson_variance(poisson).unwrap().sqrt(),
        certain: inclusion.iter().filter(|pi| **pi >= 1.0).count(),
    }
}

#[test]
fn sizes_by_exposure_and_score_are_as_efficient_as_the_table_of_the_design_says() {
    let frame = Frame::of_20_000();
    let theta = frame.mean(&frame.gold);
    assert!(
        (theta - 0.028_840_496_131).abs() < 1e-12
            && (frame.exposure.iter().sum::<f64>() - 1_024_809.0).abs() < 0.5
    );
    let by = |g: fn(f64) -> f64| -> Vec<f64> {
        frame.exposure.iter().zip(&frame.score).map(|(t, s)| t * g(*s).max(1e-12)).collect()
    };
    let oracle = frame.exposure.iter().zip(&frame.probability);
    let exposure = row(&frame, &frame.exposure, 1.0).ratio.powi(2);
    for (sizes, wanted, within) in [
        (vec![1.0; 20_000], [0.01436671, 0.01741748, 35.600, 0.0923, 0.01697646], 0),
        (frame.exposure.clone(), [0.00529233, 0.00529233, 28.840, 1.0, 0.00375115], 108),
        (by(|s| s), [0.00336693, 11.06727, 100.028, 0.0, 9.315804], 153),
        (by(f64::sqrt), [0.00338853, 0.06065058, 73.137, 0.0076, 0.05282365], 127),
        (frame.mixed(0.2, |s| s), [0.00337585, 0.00371126, 85.791, 2.0335, 0.00247034], 137),
        (frame.mixed(0.1, |s| s), [0.00331441, 0.00386781, 92.909, 1.8722, 0.00257754], 145),
        (frame.mixed(0.2, f64::sqrt), [0.00359147, 0.00381661, 64.278, 1.9228, 0.00256671], 123),
        (
            oracle.map(|(t, p)| t * (p + theta * theta).sqrt()).collect(),
            [0.00338308, 0.00369142, 79.906, 2.0554, 0.00245246],
            129,
        ),
        (frame.mixed(0.2, |s| 1.0 - s), [0.00800752, 0.00788494, 15.709, 0.4505, 0.00607043], 107),
    ] {
        let got = row(&frame, &sizes, exposure);
        assert_eq!(got.certain, within, "{wanted:?}");
        let values = [got.known, got.ratio, got.positives, got.efficiency, got.poisson];
        let no_floor = wanted[1] > 0.05;
        for (index, (value, printed)) in values.iter().zip(wanted).enumerate() {
            // half a unit of the last printed digit, and what the design allows on top
            let digits = [5e-9, 5e-9, 5e-4, 5e-5, 5e-9][index];
            let allowed = digits + printed * if no_floor { 1e-3 } else { 1e-6 };
            assert!((value - printed).abs() <= allowed, "{wanted:?} {index}: {value}");
        }
    }
}
