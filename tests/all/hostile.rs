//! Pages made to break dehusk: it must neither panic on them, nor overflow its stack, nor lose its
//! shape. (How long they take, and how much memory, is measured by `cargo bench --bench hostile`.)

use std::path::Path;
use std::{fs, thread};

use dehusk::dom::scan::Parser;
use dehusk::dom::{Document, Limits, Tag, TooLarge};
use dehusk::encoding::decode_html;
use dehusk::extract::{Extractor, Markup, Options};
use dehusk::record::Record;
use dehusk::source::{Kind, Reason};

use super::generator::pages;

/// Runs something where little stack is left: less than the 2 MB that threads have by default.
fn with_small_stack(run: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(512 << 10).spawn(run).unwrap();
    thread.join().unwrap();
}

fn extract(page: &[u8], markup: Markup) -> Result<Record, Reason> {
    let options = Options { markup, blocks: true, ..Options::default() };
    Extractor::default().extract("page", None, Kind::Html, &decode_html(page, None).0, &options)
}

/// The arena is in preorder, subtrees nest, and nothing is too deep.
fn check(document: &Document, limits: Limits, name: &str) {
    let nodes = document.nodes();
    assert_eq!(nodes[0].end as usize, nodes.len(), "{name}");
    for (id, node) in nodes.iter().enumerate().skip(1) {
        let parent = nodes[node.parent as usize];
        assert!((node.parent as usize) < id && node.end as usize > id, "{name}");
        assert!(node.end <= parent.end && node.depth == parent.depth + 1, "{name}");
        assert_ne!(parent.tag, Tag::Text, "{name}");
        assert!(node.depth <= limits.max_depth + 1, "{name}: {}", node.depth);
    }
}

#[test]
fn hostile_pages_keep_the_arena_in_shape() {
    let limits = Limits::default();
    let mut parser = Parser::default();
    for (name, page) in pages() {
        check(&parser.parse(&decode_html(page(200_000), None).0, limits), limits, name);
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { max_depth: 20, max_blocks: Some(100) };
    let mut parser = Parser::default();
    for (name, page) in pages() {
        let document = parser.parse(&decode_html(page(20_000), None).0, limits);
        check(&document, limits, name);
        assert!(document.nodes().len() < 1000, "{name}: {} nodes", document.nodes().len());
    }
}

#[test]
fn hostile_pages_are_extracted_or_refused() {
    with_small_stack(|| {
        for (name, page) in pages() {
            // The first are small enough to be extracted, the second large enough to be refused.
            for bytes in [10_000, 300_000] {
                for markup in [Markup::Text, Markup::Markdown] {
                    if let Ok(record) = extract(&page(bytes), markup) {
                        let blocks = record.blocks.unwrap_or_default().len();
                        assert!(blocks <= Limits::default().blocks(bytes + 1000), "{name}");
                    }
                }
            }
        }
    });
}

#[test]
fn a_page_of_fifty_megabytes_is_extracted_or_refused() {
    let wanted = [
        "one text",
        "tag starts",
        "ampersands",
        "open comments",
        "open scripts",
        "quotes",
        "nested elements",
        "attributes",
        "table cells",
        "links",
        "classes",
        "NULs",
    ];
    with_small_stack(move || {
        let pages = pages();
        for name in wanted {
            let (_, page) = pages.iter().find(|(n, _)| *n == name).unwrap();
            let _ = extract(&page(50 << 20), Markup::Text);
        }
    });
}

#[test]
fn a_page_beyond_a_limit_says_which() {
    let extract = |kind, page: &str, max_blocks| {
        let limits = Limits { max_blocks: Some(max_blocks), ..Limits::default() };
        let options = Options { limits, ..Options::default() };
        Extractor::default().extract("page", None, kind, page, &options).map(|_| ())
    };
    let reason =
        |page, max_blocks| extract(Kind::Html, page, max_blocks).map_err(|e| e.to_string());
    let page = "<p>a".repeat(10);
    assert_eq!(reason(&page, 10), Ok(()));
    assert_eq!(reason(&page, 9).unwrap_err(), "more blocks than the limit of 9");
    assert!(reason(&"<b>a</b>".repeat(100), 9).unwrap_err().starts_with("more elements and texts"));
    let refused = extract(Kind::Text, &"a\n\n".repeat(10), 9);
    let error = refused.unwrap_err();
    assert!(matches!(error, Reason::Document(TooLarge::Blocks { limit: 9 })), "{error}");
}

#[test]
fn text_below_the_depth_limit_is_kept() {
    let deep = "<div>".repeat(1000);
    let html = format!("{deep}deep{}<p>shallow", "</div>".repeat(1000));
    let document = Parser::default().parse(&html, Limits::default());
    assert_eq!(document.text_content(0), "deepshallow");
    let shallow = document.nodes().iter().position(|n| n.tag == Tag::P);
    assert_eq!(shallow.map(|id| document.nodes()[id].depth), Some(3));
}

#[test]
fn any_part_of_a_page_parses() {
    let page = "<!DOCTYPE html><html lang='en'><title>a &amp; b</title><script type=\"text/json\">\
        <!--{}</script><body class=x><p>A <b>b<i>c</b>&eacute;&#x20ac;<a href=?a&b=c>d</a>\
        <table><tr>e<td>f</table><svg><![CDATA[g]]></svg><!-- h --><textarea>\ni</textarea>\u{2019}";
    let mut parser = Parser::default();
    let limits = Limits::default();
    for (from, _) in page.char_indices() {
        for (len, _) in page[from..].char_indices() {
            check(&parser.parse(&page[from..from + len], limits), limits, page);
        }
    }
}

/// Every place where a download can break off, characters cut in two among them.
#[test]
fn every_truncation_of_an_example_parses() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
    let mut parser = Parser::default();
    let limits = Limits::default();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let page = fs::read(&path).unwrap();
        for end in 0..page.len() {
            let (html, _) = decode_html(&page[..end], None);
            let document = parser.parse(&html, limits);
            assert!(document.is_complete(), "{}", path.display());
            // The whole is checked often enough; what is behind it at each place costs more.
            if end % 97 == 0 {
                check(&document, limits, &path.display().to_string());
                extract(&page[..end], Markup::Markdown).unwrap();
            }
        }
    }
}
