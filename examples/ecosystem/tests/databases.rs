//! `postgres` and `redis` against servers of their own: an answer to each question, all of them
//! sent before the first answer comes.

#![cfg(unix)]

mod common;
mod database;

use common::text;
use database::Server;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

/// How many questions have passed.
type Passed = Arc<(Mutex<usize>, Condvar)>;

/// A way to a server on which no answer to a question comes back until `questions` have passed,
/// each of which has `mark` in it. Returns its port. It serves one client.
fn way(server: PathBuf, mark: &'static str, questions: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let (mut client, mut server) = (listener.accept().unwrap().0, UnixStream::connect(server).unwrap());
        let (mut to_client, mut from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let passed = Passed::default();
        let seen = Arc::clone(&passed);
        thread::spawn(move || {
            let mut buf = vec![0; 1 << 16];
            while let Ok(n @ 1..) = from_server.read(&mut buf) {
                let enough = |count: &mut usize| (1..questions).contains(count);
                drop(seen.1.wait_while(seen.0.lock().unwrap(), enough).unwrap());
                let _ = to_client.write_all(&buf[..n]);
            }
        });
        let (mut buf, mut before) = (vec![0; 1 << 16], Vec::new());
        while let Ok(n @ 1..) = client.read(&mut buf) {
            server.write_all(&buf[..n]).unwrap();
            before.extend_from_slice(&buf[..n]);
            let count = before.windows(mark.len()).filter(|part| *part == mark.as_bytes()).count();
            before.drain(..before.len().saturating_sub(mark.len() - 1)); // half a mark may be at the end
            *passed.0.lock().unwrap() += count;
            passed.1.notify_all();
        }
        let _ = server.shutdown(Shutdown::Both);
    });
    port
}

fn lines(program: &str, args: &[&str]) -> Vec<String> {
    let output = common::run(program, args);
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout).lines().map(str::to_owned).collect()
}

/// Breaks if a query waits for the answer to another, if answers are mixed up, or if one that
/// fails takes others with it.
#[test]
fn postgres_has_all_queries_of_a_gather_before_the_first_answer() {
    let Some(server) = Server::postgres() else { return };
    let port = way(server.folder().join(".s.PGSQL.5432"), "number ", 500);
    let address = format!("host=127.0.0.1 port={port} user=me dbname=postgres");
    let program = env!("CARGO_BIN_EXE_postgres");
    let said = lines(program, &[&address, "--queries=500"]);
    assert!(said[0].starts_with("500 queries at once on one connection: "), "{said:?}");
    let sum = (1..=500).filter(|number| *number != 7).map(|number| number * number).sum::<i64>();
    assert_eq!(said[1..], [format!("sum: {sum}"), "query 7 failed: division by zero".to_owned()]);

    // By the Unix socket, and without a gather, the same.
    let address = format!("host={} user=me dbname=postgres", server.folder().display());
    let again = lines(program, &[&address, "--queries=500", "--one-by-one"]);
    assert!(again[0].starts_with("500 queries one after another: "), "{again:?}");
    assert_eq!(again[1..], said[1..]);

    let output = common::run(program, [&format!("{address} user=other")]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("role \"other\" does not exist"), "{output:?}");
    server.stop();
}

/// The same for Redis.
#[test]
fn redis_has_all_commands_of_a_gather_before_the_first_answer() {
    let Some(server) = Server::redis() else { return };
    let port = way(server.folder().join("redis.sock"), "INCRBY", 500);
    let program = env!("CARGO_BIN_EXE_redis");
    let said = lines(program, &[&format!("redis://127.0.0.1:{port}/"), "--commands=500"]);
    assert!(said[0].starts_with("500 commands at once on one connection: "), "{said:?}");
    let sum = (1..=500).sum::<i64>() - 7;
    assert_eq!(said[1], format!("sum: {sum}, in order"));
    assert!(said[2].starts_with("command 7 failed: ") && said.len() == 3, "{said:?}");

    let address = format!("redis+unix://{}", server.folder().join("redis.sock").display());
    let again = lines(program, &[&address, "--commands=500", "--one-by-one"]);
    assert!(again[0].starts_with("500 commands one after another: "), "{again:?}");
    assert_eq!(again[1..], said[1..]);
    server.stop();
}

/// Breaks if a server that is not there, or that says nothing, is waited for without an end.
#[test]
fn both_say_what_is_wrong_with_the_server() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let programs = [(env!("CARGO_BIN_EXE_postgres"), "postgres"), (env!("CARGO_BIN_EXE_redis"), "redis")];
    for (program, scheme) in programs {
        let output = common::run(program, [&format!("{scheme}://me@127.0.0.1:{port}/0"), "--limit=0.2"]);
        assert_eq!(text(&output.stderr), format!("{scheme}: not done after 200ms\n"));
        let output = common::run(program, [&format!("{scheme}://me@127.0.0.1:1/0")]);
        assert!(text(&output.stderr).starts_with(&format!("{scheme}: ")), "{output:?}");
        assert!(text(&output.stderr).contains("refused"), "{output:?}");
        assert_eq!(output.status.code(), Some(1));
    }
}
