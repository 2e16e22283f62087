//! An address literal needs no helper thread. A process of its own, for its threads are counted.

#![cfg(target_os = "linux")]

use shirr::net::{TcpListener, TcpStream, lookup_host};
use std::fs;

/// The names of this process's threads that help a runtime.
fn helpers() -> Vec<String> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap_or_default();
    let names = tasks.map(|task| name(task.unwrap()).trim().to_owned());
    names.filter(|name| name.starts_with("shirr-helper")).collect()
}

#[test]
fn an_address_needs_no_thread_and_a_name_needs_one() {
    shirr::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(TcpStream::connect(("127.0.0.1", port)).await.unwrap());
        drop(TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap());
        lookup_host("[::1]:80").await.unwrap();
        assert_eq!(helpers(), [""; 0]);
        lookup_host("localhost:80").await.unwrap();
        assert_eq!(helpers(), ["shirr-helper-0"]);
    });
}
