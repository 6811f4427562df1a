//! A stream's pieces between the call that brings them and the reader that takes them one by one.
//!
//! Knows calls. Must not know any interpreter. Invariants: pieces keep their order whoever pulls; a wait that is given
//! up loses nothing; a failure is told once, then the stream is over; in a forked child a stream of the parent is
//! closed; no lock is held across a wait but the pullers' own.

use crate::{Call, Delta, Failure, Finished, runtime};
use resilient_completion::engine::error::{Error, Kind};
use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The reader's side of a call.
pub struct Pieces {
    call: Call,
    generation: u64,
    arrived: Mutex<Arrived>,
    /// One puller at a time; the next finds what the first brought.
    pulling: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Arrived {
    pieces: VecDeque<Delta>,
    over: bool,
    failure: Option<Failure>,
}

/// What there is for a reader.
pub enum Step {
    /// The next piece.
    Piece(Delta),
    /// The end.
    End,
    /// What ended the stream.
    Failed(Failure),
    /// Nothing yet: [`Pieces::fill`] waits for it.
    Wait,
}

impl Pieces {
    /// The pieces of `call`.
    #[must_use]
    pub fn of(call: Call) -> Pieces {
        let generation = runtime::generation();
        Pieces { call, generation, arrived: Mutex::default(), pulling: tokio::sync::Mutex::default() }
    }

    /// The call itself.
    #[must_use]
    pub fn call(&self) -> &Call {
        &self.call
    }

    /// What is here, without waiting.
    #[must_use]
    pub fn step(&self) -> Step {
        if self.is_of_the_parent() {
            return Step::Failed(closed("the stream was under way when the process was forked"));
        }
        let mut arrived = self.arrived();
        if !arrived.has_news()
            && let Ok(_turn) = self.pulling.try_lock()
            && let Some(batch) = self.call.try_pull()
        {
            arrived.take_in(batch);
        }
        if let Some(piece) = arrived.pieces.pop_front() {
            return Step::Piece(piece);
        }
        if let Some(failure) = arrived.failure.take() {
            arrived.over = true;
            return Step::Failed(failure);
        }
        if arrived.over { Step::End } else { Step::Wait }
    }

    /// Waits until [`Pieces::step`] has something to say.
    pub async fn fill(&self) {
        if self.is_of_the_parent() {
            // Whoever held the turn or a lock at the fork holds it for ever here.
            return;
        }
        let _turn = self.pulling.lock().await;
        if !self.arrived().has_news() {
            let batch = self.call.pull().await;
            self.arrived().take_in(batch);
        }
    }

    /// The answer, after the good end.
    #[must_use]
    pub fn completion(&self) -> Option<Finished> {
        self.call.completion()
    }

    /// Ends the call now; a later step fails unless the end had been reached.
    pub fn close(&self) {
        if self.is_of_the_parent() {
            return;
        }
        let mut arrived = self.arrived();
        if !arrived.over {
            *arrived = Arrived { failure: Some(closed("the stream was closed")), ..Arrived::default() };
        }
        drop(arrived);
        self.call.cancel();
    }

    /// Whether nobody read it to its end, closed it or saw it fail.
    #[must_use]
    pub fn unread(&self) -> bool {
        !self.is_of_the_parent() && {
            let arrived = self.arrived();
            !arrived.over && arrived.failure.is_none()
        }
    }

    fn is_of_the_parent(&self) -> bool {
        self.generation != runtime::generation()
    }

    fn arrived(&self) -> MutexGuard<'_, Arrived> {
        self.arrived.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Arrived {
    fn has_news(&self) -> bool {
        self.over || self.failure.is_some() || !self.pieces.is_empty()
    }

    fn take_in(&mut self, batch: Result<Option<Vec<Delta>>, Failure>) {
        match batch {
            // Closed while this was on its way.
            _ if self.over || self.failure.is_some() => {}
            Ok(Some(pieces)) => self.pieces.extend(pieces),
            Ok(None) => self.over = true,
            Err(failure) => self.failure = Some(failure),
        }
    }
}

fn closed(what: &str) -> Failure {
    Error::new(Kind::Closed, what).into()
}
