//! Where records go: standard output, or a file that appears whole or not at all.
//!
//! [`Output`] is the byte stream; [`JsonLines`] and [`Text`] write records to any such stream, and
//! [`parquet::Parquet`] to an `Output`. A [`journal::Journal`] notes up to where an output is safe, so that a
//! run can go on where another one ended. What a record holds is not decided here.

pub mod journal;
pub mod parquet;

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufWriter, IsTerminal, Seek, SeekFrom, Stdout, Write},
    mem,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use flate2::{Compression, write::GzEncoder};
use serde::Serialize;

const BUFFER: usize = 64 << 10;
/// Of zstd, whose own default it is.
const LEVEL: i32 = 3;

/// A buffered stream of bytes to standard output or to a file.
///
/// A file is written under another name beside its place and takes its name when it is finished. Dropped
/// before that it is removed, and whatever had the name stays. [`file`](Output::file) uses a hidden temporary
/// name (`.NAME.tmp-` and six random characters), [`resumable`](Output::resumable) `NAME.partial`. Places that
/// are not regular files (a device, a named pipe) are written to directly. A name that ends in `.gz` or `.zst`
/// is compressed.
pub struct Output {
    stream: Stream,
    codec: Codec,
    place: Option<Place>,
    /// Bytes since the last cut, before compression.
    uncut: u64,
}

enum Stream {
    Stdout(BufWriter<Stdout>),
    /// Not compressed, or between two frames.
    Plain(BufWriter<File>),
    Gzip(BufWriter<GzEncoder<File>>),
    Zstd(BufWriter<zstd::Encoder<'static, File>>),
    /// After an error.
    Broken,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Codec {
    None,
    Gzip,
    Zstd,
}

impl Codec {
    fn by_name(path: &Path) -> Codec {
        match path.extension() {
            Some(gz) if gz.eq_ignore_ascii_case("gz") => Codec::Gzip,
            Some(zst) if zst.eq_ignore_ascii_case("zst") => Codec::Zstd,
            _ => Codec::None,
        }
    }
}

/// A file's name while it is written, and its final one.
struct Place {
    unfinished: Unfinished,
    target: PathBuf,
}

impl Output {
    /// Standard output; on a terminal each line is shown as it is written.
    pub fn stdout() -> Self {
        let stdout = io::stdout();
        let buffer = if stdout.is_terminal() { 0 } else { BUFFER };
        let stream = Stream::Stdout(BufWriter::with_capacity(buffer, stdout));
        Self { stream, codec: Codec::None, place: None, uncut: 0 }
    }

    /// A file at `path`, which is replaced if it exists (with its permissions kept); a symbolic link is
    /// followed.
    ///
    /// # Errors
    ///
    /// If no file can be made in the directory of `path`, or `path` is a directory.
    pub fn file(path: &Path) -> io::Result<Self> {
        let (file, place) = match Target::of(path)? {
            Target::Special => (File::options().write(true).open(path)?, None),
            Target::File { target, permissions } => {
                let (file, unfinished) =
                    Unfinished::make(Keep::default(), || temporary(&target, permissions))?;
                (file, Some(Place { unfinished, target }))
            }
        };
        Ok(Self::of(file, Codec::by_name(path), place))
    }

    /// A file at `path` as [`file`](Output::file) makes it, under the name `NAME.partial`, where it stays if
    /// it is dropped when `keep` says so. What stands there already counts up to `from` bytes.
    ///
    /// # Errors
    ///
    /// As for [`file`](Output::file); or if fewer than `from` bytes stand there.
    pub fn resumable(path: &Path, from: u64, keep: Keep) -> io::Result<Self> {
        let Target::File { target, permissions } = Target::of(path)? else {
            return Self::file(path);
        };
        let (mut file, unfinished) = Unfinished::make(keep, || open(partial(&target)))?;
        if file.metadata()?.len() < from {
            let problem = format!("it has fewer than the {from} bytes that its state says");
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        file.set_len(from)?;
        file.seek(SeekFrom::Start(from))?;
        if let Some(permissions) = permissions {
            file.set_permissions(permissions)?;
        }
        sync_directory(&target)?;
        Ok(Self::of(file, Codec::by_name(path), Some(Place { unfinished, target })))
    }

    fn of(file: File, codec: Codec, place: Option<Place>) -> Self {
        let stream = Stream::Plain(BufWriter::with_capacity(BUFFER, file));
        Self { stream, codec, place, uncut: 0 }
    }

    /// The name that a regular file has until it is finished.
    pub fn unfinished_path(&self) -> Option<&Path> {
        self.place.as_ref().map(|place| place.unfinished.path.as_path())
    }

    /// Bytes written since the last [`cut`](Output::cut), before compression.
    pub fn uncut(&self) -> u64 {
        self.uncut
    }

    /// Writes out all that was written so far, and ends a member of gzip or a frame of zstd there, if anything
    /// was written since the last time. A file reaches the disk. Returns how many bytes it has, 0 where it is
    /// no regular file.
    ///
    /// # Errors
    ///
    /// Of the stream.
    pub fn cut(&mut self) -> io::Result<u64> {
        self.uncut = 0;
        self.end_frame()?;
        match &mut self.stream {
            Stream::Plain(file) => {
                file.flush()?;
                if self.place.is_none() {
                    return Ok(0);
                }
                file.get_ref().sync_data()?;
                Ok(file.get_ref().metadata()?.len())
            }
            stream => stream.flush().map(|()| 0),
        }
    }

    /// Writes out what is buffered; a file reaches the disk and takes its name.
    ///
    /// # Errors
    ///
    /// If writing fails; then the file does not appear.
    pub fn finish(self) -> io::Result<()> {
        self.close()?.publish()
    }

    /// The first half of [`finish`](Output::finish): the file reaches the disk.
    ///
    /// # Errors
    ///
    /// If writing fails.
    pub fn close(mut self) -> io::Result<Closed> {
        // No bytes are no file of gzip or zstd.
        if let Stream::Plain(file) = &mut self.stream
            && self.place.is_some()
            && file.buffer().is_empty()
            && file.get_ref().metadata()?.len() == 0
        {
            self.begin_frame()?;
        }
        self.cut()?;
        Ok(Closed(self.place.take()))
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        if !matches!(self.stream, Stream::Plain(_)) || self.codec == Codec::None {
            return Ok(());
        }
        if let Stream::Plain(file) = mem::replace(&mut self.stream, Stream::Broken) {
            let file = file.into_inner().map_err(|e| e.into_error())?;
            self.stream = match self.codec {
                Codec::Gzip => {
                    Stream::Gzip(BufWriter::new(GzEncoder::new(file, Compression::default())))
                }
                _ => Stream::Zstd(BufWriter::new(zstd::Encoder::new(file, LEVEL)?)),
            };
        }
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        let file = match mem::replace(&mut self.stream, Stream::Broken) {
            Stream::Gzip(gzip) => gzip.into_inner().map_err(|e| e.into_error())?.finish()?,
            Stream::Zstd(zstd) => zstd.into_inner().map_err(|e| e.into_error())?.finish()?,
            other => {
                self.stream = other;
                return Ok(());
            }
        };
        self.stream = Stream::Plain(BufWriter::with_capacity(BUFFER, file));
        Ok(())
    }
}

impl Write for Stream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Stdout(stdout) => stdout.write(bytes),
            Stream::Plain(file) => file.write(bytes),
            Stream::Gzip(gzip) => gzip.write(bytes),
            Stream::Zstd(zstd) => zstd.write(bytes),
            Stream::Broken => Err(io::Error::other("an earlier write failed")),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Stream::Stdout(stdout) => stdout.flush(),
            Stream::Plain(file) => file.flush(),
            Stream::Gzip(gzip) => gzip.flush(),
            Stream::Zstd(zstd) => zstd.flush(),
            Stream::Broken => Ok(()),
        }
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.begin_frame()?;
        let written = self.stream.write(bytes)?;
        self.uncut += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// A file that has reached the disk, but not its name.
#[must_use]
pub struct Closed(Option<Place>);

impl Closed {
    /// What a run that was closed, and then ended before it could publish, left for `path`.
    ///
    /// # Errors
    ///
    /// If the place cannot be looked at.
    pub fn left_for(path: &Path) -> io::Result<Closed> {
        let Target::File { target, .. } = Target::of(path)? else {
            return Ok(Closed(None));
        };
        let path = partial(&target);
        if !path.try_exists()? {
            return Ok(Closed(None));
        }
        let (_, unfinished) = Unfinished::make(Keep::new(true), || open(path))?;
        Ok(Closed(Some(Place { unfinished, target })))
    }

    /// Gives the file its name, and lets that reach the disk.
    ///
    /// # Errors
    ///
    /// If the file cannot be renamed.
    pub fn publish(self) -> io::Result<()> {
        let Some(Place { unfinished, target }) = self.0 else {
            return Ok(());
        };
        fs::rename(&unfinished.path, &target)?;
        sync_directory(&target)
    }
}

/// The name that a resumable file for `target` has until it is whole: `TARGET.partial`.
fn partial(target: &Path) -> PathBuf {
    with_suffix(target, ".partial")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}

/// Whether the files of a run stay when it ends early, since another run can go on with them. Clones change
/// together.
#[derive(Clone, Debug, Default)]
pub struct Keep(Arc<AtomicBool>);

impl Keep {
    fn new(keep: bool) -> Keep {
        Keep(Arc::new(keep.into()))
    }

    fn set(&self, keep: bool) {
        self.0.store(keep, Ordering::SeqCst);
    }

    fn get(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// A file that is not finished: removed when this is dropped, unless it is to be kept.
#[derive(Debug)]
struct Unfinished {
    path: PathBuf,
    keep: Keep,
}

/// Those of this process.
static UNFINISHED: Mutex<Vec<(PathBuf, Keep)>> = Mutex::new(Vec::new());

fn all_unfinished() -> MutexGuard<'static, Vec<(PathBuf, Keep)>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Unfinished {
    /// Makes a file. At no time it is there and not known to [`remove_unfinished`].
    fn make(
        keep: Keep,
        make: impl FnOnce() -> io::Result<(File, PathBuf)>,
    ) -> io::Result<(File, Unfinished)> {
        let mut all = all_unfinished();
        let (file, path) = make()?;
        all.push((path.clone(), keep.clone()));
        Ok((file, Unfinished { path, keep }))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.keep.get() {
            // It may have got its name; and what cannot be removed does no harm.
            let _ = fs::remove_file(&self.path);
        }
        all_unfinished().retain(|(path, _)| *path != self.path);
    }
}

/// Removes the files of this process that are not finished, for use right before it is ended from outside: no
/// other can be made after that. Whether some stay, since another run can go on with them.
pub fn remove_unfinished() -> bool {
    let all = all_unfinished();
    for (path, _) in all.iter().filter(|(_, keep)| !keep.get()) {
        // What cannot be removed does no harm.
        let _ = fs::remove_file(path);
    }
    let is_any_kept = all.iter().any(|(_, keep)| keep.get());
    mem::forget(all);
    is_any_kept
}

/// Opens a file to go on with, a new one if there is none.
fn open(path: PathBuf) -> io::Result<(File, PathBuf)> {
    let mut options = File::options();
    let file = options.create(true).truncate(false).read(true).write(true).open(&path)?;
    Ok((file, path))
}

/// What stands at a path.
enum Target {
    /// No regular file and no directory.
    Special,
    /// A file, or nothing yet. Links are resolved.
    File { target: PathBuf, permissions: Option<fs::Permissions> },
}

impl Target {
    fn of(path: &Path) -> io::Result<Target> {
        match fs::metadata(path) {
            Ok(found) if found.is_dir() => Err(io::ErrorKind::IsADirectory.into()),
            Ok(found) if found.is_file() => Ok(Target::File {
                target: fs::canonicalize(path)?,
                permissions: Some(found.permissions()),
            }),
            Ok(_) => Ok(Target::Special),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Ok(Target::File { target: path.to_owned(), permissions: None })
            }
            Err(error) => Err(error),
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    }
}

/// Lets the names in the directory of `path` reach the disk.
fn sync_directory(path: &Path) -> io::Result<()> {
    // Only Unix has a way to do so.
    if cfg!(unix) { File::open(directory_of(path))?.sync_all() } else { Ok(()) }
}

/// Makes the temporary file for `target`, with the permissions given or those of any new file.
fn temporary(target: &Path, permissions: Option<fs::Permissions>) -> io::Result<(File, PathBuf)> {
    let name = target.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
    let prefix = format!(".{name}.tmp-");
    let mut builder = tempfile::Builder::new();
    builder.prefix(&prefix);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // Less the user's umask, as for `File::create`.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let file = builder.tempfile_in(directory_of(target))?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    Ok(file.keep()?)
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
    /// Starts with no text written, unless `stream` goes on with one that has some.
    pub fn new(stream: W, is_begun: bool) -> Self {
        Self { stream, first: !is_begun }
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

    /// The stream.
    pub fn get_mut(&mut self) -> &mut W {
        &mut self.stream
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
        let mut out = Text::new(Output::file(&path).unwrap(), false);
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
