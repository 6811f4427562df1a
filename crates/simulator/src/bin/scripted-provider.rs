//! The scripted provider as a process, for benchmarks and for tests in other languages.
//!
//! `scripted-provider FILE` or `scripted-provider -` (the script is then the first JSON value on standard input).
//! It prints one JSON line `{"url": ...}` and serves until standard input ends. A line `requests` on standard
//! input is answered by one JSON line with the requests so far, `connections` by the counts of connections.

use resilient_completion_simulator::provider::{Provider, Script};
use serde_json::{Value, json};
use std::io::{BufRead, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "scripted-provider: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [source] = arguments.as_slice() else {
        return Err("usage: scripted-provider FILE | -".to_owned());
    };
    let mut input = std::io::stdin().lock();
    let script = if source == "-" {
        // The value ends where its JSON ends, so that the input can stay open.
        let mut values = serde_json::Deserializer::from_reader(&mut input).into_iter::<Value>();
        let value = values.next().ok_or("no script on standard input")?.map_err(|e| e.to_string())?;
        Script::read(&value)
    } else {
        Script::parse(&std::fs::read(source).map_err(|e| format!("{source}: {e}"))?)
    };
    let provider = Provider::start(script.map_err(|e| e.message)?).map_err(|e| e.to_string())?;
    say(&json!({"url": provider.url()}))?;
    for line in input.lines() {
        match line.map_err(|e| e.to_string())?.trim() {
            "requests" => say_text(&provider.requests_json())?,
            "connections" => {
                let c = provider.connections();
                say(
                    &json!({"accepted": c.accepted, "open": c.open, "refused": c.refused, "reused": c.reused,
                            "requests": provider.request_count()}),
                )?;
            }
            "" => {}
            other => return Err(format!("unknown word {other:?} on standard input: requests, connections")),
        }
    }
    Ok(())
}

fn say(value: &Value) -> Result<(), String> {
    say_text(&value.to_string())
}

fn say_text(line: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|e| e.to_string())
}
