//! The typed builders: what they write, that it passes the checks, and that they keep step with the tables.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::chat::fields::{self, REQUEST};
use resilient_completion_engine::chat::json::ToJson;
use resilient_completion_engine::chat::*;
use serde_json::{Value, json};

fn text(value: &impl ToJson) -> String {
    String::from_utf8(value.to_json()).unwrap()
}

/// The request's JSON, after it has passed the checks.
fn checked(fields: RequestFields) -> Value {
    let text = serde_json::from_slice(&fields.to_json()).unwrap();
    fields.into_request().unwrap();
    text
}

#[test]
fn messages_as_orpheus_has_them() {
    let conversation = [
        Message::system("Be brief."),
        Message::developer("And kind."),
        Message::user("What is this?")
            .with_image("https://example.org/a.png")
            .with_file("a.pdf", "data:application/pdf;base64,AA==")
            .with_audio("AA==", "wav")
            .with_video("https://example.org/a.mp4"),
        Message::tool_calls([ToolCall { id: "c1".into(), name: "f".into(), arguments: "{}".into() }]),
        Message::tool("c1", "42"),
        Message::assistant("It is"),
    ];
    assert_eq!(
        checked(RequestFields::new(&conversation))["messages"],
        json!([
            {"role": "system", "content": "Be brief."},
            {"role": "developer", "content": "And kind."},
            {"role": "user", "content": [
                {"type": "text", "text": "What is this?"},
                {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
                {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}},
                {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
                {"type": "video_url", "video_url": {"url": "https://example.org/a.mp4"}}]},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
            {"role": "tool", "content": "42", "tool_call_id": "c1"},
            {"role": "assistant", "content": "It is"},
        ])
    );
}

#[test]
fn parts_carry_caching_detail_and_unknown_keys() {
    let parts = vec![
        Part::text("long \"prompt\"\n").with_caching(CacheControl::Ephemeral),
        Part::image_url("u").with_detail("high").with_caching(CacheControl::EphemeralFor("1h".into())),
        Part::file_id("f1").with_field("own", json!(1)),
    ];
    assert_eq!(
        text(&parts),
        concat!(
            r#"[{"type":"text","text":"long \"prompt\"\n","cache_control":{"type":"ephemeral"}},"#,
            r#"{"type":"image_url","image_url":{"url":"u","detail":"high"},"cache_control":{"type":"ephemeral","ttl":"1h"}},"#,
            r#"{"type":"file","file":{"file_id":"f1"},"own":1}]"#
        )
    );
    assert_eq!(
        text(&Message::user("a").with_caching(CacheControl::Ephemeral)),
        r#"{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}]}"#
    );
    checked(RequestFields::new(Message::user(parts)));
}

#[test]
fn anything_that_is_a_conversation_is_taken() {
    let one = Message::user("hi");
    let array = [one.clone()];
    let histories: Vec<History> = vec![
        "hi".into(),
        String::from("hi").into(),
        (&String::from("hi")).into(),
        one.clone().into(),
        vec![one.clone()].into(),
        (&vec![one.clone()]).into(),
        [one.clone()].into(),
        (&array).into(),
        array[..].into(),
    ];
    assert!(histories.iter().all(|h| *h == History(vec![one.clone()])));
}

#[test]
fn an_answer_goes_back_as_it_came() {
    let body = r#"{"choices":[{"message":{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}],"new":1}}]}"#;
    let mut answer = Answer {
        raw: RawJson::trusted(body.as_bytes().into()),
        id: None,
        model: None,
        provider: None,
        choices: 1,
        text: "said".into(),
        reasoning: String::new(),
        refusal: None,
        tool_calls: vec![],
        has_media: false,
        finish_reason: None,
        native_finish_reason: None,
        usage: None,
    };
    assert_eq!(
        text(&Message::answered(&answer)),
        r#"{"role":"assistant","content":null,"reasoning_details":[{"type":"reasoning.encrypted","data":"x"}],"new":1}"#
    );
    answer.raw = RawJson::trusted(b"{}".as_slice().into());
    assert_eq!(Message::answered(&answer), Message::assistant("said"));
}

#[test]
fn tools_and_formats_as_orpheus_has_them() {
    let tool = Tool::function("get_weather")
        .description("Current weather.")
        .with_parameters(|p| {
            p.property("place", Param::object().property("lat", Param::number()).required(["lat"]))
                .property("units", Param::string().description("Which.").enums(["c", "f"]))
                .property("days", Param::array().items(Param::integer()))
                .property("note", Param::any_of([Param::string(), Param::null()]))
                .property("fast", Param::boolean().end())
                .required(["place", "units"])
        })
        .strict(true)
        .with_caching(CacheControl::Ephemeral)
        .build();
    assert_eq!(
        text(&tool),
        concat!(
            r#"{"type":"function","function":{"name":"get_weather","description":"Current weather.","parameters":{"#,
            r#""type":"object","properties":{"place":{"type":"object","properties":{"lat":{"type":"number"}},"required":["lat"]},"#,
            r#""units":{"type":"string","description":"Which.","enum":["c","f"]},"days":{"type":"array","items":{"type":"integer"}},"#,
            r#""note":{"anyOf":[{"type":"string"},{"type":"null"}]},"fast":{"type":"boolean"}},"required":["place","units"]},"#,
            r#""strict":true},"cache_control":{"type":"ephemeral"}}"#
        )
    );
    let format = Format::json("person")
        .with_schema(|s| s.property("name", Param::string()).required(["name"]))
        .strict(false)
        .build();
    assert_eq!(
        text(&format),
        r#"{"type":"json_schema","json_schema":{"name":"person","strict":false,"schema":{"type":"object","properties":{"name":{"type":"string"}},"required":["name"],"additionalProperties":false}}}"#
    );
    let body = checked(
        RequestFields::new("hi")
            .tools([tool, Tool::server("openrouter:web_search"), Tool::function("no_args").empty()])
            .tool_choice(ToolChoice::Function("get_weather".into()))
            .response_format(format),
    );
    assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "get_weather"}}));
    assert_eq!(body["tools"][1], json!({"type": "openrouter:web_search"}));
    assert_eq!(text(&Format::json_object()), r#"{"type":"json_object"}"#);
    assert_eq!(text(&Format::text()), r#"{"type":"text"}"#);
    assert_eq!(text(&ToolChoice::from("required")), r#""required""#);
}

#[test]
fn preferences_send_only_what_was_set_and_keep_decimals() {
    let of = |p: &ProviderPreferences| text(p);
    assert_eq!(of(&ProviderPreferences::new()), "{}");
    let all = ProviderPreferences::new()
        .order([Provider::Azure, Provider::from("google-vertex/us-east5")])
        .allow_fallbacks(false)
        .require_parameters(true)
        .data_collection(false)
        .zdr(true)
        .enforce_distillable_text(true)
        .only(["openai", "xAI"])
        .ignore([Provider::AmazonBedrock, Provider::XAI])
        .quantizations([Quantization::Fp8, Quantization::from("fp2")])
        .sort(Sort::Throughput.partition(Partition::None))
        .preferred_min_throughput(40.0)
        .preferred_max_latency(Cutoffs::new().p50(1.5).p99(8.0))
        .max_price(MaxPrice::new().prompt(0.25).completion("1.10").request(1).image("0.04").audio("3"));
    assert_eq!(
        of(&all),
        concat!(
            r#"{"order":["Azure","google-vertex/us-east5"],"allow_fallbacks":false,"require_parameters":true,"#,
            r#""data_collection":"deny","zdr":true,"enforce_distillable_text":true,"only":["openai","xAI"],"#,
            r#""ignore":["Amazon Bedrock","xAI"],"quantizations":["fp8","fp2"],"sort":{"by":"throughput","partition":"none"},"#,
            r#""preferred_min_throughput":{"p50":40.0},"preferred_max_latency":{"p50":1.5,"p99":8.0},"#,
            r#""max_price":{"prompt":0.25,"completion":"1.10","request":1,"image":0.04,"audio":3}}"#
        )
    );
    assert_eq!(text(&Sort::Price), r#""price""#);
    let keys: Vec<_> =
        serde_json::from_str::<Value>(&of(&all)).unwrap().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, fields::provider::PREFERENCES.fields.iter().map(|f| f.name).collect::<Vec<_>>());
    checked(RequestFields::new("hi").preferences(all));
    assert_eq!(
        checked(RequestFields::new("hi").with_preferences(|p| p.only([Provider::Azure, Provider::XAI])))["provider"],
        json!({"only": ["Azure", "xAI"]})
    );
}

#[test]
fn plugins_have_their_own_settings() {
    let plugins = vec![
        Plugin::web().max_results(5).search_prompt("Results:").engine(SearchEngine::Exa).build(),
        Plugin::file_parser().engine(ParsingEngine::MistralOcr).into(),
        Plugin::context_compression().enabled(false).into(),
        Plugin::other("new").with_field("x", json!([1])),
    ];
    assert_eq!(
        checked(RequestFields::new("hi").plugins(plugins))["plugins"],
        json!([
            {"id": "web", "max_results": 5, "search_prompt": "Results:", "engine": "exa"},
            {"id": "file-parser", "pdf": {"engine": "mistral-ocr"}},
            {"id": "context-compression", "enabled": false},
            {"id": "new", "x": [1]},
        ])
    );
    checked(RequestFields::new("hi").plugins(Plugin::response_healing()));
    checked(RequestFields::new("hi").plugins([Plugin::auto_router().cost_tier("low").build()]));
}

#[test]
fn effort_and_tokens_exclude_each_other() {
    assert_eq!(
        text(&Reasoning::new().effort("high").exclude(true).max_tokens(100)),
        r#"{"exclude":true,"max_tokens":100}"#
    );
    assert_eq!(text(&Reasoning::new().max_tokens(100).effort(Effort::Low)), r#"{"effort":"low"}"#);
    assert_eq!(
        checked(RequestFields::new("hi").reasoning(Effort::Minimal))["reasoning"],
        json!({"effort": "minimal"})
    );
}

#[test]
fn what_no_json_can_say_is_refused_with_its_path() {
    let path = |f: RequestFields| f.into_request().unwrap_err().field.unwrap();
    assert_eq!(path(RequestFields::new("hi").temperature(f64::NAN)), "temperature");
    let preferences = ProviderPreferences::new().max_price(MaxPrice::new().prompt(f64::INFINITY));
    assert_eq!(path(RequestFields::new("hi").preferences(preferences)), "provider.max_price.prompt");
    assert_eq!(path(RequestFields::new("hi").seed(1 << 53)), "seed");
    assert_eq!(path(RequestFields::new("hi").logit_bias([("1", 101.0)])), "logit_bias.1");
    assert_eq!(path(RequestFields::new("hi").stop(["a", "b", "c", "d", "e"])), "stop");
    assert_eq!(path(RequestFields::new(Vec::new())), "messages");
}

#[test]
fn every_field_of_the_table_has_a_setter() {
    let body = checked(
        RequestFields::new("hi")
            .model("a/b")
            .models(["a/b"])
            .max_tokens(1)
            .max_completion_tokens(1)
            .temperature(0.0)
            .top_p(1.0)
            .top_k(1)
            .top_a(0.5)
            .min_p(0.5)
            .frequency_penalty(0.0)
            .presence_penalty(0.0)
            .repetition_penalty(1.0)
            .seed(1)
            .logit_bias([("50256", -100.0)])
            .logprobs(true)
            .top_logprobs(1)
            .stop("x")
            .usage(true)
            .response_format(Format::text())
            .structured_outputs(true)
            .tools([Tool::function("f")])
            .tool_choice("auto")
            .parallel_tool_calls(false)
            .stop_server_tools_when([StopCondition::step_count_is(3), StopCondition::max_cost(0.5)])
            .reasoning(Reasoning::new().enabled(true))
            .reasoning_effort("low")
            .include_reasoning(true)
            .verbosity("low")
            .modalities(["text", "image"])
            .image_config(json!({"aspect_ratio": "16:9"}))
            .prediction("x")
            .plugins(Plugin::moderation())
            .web_search_options(json!({}))
            .cache_control(CacheControl::Ephemeral)
            .prompt_cache_key("k")
            .prompt_cache_options(json!({"mode": "explicit"}))
            .with_preferences(|p| p.zdr(true))
            .service_tier("flex")
            .session_id("s")
            .user("u")
            .metadata([("k", "v")])
            .trace(json!({"trace_id": "t"}))
            .preset("p")
            .debug(json!({"echo_upstream_body": true}))
            .transforms([Transform::MiddleOut])
            .stream_options(json!({}))
            .safe_prompt(true)
            .raw_mode(false)
            .enable_thinking(true)
            .input_guardrails(json!([]))
            .output_guardrails(json!([]))
            .cache(json!({}))
            .field("unknown", json!({"kept": true})),
    );
    let set: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    // The call decides whether it streams; the others are older spellings of what has a setter.
    let without = ["prompt", "route", "stream", "tags"];
    for field in REQUEST.fields {
        assert_eq!(set.contains(&field.name), !without.contains(&field.name), "{}", field.name);
    }
}

#[test]
fn enums_and_tables_list_the_same_words() {
    assert_eq!(Effort::KNOWN, fields::EFFORT.known);
    assert_eq!(Verbosity::KNOWN, fields::VERBOSITY.known);
    assert_eq!(Modality::KNOWN, fields::MODALITY.known);
    assert_eq!(ServiceTier::KNOWN, fields::SERVICE_TIER.known);
    assert_eq!(Quantization::KNOWN, fields::provider::QUANTIZATION.known);
    assert_eq!(SortBy::KNOWN, fields::provider::SORT.known);
    assert_eq!(Provider::from("Amazon Bedrock"), Provider::AmazonBedrock);
    assert_eq!(Provider::from("made up").word(), "made up");
    assert_eq!(
        serde_json::to_string(&[Provider::ZeroOneAI, Provider::from("x")]).unwrap(),
        r#"["01.AI","x"]"#
    );
    assert!(Provider::KNOWN.len() > 120);
}
