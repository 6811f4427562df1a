//! The corpus of vectors: one in each file, its id is its place, and none can be left out.
//!
//! Knows the envelope that every kind shares, not what a kind means (its schema and its runners do).

use super::{Problem, files, text};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A vector that was read.
pub(super) struct Vector {
    pub file: PathBuf,
    pub kind: String,
    pub text: String,
    pub body: Value,
}

const KEYS: [&str; 5] = ["v", "id", "kind", "given", "expected"];

/// Ways of leaving a vector out. A runner that cannot evaluate one fails instead.
const SKIPS: [&str; 5] = ["skip", "skip_reason", "xfail", "todo", "only_for"];

/// Reads every vector, with what is wrong about its envelope.
pub(super) fn read(root: &Path) -> (Vec<Vector>, Vec<Problem>) {
    let folder = root.join("tests/vectors");
    let (mut vectors, mut problems) = (Vec::new(), Vec::new());
    for file in files(&folder, &["json"]) {
        let inside = file.strip_prefix(&folder).unwrap_or(&file).with_extension("");
        let id: Vec<String> =
            inside.components().map(|c| c.as_os_str().to_string_lossy().into_owned()).collect();
        if id.first().is_some_and(|kind| kind == "schema") {
            continue;
        }
        let Some(text) = text(&file, &mut problems) else { continue };
        let body: Value = match serde_json::from_str(&text) {
            Ok(body) => body,
            Err(e) => {
                problems.push(Problem::new(&file, e.line(), format!("not JSON: {e}")));
                continue;
            }
        };
        let mut wrong = |key: &str, what: String| problems.push(Problem::new(&file, place(&text, key), what));
        if id.len() != 2 {
            wrong("id", "a vector stands at tests/vectors/<kind>/<name>.json".to_owned());
        }
        if body["v"] != 1 {
            wrong("v", "`v` must be 1".to_owned());
        }
        if body["id"] != *id.join("/") {
            wrong("id", format!("`id` must be the vector's place, {:?}", id.join("/")));
        }
        if body["kind"].as_str() != id.first().map(String::as_str) {
            wrong("kind", format!("`kind` must be its folder, {:?}", id.first().map_or("", String::as_str)));
        }
        for key in ["given", "expected"].iter().filter(|key| !body[**key].is_object()) {
            wrong(key, format!("`{key}` must be an object"));
        }
        for key in body.as_object().into_iter().flatten().map(|(key, _)| key) {
            if !KEYS.contains(&key.as_str()) {
                wrong(key, format!("`{key}` is not part of a vector: {}", KEYS.join(", ")));
            }
        }
        if let Some(key) = skip_key(&body) {
            wrong(key, format!("`{key}`: a vector cannot be left out; mend it or delete it"));
        }
        vectors.push(Vector { kind: id.first().cloned().unwrap_or_default(), file, text, body });
    }
    (vectors, problems)
}

/// The first key, at any depth, that would leave something out.
fn skip_key(value: &Value) -> Option<&'static str> {
    match value {
        Value::Object(map) => map
            .iter()
            .find_map(|(key, inner)| SKIPS.iter().find(|s| *s == key).copied().or_else(|| skip_key(inner))),
        Value::Array(list) => list.iter().find_map(skip_key),
        _ => None,
    }
}

/// The line on which a key first stands, or the first line.
pub(super) fn place(text: &str, key: &str) -> usize {
    let quoted = format!("\"{key}\"");
    let is_key = |line: &str| {
        line.match_indices(&quoted).any(|(at, q)| line[at + q.len()..].trim_start().starts_with(':'))
    };
    text.lines().position(is_key).map_or(1, |line| line + 1)
}

/// How many vectors each kind has, for a person.
pub(super) fn count(vectors: &[Vector]) -> String {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for vector in vectors {
        *kinds.entry(&vector.kind).or_default() += 1;
    }
    let each: Vec<String> = kinds.iter().map(|(kind, n)| format!("{kind} {n}")).collect();
    format!("vectors: {} ({})", vectors.len(), each.join(", "))
}

#[cfg(test)]
mod tests {
    use super::super::planted::{Folder, shown};
    use super::*;

    #[test]
    fn an_envelope_that_is_wrong_is_seen() {
        let f = Folder::new("vectors");
        let vector = |id: &str, kind: &str, more: &str| {
            format!(
                "{{\"v\": 1,\n\"id\": \"{id}\",\n\"kind\": \"{kind}\",\n\"given\": {{}},\n\"expected\": {{}}{more}}}"
            )
        };
        f.with("tests/vectors/fit/good.json", &vector("fit/good", "fit", ""));
        f.with("tests/vectors/fit/a.json", &vector("fit/b", "fit", ""));
        f.with("tests/vectors/fit/c.json", &vector("fit/c", "sse", ""));
        f.with("tests/vectors/fit/d.json", &vector("fit/d", "fit", ",\n\"why\": 1"));
        f.with(
            "tests/vectors/fit/e.json",
            &vector("fit/e", "fit", "").replace("{}}", "{\"a\": [{\"skip\": true}]}}"),
        );
        f.with("tests/vectors/fit/f.json", "{\"v\": 2,\n");
        f.with(
            "tests/vectors/fit/deep/g.json",
            &vector("fit/deep/g", "fit", "").replace("\"given\": {}", "\"given\": 1"),
        );
        f.with("tests/vectors/schema/fit.schema.json", "{}");
        let (vectors, problems) = read(f.path());
        let found = shown(&f, problems);
        assert_eq!(vectors.len(), 6);
        assert_eq!(count(&vectors), "vectors: 6 (fit 6)");
        assert_eq!(
            found,
            [
                "tests/vectors/fit/a.json:2: `id` must be the vector's place, \"fit/a\"",
                "tests/vectors/fit/c.json:3: `kind` must be its folder, \"fit\"",
                "tests/vectors/fit/d.json:6: `why` is not part of a vector: v, id, kind, given, expected",
                "tests/vectors/fit/deep/g.json:2: a vector stands at tests/vectors/<kind>/<name>.json",
                "tests/vectors/fit/deep/g.json:4: `given` must be an object",
                "tests/vectors/fit/e.json:5: `skip`: a vector cannot be left out; mend it or delete it",
                "tests/vectors/fit/f.json:2: not JSON: EOF while parsing a value at line 2 column 0",
            ],
            "{found:#?}"
        );
    }
}
