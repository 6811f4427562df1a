//! What the socket tests share: a scripted provider, a server of fixed bytes, calls, and one line of figures a test.
#![allow(dead_code, clippy::unwrap_used, clippy::print_stdout, reason = "tests; each file uses a part")]

use bytes::Bytes;
use resilient_completion::{Client, Completion, Failure};
use resilient_completion_simulator::{Provider, Script};
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub(crate) fn provider(script: &Value) -> Provider {
    Provider::start(Script::read(script).unwrap()).unwrap()
}

pub(crate) fn client(url: &str) -> Client {
    Client::builder().base_url(url).option("guards", "own").build().unwrap()
}

pub(crate) fn call(fields: &Value) -> Bytes {
    let mut fields = fields.clone();
    fields["messages"] = json!("hi");
    Bytes::from(fields.to_string())
}

pub(crate) async fn complete(client: &Client, fields: &Value) -> Result<Completion, Failure> {
    client.start(call(fields), false)?.complete().await
}

/// The text of a stream and how it ended.
pub(crate) async fn stream(client: &Client, fields: &Value) -> (String, Result<Completion, Failure>) {
    let mut running = client.start(call(fields), true).unwrap();
    let mut text = String::new();
    loop {
        match running.next().await {
            Ok(Some(batch)) => batch.iter().for_each(|d| text.push_str(&d.text)),
            Ok(None) => return (text, Ok(running.completion().unwrap().clone())),
            Err(failure) => return (text, Err(failure)),
        }
    }
}

/// A whole answer as the bytes of a response.
pub(crate) fn answer(text: &str) -> String {
    let body = json!({"id": "gen-1", "object": "chat.completion", "model": "a/one",
        "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}]});
    body.to_string()
}

pub(crate) fn response(head: &str, body: &[u8]) -> Vec<u8> {
    let mut all = format!("HTTP/1.1 {head}\r\ncontent-length: {}\r\n\r\n", body.len()).into_bytes();
    all.extend_from_slice(body);
    all
}

/// A server that answers every request with the same bytes, then does with the connection what `then` says.
pub(crate) struct Fixed {
    port: u16,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Then {
    Keep,
    Close,
    Reset,
}

impl Fixed {
    pub(crate) fn start(bytes: Vec<u8>, then: Then) -> Fixed {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (requests, connections) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (asked, opened, bytes) = (requests.clone(), connections.clone(), Arc::new(bytes));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                opened.fetch_add(1, Ordering::SeqCst);
                let (asked, bytes) = (asked.clone(), bytes.clone());
                std::thread::spawn(move || serve(stream, &asked, &bytes, then));
            }
        });
        Fixed { port, requests, connections }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v1", self.port)
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, asked: &AtomicUsize, bytes: &[u8], then: Then) {
    while read_request(&mut stream).is_some() {
        asked.fetch_add(1, Ordering::SeqCst);
        if stream.write_all(bytes).is_err() {
            return;
        }
        match then {
            Then::Keep => {}
            Then::Close => {
                let _ = stream.shutdown(std::net::Shutdown::Write);
                let _ = stream.read(&mut [0; 64]);
                return;
            }
            Then::Reset => {
                let _ = close_by_reset(&stream);
                return;
            }
        }
    }
}

/// Sets the linger time to zero, so that closing resets.
fn close_by_reset(stream: &TcpStream) -> std::io::Result<()> {
    let copy = stream.try_clone()?;
    copy.set_nonblocking(true)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
    runtime.block_on(async { tokio::net::TcpStream::from_std(copy)?.set_zero_linger() })
}

/// Head and body of one request; `None` when the client is gone.
pub(crate) fn read_request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut all, mut part) = (Vec::new(), [0u8; 8192]);
    loop {
        if let Some(end) = all.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&all[..end]).to_ascii_lowercase();
            let length: usize = head.split("content-length: ").nth(1)?.lines().next()?.trim().parse().ok()?;
            if all.len() >= end + 4 + length {
                return Some(all);
            }
        }
        match stream.read(&mut part) {
            Ok(n) if n > 0 => all.extend_from_slice(&part[..n]),
            _ => return None,
        }
    }
}

/// Waits until `done`, at most two seconds; how long that took.
pub(crate) async fn until(mut done: impl FnMut() -> bool) -> Option<Duration> {
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(2) {
        if done() {
            return Some(start.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    None
}

pub(crate) fn figures(value: &Value) {
    println!("{value}");
}
