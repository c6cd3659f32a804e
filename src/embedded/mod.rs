//! The content of pages whose elements hold none: text that a page carries as data and builds
//! itself from once its scripts run.
//!
//! Sites written as programs serve an empty shell and the article, the product or the posts as
//! data: JSON-LD, the state object of a framework (`__NEXT_DATA__`, `window.__STATE__ = {…}`,
//! pushed rows), a JSON script, a JSON attribute. All are read in one way, by shape and not by
//! site: `scripts` finds the data, `literals` its strings with the keys they stand under, and
//! here the strings of one path that read most like a page's text are picked. Where there are
//! none, a description in the head that is long enough to be the text's beginning will do.
//!
//! What is picked is laid out as elements at the page's end, and the page is judged again: what
//! of it is content, and whether any is, the classifier says as of every other block.
//!
//! A page's data also holds what is *not* its content, such as messages, menus and other articles.
//! So it is asked only where the blocks of the page are expected to hold next to nothing; a
//! page with text of its own never gets here, and costs nothing.

mod javascript;
mod literals;
mod scripts;

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

use crate::dom::{self, Attr, AttrSet, Document, Tag};
use crate::measures::words;
use crate::model::Scores;
use crate::segment::{Block, Blocks};
use literals::{Literal, Literals, Shape, ShapeId};
use scripts::{Carrier, carriers};

/// From this many characters of expected content on, a page's own blocks are its content. (By
/// cross-validation on 1,638 pages with gold texts; with 400 or more, data about other items of
/// the page took the place of what little text it had, and word F1 fell.)
const ENOUGH_CHARS: f32 = 120.0;
/// Data with fewer words of content than this are taken for a teaser or a notice.
const MIN_WORDS: usize = 250;
/// The same of JSON-LD, which is about the page.
const MIN_WORDS_LD: usize = 50;
/// Descriptions of fewer bytes are written for search results: of the longest ones of 1,640
/// pages nine in ten.
const MIN_DESCRIPTION: usize = 300;
/// A string with fewer words than this is no prose.
const MIN_PROSE: usize = 8;
/// Prose with markup counts for this much more: it has its paragraphs.
const MARKUP_WEIGHT: f32 = 1.25;

/// The page's source with the content of its data laid out behind it, if its own blocks are
/// expected to hold next to none and its data does hold some.
pub fn laid_out(
    html: &str,
    document: &Document,
    blocks: &Blocks,
    scores: &Scores,
) -> Option<String> {
    let chars = |(i, block): (usize, &Block)| scores.content(i) * block.chars as f32;
    if blocks.iter().enumerate().map(chars).sum::<f32>() >= ENOUGH_CHARS {
        return None;
    }
    let data = Data::read(html);
    let texts = data.best_texts().or_else(|| Some(vec![description(document)?.into()]))?;
    // The end tag is for a page cut off inside a script.
    let mut page = format!("{html}</script><article>");
    for text in &texts {
        lay_out(text, &mut page);
    }
    page.push_str("</article>");
    Some(page)
}

/// The longest description in the head, if it is long: programs that serve empty shells put the
/// beginning of the text there.
fn description(document: &Document) -> Option<&str> {
    let metas = (0..).zip(document.nodes()).filter(|(_, node)| node.tag == Tag::Meta);
    let descriptions = metas.filter_map(|(id, _)| {
        const NAMES: AttrSet = AttrSet::of(&[Attr::Name, Attr::Property]);
        let mut names = document.attrs_where(id, NAMES);
        let describes = names.any(|(_, name)| name.to_ascii_lowercase().ends_with("description"));
        document.attr(id, Attr::Content).filter(|_| describes)
    });
    descriptions.max_by_key(|text| text.len()).filter(|text| text.len() >= MIN_DESCRIPTION)
}

/// The strings of a page's data.
struct Data {
    literals: Literals,
    /// The shape below which those of JSON-LD are, and the one that its texts count for: its keys
    /// mean the same wherever they stand, so that a question and its answers are one text.
    json_ld: ShapeId,
    json_ld_text: ShapeId,
}

impl Data {
    fn read(html: &str) -> Data {
        let mut literals = Literals::new();
        let json_ld = literals.child(0, "json-ld");
        let json_ld_text = literals.child(json_ld, "text");
        for carrier in carriers(html) {
            match carrier {
                Carrier::JsonLd(json) => literals.add_json(json, json_ld),
                Carrier::Json(json) => literals.add_json(json, 0),
                Carrier::Code(code) => literals.add_code(code),
                Carrier::Attribute(value) => {
                    literals.add_json(&scripts::resolve_references(value), 0);
                }
            }
        }
        Data { literals, json_ld, json_ld_text }
    }

    /// The strings of the shape that are likeliest the page's text: of the shapes whose key says
    /// so, or whose strings are marked up like text, the one with most words of prose.
    fn best_texts(&self) -> Option<Vec<Cow<'_, str>>> {
        let shapes = self.literals.shapes();
        let is_thread = self.literals.iter().any(|literal| {
            matches!(self.literals.text(literal), "DiscussionForumPosting" | "QAPage")
        });
        // A shape comes after its parent.
        let mut in_json_ld = vec![false; shapes.len()];
        let mut aside = vec![false; shapes.len()];
        for (shape, Shape { parent, key }) in shapes.iter().enumerate() {
            in_json_ld[shape] = shape == self.json_ld || in_json_ld[*parent];
            let is_post = match key.as_str() {
                "comment" => is_thread,
                "suggestedanswer" => true,
                _ => false,
            };
            let is_aside = ASIDE.is_match(key) && !(in_json_ld[shape] && is_post);
            aside[shape] = aside[*parent] || is_aside;
        }
        let texts = self.texts(|shape| {
            let is_text = matches!(shapes[shape].key.as_str(), "articlebody" | "text");
            let counts_for = if in_json_ld[shape] && is_text { self.json_ld_text } else { shape };
            (!aside[shape]).then_some(counts_for)
        });
        let mut best: Option<(f32, Vec<Cow<str>>)> = None;
        for (shape, texts) in texts.into_iter().enumerate() {
            let (mut words, mut prose, mut marked_up) = (0, 0, 0);
            for text in &texts {
                let measured = measure(text);
                words += measured.words;
                prose += if measured.is_prose { measured.words } else { 0 };
                marked_up += if measured.is_marked_up { measured.words } else { 0 };
            }
            let is_marked_up = 2 * marked_up > words;
            let is_content = is_marked_up || shapes[shape].says_content();
            let enough = if in_json_ld[shape] { MIN_WORDS_LD } else { MIN_WORDS };
            if !is_content || words < enough || 2 * prose < words {
                continue;
            }
            let score = prose as f32 * if is_marked_up { MARKUP_WEIGHT } else { 1.0 };
            if best.as_ref().is_none_or(|(most, _)| score > *most) {
                best = Some((score, texts));
            }
        }
        best.map(|(_, texts)| texts)
    }

    /// The strings that count for each shape, in order, the pieces of a paragraph put together.
    /// One that comes again is left out; where its key says that it is the content, it counts
    /// there.
    fn texts(&self, counts_for: impl Fn(ShapeId) -> Option<ShapeId>) -> Vec<Vec<Cow<'_, str>>> {
        let shapes = self.literals.shapes();
        let mut of_shape: Vec<Vec<&Literal>> = vec![Vec::new(); shapes.len()];
        for literal in self.literals.iter() {
            if let Some(shape) = counts_for(literal.shape) {
                of_shape[shape].push(literal);
            }
        }
        let same_paragraph =
            |a: &&Literal, b: &&Literal| a.paragraph.is_some() && a.paragraph == b.paragraph;
        let mut order: Vec<ShapeId> = (0..shapes.len()).collect();
        order.sort_by_key(|shape| !shapes[*shape].says_content());
        let mut seen = HashSet::new();
        let mut texts = vec![Vec::new(); shapes.len()];
        for shape in order {
            let paragraphs = of_shape[shape].chunk_by(same_paragraph).map(|pieces| match pieces {
                [whole] => Cow::Borrowed(self.literals.text(whole)),
                _ => pieces.iter().map(|piece| self.literals.text(piece)).collect(),
            });
            texts[shape] = paragraphs.filter(|text| seen.insert(text.clone())).collect();
        }
        texts
    }
}

impl Shape {
    /// Whether the last key is one of those for the text of a page.
    fn says_content(&self) -> bool {
        CONTENT_KEYS.contains(&self.key.as_str())
    }
}

/// Keys under which content management and forum programs keep the text of a page, lower-case.
const CONTENT_KEYS: [&str; 26] = [
    "articlebody",
    "body",
    "bodyhtml",
    "body_html",
    "bodytext",
    "body_text",
    "content",
    "contenthtml",
    "content_html",
    "contents",
    "cooked",
    "copy",
    "description",
    "descriptionhtml",
    "description_html",
    "html",
    "longdescription",
    "long_description",
    "markdown",
    "message",
    "paragraph",
    "paragraphs",
    "rendered",
    "selftext",
    "text",
    "value",
];

/// Words in keys below which a page keeps what is not its content.
static ASIDE: LazyLock<AhoCorasick> = LazyLock::new(|| {
    AhoCorasick::new([
        "ads",
        "author",
        "banner",
        "bio",
        "breadcrumb",
        "comment",
        "config",
        "consent",
        "cookie",
        "copyright",
        "disclaimer",
        "error",
        "faq",
        "feature_flag",
        "footer",
        "header",
        "i18n",
        "intl",
        "label",
        "legal",
        "locale",
        "menu",
        "messages",
        "meta",
        "modal",
        "nav",
        "newsletter",
        "org",
        "placeholder",
        "policy",
        "popular",
        "promo",
        "publisher",
        "query",
        "recirc",
        "recommend",
        "related",
        "review",
        "seo",
        "settings",
        "shipping",
        "suggest",
        "teaser",
        "tooltip",
        "translation",
        "trending",
    ])
    .expect("a few short words make a small automaton")
});

struct Measured {
    words: usize,
    is_prose: bool,
    is_marked_up: bool,
}

/// Measures a string without parsing it.
fn measure(text: &str) -> Measured {
    let mut shown = String::with_capacity(text.len());
    let mut tags = 0;
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        shown.push_str(&rest[..at]);
        shown.push(' ');
        rest = &rest[at..];
        let is_tag = rest[1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
        let end = if is_tag { rest.find('>') } else { None };
        tags += usize::from(end.is_some());
        // Without an end, none of what follows is a tag.
        rest = match end {
            Some(end) => &rest[end + 1..],
            None if is_tag => "",
            None => &rest[1..],
        };
    }
    shown.push_str(rest);
    let words = words(&shown).count();
    let (mut chars, mut letters) = (0, 0);
    for c in shown.chars() {
        chars += 1;
        letters += usize::from(c.is_alphabetic() || c.is_whitespace() || ",.;:'’!?-".contains(c));
    }
    let is_prose = words >= MIN_PROSE && 5 * letters >= 4 * chars;
    Measured { words, is_prose, is_marked_up: is_prose && tags > 1 }
}

/// Adds a string to a page's source, as elements.
fn lay_out(text: &str, page: &mut String) {
    let is_escaped = text.contains("&lt;/") || text.contains("&lt;br") || text.contains("&lt;p");
    let resolved;
    let text = if is_escaped {
        resolved = dom::parse(text).text_content(0);
        &resolved
    } else {
        text
    };
    page.push_str("<div>");
    if text.contains("</") || text.contains("<br") || text.contains("<p>") {
        page.push_str(text);
    } else {
        // Of HTML, such a string has character references at most.
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            page.push_str("<p>");
            page.push_str(&line.replace('<', "&lt;"));
            page.push_str("</p>");
        }
    }
    page.push_str("</div>");
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORY: &str = "The ferry left the harbour before dawn and nobody waved it off this time.";

    fn story(paragraphs: usize) -> Vec<String> {
        (1..=paragraphs).map(|i| format!("Part {i}. {STORY} And so on for a while.")).collect()
    }

    fn find(html: &str) -> Option<String> {
        let mut page = String::new();
        Data::read(html).best_texts()?.iter().for_each(|text| lay_out(text, &mut page));
        Some(Blocks::of_document(&dom::parse(&page)).texts().collect::<Vec<_>>().join("\n\n"))
    }

    #[test]
    fn the_article_is_found_in_whatever_shape_a_page_carries_it() {
        let plain = story(20);
        let text = plain.join("\n\n");
        let html: String = plain.iter().map(|p| format!("<p>{p}</p>")).collect();
        let json = serde_json::to_string(&html).unwrap();
        let escaped =
            serde_json::to_string(&format!("{{\"post\":{{\"content\":{json}}}}}")).unwrap();
        let list = serde_json::to_string(&plain).unwrap();
        let posts: Vec<String> = plain
            .iter()
            .map(|p| format!("{{id:1,author:{{bio:\"{STORY}\"}},cooked:\"<p>{p}</p>\"}}"))
            .collect();
        let pieces: Vec<String> = plain
            .iter()
            .map(|p| {
                let (a, b) = p.split_at(9);
                format!(
                    "{{\"children\":[{{\"text\":\"{a}\"}},{{\"bold\":true,\"text\":\"{b}\"}}]}}"
                )
            })
            .collect();
        for page in [
            format!(
                "<script type=application/ld+json>{{\"@type\":\"Article\",\"articleBody\":{}}}</script>",
                serde_json::to_string(&text).unwrap()
            ),
            format!(
                "<script id=__NEXT_DATA__ type=application/json>{{\"props\":{{\"page\":{{\"body\":{json}}}}}}}</script>"
            ),
            format!(
                "<script>/* \" */ if (a < b) {{ c() }}\nwindow.__STATE__ = {{article: {{ id: 7, html: {json} }}, ok: !0}};</script>"
            ),
            format!("<script>var s = JSON.parse({escaped});</script>"),
            format!(
                "<script>self.__f.push([1,\"2a:T{:x},\"])</script><script>self.__f.push([1,{json}])</script>",
                html.len()
            ),
            format!(
                "<script>self.__f.push([1,{}])</script>",
                serde_json::to_string(&format!("2a:T{:x},{html}2b:[\"$\"]\n", html.len())).unwrap()
            ),
            format!("<script>x={{blocks:{{paragraphs:{list}}}}}</script>"),
            format!("<script>x={{post_stream:{{posts:[{}]}}}}</script>", posts.join(",")),
            format!("<script type=application/json>{{\"doc\":[{}]}}</script>", pieces.join(",")),
            format!(
                "<div data-page=\"{}\"></div>",
                format!("{{\"props\":{{\"content\":{json}}}}}")
                    .replace('&', "&amp;")
                    .replace('"', "&quot;")
            ),
            format!(
                "<script type=application/ld+json>{{\"@type\":\"QAPage\",\"mainEntity\":{{\"text\":\"{}\",\"suggestedAnswer\":[{}]}}}}</script>",
                plain[0],
                plain[1..]
                    .iter()
                    .map(|p| format!("{{\"author\":\"An Ox\",\"text\":\"{p}\"}}"))
                    .collect::<Vec<_>>()
                    .join(",")
            ),
            // A page cut off, and one whose JSON is none.
            format!("<script type=application/json>{{\"a\":{{\"body\":{json},\"more"),
            format!("<script type=application/ld+json>{{,\"articleBody\":{json},,}}</script>"),
        ] {
            assert_eq!(find(&page).as_deref(), Some(text.as_str()), "{page:.150}");
        }
    }

    #[test]
    fn what_is_no_content_is_not_found() {
        let list = serde_json::to_string(&story(30)).unwrap();
        for page in [
            format!("<script>x={{messages:{{text:{list}}}}}</script>"),
            format!("<script>x={{related:[{{body:{list}}}]}}</script>"),
            format!("<script>x={{a:{{zip:{list}}}}}</script>"),
            format!("<!-- <script>x={{body:{list}}}</script> -->"),
            format!("<script>x={{body:\"{STORY}\"}}</script>"),
            "<script>x={body:\"".to_owned(),
        ] {
            assert_eq!(find(&page), None, "{page:.150}");
        }
    }
}
