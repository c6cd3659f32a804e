//! Formulas as TeX: the source that an annotation gives, or else what MathML's presentation elements
//! say ([MathML Core](https://www.w3.org/TR/mathml-core/)).

use crate::dom::{Attr, Document, NodeId, Tag};

/// Formulas nested deeper than this are left as they are: what is inside is copied at each level.
const MAX_DEPTH: usize = 32;

/// The TeX source of a formula; none where it is empty or too deep.
pub(super) fn tex(document: &Document, math: NodeId) -> Option<String> {
    let sources = [annotation, presentation].into_iter();
    sources.filter_map(|source| source(document, math)).find(|tex| !tex.is_empty())
}

fn annotation(document: &Document, math: NodeId) -> Option<String> {
    let mut inside = math..document.node(math).end;
    let annotation = inside.find(|id| {
        document.node(*id).tag == Tag::Annotation
            && document
                .attr(*id, Attr::Encoding)
                .is_some_and(|encoding| encoding.to_ascii_lowercase().contains("tex"))
    })?;
    let tex = one_line(&document.text_content(annotation));
    // MediaWiki wraps every formula in this.
    let bare = tex.strip_prefix("{\\displaystyle ").and_then(|t| t.strip_suffix('}'));
    Some(bare.map_or(tex.as_str(), str::trim_end).to_owned())
}

/// An element on its way, and what its children are in TeX.
struct Open {
    tag: Tag,
    end: NodeId,
    children: Vec<String>,
}

fn presentation(document: &Document, math: NodeId) -> Option<String> {
    let end = document.node(math).end;
    let mut open = vec![Open { tag: Tag::Math, end, children: Vec::new() }];
    let mut id = math + 1;
    loop {
        while let Some(done) = open.pop_if(|element| element.end <= id) {
            let tex = element(done.tag, &done.children);
            match open.last_mut() {
                Some(parent) => parent.children.push(tex),
                None => return Some(one_line(&tex)),
            }
        }
        let node = document.node(id);
        match node.tag {
            tag if tag.is_textless() => {
                id = node.end;
                continue;
            }
            Tag::Text => {
                // Between elements is but white space.
                let text = escaped(&one_line(document.text(id)));
                if let Some(parent) = open.last_mut().filter(|_| !text.is_empty()) {
                    parent.children.push(text);
                }
            }
            _ if open.len() == MAX_DEPTH => return None,
            tag => open.push(Open { tag, end: node.end, children: Vec::new() }),
        }
        id += 1;
    }
}

/// An element of these children; what has too few or too many is a row of them.
fn element(tag: Tag, children: &[String]) -> String {
    let row = || join(children, "");
    match (tag, children) {
        (Tag::Mphantom, _) => String::new(),
        (Tag::Mspace, _) => "\\,".to_owned(),
        (Tag::Mi, _) => identifier(&children.concat()),
        (Tag::Mtext | Tag::Ms, _) => format!("\\text{{{}}}", children.concat()),
        (Tag::Mfrac, [above, below]) => format!("\\frac{{{above}}}{{{below}}}"),
        (Tag::Msqrt, _) => format!("\\sqrt{{{}}}", row()),
        (Tag::Mroot, [base, index]) => format!("\\sqrt[{index}]{{{base}}}"),
        (Tag::Msup, [base, above]) => format!("{}^{{{above}}}", group(base)),
        (Tag::Msub, [base, below]) => format!("{}_{{{below}}}", group(base)),
        (Tag::Msubsup, [base, below, above]) => {
            format!("{}_{{{below}}}^{{{above}}}", group(base))
        }
        (Tag::Mover, [base, above]) => match accent(above) {
            Some(accent) => format!("\\{accent}{{{base}}}"),
            None if has_limits(base) => format!("{base}^{{{above}}}"),
            None => format!("\\overset{{{above}}}{{{base}}}"),
        },
        (Tag::Munder, [base, below]) => match has_limits(base) {
            true => format!("{base}_{{{below}}}"),
            false => format!("\\underset{{{below}}}{{{base}}}"),
        },
        (Tag::Munderover, [base, below, above]) => match has_limits(base) {
            true => format!("{base}_{{{below}}}^{{{above}}}"),
            false => format!("\\underset{{{below}}}{{\\overset{{{above}}}{{{base}}}}}"),
        },
        (Tag::Mfenced, _) => format!("({})", join(children, ", ")),
        (Tag::Mtd, _) => row(),
        (Tag::Mtr, _) => join(children, " & "),
        (Tag::Mtable, _) => {
            format!("\\begin{{matrix}} {} \\end{{matrix}}", join(children, " \\\\ "))
        }
        _ => row(),
    }
}

/// Parts beside each other; a space keeps a command and the letter behind it apart.
fn join(parts: &[String], between: &str) -> String {
    let mut out = String::new();
    let mut is_command = false;
    for (i, part) in parts.iter().enumerate() {
        out.push_str(if i > 0 { between } else { "" });
        if is_command && part.starts_with(|c: char| c.is_ascii_alphabetic()) {
            out.push(' ');
        }
        out.push_str(part);
        if !part.is_empty() {
            let before = part.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            is_command = before.len() < part.len() && before.ends_with('\\');
        }
    }
    out
}

/// What a script hangs on: more than one symbol has to stand in braces.
fn group(base: &str) -> String {
    let is_one = base.chars().count() == 1
        || base.strip_prefix('\\').is_some_and(|b| b.chars().all(|c| c.is_ascii_alphabetic()));
    if is_one { base.to_owned() } else { format!("{{{base}}}") }
}

/// Names of functions that TeX has a command for.
const FUNCTIONS: &[&str] = &[
    "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "coth", "csc", "deg", "det", "dim",
    "exp", "gcd", "hom", "inf", "ker", "lg", "lim", "liminf", "limsup", "ln", "log", "max", "min",
    "Pr", "sec", "sin", "sinh", "sup", "tan", "tanh",
];

/// Those of them that have what they range over below them.
const LIMITS: &[&str] =
    &["det", "gcd", "inf", "lim", "liminf", "limsup", "max", "min", "Pr", "sup"];

/// Operators that have it there, too.
const OPERATORS: &[&str] = &["∑", "∏", "∐", "∫", "∬", "∭", "∮", "⋀", "⋁", "⋂", "⋃", "⨁", "⨂"];

fn has_limits(base: &str) -> bool {
    OPERATORS.contains(&base) || base.strip_prefix('\\').is_some_and(|name| LIMITS.contains(&name))
}

/// A name of several letters is upright.
fn identifier(name: &str) -> String {
    match name {
        _ if FUNCTIONS.contains(&name) => format!("\\{name}"),
        _ if name.chars().count() > 1 && !name.starts_with('\\') => format!("\\mathrm{{{name}}}"),
        _ => name.to_owned(),
    }
}

/// The command for what stands above a base as an accent.
fn accent(above: &str) -> Option<&'static str> {
    Some(match above {
        "¯" | "‾" | "―" | "\\_" | "\u{304}" | "\u{305}" => "overline",
        "ˆ" | "\u{302}" => "hat",
        "˜" | "∼" | "\u{303}" => "tilde",
        "→" | "⃗" => "vec",
        "˙" | "." | "\u{307}" => "dot",
        "¨" | ".." | "\u{308}" => "ddot",
        "ˇ" | "\u{30c}" => "check",
        "⏞" => "overbrace",
        _ => return None,
    })
}

/// Text with TeX's own characters escaped, and without the operators that nobody sees.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '{' | '}' | '$' | '&' | '#' | '%' | '_' => out.extend(['\\', c]),
            '\\' => out.push('∖'),
            '^' => out.push('ˆ'),
            '~' => out.push('∼'),
            '\u{2061}'..='\u{2064}' => {}
            _ => out.push(c),
        }
    }
    out
}

/// As MathML takes white space, of which spaces that do not break are no part.
fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dom;

    fn tex_of(inside: &str) -> String {
        let document = dom::parse(&format!("<p><math>{inside}</math>"));
        tex(&document, document.find(Tag::Math).unwrap()).unwrap_or_default()
    }

    #[test]
    fn presentation_reads_as_tex() {
        for (mathml, expected) in [
            (
                "<msup><mi>e</mi><mrow><mo>-</mo><mi>k</mi><mo>&InvisibleTimes;</mo><mi>t</mi></mrow></msup>",
                "e^{-kt}",
            ),
            ("<msup><mrow><mi>a</mi><mi>b</mi></mrow><mn>2</mn></msup>", "{ab}^{2}"),
            (
                "<mfrac><mi>a</mi>\n <mrow><mi>b</mi><mo>+</mo><mn>1</mn></mrow></mfrac>",
                "\\frac{a}{b+1}",
            ),
            (
                "<mroot><mi>x</mi><mn>3</mn></mroot><msqrt><mi>y</mi><mi>z</mi></msqrt>",
                "\\sqrt[3]{x}\\sqrt{yz}",
            ),
            (
                "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>0</mn></mrow><mi>n</mi></munderover>\
                 <msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>",
                "∑_{i=0}^{n}x_{i}^{2}",
            ),
            ("<mi>sin</mi><mo>&#x2061;</mo><mi>x</mi>", "\\sin x"),
            ("<munder><mi>lim</mi><mi>n</mi></munder><mi>Re</mi>", "\\lim_{n}\\mathrm{Re}"),
            (
                "<mover><mi>x</mi><mo>¯</mo></mover><mover><mi>y</mi><mi>z</mi></mover>",
                "\\overline{x}\\overset{z}{y}",
            ),
            (
                "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mi>a</mi></mtd></mtr></mtable>",
                "\\begin{matrix} 1 & 0 \\\\ a \\end{matrix}",
            ),
            ("<mn>5</mn><mo>%</mo><mtext>of  {all}</mtext>", "5\\%\\text{of \\{all\\}}"),
            ("<mi>x</mi><mtext>&nbsp;if </mtext><mspace/>", "x\\text{\u{a0}if}\\,"),
            ("<msup><mi>x</mi></msup>", "x"),
            ("$ \\a<mo>^</mo><mi>{</mi>", "\\$ ∖aˆ\\{"),
            ("<semantics><mi>x</mi><annotation encoding=TeX> </annotation></semantics>", "x"),
            ("<semantics><mi>x</mi><annotation encoding=StarMath>y</annotation></semantics>", "x"),
            (
                "<semantics><mi>x</mi><annotation encoding='application/x-tex'> z^2 </annotation></semantics>",
                "z^2",
            ),
            ("", ""),
        ] {
            assert_eq!(tex_of(mathml), expected, "{mathml}");
        }
    }

    #[test]
    fn what_is_nested_too_deep_is_left_as_it_is() {
        let deep = |n: usize| format!("{}<mi>x</mi>", "<msqrt>".repeat(n));
        assert!(tex_of(&deep(20)).ends_with("x}}}}}}}}}}}}}}}}}}}}"));
        assert_eq!(tex_of(&deep(2000)), "");
    }
}
