//! Choice: which blocks of a page are kept.
//!
//! Keeping every block above a fixed probability is not what makes the kept text most like the
//! wanted one. A page is better served by the set with the highest *expected* word F1. What is
//! in doubt of a page is mostly one question for many blocks at once (do the entries of this list
//! count, do its reviews?), so its blocks are not taken to be wanted independently of each other,
//! but as far together as their probabilities allow: for a number `u` drawn evenly from 0 to 1,
//! those above `u` are wanted. With `G(u)` the words of these, a set of `n` words that takes blocks
//! by falling probability has the expected word F1
//!
//! ```text
//! ∫ 2 · min(n, G(u)) / (n + G(u)) du
//! ```
//!
//! and one sort finds the best such set. (Were they wanted independently, it would be of the same
//! form: Lewis, SIGIR 1995.)
//!
//! Hardly a text is as short as that one headline which looks most like content. So where sets are
//! compared, each `u` below a usual number of words weighs the less, the shorter the text would be: by
//! the root of its share of that number. The expected word F1 that is told of the set is the integral
//! as it stands.
//!
//! A page that is not long may also hold nothing at all that is wanted, and then keeping nothing is
//! right. The chance of that is that of its likeliest block being unwanted; none where a block's label
//! says otherwise.

/// At how many values of `u` sets are compared.
const DRAWS: usize = 32;

/// Few texts have fewer words: of WCXB's development split 126 of 1,476, and one of them fewer than 20.
pub const USUAL_WORDS: f32 = 200.0;

/// A page of fewer words may be a shell that scripts were to fill.
pub const SHELL_WORDS: f32 = 250.0;

/// A page of fewer words is one too, where it is nearly sure that nothing is wanted.
const LARGE_SHELL_WORDS: f32 = 1000.0;

/// The probability of that: too high for any set to be expected to do better.
const NEARLY_SURE: f32 = 0.85;

/// The blocks that are kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// `true` where a block is kept.
    pub keep: Vec<bool>,
    /// The expected word F1 of keeping these, 0 to 1.
    pub expected_f1: f32,
}

/// The set of blocks of highest expected word F1, or none.
///
/// `wanted` is each block's probability of being wanted, `words` its words; `may_be_none` says
/// whether it is possible that none is, `usual_words` how many words what is wanted usually has at
/// least: [`USUAL_WORDS`] of a page's text, 0 where that is not known. Blocks without words (rules of
/// asterisks and the like) are kept when they are likelier wanted than not.
pub fn expected_f1(wanted: &[f32], words: &[u32], may_be_none: bool, usual_words: f32) -> Choice {
    let mut order: Vec<usize> = (0..wanted.len()).filter(|i| words[*i] > 0).collect();
    order.sort_by(|a, b| wanted[*b].total_cmp(&wanted[*a]));
    // Of each draw: the words that are wanted, and its weight.
    let mut golds = [(0.0f32, 0.0f32); DRAWS];
    let (mut gold, mut above) = (0.0, order.iter().peekable());
    for (draw, of_draw) in golds.iter_mut().enumerate().rev() {
        let u = (draw as f32 + 0.5) / DRAWS as f32;
        while let Some(i) = above.next_if(|i| wanted[**i] > u) {
            gold += words[*i] as f32;
        }
        let weight = if gold < usual_words { (gold / usual_words).sqrt() } else { 1.0 };
        *of_draw = (gold, weight);
    }
    let f1 = |size: f32, gold: f32| 2.0 * size.min(gold) / (size + gold);
    let (mut size, mut kept_words) = (0.0, 0.0);
    let (mut best, mut lowest) = (f32::NEG_INFINITY, f32::INFINITY);
    for i in &order {
        size += words[*i] as f32;
        let sum: f32 = golds.iter().map(|(gold, weight)| weight * f1(size, *gold)).sum();
        if sum > best {
            (best, kept_words, lowest) = (sum, size, wanted[*i]);
        }
    }
    // The integral itself, now that the set is known: on a sure page little lies between the draws.
    let (mut gold, mut expected_f1) = (0.0, 0.0);
    for (at, i) in order.iter().enumerate() {
        gold += words[*i] as f32;
        let next = order.get(at + 1).map_or(0.0, |next| wanted[*next]);
        expected_f1 += (wanted[*i] - next) * f1(kept_words, gold);
    }
    let nothing = 1.0 - order.first().map_or(0.0, |likeliest| wanted[*likeliest]);
    let is_shell = size < SHELL_WORDS && nothing > expected_f1
        || size < LARGE_SHELL_WORDS && nothing >= NEARLY_SURE;
    if may_be_none && is_shell {
        return Choice { keep: vec![false; wanted.len()], expected_f1: nothing };
    }
    // Equal probabilities stand or fall together, so that the order of the sort cannot matter.
    let kept = |(p, w): (&f32, &u32)| if *w > 0 { *p >= lowest } else { *p > 0.5 };
    Choice { keep: wanted.iter().zip(words).map(kept).collect(), expected_f1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(wanted: &[f32], words: &[u32], may_be_none: bool) -> Choice {
        expected_f1(wanted, words, may_be_none, 0.0)
    }

    #[test]
    fn a_doubtful_page_keeps_more_than_a_threshold_would() {
        // Nothing is above one half, but nothing kept is surely worth nothing.
        assert_eq!(of(&[0.4, 0.4, 0.05], &[500, 500, 500], true).keep, [true, true, false]);
    }

    #[test]
    fn a_sure_page_drops_what_a_threshold_would_keep() {
        assert_eq!(of(&[0.99, 0.45, 0.1], &[500, 20, 20], true).keep, [true, false, false]);
        assert_eq!(of(&[0.99, 0.55, 0.1], &[500, 20, 20], true).keep, [true, true, false]);
    }

    #[test]
    fn a_list_that_is_likelier_unwanted_is_left_out_as_a_whole() {
        let (mut wanted, words) = ([0.4; 11], [100; 11]);
        wanted[0] = 0.9;
        let choice = of(&wanted, &words, true);
        assert_eq!(choice.keep.iter().filter(|keep| **keep).count(), 1);
        // For u up to 0.4 all eleven are wanted, then up to 0.9 just this one, then none.
        assert!((choice.expected_f1 - (0.4 * 2.0 / 12.0 + 0.5)).abs() < 1e-6);
        wanted[1..].fill(0.6);
        assert_eq!(of(&wanted, &words, true).keep, [true; 11]);
    }

    #[test]
    fn a_page_without_words_keeps_nothing() {
        assert_eq!(of(&[], &[], true).keep, [false; 0]);
        assert_eq!(of(&[0.2], &[0], true).keep, [false]);
    }

    #[test]
    fn a_page_of_which_nothing_is_likely_wanted_keeps_nothing() {
        assert_eq!(of(&[0.1, 0.05, 0.1], &[5, 50, 20], true).keep, [false; 3]);
        assert_eq!(of(&[0.1, 0.05, 0.1], &[5, 50, 20], false).keep, [true; 3]);
        // Of a larger one that must be nearly sure, and of a long one it never is.
        assert_eq!(of(&[0.1, 0.05, 0.1], &[50, 500, 200], true).keep, [false; 3]);
        assert_eq!(of(&[0.2, 0.05, 0.2], &[50, 500, 200], true).keep, [true, false, true]);
        assert_eq!(of(&[0.1, 0.01, 0.1], &[500, 500, 200], true).keep, [true, false, true]);
    }

    #[test]
    fn a_text_of_a_few_words_is_not_likely() {
        // A headline that looks like content, and posts that look like comments.
        let (wanted, words) = ([0.5, 0.2, 0.2, 0.2], [10, 300, 300, 300]);
        let kept = |usual_words| expected_f1(&wanted, &words, false, usual_words).keep;
        assert_eq!(kept(0.0), [true, false, false, false]);
        assert_eq!(kept(USUAL_WORDS), [true; 4]);
        // But where all else is surely unwanted, it is the headline.
        let wanted = [0.5, 0.01, 0.01, 0.01];
        assert!(!expected_f1(&wanted, &words, false, USUAL_WORDS).keep[1]);
    }
}
