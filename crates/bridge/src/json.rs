//! Writing JSON text from values of another language, and saying where one of them has none.
//!
//! Knows JSON and paths. Must not know any interpreter. Invariants: text is copied once; a path is spelt as the engine
//! spells it (`messages[0].content`); it costs nothing where nothing is wrong.

use crate::Failure;
use resilient_completion::engine::error::Error;
use resilient_completion::engine::plan::ask::OPTIONS;
use std::fmt::Display;
use std::io::Write as _;

/// Appends `text` as a JSON string.
pub fn text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    out.reserve(rest.len() + 2);
    out.push(b'"');
    loop {
        let (clean, tail) = rest.split_at(clean_prefix(rest));
        out.extend_from_slice(clean);
        let Some((&special, tail)) = tail.split_first() else { break };
        match special {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', special]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            control => {
                let _ = write!(out, "\\u{control:04x}");
            }
        }
        rest = tail;
    }
    out.push(b'"');
}

/// How many bytes from the start need no escape.
fn clean_prefix(bytes: &[u8]) -> usize {
    // Whole blocks without a branch per byte: the compiler makes vector code of it, and images are megabytes.
    const BLOCK: usize = 64;
    let special = |byte: u8| (byte < 0x20) | (byte == b'"') | (byte == b'\\');
    let clean = |block: &&[u8]| !block.iter().fold(false, |any, b| any | special(*b));
    let clean = bytes.chunks_exact(BLOCK).take_while(clean).count() * BLOCK;
    clean + bytes[clean..].iter().position(|b| special(*b)).unwrap_or(bytes.len() - clean)
}

/// Why a value has no JSON text, and where it stands.
pub struct Fault {
    path: String,
    problem: String,
}

impl Fault {
    /// About the value itself.
    #[must_use]
    pub fn new(problem: impl Display) -> Fault {
        Fault { path: String::new(), problem: problem.to_string() }
    }

    /// The same, seen from the object or list that holds the value: `step` is a key or `[index]`.
    #[must_use]
    pub fn under(self, step: impl Display) -> Fault {
        let dot = if self.path.is_empty() || self.path.starts_with('[') { "" } else { "." };
        Fault { path: format!("{step}{dot}{}", self.path), problem: self.problem }
    }

    /// The failure of a call: about our options, or about the request.
    #[must_use]
    pub fn in_call(self) -> Failure {
        let top = self.path.split(['.', '[']).next().unwrap_or_default();
        if OPTIONS.contains(&top) {
            return self.in_options();
        }
        Error::bad_request(self.path, self.problem).into()
    }

    /// The failure of a construction.
    #[must_use]
    pub fn in_options(self) -> Failure {
        Error::config(self.path, self.problem).into()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn every_byte_at_every_place_reads_back() {
        for control in (0..0x21u8).chain([b'"', b'\\', 0x7f]) {
            for place in [0, 1, 62, 63, 64, 65, 127, 128, 200] {
                let mut said = "ä".repeat(100);
                said.insert(2 * (place / 2), char::from(control));
                let mut out = Vec::new();
                text(&mut out, &said);
                assert_eq!(serde_json::from_slice::<String>(&out).unwrap(), said);
            }
        }
    }

    #[test]
    fn paths_name_keys_and_places() {
        let fault = || Fault::new("is odd").under("content").under("[0]");
        assert_eq!(fault().under("messages").in_call().error.message, "messages[0].content: is odd");
        assert_eq!(fault().under("messages").in_call().error.kind.word(), "bad_request");
        assert_eq!(fault().under("chain").in_call().error.kind.word(), "config");
    }
}
