//! How well scores rank positive units above negative ones.

mod delong;
mod precision_recall;
mod roc;

pub use delong::DelongAuc;
pub use delong::DelongTest;
pub use delong::ScorePair;
pub use delong::delong;
pub use delong::delong_test;
pub use precision_recall::PrecisionRecallPoint;
pub use precision_recall::average_precision;
pub use precision_recall::precision_recall_curve;
pub use roc::RocPoint;
pub use roc::auc;
pub use roc::roc_curve;
