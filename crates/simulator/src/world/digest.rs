//! A running digest of everything that calls did (FNV-1a, 64 bits).
//!
//! Knows actions. Invariant: what differs in any action, its time or its order gives another digest.

use resilient_completion_engine::base::Instant;
use resilient_completion_engine::call::{Action, Verdict};
use resilient_completion_engine::chat::Delta;

/// The digest so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digest(u64);

impl Default for Digest {
    fn default() -> Digest {
        Digest(0xcbf2_9ce4_8422_2325)
    }
}

impl Digest {
    /// As a number.
    #[must_use]
    pub fn value(self) -> u64 {
        self.0
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.0 = (self.0 ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    pub(super) fn number(&mut self, n: u64) {
        self.bytes(&n.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }

    /// Takes an action of a call.
    pub(super) fn action(&mut self, call: u64, now: Instant, action: &Action) {
        self.number(call);
        self.number(now.0);
        match action {
            Action::Send { attempt, request } => {
                self.bytes(b"S");
                self.number(u64::from(*attempt));
                self.text(&request.url);
                request.body.iter().for_each(|piece| self.bytes(piece));
            }
            Action::Abort { attempt } => {
                self.bytes(b"A");
                self.number(u64::from(*attempt));
            }
            Action::Release { attempt } => {
                self.bytes(b"R");
                self.number(u64::from(*attempt));
            }
            Action::Deliver(delta) => self.delta(delta),
            Action::Finish(verdict) => self.verdict(verdict),
        }
    }

    fn delta(&mut self, delta: &Delta) {
        self.bytes(if delta.restarted { b"D!" } else { b"D." });
        self.text(&delta.text);
        self.text(&delta.reasoning);
        for call in &delta.tool_calls {
            self.number(call.index as u64);
            self.text(&call.arguments);
        }
        self.text(delta.finish_reason.as_ref().map_or("", |f| f.word()));
    }

    fn verdict(&mut self, verdict: &Verdict) {
        match verdict {
            Verdict::Answer(success) => {
                self.bytes(b"+");
                self.text(&success.label);
                self.text(&success.answer.text);
            }
            Verdict::Failure(error) => {
                self.bytes(b"-");
                self.text(error.kind.word());
                self.text(error.class_name());
                self.text(&error.message);
                self.text(error.partial.as_ref().map_or("", |p| &p.text));
            }
        }
    }
}
