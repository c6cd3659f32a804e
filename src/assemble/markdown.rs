//! The Markdown output.

use std::cell::Cell;

use url::Url;

use crate::dom::{Attr, Document, NodeId, Tag};
use crate::segment::Blocks;

use super::inline::{Inline, Marks, Setting, longest_run};
use super::table::{Grid, Row};
use super::{Container, Content, Gap, Kind, Outline, Part, Role, kept};

/// The kept blocks as Markdown (CommonMark with the tables and strike-through of GFM).
///
/// Headings, nested lists, quotations, tables, code with its language, emphasis and links come
/// out as the page has them; terms of definitions and summaries are bold, captions italic, and
/// formulas with a TeX source are `$…$`. Images are left out: their addresses are as a rule
/// filled in by scripts. Text that looks like markup is escaped.
///
/// `keep[i]` says whether block `i` is in the output; blocks beyond its end are not. `page_url`
/// is the page's address, against which links are resolved; without it relative links stay as
/// they are. Links within the page, and those that run a script, become plain text. The text has
/// no line feed at its end.
pub fn markdown(
    document: Option<&Document>,
    blocks: &Blocks,
    keep: &[bool],
    page_url: Option<&str>,
) -> String {
    let page = page_url.and_then(|url| Url::parse(url).ok());
    let base = base(document, page.as_ref());
    let inline = Inline { document, blocks, base, page, last_link: Cell::new(None) };
    let Some(document) = document else {
        let lines: Vec<String> = kept(blocks, keep)
            .map(|(_, block)| inline.write(block, Marks::default(), Setting::Paragraph))
            .collect();
        return lines.join("\n\n");
    };
    let outline = Outline::new(document, blocks, keep);
    let mut writer = Writer { out: String::new(), path: Vec::new() };
    for (i, part) in outline.parts.iter().enumerate() {
        let path = &outline.containers[part.path.clone()];
        let after_rule = i > 0 && has_rule_between(document, blocks, &outline.parts[i - 1], part);
        if after_rule {
            writer.rule(part.shared);
        }
        let content = match &part.content {
            Content::Run(place) => {
                let (block, marks) = (&blocks[place.block], place.context.marks);
                match place.context.role {
                    Role::Heading(level) => {
                        let text = inline.write(block, marks, Setting::Heading);
                        format!("{} {text}", "#".repeat(level.into()))
                    }
                    _ => inline.write(block, marks, Setting::Paragraph),
                }
            }
            Content::Code(pre, lines) => {
                let lines: Vec<&str> = lines.iter().map(|i| blocks.text(&blocks[*i])).collect();
                fenced(&lines.join("\n"), language(document, *pre))
            }
            Content::Table(grid) => table(&inline, grid),
        };
        let tight = part.gap == Gap::Item && !after_rule;
        writer.part(path, part.shared, tight, &content);
    }
    writer.out
}

/// What the page's links are relative to.
fn base(document: Option<&Document>, page: Option<&Url>) -> Option<Url> {
    let element = document.and_then(|d| d.attr(d.find(Tag::Base)?, Attr::Href));
    match (element, page) {
        (Some(href), Some(page)) => page.join(href).ok().or_else(|| Some(page.clone())),
        (Some(href), None) => Url::parse(href).ok(),
        (None, page) => page.cloned(),
    }
}

/// Whether the page draws a line between two parts, and has no dropped block between them.
fn has_rule_between(document: &Document, blocks: &Blocks, before: &Part, part: &Part) -> bool {
    let (_, last) = before.blocks();
    let (next, _) = part.blocks();
    let between = blocks[last].last as usize..blocks[next].first as usize;
    next == last + 1
        && document.nodes().get(between).is_some_and(|n| n.iter().any(|n| n.tag == Tag::Hr))
}

fn fenced(code: &str, language: &str) -> String {
    let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
    format!("{fence}{language}\n{code}\n{fence}")
}

/// The language that highlighters note in the class of a `pre`, its `code` or what holds it.
fn language(document: &Document, pre: NodeId) -> &str {
    let code = document.nodes().get(pre as usize + 1).filter(|n| n.tag == Tag::Code);
    let code = code.map(|_| pre + 1);
    let around = document.ancestors(pre).take(2);
    let classes = code.into_iter().chain([pre]).chain(around);
    classes
        .filter_map(|id| document.attr(id, Attr::Class))
        .flat_map(str::split_ascii_whitespace)
        .find_map(|class| {
            ["language-", "lang-", "highlight-source-"].iter().find_map(|p| class.strip_prefix(p))
        })
        .filter(|l| l.chars().all(|c| c.is_ascii_alphanumeric() || "+#-_.".contains(c)))
        .unwrap_or_default()
}

/// A table as GFM has it: one header row, which is empty where the page's table has none.
fn table(inline: &Inline, grid: &Grid) -> String {
    let (header, rows) = match grid.rows.split_first() {
        Some((first, rows)) if first.is_header => (Some(first), rows),
        _ => (None, grid.rows.as_slice()),
    };
    let mut lines =
        vec![table_row(inline, header, grid.width), format!("|{}", " --- |".repeat(grid.width))];
    lines.extend(rows.iter().map(|row| table_row(inline, Some(row), grid.width)));
    lines.join("\n")
}

fn table_row(inline: &Inline, row: Option<&Row>, width: usize) -> String {
    let mut line = String::from("|");
    let mut cells = row.map_or(&[][..], |row| &row.cells).iter().peekable();
    for column in 0..width {
        line.push(' ');
        if let Some(cell) = cells.next_if(|cell| cell.column == column) {
            let texts: Vec<String> = cell
                .places
                .iter()
                .map(|p| inline.write(&inline.blocks[p.block], p.context.marks, Setting::Cell))
                .collect();
            line.push_str(&texts.join("<br>").replace('|', "\\|"));
            line.push(' ');
        }
        line.push('|');
    }
    line
}

/// Puts parts into their containers.
struct Writer {
    out: String,
    /// The containers of the part before.
    path: Vec<Opened>,
}

#[derive(Clone, Copy)]
struct Opened {
    container: Container,
    /// Whether the list has the other marker: two lists in a row with the same one would be one.
    other_marker: bool,
}

impl Opened {
    /// What the container's first line starts with.
    fn marker(self) -> String {
        match (self.container.kind, self.other_marker) {
            (Kind::Quote, _) => "> ".to_owned(),
            (Kind::Item { number: None, .. }, false) => "- ".to_owned(),
            (Kind::Item { number: None, .. }, true) => "* ".to_owned(),
            (Kind::Item { number: Some(number), .. }, false) => format!("{number}. "),
            (Kind::Item { number: Some(number), .. }, true) => format!("{number}) "),
        }
    }

    /// Whether a container that comes right after this one has the other marker.
    fn next_marker_is_other(self, next: Container) -> bool {
        let is_alike = self.container.is_item()
            && next.is_item()
            && self.container.number().is_some() == next.number().is_some();
        is_alike && self.other_marker == self.container.same_list(next)
    }

    /// What its other lines start with.
    fn indent(self) -> String {
        match self.container.kind {
            Kind::Quote => "> ".to_owned(),
            Kind::Item { .. } => " ".repeat(self.marker().len()),
        }
    }
}

fn indent(path: &[Opened]) -> String {
    path.iter().map(|c| c.indent()).collect()
}

impl Writer {
    /// Adds a part, which shares that many containers with the one before.
    fn part(&mut self, path: &[Container], shared: usize, tight: bool, content: &str) {
        if !self.out.is_empty() {
            self.out.push('\n');
            // Only a list that starts with 1 can interrupt a paragraph.
            let interrupts = self.path.len() == shared
                && matches!(path.get(shared), Some(c) if c.number().is_some_and(|n| n != 1));
            if !tight || interrupts {
                self.blank(shared);
            }
        }
        let before = self.path.get(shared).copied();
        self.path.truncate(shared);
        for (i, &container) in path.iter().enumerate().skip(shared) {
            let before = before.filter(|_| i == shared);
            let other_marker = before.is_some_and(|b| b.next_marker_is_other(container));
            self.path.push(Opened { container, other_marker });
        }
        let (shared, new) = self.path.split_at(shared);
        let first: String = indent(shared) + &new.iter().map(|c| c.marker()).collect::<String>();
        let rest = indent(&self.path);
        for (i, line) in content.split('\n').enumerate() {
            if i > 0 {
                self.out.push('\n');
            }
            let start = if i == 0 { &first } else { &rest };
            self.out.push_str(if line.is_empty() { start.trim_end() } else { start });
            self.out.push_str(line);
        }
    }

    /// An empty line inside the containers that go on.
    fn blank(&mut self, shared: usize) {
        self.out.push_str(indent(&self.path[..shared]).trim_end());
        self.out.push('\n');
    }

    fn rule(&mut self, shared: usize) {
        self.out.push('\n');
        self.blank(shared);
        self.path.truncate(shared);
        self.out.push_str(&indent(&self.path));
        self.out.push_str("---");
    }
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag as Md, TagEnd};

    use super::*;
    use crate::assemble::text;
    use crate::dom;

    fn md(html: &str) -> String {
        let document = dom::parse(html);
        let blocks = Blocks::of_document(&document);
        let keep = vec![true; blocks.len()];
        markdown(Some(&document), &blocks, &keep, Some("https://example.org/a/page?x=1"))
    }

    fn parse(markdown: &str) -> Parser<'_> {
        Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
    }

    /// The words of Markdown once rendered.
    fn words(markdown: &str) -> Vec<String> {
        let mut text = String::new();
        for event in parse(markdown) {
            match event {
                Event::Text(t) | Event::Code(t) => text.push_str(&t),
                Event::InlineHtml(tag) if &*tag != "<br>" => {}
                Event::Start(Md::Strong | Md::Emphasis | Md::Strikethrough | Md::Link { .. })
                | Event::End(
                    TagEnd::Strong | TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Link,
                ) => {}
                _ => text.push(' '),
            }
        }
        split(&text)
    }

    fn split(text: &str) -> Vec<String> {
        let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        words.map(str::to_owned).collect()
    }

    #[test]
    fn rendered_words_are_those_of_the_text_however_the_page_tries() {
        let html = "<h2>1. C #</h2><p># no heading<br>- no list<br>2) no number<br>&gt; no quote<br>---<br>|a|b|\
            <p>a*b*c _d_ `e` ~~f~~ [g](h) &lt;i> &amp;lt; 5 &lt; 6 \\* ![j](k) snake_case\
            <ul><li>one<li><p>two<p>three<pre>x ``` y\n\n* z</pre><ol start=7><li>4. four</ol></ul>\
            <blockquote><p>q<ul><li>r</ul><blockquote>s</blockquote></blockquote>\
            <p>un<b>believ</b>able, <i>«so»</i>he <b>a</b><i>b</i><s>c</s> 日本<b>「語」</b>は\
            <p>H<sub>2</sub>O <code>a`b</code> <code>x|y</code>!<a href=/u(1)>m ] n</a>\
            <table><tr><th>k|l<th>o<tr><td><code>p|q</code><td>t<br>t\\<br><br>u</table>\
            <dl><dt>v<dd>w</dl><details><summary>y</summary>z</details>";
        let document = dom::parse(html);
        let blocks = Blocks::of_document(&document);
        let keep = vec![true; blocks.len()];
        let plain = text(Some(&document), &blocks, &keep);
        assert_eq!(words(&md(html)), split(&plain), "{}", md(html));
        assert!(!parse(&md(html)).any(|e| matches!(e, Event::Html(_) | Event::SoftBreak)));
    }

    #[test]
    fn every_word_of_the_examples_comes_out_once_and_in_order() {
        let directory = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/html");
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let html = crate::encoding::decode_html(std::fs::read(&path).unwrap(), None).0;
            let document = dom::parse(&html);
            let blocks = Blocks::of_document(&document);
            // All blocks, and every other one.
            for step in [1, 2] {
                let keep: Vec<bool> = (0..blocks.len()).map(|i| i % step == 0).collect();
                let kept: Vec<&str> =
                    blocks.texts().zip(&keep).filter(|(_, k)| **k).map(|(text, _)| text).collect();
                let want = split(&kept.join("\n"));
                let plain = text(Some(&document), &blocks, &keep);
                assert_eq!(split(&plain), want, "{}", path.display());
                let page = markdown(Some(&document), &blocks, &keep, None);
                assert_eq!(words(&page), want, "{}", path.display());
            }
        }
    }

    #[test]
    fn inline_markup_and_escapes() {
        assert_eq!(md("<p>A <b>very <i>good</i></b> day"), "A **very *good*** day");
        assert_eq!(
            md("<p>un<b>believ</b>able <b>“x”</b>y"),
            "un**believ**able <strong>“x”</strong>y"
        );
        assert_eq!(
            md("<p>1. item<br># 5 * 3 snake_case $5 [1] C++"),
            "1\\. item\\\n\\# 5 * 3 snake_case $5 [1] C++"
        );
        assert_eq!(md("<h1><strong>Big</strong> news</h1><p>AT&amp;T"), "# Big news\n\nAT&T");
    }

    #[test]
    fn links_are_absolute_or_text() {
        assert_eq!(
            md("<p><a href='../b c?d=(e)'>f</a>"),
            "[f](https://example.org/b%20c?d=%28e%29)"
        );
        assert_eq!(
            md("<p><a href=#n>1</a> <a href='javascript:x()'>go</a> <a href='?x=1#top'>up</a>"),
            "1 go up"
        );
        assert_eq!(
            md("<a href=/x><h3>Title</h3><p>Summary</p></a>"),
            "### [Title](https://example.org/x)\n\nSummary"
        );
        let document = dom::parse("<p><a href=b.html>c</a>");
        let blocks = Blocks::of_document(&document);
        assert_eq!(markdown(Some(&document), &blocks, &[true], None), "[c](b.html)");
    }

    #[test]
    fn lists_nest_and_keep_their_numbers() {
        let html = "<ol start=9><li>a<li>b<ul><li>c</ul></ol><ul><li>d</ul><ul><li>e</ul>";
        assert_eq!(md(html), "9. a\n10. b\n    - c\n\n- d\n\n* e");
        let document = dom::parse("<p>See<ol><li>a<li>b<li>c</ol>");
        let blocks = Blocks::of_document(&document);
        let kept = markdown(Some(&document), &blocks, &[true, false, true, true], None);
        assert_eq!(kept, "See\n\n2. b\n3. c");
    }

    #[test]
    fn code_comes_out_exact_with_its_language() {
        let code = "fn a() {\n\n    `b`;\n```\n}";
        let html =
            format!("<ul><li>see<pre><code class='hl language-rust'>{code}</code></pre></ul>");
        let mut blocks = Vec::new();
        let mut language = None;
        for event in parse(&md(&html)) {
            match event {
                Event::Start(Md::CodeBlock(CodeBlockKind::Fenced(l))) => {
                    language = Some(l.to_string())
                }
                Event::Text(t) if language.is_some() => blocks.push(t.to_string()),
                _ => {}
            }
        }
        assert_eq!((blocks.concat().trim_end(), language.as_deref()), (code, Some("rust")));
    }

    #[test]
    fn tables_keep_their_columns() {
        let html = "<table><tr><th>A<th>B<tr><td rowspan=2>c|d<td><b>e</b><tr><td>f</table>";
        assert_eq!(md(html), "| A | B |\n| --- | --- |\n| c\\|d | **e** |\n| | f |");
        let no_header = "<table><tr><th>A<td>b<tr><th>C<td>d</table>";
        assert_eq!(md(no_header), "| | |\n| --- | --- |\n| A | b |\n| C | d |");
    }

    #[test]
    fn quotations_captions_and_rules() {
        assert_eq!(
            md("<blockquote><p>a<p>b<blockquote>c</blockquote></blockquote>d"),
            "> a\n>\n> b\n>\n> > c\n\nd"
        );
        assert_eq!(
            md("<p>a<figure><img src=x><figcaption>b <i>c</i></figcaption></figure><hr><p>d"),
            "a\n\n*b c*\n\n---\n\nd"
        );
    }

    #[test]
    fn formulas_are_written_once_as_tex() {
        let math = "<math><semantics><mrow><mi>x</mi><mo>=</mo><mn>1</mn></mrow>\
                    <annotation encoding='application/x-tex'>{\\displaystyle x=1}</annotation></semantics></math>";
        assert_eq!(md(&format!("<p>So {math}.")), "So $x=1$.");
        assert_eq!(md(&format!("<p>{math}")), "$$x=1$$");
    }

    #[test]
    fn plain_text_is_paragraphs() {
        let blocks = Blocks::of_text("# a\n\nb *c* d");
        assert_eq!(markdown(None, &blocks, &[true, true], None), "\\# a\n\nb \\*c\\* d");
    }

    /// A page can be as deep and as odd as its author likes.
    #[test]
    fn deep_pages_take_no_stack_and_grow_no_faster_than_their_input() {
        let deep = 20_000;
        for unit in [
            "<ul><li>a",
            "<blockquote>a",
            "<div><b>a<i>",
            "<table><tr><td>a",
            "<a href=/b><div>a",
            "<dl><dd>a<dt>",
        ] {
            let mut builder = dom::Builder::new(0);
            let tags = dom::parse(unit);
            for _ in 0..deep {
                for node in tags
                    .nodes()
                    .iter()
                    .filter(|n| !matches!(n.tag, Tag::Other | Tag::Html | Tag::Head | Tag::Body))
                {
                    match node.tag {
                        Tag::Text => builder.text("a"),
                        tag => _ = builder.open(tag),
                    }
                }
            }
            let document = builder.finish();
            let blocks = Blocks::of_document(&document);
            let keep = vec![true; blocks.len()];
            let page = markdown(Some(&document), &blocks, &keep, None);
            assert_eq!(words(&page).concat().len(), deep);
            assert!(page.len() < 100 * deep, "{unit}: {}", page.len());
        }
    }
}
