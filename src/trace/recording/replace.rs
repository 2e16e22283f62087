//! Writing a file so that it is the old one or the new one, and never a part.
//!
//! The text goes to a new file in the same folder, which is then renamed. A full disk leaves
//! the old file as it was. Where the path is a link, the link is replaced, and what it points
//! to is not written.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process;

/// How many names are tried: a process that was killed may have left some.
const TRIES: u32 = 100;

/// Has the file at `path` hold the text, and nothing else.
///
/// # Errors
/// When the text cannot be written or the file not renamed; then the file at `path` is as it was.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let (mut file, part) = create_beside(path)?;
    let written = file.write_all(text.as_bytes());
    drop(file); // some systems rename no open file
    let replaced = written.and_then(|()| fs::rename(&part, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&part);
    }
    replaced
}

/// A file that was not there before, in the folder of `path`.
fn create_beside(path: &Path) -> io::Result<(File, PathBuf)> {
    let mut tried = (0..TRIES).map(|n| {
        let part = part_of(path, n);
        File::create_new(&part).map(|file| (file, part))
    });
    let taken =
        |found: &io::Result<_>| matches!(found, Err(error) if error.kind() == ErrorKind::AlreadyExists);
    tried.find(|found| !taken(found)).unwrap_or_else(|| Err(ErrorKind::AlreadyExists.into()))
}

/// `run.html` becomes `run.html.4711-0.part`; other processes and threads have other names.
fn part_of(path: &Path, n: u32) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(format!(".{}-{n}.part", process::id()));
    path.with_file_name(name)
}
