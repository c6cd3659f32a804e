//! Hyper-parameters: the builder and its checked form.

use linfa::ParamGuard;

use super::error::{Error, Result};

/// Deepest tree: a leaf's index must fit `u8`.
pub(super) const MAX_DEPTH: usize = 8;
/// Most bins a feature: a bin's index must fit `u8`.
pub(super) const MAX_BINS: usize = 256;

/// Unchecked hyper-parameters of [`GradientBoosting`](super::GradientBoosting): a builder.
///
/// Its [`ParamGuard`] checks the ranges below; `fit` on this type checks first.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientBoostingParams(GradientBoostingValidParams);

/// Hyper-parameters that passed the check.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientBoostingValidParams {
    pub(super) n_trees: usize,
    pub(super) depth: usize,
    pub(super) learning_rate: f32,
    pub(super) l2: f32,
    pub(super) subsample: f32,
    pub(super) colsample: f32,
    pub(super) max_bins: usize,
    pub(super) primary: Option<usize>,
    pub(super) seed: u64,
}

impl GradientBoostingParams {
    /// Parameters at their defaults, as listed at each method.
    pub fn new() -> Self {
        Self(GradientBoostingValidParams {
            n_trees: 300,
            depth: 6,
            learning_rate: 0.1,
            l2: 1.0,
            subsample: 0.5,
            colsample: 0.3,
            max_bins: 64,
            primary: None,
            seed: 0,
        })
    }

    /// Number of trees, at least 1; default 300.
    pub fn n_trees(mut self, n_trees: usize) -> Self {
        self.0.n_trees = n_trees;
        self
    }

    /// Levels of a tree, 1 to 8; default 6, that is 64 leaves.
    pub fn depth(mut self, depth: usize) -> Self {
        self.0.depth = depth;
        self
    }

    /// Factor on every leaf's step (shrinkage), in (0, 1]; default 0.1.
    pub fn learning_rate(mut self, learning_rate: f32) -> Self {
        self.0.learning_rate = learning_rate;
        self
    }

    /// Ridge penalty λ on leaf values, above 0 and in units of row weight; default 1.
    ///
    /// Zero is refused: λ is what keeps the gain of nearly empty leaves finite.
    pub fn l2(mut self, l2: f32) -> Self {
        self.0.l2 = l2;
        self
    }

    /// Share of the rows that each tree is grown on, in (0, 1]; default 0.5.
    pub fn subsample(mut self, subsample: f32) -> Self {
        self.0.subsample = subsample;
        self
    }

    /// Share of the features that each tree may split on, in (0, 1]; default 0.3.
    pub fn colsample(mut self, colsample: f32) -> Self {
        self.0.colsample = colsample;
        self
    }

    /// Most bins a feature when records are binned by `fit`, 2 to 256; default 64.
    ///
    /// [`fit_binned`](GradientBoostingValidParams::fit_binned) takes columns that are already
    /// binned and does not use it.
    pub fn max_bins(mut self, max_bins: usize) -> Self {
        self.0.max_bins = max_bins;
        self
    }

    /// Class whose gradient the split search sees exactly instead of through random projections;
    /// default none.
    pub fn primary(mut self, class: Option<usize>) -> Self {
        self.0.primary = class;
        self
    }

    /// Seed of the row and feature samples and of the sketches; default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.0.seed = seed;
        self
    }
}

impl Default for GradientBoostingParams {
    fn default() -> Self {
        Self::new()
    }
}

impl ParamGuard for GradientBoostingParams {
    type Checked = GradientBoostingValidParams;
    type Error = Error;

    fn check_ref(&self) -> Result<&Self::Checked> {
        let p = &self.0;
        let share = |x: f32| x > 0.0 && x <= 1.0;
        for (name, valid, expected, value) in [
            ("n_trees", p.n_trees >= 1, "at least 1", p.n_trees as f64),
            ("depth", (1..=MAX_DEPTH).contains(&p.depth), "1 to 8", p.depth as f64),
            ("learning_rate", share(p.learning_rate), "in (0, 1]", p.learning_rate.into()),
            ("l2", p.l2 > 0.0 && p.l2.is_finite(), "positive and finite", p.l2.into()),
            ("subsample", share(p.subsample), "in (0, 1]", p.subsample.into()),
            ("colsample", share(p.colsample), "in (0, 1]", p.colsample.into()),
            ("max_bins", (2..=MAX_BINS).contains(&p.max_bins), "2 to 256", p.max_bins as f64),
        ] {
            if !valid {
                return Err(Error::Parameter { name, expected, value });
            }
        }
        Ok(p)
    }

    fn check(self) -> Result<Self::Checked> {
        self.check_ref()?;
        Ok(self.0)
    }
}
