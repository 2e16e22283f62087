//! The server, and its file.

use crate::Args;
use ecosystem::{Crowd, CtrlC, Failure, Guest};
use futures_util::future::{Either, FutureExt, select};
use shirr::net::{UnixListener, UnixStream};
use shirr::time::timeout;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::time::Duration;
use std::{fs, io};

/// The file of a socket that listens. It is removed with this, also when the server fails, unless
/// another is in its place by then.
///
/// Drop it before the listener: as long as that is there, no other server takes the path, and no
/// other file gets the number of this one.
struct SocketFile {
    path: PathBuf,
    /// Its device and its number there.
    file: (u64, u64),
}

impl SocketFile {
    fn of(path: &Path) -> io::Result<Self> {
        Ok(Self { path: path.to_owned(), file: file_at(path)? })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if file_at(&self.path).is_ok_and(|file| file == self.file) {
            let _ = fs::remove_file(&self.path); // it may be gone since
        }
    }
}

fn file_at(path: &Path) -> io::Result<(u64, u64)> {
    fs::symlink_metadata(path).map(|file| (file.dev(), file.ino()))
}

/// Listens at this path. The system leaves the file of a socket behind when a process ends, and
/// refuses to listen where there is a file; so a socket that no one answers at is removed first.
///
/// Of two servers that start in the same moment, each could take the other's file for such a one.
/// Where that may happen, let both lock another file before.
fn listen(path: &Path) -> Result<(UnixListener, SocketFile), Failure> {
    let cannot = |error: io::Error| format!("cannot listen at {}: {error}", path.display());
    let listener = match UnixListener::bind(path) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            remove_if_stale(path)?;
            UnixListener::bind(path).map_err(cannot)?
        }
        bound => bound.map_err(cannot)?,
    };
    Ok((listener, SocketFile::of(path).map_err(cannot)?))
}

/// It waits for nothing: `connect` is polled once. Where it would wait, the queue of one who listens
/// is full. Linux alone tells this from no one who listens; elsewhere both are a refusal.
fn remove_if_stale(path: &Path) -> Result<(), Failure> {
    let shown = path.display();
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(format!("{shown} is there, and is no socket; give another path").into());
    }
    match UnixStream::connect(path).now_or_never() {
        None | Some(Ok(_)) => Err(format!("another server listens at {shown}").into()),
        Some(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => {
            println!("{shown} was left behind by a server that is gone, and is replaced");
            Ok(fs::remove_file(path)?)
        }
        Some(Err(error)) => Err(format!("cannot say whether a server listens at {shown}: {error}").into()),
    }
}

/// One client. What it does wrong is its own affair, and ends with its connection.
async fn serve(client: UnixStream, idle: Duration, write: Duration, _guest: Guest) {
    if let Err(error) = echo(client, idle, write).await {
        eprintln!("a connection ended early: {error}");
    }
}

/// A client that does not read stops the `write_all`, and so the reading: it is never ahead by
/// more than a buffer.
async fn echo(client: UnixStream, idle: Duration, write: Duration) -> Result<(), Failure> {
    let mut buf = vec![0; 16 * 1024];
    loop {
        let silent = |_| format!("the client has said nothing for {idle:?}");
        let full = |_| format!("the client has not read for {write:?}");
        match timeout(idle, client.read(&mut buf)).await.map_err(silent)?? {
            0 => return Ok(()),
            n => timeout(write, client.write_all(&buf[..n])).await.map_err(full)??,
        }
    }
}

/// A place for a client comes first: while there is none, none is accepted. It ends only when the
/// listener fails.
async fn accept(listener: &UnixListener, crowd: &Crowd, args: &Args) -> io::Error {
    loop {
        let guest = crowd.enter().await;
        match listener.accept().await {
            Ok((client, _)) => drop(shirr::spawn(serve(client, args.idle, args.write, guest))),
            Err(error) => return error,
        }
    }
}

/// Accepts until it is told to end, and gives those who are there some time.
pub(crate) async fn run(args: Args) -> Result<(), Failure> {
    let (stop, crowd) = (CtrlC::handled()?, Crowd::new(args.connections));
    let (listener, file) = listen(&args.path)?;
    println!("listening at {}", args.path.display());
    match select(pin!(accept(&listener, &crowd, &args)), pin!(stop.pressed())).await {
        Either::Left((error, _)) => return Err(error.into()),
        Either::Right(_) => {}
    }
    drop(file); // room for the next server
    drop(listener); // no more clients
    // No `println!` from here: on a closed stdout it would panic, and cut off all.
    let _ = writeln!(io::stdout(), "stopping: open connections: {}; again to end at once", crowd.size());
    let late = |_| format!("clients were still connected after {:?}", args.grace);
    timeout(args.grace, crowd.gone()).await.map_err(late)?;
    let _ = writeln!(io::stdout(), "all clients have left");
    Ok(())
}
