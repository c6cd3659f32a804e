//! Where pages come from: files, directories, standard input, records of WARC, and rows of JSON Lines and
//! Parquet.
//!
//! [`Pages`] yields every page of the inputs, one at a time and in a fixed order, as cheaply as it can: a page
//! of a file of its own is no more than its path, a row its undivided line, a response its undecoded body.
//! Reading, decompressing, parsing and decoding are left to [`Page::load`], which any thread may call. Nothing
//! here looks into the HTML.
//!
//! Gzip and zstd are told by their first bytes, never by a name alone, so that a page saved with its
//! `Content-Encoding: gzip` is read as well. No page and no row takes more memory than [`Limits`] allow;
//! but Parquet is decoded by the pages of its columns, which are as large as their writer chose.

mod bytes;
mod http;
mod jsonl;
mod pages;
mod parquet;
mod warc;

use std::{collections::BTreeMap, fmt, io, path::PathBuf, str::FromStr, sync::Arc};

use serde::{Serialize, Serializer, ser::SerializeStruct};

pub use self::bytes::{Counter, open as open_file, read as read_file};
pub use self::pages::{InputError, Pages, total_bytes};
use crate::batch::PageBatch;
use crate::dom;
use crate::encoding;
use crate::extra::Extra;
use crate::sites;

/// What the text of a page is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Kind {
    /// HTML or XHTML.
    Html,
    /// Plain text.
    Text,
}

/// How a file holds pages.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// One page of HTML.
    Html,
    /// One page of plain text.
    Text,
    /// One page in each line: an object with the fields of [`Columns`].
    Jsonl,
    /// One page in each response record with HTML.
    Warc,
    /// One page in each row, in the columns of [`Columns`].
    Parquet,
}

/// The names of the columns of Parquet, and of the fields of JSON Lines, that make a page. All others are
/// passed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
    /// The page as HTML.
    pub html: String,
    /// The page as plain text; counts where there is no HTML.
    pub text: String,
    /// The address that it was fetched from.
    pub url: String,
    /// What it is called.
    pub id: String,
}

impl Default for Columns {
    fn default() -> Self {
        let [html, text, url, id] = ["html", "text", "url", "id"].map(String::from);
        Self { html, text, url, id }
    }
}

impl Columns {
    /// Whether `name` is one of them.
    pub fn has(&self, name: &str) -> bool {
        [&self.html, &self.text, &self.url, &self.id].into_iter().any(|own| own == name)
    }
}

/// One of several parts of a crawl: of every `of` pages in a row, the `part`th, from 1.
///
/// Which page belongs to which part depends on nothing but its place in the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    part: u64,
    of: u64,
}

impl Default for Shard {
    fn default() -> Self {
        Self { part: 1, of: 1 }
    }
}

impl Shard {
    /// Whether the page in this place, from 0, belongs to the part.
    fn has(self, place: u64) -> bool {
        place % self.of == self.part - 1
    }
}

impl FromStr for Shard {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text
            .split_once('/')
            .and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((part, of)) if (1..=of).contains(&part) => Ok(Self { part, of }),
            _ => Err("a shard is I/N, with I from 1 to N"),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.part, self.of)
    }
}

/// What was passed over since it is no page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Files in directories.
    pub files: u64,
    /// Records of WARC, by kind: their type, or what a response holds if it is not HTML.
    pub records: BTreeMap<String, u64>,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} files skipped", self.files)?;
        let mut before = "; records skipped: ";
        for (kind, count) in &self.records {
            write!(f, "{before}{count} {kind}")?;
            before = ", ";
        }
        Ok(())
    }
}

/// How much a page may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes in a page, or in a row of JSON Lines, after decompression.
    pub max_page_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_page_bytes: 64 << 20 }
    }
}

/// A page that is not loaded yet.
#[derive(Debug)]
pub struct Page {
    id: String,
    payload: Payload,
}

#[derive(Debug)]
enum Payload {
    File(PathBuf, Kind),
    Bytes(Vec<u8>, Kind),
    Line(Vec<u8>, Arc<Columns>),
    Row(Arc<PageBatch>, usize),
    Response(Box<warc::Response>),
}

/// A page as text.
#[derive(Debug)]
pub struct Loaded {
    /// The path relative to the input, with `/` between its parts; or the id of its row or record, or else
    /// `FILE:LINE`, `FILE:ROW` or `FILE:OFFSET`.
    pub id: String,
    /// The address that it was fetched from, if known.
    pub url: Option<String>,
    /// What `text` is.
    pub kind: Kind,
    /// The decoded page.
    pub text: String,
    /// What is passed through.
    pub extra: Extra,
}

impl Page {
    /// The name of the page before it is loaded: as in [`Loaded`], but always `FILE:LINE`, `FILE:ROW` or
    /// `FILE:OFFSET` for a row or record.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads, decompresses and decodes the page.
    ///
    /// # Errors
    ///
    /// If it cannot be read or decompressed to its end, is larger than allowed, or is not a row with a page.
    pub fn load(self, limits: &Limits) -> Result<Loaded, PageError> {
        let Self { id, payload } = self;
        let decoded = match payload {
            Payload::Line(line, columns) => return jsonl::load(id, &line, &columns),
            Payload::Row(batch, row) => return batch.load(row, id, limits),
            Payload::Response(response) => return response.load(id, limits),
            Payload::File(path, kind) => bytes::read(&path, limits).map(|bytes| (bytes, kind)),
            Payload::Bytes(bytes, kind) => Ok((bytes, kind)),
        };
        match decoded {
            Ok((bytes, kind)) => {
                let (text, _) = match kind {
                    Kind::Html => encoding::decode_html(bytes, None),
                    Kind::Text => encoding::decode_text(bytes, None),
                };
                let text = text.into_owned();
                Ok(Loaded { id, url: None, kind, text, extra: Extra::None })
            }
            Err(reason) => Err(PageError { id, reason }),
        }
    }
}

/// A page that could not be had, and why. As JSON: `{"id": …, "error": …}`.
#[derive(Debug, thiserror::Error)]
#[error("{id}: {reason}")]
pub struct PageError {
    /// The id of the page as in [`Loaded`], as far as known.
    pub id: String,
    /// Why.
    pub reason: Reason,
}

/// Why a page could not be had.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// The file system, or the pipe, failed.
    #[error("cannot be read: {0}")]
    Read(io::Error),
    /// The gzip data are damaged or cut off.
    #[error("broken gzip: {0}")]
    Gzip(io::Error),
    /// The zstd data are damaged or cut off.
    #[error("broken zstd: {0}")]
    Zstd(io::Error),
    /// The page is larger than [`Limits::max_page_bytes`].
    #[error("larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The document of the page is larger than [`dom::Limits`] allow.
    #[error(transparent)]
    Document(#[from] dom::TooLarge),
    /// The store of sites cannot be read.
    #[error("the store of sites cannot be read: {0}")]
    Sites(#[from] sites::store::Error),
    /// The line is not JSON, or its fields have the wrong types.
    #[error("broken row: {problem}, in column {column}")]
    Row {
        /// What is wrong.
        problem: String,
        /// The byte in the line, from 1.
        column: usize,
    },
    /// The row has an id but no page.
    #[error("neither HTML nor text in {place}")]
    NoContent {
        /// `FILE:LINE` or `FILE:ROW`.
        place: String,
    },
    /// No record of WARC begins where one should, or it breaks off.
    #[error("broken record: {0}")]
    Record(&'static str),
    /// The body of a response is not what its `Content-Encoding` says.
    #[error("broken {encoding} content: {error}")]
    ContentEncoding {
        /// The encoding.
        encoding: String,
        /// Why.
        error: io::Error,
    },
    /// The file of Parquet, or one of its row groups, is damaged, or has no pages.
    #[error("broken Parquet: {0}")]
    Parquet(String),
    /// A symbolic link leads back to a directory that it lies in.
    #[error("symbolic link to a directory around it")]
    LinkLoop,
}

impl From<Reason> for io::Error {
    fn from(reason: Reason) -> io::Error {
        match reason {
            Reason::Read(error) => error,
            other => io::Error::other(other),
        }
    }
}

impl Serialize for PageError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("PageError", 2)?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("error", &self.reason.to_string())?;
        object.end()
    }
}
