//! Pages and records as [Arrow](https://arrow.apache.org) record batches: a batch of pages in, a batch of
//! records out.
//!
//! [`clean`] is the whole way for those who have batches in memory; the readers and writers of Parquet use
//! its two ends, [`PageBatch`] and [`records`].
//!
//! ```
//! use std::sync::Arc;
//! use arrow_array::{ArrayRef, RecordBatch, StringArray, cast::AsArray};
//! use dehusk::{batch, extract::{Extractor, Options}, source::{Columns, Limits}};
//!
//! let html: ArrayRef = Arc::new(StringArray::from(vec!["<p>The tide comes in twice a day, and leaves.</p>"]));
//! let pages = RecordBatch::try_from_iter([("html", html)])?;
//! let (extractor, options) = (Extractor::default(), Options::default());
//! let (records, failed) =
//!     batch::clean(&pages, &Columns::default(), &Limits::default(), &extractor, &options)?;
//! assert!(failed.is_empty());
//! assert!(records["text"].as_string::<i32>().value(0).starts_with("The tide"));
//! # Ok::<(), arrow_schema::ArrowError>(())
//! ```

use std::sync::Arc;

use arrow_array::builder::{Float32Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{
    Array, ArrayRef, Float32Array, RecordBatch, RecordBatchOptions, StringArray, new_null_array,
};
use arrow_cast::cast;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};
use arrow_select::concat::concat;

use crate::encoding;
use crate::extra::{Extra, passed_name};
use crate::extract::{Extractor, Options};
use crate::page_type::PageType;
use crate::record::{self, BlockRecord, Record, Row};
use crate::source::{Columns, Kind, Limits, Loaded, PageError, Reason};

/// The column that holds what is passed through from rows of JSON Lines: an object of JSON.
const JSON_EXTRA: &str = "extra";

/// Extracts every page of a batch. The batch that is returned has the columns of [`schema`], and then those of
/// `pages` that are not [`Columns`]; pages that fail have no row in it.
///
/// This is one thread's work; batches can be worked on in parallel.
///
/// # Errors
/// If `pages` has no column with pages, or one of another type.
pub fn clean(
    pages: &RecordBatch,
    columns: &Columns,
    limits: &Limits,
    extractor: &Extractor,
    options: &Options,
) -> Result<(RecordBatch, Vec<PageError>), ArrowError> {
    let pages = PageBatch::new(pages, columns)?;
    let (mut rows, mut failed) = (Vec::new(), Vec::new());
    for row in 0..pages.len() {
        let page = pages.load(row, row.to_string(), limits);
        match page.and_then(|page| extractor.extract_row(page, options)) {
            Ok(row) => rows.push(row),
            Err(error) => failed.push(error),
        }
    }
    let schema = schema(options.blocks, &pages.others.schema().fields);
    Ok((records(&rows, &schema)?, failed))
}

/// Rows with pages.
#[derive(Debug)]
pub struct PageBatch {
    html: Option<ArrayRef>,
    text: Option<ArrayRef>,
    url: Option<StringArray>,
    id: Option<StringArray>,
    others: RecordBatch,
}

impl PageBatch {
    /// Finds the columns. Pages are strings or bytes, ids and addresses whatever can be written as a string.
    ///
    /// # Errors
    /// If there is no column with pages, or one of another type.
    pub fn new(batch: &RecordBatch, columns: &Columns) -> Result<PageBatch, ArrowError> {
        let pages =
            |name: &str| batch.column_by_name(name).map(|c| page_column(name, c)).transpose();
        let strings = |name: &str| -> Result<Option<StringArray>, ArrowError> {
            let column = batch.column_by_name(name).map(|column| cast(column, &DataType::Utf8));
            Ok(column.transpose()?.map(|column| column.as_string().clone()))
        };
        let (html, text) = (pages(&columns.html)?, pages(&columns.text)?);
        if html.is_none() && text.is_none() {
            return Err(ArrowError::SchemaError(no_page_column(&batch.schema(), columns)));
        }
        let schema = batch.schema();
        let others = schema.fields.iter().zip(batch.columns());
        let (fields, others): (Vec<Field>, Vec<ArrayRef>) = others
            .filter(|(field, _)| !columns.has(field.name()))
            .map(|(field, column)| {
                let name = passed_name(field.name());
                let field = Field::new(name, field.data_type().clone(), true);
                (field, column.clone())
            })
            .unzip();
        let rows = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let others =
            RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), others, &rows)?;
        Ok(PageBatch { html, text, url: strings(&columns.url)?, id: strings(&columns.id)?, others })
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.others.num_rows()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The page in a row, which is called `place` if it has no id.
    ///
    /// # Errors
    /// If the row has no page, or one larger than allowed.
    pub fn load(&self, row: usize, place: String, limits: &Limits) -> Result<Loaded, PageError> {
        let string = |column: &Option<StringArray>| {
            column.as_ref().filter(|c| c.is_valid(row)).map(|c| c.value(row).to_owned())
        };
        let (kind, (bytes, is_string)) = match (cell(&self.html, row), cell(&self.text, row)) {
            (Some(html), _) => (Kind::Html, html),
            (None, Some(text)) => (Kind::Text, text),
            (None, None) => {
                return Err(PageError { id: place.clone(), reason: Reason::NoContent { place } });
            }
        };
        let limit = limits.max_page_bytes;
        if bytes.len() > limit {
            return Err(PageError { id: place, reason: Reason::TooLarge { limit } });
        }
        let (text, _) = match kind {
            _ if is_string => (String::from_utf8_lossy(bytes), encoding_rs::UTF_8),
            Kind::Html => encoding::decode_html(bytes, None),
            Kind::Text => encoding::decode_text(bytes, None),
        };
        let extra = match self.others.num_columns() {
            0 => Extra::None,
            _ => Extra::Columns(self.others.slice(row, 1)),
        };
        Ok(Loaded {
            id: string(&self.id).unwrap_or(place),
            url: string(&self.url),
            kind,
            text: text.into_owned(),
            extra,
        })
    }
}

/// Why these columns hold no pages.
pub fn no_page_column(schema: &Schema, columns: &Columns) -> String {
    let names: Vec<&str> = schema.fields.iter().map(|field| field.name().as_str()).collect();
    let (html, text) = (&columns.html, &columns.text);
    format!("neither a column {html:?} nor {text:?} among the columns {}", names.join(", "))
}

fn page_column(name: &str, column: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    use DataType::{Binary, BinaryView, Dictionary, LargeBinary, LargeUtf8, Utf8, Utf8View};
    match column.data_type() {
        Utf8 | LargeUtf8 | Utf8View | Binary | LargeBinary | BinaryView => Ok(column.clone()),
        Dictionary(_, of) => page_column(name, &cast(column, of)?),
        other => Err(ArrowError::SchemaError(format!(
            "the column {name:?} is {other} and not strings or bytes"
        ))),
    }
}

/// A page's bytes, if there is one, and whether they are a string.
fn cell(column: &Option<ArrayRef>, row: usize) -> Option<(&[u8], bool)> {
    let column = column.as_ref().filter(|column| column.is_valid(row))?;
    Some(match column.data_type() {
        DataType::Utf8 => (column.as_string::<i32>().value(row).as_bytes(), true),
        DataType::LargeUtf8 => (column.as_string::<i64>().value(row).as_bytes(), true),
        DataType::Utf8View => (column.as_string_view().value(row).as_bytes(), true),
        DataType::Binary => (column.as_binary::<i32>().value(row), false),
        DataType::LargeBinary => (column.as_binary::<i64>().value(row), false),
        _ => (column.as_binary_view().value(row), false),
    })
}

/// The columns of records, with or without `blocks`, and then those that are passed through.
pub fn schema(blocks: bool, extra: &Fields) -> SchemaRef {
    let string = |name, nullable| Field::new(name, DataType::Utf8, nullable);
    let mut fields = vec![
        string("id", false),
        string("url", true),
        string("title", true),
        Field::new_list("authors", Field::new_list_field(DataType::Utf8, false), true),
        string("date", true),
        string("site", true),
        string("lang", true),
        string("page_type", true),
        string("text", false),
        Field::new("confidence", DataType::Float32, false),
    ];
    if blocks {
        let block = Field::new_list_field(DataType::Struct(block_fields()), false);
        fields.push(Field::new_list("blocks", block, true));
    }
    let fields = fields.into_iter().map(FieldRef::from).chain(extra.iter().cloned());
    Arc::new(Schema::new(fields.collect::<Fields>()))
}

fn block_fields() -> Fields {
    Fields::from(vec![
        Field::new("label", DataType::Utf8, false),
        Field::new("score", DataType::Float32, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("tag", DataType::Utf8, true),
    ])
}

/// The columns that are passed through with these rows: those of the first row that has any.
pub fn extra_fields(rows: &[Row]) -> Fields {
    rows.iter().find_map(|row| fields_of(&row.extra)).unwrap_or_default()
}

/// The columns that a row passes through; none where it passes nothing through.
fn fields_of(extra: &Extra) -> Option<Fields> {
    match extra {
        Extra::None => None,
        Extra::Json(_) => Some(Fields::from(vec![Field::new(JSON_EXTRA, DataType::Utf8, true)])),
        Extra::Columns(row) => Some(row.schema().fields.clone()),
    }
}

/// Records as a batch with the columns of `schema`, which [`schema`] made.
///
/// # Errors
/// If a row passes other columns through than `schema` has.
pub fn records(rows: &[Row], schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let strings = |get: fn(&Record) -> Option<&str>| -> ArrayRef {
        Arc::new(rows.iter().map(|row| get(&row.record)).collect::<StringArray>())
    };
    let confidence = rows.iter().map(|row| record::round(row.record.confidence));
    let mut columns = vec![
        strings(|record| Some(&record.id)),
        strings(|record| record.url.as_deref()),
        strings(|record| record.title.as_deref()),
        authors(rows),
        strings(|record| record.date.as_deref()),
        strings(|record| record.site.as_deref()),
        strings(|record| record.lang.as_deref()),
        strings(|record| record.page_type.map(PageType::as_str)),
        strings(|record| Some(&record.text)),
        Arc::new(Float32Array::from_iter_values(confidence)),
    ];
    if schema.fields.get(columns.len()).is_some_and(|field| field.name() == "blocks") {
        columns.push(blocks(rows));
    }
    columns.extend(extra(rows, &schema.fields[columns.len()..])?);
    RecordBatch::try_new(schema.clone(), columns)
}

fn authors(rows: &[Row]) -> ArrayRef {
    let item = Field::new_list_field(DataType::Utf8, false);
    let mut list = ListBuilder::new(StringBuilder::new()).with_field(item);
    for row in rows {
        list.append_option(row.record.authors.as_ref().map(|names| names.iter().map(Some)));
    }
    Arc::new(list.finish())
}

fn blocks(rows: &[Row]) -> ArrayRef {
    let item = Field::new_list_field(DataType::Struct(block_fields()), false);
    let builder = StructBuilder::from_fields(block_fields(), 0);
    let mut list = ListBuilder::new(builder).with_field(item);
    for row in rows {
        for block in row.record.blocks.iter().flatten() {
            append_block(list.values(), block);
        }
        list.append(row.record.blocks.is_some());
    }
    Arc::new(list.finish())
}

fn append_block(builder: &mut StructBuilder, block: &BlockRecord) {
    let strings = [
        (0, Some(block.label.as_str())),
        (2, Some(block.text.as_str())),
        (3, block.tag.as_deref()),
    ];
    for (field, value) in strings {
        if let Some(column) = builder.field_builder::<StringBuilder>(field) {
            column.append_option(value);
        }
    }
    if let Some(column) = builder.field_builder::<Float32Builder>(1) {
        column.append_value(record::round(block.score));
    }
    builder.append(true);
}

/// The columns that are passed through.
fn extra(rows: &[Row], fields: &[FieldRef]) -> Result<Vec<ArrayRef>, ArrowError> {
    for row in rows {
        if let Some(own) = fields_of(&row.extra)
            && own[..] != *fields
        {
            let names = |fields: &[FieldRef]| {
                let names: Vec<&str> = fields.iter().map(|field| field.name().as_str()).collect();
                if names.is_empty() { "none".to_owned() } else { names.join(", ") }
            };
            return Err(ArrowError::SchemaError(format!(
                "{} passes other columns through ({}) than the rows before it ({}): write these inputs to files of their own, or as JSON Lines",
                row.record.id,
                names(&own),
                names(fields)
            )));
        }
    }
    if rows.iter().any(|row| matches!(row.extra, Extra::Json(_))) {
        let column: StringArray = rows.iter().map(|row| json_object(&row.extra)).collect();
        return Ok(vec![Arc::new(column)]);
    }
    let column = |(at, field): (usize, &FieldRef)| {
        let null = new_null_array(field.data_type(), 1);
        let cells: Vec<&dyn Array> = rows
            .iter()
            .map(|row| match &row.extra {
                Extra::Columns(row) => row.column(at).as_ref(),
                _ => null.as_ref(),
            })
            .collect();
        match cells.is_empty() {
            true => Ok(new_null_array(field.data_type(), 0)),
            false => concat(&cells),
        }
    };
    fields.iter().enumerate().map(column).collect()
}

fn json_object(extra: &Extra) -> Option<String> {
    match extra {
        Extra::Json(fields) if !fields.is_empty() => serde_json::to_string(extra).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{BinaryArray, Int64Array};

    use super::*;

    const PAGE: &str = "<p>The tide comes in twice a day, and it leaves twice a day.</p>";

    fn run(columns: Vec<(&str, ArrayRef)>, names: &Columns) -> (RecordBatch, Vec<String>) {
        let pages = RecordBatch::try_from_iter(columns).unwrap();
        let options = Options { blocks: true, ..Options::default() };
        let (records, failed) =
            clean(&pages, names, &Limits::default(), &Extractor::default(), &options).unwrap();
        (records, failed.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_batch_in_is_a_batch_out_with_its_other_columns() {
        let names = Columns { html: "raw".into(), ..Columns::default() };
        let latin = PAGE.replace("day.", "d\u{e9}.");
        let latin: Vec<u8> = latin.chars().map(|c| c as u8).collect();
        let raw = BinaryArray::from_opt_vec(vec![Some(PAGE.as_bytes()), None, Some(&latin)]);
        let (records, failed) = run(
            vec![
                ("raw", Arc::new(raw)),
                ("id", Arc::new(Int64Array::from(vec![7, 8, 9]))),
                ("title", Arc::new(StringArray::from(vec!["a", "b", "c"]))),
                ("n", Arc::new(Int64Array::from(vec![Some(1), Some(2), None]))),
            ],
            &names,
        );
        assert_eq!(failed, ["1: neither HTML nor text in 1"]);
        let schema = records.schema();
        let names: Vec<&str> = schema.fields.iter().map(|field| field.name().as_str()).collect();
        assert_eq!(names, [&record::FIELDS[..], &["input_title", "n"]].concat());
        let string = |name: &str, row| records[name].as_string::<i32>().value(row);
        assert_eq!((string("id", 0), string("id", 1)), ("7", "9"));
        assert!(string("text", 1).ends_with("twice a d\u{e9}."));
        assert_eq!((string("input_title", 1), records["n"].is_null(1)), ("c", true));
        assert_eq!(records["blocks"].as_list::<i32>().value(0).len(), 1);
    }

    #[test]
    fn a_batch_without_pages_says_which_columns_it_has() {
        let ids: ArrayRef = Arc::new(StringArray::from(vec!["a"]));
        let batch = RecordBatch::try_from_iter([("content", ids)]).unwrap();
        let error = PageBatch::new(&batch, &Columns::default()).unwrap_err().to_string();
        assert!(error.ends_with("among the columns content"), "{error}");
    }
}
