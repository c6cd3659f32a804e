//! Pages in records of [WARC](https://iipc.github.io/warc-specifications/) 1.0 and 1.1, each of which may be a
//! gzip member or a zstd frame of its own.
//!
//! [`Records`] cuts a stream into records and reads as much of each as tells whether it is a page: a `response`
//! to HTTP with HTML. Its body is decoded when the page is loaded. Records of other kinds are passed over and
//! counted. After a broken record, which is an error, it goes on with the next that can be found. That takes a
//! reader that knows where in the file the members and frames begin, so it is one of our own.

use std::sync::{Arc, LazyLock};

use arrow_array::{RecordBatch, TimestampMicrosecondArray, UInt16Array};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use memchr::{memchr, memmem};

use super::{Kind, Limits, Loaded, Page, PageError, Payload, Reason, Skipped, bytes::Stream, http};
use crate::encoding;
use crate::extra::Extra;

/// What begins a record.
const MAGIC: &[u8] = b"WARC/";
/// Bytes in the head of a record, and in that of a response. More is not a head.
const MAX_HEAD: usize = 256 << 10;
/// Bytes looked through at a time for the next record.
const WINDOW: usize = 32 << 10;

/// The records of one stream.
pub struct Records {
    stream: Stream,
    name: String,
    limits: Limits,
    /// Where the record that is being read begins.
    place: String,
    /// Whether the next record must be searched for.
    is_lost: bool,
}

/// A response with HTML.
#[derive(Debug)]
pub struct Response {
    id: Option<String>,
    url: Option<String>,
    date: Option<String>,
    http: http::Head,
    body: Vec<u8>,
}

/// The named fields in the head of a record that are of use.
#[derive(Debug, Default)]
struct Head {
    kind: String,
    id: Option<String>,
    url: Option<String>,
    date: Option<String>,
    content_type: Option<String>,
    payload_type: Option<String>,
    length: Option<u64>,
}

impl Records {
    /// The records of `stream`, which is called `name`.
    pub fn new(stream: Stream, name: String, limits: Limits) -> Self {
        Self { stream, name, limits, place: String::new(), is_lost: false }
    }

    /// The next page; none at the end. What is passed over is counted.
    pub fn next(&mut self, skipped: &mut Skipped) -> Option<Result<Page, PageError>> {
        loop {
            let record = self.read_record();
            let id = format!("{}:{}", self.name, self.place);
            match record {
                Ok(Some(Read::Page(response))) => {
                    return Some(Ok(Page { id, payload: Payload::Response(response) }));
                }
                Ok(Some(Read::Other(kind))) => *skipped.records.entry(kind).or_default() += 1,
                Ok(None) => return None,
                Err(reason) => return Some(Err(PageError { id, reason })),
            }
        }
    }

    fn read_record(&mut self) -> Result<Option<Read>, Reason> {
        let is_there = if self.is_lost { self.find() } else { self.pass_blank_lines() };
        self.place = self.stream.place();
        if !is_there? {
            return Ok(None);
        }
        // Until its end is reached, an error leaves the record somewhere in its middle.
        self.is_lost = true;
        if self.stream.peek(MAGIC.len())? != MAGIC {
            return Err(Reason::Record("no record begins where the last one ends"));
        }
        self.stream.consume(MAGIC.len());
        let head = self.read_head(&mut { u64::MAX })?;
        let head = Head::parse(&head.ok_or(Reason::Record("its head has no end"))?);
        let mut left = head.length.ok_or(Reason::Record("its head has no Content-Length"))?;
        let read = self.read_block(head, &mut left)?;
        self.pass(&mut left)?;
        self.end()?;
        self.is_lost = false;
        read.map(Some)
    }

    /// Reads what makes a page of a record's block, of which `left` bytes are left. The inner error is one
    /// after which the rest of the block can be passed over.
    fn read_block(&mut self, head: Head, left: &mut u64) -> Result<Result<Read, Reason>, Reason> {
        let other = |kind: &str| Ok(Ok(Read::Other(kind.to_owned())));
        if head.kind != "response" {
            return other(&head.kind);
        }
        if head.content_type.is_some_and(|of| !of.starts_with("application/http")) {
            return other("response not to HTTP");
        }
        let http = self.read_head(left)?.and_then(|head| http::Head::parse(&head));
        let Some(http) = http else {
            return Ok(Err(Reason::Record("no head of an HTTP response")));
        };
        let is_html = match http.media_type.as_deref().or(head.payload_type.as_deref()) {
            Some(media_type) => matches!(media_type, "text/html" | "application/xhtml+xml"),
            None => *left > 0 && self.block(*left)?.trim_ascii_start().starts_with(b"<"),
        };
        if !is_html {
            return other("response not HTML");
        }
        let limit = self.limits.max_page_bytes;
        if *left > limit as u64 {
            return Ok(Err(Reason::TooLarge { limit }));
        }
        let mut body = Vec::with_capacity(*left as usize);
        while *left > 0 {
            let bytes = self.block(*left)?;
            body.extend_from_slice(bytes);
            let count = bytes.len();
            self.consume(count, left);
        }
        let Head { id, url, date, .. } = head;
        Ok(Ok(Read::Page(Box::new(Response { id, url, date, http, body }))))
    }

    /// Reads a head, up to and with its empty line. None if it has no end in the block or is too long.
    fn read_head(&mut self, left: &mut u64) -> Result<Option<Vec<u8>>, Reason> {
        let mut head = Vec::new();
        while *left > 0 && head.len() < MAX_HEAD {
            let bytes = self.block(*left)?;
            let line_end = memchr(b'\n', bytes).map(|at| at + 1);
            let count = line_end.unwrap_or(bytes.len());
            head.extend_from_slice(&bytes[..count]);
            self.consume(count, left);
            if head.ends_with(b"\n\r\n") || head.ends_with(b"\n\n") {
                return Ok(Some(head));
            }
        }
        Ok(None)
    }

    /// The next bytes of a record of which `left` bytes are left, at least one.
    fn block(&mut self, left: u64) -> Result<&[u8], Reason> {
        const CUT_OFF: Reason = Reason::Record("it breaks off");
        let is_frame_start = {
            self.stream.fill()?;
            self.stream.is_frame_start()
        };
        let bytes = self.stream.fill()?;
        // Where records are compressed one by one, the next one begins at the latest with its frame.
        if bytes.is_empty() || is_frame_start && bytes.starts_with(MAGIC) {
            return Err(CUT_OFF);
        }
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        Ok(&bytes[..count])
    }

    fn consume(&mut self, count: usize, left: &mut u64) {
        self.stream.consume(count);
        *left -= count as u64;
    }

    fn pass(&mut self, left: &mut u64) -> Result<(), Reason> {
        while *left > 0 {
            let count = self.block(*left)?.len();
            self.consume(count, left);
        }
        Ok(())
    }

    /// Passes over the empty lines that end a record, and makes sure that it does end there. Where it has a
    /// frame of its own, that is where the decoder compares the checksum.
    fn end(&mut self) -> Result<(), Reason> {
        let mut is_ended = self.stream.peek(MAGIC.len())? == MAGIC;
        loop {
            let bytes = self.stream.fill_frame()?;
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            is_ended |= blank > 0 || bytes.is_empty();
            let is_more = blank < bytes.len() || bytes.is_empty();
            self.stream.consume(blank);
            if !is_ended {
                return Err(Reason::Record("it does not end where its Content-Length says"));
            }
            if is_more {
                return Ok(());
            }
        }
    }

    /// Passes over the empty lines between records. False at the end of the stream.
    fn pass_blank_lines(&mut self) -> Result<bool, Reason> {
        loop {
            let bytes = self.stream.fill()?;
            if bytes.is_empty() {
                return Ok(false);
            }
            let blank = bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let is_there = blank < bytes.len();
            self.stream.consume(blank);
            if is_there {
                return Ok(true);
            }
        }
    }

    /// Searches for the next record: at the start of a frame or of a line. False at the end of the stream.
    fn find(&mut self) -> Result<bool, Reason> {
        loop {
            let bytes = self.stream.peek(WINDOW)?;
            let count = bytes.len();
            if count == 0 {
                return Ok(false);
            }
            let is_first = bytes.starts_with(MAGIC);
            let next = memmem::find(bytes, b"\nWARC/");
            if is_first && self.stream.is_frame_start() {
                return Ok(true);
            }
            if let Some(at) = next {
                self.stream.consume(at + 1);
                return Ok(true);
            }
            // The magic may lie across two windows.
            let kept = if count > MAGIC.len() { MAGIC.len() } else { 0 };
            self.stream.consume(count - kept);
        }
    }
}

/// What a record is.
enum Read {
    Page(Box<Response>),
    Other(String),
}

impl Head {
    /// Reads the named fields that follow the version.
    fn parse(head: &[u8]) -> Head {
        let mut found = Head::default();
        for line in head.split(|byte| *byte == b'\n') {
            let Some(colon) = memchr(b':', line) else {
                continue;
            };
            let name = line[..colon].trim_ascii().to_ascii_lowercase();
            let value = String::from_utf8_lossy(line[colon + 1..].trim_ascii()).into_owned();
            match name.as_slice() {
                b"warc-type" => found.kind = value.to_ascii_lowercase(),
                b"warc-record-id" => found.id = Some(value),
                // Some programs put it between angle brackets, as 1.0 seemed to ask for.
                b"warc-target-uri" => {
                    found.url = Some(value.trim_matches(['<', '>']).to_owned());
                }
                b"warc-date" => found.date = Some(value),
                b"content-type" => found.content_type = Some(value.to_ascii_lowercase()),
                b"warc-identified-payload-type" => {
                    found.payload_type = Some(value.to_ascii_lowercase());
                }
                b"content-length" => found.length = value.parse().ok(),
                _ => {}
            }
        }
        found
    }
}

impl Response {
    /// Decodes the page.
    pub fn load(self, place: String, limits: &Limits) -> Result<Loaded, PageError> {
        let extra = Extra::Columns(self.columns());
        let Response { id, url, http, body, .. } = self;
        match http::decode(&http, body, limits) {
            Ok(body) => {
                let (text, _) = encoding::decode_html(body, http.charset.as_deref());
                let text = text.into_owned();
                Ok(Loaded { id: id.unwrap_or(place), url, kind: Kind::Html, text, extra })
            }
            Err(reason) => Err(PageError { id: place, reason }),
        }
    }

    /// What is passed through: `warc_date`, when it was fetched, and `http_status`.
    fn columns(&self) -> RecordBatch {
        static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
            let time = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
            Arc::new(Schema::new(vec![
                Field::new("warc_date", time, true),
                Field::new("http_status", DataType::UInt16, true),
            ]))
        });
        let date = self.date.as_ref().and_then(|date| date.parse::<jiff::Timestamp>().ok());
        let date = TimestampMicrosecondArray::from(vec![date.map(|date| date.as_microsecond())]);
        let status = UInt16Array::from(vec![self.http.status]);
        let columns: [arrow_array::ArrayRef; 2] =
            [Arc::new(date.with_timezone("UTC")), Arc::new(status)];
        RecordBatch::try_new(SCHEMA.clone(), columns.into()).expect("the columns of the schema")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tempfile::tempdir;

    use super::super::{Counter, Pages};
    use super::*;

    fn record(kind: &str, number: u32, block: &[u8]) -> Vec<u8> {
        let head = format!(
            "WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:{number}>\r\n\
             WARC-Date: 2024-05-01T12:00:0{number}Z\r\nWARC-Target-URI: https://tides.example/{number}\r\n\
             Content-Length: {}\r\n\r\n",
            block.len()
        );
        [head.as_bytes(), block, b"\r\n\r\n"].concat()
    }

    fn page(number: u32) -> Vec<u8> {
        let head =
            "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=latin1\r\n\r\n<p>p\u{e9}ge ";
        let head = head.chars().map(|c| c as u8).collect::<Vec<u8>>();
        record("response", number, &[&head[..], number.to_string().as_bytes()].concat())
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(bytes: &[u8]) -> Vec<u8> {
        zstd::encode_all(bytes, 3).unwrap()
    }

    fn crawl() -> Vec<Vec<u8>> {
        let image = b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\n\x89PNG WARC/1.0";
        let revisit = b"HTTP/1.1 304 Not Modified\r\n\r\n";
        vec![
            record("warcinfo", 0, b"software: a crawler\r\n"),
            record("request", 1, b"GET / HTTP/1.1\r\n\r\n"),
            page(1),
            record("response", 2, image),
            record("revisit", 3, revisit),
            page(4),
            page(5),
        ]
    }

    /// The crawl with each of its records compressed by itself.
    fn by_record(compress: fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        crawl().iter().flat_map(|record| compress(record)).collect()
    }

    /// More pages and errors than any test has: a reader that goes round in a circle is found out.
    const ENDLESS: usize = 5_000;

    /// The pages as `id text`, or their errors; and what was skipped.
    fn read(bytes: &[u8]) -> (Vec<String>, String) {
        let directory = tempdir().unwrap();
        let path = directory.path().join("crawl.warc");
        std::fs::write(&path, bytes).unwrap();
        let limits = Limits { max_page_bytes: 10_000 };
        let mut pages = Pages::open(vec![path], None, limits).unwrap();
        let found = pages.by_ref().take(ENDLESS).map(|page| {
            match page.and_then(|page| page.load(&limits)) {
                Ok(page) => format!("{} {}", page.id, page.text),
                Err(error) => error.to_string(),
            }
        });
        let found = found.collect();
        (found, pages.skipped().to_string())
    }

    const PAGES: [&str; 3] = [
        "<urn:uuid:1> <p>p\u{e9}ge 1",
        "<urn:uuid:4> <p>p\u{e9}ge 4",
        "<urn:uuid:5> <p>p\u{e9}ge 5",
    ];

    #[test]
    fn responses_with_html_are_pages_however_they_are_compressed() {
        let skipped = "0 files skipped; records skipped: 1 request, 1 response not HTML, 1 revisit, 1 warcinfo";
        let all = crawl().concat();
        // Members that are cut anywhere, as parallel compressors do.
        let cut_anywhere = all.chunks(97).flat_map(gzip).collect();
        // The whole file's frames share a dictionary that stands before them.
        let sample = crawl().concat();
        let mut dictionary = vec![0x5D, 0x2A, 0x4D, 0x18];
        dictionary.extend((sample.len() as u32).to_le_bytes());
        dictionary.extend(&sample);
        for record in crawl() {
            let mut encoder = zstd::Encoder::with_dictionary(Vec::new(), 3, &sample).unwrap();
            encoder.write_all(&record).unwrap();
            dictionary.extend(encoder.finish().unwrap());
        }
        for bytes in
            [all.clone(), gzip(&all), by_record(gzip), by_record(zstd), cut_anywhere, dictionary]
        {
            let (pages, counts) = read(&bytes);
            assert_eq!(pages, PAGES);
            assert_eq!(counts, skipped);
        }
    }

    #[test]
    fn a_dictionary_that_is_cut_short_is_an_error() {
        let dictionary = [&[0x5D, 0x2A, 0x4D, 0x18, 9, 0, 0, 0][..], b"the tides"].concat();
        for end in 4..dictionary.len() {
            let (pages, _) = read(&dictionary[..end]);
            assert_eq!(pages.len(), 1, "{end}: {pages:?}");
            assert!(pages[0].contains("zstd"), "{end}: {pages:?}");
        }
    }

    #[test]
    fn a_record_brings_its_address_date_and_status() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("crawl");
        std::fs::write(&path, page(7)).unwrap();
        let stream = Stream::open(Some(&path), Counter::default()).unwrap();
        let limits = Limits::default();
        let mut records = Records::new(stream, "crawl".into(), limits);
        let page = records.next(&mut Skipped::default()).unwrap().unwrap();
        assert_eq!(page.id(), "crawl:0");
        let page = page.load(&limits).unwrap();
        assert_eq!(page.url.as_deref(), Some("https://tides.example/7"));
        assert_eq!(
            serde_json::to_string(&page.extra).unwrap(),
            r#"{"warc_date":"2024-05-01T12:00:07Z","http_status":200}"#
        );
    }

    #[test]
    fn a_broken_record_is_told_with_its_offset_and_the_others_are_read() {
        // In a plain file, a record that is too short swallows the next one's start.
        let mut records = crawl();
        let offset: usize = records[..5].iter().map(Vec::len).sum();
        let cut = records[5].len() - 20;
        records[5].truncate(cut);
        records.push(page(6));
        let (pages, _) = read(&records.concat());
        let broken = "broken record: it does not end where its Content-Length says";
        assert_eq!(pages[1], format!("crawl.warc:{offset}: {broken}"));
        assert_eq!(
            (pages[0].as_str(), pages[2].as_str()),
            (PAGES[0], "<urn:uuid:6> <p>p\u{e9}ge 6")
        );
        records.pop();
        records[5] = b"noise WARC/1.0\r\n".to_vec();
        let (pages, _) = read(&records.concat());
        let broken = "broken record: no record begins where the last one ends";
        assert_eq!(pages[1], format!("crawl.warc:{offset}: {broken}"));
        assert_eq!((pages[0].as_str(), pages[2].as_str()), (PAGES[0], PAGES[2]));

        // Where each has a member or frame of its own, nothing else is lost.
        for compress in [gzip, zstd] {
            let members: Vec<Vec<u8>> = crawl().iter().map(|record| compress(record)).collect();
            let offset: usize = members[..5].iter().map(Vec::len).sum();
            for damage in [0_u8, 1, 2] {
                let mut members = members.clone();
                let broken = &mut members[5];
                match damage {
                    0 => broken.truncate(broken.len() - 15),
                    1 => broken[30] ^= 0xFF,
                    _ => *broken = compress(&crawl()[5][..200]),
                }
                let (pages, _) = read(&members.concat());
                let place = format!("crawl.warc:{offset}");
                let (errors, pages): (Vec<String>, Vec<String>) =
                    pages.into_iter().partition(|page| page.starts_with(&place));
                assert_eq!(pages, [PAGES[0], PAGES[2]], "{errors:?}");
                assert!(errors[0].contains(": broken "), "{errors:?}");
            }
        }
    }

    #[test]
    fn a_frame_of_which_nothing_can_be_read_is_passed() {
        // A reserved bit is set in the byte after the magic, so that the decoder takes nothing.
        let broken = b"\x28\xB5\x2F\xFD\xFF".repeat(3);
        let first = zstd(&page(1));
        let (pages, _) = read(&[&first[..], &broken, &zstd(&page(5))].concat());
        assert_eq!((pages[0].as_str(), pages[4].as_str()), (PAGES[0], PAGES[2]));
        for (i, error) in pages[1..4].iter().enumerate() {
            let place = format!("crawl.warc:{}: broken zstd", first.len() + 5 * i);
            assert!(error.starts_with(&place), "{error}");
        }
        assert_eq!(pages.len(), 5);
    }

    #[test]
    fn no_bytes_make_it_panic_or_hang() {
        let mut state = 7_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as usize
        };
        for whole in [crawl().concat(), by_record(gzip), by_record(zstd)] {
            for _ in 0..300 {
                let mut bytes = whole.clone();
                for _ in 0..1 + random() % 4 {
                    let at = random() % bytes.len();
                    bytes[at] = random() as u8;
                }
                bytes.truncate(random() % (2 * bytes.len()));
                assert!(read(&bytes).0.len() < ENDLESS);
            }
        }
    }
}
