//! The fitted model: prediction, validation, feature gains.

use linfa::traits::PredictInplace;
use multiversion::multiversion;
use ndarray::{Array2, ArrayBase, Data, Ix2};
use serde::{Deserialize, Serialize};

use super::error::{Error, Result};
use super::hyperparams::{GradientBoostingParams, MAX_DEPTH};

/// Columns to predict from. An implementation may hand out overlapping slices of one buffer.
pub trait Columns {
    /// Number of rows.
    fn rows(&self) -> usize;
    /// Values of every row: `rows()` entries. NaN is a missing value.
    fn column(&self, feature: usize) -> &[f32];
}

/// Classes whose scores are added by one AVX2 instruction.
const GROUP: usize = 16;
/// Rows whose leaf indexes are held at a time.
const ROW_BLOCK: usize = 512;
/// From how many rows on the leaves of a block of trees are copied.
const NEAR_ROWS: usize = 64;
/// Trees whose leaf indexes are held at a time: a row's scores stay in a register for as many.
const TREE_BLOCK: usize = 8;
/// As many leaves as a tree can have: those of a shallower tree, and what comes after them, since
/// whatever a byte is, it is the index of one of so many.
const WINDOW: usize = 1 << MAX_DEPTH;
/// The largest leaf value in units: as many as a block has trees add up within an `i16`.
const MOST_UNITS: f32 = i8::MAX as f32;

/// A fitted ensemble of oblivious trees; see the [module documentation](super).
///
/// Deserialising does not validate: call [`check`](Self::check) on a model from a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradientBoosting {
    depth: usize,
    /// Score of every class before the first tree.
    base: Vec<f32>,
    /// Split features, trees × depth.
    features: Vec<u16>,
    /// Split thresholds, trees × depth: bit `level` of the leaf index is `x > threshold`.
    thresholds: Vec<f32>,
    /// Leaf values, trees × groups of classes × leaves, in the units of their block of trees; what
    /// fills up the last group is 0.
    leaves: Vec<[i8; GROUP]>,
    /// The unit of each [`TREE_BLOCK`] trees' leaf values.
    units: Vec<f32>,
    /// Total gain of the splits on each feature.
    gain: Vec<f32>,
}

/// A model to which trees are being added.
pub(super) struct Builder {
    model: GradientBoosting,
    /// Leaf values, as they will be in the model but for their units.
    leaves: Vec<[f32; GROUP]>,
}

impl Builder {
    /// Without trees.
    pub(super) fn new(depth: usize, n_features: usize, base: Vec<f32>) -> Self {
        let model = GradientBoosting {
            depth,
            base,
            features: Vec::new(),
            thresholds: Vec::new(),
            leaves: Vec::new(),
            units: Vec::new(),
            gain: vec![0.0; n_features],
        };
        Self { model, leaves: Vec::new() }
    }

    /// Adds the next split of the tree being built.
    pub(super) fn push_split(&mut self, feature: usize, threshold: f32, gain: f32) {
        self.model.features.push(feature as u16);
        self.model.thresholds.push(threshold);
        self.model.gain[feature] += gain;
    }

    /// Completes a tree of `levels` splits with its leaf values, leaves × classes. A tree that
    /// stopped early is filled up with splits whose outcome makes no difference.
    pub(super) fn finish_tree(&mut self, levels: usize, values: &[f32]) {
        let (depth, classes) = (self.model.depth, self.model.n_classes());
        for _ in levels..depth {
            self.model.features.push(0);
            self.model.thresholds.push(0.0);
        }
        for first in (0..classes).step_by(GROUP) {
            let n = GROUP.min(classes - first);
            self.leaves.extend((0..1 << depth).map(|leaf| {
                let mut group = [0.0; GROUP];
                let start = (leaf % (1 << levels)) * classes + first;
                group[..n].copy_from_slice(&values[start..start + n]);
                group
            }));
        }
    }

    /// Adds the trees of a model, their leaf values times `weight`.
    fn append(&mut self, model: &GradientBoosting, weight: f32) {
        self.model.features.extend(&model.features);
        self.model.thresholds.extend(&model.thresholds);
        self.model.gain.iter_mut().zip(&model.gain).for_each(|(sum, gain)| *sum += gain);
        let blocks = model.leaves.chunks(TREE_BLOCK * model.tree_leaves()).zip(&model.units);
        self.leaves.extend(blocks.flat_map(|(leaves, unit)| {
            leaves.iter().map(move |group| group.map(|value| weight * unit * f32::from(value)))
        }));
    }

    /// The model, its leaf values rounded to whole units: 127 steps from 0 to the largest of eight
    /// trees, in a quarter of the memory.
    pub(super) fn finish(mut self) -> GradientBoosting {
        for leaves in self.leaves.chunks(TREE_BLOCK * self.model.tree_leaves()) {
            let values = leaves.as_flattened().iter();
            let most = values.fold(0.0f32, |most, value| most.max(value.abs()));
            let unit = (most / MOST_UNITS).max(f32::MIN_POSITIVE);
            let round = |value: f32| (value / unit).round() as i8;
            self.model.leaves.extend(leaves.iter().map(|group| group.map(round)));
            self.model.units.push(unit);
        }
        self.model
    }
}

impl GradientBoosting {
    /// Default hyper-parameters, to be set and fitted.
    pub fn params() -> GradientBoostingParams {
        GradientBoostingParams::new()
    }

    /// The model whose scores are the means of those of `models`: fitted with different seeds,
    /// these err less together than each alone.
    ///
    /// # Panics
    /// If there are none, or they differ in depth, features or classes.
    pub fn mean(models: &[GradientBoosting]) -> GradientBoosting {
        let shape = |model: &Self| (model.depth, model.n_features(), model.n_classes());
        assert!(models.iter().all(|model| shape(model) == shape(&models[0])), "of one shape");
        let weight = 1.0 / models.len() as f32;
        let base =
            |class| models.iter().map(|model: &Self| model.base[class]).sum::<f32>() * weight;
        let (depth, features, classes) = shape(&models[0]);
        let mut mean = Builder::new(depth, features, (0..classes).map(base).collect());
        models.iter().for_each(|model| mean.append(model, weight));
        mean.finish()
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.base.len()
    }

    /// Number of features that the model was fitted on.
    pub fn n_features(&self) -> usize {
        self.gain.len()
    }

    /// Number of trees.
    pub fn n_trees(&self) -> usize {
        self.features.len() / self.depth
    }

    /// Total gain of the splits on each feature, as the split search estimated it: how much the
    /// training loss owes to the feature, in arbitrary units.
    pub fn feature_gain(&self) -> &[f32] {
        &self.gain
    }

    fn groups(&self) -> usize {
        self.n_classes().div_ceil(GROUP)
    }

    /// Groups of leaf values a tree.
    fn tree_leaves(&self) -> usize {
        self.groups() << self.depth
    }

    /// Validates a deserialised model that shall predict from `n_features` features. With a model
    /// that passes, no values of so many features make prediction panic.
    ///
    /// # Errors
    /// [`Error::Model`] if sizes are inconsistent, a split names a feature that does not exist, or
    /// a number is not finite; [`Error::Shape`] if the model was fitted on another number of
    /// features.
    pub fn check(&self, n_features: usize) -> Result<()> {
        let fault = |reason| Err(Error::Model(reason));
        if !(1..=MAX_DEPTH).contains(&self.depth) {
            return fault("depth out of range");
        }
        if self.n_classes() < 2 {
            return fault("fewer than two classes");
        }
        if self.n_features() != n_features {
            return Err(Error::Shape {
                what: "features of the model",
                expected: n_features,
                found: self.n_features(),
            });
        }
        if !self.features.len().is_multiple_of(self.depth)
            || self.thresholds.len() != self.features.len()
        {
            return fault("number of splits is inconsistent");
        }
        if self.n_trees().checked_mul(self.tree_leaves()) != Some(self.leaves.len())
            || self.units.len() != self.n_trees().div_ceil(TREE_BLOCK)
        {
            return fault("number of leaves is inconsistent");
        }
        if self.features.iter().any(|&feature| usize::from(feature) >= n_features) {
            return fault("split on a feature that does not exist");
        }
        let mut numbers =
            self.base.iter().chain(&self.thresholds).chain(&self.units).chain(&self.gain);
        if !numbers.all(|number| number.is_finite()) {
            return fault("a number is not finite");
        }
        Ok(())
    }

    /// Class probabilities of every row, written to `out` (rows × classes, row-major).
    ///
    /// Runs on the calling thread.
    ///
    /// # Errors
    /// [`Error::Shape`] if `out` has another length; [`Error::Column`] if a column does.
    pub fn predict_columns<C: Columns>(&self, columns: &C, out: &mut [f32]) -> Result<()> {
        self.score_columns(columns, out)?;
        softmax(out, self.n_classes());
        Ok(())
    }

    /// As [`predict_columns`](Self::predict_columns), but the raw scores: logarithms of the
    /// probabilities up to a constant a row.
    ///
    /// # Errors
    /// As for [`predict_columns`](Self::predict_columns).
    pub fn score_columns<C: Columns>(&self, columns: &C, out: &mut [f32]) -> Result<()> {
        let (rows, classes, groups) = (columns.rows(), self.n_classes(), self.groups());
        if out.len() != rows * classes {
            return Err(Error::Shape {
                what: "length of the output",
                expected: rows * classes,
                found: out.len(),
            });
        }
        let columns: Vec<&[f32]> =
            (0..self.n_features()).map(|feature| columns.column(feature)).collect();
        if let Some(feature) = columns.iter().position(|column| column.len() != rows) {
            return Err(Error::Column { feature, reason: "not one value a row" });
        }
        let mut scores = vec![[0.0; GROUP]; rows.min(ROW_BLOCK) * groups];
        let mut near = Vec::new();
        for (block, out) in out.chunks_mut(ROW_BLOCK * classes).enumerate() {
            let scores = &mut scores[..out.len() / classes * groups];
            scores.fill([0.0; GROUP]);
            add_trees(self, &columns, block * ROW_BLOCK, scores, &mut near);
            for (out, scores) in out.chunks_exact_mut(classes).zip(scores.chunks_exact(groups)) {
                for ((out, base), score) in
                    out.iter_mut().zip(&self.base).zip(scores.as_flattened())
                {
                    *out = base + score;
                }
            }
        }
        Ok(())
    }
}

/// Adds what all trees say of a block of rows, from row `start` on, to their scores (rows ×
/// groups); `near` is a buffer. Compiled several times, since AVX-512 does sixteen values at a time
/// and AVX2 eight, and not every processor has them.
#[multiversion(targets("x86_64+avx+avx2+avx512f+avx512bw+avx512vl", "x86_64+avx+avx2"))]
fn add_trees(
    model: &GradientBoosting,
    columns: &[&[f32]],
    start: usize,
    scores: &mut [[f32; GROUP]],
    near: &mut Vec<[i8; GROUP]>,
) {
    let (depth, groups) = (model.depth, model.groups());
    let rows = scores.len() / groups;
    let block_leaves = TREE_BLOCK * model.tree_leaves();
    let mut leaf_of = [[0; ROW_BLOCK]; TREE_BLOCK];
    for (((block, features), thresholds), &unit) in model
        .features
        .chunks(TREE_BLOCK * depth)
        .enumerate()
        .zip(model.thresholds.chunks(TREE_BLOCK * depth))
        .zip(&model.units)
    {
        for ((leaf_of, features), thresholds) in
            leaf_of.iter_mut().zip(features.chunks(depth)).zip(thresholds.chunks(depth))
        {
            let mut splits = [(&[][..], 0.0); MAX_DEPTH];
            for ((split, &feature), &threshold) in splits.iter_mut().zip(features).zip(thresholds) {
                *split = (&columns[usize::from(feature)][start..start + rows], threshold);
            }
            // Where the compiler knows how many they are, it spares all tests for the last.
            match depth {
                6 => find_leaves(&splits[..6], &mut leaf_of[..rows]),
                _ => find_leaves(&splits[..depth], &mut leaf_of[..rows]),
            }
        }
        let leaves = &model.leaves[block * block_leaves..];
        // Rows ask for leaves in no order: many of them wait less once all leaves have come close.
        let leaves = if rows < NEAR_ROWS && leaves.len() >= block_leaves + WINDOW {
            leaves
        } else {
            let n = leaves.len().min(block_leaves);
            near.resize(block_leaves + WINDOW, [0; GROUP]);
            near[..n].copy_from_slice(&leaves[..n]);
            // The last block may have fewer trees.
            near[n..block_leaves].fill([0; GROUP]);
            &near[..]
        };
        for group in 0..groups {
            let trees: [&[[i8; GROUP]; WINDOW]; TREE_BLOCK] = std::array::from_fn(|tree| {
                let leaves = &leaves[(tree * groups + group) << depth..];
                leaves.first_chunk().expect("a window more than the block has")
            });
            let scores = scores.iter_mut().skip(group).step_by(groups);
            add_leaves(scores, trees, unit, &leaf_of);
        }
    }
}

/// Leaf of every row in one tree, whose splits are columns (one value a row) and thresholds.
#[inline(always)] // As part of `add_trees`, for its instructions; so also the others.
fn find_leaves(splits: &[(&[f32], f32)], leaf_of: &mut [u8]) {
    const WIDTH: usize = 16;
    let n = leaf_of.len();
    if n < WIDTH {
        for row in 0..n {
            find_leaves_from::<1>(splits, row, leaf_of);
        }
    } else {
        for row in (0..n).step_by(WIDTH) {
            // The last step overlaps the one before rather than leaving a remainder.
            find_leaves_from::<WIDTH>(splits, row.min(n - WIDTH), leaf_of);
        }
    }
}

/// Leaves of `WIDTH` rows from `row` on, held in SIMD registers over all levels.
#[inline(always)]
fn find_leaves_from<const WIDTH: usize>(splits: &[(&[f32], f32)], row: usize, leaf_of: &mut [u8]) {
    let mut leaves = [0u32; WIDTH];
    for (level, &(column, threshold)) in splits.iter().enumerate() {
        for (leaf, &x) in leaves.iter_mut().zip(&column[row..row + WIDTH]) {
            *leaf |= if x > threshold { 1 << level } else { 0 };
        }
    }
    for (to, leaf) in leaf_of[row..].iter_mut().zip(leaves) {
        *to = leaf as u8;
    }
}

/// Adds leaf values of a group of classes to the rows' scores: a row's sums stay in registers while
/// the trees of a block are added.
#[inline(always)]
fn add_leaves<'a>(
    scores: impl Iterator<Item = &'a mut [f32; GROUP]>,
    trees: [&[[i8; GROUP]; WINDOW]; TREE_BLOCK],
    unit: f32,
    leaf_of: &[[u8; ROW_BLOCK]; TREE_BLOCK],
) {
    for (row, scores) in (0..ROW_BLOCK).zip(scores) {
        let mut sums = [0i16; GROUP];
        for (tree, leaf_of) in trees.iter().zip(leaf_of) {
            let leaf = &tree[usize::from(leaf_of[row])];
            for (sum, value) in sums.iter_mut().zip(leaf) {
                *sum += i16::from(*value);
            }
        }
        for (score, sum) in scores.iter_mut().zip(sums) {
            *score += unit * f32::from(sum);
        }
    }
}

/// Turns rows of scores, of so many classes each, into probabilities. Compiled twice, since AVX2 does
/// eight values at a time and not every processor has it.
#[multiversion(targets("x86_64+avx+avx2"))]
pub(crate) fn softmax(scores: &mut [f32], classes: usize) {
    for row in scores.chunks_exact_mut(classes) {
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        row.iter_mut().for_each(|score| *score -= max);
    }
    // Of all rows at once, so that no register is filled by half.
    scores.iter_mut().for_each(|score| *score = exp(*score));
    for row in scores.chunks_exact_mut(classes) {
        let scale = 1.0 / row.iter().sum::<f32>();
        row.iter_mut().for_each(|score| *score *= scale);
    }
}

/// The exponential of a number that is not positive, to the last bit or two, and 0 where that is
/// next to nothing: Cephes' `expf` (Moshier 1989), here in arithmetic without branches, of which the
/// compiler makes whatever SIMD instructions it is allowed.
#[inline(always)] // As part of `softmax`, for its instructions.
fn exp(x: f32) -> f32 {
    // Adding this leaves of a number what is before the point, in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    const COEFFICIENTS: [f32; 6] =
        [1.987_569_2e-4, 1.398_2e-3, 8.333_452e-3, 4.166_579_6e-2, 0.166_666_65, 0.5];
    const LOWEST: f32 = -87.0;
    let is_nothing = x < LOWEST;
    let x = x.max(LOWEST);
    let rounded = x * std::f32::consts::LOG2_E + ROUND;
    let power = f32::from_bits((rounded.to_bits() << 23).wrapping_add(1f32.to_bits()));
    let n = rounded - ROUND;
    // ln 2 in two parts, the first of few bits, so that the difference is exact.
    let rest = x - n * 0.693_359_4 + n * 2.121_944_4e-4;
    let series = COEFFICIENTS.into_iter().reduce(|sum, next| sum * rest + next).unwrap_or(0.0);
    let exponential = (series * rest * rest + rest + 1.0) * power;
    if is_nothing { 0.0 } else { exponential }
}

/// A matrix of records in a buffer, column by column.
pub struct ColumnMajor {
    /// Number of rows.
    pub rows: usize,
    /// Columns × rows.
    pub values: Vec<f32>,
}

impl Columns for ColumnMajor {
    fn rows(&self) -> usize {
        self.rows
    }

    fn column(&self, feature: usize) -> &[f32] {
        &self.values[feature * self.rows..][..self.rows]
    }
}

impl<D: Data<Elem = f32>> PredictInplace<ArrayBase<D, Ix2>, Array2<f32>> for GradientBoosting {
    /// Class probabilities, rows × classes.
    ///
    /// # Panics
    /// If `records` has another number of features than the model, or `targets` another shape than
    /// [`default_target`](PredictInplace::default_target) gives: linfa's convention.
    fn predict_inplace<'a>(&'a self, records: &'a ArrayBase<D, Ix2>, targets: &mut Array2<f32>) {
        assert_eq!(
            records.ncols(),
            self.n_features(),
            "records must have the model's number of features"
        );
        assert_eq!(
            targets.dim(),
            (records.nrows(), self.n_classes()),
            "targets must be rows × classes"
        );
        let columns =
            ColumnMajor { rows: records.nrows(), values: records.t().iter().copied().collect() };
        let mut out = vec![0.0; targets.len()];
        self.predict_columns(&columns, &mut out).expect("sizes were compared above");
        targets.iter_mut().zip(out).for_each(|(target, probability)| *target = probability);
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array2<f32> {
        Array2::zeros((records.nrows(), self.n_classes()))
    }
}

#[cfg(test)]
mod tests {
    use super::softmax;

    #[test]
    fn softmax_is_that_of_exact_exponentials() {
        let scores = [0.5, -3.0, 12.0, 11.9, -80.0, 2.5, 12.0, -1e30];
        for n in 1..=scores.len() {
            // Two rows, so that the second is not by chance right.
            let mut found = [&scores[..n], &scores[..n]].concat();
            softmax(&mut found, n);
            assert_eq!(found[..n], found[n..]);
            let exact: Vec<f64> = scores[..n].iter().map(|score| f64::from(*score).exp()).collect();
            let sum: f64 = exact.iter().sum();
            for (found, exact) in found.iter().zip(exact) {
                assert!((f64::from(*found) - exact / sum).abs() < 1e-6, "{found}");
            }
        }
    }
}
