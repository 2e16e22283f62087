//! `chat` against clients that flood, stop, trickle, say nothing and say what they should not:
//! the others hear every line, the next client is served, and the server keeps nothing.

#![cfg(unix)]

mod common;
mod peer;

use common::{Held, Program};
use peer::{PING, Peer, ask, frame, narrow, text};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

/// The server, its port, and what it holds when a first client has come and gone.
fn server(args: &[&str]) -> (Program, u16, Option<Held>) {
    let args = [&["--listen", "127.0.0.1:0"], args].concat();
    let program = Program::start(env!("CARGO_BIN_EXE_chat"), &args);
    let (port, before) = (program.port(), program.held());
    drop(Peer::join(port, "first"));
    program.lets_go_of_all_since(before);
    let before = program.held();
    (program, port, before)
}

/// The next client is served, and nothing is left of those before.
fn is_as_before(server: &Program, port: u16, before: Option<Held>) {
    drop(Peer::join(port, "next"));
    server.lets_go_of_all_since(before);
}

/// Sends so many messages at once, and has the sender and a steady reader hear them all.
fn all_are_heard(messages: usize) {
    let (server, port, before) = server(&[]);
    let (mut ann, bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    ann.hear_up_to("* bob is here");
    let burst: Vec<u8> = (0..messages).flat_map(|number| text(&number.to_string())).collect();
    let mut sends = ann.tcp.get_ref().try_clone().unwrap();
    let sending = thread::spawn(move || sends.write_all(&burst).unwrap());
    let hears_all = move |mut peer: Peer| {
        for number in 0..messages {
            assert_eq!(peer.hear(), Ok(format!("ann: {number}")));
        }
        peer // stays for the other
    };
    let bob = thread::spawn(move || hears_all(bob));
    drop((hears_all(ann), bob.join().unwrap()));
    sending.join().unwrap();
    is_as_before(&server, port, before);
}

/// Breaks if the reader of a socket announces all that is parsed without giving way to the
/// writers: a queue of 64 is full then, and its member is taken for a slow one.
#[test]
fn two_hundred_messages_in_one_segment_are_heard_by_all() {
    all_are_heard(200);
}

/// Breaks if a speaker does not wait for room in the queue.
#[test]
fn ten_thousand_messages_at_once_are_heard_by_all() {
    all_are_heard(10_000);
}

/// Has ann say 13 MB, more than the queue and the system's buffers hold, and hear it herself.
/// Returns the most that the server held meanwhile.
fn floods(ann: &mut Peer, server: &Program) -> usize {
    let (long, mut most) = (text(&"x".repeat(16_000)), 0);
    for _ in 0..800 {
        assert!(ann.send(&long));
        while !ann.hear().unwrap().starts_with("ann: x") {}
        most = most.max(server.held().map_or(0, |held| held.memory));
    }
    most
}

/// Breaks if a member that takes nothing has no limit, or if each member has a copy of what is
/// queued: the server grew by the flood then.
#[test]
fn a_client_that_stops_reading_is_out_while_the_others_hear_all() {
    let (server, port, before) = server(&["--write", "1"]);
    let mut slow = Peer::join_by(narrow(port), "slow");
    let (mut ann, mut bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    let steady = thread::spawn(move || (0..800).for_each(|_| while !bob.hear().unwrap().contains(": x") {}));
    let most = floods(&mut ann, &server);
    assert!(before.is_none_or(|before| most < before.memory + 8 * 1024), "{before:?}, {most} KiB");
    steady.join().unwrap();
    assert!(std::iter::from_fn(|| slow.hear().ok()).count() < 800);
    drop((slow, ann));
    is_as_before(&server, port, before);
}

/// Breaks if every bit of progress gives a member its whole time anew: it could hold its room
/// up for ever then.
#[test]
fn a_client_that_reads_a_trickle_is_out() {
    let (server, port, before) = server(&["--write", "1"]);
    let mut slow = Peer::join_by(narrow(port), "slow");
    let trickle = thread::spawn(move || {
        loop {
            match slow.hear() {
                Ok(line) if line == "ann: done" => return true,
                Ok(_) => thread::sleep(Duration::from_millis(50)), // this is how slow it is
                Err(_) => return false,
            }
        }
    });
    let mut ann = Peer::join(port, "ann");
    floods(&mut ann, &server);
    ann.send(&text("done"));
    assert!(!trickle.join().unwrap());
    drop(ann);
    is_as_before(&server, port, before);
}

/// Has a client speak without ever reading, and a steady reader hear it as long as it likes.
fn speaks_without_reading(port: u16, mut likes: impl FnMut(&str) -> bool) {
    let mut deaf = Peer::join_by(narrow(port), "deaf");
    let mut bob = Peer::join(port, "bob");
    let speaking = thread::spawn(move || while deaf.send(&text(&"x".repeat(16_000))) {});
    while bob.hear().is_ok_and(|line| likes(&line)) {}
    speaking.join().unwrap();
}

/// Breaks if a speaker that waits for room in the queue has no limit as a reader.
#[test]
fn a_client_that_speaks_and_never_reads_is_out() {
    let (server, port, before) = server(&["--write", "1"]);
    let mut has_left = false;
    speaks_without_reading(port, |line| {
        has_left = line == "* deaf has left";
        !has_left
    });
    assert!(has_left);
    is_as_before(&server, port, before);
}

/// Breaks if the end waits for speakers that wait, or for a goodbye that no one takes.
#[test]
fn ctrl_c_ends_a_room_that_waits_for_a_client() {
    let (server, port, _) = server(&["--write", "1"]);
    let mut heard = 0;
    speaks_without_reading(port, |_| {
        heard += 1;
        if heard == 300 {
            server.interrupt();
        }
        true
    });
    assert!(heard >= 300);
    assert_eq!(server.ended().code, Some(0));
}

/// Breaks if the buffer for what is to be sent has no end, or if the one that reads leaves no
/// steps to the one that writes.
#[test]
fn pings_of_a_client_that_does_not_read_neither_fill_the_server_nor_stop_the_others() {
    let (server, port, before) = server(&["--write", "2"]);
    let mut flood = Peer::join_by(narrow(port), "flood");
    let (mut ann, mut bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    let flooding = thread::spawn(move || {
        let pings = frame(PING, &[b'p'; 125]).repeat(1000);
        for _ in 0..500 {
            flood.send(&pings); // 66 MB in all
        }
        flood
    });
    for number in 0..1000 {
        ann.send(&text(&number.to_string()));
        bob.hear_up_to(&format!("ann: {number}"));
    }
    let flood = flooding.join().unwrap();
    let now = server.held();
    assert!(before.zip(now).is_none_or(|(before, now)| now.memory < before.memory + 8 * 1024), "{now:?}");
    drop((flood, ann, bob));
    is_as_before(&server, port, before);
}

/// Breaks if each client that connects is accepted at once: the descriptors run out.
#[test]
fn five_hundred_clients_are_served_a_hundred_at_a_time() {
    let (server, port, before) = server(&["--connections", "100"]);
    let clients: Vec<_> = (0..500).map(|n| ask(port, format!("/room-{n}/client").as_bytes())).collect();
    for client in clients {
        let mut client = Peer::shake(client).unwrap();
        assert_eq!(client.hear().unwrap(), "* client is here");
        let now = server.held();
        assert!(before.zip(now).is_none_or(|(before, now)| now.descriptors <= before.descriptors + 100));
    }
    is_as_before(&server, port, before);
}

/// Breaks if a handshake has no limit.
#[test]
fn a_handshake_that_does_not_come_to_its_end_is_given_up() {
    let (server, port, before) = server(&["--handshake", "0.2", "--connections", "1"]);
    let mut client = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    client.write_all(b"GET /lobby/ann HTTP/1.1\r\nHost").unwrap();
    is_as_before(&server, port, before); // there is a place for one
    let _ = client.read_to_end(&mut Vec::new());
}

/// Breaks if a client that is gone without a goodbye stays, or one that only listens does not.
#[test]
fn a_client_that_answers_pings_stays_and_a_mute_one_is_told_why_it_does_not() {
    let (server, port, before) = server(&["--idle", "0.5"]);
    let (mut mute, mut listens) = (Peer::join(port, "mute"), Peer::join(port, "listens"));
    listens.hear_up_to("* mute has left");
    let mut later = Peer::join(port, "later");
    let said = thread::spawn(move || std::iter::repeat_with(|| mute.hear()).find_map(Result::err));
    assert_eq!(said.join().unwrap().unwrap(), "you sent nothing for too long");
    later.send(&text("still here?"));
    listens.hear_up_to("later: still here?");
    drop((listens, later));
    is_as_before(&server, port, before);
}

/// Breaks if a half-closed connection is kept, or if its last words are lost.
#[test]
fn a_client_that_closes_its_end_is_heard_and_has_left() {
    let (server, port, before) = server(&[]);
    let (mut ann, mut bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    ann.send(&text("goodnight"));
    ann.tcp.get_ref().shutdown(Shutdown::Write).unwrap();
    bob.hear_up_to("ann: goodnight");
    bob.hear_up_to("* ann has left");
    while ann.hear().is_ok() {}
    drop((ann, bob));
    is_as_before(&server, port, before);
}

/// Breaks if an error of a client's is answered by closing alone.
#[test]
fn a_client_that_sends_what_it_may_not_is_told_so() {
    let (server, port, before) = server(&[]);
    let wrong = [
        (text(&"x".repeat(17_000)), "a message has 16 KiB at most"),
        (text(&"x".repeat(60_000)).repeat(20), "a message has 16 KiB at most"),
        (frame(2, b"bytes"), "send text"),
        (frame(1, b"\xff"), "text is UTF-8"),
        (frame(7, b""), "that was not WebSocket"),
    ];
    for (bytes, why) in wrong {
        let mut client = Peer::join(port, "client");
        client.send(&bytes);
        assert_eq!(client.hear(), Err(why.to_owned()));
        drop(client);
        is_as_before(&server, port, before);
    }
}

/// Breaks if a name, or what is said, reaches the others' terminals as it is.
#[test]
fn control_characters_reach_no_other_client() {
    let (server, port, before) = server(&[]);
    let ask = |name: &str| Peer::shake(ask(port, format!("/lobby/{name}").as_bytes()));
    for name in ["a\u{9b}2J", "a\u{7f}", "a\u{1b}c"] {
        assert!(ask(name).is_err()); // no URL has these: the handshake is not even one
    }
    for name in ["a%1b", "*", "ann:", &"x".repeat(33), ""] {
        let refused = ask(name).unwrap_err();
        assert!(refused.starts_with("HTTP/1.1 400 ") && refused.contains("1 to 32 char"), "{refused}");
    }
    let (mut ann, mut bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    ann.send(&text("hi\nbob: I owe you\u{1b}[2J\u{9b}31m"));
    assert_eq!(bob.hear().unwrap(), "ann: hi bob: I owe you [2J 31m");
    drop((ann, bob));
    is_as_before(&server, port, before);
}
