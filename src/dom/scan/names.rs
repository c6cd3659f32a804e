//! Names of elements and attributes, matched in any case without allocating: a name is hashed
//! while its end is looked for, and the hash is looked up in a table made at compile time.

use crate::ascii::Sixteen;
use crate::dom::tag::{Attr, DATA_NAMES, Tag};

/// Identity of a name. Exact for names of up to eight bytes, so for nearly all; two longer ones
/// are only taken for each other where they differ in bytes that are eight places apart and
/// cancel out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameHash(u64);

impl NameHash {
    pub(super) const fn of(name: &str) -> NameHash {
        NameHash::read_bytes(name.as_bytes(), 0).0
    }

    /// Reads a name from its first byte on, whatever that is, up to the end of an attribute's
    /// name; gives where it ends.
    #[inline]
    pub(super) fn read(bytes: &[u8], start: usize) -> (NameHash, usize) {
        // Most are short, and of these the end is found and the hash made without going from byte to
        // byte, since how many they are cannot be foreseen.
        let sixteen = Sixteen::at(bytes, start);
        let ends = sixteen.between(b'\t', b'\n')
            | sixteen.between(0x0c, b'\r')
            | sixteen.between(b'=', b'>')
            | sixteen.equal(b' ')
            | sixteen.equal(b'/')
            | sixteen.equal(0);
        let len = (ends.bits() >> 1).trailing_zeros() + 1;
        if len > 8
            || bytes.get(start + len as usize).is_none_or(|end| *end == 0)
            || bytes[start] == 0
        {
            return NameHash::read_bytes(bytes, start);
        }
        let first = (sixteen.lower_case().number() as u64).swap_bytes();
        (NameHash(first >> (64 - 8 * len)), start + len as usize)
    }

    /// The same by single bytes.
    const fn read_bytes(bytes: &[u8], start: usize) -> (NameHash, usize) {
        let mut hash = bytes[start].to_ascii_lowercase() as u64;
        let mut at = start + 1;
        while at < bytes.len() {
            let byte = NAME_BYTES[bytes[at] as usize];
            if byte == 0 {
                break;
            }
            hash = hash.rotate_left(8) ^ byte as u64;
            at += 1;
        }
        (NameHash(hash), at)
    }

    const fn slot(self) -> usize {
        (self.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOT_BITS)) as usize
    }
}

/// Each byte in lower case, and zero for those that end a name.
static NAME_BYTES: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut byte = 0;
    while byte < 256 {
        table[byte] = match byte as u8 {
            b'\t' | b'\n' | b'\r' | 0x0c | b' ' | b'/' | b'>' | b'=' => 0,
            0 => 0xff,
            other => other.to_ascii_lowercase(),
        };
        byte += 1;
    }
    table
};

const SLOT_BITS: u32 = 9;

/// An open-addressing hash table.
struct Table<T>([Option<(NameHash, T)>; 1 << SLOT_BITS]);

impl<T: Copy> Table<T> {
    const fn insert(&mut self, name: &str, value: T) {
        let hash = NameHash::of(name);
        let mut slot = hash.slot();
        while self.0[slot].is_some() {
            slot = (slot + 1) % self.0.len();
        }
        self.0[slot] = Some((hash, value));
    }

    fn get(&self, name: NameHash) -> Option<T> {
        let mut slot = name.slot();
        while let Some((hash, value)) = self.0[slot] {
            if hash == name {
                return Some(value);
            }
            slot = (slot + 1) % self.0.len();
        }
        None
    }
}

static TAGS: Table<Tag> = {
    let mut table = Table([None; 1 << SLOT_BITS]);
    let mut i = 0;
    while i < Tag::ALL.len() {
        if !matches!(Tag::ALL[i], Tag::Text | Tag::Other) {
            table.insert(Tag::ALL[i].name(), Tag::ALL[i]);
        }
        i += 1;
    }
    table
};

/// The kept attributes, each source name with a number of its own.
static ATTRS: Table<(Attr, u8)> = {
    let mut table = Table([None; 1 << SLOT_BITS]);
    let mut i = 0;
    while i < Attr::ALL.len() {
        if !matches!(Attr::ALL[i], Attr::Data) {
            table.insert(Attr::ALL[i].name(), (Attr::ALL[i], i as u8));
        }
        i += 1;
    }
    let mut k = 0;
    while k < DATA_NAMES.len() {
        table.insert(DATA_NAMES[k], (Attr::Data, (i + k) as u8));
        k += 1;
    }
    table
};

// A tag's attributes are told apart in a set of 64 bits.
const _: () = assert!(Attr::ALL.len() + DATA_NAMES.len() <= 64);

pub(super) fn tag(name: NameHash) -> Tag {
    TAGS.get(name).unwrap_or(Tag::Other)
}

/// The kept attribute of this name, and which of the source names it is.
pub(super) fn attr(name: NameHash) -> Option<(Attr, u8)> {
    ATTRS.get(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_at_once_as_it_is_by_its_bytes() {
        let page = "<=a b\tCD\nEf\rgH\u{c}i=j>k/l\0m seventh eighth-9 no\0l \0 \u{e9}t\u{e9} data-long-name=x";
        let bytes = page.as_bytes();
        for end in 1..=bytes.len() {
            for start in 0..end {
                let (whole, single) = (
                    NameHash::read(&bytes[..end], start),
                    NameHash::read_bytes(&bytes[..end], start),
                );
                assert_eq!(whole, single, "{:?}", &page.as_bytes()[start..end]);
            }
        }
    }

    #[test]
    fn every_name_is_found_in_any_case() {
        for &tag in Tag::ALL.iter().filter(|t| !matches!(t, Tag::Text | Tag::Other)) {
            assert_eq!(super::tag(NameHash::of(&tag.name().to_uppercase())), tag);
        }
        assert_eq!(super::tag(NameHash::of("x-card")), Tag::Other);
        assert_eq!(attr(NameHash::of("HREF")).map(|(a, _)| a), Some(Attr::Href));
        assert_eq!(attr(NameHash::of("data-qa")).map(|(a, _)| a), Some(Attr::Data));
        assert_eq!(attr(NameHash::of("data-*")), None);
    }
}
