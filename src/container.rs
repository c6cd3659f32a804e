//! The file format of models and training tables: a readable header, then a compressed body.
//!
//! ```text
//! dehusk model 1\n        kind and format version
//! {"schema": …}\n         the header, one line of JSON
//! …                       the body: postcard, compressed with zstd
//! ```
//!
//! `head -2` shows what a file is. The same value always gives the same bytes.

use std::hash::Hasher;
use std::io::{self, BufRead, Read, Write};

use rustc_hash::FxHasher;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;
/// A body is not decompressed beyond this: a broken or hostile file cannot fill the memory.
const MAX_BODY: u64 = 4 << 30;
/// A header is not read beyond this.
const MAX_HEADER: u64 = 1 << 20;

/// Why a file could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is no file of this kind.
    #[error("not a dehusk {0} file")]
    Kind(&'static str),
    /// It is of another version.
    #[error(
        "made for version {found} of the format, and this dehusk reads version {VERSION}: make it anew with `dehusk train`"
    )]
    Version {
        /// The file's version.
        found: String,
    },
    /// Its header is broken.
    #[error("broken header: {0}")]
    Header(serde_json::Error),
    /// Its body is broken.
    #[error("broken body: {0}")]
    Body(postcard::Error),
    /// What it holds does not hang together.
    #[error("{0}")]
    Content(String),
}

/// Writes a file of the kind.
///
/// # Errors
/// Of the stream.
pub fn write(
    out: &mut impl Write,
    kind: &str,
    header: &impl Serialize,
    body: &impl Serialize,
) -> io::Result<()> {
    writeln!(out, "dehusk {kind} {VERSION}")?;
    serde_json::to_writer(&mut *out, header)?;
    out.write_all(b"\n")?;
    let body = postcard::to_stdvec(body).map_err(io::Error::other)?;
    let mut encoder = zstd::Encoder::new(out, 19)?;
    encoder.long_distance_matching(true)?;
    encoder.write_all(&body)?;
    encoder.finish()?.flush()
}

/// Reads a file of the kind: header and body.
///
/// # Errors
/// If it is another kind of file, of another version, or broken.
pub fn read<H: DeserializeOwned, B: DeserializeOwned>(
    file: impl BufRead,
    kind: &'static str,
) -> Result<(H, B), Error> {
    let mut file = file;
    let header = read_header(&mut file, kind)?;
    let mut body = Vec::new();
    zstd::Decoder::with_buffer(file)?.take(MAX_BODY).read_to_end(&mut body)?;
    Ok((header, postcard::from_bytes(&body).map_err(Error::Body)?))
}

/// Reads the header of a file of the kind, and tells its body by a hash without unpacking it.
///
/// # Errors
/// As for [`read`], but for what is wrong with the body.
pub fn tell<H: DeserializeOwned>(
    file: impl BufRead,
    kind: &'static str,
) -> Result<(H, u64), Error> {
    let mut file = file;
    let header = read_header(&mut file, kind)?;
    let mut body = Vec::new();
    file.take(MAX_BODY).read_to_end(&mut body)?;
    let mut hash = FxHasher::default();
    hash.write(&body);
    Ok((header, hash.finish()))
}

fn read_header<H: DeserializeOwned>(
    file: &mut impl BufRead,
    kind: &'static str,
) -> Result<H, Error> {
    let first = line(file)?;
    let version = first
        .strip_prefix("dehusk ")
        .and_then(|rest| rest.strip_prefix(kind))
        .ok_or(Error::Kind(kind))?;
    if version.trim() != VERSION.to_string() {
        return Err(Error::Version { found: version.trim().to_owned() });
    }
    serde_json::from_str(&line(file)?).map_err(Error::Header)
}

fn line(file: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    file.take(MAX_HEADER).read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out, "table", &"header", &vec![1u32, 2, 3]).unwrap();
        out
    }

    #[test]
    fn what_is_written_is_read() {
        let (header, body): (String, Vec<u32>) = read(&file()[..], "table").unwrap();
        assert_eq!((header.as_str(), body), ("header", vec![1, 2, 3]));
    }

    #[test]
    fn a_file_is_told_from_others_with_its_header() {
        let (header, hash): (String, u64) = tell(&file()[..], "table").unwrap();
        assert_eq!(
            (header.as_str(), tell(&file()[..], "table").unwrap()),
            ("header", (header.clone(), hash))
        );
        let mut other = file();
        *other.last_mut().unwrap() ^= 1;
        assert_ne!(tell(&other[..], "table").unwrap(), (header, hash));
        assert!(tell::<String>(&file()[..], "model").is_err());
    }

    #[test]
    fn other_files_are_refused_with_the_reason() {
        let reason =
            |bytes: &[u8]| read::<String, Vec<u32>>(bytes, "table").unwrap_err().to_string();
        assert_eq!(reason(b"<html>"), "not a dehusk table file");
        assert!(reason(b"dehusk table 9\n").contains("dehusk train"));
        for end in 0..file().len() {
            reason(&file()[..end]);
        }
    }
}
