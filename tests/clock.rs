//! The clock that a test may hold: what moves it, what keeps it, and in which order things
//! happen when it moves.

mod common;

use common::source::{rust_files, tokens};
use common::{Trace, begin, ends, panic_text, paused, turns};
use shirr::net::{TcpListener, TcpStream, lookup_host};
use shirr::time::{advance, interval, now, pause, resume, sleep, sleep_until, stalled, timeout};
use shirr::{Runtime, gather, spawn, unblock};
use std::future::{Future, pending};
use std::io::Write;
use std::net;
use std::pin::Pin;
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

/// A task that notes when its sleep ended, counted in seconds from `start`.
fn sleeper(trace: &Trace, start: Instant, seconds: u32) -> shirr::JoinHandle<()> {
    let trace = trace.clone();
    let nap = sleep(seconds * SECOND);
    spawn(async move {
        nap.await;
        trace.note(format!("{seconds} at {}", (now() - start).as_secs()));
    })
}

#[test]
fn held_from_the_start_it_stands_and_jumps_from_deadline_to_deadline() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        turns(1_000).await;
        assert_eq!(now(), start);
        let handles = [30, 10, 20, 10].map(|seconds| sleeper(&trace, start, seconds));
        gather(handles).await;
        assert_eq!(trace.take(), ["10 at 10", "10 at 10", "20 at 20", "30 at 30"]);
        assert_eq!(now() - start, 30 * SECOND);
    });
}

#[test]
fn paused_in_the_middle_it_stands_where_it_was_and_then_goes_on_from_where_it_stands() {
    common::run(async || {
        let before = Instant::now();
        assert!(now() >= before);
        pause();
        let held = now();
        assert!((before..=Instant::now()).contains(&held));
        thread::sleep(2 * MS);
        assert_eq!(now(), held);
        sleep(DAY).await;
        assert_eq!(now(), held + DAY);
        resume();
        let resumed = now();
        assert!(resumed >= held + DAY && resumed - (held + DAY) < 3600 * SECOND);
        sleep(2 * MS).await; // with the system's clock, a day ahead of it
        assert!(now() >= resumed + 2 * MS);
        pause();
        assert!(now() >= resumed + 2 * MS);
        assert_eq!(sleep(SECOND).deadline(), now() + SECOND);
    });
}

#[test]
fn it_stands_from_one_block_on_to_the_next_and_every_runtime_has_its_own() {
    ends(|| {
        let (held, other) = (Runtime::builder().paused().build().unwrap(), Runtime::new().unwrap());
        let start = held.block_on(async { now() });
        thread::sleep(2 * MS);
        held.block_on(async {
            assert_eq!(now(), start);
            sleep(DAY).await;
        });
        other.block_on(async {
            assert!(now() < start + DAY);
            assert!(panic_text(|| resume()).contains("not paused"));
        });
        assert!(now() < start + DAY, "outside, it is the system's");
        held.block_on(async { assert_eq!(now(), start + DAY) });
    });
}

#[test]
fn a_sleep_of_zero_gives_way_once_and_moves_no_time() {
    paused(async || {
        let (start, other) = (now(), spawn(async {}));
        sleep(Duration::ZERO).await;
        assert!(other.is_finished());
        sleep_until(start).await;
        sleep_until(start - MS).await;
        assert_eq!(now(), start);
        // Its time has come, so the look that finds it due need not move the clock either.
        let nap = spawn(sleep(Duration::ZERO));
        advance(Duration::ZERO).await;
        assert!(nap.is_finished());
        assert_eq!((now(), shirr::metrics().timers), (start, 0));
    });
}

#[test]
fn an_advance_fires_each_timer_at_its_own_time_and_those_made_on_the_way_among_them() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        let (log, inner) = (trace.clone(), trace.clone());
        let chain = spawn(async move {
            // Each is made when the one before has fired, and falls between the others.
            for _ in 0..4 {
                sleep(3 * SECOND).await;
                inner.note(format!("chain at {}", (now() - start).as_secs()));
            }
        });
        let _others = [8, 4, 20].map(|seconds| sleeper(&trace, start, seconds));
        turns(1).await;
        advance(10 * SECOND).await;
        log.note("advanced");
        assert_eq!(now(), start + 10 * SECOND);
        chain.await.unwrap();
        let expected =
            ["chain at 3", "4 at 4", "chain at 6", "8 at 8", "chain at 9", "advanced", "chain at 12"];
        assert_eq!(trace.take(), expected);
    });
}

#[test]
fn an_advance_returns_when_all_that_its_timers_woke_have_come_to_rest() {
    paused(async || {
        let (trace, start) = (Trace::default(), now());
        let log = trace.clone();
        let first = sleeper(&trace, start, 5); // due at the very end
        drop(spawn(async move {
            first.await.unwrap();
            turns(300).await; // more than the loop takes between two looks
            drop(spawn(async move { log.note("the last task of the chain") }));
        }));
        advance(5 * SECOND).await;
        trace.note("advanced");
        assert_eq!(trace.take(), ["5 at 5", "the last task of the chain", "advanced"]);
    });
}

#[test]
fn an_advance_stops_short_of_what_is_due_later_and_one_of_zero_lets_all_tasks_run() {
    paused(async || {
        let (start, nap) = (now(), spawn(sleep(SECOND)));
        advance(SECOND - Duration::from_nanos(1)).await;
        assert!(!nap.is_finished());
        advance(Duration::from_nanos(1)).await;
        assert!(nap.is_finished());
        let other = spawn(turns(500));
        advance(Duration::ZERO).await;
        assert!(other.is_finished());
        assert_eq!(now(), start + SECOND);
    });
}

#[test]
fn an_advance_dropped_on_the_way_leaves_the_clock_there_and_another_may_follow() {
    paused(async || {
        let (start, minute) = (now(), 60 * SECOND);
        let traveller = spawn(advance(minute));
        sleep(10 * SECOND).await; // fires on the way
        traveller.abort();
        assert!(traveller.await.unwrap_err().is_cancelled());
        assert_eq!(now(), start + 10 * SECOND);
        let mut done = Box::pin(advance(SECOND));
        (&mut done).await;
        advance(SECOND).await; // though the one before is still there
        assert_eq!(now(), start + 12 * SECOND);
    });
}

#[test]
fn four_hundred_days_with_timers_from_a_millisecond_to_a_year_pass_in_order() {
    let real = Instant::now();
    paused(async || {
        let (trace, start) = (common::Count::default(), now());
        let year = 365 * DAY;
        // From 1 ms in steps of a thousandth up to a year, made in no particular order.
        let mut deadlines: Vec<Duration> = std::iter::successors(Some(MS), |d| Some(*d * 1_003 / 1_000 + MS))
            .take_while(|d| *d < year)
            .collect();
        deadlines.push(year);
        let last = deadlines.len();
        assert!(last > 4_000);
        let mut order: Vec<usize> = (0..last).collect();
        order.sort_by_key(|i| i * 7_919 % last);
        for i in order {
            let (count, deadline) = (trace.clone(), start + deadlines[i]);
            drop(spawn(async move {
                sleep_until(deadline).await;
                assert_eq!(now(), deadline);
                assert_eq!(count.get(), i, "out of order");
                count.add(1);
            }));
        }
        advance(400 * DAY).await;
        assert_eq!((trace.get(), now() - start), (last, 400 * DAY));
        assert_eq!(shirr::metrics().timers, 0);
    });
    assert!(real.elapsed() < 5 * SECOND, "{:?} of real time", real.elapsed());
}

#[test]
fn a_timeout_does_not_elapse_while_its_socket_waits_for_a_slow_peer() {
    paused(async || {
        let (stream, mut peer) = tcp_pair().await;
        let (start, looks) = (now(), shirr::metrics().looks);
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
        assert!(shirr::metrics().looks - looks < 20);
        // Nobody waits for the socket any more, so time may go on.
        sleep(SECOND).await;
        assert_eq!(now(), start + SECOND);
        drop(peer.join());
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
            let heard = timeout(SECOND, stream.read(&mut [0; 1])).await.is_ok();
            (silent, silent_at, heard, now())
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
fn a_helper_whose_result_nobody_awaits_lets_time_go_on_when_it_ends() {
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

/// Woken by the loop in the middle of a look, it lets a helper go on and gives it time to end.
struct LetsGo(mpsc::Sender<()>);

impl Wake for LetsGo {
    fn wake(self: Arc<Self>) {
        self.0.send(()).unwrap();
        thread::sleep(10 * MS);
    }
}

#[test]
fn a_helper_that_ends_while_the_loop_looks_is_heard_before_time_moves() {
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

#[test]
fn a_wake_from_another_thread_is_heard_while_time_stands_for_a_socket() {
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
        assert_eq!(stalled(), None, "a clock that goes stands for nobody");
        other.await.unwrap();
    });
}

#[test]
fn what_is_asked_of_a_clock_in_the_wrong_state_is_refused_with_the_reason() {
    common::run(async || {
        assert!(
            panic_text(resume).contains("shirr::time::resume was called, but the runtime's clock is not")
        );
        let text = common::text_of(common::caught(advance(MS)).await.unwrap_err().as_ref());
        assert!(text.contains("not paused") && text.contains("shirr::time::pause()"), "{text}");
        pause();
        assert!(panic_text(pause).contains("paused already"));
        let text = common::text_of(common::caught(advance(Duration::MAX)).await.unwrap_err().as_ref());
        assert!(text.contains("cannot go as far"), "{text}");
        let mut one = advance(SECOND);
        assert!(begin(&mut one).await.is_pending());
        let text = common::text_of(common::caught(advance(MS)).await.unwrap_err().as_ref());
        assert!(text.contains("another one is under way"), "{text}");
        assert!(panic_text(resume).contains("while a shirr::time::advance is under way"));
        one.await;
        resume();
    });
}

#[test]
fn outside_a_runtime_its_functions_panic_with_the_line_that_mends_it() {
    let panics = [
        ("shirr::time::pause", panic_text(pause)),
        ("shirr::time::resume", panic_text(resume)),
        ("shirr::time::stalled", panic_text(stalled)),
        ("shirr::time::advance", panic_text(|| common::poll_once(&mut advance(MS)))),
        ("shirr::time::interval", panic_text(|| common::poll_once(&mut Box::pin(interval(MS).tick())))),
    ];
    for (name, text) in panics {
        assert!(text.contains(name) && text.contains("shirr::block_on(async"), "{text}");
    }
}

#[test]
fn a_sleep_of_another_thread_is_no_part_of_this_clock_and_goes_by_the_one_it_is_polled_in() {
    ends(|| {
        let held = Runtime::builder().paused().build().unwrap();
        let mut nap = sleep(DAY);
        held.block_on(async { assert!(begin(&mut nap).await.is_pending()) });
        thread::spawn(move || {
            shirr::block_on(async {
                nap.reset(now() + MS); // takes it out of the other runtime
                nap.await;
            });
        })
        .join()
        .unwrap();
        held.block_on(async {
            let start = now();
            let hang = timeout(2 * DAY, pending::<()>());
            assert!(hang.await.is_err());
            assert_eq!((now(), shirr::metrics().timers), (start + 2 * DAY, 0));
        });
    });
}

#[test]
fn the_systems_clock_is_read_in_one_place_only() {
    let reads = |(file, source): (String, String)| {
        let code = tokens(source.split("#[cfg(test)]").next().unwrap());
        let now = code.windows(3).filter(|w| w[0].is("Instant") && w[1].is("::") && w[2].is("now"));
        let elapsed = code.windows(2).filter(|w| w[0].is(".") && w[1].is("elapsed"));
        (file, now.count() + elapsed.count())
    };
    let reads: Vec<_> = rust_files("src").into_iter().map(reads).filter(|(_, reads)| *reads > 0).collect();
    assert_eq!(reads, [("reactor/clock.rs".to_owned(), 1)]);
}
