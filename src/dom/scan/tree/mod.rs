//! The tree builder: tree construction (section 13.2.6 of the HTML standard), for scripting
//! switched off and without fragments.
//!
//! The scanner calls it with tags and text; `modes` says what each of them does, with `foreign`
//! for SVG and MathML; `stack`, `formatting` and `insert` are the means; `sets` names groups of
//! elements. Function names and the order of cases are the standard's, so that one can be held
//! against the other; what shows nowhere in a [`Document`] (parse errors, comments, white space
//! outside the body) is left out. Where the standard and html5ever differ, html5ever is followed.

mod foreign;
mod formatting;
mod insert;
mod modes;
mod sets;
mod stack;

use self::sets::TABLE_PARTS;
use super::MAX_FORMATTING;
use super::entities::{self, Context};
use super::links::{Links, NONE};
use super::names::NameHash;
use super::quirks;
use crate::dom::{Attr, AttrEntry, Document, Limits, NodeId, Tag};

/// A run of the attribute table.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct AttrRange {
    pub(super) start: u32,
    pub(super) len: u32,
}

impl AttrRange {
    fn indexes(self) -> std::ops::Range<usize> {
        self.start as usize..(self.start + self.len) as usize
    }
}

/// A start tag, its kept attributes already in the attribute table.
pub(super) struct StartTag<'a> {
    pub(super) tag: Tag,
    pub(super) name: NameHash,
    pub(super) attrs: AttrRange,
    pub(super) self_closing: bool,
    /// The attributes as they stand in the source.
    pub(super) source: &'a str,
}

/// How to read what follows a start tag.
pub(super) enum Content {
    Markup,
    /// Text with character references, up to the end tag.
    Rcdata,
    /// Text without them, up to the end tag.
    Rawtext,
    /// The same, but the document has no use for it.
    Dropped,
    /// Text up to the end of the page.
    Plaintext,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Namespace {
    Html,
    MathMl,
    Svg,
}

/// Section 13.2.4.1. "Text" and "in table text" are missing: the scanner gives text in one piece.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mode {
    Initial,
    BeforeHtml,
    BeforeHead,
    InHead,
    InHeadNoscript,
    AfterHead,
    InBody,
    InTable,
    InCaption,
    InColumnGroup,
    InTableBody,
    InRow,
    InCell,
    InTemplate,
    AfterBody,
    InFrameset,
    AfterFrameset,
    AfterAfterBody,
    AfterAfterFrameset,
}

/// An element on the stack of open elements.
#[derive(Clone, Copy, Debug)]
struct Open {
    node: NodeId,
    /// Where its children go: itself, or above the depth limit the deepest element kept.
    home: NodeId,
    depth: u16,
    /// The name of an HTML element; [`Tag::Text`] for a foreign one.
    tag: Tag,
    namespace: Namespace,
    /// A MathML text integration point or an HTML integration point.
    is_integration_point: bool,
    name: NameHash,
}

impl Open {
    fn is(&self, tag: Tag, name: NameHash) -> bool {
        self.tag == tag && (tag != Tag::Other || self.name == name)
    }
}

/// An entry of the list of active formatting elements.
#[derive(Clone, Copy, Debug)]
enum Formatting {
    Marker,
    Element { node: NodeId, tag: Tag, name: NameHash, attrs: AttrRange },
}

impl Formatting {
    fn is_node(&self, wanted: NodeId) -> bool {
        matches!(self, Formatting::Element { node, .. } if *node == wanted)
    }
}

/// A place in the tree for a new node.
#[derive(Clone, Copy)]
struct Place {
    parent: NodeId,
    /// The next sibling; none to become the last child.
    before: Option<NodeId>,
    depth: u16,
}

/// The element types that bound a scope (section 13.2.4.2).
#[derive(Clone, Copy)]
enum Scope {
    Default,
    ListItem,
    Button,
    Table,
}

/// Elements for which buffers are kept from page to page.
pub(super) const KEPT: usize = 1 << 14;

/// Builds a document from tags and text. Its buffers are used again for the next page.
#[derive(Debug)]
pub(super) struct TreeBuilder {
    limits: Limits,
    /// As the limits say for the page at hand.
    max_nodes: usize,
    nodes: Links,
    pub(super) attrs: Vec<AttrEntry>,
    /// Character data and attribute values, as in [`Document`].
    text: String,
    /// The text node that text in the same place is added to.
    last_text: NodeId,
    open: Vec<Open>,
    /// Of each HTML element, how many are open.
    open_count: [u32; 256],
    formatting: Vec<Formatting>,
    template_modes: Vec<Mode>,
    mode: Mode,
    head: NodeId,
    form: Option<NodeId>,
    quirks: bool,
    frameset_ok: bool,
    foster_parenting: bool,
    /// A line end at the start of the next text does not count.
    ignore_line_feed: bool,
}

impl Default for TreeBuilder {
    fn default() -> TreeBuilder {
        TreeBuilder {
            limits: Limits::default(),
            max_nodes: 0,
            nodes: Links::default(),
            attrs: Vec::new(),
            text: String::new(),
            last_text: NONE,
            open: Vec::new(),
            open_count: [0; 256],
            formatting: Vec::new(),
            template_modes: Vec::new(),
            mode: Mode::Initial,
            head: NONE,
            form: None,
            quirks: false,
            frameset_ok: true,
            foster_parenting: false,
            ignore_line_feed: false,
        }
    }
}

impl TreeBuilder {
    /// Makes ready for a page of so many bytes.
    pub(super) fn reset(&mut self, bytes: usize, limits: Limits) {
        self.limits = limits;
        self.max_nodes = limits.nodes(bytes);
        self.nodes.reset();
        self.attrs = Vec::with_capacity(bytes / 64);
        self.text = String::with_capacity(bytes / 2);
        self.last_text = NONE;
        self.open.clear();
        self.open_count = [0; 256];
        self.formatting.clear();
        self.template_modes.clear();
        self.mode = Mode::Initial;
        self.form = None;
        self.quirks = false;
        self.frameset_ok = true;
        self.foster_parenting = false;
        self.ignore_line_feed = false;
    }

    /// Ends the page and gives its document.
    pub(super) fn finish(&mut self) -> Document {
        while self.in_template() {
            self.end_template();
        }
        self.leave_head();
        let complete = self.has_room();
        let nodes = self.nodes.flatten(&self.attrs);
        // Of a large page, memory goes back before the next steps ask for theirs.
        self.nodes.shrink();
        self.open.clear();
        self.open.shrink_to(KEPT);
        Document {
            nodes,
            attrs: std::mem::take(&mut self.attrs),
            text: std::mem::take(&mut self.text),
            complete,
        }
    }

    /// Whether the document may still grow.
    pub(super) fn has_room(&self) -> bool {
        self.nodes.len() < self.max_nodes
    }

    /// Adds an attribute to the table, for the start tag that is being read.
    pub(super) fn attribute(&mut self, name: Attr, source: &str) {
        let start = self.text.len();
        entities::decode(source, Context::Attribute, &mut self.text);
        let len = (self.text.len() - start) as u32;
        self.attrs.push(AttrEntry { name, start: start as u32, len });
    }

    pub(super) fn comment(&mut self) {
        self.ignore_line_feed = false;
        self.last_text = NONE;
    }

    /// A document type of which `source` is what follows the keyword.
    pub(super) fn doctype(&mut self, source: &str) {
        self.ignore_line_feed = false;
        if self.mode == Mode::Initial {
            self.quirks = quirks::is_quirky(source);
            self.mode = Mode::BeforeHtml;
        }
    }

    /// Text between two tags, character references and all.
    pub(super) fn characters(&mut self, source: &str) {
        let context = if self.in_foreign_text() { Context::Rcdata } else { Context::Text };
        let start = self.decode(source, context);
        self.process_characters(start);
    }

    /// The same from a CDATA section or after `<plaintext>`, where references are none.
    pub(super) fn literal_characters(&mut self, source: &str) {
        let start = self.decode(source, Context::Raw);
        self.process_characters(start);
    }

    /// The content of the raw text element that is open, and its end.
    pub(super) fn raw_text(&mut self, source: &str, context: Context) {
        let start = self.decode(source, context);
        if start < self.text.len() {
            self.insert_characters(start);
        }
        self.ignore_line_feed = false;
        self.pop();
    }

    /// Decodes text to the end of the buffer; gives where it starts.
    fn decode(&mut self, source: &str, context: Context) -> usize {
        let start = self.text.len();
        entities::decode(source, context, &mut self.text);
        let skip =
            std::mem::take(&mut self.ignore_line_feed) && self.text[start..].starts_with('\n');
        start + usize::from(skip)
    }

    /// Processes the text that stands at the end of the buffer.
    fn process_characters(&mut self, start: usize) {
        if start == self.text.len() {
            return;
        }
        if !self.in_foreign_text() {
            return self.characters_in(self.mode, start);
        }
        const CODE: [NameHash; 2] = [NameHash::of("style"), NameHash::of("script")];
        if CODE.contains(&self.current().name) {
            return self.text.truncate(start);
        }
        self.frameset_ok = self.frameset_ok && self.is_blank(start);
        self.insert_characters(start);
    }

    /// Processes it by the rules of a mode.
    fn characters_in(&mut self, mode: Mode, start: usize) {
        use Mode::*;
        match mode {
            InBody | InCaption | InCell | InTemplate => {
                self.reconstruct_active_formatting_elements();
                self.frameset_ok = self.frameset_ok && self.is_blank(start);
                self.insert_characters(start);
            }
            InTable | InTableBody | InRow => {
                if self.is_blank(start) && TABLE_PARTS.has(self.current().tag) {
                    return self.insert_characters(start);
                }
                self.foster_parenting = true;
                self.characters_in(InBody, start);
                self.foster_parenting = false;
            }
            AfterBody | AfterAfterBody => {
                if !self.is_blank(start) {
                    self.mode = InBody;
                }
                self.characters_in(InBody, start);
            }
            // White space outside the body is no part of the document.
            _ if self.is_blank(start) => self.text.truncate(start),
            Initial | BeforeHtml | BeforeHead | InHead | InHeadNoscript | AfterHead => {
                self.leave_head();
                self.characters_in(InBody, self.skip_blank(start));
            }
            InColumnGroup => {
                if self.current().tag == Tag::Colgroup {
                    self.pop();
                    self.mode = InTable;
                    self.characters_in(InTable, self.skip_blank(start));
                }
            }
            InFrameset | AfterFrameset | AfterAfterFrameset => self.text.truncate(start),
        }
    }

    /// Where the text at the end of the buffer begins, white space left out.
    fn skip_blank(&self, start: usize) -> usize {
        self.text.len() - self.text[start..].trim_ascii_start().len()
    }

    /// Whether the text at the end of the buffer is white space only.
    fn is_blank(&self, start: usize) -> bool {
        self.skip_blank(start) == self.text.len()
    }

    /// Makes sure that there is a body: what any content does that cannot stand before it.
    fn leave_head(&mut self) {
        use Mode::*;
        if self.mode == Initial {
            self.quirks = true;
            self.mode = BeforeHtml;
        }
        if self.mode == BeforeHtml {
            self.insert_phantom(Tag::Html);
            self.mode = BeforeHead;
        }
        if self.mode == BeforeHead {
            self.head = self.insert_phantom(Tag::Head);
            self.mode = InHead;
        }
        if self.mode == InHeadNoscript {
            self.pop();
            self.mode = InHead;
        }
        if self.mode == InHead {
            self.pop();
            self.mode = AfterHead;
        }
        if self.mode == AfterHead {
            self.insert_phantom(Tag::Body);
            self.mode = InBody;
        }
    }

    pub(super) fn start_tag(&mut self, t: &StartTag) -> Content {
        self.ignore_line_feed = false;
        if self.in_foreign_content() && !self.is_html_inside_foreign(t) {
            return self.start_tag_in_foreign_content(t);
        }
        self.start_tag_in(self.mode, t)
    }

    pub(super) fn end_tag(&mut self, tag: Tag, name: NameHash) {
        self.ignore_line_feed = false;
        if self.in_foreign_content() {
            return self.end_tag_in_foreign_content(tag, name);
        }
        self.end_tag_in(self.mode, tag, name);
    }
}
