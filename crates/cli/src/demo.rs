//! `demo`: a failing primary, the fallback that answered, and the waterfall.
//!
//! Knows the client and the embedded simulator. Invariant: without `--live` and `LIVE=1` nothing leaves this machine.

use crate::args::Demo;
use crate::{Done, show};
use bytes::Bytes;
use resilient_completion::engine::error::Error;
use resilient_completion::engine::trace::waterfall;
use resilient_completion::{Client, Failure, Kind};
use resilient_completion_simulator::{Provider, Script};
use serde_json::{Value, json};

pub(crate) async fn run(demo: &Demo) -> Done {
    let live = demo.live || std::env::var("LIVE").is_ok_and(|v| v == "1");
    let question = "Explain recursion in one sentence.";
    // The provider serves as long as it is held.
    let (client, call, _provider) = if live {
        (Client::from_env()?, json!({"messages": question, "max_tokens": 200}), None)
    } else {
        let provider = simulator()?;
        let client = Client::builder().base_url(&provider.url()).option("guards", "own").build()?;
        (client, json!({"messages": question, "max_tokens": 200, "chain": chain()}), Some(provider))
    };
    let mut running = client.start(Bytes::from(call.to_string()), true)?;
    if !demo.json {
        let whom = if live { "OpenRouter" } else { "the embedded simulator, over loopback HTTP" };
        show::line(&format!("asking {whom}: {question}\n"));
    }
    while let Some(batch) = running.next().await? {
        for delta in batch {
            if !demo.json {
                show::text(&delta.text);
            }
        }
    }
    let done = running.complete().await?;
    if demo.json {
        show::json_value(&show::answer_json(&done));
    } else {
        show::line(&format!("\n\n{}", waterfall(&done.trace)));
    }
    Ok(())
}

fn chain() -> Value {
    json!([
        {"model": "demo/primary", "label": "primary"},
        {"model": "demo/second", "label": "second", "timeout": 0.6},
        {"model": "demo/third", "label": "third"},
    ])
}

fn simulator() -> Result<Provider, Failure> {
    let limited = json!({"error": {"code": 429, "message": "Rate limit exceeded"}});
    let words = [
        "Recursion ",
        "is ",
        "when ",
        "a ",
        "thing ",
        "is ",
        "explained ",
        "by ",
        "a ",
        "smaller ",
        "case ",
        "of ",
        "itself, ",
        "until ",
        "the ",
        "case ",
        "is ",
        "too ",
        "small ",
        "to ",
        "need ",
        "it.",
    ];
    let script = json!({"models": {
        "demo/primary": [{"status": 429, "headers": {"retry-after": "30"}, "body": limited}],
        "demo/second": [{"fault": "silence"}],
        "demo/third": [{"delay": 0.1, "pieces": words}],
    }});
    Provider::start(Script::read(&script)?)
        .map_err(|e| Error::new(Kind::Connection, format!("the simulator could not start: {e}")).into())
}
