//! The headline: the heading, title tag or declared title on which the page's statements agree,
//! without the site's name.

use super::{Page, key, plain};
use crate::label::Label;

/// Names that declare a title, the most trusted first.
const DECLARED: [&str; 10] = [
    "og:title", "twitter:title", "sailthru.title", "parsely-title", "citation_title", "dc.title",
    "dcterms.title", "headline", "title", "article:title",
];

/// Marks between a headline and the site's name, where space or the text's start or end
/// surrounds them. A colon is one only before or after the name itself.
const SEPARATORS: [char; 14] = ['|', '-', '–', '—', '·', '•', '»', '«', '›', '‹', '~', '⋆', '｜', '／'];

/// Finds the title; `site` is the site's name.
///
/// The order is measured: an `h1` that equals a declared title or a part of `<title>` is the
/// headline more often than any of these alone.
pub fn of(page: &Page, site: Option<&str>) -> Option<String> {
    let site = Site { name: site.map(key).unwrap_or_default(), host: host_key(page.host()) };
    let claims = page.claims;
    let mut declared: Vec<String> = page.data.headline.iter().cloned().collect();
    declared.extend(DECLARED.iter().filter_map(|name| claims.meta(&[name])).map(plain));
    let declared: Vec<&str> = declared.iter().map(|t| site.strip(t)).filter(|t| !t.is_empty()).collect();
    let page_title = claims.page_title.as_deref().map(|t| site.strip(t)).filter(|t| !t.is_empty());
    let parts: Vec<&str> = page_title.map(|t| segments(t).collect()).unwrap_or_default();

    let headings: Vec<&str> = claims.h1.iter().map(|h1| heading(&h1.text)).filter(|h| !h.is_empty()).collect();
    let stated: Vec<String> = declared.iter().copied().chain(page_title).map(key).collect();
    let stated_parts: Vec<String> = parts.iter().copied().map(key).collect();
    let agreed = |with: &[String]| {
        headings.iter().copied().find(|h| !site.is(&key(h)) && with.contains(&key(h)))
    };
    let block = || {
        let block = page.labelled(Label::Title).next()?;
        Some(heading(page.blocks.text(&page.blocks[block]))).filter(|t| !t.is_empty())
    };
    let overlapping = || {
        let mut words: Vec<String> = Vec::new();
        declared.iter().chain(&page_title).for_each(|t| words.extend(self::words(t)));
        let share = |heading: &str| {
            let (mut known, mut all) = (0, 0);
            for word in self::words(heading) {
                known += words.contains(&word) as usize;
                all += 1;
            }
            if 2 * known > all { known * 100 / all } else { 0 }
        };
        headings.iter().copied().filter(|h| !site.is(&key(h)) && share(h) > 0).max_by_key(|h| share(h))
    };
    agreed(&stated)
        .or_else(|| agreed(&stated_parts))
        .or_else(block)
        .or_else(overlapping)
        .or_else(|| parts.first().copied())
        .or_else(|| declared.first().copied())
        .or_else(|| headings.first().copied())
        .map(|title| title.replace('\n', " "))
}

/// A heading without the anchor marks of documentation tools.
fn heading(text: &str) -> &str {
    text.trim_end_matches(|c: char| matches!(c, '¶' | '#' | '§') || c.is_whitespace())
}

fn words(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase)
}

/// The parts of a title between separators.
fn segments(title: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(title);
    std::iter::from_fn(move || {
        let text = rest?;
        match separator(text) {
            Some((start, end)) => {
                rest = Some(&text[end..]);
                Some(&text[..start])
            }
            None => rest.take(),
        }
    })
    .map(str::trim)
    .filter(|part| !part.is_empty())
}

/// The place of the first separator.
fn separator(text: &str) -> Option<(usize, usize)> {
    text.char_indices().find_map(|(i, c)| {
        let end = i + c.len_utf8();
        let spaced = text[..i].ends_with(char::is_whitespace) && text[end..].starts_with(char::is_whitespace);
        let wide = matches!(c, '｜' | '|' | '»');
        (i > 0 && SEPARATORS.contains(&c) && (spaced || wide)).then_some((i, end))
    })
}

/// How the site's name can be told.
struct Site {
    /// Key of its name.
    name: String,
    /// Key of its host without the top-level domain.
    host: String,
}

impl Site {
    /// Whether a part of a title is the site's name.
    fn is(&self, part: &str) -> bool {
        let same = |name: &str| part == name || part.len() >= 4 && name.len() >= 4 && (name.starts_with(part) || part.starts_with(name));
        !part.is_empty() && (same(&self.name) || same(&self.host))
    }

    /// Cuts the site's name off either end of a title that has more than that.
    fn strip<'a>(&self, title: &'a str) -> &'a str {
        let mut title = title.trim();
        loop {
            let cut = self.cut_end(title).or_else(|| self.cut_start(title));
            match cut {
                Some(shorter) if !shorter.is_empty() => title = shorter,
                _ => return title,
            }
        }
    }

    fn cut_end<'a>(&self, title: &'a str) -> Option<&'a str> {
        let (i, c) = title.char_indices().rev().find(|(_, c)| is_mark(*c))?;
        let tail = &title[i + c.len_utf8()..];
        let spaced = tail.starts_with(char::is_whitespace) || !c.is_ascii() || c == '|';
        // The name itself may hold a mark.
        let whole = || {
            segments(title).skip(1).find_map(|part| {
                let at = part.as_ptr() as usize - title.as_ptr() as usize;
                (key(&title[at..]) == self.name && !self.name.is_empty()).then_some(at)
            })
        };
        if spaced && self.is(&key(tail)) {
            Some(trim_marks(&title[..i]))
        } else {
            whole().map(|at| trim_marks(&title[..at]))
        }
    }

    fn cut_start<'a>(&self, title: &'a str) -> Option<&'a str> {
        let (i, c) = title.char_indices().find(|(_, c)| is_mark(*c))?;
        let tail = &title[i + c.len_utf8()..];
        let spaced = tail.starts_with(char::is_whitespace) || !c.is_ascii() || c == '|';
        (spaced && self.is(&key(&title[..i]))).then(|| tail.trim())
    }
}

fn is_mark(c: char) -> bool {
    SEPARATORS.contains(&c) || matches!(c, ':' | '：')
}

fn trim_marks(text: &str) -> &str {
    text.trim_end_matches(|c: char| is_mark(c) || c.is_whitespace())
}

/// `lavanguardia` of `www.lavanguardia.com`, `gov` suffixes and the like cut by length: a label
/// of up to three letters before the last is part of the suffix (`co.uk`).
fn host_key(host: Option<&str>) -> String {
    let mut labels: Vec<&str> = host.unwrap_or_default().split('.').collect();
    labels.pop();
    while labels.len() > 1 && labels.last().is_some_and(|l| l.len() <= 3) {
        labels.pop();
    }
    labels.last().map(|l| key(l)).unwrap_or_default()
}
