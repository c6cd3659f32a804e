//! Foreign content: SVG and MathML inside HTML (section 13.2.6.5).

use super::stack::is_foreign;
use super::{Content, NameHash, Namespace, StartTag, TreeBuilder};
use crate::dom::Tag;

impl TreeBuilder {
    /// Whether the current node is not an HTML element.
    pub(in crate::dom::scan) fn in_foreign_content(&self) -> bool {
        self.open.last().is_some_and(is_foreign)
    }

    /// Whether text goes by the rules for foreign content.
    pub(super) fn in_foreign_text(&self) -> bool {
        self.in_foreign_content() && !self.current().is_integration_point
    }

    /// Whether a start tag below a foreign element is processed by the HTML rules.
    pub(super) fn is_html_inside_foreign(&self, t: &StartTag) -> bool {
        const NOT_TEXT: [NameHash; 2] = [NameHash::of("mglyph"), NameHash::of("malignmark")];
        let current = self.current();
        match current.namespace {
            Namespace::MathMl if current.is_integration_point => !NOT_TEXT.contains(&t.name),
            Namespace::MathMl => {
                t.tag == Tag::Svg && current.name == NameHash::of("annotation-xml")
            }
            _ => current.is_integration_point,
        }
    }

    pub(super) fn start_tag_in_foreign_content(&mut self, t: &StartTag) -> Content {
        use Tag::*;
        let breaks_out = match t.tag {
            B | Big | Blockquote | Body | Br | Center | Code | Dd | Div | Dl | Dt | Em | Embed
            | H1 | H2 | H3 | H4 | H5 | H6 | Head | Hr | I | Img | Li | Listing | Menu | Meta
            | Nobr | Ol | P | Pre | Ruby | S | Small | Span | Strong | Strike | Sub | Sup
            | Table | Tt | U | Ul | Var => true,
            Font => {
                let source = t.source.to_ascii_lowercase();
                ["color", "face", "size"].iter().any(|name| source.contains(name))
            }
            _ => false,
        };
        if breaks_out {
            self.leave_foreign_content();
            return self.start_tag_in(self.mode, t);
        }
        self.insert_foreign(t, self.current().namespace);
        Content::Markup
    }

    pub(super) fn end_tag_in_foreign_content(&mut self, tag: Tag, name: NameHash) {
        if matches!(tag, Tag::Br | Tag::P) {
            self.leave_foreign_content();
            return self.end_tag_in(self.mode, tag, name);
        }
        let lowest = self.open.len().saturating_sub(self.limits.reach()).max(1);
        for i in (lowest..self.open.len()).rev() {
            let open = self.open[i];
            if open.namespace == Namespace::Html {
                return self.end_tag_in(self.mode, tag, name);
            }
            if open.name == name {
                return self.truncate_stack(i);
            }
        }
    }

    fn leave_foreign_content(&mut self) {
        while is_foreign(self.current()) && !self.current().is_integration_point {
            self.pop();
        }
    }
}
