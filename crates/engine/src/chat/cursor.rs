//! Walking JSON text without building anything.
//!
//! Knows the grammar of JSON (RFC 8259) and the limits that hold for every request: depth, finite numbers,
//! integers that JavaScript keeps, no unpaired surrogates. Must not know any field. Invariants: never panics on
//! any bytes; every byte is read once (twice for an object whose tag does not come first); nothing is allocated
//! unless there is an error; an error's path is built on the way out, so that the good case pays nothing for it.

use core::fmt::Write as _;
use memchr::memchr2;

/// Deepest nesting of arrays and objects in a request: `serde_json`, which reads parts of it later, refuses the
/// 128th level.
pub const MAX_DEPTH: u8 = 127;
/// Largest integer that survives JavaScript, 2^53 - 1.
const MAX_INT: u64 = (1 << 53) - 1;

/// What is wrong, and where, innermost step first.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) problem: String,
    steps: Vec<Step>,
}

#[derive(Debug)]
enum Step {
    Key(String),
    Index(usize),
}

pub(super) type Checked<T = ()> = Result<T, Box<Fault>>;

pub(super) fn fault<T>(problem: impl Into<String>) -> Checked<T> {
    Err(Box::new(Fault { problem: problem.into(), steps: Vec::new() }))
}

impl Fault {
    #[cold]
    pub(super) fn under_key(mut self: Box<Self>, key: &str) -> Box<Fault> {
        self.steps.push(Step::Key(key.to_owned()));
        self
    }

    #[cold]
    fn under_index(mut self: Box<Self>, index: usize) -> Box<Fault> {
        self.steps.push(Step::Index(index));
        self
    }

    /// The path below `prefix`: `messages[0].content`.
    pub(super) fn path(&self, prefix: &str) -> String {
        const LONGEST: usize = 400;
        let mut path = prefix.to_owned();
        for step in self.steps.iter().rev() {
            if path.len() > LONGEST {
                path.push('…');
                break;
            }
            match step {
                Step::Index(i) => {
                    let _ = write!(path, "[{i}]");
                }
                Step::Key(key) if is_plain(key) => {
                    if !path.is_empty() {
                        path.push('.');
                    }
                    path.push_str(&shown(key));
                }
                Step::Key(key) => {
                    let _ = write!(path, "[\"{}\"]", shown(key));
                }
            }
        }
        path
    }
}

/// A word of the caller's as it may stand in a message: short, and without characters that disturb a terminal.
pub(super) fn shown(word: &str) -> String {
    const LONGEST: usize = 64;
    let mut out: String =
        word.chars().take(LONGEST).map(|c| if c.is_control() || c == '"' { '\u{fffd}' } else { c }).collect();
    if word.chars().nth(LONGEST).is_some() {
        out.push('…');
    }
    out
}

fn is_plain(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ':' | '$' | '/'))
}

/// The six types of JSON.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Object,
    Array,
    Text,
    Number,
    Bool,
    Null,
}

impl Kind {
    pub(super) fn said(self) -> &'static str {
        match self {
            Kind::Object => "an object",
            Kind::Array => "an array",
            Kind::Text => "a string",
            Kind::Number => "a number",
            Kind::Bool => "a boolean",
            Kind::Null => "null",
        }
    }
}

/// A string as written, between its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) raw: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The string meant; borrowed where nothing is escaped.
    pub(super) fn read(self) -> std::borrow::Cow<'a, str> {
        if !self.escaped {
            return self.raw.into();
        }
        // The scan has checked every escape, so this reads; an unreadable string is shown as written.
        serde_json::from_str(&format!("\"{}\"", self.raw)).map_or(self.raw.into(), String::into)
    }

    /// Number of characters (code points).
    pub(super) fn chars(self) -> usize {
        if self.escaped { self.read().chars().count() } else { self.raw.chars().count() }
    }
}

/// A place in JSON text. Copying it is how to look ahead.
#[derive(Clone, Copy)]
pub(super) struct Cursor<'a> {
    text: &'a str,
    at: usize,
    depth: u8,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, depth: 0 }
    }

    /// Offset of the next byte.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// The text read since `start`.
    pub(super) fn since(&self, start: usize) -> &'a str {
        &self.text[start..self.at]
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn eat(&mut self, byte: u8) -> bool {
        let hit = self.peek() == Some(byte);
        self.at += usize::from(hit);
        hit
    }

    #[cold]
    fn bad<T>(&self, what: &str) -> Checked<T> {
        match self.peek() {
            None => fault(format!("not valid JSON: it ends where {what} should follow")),
            Some(_) => fault(format!("not valid JSON: {what} should stand at byte {}", self.at)),
        }
    }

    /// What kind of value comes next.
    #[inline]
    pub(super) fn kind(&mut self) -> Checked<Kind> {
        self.space();
        Ok(match self.peek() {
            Some(b'{') => Kind::Object,
            Some(b'[') => Kind::Array,
            Some(b'"') => Kind::Text,
            Some(b'-' | b'0'..=b'9') => Kind::Number,
            Some(b't' | b'f') => Kind::Bool,
            Some(b'n') => Kind::Null,
            Some(b'N' | b'I') => return not_finite(),
            _ => return self.bad("a value"),
        })
    }

    /// Nothing but white space may follow.
    pub(super) fn end(&mut self) -> Checked {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { self.bad("the end") }
    }

    /// Reads past any one value.
    pub(super) fn any(&mut self) -> Checked {
        match self.kind()? {
            Kind::Object => self.object(|c, _| c.any()),
            Kind::Array => self.array(|c| c.any()).map(drop),
            Kind::Text => self.string().map(drop),
            Kind::Number => self.number().map(drop),
            Kind::Bool | Kind::Null => self.literal(),
        }
    }

    /// Reads past `true`, `false` or `null`.
    pub(super) fn literal(&mut self) -> Checked {
        for word in ["true", "false", "null"] {
            if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(());
            }
        }
        self.bad("a value")
    }

    /// Reads an object; `each` must read past the value of the key that it is given.
    #[inline]
    pub(super) fn object(&mut self, mut each: impl FnMut(&mut Self, Text<'a>) -> Checked) -> Checked {
        self.enter()?;
        if !self.eat(b'}') {
            loop {
                self.space();
                let key = self.string()?;
                self.space();
                if !self.eat(b':') {
                    return self.bad("a colon");
                }
                self.space();
                if let Err(f) = each(self, key) {
                    return Err(f.under_key(&key.read()));
                }
                self.space();
                if self.eat(b'}') {
                    break;
                }
                if !self.eat(b',') {
                    return self.bad("a comma or a closing brace");
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }

    /// Reads an array and counts it; `each` must read past one item.
    #[inline]
    pub(super) fn array(&mut self, mut each: impl FnMut(&mut Self) -> Checked) -> Checked<usize> {
        self.enter()?;
        let mut count = 0;
        if !self.eat(b']') {
            loop {
                self.space();
                if let Err(f) = each(self) {
                    return Err(f.under_index(count));
                }
                count += 1;
                self.space();
                if self.eat(b']') {
                    break;
                }
                if !self.eat(b',') {
                    return self.bad("a comma or a closing bracket");
                }
            }
        }
        self.depth -= 1;
        Ok(count)
    }

    /// The string under `key` of the object that comes next, without moving; `None` if there is none or if it
    /// is something else.
    pub(super) fn look_for(mut self, key: &str) -> Checked<Option<Text<'a>>> {
        let mut found = None;
        self.enter()?;
        if self.eat(b'}') {
            return Ok(None);
        }
        while found.is_none() {
            self.space();
            let name = self.string()?;
            self.space();
            if !self.eat(b':') {
                return self.bad("a colon");
            }
            self.space();
            if name.read() == key {
                found = if self.kind()? == Kind::Text { Some(self.string()?) } else { return Ok(None) };
            } else if let Err(f) = self.any() {
                return Err(f.under_key(&name.read()));
            }
            self.space();
            if !self.eat(b',') {
                break;
            }
        }
        Ok(found)
    }

    fn enter(&mut self) -> Checked {
        if self.depth == MAX_DEPTH {
            return fault(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.at += 1;
        self.depth += 1;
        self.space();
        Ok(())
    }

    /// Reads a string.
    pub(super) fn string(&mut self) -> Checked<Text<'a>> {
        if !self.eat(b'"') {
            return self.bad("a string");
        }
        let start = self.at;
        let mut escaped = false;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let Some(run) = memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return self.bad("a closing quote");
            };
            // Without a branch per byte, which lets the compiler look at many bytes at a time.
            if rest[..run].iter().fold(false, |found, b| found | (*b < 0x20)) {
                return fault("not valid JSON: a control character in a string must be escaped");
            }
            self.at += run;
            if self.eat(b'"') {
                return Ok(Text { raw: &self.text[start..self.at - 1], escaped });
            }
            escaped = true;
            self.escape()?;
        }
    }

    /// Reads one escape; a surrogate must come as a pair.
    fn escape(&mut self) -> Checked {
        self.at += 1;
        match self.peek() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.at += 1;
                Ok(())
            }
            Some(b'u') => match self.hex()? {
                0xD800..=0xDBFF => {
                    let paired = self.eat(b'\\') && self.peek() == Some(b'u');
                    if paired && matches!(self.hex()?, 0xDC00..=0xDFFF) { Ok(()) } else { lone_surrogate() }
                }
                0xDC00..=0xDFFF => lone_surrogate(),
                _ => Ok(()),
            },
            _ => self.bad("an escape"),
        }
    }

    /// Reads `uXXXX`.
    fn hex(&mut self) -> Checked<u16> {
        let digits = self.text.as_bytes().get(self.at + 1..self.at + 5).unwrap_or_default();
        let mut unit = 0;
        for d in digits {
            match char::from(*d).to_digit(16) {
                Some(v) => unit = unit << 4 | v as u16,
                None => return self.bad("an escape of four hex digits"),
            }
        }
        if digits.len() < 4 {
            return self.bad("an escape of four hex digits");
        }
        self.at += 5;
        Ok(unit)
    }

    fn digits(&mut self) -> usize {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
        self.at - start
    }

    /// Reads a number: finite, and an integer only as far as JavaScript keeps it.
    pub(super) fn number(&mut self) -> Checked<&'a str> {
        let start = self.at;
        let negative = self.eat(b'-');
        let first = self.at;
        if self.peek() == Some(b'I') {
            return not_finite();
        }
        if self.eat(b'0') {
            if let Some(b'0'..=b'9') = self.peek() {
                return self.bad("a number without leading zeros");
            }
        } else if self.digits() == 0 {
            return self.bad("a digit");
        }
        let whole = &self.text[first..self.at];
        let mut integer = true;
        if self.eat(b'.') {
            integer = false;
            if self.digits() == 0 {
                return self.bad("a digit");
            }
        }
        if self.eat(b'e') || self.eat(b'E') {
            integer = false;
            let _ = self.eat(b'+') || self.eat(b'-');
            if self.digits() == 0 {
                return self.bad("a digit");
            }
        }
        let token = &self.text[start..self.at];
        if integer {
            if whole.len() >= 16 && !whole.parse::<u64>().is_ok_and(|v| v <= MAX_INT) {
                let side = if negative { "below -(2^53 - 1)" } else { "above 2^53 - 1" };
                return fault(format!("an integer {side} loses digits in JavaScript and in many services"));
            }
        } else if !token.parse::<f64>().is_ok_and(f64::is_finite) {
            return not_finite();
        }
        Ok(token)
    }
}

#[cold]
fn not_finite<T>() -> Checked<T> {
    fault("a number must be finite (NaN and infinity are not JSON)")
}

#[cold]
fn lone_surrogate<T>() -> Checked<T> {
    fault("the string holds an unpaired surrogate, which no UTF-8 text can carry")
}
