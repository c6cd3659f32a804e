//! Phrases: short texts in many languages with their labels, written for the project.
//!
//! Labelled pages are few in most languages. How an author box, an offer or a cookie notice is worded
//! in them, the lexical model of plain text learns from these.

use serde::Deserialize;

use super::{Tokens, WIDTH};
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
    pub tokens: Tokens,
    /// 1 where an output agrees with its label: it does not tell whether it would be kept.
    pub possible: [f32; WIDTH],
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
    use crate::lexical::{FitParams, Lesson, fit};

    #[test]
    fn wording_is_learnt_in_several_languages() {
        let phrases = phrases();
        let mut lessons = Vec::new();
        for (site, Phrase { tokens, possible }) in (0..).zip(&phrases) {
            lessons.push(Lesson { tokens, site, possible, weights: &[1.0] });
        }
        let params =
            FitParams { epochs: 2, alpha: 0.1, beta: 1.0, l1: 0.5, l2: 1.0, min_sites: 4, seed: 1 };
        let lexicon = fit(&lessons, &params);
        let found = [
            "Unsere Autorin schreibt seit 2012 über Wohnen und Verkehr",
            "Nous utilisons des cookies pour mesurer l'audience",
            "Foto: Tobias Lindqvist",
            "Опубликовано 3 марта 2024",
        ]
        .map(|text| {
            let matrix = lexicon.matrix(&Tokens::of_phrase(text));
            let score = |label: &Label| matrix.column(*label as usize, 0)[0];
            Label::ALL.into_iter().max_by(|a, b| score(a).total_cmp(&score(b))).unwrap()
        });
        assert_eq!(found, [Label::Bio, Label::Legal, Label::Caption, Label::Byline]);
    }

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
