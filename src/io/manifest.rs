//! The manifest beside a sample.

use crate::io::IoError;
use crate::io::Output;
use crate::io::Source;
use crate::io::Target;
use crate::sampling::Manifest;
use crate::sampling::SegmentTotals;
use serde::Deserialize;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

/// A manifest as it stands in its file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ManifestFile {
    /// The hash of the frame's ids, exposures and scores in reading order.
    pub frame_hash: String,
    /// Units in the frame.
    pub frame_rows: u64,
    /// Exposure of the frame.
    pub frame_exposure: f64,
    /// Exposure by segment and value; null for a segment with too many values.
    pub segments: BTreeMap<String, Option<BTreeMap<String, f64>>>,
    /// The design.
    pub design: String,
    /// Units asked for.
    pub asked: u64,
    /// Units drawn.
    pub size: u64,
    /// The salt.
    pub salt: String,
    /// The threshold; null for a census.
    pub threshold: Option<f64>,
    /// The floor; null for a uniform draw.
    pub floor: Option<f64>,
    /// The score transform; null for a uniform draw.
    pub score: Option<String>,
    /// The mean of the transformed score; null for a uniform draw.
    pub score_mean: Option<f64>,
    /// Units drawn with certainty.
    pub certain: u64,
    /// The effective sample size over the size.
    pub effective_share: f64,
    /// The gates.
    pub gates: Vec<GateRow>,
    /// The version of titer that drew the sample.
    pub titer_version: String,
}

/// One gate in a manifest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateRow {
    /// What it looked at.
    pub gate: String,
    /// How it went.
    pub verdict: String,
    /// What was found.
    pub value: f64,
    /// The value above which it does not pass.
    pub bound: f64,
}

impl From<&Manifest> for ManifestFile {
    fn from(manifest: &Manifest) -> Self {
        let segments = manifest.segments.iter().map(|(name, totals)| match totals {
            SegmentTotals::ByValue(totals) => (name.clone(), Some(totals.clone())),
            SegmentTotals::TooMany => (name.clone(), None),
        });
        let gates = manifest.quality.gates.iter().map(|gate| GateRow {
            gate: gate.kind.name().to_owned(),
            verdict: gate.verdict.name().to_owned(),
            value: gate.value,
            bound: gate.bound,
        });
        Self {
            frame_hash: manifest.frame_hash.to_string(),
            frame_rows: manifest.frame_rows,
            frame_exposure: manifest.frame_exposure,
            segments: segments.collect(),
            design: manifest.design.name().to_owned(),
            asked: manifest.asked,
            size: manifest.size,
            salt: manifest.salt.clone(),
            threshold: manifest.threshold,
            floor: manifest.measure.map(|measure| measure.floor().value()),
            score: manifest.measure.map(|measure| measure.transform().name().to_owned()),
            score_mean: manifest.measure.map(|measure| measure.mean()),
            certain: manifest.quality.certain,
            effective_share: manifest.quality.effective_share,
            gates: gates.collect(),
            titer_version: manifest.titer_version.clone(),
        }
    }
}

/// Returns where the manifest of a sample stands: its name with `.manifest.json` after it.
#[must_use]
pub fn manifest_path(sample: &Path) -> PathBuf {
    let mut name = sample.as_os_str().to_owned();
    name.push(".manifest.json");
    PathBuf::from(name)
}

/// Writes the manifest of a sample beside it and returns where.
///
/// # Errors
///
/// [`IoError::Write`].
pub fn write_manifest(sample: &Path, manifest: &Manifest) -> Result<PathBuf, IoError> {
    let path = manifest_path(sample);
    let mut output = Output::create(&Target::File(path.clone()))?;
    let mut text = serde_json::to_vec_pretty(&ManifestFile::from(manifest))
        .map_err(|error| output.failed(error.into()))?;
    text.push(b'\n');
    output.write_all(&text).map_err(|error| output.failed(error))?;
    output.commit()?;
    Ok(path)
}

/// Reads the manifest of a sample; `None` when there is none beside it.
///
/// # Errors
///
/// When it cannot be read or is no manifest.
pub fn read_manifest(sample: &Path) -> Result<Option<ManifestFile>, IoError> {
    let path = manifest_path(sample);
    if !path.exists() {
        return Ok(None);
    }
    let name = path.display().to_string();
    let mut text = Vec::new();
    let mut reader = Source::File(path).open()?;
    reader.read_to_end(&mut text).map_err(|source| IoError::reading(&name, source))?;
    let read = serde_json::from_slice(&text);
    read.map(Some).map_err(|source| IoError::BadManifest { path: name, source })
}
