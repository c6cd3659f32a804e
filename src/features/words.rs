//! Sets of words that are known beforehand, by their hashes.

use rustc_hash::FxHashMap;

/// Words by their hashes, as [`TextStats::of`](super::text::TextStats::of) gives them, numbered from
/// 0 on.
///
/// Most words of a page are none of these, and most of those differ from all of them in a few bits
/// of their hash already. A table of these bits stays in the processor's nearest cache, where that of
/// the words does not.
pub(crate) struct WordSet {
    /// A bit for each value of a hash's highest bits.
    bits: Vec<u64>,
    numbers: FxHashMap<u64, u32>,
}

/// How many of a hash's bits are looked at first.
const BITS: u32 = 16;

impl WordSet {
    /// From hashes; of two alike the last one's number counts.
    pub(crate) fn new(words: impl IntoIterator<Item = u64>) -> WordSet {
        let numbers: FxHashMap<u64, u32> = words.into_iter().zip(0..).collect();
        let mut bits = vec![0; 1 << BITS >> u64::BITS.ilog2()];
        for word in numbers.keys() {
            let (at, bit) = place(*word);
            bits[at] |= bit;
        }
        WordSet { bits, numbers }
    }

    /// How many words there are.
    pub(crate) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Whether a word is one of these.
    pub(crate) fn contains(&self, word: u64) -> bool {
        self.number(word).is_some()
    }

    /// The number of a word that is one of these.
    pub(crate) fn number(&self, word: u64) -> Option<usize> {
        let (at, bit) = place(word);
        if self.bits[at] & bit == 0 {
            return None;
        }
        self.numbers.get(&word).map(|number| *number as usize)
    }
}

fn place(word: u64) -> (usize, u64) {
    let bits = (word >> (u64::BITS - BITS)) as usize;
    (bits / 64, 1 << (bits % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::features::text::word_hash;

    #[test]
    fn every_word_is_found_and_no_other() {
        let hash = |i: usize| word_hash(&format!("word{i}"));
        for len in [0, 1, 2, 500, 6000] {
            let set = WordSet::new((0..len).map(hash));
            assert_eq!(set.len(), len);
            for i in 0..len + 1000 {
                assert_eq!(set.number(hash(i)), (i < len).then_some(i));
            }
        }
    }
}
