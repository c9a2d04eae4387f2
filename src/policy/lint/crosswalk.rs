//! Codes of other taxonomies that these do not have.

use super::Linter;
use crate::diag::nearest;

/// A taxonomy and all its codes.
struct Taxonomy {
    name: &'static str,
    codes: &'static [&'static str],
}

/// MLCommons AILuminate v1.0 by name and by short code; Llama Guard 3 and 4; the categories of
/// OpenAI's moderation endpoint.
const TAXONOMIES: &[Taxonomy] = &[
    Taxonomy {
        name: "mlcommons",
        codes: &[
            "violent_crimes",
            "sex_related_crimes",
            "child_sexual_exploitation",
            "suicide_self_harm",
            "indiscriminate_weapons",
            "nonviolent_crimes",
            "hate",
            "defamation",
            "privacy",
            "intellectual_property",
            "sexual_content",
            "specialized_advice",
            "vcr",
            "src",
            "cse",
            "ssh",
            "iwp",
            "ncr",
            "hte",
            "dfm",
            "prv",
            "ipv",
            "sxc",
            "spc",
        ],
    },
    Taxonomy {
        name: "llama_guard",
        codes: &[
            "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8", "S9", "S10", "S11", "S12", "S13", "S14",
        ],
    },
    Taxonomy {
        name: "openai_moderation",
        codes: &[
            "harassment",
            "harassment/threatening",
            "hate",
            "hate/threatening",
            "illicit",
            "illicit/violent",
            "self-harm",
            "self-harm/intent",
            "self-harm/instructions",
            "sexual",
            "sexual/minors",
            "violence",
            "violence/graphic",
        ],
    },
];

impl Linter<'_> {
    /// `L011`. A taxonomy titer does not know is left alone, unless its name is nearly one it does.
    pub(super) fn crosswalk(&mut self) {
        let policy = self.policy;
        for entry in &policy.crosswalk {
            let name = entry.taxonomy.as_str();
            let Some(known) = TAXONOMIES.iter().find(|known| known.name == name) else {
                if let Some(near) = nearest(name, TAXONOMIES.iter().map(|known| known.name)) {
                    let place = self.key(&["crosswalk", name]);
                    let message = format!("there is no taxonomy `{name}`");
                    if let Some(warning) = self.warn("L011", place, message) {
                        warning.label = format!("did you mean `{near}`?");
                    }
                }
                continue;
            };
            for (at, code) in entry.codes.iter().enumerate() {
                if known.codes.contains(&code.as_str()) {
                    continue;
                }
                let place = self.value(&["crosswalk", name, &at.to_string()]);
                let message = format!("`{name}` has no code `{code}`");
                let Some(warning) = self.warn("L011", place, message) else { continue };
                match nearest(code, known.codes.iter().copied()) {
                    Some(near) => warning.label = format!("did you mean `{near}`?"),
                    None => {
                        warning.hint = Some(format!("it has: {}", known.codes.join(", ")));
                    }
                }
            }
        }
    }
}
