//! The program of the Orpheus documentation, with only the crate and the client's name changed, and what its users
//! reach for beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion::prelude::*;
use resilient_completion_simulator::{Provider as Simulator, Script};
use serde_json::json;

fn simulator(script: serde_json::Value) -> Simulator {
    Simulator::start(Script::read(&script).unwrap()).unwrap()
}

fn client(url: &str) -> blocking::Client {
    let builder = Client::builder().api_key("your-api-key").base_url(url).option("guards", "own");
    blocking::Client::build(builder).unwrap()
}

fn ask(client: &blocking::Client) -> Result<Completion, Failure> {
    let res = client
        .chat("Explain recursion")
        .model("openai/gpt-4o")
        .fallbacks(["x-ai/grok-4"])
        .with_preferences(|pref| pref.only([Provider::Azure, Provider::XAI]))
        .send()?;
    let _shown = format!("{} {}", res.model, res.content()?);
    Ok(res)
}

#[test]
fn the_filtered_primary_is_answered_by_its_fallback() {
    let simulator = simulator(json!({"models": {
        "openai/gpt-4o": [{"status": 400, "body": {"error": {"message": "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.", "code": "content_filter", "status": 400}}}],
        "x-ai/grok-4": [{"text": "Whoa, hold up there!"}]}}));
    let client = client(&simulator.url());
    let res = ask(&client).unwrap();
    assert_eq!(res.content().unwrap(), "Whoa, hold up there!");
    assert!(res.fell_back);
    assert_eq!(res.trace.attempts[0].kind, Some(Kind::Moderation));
    let sent = simulator.requests();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0].json()["provider"], json!({"only": ["Azure", "xAI"]}), "only what was set is sent");
    assert_eq!(sent[1].json()["model"], "x-ai/grok-4");
}

#[test]
fn streams_are_iterators() {
    let simulator = simulator(json!({"models": {"*": [{"pieces": ["Hel", "lo"]}]}}));
    let client = client(&simulator.url());
    let mut stream = client.chat("hi").model("a/one").max_tokens(64).stream().unwrap();
    let text: String = stream.by_ref().map(|delta| delta.unwrap().text).collect();
    assert_eq!(text, "Hello");
    assert_eq!(stream.completion().unwrap().text(), "Hello");
}

#[test]
fn a_broken_key_is_told_by_the_first_call_and_never_shown() {
    let client = blocking::Client::new("sk-secret\n");
    let failure = client.chat("hi").model("a/one").send().unwrap_err();
    assert_eq!(failure.error.kind, Kind::Config);
    assert_eq!(failure.error.field.as_deref(), Some("api_key"));
    assert!(!format!("{failure} {failure:?}").contains("secret"));
}

#[tokio::test]
async fn the_blocking_client_refuses_inside_an_async_runtime() {
    let client = blocking::Client::new("sk-1");
    let failure = client.chat("hi").model("a/one").send().unwrap_err();
    assert!(failure.error.message.contains("async"), "{failure}");
}

#[test]
fn a_tool_loop_sends_the_answer_back_as_it_came() {
    let call = json!({"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Oslo\"}"}});
    let asking = json!({"id": "gen-1", "object": "chat.completion", "model": "a/one", "choices": [{"index": 0, "finish_reason": "tool_calls",
        "message": {"role": "assistant", "content": null, "tool_calls": [call],
                    "reasoning_details": [{"type": "reasoning.encrypted", "data": "opaque"}]}}]});
    let simulator = simulator(json!({"models": {"a/one": [{"body": asking}, {"text": "Rain."}]}}));
    let client = client(&simulator.url());
    let weather = Tool::function("weather")
        .description("The weather of a city")
        .with_parameters(|p| p.property("city", Param::string().end()).required(["city"]))
        .build();
    let question = Message::user("How is the weather in Oslo?");
    let first = client.chat(question.clone()).model("a/one").tools([weather]).send().unwrap();
    assert_eq!(first.tool_call().unwrap().name, "weather");
    assert!(first.content().unwrap_err().message.contains("tool_calls()"));
    let result = Message::tool(&first.tool_call().unwrap().id, "{\"sky\":\"rain\"}");
    let second = client.chat([question, first.message(), result]).model("a/one").send().unwrap();
    assert_eq!(second.text(), "Rain.");
    let sent = simulator.requests()[1].json();
    assert_eq!(sent["messages"][1]["reasoning_details"][0]["data"], "opaque");
    assert_eq!(sent["messages"][2]["tool_call_id"], "call_1");
}
