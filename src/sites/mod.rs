//! What a site's other pages say of a block: boilerplate repeats over them, content does not.
//!
//! A first pass over a crawl leaves a [`Print`] of each page: fingerprints of its blocks, and a
//! sketch of its text. A [`store`] keeps those of each host on disk. The second pass asks for each
//! block how many of the host's other pages carry it ([`Others::seen`]), and the [`odds`] that this
//! gives weigh the classifier's scores. A host's only page has no others and is left as it is.
//!
//! # What is kept, and how exact it is
//!
//! Of a host the [`PAGES`] pages whose addresses have the smallest hashes are kept (a bottom-k
//! sample). Which these are depends on neither order nor number of parts in which a crawl is read,
//! so stores of parts merge to the store of the whole. Up to that many pages all counts are exact;
//! beyond, a share of the host's pages is that of a random sample, with a standard error of at most
//! `1 / (2 √PAGES)`, 3.1 %.
//!
//! Of a page the [`BLOCKS`] smallest distinct fingerprints are kept, and how far these reach: a page
//! that was cut off is not asked about larger ones. A fingerprint has 32 bits, so a block is taken
//! for one of a host's with a probability of at most `PAGES · BLOCKS / 2³²`, 0.003 %.
//!
//! A page counts once, however often it was fetched: pages of one (canonical) address are one, and so
//! are pages whose sketches say that they share [`COPY`] of their unlinked text. The page that is
//! being cleaned, and copies of it, are no evidence about it.
//!
//! # References
//!
//! * A. Broder, *On the Resemblance and Containment of Documents*, SEQUENCES 1997: shingles and
//!   sketches.
//! * E. Cohen & H. Kaplan, *Summarizing Data using Bottom-k Sketches*, PODC 2007.
//! * Z. Bar-Yossef & S. Rajagopalan, *Template Detection via Data Mining and its Applications*, WWW
//!   2002; L. Yi, B. Liu & X. Li, *Eliminating Noisy Information in Web Pages for Data Mining*, KDD
//!   2003: what repeats over a site's pages is their template.

pub mod store;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use url::Url;

use crate::dom::{self, Document, Limits, TooLarge};
use crate::metadata::own_address;
use crate::segment::{Block, Blocks};
use crate::source::Kind;

/// Pages of a host that are kept.
pub const PAGES: usize = 256;
/// Fingerprints of a page that are kept.
pub const BLOCKS: usize = 512;
/// From this resemblance of their unlinked text on (the Jaccard coefficient of its shingles, as
/// their sketches estimate it), two pages are copies of one.
pub const COPY: f32 = 0.9;
/// Hashes in a sketch. The standard error of a resemblance of 0.9 is `√(0.9 · 0.1 / SKETCH)`, 3.8 %.
pub const SKETCH: usize = 64;
/// Words in a shingle.
const SHINGLE: usize = 4;

/// The chance that a block of boilerplate is one that repeats at all, and that one of content does.
/// Chosen with `scripts/compare_sites.py` on one half of the corpora's hosts and on
/// generated sites.
const REPEATS: f32 = 0.3;
const CONTENT_REPEATS: f32 = 0.05;

/// How many of a host's other pages carry a block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The pages that carry it.
    pub on: u32,
    /// The pages that were asked; 0 where nothing is known.
    pub of: u32,
}

impl Seen {
    /// By how much the odds that the block is boilerplate and not content grow: the likelihood of
    /// these counts if it is boilerplate over that if it is content. 1 where no page was asked.
    ///
    /// Both repeat or do not; boilerplate does with probability `REPEATS`, content with
    /// `CONTENT_REPEATS`. The share of pages that carry a block which repeats is spread over 0 to
    /// 1: with the density `2s` for boilerplate, which is mostly on most pages, and `2(1 − s)` for
    /// content. So the counts are beta-binomial, which comes down to fractions.
    pub fn odds(self) -> f32 {
        if self.of == 0 {
            return 1.0;
        }
        let (on, of) = (self.on as f32, self.of as f32);
        let all = (of + 1.0) * (of + 2.0);
        let boilerplate = |on: f32| REPEATS * 2.0 * (on + 1.0) / all;
        let content = |on: f32| CONTENT_REPEATS * 2.0 * (of - on + 1.0) / all;
        let on_none = (1.0 - REPEATS + boilerplate(0.0)) / (1.0 - CONTENT_REPEATS + content(0.0));
        // On a few of very many pages (a teaser, an advertisement) the densities alone would make a
        // block likelier content than on none of them.
        if self.on == 0 { on_none } else { on_none.max(boilerplate(on) / content(on)) }
    }
}

/// Where a page belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The host in lower case and Punycode, without `www.`.
    pub host: String,
    /// A hash of the page's address: host, path and query of the canonical address that it names,
    /// else of the one that it was fetched from.
    pub address: u64,
}

impl Place {
    /// The place of a page that was fetched from `url`, if that is known; else of the canonical
    /// address that it names itself. None where there is no address with a host.
    pub fn of(url: Option<&str>, document: Option<&Document>) -> Option<Place> {
        let own = document.and_then(own_address).and_then(|own| Url::parse(own).ok());
        let fetched = url.map(Url::parse).transpose().ok()?;
        let host = host(fetched.as_ref().or(own.as_ref())?)?;
        // Elsewhere than on its own host, a page's canonical address is that of another page.
        let own = own.filter(|own| self::host(own).as_deref() == Some(&host));
        let address = own.or(fetched)?;
        let parts = [&host, address.path(), address.query().unwrap_or_default()];
        let hash = parts.iter().fold(0, |hash, part| {
            part.bytes().chain([b' ']).fold(hash, |hash, byte| mix(hash ^ u64::from(byte)))
        });
        Some(Place { host, address: hash })
    }
}

fn host(url: &Url) -> Option<String> {
    let host = url.host_str()?.trim_end_matches('.');
    let host = host.strip_prefix("www.").unwrap_or(host);
    (!host.is_empty()).then(|| host.to_owned())
}

/// What is kept of a page.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Print {
    /// See [`Place::address`].
    pub address: u64,
    /// The fingerprints of its blocks, rising, at most [`BLOCKS`].
    pub blocks: Vec<u32>,
    /// The largest fingerprint that the page was asked about: all, unless it was cut off.
    pub horizon: u32,
    /// The smallest hashes of its unlinked text's shingles, rising, at most [`SKETCH`].
    pub sketch: Vec<u32>,
}

impl Print {
    /// The print of a page of these blocks.
    pub fn of(address: u64, blocks: &Blocks) -> Print {
        let (mut prints, mut sketch) = (Vec::with_capacity(blocks.len()), Sketch::default());
        // Both at once: to cut a text into words takes longer than either.
        for block in blocks.iter() {
            let words = crate::measures::words(blocks.text(block));
            prints.push(match is_linked(block) {
                true => fingerprint(words, true),
                false => fingerprint(words.inspect(|word| sketch.add(*word)), false),
            });
        }
        prints.sort_unstable();
        prints.dedup();
        prints.truncate(BLOCKS);
        let horizon = prints.last().filter(|_| prints.len() == BLOCKS).copied();
        let horizon = horizon.unwrap_or(u32::MAX);
        Print { address, blocks: prints, horizon, sketch: sketch.smallest.into_iter().collect() }
    }

    /// The host and the print of a page that was fetched from `url`; none where its host is not known.
    pub(crate) fn of_page(
        url: Option<&str>,
        document: Option<&Document>,
        blocks: &Blocks,
    ) -> Option<(String, Print)> {
        let Place { host, address } = Place::of(url, document)?;
        Some((host, Print::of(address, blocks)))
    }
}

/// The host and the print of a page that was fetched from `url`; none where its host is not known.
///
/// # Errors
/// If the page is larger than the limits allow.
pub fn print(
    url: Option<&str>,
    kind: Kind,
    text: &str,
    limits: Limits,
) -> Result<Option<(String, Print)>, TooLarge> {
    let document = match kind {
        Kind::Html => Some(dom::parse_within(text, limits)?),
        Kind::Text => None,
    };
    let Some(Place { host, address }) = Place::of(url, document.as_ref()) else {
        return Ok(None);
    };
    let blocks = match &document {
        Some(document) => Blocks::of_document(document),
        None => Blocks::of_text(text),
    };
    limits.check_blocks(blocks.len(), text.len())?;
    Ok(Some((host, Print::of(address, &blocks))))
}

/// Of each block: a hash of its words in lower case, and whether they are a link's. So a headline is
/// not the link to it on other pages.
pub fn fingerprints(blocks: &Blocks) -> impl Iterator<Item = u32> {
    blocks
        .iter()
        .map(|block| fingerprint(crate::measures::words(blocks.text(block)), is_linked(block)))
}

fn fingerprint(words: impl Iterator<Item = u64>, is_linked: bool) -> u32 {
    let hash = words.fold(0, |hash, word| mix(hash ^ word));
    (hash >> 32) as u32 & !1 | u32::from(is_linked)
}

fn is_linked(block: &Block) -> bool {
    2 * block.link_chars > block.chars
}

/// The smallest hashes of the shingles of a text that is told word by word.
#[derive(Default)]
struct Sketch {
    /// The last words, in turn.
    shingle: [u64; SHINGLE],
    words: usize,
    smallest: BTreeSet<u32>,
}

impl Sketch {
    fn add(&mut self, word: u64) {
        self.shingle[self.words % SHINGLE] = word;
        self.words += 1;
        if self.words < SHINGLE {
            return;
        }
        let last = (0..SHINGLE).map(|i| self.shingle[(self.words + i) % SHINGLE]);
        let hash = (last.fold(0, |hash, word| mix(hash ^ word)) >> 32) as u32;
        let smallest = &mut self.smallest;
        if smallest.len() < SKETCH {
            smallest.insert(hash);
        } else if smallest.last().is_some_and(|last| hash < *last) && smallest.insert(hash) {
            smallest.pop_last();
        }
    }
}

/// As MurmurHash3's 64-bit finaliser (`fmix64`), but that its first step adds the fraction of the
/// golden ratio as well, so that 0 does not stay 0. Each bit of the input changes each of the output
/// with a probability of about one half.
fn mix(hash: u64) -> u64 {
    let hash = (hash.wrapping_add(0x9e37_79b9_7f4a_7c15) ^ (hash >> 33))
        .wrapping_mul(0xff51_afd7_ed55_8ccd);
    let hash = (hash ^ (hash >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

/// Whether two pages are copies of one, by their sketches: of the smallest hashes of both texts
/// taken together, enough are in both.
fn is_copy(a: &[u32], b: &[u32]) -> bool {
    let (mut i, mut j, mut both, mut all) = (0, 0, 0, 0);
    while all < SKETCH && (i < a.len() || j < b.len()) {
        let (x, y) = (a.get(i).copied(), b.get(j).copied());
        let smallest = x.into_iter().chain(y).min();
        i += usize::from(x == smallest);
        j += usize::from(y == smallest);
        both += usize::from(x == y);
        all += 1;
        // What it no longer can become: most pairs are told apart by a few hashes.
        if (all - both) as f32 > (1.0 - COPY) * SKETCH as f32 {
            return false;
        }
    }
    all > 0 && both as f32 >= COPY * all as f32
}

/// The pages of a host that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Site {
    /// By rising address.
    pages: Vec<Kept>,
    /// Fingerprint and page that carries it, by its place in `pages`; rising.
    blocks: Vec<(u32, u8)>,
}

/// A page of a site, without its blocks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    address: u64,
    horizon: u32,
    sketch: Vec<u32>,
    /// Whether it is a copy of an earlier page that is none.
    is_copy: bool,
}

impl Site {
    /// The site of these pages: those of the smallest addresses, and of one address the one of the
    /// smallest print. The order does not matter.
    pub fn of(mut prints: Vec<Print>) -> Site {
        prints.sort_unstable();
        prints.dedup_by_key(|print| print.address);
        prints.truncate(PAGES);
        let mut site = Site::default();
        for (page, print) in prints.into_iter().enumerate() {
            let Print { address, blocks, horizon, sketch } = print;
            let is_copy =
                site.pages.iter().any(|page| !page.is_copy && is_copy(&page.sketch, &sketch));
            site.blocks.extend(blocks.into_iter().map(|block| (block, page as u8)));
            site.pages.push(Kept { address, horizon, sketch, is_copy });
        }
        site.blocks.sort_unstable();
        site
    }

    /// The pages that it is of.
    pub fn prints(self) -> Vec<Print> {
        let mut blocks = vec![Vec::new(); self.pages.len()];
        for (block, page) in self.blocks {
            blocks[usize::from(page)].push(block);
        }
        let prints = self.pages.into_iter().zip(blocks);
        prints
            .map(|(Kept { address, horizon, sketch, .. }, blocks)| Print {
                address,
                blocks,
                horizon,
                sketch,
            })
            .collect()
    }

    /// Checks that nothing in it can make a look-up fail.
    fn check(&self) -> bool {
        self.pages.len() <= PAGES
            && self.pages.is_sorted_by(|a, b| a.address < b.address)
            && self.blocks.is_sorted_by(|a, b| a < b)
            && self.blocks.iter().all(|(_, page)| usize::from(*page) < self.pages.len())
    }

    /// Its pages beside this one.
    pub fn others(self: Arc<Self>, print: &Print) -> Others {
        let counts = |page: &Kept| {
            !page.is_copy && page.address != print.address && !is_copy(&page.sketch, &print.sketch)
        };
        let counts: Vec<bool> = self.pages.iter().map(counts).collect();
        let asked = self.pages.iter().zip(&counts).filter(|(_, counts)| **counts);
        let mut horizons: Vec<u32> = asked.map(|(page, _)| page.horizon).collect();
        horizons.sort_unstable();
        Others { site: self, counts, horizons }
    }
}

/// The pages of a host beside one of them.
#[derive(Clone, Debug)]
pub struct Others {
    site: Arc<Site>,
    /// Which of its pages count.
    counts: Vec<bool>,
    /// The horizons of those, rising.
    horizons: Vec<u32>,
}

impl Others {
    /// How many they are, of those that are kept.
    pub fn len(&self) -> usize {
        self.horizons.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them carry a block of this fingerprint.
    pub fn seen(&self, fingerprint: u32) -> Seen {
        let blocks = &self.site.blocks;
        let of = self.len() - self.horizons.partition_point(|horizon| *horizon < fingerprint);
        let from = blocks.partition_point(|(block, _)| *block < fingerprint);
        let carrying = blocks[from..].iter().take_while(|(block, _)| *block == fingerprint);
        let on = carrying.filter(|(_, page)| self.counts[usize::from(*page)]).count();
        Seen { on: on as u32, of: of as u32 }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A page at this address with a text of its own, and these blocks.
    pub fn page(address: u64, blocks: &str) -> Print {
        let own: Vec<String> = (0..80).map(|i| format!("word{address}x{i}")).collect();
        Print::of(address, &Blocks::of_text(&format!("{}\n{blocks}", own.join(" "))))
    }

    fn fingerprint(text: &str) -> u32 {
        fingerprints(&Blocks::of_text(text)).next().unwrap()
    }

    #[test]
    fn nothing_known_changes_nothing_and_more_pages_say_more() {
        let odds = |on, of| Seen { on, of }.odds();
        assert_eq!(odds(0, 0), 1.0);
        assert!(odds(1, 1) > 1.0 && odds(5, 5) > odds(1, 1) && odds(50, 50) > odds(5, 5));
        assert!(odds(3, 9) < odds(6, 9) && odds(1, 100) < 1.0);
        for of in [1, 9, 60, 255] {
            assert!((0..of).all(|on| odds(on, of) <= odds(on + 1, of)), "{of} pages");
        }
        // However many pages do not carry a block, it may be boilerplate of one page alone.
        let least = 0.99 * (1.0 - REPEATS) / (1.0 - CONTENT_REPEATS);
        assert!(odds(0, 1) < 1.0 && odds(0, 1) > odds(0, 255));
        assert!((1..PAGES as u32).all(|of| odds(0, of) > least));
    }

    #[test]
    fn which_pages_are_kept_depends_on_no_order() {
        let prints: Vec<Print> = (0..600).map(|i| page(mix(i), "Home\nAll rights")).collect();
        let whole = Site::of(prints.clone());
        assert_eq!(whole.pages.len(), PAGES);
        let (odd, even): (Vec<_>, Vec<_>) =
            prints.into_iter().rev().partition(|print| print.address % 2 == 1);
        let parts = [Site::of(odd).prints(), Site::of(even).prints()].concat();
        assert_eq!(Site::of([parts.clone(), parts].concat()), whole);
    }

    #[test]
    fn a_page_and_its_copies_are_no_evidence_about_it() {
        let copy_of = |print: &Print, address| Print { address, ..print.clone() };
        let one = page(1, "Home\nNews");
        let prints =
            vec![one.clone(), copy_of(&one, 2), page(3, "Home"), copy_of(&page(3, "Home"), 4)];
        let others = Arc::new(Site::of(prints)).others(&one);
        assert_eq!(others.seen(fingerprint("Home")), Seen { on: 1, of: 1 });
        assert_eq!(others.seen(fingerprint("  home!")), Seen { on: 1, of: 1 });
        assert_eq!(others.seen(fingerprint("News")), Seen { on: 0, of: 1 });
        assert_eq!(others.seen(one.blocks[0]).on, u32::from(one.blocks[0] == fingerprint("Home")));
        let copies = Site::of(vec![one.clone(), copy_of(&one, 2)]);
        assert!(Arc::new(copies).others(&one).is_empty());
    }

    #[test]
    fn a_page_that_was_cut_off_is_asked_only_about_what_is_left() {
        let lines: Vec<String> = (0..2 * BLOCKS).map(|i| format!("line {i}")).collect();
        let long = Print::of(7, &Blocks::of_text(&lines.join("\n")));
        assert_eq!(long.blocks.len(), BLOCKS);
        let others = Arc::new(Site::of(vec![long])).others(&page(8, ""));
        let seen = lines.iter().map(|line| others.seen(fingerprint(line)));
        assert!(seen.clone().all(|seen| seen.on == seen.of));
        assert_eq!(seen.filter(|seen| seen.of == 1).count(), BLOCKS);
    }

    #[test]
    fn a_link_to_a_page_is_not_its_headline() {
        let document =
            dom::parse("<h1>The tide comes in</h1><div><a href=/>The tide comes in</a></div>");
        let blocks = Blocks::of_document(&document);
        let prints: Vec<u32> = fingerprints(&blocks).collect();
        assert_eq!(prints[0] & !1, prints[1] & !1);
        assert_ne!(prints[0], prints[1]);
    }

    #[test]
    fn a_page_is_where_it_was_fetched_from_or_says_it_is() {
        let own = |url| dom::parse(&format!("<link rel=canonical href='{url}'>"));
        let place = |url, document: &Document| Place::of(url, Some(document));
        let nothing = dom::parse("");
        let plain = place(Some("https://www.A.example/x?y"), &nothing).unwrap();
        assert_eq!(plain.host, "a.example");
        assert_eq!(place(Some("http://a.example:80/x?y#z"), &nothing), Some(plain.clone()));
        assert_eq!(place(None, &own("https://a.example/x?y")), Some(plain.clone()));
        let tracked = Some("https://a.example/x?y&utm=1");
        assert_eq!(place(tracked, &own("https://a.example/x?y")), Some(plain.clone()));
        assert_ne!(place(tracked, &nothing), Some(plain.clone()));
        // Of what is said on another host, only where it was fetched counts.
        assert_eq!(place(tracked, &own("https://b.example/x?y")), place(tracked, &nothing));
        assert_eq!(place(None, &nothing), None);
        assert_eq!(place(Some("page 1"), &own("https://a.example/")), None);
        assert_eq!(place(Some("data:text/html,x"), &nothing), None);
    }
}
