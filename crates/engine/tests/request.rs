//! What no vector can show about requests: that nothing panics, nothing is copied, nothing is changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use bytes::Bytes;
use proptest::prelude::*;
use resilient_completion_engine::base::RawJson;
use resilient_completion_engine::chat::ChatRequest;
use resilient_completion_engine::chat::request::{check_field, field_names, known_field};
use serde_json::{Value, json};

fn parse(text: &str) -> Result<ChatRequest, resilient_completion_engine::error::Error> {
    ChatRequest::parse(Bytes::copy_from_slice(text.as_bytes()))
}

#[test]
fn a_field_is_a_slice_of_the_callers_text() {
    let image = "A".repeat(1 << 20);
    let text = json!({"model": "a/b", "messages": [{"role": "user", "content": [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": format!("data:image/png;base64,{image}")}}]}]});
    let input = Bytes::from(text.to_string());
    let range = input.as_ptr_range();
    let request = ChatRequest::parse(input.clone()).unwrap();
    for (name, value) in request.fields() {
        let slice = value.bytes().as_ptr_range();
        assert!(range.start <= slice.start && slice.end <= range.end, "{name} was copied");
    }
    assert_eq!(
        request.clone().get("messages").unwrap().bytes().as_ptr(),
        request.get("messages").unwrap().bytes().as_ptr()
    );
}

#[test]
fn order_is_kept_and_null_means_not_set() {
    let mut r =
        parse(r#"{"temperature":null,"model":"a/b","zzz":{"b":1,"a":null},"messages":"hi","seed": 1 }"#)
            .unwrap();
    let names: Vec<_> = r.fields().map(|(n, _)| n.to_owned()).collect();
    assert_eq!(names, ["model", "zzz", "messages", "seed"]);
    assert_eq!(r.get("zzz").unwrap().as_str(), r#"{"b":1,"a":null}"#);
    assert_eq!(r.get("seed").unwrap().as_str(), "1");
    assert_eq!(r.get("messages").unwrap().as_str(), r#"[{"role":"user","content":"hi"}]"#);
    r.set("model", RawJson::of("c/d").unwrap());
    r.set("top_k", RawJson::of(&3).unwrap());
    assert_eq!(r.remove("zzz").unwrap().value(), json!({"b": 1, "a": null}));
    assert_eq!(r.remove("zzz"), None);
    let names: Vec<_> = r.fields().map(|(n, _)| n.to_owned()).collect();
    assert_eq!(names, ["model", "messages", "seed", "top_k"]);
}

#[test]
fn fields_apart_are_checked_like_a_text() {
    let raw = |t: &str| RawJson::parse(Bytes::from(t.to_owned())).unwrap();
    let r = ChatRequest::from_fields(vec![
        ("messages".into(), raw(" \"hi\" ")),
        ("seed".into(), raw(" null")),
        ("x".into(), raw("[1]")),
    ])
    .unwrap();
    assert_eq!(r.get("messages").unwrap().as_str(), r#"[{"role":"user","content":"hi"}]"#);
    assert_eq!(r.get("seed"), None);
    let twice = vec![
        ("model".to_owned(), raw("\"a\"")),
        ("model".to_owned(), raw("\"b\"")),
        ("messages".to_owned(), raw("\"hi\"")),
    ];
    assert_eq!(ChatRequest::from_fields(twice).unwrap_err().field.as_deref(), Some("model"));
    let e = check_field("temperature", &raw("3"), "chain[1]").unwrap_err();
    assert_eq!(
        (e.field.as_deref(), e.message.as_str()),
        (Some("chain[1].temperature"), "chain[1].temperature: must be at least 0 and at most 2, got 3")
    );
    assert!(check_field("temperature", &raw("null"), "chain[1]").is_ok());
    assert!(known_field("max_tokens") && !known_field("maxTokens"));
    assert!(field_names().any(|n| n == "response_format"));
}

#[test]
fn no_error_quotes_what_was_said() {
    let secret = "SECRET-PROMPT";
    for body in [
        json!({"messages": [{"role": "user", "content": {"text": secret}}]}),
        json!({"messages": [{"role": "user", "content": [secret]}]}),
        json!({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": secret}]}]}),
        json!({"messages": {"role": secret}}),
        json!({"messages": "hi", "metadata": {"k": secret.repeat(50)}}),
        json!({"messages": "hi", "temperature": secret}),
        json!({"messages": "hi", "session_id": secret.repeat(50)}),
    ] {
        let e = parse(&body.to_string()).unwrap_err();
        assert!(!format!("{e:?}").contains(secret), "{e:?}");
    }
    let cut = format!(r#"{{"messages":"{secret}\ud800"}}"#);
    assert!(!format!("{:?}", parse(&cut).unwrap_err()).contains(secret));
    let half = format!(r#"{{"messages":"{secret}"#);
    assert!(!format!("{:?}", parse(&half).unwrap_err()).contains(secret));
}

#[test]
fn depth_is_what_serde_json_reads() {
    let nested =
        |levels: usize| format!(r#"{{"messages":"hi","x":{}{}}}"#, "[".repeat(levels), "]".repeat(levels));
    assert_eq!(parse(&nested(126)).unwrap().get("x").unwrap().value().to_string().len(), 252);
    assert!(serde_json::from_str::<Value>(&nested(126)).is_ok());
    assert!(serde_json::from_str::<Value>(&nested(127)).is_err());
    assert!(parse(&nested(127)).unwrap_err().message.contains("nested deeper"));
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Value::from),
        (-1e300..1e300f64).prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 64, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(".{0,12}", inner, 0..6)
                .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

/// Bodies that come near to real ones, so that the deep paths of the checker are walked.
fn near_request() -> impl Strategy<Value = String> {
    let key = prop::sample::select(field_names().collect::<Vec<_>>());
    let word = prop::sample::select(vec![
        "user",
        "assistant",
        "tool",
        "role",
        "content",
        "type",
        "text",
        "image_url",
        "function",
        "id",
        "web",
        "url",
    ]);
    let leaf = prop_oneof![any_json(), word.clone().prop_map(Value::from)];
    let value = leaf.prop_recursive(5, 48, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner), 0..5)
                .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
        ]
    });
    prop::collection::vec((key, value), 0..5)
        .prop_map(|m| Value::Object(m.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()).to_string())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = ChatRequest::parse(Bytes::from(bytes));
    }

    #[test]
    fn no_cut_or_flipped_text_panics(text in near_request(), at in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        let _ = ChatRequest::parse(Bytes::copy_from_slice(&bytes[..at]));
        bytes[at] = flip;
        let _ = ChatRequest::parse(Bytes::from(bytes));
    }

    /// An unknown field takes any JSON, and its bytes come out as they went in.
    #[test]
    fn unknown_fields_pass_byte_for_byte(value in any_json(), pretty in any::<bool>()) {
        let inner = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let text = format!("{{ \"messages\" : \"hi\" , \"surely unknown\" : {inner} }}");
        let r = parse(&text).unwrap();
        match r.get("surely unknown") {
            Some(raw) => prop_assert_eq!(raw.as_str(), inner.as_str()),
            None => prop_assert!(value.is_null()),
        }
    }

    /// The cursor knows the same JSON as `serde_json`: a text that is not JSON is refused as such, and one that is
    /// is never called invalid.
    #[test]
    fn json_means_the_same_as_elsewhere(text in "[-\\[\\]{}\",:0-9.eE+ntrufalsn\\\\ \\t\u{1}d8]{0,24}") {
        let body = format!("{{\"messages\":\"hi\",\"x\":{text}}}");
        let theirs = serde_json::from_str::<Value>(&body).map(drop);
        match (parse(&body), theirs) {
            (Ok(_), theirs) => prop_assert!(theirs.is_ok(), "{body}: only serde_json refuses: {theirs:?}"),
            (Err(e), Ok(())) => prop_assert!(!e.message.contains("not valid JSON"), "{body}: {e}"),
            (Err(_), Err(_)) => {}
        }
    }
}
