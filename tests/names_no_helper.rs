//! A name when no thread can be started. A process of its own, for its memory is limited.

#![cfg(target_os = "linux")]

mod common;

use common::run;
use rlimit::Resource;
use shirr::net::{TcpStream, lookup_host};
use std::fs;

/// How many bytes this process has mapped.
fn mapped() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

#[test]
fn a_name_that_no_helper_can_look_up_is_an_error_and_a_later_one_is_looked_up() {
    run(async || {
        let (soft, hard) = Resource::AS.get().unwrap();
        // Less than the stack of a thread.
        Resource::AS.set(mapped() + 512 * 1024, hard).unwrap();
        let look_up = lookup_host("localhost:80").await;
        let connect = TcpStream::connect("localhost:80").await;
        Resource::AS.set(soft, hard).unwrap();
        for error in [look_up.unwrap_err(), connect.unwrap_err()] {
            let text = error.to_string();
            assert!(text.starts_with("cannot resolve \"localhost\": no helper thread starts: "), "{text}");
        }
        assert!(lookup_host("localhost:80").await.is_ok());
    });
}
