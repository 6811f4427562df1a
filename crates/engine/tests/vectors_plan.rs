//! Runs the vectors of kind `plan`: a client's side and a call become candidates, or the error that says why not.
//!
//! Knows the vector's shape only. A field that it does not know fails; a folder without vectors fails.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use bytes::Bytes;
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::error::Error;
use resilient_completion_engine::plan::{Ask, Defaults, Endpoint, Link, Policy, explain, select};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

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
    call: Map<String, Value>,
    #[serde(default)]
    stream: bool,
    #[serde(default)]
    client: Client,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Client {
    policy: Option<Value>,
    chain: Option<Value>,
    #[serde(default)]
    capabilities: BTreeMap<String, Value>,
    #[serde(default)]
    endpoints: BTreeMap<String, String>,
    openrouter: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    candidates: Option<Vec<Candidate>>,
    skipped: Option<Vec<Skipped>>,
    attempts: Option<u64>,
    seconds: Option<f64>,
    warnings: Option<Vec<String>>,
    error: Option<Told>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Candidate {
    model: String,
    label: Option<String>,
    endpoint: Option<String>,
    timeout: Option<f64>,
    #[serde(default)]
    body_contains: Map<String, Value>,
    #[serde(default)]
    body_lacks: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Skipped {
    model: String,
    label: Option<String>,
    reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    kind: String,
    field: Option<String>,
    #[serde(default)]
    message_contains: Vec<String>,
}

fn planned(given: &Given) -> Result<Value, Error> {
    let endpoint = |name: &str, url: &str, openrouter: bool| {
        Arc::new(Endpoint {
            name: name.into(),
            id: Endpoint::identity(url, 0),
            base_url: url.into(),
            api_key: None,
            headers: vec![],
            openrouter,
        })
    };
    let client = &given.client;
    let own = endpoint("default", "http://127.0.0.1:1/v1", client.openrouter.unwrap_or(true));
    let more = client.endpoints.iter().map(|(name, url)| endpoint(name, url, false));
    let chains = client.capabilities.iter();
    let defaults = Defaults {
        endpoints: std::iter::once(own).chain(more).collect(),
        chain: client.chain.as_ref().map(|c| Link::chain("chain", c)).transpose()?,
        capabilities: chains
            .map(|(k, c)| Ok((k.clone(), Link::chain(k, c)?)))
            .collect::<Result<_, Error>>()?,
        policy: match &client.policy {
            Some(p) => Policy::default().merge("policy", p)?,
            None => Policy::default(),
        },
        catalog: Arc::new(Catalog::bundled().clone()),
        rules: Arc::default(),
    };
    let call = Bytes::from(Value::Object(given.call.clone()).to_string());
    let ask = Ask::parse(call, &defaults.policy, given.stream)?;
    Ok(explain::explain(&select(ask, &defaults, &|_| 1)?))
}

/// Everything in which the outcome differs from what is expected.
fn differences(expected: &Expected, found: &Result<Value, Error>) -> Vec<String> {
    let mut out = Vec::new();
    let mut differ = |what: &str, want: &dyn std::fmt::Debug, is: &dyn std::fmt::Debug, same: bool| {
        if !same {
            out.push(format!("{what}: expected {want:?}, found {is:?}"));
        }
    };
    let plan = match (found, &expected.error) {
        (Ok(plan), None) => plan,
        (Ok(_), Some(want)) => return vec![format!("expected the error {:?}, found a plan", want.kind)],
        (Err(e), None) => return vec![format!("expected a plan, found {e:?}")],
        (Err(e), Some(want)) => {
            differ("kind", &want.kind, &e.kind.word(), want.kind == e.kind.word());
            differ("field", &want.field, &e.field, want.field.is_none() || want.field == e.field);
            for part in &want.message_contains {
                differ("message", part, &e.message, e.message.contains(part));
            }
            return out;
        }
    };
    if let Some(want) = &expected.candidates {
        let is = plan["candidates"].as_array().unwrap();
        differ("number of candidates", &want.len(), &is.len(), want.len() == is.len());
        for (w, c) in want.iter().zip(is) {
            differ("model", &w.model, &c["model"], c["model"] == *w.model);
            differ("label", &w.label, &c["label"], w.label.as_ref().is_none_or(|l| c["label"] == **l));
            let endpoint = w.endpoint.as_ref().is_none_or(|e| c["endpoint"] == **e);
            differ("endpoint", &w.endpoint, &c["endpoint"], endpoint);
            let timeout = w.timeout.is_none_or(|t| c["timeout"].as_f64() == Some(t));
            differ("timeout", &w.timeout, &c["timeout"], timeout);
            for (name, value) in &w.body_contains {
                differ(name, value, &c["body"][name], c["body"][name] == *value);
            }
            for name in &w.body_lacks {
                differ("body", name, &c["body"][name], c["body"].get(name).is_none());
            }
        }
    }
    if let Some(want) = &expected.skipped {
        let is = plan["skipped"].as_array().unwrap();
        differ("number of skipped", &want.len(), is, want.len() == is.len());
        for (w, s) in want.iter().zip(is) {
            differ("skipped", &w.model, &s["model"], s["model"] == *w.model);
            differ("label", &w.label, &s["label"], w.label.as_ref().is_none_or(|l| s["label"] == **l));
            differ("reason", &w.reason, &s["reason"], s["reason"] == *w.reason);
        }
    }
    let bounds = &plan["bounds"];
    let (attempts, seconds) = (&bounds["attempts"], &bounds["seconds"]);
    differ("attempts", &expected.attempts, attempts, expected.attempts.is_none_or(|n| *attempts == n));
    let same = expected.seconds.is_none_or(|n| seconds.as_f64() == Some(n));
    differ("seconds", &expected.seconds, seconds, same);
    differ("usd", &Value::Null, &bounds["usd"], bounds["usd"].is_null());
    let warnings = &plan["warnings"];
    let same = expected.warnings.as_ref().is_none_or(|w| *warnings == serde_json::json!(w));
    differ("warnings", &expected.warnings, warnings, same);
    let dated = ["source", "date"].iter().all(|k| plan["facts"][*k].as_str().is_some_and(|t| !t.is_empty()));
    differ("facts", &"source and date", &plan["facts"], dated);
    out
}

#[test]
fn every_plan_vector_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/plan");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut failures = Vec::new();
    for file in &files {
        let name = format!("plan/{}", file.file_stem().unwrap().to_str().unwrap());
        let vector: Vector = serde_json::from_slice(&std::fs::read(file).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        assert_eq!((vector.v, &*vector.id, &*vector.kind), (1, &*name, "plan"), "{}", file.display());
        let found = planned(&vector.given);
        let told = differences(&vector.expected, &found);
        if !told.is_empty() {
            failures.push(format!("{name}:\n  {}", told.join("\n  ")));
        }
    }
    println!("vectors plan: {} run", files.len());
    assert!(files.len() >= 20, "only {} vectors in {}", files.len(), folder.display());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
