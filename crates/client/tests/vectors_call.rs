//! Runs the vectors of kinds `call` and `errors` through the Rust client, against the scripted provider.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use resilient_completion::engine::error::Error;
use resilient_completion::{Client, Failure};
use resilient_completion_simulator::vectors::{Close, Finished, Observed, Vector, load};
use resilient_completion_simulator::{Provider, Script};
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

const KEY: &str = "sk-or-v1-vector-0123456789abcdef";

/// How many run at once: they mostly wait, and the machine may be small.
const AT_ONCE: usize = 8;

/// No vector takes longer, on however slow a machine.
const LONGEST: Duration = Duration::from_secs(20);

#[test]
fn every_vector_of_kind_call() {
    run("call");
}

#[test]
fn every_vector_of_kind_errors() {
    run("errors");
}

fn run(kind: &str) {
    for name in ["OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "RESILIENT_COMPLETION_CONFIG"] {
        assert!(std::env::var_os(name).is_none(), "unset {name}: it would change what the vectors mean");
    }
    let vectors = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), kind).unwrap();
    let count = vectors.len();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let failures: Vec<String> = runtime.block_on(async {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
        let tasks: Vec<_> = vectors.into_iter().map(|v| tokio::spawn(one(v, permits.clone()))).collect();
        let mut failures = Vec::new();
        for task in tasks {
            failures.extend(task.await.unwrap());
        }
        failures
    });
    println!("vectors {kind}: {count} run");
    assert!(failures.is_empty(), "{} of {count} vectors failed:\n{}", failures.len(), failures.join("\n"));
}

async fn one(vector: Vector, permits: Arc<Semaphore>) -> Option<String> {
    let _permit = permits.acquire().await.unwrap();
    let script = match vector.given.script.is_empty() {
        true => json!({"models": {"*": {"text": "unused"}}}),
        false => Value::Object(vector.given.script.clone()),
    };
    let provider = Arc::new(Provider::start(Script::read(&script).unwrap()).unwrap());
    let Ok(seen) = tokio::time::timeout(LONGEST, observe(&vector, &provider)).await else {
        return Some(format!("{}: still going after {LONGEST:?}", vector.id));
    };
    let differences = vector.expected.differences(&seen);
    let shown = |d: &Vec<String>| format!("{}:\n  {}\n  trace: {}", vector.id, d.join("\n  "), seen.trace);
    Some(&differences).filter(|d| !d.is_empty()).map(shown)
}

async fn observe(vector: &Vector, provider: &Arc<Provider>) -> Observed {
    let given = &vector.given;
    let client = options(&given.client, &provider.url());
    let mut deltas = given.stream.then(String::new);
    let mut began = Instant::now();
    let outcome = match Client::from_json(client.to_string().as_bytes()) {
        Ok(client) => {
            for call in &given.earlier {
                if let Ok(mut running) = client.start(text(call, provider).into(), false) {
                    let _ = running.complete().await;
                }
            }
            began = Instant::now();
            attempt(client, vector, provider, &mut deltas).await
        }
        Err(failure) => Err(failure),
    };
    let seconds = began.elapsed().as_secs_f64();
    let (outcome, trace) = match outcome {
        Ok((finished, trace)) => (Ok(finished), trace),
        Err(Failure { error, trace }) => {
            let trace = trace.map_or(Value::Null, |t| serde_json::from_str(&t.to_json()).unwrap());
            (Err(told(&error)), trace)
        }
    };
    // A client that has given up may be ahead of what the provider has read.
    tokio::time::sleep(Duration::from_millis(5)).await;
    Observed { outcome, deltas, trace, requests: provider.requests(), seconds }
}

fn text(call: &Map<String, Value>, provider: &Provider) -> String {
    replaced(&Value::Object(call.clone()), &provider.url()).to_string()
}

async fn attempt(
    client: Client,
    vector: &Vector,
    provider: &Arc<Provider>,
    deltas: &mut Option<String>,
) -> Result<(Finished, Value), Failure> {
    match vector.given.close {
        Some(Close::Before) => client.close(),
        Some(Close::During) => {
            let (client, provider) = (client.clone(), provider.clone());
            std::thread::spawn(move || {
                assert!(provider.wait_for_requests(1, Duration::from_secs(10)));
                client.close();
            });
        }
        None => {}
    }
    let mut running = client.start(text(&vector.given.call, provider).into(), vector.given.stream)?;
    let completion = match deltas {
        None => running.complete().await?,
        Some(joined) => {
            while let Some(batch) = running.next().await? {
                for delta in batch {
                    joined.push_str(if delta.restarted { "|restarted|" } else { &delta.text });
                }
            }
            running.completion().expect("a stream that ended well has its completion").clone()
        }
    };
    let finished = Finished {
        text: completion.text().to_owned(),
        model: Some(completion.model.clone()),
        label: completion.label.clone(),
        provider: completion.provider.clone(),
        fell_back: completion.fell_back,
        cost: completion.cost(),
        body: completion.body().value(),
    };
    Ok((finished, serde_json::from_str(&completion.trace.to_json()).unwrap()))
}

/// The error with the keys of the border's envelope.
fn told(error: &Error) -> Value {
    json!({
        "kind": error.kind.word(), "class": error.class_name(), "message": error.message, "field": error.field,
        "status": error.status, "retryable": error.retryable,
        "retry_after": error.retry_after.map(|d| d.as_secs_f64()), "model": error.model, "label": error.label,
        "request_id": error.request_id, "partial": error.partial.as_ref().map(|p| json!({"text": p.text})),
        "cause": error.cause.as_ref().map(|c| json!({"kind": c.kind.word()})),
    })
}

fn options(given: &Map<String, Value>, url: &str) -> Value {
    let mut options = given.clone();
    for (key, value) in [("base_url", url), ("api_key", KEY), ("guards", "own")] {
        options.entry(key).or_insert_with(|| value.into());
    }
    options.retain(|_, v| !v.is_null());
    replaced(&Value::Object(options), url)
}

/// `{url}` and `{refused}` in every string replaced.
fn replaced(value: &Value, url: &str) -> Value {
    match value {
        Value::String(s) if s.contains("{refused}") => s.replace("{refused}", &refused()).into(),
        Value::String(s) => s.replace("{url}", url).into(),
        Value::Array(items) => items.iter().map(|v| replaced(v, url)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), replaced(v, url))).collect(),
        other => other.clone(),
    }
}

/// A port that was free a moment ago.
fn refused() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}/v1", listener.local_addr().unwrap())
}
