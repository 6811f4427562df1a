//! Nothing that the engine can say goes without a vector that expects it.
//!
//! Driven by lists: a new kind of error or event is demanded here without a change to this file.

use super::vectors::Vector;
use super::{Problem, line_of};
use resilient_completion_engine::{error::kind, trace::event};
use serde_json::Value;
use std::path::Path;

/// Words that must occur somewhere in what vectors expect.
struct List<'a> {
    what: &'a str,
    /// The file that holds the list, for the place of the problem.
    file: &'a str,
    /// The key under which the word must stand; any, where words of the list are no other list's.
    key: Option<&'a str>,
    words: Vec<&'a str>,
}

/// Checks every list.
pub(super) fn check(root: &Path, vectors: &[Vector]) -> Vec<Problem> {
    let kinds = List {
        what: "error kind",
        file: "crates/engine/src/error/kind.rs",
        key: Some("kind"),
        words: kind::TABLE.iter().map(|row| row.word).collect(),
    };
    let events = List {
        what: "trace event",
        file: "crates/engine/src/trace/event.rs",
        key: None,
        words: event::NAMES.iter().map(|(_, word)| *word).collect(),
    };
    [kinds, events].iter().flat_map(|list| missing(root, list, vectors)).collect()
}

/// A problem for each word that no vector expects; it points at the word in the list.
fn missing(root: &Path, list: &List<'_>, vectors: &[Vector]) -> Vec<Problem> {
    let file = root.join(list.file);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let expected = |word: &str| vectors.iter().any(|v| says(&v.body["expected"], list.key, word, false));
    let absent = list.words.iter().filter(|word| !expected(word));
    absent
        .map(|word| {
            let line = text.find(&format!("\"{word}\"")).map_or(1, |at| line_of(&text, at));
            Problem::new(&file, line, format!("no vector expects the {} `{word}`", list.what))
        })
        .collect()
}

/// Whether a string in `value` is `word`, under the key if there is one (`under`: it stands there already).
fn says(value: &Value, key: Option<&str>, word: &str, under: bool) -> bool {
    match value {
        Value::String(s) => s == word && (under || key.is_none()),
        Value::Array(list) => list.iter().any(|v| says(v, key, word, under)),
        Value::Object(map) => map.iter().any(|(k, v)| says(v, key, word, Some(k.as_str()) == key)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::{Folder, shown};
    use super::super::vectors;
    use super::*;

    #[test]
    fn a_word_without_a_vector_is_seen() {
        let f = Folder::new("coverage");
        f.with("list.rs", "//! x\nconst A: [&str; 3] = [\n\"alpha\",\n\"beta\",\n\"gamma\"];\n");
        f.with(
            "tests/vectors/a/b.json",
            r#"{"given": {"x": "gamma"}, "expected": {"y": [{"kind": "alpha"}]}}"#,
        );
        let (read, _) = vectors::read(f.path());
        let list = |key| List { what: "word", file: "list.rs", key, words: vec!["alpha", "beta", "gamma"] };
        let found = shown(&f, missing(f.path(), &list(Some("kind")), &read));
        assert_eq!(
            found,
            ["list.rs:4: no vector expects the word `beta`", "list.rs:5: no vector expects the word `gamma`"]
        );
        assert_eq!(missing(f.path(), &list(None), &read).len(), 2);
        assert_eq!(missing(f.path(), &list(Some("other")), &read).len(), 3);
        assert!(check(f.path(), &read).len() >= kind::TABLE.len());
    }
}
