//! `fetch_status` against servers that speak, or close, while nothing is asked of them.

use crate::hostile::{ANSWER, Hostile, behave, has_request, is_closed_by_client};
use crate::run::{Run, fetch_status};
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

const LATE: &[u8] = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
const STRAY: &[u8] = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";

/// Two connections, which two rounds have use for. On the first one `stray` happens after its
/// answer; the second one gets its answer, and the round its end, only after that.
fn with_stray(stray: impl Fn(&TcpStream) + Send + Sync + 'static) -> Run {
    let (happened, wait) = channel();
    let wait = Mutex::new(wait);
    let server = Hostile::start(move |number, mut stream| {
        if number < 2 && !has_request(stream) {
            return;
        }
        match number {
            0 => {
                stream.write_all(ANSWER).unwrap();
                // Most often the client has read its answer by then; it must be right either way.
                thread::sleep(Duration::from_millis(30));
                stray(stream);
                happened.send(()).unwrap();
                is_closed_by_client(stream);
            }
            1 => {
                wait.lock().unwrap().recv().unwrap();
                stream.write_all(ANSWER).unwrap();
                behave(stream);
            }
            _ => behave(stream),
        }
    });
    fetch_status(&[&server.url(), "--requests=2", "--rounds=2", "--sequential=1"])
}

fn assert_all_are_200(run: &Run, connections: u64) {
    let json = run.json();
    assert_eq!((run.status, &json["statuses"]), (Some(0), &serde_json::json!({ "200": 4 })), "{run:?}");
    assert_eq!(json["connections"], connections, "{run:?}");
}

/// Breaks if a kept connection is used without a check of what came on it meanwhile.
#[test]
fn a_late_408_is_not_the_next_answer() {
    let run = with_stray(|mut stream| {
        stream.write_all(LATE).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
    });
    assert_all_are_200(&run, 3);
}

/// Breaks if a kept connection is used without a check of what came on it meanwhile.
#[test]
fn an_answer_that_was_not_asked_for_is_not_the_next_one() {
    assert_all_are_200(&with_stray(|mut stream| stream.write_all(STRAY).unwrap()), 3);
}

/// Breaks if a byte that is no answer is taken for the beginning of the next one.
#[test]
fn a_stray_byte_spoils_no_answer() {
    assert_all_are_200(&with_stray(|mut stream| stream.write_all(b"\n").unwrap()), 3);
}

/// Breaks if the end of an idle connection is noticed only when its host is asked again: here
/// the other connection has no answer until the client has closed this one.
#[test]
fn an_idle_connection_that_has_ended_is_closed_while_the_client_waits_for_another() {
    let run = with_stray(|stream| {
        stream.shutdown(Shutdown::Write).unwrap();
        assert!(is_closed_by_client(stream), "the client keeps what has ended");
    });
    assert_all_are_200(&run, 3);
}

/// Breaks if bytes that come while the client rests leave the connection open.
#[test]
fn an_idle_connection_with_stray_bytes_is_closed_while_the_client_waits_for_another() {
    let run = with_stray(|mut stream| {
        stream.write_all(STRAY).unwrap();
        assert!(is_closed_by_client(stream), "the client keeps what is of no use");
    });
    assert_all_are_200(&run, 3);
}

/// Breaks if a 408 that crosses a request on a kept connection is taken for its answer.
#[test]
fn a_408_on_a_kept_connection_is_asked_again_on_a_new_one() {
    let server = Hostile::start(|number, mut stream| {
        let second = if number == 0 { LATE } else { ANSWER };
        for answer in [ANSWER, second] {
            if has_request(stream) {
                let _ = stream.write_all(answer);
            }
        }
    });
    let run = fetch_status(&[&server.url(), "--requests=1", "--rounds=2", "--sequential=1"]);
    let json = run.json();
    assert_eq!((&json["statuses"], &json["connections"]), (&serde_json::json!({ "200": 2 }), &2.into()));
}

/// Breaks if a 408 on a new connection is asked again, perhaps for ever.
#[test]
fn a_408_on_a_new_connection_is_an_answer() {
    let server = Hostile::start(|_, mut stream| {
        if has_request(stream) {
            let _ = stream.write_all(LATE);
        }
    });
    let run = fetch_status(&[&server.url(), "--requests=3", "--sequential=1"]);
    let json = run.json();
    assert_eq!((&json["statuses"], &json["connections"]), (&serde_json::json!({ "408": 3 }), &3.into()));
}
