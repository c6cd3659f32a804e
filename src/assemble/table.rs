//! Tables: which of them are tables to their reader, and which block stands in which column.

use crate::dom::{Attr, Document, NodeId, Tag};
use crate::segment::Blocks;

use super::{Place, Role, Table};

/// Wider tables are written as paragraphs; with spans of any width a short page could fill memory.
const MAX_COLUMNS: usize = 64;
/// A cell with more characters or paragraphs than this is running text, and its table layout.
const MAX_CELL_CHARS: usize = 600;
const MAX_CELL_PARAGRAPHS: usize = 3;

/// The kept cells of a table, at least two rows and two columns.
#[derive(Debug)]
pub(super) struct Grid {
    pub(super) rows: Vec<Row>,
    /// Columns up to the last one with text.
    pub(super) width: usize,
}

#[derive(Debug)]
pub(super) struct Row {
    /// In `thead`, or made of `th` only.
    pub(super) is_header: bool,
    /// The cells with text, left to right.
    pub(super) cells: Vec<Cell>,
}

#[derive(Debug)]
pub(super) struct Cell {
    /// Counted from 0; cells that span several columns stand in the first of them.
    pub(super) column: usize,
    pub(super) places: Vec<Place>,
}

impl Grid {
    /// The grid of these blocks, which are all in cells of the table; none where it is layout.
    pub(super) fn new(
        document: &Document,
        blocks: &Blocks,
        table: &Table,
        places: &[&Place],
    ) -> Option<Grid> {
        let same_cell = |a: &&Place, b: &&Place| a.context.cell == b.context.cell;
        if !places.chunk_by(same_cell).all(|cell| is_short(blocks, table, cell)) {
            return None;
        }
        let mut grid = Grid { rows: Vec::new(), width: 0 };
        let mut cells = places.chunk_by(same_cell).peekable();
        for group in children(document, table.node) {
            match document.node(group).tag {
                Tag::Thead | Tag::Tbody | Tag::Tfoot => {
                    let is_head = document.node(group).tag == Tag::Thead;
                    let mut columns = Columns::default();
                    for row in children(document, group) {
                        let row = columns.row(document, row, is_head, &mut cells)?;
                        if let Some(last) = row.cells.last() {
                            grid.width = grid.width.max(last.column + 1);
                            grid.rows.push(row);
                        }
                    }
                }
                _ => {}
            }
        }
        let whole = cells.next().is_none();
        (whole && grid.rows.len() > 1 && grid.width > 1).then_some(grid)
    }

    /// The first and the last block.
    pub(super) fn blocks(&self) -> (usize, usize) {
        let mut all = self.rows.iter().flat_map(|r| &r.cells).flat_map(|c| &c.places);
        let first = all.next().map_or(0, |p| p.block);
        (first, all.last().map_or(first, |p| p.block))
    }
}

/// Whether the blocks of a cell can stand in one line.
fn is_short(blocks: &Blocks, table: &Table, cell: &[&Place]) -> bool {
    let chars: usize = cell.iter().map(|p| blocks[p.block].chars as usize).sum();
    let paragraphs = cell.iter().filter(|p| p.path.len() == table.depth).count();
    chars <= MAX_CELL_CHARS
        && paragraphs <= MAX_CELL_PARAGRAPHS
        && cell.iter().all(|p| p.context.pre.is_none())
        && !cell.iter().any(|p| matches!(p.context.role, Role::Heading(_)))
}

/// The columns of a row group (HTML standard, "forming a table").
#[derive(Default)]
struct Columns {
    /// For how many more rows a cell from above takes each column.
    taken: Vec<usize>,
}

impl Columns {
    /// Places the cells of one row and takes their blocks; none if the row is too wide.
    fn row<'p>(
        &mut self,
        document: &Document,
        row: NodeId,
        is_head: bool,
        cells: &mut std::iter::Peekable<impl Iterator<Item = &'p [&'p Place]>>,
    ) -> Option<Row> {
        let mut out = Row { is_header: true, cells: Vec::new() };
        let mut column = 0;
        for cell in children(document, row) {
            let tag = document.node(cell).tag;
            if !matches!(tag, Tag::Td | Tag::Th) {
                continue;
            }
            out.is_header &= is_head || tag == Tag::Th;
            while self.taken.get(column).is_some_and(|rows| *rows > 0) {
                column += 1;
            }
            if let Some(places) = cells.next_if(|places| places[0].context.cell == Some(cell)) {
                let places = places.iter().map(|p| (*p).clone()).collect();
                out.cells.push(Cell { column, places });
            }
            let span = |attr| document.attr(cell, attr).and_then(|s| s.trim().parse().ok());
            let width = span(Attr::Colspan).unwrap_or(1).max(1);
            let rows = match span(Attr::Rowspan) {
                Some(0) => usize::MAX,
                rows => rows.unwrap_or(1),
            };
            if column >= MAX_COLUMNS {
                return None;
            }
            // Pages write spans far beyond the table for "to the end".
            let end = column.saturating_add(width).min(MAX_COLUMNS);
            if self.taken.len() < end {
                self.taken.resize(end, 0);
            }
            self.taken[column..end].fill(rows);
            column = end;
        }
        for rows in &mut self.taken {
            *rows = rows.saturating_sub(1);
        }
        Some(out)
    }
}

fn children(document: &Document, id: NodeId) -> impl Iterator<Item = NodeId> {
    let end = document.node(id).end;
    let mut next = id + 1;
    std::iter::from_fn(move || {
        (next < end).then(|| {
            let child = next;
            next = document.node(child).end;
            child
        })
    })
}
