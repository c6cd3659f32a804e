//! Where the records of cleaned pages go, in the format that was asked for.

use std::collections::HashSet;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dehusk::record::{Record, Row, file_name, write_block_header, write_block_rows};
use dehusk::sink::journal::Checkpoint;
use dehusk::sink::parquet::Parquet;
use dehusk::sink::{Closed, JsonLines, Output, Text};

use super::args::Format;
use super::{Failure, is_directory};

/// A place for records.
pub enum Records {
    /// A stream of JSON Lines.
    Jsonl(JsonLines<Output>),
    /// A file of Parquet.
    Parquet(Box<Parquet>),
    /// A stream of texts.
    Text(Text<Output>),
    /// A table of blocks.
    Csv(Output),
    /// A directory with one file a page.
    Files(Files),
}

/// What a file of Parquet says beside its records.
pub struct Papers<'a> {
    /// Whether the records have `blocks`.
    pub blocks: bool,
    /// Names and values for the footer.
    pub values: &'a [(String, String)],
}

impl Records {
    /// A directory with one file a page, if that is what the path means.
    pub fn directory(path: Option<&Path>, format: Format) -> anyhow::Result<Option<Records>> {
        let Some(path) = path.filter(|path| is_directory(path)) else {
            return Ok(None);
        };
        let extension = match format {
            Format::Txt => "txt",
            Format::Md => "md",
            _ => {
                bail!("{} is a directory: one file a page needs --format txt or md", path.display())
            }
        };
        Files::open(path, extension).map(|files| Some(Records::Files(files)))
    }

    /// Begins a stream, or goes on with one in which these states were reached.
    pub fn stream(
        output: Output,
        format: Format,
        papers: &Papers,
        checkpoints: &[Checkpoint],
    ) -> io::Result<Records> {
        let is_begun = checkpoints.last().is_some_and(|last| last.output > 0);
        Ok(match format {
            Format::Jsonl => Records::Jsonl(JsonLines(output)),
            Format::Parquet => {
                let row_groups = checkpoints.iter().filter_map(|c| c.row_group.as_deref());
                let Papers { blocks, values } = papers;
                Records::Parquet(Box::new(Parquet::resume(output, *blocks, values, row_groups)?))
            }
            Format::Txt | Format::Md => Records::Text(Text::new(output, is_begun)),
            Format::Csv => {
                let mut output = output;
                if !is_begun {
                    write_table(&mut output, write_block_header)?;
                }
                Records::Csv(output)
            }
        })
    }

    /// Writes one record. What only concerns this page is the inner error.
    pub fn write(&mut self, row: Row) -> io::Result<Result<(), Failure>> {
        match self {
            Records::Jsonl(lines) => lines.write(&row)?,
            Records::Parquet(parquet) => parquet.write(row)?,
            Records::Text(texts) => texts.write(&row.record.text)?,
            Records::Csv(output) => {
                write_table(output, |table| write_block_rows(table, &row.record))?;
            }
            Records::Files(files) => return files.write(&row.record),
        }
        Ok(Ok(()))
    }

    /// Bytes of records since the last cut.
    pub fn uncut(&mut self) -> u64 {
        match self {
            Records::Jsonl(JsonLines(output)) | Records::Csv(output) => output.uncut(),
            Records::Text(texts) => texts.get_mut().uncut(),
            Records::Parquet(parquet) => parquet.uncut(),
            Records::Files(_) => 0,
        }
    }

    /// Writes out all that is written so far. Returns how many bytes the file has, and what is needed of a row
    /// group to go on with a file of Parquet.
    pub fn cut(&mut self) -> io::Result<(u64, Option<String>)> {
        match self {
            Records::Jsonl(JsonLines(output)) | Records::Csv(output) => Ok((output.cut()?, None)),
            Records::Text(texts) => Ok((texts.get_mut().cut()?, None)),
            Records::Parquet(parquet) => parquet.cut(),
            Records::Files(_) => Ok((0, None)),
        }
    }

    /// Finishes the file, which reaches the disk. None for a directory.
    pub fn close(self) -> io::Result<Option<Closed>> {
        match self {
            Records::Jsonl(JsonLines(output)) | Records::Csv(output) => output.close().map(Some),
            Records::Text(texts) => texts.into_inner().close().map(Some),
            Records::Parquet(parquet) => parquet.close().map(Some),
            Records::Files(_) => Ok(None),
        }
    }
}

/// Writes some rows of a table whole.
fn write_table(
    output: &mut Output,
    write: impl FnOnce(&mut csv::Writer<Vec<u8>>) -> csv::Result<()>,
) -> io::Result<()> {
    let mut table = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    write(&mut table).map_err(io_error)?;
    let rows = table.into_inner().map_err(|error| error.into_error())?;
    output.write_all(&rows)
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
    let mut file = Text::new(Output::file(path)?, false);
    file.write(text)?;
    file.into_inner().finish()
}
