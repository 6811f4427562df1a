//! The user's own classifier rules: `rules=[{"when": {…}, "kind": …, "scope": …, "retryable": …}]`.
//!
//! Knows evidence. Invariant: strict; an unknown key or word is a configuration error that names its place and
//! the nearest valid word.

use super::Scope;
use super::evidence::Evidence;
use super::rules::Verdict;
use crate::base::words::nearest;
use crate::error::{Error, Kind, kind::TABLE};
use serde_json::{Map, Value};
use std::borrow::Cow;

const KEYS: [&str; 5] = ["name", "when", "kind", "scope", "retryable"];
const CONDITIONS: [&str; 3] = ["status", "word", "text"];
const SCOPES: [(&str, Scope); 4] = [
    ("request", Scope::Request),
    ("model", Scope::Model),
    ("endpoint", Scope::Endpoint),
    ("key", Scope::Key),
];

/// One rule of the user's own. It comes after ours, and a later one beats an earlier one.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnRule {
    name: String,
    status: Vec<u16>,
    words: Vec<String>,
    texts: Vec<String>,
    kind: Kind,
    scope: Scope,
    retryable: Option<bool>,
}

impl OwnRule {
    /// Reads the `rules` option: a list of objects.
    pub fn read_all(option: &Value) -> Result<Vec<OwnRule>, Error> {
        let list = option.as_array().ok_or_else(|| Error::config("rules", "must be a list of rules"))?;
        list.iter().enumerate().map(|(i, v)| OwnRule::read(v, &format!("rules[{i}]"))).collect()
    }

    fn read(v: &Value, at: &str) -> Result<OwnRule, Error> {
        let rule = object(v, at, &KEYS)?;
        let when_at = format!("{at}.when");
        let when = match rule.get("when") {
            Some(w) => object(w, &when_at, &CONDITIONS)?,
            None => {
                return Err(Error::config(
                    when_at,
                    "is required: a rule without a condition matches everything",
                ));
            }
        };
        let own = OwnRule {
            name: match rule.get("name") {
                None | Some(Value::Null) => at.to_owned(),
                Some(Value::String(s)) if !s.is_empty() => s.clone(),
                Some(_) => return Err(Error::config(format!("{at}.name"), "must be a word")),
            },
            status: statuses(when.get("status"), &format!("{when_at}.status"))?,
            words: strings(when.get("word"), &format!("{when_at}.word"))?,
            texts: strings(when.get("text"), &format!("{when_at}.text"))?,
            kind: match rule.get("kind") {
                Some(v) => one_of(v, &format!("{at}.kind"), TABLE.iter().map(|r| (r.word, r.kind)))?,
                None => return Err(Error::config(format!("{at}.kind"), "is required")),
            },
            scope: match rule.get("scope") {
                None | Some(Value::Null) => Scope::Model,
                Some(v) => one_of(v, &format!("{at}.scope"), SCOPES.into_iter())?,
            },
            retryable: match rule.get("retryable") {
                None | Some(Value::Null) => None,
                Some(Value::Bool(b)) => Some(*b),
                Some(_) => return Err(Error::config(format!("{at}.retryable"), "must be true or false")),
            },
        };
        if own.status.is_empty() && own.words.is_empty() && own.texts.is_empty() {
            return Err(Error::config(when_at, "needs at least one of status, word, text"));
        }
        Ok(own)
    }

    pub(super) fn matches(&self, e: &Evidence<'_>) -> bool {
        (self.status.is_empty() || self.status.contains(&e.status))
            && (self.words.is_empty() || self.words.iter().any(|w| e.has_word(w)))
            && (self.texts.is_empty() || self.texts.iter().any(|t| e.has_text(t)))
    }

    pub(super) fn verdict(&self) -> Verdict {
        Verdict {
            kind: self.kind,
            scope: self.scope,
            retryable: self.retryable,
            rule: Cow::Owned(self.name.clone()),
            source: Cow::Borrowed("your rules"),
        }
    }
}

fn object<'a>(v: &'a Value, at: &str, known: &[&str]) -> Result<&'a Map<String, Value>, Error> {
    let o = v.as_object().ok_or_else(|| Error::config(at, "must be an object"))?;
    match o.keys().find(|k| !known.contains(&k.as_str())) {
        Some(k) => Err(Error::config(format!("{at}.{k}"), unknown("key", k, known))),
        None => Ok(o),
    }
}

fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("unknown {what}; did you mean `{near}`?"),
        None => format!("unknown {what}; valid are {}", known.join(", ")),
    }
}

fn one_of<T: Copy>(v: &Value, at: &str, known: impl Iterator<Item = (&'static str, T)>) -> Result<T, Error> {
    let known: Vec<(&str, T)> = known.collect();
    let word = v.as_str().ok_or_else(|| Error::config(at, "must be a word"))?;
    known.iter().find(|(k, _)| *k == word).map(|(_, t)| *t).ok_or_else(|| {
        let words: Vec<&str> = known.iter().map(|(k, _)| *k).collect();
        Error::config(at, unknown("word", word, &words))
    })
}

/// One string or a list of them, lower-cased, since evidence is.
fn strings(v: Option<&Value>, at: &str) -> Result<Vec<String>, Error> {
    let one = |v: &Value| match v.as_str().map(str::trim) {
        Some(s) if !s.is_empty() => Ok(s.to_lowercase()),
        _ => Err(Error::config(at, "must be a text or a list of texts, none empty")),
    };
    match v {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(one).collect(),
        Some(v) => Ok(vec![one(v)?]),
    }
}

fn statuses(v: Option<&Value>, at: &str) -> Result<Vec<u16>, Error> {
    let one = |v: &Value| {
        v.as_u64()
            .and_then(|n| u16::try_from(n).ok())
            .filter(|n| (100..600).contains(n))
            .ok_or_else(|| Error::config(at, "must be an HTTP status or a list of them"))
    };
    match v {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(list)) => list.iter().map(one).collect(),
        Some(v) => Ok(vec![one(v)?]),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    #[test]
    fn mistakes_are_named_with_the_nearest_word() {
        for (rules, field, told) in [
            (json!([{"wen": {}, "kind": "auth"}]), "rules[0].wen", "`when`"),
            (json!([{"when": {"txt": "x"}, "kind": "auth"}]), "rules[0].when.txt", "`text`"),
            (json!([{"when": {"text": "x"}, "kind": "overload"}]), "rules[0].kind", "`overloaded`"),
            (json!([{"when": {"text": "x"}, "kind": "auth", "scope": "keys"}]), "rules[0].scope", "`key`"),
            (json!([{"when": {"status": 9999}, "kind": "auth"}]), "rules[0].when.status", "HTTP status"),
            (json!([{"when": {}, "kind": "auth"}]), "rules[0].when", "at least one"),
            (json!([{"kind": "auth"}]), "rules[0].when", "required"),
            (json!([{"when": {"text": ""}, "kind": "auth"}]), "rules[0].when.text", "empty"),
            (
                json!([{"when": {"text": "x"}, "kind": "auth", "retryable": 1}]),
                "rules[0].retryable",
                "true or false",
            ),
            (json!({"when": {}}), "rules", "list"),
        ] {
            let e = OwnRule::read_all(&rules).unwrap_err();
            assert_eq!((e.kind, e.field.as_deref()), (Kind::Config, Some(field)), "{rules}");
            assert!(e.message.contains(told), "{}", e.message);
        }
    }
}
