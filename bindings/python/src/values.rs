//! Python objects to one JSON text, written directly.
//!
//! Knows Python's types and JSON. Must not know which fields exist or what they mean: the engine checks that.
//! Invariants: an accepted object becomes exactly one JSON value; a refused one is named by its path
//! (`messages[0].content`); the text of a string is copied once, from the interpreter's buffer into the output; no Python
//! code runs except `to_dict`, `model_dump` and mappings of the caller's own.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::*;
use resilient_completion_bridge::json::{self, Fault};
use std::fmt::Display;
use std::io::Write as _;

/// Deeper than any request; a structure that contains itself ends here too.
const MAX_DEPTH: usize = 128;

type Done = Result<(), Fault>;
type Any<'py> = Bound<'py, PyAny>;

/// One flat JSON object of keyword arguments. A `None` at the top means "not set" and is left out.
pub(crate) fn object(messages: Option<&Any<'_>>, keywords: &Bound<'_, PyDict>) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(512);
    out.push(b'{');
    if let Some(messages) = messages {
        member(&mut out, "messages", messages, 1)?;
    }
    for (key, value) in keywords.iter().filter(|(_, value)| !value.is_none()) {
        member(&mut out, utf8(key.cast().map_err(Fault::new)?)?, &value, 1)?;
    }
    out.push(b'}');
    Ok(out)
}

fn member(out: &mut Vec<u8>, key: &str, value: &Any<'_>, depth: usize) -> Done {
    if out.last() != Some(&b'{') {
        out.push(b',');
    }
    json::text(out, key);
    out.push(b':');
    write(out, value, depth).map_err(|f| f.under(key))
}

fn write(out: &mut Vec<u8>, value: &Any<'_>, depth: usize) -> Done {
    if depth > MAX_DEPTH {
        return refuse(format_args!("nested deeper than {MAX_DEPTH} levels, or refers to itself"));
    }
    if let Ok(text) = value.cast::<PyString>() {
        json::text(out, utf8(text)?);
    } else if value.is_none() {
        out.extend_from_slice(b"null");
    } else if let Ok(truth) = value.cast::<PyBool>() {
        out.extend_from_slice(if truth.is_true() { b"true" } else { b"false" });
    } else if let Ok(dict) = value.cast::<PyDict>() {
        pairs(out, dict.iter().map(Ok), depth)?;
    } else if let Ok(list) = value.cast::<PyList>() {
        items(out, list.iter(), depth)?;
    } else if let Ok(tuple) = value.cast::<PyTuple>() {
        items(out, tuple.iter(), depth)?;
    } else if let Ok(number) = value.cast::<PyInt>() {
        integer(out, number)?;
    } else if let Ok(number) = value.cast::<PyFloat>() {
        if !number.value().is_finite() {
            return refuse(format_args!("{} is not a number that JSON can hold", number.value()));
        }
        // The shortest digits that read back the same, an exponent where it is shorter; both are JSON.
        let _ = write!(out, "{:?}", number.value());
    } else {
        other(out, value, depth)?;
    }
    Ok(())
}

fn items<'py>(out: &mut Vec<u8>, items: impl Iterator<Item = Any<'py>>, depth: usize) -> Done {
    out.push(b'[');
    for (i, item) in items.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        write(out, &item, depth + 1).map_err(|f| f.under(format_args!("[{i}]")))?;
    }
    out.push(b']');
    Ok(())
}

type Pair<'py> = (Any<'py>, Any<'py>);

fn pairs<'py>(out: &mut Vec<u8>, pairs: impl Iterator<Item = PyResult<Pair<'py>>>, depth: usize) -> Done {
    out.push(b'{');
    for pair in pairs {
        let (key, value) = pair.map_err(unreadable)?;
        match key.cast() {
            Ok(key) => member(out, utf8(key)?, &value, depth + 1)?,
            Err(_) => return refuse(format_args!("a key is {}, not a string", kind_of(&key))),
        }
    }
    out.push(b'}');
    Ok(())
}

fn integer(out: &mut Vec<u8>, number: &Bound<'_, PyInt>) -> Done {
    if let Ok(small) = number.extract::<i64>() {
        let _ = write!(out, "{small}");
        return Ok(());
    }
    let py = number.py();
    // Of the base type: an IntEnum's own would give its name. Fails beyond the interpreter's limit of digits.
    let digits =
        py.get_type::<PyInt>().call_method1(intern!(py, "__repr__"), (number,)).map_err(unreadable)?;
    out.extend_from_slice(utf8(digits.cast().map_err(Fault::new)?)?.as_bytes());
    Ok(())
}

/// Whatever describes itself as a dict: our own answers, pydantic models, other mappings.
fn other(out: &mut Vec<u8>, value: &Any<'_>, depth: usize) -> Done {
    let py = value.py();
    if value.is_instance_of::<PyBytes>() || value.is_instance_of::<PyByteArray>() {
        return refuse("bytes have no place in JSON; decode text, or send a file as a base64 data URL");
    }
    let method = |name| value.getattr(name).ok().filter(|_| !value.is_instance_of::<PyType>());
    // Read one level deeper although nothing is written: what describes itself as itself must end.
    if let Some(to_dict) = method(intern!(py, "to_dict")) {
        return write(out, &to_dict.call0().map_err(unreadable)?, depth + 1);
    }
    if let Some(model_dump) = method(intern!(py, "model_dump")) {
        // Unset optional fields of a model are noise on the wire; its defaults are meant.
        let how = PyDict::new(py);
        let set = how.set_item("mode", "json").and_then(|()| how.set_item("exclude_none", true));
        return write(
            out,
            &set.and_then(|()| model_dump.call((), Some(&how))).map_err(unreadable)?,
            depth + 1,
        );
    }
    if let Ok(mapping) = value.cast::<PyMapping>() {
        return pairs(out, mapping.items().map_err(unreadable)?.iter().map(|pair| pair.extract()), depth);
    }
    refuse(format_args!("{} has no place in JSON", kind_of(value)))
}

fn utf8<'a>(text: &'a Bound<'_, PyString>) -> Result<&'a str, Fault> {
    text.to_str().map_err(|e| {
        let at = e.value(text.py()).getattr("start").map_or_else(|_| "?".to_owned(), |at| at.to_string());
        Fault::new(format_args!("holds a lone surrogate at position {at}, which is not text"))
    })
}

fn kind_of(value: &Any<'_>) -> String {
    value.get_type().name().map_or_else(|_| "an object".to_owned(), |name| name.to_string())
}

fn unreadable(error: PyErr) -> Fault {
    Fault::new(format_args!("cannot be read: {error}"))
}

fn refuse(problem: impl Display) -> Done {
    Err(Fault::new(problem))
}
