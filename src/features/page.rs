//! The features that need only the blocks' texts and their order: what plain text and pages
//! with a DOM have in common.

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::keywords::TEXT_GROUPS;
use super::text::{TextStats, is_stop_word};
use super::{COUNT, Feature, Group, Layout, dom, fill_groups, group, share};
use crate::dom::Document;
use crate::page_type::figures::word_shares;
use crate::segment::Blocks;

/// What models also see of a line's neighbours in plain text.
pub(crate) const LINE_NEAR: [&str; 19] = [
    "words.chars",
    "words.stop",
    "words.capitals",
    "words.sentences",
    "words.commas",
    "words.ends_sentence",
    "words.ellipsis",
    "keywords.ad",
    "keywords.related",
    "keywords.comment",
    "keywords.share",
    "keywords.newsletter",
    "keywords.author",
    "keywords.date",
    "keywords.counter",
    "keywords.bio",
    "keywords.read_more",
    "place.title_share",
    "place.title_cover",
];

/// From how many words on a block counts as a paragraph.
const PARAGRAPH_WORDS: u32 = 20;

/// What is known of a page's texts before any block is looked at by itself.
pub struct Texts {
    pub(super) stats: Vec<TextStats>,
    /// Of each block: how its text stands to the others.
    extra: Vec<Extra>,
    /// Of each line of plain text, and none of a page with a DOM.
    lines: Vec<Line>,
    /// Of a page with a DOM: see [`word_shares`].
    type_words: Vec<f32>,
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
    /// Blocks since, and until, the nearest paragraph.
    since_paragraph: u32,
    until_paragraph: u32,
}

/// What else is known of a line of plain text.
#[derive(Clone, Copy, Default)]
struct Line {
    /// Content words, and those that stand in other paragraphs too.
    content_words: u32,
    cohesive_words: u32,
    /// What is counted in it.
    marks: Marks,
    /// Counted keywords of the last heading-like line, and lines since.
    heading: [u8; TEXT_GROUPS.len()],
    since_heading: u32,
    /// Of its first words, how many stand together in a short line above, and how far above.
    echoed_words: u32,
    since_echoed: u32,
}

/// Counts over a line of plain text, which has no markup that would tell as much.
#[derive(Clone, Copy, Default)]
struct Marks {
    letters: u32,
    upper: u32,
    /// Words that hold a digit.
    number_words: u32,
    /// Bars, bullets and arrows.
    separators: u32,
    /// `@` and `://`.
    addresses: u32,
}

impl Marks {
    fn of(text: &str) -> Marks {
        let mut marks = Marks::default();
        for word in text.split_whitespace() {
            let (mut digit, mut marked) = (false, false);
            for c in word.chars() {
                marks.letters += u32::from(c.is_alphabetic());
                marks.upper += u32::from(c.is_uppercase());
                digit |= c.is_numeric();
                marked |= matches!(
                    c,
                    '|' | '/' | '>' | '•' | '·' | '›' | '»' | '–' | '—' | '→' | '★' | '｜'
                );
            }
            marks.number_words += u32::from(digit);
            marks.separators += u32::from(marked);
            marks.addresses += u32::from(word.contains('@') || word.contains("://"));
        }
        marks
    }
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
    stats.words <= 12 && !matches!(stats.last, '.' | ',' | ';' | '…' | '。')
}

/// And its keywords say what that is.
fn heads_by_keyword(stats: &TextStats) -> bool {
    heads(stats) && stats.keywords.iter().any(|n| *n > 0)
}

fn is_paragraph(stats: &TextStats) -> bool {
    stats.words >= PARAGRAPH_WORDS && stats.sentence_ends > 0
}

/// The words of each block, from all words and where those of each end.
fn each<'a>(words: &'a [u64], ends: &'a [usize]) -> impl Iterator<Item = &'a [u64]> {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| &words[start..*end])
}

impl Texts {
    /// Looks over the texts of a page with a DOM.
    pub fn of_document(document: &Document, blocks: &Blocks) -> Texts {
        let (mut texts, words, _) = Texts::with_words(blocks, &dom::title_texts(document));
        texts.type_words = word_shares(&words);
        texts
    }

    /// Of a page with a DOM: the shares of the words that tell page types.
    pub(crate) fn type_words(&self) -> &[f32] {
        &self.type_words
    }

    /// Looks over the lines of plain text, the first of which may be its title.
    pub fn of_lines(blocks: &Blocks) -> Texts {
        let title: Vec<&str> = blocks.texts().take(1).collect();
        let (mut texts, words, ends) = Texts::with_words(blocks, &title);
        let line = |text| Line { marks: Marks::of(text), ..Line::default() };
        texts.lines = blocks.texts().map(line).collect();
        texts.cohere(&words, &ends);
        texts.head();
        texts.echo(&words, &ends);
        texts
    }

    /// Also all words, as hashes, and where those of each block end.
    fn with_words(blocks: &Blocks, titles: &[&str]) -> (Texts, Vec<u64>, Vec<usize>) {
        let bytes: usize = blocks.texts().map(str::len).sum();
        let (mut words, mut lower) = (Vec::with_capacity(bytes / 6), String::new());
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
        let title_words: FxHashSet<u64> = title_words.into_iter().collect();
        let mut texts = Texts {
            extra: vec![Extra::default(); stats.len()],
            lines: Vec::new(),
            type_words: Vec::new(),
            stats,
            total: Totals::default(),
        };
        texts.place();
        texts.copies();
        texts.compare(&words, &ends, &title_words);
        (texts, words, ends)
    }

    /// Whether a line heads what follows it, by its look.
    pub(crate) fn heads(&self, line: usize) -> bool {
        heads(&self.stats[line])
    }

    /// How lines of plain text hang together. One container holds all; lines of like length, end
    /// and keywords are of a kind.
    pub(super) fn layout(&self) -> Layout {
        let mut known = FxHashMap::default();
        let kind = |stats: &TextStats| {
            let marks = (matches!(stats.last, '.' | '!' | '?' | '。'), stats.keywords);
            let next = known.len() as u32;
            *known.entry((stats.words.checked_ilog2(), marks)).or_insert(next)
        };
        let kinds = self.stats.iter().map(kind).collect();
        let n = self.stats.len();
        Layout {
            words: self.stats.iter().map(|stats| stats.words).collect(),
            kinds,
            levels: vec![[(0, n as u32); Layout::LEVELS]; n],
        }
    }

    /// Finds for each line what the last heading-like line above it says.
    fn head(&mut self) {
        let (mut heading, mut since) = ([0; TEXT_GROUPS.len()], 0);
        for (stats, line) in self.stats.iter().zip(&mut self.lines) {
            (line.heading, line.since_heading) = (heading, since);
            since += 1;
            if heads_by_keyword(stats) {
                (heading, since) = (stats.keywords, 0);
            }
        }
    }

    /// Counts of each line's first words those that stand together in a short line above: a bio
    /// begins with the name that heads it, or that is its byline.
    fn echo(&mut self, words: &[u64], ends: &[usize]) {
        /// Words of a name, and of a line that may be one.
        const NAME: usize = 3;
        const SHORT: u32 = 8;
        // Word -> the last short line that has it.
        let mut above: FxHashMap<u64, u32> = FxHashMap::default();
        for (i, (own, line)) in each(words, ends).zip(&mut self.lines).enumerate() {
            let first = own.iter().filter(|word| !is_stop_word(**word));
            let mut places = [None; NAME];
            places.iter_mut().zip(first).for_each(|(at, word)| *at = above.get(word).copied());
            let together = |at| places.iter().filter(|other| **other == Some(at)).count() as u32;
            if let Some((n, at)) = places.iter().flatten().map(|at| (together(*at), *at)).max() {
                (line.echoed_words, line.since_echoed) = (n, i as u32 - at);
            }
            if self.stats[i].words <= SHORT {
                above.extend(own.iter().map(|word| (*word, i as u32)));
            }
        }
    }

    /// Counts of each line the content words that stand in other paragraphs too.
    fn cohere(&mut self, words: &[u64], ends: &[usize]) {
        // Word -> in how many paragraphs, and the last of them.
        let mut spread: FxHashMap<u64, (u32, u32)> = FxHashMap::default();
        for (i, own) in each(words, ends).enumerate() {
            if is_paragraph(&self.stats[i]) {
                for word in own {
                    let (n, last) = spread.entry(*word).or_insert((0, u32::MAX));
                    if *last != i as u32 {
                        (*n, *last) = (*n + 1, i as u32);
                    }
                }
            }
        }
        for ((own, stats), line) in each(words, ends).zip(&self.stats).zip(&mut self.lines) {
            let itself = u32::from(is_paragraph(stats));
            for word in own.iter().filter(|word| !is_stop_word(**word)) {
                let is_spread = spread.get(word).is_some_and(|(n, _)| *n > itself);
                line.content_words += 1;
                line.cohesive_words += u32::from(is_spread);
            }
        }
    }

    fn place(&mut self) {
        let mut total = Totals::default();
        let mut since_paragraph = 0;
        for (stats, extra) in self.stats.iter().zip(&mut self.extra) {
            extra.words_before = total.words;
            extra.paragraphs_before = total.paragraphs;
            extra.since_paragraph = since_paragraph;
            total.blocks += 1;
            total.words += stats.words;
            total.cjk += stats.cjk;
            total.chars += stats.chars;
            since_paragraph += 1;
            if is_paragraph(stats) {
                total.paragraphs += 1;
                total.paragraph_words += stats.words;
                since_paragraph = 0;
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
        let mut seen = FxHashMap::with_capacity_and_hasher(self.stats.len(), FxBuildHasher);
        let hashes = self.stats.iter().map(|stats| stats.hash);
        // Of each block, the first with the same words.
        let first: Vec<usize> =
            hashes.enumerate().map(|(i, hash)| *seen.entry(hash).or_insert(i)).collect();
        for (i, first) in first.iter().enumerate() {
            self.extra[i].copies_before = self.extra[*first].copies;
            self.extra[*first].copies += 1;
        }
        for (i, first) in first.iter().enumerate() {
            self.extra[i].copies = self.extra[*first].copies;
        }
    }

    /// Block `i` as the groups below see it.
    fn seen(&self, i: usize) -> Seen<'_> {
        Seen {
            stats: &self.stats[i],
            extra: &self.extra[i],
            line: self.lines.get(i),
            total: &self.total,
            i: i as u32,
        }
    }

    /// Compares each block's words with the title's.
    fn compare(&mut self, words: &[u64], ends: &[usize], title: &FxHashSet<u64>) {
        // Most words differ from all of the title's in this already.
        let bit = |word: &u64| 1u64 << (word >> 58);
        let bits = title.iter().map(bit).fold(0, |bits, bit| bits | bit);
        for (own, extra) in each(words, ends).zip(&mut self.extra) {
            let common = |word: &&u64| bits & bit(word) != 0 && title.contains(word);
            extra.title_words = title.len() as u32;
            extra.title_common = own.iter().filter(common).count() as u32;
        }
    }
}

/// One block as the groups below see it.
pub(crate) struct Seen<'a> {
    stats: &'a TextStats,
    extra: &'a Extra,
    line: Option<&'a Line>,
    total: &'a Totals,
    i: u32,
}

impl Seen<'_> {
    fn line(&self) -> &Line {
        self.line.expect("only groups of plain text ask")
    }
}

/// All groups, in the order of the schema.
pub(crate) fn groups<'a>() -> [Group<Seen<'a>>; 4] {
    [words(), keywords(), place(), page()]
}

/// Fills `out` with the features of block `i`; gives how many they are.
pub(crate) fn fill(texts: &Texts, i: usize, out: &mut [f32]) -> usize {
    fill_groups(&groups(), &texts.seen(i), out)
}

/// All groups of plain text, in the order of the schema.
pub(crate) fn line_groups<'a>() -> [Group<Seen<'a>>; 6] {
    [words(), counted_keywords(), place(), page(), lines(), heading()]
}

/// Fills `out` with the features of a line of plain text.
pub(crate) fn fill_line(texts: &Texts, i: usize, out: &mut [f32]) {
    fill_groups(&line_groups(), &texts.seen(i), out);
}

group! {
    lines(c: Seen) = "line" {
        cohesion near: "share of its content words that stand in another paragraph", 0..1 => share(c.line().cohesive_words, c.line().content_words);
        since_heading: "number of lines since the last heading-like one with keywords", 0..COUNT => c.line().since_heading;
        copies_before: "number of lines above with the same words", 0..COUNT => c.extra.copies_before;
        word_length: "characters a word", 0..64 => share(c.stats.chars, c.stats.words).min(64.0);
        stop_count: "number of function words", 0..COUNT => c.stats.stop_words;
        numbers: "words that hold a digit, a word", 0..1 => share(c.line().marks.number_words, c.stats.words).min(1.0);
        letters: "share of letters among characters", 0..1 => share(c.line().marks.letters, c.stats.chars).min(1.0);
        upper: "share of upper case among letters", 0..1 => share(c.line().marks.upper, c.line().marks.letters).min(1.0);
        comma_density: "commas a word", 0..1 => share(c.stats.commas, c.stats.words).min(1.0);
        separators: "number of words with bars, bullets or arrows", 0..COUNT => c.line().marks.separators;
        addresses: "number of mail addresses and URLs", 0..COUNT => c.line().marks.addresses;
        starts_upper: "starts with an upper-case letter", 0..1 => c.stats.first.is_uppercase();
        starts_lower: "starts with a lower-case letter", 0..1 => c.stats.first.is_lowercase();
        starts_digit: "starts with a digit", 0..1 => c.stats.first.is_numeric();
        starts_quote: "starts with a quotation mark", 0..1 => matches!(c.stats.first, '"' | '“' | '„' | '«' | '「' | '‘' | '\'');
        ends_question: "ends with a question mark", 0..1 => matches!(c.stats.last, '?' | '？' | '؟');
        ends_colon: "ends with a colon", 0..1 => matches!(c.stats.last, ':' | '：');
        ends_letter: "ends with a letter", 0..1 => c.stats.last.is_alphabetic();
        ends_digit: "ends with a digit", 0..1 => c.stats.last.is_numeric();
        echoed_words near: "of its first three content words, how many stand together in a short line above", 0..3 => c.line().echoed_words;
        since_echoed: "lines since that line", 0..COUNT => c.line().since_echoed;
    }
}

/// The features of counted keywords.
fn keyword_counts(group: &str, meaning: &str) -> Vec<Feature> {
    let feature = |name: &&str| Feature {
        name: format!("{group}.{name}"),
        meaning: format!("{meaning}: number of keywords of group `{name}`"),
        range: (0.0, 255.0),
        near: false,
    };
    TEXT_GROUPS.iter().map(feature).collect()
}

fn fill_counts(counts: &[u8], out: &mut [f32]) {
    out.iter_mut().zip(counts).for_each(|(value, n)| *value = f32::from(*n));
}

fn heading<'a>() -> Group<Seen<'a>> {
    Group {
        len: TEXT_GROUPS.len(),
        features: || keyword_counts("heading_keywords", "the last heading-like line with keywords"),
        fill: |c, out| fill_counts(&c.line().heading, out),
    }
}

group! {
    words(c: Seen) = "words" {
        chars: "number of characters other than white space", 0..COUNT => c.stats.chars;
        words near: "number of words; each CJK character is one", 0..COUNT => c.stats.words;
        stop: "share of function words", 0..1 => share(c.stats.stop_words, c.stats.words);
        capitals: "share of words that start with a capital", 0..1 => share(c.stats.capital_words, c.stats.words);
        digits: "share of digits among characters", 0..1 => share(c.stats.digits, c.stats.chars);
        sentences: "number of sentence ends", 0..COUNT => c.stats.sentence_ends;
        commas: "number of commas", 0..COUNT => c.stats.commas;
        quotes: "number of quotation marks", 0..COUNT => c.stats.quotes;
        currency: "number of currency signs", 0..COUNT => c.stats.currency;
        lines: "number of line breaks", 0..COUNT => c.stats.lines;
        starts_mark: "starts with none of these", 0..1 => !c.stats.first.is_alphanumeric();
        ends_sentence: "ends with . ! ? or kin", 0..1 => matches!(c.stats.last, '.' | '!' | '?' | '。' | '！' | '？' | '؟' | '।' | '۔' | '”' | '"');
        ellipsis: "ends in an ellipsis", 0..1 => c.stats.ellipsis;
    }
}

/// Which keywords stand in a block: with a DOM around it, how many says nothing more.
fn keywords<'a>() -> Group<Seen<'a>> {
    Group {
        len: TEXT_GROUPS.len(),
        features: || {
            let counts = keyword_counts("keyword", "the text, where short, at most 1");
            counts.into_iter().map(|count| Feature { range: (0.0, 1.0), ..count }).collect()
        },
        fill: |c, out| fill_counts(&c.stats.keywords.map(|n| n.min(1)), out),
    }
}

fn counted_keywords<'a>() -> Group<Seen<'a>> {
    Group {
        len: TEXT_GROUPS.len(),
        features: || keyword_counts("keywords", "the text, where short"),
        fill: |c, out| fill_counts(&c.stats.keywords, out),
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
        since_paragraph: "number of blocks since the last paragraph", 0..COUNT => c.extra.since_paragraph;
        until_paragraph: "number of blocks until the next paragraph", 0..COUNT => c.extra.until_paragraph;
        copies: "number of blocks with the same words", 0..COUNT => c.extra.copies;
        title_share: "share of its words that are the title's", 0..1 => share(c.extra.title_common, c.stats.words);
        title_cover: "its words that are the title's, over the title's words", 0..4 => share(c.extra.title_common, c.extra.title_words).min(4.0);
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
