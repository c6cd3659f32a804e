//! Labelled pages made ready to learn from: cut, measured, and the truth carried over to the
//! blocks.
//!
//! A page of HTML can teach both models. For the one of plain text it is stripped to its lines;
//! and since such texts are mostly the leavings of some extractor, it is also thinned to what
//! one would leave: the content, with some of what stands around and between it.

use std::hash::Hasher;
use std::io;

use fnv::FnvHasher;

use super::table::{Example, Target};
use crate::dom::{self, Document};
use crate::encoding;
use crate::features::{Page, Schema, TEXT};
use crate::label::Label;
use crate::labelled::align::{align_gold, align_labels};
use crate::labelled::{LabelledPage, PageKind, Truth};
use crate::segment::Blocks;

/// A labelled page, cut.
pub struct Prepared {
    /// The document, where the schema has one.
    pub document: Option<Document>,
    /// Its blocks.
    pub blocks: Blocks,
    /// What is known of them.
    pub targets: Vec<Target>,
}

/// From which share of its words in the gold text on a block counts as inside, and up to which
/// as outside. Blocks in between teach nothing.
const INSIDE: f32 = 0.7;
const OUTSIDE: f32 = 0.3;

/// Reads a labelled page and cuts it for the schema.
///
/// # Errors
/// If the file cannot be read.
pub fn prepare(page: &LabelledPage, schema: &Schema) -> io::Result<Prepared> {
    let bytes = page.read()?;
    match page.kind {
        PageKind::Html => {
            let document = dom::parse(&encoding::decode_html(bytes, None).0);
            let blocks = Blocks::of_document(&document);
            let targets = targets(&blocks, &page.truth);
            if schema.name != TEXT.name {
                return Ok(Prepared { document: Some(document), blocks, targets });
            }
            let lines = blocks.texts().zip(targets);
            let lines = lines.flat_map(|(text, target)| text.lines().map(move |line| (line, target)));
            let lines: Vec<(&str, Target)> = lines.filter(|(line, _)| !line.trim().is_empty()).collect();
            Ok(of_lines(&lines))
        }
        PageKind::Text => {
            let blocks = Blocks::of_text(&encoding::decode_text(bytes, None).0);
            let targets = targets(&blocks, &page.truth);
            Ok(Prepared { document: None, blocks, targets })
        }
    }
}

fn of_lines(lines: &[(&str, Target)]) -> Prepared {
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    let blocks = Blocks::of_text(&text.join("\n"));
    let targets = lines.iter().map(|(_, target)| *target).collect();
    Prepared { document: None, blocks, targets }
}

impl Prepared {
    /// The page as the classifier sees it.
    pub fn features(&self) -> Page {
        match &self.document {
            Some(document) => Page::of_document(document, &self.blocks),
            None => Page::of_text(&self.blocks),
        }
    }

    /// What the page teaches. Its site is that of `page`.
    pub fn examples(self, page: &LabelledPage) -> Vec<Example> {
        let site = site(page);
        let mut examples = Vec::new();
        if self.document.is_none() && page.kind == PageKind::Html {
            let thinned = self.thinned(site);
            if !thinned.targets.is_empty() {
                examples.push(Example { page: thinned.features(), targets: thinned.targets, site });
            }
        }
        examples.push(Example { page: self.features(), targets: self.targets, site });
        examples
    }

    /// The lines that a careless extractor would leave: from a little before the content to a
    /// little behind it, most of the chrome gone.
    fn thinned(&self, seed: u64) -> Prepared {
        let wanted = |t: &Target| matches!(t, Target::Known(Label::Body | Label::Title) | Target::Inside);
        let Some(first) = self.targets.iter().position(wanted) else {
            return of_lines(&[]);
        };
        let last = self.targets.iter().rposition(wanted).unwrap_or(first);
        let mut state = seed;
        let mut draw = |of: u64| {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
            (state >> 33) % of
        };
        let window = first.saturating_sub(draw(4) as usize)..last + 1 + draw(40) as usize;
        // How much of the chrome this extractor drops, in tenths.
        let careful = draw(11);
        let lines = self.blocks.texts().zip(&self.targets).enumerate().filter(|(i, (_, target))| {
            let keeps = match target {
                Target::Known(Label::Nav | Label::Legal) | Target::Outside => draw(10) >= careful,
                _ => true,
            };
            keeps && window.contains(i)
        });
        of_lines(&lines.map(|(_, (text, target))| (text, *target)).collect::<Vec<_>>())
    }
}

/// The page's site as a number.
pub fn site(page: &LabelledPage) -> u64 {
    let mut hasher = FnvHasher::default();
    hasher.write(page.group.as_bytes());
    hasher.finish()
}

/// What the truth says of each block.
fn targets(blocks: &Blocks, truth: &Truth) -> Vec<Target> {
    let texts: Vec<&str> = blocks.texts().collect();
    match truth {
        Truth::Blocks(labelled) => align_labels(&texts, labelled)
            .into_iter()
            .map(|label| label.map_or(Target::Unknown, Target::Known))
            .collect(),
        // Empty gold is as often a page nobody transcribed as one without content.
        Truth::Gold(gold) => match gold.main_content.as_deref() {
            None | Some("") => vec![Target::Unknown; blocks.len()],
            Some(gold) => align_gold(&texts, gold)
                .into_iter()
                .map(|share| match share {
                    s if s >= INSIDE => Target::Inside,
                    s if s <= OUTSIDE => Target::Outside,
                    _ => Target::Unknown,
                })
                .collect(),
        },
    }
}
