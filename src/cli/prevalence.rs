//! `titer prevalence`.

use super::failure::Failure;
use super::label::LabelerArgs;
use super::output::Output;
use super::output::Verbosity;
use super::width::fitted;
use crate::eval::GoldDrawn;
use crate::measure::Coverage;
use crate::measure::PeriodChange;
use crate::measure::PolicyPrevalence;
use crate::ops::Program;
use crate::ops::prevalence;
use crate::ops::prevalence::EarlierSample;
use crate::ops::prevalence::Measured;
use crate::ops::prevalence::MeasuredRates;
use crate::ops::prevalence::PrevalenceJson;
use crate::ops::prevalence::PrevalenceRequest;
use crate::ops::prevalence::RatesJson;
use crate::report;
use crate::report::Detail;
use crate::stats::TwoPhaseMethod;
use clap::ArgGroup;
use clap::Args;
use clap::ValueEnum;
use std::path::Path;
use std::path::PathBuf;

/// Naive and corrected prevalence with intervals, from the store or from anybody's files
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  titer prevalence
  titer prevalence --by surface --by language --estimates estimates.parquet
  titer prevalence --policy hate --each-label --simultaneous
  titer prevalence --vs 2026-10 --goal 'below 0.5 %'
  titer prevalence --totals exposure-by-surface.csv
  titer prevalence --labels labels.csv --gold gold.csv --units sample.csv --drawn from_sample
  titer prevalence --rates-by labeler -v

Labels and gold need the columns id, policy, label; labels may have a certainty in violating_probability, label_probability or
stated_confidence. Nothing is sent anywhere.")]
pub(super) struct PrevalenceArgs {
    #[command(flatten)]
    measure: MeasureArgs,
    /// Write the estimates as a table, a row an estimator, policy and segment or label (.csv, .tsv, .jsonl, .parquet)
    #[arg(long, value_name = "FILE")]
    estimates: Option<PathBuf>,
    /// Error rates alone, of each value of this column: `labeler`, another column of the labels (`output` in a project), or one of
    /// the units
    ///
    /// A part of the units has a prevalence (--by). A part of the labels has none: several labelers may have labeled the same
    /// units, or few of them. What each has is errors, on the same gold.
    #[arg(long, value_name = "COLUMN", conflicts_with_all = ["by", "vs", "goal", "estimates"])]
    rates_by: Option<String>,
}

/// What is measured, for every verb that measures.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("parts").args(["by", "each_label"]).multiple(true)))]
pub(super) struct MeasureArgs {
    /// Labels of any system (CSV or JSONL), in place of the store's
    #[arg(long, value_name = "FILE")]
    labels: Option<PathBuf>,
    /// Gold of any source (CSV or JSONL), in place of the project's
    #[arg(long, value_name = "FILE")]
    gold: Option<PathBuf>,
    /// The labeled units, with exposure and inclusion probability where they have them
    #[arg(long, value_name = "FILE")]
    units: Option<PathBuf>,
    /// How the units with gold were chosen
    #[arg(long, value_name = "HOW")]
    drawn: Option<DrawnArg>,
    /// Label that counts as violating, where no policy says so; repeat for several
    #[arg(long, value_name = "LABEL", requires = "labels")]
    positive: Vec<String>,
    /// Policy; repeat for several, all when absent
    #[arg(long = "policy", value_name = "POLICY")]
    policies: Vec<String>,
    #[command(flatten)]
    labeler: LabelerArgs,
    /// Compare with this earlier period: the change with its interval
    #[arg(long, value_name = "PERIOD")]
    vs: Option<String>,
    /// The period to measure [default: the last with --vs, else all]
    #[arg(long, value_name = "PERIOD")]
    period: Option<String>,
    /// The earlier period's sample, where it has a file of its own
    #[arg(long, value_name = "FILE")]
    vs_units: Option<PathBuf>,
    /// The earlier sample's labels, where they have a file of their own
    #[arg(long, value_name = "FILE", requires = "labels")]
    vs_labels: Option<PathBuf>,
    /// The earlier sample's gold, where it has a file of its own
    #[arg(long, value_name = "FILE")]
    vs_gold: Option<PathBuf>,
    /// The earlier period's labeler, where it was another
    #[arg(long, value_name = "NAME")]
    vs_labeler: Option<String>,
    /// What the prevalence should be, such as 'below 0.5 %'
    #[arg(long, value_name = "GOAL")]
    goal: Option<String>,
    /// Measure each part of the units by this pivot too; repeat for several
    #[arg(long, value_name = "PIVOT")]
    by: Vec<String>,
    /// Calibrate exposures to known totals: a table of segment, value, exposure (and period), or a sample's manifest
    #[arg(long, value_name = "FILE")]
    totals: Option<PathBuf>,
    /// Measure the share of every label of a policy too, not only of its violations
    #[arg(long)]
    each_label: bool,
    /// Let all intervals of a pivot, or of all labels, hold at once, at the level of one
    #[arg(long, requires = "parts")]
    simultaneous: bool,
    /// Level of the intervals [default: 0.95]
    #[arg(long, value_name = "LEVEL")]
    level: Option<f64>,
    /// How the interval of the corrected estimate is made [default: kg_meld]
    ///
    /// kg_meld, gamma_tiwari, gamma_ff (never short), gamma_midp or logit_t. Declare it before looking at results.
    #[arg(long, value_name = "NAME", value_parser = method)]
    interval: Option<TwoPhaseMethod>,
    /// Gold below which an estimate is provisional [default: 300]
    #[arg(long, value_name = "N")]
    min_gold: Option<u64>,
    /// Seed of the simulated intervals
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Draws a simulated interval takes
    #[arg(long, value_name = "N", default_value = "50000")]
    draws: u32,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
#[value(rename_all = "snake_case")]
enum DrawnArg {
    /// A random part of the labeled units
    FromSample,
    /// With probabilities by the model's label
    ByLabel,
    /// Another sample of the same population
    Independent,
    /// Anything else: no prevalence
    Convenience,
}

impl MeasureArgs {
    pub(super) fn request(self) -> PrevalenceRequest {
        PrevalenceRequest {
            units: self.units,
            policies: self.policies,
            labeler: self.labeler.ad_hoc(),
            labels: self.labels,
            gold: self.gold,
            drawn: self.drawn.map(|drawn| match drawn {
                DrawnArg::FromSample => GoldDrawn::FromSample,
                DrawnArg::ByLabel => GoldDrawn::ByLabel,
                DrawnArg::Independent => GoldDrawn::Independent,
                DrawnArg::Convenience => GoldDrawn::Convenience,
            }),
            positive: self.positive,
            period: self.period,
            vs: self.vs,
            earlier: EarlierSample {
                units: self.vs_units,
                labels: self.vs_labels,
                gold: self.vs_gold,
                labeler: self.vs_labeler,
            },
            goal: self.goal,
            by: self.by,
            totals: self.totals,
            each_label: self.each_label,
            coverage: if self.simultaneous { Coverage::Together } else { Coverage::Each },
            level: self.level,
            interval: self.interval,
            min_gold: self.min_gold,
            seed: self.seed,
            draws: self.draws,
        }
    }
}

pub(super) fn run(
    args: PrevalenceArgs,
    project: Option<&Path>,
    output: &Output,
) -> Result<(), Failure> {
    let program = Program::open(project)?;
    if let Some(by) = &args.rates_by {
        let measured = prevalence::error_rates(&program, &args.measure.request(), by)?;
        output.json(&RatesJson::from(&measured))?;
        output.text(&fitted(&rates_text(&measured, detail(output))))?;
        return Ok(());
    }
    let measured = prevalence::prevalence(&program, &args.measure.request())?;
    if let Some(path) = &args.estimates {
        prevalence::write_estimates(path, &measured)?;
    }
    output.json(&PrevalenceJson::from(&measured))?;
    output.text(&fitted(&text(&measured, output)))?;
    Ok(())
}

/// One block a policy, then what no code covers.
pub(super) fn text(measured: &Measured, output: &Output) -> String {
    let detail = detail(output);
    let mut blocks: Vec<String> = Vec::new();
    for policy in &measured.policies {
        blocks.push(report::text(policy, detail));
        blocks
            .extend(policy.classes.iter().map(|it| report::by_label(&policy.subject, it, detail)));
        let id = &policy.subject.policy;
        let of_policy = |part: &&PolicyPrevalence| part.subject.policy == *id;
        let changes: Vec<&PeriodChange> =
            measured.changes.iter().filter(|change| change.policy == *id).collect();
        let mut over_time = vec![report::changes(&changes)];
        if changes.is_empty() {
            let periods: Vec<&PolicyPrevalence> =
                measured.periods.iter().filter(of_policy).collect();
            over_time.push(report::by_period(&periods));
        }
        let breaks = measured.breaks.iter().filter(|(policy, _)| policy == id);
        over_time.push(report::break_sentences(breaks.map(|(_, found)| found)).join("\n"));
        blocks.extend(over_time.into_iter().filter(|block| !block.is_empty()));
        let pivots = report::pivots(measured.segments.iter().filter(of_policy));
        blocks.extend(pivots.iter().map(|parts| report::by_segment(parts)));
        if detail == Detail::Full {
            blocks.extend(pivots.iter().map(|parts| report::rates_by_segment(parts)));
        }
    }
    with_notes(blocks, &measured.notes)
}

/// One table a policy.
fn rates_text(measured: &MeasuredRates, detail: Detail) -> String {
    let tables = measured.tables.iter().map(|table| report::error_rates(table, detail));
    with_notes(tables.collect(), &measured.notes)
}

fn detail(output: &Output) -> Detail {
    if output.verbosity == Verbosity::Verbose { Detail::Full } else { Detail::Brief }
}

fn with_notes(mut blocks: Vec<String>, notes: &[String]) -> String {
    if !notes.is_empty() {
        let lines: Vec<String> = notes.iter().map(|note| format!("note: {note}")).collect();
        blocks.push(lines.join("\n"));
    }
    blocks.iter().map(|block| block.trim_end()).collect::<Vec<_>>().join("\n\n")
}

fn method(name: &str) -> Result<TwoPhaseMethod, String> {
    let known = TwoPhaseMethod::ALL.map(TwoPhaseMethod::name);
    TwoPhaseMethod::from_name(name)
        .ok_or_else(|| format!("no interval is called that; there are {}", known.join(", ")))
}
