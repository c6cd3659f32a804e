//! Pages in rows of [Parquet](https://parquet.apache.org).
//!
//! [`Rows`] decodes a few rows at a time, as many as make some megabytes of pages. What is left of a row group
//! after something broken in it is an error, and the next one is read. Since the file is read from its end,
//! standard input is first copied to a temporary file that has no name.

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use arrow_schema::{DataType, FieldRef, Fields, Schema};
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use parquet::errors::ParquetError;
use parquet::file::metadata::RowGroupMetaData;

use super::bytes::{Counter, Stream};
use super::{Columns, Page, PageError, Payload, Reason};
use crate::batch::{PageBatch, no_page_column};

/// Bytes of rows that are decoded at a time, as far as the file's own figures tell.
const BATCH: i64 = 2 << 20;
const MAX_BATCH_ROWS: i64 = 1024;

/// The rows of one file, each a page.
pub struct Rows {
    file: File,
    name: String,
    columns: Arc<Columns>,
    metadata: ArrowReaderMetadata,
    /// The row group that is being read, or is read next.
    group: usize,
    reader: Option<ParquetRecordBatchReader>,
    batch: Option<Arc<PageBatch>>,
    /// The row of `batch` that comes next.
    next: usize,
    /// Rows of the file before `batch`.
    before: u64,
    counter: Counter,
}

impl Rows {
    /// The rows of the file at `path`, which is called `name`. What is read is counted.
    pub fn open(
        path: &Path,
        name: String,
        columns: Arc<Columns>,
        counter: Counter,
    ) -> Result<Self, Reason> {
        Self::new(File::open(path).map_err(Reason::Read)?, name, columns, counter)
    }

    /// The rows of a file that is read from `stream`.
    pub fn copy(stream: Stream, name: String, columns: Arc<Columns>) -> Result<Self, Reason> {
        let mut stream = stream;
        let mut file = tempfile::tempfile().map_err(Reason::Read)?;
        io::copy(&mut stream, &mut file).map_err(Reason::Read)?;
        Self::new(file, name, columns, Counter::default())
    }

    fn new(
        file: File,
        name: String,
        columns: Arc<Columns>,
        counter: Counter,
    ) -> Result<Self, Reason> {
        let metadata = guarded(|| load_metadata(&file, &columns))?;
        let schema = metadata.schema();
        if [&columns.html, &columns.text].iter().all(|name| schema.index_of(name).is_err()) {
            return Err(Reason::Parquet(no_page_column(schema, &columns)));
        }
        Ok(Self {
            file,
            name,
            columns,
            metadata,
            group: 0,
            reader: None,
            batch: None,
            next: 0,
            before: 0,
            counter,
        })
    }

    fn groups(&self) -> &[RowGroupMetaData] {
        self.metadata.metadata().row_groups()
    }

    /// Decodes the next rows. False at the end of the file.
    fn read_batch(&mut self) -> Result<bool, Reason> {
        loop {
            let Some(group) = self.groups().get(self.group) else {
                return Ok(false);
            };
            let rows = group.num_rows().max(1);
            let row_size = (group.total_byte_size() / rows).max(1);
            let on_disk = group.compressed_size().max(0) as u64;
            let reader = match &mut self.reader {
                Some(reader) => reader,
                None => {
                    let file = self.file.try_clone().map_err(Reason::Read)?;
                    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(
                        file,
                        self.metadata.clone(),
                    )
                    .with_row_groups(vec![self.group])
                    .with_batch_size((BATCH / row_size).clamp(1, MAX_BATCH_ROWS) as usize);
                    self.reader.insert(guarded(|| builder.build())?)
                }
            };
            let batch = guarded(|| reader.next().transpose())?;
            match batch {
                None => self.pass_group(),
                Some(batch) => {
                    self.counter.add(on_disk * batch.num_rows() as u64 / rows as u64);
                    self.batch = Some(Arc::new(guarded(|| PageBatch::new(&batch, &self.columns))?));
                    self.next = 0;
                    return Ok(true);
                }
            }
        }
    }

    /// Goes on with the next row group.
    fn pass_group(&mut self) {
        self.reader = None;
        self.group += 1;
        let rows = |group: &RowGroupMetaData| group.num_rows().max(0) as u64;
        self.before = self.groups()[..self.group].iter().map(rows).sum();
    }
}

impl Iterator for Rows {
    type Item = Result<Page, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(batch) = &self.batch {
                let row = self.next;
                if row < batch.len() {
                    self.next += 1;
                    let id = format!("{}:{}", self.name, self.before + self.next as u64);
                    return Some(Ok(Page { id, payload: Payload::Row(batch.clone(), row) }));
                }
                self.before += batch.len() as u64;
                self.batch = None;
            }
            match self.read_batch() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(reason) => {
                    let id = format!("{}:{}", self.name, self.before + 1);
                    let group = &self.groups()[self.group];
                    let reason = match group.file_offset() {
                        Some(offset) => format!(
                            "{reason}; the rest of row group {} (at byte {offset}) is lost",
                            self.group
                        ),
                        None => format!("{reason}; the rest of row group {} is lost", self.group),
                    };
                    self.pass_group();
                    return Some(Err(PageError { id, reason: Reason::Parquet(reason) }));
                }
            }
        }
    }
}

/// The metadata of a file, by which pages are decoded as views: they are not copied out of the pages of the
/// column.
fn load_metadata(file: &File, columns: &Columns) -> Result<ArrowReaderMetadata, ParquetError> {
    let metadata = ArrowReaderMetadata::load(file, ArrowReaderOptions::new())?;
    let as_view = |field: &FieldRef| {
        let view = match field.data_type() {
            DataType::Utf8 | DataType::LargeUtf8 => DataType::Utf8View,
            DataType::Binary | DataType::LargeBinary => DataType::BinaryView,
            _ => return field.clone(),
        };
        match [&columns.html, &columns.text].contains(&field.name()) {
            true => Arc::new(field.as_ref().clone().with_data_type(view)),
            false => field.clone(),
        }
    };
    let schema = metadata.schema();
    let fields: Fields = schema.fields.iter().map(as_view).collect();
    let schema = Schema::new_with_metadata(fields, schema.metadata.clone());
    let options = ArrowReaderOptions::new().with_schema(Arc::new(schema));
    ArrowReaderMetadata::try_new(metadata.metadata().clone(), options)
}

/// Runs the decoder, which may panic on a damaged file.
fn guarded<T, E: ToString>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, Reason> {
    match catch_unwind(AssertUnwindSafe(decode)) {
        Ok(result) => result.map_err(|error| Reason::Parquet(error.to_string())),
        Err(_) => Err(Reason::Parquet("the decoder failed on it".to_owned())),
    }
}
