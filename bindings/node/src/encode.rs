//! Answers as JSON text for the crossing.
//!
//! Knows the shapes of answers. Must not change them. Invariants: raw JSON is spliced in, never parsed here; a delta
//! that is only text crosses as a bare string, since nearly all of them are and an object costs ten times as much to
//! parse.

use resilient_completion_bridge::{Facts, Finished, json};
use resilient_completion_engine::chat::{Delta, ToolCallDelta};
use serde_json::{Value, json};

use crate::port::Answer;

/// `{"provider","label","fell_back","cost","body"}`. The text is in the body and is not sent a second time.
pub(crate) fn finished(finished: &Finished) -> String {
    let Facts { provider, label, fell_back, cost, .. } = &finished.facts;
    let facts =
        json!({"provider": provider, "label": label, "fell_back": fell_back, "cost": cost}).to_string();
    let body = finished.body.bytes();
    let mut out = Vec::with_capacity(facts.len() + body.len() + 8);
    out.extend_from_slice(facts.trim_end_matches('}').as_bytes());
    out.extend_from_slice(br#","body":"#);
    out.extend_from_slice(body);
    out.push(b'}');
    text(out)
}

/// Two arrays of one length: what is read always, and the events as they came, parsed on demand.
pub(crate) fn batch(batch: &[Delta]) -> Answer {
    let mut deltas = Vec::with_capacity(batch.len() * 16);
    let mut raw = Vec::with_capacity(batch.iter().map(raw_len).sum::<usize>() + 2);
    for (i, one) in batch.iter().enumerate() {
        let separator = if i == 0 { b'[' } else { b',' };
        deltas.push(separator);
        delta(&mut deltas, one);
        raw.push(separator);
        raw.extend_from_slice(one.raw.as_ref().map_or(b"null", |r| r.bytes()));
    }
    deltas.push(b']');
    raw.push(b']');
    Answer::Batch { deltas: text(deltas), raw: text(raw) }
}

fn raw_len(delta: &Delta) -> usize {
    delta.raw.as_ref().map_or(4, |r| r.bytes().len()) + 1
}

fn delta(out: &mut Vec<u8>, delta: &Delta) {
    let Delta { text, reasoning, tool_calls, finish_reason, restarted, .. } = delta;
    if reasoning.is_empty() && tool_calls.is_empty() && finish_reason.is_none() && !restarted {
        return json::text(out, text);
    }
    let tool_calls: Vec<Value> = tool_calls.iter().map(tool_call).collect();
    let whole = json!({
        "text": text, "reasoning": reasoning, "tool_calls": tool_calls,
        "finish_reason": finish_reason.as_ref().map(|f| f.word()), "restarted": restarted,
    });
    out.extend_from_slice(whole.to_string().as_bytes());
}

fn tool_call(piece: &ToolCallDelta) -> Value {
    let ToolCallDelta { index, id, name, arguments } = piece;
    json!({ "index": index, "id": id, "name": name, "arguments": arguments })
}

/// JSON is text by its makers' invariants; one pass over all of it is cheaper than one over each part.
fn text(json: Vec<u8>) -> String {
    String::from_utf8(json).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]
    use super::*;
    use resilient_completion_engine::base::RawJson;
    use resilient_completion_engine::chat::FinishReason;

    #[test]
    fn text_crosses_bare_and_everything_else_whole() {
        let raw = RawJson::parse(r#"{"a": "\u00e9"}"#.as_bytes().to_vec().into()).unwrap();
        let words = Delta { text: "\"é\u{1}\n".into(), raw: Some(raw), ..Delta::default() };
        let calls = vec![ToolCallDelta { index: 1, arguments: "{}".into(), ..ToolCallDelta::default() }];
        let end = Delta { tool_calls: calls, finish_reason: Some(FinishReason::Stop), ..Delta::default() };
        let again = Delta { restarted: true, ..Delta::default() };
        let Answer::Batch { deltas, raw } = batch(&[words, end, again]) else { panic!("no batch") };
        let deltas: Value = serde_json::from_str(&deltas).unwrap();
        let call = json!({"index": 1, "id": null, "name": null, "arguments": "{}"});
        assert_eq!(
            deltas,
            json!([
                "\"é\u{1}\n",
                {"text": "", "reasoning": "", "tool_calls": [call], "finish_reason": "stop", "restarted": false},
                {"text": "", "reasoning": "", "tool_calls": [], "finish_reason": null, "restarted": true},
            ])
        );
        assert_eq!(raw, r#"[{"a": "\u00e9"},null,null]"#);
    }
}
