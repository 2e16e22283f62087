//! `fetch_status` against servers whose answers have no end: each is given up before much of
//! it was sent, and the next one is fetched.

use crate::hostile::{Hostile, behave, has_request};
use crate::run::fetch_status;
#[cfg(target_os = "linux")]
use crate::run::{ends_in_time, path};
use std::io::Write;
#[cfg(target_os = "linux")]
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
#[cfg(target_os = "linux")]
use std::sync::{Mutex, mpsc::channel};

/// What a server could send to a client that takes everything.
const ALL: usize = 300_000_000;

/// What it may get rid of: the client's limits, and what two sockets hold (some megabytes).
const SOME: usize = 30_000_000;

/// Sends `begin`, then `again` until nothing more is taken; the next connections behave.
/// Returns how many bytes it could send, and checks what the client made of it.
fn flood(begin: &'static str, again: String, kind: &str) -> usize {
    let sent = Arc::new(AtomicUsize::new(0));
    let again = again.repeat(1 + 500_000 / again.len());
    let count = Arc::clone(&sent);
    let server = Hostile::start(move |number, mut stream| {
        if number > 0 {
            return behave(stream);
        }
        assert!(has_request(stream));
        let mut taken = stream.write_all(begin.as_bytes());
        while taken.is_ok() && count.load(Ordering::SeqCst) < ALL {
            taken = stream.write_all(again.as_bytes());
            count.fetch_add(again.len(), Ordering::SeqCst);
        }
    });
    let url = server.url();
    let args = [&url, "--requests=2", "--limit=1", "--sequential=1", "--timeout-ms=60000"];
    let run = fetch_status(&args);
    let json = run.json();
    assert_eq!((&json["ok"], &json["failed"]), (&1.into(), &1.into()), "{run:?}");
    assert_eq!(run.errors(kind), 1, "{}", run.stderr);
    sent.load(Ordering::SeqCst)
}

const CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Breaks if what surrounds a chunk has no bound, each line or all together.
#[test]
fn chunk_extensions_do_not_fill_the_memory() {
    for length in [60_000, 4_000, 100] {
        let sent = flood(CHUNKED, format!("1;{}\r\nx\r\n", "a".repeat(length)), "malformed");
        assert!(sent < SOME, "{sent} bytes, with extensions of {length}");
    }
}

/// Breaks if the heads that announce another one have no bound together.
#[test]
fn heads_that_only_announce_do_not_fill_the_memory() {
    let sent = flood("", "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n".into(), "malformed");
    assert!(sent < SOME, "{sent} bytes");
}

/// Breaks if a field, or their number, has no bound.
#[test]
fn fields_do_not_fill_the_memory() {
    for (begin, again) in [("HTTP/1.1 200 OK\r\nX: ", "a"), ("HTTP/1.1 200 OK\r\n", "X: a\r\n")] {
        let sent = flood(begin, again.into(), "malformed");
        assert!(sent < SOME, "{sent} bytes of {again:?}");
    }
}

/// Breaks if the trailers have no bound.
#[test]
fn trailers_do_not_fill_the_memory() {
    let begin = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ";
    let sent = flood(begin, "a".into(), "malformed");
    assert!(sent < SOME, "{sent} bytes");
}

/// Breaks if a body of which nothing is announced has no bound.
#[test]
fn a_body_without_an_end_is_given_up() {
    for (begin, again) in
        [("HTTP/1.1 200 OK\r\n\r\n", "a".repeat(1000)), (CHUNKED, format!("3e8\r\n{}\r\n", "a".repeat(1000)))]
    {
        let sent = flood(begin, again, "other");
        assert!(sent < SOME + 64 * 1024 * 1024, "{sent} bytes");
    }
}

/// Breaks if what was understood of an answer stays in memory beside its content.
#[cfg(target_os = "linux")]
#[test]
fn chunks_cost_no_more_memory_than_their_content() {
    const CONTENT: usize = 8_000_000;
    let (whose, client) = channel();
    let client = Mutex::new(client);
    let (told, most) = channel();
    let server = Hostile::start(move |number, mut stream| {
        // A byte a chunk, so that there are five bytes around each byte of content.
        let chunks = [CHUNKED.as_bytes(), &b"1\r\nx\r\n".repeat(CONTENT)].concat();
        if number > 0 {
            behave(stream);
        } else if has_request(stream) && stream.write_all(&chunks).is_ok() {
            told.send(most_memory(client.lock().unwrap().recv().unwrap())).unwrap();
            let _ = stream.write_all(b"0\r\n\r\n");
        }
    });
    let mut command = Command::new(path("fetch_status"));
    command.args([server.url().as_str(), "--requests=1", "--sequential=1", "--timeout-ms=60000"]);
    // AddressSanitizer, if the tests run under it, is not to keep what was freed.
    command.env("ASAN_OPTIONS", "quarantine_size_mb=1");
    let mut run = command.stdout(Stdio::piped()).spawn().unwrap();
    whose.send(run.id()).unwrap();
    let in_time = ends_in_time(&mut run); // it says too little to fill the pipe
    let output = run.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(in_time && output.status.success(), "in time: {in_time}, {}: {said}", output.status);
    let most = most.recv().unwrap();
    assert!(most < 3 * CONTENT + 10_000_000, "{most} bytes");
}

/// The most memory that a process has had, in bytes.
#[cfg(target_os = "linux")]
fn most_memory(pid: u32) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}
