//! `quic`, whose two ends are each other's counterpart.

use crate::common::{Program, run, text, wait_until};

const QUIC: &str = env!("CARGO_BIN_EXE_quic");

/// The second line of what it says, up to the time.
fn said(args: &[&str]) -> String {
    let output = run(QUIC, args);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), stderr), (Some(0), ""), "{stdout}");
    let line = stdout.lines().nth(1).unwrap_or_default();
    line.rsplit_once(": ").map_or(line, |(said, _)| said).to_owned()
}

/// Breaks if a datagram that is lost or late were not made good, or streams were mixed up.
#[test]
fn what_twenty_streams_send_at_once_comes_back_as_it_was_sent() {
    assert_eq!(said(&[]), "20 streams, 100000 bytes each, all came back as sent");
}

/// Breaks if a wait for room to send, or for the window of a stream, were never ended.
#[test]
fn many_streams_and_much_on_one_come_to_an_end_as_well() {
    let many = said(&["--streams=300", "--bytes=1000"]);
    assert_eq!(many, "300 streams, 1000 bytes each, all came back as sent");
    let much = said(&["--streams=1", "--bytes=5000000"]);
    assert_eq!(much, "1 streams, 5000000 bytes each, all came back as sent");
    assert_eq!(said(&["--streams=2", "--bytes=0"]), "2 streams, 0 bytes each, all came back as sent");
}

/// Breaks if quinn, or what it was given for a runtime, started a thread.
#[cfg(target_os = "linux")]
#[test]
fn it_has_one_thread_while_it_is_at_work() {
    let program = Program::start(QUIC, &["--streams=100"]);
    program.line(); // it is connected
    let mut seen = 0;
    wait_until("it does not come to its end", || {
        assert_eq!(program.threads(), Some(1));
        seen += 1;
        program.has_said_a_line()
    });
    assert!(seen > 1);
    assert_eq!(program.ended().code, Some(0));
}
