//! The machine driven by hand: a test for each promise of the `call` room that no vector states more plainly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod bench;

use bench::{Bench, failure, good, piece, secs};
use bytes::Bytes;
use resilient_completion_engine::base::{Duration, Instant};
use resilient_completion_engine::call::Event;
use resilient_completion_engine::error::{Class, Kind};
use resilient_completion_engine::outcome::{Stage, TransportFault};
use resilient_completion_engine::wire::Headers;
use serde_json::json;

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
