//! What is drawn by chance, the same on every run.

/// A sequence of numbers drawn by chance, the same for the same seed: a linear congruential generator
/// (Knuth's MMIX), of whose states the high bits count.
pub(crate) struct Draws(pub u64);

impl Draws {
    /// A number below `of`.
    pub fn below(&mut self, of: usize) -> usize {
        self.0 = self.0.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        ((self.0 >> 33) % of as u64) as usize
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }

    /// One of these, if there is one.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> Option<T> {
        (!of.is_empty()).then(|| of[self.below(of.len())])
    }

    /// Puts these into another order.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }
}
