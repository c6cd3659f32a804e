//! The random draws of training.

/// SplitMix64 (Steele, Lea & Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA
/// 2014). Kept here rather than taken from a crate so that a seed means the same model for ever.
pub(super) struct SplitMix64(u64);

impl SplitMix64 {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform in [0, 1).
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A `share` of `items` (rounded, at least one), in their order: selection sampling (Knuth,
    /// TAOCP vol. 2, algorithm 3.4.2S).
    pub(super) fn sample<T: Copy>(&mut self, items: &[T], share: f32) -> Vec<T> {
        let Some(&first) = items.first() else {
            return Vec::new();
        };
        let wanted = (items.len() as f64 * f64::from(share)).round().max(1.0) as usize;
        // No processor can guess what is chosen, so all is written, and the next item takes the
        // place of one that is not.
        let mut chosen = vec![first; wanted + 1];
        let mut n = 0;
        for (i, &item) in items.iter().enumerate() {
            chosen[n] = item;
            let is_chosen = self.unit() * ((items.len() - i) as f64) < (wanted - n) as f64;
            n += usize::from(is_chosen);
        }
        chosen.truncate(wanted);
        chosen
    }

    /// −1 or 1 with equal chance.
    pub(super) fn sign(&mut self) -> f32 {
        if self.next() >> 63 == 0 { 1.0 } else { -1.0 }
    }
}
