//! Evaluation: how like the truth the output is, page by page and in sum.
//!
//! Every page goes through the same steps as in `dehusk clean`, from its bytes to the assembled
//! text. The measures are those of [`measures`](crate::measures).

use std::collections::BTreeMap;
use std::io;

use rayon::prelude::*;
use serde::Serialize;

use crate::assemble;
use crate::boost;
use crate::extract::choose;
use crate::features::Schema;
use crate::label::{Label, LabelSet};
use crate::labelled::{LabelledPage, Truth};
use crate::measures::{Confusion, Counts, LabelScore, Prf, mean, shingle_counts, snippet_counts, spearman, word_f1};
use crate::model::Classifier;
use crate::training::prepare::{prepare, site};
use crate::training::table::{Table, Target};
use crate::training::{self, Settings};

/// How one page did.
#[derive(Clone, Debug, Serialize)]
pub struct PageScore {
    /// The page.
    pub id: String,
    /// Its type, as the truth has it.
    pub page_type: Option<String>,
    /// Word precision, recall and F1; none where the page has no gold text.
    pub word: Option<Prf>,
    /// The word F1 that the classifier expected.
    pub confidence: f32,
    #[serde(skip)]
    shingles: Counts,
    #[serde(skip)]
    snippets: Counts,
    #[serde(skip)]
    labels: Confusion,
}

/// How the pages of one corpus did.
#[derive(Clone, Debug, Serialize)]
pub struct CorpusReport {
    /// Pages with a gold text.
    pub pages: usize,
    /// Means over those pages.
    pub word: Prf,
    /// From the sums over those pages.
    pub shingle: Prf,
    /// From the sums over pages with snippets, if there are any.
    pub snippet: Option<Prf>,
    /// Word F1 and number of pages, by page type.
    pub by_type: BTreeMap<String, TypeReport>,
    /// Spearman's rank correlation of expected and true word F1.
    pub confidence: Option<f64>,
    /// Unweighted mean of the labels' F1, where blocks are labelled.
    pub macro_f1: Option<f64>,
    /// Each label's figures, where blocks are labelled.
    pub labels: Vec<LabelScore>,
}

/// How the pages of one type did.
#[derive(Clone, Debug, Serialize)]
pub struct TypeReport {
    /// How many.
    pub pages: usize,
    /// Mean word F1.
    pub word_f1: f64,
}

/// Runs a page through the classifier and measures what comes out.
///
/// # Errors
/// If the page's file cannot be read.
pub fn score(page: &LabelledPage, schema: &Schema, classifier: &Classifier, keep: LabelSet) -> io::Result<PageScore> {
    let prepared = prepare(page, schema)?;
    let scores = classifier.predict(&prepared.features());
    let choice = choose(&prepared.blocks, &scores, keep);
    let text = assemble::text(prepared.document.as_ref(), &prepared.blocks, &choice.keep);
    let mut labels = Confusion::default();
    for (i, target) in prepared.targets.iter().enumerate() {
        if let Target::Known(label) = target {
            labels.add(*label, scores.label(i));
        }
    }
    let (gold, snippets) = match &page.truth {
        Truth::Gold(gold) => {
            (gold.main_content.clone(), snippet_counts(&text, &gold.with, &gold.without))
        }
        Truth::Blocks(blocks) => {
            let body = blocks.iter().filter(|(_, label)| keep.contains(*label));
            let body: Vec<&str> = body.map(|(text, _)| text.as_str()).collect();
            (Some(body.join("\n")), Counts::default())
        }
    };
    Ok(PageScore {
        id: page.id.clone(),
        page_type: page.page_type.clone(),
        word: gold.as_deref().map(|gold| word_f1(&text, gold)),
        confidence: choice.expected_f1,
        shingles: gold.as_deref().map(|gold| shingle_counts(&text, gold)).unwrap_or_default(),
        snippets,
        labels,
    })
}

/// Scores pages with one classifier, in parallel and in order.
///
/// # Errors
/// Of the first page that cannot be read.
pub fn score_all(
    pages: &[LabelledPage],
    schema: &Schema,
    classifier: &Classifier,
    keep: LabelSet,
) -> io::Result<Vec<PageScore>> {
    pages.par_iter().map(|page| score(page, schema, classifier, keep)).collect()
}

/// The training table of labelled pages. A page that another one stands for teaches once.
///
/// # Errors
/// Of the first page that cannot be read.
pub fn table(pages: &[LabelledPage], schema: &Schema) -> io::Result<Table> {
    let teaching = pages.par_iter().filter(|page| page.duplicate_of.is_none());
    let examples: io::Result<Vec<_>> =
        teaching.map(|page| prepare(page, schema).map(|p| p.examples(page))).collect();
    Ok(Table::new(examples?.into_iter().flatten().collect()))
}

/// Why a cross-validation could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A page cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A classifier cannot be fitted.
    #[error(transparent)]
    Fit(#[from] boost::Error),
}

/// Scores every page by a classifier that has seen no page of its site. `progress` is told of
/// each fold done.
///
/// # Errors
/// If a page cannot be read or a fold has too little to learn from.
pub fn cross_validate(
    pages: &[LabelledPage],
    schema: &Schema,
    settings: &Settings,
    folds: usize,
    keep: LabelSet,
    progress: impl Fn(),
) -> Result<Vec<PageScore>, Error> {
    let table = table(pages, schema)?;
    let mut scores: Vec<Option<PageScore>> = vec![None; pages.len()];
    for fold in 0..folds {
        let in_fold = |site: u64| training::fold(site, folds, 0) == fold;
        let seen = |page: usize| !in_fold(table.pages()[page].site);
        let classifier = training::fit(&table, schema, settings, &seen)?;
        scores.par_iter_mut().zip(pages).try_for_each(|(slot, page)| -> io::Result<()> {
            if in_fold(site(page)) {
                *slot = Some(score(page, schema, &classifier, keep)?);
            }
            Ok(())
        })?;
        progress();
    }
    Ok(scores.into_iter().flatten().collect())
}

/// Sums up pages by corpus: the part of their ids before the first `/`.
pub fn report(scores: &[PageScore]) -> BTreeMap<String, CorpusReport> {
    let mut corpora: BTreeMap<String, Vec<&PageScore>> = BTreeMap::new();
    for score in scores {
        let corpus = score.id.split('/').next().unwrap_or_default();
        corpora.entry(corpus.to_owned()).or_default().push(score);
    }
    corpora.into_iter().map(|(corpus, scores)| (corpus, corpus_report(&scores))).collect()
}

fn corpus_report(scores: &[&PageScore]) -> CorpusReport {
    let measured: Vec<(&PageScore, Prf)> = scores.iter().filter_map(|s| Some((*s, s.word?))).collect();
    let over = |value: &dyn Fn(&Prf) -> f64| mean(measured.iter().map(|(_, prf)| value(prf))).unwrap_or(0.0);
    let mut types: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let (mut shingles, mut snippets, mut labels) = (Counts::default(), Counts::default(), Confusion::default());
    for (score, prf) in &measured {
        if let Some(page_type) = &score.page_type {
            types.entry(page_type.clone()).or_default().push(prf.f1);
        }
        shingles += score.shingles;
    }
    for score in scores {
        snippets += score.snippets;
        labels += &score.labels;
    }
    let expected: Vec<f64> = measured.iter().map(|(score, _)| f64::from(score.confidence)).collect();
    let found: Vec<f64> = measured.iter().map(|(_, prf)| prf.f1).collect();
    let any = |counts: Counts| counts.true_pos + counts.false_pos + counts.false_neg > 0.0;
    CorpusReport {
        pages: measured.len(),
        word: Prf { precision: over(&|p| p.precision), recall: over(&|p| p.recall), f1: over(&|p| p.f1) },
        shingle: shingles.prf(),
        snippet: any(snippets).then(|| snippets.prf()),
        by_type: types
            .into_iter()
            .map(|(name, f1)| (name, TypeReport { pages: f1.len(), word_f1: mean(f1).unwrap_or(0.0) }))
            .collect(),
        confidence: spearman(&expected, &found),
        macro_f1: labels.macro_f1(),
        labels: labels.label_scores(),
    }
}

impl CorpusReport {
    /// The F1 of a label; none where no block has it.
    pub fn label(&self, label: Label) -> Option<f64> {
        self.labels.iter().find(|score| score.label == label).map(|score| score.prf.f1)
    }
}
