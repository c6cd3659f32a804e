//! Quantile binning: from real values to at most 256 ordinal bins.

use ndarray::ArrayView2;
use rayon::prelude::*;

use super::error::{Error, Result};
use super::hyperparams::MAX_BINS;

/// Training columns, already binned. An implementation may hand out overlapping slices of one
/// buffer, so that "the same feature of the next row" costs no memory.
pub trait BinnedColumns: Sync {
    /// Number of rows.
    fn rows(&self) -> usize;
    /// Number of features.
    fn features(&self) -> usize;
    /// Bin of every row: `rows()` entries, each at most `edges(feature).len()`.
    fn bins(&self, feature: usize) -> &[u8];
    /// Upper edges of all bins but the last: finite, strictly ascending, at most 255.
    fn edges(&self, feature: usize) -> &[f32];
}

/// Edges that cut `values` into at most `max_bins` bins of about equal counts.
///
/// An edge lies between two neighbouring distinct values, so equal values share a bin. A value
/// more frequent than a bin's fair share gets a bin of its own, and what is left is shared out
/// anew: a feature that is mostly zero keeps its resolution elsewhere. NaN takes no part.
pub fn quantile_edges(values: &[f32], max_bins: usize) -> Vec<f32> {
    let mut sorted: Vec<f32> = values
        .iter()
        .filter(|v| !v.is_nan())
        // Infinities become the outermost finite values, for which finite edges exist.
        .map(|v| v.clamp(f32::MIN, f32::MAX))
        .collect();
    sorted.sort_unstable_by(f32::total_cmp);

    let mut edges = Vec::new();
    let (mut last, mut in_bin, mut rest) = (0.0, 0, sorted.len());
    for equal in sorted.chunk_by(|a, b| a == b) {
        let bins_left = max_bins.saturating_sub(edges.len());
        if in_bin > 0 && bins_left > 1 && (in_bin + equal.len()) * bins_left > rest {
            edges.push(midpoint(last, equal[0]));
            rest -= in_bin;
            in_bin = 0;
        }
        in_bin += equal.len();
        last = equal[0];
    }
    edges
}

/// A number `e` with `low <= e < high`, half way where `f32` has one.
fn midpoint(low: f32, high: f32) -> f32 {
    let middle = low / 2.0 + high / 2.0;
    if low < middle && middle < high { middle } else { low }
}

/// Bin of `value`: the number of `edges` (ascending) that it exceeds. NaN exceeds none: bin 0.
pub fn bin(value: f32, edges: &[f32]) -> u8 {
    edges.partition_point(|&edge| value > edge) as u8
}

/// Checks that training data are of one size and in range.
///
/// # Errors
/// If sizes disagree, a column breaks the contract of [`BinnedColumns`], or a row's targets or
/// weight are out of range.
pub(crate) fn check_data<C: BinnedColumns>(
    columns: &C,
    targets: ArrayView2<f32>,
    weights: &[f32],
) -> Result<()> {
    let rows = columns.rows();
    let equal = |what, expected, found| {
        if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
    };
    if targets.ncols() < 2 {
        return Err(Error::Data("fewer than two classes"));
    }
    equal("rows of targets", rows, targets.nrows())?;
    equal("number of weights", rows, weights.len())?;
    if u32::try_from(rows).is_err() {
        return Err(Error::Data("more rows than u32 can number"));
    }
    if columns.features() > usize::from(u16::MAX) {
        return Err(Error::Data("more features than u16 can number"));
    }
    if columns.features() == 0 {
        return Err(Error::Data("no features"));
    }
    (0..columns.features()).into_par_iter().try_for_each(|feature| {
        let (bins, edges) = (columns.bins(feature), columns.edges(feature));
        let fault = |reason| Err(Error::Column { feature, reason });
        if bins.len() != rows {
            return fault("not one bin a row");
        }
        if edges.len() >= MAX_BINS
            || bins.iter().max().is_some_and(|&b| usize::from(b) > edges.len())
        {
            return fault("more bins than edges and u8 allow");
        }
        if !edges.iter().all(|e| e.is_finite()) || !edges.is_sorted_by(|a, b| a < b) {
            return fault("edges are not finite and ascending");
        }
        Ok(())
    })?;
    for (row, (&weight, labels)) in weights.iter().zip(targets.rows()).enumerate() {
        let fault = |reason| Err(Error::Row { row, reason });
        if !(weight >= 0.0 && weight.is_finite()) {
            return fault("weight is negative or not finite");
        }
        let in_range = labels.iter().all(|&l| l >= 0.0 && l.is_finite());
        if weight > 0.0 && !(in_range && labels.iter().any(|&l| l > 0.0)) {
            return fault("targets must be finite, not negative, and not all zero");
        }
    }
    if weights.iter().all(|&weight| weight == 0.0) {
        return Err(Error::Data("no row has a positive weight"));
    }
    Ok(())
}

/// Binned copy of a matrix of records.
pub(super) struct BinnedMatrix {
    rows: usize,
    columns: Vec<(Vec<u8>, Vec<f32>)>,
}

impl BinnedMatrix {
    /// Bins `records` (rows × features) with edges taken from the rows of non-zero weight.
    pub(super) fn new(records: ArrayView2<f32>, weights: &[f32], max_bins: usize) -> Self {
        let columns = (0..records.ncols())
            .into_par_iter()
            .map(|feature| {
                let column = records.column(feature);
                let weighted: Vec<f32> = column
                    .iter()
                    .zip(weights)
                    .filter(|&(_, &weight)| weight > 0.0)
                    .map(|(&value, _)| value)
                    .collect();
                let edges = quantile_edges(&weighted, max_bins);
                (column.iter().map(|&value| bin(value, &edges)).collect(), edges)
            })
            .collect();
        Self { rows: records.nrows(), columns }
    }
}

impl BinnedColumns for BinnedMatrix {
    fn rows(&self) -> usize {
        self.rows
    }

    fn features(&self) -> usize {
        self.columns.len()
    }

    fn bins(&self, feature: usize) -> &[u8] {
        &self.columns[feature].0
    }

    fn edges(&self, feature: usize) -> &[f32] {
        &self.columns[feature].1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_distinct_value_gets_a_bin_while_bins_last() {
        let edges = quantile_edges(&[2.0, f32::NAN, 0.0, 1.0, 0.0, f32::INFINITY], 4);
        assert_eq!(edges[..2], [0.5, 1.5]);
        let bins =
            [f32::NEG_INFINITY, f32::NAN, 0.0, 1.0, 2.0, f32::INFINITY].map(|v| bin(v, &edges));
        assert_eq!(bins, [0, 0, 0, 1, 2, 3]);
    }

    #[test]
    fn a_frequent_value_does_not_eat_the_bins_of_the_others() {
        let values: Vec<f32> =
            (0..10_000).map(|i| if i % 10 == 0 { i as f32 } else { 0.0 }).collect();
        let edges = quantile_edges(&values, 16);
        assert_eq!(edges.len(), 15);
        let in_bin = |b| values.iter().filter(|&&v| v > 0.0 && bin(v, &edges) == b).count();
        assert!((1..16).all(|b| (50..100).contains(&in_bin(b))));
    }

    #[test]
    fn neighbouring_floats_are_told_apart() {
        let (low, high) = (1.0f32, 1.0f32.next_up());
        let edges = quantile_edges(&[low, high], 2);
        assert_eq!([bin(low, &edges), bin(high, &edges)], [0, 1]);
    }
}
