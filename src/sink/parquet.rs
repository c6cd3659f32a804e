//! Records as [Parquet](https://parquet.apache.org): typed columns, compressed with zstd, in row groups.
//!
//! A row group is written at every [`cut`](Parquet::cut): first as a file of its own in memory, which is then
//! copied into the output, as tools that join files do. Its footer is handed out, so that an output that was
//! broken off after a row group can be gone on with: the row groups that it has are copied once more, which
//! brings the writer to the state it was in, and what it writes of them is thrown away as it is there already.

use std::fs::File;
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
    file: Option<(SerializedFileWriter<Resumed>, SchemaRef)>,
    blocks: bool,
    papers: Vec<KeyValue>,
    /// The row group that is being written.
    part: Option<ArrowWriter<Vec<u8>>>,
    /// Rows that are not in `part` yet.
    rows: Vec<Row>,
    /// Their bytes.
    bytes: usize,
}

/// What begins a file.
const MAGIC: u64 = 4;
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
        let row_groups: Vec<&str> = row_groups.collect();
        if let Some(partial) = partial.filter(|_| !row_groups.is_empty()) {
            let file = File::open(partial)?;
            for row_group in row_groups {
                parquet.repeat(&file, row_group).map_err(io_error)?;
            }
        }
        match &parquet.file {
            Some((writer, _)) if writer.inner().there > 0 => {
                let problem = "its state does not name all of its row groups";
                Err(io::Error::new(io::ErrorKind::InvalidData, problem))
            }
            _ => Ok(parquet),
        }
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
        let bytes = match (&mut self.output, &mut self.file) {
            (Some(output), _) => output.cut()?,
            (None, Some((writer, _))) => {
                writer.flush()?;
                writer.inner_mut().output.cut()?
            }
            (None, None) => 0,
        };
        Ok((bytes, row_group))
    }

    /// Writes the footer; the file reaches the disk.
    ///
    /// # Errors
    /// As for [`cut`](Parquet::cut).
    pub fn close(mut self) -> io::Result<Closed> {
        self.write_row_group().map_err(io_error)?;
        if self.file.is_none() {
            let none = batch::schema(self.blocks, &Fields::empty());
            self.begin(none, 0).map_err(io_error)?;
        }
        let Some((writer, _)) = self.file else {
            return Err(io::ErrorKind::Unsupported.into());
        };
        // Writes the footer as well.
        writer.into_inner().map_err(io_error)?.output.close()
    }

    fn encode_rows(&mut self) -> Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if rows.is_empty() {
            return Ok(());
        }
        if self.file.is_none() {
            self.begin(batch::schema(self.blocks, &batch::extra_fields(&rows)), 0)?;
        }
        let Some((_, schema)) = &self.file else {
            return Ok(());
        };
        let part = match &mut self.part {
            Some(part) => part,
            None => {
                let part = ArrowWriter::try_new(Vec::new(), schema.clone(), Some(properties()))?;
                self.part.insert(part)
            }
        };
        part.write(&batch::records(&rows, schema)?)
    }

    fn write_row_group(&mut self) -> Result<Option<String>> {
        self.encode_rows()?;
        let (Some(part), Some((file, _))) = (self.part.take(), &mut self.file) else {
            return Ok(None);
        };
        let part = Bytes::from(part.into_inner()?);
        let footer = footer(&part);
        append(file, &part, &ParquetMetaDataReader::decode_metadata(&footer)?)?;
        Ok(Some(BASE64_STANDARD.encode(footer)))
    }

    /// Writes a row group that the file has already.
    fn repeat(&mut self, file: &File, row_group: &str) -> Result<()> {
        let wrong = |error: base64::DecodeError| ParquetError::External(Box::new(error));
        let footer = BASE64_STANDARD.decode(row_group).map_err(wrong)?;
        let metadata = ParquetMetaDataReader::decode_metadata(&footer)?;
        if self.file.is_none() {
            let about = metadata.file_metadata();
            let schema = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata())?;
            self.begin(Arc::new(schema), file.metadata()?.len())?;
        }
        let Some((writer, _)) = &mut self.file else {
            return Ok(());
        };
        let before = (writer.bytes_written() as u64).saturating_sub(MAGIC);
        append(writer, &Part { file, before }, &metadata)?;
        writer.flush()?;
        Ok(())
    }

    /// Begins the file, of which `there` bytes are there already.
    fn begin(&mut self, schema: SchemaRef, there: u64) -> Result<()> {
        let Some(output) = self.output.take() else {
            return Ok(());
        };
        let properties = properties().into_builder();
        let properties = properties.set_key_value_metadata(Some(self.papers.clone())).build();
        let writer =
            ArrowWriter::try_new(Resumed { output, there }, schema.clone(), Some(properties))?;
        self.file = Some((writer.into_serialized_writer()?.0, schema));
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

/// The footer of a file, without its length and the magic.
fn footer(file: &[u8]) -> Vec<u8> {
    let Some((before, [a, b, c, d, ..])) = file.split_last_chunk::<8>() else {
        return Vec::new();
    };
    let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
    before[before.len().saturating_sub(length)..].to_owned()
}

/// Writes the row groups of a file whose footer is `metadata`.
fn append(
    writer: &mut SerializedFileWriter<Resumed>,
    file: &impl ChunkReader,
    metadata: &ParquetMetaData,
) -> Result<()> {
    for row_group in metadata.row_groups() {
        let mut copy = writer.next_row_group()?;
        for column in row_group.columns() {
            let close = ColumnCloseResult {
                bytes_written: column.compressed_size() as u64,
                rows_written: row_group.num_rows() as u64,
                metadata: column.clone(),
                bloom_filter: None,
                column_index: None,
                offset_index: None,
            };
            copy.append_column(file, close)?;
        }
        copy.close()?;
    }
    Ok(())
}

/// Row groups in a longer file, which were copied there from a file of their own.
struct Part<'a> {
    file: &'a File,
    /// Bytes before what was that file.
    before: u64,
}

impl Length for Part<'_> {
    fn len(&self) -> u64 {
        Length::len(self.file)
    }
}

impl ChunkReader for Part<'_> {
    type T = <File as ChunkReader>::T;

    fn get_read(&self, start: u64) -> Result<Self::T> {
        self.file.get_read(self.before + start)
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes> {
        self.file.get_bytes(self.before + start, length)
    }
}

/// Writes what is not there already.
struct Resumed {
    output: Output,
    /// Bytes still to come that are there already.
    there: u64,
}

impl Write for Resumed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.there > 0 {
            let skipped = bytes.len().min(usize::try_from(self.there).unwrap_or(usize::MAX));
            self.there -= skipped as u64;
            return Ok(skipped);
        }
        self.output.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
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
