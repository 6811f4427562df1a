//! Vectors of whole calls: what they say, and whether what was seen agrees.
//!
//! The format is described in `tests/vectors/README.md`; the Python and Node runners read the same files. Knows JSON and
//! the provider's record. Must not know the client. Invariants: an unknown key is an error, every key that is known
//! is checked, and there is no way to skip a vector.

mod check;
mod form;

pub use check::{Finished, Observed};
pub use form::{Close, ErrorForm, Expected, Given, Vector};

use std::path::{Path, PathBuf};

/// Loads every vector of `kind` below the folder of vectors, in the order of names.
///
/// # Errors
/// A line that names the file and what is wrong with it.
pub fn load(vectors: &Path, kind: &str) -> Result<Vec<Vector>, String> {
    let folder = vectors.join(kind);
    let at = |path: &Path, e: &dyn core::fmt::Display| format!("{}: {e}", path.display());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(|e| at(&folder, &e))? {
        paths.push(entry.map_err(|e| at(&folder, &e))?.path());
    }
    paths.sort();
    let mut vectors = Vec::with_capacity(paths.len());
    for path in paths {
        let text = std::fs::read(&path).map_err(|e| at(&path, &e))?;
        let vector: Vector = serde_json::from_slice(&text).map_err(|e| at(&path, &e))?;
        let name = path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        vector.check(kind, name).map_err(|e| at(&path, &e))?;
        vectors.push(vector);
    }
    Ok(vectors)
}
