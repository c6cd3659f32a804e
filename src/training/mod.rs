//! Training: from a table of labelled pages to a classifier.

pub mod prepare;
pub mod table;

use linfa::ParamGuard;
use ndarray::Array2;
use rayon::prelude::*;

use crate::boost::GradientBoosting;
use crate::features::{Matrix, Schema, TEXT, View};
use crate::label::Label;
use crate::model::context::{self, CONTEXT};
pub use crate::model::linear::Error;
use crate::model::linear::{Linear, LinearParams};
use crate::model::{Classifier, Pass, Scorer, Scores};
use table::{Table, TableView};

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
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// The kind of model.
    pub learner: Learner,
    /// How the first pass of trees is fitted.
    pub first: PassSettings,
    /// How the second is, if there is to be one.
    pub second: Option<PassSettings>,
    /// The second pass learns from first-pass scores of pages that the first pass has not seen:
    /// into how many folds the training pages are split for that.
    pub inner_folds: usize,
    /// Weight of a block of which only is known whether it lies in the gold text, beside one
    /// whose label is known.
    pub partial_weight: f32,
    /// A block of `n` words weighs `(1 + n)` to this power.
    pub word_power: f32,
    /// A block of a known label weighs the reciprocal of that label's share to this power, so
    /// that rare labels are learnt as well.
    pub rare_power: f32,
    /// Of all that is drawn by chance.
    pub seed: u64,
}

impl Settings {
    /// The settings of the models that are shipped, as cross-validation chose them.
    pub fn of(schema: &Schema) -> Settings {
        let pass = PassSettings {
            trees: 300,
            depth: 6,
            learning_rate: 0.1,
            l2: 3.0,
            subsample: 0.5,
            colsample: 0.15,
        };
        let html = Settings {
            learner: Learner::default(),
            first: pass,
            second: Some(pass),
            inner_folds: 3,
            partial_weight: 0.2,
            word_power: 0.3,
            rare_power: 0.3,
            seed: 1,
        };
        if schema.name == TEXT.name {
            Settings { partial_weight: 0.5, word_power: 0.4, ..html }
        } else {
            html
        }
    }
}

/// Which fold a site is in. `salt` makes independent foldings.
pub fn fold(site: u64, folds: usize, salt: u64) -> usize {
    let mut hash = (site ^ salt).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    hash ^= hash >> 32;
    (hash.wrapping_mul(0xd6e8_feb8_6659_fd93) >> 33) as usize % folds
}

/// Fits a classifier to the pages of a table that `chosen` picks.
pub fn fit(
    table: &Table,
    schema: &Schema,
    settings: &Settings,
    chosen: &(dyn Fn(usize) -> bool + Sync),
) -> Result<Classifier, Error> {
    let view = schema.view();
    let targets = targets(table);
    let first = |skip: Option<usize>| -> Result<Pass, Error> {
        let weights = weights(table, settings, &|page| {
            chosen(page)
                && skip.is_none_or(|f| fold(table.pages()[page].site, settings.inner_folds, 1) != f)
        });
        if settings.learner == Learner::Linear {
            let columns = TableView { table, context: None, view: &view };
            let linear = Linear::fit(&columns, targets.view(), &weights, &LinearParams::default())?;
            return Ok(Pass { view: view.clone(), scorer: Scorer::Linear(linear) });
        }
        fit_trees(table, None, &view, &targets, &weights, &settings.first, settings.seed)
    };
    let Some(second) = settings.second.as_ref().filter(|_| settings.learner == Learner::Trees)
    else {
        return Ok(Classifier { first: first(None)?, second: None });
    };
    let mut contexts: Vec<Option<Matrix>> = vec![None; table.pages().len()];
    for held_out in 0..settings.inner_folds {
        let pass = first(Some(held_out))?;
        contexts.par_iter_mut().enumerate().for_each(|(page, context)| {
            let info = &table.pages()[page];
            if chosen(page) && fold(info.site, settings.inner_folds, 1) == held_out {
                let scores = pass.predict(&table.matrix(page), None);
                *context = Some(context::matrix(&info.layout, scores.rows()));
            }
        });
    }
    let features = table.bin(contexts.iter().map(Option::as_ref).collect());
    let view = second_view(schema);
    let weights = weights(table, settings, chosen);
    let second =
        fit_trees(table, Some(&features), &view, &targets, &weights, second, settings.seed + 1)?;
    Ok(Classifier { first: first(None)?, second: Some(second) })
}

/// What the second pass sees: what the first sees, and its own features after those.
fn second_view(schema: &Schema) -> View {
    let own = schema.features.len();
    let context = CONTEXT.view().columns.into_iter().map(|(f, shift)| (f + own, shift));
    View { columns: schema.view().columns.into_iter().chain(context).collect() }
}

fn fit_trees(
    table: &Table,
    context: Option<&table::Features>,
    view: &View,
    targets: &Array2<f32>,
    weights: &[f32],
    settings: &PassSettings,
    seed: u64,
) -> Result<Pass, Error> {
    let params = GradientBoosting::params()
        .n_trees(settings.trees)
        .depth(settings.depth)
        .learning_rate(settings.learning_rate)
        .l2(settings.l2)
        .subsample(settings.subsample)
        .colsample(settings.colsample)
        .primary(Some(Label::Body as usize))
        .seed(seed)
        .check()
        .map_err(Error::Input)?;
    let trees = params.fit_binned(&TableView { table, context, view }, targets.view(), weights)?;
    Ok(Pass { view: view.clone(), scorer: Scorer::Trees(trees) })
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

/// Row weights: 0 for padding, pages not chosen, and blocks of which nothing is known.
fn weights(table: &Table, settings: &Settings, chosen: &dyn Fn(usize) -> bool) -> Vec<f32> {
    let rarity = rarity(table, settings, chosen);
    let mut weights = vec![0.0; table.rows()];
    for (page, info) in table.pages().iter().enumerate() {
        if !chosen(page) {
            continue;
        }
        for ((row, target), words) in table.range(page).zip(&info.targets).zip(&info.layout.words) {
            let size = (1.0 + *words as f32).powf(settings.word_power);
            weights[row] = size
                * match (target.label, target.inside) {
                    (Some(label), _) => rarity[label as usize],
                    (None, Some(_)) => settings.partial_weight,
                    (None, None) => 0.0,
                };
        }
    }
    weights
}

/// What a block of each label weighs.
fn rarity(
    table: &Table,
    settings: &Settings,
    chosen: &dyn Fn(usize) -> bool,
) -> [f32; Label::COUNT] {
    let pages = table.pages().iter().enumerate().filter(|(page, _)| chosen(*page));
    let mut counts = [0.0f32; Label::COUNT];
    for label in pages.flat_map(|(_, info)| &info.targets).filter_map(|target| target.label) {
        counts[label as usize] += 1.0;
    }
    let most = counts.iter().copied().fold(1.0, f32::max);
    counts.map(|count| (most / count.max(1.0)).powf(settings.rare_power))
}
