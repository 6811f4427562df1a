//! What a forked child can still do with clients, calls and streams of its parent.
//!
//! One process for all of it: the children leave by `_exit` and an alarm ends those that hang.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, unsafe_code, reason = "tests; fork")]

use bytes::Bytes;
use resilient_completion_bridge::{Client, Pieces, Simulator, Step, runtime};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::os::fd::FromRawFd as _;

/// Runs `work` in a forked child; what it says, or `None` if it hung or died.
fn in_child(work: impl FnOnce() -> String) -> Option<String> {
    let mut ends = [0; 2];
    // SAFETY: plain libc calls; the child leaves by `_exit`.
    unsafe {
        assert_eq!(libc::pipe(ends.as_mut_ptr()), 0);
        let pid = libc::fork();
        if pid == 0 {
            libc::alarm(10);
            let said = work();
            let mut pipe = std::fs::File::from_raw_fd(ends[1]);
            let _ = pipe.write_all(said.as_bytes());
            drop(pipe);
            libc::_exit(0);
        }
        libc::close(ends[1]);
        let mut said = String::new();
        std::fs::File::from_raw_fd(ends[0]).read_to_string(&mut said).unwrap();
        let mut status = -1;
        assert_eq!(libc::waitpid(pid, &raw mut status, 0), pid);
        (status == 0).then_some(said)
    }
}

fn call(client: &Client, model: &str, stream: bool) -> resilient_completion_bridge::Call {
    let call = json!({"messages": "hi", "model": model, "timeout": 5}).to_string();
    client.call(Bytes::from(call), stream).unwrap()
}

fn answer(client: &Client) -> String {
    match runtime::block_on(call(client, "fast", false).complete()) {
        Ok(done) => done.facts.text,
        Err(failure) => failure.error.to_string(),
    }
}

#[test]
fn a_forked_child_works_and_touches_nothing_of_its_parents() {
    let piece =
        json!({"data": {"choices": [{"index": 0, "delta": {"content": "x"}}]}, "every": 0.01, "repeat": 20});
    let stop = json!({"data": {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}});
    let script = json!({"models": {"fast": [{"text": "ok"}], "silent": [{"fault": "silence"}],
        "stream": [{"chunks": [piece, stop]}]}});
    let simulator = Simulator::start(script.to_string().as_bytes()).unwrap();
    let options = json!({"base_url": simulator.url(), "guards": "own"}).to_string();
    let client = Client::new(options.as_bytes()).unwrap();
    assert_eq!(answer(&client), "ok");

    // Calls in every state, and threads that are in the middle of things while we fork.
    let waiting = call(&client, "silent", false);
    let stream = call(&client, "stream", true);
    let pieces = std::sync::Arc::new(Pieces::of(call(&client, "silent", true)));
    assert!(runtime::block_on(stream.pull()).unwrap().is_some());
    let busy: Vec<_> = (0..3)
        .map(|i| {
            let (client, waiting, pieces) = (client.clone(), waiting.clone(), pieces.clone());
            std::thread::spawn(move || match i {
                0 => drop(runtime::block_on(waiting.complete())),
                1 => runtime::block_on(pieces.fill()),
                _ => (0..300).for_each(|_| assert_eq!(answer(&client), "ok")),
            })
        })
        .collect();
    std::thread::sleep(std::time::Duration::from_millis(30));

    let kind =
        |r: Result<(), resilient_completion_bridge::Failure>| r.err().map_or("fine", |f| f.error.kind.word());
    for round in 0..5 {
        let said = in_child(|| {
            let mut said = Vec::new();
            said.push(answer(&client));
            said.push(kind(runtime::block_on(waiting.complete()).map(drop)).to_owned());
            said.push(kind(runtime::block_on(stream.pull()).map(drop)).to_owned());
            waiting.cancel();
            stream.cancel();
            said.push(format!("{:?}", stream.completion().is_some()));
            // A puller of the parent holds its turn for ever here.
            runtime::block_on(pieces.fill());
            said.push(match pieces.step() {
                Step::Failed(f) => f.error.kind.word().to_owned(),
                _ => "other".to_owned(),
            });
            pieces.close();
            drop((waiting.clone(), stream.clone(), pieces.clone()));
            let other = Client::new(options.as_bytes()).unwrap();
            said.push(answer(&other));
            // Closing one client ends no call of another that happens to have its number.
            let mine = call(&client, "stream", true);
            other.close();
            said.push(kind(runtime::block_on(mine.complete()).map(drop)).to_owned());
            said.push(in_child(|| answer(&client)).unwrap_or_else(|| "grandchild hung".to_owned()));
            said.join(" ")
        });
        assert_eq!(said.as_deref(), Some("ok closed closed false closed ok fine ok"), "round {round}");
    }

    // The parent's own go on.
    assert_eq!(answer(&client), "ok");
    assert_eq!(runtime::block_on(stream.complete()).unwrap().facts.text, "x".repeat(20));
    waiting.cancel();
    pieces.close();
    for thread in busy {
        thread.join().unwrap();
    }
}
