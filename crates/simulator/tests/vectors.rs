//! Vectors of whole calls as this crate reads them: the types know what the schema knows, and every script can be
//! played. (`cargo xtask check` holds every vector of every kind against its schema, and looks for gaps.)
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion_simulator::Script;
use resilient_completion_simulator::vectors::{self, Vector};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors")
}

fn read(path: &Path) -> Value {
    let text = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn whole_kinds() -> Vec<Vector> {
    ["call", "errors"].iter().flat_map(|kind| vectors::load(&corpus(), kind).expect("vectors load")).collect()
}

#[test]
fn the_types_know_exactly_the_keys_of_the_schema() {
    let schema = read(&corpus().join("schema/call.schema.json"));
    // serde lists the keys that it knows when it meets one that it does not.
    let known = |pointer: &str| -> BTreeSet<String> {
        let mut vector = json!({"v": 1, "id": "call/x", "kind": "call", "given": {"call": {}},
            "expected": {"error": {"kind": "", "class": ""}, "attempts": [{"kind": null}], "requests": [{}],
                         "skipped": [{"reason_contains": ""}], "tool_calls": [{"name": "", "arguments": ""}],
                         "seconds": {}}});
        vector.pointer_mut(pointer).unwrap()["zz"] = json!(1);
        let error = serde_json::from_value::<Vector>(vector).unwrap_err().to_string();
        error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
    };
    for (pointer, at) in [
        ("", ""),
        ("/given", "/properties/given"),
        ("/expected", "/properties/expected"),
        ("/expected/error", "/$defs/error"),
        ("/expected/attempts/0", "/properties/expected/properties/attempts/items"),
        ("/expected/requests/0", "/properties/expected/properties/requests/items"),
        ("/expected/skipped/0", "/properties/expected/properties/skipped/items"),
        ("/expected/tool_calls/0", "/properties/expected/properties/tool_calls/items"),
        ("/expected/seconds", "/properties/expected/properties/seconds"),
    ] {
        let in_schema = schema.pointer(&format!("{at}/properties")).and_then(Value::as_object).unwrap();
        let in_schema: BTreeSet<String> = in_schema.keys().cloned().collect();
        assert_eq!(known(pointer), in_schema, "{pointer}");
    }
    // The same for the script: what the schema allows, the provider reads.
    let step = schema.pointer("/$defs/step/properties").and_then(Value::as_object).unwrap();
    for key in step.keys() {
        let script = json!({"models": {"*": {key.as_str(): [], "zz": 1}}});
        let message = Script::read(&script).unwrap_err().message;
        assert!(!message.contains(&format!("unknown key \"{key}\"")), "{message}");
    }
}

#[test]
fn every_script_can_be_played() {
    for vector in whole_kinds() {
        if !vector.given.script.is_empty()
            && let Err(e) = Script::read(&Value::Object(vector.given.script.clone()))
        {
            panic!("{}: {e}", vector.id);
        }
    }
}
