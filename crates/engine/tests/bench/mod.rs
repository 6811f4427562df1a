//! A call driven by hand: a clock that moves when told, and a note of everything that was asked for.
//!
//! Knows the machine's public face. Must not expect anything itself, but that nothing follows the end.
#![allow(dead_code, reason = "each test file uses what it needs")]

use bytes::Bytes;
use resilient_completion_engine::base::{Duration, Instant, WallTime};
use resilient_completion_engine::call::{Action, Call, Event, SharedGuards, Verdict};
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::error::Error;
use resilient_completion_engine::plan::{Ask, Defaults, Endpoint, Policy, select};
use resilient_completion_engine::wire::Headers;
use serde_json::{Value, json};
use std::sync::Arc;

/// One call with its guards, a clock that only moves when told, and everything it asked for.
pub(crate) struct Bench {
    pub(crate) call: Call,
    pub(crate) guards: SharedGuards,
    pub(crate) now: Instant,
    pub(crate) sends: Vec<(u32, Value)>,
    pub(crate) aborts: Vec<u32>,
    pub(crate) deltas: Vec<Delta>,
    pub(crate) verdict: Option<Verdict>,
}

impl Bench {
    pub(crate) fn new(options: Value, stream: bool) -> Bench {
        Bench::with(options, stream, SharedGuards::default())
    }

    pub(crate) fn with(mut options: Value, stream: bool, guards: SharedGuards) -> Bench {
        options["messages"] = json!("hi");
        let endpoint = Endpoint {
            name: "default".into(),
            id: "http://127.0.0.1:1/v1#0".into(),
            base_url: "http://127.0.0.1:1/v1".into(),
            api_key: None,
            headers: vec![],
            openrouter: true,
        };
        let defaults = Defaults {
            endpoints: vec![Arc::new(endpoint)],
            chain: None,
            capabilities: vec![],
            policy: Policy::default(),
            catalog: Arc::new(Catalog::bundled().clone()),
            rules: Arc::default(),
        };
        let ask = Ask::parse(Bytes::from(options.to_string()), &defaults.policy, stream).unwrap();
        let plan = select(ask, &defaults, &|_| 1).unwrap();
        let call = Call::new(Instant(0), WallTime(1_700_000_000_000), plan, 1);
        let mut bench = Bench {
            call,
            guards,
            now: Instant(0),
            sends: vec![],
            aborts: vec![],
            deltas: vec![],
            verdict: None,
        };
        bench.feed(Event::Start);
        bench
    }

    pub(crate) fn feed(&mut self, event: Event) {
        self.call.handle(self.now, event, &mut self.guards);
        while let Some(action) = self.call.poll_action() {
            assert!(self.verdict.is_none(), "nothing follows the end: {action:?}");
            match action {
                Action::Send { attempt, request } => {
                    let body: Vec<u8> = request.body.iter().flat_map(|b| b.to_vec()).collect();
                    self.sends.push((attempt, serde_json::from_slice(&body).unwrap()));
                }
                Action::Abort { attempt } => self.aborts.push(attempt),
                Action::Release { .. } => {}
                Action::Deliver(delta) => self.deltas.push(*delta),
                Action::Finish(verdict) => self.verdict = Some(verdict),
            }
        }
    }

    pub(crate) fn last(&self) -> u32 {
        self.sends.last().unwrap().0
    }

    pub(crate) fn model(&self) -> &str {
        self.sends.last().unwrap().1["model"].as_str().unwrap()
    }

    pub(crate) fn head(&mut self, status: u16, headers: &[(&str, &str)]) {
        let attempt = self.last();
        let headers = Headers(headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        self.feed(Event::Head { attempt, status, headers });
    }

    pub(crate) fn bytes(&mut self, text: &str) {
        let attempt = self.last();
        self.feed(Event::Bytes { attempt, bytes: Bytes::from(text.to_owned()) });
    }

    pub(crate) fn end(&mut self) {
        let attempt = self.last();
        self.feed(Event::End { attempt });
    }

    pub(crate) fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &Value) {
        self.head(status, headers);
        self.bytes(&body.to_string());
        self.end();
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        let to = self.now + by;
        while let Some(at) = self.call.next_timeout().filter(|at| *at <= to) {
            self.now = at;
            self.feed(Event::Wake);
            if self.verdict.is_some() {
                break;
            }
        }
        self.now = to;
    }

    pub(crate) fn error(&self) -> &Error {
        match self.verdict.as_ref().expect("a verdict") {
            Verdict::Failure(e) => e,
            Verdict::Answer(a) => panic!("answered {a:?}"),
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self.verdict.as_ref().expect("a verdict") {
            Verdict::Answer(a) => &a.answer.text,
            Verdict::Failure(e) => panic!("failed {e:?}"),
        }
    }

    pub(crate) fn shown(&self) -> String {
        self.deltas.iter().map(|d| d.text.as_str()).collect()
    }
}

pub(crate) fn good(text: &str) -> Value {
    json!({"id": "gen-1", "object": "chat.completion", "model": "m", "provider": "P",
           "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
           "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.00001}})
}

pub(crate) fn piece(text: &str) -> String {
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

pub(crate) fn failure(status: u16, message: &str) -> Value {
    json!({"error": {"code": status, "message": message}})
}

pub(crate) fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub(crate) fn event_notes(b: &Bench, name: &str) -> Vec<String> {
    let events = b.call.trace().events.iter().filter(|e| e.name.word() == name);
    events.map(|e| e.note.clone().unwrap_or_default()).collect()
}
