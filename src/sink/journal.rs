//! The journal of a run: up to where its output is safe, so that another run can go on from there.
//!
//! It lies beside the output as `OUT.partial.state` and is a line of JSON that says what the run is about,
//! and then one for each [`Checkpoint`]. A line counts once its line feed is there, so a run may be ended at any
//! moment: what the output has beyond the last checkpoint is cut off and made anew.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Keep, Target, Unfinished, open, with_suffix};

/// A state that a run can go on from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkpoint {
    /// Pages taken from the inputs, also those that failed.
    pub taken: u64,
    /// Pages that failed.
    pub failed: u64,
    /// Bytes of the output.
    pub output: u64,
    /// Bytes of the errors file.
    pub errors: u64,
    /// The row group that ends here, as [`super::parquet::Parquet::cut`] gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row_group: Option<String>,
    /// Whether all is written, and the files only have to take their names.
    #[serde(default)]
    pub complete: bool,
}

/// A journal that is being written. No other run can open it meanwhile.
#[derive(Debug)]
pub struct Journal {
    file: File,
    unfinished: Unfinished,
    /// What the run before this one was about, and how far it came.
    job: Option<Value>,
    checkpoints: Vec<Checkpoint>,
}

impl Journal {
    /// Opens the journal of the output at `output`, a new one if there is none. None if `output` is no regular
    /// file, which no run can go on with.
    ///
    /// # Errors
    ///
    /// If it cannot be read or written; of the kind `WouldBlock` if another run is writing it.
    pub fn open(output: &Path) -> io::Result<Option<Journal>> {
        let Target::File { target, .. } = Target::of(output)? else {
            return Ok(None);
        };
        let path = with_suffix(&target, ".partial.state");
        // Until it is read, it may be one to go on with, or another run's.
        let (mut file, unfinished) = Unfinished::make(Keep::new(true), || open(path))?;
        if let Err(fs::TryLockError::WouldBlock) = file.try_lock() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let (mut job, mut checkpoints, mut end) = (None, Vec::new(), 0);
        for line in text.split_inclusive(|byte| *byte == b'\n').filter(|l| l.ends_with(b"\n")) {
            // What cannot be read was not whole when the machine stopped.
            if job.is_none() {
                let Ok(of_line) = serde_json::from_slice(line) else { break };
                job = Some(of_line);
            } else {
                let Ok(checkpoint) = serde_json::from_slice(line) else { break };
                checkpoints.push(checkpoint);
            }
            end += line.len() as u64;
        }
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
        unfinished.keep.set(!checkpoints.is_empty());
        Ok(Some(Journal { file, unfinished, job, checkpoints }))
    }

    /// Its own file.
    pub fn path(&self) -> &Path {
        &self.unfinished.path
    }

    /// Whether the files of the run stay when it ends early: from the first state on.
    pub fn keep(&self) -> Keep {
        self.unfinished.keep.clone()
    }

    /// What the run was about that another one can go on with, if there was any.
    pub fn job(&self) -> Option<&Value> {
        self.job.as_ref().filter(|_| !self.checkpoints.is_empty())
    }

    /// The states that were reached before it was opened, in their order.
    pub fn checkpoints(&self) -> &[Checkpoint] {
        &self.checkpoints
    }

    /// Begins anew.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn begin(&mut self, job: &Value) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.rewind()?;
        self.append(job)
    }

    /// Notes a state. The output up to it must have reached the disk.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn note(&mut self, checkpoint: &Checkpoint) -> io::Result<()> {
        self.append(checkpoint)?;
        self.unfinished.keep.set(true);
        Ok(())
    }

    fn append(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut line = serde_json::to_vec(line)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.file.sync_data()
    }

    /// Removes the journal of a run that has come to its end.
    ///
    /// # Errors
    ///
    /// If it cannot be removed.
    pub fn remove(self) -> io::Result<()> {
        fs::remove_file(&self.unfinished.path)
    }
}
