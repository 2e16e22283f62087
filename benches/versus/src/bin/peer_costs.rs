//! What a peer costs the servers of the examples: the table of SECURITY.md.
//!
//! ```sh
//! cargo build --release --example fetch_status
//! cargo build --release -p ecosystem --bins
//! cargo run --release -p versus --bin peer_costs
//! ```
//!
//! Each server is started, and [`PEERS`] connections are brought into one state. What its
//! resident memory and its descriptors have grown by, divided by their number, is what one costs;
//! sockets' buffers are the kernel's, and not in it. Only Linux tells.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// How many connections there are at the same time.
const PEERS: usize = 1_000;

/// How many are there first, so that what is paid once is not counted.
const FIRST: usize = 100;

/// A state, with what a peer sends to be in it, and what a server must have for it.
type State = (&'static str, fn(&str) -> Vec<u8>);

const STATES: [State; 3] = [("idle", idle), ("slow head", slow), ("unread answers", unread)];

/// The servers, by their files below the folder of this program.
const SERVERS: [(&str, &str, &[&str]); 4] = [
    ("`fetch_status --serve`", "examples/fetch_status", &["--serve", "--delay-ms=0", "--patience-ms=600000"]),
    ("`http_server`", "http_server", &["--listen=127.0.0.1:0", "--connections=2500", "--write=600"]),
    ("`chat`", "chat", &["--listen=127.0.0.1:0", "--connections=2500", "--write=600"]),
    ("`echo_server`", "echo_server", &["--listen=127.0.0.1:0", "--connections=2500", "--write=600"]),
];

fn idle(_: &str) -> Vec<u8> {
    Vec::new()
}

/// A head that has nearly the length that is still taken, without its end.
fn slow(server: &str) -> Vec<u8> {
    let head = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "x".repeat(7_000));
    if server.contains("echo") { Vec::new() } else { head.into_bytes() }
}

/// Far more requests than a socket takes answers of.
fn unread(server: &str) -> Vec<u8> {
    match server {
        "`echo_server`" => vec![b'x'; 8 << 20],
        "`chat`" => Vec::new(),
        _ => b"GET / HTTP/1.1\r\nHost: a\r\n\r\n".repeat(200_000),
    }
}

struct Server {
    child: Child,
    addr: SocketAddr,
}

impl Server {
    fn start(file: &Path, args: &[&str]) -> io::Result<Self> {
        let mut command = Command::new(file);
        let mut child =
            command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let mut line = String::new();
        let output = child.stdout.as_mut().expect("it is piped");
        BufReader::new(output).read_line(&mut line)?;
        let found =
            line.split(|c: char| c.is_whitespace() || "/,".contains(c)).find_map(|word| word.parse().ok());
        let addr = found.ok_or_else(|| io::Error::other(format!("no address in {line:?}")))?;
        Ok(Self { child, addr })
    }

    /// Resident bytes, and descriptors.
    fn held(&self) -> io::Result<(usize, usize)> {
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let status = fs::read_to_string(folder.join("status"))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes: usize = line.trim().trim_end_matches(" kB").parse().map_err(io::Error::other)?;
        Ok((kilobytes * 1024, fs::read_dir(folder.join("fd"))?.count()))
    }

    /// What it holds when that has not changed for a while.
    fn settled(&self) -> io::Result<(usize, usize)> {
        let (begin, mut before) = (Instant::now(), self.held()?);
        loop {
            thread::sleep(Duration::from_millis(700));
            let now = self.held()?;
            if now == before || begin.elapsed() > Duration::from_secs(8) {
                return Ok(now);
            }
            before = now;
        }
    }

    fn connect(&self, count: usize, sent: &[u8]) -> io::Result<Vec<TcpStream>> {
        (0..count).map(|_| self.connect_one(sent)).collect()
    }

    /// Sends as much as the system takes at once, and does not read.
    fn connect_one(&self, sent: &[u8]) -> io::Result<TcpStream> {
        let mut stream = TcpStream::connect(self.addr)?;
        stream.set_write_timeout(Some(Duration::from_millis(2)))?;
        let mut left = sent;
        while !left.is_empty() {
            match stream.write(left) {
                Ok(n) => left = &left[n..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        stream.set_nonblocking(true)?;
        Ok(stream)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn main() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    rlimit::increase_nofile_limit(u64::MAX)?;
    let folder = env::current_exe()?.parent().expect("a file is in a folder").to_owned();
    println!("| server | {} |\n|---|---|---|---|", STATES.map(|(name, _)| name).join(" | "));
    for (name, file, args) in SERVERS {
        let mut row = Vec::new();
        for (state, sent) in STATES {
            let sent = sent(name);
            let is_meant = state == "idle" || !sent.is_empty();
            row.push(if is_meant { cost(&folder.join(file), args, &sent)? } else { "–".to_owned() });
        }
        println!("| {name} | {} |", row.join(" | "));
    }
    Ok(())
}

fn cost(file: &Path, args: &[&str], sent: &[u8]) -> io::Result<String> {
    let server = Server::start(file, args)?;
    let first = server.connect(FIRST, sent)?;
    let before = server.settled()?;
    let streams = server.connect(PEERS, sent)?;
    let after = server.settled()?;
    // A server that has refused or dropped one would make it cheap.
    let open = streams.iter().filter(|stream| is_open(stream)).count();
    drop(first);
    let bytes = after.0.saturating_sub(before.0) / PEERS;
    let descriptors = (after.1 - before.1) as f64 / PEERS as f64;
    let all = if open == PEERS { String::new() } else { format!(", {open} of {PEERS} open") };
    Ok(format!("{bytes} bytes, {descriptors:.2} descriptors{all}"))
}

/// Whether the server has not closed it: what it has sent may be there to be read.
fn is_open(mut stream: &TcpStream) -> bool {
    match stream.read(&mut [0; 64]) {
        Ok(n) => n > 0,
        Err(error) => error.kind() == io::ErrorKind::WouldBlock,
    }
}
