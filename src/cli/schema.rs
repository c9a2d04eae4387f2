//! `titer schema`.

use super::failure::Failure;
use super::output::Output;
use crate::ops;
use clap::Args;
use clap::ValueEnum;

/// Print the JSON Schema of a file, for completion and checking in an editor
#[derive(Debug, Args)]
#[command(after_help = "Example: titer schema policy > schemas/policy.json")]
pub(super) struct SchemaArgs {
    /// Which file
    name: SchemaName,
}

/// The files people write.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum SchemaName {
    /// A policy
    Policy,
    /// A file of shared terms
    Terms,
    /// titer.yaml
    Program,
    /// A suite of comparisons (eval/*.yaml)
    Suite,
}

pub(super) fn run(args: &SchemaArgs, output: &Output) -> Result<(), Failure> {
    let schema = match args.name {
        SchemaName::Policy => ops::policy_schema(),
        SchemaName::Terms => ops::terms_schema(),
        SchemaName::Program => ops::program_schema(),
        SchemaName::Suite => ops::suite_schema(),
    };
    output.raw(&serde_json::to_string_pretty(&schema).map_err(std::io::Error::other)?)?;
    Ok(())
}
