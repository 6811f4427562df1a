//! `gen errors`: the error classes of Python and TypeScript and the pages under `docs/errors`, from the engine's
//! table of kinds.
//!
//! Knows the table and the templates beside it. Invariant: [`files`] is a pure function of the table, so a check
//! can compare it with what is committed.

mod docs;
mod python;
mod typescript;

use resilient_completion_engine::error::kind::{Permanence, Row, TABLE};
use std::path::PathBuf;

/// A class that sums up several failures and so belongs to no single kind.
struct Summary {
    class: &'static str,
    base: &'static str,
    python_base: &'static str,
    meaning: &'static str,
}

const SUMMARIES: [Summary; 2] = [
    Summary {
        class: "FallbacksExhaustedError",
        base: "ResilientCompletionError",
        python_base: "RuntimeError",
        meaning: "A chain of two or more ended without an answer. `kind` is that of the last answer that a provider gave; \
                  `attempts` lists every one.",
    },
    Summary {
        class: "TierExhaustedError",
        base: "FallbacksExhaustedError",
        python_base: "",
        meaning: "A tier ended without an answer. `request` is the request as JSON, ready to be queued; `retry_after` says \
                  when a link may be free again.",
    },
];

/// Writes every generated file, or with `--check` compares them with what is committed.
pub(crate) fn run(args: &[&str]) -> Result<String, String> {
    crate::generated::run("errors", &files(), args)
}

/// Every generated file: its path from the root, and its text.
fn files() -> Vec<(PathBuf, String)> {
    let mut out = vec![
        (PathBuf::from("python/resilient_completion/errors.py"), python::module()),
        (PathBuf::from("node/src/errors.ts"), typescript::module()),
        (PathBuf::from("docs/errors/README.md"), docs::index()),
    ];
    out.extend(
        TABLE.iter().map(|row| (PathBuf::from(format!("docs/errors/{}.md", row.word)), docs::page(row))),
    );
    out
}

fn is_retryable(row: &Row) -> bool {
    row.permanence == Permanence::Temporary
}

/// Breaks prose into lines of at most `width` characters, each after `indent`.
fn wrap(text: &str, indent: &str, width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{indent}{word}")),
        }
    }
    lines.join("\n")
}
