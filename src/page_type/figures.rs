//! A page as one row of figures: what tells its type.
//!
//! They are of two kinds: what the document holds and says of itself (elements, schema.org types,
//! its address, the names of generators and templates, the title), and how often the words that
//! tell types apart occur in its blocks. Nothing here depends on a score. One walk over the nodes
//! finds the first; the words are counted when the features of the blocks are looked for.

use std::sync::LazyLock;

use crate::dom::{Attr, Document, NodeId, Tag};
use crate::features::keywords::{Keywords, Mask, patterns};
use crate::features::text::word_hash;
use crate::features::words::WordSet;
use crate::features::{COUNT, Feature, Group, Schema, Texts, fill_groups, group, share};

/// The schema of a page's figures.
pub static PAGE: LazyLock<Schema> = LazyLock::new(|| {
    let mut features: Vec<Vec<Feature>> = groups().iter().map(|g| (g.features)()).collect();
    let word = |word: &str| Feature {
        name: format!("word.{word}"),
        meaning: format!("share of the word `{word}` among the words"),
        range: (0.0, 1.0),
        near: false,
    };
    features.push(WORDS.split_whitespace().map(word).collect());
    Schema::new("page", features)
});

/// The figures of a page, in the order of [`PAGE`].
///
/// `url` is where the page was fetched from; it counts where the page names no address of its own.
pub fn figures(document: &Document, texts: &Texts, url: Option<&str>) -> Vec<f32> {
    let mut row = vec![0.0; PAGE.features.len()];
    let n = fill_groups(&groups(), &Facts::of(document, url), &mut row);
    row[n..].copy_from_slice(texts.type_words());
    row
}

patterns! { TYPE_GROUPS, TYPE_PATTERNS, 22,
    "article": "article$ newsarticle$ report$ analysisnewsarticle$ opinionnewsarticle$ reviewnewsarticle$";
    "blog": "blogposting$ blog$ liveblogposting$";
    "product": "product$ productgroup$ individualproduct$ vehicle$ car$ book$";
    "offer": "offer$ aggregateoffer$ offershippingdetails$ merchantreturnpolicy$";
    "item_list": "itemlist$ offercatalog$";
    "collection": "collectionpage$ collection$ imagegallery$";
    "search": "searchresultspage$";
    "thread": "discussionforumposting$ socialmediaposting$";
    "question": "qapage$ answer$";
    "faq": "faqpage$ question$";
    "comment": "comment$ usercomments$";
    "technical": "techarticle$ apireference$ howto$ softwaresourcecode$";
    "software": "softwareapplication$ webapplication$ mobileapplication$";
    "business": "localbusiness$ organization$ corporation$ store$ hotel$ restaurant$ place$ professionalservice$ medicalbusiness$ legalservice$ homeandconstructionbusiness$ dentist$ physician$ educationalorganization$ collegeoruniversity$";
    "service": "service$ financialproduct$ course$ medicalprocedure$";
    "contact": "contactpage$ aboutpage$ contactpoint$ postaladdress$ geocoordinates$";
    "crumbs": "breadcrumblist$";
    "site": "website$";
    "event": "event$ musicevent$ jobposting$";
    "recipe": "recipe$ movie$ videoobject$";
    "review": "review$ aggregaterating$ rating$";
    "person": "person$ profilepage$";
}

patterns! { ADDRESS_GROUPS, ADDRESS_PATTERNS, 20,
    "product": "product$ products$ p$ dp$ item$ items$ sku$ pd$ prod$ produkt produit producto prodotto itm$";
    "shop": "shop store boutique tienda catalog catalogue cart";
    "collection": "collection collections category categories c$ cat$ kategorie categorie categoria browse department range gallery plp";
    "list": "list lists search results filter tag tags topics topic$ archive listing listings directory jobs";
    "forum": "forum forums thread threads viewtopic showthread topic topics t$ discussion discussions board boards viewthread messages community communities";
    "question": "question questions answers ask q$ qa";
    "docs": "docs doc documentation manual manuals reference api guide guides handbook readthedocs learn sdk javadoc man wiki";
    "help": "help support faq knowledge kb tutorial tutorials howto how-to hc";
    "blog": "blog blogs blogpost post posts";
    "news": "news article articles story stories press magazine feature features opinion politics world sport sports business";
    "date": "2005 2006 2007 2008 2009 2010 2011 2012 2013 2014 2015 2016 2017 2018 2019 2020 2021 2022 2023 2024 2025 2026";
    "service": "service services solution solutions treatments treatment practice expertise what-we-do consulting";
    "about": "about about-us company team contact pricing plans features careers our-";
    "local": "location locations near area areas office offices city hotel hotels restaurant";
    "index": "index default home main";
    "best": "best top vs review reviews guide how what why tips";
    "page": "page paged";
    "person": "author profile user users people members";
    "code": "github gitlab dev developer developers npm pypi";
    "course": "course courses class classes program programs programme event events";
}

patterns! { NAME_GROUPS, NAME_PATTERNS, 18,
    "post": "single-post post-template single$ article story postid blog-post singular";
    "product": "product single-product product-template template-product pdp product-page";
    "shop": "woocommerce shopify bigcommerce magento prestashop opencart salesforce-commerce catalog-product-view shop";
    "collection": "collection template-collection tax-product-cat product-archive plp catalog-category-view category-page tax-product post-type-archive-product";
    "archive": "archive category tag$ blog$ index list listing search";
    "page": "page-template page-id page$ wp-page";
    "home": "home front-page homepage";
    "forum": "forum phpbb vbulletin xenforo discourse vanilla mybb smf$ invision ips ipb flarum nodebb thread topic bbpress viewtopic lemmy";
    "question": "question stackoverflow stack-exchange qa askbot question2answer";
    "docs": "docs docusaurus sphinx mkdocs gitbook readthedocs javadoc doxygen hugo-docs vitepress vuepress rustdoc docfx mintlify documentation swagger nextra asciidoc antora docsy";
    "wiki": "mediawiki wiki dokuwiki confluence";
    "wordpress": "wordpress wp-";
    "drupal": "drupal path-node node-type joomla typo3";
    "builder": "wix squarespace webflow elementor duda godaddy weebly hubspot framer";
    "static": "hugo jekyll gatsby astro eleventy next";
    "blog": "blogger ghost medium substack";
    "service": "service services solution location contact about landing";
    "help": "help support kb zendesk freshdesk";
}

patterns! { TITLE_GROUPS, TITLE_PATTERNS, 18,
    "documentation": "documentation docs reference api manual guide tutorial introduction getting-started overview class module function package configuration install";
    "forum": "forum forums community thread discussion discussions board reddit topic";
    "question": "question how-do how-to-i why-does is-there anyone help error problem issue solved";
    "shop": "buy shop price sale online store for-sale free-shipping official";
    "service": "services service company agency solutions consulting law attorney lawyer clinic dental repair near-me contractor expert specialist software platform";
    "list": "best top list results category archives search collection collections deals all products jobs";
    "new": "news breaking says";
    "review": "review reviews vs";
    "how": "how what why when who";
    "blog": "blog";
    "about": "about home welcome contact pricing";
    "number": "0 1 2 3 4 5 6 7 8 9";
    "year": "2019 2020 2021 2022 2023 2024 2025 2026";
    "wiki": "wikipedia wiki";
    "course": "course courses training university college program degree school";
    "local": "in-the hotel hotels restaurant restaurants apartments real-estate homes";
    "tags": "tag tagged category categories page";
    "apparel": "women men shoes dress jacket shirt bag jewelry furniture set pack";
}

static TYPES: LazyLock<Keywords> = LazyLock::new(|| Keywords::new(&TYPE_PATTERNS));
static ADDRESS: LazyLock<Keywords> = LazyLock::new(|| Keywords::new(&ADDRESS_PATTERNS));
static NAMES: LazyLock<Keywords> = LazyLock::new(|| Keywords::new(&NAME_PATTERNS));
static TITLES: LazyLock<Keywords> = LazyLock::new(|| Keywords::new(&TITLE_PATTERNS));

/// What a document is made of and says of itself.
struct Facts<'a> {
    document: &'a Document,
    /// How many nodes there are of each tag.
    tags: [u32; 256],
    /// Schema.org types in JSON-LD, and in microdata.
    types: Mask,
    item_types: Mask,
    og: OgType,
    address: Address,
    /// What generator and template call the page.
    names: Mask,
    title: Mask,
    title_words: u32,
    title_marks: u32,
    /// Links to the page in other forms, as feeds.
    alternates: u32,
    /// Properties of a product.
    product_properties: u32,
    has_pager: bool,
    has_author: bool,
    has_date: bool,
}

#[derive(Clone, Copy, Default, PartialEq)]
enum OgType {
    #[default]
    None,
    Article,
    Product,
    Website,
    Other,
}

/// The shape of an address.
#[derive(Default)]
struct Address {
    known: bool,
    path: Mask,
    host: Mask,
    /// Parts of the path.
    depth: u32,
    /// Of the last part.
    last_len: u32,
    last_hyphens: u32,
    last_digits: u32,
    longest_number: u32,
    query: u32,
    is_file: bool,
    is_subdomain: bool,
}

impl Address {
    fn of(url: &str) -> Address {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let (host, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let path = path.split('#').next().unwrap_or_default();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let last = path.rsplit('/').find(|part| !part.is_empty()).unwrap_or_default();
        let count = |f: fn(&u8) -> bool| last.bytes().filter(f).count() as u32;
        let mut longest_number = 0;
        for run in rest.split(|c: char| !c.is_ascii_digit()) {
            longest_number = longest_number.max(run.len() as u32);
        }
        Address {
            known: true,
            path: ADDRESS.find(&rest[host.len()..]),
            host: ADDRESS.find(host),
            depth: path.split('/').filter(|part| !part.is_empty()).count() as u32,
            last_len: last.len() as u32,
            last_hyphens: count(|b| matches!(b, b'-' | b'_')),
            last_digits: count(u8::is_ascii_digit),
            longest_number,
            query: query.len() as u32,
            is_file: last.contains('.'),
            is_subdomain: host.trim_start_matches("www.").matches('.').count() > 1,
        }
    }
}

impl<'a> Facts<'a> {
    fn of(document: &'a Document, url: Option<&str>) -> Facts<'a> {
        let mut facts = Facts {
            tags: [0; 256],
            document,
            types: 0,
            item_types: 0,
            og: OgType::None,
            address: Address::default(),
            names: 0,
            title: 0,
            title_words: 0,
            title_marks: 0,
            alternates: 0,
            product_properties: 0,
            has_pager: false,
            has_author: false,
            has_date: false,
        };
        let (mut canonical, mut og_url) = (None, None);
        let mut titled = false;
        for (id, node) in document.nodes().iter().enumerate() {
            // Parts of formulas are what they are to HTML: elements of other names.
            let tag = if node.tag.is_mathml() { Tag::Other } else { node.tag };
            facts.tags[tag as usize] += 1;
            let id = id as NodeId;
            match node.tag {
                Tag::Text => {}
                Tag::Meta => {
                    let name = document.attr(id, Attr::Property).or(document.attr(id, Attr::Name));
                    let content = document.attr(id, Attr::Content).unwrap_or_default();
                    match name.unwrap_or_default() {
                        "og:type" => {
                            facts.og = match content {
                                c if c.contains("article") || c == "blog" => OgType::Article,
                                c if c.contains("product") => OgType::Product,
                                "website" => OgType::Website,
                                _ => OgType::Other,
                            }
                        }
                        "og:url" => og_url = Some(content),
                        "generator" | "application-name" => facts.names |= NAMES.find(content),
                        "author" | "article:author" | "parsely-author" => facts.has_author = true,
                        "article:published_time" | "date" | "pubdate" => facts.has_date = true,
                        n if n.starts_with("product:") => facts.product_properties += 1,
                        _ => {}
                    }
                }
                Tag::Link => {
                    let rel = document.attr(id, Attr::Rel).unwrap_or_default();
                    let href = document.attr(id, Attr::Href).unwrap_or_default();
                    match rel {
                        "canonical" => canonical = Some(href),
                        "next" | "prev" => facts.has_pager = true,
                        "alternate" if document.attr(id, Attr::Type).is_some() => {
                            facts.alternates += 1
                        }
                        _ => {}
                    }
                }
                Tag::Title if !titled && node.end - id < 8 => {
                    titled = true;
                    let title = document.text_content(id).to_lowercase();
                    facts.title = TITLES.find(&title);
                    facts.title_words = title.split_whitespace().count() as u32;
                    facts.title_marks =
                        title.matches(['|', '-', '–', '—', ':', '·']).count() as u32;
                }
                Tag::Script => {
                    let kind = document.attr(id, Attr::Type).unwrap_or_default();
                    if kind.contains("ld+json") {
                        for text in id + 1..node.end {
                            declared_types(document.text(text), |names| {
                                facts.types |= TYPES.find(names);
                            });
                        }
                    }
                }
                Tag::Html | Tag::Body => {
                    for (name, value) in document.attrs(id) {
                        if matches!(name, Attr::Class | Attr::Id | Attr::Data) {
                            facts.names |= NAMES.find(value);
                        }
                    }
                    facts.item_types |= item_type(document, id);
                }
                _ => facts.item_types |= item_type(document, id),
            }
        }
        let own = [canonical, og_url].into_iter().flatten().find(|url| url.contains("://"));
        facts.address = own.or(url).map(Address::of).unwrap_or_default();
        facts
    }

    fn tag(&self, tag: Tag) -> u32 {
        self.tags[tag as usize]
    }

    fn nodes(&self) -> u32 {
        self.document.nodes().len() as u32
    }

    fn tags(&self, tags: &[Tag]) -> u32 {
        tags.iter().map(|tag| self.tag(*tag)).sum()
    }
}

/// What microdata call the element.
fn item_type(document: &Document, id: NodeId) -> Mask {
    document.attr(id, Attr::Itemtype).map_or(0, |value| TYPES.find(value))
}

/// Calls `found` with what stands behind every `"@type"` in a text of JSON-LD: a name, or a list
/// of names.
fn declared_types<'a>(json: &'a str, mut found: impl FnMut(&'a str)) {
    for (at, key) in json.match_indices("\"@type\"") {
        let rest = json[at + key.len()..].trim_start_matches([' ', ':', '\n', '\r', '\t']);
        // Names are short; what goes on for longer is not worth a search for its end.
        let rest = &rest[..rest.floor_char_boundary(200)];
        let names = match (rest.strip_prefix('['), rest.strip_prefix('"')) {
            (Some(list), _) => list.split_once(']'),
            (_, Some(name)) => name.split_once('"'),
            _ => None,
        };
        if let Some((names, _)) = names {
            found(names);
        }
    }
}

/// The features of keyword groups: 1 where the group's bit is set.
fn mask_features(group: &str, names: &[&str], meaning: &str) -> Vec<Feature> {
    let feature = |name: &&str| Feature {
        name: format!("{group}.{name}"),
        meaning: format!("{meaning}: keywords of group `{name}`"),
        range: (0.0, 1.0),
        near: false,
    };
    names.iter().map(feature).collect()
}

/// Writes a mask's bits as 0 and 1.
fn fill_mask(mask: Mask, out: &mut [f32]) {
    for (bit, value) in out.iter_mut().enumerate() {
        *value = (mask >> bit & 1) as f32;
    }
}

/// One feature for each of `names`: whether the group's bit is set.
fn keywords<'a>(
    features: fn() -> Vec<Feature>,
    names: &[&str],
    fill: fn(&Facts<'a>, &mut [f32]),
) -> Group<Facts<'a>> {
    Group { len: names.len(), features, fill }
}

fn groups<'a>() -> [Group<Facts<'a>>; 9] {
    [
        elements(),
        head(),
        address(),
        keywords(
            || mask_features("type", &TYPE_GROUPS, "types in JSON-LD"),
            &TYPE_GROUPS,
            |c, out| fill_mask(c.types, out),
        ),
        keywords(
            || mask_features("item", &TYPE_GROUPS, "types in microdata"),
            &TYPE_GROUPS,
            |c, out| fill_mask(c.item_types, out),
        ),
        keywords(
            || mask_features("path", &ADDRESS_GROUPS, "path of the address"),
            &ADDRESS_GROUPS,
            |c, out| fill_mask(c.address.path, out),
        ),
        keywords(
            || mask_features("host", &ADDRESS_GROUPS, "host of the address"),
            &ADDRESS_GROUPS,
            |c, out| fill_mask(c.address.host, out),
        ),
        keywords(
            || mask_features("name", &NAME_GROUPS, "generator, and class and id of the body"),
            &NAME_GROUPS,
            |c, out| fill_mask(c.names, out),
        ),
        keywords(
            || mask_features("title", &TITLE_GROUPS, "title"),
            &TITLE_GROUPS,
            |c, out| fill_mask(c.title, out),
        ),
    ]
}

group! {
    elements(c: Facts) = "element" {
        nodes: "number of nodes", 0..COUNT => c.nodes();
        text: "number of text nodes", 0..COUNT => c.tag(Tag::Text);
        p: "number of p", 0..COUNT => c.tag(Tag::P);
        a: "number of a", 0..COUNT => c.tag(Tag::A);
        img: "number of img", 0..COUNT => c.tag(Tag::Img);
        svg: "number of svg", 0..COUNT => c.tag(Tag::Svg);
        h1: "number of h1", 0..COUNT => c.tag(Tag::H1);
        h2: "number of h2", 0..COUNT => c.tag(Tag::H2);
        h3: "number of h3", 0..COUNT => c.tag(Tag::H3);
        h4: "number of h4 to h6", 0..COUNT => c.tags(&[Tag::H4, Tag::H5, Tag::H6]);
        li: "number of li", 0..COUNT => c.tag(Tag::Li);
        ul: "number of ul", 0..COUNT => c.tag(Tag::Ul);
        ol: "number of ol", 0..COUNT => c.tag(Tag::Ol);
        table: "number of table", 0..COUNT => c.tag(Tag::Table);
        tr: "number of tr", 0..COUNT => c.tag(Tag::Tr);
        cell: "number of td and th", 0..COUNT => c.tags(&[Tag::Td, Tag::Th]);
        dl: "number of dt and dd", 0..COUNT => c.tags(&[Tag::Dt, Tag::Dd]);
        form: "number of form", 0..COUNT => c.tag(Tag::Form);
        input: "number of input", 0..COUNT => c.tag(Tag::Input);
        button: "number of button", 0..COUNT => c.tag(Tag::Button);
        select: "number of select", 0..COUNT => c.tag(Tag::Select);
        option: "number of option", 0..COUNT => c.tag(Tag::Option);
        textarea: "number of textarea", 0..COUNT => c.tag(Tag::Textarea);
        label: "number of label", 0..COUNT => c.tag(Tag::Label);
        pre: "number of pre", 0..COUNT => c.tag(Tag::Pre);
        code: "number of code", 0..COUNT => c.tag(Tag::Code);
        blockquote: "number of blockquote", 0..COUNT => c.tag(Tag::Blockquote);
        time: "number of time", 0..COUNT => c.tag(Tag::Time);
        article: "number of article", 0..COUNT => c.tag(Tag::Article);
        section: "number of section", 0..COUNT => c.tag(Tag::Section);
        nav: "number of nav", 0..COUNT => c.tag(Tag::Nav);
        aside: "number of aside", 0..COUNT => c.tag(Tag::Aside);
        main: "number of main", 0..COUNT => c.tag(Tag::Main);
        figure: "number of figure", 0..COUNT => c.tag(Tag::Figure);
        figcaption: "number of figcaption", 0..COUNT => c.tag(Tag::Figcaption);
        video: "number of video and iframe", 0..COUNT => c.tags(&[Tag::Video, Tag::Iframe]);
        details: "number of details", 0..COUNT => c.tag(Tag::Details);
        script: "number of script", 0..COUNT => c.tag(Tag::Script);
        style: "number of style", 0..COUNT => c.tag(Tag::Style);
        meta: "number of meta", 0..COUNT => c.tag(Tag::Meta);
        link: "number of link", 0..COUNT => c.tag(Tag::Link);
        div: "number of div", 0..COUNT => c.tag(Tag::Div);
        span: "number of span", 0..COUNT => c.tag(Tag::Span);
        strong: "number of b and strong", 0..COUNT => c.tags(&[Tag::B, Tag::Strong]);
        em: "number of i and em", 0..COUNT => c.tags(&[Tag::I, Tag::Em]);
        br: "number of br", 0..COUNT => c.tag(Tag::Br);
        del: "number of s, del and ins", 0..COUNT => c.tags(&[Tag::S, Tag::Del, Tag::Ins]);
        custom: "number of elements of other names", 0..COUNT => c.tag(Tag::Other);
        noscript: "number of noscript", 0..COUNT => c.tag(Tag::Noscript);
        sup: "number of sup and sub", 0..COUNT => c.tags(&[Tag::Sup, Tag::Sub]);
        images: "number of img for each p", 0..COUNT => share(c.tag(Tag::Img), 1 + c.tag(Tag::P));
        linked: "number of a for each p", 0..COUNT => share(c.tag(Tag::A), 1 + c.tag(Tag::P));
        buttons: "number of button in 100 nodes", 0..COUNT => share(100 * c.tag(Tag::Button), c.nodes());
        paragraphs: "number of p in 100 nodes", 0..COUNT => share(100 * c.tag(Tag::P), c.nodes());
    }
}

group! {
    head(c: Facts) = "head" {
        og_article: "og:type is an article", 0..1 => c.og == OgType::Article;
        og_product: "og:type is a product", 0..1 => c.og == OgType::Product;
        og_website: "og:type is website", 0..1 => c.og == OgType::Website;
        og_other: "og:type is another", 0..1 => c.og == OgType::Other;
        alternates: "number of alternate links with a type", 0..COUNT => c.alternates;
        product: "number of product: properties", 0..COUNT => c.product_properties;
        pager: "has a next or previous page", 0..1 => c.has_pager;
        author: "names an author", 0..1 => c.has_author;
        published: "names a date", 0..1 => c.has_date;
        title_words: "number of words of the title", 0..COUNT => c.title_words;
        title_marks: "number of bars and dashes in the title", 0..COUNT => c.title_marks;
    }
}

group! {
    address(c: Facts) = "address" {
        known: "the address is known", 0..1 => c.address.known;
        depth: "number of parts of the path", 0..COUNT => c.address.depth;
        last: "length of the last part", 0..COUNT => c.address.last_len;
        hyphens: "hyphens in the last part", 0..COUNT => c.address.last_hyphens;
        digits: "digits in the last part", 0..COUNT => c.address.last_digits;
        number: "length of the longest number", 0..COUNT => c.address.longest_number;
        query: "length of the query", 0..COUNT => c.address.query;
        file: "the last part has an extension", 0..1 => c.address.is_file;
        subdomain: "the host is a subdomain", 0..1 => c.address.is_subdomain;
    }
}

/// Words beyond these do not count.
const MOST_WORDS: usize = 20_000;

/// Words of English pages by which their types differ most, by an F test on their shares in the
/// training pages.
const WORDS: &str = "\
shop accessories specify forum cart default forums shipping thread variables edited example \
returns object reference arguments posts specified syntax black discussion gift function but \
sale arrivals all threads replies that using file objects configuration attribute documentation \
values module deals functions sort api item variable error clearance import command price passed \
bags argument also product orders reply add our sellers contact store if false wishlist string \
contains js http tutorial parameters customer configure they reviews note some i color following \
shoes modules solutions cards called as these dependencies it men this is description services \
business items so would instead pink output which often server joined the examples many filter \
order corresponding quantity team oldest dimensions kids be should type needs commands can their \
code racks containing jun a might jul operator json question null contents and apis warranty \
there packs returned into us css docs enterprise products started filters introduction like \
because through especially free files your purchase accessibility tops insights url how then \
customers stars while seller am women javascript gear mar section card think who modified \
expression ago data footwear bag brown each github reddit view column method sign run input \
version value have ai company id what static careers name attributes even than status sold them \
references debug jackets defaults are methods common hats important when explicitly pricing \
return an clothing topic resources its otherwise sales in delivery account result socks outdoor \
privacy defined details said everywhere blue behavior success newest management across \
industries set outlet cost making however really electronics runtime has jan collections orange \
cycling overflow types oct white worker means luggage not brands could strategy op shoe user \
shopping yellow shorts still see instance feb such hook featured versions shirts aug \
integrations react sep collection manually teams exclusive passing tutorials rewards waterproof \
will calling instances use goals toys storage maybe gloves python process much plan operators \
text analytics register specifications install camp posted contain extensions select post \
defines gb those member rules trusted overview page size though component define industry \
platform equivalent new errors both none years multiple query context resistant trademarks \
checkout well same custom empty doesn x pants portuguese v green web good operations snow dutch \
titles leather don pack lifetime focus chairs useful mm write consider automate contributors \
favorites tall linux empower without identify cm adjustable shipped edit executed line columns \
dev application deploy climbing assurance html viewed node config answered campaigns";

/// [`WORDS`] by their hashes.
static PLACES: LazyLock<WordSet> =
    LazyLock::new(|| WordSet::new(WORDS.split_whitespace().map(word_hash)));

/// The share of each of [`WORDS`] among a page's words, which are hashes as
/// [`TextStats::of`](crate::features::text::TextStats::of) gives them.
pub(crate) fn word_shares(words: &[u64]) -> Vec<f32> {
    let places = &*PLACES;
    let mut counts = vec![0; places.len()];
    let words = &words[..words.len().min(MOST_WORDS)];
    for place in words.iter().filter_map(|word| places.number(*word)) {
        counts[place] += 1;
    }
    counts.into_iter().map(|count| share(count, words.len() as u32)).collect()
}
