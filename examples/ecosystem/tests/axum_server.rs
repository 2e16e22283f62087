//! `axum_server` against curl: its extractors, its bodies, and its end.

#![cfg(unix)]

mod common;

use common::{Program, curl, text, there_is, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;

fn server() -> (Program, String) {
    let program = Program::start(env!("CARGO_BIN_EXE_axum_server"), &["--listen=127.0.0.1:0", "--grace=60"]);
    let port = program.port();
    (program, format!("127.0.0.1:{port}"))
}

fn stop(server: Program) {
    server.interrupt();
    let ended = server.ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""), "{ended:?}");
}

/// What curl is told, and the status. Breaks if an extractor is not reached, or does not refuse.
#[test]
fn extractors_take_path_and_body_or_refuse() {
    if !there_is("curl") {
        return;
    }
    let (server, address) = server();
    let long = common::folder("axum_server").join("long");
    fs::write(&long, vec![b' '; 2 << 20]).unwrap();
    let long = format!("@{}", long.display());
    let ask = |path: &str, data: Option<&str>| {
        let url = format!("http://{address}{path}");
        let data: Vec<&str> = data.into_iter().flat_map(|data| ["--data-binary", data]).collect();
        // It asks before it sends much, and waits for the answer: what is sent after a refusal is
        // reset, which can overtake that.
        let patient = ["--expect100-timeout", "60", "-w", "%{http_code}", &url];
        text(&curl(&[&patient, &data[..]].concat()).stdout).to_owned()
    };
    assert_eq!(ask("/hello/you%20two", None), "Hello, you two!\n200");
    assert_eq!(ask("/sum", Some("1 2 -5\n40")), "38\n200");
    assert_eq!(ask("/sum", Some("1 two")), "a number: invalid digit found in string\n400");
    assert!(ask("/sum", Some(&long)).ends_with("413"));
    assert!(ask("/count/many", None).ends_with("400"));
    assert_eq!(ask("/nowhere", None), "404");
    assert_eq!(ask("/sum", None), "405");
    stop(server);
}

/// The handler is `Send`, what it asks is not. Breaks if the task that has the crowd is not run.
#[test]
fn a_handler_asks_a_task_for_what_is_not_send() {
    let (server, address) = server();
    let idle: Vec<_> = (0..3).map(|_| TcpStream::connect(&*address).unwrap()).collect();
    // Those three, the one that asks, and the place for the next.
    wait_until("three and two places are not taken", || get(&address, "/places").ends_with("\r\n\r\n5\n"));
    drop(idle);
    stop(server);
}

fn get(address: &str, path: &str) -> String {
    let mut answer = String::new();
    begun(address, path).read_to_string(&mut answer).unwrap();
    answer
}

fn begun(address: &str, path: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).unwrap();
    socket.set_read_timeout(Some(common::LIMIT)).unwrap();
    let head = format!("GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n");
    socket.write_all(head.as_bytes()).unwrap();
    socket
}

/// The answer is larger than all buffers on the way, so it is in flight until it is read.
#[test]
fn sigterm_lets_a_streamed_body_come_to_its_end_and_no_new_client_in() {
    let (server, address) = server();
    let mut in_flight = begun(&address, "/count/1500000");
    in_flight.read_exact(&mut [0]).unwrap();
    server.terminate();
    assert_eq!(server.line(), "Ctrl-C: open connections: 1; again to end at once");
    TcpStream::connect(&*address).unwrap_err();
    let mut answer = Vec::new();
    in_flight.read_to_end(&mut answer).unwrap();
    assert!(answer.ends_with(b"\r\n1500000\n\r\n0\r\n\r\n"), "{} bytes", answer.len());
    let ended = server.ended();
    assert_eq!((ended.code, &ended.lines[..]), (Some(0), &["all requests finished".to_owned()][..]));
}

#[test]
fn garbage_ends_its_own_connection_and_the_next_is_served() {
    let (server, address) = server();
    common::send_garbage(address.rsplit(':').next().unwrap().parse().unwrap());
    assert!(get(&address, "/hello/again").ends_with("Hello, again!\n"));
    server.interrupt();
    assert_eq!(server.ended().code, Some(0));
}
