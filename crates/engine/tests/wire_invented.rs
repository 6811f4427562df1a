//! Invented bodies and chunks through the wire room: whatever a service sends, nothing panics, what is assembled is
//! a body that reads back to the same answer, and work stays in proportion to the bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use proptest::prelude::*;
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::wire::{
    Assembler, Decoded, Headers, SseEvent, StreamItem, decode_answer, decode_event,
};
use serde_json::{Map, Value, json};

const NAMES: [&str; 34] = [
    "id",
    "model",
    "provider",
    "object",
    "choices",
    "index",
    "delta",
    "message",
    "role",
    "content",
    "type",
    "text",
    "thinking",
    "reasoning_content",
    "reasoning_details",
    "summary",
    "refusal",
    "tool_calls",
    "function_call",
    "function",
    "name",
    "arguments",
    "images",
    "audio",
    "data",
    "finish_reason",
    "native_finish_reason",
    "logprobs",
    "usage",
    "x_groq",
    "cost",
    "is_byok",
    "prompt_tokens",
    "debug",
];

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u64..3).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z\"\\\\\u{1F980}\n]{0,4}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        let named = (prop::sample::select(NAMES.to_vec()), inner.clone());
        prop_oneof![
            prop::collection::vec(inner, 0..4).prop_map(Value::from),
            prop::collection::vec(named, 0..6).prop_map(object),
        ]
    })
}

fn object(members: Vec<(&str, Value)>) -> Value {
    Value::from(members.into_iter().map(|(n, v)| (n.to_owned(), v)).collect::<Map<String, Value>>())
}

/// A chunk that is one at least in outline, with anything inside.
fn chunk() -> impl Strategy<Value = Value> {
    let members = || prop::collection::vec((prop::sample::select(NAMES.to_vec()), anything()), 0..5);
    let calls = prop::collection::vec((prop::option::of(0_u8..3), anything(), anything()), 0..3);
    (members(), members(), calls, anything()).prop_map(|(top, delta, calls, finish)| {
        let mut delta = object(delta);
        let calls =
            calls.into_iter().map(|(i, id, function)| json!({"index": i, "id": id, "function": function}));
        delta["tool_calls"] = calls.collect();
        let mut top = object(top);
        top["choices"] = json!([{"delta": delta, "finish_reason": finish}]);
        top
    })
}

fn pieces(chunks: &[Value]) -> Vec<Delta> {
    let events = chunks.iter().map(|c| SseEvent { name: String::new(), data: Bytes::from(c.to_string()) });
    events
        .filter_map(|event| match decode_event(&event, &Headers::default()) {
            StreamItem::Delta(delta) | StreamItem::Fault(_, Some(delta)) => Some(*delta),
            _ => None,
        })
        .collect()
}

fn assemble(deltas: &[Delta]) -> Assembler {
    let mut assembler = Assembler::default();
    deltas.iter().for_each(|d| assembler.push(d));
    assembler
}

proptest! {
    #[test]
    fn any_body_is_read(body in prop_oneof![anything(), chunk()], status in prop::sample::select(vec![200, 246, 302, 429])) {
        let _ = decode_answer(status, &Headers::default(), &Bytes::from(body.to_string()));
    }

    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..60), text in "\\PC{0,60}") {
        for body in [Bytes::from(bytes), Bytes::from(text)] {
            let _ = decode_answer(200, &Headers::default(), &body);
            let _ = decode_event(&SseEvent { name: String::new(), data: body }, &Headers::default());
        }
    }

    #[test]
    fn a_body_cut_anywhere_is_never_an_answer(body in chunk(), cut in any::<prop::sample::Index>()) {
        let text = body.to_string();
        let cut = Bytes::copy_from_slice(&text.as_bytes()[..cut.index(text.len())]);
        prop_assert!(matches!(decode_answer(200, &Headers::default(), &cut), Decoded::Malformed(_)));
    }

    #[test]
    fn what_is_assembled_reads_back(chunks in prop::collection::vec(prop_oneof![anything(), chunk()], 0..6)) {
        let deltas = pieces(&chunks);
        let Some(answer) = assemble(&deltas).finish() else {
            prop_assert!(deltas.is_empty());
            return Ok(());
        };
        prop_assert!(serde_json::from_str::<Value>(answer.raw.as_str()).is_ok(), "{}", answer.raw.as_str());
        prop_assert_eq!(&answer.text, &deltas.iter().map(|d| d.text.as_str()).collect::<String>());
        prop_assert_eq!(&answer.reasoning, &deltas.iter().map(|d| d.reasoning.as_str()).collect::<String>());
        prop_assert_eq!(&answer.finish_reason, &deltas.iter().find_map(|d| d.finish_reason.clone()));
        if let Decoded::Answer(mut again) = decode_answer(200, &Headers::default(), answer.raw.bytes()) {
            // A service that changes between two names of reasoning has both members in the body; it reads one.
            again.reasoning.clone_from(&answer.reasoning);
            prop_assert_eq!(*again, answer);
        } else {
            prop_assert!(false, "an answer without error reads back: {}", answer.raw.as_str());
        }
    }
}

#[test]
fn an_announcement_voids_what_came_before() {
    let deltas = pieces(&[json!({"id": "1", "choices": [{"delta": {"content": "half"}}]})]);
    let fresh = pieces(&[json!({"model": "m", "choices": [{"delta": {"content": "whole"}}]})]);
    let announcement = Delta { restarted: true, ..Delta::default() };
    let all = [deltas, vec![announcement], fresh].concat();
    let assembler = assemble(&all);
    assert_eq!(assembler.text(), "whole");
    let answer = assembler.finish().unwrap();
    assert_eq!((answer.text.as_str(), answer.id), ("whole", None));
}

#[test]
fn one_event_of_a_million_members_does_not_stop_the_world() {
    let members: Vec<String> = (0..200_000).map(|i| format!("\"m{i}\":1")).collect();
    let calls: Vec<String> = (0..200_000).map(|i| format!("{{\"index\":{i},\"id\":\"c{i}\"}}")).collect();
    let text = format!(
        "{{{},\"choices\":[{{\"delta\":{{\"content\":\"a\",\"tool_calls\":[{}]}}}}]}}",
        members.join(","),
        calls.join(",")
    );
    let event = SseEvent { name: String::new(), data: Bytes::from(text) };
    let StreamItem::Delta(delta) = decode_event(&event, &Headers::default()) else { panic!("not a delta") };
    let answer = assemble(&[*delta]).finish().unwrap();
    assert_eq!(answer.tool_calls.len(), 512, "the bound, in time that a test can wait for");
}
