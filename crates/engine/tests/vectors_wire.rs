//! Runs the vectors of kinds `sse` and `decode`.
//!
//! An `sse` vector is run as its chunks stand, at every split in two and, where it is short, at every split in
//! three. A `decode` vector names all that an answer or a piece says: what it does not name must be absent.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use bytes::Bytes;
use resilient_completion_engine::base::Nanodollars;
use resilient_completion_engine::chat::{Answer, Delta, FinishReason, ToolCall, ToolCallDelta, Usage};
use resilient_completion_engine::wire::{
    Assembler, Decoded, Headers, Malformed, ProviderFault, SseDecoder, SseEvent, SseFault, StreamItem,
    decode_answer, decode_event,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Longest stream that is split in three at every pair of places.
const SPLIT_IN_THREE: usize = 160;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vector<G, E> {
    v: u32,
    id: String,
    kind: String,
    given: G,
    expected: E,
}

fn vectors<G: DeserializeOwned, E: DeserializeOwned>(kind: &str) -> Vec<Vector<G, E>> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let all: Vec<Vector<G, E>> = paths
        .iter()
        .map(|path| {
            let text = std::fs::read_to_string(path).unwrap();
            let vector: Vector<G, E> =
                serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert_eq!(
                (vector.v, vector.kind.as_str(), vector.id.as_str()),
                (1, kind, &*format!("{kind}/{name}"))
            );
            vector
        })
        .collect();
    println!("vectors {kind}: {} run", all.len());
    all
}

#[derive(Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Piece {
    Plain(String),
    Text { text: String },
    Base64 { base64: String },
    Repeat { repeat: String, times: usize },
}

impl Piece {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Piece::Plain(text) | Piece::Text { text } => text.clone().into_bytes(),
            Piece::Base64 { base64 } => from_base64(base64),
            Piece::Repeat { repeat, times } => repeat.repeat(*times).into_bytes(),
        }
    }
}

fn from_base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bits, mut held, mut out) = (0_u32, 0, Vec::new());
    for letter in text.bytes().filter(|b| *b != b'=') {
        let value = LETTERS.iter().position(|l| *l == letter).expect("a letter of base64");
        bits = bits << 6 | u32::try_from(value).unwrap();
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held & 0xFF) as u8);
        }
    }
    out
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SseGiven {
    chunks: Vec<Piece>,
    cap: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SseExpected {
    events: Vec<ExpectedEvent>,
    leftover: bool,
    too_large: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedEvent {
    name: String,
    data: Piece,
}

#[test]
fn sse() {
    let all = vectors::<SseGiven, SseExpected>("sse");
    let mut runs = 0;
    for vector in &all {
        let expected: Vec<SseEvent> = vector
            .expected
            .events
            .iter()
            .map(|e| SseEvent { name: e.name.clone(), data: Bytes::from(e.data.bytes()) })
            .collect();
        let fault = vector.expected.too_large.map(SseFault::TooLarge);
        let mut check = |pieces: &[&[u8]]| {
            let mut decoder = vector.given.cap.map_or_else(SseDecoder::default, SseDecoder::with_cap);
            let mut events = Vec::new();
            let end = pieces.iter().try_for_each(|p| decoder.push(&Bytes::copy_from_slice(p), &mut events));
            assert_eq!(events, expected, "{} as {pieces:?}", vector.id);
            assert_eq!(end.err(), fault, "{}", vector.id);
            assert_eq!(decoder.has_leftover(), vector.expected.leftover, "{} as {pieces:?}", vector.id);
            runs += 1;
        };
        let chunks: Vec<Vec<u8>> = vector.given.chunks.iter().map(Piece::bytes).collect();
        check(&chunks.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let whole = chunks.concat();
        check(&whole.chunks(1).collect::<Vec<_>>());
        for first in 0..=whole.len() {
            let (a, rest) = whole.split_at(first);
            check(&[a, rest]);
            for second in 0..=rest.len() {
                if whole.len() <= SPLIT_IN_THREE {
                    let (b, c) = rest.split_at(second);
                    check(&[a, b, c]);
                }
            }
        }
    }
    println!("{runs} runs of them at different splits");
    assert!(all.len() >= 12);
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecodeGiven {
    status: Option<u16>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Piece>,
    events: Option<Vec<GivenEvent>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GivenEvent {
    #[serde(default)]
    name: String,
    data: Piece,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DecodeExpected {
    answer: Option<ExpectedAnswer>,
    fault: Option<ExpectedFault>,
    malformed: Option<String>,
    items: Option<Vec<ExpectedItem>>,
    body: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedAnswer {
    id: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    choices: usize,
    #[serde(default)]
    text: String,
    #[serde(default)]
    reasoning: String,
    refusal: Option<String>,
    #[serde(default)]
    tool_calls: Vec<ExpectedCall>,
    #[serde(default)]
    has_media: bool,
    finish_reason: Option<String>,
    native_finish_reason: Option<String>,
    usage: Option<ExpectedUsage>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedCall {
    id: String,
    name: String,
    arguments: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedPiece {
    index: usize,
    id: Option<String>,
    name: Option<String>,
    #[serde(default)]
    arguments: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedUsage {
    prompt_tokens: Option<u64>,
    completion_tokens: Option<u64>,
    total_tokens: Option<u64>,
    cached_tokens: Option<u64>,
    cache_write_tokens: Option<u64>,
    reasoning_tokens: Option<u64>,
    cost_nanodollars: Option<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedDelta {
    #[serde(default)]
    text: String,
    #[serde(default)]
    reasoning: String,
    #[serde(default)]
    refusal: String,
    #[serde(default)]
    tool_calls: Vec<ExpectedPiece>,
    #[serde(default)]
    has_media: bool,
    #[serde(default)]
    other_choices: bool,
    finish_reason: Option<String>,
    native_finish_reason: Option<String>,
    usage: Option<ExpectedUsage>,
    id: Option<String>,
    model: Option<String>,
    provider: Option<String>,
    visible: Option<bool>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedFault {
    http_status: Option<u16>,
    status: Option<u16>,
    says: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Word {
    Done,
    Nothing,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum ExpectedItem {
    Word(Word),
    Delta(DeltaItem),
    Fault(FaultItem),
    Malformed(MalformedItem),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeltaItem {
    delta: ExpectedDelta,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FaultItem {
    fault: ExpectedFault,
    piece: Option<ExpectedDelta>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MalformedItem {
    malformed: String,
}

#[test]
fn decode() {
    let all = vectors::<DecodeGiven, DecodeExpected>("decode");
    for vector in &all {
        let (id, given, expected) = (vector.id.as_str(), &vector.given, &vector.expected);
        let headers = Headers(given.headers.iter().map(|(n, v)| (n.clone(), v.clone())).collect());
        match (&given.body, &given.events) {
            (Some(body), None) => check_body(id, given.status.unwrap(), &headers, &body.bytes(), expected),
            (None, Some(events)) => check_stream(id, &headers, events, expected),
            _ => panic!("{id}: either a body or events"),
        }
    }
    assert!(all.len() >= 25);
}

fn check_body(id: &str, status: u16, headers: &Headers, body: &[u8], expected: &DecodeExpected) {
    let decoded = decode_answer(status, headers, &Bytes::copy_from_slice(body));
    match (&decoded, &expected.answer, &expected.fault, &expected.malformed) {
        (Decoded::Answer(answer), Some(wanted), None, None) => {
            let padded = body.trim_ascii();
            let verbatim = padded.strip_prefix("\u{feff}".as_bytes()).unwrap_or(padded);
            assert_eq!(answer.raw.bytes(), verbatim, "{id}: verbatim without padding");
            check_answer(id, answer, wanted);
        }
        (Decoded::Fault(fault), None, Some(wanted), None) => check_fault(id, fault, wanted),
        (Decoded::Malformed(malformed), None, None, Some(wanted)) => {
            assert_eq!(word(malformed), wanted, "{id}")
        }
        _ => panic!("{id}: {decoded:?}"),
    }
}

fn check_stream(id: &str, headers: &Headers, events: &[GivenEvent], expected: &DecodeExpected) {
    let wanted = expected.items.as_ref().unwrap();
    assert_eq!(events.len(), wanted.len(), "{id}: one item an event");
    let mut assembler = Assembler::default();
    let (mut text, mut reasoning) = (String::new(), String::new());
    for (i, (event, wanted)) in events.iter().zip(wanted).enumerate() {
        let id = format!("{id}, event {i}");
        let event = SseEvent { name: event.name.clone(), data: Bytes::from(event.data.bytes()) };
        let mut piece = |delta: &Delta, wanted: &ExpectedDelta| {
            check_delta(&id, delta, wanted);
            assert_eq!(delta.raw.as_ref().unwrap().bytes(), event.data.trim_ascii(), "{id}");
            assembler.push(delta);
            text.push_str(&delta.text);
            reasoning.push_str(&delta.reasoning);
        };
        match (decode_event(&event, headers), wanted) {
            (StreamItem::Delta(delta), ExpectedItem::Delta(wanted)) => piece(&delta, &wanted.delta),
            (StreamItem::Done, ExpectedItem::Word(Word::Done)) => {}
            (StreamItem::Nothing, ExpectedItem::Word(Word::Nothing)) => {}
            (StreamItem::Malformed(m), ExpectedItem::Malformed(wanted)) => {
                assert_eq!(word(&m), wanted.malformed, "{id}");
            }
            (StreamItem::Fault(fault, delta), ExpectedItem::Fault(wanted)) => {
                check_fault(&id, &fault, &wanted.fault);
                match (delta, &wanted.piece) {
                    (Some(delta), Some(wanted)) => piece(&delta, wanted),
                    (None, None) => {}
                    (other, _) => panic!("{id}: piece {other:?}"),
                }
            }
            (other, _) => panic!("{id}: {other:?}"),
        }
    }
    assert_eq!((assembler.text(), assembler.reasoning()), (text.as_str(), reasoning.as_str()), "{id}");
    match (assembler.finish(), &expected.answer) {
        (Some(answer), Some(wanted)) => {
            check_answer(id, &answer, wanted);
            if let Some(body) = &expected.body {
                assert_eq!(answer.raw.value(), *body, "{id}");
            }
        }
        (None, None) => assert!(expected.body.is_none()),
        (other, _) => panic!("{id}: assembled {other:?}"),
    }
}

fn check_answer(id: &str, answer: &Answer, wanted: &ExpectedAnswer) {
    let wanted = Answer {
        raw: answer.raw.clone(),
        id: wanted.id.clone(),
        model: wanted.model.clone(),
        provider: wanted.provider.clone(),
        choices: wanted.choices,
        text: wanted.text.clone(),
        reasoning: wanted.reasoning.clone(),
        refusal: wanted.refusal.clone(),
        tool_calls: wanted
            .tool_calls
            .iter()
            .map(|c| ToolCall { id: c.id.clone(), name: c.name.clone(), arguments: c.arguments.clone() })
            .collect(),
        has_media: wanted.has_media,
        finish_reason: wanted.finish_reason.as_deref().map(FinishReason::parse),
        native_finish_reason: wanted.native_finish_reason.clone(),
        usage: wanted.usage.as_ref().map(usage),
    };
    assert_eq!(*answer, wanted, "{id}");
}

fn check_delta(id: &str, delta: &Delta, wanted: &ExpectedDelta) {
    let full = Delta {
        text: wanted.text.clone(),
        reasoning: wanted.reasoning.clone(),
        refusal: wanted.refusal.clone(),
        tool_calls: wanted
            .tool_calls
            .iter()
            .map(|c| ToolCallDelta {
                index: c.index,
                id: c.id.clone(),
                name: c.name.clone(),
                arguments: c.arguments.clone(),
            })
            .collect(),
        has_media: wanted.has_media,
        other_choices: wanted.other_choices,
        finish_reason: wanted.finish_reason.as_deref().map(FinishReason::parse),
        native_finish_reason: wanted.native_finish_reason.clone(),
        usage: wanted.usage.as_ref().map(|u| Box::new(usage(u))),
        meta: delta.meta.clone(),
        restarted: false,
        raw: delta.raw.clone(),
    };
    assert_eq!(*delta, full, "{id}");
    let meta =
        [&delta.meta.id, &delta.meta.model, &delta.meta.provider].map(|w| w.as_ref().map(|w| w.as_str()));
    assert_eq!(meta, [&wanted.id, &wanted.model, &wanted.provider].map(Option::as_deref), "{id}");
    if let Some(visible) = wanted.visible {
        assert_eq!(delta.is_visible(), visible, "{id}: visible");
    }
}

fn check_fault(id: &str, fault: &ProviderFault, wanted: &ExpectedFault) {
    assert_eq!((fault.http_status, fault.status), (wanted.http_status, wanted.status), "{id}");
    assert!(fault.message.contains(&wanted.says), "{id}: {:?}", fault.message);
}

fn usage(wanted: &ExpectedUsage) -> Usage {
    Usage {
        prompt_tokens: wanted.prompt_tokens,
        completion_tokens: wanted.completion_tokens,
        total_tokens: wanted.total_tokens,
        cached_tokens: wanted.cached_tokens,
        cache_write_tokens: wanted.cache_write_tokens,
        reasoning_tokens: wanted.reasoning_tokens,
        cost: wanted.cost_nanodollars.map(Nanodollars),
    }
}

fn word(malformed: &Malformed) -> &'static str {
    match malformed {
        Malformed::Blank => "blank",
        Malformed::Html => "html",
        Malformed::NotJson { cut: false } => "not_json",
        Malformed::NotJson { cut: true } => "cut",
        Malformed::Shape(_) => "shape",
        Malformed::TooLarge(_) => "too_large",
    }
}
