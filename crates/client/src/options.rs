//! Constructor options of a client, and what the environment adds.
//!
//! Knows the engine's option readers and environment variables. Must not send. Invariants: unknown options are errors
//! with the nearest valid word; an option that would do nothing is an error; keys never stand in a message.

use resilient_completion_engine::base::Secret;
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::error::Error;
use resilient_completion_engine::outcome::{OwnRule, Rules};
use resilient_completion_engine::plan::{Defaults, Endpoint, Link, Policy, endpoint, read};
use serde_json::Value;
use std::sync::Arc;

/// Everything a client is made of.
pub(crate) struct Options {
    /// Endpoints, chain, policy, catalogue.
    pub(crate) defaults: Defaults,
    /// Whether guards are shared with all clients of the process.
    pub(crate) shared_guards: bool,
}

const KEYS: &[&str] = &[
    "api_key",
    "base_url",
    "app_url",
    "app_name",
    "headers",
    "endpoints",
    "chain",
    "capabilities",
    "policy",
    "guards",
    "rules",
    "timeout",
];

/// Options of the public surface that arrive with later versions: named here so that they are refused with a reason
/// and never accepted and inert.
const LATER: &[&str] = &["tiers", "budgets", "ledger", "catalog", "hooks", "logger", "config"];

/// Names a configuration file: refused like the option, for settings that are not read are found out too late.
const CONFIG: &str = "RESILIENT_COMPLETION_CONFIG";

impl Options {
    /// Reads options as JSON with the keys of the public surface; `env` looks up environment variables.
    ///
    /// # Errors
    /// `config` with the path of what is wrong.
    pub(crate) fn read(
        json: &Value,
        env: &dyn Fn(&str) -> Option<String>,
        key_slot: &dyn Fn(&Secret<String>) -> u32,
    ) -> Result<Options, Error> {
        let map = read::any_object("", json)?;
        for (key, value) in map {
            if LATER.contains(&key.as_str()) && !value.is_null() {
                return Err(Error::config(key, "is not available in this version"));
            }
            if !KEYS.contains(&key.as_str()) && !LATER.contains(&key.as_str()) {
                return Err(read::unknown("", key, KEYS));
            }
        }
        if env(CONFIG).is_some_and(|v| !v.trim().is_empty()) {
            let problem = "is set, and configuration files are not available in this version; unset it";
            return Err(Error::config(CONFIG, problem));
        }
        let get = |key: &str| map.get(key).filter(|v| !v.is_null());
        let mut policy = Policy::default();
        if let Some(p) = get("policy") {
            policy = policy.merge("policy", p)?;
        }
        if let Some(t) = get("timeout") {
            policy.timeouts.total = read::seconds("timeout", t)?;
        }
        let mut headers = match get("headers") {
            Some(h) => endpoint::headers("headers", h)?,
            None => Vec::new(),
        };
        let mut app = Vec::new();
        for (option, header) in [("app_url", "HTTP-Referer"), ("app_name", "X-Title")] {
            if let Some(v) = get(option) {
                let text = read::word(option, v)?;
                let (name, value) = endpoint::header(option, header, text)
                    .map_err(|_| Error::config(option, "has a line break or control character"))?;
                headers.retain(|(n, _)| *n != name);
                headers.push((name.clone(), value.clone()));
                app.push((name, value));
            }
        }
        let mut endpoints = vec![Arc::new(own(get("base_url"), get("api_key"), headers, env, key_slot)?)];
        if let Some(more) = get("endpoints") {
            for (name, value) in read::any_object("endpoints", more)? {
                // `headers` stands beside `api_key` and may hold another: it is not for other services.
                endpoints.push(Arc::new(named(name, value, &app, env, key_slot)?));
            }
        }
        let chain = get("chain").map(|c| Link::chain("chain", c)).transpose()?;
        let mut capabilities = Vec::new();
        if let Some(c) = get("capabilities") {
            for (name, links) in read::any_object("capabilities", c)? {
                capabilities.push((name.clone(), Link::chain(&format!("capabilities.{name}"), links)?));
            }
        }
        let shared_guards = match get("guards") {
            Some(g) => read::one_of("guards", g, &[("process", true), ("own", false)])?,
            None => true,
        };
        let catalog = Arc::new(Catalog::bundled().clone());
        let rules = Arc::new(match get("rules") {
            Some(own) => Rules::with(OwnRule::read_all(own)?),
            None => Rules::default(),
        });
        let defaults = Defaults { endpoints, chain, capabilities, policy, catalog, rules };
        Ok(Options { defaults, shared_guards })
    }
}

/// The client's own endpoint: options first, then `OPENROUTER_BASE_URL` and `OPENROUTER_API_KEY`, then OpenRouter.
fn own(
    base_url: Option<&Value>,
    api_key: Option<&Value>,
    headers: Vec<(String, String)>,
    env: &dyn Fn(&str) -> Option<String>,
    key_slot: &dyn Fn(&Secret<String>) -> u32,
) -> Result<Endpoint, Error> {
    let env = |name: &str| env(name).filter(|v| !v.trim().is_empty());
    let (url, declared) = match base_url {
        Some(v) => (endpoint::base_url("base_url", read::text("base_url", v)?)?, false),
        None => match env("OPENROUTER_BASE_URL") {
            Some(url) => (endpoint::base_url("OPENROUTER_BASE_URL", &url)?, true),
            None => (endpoint::OPENROUTER.to_owned(), true),
        },
    };
    let openrouter = declared || endpoint::is_openrouter(&url);
    let key = match api_key {
        Some(v) => Some(endpoint::api_key("api_key", read::text("api_key", v)?)?),
        // The variable names its service: a key for OpenRouter is not sent anywhere else.
        None if openrouter => match env("OPENROUTER_API_KEY") {
            Some(key) => Some(endpoint::api_key("OPENROUTER_API_KEY", &key)?),
            None => None,
        },
        None => None,
    };
    let slot = key.as_ref().map_or(0, key_slot);
    Ok(Endpoint {
        name: "default".to_owned(),
        id: Endpoint::identity(&url, slot),
        base_url: url,
        api_key: key,
        headers,
        openrouter,
    })
}

fn named(
    name: &str,
    value: &Value,
    app: &[(String, String)],
    env: &dyn Fn(&str) -> Option<String>,
    key_slot: &dyn Fn(&Secret<String>) -> u32,
) -> Result<Endpoint, Error> {
    let path = format!("endpoints.{name}");
    if name == "default" {
        return Err(Error::config(path, "is the client's own endpoint; set base_url and api_key instead"));
    }
    let map = read::object(&path, value, &["base_url", "api_key", "api_key_env", "headers"])?;
    let get = |key: &str| map.get(key).filter(|v| !v.is_null());
    let at = |key: &str| format!("{path}.{key}");
    let url = match get("base_url") {
        Some(v) => endpoint::base_url(&at("base_url"), read::text(&at("base_url"), v)?)?,
        None => return Err(Error::config(at("base_url"), "is missing")),
    };
    let key = match (get("api_key"), get("api_key_env")) {
        (Some(_), Some(_)) => {
            return Err(Error::config(at("api_key"), "and api_key_env are two sources of one key; give one"));
        }
        (Some(v), None) => Some(endpoint::api_key(&at("api_key"), read::text(&at("api_key"), v)?)?),
        (None, Some(v)) => {
            let variable = read::word(&at("api_key_env"), v)?;
            match env(variable).filter(|v| !v.trim().is_empty()) {
                Some(key) => Some(endpoint::api_key(variable, &key)?),
                None => return Err(Error::config(at("api_key_env"), format!("{variable} is not set"))),
            }
        }
        (None, None) => None,
    };
    let mut all = app.to_vec();
    if let Some(h) = get("headers") {
        for (n, v) in endpoint::headers(&at("headers"), h)? {
            all.retain(|(other, _)| *other != n);
            all.push((n, v));
        }
    }
    let slot = key.as_ref().map_or(0, key_slot);
    Ok(Endpoint {
        name: name.to_owned(),
        id: Endpoint::identity(&url, slot),
        openrouter: endpoint::is_openrouter(&url),
        base_url: url,
        api_key: key,
        headers: all,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    fn read_with(options: &Value, variables: &[(&str, &str)]) -> Result<Options, Error> {
        let env = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Options::read(options, &env, &|_| 1)
    }

    #[test]
    fn a_key_of_the_environment_goes_to_openrouter_only() {
        let key = [("OPENROUTER_API_KEY", "sk-or-1")];
        let own = |options: Value| read_with(&options, &key).unwrap().defaults.endpoints[0].api_key.is_some();
        assert!(own(json!({})));
        assert!(own(json!({"base_url": "https://openrouter.ai/api/v1"})));
        assert!(!own(json!({"base_url": "https://api.example.test/v1"})));
    }

    #[test]
    fn settings_that_would_do_nothing_are_refused_by_name() {
        for (options, variables, field) in [
            (json!({"budgets": {}}), &[][..], "budgets"),
            (json!({"config": "x.toml"}), &[], "config"),
            (json!({}), &[("RESILIENT_COMPLETION_CONFIG", "x.toml")], "RESILIENT_COMPLETION_CONFIG"),
            (json!({"chian": []}), &[], "chian"),
        ] {
            let e = read_with(&options, variables).err().unwrap();
            assert_eq!(e.field.as_deref(), Some(field));
        }
    }
}
