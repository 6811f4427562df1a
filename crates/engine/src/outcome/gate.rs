//! The quality gate: which whole answers are answers.
//!
//! Knows answers. Invariant: the same for plain answers and for assembled streams. What counts as something:
//! text that is not only white space, a tool call, a refusal in words, images or audio. Reasoning alone does not.

use super::Refusal;
use crate::chat::{Answer, FinishReason};

/// Refuses an answer that must not be passed off as success.
pub fn gate(answer: &Answer) -> Result<(), Refusal> {
    if answer.choices == 0 {
        return Err(Refusal::NoChoices);
    }
    let native = answer.native_finish_reason.as_deref().unwrap_or("");
    if broke_a_call(native)
        || matches!(&answer.finish_reason, Some(FinishReason::Other(w)) if broke_a_call(w))
    {
        return Err(Refusal::BrokenToolCall(String::new()));
    }
    if answer.finish_reason == Some(FinishReason::Error) {
        return Err(Refusal::FinishedInError);
    }
    for call in &answer.tool_calls {
        if call.name.trim().is_empty() || !is_whole(&call.arguments) {
            return Err(Refusal::BrokenToolCall(call.name.clone()));
        }
    }
    let refused = answer.refusal.as_deref().is_some_and(|r| !r.trim().is_empty());
    if !answer.text.trim().is_empty() || !answer.tool_calls.is_empty() || answer.has_media || refused {
        return Ok(());
    }
    let filtered = |f: &FinishReason| *f == FinishReason::ContentFilter;
    if answer.finish_reason.as_ref().is_some_and(filtered) || filtered(&FinishReason::parse(native)) {
        return Err(Refusal::Filtered);
    }
    Err(Refusal::Empty { length: answer.finish_reason == Some(FinishReason::Length) })
}

/// Gemini's word for a tool call that it could not write.
fn broke_a_call(word: &str) -> bool {
    word.eq_ignore_ascii_case("MALFORMED_FUNCTION_CALL")
}

/// Whole JSON; nothing at all is how several models call a tool without parameters.
fn is_whole(arguments: &str) -> bool {
    let arguments = arguments.trim();
    arguments.is_empty() || serde_json::from_str::<serde::de::IgnoredAny>(arguments).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::RawJson;
    use crate::chat::ToolCall;
    use bytes::Bytes;

    fn answer(text: &str, finish: FinishReason) -> Answer {
        Answer {
            raw: RawJson::trusted(Bytes::from_static(b"{}")),
            id: None,
            model: None,
            provider: None,
            choices: 1,
            text: text.to_owned(),
            reasoning: String::new(),
            refusal: None,
            tool_calls: Vec::new(),
            has_media: false,
            finish_reason: Some(finish),
            native_finish_reason: None,
            usage: None,
        }
    }

    fn call(arguments: &str) -> Answer {
        let tool = ToolCall { id: "c1".into(), name: "look".into(), arguments: arguments.into() };
        Answer { tool_calls: vec![tool], ..answer("", FinishReason::ToolCalls) }
    }

    #[test]
    fn answers_pass() {
        assert_eq!(gate(&answer("hi", FinishReason::Stop)), Ok(()));
        assert_eq!(gate(&answer("cut", FinishReason::Length)), Ok(()));
        assert_eq!(
            gate(&answer("half", FinishReason::ContentFilter)),
            Ok(()),
            "partial text stays the caller's to judge"
        );
        assert_eq!(gate(&call("{\"a\":1}")), Ok(()));
        assert_eq!(gate(&call("")), Ok(()), "a tool without parameters");
        assert_eq!(gate(&Answer { has_media: true, ..answer("", FinishReason::Stop) }), Ok(()));
        assert_eq!(gate(&Answer { refusal: Some("No.".into()), ..answer("", FinishReason::Stop) }), Ok(()));
        assert_eq!(gate(&Answer { finish_reason: None, ..answer("hi", FinishReason::Stop) }), Ok(()));
    }

    #[test]
    fn the_rest_does_not() {
        let empty = |length| Err(Refusal::Empty { length });
        assert_eq!(gate(&Answer { choices: 0, ..answer("", FinishReason::Stop) }), Err(Refusal::NoChoices));
        assert_eq!(gate(&answer(" \n", FinishReason::Stop)), empty(false));
        assert_eq!(gate(&Answer { reasoning: "hm".into(), ..answer("", FinishReason::Length) }), empty(true));
        assert_eq!(
            gate(&Answer { refusal: Some(" ".into()), ..answer("", FinishReason::Stop) }),
            empty(false)
        );
        assert_eq!(gate(&answer("half", FinishReason::Error)), Err(Refusal::FinishedInError));
        assert_eq!(gate(&answer("", FinishReason::ContentFilter)), Err(Refusal::Filtered));
        let native = |w: &str, f| Answer { native_finish_reason: Some(w.into()), ..answer("", f) };
        assert_eq!(gate(&native("SAFETY", FinishReason::Stop)), Err(Refusal::Filtered));
        let broken = |n: &str| Err(Refusal::BrokenToolCall(n.to_owned()));
        assert_eq!(gate(&native("MALFORMED_FUNCTION_CALL", FinishReason::Error)), broken(""));
        assert_eq!(gate(&call("{\"a\":")), broken("look"));
        let mut nameless = call("{}");
        nameless.tool_calls[0].name.clear();
        assert_eq!(gate(&nameless), broken(""));
    }
}
