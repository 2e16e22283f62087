//! What was said before, beside which a run is judged.
//!
//! A run of everything leaves its verdicts for the next one, as criterion leaves its figures. So
//! two runs in a row agree on any machine, not only on the one that RESULTS.md is of.

use crate::standing::Record;
use crate::{machine, results, sections};
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// What the last run of everything said, or RESULTS.md if there was none; nothing, if the machine
/// or the versions were others: their ratios cannot be compared.
pub(crate) fn read() -> Record {
    let last = fs::read_to_string(last_run()).unwrap_or_else(|error| {
        if error.kind() != ErrorKind::NotFound {
            eprintln!("nothing is judged beside the last run: {}: {error}", last_run().display());
        }
        String::new()
    });
    Record::of_first(&[last, results::published()], &setting())
}

/// Leaves `text` for the next run.
///
/// # Errors
/// When the file cannot be written. The next run is then judged beside an older one.
pub(crate) fn leave(text: &str) -> Result<(), String> {
    sections::write_whole(&last_run(), text).map_err(trouble)
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

/// The lines that say of a run where it was made and with what.
pub(crate) fn setting() -> [String; 2] {
    [format!("- Machine: {}.", machine::machine()), format!("- Versions: {}.", machine::versions())]
}

/// Among what cargo builds, so that `cargo clean` forgets it.
fn last_run() -> PathBuf {
    folder().join("versus-last-run.md")
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}
