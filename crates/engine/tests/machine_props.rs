//! The machine under invented scripts: the invariants of the `call` room after every event, whatever comes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use proptest::prelude::*;
use resilient_completion_engine::base::{Duration, Instant, WallTime};
use resilient_completion_engine::call::{Action, Call, Event, Guards, SharedGuards, Verdict};
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::outcome::{Rules, Stage, TransportFault};
use resilient_completion_engine::plan::{Ask, Candidate, Defaults, Endpoint, Plan, Policy, explain, select};
use resilient_completion_engine::trace::EventName;
use resilient_completion_engine::wire::Headers;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

/// What happens next; what does not apply to the call's state is skipped or fed as a stray event.
#[derive(Clone, Debug)]
enum Op {
    Head(u16, Option<u8>),
    Bytes(usize),
    End,
    Fault(u8),
    Stray(u8),
    Resumed,
    Pass(u32),
    WakeWhenDue,
    Cancel,
}

const BODIES: [&str; 14] = [
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"lo\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"other\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"cost\":0.001}}\n\n",
    "data: [DONE]\n\n",
    "data: {\"error\":{\"code\":502,\"message\":\"Provider returned error\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},\"finish_reason\":\"error\"}]}\n\n",
    ": comment\n\n",
    "{\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"content\":\"whole\"}}],\"usage\":{\"cost\":0.002}}",
    "{\"choices\":[{\"index\":0,\"finish_reason\":\"length\",\"message\":{\"content\":\"\"}}],\"usage\":{\"cost\":0.002}}",
    "{\"error\":{\"code\":429,\"message\":\"Rate limit exceeded\"}}",
    "{\"error\":{\"code\":401,\"message\":\"User not found.\"}}",
    "  \n \n",
];
const ENDPOINTS: [&str; 3] = ["default", "other_key", "elsewhere"];
const STATUSES: [u16; 9] = [200, 200, 200, 400, 401, 402, 429, 500, 503];

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (prop::sample::select(STATUSES.to_vec()), prop::option::weighted(0.3, 0u8..40))
            .prop_map(|(s, after)| Op::Head(s, after)),
        6 => (0..BODIES.len()).prop_map(Op::Bytes),
        4 => Just(Op::End),
        2 => (0u8..3).prop_map(Op::Fault),
        1 => any::<u8>().prop_map(Op::Stray),
        1 => Just(Op::Resumed),
        2 => (0u32..40_000).prop_map(Op::Pass),
        3 => Just(Op::WakeWhenDue),
        1 => prop::bool::weighted(0.15).prop_map(|c| if c { Op::Cancel } else { Op::WakeWhenDue }),
    ]
}

prop_compose! {
    fn options()(
        links in prop::collection::vec((0u8..3, prop::option::of(0u32..4), prop::option::of(1u32..30)), 1..5),
        retries in prop::option::weighted(0.3, 0u32..4),
        total in 1u32..120,
        restart in any::<bool>(),
        internal in any::<bool>(),
        consecutive in 1u32..4,
        capacity in 0u32..4,
    ) -> Value {
        let chain: Vec<Value> = links.iter().enumerate().map(|(i, (endpoint, retries, timeout))| {
            json!({"model": format!("acme/m{i}"), "label": format!("L{i}"),
                   "endpoint": ENDPOINTS[usize::from(*endpoint)],
                   "retries": retries, "timeout": timeout})
        }).collect();
        json!({"messages": "hi", "chain": chain, "timeout": total, "policy": {
            "retries": retries, "on_interrupt": if restart { "restart" } else { "error" },
            "stream_internally": internal, "breaker": {"consecutive": consecutive},
            "retry_tokens": {"capacity": capacity}}})
    }
}

fn defaults() -> &'static Defaults {
    static DEFAULTS: OnceLock<Defaults> = OnceLock::new();
    DEFAULTS.get_or_init(|| {
        let endpoint = |name: &str, url: &str, slot: u32| {
            Arc::new(Endpoint {
                name: name.into(),
                id: Endpoint::identity(url, slot),
                base_url: url.into(),
                api_key: None,
                headers: vec![],
                openrouter: true,
            })
        };
        let (here, there) = ("http://127.0.0.1:1/v1", "http://127.0.0.1:2/v1");
        Defaults {
            endpoints: vec![
                endpoint("default", here, 0),
                endpoint("other_key", here, 1),
                endpoint("elsewhere", there, 0),
            ],
            chain: None,
            capabilities: vec![],
            policy: Policy::default(),
            catalog: Arc::new(Catalog::bundled().clone()),
            rules: Arc::new(Rules::default()),
        }
    })
}

fn plan(options: &Value, stream: bool) -> Plan {
    let ask = Ask::parse(Bytes::from(options.to_string()), &defaults().policy, stream).unwrap();
    select(ask, defaults(), &|_| 0).unwrap()
}

/// One call under watch.
struct Watch {
    call: Call,
    plan: Plan,
    deadline: Instant,
    bound: u32,
    live: Option<u32>,
    sent: Vec<usize>,
    not_before: BTreeMap<usize, Instant>,
    asked: Option<Duration>,
    finished: bool,
    log: String,
}

impl Watch {
    fn new(options: &Value, stream: bool, now: Instant) -> Watch {
        let plan = plan(options, stream);
        Watch {
            deadline: now + plan.policy.timeouts.total,
            bound: explain::most_attempts(&plan),
            call: Call::new(now, WallTime(1_700_000_000_000), plan.clone(), 7),
            plan,
            live: None,
            sent: vec![],
            not_before: BTreeMap::new(),
            asked: None,
            finished: false,
            log: String::new(),
        }
    }

    fn place(&self, attempt: u32) -> usize {
        let label = &self.call.trace().attempts[attempt as usize].label;
        self.plan.candidates.iter().position(|c| c.label == *label).unwrap()
    }

    fn feed(&mut self, now: Instant, event: Event, guards: &mut SharedGuards) {
        let blocked = |plan: &Plan, guards: &mut SharedGuards| -> Vec<bool> {
            let of = |c: &Candidate| guards.blocked_until(now, &c.target, &c.endpoint.id).is_some();
            plan.candidates.iter().map(of).collect()
        };
        let before = blocked(&self.plan, guards);
        self.call.handle(now, event, guards);
        let after = blocked(&self.plan, guards);
        while let Some(action) = self.call.poll_action() {
            assert!(!self.finished, "nothing follows the end: {action:?}");
            match action {
                Action::Send { attempt, .. } => self.sent(now, attempt, &before, &after),
                Action::Abort { attempt } | Action::Release { attempt } => {
                    assert_eq!(self.live.take(), Some(attempt), "only the live attempt is ended");
                    self.log.push_str(&format!("end {attempt};"));
                    if let Some(asked) = self.asked.take() {
                        self.not_before.insert(self.place(attempt), now + asked);
                    }
                }
                Action::Deliver(d) => self.log.push_str(&format!("deliver {:?} {};", d.text, d.restarted)),
                Action::Finish(verdict) => self.finish(&verdict),
            }
        }
        assert!(guards.tokens().iter().all(|(_, level)| *level >= 0.0));
        assert_eq!(self.finished, self.call.is_finished());
        let due = self.call.next_timeout();
        assert_eq!(
            due.is_none(),
            self.finished || self.sent.is_empty(),
            "a call that is not over waits for a time"
        );
        assert!(due.is_none_or(|d| d <= self.deadline), "no wait beyond the deadline");
    }

    fn sent(&mut self, now: Instant, attempt: u32, before: &[bool], after: &[bool]) {
        assert!(self.live.replace(attempt).is_none(), "one attempt at a time");
        assert!(now < self.deadline, "nothing is sent after the deadline");
        let to = self.place(attempt);
        let events = &self.call.trace().events;
        let forced = events.iter().filter(|e| e.name == EventName::Forced).count();
        let is_forced = events.iter().any(|e| e.name == EventName::Forced && e.attempt == Some(attempt));
        assert!(forced <= 1, "forced once at most");
        let passed = |i: usize| {
            let start = format!("{}:", self.plan.candidates[i].label);
            let told = |n: &Option<String>| n.as_ref().is_some_and(|n| n.starts_with(&start));
            events.iter().any(|e| e.name == EventName::PassedOver && told(&e.note))
        };
        if before[to] {
            assert!(is_forced, "a blocked link is asked only when marked");
        }
        if is_forced {
            // The failure that led here may have blocked more.
            let free = |i: &usize| !before[*i] && !after[*i] && !self.sent.contains(i) && !passed(*i);
            let ready = (0..before.len()).find(free);
            assert_eq!(ready, None, "a ready link is asked before a blocked one");
        }
        assert!(!passed(to), "a link that was passed over is not asked");
        if let Some(until) = self.not_before.get(&to) {
            assert!(now >= *until || is_forced, "never earlier than the server asked");
        }
        self.sent.push(to);
        assert!(self.sent.len() as u32 <= self.bound, "more attempts than the plan said");
        self.log.push_str(&format!("send {attempt} to {to} at {now:?};"));
    }

    fn finish(&mut self, verdict: &Verdict) {
        self.finished = true;
        assert_eq!(self.live, None, "no attempt outlives the call");
        let trace = self.call.trace();
        for (i, a) in trace.attempts.iter().enumerate() {
            let ends = trace.events.iter().filter(|e| {
                e.attempt == Some(i as u32)
                    && matches!(e.name, EventName::Answered | EventName::Failed | EventName::Cancelled)
            });
            assert_eq!(ends.count(), 1, "one end for attempt {i}: {:?}", trace.events);
            assert!(
                a.ended.is_some() && (a.kind.is_none() || a.cost_source.is_some()),
                "attempt {i} is booked: {a:?}"
            );
        }
        self.log.push_str(&match verdict {
            Verdict::Answer(a) => format!("answer {:?} of {}", a.answer.text, a.label),
            Verdict::Failure(e) => format!("{} {:?}", e.kind, e.partial),
        });
    }

    fn op(&mut self, now: &mut Instant, op: &Op, split: bool, guards: &mut SharedGuards) {
        match (op, self.live) {
            (Op::Head(status, after), Some(attempt)) => {
                let untouched = self.call.trace().attempts[attempt as usize].status.is_none();
                let after = after.filter(|_| *status == 429 || *status == 503);
                if untouched {
                    self.asked = after.map(|s| Duration::from_secs(u64::from(s)));
                }
                let headers = after.map(|s| ("retry-after".to_owned(), s.to_string()));
                let headers = Headers(headers.into_iter().collect());
                self.feed(*now, Event::Head { attempt, status: *status, headers }, guards);
            }
            (Op::Bytes(which), Some(attempt)) => {
                let text = BODIES[*which].as_bytes();
                let step = if split { 1 } else { text.len() };
                for bytes in text.chunks(step).map(Bytes::copy_from_slice) {
                    self.feed(*now, Event::Bytes { attempt, bytes }, guards);
                }
            }
            (Op::End, Some(attempt)) => self.feed(*now, Event::End { attempt }, guards),
            (Op::Fault(stage), Some(attempt)) => {
                let stage = [Stage::Connect, Stage::Send, Stage::Receive][usize::from(*stage)];
                let fault = TransportFault { stage, message: "gone".into() };
                self.feed(*now, Event::Fault { attempt, fault }, guards);
            }
            (Op::Stray(attempt), _) => {
                let attempt = 100 + u32::from(*attempt);
                self.feed(*now, Event::Bytes { attempt, bytes: Bytes::from_static(b"x") }, guards);
                self.feed(*now, Event::End { attempt }, guards);
            }
            (Op::Resumed, _) => self.feed(*now, Event::Resumed, guards),
            (Op::Pass(ms), _) => {
                // A driver wakes the machine when something is due.
                *now = (*now + Duration::from_millis(u64::from(*ms)))
                    .min(self.call.next_timeout().unwrap_or(*now));
                self.feed(*now, Event::Wake, guards);
            }
            (Op::WakeWhenDue, _) => {
                *now = (*now).max(self.call.next_timeout().unwrap_or(*now));
                self.feed(*now, Event::Wake, guards);
            }
            (Op::Cancel, _) => self.feed(*now, Event::Cancel, guards),
            (_, None) => {}
        }
    }
}

/// A few calls one after the other over the same guards; every other one stays open beside the next. Returns what
/// happened, as text.
fn run(options: &Value, stream: bool, ops: &[Op], split: bool) -> String {
    let (mut guards, mut now, mut log) = (SharedGuards::default(), Instant(5), String::new());
    let mut beside: Option<Watch> = None;
    let mut ops = ops.iter();
    for round in 0..6 {
        let mut watch = Watch::new(options, stream, now);
        watch.feed(now, Event::Start, &mut guards);
        while !watch.finished {
            let Some(op) = ops.next() else { break };
            watch.op(&mut now, op, split, &mut guards);
        }
        if round % 2 == 0 && beside.is_none() && !watch.finished {
            beside = Some(watch);
            continue;
        }
        watch.feed(now, Event::Cancel, &mut guards);
        log.push_str(&watch.log);
    }
    if let Some(mut watch) = beside {
        watch.feed(now, Event::Cancel, &mut guards);
        log.push_str(&watch.log);
    }
    log
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_whatever_comes(
        options in options(),
        stream in any::<bool>(),
        ops in prop::collection::vec(op(), 1..60),
    ) {
        let whole = run(&options, stream, &ops, false);
        prop_assert_eq!(&whole, &run(&options, stream, &ops, false), "same inputs, same actions");
        prop_assert_eq!(&whole, &run(&options, stream, &ops, true), "how bytes are split changes nothing");
    }
}
