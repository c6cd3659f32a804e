//! Boilerplate between the paragraphs: phrases planted into pages, and between lines of plain text, to learn
//! from.
//!
//! What stands in the midst of a text and is no part of it (an offer, a hint at another page, the
//! stand-in for a video that waits for consent) is on labelled pages mostly told by the names of its
//! elements. A model that learns from these alone believes names, and where a page has none, that what
//! stands between paragraphs is one. Pages with [phrases](lexical::phrases()) planted between
//! their own paragraphs teach that words count too.
//!
//! The elements that are planted look like the paragraphs around them, or odd where some of these are made to
//! look as odd: else it would be learnt that what looks odd is no part of the text. And every second phrase
//! is one of a text: else it would be learnt that few words of a language are.

use crate::dom::{Attr, Builder, Document, NodeId, Tag};
use crate::draws::Draws;
use crate::label::Label;
use crate::lexical::Phrase;
use crate::segment::Blocks;

use super::table::Target;

/// A page with fewer places between its paragraphs is left as it is.
const PLACES: usize = 4;

/// What an element looks like.
#[derive(Clone)]
struct Look {
    tag: Tag,
    class: Option<String>,
}

impl Look {
    fn of(document: &Document, element: NodeId) -> Look {
        let class = document.attr(element, Attr::Class).map(str::to_owned);
        Look { tag: document.node(element).tag, class }
    }

    /// One that tells nothing.
    fn odd(draws: &mut Draws) -> Look {
        let tag = if draws.percent(70) { Tag::Div } else { Tag::P };
        Look { tag, class: draws.percent(40).then(|| format!("c{:x}", draws.below(1 << 20))) }
    }
}

/// An element of the page beside which something may be planted.
struct Paragraph {
    id: NodeId,
    look: Look,
    is_disguised: bool,
}

/// An element that is planted.
#[derive(Clone)]
struct Plant<'a> {
    /// The element that it follows.
    after: NodeId,
    look: Look,
    is_link: bool,
    phrase: &'a Phrase,
}

/// One of these phrases: every second time one of a text.
pub fn draw<'a>(phrases: &[&'a Phrase], draws: &mut Draws) -> Option<&'a Phrase> {
    let label = match draws.below(20) {
        0..4 => Label::Ad,
        4..7 => Label::Teaser,
        7..9 => Label::Legal,
        9 => Label::Nav,
        _ => Label::Body,
    };
    let of_label: Vec<&Phrase> =
        phrases.iter().copied().filter(|phrase| phrase.label == label).collect();
    draws.one(&of_label)
}

/// What is known of a phrase that is planted.
pub fn target(label: Label) -> Target {
    Target { label: Some(label), inside: Some(label == Label::Body) }
}

/// Whether a block is of the content, so that something may stand behind it.
pub fn is_content(target: &Target) -> bool {
    match target.label {
        Some(label) => label == Label::Body && target.inside != Some(false),
        None => target.inside == Some(true),
    }
}

/// The page with some of these phrases at up to `most` places between the elements of its content,
/// some of them at three. None where the page has too few places, or there are no phrases.
pub fn plant(
    document: &Document,
    blocks: &Blocks,
    targets: &[Target],
    phrases: &[&Phrase],
    most: usize,
    draws: &mut Draws,
) -> Option<(Document, Blocks, Vec<Target>)> {
    let places = places(document, blocks, targets);
    if places.len() < PLACES {
        return None;
    }
    let paragraphs =
        places.iter().filter(|id| matches!(document.node(**id).tag, Tag::P | Tag::Div));
    let mut paragraphs: Vec<Paragraph> = paragraphs
        .map(|id| Paragraph { id: *id, look: Look::of(document, *id), is_disguised: false })
        .collect();
    if paragraphs.is_empty() {
        return None;
    }
    let looks_odd = disguise(&mut paragraphs, draws);
    let mut plants = Vec::new();
    for _ in 0..1 + draws.below(most) {
        let after = draws.one(&places)?;
        for _ in 0..1 + usize::from(draws.percent(25)) {
            let phrase = draw(phrases, draws)?;
            // Of a hundred such phrases how many are links.
            let links = match phrase.label {
                Label::Ad => 30,
                Label::Teaser => 65,
                Label::Legal => 10,
                Label::Nav => 50,
                _ => 0,
            };
            let look = match looks_odd && draws.percent(50) {
                true => Look::odd(draws),
                false => paragraphs[draws.below(paragraphs.len())].look.clone(),
            };
            let plant = Plant { after, look, is_link: draws.percent(links), phrase };
            // The same button, or stand-in, often comes again and again.
            if phrase.label != Label::Body && draws.percent(15) {
                for _ in 0..2 {
                    plants.push(Plant { after: draws.one(&places)?, ..plant.clone() });
                }
            }
            plants.push(plant);
        }
    }
    plants.sort_by_key(|plant| plant.after);
    let (document, planted) = with(document, &plants, &paragraphs);
    let blocks = Blocks::of_document(&document);
    let mut targets = targets.iter().copied();
    let mut of_node = |node: NodeId| match planted.iter().find(|(id, _)| *id == node) {
        Some((_, label)) => Some(target(*label)),
        None => targets.next(),
    };
    let grown: Option<Vec<Target>> = blocks.iter().map(|block| of_node(block.node)).collect();
    let grown = grown.filter(|_| targets.next().is_none())?;
    Some((document, blocks, grown))
}

/// Makes paragraphs look otherwise: on a fifth of the pages all are `div`s, on a fifth half of them look
/// odd, on a fifth a few do. Gives whether any may look odd.
fn disguise(paragraphs: &mut [Paragraph], draws: &mut Draws) -> bool {
    let (way, has_class) = (draws.below(10), draws.percent(50));
    for paragraph in paragraphs.iter_mut().filter(|paragraph| paragraph.look.tag == Tag::P) {
        paragraph.look = match way {
            0..2 => {
                let class = paragraph.look.class.take().filter(|_| has_class);
                Look { tag: Tag::Div, class }
            }
            2..4 if draws.percent(50) => Look::odd(draws),
            4..6 if draws.percent(10) => Look::odd(draws),
            _ => continue,
        };
        paragraph.is_disguised = true;
    }
    (2..6).contains(&way)
}

/// The elements of the page's content behind which something may stand, in order.
fn places(document: &Document, blocks: &Blocks, targets: &[Target]) -> Vec<NodeId> {
    let content = blocks.iter().zip(targets).filter(|(_, target)| is_content(target));
    let mut places: Vec<NodeId> =
        content.filter_map(|(block, _)| place(document, block.node)).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The innermost element from `node` outwards behind which something may stand: a paragraph or the
/// like that is not within a list, a table or a figure.
fn place(document: &Document, node: NodeId) -> Option<NodeId> {
    use Tag::*;
    let path: Vec<NodeId> = std::iter::once(node).chain(document.ancestors(node)).collect();
    let tag = |id: &NodeId| document.node(*id).tag;
    let within = |id: &NodeId| matches!(tag(id), Li | Td | Th | Dd | Dt | Blockquote | Figure);
    let start = path.iter().rposition(within).map_or(0, |outermost| outermost + 1);
    let stands =
        |id: &&NodeId| matches!(tag(id), P | Div | Ul | Ol | Dl | Table | Pre | Section | Article);
    path[start..].iter().find(stands).copied()
}

/// The document with plants, which are sorted by their places, and with its disguised paragraphs; and
/// the plants' elements with their labels.
fn with(
    document: &Document,
    plants: &[Plant],
    paragraphs: &[Paragraph],
) -> (Document, Vec<(NodeId, Label)>) {
    let open_as = |builder: &mut Builder, look: &Look| {
        let id = builder.open(look.tag);
        if let Some(class) = &look.class {
            builder.attr(Attr::Class, class);
        }
        id
    };
    let mut builder = Builder::new(0);
    let mut planted = Vec::new();
    let mut close = |builder: &mut Builder, id: NodeId| {
        builder.close();
        let first = plants.partition_point(|plant| plant.after < id);
        for plant in plants[first..].iter().take_while(|plant| plant.after == id) {
            planted.push((open_as(builder, &plant.look), plant.phrase.label));
            if plant.is_link {
                builder.open(Tag::A);
                builder.attr(Attr::Href, "/");
            }
            builder.text(&plant.phrase.text);
            if plant.is_link {
                builder.close();
            }
            builder.close();
        }
    };
    let mut open: Vec<NodeId> = Vec::new();
    for (id, node) in (0..).zip(document.nodes()).skip(1) {
        while let Some(ended) = open.pop_if(|last| document.node(*last).end == id) {
            close(&mut builder, ended);
        }
        if node.tag == Tag::Text {
            builder.text(document.text(id));
        } else {
            let found = paragraphs.binary_search_by_key(&id, |paragraph| paragraph.id).ok();
            match found.map(|at| &paragraphs[at]).filter(|paragraph| paragraph.is_disguised) {
                Some(paragraph) => _ = open_as(&mut builder, &paragraph.look),
                None => {
                    builder.open(node.tag);
                    document.attrs(id).for_each(|(name, value)| builder.attr(name, value));
                }
            }
            open.push(id);
        }
    }
    while let Some(ended) = open.pop() {
        close(&mut builder, ended);
    }
    (builder.finish(), planted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dom, lexical};

    const PAGE: &str = "<html lang=en><body><nav><a href=/>Quayside and ferry times</a></nav><div class=text>
        <p class=lead>The ferry did not sail that night, and nobody on the quay knew why it did not.</p>
        <p>By the morning the whole harbour had heard of it, and each had another reason for it.</p>
        <blockquote><p>It was the wind, said some of them.</p></blockquote>
        <p>There had been no wind at all, only a long swell from the west that broke on the bar.</p>
        <ul><li>One rope was gone.</li><li>One lamp was out.</li></ul>
        <p>When she sailed at noon the captain waved from the bridge as if it were any other day.</p>
        </div><footer>© The Harbour</footer></body></html>";

    #[test]
    fn plants_stand_between_paragraphs_and_all_else_stays() {
        let document = dom::parse(PAGE);
        let blocks = Blocks::of_document(&document);
        let targets: Vec<Target> = (0..blocks.len())
            .map(|i| {
                let is_body = (1..blocks.len() - 1).contains(&i);
                let label = if is_body { Label::Body } else { Label::Nav };
                Target { label: Some(label), inside: Some(is_body) }
            })
            .collect();
        let english: Vec<&Phrase> =
            lexical::phrases().iter().filter(|p| p.lang == "en").step_by(5).collect();
        let mut labels = Vec::new();
        for seed in 0..50 {
            let draws = &mut Draws(seed);
            let (planted, grown, new) =
                plant(&document, &blocks, &targets, &english, 4, draws).unwrap();
            assert!((1..=24).contains(&(grown.len() - blocks.len())));
            let (mut old, mut known) = (blocks.texts().zip(&targets), 0);
            for (block, target) in grown.iter().zip(&new) {
                let text = grown.text(block);
                match english.iter().any(|phrase| phrase.text == text) {
                    true => {
                        known += 1;
                        assert_eq!(target.inside, Some(target.label == Some(Label::Body)));
                        labels.extend(target.label);
                        let tags = planted.ancestors(block.node).map(|id| planted.node(id).tag);
                        assert!(
                            tags.into_iter().all(|tag| !matches!(tag, Tag::Li | Tag::Blockquote))
                        );
                    }
                    false => assert_eq!(old.next(), Some((text, target))),
                }
            }
            assert!(old.next().is_none() && known > 0);
        }
        for label in [Label::Ad, Label::Teaser, Label::Legal, Label::Nav, Label::Body] {
            assert!(labels.contains(&label), "{label:?}");
        }
        // Without phrases there are no plants, and two paragraphs are no text.
        assert!(plant(&document, &blocks, &targets, &[], 4, &mut Draws(1)).is_none());
        let few = dom::parse("<p>One paragraph.</p><p>And a second one.</p>");
        let blocks = Blocks::of_document(&few);
        assert!(plant(&few, &blocks, &targets[1..3], &english, 4, &mut Draws(1)).is_none());
    }
}
