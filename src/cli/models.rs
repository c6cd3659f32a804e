//! Models from files, and those that are built in.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context;
use dehusk::extract::{Extractor, HTML_MODEL, TEXT_MODEL};
use dehusk::features::HTML;
use dehusk::model::{Header, Model};
use tracing::info;

/// Reads a model file.
pub fn read(path: &Path) -> anyhow::Result<Model> {
    let cannot = || format!("cannot use the model {}", path.display());
    let file = File::open(path).with_context(cannot)?;
    Model::read(BufReader::new(file)).with_context(cannot)
}

/// An extractor with this model in place of the built-in one of its schema.
pub fn extractor(model: Option<&Model>) -> Extractor<'_> {
    let extractor = match model {
        None => Extractor::default(),
        Some(html) if html.header.schema == HTML.name => Extractor { html, text: &TEXT_MODEL },
        Some(text) => Extractor { html: &HTML_MODEL, text },
    };
    for model in [extractor.html, extractor.text] {
        let Header { dehusk, schema, pages, blocks, figures, .. } = &model.header;
        info!("{schema} model of dehusk {dehusk}: {pages} pages, {blocks} blocks, {figures:?}");
    }
    extractor
}
