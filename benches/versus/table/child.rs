//! This program, started again: what is measured in a process of its own.

use std::ffi::OsStr;
use std::process::Command;

/// What it prints when it is started with these arguments.
///
/// # Errors
/// What went wrong, in its own words if it could be started.
pub(crate) fn printed<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<String, String> {
    let this = std::env::current_exe().map_err(|error| format!("where this program's file is: {error}"))?;
    let output = Command::new(&this).args(arguments).output();
    let output = output.map_err(|error| {
        format!("{} cannot be started: {error}; if it was built anew meanwhile, start again", this.display())
    })?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}\n{}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}
