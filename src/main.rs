//! The `dehusk` program: a thin shell over the library. See `dehusk --help`.

mod cli;

use std::process::ExitCode;

use clap::Parser;

use cli::args::{Args, Command};
use cli::clean::Clean;
use cli::eval::Eval;
use cli::features::Features;
use cli::sites::SitesPass;
use cli::train::Train;
use cli::{Status, is_closed_pipe, stderr};
use dehusk::sink;

fn main() -> ExitCode {
    let args = Args::parse();
    stderr::start_log(args.verbose);
    if let Err(error) = ctrlc::set_handler(interrupt) {
        tracing::warn!("Ctrl-C will leave temporary files behind: {error}");
    }
    match run(args.command) {
        Ok(Status::AllDone) => ExitCode::SUCCESS,
        Ok(Status::SomeFailed) => ExitCode::from(1),
        // The reader has what it wanted (`dehusk … | head`).
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("dehusk: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Ends the process in an orderly way, whatever it is at.
fn interrupt() {
    if sink::remove_unfinished() {
        eprintln!("dehusk: interrupted; --resume goes on from the last state that is saved");
    }
    // As shells report a process that SIGINT ended.
    std::process::exit(130);
}

fn run(command: Command) -> anyhow::Result<Status> {
    match command {
        Command::Clean(args) => Clean::new(*args)?.run(),
        Command::Sites(args) => SitesPass::new(*args)?.run(),
        Command::Train(args) => Train::new(args)?.run(),
        Command::Eval(args) => Eval::new(args)?.run(),
        Command::Features(args) => Features::new(args)?.run(),
    }
}
