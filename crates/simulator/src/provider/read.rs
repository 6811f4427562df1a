//! Reading JSON with errors that name the path and the nearest valid word.
//!
//! Knows JSON values. Must not know what a script means. Invariants: a key that no reader asked for is an error;
//! `null` reads as "not set".

use resilient_completion_engine::base::words;
use resilient_completion_engine::error::Error;
use serde_json::{Map, Value};
use std::time::Duration;

/// Longest time a script may name: a day.
const LONGEST: f64 = 86_400.0;

/// One JSON object being read key by key.
pub(super) struct Fields<'a> {
    path: String,
    map: &'a Map<String, Value>,
    known: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    /// The object at `path`.
    pub(super) fn of(value: &'a Value, path: &str) -> Result<Fields<'a>, Error> {
        match value {
            Value::Object(map) => Ok(Fields { path: path.to_owned(), map, known: Vec::new() }),
            other => Err(wrong(path, "an object", other)),
        }
    }

    /// The path of `key`.
    pub(super) fn path(&self, key: &str) -> String {
        join(&self.path, key)
    }

    /// The value of `key` even if it is `null`.
    pub(super) fn raw(&mut self, key: &'static str) -> Option<&'a Value> {
        self.known.push(key);
        self.map.get(key)
    }

    /// The value of `key`, unless it is missing or `null`.
    pub(super) fn get(&mut self, key: &'static str) -> Option<&'a Value> {
        self.raw(key).filter(|v| !v.is_null())
    }

    /// The value of `key`, read by `read`.
    pub(super) fn read<T>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&'a Value, &str) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let path = self.path(key);
        self.get(key).map(|v| read(v, &path)).transpose()
    }

    /// Fails if the object has a key that nobody read.
    pub(super) fn done(self) -> Result<(), Error> {
        match self.map.keys().find(|k| !self.known.contains(&k.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(unknown_word(&self.path(unknown), unknown, "key", &self.known)),
        }
    }
}

/// `path.key`, or `key` at the top.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The error for a word that is none of `known`.
pub(super) fn unknown_word(path: &str, word: &str, what: &str, known: &[&'static str]) -> Error {
    let hint = match words::nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("valid: {}", known.join(", ")),
    };
    Error::config(path, format!("unknown {what} \"{word}\"; {hint}"))
}

/// The error for a value of the wrong type.
pub(super) fn wrong(path: &str, wanted: &str, got: &Value) -> Error {
    let got = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    let path = if path.is_empty() { "script" } else { path };
    Error::config(path, format!("must be {wanted}, not {got}"))
}

/// Seconds, zero or more.
pub(super) fn seconds(value: &Value, path: &str) -> Result<Duration, Error> {
    match value.as_f64() {
        Some(s) if (0.0..=LONGEST).contains(&s) => Ok(Duration::from_secs_f64(s)),
        Some(_) => Err(Error::config(path, "must be between 0 and 86400 seconds")),
        None => Err(wrong(path, "a number of seconds", value)),
    }
}

/// A whole number in `low..=high`.
pub(super) fn whole(low: u64, high: u64) -> impl Fn(&Value, &str) -> Result<u64, Error> {
    move |value, path| match value.as_u64() {
        Some(n) if (low..=high).contains(&n) => Ok(n),
        _ if value.is_number() => {
            Err(Error::config(path, format!("must be a whole number from {low} to {high}")))
        }
        _ => Err(wrong(path, "a whole number", value)),
    }
}

/// A string.
pub(super) fn text(value: &Value, path: &str) -> Result<String, Error> {
    value.as_str().map(str::to_owned).ok_or_else(|| wrong(path, "a string", value))
}

/// `true` or `false`.
pub(super) fn flag(value: &Value, path: &str) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| wrong(path, "true or false", value))
}

/// A list, item by item.
pub(super) fn list<T>(
    value: &Value,
    path: &str,
    read: impl Fn(&Value, &str) -> Result<T, Error>,
) -> Result<Vec<T>, Error> {
    let items = value.as_array().ok_or_else(|| wrong(path, "a list", value))?;
    items.iter().enumerate().map(|(i, item)| read(item, &format!("{path}[{i}]"))).collect()
}
