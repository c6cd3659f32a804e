//! Features: each block of a page as a column of figures.
//!
//! The schema is written once. A [`Group`] lists features with their meaning and range *and*
//! the expression that computes each, so that the list a model is trained on and the code that
//! fills the matrix cannot differ. [`HTML`] and [`TEXT`] are the two schemas, for pages with a
//! DOM and for plain text.
//!
//! A page's [`Matrix`] is feature-major: the values of one feature for all blocks are one
//! contiguous slice, with [`REACH`] rows of padding at both ends. A block's neighbours are
//! then not copied: "the same feature two blocks down" is the same slice, shifted. A
//! [`View`] is the list of the (feature, shift) pairs that a model sees.

mod dom;
pub mod keywords;
mod page;
pub mod text;
pub(crate) mod words;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use ndarray::{Array2, s};
use serde::{Deserialize, Serialize};

use crate::dom::Document;
use crate::lexical::Tokens;
use crate::segment::Blocks;
pub(crate) use dom::DISTINCT_NAMES;
pub use page::Texts;

/// How many blocks up and down the page a model may look.
pub const REACH: usize = 4;

/// Blocks whose features are held at a time. A page of more has them computed anew each time they
/// are asked for, since they take some hundred times the memory of a short block.
pub const BAND: usize = 4096;

/// The value of every feature in the padding, outside every feature's range.
pub const OUTSIDE: f32 = -1.0;

/// One feature of a block.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Unique name, `group.feature`.
    pub name: String,
    /// What it measures.
    pub meaning: String,
    /// Smallest and largest value.
    pub range: (f32, f32),
    /// Whether models also see it of the neighbours.
    pub near: bool,
}

impl Feature {
    /// What it belongs to: its name up to the dot.
    pub fn group(&self) -> &str {
        self.name.split('.').next().unwrap_or_default()
    }
}

/// Features that belong together and the code that computes them from a context `C`.
pub(crate) struct Group<C> {
    pub len: usize,
    pub features: fn() -> Vec<Feature>,
    pub fill: fn(&C, &mut [f32]),
}

/// Fills `out` with all groups' features in turn; gives how many they are.
pub(crate) fn fill_groups<C>(groups: &[Group<C>], context: &C, out: &mut [f32]) -> usize {
    let mut start = 0;
    for group in groups {
        (group.fill)(context, &mut out[start..start + group.len]);
        start += group.len;
    }
    start
}

/// Defines a [`Group`] by its features: `name: "meaning", low..high => expression;`, with
/// `near` before the name where models also see the neighbours' value.
macro_rules! group {
    ($(#[$doc:meta])* $id:ident($c:ident: $context:ident) = $group:literal {
        $($name:ident $($near:ident)?: $meaning:literal, $low:literal..$high:expr => $value:expr;)*
    }) => {
        $(#[$doc])*
        fn $id<'a>() -> $crate::features::Group<$context<'a>> {
          $crate::features::Group {
            len: [$(stringify!($name)),*].len(),
                features: || vec![$($crate::features::Feature {
                name: concat!($group, ".", stringify!($name)).to_owned(),
                meaning: $meaning.to_owned(),
                range: ($low as f32, $high as f32),
                near: false $(|| stringify!($near) == "near")?,
            }),*],
            fill: |$c, out| {
                let values = [$($crate::features::Figure::figure($value)),*];
                out.copy_from_slice(&values);
            },
          }
        }
    };
}
pub(crate) use group;

/// The upper end of a count's range.
pub(crate) const COUNT: f32 = u32::MAX as f32;

/// What a feature's expression may give.
pub(crate) trait Figure {
    /// As a figure of the matrix.
    fn figure(self) -> f32;
}

impl Figure for f32 {
    fn figure(self) -> f32 {
        self
    }
}

impl Figure for u32 {
    fn figure(self) -> f32 {
        self as f32
    }
}

impl Figure for u8 {
    fn figure(self) -> f32 {
        f32::from(self)
    }
}

impl Figure for bool {
    fn figure(self) -> f32 {
        f32::from(self)
    }
}

/// `part / whole`, 0 where the whole is 0.
pub(crate) fn share(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// A list of features in the order of a matrix' rows.
pub struct Schema {
    /// `html` or `text`.
    pub name: &'static str,
    /// The features.
    pub features: Vec<Feature>,
}

impl Schema {
    pub(crate) fn new(name: &'static str, groups: Vec<Vec<Feature>>) -> Schema {
        Schema { name, features: groups.into_iter().flatten().collect() }
    }

    /// The schema of this name.
    pub fn named(name: &str) -> Option<&'static Schema> {
        let schemas: [&'static Schema; 2] = [&HTML, &TEXT];
        schemas.into_iter().find(|schema| schema.name == name)
    }

    /// A hash of names and shifts, in order: a model fits the schema whose fingerprint it bears.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = 0xcbf2_9ce4_8422_2325u64;
        let mut eat =
            |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        for feature in &self.features {
            feature.name.bytes().for_each(&mut eat);
            eat(feature.near as u8);
        }
        eat(REACH as u8);
        hash
    }

    /// What a model sees of a page: every feature of the block itself, then those that are
    /// seen of neighbours, for each shift.
    pub fn view(&self) -> View {
        let own = (0..self.features.len()).map(|feature| (feature, 0));
        let near = self.features.iter().enumerate().filter(|(_, f)| f.near).map(|(i, _)| i);
        let reach = REACH as isize;
        let shifted = near.flat_map(|feature| {
            (-reach..=reach).filter(|shift| *shift != 0).map(move |shift| (feature, shift))
        });
        View { columns: own.chain(shifted).collect() }
    }
}

/// The schema of pages with a DOM.
pub static HTML: LazyLock<Schema> = LazyLock::new(|| {
    Schema::new(
        "html",
        [page::groups().iter().map(|g| (g.features)()).collect::<Vec<_>>(), dom::features()]
            .concat(),
    )
});

/// The schema of plain text. A line has no containers: its neighbours are all that tells what it
/// belongs to, and models see more of them.
pub static TEXT: LazyLock<Schema> = LazyLock::new(|| {
    let groups = page::line_groups();
    let mut schema = Schema::new("text", groups.iter().map(|g| (g.features)()).collect());
    for feature in &mut schema.features {
        feature.near |= page::LINE_NEAR.contains(&feature.name.as_str());
    }
    schema
});

/// The columns a model sees: pairs of a feature's index and a shift in blocks.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    /// The pairs.
    pub columns: Vec<(usize, isize)>,
}

impl View {
    /// This view, and after it `other` of the features from number `start` on.
    pub(crate) fn and(&self, other: &View, start: usize) -> View {
        let shifted = other.columns.iter().map(|(feature, shift)| (feature + start, *shift));
        View { columns: self.columns.iter().copied().chain(shifted).collect() }
    }
}

/// Which of several parts, laid one after the other, holds a column, and its place there.
///
/// # Panics
/// If there are not so many columns.
pub(crate) fn locate(lengths: impl Iterator<Item = usize>, mut column: usize) -> (usize, usize) {
    for (part, length) in lengths.enumerate() {
        match column.checked_sub(length) {
            Some(rest) => column = rest,
            None => return (part, column),
        }
    }
    panic!("no part has column {column}")
}

/// Features of a page's blocks, all or some in a row: `features × (blocks + 2 · REACH)`. The padding
/// holds what lies around the blocks, and [`OUTSIDE`] outside the page.
#[derive(Clone, Debug)]
pub struct Matrix {
    values: Array2<f32>,
}

/// A page as a classifier learns from it.
#[derive(Clone, Debug)]
pub struct Page {
    /// The features of its blocks.
    pub matrix: Matrix,
    /// How the blocks hang together.
    pub layout: Layout,
    /// Their words, and the names around them.
    pub tokens: Tokens,
}

impl Page {
    /// The features of a page with a DOM, by the schema [`HTML`].
    pub fn of_document(document: &Document, blocks: &Blocks) -> Page {
        let texts = Texts::of_document(document, blocks);
        Outline::new(Some(document), blocks, &texts).page(Tokens::of_document(document, blocks))
    }

    /// The features of plain text, by the schema [`TEXT`].
    pub fn of_text(blocks: &Blocks) -> Page {
        let texts = Texts::of_lines(blocks);
        Outline::new(None, blocks, &texts).page(Tokens::of_lines(blocks, &texts))
    }
}

/// A page as it is classified, which is as much as fits in memory however many blocks it has.
pub struct Outline<'a> {
    source: Source<'a>,
    texts: &'a Texts,
    /// The features of all blocks, where they are few.
    whole: Option<Matrix>,
}

/// What features are computed from.
enum Source<'a> {
    Document(Box<dom::Dom<'a>>),
    Lines(Layout),
}

impl<'a> Outline<'a> {
    /// Looks over a page; it is plain text if there is no document.
    pub fn new(document: Option<&'a Document>, blocks: &'a Blocks, texts: &'a Texts) -> Self {
        let source = match document {
            Some(document) => Source::Document(Box::new(dom::Dom::new(document, blocks, texts))),
            None => Source::Lines(texts.layout()),
        };
        let mut outline = Outline { source, texts, whole: None };
        if blocks.len() <= BAND {
            outline.whole = Some(outline.compute(0..blocks.len()));
        }
        outline
    }

    /// How its blocks hang together.
    pub fn layout(&self) -> &Layout {
        match &self.source {
            Source::Document(dom) => dom.layout(),
            Source::Lines(layout) => layout,
        }
    }

    /// How many blocks it has.
    pub fn blocks(&self) -> usize {
        self.layout().words.len()
    }

    /// The features of some blocks, by the schema [`HTML`] or [`TEXT`].
    pub fn matrix(&self, blocks: Range<usize>) -> Cow<'_, Matrix> {
        match &self.whole {
            Some(whole) => whole.band(blocks),
            None => Cow::Owned(self.compute(blocks)),
        }
    }

    fn compute(&self, blocks: Range<usize>) -> Matrix {
        match &self.source {
            Source::Document(dom) => {
                let mut path = dom::Path::default();
                Matrix::fill_band(HTML.features.len(), blocks, self.blocks(), |i, out| {
                    let n = page::fill(self.texts, i, out);
                    dom.fill(i, &mut path, &mut out[n..]);
                })
            }
            Source::Lines(_) => {
                Matrix::fill_band(TEXT.features.len(), blocks, self.blocks(), |i, out| {
                    page::fill_line(self.texts, i, out);
                })
            }
        }
    }

    fn page(mut self, tokens: Tokens) -> Page {
        let whole = self.whole.take();
        let matrix = whole.unwrap_or_else(|| self.compute(0..self.blocks()));
        Page { matrix, layout: self.layout().clone(), tokens }
    }
}

/// How a page's blocks hang together: what a second pass needs beside the first one's scores.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Each block's words.
    pub words: Vec<u32>,
    /// Each block's kind: blocks in elements of the same names and classes share a number below
    /// the number of blocks.
    pub kinds: Vec<u32>,
    /// Each block's containers as ranges of blocks, from the narrowest that holds more than the
    /// block outwards.
    pub levels: Vec<[(u32, u32); Layout::LEVELS]>,
}

impl Layout {
    /// How many containers are kept of a block.
    pub const LEVELS: usize = 5;
}

impl Matrix {
    /// A matrix of so many features and blocks. `row` is called for each block in order, and
    /// writes its features.
    pub(crate) fn fill(
        features: usize,
        blocks: usize,
        row: impl FnMut(usize, &mut [f32]),
    ) -> Matrix {
        Matrix::fill_band(features, 0..blocks, blocks, row)
    }

    /// As [`fill`](Matrix::fill), of some blocks in a row among so many.
    pub(crate) fn fill_band(
        features: usize,
        band: Range<usize>,
        blocks: usize,
        mut row: impl FnMut(usize, &mut [f32]),
    ) -> Matrix {
        // Columns lie far apart: of each a cache line is written at a time.
        const ROWS: usize = 16;
        let width = band.len() + 2 * REACH;
        let mut values = vec![OUTSIDE; features * width];
        let mut figures = vec![0.0; features];
        let mut lines = vec![[0.0; ROWS]; features];
        let end = blocks.min(band.end + REACH);
        for start in (band.start.saturating_sub(REACH)..end).step_by(ROWS) {
            let n = ROWS.min(end - start);
            for i in 0..n {
                row(start + i, &mut figures);
                lines.iter_mut().zip(&figures).for_each(|(line, figure)| line[i] = *figure);
            }
            for (column, line) in values.chunks_exact_mut(width).zip(&lines) {
                let part = &mut column[REACH + start - band.start..];
                // Whole lines, as nearly all are, need no call.
                match part.first_chunk_mut() {
                    Some(part) if n == ROWS => *part = *line,
                    _ => part[..n].copy_from_slice(&line[..n]),
                }
            }
        }
        let values = Array2::from_shape_vec((features, width), values);
        Matrix { values: values.expect("as many values as the shape has") }
    }

    /// A matrix from values that hold the padding.
    pub fn from_padded(values: Array2<f32>) -> Matrix {
        Matrix { values }
    }

    /// The same features of some blocks in a row.
    pub(crate) fn band(&self, band: Range<usize>) -> Cow<'_, Matrix> {
        if band == (0..self.blocks()) {
            return Cow::Borrowed(self);
        }
        let columns = s![.., band.start..band.end + 2 * REACH];
        Cow::Owned(Matrix { values: self.values.slice(columns).as_standard_layout().into_owned() })
    }

    /// Number of blocks.
    pub fn blocks(&self) -> usize {
        self.values.ncols() - 2 * REACH
    }

    /// The values with their padding, `features × (blocks + 2 · REACH)`.
    pub fn padded(&self) -> &Array2<f32> {
        &self.values
    }

    /// One feature of all blocks, seen `shift` blocks away.
    pub fn column(&self, feature: usize, shift: isize) -> &[f32] {
        let width = self.values.ncols();
        let start = feature * width + (REACH as isize + shift) as usize;
        let values = self.values.as_slice().expect("built in standard layout");
        &values[start..start + self.blocks()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    const PAGE: &str =
        "<title>The tide</title><body class=single-post><nav><a href=a>Home</a></nav>
        <article class=entry-content><h1>The tide</h1>
        <p>The tide came in over the flats, slowly at first, and then it ran through every channel
        faster than a horse could follow it across the sand.</p>
        <p>Nobody saw it turn.</p></article><aside><p><a href=b>Read also: The ebb</a></p></aside>";

    fn value(matrix: &Matrix, schema: &Schema, name: &str, block: usize) -> f32 {
        let feature = schema.features.iter().position(|f| f.name == name).unwrap();
        matrix.column(feature, 0)[block]
    }

    #[test]
    fn every_feature_has_its_own_name_and_stays_in_its_range() {
        let document = dom::parse(PAGE);
        let blocks = Blocks::of_document(&document);
        for (schema, matrix) in [
            (&*HTML, Page::of_document(&document, &blocks).matrix),
            (&*TEXT, Page::of_text(&blocks).matrix),
        ] {
            let mut names: Vec<&str> = schema.features.iter().map(|f| f.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), schema.features.len());
            for (i, feature) in schema.features.iter().enumerate() {
                for value in matrix.column(i, 0) {
                    let (low, high) = feature.range;
                    assert!((low..=high).contains(value), "{}: {value}", feature.name);
                }
            }
        }
    }

    #[test]
    fn figures_say_what_the_page_shows() {
        let document = dom::parse(PAGE);
        let blocks = Blocks::of_document(&document);
        let matrix = Page::of_document(&document, &blocks).matrix;
        let of = |name, block| value(&matrix, &HTML, name, block);
        assert_eq!((of("link.density", 0), of("link.density", 2)), (1.0, 0.0));
        assert_eq!((of("tag.heading", 1), of("place.title_share", 1)), (1.0, 1.0));
        assert_eq!(
            (of("choice.best_side", 0), of("choice.best_side", 2), of("choice.best_side", 4)),
            (-1.0, 0.0, 1.0)
        );
        assert_eq!((of("keyword.related", 4), of("in.article", 4)), (1.0, 0.0));
    }

    #[test]
    fn a_line_echoes_the_short_line_that_has_its_first_words() {
        let lines = "Ana Ribeiro\nThe ferry is late.\nAna Ribeiro writes about the sea.\nThe Ana";
        let matrix = Page::of_text(&Blocks::of_text(lines)).matrix;
        let of = |name| (0..4).map(|line| value(&matrix, &TEXT, name, line)).collect::<Vec<_>>();
        assert_eq!(of("line.echoed_words"), [0.0, 0.0, 2.0, 1.0]);
        assert_eq!(of("line.since_echoed"), [0.0, 0.0, 2.0, 1.0]);
    }

    #[test]
    fn neighbours_are_the_same_column_shifted() {
        let matrix = Page::of_text(&Blocks::of_text("One.\nTwo words.\nThree.")).matrix;
        let words = TEXT.features.iter().position(|f| f.name == "words.words").unwrap();
        let own = matrix.column(words, 0).to_vec();
        assert_eq!(matrix.column(words, 1), [own[1], own[2], OUTSIDE]);
        assert_eq!(matrix.column(words, -2), [OUTSIDE, OUTSIDE, own[0]]);
    }
}
