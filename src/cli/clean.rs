//! `dehusk clean`: a crawl through the extractor, in parallel and in order.

use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, bail};
use dehusk::dom::Limits as DomLimits;
use dehusk::dom::html5::Selection;
use dehusk::extract::{Extractor, Markup, Options};
use dehusk::model::Model;
use dehusk::pipeline;
use dehusk::record::Record;
use dehusk::rules::Rules;
use dehusk::sink::{JsonLines, Output};
use dehusk::source::{self, Limits, Page, PageError, Pages};
use indicatif::ProgressBar;
use tracing::{debug, warn};

use super::args::{CleanArgs, Format, InputFormat};
use super::records::{Records, create};
use super::{Failure, Status, all_cores, is_directory, models, panics, stderr};

/// A crawl that is ready to start.
pub struct Clean {
    pages: Pages,
    limits: Limits,
    model: Option<Model>,
    options: Options,
    jobs: usize,
    records: Records,
    failures: Failures,
    counter: ProgressBar,
}

impl Clean {
    /// Opens the inputs and outputs.
    pub fn new(args: CleanArgs) -> anyhow::Result<Clean> {
        let CleanArgs { inputs, format, .. } = args;
        if args.blocks && matches!(format, Format::Txt | Format::Md) {
            bail!("--blocks needs --format jsonl (csv always lists the blocks)");
        }
        let options = Options {
            keep: args.keep.labels(),
            markup: if format == Format::Md { Markup::Markdown } else { Markup::Text },
            blocks: args.blocks || format == Format::Csv,
            selection: Selection::new(&args.select, &args.remove).map_err(anyhow::Error::msg)?,
            rules: args.rules.as_deref().map(Rules::read).transpose()?.unwrap_or_default(),
            limits: DomLimits { max_depth: args.max_depth, max_blocks: args.max_blocks },
        };
        let input_format = match args.input_format {
            InputFormat::Auto => None,
            InputFormat::Html => Some(source::Format::Html),
            InputFormat::Text => Some(source::Format::Text),
            InputFormat::Jsonl => Some(source::Format::Jsonl),
        };
        let limits = Limits { max_page_bytes: args.max_page_bytes };
        let model = args.model.as_deref().map(models::read).transpose()?;

        let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
        let is_page = input_format.is_some() || matches!(format, Format::Jsonl | Format::Txt);
        for path in output.into_iter().filter(|_| is_page).chain(args.errors.as_deref()) {
            refuse_inside(path, &inputs)?;
        }
        let pages = Pages::open(inputs, input_format, limits)?;
        let records = Records::open(output, format)?;
        let to = args.errors.as_deref().map(create).transpose()?.map(JsonLines);
        // Records that run down the same terminal show progress themselves.
        let is_shown = output.is_some() || !stdout().is_terminal();
        let counter = if is_shown { stderr::page_counter() } else { ProgressBar::hidden() };
        Ok(Clean {
            pages,
            limits,
            model,
            options,
            jobs: args.jobs.unwrap_or_else(all_cores).get(),
            records,
            failures: Failures { to, count: 0 },
            counter,
        })
    }

    /// Cleans all pages.
    pub fn run(self) -> anyhow::Result<Status> {
        let Clean { mut pages, limits, model, options, jobs, mut records, mut failures, counter } =
            self;
        let extractor = models::extractor(model.as_ref());
        let start = Instant::now();
        let mut done = 0_u64;
        pipeline::run(
            &mut pages,
            jobs,
            || (),
            |(), page| clean(page, &limits, extractor, &options),
            |result| -> anyhow::Result<()> {
                counter.inc(1);
                let written = match result {
                    Ok(record) => records
                        .write(&record)
                        .context("cannot write the output")?
                        .map(|()| record.id),
                    Err(failure) => Err(failure),
                };
                match written {
                    Ok(id) => {
                        debug!("{id}: done");
                        done += 1;
                    }
                    Err(failure) => failures.add(&failure)?,
                }
                Ok(())
            },
        )?;
        counter.finish_and_clear();
        let (failed, skipped) = (failures.count, pages.skipped());
        if done + failed == 0 {
            bail!("no pages in the input, {skipped} files skipped (--input-format reads any file)");
        }
        failures.finish()?;
        records.finish().context("cannot write the output")?;
        let rate = (done + failed) as f64 / start.elapsed().as_secs_f64();
        eprintln!("{done} pages done, {failed} failed, {skipped} files skipped; {rate:.1} pages/s");
        Ok(Status::of(failed))
    }
}

fn clean(
    page: Result<Page, PageError>,
    limits: &Limits,
    extractor: Extractor,
    options: &Options,
) -> Result<Record, Failure> {
    let page = page?;
    let id = page.id().to_owned();
    let record = panics::catch(|| {
        let page = page.load(limits)?;
        let url = page.url.as_deref();
        extractor
            .extract(&page.id, url, page.kind, &page.text, options)
            .map_err(|error| Failure { id: page.id.clone(), error: error.to_string() })
    });
    record.unwrap_or_else(|panic| Err(Failure { id, error: panic }))
}

/// An output that this run would read as one of its pages is refused: a file that is there
/// already, or a directory.
fn refuse_inside(output: &Path, inputs: &[PathBuf]) -> anyhow::Result<()> {
    let place = if is_directory(output) {
        let absolute = std::path::absolute(output)?;
        absolute.ancestors().find_map(|ancestor| fs::canonicalize(ancestor).ok())
    } else {
        fs::canonicalize(output).ok()
    };
    let Some(place) = place else {
        return Ok(());
    };
    let holds = |input: &&PathBuf| {
        input.is_dir() && fs::canonicalize(input).is_ok_and(|input| place.starts_with(input))
    };
    match inputs.iter().find(holds) {
        None => Ok(()),
        Some(input) => bail!(
            "{} lies in the input {} and would be read as a page: move it elsewhere",
            output.display(),
            input.display()
        ),
    }
}

/// Where pages that failed are told of.
struct Failures {
    to: Option<JsonLines<Output>>,
    count: u64,
}

impl Failures {
    fn add(&mut self, failure: &Failure) -> anyhow::Result<()> {
        self.count += 1;
        match &mut self.to {
            Some(file) => file.write(failure).context("cannot write the errors file"),
            None => {
                warn!("{failure}");
                Ok(())
            }
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self.to {
            Some(file) => file.0.finish().context("cannot write the errors file"),
            None => Ok(()),
        }
    }
}
