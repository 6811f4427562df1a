//! One client process of the benchmarks: makes calls of one scenario against a running scripted provider and prints what
//! they cost in CPU time, as one JSON line.
//!
//! Knows a bare reqwest client (the floor) and ours; `tests/bench/client.py` and `client.mjs` do the same in their
//! languages. Must not start servers or judge: `tests/bench/run.py` interleaves the processes and forms ratios.
//! Invariants: warm-up calls are not counted; a call without text is an error.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

mod bare;
mod ours;
mod usage;

use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is called, and by whom.
enum Caller {
    Bare(bare::Caller),
    Ours(ours::Caller),
}

/// One scenario: what every call of it is.
struct Scenario {
    name: String,
    /// A data URL of 2 MB, in the scenario that sends one.
    image: Option<String>,
}

impl Scenario {
    fn streams(&self) -> bool {
        matches!(self.name.as_str(), "stream" | "paced" | "first")
    }

    /// The body without what to try.
    fn body(&self) -> Value {
        let content = match &self.image {
            None => json!("Explain recursion"),
            Some(url) => json!([{"type": "text", "text": "What is this?"},
                                {"type": "image_url", "image_url": {"url": url}}]),
        };
        json!({"messages": [{"role": "user", "content": content}], "max_tokens": 500})
    }

    fn model(&self) -> String {
        match self.name.as_str() {
            "fallover" => "bench/plain".to_owned(),
            name => format!("bench/{name}"),
        }
    }
}

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [who, name, url, n, at_once, warm] = args.as_slice() else {
        return Err("usage: bench floor|handed|ours SCENARIO URL N AT_ONCE WARM".into());
    };
    let (n, at_once, warm): (usize, usize, usize) = (n.parse()?, at_once.parse()?, warm.parse()?);
    let image =
        (name == "image").then(|| format!("data:image/png;base64,{}", "iVBORw0KGgoA".repeat(2_000_000 / 12)));
    let scenario = Arc::new(Scenario { name: name.clone(), image });
    let runtime = match who.as_str() {
        // The floor waits on the calling thread; so does a script that uses nothing else.
        "floor" => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        // As the bindings do it: one I/O thread, the caller on another.
        _ => tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
    };
    let caller = Arc::new(match who.as_str() {
        "ours" => Caller::Ours(ours::Caller::new(url)?),
        _ => Caller::Bare(bare::Caller::new(url)?),
    });
    let line = runtime.block_on(async {
        if name == "hang" {
            return hang(&caller, &scenario, n).await;
        }
        many(&caller, &scenario, warm, at_once).await?;
        let (cpu, wall) = (usage::cpu(), Instant::now());
        let mut firsts = many(&caller, &scenario, n, at_once).await?;
        let (cpu, wall) = (usage::cpu() - cpu, wall.elapsed());
        firsts.sort();
        let per = |seconds: f64| seconds * 1e6 / n as f64;
        let first = firsts.get(firsts.len() / 2).map(|d| d.as_secs_f64() * 1e6);
        Ok(json!({"cpu_us": per(cpu), "wall_us": per(wall.as_secs_f64()), "first_us": first,
                  "rss_kb": usage::rss_kb()?, "calls": n + warm}))
    })?;
    println!("{line}");
    // Requests that hang are not waited for.
    runtime.shutdown_background();
    Ok(())
}

/// Makes `n` calls, `at_once` at a time; times to first text of those that stream.
async fn many(
    caller: &Arc<Caller>,
    scenario: &Arc<Scenario>,
    n: usize,
    at_once: usize,
) -> Result<Vec<Duration>, Failure> {
    let mut firsts = Vec::new();
    if at_once <= 1 {
        for _ in 0..n {
            firsts.extend(caller.one(scenario).await?);
        }
        return Ok(firsts);
    }
    let mut set = tokio::task::JoinSet::new();
    for i in 0..at_once {
        let (caller, scenario) = (caller.clone(), scenario.clone());
        let share = n / at_once + usize::from(i < n % at_once);
        set.spawn(async move {
            for _ in 0..share {
                caller.one(&scenario).await?;
            }
            Ok::<(), Failure>(())
        });
    }
    while let Some(done) = set.join_next().await {
        done??;
    }
    Ok(firsts)
}

/// What `n` requests hold that are never answered, over the idle client.
async fn hang(caller: &Arc<Caller>, scenario: &Arc<Scenario>, n: usize) -> Result<Value, Failure> {
    let plain = Arc::new(Scenario { name: "plain".to_owned(), image: None });
    many(caller, &plain, 20, 1).await?;
    let (idle, cpu) = (usage::rss_kb()?, usage::cpu());
    for _ in 0..n {
        let (caller, scenario) = (caller.clone(), scenario.clone());
        tokio::spawn(async move { caller.one(&scenario).await });
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let cpu = (usage::cpu() - cpu) * 1e6 / n as f64;
    Ok(json!({"cpu_us": cpu, "rss_kb": usage::rss_kb()?.saturating_sub(idle), "calls": n + 20}))
}

impl Caller {
    async fn one(&self, scenario: &Scenario) -> Result<Option<Duration>, Failure> {
        match self {
            Caller::Bare(bare) => bare.one(scenario).await,
            Caller::Ours(ours) => ours.one(scenario).await,
        }
    }
}
