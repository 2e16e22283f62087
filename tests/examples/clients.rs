//! `fetch_status --serve` against clients that do not behave: each has a limit, leaves nothing
//! behind, and the next one is served.

use crate::hostile::LONG;
use crate::run::path;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nshirr\n";

/// The program as a server.
struct Serving {
    child: Child,
    addr: String,
    descriptors: usize,
}

impl Serving {
    fn start(patience_ms: u32, delay_ms: u32) -> Self {
        let mut command = Command::new(path("fetch_status"));
        command.arg("--serve").arg(format!("--patience-ms={patience_ms}"));
        command.arg(format!("--delay-ms={delay_ms}")).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut url).unwrap();
        let addr = url.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        let descriptors = descriptors(&child);
        Self { child, addr, descriptors }
    }

    fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.addr).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_write_timeout(Some(LONG)).unwrap();
        stream
    }

    /// One client more is served, and all are forgotten.
    fn assert_is_as_before(&self) {
        let mut next = self.connect();
        next.write_all(REQUEST).unwrap();
        let mut answer = [0; ANSWER.len()];
        next.read_exact(&mut answer).unwrap();
        assert_eq!(answer, ANSWER.as_bytes());
        drop(next);
        let start = Instant::now();
        while descriptors(&self.child) != self.descriptors {
            assert!(start.elapsed() < LONG, "{} descriptors stay", descriptors(&self.child));
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How many descriptors the program has open, where the system tells.
fn descriptors(child: &Child) -> usize {
    std::fs::read_dir(format!("/proc/{}/fd", child.id())).map_or(0, Iterator::count)
}

/// All that comes until the server closes.
fn read_all(mut stream: &TcpStream) -> String {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).expect("the server does not close");
    String::from_utf8(bytes).unwrap()
}

/// Breaks if the end of the client's direction is taken for the end of the client.
#[test]
fn a_client_that_closes_its_half_after_the_request_gets_its_answer() {
    let server = Serving::start(60_000, 50);
    let mut client = server.connect();
    client.write_all(&REQUEST.repeat(2)).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(read_all(&client), ANSWER.repeat(2));
    server.assert_is_as_before();
}

/// Breaks if half a head may stall for ever.
#[test]
fn a_request_that_stalls_is_given_up_and_told_so() {
    let server = Serving::start(1_000, 0);
    let mut client = server.connect();
    client.write_all(&REQUEST[..10]).unwrap();
    assert!(read_all(&client).starts_with("HTTP/1.1 408 "));
    server.assert_is_as_before();
}

/// Breaks if each byte gives a client the whole time again.
#[test]
fn a_request_that_drips_is_given_up_too() {
    let server = Serving::start(1_000, 0);
    let client = server.connect();
    let mut dripping = client.try_clone().unwrap();
    let drip = thread::spawn(move || {
        let mut more = true;
        while more {
            more = dripping.write_all(b"G").is_ok();
            thread::sleep(Duration::from_millis(20));
        }
    });
    let start = Instant::now();
    let _ = (&client).read(&mut [0; 1024]); // the answer, or a reset that overtook it
    assert!(start.elapsed() < LONG, "it may drip for ever");
    drop(client);
    drip.join().unwrap();
    server.assert_is_as_before();
}

/// Breaks if an idle connection stays for ever, or is told something that it would take for
/// the answer to its next request.
#[test]
fn an_idle_connection_is_closed_without_a_word() {
    let server = Serving::start(1_000, 0);
    let silent = server.connect();
    let mut idle = server.connect();
    idle.write_all(REQUEST).unwrap();
    assert_eq!(read_all(&idle), ANSWER);
    assert_eq!(read_all(&silent), "");
    server.assert_is_as_before();
}

/// Breaks if a server waits for ever for a client that does not read.
#[test]
fn a_client_that_never_reads_is_given_up() {
    let server = Serving::start(1_000, 0);
    let mut client = server.connect();
    let requests = REQUEST.repeat(1000);
    let error = loop {
        if let Err(error) = client.write_all(&requests) {
            break error;
        }
    };
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset};
    assert!(matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset), "{error}");
    server.assert_is_as_before();
}

/// Breaks if the limit is one for the whole connection.
#[test]
fn a_client_that_asks_again_within_the_limit_is_served_beyond_it() {
    let server = Serving::start(1_000, 0);
    let mut client = server.connect();
    let start = Instant::now();
    let mut answer = [0; ANSWER.len()];
    while start.elapsed() < Duration::from_millis(1_500) {
        client.write_all(REQUEST).unwrap();
        client.read_exact(&mut answer).unwrap();
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(answer, ANSWER.as_bytes());
}

/// RFC 9112 9.6. Breaks if a client that waits for the end has to wait for the limit.
#[test]
fn a_client_that_asks_for_the_end_gets_it_after_its_answer() {
    let server = Serving::start(60_000, 0);
    for request in ["GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", "GET / HTTP/1.0\r\n\r\n"] {
        let mut client = server.connect();
        client.write_all(request.as_bytes()).unwrap();
        let answer = read_all(&client);
        assert!(
            answer.contains("\r\nConnection: close\r\n") && answer.ends_with("\r\n\r\nshirr\n"),
            "{answer}"
        );
    }
    server.assert_is_as_before();
}

/// Breaks if the body of a GET is taken for a request of its own.
#[test]
fn a_request_in_a_body_is_not_answered() {
    let server = Serving::start(60_000, 0);
    for field in ["Content-Length: 26", "Transfer-Encoding: chunked"] {
        let mut client = server.connect();
        client.write_all(format!("GET / HTTP/1.1\r\nHost: a\r\n{field}\r\n\r\n").as_bytes()).unwrap();
        assert!(read_all(&client).starts_with("HTTP/1.1 400 "), "{field}");
    }
    let mut client = server.connect();
    client.write_all(b"GET / HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").unwrap();
    assert!(read_all(&client).starts_with("HTTP/1.1 200 "));
}

/// Breaks if the server closes on what it has not read: the reset overtakes its answer.
#[test]
fn a_request_that_is_too_long_is_read_to_its_end_and_answered() {
    let server = Serving::start(60_000, 0);
    let mut client = server.connect();
    client.write_all(&[b"GET / HTTP/1.1\r\nX: ", &[b'x'; 10_000_000][..]].concat()).unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    assert!(read_all(&client).starts_with("HTTP/1.1 400 "));
    server.assert_is_as_before();
}
