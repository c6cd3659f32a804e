//! Boilerplate detection for web corpora.
pub mod dom;
pub mod segment;
