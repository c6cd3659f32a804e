//! What can be wrong with parameters, training data or a model file.

use thiserror::Error;

/// Result of fitting, checking or predicting.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a model could not be fitted, accepted or applied.
#[derive(Debug, Error)]
pub enum Error {
    /// An error of linfa's own data handling.
    #[error(transparent)]
    Linfa(#[from] linfa::Error),
    /// A hyper-parameter lies outside its range.
    #[error("{name} must be {expected}, not {value}")]
    Parameter {
        /// Name of the builder method.
        name: &'static str,
        /// The range it must lie in.
        expected: &'static str,
        /// What it was set to.
        value: f64,
    },
    /// Two inputs that describe the same thing disagree in size.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// Which size.
        what: &'static str,
        /// What the other input says.
        expected: usize,
        /// What was passed.
        found: usize,
    },
    /// A row of the training data cannot be learned from.
    #[error("row {row}: {reason}")]
    Row {
        /// Index of the first such row.
        row: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The training data as a whole cannot be learned from.
    #[error("training data: {0}")]
    Data(&'static str),
    /// A column breaks the contract of [`BinnedColumns`](super::BinnedColumns) or
    /// [`Columns`](super::Columns).
    #[error("feature {feature}: {reason}")]
    Column {
        /// Index of the first such feature.
        feature: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A deserialised model is not one that fitting could have made.
    #[error("broken model: {0}")]
    Model(&'static str),
}
