//! What the data in scripts needs of JavaScript, of which JSON is a part: words, strings and their
//! escapes, and where in code data begins. This is no parser of the language.

use memchr::memchr2;

/// What bare words and numbers are made of, signs and the `!` of `!0` among it.
pub fn is_bare(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || byte >= 0x80
        || matches!(byte, b'_' | b'$' | b'.' | b'-' | b'+' | b'!')
}

/// The place of the first byte from `at` on that is no white space.
pub fn skip_space(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| b.is_ascii_whitespace()).count()
}

/// One past the closing quote of the string that begins at `at`; none where there is none. In
/// code, a string ends on its line.
pub fn string_end(bytes: &[u8], at: usize, in_code: bool) -> Option<usize> {
    let quote = *bytes.get(at).filter(|b| matches!(b, b'"' | b'\'' | b'`'))?;
    let mut end = at + 1;
    loop {
        end += memchr2(quote, b'\\', bytes.get(end..)?)?;
        if bytes[end] == quote {
            break;
        }
        end += 2;
    }
    let has_break = || bytes[at..end].contains(&b'\n');
    (!in_code || quote == b'`' || !has_break()).then_some(end + 1)
}

/// Resolves the escapes of JSON and JavaScript.
pub fn unescape(raw: &str, out: &mut String) {
    let mut rest = raw;
    let mut high = None;
    while let Some(at) = rest.find('\\') {
        if at > 0 {
            high = None;
        }
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            return;
        };
        rest = &rest[c.len_utf8()..];
        let digits = match c {
            'u' if rest.starts_with('{') => {
                let (digits, tail) = rest[1..].split_once('}').unwrap_or_default();
                rest = tail;
                digits
            }
            'u' | 'x' => {
                let (digits, tail) =
                    rest.split_at_checked(if c == 'u' { 4 } else { 2 }).unwrap_or_default();
                rest = tail;
                digits
            }
            _ => "",
        };
        let code = u32::from_str_radix(digits, 16).ok();
        match (c, code) {
            ('n' | 'r', _) => out.push('\n'),
            ('t' | 'b' | 'f' | 'v', _) => out.push(' '),
            ('\n', _) => {}
            ('u' | 'x', Some(code @ 0xd800..0xdc00)) => {
                high = Some(code);
                continue;
            }
            ('u' | 'x', Some(low @ 0xdc00..0xe000)) => {
                let code = high.map(|high| 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                out.extend(code.and_then(char::from_u32));
            }
            ('u' | 'x', code) => out.extend(code.and_then(char::from_u32)),
            (c, _) => out.push(c),
        }
        high = None;
    }
    out.push_str(rest);
}

/// Whether a bracket in code begins data: it is assigned, returned or an argument, and goes on
/// like an object with keys or like a list of values.
pub fn is_data_start(code: &str, at: usize) -> bool {
    let bytes = code.as_bytes();
    let before = bytes[..at].trim_ascii_end();
    let is_value = match before.last() {
        Some(b'=' | b'(' | b',' | b':') => true,
        _ => before.ends_with(b"return"),
    };
    let next = skip_space(bytes, at + 1);
    is_value
        && match (bytes[at], bytes.get(next)) {
            (_, Some(b'"' | b'\'' | b'{' | b'[')) => true,
            (b'[', Some(next)) => next.is_ascii_digit(),
            (_, Some(_)) => {
                let rest = &bytes[next..bytes.len().min(next + 64)];
                let word = rest.iter().take_while(|b| is_bare(**b)).count();
                word > 0
                    && rest.get(word..).unwrap_or_default().trim_ascii_start().starts_with(b":")
            }
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_broken_ones_left_out() {
        for (raw, text) in [
            (r#"a\\b "c" \/ \'d\'"#, "a\\b \"c\" / 'd'"),
            (r"x\ny\tz", "x\ny z"),
            (r"\u00e9\xe9\u{1F980}\ud83e\udd80", "éé🦀🦀"),
            (r"\ud83e \udd80 \u12", "  "),
            (r"caf\", "caf"),
        ] {
            let mut out = String::new();
            unescape(raw, &mut out);
            assert_eq!(out, text, "{raw}");
        }
    }

    #[test]
    fn strings_end_at_their_quote_and_in_code_on_their_line() {
        assert_eq!(string_end(br#""a\"b'" c"#, 0, true), Some(7));
        assert_eq!(string_end(b"'a\nb'", 0, true), None);
        assert_eq!(string_end(b"'a\nb'", 0, false), Some(5));
        assert_eq!(string_end(b"`a\nb`", 0, true), Some(5));
        assert_eq!(string_end(b"'a\\", 0, false), None);
    }
}
