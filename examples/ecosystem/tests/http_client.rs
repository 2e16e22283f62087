//! `http_client` against the HTTP server of Python's standard library.

#![cfg(unix)]

mod common;

use common::{Program, folder, head, noise, run, text, there_is, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

/// Serves a folder by HTTP/1.1, with a thread for each connection, which it keeps open.
const SERVER: &str = "
import http.server, sys
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def __init__(self, *args):
        super().__init__(*args, directory=sys.argv[1])
    def log_message(self, *args):
        pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler)
print('port:%d' % server.server_port, flush=True)
server.serve_forever()
";

fn python(folder: &Path) -> (Program, u16) {
    let program = Program::start("python3", &["-c", SERVER, folder.to_str().unwrap()]);
    let port = program.port();
    (program, port)
}

const CLIENT: &str = env!("CARGO_BIN_EXE_http_client");

#[test]
fn a_body_goes_to_stdout_whole() {
    if !there_is("python3") {
        return;
    }
    let folder = folder("http_client_one");
    fs::write(folder.join("page"), noise(3_000_000)).unwrap();
    let (_server, port) = python(&folder);
    let url = format!("http://127.0.0.1:{port}/page");
    let output = run(CLIENT, [&url]);
    assert!(output.status.success() && output.stdout == noise(3_000_000));
    assert_eq!(text(&output.stderr), format!("{url}: 200 OK, 3000000 bytes, new connection\n"));
}

#[test]
fn urls_of_one_host_share_a_connection_and_hosts_do_not() {
    if !there_is("python3") {
        return;
    }
    let (pages, saved) = (folder("http_client_pages"), folder("http_client_saved"));
    for name in ["a", "b", "c"] {
        fs::write(pages.join(name), name.repeat(100_000)).unwrap();
    }
    let ((_one, one), (_two, two)) = (python(&pages), python(&pages));
    let urls = [(one, "a"), (two, "b"), (one, "c"), (one, "none"), (one, "b")];
    let urls = urls.map(|(port, name)| format!("http://127.0.0.1:{port}/{name}"));
    let output =
        run(CLIENT, ["--save", saved.to_str().unwrap()].into_iter().chain(urls.iter().map(|url| &**url)));
    assert!(output.status.success(), "{output:?}");
    for (number, name) in [("1", "a"), ("2", "b"), ("3", "c"), ("5", "b")] {
        assert!(fs::read_to_string(saved.join(number)).unwrap() == name.repeat(100_000), "{number}");
    }
    let stderr = text(&output.stderr);
    let mut reports: Vec<_> = stderr.lines().filter(|line| line.contains(&format!(":{one}/"))).collect();
    assert_eq!(reports.len(), 4, "{stderr}");
    // Python closes the connection of a request that it cannot answer, so the last needs another.
    let hows = reports.drain(..).map(|line| line.rsplit(", ").next().unwrap()).collect::<Vec<_>>();
    assert_eq!(hows, ["new connection", "same connection", "same connection", "new connection"], "{stderr}");
    assert!(stderr.contains("/none: 404 Not Found, "), "{stderr}");
    let other: Vec<_> = stderr.lines().filter(|line| line.contains(&format!(":{two}/"))).collect();
    assert_eq!(other, [format!("{}: 200 OK, 100000 bytes, new connection", urls[1])]);
}

#[test]
fn a_host_that_is_not_there_keeps_the_others_from_nothing() {
    if !there_is("python3") {
        return;
    }
    let (pages, saved) = (folder("http_client_some"), folder("http_client_some_saved"));
    fs::write(pages.join("page"), "here").unwrap();
    let (_server, port) = python(&pages);
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let urls = [format!("http://{gone}/"), format!("http://127.0.0.1:{port}/page")];
    let output = run(CLIENT, ["--save", saved.to_str().unwrap(), &urls[0], &urls[1]]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr.contains(&format!("{}: cannot connect to {gone}", urls[0])), "{stderr}");
    assert!(stderr.contains(&format!("{}: 200 OK, 4 bytes", urls[1])), "{stderr}");
    assert!(stderr.ends_with("http_client: not fetched: 1\n"), "{stderr}");
}

#[test]
fn a_host_that_says_nothing_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", silent.local_addr().unwrap());
    let output = run(CLIENT, ["--limit", "0.02", &url]);
    let expected = format!("{url}: took longer than 20ms\nhttp_client: not fetched: 1\n");
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(1), &*expected));
}

#[test]
fn what_it_cannot_do_it_says_and_what_can() {
    let https = run(CLIENT, ["https://localhost/"]);
    let stderr = text(&https.stderr);
    assert!(https.status.code() == Some(2) && stderr.contains("--bin https_get"), "{stderr}");
    let several = run(CLIENT, ["http://localhost/", "http://localhost/"]);
    let stderr = text(&several.stderr);
    assert!(several.status.code() == Some(1) && stderr.contains("--save"), "{stderr}");
    let never = run(CLIENT, ["--limit", "0", "http://localhost/"]);
    assert!(never.status.code() == Some(2) && text(&never.stderr).contains("more than 0"), "{never:?}");
    let relative = run(CLIENT, ["localhost/page"]);
    assert!(text(&relative.stderr).contains("a URL looks like"), "{relative:?}");
    for url in ["http://user:word@localhost/", "http://localhost:99999/"] {
        let refused = run(CLIENT, [url]);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains("http://HOST:PORT/PATH"), "{refused:?}");
    }
}

/// The server has the second request when it closes: nothing could have told the client.
#[test]
fn a_connection_that_is_closed_as_it_is_used_again_is_no_failure() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let urls = ["a", "b"].map(|name| format!("http://{}/{name}", listener.local_addr().unwrap()));
    let server = thread::spawn(move || {
        for heads in [2, 1] {
            let (mut socket, _) = listener.accept().unwrap();
            head(&mut socket);
            socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
            (1..heads).for_each(|_| head(&mut socket));
        }
    });
    let saved = folder("http_client_closed");
    let output = run(CLIENT, ["--limit", "20", "--save", saved.to_str().unwrap(), &urls[0], &urls[1]]);
    let line = |url| format!("{url}: 200 OK, 2 bytes, new connection\n");
    assert_eq!(text(&output.stderr), line(&urls[0]) + &line(&urls[1]));
    assert!(output.status.success());
    server.join().unwrap();
}

#[test]
fn a_body_that_ends_early_is_a_failure_with_its_cause() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        head(&mut socket);
        socket.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun").unwrap();
    });
    let output = run(CLIENT, ["--limit", "20", &url]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), "begun"));
    let stderr = text(&output.stderr);
    assert!(stderr.contains("error reading a body from connection: end of file"), "{stderr}");
    server.join().unwrap();
}

/// A socket for a program's stderr that takes nothing until its other end is read.
fn full() -> (UnixStream, Stdio) {
    let (ours, mut theirs) = UnixStream::pair().unwrap();
    theirs.set_nonblocking(true).unwrap();
    for piece in [&[b' '; 4096][..], b" "] {
        while theirs.write(piece).is_ok() {}
    }
    theirs.set_nonblocking(false).unwrap();
    (ours, OwnedFd::from(theirs).into())
}

/// The client cannot write its line about the first URL until the stray answer is there. Breaks
/// if a kept connection is used before the loop has looked at it.
#[test]
fn an_answer_that_was_not_asked_for_is_not_the_body_of_the_next_url() {
    let saved = folder("http_client_stray");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (mut messages, stderr) = full();
    let mut command = Command::new(CLIENT);
    command.arg("--save").arg(&saved).args([&url, &url]).stdin(Stdio::null()).stderr(stderr);
    let mut client = command.spawn().unwrap();
    drop(command); // and with it our copy of the client's stderr
    let (mut kept, _) = listener.accept().unwrap();
    head(&mut kept);
    kept.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").unwrap();
    wait_until("the first body is not saved", || saved.join("1").exists());
    kept.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray").unwrap();
    let server = thread::spawn(move || {
        let (mut fresh, _) = listener.accept().unwrap();
        head(&mut fresh);
        fresh.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnext").unwrap();
    });
    messages.read_to_end(&mut Vec::new()).unwrap();
    assert!(client.wait().unwrap().success());
    assert_eq!(fs::read_to_string(saved.join("2")).unwrap(), "next");
    server.join().unwrap();
}
