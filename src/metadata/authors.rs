//! Who wrote the page: declared authors, then those of the byline at the headline.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, PatternID};

use super::byline::{after_by, has_role, names, shown_names};
use super::claims::{Claims, prop_value, visible_text};
use super::{Anchor, Page, key, plain};
use crate::dom::{Attr, AttrSet, NodeId, Tag};

/// Names of `<meta>` that declare an author, the most trusted first.
const DECLARED: [&str; 16] = [
    "author",
    "article:author",
    "article:author_name",
    "parsely-author",
    "sailthru.author",
    "cxenseparse:author",
    "byl",
    "article:byline",
    "authors",
    "dc.creator",
    "dcterms.creator",
    "dc.creator.personalname",
    "creator",
    "dcsext.author",
    "og:article:author",
    "og:author",
];

/// A place where authors are named.
type Source = fn(&Page, &Anchor) -> Vec<String>;

/// The places, the most trusted first, and whether a reader sees the name there.
const SOURCES: [(Source, bool); 6] = [
    (structured, false),
    (declared, false),
    (microdata, false),
    (preview, false),
    (at_headline, true),
    (linked, false),
];

/// Text longer than this, in bytes, is no byline.
const LONGEST: usize = 160;

/// More names than this in visible elements are those of several items.
const MANY: usize = 8;

/// A declared list longer than this is cut: no page is hurt, and names are compared pairwise.
const LONGEST_LIST: usize = 100;

/// Finds the authors; `site` is the site's name.
///
/// A site that calls itself the author says little: such a name counts only on an article or in
/// a visible byline, and only where no place names another.
pub fn of(page: &Page, anchor: &Anchor, site: Option<&str>) -> Vec<String> {
    let house = site.map(key);
    let is_house = |name: &String| house.as_ref() == Some(&key(name));
    let mut own_name = Vec::new();
    for (source, is_visible) in SOURCES {
        let mut names = distinct(source(page, anchor));
        if names.iter().any(|name| !is_house(name)) {
            names.retain(|name| !is_house(name));
            return names;
        }
        if own_name.is_empty() && (is_visible || page.is_article()) {
            own_name = names;
        }
    }
    own_name
}

/// Drops names that came before, be it in another order of their words.
fn distinct(names: Vec<String>) -> Vec<String> {
    let mut seen: Vec<Vec<String>> = Vec::new();
    let is_new = |name: &String| {
        let mut words: Vec<String> = name.split_whitespace().map(key).collect();
        words.sort();
        let is_new = !seen.contains(&words);
        seen.push(words);
        is_new
    };
    names.into_iter().take(LONGEST_LIST).filter(is_new).collect()
}

/// JSON-LD: persons, else organizations on an article.
fn structured(page: &Page, _: &Anchor) -> Vec<String> {
    let of_kind = |is_organization: bool| -> Vec<String> {
        let authors =
            page.data.authors.iter().filter(|author| author.is_organization == is_organization);
        authors.flat_map(|author| names(&author.name)).collect()
    };
    let persons = of_kind(false);
    if persons.is_empty() && page.data.is_article { of_kind(true) } else { persons }
}

/// `<meta>`.
fn declared(page: &Page, _: &Anchor) -> Vec<String> {
    let values = |name: &'static str| page.claims.metas_named(name).map(plain);
    // Reference managers want one author a field, family name first.
    let cited: Vec<String> =
        values("citation_author").map(|name| given_name_first(&name)).collect();
    if !cited.is_empty() {
        return cited;
    }
    let of_name =
        |name: &&'static str| values(name).flat_map(|value| names(&value)).collect::<Vec<_>>();
    DECLARED.iter().map(of_name).find(|names| !names.is_empty()).unwrap_or_default()
}

fn given_name_first(name: &str) -> String {
    match name.split_once(',') {
        Some((family, given)) if !given.contains(',') => {
            format!("{} {}", given.trim(), family.trim())
        }
        _ => name.to_owned(),
    }
}

/// `itemprop=author` outside comments and reviews.
fn microdata(page: &Page, _: &Anchor) -> Vec<String> {
    let Claims { item_props, .. } = page.claims;
    let mut found = Vec::new();
    for id in page.claims.props("author").chain(page.claims.props("creator")) {
        if page.is_reply(id) {
            continue;
        }
        let end = page.document.node(id).end;
        let inside = item_props[item_props.partition_point(|(node, _)| *node <= id)..].iter();
        let name =
            inside.take_while(|(node, _)| *node < end).find(|(_, property)| *property == "name");
        let value = prop_value(page.document, name.map_or(id, |(node, _)| *node));
        if value.len() <= LONGEST {
            found.extend(names(&value));
        }
        if found.len() > MANY {
            return Vec::new();
        }
    }
    found
}

/// The labelled values that blog software writes for link previews: `twitter:label1` says what
/// `twitter:data1` is.
fn preview(page: &Page, _: &Anchor) -> Vec<String> {
    let pairs = [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")];
    let value = pairs.iter().find_map(|(label, data)| {
        let is_author = after_by(page.claims.meta(&[label])?) == Some("");
        page.claims.meta(&[data]).filter(|_| is_author)
    });
    value.map(|value| names(&plain(value))).unwrap_or_default()
}

/// The byline: names after words like "by", else in elements marked as the author's, else in a
/// line of name and role. A line is not enough to be labelled a byline: section names are, too.
fn at_headline(page: &Page, anchor: &Anchor) -> Vec<String> {
    let text_of = |&i: &usize| page.blocks.text(&page.blocks[i]);
    let introduced = || {
        anchor.blocks.iter().find_map(|i| {
            let text = text_of(i);
            if text.len() > LONGEST || page.is_aside(anchor, page.blocks[*i].node) {
                return None;
            }
            let names = match after_by(text)? {
                // The name is a block of its own.
                "" if i + 1 < page.blocks.len() => shown_names(text_of(&(i + 1))),
                name => shown_names(name),
            };
            Some(names).filter(|names| !names.is_empty())
        })
    };
    let marked = || {
        anchor.blocks.iter().find_map(|&i| {
            let block = &page.blocks[i];
            let around =
                page.document.ancestors(block.first).take_while(|&id| id >= block.node && id > 0);
            let mut elements =
                around.chain(block.first..=block.last).filter(|&id| is_marked(page, id));
            elements.find_map(|id| Some(marked_names(page, id)).filter(|names| !names.is_empty()))
        })
    };
    let with_role = || {
        anchor.blocks.iter().find_map(|i| {
            let text = text_of(i);
            let is_line = text.len() <= LONGEST && text.contains(['|', '•', '·', ',']);
            let names = if is_line && has_role(text) { shown_names(text) } else { Vec::new() };
            let is_full = |name: &String| (2..=4).contains(&name.split(' ').count());
            names.first().is_some_and(is_full).then_some(names)
        })
    };
    introduced().or_else(marked).or_else(with_role).unwrap_or_default()
}

/// The name in the page's only author link, else on an article the first name below the title
/// in an element marked as the author's, where such names are few.
fn linked(page: &Page, anchor: &Anchor) -> Vec<String> {
    let links = page.claims.rel_author.iter().filter(|&&id| !page.is_reply(id)).take(LONGEST_LIST);
    let names = distinct(links.flat_map(|&id| marked_names(page, id)).collect());
    if names.len() == 1 || !page.is_article() {
        return if names.len() == 1 { names } else { Vec::new() };
    }
    let below = anchor.title.unwrap_or(0)..page.document.nodes().len() as NodeId;
    let marked = below.filter(|&id| is_marked(page, id) && !page.is_aside(anchor, id));
    let some = distinct(marked.flat_map(|id| marked_names(page, id)).take(LONGEST_LIST).collect());
    if some.len() > MANY { Vec::new() } else { some.into_iter().take(1).collect() }
}

fn marked_names(page: &Page, id: NodeId) -> Vec<String> {
    let text = visible_text(page.document, id);
    if text.len() > LONGEST { Vec::new() } else { shown_names(after_by(&text).unwrap_or(&text)) }
}

/// Whether an element is marked as an author's name: by its class, by its relation, or as a link
/// to a person's page.
fn is_marked(page: &Page, id: NodeId) -> bool {
    let tag = page.document.node(id).tag;
    if matches!(tag, Tag::Text | Tag::Body | Tag::Html | Tag::Meta | Tag::Link | Tag::Script) {
        return false;
    }
    const MARKS: AttrSet = AttrSet::of(&[Attr::Class, Attr::Id, Attr::Data, Attr::Rel, Attr::Href]);
    page.document.attrs_where(id, MARKS).any(|(name, value)| match name {
        Attr::Class | Attr::Id | Attr::Data => {
            AUTHOR_CLASS.find_iter(value).any(|found| found.pattern() != AUTHORITY)
        }
        Attr::Rel => value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("author")),
        Attr::Href => AUTHOR_PATH.is_match(value),
        _ => false,
    })
}

/// Matches "authorized" and "authority" in [`AUTHOR_CLASS`], to keep them out.
const AUTHORITY: PatternID = PatternID::ZERO;

static AUTHOR_CLASS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    super::words(&[
        "authori",
        "author",
        "byline",
        "autor",
        "auteur",
        "username",
        "user-name",
        "writer",
    ])
});

static AUTHOR_PATH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    super::words(&[
        "/author/",
        "/authors/",
        "/autor/",
        "/autoren/",
        "/autores/",
        "/auteur/",
        "/auteurs/",
        "/autori/",
        "/contributor/",
        "/contributors/",
        "/profile/",
        "/profil/",
        "/staff/",
        "/journalist/",
        "/journalists/",
        "/reporter/",
        "/people/",
        "/person/",
        "/writers/",
        "/members/",
        "/team/",
    ])
});
