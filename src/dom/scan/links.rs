//! The tree while it grows: nodes linked to each other, so that the parser can move them as the
//! standard asks. [`Links::flatten`] lays them out as the document's arena.

use super::tree::KEPT;
use crate::dom::{AttrEntry, AttrSet, Node, NodeId, Tag};

/// No node.
pub(super) const NONE: NodeId = NodeId::MAX;

#[derive(Clone, Copy, Debug)]
pub(super) struct Link {
    pub(super) parent: NodeId,
    first: NodeId,
    last: NodeId,
    prev: NodeId,
    next: NodeId,
    /// As in [`Node`].
    pub(super) start: u32,
    pub(super) len: u32,
    pub(super) tag: Tag,
    /// Whether the element is on the stack of open elements.
    pub(super) open: bool,
}

#[derive(Debug, Default)]
pub(super) struct Links(Vec<Link>);

impl std::ops::Index<NodeId> for Links {
    type Output = Link;
    fn index(&self, id: NodeId) -> &Link {
        &self.0[id as usize]
    }
}

impl std::ops::IndexMut<NodeId> for Links {
    fn index_mut(&mut self, id: NodeId) -> &mut Link {
        &mut self.0[id as usize]
    }
}

impl Links {
    /// Leaves the root only.
    pub(super) fn reset(&mut self) {
        self.0.clear();
        self.create(Tag::Other, 0, 0);
    }

    /// Gives the memory of a large page back.
    pub(super) fn shrink(&mut self) {
        self.0.clear();
        self.0.shrink_to(KEPT);
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Makes a node that stands nowhere yet.
    pub(super) fn create(&mut self, tag: Tag, start: u32, len: u32) -> NodeId {
        let [parent, first, last, prev, next] = [NONE; 5];
        self.0.push(Link { parent, first, last, prev, next, start, len, tag, open: false });
        self.0.len() as NodeId - 1
    }

    pub(super) fn last_child(&self, id: NodeId) -> Option<NodeId> {
        Some(self[id].last).filter(|last| *last != NONE)
    }

    pub(super) fn previous(&self, id: NodeId) -> Option<NodeId> {
        Some(self[id].prev).filter(|prev| *prev != NONE)
    }

    /// Makes a detached node the parent's last child.
    pub(super) fn append(&mut self, parent: NodeId, id: NodeId) {
        let prev = std::mem::replace(&mut self[parent].last, id);
        self[id].parent = parent;
        self[id].prev = prev;
        match prev {
            NONE => self[parent].first = id,
            _ => self[prev].next = id,
        }
    }

    /// Puts a detached node before one that has a parent.
    pub(super) fn insert_before(&mut self, next: NodeId, id: NodeId) {
        let Link { parent, prev, .. } = self[next];
        self[next].prev = id;
        let link = &mut self[id];
        (link.parent, link.prev, link.next) = (parent, prev, next);
        match prev {
            NONE => self[parent].first = id,
            _ => self[prev].next = id,
        }
    }

    pub(super) fn detach(&mut self, id: NodeId) {
        let Link { parent, prev, next, .. } = self[id];
        if parent == NONE {
            return;
        }
        match prev {
            NONE => self[parent].first = next,
            _ => self[prev].next = next,
        }
        match next {
            NONE => self[parent].last = prev,
            _ => self[next].prev = prev,
        }
        let link = &mut self[id];
        (link.parent, link.prev, link.next) = (NONE, NONE, NONE);
    }

    /// Moves all children of a node to one that has none.
    pub(super) fn move_children(&mut self, from: NodeId, to: NodeId) {
        let Link { first, last, .. } = self[from];
        (self[to].first, self[to].last) = (first, last);
        (self[from].first, self[from].last) = (NONE, NONE);
        let mut child = first;
        while child != NONE {
            self[child].parent = to;
            child = self[child].next;
        }
    }

    /// The nodes below the root in document order. What stands nowhere is left out.
    pub(super) fn flatten(&self, entries: &[AttrEntry]) -> Vec<Node> {
        let mut nodes: Vec<Node> = Vec::with_capacity(self.0.len());
        let mut at: NodeId = 0;
        let mut parent: NodeId = 0;
        let mut depth: u16 = 0;
        loop {
            let Link { first, start, len, tag, .. } = self[at];
            let id = nodes.len() as NodeId;
            let mut attrs = AttrSet::default();
            if tag != Tag::Text {
                let own = &entries[start as usize..(start + len) as usize];
                own.iter().for_each(|entry| attrs.insert(entry.name));
            }
            nodes.push(Node { parent, end: id + 1, start, len, attrs, depth, tag });
            if first != NONE {
                at = first;
                parent = id;
                depth = depth.saturating_add(1);
                continue;
            }
            while self[at].next == NONE {
                at = self[at].parent;
                if at == NONE {
                    return nodes;
                }
                nodes[parent as usize].end = nodes.len() as NodeId;
                depth = nodes[parent as usize].depth;
                parent = nodes[parent as usize].parent;
            }
            at = self[at].next;
        }
    }
}
