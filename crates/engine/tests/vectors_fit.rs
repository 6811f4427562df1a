//! Runs the vectors of kind `fit`: needs read from a request, judged against a listing.
//!
//! Knows the vector's shape only. A field that it does not know fails; a folder without vectors fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::catalog::{Capability, Catalog, Fit, Need, fit};
use resilient_completion_engine::chat::ChatRequest;
use serde::Deserialize;
use serde_json::{Value, value::RawValue};
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
#[serde(deny_unknown_fields)]
struct Given {
    request: Box<RawValue>,
    model: String,
    listing: Vec<Value>,
    #[serde(default)]
    capabilities: Vec<String>,
}

#[derive(Deserialize, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
struct Expected {
    fit: String,
    #[serde(default)]
    reasons: Vec<String>,
}

impl Expected {
    fn of(fit: Fit) -> Expected {
        let (fit, reasons) = match fit {
            Fit::Fits => ("fits", Vec::new()),
            Fit::Unknown => ("unknown", Vec::new()),
            Fit::Degraded(reasons) => ("degraded", reasons),
            Fit::Unfit(reasons) => ("unfit", reasons),
        };
        Expected { fit: fit.to_owned(), reasons }
    }
}

fn judged(given: &Given) -> Expected {
    let listing = serde_json::to_vec(&given.listing).unwrap();
    let catalog = Catalog::parse_models(&listing, "vector", "2026-11-20").unwrap();
    let request = RawJson::of(&given.request).unwrap();
    let request = ChatRequest::parse(request.bytes().clone()).unwrap();
    let wanted = given.capabilities.iter().map(|word| Capability::read("capability", word).unwrap());
    let need = Need::of(&|name| request.get(name)).with(wanted);
    Expected::of(fit(&need, catalog.lookup(&given.model)))
}

#[test]
fn every_fit_vector_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/fit");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let name = format!("fit/{}", file.file_stem().unwrap().to_str().unwrap());
        let vector: Vector = serde_json::from_slice(&std::fs::read(file).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!((vector.v, &*vector.id, &*vector.kind), (1, &*name, "fit"), "{}", file.display());
        let found = judged(&vector.given);
        if found != vector.expected {
            failures.push(format!("{name}: expected {:?}, found {found:?}", vector.expected));
        }
    }
    println!("vectors fit: {} run", files.len());
    assert!(files.len() >= 50, "only {} vectors in {}", files.len(), folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
