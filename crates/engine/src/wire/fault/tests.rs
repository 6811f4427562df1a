//! Every envelope once, and arbitrary input.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn read(status: u16, body: &str) -> ProviderFault {
    ProviderFault::read(Some(status), &Headers::default(), body.as_bytes())
}

#[test]
fn the_openrouter_envelope() {
    let body = json!({"error": {"message": "Provider returned error", "code": 429, "metadata": {
        "raw": "a/b:free is temporarily rate-limited upstream.", "provider_name": "Acme", "limit_source": "pool",
        "retry_after_seconds": 17.5, "headers": {"X-RateLimit-Reset": "1790380800000"}}}, "user_id": "user_2abcDEF99"});
    let f = read(200, &body.to_string());
    assert_eq!(f.status, Some(429));
    assert_eq!(f.provider.as_deref(), Some("Acme"));
    assert_eq!(f.message, "Provider returned error: a/b:free is temporarily rate-limited upstream.");
    assert_eq!(f.words, ["429", "pool"]);
    assert_eq!(f.retry_after, Some(Duration::from_millis(17_500)));
    assert_eq!(f.quoted_headers.get("x-ratelimit-reset"), Some("1790380800000"));
    assert!(!f.body.contains("2abcDEF99"), "{}", f.body);
}

#[test]
fn availability_stands_before_everything() {
    let body = json!({"error": {"message": "All providers are at capacity.", "error_type": "rate_limit_exceeded",
        "http_status": 429, "availability": {"code": "capacity_exhausted", "retryable": true, "retry_after": 40,
        "requested_models": ["a/b"], "excluded_by": ["data_policy:zdr"], "docs_url": "https://x"}}});
    let f = read(429, &body.to_string());
    assert_eq!(f.words[..2], ["capacity_exhausted", "rate_limit_exceeded"]);
    assert!(f.words.contains(&"excluded_by:data_policy:zdr".to_owned()));
    assert_eq!((f.status, f.says_retryable), (Some(429), Some(true)));
    assert_eq!(f.retry_after, Some(Duration::from_secs(40)));
}

#[test]
fn json_in_a_string_in_json() {
    let deep = json!({"error": {"code": "context_length_exceeded", "message": "too long"}}).to_string();
    let mid = json!({"error": {"code": 400, "message": deep}}).to_string();
    let body =
        json!({"error": {"code": 502, "message": "Provider returned error", "metadata": {"raw": mid}}});
    let f = read(200, &body.to_string());
    assert_eq!(f.status, Some(502), "the outer status is this answer's");
    assert!(f.words.contains(&"context_length_exceeded".to_owned()));
    assert_eq!(f.texts, ["Provider returned error", "too long"]);
    let f =
        read(200, &json!({"error": {"code": 502, "message": format!("ConnectionError: {mid}")}}).to_string());
    assert_eq!(f.texts, ["ConnectionError", "too long"]);
}

#[test]
fn other_envelopes() {
    for (status, body, effective, text, word) in [
        (400, r#"{"error":"no such thing"}"#, 400, "no such thing", ""),
        (
            422,
            r#"{"message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"not permitted"}]}}"#,
            422,
            "body.seed: not permitted",
            "extra_forbidden",
        ),
        (
            400,
            r#"{"success":false,"error":{"name":"ZodError","message":"[{\"code\":\"invalid_type\",\"path\":[\"input\"],\"message\":\"Required\"}]"}}"#,
            400,
            "input: Required",
            "invalid_type",
        ),
        (
            400,
            r#"{"error":{"message":[{"code":"x","path":["provider"],"message":"bad"}]}}"#,
            400,
            "provider: bad",
            "x",
        ),
        (
            500,
            r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]"#,
            429,
            "m",
            "resource_exhausted",
        ),
        (429, r#"{"status":429,"title":"Too Many Requests"}"#, 429, "Too Many Requests", ""),
        (400, r#"{"error_msg":"bad","error_code":336003}"#, 400, "bad", "336003"),
        (
            200,
            r#"{"choices":[{"error":{"code":502,"message":"broke"},"message":{"content":"half"}}]}"#,
            502,
            "broke",
            "",
        ),
        (200, r#"{"error":{"code":"429","message":"m"}}"#, 429, "m", "429"),
        (404, "404 page not found", 404, "404 page not found", ""),
        (400, "data: {\"error\":{\"message\":\"m\",\"type\":\"t\"}}\n\n", 400, "m", "t"),
        (400, "\"{\\\"error\\\":{\\\"message\\\":\\\"m\\\"}}\"", 400, "m", ""),
    ] {
        let f = read(status, body);
        assert_eq!(f.status, Some(effective), "{body}");
        assert_eq!(f.texts.first().map(String::as_str), Some(text), "{body}");
        assert!(word.is_empty() || f.words.iter().any(|w| w == word), "{body}: {:?}", f.words);
    }
}

#[test]
fn pages_are_described_not_quoted() {
    let f = read(
        524,
        "<!DOCTYPE html>\n<html><head><title>x.y | 524: A timeout occurred</title></head><body>long</body>",
    );
    assert_eq!(f.message, "an HTML page titled \"x.y | 524: A timeout occurred\"");
    assert_eq!(read(502, "").message, "status 502, without a message");
}

#[test]
fn the_header_says_whether_to_retry() {
    let headers = Headers(vec![("x-should-retry".into(), "false".into())]);
    assert_eq!(ProviderFault::read(Some(500), &headers, b"{}").says_retryable, Some(false));
}

#[test]
fn what_is_an_error_and_what_is_an_answer() {
    for (tree, is) in [
        (json!({"error": {"message": "m"}, "choices": [{"message": {"content": "x"}}]}), true),
        (json!({"choices": [{"error": {"code": 502}}]}), true),
        (json!([{"error": {"code": 429}}]), true),
        (json!({"detail": "Unauthorized"}), true),
        (json!({"object": "error", "message": "m"}), true),
        (json!({"success": false}), true),
        (json!({"promptFeedback": {"blockReason": "SAFETY"}}), true),
        (json!({"base_resp": {"status_code": 1008, "status_msg": "m"}, "choices": null}), true),
        (json!({"base_resp": {"status_code": 0}, "choices": [{"message": {"content": "x"}}]}), false),
        (json!({"error": null, "choices": []}), false),
        (json!({"error": {}, "choices": [{"message": {"content": "x"}}]}), false),
        (json!({"error": "", "choices": []}), false),
        (json!({"choices": [], "usage": {}}), false),
        (json!({"id": "x", "usage": {"cost": 1}}), false),
        (json!({"message": {"role": "assistant", "content": "hi"}, "done": true}), false),
        (json!("text"), false),
        (json!({"type": "ping"}), false),
    ] {
        assert_eq!(ProviderFault::is_in(&tree), is, "{tree}");
    }
}

#[test]
fn the_body_is_capped_between_characters() {
    let f = read(500, &"é".repeat(BODY_CAP));
    assert_eq!(f.body.len(), BODY_CAP);
    assert!(f.message.chars().count() <= MESSAGE_CAP + 1);
}

fn any_json() -> impl Strategy<Value = Value> {
    let word = prop_oneof![
        Just("error"),
        Just("message"),
        Just("code"),
        Just("metadata"),
        Just("raw"),
        Just("detail"),
        Just("choices"),
        Just("path"),
        Just("loc"),
        Just("msg"),
        Just("retry_after"),
        Just("headers"),
        Just("param"),
        Just("errors"),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
        Just(Value::from("{\"error\":\"{\\\"message\\\":\\\"x\\\"}\"}")),
    ];
    leaf.prop_recursive(6, 64, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word.clone(), inner.clone()), 0..5)
                .prop_map(|kv| Value::Object(kv.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())),
            inner.prop_map(|v| Value::from(v.to_string())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300), status in any::<Option<u16>>()) {
        let f = ProviderFault::read(status, &Headers::default(), &bytes);
        prop_assert!(!f.message.contains('\n') && !f.message.is_empty());
    }

    #[test]
    fn any_tree_is_read(tree in any_json(), status in any::<Option<u16>>()) {
        let _ = ProviderFault::is_in(&tree);
        let f = ProviderFault::read(status, &Headers::default(), tree.to_string().as_bytes());
        prop_assert!(!f.message.chars().any(char::is_control) && !f.message.is_empty());
    }

    #[test]
    fn no_key_comes_out(tail in "[A-Za-z0-9]{16,40}", before in "[ -~]{0,30}") {
        let key = format!("sk-or-v1-{tail}");
        let body = json!({"error": {"message": format!("{before} {key} "), "type": key.clone(),
            "metadata": {"raw": json!({"error": format!("your key {key}")}).to_string()}}}).to_string();
        let f = ProviderFault::read(Some(401), &Headers::default(), body.as_bytes());
        let low = tail.to_lowercase();
        prop_assert!(!f.body.contains(&tail) && !f.message.contains(&tail));
        prop_assert!(f.texts.iter().chain(&f.words).all(|t| !t.to_lowercase().contains(&low)));
    }
}
