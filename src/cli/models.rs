//! Models from files, and those that are built in.

use std::hash::Hasher;
use std::panic::resume_unwind;
use std::path::Path;
use std::thread;

use anyhow::Context;
use dehusk::extract::{Extractor, HTML_MODEL, TEXT_MODEL};
use dehusk::features::HTML;
use dehusk::model::{Header, Model};
use dehusk::source::open_file;
use fnv::FnvHasher;
use tracing::info;

/// Reads a model file.
pub fn read(path: &Path) -> anyhow::Result<Model> {
    let cannot = || format!("cannot use the model {}", path.display());
    Model::read(open_file(path).with_context(cannot)?).with_context(cannot)
}

/// The versions of dehusk and of the models that are used with this one, by name.
pub fn versions(model: Option<&Model>) -> anyhow::Result<Vec<(String, String)>> {
    // Most of what a start takes is to unpack the two models and to tell them.
    let (html, text) = thread::scope(|threads| {
        let other = threads.spawn(|| version(text(model)));
        (version(html(model)), other.join().unwrap_or_else(|panic| resume_unwind(panic)))
    });
    Ok(vec![
        ("dehusk.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("dehusk.html_model".to_owned(), html?),
        ("dehusk.text_model".to_owned(), text?),
    ])
}

/// Which model this is: its papers, and a hash of what it is made of.
fn version(model: &Model) -> anyhow::Result<String> {
    let mut hash = FnvHasher::default();
    hash.write(&postcard::to_stdvec(&model.classifier)?);
    let mut papers = serde_json::to_value(&model.header)?;
    papers["fnv"] = format!("{:016x}", hash.finish()).into();
    Ok(papers.to_string())
}

/// An extractor with this model in place of the built-in one of its schema.
pub fn extractor(model: Option<&Model>) -> Extractor<'_> {
    let extractor = Extractor { html: html(model), text: text(model) };
    for model in [extractor.html, extractor.text] {
        let Header { dehusk, schema, pages, blocks, figures, .. } = &model.header;
        info!("{schema} model of dehusk {dehusk}: {pages} pages, {blocks} blocks, {figures:?}");
    }
    extractor
}

fn html(model: Option<&Model>) -> &Model {
    model.filter(|model| model.header.schema == HTML.name).unwrap_or_else(|| &HTML_MODEL)
}

fn text(model: Option<&Model>) -> &Model {
    model.filter(|model| model.header.schema != HTML.name).unwrap_or_else(|| &TEXT_MODEL)
}
