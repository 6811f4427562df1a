//! Recorded traffic through the wire room: every answer is read, every stream assembles alike however it is split.
//!
//! The recordings are not part of the repository. They are looked for in `../shared/data` beside the workspace or in
//! the folder that `RESILIENT_COMPLETION_DATA` names; without them the tests say so and check nothing.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use bytes::Bytes;
use resilient_completion_engine::base::Rng;
use resilient_completion_engine::chat::{Answer, Delta};
use resilient_completion_engine::wire::{
    Assembler, Decoded, Headers, Malformed, SseDecoder, StreamItem, decode_answer, decode_event,
};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Deserialize)]
struct Recorded {
    file: String,
    i: u64,
    url: String,
    status: Option<u16>,
    headers: BTreeMap<String, serde_json::Value>,
    stream: bool,
    response: String,
    chunk_sizes: Option<Vec<usize>>,
}

fn recordings() -> Option<Vec<Recorded>> {
    let folder = std::env::var_os("RESILIENT_COMPLETION_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = folder.join("interactions.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: no recordings at {}", path.display());
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

impl Recorded {
    fn headers(&self) -> Headers {
        let pairs = self.headers.iter().filter_map(|(n, v)| Some((n.to_lowercase(), v.as_str()?.to_owned())));
        Headers(pairs.filter(|(n, _)| Headers::is_relevant(n)).collect())
    }

    fn name(&self) -> String {
        format!("{}#{}", self.file, self.i)
    }
}

/// Everything a stream comes to, in a form that two replays can be compared by.
#[derive(Debug, PartialEq, Default)]
struct Replay {
    deltas: Vec<Delta>,
    answer: Option<Answer>,
    text: String,
    done: bool,
    faults: Vec<String>,
    nothing: usize,
    malformed: Vec<Malformed>,
    leftover: bool,
}

fn replay<'a>(pieces: impl IntoIterator<Item = &'a [u8]>, headers: &Headers) -> Replay {
    let mut decoder = SseDecoder::default();
    let mut events = Vec::new();
    for piece in pieces {
        decoder.push(&Bytes::copy_from_slice(piece), &mut events).unwrap();
    }
    let mut all = Replay { leftover: decoder.has_leftover(), ..Replay::default() };
    let mut assembler = Assembler::default();
    for event in &events {
        match decode_event(event, headers) {
            StreamItem::Delta(delta) => {
                assembler.push(&delta);
                all.deltas.push(*delta);
            }
            StreamItem::Done => all.done = true,
            StreamItem::Fault(fault, piece) => {
                all.faults.push(fault.message);
                // The usage of a failed stream comes with its error.
                if let Some(delta) = piece {
                    assembler.push(&delta);
                    all.deltas.push(*delta);
                }
            }
            StreamItem::Nothing => all.nothing += 1,
            StreamItem::Malformed(m) => all.malformed.push(m),
        }
    }
    all.text = assembler.text().to_owned();
    all.answer = assembler.finish();
    all
}

/// A second reading of a stream, by other means and without any tolerance: enough for recordings, not for life.
#[derive(Default)]
struct Naive {
    text: String,
    calls: BTreeMap<u64, String>,
    model: Option<String>,
    prompt_tokens: Option<u64>,
}

impl Naive {
    fn read(stream: &str) -> Naive {
        let mut all = Naive::default();
        let data = stream.lines().filter_map(|line| line.strip_prefix("data:"));
        for chunk in data.filter_map(|d| serde_json::from_str::<serde_json::Value>(d).ok()) {
            let delta = &chunk["choices"][0]["delta"];
            all.text.push_str(delta["content"].as_str().unwrap_or(""));
            for call in delta["tool_calls"].as_array().into_iter().flatten() {
                let arguments = call["function"]["arguments"].as_str().unwrap_or("");
                all.calls.entry(call["index"].as_u64().unwrap_or(0)).or_default().push_str(arguments);
            }
            all.model = chunk["model"].as_str().map(str::to_owned).or(all.model);
            let usage = [&chunk["usage"], &chunk["x_groq"]["usage"]].into_iter().find(|u| u.is_object());
            all.prompt_tokens = usage.and_then(|u| u["prompt_tokens"].as_u64()).or(all.prompt_tokens);
        }
        all
    }
}

#[test]
fn every_stream_assembles_alike_at_any_split() {
    let Some(recordings) = recordings() else { return };
    let mut rng = Rng::new(20_261_120);
    let (mut streams, mut splits, mut deltas, mut done, mut ended) = (0, 0, 0, 0, 0);
    let mut odd = Vec::new();
    for recorded in recordings.iter().filter(|r| r.stream) {
        let bytes = recorded.response.as_bytes();
        let headers = recorded.headers();
        let whole = replay([bytes], &headers);
        streams += 1;
        deltas += whole.deltas.len();
        done += usize::from(whole.done);
        let joined: String = whole.deltas.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(joined, whole.text, "{}", recorded.name());
        match &whole.answer {
            Some(answer) => {
                assert_eq!(answer.text, whole.text, "{}", recorded.name());
                let first = whole.deltas.iter().find_map(|d| d.finish_reason.clone());
                assert_eq!(answer.finish_reason, first, "{}", recorded.name());
                ended += usize::from(first.is_some());
                // The assembled body is read by the reader of plain bodies to the same answer.
                match decode_answer(200, &Headers::default(), answer.raw.bytes()) {
                    Decoded::Answer(again) => assert_eq!(*again, *answer, "{}", recorded.name()),
                    Decoded::Fault(_) if !whole.faults.is_empty() => {}
                    other => panic!("{}: {other:?}", recorded.name()),
                }
                let last = whole.deltas.iter().rev().find_map(|d| d.usage.clone());
                assert_eq!(answer.usage, last.map(|u| *u), "{}", recorded.name());
                let naive = Naive::read(&recorded.response);
                let calls: Vec<&str> = answer.tool_calls.iter().map(|c| c.arguments.as_str()).collect();
                assert_eq!(answer.text, naive.text, "{}", recorded.name());
                assert_eq!(calls, naive.calls.values().collect::<Vec<_>>(), "{}", recorded.name());
                assert_eq!(answer.model, naive.model, "{}", recorded.name());
                assert_eq!(
                    answer.usage.as_ref().and_then(|u| u.prompt_tokens),
                    naive.prompt_tokens,
                    "{}",
                    recorded.name()
                );
            }
            None => odd.push(format!("{}: no answer", recorded.name())),
        }
        if !whole.faults.is_empty() || !whole.malformed.is_empty() || whole.leftover {
            let Replay { faults, malformed, leftover, .. } = &whole;
            odd.push(format!("{}: {faults:?} {malformed:?} leftover={leftover}", recorded.name()));
        }
        if let Some(sizes) = &recorded.chunk_sizes {
            let mut rest = bytes;
            let mut reads = Vec::new();
            for size in sizes {
                let (now, later) = rest.split_at((*size).min(rest.len()));
                reads.push(now);
                rest = later;
            }
            reads.push(rest);
            assert_eq!(replay(reads, &headers), whole, "{} as read", recorded.name());
        }
        for round in 0..3 {
            let longest = [1, 7, 400][round];
            let mut pieces = Vec::new();
            let mut rest = bytes;
            while !rest.is_empty() {
                let size = 1 + usize::try_from(rng.below(longest)).unwrap();
                let (now, later) = rest.split_at(size.min(rest.len()));
                pieces.push(now);
                rest = later;
            }
            splits += 1;
            assert_eq!(replay(pieces, &headers), whole, "{} at pieces of {longest}", recorded.name());
        }
    }
    println!(
        "{streams} streams, {deltas} deltas, {done} with [DONE], {ended} with a finish reason, {splits} splits"
    );
    for line in &odd {
        println!("  exception: {line}");
    }
    assert!(streams >= 200, "half of the recordings are streams");
}

#[test]
fn every_answer_is_read() {
    let Some(recordings) = recordings() else { return };
    let (mut answers, mut faults, mut others) = (0, 0, Vec::new());
    for recorded in recordings.iter().filter(|r| !r.stream) {
        let status = recorded.status.unwrap_or(200);
        let body = Bytes::from(recorded.response.clone());
        match decode_answer(status, &recorded.headers(), &body) {
            Decoded::Answer(answer) => {
                assert!(status < 400);
                assert_eq!(answer.raw.as_str(), recorded.response.trim(), "{}", recorded.name());
                let tree: serde_json::Value = serde_json::from_str(answer.raw.as_str()).unwrap();
                let message = &tree["choices"][0]["message"];
                assert_eq!(answer.text, message["content"].as_str().unwrap_or(""), "{}", recorded.name());
                assert_eq!(answer.tool_calls.len(), message["tool_calls"].as_array().map_or(0, Vec::len));
                assert_eq!(answer.model.as_deref(), tree["model"].as_str());
                let usage = answer.usage.clone().unwrap_or_default();
                assert_eq!(usage.prompt_tokens, tree["usage"]["prompt_tokens"].as_u64());
                assert_eq!(usage.completion_tokens, tree["usage"]["completion_tokens"].as_u64());
                answers += 1;
            }
            Decoded::Fault(_) if status >= 400 => faults += 1,
            other => {
                // Lists of models, a PDF, another protocol: what has choices must be an answer.
                let tree = serde_json::from_str(recorded.response.trim()).unwrap_or(serde_json::Value::Null);
                assert!(tree.get("choices").is_none(), "{}: {other:?}", recorded.name());
                others.push(format!("{} {} {status}: {other:?}", recorded.name(), recorded.url));
            }
        }
    }
    println!("{answers} answers, {faults} faults by status, {} others", others.len());
    for line in &others {
        println!("  exception: {}", line.chars().take(300).collect::<String>());
    }
    assert!(answers >= 190 && faults >= 37, "fewer than there are in the recordings");
}
