//! Choice: which blocks of a page are kept.
//!
//! Keeping every block above a fixed probability is not what makes the kept text most like the
//! wanted one. A page is better served by the set with the highest *expected* word F1. For a
//! set `S` of blocks with `w` words and probability `p` of being wanted, that is close to
//!
//! ```text
//! 2 · Σ_S p·w / (Σ_S w + Σ_all p·w)
//! ```
//!
//! The best set takes blocks by falling probability down to some point (Lewis 1995 for F1 over
//! independent items; here each item weighs its words), so one sort finds it.
//!
//! A short page may also hold nothing at all that is wanted, and then keeping nothing is right.
//! The chance of that is taken to be that of its likeliest block being unwanted: the blocks of an
//! empty page are not unwanted independently of each other.

/// A page of fewer words may be a shell that scripts were to fill.
pub const SHELL_WORDS: f64 = 250.0;

/// The blocks that are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// `true` where a block is kept.
    pub keep: Vec<bool>,
    /// The expected word F1 of keeping these, 0 to 1.
    pub expected_f1: f32,
}

/// The set of blocks of highest expected word F1.
///
/// `wanted` is each block's probability of being wanted, `words` its words. Blocks without
/// words (rules of asterisks and the like) are kept when they are likelier wanted than not.
pub fn expected_f1(wanted: &[f32], words: &[u32]) -> Choice {
    let mut order: Vec<usize> = (0..wanted.len()).filter(|i| words[*i] > 0).collect();
    order.sort_by(|a, b| wanted[*b].total_cmp(&wanted[*a]));
    let mass = |i: &usize| f64::from(wanted[*i]) * f64::from(words[*i]);
    let expected: f64 = order.iter().map(mass).sum();
    let (mut found, mut size) = (0.0, 0.0);
    let (mut best, mut lowest) = (0.0, f32::INFINITY);
    for i in &order {
        found += mass(i);
        size += f64::from(words[*i]);
        let f1 = found / (size + expected);
        if f1 > best {
            (best, lowest) = (f1, wanted[*i]);
        }
    }
    let nothing = 1.0 - order.first().map_or(0.0, |likeliest| f64::from(wanted[*likeliest]));
    if size < SHELL_WORDS && nothing > 2.0 * best {
        return Choice { keep: vec![false; wanted.len()], expected_f1: nothing as f32 };
    }
    // Equal probabilities stand or fall together, so that the order of the sort cannot matter.
    let kept = |(p, w): (&f32, &u32)| if *w > 0 { *p >= lowest } else { *p > 0.5 };
    Choice { keep: wanted.iter().zip(words).map(kept).collect(), expected_f1: 2.0 * best as f32 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubtful_page_keeps_more_than_a_threshold_would() {
        // Nothing is above one half, but nothing kept is surely worth nothing.
        assert_eq!(expected_f1(&[0.4, 0.4, 0.05], &[500, 500, 500]).keep, [true, true, false]);
    }

    #[test]
    fn a_sure_page_drops_what_a_threshold_would_keep() {
        assert_eq!(expected_f1(&[0.99, 0.45, 0.1], &[500, 20, 20]).keep, [true, false, false]);
        assert_eq!(expected_f1(&[0.99, 0.55, 0.1], &[500, 20, 20]).keep, [true, true, false]);
    }

    #[test]
    fn a_page_without_words_keeps_nothing() {
        assert_eq!(expected_f1(&[], &[]).keep, [false; 0]);
        assert_eq!(expected_f1(&[0.2], &[0]).keep, [false]);
    }

    #[test]
    fn a_page_of_which_nothing_is_likely_wanted_keeps_nothing() {
        assert_eq!(expected_f1(&[0.1, 0.05, 0.1], &[5, 50, 20]).keep, [false; 3]);
    }
}
