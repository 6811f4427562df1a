//! `check [--bare]`: the rules of the house that no compiler holds.
//!
//! Knows the layout of the repository and nothing of what it computes. Every rule is a function of a root folder
//! to a list of problems, so that its tests can plant a violation in a folder of their own. Invariant: a problem
//! names a file, a line and what to do; what cannot be read is a problem, never silence.

mod coverage;
mod purity;
mod rooms;
mod schema;
mod sources;
mod vectors;

use std::fmt;
use std::path::{Path, PathBuf};

/// One thing that is not as it should be.
#[derive(Debug, PartialEq)]
pub(crate) struct Problem {
    file: PathBuf,
    line: usize,
    text: String,
}

impl Problem {
    fn new(file: &Path, line: usize, text: impl Into<String>) -> Problem {
        Problem { file: file.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file.display(), self.line, self.text)
    }
}

/// Runs every rule on this repository.
pub(crate) fn run(args: &[&str]) -> Result<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|e| format!("{}: {e}", root.display()))?;
    let mut said = Vec::new();
    match args {
        [] => {}
        ["--bare"] => said.push(purity::bare_build(&root)?),
        _ => return Err("usage: check [--bare]".to_owned()),
    }
    let mut problems = Vec::new();
    problems.extend(rooms::check(&root));
    problems.extend(sources::check(&root));
    problems.extend(purity::check(&root));
    problems.extend(purity::check_graph(&root)?);
    let (vectors, found) = vectors::read(&root);
    problems.extend(found);
    problems.extend(schema::check(&root, &vectors));
    problems.extend(coverage::check(&root, &vectors));
    said.push(vectors::count(&vectors));
    if problems.is_empty() {
        said.push("check: every rule holds".to_owned());
        return Ok(said.join("\n"));
    }
    problems.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    said.extend(problems.iter().map(|p| {
        let inside = p.file.strip_prefix(&root).unwrap_or(&p.file).to_owned();
        Problem { file: inside, line: p.line, text: p.text.clone() }.to_string()
    }));
    said.push(format!("check: {} problems", problems.len()));
    Err(said.join("\n"))
}

/// Folders that hold what tools make or fetch.
const NOT_OURS: [&str; 8] =
    ["target", "node_modules", "dist", ".git", ".venv", "venv", "__pycache__", "build"];

/// Every file below `folder` with one of the extensions, sorted; nothing if there is no such folder.
fn files(folder: &Path, extensions: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            if path.is_dir() {
                if !NOT_OURS.contains(&&*name) && !name.ends_with(".egg-info") && !name.starts_with(".venv-")
                {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|e| extensions.iter().any(|x| e == *x)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// A file's text, or the problem that it cannot be read.
fn text(file: &Path, problems: &mut Vec<Problem>) -> Option<String> {
    match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(e) => {
            problems.push(Problem::new(file, 1, format!("cannot be read: {e}")));
            None
        }
    }
}

/// The line, counted from 1, of a byte offset.
fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod planted {
    //! Folders in which tests plant violations.
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::path::{Path, PathBuf};

    /// A folder that goes when the test ends.
    pub(super) struct Folder(PathBuf);

    impl Folder {
        /// An empty one; `name` keeps tests that run at once apart.
        pub(super) fn new(name: &str) -> Folder {
            let path = std::env::temp_dir().join(format!("xtask-check-{}-{name}", std::process::id()));
            let _ = std::fs::remove_dir_all(&path);
            std::fs::create_dir_all(&path).unwrap();
            Folder(path)
        }

        pub(super) fn path(&self) -> &Path {
            &self.0
        }

        /// Writes a file, with its folders.
        pub(super) fn with(&self, name: &str, text: &str) -> &Folder {
            let file = self.0.join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, text).unwrap();
            self
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    /// Problems as `file:line: text` relative to the folder.
    pub(super) fn shown(folder: &Folder, problems: Vec<super::Problem>) -> Vec<String> {
        let prefix = format!("{}/", folder.path().display());
        problems.iter().map(|p| p.to_string().replace(&prefix, "")).collect()
    }
}
