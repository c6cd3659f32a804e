//! The measures of extraction and labelling quality, and the tokenisers they rest on.
//!
//! Every number `eval` prints comes from here; nothing here reads a file or knows how a page was
//! extracted. A ratio with nothing to find and nothing found is 1: an empty text is the right
//! answer to an empty text.

use std::hash::Hasher;
use std::ops::AddAssign;

use fnv::FnvHasher;
use serde::Serialize;

use crate::label::Label;

/// Tokens per shingle, as in the article-extraction benchmark.
const SHINGLE: usize = 4;

/// The `\w+` tokens of a text, as they stand: maximal runs of letters, digits and underscores.
///
/// Letters follow Unicode's `Alphabetic`, so Indic vowel signs stay inside their word (Python's
/// `\w` splits there).
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !is_word(c)).filter(|token| !token.is_empty())
}

/// The words of a text, lower-cased, each as a 64-bit FNV-1a hash that is the same in every run.
///
/// A word is a [`tokens`] token, except that each Han, Hiragana or Katakana character is a word of
/// its own, because those scripts are written without spaces. Hangul is written with spaces and
/// stays whole.
pub fn words(text: &str) -> impl Iterator<Item = u64> {
    let mut chars = text.chars().peekable();
    std::iter::from_fn(move || {
        let first = chars.find(|&c| is_word(c))?;
        let mut hasher = FnvHasher::default();
        write_lower(&mut hasher, first);
        if !is_unspaced(first) {
            while let Some(c) = chars.next_if(|&c| is_word(c) && !is_unspaced(c)) {
                write_lower(&mut hasher, c);
            }
        }
        Some(hasher.finish())
    })
}

fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { c.is_alphanumeric() }
}

/// Han (with its iteration marks), Hiragana, Katakana.
fn is_unspaced(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' | '\u{3040}'..='\u{30FF}' | '\u{31F0}'..='\u{31FF}' | '\u{3400}'..='\u{4DBF}'
        | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF66}'..='\u{FF9F}' | '\u{20000}'..='\u{3FFFF}')
}

fn write_lower(hasher: &mut FnvHasher, c: char) {
    if c.is_ascii() {
        hasher.write_u8(c.to_ascii_lowercase() as u8);
    } else {
        c.to_lowercase().for_each(|lower| hasher.write(lower.encode_utf8(&mut [0; 4]).as_bytes()));
    }
}

/// True positives, false positives and false negatives: counts, or shares of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Found and wanted.
    pub true_pos: f64,
    /// Found, not wanted.
    pub false_pos: f64,
    /// Wanted, not found.
    pub false_neg: f64,
}

impl Counts {
    /// Precision, recall and F1 of these counts.
    pub fn prf(self) -> Prf {
        let Counts { true_pos, false_pos, false_neg } = self;
        let empty = true_pos + false_pos + false_neg == 0.0;
        let ratio = |part: f64, whole: f64| match (empty, whole > 0.0) {
            (true, _) => 1.0,
            (false, true) => part / whole,
            (false, false) => 0.0,
        };
        Prf {
            precision: ratio(true_pos, true_pos + false_pos),
            recall: ratio(true_pos, true_pos + false_neg),
            f1: ratio(2.0 * true_pos, 2.0 * true_pos + false_pos + false_neg),
        }
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.true_pos += other.true_pos;
        self.false_pos += other.false_pos;
        self.false_neg += other.false_neg;
    }
}

/// Precision, recall and their harmonic mean, each 0–1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Prf {
    /// Share of the found that is wanted.
    pub precision: f64,
    /// Share of the wanted that is found.
    pub recall: f64,
    /// Their harmonic mean.
    pub f1: f64,
}

/// Multiset overlap of [`words`] for one page; the measure of WCXB. A corpus is the [`mean`] over
/// its pages.
pub fn word_f1(predicted: &str, gold: &str) -> Prf {
    word_counts(predicted, gold).prf()
}

/// The counts that [`word_f1`] is made of: words in both texts, in the predicted one alone, and in
/// the gold one alone.
pub fn word_counts(predicted: &str, gold: &str) -> Counts {
    overlap(words(predicted).collect(), words(gold).collect())
}

/// Overlap of 4-grams of [`tokens`] for one page: tp, fp and fn, each divided by their sum, so that
/// a long page weighs no more than a short one. A text of fewer than four tokens is one shingle of
/// what there is.
///
/// This is the measure of the article-extraction benchmark: add the pages up, then take
/// [`Counts::prf`].
pub fn shingle_counts(predicted: &str, gold: &str) -> Counts {
    let Counts { true_pos, false_pos, false_neg } = overlap(shingles(predicted), shingles(gold));
    let sum = (true_pos + false_pos + false_neg).max(1.0);
    Counts { true_pos: true_pos / sum, false_pos: false_pos / sum, false_neg: false_neg / sum }
}

fn shingles(text: &str) -> Vec<u64> {
    let tokens: Vec<u64> = tokens(text).map(|token| hash(token.as_bytes())).collect();
    let hash_all = |shingle: &[u64]| {
        let mut hasher = FnvHasher::default();
        shingle.iter().for_each(|&token| hasher.write_u64(token));
        hasher.finish()
    };
    match tokens.len() {
        0 => Vec::new(),
        len => tokens.windows(len.min(SHINGLE)).map(hash_all).collect(),
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(bytes);
    hasher.finish()
}

/// Compares two multisets: what both hold, what only the first holds, what only the second holds.
fn overlap(mut predicted: Vec<u64>, mut gold: Vec<u64>) -> Counts {
    predicted.sort_unstable();
    gold.sort_unstable();
    let (mut i, mut j, mut both) = (0, 0, 0);
    while let (Some(p), Some(g)) = (predicted.get(i), gold.get(j)) {
        i += usize::from(p <= g);
        j += usize::from(g <= p);
        both += usize::from(p == g);
    }
    Counts {
        true_pos: both as f64,
        false_pos: (predicted.len() - both) as f64,
        false_neg: (gold.len() - both) as f64,
    }
}

/// Wanted snippets found (tp) or missing (fn) in the extracted text, and unwanted ones found (fp);
/// the measure of trafilatura's evaluation. Found means a substring once runs of white space are
/// folded to one space.
///
/// Add the pages up, then take [`Counts::prf`].
pub fn snippet_counts(predicted: &str, with: &[String], without: &[String]) -> Counts {
    let predicted = fold_space(predicted);
    let found = |snippets: &[String]| {
        snippets.iter().filter(|s| predicted.contains(&fold_space(s))).count()
    };
    let (wanted, unwanted) = (found(with), found(without));
    Counts {
        true_pos: wanted as f64,
        false_pos: unwanted as f64,
        false_neg: (with.len() - wanted) as f64,
    }
}

fn fold_space(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How often each gold label was predicted as each label.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Confusion {
    /// `counts[gold][predicted]`, blocks.
    pub counts: [[u64; Label::COUNT]; Label::COUNT],
}

/// How well one label is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct LabelScore {
    /// The label.
    pub label: Label,
    /// Over blocks.
    #[serde(flatten)]
    pub prf: Prf,
    /// Blocks of this label in gold.
    pub support: u64,
}

impl Confusion {
    /// Counts one block.
    pub fn add(&mut self, gold: Label, predicted: Label) {
        self.counts[gold as usize][predicted as usize] += 1;
    }

    /// Precision, recall and F1 of each label that occurs in gold.
    pub fn label_scores(&self) -> Vec<LabelScore> {
        let score = |label: Label| {
            let of_gold: u64 = self.counts[label as usize].iter().sum();
            let of_predicted: u64 = self.counts.iter().map(|row| row[label as usize]).sum();
            let both = self.counts[label as usize][label as usize];
            let counts = Counts {
                true_pos: both as f64,
                false_pos: (of_predicted - both) as f64,
                false_neg: (of_gold - both) as f64,
            };
            LabelScore { label, prf: counts.prf(), support: of_gold }
        };
        Label::ALL.into_iter().map(score).filter(|score| score.support > 0).collect()
    }

    /// The unweighted mean F1 over the labels that occur in gold; `None` without a block.
    pub fn macro_f1(&self) -> Option<f64> {
        mean(self.label_scores().iter().map(|score| score.prf.f1))
    }
}

impl AddAssign<&Confusion> for Confusion {
    fn add_assign(&mut self, other: &Confusion) {
        for (row, other_row) in self.counts.iter_mut().zip(&other.counts) {
            row.iter_mut().zip(other_row).for_each(|(count, other)| *count += other);
        }
    }
}

/// Arithmetic mean; `None` of nothing.
pub fn mean(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) =
        values.into_iter().fold((0.0, 0_u64), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// Spearman's rank correlation of two equally long series, −1 to 1, ties sharing their mean rank.
/// `None` when either series is constant or has fewer than two values.
///
/// # Panics
/// If the series differ in length.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    assert_eq!(x.len(), y.len(), "series of different length");
    let (x, y) = (ranks(x), ranks(y));
    let centre = (x.len() as f64 - 1.0) / 2.0;
    let covariance = |a: &[f64], b: &[f64]| -> f64 {
        a.iter().zip(b).map(|(a, b)| (a - centre) * (b - centre)).sum()
    };
    let scale = (covariance(&x, &x) * covariance(&y, &y)).sqrt();
    (scale > 0.0).then(|| covariance(&x, &y) / scale)
}

/// The rank of each value from 0, equal values sharing the mean of their ranks.
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|&i, &j| values[i].total_cmp(&values[j]));
    let mut ranks = vec![0.0; values.len()];
    let mut next = 0;
    for ties in order.chunk_by(|&i, &j| values[i] == values[j]) {
        let rank = next as f64 + (ties.len() as f64 - 1.0) / 2.0;
        ties.iter().for_each(|&i| ranks[i] = rank);
        next += ties.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_lower_case_and_unspaced_scripts_split_by_character() {
        let count = |text| words(text).count();
        assert_eq!(
            words("Ärger, don't_stop").collect::<Vec<_>>(),
            words("ärger DON t_stop").collect::<Vec<_>>()
        );
        assert_eq!(count("日本語 ひらがな"), 7);
        assert_eq!(count("iPhone発売"), 3);
        assert_eq!(count("한국어 문장"), 2);
        assert_eq!(count("— • »"), 0);
    }

    #[test]
    fn word_f1_counts_repeats_and_takes_empty_for_empty_as_right() {
        let score = word_f1("a a b", "A b b c");
        assert_eq!((score.precision, score.recall), (2.0 / 3.0, 0.5));
        assert_eq!(word_f1("", " ").f1, 1.0);
        assert_eq!((word_f1("a", "").f1, word_f1("", "a").f1), (0.0, 0.0));
    }

    #[test]
    fn shingle_f1_weighs_pages_equally_and_compares_short_texts_whole() {
        let mut sums = shingle_counts("one two three four five six", "one two three four five");
        assert_eq!((sums.true_pos, sums.false_pos, sums.false_neg), (2.0 / 3.0, 1.0 / 3.0, 0.0));
        sums += shingle_counts("Hello world", "hello world");
        assert_eq!((sums.false_pos, sums.false_neg), (1.0 / 3.0 + 0.5, 0.5));
        assert_eq!(shingle_counts("", ""), Counts::default());
        assert_eq!(shingle_counts("one two", "one two").prf().f1, 1.0);
    }

    #[test]
    fn snippets_are_found_across_line_breaks() {
        let snippets = |list: &[&str]| list.iter().map(|s| s.to_string()).collect::<Vec<_>>();
        let counts = snippet_counts(
            "a fine\n  day",
            &snippets(&["fine day", "night"]),
            &snippets(&["a  fine"]),
        );
        assert_eq!(counts, Counts { true_pos: 1.0, false_pos: 1.0, false_neg: 1.0 });
    }

    #[test]
    fn macro_f1_leaves_out_labels_that_gold_lacks() {
        let mut confusion = Confusion::default();
        for (gold, predicted) in
            [(Label::Body, Label::Body), (Label::Body, Label::Ad), (Label::Nav, Label::Nav)]
        {
            confusion.add(gold, predicted);
        }
        assert_eq!(confusion.label_scores().len(), 2);
        assert_eq!(confusion.macro_f1(), Some((2.0 / 3.0 + 1.0) / 2.0));
    }

    #[test]
    fn spearman_matches_a_hand_computed_example_with_ties() {
        // Ranks (0, 1.5, 1.5, 3) against (0, 2, 1, 3): 4.5 / sqrt(4.5 * 5).
        let rho = spearman(&[1.0, 2.0, 2.0, 9.0], &[10.0, 30.0, 20.0, 40.0]).unwrap();
        assert!((rho - 4.5 / 22.5_f64.sqrt()).abs() < 1e-12);
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }
}
