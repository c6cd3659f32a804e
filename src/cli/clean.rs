//! `dehusk clean`: a crawl through the extractor, in parallel and in order.

use std::fs;
use std::io::{IsTerminal, stdout};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::bail;
use dehusk::dom::html5::Selection;
use dehusk::extract::{Extractor, Markup, Options};
use dehusk::model::Model;
use dehusk::pipeline;
use dehusk::record::Row;
use dehusk::rules::Rules;
use dehusk::sink::journal::Checkpoint;
use dehusk::sites::store::Sites;
use dehusk::source::{Limits, Page, PageError, Pages};
use indicatif::ProgressBar;
use tracing::info;

use super::args::{CleanArgs, Format};
use super::outputs::{Opened, Outputs};
use super::records::Papers;
use super::{Failure, Status, is_directory, job, models, panics, sites, stderr};

/// A crawl that is ready to start.
pub struct Clean {
    pages: Pages,
    limits: Limits,
    model: Option<Model>,
    options: Options,
    jobs: usize,
    outputs: Opened,
    progress: ProgressBar,
}

impl Clean {
    /// Opens the inputs and outputs.
    pub fn new(args: CleanArgs) -> anyhow::Result<Clean> {
        let format = args.format;
        if args.blocks && matches!(format, Format::Txt | Format::Md) {
            bail!("--blocks needs --format jsonl or parquet (csv always lists the blocks)");
        }
        let mut options = Options {
            keep: args.keep.labels(),
            markup: if format == Format::Md { Markup::Markdown } else { Markup::Text },
            blocks: args.blocks || format == Format::Csv,
            selection: Selection::new(&args.select, &args.remove).map_err(anyhow::Error::msg)?,
            rules: args.rules.as_deref().map(Rules::read).transpose()?.unwrap_or_default(),
            limits: args.input.dom_limits(),
            sites: None,
        };
        let input_format = args.input.format();
        let model = args.model.as_deref().map(models::read).transpose()?;

        let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
        let is_page = input_format.is_some() || !matches!(format, Format::Md | Format::Csv);
        for path in output.into_iter().filter(|_| is_page).chain(args.errors.as_deref()) {
            refuse_inside(path, &args.inputs)?;
        }
        let pages = args.input.pages(&args.inputs)?.with_shard(args.shard);
        options.sites = match args.site_evidence.as_deref() {
            None => None,
            Some(auto) if auto == Path::new("auto") => {
                Some(Arc::new(sites::of_inputs(&args.inputs, &args.input, output)?))
            }
            Some(store) => Some(Arc::new(sites::open(store)?)),
        };
        // Only files are told the models.
        let is_told = output.is_some() || format == Format::Parquet;
        let mut versions =
            if is_told { models::versions(args.model.as_deref())? } else { Vec::new() };
        let digest = options.sites.as_deref().map(Sites::digest);
        let job = job::describe(&args, &versions, digest);
        versions
            .extend(digest.map(|digest| ("dehusk.site_evidence".to_owned(), digest.to_owned())));
        let papers = Papers { blocks: options.blocks, values: &versions };
        let outputs = Outputs::open(output, &args, &papers, &job)?;
        // Records that run down the same terminal show progress themselves.
        let is_shown = output.is_some() || !stdout().is_terminal();
        let progress = if is_shown { stderr::byte_counter() } else { ProgressBar::hidden() };
        stderr::count_total(&progress, &args.inputs, input_format);
        let (limits, jobs) = (args.input.limits(), args.input.jobs());
        Ok(Clean { pages, limits, model, options, jobs, outputs, progress })
    }

    /// Cleans all pages.
    pub fn run(self) -> anyhow::Result<Status> {
        let Clean { mut pages, limits, model, options, jobs, outputs, progress } = self;
        let mut outputs = match outputs {
            Opened::Unfinished(outputs) => outputs,
            Opened::Finished(Checkpoint { taken, failed, .. }) => {
                eprintln!("{} pages done, {failed} failed, all before this run", taken - failed);
                return Ok(Status::of(failed));
            }
        };
        let extractor = models::extractor(model.as_ref());
        let start = Instant::now();
        let before = outputs.state().taken;
        if before > 0 {
            info!("reading past the {before} pages that are done");
            let passed = pages.by_ref().take(before as usize).count() as u64;
            if passed < before {
                bail!("the inputs have only {passed} pages, {before} were done");
            }
        }
        let counter = pages.counter();
        let result = pipeline::run(
            &mut pages,
            jobs,
            || (),
            |(), page| clean(page, &limits, extractor, &options),
            |result| {
                progress.set_position(counter.get());
                outputs.write(result)?;
                progress.set_message(format!("{} pages", outputs.state().taken));
                Ok(())
            },
        );
        progress.finish_and_clear();
        result.map_err(outputs.explain())?;
        let Checkpoint { taken, failed, .. } = *outputs.state();
        let (done, skipped) = (taken - failed, pages.skipped());
        if taken == 0 {
            bail!("no pages in the input, {skipped} (--input-format reads any file)");
        }
        let explain = outputs.explain();
        outputs.finish().map_err(explain)?;
        let rate = (taken - before) as f64 / start.elapsed().as_secs_f64();
        eprintln!("{done} pages done, {failed} failed, {skipped}; {rate:.1} pages/s");
        Ok(Status::of(failed))
    }
}

fn clean(
    page: Result<Page, PageError>,
    limits: &Limits,
    extractor: Extractor,
    options: &Options,
) -> Result<Row, Failure> {
    let page = page?;
    let id = page.id().to_owned();
    let record = panics::catch(|| {
        Ok(page.load(limits).and_then(|page| extractor.extract_row(page, options))?)
    });
    record.unwrap_or_else(|panic| Err(Failure { id, error: panic }))
}

/// An output that this run would read as one of its pages is refused: a file that is there
/// already, or a directory.
pub fn refuse_inside(output: &Path, inputs: &[PathBuf]) -> anyhow::Result<()> {
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
