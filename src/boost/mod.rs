//! Gradient boosting of oblivious trees: a multi-class classifier to [`linfa`]'s conventions.
//!
//! It is a general learner over a matrix of `f32` features and knows nothing of what they mean. It
//! is not a regressor, has no categorical features, and does not choose its own number of trees.
//!
//! # The big picture
//!
//! Boosting adds up many small trees, each fitted to what the sum so far gets wrong (Friedman
//! 2001). In an *oblivious* (symmetric) tree all nodes of a level ask the same question, so a tree
//! of depth `d` is just `d` comparisons whose outcomes are the bits of a leaf index: no branches, a
//! column at a time, the layout that made CatBoost fast (Prokhorenkova et al. 2018). A leaf holds
//! one value per class, so one walk scores every class.
//!
//! Three ideas keep training linear and quick:
//!
//! * **Histograms.** Features are cut into at most 256 quantile bins; the search for a split sums
//!   gradients by bin, and counts only the smaller child of each node, the other being the
//!   difference to the parent (Ke et al. 2017).
//! * **Sketching.** The search does not need all `K` gradients: it sees three random projections of
//!   them, drawn anew for each tree (Iosipoi & Vakhrushev 2022). If one class matters most
//!   ([`primary`](GradientBoostingParams::primary)), one of the three is that class's own gradient.
//!   Leaf values are computed from all gradients.
//! * **Sampling** of rows and features for each tree, which also regularises (Friedman 2002).
//!
//! # The maths
//!
//! Row `i` has weight `a`, label weights `w` and probabilities `p = softmax(s)` of its scores `s`.
//! A row whose `w` has several non-zero entries is a *partial label*: the label is one of these.
//! The loss is the negative log-likelihood of that statement (Jin & Ghahramani 2002), which for a
//! one-hot row is cross-entropy:
//!
//! ```text
//! loss  = −a · log Σ_k w_k p_k
//! q_k   = w_k p_k / Σ_j w_j p_j          which of the allowed classes, as believed so far
//! g_k   = a · (p_k − q_k)                gradient of the loss by s_k
//! h_k   = a · p_k (1 − p_k)              its curvature, q held fixed as in expectation maximisation
//! ```
//!
//! Each level takes the split (feature, bin) that maximises, over all current leaves `ℓ` and with
//! `R` the projection to three lanes,
//!
//! ```text
//! Σ_ℓ  |R·G_left|² / (A_left + λ)  +  |R·G_right|² / (A_right + λ)  −  |R·G_ℓ|² / (A_ℓ + λ)
//! ```
//!
//! where `G` and `A` sum the gradients and weights of a leaf's rows. A tree ends early if no split
//! gains anything. A leaf moves the score of class `k` by a Newton step of the full gradient, shrunk
//! by the learning rate: `−rate · Σ g_k / (Σ h_k + λ)`.
//!
//! A value falls right of a split if `x > threshold`. NaN never does, in training as in prediction:
//! a missing value counts as a small one.
//!
//! # Example
//!
//! Three rings around the origin, learned from a grid of points and tested between them:
//!
//! ```
//! use dehusk::boost::GradientBoosting;
//! use linfa::DatasetBase;
//! use linfa::traits::{Fit, Predict};
//! use ndarray::{Array2, Axis};
//!
//! let points = |shift: f32| {
//!     Array2::from_shape_fn((6400, 2), |(i, axis)| {
//!         ([i % 80, i / 80][axis] as f32 - 40.0 + shift) / 16.0
//!     })
//! };
//! let ring = |x: f32, y: f32| (x.hypot(y) as usize).min(2);
//!
//! let records = points(0.0);
//! let targets = Array2::from_shape_fn((6400, 3), |(i, class)| {
//!     f32::from(ring(records[[i, 0]], records[[i, 1]]) == class)
//! });
//! let model = GradientBoosting::params()
//!     .n_trees(100)
//!     .colsample(1.0)
//!     .fit(&DatasetBase::new(records, targets))?;
//!
//! let unseen = points(0.5);
//! let correct = model.predict(&unseen).axis_iter(Axis(0)).zip(unseen.rows())
//!     .filter(|(p, x)| (0..3).all(|class| p[class] <= p[ring(x[0], x[1])]))
//!     .count();
//! assert!(correct as f32 / 6400.0 > 0.95);
//! # Ok::<(), dehusk::boost::Error>(())
//! ```
//!
//! # References
//!
//! * J. H. Friedman, *Greedy Function Approximation: A Gradient Boosting Machine*, Annals of
//!   Statistics 29(5), 2001; *Stochastic Gradient Boosting*, Computational Statistics & Data
//!   Analysis 38(4), 2002.
//! * R. Jin & Z. Ghahramani, *Learning with Multiple Labels*, NIPS 2002.
//! * G. Ke et al., *LightGBM: A Highly Efficient Gradient Boosting Decision Tree*, NIPS 2017.
//! * L. Prokhorenkova et al., *CatBoost: Unbiased Boosting with Categorical Features*, NeurIPS 2018.
//! * L. Iosipoi & A. Vakhrushev, *SketchBoost: Fast Gradient Boosted Decision Tree for Multioutput
//!   Problems*, NeurIPS 2022.

mod algorithm;
mod binning;
mod error;
mod hyperparams;
mod model;
mod rng;

pub(crate) use binning::check_data;
pub use binning::{BinnedColumns, bin, quantile_edges};
pub use error::{Error, Result};
pub use hyperparams::{GradientBoostingParams, GradientBoostingValidParams};
pub(crate) use model::softmax;
pub use model::{ColumnMajor, Columns, GradientBoosting};

#[cfg(test)]
mod tests {
    use linfa::traits::{Fit, Predict};
    use linfa::{DatasetBase, ParamGuard};
    use ndarray::{Array1, Array2, Axis, concatenate, s};

    use super::rng::SplitMix64;
    use super::*;

    /// Points in a square; the class is the quadrant, except inside a disc, which is class 0.
    fn toy(n: usize, seed: u64) -> (Array2<f32>, Vec<usize>) {
        let mut rng = SplitMix64::new(seed);
        let records = Array2::from_shape_simple_fn((n, 5), || {
            (rng.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
        });
        let class = |x: f32, y: f32| match (x > 0.1, y > -0.2) {
            _ if x.hypot(y) < 0.5 => 0,
            (right, above) => 1 + 2 * usize::from(right) + usize::from(above),
        };
        let classes = records.rows().into_iter().map(|row| class(row[0], row[3])).collect();
        (records, classes)
    }

    fn one_hot(classes: &[usize]) -> Array2<f32> {
        Array2::from_shape_fn((classes.len(), 5), |(row, class)| f32::from(classes[row] == class))
    }

    fn params() -> GradientBoostingParams {
        GradientBoosting::params().n_trees(60).colsample(0.8)
    }

    /// Share of unseen points whose class is given a probability above 0.7.
    fn accuracy(model: &GradientBoosting) -> f64 {
        let (records, classes) = toy(2000, 99);
        let p = model.predict(&records);
        let right = (0..2000).filter(|&row| p[[row, classes[row]]] > 0.7).count();
        right as f64 / 2000.0
    }

    #[test]
    fn learns_classes_with_curved_borders() {
        let (records, classes) = toy(4000, 1);
        let model =
            params().primary(Some(0)).fit(&DatasetBase::new(records, one_hot(&classes))).unwrap();
        assert!(accuracy(&model) > 0.94, "{}", accuracy(&model));
        let gain = model.feature_gain();
        assert!(
            [1, 2, 4].iter().all(|&noise| gain[noise] < 0.05 * gain[0].min(gain[3])),
            "{gain:?}"
        );
    }

    #[test]
    fn partial_labels_teach_the_classes_they_do_not_name() {
        let (records, classes) = toy(4000, 1);
        let mut targets = one_hot(&classes);
        for (row, &class) in classes.iter().enumerate() {
            if row % 2 == 0 && class != 0 {
                targets.row_mut(row).slice_mut(s![1..]).fill(1.0);
            }
        }
        let model = params().fit(&DatasetBase::new(records, targets)).unwrap();
        assert!(accuracy(&model) > 0.93, "{}", accuracy(&model));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let (records, classes) = toy(20_000, 1);
        let data = DatasetBase::new(records, one_hot(&classes));
        let fit = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                serde_json::to_string(&params().n_trees(5).fit(&data).unwrap()).unwrap()
            })
        };
        assert_eq!(fit(1), fit(2));
    }

    #[test]
    fn rows_of_weight_zero_do_not_matter() {
        let (records, classes) = toy(1000, 1);
        let weights = Array1::from_shape_fn(1000, |row| 0.5 + (row % 3) as f32);
        let without =
            DatasetBase::new(records.clone(), one_hot(&classes)).with_weights(weights.clone());
        let padded = DatasetBase::new(
            concatenate![Axis(0), Array2::from_elem((7, 5), 9.0), records],
            concatenate![Axis(0), Array2::zeros((7, 5)), one_hot(&classes)],
        )
        .with_weights(concatenate![Axis(0), Array1::zeros(7), weights]);
        assert_eq!(params().fit(&without).unwrap(), params().fit(&padded).unwrap());
    }

    #[test]
    fn without_anything_to_split_on_probabilities_are_the_class_shares() {
        let targets = Array2::from_shape_fn((1000, 2), |(row, class)| {
            f32::from((row % 4 == 0) == (class == 0))
        });
        let model = params().fit(&DatasetBase::new(Array2::zeros((1000, 3)), targets)).unwrap();
        let p = model.predict(&Array2::zeros((1, 3)));
        assert!((p[[0, 0]] - 0.25).abs() < 0.01, "{p}");
    }

    #[test]
    fn a_row_scores_the_same_alone_and_in_a_batch() {
        let (mut records, _) = toy(1000, 1);
        let targets =
            Array2::from_shape_fn((1000, 18), |(row, class)| f32::from(row % 18 == class));
        let model = params().fit(&DatasetBase::new(records.clone(), targets)).unwrap();
        records[[3, 0]] = f32::NAN;
        records[[4, 3]] = f32::INFINITY;
        let all = model.predict(&records);
        for (start, end) in [(3, 4), (4, 19), (0, 16), (100, 137), (700, 1000)] {
            let rows = s![start..end, ..];
            assert_eq!(model.predict(&records.slice(rows)), all.slice(rows));
        }
        assert!(all.sum_axis(Axis(1)).iter().all(|sum| (sum - 1.0).abs() < 1e-5));
    }

    #[test]
    fn a_stored_model_predicts_the_same_and_a_broken_one_is_refused() {
        let (records, classes) = toy(500, 1);
        let model = params().fit(&DatasetBase::new(records.clone(), one_hot(&classes))).unwrap();
        let stored = serde_json::to_value(&model).unwrap();
        let load = |value| serde_json::from_value::<GradientBoosting>(value).unwrap();

        let loaded = load(stored.clone());
        loaded.check(5).unwrap();
        assert_eq!(loaded.predict(&records), model.predict(&records));

        assert!(loaded.check(4).is_err());
        for (field, value) in [
            ("/depth", 7.into()),
            ("/depth", 0.into()),
            ("/features/3", 5.into()),
            ("/thresholds", serde_json::json!([0.5])),
            ("/leaves", serde_json::json!([])),
            ("/base", serde_json::json!([0.0])),
            ("/base/0", 1e300.into()),
        ] {
            let mut broken = stored.clone();
            *broken.pointer_mut(field).unwrap() = value;
            assert!(load(broken).check(5).is_err(), "{field}");
        }
    }

    #[test]
    fn the_mean_of_two_models_has_the_mean_of_their_scores() {
        let (records, classes) = toy(500, 1);
        let data = DatasetBase::new(records.clone(), one_hot(&classes));
        let fit = |seed| params().seed(seed).n_trees(13).fit(&data).unwrap();
        let (a, b) = (fit(1), fit(2));
        // Up to a constant a row, scores are the logarithms of probabilities.
        let scores = |model: &GradientBoosting| {
            let logs = model.predict(&records).mapv(f32::ln);
            &logs - &logs.mean_axis(Axis(1)).unwrap().insert_axis(Axis(1))
        };
        let off = scores(&GradientBoosting::mean(&[a.clone(), b.clone()]))
            - (scores(&a) + scores(&b)) / 2.0;
        assert!(off.iter().all(|off| off.abs() < 0.02), "{off}");
        assert!((scores(&a) - scores(&b)).iter().any(|off| off.abs() > 0.1));
    }

    #[test]
    fn nonsense_is_refused() {
        let (records, classes) = toy(100, 1);
        for bad in [
            params().n_trees(0),
            params().depth(9),
            params().learning_rate(f32::NAN),
            params().l2(0.0),
            params().subsample(0.0),
            params().colsample(1.1),
            params().max_bins(1),
        ] {
            assert!(bad.check().is_err());
        }
        let fit = |params: GradientBoostingParams, edit: fn(&mut Array2<f32>)| {
            let mut targets = one_hot(&classes);
            edit(&mut targets);
            params.fit(&DatasetBase::new(records.clone(), targets))
        };
        assert!(fit(params(), |_| ()).is_ok());
        assert!(fit(params().primary(Some(5)), |_| ()).is_err());
        assert!(matches!(
            fit(params(), |t| t.row_mut(7).fill(0.0)),
            Err(Error::Row { row: 7, .. })
        ));
        assert!(matches!(fit(params(), |t| t[[8, 0]] = -1.0), Err(Error::Row { row: 8, .. })));
        assert!(matches!(fit(params(), |t| *t = Array2::zeros((99, 5))), Err(Error::Shape { .. })));
    }
}
