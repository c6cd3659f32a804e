//! Who wrote the page: declared authors, then those at the headline, cut into clean names.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, MatchKind, PatternID};

use super::claims::{prop_value, visible_text};
use super::{Anchor, Page, fold, key, plain};
use crate::dom::{Attr, NodeId, Tag};
use crate::label::Label;

/// Names that declare an author, the most trusted first.
const DECLARED: [&str; 16] = [
    "author", "article:author", "article:author_name", "parsely-author", "sailthru.author", "cxenseparse:author",
    "byl", "article:byline", "authors", "dc.creator", "dcterms.creator", "dc.creator.personalname", "creator",
    "dcsext.author", "og:article:author", "og:author",
];

/// Finds the authors; `site` is the site's name.
///
/// A site that calls itself the author says little: such a name counts only on an article, and
/// only where no source has another.
pub fn of(page: &Page, anchor: &Anchor, site: Option<&str>) -> Vec<String> {
    let house = site.map(key);
    let is_house = |name: &String| house.as_ref() == Some(&key(name));
    let is_article = page.data.is_article || page.claims.meta(&["og:type"]) == Some("article");
    let mut own_name = Vec::new();
    for source in [structured, declared, microdata, written_by, at_headline, linked] {
        let mut names = Vec::new();
        for name in source(page, anchor) {
            add(&mut names, name);
        }
        if names.iter().any(|name| !is_house(name)) {
            names.retain(|name| !is_house(name));
            return names;
        }
        if own_name.is_empty() && is_article {
            own_name = names;
        }
    }
    own_name
}

/// Adds a name that is not there yet, be it in another order of its words.
fn add(names: &mut Vec<String>, name: String) {
    let words = |name: &str| {
        let mut words: Vec<String> = name.split_whitespace().map(key).collect();
        words.sort();
        words
    };
    let new = words(&name);
    if !names.iter().any(|known| words(known) == new) {
        names.push(name);
    }
}

fn structured(page: &Page, _: &Anchor) -> Vec<String> {
    let persons = page.data.authors.iter().filter(|author| !author.is_organization);
    let mut found: Vec<String> = persons.flat_map(|author| names(&author.name)).collect();
    if found.is_empty() && page.data.is_article {
        found = page.data.authors.iter().flat_map(|author| names(&author.name)).collect();
    }
    found
}

fn declared(page: &Page, _: &Anchor) -> Vec<String> {
    // A reference manager's field has one author each, family name first.
    let cited: Vec<String> = page.claims.metas_named("citation_author").map(|name| first_name_first(&plain(name))).collect();
    if !cited.is_empty() {
        return cited;
    }
    let of_name = |name: &&str| -> Vec<String> {
        page.claims.metas_named(name).flat_map(|value| names(&plain(value))).collect()
    };
    DECLARED.iter().map(of_name).find(|names| !names.is_empty()).unwrap_or_default()
}

fn first_name_first(name: &str) -> String {
    match name.split_once(',') {
        Some((family, given)) if !given.contains(',') => format!("{} {}", given.trim(), family.trim()),
        _ => name.to_owned(),
    }
}

/// `itemprop=author` outside comments and reviews.
fn microdata(page: &Page, _: &Anchor) -> Vec<String> {
    let document = page.document;
    let mut found = Vec::new();
    for property in ["author", "creator"] {
        for id in page.claims.props(property).filter(|&id| !is_reply(page, id)) {
            let end = document.node(id).end;
            let name = page.claims.props("name").find(|&name| id < name && name < end);
            let value = prop_value(document, name.unwrap_or(id));
            if value.len() <= LONGEST {
                found.extend(names(&value));
            }
        }
        if !found.is_empty() {
            break;
        }
    }
    if found.len() > MANY { Vec::new() } else { found }
}

/// The labelled values that blog software writes for link previews: `twitter:label1` says what
/// `twitter:data1` is.
fn written_by(page: &Page, _: &Anchor) -> Vec<String> {
    for (label, data) in [("twitter:label1", "twitter:data1"), ("twitter:label2", "twitter:data2")] {
        if let (Some(label), Some(data)) = (page.claims.meta(&[label]), page.claims.meta(&[data]))
            && after_by(&format!("{label}: ")) == Some("")
        {
            return names(&plain(data));
        }
    }
    Vec::new()
}

/// Text longer than this, in bytes, is no byline.
const LONGEST: usize = 160;

/// More authors than this are those of several items.
const MANY: usize = 8;

/// Names in the blocks of a byline: after words like "by", or in elements marked as the author's.
fn at_headline(page: &Page, anchor: &Anchor) -> Vec<String> {
    let texts: Vec<&str> = anchor.blocks.iter().map(|&i| page.blocks.text(&page.blocks[i])).collect();
    for (n, &i) in anchor.blocks.iter().enumerate() {
        let text = texts[n];
        if text.len() > LONGEST || is_aside(page, anchor, page.blocks[i].node) {
            continue;
        }
        if let Some(rest) = after_by(text) {
            let rest = match rest {
                // The name is a block of its own.
                "" => page.blocks.iter().nth(i + 1).map_or("", |next| page.blocks.text(next)),
                rest => rest,
            };
            let found = shown_names(rest);
            if !found.is_empty() {
                return found;
            }
        }
    }
    for &i in &anchor.blocks {
        let block = &page.blocks[i];
        let marked = (block.node..=block.last).filter(|&id| is_marked(page, id));
        for id in marked {
            let found = marked_names(page, id);
            if !found.is_empty() {
                return found;
            }
        }
    }
    // A byline without any word of introduction: "Jane Doe | Senior Writer | 12 March 2024".
    for text in texts.iter().filter(|text| text.len() <= LONGEST && text.contains(['|', '•', '·', ',']) && has_role(text)) {
        let found = shown_names(text);
        if found.first().is_some_and(|name| (2..=4).contains(&name.split_whitespace().count())) {
            return found;
        }
    }
    for i in page.labelled(Label::Byline) {
        let found = shown_names(page.blocks.text(&page.blocks[i]));
        if !found.is_empty() {
            return found;
        }
    }
    Vec::new()
}

/// Names in elements marked as the author's anywhere on the page, where these are few.
fn linked(page: &Page, anchor: &Anchor) -> Vec<String> {
    let mut found = Vec::new();
    for &id in page.claims.rel_author.iter().filter(|&&id| !is_reply(page, id)) {
        marked_names(page, id).into_iter().for_each(|name| add(&mut found, name));
    }
    if found.len() == 1 {
        return found;
    }
    found.clear();
    let start = anchor.title.unwrap_or(0);
    for id in start..page.document.nodes().len() as NodeId {
        if is_marked(page, id) && !is_aside(page, anchor, id) {
            marked_names(page, id).into_iter().for_each(|name| add(&mut found, name));
        }
        if found.len() > MANY {
            return Vec::new();
        }
    }
    found.truncate(1);
    found
}

fn marked_names(page: &Page, id: NodeId) -> Vec<String> {
    let text = visible_text(page.document, id);
    if text.len() > LONGEST {
        return Vec::new();
    }
    shown_names(after_by(&text).unwrap_or(&text))
}

/// Whether an element is marked as an author's name.
fn is_marked(page: &Page, id: NodeId) -> bool {
    let tag = page.document.node(id).tag;
    if matches!(tag, Tag::Text | Tag::Body | Tag::Html | Tag::Meta | Tag::Link | Tag::Script) {
        return false;
    }
    page.document.attrs(id).any(|(name, value)| match name {
        Attr::Class | Attr::Id | Attr::Data => {
            AUTHOR_CLASS.find_iter(value).any(|found| found.pattern() != AUTHORITY)
        }
        Attr::Rel => value.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("author")),
        Attr::Href => AUTHOR_PATH.is_match(value),
        _ => false,
    })
}

/// Whether an element lies among comments or pointers to other items, as class names tell. What
/// holds the headline too is no such part of the page, whatever it is called.
pub fn is_aside(page: &Page, anchor: &Anchor, id: NodeId) -> bool {
    let document = page.document;
    let holds_title = |id: NodeId| anchor.title.is_some_and(|title| id <= title && title < document.node(id).end);
    is_reply(page, id)
        || std::iter::once(id).chain(document.ancestors(id)).take_while(|&id| !holds_title(id)).any(|id| {
            matches!(document.node(id).tag, Tag::Nav | Tag::Footer)
                || document.attrs(id).any(|(name, value)| {
                    matches!(name, Attr::Class | Attr::Id) && ASIDE_CLASS.is_match(value)
                })
        })
}

/// Whether an element lies in a comment, answer or review by the page's microdata.
pub fn is_reply(page: &Page, id: NodeId) -> bool {
    const REPLIES: [&str; 4] = ["/Comment", "/Answer", "/Review", "/UserComments"];
    std::iter::once(id).chain(page.document.ancestors(id)).any(|id| {
        page.document.attrs(id).any(|(name, value)| match name {
            Attr::Itemprop => matches!(value, "comment" | "review" | "suggestedAnswer" | "acceptedAnswer"),
            Attr::Itemtype => REPLIES.iter().any(|reply| value.trim_end().ends_with(reply)),
            _ => false,
        })
    })
}

fn automaton(words: &[&str]) -> AhoCorasick {
    AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .match_kind(MatchKind::LeftmostLongest)
        .build(words)
        .expect("a few short words make a small automaton")
}

/// The first word of [`AUTHOR_CLASS`] matches "authorized" and "authority" to keep them out.
const AUTHORITY: PatternID = PatternID::ZERO;

static AUTHOR_CLASS: LazyLock<AhoCorasick> =
    LazyLock::new(|| automaton(&["authori", "author", "byline", "autor", "auteur", "autore", "username", "user-name", "writer"]));

static AUTHOR_PATH: LazyLock<AhoCorasick> = LazyLock::new(|| {
    automaton(&[
        "/author/", "/authors/", "/autor/", "/autoren/", "/autores/", "/auteur/", "/auteurs/", "/autori/",
        "/contributor/", "/contributors/", "/profile/", "/profil/", "/staff/", "/journalist/", "/journalists/",
        "/reporter/", "/people/", "/person/", "/writers/", "/members/", "/team/", "rel=author",
    ])
});

static ASIDE_CLASS: LazyLock<AhoCorasick> = LazyLock::new(|| {
    automaton(&[
        "comment", "related", "sidebar", "recommend", "teaser", "popular", "trending", "testimonial", "review-",
        "read-more", "readmore", "more-", "widget-area", "widget_", "newsletter", "carousel", "latest",
    ])
});

/// Words that introduce an author, lower case; those that are also common words must be followed
/// by a name.
static BY: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words = vec![
        "by", "post by", "written by", "words by", "text by", "story by", "posted by", "published by", "reported by", "article by",
        "contributed by", "recipe by", "guest post by", "created by", "author", "authors", "author(s)", "started by",
        "von", "ein beitrag von", "geschrieben von", "verfasst von", "veröffentlicht von", "autor", "autoren",
        "autorin", "text", "par", "écrit par", "publié par", "rédigé par", "auteur", "auteurs", "propos recueillis par",
        "por", "escrito por", "publicado por", "texto", "autora", "autores", "di", "a cura di", "scritto da",
        "pubblicato da", "autore", "door", "geschreven door", "af", "av", "skrevet av", "skrevet af", "skriven av",
        "tekst", "journalist", "kirjoittanut", "teksti", "napisał", "napisała", "opracował", "autorka", "napsal",
        "napsala", "автор", "авторы", "текст", "автори", "yazan", "yazar", "από", "του", "írta", "szerző", "scris de",
        "publicat de", "oleh", "penulis", "tác giả", "bởi", "بقلم", "كتب", "كتبت", "بواسطة", "الكاتب", "نویسنده", "מאת",
        "द्वारा", "लेखक", "作者", "文", "撰文", "記者", "记者", "著者", "執筆", "筆者", "글", "작성자", "기자",
    ];
    // The longest that fits counts.
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
});

/// What follows the words that introduce an author, where a text begins with them.
fn after_by(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    BY.iter().find_map(|by| {
        let rest = strip_prefix_folded(text, by)?;
        let is_cjk = by.chars().next().is_some_and(is_cjk);
        let ends = rest.is_empty() || rest.starts_with(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '／' | '|' | '='));
        let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '／' | '|' | '=' | '-' | '–'));
        // "ByJane Doe": two elements that only style sets apart.
        let glued = rest.starts_with(char::is_uppercase) && text[..text.len() - rest.len()].ends_with(char::is_lowercase);
        (ends || glued || is_cjk && by.chars().count() > 1).then_some(rest)
    })
}

/// The rest of a text after a lower-case prefix, whatever the text's case.
fn strip_prefix_folded<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut wanted = prefix.chars();
    let mut rest = text.chars();
    loop {
        let Some(c) = wanted.next() else { return Some(rest.as_str()) };
        if rest.next()?.to_lowercase().next() != Some(c) {
            return None;
        }
    }
}

/// Names in a text that the page shows and nothing declares: those before the first word that
/// is part of no name.
fn shown_names(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(text) {
        let start = name_start(&name);
        if !start.is_empty() {
            found.push(start.to_owned());
        }
        if start.len() < name.len() {
            break;
        }
    }
    found
}

/// Cuts a byline into names: introductions, roles, degrees, addresses and dates go.
fn names(byline: &str) -> Vec<String> {
    let is_address = |word: &&str| word.contains('@') || word.contains("://") || word.starts_with("www.");
    let byline = fold(byline).split(' ').filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ");
    let text = after_by(&byline).filter(|rest| !rest.is_empty()).unwrap_or(&byline);
    let mut found = Vec::new();
    let lines = text.split(['|', '•', '·', '\n', '(', '—', '–', '►', '▪', '/', '｜']);
    for (n, line) in lines.enumerate() {
        let before = found.len();
        for part in before_date(line).split([',', ';', '、', '，', '；']) {
            // The first part may be a house name with a role's word in it ("Editorial Staff").
            if !found.is_empty() && (is_degree(part) || has_role(part)) {
                continue;
            }
            found.extend(split_and(part).iter().map(|name| clean(name)).filter(|name| is_name(name)));
        }
        // What comes after a bar is a role, a place or a date, unless nothing came before.
        if n == 0 && found.len() > before && !text.contains('/') {
            break;
        }
    }
    found
}

/// The text before a date, where there is one.
fn before_date(text: &str) -> &str {
    if !super::date::is_date(text) {
        return text;
    }
    let is_part = |word: &str| word.starts_with(|c: char| c.is_numeric()) || super::date::is_month(word);
    let first = text.split_whitespace().find(|word| is_part(word.trim_end_matches(',')));
    first.map_or("", |word| &text[..word.as_ptr() as usize - text.as_ptr() as usize])
}

/// Cuts at words that mean "and". Those of one letter are initials or parts of names where one
/// side is a single word.
fn split_and(text: &str) -> Vec<String> {
    const AND: [&str; 14] =
        ["&", "and", "und", "et", "och", "og", "en", "y", "e", "i", "и", "ve", "with", "mit"];
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    let words: Vec<&str> = text.split_whitespace().collect();
    for (n, word) in words.iter().enumerate() {
        let long = word.chars().count() > 2 || *word == "&";
        let is_and = AND.contains(word) || word.eq_ignore_ascii_case("and");
        let here = parts.last().map_or(0, Vec::len);
        let after = words.len() - n - 1;
        if is_and && (long && after > 0 || here >= 2 && after >= 2) {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    parts.into_iter().map(|words| words.join(" ")).collect()
}

/// A name without what is no part of it.
fn clean(name: &str) -> String {
    let name = after_by(name).filter(|rest| !rest.is_empty()).unwrap_or(name);
    let mut words: Vec<&str> = name.split_whitespace().collect();
    // "Jane Doe Senior Writer", but not "Editorial Staff".
    while words.len() > 2 && words.last().is_some_and(|word| is_role(word)) {
        words.pop();
    }
    if words.len() == 2 && matches!(words[1], "기자" | "記者" | "记者") {
        words.pop();
    }
    let name = words.join(" ");
    let edge = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | ')' | '_' | '!') || c == '|';
    name.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_').trim_end_matches(edge).to_owned()
}

/// Whether a part of a byline can be a name: no date, and nobody's stand-in.
fn is_name(name: &str) -> bool {
    let letters = name.chars().filter(|c| c.is_alphabetic()).count();
    if letters < 2 || name.len() > 80 || name.split_whitespace().count() > 7 {
        return false;
    }
    !super::date::is_date(name) && !NOBODY.contains(&name.to_lowercase().as_str())
}

/// Values that content systems write where nobody is named.
const NOBODY: [&str; 19] = [
    "admin", "administrator", "author", "unknown", "anonymous", "null", "undefined", "none", "n/a", "guest", "user",
    "webmaster", "editor", "staff writer", "about the author", "the author", "false", "authors", "my account",
];

fn is_degree(name: &str) -> bool {
    const DEGREES: [&str; 12] =
        ["phd", "md", "mba", "msc", "bsc", "ma", "ba", "jd", "jr", "sr", "dvm", "edd"];
    const AGENCIES: [&str; 12] =
        ["AP", "AFP", "DPA", "SID", "APA", "EFE", "ANSA", "PA", "KNA", "EPD", "NTB", "TT"];
    let letters: String = name.chars().filter(|c| c.is_alphanumeric()).collect();
    DEGREES.contains(&letters.to_lowercase().as_str())
        || letters.len() <= 6 && letters.chars().all(|c| c.is_uppercase() && c.is_ascii()) && !AGENCIES.contains(&name)
}

fn has_role(text: &str) -> bool {
    text.split_whitespace().any(is_role)
}

fn is_role(word: &str) -> bool {
    const ROLES: [&str; 35] = [
        "editor", "writer", "reporter", "correspondent", "journalist", "columnist", "contributor", "director", "manager",
        "producer", "ceo", "cto", "founder", "co-founder", "professor", "redakteur", "redakteurin", "korrespondent",
        "journaliste", "correspondant", "periodista", "redactor", "redactora", "corresponsal", "redaktör", "redaktor",
        "giornalista", "senior", "chief", "officer", "expert",
        "specialist", "strategist", "analyst", "educators",
    ];
    ROLES.contains(&word.to_lowercase().as_str())
}

/// The words at the start of a text that look like a name: each with a capital (but for
/// particles and the words of house names) or in a script without capitals; at most five.
fn name_start(text: &str) -> &str {
    const SMALL: [&str; 29] = [
        "de", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "van", "von", "der", "den", "ter", "ten",
        "el", "al", "bin", "ibn", "y", "e", "zu", "the", "team", "staff", "editors", "editor",
    ];
    const NO_NAME: [&str; 41] = [
        "read", "more", "follow", "share", "view", "posts", "all", "about", "posted", "published", "updated", "comments",
        "comment", "min", "minutes", "home", "blog", "news", "articles", "profile", "subscribe", "sign", "log", "login",
        "in", "on", "last", "reviewed", "contact", "us", "our", "meet", "join", "article", "photo", "image", "search",
        "menu", "reply", "quote", "sponsored",
    ];
    let mut end = 0;
    let mut words = 0;
    let mut rest = text.split_whitespace();
    while let Some(word) = rest.next() {
        let first = word.chars().find(|c| c.is_alphanumeric());
        let user_name = words == 0 && text.split_whitespace().count() == 1;
        let fits = SMALL.contains(&word) || user_name || first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
        let lower = word.to_lowercase();
        let is_day = super::date::is_month(word) && rest.clone().next().is_some_and(|next| next.starts_with(|c: char| c.is_ascii_digit()));
        if !fits || is_day || NO_NAME.contains(&lower.trim_end_matches(':')) {
            break;
        }
        end = word.as_ptr() as usize - text.as_ptr() as usize + word.len();
        words += 1;
    }
    let start = &text[..end];
    let only_small = start.split_whitespace().all(|word| SMALL.contains(&word.to_lowercase().as_str()));
    if words > 5 || only_small { "" } else { start }
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}
