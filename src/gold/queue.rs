//! What a rater is asked next: fixed blind order, undo, skip.

use crate::sampling::Salt;
use crate::sampling::prn;
use std::collections::BTreeSet;
use std::collections::VecDeque;

/// One unit to be judged under one policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The unit.
    pub unit_id: String,
    /// The policy.
    pub policy: String,
}

/// The questions of one rater. It decides what comes next; the caller records every answer at once.
///
/// The order is that of permanent random numbers, so it shows neither the labeler's label nor the order
/// of the draw, and a new session goes on where the last one stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    waiting: VecDeque<Question>,
    steps: Vec<Step>,
    answered_before: usize,
}

/// What was taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undone {
    /// An answer: it no longer counts, and its question is asked again now.
    Answer(Question),
    /// A skip: its question is asked again now.
    Skip(Question),
}

/// How far a rater is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Questions answered, in earlier sessions too.
    pub answered: usize,
    /// All questions.
    pub total: usize,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Answered(Question),
    Skipped(Question),
}

impl Queue {
    /// Orders the questions and leaves out those answered before.
    ///
    /// The questions of one unit stay together, in the order they are given; a repeated one is asked once.
    #[must_use]
    pub fn new(salt: &Salt, questions: Vec<Question>, answered: &BTreeSet<Question>) -> Self {
        let mut asked = BTreeSet::new();
        let mut order: Vec<_> = questions
            .into_iter()
            .filter(|question| asked.insert(question.clone()))
            .map(|question| (prn(salt, &question.unit_id), question))
            .collect();
        order.sort_by(|(a, one), (b, other)| (a, &one.unit_id).cmp(&(b, &other.unit_id)));
        let total = order.len();
        let waiting: VecDeque<_> = order
            .into_iter()
            .map(|(_, question)| question)
            .filter(|question| !answered.contains(question))
            .collect();
        Self { answered_before: total - waiting.len(), waiting, steps: Vec::new() }
    }

    /// Returns the question to ask now; `None` when every one is answered.
    #[must_use]
    pub fn next(&self) -> Option<&Question> {
        self.waiting.front()
    }

    /// Marks the question asked now as answered and returns it, so that the answer can be recorded.
    pub fn answer(&mut self) -> Option<Question> {
        let question = self.waiting.pop_front()?;
        self.steps.push(Step::Answered(question.clone()));
        Some(question)
    }

    /// Puts the question asked now behind all others.
    pub fn skip(&mut self) {
        if let Some(question) = self.waiting.pop_front() {
            self.steps.push(Step::Skipped(question.clone()));
            self.waiting.push_back(question);
        }
    }

    /// Takes back the last answer or skip of this session.
    pub fn undo(&mut self) -> Option<Undone> {
        let undone = match self.steps.pop()? {
            Step::Answered(question) => Undone::Answer(question),
            Step::Skipped(question) => {
                self.waiting.pop_back();
                Undone::Skip(question)
            }
        };
        self.waiting.push_front(undone.question().clone());
        Some(undone)
    }

    /// Returns how far the rater is.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let now = self.steps.iter().filter(|step| matches!(step, Step::Answered(_))).count();
        let answered = self.answered_before + now;
        Progress { answered, total: answered + self.waiting.len() }
    }
}

impl Undone {
    /// Returns the question that is asked again.
    #[must_use]
    pub fn question(&self) -> &Question {
        match self {
            Self::Answer(question) | Self::Skip(question) => question,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(unit: usize, policy: &str) -> Question {
        Question { unit_id: format!("u{unit}"), policy: policy.into() }
    }

    fn queue(units: usize, answered: &[Question]) -> Queue {
        let questions = (0..units).flat_map(|unit| [question(unit, "b"), question(unit, "a")]);
        let salt = Salt::new("queue").unwrap();
        Queue::new(&salt, questions.collect(), &answered.iter().cloned().collect())
    }

    #[test]
    fn the_order_is_neither_that_of_the_file_nor_changed_by_it() {
        let mut asked = queue(20, &[]);
        let order: Vec<_> = std::iter::from_fn(|| asked.answer()).collect();
        assert!(
            order.chunks(2).all(|pair| pair[0].unit_id == pair[1].unit_id && pair[0].policy == "b")
        );
        let mut sorted = order.clone();
        sorted.sort();
        assert_ne!(order, sorted);
        let salt = Salt::new("queue").unwrap();
        let shuffled = Queue::new(&salt, order.iter().rev().cloned().collect(), &BTreeSet::new());
        assert_eq!(shuffled.next().unwrap().unit_id, order[0].unit_id);
    }

    #[test]
    fn a_new_session_goes_on_where_the_last_stopped() {
        let mut first = queue(5, &[]);
        let answered = [first.answer().unwrap(), first.answer().unwrap(), first.answer().unwrap()];
        let second = queue(5, &answered);
        assert_eq!(second.next(), first.next());
        assert_eq!(second.progress(), Progress { answered: 3, total: 10 });
    }

    #[test]
    fn a_skipped_question_comes_again_at_the_end() {
        let mut queue = queue(1, &[]);
        let first = queue.next().cloned().unwrap();
        queue.skip();
        assert_ne!(queue.next(), Some(&first));
        queue.answer();
        assert_eq!(queue.answer(), Some(first));
        assert_eq!(queue.next(), None);
        assert_eq!(queue.answer(), None);
    }

    proptest! {
        #[test]
        fn undoing_every_step_restores_the_queue(steps in proptest::collection::vec(any::<bool>(), 0..30)) {
            let fresh = queue(6, &[]);
            let mut used = fresh.clone();
            for answer in steps {
                if answer { used.answer(); } else { used.skip(); }
                prop_assert_eq!(used.progress().total, 12);
            }
            while used.undo().is_some() {}
            prop_assert_eq!(used, fresh);
        }
    }
}
