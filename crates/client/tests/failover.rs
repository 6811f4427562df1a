//! The main story over real HTTP: a limited primary, a silent second, a third that answers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use resilient_completion::{Client, Kind};
use resilient_completion_simulator::{Provider, Script};
use serde_json::{Value, json};
use std::time::Duration;

fn provider(script: &Value) -> Provider {
    Provider::start(Script::read(script).unwrap()).unwrap()
}

fn client(url: &str) -> Client {
    Client::builder().base_url(url).option("guards", "own").build().unwrap()
}

fn call(fields: &Value) -> Bytes {
    Bytes::from(fields.to_string())
}

const STORY: &str = r#"{"models": {
    "a/one": [{"status": 429, "headers": {"retry-after": "20"}, "body": {"error": {"code": 429, "message": "Rate limit exceeded"}}}],
    "b/two": [{"fault": "silence"}],
    "c/three": [{"text": "Recursion is recursion."}]}}"#;

#[tokio::test]
async fn the_third_link_answers() {
    let provider = provider(&serde_json::from_str(STORY).unwrap());
    let client = client(&provider.url());
    let chain =
        json!([{"model": "a/one", "label": "primary"}, {"model": "b/two", "timeout": 0.2}, "c/three"]);
    let mut running = client.start(call(&json!({"messages": "hi", "chain": chain})), false).unwrap();
    let done = running.complete().await.unwrap();
    assert_eq!(done.text(), "Recursion is recursion.");
    assert!(done.fell_back);
    let kinds: Vec<Option<Kind>> = done.trace.attempts.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [Some(Kind::RateLimited), Some(Kind::Timeout), None]);
    assert!(provider.wait_for_disconnect(Duration::from_secs(2)).is_some(), "the silent one was cut off");
}

#[tokio::test]
async fn the_third_link_streams() {
    let provider = provider(&serde_json::from_str(STORY).unwrap());
    let client = client(&provider.url());
    let chain = json!([{"model": "a/one"}, {"model": "b/two", "timeout": 0.2}, "c/three"]);
    let mut running = client.start(call(&json!({"messages": "hi", "chain": chain})), true).unwrap();
    let mut text = String::new();
    while let Some(batch) = running.next().await.unwrap() {
        batch.iter().for_each(|d| text.push_str(&d.text));
    }
    assert_eq!(text, "Recursion is recursion.");
    assert_eq!(running.completion().unwrap().text(), text);
}

#[tokio::test]
async fn dropping_a_call_closes_its_connection() {
    let provider = provider(&json!({"models": {"*": [{"fault": "silence"}]}}));
    let client = client(&provider.url());
    let mut running = client.start(call(&json!({"messages": "hi", "model": "a/one"})), false).unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(100), running.complete()).await;
    assert!(waited.is_err());
    assert_eq!(provider.connections().open, 1, "the call outlives the future that waited for it");
    drop(running);
    let gone =
        tokio::task::spawn_blocking(move || provider.wait_for_disconnect(Duration::from_secs(2)).is_some());
    assert!(gone.await.unwrap());
}

#[tokio::test]
async fn closing_a_client_ends_its_calls_and_refuses_new_ones() {
    let provider = provider(&json!({"models": {"*": [{"fault": "silence"}]}}));
    let client = client(&provider.url());
    let mut running = client.start(call(&json!({"messages": "hi", "model": "a/one"})), false).unwrap();
    let closer = client.clone();
    let waiting = tokio::spawn(async move { running.complete().await });
    while provider.request_count() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    closer.close();
    assert_eq!(waiting.await.unwrap().unwrap_err().error.kind, Kind::Cancelled);
    let refused = client.start(call(&json!({"messages": "hi", "model": "a/one"})), false);
    assert_eq!(refused.err().unwrap().error.kind, Kind::Closed);
}

#[tokio::test]
async fn connections_are_used_again() {
    let provider = provider(&json!({"models": {"*": [{"text": "ok"}]}}));
    let client = client(&provider.url());
    for stream in [false, true, true, false] {
        let mut running = client.start(call(&json!({"messages": "hi", "model": "a/one"})), stream).unwrap();
        if stream {
            while running.next().await.unwrap().is_some() {}
        } else {
            running.complete().await.unwrap();
        }
        // The last bytes of a stream are read behind the caller's back.
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(provider.connections().accepted, 1);
}
