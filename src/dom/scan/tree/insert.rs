//! Inserting nodes: the appropriate place, foster parenting included (section 13.2.6.1).

use super::sets::TABLE_PARTS;
use super::{AttrRange, NONE, NameHash, Namespace, Open, Place, StartTag, TreeBuilder};
use crate::dom::{Attr, AttrEntry, NodeId, Tag};

impl TreeBuilder {
    /// The appropriate place for inserting a node.
    pub(super) fn place(&self) -> Place {
        match self.open.last() {
            Some(current) => self.place_in(current),
            None => Place { parent: 0, before: None, depth: 1 },
        }
    }

    /// The same inside a given open element.
    pub(super) fn place_in(&self, target: &Open) -> Place {
        let below = |open: &Open| open.depth.saturating_add(1);
        let inside = |open: &Open| Place { parent: open.home, before: None, depth: below(open) };
        if !(self.foster_parenting && TABLE_PARTS.has(target.tag)) {
            return inside(target);
        }
        let is_end = |open: &Open| matches!(open.tag, Tag::Table | Tag::Template);
        let lowest = self.open.len().saturating_sub(self.limits.reach());
        let Some(i) = self.open[lowest..].iter().rposition(is_end).map(|i| lowest + i) else {
            return inside(&self.open[0]);
        };
        let table = &self.open[i];
        if table.tag == Tag::Template || i == 0 {
            return inside(table);
        }
        match self.nodes[table.node].parent {
            NONE => inside(&self.open[i - 1]),
            parent => Place { parent, before: Some(table.node), depth: below(&self.open[i - 1]) },
        }
    }

    pub(super) fn insert_node(&mut self, node: NodeId, place: Place) {
        match place.before {
            Some(next) => self.nodes.insert_before(next, node),
            None => self.nodes.append(place.parent, node),
        }
    }

    fn insert_element(&mut self, tag: Tag, attrs: AttrRange) -> (NodeId, Place) {
        let place = self.place();
        let node = self.nodes.create(tag, attrs.start, attrs.len);
        self.insert_node(node, place);
        (node, place)
    }

    /// Inserts an HTML element and opens it.
    pub(super) fn insert(&mut self, t: &StartTag) -> NodeId {
        let (node, place) = self.insert_element(t.tag, t.attrs);
        self.push(node, t.tag, t.name, Namespace::Html, place);
        node
    }

    /// Inserts an HTML element that has no content.
    pub(super) fn insert_void(&mut self, t: &StartTag) {
        self.insert_element(t.tag, t.attrs);
    }

    /// Inserts an element that the source only implies.
    pub(super) fn insert_phantom(&mut self, tag: Tag) -> NodeId {
        let (node, place) = self.insert_element(tag, AttrRange::default());
        self.push(node, tag, NameHash::of(tag.name()), Namespace::Html, place);
        node
    }

    pub(super) fn insert_foreign(&mut self, t: &StartTag, namespace: Namespace) {
        let (node, place) = self.insert_element(t.tag, t.attrs);
        if !t.self_closing {
            self.push(node, t.tag, t.name, namespace, place);
        }
    }

    /// Inserts the text that stands at the end of the buffer.
    pub(super) fn insert_characters(&mut self, start: usize) {
        let place = self.place();
        let len = (self.text.len() - start) as u32;
        let before = match place.before {
            Some(next) => self.nodes.previous(next),
            None => self.nodes.last_child(place.parent),
        };
        if before == Some(self.last_text) {
            let link = &mut self.nodes[self.last_text];
            if (link.start + link.len) as usize == start {
                link.len += len;
                return;
            }
        }
        let node = self.nodes.create(Tag::Text, start as u32, len);
        self.insert_node(node, place);
        self.last_text = node;
    }

    /// Gives an element the attributes of a second tag for it that it does not have.
    pub(super) fn add_missing_attributes(&mut self, node: NodeId, more: AttrRange) {
        let (start, len) = (self.nodes[node].start, self.nodes[node].len);
        let old = AttrRange { start, len }.indexes();
        let is_new = |name: Attr| self.attrs[old.clone()].iter().all(|entry| entry.name != name);
        let added: Vec<AttrEntry> =
            self.attrs[more.indexes()].iter().copied().filter(|entry| is_new(entry.name)).collect();
        if added.is_empty() {
            return;
        }
        self.nodes[node].start = self.attrs.len() as u32;
        self.nodes[node].len += added.len() as u32;
        self.attrs.extend_from_within(old);
        self.attrs.extend(added);
    }

    fn attr_value(&self, attrs: AttrRange, name: Attr) -> Option<&str> {
        let entry = self.attrs[attrs.indexes()].iter().find(|entry| entry.name == name)?;
        Some(&self.text[entry.start as usize..(entry.start + entry.len) as usize])
    }

    pub(super) fn is_hidden_input(&self, attrs: AttrRange) -> bool {
        self.attr_value(attrs, Attr::Type).is_some_and(|t| t.eq_ignore_ascii_case("hidden"))
    }

    /// Whether a script holds data rather than code.
    pub(super) fn is_json(&self, attrs: AttrRange) -> bool {
        let script_type = self.attr_value(attrs, Attr::Type);
        crate::dom::is_json(script_type)
    }
}
