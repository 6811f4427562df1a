//! The `resilient-completion` command as cargo installs it.
//!
//! Knows the library's `run` only: pip and npm start the same one.

fn main() {
    std::process::exit(resilient_completion_cli::run(std::env::args().collect()));
}
