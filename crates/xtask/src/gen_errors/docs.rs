//! The pages under `docs/errors`.

use super::{SUMMARIES, is_retryable, wrap};
use resilient_completion_engine::error::kind::{Row, TABLE};

const NOTE: &str = "<!-- Generated from the engine's table of kinds by `cargo run -p xtask -- gen errors`; do not edit. -->\n";

const ATTRIBUTES: [(&str, &str); 13] = [
    ("kind", "the word of this page; for a chain that is exhausted, that of the last answer a provider gave"),
    ("message", "one line for a person, without keys and prompts"),
    ("status", "HTTP status, or the status that the body named inside a 200"),
    ("retryable", "whether the same request may work later; the service's own word wins over the default"),
    ("retry_after", "seconds that the service asked to wait"),
    ("model", "the model asked for when it failed"),
    ("label", "the label of the link"),
    ("request_id", "the service's id of the request, for its support"),
    ("attempts", "every attempt of the call, in order"),
    ("trace", "the whole record of the call"),
    ("body", "what the service sent, at most 64 KiB, keys and user ids masked"),
    ("field", "path of the offending option or request field, for errors about input"),
    ("cause", "the last attempt's error, where this one sums up several (`__cause__` in Python)"),
];

pub(super) fn page(row: &Row) -> String {
    let base = match row.python_base {
        "" => String::new(),
        b => format!("; also a `{b}` of Python's own"),
    };
    let more = match row.word {
        "interrupted" => {
            "\nBesides the usual attributes it has `partial`, with `text` and `reasoning` as received so far.\n"
        }
        _ => "",
    };
    format!(
        "{NOTE}# `{}`\n\n{}\n\n{}\n\n{}\n\n| language | raised as |\n| --- | --- |\n\
         | Python | `resilient_completion.{}`{base} |\n| TypeScript | `{}` |\n| Rust | `Error` with `kind == Kind::{:?}` |\n\n{}\n{more}\n\
         The attributes that every error has are listed in [README.md](README.md).\n",
        row.word,
        row.meaning,
        wrap(&format!("**Usual cause.** {}", row.cause), "", 110),
        wrap(&format!("**What to do.** {}", row.remedy), "", 110),
        row.class,
        row.class,
        row.kind,
        if is_retryable(row) {
            "`retryable` is true unless the service says otherwise."
        } else {
            "`retryable` is false unless the service says otherwise."
        },
    )
}

pub(super) fn index() -> String {
    let mut out = format!(
        "{NOTE}# Errors\n\nEverything raised here is a `ResilientCompletionError`. Its `kind` is one of these words, in every language:\n\n\
         | kind | class | retryable | meaning |\n| --- | --- | --- | --- |\n"
    );
    for r in &TABLE {
        let retry = if is_retryable(r) { "yes" } else { "no" };
        out.push_str(&format!("| [`{0}`]({0}.md) | `{1}` | {retry} | {2} |\n", r.word, r.class, r.meaning));
    }
    out.push_str("\nTwo classes sum up a whole call:\n\n| class | also a | meaning |\n| --- | --- | --- |\n");
    for s in &SUMMARIES {
        let base = if s.python_base.is_empty() { s.base } else { s.python_base };
        out.push_str(&format!("| `{}` | `{base}` | {} |\n", s.class, s.meaning));
    }
    out.push_str("\n## Attributes\n\n| attribute | meaning |\n| --- | --- |\n");
    for (name, meaning) in ATTRIBUTES {
        out.push_str(&format!("| `{name}` | {meaning} |\n"));
    }
    out.push_str(
        "\nA single candidate, and a call that sent nothing, raises the class of its kind; a chain of two or more raises\n\
         `FallbacksExhaustedError`. To see what is made of any answer, ask `classify(status, headers, body)`.\n",
    );
    out
}
