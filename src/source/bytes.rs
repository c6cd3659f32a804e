//! Bytes of files and streams in bounded memory, unzipped where they are gzip.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;

use super::{Format, Limits, Reason};

const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
const BUFFER: usize = 64 << 10;
/// White space and marks at the start of a stream that [`Stream::sniff`] looks past.
const MAX_BLANK: u64 = 64 << 10;

/// Reads the page in the file at `path`.
pub fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let file = File::open(path).map_err(Reason::Read)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let bytes = read_to_limit(file, size, limits, Reason::Read)?;
    if !bytes.starts_with(&GZIP_MAGIC) {
        return Ok(bytes);
    }
    // Pages mostly shrink to a fifth.
    let size = bytes.len() as u64 * 5;
    read_to_limit(MultiGzDecoder::new(bytes.as_slice()), size, limits, Reason::Gzip)
}

fn read_to_limit(
    reader: impl Read,
    expected: u64,
    limits: &Limits,
    reason: impl Fn(io::Error) -> Reason,
) -> Result<Vec<u8>, Reason> {
    let limit = limits.max_page_bytes;
    let expected = usize::try_from(expected).unwrap_or(limit);
    let mut bytes = Vec::with_capacity(expected.min(limit) + 1);
    let mut reader = reader.take((limit as u64).saturating_add(1));
    reader.read_to_end(&mut bytes).map_err(reason)?;
    if bytes.len() > limit {
        return Err(Reason::TooLarge { limit });
    }
    Ok(bytes)
}

/// The unzipped bytes of a file or pipe, in order.
pub struct Stream {
    reader: Box<dyn BufRead + Send>,
    gzip: bool,
}

impl Stream {
    /// Opens the file at `path`, which is standard input if there is none.
    pub fn open(path: Option<&Path>) -> Result<Self, Reason> {
        let reader: Box<dyn Read + Send> = match path {
            Some(path) => Box::new(File::open(path).map_err(Reason::Read)?),
            None => Box::new(io::stdin()),
        };
        let mut reader = BufReader::with_capacity(BUFFER, reader);
        let mut head = Vec::new();
        let magic = GZIP_MAGIC.len() as u64;
        let mut start = reader.by_ref().take(magic);
        start.read_to_end(&mut head).map_err(Reason::Read)?;
        let gzip = head == GZIP_MAGIC;
        let reader = Cursor::new(head).chain(reader);
        let reader: Box<dyn BufRead + Send> = if gzip {
            let reader = MultiGzDecoder::new(reader);
            Box::new(BufReader::with_capacity(BUFFER, reader))
        } else {
            Box::new(reader)
        };
        Ok(Self { reader, gzip })
    }

    /// The bytes at hand, read on if there are none; none at the end.
    pub fn fill(&mut self) -> Result<&[u8], Reason> {
        let reason = self.reason();
        while let Err(error) = self.reader.fill_buf() {
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(reason(error));
            }
        }
        self.reader.fill_buf().map_err(reason)
    }

    /// Takes `count` of the bytes at hand.
    pub fn consume(&mut self, count: usize) {
        self.reader.consume(count);
    }

    /// Reads all that is left, as one page.
    pub fn read_to_end(self, limits: &Limits) -> Result<Vec<u8>, Reason> {
        let reason = self.reason();
        read_to_limit(self.reader, 0, limits, reason)
    }

    /// Tells the format from the first bytes that are not blank: `<` begins HTML, and `{` with a string or
    /// `}` after it, JSON Lines.
    pub fn sniff(mut self) -> Result<(Self, Format), Reason> {
        let reason = self.reason();
        let mut head = Vec::new();
        let mut format = None;
        let mut in_object = false;
        for byte in self.reader.by_ref().take(MAX_BLANK).bytes() {
            let byte = byte.map_err(reason)?;
            head.push(byte);
            // The NULs and marks of UTF-16 and UTF-8 are passed over like white space.
            let blank =
                byte.is_ascii_whitespace() || matches!(byte, 0 | 0xBB | 0xBF | 0xEF | 0xFE | 0xFF);
            format = match byte {
                _ if blank => continue,
                b'{' if !in_object => {
                    in_object = true;
                    continue;
                }
                b'"' | b'}' if in_object => Some(Format::Jsonl),
                b'<' if !in_object => Some(Format::Html),
                _ => None,
            };
            break;
        }
        let stream =
            Self { reader: Box::new(Cursor::new(head).chain(self.reader)), gzip: self.gzip };
        Ok((stream, format.unwrap_or(Format::Text)))
    }

    /// What an error in reading this stream means.
    fn reason(&self) -> fn(io::Error) -> Reason {
        if self.gzip { Reason::Gzip } else { Reason::Read }
    }
}
