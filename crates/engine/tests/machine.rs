//! The machine driven by hand: one file per promise of the `call` room that no vector states more plainly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use resilient_completion_engine::base::{Duration, Instant, WallTime};
use resilient_completion_engine::call::{Action, Call, Event, SharedGuards, Verdict};
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::chat::Delta;
use resilient_completion_engine::error::{Class, Error, Kind};
use resilient_completion_engine::outcome::{OwnRule, Rules, Stage, TransportFault};
use resilient_completion_engine::plan::{Ask, Defaults, Endpoint, Plan, Policy, select};
use resilient_completion_engine::wire::Headers;
use serde_json::{Value, json};
use std::sync::Arc;

/// One call with its guards, a clock that only moves when told, and everything it asked for.
struct Bench {
    call: Call,
    guards: SharedGuards,
    now: Instant,
    sends: Vec<(u32, Value)>,
    aborts: Vec<u32>,
    deltas: Vec<Delta>,
    verdict: Option<Verdict>,
}

impl Bench {
    fn new(options: Value, stream: bool) -> Bench {
        Bench::with(options, stream, SharedGuards::default())
    }

    fn with(mut options: Value, stream: bool, guards: SharedGuards) -> Bench {
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

    fn feed(&mut self, event: Event) {
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

    fn last(&self) -> u32 {
        self.sends.last().unwrap().0
    }

    fn model(&self) -> &str {
        self.sends.last().unwrap().1["model"].as_str().unwrap()
    }

    fn head(&mut self, status: u16, headers: &[(&str, &str)]) {
        let attempt = self.last();
        let headers = Headers(headers.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect());
        self.feed(Event::Head { attempt, status, headers });
    }

    fn bytes(&mut self, text: &str) {
        let attempt = self.last();
        self.feed(Event::Bytes { attempt, bytes: Bytes::from(text.to_owned()) });
    }

    fn end(&mut self) {
        let attempt = self.last();
        self.feed(Event::End { attempt });
    }

    fn answer(&mut self, status: u16, headers: &[(&str, &str)], body: &Value) {
        self.head(status, headers);
        self.bytes(&body.to_string());
        self.end();
    }

    fn advance(&mut self, by: Duration) {
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

    fn error(&self) -> &Error {
        match self.verdict.as_ref().expect("a verdict") {
            Verdict::Failure(e) => e,
            Verdict::Answer(a) => panic!("answered {a:?}"),
        }
    }

    fn text(&self) -> &str {
        match self.verdict.as_ref().expect("a verdict") {
            Verdict::Answer(a) => &a.answer.text,
            Verdict::Failure(e) => panic!("failed {e:?}"),
        }
    }

    fn shown(&self) -> String {
        self.deltas.iter().map(|d| d.text.as_str()).collect()
    }
}

fn good(text: &str) -> Value {
    json!({"id": "gen-1", "object": "chat.completion", "model": "m", "provider": "P",
           "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}],
           "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2, "cost": 0.00001}})
}

fn piece(text: &str) -> String {
    let chunk = json!({"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": null}]});
    format!("data: {chunk}\n\n")
}

fn failure(status: u16, message: &str) -> Value {
    json!({"error": {"code": status, "message": message}})
}

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

#[test]
fn a_limited_primary_a_silent_second_and_a_third_that_answers() {
    let mut b = Bench::new(
        json!({"chain": [{"model": "a/one", "label": "primary"},
        {"model": "b/two", "timeout": 2}, {"model": "c/three"}]}),
        false,
    );
    assert_eq!(b.model(), "a/one");
    b.answer(429, &[("retry-after", "30")], &failure(429, "Rate limit exceeded"));
    assert_eq!(b.model(), "b/two", "no waiting beside a ready link");
    b.advance(secs(2));
    assert_eq!(b.model(), "c/three");
    assert_eq!(b.aborts, [1], "the silent one is cut off");
    b.answer(200, &[], &good("hello"));
    assert_eq!(b.text(), "hello");
    let kinds: Vec<Option<Kind>> = b.call.trace().attempts.iter().map(|a| a.kind).collect();
    assert_eq!(kinds, [Some(Kind::RateLimited), Some(Kind::Timeout), None]);
    assert!(b.call.trace().fell_back);
    assert_eq!(b.call.trace().cost.unwrap().0, 10_000);
}

#[test]
fn an_event_of_a_dead_attempt_is_ignored() {
    let mut b =
        Bench::new(json!({"models": ["a/one", "b/two"], "policy": {"timeouts": {"attempt": 1}}}), false);
    b.advance(secs(1));
    assert_eq!(b.model(), "b/two");
    b.feed(Event::Head { attempt: 0, status: 200, headers: Headers::default() });
    b.feed(Event::Bytes { attempt: 0, bytes: Bytes::from(good("late").to_string()) });
    b.feed(Event::End { attempt: 0 });
    assert!(b.verdict.is_none());
    b.answer(200, &[], &good("on time"));
    assert_eq!(b.text(), "on time");
    b.feed(Event::End { attempt: 1 });
}

#[test]
fn pieces_wait_for_the_first_visible_one_and_a_failure_before_it_leaves_no_mark() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), true);
    b.head(200, &[("content-type", "text/event-stream")]);
    b.bytes(": OPENROUTER PROCESSING\n\n");
    b.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n");
    assert!(b.deltas.is_empty());
    b.end();
    assert_eq!(b.model(), "b/two");
    b.head(200, &[]);
    b.bytes(&piece("Hel"));
    b.bytes(&piece("lo"));
    b.bytes(
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    );
    assert_eq!(b.shown(), "Hello");
    assert_eq!(b.text(), "Hello");
}

#[test]
fn after_the_first_piece_a_break_is_an_error_with_the_partial_text() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), true);
    b.head(200, &[]);
    b.bytes(&piece("Half an ans"));
    let fault = TransportFault { stage: Stage::Receive, message: "connection reset".into() };
    b.feed(Event::Fault { attempt: 0, fault });
    assert_eq!(b.sends.len(), 1, "no other link is asked");
    assert_eq!(b.error().kind, Kind::Interrupted);
    assert_eq!(b.error().partial.as_ref().unwrap().text, "Half an ans");
    assert_eq!(b.error().cause.as_ref().unwrap().kind, Kind::Connection);
}

#[test]
fn a_restart_is_announced() {
    let mut b =
        Bench::new(json!({"models": ["a/one", "b/two"], "policy": {"on_interrupt": "restart"}}), true);
    b.head(200, &[]);
    b.bytes(&piece("Half"));
    b.end();
    assert_eq!(b.model(), "b/two");
    b.head(200, &[]);
    b.bytes(&piece("Whole"));
    b.bytes(
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    );
    let marks: Vec<bool> = b.deltas.iter().map(|d| d.restarted).collect();
    assert_eq!(&marks[..3], [false, true, false]);
    assert_eq!(b.text(), "Whole");
}

#[test]
fn a_stream_that_ends_without_a_terminal_signal_is_no_success() {
    let mut b = Bench::new(json!({"model": "a/one", "policy": {"retries": 0}}), true);
    b.head(200, &[]);
    b.bytes(&piece("looks fine"));
    b.end();
    assert_eq!(b.error().kind, Kind::Interrupted);
}

#[test]
fn comments_for_ever_do_not_hold_the_first_token_back() {
    let mut b =
        Bench::new(json!({"models": ["a/one", "b/two"], "policy": {"timeouts": {"first_token": 3}}}), true);
    b.head(200, &[]);
    for _ in 0..5 {
        b.advance(Duration::from_millis(500));
        b.bytes(": OPENROUTER PROCESSING\n\n");
    }
    assert_eq!(b.model(), "a/one");
    b.advance(Duration::from_millis(500));
    assert_eq!(b.model(), "b/two");
}

#[test]
fn the_last_candidate_keeps_time_to_answer() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two", "c/three"], "timeout": 9}), false);
    b.advance(secs(3));
    assert_eq!(b.model(), "b/two");
    b.advance(secs(3));
    assert_eq!(b.model(), "c/three");
    b.advance(secs(3));
    assert_eq!(b.now, Instant(9_000_000));
    assert_eq!(b.error().kind, Kind::Timeout);
    assert_eq!(b.error().class, Class::FallbacksExhausted);
    assert_eq!(b.sends.len(), 3);
}

#[test]
fn a_single_link_is_asked_again_after_a_passing_fault_and_never_too_early() {
    let mut b = Bench::new(json!({"model": "a/one"}), false);
    b.answer(429, &[("retry-after", "2")], &failure(429, "slow down"));
    assert!(b.verdict.is_none());
    b.advance(Duration::from_millis(1_999));
    assert_eq!(b.sends.len(), 1);
    b.advance(secs(3));
    assert_eq!(b.sends.len(), 2);
    b.answer(200, &[], &good("at last"));
    assert_eq!(b.text(), "at last");
    assert_eq!(b.call.trace().attempts[1].retry_of, Some(0));
}

#[test]
fn a_retry_after_beyond_the_cap_or_the_deadline_is_not_waited_for() {
    for (wait, total) in [("61", 300), ("20", 10)] {
        let mut b = Bench::new(json!({"model": "a/one", "timeout": total}), false);
        b.answer(429, &[("retry-after", wait)], &failure(429, "slow down"));
        assert_eq!(b.error().kind, Kind::RateLimited);
        assert_eq!(b.error().retry_after.unwrap(), secs(wait.parse().unwrap()));
    }
}

#[test]
fn a_silent_link_is_not_asked_again_even_with_retries() {
    let mut b =
        Bench::new(json!({"model": "a/one", "policy": {"retries": 3, "timeouts": {"attempt": 1}}}), false);
    b.advance(secs(2));
    assert_eq!(b.error().kind, Kind::Timeout);
    assert_eq!(b.sends.len(), 1);
}

#[test]
fn explicit_retries_come_before_the_next_link() {
    let mut b = Bench::new(json!({"chain": [{"model": "a/one", "retries": 1}, "b/two"]}), false);
    b.answer(500, &[], &failure(500, "oops"));
    b.advance(secs(1));
    assert_eq!(b.model(), "a/one");
    b.answer(500, &[], &failure(500, "oops"));
    assert_eq!(b.model(), "b/two");
}

#[test]
fn a_refused_key_is_tried_on_one_more_link_at_most() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two", "c/three"]}), false);
    b.answer(401, &[], &failure(401, "User not found."));
    assert_eq!(b.model(), "b/two");
    b.answer(401, &[], &failure(401, "User not found."));
    assert_eq!(b.error().kind, Kind::Auth);
    assert_eq!(b.error().class, Class::FallbacksExhausted);
    assert_eq!(b.sends.len(), 2);
}

#[test]
fn a_cooling_link_is_passed_over_by_the_next_call_and_forced_only_when_all_are_out() {
    let mut first = Bench::new(json!({"models": ["a/one", "b/two"]}), false);
    first.answer(429, &[("retry-after", "30")], &failure(429, "slow down"));
    first.answer(200, &[], &good("x"));
    let mut second = Bench::with(json!({"models": ["a/one", "b/two"]}), false, first.guards);
    assert_eq!(second.model(), "b/two");
    second.answer(200, &[], &good("y"));
    assert!(second.call.trace().fell_back);
    let mut third = Bench::with(json!({"model": "a/one"}), false, second.guards);
    assert_eq!(third.model(), "a/one");
    assert!(third.call.trace().events.iter().any(|e| e.name.word() == "forced"));
    third.answer(200, &[], &good("z"));
}

#[test]
fn cancel_aborts_gives_back_and_is_the_last_thing() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), false);
    b.feed(Event::Cancel);
    assert_eq!(b.aborts, [0]);
    assert_eq!(b.error().kind, Kind::Cancelled);
    b.feed(Event::Wake);
    assert_eq!(b.sends.len(), 1);
}

#[test]
fn stop_on_and_content_filter_end_the_call() {
    let mut b =
        Bench::new(json!({"models": ["a/one", "b/two"], "policy": {"stop_on": ["rate_limited"]}}), false);
    b.answer(429, &[], &failure(429, "Rate limit exceeded"));
    assert_eq!(b.error().kind, Kind::RateLimited);
    let mut b =
        Bench::new(json!({"models": ["a/one", "b/two"], "policy": {"content_filter": "stop"}}), false);
    b.answer(
        403,
        &[],
        &json!({"error": {"code": 403, "message": "Your input was flagged",
        "metadata": {"reasons": ["violence"], "provider_name": "X"}}}),
    );
    assert_eq!(b.error().kind, Kind::Moderation);
}

#[test]
fn an_empty_answer_and_an_error_inside_200_are_failures() {
    for body in [good(""), json!({"choices": []}), failure(502, "Provider returned error")] {
        let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), false);
        b.answer(200, &[], &body);
        assert_eq!(b.model(), "b/two", "{body}");
    }
}

fn event_notes(b: &Bench, name: &str) -> Vec<String> {
    let events = b.call.trace().events.iter().filter(|e| e.name.word() == name);
    events.map(|e| e.note.clone().unwrap_or_default()).collect()
}

#[test]
fn a_wait_that_a_server_asked_for_runs_from_its_answer() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), false);
    b.answer(429, &[("retry-after", "5")], &failure(429, "slow down"));
    b.advance(secs(4));
    b.answer(400, &[], &failure(400, "no"));
    assert_eq!(b.sends.len(), 2);
    b.advance(secs(3));
    assert_eq!((b.sends.len(), b.model()), (3, "a/one"), "one second is left of the five, not five");
}

#[test]
fn a_cooldown_of_the_key_holds_for_a_retry_of_another_link() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), false);
    let limited = json!({"error": {"code": 429, "message": "Rate limit exceeded: free-models-per-min. "}});
    let reset = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1700000009000")];
    b.answer(429, &reset, &limited);
    b.answer(503, &[], &failure(503, "busy"));
    let asked = b.now;
    while b.sends.len() < 3 {
        b.advance(Duration::from_millis(100));
    }
    assert!(b.now.since(asked) >= secs(9), "{:?}", b.now);
}

#[test]
fn headers_beside_a_refusal_that_is_not_about_limits_cool_nothing() {
    let mut b = Bench::new(json!({"models": ["a/one"]}), false);
    b.answer(400, &[("retry-after", "30")], &failure(400, "messages must not be empty"));
    assert_eq!(event_notes(&b, "cooled"), [""; 0]);
    let mut next = Bench::with(json!({"models": ["a/one"]}), false, b.guards);
    assert_eq!(event_notes(&next, "forced"), [""; 0]);
    next.answer(200, &[], &good("x"));
}

#[test]
fn what_does_not_speak_against_a_target_does_not_open_its_breaker() {
    let at_length = json!({"choices": [{"index": 0, "finish_reason": "length", "message": {"content": ""}}]});
    for (body, blocked) in [(at_length, false), (good(""), true)] {
        let mut guards = SharedGuards::default();
        for _ in 0..2 {
            let options = json!({"model": "a/one", "policy": {"breaker": {"consecutive": 2}, "retries": 0}});
            let mut b = Bench::with(options, false, guards);
            b.answer(200, &[], &body);
            guards = b.guards;
        }
        let health = guards.health(Instant(0));
        assert_eq!(health[0].breaker, if blocked { "open" } else { "closed" }, "{body}");
    }
}

#[test]
fn a_failed_stream_that_told_its_usage_is_booked() {
    let usage = json!({"choices": [], "model": "a/one-0613", "provider": "P",
                       "usage": {"prompt_tokens": 7, "completion_tokens": 3, "cost": 0.002}});
    for last in ["data: {\"error\":{\"code\":502,\"message\":\"x\"}}\n\n", ""] {
        let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), true);
        b.head(200, &[]);
        b.bytes(&format!("data: {usage}\n\n{last}"));
        if last.is_empty() {
            b.end();
        }
        b.feed(Event::Cancel);
        let a = &b.call.trace().attempts[0];
        assert_eq!((a.cost.unwrap().0, a.prompt_tokens, a.completion_tokens), (2_000_000, Some(7), Some(3)));
        assert_eq!((a.served_model.as_deref(), a.provider.as_deref()), (Some("a/one-0613"), Some("P")));
        assert_eq!(b.call.trace().cost.unwrap().0, 2_000_000);
    }
}

#[test]
fn a_refused_answer_is_booked_and_what_never_left_is_free() {
    let mut b = Bench::new(json!({"models": ["a/one", "b/two", "c/three"]}), false);
    b.answer(200, &[], &good(""));
    let fault = TransportFault { stage: Stage::Connect, message: "refused".into() };
    b.feed(Event::Fault { attempt: 1, fault });
    b.advance(secs(1));
    b.feed(Event::Cancel);
    let booked = |i: usize| {
        let a = serde_json::to_value(&b.call.trace().attempts[i]).unwrap();
        (a["cost"].as_f64(), a["cost_source"].as_str().unwrap_or("").to_owned())
    };
    assert_eq!(booked(0), (Some(0.00001), "reported".to_owned()));
    assert_eq!(booked(1), (Some(0.0), "not_billed".to_owned()));
    assert_eq!(booked(2), (None, "possibly_billed".to_owned()));
}

#[test]
fn own_rules_decide_before_ours() {
    let rules = json!([{"name": "house", "when": {"text": "weekly maintenance"}, "kind": "rate_limited"}]);
    let mut b = Bench::new(json!({"model": "a/one", "policy": {"retries": 0}}), false);
    let plan =
        Plan { rules: Arc::new(Rules::with(OwnRule::read_all(&rules).unwrap())), ..b.call.plan().clone() };
    b.call = Call::new(Instant(0), WallTime(0), plan, 1);
    b.sends.clear();
    b.feed(Event::Start);
    b.answer(400, &[], &failure(400, "Weekly maintenance"));
    assert_eq!(b.error().kind, Kind::RateLimited);
    assert_eq!(b.call.trace().attempts[0].rule.as_deref(), Some("house"));
}

#[test]
fn other_choices_may_outlast_the_first() {
    let mut b = Bench::new(json!({"model": "a/one", "n": 2}), true);
    let other =
        |text: &str| format!("data: {}\n\n", json!({"choices": [{"index": 1, "delta": {"content": text}}]}));
    b.head(200, &[]);
    b.bytes(&piece("one"));
    b.bytes(&other("an"));
    b.bytes("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n");
    b.advance(secs(2));
    b.bytes(&other("other"));
    b.bytes("data: [DONE]\n\n");
    match b.verdict.as_ref().unwrap() {
        Verdict::Answer(a) => assert!(a.answer.raw.as_str().contains("another")),
        Verdict::Failure(e) => panic!("{e:?}"),
    }
}

#[test]
fn a_longer_total_is_not_cut_short_by_a_default() {
    let mut b = Bench::new(json!({"model": "a/one", "timeout": 600}), false);
    b.advance(secs(599));
    assert!(b.verdict.is_none());
    b.answer(200, &[], &good("late but good"));
    assert_eq!(b.text(), "late but good");
    let mut b = Bench::new(json!({"chain": [{"model": "a/one", "timeout": 60}]}), true);
    b.advance(secs(59));
    assert!(b.verdict.is_none(), "a link's own limit runs to the first content of a stream");
    let mut b = Bench::new(json!({"models": ["a/one", "b/two"]}), true);
    b.advance(secs(30));
    assert_eq!(b.model(), "b/two");
}

#[test]
fn an_attempt_that_ended_at_its_share_says_so() {
    let mut b =
        Bench::new(json!({"chain": [{"model": "a/one", "timeout": 30}, "b/two"], "timeout": 8}), false);
    b.advance(secs(4));
    let told = b.call.trace().attempts[0].message.clone().unwrap();
    assert!(told.contains("4 s, its share of the call's 8 s"), "{told}");
}

#[test]
fn another_key_of_a_refused_service_is_not_sent_the_same_request() {
    let chain = json!([{"model": "a/one"}, {"model": "b/two", "api_key": "sk-2"}]);
    let mut b = Bench::new(json!({"chain": chain}), false);
    b.answer(400, &[], &failure(400, "messages: must be an array"));
    assert_eq!(b.sends.len(), 1);
    assert_eq!(b.error().kind, Kind::BadRequest);
    let mut b =
        Bench::new(json!({"chain": [{"model": "a/one"}, {"model": "b/two", "api_key": "sk-2"}]}), false);
    b.answer(401, &[], &failure(401, "User not found."));
    assert_eq!(b.model(), "b/two", "another key is another account");
}

#[test]
fn a_breaker_that_opened_during_a_wait_sends_the_call_elsewhere_or_forces_once() {
    let options = json!({"chain": [{"model": "a/one", "retries": 3}, "b/two"],
                         "policy": {"breaker": {"consecutive": 2}}});
    let mut first = Bench::new(options.clone(), false);
    first.answer(500, &[], &failure(500, "x"));
    let mut second = Bench::with(options, false, std::mem::take(&mut first.guards));
    second.answer(500, &[], &failure(500, "x"));
    first.guards = second.guards;
    first.advance(secs(1));
    assert_eq!(first.model(), "b/two");
    assert_eq!(event_notes(&first, "forced"), [""; 0]);
}

#[test]
fn the_asker_s_own_breaker_and_bucket_settings_count() {
    let mut b = Bench::new(json!({"model": "a/one"}), false);
    b.answer(200, &[], &good("x"));
    let strict =
        json!({"model": "a/one", "policy": {"breaker": {"consecutive": 1}, "retry_tokens": {"capacity": 0}}});
    let mut b = Bench::with(strict, false, b.guards);
    b.answer(500, &[], &failure(500, "x"));
    assert_eq!(b.sends.len(), 1, "no token for one who wants none");
    assert_eq!(b.guards.health(b.now)[0].breaker, "open");
    let bucket = b.guards.tokens()[0].1;
    assert!(bucket >= 9.0, "and others keep theirs: {bucket}");
}
