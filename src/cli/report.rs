//! `dehusk eval --report`: a measured run as one page of HTML that needs nothing else.
//!
//! First the figures, by corpus and by type of page; then the worst pages, each with the blocks
//! that ended up on the wrong side. It only lays out what [`dehusk::evaluation`] found. Everything
//! that comes from a page is escaped.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Write};

use dehusk::evaluation::{CorpusReport, Mistake, PageScore, TypesReport};
use dehusk::measures::Prf;
use dehusk::page_type::PageType;

/// How many pages are shown in full.
const WORST: usize = 30;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #8884; --soft: #8882; --bad: #c0392b; --good: #1e8449; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; } h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
.tables { display: flex; flex-wrap: wrap; gap: 1rem 3rem; align-items: flex-start; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; margin: .5rem 0; }
caption { text-align: left; font-weight: 600; padding-bottom: .25rem; }
th, td { padding: .15rem .6rem; text-align: right; border-bottom: 1px solid var(--soft); }
th:first-child, td:first-child, td.text, th.text { text-align: left; }
td.text { overflow-wrap: anywhere; } td.hit { font-weight: 600; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .5rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } summary b { font-variant-numeric: tabular-nums; }
.missed { color: var(--bad); } .extra { color: var(--good); } .dim { opacity: .7; }
";

/// The page.
pub fn page(reports: &BTreeMap<String, CorpusReport>, scores: &[PageScore]) -> String {
    let mut out = String::new();
    write_page(&mut out, reports, scores).expect("a string takes all that is written");
    out
}

fn write_page(
    out: &mut String,
    reports: &BTreeMap<String, CorpusReport>,
    scores: &[PageScore],
) -> fmt::Result {
    writeln!(out, "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\">")?;
    writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">")?;
    writeln!(out, "<title>dehusk eval</title>\n<style>{STYLE}</style>")?;
    writeln!(out, "<h1>dehusk eval: {} pages</h1>", scores.len())?;
    for (corpus, report) in reports {
        writeln!(out, "<h2>{}</h2>\n<div class=\"tables\">", Escaped(corpus))?;
        write_corpus(out, report)?;
        writeln!(out, "</div>")?;
    }
    let mut worst: Vec<(&PageScore, Prf)> =
        scores.iter().filter_map(|score| Some((score, score.word?))).collect();
    worst.sort_by(|a, b| a.1.f1.total_cmp(&b.1.f1).then_with(|| a.0.id.cmp(&b.0.id)));
    worst.truncate(WORST);
    writeln!(out, "<h2>The {} worst pages, by word F1</h2>", worst.len())?;
    writeln!(
        out,
        "<p>Of each page: the blocks that should have been kept and were not \
         (<span class=\"missed\">missed</span>) and those that were kept and should not have been \
         (<span class=\"extra\">extra</span>), the longest first. A page without any lost its words \
         outside the blocks: in scripts, or in a gold text that the page does not hold.</p>"
    )?;
    worst.iter().try_for_each(|(score, word)| write_score(out, score, word))
}

fn write_corpus(out: &mut String, report: &CorpusReport) -> fmt::Result {
    let head = ["", "precision", "recall", "F1"];
    let texts = [
        ("word", Some(report.word)),
        ("shingle", Some(report.shingle)),
        ("snippet", report.snippet),
    ];
    let rows = texts.iter().filter_map(|(name, prf)| Some(prf_row(name, &(*prf)?)));
    write_table(out, &format!("Text of {} pages", report.pages), &head, rows)?;

    let types = report.by_type.iter();
    let rows = types.map(|(name, of)| vec![name.clone(), number(of.word_f1), of.pages.to_string()]);
    write_table(out, "By page type", &["", "word F1", "pages"], rows)?;

    if let Some(macro_f1) = report.macro_f1 {
        let caption = format!("Labels: macro-F1 {macro_f1:.3}");
        let rows = report.labels.iter().map(|s| prf_row(s.label.as_str(), &s.prf));
        write_table(out, &caption, &head, rows)?;
    }
    let confidence = &report.confidence;
    let spearman = confidence.spearman.map_or("–".to_owned(), number);
    let caption = format!(
        "Confidence by tenths: Spearman {spearman}, mean error {:.3}",
        confidence.mean_error
    );
    let rows = (1..).zip(&confidence.tenths);
    let rows = rows.map(|(i, (mean, f1))| vec![i.to_string(), number(*mean), number(*f1)]);
    write_table(out, &caption, &["", "confidence", "word F1"], rows)?;
    report.page_types.as_ref().map_or(Ok(()), |types| write_types(out, types))
}

fn write_types(out: &mut String, types: &TypesReport) -> fmt::Result {
    let caption = format!("Page type found on {:.3} of {} pages", types.accuracy, types.pages);
    let head: Vec<&str> =
        ["true \\ found"].into_iter().chain(PageType::ALL.map(PageType::as_str)).collect();
    let rows = PageType::ALL.iter().zip(types.counts).map(|(truth, counts)| {
        let counts = counts.iter().map(u64::to_string);
        [truth.to_string()].into_iter().chain(counts).collect()
    });
    write_table(out, &caption, &head, rows)
}

/// A table of figures; nothing where it has no rows.
fn write_table(
    out: &mut String,
    caption: &str,
    head: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    write!(out, "<table><caption>{}</caption><tr>", Escaped(caption))?;
    head.iter().try_for_each(|cell| write!(out, "<th>{}", Escaped(cell)))?;
    for row in rows {
        write!(out, "\n<tr>")?;
        row.iter().try_for_each(|cell| write!(out, "<td>{}", Escaped(cell)))?;
    }
    writeln!(out, "</table>")
}

fn prf_row(name: &str, prf: &Prf) -> Vec<String> {
    vec![name.to_owned(), number(prf.precision), number(prf.recall), number(prf.f1)]
}

fn number(value: f64) -> String {
    format!("{value:.3}")
}

fn write_score(out: &mut String, score: &PageScore, word: &Prf) -> fmt::Result {
    let truth = score.page_type.as_deref().unwrap_or("unknown type");
    let found = score.found_type.map_or("–", PageType::as_str);
    writeln!(
        out,
        "<details open><summary><b>{:.3}</b> {} <span class=\"dim\">{} (taken for {found}), \
         confidence {:.3}, precision {:.3}, recall {:.3}; \
         <span class=\"missed\">{} words missing</span>, \
         <span class=\"extra\">{} words extra</span></span></summary>",
        word.f1,
        Escaped(&score.id),
        Escaped(truth),
        score.confidence,
        word.precision,
        word.recall,
        score.words.false_neg,
        score.words.false_pos,
    )?;
    if !score.mistakes.is_empty() {
        writeln!(
            out,
            "<table><tr><th>block<th>words<th>content<th>label<th>truth<th class=\"text\">text"
        )?;
        score.mistakes.iter().try_for_each(|mistake| write_mistake(out, mistake))?;
        writeln!(out, "</table>")?;
    }
    writeln!(out, "</details>")
}

fn write_mistake(out: &mut String, mistake: &Mistake) -> fmt::Result {
    let side = if mistake.kept { "extra" } else { "missed" };
    let truth = mistake.truth.map_or("–", |label| label.as_str());
    writeln!(
        out,
        "<tr><td class=\"{side}\">{side}<td>{}<td>{:.3}<td>{}<td>{truth}<td class=\"text\">{}",
        mistake.words,
        mistake.content,
        mistake.label.as_str(),
        Escaped(&mistake.text),
    )
}

/// Text as HTML.
struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| match c {
            '<' => f.write_str("&lt;"),
            '>' => f.write_str("&gt;"),
            '&' => f.write_str("&amp;"),
            '"' => f.write_str("&quot;"),
            c => f.write_char(c),
        })
    }
}
