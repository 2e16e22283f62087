//! What `accept` does about an error of the system's, which strace puts in the place of the
//! real answer.
//!
//! Without strace, or where it may not trace, the tests say so and pass.

#![cfg(target_os = "linux")]

mod common;

use common::paused;
use common::strace::{can_trace, traced};
use shirr::net::TcpListener;
use shirr::time;
use std::env;
use std::net;
use std::time::Duration;

/// Set in the process that is traced.
const TRACED: &str = "SHIRR_TEST_ACCEPT";

const MS: Duration = Duration::from_millis(1);

/// Accepts one of two connections that wait, on a paused clock: it moves by how long
/// `accept` rests. Returns that, or the error's number.
fn accept() -> Result<Duration, Option<i32>> {
    paused(async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let _clients = [(); 2].map(|()| net::TcpStream::connect(addr).unwrap());
        let began = time::now();
        listener.accept().await.map_err(|error| error.raw_os_error())?;
        Ok(time::now() - began)
    })
}

/// Runs the test `name` once more for each of the errors, as the answer to the system calls
/// that `what` says, and there has it `check`ed what `accept` does.
fn with_errors(name: &str, what: &str, errors: &[&str], check: impl FnOnce(Result<Duration, Option<i32>>)) {
    if env::var_os(TRACED).is_some() {
        return check(accept());
    }
    let all = if can_trace() { errors } else { &[] };
    for error in all {
        let inject = format!("inject={}", what.replace("ERROR", error));
        let trace = format!("trace={}", what.split(':').next().unwrap());
        let said = traced(name, (TRACED, error), &["--follow-forks", "-e", &trace, "-e", &inject]);
        assert!(said.contains("(INJECTED)"), "the system call was not made: {said}");
    }
}

// An error that is left out of its list breaks each of these.

#[test]
fn accept_goes_on_at_once_after_an_error_of_one_connection() {
    let errors = [
        "ECONNABORTED",
        "ECONNRESET",
        "ENOTCONN",
        "EPROTO",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
        "ENETUNREACH",
        "ENETDOWN",
        "EPERM",
        "EACCES",
        "ETIMEDOUT",
        "EPROTONOSUPPORT",
        "ESOCKTNOSUPPORT",
    ];
    let name = "accept_goes_on_at_once_after_an_error_of_one_connection";
    with_errors(name, "accept4:error=ERROR:when=1", &errors, |rested| assert_eq!(rested, Ok(Duration::ZERO)));
}

#[test]
fn accept_rests_while_the_system_is_short_of_something_and_goes_on() {
    let errors = ["EMFILE", "ENFILE", "ENOBUFS", "ENOMEM", "ENOSR"];
    let name = "accept_rests_while_the_system_is_short_of_something_and_goes_on";
    with_errors(name, "accept4:error=ERROR:when=1..3", &errors, |rested| {
        assert_eq!(rested, Ok((5 + 10 + 20) * MS));
    });
}

#[test]
#[cfg(not(mio_unsupported_force_poll_poll))]
fn accept_rests_and_goes_on_when_a_new_connection_cannot_be_watched() {
    let name = "accept_rests_and_goes_on_when_a_new_connection_cannot_be_watched";
    // The bell is the first that is watched, then the alarm of precise timers, then the listener.
    let what = if cfg!(feature = "precise-timers") {
        "epoll_ctl:error=ERROR:when=4"
    } else {
        "epoll_ctl:error=ERROR:when=3"
    };
    with_errors(name, what, &["ENOSPC", "ENOMEM"], |rested| {
        assert_eq!(rested, Ok(5 * MS));
    });
}

#[test]
fn accept_rests_now_and_then_when_errors_of_connections_do_not_end() {
    let name = "accept_rests_now_and_then_when_errors_of_connections_do_not_end";
    with_errors(name, "accept4:error=ERROR:when=1..300", &["EPERM"], |rested| {
        assert_eq!(rested, Ok((5 + 10) * MS)); // after every 128, twice as long each time
    });
}

#[test]
fn accept_returns_an_error_of_the_listener() {
    let name = "accept_returns_an_error_of_the_listener";
    with_errors(name, "accept4:error=ERROR:when=1", &["EINVAL", "EBADF", "ENOTSOCK"], |rested| {
        let numbers = [libc::EINVAL, libc::EBADF, libc::ENOTSOCK].map(Some);
        assert!(rested.is_err_and(|number| numbers.contains(&number)), "{rested:?}");
    });
}

/// Breaks if the queue for connections that wait is the one that mio or `std` gives.
#[cfg(feature = "socket2")]
#[test]
#[allow(unsafe_code, reason = "std does not ask for it")]
fn a_listener_has_room_for_as_many_connections_as_the_system_allows_up_to_4096() {
    use std::os::fd::AsRawFd;

    let listener = paused(async || TcpListener::bind("127.0.0.1:0").await.unwrap().into_std().unwrap());
    // SAFETY: plain numbers, for which zeros will do.
    let mut info: libc::tcp_info = unsafe { std::mem::zeroed() };
    let (place, mut size) = ((&raw mut info).cast(), size_of::<libc::tcp_info>() as libc::socklen_t);
    // SAFETY: there is room for as many bytes at that place.
    let answer = unsafe {
        libc::getsockopt(listener.as_raw_fd(), libc::IPPROTO_TCP, libc::TCP_INFO, place, &mut size)
    };
    let most: u32 = std::fs::read_to_string("/proc/sys/net/core/somaxconn").unwrap().trim().parse().unwrap();
    // Of a listener, this field is the length of its queue.
    assert_eq!((answer, info.tcpi_sacked), (0, most.min(4096)));
}
