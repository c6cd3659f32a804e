//! The classifier: from a page's features to each block's probability of each label.
//!
//! Two passes of gradient-boosted trees, or of logistic regression. The first sees a block's own features and its
//! neighbours'; the second sees these and the first one's scores, pooled over what the block
//! belongs to ([`context`]). It is not asked about blocks of which the first is sure: a cascade (Viola
//! and Jones, CVPR 2001).
//!
//! A [`Model`] is a classifier with its papers: what it was trained on, how well it did, and
//! which schema it fits. [`Model::read`] refuses one that does not fit.

pub mod context;
pub mod linear;

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::ops::Range;

use serde::{Deserialize, Serialize};

use crate::boost::{ColumnMajor, Columns, GradientBoosting};
use crate::confidence::{Confidence, OUTCOME};
use crate::container;
use crate::features::{BAND, Matrix, Outline, REACH, Schema, View, locate};
use crate::label::Label;
use crate::lexical::{LEXICAL, Lexicon, Tokens};
use crate::page_type::figures::PAGE;
use crate::page_type::{PageTypes, Probabilities};
use context::CONTEXT;
use linear::Linear;

/// A classifier and its papers.
#[derive(Clone, Debug, PartialEq)]
pub struct Model {
    /// The papers.
    pub header: Header,
    /// The classifier.
    pub classifier: Classifier,
    /// The classifier of whole pages; none where the training pages do not tell types apart, or
    /// have no DOM.
    pub page_types: Option<PageTypes>,
    /// The estimate of a page's own word F1; none where no outcomes were there to fit it to.
    pub confidence: Option<Confidence>,
}

/// What a model file says of itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Header {
    /// The version of dehusk that trained it.
    pub dehusk: String,
    /// `html` or `text`.
    pub schema: String,
    /// The fingerprint of the features it was trained on.
    pub fingerprint: String,
    /// The labels in the order of its scores.
    pub labels: Vec<Label>,
    /// Pages and blocks it was trained on.
    pub pages: usize,
    /// See `pages`.
    pub blocks: usize,
    /// Measured figures, by name, as cross-validation gave them for models trained the same way.
    pub figures: BTreeMap<String, f64>,
}

impl Header {
    /// The papers of a model of this schema.
    pub fn new(
        schema: &Schema,
        pages: usize,
        blocks: usize,
        figures: BTreeMap<String, f64>,
    ) -> Header {
        Header {
            dehusk: env!("CARGO_PKG_VERSION").to_owned(),
            schema: schema.name.to_owned(),
            fingerprint: fingerprint(schema),
            labels: Label::ALL.to_vec(),
            pages,
            blocks,
            figures,
        }
    }
}

/// Of all that the model's parts see: the page's own features, the second pass', those of whole
/// pages and of outcomes; in hexadecimal.
fn fingerprint(schema: &Schema) -> String {
    let seen = [schema, &*LEXICAL, &CONTEXT, &PAGE, &OUTCOME];
    seen.map(|schema| format!("{:016x}", schema.fingerprint())).concat()
}

impl Model {
    /// Writes the model as a file.
    ///
    /// # Errors
    /// Of the stream.
    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let body = (&self.classifier, &self.page_types, &self.confidence);
        container::write(out, "model", &self.header, &body)
    }

    /// Reads a model file, and checks that it fits this version's features and cannot fail.
    ///
    /// # Errors
    /// If it is no model, is broken, or was trained on other features.
    pub fn read(file: impl BufRead) -> Result<Model, container::Error> {
        let (header, body) = container::read(file, "model")?;
        let (classifier, page_types, confidence) = body;
        let model = Model { header, classifier, page_types, confidence };
        let refuse = |reason: String| Err(container::Error::Content(reason));
        let schema = match model.schema() {
            Some(schema) => schema,
            None => {
                return refuse(format!(
                    "unknown schema {:?}: expected html or text",
                    model.header.schema
                ));
            }
        };
        if model.header.fingerprint != fingerprint(schema) {
            return refuse(format!(
                "trained on other features ({}, by dehusk {}) than this dehusk has ({}): train it anew with `dehusk train`",
                model.header.fingerprint,
                model.header.dehusk,
                fingerprint(schema)
            ));
        }
        if model.header.labels != Label::ALL {
            return refuse("its labels are not the ten of this dehusk".to_owned());
        }
        match model.check(schema) {
            Ok(()) => Ok(model),
            Err(reason) => refuse(format!("broken model: {reason}")),
        }
    }

    /// The papers of a model file, and a hash that tells it from others with the same. Far quicker
    /// than to read it.
    ///
    /// # Errors
    /// If it is no model file.
    pub fn tell(file: impl BufRead) -> Result<(Header, u64), container::Error> {
        container::tell(file, "model")
    }

    /// Checks that no page of the schema can make the model fail.
    fn check(&self, schema: &Schema) -> Result<(), String> {
        self.classifier.check(schema)?;
        self.page_types.as_ref().map_or(Ok(()), PageTypes::check)?;
        self.confidence.as_ref().map_or(Ok(()), Confidence::check)
    }

    /// The schema of the pages it scores.
    pub fn schema(&self) -> Option<&'static Schema> {
        Schema::named(&self.header.schema)
    }
}

/// What turns columns into outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Scorer {
    /// Gradient-boosted trees: the accurate one.
    Trees(GradientBoosting),
    /// Logistic regression on one-hot bins: the small one.
    Linear(Linear),
}

impl Scorer {
    /// Checks that nothing of so many columns can make the scorer fail, and that it has so many
    /// outputs.
    pub(crate) fn check(&self, columns: usize, outputs: usize) -> Result<(), String> {
        let (found, check) = match self {
            Scorer::Trees(trees) => {
                (trees.n_classes(), trees.check(columns).map_err(|e| e.to_string()))
            }
            Scorer::Linear(linear) => {
                (linear.n_classes(), linear.check(columns).map_err(|e| e.to_string()))
            }
        };
        if found != outputs {
            return Err(format!("{found} outputs"));
        }
        check
    }

    /// The probabilities of every row, written to `out` (rows × outputs, row-major).
    pub(crate) fn predict(&self, columns: &impl Columns, out: &mut [f32]) -> Result<(), String> {
        match self {
            Scorer::Trees(trees) => trees.predict_columns(columns, out).map_err(|e| e.to_string()),
            Scorer::Linear(linear) => {
                linear.predict_columns(columns, out).map_err(|e| e.to_string())
            }
        }
    }
}

/// One pass: a scorer, and the columns that it sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pass {
    /// The columns in the order of the scorer's features.
    pub view: View,
    /// The scorer.
    pub scorer: Scorer,
}

/// A fitted classifier.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Classifier {
    /// What words and names say.
    pub lexicon: Lexicon,
    /// The first pass.
    pub first: Pass,
    /// The second pass, if it has one.
    pub second: Option<Pass>,
}

/// What is thought of a page's blocks: each one's probability of each label, and that of lying
/// in the text that a careful transcriber would keep.
///
/// The two are not the same. The label says what a block is; of a product's specifications, or
/// a list's prices, all are `body`, but not all who transcribe a page keep them. So a classifier
/// has twelve outputs: the ten labels with the usual reading (body is kept and the rest is not),
/// body that is not kept, and anything else that is.
#[derive(Clone, Debug, PartialEq)]
pub struct Scores {
    /// Rows of [`Scores::WIDTH`].
    values: Vec<f32>,
}

impl Scores {
    /// Number of a classifier's outputs.
    pub const OUTPUTS: usize = Label::COUNT + 2;
    /// Figures a block: the ten labels, and the content.
    pub const WIDTH: usize = Label::COUNT + 1;

    /// What an output says: the label (none for any but body), and whether the block is content.
    pub fn meaning(output: usize) -> (Option<Label>, bool) {
        match Label::ALL.get(output) {
            Some(label) => (Some(*label), *label == Label::Body),
            None if output == Label::COUNT => (Some(Label::Body), false),
            None => (None, true),
        }
    }

    /// A name for an output.
    pub(crate) fn output_name(output: usize) -> &'static str {
        match Label::ALL.get(output) {
            Some(label) => label.as_str(),
            None if output == Label::COUNT => "body_outside",
            None => "other_inside",
        }
    }

    /// From a classifier's outputs, `blocks × OUTPUTS` row-major.
    fn from_outputs(outputs: &[f32]) -> Scores {
        let mut values = Vec::with_capacity(outputs.len());
        for row in outputs.chunks_exact(Self::OUTPUTS) {
            let (labels, rest) = row.split_at(Label::COUNT);
            let (body_outside, other_inside) = (rest[0], rest[1]);
            let body = labels[Label::Body as usize];
            let others = labels.iter().sum::<f32>() - body;
            let scale = if others > 0.0 { (others + other_inside) / others } else { 1.0 };
            values.extend(Label::ALL.map(|label| match label {
                Label::Body => body + body_outside,
                label => labels[label as usize] * scale,
            }));
            values.push(body + other_inside);
        }
        Scores { values }
    }

    /// Multiplies the odds that block `i` is boilerplate and not content by `odds`: the labels of
    /// boilerplate grow at the expense of the others. Nothing changes where `odds` is 1.
    pub(crate) fn weigh(&mut self, i: usize, odds: f32) {
        if odds == 1.0 {
            return;
        }
        let row = &mut self.values[i * Self::WIDTH..(i + 1) * Self::WIDTH];
        let (labels, content) = row.split_at_mut(Label::COUNT);
        let before: f32 = labels.iter().sum();
        for label in [Label::Bio, Label::Teaser, Label::Ad, Label::Nav, Label::Legal] {
            labels[label as usize] *= odds;
        }
        let after: f32 = labels.iter().sum();
        if after > 0.0 {
            labels.iter_mut().for_each(|label| *label *= before / after);
        }
        content[0] /= content[0] + (1.0 - content[0]) * odds;
    }

    /// All figures, `blocks × WIDTH` row-major.
    pub fn rows(&self) -> &[f32] {
        &self.values
    }

    /// The probabilities of block `i`, in the labels' order.
    pub fn of(&self, i: usize) -> &[f32] {
        &self.values[i * Self::WIDTH..(i + 1) * Self::WIDTH - 1]
    }

    /// The probability that a transcriber would keep block `i` as content.
    pub fn content(&self, i: usize) -> f32 {
        self.values[(i + 1) * Self::WIDTH - 1]
    }

    /// Whether label and content of block `i` are beyond doubt.
    fn is_sure(&self, i: usize) -> bool {
        let content = self.content(i);
        content.max(1.0 - content) >= SURE && self.of(i)[self.label(i) as usize] >= SURE
    }

    /// The likeliest label of every block.
    pub fn labels(&self) -> Vec<Label> {
        (0..self.values.len() / Self::WIDTH).map(|i| self.label(i)).collect()
    }

    /// The likeliest label of block `i`.
    pub fn label(&self, i: usize) -> Label {
        let mut best = Label::Title;
        for label in Label::ALL {
            if self.of(i)[label as usize] > self.of(i)[best as usize] {
                best = label;
            }
        }
        best
    }
}

/// How likely the likeliest label must be, and the likelier of content and its contrary, for a
/// block to be sure.
const SURE: f32 = 0.9;

/// A page's columns as a pass sees them: its matrices one after the other.
struct Seen<'a> {
    parts: &'a [&'a Matrix],
    view: &'a View,
}

impl Columns for Seen<'_> {
    fn rows(&self) -> usize {
        self.parts[0].blocks()
    }

    fn column(&self, feature: usize) -> &[f32] {
        let (feature, shift) = self.view.columns[feature];
        let lengths = self.parts.iter().map(|part| part.padded().nrows());
        let (part, feature) = locate(lengths, feature);
        self.parts[part].column(feature, shift)
    }
}

impl Pass {
    fn check(&self, features: usize) -> Result<(), String> {
        let reach = -(REACH as isize)..=REACH as isize;
        if !self.view.columns.iter().all(|(f, shift)| *f < features && reach.contains(shift)) {
            return Err("a column that no page has".to_owned());
        }
        self.scorer.check(self.view.columns.len(), Scores::OUTPUTS)
    }

    /// The pass' scores of a page: of its own features, of what its words say, and in the second
    /// pass of the first one's scores.
    pub fn predict(&self, parts: &[&Matrix]) -> Scores {
        self.predict_columns(&Seen { parts, view: &self.view })
    }

    /// As [`predict`](Pass::predict), but of some blocks.
    fn predict_some(&self, parts: &[&Matrix], blocks: &[usize]) -> Scores {
        let seen = Seen { parts, view: &self.view };
        let mut values = vec![0.0; self.view.columns.len() * blocks.len()];
        for (feature, values) in values.chunks_exact_mut(blocks.len()).enumerate() {
            let column = seen.column(feature);
            values.iter_mut().zip(blocks).for_each(|(value, block)| *value = column[*block]);
        }
        self.predict_columns(&ColumnMajor { rows: blocks.len(), values })
    }

    fn predict_columns(&self, columns: &impl Columns) -> Scores {
        let mut out = vec![0.0; columns.rows() * Scores::OUTPUTS];
        let fits = "a checked model, and a row of outputs for each block";
        self.scorer.predict(columns, &mut out).expect(fits);
        Scores::from_outputs(&out)
    }
}

impl Classifier {
    /// Checks that no page of the schema can make the classifier fail.
    fn check(&self, schema: &Schema) -> Result<(), String> {
        self.lexicon.check()?;
        let own = schema.features.len() + LEXICAL.features.len();
        self.first.check(own)?;
        match &self.second {
            Some(second) => second.check(own + CONTEXT.features.len()),
            None => Ok(()),
        }
    }

    /// What the words and names of a page say, by the schema [`LEXICAL`].
    pub fn lexical(&self, tokens: &Tokens) -> Matrix {
        self.lexicon.matrix(tokens)
    }

    /// The scores of a page's blocks; `lexical` is what its words and names say, `types` are the
    /// probabilities of its types, where they are told.
    pub fn predict(
        &self,
        page: &Outline,
        lexical: &Matrix,
        types: Option<Probabilities>,
    ) -> Scores {
        let mut first = Scores { values: Vec::with_capacity(page.blocks() * Scores::WIDTH) };
        for band in bands(page) {
            let features = page.matrix(band.clone());
            let words = lexical.band(band);
            first.values.extend(self.first.predict(&[&features, &words]).values);
        }
        let Some(second) = &self.second else { return first };
        let mut scores = first.clone();
        let pools = context::pools(page.layout(), first.rows(), types);
        for band in bands(page) {
            let unsure: Vec<usize> =
                (0..band.len()).filter(|i| !first.is_sure(band.start + i)).collect();
            if unsure.is_empty() {
                continue;
            }
            let features = page.matrix(band.clone());
            let words = lexical.band(band.clone());
            // Of other blocks nothing is asked but what these see of their neighbours.
            let mut is_seen = vec![false; band.len() + 2 * REACH];
            unsure.iter().for_each(|i| is_seen[*i..=i + 2 * REACH].fill(true));
            let context = pools.matrix(band.clone(), |i| is_seen[i + REACH - band.start]);
            let found = second.predict_some(&[&features, &words, &context], &unsure);
            for (i, row) in unsure.iter().zip(found.values.chunks_exact(Scores::WIDTH)) {
                scores.values[(band.start + i) * Scores::WIDTH..][..Scores::WIDTH]
                    .copy_from_slice(row);
            }
        }
        scores
    }
}

/// A page's blocks, a band at a time.
fn bands(page: &Outline) -> impl Iterator<Item = Range<usize>> {
    let blocks = page.blocks();
    (0..blocks).step_by(BAND).map(move |start| start..blocks.min(start + BAND))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;
    use crate::extract::HTML_MODEL;
    use crate::features::Texts;
    use crate::segment::Blocks;

    #[test]
    fn the_second_pass_decides_what_the_first_doubts() {
        let page = include_str!("../../examples/html/blog-sourdough.html");
        let document = dom::parse(page);
        let blocks = Blocks::of_document(&document);
        let texts = Texts::of_document(&document, &blocks);
        let page = Outline::new(Some(&document), &blocks, &texts);
        let classifier = &HTML_MODEL.classifier;
        let lexical = classifier.lexical(&Tokens::of_document(&document, &blocks));
        let found = classifier.predict(&page, &lexical, None);

        let features = page.matrix(0..blocks.len());
        let first = classifier.first.predict(&[&features, &lexical]);
        let context = context::matrix(page.layout(), first.rows(), None);
        let second = classifier.second.as_ref().unwrap();
        let second = second.predict(&[&features, &lexical, &context]);
        let (mut sure, mut unsure) = (0, 0);
        for i in 0..blocks.len() {
            let (n, right) = match first.is_sure(i) {
                true => (&mut sure, &first),
                false => (&mut unsure, &second),
            };
            *n += 1;
            assert_eq!((found.of(i), found.content(i)), (right.of(i), right.content(i)));
        }
        assert!(sure > 2 && unsure > 2, "{sure} {unsure}");
    }
}
