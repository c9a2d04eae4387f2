//! A rater's session: what is asked next, blind to the labeler, every answer durable at once.

use super::super::error::OpsError;
use super::super::policies;
use super::super::program::Program;
use super::super::units;
use super::draw::latest;
use super::origin::queue_salt;
use crate::gold::Progress;
use crate::gold::Question;
use crate::gold::Queue;
use crate::gold::Undone;
use crate::gold::as_one_text;
use crate::policy::Mode;
use crate::policy::Policy;
use crate::prompt;
use crate::prompt::Audience;
use crate::prompt::GuideFormat;
use crate::store::Access;
use crate::store::Annotation;
use crate::store::GoldDraw;
use crate::store::Record;
use crate::store::Store;
use crate::unit::Content;
use crate::unit::FingerprintBuilder;
use crate::unit::Unit;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// A rater's session over the latest draw.
#[derive(Debug)]
pub struct Session {
    store: Store,
    draw: GoldDraw,
    queue: Queue,
    units: BTreeMap<String, Unit>,
    policies: BTreeMap<String, Arc<Policy>>,
    rater: String,
    /// Annotations of this session, the last one last.
    given: Vec<crate::unit::Fingerprint>,
}

/// What the rater sees: the unit and the answers there are, nothing of the labeler.
#[derive(Debug, Clone)]
pub struct Screen {
    /// Questions answered.
    pub answered: usize,
    /// All questions.
    pub total: usize,
    /// The policy the unit is judged by.
    pub policy_title: String,
    /// Roles and texts of the unit's parts.
    pub components: Vec<(String, String)>,
    /// The possible answers, labels first.
    pub choices: Vec<Choice>,
    /// The policy's rules, for a rater who asks.
    pub guide: String,
}

/// One possible answer.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The label or abstain id.
    pub id: String,
    /// What it means.
    pub text: Option<String>,
    /// Whether it is a reason not to choose a label.
    pub abstains: bool,
    /// Whether others of its kind may be chosen with it.
    pub combines: bool,
}

impl Session {
    /// Opens the queue of the latest draw for a rater.
    ///
    /// # Errors
    ///
    /// No draw yet, units or policies of the draw that are gone, a store another process writes to.
    pub fn open(program: &Program, units: Option<&Path>, rater: String) -> Result<Self, OpsError> {
        let store = Store::open(&program.store_path(), Access::Write)?;
        let reader = store.reader()?;
        let Some(draw) = latest(&reader)? else {
            return Err(OpsError::refused(
                "no units have been drawn for gold",
                "draw them first: titer gold draw --size 300",
            ));
        };
        let policies = policies_of(program, &draw)?;
        let units = units_of(program, units, &draw)?;
        let answered: BTreeSet<Question> = reader
            .annotations()?
            .into_iter()
            .filter(|said| said.rater.as_ref() == Some(&rater))
            .map(|said| Question { unit_id: said.unit, policy: said.policy })
            .collect();
        let questions = draw
            .queue
            .iter()
            .flat_map(|queued| {
                draw.policies
                    .iter()
                    .map(|policy| Question { unit_id: queued.unit.clone(), policy: policy.clone() })
            })
            .collect();
        let salt = queue_salt(&draw)?;
        let queue = Queue::new(&salt, questions, &answered);
        Ok(Self { store, draw, queue, units, policies, rater, given: Vec::new() })
    }

    /// Returns how far the rater is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        self.queue.progress()
    }

    /// Returns what to ask now; `None` when every question is answered.
    #[must_use]
    pub fn screen(&self) -> Option<Screen> {
        let question = self.queue.next()?;
        let unit = self.units.get(&question.unit_id)?;
        let policy = self.policies.get(&question.policy)?;
        let Progress { answered, total } = self.queue.progress();
        Some(Screen {
            answered,
            total,
            policy_title: policy.title.clone().unwrap_or_else(|| policy.id.clone()),
            components: unit
                .components
                .iter()
                .map(|part| (part.role.clone(), shown(&part.content)))
                .collect(),
            choices: choices(policy),
            guide: guide(policy),
        })
    }

    /// Records an answer by the places of one or several of the screen's choices; returns when it is on the disk.
    ///
    /// # Errors
    ///
    /// When the store cannot be written; the question then stays open.
    pub fn answer(&mut self, chosen: &BTreeSet<usize>) -> Result<(), OpsError> {
        let Some(question) = self.queue.next().cloned() else { return Ok(()) };
        let Some(policy) = self.policies.get(&question.policy) else { return Ok(()) };
        let choices = choices(policy);
        let ids: Vec<&str> =
            chosen.iter().filter_map(|at| choices.get(*at)).map(|it| it.id.as_str()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let annotation = self.annotation(&question, as_one_text(ids));
        let id = annotation.id;
        self.store.writer()?.record_blocking(vec![Record::Annotation(annotation)])?;
        self.queue.answer();
        self.given.push(id);
        Ok(())
    }

    /// Takes back the last answer or skip of this session; returns whether there was one.
    ///
    /// # Errors
    ///
    /// When the store cannot be written.
    pub fn undo(&mut self) -> Result<bool, OpsError> {
        match self.queue.undo() {
            None => Ok(false),
            Some(Undone::Skip(_)) => Ok(true),
            Some(Undone::Answer(_)) => {
                if let Some(annotation) = self.given.pop() {
                    let record = Record::Retraction { annotation, retracted_at: Timestamp::now() };
                    self.store.writer()?.record_blocking(vec![record])?;
                }
                Ok(true)
            }
        }
    }

    /// Puts the question behind all others.
    pub fn skip(&mut self) {
        self.queue.skip();
    }

    fn annotation(&self, question: &Question, label: String) -> Annotation {
        let now = Timestamp::now();
        let id = FingerprintBuilder::new("annotation")
            .text(&self.draw.id)
            .text(&question.unit_id)
            .text(&question.policy)
            .text(&self.rater)
            .text(&now.as_nanosecond().to_string())
            .finish();
        let queued = self.draw.queue.iter().find(|queued| queued.unit == question.unit_id);
        Annotation {
            id,
            unit: question.unit_id.clone(),
            policy: question.policy.clone(),
            label,
            rater: Some(self.rater.clone()),
            probability: queued.map(|queued| queued.probability),
            drawn_at: Some(self.draw.created_at),
            criteria: Vec::new(),
            note: None,
            draw: Some(self.draw.id.clone()),
            answered_at: now,
        }
    }
}

fn policies_of(
    program: &Program,
    draw: &GoldDraw,
) -> Result<BTreeMap<String, Arc<Policy>>, OpsError> {
    let reading = policies::load(program, &draw.policies)?;
    Ok(reading.policies.into_iter().map(|(policy, _)| (policy.id.clone(), policy)).collect())
}

/// The drawn units, with their text; every one must be there, or the order would no longer be random.
fn units_of(
    program: &Program,
    path: Option<&Path>,
    draw: &GoldDraw,
) -> Result<BTreeMap<String, Unit>, OpsError> {
    let wanted: BTreeSet<&str> = draw.queue.iter().map(|queued| queued.unit.as_str()).collect();
    let file = units::load(program, path)?;
    let units: BTreeMap<String, Unit> = file
        .units
        .into_iter()
        .filter(|unit| wanted.contains(unit.id.as_str()))
        .map(|unit| (unit.id.clone(), unit))
        .collect();
    match wanted.iter().find(|id| !units.contains_key(**id)) {
        None => Ok(units),
        Some(missing) => Err(OpsError::refused(
            format!("unit `{missing}` was drawn for gold and is not in {}", file.path.display()),
            "name the file of units the gold was drawn from",
        )),
    }
}

fn shown(content: &Content) -> String {
    match content {
        Content::Text(text) => text.clone(),
        Content::Image(reference) => format!("(image: {reference})"),
    }
}

fn choices(policy: &Policy) -> Vec<Choice> {
    let labels = policy.labels.iter().map(|label| Choice {
        id: label.id.clone(),
        text: label.definition.clone(),
        abstains: false,
        combines: policy.mode == Mode::Multi && !label.default,
    });
    let reasons = policy.abstain.iter().map(|reason| Choice {
        id: reason.id.clone(),
        text: Some(reason.text.clone()),
        abstains: true,
        combines: false,
    });
    labels.chain(reasons).collect()
}

/// The rater's guide; without one the labels on the screen still say what they mean.
fn guide(policy: &Policy) -> String {
    prompt::guide(policy, Audience::Rater, GuideFormat::Markdown).unwrap_or_default()
}
