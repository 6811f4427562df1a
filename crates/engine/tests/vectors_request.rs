//! Runs the vectors of kind `request`: bodies that are taken, bodies that are refused, and where.
//!
//! Knows the vector's shape only. A key that it does not know fails; a folder without vectors fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use bytes::Bytes;
use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::chat::ChatRequest;
use resilient_completion_engine::chat::request::check_field;
use resilient_completion_engine::error::{Error, Kind};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector {
    v: u8,
    id: String,
    kind: String,
    given: Given,
    expected: Expected,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Given {
    Body(Box<RawValue>),
    Text(String),
    Override(Override),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Override {
    field: String,
    json: Box<RawValue>,
    path: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Expected {
    Body(Value),
    Override(String),
    Error(Refusal),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    field: String,
    message: String,
}

/// The fields kept, or nothing for an override.
fn found(given: &Given) -> Result<Option<Value>, Error> {
    let text = match given {
        Given::Body(raw) => raw.get(),
        Given::Text(text) => text,
        Given::Override(o) => {
            let value = RawJson::trusted(Bytes::copy_from_slice(o.json.get().as_bytes()));
            return check_field(&o.field, &value, &o.path).map(|()| None);
        }
    };
    let request = ChatRequest::parse(Bytes::copy_from_slice(text.as_bytes()))?;
    let fields: Map<String, Value> = request.fields().map(|(n, v)| (n.to_owned(), v.value())).collect();
    Ok(Some(Value::Object(fields)))
}

fn held(vector: &Vector) -> Result<(), String> {
    // As text, because the order of keys counts.
    let written = |body: &Value| serde_json::to_vec(body).unwrap();
    match (&found(&vector.given), &vector.expected) {
        (Ok(Some(kept)), Expected::Body(body)) if written(kept) == written(body) => Ok(()),
        (Ok(None), Expected::Override(word)) if word == "accepted" => Ok(()),
        (Err(e), Expected::Error(refusal)) => {
            let named = e.field.as_deref() == Some(&refusal.field) && e.kind == Kind::BadRequest;
            let said = e.message.contains(&refusal.message);
            if named && said { Ok(()) } else { Err(format!("{:?} {}", e.field, e.message)) }
        }
        (Ok(kept), _) => Err(format!("taken as {kept:?}")),
        (Err(e), _) => Err(format!("refused: {e}")),
    }
}

#[test]
fn every_request_vector_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/request");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let name = format!("request/{}", file.file_stem().unwrap().to_str().unwrap());
        let vector: Vector = serde_json::from_slice(&std::fs::read(file).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!((vector.v, &*vector.id, &*vector.kind), (1, &*name, "request"), "{}", file.display());
        if let Err(problem) = held(&vector) {
            failures.push(format!("{name}: {problem}"));
        }
    }
    println!("vectors request: {} run", files.len());
    assert!(failures.is_empty(), "{} of {} failed:\n{}", failures.len(), files.len(), failures.join("\n"));
    assert!(files.len() >= 60, "the folder of vectors is not whole");
}
