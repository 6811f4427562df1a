//! The closed list of event names.
//!
//! Knows nothing else. Invariant: every name occurs in at least one vector (`cargo xtask check`).

use crate::base::Duration;
use serde::{Serialize, Serializer};

/// What can stand in a trace.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum EventName {
    /// The candidates were chosen.
    Planned,
    /// A link was left out; the note says why.
    Skipped,
    /// A setting or field that a person should look at.
    Warned,
    /// An attempt was sent.
    Sent,
    /// All links were cooling or open; the least bad was asked all the same.
    Forced,
    /// Status and headers came.
    Head,
    /// The first content came.
    FirstContent,
    /// An attempt gave a good answer.
    Answered,
    /// An attempt failed; the note is the kind and the rule.
    Failed,
    /// The next link is asked.
    FellOver,
    /// The same link will be asked again; the note says after how long.
    Waiting,
    /// No retry token was left, so the link is not asked again.
    OutOfTokens,
    /// The server asked to be left alone for a while.
    Cooled,
    /// A link is passed over after a failure that it shares; the note says why.
    PassedOver,
    /// A stream broke after its first piece; a fresh answer begins.
    Restarted,
    /// A stream broke after its first piece, and the call ends with that.
    Interrupted,
    /// The caller ended the call.
    Cancelled,
    /// The call is over.
    Finished,
}

/// Every name with its word.
pub const NAMES: [(EventName, &str); 18] = [
    (EventName::Planned, "planned"),
    (EventName::Skipped, "skipped"),
    (EventName::Warned, "warned"),
    (EventName::Sent, "sent"),
    (EventName::Forced, "forced"),
    (EventName::Head, "head"),
    (EventName::FirstContent, "first_content"),
    (EventName::Answered, "answered"),
    (EventName::Failed, "failed"),
    (EventName::FellOver, "fell_over"),
    (EventName::Waiting, "waiting"),
    (EventName::OutOfTokens, "out_of_tokens"),
    (EventName::Cooled, "cooled"),
    (EventName::PassedOver, "passed_over"),
    (EventName::Restarted, "restarted"),
    (EventName::Interrupted, "interrupted"),
    (EventName::Cancelled, "cancelled"),
    (EventName::Finished, "finished"),
];

impl EventName {
    /// The word in the JSON of a trace.
    #[must_use]
    pub fn word(self) -> &'static str {
        NAMES[self as usize].1
    }
}

impl Serialize for EventName {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.word())
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TraceEvent {
    /// Since the start of the call, in seconds in the JSON.
    #[serde(serialize_with = "super::record::seconds")]
    pub at: Duration,
    /// What.
    pub name: EventName,
    /// Which attempt, by its index.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// A few words for a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_in_the_order_of_the_enum() {
        for (i, (name, word)) in super::NAMES.iter().enumerate() {
            assert_eq!(*name as usize, i, "{word}");
        }
    }
}
