//! What can be counted in a block's text, in one pass over its characters.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::keywords::{self, TEXT_GROUPS};

/// Counts over one block's text.
#[derive(Clone, Debug, Default)]
pub struct TextStats {
    /// Characters other than white space.
    pub chars: u32,
    /// Words; each CJK character is one.
    pub words: u32,
    /// Words that are function words of some language, and kana.
    pub stop_words: u32,
    /// Words that start with a capital letter.
    pub capital_words: u32,
    /// Digits.
    pub digits: u32,
    /// CJK characters.
    pub cjk: u32,
    /// `. ! ?` and their kin, at the end of a word.
    pub sentence_ends: u32,
    /// Commas and their kin.
    pub commas: u32,
    /// Quotation marks.
    pub quotes: u32,
    /// Currency signs.
    pub currency: u32,
    /// Line breaks.
    pub lines: u32,
    /// First and last character.
    pub first: char,
    /// See [`TextStats::first`].
    pub last: char,
    /// Ends in an ellipsis, as a cut-off summary does.
    pub ellipsis: bool,
    /// How many keywords of each group stand in the text, where it is short.
    pub keywords: [u8; TEXT_GROUPS.len()],
    /// Hash of the words in order.
    pub hash: u64,
}

/// Texts longer than this many bytes are prose: their keywords say nothing of their part.
const KEYWORD_BYTES: usize = 500;

impl TextStats {
    /// Counts over a text, and its words' hashes added to `words`.
    ///
    /// `lower` is a buffer that is reused.
    pub fn of(text: &str, words: &mut Vec<u64>, lower: &mut String) -> TextStats {
        let mut stats = TextStats { first: ' ', last: ' ', ..TextStats::default() };
        stats.first = text.chars().next().unwrap_or(' ');
        let stop_words = &*STOP_WORDS;
        let mut word = Word::default();
        let mut before = ' ';
        let mut rest = text;
        loop {
            // Most of most texts is runs of these, which need no decoding.
            let run = rest.bytes().take_while(|b| LOWER[usize::from(*b)] != 0);
            let mut length = 0;
            for b in run {
                word.push(u32::from(LOWER[usize::from(b)]));
                word.capital |= word.len == 1 && b.is_ascii_uppercase();
                stats.digits += u32::from(b.is_ascii_digit());
                length += 1;
            }
            if length > 0 {
                stats.chars += length as u32;
                before = char::from(rest.as_bytes()[length - 1]);
            }
            let mut chars = rest[length..].chars();
            let Some(c) = chars.next() else { break };
            rest = chars.as_str();
            if is_cjk(c) {
                word.finish(&mut stats, stop_words, words);
                word.push(c as u32);
                word.finish(&mut stats, stop_words, words);
                stats.cjk += 1;
                stats.stop_words += u32::from(('\u{3041}'..='\u{309f}').contains(&c));
            } else if !c.is_ascii() && c.is_alphanumeric() {
                // The common case by far, lower-case letters, map to themselves.
                let lowered = self::lower(c);
                word.push(lowered as u32);
                word.capital |= lowered != c && word.len == 1;
                stats.digits += u32::from(c.is_numeric());
            } else {
                word.finish(&mut stats, stop_words, words);
                match c {
                    '.' | '!' | '?' => {
                        stats.sentence_ends += u32::from(!matches!(before, '.' | '!' | '?' | ' '));
                    }
                    '。' | '！' | '？' | '؟' | '।' | '۔' | '…' => stats.sentence_ends += 1,
                    ',' | ';' | '，' | '、' | '；' | '،' => stats.commas += 1,
                    '"' | '“' | '”' | '„' | '«' | '»' | '「' | '」' | '‘' | '’' => {
                        stats.quotes += 1
                    }
                    '$' | '€' | '£' | '¥' | '₹' | '₽' | '₺' | '₩' => {
                        stats.currency += 1
                    }
                    '\n' => stats.lines += 1,
                    _ => {}
                }
            }
            let is_space = c.is_whitespace();
            stats.chars += u32::from(!is_space);
            before = if is_space { ' ' } else { c };
        }
        word.finish(&mut stats, stop_words, words);
        stats.last = before;
        stats.ellipsis = text.ends_with('…')
            || text.ends_with("...")
            || text.ends_with("[…]")
            || text.ends_with("[...]");
        if text.len() <= KEYWORD_BYTES {
            lower.clear();
            if text.is_ascii() {
                lower.push_str(text);
                lower.make_ascii_lowercase();
            } else {
                lower.extend(text.chars().flat_map(char::to_lowercase));
            }
            stats.keywords = keywords::TEXT.count(lower);
        }
        stats
    }
}

/// The bytes that are words' characters by themselves, in lower case; 0 for all others.
const LOWER: [u8; 256] = {
    let mut lower = [0; 256];
    let mut b = 0;
    while b < 128 {
        if (b as u8).is_ascii_alphanumeric() || b as u8 == b'_' {
            lower[b] = (b as u8).to_ascii_lowercase();
        }
        b += 1;
    }
    lower
};

/// A word on its way: FNV-1a over its lower-case characters.
#[derive(Default)]
struct Word {
    hash: u64,
    len: u32,
    capital: bool,
}

pub(crate) const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
pub(crate) const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// A step of FNV-1a, by a whole character.
pub(crate) fn eat(hash: u64, c: u32) -> u64 {
    (hash ^ u64::from(c)).wrapping_mul(FNV_PRIME)
}

/// The first character of the lower case.
pub(crate) fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

impl Word {
    fn push(&mut self, c: u32) {
        if self.len == 0 {
            self.hash = FNV_OFFSET;
        }
        self.hash = eat(self.hash, c);
        self.len += 1;
    }

    fn finish(&mut self, stats: &mut TextStats, stop: &FxHashSet<u64>, words: &mut Vec<u64>) {
        if self.len > 0 {
            stats.words += 1;
            stats.capital_words += u32::from(self.capital);
            stats.stop_words += u32::from(stop.contains(&self.hash));
            stats.hash = (stats.hash.rotate_left(5) ^ self.hash).wrapping_mul(FNV_PRIME);
            words.push(self.hash);
            *self = Word::default();
        }
    }
}

/// The hash of a lower-case word, as [`TextStats::of`] gives it.
fn word_hash(word: &str) -> u64 {
    word.chars().fold(FNV_OFFSET, |hash, c| eat(hash, c as u32))
}

/// Function words of the languages that the stop-word lists of NLTK cover.
static STOP_WORDS: LazyLock<FxHashSet<u64>> = LazyLock::new(|| {
    let languages = [
        "ar", "az", "ca", "da", "de", "el", "en", "es", "fi", "fr", "he", "hu", "id", "it", "kk",
        "nl", "no", "pt", "ro", "ru", "sl", "sv", "tr",
    ];
    let words = languages.into_iter().filter_map(stop_words::lookup).flatten();
    words.map(|word| word_hash(word)).collect()
});

/// Whether a hash is that of a function word.
pub fn is_stop_word(hash: u64) -> bool {
    STOP_WORDS.contains(&hash)
}

/// Han and kana: written without spaces, so that each character counts as a word.
pub fn is_cjk(c: char) -> bool {
    matches!(c as u32,
        0x2e80..=0x2fdf | 0x3005..=0x3007 | 0x3041..=0x30ff | 0x31f0..=0x31ff
        | 0x3400..=0x4dbf | 0x4e00..=0x9fff | 0xf900..=0xfaff | 0xff66..=0xff9f
        | 0x20000..=0x3ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> TextStats {
        TextStats::of(text, &mut Vec::new(), &mut String::new())
    }

    #[test]
    fn words_and_marks_are_counted() {
        let s = of("The Tide, he said, “rose” 3 times…");
        assert_eq!((s.words, s.capital_words, s.digits, s.commas, s.quotes), (7, 2, 1, 2, 2));
        assert!(s.ellipsis && s.stop_words >= 2);
    }

    #[test]
    fn cjk_characters_are_words() {
        assert_eq!(of("今日は good").words, 4);
    }

    #[test]
    fn the_hash_ignores_case_and_marks() {
        assert_eq!(of("Read more!").hash, of("read  MORE").hash);
        assert_ne!(of("read more").hash, of("more read").hash);
    }
}
