//! The floor: what a bare reqwest client and serde cost for the same exchange, written by hand for this one purpose.
//!
//! Must not do more than the exchange needs: no tolerance, no errors told apart.

use crate::{Failure, Scenario};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

#[derive(Deserialize)]
struct Answer {
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
struct Choice {
    message: Option<Content>,
    delta: Option<Content>,
}

#[derive(Deserialize)]
struct Content {
    content: Option<String>,
}

pub(crate) struct Caller {
    client: reqwest::Client,
    url: String,
}

impl Caller {
    pub(crate) fn new(base_url: &str) -> Result<Caller, Failure> {
        let client = reqwest::Client::builder().tcp_nodelay(true).build()?;
        Ok(Caller { client, url: format!("{base_url}/chat/completions") })
    }

    pub(crate) async fn one(&self, scenario: &Scenario) -> Result<Option<Duration>, Failure> {
        let mut body = scenario.body();
        if scenario.name == "fallover" {
            body["model"] = json!("bench/limited");
            let refused = self.post(&body).await?;
            if refused.status() != 429 {
                return Err("the refusal is missing".into());
            }
            let _: Value = serde_json::from_slice(&refused.bytes().await?)?;
        }
        body["model"] = json!(scenario.model());
        if scenario.streams() {
            body["stream"] = json!(true);
            return self.stream(&body).await.map(Some);
        }
        let answer: Answer = serde_json::from_slice(&self.post(&body).await?.bytes().await?)?;
        match answer.choices.into_iter().next().and_then(|c| c.message?.content) {
            Some(_) => Ok(None),
            None => Err("no text".into()),
        }
    }

    async fn post(&self, body: &Value) -> Result<reqwest::Response, Failure> {
        let request = self.client.post(&self.url).header("authorization", "Bearer sk-bench");
        Ok(request.header("content-type", "application/json").body(body.to_string()).send().await?)
    }

    async fn stream(&self, body: &Value) -> Result<Duration, Failure> {
        let start = Instant::now();
        let mut first = None;
        let mut response = self.post(body).await?;
        let (mut buffer, mut text) = (Vec::new(), String::new());
        while let Some(chunk) = response.chunk().await? {
            buffer.extend_from_slice(&chunk);
            let mut from = 0;
            while let Some(at) = buffer[from..].windows(2).position(|w| w == b"\n\n") {
                let line = &buffer[from..from + at];
                from += at + 2;
                if let Some(data) = line.strip_prefix(b"data: ")
                    && data != b"[DONE]"
                    && let Some(choice) = serde_json::from_slice::<Answer>(data)?.choices.into_iter().next()
                    && let Some(piece) = choice.delta.and_then(|d| d.content).filter(|c| !c.is_empty())
                {
                    first.get_or_insert_with(|| start.elapsed());
                    text.push_str(&piece);
                }
            }
            buffer.drain(..from);
        }
        std::hint::black_box(text);
        first.ok_or_else(|| "no text".into())
    }
}
