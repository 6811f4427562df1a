//! Well-formed bodies in OpenRouter's shape: a completion, its stream, an error.
//!
//! Knows the wire's JSON (contract sections 2.1, 3 and 4.1). Must not know framing or faults. Invariant: same
//! reply and same model, same bytes: there is no clock and no counter here.

use super::step::Reply;
use serde_json::{Map, Value, json};

/// Any fixed moment: answers must not differ between runs.
const CREATED: u64 = 1_700_000_000;

/// What a call costs unless the script says otherwise, in dollars.
const COST: f64 = 0.0001;

/// The whole completion.
pub(crate) fn completion(reply: &Reply, asked: &str) -> Value {
    let text = reply.pieces.concat();
    let mut message = Map::new();
    message.insert("role".into(), "assistant".into());
    let content_is_null = text.is_empty() && !reply.tool_calls.is_empty();
    message.insert("content".into(), if content_is_null { Value::Null } else { text.into() });
    message.insert("refusal".into(), Value::Null);
    message.insert("reasoning".into(), or_null(&reply.reasoning));
    if !reply.tool_calls.is_empty() {
        message.insert("tool_calls".into(), reply.tool_calls.clone().into());
    }
    let finish = finish_reason(reply);
    let mut choice = json!({
        "index": 0, "logprobs": null, "finish_reason": finish, "native_finish_reason": finish, "message": message
    });
    if let Some(error) = &reply.error {
        choice["error"] = error.clone();
    }
    let mut body = envelope(reply, asked, "chat.completion");
    body.insert("choices".into(), json!([choice]));
    if let Some(usage) = usage(reply) {
        body.insert("usage".into(), usage);
    }
    body.into()
}

/// The events of the same completion as a stream, `[DONE]` included.
pub(crate) fn events(reply: &Reply, asked: &str) -> Vec<String> {
    let chunk = |delta: Value, finish: Value| event(reply, asked, delta, finish);
    let mut events = vec![chunk(json!({"role": "assistant", "content": ""}), Value::Null).to_string()];
    if !reply.reasoning.is_empty() {
        events.push(chunk(json!({"content": "", "reasoning": reply.reasoning}), Value::Null).to_string());
    }
    for piece in &reply.pieces {
        events.push(chunk(json!({"content": piece}), Value::Null).to_string());
    }
    for (index, call) in reply.tool_calls.iter().enumerate() {
        // As services do: id and name first, the arguments in portions after it.
        let arguments = call["function"]["arguments"].as_str().unwrap_or_default();
        let middle =
            (arguments.len() / 2..=arguments.len()).find(|i| arguments.is_char_boundary(*i)).unwrap_or(0);
        let first = json!({"index": index, "id": call["id"], "type": "function",
                           "function": {"name": call["function"]["name"], "arguments": ""}});
        events.push(chunk(json!({"tool_calls": [first]}), Value::Null).to_string());
        for part in [&arguments[..middle], &arguments[middle..]] {
            let more = json!({"index": index, "function": {"arguments": part}});
            events.push(chunk(json!({"tool_calls": [more]}), Value::Null).to_string());
        }
    }
    if let Some(error) = &reply.error {
        let mut last = chunk(json!({"content": ""}), "error".into());
        last["error"] = error.clone();
        events.push(last.to_string());
        return events;
    }
    let finish = finish_reason(reply);
    if finish.is_null() {
        return events;
    }
    events.push(chunk(json!({"content": ""}), finish).to_string());
    if let Some(usage) = usage(reply) {
        let mut last = chunk(json!({"role": "assistant", "content": ""}), Value::Null);
        last["usage"] = usage;
        events.push(last.to_string());
    }
    events.push("[DONE]".to_owned());
    events
}

/// One event of a stream around `delta`.
pub(super) fn event(reply: &Reply, asked: &str, delta: Value, finish: Value) -> Value {
    let mut body = envelope(reply, asked, "chat.completion.chunk");
    let native = finish.clone();
    body.insert(
        "choices".into(),
        json!([{"index": 0, "delta": delta, "finish_reason": finish, "native_finish_reason": native, "logprobs": null}]),
    );
    body.into()
}

/// An error body and its status: the error's own code where that is one.
pub(super) fn refusal(error: &Value) -> (u16, Value) {
    let code = error.get("code");
    let number = code.and_then(|c| c.as_u64().or_else(|| c.as_str()?.parse().ok()));
    let status = number.filter(|n| (400..600).contains(n)).unwrap_or(500) as u16;
    (status, json!({"error": error, "user_id": "user_scripted"}))
}

fn envelope(reply: &Reply, asked: &str, object: &str) -> Map<String, Value> {
    let mut body = Map::new();
    body.insert("id".into(), generation_id(reply).into());
    body.insert("object".into(), object.into());
    body.insert("created".into(), CREATED.into());
    body.insert("model".into(), reply.model.as_deref().unwrap_or(asked).into());
    body.insert("provider".into(), reply.provider.as_deref().unwrap_or("Scripted").into());
    body
}

/// The id of the generation, as the answer names it.
pub(super) fn generation_id(reply: &Reply) -> &str {
    reply.id.as_deref().unwrap_or("gen-scripted")
}

fn finish_reason(reply: &Reply) -> Value {
    match &reply.finish_reason {
        Some(reason) => reason.clone().map_or(Value::Null, Value::from),
        None if reply.error.is_some() => "error".into(),
        None if !reply.tool_calls.is_empty() => "tool_calls".into(),
        None => "stop".into(),
    }
}

fn usage(reply: &Reply) -> Option<Value> {
    match &reply.usage {
        Some(Value::Null) => None,
        Some(usage) => Some(usage.clone()),
        None => {
            let completion = reply.pieces.len() as u64;
            let total = 10 + completion;
            Some(
                json!({"prompt_tokens": 10, "completion_tokens": completion, "total_tokens": total, "cost": COST}),
            )
        }
    }
}

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { text.into() }
}
