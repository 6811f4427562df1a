//! Requests that real programs sent, if the folder of recorded traffic stands beside the checkout: the checks must
//! not refuse what services took.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use bytes::Bytes;
use resilient_completion_engine::chat::ChatRequest;
use serde_json::Value;
use std::path::PathBuf;

#[test]
fn what_services_took_is_taken() {
    let folder = std::env::var_os("RESILIENT_COMPLETION_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let Ok(lines) = std::fs::read_to_string(folder.join("interactions.jsonl")) else {
        println!("NOT RUN: no recorded traffic at {}", folder.display());
        return;
    };
    let (mut taken, mut refused) = (0, Vec::new());
    for line in lines.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let text = match &entry["request"] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let Ok(Value::Object(body)) = serde_json::from_str::<Value>(&text) else { continue };
        if !body.contains_key("messages") || entry["status"].as_u64().is_some_and(|s| s >= 400) {
            continue;
        }
        match ChatRequest::parse(Bytes::from(text)) {
            Ok(request) => {
                taken += 1;
                assert!(
                    request.fields().all(|(name, value)| body[name] == value.value() || name == "messages")
                );
            }
            Err(e) => refused.push(format!("{} {}: {e}", entry["file"], entry["i"])),
        }
    }
    println!("recorded requests: {taken} taken, {} refused", refused.len());
    assert!(taken > 300, "only {taken} requests were read");
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}
