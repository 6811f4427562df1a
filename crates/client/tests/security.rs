//! Where keys and headers go, over real sockets (rows X of the test plan), and proxies (B01).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod common;
use common::{Fixed, Then, answer, call, complete, figures, provider, response};
use resilient_completion::{Client, Kind};
use serde_json::json;

const KEY: &str = "sk-canary-0123456789";

fn keyed(url: &str) -> Client {
    Client::builder().base_url(url).api_key(KEY).option("guards", "own").build().unwrap()
}

/// A redirect is a failure of its link: it is not followed, so that neither key nor prompt goes elsewhere.
#[tokio::test]
async fn x03_redirects_are_not_followed() {
    let elsewhere = Fixed::start(response("200 OK", answer("stolen").as_bytes()), Then::Keep);
    for status in [
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
    ] {
        let head = format!("{status}\r\nlocation: {}/chat/completions", elsewhere.url());
        let wall = Fixed::start(response(&head, b""), Then::Keep);
        let fields = json!({"model": "a/one", "policy": {"retries": 0}});
        let failure = complete(&keyed(&wall.url()), &fields).await.unwrap_err();
        assert_eq!(wall.requests(), 1);
        assert!(!failure.to_string().contains(KEY));
        let attempts = &failure.trace.as_ref().unwrap().attempts;
        assert_eq!((attempts.len(), attempts[0].status), (1, status[..3].parse().ok()), "{failure}");
    }
    figures(&json!({"id": "X03", "trials": 5, "leaks": elsewhere.requests()}));
    assert_eq!(elsewhere.requests(), 0);
}

/// A key goes in the clear to this machine and private networks only.
#[test]
fn x05_plain_http_to_a_public_host_is_refused_before_anything_is_sent() {
    let client = keyed("http://api.example.com/v1");
    let failure = client.start(call(&json!({"model": "a/one"})), false).err().unwrap();
    assert_eq!((failure.error.kind, failure.error.field.as_deref()), (Kind::Config, Some("base_url")));
    assert!(!failure.to_string().contains(KEY));

    let endpoints = json!({"far": {"base_url": "http://203.0.113.9/v1", "api_key": KEY}});
    let client =
        Client::builder().base_url("http://127.0.0.1:9/v1").option("endpoints", endpoints).build().unwrap();
    let chain = json!({"chain": ["a/one", {"model": "b/two", "endpoint": "far"}]});
    let failure = client.start(call(&chain), false).err().unwrap();
    assert_eq!(failure.error.field.as_deref(), Some("endpoints.far.base_url"));

    for allowed in ["http://192.168.1.5/v1", "http://ollama:11434/v1", "https://api.example.com/v1"] {
        assert!(keyed(allowed).start(call(&json!({"model": "a/one"})), false).is_ok(), "{allowed}");
    }
}

/// Falling over to another endpoint carries nothing of the first: key, headers, cookies.
#[tokio::test]
async fn x07_the_next_endpoint_sees_nothing_of_the_first() {
    let expose = |step| json!({"expose_authorization": true, "models": {"*": [step]}});
    let first = provider(&expose(json!({"status": 503, "headers": {"set-cookie": "session=abc"},
        "body": {"error": {"code": 503, "message": "down"}}})));
    let second = provider(&expose(json!({"text": "ok"})));
    let endpoints = json!({
        "second": {"base_url": second.url(), "api_key": "sk-second", "headers": {"x-tenant": "second"}},
        "open": {"base_url": second.url()}});
    let client = Client::builder()
        .base_url(&first.url())
        .api_key(KEY)
        .header("x-api-key", "secret-of-the-first")
        .option("app_name", "Tests")
        .option("endpoints", endpoints)
        .option("guards", "own")
        .build()
        .unwrap();
    let chain = json!({"chain": ["a/one", {"model": "b/two", "endpoint": "second"}]});
    assert_eq!(complete(&client, &chain).await.unwrap().text(), "ok");
    let open = json!({"chain": ["a/one", {"model": "b/two", "endpoint": "open"}]});
    assert_eq!(complete(&client, &open).await.unwrap().text(), "ok");
    let all = |p: &resilient_completion_simulator::Provider, i: usize| p.requests()[i].headers.clone();
    let value = |headers: &[(String, String)], name: &str| {
        headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone())
    };
    let (own, other, keyless) = (all(&first, 0), all(&second, 0), all(&second, 1));
    assert_eq!(value(&own, "authorization").unwrap(), format!("Bearer {KEY}"));
    assert_eq!(value(&own, "x-api-key").unwrap(), "secret-of-the-first");
    assert_eq!(value(&other, "authorization").unwrap(), "Bearer sk-second");
    assert_eq!(value(&other, "x-tenant").unwrap(), "second");
    assert_eq!(value(&other, "x-title").unwrap(), "Tests", "the application's name is for everybody");
    assert_eq!(value(&keyless, "authorization"), None);
    let leaks = [&other, &keyless]
        .iter()
        .flat_map(|headers| headers.iter())
        .filter(|(n, v)| v.contains(KEY) || v.contains("secret-of-the-first") || n == "cookie")
        .count();
    figures(&json!({"id": "X07", "trials": 2, "leaks": leaks}));
    assert_eq!(leaks, 0);
}

/// The proxies of the environment, in a process of its own since they are read from the environment.
#[test]
fn b01_a_proxy_in_the_environment_is_honoured_but_never_for_loopback() {
    let proxy = Fixed::start(response("200 OK", answer("proxied").as_bytes()), Then::Keep);
    let near = Fixed::start(response("200 OK", answer("direct").as_bytes()), Then::Keep);
    let run = |no_proxy: &str| {
        std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "behind_a_proxy", "--ignored", "--nocapture"])
            .env("HTTP_PROXY", proxy.url())
            .env("http_proxy", proxy.url())
            .env("NO_PROXY", no_proxy)
            .env("no_proxy", no_proxy)
            .env("NEAR", near.url())
            .output()
            .unwrap()
    };
    let output = run("");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{told}");
    assert!(told.contains("near=direct") && told.contains("far=proxied"), "{told}");
    assert_eq!((proxy.requests(), near.requests()), (1, 1));
    let told = String::from_utf8_lossy(&run("far.internal,::1,[::1],10.0.0.0/8,*.lan").stdout).into_owned();
    assert!(told.contains("near=direct") && told.contains("far=connection"), "{told}");
    figures(&json!({"id": "B01", "cells": 4, "violations": 0}));
}

#[tokio::test]
#[ignore = "run by b01 with an environment of its own"]
#[allow(clippy::print_stdout, reason = "read by the test that starts it")]
async fn behind_a_proxy() {
    for (name, url) in
        [("near", std::env::var("NEAR").unwrap()), ("far", "http://far.internal/v1".to_owned())]
    {
        let fields = json!({"model": "a/one", "timeout": 5, "policy": {"retries": 0}});
        let end = match complete(&keyed(&url), &fields).await {
            Ok(done) => done.text().to_owned(),
            Err(failure) => failure.error.kind.word().to_owned(),
        };
        println!("{name}={end}");
    }
}
