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

use super::Document;

/// Most formatting elements that are kept for reopening in the blocks that follow. Without a
/// bound, each block of a hostile page reopens all elements before it.
const MAX_FORMATTING: usize = 64;

/// What a page may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Deepest nesting; browsers have 512 as well. An element below it becomes the next sibling
    /// of the element that it stands in. Searches among the open elements end after as many, so
    /// that no tag takes longer however deep the page.
    pub max_depth: u16,
    /// Most nodes; the page ends where it has so many. (One tag may still add a few.)
    pub max_nodes: u32,
}

impl Limits {
    /// How far up the stack of open elements searches go.
    fn reach(self) -> usize {
        self.max_depth as usize
    }
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { max_depth: 512, max_nodes: 1_000_000 }
    }
}

/// Parses one page after another, in buffers that are used again.
///
/// ```
/// use dehusk::dom::{Tag, scan::Parser};
///
/// let mut parser = Parser::default();
/// let document = parser.parse("<title>a</title><p>b <i>c<p>d");
/// let paragraph = document.find(Tag::P).unwrap();
/// assert_eq!(document.text_content(paragraph), "b c");
/// ```
#[derive(Debug)]
pub struct Parser {
    tree: tree::TreeBuilder,
}

impl Parser {
    /// A parser with these limits.
    pub fn new(limits: Limits) -> Parser {
        Parser { tree: tree::TreeBuilder::new(limits) }
    }

    /// Parses a page. Only the first GiB of it is read.
    pub fn parse(&mut self, html: &str) -> Document {
        let html = html.strip_prefix('\u{feff}').unwrap_or(html);
        let html = &html[..html.floor_char_boundary(1 << 30)];
        self.tree.reset(html.len());
        tokens::scan(html, &mut self.tree);
        self.tree.finish()
    }
}

impl Default for Parser {
    fn default() -> Parser {
        Parser::new(Limits::default())
    }
}

/// Parses a page with the default limits.
pub fn parse(html: &str) -> Document {
    Parser::default().parse(html)
}
