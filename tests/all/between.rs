//! What stands between a text's paragraphs in elements that tell nothing: only its words say that it
//! is no part of it.
//!
//! `between.jsonl` holds articles in 23 languages, written for the project, and lines such as sites put
//! between paragraphs: labels of advertisements, teasers, stand-ins for what waits for consent, offers,
//! buttons. Among the paragraphs are short ones, and some that speak of these things.

use dehusk::extract::{Extractor, Options};
use dehusk::source::Kind;
use serde::Deserialize;

#[derive(Deserialize)]
struct Article {
    lang: String,
    title: String,
    paragraphs: Vec<String>,
    between: Vec<String>,
}

fn articles() -> Vec<Article> {
    let lines = include_str!("between.jsonl").lines();
    lines.map(|line| serde_json::from_str(line).unwrap()).collect()
}

impl Article {
    /// Each paragraph with what stands behind it.
    fn parts(&self) -> impl Iterator<Item = (&String, &[String])> {
        let each = self.between.len().div_ceil(self.paragraphs.len());
        let between = self.between.chunks(each).chain(std::iter::repeat(&[][..]));
        self.paragraphs.iter().zip(between)
    }

    /// The text alone, a line a paragraph.
    fn lines(&self, with_between: bool) -> String {
        let mut lines = vec![self.title.as_str()];
        for (paragraph, between) in self.parts() {
            lines.push(paragraph);
            lines.extend(between.iter().filter(|_| with_between).map(String::as_str));
        }
        lines.join("\n")
    }

    /// A page whose paragraphs are elements of these two names by turns, and what stands between them,
    /// if that is to be, of another.
    fn page(&self, paragraph_tags: [&str; 2], between: Option<&str>) -> String {
        let Article { lang, title, .. } = self;
        let mut body = String::new();
        for ((paragraph, texts), tag) in self.parts().zip(paragraph_tags.iter().cycle()) {
            body += &format!("<{tag}>{paragraph}</{tag}>");
            for text in texts {
                body.extend(between.map(|tag| format!("<{tag}>{text}</{tag}>")));
            }
        }
        format!(
            "<!doctype html><html lang={lang}><title>{title}</title><body>
            <header><ul><li><a href=/>Home</a></li><li><a href=/sport>Sport</a></li></ul></header>
            <main><div class=main><h1>{title}</h1><div class=text>{body}</div></div></main>
            <footer><p>© 2024</p></footer>"
        )
    }
}

/// What paragraphs are, what stands between them is, and how many of these 440 lines may be kept, and of 398
/// paragraphs lost.
const MOST: [(&str, &str, usize, usize); 3] =
    [("p", "div", 317, 0), ("p", "p", 332, 0), ("div", "div", 326, 1)];

/// Which of all articles' paragraphs are lost, and which lines between them are kept, where `page` gives an
/// article's page; `layout` names it where the figures are printed.
fn lost_and_kept(
    layout: &str,
    kind: Kind,
    page: impl Fn(&Article) -> String,
) -> (Vec<String>, Vec<String>) {
    let (mut lost, mut kept) = (Vec::new(), Vec::new());
    for article in articles() {
        let page = page(&article);
        let options = Options::default();
        let record = Extractor::default().extract("page", None, kind, &page, &options);
        let text = record.unwrap().text;
        let stands = |line: &String| text.lines().any(|other| other == line);
        lost.extend(article.paragraphs.into_iter().filter(|line| !stands(line)));
        kept.extend(article.between.into_iter().filter(stands));
    }
    println!("{layout}: {} lost, {} kept", lost.len(), kept.len());
    (lost, kept)
}

#[test]
fn words_tell_what_is_no_part_of_the_text() {
    for (paragraph, tag, most, most_lost) in MOST {
        let page = |article: &Article| article.page([paragraph; 2], Some(tag));
        let (lost, kept) = lost_and_kept(&format!("{tag} among {paragraph}"), Kind::Html, page);
        assert!(kept.len() <= most, "{kept:#?}");
        assert!(lost.len() <= most_lost, "{lost:#?}");
    }
}

#[test]
fn what_looks_odd_is_part_of_the_text_all_the_same() {
    let page = |article: &Article| article.page(["p", "div"], None);
    let (lost, _) = lost_and_kept("p and div by turns", Kind::Html, page);
    assert!(lost.is_empty(), "{lost:#?}");
}

/// Nothing but words tells here.
#[test]
fn lines_of_plain_text_are_told_apart() {
    let (lost, kept) = lost_and_kept("lines", Kind::Text, |article| article.lines(true));
    assert!(lost.len() <= 69, "{lost:#?}");
    assert!(kept.len() <= 137, "{kept:#?}");
    let (lost, _) = lost_and_kept("paragraphs", Kind::Text, |article| article.lines(false));
    assert!(lost.len() <= 26, "{lost:#?}");
}
