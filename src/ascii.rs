//! A text's bytes sixteen at a time: which of them are of a class.

use std::ops::{BitAnd, BitOr};

use wide::u8x16;

/// Sixteen bytes of a text.
#[derive(Clone, Copy)]
pub(crate) struct Sixteen(u8x16);

/// Some of sixteen bytes.
#[derive(Clone, Copy)]
pub(crate) struct Set(u8x16);

impl Sixteen {
    /// How many they are.
    pub const LEN: usize = 16;

    /// The bytes from a place on; beyond the text's end they are NUL.
    #[inline]
    pub fn at(bytes: &[u8], at: usize) -> Sixteen {
        let rest = &bytes[at.min(bytes.len())..];
        Sixteen(u8x16::new(match rest.first_chunk() {
            Some(sixteen) => *sixteen,
            None => few(rest).to_le_bytes(),
        }))
    }

    /// The bytes as one number, the first of them the lowest.
    #[inline]
    pub fn number(self) -> u128 {
        u128::from_le_bytes(self.0.to_array())
    }

    /// The same, ASCII letters in lower case.
    #[inline]
    pub fn lower_case(self) -> Sixteen {
        let capitals = self.between(b'A', b'Z').0;
        Sixteen(self.0 | capitals & u8x16::splat(0x20))
    }

    /// The same, with one byte in place of each digit.
    #[inline]
    pub fn digits_as(self, byte: u8) -> Sixteen {
        let digits = self.digits().0;
        Sixteen(self.0 & !digits | u8x16::splat(byte) & digits)
    }

    #[inline]
    pub fn equal(self, byte: u8) -> Set {
        Set(self.0.simd_eq(u8x16::splat(byte)))
    }

    /// Those from `low` to `high`.
    #[inline]
    pub fn between(self, low: u8, high: u8) -> Set {
        let above = self.0 - u8x16::splat(low);
        Set(above.min(u8x16::splat(high - low)).simd_eq(above))
    }

    /// Bytes of longer characters.
    #[inline]
    pub fn not_ascii(self) -> Set {
        Set(self.0)
    }

    #[inline]
    pub fn letters(self) -> Set {
        Sixteen(self.0 | u8x16::splat(0x20)).between(b'a', b'z')
    }

    #[inline]
    pub fn digits(self) -> Set {
        self.between(b'0', b'9')
    }

    /// ASCII letters, digits and underscores.
    #[inline]
    pub fn word(self) -> Set {
        self.letters() | self.digits() | self.equal(b'_')
    }

    /// The length of the word that begins here, where it is a whole one of fewer than sixteen ASCII
    /// characters.
    #[inline]
    pub fn whole_word(self) -> Option<u32> {
        let len = self.word().bits().trailing_ones();
        let goes_on = self.not_ascii().bits() >> len & 1 != 0;
        ((1..Sixteen::LEN as u32).contains(&len) && !goes_on).then_some(len)
    }
}

/// Fewer than sixteen bytes as a number, the first of them the lowest: by two reads that may
/// overlap, since copying so few takes longer.
#[inline]
fn few(bytes: &[u8]) -> u128 {
    let len = bytes.len();
    if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u64::from_le_bytes(*first), u64::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (len - 8))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
        u128::from(first) | u128::from(last) << (8 * (len - 4))
    } else {
        bytes.iter().rev().fold(0, |number, byte| number << 8 | u128::from(*byte))
    }
}

impl Set {
    /// The set as bits, that of the first byte the lowest.
    #[inline]
    pub fn bits(self) -> u32 {
        self.0.to_bitmask()
    }
}

impl BitOr for Set {
    type Output = Set;

    #[inline]
    fn bitor(self, other: Set) -> Set {
        Set(self.0 | other.0)
    }
}

impl BitAnd for Set {
    type Output = Set;

    #[inline]
    fn bitand(self, other: Set) -> Set {
        Set(self.0 & other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_is_of_its_classes() {
        for byte in 0..=u8::MAX {
            let of = |set: fn(Sixteen) -> Set| set(Sixteen::at(&[0, byte], 1)).bits() & 1 != 0;
            assert_eq!(of(Sixteen::letters), byte.is_ascii_alphabetic());
            assert_eq!(of(Sixteen::digits), byte.is_ascii_digit());
            assert_eq!(of(Sixteen::word), byte.is_ascii_alphanumeric() || byte == b'_');
            assert_eq!(of(Sixteen::not_ascii), !byte.is_ascii());
            assert_eq!(of(|bytes| bytes.between(b'!', b'~')), byte.is_ascii_graphic());
            let lower = Sixteen::at(&[byte], 0).lower_case().number();
            assert_eq!(lower, u128::from(byte.to_ascii_lowercase()));
            let zero = if byte.is_ascii_digit() { b'0' } else { byte };
            assert_eq!(Sixteen::at(&[byte], 0).digits_as(b'0').number(), u128::from(zero));
        }
    }

    #[test]
    fn a_word_is_whole_where_its_end_is_seen() {
        let of = |text: &str| Sixteen::at(text.as_bytes(), 0).whole_word();
        assert_eq!(
            [of("a"), of("no_1 more"), of("0123456789abcde.")],
            [Some(1), Some(4), Some(15)]
        );
        assert_eq!([of(""), of(" a"), of("nai\u{308}ve"), of("0123456789abcdef")], [None; 4]);
    }

    #[test]
    fn beyond_the_end_there_is_nothing() {
        let bytes = [b'a'; 20];
        let found = [0, 4, 5, 20, 30].map(|at| Sixteen::at(&bytes, at).letters().bits());
        assert_eq!(found, [0xffff, 0xffff, 0x7fff, 0, 0]);
        let bytes: Vec<u8> = (1..16).collect();
        for at in 0..16 {
            let mut sixteen = [0; 16];
            sixteen[..15 - at.min(15)].copy_from_slice(&bytes[at.min(15)..]);
            assert_eq!(Sixteen::at(&bytes, at).number(), u128::from_le_bytes(sixteen));
        }
    }
}
