//! Records: what is written of a page, field by field, and the forms of it that are not JSON.
//!
//! A [`Record`] holds results; how they were found, and where bytes go, is decided elsewhere.

use std::io::Write;
use std::path::PathBuf;

use serde::{Deserialize, Serialize, Serializer};

use crate::extra::Extra;
use crate::label::Label;
use crate::page_type::PageType;

/// The names of a record's fields, in their order.
pub const FIELDS: [&str; 11] = [
    "id",
    "url",
    "title",
    "authors",
    "date",
    "site",
    "lang",
    "page_type",
    "text",
    "confidence",
    "blocks",
];

/// A record and what its page brought along. As JSON it is one object.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// The record.
    #[serde(flatten)]
    pub record: Record,
    /// What is passed through.
    #[serde(flatten)]
    pub extra: Extra,
}

/// One page's result: a line of JSON Lines, a row of Parquet. Fields are written in this order.
///
/// What is not known is null, never guessed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The page's path relative to the input, its WARC record id, or the id of its JSONL row.
    pub id: String,
    /// Its address.
    pub url: Option<String>,
    /// The headline of its main item.
    pub title: Option<String>,
    /// Names of the authors of its main item, at least one, in the page's order.
    pub authors: Option<Vec<String>>,
    /// When its main item was published: ISO 8601, a date or a date with time.
    pub date: Option<String>,
    /// The name of the publication.
    pub site: Option<String>,
    /// The language of its text: BCP 47, such as `en` or `pt-BR`.
    pub lang: Option<String>,
    /// The likeliest type of page; null for plain text.
    pub page_type: Option<PageType>,
    /// The kept blocks as one text, without a line feed at its end; empty where none is kept.
    pub text: String,
    /// An estimate of the word F1 that the text has, from 0 to 1.
    #[serde(serialize_with = "rounded")]
    pub confidence: f32,
    /// All blocks, kept or not, in the order of the page; missing unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<BlockRecord>>,
}

/// What is written of a block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// The most probable label.
    pub label: Label,
    /// The model's probability of that label, from 0 to 1.
    #[serde(serialize_with = "rounded")]
    pub score: f32,
    /// The text, white space folded.
    pub text: String,
    /// The name of the innermost block-level element that holds it; null in plain text.
    pub tag: Option<String>,
}

/// Rounds a probability to four digits. Written so, output is short, and the last bits of a
/// sum, which differ between machines, do not show in it.
pub fn round(probability: f32) -> f32 {
    (f64::from(probability) * 1e4).round() as f32 / 1e4
}

fn rounded<S: Serializer>(probability: &f32, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f32(round(*probability))
}

/// A row of the table of blocks.
#[derive(Serialize)]
struct BlockRow<'a> {
    id: &'a str,
    index: usize,
    label: Label,
    score: f32,
    tag: Option<&'a str>,
    text: &'a str,
}

/// Writes the header of the table of blocks: `id,index,label,score,tag,text`.
///
/// # Errors
///
/// Of the stream.
pub fn write_block_header<W: Write>(out: &mut csv::Writer<W>) -> csv::Result<()> {
    out.write_record(["id", "index", "label", "score", "tag", "text"])
}

/// Writes a page's blocks as rows of a table, counted from 0 in the order of the page; nothing
/// for a record without blocks. `out` is a writer made with `has_headers(false)`.
///
/// # Errors
///
/// Of the stream.
pub fn write_block_rows<W: Write>(out: &mut csv::Writer<W>, record: &Record) -> csv::Result<()> {
    for (index, block) in record.blocks.iter().flatten().enumerate() {
        out.serialize(BlockRow {
            id: &record.id,
            index,
            label: block.label,
            score: round(block.score),
            tag: block.tag.as_deref(),
            text: &block.text,
        })?;
    }
    Ok(())
}

/// The file of a page in a directory with one file a page: its id and the extension.
///
/// The path is relative and stays inside the directory, whatever the id. Characters that some
/// file system forbids, and parts of a path that are empty or only dots, are percent-encoded, so
/// that no two ids share a file.
pub fn file_name(id: &str, extension: &str) -> PathBuf {
    let parts: Vec<String> = id
        .split('/')
        .map(|part| match part {
            "" => "%".to_owned(),
            "." => "%2E".to_owned(),
            ".." => "%2E%2E".to_owned(),
            part => part.chars().map(file_char).collect(),
        })
        .collect();
    PathBuf::from(format!("{}.{extension}", parts.join("/")))
}

fn file_char(c: char) -> String {
    let is_plain = !c.is_control() && !r#"%\:*?"<>|"#.contains(c);
    let mut bytes = [0; 4];
    let text = c.encode_utf8(&mut bytes);
    if is_plain { text.to_owned() } else { text.bytes().map(|b| format!("%{b:02X}")).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(blocks: Option<Vec<BlockRecord>>) -> Record {
        Record {
            id: "a.html".to_owned(),
            url: None,
            title: Some("A".to_owned()),
            authors: None,
            date: None,
            site: None,
            lang: None,
            page_type: None,
            text: "One".to_owned(),
            confidence: 0.987_654_3,
            blocks,
        }
    }

    fn block() -> BlockRecord {
        let (text, tag) = ("One,\n\"two\"".to_owned(), Some("p".to_owned()));
        BlockRecord { label: Label::Body, score: 1.0 / 3.0, text, tag }
    }

    #[test]
    fn json_has_the_fields_in_order_and_null_for_the_unknown() {
        let json = serde_json::to_string(&record(None)).unwrap();
        let fields = r#"{"id":"a.html","url":null,"title":"A","authors":null,"date":null,"#;
        let rest = r#""site":null,"lang":null,"page_type":null,"text":"One","confidence":0.9877}"#;
        assert_eq!(json, [fields, rest].concat());

        let json = serde_json::to_string(&record(Some(vec![block()]))).unwrap();
        let blocks =
            r#","blocks":[{"label":"body","score":0.3333,"text":"One,\n\"two\"","tag":"p"}]}"#;
        assert!(json.ends_with(blocks), "{json}");
        let fields: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&json).unwrap();
        let mut names: Vec<&str> = fields.keys().map(String::as_str).collect();
        let mut expected = FIELDS;
        names.sort_unstable();
        expected.sort_unstable();
        assert_eq!(names, expected);
        let read: Record = serde_json::from_str(&json).unwrap();
        assert_eq!(read.blocks.unwrap()[0].label, Label::Body);
    }

    #[test]
    fn a_row_of_csv_a_block() {
        let mut out = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        write_block_header(&mut out).unwrap();
        write_block_rows(&mut out, &record(Some(vec![block(), block()]))).unwrap();
        let table = String::from_utf8(out.into_inner().unwrap()).unwrap();
        let row = "body,0.3333,p,\"One,\n\"\"two\"\"\"\n";
        assert_eq!(table, format!("id,index,label,score,tag,text\na.html,0,{row}a.html,1,{row}"));
    }

    #[test]
    fn no_id_writes_outside_the_directory_or_over_another() {
        assert_eq!(file_name("sub/a.html", "md"), PathBuf::from("sub/a.html.md"));
        assert_eq!(file_name("/../etc", "txt"), PathBuf::from("%/%2E%2E/etc.txt"));
        assert_eq!(file_name("<urn:uuid:1>", "md"), PathBuf::from("%3Curn%3Auuid%3A1%3E.md"));
        assert_ne!(file_name("a?", "md"), file_name("a%3F", "md"));
    }
}
