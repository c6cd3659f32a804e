//! Character references: `&amp;`, `&#8217;` and their kin, as section 13.2.5.72 of the HTML
//! standard reads them, and the normalisation of line ends and NULs that goes with them.

use html5ever::data::{C1_REPLACEMENTS, NAMED_ENTITIES};
use memchr::memchr3;

use crate::ascii::Sixteen;

/// The longest name of a reference, its semicolon left out.
const LONGEST_NAME: usize = 31;

/// The longest name that needs no semicolon (`&yacute`).
const LONGEST_BARE_NAME: usize = 6;

/// Where a piece of source stands: what some of its characters mean depends on it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Context {
    /// Text of an HTML element: NUL is dropped.
    Text,
    /// Text of `title` or `textarea`: NUL becomes U+FFFD.
    Rcdata,
    /// An attribute's value: as above, and `&copy=1` is no reference.
    Attribute,
    /// Raw text, or a CDATA section: as above, and no references at all.
    Raw,
}

/// Appends the characters that a piece of source stands for.
pub(super) fn decode(source: &str, context: Context, out: &mut String) {
    // For most attribute values, this is faster than starting a search.
    if source.len() <= 64 && is_plain(source.as_bytes()) {
        return out.push_str(source);
    }
    let mut rest = source;
    while let Some(i) = memchr3(b'&', b'\r', 0, rest.as_bytes()) {
        out.push_str(&rest[..i]);
        let special = rest.as_bytes()[i];
        rest = &rest[i + 1..];
        match special {
            b'&' if context == Context::Raw => out.push('&'),
            b'&' => match reference(rest, context) {
                Some((chars, len)) => {
                    out.extend(chars.into_iter().filter(|c| *c != '\0'));
                    rest = &rest[len..];
                }
                None => out.push('&'),
            },
            b'\r' => {
                out.push('\n');
                rest = rest.strip_prefix('\n').unwrap_or(rest);
            }
            _ if context == Context::Text => {}
            _ => out.push('\u{fffd}'),
        }
    }
    out.push_str(rest);
}

/// Whether all bytes stand for themselves.
fn is_plain(bytes: &[u8]) -> bool {
    (0..bytes.len()).step_by(Sixteen::LEN).all(|at| {
        let sixteen = Sixteen::at(bytes, at);
        let special = sixteen.equal(b'&') | sixteen.equal(b'\r') | sixteen.equal(0);
        let len = (bytes.len() - at).min(Sixteen::LEN);
        special.bits() & ((1 << len) - 1) == 0
    })
}

/// The reference that the source after a `&` begins with: its characters, the second of them
/// NUL where there is one only, and its length.
fn reference(source: &str, context: Context) -> Option<([char; 2], usize)> {
    let bytes = source.as_bytes();
    if bytes.first() == Some(&b'#') {
        return numeric(&bytes[1..]).map(|(c, len)| ([c, '\0'], 1 + len));
    }
    if let Some(rest) = bytes.strip_prefix(b"amp;") {
        return Some((['&', '\0'], bytes.len() - rest.len()));
    }
    let name_len =
        bytes.iter().take(LONGEST_NAME + 1).take_while(|b| b.is_ascii_alphanumeric()).count();
    if bytes.get(name_len) == Some(&b';')
        && let Some(chars) = named(&source[..=name_len])
    {
        return Some((chars, name_len + 1));
    }
    if context == Context::Attribute {
        let bare = name_len <= LONGEST_BARE_NAME && bytes.get(name_len) != Some(&b'=');
        return bare.then(|| named(&source[..name_len])).flatten().map(|chars| (chars, name_len));
    }
    let longest = name_len.min(LONGEST_BARE_NAME);
    (2..=longest).rev().find_map(|len| named(&source[..len]).map(|chars| (chars, len)))
}

/// The characters of a named reference. (The table also holds the names' prefixes, as NUL.)
fn named(name: &str) -> Option<[char; 2]> {
    let &(first, second) = NAMED_ENTITIES.get(name)?;
    let chars = [char::from_u32(first)?, char::from_u32(second)?];
    (chars[0] != '\0').then_some(chars)
}

/// The character of a numeric reference, of which the source begins after `#`.
fn numeric(source: &[u8]) -> Option<(char, usize)> {
    let (radix, prefix) = match source.first() {
        Some(b'x' | b'X') => (16, 1),
        _ => (10, 0),
    };
    let mut code = 0u32;
    let mut len = prefix;
    while let Some(digit) = source.get(len).and_then(|b| (*b as char).to_digit(radix)) {
        code = code.saturating_mul(radix).saturating_add(digit);
        len += 1;
    }
    if len == prefix {
        return None;
    }
    let c = match code {
        0 => None,
        0x80..=0x9f => C1_REPLACEMENTS[code as usize - 0x80].or(char::from_u32(code)),
        _ => char::from_u32(code),
    };
    let semicolon = usize::from(source.get(len) == Some(&b';'));
    Some((c.unwrap_or('\u{fffd}'), len + semicolon))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(source: &str, context: Context) -> String {
        let mut out = String::new();
        decode(source, context, &mut out);
        out
    }

    #[test]
    fn references_are_read_as_browsers_read_them() {
        for (source, want) in [
            ("a &amp; b&lt;c", "a & b<c"),
            ("&notit; &notin; &not", "¬it; ∉ ¬"),
            ("&CounterClockwiseContourIntegral;&NotEqualTilde;", "∳≂̸"),
            ("caf&eacute &Eacute;", "café É"),
            ("&#8217;&#x2019;&#146;&#x80;", "’’’€"),
            ("&#0;&#xD800;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}"),
            ("& &; &# &#x &#; &nosuch; &a", "& &; &# &#x &#; &nosuch; &a"),
            ("a\r\nb\rc\0d", "a\nb\ncd"),
        ] {
            assert_eq!(decoded(source, Context::Text), want, "{source}");
        }
    }

    #[test]
    fn a_query_string_keeps_its_parameters() {
        let decoded = |source| decoded(source, Context::Attribute);
        assert_eq!(decoded("?a=1&copy=2&amp;lt=3&copy"), "?a=1&copy=2&lt=3©");
        assert_eq!(decoded("?x&notify&eacute;&not-x"), "?x&notifyé¬-x");
    }
}
