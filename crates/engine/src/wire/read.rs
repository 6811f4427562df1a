//! Borrowed shapes into the values of `chat`.
//!
//! Knows shapes and chat. Must not tell an answer from an error (that is `decode`). Invariants: the first choice of
//! a body is its first entry, the first choice of a stream is the one with index 0; the same rules read a whole
//! answer and a piece of one; money is read from the number's own text.

use super::shape::{Body, Call, Choice, Costs, Function, Message, Spent, spelled};
use crate::base::{Nanodollars, RawJson};
use crate::chat::{Answer, ChunkMeta, Delta, FinishReason, ToolCall, ToolCallDelta, Usage, Word};
use bytes::Bytes;
use serde_json::value::RawValue;

/// A whole answer; `raw` is the text that `body` borrows from.
pub(super) fn answer(raw: &Bytes, body: Body<'_>) -> Answer {
    let usage = usage(&body);
    let mut answer = Answer {
        raw: RawJson::trusted(raw.clone()),
        id: owned(body.id.some()),
        model: owned(body.model.some()),
        provider: owned(provider(&body)),
        choices: body.choices.list.len(),
        text: String::new(),
        reasoning: String::new(),
        refusal: None,
        tool_calls: Vec::new(),
        has_media: false,
        finish_reason: None,
        native_finish_reason: None,
        usage,
    };
    if let Some(choice) = body.choices.list.into_iter().next() {
        answer.finish_reason = choice.finish_reason.some().map(FinishReason::parse);
        answer.native_finish_reason = owned(choice.native_finish_reason.some());
        if let Some(message) = choice.message.0.or(choice.delta.0) {
            answer.reasoning = reasoning(&message);
            answer.refusal = owned(message.refusal.some());
            answer.has_media = has_media(&message);
            answer.tool_calls = pieces(&message)
                .map(|(_, call, function)| ToolCall {
                    id: owned(call.and_then(|c| c.id.some())).unwrap_or_default(),
                    name: owned(function.and_then(|f| f.name.some())).unwrap_or_default(),
                    arguments: function.map(arguments).unwrap_or_default(),
                })
                .collect();
            answer.text = message.content.text.into_owned();
        }
    }
    answer
}

/// What one chunk adds; `raw` is the text that `body` borrows from.
pub(super) fn delta(raw: &Bytes, body: Body<'_>) -> Delta {
    let word = |text: Option<&str>| text.map(|t| Word::share(raw, t));
    let mut delta = Delta {
        usage: usage(&body).map(Box::new),
        meta: ChunkMeta {
            id: word(body.id.some()),
            model: word(body.model.some()),
            provider: word(provider(&body)),
        },
        raw: Some(RawJson::trusted(raw.clone())),
        ..Delta::default()
    };
    for (position, choice) in body.choices.list.into_iter().enumerate() {
        let first = choice.index.0.unwrap_or(position as u64) == 0;
        let finish_reason = choice.finish_reason.some().map(FinishReason::parse);
        let native = owned(choice.native_finish_reason.some());
        let piece = piece(choice);
        if !first {
            delta.other_choices |= piece.is_some_and(|m| shows(&m));
            continue;
        }
        delta.finish_reason = delta.finish_reason.or(finish_reason);
        delta.native_finish_reason = delta.native_finish_reason.or(native);
        if let Some(message) = piece {
            delta.reasoning = reasoning(&message);
            delta.refusal = owned(message.refusal.some()).unwrap_or_default();
            delta.has_media = has_media(&message);
            delta.tool_calls = pieces(&message)
                .map(|(index, call, function)| ToolCallDelta {
                    index,
                    id: owned(call.and_then(|c| c.id.some())),
                    name: owned(function.and_then(|f| f.name.some())),
                    arguments: function.map(arguments).unwrap_or_default(),
                })
                .collect();
            delta.text = message.content.text.into_owned();
        }
    }
    delta
}

/// The piece of a chunk's choice. A `message` beside a `delta` repeats the whole text so far (Perplexity); alone
/// it is the piece (FastRouter delivers tool calls so).
fn piece(choice: Choice<'_>) -> Option<Message<'_>> {
    choice.delta.0.or(choice.message.0)
}

fn shows(message: &Message<'_>) -> bool {
    !message.content.text.is_empty()
        || !message.tool_calls.list.is_empty()
        || message.refusal.some().is_some()
        || has_media(message)
        || !reasoning(message).is_empty()
}

fn has_media(message: &Message<'_>) -> bool {
    message.images.0 || message.audio.0 || message.content.media
}

/// Services that fill several of these repeat the same words in them: the first that has any counts.
fn reasoning(message: &Message<'_>) -> String {
    if let Some(text) = message.reasoning.some().or(message.reasoning_content.some()) {
        return text.to_owned();
    }
    let details: String =
        message.reasoning_details.list.iter().filter_map(|d| d.text.some().or(d.summary.some())).collect();
    if details.is_empty() { message.content.thinking.clone() } else { details }
}

/// Tool calls with their index (their position where none was sent); a legacy `function_call` is a call alone.
fn pieces<'m, 'a>(
    message: &'m Message<'a>,
) -> impl Iterator<Item = (usize, Option<&'m Call<'a>>, Option<&'m Function<'a>>)> {
    let calls = message.tool_calls.list.iter().enumerate().map(|(position, call)| {
        let index = call.index.0.and_then(|i| usize::try_from(i).ok()).unwrap_or(position);
        (index, Some(call), call.function.0.as_ref())
    });
    let legacy = message.function_call.0.as_ref().filter(|_| message.tool_calls.list.is_empty());
    calls.chain(legacy.map(|function| (0, None, Some(function))))
}

fn arguments(function: &Function<'_>) -> String {
    function.arguments.map(|raw| spelled(raw).into_owned()).unwrap_or_default()
}

fn provider<'b>(body: &'b Body<'_>) -> Option<&'b str> {
    body.provider.some().or_else(|| body.usage.0.as_ref()?.provider.some())
}

fn usage(body: &Body<'_>) -> Option<Usage> {
    let spent = body.usage.0.as_ref().or_else(|| body.x_groq.0.as_ref()?.usage.0.as_ref())?;
    let prompt = spent.prompt_tokens_details.0.as_ref();
    let completion = spent.completion_tokens_details.0.as_ref();
    let usage = Usage {
        prompt_tokens: spent.prompt_tokens.0,
        completion_tokens: spent.completion_tokens.0,
        total_tokens: spent.total_tokens.0,
        cached_tokens: prompt
            .and_then(|p| p.cached_tokens.0)
            .or(spent.prompt_cache_hit_tokens.0)
            .or(spent.cache_read_input_tokens.0),
        cache_write_tokens: prompt
            .and_then(|p| p.cache_write_tokens.0)
            .or(spent.cache_creation_input_tokens.0),
        reasoning_tokens: completion.and_then(|c| c.reasoning_tokens.0).or(spent.reasoning_tokens.0),
        cost: cost(spent),
    };
    (usage != Usage::default()).then_some(usage)
}

/// `cost` is what the service takes; only with the caller's own provider key does the upstream charge come on top,
/// otherwise it is already inside (contract section 2.1).
fn cost(spent: &Spent<'_>) -> Option<Nanodollars> {
    let cost = spent.cost.and_then(money);
    if !spent.is_byok.0 {
        return cost;
    }
    let upstream = spent.cost_details.0.as_ref().and_then(|d| d.upstream_inference_cost).and_then(money);
    match (cost, upstream) {
        (Some(a), Some(b)) => Some(a.plus(b)),
        (one, other) => one.or(other),
    }
}

/// A number, a number in a string, or an object with the sum (Perplexity).
fn money(raw: &RawValue) -> Option<Nanodollars> {
    let text = raw.get();
    match text.as_bytes().first()? {
        b'"' => Nanodollars::parse_dollars(&spelled(raw)),
        b'{' => serde_json::from_str::<Costs<'_>>(text)
            .ok()?
            .total_cost
            .filter(|total| !total.get().starts_with('{'))
            .and_then(money),
        _ => Nanodollars::parse_dollars(text),
    }
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}
