//! The Python module of error classes.

use super::{SUMMARIES, is_retryable, wrap};
use resilient_completion_engine::error::kind::{Row, TABLE};

const HEAD: &str = include_str!("errors_head.py");
const TAIL: &str = include_str!("errors_tail.py");

pub(super) fn module() -> String {
    let mut names: Vec<&str> =
        vec!["KINDS", "PartialAnswer", "ResilientCompletionError", "from_envelope", "set_trace_type"];
    names.extend(TABLE.iter().map(|r| r.class));
    names.extend(SUMMARIES.iter().map(|s| s.class));
    // The order that ruff asks of `__all__`: constants, classes, functions.
    names.sort_unstable_by_key(|n| {
        (n.chars().any(|c| c.is_ascii_lowercase()), n.starts_with(|c: char| c.is_ascii_lowercase()), *n)
    });
    names.dedup();
    let all: String = names.iter().map(|n| format!("    \"{n}\",\n")).collect();

    let mut classes = String::new();
    for row in &TABLE {
        classes.push_str(&class(row));
    }
    for s in &SUMMARIES {
        let builtin =
            if s.python_base.is_empty() { String::new() } else { format!(", builtins.{}", s.python_base) };
        classes.push_str(&format!(
            "\n\nclass {}({}{builtin}):\n    \"\"\"{}\n    \"\"\"\n{}",
            s.class,
            s.base,
            wrap(s.meaning, "    ", 96).trim_start(),
            if s.class == "TierExhaustedError" { REQUEST } else { "" },
        ));
    }

    let by_kind: String = TABLE.iter().map(|r| format!("    \"{}\": {},\n", r.word, r.class)).collect();
    let summaries: String = SUMMARIES.iter().map(|s| format!("    \"{0}\": {0},\n", s.class)).collect();
    format!(
        "{}{classes}\n\n{}",
        HEAD.replace("    # ALL\n", &all),
        TAIL.replace("    # BY_KIND\n", &by_kind).replace("    # SUMMARIES\n", &summaries),
    )
}

fn class(row: &Row) -> String {
    let builtin =
        if row.python_base.is_empty() { String::new() } else { format!(", builtins.{}", row.python_base) };
    let body = if row.word == "interrupted" { PARTIAL } else { "" };
    format!(
        "\n\nclass {}(ResilientCompletionError{builtin}):\n    \"\"\"{}\n\n{}\n{}\n    \"\"\"\n\n    _kind = \"{}\"\n    _retryable = {}\n{body}",
        row.class,
        row.meaning,
        wrap(&format!("Usual cause: {}", row.cause), "    ", 96),
        wrap(&format!("What to do: {}", row.remedy), "    ", 96),
        row.word,
        if is_retryable(row) { "True" } else { "False" },
    )
}

const PARTIAL: &str = r#"
    @property
    def partial(self) -> PartialAnswer:
        """What had been received when the stream broke."""
        held = self._envelope.get("partial") or {}
        return PartialAnswer(str(held.get("text") or ""), str(held.get("reasoning") or ""))
"#;

const REQUEST: &str = r#"
    @property
    def request(self) -> Any:
        """The request as JSON values, ready to be queued and sent again."""
        return self._envelope.get("request")
"#;
