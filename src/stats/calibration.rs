//! How well stated probabilities fit what gold says, and scores made to fit.

mod bins;
mod ece_interval;
mod isotonic;
mod line;
mod logistic;
mod loss;
mod murphy;
mod platt;
mod reliability;

pub use bins::BinEdges;
pub use bins::Bins;
pub use ece_interval::Resamples;
pub use ece_interval::ece_interval;
pub use isotonic::Isotonic;
pub use line::CalibrationLine;
pub use line::calibration_in_the_large;
pub use line::calibration_line;
pub use logistic::Coefficient;
pub use loss::WrongCertainty;
pub use loss::brier;
pub use loss::log_loss;
pub use murphy::Murphy;
pub use murphy::murphy;
pub use platt::Platt;
pub use reliability::Reliability;
pub use reliability::ReliabilityBin;
pub use reliability::reliability;
