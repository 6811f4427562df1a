//! Nothing that the engine can say goes without a vector that expects it.
//!
//! Driven by lists: a new kind of error is demanded here without a change to this file.

use super::vectors::Vector;
use super::{Problem, line_of};
use resilient_completion_engine::error::kind;
use serde_json::Value;
use std::path::Path;

/// Every list of words that must occur, with the file that holds it.
pub(super) fn check(root: &Path, vectors: &[Vector]) -> Vec<Problem> {
    let kinds: Vec<&str> = kind::TABLE.iter().map(|row| row.word).collect();
    missing(root, "error kind", "crates/engine/src/error/kind.rs", &kinds, vectors)
}

/// A problem for each word that no vector expects; it points at the word in the list.
fn missing(root: &Path, what: &str, list: &str, words: &[&str], vectors: &[Vector]) -> Vec<Problem> {
    let file = root.join(list);
    let text = std::fs::read_to_string(&file).unwrap_or_default();
    let expected = |word: &str| vectors.iter().any(|v| says(&v.body["expected"], word));
    let absent = words.iter().filter(|word| !expected(word));
    absent
        .map(|word| {
            let line = text.find(&format!("\"{word}\"")).map_or(1, |at| line_of(&text, at));
            Problem::new(&file, line, format!("no vector expects the {what} `{word}`"))
        })
        .collect()
}

/// Whether a string anywhere in `value` is `word`.
fn says(value: &Value, word: &str) -> bool {
    match value {
        Value::String(s) => s == word,
        Value::Array(list) => list.iter().any(|v| says(v, word)),
        Value::Object(map) => map.values().any(|v| says(v, word)),
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
        let found = shown(&f, missing(f.path(), "word", "list.rs", &["alpha", "beta", "gamma"], &read));
        assert_eq!(
            found,
            ["list.rs:4: no vector expects the word `beta`", "list.rs:5: no vector expects the word `gamma`"]
        );
        assert!(check(f.path(), &read).len() >= kind::TABLE.len() - 1);
    }
}
