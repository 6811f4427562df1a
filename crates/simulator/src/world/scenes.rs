//! What a provider can do to one request, as beats in virtual time: good answers in all their forms, and every fault.
//!
//! Knows the wire's JSON. Must not know when which of them happens (that is `weather`). Invariants: a scene says of
//! itself whether it is a good answer and which text that has; the text of model `m` is the pieces `m:0 m:1 ...`, so
//! that a reader can tell where a piece comes from.

use crate::provider::shape;
use crate::provider::step::Reply;
use bytes::Bytes;
use resilient_completion_engine::base::Duration;
use resilient_completion_engine::outcome::Stage;
use resilient_completion_engine::wire::Headers;
use serde_json::{Value, json};

/// One beat: how long after the one before it (least and most, in milliseconds), and what.
#[derive(Clone, Debug)]
pub(super) struct Beat {
    pub(super) gap: (u64, u64),
    pub(super) what: What,
}

#[derive(Clone, Debug)]
pub(super) enum What {
    Head(u16, Headers),
    Bytes(Bytes),
    End,
    Fault(Stage),
}

/// One way in which a request can go.
#[derive(Clone, Debug)]
pub(super) struct Scene {
    pub(super) name: &'static str,
    pub(super) beats: Vec<Beat>,
    /// The text, if it is a good answer.
    pub(super) good: Option<String>,
}

/// All scenes of one model.
pub(super) struct Scenes {
    /// Good answers to plain requests and to streams.
    pub(super) good: [Vec<Scene>; 2],
    /// Faults of plain requests and of streams.
    pub(super) bad: [Vec<Scene>; 2],
    /// Faults that every model of an endpoint or key shares.
    pub(super) walls: Vec<Scene>,
}

/// Pieces of every good answer.
pub(super) const PIECES: usize = 5;

fn scene(name: &'static str) -> Scene {
    Scene { name, beats: Vec::new(), good: None }
}

impl Scene {
    fn beat(mut self, gap: (u64, u64), what: What) -> Scene {
        self.beats.push(Beat { gap, what });
        self
    }

    fn head(self, status: u16, headers: &[(&str, &str)]) -> Scene {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.beat((20, 400), What::Head(status, Headers(headers)))
    }

    fn bytes(self, text: &str) -> Scene {
        self.later((0, 150), text)
    }

    fn later(self, gap: (u64, u64), text: &str) -> Scene {
        self.beat(gap, What::Bytes(Bytes::from(text.to_owned())))
    }

    fn events<'a>(self, events: impl IntoIterator<Item = &'a String>) -> Scene {
        events.into_iter().fold(self, |s, e| s.bytes(&format!("data: {e}\n\n")))
    }

    fn end(self) -> Scene {
        self.beat((0, 30), What::End)
    }

    fn fault(self, stage: Stage) -> Scene {
        self.beat((0, 300), What::Fault(stage))
    }

    fn good(mut self, text: &str) -> Scene {
        self.good = Some(text.to_owned());
        self
    }

    fn every(self, times: usize, gap: u64, text: &str) -> Scene {
        (0..times).fold(self, |s, _| s.later((gap, gap), text))
    }
}

const PLAIN: &[(&str, &str)] = &[("content-type", "application/json")];
const EVENTS: &[(&str, &str)] = &[("content-type", "text/event-stream")];
const PADDING: &str = "\n         \n";
const COMMENT: &str = ": OPENROUTER PROCESSING\n\n";
const DONE: &str = "data: [DONE]\n\n";
const PAGE: &str = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body></body></html>";

impl Scenes {
    /// The scenes of model number `m`, called `model`.
    pub(super) fn of(m: usize, model: &str) -> Scenes {
        let reply = Reply { pieces: (0..PIECES).map(|k| format!("{m}:{k} ")).collect(), ..Reply::default() };
        let text = reply.pieces.concat();
        let body = shape::completion(&reply, model).to_string();
        let events = shape::events(&reply, model);
        let (mut bad_plain, mut bad_stream) = (refusals(), refusals());
        bad_plain.extend(plain_faults(&body, model));
        bad_stream.extend(stream_faults(&events));
        Scenes {
            good: [good_plain(&body, &text), good_streams(&body, &events, &text, model)],
            bad: [bad_plain, bad_stream],
            walls: walls(),
        }
    }
}

fn good_plain(body: &str, text: &str) -> Vec<Scene> {
    let cut = body.len() / 3;
    vec![
        scene("plain").head(200, PLAIN).bytes(body).end().good(text),
        scene("padded").head(200, PLAIN).every(6, 700, PADDING).bytes(body).end().good(text),
        scene("in_portions").head(200, PLAIN).bytes(&body[..cut]).bytes(&body[cut..]).end().good(text),
        scene("mislabelled")
            .head(200, &[("content-type", "application/octet-stream")])
            .bytes(body)
            .end()
            .good(text),
    ]
}

fn good_streams(body: &str, events: &[String], text: &str, model: &str) -> Vec<Scene> {
    // Role, pieces, finish, usage, [DONE].
    let (to_finish, to_usage) = (1 + PIECES + 1, 1 + PIECES + 2);
    let usage_only =
        json!({"id": "g", "model": model, "choices": [], "usage": {"completion_tokens": 5, "cost": 0.1}});
    vec![
        scene("stream").head(200, EVENTS).events(events).end().good(text),
        scene("stream_with_comments")
            .head(200, EVENTS)
            .every(5, 800, COMMENT)
            .events(events)
            .end()
            .good(text),
        scene("stream_in_one_read").head(200, EVENTS).bytes(&joined(events)).end().good(text),
        scene("stream_without_done").head(200, EVENTS).events(&events[..to_usage]).end().good(text),
        scene("stream_left_open").head(200, EVENTS).events(&events[..to_usage]).good(text),
        scene("stream_left_open_before_usage").head(200, EVENTS).events(&events[..to_finish]).good(text),
        scene("stream_with_late_usage")
            .head(200, EVENTS)
            .events(&events[..to_finish])
            .later((300, 700), &format!("data: {usage_only}\n\n{DONE}"))
            .end()
            .good(text),
        scene("stream_with_done_only")
            .head(200, EVENTS)
            .events(&events[..=PIECES])
            .bytes(DONE)
            .end()
            .good(text),
        scene("stream_answered_plainly").head(200, PLAIN).bytes(body).end().good(text),
        scene("stream_then_a_fault_too_late")
            .head(200, EVENTS)
            .events(events)
            .fault(Stage::Receive)
            .good(text),
    ]
}

fn joined(events: &[String]) -> String {
    events.iter().map(|e| format!("data: {e}\r\n\r\n")).collect()
}

fn error(code: u16, message: &str, metadata: Value) -> String {
    let mut error = json!({"code": code, "message": message});
    if !metadata.is_null() {
        error["metadata"] = metadata;
    }
    json!({"error": error, "user_id": "user_x"}).to_string()
}

/// Faults that look alike for plain requests and streams.
fn refusals() -> Vec<Scene> {
    let refused = |name, status: u16, headers: &[(&str, &str)], body: String| {
        scene(name).head(status, headers).bytes(&body).end()
    };
    let said = |name, code: u16, message: &str| refused(name, code, PLAIN, error(code, message, Value::Null));
    let busy = || {
        error(429, "Provider returned error", json!({"provider_name": "P", "raw": "rate-limited upstream"}))
    };
    vec![
        scene("no_connection").fault(Stage::Connect),
        scene("reset_before_the_head").fault(Stage::Send),
        scene("silence"),
        scene("silence_after_the_head").head(200, EVENTS),
        scene("reset_after_the_head").head(200, PLAIN).fault(Stage::Receive),
        scene("empty_body").head(200, PLAIN).end(),
        refused("busy", 429, PLAIN, busy()),
        refused("busy_for_a_while", 429, &[("retry-after", "3")], busy()),
        refused("busy_for_long", 429, &[("retry-after", "40")], busy()),
        refused("busy_in_milliseconds", 429, &[("retry-after-ms", "250")], busy()),
        refused("page_502", 502, &[("content-type", "text/html")], PAGE.to_owned()),
        refused("page_in_a_200", 200, &[("content-type", "text/html")], PAGE.to_owned()),
        said("status_500", 500, "Internal Server Error"),
        said("status_503", 503, "No instances available"),
        said("status_504", 504, "error code: 504"),
        said("status_524", 524, "A timeout occurred"),
        said("status_529", 529, "Overloaded"),
        said("status_408", 408, "Request timed out"),
        said("bad_request", 400, "Input required: specify \"prompt\" or \"messages\""),
        said("invalid_model", 400, "this is not a valid model ID"),
        said("no_endpoints", 404, "No endpoints found matching your data policy (Paid model training)"),
        said(
            "context",
            400,
            "This endpoint's maximum context length is 131072 tokens. However, you requested about 140000",
        ),
        refused(
            "moderated",
            403,
            PLAIN,
            error(403, "Your input was flagged for \"violence\"", json!({"reasons": ["violence"]})),
        ),
        refused(
            "error_in_a_200",
            200,
            PLAIN,
            PADDING.to_owned() + &error(502, "Provider returned error", Value::Null),
        ),
        refused(
            "error_in_a_200_after_padding",
            200,
            PLAIN,
            PADDING.repeat(3) + &error(429, "Rate limit exceeded", Value::Null),
        ),
    ]
}

fn plain_faults(body: &str, model: &str) -> Vec<Scene> {
    let half = &body[..body.len() / 2];
    let odd = |reply: &Reply| shape::completion(reply, model).to_string();
    let empty = odd(&Reply { pieces: vec![String::new()], ..Reply::default() });
    let filtered = odd(&Reply { finish_reason: Some(Some("content_filter".to_owned())), ..Reply::default() });
    let failed = odd(&Reply {
        pieces: vec!["half".to_owned()],
        error: Some(json!({"code": 502, "message": "Upstream idle timeout"})),
        ..Reply::default()
    });
    let call = json!({"id": "c", "type": "function", "function": {"name": "f", "arguments": "{\"a\":"}});
    let broken_tool = odd(&Reply { tool_calls: vec![call], ..Reply::default() });
    let whole = |name, body: &str| scene(name).head(200, PLAIN).bytes(body).end();
    vec![
        scene("body_cut").head(200, PLAIN).bytes(half).fault(Stage::Receive),
        whole("body_cut_politely", half),
        scene("body_that_stalls").head(200, PLAIN).bytes(half),
        whole("not_json", "not json at all"),
        whole("empty_text", &empty),
        whole("filtered", &filtered),
        whole("error_in_the_choice", &failed),
        whole("broken_tool_call", &broken_tool),
        whole("no_choices", r#"{"id":"g","choices":[]}"#),
        whole("padding_only", &PADDING.repeat(60)),
        scene("padding_for_ever").head(200, PLAIN).every(60, 3_000, PADDING),
    ]
}

fn stream_faults(events: &[String]) -> Vec<Scene> {
    let begun = |name, pieces: usize| scene(name).head(200, EVENTS).events(&events[..=pieces]);
    let said = |value: Value| format!("data: {value}\n\n");
    let shapes = [
        said(json!({"error": {"message": "Rate limit exceeded", "code": 429}, "user_id": "u"})),
        said(json!({"id": "g", "choices": [], "error": {"code": 502, "message": "Provider disconnected"}})),
        said(
            json!({"id": "g", "error": {"code": "server_error", "message": "x"}, "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}]}),
        ),
        said(
            json!({"id": "g", "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": null}], "error": {"code": 503, "message": "x"}, "usage": {"cost": 0}}),
        ),
        said(json!({"id": "g", "choices": [{"index": 0, "delta": {}, "finish_reason": "error"}]})) + DONE,
    ];
    let mut all = vec![
        begun("stream_cut_before_a_piece", 0).fault(Stage::Receive),
        begun("stream_ends_politely_before_a_piece", 0).end(),
        begun("role_only_for_ever", 0).every(60, 3_000, &format!("data: {}\n\n", events[0])),
        scene("comments_for_ever").head(200, EVENTS).every(60, 3_000, COMMENT),
        begun("stream_cut_after_a_piece", 1).fault(Stage::Receive),
        begun("stream_cut_after_three", 3).fault(Stage::Receive),
        begun("stream_ends_politely_after_two", 2).end(),
        begun("stream_stalls_after_two", 2),
        begun("stream_of_comments_after_a_piece", 1).every(60, 3_000, COMMENT),
        begun("stream_of_drops", 2).every(30, 9_000, &format!("data: {}\n\n", events[0])),
        begun("broken_event", 0).bytes("data: {\"id\": \n\n").end(),
        begun("broken_event_after_two", 2).bytes("data: {\"id\": \n\n").end(),
        scene("stream_of_nothing").head(200, EVENTS).bytes(DONE).end(),
    ];
    let names = [
        ["error_event_bare", "error_event_bare_late"],
        ["error_event_no_choices", "error_event_no_choices_late"],
        ["error_event_documented", "error_event_documented_late"],
        ["error_event_with_usage", "error_event_with_usage_late"],
        ["error_event_without_error", "error_event_without_error_late"],
    ];
    for ([early, late], shape) in names.into_iter().zip(&shapes) {
        all.push(begun(early, 0).bytes(shape).end());
        all.push(begun(late, 3).bytes(shape).end());
    }
    all
}

fn walls() -> Vec<Scene> {
    let said = |name, code: u16, message: &str, headers: &[(&str, &str)]| {
        scene(name).head(code, headers).bytes(&error(code, message, Value::Null)).end()
    };
    vec![
        scene("endpoint_down").fault(Stage::Connect),
        scene("endpoint_silent"),
        said("wrong_key", 401, "User not found.", PLAIN),
        said("no_credits", 402, "Insufficient credits. Add more using https://openrouter.ai/credits", PLAIN),
        said("key_limit", 403, "Key limit exceeded (monthly limit).", PLAIN),
        said(
            "free_cap_per_minute",
            429,
            "Rate limit exceeded: free-models-per-min. ",
            &[("retry-after", "20")],
        ),
        said("free_cap_per_day", 429, "Rate limit exceeded: free-models-per-day. ", PLAIN),
    ]
}

impl Scene {
    /// What the service asks to wait, as its headers say.
    pub(super) fn asks(&self) -> Duration {
        let Some(What::Head(status, headers)) = self.beats.first().map(|b| &b.what) else {
            return Duration::ZERO;
        };
        let number =
            |name: &str| headers.get(name).and_then(|v| v.parse::<u64>().ok()).filter(|_| *status >= 400);
        let millis = number("retry-after-ms").or_else(|| number("retry-after").map(|s| s * 1_000));
        Duration::from_millis(millis.unwrap_or(0))
    }
}

/// The names of all scenes.
#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    let Scenes { good, bad, walls } = Scenes::of(0, "m");
    good.into_iter().chain(bad).flatten().chain(walls).map(|s| s.name).collect()
}
