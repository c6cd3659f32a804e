//! Records as [Parquet](https://parquet.apache.org): typed columns, compressed with zstd, in row groups.
//!
//! A row group is held in memory, encoded and compressed, until it is written at the next [`cut`](Parquet::cut).
//! It is written as a file of its own, of which the output gets what is between the magic and the footer. By
//! that footer alone the writer of the whole file then takes the row group over, as tools that join files do;
//! what it writes of it is thrown away, as it is there already. The footer is handed out as well, so that an
//! output that was broken off after a row group can be gone on with: the writer is brought to the state it was
//! in by the same footers, and ends with the same bytes.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{Fields, SchemaRef};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use parquet::arrow::arrow_writer::ArrowWriter;
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::{KeyValue, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;

use super::{Closed, Output};
use crate::batch;
use crate::record::Row;

/// Writes records to a file of Parquet.
pub struct Parquet {
    /// Until the first row group is written.
    output: Option<Output>,
    file: Option<(SerializedFileWriter<Sink>, SchemaRef)>,
    blocks: bool,
    papers: Vec<KeyValue>,
    /// The row group that is being written; it has the output.
    part: Option<ArrowWriter<Sink>>,
    /// Rows that are not in `part` yet.
    rows: Vec<Row>,
    /// Their bytes.
    bytes: usize,
}

/// Bytes that begin a file.
const MAGIC: usize = 4;
/// Rows, and bytes of rows, that are encoded at a time.
const MAX_ROWS: usize = 256;
const MAX_BYTES: usize = 2 << 20;

impl Parquet {
    /// Starts a file, of records with or without `blocks`; or goes on with one that has these row groups.
    /// `papers` are names and values for its footer.
    ///
    /// # Errors
    /// If the file does not have these row groups.
    pub fn resume<'a>(
        output: Output,
        blocks: bool,
        papers: &[(String, String)],
        row_groups: impl Iterator<Item = &'a str>,
    ) -> io::Result<Parquet> {
        let partial = output.unfinished_path().map(Path::to_owned);
        let paper = |(name, value): &(String, String)| KeyValue::new(name.clone(), value.clone());
        let papers = papers.iter().map(paper).collect();
        let mut parquet = Parquet {
            output: Some(output),
            file: None,
            blocks,
            papers,
            part: None,
            rows: Vec::new(),
            bytes: 0,
        };
        for row_group in row_groups {
            parquet.repeat(row_group).map_err(io_error)?;
        }
        if let (Some((writer, _)), Some(partial)) = (&parquet.file, partial)
            && writer.bytes_written() as u64 != fs::metadata(partial)?.len()
        {
            let problem = "its state does not name all of its row groups";
            return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
        }
        Ok(parquet)
    }

    /// Adds a record to the row group.
    ///
    /// # Errors
    /// If a record passes other columns through than those before it.
    pub fn write(&mut self, row: Row) -> io::Result<()> {
        let blocks = row.record.blocks.iter().flatten();
        let text = row.record.text.len() + blocks.map(|block| block.text.len()).sum::<usize>();
        self.bytes += text + row.extra.size();
        self.rows.push(row);
        if self.rows.len() < MAX_ROWS && self.bytes < MAX_BYTES {
            return Ok(());
        }
        self.encode_rows().map_err(io_error)
    }

    /// Bytes since the last [`cut`](Parquet::cut), compressed as far as they are encoded.
    pub fn uncut(&self) -> u64 {
        (self.part.as_ref().map_or(0, ArrowWriter::in_progress_size) + self.bytes) as u64
    }

    /// Writes the records since the last cut, if there are any, as a row group. Returns how many bytes the file
    /// has, 0 where it is no regular file, and what [`resume`](Parquet::resume) needs of the row group.
    ///
    /// # Errors
    /// Of the stream, and as for [`write`](Parquet::write).
    pub fn cut(&mut self) -> io::Result<(u64, Option<String>)> {
        let row_group = self.write_row_group().map_err(io_error)?;
        let output = match &mut self.file {
            Some((writer, _)) => writer.inner_mut().output.as_mut(),
            None => self.output.as_mut(),
        };
        Ok((output.ok_or_else(no_output)?.cut()?, row_group))
    }

    /// Writes the footer; the file reaches the disk.
    ///
    /// # Errors
    /// As for [`cut`](Parquet::cut).
    pub fn close(mut self) -> io::Result<Closed> {
        self.write_row_group().map_err(io_error)?;
        if self.file.is_none() {
            let none = batch::schema(self.blocks, &Fields::empty());
            self.begin(none, Goes::ToOutput).map_err(io_error)?;
        }
        let Some((mut writer, _)) = self.file else {
            return Err(no_output());
        };
        writer.inner_mut().goes = Goes::ToOutput;
        // Writes the footer as well.
        let sink = writer.into_inner().map_err(io_error)?;
        sink.output.ok_or_else(no_output)?.close()
    }

    fn encode_rows(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            let schema = batch::schema(self.blocks, &batch::extra_fields(&rows));
            self.begin(schema, Goes::ToOutput)?;
        }
        let Some((file, schema)) = &mut self.file else {
            return Ok(());
        };
        let part = match &mut self.part {
            Some(part) => part,
            None => {
                let sink = Sink::new(file.inner_mut().output.take(), Goes::Nowhere);
                let mut part = ArrowWriter::try_new(sink, schema.clone(), Some(properties()))?;
                part.sync()?;
                part.inner_mut().goes = Goes::ToOutput;
                self.part.insert(part)
            }
        };
        part.write(&batch::records(&rows, schema)?)
    }

    fn write_row_group(&mut self) -> Result<Option<String>> {
        self.encode_rows()?;
        let (Some(mut part), Some((file, _))) = (self.part.take(), &mut self.file) else {
            return Ok(None);
        };
        part.flush()?;
        part.sync()?;
        let written = part.bytes_written() - MAGIC;
        part.inner_mut().goes = Goes::Kept;
        let Sink { output, kept, .. } = part.into_inner()?;
        file.inner_mut().output = output;
        let before = file.bytes_written();
        let footer = footer(&kept);
        take_over(file, &ParquetMetaDataReader::decode_metadata(footer)?)?;
        if file.bytes_written() - before != written {
            return Err(ParquetError::General("a row group is more than its columns".to_owned()));
        }
        Ok(Some(BASE64_STANDARD.encode(footer)))
    }

    /// Takes over a row group that the output has already.
    fn repeat(&mut self, row_group: &str) -> Result<()> {
        let wrong = |error: base64::DecodeError| ParquetError::External(Box::new(error));
        let footer = BASE64_STANDARD.decode(row_group).map_err(wrong)?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        if self.file.is_none() {
            let about = metadata.file_metadata();
            let schema = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata())?;
            self.begin(Arc::new(schema), Goes::Nowhere)?;
        }
        match &mut self.file {
            Some((file, _)) => take_over(file, &metadata),
            None => Ok(()),
        }
    }

    /// Begins the file, whose magic is to be written or is there already.
    fn begin(&mut self, schema: SchemaRef, magic: Goes) -> Result<()> {
        let Some(output) = self.output.take() else {
            return Ok(());
        };
        let properties = properties().into_builder();
        let properties = properties.set_key_value_metadata(Some(self.papers.clone())).build();
        let sink = Sink::new(Some(output), magic);
        let writer = ArrowWriter::try_new(sink, schema.clone(), Some(properties))?;
        let (mut file, _) = writer.into_serialized_writer()?;
        file.flush()?;
        file.inner_mut().goes = Goes::Nowhere;
        self.file = Some((file, schema));
        Ok(())
    }
}

fn properties() -> WriterProperties {
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        // Indexes of pages would have to be kept until the end.
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_offset_index_disabled(true)
        .set_created_by(concat!("dehusk ", env!("CARGO_PKG_VERSION")).to_owned())
        .build()
}

/// The footer in what ends a file, without its length and the magic.
fn footer(end: &[u8]) -> &[u8] {
    let Some((before, [a, b, c, d, ..])) = end.split_last_chunk::<8>() else {
        return &[];
    };
    let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    &before[before.len().saturating_sub(length)..]
}

/// Lets `file` have the row groups of a file whose footer is `metadata`, as if it wrote them.
fn take_over(file: &mut SerializedFileWriter<Sink>, metadata: &ParquetMetaData) -> Result<()> {
    for row_group in metadata.row_groups() {
        let mut copy = file.next_row_group()?;
        for column in row_group.columns() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size() as u64,
                rows_written: row_group.num_rows() as u64,
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            copy.append_column(&Blank, close)?;
        }
        copy.close()?;
    }
    Ok(file.flush()?)
}

/// Stands for columns that are not read.
struct Blank;

impl Length for Blank {
    fn len(&self) -> u64 {
        u64::MAX
    }
}

impl ChunkReader for Blank {
    type T = io::Repeat;

    fn get_read(&self, _: u64) -> Result<io::Repeat> {
        Ok(io::repeat(0))
    }

    fn get_bytes(&self, _: u64, length: usize) -> Result<Bytes> {
        Ok(vec![0; length].into())
    }
}

/// Where the bytes of a writer go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Goes {
    /// They are thrown away.
    Nowhere,
    ToOutput,
    /// They are kept in memory.
    Kept,
}

/// What is below a writer. It has the output while that writer is the one to write to it.
struct Sink {
    output: Option<Output>,
    goes: Goes,
    kept: Vec<u8>,
}

impl Sink {
    fn new(output: Option<Output>, goes: Goes) -> Sink {
        Sink { output, goes, kept: Vec::new() }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.goes {
            Goes::Nowhere => Ok(bytes.len()),
            Goes::ToOutput => self.output.as_mut().ok_or_else(no_output)?.write(bytes),
            Goes::Kept => self.kept.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.as_mut().map_or(Ok(()), Output::flush)
    }
}

fn no_output() -> io::Error {
    io::Error::other("an earlier write failed")
}

/// The error of the stream below, of the kind that it was.
fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(error) => match error.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(error) => io::Error::other(error),
        },
        other => io::Error::other(other),
    }
}
