//! Where records go: standard output, or a file that appears whole or not at all.
//!
//! [`Output`] is the byte stream; [`JsonLines`] and [`Text`] write records to any such stream. What a
//! record holds, and formats of tables, are not decided here.

use std::{
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, Stdout, Write},
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;
use tempfile::{NamedTempFile, TempPath};

const BUFFER: usize = 64 << 10;

/// A buffered stream of bytes to standard output or to a file.
///
/// A file is written under a temporary name beside its place (`.NAME.tmp-` and six random characters) and
/// takes its name in [`finish`](Output::finish); dropped before that, it is removed and whatever had the
/// name stays. Places that are not regular files (a device, a named pipe) are written to directly. A name
/// that ends in `.gz` is compressed with gzip.
#[derive(Debug)]
pub struct Output {
    stream: Stream,
    place: Option<Place>,
}

#[derive(Debug)]
enum Stream {
    Stdout(BufWriter<Stdout>),
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
}

/// A file's temporary name and its final one.
#[derive(Debug)]
struct Place {
    temporary: TempPath,
    target: PathBuf,
}

impl Output {
    /// Standard output; on a terminal each line is shown as it is written.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let buffer = if stdout.is_terminal() { 0 } else { BUFFER };
        Self { stream: Stream::Stdout(BufWriter::with_capacity(buffer, stdout)), place: None }
    }

    /// A file at `path`, which is replaced if it exists (with its permissions kept); a symbolic link is
    /// followed.
    ///
    /// # Errors
    ///
    /// If no file can be made in the directory of `path`, or `path` is a directory.
    pub fn file(path: &Path) -> io::Result<Self> {
        let (file, place) = match fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.is_file() => {
                temporary(fs::canonicalize(path)?, Some(found.permissions()))?
            }
            Ok(_) => (File::options().write(true).open(path)?, None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                temporary(path.to_owned(), None)?
            }
            Err(error) => return Err(error),
        };
        let file = BufWriter::with_capacity(BUFFER, file);
        let gzip = path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case("gz"));
        let stream = if gzip {
            Stream::Gzip(Box::new(GzEncoder::new(file, Compression::default())))
        } else {
            Stream::Plain(file)
        };
        Ok(Self { stream, place })
    }

    /// Writes out what is buffered; a file reaches the disk and takes its name.
    ///
    /// # Errors
    ///
    /// If writing fails; then the file does not appear.
    pub fn finish(self) -> io::Result<()> {
        let file = match self.stream {
            Stream::Stdout(mut stdout) => return stdout.flush(),
            Stream::Plain(file) => file,
            Stream::Gzip(encoder) => encoder.finish()?,
        };
        let file = file.into_inner()?;
        if let Some(Place { temporary, target }) = self.place {
            file.sync_all()?;
            drop(file);
            temporary.persist(target)?;
        }
        Ok(())
    }
}

/// Makes the temporary file for `target`, with the permissions given or those of any new file.
fn temporary(
    target: PathBuf,
    permissions: Option<fs::Permissions>,
) -> io::Result<(File, Option<Place>)> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    let directory = match target.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    let prefix = format!(".{name}.tmp-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the user's umask, as for `File::create`.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file: NamedTempFile = builder.tempfile_in(directory)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    let (file, temporary) = file.into_parts();
    Ok((file, Some(Place { temporary, target })))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Stdout(stdout) => stdout.write(bytes),
            Stream::Plain(file) => file.write(bytes),
            Stream::Gzip(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Stdout(stdout) => stdout.flush(),
            Stream::Plain(file) => file.flush(),
            Stream::Gzip(encoder) => encoder.flush(),
        }
    }
}

/// Writes records as JSON Lines: one object a line.
#[derive(Debug)]
pub struct JsonLines<W>(pub W);

impl<W: Write> JsonLines<W> {
    /// Writes one record.
    ///
    /// # Errors
    ///
    /// Of the stream, or if `record` has no form in JSON.
    pub fn write(&mut self, record: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.0, record)?;
        self.0.write_all(b"\n")
    }
}

/// Writes the bare text of records.
///
/// Texts have empty lines inside, so a line with a form feed (U+000C) stands between two of them, the page
/// separator of `pdftotext`.
#[derive(Debug)]
pub struct Text<W> {
    stream: W,
    first: bool,
}

impl<W: Write> Text<W> {
    /// Starts with no text written.
    pub fn new(stream: W) -> Self {
        Self { stream, first: true }
    }

    /// Writes one text, with a line feed at its end if it has none.
    ///
    /// # Errors
    ///
    /// Of the stream.
    pub fn write(&mut self, text: &str) -> io::Result<()> {
        if !self.first {
            self.stream.write_all(b"\x0c\n")?;
        }
        self.first = false;
        self.stream.write_all(text.as_bytes())?;
        if !text.is_empty() && !text.ends_with('\n') {
            self.stream.write_all(b"\n")?;
        }
        Ok(())
    }

    /// The stream, to finish it.
    pub fn into_inner(self) -> W {
        self.stream
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;
    use tempfile::tempdir;

    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let names = fs::read_dir(directory).unwrap();
        names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("out.jsonl");
        fs::write(&path, "before").unwrap();

        let mut broken_off = Output::file(&path).unwrap();
        broken_off.write_all(&[b'x'; 2 * BUFFER]).unwrap();
        assert_eq!(names(directory.path()).len(), 2);
        drop(broken_off);
        assert_eq!(names(directory.path()), ["out.jsonl"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");

        let mut out = JsonLines(Output::file(&path).unwrap());
        out.write(&("a\n", 1)).unwrap();
        out.write(&("é", 2)).unwrap();
        out.0.finish().unwrap();
        assert_eq!(names(directory.path()), ["out.jsonl"]);
        assert_eq!(fs::read_to_string(&path).unwrap(), "[\"a\\n\",1]\n[\"é\",2]\n");
    }

    #[test]
    fn a_name_in_gz_is_compressed() {
        let directory = tempdir().unwrap();
        let path = directory.path().join("out.txt.gz");
        let mut out = Text::new(Output::file(&path).unwrap());
        out.write("one\n\ntwo").unwrap();
        out.write("three\n").unwrap();
        out.into_inner().finish().unwrap();
        let mut text = String::new();
        GzDecoder::new(File::open(&path).unwrap()).read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\n\ntwo\n\x0c\nthree\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_device_is_written_to_and_not_replaced() {
        use std::os::unix::fs::FileTypeExt;
        let mut out = Output::file(Path::new("/dev/null")).unwrap();
        out.write_all(b"gone").unwrap();
        out.finish().unwrap();
        let file_type = fs::metadata("/dev/null").unwrap().file_type();
        assert!(file_type.is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn permissions_are_those_of_any_other_file_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let directory = tempdir().unwrap();
        let [file, link, plain] = ["file", "link", "plain"].map(|n| directory.path().join(n));
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        Output::file(&file).unwrap().finish().unwrap();
        File::create(&plain).unwrap();
        assert_eq!(mode(&file), mode(&plain));

        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        Output::file(&link).unwrap().finish().unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(mode(&file) & 0o777, 0o640);
    }
}
