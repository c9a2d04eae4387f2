//! Pictures that examples and tests name by path, and that are not there.

use super::Checked;
use crate::diag::Diagnostic;
use crate::unit::Component;
use crate::unit::Content;
use crate::yaml::pointer;

/// Returns an error (`P050`) for each picture of an example or test that is named by path and that `is_file` does not
/// know; a path starts from the policy's folder. In the order of examples, then tests.
#[must_use]
pub fn missing_pictures(checked: &Checked, is_file: impl Fn(&str) -> bool) -> Vec<Diagnostic> {
    let policy = &checked.policy;
    let examples = policy.examples.iter().map(|example| example.components.as_slice());
    let tests = policy.tests.iter().map(|test| test.components.as_slice());
    let cases = examples.enumerate().map(|(at, parts)| ("examples", at, parts));
    let cases = cases.chain(tests.enumerate().map(|(at, parts)| ("tests", at, parts)));
    let mut found = Vec::new();
    for (list, at, parts) in cases {
        for (n, part) in parts.iter().enumerate() {
            let Some(path) = path(part).filter(|path| !is_file(path)) else { continue };
            let number = nth_of_role(parts, n).to_string();
            let steps = [list, &at.to_string(), "unit", &part.role, &number];
            let place = checked.places.value(&pointer(steps));
            let message = format!("there is no picture `{path}`");
            let hint =
                "a path starts from the folder of the policy; an address begins with https://";
            found.push(Diagnostic::error("P050", place, message).hint(hint));
        }
    }
    found
}

/// Returns the path of a picture that is neither embedded nor on the web.
fn path(part: &Component) -> Option<&str> {
    match &part.content {
        Content::Image(reference)
            if !reference.starts_with("data:image/") && !reference.starts_with("https://") =>
        {
            Some(reference)
        }
        Content::Image(_) | Content::Text(_) => None,
    }
}

/// Counts the parts of the same role before this one.
fn nth_of_role(parts: &[Component], n: usize) -> usize {
    let before = parts.iter().take(n);
    before.filter(|other| parts.get(n).is_some_and(|part| part.role == other.role)).count()
}
