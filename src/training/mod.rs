//! Training: from a table of labelled pages to a classifier.
//!
//! What stands between paragraphs and is no part of them is told by its words where elements have no
//! telling names; labelled pages show little of that, so phrases are planted into some of them.

mod plant;
pub mod prepare;
pub mod table;

use std::collections::HashSet;

use linfa::ParamGuard;
use ndarray::Array2;
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::boost::{BinnedColumns, GradientBoosting};
use crate::features::{Matrix, Schema, TEXT, View};
use crate::label::Label;
use crate::lexical::{self, FitParams, LEXICAL, Lesson, Lexicon};
use crate::model::context::{self, CONTEXT};
pub use crate::model::linear::Error;
use crate::model::linear::{Linear, LinearParams};
use crate::model::{Classifier, Pass, Scorer, Scores};
use crate::page_type::{PageType, PageTypes};
use table::{BINS, LEXICAL_BINS, Lexical, PagesView, Table, TableView, Target};

/// How one pass is fitted.
#[derive(Clone, Copy, Debug)]
pub struct PassSettings {
    /// Number of trees.
    pub trees: usize,
    /// Levels of each.
    pub depth: usize,
    /// What part of its best step a tree takes.
    pub learning_rate: f32,
    /// Ridge penalty on leaf values, in units of row weight.
    pub l2: f32,
    /// Share of the rows that a tree sees.
    pub subsample: f32,
    /// Share of the columns that a tree sees.
    pub colsample: f32,
    /// Of how many models, each by another seed, the scores are the mean.
    pub members: usize,
}

impl PassSettings {
    /// The mean of its members, each fitted to all rows; `primary` is the class that counts most.
    fn fit(
        &self,
        columns: &impl BinnedColumns,
        targets: &Array2<f32>,
        weights: &[f32],
        primary: Option<Label>,
        seed: u64,
    ) -> Result<Scorer, Error> {
        let params = GradientBoosting::params()
            .n_trees(self.trees)
            .depth(self.depth)
            .learning_rate(self.learning_rate)
            .l2(self.l2)
            .subsample(self.subsample)
            .colsample(self.colsample)
            .primary(primary.map(|label| label as usize));
        let fit = |seed| {
            let params = params.clone().seed(seed);
            Ok(params.check().map_err(Error::Input)?.fit_binned(
                columns,
                targets.view(),
                weights,
            )?)
        };
        let members: Result<Vec<_>, Error> = (seed..).take(self.members).map(fit).collect();
        Ok(Scorer::Trees(GradientBoosting::mean(&members?)))
    }
}

/// What is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Learner {
    /// Gradient-boosted trees, in two passes.
    #[default]
    Trees,
    /// Logistic regression, in one pass.
    Linear,
}

/// How a classifier is fitted.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The kind of model.
    pub learner: Learner,
    /// How the first pass of trees is fitted.
    pub first: PassSettings,
    /// How the second is, if there is to be one.
    pub second: Option<PassSettings>,
    /// How the classifier of page types is fitted.
    pub page_types: PassSettings,
    /// The second pass learns from first-pass scores of pages that the first pass has not seen:
    /// into how many folds the training pages are split for that.
    pub inner_folds: usize,
    /// How the lexical model is fitted to names.
    pub names: FitParams,
    /// How it is fitted to words.
    pub words: FitParams,
    /// The trees learn from lexical scores of pages that the lexical model has not seen: into how
    /// many folds the training pages are split for that.
    pub lexical_folds: usize,
    /// Weight of a [phrase](lexical::phrases()) beside the blocks, where the lexical model is fitted.
    pub phrase_weight: f32,
    /// Whether the lexical model learns from [fragments](lexical::fragments()) too.
    pub fragments: bool,
    /// Whether phrases are planted between the paragraphs of the pages to learn from. The lexical model
    /// whose scores a page gets has not seen those that are planted into it.
    pub planted: bool,
    /// Weight of a block of which only is known whether it lies in the gold text, beside one
    /// whose label is known.
    pub partial_weight: f32,
    /// Whether the passes also see what the words of a block's neighbours say.
    pub lexical_near: bool,
    /// A block of `n` words weighs `(1 + n)` to this power.
    pub word_power: f32,
    /// Blocks of a page that are of one [kind](crate::features::Layout::kinds) and of which the same is
    /// known weigh the reciprocal of their number to this power, so that one long list or thread does not
    /// teach most of what is known of a label.
    pub kind_power: f32,
    /// A block of a known label weighs the reciprocal of that label's share to this power, so
    /// that rare labels are learnt as well.
    pub rare_power: f32,
    /// A page's blocks weigh the reciprocal of their sum to this power, so that a long page does not
    /// outweigh many short ones: word F1 is a mean over pages.
    pub page_power: f32,
    /// A page weighs the reciprocal of its type's share to this power.
    pub rare_type_power: f32,
    /// Groups of features that the passes do not see, by what their names have before the dot.
    pub hidden: Vec<String>,
    /// Of all that is drawn by chance.
    pub seed: u64,
}

/// The features of what words alone say.
const WORDING: &str = "wording";

/// What [`Settings::without`] calls the second pass, phrases, those that are planted, and fragments.
const SECOND: &str = "second";
const PHRASES: &str = "phrases";
const FRAGMENTS: &str = "fragments";
const PLANTS: &str = "plants";

impl Settings {
    /// The settings of the models that are shipped, as cross-validation chose them.
    pub fn of(schema: &Schema) -> Settings {
        let pass = PassSettings {
            trees: 300,
            depth: 6,
            learning_rate: 0.1,
            l2: 3.0,
            subsample: 0.5,
            colsample: 0.25,
            members: 1,
        };
        let names =
            FitParams { epochs: 2, alpha: 0.1, beta: 1.0, l1: 0.5, l2: 1.0, min_sites: 4, seed: 1 };
        let html = Settings {
            learner: Learner::default(),
            first: PassSettings { trees: 240, ..pass },
            second: Some(PassSettings { trees: 600, learning_rate: 0.05, ..pass }),
            page_types: PassSettings {
                trees: 600,
                depth: 3,
                learning_rate: 0.1,
                l2: 3.0,
                subsample: 0.7,
                colsample: 0.2,
                // Pages are few, and what one of them is called depends much on chance.
                members: 2,
            },
            inner_folds: 3,
            names,
            words: FitParams { epochs: 10, l1: 0.05, min_sites: 2, ..names },
            lexical_folds: 5,
            phrase_weight: 1.0,
            fragments: true,
            planted: true,
            lexical_near: true,
            partial_weight: 0.2,
            word_power: 0.3,
            kind_power: 0.4,
            rare_power: 0.3,
            page_power: 0.3,
            rare_type_power: 0.5,
            hidden: Vec::new(),
            seed: 1,
        };
        if schema.name == TEXT.name {
            Settings {
                first: pass,
                // The one paragraph between two lines of boilerplate is a matter of chance to one.
                second: Some(PassSettings { members: 3, ..pass }),
                // Between what its neighbours say, what a line itself says would be drawn too seldom.
                lexical_near: false,
                partial_weight: 0.5,
                // Lines have no names.
                fragments: false,
                // Of a line nothing else is known.
                hidden: vec![WORDING.to_owned()],
                word_power: 0.4,
                kind_power: 0.3,
                page_power: 0.0,
                ..html
            }
        } else {
            html
        }
    }

    /// The same without some parts, which shows what these are good for: groups of features,
    /// `second`, the second pass, `phrases`, `fragments`, or `plants`.
    pub fn without(mut self, parts: &[String]) -> Settings {
        for part in parts {
            match part.as_str() {
                SECOND => self.second = None,
                PHRASES => self.phrase_weight = 0.0,
                FRAGMENTS => self.fragments = false,
                PLANTS => self.planted = false,
                group => self.hidden.push(group.to_owned()),
            }
        }
        self
    }

    /// What [`without`](Settings::without) knows of models for pages of this schema.
    pub fn parts(schema: &Schema) -> Vec<&str> {
        let features = [schema, &*LEXICAL, &*CONTEXT].map(|schema| &schema.features);
        let groups = features.into_iter().flatten().map(|feature| feature.group());
        let mut seen = HashSet::new();
        let Settings { fragments, hidden, .. } = Settings::of(schema);
        groups
            .chain([SECOND, PHRASES, PLANTS])
            .chain(fragments.then_some(FRAGMENTS))
            .filter(|part| !hidden.iter().any(|hidden| hidden == part) && seen.insert(*part))
            .collect()
    }

    /// In which fold of the lexical models a site is.
    fn lexical_fold(&self, site: u64) -> usize {
        fold(site, self.lexical_folds, 2)
    }

    /// In which of these folds a phrase may be planted.
    fn phrase_fold(&self, phrase: usize) -> usize {
        phrase % self.lexical_folds
    }

    /// What the passes see of a schema.
    fn view(&self, schema: &Schema) -> View {
        let mut view = schema.view();
        view.columns.retain(|(feature, _)| {
            let group = schema.features[*feature].group();
            !self.hidden.iter().any(|hidden| hidden == group)
        });
        view
    }

    /// What they see of the lexical model.
    fn lexical_view(&self) -> View {
        let mut view = self.view(&LEXICAL);
        view.columns.retain(|(_, shift)| self.lexical_near || *shift == 0);
        view
    }
}

/// Which fold a site is in. `salt` makes independent foldings.
pub fn fold(site: u64, folds: usize, salt: u64) -> usize {
    let mut hash = (site ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^= hash >> 32;
    (hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 33) as usize % folds
}

/// Fits the classifiers of blocks and of page types to the pages of a table that `chosen` picks:
/// all, where the table is from a file and holds what words and names say, since that is learnt
/// from all.
///
/// # Errors
/// Of the learner.
pub fn fit(
    table: &Table,
    schema: &Schema,
    settings: &Settings,
    chosen: &(dyn Fn(usize) -> bool + Sync),
) -> Result<(Classifier, Option<PageTypes>), Error> {
    let learnt = table.lexical.is_none().then(|| learn_lexical(table, schema, settings, chosen));
    let lexical = table.lexical.as_ref().or(learnt.as_ref()).expect("one of the two");
    let classifier = fit_classifier(table, lexical, schema, settings, chosen)?;
    Ok((classifier, fit_page_types(table, lexical, settings, chosen)?))
}

/// `lexical` is learnt from the same pages.
fn fit_classifier(
    table: &Table,
    lexical: &Lexical,
    schema: &Schema,
    settings: &Settings,
    chosen: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Classifier, Error> {
    let own = schema.features.len();
    let view = settings.view(schema).and(&settings.lexical_view(), own);
    let targets = targets(table);
    let parts = [&table.features, &lexical.scores];
    let lexicon = lexical.lexicon.clone();
    let first = |skip: Option<usize>| -> Result<Pass, Error> {
        let weights = weights(table, settings, &|page| {
            chosen(page)
                && skip.is_none_or(|f| fold(table.pages()[page].site, settings.inner_folds, 1) != f)
        });
        if settings.learner == Learner::Linear {
            let columns = TableView { table, parts: &parts, view: &view };
            let linear = Linear::fit(&columns, targets.view(), &weights, &LinearParams::default())?;
            return Ok(Pass { view: view.clone(), scorer: Scorer::Linear(linear) });
        }
        fit_trees(table, &parts, &view, &targets, &weights, &settings.first, settings.seed)
    };
    let Some(second) = settings.second.as_ref().filter(|_| settings.learner == Learner::Trees)
    else {
        return Ok(Classifier { lexicon, first: first(None)?, second: None });
    };
    let mut contexts: Vec<Option<Matrix>> = vec![None; table.pages().len()];
    for held_out in 0..settings.inner_folds {
        let pass = first(Some(held_out))?;
        let is_seen = |page: usize| {
            chosen(page) && fold(table.pages()[page].site, settings.inner_folds, 1) != held_out
        };
        let page_types = fit_page_types(table, lexical, settings, &is_seen)?;
        contexts.par_iter_mut().enumerate().for_each(|(page, context)| {
            let info = &table.pages()[page];
            if chosen(page) && fold(info.site, settings.inner_folds, 1) == held_out {
                let parts = parts.map(|features| table.matrix(features, page));
                let scores = pass.predict(&parts.each_ref());
                let types = page_types.as_ref().map(|page_types| {
                    let means = lexical::means(&parts[1], &info.layout.words);
                    page_types.predict(&table.page_row(page), &means)
                });
                *context = Some(context::matrix(&info.layout, scores.rows(), types));
            }
        });
    }
    let features = table.bin(contexts.iter().map(Option::as_ref).collect(), BINS);
    let view = view.and(&settings.view(&CONTEXT), own + LEXICAL.features.len());
    let parts = [parts[0], parts[1], &features];
    let weights = weights(table, settings, chosen);
    let second = fit_trees(table, &parts, &view, &targets, &weights, second, settings.seed + 1)?;
    Ok(Classifier { lexicon, first: first(None)?, second: Some(second) })
}

/// Learns what words and names say from the pages that `chosen` picks, from phrases and from fragments.
///
/// # Panics
/// If the table is from a file, which has [`Table::lexical`] in place of its pages' tokens.
pub fn learn_lexical(
    table: &Table,
    schema: &Schema,
    settings: &Settings,
    chosen: &(dyn Fn(usize) -> bool + Sync),
) -> Lexical {
    let weights = weights(table, settings, chosen);
    let targets = targets(table);
    let targets = targets.as_slice().expect("built in standard layout");
    let phrases = match settings.phrase_weight {
        0.0 => &[],
        _ => lexical::phrases(),
    };
    let fragments = if settings.fragments { lexical::fragments() } else { &[] };
    let in_fold = |page: usize| settings.lexical_fold(table.pages()[page].site);
    let fit = |skip: Option<usize>| {
        let pages = (0..table.pages().len())
            .filter(|page| chosen(*page) && skip.is_none_or(|skip| in_fold(*page) != skip));
        let lessons = pages.map(|page| {
            let rows = table.range(page);
            Lesson {
                tokens: &table.tokens[page],
                site: table.pages()[page].site,
                sites: 1,
                possible: &targets[rows.start * Scores::OUTPUTS..rows.end * Scores::OUTPUTS],
                weights: &weights[rows],
            }
        });
        let is_held_out =
            |phrase: usize| settings.planted && skip == Some(settings.phrase_fold(phrase));
        let phrases = phrases.iter().enumerate().filter(|(i, _)| !is_held_out(*i));
        let phrases =
            phrases.map(|(i, phrase)| phrase.lesson(schema, i as u64, &settings.phrase_weight));
        let fragments = (1 << 32..).zip(fragments).map(|(site, fragment)| fragment.lesson(site));
        let lessons: Vec<Lesson> = lessons.chain(phrases).chain(fragments).collect();
        lexical::fit(&lessons, &settings.names, &settings.words)
    };
    let skips: Vec<Option<usize>> = (0..settings.lexical_folds).map(Some).chain([None]).collect();
    let mut lexicons: Vec<Lexicon> = skips.into_par_iter().map(fit).collect();
    let lexicon = lexicons.pop().expect("the one of all folds");
    let scores: Vec<Option<Matrix>> = (0..table.pages().len())
        .into_par_iter()
        .map(|page| chosen(page).then(|| lexicons[in_fold(page)].matrix(&table.tokens[page])))
        .collect();
    Lexical {
        lexicon,
        scores: table.bin(scores.iter().map(Option::as_ref).collect(), LEXICAL_BINS),
    }
}

/// Fits a classifier of page types to the pages that `chosen` picks; none if these are not of two
/// types at least, or have no figures to tell them by.
fn fit_page_types(
    table: &Table,
    lexical: &Lexical,
    settings: &Settings,
    chosen: &dyn Fn(usize) -> bool,
) -> Result<Option<PageTypes>, Error> {
    let pages = table.pages();
    let known = |page: usize| pages[page].page_type.filter(|_| chosen(page));
    let mut counts = [0.0f32; PageType::COUNT];
    (0..pages.len()).filter_map(known).for_each(|known| counts[known as usize] += 1.0);
    if counts.iter().filter(|count| **count > 0.0).count() < 2 || table.page_figures.is_empty() {
        return Ok(None);
    }
    let total: f32 = counts.iter().sum();
    let mut targets = Array2::zeros((pages.len(), PageType::COUNT));
    let mut weights = vec![0.0; pages.len()];
    for page in 0..pages.len() {
        if let Some(page_type) = known(page) {
            targets[[page, page_type as usize]] = 1.0;
            weights[page] = (total / counts[page_type as usize]).powf(settings.rare_type_power);
        }
    }
    let means: Vec<Vec<f32>> = (0..pages.len())
        .into_par_iter()
        .map(|page| {
            let scores = table.matrix(&lexical.scores, page);
            lexical::means(&scores, &pages[page].layout.words).to_vec()
        })
        .collect();
    let means = table::Features::of_pages(&means);
    let columns = PagesView { pages: pages.len(), parts: [&table.page_figures, &means] };
    let scorer = match settings.learner {
        Learner::Linear => Scorer::Linear(Linear::fit(
            &columns,
            targets.view(),
            &weights,
            &LinearParams::default(),
        )?),
        Learner::Trees => {
            settings.page_types.fit(&columns, &targets, &weights, None, settings.seed)?
        }
    };
    Ok(Some(PageTypes { scorer }))
}

fn fit_trees(
    table: &Table,
    parts: &[&table::Features],
    view: &View,
    targets: &Array2<f32>,
    weights: &[f32],
    settings: &PassSettings,
    seed: u64,
) -> Result<Pass, Error> {
    let columns = TableView { table, parts, view };
    let scorer = settings.fit(&columns, targets, weights, Some(Label::Body), seed)?;
    Ok(Pass { view: view.clone(), scorer })
}

/// Label weights, rows × [`Scores::OUTPUTS`]: every output that agrees with what is known of the
/// block is possible.
fn targets(table: &Table) -> Array2<f32> {
    let mut targets = Array2::from_elem((table.rows(), Scores::OUTPUTS), 1.0);
    for (page, info) in table.pages().iter().enumerate() {
        for (row, target) in table.range(page).zip(&info.targets) {
            // Without a gold text that says otherwise, what is kept is body.
            let is_inside = target.inside.or(target.label.map(|label| label == Label::Body));
            for output in 0..Scores::OUTPUTS {
                let (label, inside) = Scores::meaning(output);
                let agrees = is_inside.is_none_or(|known| known == inside)
                    && target.label.is_none_or(|known| match label {
                        Some(label) => label == known,
                        None => known != Label::Body,
                    });
                targets[[row, output]] = f32::from(agrees);
            }
        }
    }
    targets
}

/// What the blocks of a page weigh together that [`Settings::page_power`] leaves as they are.
const PAGE_WEIGHT: f32 = 100.0;

/// Row weights: 0 for padding, pages not chosen, and blocks of which nothing is known.
fn weights(table: &Table, settings: &Settings, chosen: &dyn Fn(usize) -> bool) -> Vec<f32> {
    let mut weights = vec![0.0; table.rows()];
    let pages = || table.pages().iter().enumerate().filter(|(page, _)| chosen(*page));
    for (page, info) in pages() {
        let known = || {
            let blocks = table.range(page).zip(info.targets.iter().zip(&info.layout.kinds));
            blocks.filter(|(_, (target, _))| **target != Target::default())
        };
        let mut like: FxHashMap<(&Target, &u32), f32> = FxHashMap::default();
        known().for_each(|(_, block)| *like.entry(block).or_default() += 1.0);
        for (row, block) in known() {
            weights[row] = like[&block].powf(-settings.kind_power);
        }
    }
    let rarity = rarity(table, &weights, settings);
    for (page, info) in pages() {
        for ((row, target), words) in table.range(page).zip(&info.targets).zip(&info.layout.words) {
            let size = (1.0 + *words as f32).powf(settings.word_power);
            let rarity =
                target.label.map_or(settings.partial_weight, |label| rarity[label as usize]);
            weights[row] *= size * rarity;
        }
        let page = &mut weights[table.range(page)];
        let sum: f32 = page.iter().sum();
        let scale = (sum.max(1.0) / PAGE_WEIGHT).powf(-settings.page_power);
        page.iter_mut().for_each(|weight| *weight *= scale);
    }
    weights
}

/// What a block of each label weighs, by what all of that label weigh now.
fn rarity(table: &Table, weights: &[f32], settings: &Settings) -> [f32; Label::COUNT] {
    let mut sums = [0.0f32; Label::COUNT];
    for (page, info) in table.pages().iter().enumerate() {
        for (weight, target) in weights[table.range(page)].iter().zip(&info.targets) {
            if let Some(label) = target.label {
                sums[label as usize] += weight;
            }
        }
    }
    let most = sums.iter().copied().fold(1.0, f32::max);
    sums.map(|sum| (most / sum.max(1.0)).powf(settings.rare_power))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;
    use crate::features::{HTML, Page};
    use crate::segment::Blocks;
    use table::Example;

    #[test]
    fn the_more_of_a_page_is_alike_the_less_each_teaches() {
        let html = "<ul><li>One<li>Two<li>Three<li>Four</ul><p>Five</p><p>Six</p>";
        let document = dom::parse(html);
        let blocks = Blocks::of_document(&document);
        let labels =
            [Some(Label::Nav), Some(Label::Nav), Some(Label::Nav), Some(Label::Ad), None, None];
        let example = || Example {
            page: Page::of_document(&document, &blocks),
            targets: labels.map(|label| Target { label, inside: None }).to_vec(),
            site: 1,
            page_type: None,
            figures: Vec::new(),
        };
        let table = Table::new(vec![example(), example()]);
        let settings =
            Settings { kind_power: 0.5, page_power: 0.0, rare_power: 0.5, ..Settings::of(&HTML) };
        let weights = weights(&table, &settings, &|page| page == 1);
        assert!(weights[table.range(0)].iter().all(|weight| *weight == 0.0));
        let words = 2f32.powf(settings.word_power);
        let relative: Vec<f32> = weights[table.range(1)].iter().map(|w| w / words).collect();
        // Three that are alike weigh as much as √3 that are not, so the one of their kind but of another
        // label is as rare as √3 to 1.
        let third = 3f32.powf(-0.5);
        let expected = [third, third, third, 3f32.powf(0.25), 0.0, 0.0];
        let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
        assert!(relative.iter().zip(&expected).all(near), "{relative:?}");
    }

    #[test]
    fn hidden_groups_are_not_seen() {
        let all = Settings::of(&HTML);
        let some = all.clone().without(&["choice".to_owned(), SECOND.to_owned()]);
        assert!(all.second.is_some() && some.second.is_none());
        let seen = |settings: &Settings, hidden: bool| {
            let columns = settings.view(&HTML).columns;
            let group = |feature: usize| HTML.features[feature].group();
            columns.iter().filter(|(feature, _)| (group(*feature) == "choice") == hidden).count()
        };
        assert!(seen(&all, true) > 20);
        assert_eq!((seen(&some, true), seen(&some, false)), (0, seen(&all, false)));
        assert_eq!(seen(&all, true) + seen(&all, false), HTML.view().columns.len());
    }
}
