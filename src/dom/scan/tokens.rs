//! The scanner: cuts the source into tags, text and comments (section 13.2.5 of the HTML
//! standard) and hands them to the tree builder.
//!
//! It jumps from one `<` to the next. What can hold no tags (comments, scripts, raw text) is
//! skipped by a search for its end, and only kept attributes are decoded.

use memchr::{memchr, memmem};

use super::super::Tag;
use super::entities::Context;
use super::names::{self, NameHash};
use super::tree::{AttrRange, Content, StartTag, TreeBuilder};
use crate::ascii::Sixteen;

/// Scans a page from start to end, or until the tree has no room left.
pub(super) fn scan(page: &str, tree: &mut TreeBuilder) {
    let mut scanner = Scanner { page, bytes: page.as_bytes(), tree, in_noscript: false };
    scanner.run();
}

struct Scanner<'a> {
    page: &'a str,
    bytes: &'a [u8],
    tree: &'a mut TreeBuilder,
    /// Whether a `<noscript>` has been begun and not ended, wherever the tree has put it.
    in_noscript: bool,
}

impl Scanner<'_> {
    fn run(&mut self) {
        // Text that is not handed on yet begins at `text`.
        let mut text = 0;
        let mut at = 0;
        while let Some(tag) = self.find(b'<', at).filter(|_| self.tree.has_room()) {
            let next = self.bytes.get(tag + 1).copied().unwrap_or(b' ');
            let is_markup = next.is_ascii_alphabetic()
                || matches!(next, b'!' | b'?')
                || next == b'/' && tag + 2 < self.bytes.len();
            if !is_markup {
                at = tag + 1;
                continue;
            }
            if tag > text {
                self.tree.characters(&self.page[text..tag]);
            }
            at = match next {
                b'!' => self.declaration(tag + 2),
                b'?' => self.bogus_comment(tag + 1),
                b'/' => self.end_tag(tag + 2),
                _ => self.start_tag(tag + 1),
            };
            text = at;
        }
        if self.tree.has_room() && text < self.bytes.len() {
            self.tree.characters(&self.page[text..]);
        }
    }

    /// The place of a byte, which is not NUL, at or after another, if it occurs.
    fn find(&self, byte: u8, from: usize) -> Option<usize> {
        // Most are near, and to look there takes less than to begin a search.
        for from in [from, from + Sixteen::LEN] {
            let places = Sixteen::at(self.bytes, from).equal(byte).bits();
            if places != 0 {
                return Some(from + places.trailing_zeros() as usize);
            }
        }
        let from = from + 2 * Sixteen::LEN;
        memchr(byte, self.bytes.get(from..)?).map(|i| from + i)
    }

    /// The end of what a byte ends: just after it, or the end of the page.
    fn after(&self, byte: u8, from: usize) -> usize {
        self.find(byte, from).map_or(self.bytes.len(), |i| i + 1)
    }

    /// Reads what follows `<!`; gives where it ends.
    fn declaration(&mut self, at: usize) -> usize {
        let rest = &self.bytes[at..];
        if rest.starts_with(b"--") {
            self.tree.comment();
            return comment_end(self.bytes, at + 2);
        }
        if starts_with_ignoring_case(rest, b"doctype") {
            let end = self.after(b'>', at);
            self.tree.doctype(&self.page[at + b"doctype".len()..end]);
            return end;
        }
        if rest.starts_with(b"[CDATA[") && self.tree.in_foreign_content() {
            let start = at + b"[CDATA[".len();
            let end = memmem::find(&self.bytes[start..], b"]]>").map(|i| start + i);
            let (end, next) = end.map_or((self.bytes.len(), self.bytes.len()), |e| (e, e + 3));
            self.tree.literal_characters(&self.page[start..end]);
            return next;
        }
        self.bogus_comment(at)
    }

    fn bogus_comment(&mut self, at: usize) -> usize {
        self.tree.comment();
        self.after(b'>', at)
    }

    /// Reads an end tag from its name on; gives where it ends.
    fn end_tag(&mut self, at: usize) -> usize {
        if !self.bytes[at].is_ascii_alphabetic() {
            return if self.bytes[at] == b'>' { at + 1 } else { self.bogus_comment(at) };
        }
        let (name, at) = self.tag_name(at);
        match self.attributes::<false>(at) {
            Some(tail) => {
                self.in_noscript &= names::tag(name) != Tag::Noscript;
                self.tree.end_tag(names::tag(name), name);
                tail.end
            }
            None => self.bytes.len(),
        }
    }

    /// Reads a start tag from its name on, with the element's content if that can hold no tags;
    /// gives where it ends.
    fn start_tag(&mut self, at: usize) -> usize {
        let (name, attrs_at) = self.tag_name(at);
        let Some(tail) = self.attributes::<true>(attrs_at) else {
            return self.bytes.len();
        };
        let start_tag = StartTag {
            tag: names::tag(name),
            name,
            attrs: tail.attrs,
            self_closing: tail.self_closing,
            source: &self.page[attrs_at..tail.end],
        };
        self.in_noscript |= start_tag.tag == Tag::Noscript;
        let content = self.tree.start_tag(&start_tag);
        let context = match content {
            Content::Markup => return tail.end,
            Content::Plaintext => {
                self.tree.literal_characters(&self.page[tail.end..]);
                return self.bytes.len();
            }
            Content::Rcdata => Context::Rcdata,
            Content::Rawtext | Content::Dropped => Context::Raw,
        };
        let name = &self.bytes[at..attrs_at];
        let text_end = if name.eq_ignore_ascii_case(b"script") {
            script_end(self.bytes, tail.end)
        } else {
            raw_text_end(self.bytes, tail.end, name, self.in_noscript)
        };
        let text = if matches!(content, Content::Dropped) {
            tail.end..tail.end
        } else {
            tail.end..text_end
        };
        self.tree.raw_text(&self.page[text], context);
        if self.bytes.get(text_end + 2..).is_some_and(|rest| !is_tag(rest, name)) {
            return text_end;
        }
        let end_tag_attributes = (text_end + b"</".len() + name.len()).min(self.bytes.len());
        self.attributes::<false>(end_tag_attributes).map_or(self.bytes.len(), |tail| tail.end)
    }

    /// Reads a tag's name; gives where it ends.
    fn tag_name(&self, at: usize) -> (NameHash, usize) {
        let (mut name, mut end) = NameHash::read(self.bytes, at);
        // An equals sign ends the name of an attribute only; what has one is no known tag.
        while self.bytes.get(end) == Some(&b'=') {
            (name, end) = NameHash::read(self.bytes, end);
        }
        (name, end)
    }

    /// Reads a tag's attributes and its `>`, and puts those to keep into the document.
    /// None where the page ends before the tag does.
    fn attributes<const KEEP: bool>(&mut self, mut at: usize) -> Option<Tail> {
        let attrs_start = self.tree.attrs.len();
        // Of an attribute that comes twice, the first counts.
        let mut seen = 0u64;
        let self_closing = loop {
            match *self.bytes.get(at)? {
                b'\t' | b'\n' | b'\r' | 0x0c | b' ' => at += 1,
                b'/' if *self.bytes.get(at + 1)? == b'>' => {
                    at += 1;
                    break true;
                }
                b'/' => at += 1,
                b'>' => break false,
                _ => {
                    let name;
                    (name, at) = NameHash::read(self.bytes, at);
                    let mut value = at..at;
                    at = self.skip_space(at)?;
                    if self.bytes[at] == b'=' {
                        at = self.skip_space(at + 1)?;
                        (value, at) = self.value(at)?;
                    }
                    if KEEP
                        && let Some((attr, number)) = names::attr(name)
                        && seen & (1 << number) == 0
                    {
                        seen |= 1 << number;
                        self.tree.attribute(attr, &self.page[value]);
                    }
                }
            }
        };
        let attrs = AttrRange {
            start: attrs_start as u32,
            len: (self.tree.attrs.len() - attrs_start) as u32,
        };
        Some(Tail { attrs, self_closing, end: at + 1 })
    }

    fn skip_space(&self, mut at: usize) -> Option<usize> {
        while matches!(*self.bytes.get(at)?, b'\t' | b'\n' | b'\r' | 0x0c | b' ') {
            at += 1;
        }
        Some(at)
    }

    /// The place of an attribute's value, and where to read on after it.
    fn value(&self, at: usize) -> Option<(std::ops::Range<usize>, usize)> {
        let quote = self.bytes[at];
        if matches!(quote, b'"' | b'\'') {
            let end = self.find(quote, at + 1)?;
            return Some((at + 1..end, end + 1));
        }
        let is_end = |b: &u8| matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | b' ' | b'>');
        let end = at + self.bytes[at..].iter().position(is_end)?;
        Some((at..end, end))
    }
}

/// What the part of a tag after its name says.
struct Tail {
    attrs: AttrRange,
    self_closing: bool,
    /// Just after the `>`.
    end: usize,
}

/// The end of a comment of which `at` is just after the `<!--`.
fn comment_end(bytes: &[u8], mut at: usize) -> usize {
    for empty in [&b">"[..], b"->"] {
        if bytes[at..].starts_with(empty) {
            return at + empty.len();
        }
    }
    while let Some(i) = memmem::find(&bytes[at..], b"--") {
        at += i + 2;
        while bytes.get(at) == Some(&b'-') {
            at += 1;
        }
        for end in [&b">"[..], b"!>"] {
            if bytes[at..].starts_with(end) {
                return at + end.len();
            }
        }
    }
    bytes.len()
}

/// The place of the end tag that ends an element of raw text, or the end of the page.
///
/// In a `<noscript>` the element ends with that at the latest. With scripting off the standard
/// has it go on, but pages are written for browsers with scripting on, to which a `<noscript>`
/// is raw text itself: an `<iframe …/>` in one, never closed, would swallow the page.
fn raw_text_end(bytes: &[u8], mut at: usize, name: &[u8], in_noscript: bool) -> usize {
    while let Some(i) = memmem::find(&bytes[at..], b"</") {
        at += i;
        let rest = &bytes[at + 2..];
        if is_tag(rest, name) || in_noscript && is_tag(rest, b"noscript") {
            return at;
        }
        at += 2;
    }
    bytes.len()
}

/// Whether a tag's name is this one.
fn is_tag(rest: &[u8], name: &[u8]) -> bool {
    let ends =
        matches!(rest.get(name.len()), Some(b'\t' | b'\n' | b'\r' | 0x0c | b' ' | b'/' | b'>'));
    ends && starts_with_ignoring_case(rest, name)
}

fn starts_with_ignoring_case(bytes: &[u8], prefix: &[u8]) -> bool {
    bytes.get(..prefix.len()).is_some_and(|b| b.eq_ignore_ascii_case(prefix))
}

/// The place of the end tag that ends a script, or the end of the page.
///
/// Between `<!--` and `-->` a script may hold `<script>…</script>` (the standard's script data
/// double escaped state).
fn script_end(bytes: &[u8], mut at: usize) -> usize {
    let (mut escaped, mut nested) = (false, false);
    // The first `-->` at or after `at` once it is asked for.
    let mut escape_end = 0;
    while let Some(i) = memchr(b'<', &bytes[at..]) {
        let tag = at + i;
        if escaped {
            if escape_end < at {
                escape_end = memmem::find(&bytes[at..], b"-->").map_or(bytes.len(), |i| at + i);
            }
            if escape_end < tag {
                (escaped, nested) = (false, false);
                at = escape_end + 3;
                continue;
            }
        }
        let rest = &bytes[tag + 1..];
        at = tag + 1;
        if rest.starts_with(b"/") && is_tag(&rest[1..], b"script") {
            if !nested {
                return tag;
            }
            nested = false;
        } else if escaped {
            nested |= is_tag(rest, b"script");
        } else if rest.starts_with(b"!--") {
            escaped = true;
            // The dashes may be those of `-->` too.
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_end_where_browsers_end_them() {
        for (source, rest) in [
            ("a-->b", "b"),
            (">b", "b"),
            ("->b", "b"),
            ("-->b", "b"),
            ("a--!>b", "b"),
            ("a----->b", "b"),
            ("a--!-->b", "b"),
            ("a -- > b", ""),
            ("a<!-->b", "b"),
        ] {
            assert_eq!(&source[comment_end(source.as_bytes(), 0)..], rest, "{source}");
        }
    }

    #[test]
    fn nothing_in_a_noscript_reaches_beyond_it() {
        for body in ["", "<body>"] {
            let page = format!("{body}<noscript><iframe src=a /></NoScript ><p>Text</p>");
            let document = super::super::parse(&page);
            let blocks = crate::segment::Blocks::of_document(&document);
            assert_eq!(blocks.texts().collect::<Vec<_>>(), ["Text"]);
        }
    }

    #[test]
    fn scripts_end_where_browsers_end_them() {
        for (source, rest) in [
            ("a</script>b", "</script>b"),
            ("'</scripts>'</SCRIPT\n>b", "</SCRIPT\n>b"),
            ("<!-- <script> </script> --> </script>b", "</script>b"),
            ("<!-- <script> </script> </script>b", "</script>b"),
            ("<!-- </script>b", "</script>b"),
            ("<!--> <script> </script>b", "</script>b"),
            ("<!-- x --> <script> </script>b", "</script>b"),
            ("<!-- <script> -->", ""),
        ] {
            assert_eq!(&source[script_end(source.as_bytes(), 0)..], rest, "{source}");
        }
    }
}
