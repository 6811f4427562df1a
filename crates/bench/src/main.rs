//! One client process of the benchmarks: makes `n` calls of one scenario against a running scripted provider and prints
//! what they cost in CPU time, as one JSON line.
//!
//! Knows a bare reqwest client (the floor) and ours. Must not start servers or judge: `tests/bench/run.py` interleaves
//! the processes and forms ratios. Invariant: the warm-up calls are not counted.
#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use bytes::Bytes;
use resilient_completion::{Client, Pump};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Instant;

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}
#[derive(Deserialize)]
struct Choice {
    #[serde(default)]
    message: Option<Content>,
    #[serde(default)]
    delta: Option<Content>,
}
#[derive(Deserialize)]
struct Content {
    #[serde(default)]
    content: Option<String>,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [who, scenario, url, n, at_once] = args.as_slice() else {
        return Err("usage: bench floor|ours|handed plain|fallover|stream URL N AT_ONCE".into());
    };
    let (n, at_once): (usize, usize) = (n.parse()?, at_once.parse()?);
    let runtime = match who.as_str() {
        // The floor waits on the calling thread; so does a script that uses nothing else.
        "floor" => tokio::runtime::Builder::new_current_thread().enable_all().build()?,
        // As the bindings do it: one I/O thread, the caller on another.
        _ => tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?,
    };
    let ours = who == "ours";
    let (cpu, wall) = runtime.block_on(async {
        let bare = reqwest::Client::builder().tcp_nodelay(true).build()?;
        let client = Client::builder().base_url(url).option("guards", "own").build()?;
        let one = async |_i: usize| match ours {
            true => our_call(&client, scenario).await,
            false => bare_call(&bare, url, scenario).await,
        };
        for i in 0..20.min(n) {
            one(i).await?;
        }
        let (cpu, wall) = (cpu(), Instant::now());
        if at_once <= 1 {
            for i in 0..n {
                one(i).await?;
            }
        } else {
            let mut set = tokio::task::JoinSet::new();
            let each = n / at_once;
            for _ in 0..at_once {
                let (client, bare, url, scenario) =
                    (client.clone(), bare.clone(), url.clone(), scenario.clone());
                set.spawn(async move {
                    for _ in 0..each {
                        match ours {
                            true => our_call(&client, &scenario).await?,
                            false => bare_call(&bare, &url, &scenario).await?,
                        }
                    }
                    Ok::<(), Failure>(())
                });
            }
            while let Some(done) = set.join_next().await {
                done??;
            }
        }
        Ok::<_, Failure>((self::cpu() - cpu, wall.elapsed().as_secs_f64()))
    })?;
    let per = |seconds: f64| seconds * 1e6 / n as f64;
    println!(
        "{}",
        json!({"who": who, "scenario": scenario, "n": n, "cpu_us": per(cpu), "wall_us": per(wall)})
    );
    Ok(())
}

fn body(model: &str, stream: bool) -> Value {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Explain recursion"}], "max_tokens": 500});
    if stream {
        body["stream"] = json!(true);
    }
    body
}

async fn bare_call(client: &reqwest::Client, url: &str, scenario: &str) -> Result<(), Failure> {
    let post = |model: &str, stream: bool| {
        client
            .post(format!("{url}/chat/completions"))
            .header("authorization", "Bearer sk-bench")
            .header("content-type", "application/json")
            .body(body(model, stream).to_string())
            .send()
    };
    match scenario {
        "stream" => {
            let mut response = post("bench/stream", true).await?;
            let (mut buffer, mut text) = (Vec::new(), String::new());
            while let Some(chunk) = response.chunk().await? {
                buffer.extend_from_slice(&chunk);
                let mut from = 0;
                while let Some(at) = buffer[from..].windows(2).position(|w| w == b"\n\n") {
                    let line = &buffer[from..from + at];
                    from += at + 2;
                    if let Some(data) = line.strip_prefix(b"data: ")
                        && let Ok(piece) = serde_json::from_slice::<Answer>(data)
                        && let Some(Choice { delta: Some(Content { content: Some(c) }), .. }) =
                            piece.choices.first()
                    {
                        text.push_str(c);
                    }
                }
                buffer.drain(..from);
            }
            if text.is_empty() { Err("no text".into()) } else { Ok(()) }
        }
        _ => {
            if scenario == "fallover" {
                let refused = post("bench/limited", false).await?;
                let _: Value = serde_json::from_slice(&refused.bytes().await?)?;
            }
            let answer: Answer = serde_json::from_slice(&post("bench/plain", false).await?.bytes().await?)?;
            match answer.choices.first().and_then(|c| c.message.as_ref()?.content.as_ref()) {
                Some(_) => Ok(()),
                None => Err("no text".into()),
            }
        }
    }
}

async fn our_call(client: &Client, scenario: &str) -> Result<(), Failure> {
    let mut call = body("bench/plain", false);
    match scenario {
        "stream" => call["model"] = json!("bench/stream"),
        "fallover" => {
            call["model"] = Value::Null;
            call["models"] = json!(["bench/limited", "bench/plain"]);
        }
        _ => {}
    }
    let mut running = client.start(Bytes::from(call.to_string()), scenario == "stream")?;
    if scenario == "stream" {
        let mut text = String::new();
        let pump = Pump::start(running, &tokio::runtime::Handle::current());
        while let Some(batch) = pump.next().await? {
            for delta in batch {
                text.push_str(&delta.text);
            }
        }
        if text.is_empty() { Err("no text".into()) } else { Ok(()) }
    } else {
        running.complete().await?;
        Ok(())
    }
}

/// User and system time of this process, in seconds.
#[expect(unsafe_code, reason = "getrusage is the only way to the CPU time of the whole process")]
fn cpu() -> f64 {
    // SAFETY: the struct is plain data that the call fills.
    let usage = unsafe {
        let mut usage = std::mem::zeroed::<libc::rusage>();
        libc::getrusage(libc::RUSAGE_SELF, &raw mut usage);
        usage
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(usage.ru_utime) + seconds(usage.ru_stime)
}
