//! Carries what is known of a page over to blocks cut by someone else, by aligning [`words`] in
//! order.
//!
//! The aligner maximises matched words less a price for every jump from one matched run to the
//! next: nothing on the same diagonal, little when only one side skips words (an advertisement
//! between two paragraphs, a paragraph the page's markup hides), more when both do. So a menu link
//! that repeats a word of the article is not part of it, and of a text that stands twice on the
//! page the copy in line with its neighbours wins.
//!
//! This is sparse co-linear chaining with a gap cost (Eppstein, Galil, Giancarlo & Italiano,
//! "Sparse dynamic programming I: linear cost functions", J. ACM 39, 1992): 4-gram matches are
//! chained first, as patience diff does with unique lines, but a 4-gram may occur a few times on
//! each side; then each gap between them on its own, word by word once it is small. Time is
//! near-linear, memory linear, in the words of both sides.

use std::collections::HashMap;
use std::iter;
use std::ops::Range;

use crate::label::Label;
use crate::measures::words;

/// Words per seed in large ranges.
const SEED: usize = 4;
/// A range of at most this many word pairs is aligned word by word.
const SMALL_AREA: usize = 1 << 16;
/// A seed that occurs `m` and `n` times in a range yields all `m * n` matches up to this many;
/// beyond, the r-th occurrences are matched if `m == n`, else none.
const MAX_MATCHES: usize = 64;
/// Rounds of narrowing a large range by seeds.
const MAX_DEPTH: usize = 16;

/// What a matched word is worth.
const MATCH: i32 = 2;
/// Price of a jump that skips words on one side.
const SKIP_ONE: i32 = 2;
/// Price of a jump that skips words on both sides.
const SKIP_BOTH: i32 = 6;

/// Blocks of at least this many words are looked for out of order, too.
const MOVABLE: usize = 8;

/// The label of each block: the one that most of its matched words carry, on a tie the first in
/// column order; `None` if less than half of its words match the labelled text in order, or it has
/// no words.
pub fn align_labels(blocks: &[&str], labelled: &[(String, Label)]) -> Vec<Option<Label>> {
    let page = Words::new(blocks.iter().copied());
    let truth = Words::new(labelled.iter().map(|(text, _)| text.as_str()));
    let mut votes = vec![[0_u32; Label::COUNT]; blocks.len()];
    for (i, j) in align(&page.words, &truth.words) {
        let (_, label) = labelled[truth.block[j] as usize];
        votes[page.block[i] as usize][label as usize] += 1;
    }
    let label_of = |(block, votes): (usize, [u32; Label::COUNT])| {
        let matched = votes.iter().sum::<u32>() as usize;
        let enough = matched > 0 && 2 * matched >= page.len_of(block);
        // `max_by_key` takes the last of equals.
        let labels = Label::ALL.into_iter().rev();
        labels.max_by_key(|&label| votes[label as usize]).filter(|_| enough)
    };
    votes.into_iter().enumerate().map(label_of).collect()
}

/// The share (0–1) of each block's words that lie in the gold text, in order. A block of eight
/// words or more whose 4-grams all lie in a part of the gold text that nothing else matched counts
/// as inside, too: gold texts move pieces. A block without words has share 0.
pub fn align_gold(blocks: &[&str], gold: &str) -> Vec<f32> {
    let page = Words::new(blocks.iter().copied());
    let gold: Vec<u64> = words(gold).collect();
    let mut inside = vec![0_u32; blocks.len()];
    let mut unmatched = vec![true; gold.len()];
    for (i, j) in align(&page.words, &gold) {
        inside[page.block[i] as usize] += 1;
        unmatched[j] = false;
    }

    let mut free: HashMap<u64, u32> = HashMap::new();
    for (at, key) in seeds(&gold).into_iter().enumerate() {
        if unmatched[at..at + SEED].iter().all(|&free| free) {
            *free.entry(key).or_default() += 1;
        }
    }
    for (block, inside) in inside.iter_mut().enumerate() {
        let range = page.ranges[block].clone();
        if range.len() < MOVABLE || 2 * *inside as usize >= range.len() {
            continue;
        }
        let keys = seeds(&page.words[range.clone()]);
        if keys.iter().all(|key| free.get(key).is_some_and(|&count| count > 0)) {
            for key in &keys {
                free.entry(*key).and_modify(|count| *count = count.saturating_sub(1));
            }
            *inside = range.len() as u32;
        }
    }
    (inside.into_iter().enumerate())
        .map(|(block, inside)| inside as f32 / page.len_of(block).max(1) as f32)
        .collect()
}

/// The words of a list of texts, and which text each is from.
struct Words {
    words: Vec<u64>,
    block: Vec<u32>,
    /// Each text's range in `words`.
    ranges: Vec<Range<usize>>,
}

impl Words {
    fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut all = Words { words: Vec::new(), block: Vec::new(), ranges: Vec::new() };
        for (block, text) in texts.enumerate() {
            let start = all.words.len();
            all.words.extend(words(text));
            all.block.resize(all.words.len(), block as u32);
            all.ranges.push(start..all.words.len());
        }
        all
    }

    fn len_of(&self, block: usize) -> usize {
        self.ranges[block].len()
    }
}

/// Aligns two word sequences: pairs of positions with equal words, strictly increasing on both
/// sides.
fn align(a: &[u64], b: &[u64]) -> Vec<(usize, usize)> {
    let aligner = Aligner { a, b, seeds_a: seeds(a), seeds_b: seeds(b) };
    let mut pairs = Vec::new();
    let whole = Gap { a: 0..a.len(), b: 0..b.len(), after_match: false, before_match: false };
    aligner.align(whole, MAX_DEPTH, &mut pairs);
    pairs
}

/// A key for each 4-gram.
fn seeds(words: &[u64]) -> Vec<u64> {
    let mix =
        |key: u64, word: &u64| (key.rotate_left(23) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    words.windows(SEED).map(|gram| gram.iter().fold(0, mix)).collect()
}

/// A part of both sequences that is not aligned yet.
#[derive(Clone)]
struct Gap {
    a: Range<usize>,
    b: Range<usize>,
    /// The words just before the gap are a matched pair.
    after_match: bool,
    /// The words just after the gap are a matched pair.
    before_match: bool,
}

struct Aligner<'a> {
    a: &'a [u64],
    b: &'a [u64],
    seeds_a: Vec<u64>,
    seeds_b: Vec<u64>,
}

impl Aligner<'_> {
    /// Appends the gap's pairs.
    fn align(&self, mut gap: Gap, depth: usize, pairs: &mut Vec<(usize, usize)>) {
        if gap.after_match {
            while !gap.a.is_empty()
                && !gap.b.is_empty()
                && self.a[gap.a.start] == self.b[gap.b.start]
            {
                pairs.push((gap.a.start, gap.b.start));
                gap.a.start += 1;
                gap.b.start += 1;
            }
        }
        let (end_a, end_b) = (gap.a.end, gap.b.end);
        if gap.before_match {
            while !gap.a.is_empty()
                && !gap.b.is_empty()
                && self.a[gap.a.end - 1] == self.b[gap.b.end - 1]
            {
                gap.a.end -= 1;
                gap.b.end -= 1;
            }
        }
        let trimmed = (gap.a.end..end_a).zip(gap.b.end..end_b);

        if gap.a.len() * gap.b.len() <= SMALL_AREA {
            let matches = matches(&self.a[gap.a.clone()], &self.b[gap.b.clone()], usize::MAX);
            let chain = chain(&gap, 1, &matches);
            pairs.extend(chain.into_iter().map(|(i, j)| (gap.a.start + i, gap.b.start + j)));
        } else if depth > 0 {
            self.align_by_seeds(&gap, depth, pairs);
        }
        pairs.extend(trimmed);
    }

    /// Chains the gap's seed matches, and aligns the gaps between them.
    fn align_by_seeds(&self, gap: &Gap, depth: usize, pairs: &mut Vec<(usize, usize)>) {
        if gap.a.len().min(gap.b.len()) < SEED {
            return;
        }
        let within = |range: &Range<usize>| range.start..range.end + 1 - SEED;
        let (keys_a, keys_b) = (&self.seeds_a[within(&gap.a)], &self.seeds_b[within(&gap.b)]);
        let matches = matches(keys_a, keys_b, MAX_MATCHES);
        let chain = chain(gap, SEED, &matches);
        if chain.is_empty() {
            return;
        }
        let mut rest = gap.clone();
        for (i, j) in chain {
            for (i, j) in (gap.a.start + i..).zip(gap.b.start + j..).take(SEED) {
                // Seeds of one run overlap, and so may seeds where two runs meet.
                if i < rest.a.start || j < rest.b.start {
                    continue;
                }
                if i > rest.a.start || j > rest.b.start {
                    let before = Gap {
                        a: rest.a.start..i,
                        b: rest.b.start..j,
                        before_match: true,
                        ..rest.clone()
                    };
                    self.align(before, depth - 1, pairs);
                }
                pairs.push((i, j));
                rest = Gap { a: i + 1..gap.a.end, b: j + 1..gap.b.end, after_match: true, ..rest };
            }
        }
        self.align(rest, depth - 1, pairs);
    }
}

/// All pairs of positions with equal keys, in order, as far as `max_matches` allows.
fn matches(a: &[u64], b: &[u64], max_matches: usize) -> Vec<(usize, usize)> {
    let sorted = |keys: &[u64]| {
        let mut sorted: Vec<(u64, usize)> = keys.iter().copied().zip(0..).collect();
        sorted.sort_unstable();
        sorted
    };
    let (sorted_a, sorted_b) = (sorted(a), sorted(b));
    let mut groups_b = sorted_b.chunk_by(|x, y| x.0 == y.0).peekable();
    let mut matches = Vec::new();
    for group_a in sorted_a.chunk_by(|x, y| x.0 == y.0) {
        let key = group_a[0].0;
        while groups_b.next_if(|group_b| group_b[0].0 < key).is_some() {}
        let Some(group_b) = groups_b.next_if(|group_b| group_b[0].0 == key) else {
            continue;
        };
        if group_a.len() * group_b.len() <= max_matches {
            matches.extend(group_a.iter().flat_map(|x| group_b.iter().map(|y| (x.1, y.1))));
        } else if group_a.len() == group_b.len() {
            matches.extend(group_a.iter().zip(group_b).map(|(x, y)| (x.1, y.1)));
        }
    }
    matches.sort_unstable();
    matches
}

/// The best chain of matches of `width` words each; positions are relative to the gap's start.
fn chain(gap: &Gap, width: usize, matches: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let (len_a, len_b) = (gap.a.len(), gap.b.len());
    let jump = |skip_a: usize, skip_b: usize| match (skip_a > 0, skip_b > 0) {
        (false, false) => 0,
        (true, true) => SKIP_BOTH,
        _ => SKIP_ONE,
    };
    // Where the page ends a chain may start or end anywhere.
    let enter = |i, j| if gap.after_match { jump(i, j) } else { 0 };
    let leave = |i, j| {
        if gap.before_match { jump(len_a - width - i, len_b - width - j) } else { 0 }
    };

    let gain = MATCH * width as i32;
    let mut links: Vec<Link> = Vec::with_capacity(matches.len());
    // A row is the matches of one position of `a`, a column those of one position of `b`. Links of
    // the rows that end before the current one starts: the best up to each column, and in it.
    let mut up_to_column = PrefixMax::new(len_b);
    let mut in_column: Vec<Option<Best>> = vec![None; len_b];
    let mut ended = 0;
    let mut previous_row = 0..0;
    let mut row_start = 0;
    for row in matches.chunk_by(|x, y| x.0 == y.0) {
        let i = row[0].0;
        // The row that ends just before this one starts.
        let mut adjacent_row = ended..ended;
        while ended < links.len() && matches[ended].0 + width <= i {
            let (ended_i, ended_j) = matches[ended];
            let best = best_of(&links, ended);
            up_to_column.insert(ended_j, best);
            in_column[ended_j] = in_column[ended_j].max(Some(best));
            if matches[adjacent_row.start].0 != ended_i {
                adjacent_row.start = ended;
            }
            ended += 1;
            adjacent_row.end = ended;
        }
        if !adjacent_row.is_empty() && matches[adjacent_row.start].0 + width != i {
            adjacent_row.start = adjacent_row.end;
        }

        let mut in_adjacent_row: Option<Best> = None;
        for &(_, j) in row {
            let mut link = Link { score: gain - enter(i, j), previous: None };
            let mut offer = |best: Option<Best>, change: i32| {
                if let Some(best) = best
                    && best.score + change >= link.score
                {
                    link = Link { score: best.score + change, previous: Some(best.link) };
                }
            };
            if j >= width {
                while !adjacent_row.is_empty() && matches[adjacent_row.start].1 + width <= j {
                    in_adjacent_row =
                        in_adjacent_row.max(Some(best_of(&links, adjacent_row.start)));
                    adjacent_row.start += 1;
                }
                offer(up_to_column.get(j - width), gain - SKIP_BOTH);
                offer(in_column[j - width], gain - SKIP_ONE);
                offer(in_adjacent_row, gain - SKIP_ONE);
            }
            // The next word of the same run.
            while !previous_row.is_empty() && matches[previous_row.start].1 + 1 < j {
                previous_row.start += 1;
            }
            if !previous_row.is_empty() {
                let (previous_i, previous_j) = matches[previous_row.start];
                if (previous_i + 1, previous_j + 1) == (i, j) {
                    offer(Some(best_of(&links, previous_row.start)), MATCH);
                }
            }
            links.push(link);
        }
        previous_row = row_start..links.len();
        row_start = links.len();
    }

    let nothing = if gap.after_match && gap.before_match { -jump(len_a, len_b) } else { 0 };
    // Of equal chains the first on the page: `max_by_key` takes the last of equals.
    let total = |link: usize| links[link].score - leave(matches[link].0, matches[link].1);
    let last = (0..links.len())
        .rev()
        .max_by_key(|&link| total(link))
        .filter(|&link| total(link) > nothing);
    let mut chain: Vec<_> =
        iter::successors(last, |&link| links[link].previous).map(|link| matches[link]).collect();
    chain.reverse();
    chain
}

/// The best chain that ends in a match.
struct Link {
    score: i32,
    previous: Option<usize>,
}

/// A score and the link that has it; of equal scores the later link, the nearer one, is greater.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Best {
    score: i32,
    link: usize,
}

fn best_of(links: &[Link], link: usize) -> Best {
    Best { score: links[link].score, link }
}

/// The maximum over a prefix of columns (a Fenwick tree).
struct PrefixMax(Vec<Option<Best>>);

impl PrefixMax {
    fn new(columns: usize) -> Self {
        PrefixMax(vec![None; columns + 1])
    }

    fn insert(&mut self, column: usize, best: Best) {
        let mut node = column + 1;
        while node < self.0.len() {
            self.0[node] = self.0[node].max(Some(best));
            node += node & node.wrapping_neg();
        }
    }

    /// The maximum over columns `0..=column`.
    fn get(&self, column: usize) -> Option<Best> {
        let mut node = column + 1;
        let mut best = None;
        while node > 0 {
            best = best.max(self.0[node]);
            node &= node - 1;
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAGRAPHS: [&str; 3] = [
        "The council voted on Monday to close the old bridge for repairs that will take two years.",
        "Shop owners on the north bank fear that customers will stay away until it opens again.",
        "A ferry will carry walkers and cyclists across the river every ten minutes, the mayor said.",
    ];

    fn inside(blocks: &[&str], gold: &str) -> Vec<bool> {
        align_gold(blocks, gold).into_iter().map(|share| share >= 0.5).collect()
    }

    #[test]
    fn menu_words_of_the_article_are_outside_and_a_text_seen_twice_is_inside_once() {
        let [one, two, three] = PARAGRAPHS;
        let blocks = [
            "River",
            "The mayor",
            one,
            "Monday",
            one,
            "Repairs",
            two,
            "Subscribe",
            three,
            "Ferry",
            two,
        ];
        let gold = [one, "Repairs", two, three].join("\n\n");
        let expected = [false, false, false, false, true, true, true, false, true, false, false];
        assert_eq!(inside(&blocks, &gold), expected);
    }

    #[test]
    fn list_items_between_buttons_and_moved_paragraphs_are_inside() {
        let [one, two, three] = PARAGRAPHS;
        let blocks = ["Home", three, one, "Salt", "add", "Pepper", "add", two, "•"];
        let gold = [one, "Salt Pepper", two, three].join("\n\n");
        assert_eq!(
            inside(&blocks, &gold),
            [false, true, true, true, false, true, false, true, false]
        );
        assert_eq!(inside(&blocks, ""), [false; 9]);
    }

    #[test]
    fn labels_follow_the_text_through_other_cuts() {
        let [one, two, three] = PARAGRAPHS;
        let labelled = [
            ("Home", Label::Nav),
            ("Bridge closes", Label::Title),
            (one, Label::Body),
            (two, Label::Body),
        ]
        .map(|(text, label)| (text.to_owned(), label));
        let (head, tail) = one.split_at(40);
        let title_and_more = format!("Home Bridge closes {head}");
        let blocks = ["Home", "Bridge closes", head, tail, three, "|"];
        use Label::*;
        assert_eq!(
            align_labels(&blocks, &labelled),
            [Some(Nav), Some(Title), Some(Body), Some(Body), None, None]
        );
        assert_eq!(align_labels(&[&title_and_more, two], &labelled), [Some(Body), Some(Body)]);
    }

    /// A table of few distinct words, larger than what is aligned word by word.
    #[test]
    fn repetitive_pages_align_with_themselves() {
        let rows: Vec<String> =
            (0..4000).map(|row| format!("{} yes no {}", row % 7, row % 3)).collect();
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert!(align_gold(&rows, &rows.join("\n")).into_iter().all(|share| share == 1.0));
        let later = [&["Skip to the table"], &rows[..]].concat();
        let outside =
            align_gold(&later, &rows.join("\n")).into_iter().filter(|&share| share < 0.5).count();
        assert_eq!(outside, 1);
    }
}
