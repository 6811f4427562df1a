//! Which room of the engine may use which, read from the paths in its sources.
//!
//! Knows the order of the rooms and enough of Rust's grammar to find paths. Invariants: a room uses itself and
//! rooms before it in the list; the small machines of `guard` do not use one another.

use super::{Problem, files, line_of, text};
use std::path::{Path, PathBuf};

/// Low to high.
const ROOMS: [&str; 10] =
    ["base", "error", "chat", "wire", "catalog", "outcome", "guard", "plan", "trace", "call"];

pub(super) fn check(root: &Path) -> Vec<Problem> {
    let source = root.join("crates/engine/src");
    let mut problems = Vec::new();
    for file in files(&source, &["rs"]) {
        let inside = file.strip_prefix(&source).unwrap_or(&file).to_owned();
        let module = module_of(&inside);
        let Some(room) = module.first().cloned() else { continue };
        let Some(text) = text(&file, &mut problems) else { continue };
        let Some(rank) = ROOMS.iter().position(|r| *r == room) else {
            problems.push(Problem::new(&file, 1, format!("`{room}` is not a room; the rooms are {ROOMS:?}")));
            continue;
        };
        let code = code_only(&text);
        for (offset, path) in paths(&code, &module) {
            let line = line_of(&code, offset);
            let used = path.first().map_or("", String::as_str);
            if ROOMS.iter().position(|r| *r == used).is_some_and(|other| other > rank) {
                problems.push(Problem::new(
                    &file,
                    line,
                    format!("room `{room}` must not use `{used}`, which stands above it"),
                ));
            }
            let (mine, theirs) = (module.get(1), path.get(1));
            if room == "guard" && used == "guard" && mine.is_some() && mine != theirs {
                let name = theirs.map_or("", String::as_str);
                if is_module(&source.join("guard"), name) {
                    problems.push(Problem::new(
                        &file,
                        line,
                        format!("guards do not use one another: `{name}` is another machine"),
                    ));
                }
            }
        }
    }
    problems
}

fn is_module(folder: &Path, name: &str) -> bool {
    !name.is_empty() && (folder.join(format!("{name}.rs")).exists() || folder.join(name).is_dir())
}

/// `guard/breaker.rs` is `guard::breaker`, `guard/mod.rs` is `guard`, `lib.rs` is the root.
fn module_of(inside: &Path) -> Vec<String> {
    let mut parts: Vec<String> = inside
        .with_extension("")
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    if parts.last().is_some_and(|p| p == "mod" || p == "lib") {
        parts.pop();
    }
    parts
}

/// Paths that begin with `crate` or `super`, as segments from the root of the crate, with their offsets; groups in
/// braces give a path for each member.
pub(super) fn paths(code: &str, module: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code.get(..at).unwrap_or("");
            // The middle of a longer path (`super::super::`) or of an identifier was or will be read elsewhere.
            if before.ends_with("::") || before.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                continue;
            }
            let mut rest = code.get(at..).unwrap_or("");
            let mut base = module.to_vec();
            if let Some(after) = rest.strip_prefix("crate::") {
                base.clear();
                rest = after;
            }
            while let Some(after) = rest.strip_prefix("super::") {
                base.pop();
                rest = after;
            }
            tree(rest, &base, at, &mut found);
        }
    }
    found
}

/// Reads what may follow a path's beginning: a name, more names, a group.
fn tree(rest: &str, base: &[String], at: usize, found: &mut Vec<(usize, Vec<String>)>) {
    let mut base = base.to_vec();
    let mut rest = rest.trim_start();
    loop {
        if let Some(group) = rest.strip_prefix('{') {
            return members(group).into_iter().for_each(|m| tree(m, &base, at, found));
        }
        let name: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
        if !name.is_empty() && name != "self" {
            base.push(name.clone());
        }
        match rest.get(name.len()..).map(str::trim_start).and_then(|r| r.strip_prefix("::")) {
            Some(after) if !name.is_empty() => rest = after.trim_start(),
            _ => return found.push((at, base)),
        }
    }
}

/// The members of a group, whose opening brace is already read.
fn members(group: &str) -> Vec<&str> {
    let (mut depth, mut from, mut list) = (0_usize, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            '}' => {
                list.push(group.get(from..at).unwrap_or(""));
                break;
            }
            ',' if depth == 0 => {
                list.push(group.get(from..at).unwrap_or(""));
                from = at + 1;
            }
            _ => {}
        }
    }
    list.into_iter().map(str::trim).filter(|m| !m.is_empty()).collect()
}

/// The text with comments and the insides of strings blanked out, so that lines and offsets stay.
pub(super) fn code_only(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = skipped(rest);
        if length == 0 {
            // A word that ends in `r` before a quote is no raw string: step over whole words.
            at += rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count().max(1);
            continue;
        }
        for b in out.iter_mut().skip(at).take(length) {
            if *b != b'\n' {
                *b = b' ';
            }
        }
        at += length;
    }
    String::from_utf8(out).unwrap_or_default()
}

/// Length of the comment or literal at the beginning of `rest`; zero if there is none.
fn skipped(rest: &[u8]) -> usize {
    let until = |from: usize, end: &[u8]| {
        let tail = rest.get(from..).unwrap_or_default();
        tail.windows(end.len()).position(|w| w == end).map_or(rest.len(), |p| from + p + end.len())
    };
    match rest {
        [b'/', b'/', ..] => until(2, b"\n").saturating_sub(1),
        [b'/', b'*', ..] => until(2, b"*/"),
        [b'"', ..] => quoted(rest, 1),
        [b'b', b'"', ..] => quoted(rest, 2),
        [b'r', b'"' | b'#', ..] => raw(rest, 1, &until),
        [b'b', b'r', b'"' | b'#', ..] => raw(rest, 2, &until),
        [b'\'', b'\\', ..] => until(3, b"'"),
        [b'\'', _, b'\'', ..] => 3,
        _ => 0,
    }
}

fn quoted(rest: &[u8], mut at: usize) -> usize {
    while let Some(b) = rest.get(at) {
        at += match b {
            b'\\' => 2,
            b'"' => return at + 1,
            _ => 1,
        };
    }
    rest.len()
}

fn raw(rest: &[u8], at: usize, until: &dyn Fn(usize, &[u8]) -> usize) -> usize {
    let marks = rest.get(at..).unwrap_or_default().iter().take_while(|b| **b == b'#').count();
    match rest.get(at + marks) {
        Some(b'"') => until(at + marks + 1, &[b"\"".as_slice(), &b"#".repeat(marks)].concat()),
        _ => 0,
    }
}

/// The sources of the engine with what is code in them, for rules about words.
pub(super) fn engine_code(root: &Path, problems: &mut Vec<Problem>) -> Vec<(PathBuf, String)> {
    let list = files(&root.join("crates/engine/src"), &["rs"]);
    list.into_iter().filter_map(|file| text(&file, problems).map(|t| (file, code_only(&t)))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::planted::{Folder, shown};
    use super::*;

    #[test]
    fn a_look_upward_is_seen_in_every_spelling() {
        let f = Folder::new("rooms");
        f.with("crates/engine/src/chat/a.rs", "//! x\nuse crate::wire::Sse;\n");
        f.with("crates/engine/src/chat/b.rs", "//! x\nuse crate::{base::Rng,\n    wire::{Sse, Fault}};\n");
        f.with("crates/engine/src/chat/c.rs", "//! x\nfn f() -> super::super::call::Call {}\n");
        f.with("crates/engine/src/chat/mod.rs", "//! x\nuse super::plan;\n");
        f.with(
            "crates/engine/src/wire/d.rs",
            "//! crate::call in words\nuse crate::chat::Usage; // crate::call\n",
        );
        f.with(
            "crates/engine/src/wire/e.rs",
            "//! x\nconst A: &str = \"crate::call::x\";\nuse super::call;\n",
        );
        f.with("crates/engine/src/attic/g.rs", "//! x\n")
            .with("crates/engine/src/lib.rs", "//! x\nuse crate::call;\n");
        let found = shown(&f, check(f.path()));
        let lines: Vec<&str> = found.iter().filter_map(|p| p.split(": ").next()).collect();
        assert_eq!(
            lines,
            [
                "crates/engine/src/attic/g.rs:1",
                "crates/engine/src/chat/a.rs:2",
                "crates/engine/src/chat/b.rs:2",
                "crates/engine/src/chat/b.rs:2",
                "crates/engine/src/chat/c.rs:2",
                "crates/engine/src/chat/mod.rs:2",
            ],
            "{found:#?}"
        );
        assert!(found[1].ends_with("room `chat` must not use `wire`, which stands above it"));
    }

    #[test]
    fn guards_stay_apart() {
        let f = Folder::new("guards");
        f.with("crates/engine/src/guard/mod.rs", "//! x\npub mod breaker;\npub use breaker::Breaker;\n");
        f.with(
            "crates/engine/src/guard/breaker.rs",
            "//! x\nuse super::Shared;\nuse crate::outcome::Kind;\n",
        );
        f.with("crates/engine/src/guard/budget.rs", "//! x\nuse super::breaker::Breaker;\n");
        f.with("crates/engine/src/guard/hedge.rs", "//! x\n\nuse crate::guard::{self, breaker};\n");
        let found = shown(&f, check(f.path()));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("crates/engine/src/guard/budget.rs:2: guards do not use one another"));
        assert!(found[1].starts_with("crates/engine/src/guard/hedge.rs:3:"));
    }

    #[test]
    fn only_code_is_left() {
        let text = "a // b\n'\"' c /* d\n e */ f \"g\\\"h\" r#\"i \"j\"# k 'l' for<'m> br\"n\" '\\'' o";
        let code = code_only(text);
        assert_eq!(code.lines().count(), text.lines().count());
        let left: Vec<&str> = code.split_whitespace().collect();
        assert_eq!(left, ["a", "c", "f", "k", "for<'m>", "o"]);
    }
}
