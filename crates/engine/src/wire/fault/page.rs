//! Pages of gateways: HTML and XML error documents, of which only the headings are worth a line.
//!
//! Knows tags by name only. Invariant: the page itself never becomes a message.

/// Whether a body is a page rather than prose.
pub(super) fn is_markup(text: &str) -> bool {
    let head: String = text.chars().take(15).collect::<String>().to_ascii_lowercase();
    ["<!doctype", "<html", "<head", "<body", "<?xml", "<!--", "<center", "<h1", "<error"]
        .iter()
        .any(|t| head.starts_with(t))
}

/// The title and the first headings, without tags.
pub(super) fn texts(page: &str) -> Vec<String> {
    // Lower-casing ASCII only keeps every byte at its place.
    let low = page.to_ascii_lowercase();
    ["title", "h1", "h2", "message", "code"]
        .iter()
        .filter_map(|tag| inside(page, &low, tag))
        .map(plain)
        .filter(|t| !t.is_empty())
        .collect()
}

fn inside<'a>(page: &'a str, low: &str, tag: &str) -> Option<&'a str> {
    let open = low.find(&format!("<{tag}>")).or_else(|| low.find(&format!("<{tag} ")))?;
    let start = open + low.get(open..)?.find('>')? + 1;
    let end = start + low.get(start..)?.find(&format!("</{tag}"))?;
    page.get(start..end)
}

fn plain(html: &str) -> String {
    let mut out = String::new();
    let mut tag = false;
    for c in html.chars() {
        match c {
            '<' => tag = true,
            '>' => {
                tag = false;
                out.push(' ');
            }
            c if !tag => out.push(c),
            _ => {}
        }
    }
    let out = out.replace("&nbsp;", " ").replace("&#39;", "'").replace("&quot;", "\"").replace("&amp;", "&");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}
