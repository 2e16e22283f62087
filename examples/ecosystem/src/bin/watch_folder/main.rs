//! A descriptor that is neither a socket nor a pipe: Linux's `inotify`, by which the kernel says
//! what changes in a folder.
//!
//! `cargo run --release -p ecosystem --bin watch_folder -- /tmp` prints a line for each change
//! until Ctrl-C, or until there were `--count` of them. rustix opens the descriptor and reads it;
//! [`shirr::io::Async`] waits for it. Start reading at `Changes::next` in `changes.rs`.

#[cfg(target_os = "linux")]
mod changes;

use clap::Parser;
use ecosystem::exit_code;
use std::path::PathBuf;
use std::process::ExitCode;

/// Says which files of a folder change, until Ctrl-C. Folders inside it are not looked into.
#[derive(Debug, Parser)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "nothing is there to read it"))]
struct Args {
    /// The folder
    folder: PathBuf,

    /// End by itself after so many changes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    #[cfg(target_os = "linux")]
    let result = shirr::block_on(changes::run(args));
    #[cfg(not(target_os = "linux"))]
    let result = Err(format!("{} cannot be watched: inotify is Linux's", args.folder.display()).into());
    exit_code("watch_folder", result)
}
