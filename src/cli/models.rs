//! Models from files, and those that are built in.

use std::path::Path;

use anyhow::Context;
use dehusk::extract::{Extractor, HTML_MODEL_FILE, TEXT_MODEL_FILE};
use dehusk::features::{HTML, TEXT};
use dehusk::model::{Header, Model};
use dehusk::source::open_file;
use tracing::info;

/// Reads a model file.
pub fn read(path: &Path) -> anyhow::Result<Model> {
    let cannot = || format!("cannot use the model {}", path.display());
    Model::read(open_file(path).with_context(cannot)?).with_context(cannot)
}

/// The versions of dehusk and of the models that are used, by name: those that are built in but for
/// the one of the schema that the file's is of.
pub fn versions(file: Option<&Path>) -> anyhow::Result<Vec<(String, String)>> {
    let given = match file {
        Some(path) => Some(Model::tell(open_file(path)?)?),
        None => None,
    };
    let mut versions = vec![("dehusk.version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())];
    for (name, built_in) in [(HTML.name, HTML_MODEL_FILE), (TEXT.name, TEXT_MODEL_FILE)] {
        let (header, hash) = match &given {
            Some(given) if given.0.schema == name => given.clone(),
            _ => Model::tell(built_in)?,
        };
        let mut papers = serde_json::to_value(&header)?;
        papers["hash"] = format!("{hash:016x}").into();
        versions.push((format!("dehusk.{name}_model"), papers.to_string()));
    }
    Ok(versions)
}

/// An extractor with this model in place of the built-in one of its schema.
pub fn extractor(model: Option<&Model>) -> Extractor<'_> {
    let Some(model) = model else { return Extractor::default() };
    let Header { dehusk, schema, pages, blocks, figures, .. } = &model.header;
    info!("{schema} model of dehusk {dehusk}: {pages} pages, {blocks} blocks, {figures:?}");
    Extractor::with(model)
}
