//! The stack of open elements and its scopes (section 13.2.4.2).

use super::sets::{
    BUTTON_SCOPE, IMPLIED, LIST_ITEM_SCOPE, SCOPE, SPECIAL, TABLE_BODY_CONTEXT, TABLE_ROW_CONTEXT,
    TABLE_SCOPE, TagSet,
};
use super::{Mode, NameHash, Namespace, Open, Place, Scope, TreeBuilder};
use crate::dom::{NodeId, Tag};

impl TreeBuilder {
    /// The current node. It exists in every mode from "before head" on: `html` is never popped.
    pub(super) fn current(&self) -> &Open {
        &self.open[self.open.len() - 1]
    }

    pub(super) fn push(
        &mut self,
        node: NodeId,
        tag: Tag,
        name: NameHash,
        namespace: Namespace,
        place: Place,
    ) {
        const MATHML_TEXT: [NameHash; 5] = [
            NameHash::of("mi"),
            NameHash::of("mo"),
            NameHash::of("mn"),
            NameHash::of("ms"),
            NameHash::of("mtext"),
        ];
        const SVG_HTML: [NameHash; 3] =
            [NameHash::of("foreignobject"), NameHash::of("desc"), NameHash::of("title")];
        let is_integration_point = match namespace {
            Namespace::Html => false,
            Namespace::MathMl => MATHML_TEXT.contains(&name),
            Namespace::Svg => SVG_HTML.contains(&name),
        };
        let tag = if namespace == Namespace::Html { tag } else { Tag::Text };
        let home = if place.depth <= self.limits.max_depth { node } else { place.parent };
        let depth = place.depth.min(self.limits.max_depth);
        self.nodes[node].open = true;
        self.open_count[tag as usize] += 1;
        self.open.push(Open { node, home, depth, tag, namespace, is_integration_point, name });
    }

    /// Books an element as no longer open.
    fn closed(&mut self, open: Open) {
        self.nodes[open.node].open = false;
        self.open_count[open.tag as usize] -= 1;
    }

    pub(super) fn pop(&mut self) {
        if self.open.len() > 1
            && let Some(open) = self.open.pop()
        {
            self.closed(open);
        }
    }

    pub(super) fn truncate_stack(&mut self, len: usize) {
        while self.open.len() > len.max(1) {
            self.pop();
        }
    }

    pub(super) fn remove_at(&mut self, i: usize) {
        let open = self.open.remove(i);
        self.closed(open);
    }

    /// Where a node is on the stack, if it is within reach.
    pub(super) fn stack_position(&self, node: NodeId) -> Option<usize> {
        if !self.nodes[node].open {
            return None;
        }
        let lowest = self.open.len().saturating_sub(self.limits.reach());
        self.open[lowest..].iter().rposition(|open| open.node == node).map(|i| lowest + i)
    }

    pub(super) fn remove_from_stack(&mut self, node: NodeId) {
        if let Some(i) = self.stack_position(node) {
            self.remove_at(i);
        }
    }

    /// Pops elements up to and with the first that is wanted.
    pub(super) fn pop_until(&mut self, wanted: impl Fn(Tag) -> bool) {
        while self.open.len() > 1 {
            let tag = self.current().tag;
            self.pop();
            if wanted(tag) {
                break;
            }
        }
    }

    pub(super) fn clear_stack_back_to(&mut self, context: &TagSet) {
        while self.open.len() > 1 && !context.has(self.current().tag) {
            self.pop();
        }
    }

    pub(super) fn in_template(&self) -> bool {
        self.open_count[Tag::Template as usize] > 0
    }

    pub(super) fn body(&self) -> Option<NodeId> {
        self.open.get(1).filter(|open| open.tag == Tag::Body).map(|open| open.node)
    }

    pub(super) fn in_scope(&self, scope: Scope, tag: Tag) -> bool {
        self.open_count[tag as usize] > 0 && self.is_in_scope(scope, |open| open.tag == tag)
    }

    pub(super) fn is_in_scope(&self, scope: Scope, wanted: impl Fn(&Open) -> bool) -> bool {
        for open in self.open.iter().rev().take(self.limits.reach()) {
            if wanted(open) {
                return true;
            }
            if is_scope_boundary(open, scope) {
                return false;
            }
        }
        false
    }

    pub(super) fn generate_implied_end_tags(&mut self, except: Option<Tag>) {
        while IMPLIED.has(self.current().tag) && Some(self.current().tag) != except {
            self.pop();
        }
    }

    pub(super) fn close_p_in_button_scope(&mut self) {
        if self.in_scope(Scope::Button, Tag::P) {
            self.close_p();
        }
    }

    pub(super) fn close_p(&mut self) {
        self.generate_implied_end_tags(Some(Tag::P));
        self.pop_until(|tag| tag == Tag::P);
    }

    /// Closes the open list item, if any, that a new one ends.
    pub(super) fn close_list_item(&mut self, tag: Tag) {
        let ends = |open: Tag| match tag {
            Tag::Li => open == Tag::Li,
            _ => matches!(open, Tag::Dd | Tag::Dt),
        };
        for i in (0..self.open.len()).rev().take(self.limits.reach()) {
            let open = self.open[i].tag;
            if ends(open) {
                return self.truncate_stack(i);
            }
            if SPECIAL.has(open) && !matches!(open, Tag::Address | Tag::Div | Tag::P) {
                return;
            }
        }
    }

    pub(super) fn close_caption(&mut self) {
        self.generate_implied_end_tags(None);
        self.pop_until(|tag| tag == Tag::Caption);
        self.clear_formatting_to_marker();
        self.mode = Mode::InTable;
    }

    /// Closes the open table body; whether there was one.
    pub(super) fn close_table_body(&mut self) -> bool {
        // (The standard has `thead` here too; html5ever does not.)
        let is_outer = |open: &Open| matches!(open.tag, Tag::Table | Tag::Tbody | Tag::Tfoot);
        let closes = self.is_in_scope(Scope::Table, is_outer);
        if closes {
            self.clear_stack_back_to(&TABLE_BODY_CONTEXT);
            self.pop();
        }
        closes
    }

    /// Closes the open row; whether there was one.
    pub(super) fn close_row(&mut self) -> bool {
        let closes = self.in_scope(Scope::Table, Tag::Tr);
        if closes {
            self.clear_stack_back_to(&TABLE_ROW_CONTEXT);
            self.pop();
        }
        closes
    }

    /// Closes the open cell; whether there was one.
    pub(super) fn close_cell(&mut self) -> bool {
        let closes = self.is_in_scope(Scope::Table, |open| matches!(open.tag, Tag::Td | Tag::Th));
        if closes {
            self.generate_implied_end_tags(None);
            self.pop_until(|tag| matches!(tag, Tag::Td | Tag::Th));
            self.clear_formatting_to_marker();
        }
        closes
    }

    pub(super) fn reset_insertion_mode(&mut self) {
        use Mode::*;
        let decides = |open: &Open| {
            Some(match open.tag {
                Tag::Td | Tag::Th => InCell,
                Tag::Tr => InRow,
                Tag::Tbody | Tag::Thead | Tag::Tfoot => InTableBody,
                Tag::Caption => InCaption,
                Tag::Colgroup => InColumnGroup,
                Tag::Table => InTable,
                Tag::Template => self.template_modes.last().copied().unwrap_or(InBody),
                Tag::Head => InHead,
                Tag::Body => InBody,
                Tag::Frameset => InFrameset,
                Tag::Html => AfterHead,
                _ => return None,
            })
        };
        let reach = self.open.iter().rev().take(self.limits.reach());
        self.mode = reach.map(decides).find_map(|mode| mode).unwrap_or(InBody);
    }
}

pub(super) fn is_foreign(open: &Open) -> bool {
    open.namespace != Namespace::Html
}

pub(super) fn is_scope_boundary(open: &Open, scope: Scope) -> bool {
    match scope {
        Scope::Default => open.is_integration_point || SCOPE.has(open.tag),
        Scope::ListItem => open.is_integration_point || LIST_ITEM_SCOPE.has(open.tag),
        Scope::Button => open.is_integration_point || BUTTON_SCOPE.has(open.tag),
        Scope::Table => TABLE_SCOPE.has(open.tag),
    }
}
