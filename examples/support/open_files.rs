//! Leave to have enough sockets open, got in advance.
//!
//! A socket is a file to the system, and many a system lets a process have 1,024 of them
//! unless it asks for more.

use std::io;

/// What a process has open besides: its input and output, the reactor, the listener.
#[cfg(unix)]
const OTHERS: usize = 64;

/// Sees to it that the process can open `count` more files, and that it can do so fast.
/// To be called before other threads are started.
///
/// The system's table of a process's files grows in steps. On Linux, once threads share
/// the table, each step waits until every processor has let go of the old one, about ten
/// milliseconds in which the opening thread waits: five such steps are longer than
/// a thousand requests. So the table is made to grow here.
///
/// # Errors
/// When the system allows fewer; the text says how many, and what to do.
#[cfg(unix)]
pub(crate) fn reserve(count: usize) -> io::Result<()> {
    use std::os::fd::{AsFd, OwnedFd};

    let needed = count + OTHERS;
    let allowed = rlimit::increase_nofile_limit(needed as u64)?;
    let input = io::stdin();
    let files: io::Result<Vec<OwnedFd>> = (0..count).map(|_| input.as_fd().try_clone_to_owned()).collect();
    files.map(drop).map_err(|error| {
        io::Error::other(format!(
            "this needs {needed} files open at once, and the system allows {allowed} ({error}); \
             run `ulimit -n {needed}` first, or keep to fewer connections with --limit"
        ))
    })
}

/// Elsewhere sockets are not counted as files.
#[cfg(not(unix))]
pub(crate) fn reserve(_count: usize) -> io::Result<()> {
    Ok(())
}
