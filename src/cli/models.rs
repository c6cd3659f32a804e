//! Models from files, and those that are built in.

use std::hash::Hasher;
use std::path::Path;

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
    let extractor = choose(model);
    Ok(vec![
        ("dehusk.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned()),
        ("dehusk.html_model".to_owned(), version(extractor.html)?),
        ("dehusk.text_model".to_owned(), version(extractor.text)?),
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
    let extractor = choose(model);
    for model in [extractor.html, extractor.text] {
        let Header { dehusk, schema, pages, blocks, figures, .. } = &model.header;
        info!("{schema} model of dehusk {dehusk}: {pages} pages, {blocks} blocks, {figures:?}");
    }
    extractor
}

fn choose(model: Option<&Model>) -> Extractor<'_> {
    match model {
        None => Extractor::default(),
        Some(html) if html.header.schema == HTML.name => Extractor { html, text: &TEXT_MODEL },
        Some(text) => Extractor { html: &HTML_MODEL, text },
    }
}
