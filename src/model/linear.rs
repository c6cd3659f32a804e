//! Multinomial logistic regression on one-hot bins: the small classifier, by [`linfa_logistic`].
//!
//! It learns from the same binned columns as the trees of [`boost`], answers through the same
//! methods, and like them knows nothing of what a column means. A column adds to each class's score
//! what its bin is worth; no two columns ever act together. It is not an optimiser: the loss, its
//! gradient and L-BFGS are linfa's.
//!
//! # From weights and partial labels to what linfa takes
//!
//! linfa wants a dense matrix and one label a row, and has no row weights.
//!
//! * A column's bins are merged to a few of about equal counts. Each but the first becomes an
//!   indicator, so that a feature need not act in proportion to its value.
//! * Rows are drawn in proportion to their weights, as many as the matrix may hold: one from every
//!   equal portion of the cumulated weight.
//! * A row with a *partial label* ("one of these") gets one label by a step of stochastic EM (Celeux
//!   & Diebolt 1985): a first model is fitted to the rows whose label is known, and the label is
//!   drawn in proportion to what that model gives to the allowed classes. Taking the likeliest
//!   class instead would leave the rare ones without rows.
//!
//! Draws follow the multiples of an irrational number, modulo 1, and sums are taken in a fixed
//! order: the same data give the same model, whatever the number of threads.
//!
//! # Reference
//!
//! * G. Celeux & J. Diebolt, *The SEM Algorithm*, Computational Statistics Quarterly 2, 1985.

use std::f64::consts::SQRT_2;

use linfa::traits::Fit;
use linfa::{DatasetBase, ParamGuard};
use linfa_logistic::MultiLogisticRegression;
use ndarray::{Array1, Array2, ArrayView2, Axis, s};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::boost::{self, BinnedColumns, Columns, check_data, quantile_edges, softmax};

/// Classes whose scores are added by one SIMD instruction.
const GROUP: usize = 4;
/// Rows scored at a time: their scores stay in the first cache.
const ROW_BLOCK: usize = 256;
/// Rows a parallel task when a matrix is filled.
const CHUNK: usize = 1024;
/// Most rows that bins are merged by.
const MERGE_ROWS: usize = 100_000;
/// L-BFGS stops where the gradient of the mean loss is shorter.
const TOLERANCE: f32 = 1e-4;
/// Constant score of a class that no training row has: its probability is 0.
const NEVER: f32 = f32::MIN;
const GOLDEN_RATIO: f64 = 1.618_033_988_749_895;

/// Why a model could not be fitted, accepted or applied.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Training data, columns or a stored model are not what they should be.
    #[error(transparent)]
    Input(#[from] boost::Error),
    /// linfa refused the hyper-parameters or the data.
    #[error("logistic regression: {0}")]
    Solver(#[from] linfa_logistic::error::Error),
}

/// Hyper-parameters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearParams {
    /// Most bins a column; default 4.
    pub bins: usize,
    /// Most cells of the matrix (rows × indicators) at 4 bytes each, which bounds memory and time;
    /// default 200 million. Rows are drawn to fit.
    pub cells: usize,
    /// Ridge penalty on the weights, against the loss summed over the drawn rows; default 10.
    pub l2: f32,
    /// Most iterations of L-BFGS in each of the two fits; default 50.
    pub iterations: u64,
}

impl Default for LinearParams {
    fn default() -> Self {
        LinearParams { bins: 4, cells: 200_000_000, l2: 10.0, iterations: 50 }
    }
}

/// A fitted model; see the [module documentation](self).
///
/// Deserialising does not validate: call [`check`](Self::check) on a model from a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Linear {
    /// Score of every class where all columns are in their first bin.
    base: Vec<f32>,
    columns: Vec<Column>,
}

/// What a column adds to the scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Column {
    /// Upper edges of all bins but the last, ascending.
    edges: Vec<f32>,
    /// What each bin adds, bins × groups of four classes; what fills up the last group is 0.
    weights: Vec<[f32; GROUP]>,
}

impl Linear {
    /// Fits a model to binned columns.
    ///
    /// * `targets`: rows × classes, the label weights: finite, not negative, at least one positive
    ///   in each row. One non-zero entry is a label; several are a partial label ("one of these").
    /// * `weights`: one a row, finite and not negative. Rows of weight 0 have no influence on the
    ///   model; their targets are not looked at.
    ///
    /// # Errors
    /// [`Error::Input`] if sizes disagree, targets or weights are out of range, or there is nothing
    /// to learn from; [`Error::Solver`] if `l2` is negative or not finite.
    pub fn fit<C: BinnedColumns>(
        columns: &C,
        targets: ArrayView2<f32>,
        weights: &[f32],
        params: &LinearParams,
    ) -> Result<Linear, Error> {
        check_data(columns, targets, weights)?;
        let rows: Vec<usize> = (0..columns.rows()).filter(|&row| weights[row] > 0.0).collect();
        let encoding = Encoding::new(columns, &sample(&rows, weights, MERGE_ROWS), params.bins);
        let most_rows = params.cells / encoding.width;
        let mut parameters = Parameters::new(encoding.width, targets.ncols());

        let known: Vec<usize> =
            rows.iter().copied().filter(|&row| label(targets, row).is_some()).collect();
        if !known.is_empty() {
            let rows = sample(&known, weights, most_rows);
            let labels = rows.iter().filter_map(|&row| label(targets, row)).collect();
            parameters.fit(encoding.one_hot(columns, &rows), labels, params)?;
        }

        let rows = sample(&rows, weights, most_rows);
        let matrix = encoding.one_hot(columns, &rows);
        let labels = rows
            .iter()
            .zip(parameters.probabilities(&matrix).rows())
            .enumerate()
            .map(|(i, (&row, probabilities))| {
                // The floor lets a class that no known label names have its share of partial ones.
                let shares = targets.row(row).into_iter().zip(probabilities);
                draw(i, &shares.map(|(target, p)| target * p.max(1e-9)).collect::<Vec<f32>>())
            })
            .collect();
        parameters.fit(matrix, labels, params)?;
        Ok(encoding.model(&parameters))
    }

    /// Number of classes.
    pub fn n_classes(&self) -> usize {
        self.base.len()
    }

    /// Number of columns that the model was fitted on.
    pub fn n_features(&self) -> usize {
        self.columns.len()
    }

    fn groups(&self) -> usize {
        self.n_classes().div_ceil(GROUP)
    }

    /// Validates a deserialised model that shall predict from `n_features` columns. With a model
    /// that passes, no values of so many columns make prediction panic.
    ///
    /// # Errors
    /// [`Error::Input`] if sizes are inconsistent, edges do not ascend, a number is not finite, or
    /// the model was fitted on another number of columns.
    pub fn check(&self, n_features: usize) -> Result<(), Error> {
        let fault = |reason| Err(boost::Error::Model(reason).into());
        if self.n_classes() < 2 {
            return fault("fewer than two classes");
        }
        equal("features of the model", n_features, self.n_features())?;
        if !self.base.iter().all(|number| number.is_finite()) {
            return fault("a number is not finite");
        }
        for Column { edges, weights } in &self.columns {
            if edges.len() > usize::from(u8::MAX) || !edges.is_sorted_by(|a, b| a < b) {
                return fault("edges are too many or do not ascend");
            }
            if weights.len() != (edges.len() + 1) * self.groups() {
                return fault("number of weights is inconsistent");
            }
            if !edges.iter().chain(weights.as_flattened()).all(|number| number.is_finite()) {
                return fault("a number is not finite");
            }
        }
        Ok(())
    }

    /// Class probabilities of every row, written to `out` (rows × classes, row-major).
    ///
    /// Runs on the calling thread. NaN falls into the first bin, as in training.
    ///
    /// # Errors
    /// [`Error::Input`] if `out` or a column has another length.
    pub fn predict_columns<C: Columns>(&self, columns: &C, out: &mut [f32]) -> Result<(), Error> {
        let (classes, groups) = (self.n_classes(), self.groups());
        equal("length of the output", columns.rows() * classes, out.len())?;
        for (block, out) in out.chunks_mut(ROW_BLOCK * classes).enumerate() {
            let n = out.len() / classes;
            let mut scores = vec![[0.0; GROUP]; n * groups];
            for (feature, column) in self.columns.iter().enumerate() {
                if column.edges.is_empty() {
                    continue;
                }
                let values = columns.column(feature).get(block * ROW_BLOCK..);
                let values = values.and_then(|values| values.get(..n));
                let reason = "not one value a row";
                column.add(values.ok_or(boost::Error::Column { feature, reason })?, &mut scores);
            }
            for (out, scores) in out.chunks_exact_mut(classes).zip(scores.chunks_exact(groups)) {
                let scores = scores.as_flattened().iter().zip(&self.base);
                for (out, (score, base)) in out.iter_mut().zip(scores) {
                    *out = base + score;
                }
            }
            softmax(out, classes);
        }
        Ok(())
    }
}

impl Column {
    /// Adds what at most [`ROW_BLOCK`] values are worth to their scores, rows × groups.
    fn add(&self, values: &[f32], scores: &mut [[f32; GROUP]]) {
        let mut bins = [0u8; ROW_BLOCK];
        for edge in &self.edges {
            for (bin, value) in bins.iter_mut().zip(values) {
                *bin += u8::from(value > edge);
            }
        }
        let groups = self.weights.len() / (self.edges.len() + 1);
        for (scores, &bin) in scores.chunks_exact_mut(groups).zip(&bins) {
            let weights = &self.weights[usize::from(bin) * groups..][..groups];
            for (score, weight) in scores.as_flattened_mut().iter_mut().zip(weights.as_flattened())
            {
                *score += weight;
            }
        }
    }
}

fn equal(what: &'static str, expected: usize, found: usize) -> Result<(), boost::Error> {
    match expected == found {
        true => Ok(()),
        false => Err(boost::Error::Shape { what, expected, found }),
    }
}

/// The label of a row, if it allows only one.
fn label(targets: ArrayView2<f32>, row: usize) -> Option<usize> {
    let mut allowed = targets.row(row).into_iter().enumerate().filter(|(_, target)| **target > 0.0);
    match (allowed.next(), allowed.next()) {
        (Some((class, _)), None) => Some(class),
        _ => None,
    }
}

/// The fractional part of `i` times an irrational number: as `i` counts up, evenly spread over 0
/// to 1 and in step with no period of the data.
fn spread(i: usize, irrational: f64) -> f64 {
    (i as f64 * irrational).fract()
}

/// Draws `most` of `rows`, or as many as there are, each as often as its share of the weight: one
/// from every equal portion of the cumulated weight.
fn sample(rows: &[usize], weights: &[f32], most: usize) -> Vec<usize> {
    let n = most.clamp(1, rows.len());
    let portion = rows.iter().map(|&row| f64::from(weights[row])).sum::<f64>() / n as f64;
    let mut sample = Vec::with_capacity(n);
    let mut sum = 0.0;
    for &row in rows {
        sum += f64::from(weights[row]);
        while (sample.len() as f64 + spread(sample.len(), SQRT_2)) * portion < sum {
            sample.push(row);
        }
    }
    sample
}

/// The `i`-th draw of a class in proportion to `shares`, which are not all 0.
fn draw(i: usize, shares: &[f32]) -> usize {
    let total: f64 = shares.iter().map(|&share| f64::from(share)).sum();
    let mut left = spread(i, GOLDEN_RATIO) * total;
    let mut drawn = 0;
    for (class, &share) in shares.iter().enumerate().filter(|(_, share)| **share > 0.0) {
        drawn = class;
        left -= f64::from(share);
        if left < 0.0 {
            break;
        }
    }
    drawn
}

/// How columns become indicators.
struct Encoding {
    columns: Vec<Merged>,
    /// Number of indicators; the last one is always 1 and carries the constant.
    width: usize,
}

/// A column's bins, merged.
struct Merged {
    /// The last original bin of each merged bin but the last.
    cuts: Vec<u8>,
    /// Their upper edges.
    edges: Vec<f32>,
    /// The indicator of the second merged bin; those of the others follow.
    start: usize,
}

impl Encoding {
    /// Merges each column's bins to at most `most`, by how `rows` fill them.
    fn new<C: BinnedColumns>(columns: &C, rows: &[usize], most: usize) -> Encoding {
        let merge = |feature| {
            let bins = columns.bins(feature);
            let filled: Vec<f32> = rows.iter().map(|&row| f32::from(bins[row])).collect();
            let cuts: Vec<u8> =
                quantile_edges(&filled, most).into_iter().map(|e| e as u8).collect();
            let edges = cuts.iter().map(|&cut| columns.edges(feature)[usize::from(cut)]).collect();
            Merged { cuts, edges, start: 0 }
        };
        let mut merged: Vec<Merged> = (0..columns.features()).into_par_iter().map(merge).collect();
        let mut width = 0;
        for column in &mut merged {
            column.start = width;
            width += column.cuts.len();
        }
        Encoding { columns: merged, width: width + 1 }
    }

    /// The indicators of `rows`, rows × width.
    fn one_hot<C: BinnedColumns>(&self, columns: &C, rows: &[usize]) -> Array2<f32> {
        let mut cells = vec![0.0; rows.len() * self.width];
        let chunks = cells.par_chunks_mut(CHUNK * self.width).zip(rows.par_chunks(CHUNK));
        chunks.for_each(|(cells, rows)| {
            cells.chunks_exact_mut(self.width).for_each(|row| row[self.width - 1] = 1.0);
            for (feature, column) in self.columns.iter().enumerate() {
                let bins = columns.bins(feature);
                for (cells, &row) in cells.chunks_exact_mut(self.width).zip(rows) {
                    let bin = column.cuts.partition_point(|&cut| bins[row] > cut);
                    if bin > 0 {
                        cells[column.start + bin - 1] = 1.0;
                    }
                }
            }
        });
        Array2::from_shape_vec((rows.len(), self.width), cells).expect("a cell for each of both")
    }

    /// The model that scores values as `parameters` score their indicators.
    fn model(self, parameters: &Parameters) -> Linear {
        let Parameters(parameters) = parameters;
        let groups = parameters.ncols().div_ceil(GROUP);
        let columns = self.columns.into_iter().map(|Merged { edges, start, .. }| {
            let mut weights = vec![[0.0; GROUP]; (edges.len() + 1) * groups];
            let indicators = parameters.slice(s![start..start + edges.len(), ..]);
            for (bin, indicator) in weights.chunks_exact_mut(groups).skip(1).zip(indicators.rows())
            {
                let bin = bin.as_flattened_mut().iter_mut();
                bin.zip(indicator).for_each(|(to, from)| *to = *from);
            }
            Column { edges, weights }
        });
        Linear { base: parameters.row(self.width - 1).to_vec(), columns: columns.collect() }
    }
}

/// What each indicator adds to the score of each class, indicators × classes.
struct Parameters(Array2<f32>);

impl Parameters {
    /// The parameters of a model that has seen no class.
    fn new(width: usize, classes: usize) -> Parameters {
        let mut parameters = Array2::zeros((width, classes));
        parameters.row_mut(width - 1).fill(NEVER);
        Parameters(parameters)
    }

    /// Fits the parameters of the classes that are among the labels, starting from what they are.
    fn fit(
        &mut self,
        matrix: Array2<f32>,
        labels: Vec<usize>,
        params: &LinearParams,
    ) -> Result<(), Error> {
        let mut classes = labels.clone();
        classes.sort_unstable();
        classes.dedup();
        // L-BFGS first steps by the whole gradient of the summed loss, so far off that its line
        // search fails. Indicators of 1/√rows make that the gradient of the mean loss.
        let scale = (matrix.nrows() as f32).sqrt().recip();
        let start = self.0.select(Axis(1), &classes);
        let fitted = MultiLogisticRegression::default()
            .with_intercept(false)
            .alpha(params.l2 * scale * scale)
            .max_iterations(params.iterations)
            .gradient_tolerance(TOLERANCE / scale)
            .initial_params(start.mapv(|w| if w == NEVER { 0.0 } else { w / scale }))
            .check()?
            .fit(&DatasetBase::new(matrix * scale, Array1::from(labels)))?;
        for (weights, &class) in fitted.params().columns().into_iter().zip(fitted.classes()) {
            self.0.column_mut(class).assign(&(&weights * scale));
        }
        Ok(())
    }

    /// Class probabilities of rows of indicators, rows × classes.
    fn probabilities(&self, matrix: &Array2<f32>) -> Array2<f32> {
        let mut scores = matrix.dot(&self.0);
        let classes = scores.ncols();
        softmax(scores.as_slice_mut().expect("a product is row-major"), classes);
        scores
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::boost::bin;

    const ROWS: usize = 1500;
    const CLASSES: usize = 5;

    /// Three columns, of which the first alone decides the class: 0 in the middle, 1 below, 3 above.
    struct Toy {
        columns: [Vec<f32>; 3],
        edges: [Vec<f32>; 3],
        bins: [Vec<u8>; 3],
    }

    impl Toy {
        fn new() -> Toy {
            let column =
                |prime: usize| (0..ROWS).map(|i| (i * prime % 997) as f32 / 997.0).collect();
            let columns: [Vec<f32>; 3] = [101, 331, 577].map(column);
            let edges = columns.each_ref().map(|values| quantile_edges(values, 64));
            let bins = [0, 1, 2].map(|c| columns[c].iter().map(|&v| bin(v, &edges[c])).collect());
            Toy { columns, edges, bins }
        }

        fn class(&self, row: usize) -> usize {
            match self.columns[0][row] {
                x if x < 0.25 => 1,
                x if x < 0.75 => 0,
                _ => 3,
            }
        }

        fn targets(&self) -> Array2<f32> {
            Array2::from_shape_fn((ROWS, CLASSES), |(r, k)| f32::from(k == self.class(r)))
        }

        fn fit(&self, targets: &Array2<f32>, weights: &[f32]) -> Result<Linear, Error> {
            let params = LinearParams { l2: 1.0, ..LinearParams::default() };
            Linear::fit(self, targets.view(), weights, &params)
        }

        fn predict(&self, model: &Linear) -> Array2<f32> {
            let mut out = Array2::zeros((ROWS, CLASSES));
            model.predict_columns(self, out.as_slice_mut().unwrap()).unwrap();
            out
        }

        /// Share of the rows whose class gets more than half of the probability.
        fn accuracy(&self, model: &Linear) -> f64 {
            let p = self.predict(model);
            (0..ROWS).filter(|&r| p[[r, self.class(r)]] > 0.5).count() as f64 / ROWS as f64
        }
    }

    impl BinnedColumns for Toy {
        fn rows(&self) -> usize {
            ROWS
        }
        fn features(&self) -> usize {
            3
        }
        fn bins(&self, feature: usize) -> &[u8] {
            &self.bins[feature]
        }
        fn edges(&self, feature: usize) -> &[f32] {
            &self.edges[feature]
        }
    }

    impl Columns for Toy {
        fn rows(&self) -> usize {
            ROWS
        }
        fn column(&self, feature: usize) -> &[f32] {
            &self.columns[feature]
        }
    }

    #[test]
    fn learns_a_middle_band_and_never_names_a_class_it_has_not_seen() {
        let toy = Toy::new();
        let model = toy.fit(&toy.targets(), &[1.0; ROWS]).unwrap();
        assert!(toy.accuracy(&model) > 0.97, "{}", toy.accuracy(&model));
        let p = toy.predict(&model);
        assert_eq!((p.column(2).sum(), p.column(4).sum()), (0.0, 0.0));
        assert!(p.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    }

    #[test]
    fn partial_labels_teach() {
        let toy = Toy::new();
        // Most rows know only whether they are of class 0.
        let mut targets = toy.targets();
        for row in (0..ROWS).filter(|row| row % 10 != 0 && toy.class(*row) != 0) {
            targets.row_mut(row).slice_mut(s![1..]).fill(1.0);
        }
        let model = toy.fit(&targets, &[1.0; ROWS]).unwrap();
        assert!(toy.accuracy(&model) > 0.95, "{}", toy.accuracy(&model));

        // None does, and even those inside the band may be another class.
        for row in 0..ROWS {
            let inside = toy.class(row) == 0;
            targets.row_mut(row).fill(if inside { 0.02 } else { 1.0 });
            targets[[row, 0]] = f32::from(inside);
        }
        let p = toy.predict(&toy.fit(&targets, &[1.0; ROWS]).unwrap());
        let right = (0..ROWS).filter(|&r| (p[[r, 0]] > 0.5) == (toy.class(r) == 0)).count();
        assert!(right as f64 > 0.97 * ROWS as f64, "{right}");
    }

    #[test]
    fn weights_count_as_rows_do() {
        let toy = Toy::new();
        // Each row says class 0 and class 1 by turns, three to one by weight.
        let targets = Array2::from_shape_fn((ROWS, CLASSES), |(r, k)| f32::from(k == r % 2));
        let weights: Vec<f32> = (0..ROWS).map(|r| if r % 2 == 0 { 3.0 } else { 1.0 }).collect();
        let p = toy.predict(&toy.fit(&targets, &weights).unwrap());
        assert!((p.column(0).mean().unwrap() - 0.75).abs() < 0.02, "{p}");

        let mut padded = targets.clone();
        padded.row_mut(7).fill(f32::NAN);
        let mut without = weights.clone();
        without[7] = 0.0;
        assert_eq!(toy.fit(&padded, &without).unwrap(), toy.fit(&targets, &without).unwrap());
        assert!(matches!(
            toy.fit(&padded, &weights),
            Err(Error::Input(boost::Error::Row { row: 7, .. }))
        ));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let toy = Toy::new();
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| toy.fit(&toy.targets(), &[1.0; ROWS]).unwrap())
        };
        assert_eq!(fit(1), fit(2));
    }

    #[test]
    fn a_stored_model_predicts_the_same_and_a_broken_one_is_refused() {
        let toy = Toy::new();
        let model = toy.fit(&toy.targets(), &[1.0; ROWS]).unwrap();
        let stored = serde_json::to_value(&model).unwrap();
        let load = |value| serde_json::from_value::<Linear>(value).unwrap();

        let loaded = load(stored.clone());
        loaded.check(3).unwrap();
        assert_eq!(toy.predict(&loaded), toy.predict(&model));

        assert!(loaded.check(4).is_err());
        for (field, value) in [
            ("/base", serde_json::json!([0.0])),
            ("/base/0", 1e300.into()),
            ("/columns/0/edges/0", 9.0.into()),
            ("/columns/0/edges", serde_json::json!([])),
            ("/columns/1/weights", serde_json::json!([])),
            ("/columns/1/weights/0/0", 1e300.into()),
        ] {
            let mut broken = stored.clone();
            *broken.pointer_mut(field).unwrap() = value;
            assert!(load(broken).check(3).is_err(), "{field}");
        }
    }
}
