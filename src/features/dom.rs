//! The features that need the DOM: links, tags, class names, and above all which container
//! holds a block and how its mass compares with the page's.
//!
//! Because a document is in preorder, the blocks below any node are a range, and every sum
//! over them is a difference of two prefix sums.

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::page::Texts;
use super::{COUNT, Feature, Layout, fill_groups, group, share};
use crate::dom::{Attr, Document, NodeId, Tag};
use crate::segment::{Block, Blocks};

/// The texts that may hold the page's title: `<title>`, `og:title`, and every `h1`.
pub(crate) fn title_texts(document: &Document) -> Vec<&str> {
    let mut texts = Vec::new();
    for (id, node) in document.nodes().iter().enumerate() {
        let id = id as NodeId;
        match node.tag {
            Tag::Title | Tag::H1 if node.end - id < 64 => {
                texts.extend((id..node.end).map(|n| document.text(n)).filter(|t| !t.is_empty()));
            }
            Tag::Meta if document.attr(id, Attr::Property) == Some("og:title") => {
                texts.extend(document.attr(id, Attr::Content));
            }
            _ => {}
        }
        if texts.len() > 16 {
            break;
        }
    }
    texts
}

/// Sums over a range of blocks.
#[derive(Clone, Copy, Default)]
struct Sums {
    blocks: u32,
    words: u32,
    /// Words outside links, not hidden.
    plain: u32,
    chars: u32,
    link_chars: u32,
    paragraphs: u32,
    paragraph_words: u32,
}

impl Sums {
    fn of(block: &Block, stats: &super::text::TextStats) -> Sums {
        let unlinked = 1.0 - share(block.link_chars, block.chars);
        let plain = if block.hidden { 0 } else { (stats.words as f32 * unlinked) as u32 };
        let is_paragraph = plain >= 10 && stats.sentence_ends > 0;
        Sums {
            blocks: 1,
            words: stats.words,
            plain,
            chars: block.chars,
            link_chars: block.link_chars,
            paragraphs: u32::from(is_paragraph),
            paragraph_words: if is_paragraph { plain } else { 0 },
        }
    }

    fn zip(self, other: Sums, f: impl Fn(u32, u32) -> u32) -> Sums {
        Sums {
            blocks: f(self.blocks, other.blocks),
            words: f(self.words, other.words),
            plain: f(self.plain, other.plain),
            chars: f(self.chars, other.chars),
            link_chars: f(self.link_chars, other.link_chars),
            paragraphs: f(self.paragraphs, other.paragraphs),
            paragraph_words: f(self.paragraph_words, other.paragraph_words),
        }
    }
}

/// What is known of a page before any block is looked at by itself.
pub(crate) struct Dom<'a> {
    document: &'a Document,
    blocks: &'a Blocks,
    texts: &'a Texts,
    /// Prefix sums over the blocks, one more than blocks.
    sums: Vec<Sums>,
    /// For each node, and one past the last: how many blocks start before it.
    first_block: Vec<u32>,
    layout: Layout,
    /// For each kind of block in the layout: its sums.
    kinds: Vec<Kind>,
    /// Chains of ever narrower containers from the root.
    densest: [NodeId; 3],
    best: NodeId,
    heading: Option<NodeId>,
    articles: Vec<NodeId>,
    largest_article: u32,
    page: PageFacts,
    /// The features that are the same for all blocks.
    facts: Vec<f32>,
}

#[derive(Clone, Copy, Default)]
struct Kind {
    blocks: u32,
    words: u32,
    link_chars: u32,
    chars: u32,
}

/// What holds for every block of the page.
#[derive(Default)]
struct PageFacts {
    schema_article: bool,
    schema_product: bool,
    schema_thread: bool,
    schema_list: bool,
    og_article: bool,
    og_product: bool,
    headings: u32,
    forms: u32,
    tables: u32,
    list_items: u32,
    code: u32,
    times: u32,
}

impl<'a> Dom<'a> {
    /// Looks over a page.
    pub fn new(document: &'a Document, blocks: &'a Blocks, texts: &'a Texts) -> Dom<'a> {
        let nodes = document.nodes();
        let mut sums = Vec::with_capacity(blocks.len() + 1);
        let mut sum = Sums::default();
        sums.push(sum);
        for (block, stats) in blocks.iter().zip(&texts.stats) {
            sum = sum.zip(Sums::of(block, stats), |a, b| a + b);
            sums.push(sum);
        }
        let mut first_block = vec![0; nodes.len() + 1];
        for block in blocks.iter() {
            first_block[block.first as usize + 1] += 1;
        }
        for i in 1..first_block.len() {
            first_block[i] += first_block[i - 1];
        }
        let mut dom = Dom {
            document,
            blocks,
            texts,
            sums,
            first_block,
            layout: Layout::default(),
            kinds: Vec::new(),
            densest: [0; 3],
            best: 0,
            heading: None,
            articles: Vec::new(),
            largest_article: 0,
            page: PageFacts::default(),
            facts: Vec::new(),
        };
        let names = dom.read_nodes();
        dom.lay_out(&names);
        drop(names); // They are as many as the page has nodes.
        dom.densest = [
            dom.descend(0.5, |s| s.paragraph_words),
            dom.descend(0.7, |s| s.plain),
            dom.descend(0.8, |s| s.paragraph_words),
        ];
        dom.best = dom.best_container();
        let facts = facts();
        let mut row = vec![0.0; facts.len];
        (facts.fill)(&dom, &mut row);
        dom.facts = row;
        dom
    }

    /// The sums over the blocks below a node.
    fn below(&self, id: NodeId) -> Sums {
        let (start, end) = self.range(id);
        self.between(start, end)
    }

    fn between(&self, start: u32, end: u32) -> Sums {
        self.sums[end as usize].zip(self.sums[start as usize], |a, b| a - b)
    }

    /// The blocks below a node.
    fn range(&self, id: NodeId) -> (u32, u32) {
        let end = self.document.node(id).end;
        (self.first_block[id as usize], self.first_block[end as usize])
    }

    /// The containers to which every block's relation is told, in the order of [`Seen`].
    fn containers(&self) -> [NodeId; CONTAINERS] {
        let [half, most, paragraphs] = self.densest;
        [half, most, paragraphs, self.best, self.heading.unwrap_or(0)]
    }

    fn total(&self) -> Sums {
        self.sums[self.sums.len() - 1]
    }

    /// One pass over the nodes, for the page's facts. Gives a hash of the name and class of each
    /// element that holds blocks.
    fn read_nodes(&mut self) -> Vec<u64> {
        let document = self.document;
        let mut names = vec![0; document.nodes().len()];
        // A number stands for each distinct class.
        let mut known: FxHashMap<&str, u64> =
            FxHashMap::with_capacity_and_hasher(DISTINCT_NAMES, FxBuildHasher);
        for (id, node) in document.nodes().iter().enumerate() {
            if node.tag == Tag::Text {
                continue;
            }
            let holds_blocks = self.first_block[id] < self.first_block[node.end as usize];
            let id = id as NodeId;
            let facts = &mut self.page;
            match node.tag {
                Tag::Script if document.attr(id, Attr::Type) == Some("application/ld+json") => {
                    let text = document.text(id + 1 - u32::from(node.end == id + 1));
                    if !text.is_empty() {
                        let has = |names: &[&str]| names.iter().any(|n| text.contains(n));
                        facts.schema_article |= has(&["Article\"", "BlogPosting\"", "Report\""]);
                        facts.schema_product |= has(&["\"Product\"", "\"ProductGroup\""]);
                        facts.schema_thread |=
                            has(&["DiscussionForumPosting\"", "\"QAPage\"", "\"Question\""]);
                        facts.schema_list |=
                            has(&["\"ItemList\"", "\"CollectionPage\"", "\"SearchResultsPage\""]);
                    }
                }
                Tag::Meta if document.attr(id, Attr::Property) == Some("og:type") => {
                    let kind = document.attr(id, Attr::Content).unwrap_or_default();
                    facts.og_article = kind.contains("article");
                    facts.og_product = kind.contains("product");
                }
                Tag::H1 if holds_blocks => {
                    let stats = |id| self.texts.stats[self.first_block[id as usize] as usize].words;
                    if self.heading.is_none_or(|h| stats(h) < 3 && stats(id) >= 3) {
                        self.heading = Some(id);
                    }
                    facts.headings += 1;
                }
                Tag::H2 | Tag::H3 => facts.headings += 1,
                Tag::Form => facts.forms += 1,
                Tag::Table => facts.tables += 1,
                Tag::Li => facts.list_items += 1,
                Tag::Pre | Tag::Code => facts.code += 1,
                Tag::Time => facts.times += 1,
                Tag::Article if holds_blocks => self.articles.push(id),
                _ => {}
            }
            if !holds_blocks {
                continue;
            }
            let mut name = node.tag as u64 + 1;
            if let Some(class) = document.attr(id, Attr::Class) {
                let next = known.len() as u64 + 1;
                name |= *known.entry(class).or_insert(next) << 8;
            }
            names[id as usize] = mix(name);
        }
        self.largest_article =
            self.articles.iter().map(|id| self.below(*id).plain).max().unwrap_or_default();
        names
    }

    /// Finds each block's containers and its kind: the blocks that stand in elements of the
    /// same names and classes.
    fn lay_out(&mut self, names: &[u64]) {
        let mut known: FxHashMap<u64, u32> =
            FxHashMap::with_capacity_and_hasher(DISTINCT_NAMES, FxBuildHasher);
        self.layout = Layout {
            words: Vec::with_capacity(self.blocks.len()),
            kinds: Vec::with_capacity(self.blocks.len()),
            levels: Vec::with_capacity(self.blocks.len()),
        };
        for (i, (block, stats)) in self.blocks.iter().zip(&self.texts.stats).enumerate() {
            let next = known.len() as u32;
            let kind = *known.entry(self.kind(names, block.node)).or_insert(next);
            if kind == next {
                self.kinds.push(Kind::default());
            }
            let sums = &mut self.kinds[kind as usize];
            sums.blocks += 1;
            sums.words += stats.words;
            sums.link_chars += block.link_chars;
            sums.chars += block.chars;
            let mut levels = [(i as u32, i as u32 + 1); Layout::LEVELS];
            let (mut level, mut width) = (0, 1);
            for id in std::iter::once(block.node).chain(self.document.ancestors(block.node)) {
                let (start, end) = self.range(id);
                if end - start > width {
                    width = end - start;
                    levels[level] = (start, end);
                    level += 1;
                    if level == Layout::LEVELS {
                        break;
                    }
                }
            }
            // A page may have fewer levels; the last one stands for the rest.
            for at in level.max(1)..Layout::LEVELS {
                levels[at] = levels[at - 1];
            }
            self.layout.words.push(stats.words);
            self.layout.kinds.push(kind);
            self.layout.levels.push(levels);
        }
    }

    /// What a second pass needs to know of the page's structure.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// A hash of the names and classes of an element and the two around it.
    fn kind(&self, names: &[u64], node: NodeId) -> u64 {
        let around = std::iter::once(node).chain(self.document.ancestors(node)).take(3);
        around.fold(0, |hash, id| mix(hash ^ names[id as usize]))
    }

    /// From the root down to the child that holds at least `part` of the mass, as long as one
    /// does.
    fn descend(&self, part: f32, mass: impl Fn(Sums) -> u32) -> NodeId {
        let mut at = 0;
        loop {
            let node = self.document.node(at);
            let wanted = (mass(self.below(at)) as f32 * part).max(1.0);
            let mut child = at + 1;
            while child < node.end {
                if mass(self.below(child)) as f32 >= wanted {
                    break;
                }
                child = self.document.node(child).end;
            }
            if child >= node.end || self.document.node(child).tag == Tag::Text {
                return at;
            }
            at = child;
        }
    }

    /// The element whose paragraphs, one and two levels down, weigh most: the score that
    /// Readability made known, without its word lists.
    fn best_container(&self) -> NodeId {
        let mut scores: FxHashMap<NodeId, f32> = FxHashMap::default();
        let mut best = (0.0, 0);
        for (i, (block, stats)) in (0..).zip(self.blocks.iter().zip(&self.texts.stats)) {
            if self.between(i, i + 1).paragraphs == 0 {
                continue;
            }
            let points = 1.0 + stats.commas as f32 + (stats.words as f32 / 20.0).min(5.0);
            let weights = [1.0, 0.5, 0.25];
            for (id, weight) in self.document.ancestors(block.node).zip(weights) {
                let score = scores.entry(id).or_default();
                *score += points * weight;
                if *score > best.0 {
                    best = (*score, id);
                }
            }
        }
        best.1
    }

    /// Fills `out` with the features of block `i`. `path` is one for all blocks in turn.
    pub fn fill(&self, i: usize, path: &mut Path, out: &mut [f32]) {
        let seen = Seen::new(self, i, path);
        let n = fill_groups(&groups(), &seen, out);
        out[n..].copy_from_slice(&self.facts);
    }
}

/// Spreads a number over 64 bits (the finaliser of SplitMix64, Steele et al. 2014).
fn mix(x: u64) -> u64 {
    let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ x >> 31
}

/// One block as the groups below see it.
pub(crate) struct Seen<'a> {
    dom: &'a Dom<'a>,
    block: &'a Block,
    words: u32,
    i: u32,
    tag: Tag,
    inline: Tag,
    siblings: u32,
    depth: u32,
    around: Around,
    densest: [Relation; 3],
    best: Relation,
    heading: Relation,
    section: Sums,
    kind: Kind,
}

/// What an element and those that hold it say of what they hold.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Around {
    element: NodeId,
    /// Those of them that are [`tracked`].
    tags: u32,
    /// The nearest article, and how many come before it.
    article: Option<(NodeId, u32)>,
    articles: u32,
    /// The nearest section or the like.
    section: Option<NodeId>,
    /// The nearest that holds each of [`Dom::containers`], and edges up to it.
    common: [Option<(NodeId, u32)>; CONTAINERS],
}

/// Containers to which every block's relation is told.
const CONTAINERS: usize = 5;

/// Distinct names and kinds of elements for which there is room from the start: most pages have fewer.
pub(crate) const DISTINCT_NAMES: usize = 256;

impl Around {
    /// What an element inside the last one and all these say.
    fn within(mut self, dom: &Dom, element: NodeId) -> Around {
        let node = dom.document.node(element);
        self.element = element;
        self.tags |= tracked(node.tag);
        if node.tag == Tag::Article {
            let before = dom.articles.partition_point(|article| *article < element);
            self.article = Some((element, before as u32));
            self.articles += 1;
        }
        if is_section(node.tag) {
            self.section = Some(element);
        }
        for (common, container) in self.common.iter_mut().zip(dom.containers()) {
            *common = if (element..node.end).contains(&container) {
                Some((element, 0))
            } else {
                common.map(|(at, up)| (at, up + 1))
            };
        }
        self
    }
}

/// The elements around a block, from the root down: what blocks in turn have in common is found
/// once.
#[derive(Default)]
pub(crate) struct Path {
    around: Vec<Around>,
    /// A buffer: elements on the way down.
    down: Vec<NodeId>,
}

impl Path {
    /// Goes on to an element.
    fn to(&mut self, dom: &Dom, element: NodeId) -> Around {
        let document = dom.document;
        let holds = |around: &mut Around| {
            (around.element..document.node(around.element).end).contains(&element)
        };
        while self.around.pop_if(|around| !holds(around)).is_some() {}
        let last = self.around.last().copied();
        let up = std::iter::once(element).chain(document.ancestors(element));
        self.down.extend(up.take_while(|id| last.is_none_or(|last| *id != last.element)));
        let mut around = last.unwrap_or_default();
        while let Some(id) = self.down.pop() {
            around = around.within(dom, id);
            self.around.push(around);
        }
        around
    }
}

/// Where a block stands to some container.
#[derive(Clone, Copy, Default)]
struct Relation {
    /// Edges from the block up to the nearest common ancestor, and from there to the container.
    up: u32,
    down: u32,
    /// −1 before, 0 inside, 1 after.
    side: f32,
    /// Share of the page's plain words below the common ancestor.
    mass: f32,
}

/// The bit of an ancestor that is told apart, or 0.
const fn tracked(tag: Tag) -> u32 {
    match tag {
        Tag::Article => 1 << 0,
        Tag::Main => 1 << 1,
        Tag::Section => 1 << 2,
        Tag::Nav => 1 << 3,
        Tag::Footer => 1 << 4,
        Tag::Form => 1 << 5,
        Tag::Dl => 1 << 6,
        Tag::Figure => 1 << 7,
        Tag::Blockquote => 1 << 8,
        Tag::Button => 1 << 9,
        Tag::Dialog => 1 << 10,
        Tag::Pre => 1 << 11,
        _ => 0,
    }
}

/// Whether an element divides the page.
fn is_section(tag: Tag) -> bool {
    matches!(
        tag,
        Tag::Section
            | Tag::Article
            | Tag::Main
            | Tag::Aside
            | Tag::Td
            | Tag::Table
            | Tag::Nav
            | Tag::Footer
            | Tag::Header
            | Tag::Form
            | Tag::Body
    )
}

impl<'a> Seen<'a> {
    fn new(dom: &'a Dom<'a>, i: usize, path: &mut Path) -> Seen<'a> {
        let document = dom.document;
        let block = &dom.blocks[i];
        let node = document.node(block.node);
        let total = dom.total();
        let mut around = path.to(dom, block.node);
        let mut inline = node.tag;
        for id in document.ancestors(block.first).take_while(|id| *id > block.node) {
            inline = document.node(id).tag;
            around.tags |= tracked(inline);
        }
        let containers = dom.containers();
        let relations: [Relation; CONTAINERS] = std::array::from_fn(|at| {
            let (container, Some((common, up))) = (containers[at], around.common[at]) else {
                return Relation::default();
            };
            Relation {
                up,
                down: u32::from(document.node(container).depth - document.node(common).depth),
                side: if common == container {
                    0.0
                } else if block.first < container {
                    -1.0
                } else {
                    1.0
                },
                mass: share(dom.below(common).plain, total.plain),
            }
        });
        let [half, most, paragraphs, best, heading] = relations;
        Seen {
            dom,
            block,
            words: dom.texts.stats[i].words,
            i: i as u32,
            tag: node.tag,
            inline,
            siblings: dom.range(node.parent).1 - dom.range(node.parent).0,
            depth: u32::from(node.depth),
            around,
            densest: [half, most, paragraphs],
            best,
            heading,
            section: around.section.map_or(total, |section| dom.below(section)),
            kind: dom.kinds[dom.layout.kinds[i] as usize],
        }
    }

    fn has(&self, tag: Tag) -> bool {
        self.around.tags & tracked(tag) != 0
    }

    fn article_share(&self) -> f32 {
        self.around
            .article
            .map_or(0.0, |(id, _)| share(self.dom.below(id).plain, self.dom.largest_article))
    }
}

/// The groups of one block; those of the page, [`facts`], come after.
fn groups<'a>() -> [super::Group<Seen<'a>>; 4] {
    [links(), tags(), ancestors(), choice()]
}

/// The DOM's part of the schema.
pub(crate) fn features() -> Vec<Vec<Feature>> {
    groups().iter().map(|g| (g.features)()).chain([(facts().features)()]).collect()
}

group! {
    links(c: Seen) = "link" {
        density: "share of its characters inside links", 0..1 => share(c.block.link_chars, c.block.chars);
        plain_words near: "number of words outside links", 0..COUNT => (c.words as f32 * (1.0 - share(c.block.link_chars, c.block.chars))) as u32;
        hidden: "marked as not shown", 0..1 => c.block.hidden;
    }
}

group! {
    tags(c: Seen) = "tag" {
        p: "is a p", 0..1 => c.tag == Tag::P;
        heading near: "heading level, 0 for none", 0..6 => c.tag.heading_level().unwrap_or(0);
        li: "is a li", 0..1 => c.tag == Tag::Li;
        cell: "is a td or th", 0..1 => matches!(c.tag, Tag::Td | Tag::Th);
        term: "is a dt or dd", 0..1 => matches!(c.tag, Tag::Dt | Tag::Dd);
        div: "is a div", 0..1 => c.tag == Tag::Div;
        control: "is a button, option or another control", 0..1 => matches!(c.tag, Tag::Button | Tag::Option | Tag::Select | Tag::Textarea | Tag::Legend | Tag::Summary);
        figcaption: "is a figcaption or caption", 0..1 => matches!(c.tag, Tag::Figcaption | Tag::Caption);
        inline_link: "its text starts in a link", 0..1 => c.inline == Tag::A;
        inline_small: "its text starts in small, i, em or cite", 0..1 => matches!(c.inline, Tag::Small | Tag::I | Tag::Em | Tag::Cite);
        depth: "edges to the root", 0..COUNT => c.depth;
        siblings: "number of blocks below its parent", 0..COUNT => c.siblings;
    }
}

group! {
    ancestors(c: Seen) = "in" {
        article: "below an article", 0..1 => c.has(Tag::Article);
        main: "below main", 0..1 => c.has(Tag::Main);
        section: "below a section", 0..1 => c.has(Tag::Section);
        nav: "below a nav", 0..1 => c.has(Tag::Nav);
        footer: "below a footer", 0..1 => c.has(Tag::Footer);
        form: "below a form", 0..1 => c.has(Tag::Form);
        dl: "below a dl", 0..1 => c.has(Tag::Dl);
        figure: "below a figure", 0..1 => c.has(Tag::Figure);
        quote: "below a blockquote", 0..1 => c.has(Tag::Blockquote);
        button: "below a button", 0..1 => c.has(Tag::Button);
        dialog: "below a dialog", 0..1 => c.has(Tag::Dialog);
        pre: "below a pre", 0..1 => c.has(Tag::Pre);
        articles: "articles around it", 0..COUNT => c.around.articles;
        article_share: "plain words of its article over those of the largest one", 0..1 => c.article_share();
        article_order: "number of articles before its own", 0..COUNT => c.around.article.map_or(0, |(_, before)| before);
    }
}

group! {
    choice(c: Seen) = "choice" {
        half_up: "edges up to the container of half the paragraphs", 0..COUNT => c.densest[0].up;
        half_down: "edges from there down to it", 0..COUNT => c.densest[0].down;
        half_side: "before, inside or after it", -1..1 => c.densest[0].side;
        half_mass: "share of plain words below the common ancestor", 0..1 => c.densest[0].mass;
        most_up: "edges up to the container of 0.7 of the plain words", 0..COUNT => c.densest[1].up;
        most_down: "edges from there down to it", 0..COUNT => c.densest[1].down;
        most_side: "before, inside or after it", -1..1 => c.densest[1].side;
        paragraphs_up: "edges up to the container of 0.8 of the paragraphs", 0..COUNT => c.densest[2].up;
        paragraphs_down: "edges from there down to it", 0..COUNT => c.densest[2].down;
        paragraphs_side: "before, inside or after it", -1..1 => c.densest[2].side;
        best_up: "edges up to the best-scored container", 0..COUNT => c.best.up;
        best_down: "edges from there down to it", 0..COUNT => c.best.down;
        best_side near: "before, inside or after it", -1..1 => c.best.side;
        best_mass: "share of plain words below the common ancestor", 0..1 => c.best.mass;
        title_up: "edges up to the common ancestor with the h1", 0..COUNT => c.heading.up;
        title_down: "edges from there down to it", 0..COUNT => c.heading.down;
        title_side near: "before, inside or after it", -1..1 => c.heading.side;
        title_mass: "share of plain words below the common ancestor", 0..1 => c.heading.mass;
        title_distance: "number of blocks between it and the h1", 0..COUNT => c.dom.heading.map_or(0, |h| c.dom.range(h).0.abs_diff(c.i));
        section_plain: "number of plain words of the nearest section", 0..COUNT => c.section.plain;
        section_links: "link density of the nearest section", 0..1 => share(c.section.link_chars, c.section.chars);
        section_share: "share of the page's plain words in the nearest section", 0..1 => share(c.section.plain, c.dom.total().plain);
        section_paragraphs: "share of the nearest section's words in paragraphs", 0..1 => share(c.section.paragraph_words, c.section.words);
        kind_blocks near: "number of blocks in like-named elements", 0..COUNT => c.kind.blocks;
        kind_words near: "number of words a block of those", 0..COUNT => c.kind.words / c.kind.blocks.max(1);
        kind_links: "link density of those", 0..1 => share(c.kind.link_chars, c.kind.chars);
        kind_share: "share of the page's words in those", 0..1 => share(c.kind.words, c.dom.total().words);
    }
}

group! {
    facts(c: Dom) = "page" {
        link_density: "link density of the page", 0..1 => share(c.total().link_chars, c.total().chars);
        plain: "number of the page's plain words", 0..COUNT => c.total().plain;
        headings: "number of h1 to h3", 0..COUNT => c.page.headings;
        articles: "number of articles", 0..COUNT => c.articles.len() as u32;
        forms: "number of forms", 0..COUNT => c.page.forms;
        tables: "number of tables", 0..COUNT => c.page.tables;
        list_items: "number of list items", 0..COUNT => c.page.list_items;
        code: "number of pre and code", 0..COUNT => c.page.code;
        times: "number of time elements", 0..COUNT => c.page.times;
        best_share: "share of plain words in the best-scored container", 0..1 => share(c.below(c.best).plain, c.total().plain);
        schema_article: "JSON-LD names an article", 0..1 => c.page.schema_article;
        schema_product: "JSON-LD names a product", 0..1 => c.page.schema_product;
        schema_thread: "JSON-LD names a thread or question", 0..1 => c.page.schema_thread;
        schema_list: "JSON-LD names a list", 0..1 => c.page.schema_list;
        og_article: "og:type names an article", 0..1 => c.page.og_article;
        og_product: "og:type names a product", 0..1 => c.page.og_product;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    #[test]
    fn a_path_goes_on_from_wherever_it_is() {
        let document = dom::parse(
            "<div>The ferry<article><div><p>left at noon, they say.</p></div>and<section><p>came
            back</p></section></article>at night<h1>The ferry</h1></div><p>No more today",
        );
        let blocks = Blocks::of_document(&document);
        let texts = Texts::of_document(&document, &blocks);
        let dom = Dom::new(&document, &blocks, &texts);
        let mut path = Path::default();
        let mut articles = Vec::new();
        for block in blocks.iter() {
            let around = path.to(&dom, block.node);
            assert_eq!(around, Path::default().to(&dom, block.node));
            articles.push(around.articles);
        }
        assert_eq!(articles, [0, 1, 1, 1, 0, 0, 0]);
    }
}
