//! The reference parser: scraper's tree (html5ever, the standard's own algorithm) copied into
//! the arena.

use ego_tree::iter::Edge;
use html5ever::driver::ParseOpts;
use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::TreeBuilderOpts;
use scraper::{Html, HtmlTreeSink, Node};

use super::{Attr, Builder, Document, Tag, is_json};

/// Parses a page of HTML.
///
/// Scripting counts as off, so that the content of `<noscript>` is part of the tree.
/// Script and style text is kept only where a later step reads it: JSON in a `<script>`.
pub fn parse(html: &str) -> Document {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..Default::default() },
        ..Default::default()
    };
    let sink = HtmlTreeSink::new(Html::new_document());
    copy(&html5ever::parse_document(sink, options).one(html), html.len())
}

fn copy(html: &Html, bytes: usize) -> Document {
    let mut builder = Builder::new(bytes);
    // What the text at hand is: the last opened raw-text element decides.
    let mut keep_text = true;
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    let tag = Tag::from_name(element.name());
                    builder.open(tag);
                    for (name, value) in element.attrs() {
                        if let Some(attr) = Attr::from_name(name) {
                            builder.attr(attr, value);
                        }
                    }
                    keep_text = match tag {
                        Tag::Style => false,
                        Tag::Script => is_json(element.attr("type")),
                        _ => true,
                    };
                }
                Node::Text(text) if keep_text => builder.text(text),
                _ => {}
            },
            Edge::Close(node) => {
                if node.value().is_element() {
                    builder.close();
                    keep_text = true;
                }
            }
        }
    }
    builder.finish()
}
