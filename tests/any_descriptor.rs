//! Any descriptor: pipes, a value of std's, and what cannot be watched.

#![cfg(unix)]

mod common;

use common::peer::pattern;
use common::{begin, registered, run, turns};
use shirr::io::{Async, set_nonblocking};
use shirr::spawn;
use std::fs::File;
use std::future::poll_fn;
use std::io::{ErrorKind, Read, Write};
use std::net::UdpSocket;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// Two pipes: what is written into the first comes out of the second, by way of a child.
fn pipes() -> (File, File, Child) {
    let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let (into, out) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    (OwnedFd::from(into).into(), OwnedFd::from(out).into(), child)
}

/// Breaks if a part of a write were lost, or the end of the pipe were not told.
#[test]
fn a_megabyte_goes_through_pipes_in_parts_and_ends_with_the_writer() {
    run(async || {
        let (into, out, mut child) = pipes();
        let (into, out) = (Async::new(into).unwrap(), Async::new(out).unwrap());
        let sent = pattern(1 << 20, 1);
        let expected = sent.clone();
        let writing = spawn(async move { into.write_all(&sent).await });
        let mut came = Vec::new();
        assert_eq!(out.read_to_end(&mut came).await.unwrap(), 1 << 20);
        assert!(came == expected, "what came is not what was sent");
        writing.await.unwrap().unwrap();
        drop(out);
        assert!(child.wait().unwrap().success());
        assert_eq!(registered(), (0, 0));
    });
}

#[test]
fn a_pipe_that_no_one_reads_any_more_ends_a_write_that_waits() {
    run(async || {
        let (into, out, mut child) = pipes();
        let into = Async::new(into).unwrap();
        let writing = spawn(async move { into.write_all(&vec![0; 1 << 22]).await });
        turns(3).await;
        assert!(!writing.is_finished());
        drop(out);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(writing.await.unwrap().unwrap_err().kind(), ErrorKind::BrokenPipe);
    });
}

/// Breaks if a file were watched on any system, where its reads would block the loop.
#[test]
fn a_file_is_refused_with_what_to_do_instead() {
    run(async || {
        for file in [tempfile::tempfile().unwrap(), File::open("/").unwrap()] {
            let error = Async::new(file).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("shirr::unblock"), "{error}");
        }
        // epoll refuses this one, and only epoll does.
        #[cfg(all(target_os = "linux", not(mio_unsupported_force_poll_poll)))]
        assert_eq!(Async::new(File::open("/dev/null").unwrap()).unwrap_err().kind(), ErrorKind::Unsupported);
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if `new` left the descriptor blocking, or `set_nonblocking` did nothing.
#[test]
fn given_back_it_is_non_blocking_until_it_is_made_to_wait_again() {
    run(async || {
        let (one, mut other) = UnixStream::pair().unwrap();
        let one = Async::new(one).unwrap().into_inner().unwrap();
        let mut one = Async::new(one).expect("it is watched no longer").into_inner().unwrap();
        assert_eq!(registered(), (0, 0));
        assert_eq!(one.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
        set_nonblocking(&one, false).unwrap();
        one.set_read_timeout(Some(20 * MS)).unwrap();
        let start = Instant::now();
        assert_eq!(one.read(&mut [0; 1]).unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(start.elapsed() >= 19 * MS);
        one.set_read_timeout(None).unwrap();
        let reading = thread::spawn(move || one.read(&mut [0; 8]));
        other.write_all(b"waited").unwrap();
        assert_eq!(reading.join().unwrap().unwrap(), 6);
    });
}

/// Breaks if a poll left no waker, or a "would block" did not have the next one wait.
#[test]
fn each_form_of_an_operation_of_its_own_waits_for_the_kernel() {
    run(async || {
        let [one, other] = [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap());
        one.connect(other.local_addr().unwrap()).unwrap();
        let to = one.local_addr().unwrap();
        let (one, mut buf) = (Async::new(&one).unwrap(), [0; 8]);
        for _ in 0..2 {
            let tried = one.try_read_with(|socket| socket.recv(&mut buf));
            assert_eq!(tried.unwrap_err().kind(), ErrorKind::WouldBlock);
            let mut readable = pin!(poll_fn(|cx| one.poll_readable(cx)));
            assert!(begin(&mut readable).await.is_pending());
            other.send_to(b"word", to).unwrap();
            readable.await.unwrap();
            assert_eq!(
                poll_fn(|cx| one.poll_read_with(cx, |socket| socket.recv(&mut buf))).await.unwrap(),
                4
            );
        }
        poll_fn(|cx| one.poll_writable(cx)).await.unwrap();
        assert_eq!(one.write_with(|socket| socket.send(b"a")).await.unwrap(), 1);
        assert_eq!(one.try_write_with(|socket| socket.send(b"bc")).unwrap(), 2);
        assert_eq!(poll_fn(|cx| one.poll_write_with(cx, |socket| socket.send(b"def"))).await.unwrap(), 3);
        let sizes = [0, 1, 2].map(|_| other.recv(&mut buf).unwrap());
        assert_eq!(sizes, [1, 2, 3]);
    });
}

#[test]
fn an_operation_that_is_given_up_leaves_nothing_and_has_taken_nothing() {
    run(async || {
        let (one, mut other) = UnixStream::pair().unwrap();
        let one = Rc::new(Async::new(one).unwrap());
        let reader = Rc::clone(&one);
        let reading = spawn(async move { reader.read_with(|mut socket| socket.read(&mut [0; 8])).await });
        turns(2).await;
        reading.abort();
        assert!(reading.await.unwrap_err().is_cancelled());
        other.write_all(b"kept").unwrap();
        assert_eq!(one.read(&mut [0; 8]).await.unwrap(), 4);
        drop(one);
        assert_eq!(registered(), (0, 0));
    });
}

/// Breaks if two values for one descriptor took each other's events.
#[test]
fn two_clones_of_one_descriptor_are_each_told() {
    run(async || {
        let (one, mut other) = UnixStream::pair().unwrap();
        let (clone, one) = (Async::new(one.try_clone().unwrap()).unwrap(), Async::new(one).unwrap());
        let waiting = [clone, one].map(|end| spawn(async move { end.readable().await }));
        turns(2).await;
        other.write_all(b"x").unwrap();
        for task in waiting {
            task.await.unwrap().unwrap();
        }
    });
}

/// Breaks if a socket of the system's were opened where the kernel is not asked for events.
#[cfg(feature = "explore")]
#[test]
fn in_a_run_that_is_explored_each_says_that_there_is_only_simulated_tcp() {
    use shirr::net::{UdpSocket, UnixDatagram, UnixListener, UnixStream};

    shirr::explore::explore(|| async {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let errors = [
            UdpSocket::bind("127.0.0.1:0").await.unwrap_err(),
            UnixStream::connect(&path).await.unwrap_err(),
            UnixListener::bind(&path).unwrap_err(),
            UnixDatagram::bind(&path).unwrap_err(),
            UnixStream::pair().unwrap_err(),
            Async::new(std::io::stdin()).unwrap_err(),
        ];
        for error in errors {
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            let text = error.to_string();
            assert!(text.contains("has only simulated TCP; explore with a TcpStream"), "{text}");
        }
        assert!(!path.exists());
    });
}
