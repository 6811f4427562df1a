//! Worlds in virtual time: `sim [--seed N] [--calls N] [--tell CALL]`.
//!
//! Prints one JSON line: calls, what providers did, broken promises, virtual time, calls per second, digest. The same seed
//! and number of calls give the same digest. On a broken promise it tells the shortest call that shows each, and
//! ends with 1.

use resilient_completion_simulator::world::{Report, World};
use std::io::Write;
use std::process::ExitCode;
use std::time::Instant;

/// Calls per world: enough for guards to open and close many times, few enough to tell.
const WORLD: u64 = 2_000;

struct Arguments {
    seed: u64,
    calls: u64,
    tell: Option<u32>,
}

fn main() -> ExitCode {
    match arguments().and_then(|a| run(&a)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "sim: {message}");
            ExitCode::from(2)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut found = Arguments { seed: 1, calls: 100_000, tell: None };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(|| format!("{word} needs a number"))?;
        let number: u64 = value.parse().map_err(|_| format!("{word}: {value:?} is not a number"))?;
        match word.as_str() {
            "--seed" => found.seed = number,
            "--calls" => found.calls = number.max(1),
            "--tell" => found.tell = Some(u32::try_from(number).map_err(|e| e.to_string())?),
            other => return Err(format!("unknown argument {other}: --seed, --calls, --tell")),
        }
    }
    Ok(found)
}

fn run(a: &Arguments) -> Result<bool, String> {
    let mut out = std::io::stdout().lock();
    let mut say = |line: &str| writeln!(out, "{line}").map_err(|e| e.to_string());
    let world = |seed, tell| World::new(seed, WORLD as u32, tell).map(World::run).map_err(|e| e.message);
    if let Some(call) = a.tell {
        for line in world(a.seed, Some(call))?.story {
            say(&line)?;
        }
        return Ok(true);
    }
    let began = Instant::now();
    let mut sum = Report::default();
    for i in 0..a.calls.div_ceil(WORLD) {
        sum.add(world(a.seed.wrapping_add(i), None)?);
    }
    let seconds = began.elapsed().as_secs_f64();
    let mut figures = sum.to_json();
    figures["seed"] = a.seed.into();
    figures["seconds"] = ((seconds * 1_000.0).round() / 1_000.0).into();
    figures["calls_per_second"] = ((sum.calls as f64 / seconds).round() as u64).into();
    say(&figures.to_string())?;
    for v in sum.shortest() {
        say(&format!("\n{} (seed {}, call {}): {}", v.rule, v.seed, v.call, v.detail))?;
        for line in world(v.seed, Some(v.call))?.story {
            say(&line)?;
        }
    }
    Ok(sum.violations.is_empty())
}
