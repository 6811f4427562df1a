//! About how many tokens a text has, without a tokenizer.
//!
//! Knows letters, not meaning. Must not be taken for a count: how far it is off is measured on recorded traffic
//! (`tests/catalog_recorded.rs` prints it). Invariants: one pass over the bytes, no allocation; the parts of a
//! text may come in any cut between strings.

/// Thousandths of a token, so that sums of small shares stay exact.
pub(super) type Millitokens = u64;

// Weights of a byte-pair vocabulary of 100k to 250k entries (o200k, Claude, Gemini, Qwen and Llama 3 are alike
// within some 15 % on running text): a word of up to six letters is one token, longer words add a sixth of a token
// a letter, digits go in threes, a lone blank is part of the word after it.
const WORD: Millitokens = 1_000;
const LETTER_BEYOND_SIX: Millitokens = 170;
const DIGITS: Millitokens = 1_000;
const BLANKS: Millitokens = 600;
const LINE_BREAKS: Millitokens = 1_000;
const SIGN: Millitokens = 900;
const FURTHER_SIGN: Millitokens = 350;
/// Chinese, Japanese and Korean: most characters are a token, frequent pairs share one.
const EAST_ASIAN: Millitokens = 800;
/// A letter of another alphabet, such as Cyrillic, Greek, Arabic or Devanagari, or an accented Latin one.
const OTHER_LETTER: Millitokens = 400;
/// Emoji and symbols fall apart into bytes.
const SYMBOL: Millitokens = 2_000;

/// The estimate for one text.
pub(super) fn of_text(text: &str) -> Millitokens {
    let bytes = text.as_bytes();
    let run = |from: usize, test: fn(u8) -> bool| {
        bytes.get(from..).map_or(0, |rest| rest.iter().take_while(|b| test(**b)).count())
    };
    let (mut sum, mut at) = (0, 0);
    while let Some(&first) = bytes.get(at) {
        at += match first {
            b'a'..=b'z' | b'A'..=b'Z' => {
                let (capitals, small) = (run(at, is_capital), run(at, is_small));
                // camelCase falls apart before a capital; ABBreviations keep theirs.
                let letters = if capitals > 0 { capitals + run(at + capitals, is_small) } else { small };
                sum += WORD + LETTER_BEYOND_SIX * (letters as u64).saturating_sub(6);
                letters
            }
            b'0'..=b'9' => {
                let digits = run(at, |b| b.is_ascii_digit());
                sum += DIGITS * (digits as u64).div_ceil(3);
                digits
            }
            b' ' | b'\t' => {
                let blanks = run(at, |b| matches!(b, b' ' | b'\t'));
                sum += if blanks > 1 { BLANKS } else { 0 };
                blanks
            }
            b'\n' | b'\r' => {
                sum += LINE_BREAKS;
                run(at, |b| matches!(b, b'\n' | b'\r'))
            }
            0..=0x7f => {
                let signs = run(at, is_sign).max(1);
                sum += SIGN + FURTHER_SIGN * (signs as u64 - 1);
                signs
            }
            _ => {
                let c = text.get(at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
                sum += of_char(c);
                c.len_utf8()
            }
        };
    }
    sum
}

fn is_capital(b: u8) -> bool {
    b.is_ascii_uppercase()
}

fn is_small(b: u8) -> bool {
    b.is_ascii_lowercase()
}

fn is_sign(b: u8) -> bool {
    b.is_ascii() && !b.is_ascii_alphanumeric() && !matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}

fn of_char(c: char) -> Millitokens {
    match u32::from(c) {
        0x3000..=0x9fff | 0xac00..=0xd7af | 0xf900..=0xfaff | 0xff00..=0xffef | 0x20000..=0x3ffff => {
            EAST_ASIAN
        }
        0..=0x1fff => OTHER_LETTER,
        _ => SYMBOL,
    }
}

/// What a family of models adds of its own to a prompt: the frame of a chat, and instructions for tools.
/// Medians of the recorded traffic, 2026-10; families not named here have the values of [`OTHERS`].
struct Frame {
    /// Any of these in the model's name.
    names: &'static [&'static str],
    /// Tokens of any prompt beyond its text and [`PER_MESSAGE`].
    prompt: u64,
    /// Tokens added once there are tools.
    tools: u64,
    /// Tokens per hundred tokens of the tools' JSON: some rewrite it more tersely.
    per_cent: u64,
}

const PER_MESSAGE: u64 = 4;
const PER_TOOL_CALL: u64 = 10;
const OTHERS: Frame = Frame { names: &[], prompt: 1, tools: 20, per_cent: 90 };

#[rustfmt::skip]
const FRAMES: [Frame; 11] = [
    Frame { names: &["gpt-oss"], prompt: 60, tools: 20, per_cent: 55 },
    Frame { names: &["gpt-5-2025", "gpt-5-mini", "gpt-5-nano"], prompt: 3, tools: 50, per_cent: 60 },
    Frame { names: &["gpt", "o1", "o3", "o4"], prompt: 3, tools: 0, per_cent: 55 },
    Frame { names: &["claude"], prompt: 3, tools: 400, per_cent: 100 },
    Frame { names: &["grok-4", "grok-code"], prompt: 150, tools: 110, per_cent: 100 },
    Frame { names: &["llama"], prompt: 31, tools: 40, per_cent: 100 },
    Frame { names: &["deepseek"], prompt: 0, tools: 210, per_cent: 100 },
    Frame { names: &["qwen"], prompt: 3, tools: 100, per_cent: 100 },
    Frame { names: &["glm"], prompt: 1, tools: 90, per_cent: 100 },
    Frame { names: &["gemini", "gemma"], prompt: 0, tools: 0, per_cent: 60 },
    Frame { names: &["mistral", "ministral"], prompt: 1, tools: 5, per_cent: 100 },
];

/// The parts of a prompt that count, before a model is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Size {
    /// Text of the messages.
    pub text: Millitokens,
    /// JSON of the tools.
    pub tools: Millitokens,
    /// JSON of the schema for the answer.
    pub schema: Millitokens,
    /// Number of messages.
    pub messages: u64,
    /// Number of tool calls in them.
    pub calls: u64,
}

impl Size {
    /// Tokens of the prompt without media, for a model of this name (empty: of no family in particular).
    pub(super) fn tokens(&self, model: &str) -> u64 {
        let model = model.to_ascii_lowercase();
        let named = |frame: &&Frame| frame.names.iter().any(|n| model.contains(n));
        let frame = FRAMES.iter().find(named).unwrap_or(&OTHERS);
        let tools = if self.tools > 0 { frame.tools + self.tools * frame.per_cent / 100_000 } else { 0 };
        (self.text + self.schema * 6 / 10) / 1_000
            + tools
            + frame.prompt
            + PER_MESSAGE * self.messages
            + PER_TOOL_CALL * self.calls
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> u64 {
        of_text(text) / 1_000
    }

    #[test]
    fn running_text_has_a_token_a_word() {
        assert_eq!(tokens("The quick brown fox jumps over the lazy dog."), 9);
        assert_eq!(tokens("getUserNameById(42)"), 7);
        assert_eq!(tokens("2026-11-20"), 5);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn other_scripts_cost_more_a_letter() {
        assert_eq!(tokens("今天天气很好"), 4);
        assert_eq!(tokens("Привет мир"), 3);
        assert_eq!(tokens("🦀"), 2);
    }

    #[test]
    fn control_signs_and_broken_runs_end() {
        assert_eq!(tokens("\u{0}\u{7f}"), 1);
        assert_eq!(tokens("a\u{0}é\n\n\nB"), 4);
    }

    #[test]
    fn tools_cost_by_family() {
        let size = Size { text: 10_000, tools: 100_000, messages: 1, ..Size::default() };
        assert_eq!(size.tokens("openai/gpt-4o"), 10 + 55 + 3 + 4);
        assert_eq!(size.tokens("anthropic/claude-sonnet-4.5"), 10 + 400 + 100 + 3 + 4);
        assert_eq!(Size { tools: 0, ..size }.tokens("anthropic/claude-sonnet-4.5"), 17);
    }
}
