//! The command line: what is particular to running dehusk as a program.
//!
//! Arguments pass two stages. [`args`] holds what was typed; the `new` of each command turns that
//! into what it means, with files opened and labels parsed, so that nothing that `run` does sees
//! a raw argument. The work itself is the library's.

pub mod args;
pub mod clean;
mod data;
pub mod eval;
pub mod features;
mod job;
mod models;
mod outputs;
mod panics;
mod records;
mod report;
pub mod sites;
pub mod stderr;
pub mod train;

use std::fmt;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::thread;

use dehusk::{labelled, source};
use serde::Serialize;

/// How a run ended that came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Every page is done.
    AllDone,
    /// Some pages failed, the others are done.
    SomeFailed,
}

impl Status {
    fn of(failures: u64) -> Status {
        if failures == 0 { Status::AllDone } else { Status::SomeFailed }
    }
}

/// A page that could not be done, and why: a line of the errors file.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Failure {
    id: String,
    error: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.id, self.error)
    }
}

impl From<source::PageError> for Failure {
    fn from(error: source::PageError) -> Failure {
        Failure { id: error.id, error: error.reason.to_string() }
    }
}

impl From<labelled::PageError> for Failure {
    fn from(error: labelled::PageError) -> Failure {
        Failure { id: error.id, error: error.reason.to_string() }
    }
}

/// Whether the error is that whoever read the output has gone.
pub fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let is_closed = |error: &io::Error| error.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref().is_some_and(is_closed))
}

/// The threads to work with, unless told otherwise.
fn all_cores() -> NonZero<usize> {
    thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
}

/// Whether an output path means a directory: one that exists, or a name that ends in `/`.
fn is_directory(path: &Path) -> bool {
    path.is_dir() || path.as_os_str().as_encoded_bytes().ends_with(b"/")
}
