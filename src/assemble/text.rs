//! The plain-text output.

use crate::dom::Document;
use crate::segment::Blocks;

use super::table::Row;
use super::{Content, Gap, Outline, kept};

/// The kept blocks as plain text.
///
/// Paragraphs are set apart by an empty line. List items stand on lines of their own after `- `,
/// nested ones indented by two spaces a level; numbers of ordered lists are left out, as in the
/// `innerText` of a browser: they are no text of the page. A table's rows are lines, its cells
/// separated by tabs; a cell that is empty or dropped keeps its place. Text in `pre` keeps its
/// lines. Of plain-text input (`document` is none), the kept lines.
///
/// `keep[i]` says whether block `i` is in the output; blocks beyond its end are not. The text has
/// no line feed at its end.
pub fn text(document: Option<&Document>, blocks: &Blocks, keep: &[bool]) -> String {
    let Some(document) = document else {
        let lines: Vec<&str> = kept(blocks, keep).map(|(_, block)| blocks.text(block)).collect();
        return lines.join("\n\n");
    };
    let outline = Outline::new(document, blocks, keep);
    let mut out = String::new();
    for part in &outline.parts {
        if !out.is_empty() {
            out.push_str(if part.gap == Gap::Blank { "\n\n" } else { "\n" });
        }
        let path = &outline.containers[part.path.clone()];
        let depth = path.iter().filter(|c| c.is_item()).count();
        let indent = "  ".repeat(depth);
        let is_new_item = path[part.shared..].iter().any(|c| c.is_item());
        if is_new_item {
            out.push_str(&indent[2..]);
            out.push_str("- ");
        } else {
            out.push_str(&indent);
        }
        let mut write = |text: &str| {
            for (i, line) in text.split('\n').enumerate() {
                if i > 0 {
                    out.push('\n');
                    out.push_str(&indent);
                }
                out.push_str(line);
            }
        };
        match &part.content {
            Content::Run(place) => write(blocks.text(&blocks[place.block])),
            Content::Code(_, lines) => {
                let lines: Vec<&str> = lines.iter().map(|i| blocks.text(&blocks[*i])).collect();
                write(&lines.join("\n"));
            }
            Content::Table(grid) => {
                let rows: Vec<String> = grid.rows.iter().map(|row| tabbed(blocks, row)).collect();
                write(&rows.join("\n"));
            }
        }
    }
    out
}

/// A row as one line.
fn tabbed(blocks: &Blocks, row: &Row) -> String {
    let mut line = String::new();
    let mut column = 0;
    for cell in &row.cells {
        while column < cell.column {
            line.push('\t');
            column += 1;
        }
        for (i, place) in cell.places.iter().enumerate() {
            if i > 0 {
                line.push(' ');
            }
            line.push_str(&blocks.text(&blocks[place.block]).replace('\n', " "));
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    fn plain(html: &str) -> String {
        let document = dom::parse(html);
        let blocks = Blocks::of_document(&document);
        text(Some(&document), &blocks, &vec![true; blocks.len()])
    }

    #[test]
    fn plain_text_comes_back_as_it_was() {
        let page = "First paragraph.\n\nSecond one.\n\nThird.";
        let blocks = Blocks::of_text(page);
        assert_eq!(text(None, &blocks, &[true; 3]), page);
        assert_eq!(text(None, &blocks, &[true, false, true]), "First paragraph.\n\nThird.");
        assert_eq!(text(None, &blocks, &[]), "");
    }

    #[test]
    fn lists_have_a_line_an_item_and_nest() {
        let html =
            "<p>Buy<ol start=3><li>milk<li>fruit:<ul><li>figs<li>plums</ul><li>a<br>b</ol><p>End";
        assert_eq!(plain(html), "Buy\n\n- milk\n- fruit:\n  - figs\n  - plums\n- a\n  b\n\nEnd");
        let long = "<ul><li><p>One<p>more<li>Two</ul>";
        assert_eq!(plain(long), "- One\n\n  more\n\n- Two");
        let invalid = "<ul><li>a</li><ul><li>b</ul><li>c</ul>";
        assert_eq!(plain(invalid), "- a\n  - b\n- c");
    }

    #[test]
    fn cells_keep_their_columns() {
        let html = "<table><caption>Trains</caption><tr><th>To<th>Time<th>Track<tr><td rowspan=2>Bonn<td>9:10\
                    <td>1<tr><td>9:40<td>2<tr><td colspan=2><td>none</table>";
        assert_eq!(plain(html), "Trains\n\nTo\tTime\tTrack\nBonn\t9:10\t1\n\t9:40\t2\n\t\tnone");
    }

    #[test]
    fn a_table_that_lays_out_the_page_is_paragraphs() {
        let post = "A long answer by a reader. ".repeat(40);
        let html = format!("<table><tr><td>Ann<td>{post}<tr><td>Bob<td>Yes</table>");
        assert_eq!(plain(&html), format!("Ann\n\n{}\n\nBob\n\nYes", post.trim()));
        let nested = "<table><tr><td>Menu<td><table><tr><td>a<td>b<tr><td>c<td>d</table><tr><td>x<td>y</table>";
        assert_eq!(plain(nested), "Menu\n\na\tb\nc\td\n\nx\n\ny");
    }

    #[test]
    fn code_keeps_its_lines_also_where_each_is_an_element() {
        assert_eq!(plain("<p>So:<pre>if a:\n\n    b()</pre>"), "So:\n\nif a:\n\n    b()");
        assert_eq!(plain("<pre><div>if a:</div><div>  b()</div></pre>"), "if a:\n  b()");
    }

    #[test]
    fn terms_stand_over_their_definitions() {
        assert_eq!(
            plain("<dl><dt>HTML<dd>a language<dt>TCP<dd>a protocol"),
            "HTML\na language\n\nTCP\na protocol"
        );
    }

    #[test]
    fn dropped_neighbours_do_not_change_what_a_block_is() {
        let document = dom::parse("<ul><li>a<li>b<ul><li>c</ul></ul><p>d");
        let blocks = Blocks::of_document(&document);
        let kept = text(Some(&document), &blocks, &[false, false, true, true]);
        assert_eq!(kept, "  - c\n\nd");
        assert_eq!(text(Some(&document), &blocks, &[false; 4]), "");
    }

    #[test]
    fn arabic_and_chinese_text_is_left_alone() {
        assert_eq!(
            plain("<p>نص <b>مهم</b>&nbsp;هنا<p>中<em>文</em>，好"),
            "نص مهم هنا\n\n中文，好"
        );
    }
}
