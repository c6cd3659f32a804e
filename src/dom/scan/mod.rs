//! The fast parser: one pass over the source by the HTML standard's own rules, straight into the
//! arena.
//!
//! It builds the tree that browsers build, misnested and unclosed tags included: implied
//! elements, scopes, the list of active formatting elements, foster parenting, foreign content.
//! It is not a general HTML parser: attributes that dehusk does not keep, comments, the code of
//! scripts and styles, and white space outside the body are gone, no error is reported, and
//! scripting counts as off, so that the content of `<noscript>` is part of the tree.
//!
//! The page goes through it like this: `tokens` (the scanner, with `names` and `entities`)
//! calls `tree` (the tree builder, with `quirks`), which grows a linked tree (`links`) and lays
//! it out in document order at the end. [`super::html5`] is the reference for all of it.

mod entities;
mod links;
mod names;
mod quirks;
mod tokens;
mod tree;

use super::{Document, Limits};

/// Most formatting elements that are kept for reopening in the blocks that follow. Without a
/// bound, each block of a hostile page reopens all elements before it.
const MAX_FORMATTING: usize = 64;

/// Parses one page after another, in buffers that are used again.
///
/// ```
/// use dehusk::dom::{Limits, Tag, scan::Parser};
///
/// let mut parser = Parser::default();
/// let document = parser.parse("<title>a</title><p>b <i>c<p>d", Limits::default());
/// let paragraph = document.find(Tag::P).unwrap();
/// assert_eq!(document.text_content(paragraph), "b c");
/// ```
#[derive(Debug, Default)]
pub struct Parser {
    tree: tree::TreeBuilder,
}

impl Parser {
    /// Parses a page, up to the limits. Only the first GiB of it is read.
    pub fn parse(&mut self, html: &str, limits: Limits) -> Document {
        let html = html.strip_prefix('\u{feff}').unwrap_or(html);
        let html = &html[..html.floor_char_boundary(Limits::MAX_BYTES)];
        self.tree.reset(html.len(), limits);
        tokens::scan(html, &mut self.tree);
        self.tree.finish()
    }
}

/// Parses a page with the default limits.
pub fn parse(html: &str) -> Document {
    Parser::default().parse(html, Limits::default())
}
