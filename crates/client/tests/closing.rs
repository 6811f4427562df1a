//! Ends from outside: closing, dropping, iterators that stop, many calls at once, many threads.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;
use common::{call, client, complete, figures, provider, until};
use resilient_completion::engine::chat::SetFields as _;
use resilient_completion::{Client, Kind, Pump, blocking};
use serde_json::json;
use std::time::{Duration, Instant};

fn rss_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// A stream in three ways of reading it: one failure, then nothing, however often it is asked.
#[test]
fn a_failure_is_the_last_item_of_every_iterator() {
    let piece =
        json!({"data": {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": null}]}});
    let provider =
        provider(&json!({"models": {"*": [{"chunks": [piece], "framing": "chunked", "end": "cut"}]}}));
    let builder = Client::builder().base_url(&provider.url()).option("guards", "own");
    let blocking = blocking::Client::build(builder).unwrap();
    let items: Vec<bool> =
        blocking.chat("hi").model("a/one").stream().unwrap().take(20).map(|item| item.is_ok()).collect();
    assert_eq!(items, [true, false]);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let items = runtime.block_on(async {
        let mut stream = blocking.inner().chat("hi").model("a/one").stream().unwrap();
        let mut items = Vec::new();
        for _ in 0..20 {
            items.push(stream.next().await.map(|item| item.is_ok()));
        }
        items
    });
    assert_eq!(items[..4], [Some(true), Some(false), None, None]);
    assert!(items[2..].iter().all(Option::is_none));
}

/// Inside an async runtime waiting is refused with a typed error, also by an iterator made outside.
#[test]
fn waiting_inside_a_runtime_is_refused_and_never_panics() {
    let provider = provider(&json!({"models": {"*": [{"delay": 0.05, "text": "x"}]}}));
    let builder = Client::builder().base_url(&provider.url()).option("guards", "own");
    let client = blocking::Client::build(builder).unwrap();
    let stream = client.chat("hi").model("a/one").stream().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        assert_eq!(client.chat("hi").send().unwrap_err().error.kind, Kind::Config);
        let items: Vec<_> = stream.take(5).collect();
        assert_eq!(items.len(), 1);
        assert_eq!(items[0].as_ref().unwrap_err().error.kind, Kind::Config);
        drop(client);
    });
}

/// A call may be dropped, and cancelled, on a thread without a runtime, wherever it stands.
#[test]
fn dropping_outside_a_runtime_never_panics() {
    let piece = json!({"data": {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": null}]},
        "every": 0.005, "repeat": "forever"});
    let provider =
        provider(&json!({"models": {"slow": [{"delay": 5, "text": "x"}], "stream": [{"chunks": [piece]}],
        "fast": [{"text": "x"}]}}));
    let client = client(&provider.url());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    for (model, stream) in
        [("slow", false), ("slow", true), ("stream", true), ("fast", true), ("fast", false)]
    {
        for wait in (0..12).map(|i| i / 2).chain([30]) {
            for cancel in [false, true] {
                let mut running = client.start(call(&json!({"model": model})), stream).unwrap();
                let _ = runtime.block_on(async {
                    tokio::time::timeout(Duration::from_millis(wait), running.next()).await.map(|r| r.is_ok())
                });
                std::thread::spawn(move || {
                    if cancel {
                        running.cancel_now();
                    }
                    drop(running);
                })
                .join()
                .expect("no panic");
            }
        }
    }
    let open = runtime.block_on(until(|| provider.connections().open <= 1));
    assert!(open.is_some(), "{:?}", provider.connections());
}

/// A task that reads a stream on a runtime that is gone: the reader is told, not kept.
#[tokio::test]
async fn a_stream_on_a_runtime_that_is_gone_is_closed() {
    let provider = provider(&json!({"models": {"*": [{"fault": "silence"}]}}));
    let client = client(&provider.url());
    for begun in [false, true] {
        let other =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let handle = other.handle().clone();
        let running = client.start(call(&json!({"model": "a/one"})), true).unwrap();
        let pump = if begun {
            let pump = Pump::start(running, &handle);
            assert!(tokio::time::timeout(Duration::from_millis(50), pump.next()).await.is_err());
            other.shutdown_background();
            pump
        } else {
            other.shutdown_background();
            Pump::start(running, &handle)
        };
        let end = tokio::time::timeout(Duration::from_secs(2), pump.next()).await.expect("told");
        assert_eq!(end.unwrap_err().error.kind, Kind::Closed);
    }
}

/// Two readers of one stream: none is forgotten.
#[tokio::test]
async fn two_readers_of_one_stream_both_end() {
    let provider = provider(&json!({"models": {"*": [{"delay": 0.05, "text": "x"}]}}));
    let running = client(&provider.url()).start(call(&json!({"model": "a/one"})), true).unwrap();
    let pump = std::sync::Arc::new(Pump::start(running, &tokio::runtime::Handle::current()));
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let pump = pump.clone();
            tokio::spawn(async move { while pump.next().await.unwrap().is_some() {} })
        })
        .collect();
    for reader in readers {
        tokio::time::timeout(Duration::from_secs(3), reader).await.expect("woken").unwrap();
    }
}

/// Closing ends what is in flight, of its own calls only, and streams that nobody reads at the moment.
#[tokio::test]
async fn closing_ends_streams_that_nobody_is_reading() {
    let piece = json!({"data": {"choices": [{"index": 0, "delta": {"content": "x"}, "finish_reason": null}]},
        "repeat": "forever"});
    let provider =
        provider(&json!({"models": {"full": [{"chunks": [piece]}], "quiet": [{"fault": "silence"}]}}));
    let (closing, other) = (client(&provider.url()), client(&provider.url()));
    let start = |client: &Client, model: &str| {
        let running = client.start(call(&json!({"model": model})), true).unwrap();
        Pump::start(running, &tokio::runtime::Handle::current())
    };
    let idle = [start(&closing, "full"), start(&closing, "quiet")];
    let stays = start(&other, "quiet");
    assert!(until(|| provider.request_count() == 3).await.is_some());
    tokio::time::sleep(Duration::from_millis(50)).await;
    closing.clone().close();
    let took = until(|| provider.connections().open == 1).await.expect("closed upstream");
    figures(&json!({"id": "close", "ms": took.as_millis() as u64}));
    for pump in &idle {
        let end = loop {
            match pump.next().await {
                Ok(Some(_)) => {}
                end => break end,
            }
        };
        assert_eq!(end.unwrap_err().error.kind, Kind::Cancelled);
    }
    assert!(stays.try_next().is_none(), "another client's call goes on");
    assert_eq!(closing.start(call(&json!({"model": "quiet"})), true).err().unwrap().error.kind, Kind::Closed);
    assert_eq!(closing.health().unwrap_err().error.kind, Kind::Closed);
    assert_eq!(closing.plan(call(&json!({"model": "quiet"})), true).unwrap_err().error.kind, Kind::Closed);
    closing.reset_health();
    closing.close();
}

/// Cancelled before it began: nothing is sent, and the record says so.
#[tokio::test]
async fn a_call_that_is_cancelled_before_it_begins_sends_nothing() {
    let provider = provider(&json!({"models": {"*": [{"text": "x"}]}}));
    let mut running = client(&provider.url()).start(call(&json!({"model": "a/one"})), false).unwrap();
    running.cancel_flag().cancel();
    let failure = running.complete().await.unwrap_err();
    assert_eq!(failure.error.kind, Kind::Cancelled);
    assert!(failure.trace.unwrap().attempts.is_empty());
    assert_eq!(provider.request_count(), 0);
}

/// A thousand calls that hang: little memory, and one `close` ends them all.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_thousand_hanging_calls() {
    let provider = provider(&json!({"record": 0, "models": {"*": [{"fault": "silence"}]}}));
    let client = client(&provider.url());
    let warm = complete(&client, &json!({"model": "a/one", "timeout": 0.05})).await;
    assert!(warm.is_err());
    let idle = rss_mb();
    let calls: Vec<_> = (0..1000)
        .map(|_| {
            let mut running = client.start(call(&json!({"model": "a/one"})), false).unwrap();
            tokio::spawn(async move { running.complete().await.unwrap_err().error.kind })
        })
        .collect();
    let begun = Instant::now();
    while provider.request_count() < 1000 {
        assert!(begun.elapsed() < Duration::from_secs(20), "{}", provider.request_count());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let grown = rss_mb() - idle;
    let start = Instant::now();
    client.close();
    for call in calls {
        assert_eq!(call.await.unwrap(), Kind::Cancelled);
    }
    let took = start.elapsed();
    assert!(until(|| provider.connections().open == 0).await.is_some());
    // Both ends of the connections live in this process.
    figures(&json!({"id": "hanging", "calls": 1000, "grown_mb": grown, "close_ms": took.as_millis() as u64}));
    assert!(grown < 60.0, "{grown} MB");
}

/// Many threads that wait, and many runtimes that share one process's connections.
#[test]
fn many_threads_and_many_runtimes() {
    let provider = provider(&json!({"models": {"*": [{"delay": 0.002, "text": "ok"}]}}));
    let builder = Client::builder().base_url(&provider.url()).option("guards", "own");
    let client = blocking::Client::build(builder).unwrap();
    let start = Instant::now();
    std::thread::scope(|scope| {
        for i in 0..64 {
            let client = client.clone();
            scope.spawn(move || {
                for _ in 0..10 {
                    let chat = client.chat("hi").model("a/one");
                    if i % 2 == 0 {
                        assert_eq!(chat.send().unwrap().text(), "ok");
                    } else {
                        let text: String = chat.stream().unwrap().map(|d| d.unwrap().text).collect();
                        assert_eq!(text, "ok");
                    }
                }
            });
        }
        for _ in 0..8 {
            let client = client.inner().clone();
            scope.spawn(move || {
                for _ in 0..5 {
                    // A runtime that ends takes the connections that it drove with it; the pool still knows them.
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    let done = runtime.block_on(complete(&client, &json!({"model": "a/one"})));
                    assert_eq!(done.unwrap().text(), "ok");
                }
            });
        }
    });
    figures(&json!({"id": "threads", "calls": 680, "ms": start.elapsed().as_millis() as u64,
        "connections": provider.connections().accepted}));
}
