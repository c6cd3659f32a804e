//! Evaluation: how like the truth the output is, page by page and in sum.
//!
//! Every page goes through the same steps as in `dehusk clean`, from its bytes to the assembled
//! text. The measures are those of [`measures`](crate::measures).

use std::collections::{BTreeMap, HashMap};
use std::io;

use rayon::prelude::*;
use serde::Serialize;

use crate::assemble;
use crate::extract::{Extractor, choose};
use crate::features::{HTML, Schema, TEXT};
use crate::label::{Label, LabelSet};
use crate::labelled::{Gold, LabelledPage, PageError, PageErrorReason, PageKind, Truth};
use crate::measures::{
    Confusion, Counts, LabelScore, Prf, mean, shingle_counts, snippet_counts, spearman, word_f1,
};
use crate::model::Classifier;
use crate::training::prepare::{Prepared, prepare, site};
use crate::training::table::Table;
use crate::training::{self, Learner, Settings};

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

/// The schema that a page is scored by: `html` where it is one of HTML, else that of plain text.
fn schema_of<'a>(page: &LabelledPage, html: &'a Schema) -> &'a Schema {
    match page.kind {
        PageKind::Html => html,
        PageKind::Text => &TEXT,
    }
}

fn unreadable(page: &LabelledPage, source: io::Error) -> PageError {
    let reason = PageErrorReason::Read { path: page.path.clone(), source };
    PageError { id: page.id.clone(), reason }
}

/// Runs a page through the classifier and measures what comes out.
///
/// # Errors
/// If the page's file cannot be read.
pub fn score(
    page: &LabelledPage,
    schema: &Schema,
    classifier: &Classifier,
    keep: LabelSet,
) -> Result<PageScore, PageError> {
    let mut prepared = prepare(page, None, schema).map_err(|error| unreadable(page, error))?;
    let mut scores = classifier.predict(&prepared.features());
    if let Some(html) = prepared.laid_out(&scores) {
        prepared = Prepared::of_html(html, page, None);
        scores = classifier.predict(&prepared.features());
    }
    let choice = choose(&prepared.blocks, &scores, keep);
    let text = assemble::text(prepared.document.as_ref(), &prepared.blocks, &choice.keep);
    let mut labels = Confusion::default();
    for (i, target) in prepared.targets.iter().enumerate() {
        if let Some(label) = target.label {
            labels.add(label, scores.label(i));
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

/// What was found of pages, and which of them could not be read; both in the pages' order.
pub type Outcome<T> = (Vec<T>, Vec<PageError>);

fn outcome<T>(results: Vec<Result<T, PageError>>) -> Outcome<T> {
    let (mut found, mut errors) = Outcome::default();
    for result in results {
        match result {
            Ok(value) => found.push(value),
            Err(error) => errors.push(error),
        }
    }
    (found, errors)
}

/// Scores pages, each with the extractor's model for it, in parallel. `schema` is that of pages
/// of HTML: by the one of plain text they are scored as their lines.
pub fn score_all(
    pages: &[LabelledPage],
    schema: &Schema,
    extractor: Extractor,
    keep: LabelSet,
) -> Outcome<PageScore> {
    let score = |page: &LabelledPage| {
        let schema = schema_of(page, schema);
        let model = if schema.name == HTML.name { extractor.html } else { extractor.text };
        score(page, schema, &model.classifier, keep)
    };
    outcome(pages.par_iter().map(score).collect())
}

/// Whether a page is part of the schema's training table: plain text has no DOM to learn from,
/// and of pages alike only one teaches.
pub fn teaches(page: &LabelledPage, schema: &Schema) -> bool {
    page.duplicate_of.is_none() && (page.kind == PageKind::Html || schema.name == TEXT.name)
}

/// The gold text of a page that another one stands for, and that one's id.
fn gold_of_twin(page: &LabelledPage) -> Option<(&str, &Gold)> {
    match (&page.duplicate_of, &page.truth) {
        (Some(twin), Truth::Gold(gold)) => Some((twin, gold)),
        _ => None,
    }
}

/// The training table of labelled pages, and the pages that could not be read for it.
pub fn table(pages: &[LabelledPage], schema: &Schema) -> (Table, Vec<PageError>) {
    let teaching = pages.par_iter().filter(|page| teaches(page, schema));
    let golds: HashMap<&str, &Gold> = pages.iter().filter_map(gold_of_twin).collect();
    let examples =
        teaching.map(|page| match prepare(page, golds.get(page.id.as_str()).copied(), schema) {
            Ok(prepared) => Ok(prepared.examples(page)),
            Err(error) => Err(unreadable(page, error)),
        });
    let (examples, errors) = outcome(examples.collect());
    (Table::new(examples.into_iter().flatten().collect()), errors)
}

/// Scores every page by a classifier that has seen no page of its site. `schema` is that of pages
/// of HTML; pages of plain text are scored by classifiers of their own. `progress` is told how
/// many folds are done, and of how many.
///
/// # Errors
/// If a fold has too little to learn from.
pub fn cross_validate(
    pages: &[LabelledPage],
    schema: &Schema,
    learner: Learner,
    folds: usize,
    keep: LabelSet,
    progress: impl Fn(usize, usize),
) -> Result<Outcome<PageScore>, training::Error> {
    let used =
        |other: &&Schema| pages.iter().any(|page| schema_of(page, schema).name == other.name);
    let schemas: Vec<&Schema> = [&*HTML, &*TEXT].into_iter().filter(used).collect();
    let mut scores: Vec<Option<Result<PageScore, PageError>>> = Vec::new();
    scores.resize_with(pages.len(), || None);
    for (round, current) in schemas.iter().enumerate() {
        // A page that this cannot read is told of where it is scored.
        let (table, _) = table(pages, current);
        let settings = Settings { learner, ..Settings::of(current) };
        for fold in 0..folds {
            let in_fold = |site: u64| training::fold(site, folds, 0) == fold;
            let is_scored = |page: &LabelledPage| {
                schema_of(page, schema).name == current.name && in_fold(site(page))
            };
            if pages.iter().any(is_scored) {
                let seen = |page: usize| !in_fold(table.pages()[page].site);
                let classifier = training::fit(&table, current, &settings, &seen)?;
                scores.par_iter_mut().zip(pages).for_each(|(slot, page)| {
                    if is_scored(page) {
                        *slot = Some(score(page, current, &classifier, keep));
                    }
                });
            }
            progress(round * folds + fold + 1, schemas.len() * folds);
        }
    }
    Ok(outcome(scores.into_iter().flatten().collect()))
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
    let measured: Vec<(&PageScore, Prf)> =
        scores.iter().filter_map(|s| Some((*s, s.word?))).collect();
    let over = |value: &dyn Fn(&Prf) -> f64| {
        mean(measured.iter().map(|(_, prf)| value(prf))).unwrap_or(0.0)
    };
    let mut types: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let (mut shingles, mut snippets, mut labels) =
        (Counts::default(), Counts::default(), Confusion::default());
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
    let expected: Vec<f64> =
        measured.iter().map(|(score, _)| f64::from(score.confidence)).collect();
    let found: Vec<f64> = measured.iter().map(|(_, prf)| prf.f1).collect();
    let any = |counts: Counts| counts.true_pos + counts.false_pos + counts.false_neg > 0.0;
    CorpusReport {
        pages: measured.len(),
        word: Prf {
            precision: over(&|p| p.precision),
            recall: over(&|p| p.recall),
            f1: over(&|p| p.f1),
        },
        shingle: shingles.prf(),
        snippet: any(snippets).then(|| snippets.prf()),
        by_type: types
            .into_iter()
            .map(|(name, f1)| {
                (name, TypeReport { pages: f1.len(), word_f1: mean(f1).unwrap_or(0.0) })
            })
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
