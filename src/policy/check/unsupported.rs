//! Parts of the language this version of titer does not carry out, refused rather than ignored.

use super::At;
use super::Checker;
use super::hint;
use crate::policy::file::FileModality;
use crate::policy::file::FileMode;

impl Checker<'_> {
    /// `P002`: `mode: multi`, images, `imports` and `rollup`.
    pub(super) fn unsupported(&mut self) {
        let file = self.file;
        if file.mode == FileMode::Multi {
            self.refuse(At::Value(&["mode"]), "`mode: multi`", "write `single` or `ordinal`");
        }
        if file.imports.is_some() {
            let instead = "copy the terms into this file's `terms`";
            self.refuse(At::Key(&["imports"]), "`imports`", instead);
        }
        if file.rollup.is_some() {
            let instead = "remove it: the model labels the unit as a whole";
            self.refuse(At::Key(&["rollup"]), "`rollup`", instead);
        }
        for (role, component) in file.components.iter() {
            if component.modality == FileModality::Image {
                let at = ["components", role, "modality"];
                self.refuse(At::Value(&at), "`modality: image`", "write `text`");
            }
        }
    }

    fn refuse(&mut self, at: At<'_>, what: &str, instead: &str) {
        let message = format!("{what} is not supported by this version of titer");
        hint(self.error("P002", at, message), instead.into());
    }
}
