//! `dehusk clean`: a crawl through the extractor, in parallel and in order.

use std::fs;
use std::io::{self, ErrorKind, IsTerminal, stdout};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use dehusk::dom::Limits as DomLimits;
use dehusk::dom::html5::Selection;
use dehusk::extract::{Extractor, Markup, Options};
use dehusk::model::Model;
use dehusk::pipeline;
use dehusk::record::Row;
use dehusk::rules::Rules;
use dehusk::sink::journal::{Checkpoint, Journal};
use dehusk::sink::{Closed, JsonLines, Output};
use dehusk::source::{self, Columns, Limits, Page, PageError, Pages};
use indicatif::ProgressBar;
use serde_json::Value;
use tracing::{debug, info, warn};

use super::args::{CleanArgs, Format, InputFormat};
use super::records::{Papers, Records, create};
use super::{Failure, Status, all_cores, is_directory, job, models, panics, stderr};

/// Bytes of records after which a state is saved before its time, so that a row group fits in memory.
const MAX_UNCUT: u64 = 32 << 20;

/// A crawl that is ready to start.
pub struct Clean {
    pages: Pages,
    limits: Limits,
    model: Option<Model>,
    options: Options,
    jobs: usize,
    outputs: Outputs,
    progress: ProgressBar,
}

impl Clean {
    /// Opens the inputs and outputs.
    pub fn new(args: CleanArgs) -> anyhow::Result<Clean> {
        let format = args.format;
        if args.blocks && matches!(format, Format::Txt | Format::Md) {
            bail!("--blocks needs --format jsonl or parquet (csv always lists the blocks)");
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
            InputFormat::Warc => Some(source::Format::Warc),
            InputFormat::Parquet => Some(source::Format::Parquet),
        };
        let limits = Limits { max_page_bytes: args.max_page_bytes };
        let model = args.model.as_deref().map(models::read).transpose()?;

        let output = args.output.as_deref().filter(|path| *path != Path::new("-"));
        let is_page = input_format.is_some() || !matches!(format, Format::Md | Format::Csv);
        for path in output.into_iter().filter(|_| is_page).chain(args.errors.as_deref()) {
            refuse_inside(path, &args.inputs)?;
        }
        let columns = Columns::from(args.columns.clone());
        let pages = Pages::open(args.inputs.clone(), input_format, limits)?
            .with_columns(columns.clone())
            .with_shard(args.shard);
        let versions = models::versions(models::extractor(model.as_ref()))?;
        let job = job::describe(&args, &columns, &versions);
        let papers = Papers { blocks: options.blocks, values: &versions };
        let outputs = Outputs::open(output, &args, &papers, &job)?;
        // Records that run down the same terminal show progress themselves.
        let is_shown = output.is_some() || !stdout().is_terminal();
        let progress = if is_shown { stderr::byte_counter() } else { ProgressBar::hidden() };
        if !progress.is_hidden() {
            let progress = progress.clone();
            // A large directory takes long to walk; nobody waits for it.
            thread::spawn(move || {
                if let Some(total) = source::total_bytes(&args.inputs, input_format) {
                    stderr::set_total(&progress, total);
                }
            });
        }
        let jobs = args.jobs.unwrap_or_else(all_cores).get();
        Ok(Clean { pages, limits, model, options, jobs, outputs, progress })
    }

    /// Cleans all pages.
    pub fn run(self) -> anyhow::Result<Status> {
        let Clean { mut pages, limits, model, options, jobs, mut outputs, progress } = self;
        let extractor = models::extractor(model.as_ref());
        let start = Instant::now();
        let before = outputs.state.clone();
        if !before.complete {
            if before.taken > 0 {
                info!("reading past the {} pages that are done", before.taken);
                let passed = pages.by_ref().take(before.taken as usize).count() as u64;
                if passed < before.taken {
                    bail!("the inputs have only {passed} pages, {} were done", before.taken);
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
                    progress.set_message(format!("{} pages", outputs.state.taken));
                    Ok(())
                },
            );
            result.map_err(|error| outputs.explain(error))?;
        }
        progress.finish_and_clear();
        let Checkpoint { taken, failed, .. } = outputs.state;
        let (done, skipped) = (taken - failed, pages.skipped().clone());
        if taken == 0 {
            bail!("no pages in the input, {skipped} (--input-format reads any file)");
        }
        outputs.finish().map_err(|error| outputs.explain(error))?;
        let rate = (taken - before.taken) as f64 / start.elapsed().as_secs_f64();
        eprintln!("{done} pages done, {failed} failed, {skipped}; {rate:.1} pages/s");
        Ok(Status::of(failed))
    }
}

/// Where records and failures go, and the journal of how far they are.
struct Outputs {
    /// None once all is written.
    records: Option<Records>,
    failures: Option<JsonLines<Output>>,
    journal: Option<Journal>,
    paths: [Option<PathBuf>; 2],
    /// Pages from one checkpoint to the next.
    every: NonZero<u64>,
    /// The pages so far; the bytes of the last checkpoint.
    state: Checkpoint,
    /// Pages at the last checkpoint.
    saved: u64,
}

impl Outputs {
    /// Opens a new output, or goes on with an old one.
    fn open(
        output: Option<&Path>,
        args: &CleanArgs,
        papers: &Papers,
        job: &Value,
    ) -> anyhow::Result<Outputs> {
        let directory = Records::directory(output, args.format)?;
        let file = output.filter(|_| directory.is_none());
        let mut journal = match file {
            Some(path) => open_journal(path, args.resume, job)?,
            None => None,
        };
        if args.resume && journal.is_none() {
            bail!("--resume needs an --output that is one regular file");
        }
        let checkpoints = journal.as_ref().map_or(&[][..], Journal::checkpoints);
        let state = checkpoints.last().cloned().unwrap_or_default();
        let errors = args.errors.as_deref();
        let (mut records, mut failures) = (directory, None);
        if !state.complete {
            if records.is_none() {
                let output = match file {
                    Some(path) => Output::resumable(path, state.output)
                        .with_context(|| format!("cannot write {}", path.display()))?,
                    None => Output::stdout(),
                };
                let records_of = Records::stream(output, args.format, papers, checkpoints);
                records = Some(records_of.context("cannot go on with the output")?);
            }
            failures = match errors {
                Some(path) if journal.is_some() => Some(
                    Output::resumable(path, state.errors)
                        .with_context(|| format!("cannot write {}", path.display()))?,
                ),
                Some(path) => Some(create(path)?),
                None => None,
            };
            if let Some(journal) = &mut journal
                && state.taken == 0
            {
                journal.begin(job).context("cannot write the state of the run")?;
            }
        }
        Ok(Outputs {
            records,
            failures: failures.map(JsonLines),
            journal,
            paths: [file, errors].map(|path| path.map(Path::to_owned)),
            every: args.checkpoint,
            saved: state.taken,
            state,
        })
    }

    /// Writes what came of the next page, and saves the state when it is time.
    fn write(&mut self, result: Result<Row, Failure>) -> anyhow::Result<()> {
        const CANNOT: &str = "cannot write the output";
        let Some(records) = &mut self.records else {
            return Ok(());
        };
        let written = match result {
            Ok(row) => {
                let id = row.record.id.clone();
                records.write(row).context(CANNOT)?.map(|()| id)
            }
            Err(failure) => Err(failure),
        };
        self.state.taken += 1;
        let uncut = records.uncut();
        match written {
            Ok(id) => debug!("{id}: done"),
            Err(failure) => {
                self.state.failed += 1;
                match &mut self.failures {
                    Some(file) => {
                        file.write(&failure).context("cannot write the errors file")?;
                    }
                    None => warn!("{failure}"),
                }
            }
        }
        if self.state.taken - self.saved >= self.every.get() || uncut >= MAX_UNCUT {
            self.save().context(CANNOT)?;
        }
        Ok(())
    }

    /// Lets all that is written reach the disk, and notes how far that is.
    fn save(&mut self) -> io::Result<()> {
        let Some(records) = &mut self.records else {
            return Ok(());
        };
        (self.state.output, self.state.row_group) = records.cut()?;
        if let Some(JsonLines(errors)) = &mut self.failures {
            self.state.errors = errors.cut()?;
        }
        self.saved = self.state.taken;
        if let Some(journal) = &mut self.journal {
            journal.note(self.state.clone())?;
            records.keep();
            if let Some(JsonLines(errors)) = &mut self.failures {
                errors.keep();
            }
        }
        Ok(())
    }

    /// Lets the files reach the disk, and gives them their names.
    fn finish(&mut self) -> anyhow::Result<()> {
        let cannot_write = "cannot write the output";
        let closed = match self.records.take() {
            Some(records) => {
                let records = records.close().context(cannot_write)?;
                let errors = self.failures.take().map(|JsonLines(errors)| errors.close());
                let errors = errors.transpose().context("cannot write the errors file")?;
                if let Some(journal) = &mut self.journal {
                    self.state = Checkpoint { complete: true, row_group: None, ..self.state };
                    journal.note(self.state.clone()).context(cannot_write)?;
                }
                [records, errors]
            }
            // A run before this one did all that.
            None => {
                let left =
                    |path: Option<PathBuf>| path.as_deref().map(Closed::left_for).transpose();
                let [output, errors] = self.paths.clone();
                [left(output)?, left(errors)?]
            }
        };
        for file in closed.into_iter().flatten() {
            file.publish().context(cannot_write)?;
        }
        let journal = self.journal.take();
        journal.map_or(Ok(()), Journal::remove).context("cannot remove the state of the run")
    }

    /// Says of the error that ended the run what is left of it.
    fn explain(&self, error: anyhow::Error) -> anyhow::Error {
        let is_closed = super::is_closed_pipe(&error);
        let taken = self.state.taken;
        match &self.journal {
            Some(_) if self.saved > 0 => error.context(format!(
                "the run ended early; its first {} pages are safe and --resume goes on from there",
                self.saved
            )),
            // Not as an error of a pipe, which would pass for the end of the run.
            _ if is_closed => {
                anyhow!(
                    "whoever read the output has gone; {taken} pages were written, perhaps not all of them read"
                )
            }
            _ => error,
        }
    }
}

/// Opens the journal of an output, and makes sure that it may be begun or gone on with. None if the output is
/// no regular file.
fn open_journal(output: &Path, resume: bool, job: &Value) -> anyhow::Result<Option<Journal>> {
    let journal = match Journal::open(output) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => {
            bail!("another run is writing {}", output.display())
        }
        other => other.with_context(|| format!("cannot write {}", output.display()))?,
    };
    if let Some(journal) = &journal
        && let Some(before) = journal.job()
    {
        let state = journal.path().display();
        if !resume {
            bail!(
                "{} was begun by a run that ended early: --resume goes on with it; to begin anew, remove {state}",
                output.display()
            );
        }
        let differences = job::differences(job, before);
        if !differences.is_empty() {
            bail!(
                "cannot resume {}: not the same as when it was begun: {}; to begin anew, remove {state}",
                output.display(),
                differences.join(", ")
            );
        }
    }
    Ok(journal)
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
        let page = page.load(limits)?;
        Ok(extractor.extract_row(page, options)?)
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
