//! Whatever comes, there is an outcome, it is one line, and it is the same again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use proptest::prelude::*;
use resilient_completion_engine::base::WallTime;
use resilient_completion_engine::error::Kind;
use resilient_completion_engine::outcome::{OwnRule, report};
use resilient_completion_engine::wire::Headers;
use serde_json::{Value, json};

fn a_body() -> impl Strategy<Value = Vec<u8>> {
    let word = prop::sample::select(vec![
        "rate limit exceeded",
        "insufficient_quota",
        "maximum context length is 10",
        "model 'x' not found",
        "429",
        "try again in 5s",
        "flagged",
        "",
        "\u{1b}[31m",
        "{\"error\":\"x\"}",
        "timeout",
        "is not supported",
    ]);
    let envelope = (word.clone(), word.clone(), word, any::<i64>(), any::<bool>()).prop_map(|(m, c, raw, n, b)| {
        json!({"error": {"message": m, "code": if b { json!(n) } else { json!(c) },
            "metadata": {"raw": raw, "retry_after_seconds": n, "headers": {"x-ratelimit-reset": n.to_string()}}}})
        .to_string()
        .into_bytes()
    });
    prop_oneof![envelope, prop::collection::vec(any::<u8>(), 0..200), ".{0,80}".prop_map(String::into_bytes)]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_answer_has_a_verdict(
        status in 100u16..700,
        body in a_body(),
        wait in ".{0,12}",
        stream in any::<bool>(),
        now in any::<i64>(),
    ) {
        let kind = if stream { "text/event-stream" } else { "application/json" };
        let headers = Headers(vec![("retry-after".into(), wait), ("content-type".into(), kind.into())]);
        let told = report(status, &headers, &body, WallTime(now));
        prop_assert_eq!(&told, &report(status, &headers, &body, WallTime(now)));
        match &told["kind"] {
            Value::Null => prop_assert!((200..300).contains(&status)),
            k => {
                prop_assert!(Kind::parse(k.as_str().unwrap()).is_some());
                let message = told["message"].as_str().unwrap();
                prop_assert!(!message.is_empty() && !message.chars().any(char::is_control), "{message:?}");
                prop_assert!(!told["rule"]["name"].as_str().unwrap().is_empty());
                prop_assert!(!told["rule"]["source"].as_str().unwrap().is_empty());
            }
        }
    }

    #[test]
    fn any_rules_option_is_read_or_refused(text in ".{0,20}", n in any::<i64>(), key in "[a-z]{0,9}") {
        for tree in [json!(text), json!([{key.clone(): n}]), json!([{"when": {key: text.clone()}, "kind": text}])] {
            if let Err(e) = OwnRule::read_all(&tree) {
                prop_assert!(e.field.is_some() && e.kind == Kind::Config);
            }
        }
    }
}
