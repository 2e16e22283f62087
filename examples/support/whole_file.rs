//! Files that are whole under their names, or not there.
//!
//! A file is written beside its place, under a temporary name, and renamed when it is whole
//! and on the disk. `tempfile` makes the temporary file anew (O_EXCL) under a name that no
//! one can guess: it opens neither another run's file nor a link that leads elsewhere. The
//! rename replaces a link, too, and not what it leads to.

#![allow(dead_code, reason = "not every example uses all of it")]

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use tempfile::TempPath;

/// What temporary names begin with. A killed program leaves such files behind.
const PREFIX: &str = ".part-";

/// An empty file beside `path`. It is removed when its `TempPath` is dropped, and gets its
/// name by `TempPath::persist`; before that, write it and call `sync_all`.
pub(crate) fn create_beside(path: &Path) -> io::Result<(File, TempPath)> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX);
    #[cfg(unix)]
    {
        // As `File::create`, which leaves it to the umask; a temporary file is private else.
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    Ok(builder.tempfile_in(path.parent().unwrap_or(path))?.into_parts())
}

/// Writes a file, waits for the disk, and moves it into its place in one step.
pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    let (mut file, temporary) = create_beside(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    drop(file); // some systems do not rename an open file
    Ok(temporary.persist(path)?)
}
