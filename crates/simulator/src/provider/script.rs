//! The script of a provider: which model answers what, and how it fails. The keys are described in the crate's README.
//!
//! Knows JSON only. Must not know sockets. Invariant: a script that parses can be played: contradictory keys are
//! errors here, with the path and the nearest valid word.

use super::read::{self, Fields};
use super::step::Step;
use resilient_completion_engine::error::Error;
use serde_json::Value;
use std::time::Duration;

/// Everything that a provider will do.
#[derive(Clone, Debug)]
pub struct Script {
    /// Steps by model id; `*` stands for every other model.
    pub(super) models: Vec<(String, Vec<Step>)>,
    /// Steps by path suffix, for GET.
    pub(super) get: Vec<(String, Vec<Step>)>,
    /// How long an accepted connection is ignored.
    pub(super) accept_delay: Duration,
    /// After how long an unused connection is closed.
    pub(super) idle: Option<Duration>,
    /// Whether recorded requests show the authorization header whole.
    pub(super) expose_authorization: bool,
    /// How many requests are kept for inspection; later ones are only counted.
    pub(super) record: usize,
}

/// How many requests are kept unless the script says otherwise: enough for any test, bounded for a benchmark.
const RECORD: u64 = 10_000;

impl Script {
    /// Reads a script. Every problem is an `Error` of kind `config` whose `field` is the path.
    pub fn parse(json: &[u8]) -> Result<Script, Error> {
        let value = serde_json::from_slice(json)
            .map_err(|e| Error::config("script", format!("is not valid JSON: {e}")))?;
        Script::read(&value)
    }

    /// Reads a script from a JSON value.
    pub fn read(value: &Value) -> Result<Script, Error> {
        let mut f = Fields::of(value, "")?;
        let script = Script {
            models: f.read("models", steps_by_name)?.unwrap_or_default(),
            get: f.read("get", steps_by_name)?.unwrap_or_default(),
            accept_delay: f.read("accept_delay", read::seconds)?.unwrap_or_default(),
            idle: f.read("idle", read::seconds)?,
            expose_authorization: f.read("expose_authorization", read::flag)?.unwrap_or(false),
            record: f.read("record", read::whole(0, 1_000_000))?.unwrap_or(RECORD) as usize,
        };
        f.done()?;
        if script.models.is_empty() && script.get.is_empty() {
            return Err(Error::config(
                "models",
                "a script needs steps for at least one model (\"*\" is any)",
            ));
        }
        Ok(script)
    }
}

fn steps_by_name(value: &Value, path: &str) -> Result<Vec<(String, Vec<Step>)>, Error> {
    let map = value.as_object().ok_or_else(|| read::wrong(path, "an object", value))?;
    let mut tracks = Vec::with_capacity(map.len());
    for (name, value) in map {
        let path = read::join(path, name);
        // One step may stand without its list.
        let steps = if value.is_object() {
            vec![Step::read(value, &path)?]
        } else {
            read::list(value, &path, Step::read)?
        };
        if steps.is_empty() {
            return Err(Error::config(path, "needs at least one step"));
        }
        tracks.push((name.clone(), steps));
    }
    Ok(tracks)
}
