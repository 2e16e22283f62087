//! Running an example with its recordings as files.

use crate::run::{path, run_command};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Runs an example in a folder of its own, where it is to write what it has recorded, a file
/// for each thread. Returns the files with this ending, the main thread's first.
pub(crate) fn record(test: &str, example: &str, args: &[&str], ending: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test).join(example).join(ending);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let mut command = Command::new(path(example));
    command.args(args).current_dir(&folder).env("SHIRR_TRACE", format!("run.{ending}"));
    let run = run_command(&mut command);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = files.filter(|file| file.extension().is_some_and(|of| of == ending)).collect();
    assert!(!files.is_empty(), "is it built with the feature? {run:?}");
    files.sort_by_key(|file| (file.as_os_str().len(), file.clone()));
    files
}
