//! The TypeScript module of error classes.

use super::{SUMMARIES, is_retryable, wrap};
use resilient_completion_engine::error::kind::{Row, TABLE};

const HEAD: &str = include_str!("errors_head.ts");
const TAIL: &str = include_str!("errors_tail.ts");

pub(super) fn module() -> String {
    let kinds: String = TABLE.iter().map(|r| format!("  \"{}\",\n", r.word)).collect();
    let mut classes = String::new();
    for row in &TABLE {
        classes.push_str(&class(row));
    }
    for s in &SUMMARIES {
        let body = if s.class == "TierExhaustedError" { REQUEST } else { "" };
        classes.push_str(&format!(
            "\n/** {} */\nexport class {1} extends {2} {{\n  static override readonly brand: string = \"{1}\";\n{body}}}\n",
            wrap(s.meaning, " * ", 100).trim_start_matches(" * "),
            s.class,
            s.base,
        ));
    }
    let by_kind: String = TABLE.iter().map(|r| format!("  {}: {},\n", r.word, r.class)).collect();
    let summaries: String = SUMMARIES.iter().map(|s| format!("  {0},\n", s.class)).collect();
    format!(
        "{}{classes}\n{}",
        HEAD.replace("  // KINDS\n", &kinds),
        TAIL.replace("  // BY_KIND\n", &by_kind).replace("  // SUMMARIES\n", &summaries),
    )
}

fn class(row: &Row) -> String {
    let body = if row.word == "interrupted" { PARTIAL } else { "" };
    let retryable = if is_retryable(row) {
        "\n  static override readonly retryableByDefault: boolean = true;"
    } else {
        ""
    };
    format!(
        "\n/**\n * {}\n *\n{}\n{}\n */\nexport class {} extends ResilientCompletionError {{\n  static override readonly brand: string = \"{}\";\n  static override readonly ownKind: Kind = \"{}\";{retryable}\n{body}}}\n",
        row.meaning,
        wrap(&format!("Usual cause: {}", row.cause), " * ", 100),
        wrap(&format!("What to do: {}", row.remedy), " * ", 100),
        row.class,
        row.class,
        row.word,
    )
}

const PARTIAL: &str = "
  /** What had been received when the stream broke. */
  get partial(): PartialAnswer {
    const held = this.envelope.partial;
    return { text: held?.text ?? \"\", reasoning: held?.reasoning ?? \"\" };
  }
";

const REQUEST: &str = "
  /** The request as JSON, ready to be queued and sent again. */
  get request(): unknown {
    return this.envelope.request ?? null;
  }
";
