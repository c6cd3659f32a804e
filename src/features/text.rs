//! What can be counted in a block's text, in one pass over its characters.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

use super::keywords::{self, Mask};

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
    /// Words that hold a digit.
    pub number_words: u32,
    /// Letters.
    pub letters: u32,
    /// Upper-case letters.
    pub upper: u32,
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
    /// `| / • · » › > –` standing alone between words.
    pub separators: u32,
    /// Currency signs.
    pub currency: u32,
    /// `@`, `://` and `www.`.
    pub addresses: u32,
    /// Line breaks.
    pub lines: u32,
    /// First and last character.
    pub first: char,
    /// See [`TextStats::first`].
    pub last: char,
    /// Ends in an ellipsis, as a cut-off summary does.
    pub ellipsis: bool,
    /// Keyword groups of the text where it is short.
    pub keywords: Mask,
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
        let mut word = Word::default();
        let mut before = ' ';
        for c in text.chars() {
            if c.is_ascii() {
                let b = c as u8;
                if b.is_ascii_alphanumeric() || b == b'_' {
                    word.push(b.to_ascii_lowercase() as u32);
                    if b.is_ascii_digit() {
                        stats.digits += 1;
                        word.digit = true;
                    } else {
                        stats.letters += 1;
                        if b.is_ascii_uppercase() {
                            stats.upper += 1;
                            word.capital |= word.len == 1;
                        }
                    }
                } else {
                    word.finish(&mut stats, words);
                    match b {
                        b'.' | b'!' | b'?' => {
                            stats.sentence_ends +=
                                u32::from(!matches!(before, '.' | '!' | '?' | ' '));
                        }
                        b',' | b';' => stats.commas += 1,
                        b'"' => stats.quotes += 1,
                        b'|' | b'/' | b'>' | b'-' => stats.separators += u32::from(before == ' '),
                        b'$' => stats.currency += 1,
                        b'@' => stats.addresses += 1,
                        b':' => {
                            stats.addresses +=
                                u32::from(text.len() > 8 && before == 's' && text.contains("s://"))
                        }
                        b'\n' => stats.lines += 1,
                        _ => {}
                    }
                }
            } else if is_cjk(c) {
                word.finish(&mut stats, words);
                word.push(c as u32);
                word.finish(&mut stats, words);
                stats.cjk += 1;
                stats.letters += 1;
                stats.stop_words += u32::from(('\u{3041}'..='\u{309f}').contains(&c));
            } else if c.is_alphanumeric() {
                // The common case by far, lower-case letters, map to themselves.
                let lowered = c.to_lowercase().next().unwrap_or(c);
                word.push(lowered as u32);
                stats.letters += 1;
                if lowered != c {
                    stats.upper += 1;
                    word.capital |= word.len == 1;
                }
                if c.is_numeric() {
                    stats.digits += 1;
                    word.digit = true;
                }
            } else {
                word.finish(&mut stats, words);
                match c {
                    '。' | '！' | '？' | '؟' | '।' | '۔' | '…' => stats.sentence_ends += 1,
                    '，' | '、' | '；' | '،' => stats.commas += 1,
                    '“' | '”' | '„' | '«' | '»' | '「' | '」' | '‘' | '’' => {
                        stats.quotes += 1;
                        stats.separators += u32::from(matches!(c, '»' | '«') && before == ' ');
                    }
                    '•' | '·' | '›' | '–' | '—' | '→' | '★' | '｜' => {
                        stats.separators += 1
                    }
                    '€' | '£' | '¥' | '₹' | '₽' | '₺' | '₩' => stats.currency += 1,
                    _ => {}
                }
            }
            stats.chars += u32::from(!c.is_whitespace());
            before = if c.is_whitespace() { ' ' } else { c };
        }
        word.finish(&mut stats, words);
        stats.last = before;
        stats.ellipsis = text.ends_with('…')
            || text.ends_with("...")
            || text.ends_with("[…]")
            || text.ends_with("[...]");
        if text.len() <= KEYWORD_BYTES {
            lower.clear();
            lower.extend(text.chars().flat_map(char::to_lowercase));
            stats.keywords = keywords::TEXT.find(lower);
        }
        stats
    }
}

/// A word on its way: FNV-1a over its lower-case characters.
#[derive(Default)]
struct Word {
    hash: u64,
    len: u32,
    capital: bool,
    digit: bool,
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

impl Word {
    fn push(&mut self, c: u32) {
        if self.len == 0 {
            self.hash = FNV_OFFSET;
        }
        self.hash = (self.hash ^ u64::from(c)).wrapping_mul(FNV_PRIME);
        self.len += 1;
    }

    fn finish(&mut self, stats: &mut TextStats, words: &mut Vec<u64>) {
        if self.len > 0 {
            stats.words += 1;
            stats.capital_words += u32::from(self.capital);
            stats.number_words += u32::from(self.digit);
            stats.stop_words += u32::from(STOP_WORDS.contains(&self.hash));
            stats.hash = (stats.hash.rotate_left(5) ^ self.hash).wrapping_mul(FNV_PRIME);
            words.push(self.hash);
            *self = Word::default();
        }
    }
}

/// The hash of a lower-case word, as [`TextStats::of`] gives it.
fn word_hash(word: &str) -> u64 {
    word.chars().fold(FNV_OFFSET, |h, c| (h ^ c as u64).wrapping_mul(FNV_PRIME))
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
        assert_eq!((s.words, s.capital_words, s.number_words, s.commas, s.quotes), (7, 2, 1, 2, 2));
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
