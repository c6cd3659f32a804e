//! Labelled pages made ready to learn from: cut, measured, and the truth carried over to the
//! blocks.
//!
//! A page of HTML can teach both models. For the one of plain text it is stripped to its lines;
//! and since such texts are mostly the leavings of some extractor, it is also thinned to what
//! one would leave: the content, with some of what stands around and between it. Between paragraphs of
//! either [`phrases`](lexical::phrases()) are planted.

use std::io;

use super::Settings;
use super::plant::{self, plant};
use super::table::{Example, Target};
use crate::dom::{self, Attr, Document, NodeId, Tag};
use crate::draws::Draws;
use crate::embedded;
use crate::encoding;
use crate::features::{Page, Schema, TEXT, Texts};
use crate::label::Label;
use crate::labelled::align::{align_gold, align_labels};
use crate::labelled::{Gold, LabelledPage, PageKind, Truth, site_of};
use crate::lexical::{self, Phrase};
use crate::metadata::metadata;
use crate::model::Scores;
use crate::page_type::PageType;
use crate::page_type::figures::figures;
use crate::segment::Blocks;
use crate::select::SHELL_WORDS;

/// A labelled page, cut.
pub struct Prepared {
    /// The page's source, where the schema has a document.
    pub html: Option<String>,
    /// The document, where the schema has one.
    pub document: Option<Document>,
    /// Its blocks.
    pub blocks: Blocks,
    /// What is known of them.
    pub targets: Vec<Target>,
    /// Of a page stripped to its lines: what else an extractor might have left of it, and the phrases
    /// that may be planted between them.
    residue: Vec<(String, Label)>,
    phrases: Vec<&'static Phrase>,
}

/// From which share of its words in the gold text on a block counts as inside, and up to which
/// as outside. Blocks in between teach nothing.
const INSIDE: f32 = 0.7;
const OUTSIDE: f32 = 0.3;

/// At how many places of a page phrases of its language are planted at most, if any are: on how many of a
/// hundred pages in English, and on all of other languages, of which there are few.
fn most_plants(language: &str, draws: &mut Draws) -> Option<usize> {
    match language {
        "en" => draws.percent(40).then_some(8),
        _ => Some(12),
    }
}

/// Reads a labelled page and cuts it for the schema. `gold` is the page's gold text, where its
/// own truth is labelled blocks and another file has that; `lesson` says how models are to learn from
/// the page, if they are.
///
/// # Errors
/// If the file cannot be read.
pub fn prepare(
    page: &LabelledPage,
    gold: Option<&Gold>,
    schema: &Schema,
    lesson: Option<&Settings>,
) -> io::Result<Prepared> {
    let bytes = page.read()?;
    match page.kind {
        PageKind::Html => {
            let html = encoding::decode_html(bytes, None).0.into_owned();
            let mut prepared = Prepared::of_html(html, page, gold);
            let planted = lesson.filter(|settings| settings.planted);
            let phrases =
                planted.map(|settings| prepared.phrases(page, settings)).unwrap_or_default();
            if schema.name != TEXT.name {
                if lesson.is_some() {
                    prepared.leave_out_choices();
                }
                return Ok(prepared.planted(page, &phrases));
            }
            let lines = prepared.blocks.texts().zip(prepared.targets);
            let lines =
                lines.flat_map(|(text, target)| text.lines().map(move |line| (line, target)));
            let lines: Vec<(&str, Target)> =
                lines.filter(|(line, _)| !line.trim().is_empty()).collect();
            let residue = prepared.document.as_ref().map(residue).unwrap_or_default();
            Ok(Prepared { residue, phrases, ..of_lines(&lines) })
        }
        PageKind::Text => {
            let blocks = Blocks::of_text(&encoding::decode_text(bytes, None).0);
            let targets = targets(&blocks, page, gold);
            Ok(Prepared::of_blocks(blocks, targets))
        }
    }
}

fn of_lines(lines: &[(&str, Target)]) -> Prepared {
    let text: Vec<&str> = lines.iter().map(|(line, _)| *line).collect();
    let blocks = Blocks::of_text(&text.join("\n"));
    Prepared::of_blocks(blocks, lines.iter().map(|(_, target)| *target).collect())
}

impl Prepared {
    fn of_blocks(blocks: Blocks, targets: Vec<Target>) -> Prepared {
        let (residue, phrases) = Default::default();
        Prepared { html: None, document: None, blocks, targets, residue, phrases }
    }

    /// Cuts a page's source. `page` and `gold` say what is in it.
    pub fn of_html(html: String, page: &LabelledPage, gold: Option<&Gold>) -> Prepared {
        let document = dom::parse(&html);
        let blocks = Blocks::of_document(&document);
        let targets = targets(&blocks, page, gold);
        let (html, document) = (Some(html), Some(document));
        Prepared { html, document, ..Prepared::of_blocks(blocks, targets) }
    }

    /// The page as the classifier sees it.
    pub fn features(&self) -> Page {
        match &self.document {
            Some(document) => Page::of_document(document, &self.blocks),
            None => Page::of_text(&self.blocks),
        }
    }

    /// See [`embedded::laid_out`].
    pub fn laid_out(&self, scores: &Scores) -> Option<String> {
        let (html, document) = (self.html.as_deref()?, self.document.as_ref()?);
        embedded::laid_out(html, document, &self.blocks, scores)
    }

    /// What the page teaches. Its site is that of `page`.
    pub fn examples(self, page: &LabelledPage) -> Vec<Example> {
        let site = site(page);
        if self.document.is_some() || page.kind == PageKind::Text {
            return vec![self.example(page)];
        }
        let mut texts = vec![self.thinned(site)];
        // Whole pages are long and seldom what such a text holds: those with labels will do.
        if matches!(page.truth, Truth::Blocks(_)) {
            texts.push(self);
        }
        let texts = texts.into_iter().filter(|text| !text.targets.is_empty());
        texts.map(|text| text.example(page)).collect()
    }

    /// Of what can be chosen from a `<select>`, the first teaches as much as all: where a box of an offer
    /// has a list of all countries, most of the page's blocks of `ad` would be countries.
    fn leave_out_choices(&mut self) {
        let Some(document) = &self.document else { return };
        let tag = |id: NodeId| document.node(id).tag;
        let list_of = |id: NodeId| {
            let list = || document.ancestors(id).find(|id| tag(*id) == Tag::Select);
            (tag(id) == Tag::Option).then(list).flatten()
        };
        let mut before = None;
        for (block, target) in self.blocks.iter().zip(&mut self.targets) {
            let list = list_of(block.node);
            if list.is_some() && list == before {
                *target = Target::default();
            }
            before = list;
        }
    }

    /// The phrases of the page's language that may be planted into it.
    fn phrases(&self, page: &LabelledPage, settings: &Settings) -> Vec<&'static Phrase> {
        let Some(document) = &self.document else { return Vec::new() };
        let about = metadata(document, &self.blocks, None, page.url.as_deref());
        let language = about.lang.as_deref().and_then(|tag| tag.split('-').next());
        let fold = settings.lexical_fold(site(page));
        let phrases = (0..).zip(lexical::phrases());
        let phrases = phrases.filter(|(i, _)| settings.phrase_fold(*i) == fold);
        let phrases = phrases.map(|(_, phrase)| phrase);
        phrases.filter(|phrase| Some(phrase.lang.as_str()) == language).collect()
    }

    /// The page with phrases between its paragraphs, if it is one of those that get any.
    fn planted(mut self, page: &LabelledPage, phrases: &[&Phrase]) -> Prepared {
        let (Some(document), Some(one)) = (&self.document, phrases.first()) else { return self };
        let mut draws = Draws(site_of(&page.id));
        let Some(most) = most_plants(&one.lang, &mut draws) else { return self };
        let (blocks, targets) = (&self.blocks, &self.targets);
        if let Some(planted) = plant(document, blocks, targets, phrases, most, &mut draws) {
            let (document, blocks, targets) = planted;
            self = Prepared { document: Some(document), blocks, targets, ..self };
        }
        self
    }

    fn example(self, page: &LabelledPage) -> Example {
        let features = self.features();
        Example {
            figures: self.figures(page.url.as_deref()).unwrap_or_default(),
            page: features,
            targets: self.targets,
            site: site(page),
            page_type: page_type(page),
        }
    }

    /// The figures of the whole page that tell its type; none for plain text.
    pub fn figures(&self, url: Option<&str>) -> Option<Vec<f32>> {
        self.document
            .as_ref()
            .map(|document| figures(document, &Texts::of_document(document, &self.blocks), url))
    }

    /// The lines that a careless extractor would leave: from a little before the content to a
    /// little behind it, most of the chrome gone.
    fn thinned(&self, seed: u64) -> Prepared {
        let wanted = |t: &Target| {
            matches!(
                (t.label, t.inside),
                (Some(Label::Body | Label::Title), _) | (None, Some(true))
            )
        };
        let Some(first) = self.targets.iter().position(wanted) else {
            return of_lines(&[]);
        };
        let last = self.targets.iter().rposition(wanted).unwrap_or(first);
        let draws = &mut Draws(seed);
        let window = first.saturating_sub(draws.below(4))..last + 1 + draws.below(40);
        // How much of the chrome this extractor drops, in tenths.
        let careful = draws.below(11);
        let kept = self.blocks.texts().zip(&self.targets).enumerate().filter(|(i, (_, target))| {
            let keeps = match (target.label, target.inside) {
                (Some(Label::Nav | Label::Legal), _) | (None, Some(false)) => {
                    draws.below(10) >= careful
                }
                _ => true,
            };
            keeps && window.contains(i)
        });
        let mut lines: Vec<(&str, Target)> =
            kept.map(|(_, (text, target))| (text, *target)).collect();
        if !self.residue.is_empty() {
            for _ in 0..draws.below(7) {
                let (text, label) = &self.residue[draws.below(self.residue.len())];
                let target = Target { label: Some(*label), inside: Some(false) };
                lines.insert(1 + draws.below(lines.len()), (text, target));
            }
        }
        let most = self.phrases.first().and_then(|one| most_plants(&one.lang, draws));
        for _ in 0..most.map_or(0, |most| 1 + draws.below(most)) {
            let places = (1..).zip(&lines).filter(|(_, (_, target))| plant::is_content(target));
            let places: Vec<usize> = places.map(|(behind, _)| behind).collect();
            if let Some((at, phrase)) = draws.one(&places).zip(plant::draw(&self.phrases, draws)) {
                lines.insert(at, (&phrase.text, plant::target(phrase.label)));
            }
        }
        of_lines(&lines)
    }
}

/// What careless extractors leave of a page's markup: the alternative texts and file names of
/// images, and the names of the slots that scripts would have filled.
fn residue(document: &Document) -> Vec<(String, Label)> {
    let mut residue = Vec::new();
    for (id, node) in document.nodes().iter().enumerate() {
        let id = id as NodeId;
        match node.tag {
            Tag::Img => {
                let file = document.attr(id, Attr::Src).and_then(|src| src.rsplit('/').next());
                let stem = file.and_then(|file| file.split(['.', '?']).next());
                let names = [document.attr(id, Attr::Alt), stem].into_iter().flatten();
                residue.extend(names.map(|name| (name.to_owned(), Label::Nav)));
            }
            Tag::Div | Tag::Ins | Tag::Aside if node.end == id + 1 => {
                for (_, value) in
                    document.attrs(id).filter(|(name, _)| matches!(name, Attr::Id | Attr::Class))
                {
                    let name = value.split_whitespace().next().unwrap_or_default();
                    residue.push((name.to_owned(), Label::Ad));
                    residue.push((name.replace(['-', '_'], " "), Label::Ad));
                }
            }
            _ => {}
        }
    }
    // Names of a few words; the rest are captions, hashes and data.
    residue.retain(|(name, _)| {
        let words = crate::measures::tokens(name).count();
        (1..=4).contains(&words)
            && (3..=30).contains(&name.len())
            && name.chars().any(char::is_alphabetic)
    });
    residue
}

/// The page's type, where the truth file names one that is known.
pub fn page_type(page: &LabelledPage) -> Option<PageType> {
    page.page_type.as_deref()?.parse().ok()
}

/// The page's site as a number.
pub fn site(page: &LabelledPage) -> u64 {
    site_of(&page.group)
}

/// What the truth says of each block.
fn targets(blocks: &Blocks, page: &LabelledPage, gold: Option<&Gold>) -> Vec<Target> {
    let texts: Vec<&str> = blocks.texts().collect();
    let (labels, gold) = match &page.truth {
        Truth::Blocks(labelled) => (align_labels(&texts, labelled), gold),
        Truth::Gold(gold) => (vec![None; texts.len()], Some(gold)),
    };
    let inside = match gold.and_then(|gold| gold.main_content.as_deref()) {
        None => vec![None; texts.len()],
        // The gold of a page with little text is empty since there is no content; of one with
        // much, more likely since nobody transcribed it.
        Some("") => {
            let words: usize = texts.iter().map(|text| crate::measures::words(text).count()).sum();
            vec![((words as f32) < SHELL_WORDS).then_some(false); texts.len()]
        }
        Some(gold) => align_gold(&texts, gold).into_iter().map(is_inside).collect(),
    };
    labels.into_iter().zip(inside).map(|(label, inside)| Target { label, inside }).collect()
}

fn is_inside(share: f32) -> Option<bool> {
    match share {
        s if s >= INSIDE => Some(true),
        s if s <= OUTSIDE => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_can_be_chosen_the_first_teaches() {
        let html = "<form><select><option>Chad<option>Peru</select><select><option>May
            <optgroup><option>June</optgroup></select><p>Sail with us</p></form>";
        let truth = [
            ("Chad", Label::Ad),
            ("Peru", Label::Ad),
            ("May", Label::Nav),
            ("June", Label::Nav),
            ("Sail with us", Label::Ad),
        ];
        let page = LabelledPage {
            id: "harbour/tickets".to_owned(),
            url: None,
            group: "harbour.example".to_owned(),
            page_type: None,
            path: Default::default(),
            kind: PageKind::Html,
            truth: Truth::Blocks(truth.map(|(text, label)| (text.to_owned(), label)).to_vec()),
            duplicate_of: None,
        };
        let mut prepared = Prepared::of_html(html.to_owned(), &page, None);
        let labels = |prepared: &Prepared| -> Vec<Option<Label>> {
            prepared.targets.iter().map(|target| target.label).collect()
        };
        assert_eq!(labels(&prepared), truth.map(|(_, label)| Some(label)));
        prepared.leave_out_choices();
        let (ad, nav) = (Some(Label::Ad), Some(Label::Nav));
        assert_eq!(labels(&prepared), [ad, None, nav, None, ad]);
    }
}
