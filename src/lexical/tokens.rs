//! The tokens of a page's blocks.

use std::hash::{Hash, Hasher};
use std::sync::LazyLock;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHasher};

use super::SLOTS;
use crate::ascii::Sixteen;
use crate::dom::{Attr, AttrSet, Document, NodeId, Tag};
use crate::features::text::{self, LOWER, is_cjk, lower, short_word_hash};
use crate::features::{DISTINCT_NAMES, Texts};
use crate::segment::{Block, Blocks};

/// Where a token stands to a block. The same name means another thing in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    /// The block's element, and inline elements around its first text.
    Own,
    /// Its parent.
    Parent,
    /// Its grandparent.
    Grandparent,
    /// All elements further out, as one set.
    Far,
    /// The words of the block.
    Words,
    /// The words of the last heading above it.
    Heading,
    /// All words of a line of plain text.
    Line,
}

/// Words from a text's start, pairs of words, and words from its end.
const FIRST: usize = 12;
const PAIRS: usize = 5;
const LAST: usize = 6;
/// Words of a heading.
const HEADING: usize = 6;
/// Words of a line of plain text, of which nothing else is known.
const LINE: usize = 60;
/// A text's bytes in which the first words are looked for, and the last.
const HEAD: usize = 200;
const TAIL: usize = 60;

/// Groups that are weighed together.
#[derive(Clone, Copy, Debug)]
pub(super) enum Part {
    /// What elements are called, and the heading above: it is to a block as a name around it is, and not to
    /// be learnt by heart as words are.
    Names,
    /// What the text says; of plain text the heading too.
    Words,
}

/// Lists of tokens, each a hash.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Lists {
    tokens: Vec<u32>,
    ends: Vec<u32>,
}

impl Lists {
    fn end(&mut self) {
        self.ends.push(self.tokens.len() as u32);
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn list(&self, i: u32) -> &[u32] {
        let start = (i as usize).checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.tokens[start as usize..self.ends[i as usize] as usize]
    }
}

/// An element that holds blocks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Element {
    /// Its list of names.
    pub names: u32,
    /// The element that holds it, by its place in [`Tokens::elements`], where it comes earlier.
    pub parent: Option<u32>,
}

/// What is known of a block.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Line {
    /// Its element.
    element: u32,
    /// The end of its part of [`Tokens::own`].
    own_end: u32,
    /// The block that is the last heading above it.
    heading: Option<u32>,
}

/// The tokens of all blocks of a page. Elements of the same names share a list of these.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tokens {
    /// Names, classes, ids and roles of elements.
    pub(super) names: Lists,
    /// First and last words, a list a block.
    pub(super) words: Lists,
    /// All words, a list a line; of plain text only.
    line_words: Lists,
    pub(super) elements: Vec<Element>,
    /// Lists of names that are the blocks' own.
    own: Vec<u32>,
    lines: Vec<Line>,
}

impl Tokens {
    /// Those of a page with a DOM.
    pub fn of_document(document: &Document, blocks: &Blocks) -> Tokens {
        let mut tokens = Tokens::default();
        tokens.lines.reserve(blocks.len());
        tokens.words.ends.reserve(blocks.len());
        let mut names = Names {
            document,
            elements: vec![None; document.nodes().len()],
            lists: FxHashMap::with_capacity_and_hasher(DISTINCT_NAMES, FxBuildHasher),
            new: Vec::new(),
        };
        let mut heading = None;
        let mut hashes = Vec::new();
        for (i, block) in blocks.iter().enumerate() {
            let element = tokens.push_elements(&mut names, block);
            tokens.push_words(blocks.text(block), &mut hashes);
            tokens.lines.push(Line { element, own_end: tokens.own.len() as u32, heading });
            if document.node(block.node).tag.heading_level().is_some() {
                heading = Some(i as u32);
            }
        }
        tokens
    }

    /// Those of the lines of plain text, whose figures are `texts`.
    pub fn of_lines(blocks: &Blocks, texts: &Texts) -> Tokens {
        let mut tokens = Tokens::without_names();
        let mut heading = None;
        let mut hashes = Vec::new();
        for (i, text) in blocks.texts().enumerate() {
            tokens.push_line(text, heading, &mut hashes);
            if texts.heads(i) {
                heading = Some(i as u32);
            }
        }
        tokens
    }

    /// Those of a line of plain text by itself.
    pub(super) fn of_line(text: &str) -> Tokens {
        let mut tokens = Tokens::without_names();
        tokens.push_line(text, None, &mut Vec::new());
        tokens
    }

    /// Those of a block of a page with a DOM by itself, of which only the text is known.
    pub(super) fn of_block(text: &str) -> Tokens {
        Tokens { line_words: Lists::default(), ..Tokens::of_line(text) }
    }

    /// One element without names holds all lines.
    fn without_names() -> Tokens {
        let mut tokens = Tokens::default();
        tokens.names.end();
        tokens.elements.push(Element { names: 0, parent: None });
        tokens
    }

    fn push_line(&mut self, text: &str, heading: Option<u32>, hashes: &mut Vec<u64>) {
        self.push_words(text, hashes);
        words(text, LINE, |hash| self.line_words.tokens.push(fold(hash)));
        self.line_words.end();
        self.lines.push(Line { element: 0, own_end: 0, heading });
    }

    fn push_words(&mut self, text: &str, hashes: &mut Vec<u64>) {
        hashes.clear();
        text_tokens(text, hashes);
        self.words.tokens.extend(hashes.iter().map(|hash| fold(*hash)));
        self.words.end();
    }

    /// Adds the elements around a block; gives the one that it fills.
    fn push_elements(&mut self, names: &mut Names, block: &Block) -> u32 {
        let document = names.document;
        for id in document.ancestors(block.first).take_while(|id| *id > block.node) {
            let list = names.list(id, &mut self.names);
            self.own.push(list);
        }
        let element = names.element(block.node, self);
        self.own.push(self.elements[element as usize].names);
        element
    }

    /// How many blocks.
    pub fn blocks(&self) -> usize {
        self.lines.len()
    }

    /// The lists of a block's own names, the element that it fills, and the words of the heading
    /// above it.
    pub(super) fn block(&self, i: usize) -> (&[u32], Element, &[u32]) {
        let line = &self.lines[i];
        let start = i.checked_sub(1).map_or(0, |before| self.lines[before].own_end);
        let heading = line.heading.map_or(&[][..], |heading| {
            let words = self.words.list(heading);
            &words[..words.len().min(HEADING)]
        });
        let element = self.elements[line.element as usize];
        (&self.own[start as usize..line.own_end as usize], element, heading)
    }

    /// All words of a line of plain text.
    pub(super) fn line_words(&self, i: usize) -> &[u32] {
        match self.line_words.len() {
            0 => &[],
            _ => self.line_words.list(i as u32),
        }
    }

    /// The slots of a block in one of the tables, and what each counts: in each group one over the root
    /// of its number of tokens, so that long texts and deep pages do not outweigh the rest.
    pub(super) fn slots(&self, i: usize, part: Part, slots: &mut Vec<(u32, f32)>) {
        let mut push = |group: Group, lists: &mut dyn Iterator<Item = &[u32]>| {
            let start = slots.len();
            for list in lists {
                slots.extend(list.iter().map(|token| (slot(*token, group), 0.0)));
            }
            let scale = scale(slots.len() - start);
            slots[start..].iter_mut().for_each(|slot| slot.1 = scale);
        };
        let (own, element, heading) = self.block(i);
        match part {
            Part::Names => {
                let parent =
                    |element: &Element| element.parent.map(|at| self.elements[at as usize]);
                let mut around = std::iter::successors(Some(element), parent).skip(1);
                let mut names = around.by_ref().map(|element| self.names.list(element.names));
                push(Group::Own, &mut own.iter().map(|list| self.names.list(*list)));
                push(Group::Parent, &mut names.by_ref().take(1));
                push(Group::Grandparent, &mut names.by_ref().take(1));
                push(Group::Far, &mut names);
                if !self.are_of_lines() {
                    push(Group::Heading, &mut std::iter::once(heading));
                }
            }
            Part::Words => {
                push(Group::Words, &mut std::iter::once(self.words.list(i as u32)));
                if self.are_of_lines() {
                    push(Group::Heading, &mut std::iter::once(heading));
                    push(Group::Line, &mut std::iter::once(self.line_words(i)));
                }
            }
        }
    }

    /// Whether they are of plain text.
    pub(super) fn are_of_lines(&self) -> bool {
        self.line_words.len() > 0
    }
}

/// What each of so many tokens counts.
pub(super) fn scale(tokens: usize) -> f32 {
    if tokens == 0 { 0.0 } else { 1.0 / (tokens as f32).sqrt() }
}

/// The slot of a token.
pub(super) fn slot(token: u32, group: Group) -> u32 {
    let mixed = (u64::from(token) | (group as u64 + 1) << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 40) as u32 & (SLOTS as u32 - 1)
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// A step of FNV-1a, by a whole character.
fn eat(hash: u64, c: u32) -> u64 {
    (hash ^ u64::from(c)).wrapping_mul(FNV_PRIME)
}

fn fold(hash: u64) -> u32 {
    (hash ^ hash >> 32) as u32
}

/// The elements of a page that have been met.
struct Names<'a> {
    document: &'a Document,
    /// The place of each node that is an element and has been met.
    elements: Vec<Option<u32>>,
    /// The list of each distinct element: of its tag and attributes.
    lists: FxHashMap<u64, u32>,
    /// A buffer: elements that have not been met.
    new: Vec<NodeId>,
}

/// The attributes that hold names.
const NAMES: AttrSet =
    AttrSet::of(&[Attr::Class, Attr::Id, Attr::Role, Attr::Itemprop, Attr::Data, Attr::AriaLabel]);

impl Names<'_> {
    /// The place of an element and, before it, of those that hold it.
    fn element(&mut self, id: NodeId, tokens: &mut Tokens) -> u32 {
        let document = self.document;
        let mut new = std::mem::take(&mut self.new);
        let mut parent = None;
        for id in std::iter::once(id).chain(document.ancestors(id)) {
            match self.elements[id as usize] {
                Some(known) => {
                    parent = Some(known);
                    break;
                }
                None => new.push(id),
            }
        }
        while let Some(id) = new.pop() {
            let names = self.list(id, &mut tokens.names);
            let at = tokens.elements.len() as u32;
            tokens.elements.push(Element { names, parent });
            self.elements[id as usize] = Some(at);
            parent = Some(at);
        }
        self.new = new;
        parent.expect("the element itself, at least")
    }

    /// The list of an element's names.
    fn list(&mut self, id: NodeId, lists: &mut Lists) -> u32 {
        let tag = self.document.node(id).tag;
        let mut hasher = FxHasher::default();
        tag.hash(&mut hasher);
        for (attr, value) in self.document.attrs_where(id, NAMES) {
            (attr as u32, value).hash(&mut hasher);
        }
        *self.lists.entry(hasher.finish()).or_insert_with(|| {
            lists.tokens.push(fold(eat(FNV_OFFSET, tag as u32 + 0x11_0000)));
            // What they are called says what the page is, and not what any block of it is.
            let wanted = match tag {
                Tag::Html | Tag::Body => AttrSet::default(),
                _ => NAMES,
            };
            let ascii = &*ASCII;
            for (attr, value) in self.document.attrs_where(id, wanted) {
                for name in value.split_ascii_whitespace().take(12) {
                    // Bytes are quicker than characters, and most names have no others.
                    match name.is_ascii() {
                        true => name_tokens(
                            attr,
                            name.bytes().map(|byte| ascii[usize::from(byte & 0x7f)]),
                            &mut lists.tokens,
                        ),
                        false => name_tokens(attr, name.chars().map(Letter::of), &mut lists.tokens),
                    }
                }
            }
            lists.end();
            lists.len() as u32 - 1
        })
    }
}

/// A character of a name.
#[derive(Clone, Copy)]
struct Letter {
    kind: LetterKind,
    /// Itself in lower case.
    lower: u32,
}

#[derive(Clone, Copy, PartialEq)]
enum LetterKind {
    Upper,
    /// A letter that is not upper case.
    Lower,
    /// Of ASCII.
    Digit,
    Other,
}

impl Letter {
    fn of(c: char) -> Letter {
        let kind = match c {
            c if c.is_uppercase() => LetterKind::Upper,
            c if c.is_alphabetic() => LetterKind::Lower,
            c if c.is_ascii_digit() => LetterKind::Digit,
            _ => LetterKind::Other,
        };
        Letter { kind, lower: lower(c) as u32 }
    }
}

/// What [`Letter::of`] gives for each character of ASCII.
static ASCII: LazyLock<[Letter; 128]> =
    LazyLock::new(|| std::array::from_fn(|i| Letter::of(char::from(i as u8))));

/// A name, whole and in parts: of `postBody-2` these are `postbody-0`, `post` and `body`.
#[inline]
fn name_tokens(attr: Attr, name: impl Iterator<Item = Letter>, out: &mut Vec<u32>) {
    use LetterKind::*;
    let (mut whole, mut part) = (eat(FNV_OFFSET, attr as u32 + 0x12_0000), FNV_OFFSET);
    let (mut length, mut before, mut parts) = (0, Other, 0);
    let mut end = |part: &mut u64, length: &mut u32| {
        if *length > 1 && parts < 6 {
            out.push(fold(*part));
            parts += 1;
        }
        (*part, *length) = (FNV_OFFSET, 0);
    };
    for Letter { kind, lower } in name.take(40) {
        let goes_on = kind == Lower || kind == Upper && before == Upper;
        if !goes_on {
            end(&mut part, &mut length);
        }
        match kind {
            Digit if before == Digit => {}
            Digit => whole = eat(whole, '0' as u32),
            Other => whole = eat(whole, lower),
            Upper | Lower => {
                whole = eat(whole, lower);
                part = eat(part, lower);
                length += 1;
            }
        }
        before = kind;
    }
    end(&mut part, &mut length);
    out.push(fold(whole));
}

/// The tokens of a text: its first words and marks, pairs of the very first, its last ones, and
/// the whole where it is short.
fn text_tokens(text: &str, out: &mut Vec<u64>) {
    let head = &text[..text.floor_char_boundary(HEAD)];
    let start = out.len();
    words(head, FIRST, |hash| out.push(hash));
    let n = out.len() - start;
    let first = start..out.len();
    for at in first.clone().skip(1).take(PAIRS - 1) {
        out.push(eat(out[at - 1].rotate_left(17) ^ out[at], 1));
    }
    if n > 0 {
        out.push(eat(out[start], 2));
    }
    if (1..=4).contains(&n) {
        let whole = first.fold(FNV_OFFSET, |hash, at| (hash ^ out[at]).wrapping_mul(FNV_PRIME));
        out.push(eat(whole, 3));
    }
    if text.len() > HEAD {
        let from = out.len();
        let tail = &text[text.ceil_char_boundary(text.len() - TAIL)..];
        words(tail, TAIL, |hash| out.push(eat(hash, 4)));
        let surplus = (out.len() - from).saturating_sub(LAST);
        out.drain(from..from + surplus);
    }
}

/// Lower-case words with their digits alike, CJK characters and other marks: the first `most`.
fn words(text: &str, most: usize, mut found: impl FnMut(u64)) {
    let mut left = most;
    let mut found = |word| {
        found(word);
        left -= 1;
        left == 0
    };
    let bytes = text.as_bytes();
    let mut word: Option<u64> = None;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        // Most of most texts is words of these, which need no decoding.
        let sixteen = Sixteen::at(bytes, at);
        if word.is_none()
            && let Some(len) = sixteen.whole_word()
        {
            if found(short_word_hash(sixteen.lower_case().digits_as(b'0').number(), len)) {
                return;
            }
            at += len as usize;
            continue;
        }
        let letter = LOWER[usize::from(byte)];
        if letter != 0 {
            let letter = if byte.is_ascii_digit() { b'0' } else { letter };
            word = Some(eat(word.unwrap_or(FNV_OFFSET), u32::from(letter)));
            at += 1;
            continue;
        }
        let c = match byte {
            byte if byte.is_ascii() => char::from(byte),
            _ => text[at..].chars().next().unwrap_or_default(),
        };
        at += c.len_utf8();
        if !is_cjk(c)
            && let Some(letter) = text::Letter::of(c)
        {
            let c = if letter.is_numeric { '0' } else { letter.lower };
            word = Some(eat(word.unwrap_or(FNV_OFFSET), c as u32));
            continue;
        }
        if word.take().is_some_and(&mut found) {
            return;
        }
        if !c.is_whitespace() && found(eat(FNV_OFFSET, c as u32)) {
            return;
        }
    }
    if let Some(word) = word {
        found(word);
    }
}
