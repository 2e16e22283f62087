//! `http_client --save`: what is in the folder, whatever a server, a disk or Ctrl-C does.

#![cfg(unix)]

mod common;

use common::{Program, curl, folder, head, noise, run, text, there_is, wait_until};
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;
use std::thread::{self, JoinHandle};

const CLIENT: &str = env!("CARGO_BIN_EXE_http_client");

/// Answers one request a connection with these bytes, in this order, and closes; where the
/// bytes are to stall, it closes when the client has gone.
struct Peer {
    url: String,
    thread: JoinHandle<()>,
}

#[derive(Clone, Copy)]
enum Then {
    Close,
    Stall,
}

fn peer<const N: usize>(answers: [(Vec<u8>, Then); N]) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let thread = thread::spawn(move || {
        for (bytes, then) in answers {
            let (mut socket, _) = listener.accept().unwrap();
            head(&mut socket);
            let _ = socket.write_all(&bytes); // a client on a full disk goes in the middle
            if let Then::Stall = then {
                let _ = socket.read(&mut [0]);
            }
        }
    });
    Peer { url, thread }
}

/// An answer that says it has `length` bytes, and has these.
fn answer(status: &str, length: usize, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

fn whole(body: &[u8]) -> (Vec<u8>, Then) {
    (answer("200 OK", body.len(), body), Then::Close)
}

/// The names in the folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Breaks if a body is written under its name before it is whole.
#[test]
fn a_body_that_ends_early_leaves_no_file_and_the_next_is_saved() {
    let saved = folder("save_early");
    let peer = peer([(answer("200 OK", 100, b"begun"), Then::Close), whole(b"good")]);
    let output = run(CLIENT, ["--save", saved.to_str().unwrap(), &peer.url, &peer.url]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("error reading a body from connection: end of file"), "{stderr}");
    assert!(stderr.ends_with("http_client: not fetched: 1\n"), "{stderr}");
    assert_eq!(names(&saved), ["2"]);
    assert_eq!(fs::read(saved.join("2")).unwrap(), b"good");
    peer.thread.join().unwrap();
}

/// Breaks if a file that is given up in the middle is not removed.
#[test]
fn a_body_that_takes_too_long_leaves_no_file() {
    let saved = folder("save_stalled");
    let peer = peer([(answer("200 OK", 100, b"begun"), Then::Stall), whole(b"good")]);
    let args = ["--limit", "0.5", "--save", saved.to_str().unwrap(), &peer.url, &peer.url];
    let output = run(CLIENT, args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("took longer than 500ms"), "{stderr}");
    assert_eq!(names(&saved), ["2"]);
    peer.thread.join().unwrap();
}

/// The system lets it write the first few kilobytes, as a full disk does. Breaks if what was
/// saved before is truncated for what cannot be saved.
#[test]
fn a_full_disk_leaves_what_was_there_before() {
    let saved = folder("save_full");
    fs::write(saved.join("1"), "before").unwrap();
    let peer = peer([whole(&noise(100_000)), whole(b"good")]);
    let mut command = Command::new("sh");
    command.args(["-c", r#"trap '' XFSZ; ulimit -f 8; exec "$@""#, "sh", CLIENT, "--save"]);
    let output = command.arg(&saved).args([&peer.url, &peer.url]).output().unwrap();
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("File too large"), "{stderr}");
    assert_eq!(names(&saved), ["1", "2"]);
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"before");
    peer.thread.join().unwrap();
}

/// Breaks if an answer with an error status is a failure here, or is not with curl.
#[test]
fn an_answer_with_an_error_status_is_saved_as_curl_saves_it() {
    let saved = folder("save_404");
    let missing = || (answer("404 Not Found", 5, b"none\n"), Then::Close);
    let peer = peer([missing(), missing()]);
    let output = run(CLIENT, ["--save", saved.to_str().unwrap(), &peer.url]);
    let line = format!("{}: 404 Not Found, 5 bytes, new connection\n", peer.url);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), &*line));
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"none\n");
    if there_is("curl") {
        let output = curl(&["-o", saved.join("curl").to_str().unwrap(), &peer.url]);
        assert!(output.status.success(), "{output:?}");
        assert_eq!(fs::read(saved.join("curl")).unwrap(), b"none\n");
        peer.thread.join().unwrap();
    }
}

/// Breaks if a 101 passes for an answer with an empty body.
#[test]
fn an_answer_that_changes_the_protocol_replaces_nothing() {
    let saved = folder("save_101");
    fs::write(saved.join("1"), "before").unwrap();
    let peer = peer([(b"HTTP/1.1 101 Switching Protocols\r\n\r\n".to_vec(), Then::Close)]);
    let output = run(CLIENT, ["--save", saved.to_str().unwrap(), &peer.url]);
    assert!(
        output.status.code() == Some(1) && text(&output.stderr).contains("another protocol"),
        "{output:?}"
    );
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"before");
    peer.thread.join().unwrap();
}

/// The second run begins and ends while the first is in the middle. Breaks if both write to
/// one file.
#[test]
fn two_runs_into_one_folder_leave_the_whole_body_of_the_last() {
    let saved = folder("save_two_runs");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let args = ["--save", saved.to_str().unwrap(), &url];
    let first = Program::start(CLIENT, &args);
    let (mut socket, _) = listener.accept().unwrap();
    head(&mut socket);
    socket.write_all(&answer("200 OK", 8, b"once")).unwrap();
    wait_until("the first run writes nothing", || !names(&saved).is_empty());
    let server = thread::spawn(move || {
        let (mut socket, _) = listener.accept().unwrap();
        head(&mut socket);
        socket.write_all(&answer("200 OK", 2, b"ab")).unwrap();
    });
    assert!(run(CLIENT, args).status.success());
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"ab");
    socket.write_all(b"more").unwrap();
    assert_eq!(first.ended().code, Some(0));
    assert_eq!(fs::read_to_string(saved.join("1")).unwrap(), "oncemore");
    assert_eq!(names(&saved), ["1"]);
    server.join().unwrap();
}

/// Breaks if Ctrl-C ends the process without removing its files.
#[test]
fn ctrl_c_in_the_middle_leaves_whole_files_only() {
    let saved = folder("save_ctrl_c");
    let peer = peer([whole(b"good"), (answer("200 OK", 100, b"begun"), Then::Stall), whole(b"again")]);
    let program = Program::start(CLIENT, &["--save", saved.to_str().unwrap(), &peer.url, &peer.url]);
    wait_until("no second file is begun", || names(&saved).len() == 2);
    program.interrupt();
    let ended = program.ended();
    assert_eq!(ended.code, Some(130), "{ended:?}");
    assert!(ended.stderr.ends_with("http_client: interrupted\n"), "{ended:?}");
    assert_eq!(names(&saved), ["1"]);
    assert!(run(CLIENT, ["--save", saved.to_str().unwrap(), &peer.url]).status.success());
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"again");
    peer.thread.join().unwrap();
}

/// Breaks if what a killed run leaves behind could be taken for a body.
#[test]
fn a_killed_run_leaves_nothing_under_a_bodys_name() {
    let saved = folder("save_killed");
    let peer = peer([(answer("200 OK", 100, b"begun"), Then::Stall), whole(b"good")]);
    let program = Program::start(CLIENT, &["--save", saved.to_str().unwrap(), &peer.url]);
    wait_until("no file is begun", || !names(&saved).is_empty());
    drop(program); // by SIGKILL
    assert!(names(&saved)[0].starts_with(".part-"), "{:?}", names(&saved));
    assert!(run(CLIENT, ["--save", saved.to_str().unwrap(), &peer.url]).status.success());
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"good");
    peer.thread.join().unwrap();
}

/// Breaks if a server's own words are printed as they are.
#[test]
fn a_servers_escapes_do_not_reach_the_terminal() {
    let saved = folder("save_escapes");
    let head =
        |line: &[u8]| ([line, b"\r\nX: \x1b[2J\x9b\r\nContent-Length: 0\r\n\r\n"].concat(), Then::Close);
    let lines =
        [&b"HTTP/1.1 299 \x9b31mred"[..], b"HTTP/1.1 200 \x1b[31mred", b"\x1b]0;title\x07", b"HTTP/\x1b"];
    let peer = peer(lines.map(head));
    let output = run(CLIENT, ["--save", saved.to_str().unwrap()].into_iter().chain([&*peer.url; 4]));
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{}", stderr.escape_debug());
    assert_eq!(stderr.lines().count(), 5, "{}", stderr.escape_debug());
    assert!(!stderr.contains(|c: char| c.is_control() && c != '\n'), "{}", stderr.escape_debug());
    peer.thread.join().unwrap();
}

/// Breaks if a body is written through what has its name, instead of renamed over it, or a
/// file keeps the permissions of a temporary one.
#[test]
fn a_link_under_the_name_is_replaced_and_its_target_left_alone() {
    let (saved, outside) = (folder("save_link"), folder("save_link_outside"));
    fs::write(outside.join("precious"), "precious").unwrap();
    symlink(outside.join("precious"), saved.join("1")).unwrap();
    let peer = peer([whole(b"good")]);
    let mut command = Command::new("sh");
    command.args(["-c", r#"umask 027; exec "$@""#, "sh", CLIENT, "--save"]).arg(&saved);
    assert!(command.arg(&peer.url).output().unwrap().status.success());
    assert_eq!(fs::read(outside.join("precious")).unwrap(), b"precious");
    let there = fs::symlink_metadata(saved.join("1")).unwrap();
    assert!(there.is_file() && there.permissions().mode() & 0o777 == 0o640, "{there:?}");
    assert_eq!(fs::read(saved.join("1")).unwrap(), b"good");
    peer.thread.join().unwrap();
}

/// Breaks if the place of a body is looked at when it has arrived only.
#[test]
fn a_name_that_a_folder_has_fails_before_it_is_asked_for() {
    let saved = folder("save_occupied");
    fs::create_dir(saved.join("1")).unwrap();
    let peer = peer([whole(b"good")]);
    let gone = format!("{}never", peer.url);
    let output = run(CLIENT, ["--save", saved.to_str().unwrap(), &gone, &peer.url]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    let line = format!("{gone}: {} is a folder; move it away\n", saved.join("1").display());
    assert!(stderr.contains(&line), "{stderr}");
    assert_eq!(names(&saved), ["1", "2"]);
    peer.thread.join().unwrap();
}

/// RFC 3986: a URL is ASCII. Breaks if a URL's control characters are sent or printed.
#[test]
fn a_url_with_anything_but_ascii_in_it_is_refused() {
    for url in ["http://127.0.0.1:9/\u{9b}31m", "http://127.0.0.1:9/\u{202e}", "http://127.0.0.1:9/\u{7f}"] {
        let output = run(CLIENT, [url]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{}", stderr.escape_debug());
        assert!(stderr.contains("percent-encoded"), "{}", stderr.escape_debug());
    }
}
