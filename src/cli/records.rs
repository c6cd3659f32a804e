//! Where the records of cleaned pages go, in the format that was asked for.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dehusk::record::{Record, file_name, write_block_header, write_block_rows};
use dehusk::sink::{JsonLines, Output, Text};

use super::args::Format;
use super::{Failure, is_directory};

/// A place for records.
pub enum Records {
    /// A stream of JSON Lines.
    Jsonl(JsonLines<Output>),
    /// A stream of texts.
    Text(Text<Output>),
    /// A table of blocks.
    Csv(Box<csv::Writer<Output>>),
    /// A directory with one file a page.
    Files(Files),
}

impl Records {
    /// Opens the place; without a path, standard output.
    pub fn open(path: Option<&Path>, format: Format) -> anyhow::Result<Records> {
        let output = match (path, format) {
            (Some(path), Format::Txt | Format::Md) if is_directory(path) => {
                return Files::open(path, if format == Format::Txt { "txt" } else { "md" })
                    .map(Records::Files);
            }
            (Some(path), _) if is_directory(path) => {
                bail!("{} is a directory: one file a page needs --format txt or md", path.display())
            }
            (Some(path), _) => create(path)?,
            (None, _) => Output::stdout(),
        };
        Ok(match format {
            Format::Jsonl => Records::Jsonl(JsonLines(output)),
            Format::Txt | Format::Md => Records::Text(Text::new(output)),
            Format::Csv => {
                let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(output);
                write_block_header(&mut table)?;
                Records::Csv(Box::new(table))
            }
        })
    }

    /// Writes one record. What only concerns this page is the inner error.
    pub fn write(&mut self, record: &Record) -> io::Result<Result<(), Failure>> {
        match self {
            Records::Jsonl(lines) => lines.write(record)?,
            Records::Text(texts) => texts.write(&record.text)?,
            Records::Csv(table) => write_block_rows(table, record).map_err(io_error)?,
            Records::Files(files) => return files.write(record),
        }
        Ok(Ok(()))
    }

    /// Finishes the file, which now appears.
    pub fn finish(self) -> io::Result<()> {
        match self {
            Records::Jsonl(lines) => lines.0.finish(),
            Records::Text(texts) => texts.into_inner().finish(),
            Records::Csv(table) => table.into_inner().map_err(|e| e.into_error())?.finish(),
            Records::Files(_) => Ok(()),
        }
    }
}

/// Opens a file to write.
pub fn create(path: &Path) -> anyhow::Result<Output> {
    Output::file(path).with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a directory, if it is not there.
pub fn create_directory(path: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(path)
        .with_context(|| format!("cannot make the directory {}", path.display()))
}

/// The error of the stream below a table, of the kind that it was.
pub fn io_error(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// A directory with one file a page.
pub struct Files {
    directory: PathBuf,
    extension: &'static str,
    written: HashSet<PathBuf>,
}

impl Files {
    fn open(directory: &Path, extension: &'static str) -> anyhow::Result<Files> {
        create_directory(directory)?;
        Ok(Files { directory: directory.to_owned(), extension, written: HashSet::new() })
    }

    /// A page whose name cannot be a file's, or is that of another page, is a failure of its own.
    fn write(&mut self, record: &Record) -> io::Result<Result<(), Failure>> {
        let name = file_name(&record.id, self.extension);
        let failure = |error: String| Ok(Err(Failure { id: record.id.clone(), error }));
        if self.written.contains(&name) {
            return failure(format!("another page of this run has the file {}", name.display()));
        }
        match write_file(&self.directory.join(&name), &record.text) {
            Ok(()) => {
                self.written.insert(name);
                Ok(Ok(()))
            }
            Err(error) => match error.kind() {
                ErrorKind::InvalidFilename
                | ErrorKind::IsADirectory
                | ErrorKind::NotADirectory
                | ErrorKind::AlreadyExists => {
                    failure(format!("cannot write {}: {error}", name.display()))
                }
                _ => Err(error),
            },
        }
    }
}

fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = Text::new(Output::file(path)?);
    file.write(text)?;
    file.into_inner().finish()
}
