//! The scripted provider seen from the other end of the socket, by a client of a few lines that hides nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion_simulator::provider::{Ended, Provider, Script};
use serde_json::{Value, json};
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(5);

fn start(script: Value) -> Provider {
    Provider::start(Script::read(&script).expect("the script is valid")).unwrap()
}

fn one(step: Value) -> Provider {
    start(json!({"models": {"*": [step]}}))
}

fn connect(provider: &Provider) -> TcpStream {
    let stream = TcpStream::connect(provider.address()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    stream
}

fn post(stream: &mut TcpStream, body: &Value) {
    let body = body.to_string();
    let head =
        "POST /api/v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer sk-secret-0123456789";
    write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
}

/// Everything until the provider closes, and how it closed.
fn all(stream: &mut TcpStream) -> (String, Option<ErrorKind>) {
    let mut bytes = Vec::new();
    let end = stream.read_to_end(&mut bytes).err().map(|e| e.kind());
    (String::from_utf8(bytes).unwrap(), end)
}

/// One answer with a content-length: status line, headers, body.
fn answer(stream: &mut TcpStream) -> (String, String) {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length: ")).expect("a length");
    let mut body = vec![0; length.parse().unwrap()];
    stream.read_exact(&mut body).unwrap();
    (head, String::from_utf8(body).unwrap())
}

/// Sends one request and reads until the provider closes.
fn exchange(step: Value, body: &Value) -> (String, Option<ErrorKind>) {
    let provider = one(step);
    let mut stream = connect(&provider);
    post(&mut stream, body);
    all(&mut stream)
}

/// The body of a chunked answer.
fn unchunk(answer: &str) -> String {
    let mut rest = answer.split_once("\r\n\r\n").unwrap().1;
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size, 16).unwrap();
        body.push_str(&after[..size]);
        rest = &after[size + 2..];
    }
    body
}

fn plain() -> Value {
    json!({"model": "a/b", "messages": []})
}

fn streaming() -> Value {
    json!({"model": "a/b", "messages": [], "stream": true})
}

#[test]
fn text_is_a_completion_or_its_stream() {
    let provider = one(json!({"text": "Hello big world", "usage": {"cost": 0.5}}));
    let mut stream = connect(&provider);
    post(&mut stream, &plain());
    let (head, body) = answer(&mut stream);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert!(head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"), "{head}");
    assert_eq!(body["model"], "a/b");
    assert_eq!(body["choices"][0]["message"]["content"], "Hello big world");
    assert_eq!(body["usage"]["cost"], 0.5);

    let (text, end) = exchange(json!({"text": "Hello big world", "end": "close"}), &streaming());
    assert_eq!(end, None);
    assert!(text.contains("content-type: text/event-stream\r\n"));
    let body = unchunk(&text);
    let events: Vec<&str> = body.split("\n\n").filter(|e| !e.is_empty()).collect();
    assert_eq!(events.len(), 1 + 3 + 1 + 1 + 1, "role, three words, finish, usage, done: {body}");
    assert!(events.iter().all(|e| e.starts_with("data: ")));
    assert_eq!(events[6], "data: [DONE]");
    let finish: Value = serde_json::from_str(&events[4]["data: ".len()..]).unwrap();
    assert_eq!(finish["choices"][0]["finish_reason"], "stop");
    assert!(events[5].contains("\"usage\""));
}

#[test]
fn steps_go_in_order_per_model_and_the_last_repeats() {
    let provider = start(json!({"models": {
        "a": [{"error": {"code": 429, "message": "slow"}}, {"text": "a2"}],
        "*": [{"text": "first"}, {"text": "then"}]}}));
    let mut stream = connect(&provider);
    let mut ask = |model: &str| {
        post(&mut stream, &json!({"model": model}));
        let (head, body) = answer(&mut stream);
        let body: Value = serde_json::from_str(&body).unwrap();
        let text = body["choices"][0]["message"]["content"].as_str().map(str::to_owned);
        (head[9..12].to_owned(), text.unwrap_or_default())
    };
    let seen: Vec<(String, String)> = ["a", "x", "y", "a", "a", "x", "y", "y"].map(&mut ask).into();
    let texts: Vec<&str> = seen.iter().map(|s| s.1.as_str()).collect();
    assert_eq!(seen[0].0, "429");
    assert_eq!(texts, ["", "first", "first", "a2", "a2", "then", "then", "then"]);
    let connections = provider.connections();
    assert_eq!((connections.accepted, connections.open, connections.reused), (1, 1, 7));
    assert_eq!(connections.requests, [8]);
}

#[test]
fn requests_are_recorded_with_the_key_masked() {
    let provider = one(json!({"text": "x"}));
    let mut stream = connect(&provider);
    post(&mut stream, &json!({"models": ["m/1", "m/2"], "stream": false, "extra": {"k": [1]}}));
    answer(&mut stream);
    assert!(provider.wait_for_requests(1, SOON));
    let requests = provider.requests();
    let r = &requests[0];
    assert_eq!(
        (r.method.as_str(), r.path.as_str(), r.model.as_str()),
        ("POST", "/api/v1/chat/completions", "m/1")
    );
    assert_eq!(r.header("authorization"), Some("Bearer …6789"));
    assert_eq!(r.json()["extra"]["k"][0], 1);
    assert!(matches!(r.ended, Ended::Answered(_)), "{:?}", r.ended);
    assert!(!provider.requests_json().contains("sk-secret"));

    let exposing = start(json!({"models": {"*": [{"text": "x"}]}, "expose_authorization": true}));
    let mut stream = connect(&exposing);
    post(&mut stream, &plain());
    answer(&mut stream);
    assert_eq!(exposing.requests()[0].header("authorization"), Some("Bearer sk-secret-0123456789"));
}

#[test]
fn reset_close_and_silence_send_no_byte() {
    assert_eq!(
        exchange(json!({"fault": "reset"}), &plain()),
        (String::new(), Some(ErrorKind::ConnectionReset))
    );
    assert_eq!(exchange(json!({"fault": "close"}), &plain()), (String::new(), None));

    let provider = one(json!({"fault": "silence"}));
    let mut stream = connect(&provider);
    stream.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
    post(&mut stream, &plain());
    assert_eq!(all(&mut stream), (String::new(), Some(ErrorKind::WouldBlock)));
    drop(stream);
    let gone = provider.wait_for_disconnect(SOON).expect("the provider notices");
    let Ended::ClientClosed(after) = gone.ended else { panic!("{:?}", gone.ended) };
    assert!(after >= Duration::from_millis(140) && after < Duration::from_millis(400), "{after:?}");
}

#[test]
fn a_body_is_cut_at_every_byte_in_three_ways() {
    let body = "0123456789";
    for framing in ["length", "chunked", "close"] {
        for at in 0..=body.len() {
            for (end, kind) in [("cut", None), ("reset", Some(ErrorKind::ConnectionReset))] {
                let step = json!({"body": body, "framing": framing, "cut_at": at, "end": end});
                let (text, ended) = exchange(step, &plain());
                let got = text.split_once("\r\n\r\n").map_or("", |(_, b)| b);
                if kind.is_none() {
                    let seen = if framing == "chunked" && at > 0 { unchunk(&text) } else { got.to_owned() };
                    assert_eq!(seen, &body[..at], "{framing} {at}");
                    assert!(framing != "chunked" || !text.ends_with("\r\n0\r\n\r\n"), "no last chunk");
                }
                // A reset may overtake the bytes before it, which is its nature.
                assert_eq!(ended, kind, "{framing} {at} {end}");
            }
        }
    }
}

#[test]
fn a_stall_keeps_the_socket_open() {
    let provider = one(json!({"chunks": ["a"], "end": "stall"}));
    let mut stream = connect(&provider);
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    post(&mut stream, &streaming());
    let (text, end) = all(&mut stream);
    assert_eq!(end, Some(ErrorKind::WouldBlock), "still open");
    assert!(text.contains("\"content\":\"a\"") && !text.ends_with("0\r\n\r\n"), "{text}");
}

#[test]
fn chunks_wait_repeat_and_drip() {
    let began = Instant::now();
    let step = json!({"end": "close", "delay": 0.05, "chunks": [
        {"comment": "wait", "every": 0.03, "repeat": 3}, {"data": {"k": 1}, "delay": 0.05}, {"data": "two\nlines"},
        {"raw": {"base64": "w6k="}}, {"piece": "p"}, {"finish_reason": "stop"}]});
    let (text, _) = exchange(step, &streaming());
    let body = unchunk(&text);
    assert!(
        body.starts_with(": wait\n\n: wait\n\n: wait\n\ndata: {\"k\":1}\n\ndata: two\ndata: lines\n\né"),
        "{body}"
    );
    assert!(body.contains("\"finish_reason\":\"stop\""));
    assert!(began.elapsed() >= Duration::from_millis(50 + 60 + 50), "{:?}", began.elapsed());

    let began = Instant::now();
    let step = json!({"body": "12345678", "end": "close", "drip": {"bytes": 2, "every": 0.03}});
    let (text, _) = exchange(step, &plain());
    assert!(text.ends_with("\r\n\r\n12345678"));
    assert!(began.elapsed() >= Duration::from_millis(90), "{:?}", began.elapsed());
}

#[test]
fn a_million_comments_are_cheap_and_exact() {
    let step = json!({"end": "close", "framing": "close", "chunks": [{"comment": "", "repeat": 1_000_000}]});
    let (text, _) = exchange(step, &streaming());
    let body = text.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.len(), 4_000_000);
    assert_eq!(body.matches(": \n\n").count(), 1_000_000);
}

#[test]
fn comments_for_ever_end_when_the_client_leaves() {
    let provider = one(json!({"chunks": [{"comment": "x", "every": 0.01, "repeat": "forever"}]}));
    let mut stream = connect(&provider);
    post(&mut stream, &streaming());
    let mut some = [0; 400];
    stream.read_exact(&mut some).unwrap();
    drop(stream);
    assert!(provider.wait_for_disconnect(SOON).is_some());
}

#[test]
fn a_client_that_stops_reading_and_leaves_is_noticed() {
    let provider = one(json!({"text": {"repeat": "x", "times": 50_000_000}}));
    let mut stream = connect(&provider);
    post(&mut stream, &plain());
    let mut some = [0; 400];
    stream.read_exact(&mut some).unwrap();
    drop(stream);
    assert!(provider.wait_for_disconnect(SOON).is_some());
}

#[test]
fn padding_interim_answers_and_line_ends() {
    let (text, _) = exchange(json!({"text": "x", "padding": 2, "interim": [103], "end": "close"}), &plain());
    assert!(text.starts_with("HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n"), "{text}");
    let body = unchunk(text.split_once("\r\n\r\n").unwrap().1);
    assert!(body.starts_with("\n         \n\n         \n{\"id\""), "{body:?}");
    let (text, _) = exchange(json!({"text": "x", "padding": 1, "eol": "crlf", "end": "close"}), &streaming());
    let body = unchunk(&text);
    assert!(
        body.starts_with(": OPENROUTER PROCESSING\r\n\r\ndata: {") && body.ends_with("data: [DONE]\r\n\r\n")
    );
}

#[test]
fn headers_are_added_repeated_replaced_removed_and_may_lie() {
    let step = json!({"body": "<html>", "headers": {"Retry-After": 3, "x-a": ["1", "2"], "content-type": null,
        "content-length": "9999"}, "end": "cut"});
    let (text, _) = exchange(step, &plain());
    assert!(text.contains("\r\nretry-after: 3\r\nx-a: 1\r\nx-a: 2\r\n"), "{text}");
    assert!(!text.contains("content-type") && text.matches("content-length").count() == 1, "{text}");
}

#[test]
fn errors_have_the_documented_shapes() {
    let (text, _) = exchange(json!({"error": {"code": 402, "message": "m"}, "end": "close"}), &streaming());
    assert!(text.starts_with("HTTP/1.1 402 Payment Required\r\ncontent-type: application/json"), "{text}");
    assert!(text.ends_with(r#"{"error":{"code":402,"message":"m"},"user_id":"user_scripted"}"#), "{text}");
    let (text, _) = exchange(json!({"error": "m", "status": 200, "end": "close"}), &plain());
    assert!(text.starts_with("HTTP/1.1 200") && text.contains(r#""code":500"#), "{text}");
    let step = json!({"text": "half ", "error": {"code": 502, "message": "m"}, "end": "close"});
    let body = unchunk(&exchange(step.clone(), &streaming()).0);
    let last: Value = serde_json::from_str(body.trim_end().rsplit("data: ").next().unwrap()).unwrap();
    assert_eq!(
        (&last["error"]["code"], &last["choices"][0]["finish_reason"]),
        (&json!(502), &json!("error"))
    );
    let (text, _) = exchange(step, &plain());
    let body: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["choices"][0]["error"]["code"], 502);
    assert_eq!(body["choices"][0]["message"]["content"], "half ");
}

#[test]
fn tool_calls_come_in_portions_by_index() {
    let step = json!({"end": "close", "tool_calls": [{"name": "f", "arguments": {"city": "Zürich"}},
        {"id": "call_2", "name": "g", "arguments": "{broken"}]});
    let body = unchunk(&exchange(step, &streaming()).0);
    let mut arguments = [String::new(), String::new()];
    for event in body.split("\n\n").filter_map(|e| e.strip_prefix("data: ")) {
        let Ok(event) = serde_json::from_str::<Value>(event) else { continue };
        if let Some(call) = event["choices"][0]["delta"]["tool_calls"].get(0) {
            let index = call["index"].as_u64().unwrap() as usize;
            arguments[index].push_str(call["function"]["arguments"].as_str().unwrap());
        }
    }
    assert_eq!(arguments, [r#"{"city":"Zürich"}"#, "{broken"]);
    assert!(body.contains("\"finish_reason\":\"tool_calls\""));
}

#[test]
fn gets_unknown_models_bad_bodies_and_other_paths() {
    let provider = start(json!({"models": {"a": {"text": "x"}}, "get": {"/models": {"body": {"data": []}}}}));
    let mut stream = connect(&provider);
    let mut get = |path: &str| {
        write!(stream, "GET {path} HTTP/1.1\r\n\r\n").unwrap();
        let (head, body) = answer(&mut stream);
        (head[9..12].to_owned(), body)
    };
    assert_eq!(get("/api/v1/models?x=1"), ("200".to_owned(), r#"{"data":[]}"#.to_owned()));
    assert_eq!(get("/api/v1/key").0, "404");
    post(&mut stream, &json!({"model": "zz"}));
    let (head, body) = answer(&mut stream);
    assert!(head.starts_with("HTTP/1.1 400") && body.contains("zz is not a valid model ID"), "{body}");
    post(&mut stream, &json!({"model": 7}));
    assert!(answer(&mut stream).1.contains("at least 1 token"));
    write!(stream, "nonsense\r\ncontent-length: x\r\n\r\n").unwrap();
    assert!(all(&mut stream).0.starts_with("HTTP/1.1 400"));
}

#[test]
fn slow_accept_and_idle_close() {
    let provider = start(json!({"models": {"*": {"text": "x"}}, "accept_delay": 0.1, "idle": 0.1}));
    let began = Instant::now();
    let mut stream = connect(&provider);
    post(&mut stream, &plain());
    answer(&mut stream);
    assert!(began.elapsed() >= Duration::from_millis(100));
    assert_eq!(all(&mut stream), (String::new(), None), "closed after 0.1 s of nothing");
    assert!(began.elapsed() >= Duration::from_millis(200));
}

#[test]
fn closing_frees_the_port_and_ends_connections() {
    let provider = one(json!({"fault": "silence"}));
    let address = provider.address();
    let mut stream = connect(&provider);
    post(&mut stream, &plain());
    assert!(provider.wait_for_requests(1, SOON));
    provider.close();
    provider.close();
    assert_eq!(all(&mut stream).0, "");
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn a_wrong_script_names_the_path_and_the_word() {
    let cases = [
        (json!({"model": {}}), "model", "did you mean \"models\""),
        (json!({"models": {"a": [{"delya": 1}]}}), "models.a[0].delya", "did you mean \"delay\""),
        (
            json!({"models": {"a": [{"delay": "1"}]}}),
            "models.a[0].delay",
            "must be a number of seconds, not a string",
        ),
        (json!({"models": {"a": [{"delay": -1}]}}), "models.a[0].delay", "between 0"),
        (json!({"models": {"a": [{"end": "stal"}]}}), "models.a[0].end", "did you mean \"stall\""),
        (
            json!({"models": {"a": [{"chunks": [{"coment": "x"}]}]}}),
            "models.a[0].chunks[0].coment",
            "comment",
        ),
        (json!({"models": {"a": [{"chunks": [{}]}]}}), "models.a[0].chunks[0]", "exactly one"),
        (json!({"models": {"a": [{"text": "x", "body": "y"}]}}), "models.a[0].body", "give one of"),
        (json!({"models": {"a": [{"fault": "reset", "text": "y"}]}}), "models.a[0].fault", "no byte"),
        (json!({"models": {"a": [{"cut_at": 3, "end": "keep", "text": "y"}]}}), "models.a[0].end", "cut"),
        (json!({"models": {"a": [{"usage": {}}]}}), "models.a[0].text", "missing"),
        (json!({"models": {"a": [{"headers": {"x": "a\r\nb: c"}}]}}), "models.a[0].headers.x", "line breaks"),
        (json!({"models": {"a": []}}), "models.a", "at least one step"),
        (json!({}), "models", "needs steps"),
        (json!({"models": {"a": [{"pieces": 9, "text": "abc"}]}}), "models.a[0].pieces", "from 1 to 3"),
    ];
    for (script, field, words) in cases {
        let error = Script::read(&script).expect_err(&script.to_string());
        assert_eq!(error.field.as_deref(), Some(field), "{script}: {error}");
        assert!(error.message.contains(words), "{script}: {error}");
    }
}
