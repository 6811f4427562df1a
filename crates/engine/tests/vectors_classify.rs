//! The `classify` vectors: what each answer, broken connection or spent limit means.
//!
//! Every expectation that a vector states is compared; a field that this runner does not know fails to load.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use resilient_completion_engine::base::WallTime;
use resilient_completion_engine::outcome::{
    Billed, Limit, Observation, Outcome, OwnRule, Received, Repair, Rules, Stage, TransportFault,
    classify_by, report::observe, report_by,
};
use resilient_completion_engine::wire::Headers;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The wall clock of every vector: 2026-09-21T13:33:20Z.
const NOW: WallTime = WallTime(1_790_000_000_000);

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
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Value>,
    rules: Option<Value>,
    transport: Option<Transport>,
    limit: Option<String>,
    received: Option<String>,
    truncated: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Transport {
    stage: String,
    message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    kind: Option<String>,
    scope: Option<String>,
    retryable: Option<bool>,
    #[serde(default, deserialize_with = "stated")]
    retry_after: Option<Option<f64>>,
    status: Option<u16>,
    billed: Option<String>,
    rule: Option<String>,
    message: Option<String>,
    provider: Option<String>,
    repair: Option<Figures>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Figures {
    invalid_model: Option<String>,
    affordable_tokens: Option<u64>,
    window: Option<u64>,
    requested: Option<u64>,
    #[serde(default)]
    free_tier: bool,
}

/// A key with null states that there is none; a missing key states nothing.
fn stated<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Option<f64>>, D::Error> {
    Option::deserialize(d).map(Some)
}

fn received(word: &str) -> Received {
    match word {
        "nothing" => Received::Nothing,
        "head" => Received::Head,
        "content" => Received::Content,
        other => panic!("received: {other}"),
    }
}

fn rules(given: &Given) -> Rules {
    given.rules.as_ref().map_or_else(Rules::default, |r| Rules::with(OwnRule::read_all(r).expect("rules")))
}

fn answer(given: &Given) -> (u16, Headers, Vec<u8>) {
    let headers = Headers(given.headers.clone().into_iter().collect());
    let body = match given.body.as_ref().expect("a body") {
        Value::String(s) => s.clone().into_bytes(),
        tree => tree.to_string().into_bytes(),
    };
    (given.status.expect("a status"), headers, body)
}

fn seen(given: &Given) -> Option<Observation> {
    if let Some(t) = &given.transport {
        let stage = match t.stage.as_str() {
            "connect" => Stage::Connect,
            "send" => Stage::Send,
            "receive" => Stage::Receive,
            other => panic!("stage: {other}"),
        };
        return Some(Observation::Transport(TransportFault { stage, message: t.message.clone() }));
    }
    if let Some(limit) = &given.limit {
        let limit = match limit.as_str() {
            "connect" => Limit::Connect,
            "first_token" => Limit::FirstToken,
            "between_tokens" => Limit::BetweenTokens,
            "attempt" => Limit::Attempt,
            "total" => Limit::Total,
            other => panic!("limit: {other}"),
        };
        return Some(Observation::Limit(limit, received(given.received.as_deref().expect("received"))));
    }
    if let Some(word) = &given.truncated {
        return Some(Observation::Truncated(received(word)));
    }
    let (status, headers, body) = answer(given);
    observe(status, &headers, &body)
}

fn scope(o: &Outcome) -> String {
    format!("{:?}", o.scope).to_lowercase()
}

fn billed(b: Billed) -> &'static str {
    match b {
        Billed::No => "no",
        Billed::Maybe => "maybe",
        Billed::Yes => "yes",
    }
}

fn check(vector: &Vector, won: &mut BTreeSet<String>) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut same = |what: &str, got: String, want: String| {
        if got != want {
            wrong.push(format!("{what}: got {got}, expected {want}"));
        }
    };
    let e = &vector.expected;
    let rules = rules(&vector.given);
    let outcome = seen(&vector.given).map(|o| classify_by(&rules, &o, NOW));
    let o = outcome.as_ref();
    let by = o.map(|o| o.rule.to_string()).unwrap_or_default();
    won.insert(by.clone());
    same(
        &format!("kind (by {by})"),
        format!("{:?}", o.map(|o| o.kind.word())),
        format!("{:?}", e.kind.as_deref()),
    );
    same(&format!("scope (by {by})"), format!("{:?}", o.map(scope)), format!("{:?}", e.scope));
    same("retryable", format!("{:?}", o.map(|o| o.retryable)), format!("{:?}", e.retryable));
    if vector.given.body.is_some() {
        let (status, headers, body) = answer(&vector.given);
        let told = report_by(&rules, status, &headers, &body, NOW);
        same("report's kind", told["kind"].to_string(), serde_json::to_string(&e.kind).unwrap());
        same("report's rule", told["rule"]["name"].as_str().unwrap_or_default().to_owned(), by);
    }
    let Some(o) = o else { return wrong };
    if let Some(want) = &e.retry_after {
        same("retry_after", format!("{:?}", o.retry_after.map(|d| d.as_secs_f64())), format!("{want:?}"));
    }
    if let Some(want) = e.status {
        same("status", format!("{:?}", o.status), format!("{:?}", Some(want)));
    }
    if let Some(want) = &e.billed {
        same("billed", billed(o.billed).to_owned(), want.clone());
    }
    if let Some(want) = &e.rule {
        same("rule", o.rule.to_string(), want.clone());
    }
    if let Some(want) = &e.message {
        same("message", o.message.clone(), want.clone());
    }
    if let Some(want) = &e.provider {
        same("provider", format!("{:?}", o.provider.as_deref()), format!("{:?}", Some(want)));
    }
    if let Some(f) = &e.repair {
        let want = Repair {
            invalid_model: f.invalid_model.clone(),
            affordable_tokens: f.affordable_tokens,
            window: f.window,
            requested: f.requested,
            free_tier: f.free_tier,
        };
        same("repair", format!("{:?}", o.repair), format!("{want:?}"));
    }
    wrong
}

#[test]
fn every_vector_holds() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/classify");
    let mut files: Vec<_> = std::fs::read_dir(&dir).expect("vectors").map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut failed = Vec::new();
    let mut won = BTreeSet::new();
    for file in &files {
        let text = std::fs::read_to_string(file).unwrap();
        let vector: Vector =
            serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
        let stem = file.file_stem().unwrap().to_string_lossy();
        assert_eq!((vector.v, vector.kind.as_str()), (1, "classify"), "{stem}");
        assert_eq!(vector.id, format!("classify/{stem}"));
        failed.extend(check(&vector, &mut won).into_iter().map(|w| format!("{stem}: {w}")));
    }
    println!("vectors classify: {} run", files.len());
    assert!(files.len() >= 60, "only {} vectors", files.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let idle: Vec<&str> = Rules::default().ours().map(|r| r.name).filter(|n| !won.contains(*n)).collect();
    assert!(idle.is_empty(), "rules that decide no vector: {}", idle.join(", "));
}
