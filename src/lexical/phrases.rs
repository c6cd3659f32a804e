//! Phrases: short texts in many languages with their labels, written for the project.
//!
//! Labelled pages are few in most languages. How an author box, an offer or a cookie notice is worded
//! in them, the lexical model learns from these; and pages get some of them planted into their text, so
//! that the trees learn what to make of its scores ([`crate::training`]).

use std::sync::LazyLock;

use serde::Deserialize;

use super::{Lesson, Tokens, WIDTH, possible};
use crate::features::{Schema, TEXT};
use crate::label::Label;

/// An object a line: `lang` (ISO 639-1), `label`, `text`.
const PHRASES: &str = include_str!("../../training_data/phrases.jsonl");

#[derive(Deserialize)]
struct Line {
    lang: String,
    label: Label,
    text: String,
}

/// What can be learnt from a phrase.
pub struct Phrase {
    /// Its language, by ISO 639-1.
    pub lang: String,
    /// What it is.
    pub label: Label,
    /// The phrase.
    pub text: String,
    /// Its tokens, as those of a text of one line, and of a page of one block.
    line: Tokens,
    block: Tokens,
    /// See [`possible`].
    possible: [f32; WIDTH],
}

impl Phrase {
    /// The phrase as a page of a site of its own, for a lexical model of this schema.
    pub fn lesson<'a>(&'a self, schema: &Schema, site: u64, weight: &'a f32) -> Lesson<'a> {
        let tokens = if schema.name == TEXT.name { &self.line } else { &self.block };
        let weights = std::slice::from_ref(weight);
        Lesson { tokens, site, sites: 1, possible: &self.possible, weights }
    }
}

/// All phrases.
pub fn phrases() -> &'static [Phrase] {
    static ALL: LazyLock<Vec<Phrase>> = LazyLock::new(read);
    &ALL
}

fn read() -> Vec<Phrase> {
    let phrase = |line: &str| {
        let Line { lang, label, text } = serde_json::from_str(line).expect("tested");
        let (line, block) = (Tokens::of_line(&text), Tokens::of_block(&text));
        Phrase { lang, label, text, line, block, possible: possible(label) }
    };
    PHRASES.lines().map(phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lexical::tokens::Part;

    #[test]
    fn every_label_has_phrases_of_words() {
        let mut labels = [0; Label::COUNT];
        for phrase in phrases() {
            let mut slots = Vec::new();
            phrase.block.slots(0, Part::Words, &mut slots);
            assert!(!slots.is_empty());
            let of_block = slots.len();
            phrase.line.slots(0, Part::Words, &mut slots);
            assert!(slots.len() > 2 * of_block);
            let label = Label::ALL.iter().find(|label| phrase.possible[**label as usize] > 0.0);
            labels[*label.unwrap() as usize] += 1;
        }
        assert!(labels.iter().all(|n| *n > 500), "{labels:?}");
    }
}
