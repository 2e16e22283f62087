//! What was said before, beside which a run is judged.
//!
//! A run of everything leaves its verdicts for the next one, as criterion leaves its figures. So
//! two runs in a row agree on any machine, not only on those that RESULTS.md is of.

use crate::builds::Build;
use crate::saved::Saved;
use crate::standing::Record;
use crate::{columns, results};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// For each build what the last run of everything said, or what is published of this processor if
/// there was none; nothing, if the machine or the versions were others: their ratios cannot be
/// compared.
pub(crate) fn read(builds: &[Build]) -> Vec<Record> {
    let now = columns::nothing_yet();
    let files = [last_run(), results::published().join(now.file_name())];
    let mut runs = files.iter().filter_map(|file| run_in(file));
    let before = runs.find(|run| run.compares_with(&now)).unwrap_or(now);
    builds.iter().map(|build| before.record(build.profile)).collect()
}

fn run_in(file: &Path) -> Option<Saved> {
    let run = Saved::read(file);
    if let Some(error) = run.as_ref().err().filter(|error| error.kind() != ErrorKind::NotFound) {
        eprintln!("nothing is judged beside {}: {error}", file.display());
    }
    run.ok()
}

/// Leaves the run for the next one.
///
/// # Errors
/// When the file cannot be written. The next run is then judged beside an older one.
pub(crate) fn leave(run: &Saved) -> Result<(), String> {
    run.write(&last_run()).map_err(trouble)
}

/// Whether that will be possible.
///
/// # Errors
/// When it will not.
pub(crate) fn can_be_left() -> Result<(), String> {
    results::try_folder(folder()).map_err(trouble)
}

fn trouble(error: io::Error) -> String {
    format!("the next run cannot be judged beside this one: {}: {error}", last_run().display())
}

/// Among what cargo builds, so that `cargo clean` forgets it.
fn last_run() -> PathBuf {
    folder().join("versus-last-run.json")
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
