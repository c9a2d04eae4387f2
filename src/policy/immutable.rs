//! Ids of an active policy keep their meaning: labels already given cite them.

use super::ComponentRule;
use super::Criterion;
use super::Judging;
use super::Label;
use super::Policy;
use super::Status;
use crate::diag::Diagnostic;
use crate::yaml::Places;
use crate::yaml::pointer;

/// An id that labels already given cite, and that is gone or means another thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrokenId {
    /// `P040` when it is gone, `P041` when it means another thing.
    pub code: &'static str,
    /// The id in the earlier version.
    pub id: String,
    /// What happened to it.
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// JSON pointer into the newer file, to the id or to where it stood.
    pub pointer: String,
}

impl BrokenId {
    /// Returns the diagnostic of the newer file.
    #[must_use]
    pub fn diagnostic(&self, places: &Places) -> Diagnostic {
        let place = places.key(&self.pointer);
        Diagnostic::error(self.code, place, self.message.clone()).hint(self.hint.clone())
    }
}

/// Returns the ids of the last labeled version that the newer one has lost or given another
/// meaning; none when the earlier version was not active.
///
/// An id is *gone* when the newer version has it neither as an id nor as the `was` of a criterion. It *means
/// another thing* when a label crosses from allowed to violating or back, when a criterion moves
/// between `includes` and `excludes`, when an exception leads to another label, or when a role of a component holds
/// another modality or is no longer judged as it was. What a check asks is a text, and texts are what versions are for.
#[must_use]
pub fn immutable_ids(last: &Policy, now: &Policy) -> Vec<BrokenId> {
    if last.status != Status::Active {
        return Vec::new();
    }
    let mut broken = Vec::new();
    if last.id != now.id {
        let message = format!("the policy `{}` is now called `{}`", last.id, now.id);
        broken.push(gone(
            &last.id,
            message,
            &["policy"],
            "keep the id, and write the name into `title`",
        ));
    }
    for label in &last.labels {
        match now.label(&label.id) {
            Some(after) => {
                broken.extend(crossed(label, after));
                broken.extend(criteria(label, after));
            }
            None => {
                let message = format!("the label `{}` is gone", label.id);
                let hint = "keep it: labels already given have it. A policy of other labels is another policy";
                broken.push(gone(&label.id, message, &["labels"], hint));
            }
        }
    }
    broken.extend(exceptions(last, now));
    broken.extend(checks(last, now));
    broken.extend(components(last, now));
    for reason in last.abstain.iter().filter(|reason| !now.abstains(&reason.id)) {
        let message = format!("the reason to abstain `{}` is gone", reason.id);
        broken.push(gone(
            &reason.id,
            message,
            &["abstain"],
            "keep it: labels already given have it",
        ));
    }
    broken
}

fn crossed(before: &Label, after: &Label) -> Option<BrokenId> {
    let side = |label: &Label| if label.severity > 0 { "violating" } else { "allowed" };
    (side(before) != side(after)).then(|| BrokenId {
        code: "P041",
        id: before.id.clone(),
        message: format!("`{}` was {} and is now {}", before.id, side(before), side(after)),
        hint: "labels already given mean the other: give the new meaning a new label".into(),
        pointer: pointer(["labels", &before.id]),
    })
}

fn criteria(before: &Label, after: &Label) -> Vec<BrokenId> {
    let sides = [
        ("includes", &before.includes, &after.includes, &after.excludes),
        ("excludes", &before.excludes, &after.excludes, &after.includes),
    ];
    let mut broken = Vec::new();
    for (side, old, same, other) in sides {
        for criterion in old {
            let id = criterion.id.as_str();
            let short = id.split_once('.').map_or(id, |(_, short)| short);
            if same.iter().any(|now| continues(now, id)) {
                continue;
            }
            if other.iter().any(|now| continues(now, id)) {
                broken.push(BrokenId {
                    code: "P041",
                    id: id.to_owned(),
                    message: format!("`{id}` was one of the `{side}` and is now the opposite"),
                    hint: "labels already given cite it: give the new criterion a new id".into(),
                    pointer: pointer(["labels", &after.id]),
                });
                continue;
            }
            let message = format!("the criterion `{id}` is gone");
            let hint = format!("keep it, or write `was: {short}` on the criterion it became");
            broken.push(gone(id, message, &["labels", &after.id], &hint));
        }
    }
    broken
}

/// Whether a criterion is the one of that id, or was.
fn continues(now: &Criterion, id: &str) -> bool {
    now.id == id || now.was.as_deref() == Some(id)
}

fn exceptions(last: &Policy, now: &Policy) -> Vec<BrokenId> {
    let one = |before: &super::Exception| {
        let id = &before.id;
        let Some(after) = now.exceptions.iter().find(|after| after.id == *id) else {
            let message = format!("the exception `{id}` is gone");
            return Some(gone(
                id,
                message,
                &["exceptions"],
                "keep it: labels already given cite it",
            ));
        };
        (before.then != after.then).then(|| BrokenId {
            code: "P041",
            id: id.clone(),
            message: format!("`{id}` led to `{}` and now leads to `{}`", before.then, after.then),
            hint: "labels already given cite it: give the new exception a new id".into(),
            pointer: pointer(["exceptions", id, "then"]),
        })
    };
    last.exceptions.iter().filter_map(one).collect()
}

fn checks(last: &Policy, now: &Policy) -> Vec<BrokenId> {
    let kept = |id: &str| now.checks.iter().any(|check| check.id == id);
    let lost = last.checks.iter().filter(|check| !kept(&check.id));
    lost.map(|check| {
        let message = format!("the check `{}` is gone", check.id);
        gone(&check.id, message, &["checks"], "keep it: labels already given answer it")
    })
    .collect()
}

fn components(last: &Policy, now: &Policy) -> Vec<BrokenId> {
    let one = |before: &ComponentRule| {
        let role = &before.role;
        let Some(after) = now.components.iter().find(|after| after.role == *role) else {
            let message = format!("the component `{role}` is gone");
            let hint = "keep it: units already labeled have it";
            return Some(gone(role, message, &["components"], hint));
        };
        let was = |rule: &ComponentRule| match rule.judge {
            Judging::Judged => format!("{}, judged", rule.modality.name()),
            Judging::Context => format!("{}, only read", rule.modality.name()),
        };
        (was(before) != was(after)).then(|| BrokenId {
            code: "P041",
            id: role.clone(),
            message: format!("`{role}` was {} and is now {}", was(before), was(after)),
            hint: "labels already given speak of the other: give the new component a new role"
                .into(),
            pointer: pointer(["components", role]),
        })
    };
    last.components.iter().filter_map(one).collect()
}

fn gone(id: &str, message: String, steps: &[&str], hint: &str) -> BrokenId {
    BrokenId {
        code: "P040",
        id: id.to_owned(),
        message,
        hint: hint.to_owned(),
        pointer: pointer(steps),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Source;
    use crate::policy;

    const TEXT: &str = "\
policy: p
version: 1.0.0
status: active
labels:
  fine: {default: true}
  bad: {severity: 1, includes: {steps: {text: Gives steps.}}, excludes: {care: Warns.}}
exceptions: {news: {when: News., then: fine}}
abstain: {unclear: Nothing to see.}
checks: {target: Is somebody named?}
components: {query: {modality: text, judge: context}, response: {modality: text}}
";

    #[track_caller]
    fn check(from: &str, to: &str, expected: &[&str]) {
        let parse = |text: &str| policy::parse(&Source::new("t", text)).unwrap().0;
        assert!(TEXT.contains(from), "{from}");
        let found = immutable_ids(&parse(TEXT), &parse(&TEXT.replace(from, to)));
        let shown: Vec<_> = found.iter().map(|one| format!("{} {}", one.code, one.id)).collect();
        assert_eq!(shown, expected, "{from} -> {to}");
    }

    #[test]
    fn ids_of_an_active_policy_do_not_vanish() {
        check("steps: {text: Gives steps.}", "how: {text: Gives steps.}", &["P040 bad.steps"]);
        check("steps: {text: Gives steps.}", "how: {text: Gives steps., was: steps}", &[]);
        check("policy: p", "policy: q", &["P040 p"]);
        check("unclear:", "unseen:", &["P040 unclear"]);
        check("news:", "art:", &["P040 news"]);
        check("target:", "aim:", &["P040 target"]);
        check("query:", "question:", &["P040 query"]);
    }

    #[test]
    fn ids_of_an_active_policy_do_not_change_their_meaning() {
        check("severity: 1", "severity: 0", &["P041 bad"]);
        check("severity: 1", "severity: 2", &[]);
        check("then: fine", "then: bad", &["P041 news"]);
        check("response: {modality: text}", "response: {modality: image}", &["P041 response"]);
        check(", judge: context", "", &["P041 query"]);
        check("Is somebody named?", "Is a person named?", &[]);
        let (from, to) = ("excludes: {care: Warns.}", "excludes: {}");
        check(from, to, &["P040 bad.care"]);
        check(
            "includes: {steps: {text: Gives steps.}}, excludes: {care: Warns.}",
            "includes: {care: Warns.}, excludes: {steps: Gives steps.}",
            &["P041 bad.steps", "P041 bad.care"],
        );
    }

    #[test]
    fn a_draft_may_change_as_it_likes() {
        let draft = TEXT.replace("status: active\n", "");
        let parse = |text: &str| policy::parse(&Source::new("t", text)).unwrap().0;
        assert_eq!(immutable_ids(&parse(&draft), &parse(&draft.replace("news:", "art:"))), []);
    }
}
