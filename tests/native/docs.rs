//! What the documents say is true.

use std::fs;
use std::path::{Path, PathBuf};

use storywire::core::error::{Fault, Misuse};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The cells of a table row between backticks.
fn index() -> Vec<(String, String)> {
    let text = read("ARCHITECTURE.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains("`src/"));
    rows.map(|line| {
        let cells: Vec<&str> = line.split('`').collect();
        (cells[1].to_owned(), cells[3].to_owned())
    })
    .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

#[test]
fn every_row_of_the_behaviour_index_names_a_file_and_a_test_that_exist() {
    let rows = index();
    assert!(rows.len() > 20, "the index has rows");
    for (file, test) in rows {
        assert!(root().join(&file).is_file(), "ARCHITECTURE.md names {file}, which does not exist");
        let (module, name) = test.split_once("::").unwrap();
        let text = read(&format!("tests/native/{module}.rs"));
        assert!(text.contains(&format!("fn {name}(")), "ARCHITECTURE.md names {test}, which does not exist");
    }
}

#[test]
fn every_file_of_the_core_that_decides_something_is_in_the_index() {
    let rows = index();
    // These decide nothing: they name things, or list modules.
    let plain = ["mod.rs", "ids.rs", "input.rs", "effect.rs", "patch.rs", "frame.rs", "presence.rs", "push.rs"];
    for path in sources(&root().join("src/core")) {
        let name = path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
        let is_plain = plain.iter().any(|plain| name.ends_with(plain))
            || name.ends_with("core/config.rs")
            || name.ends_with("sse/config.rs");
        let listed = rows.iter().any(|(file, _)| *file == name);
        assert!(listed || is_plain, "{name} is not in ARCHITECTURE.md's behaviour index");
    }
}

#[test]
fn the_core_knows_no_browser_no_clock_and_no_hash_map() {
    for path in sources(&root().join("src/core")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in ["web_sys", "js_sys", "wasm_bindgen", "std::time", "HashMap", "HashSet", "format!", "f64", "unsafe"]
        {
            let used = text.lines().any(|line| !line.trim_start().starts_with("//") && line.contains(word));
            assert!(!used, "{} uses {word}", path.display());
        }
    }
}

#[test]
fn siblings_of_the_core_do_not_import_each_other() {
    let allowed = [("rows", "realtime")];
    for part in ["realtime", "rows", "asset", "base"] {
        for path in sources(&root().join("src/core").join(part)) {
            let text = fs::read_to_string(&path).unwrap();
            for other in ["realtime", "rows", "asset"] {
                let imports =
                    text.contains(&format!("crate::core::{other}")) || text.contains(&format!("super::super::{other}"));
                let is_allowed = part == other || allowed.contains(&(part, other));
                assert!(!imports || is_allowed, "{} imports {other}", path.display());
            }
        }
    }
}

#[test]
fn every_code_has_its_sentence() {
    let errors = read("js/errors.js");
    // A page for stories does not download what only channels can do wrong, nor at once what needs a network to go wrong.
    let text = errors.clone() + &read("js/sentences.js") + &read("js/channel.js");
    let codes: Vec<&str> =
        text.lines().filter_map(|line| line.strip_prefix("  '")?.split_once("':").map(|(code, _)| code)).collect();
    // An export returns the place of a misuse in this list.
    let listed = errors.lines().find_map(|line| line.strip_prefix("export const misuses = '")?.split_once('\''));
    let misuses: Vec<&str> = Misuse::ALL.iter().map(|misuse| misuse.code()).collect();
    assert_eq!(listed.map(|(list, _)| list.split(' ').collect()), Some(misuses.clone()));
    for misuse in misuses {
        assert!(codes.contains(&misuse), "js/ has no sentence for {misuse}");
    }
    for fault in Fault::ALL {
        assert!(codes.contains(&fault.code()), "js/ has no sentence for {}", fault.code());
    }
}
