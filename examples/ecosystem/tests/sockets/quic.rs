//! `quic`, whose two ends are each other's counterpart.

use crate::common::{Program, wait_until};

const QUIC: &str = env!("CARGO_BIN_EXE_quic");

/// What it says of its streams, up to the time, and how many packets it lost.
fn said(args: &[&str]) -> (String, u32) {
    let ended = Program::start(QUIC, args).ended();
    assert_eq!((ended.code, &*ended.stderr), (Some(0), ""));
    let [_, streams, lost] = &ended.lines[..] else { panic!("{:?}", ended.lines) };
    let (streams, _) = streams.rsplit_once(": ").unwrap();
    let (_, lost) = lost.rsplit_once(": ").unwrap();
    (streams.to_owned(), lost.parse().unwrap())
}

/// Breaks if streams were mixed up, or a byte on one were lost.
#[test]
fn what_twenty_streams_send_at_once_comes_back_as_it_was_sent() {
    assert_eq!(said(&[]).0, "20 streams, 100000 bytes each, all came back as sent");
}

/// Breaks if a wait for the window of a stream were never ended.
#[test]
fn many_streams_and_much_on_one_come_to_an_end_as_well() {
    let (many, _) = said(&["--streams=300", "--bytes=1000"]);
    assert_eq!(many, "300 streams, 1000 bytes each, all came back as sent");
    let (much, _) = said(&["--streams=1", "--bytes=5000000"]);
    assert_eq!(much, "1 streams, 5000000 bytes each, all came back as sent");
    assert_eq!(said(&["--streams=2", "--bytes=0"]).0, "2 streams, 0 bytes each, all came back as sent");
}

/// Breaks if quinn's timer never came, by which it knows that a packet is lost.
#[test]
fn what_finds_no_room_is_sent_again() {
    let (streams, lost) = said(&["--buffer=4096"]);
    assert_eq!(streams, "20 streams, 100000 bytes each, all came back as sent");
    assert!(lost > 0);
}

/// Breaks if quinn, or what it was given for a runtime, started a thread.
#[cfg(target_os = "linux")]
#[test]
fn it_has_one_thread_while_it_is_at_work() {
    let program = Program::start(QUIC, &["--streams=100"]);
    program.line(); // it is connected
    let mut seen = 0;
    wait_until("it does not come to its end", || {
        assert_eq!(program.threads().len(), 1);
        seen += 1;
        program.has_said_a_line()
    });
    assert!(seen > 1);
    assert_eq!(program.ended().code, Some(0));
}
