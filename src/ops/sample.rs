//! `titer sample`: draws a probability sample of a frame, in two passes and constant memory.

use super::error::OpsError;
use super::program::DesignName;
use super::program::Program;
use super::program::ScoreName;
use super::units;
use crate::io;
use crate::io::IdCheck;
use crate::io::Source;
use crate::io::Target;
use crate::sampling::BottomK;
use crate::sampling::DrawSettings;
use crate::sampling::Floor;
use crate::sampling::FrameTally;
use crate::sampling::GateVerdict;
use crate::sampling::Manifest;
use crate::sampling::Salt;
use crate::sampling::ScoreTransform;
use crate::sampling::SizeMeasure;
use crate::sampling::Sizing;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What to draw. Settings left out come from `sample:` in `titer.yaml`.
#[derive(Debug, Clone, Default)]
pub struct SampleRequest {
    /// The frame; the project's units when absent.
    pub frame: Option<PathBuf>,
    /// Where the sample goes; `sample.jsonl` of the project when absent, standard output for `-`.
    pub out: Option<PathBuf>,
    /// Units to draw.
    pub size: Option<NonZeroUsize>,
    /// The design.
    pub design: Option<SampleDesign>,
    /// The salt.
    pub salt: Option<String>,
    /// The floor of the size measure.
    pub floor: Option<f64>,
    /// How the score enters it.
    pub score: Option<ScoreTransform>,
}

/// The designs that can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SampleDesign {
    /// In proportion to exposure and risk.
    Priority,
    /// Every unit alike.
    Uniform,
}

/// What was drawn.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// The record of the draw.
    pub manifest: Manifest,
    /// Where the sample is.
    pub out: PathBuf,
    /// Where the manifest is; `None` when the sample went to standard output.
    pub manifest_path: Option<PathBuf>,
    /// Whether later verbs of the project take this sample when no units are named.
    pub is_default: bool,
}

struct Settings {
    size: NonZeroUsize,
    design: SampleDesign,
    salt: Salt,
    floor: Floor,
    score: ScoreTransform,
}

/// Draws a sample and writes it with its manifest.
///
/// # Errors
///
/// Bad rows of the frame, settings no sample can be drawn with, a quality gate that refuses.
pub fn sample(program: &Program, request: &SampleRequest) -> Result<Sampled, OpsError> {
    let path = units::frame_path(program, request.frame.as_deref())?;
    let settings = settings(program, request)?;
    let source = Source::from_argument(&path);
    if source == Source::Stdin {
        return Err(OpsError::refused(
            "a frame is read twice, which standard input does not allow",
            "write it to a file first and name that",
        ));
    }
    let out = request.out.clone().unwrap_or_else(|| program.sample_path());
    units::keep(&path, &out)?;
    let columns = units::columns(program);
    let mut tally = FrameTally::new(settings.score);
    for unit in io::read_units(&source, &columns, IdCheck::Unique)? {
        tally.add(&unit?);
    }
    let sizing = match settings.design {
        SampleDesign::Uniform => Sizing::Uniform,
        // Without any score units are sized by exposure alone.
        SampleDesign::Priority if tally.scored() == 0 => {
            Sizing::Priority(SizeMeasure::new(ScoreTransform::None, settings.floor, 1.0)?)
        }
        SampleDesign::Priority => Sizing::Priority(tally.score().measure(settings.floor)?),
    };
    let mut draw = BottomK::new(DrawSettings { salt: settings.salt, size: settings.size, sizing });
    for unit in io::read_units(&source, &columns, IdCheck::Unchecked)? {
        let unit = unit?;
        let (exposure, score) = (unit.exposure, unit.score);
        let id = unit.id.clone();
        draw.offer(&id, exposure, score, || unit)?;
    }
    let (draw, manifest) = Manifest::finish(&tally, draw)?;
    usable(&manifest)?;
    let design = draw.design;
    let sample = draw.units.into_iter().map(|drawn| {
        let inclusion = drawn.inclusion(design);
        crate::unit::Unit { inclusion: Some(inclusion), ..drawn.payload }
    });
    let to_stdout = out == std::path::Path::new("-");
    let target = if to_stdout { Target::Stdout } else { Target::File(out.clone()) };
    let sample: Vec<_> = sample.collect();
    io::write_units(&target, &columns, &sample)?;
    let manifest_path = if to_stdout { None } else { Some(io::write_manifest(&out, &manifest)?) };
    let is_default = program.file.sample.is_some() && out == program.sample_path();
    Ok(Sampled { manifest, out, manifest_path, is_default })
}

/// Refuses a sample from which no estimate may be made.
fn usable(manifest: &Manifest) -> Result<(), OpsError> {
    let refused = manifest.quality.gates.iter().find(|gate| gate.verdict == GateVerdict::Refused);
    refused.map_or(Ok(()), |gate| {
        Err(OpsError::refused(
            format!(
                "no estimate could be made from {} units: {} is {:.3}, more than {}",
                manifest.size,
                gate.kind.name(),
                gate.value,
                gate.bound
            ),
            "draw more units, raise the floor, or check the exposure of the largest units",
        ))
    })
}

fn settings(program: &Program, request: &SampleRequest) -> Result<Settings, OpsError> {
    let file = program.file.sample.as_ref();
    let size = request.size.or_else(|| NonZeroUsize::new(file?.size)).ok_or_else(|| {
        OpsError::refused(
            "no sample size is given",
            "give --size N, or `sample: {size: N}` in titer.yaml",
        )
    })?;
    let design = request.design.or_else(|| {
        Some(match file?.design {
            DesignName::Priority => SampleDesign::Priority,
            DesignName::Uniform => SampleDesign::Uniform,
        })
    });
    let score = request.score.or_else(|| {
        Some(match file?.score {
            ScoreName::Sqrt => ScoreTransform::Sqrt,
            ScoreName::Identity => ScoreTransform::Identity,
            ScoreName::None => ScoreTransform::None,
        })
    });
    let salt = request.salt.clone().or_else(|| Some(file?.salt.clone()));
    Ok(Settings {
        size,
        design: design.unwrap_or(SampleDesign::Priority),
        salt: Salt::new(salt.as_deref().unwrap_or("titer/phase1"))?,
        floor: Floor::new(request.floor.or(file.map(|sample| sample.floor)).unwrap_or(0.2))?,
        score: score.unwrap_or(ScoreTransform::Sqrt),
    })
}
