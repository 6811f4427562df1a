//! The classifier against recorded error bodies, each with the kind that a person reads in it.
//!
//! Prints the score, every miss with the rule that caused it, the score with each service's own rules left out,
//! and the rules whose phrases match one row only (a rule made for one body, so it counts as a miss).
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests"
)]

use bytes::Bytes;
use resilient_completion_engine::base::WallTime;
use resilient_completion_engine::outcome::{
    Evidence, Observation, Rules, classify_by, report, report::observe,
};
use resilient_completion_engine::wire::{Headers, ProviderFault, SseEvent, StreamItem, decode_event};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Rows of the recorded set that are read as a person reads them; raised when the score rises.
const FLOOR: usize = 110;
/// The same with any one service's own rules left out.
const FLOOR_WITHOUT: usize = 110;

const NOW: WallTime = WallTime(1_790_000_000_000);

#[derive(Deserialize)]
struct Row {
    id: String,
    expected_kind: String,
    accept: Vec<String>,
    status: u16,
    headers: serde_json::Map<String, serde_json::Value>,
    body: String,
    #[serde(rename = "where")]
    place: String,
    transcript: Option<String>,
}

fn data() -> PathBuf {
    std::env::var_os("RESILIENT_COMPLETION_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    )
}

fn headers(map: &serde_json::Map<String, serde_json::Value>) -> Headers {
    Headers(
        map.iter()
            .map(|(n, v)| (n.to_ascii_lowercase(), v.as_str().unwrap_or_default().to_owned()))
            .collect(),
    )
}

fn seen(row: &Row) -> Option<Observation> {
    let headers = headers(&row.headers);
    if row.place != "mid_stream" {
        return observe(row.status, &headers, row.body.as_bytes());
    }
    if let Some(transcript) = &row.transcript {
        return observe(row.status, &headers, transcript.as_bytes());
    }
    let event = SseEvent { name: "error".to_owned(), data: Bytes::copy_from_slice(row.body.as_bytes()) };
    match decode_event(&event, &headers) {
        StreamItem::Fault(fault, _) => Some(Observation::Fault(fault)),
        _ => None,
    }
}

struct Judged<'a> {
    row: &'a Row,
    kind: &'static str,
    rule: String,
}

impl Judged<'_> {
    fn is_right(&self) -> bool {
        self.row.expected_kind == self.kind || self.row.accept.iter().any(|a| a == self.kind)
    }
}

fn judge<'a>(rules: &Rules, rows: &'a [Row]) -> Vec<Judged<'a>> {
    rows.iter()
        .map(|row| match seen(row) {
            Some(o) => {
                let out = classify_by(rules, &o, NOW);
                Judged { row, kind: out.kind.word(), rule: out.rule.into_owned() }
            }
            None => Judged { row, kind: "(a good answer)", rule: "none".to_owned() },
        })
        .collect()
}

/// Rules with phrases that match exactly one row.
fn one_row_rules(rows: &[Row]) -> Vec<(&'static str, usize)> {
    let faults: Vec<Box<ProviderFault>> = rows
        .iter()
        .filter_map(|r| match seen(r) {
            Some(Observation::Fault(f)) => Some(f),
            _ => None,
        })
        .collect();
    let evidence: Vec<Evidence<'_>> = faults.iter().map(|f| Evidence::of(f)).collect();
    Rules::default()
        .ours()
        .filter(|r| !r.texts.is_empty())
        .map(|r| (r.name, evidence.iter().filter(|e| r.matches(e)).count()))
        .filter(|(_, n)| *n == 1)
        .collect()
}

#[test]
fn recorded_errors_are_read_as_a_person_reads_them() {
    let path = data().join("errors.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} is not there (recorded traffic is not part of the repository)", path.display());
        return;
    };
    let rows: Vec<Row> = text.lines().map(|l| serde_json::from_str(l).expect("a row")).collect();
    let judged = judge(&Rules::default(), &rows);
    let single = one_row_rules(&rows);
    let right = judged.iter().filter(|j| j.is_right()).count();
    let exact = judged.iter().filter(|j| j.row.expected_kind == j.kind).count();
    println!(
        "recorded errors: {right} of {} right ({exact} the first reading), rules made for one row: {}",
        rows.len(),
        single.len()
    );
    for j in judged.iter().filter(|j| !j.is_right()) {
        println!("  miss {}: expected {}, got {} by {}", j.row.id, j.row.expected_kind, j.kind, j.rule);
    }
    for (name, _) in &single {
        println!("  one row only: {name}");
    }
    let mut worst = right;
    for service in Rules::services() {
        let n = judge(&Rules::without(service), &rows).iter().filter(|j| j.is_right()).count();
        println!("  without the rules of {service}: {n}");
        worst = worst.min(n);
    }
    for j in &judged {
        // The public function sees a body only, wherever it was recorded.
        let told = report(j.row.status, &headers(&j.row.headers), j.row.body.as_bytes(), NOW);
        assert_eq!(told["kind"], j.kind, "{} through report()", j.row.id);
    }
    assert!(right.saturating_sub(single.len()) >= FLOOR, "{right} right, {} for one row only", single.len());
    assert!(worst >= FLOOR_WITHOUT, "{worst} right without one service's rules");
}

#[derive(Deserialize)]
struct Recording {
    url: String,
    status: Option<u16>,
    headers: Option<serde_json::Map<String, serde_json::Value>>,
    response: Option<String>,
}

/// Recorded completions that are no answers: cut off at `max_tokens`, withheld by a filter, or one line feed.
const NO_ANSWER: [(&str, usize); 4] =
    [("broken_tool_call", 9), ("empty", 1), ("empty_at_length", 32), ("filtered", 1)];

#[test]
fn recorded_good_answers_pass_the_gate() {
    let path = data().join("interactions.jsonl");
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("SKIPPED: {} is not there (recorded traffic is not part of the repository)", path.display());
        return;
    };
    let mut refused: BTreeMap<String, usize> = BTreeMap::new();
    let (mut all, mut good) = (0, 0);
    for line in text.lines() {
        let r: Recording = serde_json::from_str(line).expect("a recording");
        let (Some(200), Some(body)) = (r.status, &r.response) else { continue };
        if !r.url.split('?').next().unwrap_or_default().ends_with("/chat/completions") {
            continue;
        }
        all += 1;
        let told = report(200, &headers(&r.headers.unwrap_or_default()), body.as_bytes(), NOW);
        match told["rule"]["name"].as_str() {
            None => good += 1,
            Some(_) if told["rule"]["source"] != "seen on the wire" => {}
            Some(rule) => *refused.entry(rule.to_owned()).or_default() += 1,
        }
    }
    println!("recorded completions: {good} of {all} are answers; refused: {refused:?}");
    let expected: BTreeMap<String, usize> = NO_ANSWER.map(|(r, n)| (r.to_owned(), n)).into();
    assert_eq!(refused, expected);
}
