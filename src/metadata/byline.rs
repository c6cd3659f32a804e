//! Cutting a byline into names: what introduces an author, what follows a name and is none.
//!
//! Works on any line of text and knows nothing of the page. Word lists are in lower case.

use std::sync::LazyLock;

use super::date::{is_date, is_month};
use super::fold;

/// Words that introduce an author, the longest first.
static BY: LazyLock<Vec<&str>> = LazyLock::new(|| {
    let mut words: Vec<&str> = [
        "by, post by, written by, words by, text by, story by, posted by, published by, reported by, article by",
        "contributed by, recipe by, guest post by, created by, started by, author, authors, author(s)",
        "von, ein beitrag von, geschrieben von, verfasst von, veröffentlicht von, autor, autoren, autorin, text",
        "par, écrit par, publié par, rédigé par, propos recueillis par, auteur, auteurs",
        "por, escrito por, publicado por, texto, autora, autores",
        "di, a cura di, scritto da, pubblicato da, autore",
        "door, geschreven door, af, av, skrevet av, skrevet af, skriven av, tekst, journalist, kirjoittanut, teksti",
        "napisał, napisała, opracował, autorka, napsal, napsala, írta, szerző, scris de, publicat de",
        "автор, авторы, текст, автори, από, του, yazan, yazar, oleh, penulis, tác giả, bởi",
        "بقلم, كتب, كتبت, بواسطة, الكاتب, نویسنده, מאת, द्वारा, लेखक",
        "作者, 文, 撰文, 記者, 记者, 著者, 執筆, 筆者, 글, 작성자, 기자",
    ]
    .iter()
    .flat_map(|words| words.split(", "))
    .collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words
});

/// Words that join two names. Those of up to two letters can be part of one.
const AND: [&str; 13] =
    ["&", "and", "und", "et", "och", "og", "en", "y", "e", "i", "и", "ve", "mit"];

/// Job titles, and the words before them.
const ROLES: [&str; 35] = [
    "editor",
    "writer",
    "reporter",
    "correspondent",
    "journalist",
    "columnist",
    "contributor",
    "director",
    "manager",
    "producer",
    "ceo",
    "cto",
    "founder",
    "co-founder",
    "professor",
    "redakteur",
    "redakteurin",
    "korrespondent",
    "journaliste",
    "correspondant",
    "periodista",
    "redactor",
    "redactora",
    "corresponsal",
    "redaktör",
    "redaktor",
    "giornalista",
    "senior",
    "chief",
    "officer",
    "expert",
    "specialist",
    "strategist",
    "analyst",
    "educators",
];

/// Academic degrees that are not written in capitals throughout.
const DEGREES: [&str; 6] = ["phd", "msc", "bsc", "edd", "jr", "sr"];

/// News agencies, which look like degrees.
const AGENCIES: [&str; 12] =
    ["AP", "AFP", "DPA", "SID", "APA", "EFE", "ANSA", "PA", "KNA", "EPD", "NTB", "TT"];

/// What content systems write where nobody is named.
const NOBODY: [&str; 19] = [
    "admin",
    "administrator",
    "author",
    "unknown",
    "anonymous",
    "null",
    "undefined",
    "none",
    "n/a",
    "guest",
    "user",
    "webmaster",
    "editor",
    "staff writer",
    "about the author",
    "the author",
    "false",
    "authors",
    "my account",
];

/// Words of names that have no capital, and those of house names ("The Smallville editors").
const SMALL: [&str; 29] = [
    "de", "del", "della", "di", "da", "dos", "das", "do", "du", "la", "le", "van", "von", "der",
    "den", "ter", "ten", "el", "al", "bin", "ibn", "y", "e", "zu", "the", "team", "staff",
    "editors", "editor",
];

/// Words with a capital that stand beside names.
const NO_NAME: [&str; 45] = [
    "read",
    "more",
    "follow",
    "share",
    "view",
    "posts",
    "all",
    "about",
    "posted",
    "published",
    "updated",
    "comments",
    "comment",
    "min",
    "minutes",
    "home",
    "blog",
    "news",
    "articles",
    "profile",
    "subscribe",
    "sign",
    "log",
    "login",
    "in",
    "on",
    "last",
    "reviewed",
    "contact",
    "us",
    "our",
    "meet",
    "join",
    "article",
    "photo",
    "image",
    "search",
    "menu",
    "reply",
    "quote",
    "sponsored",
    "author",
    "name",
    "topic",
    "account",
];

/// What follows the words that introduce an author, where a text begins with them.
pub fn after_by(text: &str) -> Option<&str> {
    let text = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    BY.iter().find_map(|by| {
        let rest = strip_prefix_folded(text, by)?;
        let is_mark =
            |c: char| c.is_whitespace() || matches!(c, ':' | '：' | '/' | '／' | '|' | '=');
        // "ByJane Doe": two elements that only style sets apart.
        let introduction = &text[..text.len() - rest.len()];
        let glued =
            introduction.ends_with(char::is_lowercase) && rest.starts_with(char::is_uppercase);
        // Chinese, Japanese and Korean go without spaces.
        let unspaced = by.chars().all(is_cjk) && by.chars().count() > 1;
        let ends = rest.is_empty() || rest.starts_with(is_mark) || glued || unspaced;
        ends.then(|| rest.trim_start_matches(|c: char| is_mark(c) || matches!(c, '-' | '–')))
    })
}

/// The rest of a text after a lower-case prefix, whatever the text's case.
fn strip_prefix_folded<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let mut rest = text.chars();
    for wanted in prefix.chars() {
        if rest.next()?.to_lowercase().next() != Some(wanted) {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Cuts a declared byline into names: introductions, roles, degrees, addresses and dates go.
pub fn names(byline: &str) -> Vec<String> {
    let is_address =
        |word: &&str| word.contains('@') || word.contains("://") || word.starts_with("www.");
    let byline =
        fold(byline).split(' ').filter(|word| !is_address(word)).collect::<Vec<_>>().join(" ");
    let byline = byline.replace(" - ", " | ");
    let text = after_by(&byline).filter(|rest| !rest.is_empty()).unwrap_or(&byline);
    let mut found = Vec::new();
    for line in text.split(['|', '•', '·', '(', ')', '—', '–', '►', '▪', '/', '｜']) {
        for part in before_date(line).split([',', ';', '、', '，', '；']) {
            // The first part may be a house name with a role's word in it ("Editorial Staff").
            if found.is_empty() || !is_degree(part) && !has_role(part) {
                found.extend(
                    split_and(part).iter().map(|name| trim(name)).filter(|name| is_name(name)),
                );
            }
        }
        // What comes after a bar is a role, a place or a date; a slash sets names apart.
        if !found.is_empty() && !text.contains('/') {
            break;
        }
    }
    found
}

/// Cuts a line that the page shows into names: those before the first word that is part of none.
pub fn shown_names(line: &str) -> Vec<String> {
    let mut found = Vec::new();
    for name in names(line) {
        let start = name_start(&name);
        let is_whole = start == name;
        found.extend(Some(start).filter(|start| !start.is_empty()));
        if !is_whole {
            break;
        }
    }
    found
}

/// Whether a text names a job.
pub fn has_role(text: &str) -> bool {
    text.split([' ', '-']).any(is_role)
}

fn is_role(word: &str) -> bool {
    ROLES.contains(&word.to_lowercase().as_str())
}

fn is_degree(text: &str) -> bool {
    let letters: String = text.chars().filter(|c| c.is_alphabetic()).collect();
    let capitals = letters.len() <= 6 && letters.chars().all(|c| c.is_ascii_uppercase());
    DEGREES.contains(&letters.to_lowercase().as_str())
        || capitals && !AGENCIES.contains(&text.trim())
}

/// The text before a date, where there is one.
fn before_date(text: &str) -> String {
    if !is_date(text) {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let count = (0..words.len()).take_while(|&n| !is_day(&words[n..])).count();
    let mut before = words[..count].to_vec();
    // "Sat, 20 December": the day of the week is part of the date.
    if before.last().is_some_and(|word| word.ends_with(','))
        && before.iter().rev().nth(1).is_none_or(|word| word.ends_with(','))
    {
        before.pop();
    }
    before.join(" ")
}

/// Whether words begin with a number, or with a month and a number.
fn is_day(words: &[&str]) -> bool {
    let is_number = |word: &&str| word.starts_with(char::is_numeric);
    match words {
        [word, rest @ ..] => {
            is_number(word)
                || is_month(word.trim_end_matches(',')) && rest.first().is_some_and(is_number)
        }
        [] => false,
    }
}

/// Cuts at words that mean "and". One that can be part of a name must have a full name on
/// either side.
fn split_and(text: &str) -> Vec<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let mut parts: Vec<Vec<&str>> = vec![Vec::new()];
    for (n, word) in words.iter().enumerate() {
        let before = parts.last().map_or(0, Vec::len);
        let after = words.len() - n - 1;
        let is_sure = *word == "&" || word.chars().count() > 2;
        if AND.contains(&word.to_lowercase().as_str())
            && (is_sure && after > 0 || before >= 2 && after >= 2)
        {
            parts.push(Vec::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(word);
        }
    }
    parts.into_iter().map(|words| words.join(" ")).collect()
}

/// A name without introduction, role and the marks around it.
fn trim(name: &str) -> String {
    let name = after_by(name).filter(|rest| !rest.is_empty()).unwrap_or(name);
    let mut words: Vec<&str> = name.split_whitespace().collect();
    // "Jane Doe Senior Writer", but not "Editorial Staff".
    while words.len() > 2 && words.last().is_some_and(|word| is_role(word)) {
        words.pop();
    }
    if words.len() == 2 && matches!(words[1], "기자" | "記者" | "记者") {
        words.pop();
    }
    let before = |c: char| !c.is_alphanumeric() && c != '_';
    let after = |c: char| !c.is_alphanumeric() && !matches!(c, '.' | '_' | '!');
    words.join(" ").trim_start_matches(before).trim_end_matches(after).to_owned()
}

/// Whether a part of a byline can be a name.
fn is_name(part: &str) -> bool {
    has_letters(part)
        && part.len() <= 80
        && part.split(' ').count() <= 10
        && !is_date(part)
        && !NOBODY.contains(&part.to_lowercase().as_str())
}

fn has_letters(text: &str) -> bool {
    text.chars().filter(|c| c.is_alphabetic()).nth(1).is_some()
}

/// The words at the start of a text that look like a name: up to five, each with a capital or
/// one of [`SMALL`], or in a script without capitals. A single word may be a user's name in
/// lower case.
fn name_start(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_part = |&n: &usize| {
        let word = words[n];
        let first = word.chars().find(|c| c.is_alphanumeric());
        let has_capital = first.is_some_and(|c| c.is_alphabetic() && !c.is_lowercase());
        let no_name = NO_NAME.contains(&word.to_lowercase().trim_end_matches(':'));
        (has_capital || SMALL.contains(&word) || words.len() == 1)
            && !is_day(&words[n..])
            && !no_name
    };
    let count = (0..words.len()).take_while(is_part).count();
    let name = words[..count].join(" ");
    let only_small =
        words[..count].iter().all(|word| SMALL.contains(&word.to_lowercase().as_str()));
    if count > 5 || only_small || !has_letters(&name) { String::new() } else { name }
}

fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bylines_are_cut_into_names() {
        for (byline, expected) in [
            ("By Jane Doe and John Roe, Senior Writers", &["Jane Doe", "John Roe"][..]),
            ("Jane Doe, PhD, Managing Editor | March 3, 2024", &["Jane Doe"]),
            ("Von Anna Groß und Karl Klein", &["Anna Groß", "Karl Klein"]),
            ("Por José Ortega y Gasset", &["José Ortega y Gasset"]),
            ("Por Ana Gil Ruiz y Luis Mora", &["Ana Gil Ruiz", "Luis Mora"]),
            ("Jane Doe / Reuters", &["Jane Doe", "Reuters"]),
            ("Adam Roe, AP", &["Adam Roe", "AP"]),
            ("jane@example.com (Jane Doe)", &["Jane Doe"]),
            ("https://www.facebook.com/jane", &[]),
            ("作者：王小明", &["王小明"]),
            ("신현주 기자", &["신현주"]),
            ("admin", &[]),
        ] {
            assert_eq!(names(byline), expected, "{byline}");
        }
    }

    #[test]
    fn a_shown_name_ends_before_other_words() {
        for (line, expected) in [
            ("ByJane Doe March 9, 2026", &["Jane Doe"][..]),
            ("Dec. 19, 2025 · Jo van der Roe on behalf of the team", &["Jo van der Roe"]),
            ("Sat, 20 Dec 2025", &[]),
            ("Read more about tides", &[]),
            ("the harbour was calm", &[]),
            ("By the Harbour Team 2–3 minutes", &["the Harbour Team"]),
        ] {
            assert_eq!(shown_names(line), expected, "{line}");
        }
    }
}
