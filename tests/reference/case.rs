//! One reference case: its input, its expected values with their tolerance, and which of them were compared.

use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

/// Names a file to which finished cases add their name.
pub(crate) const FINISHED: &str = "TITER_FINISHED_CASES";

/// One case of a reference file. Every expected leaf must be compared or set aside with a reason before [`Case::finish`].
pub(crate) struct Case {
    value: Value,
    seen: RefCell<BTreeSet<String>>,
}

/// Where the cases are.
pub(crate) fn folder() -> PathBuf {
    std::env::var_os("TITER_ORACLE").map_or_else(|| "tests/reference".into(), PathBuf::from)
}

/// The cases of `file` whose name begins with `prefix`; from the folder `TITER_ORACLE` names, where it is set.
pub(crate) fn cases(file: &str, prefix: &str) -> Vec<Case> {
    let folder =
        std::env::var_os("TITER_ORACLE").map_or_else(|| "tests/reference".into(), PathBuf::from);
    let mut cases = read(&folder.join(file));
    cases.retain(|case| case.name().starts_with(prefix));
    cases
}

/// Every case of a file.
pub(crate) fn read(path: &Path) -> Vec<Case> {
    let text = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let cases: Vec<Value> = serde_json::from_slice(&text).unwrap();
    cases.into_iter().map(|value| Case { value, seen: RefCell::default() }).collect()
}

impl Case {
    pub(crate) fn name(&self) -> &str {
        self.value["case"].as_str().unwrap()
    }

    pub(crate) fn input(&self) -> &Value {
        &self.value["input"]
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        !self.input()[field].is_null()
    }

    pub(crate) fn number(&self, field: &str) -> f64 {
        self.input()[field].as_f64().unwrap_or_else(|| panic!("{}: no number {field}", self.name()))
    }

    pub(crate) fn count(&self, field: &str) -> u64 {
        self.input()[field].as_u64().unwrap_or_else(|| panic!("{}: no count {field}", self.name()))
    }

    /// A list of numbers in the input.
    pub(crate) fn list(&self, field: &str) -> Vec<f64> {
        numbers(&self.input()[field])
    }

    /// A table of numbers in the input, row by row.
    pub(crate) fn table(&self, field: &str) -> Vec<Vec<f64>> {
        self.input()[field].as_array().unwrap().iter().map(numbers).collect()
    }

    /// What stands at `path` (`mean_y.se`, `ci.0`), where the case expects a value there.
    pub(crate) fn expected(&self, path: &str) -> Option<&Value> {
        find(&self.value["expected"], path).filter(|value| !value.is_null())
    }

    /// The top-level names of what the case expects.
    pub(crate) fn fields(&self) -> Vec<&str> {
        self.value["expected"].as_object().unwrap().keys().map(String::as_str).collect()
    }

    /// The tolerance of the value at `path`: (absolute, relative).
    fn tolerance(&self, path: &str) -> (f64, f64) {
        let tolerance = &self.value["tolerance"];
        let part = |value: &Value, key: &str| value[key].as_f64().unwrap_or(0.0);
        for key in path.split('.') {
            match &tolerance[key] {
                Value::Number(absolute) => return (absolute.as_f64().unwrap(), 0.0),
                own @ Value::Object(_) => return (part(own, "abs"), part(own, "rel")),
                Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) => {}
            }
        }
        (part(tolerance, "abs"), part(tolerance, "rel"))
    }

    /// Compares `got` with the number expected at `path`; fails where the case expects none there.
    pub(crate) fn check(&self, path: &str, got: f64) {
        let expected = self.expected(path).and_then(Value::as_f64);
        let expected = expected
            .unwrap_or_else(|| panic!("{}: {path} is {got}, and none is expected", self.name()));
        let (absolute, relative) = self.tolerance(path);
        assert!(
            (got - expected).abs() <= absolute + relative * expected.abs(),
            "{} {path}: {got} for {expected}",
            self.name()
        );
        self.mark(path);
    }

    /// Compares `got` with the number expected at `path`, with a tolerance that the case gives as a rule.
    pub(crate) fn check_within(&self, path: &str, got: f64, tolerance: f64) {
        let expected = self.expected(path).and_then(Value::as_f64);
        let expected = expected.unwrap_or_else(|| panic!("{}: no number {path}", self.name()));
        assert!(
            (got - expected).abs() <= tolerance,
            "{} {path}: {got} for {expected}, allowed {tolerance}",
            self.name()
        );
        self.mark(path);
    }

    /// Compares `got` where the case has a number at `path`; says whether it had.
    pub(crate) fn check_if(&self, path: &str, got: f64) -> bool {
        let there = self.expected(path).is_some();
        if there {
            self.check(path, got);
        }
        there
    }

    /// Compares a list number by number.
    pub(crate) fn check_list(&self, path: &str, got: &[f64]) {
        let expected = self.expected(path).and_then(Value::as_array).map_or(0, Vec::len);
        assert_eq!(got.len(), expected, "{} {path}: the lengths differ", self.name());
        for (index, value) in got.iter().enumerate() {
            self.check(&format!("{path}.{index}"), *value);
        }
        self.mark(path);
    }

    /// `got` where it is defined must be what is expected, and undefined exactly where `null` is expected.
    pub(crate) fn check_defined<E>(&self, path: &str, got: Result<f64, E>) {
        match (got, self.expected(path)) {
            (Ok(got), _) => self.check(path, got),
            (Err(_), None) => self.mark(path),
            (Err(_), Some(expected)) => {
                panic!("{} {path}: undefined for {expected}", self.name())
            }
        }
    }

    /// Sets the value at `path` aside: titer answers otherwise, or does not answer, for the stated reason.
    pub(crate) fn differs(&self, path: &str, reason: &str) {
        assert!(20 <= reason.len(), "{} {path}: say why", self.name());
        self.mark(path);
    }

    fn mark(&self, path: &str) {
        self.seen.borrow_mut().insert(path.to_owned());
    }

    /// Fails unless every expected value was compared or set aside.
    pub(crate) fn finish(&self) {
        let mut leaves = Vec::new();
        collect(&self.value["expected"], String::new(), &mut leaves);
        let seen = self.seen.borrow();
        let covered = |leaf: &str| {
            seen.iter().any(|path| leaf == path || leaf.starts_with(&format!("{path}.")))
        };
        let missed: Vec<_> = leaves.iter().filter(|leaf| !covered(leaf)).collect();
        assert!(missed.is_empty(), "{}: not compared: {missed:?}", self.name());
        if let Some(path) = std::env::var_os(FINISHED) {
            let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
            file.write_all(format!("{}\n", self.name()).as_bytes()).unwrap();
        }
    }
}

/// What stands at a path; a name in an object may itself hold dots (`diag.ac`).
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    if path.is_empty() {
        return Some(value);
    }
    let rest = |key: &str| {
        let rest = path.strip_prefix(key)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('.') }
    };
    match value {
        Value::Array(items) => {
            let key = path.split('.').next()?;
            find(items.get(key.parse::<usize>().ok()?)?, rest(key)?)
        }
        Value::Object(fields) => fields.iter().find_map(|(key, item)| find(item, rest(key)?)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// Every path to a value that is neither a list nor an object.
fn collect(value: &Value, path: String, leaves: &mut Vec<String>) {
    let child = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match value {
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                collect(item, child(&index.to_string()), leaves);
            }
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                collect(item, child(key), leaves);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => leaves.push(path),
    }
}

/// The numbers of a JSON list; `null` is NaN (a missing rating, an undefined value).
pub(crate) fn numbers(list: &Value) -> Vec<f64> {
    list.as_array().unwrap().iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}
