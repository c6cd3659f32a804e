//! Fitting a [`Lexicon`]: for names and for words a multinomial logistic regression by FTRL-Proximal
//! (McMahan et al., *Ad Click Prediction: a View from the Trenches*, KDD 2013), which keeps a learning
//! rate for each weight and leaves most of them at zero.

use rustc_hash::FxHashSet;

use crate::draws::Draws;

use super::tokens::Part;
use super::{Lexicon, SLOTS, Tokens, WIDTH, Weights};

/// How weights are fitted.
#[derive(Clone, Copy, Debug)]
pub struct FitParams {
    /// Passes over the blocks.
    pub epochs: usize,
    /// Learning rate at the start.
    pub alpha: f32,
    /// What the root of the squared gradients is added to.
    pub beta: f32,
    /// Lasso penalty.
    pub l1: f32,
    /// Ridge penalty.
    pub l2: f32,
    /// Slots that fewer sites have are left at zero.
    pub min_sites: usize,
    /// Of the order of the blocks.
    pub seed: u64,
}

/// A page to learn from.
pub struct Lesson<'a> {
    /// Its tokens.
    pub tokens: &'a Tokens,
    /// Its site.
    pub site: u64,
    /// As how many sites it counts.
    pub sites: u32,
    /// `blocks × WIDTH`: 1 where an output agrees with what is known of the block.
    pub possible: &'a [f32],
    /// One a block; 0 for those that do not count.
    pub weights: &'a [f32],
}

/// Fits a lexicon.
pub fn fit(lessons: &[Lesson], names: &FitParams, words: &FitParams) -> Lexicon {
    Lexicon {
        names: fit_part(lessons, Part::Names, names),
        words: fit_part(lessons, Part::Words, words),
    }
}

fn fit_part(lessons: &[Lesson], part: Part, params: &FitParams) -> Weights {
    let used = slots_of_sites(lessons, part, params.min_sites);
    let mut rows: Vec<(u32, u32)> = Vec::new();
    for (page, lesson) in lessons.iter().enumerate() {
        let blocks = (0..lesson.weights.len()).filter(|block| lesson.weights[*block] > 0.0);
        rows.extend(blocks.map(|block| (page as u32, block as u32)));
    }
    let total: f32 = lessons.iter().flat_map(|lesson| lesson.weights).sum();
    let unit = rows.len() as f32 / total.max(f32::MIN_POSITIVE);
    let mut ftrl = Ftrl { slots: vec![Slot::default(); SLOTS], params: *params };
    let mut draws = Draws(params.seed);
    let mut slots = Vec::new();
    for _ in 0..params.epochs {
        draws.shuffle(&mut rows);
        for (page, block) in &rows {
            let lesson = &lessons[*page as usize];
            let block = *block as usize;
            let possible = &lesson.possible[block * WIDTH..(block + 1) * WIDTH];
            slots.clear();
            lesson.tokens.slots(block, part, &mut slots);
            slots.retain(|(slot, _)| used[*slot as usize]);
            ftrl.learn(&slots, possible, lesson.weights[block] * unit);
        }
    }
    ftrl.into_weights()
}

/// Which slots occur on enough sites.
fn slots_of_sites(lessons: &[Lesson], part: Part, min_sites: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    order.sort_by_key(|i| lessons[*i].site);
    let mut sites = vec![0u32; SLOTS];
    let mut seen = FxHashSet::default();
    let mut last = None;
    let mut slots = Vec::new();
    for lesson in order.into_iter().map(|i| &lessons[i]) {
        if last != Some(lesson.site) {
            seen.clear();
            last = Some(lesson.site);
        }
        for block in 0..lesson.tokens.blocks() {
            slots.clear();
            lesson.tokens.slots(block, part, &mut slots);
            for (slot, _) in &slots {
                if seen.insert(*slot) {
                    sites[*slot as usize] += lesson.sites;
                }
            }
        }
    }
    sites.into_iter().map(|n| n as usize >= min_sites).collect()
}

/// What is kept of a slot, an entry an output: side by side, as all three are wanted together.
#[derive(Clone, Default)]
struct Slot {
    weights: [f32; WIDTH],
    z: [f32; WIDTH],
    n: [f32; WIDTH],
}

struct Ftrl {
    slots: Vec<Slot>,
    params: FitParams,
}

impl Ftrl {
    fn learn(&mut self, slots: &[(u32, f32)], possible: &[f32], weight: f32) {
        let mut scores = [0.0f32; WIDTH];
        for (slot, scale) in slots {
            let weights = self.slots[*slot as usize].weights;
            scores.iter_mut().zip(weights).for_each(|(score, w)| *score += scale * w);
        }
        // The gradient is what the model thinks less what it would if it knew what is known.
        let most = scores.iter().copied().fold(f32::MIN, f32::max);
        let odds = scores.map(|score| (score - most).exp());
        let all: f32 = odds.iter().sum();
        let known: f32 = odds.iter().zip(possible).map(|(odds, possible)| odds * possible).sum();
        let mut gradient = [0.0; WIDTH];
        for (k, gradient) in gradient.iter_mut().enumerate() {
            let posterior = if known > 0.0 { odds[k] * possible[k] / known } else { 0.0 };
            *gradient = weight * (odds[k] / all - posterior);
        }
        let FitParams { alpha, beta, l1, l2, .. } = self.params;
        for (slot, scale) in slots {
            let Slot { weights, z, n } = &mut self.slots[*slot as usize];
            for (k, gradient) in gradient.iter().enumerate() {
                let g = gradient * scale;
                let before = n[k];
                let after = before + g * g;
                n[k] = after;
                z[k] += g - (after.sqrt() - before.sqrt()) / alpha * weights[k];
                let z = z[k];
                weights[k] = match z.abs() > l1 {
                    true => -(z - z.signum() * l1) / ((beta + after.sqrt()) / alpha + l2),
                    false => 0.0,
                };
            }
        }
    }

    /// The weights in 255 steps.
    fn into_weights(self) -> Weights {
        let weights = || self.slots.iter().flat_map(|slot| slot.weights);
        let most = weights().fold(0.0f32, |most, w| most.max(w.abs()));
        let scale = most.max(f32::MIN_POSITIVE) / 127.0;
        let weights = weights().map(|w| (w / scale).round() as i8 as u8).collect();
        Weights { scale, weights }
    }
}
