//! Whether the text and the Markdown of a page read as the page does: small pages of every kind of
//! structure with what must come out.

use dehusk::segment::Blocks;
use dehusk::{assemble, dom};

/// A page in full: its text and its Markdown.
fn both(html: &str) -> (String, String) {
    let document = dom::parse(html);
    let blocks = Blocks::of_document(&document);
    let keep = vec![true; blocks.len()];
    let text = assemble::text(Some(&document), &blocks, &keep);
    (text, assemble::markdown(Some(&document), &blocks, &keep, None))
}

#[test]
fn pages_read_as_they_look() {
    // Page, text, Markdown ("" where it is the text).
    let cases = [
        // Words: tags inside them, tags between them, what prints nothing.
        ("<p>Sun<b>day</b> <i>bread</i>", "Sunday bread", "Sun**day** *bread*"),
        ("<p><span class=cap>O</span>nce upon", "Once upon", ""),
        (
            "<p><b>Size</b>Large <span>Boots</span><span>12</span>",
            "Size Large Boots 12",
            "**Size** Large Boots 12",
        ),
        (
            "<p>rele<span>ase</span> <code>get</code><code>Url</code>",
            "release getUrl",
            "release `getUrl`",
        ),
        ("<p>Donau&shy;dampf<wbr>schiff&#8203;fahrt", "Donaudampfschifffahrt", ""),
        (
            "<p>a&nbsp;&nbsp;b &lt;c&gt; &amp;amp; &#x1F600; &copy;",
            "a b <c> &amp; 😀 ©",
            "a b \\<c> \\&amp; 😀 ©",
        ),
        ("<p>One<!-- x -->two <time>3 May</time>, <abbr>e.g.</abbr>", "Onetwo 3 May, e.g.", ""),
        ("<p>Look<img src=a alt='A dog'>here", "Look here", ""),
        ("<p>Line<br>break<br><br>New", "Line\nbreak\n\nNew", "Line\\\nbreak\n\nNew"),
        (
            "<p><b>Note:</b> this is <i>not</i> bold",
            "Note: this is not bold",
            "**Note:** this is *not* bold",
        ),
        (
            "<p><a href='http://a.b/'><b>A</b> b</a> <code>c</code>",
            "A b c",
            "[**A** b](http://a.b/) `c`",
        ),
        // Sub- and superscript, footnotes.
        ("<p>H<sub>2</sub>O, 10<sup>6</sup>", "H2O, 106", "H<sub>2</sub>O, 10<sup>6</sup>"),
        (
            "<p>So it was.<sup><a href='#n1'>1</a></sup><ol><li id=n1>Not so.</ol>",
            "So it was. 1\n\n- Not so.",
            "So it was. <sup>1</sup>\n\n1. Not so.",
        ),
        // Scripts.
        ("<p dir=rtl>שלום <b>עולם</b>, 2 שנים", "שלום עולם, 2 שנים", "שלום **עולם**, 2 שנים"),
        ("<p>東京<b>都</b>は<br>広い。", "東京都は\n広い。", "東京**都**は\\\n広い。"),
        ("<p>ก<b>ข</b>ค हिन्<i>दी</i>", "กขค हिन्दी", "ก**ข**ค हिन्*दी*"),
        (
            "<p><ruby>漢<rp>(</rp><rt>かん</rt><rp>)</rp>字<rp>(</rp><rt>じ</rt><rp>)</rp></ruby>だ",
            "漢(かん)字(じ)だ",
            "",
        ),
        // Lists.
        (
            "<ol start=3><li>c<li>d<ul><li>e<ol><li>f</ol></ul></ol>",
            "- c\n- d\n  - e\n    - f",
            "3. c\n4. d\n   - e\n     1. f",
        ),
        ("<ul><li>a<p>b</p><li>c</ul>", "- a\n\n  b\n\n- c", ""),
        (
            "<dl><dt>Tea<dt>Chai<dd>Leaves<dd>Water</dl>",
            "Tea\nChai\nLeaves\n\nWater",
            "**Tea**\n\n**Chai**\n\nLeaves\n\nWater",
        ),
        // Tables.
        (
            "<table><tr><td>Oslo<td>4°<tr><td>Bergen<td>7°</table>",
            "Oslo\t4°\nBergen\t7°",
            "| | |\n| --- | --- |\n| Oslo | 4° |\n| Bergen | 7° |",
        ),
        (
            "<table><thead><tr><th>Year<th colspan=2>Wind<tbody><tr><td>1901<td>N<td>3<tr><td>1902<td colspan=2>none</table>",
            "Year\tWind\n1901\tN\t3\n1902\tnone",
            "| Year | Wind | |\n| --- | --- | --- |\n| 1901 | N | 3 |\n| 1902 | none | |",
        ),
        (
            "<table><tr><td><table><tr><td>a<td>b<tr><td>c<td>d</table><td>e</table>",
            "a\tb\nc\td\n\ne",
            "| | |\n| --- | --- |\n| a | b |\n| c | d |\n\ne",
        ),
        (
            "<table><tr><th>k<th>v<tr><td>x<td><ul><li>1<li>2</ul></table>",
            "k\tv\nx\t1 2",
            "| k | v |\n| --- | --- |\n| x | 1<br>2 |",
        ),
        // Code.
        (
            "<p>Run:<pre><code>if a:\n    b()\n\n\tc()</code></pre>",
            "Run:\n\nif a:\n    b()\n\n\tc()",
            "Run:\n\n```\nif a:\n    b()\n\n\tc()\n```",
        ),
        (
            "<table><tr><td class=gutter><pre>1\n2\n</pre><td class=code><pre>fn a() {\n    1 }</pre></table>",
            "fn a() {\n    1 }",
            "```\nfn a() {\n    1 }\n```",
        ),
        ("<pre><span>let</span> <span>x</span><span>Y</span></pre>", "let xY", "```\nlet xY\n```"),
        // Headings, quotations, details.
        (
            "<h2>1. Tea <small>green</small></h2><blockquote><p>So<blockquote>so</blockquote></blockquote>",
            "1. Tea green\n\nSo\n\nso",
            "## 1. Tea green\n\n> So\n>\n> > so",
        ),
        (
            "<details><summary>More</summary>Hidden text</details>",
            "More\n\nHidden text",
            "**More**\n\nHidden text",
        ),
        // Formulas.
        (
            "<p>So <math><mi>x</mi><mo>=</mo><mn>2</mn><annotation encoding='application/x-tex'>x=2</annotation></math>.",
            "So x=2.",
            "So $x=2$.",
        ),
        (
            "<p>So <span class=katex><span class=katex-mathml><math><semantics><mrow><mi>y</mi></mrow>\
             <annotation encoding='application/x-tex'>y</annotation></semantics></math></span>\
             <span class=katex-html aria-hidden=true><span class=base>y</span></span></span>.",
            "So y.",
            "So $y$.",
        ),
        // What only looks like markup.
        (
            "<p>2 * 3 * 4, __init__, C#, [1](2), `a`",
            "2 * 3 * 4, __init__, C#, [1](2), `a`",
            "2 * 3 * 4, \\_\\_init\\_\\_, C#, [1\\](2), \\`a\\`",
        ),
    ];
    let mut wrong = Vec::new();
    for (html, text, markdown) in cases {
        let got = both(html);
        let want = (text.to_owned(), if markdown.is_empty() { text } else { markdown }.to_owned());
        if got != want {
            wrong.push(format!("{html}\n  want {want:?}\n  got  {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
