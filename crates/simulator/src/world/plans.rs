//! The calls of a world: random chains, limits and policies, planned once by the engine itself.
//!
//! Knows the engine's planning. Must not know providers. Invariant: labels are unique within a chain, so that an
//! attempt in the trace names its candidate.

use bytes::Bytes;
use resilient_completion_engine::base::Rng;
use resilient_completion_engine::catalog::Catalog;
use resilient_completion_engine::error::Error;
use resilient_completion_engine::plan::{Ask, Defaults, Endpoint, Plan, Policy, select};
use serde_json::{Value, json};
use std::sync::Arc;

/// The models of a world; those that the catalogue knows have windows and lack images or take them.
pub(super) const MODELS: [&str; 7] = [
    "w/zero",
    "w/one",
    "w/two:free",
    "w/three:free",
    "aion-labs/aion-2.0",
    "ai21/jamba-large-1.7",
    "google/gemini-2.5-flash",
];

/// The endpoints of a world.
pub(super) const ENDPOINTS: [&str; 2] = ["first", "second"];

/// What every plan of a world is made with.
pub(super) fn defaults() -> Defaults {
    let endpoint = |(i, name): (usize, &&str)| {
        let url = format!("http://127.0.0.1:{}/v1", i + 1);
        Arc::new(Endpoint {
            name: (*name).to_owned(),
            id: format!("{url}#0"),
            base_url: url,
            api_key: None,
            headers: Vec::new(),
            openrouter: true,
        })
    };
    Defaults {
        endpoints: ENDPOINTS.iter().enumerate().map(endpoint).collect(),
        chain: None,
        capabilities: Vec::new(),
        policy: Policy::default(),
        catalog: Arc::new(Catalog::bundled().clone()),
        rules: Arc::default(),
    }
}

/// One random call.
pub(super) fn plan(defaults: &Defaults, rng: &mut Rng) -> Result<Plan, Error> {
    let stream = rng.below(2) == 0;
    let call = call(rng).to_string();
    select(Ask::parse(Bytes::from(call), &defaults.policy, stream)?, defaults, &|_| 0)
}

fn call(rng: &mut Rng) -> Value {
    let links: Vec<Value> = (0..1 + rng.below(4)).map(|i| link(i, rng)).collect();
    let mut policy = json!({"timeouts": {"total": 5 + rng.below(56)}});
    let mut maybe = |one_in: u64, set: &dyn Fn(&mut Value, &mut Rng)| {
        if rng.below(one_in) == 0 {
            set(&mut policy, rng);
        }
    };
    maybe(3, &|p, r| p["timeouts"]["first_token"] = (2 + r.below(20)).into());
    maybe(3, &|p, r| p["timeouts"]["between_tokens"] = (4 + r.below(20)).into());
    maybe(3, &|p, r| p["timeouts"]["attempt"] = (3 + r.below(30)).into());
    maybe(4, &|p, r| p["retries"] = r.below(3).into());
    maybe(4, &|p, _| p["on_interrupt"] = "restart".into());
    maybe(8, &|p, _| p["content_filter"] = "stop".into());
    maybe(8, &|p, _| p["stop_on"] = json!(["overloaded"]));
    maybe(8, &|p, _| p["stream_internally"] = true.into());
    maybe(8, &|p, r| p["retry_after_cap"] = (1 + r.below(10)).into());
    maybe(8, &|p, r| p["breaker"] = json!({"consecutive": 1 + r.below(4), "open": 1 + r.below(8)}));
    maybe(8, &|p, r| p["retry_tokens"] = json!({"capacity": r.below(4), "deposit": 0.1}));
    let mut content = vec![json!({"type": "text", "text": "hi"})];
    if rng.below(6) == 0 {
        let image = json!({"url": "data:image/png;base64,iVBORw0KGgo="});
        content.push(json!({"type": "image_url", "image_url": image}));
    }
    json!({"chain": links, "policy": policy, "messages": [{"role": "user", "content": content}]})
}

fn link(i: u64, rng: &mut Rng) -> Value {
    let endpoint = if rng.below(4) == 0 { ENDPOINTS[1] } else { ENDPOINTS[0] };
    let model = MODELS[rng.below(MODELS.len() as u64) as usize];
    let mut link = json!({"model": model, "endpoint": endpoint, "label": format!("L{i}")});
    if rng.below(3) == 0 {
        link["timeout"] = (1 + rng.below(15)).into();
    }
    if rng.below(6) == 0 {
        link["retries"] = rng.below(3).into();
    }
    if rng.below(4) == 0 {
        link["max_tokens"] = (1 + rng.below(500)).into();
    }
    link
}
