//! Metadata: what a page says about itself: title, authors, date, site, language, kind.
//!
//! The page's own statements (JSON-LD, `<meta>`, microdata, `<title>`, `h1`, bylines) are gathered
//! in one walk over the document and weighed field by field; a statement is trusted by where it
//! stands and by whether others agree with it. Nothing here judges blocks: labels, where they are
//! known, only point to the title and the byline.

mod authors;
mod claims;
mod date;
mod json_ld;
mod language;
mod title;

use serde::{Deserialize, Serialize};

use crate::dom::{Document, NodeId};
use crate::label::Label;
use crate::segment::{Block, Blocks};
use claims::Claims;

/// A page's metadata. A field that is not known is `None` or empty, never guessed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// The address: the caller's, else the canonical one that the page names.
    pub url: Option<String>,
    /// The headline, without the site's name.
    pub title: Option<String>,
    /// The authors' names in the order given, without titles, roles or addresses.
    pub authors: Vec<String>,
    /// When the page was published, else last changed: an ISO 8601 date or date-time, as precise
    /// as the page says.
    pub date: Option<String>,
    /// The name of the site or publisher.
    pub site: Option<String>,
    /// The language of the text, a BCP 47 tag.
    pub lang: Option<String>,
    /// What kinds of thing the page declares itself to be: schema.org types without their address
    /// (`NewsArticle`), then the `og:type` (`article`). No value twice.
    pub types: Vec<String>,
}

/// Reads a page's metadata. `labels` has one label for each of `blocks`, where they are known;
/// `url` is where the page was fetched from.
pub fn metadata(
    document: &Document,
    blocks: &Blocks,
    labels: Option<&[Label]>,
    url: Option<&str>,
) -> Metadata {
    let claims = Claims::gather(document);
    let data = json_ld::read(&claims.json_ld, url.or(claims.canonical));
    let url = url.or(claims.canonical).or_else(|| claims.meta(&["og:url"])).map(str::to_owned);
    let site = claims
        .meta(&["og:site_name"])
        .map(plain)
        .or_else(|| data.publisher.clone())
        .or_else(|| claims.meta(&["application-name", "dc.publisher"]).map(plain));
    let page = Page { document, blocks, labels, claims: &claims, data: &data, url: url.as_deref() };
    let lang = language::of(&page);
    let title = title::of(&page, site.as_deref());
    let anchor = Anchor::find(&page, title.as_deref());
    let authors = authors::of(&page, &anchor, site.as_deref());
    let date = date::of(&page, &anchor, lang.as_deref());
    let mut types = data.types;
    types.extend(claims.item_types.iter().map(|t| json_ld::local_name(t).to_owned()));
    types.extend(claims.meta(&["og:type"]).map(str::to_owned));
    let mut seen = std::collections::HashSet::new();
    types.retain(|t| seen.insert(t.clone()));
    Metadata { url, title, authors, date, site, lang, types }
}

/// What the fields are read from.
struct Page<'a> {
    document: &'a Document,
    blocks: &'a Blocks,
    labels: Option<&'a [Label]>,
    claims: &'a Claims<'a>,
    data: &'a json_ld::Facts,
    url: Option<&'a str>,
}

impl<'a> Page<'a> {
    /// The indices of the blocks with this label; none where labels are not known.
    fn labelled(&self, label: Label) -> impl Iterator<Item = usize> + use<'a> {
        let labels = self.labels.unwrap_or_default();
        (0..labels.len()).filter(move |&i| labels[i] == label)
    }

    /// The host of the page's address without `www.`.
    fn host(&self) -> Option<&'a str> {
        let (_, rest) = self.url?.split_once("://")?;
        let host = rest.split(['/', '?', '#', ':']).next()?;
        Some(host.strip_prefix("www.").unwrap_or(host))
    }
}

/// The blocks in which a byline can stand: those labelled so, else those around the title.
struct Anchor {
    /// Indices into the blocks, the likeliest first.
    blocks: Vec<usize>,
    /// The first node of the title's block.
    title: Option<NodeId>,
}

impl Anchor {
    /// How many blocks above and below the title a byline can stand.
    const ABOVE: usize = 6;
    const BELOW: usize = 12;

    fn find(page: &Page, title: Option<&str>) -> Anchor {
        let blocks: Vec<&Block> = page.blocks.iter().collect();
        let in_heading = |i: usize| {
            let end = page.document.node(blocks[i].node).end;
            let next = page.claims.h1.partition_point(|h1| h1.node < blocks[i].node);
            page.claims.h1.get(next).is_some_and(|h1| h1.node < end)
        };
        let is_heading = |i: usize| page.document.node(blocks[i].node).tag.heading_level().is_some();
        let title_key = title.map(key).unwrap_or_default();
        let letters = title_key.chars().count() as u32;
        let is_title = |i: usize| {
            (letters..=2 * letters).contains(&blocks[i].chars) && key(page.blocks.text(blocks[i])) == title_key
        };
        let titles: Vec<usize> = (0..blocks.len()).filter(|&i| letters > 0 && is_title(i)).collect();
        let headings = page.claims.h1.iter().map(|h1| blocks.partition_point(|block| block.last < h1.node));
        let at = titles
            .iter()
            .copied()
            .find(|&i| in_heading(i))
            .or_else(|| titles.iter().copied().find(|&i| is_heading(i)))
            .or_else(|| page.labelled(Label::Title).next())
            .or_else(|| titles.last().copied())
            .or_else(|| headings.into_iter().next())
            .filter(|&at| at < blocks.len());
        let mut near: Vec<usize> = page.labelled(Label::Byline).take(Anchor::ABOVE + Anchor::BELOW).collect();
        if near.is_empty()
            && let Some(at) = at
        {
            near.extend(at + 1..blocks.len().min(at + 1 + Anchor::BELOW));
            near.extend((at.saturating_sub(Anchor::ABOVE)..at).rev());
        }
        Anchor { blocks: near, title: at.map(|i| blocks[i].first) }
    }
}

/// A value as plain text: mark-up and entities resolved, white space folded, soft hyphens and
/// other marks that print nothing removed. Pages often escape a value twice.
fn plain(value: &str) -> String {
    let marked_up = value.contains('<') || value.contains('&') && value.contains(';');
    if marked_up {
        let document = crate::dom::parse(value);
        fold(&document.text_content(0))
    } else {
        fold(value)
    }
}

/// White space folded to single spaces, and characters that print nothing removed.
fn fold(text: &str) -> String {
    let visible = |c: &char| !matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}');
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        let start = out.len();
        if start > 0 {
            out.push(' ');
        }
        let filled = out.len();
        out.extend(word.chars().filter(visible).filter(|c| !c.is_control()));
        if out.len() == filled {
            out.truncate(start);
        }
    }
    out
}

/// Letters and digits only, lower case: what two spellings of one headline share.
fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}
