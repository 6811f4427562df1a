//! What must not be shown: keys, tokens, user and team ids (which error bodies echo), control characters.
//!
//! Knows the shapes of keys. Invariant: masking is idempotent and never fails.

/// Beginnings of keys of known services and of tokens in general.
const KEYS: [&str; 24] = [
    "sk-",
    "sk_",
    "gsk_",
    "xai-",
    "hf_",
    "AIza",
    "pplx-",
    "nvapi-",
    "csk-",
    "r8_",
    "fw_",
    "tgp_v",
    "key-",
    "key_",
    "ak-",
    "rk-",
    "pk-",
    "ghp_",
    "github_pat_",
    "eyJ",
    "AKIA",
    "ya29.",
    "cpk_",
    "dapi",
];
/// Beginnings of ids that name a person or an account.
const IDS: [&str; 9] = ["user_", "user-", "org_", "org-", "proj_", "proj-", "team_", "team-", "acct_"];
/// What stands before a value that is private whatever its shape.
const LABELS: [&str; 20] = [
    "bearer",
    "basic",
    "user_id",
    "api_key",
    "apikey",
    "api-key",
    "authorization",
    "key provided",
    "key id",
    "key_id",
    "team",
    "team_id",
    "team id",
    "org_id",
    "organization_id",
    "account",
    "account_id",
    "user id",
    "workspace_id",
    "x-goog-api-key",
];

/// `text` with every key and private id replaced by `***`.
pub(super) fn secrets(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = String::new();
    while !rest.is_empty() {
        let gap = rest.find(is_token).unwrap_or(rest.len());
        let (between, tail) = rest.split_at(gap);
        let end = tail.find(|c| !is_token(c)).unwrap_or(tail.len());
        let (token, next) = tail.split_at(end);
        out.push_str(between);
        before.push_str(&between.to_ascii_lowercase());
        match hidden(token, &before) {
            Some(kept) => {
                out.push_str(kept);
                out.push_str("***");
                out.push_str(token.get(token.trim_end_matches('.').len()..).unwrap_or(""));
            }
            None => out.push_str(token),
        }
        before.push_str(&token.to_ascii_lowercase());
        // Only the nearest words can be a label.
        if before.len() > 64 {
            let from = (before.len() - 40..).find(|i| before.is_char_boundary(*i)).unwrap_or(0);
            before.drain(..from);
        }
        rest = next;
    }
    out
}

/// What may stay of a token that must be masked; `None` if it may be shown.
fn hidden<'a>(token: &'a str, before: &str) -> Option<&'a str> {
    let core = token.trim_end_matches('.');
    if core.strip_suffix("***").is_some_and(|p| p.is_empty() || KEYS.iter().chain(&IDS).any(|k| *k == p)) {
        return None;
    }
    if let Some(p) = KEYS.iter().find(|p| core.starts_with(**p)) {
        let tail = core.get(p.len()..).unwrap_or("");
        if tail.len() >= 6 && (p.starts_with("sk") || looks_random(tail)) {
            return core.get(..p.len());
        }
    }
    if let Some(p) = IDS.iter().find(|p| core.starts_with(**p))
        && core.len() >= p.len() + 4
        && looks_random(core.get(p.len()..).unwrap_or(""))
    {
        return core.get(..p.len());
    }
    let label = before.trim_end_matches([' ', '"', '\\', ':', '=', '\'', '`', '<', '(']);
    let labelled = label.len() < before.len()
        && LABELS.iter().any(|l| {
            label.strip_suffix(l).is_some_and(|b| !b.ends_with(|c: char| c.is_ascii_alphanumeric()))
        });
    (labelled && core.len() >= 6 && looks_random(core)).then_some("")
}

/// Words of a language have neither digits nor capitals inside; keys have.
fn looks_random(s: &str) -> bool {
    s.contains(|c: char| c.is_ascii_digit() || c == '*') || s.chars().skip(1).any(|c| c.is_ascii_uppercase())
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '*' | '.' | '+' | '/' | '~')
}

/// One line without escape sequences and control characters, at most `max` characters.
pub(super) fn one_line(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len().min(max));
    let mut chars = text.chars().peekable();
    let mut left = max;
    let mut space = false;
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            skip_escape(&mut chars);
            continue;
        }
        if c.is_whitespace() || is_unseen(c) {
            space = space || c.is_whitespace();
            continue;
        }
        if left == 0 {
            out.push('…');
            break;
        }
        if space && !out.is_empty() {
            out.push(' ');
            left = left.saturating_sub(1);
        }
        space = false;
        out.push(c);
        left = left.saturating_sub(1);
    }
    out
}

/// Control characters, and the invisible ones that reorder what a terminal shows.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// The rest of an ANSI sequence: `[` parameters letter, or `]` … BEL, or one character.
fn skip_escape(chars: &mut core::iter::Peekable<core::str::Chars<'_>>) {
    match chars.next() {
        Some('[') => {
            for c in chars.by_ref() {
                if c.is_ascii_alphabetic() || c == '~' {
                    break;
                }
            }
        }
        Some(']') => {
            for c in chars.by_ref() {
                if c == '\u{7}' || c == '\\' {
                    break;
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_ids_go_words_stay() {
        for (text, shown) in [
            ("Incorrect API key provided: sk-or-v1-0123456789abcdef.", "Incorrect API key provided: sk-***."),
            ("Authorization: Bearer abcdef0123456789", "Authorization: Bearer ***"),
            ("{\"user_id\":\"user_2xK9abcd\"}", "{\"user_id\":\"user_***\"}"),
            ("{\\\"user_id\\\":\\\"9f2c77aa\\\"}", "{\\\"user_id\\\":\\\"***\\\"}"),
            (
                "Team: 1b4e28ba-2fa1, API key ID: 9c5b94b1-35ad, Model: grok-4",
                "Team: ***, API key ID: ***, Model: grok-4",
            ),
            ("in organization `org_01hx5abc` on tokens", "in organization `org_***` on tokens"),
            ("Invalid key AIzaSyA1234567890", "Invalid key AIza***"),
            ("model gpt-4o-mini-2024-07-18 of openai/gpt-5", "model gpt-4o-mini-2024-07-18 of openai/gpt-5"),
            ("key-limit and user_data and org-wide stay", "key-limit and user_data and org-wide stay"),
            (
                "Your team doesn't have credits on this account today",
                "Your team doesn't have credits on this account today",
            ),
        ] {
            assert_eq!(secrets(text), shown);
            assert_eq!(secrets(shown), shown, "idempotent");
        }
    }

    #[test]
    fn one_line_is_one_line() {
        assert_eq!(one_line("a\u{1b}[31mred\u{1b}[0m\n\n  b\u{0}c\td\u{202e}", 300), "ared bc d");
        assert_eq!(one_line("\u{1b}]0;title\u{7}x", 300), "x");
        assert_eq!(one_line("abcdef", 3), "abc…");
    }
}
