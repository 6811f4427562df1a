//! The classifier against recorded error bodies, each with the kind that a person reads in it.
//!
//! Prints the score, every miss with the rule that caused it, the score with each service's own rules left out,
//! and the rules whose phrases match one row only (a rule made for one body, so it counts as a miss).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "the ban on environment and files is for the engine, not for its tests"
)]

use bytes::Bytes;
use resilient_completion_engine::base::WallTime;
use resilient_completion_engine::outcome::{Evidence, Observation, Rules, classify_by, report::observe};
use resilient_completion_engine::wire::{Headers, ProviderFault, SseEvent, StreamItem, decode_event};
use serde::Deserialize;
use std::path::PathBuf;

/// Rows of the recorded set that are read as a person reads them; raised when the score rises.
const FLOOR: usize = 110;
/// The same with any one service's own rules left out.
const FLOOR_WITHOUT: usize = 110;

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

fn seen(row: &Row) -> Option<Observation> {
    let headers = Headers(
        row.headers
            .iter()
            .map(|(n, v)| (n.to_ascii_lowercase(), v.as_str().unwrap_or_default().to_owned()))
            .collect(),
    );
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
                let out = classify_by(rules, &o, WallTime(1_790_000_000_000));
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
    assert!(right.saturating_sub(single.len()) >= FLOOR, "{right} right, {} for one row only", single.len());
    assert!(worst >= FLOOR_WITHOUT, "{worst} right without one service's rules");
}
