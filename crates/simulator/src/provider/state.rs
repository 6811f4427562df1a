//! What the connections of a provider share: the script's progress and the record.
//!
//! Knows plays and the record. Invariants: steps of a model are used in order and the last one repeats, however
//! many connections ask; a model that the script does not name follows `*` on a track of its own; bounded.

use super::play::Play;
use super::record::Log;
use super::script::Script;
use super::step::Step;
use std::collections::HashMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Models with a track of their own; beyond these a model that only `*` names is answered by its last step.
const MAX_TRACKS: usize = 4096;

pub(super) struct Shared {
    state: Mutex<State>,
    /// Signalled after every change that a test may wait for.
    pub(super) changed: Condvar,
    pub(super) accept_delay: Duration,
    pub(super) idle: Option<Duration>,
    pub(super) expose_authorization: bool,
}

pub(super) struct State {
    models: HashMap<String, Track>,
    any: Option<Arc<[Step]>>,
    get: Vec<(String, Track)>,
    pub(super) log: Log,
}

/// One model's way through its steps.
struct Track {
    steps: Arc<[Step]>,
    used: usize,
    /// Plays by step, for plain answers and for streams; made when first needed.
    plays: Vec<[Option<Arc<Play>>; 2]>,
}

impl Shared {
    pub(super) fn new(script: Script) -> Shared {
        let mut models = HashMap::new();
        let mut any = None;
        for (name, steps) in script.models {
            let steps: Arc<[Step]> = steps.into();
            if name == "*" {
                any = Some(steps);
            } else {
                models.insert(name, Track::new(steps));
            }
        }
        let get = script.get.into_iter().map(|(path, steps)| (path, Track::new(steps.into()))).collect();
        Shared {
            state: Mutex::new(State { models, any, get, log: Log::new(script.record) }),
            changed: Condvar::new(),
            accept_delay: script.accept_delay,
            idle: script.idle,
            expose_authorization: script.expose_authorization,
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until `found` finds something, at most `limit`.
    pub(super) fn wait<T>(&self, limit: Duration, mut found: impl FnMut(&State) -> Option<T>) -> Option<T> {
        let deadline = std::time::Instant::now() + limit;
        let mut state = self.state();
        loop {
            if let Some(value) = found(&state) {
                return Some(value);
            }
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return None;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl State {
    /// The play for the next request for `model`.
    pub(super) fn next_for_model(&mut self, model: &str, stream: bool) -> Arc<Play> {
        if !self.models.contains_key(model) {
            let Some(any) = &self.any else {
                return Arc::new(Play::refusal(400, &format!("{model} is not a valid model ID")));
            };
            if self.models.len() >= MAX_TRACKS {
                let last = &any[any.len() - 1];
                return Arc::new(Play::of(last, model, stream));
            }
            self.models.insert(model.to_owned(), Track::new(any.clone()));
        }
        match self.models.get_mut(model) {
            Some(track) => track.next(model, stream),
            None => Arc::new(Play::refusal(500, "no step")),
        }
    }

    /// The play for the next GET of `path`.
    pub(super) fn next_for_path(&mut self, path: &str) -> Arc<Play> {
        match self.get.iter_mut().find(|(suffix, _)| path.ends_with(suffix.as_str())) {
            Some((_, track)) => track.next("", false),
            None => Arc::new(Play::refusal(404, "Not Found")),
        }
    }
}

impl Track {
    fn new(steps: Arc<[Step]>) -> Track {
        let plays = steps.iter().map(|_| [None, None]).collect();
        Track { steps, used: 0, plays }
    }

    fn next(&mut self, model: &str, stream: bool) -> Arc<Play> {
        let i = self.used.min(self.steps.len() - 1);
        self.used += 1;
        let step = &self.steps[i];
        self.plays[i][usize::from(stream)]
            .get_or_insert_with(|| Arc::new(Play::of(step, model, stream)))
            .clone()
    }
}
