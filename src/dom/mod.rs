//! The document: a page's element tree as one compact arena in document order.
//!
//! A [`Document`] is what is left of a page once it is parsed: nodes in preorder, each with the
//! index one past its last descendant, so that a subtree is a range and every subtree sum is a
//! difference of two prefix sums. It knows nothing of blocks or labels, and the rest of the program
//! never sees which parser wrote it: [`scan`], the fast one, or [`html5`], the reference.

pub mod html5;
mod limits;
pub mod scan;
mod tag;

use std::cell::RefCell;

pub use limits::{Limits, TooLarge};
pub use tag::{Attr, AttrSet, Tag};

/// Parses a page of HTML, in buffers that a thread uses again for its next page.
///
/// Scripting counts as off, so that the content of `<noscript>` is part of the tree. The code of
/// scripts and styles is not text; JSON in a `<script>` is kept for later steps. The document of a
/// page beyond the default [`Limits`] ends there, and says so ([`Document::is_complete`]).
pub fn parse(html: &str) -> Document {
    with_parser(|parser| parser.parse(html, Limits::default()))
}

/// Parses a page as [`parse`] does, if it keeps within these limits.
///
/// # Errors
/// If the page is larger than the limits allow.
pub fn parse_within(html: &str, limits: Limits) -> Result<Document, TooLarge> {
    limits.check_bytes(html.len())?;
    let document = with_parser(|parser| parser.parse(html, limits));
    limits.check_nodes(&document, html.len())?;
    Ok(document)
}

fn with_parser(run: impl FnOnce(&mut scan::Parser) -> Document) -> Document {
    thread_local! {
        static PARSER: RefCell<scan::Parser> = RefCell::default();
    }
    PARSER.with_borrow_mut(run)
}

/// Whether a script of this `type` holds data rather than code.
fn is_json(script_type: Option<&str>) -> bool {
    script_type.is_some_and(|t| t.to_ascii_lowercase().contains("json"))
}

/// Index of a node in its document.
pub type NodeId = u32;

/// A node: an element, or a text node where `tag` is [`Tag::Text`].
#[derive(Clone, Copy, Debug)]
pub struct Node {
    /// The parent; the root is its own.
    pub parent: NodeId,
    /// One past the last descendant: the subtree is `id..end`.
    pub end: NodeId,
    /// Text: bytes of the text buffer. Element: entries of the attribute table.
    start: u32,
    len: u32,
    /// The names of these entries.
    attrs: AttrSet,
    /// Edges to the root, saturating.
    pub depth: u16,
    /// Element name.
    pub tag: Tag,
}

#[derive(Clone, Copy, Debug)]
struct AttrEntry {
    name: Attr,
    start: u32,
    len: u32,
}

/// A parsed page. Node 0 is the root: an element that holds everything else.
#[derive(Debug)]
pub struct Document {
    nodes: Vec<Node>,
    attrs: Vec<AttrEntry>,
    /// Character data and attribute values, back to back.
    text: String,
    complete: bool,
}

impl Document {
    /// Whether this is the whole page: not where it had more nodes than its [`Limits`] allow.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// All nodes in document order.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of an index.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    /// The character data of a text node; empty for an element.
    pub fn text(&self, id: NodeId) -> &str {
        let node = self.node(id);
        match node.tag {
            Tag::Text => &self.text[node.start as usize..(node.start + node.len) as usize],
            _ => "",
        }
    }

    /// The element's kept attributes in source order, names with values.
    pub fn attrs(&self, id: NodeId) -> impl Iterator<Item = (Attr, &str)> {
        self.attrs_where(id, AttrSet::ALL)
    }

    /// Those of them whose names are wanted; the values of the others are not touched.
    pub fn attrs_where(&self, id: NodeId, wanted: AttrSet) -> impl Iterator<Item = (Attr, &str)> {
        let node = self.node(id);
        let entries = match node.attrs.meets(wanted) {
            true => &self.attrs[node.start as usize..(node.start + node.len) as usize],
            false => &[],
        };
        let value = |a: &AttrEntry| &self.text[a.start as usize..(a.start + a.len) as usize];
        entries.iter().filter(move |a| wanted.has(a.name)).map(move |a| (a.name, value(a)))
    }

    /// The value of an element's attribute.
    pub fn attr(&self, id: NodeId, name: Attr) -> Option<&str> {
        self.attrs_where(id, AttrSet::of(&[name])).next().map(|(_, value)| value)
    }

    /// The nearest first: parent, grandparent … root.
    pub fn ancestors(&self, id: NodeId) -> impl Iterator<Item = NodeId> {
        let mut at = id;
        std::iter::from_fn(move || {
            let parent = self.node(at).parent;
            (parent != at).then(|| {
                at = parent;
                parent
            })
        })
    }

    /// All character data below a node, as it stands in the source.
    pub fn text_content(&self, id: NodeId) -> String {
        (id..self.node(id).end).map(|n| self.text(n)).collect()
    }

    /// The first element of this name in document order.
    pub fn find(&self, tag: Tag) -> Option<NodeId> {
        self.nodes.iter().position(|n| n.tag == tag).map(|i| i as NodeId)
    }
}

/// Writes a [`Document`] in document order.
#[derive(Debug)]
pub struct Builder {
    document: Document,
    open: Vec<NodeId>,
}

impl Builder {
    /// A builder whose root is open. `bytes` is the size of the page, for the buffers' sake.
    pub fn new(bytes: usize) -> Builder {
        let (depth, tag, attrs) = (0, Tag::Other, AttrSet::default());
        let root = Node { parent: 0, end: 1, start: 0, len: 0, attrs, depth, tag };
        let mut nodes = Vec::with_capacity(bytes / 48 + 1);
        nodes.push(root);
        let document = Document {
            nodes,
            attrs: Vec::new(),
            text: String::with_capacity(bytes / 4),
            complete: true,
        };
        Builder { document, open: vec![0] }
    }

    fn push(&mut self, tag: Tag, start: usize, len: usize) -> NodeId {
        let id = self.document.nodes.len() as NodeId;
        self.document.nodes.push(Node {
            parent: *self.open.last().unwrap_or(&0),
            end: id + 1,
            start: start as u32,
            len: len as u32,
            attrs: AttrSet::default(),
            depth: self.open.len().min(u16::MAX as usize) as u16,
            tag,
        });
        id
    }

    /// Opens an element and gives its number; its attributes follow.
    pub fn open(&mut self, tag: Tag) -> NodeId {
        let id = self.push(tag, self.document.attrs.len(), 0);
        self.open.push(id);
        id
    }

    /// Adds an attribute to the element just opened.
    pub fn attr(&mut self, name: Attr, value: &str) {
        let start = self.document.text.len() as u32;
        self.document.text.push_str(value);
        self.document.attrs.push(AttrEntry { name, start, len: value.len() as u32 });
        if let Some(node) = self.document.nodes.last_mut() {
            node.len += 1;
            node.attrs.insert(name);
        }
    }

    /// Adds character data to the innermost open element.
    pub fn text(&mut self, text: &str) {
        if !text.is_empty() {
            let start = self.document.text.len();
            self.document.text.push_str(text);
            self.push(Tag::Text, start, text.len());
        }
    }

    /// Closes the innermost open element; the root stays open.
    pub fn close(&mut self) {
        if self.open.len() > 1
            && let Some(id) = self.open.pop()
        {
            self.document.nodes[id as usize].end = self.document.nodes.len() as NodeId;
        }
    }

    /// Closes what is open and gives the document.
    pub fn finish(mut self) -> Document {
        while self.open.len() > 1 {
            self.close();
        }
        self.document.nodes[0].end = self.document.nodes.len() as NodeId;
        self.document
    }
}
