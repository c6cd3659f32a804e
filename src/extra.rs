//! What comes with a page and goes out with its record untouched: the columns of its row that are not the
//! page's own, or what a WARC record says of it.

use std::borrow::Cow;
use std::fmt;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_json::WriterBuilder;
use arrow_json::writer::LineDelimited;
use arrow_schema::ArrowError;
use serde::de::{self, Deserialize, Deserializer, MapAccess};
use serde::ser::{Error as _, Serialize, SerializeMap, Serializer};
use serde_json::value::RawValue;

use crate::record;

/// A field of a JSON object, its value as it was written.
pub type JsonField = (String, Box<RawValue>);

/// What is passed through. As JSON it is a map, made to be flattened into the record's.
#[derive(Clone, Debug, Default)]
pub enum Extra {
    /// Nothing.
    #[default]
    None,
    /// Fields of a row of JSON Lines.
    Json(Vec<JsonField>),
    /// Columns of Arrow, one row.
    Columns(RecordBatch),
}

impl Extra {
    /// The fields as JSON.
    ///
    /// # Errors
    /// If a column is of a type that has no form in JSON.
    pub fn json(&self) -> Result<Cow<'_, [JsonField]>, ArrowError> {
        match self {
            Extra::None => Ok(Cow::Borrowed(&[])),
            Extra::Json(fields) => Ok(Cow::Borrowed(fields)),
            Extra::Columns(row) => json_fields(row).map(Cow::Owned),
        }
    }

    /// Bytes that it takes in memory, about.
    pub fn size(&self) -> usize {
        match self {
            Extra::None => 0,
            Extra::Json(fields) => {
                fields.iter().map(|(name, value)| name.len() + value.get().len()).sum()
            }
            Extra::Columns(row) => {
                let size = |column: &ArrayRef| column.to_data().get_slice_memory_size();
                row.columns().iter().map(|column| size(column).unwrap_or(0)).sum()
            }
        }
    }
}

fn json_fields(row: &RecordBatch) -> Result<Vec<JsonField>, ArrowError> {
    let mut line = Vec::new();
    let builder = WriterBuilder::new().with_explicit_nulls(true);
    let mut writer = builder.build::<_, LineDelimited>(&mut line);
    writer.write(row)?;
    writer.finish()?;
    drop(writer);
    let JsonFields(fields) =
        serde_json::from_slice(&line).map_err(|error| ArrowError::JsonError(error.to_string()))?;
    Ok(fields)
}

/// The fields of a JSON object in their order.
struct JsonFields(Vec<JsonField>);

impl<'de> Deserialize<'de> for JsonFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = JsonFields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<JsonFields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(JsonFields(fields))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

impl Serialize for Extra {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.json().map_err(S::Error::custom)?;
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (name, value) in &*fields {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// The name under which a column is passed through: its own, or with `input_` before it where the record has
/// a field of that name.
pub fn passed_name(name: &str) -> String {
    if record::FIELDS.contains(&name) { format!("input_{name}") } else { name.to_owned() }
}
