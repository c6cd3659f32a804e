//! `dehusk sites`: a first pass over a crawl that counts what repeats over a site's pages.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use dehusk::pipeline;
use dehusk::sink::Output;
use dehusk::sites::store::{Builder, Sites};
use dehusk::sites::{self, Print};
use dehusk::source::{self, Page, PageError, Shard, Skipped};
use tracing::warn;

use super::args::{InputArgs, SitesArgs};
use super::clean::refuse_inside;
use super::records::create;
use super::{Failure, Status, panics, stderr};

/// A first pass that is ready to start.
pub struct SitesPass {
    args: SitesArgs,
    builder: Builder,
    output: Output,
    /// The file behind `output`.
    file: File,
}

impl SitesPass {
    /// Opens the output, and adds the stores that are to be merged.
    pub fn new(args: SitesArgs) -> anyhow::Result<SitesPass> {
        let path = &args.output;
        if args.input.format().is_some() {
            refuse_inside(path, &args.inputs)?;
        }
        let output = create(path)?;
        let Some(unfinished) = output.unfinished_path() else {
            bail!(
                "{} is no regular file: a store of sites cannot be written there",
                path.display()
            );
        };
        let file = File::options().read(true).write(true).open(unfinished)?;
        let mut builder = builder_beside(path)?;
        for store in &args.merge {
            builder.merge(&open(store)?).with_context(|| cannot_use(store))?;
        }
        Ok(SitesPass { args, builder, output, file })
    }

    /// Reads all pages, and writes the store.
    pub fn run(self) -> anyhow::Result<Status> {
        let SitesPass { args, mut builder, output, file } = self;
        let Pass { done, failed, without_host, skipped } =
            gather(&args.inputs, &args.input, args.shard, &mut builder, |failure| {
                warn!("{failure}");
            })?;
        if done + failed == 0 && args.merge.is_empty() {
            bail!("no pages in the input, {skipped} (--input-format reads any file)");
        }
        let cannot = || format!("cannot write {}", args.output.display());
        let sites = builder.write(file).with_context(cannot)?;
        let (hosts, pages) = (sites.hosts()?, sites.pages());
        drop(sites);
        output.finish().with_context(cannot)?;
        eprintln!(
            "{done} pages done, {failed} failed, {without_host} without a host, {skipped}; {pages} pages of \
             {hosts} hosts in {}",
            args.output.display()
        );
        Ok(Status::of(failed))
    }
}

/// Opens a store.
pub fn open(path: &Path) -> anyhow::Result<Sites> {
    panics::catch(|| Sites::open(path))
        .map_err(anyhow::Error::msg)
        .and_then(|opened| Ok(opened?))
        .with_context(|| cannot_use(path))
}

/// Makes a store of the inputs themselves, which goes when the process ends. Its file is beside `output`, if
/// there is one.
pub fn of_inputs(
    inputs: &[PathBuf],
    input: &InputArgs,
    output: Option<&Path>,
) -> anyhow::Result<Sites> {
    let is_whole = |path: &PathBuf| fs::metadata(path).is_ok_and(|m| m.is_file() || m.is_dir());
    if let Some(stream) = inputs.iter().find(|path| !is_whole(path) || path.as_os_str() == "-") {
        bail!(
            "--site-evidence auto reads its inputs twice, and {} can be read only once: give files, or a store \
             that `dehusk sites` made",
            if stream.as_os_str() == "-" {
                "standard input".into()
            } else {
                stream.to_string_lossy()
            }
        );
    }
    let mut builder = builder_beside(output.unwrap_or(&std::env::temp_dir().join("-")))?;
    // Each part of a crawl is cleaned by the evidence of all of it. Pages that fail will be told of when they
    // are cleaned.
    gather(inputs, input, Shard::default(), &mut builder, |_| ())?;
    builder.finish().context("cannot keep what the first pass finds")
}

fn cannot_use(path: &Path) -> String {
    format!("cannot use {} as a store of sites", path.display())
}

fn builder_beside(path: &Path) -> anyhow::Result<Builder> {
    let directory = path.parent().filter(|parent| *parent != Path::new(""));
    let directory = directory.unwrap_or(Path::new("."));
    Builder::new(directory).with_context(|| format!("cannot write in {}", directory.display()))
}

/// What came of a first pass.
struct Pass {
    done: u64,
    failed: u64,
    without_host: u64,
    skipped: Skipped,
}

/// Adds the prints of all pages, in parallel and in order.
fn gather(
    inputs: &[PathBuf],
    input: &InputArgs,
    shard: Shard,
    builder: &mut Builder,
    tell: impl Fn(Failure),
) -> anyhow::Result<Pass> {
    let mut pages = input.pages(inputs)?.with_shard(shard);
    let progress = stderr::byte_counter();
    stderr::count_total(&progress, inputs, input.format());
    let (mut done, mut failed, mut without_host) = (0, 0, 0);
    let counter = pages.counter();
    let result = pipeline::run(
        &mut pages,
        input.jobs(),
        || (),
        |(), page| print(page, input),
        |print| {
            match print {
                Ok(found) => {
                    match found {
                        Some((host, print)) => {
                            builder.add(host, print).context("cannot keep a page")?;
                        }
                        None => without_host += 1,
                    }
                    done += 1;
                }
                Err(failure) => {
                    failed += 1;
                    tell(failure);
                }
            }
            progress.set_position(counter.get());
            progress.set_message(format!("sites of {done} pages"));
            anyhow::Ok(())
        },
    );
    progress.finish_and_clear();
    result?;
    Ok(Pass { done, failed, without_host, skipped: pages.skipped().clone() })
}

fn print(
    page: Result<Page, PageError>,
    input: &InputArgs,
) -> Result<Option<(String, Print)>, Failure> {
    let page = page?;
    let id = page.id().to_owned();
    let print = panics::catch(|| {
        let page = page.load(&input.limits())?;
        let print = sites::print(page.url.as_deref(), page.kind, &page.text, input.dom_limits());
        print.map_err(|error| source::PageError { id: page.id, reason: error.into() })
    });
    Ok(print.map_err(|panic| Failure { id, error: panic })??)
}
