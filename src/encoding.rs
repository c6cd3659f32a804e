//! Bytes to text: which character encoding a page is in, and its decoding.
//!
//! The sources are those of the [WHATWG Encoding](https://encoding.spec.whatwg.org/) and
//! [HTML](https://html.spec.whatwg.org/multipage/parsing.html#determining-the-character-encoding) standards:
//! a byte order mark, then the charset of the HTTP header, then what the page declares in a `<meta>` or an
//! XML declaration, then a guess from the bytes. A browser believes the first of them; here the bytes have a
//! say first, since a crawl has nobody who would pick another encoding from a menu:
//!
//! - Valid UTF-8 is UTF-8 whatever is declared. Text with other than ASCII characters in another encoding is
//!   practically never valid UTF-8, and text in ASCII is the same in both. (ISO-2022-JP hides in ASCII, and is
//!   believed where it is declared.)
//! - UTF-16 is recognised by its NULs, and believed only with those or a byte order mark.
//! - Bytes with more valid than broken sequences of UTF-8 are damaged UTF-8, not something else: text in
//!   legacy encodings has fewer than half as many valid sequences as broken ones (on samples in nine languages
//!   and fifteen encodings).
//! - A declared UTF-8 that these do not bear out, and another encoding in which the bytes have many errors,
//!   give way to the guess.
//! - `<meta>` is looked for beyond the first 1024 bytes, as a browser's parser also obeys a later one.

use std::{borrow::Cow, str};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use memchr::{memchr, memchr_iter, memmem};

/// Bytes at the start of a page in which a declaration is looked for.
const PRESCAN: usize = 16 << 10;

/// Bytes from the first beyond ASCII from which an encoding is guessed.
const GUESS: usize = 64 << 10;

/// Decodes an HTML or XHTML page. `charset` is the label in the HTTP header's `Content-Type`, if known.
///
/// Returns the text without byte order mark, and the encoding it was in. What cannot be decoded becomes
/// U+FFFD. Valid UTF-8 is not copied.
pub fn decode_html<'a>(
    bytes: impl Into<Cow<'a, [u8]>>,
    charset: Option<&str>,
) -> (Cow<'a, str>, &'static Encoding) {
    decode(bytes.into(), |bytes| {
        charset
            .and_then(|charset| by_label(charset.as_bytes()))
            .or_else(|| prescan(&bytes[..bytes.len().min(PRESCAN)]))
    })
}

/// Decodes plain text, like [`decode_html`] without looking for a declaration in the bytes.
pub fn decode_text<'a>(
    bytes: impl Into<Cow<'a, [u8]>>,
    charset: Option<&str>,
) -> (Cow<'a, str>, &'static Encoding) {
    decode(bytes.into(), |_| charset.and_then(|charset| by_label(charset.as_bytes())))
}

fn decode<'a>(
    bytes: Cow<'a, [u8]>,
    declared: impl Fn(&[u8]) -> Option<&'static Encoding>,
) -> (Cow<'a, str>, &'static Encoding) {
    if let Some((encoding, mark)) = Encoding::for_bom(&bytes) {
        let text = if encoding == UTF_8 {
            utf8(without_prefix(bytes, mark)).unwrap_or_else(|bytes| lossy(&bytes, UTF_8).into())
        } else {
            lossy(&bytes[mark..], encoding).into()
        };
        return (text, encoding);
    }
    if let Some(encoding) = utf16_by_nuls(&bytes) {
        return (lossy(&bytes, encoding).into(), encoding);
    }
    if memchr(0x1B, &bytes).is_some() && declared(&bytes) == Some(ISO_2022_JP) {
        return (lossy(&bytes, ISO_2022_JP).into(), ISO_2022_JP);
    }
    match utf8(bytes) {
        Ok(text) => (text, UTF_8),
        Err(bytes) => {
            let declared = declared(&bytes);
            let (text, encoding) = decode_invalid_utf8(&bytes, declared);
            (Cow::Owned(text), encoding)
        }
    }
}

/// Decodes what is not, or not quite, UTF-8.
fn decode_invalid_utf8(
    bytes: &[u8],
    declared: Option<&'static Encoding>,
) -> (String, &'static Encoding) {
    let (valid, broken) = utf8_sequences(bytes);
    // A declaration counts for one more valid sequence: it decides for pages in ASCII that are cut off
    // inside their only other character.
    if valid + usize::from(declared == Some(UTF_8)) > broken {
        return (lossy(bytes, UTF_8), UTF_8);
    }
    let Some(declared) = declared.filter(|&encoding| encoding != UTF_8) else {
        return guess(bytes);
    };
    let text = lossy(bytes, declared);
    let wrong = errors(&text);
    // Some damage is tolerated, as the guess would not tolerate any.
    if wrong * 32 <= text.chars().filter(|c| !c.is_ascii()).count() {
        return (text, declared);
    }
    let guessed = guess(bytes);
    if errors(&guessed.0) < wrong { guessed } else { (text, declared) }
}

/// Decodes in the encoding that the bytes speak for.
fn guess(bytes: &[u8]) -> (String, &'static Encoding) {
    // From the letter before the first byte beyond ASCII; a sample's end may cut a character.
    let start = Encoding::ascii_valid_up_to(bytes);
    let end = bytes.len().min(start + GUESS);
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes[start.saturating_sub(1)..end], end == bytes.len());
    let encoding = detector.guess(None, Utf8Detection::Deny);
    (lossy(bytes, encoding), encoding)
}

/// The bytes as they are, if they are valid UTF-8.
fn utf8(bytes: Cow<'_, [u8]>) -> Result<Cow<'_, str>, Cow<'_, [u8]>> {
    match bytes {
        Cow::Borrowed(bytes) => match str::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Borrowed(text)),
            Err(_) => Err(Cow::Borrowed(bytes)),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Ok(Cow::Owned(text)),
            Err(error) => Err(Cow::Owned(error.into_bytes())),
        },
    }
}

fn without_prefix(bytes: Cow<'_, [u8]>, length: usize) -> Cow<'_, [u8]> {
    match bytes {
        Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[length..]),
        Cow::Owned(mut bytes) => {
            bytes.drain(..length);
            Cow::Owned(bytes)
        }
    }
}

fn lossy(bytes: &[u8], encoding: &'static Encoding) -> String {
    encoding.decode_without_bom_handling(bytes).0.into_owned()
}

fn errors(text: &str) -> usize {
    memmem::find_iter(text.as_bytes(), "\u{FFFD}").count()
}

/// Counts the valid sequences of more than one byte, and the broken ones. One that the end cuts off is neither.
fn utf8_sequences(bytes: &[u8]) -> (usize, usize) {
    let (mut valid, mut broken) = (0, 0);
    let mut rest = bytes.len();
    for chunk in bytes.utf8_chunks() {
        valid += chunk.valid().bytes().filter(|&b| b >= 0xC0).count();
        rest -= chunk.valid().len() + chunk.invalid().len();
        let cut_off = rest == 0
            && str::from_utf8(chunk.invalid()).is_err_and(|error| error.error_len().is_none());
        broken += usize::from(!chunk.invalid().is_empty() && !cut_off);
    }
    (valid, broken)
}

/// UTF-16 without byte order mark, told by its characters below U+0100, which have a NUL in every other byte.
fn utf16_by_nuls(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = &bytes[..bytes.len().min(1024)];
    let (mut even, mut odd) = (0_usize, 0_usize);
    for at in memchr_iter(0, head) {
        if at % 2 == 0 { even += 1 } else { odd += 1 }
    }
    let most = |nuls: usize| nuls * 4 > head.len();
    match (even, odd) {
        (even, odd) if most(odd) && even * 8 < odd => Some(UTF_16LE),
        (even, odd) if most(even) && odd * 8 < even => Some(UTF_16BE),
        _ => None,
    }
}

/// The encoding that a declaration stands for, with the HTML standard's corrections: a declaration of UTF-16
/// that could be read as ASCII means UTF-8, `x-user-defined` means windows-1252. Labels whose content the
/// Encoding standard withholds altogether (`hz-gb-2312`, `iso-2022-kr`) count as none.
fn by_label(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label_no_replacement(label)?;
    Some(if encoding == UTF_16LE || encoding == UTF_16BE {
        UTF_8
    } else if encoding == X_USER_DEFINED {
        WINDOWS_1252
    } else {
        encoding
    })
}

/// The HTML standard's ["prescan a byte stream to determine its encoding"][1].
///
/// [1]: https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
fn prescan(bytes: &[u8]) -> Option<&'static Encoding> {
    let mut scan = Scan { bytes, at: 0 };
    while let Some(skipped) = memchr(b'<', scan.rest()) {
        scan.at += skipped;
        let rest = scan.rest();
        if rest.starts_with(b"<!--") {
            // The dashes of `<!-->` may end the comment that they begin.
            scan.at += 2;
            scan.at += memmem::find(scan.rest(), b"-->")? + 3;
        } else if tag_is(rest, b"<meta") {
            scan.at += b"<meta".len();
            if let Some(encoding) = scan.meta() {
                return Some(encoding);
            }
        } else if tag_is(rest, b"<?xml") {
            let end = memchr(b'>', rest)?;
            if let Some(encoding) = xml_encoding(&rest[..end]) {
                return Some(encoding);
            }
            scan.at += end + 1;
        } else {
            let name = match rest {
                [b'<', b'/', name @ ..] | [b'<', name @ ..] => name,
                _ => &[],
            };
            match name.first() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    scan.at += rest.iter().position(|&b| b.is_ascii_whitespace() || b == b'>')?;
                    while scan.attribute().is_some() {}
                }
                _ if matches!(rest.get(1), Some(b'!' | b'/' | b'?')) => {
                    scan.at += memchr(b'>', rest)? + 1;
                }
                _ => scan.at += 1,
            }
        }
    }
    None
}

/// Whether `bytes` begin with `tag` (ASCII lower case) in any case and then white space or a slash.
fn tag_is(bytes: &[u8], tag: &[u8]) -> bool {
    matches!(bytes.split_at_checked(tag.len()), Some((name, [next, ..]))
        if name.eq_ignore_ascii_case(tag) && (next.is_ascii_whitespace() || *next == b'/'))
}

/// The encoding in an XML declaration without its `>`.
fn xml_encoding(declaration: &[u8]) -> Option<&'static Encoding> {
    let at = memmem::find(declaration, b"encoding")? + b"encoding".len();
    let value = declaration[at..].trim_ascii_start().strip_prefix(b"=")?;
    by_label(quoted(value)?)
}

/// What stands between the quotes at the start of `bytes`, or before the next white space or semicolon.
fn quoted(bytes: &[u8]) -> Option<&[u8]> {
    let bytes = bytes.trim_ascii_start();
    match bytes {
        [quote @ (b'"' | b'\''), value @ ..] => {
            memchr(*quote, value).map(|end| value[..end].trim_ascii())
        }
        _ => bytes.split(|&b| b.is_ascii_whitespace() || b == b';').next(),
    }
}

/// The HTML standard's "extract a character encoding from a meta element", of its `content`.
fn charset_in(content: &[u8]) -> Option<&'static Encoding> {
    let mut rest = content;
    while let Some(at) = memmem::find(rest, b"charset") {
        rest = rest[at + b"charset".len()..].trim_ascii_start();
        if let Some(value) = rest.strip_prefix(b"=") {
            return by_label(quoted(value)?);
        }
    }
    None
}

/// A place in the bytes of a page.
struct Scan<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a [u8] {
        &self.bytes[self.at..]
    }

    /// Takes bytes while `wanted`.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let rest = self.rest();
        let end = rest.iter().position(|&b| !wanted(b)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Reads the attributes of a `<meta>` and returns the encoding that they declare.
    fn meta(&mut self) -> Option<&'static Encoding> {
        let (mut charset, mut content, mut is_content_type) = (None, None, None);
        while let Some((name, value)) = self.attribute() {
            match name.as_slice() {
                b"http-equiv" if is_content_type.is_none() => {
                    is_content_type = Some(value == b"content-type");
                }
                b"charset" if charset.is_none() => charset = Some(by_label(&value)),
                b"content" if content.is_none() => content = charset_in(&value),
                _ => {}
            }
        }
        charset.unwrap_or_else(|| content.filter(|_| is_content_type == Some(true)))
    }

    /// The standard's "get an attribute": name and value in lower case, or none at the end of the tag.
    fn attribute(&mut self) -> Option<(Vec<u8>, Vec<u8>)> {
        self.take(|b| b.is_ascii_whitespace() || b == b'/');
        if matches!(self.rest().first(), None | Some(b'>')) {
            return None;
        }
        let start = self.at;
        // An equals sign in the first place belongs to the name.
        self.at += 1;
        self.take(|b| !b.is_ascii_whitespace() && !matches!(b, b'/' | b'>' | b'='));
        let name = self.bytes[start..self.at].to_ascii_lowercase();
        self.take(|b| b.is_ascii_whitespace());
        if self.rest().first() != Some(&b'=') {
            return Some((name, Vec::new()));
        }
        self.at += 1;
        self.take(|b| b.is_ascii_whitespace());
        let value = match self.rest().first() {
            Some(&quote @ (b'"' | b'\'')) => {
                self.at += 1;
                let value = self.take(|b| b != quote);
                self.at = self.bytes.len().min(self.at + 1);
                value
            }
            _ => self.take(|b| !b.is_ascii_whitespace() && b != b'>'),
        };
        Some((name, value.to_ascii_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{BIG5, EUC_JP, GBK, KOI8_U, SHIFT_JIS, WINDOWS_1251};

    use super::*;

    const RUSSIAN: &str =
        "Москва является столицей и крупнейшим городом страны, её население растёт.";
    const JAPANESE: &str =
        "東京は日本の首都であり、世界最大級の都市です。カタカナとひらがなの文章。";
    const CHINESE: &str = "北京是中华人民共和国的首都，也是全国的政治、文化中心。今天的天气很好。";
    const FRENCH: &str =
        "L’été dernier, à Orléans, les élèves préféraient la forêt « âgée » à Noël.";

    fn in_encoding(text: &str, encoding: &'static Encoding) -> Vec<u8> {
        encoding.encode(text).0.into_owned()
    }

    #[test]
    fn a_true_declaration_is_obeyed_wherever_it_stands() {
        let heads = [
            (r#"<META charset=windows-1251>"#, None),
            (r#"<!--><meta CHARSET = ' Windows-1251 '/>"#, None),
            (r#"<!-- <meta charset=koi8-u> --><meta charset=cp1251>"#, None),
            (r#"<meta http-equiv=Content-Type content="text/html; charset=windows-1251">"#, None),
            (r#"<?xml version="1.0" encoding="windows-1251"?>"#, None),
            (r#"<meta charset=koi8-u>"#, Some("windows-1251")),
        ];
        let late = format!("<title>{}</title><meta charset=cp1251>", "x".repeat(2000));
        for (head, charset) in heads.into_iter().chain([(late.as_str(), None)]) {
            // Too little text to be guessed from.
            let page = format!("{head}<p>Ёж</p>");
            let (text, encoding) = decode_html(in_encoding(&page, WINDOWS_1251), charset);
            assert_eq!((&*text, encoding), (&*page, WINDOWS_1251), "{head}");
        }
    }

    #[test]
    fn what_only_looks_like_a_declaration_is_not_obeyed() {
        for head in [
            "<metadata charset=koi8-u>",
            "<meta content='text/html; charset=koi8-u'>",
            "<p title='<meta charset=koi8-u>'>",
            "<meta charset=none-such>",
            "<!-- <meta charset=koi8-u>",
        ] {
            assert_eq!(prescan(head.as_bytes()), None, "{head}");
        }
    }

    #[test]
    fn without_a_declaration_the_encoding_is_guessed() {
        for (text, encoding) in [
            (RUSSIAN, WINDOWS_1251),
            (RUSSIAN, KOI8_U),
            (JAPANESE, SHIFT_JIS),
            (JAPANESE, EUC_JP),
            (CHINESE, GBK),
            (FRENCH, WINDOWS_1252),
        ] {
            let bytes = in_encoding(text, encoding);
            assert_eq!(decode_text(bytes, None), (text.into(), encoding));
        }
    }

    #[test]
    fn a_wrong_declaration_does_not_lose_the_page() {
        let declared = |label, text| format!("<meta charset={label}><p>{text}</p>");
        for (label, text, encoding) in [
            ("utf-8", FRENCH, WINDOWS_1252),
            ("utf-16", FRENCH, WINDOWS_1252),
            ("hz-gb-2312", CHINESE, GBK),
            ("iso-8859-1", CHINESE, UTF_8),
            ("gbk", "© 2024", UTF_8),
            ("shift_jis", JAPANESE, EUC_JP),
            ("euc-kr", JAPANESE, SHIFT_JIS),
        ] {
            let page = declared(label, text);
            let decoded = decode_html(in_encoding(&page, encoding), None);
            assert_eq!(decoded, (page.into(), encoding));
        }
    }

    #[test]
    fn damage_does_not_change_the_encoding() {
        let mut utf8 = RUSSIAN.as_bytes().to_vec();
        utf8[1] = b'<';
        utf8.pop();
        let (text, encoding) = decode_html(utf8, Some("windows-1251"));
        assert_eq!(encoding, UTF_8);
        assert!(text.starts_with("\u{FFFD}<осква"), "{text}");

        let mut big5 = in_encoding(&"臺北市是中華民國的首都".repeat(9), BIG5);
        big5[40] = 0xFF;
        let (text, encoding) = decode_html(big5, Some("big5"));
        assert_eq!(encoding, BIG5);
        assert!(text.starts_with("臺北市是"));

        // Cut off inside its only character beyond ASCII.
        let (text, encoding) = decode_text(&b"price: 5 \xE2\x82"[..], Some("utf-8"));
        assert_eq!((&*text, encoding), ("price: 5 \u{FFFD}", UTF_8));
    }

    #[test]
    fn utf_16_with_and_without_mark_and_iso_2022_jp() {
        let page = format!("<html><head><title>{FRENCH}</title></head><body>{JAPANESE}</body>");
        for mark in ["", "\u{FEFF}"] {
            let units = || mark.encode_utf16().chain(page.encode_utf16());
            let little: Vec<u8> = units().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units().flat_map(u16::to_be_bytes).collect();
            let expected = Cow::Borrowed(&*page);
            assert_eq!(decode_html(little, None), (expected.clone(), UTF_16LE));
            assert_eq!(decode_html(big, Some("utf-8")), (expected.clone(), UTF_16BE));
        }
        let bytes = in_encoding(JAPANESE, ISO_2022_JP);
        assert!(bytes.is_ascii());
        let (text, _) = decode_html(bytes, Some("iso-2022-jp"));
        assert_eq!(text, JAPANESE);
    }

    #[test]
    fn valid_utf_8_is_not_copied() {
        let bytes = "\u{FEFF}<p>é".as_bytes();
        let (text, _) = decode_html(bytes, None);
        assert!(matches!(text, Cow::Borrowed("<p>é")));
        let owned = FRENCH.as_bytes().to_vec();
        let place = owned.as_ptr();
        let (text, _) = decode_text(owned, None);
        assert_eq!(text.as_ptr(), place);
    }

    #[test]
    fn no_bytes_panic() {
        let mut random = 1_u64;
        let alphabet = b"\0\xFE\xFF\xEF\xBB\xBF<<!-?/>=\"' metcharsxl\x1B$B\xE9\x80\xC3";
        for length in 0..3000 {
            let bytes: Vec<u8> = (0..length % 60)
                .map(|_| {
                    random = random.wrapping_mul(6_364_136_223_846_793_005) + 1;
                    alphabet[(random >> 33) as usize % alphabet.len()]
                })
                .collect();
            decode_html(bytes.as_slice(), None);
            prescan(&[b"<meta ", bytes.as_slice()].concat());
        }
        assert_eq!(decode_html(&[0; 9][..], None).0, "\0".repeat(9));
        assert_eq!(decode_html(&b""[..], None), ("".into(), UTF_8));
    }
}
