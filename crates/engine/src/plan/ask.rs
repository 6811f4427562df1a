//! What a caller asked for: the flat object of one call, split into our options and the wire request.
//!
//! Knows links and policy. Must not know endpoints or catalogue. Invariants: every option is checked here, before
//! anything is planned; two selectors at once are an error; wire fields pass untouched.

use super::{Link, Policy, endpoint, read};
use crate::base::RawJson;
use crate::chat::{ChatRequest, request};
use crate::error::Error;
use bytes::Bytes;
use serde_json::Value;

/// One call, read and checked.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The wire request without our options.
    pub request: ChatRequest,
    /// What names the models.
    pub selector: Selector,
    /// Capabilities that every candidate must have.
    pub capabilities: Vec<String>,
    /// The call's policy over the client's.
    pub policy: Policy,
    /// Headers of this call.
    pub headers: Vec<(String, String)>,
    /// Tags for records.
    pub tags: Vec<(String, String)>,
    /// Whether the caller reads a stream.
    pub stream: bool,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What names the models of a call.
#[derive(Clone, Debug)]
pub enum Selector {
    /// `chain=`.
    Chain(Vec<Link>),
    /// `model`, `models`, `fallbacks`: ids without duplicates.
    Models(Vec<String>),
    /// Nothing: capability, the client's chain or the built-in one.
    None,
}

/// Our options of a call; everything else is a wire field.
pub const OPTIONS: &[&str] = &[
    "chain",
    "model",
    "models",
    "fallbacks",
    "tier",
    "capability",
    "mode",
    "timeout",
    "policy",
    "tags",
    "extra_body",
    "extra_headers",
];

impl Ask {
    /// Reads one call.
    ///
    /// # Errors
    /// `config` for our options, `bad_request` for wire fields; both name the field.
    pub fn parse(json: Bytes, base: &Policy, stream: bool) -> Result<Ask, Error> {
        let mut request = ChatRequest::parse(json)?;
        let mut warnings = Vec::new();
        if let Some(extra) = option(&mut request, "extra_body") {
            merge_extra_body(&mut request, &extra)?;
        }
        let mut policy = base.clone();
        if let Some(p) = option(&mut request, "policy") {
            policy = policy.merge("policy", &p)?;
        }
        if let Some(t) = option(&mut request, "timeout") {
            policy.timeouts.total = read::seconds("timeout", &t)?;
        }
        if let Some(mode) = option(&mut request, "mode") {
            if mode == "server" {
                let told = "\"server\" is not available in this version; \"auto\" and \"client\" are, and send the models one by one";
                return Err(Error::config("mode", told));
            }
            read::one_of("mode", &mode, &[("auto", ()), ("client", ())])?;
        }
        if option(&mut request, "tier").is_some() {
            return Err(Error::config("tier", "is not available in this version; give chain or models"));
        }
        let headers = match option(&mut request, "extra_headers") {
            Some(h) => endpoint::headers("extra_headers", &h)?,
            None => Vec::new(),
        };
        let tags = match option(&mut request, "tags") {
            Some(t) => tags(&t)?,
            None => Vec::new(),
        };
        let capabilities = match option(&mut request, "capability") {
            Some(c) => capabilities(&c)?,
            None => Vec::new(),
        };
        if request.remove("route").is_some() {
            warnings.push("route is ignored: the order of the models is the route".to_owned());
        }
        if request.remove("stream").is_some_and(|s| s.value() != Value::Bool(stream)) {
            warnings.push("stream in the request is ignored: complete() and stream() decide".to_owned());
        }
        let selector = selector(&mut request)?;
        for (name, _) in request.fields() {
            if !request::known_field(name)
                && let Some(word) = crate::base::words::nearest(name, OPTIONS.iter().copied())
            {
                warnings.push(format!("{name:?} is sent as it is; did you mean {word:?}?"));
            }
        }
        Ok(Ask { request, selector, capabilities, policy, headers, tags, stream, warnings })
    }
}

fn option(request: &mut ChatRequest, name: &str) -> Option<Value> {
    request.remove(name).map(|raw| raw.value()).filter(|v| !v.is_null())
}

/// Keys of `extra_body` stand beside the request's own and win over them, as in the OpenAI SDK.
fn merge_extra_body(request: &mut ChatRequest, extra: &Value) -> Result<(), Error> {
    for (name, value) in read::any_object("extra_body", extra)? {
        if name == "messages" || name == "stream" {
            return Err(Error::config(format!("extra_body.{name}"), "give it directly, not in extra_body"));
        }
        let raw = RawJson::of(value).map_err(|e| Error::config("extra_body", e))?;
        if request::known_field(name) && !value.is_null() {
            request::check_field(name, &raw, "extra_body")?;
        }
        request.set(name, raw);
    }
    Ok(())
}

fn selector(request: &mut ChatRequest) -> Result<Selector, Error> {
    let chain = option(request, "chain");
    let mut given: Vec<&str> = Vec::with_capacity(3);
    for name in ["model", "models", "fallbacks"] {
        match request.get(name) {
            // None is "not set", also beside a chain.
            Some(value) if value.is_null() => drop(request.remove(name)),
            Some(_) => given.push(name),
            None => {}
        }
    }
    if let (Some(_), Some(other)) = (&chain, given.first()) {
        return Err(Error::config(
            "chain",
            format!("and {other} are two ways to name the models; give one of them"),
        ));
    }
    if let Some(chain) = chain {
        return Link::chain("chain", &chain).map(Selector::Chain);
    }
    let mut models: Vec<String> = Vec::new();
    for name in given {
        let Some(value) = option(request, name) else { continue };
        let listed: Vec<String> = match &value {
            Value::String(s) => s.split(',').map(|m| m.trim().to_owned()).collect(),
            Value::Array(items) => {
                let read = |(i, v): (usize, &Value)| {
                    read::word(&format!("{name}[{i}]"), v).map(|m| m.trim().to_owned())
                };
                items.iter().enumerate().map(read).collect::<Result<_, _>>()?
            }
            other => return Err(read::wrong(name, "a model id or an array of model ids", other)),
        };
        if listed.is_empty() || listed.iter().any(String::is_empty) {
            return Err(Error::config(name, "names no model, or an empty one"));
        }
        for model in listed {
            if !models.contains(&model) {
                models.push(model);
            }
        }
    }
    Ok(if models.is_empty() { Selector::None } else { Selector::Models(models) })
}

fn tags(value: &Value) -> Result<Vec<(String, String)>, Error> {
    read::any_object("tags", value)?
        .iter()
        .map(|(k, v)| Ok((k.clone(), read::text(&format!("tags.{k}"), v)?.to_owned())))
        .collect()
}

fn capabilities(value: &Value) -> Result<Vec<String>, Error> {
    match value {
        Value::String(s) => Ok(vec![s.clone()]),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(i, v)| read::word(&format!("capability[{i}]"), v).map(str::to_owned))
            .collect(),
        other => Err(read::wrong("capability", "a capability or an array of capabilities", other)),
    }
}
