//! Reading options strictly: every error names the path and the nearest valid word.
//!
//! Knows JSON values and errors. Must not know which options exist. Invariant: values are never quoted, only types
//! and the words of closed lists, since an option may hold a secret.

use crate::base::{Duration, words};
use crate::error::Error;
use serde_json::{Map, Value};

/// Joins a path and a key.
#[must_use]
pub fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// The error for a key that does not exist.
#[must_use]
pub fn unknown(path: &str, key: &str, known: &[&str]) -> Error {
    // A key may be a mistyped secret; only short plain words are repeated.
    let shown = if key.len() <= 40 && key.chars().all(|c| c.is_alphanumeric() || "_-. ".contains(c)) {
        key
    } else {
        "(key)"
    };
    let hint = match words::nearest(key, known.iter().copied()) {
        Some(word) => format!("did you mean {word:?}?"),
        None => format!("known: {}", known.join(", ")),
    };
    Error::config(join(path, shown), format!("unknown option; {hint}"))
}

/// An object whose keys are all in `known`.
pub fn object<'a>(path: &str, value: &'a Value, known: &[&str]) -> Result<&'a Map<String, Value>, Error> {
    let map = any_object(path, value)?;
    match map.keys().find(|k| !known.contains(&k.as_str())) {
        Some(key) => Err(unknown(path, key, known)),
        None => Ok(map),
    }
}

/// An object with any keys.
pub fn any_object<'a>(path: &str, value: &'a Value) -> Result<&'a Map<String, Value>, Error> {
    value.as_object().ok_or_else(|| wrong(path, "an object", value))
}

/// An array.
pub fn array<'a>(path: &str, value: &'a Value) -> Result<&'a [Value], Error> {
    value.as_array().map(Vec::as_slice).ok_or_else(|| wrong(path, "an array", value))
}

/// A string.
pub fn text<'a>(path: &str, value: &'a Value) -> Result<&'a str, Error> {
    value.as_str().ok_or_else(|| wrong(path, "a string", value))
}

/// A string that is not blank.
pub fn word<'a>(path: &str, value: &'a Value) -> Result<&'a str, Error> {
    let t = text(path, value)?;
    if t.trim().is_empty() { Err(Error::config(path, "must not be empty")) } else { Ok(t) }
}

/// `true` or `false`.
pub fn boolean(path: &str, value: &Value) -> Result<bool, Error> {
    value.as_bool().ok_or_else(|| wrong(path, "true or false", value))
}

/// A time in seconds, more than zero.
pub fn seconds(path: &str, value: &Value) -> Result<Duration, Error> {
    let n = value.as_f64().ok_or_else(|| wrong(path, "a number of seconds", value))?;
    match Duration::from_secs_f64(n) {
        Some(d) if d > Duration::ZERO => Ok(d),
        _ => Err(Error::config(path, "must be a number of seconds greater than zero")),
    }
}

/// A whole number within `min..=max`.
pub fn integer(path: &str, value: &Value, min: u64, max: u64) -> Result<u64, Error> {
    let whole = value.as_u64().or_else(|| {
        // 3.0 is three in JavaScript.
        value.as_f64().filter(|f| f.fract() == 0.0 && *f >= 0.0 && *f < 9e15).map(|f| f as u64)
    });
    match whole {
        Some(n) if (min..=max).contains(&n) => Ok(n),
        Some(_) => Err(Error::config(path, format!("must be between {min} and {max}"))),
        None if value.is_number() => {
            Err(Error::config(path, format!("must be a whole number between {min} and {max}")))
        }
        None => Err(wrong(path, "a whole number", value)),
    }
}

/// One of a closed list of words.
pub fn one_of<T: Copy>(path: &str, value: &Value, words_: &[(&str, T)]) -> Result<T, Error> {
    let given = text(path, value)?;
    if let Some((_, v)) = words_.iter().find(|(w, _)| *w == given) {
        return Ok(*v);
    }
    let known: Vec<&str> = words_.iter().map(|(w, _)| *w).collect();
    let hint = match words::nearest(given, known.iter().copied()) {
        Some(word) => format!("did you mean {word:?}?"),
        None => format!("one of: {}", known.join(", ")),
    };
    Err(Error::config(path, format!("not a valid word; {hint}")))
}

/// The error for a value of the wrong type.
#[must_use]
pub fn wrong(path: &str, wanted: &str, value: &Value) -> Error {
    let got = match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::config(path, format!("must be {wanted}, not {got}"))
}
