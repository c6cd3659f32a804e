//! Fragments: short pieces of markup with their labels, written for the project.
//!
//! Labelled pages show how few sites name their elements. What the text of an article, an author box or
//! a place for advertisements is called by the systems, themes and plugins of other sites, and in their
//! languages, the lexical model learns from these.

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Lesson, Tokens, possible};
use crate::dom;
use crate::label::Label;
use crate::segment::Blocks;

/// An object a line: `of` (whose markup it is like), `lang` (ISO 639-1), `label`, that of all its blocks,
/// and `html`.
const FRAGMENTS: &str = include_str!("../../training_data/fragments.jsonl");

/// As how many sites one counts: what it holds is not to be found on many.
const SITES: u32 = 4;

#[derive(Deserialize)]
struct Line {
    label: Label,
    html: String,
}

/// What can be learnt from a fragment.
pub struct Fragment {
    tokens: Tokens,
    /// `blocks × WIDTH`: see [`possible`].
    possible: Vec<f32>,
    /// One a block.
    weights: Vec<f32>,
}

impl Fragment {
    /// The fragment as a page of a site of its own.
    pub fn lesson(&self, site: u64) -> Lesson<'_> {
        let Fragment { tokens, possible, weights } = self;
        Lesson { tokens, site, sites: SITES, possible, weights }
    }
}

/// All fragments.
pub fn fragments() -> &'static [Fragment] {
    static ALL: LazyLock<Vec<Fragment>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Fragment> {
    let fragment = |line: &str| {
        let Line { label, html } = serde_json::from_str(line).expect("tested");
        let document = dom::parse(&html);
        let blocks = Blocks::of_document(&document);
        let possible = possible(label).repeat(blocks.len());
        let tokens = Tokens::of_document(&document, &blocks);
        Fragment { tokens, possible, weights: vec![1.0; blocks.len()] }
    };
    FRAGMENTS.lines().map(fragment).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tokens::Part;

    #[test]
    fn every_label_has_fragments_of_names_and_words() {
        let mut labels = [0; Label::COUNT];
        for (line, fragment) in FRAGMENTS.lines().zip(fragments()) {
            assert!(fragment.tokens.blocks() > 0, "{line}");
            for part in [Part::Names, Part::Words] {
                let mut slots = Vec::new();
                fragment.tokens.slots(0, part, &mut slots);
                assert!(!slots.is_empty(), "{line}");
            }
            let label = Label::ALL.iter().find(|label| fragment.possible[**label as usize] > 0.0);
            labels[*label.unwrap() as usize] += 1;
        }
        assert!(labels.iter().all(|n| *n > 50), "{labels:?}");
    }
}
