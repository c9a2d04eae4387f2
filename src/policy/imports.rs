//! Terms that a policy takes from files it shares with others.

use super::Term;
use super::file::MOST_IMPORTS;
use super::file::PolicyFile;
use super::file::TermsFile;
use crate::diag::Diagnostic;
use crate::diag::Place;
use crate::diag::Source;
use crate::yaml;
use crate::yaml::Format;
use crate::yaml::Places;
use crate::yaml::pointer;
use serde_json::Value;
use std::collections::BTreeMap;

/// The most mistakes in imports that are reported.
const MOST: usize = 200;

/// A file that a policy imports, as its author wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportRef {
    /// The path, from the folder of the policy's own file.
    pub path: String,
    /// Where it is written.
    pub place: Place,
}

/// Returns the files a policy imports, so that they can be read before the policy is.
///
/// Nothing is checked: of a file that is not YAML the list is empty. One that imports too much is refused later, so
/// the rest of it is not listed.
#[must_use]
pub fn imports(source: &Source) -> Vec<ImportRef> {
    if !source.text().contains("imports") {
        return Vec::new();
    }
    let Ok((value, places)) = yaml::read(source) else { return Vec::new() };
    let listed = value.get("imports").and_then(Value::as_array);
    let paths = listed.into_iter().flatten().take(MOST_IMPORTS).enumerate();
    paths
        .filter_map(|(at, path)| {
            let place = places.value(&pointer(["imports", &at.to_string()]));
            let path = path.as_str().filter(|path| may_be_read(path))?.to_owned();
            Some(ImportRef { path, place })
        })
        .collect()
}

/// Whether a path may be a file of terms. A policy may come from anywhere: what it imports must not be any file of the
/// machine, whose first lines a mistake would then show.
fn may_be_read(path: &str) -> bool {
    let absolute = path.starts_with(['/', '\\', '~']) || path.chars().nth(1) == Some(':');
    !absolute && (path.ends_with(".yaml") || path.ends_with(".yml"))
}

/// Reads the imported terms; returns them with every mistake in the imports and the imported files.
pub(super) fn terms(
    file: &PolicyFile,
    places: &Places,
    imported: &BTreeMap<String, Source>,
    format: &Format<TermsFile>,
) -> (Vec<Term>, Vec<Diagnostic>) {
    let mut importer =
        Importer { places, terms: Vec::new(), found: Vec::new(), defined: BTreeMap::new() };
    let mut read: BTreeMap<&str, usize> = BTreeMap::new();
    for (at, path) in file.imports.iter().enumerate() {
        let place = importer.place(at);
        let Some(source) = importer.source(path, &place, imported) else { continue };
        if let Some(first) = read.insert(source.name(), at) {
            let first = importer.place(first);
            let error = Diagnostic::error("P027", place, format!("`{path}` is imported twice"));
            importer.add(error.related(first, "first here").hint("remove one of the two"));
            continue;
        }
        match format.decode(source) {
            Ok(decoded) => importer.define(&decoded.value, &decoded.places),
            Err(mistakes) => mistakes.into_iter().for_each(|mistake| importer.add(mistake)),
        }
    }
    for word in file.terms.keys() {
        importer.defines(word, places);
    }
    (importer.terms, importer.found)
}

/// Returns the mistakes of a file of terms on its own.
pub(super) fn mistakes(file: &TermsFile, places: &Places) -> Vec<Diagnostic> {
    let mut importer =
        Importer { places, terms: Vec::new(), found: Vec::new(), defined: BTreeMap::new() };
    importer.define(file, places);
    importer.found
}

struct Importer<'a> {
    places: &'a Places,
    terms: Vec<Term>,
    found: Vec<Diagnostic>,
    /// Where each word was defined first; capitals make no other word.
    defined: BTreeMap<String, Place>,
}

impl Importer<'_> {
    fn place(&self, at: usize) -> Place {
        self.places.value(&pointer(["imports", &at.to_string()]))
    }

    fn add(&mut self, mistake: Diagnostic) {
        if self.found.len() < MOST {
            self.found.push(mistake);
        }
    }

    /// `P024` and `P025`.
    fn source<'s>(
        &mut self,
        path: &str,
        place: &Place,
        imported: &'s BTreeMap<String, Source>,
    ) -> Option<&'s Source> {
        if path.trim().is_empty() {
            return None;
        }
        let Some(source) = imported.get(path) else {
            let message = format!("the file `{path}` cannot be read");
            let hint = if may_be_read(path) {
                "name a file of UTF-8 text, by its path from the folder of this file"
            } else {
                "name a .yaml file by its path from the folder of this file, never by one from the root"
            };
            self.add(Diagnostic::error("P024", place.clone(), message).hint(hint));
            return None;
        };
        if source.name() == &*place.source {
            let error = Diagnostic::error("P025", place.clone(), "the file imports itself");
            self.add(error.hint("remove it, or name a file with the one key `terms`"));
            return None;
        }
        Some(source)
    }

    fn define(&mut self, file: &TermsFile, places: &Places) {
        for (word, text) in file.terms.iter() {
            if text.trim().is_empty() {
                let place = places.value(&pointer(["terms", word]));
                let error = Diagnostic::error("P001", place, "the text is empty");
                self.add(error.hint("write the text, or remove the key"));
            }
            self.defines(word, places);
            self.terms.push(Term { id: word.to_owned(), text: text.clone() });
        }
    }

    /// `P026`.
    fn defines(&mut self, word: &str, places: &Places) {
        let place = places.key(&pointer(["terms", word]));
        let Some(first) = self.defined.get(&word.to_lowercase()) else {
            self.defined.insert(word.to_lowercase(), place);
            return;
        };
        let message = format!("the term `{word}` is defined twice");
        let error = Diagnostic::error("P026", place, message).related(first.clone(), "first here");
        self.add(error.hint("keep one meaning, or give the other its own word"));
    }
}
