//! The training table: labelled pages as figures.
//!
//! A table holds, for every block of every page, the bins of its features, what is known of its
//! label, and how the page's blocks hang together; and no text. It is what `dehusk features`
//! writes and what every model is fitted to, whether the pages are at hand or only the table.
//!
//! Feature columns are stored whole with [`REACH`] rows of padding between pages, so that a
//! neighbour's feature is the same column shifted, as in [`Matrix`](crate::features::Matrix).

use std::io::{self, BufRead, Write};

use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::boost::{BinnedColumns, bin, quantile_edges};
use crate::container;
use crate::features::{Layout, Matrix, OUTSIDE, Page, REACH, Schema, View, locate};
use crate::label::Label;
use crate::lexical::{LEXICAL, Lexicon, Tokens};
use crate::page_type::PageType;
use crate::page_type::figures::PAGE;

/// What is known of a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Target {
    /// Its label.
    pub label: Option<Label>,
    /// Whether its text lies in the page's gold text.
    pub inside: Option<bool>,
}

impl Target {
    /// A name for tables: the label, else `in` or `out` of the gold text, else nothing.
    pub fn name(self) -> &'static str {
        match (self.label, self.inside) {
            (Some(label), _) => label.as_str(),
            (None, Some(true)) => "in",
            (None, Some(false)) => "out",
            (None, None) => "",
        }
    }
}

/// A labelled page as figures.
pub struct Example {
    /// Its features.
    pub page: Page,
    /// One a block.
    pub targets: Vec<Target>,
    /// The page's site, as a number: folds never split it.
    pub site: u64,
    /// Its type, where that is known.
    pub page_type: Option<PageType>,
    /// Its figures by the schema [`PAGE`]; empty for plain text.
    pub figures: Vec<f32>,
}

/// A feature of all blocks of all pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Column {
    /// Upper edges of the bins.
    edges: Vec<f32>,
    /// Bins, with padding.
    bins: Vec<u8>,
}

impl Column {
    /// A value that falls into the bin of the row.
    fn value(&self, row: usize) -> f32 {
        match self.bins[row] {
            0 => f32::MIN,
            bin => self.edges[usize::from(bin) - 1].next_up(),
        }
    }

    /// Whether it has so many rows, and bins that its edges allow.
    fn is_sound(&self, rows: usize) -> bool {
        let edges = &self.edges;
        self.bins.len() == rows
            && edges.len() < 256
            && edges.iter().all(|e| e.is_finite())
            && edges.is_sorted_by(|a, b| a < b)
            && self.bins.iter().all(|bin| usize::from(*bin) <= edges.len())
    }
}

/// A page of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TablePage {
    /// The page's site.
    pub site: u64,
    /// How its blocks hang together.
    pub layout: Layout,
    /// What is known of each block.
    pub targets: Vec<Target>,
    /// Its type, where that is known.
    pub page_type: Option<PageType>,
    /// Row of its first block.
    start: usize,
}

/// Features of all blocks of a table's pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Features(Vec<Column>);

/// What a table file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableHeader {
    /// `html` or `text`.
    pub schema: String,
    /// The fingerprint of the features.
    pub fingerprint: String,
    /// How many pages.
    pub pages: usize,
    /// How many blocks.
    pub blocks: usize,
}

/// Labelled pages as figures, binned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Table {
    /// The features of the schema.
    pub features: Features,
    /// The figures of whole pages, without padding; none for plain text.
    pub page_figures: Features,
    pages: Vec<TablePage>,
    /// What the words say, if that has been learnt: a table from a file has no others.
    pub lexical: Option<Lexical>,
    /// Each page's words and names; none in a table from a file.
    #[serde(skip)]
    pub(super) tokens: Vec<Tokens>,
}

/// What the words and names of a table's pages say of its blocks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lexical {
    /// Learnt from all pages that were chosen: for pages that are not among them.
    pub lexicon: Lexicon,
    /// The scores of each chosen page, by a lexicon that has not seen its site.
    pub scores: Features,
}

impl Features {
    /// How many.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bins figures of whole pages, a row a page.
    pub(super) fn of_pages(rows: &[Vec<f32>]) -> Features {
        let figures = rows.iter().map(Vec::len).min().unwrap_or(0);
        let columns = (0..figures).into_par_iter().map(|figure| {
            let values: Vec<f32> = rows.iter().map(|row| row[figure]).collect();
            let edges = quantile_edges(&values, BINS);
            Column { bins: values.iter().map(|value| bin(*value, &edges)).collect(), edges }
        });
        Features(columns.collect())
    }
}

/// Of the features of blocks and of whole pages, in hexadecimal.
fn fingerprint(schema: &Schema) -> String {
    [schema, &*LEXICAL, &PAGE].map(|schema| format!("{:016x}", schema.fingerprint())).concat()
}

/// Bins a feature.
pub const BINS: usize = 64;
/// Bins a lexical score: fewer, as hardly any two of these are alike and a table is to stay small.
pub const LEXICAL_BINS: usize = 24;

impl Table {
    /// Bins the pages' features. Pages without blocks are left out.
    pub fn new(examples: Vec<Example>) -> Table {
        let mut pages = Vec::with_capacity(examples.len());
        let mut rows = Vec::with_capacity(examples.len());
        let mut matrices = Vec::with_capacity(examples.len());
        let mut tokens = Vec::with_capacity(examples.len());
        let mut start = REACH;
        for example in examples.into_iter().filter(|e| !e.targets.is_empty()) {
            let blocks = example.targets.len();
            let Page { matrix, layout, tokens: of_page } = example.page;
            tokens.push(of_page);
            pages.push(TablePage {
                site: example.site,
                layout,
                targets: example.targets,
                page_type: example.page_type,
                start,
            });
            rows.push(example.figures);
            matrices.push(matrix);
            start += blocks + REACH;
        }
        let page_figures = Features::of_pages(&rows);
        let features = Features::default();
        let mut table = Table { features, page_figures, pages, lexical: None, tokens };
        table.features = table.bin(matrices.iter().map(Some).collect(), BINS);
        table
    }

    /// Cuts features of the table's pages into so many bins, one matrix a page. A page without one
    /// counts as padding.
    pub fn bin(&self, matrices: Vec<Option<&Matrix>>, max_bins: usize) -> Features {
        let features = matrices.iter().flatten().next().map_or(0, |m| m.padded().nrows());
        let rows = self.rows() + 2 * REACH;
        let columns = (0..features).into_par_iter().map(|feature| {
            let known = matrices.iter().flatten();
            let values: Vec<f32> = known.flat_map(|m| m.column(feature, 0)).copied().collect();
            let edges = quantile_edges(&values, max_bins);
            let mut bins = vec![bin(OUTSIDE, &edges); rows];
            for (page, matrix) in self.pages.iter().zip(&matrices) {
                if let Some(matrix) = matrix {
                    for (slot, value) in
                        bins[page.start..].iter_mut().zip(matrix.column(feature, 0))
                    {
                        *slot = bin(*value, &edges);
                    }
                }
            }
            Column { edges, bins }
        });
        Features(columns.collect())
    }

    /// Writes the table as a file.
    ///
    /// # Errors
    /// Of the stream.
    pub fn write(&self, schema: &Schema, out: &mut impl Write) -> io::Result<()> {
        let header = TableHeader {
            schema: schema.name.to_owned(),
            fingerprint: fingerprint(schema),
            pages: self.pages.len(),
            blocks: self.blocks(),
        };
        container::write(out, "table", &header, self)
    }

    /// Reads a table file, and the schema it is of.
    ///
    /// # Errors
    /// If it is no table, is broken, or is one of other features.
    pub fn read(file: impl BufRead) -> Result<(Table, &'static Schema), container::Error> {
        let (header, table): (TableHeader, Table) = container::read(file, "table")?;
        let refuse = |reason: &str| Err(container::Error::Content(reason.to_owned()));
        let Some(schema) = Schema::named(&header.schema) else {
            return refuse("unknown schema: expected html or text");
        };
        if header.fingerprint != fingerprint(schema) {
            return refuse(
                "a table of other features than this dehusk has: make it anew with `dehusk features`",
            );
        }
        if table.features.len() != schema.features.len() || !table.hangs_together() {
            return refuse("broken table");
        }
        Ok((table, schema))
    }

    /// Whether all parts are of the lengths that the others say.
    fn hangs_together(&self) -> bool {
        let mut start = REACH;
        for page in &self.pages {
            let blocks = page.targets.len();
            let Layout { words, kinds, levels } = &page.layout;
            let inside = |&(from, to): &(u32, u32)| from < to && to as usize <= blocks;
            if page.start != start
                || blocks == 0
                || [words.len(), kinds.len(), levels.len()] != [blocks; 3]
                || kinds.iter().any(|kind| *kind as usize >= blocks)
                || !levels.iter().flatten().all(inside)
            {
                return false;
            }
            start += blocks + REACH;
        }
        let rows = self.rows() + 2 * REACH;
        [0, PAGE.features.len()].contains(&self.page_figures.len())
            && self.features.0.iter().all(|column| column.is_sound(rows))
            && self.lexical.as_ref().is_some_and(|lexical| {
                lexical.lexicon.check().is_ok()
                    && lexical.scores.len() == LEXICAL.features.len()
                    && lexical.scores.0.iter().all(|column| column.is_sound(rows))
            })
            && self.page_figures.0.iter().all(|column| column.is_sound(self.pages.len()))
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.pages.iter().map(|page| page.targets.len()).sum()
    }

    /// The pages.
    pub fn pages(&self) -> &[TablePage] {
        &self.pages
    }

    /// Rows of blocks and of the padding between pages.
    pub fn rows(&self) -> usize {
        self.pages.last().map_or(0, |p| p.start + p.targets.len() - REACH)
    }

    /// The rows of a page's blocks, of [`Table::rows`].
    pub fn range(&self, page: usize) -> std::ops::Range<usize> {
        let start = self.pages[page].start - REACH;
        start..start + self.pages[page].targets.len()
    }

    /// The figures of a whole page, each value one that falls into the bin it was.
    pub fn page_row(&self, page: usize) -> Vec<f32> {
        self.page_figures.0.iter().map(|column| column.value(page)).collect()
    }

    /// A page's part of these features, each value one that falls into the bin it was: a model
    /// whose thresholds are the table's edges scores it as it would the page itself.
    pub fn matrix(&self, features: &Features, page: usize) -> Matrix {
        let page = &self.pages[page];
        let width = page.targets.len() + 2 * REACH;
        let mut values = Array2::zeros((features.len(), width));
        for (mut row, column) in values.rows_mut().into_iter().zip(&features.0) {
            for (value, at) in row.iter_mut().zip(page.start - REACH..) {
                *value = column.value(at);
            }
        }
        Matrix::from_padded(values)
    }
}

/// A column of parts that are laid one after the other.
fn column_of<'a>(parts: &[&'a Features], feature: usize) -> &'a Column {
    let (part, feature) = locate(parts.iter().map(|part| part.len()), feature);
    &parts[part].0[feature]
}

/// A table's columns as a pass sees them: one part after the other.
pub struct TableView<'a> {
    /// The table.
    pub table: &'a Table,
    /// Its pages' own features, what their words say, and the second pass' features.
    pub parts: &'a [&'a Features],
    /// The columns.
    pub view: &'a View,
}

impl TableView<'_> {
    fn column(&self, feature: usize) -> &Column {
        column_of(self.parts, feature)
    }
}

impl BinnedColumns for TableView<'_> {
    fn rows(&self) -> usize {
        self.table.rows()
    }

    fn features(&self) -> usize {
        self.view.columns.len()
    }

    fn bins(&self, feature: usize) -> &[u8] {
        let (feature, shift) = self.view.columns[feature];
        let start = (REACH as isize + shift) as usize;
        &self.column(feature).bins[start..start + self.table.rows()]
    }

    fn edges(&self, feature: usize) -> &[f32] {
        &self.column(self.view.columns[feature].0).edges
    }
}

/// A table's whole pages as the classifier of page types sees them: a row a page.
pub struct PagesView<'a> {
    /// How many pages.
    pub pages: usize,
    /// Their figures, and the means of what their words say.
    pub parts: [&'a Features; 2],
}

impl PagesView<'_> {
    fn column(&self, feature: usize) -> &Column {
        column_of(&self.parts, feature)
    }
}

impl BinnedColumns for PagesView<'_> {
    fn rows(&self) -> usize {
        self.pages
    }

    fn features(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    fn bins(&self, feature: usize) -> &[u8] {
        &self.column(feature).bins
    }

    fn edges(&self, feature: usize) -> &[f32] {
        &self.column(feature).edges
    }
}
