//! Connections that fail in every way, over real sockets (rows T of the test plan).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;
use common::{Fixed, Then, answer, client, complete, figures, provider, response, stream, until};
use resilient_completion::Kind;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Reset or closed before the first byte of an answer: the next link answers, and each link was asked once.
#[tokio::test]
async fn t01_a_connection_that_breaks_before_the_head_is_rescued() {
    let mut rescued = 0;
    for fault in ["reset", "close"] {
        // The primary answers first, so that the fault hits a used connection from the second call on.
        let provider = provider(&json!({"models": {
            "a/one": [{"fault": fault}, {"text": "warm"}, {"fault": fault}], "b/two": [{"text": "second"}]}}));
        let client = client(&provider.url());
        for i in 0..40 {
            client.reset_health();
            let before = provider.request_count();
            let done = complete(&client, &json!({"models": ["a/one", "b/two"]})).await.unwrap();
            assert_eq!(done.text(), if i == 1 { "warm" } else { "second" });
            assert_eq!(
                provider.request_count() - before,
                done.trace.attempts.len(),
                "sent as often as recorded"
            );
            if i != 1 {
                assert_eq!(done.trace.attempts.len(), 2);
                assert_eq!(done.trace.attempts[0].kind, Some(Kind::Connection));
                rescued += 1;
            }
        }
    }
    figures(&json!({"id": "T01", "trials": 80, "rescued": rescued, "limit": 78}));
    assert_eq!(rescued, 78);
}

/// The server closes idle connections as we write: no call fails, and nothing is asked twice unrecorded.
#[tokio::test]
async fn t02_a_server_that_closes_idle_connections_as_we_write() {
    let provider = provider(&json!({"idle": 0.02, "models": {"*": [{"text": "ok"}]}}));
    let client = client(&provider.url());
    let (mut attempts, mut failed, trials) = (0, 0, 150);
    for i in 0..trials {
        match complete(&client, &json!({"model": "a/one"})).await {
            Ok(done) => attempts += done.trace.attempts.len(),
            Err(e) => {
                failed += 1;
                attempts += e.trace.unwrap().attempts.len();
            }
        }
        // Around the server's own limit, so that some requests meet the closing.
        tokio::time::sleep(Duration::from_micros(18_500 + 20 * i)).await;
    }
    let wire = provider.request_count();
    figures(&json!({"id": "T02", "trials": trials, "failed": failed, "attempts": attempts, "requests": wire,
        "connections": provider.connections().accepted}));
    assert_eq!(failed, 0);
    assert!(wire <= attempts, "{wire} requests for {attempts} recorded attempts");
}

/// A response cut at every byte, in order or by a reset: never taken for an answer, always rescued.
#[tokio::test]
async fn t03_a_response_cut_at_every_byte_is_never_an_answer() {
    let good = provider(&json!({"models": {"*": [{"text": "rescued"}]}}));
    let whole = response("200 OK\r\ncontent-type: application/json", answer("whole").as_bytes());
    let (mut trials, mut violations) = (0, 0);
    for then in [Then::Close, Then::Reset] {
        for cut in 0..whole.len() {
            let wall = Fixed::start(whole[..cut].to_vec(), then);
            let client = resilient_completion::Client::builder()
                .base_url(&wall.url())
                .option("guards", "own")
                .option("endpoints", json!({"good": {"base_url": good.url()}}))
                .build()
                .unwrap();
            let chain = json!([{"model": "a/one", "timeout": 5}, {"model": "b/two", "endpoint": "good"}]);
            let done = complete(&client, &json!({"chain": chain})).await.unwrap();
            let kinds: Vec<Option<Kind>> = done.trace.attempts.iter().map(|a| a.kind).collect();
            let right = done.text() == "rescued" && kinds == [Some(Kind::Connection), None];
            violations += usize::from(!right || wall.requests() != 1);
            trials += 1;
        }
    }
    figures(&json!({"id": "T03", "trials": trials, "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// A stream cut at every byte: a piece at the most, never a whole answer.
#[tokio::test]
async fn t03_a_stream_cut_at_every_byte_is_never_an_answer() {
    let piece =
        |text: &str| json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    let last = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let body = format!("data: {}\n\ndata: {}\n\ndata: {last}\n\ndata: [DONE]\n\n", piece("ab"), piece("cd"));
    let head = "200 OK\r\ncontent-type: text/event-stream";
    let whole = response(head, body.as_bytes());
    let signal = whole.windows(6).position(|w| w == b"\"stop\"").unwrap() + "\"stop\"".len();
    let (mut trials, mut violations) = (0, 0);
    for cut in 0..whole.len() {
        let wall = Fixed::start(whole[..cut].to_vec(), if cut % 2 == 0 { Then::Close } else { Then::Reset });
        let (text, end) =
            stream(&client(&wall.url()), &json!({"model": "a/one", "policy": {"retries": 0}})).await;
        // With the finish reason the answer is whole, whatever happens to `[DONE]`.
        let whole_enough = cut > signal;
        let right = "abcd".starts_with(&text)
            && match end {
                Ok(done) => whole_enough && done.text() == "abcd",
                Err(e) if text.is_empty() => e.error.kind != Kind::Interrupted,
                Err(e) => {
                    e.error.kind == Kind::Interrupted && e.error.partial.is_some_and(|p| p.text == text)
                }
            };
        violations += usize::from(!right);
        trials += 1;
    }
    figures(&json!({"id": "T03s", "trials": trials, "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// A connection that is not made within the limit is a timeout that names the limit; a refused one is not.
#[tokio::test]
async fn t07_connecting_has_a_limit_of_its_own_and_nothing_was_billed() {
    // A listener whose queue is full leaves further connections without an answer.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queue = Vec::new();
    for _ in 0..8 {
        let full =
            tokio::time::timeout(Duration::from_millis(50), tokio::net::TcpStream::connect(address)).await;
        queue.push(full);
    }
    let client = client(&format!("http://{address}/v1"));
    let fields = json!({"model": "a/one", "policy": {"retries": 0, "timeouts": {"connect": 0.15}}});
    let start = Instant::now();
    let failure = complete(&client, &fields).await.unwrap_err();
    let took = start.elapsed();
    assert_eq!(failure.error.kind, Kind::Timeout, "{failure}");
    assert!(failure.error.message.contains("`connect`"), "{failure}");
    let trace = failure.trace.unwrap();
    assert_eq!(trace.attempts.len(), 1, "a silent peer is not asked again");
    assert_eq!(trace.attempts[0].cost.map(|c| c.0), Some(0));
    figures(&json!({"id": "T07", "ms": took.as_millis() as u64, "limit": 150}));
    assert!(took < Duration::from_millis(1_150), "{took:?}");

    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let refused = complete(&common::client(&format!("http://{free}/v1")), &fields).await.unwrap_err();
    assert_eq!(refused.error.kind, Kind::Connection);
    let told = refused.error.message.clone();
    assert!(!told.contains("http://") && !told.contains(&free.port().to_string()), "{told}");
}

/// Accepted and never answered: over within the limit, asked once, then the next link.
#[tokio::test]
async fn t08_a_silent_provider_is_asked_once() {
    let provider = provider(&json!({"models": {"a/one": [{"fault": "silence"}], "b/two": [{"text": "ok"}]}}));
    let client = client(&provider.url());
    let chain = json!([{"model": "a/one", "timeout": 0.1}, "b/two"]);
    let mut worst = Duration::ZERO;
    for _ in 0..20 {
        let start = Instant::now();
        let done = complete(&client, &json!({"chain": chain})).await.unwrap();
        worst = worst.max(start.elapsed());
        assert_eq!(done.trace.attempts.len(), 2);
        client.reset_health();
    }
    figures(&json!({"id": "T08", "trials": 20, "max_ms": worst.as_millis() as u64, "limit_ms": 100}));
    assert!(worst < Duration::from_millis(600), "{worst:?}");
}

/// A head that drips, and one that never ends: bounded by the limit and by a cap.
#[tokio::test]
async fn t09_a_dripping_head_and_an_endless_head_are_bounded() {
    let dripping = provider(
        &json!({"models": {"*": [{"text": "late", "drip": {"bytes": 1, "every": 0.05, "head": true}}]}}),
    );
    let start = Instant::now();
    let fields = json!({"model": "a/one", "timeout": 0.3});
    let failure = complete(&client(&dripping.url()), &fields).await.unwrap_err();
    let took = start.elapsed();
    assert_eq!(failure.error.kind, Kind::Timeout);
    assert!(took < Duration::from_millis(1_300), "{took:?}");

    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for i in 0..200_000 {
        head.extend_from_slice(format!("x-{i}: {}\r\n", "v".repeat(40)).as_bytes());
    }
    let flood = Fixed::start(head, Then::Close);
    let failure =
        complete(&client(&flood.url()), &json!({"model": "a/one", "timeout": 20})).await.unwrap_err();
    assert_eq!(failure.error.kind, Kind::Connection, "{failure}");
    figures(
        &json!({"id": "T09", "drip_ms": took.as_millis() as u64, "limit_ms": 300, "flood": failure.error.message}),
    );
}

/// What follows `[DONE]` late or in bulk: the answer does not wait for it, and connections are used again or closed.
#[test]
fn t13_leftovers_after_an_answer_do_not_poison_connections() {
    let script = |tail: Value| {
        let chunk =
            json!({"data": {"choices": [{"index": 0, "delta": {"content": "hi"}, "finish_reason": "stop"}]}});
        json!({"models": {"*": [{"chunks": [chunk, {"data": "[DONE]"}, tail]}]}})
    };
    let late = script(json!({"comment": "late", "delay": 0.05}));
    let bulk = script(json!({"comment": "x".repeat(1000), "repeat": "forever"}));
    let shapes =
        [("text", json!({"models": {"*": [{"text": "hi"}]}}), 2), ("late", late, 3), ("endless", bulk, 30)];
    for threads in [0, 1, 2] {
        let runtime = match threads {
            0 => tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap(),
            n => tokio::runtime::Builder::new_multi_thread().worker_threads(n).enable_all().build().unwrap(),
        };
        for (name, script, most) in &shapes {
            let provider = provider(script);
            let client = client(&provider.url());
            let mut slowest = Duration::ZERO;
            for plain in [true, false].into_iter().filter(|plain| !plain || *name == "text") {
                for _ in 0..30 {
                    let start = Instant::now();
                    runtime.block_on(async {
                        if plain {
                            assert_eq!(
                                complete(&client, &json!({"model": "a/one"})).await.unwrap().text(),
                                "hi"
                            );
                        } else {
                            assert_eq!(stream(&client, &json!({"model": "a/one"})).await.0, "hi");
                        }
                    });
                    slowest = slowest.max(start.elapsed());
                    let pause = if *name == "late" { 70 } else { 3 };
                    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(pause)).await });
                }
            }
            let connections = provider.connections();
            figures(
                &json!({"id": "T13", "shape": name, "threads": threads, "requests": provider.request_count(),
                "connections": connections.accepted, "slowest_ms": slowest.as_millis() as u64}),
            );
            assert!(connections.accepted <= *most, "{name}: {connections:?}");
            if *name == "endless" {
                let gone = runtime.block_on(until(|| provider.connections().open == 0));
                assert!(gone.is_some(), "a body without an end is not read for ever");
            }
        }
    }
}
