//! `echo_server` against sockets of std's.

#![cfg(unix)]

mod common;

use common::{Held, LIMIT, Program, noise, run, text};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

fn server(args: &[&str]) -> (Program, u16) {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let program = Program::start(env!("CARGO_BIN_EXE_echo_server"), &args);
    let port = program.port();
    (program, port)
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    socket
}

fn exchange(socket: &mut TcpStream, message: &[u8]) {
    socket.write_all(message).unwrap();
    let mut answer = vec![0; message.len()];
    socket.read_exact(&mut answer).unwrap();
    assert_eq!(answer, message);
}

/// What it holds without clients. Its threads may still be starting when it says that it
/// listens, so this is counted with one client in it.
fn held_before(server: &Program, port: u16) -> Option<Held> {
    let mut first = connect(port);
    exchange(&mut first, b"first");
    server.held().map(|held| Held { descriptors: held.descriptors - 1, ..held })
}

/// Has 64 clients, all connected together, talk to it; returns how many each thread served.
fn serve_64(threads: &str) -> Vec<usize> {
    let (server, port) = server(&["--threads", threads]);
    let mut clients: Vec<_> = (0..64).map(|_| connect(port)).collect();
    for round in 0..10 {
        for (number, client) in clients.iter_mut().enumerate() {
            exchange(client, format!("{round} of {number}").as_bytes());
        }
    }
    server.interrupt();
    let ended = server.ended();
    assert_eq!((ended.code, ended.stderr.as_str()), (Some(0), ""));
    let served = ended.lines.iter().map(|line| line.split(' ').nth(3).unwrap().parse().unwrap());
    served.collect()
}

#[test]
fn one_thread_serves_all() {
    assert_eq!(serve_64("1"), [64]);
}

/// The kernel deals by the ports of both ends: that one of two threads gets none of 64 is
/// less likely than one in 2^62.
#[test]
fn two_threads_share_the_port_and_the_clients() {
    let served = serve_64("2");
    assert_eq!((served.len(), served.iter().sum::<usize>()), (2, 64));
    assert!(served.iter().all(|served| *served > 0), "{served:?}");
}

#[test]
fn a_client_may_send_long_before_it_reads_and_close_its_end() {
    let (server, port) = server(&[]);
    let mut reader = connect(port);
    let mut writer = reader.try_clone().unwrap();
    let message = noise(20_000_000);
    let sent = message.clone();
    let writing = thread::spawn(move || {
        writer.write_all(&sent).unwrap();
        writer.shutdown(Shutdown::Write).unwrap();
    });
    let mut answer = Vec::new();
    reader.read_to_end(&mut answer).unwrap();
    writing.join().unwrap();
    assert!(answer == message, "{} bytes", answer.len());
    drop(server);
}

/// Breaks if a read has no limit.
#[test]
fn a_client_that_says_nothing_is_let_go() {
    let (server, port) = server(&["--idle", "0.5"]);
    let before = held_before(&server, port);
    let (mut silent, mut once) = (connect(port), connect(port));
    exchange(&mut once, b"once");
    assert_eq!(silent.read(&mut [0]).unwrap(), 0);
    assert_eq!(once.read(&mut [0]).unwrap(), 0);
    server.lets_go_of_all_since(before);
    exchange(&mut connect(port), b"the next");
}

/// Breaks if a write has no limit.
#[test]
fn a_client_that_does_not_read_is_reset() {
    let (server, port) = server(&["--write", "0.2"]);
    let before = held_before(&server, port);
    let mut client = connect(port);
    client.set_write_timeout(Some(LIMIT)).unwrap();
    let error = client.write_all(&vec![0; 100_000_000]).unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe), "{error}");
    server.lets_go_of_all_since(before);
    exchange(&mut connect(port), b"the next");
}

/// Breaks if a place is not waited for, or not given back.
#[test]
fn clients_above_the_limit_wait_until_another_leaves() {
    let (server, port) = server(&["--connections", "2"]);
    let (mut one, mut two, mut three) = (connect(port), connect(port), connect(port));
    three.write_all(b"three").unwrap();
    exchange(&mut one, b"one");
    exchange(&mut two, b"two");
    three.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    assert_eq!(three.read(&mut [0]).unwrap_err().kind(), ErrorKind::WouldBlock);
    three.set_read_timeout(Some(LIMIT)).unwrap();
    drop(one);
    three.read_exact(&mut [0; 5]).unwrap();
    exchange(&mut two, b"two is still there");
    server.interrupt();
    assert_eq!(server.ended().lines, ["thread 1 served 3 connections"]);
}

#[test]
fn an_address_that_is_taken_is_an_error_that_names_it() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap().to_string();
    let output = run(env!("CARGO_BIN_EXE_echo_server"), ["--listen", &addr]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.starts_with(&format!("echo_server: cannot listen on {addr}: ")), "{stderr}");
}
