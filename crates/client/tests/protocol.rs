//! Answers that break HTTP or hide something in it, over real sockets (rows P of the test plan).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;
use common::{Fixed, Then, answer, client, complete, figures, provider, response, stream};
use flate2::{Compress, Compression, FlushCompress, write::GzEncoder};
use resilient_completion::Kind;
use serde_json::json;
use std::io::Write as _;

fn zipped(write: impl FnOnce(&mut GzEncoder<Vec<u8>>)) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    write(&mut encoder);
    encoder.finish().unwrap()
}

fn peak_rss_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

const ZIP: &str = "200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip";

/// `head`, then `megabytes` of one byte: the same flushed block again and again (RFC 1951 3.2).
fn bomb(head: &[u8], byte: u8, megabytes: usize) -> Vec<u8> {
    let mut all = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut deflate = Compress::new(Compression::best(), false);
    let mut block = |bytes: &[u8]| {
        let mut out = Vec::with_capacity(1 << 20);
        deflate.compress_vec(bytes, &mut out, FlushCompress::Full).unwrap();
        out
    };
    all.extend(block(head));
    all.extend(block(&vec![byte; 1 << 20]).repeat(megabytes));
    all
}

/// Half a gigabyte in half a megabyte: refused while it is decoded, not after.
#[tokio::test]
async fn p06_a_bomb_is_refused_while_it_is_decoded() {
    let bomb = bomb(b"{\"choices\": [{\"message\": {\"content\": \"", b'a', 512);
    let before = peak_rss_mb();
    let wall = Fixed::start(response(ZIP, &bomb), Then::Keep);
    let fields = json!({"model": "a/one", "policy": {"retries": 0}});
    let failure = complete(&client(&wall.url()), &fields).await.unwrap_err();
    let grown = peak_rss_mb() - before;
    figures(&json!({"id": "P06", "sent": bomb.len(), "decoded": 512 << 20, "grown_mb": grown, "cap_mb": 64}));
    assert_eq!(failure.error.kind, Kind::Malformed, "{failure}");
    assert!(grown < 300, "{grown} MB");

    // A bomb behind the end of a stream is not decoded at all.
    let events = "data: {\"choices\": [{\"delta\": {\"content\": \"hi\"}, \"finish_reason\": \"stop\"}]}\n\ndata: [DONE]\n\n";
    let bomb = self::bomb(events.as_bytes(), b'\n', 512);
    let wall =
        Fixed::start(response(&ZIP.replace("application/json", "text/event-stream"), &bomb), Then::Keep);
    let start = std::time::Instant::now();
    let (text, end) = stream(&client(&wall.url()), &json!({"model": "a/one"})).await;
    assert_eq!((text.as_str(), end.is_ok()), ("hi", true));
    figures(&json!({"id": "P06s", "ms": start.elapsed().as_millis() as u64}));
}

#[tokio::test]
async fn p06_a_zipped_answer_is_read_and_a_cut_one_is_not() {
    let whole = zipped(|e| e.write_all(answer("zipped").as_bytes()).unwrap());
    let wall = Fixed::start(response(ZIP, &whole), Then::Keep);
    assert_eq!(complete(&client(&wall.url()), &json!({"model": "a/one"})).await.unwrap().text(), "zipped");
    let mut violations = 0;
    for cut in 0..whole.len() {
        let wall = Fixed::start(response(ZIP, &whole[..cut]), Then::Keep);
        let fields = json!({"model": "a/one", "policy": {"retries": 0}});
        violations += usize::from(complete(&client(&wall.url()), &fields).await.is_ok());
    }
    figures(&json!({"id": "P06c", "trials": whole.len(), "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// A success by its status only: named for what it is, and the next link answers.
#[tokio::test]
async fn p07_a_200_that_is_no_answer_falls_over() {
    let bodies: &[(&str, &str)] = &[
        ("text/html", "<html><title>Sign in</title></html>"),
        ("application/json", ""),
        ("application/json", "   \n\n  "),
        ("application/json", "{\"error\": {\"code\": 503, \"message\": \"no capacity\"}}"),
        ("text/plain", "{\"error\": \"upstream\"}"),
        ("application/json", "{}"),
        ("application/json", "null"),
        ("application/json", "[]"),
        ("application/json", "{\"choices\": []}"),
        ("text/plain", "OK"),
        ("image/png", "\u{1}\u{2}"),
    ];
    let (mut trials, mut violations) = (0, 0);
    for (media, body) in bodies {
        let bad =
            Fixed::start(response(&format!("200 OK\r\ncontent-type: {media}"), body.as_bytes()), Then::Keep);
        let good = provider(&json!({"models": {"*": [{"text": "ok"}]}}));
        let client = resilient_completion::Client::builder()
            .base_url(&bad.url())
            .option("guards", "own")
            .option("endpoints", json!({"good": {"base_url": good.url()}}))
            .build()
            .unwrap();
        let chain = json!({"chain": ["a/one", {"model": "b/two", "endpoint": "good"}]});
        let plain = complete(&client, &chain).await.map(|done| done.text().to_owned());
        let (streamed, _) = stream(&client, &chain).await;
        for text in [plain.unwrap_or_default(), streamed] {
            trials += 1;
            violations += usize::from(text != "ok");
        }
    }
    // The wrong media type around a right answer hurts nobody.
    let odd =
        Fixed::start(response("200 OK\r\ncontent-type: text/html", answer("fine").as_bytes()), Then::Keep);
    assert_eq!(complete(&client(&odd.url()), &json!({"model": "a/one"})).await.unwrap().text(), "fine");
    figures(&json!({"id": "P07", "trials": trials, "violations": violations, "limit": 0}));
    assert_eq!(violations, 0);
}

/// Lengths that contradict each other: no answer from what is ambiguous, and the connection is not used again.
#[tokio::test]
async fn p08_broken_framing_is_refused_and_the_connection_retired() {
    let body = answer("smuggled");
    let n = body.len();
    let chunked = |size: &str| {
        format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{size}\r\n{body}\r\n0\r\n\r\n")
    };
    let cases: Vec<(&str, String, Option<bool>)> = vec![
        (
            "two lengths",
            format!("HTTP/1.1 200 OK\r\ncontent-length: {n}\r\ncontent-length: 3\r\n\r\n{body}"),
            Some(false),
        ),
        ("no number", format!("HTTP/1.1 200 OK\r\ncontent-length: x{n}\r\n\r\n{body}"), Some(false)),
        ("negative", format!("HTTP/1.1 200 OK\r\ncontent-length: -{n}\r\n\r\n{body}"), Some(false)),
        ("short", format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", n - 9), Some(false)),
        ("bad chunk size", chunked("zz"), Some(false)),
        ("huge chunk size", chunked("ffffffffffffffffff"), Some(false)),
        ("chunk too long", chunked(&format!("{:x}", n + 40)), Some(false)),
        ("chunk too short", chunked(&format!("{:x}", n - 40)), Some(false)),
        // RFC 9112 6.3: the transfer coding wins; such a connection is closed or the answer refused.
        ("both", chunked(&format!("{n:x}")).replace("transfer", "content-length: 5\r\ntransfer"), None),
        ("not http", "SSH-2.0-OpenSSH_9.6\r\n\r\n".to_owned(), Some(false)),
    ];
    let (mut violations, mut reused) = (0, 0);
    for (name, bytes, good) in &cases {
        let wall = Fixed::start(bytes.clone().into_bytes(), Then::Keep);
        let client = client(&wall.url());
        let fields = json!({"model": "a/one", "timeout": 1, "policy": {"retries": 0}});
        for _ in 0..2 {
            let answered = complete(&client, &fields).await.is_ok();
            if good.is_some_and(|good| good != answered) {
                violations += 1;
            }
        }
        let again = wall.requests() > wall.connections();
        if again && good.is_some() {
            reused += 1;
            figures(&json!({"case": name, "requests": wall.requests(), "connections": wall.connections()}));
        }
    }
    figures(
        &json!({"id": "P08", "cases": cases.len(), "violations": violations, "reused": reused, "limit": 0}),
    );
    assert_eq!((violations, reused), (0, 0));
}

/// Interim responses, trailers and `connection: close` change nothing.
#[tokio::test]
async fn p11_interim_responses_and_trailers_are_ignored() {
    let interim =
        json!({"models": {"*": [{"interim": [100, 102, 103], "text": "ok", "framing": "chunked"}]}});
    let provider = provider(&interim);
    let client = client(&provider.url());
    for _ in 0..3 {
        assert_eq!(complete(&client, &json!({"model": "a/one"})).await.unwrap().text(), "ok");
    }
    assert_eq!(provider.connections().accepted, 1);
    let body = answer("ok");
    let trailers = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-cost\r\n\r\n{:x}\r\n{body}\r\n0\r\nx-cost: 1\r\n\r\n",
        body.len()
    );
    let closing = response("200 OK\r\nconnection: close", body.as_bytes());
    for (bytes, connections) in [(trailers.into_bytes(), 1), (closing, 3)] {
        let wall = Fixed::start(bytes, if connections == 1 { Then::Keep } else { Then::Close });
        let client = common::client(&wall.url());
        for _ in 0..3 {
            assert_eq!(complete(&client, &json!({"model": "a/one"})).await.unwrap().text(), "ok");
        }
        assert_eq!(wall.connections(), connections);
    }
    figures(&json!({"id": "P11", "trials": 9, "violations": 0}));
}
