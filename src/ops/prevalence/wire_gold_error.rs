//! The JSON form of what errors of the gold do to an estimate.

use super::wire::EstimateJson;
use super::wire::estimate;
use crate::measure::GoldError;
use crate::measure::Modelled;
use crate::measure::ModelledRater;
use crate::measure::NotModelled;
use crate::ops::chain;
use serde::Serialize;

/// Estimates beside the corrected one that allow for errors of the gold.
#[derive(Debug, Clone, Serialize)]
pub(super) struct GoldErrorJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    raters_modelled: Option<ModelledJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known: Option<EstimateJson>,
}

#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
enum ModelledJson {
    Made {
        #[serde(flatten)]
        estimate: EstimateJson,
        difference: f64,
        parameters_error: f64,
        refits: u32,
        raters: Vec<RaterJson>,
    },
    Missing {
        missing: String,
    },
}

#[derive(Debug, Clone, Serialize)]
struct RaterJson {
    rater: Option<String>,
    sensitivity: Option<f64>,
    specificity: Option<f64>,
}

impl From<&GoldError> for GoldErrorJson {
    fn from(error: &GoldError) -> Self {
        Self {
            raters_modelled: error.modelled.as_ref().map(modelled),
            known: error.known.as_ref().map(estimate),
        }
    }
}

fn modelled(modelled: &Result<Modelled, NotModelled>) -> ModelledJson {
    let rater = |rater: &ModelledRater| RaterJson {
        rater: rater.rater.clone(),
        sensitivity: rater.sensitivity,
        specificity: rater.specificity,
    };
    match modelled {
        Ok(made) => ModelledJson::Made {
            estimate: estimate(&Ok(made.estimate.clone())),
            difference: made.difference,
            parameters_error: made.parameters_error,
            refits: made.refits,
            raters: made.raters.iter().map(rater).collect(),
        },
        Err(reason) => ModelledJson::Missing { missing: chain(reason) },
    }
}
