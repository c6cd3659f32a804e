//! The lexical model: what a block's words, and the names of the elements around it, say by
//! themselves.
//!
//! Two linear classifiers over hashed tokens (the hashing trick, Weinberger et al., ICML 2009): one over
//! the names, classes, ids and roles of the elements that hold a block and the words of the heading above
//! it, one over its first and last words; of a line of plain text, over all words and the heading's.
//! They know nothing of mass, place or neighbours; their scores, both together and those of its words alone,
//! are features of the trees, which do.
//! Keyword groups are written by hand and few; here the labelled pages say which of some hundred
//! thousand names mean what, [`fragments`](fragments()) of our own what other sites call things, and
//! [`phrases`](phrases()) how things are worded in languages that the pages have little of.
//!
//! Training pages get the scores of a model that has not seen their site
//! ([`crate::training`]); otherwise the trees would trust it more than it deserves.

mod fit;
mod fragments;
mod phrases;
mod tokens;

use std::sync::LazyLock;

use multiversion::multiversion;
use serde::{Deserialize, Serialize};

pub use fit::{FitParams, Lesson, fit};
pub use fragments::{Fragment, fragments};
pub use phrases::{Phrase, phrases};
pub use tokens::Tokens;
use tokens::{Element, Group, scale, slot};

use crate::boost::softmax;
use crate::features::{Feature, Matrix, Schema};
use crate::label::Label;
use crate::model::Scores;

/// Slots of a table of weights, a power of two.
const SLOTS: usize = 1 << 18;
/// Scores of a kind a block.
pub const WIDTH: usize = Scores::OUTPUTS;

/// The schema of its scores.
pub static LEXICAL: LazyLock<Schema> = LazyLock::new(|| {
    let features = |group: &'static str, meaning: &'static str, near| {
        let feature = move |output| Feature {
            name: format!("{group}.{}", Scores::output_name(output)),
            meaning: format!("{meaning}, as log-odds up to a constant"),
            range: (f32::MIN, f32::MAX),
            near,
        };
        (0..WIDTH).map(feature).collect()
    };
    // Where all names say "text", the two together hide what words say against them.
    Schema::new(
        "lexical",
        vec![
            features("lexical", "what its words and names say by themselves", true),
            features("wording", "what the words of a block with names alone say", false),
        ],
    )
});

/// A fitted lexical model: what names say, and what words say. Each is fitted by itself: many words are
/// rare, and tell something all the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lexicon {
    names: Weights,
    words: Weights,
}

/// For every slot a weight an output, in units of `scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Weights {
    scale: f32,
    /// `SLOTS × WIDTH`, row-major: the bits of signed numbers, since bytes are read as a whole.
    #[serde(with = "serde_bytes")]
    weights: Vec<u8>,
}

impl Weights {
    /// The weights of a list of tokens in a group, added up.
    #[inline(always)] // As part of `scores`, for its instructions.
    fn sum(&self, tokens: &[u32], group: Group) -> [i32; WIDTH] {
        let mut sum = [0; WIDTH];
        for token in tokens {
            let start = slot(*token, group) as usize * WIDTH;
            let weights = &self.weights[start..start + WIDTH];
            sum.iter_mut().zip(weights).for_each(|(sum, w)| *sum += i32::from(*w as i8));
        }
        sum
    }

    /// Adds to scores what `n` tokens say of which the weights' sum is `sum`.
    #[inline(always)]
    fn add_to(&self, scores: &mut [f32], n: usize, sum: [i32; WIDTH]) {
        let scale = scale(n) * self.scale;
        scores.iter_mut().zip(sum).for_each(|(score, sum)| *score += scale * sum as f32);
    }
}

impl Lexicon {
    /// The scores of a page's blocks, by the schema [`LEXICAL`].
    pub fn matrix(&self, tokens: &Tokens) -> Matrix {
        let scores = scores(self, tokens);
        Matrix::fill(2 * WIDTH, tokens.blocks(), |block, out| {
            out.copy_from_slice(&scores[block * 2 * WIDTH..][..2 * WIDTH]);
        })
    }

    /// Checks that scoring cannot fail.
    pub(crate) fn check(&self) -> Result<(), String> {
        let is_whole =
            |part: &Weights| part.weights.len() == SLOTS * WIDTH && part.scale.is_finite();
        match is_whole(&self.names) && is_whole(&self.words) {
            true => Ok(()),
            false => Err("a lexical model of another size".to_owned()),
        }
    }
}

/// The scores of a page's blocks, `blocks × 2 · WIDTH` row-major: log-odds up to a constant.
/// Compiled twice, since AVX2 widens eight weights at a time and not every processor has it.
#[multiversion(targets("x86_64+avx+avx2"))]
fn scores(lexicon: &Lexicon, tokens: &Tokens) -> Vec<f32> {
    let Lexicon { names, words } = lexicon;
    let are_lines = tokens.are_of_lines();
    let headings = if are_lines { words } else { names };
    // Elements are many and their lists of names few: each list is summed once a group.
    let mut known = [const { Vec::new() }; 4];
    known.fill(vec![None; tokens.names.len()]);
    let mut sum_of = |list: u32, group: Group| {
        *known[group as usize][list as usize]
            .get_or_insert_with(|| names.sum(tokens.names.list(list), group))
    };
    let mut far: Vec<(usize, [i32; WIDTH])> = Vec::with_capacity(tokens.elements.len());
    for element in &tokens.elements {
        let (before, sum) = element.parent.map_or((0, [0; WIDTH]), |parent| far[parent as usize]);
        let names = tokens.names.list(element.names).len();
        far.push((before + names, add(sum, sum_of(element.names, Group::Far))));
    }
    let mut of_heading: (&[u32], [i32; WIDTH]) = (&[], [0; WIDTH]);
    let mut out = vec![0.0; tokens.blocks() * 2 * WIDTH];
    for (block, row) in out.chunks_exact_mut(2 * WIDTH).enumerate() {
        let (all, alone) = row.split_at_mut(WIDTH);
        let (own, element, heading) = tokens.block(block);
        let n = own.iter().map(|list| tokens.names.list(*list).len()).sum();
        let sums = own.iter().map(|list| sum_of(*list, Group::Own));
        names.add_to(all, n, sums.fold([0; WIDTH], add));
        let mut around = element.parent;
        for group in [Group::Parent, Group::Grandparent] {
            if let Some(at) = around {
                let Element { names: list, parent } = tokens.elements[at as usize];
                names.add_to(all, tokens.names.list(list).len(), sum_of(list, group));
                around = parent;
            }
        }
        if let Some((n, sum)) = around.map(|at| far[at as usize]) {
            names.add_to(all, n, sum);
        }
        if of_heading.0 != heading {
            of_heading = (heading, headings.sum(heading, Group::Heading));
        }
        let text = tokens.words.list(block as u32);
        let of_words = words.sum(text, Group::Words);
        if are_lines {
            // A line has no names that its words could be told apart from.
            words.add_to(all, text.len(), of_words);
            words.add_to(all, heading.len(), of_heading.1);
            let line = tokens.line_words(block);
            words.add_to(all, line.len(), words.sum(line, Group::Line));
        } else {
            names.add_to(all, heading.len(), of_heading.1);
            words.add_to(alone, text.len(), of_words);
            all.iter_mut().zip(alone).for_each(|(all, alone)| *all += *alone);
        }
    }
    out
}

/// 1 where an output agrees with a label of which is not known whether it would be kept.
fn possible(label: Label) -> [f32; WIDTH] {
    std::array::from_fn(|output| f32::from(Scores::meaning(output).0 == Some(label)))
}

/// What the words of a page say in the mean: of each output, the mean over the words of its
/// probability in their blocks, by words and names together. `scores` is by [`LEXICAL`]; `words` is each
/// block's number of words.
pub fn means(scores: &Matrix, words: &[u32]) -> [f32; WIDTH] {
    /// Rows that are worked on at a time.
    const ROWS: usize = 64;
    let columns: [&[f32]; WIDTH] = std::array::from_fn(|output| scores.column(output, 0));
    let (mut sums, mut all) = ([0.0; WIDTH], 0.0);
    let mut rows = Vec::with_capacity(ROWS * WIDTH);
    for (band, words) in words.chunks(ROWS).enumerate() {
        rows.clear();
        let blocks = (band * ROWS..).take(words.len());
        rows.extend(blocks.flat_map(|block| columns.map(|column| column[block])));
        softmax(&mut rows, WIDTH);
        for (row, words) in rows.chunks_exact(WIDTH).zip(words) {
            sums.iter_mut().zip(row).for_each(|(sum, p)| *sum += *words as f32 * p);
            all += *words as f32;
        }
    }
    sums.map(|sum| if all > 0.0 { sum / all } else { 0.0 })
}

fn add(a: [i32; WIDTH], b: [i32; WIDTH]) -> [i32; WIDTH] {
    std::array::from_fn(|i| a[i] + b[i])
}

#[cfg(test)]
mod tests {
    use super::tokens::Part;
    use super::*;
    use crate::dom;
    use crate::features::{TEXT, Texts};
    use crate::segment::Blocks;
    use crate::training::Settings;

    const PARAMS: FitParams =
        FitParams { epochs: 20, alpha: 0.1, beta: 1.0, l1: 0.0, l2: 0.1, min_sites: 2, seed: 1 };

    fn tokens(page: &str) -> Tokens {
        let document = dom::parse(page);
        Tokens::of_document(&document, &Blocks::of_document(&document))
    }

    /// Four sites of an article and an advertisement each, whose names agree and words do not.
    fn lexicon() -> Lexicon {
        let texts = ["The mill", "Two ferries", "No rain", "A lighthouse"].iter().enumerate();
        fitted(texts.map(|(site, text)| {
            tokens(&format!(
                "<div class='w{site}'><div class='entry-content'><p>{text} again</p></div>
                <div class='adSlot'><p>{text} today</p></div></div>"
            ))
        }))
    }

    /// Four sites of an article and an advertisement each, lines of a word in common after many
    /// others.
    fn lexicon_of_lines() -> Lexicon {
        fitted(["k", "l", "m", "n"].iter().map(|site| lines(&two_lines(site))))
    }

    fn two_lines(site: &str) -> String {
        let others: String = ('a'..='z').map(|c| format!("{site}{c} ")).collect();
        format!("{others} lighthouse {others}\n{others} subscribe {others}")
    }

    fn lines(text: &str) -> Tokens {
        let blocks = Blocks::of_text(text);
        Tokens::of_lines(&blocks, &Texts::of_lines(&blocks))
    }

    /// Fitted to pages of a site each, of an article's block and an advertisement's.
    fn fitted(pages: impl Iterator<Item = Tokens>) -> Lexicon {
        let pages: Vec<Tokens> = pages.collect();
        let mut possible = vec![0.0; 2 * WIDTH];
        possible[Label::Body as usize] = 1.0;
        possible[WIDTH + Label::Ad as usize] = 1.0;
        let lesson = |(site, tokens)| Lesson {
            sites: 1,
            tokens,
            site: site as u64,
            possible: &possible,
            weights: &[1.0, 1.0],
        };
        fit(&pages.iter().enumerate().map(lesson).collect::<Vec<_>>(), &PARAMS, &PARAMS)
    }

    fn likeliest(scores: &[f32], block: usize) -> usize {
        let row = &scores[2 * block * WIDTH..][..WIDTH];
        (0..WIDTH).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
    }

    #[test]
    fn a_word_of_a_line_counts_wherever_it_stands() {
        let scores = scores(&lexicon_of_lines(), &lines(&two_lines("o")));
        let found = (likeliest(&scores, 0), likeliest(&scores, 1));
        assert_eq!(found, (Label::Body as usize, Label::Ad as usize));
    }

    #[test]
    fn phrases_teach_wording_in_several_languages() {
        let phrases = phrases();
        let lessons = (0..).zip(phrases).map(|(site, phrase)| phrase.lesson(&TEXT, site, &1.0));
        let lessons: Vec<Lesson> = lessons.collect();
        let Settings { names, words, .. } = Settings::of(&TEXT);
        let lexicon = fit(&lessons, &names, &words);
        for (text, label) in [
            ("Unsere Autorin schreibt seit 2012 über Wohnen und Verkehr", Label::Bio),
            ("Nous utilisons des cookies pour mesurer l'audience", Label::Legal),
            ("Foto: Tobias Lindqvist", Label::Caption),
            ("Опубликовано 3 марта 2024", Label::Byline),
        ] {
            let scores = scores(&lexicon, &Tokens::of_line(text));
            assert_eq!(likeliest(&scores, 0), label as usize, "{text}");
        }
    }

    #[test]
    fn a_name_means_on_another_site_what_it_meant_on_several() {
        let page = "<section><div class='big ad-slot'><p>Unknown words</p></div>
            <div id='entry'><p>Unknown words</p></div></section>";
        let scores = scores(&lexicon(), &tokens(page));
        let found = (likeliest(&scores, 0), likeliest(&scores, 1));
        assert_eq!(found, (Label::Ad as usize, Label::Body as usize));
    }

    #[test]
    fn a_name_that_one_site_alone_has_means_nothing() {
        let lexicon = lexicon();
        let with = tokens("<div class='w2'><div><p>x</p></div></div>");
        let without = tokens("<div class='w9'><div><p>x</p></div></div>");
        // Both are one token that weighs nothing.
        assert_eq!(scores(&lexicon, &with), scores(&lexicon, &without));
    }

    #[test]
    fn scores_are_the_sums_of_the_weights_that_fitting_sees() {
        let page = tokens(
            "<body class=entry><h2>The mill</h2><main><div class=entry-content><section>
            <p>Two <b class=ad>ferries</b></p><ul><li>today<li>again</ul></section></div></main>",
        );
        let text = lines(&format!("The mill\n{}", two_lines("k")));
        for (lexicon, tokens) in [(lexicon(), page), (lexicon_of_lines(), text)] {
            let scores = scores(&lexicon, &tokens);
            for (block, row) in scores.chunks_exact(2 * WIDTH).enumerate() {
                let sum = |part: Part, output: usize| -> f32 {
                    let mut slots = Vec::new();
                    tokens.slots(block, part, &mut slots);
                    let Weights { scale, weights } = match part {
                        Part::Names => &lexicon.names,
                        Part::Words => &lexicon.words,
                    };
                    let weight =
                        |slot: u32| f32::from(weights[slot as usize * WIDTH + output] as i8);
                    slots.iter().map(|(slot, n)| n * scale * weight(*slot)).sum()
                };
                for (output, score) in row[..WIDTH].iter().enumerate() {
                    let sum = sum(Part::Names, output) + sum(Part::Words, output);
                    assert!((sum - score).abs() < 1e-4, "{block} {output}: {sum} {score}");
                }
            }
        }
    }

    #[test]
    fn words_alone_are_told_apart_from_names() {
        let page =
            |word: &str, name: &str| tokens(&format!("<div class={name}><p>{word}</p></div>"));
        let lessons: Vec<Tokens> = (0..4)
            .map(|_| {
                tokens(
                    "<div><div class=entry-content><p>ferries</p></div><div class=adSlot><p>offers</p></div>",
                )
            })
            .collect();
        let lexicon = fitted(lessons.into_iter());
        let words = |page: &Tokens| scores(&lexicon, page)[WIDTH..].to_vec();
        let offers = words(&page("offers", "entry-content"));
        assert!(offers[Label::Ad as usize] > offers[Label::Body as usize]);
        assert_eq!(offers, words(&page("offers", "adSlot")));
    }
}
