//! Futures dropped at every poll: a call goes on where it stood, and a dropped call leaves nothing behind.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use crate::process::process;
use crate::{Client, Running};
use bytes::Bytes;
use resilient_completion_simulator::{Provider, Script};
use serde_json::{Value, json};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

fn provider() -> Provider {
    let piece =
        |text: &str| json!({"data": {"choices": [{"index": 0, "delta": {"content": text}}]}, "delay": 0.002});
    let stop =
        json!({"data": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}, "delay": 0.002});
    let script = json!({"models": {
        "good/plain": [{"delay": 0.002, "text": "abc", "body_delay": 0.002}],
        "good/stream": [{"delay": 0.002, "chunks": [piece("a"), piece("b"), piece("c"), stop, {"data": "[DONE]"}]}],
        "bad/limited": [{"status": 429, "body": {"error": {"code": 429, "message": "limit"}}}],
        "bad/silent": [{"fault": "silence"}],
        "bad/reset": [{"fault": "reset"}],
        "bad/once": [{"status": 503, "body": {"error": {"code": 503, "message": "busy"}}}, {"text": "abc"}]}});
    Provider::start(Script::read(&script).unwrap()).unwrap()
}

fn start(client: &Client, call: &Value, stream: bool) -> Running {
    client.start(Bytes::from(call.to_string()), stream).unwrap()
}

fn scenarios() -> Vec<(&'static str, Value, bool)> {
    let calls = json!({
        "plain": {"model": "good/plain"},
        "fallover": {"chain": ["bad/limited", "bad/reset", {"model": "bad/silent", "timeout": 0.02}, "good/plain"]},
        "retry": {"chain": [{"model": "bad/once", "retries": 1}], "policy": {"backoff": {"base": 0.01, "max": 0.01}}},
        "stream": {"model": "good/stream"},
        "stream fallover": {"chain": ["bad/limited", {"model": "bad/silent", "timeout": 0.02}, "good/stream"]}});
    let calls = calls.as_object().unwrap().clone();
    calls
        .into_iter()
        .map(|(name, mut call)| {
            call["messages"] = json!("hi");
            let name: &'static str = name.leak();
            (name, call, name.starts_with("stream"))
        })
        .collect()
}

/// Polls `future` up to `polls` times, then drops it.
async fn polled<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut done = 0;
    poll_fn(|cx| {
        if done == polls {
            return Poll::Ready(None);
        }
        done += 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Runs a call whose every future is dropped after `polls` polls; its text, and how many futures it took.
async fn in_turns(mut running: Running, stream: bool, polls: usize) -> (String, Running, usize) {
    let (mut text, mut turns) = (String::new(), 0);
    loop {
        turns += 1;
        if stream {
            match polled(polls, running.next()).await {
                Some(Ok(Some(batch))) => batch.iter().for_each(|d| text.push_str(&d.text)),
                Some(Ok(None)) => return (text, running, turns),
                Some(Err(e)) => panic!("{e}"),
                None => tokio::time::sleep(Duration::from_micros(300)).await,
            }
        } else {
            match polled(polls, running.complete()).await {
                Some(done) => return (done.unwrap().text().to_owned(), running, turns),
                None => tokio::time::sleep(Duration::from_micros(300)).await,
            }
        }
        assert!(turns < 100_000);
    }
}

async fn eventually(what: &str, mut done: impl FnMut() -> bool) {
    for _ in 0..2_000 {
        if done() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    panic!("{what}");
}

#[tokio::test]
async fn a_future_may_be_dropped_at_any_poll_and_made_anew() {
    let mut dropped = 0;
    for (name, call, stream) in scenarios() {
        for polls in 1..=8 {
            let provider = provider();
            let url = provider.url();
            let client = Client::builder().base_url(&url).option("guards", "own").build().unwrap();
            let (text, running, turns) = in_turns(start(&client, &call, stream), stream, polls).await;
            assert_eq!(text, "abc", "{name} with a new future after every {polls} polls");
            let (sent, recorded) = (provider.request_count(), running.trace().attempts.len());
            // On a busy machine the silent link's limit may run out before its request is out.
            let late = usize::from(name.contains("fallover"));
            assert!(sent <= recorded && recorded <= sent + late, "{name}: {sent} sent, {recorded} recorded");
            dropped += turns;
        }
    }
    println!("{}", json!({"id": "C12a", "dropped_futures": dropped, "violations": 0}));
}

#[tokio::test]
async fn a_call_dropped_at_any_poll_leaves_nothing_behind() {
    let provider = provider();
    let url = provider.url();
    let (mut points, mut most) = (0, 0);
    for (name, call, stream) in scenarios() {
        for polls in 0..200 {
            let client = Client::builder().base_url(&url).option("guards", "own").build().unwrap();
            let mut running = start(&client, &call, stream);
            assert_eq!(process().calls_of(client.number()), 1);
            let ended = polled(polls, async {
                match stream {
                    true => while running.next().await.unwrap().is_some() {},
                    false => drop(running.complete().await.unwrap()),
                }
            })
            .await;
            drop(running);
            points += 1;
            most = most.max(polls);
            assert_eq!(process().calls_of(client.number()), 0, "{name} at poll {polls}");
            if ended.is_some() {
                break;
            }
        }
    }
    // Idle connections may stay; those of dropped calls may not.
    eventually("connections of dropped calls stay open", || provider.connections().open <= 8).await;
    eventually("alarms of dropped calls stay set", || process().clock.alarms() == 0).await;
    println!("{}", json!({"id": "C12b", "drop_points": points, "deepest": most, "leaks": 0}));
}

#[tokio::test]
async fn a_probe_that_is_dropped_at_any_poll_gives_its_place_back() {
    let provider = provider();
    let client = Client::builder().base_url(&provider.url()).option("guards", "own").build().unwrap();
    let breaker =
        json!({"breaker": {"consecutive": 1, "open": 0.001, "max_open": 0.001, "lease": 60}, "retries": 0});
    let failing = json!({"messages": "hi", "model": "bad/silent", "timeout": 0.005, "policy": breaker});
    let probing = json!({"messages": "hi", "model": "bad/silent", "timeout": 5, "policy": breaker});
    assert!(start(&client, &failing, false).complete().await.is_err());
    for polls in 0..12 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let mut running = start(&client, &probing, false);
        // It is polled only a few times before it waits; the limit drops it there.
        let waited = tokio::time::timeout(Duration::from_millis(30), polled(polls, running.complete())).await;
        assert!(!matches!(waited, Ok(Some(_))));
        let forced = running.trace().events.iter().any(|e| e.name.word() == "forced");
        assert!(!forced, "the place of the probe before was not given back (poll {polls})");
        drop(running);
    }
    println!("{}", json!({"id": "C06", "trials": 12, "wedged": 0}));
}

#[test]
fn own_guards_do_not_come_back_after_their_client() {
    let provider = provider();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::builder().base_url(&provider.url()).option("guards", "own").build().unwrap();
    let (_, call, _) = scenarios().into_iter().find(|(name, ..)| *name == "plain").unwrap();
    let (mut running, number) = (start(&client, &call, false), client.number());
    assert!(process().has_guards(number));
    drop(client);
    runtime.block_on(running.complete()).unwrap();
    assert!(!process().has_guards(number));
}
