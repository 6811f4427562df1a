//! The machine driven by hand: waits, limits, walls, breakers and what stands in the books.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bench;

use bench::{Bench, event_notes, failure, good, piece, secs};
use resilient_completion_engine::base::{Duration, Instant, WallTime};
use resilient_completion_engine::call::{Call, Event, SharedGuards, Verdict};
use resilient_completion_engine::error::Kind;
use resilient_completion_engine::outcome::{OwnRule, Rules, Stage, TransportFault};
use resilient_completion_engine::plan::Plan;
use serde_json::json;
use std::sync::Arc;

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
