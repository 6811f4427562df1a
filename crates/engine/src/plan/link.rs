//! One link of a chain: a model on an endpoint, with its own limits and fields.
//!
//! Knows wire fields by name (through `chat`). Must not know how links are tried. Invariants: an unknown key is an
//! error naming the nearest word; a field override is checked as the request's own field would be.

use super::{endpoint, read};
use crate::base::{Duration, RawJson, Secret};
use crate::chat::request;
use crate::error::Error;
use serde_json::Value;

/// One link, as given by a caller or a configuration.
#[derive(Clone, Debug, Default)]
pub struct Link {
    /// The model to ask.
    pub model: String,
    /// The endpoint's name; `None` for the client's own.
    pub endpoint: Option<String>,
    /// Another key for that endpoint.
    pub api_key: Option<Secret<String>>,
    /// Limit of one attempt; in a stream until the first content.
    pub timeout: Option<Duration>,
    /// What the trace and the answer call it; the model's id if not given.
    pub label: Option<String>,
    /// Retries on this link, over the policy's.
    pub retries: Option<u32>,
    /// Wire fields that replace the request's.
    pub overrides: Vec<(String, RawJson)>,
}

const OWN: &[&str] = &["model", "endpoint", "api_key", "timeout", "label", "retries"];

impl Link {
    /// A link with nothing but a model.
    #[must_use]
    pub fn of_model(model: &str) -> Link {
        Link { model: model.to_owned(), ..Link::default() }
    }

    /// Reads a chain: an array of links, objects or model strings.
    ///
    /// # Errors
    /// `config` with the path of what is wrong.
    pub fn chain(path: &str, value: &Value) -> Result<Vec<Link>, Error> {
        let items = match value {
            Value::String(_) => vec![Link::read(path, value)?],
            _ => {
                let items = read::array(path, value)?;
                let mut links = Vec::with_capacity(items.len());
                for (i, item) in items.iter().enumerate() {
                    links.push(Link::read(&format!("{path}[{i}]"), item)?);
                }
                links
            }
        };
        if items.is_empty() {
            return Err(Error::config(path, "is empty; give at least one link or model"));
        }
        if items.len() > MAX_LINKS {
            return Err(Error::config(path, format!("has more than {MAX_LINKS} links")));
        }
        Ok(items)
    }

    fn read(path: &str, value: &Value) -> Result<Link, Error> {
        if let Value::String(_) = value {
            return Ok(Link::of_model(read::word(path, value)?.trim()));
        }
        let map = match value {
            Value::Object(map) => map,
            other => return Err(read::wrong(path, "a link (an object) or a model string", other)),
        };
        let mut link = Link::default();
        for (key, v) in map {
            let at = &read::join(path, key);
            if v.is_null() && OWN.contains(&key.as_str()) {
                continue;
            }
            match key.as_str() {
                "model" => link.model = read::word(at, v)?.trim().to_owned(),
                "endpoint" => link.endpoint = Some(read::word(at, v)?.to_owned()),
                "api_key" => link.api_key = Some(endpoint::api_key(at, read::text(at, v)?)?),
                "timeout" => link.timeout = Some(read::seconds(at, v)?),
                "label" => link.label = Some(read::word(at, v)?.to_owned()),
                "retries" => link.retries = Some(read::integer(at, v, 0, 20)? as u32),
                "models" => {
                    return Err(Error::config(
                        at,
                        "a link names one model in this version; give each model a link of its own",
                    ));
                }
                "messages" | "stream" => {
                    return Err(Error::config(at, "belongs to the call, not to a link"));
                }
                field if request::known_field(field) => {
                    let raw = RawJson::of(v).map_err(|e| Error::config(at, e))?;
                    if !v.is_null() {
                        request::check_field(field, &raw, path)?;
                    }
                    link.overrides.push((key.clone(), raw));
                }
                other => {
                    let known: Vec<&str> = OWN.iter().copied().chain(request::field_names()).collect();
                    let hint = match crate::base::words::nearest(other, known.iter().copied()) {
                        Some(word) => format!("did you mean {word:?}?"),
                        None => format!("a link takes {} and wire fields such as max_tokens", OWN.join(", ")),
                    };
                    let mut e = read::unknown(path, other, &known);
                    e.message = format!("{}: unknown link field; {hint}", e.field.as_deref().unwrap_or(path));
                    return Err(e);
                }
            }
        }
        if link.model.is_empty() {
            return Err(Error::config(read::join(path, "model"), "is missing"));
        }
        Ok(link)
    }
}

/// Longest chain: beyond this it is a slip, not a plan.
const MAX_LINKS: usize = 100;
