//! `unix_echo` against sockets of std's.

use crate::common::{LIMIT, Program, noise};
#[cfg(target_os = "linux")]
use crate::strace::{can_trace, traced};
#[cfg(target_os = "linux")]
use socket2::{Domain, SockAddr, Socket, Type};
use std::fs;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;

const UNIX_ECHO: &str = env!("CARGO_BIN_EXE_unix_echo");

/// A path that is short enough for a socket, and the folder that goes with it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo");
    (folder, path)
}

fn server(path: &Path, args: &[&str]) -> Program {
    Program::start(UNIX_ECHO, &[args, &[path.to_str().unwrap()]].concat())
}

fn listening(path: &Path, args: &[&str]) -> Program {
    let server = server(path, args);
    assert_eq!(server.line(), format!("listening at {}", path.display()));
    server
}

fn connect(path: &Path) -> UnixStream {
    let socket = UnixStream::connect(path).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

fn exchange(socket: &mut UnixStream, message: &[u8]) {
    socket.write_all(message).unwrap();
    let mut answer = vec![0; message.len()];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer, message);
}

/// Breaks if a part of a write is lost, or the end of one client's words is that of another's.
#[test]
fn a_long_message_comes_back_whole_beside_other_clients() {
    let (_folder, path) = place();
    let _server = listening(&path, &[]);
    let mut others = [(); 10].map(|()| connect(&path));
    let (mut reader, message) = (connect(&path), noise(5_000_000));
    let (mut writer, sent) = (reader.try_clone().unwrap(), message.clone());
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    for (number, other) in others.iter_mut().enumerate() {
        exchange(other, format!("client {number}").as_bytes());
    }
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).unwrap();
    writing.join().unwrap();
    assert!(answer == message, "{} bytes", answer.len());
    others.iter_mut().for_each(|other| exchange(other, b"is still there"));
}

/// Breaks if the file stays, or the client that is there is cut off.
#[test]
fn told_to_end_it_removes_its_file_at_once_and_lets_clients_finish() {
    let (_folder, path) = place();
    for signal in ["INT", "TERM"] {
        let server = listening(&path, &[]);
        let mut client = connect(&path);
        exchange(&mut client, b"before");
        server.signal(signal);
        assert_eq!(server.line(), "stopping: open connections: 1; again to end at once");
        assert!(!path.exists());
        exchange(&mut client, b"behind");
        drop(client);
        let ended = server.ended();
        assert_eq!((ended.code, ended.lines), (Some(0), vec!["all clients have left".to_owned()]));
    }
    let server = listening(&path, &["--grace=0"]);
    let mut client = connect(&path);
    exchange(&mut client, b"stays");
    server.interrupt();
    let ended = server.ended();
    assert_eq!(ended.stderr, "unix_echo: clients were still connected after 0ns\n");
}

/// Breaks if it removes by the path alone.
#[test]
fn told_to_end_it_leaves_a_file_that_another_has_put_in_the_place_of_its_own() {
    let (_folder, path) = place();
    let server = listening(&path, &[]);
    fs::remove_file(&path).unwrap();
    fs::write(&path, "a letter").unwrap();
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
}

/// Breaks if the listener is closed first: a server that started between the two would find no one
/// listening, put its own file there, and lose it.
#[cfg(target_os = "linux")]
#[test]
fn its_file_is_gone_before_it_stops_to_listen() {
    if !can_trace() {
        return;
    }
    let (folder, path) = place();
    let (trace, path) = (folder.path().join("trace"), path.to_str().unwrap());
    let strace = ["-o", trace.to_str().unwrap(), "-e", "trace=listen,close,unlink,unlinkat"];
    let server = traced(&strace, &[UNIX_ECHO, path]);
    server.line(); // it listens
    server.terminate();
    assert_eq!(server.ended().code, Some(0));
    let calls = fs::read_to_string(&trace).unwrap();
    let (_, behind) = calls.split_once(" listen(").unwrap();
    let (descriptor, behind) = behind.split_once(',').unwrap();
    let [unlinked, closed] =
        ["unlink".to_owned(), format!("close({descriptor})")].map(|call| behind.find(&call));
    assert!(unlinked.is_some() && closed.is_some() && unlinked < closed, "{calls}");
}

/// Breaks if the file of one that was killed keeps the next from listening.
#[test]
fn the_file_of_a_server_that_was_killed_is_replaced() {
    let (_folder, path) = place();
    drop(listening(&path, &[])); // killed
    assert!(fs::symlink_metadata(&path).unwrap().file_type().is_socket());
    let server = server(&path, &[]);
    let said = format!("{} was left behind by a server that is gone, and is replaced", path.display());
    assert_eq!(server.line(), said);
    assert_eq!(server.line(), format!("listening at {}", path.display()));
    exchange(&mut connect(&path), b"the next");
}

/// Breaks if a file that may be wanted is removed.
#[test]
fn what_is_no_socket_or_is_listened_at_stays_and_is_an_error() {
    let (_folder, path) = place();
    fs::write(&path, "a letter").unwrap();
    let refused = |why: &str| {
        let ended = server(&path, &[]).ended();
        let said = format!("unix_echo: {}", why.replace("PATH", path.to_str().unwrap()));
        assert_eq!((ended.code, ended.stderr), (Some(1), said));
    };
    refused("PATH is there, and is no socket; give another path\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "a letter");
    fs::remove_file(&path).unwrap();
    let listener = UnixListener::bind(&path).unwrap();
    refused("another server listens at PATH\n");
    listener.accept().unwrap();
    let _client = connect(&path);
    listener.accept().unwrap();
}

/// Breaks if it waits for room in the queue of a server that accepts no one. Linux alone says that
/// a queue is full.
#[cfg(target_os = "linux")]
#[test]
fn a_server_whose_queue_is_full_is_one_that_listens() {
    let (_folder, path) = place();
    let listener = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    listener.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    listener.listen(0).unwrap();
    let _fills_it = connect(&path);
    let ended = server(&path, &[]).ended();
    let said = format!("unix_echo: another server listens at {}\n", path.display());
    assert_eq!((ended.code, ended.stderr), (Some(1), said));
    listener.accept().unwrap();
    let _reaches_it = connect(&path);
}

/// Breaks if a place is not waited for, or not given back, or a wait has no limit.
#[test]
fn clients_above_the_limit_wait_until_one_that_says_nothing_is_let_go() {
    let (_folder, path) = place();
    let _server = listening(&path, &["--connections=1", "--idle=0.3"]);
    let (mut silent, mut next) = (connect(&path), connect(&path));
    next.write_all(b"next").unwrap();
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    let mut answer = [0; 4];
    next.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"next");
}
