//! The machine's states and the moves between them, as a table.
//!
//! Knows nothing else. Invariants: the machine makes no move that is not in [`TABLE`] (a debug build stops if it does);
//! the simulator must visit every row.

/// Where a call stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum State {
    /// Made, not begun.
    New,
    /// An attempt is out, nothing came back.
    Sent,
    /// An attempt's head came; nothing was delivered.
    Answering,
    /// Pieces were delivered: the point of no return.
    Delivering,
    /// No attempt is out; a retry is due later.
    Waiting,
    /// Over.
    Done,
}

/// Why a call moves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Cause {
    /// A request goes to the first or next link.
    Send,
    /// Status and headers came.
    Head,
    /// The first piece is delivered.
    Commit,
    /// An attempt failed and the same link will be asked later.
    Wait,
    /// The wait is over.
    Retry,
    /// An attempt failed, or the link that was waited for is blocked by now, and another link is asked.
    FallOver,
    /// A stream broke after its first piece and starts afresh.
    Restart,
    /// A good answer is whole.
    Succeed,
    /// Nothing is left to try, or policy or the deadline ends it.
    Fail,
    /// The caller ends it.
    Cancel,
}

/// Every move.
pub const TABLE: &[(State, Cause, State)] = &[
    (State::New, Cause::Send, State::Sent),
    (State::New, Cause::Cancel, State::Done),
    (State::Sent, Cause::Head, State::Answering),
    (State::Sent, Cause::FallOver, State::Sent),
    (State::Sent, Cause::Wait, State::Waiting),
    (State::Sent, Cause::Fail, State::Done),
    (State::Sent, Cause::Cancel, State::Done),
    (State::Answering, Cause::Commit, State::Delivering),
    (State::Answering, Cause::FallOver, State::Sent),
    (State::Answering, Cause::Wait, State::Waiting),
    (State::Answering, Cause::Succeed, State::Done),
    (State::Answering, Cause::Fail, State::Done),
    (State::Answering, Cause::Cancel, State::Done),
    (State::Delivering, Cause::Succeed, State::Done),
    (State::Delivering, Cause::Restart, State::Sent),
    (State::Delivering, Cause::Wait, State::Waiting),
    (State::Delivering, Cause::Fail, State::Done),
    (State::Delivering, Cause::Cancel, State::Done),
    (State::Waiting, Cause::Retry, State::Sent),
    (State::Waiting, Cause::FallOver, State::Sent),
    (State::Waiting, Cause::Fail, State::Done),
    (State::Waiting, Cause::Cancel, State::Done),
];

/// Where a move leads, if the table has it.
#[must_use]
pub fn lead(from: State, cause: Cause) -> Option<State> {
    TABLE.iter().find(|(f, c, _)| *f == from && *c == cause).map(|(_, _, to)| *to)
}
