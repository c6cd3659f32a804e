//! dehusk: boilerplate detection for web corpora. Crawled pages in, clean text out.
//!
//! A page goes through the modules in this order: [`source`] (where it comes from), [`encoding`],
//! [`dom`] (its element tree), [`segment`] (its blocks), [`features`] (the blocks as figures),
//! [`lexical`] (what their words and names say), [`model`] (what each block is), [`page_type`],
//! [`sites`] (what the other pages of its host say of that), [`select`] (which are kept),
//! [`confidence`] (how sure that is), [`embedded`] (what a script holds where no block is content),
//! [`assemble`] (the text), [`metadata`], [`record`] (what is written), [`sink`]. [`extract`] runs one
//! page through all of it, [`pipeline`] many pages in parallel, [`batch`] those of an Arrow record
//! batch.
//!
//! Models come from labelled pages ([`labelled`], [`training`], fitted by [`boost`]) and are
//! measured by [`evaluation`] with the [`measures`] of the field.
#![warn(missing_docs)]

mod ascii;
pub mod assemble;
pub mod batch;
pub mod boost;
pub mod confidence;
pub mod container;
pub mod dom;
mod draws;
pub mod embedded;
pub mod encoding;
pub mod evaluation;
pub mod extra;
pub mod extract;
pub mod features;
pub mod label;
pub mod labelled;
pub mod lexical;
pub mod measures;
pub mod metadata;
pub mod model;
pub mod page_type;
pub mod pipeline;
pub mod record;
pub mod rules;
pub mod segment;
pub mod select;
pub mod sink;
pub mod sites;
pub mod source;
pub mod training;
