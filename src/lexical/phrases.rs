//! Phrases: short texts in many languages with their labels, written for the project.
//!
//! Labelled pages are few in most languages. How an author box, an offer or a cookie notice is worded
//! in them, the lexical model of plain text learns from these.

use serde::Deserialize;

use super::{Lesson, Tokens, WIDTH};
use crate::label::Label;
use crate::model::Scores;

/// An object a line: `lang` (ISO 639-1), `label`, `text`.
const PHRASES: &str = include_str!("../../training_data/phrases.jsonl");

#[derive(Deserialize)]
struct Line {
    label: Label,
    text: String,
}

/// What can be learnt from a phrase.
pub struct Phrase {
    /// Its tokens, as those of a text of one line.
    tokens: Tokens,
    /// 1 where an output agrees with its label: it does not tell whether it would be kept.
    possible: [f32; WIDTH],
}

impl Phrase {
    /// The phrase as a page of a site of its own.
    pub fn lesson<'a>(&'a self, site: u64, weight: &'a f32) -> Lesson<'a> {
        let weights = std::slice::from_ref(weight);
        Lesson { tokens: &self.tokens, site, possible: &self.possible, weights }
    }
}

/// All phrases.
pub fn phrases() -> Vec<Phrase> {
    let phrase = |line: &str| {
        let Line { label, text } = serde_json::from_str(line).expect("tested");
        let agrees = |output| f32::from(Scores::meaning(output).0 == Some(label));
        let possible = std::array::from_fn(agrees);
        Phrase { tokens: Tokens::of_phrase(&text), possible }
    };
    PHRASES.lines().map(phrase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_label_has_phrases_of_words() {
        let mut labels = [0; Label::COUNT];
        for phrase in phrases() {
            let mut slots = Vec::new();
            phrase.tokens.slots(0, &mut slots);
            assert!(!slots.is_empty());
            let label = Label::ALL.iter().find(|label| phrase.possible[**label as usize] > 0.0);
            labels[*label.unwrap() as usize] += 1;
        }
        assert!(labels.iter().all(|n| *n > 500), "{labels:?}");
    }
}
