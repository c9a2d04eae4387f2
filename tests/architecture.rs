//! The dependency direction of ARCHITECTURE.md, as a test.

#![allow(
    clippy::unwrap_used,
    reason = "a test may panic; the lint only spares #[test] functions, not their helpers"
)]

use std::{collections::BTreeSet, fs, path::Path};

/// The core, in order: each module and what it may use, only ever earlier rows.
const CORE: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("yaml", &["diag"]),
    ("unit", &["diag"]),
    ("policy", &["diag", "yaml", "unit"]),
    ("prompt", &["diag", "unit", "policy"]),
    ("reply", &["unit", "policy", "prompt"]),
    ("requests", &["unit", "policy", "prompt"]),
    ("pace", &[]),
    ("sampling", &["unit"]),
    ("stats", &[]),
    ("gold", &["unit", "policy", "sampling", "stats"]),
    ("eval", &["diag", "yaml", "unit", "policy", "reply", "gold", "stats"]),
    ("measure", &["diag", "yaml", "unit", "policy", "reply", "sampling", "gold", "eval", "stats"]),
    ("report", &["unit", "policy", "gold", "eval", "measure", "stats"]),
];
/// The shell: what each module may use beside the whole core.
const SHELL: &[(&str, &[&str])] = &[
    ("io", &[]),
    ("store", &[]),
    ("llm", &[]),
    ("worker", &["io", "store", "llm"]),
    ("ops", &["io", "store", "llm", "worker"]),
    ("cli", &["ops"]),
];
/// What the core may not name: the outside world.
const WORLD: &[&str] = &[
    "tokio", "reqwest", "rusqlite", "axum", "std::fs", "std::env", "std::net", "::now()",
    "println!",
];

#[test]
fn modules_only_use_what_the_table_allows() {
    let mut seen = BTreeSet::new();
    for (module, allowed) in CORE {
        check_uses(module, allowed, &seen);
        for (path, source) in sources(module) {
            for name in WORLD {
                assert!(!source.contains(name), "{path}: core names `{name}`");
            }
        }
        seen.insert(*module);
    }
    let core: Vec<&str> = CORE.iter().map(|(module, _)| *module).collect();
    for (module, allowed) in SHELL {
        check_uses(module, &[core.as_slice(), allowed].concat(), &seen);
        seen.insert(*module);
    }
    let on_disk: BTreeSet<_> = top_level().collect();
    assert_eq!(
        on_disk,
        seen.into_iter().map(str::to_owned).collect(),
        "src/ and the table disagree"
    );
}

fn check_uses(module: &str, allowed: &[&str], earlier: &BTreeSet<&str>) {
    assert!(allowed.iter().all(|used| earlier.contains(used)), "`{module}` lists a later row");
    for (path, source) in sources(module) {
        assert!(!source.contains("super::super::super::"), "{path}: name the module by `crate::`");
        for used in used_modules(&source).filter(|used| *used != module) {
            assert!(allowed.contains(&used), "{path}: `{module}` may not use `{used}`");
        }
    }
}

fn top_level() -> impl Iterator<Item = String> {
    fs::read_dir("src").unwrap().filter_map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".rs").to_owned();
        (!["lib", "main"].contains(&stem.as_str())).then_some(stem)
    })
}

/// Code of a module without comment lines and without its test modules.
fn sources(module: &str) -> Vec<(String, String)> {
    let mut todo =
        vec![Path::new("src").join(module), Path::new("src").join(format!("{module}.rs"))];
    let mut out = Vec::new();
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
            let code = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            out.push((path.display().to_string(), code.collect::<Vec<_>>().join("\n")));
        }
    }
    out
}

/// First path segment after every `crate::`.
fn used_modules(source: &str) -> impl Iterator<Item = &str> {
    assert!(
        !source.contains("crate::{"),
        "one `use crate::module` a line, so this test can read it"
    );
    source.split("crate::").skip(1).map(|rest| {
        rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
    })
}
