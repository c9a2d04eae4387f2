//! What changed from one version of a policy to another, rule by rule, and how much it means.

mod cases;
mod text;
mod version;

pub use version::VersionLie;
pub use version::check_version;

use super::Criterion;
use super::Label;
use super::Policy;
use text::Text;

/// One difference between two versions of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What changed: the full id of a criterion, the id of a label or an exception, `examples.3`
    /// (as numbered in the newer version that has it, from 1), or a key such as `scope`, `terms.stunt`,
    /// `promotion.definition` or `edsa.unless`.
    pub id: String,
    /// How it changed.
    pub kind: ChangeKind,
    /// Which part of the version such a change raises.
    pub level: Level,
    /// What stood there before.
    pub before: Option<String>,
    /// What stands there now.
    pub after: Option<String>,
}

/// How a part of a policy changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another id, which its `was` says.
    Renamed {
        /// The id before.
        from: String,
    },
    /// More falls under its text, as far as the words show.
    Widened,
    /// Less falls under its text, as far as the words show.
    Narrowed,
    /// Its text is another; whether it means another thing, only a reader can tell.
    Reworded,
    /// A case has another label.
    LabelChanged,
    /// A label has another severity.
    SeverityChanged,
    /// The order of rules that both versions have is another.
    PrecedenceChanged,
    /// A case has another unit, other criteria or another reason.
    ExampleChanged,
    /// A setting has another value: the mode, the roll-up, the default, a component, `then`.
    SettingChanged,
}

/// Which part of the version a change raises, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// None: it is for people, or for tests, and reaches no prompt.
    Note,
    /// The third: wording.
    Patch,
    /// The second: a clarification.
    Minor,
    /// The first: people must now decide differently.
    Major,
}

/// Returns what changed, in the order of the newer version; what is gone stands after what is there.
///
/// Which level a change has is a rule of its kind. *Major*: a label, a criterion, an exception or a
/// reason to abstain comes, goes or changes its setting; a text is widened or narrowed; the order of
/// rules, the mode, the roll-up or the components change; a case gets another label. *Minor*: an id
/// is renamed; a text is reworded; terms, checks, examples come or go. *Patch*: only capitals,
/// punctuation and words without content differ; a title; the reason of an example. *Note*:
/// status, owners, rationale, crosswalk and tests that keep their label.
///
/// A text is *widened* or *narrowed* when all its words are still there and new ones came, or the
/// reverse. New words that offer an alternative (`or`, `any`, `also`, `including`, an item of an `or` list) widen,
/// other new words narrow, and taking words away does the opposite. All else is reworded; a negation or an
/// item of an `and` list that comes or goes is so too, and major, since nobody but a reader can tell what it does.
/// So is a text of which fewer than a third of the words stayed: it means another thing.
#[must_use]
pub fn diff(old: &Policy, new: &Policy) -> Vec<Change> {
    let mut differ = Differ { old, new, changes: Vec::new() };
    differ.settings();
    differ.texts();
    differ.labels();
    differ.rules();
    differ.cases();
    differ.notes();
    differ.changes
}

struct Differ<'a> {
    old: &'a Policy,
    new: &'a Policy,
    changes: Vec<Change>,
}

/// A part with an id and one text.
struct Part<'a> {
    id: String,
    text: &'a str,
}

impl Differ<'_> {
    fn add(
        &mut self,
        id: &str,
        kind: ChangeKind,
        level: Level,
        texts: (Option<&str>, Option<&str>),
    ) {
        let (before, after) = (texts.0.map(str::to_owned), texts.1.map(str::to_owned));
        self.changes.push(Change { id: id.to_owned(), kind, level, before, after });
    }

    fn setting(&mut self, id: &str, before: &str, after: &str) {
        if before != after {
            self.add(id, ChangeKind::SettingChanged, Level::Major, (Some(before), Some(after)));
        }
    }

    /// A text both versions have.
    fn text(&mut self, id: &str, before: &str, after: &str) {
        let (kind, level) = match text::compare(before, after) {
            Text::Same => return,
            Text::Cosmetic => (ChangeKind::Reworded, Level::Patch),
            Text::Reworded => (ChangeKind::Reworded, Level::Minor),
            Text::Widened => (ChangeKind::Widened, Level::Major),
            Text::Narrowed => (ChangeKind::Narrowed, Level::Major),
            Text::Moved => (ChangeKind::Reworded, Level::Major),
        };
        self.add(id, kind, level, (Some(before), Some(after)));
    }

    /// A text that may be in one version only, which is then a change of that level.
    fn optional(&mut self, id: &str, texts: (Option<&str>, Option<&str>), level: Level) {
        match texts {
            (Some(before), Some(after)) => self.text(id, before, after),
            (None, Some(_)) => self.add(id, ChangeKind::Added, level, texts),
            (Some(_), None) => self.add(id, ChangeKind::Removed, level, texts),
            (None, None) => {}
        }
    }

    /// Parts by id; one that comes or goes is a change of that level.
    fn parts(&mut self, old: &[Part<'_>], new: &[Part<'_>], level: Level) {
        for part in new {
            let before = old.iter().find(|before| before.id == part.id).map(|before| before.text);
            self.optional(&part.id, (before, Some(part.text)), level);
        }
        for part in old.iter().filter(|part| !new.iter().any(|now| now.id == part.id)) {
            self.add(&part.id, ChangeKind::Removed, level, (Some(part.text), None));
        }
    }

    fn settings(&mut self) {
        let (old, new) = (self.old, self.new);
        self.setting("policy", &old.id, &new.id);
        self.setting("mode", old.mode.name(), new.mode.name());
        let rollup = |policy: &Policy| policy.rollup.map_or("none", super::Rollup::name);
        self.setting("rollup", rollup(old), rollup(new));
        let components = |policy: &Policy| -> Vec<(String, String)> {
            let rules = policy.components.iter();
            rules.map(|rule| (format!("components.{}", rule.role), component(rule))).collect()
        };
        let (before, after) = (components(old), components(new));
        for (id, rule) in &after {
            match before.iter().find(|(known, _)| known == id) {
                Some((_, before)) => self.setting(id, before, rule),
                None => self.add(id, ChangeKind::Added, Level::Major, (None, Some(rule))),
            }
        }
        for (id, rule) in before.iter().filter(|(id, _)| !after.iter().any(|(now, _)| now == id)) {
            self.add(id, ChangeKind::Removed, Level::Major, (Some(rule), None));
        }
    }

    fn texts(&mut self) {
        let (old, new) = (self.old, self.new);
        let titles = (old.title.as_deref(), new.title.as_deref());
        if titles.0 != titles.1 {
            self.add("title", ChangeKind::Reworded, Level::Patch, titles);
        }
        self.optional("scope", (old.scope.as_deref(), new.scope.as_deref()), Level::Major);
        let part = |key: &str, id: &str| format!("{key}.{id}");
        let terms = |policy: &'_ Policy| -> Vec<(String, String)> {
            policy.terms.iter().map(|term| (part("terms", &term.id), term.text.clone())).collect()
        };
        self.named(&terms(old), &terms(new), Level::Minor);
        let lines = (old.interpretation.join("\n"), new.interpretation.join("\n"));
        if lines.0 != lines.1 {
            let texts = (Some(lines.0.as_str()), Some(lines.1.as_str()));
            self.add("interpretation", ChangeKind::Reworded, Level::Minor, texts);
        }
        let checks = |policy: &Policy| -> Vec<(String, String)> {
            let checks = policy.checks.iter();
            checks.map(|check| (part("checks", &check.id), check.question.clone())).collect()
        };
        self.named(&checks(old), &checks(new), Level::Minor);
        let reasons = |policy: &Policy| -> Vec<(String, String)> {
            let reasons = policy.abstain.iter();
            reasons.map(|reason| (part("abstain", &reason.id), reason.text.clone())).collect()
        };
        self.named(&reasons(old), &reasons(new), Level::Major);
    }

    fn named(&mut self, old: &[(String, String)], new: &[(String, String)], level: Level) {
        self.parts(&borrowed(old), &borrowed(new), level);
    }

    fn labels(&mut self) {
        let (old, new) = (self.old, self.new);
        for label in &new.labels {
            let Some(before) = old.label(&label.id) else {
                let text = label.definition.as_deref().or(Some(""));
                self.add(&label.id, ChangeKind::Added, Level::Major, (None, text));
                self.criteria(&[], &Sides::of(label));
                continue;
            };
            if before.severity != label.severity {
                let (before, after) = (before.severity.to_string(), label.severity.to_string());
                let texts = (Some(before.as_str()), Some(after.as_str()));
                self.add(&label.id, ChangeKind::SeverityChanged, Level::Major, texts);
            }
            let default = |label: &Label| if label.default { "default" } else { "not the default" };
            self.setting(&label.id, default(before), default(label));
            let texts = (before.definition.as_deref(), label.definition.as_deref());
            self.optional(&format!("{}.definition", label.id), texts, Level::Major);
            self.criteria(&Sides::of(before), &Sides::of(label));
        }
        for label in old.labels.iter().filter(|label| new.label(&label.id).is_none()) {
            let text = label.definition.as_deref().or(Some(""));
            self.add(&label.id, ChangeKind::Removed, Level::Major, (text, None));
            self.criteria(&Sides::of(label), &[]);
        }
    }

    fn criteria(&mut self, old: &[Sides<'_>], new: &[Sides<'_>]) {
        let at = |id: &str| old.iter().find(|before| before.criterion.id == id);
        let mut known = Vec::new();
        for Sides { side, criterion } in new {
            let id = criterion.id.as_str();
            let renamed = criterion.was.as_deref().filter(|was| at(was).is_some());
            let before = at(id).or_else(|| at(renamed?));
            let Some(before) = before else {
                self.add(id, ChangeKind::Added, Level::Major, (None, Some(&criterion.text)));
                continue;
            };
            known.push(before.criterion.id.as_str());
            if before.criterion.id != id {
                let from = before.criterion.id.clone();
                let texts = (Some(from.as_str()), Some(id));
                self.add(id, ChangeKind::Renamed { from: from.clone() }, Level::Minor, texts);
            }
            self.setting(id, before.side, side);
            self.text(id, &before.criterion.text, &criterion.text);
        }
        for Sides { criterion, .. } in old.iter().filter(|o| !known.contains(&&*o.criterion.id)) {
            let texts = (Some(criterion.text.as_str()), None);
            self.add(&criterion.id, ChangeKind::Removed, Level::Major, texts);
        }
    }

    fn rules(&mut self) {
        let (old, new) = (self.old, self.new);
        for exception in &new.exceptions {
            let before = old.exceptions.iter().find(|before| before.id == exception.id);
            let id = exception.id.as_str();
            let Some(before) = before else {
                self.add(id, ChangeKind::Added, Level::Major, (None, Some(&exception.when)));
                continue;
            };
            self.text(id, &before.when, &exception.when);
            self.setting(id, &before.then, &exception.then);
            let unless = (before.unless.as_deref(), exception.unless.as_deref());
            self.optional(&format!("{id}.unless"), unless, Level::Major);
        }
        for exception in &old.exceptions {
            if !new.exceptions.iter().any(|now| now.id == exception.id) {
                let texts = (Some(exception.when.as_str()), None);
                self.add(&exception.id, ChangeKind::Removed, Level::Major, texts);
            }
        }
        let (before, after) = (self.kept_order(old), self.kept_order(new));
        if before != after {
            let (before, after) = (before.join(", "), after.join(", "));
            let texts = (Some(before.as_str()), Some(after.as_str()));
            self.add("precedence", ChangeKind::PrecedenceChanged, Level::Major, texts);
        }
    }

    /// The precedence without rules that one version does not have; renamed ones by their new id.
    fn kept_order(&self, policy: &Policy) -> Vec<String> {
        let (old_ids, new_ids) = (self.old.rule_ids(), self.new.rule_ids());
        let renamed: Vec<&str> = old_ids.iter().filter_map(|id| self.renamed_to(id)).collect();
        let listed = policy.precedence.iter().map(|id| self.renamed_to(id).unwrap_or(id));
        listed
            .filter(|id| new_ids.contains(id))
            .filter(|id| old_ids.contains(id) || renamed.contains(id))
            .map(str::to_owned)
            .collect()
    }

    /// The id that a criterion of the older version has now, where it has another.
    fn renamed_to(&self, id: &str) -> Option<&str> {
        let labels = self.new.labels.iter();
        let mut criteria = labels.flat_map(|label| label.includes.iter().chain(&label.excludes));
        let renamed = criteria.find(|one| one.was.as_deref() == Some(id))?;
        (!self.new.rule_ids().contains(&id)).then_some(renamed.id.as_str())
    }

    fn notes(&mut self) {
        let (old, new) = (self.old, self.new);
        let crosswalk = |policy: &Policy| -> String {
            let entries = policy.crosswalk.iter();
            let lines: Vec<String> =
                entries.map(|one| format!("{}: {}", one.taxonomy, one.codes.join(", "))).collect();
            lines.join("\n")
        };
        let rationale = |policy: &Policy| policy.rationale.clone().unwrap_or_default();
        for (id, before, after) in [
            ("status", old.status.name().to_owned(), new.status.name().to_owned()),
            ("owners", old.owners.join(", "), new.owners.join(", ")),
            ("rationale", rationale(old), rationale(new)),
            ("crosswalk", crosswalk(old), crosswalk(new)),
        ] {
            if before != after {
                let texts = (Some(before.as_str()), Some(after.as_str()));
                self.add(id, ChangeKind::Reworded, Level::Note, texts);
            }
        }
    }
}

/// A criterion with the list it stands in.
struct Sides<'a> {
    side: &'static str,
    criterion: &'a Criterion,
}

impl<'a> Sides<'a> {
    fn of(label: &'a Label) -> Vec<Self> {
        let includes = label.includes.iter().map(|criterion| Self { side: "includes", criterion });
        let excludes = label.excludes.iter().map(|criterion| Self { side: "excludes", criterion });
        includes.chain(excludes).collect()
    }
}

fn borrowed(parts: &[(String, String)]) -> Vec<Part<'_>> {
    parts.iter().map(|(id, text)| Part { id: id.clone(), text }).collect()
}

fn component(rule: &super::ComponentRule) -> String {
    let required = if rule.required { ", required" } else { "" };
    let judged = match rule.judge {
        super::Judging::Judged => "",
        super::Judging::Context => ", context",
    };
    let most = rule.most.map(|most| format!(", at most {most}")).unwrap_or_default();
    format!("{}{required}{judged}{most}", rule.modality.name())
}
