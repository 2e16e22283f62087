//! What keeps a clock that a test holds from moving by itself: sockets, helpers, other threads.

mod common;

use common::{begin, ends, paused, turns};
use shirr::net::{TcpListener, TcpStream, lookup_host};
use shirr::time::{advance, now, resume, sleep, stalled, timeout};
use shirr::{Runtime, spawn, unblock};
use std::future::{Future, pending};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net;
use std::pin::{Pin, pin};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc;
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A connection, and its other end in the hands of the test.
async fn tcp_pair() -> (TcpStream, net::TcpStream) {
    let listener = net::TcpListener::bind("127.0.0.1:0").unwrap();
    let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    (stream, listener.accept().unwrap().0)
}

#[test]
fn a_timeout_does_not_elapse_while_its_socket_waits_for_a_slow_peer() {
    paused(async || {
        let (stream, mut peer) = tcp_pair().await;
        let (start, before) = (now(), shirr::metrics().event_polls);
        let mut answer = [0; 2];
        let read = timeout(Duration::from_nanos(1), stream.read(&mut answer));
        let peer = thread::spawn(move || {
            thread::sleep(20 * MS); // of real time, in which nothing may fire
            peer.write_all(b"hi").unwrap();
            peer
        });
        assert_eq!(read.await.expect("time moved while the socket was waited for").unwrap(), 2);
        assert_eq!((now(), &answer), (start, b"hi"));
        // The kernel ended the wait, and not the nanosecond again and again.
        assert!(shirr::metrics().event_polls - before < 20);
        // No task waits for the socket any more, so time may go on.
        sleep(SECOND).await;
        assert_eq!(now(), start + SECOND);
        drop(peer.join());
    });
}

#[test]
fn a_write_that_waits_for_room_holds_time_as_a_read_does() {
    paused(async || {
        let (stream, _peer) = tcp_pair().await;
        while stream.try_write(&[7; 64 * 1024]).is_ok() {}
        let (mut nap, mut write) = (pin!(sleep(SECOND)), pin!(stream.writable()));
        assert!(begin(&mut nap).await.is_pending() && begin(&mut write).await.is_pending());
        assert!(stalled().unwrap().ends_with("because 1 socket operation is in flight"));
        let mut read = pin!(stream.readable());
        assert!(begin(&mut read).await.is_pending());
        assert!(stalled().unwrap().ends_with("because 2 socket operations are in flight"));
    });
}

#[test]
fn an_advance_moves_although_a_socket_is_waited_for_and_hears_its_news_first() {
    paused(async || {
        let (stream, mut peer) = tcp_pair().await;
        let start = now();
        let reader = spawn(async move {
            let silent = timeout(SECOND, stream.read(&mut [0; 1])).await.is_err();
            let silent_at = now();
            let received = timeout(SECOND, stream.read(&mut [0; 1])).await.is_ok();
            (silent, silent_at, received, now())
        });
        advance(SECOND).await;
        peer.write_all(b"!").unwrap();
        advance(SECOND).await; // its end is the second deadline; the byte has come before
        assert_eq!(reader.await.unwrap(), (true, start + SECOND, true, start + SECOND));
    });
}

#[test]
fn time_stands_while_a_helper_works_and_while_a_name_is_looked_up() {
    paused(async || {
        let start = now();
        let (go, wait) = mpsc::channel::<()>();
        let slow = timeout(SECOND, unblock(move || wait.recv().is_ok()));
        let late = thread::spawn(move || {
            thread::sleep(20 * MS); // of real time
            go.send(()).unwrap();
        });
        assert!(slow.await.expect("time moved while a helper worked").unwrap());
        timeout(MS, lookup_host("localhost:80")).await.expect("time moved during the look-up").unwrap();
        assert_eq!(now(), start);
        late.join().unwrap();
    });
}

#[test]
fn a_helper_whose_result_is_not_awaited_lets_time_go_on_when_it_ends() {
    paused(async || {
        let (go, wait) = mpsc::channel::<()>();
        let mut given_up = unblock(move || wait.recv().is_ok());
        assert!(begin(&mut given_up).await.is_pending());
        let nap = spawn(sleep(DAY));
        drop(given_up);
        turns(1).await;
        let reason = stalled();
        // Whether its helper has begun or not, nothing else can end the loop's wait.
        thread::spawn(move || {
            thread::sleep(20 * MS);
            go.send(()).unwrap_or_default(); // never begun: the closure is gone
        });
        nap.await.unwrap();
        assert!(reason.is_none_or(|text| text.contains("1 blocking closure is at work")));
    });
}

/// Woken by the loop in the middle of an event poll, it lets a helper go on and gives it time to end.
struct LetsGo(mpsc::Sender<()>);

impl Wake for LetsGo {
    fn wake(self: Arc<Self>) {
        self.0.send(()).unwrap();
        thread::sleep(10 * MS);
    }
}

#[test]
fn a_helper_that_ends_during_an_event_poll_is_noticed_before_time_moves() {
    paused(async || {
        let (go, wait) = mpsc::channel();
        let (start, mut due) = (now(), sleep(Duration::ZERO));
        let waker = Waker::from(Arc::new(LetsGo(go)));
        assert!(Pin::new(&mut due).poll(&mut Context::from_waker(&waker)).is_pending());
        let slow = timeout(SECOND, unblock(move || wait.recv()));
        slow.await.expect("time moved while a message lay there").unwrap().unwrap();
        assert_eq!(now(), start);
    });
}

#[test]
fn helpers_that_end_at_any_moment_do_not_leave_the_loop_waiting() {
    paused(async || {
        let start = now();
        for _ in 0..500 {
            let mut given_up = unblock(|| ());
            let _ = begin(&mut given_up).await; // a quick helper has ended already
            drop(given_up);
            sleep(SECOND).await;
            timeout(SECOND, unblock(|| ())).await.expect("time moved while a helper worked").unwrap();
        }
        assert_eq!(now(), start + 500 * SECOND);
    });
}

/// Breaks if the last of them to end leaves the loop to the look that it takes each second.
#[test]
fn closures_given_up_at_work_end_the_loops_wait_as_they_end() {
    const TIMES: u32 = 30;
    paused(async || {
        let mut waited = Duration::ZERO;
        for _ in 0..TIMES {
            let ((tell, told), (go, wait)) = (mpsc::channel(), mpsc::channel::<()>());
            let mut given_up = unblock(move || {
                tell.send(()).unwrap();
                wait.recv().unwrap();
            });
            assert!(begin(&mut given_up).await.is_pending());
            told.recv().unwrap();
            drop(given_up);
            let late = thread::spawn(move || {
                thread::sleep(2 * MS); // by then the loop waits, or it would look by itself
                go.send(()).unwrap();
            });
            let start = Instant::now();
            sleep(SECOND).await;
            waited += start.elapsed();
            late.join().unwrap();
        }
        assert!(waited < TIMES * SECOND / 2, "{waited:?}");
    });
}

/// Breaks if a clock without a timer to move to is moved again and again.
#[test]
fn without_a_timer_the_loop_of_a_paused_clock_waits() {
    paused(async || {
        let (before, waits) = (shirr::metrics().event_polls, spawn(pending::<()>()));
        let abort = waits.abort_handle();
        let elsewhere = thread::spawn(move || {
            thread::sleep(20 * MS);
            abort.abort();
        });
        assert!(waits.await.unwrap_err().is_cancelled());
        assert!(shirr::metrics().event_polls - before < 20);
        elsewhere.join().unwrap();
    });
}

#[test]
fn a_wake_from_another_thread_is_received_while_time_stands_for_a_socket() {
    paused(async || {
        let (stream, _peer) = tcp_pair().await;
        let (start, nap) = (now(), spawn(sleep(SECOND)));
        let reader = spawn(async move { stream.read(&mut [0; 1]).await });
        turns(2).await;
        let abort = reader.abort_handle();
        let elsewhere = thread::spawn(move || {
            thread::sleep(10 * MS);
            abort.abort();
        });
        assert!(reader.await.unwrap_err().is_cancelled());
        assert_eq!(now(), start);
        nap.await.unwrap(); // what kept the time is gone with the reader
        assert_eq!(now(), start + SECOND);
        elsewhere.join().unwrap();
    });
}

#[test]
fn why_it_stands_is_said_in_a_sentence() {
    paused(async || {
        assert_eq!(stalled(), None, "no timer waits");
        let mut naps = [sleep(3 * SECOND), sleep(90 * MS)];
        assert!(begin(&mut naps[0]).await.is_pending());
        assert_eq!(stalled(), None, "it would move at once");
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let server = spawn(async move { listener.accept().await });
        let text = "1 timer waits, the next in 3s; time stands still because 1 task is ready";
        assert_eq!(stalled().unwrap(), text);
        turns(1).await;
        let text = "1 timer waits, the next in 3s; time stands still because 1 socket operation is in flight";
        assert_eq!(stalled().unwrap(), text);
        assert!(begin(&mut naps[1]).await.is_pending());
        let (go, wait) = mpsc::channel::<()>();
        let mut closure = unblock(move || wait.recv().is_ok());
        assert!(begin(&mut closure).await.is_pending());
        let text = "2 timers wait, the next in 90ms; time stands still because \
                    1 blocking closure is at work and 1 socket operation is in flight";
        assert_eq!(stalled().unwrap(), text);
        advance(50 * MS).await;
        assert!(stalled().unwrap().starts_with("2 timers wait, the next in 40ms; "));
        go.send(()).unwrap();
        assert!(closure.await.unwrap());
        let _client = TcpStream::connect(addr).await.unwrap();
        server.await.unwrap().unwrap();
        sleep(SECOND).await;
        assert_eq!(stalled(), None);
        assert!(begin(&mut naps[0]).await.is_pending());
        let other = spawn(async {});
        assert!(stalled().unwrap().ends_with("because 1 task is ready"));
        resume();
        assert_eq!(stalled(), None, "a clock that goes is stopped by nothing");
        other.await.unwrap();
    });
}

/// On a paused clock, and moves although sockets are waited for.
fn outruns<T, F>(body: impl FnOnce() -> F + Send + 'static) -> T
where
    T: Send + 'static,
    F: Future<Output = T>,
{
    ends(|| Runtime::builder().paused().time_outruns_sockets().build().unwrap().block_on(body()))
}

/// Breaks when the switch is ignored where time may move, or where `stalled` is asked.
#[test]
fn time_that_outruns_sockets_ends_a_timeout_against_a_silent_peer() {
    outruns(async || {
        let (stream, _peer) = tcp_pair().await;
        let start = now();
        let reader = spawn(async move { timeout(2 * SECOND, stream.read(&mut [0; 1])).await.is_err() });
        turns(1).await;
        assert_eq!((stalled(), now()), (None, start), "it would move at once");
        assert!(reader.await.unwrap());
        assert_eq!(now(), start + 2 * SECOND);
    });
}

/// Breaks when the clock moves before the kernel was asked.
#[test]
fn time_that_outruns_sockets_moves_after_the_news_that_is_there() {
    outruns(async || {
        let (stream, mut peer) = tcp_pair().await;
        let start = now();
        let read = spawn(async move { timeout(MS, stream.read(&mut [0; 1])).await.is_ok() });
        turns(1).await;
        peer.write_all(b"!").unwrap();
        assert!(read.await.unwrap());
        assert_eq!(now(), start);
    });
}

/// Breaks when the switch lets time move whatever is waited for.
#[test]
fn time_that_outruns_sockets_stands_while_a_helper_works() {
    outruns(async || {
        let (stream, _peer) = tcp_pair().await;
        let (start, (go, wait)) = (now(), mpsc::channel::<()>());
        let silent = spawn(async move { timeout(SECOND, stream.read(&mut [0; 1])).await.is_err() });
        let slow = spawn(timeout(SECOND, unblock(move || wait.recv().is_ok())));
        turns(1).await;
        assert!(stalled().unwrap().ends_with("because 1 blocking closure is at work"));
        let late = thread::spawn(move || {
            thread::sleep(20 * MS); // of real time
            go.send(()).unwrap();
        });
        assert!(slow.await.unwrap().expect("time moved while a helper worked").unwrap());
        assert_eq!(now(), start);
        assert!(silent.await.unwrap());
        late.join().unwrap();
    });
}

/// Set in the process that hangs.
const HANGS: &str = "SHIRR_TEST_HANGS";

/// Not a test by itself: the next one runs it in a process of its own. The peer is silent until
/// the standard input ends; another sends bytes that no task waits for.
#[test]
fn hangs_until_its_input_ends() {
    if std::env::var_os(HANGS).is_none() {
        return;
    }
    paused(async || {
        let (stream, peer) = tcp_pair().await;
        let (_news, mut sends) = tcp_pair().await;
        thread::spawn(move || {
            io::stdin().read_to_end(&mut Vec::new()).unwrap();
            drop(peer);
        });
        thread::spawn(move || {
            while sends.write_all(b"!").is_ok() {
                thread::sleep(100 * MS);
            }
        });
        let start = now();
        let read = timeout(2 * SECOND, stream.read(&mut [0; 1])).await;
        assert_eq!((read.unwrap().unwrap(), now()), (0, start));
    });
}

/// Breaks when the loop waits without a limit, when it says so early or twice, when the second begins
/// anew with each byte that no task waits for, or through what the test harness keeps until the test
/// has ended, which it never does.
#[test]
fn a_clock_that_stands_says_after_a_second_what_for_and_how_to_go_on() {
    ends(|| {
        let mut hangs = Command::new(std::env::current_exe().unwrap());
        hangs.args(["--exact", "hangs_until_its_input_ends"]).env(HANGS, "");
        hangs.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let (start, mut hangs) = (Instant::now(), hangs.spawn().unwrap());
        let (sender, lines) = mpsc::channel();
        let stderr = BufReader::new(hangs.stderr.take().unwrap());
        thread::spawn(move || stderr.lines().try_for_each(|line| sender.send(line.unwrap())));
        let first = lines.recv_timeout(20 * SECOND);
        assert!(start.elapsed() >= SECOND);
        let again = lines.recv_timeout(1_200 * MS);
        drop(hangs.stdin.take());
        assert!(hangs.wait().unwrap().success());
        let text = "shirr: nothing has happened for a second: 1 timer waits, the next in 2s; time stands still \
                    because 1 socket operation is in flight. `shirr::time::advance(..)` moves it, and with \
                    `Builder::time_outruns_sockets()` it does not wait for sockets";
        assert_eq!(first.unwrap(), text);
        assert_eq!(again, Err(mpsc::RecvTimeoutError::Timeout));
    });
}
