//! The list of active formatting elements (section 13.2.4.3) and the adoption agency algorithm,
//! which together give text its `a`, `b` and `font` where tags are unclosed or misnested.

use super::sets::SPECIAL;
use super::stack::is_scope_boundary;
use super::{
    AttrRange, Formatting, MAX_FORMATTING, NameHash, Namespace, Open, Place, Scope, StartTag,
    TreeBuilder,
};
use crate::dom::{AttrEntry, NodeId, Tag};

impl TreeBuilder {
    /// The index of the first entry after the last marker.
    fn formatting_start(&self) -> usize {
        let marker = self.formatting.iter().rposition(|e| matches!(e, Formatting::Marker));
        marker.map_or(0, |i| i + 1)
    }

    /// Where a node is in the list, if it is within reach.
    fn formatting_position(&self, node: NodeId) -> Option<usize> {
        let lowest = self.formatting.len().saturating_sub(self.limits.reach());
        self.formatting[lowest..].iter().rposition(|e| e.is_node(node)).map(|i| lowest + i)
    }

    pub(super) fn clear_formatting_to_marker(&mut self) {
        while let Some(Formatting::Element { .. }) = self.formatting.pop() {}
    }

    /// Inserts a formatting element and lists it. Of four alike, the first is forgotten.
    pub(super) fn insert_formatting(&mut self, t: &StartTag) {
        let start = self.formatting_start();
        let mut alike = 0;
        let mut first_alike = None;
        for i in (start..self.formatting.len()).rev() {
            if let Formatting::Element { tag, attrs, .. } = self.formatting[i]
                && tag == t.tag
                && self.same_attributes(attrs, t.attrs)
            {
                alike += 1;
                first_alike = Some(i);
            }
        }
        if let Some(i) = first_alike.filter(|_| alike >= 3) {
            self.formatting.remove(i);
        } else if self.formatting.len() - start >= MAX_FORMATTING {
            self.formatting.remove(start);
        }
        let node = self.insert(t);
        let (tag, name, attrs) = (t.tag, t.name, t.attrs);
        self.formatting.push(Formatting::Element { node, tag, name, attrs });
    }

    /// Whether two elements have the same kept attributes.
    fn same_attributes(&self, a: AttrRange, b: AttrRange) -> bool {
        let value = |entry: &AttrEntry| {
            let start = entry.start as usize;
            (entry.name, &self.text[start..start + entry.len as usize])
        };
        let (a, b) = (&self.attrs[a.indexes()], &self.attrs[b.indexes()]);
        a.iter().map(value).eq(b.iter().map(value))
    }

    pub(super) fn reconstruct_active_formatting_elements(&mut self) {
        let needs = |entry: &Formatting| match entry {
            Formatting::Marker => false,
            Formatting::Element { node, .. } => !self.nodes[*node].open,
        };
        if !self.formatting.last().is_some_and(needs) {
            return;
        }
        let start = self.formatting.iter().rposition(|e| !needs(e)).map_or(0, |i| i + 1);
        for i in start..self.formatting.len() {
            if let Formatting::Element { tag, name, attrs, .. } = self.formatting[i] {
                let t = StartTag { tag, name, attrs, self_closing: false, source: "" };
                let node = self.insert(&t);
                self.formatting[i] = Formatting::Element { node, tag, name, attrs };
            }
        }
    }

    /// A link in a link: the outer one ends.
    pub(super) fn close_open_link(&mut self) {
        let start = self.formatting_start();
        let outer = self.formatting[start..].iter().rev().find_map(|entry| match entry {
            Formatting::Element { node, tag: Tag::A, .. } => Some(*node),
            _ => None,
        });
        if let Some(node) = outer {
            self.adoption_agency(Tag::A, NameHash::of("a"));
            self.forget_formatting(node);
            self.remove_from_stack(node);
        }
    }

    /// Ends a formatting element, and sorts out what is nested the wrong way.
    pub(super) fn adoption_agency(&mut self, subject: Tag, subject_name: NameHash) {
        let current = *self.current();
        if current.tag == subject && self.formatting_position(current.node).is_none() {
            return self.pop();
        }
        for _ in 0..8 {
            let start = self.formatting_start();
            let entry = self.formatting[start..].iter().rev().find_map(|entry| match entry {
                Formatting::Element { node, tag, name, attrs } if *tag == subject => {
                    Some((*node, *name, *attrs))
                }
                _ => None,
            });
            let Some((formatting_node, name, attrs)) = entry else {
                return self.any_other_end_tag(subject, subject_name);
            };
            let Some(at) = self.stack_position(formatting_node) else {
                self.forget_formatting(formatting_node);
                return;
            };
            let above = &self.open[at + 1..];
            if above.iter().any(|open| is_scope_boundary(open, Scope::Default)) {
                return;
            }
            let Some(furthest) = above.iter().position(|open| SPECIAL.has(open.tag)) else {
                self.truncate_stack(at);
                self.forget_formatting(formatting_node);
                return;
            };
            let ancestor = self.open[at - 1];
            let block = self.open[at + 1 + furthest];
            let mut block_at = at + 1 + furthest;

            // The formatting elements between the two are copied around the block.
            let mut last = block.node;
            let mut bookmark = None;
            for (copied, i) in (at + 1..block_at).rev().enumerate() {
                let Open { node, home, .. } = self.open[i];
                let listed = self.formatting_position(node);
                let Some(k) = listed.filter(|_| copied < 3) else {
                    if let Some(k) = listed {
                        self.formatting.remove(k);
                    }
                    self.remove_at(i);
                    block_at -= 1;
                    continue;
                };
                let Formatting::Element { tag, name, attrs, .. } = self.formatting[k] else {
                    continue;
                };
                let copy = self.nodes.create(tag, attrs.start, attrs.len);
                self.formatting[k] = Formatting::Element { node: copy, tag, name, attrs };
                self.nodes[node].open = false;
                self.nodes[copy].open = true;
                self.open[i].node = copy;
                self.open[i].home = if home == node { copy } else { home };
                if bookmark.is_none() {
                    bookmark = Some(copy);
                }
                self.nodes.detach(last);
                self.nodes.append(copy, last);
                last = copy;
            }
            self.nodes.detach(last);
            let place = self.place_in(&ancestor);
            self.insert_node(last, place);

            let copy = self.nodes.create(subject, attrs.start, attrs.len);
            if block.home == block.node {
                self.nodes.move_children(block.node, copy);
            }
            self.nodes.append(block.home, copy);
            let listed = Formatting::Element { node: copy, tag: subject, name, attrs };
            match bookmark.and_then(|node| self.formatting_position(node)) {
                Some(i) => {
                    self.formatting.insert(i + 1, listed);
                    self.forget_formatting(formatting_node);
                }
                None => {
                    if let Some(i) = self.formatting_position(formatting_node) {
                        self.formatting[i] = listed;
                    }
                }
            }
            self.remove_at(at);
            let inner =
                Place { parent: block.home, before: None, depth: block.depth.saturating_add(1) };
            self.push(copy, subject, name, Namespace::Html, inner);
            self.open[block_at..].rotate_right(1);
        }
    }

    fn forget_formatting(&mut self, node: NodeId) {
        if let Some(i) = self.formatting_position(node) {
            self.formatting.remove(i);
        }
    }
}
