//! The type of a page: a classifier of whole pages, as the one of [`model`](crate::model) is of
//! blocks.
//!
//! It is a fitted [`Scorer`] over a page's [`figures`]. It needs no scores of the blocks, so that
//! its answer is at hand before they are scored.

pub mod figures;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::boost::Columns;
use crate::features::locate;
use crate::lexical;
use crate::model::Scorer;
use figures::PAGE;

/// What a page is for a reader: the seven types of WCXB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PageType {
    /// One text that somebody wrote: news, a blog post, an essay.
    Article,
    /// A thread of posts, or a question with its answers.
    Forum,
    /// One thing that is for sale.
    Product,
    /// A shop's category: products side by side.
    Collection,
    /// Pointers to other pages: an index, an archive, results of a search.
    Listing,
    /// A manual, a reference, a tutorial.
    Documentation,
    /// What a firm or an office offers.
    Service,
}

impl PageType {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// All, in the order of a classifier's probabilities.
    pub const ALL: [PageType; PageType::COUNT] = [
        PageType::Article,
        PageType::Forum,
        PageType::Product,
        PageType::Collection,
        PageType::Listing,
        PageType::Documentation,
        PageType::Service,
    ];

    /// The name in records and truth files.
    pub fn as_str(self) -> &'static str {
        match self {
            PageType::Article => "article",
            PageType::Forum => "forum",
            PageType::Product => "product",
            PageType::Collection => "collection",
            PageType::Listing => "listing",
            PageType::Documentation => "documentation",
            PageType::Service => "service",
        }
    }

    /// The likeliest of the types.
    pub fn likeliest(probabilities: &Probabilities) -> PageType {
        let better = |best: PageType, other: PageType| {
            let is_better = probabilities[other as usize] > probabilities[best as usize];
            if is_better { other } else { best }
        };
        PageType::ALL.into_iter().fold(PageType::Article, better)
    }
}

impl fmt::Display for PageType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is none of the types'.
#[derive(Debug, thiserror::Error)]
#[error("unknown page type {0:?}")]
pub struct UnknownPageType(String);

impl FromStr for PageType {
    type Err = UnknownPageType;

    fn from_str(name: &str) -> Result<PageType, UnknownPageType> {
        let found = PageType::ALL.into_iter().find(|page_type| page_type.as_str() == name);
        found.ok_or_else(|| UnknownPageType(name.to_owned()))
    }
}

/// The probability of each type, in the order of [`PageType::ALL`]; they sum to 1.
pub type Probabilities = [f32; PageType::COUNT];

/// A fitted classifier of pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PageTypes {
    /// Over the figures of [`PAGE`], in their order, and what the words of the blocks say in the
    /// mean ([`lexical::means`]).
    pub scorer: Scorer,
}

/// One page's figures as columns of one row.
struct OneRow<'a>([&'a [f32]; 2]);

impl Columns for OneRow<'_> {
    fn rows(&self) -> usize {
        1
    }

    fn column(&self, feature: usize) -> &[f32] {
        let (part, feature) = locate(self.0.iter().map(|part| part.len()), feature);
        &self.0[part][feature..=feature]
    }
}

impl PageTypes {
    /// The probabilities of a page's types from its [`figures`] and what its words say in the mean.
    pub fn predict(&self, figures: &[f32], words: &[f32; lexical::WIDTH]) -> Probabilities {
        let mut out = [0.0; PageType::COUNT];
        let fits = "a checked model, and a figure for each of its columns";
        self.scorer.predict(&OneRow([figures, words]), &mut out).expect(fits);
        out
    }

    /// Checks that no page can make the classifier fail.
    pub(crate) fn check(&self) -> Result<(), String> {
        self.scorer.check(PAGE.features.len() + lexical::WIDTH, PageType::COUNT)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Extractor, Options};
    use crate::source::Kind;

    fn found(page: &str, url: &str) -> Option<PageType> {
        let options = Options::default();
        let record = Extractor::default().extract("", Some(url), Kind::Html, page, &options);
        record.unwrap().page_type
    }

    #[test]
    fn a_page_is_what_its_elements_and_words_say() {
        let paragraph = "<p>The ferry that had run for eighty years made its last crossing on \
            Sunday, and some two hundred people came down to the slip to see it go.</p>";
        let article = format!(
            "<html><head><title>Last ferry leaves</title><meta property=og:type content=article>
            </head><body class=single-post><article><h1>Last ferry leaves</h1>{}</article>",
            paragraph.repeat(8)
        );
        assert_eq!(
            found(&article, "https://example.org/news/2024/05/last-ferry"),
            Some(PageType::Article)
        );
        let post = format!(
            "<div class='post message'><div class=username>Sailor</div><div class=date>Posted
            yesterday</div><div class=postbody>{paragraph}</div><a href=#>Reply</a></div>"
        );
        let thread = format!(
            "<html><head><title>Which anchor? - Boat Forum</title></head><body class=phpbb>
            <h1>Which anchor?</h1><div class=thread>{}</div>",
            post.repeat(9)
        );
        assert_eq!(
            found(&thread, "https://example.org/forum/viewtopic.php?t=12"),
            Some(PageType::Forum)
        );
    }
}
