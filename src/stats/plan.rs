//! Planning: how many units to label and to have checked, which, and what a design would achieve.

mod inclusion;
mod joint;

pub use inclusion::inclusion_probabilities;
pub use joint::joint_max_entropy;
pub use joint::joint_systematic;
pub use joint::joint_tille;
