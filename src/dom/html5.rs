//! scraper's tree (html5ever, the standard's own algorithm) copied into the arena: the reference
//! for [`scan`](super::scan), and the parser where CSS selectors choose parts of a page.

use std::collections::HashSet;

use ego_tree::NodeId;
use ego_tree::iter::Edge;
use html5ever::driver::ParseOpts;
use html5ever::tendril::TendrilSink;
use html5ever::tree_builder::TreeBuilderOpts;
use scraper::{Html, HtmlTreeSink, Node, Selector};

use super::{Attr, Builder, Document, Tag, is_json};

/// Which parts of a page count, by CSS selectors. What a page's head says counts always.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    select: Vec<Selector>,
    remove: Vec<Selector>,
}

impl Selection {
    /// Only the elements that one of `select` matches (all, where it is empty), without those that
    /// one of `remove` matches.
    ///
    /// # Errors
    /// The first selector that is no CSS, with what is wrong in it.
    pub fn new(select: &[String], remove: &[String]) -> Result<Selection, String> {
        let parse = |selectors: &[String]| -> Result<Vec<Selector>, String> {
            let parse = |css: &String| {
                Selector::parse(css).map_err(|e| format!("{css:?} is no CSS selector: {e}"))
            };
            selectors.iter().map(parse).collect()
        };
        Ok(Selection { select: parse(select)?, remove: parse(remove)? })
    }

    /// What either selects, without what either removes.
    pub fn and(&self, other: &Selection) -> Selection {
        let both = |a: &[Selector], b: &[Selector]| [a, b].concat();
        Selection {
            select: both(&self.select, &other.select),
            remove: both(&self.remove, &other.remove),
        }
    }

    /// Whether it takes every page as it is.
    pub fn is_empty(&self) -> bool {
        self.select.is_empty() && self.remove.is_empty()
    }
}

/// Parses a page of HTML as [`dom::parse`](super::parse) does, at several times its cost.
pub fn parse(html: &str) -> Document {
    parse_selected(html, &Selection::default())
}

/// Parses a page of HTML, and takes the selected parts of it.
pub fn parse_selected(html: &str, selection: &Selection) -> Document {
    let options = ParseOpts {
        tree_builder: TreeBuilderOpts { scripting_enabled: false, ..Default::default() },
        ..Default::default()
    };
    let sink = HtmlTreeSink::new(Html::new_document());
    let tree = html5ever::parse_document(sink, options).one(html);
    copy(&tree, &Chosen::new(&tree, selection), html.len())
}

/// The elements that a selection names.
struct Chosen {
    removed: HashSet<NodeId>,
    selected: HashSet<NodeId>,
    /// The elements above those.
    above: HashSet<NodeId>,
    /// Whether what is not selected is left out.
    only: bool,
}

impl Chosen {
    fn new(html: &Html, selection: &Selection) -> Chosen {
        let matches = |selectors: &[Selector]| -> HashSet<NodeId> {
            selectors.iter().flat_map(|s| html.select(s)).map(|element| element.id()).collect()
        };
        let selected = matches(&selection.select);
        let mut above = HashSet::new();
        for id in &selected {
            let ancestors = html.tree.get(*id).into_iter().flat_map(|node| node.ancestors());
            // What is above an element that is known is known as well.
            for ancestor in ancestors {
                if !above.insert(ancestor.id()) {
                    break;
                }
            }
        }
        Chosen {
            removed: matches(&selection.remove),
            selected,
            above,
            only: !selection.select.is_empty(),
        }
    }
}

fn copy(html: &Html, chosen: &Chosen, bytes: usize) -> Document {
    let mut builder = Builder::new(bytes);
    // What the text at hand is: the last opened raw-text element decides.
    let mut keep_text = true;
    // How many open elements are left out, and how many are selected or in one that is.
    let (mut left_out, mut inside) = (0, usize::from(!chosen.only));
    for edge in html.tree.root().traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Element(element) => {
                    let (id, tag) = (node.id(), Tag::from_name(element.name()));
                    let is_inside = inside > 0 || tag == Tag::Head || chosen.selected.contains(&id);
                    // The root stays for its head, whatever is selected.
                    let leads_in = tag == Tag::Html || chosen.above.contains(&id);
                    let stays = (is_inside || leads_in) && !chosen.removed.contains(&id);
                    if left_out > 0 || !stays {
                        left_out += 1;
                        continue;
                    }
                    inside += usize::from(is_inside);
                    builder.open(tag);
                    for (name, value) in element.attrs() {
                        if let Some(attr) = Attr::from_name(name) {
                            builder.attr(attr, value);
                        }
                    }
                    keep_text = match tag {
                        Tag::Style => false,
                        Tag::Script => is_json(element.attr("type")),
                        _ => true,
                    };
                }
                Node::Text(text) if keep_text && left_out == 0 && inside > 0 => builder.text(text),
                _ => {}
            },
            Edge::Close(node) if node.value().is_element() => {
                if left_out > 0 {
                    left_out -= 1;
                } else {
                    inside = inside.saturating_sub(1).max(usize::from(!chosen.only));
                    builder.close();
                    keep_text = true;
                }
            }
            Edge::Close(_) => {}
        }
    }
    builder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::segment::Blocks;

    const PAGE: &str =
        "<title>t</title><p>menu<main><p>one<div class=ad><p>buy</div><p>two</main><p>foot";

    fn texts(select: &[&str], remove: &[&str]) -> Vec<String> {
        let own = |css: &[&str]| css.iter().map(|c| c.to_string()).collect::<Vec<_>>();
        let selection = Selection::new(&own(select), &own(remove)).unwrap();
        let document = parse_selected(PAGE, &selection);
        assert!(document.find(Tag::Title).is_some());
        Blocks::of_document(&document).texts().map(str::to_owned).collect()
    }

    #[test]
    fn selectors_choose_and_remove_parts() {
        assert_eq!(texts(&[], &[]), ["menu", "one", "buy", "two", "foot"]);
        assert_eq!(texts(&["main"], &[]), ["one", "buy", "two"]);
        assert_eq!(texts(&[], &[".ad", "body > p"]), ["one", "two"]);
        assert_eq!(texts(&["main", ".ad p"], &[".ad"]), ["one", "two"]);
        assert_eq!(texts(&[".none"], &[]), [""; 0]);
    }

    #[test]
    fn what_is_no_selector_is_said() {
        let reason = Selection::new(&["p[".to_owned()], &[]).unwrap_err();
        assert!(reason.contains("\"p[\""), "{reason}");
    }
}
