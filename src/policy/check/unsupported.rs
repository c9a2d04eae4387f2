//! Parts of the language this version of titer does not carry out, refused rather than ignored.

use super::At;
use super::Checker;
use super::hint;

impl Checker<'_> {
    /// `P002`: `imports`.
    pub(super) fn unsupported(&mut self) {
        if self.file.imports.is_some() {
            let instead = "copy the terms into this file's `terms`";
            self.refuse(At::Key(&["imports"]), "`imports`", instead);
        }
    }

    fn refuse(&mut self, at: At<'_>, what: &str, instead: &str) {
        let message = format!("{what} is not supported by this version of titer");
        hint(self.error("P002", at, message), instead.into());
    }
}
