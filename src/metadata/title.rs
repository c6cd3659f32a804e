//! The headline: the heading, title tag or declared title on which the page's statements agree,
//! without the site's name.

use super::{Page, key, plain};
use crate::label::Label;

/// Names that declare a title, the most trusted first.
const DECLARED: [&str; 10] = [
    "og:title",
    "twitter:title",
    "sailthru.title",
    "parsely-title",
    "citation_title",
    "dc.title",
    "dcterms.title",
    "headline",
    "title",
    "article:title",
];

/// Marks between the parts of a title. A colon is one only before the site's name.
const SEPARATORS: [char; 14] =
    ['|', '-', '–', '—', '·', '•', '»', '«', '›', '‹', '~', '⋆', '｜', '／'];

/// Finds the title; `site` is the site's name.
///
/// The order is measured: an `h1` that equals a declared title or a part of `<title>` is the
/// headline more often than any of these alone.
pub fn of(page: &Page, site: Option<&str>) -> Option<String> {
    let site = Site {
        name: site.map(key).unwrap_or_default(),
        host: page.host().map(host_key).unwrap_or_default(),
    };
    let claims = page.claims;
    let mut declared: Vec<String> = page.data.headline.iter().cloned().collect();
    declared.extend(DECLARED.iter().filter_map(|name| claims.meta(&[name])).map(plain));
    let declared: Vec<&str> =
        declared.iter().map(|t| site.strip(t)).filter(|t| !t.is_empty()).collect();
    let page_title = claims.page_title.as_deref().map(|t| site.strip(t)).filter(|t| !t.is_empty());
    let parts: Vec<&str> = page_title.map(|t| segments(t).collect()).unwrap_or_default();

    // A block that is labelled the title is a heading like any other.
    let blocks = page.labelled(Label::Title).map(|i| page.blocks.text(&page.blocks[i])).take(3);
    let headings: Vec<&str> = claims
        .h1
        .iter()
        .map(|h1| h1.text.as_str())
        .chain(blocks)
        .map(heading)
        .filter(|heading| !heading.is_empty() && !site.is(&key(heading)))
        .collect();
    let stated: Vec<String> = declared.iter().copied().chain(page_title).map(key).collect();
    let stated_parts: Vec<String> = parts.iter().copied().map(key).collect();
    // The declared spelling has the marks that a heading leaves to its style ("Kicker: headline").
    let agreed = |with: &[String]| {
        let heading = headings.iter().copied().find(|h| with.contains(&key(h)))?;
        declared.iter().copied().find(|title| key(title) == key(heading)).or(Some(heading))
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
            if 5 * known > 3 * all { known * 100 / all } else { 0 }
        };
        headings.iter().copied().filter(|h| share(h) > 0).max_by_key(|h| share(h))
    };
    agreed(&stated)
        .or_else(|| agreed(&stated_parts))
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
        let spaced = text[..i].ends_with(char::is_whitespace)
            && text[end..].starts_with(char::is_whitespace);
        let wide = matches!(c, '｜' | '|' | '»');
        (i > 0 && SEPARATORS.contains(&c) && (spaced || wide)).then_some((i, end))
    })
}

/// How the site's name can be told.
struct Site {
    /// Key of its name.
    name: String,
    /// Key of its registrable name.
    host: String,
}

impl Site {
    /// Whether a part of a title is the site's name.
    fn is(&self, part: &str) -> bool {
        let same = |name: &str| {
            part == name
                || part.len() >= 4
                    && name.len() >= 4
                    && (name.starts_with(part) || part.starts_with(name))
        };
        !part.is_empty() && (same(&self.name) || same(&self.host))
    }

    /// Cuts the site's name off the end of a title that has more than that. At the start it is
    /// most often part of the title: "Site – what it does", "Site: Index".
    fn strip<'a>(&self, title: &'a str) -> &'a str {
        let mut title = title.trim();
        while let Some(shorter) = self.cut_end(title).filter(|shorter| !shorter.is_empty()) {
            title = shorter;
        }
        title
    }

    fn cut_end<'a>(&self, title: &'a str) -> Option<&'a str> {
        let (i, c) = title.char_indices().rev().find(|(_, c)| is_mark(*c))?;
        let tail = &title[i + c.len_utf8()..];
        let spaced = tail.starts_with(char::is_whitespace) || !c.is_ascii() || c == '|';
        if spaced && self.is(&key(tail)) {
            return Some(trim_marks(&title[..i]));
        }
        // The name itself may hold a mark.
        let mut marks = title.char_indices().filter(|(_, c)| is_mark(*c));
        let at = marks.find(|(i, _)| !self.name.is_empty() && key(&title[*i..]) == self.name)?.0;
        Some(trim_marks(&title[..at]))
    }
}

fn is_mark(c: char) -> bool {
    SEPARATORS.contains(&c) || matches!(c, ':' | '：')
}

fn trim_marks(text: &str) -> &str {
    text.trim_end_matches(|c: char| is_mark(c) || c.is_whitespace())
}

/// The registrable name of a host: `lavanguardia` of `www.lavanguardia.com`.
fn host_key(host: &str) -> String {
    psl::domain_str(host).and_then(|domain| domain.split('.').next()).map(key).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::metadata::metadata;
    use crate::{dom, segment::Blocks};

    fn title(html: &str) -> String {
        let document = dom::parse(html);
        let url = Some("https://www.harbour-news.co.uk/tide");
        metadata(&document, &Blocks::of_document(&document), None, url).title.unwrap_or_default()
    }

    #[test]
    fn the_sites_name_is_no_part_of_the_title() {
        assert_eq!(title("<title>Low tide - Harbour News</title>"), "Low tide");
        assert_eq!(
            title("<title>Low tide : High hopes : Harbour News</title>"),
            "Low tide : High hopes"
        );
        let site = "<meta property=og:site_name content='Sea | Land'>";
        assert_eq!(title(&format!("{site}<title>Low tide | Sea | Land</title>")), "Low tide");
    }

    #[test]
    fn the_heading_that_a_declaration_confirms_is_the_title() {
        let head = "<title>Low tide - News - Harbour</title><meta property=og:title content='Kicker: Low tide'>";
        assert_eq!(title(&format!("{head}<h1>Harbour News</h1><h1>Low tide</h1>")), "Low tide");
        assert_eq!(
            title(&format!("{head}<h1><b>Kicker</b><i>Low tide</i></h1>")),
            "Kicker: Low tide"
        );
        assert_eq!(title(&format!("{head}<h1>Subscribe now</h1>")), "Low tide");
        assert_eq!(title("<title>Home</title><h1>What you <br>waited for ¶</h1>"), "Home");
    }
}
