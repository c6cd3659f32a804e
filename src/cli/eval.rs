//! `dehusk eval`: the measures of [`dehusk::evaluation`] on labelled pages, for eyes or scripts.

use std::io::{self, Write, stdout};
use std::path::Path;

use anyhow::{Context, bail};
use dehusk::confidence;
use dehusk::evaluation::{self, ConfidenceReport, CorpusReport, PageScore, TypesReport};
use dehusk::labelled::LabelledPage;
use dehusk::measures::Prf;
use dehusk::model::Model;
use dehusk::page_type::PageType;
use dehusk::sink::Output;
use dehusk::training::Settings;
use tracing::info;

use super::args::EvalArgs;
use super::records::{create, io_error};
use super::{Status, data, models, report, stderr};

/// Labelled pages, and how they are to be scored.
pub struct Eval {
    args: EvalArgs,
    pages: Vec<LabelledPage>,
    /// In place of the built-in one of its schema.
    model: Option<Model>,
    /// Pages that could not be read.
    failed: u64,
}

impl Eval {
    /// Reads the pages and the model.
    pub fn new(args: EvalArgs) -> anyhow::Result<Eval> {
        let model = args.model.as_deref().map(models::read).transpose()?;
        let (pages, failed) = data::read_pages(&args.data)?;
        Ok(Eval { args, pages, model, failed })
    }

    /// Scores the pages and prints the reports.
    pub fn run(self) -> anyhow::Result<Status> {
        let Eval { args, pages, model, failed } = self;
        let (schema, keep) = (args.schema.schema(), args.keep.labels());
        let EvalArgs { folds, learner, without, json, report, outcomes, sites, .. } = args;
        let learner = learner.into();
        let parts = Settings::parts(schema);
        if let Some(unknown) = without.iter().find(|part| !parts.contains(&part.as_str())) {
            bail!("--without {unknown}: there is no such part; there are {}", parts.join(", "));
        }
        let known = sites.as_ref().map(|_| evaluation::sites(&pages, schema)).transpose()?;
        let known = known.as_ref();
        let (scores, errors) = match folds.map(usize::from) {
            None => {
                let busy = stderr::busy(format!("scoring {} pages", pages.len()));
                let extractor = models::extractor(model.as_ref());
                let outcome = evaluation::score_all(&pages, schema, extractor, keep, known);
                busy.finish_and_clear();
                outcome
            }
            Some(folds) => {
                let bar = stderr::steps(0, "folds");
                let progress = |done: usize, total: usize| {
                    bar.set_length(total as u64);
                    bar.set_position(done as u64);
                    info!("fold {done} of {total} done");
                };
                let outcome = evaluation::cross_validate(
                    &pages,
                    schema,
                    |schema| Settings { learner, ..Settings::of(schema) }.without(&without),
                    folds,
                    keep,
                    known,
                    progress,
                )
                .context("a fold leaves too little to learn from: more sites are needed")?;
                bar.finish_and_clear();
                outcome
            }
        };
        let failed = failed + data::tell(errors);
        if scores.is_empty() {
            bail!("none of the pages can be read");
        }
        if let Some(path) = outcomes {
            let of_model = evaluation::outcomes(&scores, &pages, schema, schema);
            write(
                &path,
                |file| Ok(confidence::write_outcomes(&of_model, file).map_err(io_error)?),
            )?;
        }
        if let Some(path) = sites {
            write(&path, |file| {
                write_sites(&scores, file).map_err(|error| io_error(error).into())
            })?;
        }
        let reports = evaluation::report(&scores);
        if let Some(path) = report {
            write(&path, |file| Ok(file.write_all(report::page(&reports, &scores).as_bytes())?))?;
        }
        let mut out = stdout().lock();
        if json {
            serde_json::to_writer(&mut out, &reports).map_err(io::Error::from)?;
            writeln!(out)?;
        } else {
            for (corpus, report) in &reports {
                print(&mut out, corpus, report)?;
            }
        }
        Ok(Status::of(failed))
    }
}

/// Writes a row for each page whose site is known.
fn write_sites(scores: &[PageScore], file: &mut impl Write) -> csv::Result<()> {
    let mut table = csv::Writer::from_writer(file);
    table.write_record(["id", "host", "pages", "word_f1", "word_f1_with_site"])?;
    for score in scores {
        if let (Some(site), Some(word)) = (&score.site, score.word) {
            table.serialize((&score.id, &site.host, site.pages, word.f1, site.word_f1))?;
        }
    }
    Ok(table.flush()?)
}

/// Writes a file, which appears whole or not at all.
fn write(
    path: &Path,
    content: impl FnOnce(&mut Output) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut file = create(path)?;
    content(&mut file)
        .and_then(|()| Ok(file.finish()?))
        .with_context(|| format!("cannot write {}", path.display()))
}

/// Prints one corpus' report.
fn print(out: &mut impl Write, corpus: &str, report: &CorpusReport) -> io::Result<()> {
    let line = |out: &mut dyn Write, name: &str, prf: &Prf| {
        write!(out, "  {name:<12}{:>9.3}  {:>6.3}  {:>6.3}", prf.precision, prf.recall, prf.f1)
    };
    writeln!(out, "{corpus}: {} pages with gold text\n", report.pages)?;
    writeln!(out, "  {:<12}{:>9}  {:>6}  {:>6}", "text", "precision", "recall", "F1")?;
    let texts = [
        ("word", Some(report.word)),
        ("shingle", Some(report.shingle)),
        ("snippet", report.snippet),
    ];
    for (name, prf) in texts {
        if let Some(prf) = prf {
            line(out, name, &prf)?;
            writeln!(out)?;
        }
    }
    let ConfidenceReport { spearman, mean_error, tenths } = &report.confidence;
    if let Some(rho) = spearman {
        writeln!(
            out,
            "\n  confidence and word F1: Spearman's rank correlation {rho:.3}, mean error {mean_error:.3}"
        )?;
        for (name, of) in [("confidence", 0), ("word F1", 1)] {
            write!(out, "    {name:<12}")?;
            for tenth in tenths {
                write!(out, "  {:.3}", if of == 0 { tenth.0 } else { tenth.1 })?;
            }
            writeln!(out)?;
        }
    }
    if !report.by_type.is_empty() {
        writeln!(out, "\n  {:<19}{:>8}  {:>6}", "page type", "word F1", "pages")?;
        for (name, figures) in &report.by_type {
            writeln!(out, "  {name:<19}{:>8.3}  {:>6}", figures.word_f1, figures.pages)?;
        }
    }
    if let Some(types) = &report.page_types {
        print_types(out, types)?;
    }
    if let Some(macro_f1) = report.macro_f1 {
        writeln!(
            out,
            "\n  {:<12}{:>9}  {:>6}  {:>6}  {:>6}",
            "label", "precision", "recall", "F1", "blocks"
        )?;
        for score in &report.labels {
            line(out, score.label.as_str(), &score.prf)?;
            writeln!(out, "  {:>6}", score.support)?;
        }
        writeln!(out, "  {:<12}{:>9}  {:>6}  {macro_f1:>6.3}", "macro-F1", "", "")?;
    }
    writeln!(out)
}

/// Prints how often each type of page was taken for which.
fn print_types(out: &mut impl Write, types: &TypesReport) -> io::Result<()> {
    writeln!(out, "\n  page type found on {:.3} of {} pages\n", types.accuracy, types.pages)?;
    write!(out, "  {:<19}", "true \\ found")?;
    for found in PageType::ALL {
        write!(out, "{found:>15}")?;
    }
    writeln!(out)?;
    for (truth, counts) in PageType::ALL.iter().zip(types.counts) {
        write!(out, "  {truth:<19}")?;
        for count in counts {
            write!(out, "{count:>15}")?;
        }
        writeln!(out)?;
    }
    Ok(())
}
