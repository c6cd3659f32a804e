//! Boilerplate detection for web corpora.
pub mod dom;
pub mod features;
pub mod segment;
