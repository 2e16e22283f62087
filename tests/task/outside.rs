//! What comes from outside of a runtime: futures that other threads have made and spawned there,
//! and a loop of another kind that drives it.

use crate::common::shuffled::is_shuffled;
use crate::support::hooked::Hooks;
use crate::support::{Drops, Log, Probe, assert_nothing_left, in_time, panic_of, poll_once, poll_with, run};
use shirr::net::{TcpListener, TcpStream};
use shirr::time::{sleep, timeout};
use shirr::{Handle, JoinHandle, RemoteHandle, Runtime, block_on, metrics, spawn, unblock, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::task::Poll;
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);

/// What a task that was spawned from another thread shows of itself.
async fn shown() -> (ThreadId, usize) {
    let shared = Rc::new(Cell::new(6)); // not `Send`
    let copy = Rc::clone(&shared);
    spawn(async move { copy.set(7 * copy.get()) }).await.unwrap();
    (thread::current().id(), shared.get())
}

/// Breaks if the closure or its future runs on the caller's thread.
#[test]
fn what_another_thread_sends_is_made_and_run_on_the_runtimes_thread_and_answers_there() {
    in_time(|| {
        let (runtime, home) = (Runtime::new().unwrap(), thread::current().id());
        let handle = runtime.handle();
        let other = thread::spawn(move || {
            let made = handle.spawn_with(move || {
                assert_eq!(thread::current().id(), home);
                shown()
            });
            block_on(made).unwrap() // in a runtime of its own
        });
        let answer = runtime.block_on(unblock(move || other.join().unwrap())).unwrap();
        assert_eq!(answer, (home, 42));
        assert_nothing_left(&runtime); // also the handle's task, the handle being gone
    });
}

/// Breaks if the loop, asleep, is not woken, or an answer wakes nothing: both would hang.
#[test]
fn a_loop_that_sleeps_wakes_for_each_of_a_thousand_and_they_are_spawned_in_order() {
    run(|| async {
        let (handle, home) = (Handle::current(), thread::current().id());
        thread_local!(static LOG: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });
        let sender = unblock(move || {
            for n in 0..1_000 {
                let made = handle.spawn_with(move || {
                    LOG.with_borrow_mut(|log| log.push(n));
                    async { thread::current().id() }
                });
                assert_eq!(block_on(made).unwrap(), home);
            }
        });
        sender.await.unwrap();
        assert_eq!(LOG.take(), (0..1_000).collect::<Vec<_>>());
    });
}

/// Breaks if a burst is spawned in another order.
#[test]
fn a_burst_is_made_in_the_order_in_which_it_was_sent() {
    if is_shuffled("order of turns") {
        return;
    }
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (handle, (sender, made)) = (runtime.handle(), channel());
        for n in 0..1_000 {
            let sender = sender.clone();
            drop(handle.clone().spawn_with(move || async move { sender.send(n).unwrap() }));
        }
        drop((handle, sender));
        runtime.block_on(async {
            while metrics().tasks > 1 {
                yield_now().await
            }
        });
        assert_eq!(made.iter().collect::<Vec<u32>>(), (0..1_000).collect::<Vec<_>>());
    });
}

/// Breaks if a panic passes to another task, or no answer comes of it.
#[test]
fn a_panic_of_the_closure_or_of_the_future_is_its_answer_and_no_one_elses() {
    run(|| async {
        let handle = Handle::current();
        let closure = handle.spawn_with(|| -> Pin<Box<dyn Future<Output = ()>>> { panic!("no ink") });
        let future = handle.spawn_with(|| async { panic!("no paper") });
        let text = |error: shirr::JoinError| error.to_string();
        assert_eq!(text(closure.await.unwrap_err()), "task panicked: no ink");
        assert_eq!(text(future.await.unwrap_err()), "task panicked: no paper");
        assert_eq!(handle.spawn_with(async || 7).await.unwrap(), 7);
    });
}

/// Breaks if one of the three is forgotten by the runtime's end: its wait would hang.
#[test]
fn the_end_of_the_runtime_cancels_what_runs_what_waits_and_what_comes_later() {
    in_time(|| {
        let (runtime, drops) = (Runtime::new().unwrap(), Drops::default());
        let handle = runtime.handle();
        let holds = || {
            let guard = drops.guard();
            handle.spawn_with(move || async move {
                pending::<()>().await;
                drop(guard)
            })
        };
        let runs = holds();
        runtime.block_on(async {
            while metrics().tasks < 3 {
                yield_now().await
            }
        });
        let waits = holds();
        drop(runtime);
        assert_eq!(drops.count(), 2);
        let late = holds();
        assert_eq!(drops.count(), 3, "what can never run is dropped at once");
        for task in [runs, waits, late] {
            assert!(task.is_finished() && block_on(task).unwrap_err().is_cancelled());
        }
    });
}

struct PanicsInItsDrop;

impl Drop for PanicsInItsDrop {
    fn drop(&mut self) {
        panic!("no drop");
    }
}

/// Breaks if what has no turn any more is dropped without a word of how, or a drop's panic ends the
/// thread that sends.
#[test]
fn a_drop_that_panics_at_the_end_of_the_runtime_is_its_tasks_answer() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (handle, (sender, begins)) = (runtime.handle(), channel());
        let holds = || {
            let (guard, sender) = (PanicsInItsDrop, sender.clone());
            handle.spawn_with(move || async move {
                sender.send(()).unwrap();
                pending::<()>().await;
                drop(guard)
            })
        };
        let begun = holds();
        runtime.block_on(async {
            while begins.try_recv().is_err() {
                yield_now().await
            }
        });
        let waits = holds();
        drop(runtime);
        let late = holds();
        for task in [begun, waits, late] {
            assert_eq!(block_on(task).unwrap_err().to_string(), "task panicked: no drop");
        }
    });
}

/// Breaks if the waker of the last poll waits for the task's end.
#[test]
fn dropped_while_its_task_runs_a_remote_handle_drops_its_waker_at_once() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (hooks, waker) = Hooks::new().waker();
        let mut task = runtime.handle().spawn_with(pending::<()>);
        assert!(poll_with(&mut task, &waker).is_pending());
        drop(waker);
        assert_eq!(Arc::strong_count(&hooks), 2);
        drop(task);
        assert_eq!(Arc::strong_count(&hooks), 1);
    });
}

/// Breaks if a drop of the handle withdraws the closure or aborts the task, or its output stays.
#[test]
fn dropped_before_or_after_the_end_a_remote_handle_leaves_its_task_alone() {
    run(|| async {
        let (handle, drops, (sender, receiver)) = (Handle::current(), Drops::default(), channel());
        let task = |name: &'static str| {
            let (guard, sender) = (drops.guard(), sender.clone());
            handle.spawn_with(move || async move {
                sender.send(name).unwrap();
                guard
            })
        };
        drop(task("dropped before it was spawned"));
        let ended = task("dropped after its end");
        while !ended.is_finished() {
            yield_now().await;
        }
        assert_eq!(drops.count(), 1);
        drop(ended);
        assert_eq!(drops.count(), 2);
        assert_eq!(receiver.try_iter().count(), 2);
    });
}

#[test]
fn given_up_a_remote_handle_loses_nothing_and_polled_after_its_answer_it_panics() {
    run(|| async {
        let mut task = Handle::current().spawn_with(async || 7);
        assert!(poll_once(&mut task).is_pending());
        while !task.is_finished() {
            yield_now().await;
        }
        assert_eq!((&mut task).await.unwrap(), 7);
        let text = panic_of(move || poll_once(&mut task));
        assert!(text.contains("polled after it gave"), "{text}");
    });
}

/// Breaks if a ready answer is not a step of the task that asks for it.
#[test]
fn a_task_that_takes_answers_that_are_there_gives_way_after_128() {
    run(|| async {
        let handle = Handle::current();
        let tasks: Vec<RemoteHandle<()>> = (0..130).map(|_| handle.spawn_with(async || ())).collect();
        while !tasks.iter().all(RemoteHandle::is_finished) {
            yield_now().await;
        }
        yield_now().await;
        let (other, mut taken) = (spawn(async {}), 0);
        for task in tasks {
            task.await.unwrap();
            taken += 1;
            if taken == 128 {
                assert!(!other.is_finished());
            }
        }
        assert!(other.is_finished());
    });
}

/// Breaks if the task behind a handle ends before the last clone, or stays after it.
#[test]
fn the_task_behind_a_handle_ends_with_its_last_clone() {
    run(|| async {
        let handle = Handle::current();
        let clone = handle.clone();
        yield_now().await;
        drop(handle);
        yield_now().await;
        assert_eq!(metrics().tasks, 2);
        thread::spawn(move || drop(clone)).join().unwrap();
        while metrics().tasks > 1 {
            sleep(MS).await;
        }
    });
}

/// A task that gives way `n` times.
async fn gives_way(n: usize) {
    for _ in 0..n {
        yield_now().await;
    }
}

/// Breaks if it waits, or returns while a task is ready that it could give a turn.
#[test]
fn run_ready_runs_until_no_task_is_ready_and_does_not_wait() {
    in_time(|| {
        let (runtime, probe) = (Runtime::new().unwrap(), Probe::default());
        let task = runtime.spawn({
            let probe = probe.clone();
            async move {
                gives_way(10).await;
                spawn(gives_way(10)).await.unwrap();
                probe.future().await;
            }
        });
        assert_eq!(runtime.run_ready(), None);
        assert_eq!((runtime.metrics().tasks, runtime.metrics().sleeps), (1, 0));
        probe.open();
        assert_eq!(runtime.run_ready(), None);
        assert!(task.is_finished());
        assert_eq!(runtime.run_ready(), None);
        assert_nothing_left(&runtime);
    });
}

/// Breaks if it goes on for as long as a task is ready, or says that there is nothing to do.
#[test]
fn tasks_that_are_always_ready_keep_the_caller_for_128_turns() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        drop(runtime.spawn(gives_way(1_000)));
        for calls in 1..=7 {
            let before = Instant::now();
            let again = runtime.run_ready().expect("a task is ready");
            assert!(before <= again && again <= Instant::now());
            let metrics = runtime.metrics();
            assert_eq!((metrics.polls, metrics.event_polls), (128 * calls, calls));
        }
        assert_eq!(runtime.run_ready(), None);
        assert_eq!(runtime.metrics().polls, 1_001);
    });
}

/// Breaks if it gives a timer's time by a clock that is not the system's, or fires one early.
#[test]
fn run_ready_tells_the_nearest_deadline_and_a_paused_clock_has_none() {
    in_time(|| {
        let (runtime, start) = (Runtime::new().unwrap(), Instant::now());
        let nap = runtime.spawn(sleep(20 * MS));
        let mut calls = 0;
        while let Some(again) = runtime.run_ready() {
            assert!(!nap.is_finished() && again <= Instant::now() + 20 * MS);
            thread::sleep(again.saturating_duration_since(Instant::now()));
            calls += 1;
        }
        assert!(nap.is_finished() && start.elapsed() >= 20 * MS);
        assert!(calls < 20, "{calls} calls for one timer");

        let paused = Runtime::builder().paused().build().unwrap();
        let nap = paused.spawn(sleep(MS));
        assert_eq!((paused.run_ready(), paused.metrics().timers), (None, 1));
        assert!(!nap.is_finished());
    });
}

#[test]
fn run_ready_inside_a_runtime_is_a_panic_that_says_why() {
    let text = panic_of(|| block_on(async { Runtime::new().unwrap().run_ready() }));
    assert!(text.contains("inside a shirr runtime"), "{text}");
}

/// Breaks if an abort from before comes after the task's first poll, or a panic stops the others.
#[test]
fn run_ready_keeps_the_rules_of_block_on_for_aborts_and_panics() {
    in_time(|| {
        let (runtime, log) = (Runtime::new().unwrap(), Log::default());
        // More messages than one event poll takes, those for the first tasks last.
        let aborted: Vec<_> = (0..1_500)
            .map(|_| {
                let log = log.clone();
                runtime.spawn(async move { log.add("polled") })
            })
            .collect();
        aborted.iter().rev().for_each(JoinHandle::abort);
        let panics = runtime.spawn(async { panic!("no ink") });
        let after = runtime.spawn(async {});
        while runtime.run_ready().is_some() {}
        assert!(aborted.iter().all(JoinHandle::is_finished));
        assert!(panics.is_finished() && after.is_finished());
        assert_eq!(log.take(), [""; 0]);
    });
}

/// A loop as that of a user interface: it waits for the runtime's descriptor among its own events,
/// and is no runtime. Returns how often it called.
#[cfg(all(
    not(mio_unsupported_force_poll_poll),
    any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"),
))]
#[allow(unsafe_code, reason = "std has no poll(2)")]
fn host(runtime: &Runtime, mut is_over: impl FnMut() -> bool) -> usize {
    use std::os::fd::AsRawFd;

    let mut calls = 0;
    loop {
        let again = runtime.run_ready();
        calls += 1;
        if is_over() {
            return calls;
        }
        let left = again.map(|at| at.saturating_duration_since(Instant::now()));
        // Rounded up, or the loop would spin through the last millisecond.
        let timeout = left.map_or(-1, |left| left.as_nanos().div_ceil(1_000_000) as i32);
        let mut waited = libc::pollfd { fd: runtime.as_raw_fd(), events: libc::POLLIN, revents: 0 };
        // SAFETY: one `pollfd`, which lives until the call returns.
        assert!(unsafe { libc::poll(&mut waited, 1, timeout) } >= 0);
    }
}

/// Breaks if news of one kind does not end the host's wait, which would hang, or if old news ends
/// it again and again.
#[cfg(all(
    not(mio_unsupported_force_poll_poll),
    any(target_os = "linux", target_os = "android", target_vendor = "apple", target_os = "freebsd"),
))]
#[test]
fn a_loop_that_waits_for_the_descriptor_hears_of_sockets_timers_threads_and_helpers() {
    in_time(|| {
        let (runtime, log) = (Runtime::new().unwrap(), Log::default());
        let (handle, probe) = (runtime.handle(), Probe::default());
        let (told, opener) = (log.clone(), probe.clone());
        let task = runtime.spawn(async move {
            sleep(2 * MS).await;
            told.add("timer");
            unblock(|| thread::sleep(2 * MS)).await.unwrap();
            told.add("helper");
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let addr = listener.local_addr().unwrap();
            let peer = thread::spawn(move || {
                thread::sleep(2 * MS);
                std::net::TcpStream::connect(addr).unwrap()
            });
            let (stream, _) = listener.accept().await.unwrap();
            told.add("socket");
            drop(peer.join().unwrap());
            assert_eq!(stream.read(&mut [0]).await.unwrap(), 0);
            drop((stream, listener)); // no socket is open now
            thread::spawn(move || {
                thread::sleep(2 * MS);
                drop(handle.spawn_with(|| async {}));
                thread::sleep(2 * MS);
                drop(handle.spawn_with(move || async {}));
            });
            opener.future().await;
            told.add("end");
        });
        let calls = host(&runtime, || {
            if runtime.metrics().tasks == 1 {
                probe.open(); // by the host, on this thread, once the handle is gone
            }
            task.is_finished()
        });
        drop(task);
        assert_eq!(log.take(), ["timer", "helper", "socket", "end"]);
        assert!(calls < 60, "{calls} calls for a dozen events");
        assert_eq!(runtime.metrics().sleeps, 0, "the host waits, and the loop does not");
    });
}

/// Breaks if what happens between `run_ready` and `block_on` of one runtime is lost.
#[test]
fn run_ready_and_block_on_take_turns_on_one_runtime() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let (client, server) = runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            (client, listener.accept().await.unwrap().0)
        });
        let echo = runtime.spawn(async move {
            let mut word = [0; 4];
            server.read_exact(&mut word).await.unwrap();
            server.write_all(&word).await.unwrap();
        });
        runtime.run_ready();
        let mut word = [0; 4];
        runtime.block_on(client.write_all(b"word")).unwrap();
        while !echo.is_finished() {
            runtime.run_ready();
        }
        let read = timeout(Duration::from_secs(60), client.read_exact(&mut word));
        runtime.block_on(read).unwrap().unwrap();
        assert_eq!(&word, b"word");
        let mut polled = false;
        runtime.block_on(poll_fn(|_| {
            polled = true;
            Poll::Ready(())
        }));
        assert!(polled);
    });
}
