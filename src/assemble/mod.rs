//! Assembly: a page's kept blocks put back together as one text, plain or Markdown.
//!
//! Which blocks are kept is decided elsewhere; here they get back the structure that the page's
//! elements gave them (lists, tables, quotations, code), also where their neighbours were dropped.
//! Every word comes from [`Blocks`], so both outputs hold the same words and none is lost or
//! glued; the document only says how they hang together. Only the line numbers beside a listing
//! are left out.
//!
//! This module finds the structure as a flat list of [`Part`]s; `text` and `markdown` write them.

mod inline;
mod markdown;
mod math;
mod table;
mod text;

pub use markdown::markdown;
pub use text::text;

use std::ops::Range;

use crate::dom::{Attr, Document, NodeId, Tag};
use crate::segment::{Block, Blocks};
use inline::Marks;
use table::Grid;

/// Lists and quotations nested deeper than this are written at this depth: with indentation of
/// unbounded depth, output would grow with the square of the input.
const MAX_NESTING: usize = 16;

/// The largest number of a list item in CommonMark.
const MAX_NUMBER: i64 = 999_999_999;

/// A list item or quotation that holds a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Container {
    node: NodeId,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// An item of `list` (of the item's parent where that is no list), with its number if the
    /// list is ordered.
    Item {
        list: NodeId,
        number: Option<i64>,
    },
    Quote,
}

impl Container {
    fn is_item(self) -> bool {
        matches!(self.kind, Kind::Item { .. })
    }

    fn number(self) -> Option<i64> {
        match self.kind {
            Kind::Item { number, .. } => number,
            Kind::Quote => None,
        }
    }

    /// Whether both are items of one list.
    fn same_list(self, other: Container) -> bool {
        match (self.kind, other.kind) {
            (Kind::Item { list: a, .. }, Kind::Item { list: b, .. }) => a == b,
            _ => false,
        }
    }
}

/// What a block is to its neighbours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Role {
    #[default]
    Paragraph,
    /// 1 to 6.
    Heading(u8),
    /// The term of a definition list.
    Term,
}

/// What the open elements say about the text below them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Context {
    /// Of a kept block: those that all of it has.
    marks: Marks,
    role: Role,
    pre: Option<NodeId>,
    /// Index in [`Walk::tables`].
    table: Option<usize>,
    /// The innermost cell of `table`.
    cell: Option<NodeId>,
    /// Length of [`Walk::path`].
    depth: usize,
    /// Length of [`Walk::lists`].
    lists: usize,
}

/// A kept block and where it stands.
#[derive(Clone, Debug)]
struct Place {
    /// Index in [`Blocks`].
    block: usize,
    context: Context,
    /// Its containers, outermost first: a range of [`Outline::containers`].
    path: Range<usize>,
}

/// A piece of output between two paragraph or line breaks.
#[derive(Debug)]
struct Part {
    content: Content,
    /// Its containers, outermost first: a range of [`Outline::containers`].
    path: Range<usize>,
    /// How many of them it shares with the part before.
    shared: usize,
    gap: Gap,
}

#[derive(Debug)]
enum Content {
    Run(Place),
    /// The blocks of one `pre`, in which each line may be an element.
    Code(NodeId, Vec<usize>),
    Table(Grid),
}

/// What stands between a part and the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gap {
    /// An empty line.
    Blank,
    /// A line break, for the items of a list whose items are single paragraphs.
    Item,
    /// A line break, after the term of a definition.
    Term,
}

impl Part {
    fn blocks(&self) -> (usize, usize) {
        match &self.content {
            Content::Run(place) => (place.block, place.block),
            Content::Code(_, blocks) => (blocks[0], blocks[blocks.len() - 1]),
            Content::Table(grid) => grid.blocks(),
        }
    }

    /// Whether the part is the start of its innermost container, and that is a list item.
    fn opens_item(&self, containers: &[Container]) -> bool {
        let path = &containers[self.path.clone()];
        path.len() > self.shared && path.last().is_some_and(|c| c.is_item())
    }
}

/// The kept blocks as parts, in the order of the page.
#[derive(Debug, Default)]
struct Outline {
    parts: Vec<Part>,
    containers: Vec<Container>,
}

impl Outline {
    fn new(document: &Document, blocks: &Blocks, keep: &[bool]) -> Outline {
        let mut outline = Outline::default();
        let mut walk = Walk::new(document);
        let mut places = Vec::new();
        for (index, block) in kept(blocks, keep) {
            let mut context = walk.enter(block.first);
            context.marks = walk.marks_until(block.last);
            if context.cell.is_some() && numbers_lines(blocks, index) {
                continue;
            }
            let start = outline.containers.len();
            outline.containers.extend_from_slice(&walk.path);
            places.push(Place { block: index, context, path: start..outline.containers.len() });
        }
        let mut rest = places.as_slice();
        while let Some(place) = rest.first() {
            let taken = if let Some(pre) = place.context.pre {
                let lines = run_of(rest, |c| c.pre == Some(pre));
                let code = Content::Code(pre, lines.iter().map(|p| p.block).collect());
                outline.push(code, place.path.clone());
                lines.len()
            } else if let Some(table) = place.context.table {
                outline.push_table(document, blocks, &mut walk.tables[table], rest)
            } else {
                outline.push(Content::Run(place.clone()), place.path.clone());
                1
            };
            rest = &rest[taken..];
        }
        outline
    }

    /// Adds the blocks at the start of `places` that are one table; where that only serves the
    /// page's layout, the first of them. Gives the number of blocks.
    fn push_table(
        &mut self,
        document: &Document,
        blocks: &Blocks,
        table: &mut Table,
        places: &[Place],
    ) -> usize {
        let first = &places[0];
        if !table.is_layout {
            let all = run_of(places, |c| c.table == first.context.table);
            let (cells, captions): (Vec<_>, Vec<_>) =
                all.iter().partition(|p| p.context.cell.is_some());
            if let Some(grid) = Grid::new(document, blocks, table, &cells) {
                for caption in captions {
                    self.push(Content::Run(caption.clone()), caption.path.clone());
                }
                let start = first.path.start;
                self.push(Content::Table(grid), start..start + table.depth);
                return all.len();
            }
            table.is_layout = true;
        }
        self.push(Content::Run(first.clone()), first.path.clone());
        1
    }

    fn push(&mut self, content: Content, path: Range<usize>) {
        let mut part = Part { content, path, shared: 0, gap: Gap::Blank };
        if let Some(before) = self.parts.last() {
            let old = &self.containers[before.path.clone()];
            let new = &self.containers[part.path.clone()];
            part.shared = old.iter().zip(new).take_while(|(a, b)| a == b).count();
            part.gap = self.gap(before, &new[part.shared..], part.shared);
        }
        self.parts.push(part);
    }

    /// The gap before a part that opens these containers.
    fn gap(&self, before: &Part, opens: &[Container], shared: usize) -> Gap {
        let Content::Run(place) = &before.content else {
            return Gap::Blank;
        };
        let old = &self.containers[before.path.clone()];
        match opens.first() {
            Some(next) if next.is_item() && before.opens_item(&self.containers) => {
                // The next item of the list, or a list inside the item before.
                match old.get(shared) {
                    Some(item) if item.same_list(*next) => Gap::Item,
                    None => Gap::Item,
                    Some(_) => Gap::Blank,
                }
            }
            None if place.context.role == Role::Term && old.len() == shared => Gap::Term,
            _ => Gap::Blank,
        }
    }
}

/// Whether a block is the column of line numbers beside the listing that the next block is.
fn numbers_lines(blocks: &Blocks, index: usize) -> bool {
    let block = &blocks[index];
    if !block.preformatted || index + 1 >= blocks.len() || !blocks[index + 1].preformatted {
        return false;
    }
    let lines = blocks.text(block).lines().map(|line| line.trim().parse::<u64>().ok());
    let numbers: Option<Vec<u64>> = lines.collect();
    numbers.is_some_and(|n| n.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])))
}

/// The places at the start whose contexts are alike.
fn run_of(places: &[Place], alike: impl Fn(&Context) -> bool) -> &[Place] {
    let end = places.iter().position(|p| !alike(&p.context)).unwrap_or(places.len());
    &places[..end]
}

fn kept<'a>(blocks: &'a Blocks, keep: &[bool]) -> impl Iterator<Item = (usize, &'a Block)> {
    blocks.iter().enumerate().zip(keep).filter(|(_, keep)| **keep).map(|(block, _)| block)
}

/// Goes from one kept block to the next and knows the elements that are open there.
///
/// Each element is entered at most once and there is no recursion, so that the cost does not
/// depend on how deep they are nested.
struct Walk<'a> {
    document: &'a Document,
    context: Context,
    /// The open elements that changed the context.
    open: Vec<Open>,
    /// The open containers.
    path: Vec<Container>,
    /// The open lists.
    lists: Vec<List>,
    /// All tables entered.
    tables: Vec<Table>,
    /// The text node gone to last.
    previous: Option<NodeId>,
    entered: Vec<NodeId>,
}

struct Open {
    end: NodeId,
    outer: Context,
}

struct List {
    node: NodeId,
    /// The child after the last item counted.
    next: NodeId,
    /// The number of the item to come; none in a list without numbers.
    number: Option<i64>,
    /// The item entered last.
    item: Option<Container>,
}

/// A table with kept blocks.
#[derive(Debug)]
struct Table {
    node: NodeId,
    /// How many containers hold it.
    depth: usize,
    /// Whether it is not a table to its reader, only a means of placing things on the page.
    is_layout: bool,
}

impl<'a> Walk<'a> {
    fn new(document: &'a Document) -> Walk<'a> {
        Walk {
            document,
            context: Context::default(),
            open: Vec::new(),
            path: Vec::new(),
            lists: Vec::new(),
            tables: Vec::new(),
            previous: None,
            entered: Vec::new(),
        }
    }

    /// Goes on to a text node, which must not be before the last one.
    fn enter(&mut self, text: NodeId) -> Context {
        while let Some(top) = self.open.pop_if(|top| top.end <= text) {
            self.context = top.outer;
        }
        self.path.truncate(self.context.depth);
        self.lists.truncate(self.context.lists);
        let document = self.document;
        let is_open =
            |id: &NodeId| self.previous.is_some_and(|p| *id <= p && p < document.node(*id).end);
        self.entered.extend(document.ancestors(text).take_while(|id| !is_open(id)));
        while let Some(id) = self.entered.pop() {
            self.open_element(id);
        }
        self.previous = Some(text);
        self.context
    }

    /// The marks of the open elements that go on to a text node.
    fn marks_until(&self, last: NodeId) -> Marks {
        let closed = self.open.iter().find(|open| open.end <= last);
        closed.map_or(self.context.marks, |open| open.outer.marks)
    }

    fn open_element(&mut self, id: NodeId) {
        let node = self.document.node(id);
        let outer = self.context;
        self.context.marks = outer.marks.inside(self.document, id);
        match node.tag {
            Tag::Ul | Tag::Ol | Tag::Menu | Tag::Dir => self.open_list(id, node.parent),
            Tag::Li => self.open_item(id, node.parent),
            Tag::Blockquote => self.push(Container { node: id, kind: Kind::Quote }),
            Tag::Pre | Tag::Textarea => self.context.pre = self.context.pre.or(Some(id)),
            Tag::Table => self.open_table(id),
            Tag::Td | Tag::Th => self.context.cell = Some(id),
            Tag::Dt => self.context.role = Role::Term,
            tag => {
                if let Some(level) = tag.heading_level() {
                    self.context.role = Role::Heading(level);
                }
            }
        }
        self.context.depth = self.path.len();
        self.context.lists = self.lists.len();
        if self.context != outer {
            self.open.push(Open { end: node.end, outer });
        }
    }

    fn open_list(&mut self, id: NodeId, parent: NodeId) {
        // A list right inside a list is invalid but common: it hangs on the item before it.
        if let Some(item) = self.lists.last().filter(|l| l.node == parent).and_then(|l| l.item) {
            self.push(item);
        }
        let number = (self.document.node(id).tag == Tag::Ol).then(|| {
            let start = self.document.attr(id, Attr::Start).and_then(|s| s.trim().parse().ok());
            start.unwrap_or(1)
        });
        self.lists.push(List { node: id, next: id + 1, number, item: None });
    }

    fn open_item(&mut self, id: NodeId, parent: NodeId) {
        let mut item = Container { node: id, kind: Kind::Item { list: parent, number: None } };
        if let Some(list) = self.lists.last_mut().filter(|l| l.node == parent) {
            if let Some(number) = &mut list.number {
                // Dropped items count: the others keep their numbers.
                while list.next < id {
                    let child = self.document.node(list.next);
                    *number = number.saturating_add((child.tag == Tag::Li).into());
                    list.next = child.end;
                }
                let shown = (*number).clamp(0, MAX_NUMBER);
                item.kind = Kind::Item { list: parent, number: Some(shown) };
            }
            list.item = Some(item);
        }
        self.push(item);
    }

    fn open_table(&mut self, id: NodeId) {
        if let Some(outer) = self.context.table {
            self.tables[outer].is_layout = true;
        }
        let role = self.document.attr(id, Attr::Role).unwrap_or_default();
        self.context.table = Some(self.tables.len());
        self.context.cell = None;
        self.tables.push(Table {
            node: id,
            depth: self.path.len(),
            is_layout: matches!(role, "presentation" | "none"),
        });
    }

    fn push(&mut self, container: Container) {
        if self.path.len() < MAX_NESTING {
            self.path.push(container);
        }
    }
}
