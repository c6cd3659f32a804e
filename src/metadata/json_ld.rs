//! The page's main entity as its JSON-LD describes it (schema.org vocabulary).
//!
//! Read leniently, since much JSON-LD is not JSON: comments around it, trailing commas, line
//! breaks inside strings. A block that stays unreadable is passed over.

use std::collections::HashMap;

use memchr::memchr_iter;
use serde_json::{Map, Value};

use super::plain;

/// What JSON-LD says about the page.
#[derive(Debug, Default, PartialEq)]
pub struct Facts {
    pub headline: Option<String>,
    pub authors: Vec<Author>,
    pub published: Option<String>,
    pub modified: Option<String>,
    pub publisher: Option<String>,
    pub lang: Option<String>,
    /// Whether the main entity is a text that somebody wrote.
    pub is_article: bool,
    /// The types of the outermost entities, the main one's first.
    pub types: Vec<String>,
}

/// An author's name as written.
#[derive(Debug, PartialEq)]
pub struct Author {
    pub name: String,
    pub is_organization: bool,
}

type Object = Map<String, Value>;

/// Nesting that is followed; deeper entities describe parts of the page.
const DEPTH: usize = 4;

/// Most objects, and most commas, in the JSON texts of a page: texts with more than is left of
/// these state nothing. A parsed object takes some 650 bytes however short its text, so that JSON
/// would be the largest part of a hostile page. (Of the pages of WCXB's development split and of
/// 143 news pages none has more than 3,433 objects and 14,665 commas.)
const MAX_OBJECTS: usize = 10_000;
const MAX_COMMAS: usize = 100_000;

/// Reads the JSON texts of a page and picks the entity that the page is about.
pub fn read(texts: &[&str], url: Option<&str>) -> Facts {
    let (mut objects, mut commas) = (MAX_OBJECTS, MAX_COMMAS);
    let mut has_room = |text: &&&str| {
        let count = |byte| memchr_iter(byte, text.as_bytes()).count();
        let left = objects.checked_sub(count(b'{')).zip(commas.checked_sub(count(b',')));
        (objects, commas) = left.unwrap_or((objects, commas));
        left.is_some()
    };
    let read = texts.iter().filter(&mut has_room);
    let values: Vec<Value> = read.flat_map(|text| parse(text)).collect();
    let mut entities = Vec::new();
    values.iter().for_each(|value| outermost(value, DEPTH, &mut entities));
    let mut by_id = HashMap::new();
    for entity in &entities {
        if let Some(id) = entity.get("@id").and_then(Value::as_str)
            && entity.len() > 1
        {
            by_id.entry(id).or_insert(*entity);
        }
    }
    let mut ranked: Vec<&Object> = entities.clone();
    ranked.sort_by_key(|entity| std::cmp::Reverse(rank(entity, url)));
    let main: Vec<&Object> =
        ranked.iter().copied().filter(|entity| rank(entity, url).0 > 0).collect();
    let text_of = |name: &str| main.iter().find_map(|entity| string(entity.get(name)?));
    let mut facts = Facts {
        headline: main.first().and_then(|entity| headline(entity)),
        authors: Vec::new(),
        published: text_of("datePublished")
            .or_else(|| text_of("dateCreated"))
            .or_else(|| text_of("uploadDate")),
        modified: text_of("dateModified"),
        publisher: None,
        lang: text_of("inLanguage"),
        is_article: main.first().is_some_and(|entity| rank(entity, url).0 == ARTICLE),
        types: ranked
            .iter()
            .flat_map(|entity| types(entity))
            .map(|t| local_name(t).to_owned())
            .collect(),
    };
    for entity in &main {
        for property in ["author", "creator"] {
            if facts.authors.is_empty()
                && let Some(value) = entity.get(property)
            {
                authors(value, &by_id, DEPTH, &mut facts.authors);
            }
        }
    }
    facts.publisher = ["publisher", "sourceOrganization"].iter().find_map(|property| {
        main.iter().find_map(|entity| {
            let mut names = Vec::new();
            authors(entity.get(*property)?, &by_id, DEPTH, &mut names);
            names.into_iter().next().map(|publisher| publisher.name)
        })
    });
    facts
}

/// The entities that stand for the page or its main content, not those that are parts of others.
fn outermost<'a>(value: &'a Value, depth: usize, out: &mut Vec<&'a Object>) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Array(items) => items.iter().for_each(|item| outermost(item, depth, out)),
        Value::Object(object) => {
            if object.contains_key("@type") {
                out.push(object);
            }
            for property in ["@graph", "mainEntity", "mainEntityOfPage"] {
                if let Some(inner) = object.get(property) {
                    outermost(inner, depth - 1, out);
                }
            }
        }
        _ => {}
    }
}

/// The rank of texts.
const ARTICLE: u8 = 4;

/// How likely the entity is what the page is about: by its type, then by its address.
/// A type of rank 0 says nothing about the page.
fn rank(entity: &Object, url: Option<&str>) -> (u8, bool) {
    let here = url.map(address_key);
    let is_here = ["url", "@id", "mainEntityOfPage"].iter().any(|property| {
        let address = match entity.get(*property) {
            Some(Value::Object(page)) => page.get("@id").and_then(Value::as_str),
            Some(value) => value.as_str(),
            None => None,
        };
        address.is_some_and(|address| Some(address_key(address)) == here)
    });
    let by_type = types(entity).map(|t| type_rank(local_name(t))).max().unwrap_or(0);
    // A video is most often embedded in the page, not its subject.
    let embedded = !is_here && types(entity).any(|t| local_name(t) == "VideoObject");
    (if embedded { 0 } else { by_type }, is_here)
}

fn type_rank(name: &str) -> u8 {
    match name {
        "Report" | "Recipe" | "HowTo" | "Question" => ARTICLE,
        _ if name.ends_with("Article") || name.ends_with("Posting") && name != "JobPosting" => {
            ARTICLE
        }
        "Product"
        | "ProductGroup"
        | "SoftwareApplication"
        | "MobileApplication"
        | "WebApplication"
        | "Course"
        | "Book"
        | "Movie"
        | "Event"
        | "JobPosting"
        | "Dataset"
        | "VideoObject"
        | "PodcastEpisode"
        | "CreativeWork"
        | "Vehicle"
        | "Hotel" => 3,
        "Review" => 2,
        _ if name.ends_with("Page") && name != "FAQPage" => 1,
        _ => 0,
    }
}

/// An address without scheme, query, fragment and closing slash.
fn address_key(url: &str) -> &str {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let url = url.strip_prefix("www.").unwrap_or(url);
    url.split(['?', '#']).next().unwrap_or(url).trim_end_matches('/')
}

fn types(entity: &Object) -> impl Iterator<Item = &str> {
    let (one, many) = match entity.get("@type") {
        Some(Value::Array(types)) => (None, types.as_slice()),
        other => (other, [].as_slice()),
    };
    one.into_iter().chain(many).filter_map(Value::as_str)
}

/// `NewsArticle` of `https://schema.org/NewsArticle` or `schema:NewsArticle`.
pub fn local_name(schema_type: &str) -> &str {
    schema_type.trim().trim_end_matches('/').rsplit(['/', '#', ':']).next().unwrap_or(schema_type)
}

fn headline(entity: &Object) -> Option<String> {
    let property = match types(entity).map(|t| type_rank(local_name(t))).max() {
        Some(ARTICLE) => "headline",
        _ => "name",
    };
    string(entity.get(property)?).or_else(|| string(entity.get("name")?))
}

fn string(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(plain(text)).filter(|t| !t.is_empty()),
        Value::Array(items) => items.iter().find_map(string),
        _ => None,
    }
}

/// Names of the persons or organizations that a value gives: a name, an object, a reference to
/// another entity, or a list of them.
fn authors(value: &Value, by_id: &HashMap<&str, &Object>, depth: usize, out: &mut Vec<Author>) {
    match value {
        Value::Array(items) if depth > 0 => {
            items.iter().for_each(|item| authors(item, by_id, depth - 1, out));
        }
        Value::String(name) => match by_id.get(name.as_str()) {
            Some(entity) => author(entity, out),
            None => push_author(value, false, out),
        },
        Value::Object(object) => {
            let known = object.get("@id").and_then(Value::as_str).and_then(|id| by_id.get(id));
            let is_named = object.contains_key("name");
            author(known.filter(|_| !is_named).unwrap_or(&object), out);
        }
        _ => {}
    }
}

fn author(entity: &Object, out: &mut Vec<Author>) {
    let is_organization = types(entity).any(|t| local_name(t).ends_with("Organization"));
    match entity.get("name") {
        Some(Value::Array(names)) => {
            names.iter().for_each(|name| push_author(name, is_organization, out))
        }
        Some(name) => push_author(name, is_organization, out),
        None => {}
    }
}

fn push_author(name: &Value, is_organization: bool, out: &mut Vec<Author>) {
    if let Some(name) = string(name).filter(|name| name.chars().any(char::is_alphanumeric)) {
        out.push(Author { name, is_organization });
    }
}

/// The values of a text: as it stands, else mended.
fn parse(text: &str) -> Vec<Value> {
    serde_json::from_str(text).map_or_else(|_| parse_mended(text), |value| vec![value])
}

/// Some pages put several values into one script; those before an error are kept.
fn parse_mended(text: &str) -> Vec<Value> {
    let mended = mend(text);
    serde_json::Deserializer::from_str(&mended).into_iter().map_while(Result::ok).collect()
}

/// Drops what stands before the first bracket and after the last (comment marks, CDATA), trailing
/// commas and block comments; escapes raw control characters inside strings, and turns a
/// backslash that escapes nothing into two.
fn mend(text: &str) -> String {
    let cdata = text.split_once("CDATA[").filter(|(before, _)| !before.contains('{'));
    let text =
        cdata.map_or(text, |(_, data)| data.rsplit_once("]]>").map_or(data, |(data, _)| data));
    let start = text.find(['{', '[']).unwrap_or(text.len());
    let end = text.rfind(['}', ']']).map_or(start, |i| (i + 1).max(start));
    let body = &text[start..end];
    let mut out = String::with_capacity(body.len());
    let mut chars = body.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '"' => {
                in_string = !in_string;
                out.push(c);
            }
            '\\' if in_string => {
                out.push(c);
                match chars.peek() {
                    Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                        out.extend(chars.next())
                    }
                    _ => out.push(c),
                }
            }
            c if in_string && c.is_control() => out.push(' '),
            '/' if !in_string && chars.peek() == Some(&'*') => {
                let mut last = ' ';
                for c in chars.by_ref() {
                    if (last, c) == ('*', '/') {
                        break;
                    }
                    last = c;
                }
            }
            '}' | ']' if !in_string => {
                let kept = out.trim_end().trim_end_matches(',').len();
                out.truncate(kept);
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_json_is_mended() {
        let text = "<!-- <![CDATA[ {\"@type\": \"Article\", /* id */ \"headline\": \"One\ntwo \\& three\", } //]]> -->";
        assert_eq!(read(&[text], None).headline.as_deref(), Some(r"One two \& three"));
        assert_eq!(read(&["{\"@type\": [", "", "}{"], None), Facts::default());
    }

    #[test]
    fn authors_are_found_by_reference_and_not_in_comments() {
        let text = r##"{"@graph": [
            {"@type": "WebPage", "url": "https://a.example/x", "datePublished": "2024-01-02"},
            {"@type": "Article", "headline": "Tom &amp; <em>Jerry</em>", "author": [{"@id": "#p"}, "Jo Roe"],
             "publisher": {"@type": "Organization", "name": "A"},
             "comment": {"@type": "Comment", "author": "Reader"}},
            {"@type": "Person", "@id": "#p", "name": "Jane Doe"}]}"##;
        let facts = read(&[text], Some("https://a.example/x?page=1"));
        let names: Vec<&str> = facts.authors.iter().map(|author| author.name.as_str()).collect();
        assert_eq!(names, ["Jane Doe", "Jo Roe"]);
        assert_eq!(facts.headline.as_deref(), Some("Tom & Jerry"));
        assert_eq!(facts.published.as_deref(), Some("2024-01-02"));
        assert_eq!(facts.publisher.as_deref(), Some("A"));
        assert_eq!(facts.types[0], "Article");
    }

    #[test]
    fn json_that_would_fill_the_memory_is_passed_over() {
        let article = r#"{"@type": "Article", "headline": "Here"}"#;
        let authors = r#"{"name": "Ann Lee"},"#.repeat(MAX_OBJECTS);
        let large =
            format!(r#"{{"@type": "Article", "headline": "Large", "author": [{authors}0]}}"#);
        assert_eq!(read(&[&large, article], None).headline.as_deref(), Some("Here"));
    }

    #[test]
    fn of_two_articles_the_one_at_the_address_counts() {
        let text = r#"[{"@type":"Article","headline":"Other","url":"https://a.example/y"},
            {"@type":"Article","headline":"This","mainEntityOfPage":{"@id":"http://www.a.example/x/"}}]"#;
        assert_eq!(read(&[text], Some("https://a.example/x")).headline.as_deref(), Some("This"));
    }
}
