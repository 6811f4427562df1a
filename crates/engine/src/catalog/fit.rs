//! Whether a model can do what a request needs.
//!
//! Knows needs and facts. Must not choose between models. Invariants: only a fact makes a model unfit; what no
//! listing says, and a model that no listing has, is [`Fit::Unknown`]; every reason is for a person and
//! names what is missing, never content of the request.

use super::capability;
use super::facts::{Answer, Entry, Modality, Parameter};
use super::need::Need;
use super::words::Word;

/// The judgement on one model for one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fit {
    /// The facts say that it can.
    Fits,
    /// Nothing says that it cannot, and something needed is not known.
    Unknown,
    /// It can be asked, but something in the request would be ignored or cut, for these reasons.
    Degraded(Vec<String>),
    /// It cannot, for these reasons.
    Unfit(Vec<String>),
}

/// Judges one model, or one of which nothing is known, for a request.
#[must_use]
pub fn fit(need: &Need, entry: Option<&Entry>) -> Fit {
    let Some(entry) = entry else { return Fit::Unknown };
    let mut judge = Judge { entry, unfit: Vec::new(), degraded: Vec::new(), unknown: false };
    judge.tools(need);
    judge.answer(need);
    judge.inputs(need);
    judge.length(need);
    for wanted in &need.capabilities {
        let answer = wanted.of(entry);
        judge.must(answer, || capability::lack(*wanted));
    }
    match judge {
        Judge { unfit, .. } if !unfit.is_empty() => Fit::Unfit(unfit),
        Judge { degraded, .. } if !degraded.is_empty() => Fit::Degraded(degraded),
        Judge { unknown: true, .. } => Fit::Unknown,
        _ => Fit::Fits,
    }
}

struct Judge<'a> {
    entry: &'a Entry,
    unfit: Vec<String>,
    degraded: Vec<String>,
    unknown: bool,
}

impl Judge<'_> {
    /// What the answer cannot do without.
    fn must(&mut self, answer: Answer, reason: impl FnOnce() -> String) {
        match answer {
            Answer::Yes => {}
            Answer::Unknown => self.unknown = true,
            Answer::No => {
                let reason = reason();
                if !self.unfit.contains(&reason) {
                    self.unfit.push(reason);
                }
            }
        }
    }

    /// What the answer can do without, at a loss.
    fn should(&mut self, answer: Answer, reason: impl FnOnce() -> String) {
        match answer {
            Answer::Yes => {}
            Answer::Unknown => self.unknown = true,
            Answer::No => self.degraded.push(reason()),
        }
    }

    fn tools(&mut self, need: &Need) {
        if !self.entry.is_chat() {
            self.unfit.push("is served by the batch route only".to_owned());
        }
        if need.tools {
            let tools = self.entry.supports(Parameter::Tools);
            self.must(tools, || "does not call tools".to_owned());
            if need.forced_tool && tools != Answer::No {
                let forced = self.entry.supports(Parameter::ToolChoice);
                self.must(forced, || "cannot be made to call a tool".to_owned());
            }
            if need.parallel_tools.is_some() {
                let said = self.entry.supports(Parameter::ParallelToolCalls);
                self.should(said, || "ignores parallel_tool_calls".to_owned());
            }
        }
    }

    fn answer(&mut self, need: &Need) {
        let json = self.entry.supports(Parameter::ResponseFormat);
        let schema = self.entry.supports(Parameter::StructuredOutputs);
        // Of the listing of 2026-08, nine models take schemas without naming the plain mode: schemas include it.
        let json = if schema == Answer::Yes { Answer::Yes } else { json };
        if need.json {
            self.must(json, || "has no JSON mode".to_owned());
        }
        if need.schema && (need.strict_schema || json == Answer::No) {
            self.must(schema, || "does not hold answers to a schema".to_owned());
        } else if need.schema {
            self.should(schema, || "has JSON mode only: the schema is a hint".to_owned());
        }
        if need.logprobs {
            self.must(self.entry.supports(Parameter::Logprobs), || "gives no logprobs".to_owned());
        }
        if need.reasoning {
            let reasons = self.entry.supports(Parameter::Reasoning);
            self.should(reasons, || "does not reason: the setting is ignored".to_owned());
        }
        for kind in Modality::ALL.iter().filter(|(kind, _)| need.outputs.has(*kind)) {
            self.must(self.entry.gives(kind.0), || format!("does not make {}", plural(kind.0)));
        }
    }

    fn inputs(&mut self, need: &Need) {
        let media =
            [(need.images, Modality::Image), (need.audios, Modality::Audio), (need.videos, Modality::Video)];
        for (_, kind) in media.into_iter().filter(|(count, _)| *count > 0) {
            self.must(self.entry.takes(kind), || format!("does not take {}", plural(kind)));
        }
        if need.files > 0 {
            // The service's file parser turns documents into text for any model (contract section 2.5).
            let files = self.entry.takes(Modality::File);
            self.should(files, || "does not read documents itself: it gets their extracted text".to_owned());
        }
    }

    fn length(&mut self, need: &Need) {
        let input = need.input_tokens(&self.entry.id);
        let output = need.max_output.unwrap_or(0);
        let needed = |input: u64| input.saturating_add(output);
        let about = rounded(needed(input.likely));
        match self.entry.window {
            Some(window) if window < needed(input.low) => {
                self.unfit.push(format!("window {window} < about {about} tokens needed"));
            }
            Some(window) if window < needed(input.high) => {
                self.degraded.push(format!("window {window} may be too small for about {about} tokens"));
            }
            Some(_) => {}
            None => self.unknown = true,
        }
        if let Some(usual) = self.entry.usual_window.filter(|usual| *usual < needed(input.likely)) {
            let few =
                format!("only some of its providers take about {about} tokens: the usual window is {usual}");
            if self.entry.window.is_none_or(|w| w >= needed(input.high)) {
                self.degraded.push(few);
            }
        }
        if let Some(most) = self.entry.max_output.filter(|most| *most < output) {
            self.degraded.push(format!("its usual provider answers with at most {most} of {output} tokens"));
        }
    }
}

fn plural(kind: Modality) -> &'static str {
    match kind {
        Modality::Text => "text",
        Modality::Image => "images",
        Modality::File => "documents",
        Modality::Audio => "audio",
        Modality::Video => "video",
    }
}

/// Two significant digits: more would pretend to a precision that the estimate does not have.
fn rounded(tokens: u64) -> u64 {
    let unit = 10_u64.pow(tokens.max(1).ilog10().saturating_sub(1));
    tokens.div_ceil(unit).saturating_mul(unit)
}
