//! Running an example with its recordings as files.

use crate::run::{path, run_command};
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use tempfile::TempDir;

/// Runs an example in a folder of its own, where it is to write what it has recorded, a file
/// for each thread. Returns the folder, and the files with this ending, the main thread's first.
pub(crate) fn record(example: &str, args: &[&str], ending: &str) -> (TempDir, Vec<PathBuf>) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(path(example));
    command.args(args).current_dir(folder.path()).env("SHIRR_TRACE", format!("run.{ending}"));
    let run = run_command(&mut command);
    let files = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|of| of == ending)).collect();
    assert!(!files.is_empty(), "is it built with the feature? {run:?}");
    files.sort_by_key(|file| (file.as_os_str().len(), file.clone()));
    (folder, files)
}
