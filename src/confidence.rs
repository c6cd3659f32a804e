//! Confidence: an estimate of the word F1 that a page's own text has, so that doubtful pages can
//! be sent elsewhere.
//!
//! The choice of blocks comes with an expected word F1, which is right only as far as the scores
//! are. A [`Confidence`] is fitted to *outcomes*: pages whose true word F1 is known, scored by
//! models that have not seen their sites. A linear regression (elastic net, by
//! [`linfa_elasticnet`]) over a page's figures by the schema [`OUTCOME`] gives a score; a rising
//! line through the outcomes' means turns that into a word F1. Shares, and the word F1 that the
//! regression is fitted to, are taken as log odds, so that a page of 0.99 differs from one of 0.97
//! as one of 0.7 from one of 0.5: most pages are good, and the order among them counts too.
//!
//! It knows no text and no document.
//!
//! # References
//!
//! * H. Zou & T. Hastie, *Regularization and Variable Selection via the Elastic Net*, Journal of the
//!   Royal Statistical Society B 67(2), 2005.
//! * B. Zadrozny & C. Elkan, *Transforming Classifier Scores into Accurate Multiclass Probability
//!   Estimates*, KDD 2002.

use std::io::{Read, Write};
use std::sync::LazyLock;

use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_elasticnet::{ElasticNet, ElasticNetError};
use ndarray::{Array1, Array2, Axis};
use serde::{Deserialize, Serialize};

use crate::features::{Feature, Layout, Schema, fill_groups, group};
use crate::label::Label;
use crate::model::Scores;
use crate::page_type::{PageType, Probabilities};
use crate::select::Choice;

/// A page whose true word F1 is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// Its site, as in a training table.
    pub site: u64,
    /// The word F1 of its text, 0 to 1.
    pub word_f1: f32,
    /// Its figures, in the order of [`OUTCOME`].
    pub figures: Vec<f32>,
}

/// The schema of the figures that an estimate is made from.
pub static OUTCOME: LazyLock<Schema> = LazyLock::new(|| {
    let names = PageType::ALL.map(PageType::as_str);
    let types = names.map(|name| Feature {
        name: format!("type.{name}"),
        meaning: format!("probability that the page is of the type `{name}`"),
        range: (0.0, 1.0),
        near: false,
    });
    Schema::new("outcome", vec![(chosen().features)(), types.to_vec()])
});

/// The figures of a page by the schema [`OUTCOME`]: how sure its scores are of what was chosen.
pub fn figures(
    layout: &Layout,
    scores: &Scores,
    choice: &Choice,
    types: Option<&Probabilities>,
) -> Vec<f32> {
    let mut row = vec![0.0; OUTCOME.features.len()];
    let n = fill_groups(&[chosen()], &Chosen::of(layout, scores, choice), &mut row);
    row[n..].copy_from_slice(types.unwrap_or(&[0.0; PageType::COUNT]));
    row
}

/// Sums over a page's words, each with the scores of its block.
struct Chosen<'a> {
    choice: &'a Choice,
    words: f32,
    kept_words: f32,
    blocks: f32,
    kept_blocks: f32,
    /// Runs of kept blocks.
    runs: f32,
    /// Words of the longest kept block.
    longest: f32,
    /// Expected words of content, in all and kept.
    content: f32,
    kept_content: f32,
    /// Bits of doubt, over all words and over the kept ones.
    doubt: f32,
    kept_doubt: f32,
    /// Words whose probability lies between 0.2 and 0.8.
    doubtful: f32,
    /// Expected words of each label, over all words and over the kept ones.
    labels: [f32; Label::COUNT],
    kept_labels: [f32; Label::COUNT],
}

impl<'a> Chosen<'a> {
    fn of(layout: &Layout, scores: &Scores, choice: &'a Choice) -> Chosen<'a> {
        let mut sums = Chosen {
            choice,
            words: 0.0,
            kept_words: 0.0,
            blocks: 0.0,
            kept_blocks: 0.0,
            runs: 0.0,
            longest: 0.0,
            content: 0.0,
            kept_content: 0.0,
            doubt: 0.0,
            kept_doubt: 0.0,
            doubtful: 0.0,
            labels: [0.0; Label::COUNT],
            kept_labels: [0.0; Label::COUNT],
        };
        let mut before = false;
        for (i, (words, keep)) in layout.words.iter().zip(&choice.keep).enumerate() {
            let (words, content) = (*words as f32, scores.content(i));
            let doubt = words * entropy(content);
            sums.blocks += 1.0;
            sums.words += words;
            sums.content += words * content;
            sums.doubt += doubt;
            sums.doubtful += if (0.2..0.8).contains(&content) { words } else { 0.0 };
            for (sum, score) in sums.labels.iter_mut().zip(scores.of(i)) {
                *sum += words * score;
            }
            if *keep {
                sums.kept_blocks += 1.0;
                sums.kept_words += words;
                sums.kept_content += words * content;
                sums.kept_doubt += doubt;
                sums.longest = sums.longest.max(words);
                sums.runs += f32::from(!before);
                for (sum, score) in sums.kept_labels.iter_mut().zip(scores.of(i)) {
                    *sum += words * score;
                }
            }
            before = *keep;
        }
        sums
    }

    /// The expected share of a label among the page's words, as log odds.
    fn label(&self, label: Label) -> f32 {
        share(self.labels[label as usize], self.words)
    }

    /// The expected share of a label among the kept words, as log odds.
    fn kept_label(&self, label: Label) -> f32 {
        share(self.kept_labels[label as usize], self.kept_words)
    }
}

/// Of a yes or no with probability `p`, in bits.
fn entropy(p: f32) -> f32 {
    let bits = |p: f32| if p > 0.0 { -p * p.log2() } else { 0.0 };
    bits(p) + bits(1.0 - p)
}

/// Log odds of a share, 0 to 1; of nothing and of all they are those of a half percent less.
fn odds(share: f32) -> f32 {
    const LEAST: f32 = 0.005;
    let share = share.clamp(0.0, 1.0);
    ((share + LEAST) / (1.0 - share + LEAST)).ln()
}

/// Log odds of `part / whole`; of 0 where the whole is 0.
fn share(part: f32, whole: f32) -> f32 {
    odds(if whole > 0.0 { part / whole } else { 0.0 })
}

group! {
    chosen(c: Chosen) = "choice" {
        expected_f1: "word F1 to be expected if the scores are true, as log odds", -6..6 => odds(c.choice.expected_f1);
        precision: "expected share of content among the kept words, as log odds", -6..6 => share(c.kept_content, c.kept_words);
        recall: "share of the expected content that is kept, as log odds", -6..6 => share(c.kept_content, c.content);
        kept: "number of kept words, as a logarithm", 0..32 => c.kept_words.ln_1p();
        words: "number of words, as a logarithm", 0..32 => c.words.ln_1p();
        blocks: "number of blocks, as a logarithm", 0..32 => c.blocks.ln_1p();
        runs: "number of runs of kept blocks, as a logarithm", 0..32 => c.runs.ln_1p();
        length: "number of words a kept block, as a logarithm", 0..32 => (c.kept_words / c.kept_blocks.max(1.0)).ln_1p();
        kept_words: "share of the words that is kept, as log odds", -6..6 => share(c.kept_words, c.words);
        kept_blocks: "share of the blocks that is kept, as log odds", -6..6 => share(c.kept_blocks, c.blocks);
        longest: "share of the kept words in the longest block, as log odds", -6..6 => share(c.longest, c.kept_words);
        doubt: "bits of doubt a word, as log odds", -6..6 => share(c.doubt, c.words);
        kept_doubt: "bits of doubt a kept word, as log odds", -6..6 => share(c.kept_doubt, c.kept_words);
        doubtful: "share of the words that are neither surely content nor surely not, as log odds", -6..6 => share(c.doubtful, c.words);
        body: "expected share of the label among the words, as log odds", -6..6 => c.label(Label::Body);
        comment: "expected share of the label among the words, as log odds", -6..6 => c.label(Label::Comment);
        teaser: "expected share of the label among the words, as log odds", -6..6 => c.label(Label::Teaser);
        nav: "expected share of the label among the words, as log odds", -6..6 => c.label(Label::Nav);
        kept_body: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Body);
        kept_comment: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Comment);
        kept_teaser: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Teaser);
        kept_caption: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Caption);
        kept_nav: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Nav);
        kept_ad: "expected share of the label among the kept words, as log odds", -6..6 => c.kept_label(Label::Ad);
    }
}

/// Why no estimate could be fitted.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There are fewer outcomes than a fit needs.
    #[error("{0} outcomes, and an estimate of confidence needs at least {MIN_OUTCOMES}")]
    TooFew(usize),
    /// linfa refused the hyper-parameters or the data.
    #[error("elastic net: {0}")]
    Solver(#[from] ElasticNetError),
}

/// From how many outcomes on an estimate is fitted.
pub const MIN_OUTCOMES: usize = 100;
/// Penalty on the weights, and which part of it is on their magnitudes: so some weights are 0.
const PENALTY: f64 = 0.03;
const L1_RATIO: f64 = 0.3;
/// Through how many points the line from scores to word F1 goes.
const POINTS: usize = 15;

/// What one figure adds to a score: its value, no further out than it was in training, times the
/// weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Term {
    low: f32,
    high: f32,
    weight: f32,
}

/// A fitted estimate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Confidence {
    /// One a figure of [`OUTCOME`].
    terms: Vec<Term>,
    /// Scores and the word F1 that they mean; both rise.
    line: Vec<(f32, f32)>,
}

impl Confidence {
    /// Fits an estimate to outcomes.
    ///
    /// # Errors
    /// If they are fewer than [`MIN_OUTCOMES`], or linfa refuses them.
    pub fn fit<'a>(outcomes: impl IntoIterator<Item = &'a Outcome>) -> Result<Confidence, Error> {
        let outcomes: Vec<&Outcome> = outcomes.into_iter().collect();
        if outcomes.len() < MIN_OUTCOMES {
            return Err(Error::TooFew(outcomes.len()));
        }
        let shape = (outcomes.len(), OUTCOME.features.len());
        let mut x = Array2::from_shape_fn(shape, |(i, j)| f64::from(outcomes[i].figures[j]));
        let y: Array1<f64> = outcomes.iter().map(|o| f64::from(odds(o.word_f1))).collect();
        // The penalty is meant for columns of one scale, and the solver for centred ones.
        let scales = x.std_axis(Axis(0), 0.0).mapv(|scale| if scale > 0.0 { scale } else { 1.0 });
        x -= &x.mean_axis(Axis(0)).expect("there are outcomes");
        x /= &scales;
        let net = ElasticNet::params()
            .penalty(PENALTY)
            .l1_ratio(L1_RATIO)
            .max_iterations(1000)
            .tolerance(1e-5)
            .check()?
            .fit(&DatasetBase::new(x, y))?;
        let terms = (net.hyperplane() / &scales).into_iter().enumerate().map(|(j, weight)| {
            let values = outcomes.iter().map(|outcome| outcome.figures[j]);
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(v), h.max(v)));
            Term { low, high, weight: weight as f32 }
        });
        let mut fitted = Confidence { terms: terms.collect(), line: Vec::new() };
        let scored = outcomes.iter().map(|o| (fitted.score(&o.figures), o.word_f1)).collect();
        fitted.line = rising_line(scored);
        Ok(fitted)
    }

    fn score(&self, figures: &[f32]) -> f32 {
        let terms = self.terms.iter().zip(figures);
        terms.map(|(term, figure)| figure.clamp(term.low, term.high) * term.weight).sum()
    }

    /// The estimated word F1 of a page with these figures, 0 to 1.
    pub fn estimate(&self, figures: &[f32]) -> f32 {
        let score = self.score(figures);
        let above = self.line.partition_point(|(x, _)| *x <= score);
        let at = above.clamp(1, self.line.len() - 1);
        let ((x0, y0), (x1, y1)) = (self.line[at - 1], self.line[at]);
        (y0 + (y1 - y0) * ((score - x0) / (x1 - x0)).clamp(0.0, 1.0)).clamp(0.0, 1.0)
    }

    /// Checks that no figures can make the estimate fail.
    pub(crate) fn check(&self) -> Result<(), String> {
        let sound_term = |t: &Term| t.low <= t.high && t.weight.is_finite();
        let rises = self.line.is_sorted_by(|a, b| a.0 < b.0 && a.1 <= b.1);
        let is_sound = self.terms.len() == OUTCOME.features.len()
            && self.terms.iter().all(sound_term)
            && self.line.len() >= 2
            && rises
            && self.line.iter().all(|(x, y)| x.is_finite() && y.is_finite());
        if is_sound { Ok(()) } else { Err("a broken estimate of confidence".to_owned()) }
    }
}

/// A line through the means of as many parts of the pairs as [`POINTS`], cut by the first of each
/// pair. Parts whose means fall are pooled with their neighbours until none does (isotonic
/// regression).
fn rising_line(mut pairs: Vec<(f32, f32)>) -> Vec<(f32, f32)> {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let bound = |i: usize| i * pairs.len() / POINTS;
    let mut pools: Vec<(usize, usize)> = Vec::new();
    let mean = |(start, end): (usize, usize)| {
        let sums = pairs[start..end].iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (sums.0 / (end - start) as f32, sums.1 / (end - start) as f32)
    };
    for i in 0..POINTS {
        let mut pool = (bound(i), bound(i + 1));
        while let Some(last) = pools.last().copied() {
            let ((x0, y0), (x1, y1)) = (mean(last), mean(pool));
            if x0 < x1 && y0 <= y1 {
                break;
            }
            pools.pop();
            pool.0 = last.0;
        }
        pools.push(pool);
    }
    let mut line: Vec<(f32, f32)> = pools.into_iter().map(mean).collect();
    if let [(x, y)] = line[..] {
        line.push((x + 1.0, y));
    }
    line
}

/// Why a file of outcomes could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// It is no table of numbers.
    #[error(transparent)]
    Csv(#[from] csv::Error),
    /// It is one of other figures.
    #[error(
        "outcomes of other figures than this dehusk has: make them anew with `dehusk eval … --folds 5 --outcomes`"
    )]
    Figures,
}

/// Writes outcomes as CSV: `site,word_f1` and the figures of [`OUTCOME`], to four digits.
///
/// # Errors
/// Of the stream.
pub fn write_outcomes(outcomes: &[Outcome], out: impl Write) -> csv::Result<()> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(header())?;
    for outcome in outcomes {
        table.write_field(outcome.site.to_string())?;
        let numbers = [outcome.word_f1].into_iter().chain(outcome.figures.iter().copied());
        for number in numbers {
            table.write_field((f64::from(number) * 1e4).round().to_string())?;
        }
        table.write_record(None::<&[u8]>)?;
    }
    table.flush()?;
    Ok(())
}

/// Reads what [`write_outcomes`] wrote.
///
/// # Errors
/// If it is no such file, or one of other figures.
pub fn read_outcomes(file: impl Read) -> Result<Vec<Outcome>, ReadError> {
    let mut table = csv::Reader::from_reader(file);
    if !table.headers()?.iter().eq(header()) {
        return Err(ReadError::Figures);
    }
    let mut outcomes = Vec::new();
    for row in table.deserialize() {
        let (site, mut figures): (u64, Vec<f32>) = row?;
        figures.iter_mut().for_each(|figure| *figure /= 1e4);
        if !figures.iter().all(|figure| figure.is_finite()) {
            return Err(ReadError::Figures);
        }
        outcomes.push(Outcome { site, word_f1: figures.remove(0), figures });
    }
    Ok(outcomes)
}

fn header() -> impl Iterator<Item = &'static str> {
    let figures = OUTCOME.features.iter().map(|feature| feature.name.as_str());
    ["site", "word_f1"].into_iter().chain(figures)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages whose word F1 follows from how sure their scores are.
    fn outcomes() -> Vec<Outcome> {
        let outcome = |i: u64| {
            let sure = (i * 37 % 100) as f32 / 100.0;
            let mut figures = vec![0.0; OUTCOME.features.len()];
            (figures[0], figures[1]) = (odds(sure), (i % 7) as f32);
            Outcome { site: i << 40, word_f1: 0.4 + 0.5 * sure, figures }
        };
        (0..300).map(outcome).collect()
    }

    #[test]
    fn an_estimate_is_in_units_of_word_f1() {
        let confidence = Confidence::fit(&outcomes()).unwrap();
        assert_eq!(confidence.check(), Ok(()));
        for outcome in outcomes() {
            let estimate = confidence.estimate(&outcome.figures);
            assert!((estimate - outcome.word_f1).abs() < 0.05, "{estimate} {outcome:?}");
        }
        let wild = vec![f32::MAX; OUTCOME.features.len()];
        assert!((0.0..=1.0).contains(&confidence.estimate(&wild)));
    }

    #[test]
    fn too_few_outcomes_are_refused_with_their_number() {
        let error = Confidence::fit(&outcomes()[..7]).unwrap_err().to_string();
        assert!(error.starts_with("7 outcomes"), "{error}");
    }

    #[test]
    fn outcomes_are_read_as_they_were_written() {
        let mut file = Vec::new();
        write_outcomes(&outcomes(), &mut file).unwrap();
        let read = read_outcomes(&file[..]).unwrap();
        assert_eq!(read.len(), 300);
        for (read, written) in read.iter().zip(outcomes()) {
            assert_eq!(read.site, written.site);
            assert!((read.word_f1 - written.word_f1).abs() <= 1e-4);
            assert!((read.figures[0] - written.figures[0]).abs() <= 1e-4);
        }
        assert!(matches!(read_outcomes(&b"site,word_f1\n1,2\n"[..]), Err(ReadError::Figures)));
        assert!(read_outcomes(&file[..file.len() - 9]).is_err());
    }
}
