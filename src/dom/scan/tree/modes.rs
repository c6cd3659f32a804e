//! The insertion modes: what a tag does, by where it comes (sections 13.2.6.4.1 to 13.2.6.4.23).

use super::sets::{
    HEAD_CONTENT, SPECIAL, TABLE_BODY_CONTEXT, TABLE_CONTEXT, TABLE_ROW_CONTEXT, TABLE_STRUCTURE,
    THOROUGHLY_IMPLIED,
};
use super::{
    AttrRange, Content, Formatting, Mode, NameHash, Namespace, Place, Scope, StartTag, TreeBuilder,
};
use crate::dom::Tag;

impl TreeBuilder {
    /// Switches the mode and processes the tag again.
    fn reprocess(&mut self, mode: Mode, t: &StartTag) -> Content {
        self.mode = mode;
        self.start_tag_in(mode, t)
    }

    /// Processes a start tag by the rules of a mode.
    pub(super) fn start_tag_in(&mut self, mode: Mode, t: &StartTag) -> Content {
        use Mode::*;
        match mode {
            Initial => {
                self.quirks = true;
                return self.reprocess(BeforeHtml, t);
            }
            BeforeHtml if t.tag == Tag::Html => {
                self.insert(t);
                self.mode = BeforeHead;
            }
            BeforeHtml => {
                self.insert_phantom(Tag::Html);
                return self.reprocess(BeforeHead, t);
            }
            BeforeHead => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Head => {
                    self.head = self.insert(t);
                    self.mode = InHead;
                }
                _ => {
                    self.head = self.insert_phantom(Tag::Head);
                    return self.reprocess(InHead, t);
                }
            },
            InHead => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Noscript => {
                    self.insert(t);
                    self.mode = InHeadNoscript;
                }
                Tag::Head => {}
                tag if HEAD_CONTENT.has(tag) => return self.start_tag_in_head(t),
                _ => {
                    self.pop();
                    return self.reprocess(AfterHead, t);
                }
            },
            InHeadNoscript => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Basefont
                | Tag::Bgsound
                | Tag::Link
                | Tag::Meta
                | Tag::Noframes
                | Tag::Style => {
                    return self.start_tag_in_head(t);
                }
                Tag::Head | Tag::Noscript => {}
                _ => {
                    self.pop();
                    return self.reprocess(InHead, t);
                }
            },
            AfterHead => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Body => {
                    self.insert(t);
                    self.frameset_ok = false;
                    self.mode = InBody;
                }
                Tag::Frameset => {
                    self.insert(t);
                    self.mode = InFrameset;
                }
                Tag::Head => {}
                tag if HEAD_CONTENT.has(tag) => {
                    let head = self.head;
                    let place = Place { parent: 0, before: None, depth: 2 };
                    self.push(head, Tag::Head, NameHash::of("head"), Namespace::Html, place);
                    let content = self.start_tag_in_head(t);
                    self.remove_from_stack(head);
                    return content;
                }
                _ => {
                    self.insert_phantom(Tag::Body);
                    return self.reprocess(InBody, t);
                }
            },
            InBody => return self.start_tag_in_body(t),
            InTable => return self.start_tag_in_table(t),
            InCaption => match t.tag {
                tag if TABLE_STRUCTURE.has(tag) => {
                    if self.in_scope(Scope::Table, Tag::Caption) {
                        self.close_caption();
                        return self.reprocess(InTable, t);
                    }
                }
                _ => return self.start_tag_in_body(t),
            },
            InColumnGroup => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Col => self.insert_void(t),
                Tag::Template => return self.start_tag_in_head(t),
                _ => {
                    if self.current().tag == Tag::Colgroup {
                        self.pop();
                        return self.reprocess(InTable, t);
                    }
                }
            },
            InTableBody => match t.tag {
                Tag::Tr => {
                    self.clear_stack_back_to(&TABLE_BODY_CONTEXT);
                    self.insert(t);
                    self.mode = InRow;
                }
                Tag::Td | Tag::Th => {
                    self.clear_stack_back_to(&TABLE_BODY_CONTEXT);
                    self.insert_phantom(Tag::Tr);
                    return self.reprocess(InRow, t);
                }
                tag if TABLE_STRUCTURE.has(tag) => {
                    if self.close_table_body() {
                        return self.reprocess(InTable, t);
                    }
                }
                _ => return self.start_tag_in_table(t),
            },
            InRow => match t.tag {
                Tag::Td | Tag::Th => {
                    self.clear_stack_back_to(&TABLE_ROW_CONTEXT);
                    self.insert(t);
                    self.mode = InCell;
                    self.formatting.push(Formatting::Marker);
                }
                tag if TABLE_STRUCTURE.has(tag) => {
                    if self.close_row() {
                        return self.reprocess(InTableBody, t);
                    }
                }
                _ => return self.start_tag_in_table(t),
            },
            InCell => match t.tag {
                tag if TABLE_STRUCTURE.has(tag) => {
                    if self.close_cell() {
                        return self.reprocess(InRow, t);
                    }
                }
                _ => return self.start_tag_in_body(t),
            },
            InTemplate => {
                let mode = match t.tag {
                    tag if HEAD_CONTENT.has(tag) => return self.start_tag_in_head(t),
                    Tag::Caption | Tag::Colgroup | Tag::Tbody | Tag::Tfoot | Tag::Thead => InTable,
                    Tag::Col => InColumnGroup,
                    Tag::Tr => InTableBody,
                    Tag::Td | Tag::Th => InRow,
                    _ => InBody,
                };
                self.template_modes.pop();
                self.template_modes.push(mode);
                return self.reprocess(mode, t);
            }
            AfterBody | AfterAfterBody => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                _ => return self.reprocess(InBody, t),
            },
            InFrameset | AfterFrameset | AfterAfterFrameset => match t.tag {
                Tag::Html => return self.start_tag_in_body(t),
                Tag::Noframes => return self.start_tag_in_head(t),
                Tag::Frameset if mode == InFrameset => {
                    self.insert(t);
                }
                Tag::Frame if mode == InFrameset => self.insert_void(t),
                _ => {}
            },
        }
        Content::Markup
    }

    /// Processes an end tag by the rules of a mode.
    pub(super) fn end_tag_in(&mut self, mode: Mode, tag: Tag, name: NameHash) {
        use Mode::*;
        let ends_page = matches!(tag, Tag::Body | Tag::Html);
        match mode {
            Initial | BeforeHtml | BeforeHead | InHead | InHeadNoscript | AfterHead => match tag {
                Tag::Noscript if mode == InHeadNoscript => {
                    self.pop();
                    self.mode = InHead;
                }
                Tag::Head if mode == InHead => {
                    self.pop();
                    self.mode = AfterHead;
                }
                Tag::Template if matches!(mode, InHead | AfterHead) => self.end_template(),
                Tag::Head if matches!(mode, BeforeHtml | BeforeHead) => self.end_head(),
                Tag::Br => {
                    self.leave_head();
                    self.end_tag_in_body(tag, name);
                }
                _ if ends_page && mode != InHeadNoscript => {
                    self.leave_head();
                    self.end_tag_in_body(tag, name);
                }
                // A stray end tag is no document type.
                _ if mode == Initial => {
                    self.quirks = true;
                    self.mode = BeforeHtml;
                    self.end_tag_in(BeforeHtml, tag, name);
                }
                _ => {}
            },
            InBody => self.end_tag_in_body(tag, name),
            InTable => self.end_tag_in_table(tag, name),
            InCaption => match tag {
                Tag::Caption | Tag::Table => {
                    if self.in_scope(Scope::Table, Tag::Caption) {
                        self.close_caption();
                        if tag == Tag::Table {
                            self.end_tag_in_table(tag, name);
                        }
                    }
                }
                _ if ends_page || TABLE_STRUCTURE.has(tag) => {}
                _ => self.end_tag_in_body(tag, name),
            },
            InColumnGroup => match tag {
                Tag::Col => {}
                Tag::Template => self.end_template(),
                _ => {
                    if self.current().tag == Tag::Colgroup {
                        self.pop();
                        self.mode = InTable;
                        if tag != Tag::Colgroup {
                            self.end_tag_in_table(tag, name);
                        }
                    }
                }
            },
            InTableBody => match tag {
                Tag::Tbody | Tag::Tfoot | Tag::Thead => {
                    if self.in_scope(Scope::Table, tag) {
                        self.clear_stack_back_to(&TABLE_BODY_CONTEXT);
                        self.pop();
                        self.mode = InTable;
                    }
                }
                Tag::Table => {
                    if self.close_table_body() {
                        self.mode = InTable;
                        self.end_tag_in_table(tag, name);
                    }
                }
                _ if ends_page || TABLE_STRUCTURE.has(tag) => {}
                _ => self.end_tag_in_table(tag, name),
            },
            InRow => match tag {
                Tag::Tr => {
                    if self.close_row() {
                        self.mode = InTableBody;
                    }
                }
                Tag::Table => {
                    if self.close_row() {
                        self.mode = InTableBody;
                        self.end_tag_in(InTableBody, tag, name);
                    }
                }
                Tag::Tbody | Tag::Tfoot | Tag::Thead => {
                    if self.in_scope(Scope::Table, tag) && self.close_row() {
                        self.mode = InTableBody;
                        self.end_tag_in(InTableBody, tag, name);
                    }
                }
                _ if ends_page || TABLE_STRUCTURE.has(tag) => {}
                _ => self.end_tag_in_table(tag, name),
            },
            InCell => match tag {
                Tag::Td | Tag::Th => {
                    if self.in_scope(Scope::Table, tag) {
                        self.generate_implied_end_tags(None);
                        self.pop_until(|t| t == tag);
                        self.clear_formatting_to_marker();
                        self.mode = InRow;
                    }
                }
                Tag::Table | Tag::Tbody | Tag::Tfoot | Tag::Thead | Tag::Tr => {
                    if self.in_scope(Scope::Table, tag) && self.close_cell() {
                        self.mode = InRow;
                        self.end_tag_in(InRow, tag, name);
                    }
                }
                _ if ends_page || TABLE_STRUCTURE.has(tag) => {}
                _ => self.end_tag_in_body(tag, name),
            },
            InTemplate => {
                if tag == Tag::Template {
                    self.end_template();
                }
            }
            AfterBody if tag == Tag::Html => self.mode = AfterAfterBody,
            AfterBody | AfterAfterBody => {
                self.mode = InBody;
                self.end_tag_in_body(tag, name);
            }
            InFrameset => {
                if tag == Tag::Frameset && self.open.len() > 1 {
                    self.pop();
                    if self.current().tag != Tag::Frameset {
                        self.mode = AfterFrameset;
                    }
                }
            }
            AfterFrameset => {
                if tag == Tag::Html {
                    self.mode = AfterAfterFrameset;
                }
            }
            AfterAfterFrameset => {}
        }
    }

    /// `</head>` where the head has not begun: the head is there and over.
    fn end_head(&mut self) {
        if self.mode == Mode::BeforeHtml {
            self.insert_phantom(Tag::Html);
        }
        self.head = self.insert_phantom(Tag::Head);
        self.pop();
        self.mode = Mode::AfterHead;
    }

    fn start_tag_in_head(&mut self, t: &StartTag) -> Content {
        match t.tag {
            Tag::Title => {
                self.insert(t);
                Content::Rcdata
            }
            Tag::Noframes => {
                self.insert(t);
                Content::Rawtext
            }
            Tag::Style => {
                self.insert(t);
                Content::Dropped
            }
            Tag::Script => {
                self.insert(t);
                if self.is_json(t.attrs) { Content::Rawtext } else { Content::Dropped }
            }
            Tag::Template => {
                self.insert(t);
                self.formatting.push(Formatting::Marker);
                self.frameset_ok = false;
                self.mode = Mode::InTemplate;
                self.template_modes.push(Mode::InTemplate);
                Content::Markup
            }
            _ => {
                self.insert_void(t);
                Content::Markup
            }
        }
    }

    pub(super) fn end_template(&mut self) {
        if !self.in_template() {
            return;
        }
        while THOROUGHLY_IMPLIED.has(self.current().tag) {
            self.pop();
        }
        self.pop_until(|tag| tag == Tag::Template);
        self.clear_formatting_to_marker();
        self.template_modes.pop();
        self.reset_insertion_mode();
    }

    fn start_tag_in_body(&mut self, t: &StartTag) -> Content {
        use Tag::*;
        match t.tag {
            Html => {
                if !self.in_template() {
                    self.add_missing_attributes(self.open[0].node, t.attrs);
                }
            }
            Base | Basefont | Bgsound | Link | Meta | Noframes | Script | Style | Template
            | Title => {
                return self.start_tag_in_head(t);
            }
            Body => {
                if let Some(body) = self.body().filter(|_| !self.in_template()) {
                    self.frameset_ok = false;
                    self.add_missing_attributes(body, t.attrs);
                }
            }
            Frameset => {
                if let Some(body) = self.body().filter(|_| self.frameset_ok) {
                    self.nodes.detach(body);
                    self.truncate_stack(1);
                    self.insert(t);
                    self.mode = Mode::InFrameset;
                }
            }
            Address | Article | Aside | Blockquote | Center | Details | Dialog | Dir | Div | Dl
            | Fieldset | Figcaption | Figure | Footer | Header | Hgroup | Main | Menu | Nav
            | Ol | P | Search | Section | Summary | Ul => {
                self.close_p_in_button_scope();
                self.insert(t);
            }
            H1 | H2 | H3 | H4 | H5 | H6 => {
                self.close_p_in_button_scope();
                if self.current().tag.heading_level().is_some() {
                    self.pop();
                }
                self.insert(t);
            }
            Pre | Listing => {
                self.close_p_in_button_scope();
                self.insert(t);
                self.ignore_line_feed = true;
                self.frameset_ok = false;
            }
            Form => {
                if self.form.is_none() || self.in_template() {
                    self.close_p_in_button_scope();
                    let form = self.insert(t);
                    if !self.in_template() {
                        self.form = Some(form);
                    }
                }
            }
            Li | Dd | Dt => {
                self.frameset_ok = false;
                self.close_list_item(t.tag);
                self.close_p_in_button_scope();
                self.insert(t);
            }
            Plaintext => {
                self.close_p_in_button_scope();
                self.insert(t);
                return Content::Plaintext;
            }
            Button => {
                if self.in_scope(Scope::Default, Button) {
                    self.generate_implied_end_tags(None);
                    self.pop_until(|tag| tag == Button);
                }
                self.reconstruct_active_formatting_elements();
                self.insert(t);
                self.frameset_ok = false;
            }
            A => {
                self.close_open_link();
                self.reconstruct_active_formatting_elements();
                self.insert_formatting(t);
            }
            B | Big | Code | Em | Font | I | S | Small | Strike | Strong | Tt | U => {
                self.reconstruct_active_formatting_elements();
                self.insert_formatting(t);
            }
            Nobr => {
                self.reconstruct_active_formatting_elements();
                if self.in_scope(Scope::Default, Nobr) {
                    self.adoption_agency(Nobr, t.name);
                    self.reconstruct_active_formatting_elements();
                }
                self.insert_formatting(t);
            }
            Applet | Marquee | Object => {
                self.reconstruct_active_formatting_elements();
                self.insert(t);
                self.formatting.push(Formatting::Marker);
                self.frameset_ok = false;
            }
            Table => {
                if !self.quirks {
                    self.close_p_in_button_scope();
                }
                self.insert(t);
                self.frameset_ok = false;
                self.mode = Mode::InTable;
            }
            Area | Br | Embed | Img | Keygen | Wbr => {
                self.reconstruct_active_formatting_elements();
                self.insert_void(t);
                self.frameset_ok = false;
            }
            Image => {
                let img = StartTag { tag: Img, name: NameHash::of("img"), ..*t };
                return self.start_tag_in_body(&img);
            }
            Input => {
                if self.in_scope(Scope::Default, Select) {
                    self.pop_until(|tag| tag == Select);
                }
                self.reconstruct_active_formatting_elements();
                self.insert_void(t);
                self.frameset_ok &= self.is_hidden_input(t.attrs);
            }
            Param | Source | Track => self.insert_void(t),
            Hr => {
                self.close_p_in_button_scope();
                if self.in_scope(Scope::Default, Select) {
                    self.generate_implied_end_tags(None);
                }
                self.insert_void(t);
                self.frameset_ok = false;
            }
            Textarea => {
                self.insert(t);
                self.ignore_line_feed = true;
                self.frameset_ok = false;
                return Content::Rcdata;
            }
            Xmp => {
                self.close_p_in_button_scope();
                self.reconstruct_active_formatting_elements();
                self.frameset_ok = false;
                self.insert(t);
                return Content::Rawtext;
            }
            Iframe => {
                self.frameset_ok = false;
                self.insert(t);
                return Content::Rawtext;
            }
            Noembed => {
                self.insert(t);
                return Content::Rawtext;
            }
            Select => {
                if self.in_scope(Scope::Default, Select) {
                    self.pop_until(|tag| tag == Select);
                } else {
                    self.reconstruct_active_formatting_elements();
                    self.insert(t);
                    self.frameset_ok = false;
                }
            }
            Option | Optgroup => {
                if self.in_scope(Scope::Default, Select) {
                    let except = (t.tag == Option).then_some(Optgroup);
                    self.generate_implied_end_tags(except);
                } else if self.current().tag == Option {
                    self.pop();
                }
                self.reconstruct_active_formatting_elements();
                self.insert(t);
            }
            Rb | Rtc | Rp | Rt => {
                if self.in_scope(Scope::Default, Ruby) {
                    let except = matches!(t.tag, Rp | Rt).then_some(Rtc);
                    self.generate_implied_end_tags(except);
                }
                self.insert(t);
            }
            Math => {
                self.reconstruct_active_formatting_elements();
                self.insert_foreign(t, Namespace::MathMl);
            }
            Svg => {
                self.reconstruct_active_formatting_elements();
                self.insert_foreign(t, Namespace::Svg);
            }
            Caption | Col | Colgroup | Frame | Head | Tbody | Td | Tfoot | Th | Thead | Tr => {}
            _ => {
                self.reconstruct_active_formatting_elements();
                self.insert(t);
            }
        }
        Content::Markup
    }

    fn end_tag_in_body(&mut self, tag: Tag, name: NameHash) {
        use Tag::*;
        match tag {
            Template => self.end_template(),
            Body | Html => {
                if self.in_scope(Scope::Default, Body) {
                    self.mode = if tag == Body { Mode::AfterBody } else { Mode::AfterAfterBody };
                }
            }
            Address | Article | Aside | Blockquote | Button | Center | Details | Dialog | Dir
            | Div | Dl | Fieldset | Figcaption | Figure | Footer | Header | Hgroup | Listing
            | Main | Menu | Nav | Ol | Pre | Search | Section | Select | Summary | Ul => {
                if self.in_scope(Scope::Default, tag) {
                    self.generate_implied_end_tags(None);
                    self.pop_until(|t| t == tag);
                }
            }
            Form if self.in_template() => {
                if self.in_scope(Scope::Default, Form) {
                    self.generate_implied_end_tags(None);
                    self.pop_until(|t| t == Form);
                }
            }
            Form => {
                if let Some(form) = self.form.take()
                    && self.is_in_scope(Scope::Default, |open| open.node == form)
                {
                    self.generate_implied_end_tags(None);
                    self.remove_from_stack(form);
                }
            }
            P => {
                if !self.in_scope(Scope::Button, P) {
                    self.insert_phantom(P);
                }
                self.close_p();
            }
            Li | Dd | Dt => {
                let scope = if tag == Li { Scope::ListItem } else { Scope::Default };
                if self.in_scope(scope, tag) {
                    self.generate_implied_end_tags(Some(tag));
                    self.pop_until(|t| t == tag);
                }
            }
            H1 | H2 | H3 | H4 | H5 | H6 => {
                if self.is_in_scope(Scope::Default, |open| open.tag.heading_level().is_some()) {
                    self.generate_implied_end_tags(None);
                    self.pop_until(|t| t.heading_level().is_some());
                }
            }
            A | B | Big | Code | Em | Font | I | Nobr | S | Small | Strike | Strong | Tt | U => {
                self.adoption_agency(tag, name);
            }
            Applet | Marquee | Object => {
                if self.in_scope(Scope::Default, tag) {
                    self.generate_implied_end_tags(None);
                    self.pop_until(|t| t == tag);
                    self.clear_formatting_to_marker();
                }
            }
            Br => {
                let attrs = AttrRange::default();
                let br = StartTag { tag, name, attrs, self_closing: false, source: "" };
                self.start_tag_in_body(&br);
            }
            _ => self.any_other_end_tag(tag, name),
        }
    }

    pub(super) fn any_other_end_tag(&mut self, tag: Tag, name: NameHash) {
        if tag != Tag::Other && self.open_count[tag as usize] == 0 {
            return;
        }
        let mut found = None;
        for (i, open) in self.open.iter().enumerate().rev().take(self.limits.reach()) {
            if open.is(tag, name) {
                found = Some(i);
                break;
            }
            if SPECIAL.has(open.tag) {
                return;
            }
        }
        if let Some(i) = found {
            self.truncate_stack(i);
        }
    }

    fn start_tag_in_table(&mut self, t: &StartTag) -> Content {
        match t.tag {
            Tag::Caption => {
                self.clear_stack_back_to(&TABLE_CONTEXT);
                self.formatting.push(Formatting::Marker);
                self.insert(t);
                self.mode = Mode::InCaption;
            }
            Tag::Colgroup => {
                self.clear_stack_back_to(&TABLE_CONTEXT);
                self.insert(t);
                self.mode = Mode::InColumnGroup;
            }
            Tag::Col => {
                self.clear_stack_back_to(&TABLE_CONTEXT);
                self.insert_phantom(Tag::Colgroup);
                return self.reprocess(Mode::InColumnGroup, t);
            }
            Tag::Tbody | Tag::Tfoot | Tag::Thead => {
                self.clear_stack_back_to(&TABLE_CONTEXT);
                self.insert(t);
                self.mode = Mode::InTableBody;
            }
            Tag::Td | Tag::Th | Tag::Tr => {
                self.clear_stack_back_to(&TABLE_CONTEXT);
                self.insert_phantom(Tag::Tbody);
                return self.reprocess(Mode::InTableBody, t);
            }
            Tag::Table => {
                if self.in_scope(Scope::Table, Tag::Table) {
                    self.pop_until(|tag| tag == Tag::Table);
                    self.reset_insertion_mode();
                    return self.start_tag_in(self.mode, t);
                }
            }
            Tag::Style | Tag::Script | Tag::Template => return self.start_tag_in_head(t),
            Tag::Input if self.is_hidden_input(t.attrs) => self.insert_void(t),
            Tag::Form => {
                if !self.in_template() && self.form.is_none() {
                    self.form = Some(self.insert(t));
                    self.pop();
                }
            }
            _ => {
                self.foster_parenting = true;
                let content = self.start_tag_in_body(t);
                self.foster_parenting = false;
                return content;
            }
        }
        Content::Markup
    }

    fn end_tag_in_table(&mut self, tag: Tag, name: NameHash) {
        match tag {
            Tag::Table => {
                if self.in_scope(Scope::Table, Tag::Table) {
                    self.pop_until(|tag| tag == Tag::Table);
                    self.reset_insertion_mode();
                }
            }
            Tag::Body | Tag::Html => {}
            Tag::Template => self.end_template(),
            _ if TABLE_STRUCTURE.has(tag) => {}
            _ => {
                self.foster_parenting = true;
                self.end_tag_in_body(tag, name);
                self.foster_parenting = false;
            }
        }
    }
}
