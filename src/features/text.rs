//! What can be counted in a block's text, in one pass over its characters.

use std::sync::LazyLock;

use super::keywords::{self, TEXT_GROUPS};
use super::words::WordSet;
use crate::ascii::Sixteen;

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
        let bytes = text.as_bytes();
        let mut at = 0;
        loop {
            // Most of most texts is words of these with a space between them.
            let sixteen = Sixteen::at(bytes, at);
            if word.len == 0
                && let Some(len) = sixteen.whole_word()
            {
                let hash = short_word_hash(sixteen.lower_case().number(), len);
                stats.add_word(hash, bytes[at].is_ascii_uppercase(), stop_words, words);
                stats.chars += len;
                let digits = sixteen.digits().bits() & ((1 << len) - 1);
                if digits != 0 {
                    stats.digits += digits.count_ones();
                }
                at += len as usize;
                before = char::from(bytes[at - 1]);
                if bytes.get(at) == Some(&b' ') {
                    before = ' ';
                    at += 1;
                }
                continue;
            }
            let start = at;
            while let Some(letter) = bytes.get(at).map(|b| LOWER[usize::from(*b)])
                && letter != 0
            {
                word.push(u32::from(letter));
                stats.digits += u32::from(letter <= b'9');
                at += 1;
            }
            if at > start {
                let run = &bytes[start..at];
                word.capital |= word.len == run.len() as u32 && run[0].is_ascii_uppercase();
                stats.chars += run.len() as u32;
                before = char::from(run[run.len() - 1]);
            }
            let c = match bytes.get(at) {
                None => break,
                Some(b' ') => {
                    word.finish(&mut stats, stop_words, words);
                    before = ' ';
                    at += 1;
                    continue;
                }
                Some(byte) if byte.is_ascii() => char::from(*byte),
                Some(_) => text[at..].chars().next().unwrap_or_default(),
            };
            at += c.len_utf8();
            if is_cjk(c) {
                word.finish(&mut stats, stop_words, words);
                word.push(c as u32);
                word.finish(&mut stats, stop_words, words);
                stats.cjk += 1;
                stats.stop_words += u32::from(('\u{3041}'..='\u{309f}').contains(&c));
            } else if let Some(letter) = Letter::of(c) {
                word.push(letter.lower as u32);
                word.capital |= letter.lower != c && word.len == 1;
                stats.digits += u32::from(letter.is_numeric);
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
            lower_case(text, lower);
            stats.keywords = keywords::TEXT.count(lower);
        }
        stats
    }

    fn add_word(&mut self, hash: u64, capital: bool, stop_words: &WordSet, words: &mut Vec<u64>) {
        self.words += 1;
        self.capital_words += u32::from(capital);
        self.stop_words += u32::from(stop_words.contains(hash));
        self.hash = mix(self.hash, hash);
        words.push(hash);
    }
}

/// Writes a text in lower case, each character by itself.
fn lower_case(text: &str, out: &mut String) {
    out.clear();
    let mut rest = text;
    loop {
        let ascii = match rest.is_ascii() {
            true => rest.len(),
            false => rest.bytes().position(|b| !b.is_ascii()).unwrap_or(rest.len()),
        };
        let start = out.len();
        out.push_str(&rest[..ascii]);
        out[start..].make_ascii_lowercase();
        let mut chars = rest[ascii..].chars();
        let Some(c) = chars.next() else { break };
        out.extend(c.to_lowercase());
        rest = chars.as_str();
    }
}

/// The bytes that are words' characters by themselves, in lower case; 0 for all others.
pub(crate) const LOWER: [u8; 256] = {
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

/// A letter or number beyond ASCII.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Letter {
    /// The first character of its lower case.
    pub lower: char,
    pub is_numeric: bool,
}

/// Those before CJK by their code points, as to look one up takes a search.
static LETTERS: LazyLock<[Option<Letter>; 0x2e80]> =
    LazyLock::new(|| std::array::from_fn(|i| char::from_u32(i as u32).and_then(Letter::look_up)));

impl Letter {
    /// What this character is, if it is one.
    pub(crate) fn of(c: char) -> Option<Letter> {
        match c {
            '\u{ac00}'..='\u{d7a3}' => Some(Letter { lower: c, is_numeric: false }), // Hangul
            _ => LETTERS.get(c as usize).copied().unwrap_or_else(|| Letter::look_up(c)),
        }
    }

    fn look_up(c: char) -> Option<Letter> {
        let is_one = !c.is_ascii() && c.is_alphanumeric();
        is_one.then(|| Letter { lower: lower(c), is_numeric: c.is_numeric() })
    }
}

/// A word on its way: a hash over its lower-case characters, eight bytes at a time.
#[derive(Default)]
struct Word {
    hash: u64,
    /// The last bytes, not yet part of the hash.
    pending: u64,
    len: u32,
    capital: bool,
}

/// A step of a hash: that of `rustc-hash`, which is quick and knows no adversary.
fn mix(hash: u64, value: u64) -> u64 {
    (hash.rotate_left(5) ^ value).wrapping_mul(0x517c_c1b7_2722_0a95)
}

/// The first character of the lower case.
pub(crate) fn lower(c: char) -> char {
    if c.is_ascii() { c.to_ascii_lowercase() } else { c.to_lowercase().next().unwrap_or(c) }
}

impl Word {
    fn push(&mut self, c: u32) {
        self.len += 1;
        if c < 0x80 {
            self.pending = self.pending << 8 | u64::from(c);
        }
        if c >= 0x80 || self.len.is_multiple_of(8) {
            self.hash = mix(self.hash, self.pending);
            self.pending = 0;
        }
        if c >= 0x80 {
            self.hash = mix(self.hash, u64::from(c) | 1 << 63);
        }
    }

    fn hash(&self) -> u64 {
        mix(self.hash, self.pending)
    }

    fn finish(&mut self, stats: &mut TextStats, stop: &WordSet, words: &mut Vec<u64>) {
        if self.len > 0 {
            stats.add_word(self.hash(), self.capital, stop, words);
            *self = Word::default();
        }
    }
}

/// The hash of a word of at most 15 lower-case ASCII characters, the first bytes of a number.
pub(crate) fn short_word_hash(bytes: u128, len: u32) -> u64 {
    let (low, high) = (bytes as u64, (bytes >> 64) as u64);
    let (hash, rest, len) = match len.checked_sub(8) {
        Some(rest_len) => (mix(0, low.swap_bytes()), high, rest_len),
        None => (0, low, len),
    };
    // Two shifts, as one by all 64 bits is none.
    mix(hash, rest.swap_bytes() >> 1 >> (63 - 8 * len))
}

/// The hash of a lower-case word, as [`TextStats::of`] gives it.
pub(crate) fn word_hash(word: &str) -> u64 {
    let mut hash = Word::default();
    word.chars().for_each(|c| hash.push(c as u32));
    hash.hash()
}

/// Function words of the languages that the stop-word lists of NLTK cover.
static STOP_WORDS: LazyLock<WordSet> = LazyLock::new(|| {
    let languages = [
        "ar", "az", "ca", "da", "de", "el", "en", "es", "fi", "fr", "he", "hu", "id", "it", "kk",
        "nl", "no", "pt", "ro", "ru", "sl", "sv", "tr",
    ];
    let words = languages.into_iter().filter_map(stop_words::lookup).flatten();
    WordSet::new(words.map(|word| word_hash(word)))
});

/// Whether a hash is that of a function word.
pub fn is_stop_word(hash: u64) -> bool {
    STOP_WORDS.contains(hash)
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
    fn short_words_have_the_hash_of_their_characters() {
        for word in ["a", "ab", "seventh", "a_number", "nine2nine", "0123456789abcde"] {
            let mut words = Vec::new();
            TextStats::of(&word.to_uppercase(), &mut words, &mut String::new());
            assert_eq!(words, [word_hash(word)]);
            // Not by themselves but in one with a longer character.
            assert_eq!(of(&format!("{word}é")).hash, mix(0, word_hash(&format!("{word}é"))));
        }
    }

    #[test]
    fn letters_are_those_of_unicode() {
        for c in ('\0'..=char::MAX).filter(|c| !c.is_ascii()) {
            assert_eq!(Letter::of(c), Letter::look_up(c), "{c}");
            assert_eq!(Letter::of(c).is_some(), c.is_alphanumeric(), "{c}");
        }
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
