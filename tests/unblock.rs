//! `unblock`: closures on helper threads, bounded, in order, and given up when no task wants
//! them any more.

mod support;

use shirr::{Builder, Runtime, Unblock, gather, spawn, unblock, yield_now};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex, mpsc};
use std::task::Poll;
use std::thread;
#[cfg(target_os = "linux")]
use support::alone;
use support::{Drops, Guard, event_poll, in_time, on_drop, panic_of, poll_once, run};

fn runtime(helper_threads: usize) -> Runtime {
    Runtime::builder().helper_threads(helper_threads).build().unwrap()
}

/// Occupies one helper until the returned sender is dropped. Returns when it has begun.
fn occupy() -> (mpsc::Sender<()>, Unblock<impl FnOnce() -> bool, bool>) {
    let (release, released) = mpsc::channel::<()>();
    let (begins, begun) = mpsc::channel();
    let mut busy = unblock(move || {
        begins.send(()).unwrap();
        released.recv().is_err()
    });
    assert!(poll_once(&mut busy).is_pending());
    begun.recv().unwrap();
    (release, busy)
}

#[test]
fn the_closure_runs_on_another_thread_and_its_result_comes_back() {
    run(|| async {
        let here = thread::current().id();
        let (there, sum) = unblock(|| (thread::current().id(), 6 * 7)).await.unwrap();
        assert_ne!(there, here);
        assert_eq!(sum, 42);
    });
}

#[test]
fn the_loop_goes_on_while_a_closure_blocks() {
    in_time(|| {
        runtime(1).block_on(async {
            let (release, busy) = occupy();
            for _ in 0..1_000 {
                yield_now().await;
            }
            drop(release);
            assert!(busy.await.unwrap());
        });
    });
}

#[test]
fn a_panic_of_the_closure_is_a_join_error_and_its_helper_goes_on() {
    in_time(|| {
        runtime(1).block_on(async {
            let error = unblock(|| panic!("blocked")).await.map(|never: ()| never).unwrap_err();
            assert_eq!(error.to_string(), "task panicked: blocked");
            assert_eq!(unblock(|| 7).await.unwrap(), 7);
        });
    });
}

#[test]
fn at_most_the_set_number_of_closures_run_at_a_time() {
    in_time(|| {
        runtime(2).block_on(async {
            let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
            // A closure that runs waits here for a second one, so that two do run together.
            let pair = Arc::new(Barrier::new(2));
            let work = |_| {
                let (now, most, pair) = (Arc::clone(&now), Arc::clone(&most), Arc::clone(&pair));
                unblock(move || {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    pair.wait();
                    now.fetch_sub(1, Ordering::SeqCst);
                })
            };
            gather((0..100).map(work)).await.into_iter().for_each(Result::unwrap);
            assert_eq!(most.load(Ordering::SeqCst), 2);
        });
    });
}

#[test]
fn closures_begin_in_the_order_of_their_first_polls() {
    in_time(|| {
        runtime(1).block_on(async {
            let (release, busy) = occupy();
            let order = Arc::new(Mutex::new(Vec::new()));
            let mut queued: Vec<_> = (0..10)
                .map(|i| {
                    let order = Arc::clone(&order);
                    unblock(move || order.lock().unwrap().push(i))
                })
                .collect();
            for i in [3, 1, 4, 5, 9, 2, 6, 8, 7, 0] {
                assert!(poll_once(&mut queued[i]).is_pending());
            }
            drop(release);
            busy.await.unwrap();
            gather(queued).await.into_iter().for_each(Result::unwrap);
            assert_eq!(*order.lock().unwrap(), [3, 1, 4, 5, 9, 2, 6, 8, 7, 0]);
        });
    });
}

#[test]
fn a_closure_dropped_before_it_was_begun_never_runs() {
    in_time(|| {
        runtime(1).block_on(async {
            let (release, busy) = occupy();
            let (drops, ran) = (Drops::default(), Arc::new(AtomicUsize::new(0)));
            let (guard, count) = (drops.guard(), Arc::clone(&ran));
            let mut queued = unblock(move || {
                count.fetch_add(1, Ordering::SeqCst);
                drop(guard);
            });
            assert!(poll_once(&mut queued).is_pending());
            drop(queued);
            assert_eq!(drops.count(), 1, "what it held is free at once");
            drop(unblock(move || panic!("never polled, never run")));
            drop(release);
            busy.await.unwrap();
            unblock(|| ()).await.unwrap(); // behind it in the queue
            assert_eq!(ran.load(Ordering::SeqCst), 0);
        });
    });
}

#[test]
fn a_closure_dropped_while_it_runs_runs_on_and_its_result_is_dropped() {
    in_time(|| {
        runtime(1).block_on(async {
            let (release, released) = mpsc::channel::<()>();
            let (begins, begun) = mpsc::channel();
            let drops = Drops::default();
            let result = drops.guard();
            let mut running = unblock(move || {
                begins.send(()).unwrap();
                let _ = released.recv();
                result
            });
            assert!(poll_once(&mut running).is_pending());
            begun.recv().unwrap();
            drop(running);
            assert_eq!(drops.count(), 0);
            drop(release);
            unblock(|| ()).await.unwrap(); // behind it on the only helper
            assert_eq!(drops.count(), 1);
        });
    });
}

#[test]
fn at_shutdown_closures_not_yet_begun_are_dropped_and_say_cancelled() {
    in_time(|| {
        let (first, second) = (runtime(1), runtime(1));
        let drops = Drops::default();
        let guard = drops.guard();
        let mut queued = unblock(move || drop(guard));
        let (release, busy) = first.block_on(async {
            let occupied = occupy();
            assert!(poll_once(&mut queued).is_pending());
            occupied
        });
        drop(first);
        assert_eq!(drops.count(), 1);
        assert!(second.block_on(queued).unwrap_err().is_cancelled());
        drop(release); // one that was begun is not waited for, and gives its result
        assert!(second.block_on(busy).unwrap());
    });
}

#[test]
fn at_shutdown_tasks_are_dropped_before_closures_not_yet_begun() {
    in_time(|| {
        let (runtime, order) = (runtime(1), Arc::new(Mutex::new(Vec::new())));
        let notes = |what| {
            let order = Arc::clone(&order);
            on_drop(move || order.lock().unwrap().push(what))
        };
        let (in_task, in_closure) = (notes("task"), notes("closure"));
        let mut queued = unblock(move || drop(in_closure));
        let (release, busy) = runtime.block_on(async {
            let occupied = occupy();
            assert!(poll_once(&mut queued).is_pending());
            drop(spawn(async move {
                pending::<()>().await;
                drop(in_task);
            }));
            occupied
        });
        drop(runtime);
        assert_eq!(*order.lock().unwrap(), ["task", "closure"]);
        drop((release, busy, queued));
    });
}

/// A value whose drop panics, after the guard in it is dropped.
fn bomb(guard: Guard) -> impl Sized + use<> {
    on_drop(move || {
        drop(guard);
        panic!("a drop panicked");
    })
}

#[test]
fn a_result_whose_drop_panics_does_not_end_its_helper() {
    in_time(|| {
        runtime(1).block_on(async {
            let (release, released) = mpsc::channel::<()>();
            let (begins, begun) = mpsc::channel();
            let drops = Drops::default();
            let result = bomb(drops.guard());
            let mut running = unblock(move || {
                begins.send(()).unwrap();
                let _ = released.recv();
                result
            });
            assert!(poll_once(&mut running).is_pending());
            begun.recv().unwrap();
            drop((running, release));
            assert_eq!(unblock(|| 7).await.unwrap(), 7);
            assert_eq!(drops.count(), 1);
        });
    });
}

#[test]
fn a_closure_whose_drop_panics_at_shutdown_says_so() {
    in_time(|| {
        let (first, second) = (runtime(1), runtime(1));
        let drops = Drops::default();
        let held = bomb(drops.guard());
        let mut queued = unblock(move || drop(held));
        let occupied = first.block_on(async {
            let occupied = occupy();
            assert!(poll_once(&mut queued).is_pending());
            occupied
        });
        drop(first);
        assert_eq!(drops.count(), 1);
        let polled = second.block_on(async { poll_once(&mut queued) });
        assert!(matches!(polled, Poll::Ready(Err(error)) if error.is_panic()));
        drop(occupied);
    });
}

#[test]
fn many_tasks_may_unblock_at_once() {
    run(|| async {
        let tasks: Vec<_> =
            (0..1_000_u64).map(|i| spawn(async move { unblock(move || i * i).await })).collect();
        for (i, task) in (0..).zip(tasks) {
            assert_eq!(task.await.unwrap().unwrap(), i * i);
        }
    });
}

#[test]
fn a_closure_may_run_a_runtime_of_its_own() {
    run(|| async {
        let sum = unblock(|| shirr::block_on(async { spawn(async { 6 * 7 }).await.unwrap() }));
        assert_eq!(sum.await.unwrap(), 42);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn helper_threads_end_after_their_runtime() {
    alone("helper_threads_end_after_their_runtime", || {
        let threads = || std::fs::read_dir("/proc/self/task").unwrap().count();
        let before = threads();
        for _ in 0..100 {
            shirr::block_on(async { unblock(|| ()).await.unwrap() });
        }
        while threads() > before {
            thread::yield_now();
        }
    });
}

#[test]
fn an_unblock_polled_after_its_result_panics() {
    run(|| async {
        let mut once = unblock(|| ());
        (&mut once).await.unwrap();
        assert!(panic_of(|| poll_once(&mut once)).contains("polled after it gave its result"));
        event_poll().await;
    });
}

#[test]
fn no_helper_thread_at_all_is_refused_with_a_text() {
    let refused = panic_of(|| Runtime::builder().helper_threads(0));
    assert!(refused.contains("at least one helper thread"), "{refused}");
    let _: Builder = Runtime::builder().helper_threads(1);
}
