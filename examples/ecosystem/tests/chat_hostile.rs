//! `chat` against clients that are many, say nothing, and say what they should not: each is told
//! why, the next client is served, and the server keeps nothing.

#![cfg(unix)]

mod common;
mod peer;

use peer::{Peer, ask, frame, is_as_before, server, text};
use std::io::{Read, Write};
use std::net::Shutdown;
use std::thread;

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
    let (server, port, before) = server(&["--idle", "2"]);
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
