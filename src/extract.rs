//! One page, end to end: from its text to its [`Record`]. This is the library's main call.
//!
//! ```
//! use dehusk::extract::{Extractor, Options};
//! use dehusk::source::Kind;
//!
//! let page = "<title>Tides</title><body><nav><a href=/>Home</a></nav>
//!     <article><h1>Tides</h1><p>The tide comes in twice a day, and it leaves twice a day.</p>
//!     <p>Between the two, for an hour, the harbour stands still and the boats turn.</p></article>";
//! let record =
//!     Extractor::default().extract("tides", None, Kind::Html, page, &Options::default()).unwrap();
//! assert!(record.text.contains("leaves twice a day"));
//! assert!(!record.text.contains("Home"));
//! ```

use std::sync::{Arc, LazyLock};

use crate::assemble;
use crate::confidence;
use crate::dom::html5::{self, Selection};
use crate::dom::{self, Document, Limits};
use crate::embedded;
use crate::features::{HTML, Outline, Schema, TEXT, Texts};
use crate::label::{Label, LabelSet, Profile};
use crate::lexical::{self, Tokens};
use crate::metadata::{Metadata, metadata};
use crate::model::{Model, Scores};
use crate::page_type::{self, PageType, Probabilities};
use crate::record::{BlockRecord, Record, Row};
use crate::rules::Rules;
use crate::segment::Blocks;
use crate::select::{self, Choice};
use crate::sites::store::Sites;
use crate::sites::{self, Others, Print};
use crate::source::{Kind, Loaded, PageError, Reason};

/// The files of the models that are built into the program.
pub const HTML_MODEL_FILE: &[u8] = include_bytes!("../models/html.model");
/// See [`HTML_MODEL_FILE`].
pub const TEXT_MODEL_FILE: &[u8] = include_bytes!("../models/text.model");

/// The models that are built into the program, each read when it is first wanted.
pub static HTML_MODEL: LazyLock<Model> = LazyLock::new(|| built_in(HTML_MODEL_FILE));
/// See [`HTML_MODEL`].
pub static TEXT_MODEL: LazyLock<Model> = LazyLock::new(|| built_in(TEXT_MODEL_FILE));

fn built_in(file: &[u8]) -> Model {
    Model::read(file).expect("the tests read the models that are built in")
}

/// What the text of a record looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Markup {
    /// Plain text: paragraphs separated by blank lines.
    #[default]
    Text,
    /// CommonMark with tables.
    Markdown,
}

/// What a record is to hold.
#[derive(Clone, Debug)]
pub struct Options {
    /// The labels of the blocks that make its text.
    pub keep: LabelSet,
    /// The form of its text.
    pub markup: Markup,
    /// Whether it lists every block.
    pub blocks: bool,
    /// The parts of a page of HTML that count.
    pub selection: Selection,
    /// What else is chosen of the pages of single sites.
    pub rules: Rules,
    /// How much a page may use.
    pub limits: Limits,
    /// What is known of the sites that pages are from.
    pub sites: Option<Arc<Sites>>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            keep: Profile::default().keep(),
            markup: Markup::default(),
            blocks: false,
            selection: Selection::default(),
            rules: Rules::default(),
            limits: Limits::default(),
            sites: None,
        }
    }
}

impl Options {
    /// The other pages of a page's host, as far as they are known.
    fn others(
        &self,
        url: Option<&str>,
        document: Option<&Document>,
        blocks: &Blocks,
    ) -> Result<Option<Others>, Reason> {
        let Some(sites) = &self.sites else { return Ok(None) };
        let Some((host, print)) = Print::of_page(url, document, blocks) else { return Ok(None) };
        Ok(sites.others(&host, &print)?)
    }
}

/// Turns pages into records.
#[derive(Clone, Copy, Default)]
pub struct Extractor<'a> {
    /// The model for pages with a DOM; the one that is built in where there is none.
    pub html: Option<&'a Model>,
    /// The same for plain text.
    pub text: Option<&'a Model>,
}

impl<'a> Extractor<'a> {
    /// With this model in place of the built-in one of its schema.
    pub fn with(model: &'a Model) -> Extractor<'a> {
        match model.header.schema == HTML.name {
            true => Extractor { html: Some(model), text: None },
            false => Extractor { html: None, text: Some(model) },
        }
    }

    /// The model for pages of a schema.
    pub fn model(&self, schema: &Schema) -> &'a Model {
        match schema.name == HTML.name {
            true => self.html.unwrap_or_else(|| &HTML_MODEL),
            false => self.text.unwrap_or_else(|| &TEXT_MODEL),
        }
    }

    /// Extracts one page, and keeps what it brought along.
    ///
    /// # Errors
    /// As for [`extract`](Extractor::extract).
    pub fn extract_row(&self, page: Loaded, options: &Options) -> Result<Row, PageError> {
        let Loaded { id, url, kind, text, extra } = page;
        match self.extract(&id, url.as_deref(), kind, &text, options) {
            Ok(record) => Ok(Row { record, extra }),
            Err(reason) => Err(PageError { id, reason }),
        }
    }

    /// Extracts one page from its decoded text.
    ///
    /// # Errors
    /// If the page is larger than the limits allow, or the store of sites cannot be read.
    pub fn extract(
        &self,
        id: &str,
        url: Option<&str>,
        kind: Kind,
        text: &str,
        options: &Options,
    ) -> Result<Record, Reason> {
        let limits = options.limits;
        Ok(match kind {
            Kind::Html => {
                let mut document = dom::parse_within(text, limits)?;
                let of_site = options.rules.of(url, &document);
                let selection = of_site.map(|of_site| options.selection.and(of_site));
                let selection = selection.as_ref().unwrap_or(&options.selection);
                if !selection.is_empty() {
                    // Parsed again: only now is it known that the page keeps within the limits.
                    document = html5::parse_selected(text, selection);
                }
                let cut = |document: &Document| {
                    let blocks = Blocks::of_document(document);
                    limits.check_blocks(blocks.len(), text.len()).map(|()| blocks)
                };
                let mut blocks = cut(&document)?;
                let others = options.others(url, Some(&document), &blocks)?;
                let model = self.model(&HTML);
                let judge = |document: &Document, blocks: &Blocks| {
                    judge(model, Some(document), blocks, url, options.keep, others.as_ref())
                };
                let mut found = judge(&document, &blocks);
                if selection.is_empty()
                    && let Some(page) = embedded::laid_out(text, &document, &blocks, &found.scores)
                {
                    document = dom::parse_within(&page, limits)?;
                    blocks = cut(&document)?;
                    found = judge(&document, &blocks);
                }
                let about = metadata(&document, &blocks, Some(&found.scores.labels()), url);
                record(id, Some(&document), &blocks, found, about, options)
            }
            Kind::Text => {
                // Counted before they are cut, as a block takes far more memory than its line may.
                let lines = text.lines().filter(|line| !line.trim().is_empty());
                limits.check_blocks(lines.count(), text.len())?;
                let blocks = Blocks::of_text(text);
                let others = options.others(url, None, &blocks)?;
                let model = self.model(&TEXT);
                let found = judge(model, None, &blocks, url, options.keep, others.as_ref());
                let about = Metadata { url: url.map(str::to_owned), ..Metadata::default() };
                record(id, None, &blocks, found, about, options)
            }
        })
    }
}

/// What a model finds of a page.
#[derive(Clone, Debug)]
pub struct Findings {
    /// What is thought of its blocks.
    pub scores: Scores,
    /// The probabilities of its types; none for plain text, or by a model that tells no types.
    pub types: Option<Probabilities>,
    /// The blocks that are kept.
    pub choice: Choice,
    /// The word F1 that these are thought to have, 0 to 1.
    pub confidence: f32,
    /// The figures that this is estimated from, by the schema [`OUTCOME`](confidence::OUTCOME).
    pub figures: Vec<f32>,
}

/// Scores a page and chooses its blocks. `url` is where it was fetched from, `others` are the other
/// pages of its host, where they are known.
pub fn judge(
    model: &Model,
    document: Option<&Document>,
    blocks: &Blocks,
    url: Option<&str>,
    keep: LabelSet,
    others: Option<&Others>,
) -> Findings {
    let (texts, tokens) = match document {
        Some(document) => {
            (Texts::of_document(document, blocks), Tokens::of_document(document, blocks))
        }
        None => {
            let texts = Texts::of_lines(blocks);
            let tokens = Tokens::of_lines(blocks, &texts);
            (texts, tokens)
        }
    };
    let page = Outline::new(document, blocks, &texts);
    let lexical = model.classifier.lexical(&tokens);
    drop(tokens);
    let types = model.page_types.as_ref().zip(document).map(|(page_types, document)| {
        let figures = page_type::figures::figures(document, &texts, url);
        page_types.predict(&figures, &lexical::means(&lexical, &page.layout().words))
    });
    let mut scores = model.classifier.predict(&page, &lexical, types);
    if let Some(others) = others.filter(|others| !others.is_empty()) {
        for (i, fingerprint) in sites::fingerprints(blocks).enumerate() {
            scores.weigh(i, others.seen(fingerprint).odds());
        }
    }
    let choice = choose(&page.layout().words, &scores, keep);
    let figures = confidence::figures(page.layout(), &scores, &choice, types.as_ref());
    let confidence = match &model.confidence {
        // All of a page is no choice that could be wrong.
        Some(confidence) if keep != LabelSet::ALL => confidence.estimate(&figures),
        _ => choice.expected_f1,
    };
    Findings { scores, types, choice, confidence, figures }
}

fn record(
    id: &str,
    document: Option<&Document>,
    blocks: &Blocks,
    found: Findings,
    about: Metadata,
    options: &Options,
) -> Record {
    let Findings { scores, types, choice, confidence, .. } = found;
    let text = match (options.markup, document) {
        (Markup::Markdown, Some(document)) => {
            assemble::markdown(Some(document), blocks, &choice.keep, about.url.as_deref())
        }
        _ => assemble::text(document, blocks, &choice.keep),
    };
    Record {
        id: id.to_owned(),
        url: about.url,
        title: about.title,
        authors: (!about.authors.is_empty()).then_some(about.authors),
        date: about.date,
        site: about.site,
        lang: about.lang,
        page_type: types.as_ref().map(PageType::likeliest),
        text,
        confidence,
        blocks: options.blocks.then(|| block_records(document, blocks, &scores)),
    }
}

/// Which blocks are kept, and the word F1 that this is expected to have. `words` is each block's
/// number of words.
pub fn choose(words: &[u32], scores: &Scores, keep: LabelSet) -> Choice {
    if keep == LabelSet::ALL {
        return Choice { keep: vec![true; words.len()], expected_f1: 1.0 };
    }
    let wanted = |i: usize| -> f32 {
        let labels = keep.iter().filter(|label| *label != Label::Body);
        let others: f32 = labels.map(|label| scores.of(i)[label as usize]).sum();
        let content = if keep.contains(Label::Body) { scores.content(i) } else { 0.0 };
        (others + content).min(1.0)
    };
    let wanted: Vec<f32> = (0..words.len()).map(wanted).collect();
    let may_be_none = (0..words.len()).all(|i| !keep.contains(scores.label(i)));
    let usual_words = if keep.contains(Label::Body) { select::USUAL_WORDS } else { 0.0 };
    select::expected_f1(&wanted, words, may_be_none, usual_words)
}

fn block_records(
    document: Option<&Document>,
    blocks: &Blocks,
    scores: &Scores,
) -> Vec<BlockRecord> {
    let record = |(i, block)| {
        let label = scores.label(i);
        BlockRecord {
            label,
            score: scores.of(i)[label as usize],
            text: blocks.text(block).to_owned(),
            tag: document.map(|d| d.node(block.node).tag.name().to_owned()),
        }
    };
    blocks.iter().enumerate().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_whose_article_is_in_a_script_is_read_from_there() {
        let sentences: Vec<String> = (1..=30)
            .map(|i| format!("<p>On day {i} the ferry left the <b>harbour</b> at six.</p>"))
            .collect();
        let article = serde_json::json!({"post": {"content": sentences.concat()}});
        let page = format!(
            "<title>Ferry</title><div id=app></div><script>window.__STATE__ = {article}</script>"
        );
        let extract = |options: &Options| {
            Extractor::default().extract("a", None, Kind::Html, &page, options).unwrap().text
        };
        let text = extract(&Options::default());
        assert!(text.starts_with("On day 1 the ferry left the harbour at six.\n\nOn day 2 the"));
        assert_eq!(text.lines().filter(|line| !line.is_empty()).count(), 30);
        let text = extract(&Options { markup: Markup::Markdown, ..Options::default() });
        assert!(text.starts_with("On day 1 the ferry left the **harbour** at six."));
        // Who chooses elements of a page wants no others.
        let selection = Selection::new(&["#app".to_owned()], &[]).unwrap();
        assert_eq!(extract(&Options { selection, ..Options::default() }), "");
    }

    #[test]
    fn a_short_text_with_lines_of_body_is_not_empty() {
        let line = "The tide came in over the flats, slowly at first, and then it ran through every \
                    channel faster than a horse could follow it across the sand.";
        let text = [line; 3].join("\n");
        let record =
            Extractor::default().extract("a", None, Kind::Text, &text, &Options::default());
        assert_eq!(record.unwrap().text, [line; 3].join("\n\n"));
    }

    #[test]
    fn an_empty_page_has_the_long_beginning_of_its_text_that_its_head_holds() {
        let begins =
            "I sailed out at six and the wind was from the west, as it mostly is. ".repeat(5);
        let page = |text: &str| {
            format!("<meta property=og:description content='{text}'><div id=app></div>")
        };
        let extract = |page: &str| {
            let options = Options::default();
            Extractor::default().extract("a", None, Kind::Html, page, &options).unwrap().text
        };
        assert_eq!(extract(&page(&begins)), begins.trim());
        assert_eq!(extract(&page("All about sailing, and the best offers.")), "");
    }
}
