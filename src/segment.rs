//! Blocks: the runs of text a page is cut into, the unit that is scored and labelled.
//!
//! A block is the text between two block-level boundaries (an element of
//! [`Tag::is_block`] opening or closing, `hr`, or a double `br`), with white space folded;
//! inside `pre`, lines and indentation stay. A block knows where in the document it stands and
//! nothing about what it means. Hidden text makes blocks like any other, marked as such.
//!
//! Plain text makes blocks too: each non-empty line is one.

use crate::ascii::Sixteen;
use crate::dom::{Attr, AttrSet, Document, NodeId, Tag};

/// A run of text. `start..end` is its place in [`Blocks::text`].
#[derive(Clone, Copy, Debug)]
pub struct Block {
    /// The innermost block-level element that holds the run; 0 in plain text.
    pub node: NodeId,
    /// The run's first text node.
    pub first: NodeId,
    /// The run's last text node.
    pub last: NodeId,
    start: u32,
    end: u32,
    /// Characters that are not white space.
    pub chars: u32,
    /// Those of them inside a link.
    pub link_chars: u32,
    /// Not shown to a sighted reader: `hidden`, `aria-hidden`, `display: none` and the like.
    pub hidden: bool,
    /// Inside `pre`.
    pub preformatted: bool,
}

/// A page's blocks in document order and their text.
#[derive(Debug, Default)]
pub struct Blocks {
    blocks: Vec<Block>,
    text: String,
}

impl Blocks {
    /// Cuts plain text: a block for each line that is not blank.
    pub fn of_text(text: &str) -> Blocks {
        let mut cutter = Cutter::new(text.len());
        for line in text.lines() {
            cutter.text(0, line, State::default());
            cutter.flush();
        }
        cutter.out
    }

    /// Cuts a document.
    pub fn of_document(document: &Document) -> Blocks {
        cut(document, noscript_is_the_page(document))
    }

    /// The blocks.
    pub fn iter(&self) -> std::slice::Iter<'_, Block> {
        self.blocks.iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether the page has no text at all.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// A block's text. A single `br` is a line break in it.
    pub fn text(&self, block: &Block) -> &str {
        &self.text[block.start as usize..block.end as usize]
    }

    /// All blocks' texts in order.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.blocks.iter().map(|b| self.text(b))
    }
}

impl std::ops::Index<usize> for Blocks {
    type Output = Block;
    fn index(&self, i: usize) -> &Block {
        &self.blocks[i]
    }
}

/// Whether the page's content is in its `<noscript>`: outside it there is almost no text.
/// Forum software serves its posts this way to readers without scripts.
fn noscript_is_the_page(document: &Document) -> bool {
    const ENOUGH: usize = 200;
    let inside = text_bytes(document, true, usize::MAX);
    inside > ENOUGH && text_bytes(document, false, inside / 4) < inside / 4
}

/// The bytes of text inside or outside `<noscript>`, counted up to a number of them.
fn text_bytes(document: &Document, in_noscript: bool, enough: usize) -> usize {
    let nodes = document.nodes();
    let (mut bytes, mut noscript_end) = (0, 0);
    let mut id = 0;
    while id < nodes.len() && bytes < enough {
        let node = nodes[id];
        match node.tag {
            Tag::Text if (id < noscript_end) == in_noscript => {
                bytes += document.text(id as NodeId).trim().len();
            }
            Tag::Noscript => noscript_end = noscript_end.max(node.end as usize),
            tag if tag.is_textless() => {
                id = node.end as usize;
                continue;
            }
            _ => {}
        }
        id += 1;
    }
    bytes
}

/// What holds for the text below an open element.
#[derive(Clone, Copy, Default)]
struct State {
    node: NodeId,
    link: bool,
    hidden: bool,
    pre: bool,
    /// Its characters mean what they mean as they stand: code, formulas.
    exact: bool,
}

/// An element that is open at the walk's place.
struct Open {
    end: NodeId,
    is_block: bool,
    outer: State,
}

fn cut(document: &Document, with_noscript: bool) -> Blocks {
    let nodes = document.nodes();
    let mut cutter = Cutter::new(nodes.len() * 8);
    let mut open: Vec<Open> = Vec::new();
    let mut state = State::default();
    let mut id: NodeId = 0;
    while (id as usize) < nodes.len() {
        while let Some(top) = open.last().filter(|top| top.end <= id) {
            if top.is_block {
                cutter.flush();
            }
            cutter.seam = Seam::Closed;
            state = top.outer;
            open.pop();
        }
        let node = nodes[id as usize];
        match node.tag {
            Tag::Text => cutter.text(id, document.text(id), state),
            Tag::Br => cutter.line_break(),
            Tag::Wbr => {}
            Tag::Noscript if !with_noscript => {
                id = node.end;
                continue;
            }
            tag if tag.is_textless() || is_drawn_formula(document, id) => {
                id = node.end;
                continue;
            }
            tag => {
                let is_block = tag.is_block();
                let outer = state;
                if is_block {
                    cutter.flush();
                    state.node = id;
                }
                match tag {
                    Tag::A => {
                        // Links without a space between them are set apart by style.
                        cutter.space();
                        state.link |= document.attr(id, Attr::Href).is_some();
                    }
                    Tag::Pre | Tag::Textarea => state.pre = true,
                    Tag::Img | Tag::Input => cutter.space(),
                    _ => {}
                }
                cutter.seam = match cutter.seam {
                    Seam::Closed | Seam::Siblings => Seam::Siblings,
                    Seam::None | Seam::Opened => Seam::Opened,
                };
                state.hidden = state.hidden || is_hidden(document, id);
                state.exact |= matches!(tag, Tag::Code | Tag::Sub | Tag::Sup | Tag::Math);
                if node.end > id + 1 {
                    open.push(Open { end: node.end, is_block, outer });
                } else {
                    state = outer;
                    cutter.seam = Seam::Closed;
                }
            }
        }
        id += 1;
    }
    cutter.flush();
    cutter.out
}

/// Whether the element is the drawing that KaTeX puts beside the MathML of a formula.
fn is_drawn_formula(document: &Document, id: NodeId) -> bool {
    document.node(id).tag == Tag::Span && document.attr(id, Attr::Class) == Some("katex-html")
}

/// Whether the element says that it is not shown.
fn is_hidden(document: &Document, id: NodeId) -> bool {
    const TELLS: AttrSet = AttrSet::of(&[Attr::Hidden, Attr::AriaHidden, Attr::Style]);
    document.attrs_where(id, TELLS).any(|(name, value)| match name {
        Attr::Hidden => !value.eq_ignore_ascii_case("until-found"),
        Attr::AriaHidden => value.eq_ignore_ascii_case("true"),
        Attr::Style => {
            let mut style = value.split(';').filter_map(|rule| rule.split_once(':'));
            style.any(|(property, value)| {
                let (property, value) = (property.trim(), value.trim());
                property.eq_ignore_ascii_case("display") && starts_with(value, "none")
                    || property.eq_ignore_ascii_case("visibility") && starts_with(value, "hidden")
            })
        }
        _ => false,
    })
}

fn starts_with(value: &str, prefix: &str) -> bool {
    value.get(..prefix.len()).is_some_and(|v| v.eq_ignore_ascii_case(prefix))
}

/// Gathers runs of text into blocks.
struct Cutter {
    out: Blocks,
    /// The run at hand; none where no text has come since the last boundary.
    run: Option<Block>,
    /// White space owed before the next character.
    owed: Owed,
    /// What inline tags came since the last character.
    seam: Seam,
}

/// The tags between two characters.
#[derive(Clone, Copy, PartialEq)]
enum Seam {
    None,
    Opened,
    Closed,
    /// One closed, then one opened.
    Siblings,
}

impl Seam {
    /// Whether two characters that stand right beside each other across it are of two words. A
    /// word is seldom cut by tags, and elements are often set apart by style alone: `<b>Size</b>XL`
    /// and `<span>Boots</span><span>12</span>` read as two words, `<span>T</span>he` and
    /// `rele<span>ase` as one.
    fn parts_words(self, before: char, after: char) -> bool {
        match self {
            Seam::None => false,
            Seam::Opened | Seam::Closed => before.is_lowercase() && after.is_uppercase(),
            Seam::Siblings => {
                (before.is_lowercase() || before.is_numeric()) && after.is_uppercase()
                    || before.is_alphabetic() && after.is_numeric()
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Owed {
    Nothing,
    Space,
    Line,
}

impl Cutter {
    fn new(bytes: usize) -> Cutter {
        let out = Blocks { blocks: Vec::new(), text: String::with_capacity(bytes) };
        Cutter { out, run: None, owed: Owed::Nothing, seam: Seam::None }
    }

    fn space(&mut self) {
        if self.owed < Owed::Space {
            self.owed = Owed::Space;
        }
    }

    /// A `br`: a line break in the run, and the run's end where another one came just before.
    fn line_break(&mut self) {
        match (self.run, self.owed) {
            (Some(run), _) if run.preformatted => self.out.text.push('\n'),
            (Some(_), Owed::Line) => self.flush(),
            _ => self.owed = Owed::Line,
        }
    }

    fn text(&mut self, id: NodeId, text: &str, state: State) {
        if state.pre {
            return self.preformatted(id, text, state);
        }
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            if is_space(first) {
                self.space();
                rest = &rest[first.len_utf8()..];
                rest = &rest[space_prefix(rest)..];
            } else if is_invisible(first) {
                rest = &rest[first.len_utf8()..];
            } else {
                let (len, chars) = folded_prefix(rest);
                self.words(id, &rest[..len], chars, state);
                rest = &rest[len..];
            }
        }
    }

    /// Adds a piece of text whose white space is folded, with so many characters beside it.
    fn words(&mut self, id: NodeId, words: &str, chars: usize, state: State) {
        let at = self.out.text.len();
        let run = self.run.get_or_insert_with(|| begin(at, id, state));
        let seam = std::mem::replace(&mut self.seam, Seam::None);
        if at > run.start as usize {
            if seam != Seam::None && self.owed == Owed::Nothing && !state.exact {
                let before = self.out.text.chars().next_back();
                let pair = before.zip(words.chars().next());
                if pair.is_some_and(|(before, after)| seam.parts_words(before, after)) {
                    self.owed = Owed::Space;
                }
            }
            match self.owed {
                Owed::Nothing => {}
                Owed::Space => self.out.text.push(' '),
                Owed::Line => self.out.text.push('\n'),
            }
        }
        self.owed = Owed::Nothing;
        self.out.text.push_str(words);
        run.count(id, chars, state);
    }

    fn preformatted(&mut self, id: NodeId, text: &str, state: State) {
        if self.run.is_none() && text.trim().is_empty() {
            return;
        }
        let at = self.out.text.len();
        let run = self.run.get_or_insert_with(|| begin(at, id, state));
        run.preformatted = true;
        // Controls other than these two print nothing, and some mean something to terminals.
        let shown = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
        self.out.text.extend(text.chars().filter(shown));
        run.count(id, text.chars().filter(|c| !is_space(*c)).count(), state);
    }

    /// Ends the run at hand.
    fn flush(&mut self) {
        self.owed = Owed::Nothing;
        let Some(mut run) = self.run.take() else {
            return;
        };
        run.end = self.out.text.len() as u32;
        if run.preformatted {
            let text = &self.out.text[run.start as usize..];
            run.end = run.start + text.trim_end().len() as u32;
            // A `pre` may open with blank lines, but its first line's indentation counts.
            let indented = text.len() - text.trim_start().len();
            run.start += text[..indented].rfind('\n').map_or(0, |i| i + 1) as u32;
            self.out.text.truncate(run.end as usize);
        }
        self.out.blocks.push(run);
    }
}

impl Block {
    /// Adds text to the run that was just begun or is at hand.
    fn count(&mut self, last: NodeId, chars: usize, state: State) {
        self.chars += chars as u32;
        if state.link {
            self.link_chars += chars as u32;
        }
        self.last = last;
    }
}

/// A run that starts at a place of the text.
fn begin(at: usize, id: NodeId, state: State) -> Block {
    Block {
        node: state.node,
        first: id,
        last: id,
        start: at as u32,
        end: at as u32,
        chars: 0,
        link_chars: 0,
        hidden: state.hidden,
        preformatted: false,
    }
}

/// White space that folds, no-break spaces among it: pages use them for layout.
fn is_space(c: char) -> bool {
    c.is_whitespace()
}

/// Characters that print nothing and would split or glue words: the soft hyphen, zero-width
/// space, word joiner, byte-order mark, and controls. (The zero-width joiners stay: they shape
/// letters in Persian, Hindi and emoji.)
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}') || c.is_control()
}

/// How long the white space is that a text begins with, as far as it is ASCII.
fn space_prefix(text: &str) -> usize {
    let mut len = 0;
    loop {
        let sixteen = Sixteen::at(text.as_bytes(), len);
        let spaces = (sixteen.between(b'\t', b'\r') | sixteen.equal(b' ')).bits().trailing_ones();
        len += spaces as usize;
        if (spaces as usize) < Sixteen::LEN {
            return len;
        }
    }
}

/// The longest start of a text, which begins with neither, that has no white space but single
/// spaces inside and no invisible characters: its length, and its characters beside the spaces.
fn folded_prefix(text: &str) -> (usize, usize) {
    let bytes = text.as_bytes();
    // The length of the character at a place, if it is one that shows.
    let shown = |at: usize| match text[at..].chars().next() {
        Some(c) if !is_space(c) && !is_invisible(c) => c.len_utf8(),
        _ => 0,
    };
    let (mut at, mut spare) = (0, 0);
    while let Some(&byte) = bytes.get(at) {
        if byte.is_ascii() {
            let sixteen = Sixteen::at(bytes, at);
            let ascii = sixteen.between(b'!', b'~').bits();
            let spaces = sixteen.equal(b' ').bits() & ascii >> 1;
            let len = (ascii | spaces).trailing_ones();
            if len > 0 {
                at += len as usize;
                spare += (spaces & ((1 << len) - 1)).count_ones() as usize;
                continue;
            }
        }
        let space = usize::from(byte == b' ');
        let len = shown(at + space);
        if len == 0 {
            break;
        }
        at += space + len;
        spare += space + len - 1;
    }
    (at, at - spare)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    fn cut_html(html: &str) -> Vec<String> {
        Blocks::of_document(&dom::parse(html)).texts().map(str::to_owned).collect()
    }

    #[test]
    fn inline_elements_neither_split_nor_glue_words() {
        assert_eq!(
            cut_html("<p>un<b>believ</b>able <i>good</i>\n news"),
            ["unbelievable good news"]
        );
        assert_eq!(cut_html("<nav><a href=a>Home</a><a href=b>About</a></nav>"), ["Home About"]);
        let styled =
            "<b>Size</b>XL <i>Boots</i><i>12</i> <i>T</i>he rele<i>a</i><i>se</i> H<sub>2</sub>O";
        assert_eq!(cut_html(styled), ["Size XL Boots 12 The release H2O"]);
        assert_eq!(cut_html("<p>co&shy;oper&#8203;ate&nbsp;now"), ["cooperate now"]);
    }

    #[test]
    fn boundaries_cut() {
        assert_eq!(cut_html("a<div>b<p>c</div>d<br>e<br> <br>f"), ["a", "b", "c", "d\ne", "f"]);
        assert_eq!(cut_html("<table><tr><td>1<td>2</table>"), ["1", "2"]);
        assert_eq!(
            cut_html("<script>x</script><style>y</style><svg><text>z</text></svg>"),
            [""; 0]
        );
    }

    #[test]
    fn preformatted_text_keeps_its_lines_and_indentation() {
        assert_eq!(cut_html("<pre>\n\n  fn a() {\n    b\n  }\n</pre>"), ["  fn a() {\n    b\n  }"]);
    }

    #[test]
    fn hidden_text_and_links_are_marked() {
        let document =
            dom::parse("<p style='color:red; display : none'>a</p><p>bc <a href=x>de</a>");
        let blocks = Blocks::of_document(&document);
        assert!(blocks[0].hidden && !blocks[1].hidden);
        assert_eq!((blocks[1].chars, blocks[1].link_chars), (4, 2));
    }

    #[test]
    fn noscript_counts_only_where_it_is_the_page() {
        let post = "a long enough post about espresso ".repeat(10);
        let shell = format!("<div id=app>Loading</div><noscript><p>{post}</p></noscript>");
        assert_eq!(cut_html(&shell).len(), 2);
        assert_eq!(cut_html("<p>Text</p><noscript><p>Turn scripts on</p></noscript>"), ["Text"]);
    }

    #[test]
    fn plain_text_is_cut_at_lines() {
        let blocks = Blocks::of_text("One  two\r\n\r\n three\n");
        assert_eq!(blocks.texts().collect::<Vec<_>>(), ["One two", "three"]);
    }
}
