//! The features that need only the blocks' texts and their order: what plain text and pages
//! with a DOM have in common.

use rustc_hash::FxHashMap;

use super::keywords::{Mask, TEXT_GROUPS};
use super::text::{TextStats, is_stop_word};
use super::{COUNT, Group, fill_groups, fill_mask, group, mask_features, share};
use crate::segment::Blocks;

/// From how many words on a block counts as a paragraph.
const PARAGRAPH_WORDS: u32 = 20;

/// What is known of a page's texts before any block is looked at by itself.
pub(crate) struct Texts {
    pub stats: Vec<TextStats>,
    /// Of each block: how its text stands to the others.
    extra: Vec<Extra>,
    total: Totals,
}

/// One block among the others.
#[derive(Clone, Copy, Default)]
struct Extra {
    /// Blocks with the same words, this one included; and how many of them came before.
    copies: u32,
    copies_before: u32,
    /// Words before this block.
    words_before: u32,
    /// Paragraphs before this block.
    paragraphs_before: u32,
    /// Words shared with the title; words of the title.
    title_common: u32,
    title_words: u32,
    /// Content words, and those that stand in other paragraphs too.
    content_words: u32,
    cohesive_words: u32,
    /// Keywords of the last heading-like line, and blocks since.
    heading: Mask,
    since_heading: u32,
    /// Blocks since, and until, the nearest paragraph.
    since_paragraph: u32,
    until_paragraph: u32,
}

#[derive(Clone, Copy, Default)]
struct Totals {
    blocks: u32,
    words: u32,
    paragraphs: u32,
    paragraph_words: u32,
    cjk: u32,
    chars: u32,
}

/// A short line that does not end like a sentence heads what follows it.
fn heads(stats: &TextStats) -> bool {
    stats.words <= 12 && stats.letters > 0 && !matches!(stats.last, '.' | ',' | ';' | '…' | '。')
}

fn is_paragraph(stats: &TextStats) -> bool {
    stats.words >= PARAGRAPH_WORDS && stats.sentence_ends > 0
}

impl Texts {
    /// Looks over the texts of a page whose title may be one of `titles`.
    pub fn new(blocks: &Blocks, titles: &[&str]) -> Texts {
        let (mut words, mut lower) = (Vec::new(), String::new());
        let mut ends = Vec::with_capacity(blocks.len());
        let mut stats = Vec::with_capacity(blocks.len());
        for text in blocks.texts() {
            stats.push(TextStats::of(text, &mut words, &mut lower));
            ends.push(words.len());
        }
        let mut title_words = Vec::new();
        for title in titles {
            TextStats::of(title, &mut title_words, &mut lower);
        }
        title_words.sort_unstable();
        title_words.dedup();
        let mut texts =
            Texts { extra: vec![Extra::default(); stats.len()], stats, total: Totals::default() };
        texts.place();
        texts.copies();
        texts.compare(&words, &ends, &title_words);
        texts
    }

    fn place(&mut self) {
        let mut total = Totals::default();
        let (mut heading, mut since_heading, mut since_paragraph) = (0, 0, 0);
        for (stats, extra) in self.stats.iter().zip(&mut self.extra) {
            extra.words_before = total.words;
            extra.paragraphs_before = total.paragraphs;
            extra.heading = heading;
            extra.since_heading = since_heading;
            extra.since_paragraph = since_paragraph;
            total.blocks += 1;
            total.words += stats.words;
            total.cjk += stats.cjk;
            total.chars += stats.chars;
            (since_heading, since_paragraph) = (since_heading + 1, since_paragraph + 1);
            if is_paragraph(stats) {
                total.paragraphs += 1;
                total.paragraph_words += stats.words;
                since_paragraph = 0;
            }
            if heads(stats) && stats.keywords != 0 {
                (heading, since_heading) = (stats.keywords, 0);
            }
        }
        let mut until_paragraph = 0;
        for (stats, extra) in self.stats.iter().zip(&mut self.extra).rev() {
            extra.until_paragraph = until_paragraph;
            until_paragraph = if is_paragraph(stats) { 0 } else { until_paragraph + 1 };
        }
        self.total = total;
    }

    fn copies(&mut self) {
        let mut seen: FxHashMap<u64, u32> = FxHashMap::default();
        for (stats, extra) in self.stats.iter().zip(&mut self.extra) {
            let n = seen.entry(stats.hash).or_default();
            extra.copies_before = *n;
            *n += 1;
        }
        for (stats, extra) in self.stats.iter().zip(&mut self.extra) {
            extra.copies = seen[&stats.hash];
        }
    }

    /// Compares each block's words with the title's and with those of all paragraphs.
    fn compare(&mut self, words: &[u64], ends: &[usize], title: &[u64]) {
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let ranges: Vec<(usize, usize)> = starts.zip(ends.iter().copied()).collect();
        // Word -> in how many paragraphs, and the last of them.
        let mut spread: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        for (i, &(start, end)) in ranges.iter().enumerate() {
            if is_paragraph(&self.stats[i]) {
                for word in &words[start..end] {
                    let (n, last) = spread.entry(*word).or_insert((0, u32::MAX));
                    if *last != i as u32 {
                        (*n, *last) = (*n + 1, i as u32);
                    }
                }
            }
        }
        for (i, &(start, end)) in ranges.iter().enumerate() {
            let own = u32::from(is_paragraph(&self.stats[i]));
            let extra = &mut self.extra[i];
            extra.title_words = title.len() as u32;
            for word in &words[start..end] {
                extra.title_common += u32::from(title.binary_search(word).is_ok());
                if !is_stop_word(*word) {
                    extra.content_words += 1;
                    extra.cohesive_words +=
                        u32::from(spread.get(word).is_some_and(|(n, _)| *n > own));
                }
            }
        }
    }
}

/// One block as the groups below see it.
pub(crate) struct Seen<'a> {
    stats: &'a TextStats,
    extra: &'a Extra,
    total: &'a Totals,
    i: u32,
}

/// All groups, in the order of the schema.
pub(crate) fn groups<'a>() -> [Group<Seen<'a>>; 5] {
    [words(), text_keywords(), heading(), place(), page()]
}

/// Fills `out` with the features of block `i`; gives how many they are.
pub(crate) fn fill(texts: &Texts, i: usize, out: &mut [f32]) -> usize {
    let seen =
        Seen { stats: &texts.stats[i], extra: &texts.extra[i], total: &texts.total, i: i as u32 };
    fill_groups(&groups(), &seen, out)
}

group! {
    words(c: Seen) = "words" {
        chars near: "number of characters other than white space", 0..COUNT => c.stats.chars;
        words near: "number of words; each CJK character is one", 0..COUNT => c.stats.words;
        word_length: "characters a word", 0..64 => share(c.stats.chars, c.stats.words).min(64.0);
        stop near: "share of function words", 0..1 => share(c.stats.stop_words, c.stats.words);
        stop_count: "number of function words", 0..COUNT => c.stats.stop_words;
        capitals near: "share of words that start with a capital", 0..1 => share(c.stats.capital_words, c.stats.words);
        numbers: "share of words that hold a digit", 0..1 => share(c.stats.number_words, c.stats.words);
        upper: "share of upper case among letters", 0..1 => share(c.stats.upper, c.stats.letters);
        digits: "share of digits among characters", 0..1 => share(c.stats.digits, c.stats.chars);
        letters: "share of letters among characters", 0..1 => share(c.stats.letters, c.stats.chars);
        sentences near: "number of sentence ends", 0..COUNT => c.stats.sentence_ends;
        commas near: "number of commas", 0..COUNT => c.stats.commas;
        comma_density: "commas a word", 0..1 => share(c.stats.commas, c.stats.words).min(1.0);
        quotes: "number of quotation marks", 0..COUNT => c.stats.quotes;
        separators: "number of bars, bullets and arrows", 0..COUNT => c.stats.separators;
        currency: "number of currency signs", 0..COUNT => c.stats.currency;
        addresses: "number of @ and URL marks", 0..COUNT => c.stats.addresses;
        lines: "number of line breaks", 0..COUNT => c.stats.lines;
        starts_upper: "starts with an upper-case letter", 0..1 => c.stats.first.is_uppercase();
        starts_lower: "starts with a lower-case letter", 0..1 => c.stats.first.is_lowercase();
        starts_digit: "starts with a digit", 0..1 => c.stats.first.is_numeric();
        starts_mark: "starts with none of these", 0..1 => !c.stats.first.is_alphanumeric();
        starts_quote: "starts with a quotation mark", 0..1 => matches!(c.stats.first, '"' | '“' | '„' | '«' | '「' | '‘' | '\'');
        ends_sentence near: "ends with . ! ? or kin", 0..1 => matches!(c.stats.last, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '।' | '۔' | '”' | '"');
        ends_question: "ends with a question mark", 0..1 => matches!(c.stats.last, '?' | '？' | '؟');
        ends_colon: "ends with a colon", 0..1 => matches!(c.stats.last, ':' | '：');
        ends_letter: "ends with a letter", 0..1 => c.stats.last.is_alphabetic();
        ends_digit: "ends with a digit", 0..1 => c.stats.last.is_numeric();
        ellipsis near: "ends in an ellipsis", 0..1 => c.stats.ellipsis;
    }
}

fn text_keywords<'a>() -> Group<Seen<'a>> {
    Group {
        len: TEXT_GROUPS.len(),
        features: || {
            let near = [
                "ad",
                "related",
                "comment",
                "share",
                "newsletter",
                "author",
                "date",
                "counter",
                "bio",
                "read_more",
            ];
            mask_features("keyword", &TEXT_GROUPS, "the text, where short", &near)
        },
        fill: |c, out| fill_mask(c.stats.keywords, out),
    }
}

fn heading<'a>() -> Group<Seen<'a>> {
    Group {
        len: TEXT_GROUPS.len(),
        features: || {
            mask_features("heading", &TEXT_GROUPS, "the last heading-like line with keywords", &[])
        },
        fill: |c, out| fill_mask(c.extra.heading, out),
    }
}

group! {
    place(c: Seen) = "place" {
        index: "number of blocks before", 0..COUNT => c.i;
        index_end: "number of blocks after", 0..COUNT => c.total.blocks - 1 - c.i;
        position: "share of the page's blocks that come before", 0..1 => share(c.i, c.total.blocks);
        words_before: "share of the page's words that come before", 0..1 => share(c.extra.words_before, c.total.words);
        words: "share of the page's words", 0..1 => share(c.stats.words, c.total.words);
        paragraphs_before: "share of the page's paragraphs that come before", 0..1 => share(c.extra.paragraphs_before, c.total.paragraphs);
        since_heading: "number of blocks since the last heading-like line with keywords", 0..COUNT => c.extra.since_heading;
        since_paragraph: "number of blocks since the last paragraph", 0..COUNT => c.extra.since_paragraph;
        until_paragraph: "number of blocks until the next paragraph", 0..COUNT => c.extra.until_paragraph;
        copies: "number of blocks with the same words", 0..COUNT => c.extra.copies;
        copies_before: "number of those that come before", 0..COUNT => c.extra.copies_before;
        title_share near: "share of its words that are the title's", 0..1 => share(c.extra.title_common, c.stats.words);
        title_cover near: "its words that are the title's, over the title's words", 0..4 => share(c.extra.title_common, c.extra.title_words).min(4.0);
        cohesion near: "share of its content words that stand in another paragraph", 0..1 => share(c.extra.cohesive_words, c.extra.content_words);
    }
}

group! {
    page(c: Seen) = "page" {
        blocks: "number of the page's blocks", 0..COUNT => c.total.blocks;
        words: "number of the page's words", 0..COUNT => c.total.words;
        paragraphs: "number of the page's paragraphs", 0..COUNT => c.total.paragraphs;
        paragraph_share: "share of the page's words in paragraphs", 0..1 => share(c.total.paragraph_words, c.total.words);
        cjk: "share of CJK among the page's characters", 0..1 => share(c.total.cjk, c.total.chars);
    }
}
