//! `gen catalog [--check]`: the bundled table of facts, from the recorded listings.
//!
//! Knows where the recordings stand (`../shared/data` beside the checkout, or `RESILIENT_COMPLETION_DATA`) and
//! how one of them wraps its JSON. Facts only: no descriptions, no names. The newer listing wins; what only the
//! older one has stays, marked as delisted and dated.

use resilient_completion_engine::catalog::Catalog;
use std::path::{Path, PathBuf};

/// Our name for the service whose `/models` was recorded, and when.
const SOURCE: &str = "https://openrouter.ai/api/v1/models";
const NEWER: (&str, &str) = ("catalogues/openrouter-models.2026-08.cassette.yaml", "2026-08");
const OLDER: (&str, &str) = ("catalogues/openrouter-models.2026-05-15.raw.json", "2026-05-15");

/// Writes the table, or with `--check` compares it with the one in the tree.
pub(crate) fn run(args: &[&str]) -> Result<String, String> {
    let check = match args {
        [] => false,
        ["--check"] => true,
        _ => return Err("usage: gen catalog [--check]".to_owned()),
    };
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = root.join("crates/engine/src/catalog/bundled.json");
    let data = std::env::var_os("RESILIENT_COMPLETION_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if !data.join(NEWER.0).exists() {
        let said = format!("gen catalog: NOT done, no recorded listings under {}", data.display());
        return if check { Ok(said) } else { Err(said) };
    }
    let text = generate(&data)?;
    if check {
        return match std::fs::read_to_string(&target) {
            Ok(found) if found == text => {
                Ok("gen catalog: bundled.json is what the listings give".to_owned())
            }
            _ => {
                Err(format!("{}:1: differs from what the listings give; run `gen catalog`", target.display()))
            }
        };
    }
    std::fs::write(&target, &text).map_err(|e| format!("{}: {e}", target.display()))?;
    Ok(format!(
        "{}: {} bytes, {} models",
        target.display(),
        text.len(),
        text.lines().count().saturating_sub(4)
    ))
}

fn generate(data: &Path) -> Result<String, String> {
    let read = |name: &str| {
        let path = data.join(name);
        std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))
    };
    let newer = cassette_body(&read(NEWER.0)?).ok_or_else(|| format!("{}: no body in it", NEWER.0))?;
    let newer = Catalog::parse_models(newer.as_bytes(), SOURCE, NEWER.1).map_err(|e| e.to_string())?;
    let older =
        Catalog::parse_models(read(OLDER.0)?.as_bytes(), SOURCE, OLDER.1).map_err(|e| e.to_string())?;
    newer.with_older(older).to_compact().map_err(|e| e.to_string())
}

/// The response body of a cassette with one interaction: a single-quoted YAML scalar on one line, in which only
/// the quote itself is escaped, by doubling.
fn cassette_body(yaml: &str) -> Option<String> {
    let line = yaml.lines().filter_map(|l| l.strip_prefix("  body: '")).next_back()?;
    line.strip_suffix('\'').map(|body| body.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cassette_gives_its_body() {
        let yaml = "when:\n  body: null\nthen:\n  status: 200\n  body: '{\"it''s\":1}'\n";
        assert_eq!(cassette_body(yaml).as_deref(), Some("{\"it's\":1}"));
        assert_eq!(cassette_body("then:\n  body: |\n    {}\n"), None);
    }
}
