//! Evaluation: how like the truth the output is, page by page and in sum.
//!
//! Every page goes through the same steps as in `dehusk clean`, from its bytes to the assembled
//! text. The measures are those of [`measures`](crate::measures).

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use rayon::prelude::*;
use serde::Serialize;

use crate::assemble;
use crate::confidence::{Confidence, Outcome};
use crate::extract::{Extractor, Findings, judge};
use crate::features::{HTML, Schema, TEXT};
use crate::label::{Label, LabelSet};
use crate::labelled::{Gold, LabelledPage, PageError, PageErrorReason, PageKind, Truth};
use crate::measures::{
    Confusion, Counts, LabelScore, Prf, mean, shingle_counts, snippet_counts, spearman,
    word_counts, words,
};
use crate::model::{Header, Model};
use crate::page_type::PageType;
use crate::sites::store::{self, Builder, Sites};
use crate::sites::{Others, Print};
use crate::training::prepare::{Prepared, prepare, site};
use crate::training::table::Table;
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
    /// How it did with what is known of its site; none where nothing is, or it has no gold text.
    pub site: Option<SiteScore>,
    /// The type that was found; none for plain text.
    pub found_type: Option<PageType>,
    /// The word F1 that was estimated.
    pub confidence: f32,
    /// Words in both the page's text and the gold text, in the page's alone, in the gold's alone.
    pub words: Counts,
    /// Blocks that were kept and should not have been, and the reverse: the longest of each.
    pub mistakes: Vec<Mistake>,
    /// What confidence is estimated from; none where the page has no gold text of its own.
    #[serde(skip)]
    pub outcome: Option<Outcome>,
    #[serde(skip)]
    shingles: Counts,
    #[serde(skip)]
    snippets: Counts,
    #[serde(skip)]
    labels: Confusion,
}

/// How a page did whose site is known.
#[derive(Clone, Debug, Serialize)]
pub struct SiteScore {
    /// Its host.
    pub host: String,
    /// The pages of the host that are known, this one included and copies not.
    pub pages: usize,
    /// Word F1 with the evidence of the other pages.
    pub word_f1: f64,
}

/// A block on the wrong side of the choice.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    /// Whether it was kept, and should not have been.
    pub kept: bool,
    /// The likeliest label.
    pub label: Label,
    /// Its label, where the truth names one.
    pub truth: Option<Label>,
    /// The probability that it is content, 0 to 1.
    pub content: f32,
    /// How many words it has.
    pub words: u32,
    /// The beginning of its text.
    pub text: String,
}

/// How many mistakes of each kind are remembered of a page, and how many characters of each.
const MISTAKES: usize = 8;
const EXCERPT: usize = 160;

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
    /// How the estimated word F1 compares with the true one.
    pub confidence: ConfidenceReport,
    /// How often the page's type was found, where types are known and told.
    pub page_types: Option<TypesReport>,
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

/// How well confidence tells good pages from bad ones.
#[derive(Clone, Debug, Serialize)]
pub struct ConfidenceReport {
    /// Spearman's rank correlation of estimated and true word F1; none where either is the same
    /// for all pages.
    pub spearman: Option<f64>,
    /// Mean absolute difference of the two.
    pub mean_error: f64,
    /// The pages by rising estimate, in ten parts of about equal size: each one's mean estimate and
    /// mean true word F1.
    pub tenths: Vec<(f64, f64)>,
}

/// How well types are found.
#[derive(Clone, Debug, Serialize)]
pub struct TypesReport {
    /// Pages of a known type.
    pub pages: u64,
    /// Share of these whose type was found.
    pub accuracy: f64,
    /// `counts[true][found]`, pages, in the order of [`PageType::ALL`].
    pub counts: [[u64; PageType::COUNT]; PageType::COUNT],
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

/// The sites of labelled pages, in a store that goes when it is dropped. `schema` is that of pages of HTML.
///
/// # Errors
/// If there is no place for the store.
pub fn sites(pages: &[LabelledPage], schema: &Schema) -> Result<Sites, store::Error> {
    let mut builder = Builder::new(&std::env::temp_dir())?;
    let prints: Vec<Option<(String, Print)>> = pages
        .par_iter()
        .map(|page| {
            let prepared = prepare(page, None, schema_of(page, schema), None).ok()?;
            print(page, &prepared)
        })
        .collect();
    for (host, print) in prints.into_iter().flatten() {
        builder.add(host, print)?;
    }
    builder.finish()
}

fn print(page: &LabelledPage, prepared: &Prepared) -> Option<(String, Print)> {
    Print::of_page(page.url.as_deref(), prepared.document.as_ref(), &prepared.blocks)
}

/// Runs a page through the model and measures what comes out; once more with what is known of its
/// site, where `sites` are given.
///
/// # Errors
/// If the page's file, or the store of sites, cannot be read.
pub fn score(
    page: &LabelledPage,
    schema: &Schema,
    model: &Model,
    keep: LabelSet,
    sites: Option<&Sites>,
) -> Result<PageScore, PageError> {
    let read = || prepare(page, None, schema, None).map_err(|error| unreadable(page, error));
    let run = |mut prepared: Prepared, others: Option<&Others>| {
        let find = |prepared: &Prepared| {
            let document = prepared.document.as_ref();
            judge(model, document, &prepared.blocks, page.url.as_deref(), keep, others)
        };
        let mut found = find(&prepared);
        if let Some(html) = prepared.laid_out(&found.scores) {
            prepared = Prepared::of_html(html, page, None);
            found = find(&prepared);
        }
        let document = prepared.document.as_ref();
        let text = assemble::text(document, &prepared.blocks, &found.choice.keep);
        (prepared, found, text)
    };
    let prepared = read()?;
    let others = match sites.and_then(|sites| Some((sites, print(page, &prepared)?))) {
        None => None,
        Some((sites, (host, print))) => {
            let others = sites.others(&host, &print);
            let others = others.map_err(|error| unreadable(page, io::Error::other(error)))?;
            others.map(|others| (others, host))
        }
    };
    let (prepared, found, text) = run(prepared, None);
    let mut labels = Confusion::default();
    for (i, target) in prepared.targets.iter().enumerate() {
        if let Some(label) = target.label {
            labels.add(label, found.scores.label(i));
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
    let words = gold.as_deref().map(|gold| word_counts(&text, gold));
    let evidence = match (others, gold.as_deref()) {
        (Some((others, host)), Some(gold)) => {
            let with = run(read()?, Some(&others)).2;
            let word_f1 = word_counts(&with, gold).prf().f1;
            Some(SiteScore { host, pages: others.len() + 1, word_f1 })
        }
        _ => None,
    };
    let outcome = words.map(|words| Outcome {
        site: site(page),
        word_f1: words.prf().f1 as f32,
        figures: found.figures.clone(),
    });
    Ok(PageScore {
        id: page.id.clone(),
        page_type: page.page_type.clone(),
        word: words.map(Counts::prf),
        site: evidence,
        found_type: found.types.as_ref().map(PageType::likeliest),
        confidence: found.confidence,
        words: words.unwrap_or_default(),
        mistakes: mistakes(&prepared, &found, keep),
        outcome,
        shingles: gold.as_deref().map(|gold| shingle_counts(&text, gold)).unwrap_or_default(),
        snippets,
        labels,
    })
}

/// The longest blocks that are kept against the truth, and not kept against it.
fn mistakes(prepared: &Prepared, found: &Findings, keep: LabelSet) -> Vec<Mistake> {
    let blocks = &prepared.blocks;
    let mut wrong: Vec<Mistake> = Vec::new();
    for (i, target) in prepared.targets.iter().enumerate() {
        let wanted = target.label.map(|label| keep.contains(label)).or(target.inside);
        let kept = found.choice.keep[i];
        if wanted.is_some_and(|wanted| wanted != kept) {
            let text = blocks.text(&blocks[i]);
            wrong.push(Mistake {
                kept,
                label: found.scores.label(i),
                truth: target.label,
                content: found.scores.content(i),
                words: words(text).count() as u32,
                text: text.chars().take(EXCERPT).collect(),
            });
        }
    }
    wrong.sort_by_key(|mistake| (mistake.kept, Reverse(mistake.words)));
    let (missed, extra): (Vec<Mistake>, Vec<Mistake>) =
        wrong.into_iter().partition(|mistake| !mistake.kept);
    missed.into_iter().take(MISTAKES).chain(extra.into_iter().take(MISTAKES)).collect()
}

/// What was found of pages, and which of them could not be read; both in the pages' order.
pub type Done<T> = (Vec<T>, Vec<PageError>);

fn done<T>(results: Vec<Result<T, PageError>>) -> Done<T> {
    let (mut found, mut errors) = Done::default();
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
    sites: Option<&Sites>,
) -> Done<PageScore> {
    let score = |page: &LabelledPage| {
        let schema = schema_of(page, schema);
        score(page, schema, extractor.model(schema), keep, sites)
    };
    done(pages.par_iter().map(score).collect())
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

/// The training table of labelled pages, from which models are to be learnt by `settings`, and the
/// pages that could not be read for it.
pub fn table(
    pages: &[LabelledPage],
    schema: &Schema,
    settings: &Settings,
) -> (Table, Vec<PageError>) {
    let teaching = pages.par_iter().filter(|page| teaches(page, schema));
    let golds: HashMap<&str, &Gold> = pages.iter().filter_map(gold_of_twin).collect();
    let examples = teaching.map(|page| {
        let gold = golds.get(page.id.as_str()).copied();
        match prepare(page, gold, schema, Some(settings)) {
            Ok(prepared) => Ok(prepared.examples(page)),
            Err(error) => Err(unreadable(page, error)),
        }
    });
    let (examples, errors) = done(examples.collect());
    (Table::new(examples.into_iter().flatten().collect()), errors)
}

/// Scores every page by a classifier that has seen no page of its site. `schema` is that of pages
/// of HTML; pages of plain text are scored by classifiers of their own. `settings` are those of the
/// classifiers of a schema; `progress` is told how many folds are done, and of how many.
///
/// # Errors
/// If a fold has too little to learn from.
pub fn cross_validate(
    pages: &[LabelledPage],
    schema: &Schema,
    settings: impl Fn(&Schema) -> Settings,
    folds: usize,
    keep: LabelSet,
    sites: Option<&Sites>,
    progress: impl Fn(usize, usize),
) -> Result<Done<PageScore>, training::Error> {
    let used =
        |other: &&Schema| pages.iter().any(|page| schema_of(page, schema).name == other.name);
    let schemas: Vec<&Schema> = [&*HTML, &*TEXT].into_iter().filter(used).collect();
    let mut scores: Vec<Option<Result<PageScore, PageError>>> = Vec::new();
    scores.resize_with(pages.len(), || None);
    for (round, current) in schemas.iter().enumerate() {
        // A page that this cannot read is told of where it is scored.
        let settings = settings(current);
        let (table, _) = table(pages, current, &settings);
        for fold in 0..folds {
            let in_fold = |site: u64| training::fold(site, folds, 0) == fold;
            let is_scored = |page: &LabelledPage| {
                schema_of(page, schema).name == current.name && in_fold(site(page))
            };
            if pages.iter().any(is_scored) {
                let seen = |page: usize| !in_fold(table.pages()[page].site);
                let (classifier, page_types) = training::fit(&table, current, &settings, &seen)?;
                let header = Header::new(current, 0, 0, BTreeMap::new());
                let model = Model { header, classifier, page_types, confidence: None };
                scores.par_iter_mut().zip(pages).for_each(|(slot, page)| {
                    if is_scored(page) {
                        *slot = Some(score(page, current, &model, keep, sites));
                    }
                });
            }
            progress(round * folds + fold + 1, schemas.len() * folds);
        }
    }
    let (mut scores, errors) = done(scores.into_iter().flatten().collect());
    estimate(&mut scores, pages, schema, folds);
    Ok((scores, errors))
}

/// Estimates each page's confidence by outcomes of the other folds' sites. Where these are too few,
/// it stays what the choice expects.
fn estimate(scores: &mut [PageScore], pages: &[LabelledPage], schema: &Schema, folds: usize) {
    for current in [&*HTML, &*TEXT] {
        let lessons = outcomes(scores, pages, schema, current);
        let ids: HashSet<&str> = scored_by(pages, schema, current).collect();
        for fold in 0..folds {
            let in_fold = |outcome: &Outcome| training::fold(outcome.site, folds, 0) == fold;
            let Ok(confidence) = Confidence::fit(lessons.iter().filter(|o| !in_fold(o))) else {
                continue;
            };
            for score in scores.iter_mut().filter(|score| ids.contains(score.id.as_str())) {
                if let Some(outcome) = score.outcome.as_ref().filter(|outcome| in_fold(outcome)) {
                    score.confidence = confidence.estimate(&outcome.figures);
                }
            }
        }
    }
}

/// The ids of the pages that are scored by a model of this schema, where pages of HTML are by one
/// of `html`.
fn scored_by<'a>(
    pages: &'a [LabelledPage],
    html: &Schema,
    schema: &Schema,
) -> impl Iterator<Item = &'a str> {
    let is_scored = |page: &&LabelledPage| schema_of(page, html).name == schema.name;
    pages.iter().filter(is_scored).map(|page| page.id.as_str())
}

/// What a model's confidence is fitted to: the outcomes of the pages that it scored. Of pages
/// alike only the one with the gold text counts. `html` is the schema of pages of HTML.
pub fn outcomes(
    scores: &[PageScore],
    pages: &[LabelledPage],
    html: &Schema,
    schema: &Schema,
) -> Vec<Outcome> {
    let twins: HashSet<&str> = pages.iter().filter_map(gold_of_twin).map(|(id, _)| id).collect();
    let ids: HashSet<&str> =
        scored_by(pages, html, schema).filter(|id| !twins.contains(id)).collect();
    let counting = scores.iter().filter(|score| ids.contains(score.id.as_str()));
    counting.filter_map(|score| score.outcome.clone()).collect()
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
        confidence: confidence_report(
            measured.iter().map(|(score, prf)| (f64::from(score.confidence), prf.f1)).collect(),
        ),
        page_types: types_report(scores),
        macro_f1: labels.macro_f1(),
        labels: labels.label_scores(),
    }
}

/// From pairs of an estimated and a true word F1.
fn confidence_report(mut pairs: Vec<(f64, f64)>) -> ConfidenceReport {
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (estimated, found): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
    let tenth = |i: usize| &pairs[i * pairs.len() / 10..(i + 1) * pairs.len() / 10];
    let means = |pairs: &[(f64, f64)]| {
        Some((mean(pairs.iter().map(|pair| pair.0))?, mean(pairs.iter().map(|pair| pair.1))?))
    };
    ConfidenceReport {
        spearman: spearman(&estimated, &found),
        mean_error: mean(pairs.iter().map(|(a, b)| (a - b).abs())).unwrap_or(0.0),
        tenths: (0..10).filter_map(|i| means(tenth(i))).collect(),
    }
}

fn types_report(scores: &[&PageScore]) -> Option<TypesReport> {
    let mut counts = [[0; PageType::COUNT]; PageType::COUNT];
    let known = |score: &&PageScore| {
        Some((score.page_type.as_deref()?.parse::<PageType>().ok()?, score.found_type?))
    };
    for (truth, found) in scores.iter().filter_map(known) {
        counts[truth as usize][found as usize] += 1;
    }
    let pages: u64 = counts.iter().flatten().sum();
    let right: u64 = (0..PageType::COUNT).map(|i| counts[i][i]).sum();
    (pages > 0).then(|| TypesReport { pages, accuracy: right as f64 / pages as f64, counts })
}

impl CorpusReport {
    /// The F1 of a label; none where no block has it.
    pub fn label(&self, label: Label) -> Option<f64> {
        self.labels.iter().find(|score| score.label == label).map(|score| score.prf.f1)
    }
}
