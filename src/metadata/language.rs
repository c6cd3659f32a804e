//! The language of the text: what the page declares, checked against what its text looks like.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::LazyLock;

use isolang::Language;
use rustc_hash::FxHashSet;
use unic_langid::LanguageIdentifier;
use whatlang::Lang;

use super::Page;
use crate::label::Label;
use crate::segment::Block;

/// Characters of text, without spaces, below which detection overrules no declaration.
const ENOUGH: usize = 400;

/// Bytes of text that are looked at.
const SAMPLE: usize = 1000;

/// The tag of a page's language.
pub fn of(page: &Page) -> Option<String> {
    let claims = page.claims;
    let declared = claims
        .html_lang
        .and_then(tag)
        .or_else(|| {
            claims.meta(&["content-language", "language", "og:locale", "dc.language"]).and_then(tag)
        })
        .or_else(|| page.data.lang.as_deref().and_then(tag));
    let text = sample(page);
    let long = text.chars().filter(|c| c.is_alphabetic()).count() >= ENOUGH;
    let is_settled =
        |declared: &LanguageIdentifier| declared.language.as_str() == "en" && is_english(&text);
    let detected = (long && !declared.as_ref().is_some_and(is_settled))
        .then(|| whatlang::detect(&text))
        .flatten()
        .filter(|info| info.is_reliable())
        .and_then(|info| language(info.lang()));
    let tag = match (declared, detected) {
        (Some(declared), Some(seen)) if !agree(declared.language.as_str(), seen) => {
            seen.parse().ok()?
        }
        (Some(declared), _) => declared,
        (None, seen) => seen?.parse().ok()?,
    };
    Some(tag.to_string())
}

/// Whether a text is in English beyond doubt, at a small part of the cost of detection: a fifth of
/// its words are function words of English. (So it is in 94% of the English pages of WCXB's
/// development split and of 143 news pages; of their pages in other languages none has a tenth.)
fn is_english(text: &str) -> bool {
    static FUNCTION_WORDS: LazyLock<FxHashSet<&str>> =
        LazyLock::new(|| stop_words::lookup("en").into_iter().flatten().copied().collect());
    let text = text.to_ascii_lowercase();
    let words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
    let (count, function) = words.fold((0, 0), |(count, function), word| {
        (count + 1, function + usize::from(FUNCTION_WORDS.contains(word)))
    });
    function * 5 >= count
}

/// The main text where it is known, else the longest blocks.
fn sample(page: &Page) -> String {
    let mut chosen: Vec<usize> = page.labelled(Label::Body).collect();
    if chosen.is_empty() {
        let is_prose = |block: &Block| !block.hidden && block.link_chars * 4 < block.chars;
        chosen = (0..page.blocks.len()).filter(|&i| is_prose(&page.blocks[i])).collect();
    }
    // The longest first, and of equal ones the first: a few of them are enough.
    let by_length = |i: usize| (page.blocks[i].chars, Reverse(i));
    let mut longest: BinaryHeap<_> = chosen.into_iter().map(by_length).collect();
    let mut text = String::with_capacity(SAMPLE);
    while let Some((_, Reverse(i))) = longest.pop() {
        let block = page.blocks.text(&page.blocks[i]);
        let room = SAMPLE - text.len();
        text.push_str(&block[..block.floor_char_boundary(room)]);
        if block.len() >= room {
            break;
        }
        text.push(' ');
        if text.len() >= SAMPLE {
            break;
        }
    }
    text
}

/// A declared language as a well-formed tag of a known language.
fn tag(declared: &str) -> Option<LanguageIdentifier> {
    let first = declared.split([',', ';']).next()?.trim();
    // What follows language, script and region (variants, extensions) says nothing here.
    let mut id: LanguageIdentifier = first.parse().ok()?;
    id.clear_variants();
    let code = id.language.as_str();
    let known = Language::from_639_1(code).or_else(|| Language::from_639_3(code));
    known.filter(|l| *l != Language::Und).map(|_| id)
}

/// The tag of a detected language.
fn language(detected: Lang) -> Option<&'static str> {
    match detected {
        // The text says Chinese, Norwegian or Persian; the register's own two-letter codes are
        // those of the wider language.
        Lang::Cmn => Some("zh"),
        Lang::Pes => Some("fa"),
        // Latin on the web is filler text.
        Lang::Lat => None,
        other => Language::from_639_3(other.code())?.to_639_1(),
    }
}

/// Whether a declared and a detected language are the same, or too close to be told apart.
fn agree(declared: &str, detected: &str) -> bool {
    const CLOSE: [&[&str]; 6] = [
        &["no", "nb", "nn", "da"],
        &["hr", "sr", "bs", "sh", "cnr"],
        &["id", "ms", "jv"],
        &["zh", "yue"],
        &["cs", "sk"],
        &["af", "nl"],
    ];
    // A language the detector does not know is taken for its nearest relative.
    let is_detectable =
        || Lang::all().iter().filter_map(|lang| language(*lang)).any(|l| l == declared);
    declared == detected
        || CLOSE.iter().any(|close| close.contains(&declared) && close.contains(&detected))
        || declared != "en" && !is_detectable()
}

#[cfg(test)]
mod tests {
    use crate::metadata::metadata;
    use crate::{dom, segment::Blocks};

    fn lang(html: &str) -> Option<String> {
        let document = dom::parse(html);
        metadata(&document, &Blocks::of_document(&document), None, None).lang
    }

    #[test]
    fn a_long_text_overrules_a_wrong_declaration() {
        let text =
            "Der Hafen liegt still, und die Boote drehen sich langsam mit dem Wasser. ".repeat(10);
        assert_eq!(lang(&format!("<html lang=en><p>{text}")).as_deref(), Some("de"));
        assert_eq!(lang(&format!("<html lang=de-at><p>{text}")).as_deref(), Some("de-AT"));
        assert_eq!(lang(&format!("<p>{text}")).as_deref(), Some("de"));
        assert_eq!(lang("<html lang=en><p>Der Hafen liegt still.").as_deref(), Some("en"));
    }

    #[test]
    fn declarations_are_well_formed_tags() {
        assert_eq!(lang("<meta property=og:locale content=pt_br>").as_deref(), Some("pt-BR"));
        assert_eq!(lang("<html lang='zh-hant-tw'>").as_deref(), Some("zh-Hant-TW"));
        assert_eq!(lang("<html lang='english'>"), None);
        assert_eq!(lang("<html lang='{{ locale }}'>"), None);
    }
}
