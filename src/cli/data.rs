//! Labelled pages and training tables, as the command line names them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dehusk::evaluation::teaches;
use dehusk::features::{HTML, Schema, TEXT};
use dehusk::labelled::{self, LabelledPage, PageError};
use dehusk::source::open_file;
use dehusk::training::table::Table;
use tracing::warn;

use super::Failure;

/// Reads labelled directories; pages that cannot be read are told of and counted.
pub fn read_pages(directories: &[PathBuf]) -> anyhow::Result<(Vec<LabelledPage>, u64)> {
    refuse_same_names(directories)?;
    let labelled = labelled::read_dirs(directories).map_err(anyhow::Error::msg)?;
    let failed = tell(labelled.errors);
    if labelled.pages.is_empty() {
        bail!("none of the labelled pages can be read");
    }
    Ok((labelled.pages, failed))
}

/// Tells of pages that failed, and counts them.
pub fn tell(errors: Vec<PageError>) -> u64 {
    let count = errors.len() as u64;
    for error in errors {
        warn!("{}", Failure::from(error));
    }
    count
}

/// A page's id, and its corpus in reports, begin with the name of its directory.
fn refuse_same_names(directories: &[PathBuf]) -> anyhow::Result<()> {
    let mut names = HashMap::new();
    for directory in directories {
        let Some(path) = fs::canonicalize(directory).ok() else { continue };
        if let Some(other) = names.insert(path.file_name().map(ToOwned::to_owned), directory) {
            let (one, two) = (other.display(), directory.display());
            bail!(
                "{one} and {two} have the same name, so their pages would have the same ids: rename one"
            );
        }
    }
    Ok(())
}

/// The schemas that pages can teach, the one that is asked for by default first.
pub fn schemas_of(pages: &[LabelledPage]) -> Vec<&'static Schema> {
    let taught = |schema: &&Schema| pages.iter().any(|page| teaches(page, schema));
    [&*HTML, &*TEXT].into_iter().filter(taught).collect()
}

/// The table files among the inputs: files, and those in directories that hold some. None if
/// the inputs are labelled directories.
pub fn table_files(inputs: &[PathBuf]) -> anyhow::Result<Option<Vec<PathBuf>>> {
    let mut files = Vec::new();
    let mut labelled = None;
    for input in inputs {
        let found = if input.is_dir() { tables_in(input)? } else { vec![input.clone()] };
        if found.is_empty() {
            labelled = Some(input);
        }
        files.extend(found);
    }
    match (files.first(), labelled) {
        (None, _) => Ok(None),
        (Some(_), None) => Ok(Some(files)),
        (Some(table), Some(directory)) => bail!(
            "{} is a table and {} is not: train on tables or on labelled directories, not on both",
            table.display(),
            directory.display()
        ),
    }
}

fn tables_in(directory: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", directory.display());
    let mut tables = Vec::new();
    for entry in fs::read_dir(directory).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.extension().is_some_and(|extension| extension == "table") {
            tables.push(path);
        }
    }
    tables.sort();
    Ok(tables)
}

/// Reads a training table.
pub fn read_table(path: &Path) -> anyhow::Result<(Table, &'static Schema)> {
    let cannot = || format!("cannot use the table {}", path.display());
    Table::read(open_file(path).with_context(cannot)?).with_context(cannot)
}
