//! Streams that stop, stall, drip or are left alone, over real sockets (rows S of the test plan).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;
use common::{call, client, figures, provider, stream, until};
use resilient_completion::{Kind, Pump};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

fn piece(text: &str) -> Value {
    json!({"data": {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]}})
}

fn stop() -> Value {
    json!({"data": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}})
}

fn usage() -> Value {
    json!({"data": {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 5, "total_tokens": 8}}})
}

/// Broken after k pieces: before the first the next link answers whole, after it a typed partial, never a mixture.
#[tokio::test]
async fn s01_a_stream_that_breaks_after_k_pieces() {
    let (mut trials, mut violations) = (0, 0);
    for end in ["cut", "reset"] {
        for k in 0..8 {
            let chunks: Vec<Value> = (0..k).map(|i| piece(&i.to_string())).collect();
            let mut broken =
                json!({"framing": "chunked", "end": end, "headers": {"content-type": "text/event-stream"}});
            broken["chunks"] = if k == 0 { json!([{"comment": "soon"}]) } else { json!(chunks) };
            let provider = provider(&json!({"models": {"a/one": [broken], "b/two": [{"text": "whole"}]}}));
            let (text, end) = stream(&client(&provider.url()), &json!({"models": ["a/one", "b/two"]})).await;
            let right = match end {
                // A reset may overtake the pieces that were sent just before it.
                Ok(done) => text == "whole" && done.fell_back,
                Err(e) => k > 0 && e.error.kind == Kind::Interrupted && e.error.partial.unwrap().text == text,
            };
            trials += 1;
            violations += usize::from(!right);
        }
    }
    figures(&json!({"id": "S01", "trials": trials, "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// A clean end without a terminal signal is no success, however it is framed.
#[tokio::test]
async fn s02_a_clean_end_without_a_signal_is_not_a_success() {
    let mut violations = 0;
    for framing in ["length", "chunked", "close"] {
        let script = json!({"models": {"*": [{"chunks": [piece("half an ans")], "framing": framing}]}});
        let provider = provider(&script);
        let (text, end) = stream(&client(&provider.url()), &json!({"model": "a/one"})).await;
        let partial = end.err().and_then(|e| e.error.partial).map(|p| p.text);
        violations += usize::from(text != "half an ans" || partial.as_deref() != Some("half an ans"));
    }
    figures(&json!({"id": "S02", "trials": 3, "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// Comments for ever are silence, before the first content and between contents.
#[tokio::test]
async fn s04_comments_do_not_stop_the_clock() {
    let ping = json!({"comment": "OPENROUTER PROCESSING", "every": 0.005, "repeat": "forever"});
    let policy = json!({"retries": 0, "timeouts": {"first_token": 0.2, "between_tokens": 0.2}});
    for (chunks, kind) in [(json!([ping]), Kind::Timeout), (json!([piece("x"), ping]), Kind::Interrupted)] {
        let provider = provider(&json!({"models": {"*": [{"chunks": chunks}]}}));
        let start = Instant::now();
        let (_, end) = stream(&client(&provider.url()), &json!({"model": "a/one", "policy": policy})).await;
        let took = start.elapsed();
        figures(&json!({"id": "S04", "detected_ms": took.as_millis() as u64, "limit_ms": 200}));
        assert_eq!(end.unwrap_err().error.kind, kind);
        assert!(took >= Duration::from_millis(200) && took < Duration::from_millis(1_500), "{took:?}");
        assert!(until(|| provider.connections().open == 0).await.is_some());
    }
}

/// One token just within the limit, again and again: the call's own limit ends it.
#[tokio::test]
async fn s05_a_drip_is_ended_by_the_total() {
    let mut drip = piece("x");
    drip["every"] = json!(0.05);
    drip["repeat"] = json!("forever");
    let provider = provider(&json!({"models": {"*": [{"chunks": [drip]}]}}));
    let fields = json!({"model": "a/one", "timeout": 0.6, "policy": {"timeouts": {"between_tokens": 0.5}}});
    let start = Instant::now();
    let (text, end) = stream(&client(&provider.url()), &fields).await;
    let took = start.elapsed();
    figures(&json!({"id": "S05", "ms": took.as_millis() as u64, "limit_ms": 600, "pieces": text.len()}));
    assert!(end.is_err() && !text.is_empty());
    assert!(took < Duration::from_millis(1_600), "{took:?}");
}

/// A reader who pauses longer than every limit between tokens: nobody's fault, nothing lost, little buffered.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s06_a_slow_reader_is_not_the_providers_fault() {
    let text = "word ".repeat(20);
    let mut many = piece(&text);
    many["repeat"] = json!(20_000);
    let provider =
        provider(&json!({"models": {"*": [{"chunks": [many, stop(), usage(), {"data": "[DONE]"}]}]}}));
    let policy = json!({"retries": 0, "timeouts": {"between_tokens": 0.1}});
    let fields = json!({"model": "a/one", "policy": policy});
    let (mut most, mut pieces) = (0, 0);
    let running = client(&provider.url()).start(call(&fields), true).unwrap();
    let pump = Pump::start(running, &tokio::runtime::Handle::current());
    while let Some(batch) = pump.next().await.unwrap() {
        most = most.max(batch.len());
        pieces += batch.len();
        if pieces < 3_000 {
            tokio::time::sleep(Duration::from_millis(150)).await;
        }
    }
    figures(&json!({"id": "S06", "pieces": pieces, "most_waiting": most, "false_timeouts": 0}));
    assert!(pump.completion().unwrap().usage.is_some());
    assert!(most < 2_000, "{most} pieces were kept for a reader who was away");
}

/// The same for a reader who drives the call itself, with the pause where the stream is about to close.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn s06_a_pause_before_the_last_piece_loses_nothing() {
    // More chunks than the connection reads ahead, so that the usage is still on its way when the reader is back.
    let comments = json!({"comment": "soon", "every": 0.002, "repeat": 20});
    let chunks = json!([piece("a"), stop(), comments, usage(), {"data": "[DONE]"}]);
    let provider = provider(&json!({"models": {"*": [{"chunks": chunks}]}}));
    let client = client(&provider.url());
    for pause in [0, 300, 1_400] {
        let policy = json!({"timeouts": {"between_tokens": 1}});
        let mut running = client.start(call(&json!({"model": "a/one", "policy": policy})), true).unwrap();
        let mut pieces = 0;
        while let Some(batch) = running.next().await.unwrap() {
            pieces += batch.len();
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        assert!(running.completion().unwrap().usage.is_some(), "a pause of {pause} ms lost the usage");
        assert_eq!(pieces, 3);
    }
    figures(&json!({"id": "S06b", "trials": 3, "violations": 0}));
}

/// No `[DONE]` and the socket stays open: the answer is complete within a second.
#[tokio::test]
async fn s12_no_done_and_an_open_socket() {
    for (chunks, limit) in [(json!([piece("a"), stop(), usage()]), 250), (json!([piece("a"), stop()]), 1_000)]
    {
        let provider =
            provider(&json!({"models": {"*": [{"chunks": chunks, "framing": "chunked", "end": "stall"}]}}));
        let start = Instant::now();
        let (text, end) = stream(&client(&provider.url()), &json!({"model": "a/one"})).await;
        let took = start.elapsed().as_millis() as u64;
        figures(&json!({"id": "S12", "ms": took, "limit_ms": limit}));
        assert!(text == "a" && end.is_ok());
        assert!(took < limit + 700, "{took}");
        assert!(until(|| provider.connections().open == 0).await.is_some(), "the open socket is let go");
    }
}

/// A reader who stops: the connection is closed at once, whichever way it is read.
#[tokio::test]
async fn s14_who_stops_reading_closes_the_connection() {
    let mut slow = piece("x");
    slow["every"] = json!(0.01);
    slow["repeat"] = json!("forever");
    let provider = provider(&json!({"models": {"*": [{"chunks": [slow]}]}}));
    let client = client(&provider.url());
    let mut worst = Duration::ZERO;
    for i in 0..20 {
        let mut running = client.start(call(&json!({"model": "a/one"})), true).unwrap();
        if i % 2 == 0 {
            running.next().await.unwrap();
            drop(running);
        } else {
            let pump = Pump::start(running, &tokio::runtime::Handle::current());
            pump.next().await.unwrap();
            drop(pump);
        }
        worst = worst.max(until(|| provider.connections().open == 0).await.expect("closed"));
    }
    figures(&json!({"id": "S14", "trials": 20, "max_ms": worst.as_millis() as u64, "limit_ms": 100}));
    assert!(worst < Duration::from_millis(500), "{worst:?}");
}
