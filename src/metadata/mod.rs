//! Metadata: what a page says about itself: title, authors, date, site, language, kind.
//!
//! The page's own statements (JSON-LD, `<meta>`, microdata, `<title>`, `h1`, bylines) are gathered
//! in one walk over the document and weighed field by field; a statement is trusted by where it
//! stands and by whether others agree with it. Nothing here judges blocks: labels, where they are
//! known, only point to the title and the byline.

mod authors;
mod byline;
mod claims;
mod date;
mod json_ld;
mod language;
mod title;

use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind};
use serde::{Deserialize, Serialize};

use crate::dom::{Attr, AttrSet, Document, NodeId, Tag};
use crate::label::Label;
use crate::segment::Blocks;
use claims::Claims;
pub(crate) use claims::own_address;

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
    let mut seen = HashSet::new();
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
        (0..labels.len().min(self.blocks.len())).filter(move |&i| labels[i] == label)
    }

    /// Whether the page declares itself to be an article.
    fn is_article(&self) -> bool {
        self.data.is_article || self.claims.meta(&["og:type"]) == Some("article")
    }

    /// The host of the page's address.
    fn host(&self) -> Option<&'a str> {
        self.url?.split_once("://")?.1.split(['/', '?', '#', ':']).next()
    }

    /// The element itself and those around it, as far up as anything can be told from them.
    fn around(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        std::iter::once(id).chain(self.document.ancestors(id)).take(100)
    }

    /// Whether an element lies in a comment, answer or review by the page's microdata.
    fn is_reply(&self, id: NodeId) -> bool {
        const REPLIES: [&str; 4] = ["/Comment", "/Answer", "/Review", "/UserComments"];
        self.around(id).any(|id| {
            const TELLS: AttrSet = AttrSet::of(&[Attr::Itemprop, Attr::Itemtype]);
            self.document.attrs_where(id, TELLS).any(|(name, value)| match name {
                Attr::Itemprop => {
                    matches!(value, "comment" | "review" | "suggestedAnswer" | "acceptedAnswer")
                }
                Attr::Itemtype => REPLIES.iter().any(|reply| value.trim_end().ends_with(reply)),
                _ => false,
            })
        })
    }

    /// Whether an element lies among comments or pointers to other items, as class names tell.
    /// What holds the title too is no such part of the page, whatever it is called.
    fn is_aside(&self, anchor: &Anchor, id: NodeId) -> bool {
        let document = self.document;
        let holds_title = |id: NodeId| {
            anchor.title.is_some_and(|title| id <= title && title < document.node(id).end)
        };
        let is_aside = |id: NodeId| {
            matches!(document.node(id).tag, Tag::Nav | Tag::Footer)
                || document
                    .attrs_where(id, AttrSet::of(&[Attr::Class, Attr::Id]))
                    .any(|(_, value)| ASIDE_CLASS.is_match(value))
        };
        self.is_reply(id) || self.around(id).take_while(|&id| !holds_title(id)).any(is_aside)
    }
}

static ASIDE_CLASS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    words(&[
        "comment",
        "related",
        "sidebar",
        "recommend",
        "teaser",
        "popular",
        "trending",
        "testimonial",
        "review-",
        "read-more",
        "readmore",
        "more-",
        "widget-area",
        "widget_",
        "newsletter",
        "carousel",
        "latest",
    ])
});

/// Finds words in class names and addresses, whatever their case.
fn words(words: &[&str]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(words)
        .expect("a few short words make a small automaton")
}

/// The blocks in which a byline can stand.
struct Anchor {
    /// Indices into the blocks, the likeliest first: those labelled a byline, then those below
    /// and above the title.
    blocks: Vec<usize>,
    /// The first node of the title's block.
    title: Option<NodeId>,
}

impl Anchor {
    /// How many blocks above and below the title a byline can stand.
    const ABOVE: usize = 6;
    const BELOW: usize = 12;

    fn find(page: &Page, title: Option<&str>) -> Anchor {
        let blocks = page.blocks.iter().as_slice();
        let h1 = &page.claims.h1;
        let is_heading =
            |&i: &usize| page.document.node(blocks[i].node).tag.heading_level().is_some();
        let in_h1 = |&i: &usize| {
            let end = page.document.node(blocks[i].node).end;
            h1.get(h1.partition_point(|h1| h1.node < blocks[i].node))
                .is_some_and(|h1| h1.node < end)
        };
        let title = title.map(key).unwrap_or_default();
        let letters = title.chars().count() as u32;
        let is_title = |&i: &usize| {
            letters > 0
                && (letters..=2 * letters).contains(&blocks[i].chars)
                && key_chars(page.blocks.text(&blocks[i])).eq(title.chars())
        };
        let titles: Vec<usize> = (0..blocks.len()).filter(is_title).collect();
        let known = titles
            .iter()
            .copied()
            .find(in_h1)
            .or_else(|| titles.iter().copied().find(is_heading))
            .or_else(|| page.labelled(Label::Title).next())
            .or_else(|| titles.last().copied());
        let first_h1 = || {
            let first = h1.first()?.node;
            Some(blocks.partition_point(|block| block.last < first)).filter(|&at| at < blocks.len())
        };
        let mut near: Vec<usize> =
            page.labelled(Label::Byline).take(Anchor::ABOVE + Anchor::BELOW).collect();
        if let Some(at) = known.or_else(first_h1) {
            let window = (at + 1..blocks.len().min(at + 1 + Anchor::BELOW))
                .chain((at.saturating_sub(Anchor::ABOVE)..at).rev());
            near.extend(window.filter(|&i| {
                page.labels.is_none_or(|labels| labels.get(i) != Some(&Label::Byline))
            }));
        }
        Anchor { blocks: near, title: known.map(|i| blocks[i].first) }
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
    key_chars(text).collect()
}

fn key_chars(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    fn read(html: &str, url: Option<&str>) -> Metadata {
        let document = dom::parse(html);
        metadata(&document, &Blocks::of_document(&document), None, url)
    }

    #[test]
    fn a_page_that_declares_all_is_read_from_its_head() {
        let page = read(
            r#"<html lang=en_gb><title>Tide turns | The Harbour</title>
            <link rel=canonical href="https://harbour.example/tide">
            <meta property=og:site_name content="The Harbour"><meta property=og:type content=article>
            <script type="application/ld+json">{"@type":"NewsArticle","headline":"Tide turns",
              "datePublished":"2024-03-12T09:30+0100","author":{"name":"Jane Doe","@type":"Person"}}</script>
            <h1>Tide turns</h1><p>Text."#,
            None,
        );
        assert_eq!(page.url.as_deref(), Some("https://harbour.example/tide"));
        assert_eq!(page.title.as_deref(), Some("Tide turns"));
        assert_eq!(page.authors, ["Jane Doe"]);
        assert_eq!(page.date.as_deref(), Some("2024-03-12T09:30:00+01:00"));
        assert_eq!(page.site.as_deref(), Some("The Harbour"));
        assert_eq!(page.lang.as_deref(), Some("en-GB"));
        assert_eq!(page.types, ["NewsArticle", "article"]);
    }

    #[test]
    fn a_page_that_declares_nothing_is_read_from_its_byline() {
        let page = read(
            "<title>Hafen im Nebel - Küstenblatt</title><nav>Start</nav><h1>Hafen im Nebel</h1>
            <div>Von Anna Groß und Karl Klein | 3. Mai 2023</div><p>Text.
            <div class=comments><p>By Some Body, 4. Mai 2023</div>",
            None,
        );
        assert_eq!(page.title.as_deref(), Some("Hafen im Nebel"));
        assert_eq!(page.authors, ["Anna Groß", "Karl Klein"]);
        assert_eq!(page.date.as_deref(), Some("2023-05-03"));
    }

    #[test]
    fn labels_point_to_title_and_byline() {
        let text = "<p>Text.".repeat(20);
        let document = dom::parse(&format!("<p>Old<p>Low tide{text}<p>By Jane Doe, 3 May 2023"));
        let blocks = Blocks::of_document(&document);
        let mut labels = vec![Label::Body; blocks.len()];
        (labels[0], labels[1], labels[22]) = (Label::Nav, Label::Title, Label::Byline);
        let page = metadata(&document, &blocks, Some(&labels), None);
        assert_eq!(page.title.as_deref(), Some("Low tide"));
        assert_eq!(page.authors, ["Jane Doe"]);
    }

    #[test]
    fn what_a_page_does_not_say_is_not_known() {
        let page =
            read("<p>Home</p><p>Standings of Seattle, 4/5</p>", Some("https://example.com/a"));
        assert_eq!(
            page,
            Metadata { url: Some("https://example.com/a".into()), ..Default::default() }
        );
    }
}
