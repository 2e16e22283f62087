//! `http_client` against the HTTP server of Python's standard library.

#![cfg(unix)]

mod common;

use common::{Program, folder, noise, run, text, there_is};
use std::fs;
use std::net::TcpListener;
use std::path::Path;

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
    let relative = run(CLIENT, ["localhost/page"]);
    assert!(text(&relative.stderr).contains("a URL looks like"), "{relative:?}");
}
