//! Nine thousand connections held open by one runtime, both ends of each: do they all answer,
//! and what does an idle one take of the memory?
//!
//! ```sh
//! cargo run --release -p versus --bin connections
//! ```
//!
//! Each runtime has a process of its own. A connection is two sockets, and a task that waits
//! for the next message at the server's end; the client's end lies in a `Vec`. All are made,
//! all ask once and are answered, and then, with nothing under way, two things are counted:
//! what was asked of the allocator, and by how much the process has grown. What the kernel
//! keeps for its sockets is in neither. Then all ask again, in another order. The program
//! fails if an idle connection takes more of shirr than of tokio.

use rlimit::Resource;
use std::process::{Command, ExitCode};

const CONNECTIONS: usize = 9_000;

/// Two for each connection, and some for the runtime and the program.
const DESCRIPTORS: u64 = 2 * CONNECTIONS as u64 + 100;

/// Of a message, and of the buffer in each server's task.
const BYTES: usize = 64;

fn main() -> ExitCode {
    if cfg!(not(target_os = "linux")) {
        eprintln!("how much a process has grown is read on Linux only");
        return ExitCode::FAILURE;
    }
    match std::env::args().nth(1).as_deref() {
        Some("shirr") => return report(shirr::block_on(hold_shirr())),
        Some("tokio") => return report(tokio().block_on(hold_tokio())),
        _ => {}
    }
    let limit = rlimit::increase_nofile_limit(DESCRIPTORS).unwrap_or(0);
    if limit < DESCRIPTORS {
        let hard = Resource::NOFILE.get_hard().unwrap_or(0);
        eprintln!("{DESCRIPTORS} descriptors are needed, this process may have {hard} (ulimit -Hn)");
        return ExitCode::FAILURE;
    }
    let [shirr, tokio] = ["shirr", "tokio"].map(in_its_own_process);
    println!("| an idle connection, both ends and a task, of {CONNECTIONS} | shirr | tokio | ratio |");
    println!("|---|---|---|---|");
    let mut kept = true;
    for (at, what) in ["bytes asked of the allocator", "bytes that the process grows by"].iter().enumerate() {
        println!("| {what} | {:.0} | {:.0} | {:.2} |", shirr[at], tokio[at], shirr[at] / tokio[at]);
        kept &= shirr[at] < tokio[at];
    }
    println!("\nEvery connection answered twice.");
    if kept { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What this program says of one side. Its limit is this one's.
fn in_its_own_process(side: &str) -> [f64; 2] {
    let this = std::env::current_exe().expect("a running program has a file");
    let output = Command::new(this).arg(side).output().expect("this program can be started");
    let said = String::from_utf8_lossy(&output.stdout);
    let figures: Vec<f64> = said.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let failed = || panic!("{side}: {said}{}", String::from_utf8_lossy(&output.stderr));
    figures.try_into().unwrap_or_else(|_| failed())
}

fn report([asked, grown]: [f64; 2]) -> ExitCode {
    println!("{asked} {grown}");
    ExitCode::SUCCESS
}

/// What one connection has cost since `before`, which was the size of the process.
fn each(before: f64) -> [f64; 2] {
    let asked = memory::stop_counting() as f64;
    [asked, resident_bytes() - before].map(|bytes| bytes / CONNECTIONS as f64)
}

/// How much of this process is in memory.
fn resident_bytes() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells it");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux tells it");
    1024.0 * line.trim().trim_end_matches(" kB").parse::<f64>().expect("it is a number")
}

/// All connections once, in an order that is not that of their making.
fn in_some_order(step: usize) -> impl Iterator<Item = usize> {
    (0..CONNECTIONS).map(move |number| number * step % CONNECTIONS)
}

fn message(number: usize) -> [u8; BYTES] {
    std::array::from_fn(|at| (number >> (at % 2 * 8)) as u8)
}

async fn hold_shirr() -> [f64; 2] {
    let listener = shirr::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| None).collect();
    let before = resident_bytes();
    memory::start_counting();
    for client in &mut clients {
        *client = Some(shirr::net::TcpStream::connect(addr).await.unwrap());
        let (server, _) = listener.accept().await.unwrap();
        drop(shirr::spawn(serve_shirr(server)));
    }
    for number in in_some_order(1) {
        ask_shirr(clients[number].as_ref().unwrap(), number).await;
    }
    let figures = each(before);
    assert_eq!(shirr::metrics().sources, 2 * CONNECTIONS + 1);
    for number in in_some_order(7_919) {
        ask_shirr(clients[number].as_ref().unwrap(), number + 1).await;
    }
    figures
}

async fn hold_tokio() -> [f64; 2] {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let mut clients: Vec<_> = (0..CONNECTIONS).map(|_| None).collect();
    let before = resident_bytes();
    memory::start_counting();
    for client in &mut clients {
        *client = Some(tokio::net::TcpStream::connect(addr).await.unwrap());
        let (server, _) = listener.accept().await.unwrap();
        drop(tokio::spawn(serve_tokio(server)));
    }
    for number in in_some_order(1) {
        ask_tokio(clients[number].as_mut().unwrap(), number).await;
    }
    let figures = each(before);
    for number in in_some_order(7_919) {
        ask_tokio(clients[number].as_mut().unwrap(), number + 1).await;
    }
    figures
}

async fn serve_shirr(stream: shirr::net::TcpStream) {
    let mut buffer = [0; BYTES];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.unwrap();
    }
}

async fn serve_tokio(mut stream: tokio::net::TcpStream) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut buffer = [0; BYTES];
    while stream.read_exact(&mut buffer).await.is_ok() {
        stream.write_all(&buffer).await.unwrap();
    }
}

async fn ask_shirr(stream: &shirr::net::TcpStream, number: usize) {
    let mut answer = [0; BYTES];
    stream.write_all(&message(number)).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, message(number));
}

async fn ask_tokio(stream: &mut tokio::net::TcpStream, number: usize) {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut answer = [0; BYTES];
    stream.write_all(&message(number)).await.unwrap();
    stream.read_exact(&mut answer).await.unwrap();
    assert_eq!(answer, message(number));
}

fn tokio() -> tokio::runtime::Runtime {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.expect("the system has descriptors left for a runtime")
}
