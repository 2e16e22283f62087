//! `http_server` against clients that would take all it has: each takes a few lines, and after
//! it the next client is served, and the server holds what it did before.

#![cfg(unix)]

mod common;

use common::{LIMIT, Program};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Keeps what the client returns until the server has let go of it.
fn survives<T>(args: &[&str], client: impl FnOnce(u16) -> T) -> T {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let server = Program::start(env!("CARGO_BIN_EXE_http_server"), &args);
    let (port, before) = (server.port(), server.held());
    let kept = client(port);
    server.lets_go_of_all_since(before);
    hello(connect(port));
    server.lets_go_of_all_since(before);
    server.interrupt();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
    kept
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

/// Sends a request that is the connection's last.
fn ask(mut socket: &TcpStream, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
}

/// Sends the begin of a request with a body, and no more.
fn begin(mut socket: &TcpStream, path: &str) {
    let request = format!("POST {path} HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nbegun");
    socket.write_all(request.as_bytes()).unwrap();
}

/// All that comes until the server closes.
fn answer(mut socket: &TcpStream) -> String {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

fn hello(client: TcpStream) {
    ask(&client, "/");
    let answer = answer(&client);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("Hello from shirr!\n"), "{answer}");
}

/// Breaks if a place is not waited for, is not given back, or is taken from a client that has
/// it: the first 100 say nothing at first, so that there is no room.
#[test]
fn five_hundred_at_a_limit_of_a_hundred_all_get_an_answer() {
    survives(&["--connections", "100"], |port| {
        let inside: Vec<_> = (0..100).map(|_| connect(port)).collect();
        let mut outside = connect(port);
        ask(&outside, "/");
        outside.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        thread::scope(|threads| {
            (0..399).for_each(|_| drop(threads.spawn(|| hello(connect(port)))));
            assert_eq!(outside.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
            inside.into_iter().for_each(hello);
        });
        outside.set_read_timeout(Some(LIMIT)).unwrap();
        assert!(answer(&outside).ends_with("Hello from shirr!\n"));
    });
}

/// Breaks if the wait for room does not end with Ctrl-C.
#[test]
fn ctrl_c_ends_also_a_server_without_room() {
    let args = ["--listen", "127.0.0.1:0", "--connections", "1", "--grace", "60"];
    let server = Program::start(env!("CARGO_BIN_EXE_http_server"), &args);
    let port = server.port();
    let (mut inside, outside) = (connect(port), connect(port));
    begin(&inside, "/echo");
    inside.read_exact(&mut [0]).unwrap();
    server.interrupt();
    assert_eq!(server.line(), "stopping: open connections: 1; again to end at once");
    drop(inside);
    assert_eq!(server.ended().code, Some(0));
    drop(outside);
}

/// Breaks if a line for a closed stdout is a panic.
#[test]
fn ctrl_c_lets_requests_be_finished_also_where_stdout_is_not_read() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_http_server"));
    command.args(["--listen", "127.0.0.1:0"]).stdout(Stdio::piped());
    let mut server = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap(); // and closed
    let port = line.trim().trim_end_matches('/').rsplit(':').next().unwrap().parse().unwrap();
    let mut client = connect(port);
    begin(&client, "/echo");
    client.peek(&mut [0]).unwrap(); // the request is in flight
    let kill = format!("kill -INT {}", server.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    while TcpStream::connect(("127.0.0.1", port)).is_ok() {} // until it is heard
    client.write_all(&[b'x'; 95]).unwrap();
    assert!(answer(&client).ends_with("xxx"));
    assert_eq!(server.wait().unwrap().code(), Some(0));
}

/// Breaks if a client's end of what it sends is taken for its leave.
#[test]
fn a_client_that_half_closes_gets_its_answer() {
    survives(&[], |port| {
        let client = connect(port);
        ask(&client, "/slow/100");
        client.shutdown(Shutdown::Write).unwrap();
        assert!(answer(&client).ends_with("100 ms later\n"));
    });
}

/// Breaks if a handler whose client cannot be told from one that half-closed has no limit.
#[test]
fn a_handler_whose_client_is_gone_ends() {
    survives(&["--answer", "0.2"], |port| {
        (0..10).for_each(|_| ask(&connect(port), "/slow/3600000"));
    });
}

/// Breaks if the wait for a frame of the body has no limit, or ends without an answer.
#[test]
fn a_body_that_stalls_is_answered_with_a_408() {
    survives(&["--body", "0.2"], |port| {
        let client = connect(port);
        begin(&client, "/size");
        let answer = answer(&client);
        assert!(answer.starts_with("HTTP/1.1 408 Request Timeout\r\nconnection: close\r\n"), "{answer}");
        assert!(answer.ends_with("the request's body has not gone on for 200ms\n"), "{answer}");
        client
    });
}

/// Breaks if the limit is not that of a body that is sent back, or if half of it passes for all.
#[test]
fn a_body_that_stalls_ends_an_answer_that_has_begun() {
    survives(&["--body", "0.2"], |port| {
        let client = connect(port);
        begin(&client, "/echo");
        let answer = answer(&client);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nbegun"), "{answer}");
        client
    });
}

/// Breaks if a handler has no limit, or takes its connection with it.
#[test]
fn a_handler_that_takes_too_long_is_a_503_and_the_next_request_is_served() {
    survives(&["--answer", "0.2"], |port| {
        let mut client = connect(port);
        client.write_all(b"GET /slow/3600000 HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
        ask(&client, "/");
        let answer = answer(&client);
        assert!(answer.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{answer}");
        assert!(answer.ends_with("Hello from shirr!\n"), "{answer}");
    });
}

/// Breaks if a write that makes no progress has no limit, or if closing leaves the megabytes to
/// the kernel, which offers them to the client for minutes.
#[test]
fn a_client_that_stops_reading_is_reset() {
    let mut client = survives(&["--write", "0.2"], |port| {
        let client = connect(port);
        ask(&client, "/count/100000000");
        client
    });
    let error = client.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

/// Breaks if the head has no limit, or the limit has no timer.
#[test]
fn clients_that_say_nothing_or_half_a_head_are_let_go() {
    survives(&["--head", "0.5"], |port| {
        let (silent, mut slow) = (connect(port), connect(port));
        slow.write_all(b"GET / HTTP/1.1\r\nHost").unwrap();
        assert_eq!((answer(&silent), answer(&slow)), (String::new(), String::new()));
        (silent, slow)
    });
}

/// Breaks if a limit of nothing passes for no limit.
#[test]
fn a_limit_of_nothing_is_an_error_that_says_what_to_give() {
    for (option, value, wanted) in [
        ("--write", "0", "give more than 0 and at most 31536000"),
        ("--head", "1e12", "give more than 0 and at most 31536000"),
        ("--connections", "0", "give a number from 1 to 1000000"),
    ] {
        let output = common::run(env!("CARGO_BIN_EXE_http_server"), [option, value]);
        let stderr = common::text(&output.stderr);
        assert!(stderr.contains(wanted) && stderr.contains(option), "{stderr}");
        assert_eq!(output.status.code(), Some(2));
    }
}
