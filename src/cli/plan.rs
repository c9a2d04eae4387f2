//! `titer plan`.

use super::failure::Failure;
use super::number::above_zero;
use super::number::count;
use super::number::percent;
use super::output::Output;
use crate::measure::Plan;
use crate::measure::PlanCosts;
use crate::measure::PlanGold;
use crate::measure::Simulated;
use crate::ops::Program;
use crate::ops::plan;
use crate::ops::plan::PlanRequest;
use crate::ops::plan::Planned;
use crate::ops::plan::Targets;
use crate::report;
use clap::Args;
use serde_json::Value;
use serde_json::json;
use std::num::NonZeroU64;
use std::path::Path;
use std::path::PathBuf;

/// Show what labels and gold would buy, before anything is spent
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  titer plan --prevalence 0.5% --sensitivity 85% --specificity 99.5% \\
    --labels 20000 --labels 100000 --gold 600 --gold 2000
  titer plan --budget 500 --budget 5000 --label-price 0.0008 --gold-price 0.9
  titer plan --policy harassment --labels 50000 --half-width 0.1% --frame week.csv

Each plan is computed by formula and then tried on made-up truth with the real sampler,
gold draw and estimate. Nothing is sent anywhere.")]
pub(super) struct PlanArgs {
    /// Prevalence you expect, such as 0.5%; that of the project when absent
    #[arg(long, value_name = "SHARE", value_parser = percent)]
    prevalence: Option<f64>,
    /// Share of violating units the labeler flags; that of the project when absent
    #[arg(long, value_name = "SHARE", value_parser = percent)]
    sensitivity: Option<f64>,
    /// Share of other units it does not flag; that of the project when absent
    #[arg(long, value_name = "SHARE", value_parser = percent)]
    specificity: Option<f64>,
    /// Share of units without an answer; three times as likely on violating ones
    #[arg(long, value_name = "SHARE", value_parser = percent, default_value = "0")]
    no_answer: f64,
    /// Policy of the project whose measured rates stand in for guesses
    #[arg(long, value_name = "POLICY")]
    policy: Option<String>,
    /// Units to label; repeat to compare
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU64>)]
    labels: Vec<NonZeroU64>,
    /// Units to get gold; repeat to compare
    #[arg(long, value_name = "N", value_parser = count::<NonZeroU64>)]
    gold: Vec<NonZeroU64>,
    /// Half of the interval you want, such as 0.1%; repeat to compare
    #[arg(long, value_name = "SHARE", value_parser = percent, requires = "labels")]
    half_width: Vec<f64>,
    /// US dollars to spend on labels and gold together; repeat to compare
    #[arg(long, value_name = "USD", value_parser = above_zero)]
    budget: Vec<f64>,
    /// US dollars a label
    #[arg(long, value_name = "USD", value_parser = above_zero)]
    label_price: Option<f64>,
    /// US dollars a gold unit, all its raters together
    #[arg(long, value_name = "USD", value_parser = above_zero)]
    gold_price: Option<f64>,
    /// Seconds a gold unit takes people, all its raters together
    #[arg(long, value_name = "S", value_parser = above_zero)]
    gold_seconds: Option<f64>,
    /// Draw gold with probabilities by what the labeler said
    #[arg(long)]
    by_label: bool,
    /// Frame to try the plans on (JSONL or CSV), with exposure and score where it has them
    #[arg(long, value_name = "FILE")]
    frame: Option<PathBuf>,
    /// Sample the frame uniformly rather than by exposure and risk
    #[arg(long, requires = "frame")]
    uniform: bool,
    /// How often each plan is tried; 0 for formulas alone
    #[arg(long, value_name = "N", default_value = "100")]
    runs: usize,
    /// Seed of the trials
    #[arg(long, value_name = "N", default_value = "1")]
    seed: u64,
    /// Level of the intervals
    #[arg(long, value_name = "LEVEL", default_value = "0.95")]
    level: f64,
    /// Probability with which a change is to be seen
    #[arg(long, value_name = "SHARE", value_parser = percent, default_value = "0.8")]
    power: f64,
}

impl PlanArgs {
    fn request(self) -> PlanRequest {
        PlanRequest {
            policy: self.policy,
            prevalence: self.prevalence,
            sensitivity: self.sensitivity,
            specificity: self.specificity,
            no_answer: self.no_answer,
            targets: Targets {
                labels: self.labels.into_iter().map(NonZeroU64::get).collect(),
                gold: self.gold.into_iter().map(NonZeroU64::get).collect(),
                budgets: self.budget,
                half_widths: self.half_width,
            },
            gold: if self.by_label { PlanGold::ByLabel } else { PlanGold::FromSample },
            costs: PlanCosts {
                label_usd: self.label_price,
                gold_usd: self.gold_price,
                gold_seconds: self.gold_seconds,
            },
            level: self.level,
            power: self.power,
            frame: self.frame,
            uniform: self.uniform,
            runs: self.runs,
            seed: self.seed,
        }
    }
}

pub(super) fn run(args: PlanArgs, project: Option<&Path>, output: &Output) -> Result<(), Failure> {
    let program = Program::open(project)?;
    let planned = plan::plan(&program, &args.request())?;
    output.json(&json(&planned))?;
    let mut text = report::plans(planned.guess, &planned.plans);
    for note in &planned.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    output.text(text.trim_end())?;
    Ok(())
}

fn json(planned: &Planned) -> Value {
    let rates = planned.guess.rates();
    let plans: Vec<Value> = planned.plans.iter().map(one).collect();
    json!({
        "prevalence": rates.prevalence,
        "sensitivity": rates.sensitivity,
        "specificity": rates.specificity,
        "flagged": planned.guess.flagged(),
        "precision": planned.guess.precision(),
        "k": planned.guess.explained(),
        "plans": plans,
        "notes": planned.notes,
    })
}

fn one((plan, tried): &(Plan, Option<Simulated>)) -> Value {
    let tried = tried.map(|it| {
        json!({
            "runs": it.runs,
            "half_width": it.width.map(|width| width / 2.0),
            "half_width_nine_of_ten": it.wide.map(|wide| wide / 2.0),
            "held": it.held,
            "no_miss_found": it.no_miss_found,
            "withheld": it.withheld,
        })
    });
    json!({
        "labels": plan.size.labels,
        "gold": plan.size.gold,
        "gold_flagged": plan.gold_flagged,
        "gold_unflagged": plan.gold_unflagged,
        "half_width": plan.half_width,
        "gold_only_half_width": plan.gold_only_half_width,
        "no_miss_found": plan.no_miss_found,
        "detectable_change": plan.detectable_change,
        "usd": plan.usd,
        "hours": plan.hours,
        "tried": tried,
    })
}
