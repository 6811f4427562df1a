//! Generators and checks of the repository; never shipped.
//!
//! This file only dispatches: one file per command beside it.

mod check;
mod gen_catalog;
mod gen_errors;
mod gen_types;
mod generated;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo run -p xtask -- gen catalog [--check] | gen errors [--check] | gen types [--check] | check [--bare]";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["check", rest @ ..] => check::run(rest),
        ["gen", "catalog", rest @ ..] => gen_catalog::run(rest),
        ["gen", "errors", rest @ ..] => gen_errors::run(rest),
        ["gen", "types", rest @ ..] => gen_types::run(rest),
        _ => Err(USAGE.to_owned()),
    };
    match done {
        Ok(said) => {
            report(&said);
            ExitCode::SUCCESS
        }
        Err(problem) => {
            report(&problem);
            ExitCode::FAILURE
        }
    }
}

#[allow(
    clippy::print_stdout,
    reason = "a command of the repository speaks to its user here and nowhere else"
)]
fn report(text: &str) {
    println!("{}", text.trim_end());
}
