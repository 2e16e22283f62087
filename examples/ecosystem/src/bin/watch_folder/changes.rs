//! The changes of a folder, as they come.

use crate::Args;
use ecosystem::{CtrlC, Failure};
use futures_util::future::{Either, select};
use rustix::fs::inotify::{CreateFlags, Event, ReadFlags, Reader, WatchFlags, add_watch, init};
use shirr::io::Async;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::pin::pin;

/// Room for an event with the longest name, and for many with usual ones.
const ROOM: usize = 4096;

/// What the kernel may say of a folder, and what that is called here.
const WORDS: [(ReadFlags, &str); 8] = [
    (ReadFlags::CREATE, "made"),
    (ReadFlags::CLOSE_WRITE, "written"),
    (ReadFlags::DELETE, "removed"),
    (ReadFlags::MOVED_FROM, "moved away"),
    (ReadFlags::MOVED_TO, "moved here"),
    (ReadFlags::QUEUE_OVERFLOW, "there were more changes than the kernel keeps; some are lost"),
    (ReadFlags::MOVE_SELF, GONE),
    (ReadFlags::IGNORED, GONE),
];

/// After this nothing comes any more.
const GONE: &str = "the folder itself is gone";

/// What has become of which file, if it is about one.
struct Change {
    what: &'static str,
    name: Option<String>,
}

/// The changes of one folder.
struct Changes {
    inotify: Async<OwnedFd>,
    /// Read, and not given out yet.
    read: VecDeque<Change>,
}

impl Changes {
    fn of(folder: &Path) -> io::Result<Self> {
        let inotify = init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        let news = WatchFlags::CREATE
            | WatchFlags::CLOSE_WRITE
            | WatchFlags::DELETE
            | WatchFlags::MOVE
            | WatchFlags::MOVE_SELF
            | WatchFlags::ONLYDIR;
        add_watch(&inotify, folder, news)?;
        Ok(Self { inotify: Async::new(inotify)?, read: VecDeque::new() })
    }

    /// Waits for the next change. Dropped early, it has lost none.
    async fn next(&mut self) -> io::Result<Change> {
        loop {
            if let Some(change) = self.read.pop_front() {
                return Ok(change);
            }
            self.read = self.inotify.read_with(read).await?;
        }
    }
}

/// Reads once: as many events as there are and have room. An error is that of the one system call,
/// as "would block", since the rest of a read is in memory.
fn read(inotify: &OwnedFd) -> io::Result<VecDeque<Change>> {
    let mut buf = [MaybeUninit::uninit(); ROOM];
    let (mut reader, mut changes) = (Reader::new(inotify, &mut buf), VecDeque::new());
    loop {
        changes.extend(change(&reader.next()?));
        if reader.is_buffer_empty() {
            return Ok(changes);
        }
    }
}

/// `None` for what was not asked for.
fn change(event: &Event<'_>) -> Option<Change> {
    let what = WORDS.into_iter().find_map(|(flag, what)| event.events().contains(flag).then_some(what))?;
    Some(Change { what, name: event.file_name().map(|name| name.to_string_lossy().into_owned()) })
}

/// A line for each change, until there were so many, or the folder is gone.
async fn print(mut changes: Changes, count: Option<u64>) -> Result<(), Failure> {
    let mut printed = 0;
    while count.is_none_or(|count| printed < count) {
        match changes.next().await? {
            Change { what: GONE, .. } => return Err(GONE.into()),
            // Any user who may write in the folder chooses the name: none makes a line, or moves the cursor.
            Change { what, name: Some(name) } => writeln!(io::stdout(), "{what}: {}", name.escape_debug())?,
            Change { what, name: None } => writeln!(io::stdout(), "{what}")?,
        }
        printed += 1;
    }
    Ok(())
}

pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let (stop, folder) = (CtrlC::handled()?, args.folder.display());
    let changes = Changes::of(&args.folder).map_err(|error| format!("cannot watch {folder}: {error}"))?;
    println!("watching {folder}");
    match select(pin!(print(changes, args.count)), pin!(stop.pressed())).await {
        Either::Left((ended, _)) => ended,
        Either::Right(_) => Ok(()),
    }
}
