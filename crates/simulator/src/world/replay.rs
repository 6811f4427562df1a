//! One call a second time: the same events with the same answers of the guards must give the same actions, and so must
//! the same bytes cut in other places.
//!
//! Knows the machine and the witness. Must not know the world. Invariant: nothing of the first run is used but its
//! events and the guards' answers.

use super::WALL;
use super::digest::Digest;
use super::witness::{Asked, Echo};
use bytes::Bytes;
use resilient_completion_engine::base::Instant;
use resilient_completion_engine::call::{Action, Call, Event};
use resilient_completion_engine::plan::Plan;

/// What happened to one call.
pub(super) struct Recording {
    start: Instant,
    plan: Plan,
    seed: u64,
    events: Vec<(Instant, Event)>,
    said: Vec<Asked>,
    digest: Digest,
}

/// How the bytes of the second run are cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    AsBefore,
    SingleBytes,
    Halves,
}

impl Recording {
    pub(super) fn new(start: Instant, plan: Plan, seed: u64) -> Recording {
        Recording { start, plan, seed, events: Vec::new(), said: Vec::new(), digest: Digest::default() }
    }

    pub(super) fn event(&mut self, now: Instant, event: &Event) {
        self.events.push((now, event.clone()));
    }

    pub(super) fn said(&mut self, said: Vec<Asked>) {
        self.said.extend(said);
    }

    pub(super) fn action(&mut self, now: Instant, action: &Action) {
        self.digest.action(0, now, action);
    }

    /// Plays the call again, three times over; what differed.
    pub(super) fn play_again(self) -> Result<(), String> {
        for cut in [Cut::AsBefore, Cut::SingleBytes, Cut::Halves] {
            let mut echo = Echo::new(&self.said);
            let mut call = Call::new(self.start, WALL, self.plan.clone(), self.seed);
            let mut digest = Digest::default();
            let mut feed = |now, event| {
                call.handle(now, event, &mut echo);
                while let Some(action) = call.poll_action() {
                    digest.action(0, now, &action);
                }
            };
            for (now, event) in &self.events {
                match event {
                    Event::Bytes { attempt, bytes } => {
                        for bytes in pieces(bytes, cut) {
                            feed(*now, Event::Bytes { attempt: *attempt, bytes });
                        }
                    }
                    other => feed(*now, other.clone()),
                }
            }
            if let Some(astray) = echo.astray {
                return Err(format!("{cut:?}: {astray}"));
            }
            if digest != self.digest || !echo.is_done() {
                return Err(format!("{cut:?}: other actions than before"));
            }
        }
        Ok(())
    }
}

fn pieces(bytes: &Bytes, cut: Cut) -> Vec<Bytes> {
    match cut {
        Cut::AsBefore => vec![bytes.clone()],
        Cut::SingleBytes => (0..bytes.len()).map(|i| bytes.slice(i..=i)).collect(),
        Cut::Halves => vec![bytes.slice(..bytes.len() / 2), bytes.slice(bytes.len() / 2..)],
    }
}
