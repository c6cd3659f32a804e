//! HTTP responses as crawlers save them: head and body, and the body's encodings undone.
//!
//! Crawlers differ in what they save. Some undo `Transfer-Encoding` and `Content-Encoding` and leave the
//! headers as they were, so a body that plainly is not encoded as its headers say is taken as it is.

use std::io::{self, Read};

use brotli_decompressor::Decompressor as Brotli;
use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use super::bytes::{GZIP_MAGIC, GZIP_MEMBER, read_to_limit};
use super::{Limits, Reason};

/// More header fields than any server sends.
const MAX_FIELDS: usize = 256;

/// What the head of a response says of its body.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// `Content-Type` without its parameters, in lower case.
    pub media_type: Option<String>,
    /// The charset that `Content-Type` names.
    pub charset: Option<String>,
    /// `Content-Encoding`, in lower case, in the order in which they were applied.
    pub content_encodings: Vec<String>,
    /// Whether the last `Transfer-Encoding` is `chunked`.
    pub is_chunked: bool,
}

impl Head {
    /// Reads a head, up to and with the empty line at its end. None if it is not that of a response.
    pub fn parse(head: &[u8]) -> Option<Head> {
        // Later versions of HTTP have heads of another form, but crawlers save them in this one.
        let version = head.iter().position(|byte| *byte == b' ')?;
        head.starts_with(b"HTTP/").then_some(())?;
        let head = &[b"HTTP/1.1", &head[version..]].concat();
        let mut fields = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut response = httparse::Response::new(&mut fields);
        let mut lenient = httparse::ParserConfig::default();
        lenient
            .allow_spaces_after_header_name_in_responses(true)
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_multiple_spaces_in_response_status_delimiters(true)
            .ignore_invalid_headers_in_responses(true);
        lenient.parse_response(&mut response, head).ok()?;
        let mut found = Head { status: response.code?, ..Head::default() };
        for field in response.headers {
            let value = String::from_utf8_lossy(field.value);
            let items = || value.split(',').map(|item| item.trim().to_ascii_lowercase());
            if field.name.eq_ignore_ascii_case("content-type") && found.media_type.is_none() {
                let mut parts = value.split(';');
                let media_type = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
                found.media_type = Some(media_type).filter(|name| !name.is_empty());
                found.charset = parts.find_map(charset);
            } else if field.name.eq_ignore_ascii_case("content-encoding") {
                found.content_encodings.extend(items());
            } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
                found.is_chunked = items().next_back().is_some_and(|last| last == "chunked");
            }
        }
        Some(found)
    }
}

fn charset(parameter: &str) -> Option<String> {
    let (name, value) = parameter.split_once('=')?;
    let value = value.trim().trim_matches(['"', '\'']);
    name.trim().eq_ignore_ascii_case("charset").then(|| value.to_owned())
}

/// The body as the server meant it.
///
/// # Errors
/// If it breaks off within a compressed encoding, is in an unknown one, or is larger than allowed.
pub fn decode(head: &Head, body: Vec<u8>, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let mut body = body;
    if head.is_chunked
        && let Some(joined) = dechunk(&body)
    {
        body = joined;
    }
    for encoding in head.content_encodings.iter().rev() {
        body = decompress(encoding, body, limits)?;
    }
    if head.content_encodings.is_empty() && body.starts_with(&GZIP_MEMBER) {
        body = decompress("gzip", body, limits)?;
    }
    if body.len() > limits.max_page_bytes {
        return Err(Reason::TooLarge { limit: limits.max_page_bytes });
    }
    Ok(body)
}

fn decompress(encoding: &str, body: Vec<u8>, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let text = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(&body);
    let is_page = text.trim_ascii_start().first().is_none_or(|byte| *byte == b'<');
    // No compressed data begin with `<`: the magics of gzip and zstd, the method of zlib and a reserved
    // bit of brotli forbid it, and raw deflate hardly ever does.
    if is_page || matches!(encoding, "" | "identity" | "none") {
        return Ok(body);
    }
    let size = body.len() as u64 * 5;
    let broken =
        |error: io::Error| Reason::ContentEncoding { encoding: encoding.to_owned(), error };
    let read = |reader: &mut dyn Read| read_to_limit(reader, size, limits, broken);
    match encoding {
        "gzip" | "x-gzip" if body.starts_with(&GZIP_MAGIC) => {
            read(&mut MultiGzDecoder::new(&body[..]))
        }
        // The standard means zlib's form, some servers send deflate without it.
        "deflate" => match read(&mut ZlibDecoder::new(&body[..])) {
            Err(Reason::ContentEncoding { .. }) => read(&mut DeflateDecoder::new(&body[..])),
            other => other,
        },
        "br" => read(&mut Brotli::new(&body[..], 4096)),
        "zstd" => read(&mut zstd::Decoder::with_buffer(&body[..]).map_err(broken)?),
        "gzip" | "x-gzip" => Ok(body),
        _ => Err(broken(io::Error::new(io::ErrorKind::Unsupported, "not an encoding known here"))),
    }
}

/// The chunks of a `chunked` body put together. What breaks off is kept up to there; none if there is not one
/// chunk.
fn dechunk(body: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::with_capacity(body.len());
    let mut rest = body;
    let mut is_chunked = false;
    while let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(rest) {
        is_chunked = true;
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let data = &rest[start..];
        let (chunk, after) = data.split_at(size.min(data.len()));
        joined.extend_from_slice(chunk);
        rest = after.strip_prefix(b"\r\n").or(after.strip_prefix(b"\n")).unwrap_or(after);
        if size == 0 {
            break;
        }
    }
    is_chunked.then_some(joined)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write};

    use super::*;

    const LIMITS: Limits = Limits { max_page_bytes: 10_000 };
    const PAGE: &[u8] = b"<p>The tide comes in twice a day, and it leaves twice a day.</p>";

    fn head(fields: &str) -> Head {
        Head::parse(format!("HTTP/1.1 200 OK\r\n{fields}\r\n").as_bytes()).unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = write::GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn a_head_names_type_charset_and_encodings() {
        let found = head(
            "content-type: Text/HTML; foo=1; Charset=\"Shift_JIS\"\r\nX : y\r\n\
             Content-Encoding: gzip, br\r\nTransfer-Encoding: chunked\r\nnot a field\r\n",
        );
        let expected = Head {
            status: 200,
            media_type: Some("text/html".into()),
            charset: Some("Shift_JIS".into()),
            content_encodings: vec!["gzip".into(), "br".into()],
            is_chunked: true,
        };
        assert_eq!(found, expected);
        assert_eq!(Head::parse(b"GET / HTTP/1.1\r\n\r\n"), None);
        assert_eq!(Head::parse(b"HTTP/1.0 404\n\n").unwrap().status, 404);
        assert_eq!(Head::parse(b"HTTP/2 200\r\n\r\n").unwrap().status, 200);
    }

    #[test]
    fn every_encoding_is_undone() {
        let mut zlib = write::ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(PAGE).unwrap();
        let mut raw = write::DeflateEncoder::new(Vec::new(), Compression::default());
        raw.write_all(PAGE).unwrap();
        // `brotli` made it of the page.
        let brotli = b"\x1b?\x00\xe0\x9d\x07\xb6-v\x8b\t\x8b\xfc\xf0r]F\xa8\xf4,\xe3ai\x102\xba\xbc\xedC\x85\
            \x06\xa7\xc2\xd2`\x03\x0e\xd8k\x96\xcd\x16?r-b\xddp\xeecl\xf4\x17\xdc%N\x9e\xb6}\x14\x14\xd3(\x00";
        let chunked =
            [b"6;x=y\r\n", &PAGE[..6], b"\r\n3a\r\n", &PAGE[6..], b"\r\n0\r\n\r\n"].concat();
        for (fields, body) in [
            ("", PAGE.to_vec()),
            ("", gzip(PAGE)),
            ("Content-Encoding: gzip\r\n", gzip(PAGE)),
            ("Content-Encoding: gzip\r\n", PAGE.to_vec()),
            ("Content-Encoding: br\r\n", brotli.to_vec()),
            ("Content-Encoding: br\r\n", PAGE.to_vec()),
            ("Content-Encoding: identity, x-gzip\r\n", gzip(PAGE)),
            ("Content-Encoding: deflate\r\n", zlib.finish().unwrap()),
            ("Content-Encoding: deflate\r\n", raw.finish().unwrap()),
            ("Content-Encoding: zstd\r\n", zstd::encode_all(PAGE, 3).unwrap()),
            ("Transfer-Encoding: chunked\r\n", chunked.clone()),
            ("Transfer-Encoding: chunked\r\n", PAGE.to_vec()),
        ] {
            assert_eq!(decode(&head(fields), body, &LIMITS).unwrap(), PAGE, "{fields}");
        }
        let cut = &chunked[..30];
        let found = decode(&head("Transfer-Encoding: chunked\r\n"), cut.to_vec(), &LIMITS).unwrap();
        assert!(found.len() > 6 && PAGE.starts_with(&found));
    }

    #[test]
    fn a_body_that_breaks_off_or_grows_too_large_says_so() {
        let zipped = gzip(PAGE);
        let cut = zipped[..zipped.len() / 2].to_vec();
        let gzip_head = head("Content-Encoding: gzip\r\n");
        let error = decode(&gzip_head, cut, &LIMITS).unwrap_err().to_string();
        assert!(error.starts_with("broken gzip content: "), "{error}");
        let error = decode(&gzip_head, gzip(&[b' '; 20_000]), &LIMITS).unwrap_err();
        assert!(matches!(error, Reason::TooLarge { limit: 10_000 }));
        let error = decode(&head("Content-Encoding: sdch\r\n"), b"x".to_vec(), &LIMITS);
        assert!(error.unwrap_err().to_string().contains("sdch"));
    }
}
