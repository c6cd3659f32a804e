//! Pages made to break a parser: the scanner must neither panic on them nor lose its shape.

use dehusk::dom::scan::{Limits, Parser};
use dehusk::dom::{Document, Tag};

/// Pages that grow with `n`, each with the rule that they try to make slow or deep.
fn hostile(n: usize) -> Vec<(&'static str, String)> {
    let many = |piece: &str| piece.repeat(n);
    let numbered = |f: fn(usize) -> String| (0..n).map(f).collect::<String>();
    vec![
        ("nested elements", many("<div>")),
        ("nested and closed", many("<div>") + &many("</div>") + "<p>end"),
        ("nested inline elements", many("<span>") + "a" + &many("</span>")),
        ("nested custom elements", many("<x-a>") + &many("</x-b>")),
        ("deep, then siblings", "<span>".repeat(n.min(2000)) + &many("<i>a</i>")),
        ("attributes", format!("<p {}>a", numbered(|i| format!("a{i}=b ")))),
        ("one attribute again and again", format!("<p {}>a", many("class=b "))),
        ("second body tags", many("<body class=a id=b>")),
        ("tag starts", many("<a")),
        ("end tag starts", many("</")),
        ("less-than signs", many("<")),
        ("spaces in a tag", format!("<p{}>", many(" "))),
        ("slashes in a tag", format!("<p{}>", many("/"))),
        ("ampersands", many("&")),
        ("references without an end", many("&not") + &many("&#1") + &many("&CounterClock")),
        ("digits in a reference", format!("&#{};", many("9"))),
        ("open comments", many("<!--")),
        ("dashes in a comment", format!("<!{}", many("-"))),
        ("comment ends that are none", format!("<!--{}", many("--x-!"))),
        ("open scripts", many("<script>")),
        ("script escapes", format!("<script>{}", many("<!--<script></script>"))),
        ("script end tags that are none", format!("<script>{}", many("</scrip"))),
        ("open text areas", many("<textarea>")),
        ("raw text ends that are none", format!("<title>{}", many("</titl"))),
        ("an open quote", format!("<a href=\"{}", many("<p>a"))),
        ("quotes", many("<a b='")),
        ("table cells", format!("<table>{}", many("<td>"))),
        ("tables in cells", many("<table><td>")),
        ("tables in tables", many("<table>")),
        ("fostered text", format!("<table>{}", many("a<tr>"))),
        ("fostered elements", format!("<table>{}", many("<p>a<b>"))),
        ("formatting elements", many("<b><i>") + "a" + &many("</b></i>")),
        ("formatting elements unlike", numbered(|i| format!("<b id={i}>")) + &many("<p>a</p>")),
        ("formatting elements to reopen", numbered(|i| format!("<p><b id={i}>a</p>"))),
        ("links in links", many("<a href=b><div>")),
        ("misnested formatting", many("<b><p>a</b>")),
        ("misnested blocks", format!("<b><div>{}", many("<i><p></b>"))),
        ("blocks to move", format!("<b><div>{}</b>", many("<p>a</p>"))),
        ("a paragraph out of scope", "<p><object>".to_owned() + &many("<span>") + &many("<div>")),
        ("forms", many("<form><div>") + &many("</form>")),
        ("list items", many("<li>") + &many("<ul><li>")),
        (
            "objects and a formatting element too many",
            many("<object>") + &many("<b><b><b><b></b></b></b></b>"),
        ),
        ("headings", many("<h1>") + &many("</h2>")),
        ("options", format!("<select>{}", many("<option><optgroup>"))),
        ("templates", many("<template>") + &many("</template>")),
        ("templates of cells", many("<template><td>")),
        ("foreign content", many("<svg><desc>") + &many("</p>")),
        ("foreign end tags", many("<math>") + &many("</x>")),
        ("CDATA sections", format!("<svg>{}", many("<![CDATA["))),
        ("frame sets", many("<frameset>") + &many("</frameset>")),
        ("NULs", many("\0")),
        ("NULs in a tag", format!("<p{}", many("\0"))),
        ("carriage returns", many("\r")),
        ("four-byte characters", many("\u{1f980}<\u{1f980}&\u{1f980}")),
    ]
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
    let mut parser = Parser::new(limits);
    for (name, html) in hostile(20_000) {
        check(&parser.parse(&html), limits, name);
    }
}

#[test]
fn limits_hold() {
    let limits = Limits { max_depth: 20, max_nodes: 1000 };
    let mut parser = Parser::new(limits);
    for (name, html) in hostile(2000) {
        let document = parser.parse(&html);
        check(&document, limits, name);
        assert!(document.nodes().len() < 1200, "{name}: {} nodes", document.nodes().len());
    }
}

#[test]
fn text_below_the_depth_limit_is_kept() {
    let deep = "<div>".repeat(1000);
    let html = format!("{deep}deep{}<p>shallow", "</div>".repeat(1000));
    let document = Parser::default().parse(&html);
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
    for (from, _) in page.char_indices() {
        for (len, _) in page[from..].char_indices() {
            check(&parser.parse(&page[from..from + len]), Limits::default(), page);
        }
    }
}
