//! Every kind of vector has a closed schema, and every vector keeps to it.
//!
//! Knows the part of JSON Schema 2020-12 that our schemas use. Invariants: a keyword that is not understood is a
//! problem, not a pass; an object schema with properties says what else may stand in it.

use super::vectors::{Vector, place};
use super::{Problem, files, text};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Keywords without effect on validity.
const NOTES: [&str; 10] = [
    "$schema",
    "$id",
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "contentEncoding",
    "contentMediaType",
];

/// Keywords about a value itself.
#[rustfmt::skip]
const LIMITS: [&str; 13] = [
    "$ref", "type", "const", "enum", "required", "minItems", "maxItems", "minProperties", "maxProperties",
    "minLength", "minimum", "maximum", "exclusiveMinimum",
];

struct Schema {
    file: PathBuf,
    text: String,
    body: Value,
}

pub(super) fn check(root: &Path, vectors: &[Vector]) -> Vec<Problem> {
    let folder = root.join("tests/vectors/schema");
    let mut problems = Vec::new();
    let mut schemas = BTreeMap::new();
    for file in files(&folder, &["json"]) {
        let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(kind) = name.strip_suffix(".schema.json") else {
            problems.push(Problem::new(&file, 1, "a schema is named <kind>.schema.json"));
            continue;
        };
        let Some(text) = text(&file, &mut problems) else { continue };
        match serde_json::from_str(&text) {
            Ok(body) => drop(schemas.insert(kind.to_owned(), Schema { file, text, body })),
            Err(e) => problems.push(Problem::new(&file, e.line(), format!("not JSON: {e}"))),
        }
    }
    for schema in schemas.values() {
        let top = &schema.body;
        for (name, part) in
            [("", top), ("given", &top["properties"]["given"]), ("expected", &top["properties"]["expected"])]
        {
            let part = resolve(top, part).unwrap_or(part);
            if part["additionalProperties"] != false && part["oneOf"].is_null() {
                let text = format!("`{name}` must be closed with `additionalProperties: false`");
                problems.push(Problem::new(&schema.file, place(&schema.text, name), text));
            }
        }
        let mut found = Vec::new();
        faults(top, "", &mut found);
        problems.extend(found.into_iter().map(|text| Problem::new(&schema.file, 1, text)));
    }
    let kinds: BTreeSet<&str> = vectors.iter().map(|v| v.kind.as_str()).collect();
    for (kind, schema) in schemas.iter().filter(|(kind, _)| !kinds.contains(kind.as_str())) {
        problems.push(Problem::new(&schema.file, 1, format!("kind `{kind}` has a schema and no vector")));
    }
    for vector in vectors {
        let Some(schema) = schemas.get(&vector.kind) else {
            let text = format!("kind `{}` has no schema at tests/vectors/schema", vector.kind);
            problems.push(Problem::new(&vector.file, 1, text));
            continue;
        };
        let mut found = Vec::new();
        Validator { root: &schema.body, found: &mut found }.validate(&schema.body, &vector.body, "");
        problems.extend(found.into_iter().map(|(path, what)| {
            let key =
                path.rsplit(['.', '[']).find(|p| !p.is_empty() && !p.ends_with(']')).unwrap_or("").to_owned();
            let shown = if path.is_empty() { "the vector" } else { path.trim_start_matches('.') };
            Problem::new(&vector.file, place(&vector.text, &key), format!("{shown}: {what}"))
        }));
    }
    problems
}

/// What is wrong about a schema itself: a keyword that the validator does not know (it would pass everything), an
/// object that leaves open what else may stand in it.
fn faults(schema: &Value, at: &str, found: &mut Vec<String>) {
    let Some(map) = schema.as_object() else { return };
    for (keyword, rule) in map {
        let below = format!("{at}/{keyword}");
        match keyword.as_str() {
            "properties" | "$defs" => {
                for (name, inner) in rule.as_object().into_iter().flatten() {
                    faults(inner, &format!("{below}/{name}"), found);
                }
            }
            "items" | "additionalProperties" | "not" => faults(rule, &below, found),
            "oneOf" | "anyOf" | "allOf" => {
                rule.as_array().into_iter().flatten().for_each(|inner| faults(inner, &below, found));
            }
            // An id's pattern repeats what `vectors` checks exactly against the file's place.
            "pattern" if at == "/properties/id" => {}
            known if NOTES.contains(&known) || LIMITS.contains(&known) => {}
            other => found.push(format!("{at}: the keyword `{other}` is not understood by `xtask check`")),
        }
    }
    if map.contains_key("properties") && !map.contains_key("additionalProperties") {
        found.push(format!("{at}/: an object with properties must say `additionalProperties`"));
    }
}

/// The schema that `$ref` names, within the same file.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> Option<&'a Value> {
    root.pointer(schema["$ref"].as_str()?.strip_prefix('#')?)
}

struct Validator<'a> {
    root: &'a Value,
    found: &'a mut Vec<(String, String)>,
}

impl Validator<'_> {
    fn say(&mut self, at: &str, what: impl Into<String>) {
        self.found.push((at.to_owned(), what.into()));
    }

    fn validate(&mut self, schema: &Value, value: &Value, at: &str) {
        let map = match schema {
            Value::Object(map) => map,
            Value::Bool(true) => return,
            _ => return self.say(at, "nothing is allowed here"),
        };
        for (keyword, rule) in map {
            self.keyword(map, keyword, rule, value, at);
        }
    }

    fn keyword(&mut self, map: &Map<String, Value>, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let number = || rule.as_f64().unwrap_or(0.0);
        let size = || rule.as_u64().unwrap_or(0) as usize;
        match keyword {
            "$ref" => match resolve(self.root, &Value::Object(map.clone())).cloned() {
                Some(named) => self.validate(&named, value, at),
                None => self.say(at, format!("the schema's reference {rule} leads nowhere")),
            },
            "type" => {
                let types = rule.as_array().map_or(std::slice::from_ref(rule), Vec::as_slice);
                if !types.iter().any(|t| is_type(t.as_str().unwrap_or(""), value)) {
                    self.say(at, format!("must be of type {rule}"));
                }
            }
            "const" if value != rule => self.say(at, format!("must be {rule}")),
            "enum" if !rule.as_array().is_some_and(|list| list.contains(value)) => {
                self.say(at, format!("must be one of {rule}"));
            }
            "required" => {
                for name in rule.as_array().into_iter().flatten().filter_map(Value::as_str) {
                    if value.as_object().is_some_and(|o| !o.contains_key(name)) {
                        self.say(at, format!("`{name}` is missing"));
                    }
                }
            }
            "properties" => {
                for (name, inner) in rule.as_object().into_iter().flatten() {
                    if let Some(found) = value.get(name) {
                        self.validate(inner, found, &format!("{at}.{name}"));
                    }
                }
            }
            "additionalProperties" => {
                for (name, found) in value.as_object().into_iter().flatten() {
                    if map.get("properties").is_none_or(|p| p.get(name).is_none()) {
                        match rule {
                            Value::Bool(true) => {}
                            Value::Bool(false) => self.say(&format!("{at}.{name}"), "is not a known key"),
                            inner => self.validate(inner, found, &format!("{at}.{name}")),
                        }
                    }
                }
            }
            "items" => {
                for (i, found) in value.as_array().into_iter().flatten().enumerate() {
                    self.validate(rule, found, &format!("{at}[{i}]"));
                }
            }
            "minItems" if value.as_array().is_some_and(|l| l.len() < size()) => {
                self.say(at, format!("must have at least {rule} items"));
            }
            "maxItems" if value.as_array().is_some_and(|l| l.len() > size()) => {
                self.say(at, format!("must have at most {rule} items"));
            }
            "minProperties" if value.as_object().is_some_and(|o| o.len() < size()) => {
                self.say(at, format!("must have at least {rule} keys"));
            }
            "maxProperties" if value.as_object().is_some_and(|o| o.len() > size()) => {
                self.say(at, format!("must have at most {rule} keys"));
            }
            "minLength" if value.as_str().is_some_and(|s| s.chars().count() < size()) => {
                self.say(at, format!("must have at least {rule} characters"));
            }
            "minimum" if value.as_f64().is_some_and(|n| n < number()) => {
                self.say(at, format!("must be at least {rule}"));
            }
            "maximum" if value.as_f64().is_some_and(|n| n > number()) => {
                self.say(at, format!("must be at most {rule}"));
            }
            "exclusiveMinimum" if value.as_f64().is_some_and(|n| n <= number()) => {
                self.say(at, format!("must be above {rule}"));
            }
            "oneOf" | "anyOf" => self.some(keyword, rule, value, at),
            "allOf" => {
                rule.as_array().into_iter().flatten().for_each(|inner| self.validate(inner, value, at))
            }
            "not" if self.holds(rule, value) => self.say(at, "is what the schema excludes"),
            // Notes, and limits that hold; `faults` has told of every other word.
            _ => {}
        }
    }

    fn holds(&self, schema: &Value, value: &Value) -> bool {
        let mut found = Vec::new();
        Validator { root: self.root, found: &mut found }.validate(schema, value, "");
        found.is_empty()
    }

    fn some(&mut self, keyword: &str, rule: &Value, value: &Value, at: &str) {
        let list = rule.as_array().map(Vec::as_slice).unwrap_or_default();
        let held = list.iter().filter(|inner| self.holds(inner, value)).count();
        if held == 0 || keyword == "oneOf" && held > 1 {
            self.say(at, format!("fits {held} of the {} forms of `{keyword}`", list.len()));
        }
    }
}

fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|f| f.fract() == 0.0),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::planted::{Folder, shown};
    use super::super::vectors;
    use super::*;

    const CLOSED: &str = r##"{"type":"object","additionalProperties":false,"required":["v"],"properties":{
        "v":{"const":1},"id":{"pattern":"x"},"kind":{},
        "given":{"type":"object","additionalProperties":false,"properties":{"n":{"type":"integer","minimum":1}}},
        "expected":{"type":"object","additionalProperties":false,"properties":{
            "fit":{"enum":["yes","no"]},"list":{"type":"array","items":{"$ref":"#/$defs/word"}},
            "either":{"oneOf":[{"type":"string"},{"type":"null"}]}}}},
        "$defs":{"word":{"type":"string","minLength":2}}}"##;

    fn problems(name: &str, schema: &str, given: &str, expected: &str) -> Vec<String> {
        let f = Folder::new(name);
        f.with("tests/vectors/schema/fit.schema.json", schema);
        let vector = format!(
            "{{\"v\": 1,\n\"id\": \"fit/a\",\n\"kind\": \"fit\",\n\"given\": {given},\n\"expected\": {expected}}}"
        );
        f.with("tests/vectors/fit/a.json", &vector);
        let (read, _) = vectors::read(f.path());
        shown(&f, check(f.path(), &read))
    }

    #[test]
    fn a_vector_that_keeps_to_its_schema_passes() {
        let found = problems("keeps", CLOSED, r#"{"n":3}"#, r#"{"fit":"yes","list":["ab"],"either":null}"#);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn a_vector_that_does_not_is_told_where() {
        let found =
            problems("leaves", CLOSED, r#"{"n":0,"m":1}"#, r#"{"fit":"maybe","list":["ab","c"],"either":3}"#);
        assert_eq!(
            found,
            [
                "tests/vectors/fit/a.json:4: given.m: is not a known key",
                "tests/vectors/fit/a.json:4: given.n: must be at least 1",
                "tests/vectors/fit/a.json:5: expected.fit: must be one of [\"yes\",\"no\"]",
                "tests/vectors/fit/a.json:5: expected.list[1]: must have at least 2 characters",
                "tests/vectors/fit/a.json:5: expected.either: fits 0 of the 2 forms of `oneOf`",
            ],
            "{found:#?}"
        );
    }

    #[test]
    fn an_open_schema_is_seen() {
        let open =
            CLOSED.replacen(r#""given":{"type":"object","additionalProperties":false,"#, r#""given":{"#, 1);
        let found = problems("open", &open, "{}", "{}");
        assert_eq!(found.len(), 2, "{found:#?}");
        assert!(found[0].contains("`given` must be closed with `additionalProperties: false`"));
        assert!(found[1].contains("/properties/given/: an object with properties must say"));
    }

    #[test]
    fn a_keyword_that_is_not_understood_is_no_pass() {
        let odd = CLOSED.replace("\"minimum\":1", "\"multipleOf\":2");
        let found = problems("odd", &odd, r#"{"n":3}"#, "{}");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("`multipleOf` is not understood"), "{found:?}");
    }

    #[test]
    fn a_kind_without_schema_and_a_schema_without_kind_are_seen() {
        let f = Folder::new("kinds");
        f.with("tests/vectors/schema/sse.schema.json", CLOSED).with("tests/vectors/schema/odd.json", "{}");
        f.with("tests/vectors/fit/a.json", "{}");
        let (read, _) = vectors::read(f.path());
        let found = shown(&f, check(f.path(), &read));
        assert_eq!(found.len(), 3, "{found:#?}");
        assert!(found.iter().any(|p| p.contains("kind `fit` has no schema")));
        assert!(found.iter().any(|p| p.contains("kind `sse` has a schema and no vector")));
        assert!(found.iter().any(|p| p.contains("a schema is named <kind>.schema.json")));
    }
}
