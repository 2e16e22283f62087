//! `proxy` before a server that does as each test says: from memory, stale, limited, ended.

#![cfg(unix)]

mod common;

use common::{LIMIT, Program, noise, run, text, there_is, wait_until};
use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

/// The server behind the proxy: a thread for each connection.
struct Upstream {
    port: u16,
    asked: Arc<AtomicUsize>,
}

impl Upstream {
    /// `answer` has the request's number, from 1, and its head; `None` closes the connection.
    fn start(answer: impl Fn(usize, &str) -> Option<Vec<u8>> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, asked) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
        let (count, answer) = (Arc::clone(&asked), Arc::new(answer));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, count, answer) = (client.unwrap(), Arc::clone(&count), Arc::clone(&answer));
                thread::spawn(move || converse(client, &count, &*answer));
            }
        });
        Self { port, asked }
    }

    fn asked(&self) -> usize {
        self.asked.load(SeqCst)
    }
}

fn converse(client: TcpStream, count: &AtomicUsize, answer: &dyn Fn(usize, &str) -> Option<Vec<u8>>) {
    let mut client = BufReader::new(client);
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if !matches!(client.read_line(&mut head), Ok(1..)) {
                return;
            }
        }
        let number = count.fetch_add(1, SeqCst) + 1;
        let Some(answer) = answer(number, &head) else { return };
        if client.get_mut().write_all(&answer).is_err() {
            return;
        }
    }
}

fn ok(headers: &str, body: &[u8]) -> Option<Vec<u8>> {
    let head = format!("HTTP/1.1 200 OK\r\n{headers}Content-Length: {}\r\n\r\n", body.len());
    Some([head.as_bytes(), body].concat())
}

const FRESH: &str = "Cache-Control: max-age=1000\r\n";

fn proxy(upstream: &Upstream, args: &[&str]) -> (Program, u16) {
    let url = format!("http://127.0.0.1:{}", upstream.port);
    let args = [&["--listen=127.0.0.1:0", &url], args].concat();
    let program = Program::start(env!("CARGO_BIN_EXE_proxy"), &args);
    let port = program.port();
    (program, port)
}

fn stop(proxy: Program) {
    proxy.terminate();
    let ended = proxy.ended();
    assert_eq!(ended.code, Some(0), "{ended:?}");
}

/// A client that has asked.
fn ask(port: u16, request: &str) -> TcpStream {
    let (line, rest) = request.split_once('\n').unwrap_or((request, ""));
    let mut socket = TcpStream::connect(("127.0.0.1", port)).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let (headers, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    let headers: String = headers.lines().map(|line| format!("{line}\r\n")).collect();
    let sent =
        format!("{line} HTTP/1.1\r\nHost: here\r\nConnection: close, x-private\r\n{headers}\r\n{body}");
    socket.write_all(sent.as_bytes()).unwrap();
    socket
}

/// Status, x-cache and body in a line.
fn heard(mut socket: TcpStream) -> String {
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).unwrap();
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{answer}"));
    let how = head.lines().find_map(|line| line.strip_prefix("x-cache: ")).unwrap_or("-");
    format!("{} {how} {body}", &head[9..12])
}

fn get(port: u16, path: &str) -> String {
    heard(ask(port, &format!("GET {path}")))
}

/// One number of the metrics page.
fn metric(port: u16, name: &str) -> usize {
    let page = get(port, "/-/metrics");
    let line = page.lines().find_map(|line| line.split_once(name)).unwrap_or_else(|| panic!("{page}"));
    line.1.trim().parse().unwrap()
}

/// Sixty-four ask at once for what is not there yet. Breaks if each of them asks the upstream, or
/// if nothing is kept.
#[test]
fn wrk_is_answered_from_memory_and_the_upstream_is_asked_once() {
    if !there_is("wrk") {
        return;
    }
    let upstream = Upstream::start(|_, _| ok(FRESH, b"the same for all"));
    let (proxy, port) = proxy(&upstream, &[]);
    let url = format!("http://127.0.0.1:{port}/page");
    let output = run("wrk", ["-t1", "-c64", "-d1s", "--timeout", "30s", &url]);
    let report = text(&output.stdout);
    assert!(output.status.success() && report.contains("Requests/sec"), "{output:?}");
    assert!(!report.contains("Socket errors") && !report.contains("Non-2xx"), "{report}");
    assert_eq!(upstream.asked(), 1);
    assert!(metric(port, "proxy_answers_total{cache=\"hit\"}") > 64);
    assert!(metric(port, "proxy_answers_total{cache=\"miss\"}") <= 64);
    stop(proxy);
}

/// Breaks if nothing limits a client that does not read, if it keeps its turn with the upstream,
/// or if others wait for it.
#[test]
fn a_client_that_does_not_read_delays_nobody_and_is_put_out() {
    let body = Arc::new(noise(20_000_000));
    let sent = Arc::clone(&body);
    let upstream = Upstream::start(move |_, head| match head.starts_with("GET /large ") {
        true => ok("", &sent),
        false => ok(FRESH, b"kept"),
    });
    let (proxy, port) = proxy(&upstream, &["--requests=1", "--limit=1"]);
    assert_eq!(get(port, "/small"), "200 miss kept");
    let mut stopped = ask(port, "GET /large");
    stopped.read_exact(&mut [0]).unwrap();
    assert_eq!(metric(port, "proxy_upstream_requests "), 1);
    assert_eq!(get(port, "/small"), "200 hit kept");
    wait_until("the turn is kept", || metric(port, "proxy_upstream_requests ") == 0);
    let broken = stopped.read_to_end(&mut Vec::new()).unwrap_err();
    assert_eq!(broken.kind(), ErrorKind::ConnectionReset);

    let mut whole = Vec::new();
    ask(port, "GET /large").read_to_end(&mut whole).unwrap();
    assert!(whole.ends_with(&body), "{} bytes", whole.len());
    proxy.terminate();
    let ended = proxy.ended();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("the other end has taken nothing for 1s"), "{ended:?}");
}

/// Begins to read an answer of 60 MB, 10 MB a second, and says in the end how much came.
fn read_slowly(port: u16) -> thread::JoinHandle<usize> {
    let mut socket = ask(port, "GET /large");
    socket.read_exact(&mut [0]).unwrap();
    thread::spawn(move || {
        let (mut read, mut buf) = (0, vec![0; 100_000]);
        while let Ok(n @ 1..) = socket.read(&mut buf) {
            read += n;
            thread::sleep(Duration::from_millis(10));
        }
        read
    })
}

fn upstream_with_a_large_answer() -> Upstream {
    let body = vec![b'x'; 60_000_000];
    Upstream::start(move |_, head| match head.starts_with("GET /large ") {
        true => ok("", &body),
        false => ok("", b"next"),
    })
}

/// Breaks if only the pauses of a client have a limit: this one makes short ones.
#[test]
fn a_client_that_reads_slowly_keeps_its_turn_for_a_time_and_is_cut_off() {
    let upstream = upstream_with_a_large_answer();
    let (proxy, port) = proxy(&upstream, &["--requests=1", "--limit=3", "--answer=1"]);
    let reader = read_slowly(port);
    assert_eq!(get(port, "/next"), "200 pass next");
    let read = reader.join().unwrap();
    assert!(read < 60_000_000, "{read} bytes");
    proxy.terminate();
    let ended = proxy.ended();
    assert!(ended.stderr.contains("the body was ended before all of it was taken"), "{ended:?}");
    assert_eq!(ended.code, Some(0));
}

/// Breaks if a client is told of the upstream what is true of those before it.
#[test]
fn a_client_is_told_whether_the_queue_or_the_upstream_took_too_long() {
    let upstream = upstream_with_a_large_answer();
    let (_proxy, port) = proxy(&upstream, &["--requests=1", "--limit=1"]);
    let _reader = read_slowly(port);
    assert_eq!(get(port, "/next"), "503 failed too many wait for the upstream\n");
    let (upstream, _release) = held("");
    let (_proxy, port) = proxy(&upstream, &["--limit=1"]);
    assert_eq!(get(port, "/"), "504 failed the upstream takes too long\n");
}

/// Breaks if the path is taken as it came: the proxy panicked.
#[test]
fn a_query_without_a_path_is_asked_of_the_root() {
    let upstream = Upstream::start(|_, head| ok("", head.lines().next().unwrap().as_bytes()));
    let (proxy, port) = proxy(&upstream, &[]);
    for (request, line) in [
        ("GET http://here?query", "GET /?query HTTP/1.1"),
        ("POST http://here?query\nContent-Length: 0\n\n", "POST /?query HTTP/1.1"),
        ("OPTIONS *", "OPTIONS * HTTP/1.1"),
    ] {
        assert_eq!(heard(ask(port, request)), format!("200 pass {line}"));
    }
    stop(proxy);
}

/// Breaks if an upstream that fails takes its old answers with it, or if an answer that may not
/// be given late is.
#[test]
fn an_old_answer_is_given_when_the_upstream_fails_and_a_new_one_when_it_is_back() {
    let state = Arc::new(Mutex::new("well"));
    let its_state = Arc::clone(&state);
    let upstream = Upstream::start(move |number, head| match *its_state.lock().unwrap() {
        "well" if head.starts_with("GET /strict") => {
            ok("Cache-Control: max-age=1, must-revalidate\r\n", b"strict")
        }
        "well" => ok("Cache-Control: max-age=1\r\n", format!("answer {number}").as_bytes()),
        "ill" => Some(b"HTTP/1.1 503 Ill\r\nContent-Length: 3\r\n\r\nill".to_vec()),
        _ => None,
    });
    let (proxy, port) = proxy(&upstream, &[]);
    assert_eq!(get(port, "/strict"), "200 miss strict");
    assert_eq!(get(port, "/page"), "200 miss answer 2");
    for down in ["ill", "gone"] {
        *state.lock().unwrap() = down;
        wait_until("it stays fresh", || !get(port, "/page").contains("hit"));
        assert_eq!(get(port, "/page"), "200 stale answer 2");
        assert_ne!(&get(port, "/strict")[..3], "200");
    }
    assert!(get(port, "/other").starts_with("502 failed the upstream failed: "));
    *state.lock().unwrap() = "well";
    let asked = upstream.asked();
    assert_eq!(get(port, "/page"), format!("200 miss answer {}", asked + 1));
    stop(proxy);
}

/// An upstream that answers when it is told to, once for each message.
fn held(headers: &'static str) -> (Upstream, mpsc::Sender<()>) {
    let (release, released) = mpsc::channel();
    let released = Mutex::new(released);
    let upstream = Upstream::start(move |_, _| {
        released.lock().unwrap().recv().unwrap();
        ok(headers, b"at last")
    });
    (upstream, release)
}

#[test]
fn sigterm_lets_a_request_in_flight_be_answered_and_no_new_client_in() {
    let (upstream, release) = held("");
    let (proxy, port) = proxy(&upstream, &["--grace=60"]);
    let in_flight = ask(port, "GET /");
    wait_until("the upstream is not asked", || upstream.asked() == 1);
    proxy.terminate();
    assert_eq!(proxy.line(), "ending: open connections: 1");
    TcpStream::connect(("127.0.0.1", port)).unwrap_err();
    release.send(()).unwrap();
    assert_eq!(heard(in_flight), "200 pass at last");
    let ended = proxy.ended();
    assert_eq!((ended.code, &ended.lines[..]), (Some(0), &["all requests finished".to_owned()][..]));
}

/// Breaks if the fetch is the first client's, who goes.
#[test]
fn a_fetch_outlives_the_client_that_began_it_and_ends_with_the_last() {
    let (upstream, release) = held(FRESH);
    let (proxy, port) = proxy(&upstream, &[]);
    let first = ask(port, "GET /page");
    wait_until("the upstream is not asked", || upstream.asked() == 1);
    let second = ask(port, "GET /page");
    metric(port, "proxy_upstream_requests "); // asked later: by its answer the second has joined
    drop(first);
    release.send(()).unwrap();
    assert!(heard(second).ends_with(" at last"));
    assert_eq!(get(port, "/page"), "200 hit at last");
    assert_eq!(upstream.asked(), 1);

    let last = ask(port, "GET /other");
    wait_until("the upstream is not asked", || upstream.asked() == 2);
    drop(last);
    wait_until("it is waited for by none", || metric(port, "proxy_upstream_requests ") == 0);
    release.send(()).unwrap();
    stop(proxy);
}

/// Breaks if requests above the limit go on to the upstream, or are not answered in the end.
#[test]
fn the_upstream_is_asked_no_more_at_a_time_than_it_is_to_bear() {
    let (now, most) = (AtomicUsize::new(0), Arc::new(AtomicUsize::new(0)));
    let seen = Arc::clone(&most);
    let upstream = Upstream::start(move |_, _| {
        seen.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
        thread::sleep(Duration::from_millis(30)); // time for the others to come, if they may
        now.fetch_sub(1, SeqCst);
        ok("", b"done")
    });
    let (proxy, port) = proxy(&upstream, &["--requests=2"]);
    let clients: Vec<_> = (0..8).map(|number| ask(port, &format!("GET /{number}"))).collect();
    for client in clients {
        assert_eq!(heard(client), "200 pass done");
    }
    assert_eq!((upstream.asked(), most.load(SeqCst)), (8, 2));
    assert!(metric(port, "proxy_upstream_connections_total") <= 2);
    stop(proxy);
}

/// Breaks if a GET fails because the upstream closed what it kept, or if a POST is done twice.
#[test]
fn by_a_kept_connection_that_breaks_a_get_is_sent_again_and_a_post_is_not() {
    let upstream = Upstream::start(|number, head| match (number, head.starts_with("POST")) {
        (2 | 5, _) => None,
        _ => ok("", b"done"),
    });
    let (proxy, port) = proxy(&upstream, &[]);
    assert_eq!(get(port, "/first"), "200 pass done");
    assert_eq!(get(port, "/again"), "200 pass done"); // the second request, and the third
    assert_eq!(upstream.asked(), 3);
    assert_eq!(get(port, "/fourth"), "200 pass done");
    assert!(heard(ask(port, "POST /fifth\nContent-Length: 0\n\n")).starts_with("502 failed "));
    assert_eq!(upstream.asked(), 5);
    stop(proxy);
}

/// Breaks if one of these is kept.
#[test]
fn what_is_for_one_client_only_or_says_no_time_is_asked_for_each_time() {
    let upstream = Upstream::start(|_, head| {
        let path = head.split(' ').nth(1).unwrap().trim_start_matches('/').replace('+', " ");
        ok(&path.split('&').map(|header| format!("{header}\r\n")).collect::<String>(), b"done")
    });
    let (proxy, port) = proxy(&upstream, &[]);
    let fresh = "Cache-Control:+max-age=1000";
    let answers = [
        "Cache-Control:+max-age=0",
        "Cache-Control:+max-age=9,+private",
        "Cache-Control:+no-store,+max-age=9",
    ];
    let more =
        [format!("{fresh}&Vary:+Cookie"), format!("{fresh}&Set-Cookie:+a=b"), "Server:+none".to_owned()];
    let own = ["Authorization: Basic x", "Cookie: a=b", "Range: bytes=1-2", "If-None-Match: x"];
    let requests = answers.iter().map(|path| format!("GET /{path}"));
    let requests = requests.chain(more.iter().map(|path| format!("GET /{path}")));
    let requests = requests.chain(own.iter().map(|header| format!("GET /{fresh}&For:+one\n{header}")));
    for (before, request) in requests.enumerate() {
        assert_eq!(heard(ask(port, &request)), "200 pass done", "{request}");
        assert_eq!(heard(ask(port, &request)), "200 pass done", "{request}");
        assert_eq!(upstream.asked(), 2 * before + 2, "{request}");
    }
    assert_eq!(get(port, &format!("/{fresh}")), "200 miss done"); // and this is what may be kept
    assert_eq!(get(port, &format!("/{fresh}")), "200 hit done");
    stop(proxy);
}

/// Breaks if what is between the client and the proxy goes on to the upstream, or the body does
/// not.
#[test]
fn a_request_goes_on_with_its_body_and_without_what_is_between_neighbours() {
    let (told, heads) = mpsc::channel();
    let told = Mutex::new(told);
    let upstream = Upstream::start(move |_, head| {
        told.lock().unwrap().send(head.to_owned()).unwrap();
        // The body is read as a line of the next head, and ends with an empty one.
        if head.starts_with("POST") {
            ok("Connection: x-own\r\nX-Own: 1\r\n", b"done")
        } else {
            ok("", b"next")
        }
    });
    let (proxy, port) = proxy(&upstream, &[]);
    let request =
        "POST /path?query\nX-Private: 1\nKeep-Alive: 5\nX-Kept: 2\nContent-Length: 11\n\nbody it is\n";
    let mut answer = String::new();
    ask(port, request).read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with("done") && !answer.contains("x-own"), "{answer}");
    let head = heads.recv_timeout(LIMIT).unwrap().to_lowercase();
    assert!(head.starts_with("post /path?query http/1.1\r\n") && head.contains("x-kept: 2"), "{head}");
    assert!(head.contains(&format!("host: 127.0.0.1:{}\r\n", upstream.port)), "{head}");
    assert!(!head.contains("x-private") && !head.contains("keep-alive"), "{head}");
    assert_eq!(get(port, "/"), "200 pass next");
    assert!(heads.recv_timeout(LIMIT).unwrap().starts_with("body it is\nGET / "));
    stop(proxy);
}

/// Breaks if memory grows with all that is asked for, or if what was just used goes first.
#[test]
fn memory_has_a_bound_and_what_is_used_stays() {
    let body = noise(1 << 20);
    let upstream = Upstream::start(move |_, _| ok(FRESH, &body));
    let (proxy, port) = proxy(&upstream, &[]);
    for number in 0..80 {
        get(port, &format!("/{number}"));
        assert_eq!(&get(port, "/0")[..7], "200 hit");
    }
    assert_eq!(metric(port, "proxy_cache_answers "), 63);
    assert!(metric(port, "proxy_cache_bytes ") <= 64 << 20);
    assert_eq!(&get(port, "/1")[..8], "200 miss");
    stop(proxy);
}
