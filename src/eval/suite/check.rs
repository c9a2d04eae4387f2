//! What a well-formed suite file says wrongly: every mistake of meaning at once.

use super::CheckedSuite;
use super::Contender;
use super::Split;
use super::Suite;
use super::SuiteBundling;
use super::SuiteGold;
use super::Who;
use super::file::FileBundling;
use super::file::FileContender;
use super::file::FileDrawn;
use super::file::FileSplit;
use super::file::SuiteFile;
use super::gate;
use super::gate::Bar;
use super::gate::Gate;
use super::gate::Side;
use super::metric::Metric;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Severity;
use crate::diag::nearest;
use crate::eval::GoldDrawn;
use crate::yaml::Places;
use crate::yaml::pointer;

/// What is measured when a suite does not say.
const METRICS: [Metric; 3] = [Metric::Sensitivity, Metric::Specificity, Metric::Cost];

/// Returns the suite and everything found in it, in the order of the text.
pub(super) fn checked(file: SuiteFile, places: &Places) -> (Suite, Vec<Diagnostic>) {
    let mut checker = Checker { places, found: Vec::new() };
    let contenders = checker.contenders(&file.labelers);
    checker.baseline(file.compare.baseline.as_deref(), &contenders);
    let gates = file.gates.iter().enumerate();
    let gates: Vec<(usize, Gate)> =
        gates.filter_map(|(at, text)| Some((at, checker.gate(at, text)?))).collect();
    let metrics: Vec<&str> = file.compare.metrics.iter().map(|metric| metric.name()).collect();
    let robustness: Vec<&str> = file.robustness.iter().map(|fault| fault.name()).collect();
    checker.twice(&["compare", "metrics"], &metrics);
    checker.twice(&["robustness"], &robustness);
    checker.twice(&["slices"], &file.slices);
    checker.twice(&["policies"], &file.policies);
    let suite = Suite {
        title: file.title,
        units: file.units,
        gold: file.gold.map(|gold| SuiteGold {
            from: gold.from,
            drawn: gold.drawn.map(drawn),
            split: split(gold.split),
        }),
        contenders,
        policies: file.policies,
        baseline: file.compare.baseline,
        metrics: if metrics.is_empty() { METRICS.to_vec() } else { file.compare.metrics },
        slices: file.slices,
        robustness: file.robustness,
        gates: gates.iter().map(|(_, gate)| gate.clone()).collect(),
        repeats: file.repeats,
        seed: file.seed,
        level: file.level,
    };
    for (at, gate) in &gates {
        checker.gate_in(*at, gate, &suite);
    }
    let mut found = checker.found;
    found.sort_by_key(|diagnostic| (diagnostic.place.range.start, diagnostic.code));
    (suite, found)
}

/// Returns what a project does not have of what the suite names.
pub(super) fn unknown(
    checked: &CheckedSuite,
    labelers: &[&str],
    is_file: impl Fn(&str) -> bool,
) -> Vec<Diagnostic> {
    let CheckedSuite { suite, places, .. } = checked;
    let mut checker = Checker { places, found: Vec::new() };
    let file = |checker: &mut Checker<'_>, steps: &[&str], path: &str| {
        if !is_file(path) {
            let place = checker.value(steps);
            let message = format!("there is no file `{path}`");
            let hint = "the path starts from the folder of this suite";
            checker.found.push(Diagnostic::error("E009", place, message).hint(hint));
        }
    };
    if let Some(units) = &suite.units {
        file(&mut checker, &["units"], units);
    }
    if let Some(from) = suite.gold.as_ref().and_then(|gold| gold.from.as_ref()) {
        file(&mut checker, &["gold", "from"], from);
    }
    for (at, path) in suite.policies.iter().enumerate() {
        file(&mut checker, &["policies", &at.to_string()], path);
    }
    for (at, contender) in suite.contenders.iter().enumerate() {
        let Who::Labeler { labeler, policies, .. } = &contender.who else { continue };
        let number = at.to_string();
        for (n, path) in policies.iter().enumerate() {
            file(&mut checker, &["labelers", &number, "policies", &n.to_string()], path);
        }
        if !labelers.contains(&labeler.as_str()) {
            let place = checker.named(at, "labeler");
            let message = format!("titer.yaml has no labeler `{labeler}`");
            let diagnostic = Diagnostic::error("E008", place, message);
            checker.found.push(meant(diagnostic, labeler, labelers));
        }
    }
    checker.found.sort_by_key(|diagnostic| diagnostic.place.range.start);
    checker.found
}

struct Checker<'a> {
    places: &'a Places,
    found: Vec<Diagnostic>,
}

impl Checker<'_> {
    fn value(&self, steps: &[&str]) -> Place {
        self.places.value(&pointer(steps))
    }

    fn error(&mut self, code: &'static str, place: Place, message: String, hint: &str) {
        self.found.push(Diagnostic::error(code, place, message).hint(hint));
    }

    /// Where a labeler's name stands: its own item, or the key of a longer form.
    fn named(&self, at: usize, key: &str) -> Place {
        let item = ["labelers".to_owned(), at.to_string()];
        let steps: Vec<&str> = item.iter().map(String::as_str).chain([key]).collect();
        self.value(&steps)
    }

    fn contenders(&mut self, file: &[FileContender]) -> Vec<Contender> {
        let mut contenders: Vec<Contender> = Vec::new();
        for (at, entry) in file.iter().enumerate() {
            let Some((contender, key)) = self.contender(at, entry) else { continue };
            let first = contenders.iter().position(|known| known.name == contender.name);
            if let Some(first) = first {
                let message = format!("`{}` stands twice in the suite", contender.name);
                let related = self.value(&["labelers", &first.to_string()]);
                let diagnostic = Diagnostic::error("E001", self.named(at, key), message)
                    .related(related, "first here")
                    .hint("remove one, or give it another name with `as`");
                self.found.push(diagnostic);
            }
            contenders.push(contender);
        }
        contenders
    }

    /// The contender of an entry, and the key its name stands under.
    fn contender(&mut self, at: usize, entry: &FileContender) -> Option<(Contender, &'static str)> {
        let labeler = |labeler: &str| Who::Labeler {
            labeler: labeler.to_owned(),
            policies: Vec::new(),
            bundling: None,
        };
        let full = match entry {
            FileContender::Name(name) => {
                return Some((Contender { name: name.clone(), who: labeler(name) }, ""));
            }
            FileContender::Full(full) => full,
        };
        let (name, who, key) = match (&full.labeler, &full.rater) {
            (Some(name), None) => {
                let who = Who::Labeler {
                    labeler: name.clone(),
                    policies: full.policies.clone(),
                    bundling: full.prompt.map(bundling),
                };
                (name, who, "labeler")
            }
            (None, Some(name)) if full.policies.is_empty() && full.prompt.is_none() => {
                (name, Who::Rater(name.clone()), "rater")
            }
            (None, Some(_)) => {
                let place = self.value(&["labelers", &at.to_string()]);
                let message = "a rater is not prompted".to_owned();
                self.error("E002", place, message, "remove `policies` and `prompt`");
                return None;
            }
            (Some(_), Some(_)) | (None, None) => {
                let place = self.value(&["labelers", &at.to_string()]);
                let message = "it must be a labeler or a rater".to_owned();
                self.error("E002", place, message, "write one of `labeler: NAME`, `rater: NAME`");
                return None;
            }
        };
        let (name, key) = full.alias.as_ref().map_or((name, key), |alias| (alias, "as"));
        Some((Contender { name: name.clone(), who }, key))
    }

    fn baseline(&mut self, baseline: Option<&str>, contenders: &[Contender]) {
        let Some(baseline) = baseline else { return };
        let place = self.value(&["compare", "baseline"]);
        self.of_suite(place, baseline, contenders);
    }

    /// Checks that a name is that of somebody the suite compares.
    fn of_suite(&mut self, place: Place, name: &str, contenders: &[Contender]) {
        let known: Vec<&str> = contenders.iter().map(|known| known.name.as_str()).collect();
        if !known.contains(&name) {
            let message = format!("`{name}` is not a labeler of this suite");
            self.found.push(meant(Diagnostic::error("E003", place, message), name, &known));
        }
    }

    fn gate(&mut self, at: usize, text: &str) -> Option<Gate> {
        let place = self.value(&["gates", &at.to_string()]);
        match gate::parse(text) {
            Ok(gate) => Some(gate),
            Err(not) => {
                self.error("E004", place, not.message, &not.hint);
                None
            }
        }
    }

    /// Checks a gate against the rest of the suite.
    fn gate_in(&mut self, at: usize, gate: &Gate, suite: &Suite) {
        let place = self.value(&["gates", &at.to_string()]);
        let name = gate.metric.name();
        if let Some(of) = &gate.of {
            self.of_suite(place.clone(), of, &suite.contenders);
        }
        if gate.in_every_slice && suite.slices.is_empty() {
            let message = "the gate is about slices, and the suite has none".to_owned();
            let hint = "add `slices:`, or remove `in every slice`";
            self.error("E005", place.clone(), message, hint);
        }
        if let Some(fault) = gate.metric.needs().filter(|fault| !suite.robustness.contains(fault)) {
            let message = format!("`{name}` is not known without looking for it");
            let hint = format!("add `{}` to `robustness:`", fault.name());
            self.error("E007", place.clone(), message, &hint);
        }
        match gate.bar {
            Bar::NearBaseline { margin } => {
                if suite.baseline.is_none() {
                    let message = "the gate compares with a baseline, and there is none".to_owned();
                    let hint = "name one: `compare: {baseline: LABELER}`";
                    self.error("E005", place.clone(), message, hint);
                }
                if margin < 0.0 {
                    let message = format!("a margin of {margin} is less than nothing");
                    self.error("E006", place, message, "write a margin from 0 up");
                }
            }
            Bar::Reaches { side, value, .. } => self.bar(place, gate.metric, side, value),
        }
    }

    fn bar(&mut self, place: Place, metric: Metric, side: Side, value: f64) {
        let (name, (low, high)) = (metric.name(), metric.range());
        if !(low..=high).contains(&value) {
            let message = format!("`{name}` is never {value}");
            let hint = if high.is_finite() {
                format!("it goes from {low} to {high}: write 85 % as 0.85")
            } else {
                format!("it goes from {low} up")
            };
            self.error("E006", place, message, &hint);
            return;
        }
        let rewards = match side {
            Side::AtLeast => metric.more_is_better(),
            Side::AtMost => !metric.more_is_better(),
        };
        if !rewards {
            let better = if metric.more_is_better() { "more" } else { "less" };
            let message = format!("{better} {name} is better, and the gate asks for the opposite");
            let sign = if metric.more_is_better() { ">=" } else { "<=" };
            let hint = format!("did you mean `{sign}`?");
            let diagnostic = Diagnostic::warning("E010", place, message).hint(hint);
            self.found.push(Diagnostic { severity: Severity::Warning, ..diagnostic });
        }
    }

    /// Names each entry of a list that stands in it already.
    fn twice<S: AsRef<str>>(&mut self, steps: &[&str], list: &[S]) {
        for (at, entry) in list.iter().enumerate() {
            let entry = entry.as_ref();
            if list.iter().take(at).any(|before| before.as_ref() == entry) {
                let number = at.to_string();
                let steps: Vec<&str> = steps.iter().copied().chain([number.as_str()]).collect();
                let place = self.value(&steps);
                let message = format!("`{entry}` stands twice in the list");
                self.error("E011", place, message, "remove one of the two");
            }
        }
    }
}

fn meant(diagnostic: Diagnostic, name: &str, known: &[&str]) -> Diagnostic {
    match nearest(name, known.iter().copied()) {
        Some(near) => diagnostic.label(format!("did you mean `{near}`?")),
        None if known.is_empty() => diagnostic.hint("there is none yet"),
        None => diagnostic.hint(format!("there are: {}", known.join(", "))),
    }
}

fn bundling(file: FileBundling) -> SuiteBundling {
    match file {
        FileBundling::Unified => SuiteBundling::Unified,
        FileBundling::Separate => SuiteBundling::Separate,
    }
}

fn drawn(file: FileDrawn) -> GoldDrawn {
    match file {
        FileDrawn::FromSample => GoldDrawn::FromSample,
        FileDrawn::ByLabel => GoldDrawn::ByLabel,
        FileDrawn::Independent => GoldDrawn::Independent,
        FileDrawn::Convenience => GoldDrawn::Convenience,
    }
}

fn split(file: FileSplit) -> Split {
    match file {
        FileSplit::Tune => Split::Tune,
        FileSplit::Validate => Split::Validate,
        FileSplit::Locked => Split::Locked,
    }
}
