//! Where requests go.
//!
//! Knows URLs and headers as text, and the key as a secret. Must not know models. Invariants: a URL without scheme or
//! host, a header or key with a control character is refused here, before anything is built on it; nothing that is
//! printed lets a key be found.

use super::read;
use crate::base::Secret;
use crate::error::Error;
use serde_json::Value;

/// One chat completions service under one key.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name that links refer to; `default` for the client's own.
    pub name: String,
    /// Identity for shared state: base URL and the key's number in this process (zero: no key).
    pub id: String,
    /// Base URL without trailing slash, such as `https://openrouter.ai/api/v1`.
    pub base_url: String,
    /// The key; `None` for services on this machine that take none.
    pub api_key: Option<Secret<String>>,
    /// Headers sent with every request, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Whether it is OpenRouter (or a stand-in for it), whose built-in chain may be used.
    pub openrouter: bool,
}

/// Base URL of OpenRouter (contract section 1).
pub const OPENROUTER: &str = "https://openrouter.ai/api/v1";

impl Endpoint {
    /// Whether the service runs on this machine and may be used without a key.
    #[must_use]
    pub fn is_local(&self) -> bool {
        host(&self.base_url).is_some_and(|h| {
            h == "localhost" || h == "[::1]" || (h.starts_with("127.") && h.split('.').count() == 4)
        })
    }

    /// Whether its key would cross networks of strangers in the clear: plain `http` to anything but this machine, a
    /// private network or a name that only a private network knows. Link-local addresses are not private: clouds answer
    /// there with credentials.
    #[must_use]
    pub fn exposes_key(&self) -> bool {
        self.api_key.is_some()
            && self.base_url.starts_with("http://")
            && !host(&self.base_url).is_some_and(is_private)
    }

    /// The URL of chat completions.
    #[must_use]
    pub fn completions_url(&self) -> String {
        format!("{}/chat/completions", self.base_url)
    }

    /// The same service under another key. `slot` is the key's number in this process.
    #[must_use]
    pub fn with_key(&self, key: Secret<String>, slot: u32) -> Endpoint {
        let mut other = self.clone();
        other.id = Endpoint::identity(&self.base_url, slot);
        other.api_key = Some(key);
        other
    }

    /// Identity for shared state.
    #[must_use]
    pub fn identity(base_url: &str, slot: u32) -> String {
        format!("{base_url}#{slot}")
    }
}

/// Checks a base URL and takes trailing slashes off.
///
/// # Errors
/// `config` naming `path`; the URL itself is not repeated, since it may hold a password.
pub fn base_url(path: &str, text: &str) -> Result<String, Error> {
    let trimmed = text.trim_end_matches('/');
    let refuse = |problem: &str| Err(Error::config(path, problem));
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return refuse("must not contain white space or control characters");
    }
    if !trimmed.starts_with("https://") && !trimmed.starts_with("http://") {
        return refuse("must start with https:// (or http:// for a service on this machine)");
    }
    match host(trimmed) {
        _ if authority(trimmed).contains('@') => {
            refuse("must not contain a user or password; use api_key or headers")
        }
        None | Some("") => refuse("has no host after the scheme"),
        Some(_) if trimmed.contains(['?', '#']) => refuse("must not have a query or fragment"),
        Some(_) if trimmed.ends_with("/chat/completions") => {
            refuse("must end before /chat/completions, which is added")
        }
        Some(_) => Ok(trimmed.to_owned()),
    }
}

/// Checks a key: one line of visible ASCII. The error names the position, never the content.
///
/// # Errors
/// `config` naming `path`.
pub fn api_key(path: &str, text: &str) -> Result<Secret<String>, Error> {
    if text.is_empty() {
        return Err(Error::config(path, "is empty"));
    }
    match text.chars().position(|c| !c.is_ascii_graphic()) {
        Some(at) => {
            let what = match text.chars().nth(at) {
                Some('\n' | '\r') => "a line break",
                Some(' ' | '\t') => "white space",
                Some(c) if c.is_control() => "a control character",
                _ => "a character that is not ASCII",
            };
            Err(Error::config(path, format!("has {what} at character {}; keys are one word", at + 1)))
        }
        None => Ok(Secret::new(text.to_owned())),
    }
}

/// Checks one header; returns the name in lower case.
///
/// # Errors
/// `config` naming `path[name]`; the value is never repeated.
pub fn header(path: &str, name: &str, value: &str) -> Result<(String, String), Error> {
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(token) {
        return Err(Error::config(path, "has a header name with characters that HTTP does not allow"));
    }
    let at = format!("{path}[{name:?}]");
    if let Some(i) = value.chars().position(|c| c.is_control() && c != '\t') {
        return Err(Error::config(
            at,
            format!("has a line break or control character at character {}", i + 1),
        ));
    }
    let lower = name.to_ascii_lowercase();
    if ["authorization", "content-length", "transfer-encoding", "host", "connection", "content-type"]
        .contains(&lower.as_str())
    {
        let hint = if lower == "authorization" { "; give the key as api_key" } else { "" };
        return Err(Error::config(at, format!("is set by the library{hint}")));
    }
    Ok((lower, value.to_owned()))
}

/// Checks an object of headers.
///
/// # Errors
/// `config` naming the header.
pub fn headers(path: &str, value: &Value) -> Result<Vec<(String, String)>, Error> {
    let mut out = Vec::new();
    for (name, v) in read::any_object(path, value)?.iter().filter(|(_, v)| !v.is_null()) {
        out.push(header(path, name, read::text(&format!("{path}[{name:?}]"), v)?)?);
    }
    Ok(out)
}

fn authority(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or("")
}

/// Host with port cut off; nothing where a user stands before it.
fn host(url: &str) -> Option<&str> {
    let authority = authority(url);
    match authority.rfind(':') {
        _ if authority.contains('@') => None,
        Some(i) if !authority.ends_with(']') => Some(&authority[..i]),
        _ => Some(authority),
    }
}

/// Ends of names that no public resolver knows (RFC 6762, 6761, 8375, and ICANN's `internal`).
const PRIVATE_NAMES: [&str; 5] = [".localhost", ".local", ".internal", ".home.arpa", ".lan"];

fn is_private(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<core::net::IpAddr>();
    match address {
        // 100.64.0.0/10 is where overlay networks put their machines (RFC 6598).
        Ok(core::net::IpAddr::V4(ip)) => {
            ip.is_loopback() || ip.is_private() || (ip.octets()[0] == 100 && ip.octets()[1] & 0xc0 == 64)
        }
        Ok(core::net::IpAddr::V6(ip)) => ip.is_loopback() || ip.is_unique_local(),
        // A name in one word is a container's or a search domain's. Numbers in other spellings are not names.
        Err(_) if !host.contains('.') => host.starts_with(|c: char| c.is_ascii_alphabetic()),
        Err(_) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            PRIVATE_NAMES.iter().any(|end| host.ends_with(end))
        }
    }
}

/// Whether a base URL is OpenRouter's own.
#[must_use]
pub fn is_openrouter(base_url: &str) -> bool {
    host(base_url).is_some_and(|h| h == "openrouter.ai" || h.ends_with(".openrouter.ai"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn urls_are_checked_and_never_repeated() {
        assert_eq!(base_url("base_url", "https://x.test/v1//").unwrap(), "https://x.test/v1");
        for bad in [
            "x.test/v1",
            "ftp://x.test",
            "https://",
            "https://u:secret@x.test",
            "https://x.test/v1?k=secret",
            "https://x.test/\n",
            "https://x.test/v1/chat/completions",
        ] {
            let e = base_url("base_url", bad).unwrap_err();
            assert_eq!(e.field.as_deref(), Some("base_url"), "{bad}");
            assert!(!e.message.contains("secret"), "{}", e.message);
        }
    }

    #[test]
    fn a_key_with_a_line_break_is_refused_without_showing_it() {
        for bad in ["sk-secret\n", "sk secret", "sk-secrét", ""] {
            let e = api_key("api_key", bad).unwrap_err();
            assert!(!e.message.contains("secr"), "{}", e.message);
        }
        assert_eq!(format!("{:?}", api_key("api_key", "sk-1").unwrap()), "***");
    }

    #[test]
    fn headers_cannot_be_split() {
        assert!(header("headers", "X-A", "b\r\nX-Evil: 1").is_err());
        assert!(header("headers", "X A", "b").is_err());
        assert!(header("headers", "Authorization", "Bearer x").is_err());
        assert_eq!(header("headers", "X-A", "b").unwrap().0, "x-a");
    }

    #[test]
    fn a_key_goes_in_the_clear_to_private_networks_only() {
        let e = |url: &str, key: Option<&str>| Endpoint {
            name: "e".into(),
            id: "e".into(),
            base_url: url.into(),
            api_key: key.map(|k| Secret::new(k.to_owned())),
            headers: vec![],
            openrouter: false,
        };
        for url in [
            "http://127.0.0.1:1/v1",
            "http://localhost/v1",
            "http://10.1.2.3/v1",
            "http://172.31.0.1",
            "http://192.168.1.9:8080",
            "http://100.100.1.1",
            "http://[::1]:80/v1",
            "http://[fd00::1]/v1",
            "http://ollama:11434/v1",
            "http://gpu.lan/v1",
            "http://llm.Internal./v1",
            "https://openrouter.ai/api/v1",
        ] {
            assert!(!e(url, Some("k")).exposes_key(), "{url}");
        }
        for url in [
            "http://openrouter.ai/api/v1",
            "http://8.8.8.8/v1",
            "http://172.32.0.1",
            "http://169.254.169.254/latest",
            "http://[2001:db8::1]/v1",
            "http://134744072/v1",
            "http://0x08080808/v1",
            "http://local.evil.test",
            "http://127.0.0.1.evil.test",
        ] {
            assert!(e(url, Some("k")).exposes_key(), "{url}");
            assert!(!e(url, None).exposes_key(), "{url}");
        }
    }

    #[test]
    fn local_hosts_need_no_key() {
        let e = |url: &str| Endpoint {
            name: "e".into(),
            id: "e".into(),
            base_url: url.into(),
            api_key: None,
            headers: vec![],
            openrouter: false,
        };
        for url in ["http://127.0.0.1:1/v1", "http://localhost:11434/v1", "http://[::1]:80/v1"] {
            assert!(e(url).is_local(), "{url}");
        }
        for url in ["http://127.evil.test", "https://openrouter.ai/api/v1", "http://localhost.evil.test"] {
            assert!(!e(url).is_local(), "{url}");
        }
        assert!(is_openrouter(OPENROUTER) && !is_openrouter("https://openrouter.ai.evil.test"));
    }
}
