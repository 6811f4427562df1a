//! Answers as JSON text for the crossing.
//!
//! Knows the shapes of answers. Must not change them. Invariants: raw JSON is spliced in, never parsed here; a delta
//! that is only text crosses as a bare string, since nearly all of them are and an object costs ten times as much to
//! parse.

use resilient_completion_bridge::Finished;
use resilient_completion_engine::chat::{Delta, ToolCallDelta};
use serde_json::{Map, Value, json};

use crate::port::Answer;

/// `{"text","model","provider","label","fell_back","cost","body"}`.
pub(crate) fn finished(finished: &Finished) -> String {
    let facts = &finished.facts;
    let mut out = json!({
        "text": facts.text, "model": facts.model, "provider": facts.provider, "label": facts.label,
        "fell_back": facts.fell_back, "cost": facts.cost,
    })
    .to_string();
    out.pop();
    out.reserve(finished.body.bytes().len() + 10);
    out.push_str(r#","body":"#);
    out.push_str(finished.body.as_str());
    out.push('}');
    out
}

/// Two arrays of one length: what is read always, and the events as they came, parsed on demand.
pub(crate) fn batch(batch: &[Delta]) -> Answer {
    let mut deltas = String::with_capacity(batch.len() * 16);
    let mut raw = String::with_capacity(batch.iter().map(raw_len).sum::<usize>() + 2);
    for (i, one) in batch.iter().enumerate() {
        let separator = if i == 0 { '[' } else { ',' };
        deltas.push(separator);
        deltas.push_str(&delta(one));
        raw.push(separator);
        raw.push_str(one.raw.as_ref().map_or("null", |r| r.as_str()));
    }
    deltas.push(']');
    raw.push(']');
    Answer::Batch { deltas, raw }
}

fn raw_len(delta: &Delta) -> usize {
    delta.raw.as_ref().map_or(4, |r| r.bytes().len()) + 1
}

fn delta(delta: &Delta) -> String {
    let Delta { text, reasoning, tool_calls, finish_reason, restarted, .. } = delta;
    let only_text = reasoning.is_empty() && tool_calls.is_empty() && finish_reason.is_none() && !restarted;
    if only_text {
        return Value::from(text.as_str()).to_string();
    }
    let mut map = Map::new();
    map.insert("text".into(), text.as_str().into());
    map.insert("reasoning".into(), reasoning.as_str().into());
    map.insert("tool_calls".into(), tool_calls.iter().map(tool_call).collect());
    map.insert("finish_reason".into(), finish_reason.as_ref().map_or(Value::Null, |f| f.word().into()));
    map.insert("restarted".into(), (*restarted).into());
    Value::Object(map).to_string()
}

fn tool_call(piece: &ToolCallDelta) -> Value {
    let ToolCallDelta { index, id, name, arguments } = piece;
    json!({ "index": index, "id": id, "name": name, "arguments": arguments })
}
