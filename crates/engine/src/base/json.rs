//! JSON text that is carried, not understood.
//!
//! A request's fields travel as the bytes in which the caller's language wrote them: unknown fields pass
//! untouched, big integers keep their digits, a 20 MB image is not copied. Invariants: a [`RawJson`] is one
//! whole JSON value in UTF-8; cloning shares the bytes.

use bytes::Bytes;
use core::fmt;
use serde::Serialize;
use serde_json::Value;

/// One JSON value as text; a cheap handle on shared bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Bytes);

impl RawJson {
    /// Takes bytes that are known to be one JSON value (a slice that a JSON parser delimited).
    #[must_use]
    pub fn trusted(bytes: Bytes) -> RawJson {
        RawJson(bytes)
    }

    /// Checks that `bytes` are one JSON value.
    pub fn parse(bytes: Bytes) -> Result<RawJson, serde_json::Error> {
        let _: &serde_json::value::RawValue = serde_json::from_slice(&bytes)?;
        Ok(RawJson(bytes))
    }

    /// Serialises a value. Fails only where `serde_json` does: keys that are not strings.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<RawJson, serde_json::Error> {
        serde_json::to_vec(value).map(|v| RawJson(Bytes::from(v)))
    }

    /// The text.
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        &self.0
    }

    /// The text as `str`; empty if the invariant was broken, which no caller here does.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or("")
    }

    /// Reads it into a value.
    pub fn read<'a, T: serde::Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.0)
    }

    /// Reads it into a tree; `Null` if the invariant was broken.
    #[must_use]
    pub fn value(&self) -> Value {
        self.read().unwrap_or(Value::Null)
    }

    /// Whether it is the literal `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.0.as_ref() == b"null"
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Content may be a prompt: only its size is shown.
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

impl Serialize for RawJson {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let raw: &serde_json::value::RawValue =
            serde_json::from_slice(&self.0).map_err(serde::ser::Error::custom)?;
        raw.serialize(s)
    }
}
