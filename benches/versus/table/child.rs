//! This program, started again: what is measured in a process of its own.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The file of this program.
///
/// # Errors
/// When the system does not tell.
pub(crate) fn this() -> Result<PathBuf, String> {
    env::current_exe().map_err(|error| format!("where this program's file is: {error}"))
}

/// What the `program` prints when it is started with these arguments.
///
/// # Errors
/// What went wrong, in its own words if it could be started.
pub(crate) fn printed<A: AsRef<OsStr>>(
    program: &Path,
    arguments: impl IntoIterator<Item = A>,
) -> Result<String, String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.map_err(|error| {
        format!(
            "{} cannot be started: {error}; if it was built anew meanwhile, start again",
            program.display()
        )
    })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}
