//! The second pass's features: the first pass's scores, pooled over what a block belongs to.
//!
//! A block by itself may look like a paragraph of the article and be one of a reader's comment.
//! What decides is the company it keeps: the labels of the blocks around it, in its containers, in
//! elements named like its own, and the one container that would make the best article; and what
//! kind of page it all stands on.

use std::ops::Range;
use std::sync::LazyLock;

use super::Scores;
use crate::features::{COUNT, Layout, Matrix, Schema, fill_groups, group};
use crate::label::Label;
use crate::page_type::{PageType, Probabilities};

/// The schema of a second pass' own features.
pub static CONTEXT: LazyLock<Schema> = LazyLock::new(|| {
    let groups = groups();
    Schema::new("context", groups.iter().map(|g| (g.features)()).collect())
});

const N: usize = Scores::WIDTH;
const CONTENT: usize = N - 1;
const BODY: usize = Label::Body as usize;
const TITLE: usize = Label::Title as usize;
const COMMENT: usize = Label::Comment as usize;
const TEASER: usize = Label::Teaser as usize;
const NAV: usize = Label::Nav as usize;
const AD: usize = Label::Ad as usize;
const BYLINE: usize = Label::Byline as usize;
const BIO: usize = Label::Bio as usize;
const LEGAL: usize = Label::Legal as usize;

/// Sums of first-pass scores over a set of blocks.
#[derive(Clone, Copy, Default)]
struct Pool {
    blocks: f32,
    words: f32,
    /// Expected words of content.
    body_words: f32,
    scores: [f32; N],
}

impl Pool {
    fn add(&mut self, words: u32, scores: &[f32]) {
        self.blocks += 1.0;
        self.words += words as f32;
        self.body_words += words as f32 * scores[CONTENT];
        for (sum, score) in self.scores.iter_mut().zip(scores) {
            *sum += score;
        }
    }

    fn minus(mut self, other: &Pool) -> Pool {
        self.blocks -= other.blocks;
        self.words -= other.words;
        self.body_words -= other.body_words;
        for (sum, score) in self.scores.iter_mut().zip(other.scores) {
            *sum -= score;
        }
        self
    }

    /// The mean score of a label, over blocks.
    fn mean(&self, label: usize) -> f32 {
        if self.blocks > 0.0 { (self.scores[label] / self.blocks).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Expected share of content among the words.
    fn body(&self) -> f32 {
        if self.words > 0.0 { (self.body_words / self.words).clamp(0.0, 1.0) } else { 0.0 }
    }

    /// Word F1 that keeping just this set would have, were the scores true.
    fn f1(&self, page: &Pool) -> f32 {
        let sum = self.words + page.body_words;
        if sum > 0.0 { (2.0 * self.body_words / sum).clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// What is known of a page before any block is looked at by itself.
pub struct Pools<'a> {
    layout: &'a Layout,
    /// Prefix pools, one more than blocks.
    prefix: Vec<Pool>,
    kinds: Vec<Pool>,
    /// The probabilities of the page's types.
    types: Probabilities,
    /// The container with the best expected F1, as a range of blocks.
    best: (u32, u32),
    best_f1: f32,
    /// The likeliest title.
    title: usize,
    title_score: f32,
}

/// Second-pass features from a page's layout, its first-pass scores, the rows of [`Scores`], and the
/// probabilities of its types: a matrix by the schema [`CONTEXT`].
pub fn matrix(layout: &Layout, scores: &[f32], types: Option<Probabilities>) -> Matrix {
    pools(layout, scores, types).matrix(0..layout.words.len(), |_| true)
}

/// Pools the first-pass scores of a page. A page whose types nobody tells has none at all.
pub fn pools<'a>(layout: &'a Layout, scores: &'a [f32], types: Option<Probabilities>) -> Pools<'a> {
    let blocks = layout.words.len();
    let rows = || scores.chunks_exact(N).zip(&layout.words);
    let mut prefix = Vec::with_capacity(blocks + 1);
    let mut sum = Pool::default();
    prefix.push(sum);
    for (row, words) in rows() {
        sum.add(*words, row);
        prefix.push(sum);
    }
    let mut kinds =
        vec![Pool::default(); layout.kinds.iter().max().map_or(0, |most| *most as usize + 1)];
    for ((row, words), kind) in rows().zip(&layout.kinds) {
        kinds[*kind as usize].add(*words, row);
    }
    let mut pools = Pools {
        layout,
        prefix,
        kinds,
        types: types.unwrap_or_default(),
        best: (0, blocks as u32),
        best_f1: 0.0,
        title: 0,
        title_score: 0.0,
    };
    for (i, row) in scores.chunks_exact(N).enumerate() {
        if row[TITLE] > pools.title_score {
            (pools.title, pools.title_score) = (i, row[TITLE]);
        }
        for range in layout.levels[i] {
            let f1 = pools.between(range).f1(&sum);
            if f1 > pools.best_f1 {
                (pools.best, pools.best_f1) = (range, f1);
            }
        }
    }
    pools
}

impl Pools<'_> {
    /// The features of some blocks; of those that nobody looks at it matters not which.
    pub fn matrix(&self, blocks: Range<usize>, is_seen: impl Fn(usize) -> bool) -> Matrix {
        let groups = groups();
        let width = groups.iter().map(|g| g.len).sum();
        Matrix::fill_band(width, blocks, self.layout.words.len(), |i, out| {
            if is_seen(i) {
                fill_groups(&groups, &Seen::new(self, i), out);
            }
        })
    }

    fn between(&self, (start, end): (u32, u32)) -> Pool {
        self.prefix[end as usize].minus(&self.prefix[start as usize])
    }

    fn window(&self, i: usize, radius: usize) -> Pool {
        let end = (i + radius + 1).min(self.layout.words.len());
        self.between((i.saturating_sub(radius) as u32, end as u32))
    }
}

/// One block as the groups below see it.
struct Seen<'a> {
    pools: &'a Pools<'a>,
    i: usize,
    page: Pool,
    before: Pool,
    windows: [Pool; 2],
    levels: [Pool; Layout::LEVELS],
    kind: Pool,
    best: Pool,
}

impl<'a> Seen<'a> {
    fn new(pools: &'a Pools<'a>, i: usize) -> Seen<'a> {
        let blocks = pools.layout.words.len();
        Seen {
            pools,
            i,
            page: pools.prefix[blocks],
            before: pools.prefix[i],
            windows: [1, 3].map(|radius| pools.window(i, radius)),
            levels: pools.layout.levels[i].map(|range| pools.between(range)),
            kind: pools.kinds[pools.layout.kinds[i] as usize],
            best: pools.between(pools.best),
        }
    }

    /// −1 before, 0 inside, 1 after the best container.
    fn side(&self) -> f32 {
        let (start, end) = self.pools.best;
        if (self.i as u32) < start {
            -1.0
        } else if self.i as u32 >= end {
            1.0
        } else {
            0.0
        }
    }

    /// The expected F1 of the best of its containers.
    fn best_level(&self) -> f32 {
        self.levels.iter().map(|level| level.f1(&self.page)).fold(0.0, f32::max)
    }

    fn of_type(&self, page_type: PageType) -> f32 {
        self.pools.types[page_type as usize]
    }

    fn ratio(part: f32, whole: f32) -> f32 {
        if whole > 0.0 { (part / whole).clamp(0.0, 1.0) } else { 0.0 }
    }
}

fn groups<'a>() -> [crate::features::Group<Seen<'a>>; 9] {
    [window_1(), window_3(), level_1(), level_2(), level_3(), level_5(), kind(), choice(), types()]
}

/// Mean scores of a pool of blocks.
macro_rules! pools {
    ($($id:ident $name:literal $c:ident => $pool:expr;)*) => {
        $(group! {
            $id($c: Seen) = $name {
                words: "expected share of content among the words", 0..1 => $pool.body();
                body: "mean first-pass score", 0..1 => $pool.mean(BODY);
                comment: "mean first-pass score", 0..1 => $pool.mean(COMMENT);
                teaser: "mean first-pass score", 0..1 => $pool.mean(TEASER);
                nav: "mean first-pass score", 0..1 => $pool.mean(NAV);
                ad: "mean first-pass score", 0..1 => $pool.mean(AD);
                byline: "mean first-pass score", 0..1 => $pool.mean(BYLINE);
                bio: "mean first-pass score", 0..1 => $pool.mean(BIO);
                legal: "mean first-pass score", 0..1 => $pool.mean(LEGAL);
                share: "share of the page's expected words of content", 0..1 => Seen::ratio($pool.body_words, $c.page.body_words);
                f1: "expected word F1 of keeping just these blocks", 0..1 => $pool.f1(&$c.page);
            }
        })*
    };
}

pools! {
    window_1 "window1" c => c.windows[0];
    window_3 "window3" c => c.windows[1];
    level_1 "pool1" c => c.levels[0];
    level_2 "pool2" c => c.levels[1];
    level_3 "pool3" c => c.levels[2];
    level_5 "pool5" c => c.levels[4];
    kind "kind" c => c.kind;
}

group! {
    types(c: Seen) = "type" {
        article: "probability of the page's type", 0..1 => c.of_type(PageType::Article);
        forum: "probability of the page's type", 0..1 => c.of_type(PageType::Forum);
        product: "probability of the page's type", 0..1 => c.of_type(PageType::Product);
        collection: "probability of the page's type", 0..1 => c.of_type(PageType::Collection);
        listing: "probability of the page's type", 0..1 => c.of_type(PageType::Listing);
        documentation: "probability of the page's type", 0..1 => c.of_type(PageType::Documentation);
        service: "probability of the page's type", 0..1 => c.of_type(PageType::Service);
    }
}

group! {
    choice(c: Seen) = "choose" {
        side near: "before, inside or after the container of the best expected F1", -1..1 => c.side();
        best_f1: "expected F1 of that container", 0..1 => c.pools.best_f1;
        best_words: "number of that container's words", 0..COUNT => c.best.words as u32;
        level_f1: "best expected F1 among its own containers", 0..1 => c.best_level();
        before: "share of the page's expected words of content that come before", 0..1 => Seen::ratio(c.before.body_words, c.page.body_words);
        comments_before: "share of the page's expected comments that come before", 0..1 => Seen::ratio(c.before.scores[COMMENT], c.page.scores[COMMENT]);
        page_body: "number of the page's expected words of content", 0..COUNT => c.page.body_words as u32;
        page_share: "expected share of content among the page's words", 0..1 => c.page.body();
        page_comments: "number of the page's expected comment blocks", 0..COUNT => c.page.scores[COMMENT] as u32;
        page_teasers: "number of the page's expected teaser blocks", 0..COUNT => c.page.scores[TEASER] as u32;
        title_score: "score of the likeliest title", 0..1 => c.pools.title_score;
        title_distance: "number of blocks between it and the likeliest title", 0..COUNT => c.i.abs_diff(c.pools.title) as u32;
        after_title: "comes after the likeliest title", 0..1 => c.i > c.pools.title;
    }
}
