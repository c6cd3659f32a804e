//! Labelled pages: what a user brings to train and evaluate on, read from the three layouts below.
//!
//! | layout | page | truth |
//! | --- | --- | --- |
//! | gold text (WCXB's) | `DIR/html/ID.html` | `DIR/ground-truth/ID.json` |
//! | labelled blocks | `DIR/html/ID.html` | `DIR/labels/ID.json` |
//! | labelled plain text | `DIR/ID.txt` | `DIR/ID.labels.json` |
//!
//! A directory may hold several. Any page may be gzipped (`ID.html.gz`, `ID.txt.gz`). A page
//! without a truth file is left out; a truth file without a page, or that cannot be read, is an
//! error of that page and the others are still read.
//!
//! Pages are grouped by site for cross-validation: by the registered domain of `url`; without a
//! `url`, by the address the page gives for itself and by the publisher that the truth file's
//! `source` names. Copies of a page, by content, are in its group too.
//!
//! This module does not cut pages into blocks: [`align`] carries a truth over to blocks cut by
//! someone else.

pub mod align;
mod domains;

use std::collections::HashMap;
use std::fs;
use std::hash::Hasher;
use std::io;
use std::path::{Path, PathBuf};

use fnv::FnvHasher;
use rayon::prelude::*;
use serde::Deserialize;

use crate::label::Label;
use crate::source::{self, Limits};
pub use domains::{registered_domain, site_of};

/// A page and what is known to be true of it.
#[derive(Clone, Debug)]
pub struct LabelledPage {
    /// Directory name and file stem: `wcxb-dev/0001`.
    pub id: String,
    /// Address, where the truth file gives one.
    pub url: Option<String>,
    /// The site the page is from. Pages of one site share it across everything read together, and
    /// cross-validation must not split it.
    pub group: String,
    /// The truth file's page type, as `article` or `forum`.
    pub page_type: Option<String>,
    /// The page's file.
    pub path: PathBuf,
    /// What the file holds.
    pub kind: PageKind,
    /// What is true of the page.
    pub truth: Truth,
    /// The id of the page that stands for this one: a page with the same bytes that has labelled
    /// blocks, or comes first. Training that skips pages with `duplicate_of` counts no page twice.
    pub duplicate_of: Option<String>,
}

impl LabelledPage {
    /// The page's bytes, decompressed.
    ///
    /// # Errors
    /// If the file cannot be read or decompressed, or is larger than [`Limits`] allow by default.
    pub fn read(&self) -> io::Result<Vec<u8>> {
        read_page(&self.path)
    }
}

/// What a page's file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// HTML in any encoding.
    Html,
    /// Extracted text, one block a line.
    Text,
}

/// What is true of a page.
#[derive(Clone, Debug)]
pub enum Truth {
    /// The text an extractor should return.
    Gold(Gold),
    /// Every block with its label, in document order. The cuts are the annotators'.
    Blocks(Vec<(String, Label)>),
}

/// The gold standard of a page, as in WCXB. What the file does not say is `None` or empty.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Gold {
    /// The main content as plain text. Empty text is an answer: the page has no content.
    pub main_content: Option<String>,
    /// The headline.
    pub title: Option<String>,
    /// The author, or authors in one string.
    pub author: Option<String>,
    /// When it was published, ISO 8601.
    pub publish_date: Option<String>,
    /// Snippets that belong to the main content.
    #[serde(default)]
    pub with: Vec<String>,
    /// Snippets that do not.
    #[serde(default)]
    pub without: Vec<String>,
}

/// A directory that holds no labelled pages at all.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // The messages say it.
pub enum LabelledError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "no labelled pages in {0}: expected html/ with ground-truth/ or labels/, or ID.txt with ID.labels.json"
    )]
    NoLayout(PathBuf),
}

/// A page that could not be read, and why.
#[derive(Debug, thiserror::Error)]
#[error("{id}: {reason}")]
pub struct PageError {
    /// The page.
    pub id: String,
    /// Why.
    pub reason: PageErrorReason,
}

/// Why a page could not be read.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs)] // The messages say it.
pub enum PageErrorReason {
    #[error("no page {0}[.gz]")]
    NoPage(PathBuf),
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("{path} is not a truth file: {source}")]
    Truth { path: PathBuf, source: serde_json::Error },
}

/// What [`read_dirs`] found.
#[derive(Debug, Default)]
pub struct Labelled {
    /// In the order of the directories given, then by id.
    pub pages: Vec<LabelledPage>,
    /// Pages that could not be read.
    pub errors: Vec<PageError>,
}

/// Reads every labelled page of the directories, in parallel, and groups them by site.
///
/// # Errors
/// If a directory cannot be listed or holds none of the layouts. Errors of single pages are
/// returned with the pages.
pub fn read_dirs<P: AsRef<Path>>(dirs: &[P]) -> Result<Labelled, LabelledError> {
    let mut sources = Vec::new();
    for dir in dirs {
        sources.extend(list_dir(dir.as_ref())?);
    }
    let read: Vec<_> = sources.par_iter().map(read_one).collect();

    let mut labelled = Labelled::default();
    let mut keys = Vec::new();
    for result in read {
        match result {
            Ok((page, page_keys)) => {
                labelled.pages.push(page);
                keys.push(page_keys);
            }
            Err(error) => labelled.errors.push(error),
        }
    }
    for (page, group) in labelled.pages.iter_mut().zip(domains::group(&keys)) {
        page.group = group;
    }
    mark_duplicates(&mut labelled.pages, &keys);
    Ok(labelled)
}

fn mark_duplicates(pages: &mut [LabelledPage], keys: &[domains::Keys]) {
    let mut preferred: HashMap<u64, usize> = HashMap::new();
    for (i, keys) in keys.iter().enumerate() {
        let best = preferred.entry(keys.content).or_insert(i);
        let has_blocks = |i: usize| matches!(pages[i].truth, Truth::Blocks(_));
        if has_blocks(i) && !has_blocks(*best) {
            *best = i;
        }
    }
    for (i, keys) in keys.iter().enumerate() {
        let best = preferred[&keys.content];
        pages[i].duplicate_of = (best != i).then(|| pages[best].id.clone());
    }
}

/// A truth file and the page it is about, not yet read.
struct Source {
    id: String,
    layout: Layout,
    truth: PathBuf,
    /// The page's path, without `.gz`.
    page: PathBuf,
}

#[derive(Clone, Copy)]
enum Layout {
    Gold,
    Blocks,
    TextBlocks,
}

/// Every truth file of one directory, by id.
fn list_dir(dir: &Path) -> Result<Vec<Source>, LabelledError> {
    let canonical = dir
        .canonicalize()
        .map_err(|source| LabelledError::Read { path: dir.to_owned(), source })?;
    let dir_name = canonical.file_name().unwrap_or_default().to_string_lossy();
    let html = dir.join("html");
    let mut sources = Vec::new();
    for (layout, folder, suffix) in [
        (Layout::Gold, dir.join("ground-truth"), ".json"),
        (Layout::Blocks, dir.join("labels"), ".json"),
        (Layout::TextBlocks, dir.to_owned(), ".labels.json"),
    ] {
        if !folder.is_dir() || !(html.is_dir() || matches!(layout, Layout::TextBlocks)) {
            continue;
        }
        let read_error = |source| LabelledError::Read { path: folder.clone(), source };
        for entry in fs::read_dir(&folder).map_err(read_error)? {
            let truth = entry.map_err(read_error)?.path();
            let name = truth.file_name().unwrap_or_default().to_string_lossy();
            let Some(stem) = name.strip_suffix(suffix) else {
                continue;
            };
            let page = match layout {
                Layout::Gold | Layout::Blocks => html.join(format!("{stem}.html")),
                Layout::TextBlocks => dir.join(format!("{stem}.txt")),
            };
            sources.push(Source { id: format!("{dir_name}/{stem}"), layout, page, truth });
        }
    }
    if sources.is_empty() {
        return Err(LabelledError::NoLayout(dir.to_owned()));
    }
    sources.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(sources)
}

fn read_one(source: &Source) -> Result<(LabelledPage, domains::Keys), PageError> {
    let error = |reason| PageError { id: source.id.clone(), reason };
    let path = find_page(&source.page)
        .ok_or_else(|| error(PageErrorReason::NoPage(source.page.clone())))?;
    let read_error = |path: &Path| {
        let path = path.to_owned();
        move |source| error(PageErrorReason::Read { path, source })
    };
    let bytes = read_page(&path).map_err(read_error(&path))?;
    let truth_bytes = fs::read(&source.truth).map_err(read_error(&source.truth))?;
    let (truth, about) = parse_truth(source.layout, &truth_bytes)
        .map_err(|e| error(PageErrorReason::Truth { path: source.truth.clone(), source: e }))?;

    let mut hasher = FnvHasher::default();
    hasher.write(&bytes);
    let url = about.url.filter(|url| !url.trim().is_empty());
    let kind = match source.layout {
        Layout::Gold | Layout::Blocks => PageKind::Html,
        Layout::TextBlocks => PageKind::Text,
    };
    // A page with an address needs no publisher: its source may name where the label came from
    // instead.
    let keys = domains::Keys {
        domain: match &url {
            Some(url) => registered_domain(url),
            None => domains::own_domain(&bytes),
        },
        publisher: about
            .source
            .filter(|_| url.is_none())
            .and_then(|name| domains::publisher(&name)),
        content: hasher.finish(),
    };
    let page = LabelledPage {
        id: source.id.clone(),
        url,
        group: String::new(),
        page_type: about.page_type,
        path,
        kind,
        truth,
        duplicate_of: None,
    };
    Ok((page, keys))
}

/// The page's path or the path with `.gz`, whichever exists.
fn find_page(plain: &Path) -> Option<PathBuf> {
    let mut gzipped = plain.as_os_str().to_owned();
    gzipped.push(".gz");
    [plain.to_owned(), gzipped.into()].into_iter().find(|path| path.is_file())
}

fn read_page(path: &Path) -> io::Result<Vec<u8>> {
    Ok(source::read_file(path, &Limits::default())?)
}

/// What a truth file says about the page besides its truth.
struct About {
    url: Option<String>,
    source: Option<String>,
    page_type: Option<String>,
}

fn parse_truth(layout: Layout, bytes: &[u8]) -> Result<(Truth, About), serde_json::Error> {
    Ok(match layout {
        Layout::Gold => {
            let file: GoldFile = serde_json::from_slice(bytes)?;
            let page_type = file.internal.and_then(|internal| internal.page_type?.primary);
            (
                Truth::Gold(file.ground_truth),
                About { url: file.url, source: file.source, page_type },
            )
        }
        Layout::Blocks | Layout::TextBlocks => {
            let file: BlocksFile = serde_json::from_slice(bytes)?;
            let blocks = file.blocks.into_iter().map(|block| (block.text, block.label)).collect();
            (
                Truth::Blocks(blocks),
                About { url: file.url, source: file.source, page_type: file.page_type },
            )
        }
    })
}

/// `ground-truth/ID.json`.
#[derive(Deserialize)]
struct GoldFile {
    url: Option<String>,
    source: Option<String>,
    ground_truth: Gold,
    #[serde(rename = "_internal")]
    internal: Option<Internal>,
}

#[derive(Deserialize)]
struct Internal {
    page_type: Option<PageType>,
}

#[derive(Deserialize)]
struct PageType {
    primary: Option<String>,
}

/// `labels/ID.json` and `ID.labels.json`.
#[derive(Deserialize)]
struct BlocksFile {
    url: Option<String>,
    source: Option<String>,
    page_type: Option<String>,
    blocks: Vec<LabelledBlock>,
}

#[derive(Deserialize)]
struct LabelledBlock {
    text: String,
    label: Label,
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    fn write(path: PathBuf, content: &str) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut encoder = GzEncoder::new(File::create(path).unwrap(), Compression::default());
            encoder.write_all(content.as_bytes()).unwrap();
            encoder.finish().unwrap();
        } else {
            fs::write(path, content).unwrap();
        }
    }

    #[test]
    fn the_three_layouts_are_read_and_a_bad_page_does_not_stop_the_others() {
        let temp = tempfile::tempdir().unwrap();
        let dir = |name: &str| temp.path().join(name);
        write(dir("gold/html/1.html.gz"), "<p>one</p>");
        let truth = r#"{"url": "https://www.example.org/1", "_internal": {"page_type": {"primary": "article"}},
            "ground_truth": {"main_content": "one", "author": null, "with": ["one"], "verified": true}}"#;
        write(dir("gold/ground-truth/1.json"), truth);
        write(dir("gold/ground-truth/2.json"), truth);
        write(dir("blocks/html/a.html"), "<p>one</p>");
        let labels = r#"{"url": null, "page_type": "article", "blocks": [{"text": "one", "label": "body"}]}"#;
        write(dir("blocks/labels/a.json"), labels);
        write(dir("text/t.txt"), "one\ntwo");
        write(dir("text/t.labels.json"), labels);
        write(dir("text/u.txt"), "one\ntwo");
        write(dir("text/u.labels.json"), &labels.replace("body", "headline"));

        let Labelled { pages, errors } =
            read_dirs(&[dir("gold"), dir("blocks"), dir("text")]).unwrap();
        let found: Vec<_> =
            pages.iter().map(|page| (page.id.as_str(), page.kind, page.group.as_str())).collect();
        assert_eq!(
            found[..2],
            [
                ("gold/1", PageKind::Html, "example.org"),
                ("blocks/a", PageKind::Html, "example.org")
            ]
        );
        assert_eq!((found.len(), found[2].0, found[2].1), (3, "text/t", PageKind::Text));
        assert_eq!(pages[0].duplicate_of.as_deref(), Some("blocks/a"));
        assert_eq!(pages[1].duplicate_of, None);
        assert_eq!(pages[0].read().unwrap(), b"<p>one</p>");
        assert_eq!(pages[0].page_type.as_deref(), Some("article"));

        let errors: Vec<_> = errors.iter().map(PageError::to_string).collect();
        assert!(errors[0].starts_with("gold/2: no page "), "{}", errors[0]);
        assert!(
            errors[1].starts_with("text/u: ") && errors[1].contains("headline"),
            "{}",
            errors[1]
        );
    }

    #[test]
    fn a_directory_without_labelled_pages_says_what_was_expected() {
        let temp = tempfile::tempdir().unwrap();
        let error = read_dirs(&[temp.path()]).unwrap_err().to_string();
        assert!(error.contains("expected html/ with ground-truth/"), "{error}");
    }
}
