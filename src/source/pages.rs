//! The pages of all inputs in their order.

use std::{ffi::OsStr, fs, io, path::Path, path::PathBuf, sync::Arc, vec};

use walkdir::{DirEntry, FilterEntry, WalkDir};

use super::{
    Columns, Counter, Format, Kind, Limits, Page, PageError, Payload, Reason, Shard, Skipped,
    bytes::Stream, jsonl, parquet, warc,
};

/// The name that pages from standard input get.
const STDIN: &str = "stdin";

/// An input that cannot be read at all.
#[derive(Debug, thiserror::Error)]
#[error("{}: {error}", path.display())]
pub struct InputError {
    /// The input.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

/// The pages of files, directories and standard input, one after the other.
///
/// An input is a file, a directory, which is read with all below it, or `-`, standard input. In a directory
/// the order is that of the names' bytes, the same on every machine; symbolic links are followed; names that
/// begin with a dot, or are those of unfinished outputs (`*.partial`), are passed over. A page that cannot be had is an error in its place, and the next is read.
///
/// With a format given, every file is taken to be in it. Without one the file's extension tells: `.html`,
/// `.htm` and `.xhtml`, `.txt`, `.jsonl` and `.ndjson`, `.warc`, each also with `.gz` or `.zst`, and
/// `.parquet`. In a directory files of other extensions are not pages: they are passed over, and counted. An
/// input of another extension, and standard input, are judged by their first bytes.
///
/// Memory holds the names in one directory at each level, and one row or record, or some megabytes of rows of
/// Parquet.
pub struct Pages {
    inputs: vec::IntoIter<PathBuf>,
    format: Option<Format>,
    columns: Arc<Columns>,
    shard: Shard,
    limits: Limits,
    walk: Option<Walk>,
    within: Option<Within>,
    /// Pages so far, those of other shards as well.
    place: u64,
    skipped: Skipped,
    counter: Counter,
}

/// The pages in one file.
enum Within {
    Jsonl(Box<jsonl::Rows>),
    Parquet(Box<parquet::Rows>),
    Warc(Box<warc::Records>),
}

impl Pages {
    /// The pages of `inputs`, in `format`, or in the format that each file seems to have.
    ///
    /// # Errors
    ///
    /// If one of the inputs does not exist. Nothing is read yet.
    pub fn open(
        inputs: Vec<PathBuf>,
        format: Option<Format>,
        limits: Limits,
    ) -> Result<Self, InputError> {
        for path in inputs.iter().filter(|path| !is_stdin(path)) {
            if let Err(error) = fs::metadata(path) {
                let path = path.clone();
                return Err(InputError { path, error });
            }
        }
        Ok(Self {
            inputs: inputs.into_iter(),
            format,
            columns: Arc::default(),
            shard: Shard::default(),
            limits,
            walk: None,
            within: None,
            place: 0,
            skipped: Skipped::default(),
            counter: Counter::default(),
        })
    }

    /// The columns of rows.
    #[must_use]
    pub fn with_columns(mut self, columns: Columns) -> Self {
        self.columns = Arc::new(columns);
        self
    }

    /// Only the pages of one part.
    #[must_use]
    pub fn with_shard(mut self, shard: Shard) -> Self {
        self.shard = shard;
        self
    }

    /// What was passed over so far since it is no page.
    pub fn skipped(&self) -> &Skipped {
        &self.skipped
    }

    /// How far the inputs are read, for who asks while others read them.
    pub fn counter(&self) -> Counter {
        self.counter.clone()
    }

    /// The next file of the inputs, in the directory being walked if there is one.
    fn next_file(&mut self) -> Option<Result<File, PageError>> {
        loop {
            let Some(walk) = &mut self.walk else {
                let input = self.inputs.next()?;
                if is_stdin(&input) {
                    return Some(Ok(File {
                        id: STDIN.to_owned(),
                        path: None,
                        format: self.format,
                    }));
                }
                if input.is_dir() {
                    self.walk = Some(Walk::new(input));
                    continue;
                }
                let name = input.file_name().unwrap_or(input.as_os_str());
                return Some(Ok(File {
                    id: name.to_string_lossy().into_owned(),
                    format: self.format.or_else(|| by_extension(name)),
                    path: Some(input),
                }));
            };
            match walk.entries.next() {
                None => self.walk = None,
                Some(Ok(entry)) if entry.file_type().is_dir() => {}
                Some(Ok(entry)) => {
                    let format = self.format.or_else(|| by_extension(entry.file_name()));
                    // A device or a named pipe might never end.
                    if format.is_none() || !entry.file_type().is_file() {
                        self.skipped.files += 1;
                        continue;
                    }
                    return Some(Ok(File {
                        id: walk.id(entry.path()),
                        path: Some(entry.into_path()),
                        format,
                    }));
                }
                Some(Err(error)) => {
                    let path = error.path().unwrap_or(&walk.root);
                    let name = path.file_name().unwrap_or_default();
                    if error.depth() > 0 && is_hidden(name) {
                        continue;
                    }
                    let is_loop = error.loop_ancestor().is_some();
                    let broken_link = path.is_symlink() && !is_loop;
                    if broken_link && self.format.is_none() && by_extension(name).is_none() {
                        self.skipped.files += 1;
                        continue;
                    }
                    let id = walk.id(path);
                    let reason = match error.into_io_error() {
                        Some(error) => Reason::Read(error),
                        None => Reason::LinkLoop,
                    };
                    return Some(Err(PageError { id, reason }));
                }
            }
        }
    }

    /// The page in `file`; or none, with `self.within` set to those in it.
    fn page(&mut self, file: File) -> Result<Option<Page>, PageError> {
        let File { id, path, format } = file;
        match self.payload(&id, path, format) {
            Ok(payload) => Ok(payload.map(|payload| Page { id, payload })),
            Err(reason) => Err(PageError { id, reason }),
        }
    }

    fn payload(
        &mut self,
        id: &str,
        path: Option<PathBuf>,
        format: Option<Format>,
    ) -> Result<Option<Payload>, Reason> {
        if let (Some(path), Some(kind)) = (&path, format.and_then(Format::kind)) {
            self.counter.add(fs::metadata(path).map_or(0, |metadata| metadata.len()));
            return Ok(Some(Payload::File(path.clone(), kind)));
        }
        let mut stream = Stream::open(path.as_deref(), self.counter.clone())?;
        let format = match format {
            Some(format) => format,
            None => stream.sniff()?,
        };
        let (name, columns) = (id.to_owned(), self.columns.clone());
        let within = match (format, path) {
            (Format::Html, _) => {
                return Ok(Some(Payload::Bytes(stream.read_to_end(&self.limits)?, Kind::Html)));
            }
            (Format::Text, _) => {
                return Ok(Some(Payload::Bytes(stream.read_to_end(&self.limits)?, Kind::Text)));
            }
            (Format::Jsonl, _) => {
                Within::Jsonl(Box::new(jsonl::Rows::new(stream, name, self.limits, columns)))
            }
            (Format::Warc, _) => {
                Within::Warc(Box::new(warc::Records::new(stream, name, self.limits)))
            }
            (Format::Parquet, Some(path)) => {
                let counter = self.counter.clone();
                Within::Parquet(Box::new(parquet::Rows::open(&path, name, columns, counter)?))
            }
            (Format::Parquet, None) => {
                Within::Parquet(Box::new(parquet::Rows::copy(stream, name, columns)?))
            }
        };
        self.within = Some(within);
        Ok(None)
    }

    /// The next page, of whatever shard.
    fn next_page(&mut self) -> Option<Result<Page, PageError>> {
        loop {
            let page = match &mut self.within {
                None => None,
                Some(Within::Jsonl(rows)) => rows.next(),
                Some(Within::Parquet(rows)) => rows.next(),
                Some(Within::Warc(records)) => records.next(&mut self.skipped),
            };
            if page.is_some() {
                return page;
            }
            self.within = None;
            let file = self.next_file()?;
            if let Some(page) = file.and_then(|file| self.page(file)).transpose() {
                return Some(page);
            }
        }
    }
}

impl Iterator for Pages {
    type Item = Result<Page, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let page = self.next_page()?;
            let place = self.place;
            self.place += 1;
            if self.shard.has(place) {
                return Some(page);
            }
        }
    }
}

/// How many bytes the pages of these inputs have on disk, as far as that can be told: not of standard input.
///
/// Directories are walked, so this takes its time.
pub fn total_bytes(inputs: &[PathBuf], format: Option<Format>) -> Option<u64> {
    let mut total = 0;
    for input in inputs {
        if is_stdin(input) {
            return None;
        }
        let metadata = fs::metadata(input).ok()?;
        if !metadata.is_dir() {
            total += metadata.is_file().then_some(metadata.len())?;
            continue;
        }
        let pages = Walk::new(input.clone()).entries.filter_map(Result::ok).filter(|entry| {
            entry.file_type().is_file()
                && (format.or_else(|| by_extension(entry.file_name()))).is_some()
        });
        total += pages.filter_map(|entry| Some(entry.metadata().ok()?.len())).sum::<u64>();
    }
    Some(total)
}

/// A file to be read, which is standard input if it has no path.
struct File {
    id: String,
    path: Option<PathBuf>,
    format: Option<Format>,
}

/// A directory that is being read.
struct Walk {
    root: PathBuf,
    entries: FilterEntry<walkdir::IntoIter, fn(&DirEntry) -> bool>,
}

impl Walk {
    fn new(root: PathBuf) -> Self {
        let entries = WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter();
        Self {
            root,
            entries: entries
                .filter_entry(|entry| entry.depth() == 0 || !is_hidden(entry.file_name())),
        }
    }

    /// The path from the root of the walk, with `/` between its parts.
    fn id(&self, path: &Path) -> String {
        let relative = match path.strip_prefix(&self.root) {
            Ok(relative) if relative != Path::new("") => relative,
            _ => path,
        };
        let parts = relative.iter().map(OsStr::to_string_lossy);
        parts.collect::<Vec<_>>().join("/")
    }
}

impl Format {
    /// What the only page of a file in this format is, if it is the only one.
    fn kind(self) -> Option<Kind> {
        match self {
            Self::Html => Some(Kind::Html),
            Self::Text => Some(Kind::Text),
            Self::Jsonl | Self::Warc | Self::Parquet => None,
        }
    }
}

fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

/// Whether the name is that of no page whatever the format: a hidden file, or an unfinished output.
fn is_hidden(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    name.starts_with(b".") || name.ends_with(b".partial") || name.ends_with(b".partial.state")
}

fn by_extension(name: &OsStr) -> Option<Format> {
    let name = name.to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").or(name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "html" | "htm" | "xhtml" => Some(Format::Html),
        "txt" => Some(Format::Text),
        "jsonl" | "ndjson" => Some(Format::Jsonl),
        "warc" => Some(Format::Warc),
        "parquet" => Some(Format::Parquet),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};
    use tempfile::{TempDir, tempdir};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn directory(files: &[(&str, &[u8])]) -> TempDir {
        let directory = tempdir().unwrap();
        for (name, bytes) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        directory
    }

    const LIMITS: Limits = Limits { max_page_bytes: 200_000 };

    /// Every page as `id kind text`, or its error.
    fn read(pages: &mut Pages) -> Vec<String> {
        pages
            .map(|page| match page.and_then(|page| page.load(&LIMITS)) {
                Ok(page) => format!("{} {:?} {}", page.id, page.kind, page.text),
                Err(error) => error.to_string(),
            })
            .collect()
    }

    fn read_all(path: &Path) -> Vec<String> {
        read(&mut Pages::open(vec![path.to_owned()], None, LIMITS).unwrap())
    }

    #[test]
    fn a_directory_that_vanishes_while_it_is_read_is_an_error_and_no_end() {
        let gone = directory(&[("a.html", b"<p>a"), ("sub/b.html", b"<p>b")]);
        let stays = directory(&[("c.html", b"<p>c")]);
        let inputs = vec![gone.path().to_owned(), stays.path().to_owned()];
        let mut pages = Pages::open(inputs, None, LIMITS).unwrap();
        let first = pages.next().unwrap().unwrap();
        gone.close().unwrap();
        let lost = first.load(&LIMITS).unwrap_err().to_string();
        assert!(lost.starts_with("a.html: cannot be read"), "{lost}");
        let rest = read(&mut pages);
        assert_eq!(rest.last().unwrap(), "c.html Html <p>c");
        assert!(
            rest.iter().all(|page| page.contains("cannot be read") || page.ends_with("<p>c")),
            "{rest:?}"
        );
    }

    fn read_one(name: &str, bytes: &[u8]) -> Vec<String> {
        let directory = directory(&[(name, bytes)]);
        read_all(&directory.path().join(name))
    }

    #[test]
    fn a_directory_gives_its_pages_in_order_and_counts_the_rest() {
        let directory = directory(&[
            ("b.HTM", b"<b>"),
            ("a/z.html.gz", &gzip(b"<z>")),
            ("a/y.jsonl", b"{\"text\": \"y1\"}\n{\"text\": \"y2\"}"),
            ("a/labels/z.json", b"{}"),
            ("a/out.html.partial", b"<no>"),
            ("LICENSE", b"free"),
            ("c.txt", b""),
            (".hidden/d.html", b"<d>"),
            ("\u{e9}.html", b"\xE9t\xE9 \0"),
        ]);
        let mut pages = Pages::open(vec![directory.path().to_owned()], None, LIMITS).unwrap();
        assert_eq!(
            read(&mut pages),
            [
                "a/y.jsonl:1 Text y1",
                "a/y.jsonl:2 Text y2",
                "a/z.html.gz Html <z>",
                "b.HTM Html <b>",
                "c.txt Text ",
                "\u{e9}.html Html \u{e9}t\u{e9} \0",
            ]
        );
        assert_eq!(pages.skipped().files, 2);
    }

    #[cfg(unix)]
    #[test]
    fn broken_and_looping_links_are_errors_of_their_own() {
        use std::os::unix::fs::symlink;
        let directory = directory(&[("a/page.html", b"<p>")]);
        let at = |name: &str| directory.path().join(name);
        symlink("..", at("a/loop")).unwrap();
        symlink("nowhere", at("b.html")).unwrap();
        symlink("nowhere", at("b.json")).unwrap();
        symlink("a/page.html", at("c.html")).unwrap();
        assert_eq!(
            read_all(directory.path()),
            [
                "a/loop: symbolic link to a directory around it",
                "a/page.html Html <p>",
                "b.html: cannot be read: No such file or directory (os error 2)",
                "c.html Html <p>",
            ]
        );
    }

    #[test]
    fn an_unknown_extension_is_judged_by_the_first_bytes() {
        for (bytes, expected) in [
            (&b"\n\xEF\xBB\xBF <p>"[..], "page Html \n\u{feff} <p>"),
            (b"\xFF\xFE<\0p\0>\0", "page Html <p>"),
            (b"{ \"html\": \"<p>\"}", "page:1 Html <p>"),
            (b"{braces}", "page Text {braces}"),
            (b"", "page Text "),
            (b"\x1F\x8B", "page: broken gzip: unexpected end of file"),
        ] {
            assert_eq!(read_one("page", bytes), [expected]);
        }
        let zipped = gzip(b"{\"html\": \"<p>\"}");
        assert_eq!(read_one("page", &zipped), ["page:1 Html <p>"]);
    }

    #[test]
    fn a_broken_row_does_not_take_its_neighbours_along() {
        let long = format!("{{\"text\": \"{}\"}}", "x".repeat(LIMITS.max_page_bytes));
        let rows = [
            "\u{FEFF}{\"id\": \"one\", \"url\": null, \"html\": \"<p>\\u00e9\", \"text\": \"no\", \"more\": [{}]}",
            "{\"id\": 7, \"text\": \"seven\"}\r",
            "",
            "{\"text\": ",
            "{\"text\": 1}",
            "{\"id\": [], \"text\": \"\"}",
            &long,
            "{\"id\": \"empty\"}",
            "{\"text\": \"last\"}",
        ];
        let read = read_one("rows.ndjson", rows.join("\n").as_bytes());
        assert_eq!(
            read,
            [
                "one Html <p>\u{e9}",
                "7 Text seven",
                "rows.ndjson:4: broken row: EOF while parsing a value, in column 9",
                "rows.ndjson:5: broken row: invalid type: integer `1`, expected a string, in column 10",
                "rows.ndjson:6: broken row: `id` is neither a string nor a number, in column 9",
                "rows.ndjson:7: larger than the limit of 200000 bytes",
                "empty: neither HTML nor text in rows.ndjson:8",
                "rows.ndjson:9 Text last",
            ]
        );
    }

    #[test]
    fn gzip_is_read_whole_up_to_where_it_breaks() {
        let rows = |from: u32| -> Vec<u8> {
            let row = |n| format!("{{\"id\": {n}, \"text\": \"{}\"}}\n", n * 7919);
            (from..from + 5000).map(row).collect::<String>().into()
        };
        let members = [gzip(&rows(0)), gzip(&rows(5000))].concat();
        assert_eq!(read_one("rows.jsonl.gz", &members).len(), 10_000);

        let cut = read_one("rows.jsonl.gz", &members[..members.len() * 3 / 4]);
        assert!(cut.len() > 5000, "{} rows before the break", cut.len());
        let (last, before) = cut.split_last().unwrap();
        assert!(last.contains(": broken gzip: "), "{last}");
        assert!(before.iter().all(|row| !row.contains("gzip")));

        let page = gzip(&rows(0));
        let cut = read_one("page.html.gz", &page[..page.len() / 2]);
        assert_eq!(cut.len(), 1);
        assert!(cut[0].starts_with("page.html.gz: broken gzip: "));
    }

    #[test]
    fn a_page_that_unzips_to_more_than_the_limit_is_refused() {
        let bomb = gzip(&vec![b' '; 20 * LIMITS.max_page_bytes]);
        assert!(bomb.len() < LIMITS.max_page_bytes);
        for name in ["bomb.html.gz", "bomb.jsonl", "bomb"] {
            let read = read_one(name, &bomb);
            assert_eq!(read.len(), 1);
            assert!(read[0].ends_with("larger than the limit of 200000 bytes"));
        }
    }

    #[test]
    fn a_missing_input_is_told_before_anything_is_read() {
        let directory = directory(&[("a.html", b"<p>")]);
        let inputs = ["a.html", "b.html"].map(|name| directory.path().join(name));
        let error = Pages::open(inputs.into(), None, LIMITS).err().unwrap();
        let error = error.to_string();
        assert!(error.contains("b.html: "), "{error}");
    }

    #[test]
    fn an_error_as_json_has_id_and_reason() {
        let error = PageError { id: "a.html".into(), reason: Reason::TooLarge { limit: 1 } };
        assert_eq!(
            serde_json::to_string(&error).unwrap(),
            r#"{"id":"a.html","error":"larger than the limit of 1 bytes"}"#
        );
    }
}
