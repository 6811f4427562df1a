//! The library, as a program in Rust uses it: a chain of two links, the trace on.
//!
//! Must not switch anything off. Invariant: guards are those of this client alone, and no answer of the scripted
//! provider leaves a mark on them that would change the next call.

use crate::{Failure, Scenario};
use bytes::Bytes;
use resilient_completion::{Client, Pump};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub(crate) struct Caller(Client);

impl Caller {
    pub(crate) fn new(base_url: &str) -> Result<Caller, Failure> {
        Ok(Caller(Client::builder().base_url(base_url).option("guards", "own").build()?))
    }

    pub(crate) async fn one(&self, scenario: &Scenario) -> Result<Option<Duration>, Failure> {
        let mut call = scenario.body();
        call["chain"] = chain(scenario);
        let call = Bytes::from(call.to_string());
        if scenario.streams() {
            return self.stream(call).await.map(Some);
        }
        let answer = self.0.start(call, false)?.complete().await?;
        match answer.text() {
            "" => Err("no text".into()),
            _ => Ok(None),
        }
    }

    async fn stream(&self, call: Bytes) -> Result<Duration, Failure> {
        let start = Instant::now();
        let mut first = None;
        let mut text = String::new();
        let pump = Pump::start(self.0.start(call, true)?, &tokio::runtime::Handle::current());
        while let Some(batch) = pump.next().await? {
            for delta in batch {
                if first.is_none() && !delta.text.is_empty() {
                    first = Some(start.elapsed());
                }
                text.push_str(&delta.text);
            }
        }
        std::hint::black_box(text);
        first.ok_or_else(|| "no text".into())
    }
}

fn chain(scenario: &Scenario) -> Value {
    let first = if scenario.name == "fallover" { "bench/limited".to_owned() } else { scenario.model() };
    json!([{"model": first, "timeout": 30.0, "label": "primary"},
           {"model": "bench/plain", "timeout": 15.0, "label": "spare"}])
}
