//! `chat` against clients that flood, stop and trickle: the others hear every line, the next
//! client is served, and the server keeps nothing.

#![cfg(unix)]

mod common;
mod peer;

use common::Program;
use peer::{PING, PONG, Peer, frame, is_as_before, narrow, server, text};
use std::io::Write;
use std::net::Shutdown;
use std::thread;
use std::time::{Duration, Instant};

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
        let start = Instant::now();
        assert!(ann.send(&long));
        while !ann.hear().unwrap().starts_with("ann: x") {}
        assert!(start.elapsed() < Duration::from_secs(20)); // a second, on a machine with time
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
        if heard == 60 {
            server.interrupt();
        }
        true
    });
    assert!(heard >= 60);
    assert_eq!(server.ended().code, Some(0));
}

/// Breaks if the one that reads is polled before the one that writes, and leaves no steps of the
/// budget to it: then this client is taken for one that does not read.
#[test]
fn a_client_that_pings_without_a_rest_and_reads_stays() {
    let (server, port, before) = server(&["--write", "1"]);
    let mut busy = Peer::join(port, "busy");
    let mut pings = busy.tcp.get_ref().try_clone().unwrap();
    let flooding = thread::spawn(move || while pings.write_all(&frame(PING, b"").repeat(1000)).is_ok() {});
    let mut ann = Peer::join(port, "ann");
    for number in 0..2000 {
        ann.send(&text(&number.to_string()));
        busy.hear_up_to(&format!("ann: {number}"));
    }
    busy.tcp.get_ref().shutdown(Shutdown::Both).unwrap();
    flooding.join().unwrap();
    drop((ann, busy));
    is_as_before(&server, port, before);
}

/// Breaks if pongs that wait are no room for a line: the client is out at once then, and has none
/// of its time.
#[test]
fn a_client_that_reads_only_after_a_flood_of_pings_stays() {
    let (server, port, before) = server(&["--write", "60"]);
    let (mut busy, mut ann) = (Peer::join_by(narrow(port), "busy"), Peer::join(port, "ann"));
    let longer = "x".repeat(200); // than the rest of the buffer, into which no pong went
    assert!(busy.send(&[frame(PING, &[b'p'; 125]).repeat(20_000), text(&longer)].concat())); // 2.6 MB
    ann.hear_up_to(&format!("busy: {longer}"));
    ann.send(&text(&longer));
    ann.hear_up_to(&format!("ann: {longer}"));
    busy.hear_up_to(&format!("ann: {longer}"));
    drop((ann, busy));
    is_as_before(&server, port, before);
}

/// Breaks if the loop over the messages of a segment, which are there all at once, counts no
/// steps: then all of them have their turn before the next client's first.
#[cfg(target_os = "linux")]
#[test]
fn eight_thousand_messages_that_came_first_do_not_stop_one_that_came_next() {
    let (server, port, before) = server(&[]);
    let (mut ann, mut busy) = (Peer::join(port, "ann"), Peer::join(port, "busy"));
    ann.hear_up_to("* busy is here");
    server.is_stopped_during(|| {
        busy.send(&[frame(PONG, b"").repeat(8000), text("last")].concat()); // pongs have no answer
        ann.send(&text("first"));
    });
    assert_eq!(ann.hear().unwrap(), "ann: first");
    assert_eq!(ann.hear().unwrap(), "busy: last");
    drop((ann, busy));
    is_as_before(&server, port, before);
}

/// Breaks if the buffer for what is to be sent has no end.
#[test]
fn pings_of_a_client_that_does_not_read_neither_fill_the_server_nor_stop_the_others() {
    let (server, port, before) = server(&["--write", "2"]);
    let mut flood = Peer::join_by(narrow(port), "flood");
    let (mut ann, mut bob) = (Peer::join(port, "ann"), Peer::join(port, "bob"));
    let flooding = thread::spawn(move || {
        let pings = frame(PING, &[b'p'; 125]).repeat(1000);
        // 66 MB in all, unless the server ends it before.
        let _ = (0..500).all(|_| flood.send(&pings));
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
