//! Sets of elements that the standard's rules name.

use crate::dom::Tag::{self, *};

/// A set of element names.
pub(super) struct TagSet([u64; 4]);

impl TagSet {
    const fn of(tags: &[Tag]) -> TagSet {
        TagSet([0; 4]).with(tags)
    }

    const fn with(&self, tags: &[Tag]) -> TagSet {
        let mut bits = self.0;
        let mut i = 0;
        while i < tags.len() {
            bits[tags[i] as usize / 64] |= 1 << (tags[i] as usize % 64);
            i += 1;
        }
        TagSet(bits)
    }

    pub(super) const fn has(&self, tag: Tag) -> bool {
        self.0[tag as usize / 64] >> (tag as usize % 64) & 1 != 0
    }
}

/// Bounds of the default scope (section 13.2.4.2), integration points left out.
pub(super) const SCOPE: TagSet =
    TagSet::of(&[Applet, Caption, Html, Table, Td, Th, Marquee, Object, Select, Template]);
pub(super) const LIST_ITEM_SCOPE: TagSet = SCOPE.with(&[Ol, Ul]);
pub(super) const BUTTON_SCOPE: TagSet = SCOPE.with(&[Button]);
pub(super) const TABLE_SCOPE: TagSet = TagSet::of(&[Html, Table, Template]);

/// What may stand in `head`.
pub(super) const HEAD_CONTENT: TagSet =
    TagSet::of(&[Base, Basefont, Bgsound, Link, Meta, Noframes, Script, Style, Template, Title]);

/// The elements that no text may stand in directly.
pub(super) const TABLE_PARTS: TagSet = TagSet::of(&[Table, Tbody, Tfoot, Thead, Tr]);

/// The elements that only a table may have.
pub(super) const TABLE_STRUCTURE: TagSet =
    TagSet::of(&[Caption, Col, Colgroup, Tbody, Td, Tfoot, Th, Thead, Tr]);

pub(super) const TABLE_CONTEXT: TagSet = TABLE_SCOPE;
pub(super) const TABLE_BODY_CONTEXT: TagSet = TagSet::of(&[Html, Tbody, Tfoot, Thead, Template]);
pub(super) const TABLE_ROW_CONTEXT: TagSet = TagSet::of(&[Html, Tr, Template]);

/// The elements whose end tags are implied.
pub(super) const IMPLIED: TagSet = TagSet::of(&[Dd, Dt, Li, Option, Optgroup, P, Rb, Rp, Rt, Rtc]);

/// The same at the end of a template.
pub(super) const THOROUGHLY_IMPLIED: TagSet =
    IMPLIED.with(&[Caption, Colgroup, Tbody, Td, Tfoot, Th, Thead, Tr]);

/// The standard's "special" elements, as html5ever has them.
pub(super) const SPECIAL: TagSet = TagSet::of(&[
    Address, Applet, Area, Article, Aside, Base, Basefont, Bgsound, Blockquote, Body, Br, Button,
    Caption, Center, Col, Colgroup, Dd, Details, Dir, Div, Dl, Dt, Embed, Fieldset, Figcaption,
    Figure, Footer, Form, Frame, Frameset, H1, H2, H3, H4, H5, H6, Head, Header, Hgroup, Hr, Html,
    Iframe, Img, Input, Li, Link, Listing, Main, Marquee, Menu, Meta, Nav, Noembed, Noframes,
    Noscript, Object, Ol, P, Param, Plaintext, Pre, Script, Section, Select, Source, Style,
    Summary, Table, Tbody, Td, Template, Textarea, Tfoot, Th, Thead, Title, Tr, Track, Ul, Wbr,
    Xmp,
]);
