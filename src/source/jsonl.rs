//! Pages in rows of [JSON Lines](https://jsonlines.org).
//!
//! [`Rows`] only cuts the stream into lines; a line is parsed when its page is loaded.

use std::{fmt, sync::Arc};

use memchr::memchr;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, Visitor};

use super::{Columns, Kind, Limits, Loaded, Page, PageError, Payload, Reason, bytes::Stream};
use crate::extra::{Extra, JsonField, passed_name};

/// The rows of one stream, each a page. Blank lines are passed over.
pub struct Rows {
    stream: Stream,
    name: String,
    line: u64,
    limits: Limits,
    columns: Arc<Columns>,
    ended: bool,
}

impl Rows {
    /// The rows of `stream`, which is called `name` where a row has no id of its own.
    pub fn new(stream: Stream, name: String, limits: Limits, columns: Arc<Columns>) -> Self {
        Self { stream, name, line: 0, limits, columns, ended: false }
    }

    /// The next line without its line feed. After one that is too long, the next is read as usual.
    fn read_line(&mut self) -> Result<Option<Vec<u8>>, Reason> {
        let limit = self.limits.max_page_bytes;
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let bytes = self.stream.fill().inspect_err(|_| self.ended = true)?;
            if bytes.is_empty() {
                self.ended = true;
                if length == 0 {
                    return Ok(None);
                }
                break;
            }
            let end = memchr(b'\n', bytes);
            let part = &bytes[..end.unwrap_or(bytes.len())];
            length += part.len();
            if length <= limit {
                line.extend_from_slice(part);
            } else {
                line = Vec::new();
            }
            let taken = part.len() + usize::from(end.is_some());
            self.stream.consume(taken);
            if end.is_some() {
                break;
            }
        }
        if length > limit {
            return Err(Reason::TooLarge { limit });
        }
        Ok(Some(line))
    }
}

impl Iterator for Rows {
    type Item = Result<Page, PageError>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.ended {
            self.line += 1;
            let line = self.read_line().transpose()?;
            if line.as_ref().is_ok_and(|line| line.trim_ascii().is_empty()) {
                continue;
            }
            let id = format!("{}:{}", self.name, self.line);
            return Some(match line {
                Ok(line) => Ok(Page { id, payload: Payload::Line(line, self.columns.clone()) }),
                Err(reason) => Err(PageError { id, reason }),
            });
        }
        None
    }
}

/// A row: the fields that make a page, and all others.
#[derive(Default)]
struct Row {
    id: Option<Id>,
    url: Option<String>,
    html: Option<String>,
    text: Option<String>,
    others: Vec<JsonField>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "`id` is neither a string nor a number")]
enum Id {
    String(String),
    Number(serde_json::Number),
}

/// Reads a row by the names of its columns.
struct ByName<'a>(&'a Columns);

impl<'de> DeserializeSeed<'de> for ByName<'_> {
    type Value = Row;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Row, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ByName<'_> {
    type Value = Row;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Row, A::Error> {
        let mut row = Row::default();
        while let Some(name) = map.next_key::<String>()? {
            if name == self.0.html {
                row.html = map.next_value()?;
            } else if name == self.0.text {
                row.text = map.next_value()?;
            } else if name == self.0.url {
                row.url = map.next_value()?;
            } else if name == self.0.id {
                row.id = map.next_value()?;
            } else {
                row.others.push((passed_name(&name), map.next_value()?));
            }
        }
        Ok(row)
    }
}

/// Parses the row at `place` (`FILE:LINE`). Its page is its HTML, or its text if it has none.
pub fn load(place: String, line: &[u8], columns: &Columns) -> Result<Loaded, PageError> {
    let line = line.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(line);
    let mut json = serde_json::Deserializer::from_slice(line);
    let row = ByName(columns).deserialize(&mut json).and_then(|row| json.end().map(|()| row));
    let row = match row {
        Ok(row) => row,
        Err(error) => {
            let column = error.column();
            // The line that the message names is that within the row.
            let mut problem = error.to_string();
            problem.truncate(problem.rfind(" at line ").unwrap_or(problem.len()));
            let reason = Reason::Row { problem, column };
            return Err(PageError { id: place, reason });
        }
    };
    let id = match row.id {
        Some(Id::String(id)) => id,
        Some(Id::Number(id)) => id.to_string(),
        None => place.clone(),
    };
    let (kind, text) = match (row.html, row.text) {
        (Some(html), _) => (Kind::Html, html),
        (None, Some(text)) => (Kind::Text, text),
        (None, None) => {
            let reason = Reason::NoContent { place };
            return Err(PageError { id, reason });
        }
    };
    Ok(Loaded { id, url: row.url, kind, text, extra: Extra::Json(row.others) })
}
