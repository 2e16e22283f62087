//! Several runtimes: on several threads, one after another, one beside another on one thread,
//! one inside another; and code that finds no runtime where it needs one.

mod support;

use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{Runtime, gather, metrics, spawn, unblock, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::rc::Rc;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use support::{
    Drops, Log, Probe, alone, assert_nothing_left, event_poll, in_time, own_waker, panic_of, poll_once, run,
};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn two_runtimes_on_two_threads_wake_each_other() {
    in_time(|| {
        let (to_second, from_first) = mpsc::channel();
        let (to_first, from_second) = mpsc::channel();
        let play = |to: mpsc::Sender<_>, from: mpsc::Receiver<std::task::Waker>| {
            move || {
                let runtime = Runtime::new().unwrap();
                runtime.block_on(async {
                    let probe = Probe::default();
                    let task = spawn(probe.future());
                    yield_now().await;
                    to.send(probe.waker()).unwrap();
                    from.recv().unwrap().wake();
                    while probe.polls() < 2 {
                        sleep(Duration::from_millis(1)).await;
                    }
                    probe.open();
                    task.await.unwrap();
                });
                assert!(runtime.metrics().wakes_remote > 0);
                assert_nothing_left(&runtime);
            }
        };
        let second = thread::spawn(play(to_first, from_first));
        play(to_second, from_second)();
        second.join().unwrap();
    });
}

#[test]
fn several_runtimes_on_one_thread_run_by_turns() {
    in_time(|| {
        let log = Log::default();
        let [one, two] = ["one", "two"].map(|name| {
            let (runtime, log) = (Runtime::new().unwrap(), log.clone());
            drop(runtime.spawn(async move {
                for turn in 1..=3 {
                    log.add(format!("{name}{turn}"));
                    yield_now().await;
                }
            }));
            runtime
        });
        for _ in 0..2 {
            one.block_on(yield_now());
            two.block_on(yield_now());
        }
        assert_eq!(log.take(), ["one1", "one2", "two1", "two2", "one3", "two3"]);
        assert_nothing_left(&one);
        assert_nothing_left(&two);
    });
}

#[test]
fn a_task_may_spawn_into_another_runtime_of_its_thread() {
    in_time(|| {
        let (here, there) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let mut task = None;
        here.block_on(async { task = Some(there.spawn(async { metrics().tasks })) });
        assert_eq!(there.block_on(task.unwrap()).unwrap(), 1 + 1, "that root and this task");
    });
}

#[test]
fn block_on_inside_a_runtime_is_a_panic_that_says_why_and_what_to_do() {
    run(|| async {
        let runtime = Runtime::new().unwrap();
        for text in [panic_of(|| shirr::block_on(async {})), panic_of(|| runtime.block_on(async {}))] {
            assert!(text.contains("block_on or run_ready was called inside a shirr runtime"), "{text}");
            assert!(text.contains("await the future instead, or hand it to shirr::spawn"), "{text}");
        }
        let inside = spawn(async { shirr::block_on(async {}) });
        assert!(inside.await.unwrap_err().is_panic());
        spawn(async {}).await.unwrap(); // and this runtime is still the thread's
    });
}

#[test]
fn what_needs_a_runtime_says_so_and_shows_how_to_get_one() {
    let listen = || poll_once(&mut Box::pin(TcpListener::bind("127.0.0.1:0"))).map(drop);
    let connect = || poll_once(&mut Box::pin(TcpStream::connect("127.0.0.1:1"))).map(drop);
    let texts = [
        ("shirr::spawn", panic_of(|| spawn(async {}))),
        ("shirr::metrics", panic_of(metrics)),
        ("shirr::gather", panic_of(|| poll_once(&mut gather([async {}])))),
        ("shirr::unblock", panic_of(|| poll_once(&mut unblock(|| ())))),
        ("shirr::time::sleep", panic_of(|| poll_once(&mut sleep(HOUR)))),
        ("shirr::time::timeout", panic_of(|| poll_once(&mut Box::pin(timeout(HOUR, pending::<()>()))))),
        ("shirr::net::TcpListener", panic_of(listen)),
        ("shirr::net::TcpStream", panic_of(connect)),
    ];
    for (what, text) in texts {
        assert!(text.starts_with(what), "{text}");
        assert!(text.contains("no shirr runtime on this thread"), "{text}");
        assert!(text.contains("shirr::block_on(async { .. })"), "{text}");
    }
}

#[test]
fn the_root_may_borrow_from_the_stack() {
    in_time(|| {
        let (text, mut count) = (String::from("borrowed"), 0);
        let length = shirr::block_on(async {
            yield_now().await;
            count += 1;
            text.len()
        });
        assert_eq!((length, count), (8, 1));
    });
}

#[test]
fn a_runtime_that_is_dropped_lets_go_of_everything() {
    in_time(|| {
        let (shared, drops) = (Rc::new(()), Drops::default());
        let runtime = Runtime::new().unwrap();
        let park = |depth: usize| {
            let (held, guard) = (Rc::clone(&shared), drops.guard());
            async move {
                let inner = Rc::clone(&held);
                let waits = move |_| {
                    let inner = Rc::clone(&inner);
                    async move {
                        pending::<()>().await;
                        drop(inner);
                    }
                };
                gather((0..depth).map(waits)).await;
                sleep(HOUR).await;
                drop((held, guard));
            }
        };
        let tasks: Vec<_> = (0..20).map(|i| runtime.spawn(park(i % 3))).collect();
        runtime.block_on(event_poll());
        assert!(Rc::strong_count(&shared) > 20);
        drop(runtime);
        assert_eq!((Rc::strong_count(&shared), drops.count()), (1, 20));
        assert!(tasks.iter().all(|task| task.is_finished()));
    });
}

thread_local! {
    static RUNTIME: RefCell<Option<Runtime>> = const { RefCell::new(None) };
}

#[test]
fn a_runtime_kept_in_a_thread_local_ends_with_its_thread() {
    in_time(|| {
        let drops = Drops::default();
        let (parked, spawned) = (drops.guard(), drops.guard());
        thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            let at_exit = support::on_drop(move || {
                drop(parked);
                // The runtime is the thread's until its last drop has come to an end.
                assert!(spawn(async move { drop(spawned) }).is_finished());
            });
            drop(runtime.spawn(async move {
                sleep(HOUR).await;
                drop(at_exit);
            }));
            runtime.block_on(yield_now());
            RUNTIME.set(Some(runtime));
        })
        .join()
        .unwrap();
        assert_eq!(drops.count(), 2);
    });
}

/// Open descriptors, and kilobytes in memory.
#[cfg(target_os = "linux")]
fn used() -> (usize, usize) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    (std::fs::read_dir("/proc/self/fd").unwrap().count(), kilobytes)
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_thousand_runtimes_one_after_another_leave_nothing() {
    alone("a_hundred_thousand_runtimes_one_after_another_leave_nothing", || {
        let live = |rounds: usize| {
            for _ in 0..rounds {
                shirr::block_on(async {
                    drop(spawn(sleep(HOUR)));
                    drop(spawn(async {}));
                    yield_now().await;
                });
            }
        };
        live(1_000);
        let (descriptors, kilobytes) = used();
        live(100_000);
        let (descriptors_then, kilobytes_then) = used();
        assert_eq!(descriptors_then, descriptors);
        assert!(kilobytes_then < kilobytes + 8 * 1024, "{kilobytes} kB became {kilobytes_then} kB");
    });
}

/// A gather that has begun, which keeps the number of its runtime, so that it never takes
/// another for it.
fn begun(runtime: &Runtime) -> impl Future + use<> {
    let mut gathered = gather([pending::<()>()]);
    runtime.block_on(async { assert!(poll_once(&mut gathered).is_pending()) });
    gathered
}

#[test]
fn handles_that_outlive_their_runtime_leave_its_successor_alone() {
    in_time(|| {
        let first = Runtime::new().unwrap();
        let handle = first.spawn(async { 7 });
        first.block_on(yield_now());
        drop(first);
        // It gets the same number, and the task the same slot.
        let second = Runtime::new().unwrap();
        let task = second.spawn(yield_now());
        assert_ne!(task.id(), handle.id());
        handle.abort();
        second.block_on(async {
            handle.abort();
            assert_eq!(handle.await.unwrap(), 7);
            task.await.unwrap();
        });
    });
}

#[test]
fn one_runtime_more_than_can_be_numbered_is_an_error_until_a_number_is_free() {
    alone("one_runtime_more_than_can_be_numbered_is_an_error_until_a_number_is_free", || {
        let mut gathers = Vec::new();
        let error = loop {
            match Runtime::new() {
                Ok(runtime) => gathers.push(begun(&runtime)),
                Err(error) => break error,
            }
        };
        assert!(error.to_string().contains("shirr runtimes are alive"), "{error}");
        assert!(error.to_string().contains("a gather that had begun in it, is kept"), "{error}");
        assert!(gathers.len() >= 127);
        gathers.pop();
        assert_eq!(shirr::block_on(async { 7 }), 7);
        assert!(
            panic_of(|| {
                let _one = Runtime::new().unwrap();
                shirr::block_on(async {})
            })
            .starts_with("shirr cannot make a runtime")
        );
    });
}

#[test]
fn metrics_are_back_at_zero_when_everything_has_ended() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let (stream, peer) = support::tcp_pair().await;
            let _ = timeout(Duration::from_millis(1), stream.read(&mut [0; 1])).await;
            unblock(|| drop(peer)).await.unwrap();
            gather((0..10).map(|_| sleep(Duration::from_millis(1)))).await;
            let task = spawn(own_waker());
            event_poll().await;
            let busy = metrics();
            assert_eq!((busy.tasks, busy.timers, busy.sources), (1, 0, 1));
            task.await.unwrap().wake();
        });
        assert_nothing_left(&runtime);
        let total = runtime.metrics();
        assert!(total.polls > 0 && total.event_polls > 0 && total.sleeps > 0 && total.wakes_stale > 0);
    });
}
