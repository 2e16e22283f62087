//! Programs run as they are meant to be, their counterparts beside them, and limits on all of
//! it, so that a test ends also when what it tests does not.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use std::{env, fs};

/// After this a program that says nothing is taken to hang.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// A program that runs beside the test, and is killed with it.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    lines: Receiver<String>,
    stderr: Arc<Mutex<Vec<u8>>>,
    hears: Option<JoinHandle<()>>,
}

/// What a program holds: open descriptors, and memory in KiB.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) descriptors: usize,
    pub(crate) memory: usize,
}

/// Allocators keep some memory for the next time.
const MARGIN: usize = 8 * 1024;

/// How a program ended: its exit code, what was left of its stdout, and its stderr.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) lines: Vec<String>,
    pub(crate) stderr: String,
}

impl Program {
    pub(crate) fn start(program: &str, args: &[&str]) -> Self {
        Self::spawn(Command::new(program).args(args))
    }

    pub(crate) fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines() {
                if sender.send(line.unwrap()).is_err() {
                    break;
                }
            }
        });
        let heard = Arc::new(Mutex::new(Vec::new()));
        let text = Arc::clone(&heard);
        let hears = thread::spawn(move || {
            let mut buf = [0; 4096];
            while let Ok(n @ 1..) = stderr.read(&mut buf) {
                text.lock().unwrap().extend(&buf[..n]);
            }
        });
        Self { child, lines, stderr: heard, hears: Some(hears) }
    }

    /// The next line of its stdout.
    pub(crate) fn line(&self) -> String {
        self.lines.recv_timeout(LIMIT).expect("the program says nothing")
    }

    /// Whether there is a next line; takes it.
    pub(crate) fn has_said_a_line(&self) -> bool {
        self.lines.try_recv().is_ok()
    }

    /// What it has said on stderr so far.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    /// The port in its next line, which ends with it or goes on with a slash or a comma.
    pub(crate) fn port(&self) -> u16 {
        let line = self.line();
        let end = line.rsplit_once(':').map_or("", |(_, end)| end);
        let end = if end.starts_with(' ') { line.split([':', ',']).nth(1).unwrap() } else { end };
        let digits = end.split(|c: char| !c.is_ascii_digit()).next().unwrap();
        digits.parse().unwrap_or_else(|_| panic!("no port in {line:?}"))
    }

    /// What it holds now; only Linux tells.
    pub(crate) fn held(&self) -> Option<Held> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let folder = PathBuf::from(format!("/proc/{}", self.child.id()));
        let descriptors = fs::read_dir(folder.join("fd")).unwrap().count();
        let status = fs::read_to_string(folder.join("status")).unwrap();
        let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let memory = memory.trim().trim_end_matches(" kB").parse().unwrap();
        Some(Held { descriptors, memory })
    }

    /// The names of its threads, of which the system keeps fifteen letters; only Linux tells.
    #[cfg(target_os = "linux")]
    pub(crate) fn threads(&self) -> Vec<String> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).unwrap();
        let names = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
        names.map(|name| name.trim().to_owned()).collect()
    }

    /// Waits until it holds what it did before, where that is known.
    pub(crate) fn lets_go_of_all_since(&self, before: Option<Held>) {
        let start = Instant::now();
        while let (Some(before), Some(now)) = (before, self.held()) {
            if now.descriptors <= before.descriptors && now.memory <= before.memory + MARGIN {
                break;
            }
            assert!(start.elapsed() < LIMIT, "the program keeps too much: {before:?}, {now:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// What ends a service.
    pub(crate) fn terminate(&self) {
        self.signal("TERM");
    }

    /// What `kill` sends, by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Does something while the program stands still, so that it finds it all at once.
    #[cfg(target_os = "linux")]
    pub(crate) fn is_stopped_during(&self, f: impl FnOnce()) {
        let (id, start) = (self.child.id(), Instant::now());
        self.signal("STOP");
        while !fs::read_to_string(format!("/proc/{id}/stat")).unwrap().contains(") T ") {
            assert!(start.elapsed() < LIMIT, "the program does not stop");
        }
        f();
        self.signal("CONT");
    }

    /// Waits for its end.
    pub(crate) fn ended(mut self) -> Ended {
        let start = Instant::now();
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(start.elapsed() < LIMIT, "the program does not end: {}", self.state());
            thread::sleep(Duration::from_millis(5));
        };
        self.hears.take().unwrap().join().unwrap();
        Ended { code: status.code(), lines: self.lines.iter().collect(), stderr: self.stderr() }
    }
}

impl Program {
    /// For a failure's message: what it has said since it was last asked, and what Linux says of it and
    /// of its signals.
    fn state(&self) -> String {
        let lines: Vec<_> = self.lines.try_iter().collect();
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let told = ["State", "TracerPid", "ShdPnd", "SigPnd", "SigBlk", "SigCgt"];
        let status: Vec<_> =
            status.lines().filter(|line| told.iter().any(|word| line.starts_with(word))).collect();
        format!("{status:?}, said {lines:?}, stderr {:?}", self.stderr())
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a program to its end.
pub(crate) fn run<S: AsRef<OsStr>>(program: &str, args: impl IntoIterator<Item = S>) -> Output {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command.output().unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// Runs curl, which gives up after the limit, and says what is wrong on stderr only.
pub(crate) fn curl(args: &[&str]) -> Output {
    let limit = LIMIT.as_secs().to_string();
    run("curl", ["-sS", "--max-time", &limit].iter().chain(args))
}

pub(crate) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// Whether a counterpart is there; see [`is_missing`].
pub(crate) fn there_is(program: &str) -> bool {
    let look = format!("command -v {program}");
    let found = Command::new("sh").args(["-c", &look]).stdout(Stdio::null()).status();
    let found = found.is_ok_and(|status| status.success());
    if !found {
        is_missing(program);
    }
    found
}

/// Without a counterpart a test has nothing to compare with and is left out, unless
/// `SHIRR_COUNTERPARTS=required` says that this must not be.
pub(crate) fn is_missing(program: &str) {
    let required = env::var_os("SHIRR_COUNTERPARTS").is_some_and(|value| value == "required");
    assert!(!required, "{program} is not installed");
    eprintln!("left out: {program} is not installed");
}

/// A new folder in the target folder.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// Reads a request's head.
pub(crate) fn head(socket: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        socket.read_exact(&mut byte).unwrap();
        head.push(byte[0]);
    }
}

/// Breaks off with these words if it does not become so in time.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}");
        thread::yield_now();
    }
}

/// Bytes without a pattern that a mistake could leave as it was.
pub(crate) fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u8
    };
    (0..len).map(|_| next()).collect()
}

/// What a server may be sent instead of what it expects.
pub(crate) fn garbage() -> Vec<Vec<u8>> {
    vec![
        Vec::new(),
        vec![0],
        vec![0; 100_000],
        noise(100_000),
        b"\r\n\r\n\r\n".to_vec(),
        b"GET / HTTP/1.1\r\nHost".to_vec(),
        [b"GET / HTTP/1.1\r\nX: ".to_vec(), vec![b'x'; 2 << 20]].concat(),
        b"POST /echo HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), // a TLS client's first bytes
    ]
}

/// Sends each piece of garbage on a connection of its own and hears the server out.
pub(crate) fn send_garbage(port: u16) {
    use std::io::Write;
    use std::net::Shutdown;
    for piece in garbage() {
        let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
        socket.set_read_timeout(Some(LIMIT)).unwrap();
        let _ = socket.write_all(&piece); // the server may have had enough of it by then
        let _ = socket.shutdown(Shutdown::Write);
        let answered = socket.read_to_end(&mut Vec::new());
        let hangs = |error: &std::io::Error| error.kind() == std::io::ErrorKind::WouldBlock;
        assert!(!answered.as_ref().is_err_and(hangs), "the server neither answers nor closes");
    }
}
