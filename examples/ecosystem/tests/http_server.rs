//! `http_server` against curl, wrk and other clients.

#![cfg(unix)]

mod common;

use common::{Program, curl, folder, noise, run, send_garbage, text, there_is};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn server(args: &[&str]) -> (Program, u16) {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let program = Program::start(env!("CARGO_BIN_EXE_http_server"), &args);
    let port = program.port();
    (program, port)
}

fn stop(server: Program) {
    server.interrupt();
    let ended = server.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

#[test]
fn curl_asks_twice_by_one_connection() {
    if !there_is("curl") {
        return;
    }
    let (server, port) = server(&[]);
    let (hello, count) = (format!("http://127.0.0.1:{port}/"), format!("http://127.0.0.1:{port}/count/3"));
    let output = curl(&["-w", "connects: %{num_connects}, status: %{http_code}\n", &hello, &count]);
    let expected = "Hello from shirr!\nconnects: 1, status: 200\n1\n2\n3\nconnects: 0, status: 200\n";
    assert_eq!(text(&output.stdout), expected, "{output:?}");
    stop(server);
}

#[test]
fn curl_has_its_chunked_upload_sent_back() {
    if !there_is("curl") {
        return;
    }
    let (server, port) = server(&[]);
    let folder = folder("http_server_upload");
    let (sent, back) = (folder.join("sent"), folder.join("back"));
    fs::write(&sent, noise(5_000_000)).unwrap();
    let (data, url) = (format!("@{}", sent.display()), format!("http://127.0.0.1:{port}/echo"));
    let chunked = ["-H", "Transfer-Encoding: chunked", "--data-binary", &data];
    let output = curl(&[&chunked[..], &["-o", back.to_str().unwrap(), &url]].concat());
    assert!(output.status.success(), "{output:?}");
    assert!(fs::read(&sent).unwrap() == fs::read(&back).unwrap());
    stop(server);
}

#[test]
fn curl_reads_a_body_that_is_made_while_it_is_sent() {
    if !there_is("curl") {
        return;
    }
    let (server, port) = server(&[]);
    let output = curl(&[&format!("http://127.0.0.1:{port}/count/200000")]);
    let expected: String = (1..=200_000).map(|i| format!("{i}\n")).collect();
    assert!(text(&output.stdout) == expected, "{} bytes", output.stdout.len());
    let output = curl(&["-w", "%{http_code}", &format!("http://127.0.0.1:{port}/nowhere")]);
    assert!(text(&output.stdout).ends_with("404"), "{output:?}");
    stop(server);
}

/// What comes back to curl is not read at first, so curl sends no more, and the request is in
/// flight for as long as the test likes: it is larger than all buffers on the way.
#[test]
fn ctrl_c_lets_curl_finish_what_is_in_flight_and_no_new_client_come() {
    if !there_is("curl") {
        return;
    }
    let (server, port) = server(&["--grace", "60"]);
    let (upload, sent) = (folder("http_server_in_flight").join("sent"), noise(40_000_000));
    fs::write(&upload, &sent).unwrap();
    let url = format!("http://127.0.0.1:{port}/echo");
    let mut command = Command::new("curl");
    command.args(["-sSN", "--max-time", "60", "-H", "Expect:", "-T", upload.to_str().unwrap(), &url]);
    let mut curl = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let (mut back, mut begin) = (curl.stdout.take().unwrap(), [0]);
    back.read_exact(&mut begin).unwrap();

    server.interrupt();
    assert_eq!(server.line(), "stopping: open connections: 1; again to end at once");
    TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    let mut received = begin.to_vec();
    back.read_to_end(&mut received).unwrap();
    assert!(received == sent, "{} bytes", received.len());
    assert!(curl.wait().unwrap().success());
    let ended = server.ended();
    assert_eq!((ended.code, &ended.lines[..]), (Some(0), &["all requests finished".to_owned()][..]));
}

/// A connection with a request under way, whose answer has begun.
fn half_a_request(port: u16) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let head = b"POST /echo HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\nbegun";
    socket.write_all(head).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"begun") && !answer.ends_with(b"begun\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    socket
}

/// Breaks if SIGTERM, by which a service manager ends a program, ends it at once.
#[test]
fn sigterm_lets_the_request_in_flight_be_answered_and_no_new_client_come() {
    let (server, port) = server(&["--grace", "60"]);
    let mut in_flight = half_a_request(port);
    server.signal("TERM");
    assert_eq!(server.line(), "stopping: open connections: 1; again to end at once");
    TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    in_flight.write_all(&[b'x'; 95]).unwrap();
    let mut rest = Vec::new();
    in_flight.read_to_end(&mut rest).unwrap();
    assert_eq!(rest.iter().filter(|byte| **byte == b'x').count(), 95, "{}", text(&rest));
    let ended = server.ended();
    assert_eq!((ended.code, &ended.lines[..]), (Some(0), &["all requests finished".to_owned()][..]));
}

#[test]
fn ctrl_c_waits_no_longer_than_the_grace() {
    let (server, port) = server(&["--grace", "0"]);
    let in_flight = half_a_request(port);
    server.interrupt();
    let ended = server.ended();
    assert_eq!(ended.code, Some(1));
    assert_eq!(ended.stderr, "http_server: requests were still running after 0ns\n");
    drop(in_flight);
}

#[test]
fn a_second_ctrl_c_ends_it_at_once() {
    let (server, port) = server(&["--grace", "3600"]);
    let in_flight = half_a_request(port);
    server.interrupt();
    server.line();
    server.interrupt();
    assert_eq!(server.ended().code, Some(130));
    drop(in_flight);
}

/// Within the grace, which is shorter than the limit at which hyper lets go of the idle.
#[test]
fn ctrl_c_closes_connections_between_two_requests() {
    let (server, port) = server(&["--grace", "10"]);
    let mut idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
    idle.write_all(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"shirr!\n") {
        let mut byte = [0];
        idle.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    stop(server);
    assert_eq!(idle.read(&mut [0]).unwrap(), 0);
}

#[test]
fn garbage_ends_its_own_connection_and_the_next_is_served() {
    let (server, port) = server(&[]);
    send_garbage(port);
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && answer.ends_with("Hello from shirr!\n"), "{answer}");
    stop(server);
}

#[test]
fn wrk_meets_no_error() {
    if !there_is("wrk") {
        return;
    }
    let (server, port) = server(&[]);
    let output =
        run("wrk", ["-t1", "-c64", "-d1s", "--timeout", "30s", &format!("http://127.0.0.1:{port}/")]);
    let report = text(&output.stdout);
    assert!(output.status.success() && report.contains("Requests/sec"), "{output:?}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
    stop(server);
}
