//! Where a page's source carries data: the scripts, and attributes that hold JSON.

use memchr::memmem;

/// A stretch of data in a page's source.
#[derive(Debug, PartialEq)]
pub enum Carrier<'a> {
    /// A description of the page in the vocabulary of schema.org.
    JsonLd(&'a str),
    /// A script of other JSON.
    Json(&'a str),
    /// The code of a script.
    Code(&'a str),
    /// The value of an attribute, character references unresolved.
    Attribute(&'a str),
}

/// The carriers of a page in order.
pub fn carriers(html: &str) -> Vec<Carrier<'_>> {
    let bytes = html.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(i) = memchr::memchr2(b'<', b'=', &bytes[at..]) {
        at += i;
        let rest = &html[at..];
        if let Some(rest) = rest.strip_prefix("<!--") {
            at = rest.find("-->").map_or(html.len(), |end| at + 4 + end);
        } else if is_tag(rest, "<script") {
            let tag_end = memchr::memchr(b'>', rest.as_bytes()).unwrap_or(rest.len() - 1) + 1;
            let content = &rest[tag_end..];
            let end = find_ignoring_case(content, b"</script").unwrap_or(content.len());
            found.push(script(&rest[..tag_end], &content[..end]));
            at += tag_end + end;
        } else if let Some(value) = attribute(rest) {
            found.push(Carrier::Attribute(value));
            at += value.len();
        }
        at = (at + 1).min(bytes.len());
        while !html.is_char_boundary(at) {
            at += 1;
        }
    }
    found
}

fn script<'a>(tag: &str, content: &'a str) -> Carrier<'a> {
    let tag = tag.to_ascii_lowercase();
    if tag.contains("ld+json") {
        Carrier::JsonLd(content)
    } else if tag.contains("json") && !tag.contains(" src=") {
        Carrier::Json(content)
    } else {
        Carrier::Code(content)
    }
}

/// The value of an attribute that holds JSON, given from the equals sign on.
fn attribute(rest: &str) -> Option<&str> {
    let value = rest[1..].strip_prefix(['"', '\''])?;
    let inner = value.strip_prefix('{').or_else(|| value.strip_prefix("[{"))?;
    let is_json = ["&quot;", "&#34;", "\""].iter().any(|quote| inner.starts_with(quote));
    let end = value.find(&rest[1..2]).filter(|_| is_json)?;
    Some(&value[..end])
}

/// The value of an attribute with the references resolved that JSON is written with there.
pub fn resolve_references(value: &str) -> String {
    let resolved =
        [("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">")];
    let text = resolved.iter().fold(value.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

fn is_tag(rest: &str, tag: &str) -> bool {
    let end = rest.as_bytes().get(tag.len());
    rest.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag))
        && end.is_some_and(|b| matches!(b, b'>' | b'/') || b.is_ascii_whitespace())
}

fn find_ignoring_case(text: &str, end_tag: &[u8]) -> Option<usize> {
    let bytes = text.as_bytes();
    memmem::find_iter(bytes, b"</").find(|at| {
        bytes[*at..].get(..end_tag.len()).is_some_and(|b| b.eq_ignore_ascii_case(end_tag))
    })
}
