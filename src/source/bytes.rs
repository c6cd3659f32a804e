//! Bytes of files and streams in bounded memory, decompressed where they are gzip or zstd.

use std::{
    fs::File,
    io::{self, BufRead, Cursor, Read, Seek, SeekFrom},
    mem,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flate2::bufread::GzDecoder;
use memchr::memmem;

use super::{Format, Limits, Reason};

pub(super) const GZIP_MAGIC: [u8; 2] = [0x1F, 0x8B];
/// The magic and the one method that there is.
pub(super) const GZIP_MEMBER: [u8; 3] = [0x1F, 0x8B, 8];
const ZSTD_FRAME: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];
/// A [skippable frame that holds the dictionary][1] of all frames in a `.warc.zst`.
///
/// [1]: https://iipc.github.io/warc-specifications/specifications/warc-zstd/
const ZSTD_DICTIONARY: [u8; 4] = [0x5D, 0x2A, 0x4D, 0x18];
const MAX_DICTIONARY: usize = 16 << 20;
const BUFFER: usize = 64 << 10;
/// White space and marks at the start of a stream that [`Stream::sniff`] looks past.
const MAX_BLANK: usize = BUFFER;

/// Reads the page in the file at `path`.
///
/// # Errors
/// If it cannot be read or decompressed to its end, or is larger than allowed.
pub fn read(path: &Path, limits: &Limits) -> Result<Vec<u8>, Reason> {
    let mut file = File::open(path).map_err(Reason::Read)?;
    let size = file.metadata().map_or(0, |metadata| metadata.len());
    let mut head = Vec::new();
    file.by_ref().take(ZSTD_FRAME.len() as u64).read_to_end(&mut head).map_err(Reason::Read)?;
    let codec = Codec::of(&head);
    let file = Cursor::new(head).chain(file);
    if codec == Codec::Plain {
        return read_to_limit(file, size, limits, Reason::Read);
    }
    let source = Source::Pipe(Box::new(file));
    Stream::new(source, Counter::default()).map_err(Reason::Read)?.read_to_end(limits)
}

/// Opens the file at `path`, which is decompressed as it is read.
///
/// # Errors
/// If it cannot be read.
pub fn open(path: &Path) -> io::Result<impl BufRead> {
    Ok(Stream::open(Some(path), Counter::default())?)
}

/// Reads all that `reader` gives, which is expected to be `expected` bytes.
pub fn read_to_limit(
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

/// How many bytes of the inputs are read so far. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Counter(Arc<AtomicU64>);

impl Counter {
    /// The bytes so far, as they are on disk.
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(super) fn add(&self, bytes: u64) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

/// How a file is compressed, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Codec {
    Plain,
    Gzip,
    Zstd,
}

impl Codec {
    fn of(head: &[u8]) -> Codec {
        match head {
            head if head.starts_with(&GZIP_MAGIC) => Codec::Gzip,
            head if head.starts_with(&ZSTD_FRAME) => Codec::Zstd,
            // The last four bits of a skippable frame's magic are free.
            [low, rest @ ..] if low & 0xF0 == 0x50 && rest.starts_with(&ZSTD_DICTIONARY[1..]) => {
                Codec::Zstd
            }
            _ => Codec::Plain,
        }
    }

    /// What begins a frame.
    fn magic(self) -> &'static [u8] {
        match self {
            Codec::Plain => &[],
            Codec::Gzip => &GZIP_MEMBER,
            Codec::Zstd => &ZSTD_FRAME,
        }
    }
}

/// The decompressed bytes of a file or pipe, in order.
///
/// It knows where the members of gzip and the frames of zstd (here both called frames) begin, since a WARC
/// file has one for each record. After one that is broken, which is an error, it goes on with the next.
pub struct Stream {
    decoder: Decoder,
    codec: Codec,
    dictionary: Vec<u8>,
    /// Decompressed bytes of the frame, from `start` to `end` not yet consumed.
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    /// Decompressed bytes of the frame that are consumed.
    consumed: u64,
    /// Where in the file the frame begins.
    frame: u64,
    /// Whether the frame was searched for after a broken one.
    is_found: bool,
    is_broken: bool,
}

/// What reads one frame.
enum Decoder {
    Plain(Input),
    Gzip(Box<GzDecoder<Input>>),
    Zstd(zstd::Decoder<'static, Input>),
    /// Between two frames.
    Between(Input),
    /// The end, or a file that cannot be read on.
    End,
}

impl Stream {
    /// Opens the file at `path`, which is standard input if there is none. What is read is counted.
    pub fn open(path: Option<&Path>, counter: Counter) -> Result<Self, Reason> {
        let source = match path {
            Some(path) => Source::File(File::open(path).map_err(Reason::Read)?),
            None => Source::Pipe(Box::new(io::stdin())),
        };
        Self::new(source, counter).map_err(Reason::Read)
    }

    fn new(source: Source, counter: Counter) -> io::Result<Self> {
        let mut input = Input::new(source, counter);
        let codec = Codec::of(input.peek(ZSTD_FRAME.len())?);
        let decoder = match codec {
            Codec::Plain => Decoder::Plain(input),
            _ => Decoder::Between(input),
        };
        Ok(Self {
            decoder,
            codec,
            dictionary: Vec::new(),
            buffer: vec![0; BUFFER],
            start: 0,
            end: 0,
            consumed: 0,
            frame: 0,
            is_found: false,
            is_broken: false,
        })
    }

    /// The bytes at hand, read on if there are none; none at the end. They are of one frame.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, which ends the stream, or a frame is broken; the call after that goes on
    /// with the next frame.
    pub fn fill(&mut self) -> Result<&[u8], Reason> {
        if self.is_broken {
            self.find_frame()?;
        }
        while self.start == self.end && self.read_on()? {}
        Ok(&self.buffer[self.start..self.end])
    }

    /// As [`fill`](Self::fill), but none at the end of the frame.
    pub fn fill_frame(&mut self) -> Result<&[u8], Reason> {
        if self.start == self.end {
            self.read_frame()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    /// Takes `count` of the bytes at hand.
    pub fn consume(&mut self, count: usize) {
        self.start += count;
        self.consumed += count as u64;
    }

    /// Whether the bytes at hand begin a frame.
    pub fn is_frame_start(&self) -> bool {
        self.consumed == 0
    }

    /// Where in the file the next byte is. Of compressed files, where its frame begins, and how far into what
    /// the frame holds it is: `FRAME+BYTES`.
    pub fn place(&self) -> String {
        match (self.codec, self.consumed) {
            (Codec::Plain, consumed) => consumed.to_string(),
            (_, 0) => self.frame.to_string(),
            (_, consumed) => format!("{}+{consumed}", self.frame),
        }
    }

    /// The next `count` bytes of the frame, fewer at its end; at most what a buffer holds.
    pub fn peek(&mut self, count: usize) -> Result<&[u8], Reason> {
        self.fill()?;
        if self.start + count > BUFFER {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < count && self.end < BUFFER && self.read_frame()? {}
        let end = self.end.min(self.start + count);
        Ok(&self.buffer[self.start..end])
    }

    /// Reads all that is left, as one page.
    pub fn read_to_end(mut self, limits: &Limits) -> Result<Vec<u8>, Reason> {
        let limit = limits.max_page_bytes;
        let mut page = Vec::new();
        loop {
            let bytes = self.fill()?;
            if bytes.is_empty() {
                return Ok(page);
            }
            if page.len() + bytes.len() > limit {
                return Err(Reason::TooLarge { limit });
            }
            page.extend_from_slice(bytes);
            let count = bytes.len();
            self.consume(count);
        }
    }

    /// Tells the format from the first bytes that are not blank: `WARC/` and `PAR1` begin what they say, `<`
    /// HTML, and `{` with a string or `}` after it JSON Lines.
    pub fn sniff(&mut self) -> Result<Format, Reason> {
        for (magic, format) in [(&b"WARC/"[..], Format::Warc), (b"PAR1", Format::Parquet)] {
            if self.peek(1)?.first() == magic.first() && self.peek(magic.len())? == magic {
                return Ok(format);
            }
        }
        let mut in_object = false;
        for at in 0..MAX_BLANK {
            let Some(&byte) = self.peek(at + 1)?.get(at) else {
                break;
            };
            // The NULs and marks of UTF-16 and UTF-8 are passed over like white space.
            let blank =
                byte.is_ascii_whitespace() || matches!(byte, 0 | 0xBB | 0xBF | 0xEF | 0xFE | 0xFF);
            match byte {
                _ if blank => {}
                b'{' if !in_object => in_object = true,
                b'"' | b'}' if in_object => return Ok(Format::Jsonl),
                b'<' if !in_object => return Ok(Format::Html),
                _ => break,
            }
        }
        Ok(Format::Text)
    }

    /// Reads more of the frame, or begins the next. False at the end of the file.
    fn read_on(&mut self) -> Result<bool, Reason> {
        if matches!(self.decoder, Decoder::End) {
            return Ok(false);
        }
        if matches!(self.decoder, Decoder::Between(_)) {
            return self.next_frame();
        }
        if !self.read_frame()? {
            self.decoder = match mem::replace(&mut self.decoder, Decoder::End) {
                Decoder::Gzip(decoder) => Decoder::Between(decoder.into_inner()),
                Decoder::Zstd(decoder) => Decoder::Between(decoder.finish()),
                _ => Decoder::End,
            };
        }
        Ok(true)
    }

    /// Reads more of the frame into the buffer. False at the end of the frame.
    fn read_frame(&mut self) -> Result<bool, Reason> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        let free = &mut self.buffer[self.end..];
        let read = loop {
            let read = match &mut self.decoder {
                Decoder::Plain(input) => input.read(free),
                Decoder::Gzip(decoder) => decoder.read(free),
                Decoder::Zstd(decoder) => decoder.read(free),
                Decoder::Between(_) | Decoder::End => Ok(0),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        match read {
            Ok(read) => {
                self.end += read;
                Ok(read > 0)
            }
            Err(error) => Err(self.broken(error)),
        }
    }

    /// Begins the frame that the input has come to. False at the end of the file.
    fn next_frame(&mut self) -> Result<bool, Reason> {
        let Decoder::Between(mut input) = mem::replace(&mut self.decoder, Decoder::End) else {
            return Ok(false);
        };
        let head = input.peek(ZSTD_DICTIONARY.len()).map_err(Reason::Read)?;
        if head.is_empty() {
            return Ok(false);
        }
        if head.starts_with(&ZSTD_DICTIONARY) && input.position == 0 {
            self.dictionary = read_dictionary(&mut input).map_err(Reason::Zstd)?;
        }
        (self.frame, self.consumed, self.is_found) = (input.position, 0, false);
        if self.codec == Codec::Gzip && !input.peek(2).is_ok_and(|head| head == GZIP_MAGIC) {
            // Padding with zeros is no error, as it is none for gzip itself.
            if input.skip_zeros().map_err(Reason::Read)? {
                return Ok(false);
            }
            self.decoder = Decoder::Between(input);
            let problem = "no member begins where the last one ends";
            return Err(self.broken(io::Error::new(io::ErrorKind::InvalidData, problem)));
        }
        self.begin(input)?;
        Ok(true)
    }

    fn begin(&mut self, input: Input) -> Result<(), Reason> {
        self.decoder = match self.codec {
            Codec::Plain => Decoder::Plain(input),
            Codec::Gzip => Decoder::Gzip(Box::new(GzDecoder::new(input))),
            Codec::Zstd => {
                let decoder = zstd::Decoder::with_dictionary(input, &self.dictionary);
                Decoder::Zstd(decoder.map_err(Reason::Zstd)?.single_frame())
            }
        };
        Ok(())
    }

    /// Notes that the frame cannot be read on, and says why.
    fn broken(&mut self, error: io::Error) -> Reason {
        (self.start, self.end) = (0, 0);
        match self.codec {
            Codec::Plain => self.decoder = Decoder::End,
            _ => self.is_broken = true,
        }
        match self.codec {
            Codec::Plain => Reason::Read(error),
            Codec::Gzip => Reason::Gzip(error),
            Codec::Zstd => Reason::Zstd(error),
        }
    }

    /// Searches the file for the frame after a broken one.
    ///
    /// The search begins behind the magic of the broken frame, or, where the file cannot be rewound, where
    /// the decoder gave up. It does so as well if the broken frame was found by a search itself, so that no
    /// file makes it read any part more than twice, but for what a buffer holds: the decoder of zstd gives up
    /// before it takes what it was handed last.
    fn find_frame(&mut self) -> Result<(), Reason> {
        self.is_broken = false;
        let mut input = match mem::replace(&mut self.decoder, Decoder::End) {
            Decoder::Plain(input) | Decoder::Between(input) => input,
            Decoder::Gzip(decoder) => decoder.into_inner(),
            Decoder::Zstd(decoder) => decoder.finish(),
            Decoder::End => return Ok(()),
        };
        if !self.is_found {
            input.rewind_to(self.frame + 1);
        }
        if input.position == self.frame {
            let passed = input.peek(1).map_err(Reason::Read)?.len();
            input.consume(passed);
        }
        if input.find(self.codec.magic()).map_err(Reason::Read)? {
            (self.frame, self.consumed, self.is_found) = (input.position, 0, true);
            self.begin(input)?;
        }
        Ok(())
    }
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.fill()?.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Stream {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        Ok(self.fill()?)
    }

    fn consume(&mut self, count: usize) {
        Stream::consume(self, count);
    }
}

/// The dictionary in the skippable frame at the start, which may be compressed itself.
fn read_dictionary(input: &mut Input) -> io::Result<Vec<u8>> {
    let (mut magic, mut size) = ([0; 4], [0; 4]);
    input.read_exact(&mut magic)?;
    input.read_exact(&mut size)?;
    let size = u32::from_le_bytes(size) as usize;
    if size > MAX_DICTIONARY {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the dictionary is too large"));
    }
    let mut dictionary = vec![0; size];
    input.read_exact(&mut dictionary)?;
    if dictionary.starts_with(&ZSTD_FRAME) {
        let reader = zstd::Decoder::with_buffer(&dictionary[..])?;
        let mut unpacked = Vec::new();
        reader.take(MAX_DICTIONARY as u64).read_to_end(&mut unpacked)?;
        return Ok(unpacked);
    }
    Ok(dictionary)
}

enum Source {
    File(File),
    Pipe(Box<dyn Read + Send>),
}

/// The bytes of a file as they are, and where in it the next one is.
struct Input {
    source: Source,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    position: u64,
    counter: Counter,
}

impl Input {
    fn new(source: Source, counter: Counter) -> Input {
        Input { source, buffer: vec![0; BUFFER], start: 0, end: 0, position: 0, counter }
    }

    /// The next `count` bytes, fewer at the end.
    fn peek(&mut self, count: usize) -> io::Result<&[u8]> {
        if self.start + count > BUFFER {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        while self.end - self.start < count && self.read_more()? {}
        let end = self.end.min(self.start + count);
        Ok(&self.buffer[self.start..end])
    }

    fn read_more(&mut self) -> io::Result<bool> {
        let free = &mut self.buffer[self.end..];
        let read = loop {
            let read = match &mut self.source {
                Source::File(file) => file.read(free),
                Source::Pipe(pipe) => pipe.read(free),
            };
            match read {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other?,
            }
        };
        self.end += read;
        self.counter.add(read as u64);
        Ok(read > 0)
    }

    /// Goes back to `position`, if this is a file.
    fn rewind_to(&mut self, position: u64) {
        if let Source::File(file) = &mut self.source
            && file.seek(SeekFrom::Start(position)).is_ok()
        {
            (self.start, self.end, self.position) = (0, 0, position);
        }
    }

    /// Goes on to where `magic` is. False at the end.
    fn find(&mut self, magic: &[u8]) -> io::Result<bool> {
        loop {
            let bytes = self.peek(BUFFER)?;
            if let Some(at) = memmem::find(bytes, magic) {
                self.consume(at);
                return Ok(true);
            }
            let all = bytes.len();
            if all < magic.len() || all < BUFFER {
                self.consume(all);
                return Ok(false);
            }
            self.consume(all - (magic.len() - 1));
        }
    }

    /// Takes zeros. Whether there was nothing else up to the end.
    fn skip_zeros(&mut self) -> io::Result<bool> {
        loop {
            let bytes = self.fill_buf()?;
            let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
            let is_end = bytes.is_empty();
            if zeros < bytes.len() || is_end {
                self.consume(zeros);
                return Ok(is_end);
            }
            self.consume(zeros);
        }
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut bytes = self.fill_buf()?;
        let read = bytes.read(into)?;
        self.consume(read);
        Ok(read)
    }
}

impl BufRead for Input {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.read_more()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, count: usize) {
        self.start += count;
        self.position += count as u64;
    }
}
