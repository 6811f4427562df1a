//! What one call costs in the machine alone: microseconds and allocations, from options to answer.
//!
//! Run with `cargo run --release -p resilient-completion-engine --example call_speed`.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    unsafe_code,
    reason = "a measurement"
)]

use bytes::Bytes;
use resilient_completion_engine::base::{Instant, WallTime};
use resilient_completion_engine::call::{Action, Call, Event, SharedGuards};
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::plan::{Ask, Defaults, Endpoint, Policy, select};
use resilient_completion_engine::wire::Headers;
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

struct Counting;
static COUNT: AtomicU64 = AtomicU64::new(0);
// SAFETY: forwards to the system allocator.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.fetch_add(1, Ordering::Relaxed);
        // SAFETY: as given.
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        // SAFETY: as given.
        unsafe { System.dealloc(ptr, layout) }
    }
}
#[global_allocator]
static ALLOCATOR: Counting = Counting;

const ANSWER: &str = r#"{"id":"gen-1","object":"chat.completion","created":1,"model":"openai/gpt-4o","provider":"P","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"Recursion is a thing explained by a smaller case of itself."}}],"usage":{"prompt_tokens":10,"completion_tokens":14,"total_tokens":24,"cost":0.0001}}"#;

fn main() {
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
    let plain = Bytes::from_static(br#"{"messages":[{"role":"user","content":"Explain recursion"}],"max_tokens":500,"models":["openai/gpt-4o","anthropic/claude-sonnet-4.5"]}"#);
    let mut guards = SharedGuards::default();
    let piece = Bytes::from_static(b"data: {\"id\":\"gen-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"openai/gpt-4o\",\"provider\":\"P\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"token \"},\"finish_reason\":null}]}\n\n");
    let last = Bytes::from_static(
        b"data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    );
    let headers = || Headers(vec![("content-type".into(), "application/json".into())]);
    let time = |name: &str, n: u32, units: u32, run: &mut dyn FnMut()| {
        for _ in 0..n / 10 + 1 {
            run();
        }
        let (count, start) = (COUNT.load(Ordering::Relaxed), std::time::Instant::now());
        for _ in 0..n {
            run();
        }
        let us = start.elapsed().as_secs_f64() * 1e6 / f64::from(n * units);
        let allocations = (COUNT.load(Ordering::Relaxed) - count) as f64 / f64::from(n * units);
        println!("{name:44} {us:8.2} us {allocations:8.1} allocations");
    };
    time("options read", 20_000, 1, &mut || {
        drop(Ask::parse(plain.clone(), &defaults.policy, false).unwrap())
    });
    time("options read, planned", 20_000, 1, &mut || {
        let ask = Ask::parse(plain.clone(), &defaults.policy, false).unwrap();
        drop(select(ask, &defaults, &|_| 0).unwrap());
    });
    time("a call that answers at once", 20_000, 1, &mut || {
        let ask = Ask::parse(plain.clone(), &defaults.policy, false).unwrap();
        let plan = select(ask, &defaults, &|_| 0).unwrap();
        let mut call = Call::new(Instant(0), WallTime(0), plan, 1);
        feed(&mut call, Event::Start, &mut guards);
        feed(&mut call, Event::Head { attempt: 0, status: 200, headers: headers() }, &mut guards);
        feed(
            &mut call,
            Event::Bytes { attempt: 0, bytes: Bytes::from_static(ANSWER.as_bytes()) },
            &mut guards,
        );
        feed(&mut call, Event::End { attempt: 0 }, &mut guards);
        assert!(call.is_finished());
    });
    time("a call that falls over once", 20_000, 1, &mut || {
        let ask = Ask::parse(plain.clone(), &defaults.policy, false).unwrap();
        let plan = select(ask, &defaults, &|_| 0).unwrap();
        let mut call = Call::new(Instant(0), WallTime(0), plan, 1);
        feed(&mut call, Event::Start, &mut guards);
        feed(&mut call, Event::Head { attempt: 0, status: 429, headers: headers() }, &mut guards);
        let body = Bytes::from_static(br#"{"error":{"code":429,"message":"Rate limit exceeded"}}"#);
        feed(&mut call, Event::Bytes { attempt: 0, bytes: body }, &mut guards);
        feed(&mut call, Event::End { attempt: 0 }, &mut guards);
        feed(&mut call, Event::Head { attempt: 1, status: 200, headers: headers() }, &mut guards);
        feed(
            &mut call,
            Event::Bytes { attempt: 1, bytes: Bytes::from_static(ANSWER.as_bytes()) },
            &mut guards,
        );
        feed(&mut call, Event::End { attempt: 1 }, &mut guards);
        assert!(call.is_finished());
    });
    time("one piece of a stream", 100, 1_000, &mut || {
        let ask = Ask::parse(plain.clone(), &defaults.policy, true).unwrap();
        let plan = select(ask, &defaults, &|_| 0).unwrap();
        let mut call = Call::new(Instant(0), WallTime(0), plan, 1);
        feed(&mut call, Event::Start, &mut guards);
        feed(&mut call, Event::Head { attempt: 0, status: 200, headers: headers() }, &mut guards);
        for _ in 0..1_000 {
            feed(&mut call, Event::Bytes { attempt: 0, bytes: piece.clone() }, &mut guards);
        }
        feed(&mut call, Event::Bytes { attempt: 0, bytes: last.clone() }, &mut guards);
        assert!(call.is_finished());
    });
}

fn feed(call: &mut Call, event: Event, guards: &mut SharedGuards) {
    call.handle(Instant(1), event, guards);
    while let Some(action) = call.poll_action() {
        if let Action::Deliver(delta) = action {
            std::hint::black_box(delta);
        }
    }
}
