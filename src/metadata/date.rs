//! When a page was published: declared dates, then those at the headline, then the address.
//!
//! Reads ISO 8601, RFC 2822 and dates as people write them in some thirty languages. A numeric
//! date whose day and month cannot be told apart is no date.

use std::collections::HashMap;
use std::sync::LazyLock;

use jiff::civil::{Date, DateTime};
use jiff::fmt::{rfc2822, temporal};
use jiff::tz::Offset;

use super::claims::{prop_value, visible_text};
use super::{Anchor, Page};
use crate::dom::{Attr, NodeId};

/// Names that declare the day of publication, the most trusted first.
const PUBLISHED: [&str; 34] = [
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
    "datepublished",
    "parsely-pub-date",
    "sailthru.date",
    "cxenseparse:recs:publishtime",
    "cxenseparse:publishtime",
    "citation_publication_date",
    "citation_date",
    "citation_online_date",
    "dc.date.issued",
    "dcterms.issued",
    "dc.date.created",
    "dcterms.created",
    "dcterms.date",
    "publish-date",
    "publish_date",
    "published_at",
    "pubdate",
    "publishdate",
    "publisheddate",
    "published",
    "published_time",
    "publication_date",
    "date.available",
    "dcsext.articlefirstpublished",
    "article.published",
    "bt:pubdate",
    "video:release_date",
    "dc.date",
    "date",
    "created",
];

/// Names that declare the last change.
const MODIFIED: [&str; 7] = [
    "article:modified_time",
    "og:updated_time",
    "datemodified",
    "dcterms.modified",
    "dc.date.modified",
    "last-modified",
    "updated",
];

/// Finds the date; `lang` settles the order of day and month in a numeric date.
pub fn of(page: &Page, anchor: &Anchor, lang: Option<&str>) -> Option<String> {
    let read = |text: &str| parse(text, lang);
    let declared =
        |names: &[&str]| names.iter().find_map(|name| page.claims.meta(&[name]).and_then(read));
    let prop = |name: &str| {
        let mut props = page.claims.props(name).filter(|&id| !page.is_reply(id));
        props.find_map(|id| read(&prop_value(page.document, id)))
    };
    page.data
        .published
        .as_deref()
        .and_then(read)
        .or_else(|| declared(&PUBLISHED))
        .or_else(|| prop("datePublished"))
        .or_else(|| prop("dateCreated"))
        .or_else(|| shown(page, anchor, lang))
        .or_else(|| page.url.and_then(in_address))
        .or_else(|| page.data.modified.as_deref().and_then(read))
        .or_else(|| declared(&MODIFIED))
        .or_else(|| prop("dateModified"))
        .or_else(|| standing_alone(page, anchor, lang))
}

/// The first block below the title that holds a date and little else.
fn standing_alone(page: &Page, anchor: &Anchor, lang: Option<&str>) -> Option<String> {
    let title = anchor.title?;
    let short = |text: &str| text.len() <= 60 && text.contains(|c| digit(c).is_some());
    let mut after = page.blocks.iter().filter(|block| block.first > title);
    after.find_map(|block| {
        let text = page.blocks.text(block);
        let date = if short(text) && !speaks_of_others(text) { find(text, lang) } else { None };
        date.filter(|_| !page.is_aside(anchor, block.node))
    })
}

/// The date at the headline: a `<time>`, else one in the text of a likely block. Words that speak
/// of an update make a date count less.
fn shown(page: &Page, anchor: &Anchor, lang: Option<&str>) -> Option<String> {
    let mut updated = None;
    for &i in &anchor.blocks {
        let block = &page.blocks[i];
        let text = page.blocks.text(block);
        let time = page.claims.times.iter().find(|&&t| {
            block.node <= t && t <= block.last && page.document.node(t).end > block.first
        });
        if speaks_of_others(text) {
            continue;
        }
        let found = time
            .and_then(|&t| time_value(page, t, lang))
            .or_else(|| if text.len() <= LONGEST_BYLINE { find(text, lang) } else { None });
        if let Some(date) = found {
            if !speaks_of_update(text) {
                return Some(date);
            }
            updated.get_or_insert(date);
        }
    }
    let after = anchor.title.unwrap_or(0);
    updated.or_else(|| {
        page.claims.times.iter().filter(|&&t| t > after).find_map(|&t| time_value(page, t, lang))
    })
}

/// Text longer than this is no byline, in bytes.
const LONGEST_BYLINE: usize = 200;

fn time_value(page: &Page, id: NodeId, lang: Option<&str>) -> Option<String> {
    let declared = page.document.attr(id, Attr::Datetime).and_then(|text| parse(text, lang));
    declared.or_else(|| find(&visible_text(page.document, id), lang))
}

/// Whether a line's date is that of a membership, a right or a past event.
fn speaks_of_others(text: &str) -> bool {
    const WORDS: [&str; 9] = [
        "joined",
        "join date",
        "member since",
        "registered",
        "registriert",
        "copyright",
        "©",
        "expires",
        "born",
    ];
    mentions(text, &WORDS)
}

fn speaks_of_update(text: &str) -> bool {
    const WORDS: [&str; 16] = [
        "updat",
        "modif",
        "last",
        "aktualisiert",
        "geändert",
        "mis à jour",
        "actualiz",
        "atualiz",
        "aggiorna",
        "bijgewerkt",
        "oppdatert",
        "opdatere",
        "uppdatera",
        "обновл",
        "güncel",
        "更新",
    ];
    mentions(text, &WORDS)
}

/// Whether one of the words, in lower case, is in the text in any case.
fn mentions(text: &str, words: &[&str]) -> bool {
    let text = text.to_lowercase();
    words.iter().any(|word| text.contains(word))
}

/// The date in an address: `/2024/03/12/`, `/2024-03-12-`, `/20240312`.
fn in_address(url: &str) -> Option<String> {
    let path = url.split_once("://").map_or(url, |(_, rest)| rest).split(['?', '#']).next()?;
    let mut numbers: Vec<(u32, usize)> = Vec::new();
    for part in path.split(|c: char| !c.is_alphanumeric()) {
        // An article number can begin with the day: `A2024031214320005196`.
        let digits = part.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if digits.len() >= 12 && digits.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push((digits[..8].parse().ok()?, 8));
        } else if !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_digit()) {
            numbers.push((part.parse().ok()?, part.len()));
        } else if let Some(month) = MONTHS.get(part) {
            numbers.push((*month, 2));
        } else {
            numbers.clear();
        }
        let found = match numbers.as_slice() {
            [.., (y, 4), (m, 1..=2), (d, 1..=2)] => day(*y, *m, *d),
            [.., (n, 8)] => day(n / 10_000, n / 100 % 100, n % 100),
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// A declared date in any notation.
fn parse(text: &str, lang: Option<&str>) -> Option<String> {
    let text = text.trim();
    iso(text).or_else(|| rfc(text)).or_else(|| find(text, lang))
}

/// ISO 8601 and its common variations; the time and offset are kept where they are there.
fn iso(text: &str) -> Option<String> {
    static PARSER: temporal::DateTimeParser = temporal::DateTimeParser::new();
    let pieces = PARSER.parse_pieces(text).ok()?;
    let date = sane(pieces.date())?;
    let Some(time) = pieces.time() else { return Some(date.to_string()) };
    Some(date_time(date.to_datetime(time), pieces.to_numeric_offset()))
}

fn rfc(text: &str) -> Option<String> {
    static PARSER: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new();
    let zoned = PARSER.parse_zoned(text).ok()?;
    sane(zoned.date())?;
    Some(date_time(zoned.datetime(), Some(zoned.offset())))
}

/// ISO 8601 to the second, with the offset where it is known.
fn date_time(at: DateTime, offset: Option<Offset>) -> String {
    let (date, time) = (at.date(), at.time());
    let clock = format!("{date}T{:02}:{:02}:{:02}", time.hour(), time.minute(), time.second());
    match offset.map(|offset| offset.seconds()) {
        None => clock,
        Some(0) => clock + "Z",
        Some(seconds) => {
            let (sign, minutes) = (if seconds < 0 { '-' } else { '+' }, seconds.abs() / 60);
            format!("{clock}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
    }
}

/// The web's years: an earlier or later one is an error, or a date that the text speaks of.
fn sane(date: Date) -> Option<Date> {
    (1990..=2100).contains(&date.year()).then_some(date)
}

fn day(year: u32, month: u32, day: u32) -> Option<String> {
    let date =
        Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
    sane(date).map(|date| date.to_string())
}

/// A piece of a text that may be part of a date.
#[derive(Clone, Debug)]
enum Piece {
    /// A number, how many digits it has, and the character after it.
    Number(u32, usize, char),
    Month(u32),
    Other,
}

/// The first date in a text.
fn find(text: &str, lang: Option<&str>) -> Option<String> {
    let pieces = pieces(text);
    for at in 0..pieces.len() {
        let found = match &pieces[at..] {
            // 2024-03-12, 2024/3/12, 2024. 3. 12., 2024年3月12日
            [
                Piece::Number(y, 4, _),
                Piece::Number(m, 1..=2, _),
                Piece::Number(d, 1..=2, _),
                ..,
            ] => day(*y, *m, *d),
            [
                Piece::Number(a, 1..=2, mark),
                Piece::Number(b, 1..=2, mark2),
                Piece::Number(y, 4, _),
                ..,
            ] if mark == mark2 => numeric(*a, *b, *y, *mark, lang),
            [
                Piece::Number(d, 1..=2, '.'),
                Piece::Number(m, 1..=2, '.'),
                Piece::Number(y, 2, mark),
                ..,
            ] if *mark != '.' => day(2000 + *y, *m, *d),
            [Piece::Number(d, 1..=2, _), Piece::Month(m), Piece::Number(y, 4, _), ..] => {
                day(*y, *m, *d)
            }
            [Piece::Month(m), Piece::Number(d, 1..=2, _), Piece::Number(y, 4, _), ..] => {
                day(*y, *m, *d)
            }
            [Piece::Number(y, 4, _), Piece::Month(m), Piece::Number(d, 1..=2, _), ..] => {
                day(*y, *m, *d)
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// Whether a text has a date in it.
pub fn is_date(text: &str) -> bool {
    text.contains(|c| digit(c).is_some()) && find(text, Some("und")).is_some()
}

/// Whether a word is a month's name or its beginning.
pub fn is_month(word: &str) -> bool {
    MONTHS.contains_key(word.trim_end_matches('.').to_lowercase().as_str())
}

/// A date of three numbers with the year last.
fn numeric(a: u32, b: u32, year: u32, mark: char, lang: Option<&str>) -> Option<String> {
    let month_first = match (mark, lang) {
        _ if a > 12 || a == b => false,
        _ if b > 12 => true,
        ('.', _) => false,
        ('/' | '-', Some("en-US")) => true,
        ('/' | '-', Some(lang)) if lang != "en" => false,
        _ => return None,
    };
    if month_first { day(year, a, b) } else { day(year, b, a) }
}

/// Cuts a text into numbers and words. Words that stand inside dates (`de`, `of`, `th`) vanish.
fn pieces(text: &str) -> Vec<Piece> {
    const FILLERS: [&str; 16] = [
        "de", "del", "of", "st", "nd", "rd", "th", "er", "den", "the", "di", "ngày", "г", "tháng",
        "năm", "в",
    ];
    let mut pieces = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        if let Some(first) = digit(c) {
            let (mut number, mut digits) = (first, 1);
            while let Some(next) = chars.peek().copied().and_then(digit) {
                number = number.saturating_mul(10).saturating_add(next);
                digits += 1;
                chars.next();
            }
            let mark = chars.peek().copied().unwrap_or(' ');
            // The hours of a clock are no day.
            if mark == ':' {
                pieces.push(Piece::Other);
                chars.next();
            } else {
                if matches!(mark, '年' | '月' | '日' | '년' | '월' | '일' | '/' | '.' | '-') {
                    chars.next();
                }
                pieces.push(Piece::Number(number, digits, mark));
            }
        } else if c.is_alphabetic() {
            let mut word: String = c.to_lowercase().collect();
            // Elements that only style sets apart are glued together: "DoeMarch 12".
            let mut before = c;
            let continues = |before: char, c: char| {
                is_mark(c)
                    || c.is_alphabetic()
                        && digit(c).is_none()
                        && !(before.is_lowercase() && c.is_uppercase())
            };
            while let Some(&next) = chars.peek().filter(|c| continues(before, **c)) {
                before = next;
                word.extend(next.to_lowercase());
                chars.next();
            }
            match MONTHS.get(word.as_str()) {
                Some(month) => pieces.push(Piece::Month(*month)),
                None if FILLERS.contains(&word.as_str()) => {}
                None => pieces.push(Piece::Other),
            }
        } else if !c.is_whitespace()
            && !matches!(c, ',' | '.' | '،' | '’' | '\'' | '\u{200e}' | '\u{200f}')
        {
            pieces.push(Piece::Other);
        }
    }
    pieces
}

/// Combining marks belong to the word they follow (Hindi, decomposed Latin).
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{903}' | '\u{93a}'..='\u{94f}')
}

/// The value of a decimal digit: ASCII, Arabic, Persian, Devanagari, Bengali or full width.
fn digit(c: char) -> Option<u32> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        '\u{966}'..='\u{96f}' => '\u{966}',
        '\u{9e6}'..='\u{9ef}' => '\u{9e6}',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        _ => return None,
    };
    Some(c as u32 - zero as u32)
}

/// Month names in the form that dates use, January first; a language a line.
const NAMES: [&str; 30] = [
    "january february march april may june july august september october november december",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "jänner feber maerz april mai juni juli august september oktober november dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "gener febrer març abril maig juny juliol agost setembre octubre novembre desembre",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "januar februar marts april maj juni juli august september oktober november december",
    "januar februar mars april mai juni juli august september oktober november desember",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ledna února března dubna května června července srpna září října listopadu prosince",
    "januára februára marca apríla mája júna júla augusta septembra októbra novembra decembra",
    "január február március április május június július augusztus szeptember október november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "януари февруари март април май юни юли август септември октомври ноември декември",
    "ιανουαρίου φεβρουαρίου μαρτίου απριλίου μαΐου ιουνίου ιουλίου αυγούστου σεπτεμβρίου οκτωβρίου νοεμβρίου δεκεμβρίου",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر",
    "ژانویه فوریه مارس آوریل مه ژوئن ژوئیه اوت سپتامبر اکتبر نوامبر دسامبر",
    "ינואר פברואר מרץ אפריל מאי יוני יולי אוגוסט ספטמבר אוקטובר נובמבר דצמבר",
    "בינואר בפברואר במרץ באפריל במאי ביוני ביולי באוגוסט בספטמבר באוקטובר בנובמבר בדצמבר",
    "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
    "জানুয়ারি ফেব্রুয়ারি মার্চ এপ্রিল মে জুন জুলাই আগস্ট সেপ্টেম্বর অক্টোবর নভেম্বর ডিসেম্বর",
];

/// Month names and their beginnings, from three letters, that are no other month's in the same
/// language; where languages differ, the one that stands first in [`NAMES`] counts.
static MONTHS: LazyLock<HashMap<&str, u32>> = LazyLock::new(|| {
    let mut months = HashMap::new();
    for names in NAMES {
        for (month, name) in (1..).zip(names.split(' ')) {
            months.entry(name).or_insert(month);
        }
    }
    for names in NAMES {
        for (month, name) in (1..).zip(names.split(' ')) {
            for (end, _) in name.char_indices().skip(3) {
                let short = &name[..end];
                if names.split(' ').filter(|other| other.starts_with(short)).count() == 1 {
                    months.entry(short).or_insert(month);
                }
            }
        }
    }
    months
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_of_many_languages_are_read() {
        for text in [
            "Mar 12, 2024",
            "Posted on 12th of March, 2024 at 10:15",
            "Dienstag, 12. März 2024, 10:15 Uhr",
            "12 de marzo de 2024",
            "mar. 12 mars 2024",
            "12 marzo 2024",
            "12 de março de 2024",
            "di 12 maart 2024",
            "wtorek, 12 marca 2024",
            "12 марта 2024 г.",
            "12 Mart 2024 Salı",
            "١٢ مارس ٢٠٢٤",
            "12 मार्च 2024",
            "2024年3月12日",
            "2024년 3월 12일",
            "2024. 3. 12.",
            "12.03.24 | 14:07",
            "DoeMarch 12, 2024",
        ] {
            assert_eq!(find(text, None).as_deref(), Some("2024-03-12"), "{text}");
        }
    }

    #[test]
    fn day_and_month_are_told_apart_or_not_at_all() {
        let day = |lang| find("05/03/2024", lang);
        assert_eq!(day(Some("en-US")).as_deref(), Some("2024-05-03"));
        assert_eq!(day(Some("fr")).as_deref(), Some("2024-03-05"));
        assert_eq!(day(Some("en-GB")).as_deref(), Some("2024-03-05"));
        assert_eq!((day(Some("en")), day(None)), (None, None));
        assert_eq!(find("03/25/2024", None).as_deref(), Some("2024-03-25"));
        assert_eq!(find("31/02/2024 or 2.3.4", None), None);
    }

    #[test]
    fn declared_dates_keep_their_time_and_offset() {
        for (text, expected) in [
            ("2024-03-12T10:15:30.123Z", "2024-03-12T10:15:30Z"),
            ("2024-03-12 10:15-0500", "2024-03-12T10:15:00-05:00"),
            ("2024-03-12T10:15", "2024-03-12T10:15:00"),
            ("20240312", "2024-03-12"),
            ("Tue, 12 Mar 2024 10:15:30 +0000", "2024-03-12T10:15:30Z"),
            ("Mar 12, 2024 10:15", "2024-03-12"),
        ] {
            assert_eq!(parse(text, None).as_deref(), Some(expected), "{text}");
        }
        assert_eq!(parse("0001-01-01T00:00:00", None), None);
    }

    #[test]
    fn addresses_tell_the_day() {
        for url in [
            "https://a.example/2024/03/12/tide",
            "https://a.example/blog/2024/march/12/",
            "https://a.example/2024-03-12-tide.html?at=2023-01-01",
            "https://a.example/news/A2024031214320005196",
        ] {
            assert_eq!(in_address(url).as_deref(), Some("2024-03-12"), "{url}");
        }
        assert_eq!(in_address("https://a.example/2024/03/tide-12"), None);
        assert_eq!(in_address("https://a.example/99999999999/12345678"), None);
    }
}
