//! `ask` and `plan`.
//!
//! Knows the client. Invariant: what `plan` shows is what `ask` sends.

use crate::args::Ask;
use crate::{Done, show};
use bytes::Bytes;
use resilient_completion::engine::trace::waterfall;
use resilient_completion::{Client, Failure};
use serde_json::{Value, json};

pub(crate) async fn run(ask: &Ask) -> Done {
    let client = client(ask)?;
    let stream = !ask.no_stream && !ask.json;
    let mut running = client.start(call(ask), stream)?;
    let done = if stream {
        while let Some(batch) = running.next().await? {
            for delta in batch {
                if delta.restarted {
                    show::text("\n[the answer broke off; a fresh one begins]\n");
                }
                show::text(&delta.text);
            }
        }
        show::line("");
        running.complete().await?
    } else {
        running.complete().await?
    };
    if ask.json {
        show::json_value(&show::answer_json(&done));
        return Ok(());
    }
    if !stream {
        show::line(done.text());
    }
    if ask.trace {
        show::line(&waterfall(&done.trace));
    }
    Ok(())
}

pub(crate) fn plan(ask: &Ask) -> Done {
    let plan = client(ask)?.plan(call(ask), !ask.no_stream)?;
    if ask.json {
        show::json_value(&plan);
        return Ok(());
    }
    let list = |key: &str| plan[key].as_array().cloned().unwrap_or_default();
    for (i, c) in list("candidates").iter().enumerate() {
        let word = |key: &str| c[key].as_str().unwrap_or("").to_owned();
        let limit = c["timeout"].as_f64().map_or_else(String::new, |t| format!(", at most {t} s"));
        show::line(&format!(
            "{}. {} ({}, endpoint {}{limit})",
            i + 1,
            word("label"),
            word("model"),
            word("endpoint")
        ));
        show::line(&format!("   {}", c["body"]));
    }
    for s in list("skipped") {
        show::line(&format!(
            " - {}: {}",
            s["label"].as_str().unwrap_or(""),
            s["reason"].as_str().unwrap_or("")
        ));
    }
    for w in list("warnings") {
        show::line(&format!(" ! {}", w.as_str().unwrap_or("")));
    }
    let bounds = &plan["bounds"];
    show::line(&format!("at most {} attempts in {} s", bounds["attempts"], bounds["seconds"]));
    let fact = |key: &str| plan["facts"][key].as_str().unwrap_or("unknown").to_owned();
    show::line(&format!("facts about models: {}, {}", fact("source"), fact("date")));
    Ok(())
}

fn client(ask: &Ask) -> Result<Client, Failure> {
    let mut builder = Client::builder();
    if let Some(url) = &ask.base_url {
        builder = builder.base_url(url);
    }
    builder.build()
}

fn call(ask: &Ask) -> Bytes {
    let mut messages = Vec::new();
    if let Some(system) = &ask.system {
        messages.push(json!({"role": "system", "content": system}));
    }
    messages.push(json!({"role": "user", "content": ask.prompt}));
    let mut call = json!({"messages": messages, "max_tokens": ask.max_tokens});
    let mut set = |name: &str, value: Value| call[name] = value;
    if !ask.models.is_empty() {
        set("models", json!(ask.models));
    }
    if !ask.capability.is_empty() {
        set("capability", json!(ask.capability));
    }
    if let Some(t) = ask.timeout {
        set("timeout", json!(t));
    }
    Bytes::from(call.to_string())
}
