//! Arguments become one operation, its text or JSON, and an exit code.

mod agreement;
mod check;
mod compile;
mod demo;
mod diff;
mod explain;
mod failure;
mod gold;
mod guide;
mod init;
mod label;
mod log;
mod number;
mod output;
mod plan;
mod policy_tests;
mod prevalence;
mod progress;
mod queue;
mod report;
mod sample;
mod schema;
mod simulate;
mod table;
mod try_text;
mod width;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::error::ErrorKind;
use failure::Failure;
use output::Format;
use output::Output;
use output::Verbosity;
use std::path::PathBuf;
use std::process::ExitCode;

const EXIT_CODES: &str = "\
Exit codes: 0 done · 1 a check, test or gate did not pass · 2 you must change something (arguments, files, \
credentials) · 3 stopped early, run it again to resume · 101 a bug.

Start with: titer demo";
/// Keeps the options of every verb apart from the verb's own.
const EVERYWHERE: &str = "Options of every verb";

/// Bias-corrected prevalence: policies in YAML, labels by a model, human gold, honest intervals
#[derive(Debug, Parser)]
#[command(name = "titer", version, after_help = EXIT_CODES, max_term_width = 100)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options every verb has.
#[derive(Debug, Args)]
struct Global {
    /// Form of the answer on standard output
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Folder of the project; the nearest one with a titer.yaml when absent
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "DIR")]
    project: Option<PathBuf>,
    /// Say nothing beside the answer and errors
    #[arg(help_heading = EVERYWHERE, short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more: further tables, and the log on standard error
    #[arg(help_heading = EVERYWHERE, short, long, global = true)]
    verbose: bool,
    /// Write the log to a file
    #[arg(help_heading = EVERYWHERE, long, global = true, value_name = "FILE")]
    log_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    Init(init::InitArgs),
    Check(check::CheckArgs),
    Explain(explain::ExplainArgs),
    Compile(compile::CompileArgs),
    Guide(guide::GuideArgs),
    Try(try_text::TryArgs),
    Test(policy_tests::TestArgs),
    Diff(diff::DiffArgs),
    Sample(sample::SampleArgs),
    Label(label::LabelArgs),
    #[command(subcommand)]
    Gold(gold::GoldCommand),
    Plan(plan::PlanArgs),
    Prevalence(prevalence::PrevalenceArgs),
    Report(report::ReportArgs),
    Simulate(simulate::SimulateArgs),
    Schema(schema::SchemaArgs),
}

/// Runs the command line of this process and returns its exit code.
#[must_use]
pub fn main() -> ExitCode {
    match Cli::try_parse() {
        Ok(cli) => ExitCode::from(run(cli)),
        Err(refused) => ExitCode::from(explain(&refused)),
    }
}

fn run(cli: Cli) -> u8 {
    let output = Output { format: cli.global.format, verbosity: cli.global.verbosity() };
    let done = log::start(output.verbosity, cli.global.log_file.as_deref())
        .and_then(|()| dispatch(cli.command, cli.global.project, &output));
    match done {
        Ok(()) => 0,
        Err(failure) => failure.report(),
    }
}

fn dispatch(command: Command, project: Option<PathBuf>, output: &Output) -> Result<(), Failure> {
    let project = project.as_deref();
    match command {
        Command::Demo(args) => demo::run(args, output),
        Command::Init(args) => init::run(args, output),
        Command::Check(args) => check::run(&args, project, output),
        Command::Explain(args) => explain::run(&args, output),
        Command::Compile(args) => compile::run(&args, project, output),
        Command::Guide(args) => guide::run(&args, project, output),
        Command::Try(args) => try_text::run(args, project, output),
        Command::Test(args) => policy_tests::run(&args, project, output),
        Command::Diff(args) => diff::run(&args, project, output),
        Command::Sample(args) => sample::run(args, project, output),
        Command::Label(args) => label::run(args, project, output),
        Command::Gold(command) => gold::run(command, project, output),
        Command::Plan(args) => plan::run(args, project, output),
        Command::Prevalence(args) => prevalence::run(args, project, output),
        Command::Report(args) => report::run(args, project, output),
        Command::Simulate(args) => simulate::run(args, project, output),
        Command::Schema(args) => schema::run(&args, output),
    }
}

/// Prints what clap says: help and version are answers, the rest are mistakes in the arguments.
fn explain(refused: &clap::Error) -> u8 {
    let printed = refused.print();
    match (refused.kind(), printed) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, _) => 0,
        (_, Ok(()) | Err(_)) => failure::CHANGE_SOMETHING,
    }
}

impl Global {
    fn verbosity(&self) -> Verbosity {
        match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Normal,
            (false, true) => Verbosity::Verbose,
        }
    }
}
