//! Writing generated files, or comparing them with what is committed.
//!
//! Knows paths and texts. Must not know what is generated.

use std::path::{Path, PathBuf};

/// Writes `files` (paths from the repository's root), or with `--check` fails if one of them differs from what
/// stands there. `what` names the generator.
pub(crate) fn run(what: &str, files: &[(PathBuf, String)], args: &[&str]) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    match args {
        [] => {
            for (path, text) in files {
                let path = root.join(path);
                if let Some(dir) = path.parent() {
                    std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
                }
                std::fs::write(&path, text).map_err(|e| format!("{}: {e}", path.display()))?;
            }
            Ok(format!("{} files of {what} written", files.len()))
        }
        ["--check"] => {
            let old: Vec<String> = files
                .iter()
                .filter(|(path, text)| std::fs::read_to_string(root.join(path)).ok().as_ref() != Some(text))
                .map(|(path, _)| path.display().to_string())
                .collect();
            if old.is_empty() {
                return Ok(format!("{} files of {what} are up to date", files.len()));
            }
            Err(format!("not what `gen {what}` writes: {}", old.join(", ")))
        }
        _ => Err(format!("usage: gen {what} [--check]")),
    }
}
