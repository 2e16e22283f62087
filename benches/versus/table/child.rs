//! This program, started again: what is measured in a process of its own.

use std::ffi::OsStr;
use std::process::Command;

/// What it prints when it is started with these arguments.
///
/// # Errors
/// What went wrong, in its own words if it could be started.
pub(crate) fn printed<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Result<String, String> {
    let this = std::env::current_exe().map_err(|error| format!("this program's file: {error}"))?;
    let output = Command::new(this).args(arguments).output();
    let output = output.map_err(|error| format!("this program, once more: {error}"))?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(format!("{}: {}", output.status, String::from_utf8_lossy(&output.stderr)))
    }
}
