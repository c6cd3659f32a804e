//! What a run of `dehusk clean` writes: records, failures, and the journal of how far they are.

use std::io::{self, ErrorKind};
use std::num::NonZero;
use std::path::Path;

use anyhow::{Context, anyhow, bail};
use dehusk::record::Row;
use dehusk::sink::journal::{Checkpoint, Journal};
use dehusk::sink::{Closed, JsonLines, Output};
use serde_json::Value;
use tracing::{debug, warn};

use super::args::CleanArgs;
use super::records::{Papers, Records, create};
use super::{Failure, is_closed_pipe, job};

/// Bytes of records after which a state is saved before its time, so that a row group fits in memory. Of
/// Parquet, once compressed.
const MAX_UNCUT: u64 = 16 << 20;
const CANNOT_WRITE: &str = "cannot write the output";

/// Where records and failures go, and the journal of how far they are.
pub struct Outputs {
    records: Records,
    failures: Option<JsonLines<Output>>,
    journal: Option<Journal>,
    /// Pages from one checkpoint to the next.
    every: NonZero<u64>,
    /// The pages so far; the bytes of the last checkpoint.
    state: Checkpoint,
    /// Pages at the last checkpoint.
    saved: u64,
}

/// What the outputs are at the start of a run.
pub enum Opened {
    /// To be written, or to be gone on with.
    Unfinished(Box<Outputs>),
    /// Whole: the run that wrote them had only to give them their names.
    Finished(Checkpoint),
}

impl Outputs {
    /// Opens new outputs, or goes on with old ones.
    pub fn open(
        output: Option<&Path>,
        args: &CleanArgs,
        papers: &Papers,
        job: &Value,
    ) -> anyhow::Result<Opened> {
        let directory = Records::directory(output, args.format)?;
        let file = output.filter(|_| directory.is_none());
        let errors = args.errors.as_deref();
        let mut journal = match file {
            Some(path) => open_journal(path, args.resume, job)?,
            None => None,
        };
        if args.resume && journal.is_none() {
            bail!("--resume needs an --output that is one regular file");
        }
        let checkpoints = journal.as_ref().map_or(&[][..], Journal::checkpoints);
        let state = checkpoints.last().cloned().unwrap_or_default();
        if state.complete {
            for path in file.into_iter().chain(errors) {
                Closed::left_for(path)?.publish().context(CANNOT_WRITE)?;
            }
            remove(journal)?;
            return Ok(Opened::Finished(state));
        }
        let keep = journal.as_ref().map(Journal::keep).unwrap_or_default();
        let resumable = |path: &Path, from| {
            Output::resumable(path, from, keep.clone())
                .with_context(|| format!("cannot write {}", path.display()))
        };
        let records = match (directory, file) {
            (Some(directory), _) => directory,
            (None, Some(path)) => {
                let output = resumable(path, state.output)?;
                Records::stream(output, args.format, papers, checkpoints)
                    .context("cannot go on with the output")?
            }
            (None, None) => Records::stream(Output::stdout(), args.format, papers, &[])?,
        };
        let failures = match errors {
            Some(path) if journal.is_some() => Some(resumable(path, state.errors)?),
            Some(path) => Some(create(path)?),
            None => None,
        };
        if let Some(journal) = &mut journal
            && state.taken == 0
        {
            journal.begin(job).context("cannot write the state of the run")?;
        }
        Ok(Opened::Unfinished(Box::new(Outputs {
            records,
            failures: failures.map(JsonLines),
            journal,
            every: args.checkpoint,
            saved: state.taken,
            state,
        })))
    }

    /// How far the run is; its bytes are those of the last checkpoint.
    pub fn state(&self) -> &Checkpoint {
        &self.state
    }

    /// Writes what came of the next page, and saves the state when it is time.
    pub fn write(&mut self, result: Result<Row, Failure>) -> anyhow::Result<()> {
        let written = match result {
            Ok(row) => {
                let id = row.record.id.clone();
                self.records.write(row).context(CANNOT_WRITE)?.map(|()| id)
            }
            Err(failure) => Err(failure),
        };
        self.state.taken += 1;
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
        let is_time = self.state.taken - self.saved >= self.every.get();
        if is_time || self.records.uncut() >= MAX_UNCUT {
            self.save().context(CANNOT_WRITE)?;
        }
        Ok(())
    }

    /// Lets all that is written reach the disk, and notes how far that is.
    fn save(&mut self) -> io::Result<()> {
        (self.state.output, self.state.row_group) = self.records.cut()?;
        if let Some(JsonLines(errors)) = &mut self.failures {
            self.state.errors = errors.cut()?;
        }
        self.saved = self.state.taken;
        if let Some(journal) = &mut self.journal {
            journal.note(&self.state)?;
        }
        Ok(())
    }

    /// Lets the files reach the disk, and gives them their names.
    pub fn finish(self) -> anyhow::Result<()> {
        let Outputs { records, failures, mut journal, state, .. } = self;
        let records = records.close().context(CANNOT_WRITE)?;
        let errors = failures.map(|JsonLines(errors)| errors.close());
        let errors = errors.transpose().context("cannot write the errors file")?;
        if let Some(journal) = &mut journal {
            let whole = Checkpoint { complete: true, row_group: None, ..state };
            journal.note(&whole).context(CANNOT_WRITE)?;
        }
        for file in [records, errors].into_iter().flatten() {
            file.publish().context(CANNOT_WRITE)?;
        }
        remove(journal)
    }

    /// Says of an error that ends the run now what is left of it.
    pub fn explain(&self) -> impl FnOnce(anyhow::Error) -> anyhow::Error + use<> {
        let safe = self.journal.as_ref().map_or(0, |_| self.saved);
        let taken = self.state.taken;
        move |error| match safe {
            // Not as an error of a pipe, which would pass for the end of the run.
            0 if is_closed_pipe(&error) => anyhow!(
                "whoever read the output has gone; {taken} pages were written, perhaps not all of \
                 them read"
            ),
            0 => error,
            _ => error.context(format!(
                "the run ended early; its first {safe} pages are safe and --resume goes on from \
                 there"
            )),
        }
    }
}

fn remove(journal: Option<Journal>) -> anyhow::Result<()> {
    journal.map_or(Ok(()), Journal::remove).context("cannot remove the state of the run")
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
