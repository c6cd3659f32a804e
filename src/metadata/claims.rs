//! What a document states about itself, gathered in one walk and not yet weighed.

use crate::dom::{Attr, AttrSet, Document, NodeId, Tag};

/// An element that can state a field, with its text.
pub struct Mark {
    pub node: NodeId,
    pub text: String,
}

/// The statements of a page, each list in document order.
#[derive(Default)]
pub struct Claims<'a> {
    /// `<html lang>`.
    pub html_lang: Option<&'a str>,
    /// `<link rel=canonical>`.
    pub canonical: Option<&'a str>,
    /// The first `<title>`.
    pub page_title: Option<String>,
    /// The headings of the first level that have text.
    pub h1: Vec<Mark>,
    /// The JSON of `<script type=application/ld+json>`.
    pub json_ld: Vec<&'a str>,
    /// `itemtype` of the outermost items.
    pub item_types: Vec<&'a str>,
    /// Elements with `itemprop`: node, property.
    pub item_props: Vec<(NodeId, &'a str)>,
    /// `<a rel=author>` and the like.
    pub rel_author: Vec<NodeId>,
    /// `<time>` elements.
    pub times: Vec<NodeId>,
    /// `<meta>`: lower-case name or property, content.
    metas: Vec<(String, &'a str)>,
}

impl<'a> Claims<'a> {
    /// Values longer than this, in bytes, state no field.
    const LONGEST: usize = 1000;
    /// Headings that are looked at.
    const HEADINGS: usize = 50;

    pub fn gather(document: &'a Document) -> Claims<'a> {
        let mut claims = Claims::default();
        let mut item_end = 0;
        // Inside `<svg>` a `<title>` is a tooltip.
        let mut svg_end = 0;
        for (id, node) in document.nodes().iter().enumerate() {
            let id = id as NodeId;
            match node.tag {
                Tag::Text => continue,
                Tag::Meta => claims.meta_element(document, id),
                Tag::Svg => svg_end = svg_end.max(node.end),
                Tag::Title if claims.page_title.is_none() && id >= svg_end => {
                    let title = super::plain(&document.text_content(id));
                    claims.page_title =
                        Some(title).filter(|t| !t.is_empty() && t.len() <= Self::LONGEST);
                }
                Tag::H1 if claims.h1.len() < Self::HEADINGS => {
                    let text = visible_text(document, id);
                    if !text.is_empty() && text.len() <= Self::LONGEST {
                        claims.h1.push(Mark { node: id, text });
                    }
                }
                Tag::Time => claims.times.push(id),
                Tag::Html => claims.html_lang = claims.html_lang.or(document.attr(id, Attr::Lang)),
                _ => {}
            }
            const STATES: AttrSet =
                AttrSet::of(&[Attr::Rel, Attr::Type, Attr::Itemprop, Attr::Itemtype]);
            for (name, value) in document.attrs_where(id, STATES) {
                match name {
                    Attr::Rel if has_word(value, "author") && node.tag != Tag::Link => {
                        claims.rel_author.push(id);
                    }
                    Attr::Rel if claims.canonical.is_none() => {
                        claims.canonical = canonical(document, id);
                    }
                    Attr::Type if node.tag == Tag::Script && value.contains("ld+json") => {
                        claims.json_ld.extend((id + 1..node.end).map(|text| document.text(text)));
                    }
                    Attr::Itemprop => claims.item_props.push((id, value)),
                    Attr::Itemtype if id >= item_end => {
                        item_end = node.end;
                        claims.item_types.push(value);
                    }
                    _ => {}
                }
            }
        }
        claims
    }

    fn meta_element(&mut self, document: &'a Document, id: NodeId) {
        let (mut key, mut content) = (None, None);
        for (name, value) in document.attrs(id) {
            match name {
                Attr::Property | Attr::Name => key = key.or(Some(value)),
                Attr::Content => content = Some(value.trim()),
                _ => {}
            }
        }
        if let (Some(key), Some(content)) =
            (key, content.filter(|c| (1..=Self::LONGEST).contains(&c.len())))
        {
            self.metas.push((key.trim().to_lowercase(), content));
        }
    }

    /// The first value of the first of these names that has one.
    pub fn meta(&self, names: &[&str]) -> Option<&'a str> {
        names.iter().find_map(|name| self.metas_named(name).next())
    }

    /// All values of a name.
    pub fn metas_named(&self, name: &str) -> impl Iterator<Item = &'a str> {
        self.metas.iter().filter(move |(key, _)| key == name).map(|(_, content)| *content)
    }

    /// The elements of a microdata property.
    pub fn props(&self, property: &str) -> impl Iterator<Item = NodeId> {
        self.item_props.iter().filter(move |(_, p)| has_word(p, property)).map(|(node, _)| *node)
    }
}

/// The page's own address, where it states one: that of its first `<link rel=canonical>`.
pub fn own_address(document: &Document) -> Option<&str> {
    let mut nodes = 0..document.nodes().len() as NodeId;
    nodes.find_map(|id| canonical(document, id))
}

/// The page's own address, where this element states it: that of a `<link rel=canonical>`.
fn canonical(document: &Document, id: NodeId) -> Option<&str> {
    let states = document.node(id).tag == Tag::Link
        && document.attr(id, Attr::Rel).is_some_and(|rel| has_word(rel, "canonical"));
    let address = document.attr(id, Attr::Href).filter(|_| states).map(str::trim);
    address.filter(|address| address.contains("://"))
}

/// The value of a microdata property, as HTML defines it, but for addresses.
pub fn prop_value(document: &Document, id: NodeId) -> String {
    match document.attr(id, Attr::Content).or_else(|| document.attr(id, Attr::Datetime)) {
        Some(value) => super::plain(value),
        None => visible_text(document, id),
    }
}

/// An element of more nodes than this holds more than a field.
const LARGE: NodeId = 1000;

/// The text below a node as a reader sees it, white space folded; of a large element, its
/// beginning.
pub fn visible_text(document: &Document, id: NodeId) -> String {
    let mut text = String::new();
    let end = document.node(id).end.min(id + LARGE);
    let mut at = id;
    while at < end {
        let node = document.node(at);
        if node.tag == Tag::Text {
            text.push_str(document.text(at));
        } else if node.tag == Tag::Br || node.tag.is_block() {
            text.push(' ');
        } else if node.tag.is_textless() {
            at = node.end;
            continue;
        }
        at += 1;
    }
    super::fold(&text)
}

fn has_word(value: &str, word: &str) -> bool {
    value.split_ascii_whitespace().any(|w| w.eq_ignore_ascii_case(word))
}
