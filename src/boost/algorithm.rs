//! Training: gradients, split search on sketched histograms, leaf values.
//!
//! Results do not depend on the number of threads: features are searched independently, and sums
//! over rows are taken in chunks of fixed size that are added in order.

use std::array::{from_mut, from_ref};
use std::ops::Range;

use linfa::DatasetBase;
use linfa::dataset::AsMultiTargets;
use linfa::traits::Fit;
use ndarray::{ArrayBase, ArrayView2, Data, Ix2};
use rayon::prelude::*;

use super::binning::{BinnedColumns, BinnedMatrix, check_data};
use super::error::{Error, Result};
use super::hyperparams::{GradientBoostingValidParams, MAX_BINS};
use super::model::{Builder, GradientBoosting, softmax};
use super::rng::SplitMix64;

/// Rows a parallel task.
const CHUNK: usize = 4096;

/// What the split search knows of a row or of a sum over rows: three sketched gradients and the
/// weight. Four `f32`, so that adding one is a single SSE instruction.
type Lanes = [f32; 4];

/// Gradient lanes of [`Lanes`].
const SKETCH: usize = 3;

/// Copies of a histogram under construction. Successive rows go to different copies: those
/// that share a bin (most do, for a feature that is mostly zero) would otherwise each wait for the
/// store of the one before.
const COPIES: usize = 4;

/// Features that are counted at a time, so that rows and lanes are fetched once for all of them.
const TOGETHER: usize = 4;

/// Histograms under construction, with all copies of a cell in one cache line. The last entry holds
/// nothing: without it the same bin of two features would lie whole pages of memory apart, which
/// processors take for the same address at first.
type Copies = [[Lanes; COPIES]; MAX_BINS + 1];

/// "Right if the bin of `feature` is above `bin`", at one level of a tree.
#[derive(Clone, Copy)]
struct Split {
    feature: usize,
    bin: u8,
    gain: f32,
}

impl GradientBoostingValidParams {
    /// Fits a model to columns that are already binned.
    ///
    /// * `targets`: rows × classes, the label weights: finite, not negative, at least one positive
    ///   in each row. One non-zero entry is a label; several are a partial label ("one of these").
    /// * `weights`: one a row, finite and not negative. Rows of weight 0 have no influence on the
    ///   model; their targets are not looked at.
    ///
    /// # Errors
    /// If sizes disagree, a column breaks the contract of [`BinnedColumns`], a row's targets or
    /// weight are out of range, or there is nothing to learn from.
    pub fn fit_binned<C: BinnedColumns>(
        &self,
        columns: &C,
        targets: ArrayView2<f32>,
        weights: &[f32],
    ) -> Result<GradientBoosting> {
        let classes = targets.ncols();
        if self.primary.is_some_and(|class| class >= classes) {
            return Err(Error::Data("the primary class is not among the classes"));
        }
        check_data(columns, targets, weights)?;
        let targets = targets.as_standard_layout();
        let targets = targets.as_slice().expect("standard layout is contiguous");
        let rows: Vec<u32> =
            (0..columns.rows() as u32).filter(|&row| weights[row as usize] > 0.0).collect();
        let features: Vec<usize> = (0..columns.features()).collect();

        let base = log_priors(&rows, targets, classes, weights);
        let mut scores = base.repeat(columns.rows());
        let mut model = Builder::new(self.depth, features.len(), base);
        let mut rng = SplitMix64::new(self.seed);
        let mut derivatives = Derivatives { classes, pairs: Vec::new() };
        for _ in 0..self.n_trees {
            let sample = rng.sample(&rows, self.subsample);
            let allowed = rng.sample(&features, self.colsample);
            let sketch = Sketch::draw(classes, self.primary, &mut rng);

            derivatives.update(&sample, &scores, targets, weights);
            let lanes = sketch.lanes(&sample, &derivatives, weights);
            let splits = self.grow(columns, &allowed, &sample, lanes);
            let leaves = leaf_indexes(columns, &splits);
            let values = self.leaf_values(&sample, &leaves, &derivatives, 1 << splits.len());
            add_leaf_values(&mut scores, &leaves, &values, classes);

            for split in &splits {
                model.push_split(
                    split.feature,
                    columns.edges(split.feature)[usize::from(split.bin)],
                    split.gain,
                );
            }
            model.finish_tree(splits.len(), &values);
        }
        Ok(model.finish())
    }

    /// Chooses the splits of one tree, level by level; fewer than `depth` if none gains any more.
    fn grow<C: BinnedColumns>(
        &self,
        columns: &C,
        allowed: &[usize],
        sample: &[u32],
        lanes: Vec<Lanes>,
    ) -> Vec<Split> {
        let mut rows = SegmentedRows::new(sample, lanes);
        let mut histograms: Vec<Vec<Lanes>> = vec![Vec::new(); allowed.len()];
        let mut splits = Vec::with_capacity(self.depth);
        while splits.len() < self.depth {
            // Equal gains go to the first feature, whatever the order of reduction.
            let better = |a: Split, b: Split| {
                if b.gain > a.gain || (b.gain == a.gain && b.feature < a.feature) { b } else { a }
            };
            let best = allowed
                .par_chunks(TOGETHER)
                .zip(histograms.par_chunks_mut(TOGETHER))
                .filter_map(|(features, histograms)| {
                    rows.update_histograms(columns, features, histograms);
                    let splits = features.iter().zip(histograms).map(|(&feature, histogram)| {
                        let n_bins = columns.edges(feature).len() + 1;
                        let (bin, gain) = best_bin(histogram, n_bins, self.l2);
                        Split { feature, bin, gain }
                    });
                    splits.reduce(better)
                })
                .reduce_with(better);
            let Some(best) = best.filter(|best| best.gain > 0.0) else {
                break;
            };
            splits.push(best);
            if splits.len() < self.depth {
                rows.split(columns.bins(best.feature), best.bin);
            }
        }
        splits
    }

    /// Newton step of every leaf and class, shrunk by the learning rate: leaves × classes.
    fn leaf_values(
        &self,
        sample: &[u32],
        leaves: &[u8],
        derivatives: &Derivatives,
        n_leaves: usize,
    ) -> Vec<f32> {
        let cells = n_leaves * derivatives.classes;
        let chunks: Vec<Vec<[f64; 2]>> = sample
            .par_chunks(CHUNK)
            .zip(derivatives.par_chunks())
            .map(|(rows, chunk)| {
                let mut sums = vec![[0.0; 2]; cells];
                for (&row, derivatives) in rows.iter().zip(chunk.chunks_exact(derivatives.classes))
                {
                    let leaf = usize::from(leaves[row as usize]);
                    add(&mut sums[leaf * derivatives.len()..], derivatives);
                }
                sums
            })
            .collect();
        let mut sums = vec![[0.0; 2]; cells];
        for chunk in &chunks {
            add(&mut sums, chunk);
        }
        let (rate, l2) = (f64::from(self.learning_rate), f64::from(self.l2));
        sums.iter().map(|&[gradient, hessian]| (-rate * gradient / (hessian + l2)) as f32).collect()
    }
}

/// Adds pairs to pairs, up to the end of the shorter slice.
fn add<T: Copy + Into<f64>>(sums: &mut [[f64; 2]], terms: &[[T; 2]]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        sum[0] += term[0].into();
        sum[1] += term[1].into();
    }
}

/// Log of each class's weighted share, with a weight of 1 added to every class. A partial label is
/// shared out by its label weights: the expectation step at even probabilities.
fn log_priors(rows: &[u32], targets: &[f32], classes: usize, weights: &[f32]) -> Vec<f32> {
    let mut sums = vec![1.0f64; classes];
    for &row in rows {
        let row = row as usize;
        let labels = &targets[row * classes..][..classes];
        let total: f32 = labels.iter().sum();
        for (sum, &label) in sums.iter_mut().zip(labels) {
            *sum += f64::from(weights[row] * label / total);
        }
    }
    let total: f64 = sums.iter().sum();
    sums.iter().map(|sum| (sum / total).ln() as f32).collect()
}

/// First and second derivative of the loss by each score, sampled rows × classes.
struct Derivatives {
    classes: usize,
    pairs: Vec<[f32; 2]>,
}

impl Derivatives {
    /// Those of another sample, in the same memory.
    fn update(&mut self, sample: &[u32], scores: &[f32], targets: &[f32], weights: &[f32]) {
        let classes = self.classes;
        self.pairs.resize(sample.len() * classes, [0.0; 2]);
        self.pairs.par_chunks_mut(CHUNK * classes).zip(sample.par_chunks(CHUNK)).for_each(
            |(pairs, rows)| {
                let range = |row: u32| row as usize * classes..(row as usize + 1) * classes;
                let scores_of = |row: &u32| &scores[range(*row)];
                let mut p: Vec<f32> = rows.iter().flat_map(scores_of).copied().collect();
                softmax(&mut p, classes);
                let parts = pairs.chunks_exact_mut(classes).zip(p.chunks_exact(classes));
                for ((pairs, p), &row) in parts.zip(rows) {
                    derive(p, &targets[range(row)], weights[row as usize], pairs);
                }
            },
        );
    }

    /// Derivatives of [`CHUNK`] rows at a time.
    fn par_chunks(&self) -> rayon::slice::Chunks<'_, [f32; 2]> {
        self.pairs.par_chunks(CHUNK * self.classes)
    }
}

/// Derivatives of one row: `weight · (p − q)` and `weight · p (1 − p)`.
fn derive(p: &[f32], labels: &[f32], weight: f32, pairs: &mut [[f32; 2]]) {
    let mut mass: f32 = p.iter().zip(labels).map(|(p, label)| p * label).sum();
    // Where every class that the label allows has probability 0 in `f32`, the model says nothing
    // about which one it is; the label weights alone decide.
    let known = mass >= f32::MIN_POSITIVE;
    if !known {
        mass = labels.iter().sum();
    }
    for ((pair, &p), &label) in pairs.iter_mut().zip(p).zip(labels) {
        let q = if known { p * label / mass } else { label / mass };
        *pair = [weight * (p - q), weight * p * (1.0 - p)];
    }
}

/// Random projection of the classes' gradients onto three lanes, one row of factors a class.
struct Sketch(Vec<Lanes>);

impl Sketch {
    /// With a primary class, lane 0 is its gradient and the random lanes project the others.
    /// Factors are ±1/√(random lanes), so that the squared lanes of any sum of gradients are an
    /// unbiased estimate of its squared norm.
    fn draw(classes: usize, primary: Option<usize>, rng: &mut SplitMix64) -> Self {
        let first = usize::from(primary.is_some());
        let scale = ((SKETCH - first) as f32).sqrt().recip();
        let factors = (0..classes).map(|class| {
            let mut factors = [0.0; 4];
            if primary == Some(class) {
                factors[0] = 1.0;
            } else {
                factors[first..SKETCH].fill_with(|| rng.sign() * scale);
            }
            factors
        });
        Self(factors.collect())
    }

    /// Lanes of the sampled rows: the projected gradient, and the row's weight.
    fn lanes(&self, sample: &[u32], derivatives: &Derivatives, weights: &[f32]) -> Vec<Lanes> {
        let mut lanes = vec![[0.0; 4]; sample.len()];
        lanes
            .par_chunks_mut(CHUNK)
            .zip(sample.par_chunks(CHUNK))
            .zip(derivatives.par_chunks())
            .for_each(|((lanes, rows), chunk)| {
                for ((lanes, &row), derivatives) in
                    lanes.iter_mut().zip(rows).zip(chunk.chunks_exact(derivatives.classes))
                {
                    for (factors, &[gradient, _]) in self.0.iter().zip(derivatives) {
                        *lanes = plus(*lanes, factors.map(|factor| factor * gradient));
                    }
                    lanes[SKETCH] = weights[row as usize];
                }
            });
        lanes
    }
}

/// Adds the copies up to the histogram.
fn sum(copies: &Copies, histogram: &mut [Lanes]) {
    for (cell, copies) in histogram.iter_mut().zip(copies) {
        *cell = copies.iter().fold([0.0; 4], |sum, copy| plus(sum, *copy));
    }
}

fn plus(a: Lanes, b: Lanes) -> Lanes {
    [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]]
}

fn minus(a: Lanes, b: Lanes) -> Lanes {
    [a[0] - b[0], a[1] - b[1], a[2] - b[2], a[3] - b[3]]
}

/// The sampled rows and their lanes, ordered by the leaf they have reached.
struct SegmentedRows {
    rows: Vec<u32>,
    lanes: Vec<Lanes>,
    /// Rows of each leaf; the two children of segment `s` become segments `2s` and `2s + 1`.
    segments: Vec<Range<usize>>,
}

impl SegmentedRows {
    fn new(sample: &[u32], lanes: Vec<Lanes>) -> Self {
        Self { rows: sample.to_vec(), lanes, segments: std::iter::once(0..sample.len()).collect() }
    }

    /// Brings some features' histograms (each segments × bins) up to date after a split.
    fn update_histograms<C: BinnedColumns>(
        &self,
        columns: &C,
        features: &[usize],
        histograms: &mut [Vec<Lanes>],
    ) {
        let (many, rest) = features.as_chunks::<TOGETHER>();
        let (histograms, others) = histograms.as_chunks_mut::<TOGETHER>();
        for (features, histograms) in many.iter().zip(histograms) {
            self.update(columns, features, histograms);
        }
        for (feature, histogram) in rest.iter().zip(others) {
            self.update(columns, from_ref(feature), from_mut(histogram));
        }
    }

    /// As [`update_histograms`](Self::update_histograms), for `N` features. Only the smaller child of
    /// a segment is counted; the larger is the difference to the parent.
    fn update<C: BinnedColumns, const N: usize>(
        &self,
        columns: &C,
        features: &[usize; N],
        histograms: &mut [Vec<Lanes>; N],
    ) {
        let n_bins = features.map(|feature| columns.edges(feature).len() + 1);
        let bins = features.map(|feature| columns.bins(feature));
        let mut copies: [Copies; N] = [[[[0.0; 4]; COPIES]; MAX_BINS + 1]; N];
        for (histogram, n_bins) in histograms.iter_mut().zip(n_bins) {
            histogram.resize(self.segments.len() * n_bins, [0.0; 4]);
        }
        if let [root] = self.segments.as_slice() {
            self.count(root, bins, n_bins, &mut copies);
            for (histogram, copies) in histograms.iter_mut().zip(&copies) {
                sum(copies, histogram);
            }
            return;
        }
        // Downwards: children 2s and 2s + 1 overwrite no parent that is still needed.
        for (s, children) in self.segments.chunks_exact(2).enumerate().rev() {
            let is_left_small = children[0].len() <= children[1].len();
            self.count(&children[usize::from(!is_left_small)], bins, n_bins, &mut copies);
            for ((histogram, copies), n_bins) in histograms.iter_mut().zip(&copies).zip(n_bins) {
                let mut parent = [[0.0; 4]; MAX_BINS];
                parent[..n_bins].copy_from_slice(&histogram[s * n_bins..][..n_bins]);
                let (left, right) = histogram[2 * s * n_bins..][..2 * n_bins].split_at_mut(n_bins);
                let (small, large) = if is_left_small { (left, right) } else { (right, left) };
                sum(copies, small);
                for ((large, &parent), &small) in large.iter_mut().zip(&parent).zip(small.iter()) {
                    *large = minus(parent, small);
                }
            }
        }
    }

    /// Histograms of one segment, in copies.
    fn count<const N: usize>(
        &self,
        segment: &Range<usize>,
        bins: [&[u8]; N],
        n_bins: [usize; N],
        copies: &mut [Copies; N],
    ) {
        for (copies, n_bins) in copies.iter_mut().zip(n_bins) {
            copies[..n_bins].fill([[0.0; 4]; COPIES]);
        }
        let (rows, lanes) = (&self.rows[segment.clone()], &self.lanes[segment.clone()]);
        for (rows, lanes) in rows.chunks(COPIES).zip(lanes.chunks(COPIES)) {
            for (copy, (&row, &lanes)) in rows.iter().zip(lanes).enumerate() {
                for (copies, bins) in copies.iter_mut().zip(bins) {
                    let cell = &mut copies[usize::from(bins[row as usize])][copy];
                    *cell = plus(*cell, lanes);
                }
            }
        }
    }

    /// Sends the rows of every segment to its left (bin at most `bin`) or right child, keeping
    /// their order.
    fn split(&mut self, column: &[u8], bin: u8) {
        let mut rows = vec![0; self.rows.len()];
        let mut lanes = vec![[0.0; 4]; self.lanes.len()];
        let mut children = Vec::with_capacity(2 * self.segments.len());
        for segment in &self.segments {
            let goes_right = |row: u32| usize::from(column[row as usize] > bin);
            let in_right: usize =
                self.rows[segment.clone()].iter().map(|&row| goes_right(row)).sum();
            let middle = segment.end - in_right;
            let mut next = [segment.start, middle];
            for i in segment.clone() {
                let to = &mut next[goes_right(self.rows[i])];
                rows[*to] = self.rows[i];
                lanes[*to] = self.lanes[i];
                *to += 1;
            }
            children.extend([segment.start..middle, middle..segment.end]);
        }
        *self = Self { rows, lanes, segments: children };
    }
}

/// The cut of one feature that gains most over all segments, "right if above the bin".
fn best_bin(histogram: &[Lanes], n_bins: usize, l2: f32) -> (u8, f32) {
    // Subtracting histograms can leave an empty cell a rounding error below zero.
    let score = |[a, b, c, weight]: Lanes| (a * a + b * b + c * c) / (weight.max(0.0) + l2);
    let mut gains = [0.0f32; MAX_BINS];
    for segment in histogram.chunks_exact(n_bins) {
        let total = segment.iter().fold([0.0; 4], |sum, &cell| plus(sum, cell));
        let unsplit = score(total);
        let mut left = [0.0; 4];
        for (gain, &cell) in gains.iter_mut().zip(&segment[..n_bins - 1]) {
            left = plus(left, cell);
            *gain += score(left) + score(minus(total, left)) - unsplit;
        }
    }
    let mut best = (0, 0.0);
    for (bin, &gain) in (0..).zip(&gains[..n_bins - 1]) {
        if gain > best.1 {
            best = (bin, gain);
        }
    }
    best
}

/// Leaf of every row, bit `l` being the outcome of split `l`.
fn leaf_indexes<C: BinnedColumns>(columns: &C, splits: &[Split]) -> Vec<u8> {
    let mut leaves = vec![0; columns.rows()];
    leaves.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, leaves)| {
        for (level, split) in splits.iter().enumerate() {
            for (leaf, &bin) in leaves.iter_mut().zip(&columns.bins(split.feature)[chunk * CHUNK..])
            {
                *leaf |= u8::from(bin > split.bin) << level;
            }
        }
    });
    leaves
}

fn add_leaf_values(scores: &mut [f32], leaves: &[u8], values: &[f32], classes: usize) {
    scores.par_chunks_mut(CHUNK * classes).zip(leaves.par_chunks(CHUNK)).for_each(
        |(scores, leaves)| {
            for (scores, &leaf) in scores.chunks_exact_mut(classes).zip(leaves) {
                for (score, value) in scores.iter_mut().zip(&values[usize::from(leaf) * classes..])
                {
                    *score += value;
                }
            }
        },
    );
}

impl<D, T> Fit<ArrayBase<D, Ix2>, T, Error> for GradientBoostingValidParams
where
    D: Data<Elem = f32>,
    T: AsMultiTargets<Elem = f32>,
{
    type Object = GradientBoosting;

    /// Fits a model to a dense matrix of records (rows × features); NaN is a missing value.
    /// Targets are those of [`fit_binned`](Self::fit_binned), and so are the errors.
    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<GradientBoosting> {
        let records = dataset.records();
        let weights = dataset.weights().map_or_else(|| vec![1.0; records.nrows()], <[f32]>::to_vec);
        let binned = BinnedMatrix::new(records.view(), &weights, self.max_bins);
        self.fit_binned(&binned, dataset.targets().as_multi_targets(), &weights)
    }
}
