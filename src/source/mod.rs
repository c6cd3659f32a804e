//! Where pages come from: files, directories, standard input, and rows of JSON Lines.
//!
//! [`Pages`] yields every page of the inputs, one at a time and in a fixed order, as cheaply as it can: a page
//! of a file of its own is no more than its path, a row its undivided line. Reading, unzipping, parsing and
//! decoding are left to [`Page::load`], which any thread may call. Nothing here looks into the HTML.
//!
//! Gzip is told by its first bytes, never by a name alone, so that a page saved with its
//! `Content-Encoding: gzip` is read as well. No page and no row takes more memory than [`Limits`] allow.

mod bytes;
mod jsonl;
mod pages;

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Serialize, Serializer, ser::SerializeStruct};

pub use self::pages::{InputError, Pages};
use crate::encoding;

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
    /// One page in each line: an object with `html` or `text`, and `url` and `id` if known.
    Jsonl,
}

/// How much a page may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Bytes in a page, or in a row of JSON Lines, after unzipping.
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
    Row(Vec<u8>),
}

/// A page as text.
#[derive(Debug, Eq, PartialEq)]
pub struct Loaded {
    /// The path relative to the input, with `/` between its parts; or the row's own id, or else `FILE:LINE`.
    pub id: String,
    /// The address that it was fetched from, if known.
    pub url: Option<String>,
    /// What `text` is.
    pub kind: Kind,
    /// The decoded page.
    pub text: String,
}

impl Page {
    /// The page in the file at `path`.
    pub fn file(id: String, path: &Path, kind: Kind) -> Self {
        Self { id, payload: Payload::File(path.to_owned(), kind) }
    }

    /// The name of the page before it is loaded: as in [`Loaded`], but always `FILE:LINE` for a row.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Reads, unzips and decodes the page.
    ///
    /// # Errors
    ///
    /// If it cannot be read or unzipped to its end, is larger than allowed, or is not a row with a page.
    pub fn load(self, limits: &Limits) -> Result<Loaded, PageError> {
        let Self { id, payload } = self;
        let decoded = match payload {
            Payload::Row(line) => return jsonl::load(id, &line),
            Payload::File(path, kind) => bytes::read(&path, limits).map(|bytes| (bytes, kind)),
            Payload::Bytes(bytes, kind) => Ok((bytes, kind)),
        };
        match decoded {
            Ok((bytes, kind)) => {
                let (text, _) = match kind {
                    Kind::Html => encoding::decode_html(bytes, None),
                    Kind::Text => encoding::decode_text(bytes, None),
                };
                Ok(Loaded { id, url: None, kind, text: text.into_owned() })
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
    /// The page is larger than [`Limits::max_page_bytes`].
    #[error("larger than the limit of {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The line is not JSON, or its fields have the wrong types.
    #[error("broken row: {problem}, in column {column}")]
    Row {
        /// What is wrong.
        problem: String,
        /// The byte in the line, from 1.
        column: usize,
    },
    /// The row has an id but no page.
    #[error("neither `html` nor `text` in {place}")]
    NoContent {
        /// `FILE:LINE`.
        place: String,
    },
    /// A symbolic link leads back to a directory that it lies in.
    #[error("symbolic link to a directory around it")]
    LinkLoop,
}

impl Serialize for PageError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut object = serializer.serialize_struct("PageError", 2)?;
        object.serialize_field("id", &self.id)?;
        object.serialize_field("error", &self.reason.to_string())?;
        object.end()
    }
}
