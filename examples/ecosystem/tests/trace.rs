//! Every program's own run keeps shirr's invariants, as `tests/trace/examples_checked.rs` in the
//! root package has it for the examples there: the program is run as it is, writes what it did
//! as pages, one for each thread, and these are read back, event by event.

#![cfg(all(feature = "trace", unix))]

mod common;
mod database;

/// What the library's own tests check events with.
#[path = "../../../tests/common"]
#[allow(dead_code, reason = "a part of it is for the library's tests alone")]
mod library {
    pub(crate) mod checker;
    pub(crate) mod page;
}

use common::{Program, folder};
use database::Server;
use library::checker::{Rules, check};
use library::page;
use shirr::trace::{Recording, What};
use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What `src/bin/` has, each with a test below.
const PROGRAMS: [&str; 15] = [
    "axum_server",
    "chat",
    "echo_server",
    "http_client",
    "http_server",
    "https_get",
    "postgres",
    "proxy",
    "queries",
    "quic",
    "redis",
    "reqwest_get",
    "signals",
    "unix_echo",
    "watch_folder",
];

/// A program that writes what it does.
struct Recorded {
    program: Program,
    folder: PathBuf,
}

impl Recorded {
    fn start(name: &str, path: &str, args: &[&str]) -> Self {
        let folder = folder(&format!("trace_{name}"));
        let mut command = Command::new(path);
        command.args(args).current_dir(&folder).env("SHIRR_TRACE", "run.html");
        Self { program: Program::spawn(&mut command), folder }
    }

    /// Waits for its end, and checks each of its recordings.
    fn checked(self) -> Vec<Recording> {
        let ended = self.program.ended();
        assert_eq!(ended.code, Some(0), "{ended:?}");
        let files = fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().path());
        let pages = files.filter(|file| file.extension().is_some_and(|ending| ending == "html"));
        let recordings: Vec<_> = pages.map(|page| read_and_check(&page)).collect();
        assert!(!recordings.is_empty(), "{ended:?}");
        recordings
    }

    fn stopped(self) -> Vec<Recording> {
        self.program.interrupt();
        self.checked()
    }
}

fn read_and_check(page: &Path) -> Recording {
    let recording = page::read(&fs::read_to_string(page).unwrap(), Instant::now());
    println!("{}: {} events", page.display(), recording.events.len());
    check(&recording, Rules::default());
    recording
}

/// A client that has sent this.
fn send(port: u16, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(common::LIMIT)).unwrap();
    socket.write_all(text.as_bytes()).unwrap();
    socket
}

/// All that the server says until it closes.
fn heard(mut socket: TcpStream) -> String {
    let mut answer = String::new();
    socket.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn no_program_is_forgotten() {
    let there = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin")).unwrap();
    let names = there.map(|entry| entry.unwrap().path().file_stem().unwrap().to_owned());
    assert_eq!(names.collect::<BTreeSet<_>>(), PROGRAMS.map(Into::into).into());
}

#[test]
fn chat_with_its_three_clients() {
    let seen = Recorded::start("chat", env!("CARGO_BIN_EXE_chat"), &["--demo"]).checked();
    assert_eq!(seen.len(), 1);
}

#[test]
fn echo_server_on_two_threads() {
    let args = ["--listen=127.0.0.1:0", "--threads=2"];
    let server = Recorded::start("echo_server", env!("CARGO_BIN_EXE_echo_server"), &args);
    let port = server.program.port();
    for number in 0..40 {
        let text = format!("client {number}").repeat(1000);
        let client = send(port, &text);
        client.shutdown(Shutdown::Write).unwrap();
        assert_eq!(heard(client), text);
    }
    assert!(server.stopped().len() >= 2);
}

#[test]
fn http_server_asked_for_all_that_it_has() {
    let server = Recorded::start("http_server", env!("CARGO_BIN_EXE_http_server"), &["--listen=127.0.0.1:0"]);
    let port = server.program.port();
    ask_all(port, &["/", "/count/10000", "/slow/3", "/nowhere"]);
    server.stopped();
}

#[test]
fn http_client_with_several_urls_of_one_host() {
    let server = Program::start(env!("CARGO_BIN_EXE_http_server"), &["--listen=127.0.0.1:0"]);
    let port = server.port();
    let urls = ["", "count/3000", "slow/2"].map(|path| format!("http://127.0.0.1:{port}/{path}"));
    let args = [&["--save=files"], &urls.each_ref().map(|url| &**url)[..]].concat();
    let seen = Recorded::start("http_client", env!("CARGO_BIN_EXE_http_client"), &args).checked();
    assert!(seen[0].events.iter().any(|event| event.what == What::Unblocking));
}

#[test]
fn https_get_with_its_three_servers() {
    Recorded::start("https_get", env!("CARGO_BIN_EXE_https_get"), &[]).checked();
}

#[test]
fn queries_one_after_another_and_at_once() {
    let args = ["--rows=1200", "--threads=3"];
    Recorded::start("queries", env!("CARGO_BIN_EXE_queries"), &args).checked();
}

#[test]
fn quic_with_its_streams() {
    Recorded::start("quic", env!("CARGO_BIN_EXE_quic"), &[]).checked();
}

/// Asked twice what it waits for.
#[test]
fn signals_in_the_middle_of_a_job() {
    let program = Recorded::start("signals", env!("CARGO_BIN_EXE_signals"), &["--job=0.5"]);
    program.program.line();
    program.program.signal("QUIT");
    program.program.line();
    program.program.signal("QUIT");
    program.stopped();
}

#[test]
fn unix_echo_with_a_few_clients() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("echo");
    let server = Recorded::start("unix_echo", env!("CARGO_BIN_EXE_unix_echo"), &[path.to_str().unwrap()]);
    server.program.line();
    for number in 0..10 {
        let (text, mut answer) = (format!("client {number}"), String::new());
        let mut client = UnixStream::connect(&path).unwrap();
        client.write_all(text.as_bytes()).unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        client.read_to_string(&mut answer).unwrap();
        assert_eq!(answer, text);
    }
    server.stopped();
}

#[cfg(target_os = "linux")]
#[test]
fn watch_folder_until_there_were_a_few_changes() {
    let watched = folder("trace_watched");
    let args = ["--count=20", watched.to_str().unwrap()];
    let program = Recorded::start("watch_folder", env!("CARGO_BIN_EXE_watch_folder"), &args);
    program.program.line();
    (0..10).for_each(|number| fs::write(watched.join(number.to_string()), "").unwrap());
    program.checked();
}

/// Asks for each path and hears the server out.
fn ask_all(port: u16, paths: &[&str]) {
    for path in paths {
        let head = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assert!(heard(send(port, &head)).starts_with("HTTP/1.1 "), "{path}");
    }
}

#[test]
fn axum_server_asked_for_all_that_it_has() {
    let server = Recorded::start("axum_server", env!("CARGO_BIN_EXE_axum_server"), &["--listen=127.0.0.1:0"]);
    ask_all(server.program.port(), &["/hello/you", "/count/10000", "/slow/3", "/places", "/nowhere"]);
    server.stopped();
}

#[test]
fn proxy_before_a_server_that_goes() {
    let server = Program::start(env!("CARGO_BIN_EXE_http_server"), &["--listen=127.0.0.1:0"]);
    let url = format!("http://127.0.0.1:{}", server.port());
    let proxy = Recorded::start("proxy", env!("CARGO_BIN_EXE_proxy"), &["--listen=127.0.0.1:0", &url]);
    let port = proxy.program.port();
    ask_all(port, &["/", "/count/10000", "/slow/3", "/-/metrics"]);
    drop(server);
    ask_all(port, &["/"]);
    proxy.stopped();
}

#[test]
fn reqwest_get_with_several_urls() {
    let server = Program::start(env!("CARGO_BIN_EXE_http_server"), &["--listen=127.0.0.1:0"]);
    let port = server.port();
    let urls = ["", "count/3000", "slow/2"].map(|path| format!("http://127.0.0.1:{port}/{path}"));
    let urls = urls.each_ref().map(|url| &**url);
    Recorded::start("reqwest_get", env!("CARGO_BIN_EXE_reqwest_get"), &urls).checked();
}

#[test]
fn postgres_with_its_queries_at_once() {
    let Some(server) = Server::postgres() else { return };
    let address = format!("host={} user=me dbname=postgres", server.folder().display());
    Recorded::start("postgres", env!("CARGO_BIN_EXE_postgres"), &[&address]).checked();
    server.stop();
}

#[test]
fn redis_with_its_commands_at_once() {
    let Some(server) = Server::redis() else { return };
    let address = format!("redis+unix://{}", server.folder().join("redis.sock").display());
    Recorded::start("redis", env!("CARGO_BIN_EXE_redis"), &[&address]).checked();
    server.stop();
}
