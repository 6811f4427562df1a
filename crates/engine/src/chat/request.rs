//! A request: its fields, in order, as the caller's own JSON text.
//!
//! Knows the table of fields. Must not know endpoints, links or policy. Invariants: what is in here has passed
//! the checks (`set` is for values that the engine makes itself); a field's bytes are a slice of the caller's
//! text, never a copy; `null` at the top means "not set"; order is the caller's.

use super::check;
use super::cursor::{Checked, Cursor, Fault, Kind, fault};
use super::fields::{REQUEST, request_field};
use crate::base::RawJson;
use crate::error::Error;
use bytes::Bytes;
use std::borrow::Cow;

/// A request that has been checked.
#[derive(Clone, Debug, PartialEq)]
pub struct ChatRequest {
    fields: Vec<(Cow<'static, str>, RawJson)>,
}

impl ChatRequest {
    /// Reads a JSON object. `messages` may be a string, which means one user message.
    ///
    /// # Errors
    /// `bad_request`, naming the path of the field: not JSON, no messages, a wrong type, a value out of the bounds
    /// that the service documents, a number that is not finite or beyond 2^53 - 1, an unpaired surrogate, nesting
    /// beyond [`super::MAX_DEPTH`], a key given twice at the top.
    pub fn parse(json: Bytes) -> Result<ChatRequest, Error> {
        let fields = read(&json).map_err(|f| refused(&f, ""))?;
        ChatRequest { fields }.finish()
    }

    /// The same from fields that are already apart; each value must be one JSON value.
    ///
    /// # Errors
    /// As [`ChatRequest::parse`].
    pub fn from_fields(fields: Vec<(String, RawJson)>) -> Result<ChatRequest, Error> {
        let mut kept: Vec<(Cow<'static, str>, RawJson)> = Vec::with_capacity(fields.len());
        for (name, value) in fields {
            check_field(&name, &value, "")?;
            let text = value.bytes();
            kept.push((interned(&name), RawJson::trusted(text.slice_ref(text.trim_ascii()))));
        }
        refuse_twice(&kept).map_err(|f| refused(&f, ""))?;
        kept.retain(|(_, value)| !value.is_null());
        ChatRequest { fields: kept }.finish()
    }

    /// The value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&RawJson> {
        self.fields.iter().find(|(n, _)| n == name).map(|(_, v)| v)
    }

    /// Replaces a field in its place, or adds it at the end. The value is not checked: callers pass what they
    /// made, or what [`check_field`] has seen.
    pub fn set(&mut self, name: &str, value: RawJson) {
        match self.fields.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value,
            None => self.fields.push((interned(name), value)),
        }
    }

    /// Takes a field out.
    pub fn remove(&mut self, name: &str) -> Option<RawJson> {
        let at = self.fields.iter().position(|(n, _)| n == name)?;
        Some(self.fields.remove(at).1)
    }

    /// All fields in order.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &RawJson)> {
        self.fields.iter().map(|(n, v)| (n.as_ref(), v))
    }

    /// Checks what no field can say alone, and puts a plain string into a message.
    fn finish(mut self) -> Result<ChatRequest, Error> {
        match self.get("messages") {
            None if self.get("prompt").is_some() => {
                return Err(Error::bad_request(
                    "messages",
                    "is required; `prompt` is the legacy form, and `messages` may be a plain string",
                ));
            }
            None => return Err(Error::bad_request("messages", "is required")),
            Some(text) if text.bytes().as_ref() == b"\"\"" => {
                return Err(Error::bad_request("messages", "must not be empty"));
            }
            Some(text) if text.bytes().starts_with(b"\"") => {
                let mut list = Vec::with_capacity(text.bytes().len() + 32);
                list.extend_from_slice(br#"[{"role":"user","content":"#);
                list.extend_from_slice(text.bytes());
                list.extend_from_slice(b"}]");
                self.set("messages", RawJson::trusted(Bytes::from(list)));
            }
            Some(_) => {}
        }
        self.check_effort()?;
        Ok(self)
    }

    /// `reasoning_effort` is a shorthand and must not differ from what it is short for.
    fn check_effort(&self) -> Result<(), Error> {
        let short: Option<Cow<'_, str>> = self.get("reasoning_effort").and_then(|e| e.read().ok());
        let long = self.get("reasoning").and_then(|r| r.read::<Reasoning<'_>>().ok()).and_then(|r| r.effort);
        match (short, long) {
            (Some(short), Some(long)) if short != long => Err(Error::bad_request(
                "reasoning_effort",
                "differs from `reasoning.effort`; set one of them",
            )),
            _ => Ok(()),
        }
    }
}

/// What is checked together within `reasoning`.
#[derive(serde::Deserialize)]
struct Reasoning<'a> {
    #[serde(borrow, default)]
    effort: Option<Cow<'a, str>>,
    #[serde(default)]
    max_tokens: Option<f64>,
}

/// Checks one field's value, for a link that overrides it: `path` is what stands before the name, such as
/// `chain[1]`. Unknown fields are checked for what no JSON text can carry, and pass.
///
/// # Errors
/// As [`ChatRequest::parse`].
pub fn check_field(name: &str, value: &RawJson, path: &str) -> Result<(), Error> {
    let mut cursor = Cursor::new(value.as_str());
    field(&mut cursor, name).and_then(|()| cursor.end()).map_err(|f| refused(&f.under_key(name), path))
}

/// Whether the table has a field of that name.
#[must_use]
pub fn known_field(name: &str) -> bool {
    request_field(name).is_some()
}

/// The names of all known fields.
pub fn field_names() -> impl Iterator<Item = &'static str> {
    REQUEST.fields.iter().map(|f| f.name)
}

/// Splits the text into its fields, checking each.
fn read(json: &Bytes) -> Checked<Vec<(Cow<'static, str>, RawJson)>> {
    let Ok(text) = core::str::from_utf8(json) else {
        return fault("not valid JSON: the text is not UTF-8");
    };
    let mut cursor = Cursor::new(text);
    match cursor.kind()? {
        Kind::Object => {}
        other => return fault(format!("expected an object, got {}", other.said())),
    }
    let mut fields = Vec::with_capacity(16);
    cursor.object(|c, key| {
        let name = key.read();
        c.kind()?;
        let start = c.at();
        field(c, &name)?;
        fields.push((interned(&name), RawJson::trusted(json.slice(start..c.at()))));
        Ok(())
    })?;
    cursor.end()?;
    refuse_twice(&fields)?;
    fields.retain(|(_, value)| !value.is_null());
    Ok(fields)
}

/// Reads past the value of a field of the request.
fn field(c: &mut Cursor<'_>, name: &str) -> Checked {
    let Some(field) = request_field(name) else { return c.any() };
    if c.kind()? == Kind::Null {
        return c.literal();
    }
    let start = c.at();
    check::check(c, &field.ty)?;
    if name == "reasoning"
        && let Ok(reasoning) = serde_json::from_str::<Reasoning<'_>>(c.since(start))
        && reasoning.effort.is_some()
        && reasoning.max_tokens.is_some()
    {
        return fault("set either `effort` or `max_tokens`, not both");
    }
    Ok(())
}

fn interned(name: &str) -> Cow<'static, str> {
    request_field(name).map_or_else(|| Cow::Owned(name.to_owned()), |f| Cow::Borrowed(f.name))
}

fn refuse_twice(fields: &[(Cow<'static, str>, RawJson)]) -> Checked {
    let mut names: Vec<&str> = fields.iter().map(|(n, _)| n.as_ref()).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => fault::<()>("is given twice").map_err(|f| f.under_key(pair[0])),
        None => Ok(()),
    }
}

fn refused(fault: &Fault, prefix: &str) -> Error {
    match fault.path(prefix) {
        whole if whole.is_empty() => Error::bad_request("request", &fault.problem),
        path => Error::bad_request(path, &fault.problem),
    }
}
