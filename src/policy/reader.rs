//! Policies from text: made ready once, then one checked policy a file.

use super::Policy;
use super::build;
use super::check;
use super::file::PolicyFile;
use super::file::TermsFile;
use super::imports;
use crate::diag::Diagnostic;
use crate::diag::Severity;
use crate::diag::Source;
use crate::yaml::Decoded;
use crate::yaml::Format;
use crate::yaml::Places;
use std::collections::BTreeMap;

/// Reads policies; making one ready costs more than reading a file, so keep it for many files.
#[derive(Debug)]
pub struct Reader {
    policies: Format<PolicyFile>,
    terms: Format<TermsFile>,
}

/// A policy free of errors, with where everything in it is written.
#[derive(Debug, Clone)]
pub struct Checked {
    /// The policy, with the terms it imports.
    pub policy: Policy,
    /// What its author probably did not mean.
    pub warnings: Vec<Diagnostic>,
    /// Where each of its parts stands in the text.
    pub places: Places,
    /// How many of its first terms are imported.
    pub n_imported_terms: usize,
}

impl Reader {
    /// Returns a reader, ready for policies.
    #[must_use]
    pub fn prepare() -> Self {
        Self { policies: Format::prepare(), terms: Format::prepare() }
    }

    /// Reads a policy and checks all it says. `imported` holds the files it imports, by their
    /// path as written (see [`super::imports()`]); one that is not there cannot be read.
    ///
    /// # Errors
    ///
    /// Every mistake of form (`Y…`), or, in a file of good form, every mistake of meaning (`P…`)
    /// with the warnings among them, in the order of the text; then those of imported files.
    pub fn read(
        &self,
        source: &Source,
        imported: &BTreeMap<String, Source>,
    ) -> Result<Checked, Vec<Diagnostic>> {
        let Decoded { value: file, places } = self.policies.decode(source)?;
        let (terms, of_imports) = imports::terms(&file, &places, imported, &self.terms);
        let mut found = check::check(&file, &places);
        found.extend(of_imports);
        let order = |found: &Diagnostic| {
            (&*found.place.source != source.name(), found.place.range.start, found.code)
        };
        found.sort_by_key(order);
        if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
            return Err(found);
        }
        let n_imported_terms = terms.len();
        let policy = build::policy(file, terms);
        Ok(Checked { policy, warnings: found, places, n_imported_terms })
    }

    /// Reads a file of shared terms on its own.
    ///
    /// # Errors
    ///
    /// Every mistake of it.
    pub fn read_terms(&self, source: &Source) -> Result<(), Vec<Diagnostic>> {
        let Decoded { value: file, places } = self.terms.decode(source)?;
        let found = imports::mistakes(&file, &places);
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
policy: p
version: 1.0.0
imports: [shared.yaml, more.yaml]
terms: {own: Of the policy.}
labels:
  fine: {default: true}
  bad: {severity: 1, definition: Bad.}
";

    fn read(text: &str, files: &[(&str, &str)]) -> Result<Checked, Vec<String>> {
        let imported = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), Source::new(path, text)))
            .collect();
        let found = Reader::prepare().read(&Source::new("p.yaml", text), &imported);
        found.map_err(|found| found.iter().map(ToString::to_string).collect())
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        assert_eq!(read(TEXT, files).unwrap_err(), expected);
    }

    #[test]
    fn imported_terms_come_before_those_of_the_policy() {
        let files = [("shared.yaml", "terms: {a: One.}\n"), ("more.yaml", "terms: {b: Two.}\n")];
        let checked = read(TEXT, &files).unwrap();
        let words: Vec<_> = checked.policy.terms.iter().map(|term| term.id.as_str()).collect();
        assert_eq!((words, checked.n_imported_terms), (vec!["a", "b", "own"], 2));
    }

    #[test]
    fn an_imported_file_has_the_one_key_terms() {
        let files =
            [("shared.yaml", "terms: {a: One.}\nimports: [p.yaml]\n"), ("more.yaml", "a: 1\n")];
        check(
            &files,
            &[
                "more.yaml:1:1: error[Y010]: unknown key `a`",
                "more.yaml:1:1: error[Y011]: the key `terms` is missing",
                "shared.yaml:2:1: error[Y010]: unknown key `imports`",
            ],
        );
    }

    #[test]
    fn a_term_has_one_meaning_in_all_files() {
        let files = [("shared.yaml", "terms: {Own: x, a: ''}\n"), ("more.yaml", "terms: {a: y}\n")];
        check(
            &files,
            &[
                "p.yaml:4:9: error[P026]: the term `own` is defined twice",
                "more.yaml:1:9: error[P026]: the term `a` is defined twice",
                "shared.yaml:1:20: error[P001]: the text is empty",
            ],
        );
    }

    #[test]
    fn what_cannot_be_read_is_said_where_it_is_imported() {
        let one = [("shared.yaml", "terms: {a: One.}\n")];
        check(&one, &["p.yaml:3:24: error[P024]: the file `more.yaml` cannot be read"]);
    }

    #[test]
    fn imports_are_listed_with_their_places() {
        let found = imports::imports(&Source::new("p.yaml", TEXT));
        let found: Vec<_> = found.iter().map(|one| (one.path.as_str(), one.place.column)).collect();
        assert_eq!(found, [("shared.yaml", 11), ("more.yaml", 24)]);
        assert_eq!(imports::imports(&Source::new("p.yaml", "imports: [")), []);
    }
}
