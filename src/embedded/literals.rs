//! The string literals of data in a page's scripts, each with the path of keys it stands under.
//!
//! Data here is JSON, what is nearly JSON (unquoted keys, trailing commas, a missing end), and
//! data inside the code of a script, also as a string that holds JSON in turn. A reader of JSON
//! would not do: of the objects and arrays of 2 KB or more in the code of the development
//! corpora's scripts, one in six is JavaScript and no JSON. Nothing is built of the data: one
//! pass goes from literal to literal and keeps a stack of open brackets, so that time is linear
//! in the source, and memory is bounded by what is kept.

use std::collections::HashMap;
use std::ops::Range;

use memchr::{memchr2, memmem};

use super::javascript::{is_bare, is_data_start, skip_space, string_end, unescape};

/// Index of a shape in [`Literals`].
pub type ShapeId = usize;

/// A path of keys from the outermost value in. Places in arrays are no part of it, keys that
/// hold a number are alike, and a key inside itself counts once: what repeats on a page has one
/// shape.
#[derive(Debug)]
pub struct Shape {
    /// The path without its last key; the root is its own.
    pub parent: ShapeId,
    /// The last key, lower-case.
    pub key: String,
}

/// A string.
#[derive(Debug)]
pub struct Literal {
    /// Where it stands.
    pub shape: ShapeId,
    /// Of a leaf of rich text (editors keep a paragraph as a list of pieces, one for each change
    /// of style): which list it is an item of. Pieces of one list are one paragraph.
    pub paragraph: Option<u32>,
    text: Range<usize>,
}

/// All strings of a page's scripts in order.
#[derive(Debug)]
pub struct Literals {
    shapes: Vec<Shape>,
    children: HashMap<(ShapeId, String), ShapeId>,
    literals: Vec<Literal>,
    /// The literals' texts, back to back.
    text: String,
    arrays: u32,
}

/// Brackets nested deeper than this are passed over.
const MAX_DEPTH: usize = 64;
/// Strings in strings in strings are read to this depth.
const MAX_LEVEL: usize = 3;
/// More shapes than this a page has only if its keys are data.
const MAX_SHAPES: usize = 4096;
/// Bytes of text that are kept.
const MAX_TEXT: usize = 16 << 20;
/// Keys longer than this are data.
const MAX_KEY: usize = 64;

/// An open bracket.
struct Frame {
    is_array: bool,
    /// The number of an array.
    array: u32,
    /// The place of the key that is to get a value.
    key: Range<usize>,
    /// The shape of what stands in it, but for the key; none until it is asked for.
    shape: Option<ShapeId>,
}

/// Where a scan starts and how it goes.
#[derive(Clone, Copy)]
struct Setting {
    base: ShapeId,
    level: usize,
    /// In code the scan ends where something is no data.
    in_code: bool,
}

impl Literals {
    /// None yet.
    pub fn new() -> Literals {
        Literals {
            shapes: vec![Shape { parent: 0, key: String::new() }],
            children: HashMap::new(),
            literals: Vec::new(),
            text: String::new(),
            arrays: 0,
        }
    }

    /// The strings in the order of the page.
    pub fn iter(&self) -> std::slice::Iter<'_, Literal> {
        self.literals.iter()
    }

    /// A string's text, escapes resolved.
    pub fn text(&self, literal: &Literal) -> &str {
        &self.text[literal.text.clone()]
    }

    /// All shapes; a shape comes after its parent.
    pub fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The shape of a key at another shape.
    pub fn child(&mut self, parent: ShapeId, key: &str) -> ShapeId {
        let is_data = key.len() > MAX_KEY || key.contains(|c: char| c.is_ascii_digit());
        let key = if is_data { "*".to_owned() } else { key.to_lowercase() };
        if self.shapes[parent].key == key && parent != 0 {
            return parent;
        }
        if self.shapes.len() >= MAX_SHAPES {
            return *self.children.get(&(parent, key)).unwrap_or(&parent);
        }
        let next = self.shapes.len();
        let shape = *self.children.entry((parent, key.clone())).or_insert(next);
        if shape == next {
            self.shapes.push(Shape { parent, key });
        }
        shape
    }

    /// Adds the strings of JSON; its keys stand below `base`.
    pub fn add_json(&mut self, json: &str, base: ShapeId) {
        self.scan(json, 0, Setting { base, level: 0, in_code: false });
    }

    /// Adds the strings of the data in a script's code.
    pub fn add_code(&mut self, code: &str) {
        let bytes = code.as_bytes();
        let setting = Setting { base: 0, level: 0, in_code: true };
        let mut at = 0;
        while let Some(i) = memchr2(b'{', b'[', &bytes[at..]) {
            let start = at + i;
            // A string of JSON, where one is parsed before the next bracket.
            let parsed = memmem::find(&bytes[at..start], b"JSON.parse(");
            if let Some(quote) = parsed.map(|i| skip_space(bytes, at + i + b"JSON.parse(".len()))
                && let Some(end) = string_end(bytes, quote, true)
            {
                self.value(code, quote + 1..end - 1, &mut [], setting);
                at = end;
            } else if is_data_start(code, start) {
                at = self.scan(code, start, setting).max(start + 1);
            } else {
                at = start + 1;
            }
        }
    }

    /// Reads from a place on; gives where data ends.
    fn scan(&mut self, source: &str, mut at: usize, setting: Setting) -> usize {
        let bytes = source.as_bytes();
        let mut open: Vec<Frame> = Vec::new();
        // Brackets beyond the deepest that is followed.
        let mut deeper = 0usize;
        while let Some(&byte) = bytes.get(at) {
            if self.text.len() > MAX_TEXT {
                return bytes.len();
            }
            match byte {
                b'{' | b'[' if open.len() >= MAX_DEPTH => deeper += 1,
                b'{' | b'[' => {
                    let is_array = byte == b'[';
                    self.arrays += u32::from(is_array);
                    open.push(Frame { is_array, array: self.arrays, key: 0..0, shape: None });
                }
                b'}' | b']' if deeper > 0 => deeper -= 1,
                b'}' | b']' => {
                    open.pop();
                    if setting.in_code && open.is_empty() {
                        return at + 1;
                    }
                }
                b'"' | b'\'' | b'`' => {
                    let Some(end) = string_end(bytes, at, setting.in_code) else {
                        return bytes.len();
                    };
                    let inner = at + 1..end - 1;
                    at = end;
                    if !is_key(bytes, end, &mut open, &inner) && deeper == 0 {
                        self.value(source, inner, &mut open, setting);
                    }
                    continue;
                }
                b':' => {}
                b',' => {
                    if let Some(top) = open.last_mut() {
                        top.key = 0..0;
                    }
                }
                _ if is_bare(byte) => {
                    let end = bytes[at..].iter().position(|b| !is_bare(*b));
                    let end = end.map_or(bytes.len(), |i| at + i);
                    is_key(bytes, end, &mut open, &(at..end));
                    at = end;
                    continue;
                }
                _ if byte.is_ascii_whitespace() => {}
                _ if setting.in_code => return at,
                _ => {}
            }
            at += 1;
        }
        at
    }

    /// The shape of the value that is being read.
    fn shape(&mut self, source: &str, open: &mut [Frame], base: ShapeId) -> ShapeId {
        let mut shape = base;
        for frame in open {
            let at = *frame.shape.get_or_insert(shape);
            let key = &source[frame.key.clone()];
            shape = if key.is_empty() { at } else { self.child(at, key) };
        }
        shape
    }

    /// Takes a string that is a value, given without its quotes.
    fn value(&mut self, source: &str, range: Range<usize>, open: &mut [Frame], setting: Setting) {
        let raw = &source[range];
        if !can_be_text(raw) {
            return;
        }
        let shape = self.shape(source, open, setting.base);
        let start = self.text.len();
        unescape(raw, &mut self.text);
        let text = &self.text[start..];
        if is_json(text) || is_flight(text) {
            let inner = self.text.split_off(start);
            if setting.level < MAX_LEVEL {
                let setting = Setting { base: shape, level: setting.level + 1, in_code: false };
                if is_flight(&inner) {
                    self.flight(&inner, setting);
                } else {
                    self.scan(&inner, 0, setting);
                }
            }
            return;
        }
        self.keep(source, start, shape, open);
    }

    /// Keeps the text from `start` on as a literal.
    fn keep(&mut self, source: &str, start: usize, shape: ShapeId, open: &[Frame]) {
        let paragraph = match open {
            [.., parent, list, leaf] if list.is_array && !leaf.is_array => {
                let is_leaf = matches!(&source[leaf.key.clone()], "text" | "value");
                let is_list = matches!(&source[parent.key.clone()], "children" | "content");
                (is_leaf && is_list).then_some(list.array)
            }
            _ => None,
        };
        self.literals.push(Literal { shape, paragraph, text: start..self.text.len() });
    }

    /// Reads the rows in which React streams a page: `ID:` and JSON, or `ID:T`, the length of a
    /// text in hexadecimal, a comma and that text.
    fn flight(&mut self, rows: &str, setting: Setting) {
        let text_shape = self.child(setting.base, "text");
        let setting = Setting { base: self.child(setting.base, "row"), ..setting };
        let mut rest = rows;
        while let Some((_, row)) = rest.split_once(':') {
            rest = if let Some((size, text)) = row.strip_prefix('T').and_then(sized) {
                let (text, rest) = text.split_at(text.ceil_char_boundary(size));
                if can_be_text(text) {
                    let start = self.text.len();
                    self.text.push_str(text);
                    self.keep("", start, text_shape, &[]);
                }
                rest
            } else {
                let (row, rest) = row.split_once('\n').unwrap_or((row, ""));
                self.scan(row, 0, setting);
                rest
            };
        }
    }
}

/// Whether a word ended here is the key of a value; then the open object is told.
fn is_key(bytes: &[u8], end: usize, open: &mut [Frame], word: &Range<usize>) -> bool {
    let Some(top) = open.last_mut().filter(|top| !top.is_array) else {
        return false;
    };
    let is_key = top.key.is_empty() && bytes.get(skip_space(bytes, end)) == Some(&b':');
    if is_key {
        top.key = word.clone();
    }
    is_key
}

/// Whether a string, escapes and all, may be something to read: it has letters, and is no
/// address, name or key.
fn can_be_text(raw: &str) -> bool {
    let is_name = |c: char| c.is_ascii_digit() || "/_:#=@{}[]<>\\".contains(c);
    raw.contains(char::is_alphabetic)
        && (raw.contains([' ', '\n'])
            || raw.contains("\\n")
            || !raw.is_ascii()
            || raw.contains("\\u")
            || !raw.contains(is_name))
}

/// Whether a string holds JSON.
fn is_json(text: &str) -> bool {
    let text = text.trim_start().as_bytes();
    match text {
        [b'{', rest @ ..] => rest.trim_ascii_start().starts_with(b"\""),
        [b'[', rest @ ..] => matches!(rest.trim_ascii_start().first(), Some(b'{' | b'[' | b'"')),
        _ => false,
    }
}

/// Whether a string holds rows of a page that React streams. Rows of hints have no number.
fn is_flight(text: &str) -> bool {
    let digits = text.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
    match &text.as_bytes()[digits..] {
        [b':', b'H', b'L', b'[', ..] => true,
        [b':', b'[' | b'{' | b'"' | b'I' | b'T', ..] => digits > 0,
        _ => false,
    }
}

/// The number in hexadecimal and the comma that a text begins with, taken off it.
fn sized(text: &str) -> Option<(usize, &str)> {
    let digits = text.bytes().take(8).take_while(u8::is_ascii_hexdigit).count();
    let (size, rest) = text.split_at(digits);
    Some((usize::from_str_radix(size, 16).ok()?, rest.strip_prefix(',')?))
}
