//! The `resilient-completion` command: cargo, pip and npm all start this one.
//!
//! Knows the client and the simulator. Must not decide anything about calls. Invariants: exit code 0 is answered, 1 is
//! exhausted or refused, 2 is usage or configuration; with `--json` standard output holds one JSON value and nothing
//! else; errors go to standard error.

mod args;
mod ask;
mod demo;
mod models;
mod show;

use clap::Parser;
use resilient_completion::{Failure, Kind};

/// Runs the command with the arguments of a process, program name first, and returns its exit code.
#[must_use]
pub fn run(arguments: Vec<String>) -> i32 {
    let args = match args::Args::try_parse_from(arguments) {
        Ok(args) => args,
        Err(e) => {
            // Help and version are errors to clap, but not to people.
            let _ = e.print();
            return if e.use_stderr() { 2 } else { 0 };
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let Ok(runtime) = runtime else {
        show::problem("no thread could be started");
        return 1;
    };
    let done = runtime.block_on(async {
        match args.command {
            args::Command::Demo(demo) => demo::run(&demo).await,
            args::Command::Ask(ask) => ask::run(&ask).await,
            args::Command::Plan(ask) => ask::plan(&ask),
            args::Command::Models(filter) => models::run(&filter),
        }
    });
    // A call that was dropped may still be closing its connection; nobody waits for it.
    runtime.shutdown_background();
    match done {
        Ok(()) => 0,
        Err(failure) => {
            show::failure(&failure);
            match failure.error.kind {
                Kind::Config | Kind::BadRequest => 2,
                _ => 1,
            }
        }
    }
}

/// What every command comes to.
type Done = Result<(), Failure>;
