//! The HTML element and attribute names that dehusk tells apart, as one-byte enums.

macro_rules! names {
    ($(#[$doc:meta])* $kind:ident { $($id:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        #[allow(missing_docs)] // A variant is the name it bears.
        pub enum $kind { $($id),* }

        impl $kind {
            /// Every name, in the order of the enum.
            pub(super) const ALL: &[$kind] = &[$($kind::$id),*];

            /// The lower-case name.
            pub const fn name(self) -> &'static str {
                match self { $($kind::$id => $name),* }
            }

            fn lookup(name: &str) -> Option<$kind> {
                match name { $($name => Some($kind::$id),)* _ => None }
            }
        }
    };
}

names! {
    /// An element's name. [`Tag::Text`] stands for a text node and [`Tag::Other`] for every
    /// element that no rule names, neither dehusk's nor the parser's: custom elements, say.
    Tag {
        Text = "#text", Other = "other", A = "a", Abbr = "abbr", Annotation = "annotation", AnnotationXml = "annotation-xml", Address = "address",
        Applet = "applet", Area = "area", Article = "article", Aside = "aside", Audio = "audio",
        B = "b", Base = "base", Basefont = "basefont", Bgsound = "bgsound", Big = "big",
        Blockquote = "blockquote", Body = "body", Br = "br", Button = "button", Canvas = "canvas",
        Caption = "caption", Center = "center", Cite = "cite", Code = "code", Col = "col",
        Colgroup = "colgroup", Dd = "dd", Del = "del", Details = "details", Dialog = "dialog",
        Dir = "dir", Div = "div", Dl = "dl", Dt = "dt", Em = "em", Embed = "embed",
        Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure", Font = "font",
        Footer = "footer", Form = "form", Frame = "frame", Frameset = "frameset", H1 = "h1",
        H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6", Head = "head", Header = "header",
        Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i", Iframe = "iframe", Image = "image",
        Img = "img", Input = "input", Ins = "ins", Kbd = "kbd", Keygen = "keygen", Label = "label",
        Legend = "legend", Li = "li", Link = "link", Listing = "listing", Main = "main",
        Mark = "mark", Marquee = "marquee", Math = "math", Menu = "menu", Meta = "meta",
        Nav = "nav", Nobr = "nobr", Noembed = "noembed", Noframes = "noframes",
        Noscript = "noscript", Object = "object", Ol = "ol", Optgroup = "optgroup",
        Option = "option", P = "p", Param = "param", Picture = "picture", Plaintext = "plaintext",
        Pre = "pre", Q = "q", Rb = "rb", Rp = "rp", Rt = "rt", Rtc = "rtc", Ruby = "ruby", S = "s",
        Samp = "samp", Script = "script", Search = "search", Section = "section", Select = "select",
        Small = "small", Source = "source", Span = "span", Strike = "strike", Strong = "strong",
        Style = "style", Sub = "sub", Summary = "summary", Sup = "sup", Svg = "svg",
        Table = "table", Tbody = "tbody", Td = "td", Template = "template", Textarea = "textarea",
        Tfoot = "tfoot", Th = "th", Thead = "thead", Time = "time", Title = "title", Tr = "tr",
        Track = "track", Tt = "tt", U = "u", Ul = "ul", Var = "var", Video = "video", Wbr = "wbr",
        Xmp = "xmp",
        // Of MathML.
        Mfenced = "mfenced", Mfrac = "mfrac", Mi = "mi", Mn = "mn", Mo = "mo", Mover = "mover",
        Mphantom = "mphantom", Mroot = "mroot", Ms = "ms", Mspace = "mspace", Msqrt = "msqrt",
        Msub = "msub", Msubsup = "msubsup", Msup = "msup", Mtable = "mtable", Mtd = "mtd",
        Mtext = "mtext", Mtr = "mtr", Munder = "munder", Munderover = "munderover",
    }
}

impl Tag {
    /// The tag of a lower-case element name.
    pub fn from_name(name: &str) -> Tag {
        match Tag::lookup(name) {
            Some(Tag::Text) | None => Tag::Other,
            Some(tag) => tag,
        }
    }

    /// Whether the element is a part of a formula in MathML.
    pub fn is_mathml(self) -> bool {
        self >= Tag::Mfenced
    }

    /// Whether the element starts and ends a run of text: the elements whose default rendering
    /// is a box of its own (HTML standard, section 15.3), and the controls, whose text belongs
    /// to no sentence around them.
    pub const fn is_block(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Address
                | Article
                | Aside
                | Blockquote
                | Body
                | Button
                | Caption
                | Center
                | Dd
                | Details
                | Dialog
                | Dir
                | Div
                | Dl
                | Dt
                | Fieldset
                | Figcaption
                | Figure
                | Footer
                | Form
                | H1
                | H2
                | H3
                | H4
                | H5
                | H6
                | Header
                | Hgroup
                | Hr
                | Html
                | Legend
                | Li
                | Main
                | Menu
                | Nav
                | Noscript
                | Ol
                | Optgroup
                | Option
                | P
                | Pre
                | Search
                | Section
                | Select
                | Summary
                | Table
                | Tbody
                | Td
                | Textarea
                | Tfoot
                | Th
                | Thead
                | Tr
                | Ul
        )
    }

    /// Whether the element's content is never text for a reader.
    pub const fn is_textless(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Annotation
                | AnnotationXml
                | Audio
                | Canvas
                | Embed
                | Head
                | Iframe
                | Noembed
                | Noframes
                | Object
                | Script
                | Style
                | Svg
                | Template
                | Title
                | Video
        )
    }

    /// 1 for `h1` to 6 for `h6`.
    pub const fn heading_level(self) -> Option<u8> {
        if self as u8 >= Tag::H1 as u8 && self as u8 <= Tag::H6 as u8 {
            Some(self as u8 - Tag::H1 as u8 + 1)
        } else {
            None
        }
    }
}

names! {
    /// The attributes that are kept; all others are dropped when the page is parsed.
    Attr {
        AriaHidden = "aria-hidden", AriaLabel = "aria-label", Alt = "alt", Charset = "charset",
        Class = "class", Colspan = "colspan", Content = "content", Data = "data-*",
        Datetime = "datetime", Encoding = "encoding", Hidden = "hidden", Href = "href", Id = "id",
        Itemprop = "itemprop", Itemscope = "itemscope", Itemtype = "itemtype", Lang = "lang",
        Name = "name", Property = "property", Rel = "rel", Role = "role", Rowspan = "rowspan", Src = "src",
        Start = "start", Style = "style", Title = "title", Type = "type",
    }
}

/// The attributes in which component libraries name a part of the page: [`Attr::Data`].
pub(super) const DATA_NAMES: [&str; 10] = [
    "data-testid",
    "data-test-id",
    "data-test",
    "data-qa",
    "data-component",
    "data-module",
    "data-type",
    "data-role",
    "data-block",
    "data-widget",
];

/// A set of names of attributes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AttrSet(u32);

const _: () = assert!(Attr::ALL.len() <= u32::BITS as usize);

impl AttrSet {
    /// All names.
    pub const ALL: AttrSet = AttrSet(u32::MAX);

    /// These names.
    pub const fn of(names: &[Attr]) -> AttrSet {
        let (mut bits, mut i) = (0, 0);
        while i < names.len() {
            bits |= 1 << names[i] as u32;
            i += 1;
        }
        AttrSet(bits)
    }

    /// Whether a name is in the set.
    pub const fn has(self, name: Attr) -> bool {
        self.0 >> name as u32 & 1 != 0
    }

    /// Whether the sets have a name in common.
    pub const fn meets(self, other: AttrSet) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) fn insert(&mut self, name: Attr) {
        self.0 |= 1 << name as u32;
    }
}

impl Attr {
    /// The kept attribute of a lower-case name.
    pub fn from_name(name: &str) -> Option<Attr> {
        match name {
            "data-*" => None,
            _ if DATA_NAMES.contains(&name) => Some(Attr::Data),
            _ => Attr::lookup(name),
        }
    }
}
