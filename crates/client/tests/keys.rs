//! Keys of an account, against a server of a few lines that remembers what it was asked.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion::prelude::*;
use resilient_completion::{KeySettings, engine::error};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

/// Answers one request after another with `answers`; gives back the requests.
fn server(answers: Vec<(u16, Value)>) -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/api/v1", listener.local_addr().unwrap());
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for (status, body) in answers {
            let (mut socket, _) = listener.accept().unwrap();
            let (mut seen, mut buffer) = (String::new(), [0u8; 4096]);
            loop {
                let n = socket.read(&mut buffer).unwrap();
                seen.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
                let Some((head, sent)) = seen.split_once("\r\n\r\n") else { continue };
                let length = head
                    .lines()
                    .find_map(|l| l.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                if sent.len() >= length.map_or(0, |l| l.parse().unwrap()) {
                    break;
                }
            }
            let body = body.to_string();
            write!(socket, "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len()).unwrap();
            sender.send(seen).unwrap();
        }
    });
    (url, receiver)
}

fn key(name: &str) -> Value {
    json!({"hash": "abc123", "name": name, "label": "sk-or-v1-abc...xyz", "disabled": false, "limit": 5.0,
           "limit_remaining": 4.5, "usage": 0.5, "usage_monthly": 0.5})
}

#[test]
fn keys_are_listed_made_read_changed_and_deleted() {
    let (url, asked) = server(vec![
        (200, json!({"data": [key("one")]})),
        (201, json!({"data": key("two"), "key": "sk-or-v1-secret"})),
        (200, json!({"data": key("two")})),
        (200, json!({"data": key("three")})),
        (200, json!({"deleted": true})),
    ]);
    let client = blocking::Client::build(Client::builder().base_url(&url)).unwrap();
    let keys = client.keys("sk-management").unwrap();
    assert_eq!(keys.list().unwrap()[0].extra["usage_monthly"], 0.5);
    let created =
        keys.create("two", KeySettings::new().limit(Some(5.0)).limit_reset(Some("monthly"))).unwrap();
    assert_eq!(created.key.expose(), "sk-or-v1-secret");
    assert!(!format!("{created:?} {keys:?}", keys = client.keys("sk-management").is_ok()).contains("secret"));
    assert_eq!(keys.get("abc123").unwrap().limit_remaining, Some(4.5));
    assert_eq!(keys.update("abc123", KeySettings::new().name("three").disabled(true)).unwrap().name, "three");
    keys.delete("abc123").unwrap();
    let asked: Vec<String> = asked.iter().take(5).collect();
    let lines: Vec<&str> = asked.iter().map(|r| r.lines().next().unwrap()).collect();
    assert_eq!(
        lines,
        [
            "GET /api/v1/keys HTTP/1.1",
            "POST /api/v1/keys HTTP/1.1",
            "GET /api/v1/keys/abc123 HTTP/1.1",
            "PATCH /api/v1/keys/abc123 HTTP/1.1",
            "DELETE /api/v1/keys/abc123 HTTP/1.1",
        ]
    );
    assert!(asked[0].contains("authorization: Bearer sk-management"));
    assert!(asked[1].ends_with(r#"{"limit":5.0,"limit_reset":"monthly","name":"two"}"#), "{}", asked[1]);
}

#[test]
fn an_ordinary_key_is_refused_with_a_typed_error_and_a_hash_cannot_leave_its_path() {
    let refused = json!({"error": {"code": 401, "message": "Invalid management key"}});
    let (url, _asked) = server(vec![(401, refused)]);
    let client = blocking::Client::build(Client::builder().base_url(&url)).unwrap();
    let keys = client.keys("sk-ordinary").unwrap();
    let failure = keys.list().unwrap_err();
    assert_eq!((failure.error.kind, failure.error.status), (error::Kind::Auth, Some(401)));
    assert_eq!(keys.delete("../credits").unwrap_err().error.kind, error::Kind::Config);
    assert_eq!(keys.delete("").unwrap_err().error.kind, error::Kind::Config, "not the whole list");
    assert!(client.keys("sk\n").is_err());
    let public = blocking::Client::build(Client::builder().base_url("http://service.example/v1")).unwrap();
    assert_eq!(public.keys("sk-1").err().unwrap().error.field.as_deref(), Some("base_url"));
}
