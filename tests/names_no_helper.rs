//! What needs a helper thread when none can be started. Processes of their own, for their
//! memory is limited.

#![cfg(target_os = "linux")]

mod support;

use rlimit::Resource;
use shirr::net::{TcpStream, lookup_host};
use shirr::unblock;
use std::error::Error;
use std::{fs, io};
use support::{poll_once, run_alone};

/// How many bytes this process has mapped.
fn mapped() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

/// Awaits `future` while there is less memory left than the stack of a thread takes.
async fn starved<F: Future>(future: F) -> F::Output {
    let (soft, hard) = Resource::AS.get().unwrap();
    Resource::AS.set(mapped() + 512 * 1024, hard).unwrap();
    let output = future.await;
    Resource::AS.set(soft, hard).unwrap();
    output
}

#[test]
fn a_name_that_no_helper_can_look_up_is_an_error_and_a_later_one_is_looked_up() {
    run_alone("a_name_that_no_helper_can_look_up_is_an_error_and_a_later_one_is_looked_up", async || {
        let look_up = starved(lookup_host("localhost:80")).await;
        let connect = starved(TcpStream::connect("localhost:80")).await;
        for error in [look_up.unwrap_err(), connect.unwrap_err()] {
            let text = error.to_string();
            assert!(
                text.starts_with("cannot resolve \"localhost\": no helper thread could be started: "),
                "{text}"
            );
        }
        assert!(lookup_host("localhost:80").await.is_ok());
    });
}

/// A panic instead would end the task that awaits it, and a closure noted as handed over
/// would be waited for without end.
#[test]
fn a_closure_that_no_helper_can_run_is_an_error_and_runs_when_awaited_again() {
    run_alone("a_closure_that_no_helper_can_run_is_an_error_and_runs_when_awaited_again", async || {
        let mut work = unblock(|| 6 * 7);
        let error = starved(&mut work).await.unwrap_err();
        assert!(error.is_cancelled() && !error.is_panic());
        assert_eq!(error.to_string(), "no helper thread could be started");
        let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
        assert_eq!(cause.map(io::Error::kind), Some(io::ErrorKind::WouldBlock), "{error:?}");
        assert_eq!(work.await.unwrap(), 42);
    });
}

#[test]
fn a_closure_first_polled_without_a_runtime_runs_when_awaited_in_one() {
    let mut work = unblock(|| 6 * 7);
    assert!(support::panic_of(|| poll_once(&mut work)).contains("no shirr runtime"));
    support::run(async || assert_eq!(work.await.unwrap(), 42));
}
