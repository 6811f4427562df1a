//! The engine can do no I/O: its dependencies are a closed list, and its sources name nothing that could.
//!
//! A build for a target without operating system would be a second proof; [`bare_build`] does it where such a
//! target is installed and says so where none is. Clippy's bans (`crates/engine/clippy.toml`) are the third.

use super::rooms::engine_code;
use super::{Problem, line_of, text};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// What the engine itself may depend on.
const DIRECT: [&str; 4] = ["bytes", "memchr", "serde", "serde_json"];

/// What may stand below it: pure data structures, formatting of numbers, and macros at build time.
const BELOW: [&str; 12] = [
    "equivalent",
    "foldhash",
    "hashbrown",
    "indexmap",
    "itoa",
    "proc-macro2",
    "quote",
    "serde_core",
    "serde_derive",
    "syn",
    "unicode-ident",
    "zmij",
];

/// What would bring in a clock, the environment, I/O, threads, randomness, or an order that differs from run to run.
const BANNED: [(&str, &str); 22] = [
    ("std::env", "the engine knows no environment"),
    ("std::fs", "the engine does no I/O"),
    ("std::io", "the engine does no I/O"),
    ("std::net", "the engine does no I/O"),
    ("std::os", "the engine knows no operating system"),
    ("std::process", "the engine knows no process"),
    ("std::thread", "the engine has no threads"),
    ("std::time", "time comes in as an event: base::{Instant, Duration, WallTime}"),
    ("SystemTime", "time comes in as an event: base::WallTime"),
    ("Instant::now", "time comes in as an event"),
    ("HashMap", "its order differs from run to run: BTreeMap or Vec"),
    ("HashSet", "its order differs from run to run: BTreeSet or Vec"),
    ("RandomState", "randomness comes in as a seed: base::Rng"),
    ("rand::", "randomness comes in as a seed: base::Rng"),
    ("Mutex", "what calls share sits behind the driver"),
    ("RwLock", "what calls share sits behind the driver"),
    ("Condvar", "what calls share sits behind the driver"),
    ("static mut", "the engine has no global state that changes"),
    ("thread_local!", "the engine has no threads"),
    ("AtomicU64", "the engine has no global state that changes"),
    ("AtomicBool", "the engine has no global state that changes"),
    ("AtomicUsize", "the engine has no global state that changes"),
];

/// Rules about the engine's own files.
pub(super) fn check(root: &Path) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (file, code) in engine_code(root, &mut problems) {
        for (word, reason) in BANNED {
            let inside = |at: usize| {
                code.get(..at).is_some_and(|b| b.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
            };
            for (at, _) in code.match_indices(word).filter(|(at, _)| !inside(*at)) {
                problems.push(Problem::new(&file, line_of(&code, at), format!("`{word}`: {reason}")));
            }
        }
        let grouped =
            code.match_indices("std::{").filter_map(|(at, s)| Some((at, code.get(at + s.len()..)?)));
        for (at, group) in grouped {
            let group = group.split(';').next().unwrap_or("");
            for (word, reason) in BANNED {
                let Some(module) = word.strip_prefix("std::") else { continue };
                let names = group.split(|c: char| !c.is_alphanumeric() && c != '_');
                if names.into_iter().any(|name| name == module) {
                    problems.push(Problem::new(&file, line_of(&code, at), format!("`{word}`: {reason}")));
                }
            }
        }
    }
    manifest(root, &mut problems);
    bans(root, &mut problems);
    problems
}

/// The dependency tables of the engine's manifest.
fn manifest(root: &Path, problems: &mut Vec<Problem>) {
    let file = root.join("crates/engine/Cargo.toml");
    let Some(text) = text(&file, problems) else { return };
    let (mut table, mut found) = ("", BTreeSet::new());
    for (line, content) in (1..).zip(text.lines()) {
        let content = content.trim();
        if let Some(head) = content.strip_prefix('[') {
            table = head.trim_end_matches(']');
            if table.ends_with("dependencies") && !matches!(table, "dependencies" | "dev-dependencies") {
                problems.push(Problem::new(&file, line, format!("the engine has no [{table}]")));
            }
        } else if table == "dependencies" && !content.is_empty() && !content.starts_with('#') {
            let name = content.split(['.', '=', ' ']).next().unwrap_or("");
            found.insert(name);
            if !DIRECT.contains(&name) {
                let text = format!("`{name}` is not among the engine's dependencies: {}", DIRECT.join(", "));
                problems.push(Problem::new(&file, line, text));
            }
        }
    }
    for name in DIRECT.iter().filter(|n| !found.contains(**n)) {
        problems.push(Problem::new(&file, 1, format!("`{name}` is gone: take it off the list in xtask too")));
    }
}

/// Clippy looks for its file in the package's folder first: without it the workspace's would silently rule.
fn bans(root: &Path, problems: &mut Vec<Problem>) {
    let file = root.join("crates/engine/clippy.toml");
    let Some(text) = text(&file, problems) else { return };
    for path in [
        "std::time::Instant::now",
        "std::time::SystemTime::now",
        "std::env::var",
        "std::thread::spawn",
        "std::collections::HashMap",
        "std::collections::HashSet",
    ] {
        if !text.contains(&format!("\"{path}\"")) {
            problems.push(Problem::new(&file, 1, format!("clippy must ban `{path}` in the engine")));
        }
    }
}

/// What really stands below the engine, as cargo resolves it.
pub(super) fn check_graph(root: &Path) -> Result<Vec<Problem>, String> {
    let run = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--offline", "--manifest-path"])
        .arg(root.join("Cargo.toml"))
        .output()
        .map_err(|e| format!("cargo metadata: {e}"))?;
    if !run.status.success() {
        return Err(format!("cargo metadata: {}", String::from_utf8_lossy(&run.stderr)));
    }
    let graph: Value = serde_json::from_slice(&run.stdout).map_err(|e| format!("cargo metadata: {e}"))?;
    Ok(strangers(&graph)
        .into_iter()
        .map(|name| {
            let text = format!(
                "`{name}` stands below the engine and is on no list: is it sure that it does no I/O?"
            );
            Problem::new(&root.join("crates/engine/Cargo.toml"), 1, text)
        })
        .collect())
}

/// Crates below the engine, development dependencies aside, that no list allows.
fn strangers(graph: &Value) -> BTreeSet<String> {
    let list = |v: &Value| v.as_array().cloned().unwrap_or_default();
    let id = |v: &Value| v.as_str().unwrap_or("").to_owned();
    let names: BTreeMap<String, String> =
        list(&graph["packages"]).iter().map(|p| (id(&p["id"]), id(&p["name"]))).collect();
    let nodes: BTreeMap<String, Value> =
        list(&graph["resolve"]["nodes"]).into_iter().map(|n| (id(&n["id"]), n)).collect();
    let engine =
        names.iter().find(|(_, name)| *name == "resilient-completion-engine").map(|(id, _)| id.clone());
    let (mut open, mut seen) = (Vec::from_iter(engine), BTreeSet::new());
    while let Some(at) = open.pop() {
        for dep in nodes.get(&at).map(|n| list(&n["deps"])).unwrap_or_default() {
            let built_in = list(&dep["dep_kinds"]).iter().any(|k| k["kind"] != "dev");
            if built_in && seen.insert(id(&dep["pkg"])) {
                open.push(id(&dep["pkg"]));
            }
        }
    }
    let known = |name: &String| DIRECT.contains(&name.as_str()) || BELOW.contains(&name.as_str());
    seen.iter().filter_map(|id| names.get(id)).filter(|name| !known(name)).cloned().collect()
}

/// Builds the engine for a target whose standard library has no I/O, if one is installed.
pub(super) fn bare_build(root: &Path) -> Result<String, String> {
    const TARGET: &str = "wasm32-unknown-unknown";
    let run = |program: &str, args: &[&str]| {
        Command::new(program).args(args).current_dir(root).output().map_err(|e| format!("{program}: {e}"))
    };
    let sysroot = run("rustc", &["--print", "sysroot"])?;
    let sysroot = String::from_utf8_lossy(&sysroot.stdout).trim().to_owned();
    if !Path::new(&sysroot).join("lib/rustlib").join(TARGET).exists() {
        return Ok(format!(
            "check --bare: NOT built for {TARGET}, which is not installed; the proof is the list of dependencies and \
             clippy's bans"
        ));
    }
    let build = run("cargo", &["build", "-p", "resilient-completion-engine", "--target", TARGET])?;
    match build.status.success() {
        true => Ok(format!("check --bare: the engine builds for {TARGET}")),
        false => Err(format!("check --bare: {}", String::from_utf8_lossy(&build.stderr))),
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::{Folder, shown};
    use super::*;
    use serde_json::json;

    const GOOD: &str = "[package]\nname = \"x\"\n[dependencies]\nbytes.workspace = true\nmemchr = \"2\"\n\
                        serde = { version = \"1\" }\nserde_json.workspace = true\n[dev-dependencies]\nproptest = \"1\"\n";

    fn engine(name: &str) -> Folder {
        let f = Folder::new(name);
        let bans = "Instant::now SystemTime::now".split(' ').map(|p| format!("\"std::time::{p}\""));
        let bans: String = bans.collect::<String>()
            + "\"std::env::var\" \"std::thread::spawn\" \"std::collections::HashMap\" \"std::collections::HashSet\"";
        f.with("crates/engine/Cargo.toml", GOOD).with("crates/engine/clippy.toml", &bans);
        f
    }

    #[test]
    fn a_clock_and_an_unordered_map_are_seen() {
        let f = engine("words");
        f.with("crates/engine/src/a.rs", "//! std::env in words\n// HashMap\nconst A: &str = \"std::fs\";\n");
        assert_eq!(shown(&f, check(f.path())), Vec::<String>::new());
        f.with("crates/engine/src/b.rs", "use std::time::Instant;\nfn f() { let m: HashMap<u8, u8>; }\n");
        f.with(
            "crates/engine/src/c.rs",
            "//! x\nuse std::{borrow::Cow, env};\nstruct MyHashMapper;\nuse grand::x;\n",
        );
        let found = shown(&f, check(f.path()));
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found[0].starts_with("crates/engine/src/b.rs:1: `std::time`: time comes in as an event"));
        assert!(found[1].starts_with("crates/engine/src/b.rs:2: `HashMap`"));
        assert!(found[2].starts_with("crates/engine/src/c.rs:2: `std::env`"));
    }

    #[test]
    fn a_dependency_too_many_or_too_few_is_seen() {
        let f = engine("manifest");
        f.with("crates/engine/Cargo.toml", &GOOD.replace("memchr = \"2\"", "tokio = \"1\""));
        let found = shown(&f, check(f.path()));
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].starts_with("crates/engine/Cargo.toml:5: `tokio` is not among"));
        assert!(found[1].contains("`memchr` is gone"));
        f.with(
            "crates/engine/Cargo.toml",
            &format!("{GOOD}[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n"),
        );
        assert!(
            shown(&f, check(f.path()))[0].contains("the engine has no [target.'cfg(unix)'.dependencies]")
        );
    }

    #[test]
    fn clippys_bans_must_be_there() {
        let f = engine("bans");
        f.with("crates/engine/clippy.toml", "disallowed-methods = []\n");
        assert_eq!(shown(&f, check(f.path())).len(), 6);
        let g = Folder::new("no-bans");
        g.with("crates/engine/Cargo.toml", GOOD);
        assert!(shown(&g, check(g.path()))[0].starts_with("crates/engine/clippy.toml:1: cannot be read"));
    }

    #[test]
    fn a_stranger_far_below_is_seen() {
        let node = |id: &str, deps: &[(&str, Value)]| {
            let deps: Vec<Value> =
                deps.iter().map(|(d, kind)| json!({"pkg": d, "dep_kinds": [{"kind": kind}]})).collect();
            json!({"id": id, "deps": deps})
        };
        let graph = json!({
            "packages": [{"id": "e", "name": "resilient-completion-engine"}, {"id": "b", "name": "bytes"},
                {"id": "m", "name": "mio"}, {"id": "p", "name": "proptest"}, {"id": "r", "name": "rand"}],
            "resolve": {"nodes": [node("e", &[("b", Value::Null), ("p", json!("dev"))]),
                node("b", &[("m", Value::Null)]), node("m", &[]), node("p", &[("r", Value::Null)])]},
        });
        assert_eq!(strangers(&graph).into_iter().collect::<Vec<_>>(), ["mio"]);
    }
}
