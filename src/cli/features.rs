//! `dehusk features`: labelled pages as a table, to train on or to look at.

use std::path::PathBuf;

use anyhow::{Context, bail};
use dehusk::evaluation::{self, teaches};
use dehusk::features::{Page, Schema};
use dehusk::labelled::LabelledPage;
use dehusk::pipeline;
use dehusk::sink::Output;
use dehusk::training::prepare::prepare;
use dehusk::training::table::Target;
use dehusk::training::{self, Settings};
use tracing::warn;

use super::args::FeaturesArgs;
use super::records::{create, io_error};
use super::{Failure, Status, all_cores, data, stderr};

/// Labelled pages, and the table that they are to become.
pub struct Features {
    pages: Vec<LabelledPage>,
    schema: &'static Schema,
    path: PathBuf,
    form: Form,
    /// Pages that could not be read.
    failed: u64,
}

/// What a table looks like.
#[derive(Clone, Copy)]
enum Form {
    /// Binned, for `dehusk train`.
    Binned,
    /// CSV.
    Numbers,
}

impl Features {
    /// Reads the pages and chooses the schema.
    pub fn new(args: FeaturesArgs) -> anyhow::Result<Features> {
        let name =
            args.output.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        let form = if name.ends_with(".table") {
            Form::Binned
        } else if name.ends_with(".csv") || name.ends_with(".csv.gz") {
            Form::Numbers
        } else {
            bail!("{}: a table is a .table, or a .csv or .csv.gz", args.output.display());
        };
        let (pages, failed) = data::read_pages(&args.data)?;
        let default = data::schemas_of(&pages).first().copied();
        let schema = args.schema.map(|schema| schema.schema()).or(default);
        let schema = schema.filter(|schema| pages.iter().any(|page| teaches(page, schema)));
        let Some(schema) = schema else {
            bail!("none of the pages has features of this schema");
        };
        Ok(Features { pages, schema, path: args.output, form, failed })
    }

    /// Writes the table.
    pub fn run(self) -> anyhow::Result<Status> {
        let mut output = create(&self.path)?;
        let cannot = || format!("cannot write {}", self.path.display());
        let failed = match self.form {
            Form::Binned => {
                let busy = stderr::busy(format!("reading {} pages", self.pages.len()));
                let settings = Settings::of(self.schema);
                let (mut table, errors) = evaluation::table(&self.pages, self.schema, &settings);
                busy.finish_and_clear();
                let failed = data::tell(errors);
                if table.blocks() == 0 {
                    bail!("none of the pages has blocks");
                }
                table.lexical =
                    Some(training::learn_lexical(&table, self.schema, &settings, &|_| true));
                table.write(self.schema, &mut output).with_context(cannot)?;
                output.finish().with_context(cannot)?;
                failed
            }
            Form::Numbers => self.write_numbers(output).with_context(cannot)?,
        };
        Ok(Status::of(self.failed + failed))
    }

    /// Writes the pages one by one; gives how many could not be read.
    fn write_numbers(&self, output: Output) -> anyhow::Result<u64> {
        let mut table = csv::Writer::from_writer(output);
        let names = self.schema.features.iter().map(|feature| feature.name.as_str());
        table.write_record(["id", "block", "label"].into_iter().chain(names)).map_err(io_error)?;
        let bar = stderr::steps(self.pages.len(), "pages");
        let (mut done, mut failed) = (0_u64, 0);
        pipeline::run(
            self.pages.iter().filter(|page| teaches(page, self.schema)),
            all_cores().get(),
            || (),
            |(), page| match prepare(page, None, self.schema, None) {
                Ok(prepared) => Ok((page, prepared.features(), prepared.targets)),
                Err(error) => Err(Failure { id: page.id.clone(), error: error.to_string() }),
            },
            |result| {
                bar.inc(1);
                match result {
                    Ok((page, features, targets)) => {
                        done += 1;
                        write_page(&mut table, page, &features, &targets).map_err(io_error)
                    }
                    Err(failure) => {
                        failed += 1;
                        warn!("{failure}");
                        Ok(())
                    }
                }
            },
        )?;
        bar.finish_and_clear();
        if done == 0 {
            bail!("none of the pages can be read");
        }
        table.into_inner().map_err(|error| error.into_error())?.finish()?;
        Ok(failed)
    }
}

fn write_page(
    table: &mut csv::Writer<Output>,
    page: &LabelledPage,
    features: &Page,
    targets: &[Target],
) -> csv::Result<()> {
    for (block, target) in targets.iter().enumerate() {
        table.write_field(&page.id)?;
        table.write_field(block.to_string())?;
        table.write_field(target.name())?;
        for feature in 0..features.matrix.padded().nrows() {
            table.write_field(features.matrix.column(feature, 0)[block].to_string())?;
        }
        table.write_record(None::<&[u8]>)?;
    }
    Ok(())
}
