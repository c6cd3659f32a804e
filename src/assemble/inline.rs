//! The inside of a paragraph as Markdown: emphasis, code, links and formulas, and escapes.
//!
//! The words and the white space are those of the block; the document is walked only to find
//! which of them stand in which inline elements.

use std::cell::Cell;
use std::ops::Range;

use url::Url;

use super::math;
use crate::dom::{Attr, Document, NodeId, Tag};
use crate::segment::{Block, Blocks};

/// What an inline element does to its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    Strong,
    Em,
    Strike,
    Sub,
    Sup,
    Code,
    Link(NodeId),
    Math(NodeId),
}

impl Mark {
    fn is_kind(self, other: Mark) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }

    /// Whether it is written as a delimiter run, which CommonMark reads by the characters around.
    fn is_delimited(self) -> bool {
        matches!(self, Mark::Strong | Mark::Em | Mark::Strike)
    }

    fn of(document: &Document, id: NodeId) -> Option<Mark> {
        match document.node(id).tag {
            Tag::B | Tag::Strong | Tag::Dt | Tag::Summary => Some(Mark::Strong),
            Tag::I | Tag::Em | Tag::Cite | Tag::Var | Tag::Figcaption | Tag::Caption => {
                Some(Mark::Em)
            }
            Tag::S | Tag::Strike | Tag::Del => Some(Mark::Strike),
            Tag::Sub => Some(Mark::Sub),
            Tag::Sup => Some(Mark::Sup),
            Tag::Code | Tag::Kbd | Tag::Samp | Tag::Tt => Some(Mark::Code),
            Tag::A => document.attr(id, Attr::Href).map(|_| Mark::Link(id)),
            Tag::Math => Some(Mark::Math(id)),
            _ => None,
        }
    }
}

/// The marks of a piece of text, outermost first; each kind at most once. Code is innermost,
/// and a formula holds no marks and stands in no code.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Marks {
    marks: [Option<Mark>; 8],
}

impl Marks {
    fn iter(&self) -> impl Iterator<Item = Mark> {
        self.marks.iter().map_while(|mark| *mark)
    }

    /// These marks and the one of an element.
    pub(super) fn inside(self, document: &Document, id: NodeId) -> Marks {
        let Some(mark) = Mark::of(document, id) else {
            return self;
        };
        let len = self.iter().count();
        let in_code = self.iter().any(|m| m == Mark::Code);
        let is_closed = |m: Mark| m.is_kind(mark) || matches!(m, Mark::Math(_));
        if self.iter().any(is_closed) || in_code && matches!(mark, Mark::Math(_)) {
            return self;
        }
        let mut marks = self.marks;
        marks[len] = Some(mark);
        if in_code {
            marks.swap(len - 1, len);
        }
        Marks { marks }
    }

    fn without(self, unwanted: impl Fn(Mark) -> bool) -> Marks {
        let mut marks = [None; 8];
        for (slot, mark) in marks.iter_mut().zip(self.iter().filter(|m| !unwanted(*m))) {
            *slot = Some(mark);
        }
        Marks { marks }
    }
}

/// Where a run of text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// A paragraph: its lines may start with what looks like a list, heading or quotation.
    Paragraph,
    /// One line, bold as such.
    Heading,
    /// One line.
    Cell,
}

/// Writes blocks' texts as Markdown.
pub(super) struct Inline<'a> {
    pub(super) document: Option<&'a Document>,
    pub(super) blocks: &'a Blocks,
    /// What relative links are relative to, where known.
    pub(super) base: Option<Url>,
    /// The page's own address.
    pub(super) page: Option<Url>,
    /// The link written last. One that holds several blocks is written with the first of them.
    pub(super) last_link: Cell<Option<NodeId>>,
}

impl Inline<'_> {
    /// A block's text as Markdown; in a paragraph, `br` is a hard line break.
    pub(super) fn write(&self, block: &Block, marks: Marks, setting: Setting) -> String {
        let text = self.blocks.text(block);
        let (pieces, targets) = self.pieces(block, text, marks, setting);
        let events = events(text, &pieces);
        let writer = Writer {
            text,
            setting,
            events: &events,
            targets: &targets,
            paired: paired(text, &events),
            out: String::new(),
            in_link: false,
        };
        writer.write()
    }

    /// The block's text cut where its marks change, and the targets of these. What the walk does
    /// not find in the text, the cutter of blocks has left out; what it does not reach keeps the
    /// block's own marks.
    fn pieces(
        &self,
        block: &Block,
        text: &str,
        outer: Marks,
        setting: Setting,
    ) -> (Vec<Piece>, Targets) {
        let mut targets = Targets::default();
        let mut pieces = Pieces { text, at: 0, pieces: Vec::new() };
        let mut shown = |marks: Marks| {
            for mark in marks.iter() {
                let found = match mark {
                    Mark::Link(id) if self.last_link.replace(Some(id)) != Some(id) => {
                        self.destination(id).map(|url| (id, url))
                    }
                    Mark::Math(id) => {
                        let tex = self.document.and_then(|document| math::tex(document, id));
                        tex.map(|tex| (id, tex))
                    }
                    _ => None,
                };
                targets.0.extend(found);
            }
            marks.without(|mark| match mark {
                Mark::Strong => setting == Setting::Heading,
                Mark::Link(id) | Mark::Math(id) => targets.get(id).is_none(),
                _ => false,
            })
        };
        let outer_shown = shown(outer);
        if let Some(document) = self.document {
            let mut open: Vec<(NodeId, Marks, Marks)> = Vec::new();
            let mut now = (outer, outer_shown);
            // The marks of elements that end inside the block are not among the outer ones.
            let ends_inside = |id: &NodeId| document.node(*id).end <= block.last;
            let inner = document.ancestors(block.first).take_while(ends_inside);
            let mut id = inner.last().unwrap_or(block.first);
            while id <= block.last {
                while let Some((_, marks, shown)) = open.pop_if(|(end, ..)| *end <= id) {
                    now = (marks, shown);
                }
                let node = document.node(id);
                if node.tag == Tag::Text {
                    pieces.add(document.text(id), now.1);
                } else if node.tag.is_textless() || node.tag == Tag::Noscript {
                    id = node.end;
                    continue;
                } else {
                    let inner = now.0.inside(document, id);
                    if inner != now.0 {
                        open.push((node.end, now.0, now.1));
                        now = (inner, shown(inner));
                    }
                }
                id += 1;
            }
        }
        (pieces.finish(outer_shown), targets)
    }

    /// A link's address as Markdown takes it; none where it leads nowhere outside the page.
    fn destination(&self, link: NodeId) -> Option<String> {
        let href = self.document?.attr(link, Attr::Href)?.trim();
        if href.is_empty() || href.starts_with('#') {
            return None;
        }
        let url = match &self.base {
            Some(base) => base.join(href),
            None => Url::parse(href),
        };
        match url {
            Ok(mut url) => {
                let is_known = matches!(url.scheme(), "http" | "https" | "mailto" | "tel" | "ftp");
                if !is_known || self.is_in_page(&mut url) {
                    return None;
                }
                Some(escape_destination(url.as_str()))
            }
            Err(url::ParseError::RelativeUrlWithoutBase) => Some(escape_destination(href)),
            Err(_) => None,
        }
    }

    fn is_in_page(&self, url: &mut Url) -> bool {
        let Some(page) = self.page.as_ref().filter(|_| url.fragment().is_some()) else {
            return false;
        };
        let fragment = url.fragment().map(str::to_owned);
        url.set_fragment(page.fragment());
        let is_in_page = url == page;
        url.set_fragment(fragment.as_deref());
        is_in_page
    }
}

/// Where a block's links lead and the TeX source of its formulas, in the order of the document.
#[derive(Default)]
struct Targets(Vec<(NodeId, String)>);

impl Targets {
    fn get(&self, id: NodeId) -> Option<&str> {
        let found = self.0.binary_search_by_key(&id, |(id, _)| *id);
        found.ok().map(|i| self.0[i].1.as_str())
    }
}

/// A stretch of a block's text whose characters have the same marks. White space at either end
/// of it belongs to no piece.
struct Piece {
    range: Range<usize>,
    marks: Marks,
}

struct Pieces<'a> {
    text: &'a str,
    /// Where the text not yet assigned starts.
    at: usize,
    pieces: Vec<Piece>,
}

impl Pieces<'_> {
    /// Assigns the characters of a text node as far as they are the next ones of the text.
    fn add(&mut self, node: &str, marks: Marks) {
        for c in node.chars().filter(|c| !c.is_whitespace()) {
            let rest = &self.text[self.at..];
            let word = rest.trim_start();
            if word.starts_with(c) {
                let start = self.at + rest.len() - word.len();
                self.assign(start..start + c.len_utf8(), marks);
            }
        }
    }

    fn assign(&mut self, range: Range<usize>, marks: Marks) {
        self.at = range.end;
        match self.pieces.last_mut().filter(|last| last.marks == marks) {
            // A code span cannot hold a line break.
            Some(last)
                if !marks.iter().any(|m| m == Mark::Code)
                    || !self.text[last.range.end..range.start].contains('\n') =>
            {
                last.range.end = range.end;
            }
            _ => self.pieces.push(Piece { range, marks }),
        }
    }

    fn finish(mut self, marks: Marks) -> Vec<Piece> {
        let end = self.text.trim_end().len();
        if self.at < end {
            let start = self.text.len() - self.text[self.at..].trim_start().len();
            self.assign(start..end, marks);
        }
        self.pieces
    }
}

#[derive(Clone, Debug)]
enum Event {
    Open(Mark),
    Close(Mark),
    Text(Range<usize>),
    /// White space between pieces.
    Space(Range<usize>),
}

/// The pieces as a sequence of properly nested marks.
fn events(text: &str, pieces: &[Piece]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut open: Vec<Mark> = Vec::new();
    let mut end = None;
    for piece in pieces {
        let space = end.unwrap_or(piece.range.start)..piece.range.start;
        let mut shared = open.iter().zip(piece.marks.iter()).take_while(|(a, b)| **a == *b).count();
        if open.last() == Some(&Mark::Code) && text[space.clone()].contains('\n') {
            shared = shared.min(open.len() - 1);
        }
        events.extend(open.drain(shared..).rev().map(Event::Close));
        if !space.is_empty() {
            events.push(Event::Space(space));
        }
        for mark in piece.marks.iter().skip(shared) {
            open.push(mark);
            events.push(Event::Open(mark));
        }
        events.push(Event::Text(piece.range.clone()));
        end = Some(piece.range.end);
    }
    events.extend(open.drain(..).rev().map(Event::Close));
    events
}

/// For each event, whether it is a mark that has to be written as an HTML tag, because
/// CommonMark would not read asterisks there as emphasis (section 6.2, flanking).
fn needs_tag(text: &str, events: &[Event]) -> Vec<bool> {
    let opens = |event: &Event| matches!(event, Event::Open(mark) if mark.is_delimited());
    let closes = |event: &Event| matches!(event, Event::Close(mark) if mark.is_delimited());
    let first = |event: &Event| match event {
        Event::Text(range) => text[range.clone()].chars().next(),
        _ => None,
    };
    let last = |event: &Event| match event {
        Event::Text(range) => text[range.clone()].chars().next_back(),
        _ => None,
    };
    // A letter inside makes a delimiter work whatever is outside; else there has to be no text.
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut tags = vec![false; events.len()];
    let mut open = Vec::new();
    for (end, event) in events.iter().enumerate() {
        match event {
            Event::Open(_) => open.push(end),
            Event::Close(mark) => {
                let Some(start) = open.pop().filter(|_| mark.is_delimited()) else {
                    continue;
                };
                let before = events[..start].iter().rev().find(|e| !opens(e));
                let after = events[end + 1..].iter().find(|e| !closes(e));
                let can_open =
                    is_letter(first(&events[start + 1])) || before.and_then(last).is_none();
                let can_close =
                    is_letter(last(&events[end - 1])) || after.and_then(first).is_none();
                let touches = events[..start].last().is_some_and(closes);
                tags[start] = touches || !can_open || !can_close;
                tags[end] = tags[start];
            }
            _ => {}
        }
    }
    tags
}

/// The characters that are markup in pairs, as far as the text has two of them or other markup.
fn paired(text: &str, events: &[Event]) -> Vec<char> {
    let has_marks = events.len() > 1;
    let all = ['*', '_', '~', '$', '`'].into_iter();
    all.filter(|c| has_marks || text.matches(*c).nth(1).is_some()).collect()
}

struct Writer<'a> {
    text: &'a str,
    setting: Setting,
    events: &'a [Event],
    targets: &'a Targets,
    /// Of the characters that are markup only in pairs, those that can have a partner.
    paired: Vec<char>,
    out: String,
    in_link: bool,
}

impl Writer<'_> {
    fn write(mut self) -> String {
        let tags = needs_tag(self.text, self.events);
        let mut events = self.events.iter().enumerate();
        while let Some((i, event)) = events.next() {
            match event {
                Event::Open(Mark::Code) => {
                    if let Some((_, Event::Text(range))) = events.next() {
                        self.code(range.clone());
                    }
                }
                Event::Open(Mark::Math(id)) => {
                    if let Some((_, Event::Text(range))) = events.next() {
                        self.math(*id, range);
                    }
                }
                Event::Open(mark) => {
                    self.in_link |= matches!(mark, Mark::Link(_));
                    self.out.push_str(match mark {
                        Mark::Link(_) => "[",
                        mark => delimiter(*mark, tags[i], true),
                    });
                }
                Event::Close(Mark::Link(id)) => {
                    self.in_link = false;
                    let destination = self.targets.get(*id).unwrap_or_default();
                    self.out.push_str(&format!("]({destination})"));
                }
                Event::Close(mark) => self.out.push_str(delimiter(*mark, tags[i], false)),
                Event::Text(range) => self.plain(range.clone(), i),
                Event::Space(range) => {
                    if self.text[range.clone()].contains('\n') {
                        self.line_break();
                    } else {
                        self.out.push(' ');
                    }
                }
            }
        }
        self.out
    }

    fn line_break(&mut self) {
        self.out.push_str(match self.setting {
            Setting::Paragraph => "\\\n",
            Setting::Heading => " ",
            Setting::Cell => "<br>",
        });
    }

    fn code(&mut self, range: Range<usize>) {
        let code = &self.text[range];
        let fence = "`".repeat(longest_run(code, '`') + 1);
        let pad = if code.starts_with('`') || code.ends_with('`') { " " } else { "" };
        self.out.push_str(&format!("{fence}{pad}{code}{pad}{fence}"));
    }

    fn math(&mut self, id: NodeId, range: &Range<usize>) {
        let fence = if *range == (0..self.text.len()) { "$$" } else { "$" };
        let tex = self.targets.get(id).unwrap_or_default();
        self.out.push_str(&format!("{fence}{tex}{fence}"));
    }

    /// Text with a backslash before each character that would turn into markup.
    fn plain(&mut self, range: Range<usize>, event: usize) {
        let next_event = self.events.get(event + 1);
        let before_link = matches!(next_event, Some(Event::Open(Mark::Link(_))));
        let is_mark = |event: &Event| matches!(event, Event::Open(_) | Event::Close(_));
        // Marks around the text are neighbours of its characters: any punctuation stands for them.
        let mut before = match event.checked_sub(1).and_then(|i| self.events.get(i)) {
            Some(event) if is_mark(event) => '~',
            _ => ' ',
        };
        let after = match next_event {
            Some(event) if is_mark(event) => '~',
            _ => self.text[range.end..].chars().next().unwrap_or('\n'),
        };
        let mut escape_at = self.line_start_escape(range.start);
        for (i, c) in self.text[range.clone()].char_indices() {
            let at = range.start + i;
            let rest = &self.text[at + c.len_utf8()..range.end];
            if c == '\n' {
                self.line_break();
                escape_at = self.line_start_escape(range.end - rest.len());
            } else {
                let next = rest.chars().next().unwrap_or(after);
                let is_image = c == '!' && rest.is_empty() && before_link;
                if is_image || escape_at == Some(at) || self.is_markup(before, c, next, rest) {
                    self.out.push('\\');
                }
                self.out.push(c);
            }
            before = c;
        }
    }

    /// Whether a character could be read as inline markup, given the ones around it and the
    /// rest of its piece.
    fn is_markup(&self, before: char, c: char, next: char, rest: &str) -> bool {
        // A line break is written with a backslash or a tag.
        let in_space = before.is_whitespace() && next.is_whitespace() && next != '\n';
        match c {
            '*' | '_' | '~' | '$' | '`' if !self.paired.contains(&c) => false,
            '`' => true,
            '\\' => next == '\n' || next.is_ascii_punctuation(),
            '*' => !in_space,
            '_' => !(in_space || before.is_alphanumeric() && next.is_alphanumeric()),
            '~' => next == '~' || !before.is_whitespace(),
            // Pairs of dollar signs can hold a formula; the second has no digit after it.
            '$' => !before.is_whitespace() && !next.is_ascii_digit(),
            '[' => self.in_link,
            ']' => self.in_link || matches!(next, '(' | '[' | ':'),
            '<' => next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => {
                let name = rest.trim_start_matches(|c: char| c == '#' || c.is_ascii_alphanumeric());
                name.len() < rest.len() && name.starts_with(';')
            }
            // The closing sequence of a heading.
            '#' => {
                self.setting == Setting::Heading
                    && rest.is_empty()
                    && (before.is_whitespace() || before == '#')
            }
            _ => false,
        }
    }

    /// Where a line that starts here needs a backslash so as to be no list item, heading,
    /// quotation, rule or table.
    fn line_start_escape(&self, start: usize) -> Option<usize> {
        let is_line_start = self.out.is_empty() || self.out.ends_with('\n');
        if self.setting != Setting::Paragraph || !is_line_start {
            return None;
        }
        let line = self.text[start..].lines().next()?;
        let ends_word = |rest: &str| rest.is_empty() || rest.starts_with(char::is_whitespace);
        if line.chars().all(|c| matches!(c, '-' | '=' | ':' | '|' | ' ')) {
            return Some(start);
        }
        match line.chars().next()? {
            '>' => Some(start),
            '-' | '+' | '*' => ends_word(&line[1..]).then_some(start),
            '#' => {
                let rest = line.trim_start_matches('#');
                (line.len() - rest.len() <= 6 && ends_word(rest)).then_some(start)
            }
            '[' => (line.get(2..3) == Some("]")).then_some(start),
            '0'..='9' => {
                let rest = line.trim_start_matches(|c: char| c.is_ascii_digit());
                let digits = line.len() - rest.len();
                let is_number =
                    digits <= 9 && rest.starts_with(['.', ')']) && ends_word(&rest[1..]);
                is_number.then_some(start + digits)
            }
            _ => None,
        }
    }
}

fn delimiter(mark: Mark, as_tag: bool, opens: bool) -> &'static str {
    match (mark, as_tag, opens) {
        (Mark::Strong, false, _) => "**",
        (Mark::Strong, true, true) => "<strong>",
        (Mark::Strong, true, false) => "</strong>",
        (Mark::Em, false, _) => "*",
        (Mark::Em, true, true) => "<em>",
        (Mark::Em, true, false) => "</em>",
        (Mark::Strike, false, _) => "~~",
        (Mark::Strike, true, true) => "<del>",
        (Mark::Strike, true, false) => "</del>",
        (Mark::Sub, _, true) => "<sub>",
        (Mark::Sub, _, false) => "</sub>",
        (Mark::Sup, _, true) => "<sup>",
        (Mark::Sup, _, false) => "</sup>",
        // Written with their text.
        (Mark::Code | Mark::Link(_) | Mark::Math(_), _, _) => "",
    }
}

/// The length of the longest run of a character.
pub(super) fn longest_run(text: &str, c: char) -> usize {
    text.split(|other| other != c).map(str::len).max().unwrap_or(0)
}

/// Percent-encodes what would end or alter a link destination.
fn escape_destination(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        if c.is_whitespace() || c.is_control() || matches!(c, '(' | ')' | '<' | '>' | '\\') {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str(&format!("%{byte:02X}"));
            }
        } else {
            out.push(c);
        }
    }
    out
}
