//! Selection: what was asked, matched against endpoints and catalogue, becomes candidates in order.
//!
//! Knows the catalogue. Must not know attempts. Invariants: nothing is dropped without a reason; a model that the catalogue does not know is tried.

use super::policy::FIRST_TOKEN;
use super::{Ask, Endpoint, Link, Policy, Selector};
use crate::base::{Duration, RawJson, Secret, words};
use crate::catalog::{Capability, Catalog, DEFAULT_CHAIN, Fit, Need, fit};
use crate::chat::ChatRequest;
use crate::error::{Error, Kind};
use crate::outcome::Rules;
use crate::wire::encode::{self, PreparedRequest};
use std::sync::Arc;

/// What a client brings to every call.
#[derive(Clone, Debug)]
pub struct Defaults {
    /// Endpoints; the first is the client's own.
    pub endpoints: Vec<Arc<Endpoint>>,
    /// The client's chain.
    pub chain: Option<Vec<Link>>,
    /// Chains configured for capabilities.
    pub capabilities: Vec<(String, Vec<Link>)>,
    /// The client's policy.
    pub policy: Policy,
    /// What models can do.
    pub catalog: Arc<Catalog>,
    /// What failures mean: ours, and the user's own.
    pub rules: Arc<Rules>,
}

/// One model that will be tried.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its place in the caller's list; 0 is the first choice.
    pub position: usize,
    /// What the trace and the answer call it.
    pub label: String,
    /// The model asked for.
    pub model: String,
    /// Where.
    pub endpoint: Arc<Endpoint>,
    /// Limit of one attempt.
    pub timeout: Option<Duration>,
    /// Retries on this link before the next; `None`: only when nothing else is ready.
    pub retries: Option<u32>,
    /// Wire fields that replace the request's.
    pub overrides: Vec<(String, RawJson)>,
    /// The model's window in tokens, where known.
    pub window: Option<u64>,
    /// Identity for shared state: endpoint, key and model.
    pub target: String,
}

/// One model that will not be tried.
#[derive(Clone, Debug, PartialEq)]
pub struct Skipped {
    /// Its place in the caller's list.
    pub position: usize,
    /// Its label.
    pub label: String,
    /// The model.
    pub model: String,
    /// Why.
    pub reason: String,
}

/// What will be tried, in order.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The wire request.
    pub request: ChatRequest,
    /// In order; at least one.
    pub candidates: Vec<Candidate>,
    /// Left out, with reasons.
    pub skipped: Vec<Skipped>,
    /// Settings of the call.
    pub policy: Policy,
    /// Whether the caller reads a stream.
    pub stream: bool,
    /// Headers of this call.
    pub headers: Vec<(String, String)>,
    /// Tags for records.
    pub tags: Vec<(String, String)>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// Source and date of the facts used.
    pub facts: (String, String),
    /// The facts themselves, for the cost of what answers.
    pub catalog: Arc<Catalog>,
    /// What failures mean.
    pub rules: Arc<Rules>,
    /// How many models the caller listed.
    pub asked: usize,
}

/// Plans one call. `key_slot` gives the number of a key in this process.
///
/// # Errors
/// `config` where no chain can be found, `no_fit` where no model can do what the request needs.
pub fn select(
    ask: Ask,
    defaults: &Defaults,
    key_slot: &dyn Fn(&Secret<String>) -> u32,
) -> Result<Plan, Error> {
    let links = links(&ask, defaults)?;
    let wanted = ask.capabilities.iter().map(|word| Capability::read("capability", word));
    let wanted = wanted.collect::<Result<Vec<_>, _>>()?;
    let common = Need::of(&|name| ask.request.get(name)).with(wanted.iter().copied());
    let asked = links.len();
    let (mut candidates, mut skipped) = (Vec::with_capacity(asked), Vec::new());
    let mut warnings = ask.warnings;
    warnings.extend(same_labels(&links));
    for (position, link) in links.into_iter().enumerate() {
        let endpoint = endpoint(&link, position, defaults, key_slot)?;
        let entry = defaults.catalog.lookup(&link.model);
        let label = link.label.clone().unwrap_or_else(|| link.model.clone());
        let fitness = if link.overrides.is_empty() {
            fit(&common, entry)
        } else {
            let own = Need::of(&|name| overridden(&link, name).or_else(|| ask.request.get(name)));
            fit(&own.with(wanted.iter().copied()), entry)
        };
        let reason = match fitness {
            Fit::Unfit(reasons) => Some(reasons.join("; ")),
            Fit::Degraded(reasons) => {
                warnings.push(format!("{label}: {}", reasons.join("; ")));
                None
            }
            Fit::Fits | Fit::Unknown => None,
        };
        if let Some(reason) = reason {
            skipped.push(Skipped { position, label, model: link.model, reason });
            continue;
        }
        if let Some(limit) = link.timeout.filter(|t| *t > ask.policy.timeouts.total) {
            warnings.push(format!(
                "{label}: its timeout of {limit} exceeds the call's total of {}",
                ask.policy.timeouts.total
            ));
        }
        candidates.push(Candidate {
            position,
            label,
            target: format!("{} {}", endpoint.id, link.model),
            window: entry.and_then(|e| e.window),
            model: link.model,
            endpoint,
            timeout: link.timeout,
            retries: link.retries.or(ask.policy.retries),
            overrides: link.overrides,
        });
    }
    if candidates.is_empty() {
        return Err(no_fit(&skipped, &common, &defaults.catalog));
    }
    Ok(Plan {
        request: ask.request,
        candidates,
        skipped,
        policy: ask.policy,
        stream: ask.stream,
        headers: ask.headers,
        tags: ask.tags,
        warnings,
        facts: (defaults.catalog.origin().source.to_string(), defaults.catalog.origin().date.to_string()),
        catalog: defaults.catalog.clone(),
        rules: defaults.rules.clone(),
        asked,
    })
}

impl Plan {
    /// The HTTP request for a candidate.
    #[must_use]
    pub fn prepare(&self, candidate: &Candidate, stream: bool) -> PreparedRequest {
        let model = RawJson::of(candidate.model.as_str()).unwrap_or_else(|_| RawJson::trusted("\"\"".into()));
        let mut headers: Vec<(String, String)> = candidate.endpoint.headers.clone();
        for (name, value) in &self.headers {
            headers.retain(|(n, _)| n != name);
            headers.push((name.clone(), value.clone()));
        }
        PreparedRequest {
            url: candidate.endpoint.completions_url(),
            headers,
            auth: candidate.endpoint.api_key.clone(),
            body: encode::body(&self.request, &model, &candidate.overrides, &[], stream),
        }
    }

    /// Whether it can be sent: every endpoint has the key that it needs, and none would send it in the clear. A plan can
    /// be looked at in any case.
    ///
    /// # Errors
    /// `config` naming the endpoint and where its key is read from.
    pub fn ready(&self) -> Result<(), Error> {
        if let Some(c) = self.candidates.iter().find(|c| c.endpoint.exposes_key()) {
            let name = &c.endpoint.name;
            let field =
                if name == "default" { "base_url".to_owned() } else { format!("endpoints.{name}.base_url") };
            let why = "would send the key unencrypted over a public network; use https://";
            return Err(Error::config(field, why));
        }
        let keyless = |e: &Endpoint| e.api_key.is_none() && !e.is_local();
        match self.candidates.iter().find(|c| keyless(&c.endpoint)) {
            None => Ok(()),
            Some(c) => {
                let how = if c.endpoint.openrouter {
                    "set OPENROUTER_API_KEY or pass api_key"
                } else {
                    "pass api_key for it"
                };
                let name = &c.endpoint.name;
                Err(Error::config("api_key", format!("is missing for endpoint {name:?}; {how}")))
            }
        }
    }

    /// The limit of an attempt on a candidate, its own or the policy's; `None`: its share of the call's time.
    #[must_use]
    pub fn limit(&self, candidate: &Candidate) -> Option<Duration> {
        candidate.timeout.or(self.policy.timeouts.attempt)
    }

    /// The limit until the first content of a stream. Where a limit of the attempt is given and this one is not, that
    /// one alone rules: in a stream both end at the first content.
    #[must_use]
    pub fn first_token(&self, candidate: &Candidate) -> Option<Duration> {
        let given = self.policy.timeouts.first_token;
        given.or(if self.limit(candidate).is_none() { Some(FIRST_TOKEN) } else { None })
    }

    /// Whether an attempt is sent as a stream.
    #[must_use]
    pub fn streams(&self) -> bool {
        self.stream || self.policy.stream_internally
    }
}

fn overridden<'a>(link: &'a Link, name: &str) -> Option<&'a RawJson> {
    link.overrides.iter().find(|(n, _)| n == name).map(|(_, v)| v)
}

fn links(ask: &Ask, defaults: &Defaults) -> Result<Vec<Link>, Error> {
    let of_models = |models: &[String]| models.iter().map(|m| Link::of_model(m)).collect();
    match &ask.selector {
        Selector::Chain(links) => return Ok(links.clone()),
        Selector::Models(models) => return Ok(of_models(models)),
        Selector::None => {}
    }
    if let Some(word) = ask.capabilities.first() {
        if let Some((_, links)) = defaults.capabilities.iter().find(|(name, _)| name == word) {
            return Ok(links.clone());
        }
        let wanted = ask.capabilities.iter().map(|word| Capability::read("capability", word));
        let chain = defaults.catalog.capability_chain(&wanted.collect::<Result<Vec<_>, _>>()?);
        return Ok(chain.into_iter().map(Link::of_model).collect());
    }
    if let Some(chain) = &defaults.chain {
        return Ok(chain.clone());
    }
    match defaults.endpoints.first() {
        Some(endpoint) if endpoint.openrouter => Ok(DEFAULT_CHAIN
            .iter()
            .map(|b| Link {
                timeout: Some(Duration::from_secs(b.timeout)),
                label: Some(b.label.to_owned()),
                ..Link::of_model(b.model)
            })
            .collect()),
        _ => Err(Error::config(
            "model",
            "is missing: give model=, models= or chain= (the built-in chain is for OpenRouter only)",
        )),
    }
}

fn endpoint(
    link: &Link,
    position: usize,
    defaults: &Defaults,
    key_slot: &dyn Fn(&Secret<String>) -> u32,
) -> Result<Arc<Endpoint>, Error> {
    let found = match &link.endpoint {
        None => defaults.endpoints.first(),
        Some(name) => defaults.endpoints.iter().find(|e| e.name == *name),
    };
    let Some(endpoint) = found else {
        let (names, name) = (defaults.endpoints.iter().map(|e| e.name.as_str()), link.endpoint.as_deref());
        let hint = match words::nearest(name.unwrap_or(""), names.clone()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
        };
        let problem = format!("no endpoint is called {:?}; {hint}", name.unwrap_or(""));
        return Err(Error::config(format!("chain[{position}].endpoint"), problem));
    };
    if let Some(key) = &link.api_key {
        return Ok(Arc::new(endpoint.with_key(key.clone(), key_slot(key))));
    }
    Ok(endpoint.clone())
}

/// A warning for a label that the caller gave to several links: a trace could not tell them apart.
fn same_labels(links: &[Link]) -> Option<String> {
    let labels = links.iter().filter_map(|l| l.label.as_deref());
    let twice = labels.enumerate().find(|(i, label)| {
        links.iter().filter_map(|l| l.label.as_deref()).take(*i).any(|earlier| earlier == *label)
    });
    twice.map(|(_, label)| format!("several links are labelled {label:?}: a trace cannot tell them apart"))
}

fn no_fit(skipped: &[Skipped], need: &Need, catalog: &Catalog) -> Error {
    let list: Vec<String> = skipped.iter().map(|s| format!("{}: {}", s.model, s.reason)).collect();
    let tried = match list.is_empty() {
        true => "the catalogue knows none".to_owned(),
        false => list.join(" | "),
    };
    let fitting = catalog.suggestions(need);
    let hint = match fitting.is_empty() {
        true => String::new(),
        false => format!("; models that would: {}", fitting.join(", ")),
    };
    Error::new(Kind::NoFit, format!("no model fits the request ({tried}){hint}"))
}
