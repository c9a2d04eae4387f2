//! Requests to make: what shares one, in which order they go, and what they may cost.

use super::cases::compiled;
use std::collections::BTreeSet;
use titer::prompt::CompiledPrompt;
use titer::prompt::Dialect;
use titer::requests::AnsweredCalls;
use titer::requests::Plan;
use titer::requests::Price;
use titer::requests::estimated_tokens;
use titer::requests::forecast;
use titer::requests::plan;
use titer::unit::Fingerprint;
use titer::unit::Unit;

fn prompts() -> Vec<CompiledPrompt> {
    vec![compiled(&["link-spam"], Dialect::JsonChat), compiled(&["insults"], Dialect::JsonChat)]
}

fn units() -> Vec<Unit> {
    ["a", "b", "a", "c", "b", "a"]
        .iter()
        .enumerate()
        .map(|(n, text)| Unit::text(&format!("u{n}"), text))
        .collect()
}

fn fingerprints(plan: &Plan) -> Vec<Fingerprint> {
    plan.pending.iter().map(|request| request.fingerprint).collect()
}

#[test]
fn units_of_equal_content_share_a_request_under_each_prompt() {
    let plan = plan(prompts(), units(), |_| false);
    assert_eq!((plan.pending.len(), plan.answered.len()), (6, 0));
    for request in &plan.pending {
        let texts: BTreeSet<_> =
            request.units().map(|at| format!("{:?}", plan.units[at].components)).collect();
        assert_eq!(texts.len(), 1);
    }
    let spoken_for: usize = plan.pending.iter().map(|request| request.units().count()).sum();
    assert_eq!(spoken_for, 2 * units().len());
}

#[test]
fn the_order_of_requests_does_not_depend_on_the_order_of_the_input() {
    let forwards = plan(prompts(), units(), |_| false);
    let (mut prompts, mut units) = (prompts(), units());
    prompts.reverse();
    units.reverse();
    let backwards = plan(prompts, units, |_| false);
    assert_eq!(fingerprints(&forwards), fingerprints(&backwards));
    assert!(fingerprints(&forwards).is_sorted());
}

#[test]
fn what_is_answered_is_not_pending() {
    let all = plan(prompts(), units(), |_| false);
    let known: BTreeSet<_> = fingerprints(&all).into_iter().take(2).collect();
    let rest = plan(prompts(), units(), |request| known.contains(&request));
    assert_eq!((rest.pending.len(), rest.answered.len()), (4, 2));
    assert!(rest.answered.iter().all(|request| known.contains(&request.fingerprint)));
    assert!(fingerprints(&rest).iter().all(|request| !known.contains(request)));
}

#[test]
fn a_forecast_is_the_sum_over_what_is_pending() {
    let plan = plan(prompts(), units(), |_| false);
    let price = Price { input: 2.0, cached: 1.0, output: 10.0 };
    let forecast = forecast(&plan, Some(price), &AnsweredCalls::new());
    let input: u64 = plan
        .pending
        .iter()
        .map(|request| {
            let prompt = &plan.prompts[request.prompt];
            let question = &prompt.questions()[0];
            let message = question.user_message(&plan.units[request.unit]).unwrap();
            estimated_tokens(question.system().len()) + estimated_tokens(message.len())
        })
        .sum();
    let output = 3 * plan
        .prompts
        .iter()
        .map(|it| u64::from(it.questions()[0].max_output_tokens()))
        .sum::<u64>();
    assert_eq!((forecast.requests, forecast.calls, forecast.answered), (6, 6, 0));
    assert!(forecast.estimated);
    assert_eq!((forecast.input_tokens, forecast.output_tokens_at_most), (input, output));
    let usd = (input as f64 * 2.0 + output as f64 * 10.0) / 1e6;
    assert!((forecast.usd_at_most.unwrap() - usd).abs() < 1e-12);
}

#[test]
fn without_prices_a_forecast_names_no_cost() {
    assert_eq!(
        forecast(&plan(prompts(), units(), |_| false), None, &AnsweredCalls::new()).usd_at_most,
        None
    );
}

#[test]
fn cached_tokens_cost_their_own_price() {
    let price = Price { input: 2.0, cached: 1.0, output: 10.0 };
    assert!((price.usd(1_000_000, 400_000, 100_000) - (0.6 * 2.0 + 0.4 + 1.0)).abs() < 1e-12);
    assert!((price.usd(0, 5, 0) - 5e-6).abs() < 1e-18);
}
