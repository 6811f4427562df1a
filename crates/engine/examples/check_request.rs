//! How long checking a request takes: `cargo run --release -p resilient-completion-engine --example check_request`.
//!
//! Three bodies: a conversation of 20 messages with 12 tools (34 kB), one image of 2 MB, one of 20 MB. Beside each
//! stands what `serde_json` takes to read past the same text without checking it. Medians of many rounds.
#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a measurement"
)]

use bytes::Bytes;
use resilient_completion_engine::chat::ChatRequest;
use serde_json::{Value, json};
use std::hint::black_box;
use std::time::Instant;

fn conversation() -> Value {
    let said = "The quick brown fox \"jumps\" over\nthe lazy dog, again and again. ".repeat(21);
    let messages: Vec<Value> = (0..20)
        .map(|i| match i % 4 {
            0 => json!({"role": "user", "content": [{"type": "text", "text": said}, {"type": "text", "text": "And?"}]}),
            1 => json!({"role": "assistant", "content": null, "tool_calls": [
                {"id": format!("call_{i}"), "type": "function", "function": {"name": "search", "arguments": "{\"q\": \"fox\"}"}}]}),
            2 => json!({"role": "tool", "tool_call_id": format!("call_{i}"), "content": said}),
            _ => json!({"role": "assistant", "content": said}),
        })
        .collect();
    let tools: Vec<Value> = (0..12)
        .map(|i| {
            json!({"type": "function", "function": {"name": format!("tool_{i}"), "description": said[..300].to_owned(),
            "parameters": {"type": "object", "properties": {
                "query": {"type": "string", "description": "What to look for, in the words of the user."},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100},
                "filters": {"type": "array", "items": {"type": "object", "properties": {
                    "field": {"type": "string"}, "value": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}},
                    "required": ["field", "value"], "additionalProperties": false}}},
                "required": ["query"], "additionalProperties": false}, "strict": true}})
        })
        .collect();
    json!({"model": "openai/gpt-4o", "temperature": 0.2, "max_tokens": 1024, "messages": messages, "tools": tools})
}

fn image(bytes: usize) -> Value {
    json!({"model": "openai/gpt-4o", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{}", "A".repeat(bytes))}}]}]})
}

fn median(rounds: usize, mut work: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..rounds)
        .map(|_| {
            let start = Instant::now();
            work();
            start.elapsed().as_secs_f64() * 1e6
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[rounds / 2]
}

fn main() {
    for (name, body, rounds) in [
        ("20 messages, 12 tools", conversation(), 2_000),
        ("an image of 2 MB", image(2 << 20), 200),
        ("an image of 20 MB", image(20 << 20), 30),
    ] {
        let text = Bytes::from(body.to_string());
        let ours = median(rounds, || {
            black_box(ChatRequest::parse(text.clone()).expect("a good request"));
        });
        let theirs = median(rounds, || {
            black_box(serde_json::from_slice::<&serde_json::value::RawValue>(&text).expect("JSON"));
        });
        let mb = text.len() as f64 / 1e6;
        println!(
            "{name:24} {:>9.1} kB  check {ours:>8.1} us ({:>5.1} GB/s)  serde_json, unchecked {theirs:>8.1} us",
            mb * 1e3,
            mb / ours * 1e3
        );
    }
}
