//! Wakes: late, repeated, stale, from drops, and from beyond the end of the task, the runtime
//! or the thread. None is lost, none does harm. Those of other threads are in
//! `wakes_remote.rs`.

use crate::support::{
    Probe, alone, assert_nothing_left, event_poll, in_time, on_drop, own_waker, poll_once, poll_with, run,
    run_alone,
};
use shirr::time::sleep;
use shirr::{Metrics, Runtime, gather, metrics, spawn, yield_now};
use std::cell::RefCell;
use std::future::pending;
use std::sync::mpsc;
use std::task::Waker;
use std::thread;
use std::time::Duration;

/// How many wakers of tasks and runtimes that are gone must differ from those that live.
/// A key of 32 bits has 256 serials, and a runtime takes at least 64 of them.
const STALE: (u64, u64) = if cfg!(target_pointer_width = "64") { (1_000, 100) } else { (200, 3) };

/// Local, remote, merged and stale wakes since `before`.
fn wakes_since(before: &Metrics) -> [u64; 4] {
    let now = metrics();
    [
        now.wakes_local - before.wakes_local,
        now.wakes_remote - before.wakes_remote,
        now.wakes_merged - before.wakes_merged,
        now.wakes_stale - before.wakes_stale,
    ]
}

#[test]
fn the_counters_tell_local_remote_merged_and_stale_wakes_apart() {
    run_alone("local::the_counters_tell_local_remote_merged_and_stale_wakes_apart", || async {
        let probe = Probe::default();
        let task = spawn(probe.future());
        yield_now().await;
        let (waker, before) = (probe.waker(), metrics());
        waker.wake_by_ref();
        assert_eq!(wakes_since(&before), [1, 0, 0, 0]);
        waker.wake_by_ref();
        assert_eq!(wakes_since(&before), [1, 0, 1, 0]);
        yield_now().await; // itself a local wake

        let (remote, before) = (waker.clone(), metrics());
        thread::spawn(move || (0..3).for_each(|_| remote.wake_by_ref())).join().unwrap();
        assert_eq!(wakes_since(&before), [0, 0, 0, 0], "not yet received");
        event_poll().await;
        let [local, remote, merged, stale] = wakes_since(&before);
        assert_eq!((remote, merged, stale), (1, 0, 0), "three that were not received yet are one");
        assert!(local > 1, "the remote one, and those of the root");

        probe.open();
        task.await.unwrap();
        let before = metrics();
        waker.wake();
        assert_eq!(wakes_since(&before), [0, 0, 0, 1]);
    });
}

#[test]
fn wakers_of_one_task_are_alike_and_those_of_two_differ() {
    run(|| async {
        let probes = [Probe::default(), Probe::default()];
        let tasks = probes.each_ref().map(|probe| spawn(probe.future()));
        yield_now().await;
        let [first, second] = probes.each_ref().map(Probe::waker);
        assert!(first.will_wake(&first.clone()));
        assert!(!first.will_wake(&second));
        assert!(!first.will_wake(&own_waker().await));
        first.wake_by_ref();
        yield_now().await;
        assert!(probes[0].waker().will_wake(&first), "every poll brings the same waker");
        drop(first); // does nothing
        assert_eq!([probes[0].polls(), probes[1].polls()], [2, 1]);
        probes.iter().for_each(Probe::open);
        for task in tasks {
            task.await.unwrap();
        }
    });
}

#[test]
fn stale_wakers_do_not_poll_the_newcomer_in_their_slot() {
    run_alone("local::stale_wakers_do_not_poll_the_newcomer_in_their_slot", || async {
        let mut wakers = Vec::new();
        for _ in 0..STALE.0 {
            wakers.push(spawn(own_waker()).await.unwrap());
        }
        let probe = Probe::default();
        let newcomer = spawn(probe.future());
        yield_now().await;
        let before = metrics();
        wakers.iter().for_each(Waker::wake_by_ref);
        let same = thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        same.join().unwrap();
        event_poll().await;
        assert_eq!(metrics().wakes_stale - before.wakes_stale, 2 * STALE.0);
        assert_eq!(probe.polls(), 1);
        probe.open();
        newcomer.await.unwrap();
    });
}

#[test]
fn a_key_left_in_the_queue_does_not_poll_the_newcomer_in_its_slot() {
    run(|| async {
        let mut gone = gather([pending::<()>()]);
        assert!(poll_once(&mut gone).is_pending());
        drop(gone); // its child's key stays in the queue
        let probe = Probe::default();
        let newcomer = spawn(probe.future());
        event_poll().await;
        assert_eq!(probe.polls(), 1);
        probe.open();
        newcomer.await.unwrap();
    });
}

/// Breaks if a runtime takes a waker of another one for its own.
#[test]
fn a_timer_may_wake_a_task_of_another_runtime() {
    in_time(|| {
        let (here, there) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let probe = Probe::default();
        let task = there.spawn(probe.future());
        there.block_on(yield_now());
        here.block_on(async {
            let mut timer = sleep(Duration::from_millis(1));
            assert!(poll_with(&mut timer, &probe.waker()).is_pending());
            sleep(Duration::from_millis(2)).await;
        });
        probe.set_open();
        there.block_on(task).unwrap();
        assert_eq!(probe.polls(), 2);
    });
}

#[test]
fn wakers_of_runtimes_that_are_gone_wake_no_task_of_a_later_one() {
    alone("local::wakers_of_runtimes_that_are_gone_wake_no_task_of_a_later_one", || {
        let wakers: Vec<_> = (0..STALE.1).map(|_| shirr::block_on(own_waker())).collect();
        let runtime = Runtime::new().unwrap();
        let probes = [Probe::default(), Probe::default(), Probe::default()];
        let tasks = probes.each_ref().map(|probe| runtime.spawn(probe.future()));
        runtime.block_on(async {
            yield_now().await;
            wakers.iter().for_each(Waker::wake_by_ref);
            yield_now().await;
        });
        assert_eq!(probes.each_ref().map(Probe::polls), [1, 1, 1]);
        assert_eq!(runtime.metrics().wakes_stale, STALE.1);
        drop(tasks);
    });
}

#[test]
fn a_waker_may_outlive_its_runtime_and_its_thread() {
    in_time(|| {
        let waker = thread::spawn(|| shirr::block_on(own_waker())).join().unwrap();
        waker.wake_by_ref();
        let other = Runtime::new().unwrap();
        other.block_on(async { waker.wake_by_ref() });
        drop(waker.clone());
        thread::spawn(move || waker.wake()).join().unwrap();
        assert_nothing_left(&other);
    });
}

thread_local! {
    /// Wakes when the thread ends, after or before whatever else it keeps.
    static WAKES_AT_EXIT: RefCell<Vec<WakesAtDrop>> = const { RefCell::new(Vec::new()) };
}

/// A waker that wakes once more when it is dropped.
struct WakesAtDrop(Waker, mpsc::Sender<()>);

impl Drop for WakesAtDrop {
    fn drop(&mut self) {
        self.0.wake_by_ref();
        self.1.send(()).unwrap();
    }
}

#[test]
fn a_waker_may_be_called_while_its_thread_takes_down_its_thread_locals() {
    in_time(|| {
        let (woken, count) = mpsc::channel();
        let at_exit = move |waker: &Waker| {
            let wakes = WakesAtDrop(waker.clone(), woken.clone());
            WAKES_AT_EXIT.with_borrow_mut(|list| list.push(wakes));
        };
        thread::spawn(move || {
            let runtime = Runtime::new().unwrap();
            at_exit(&runtime.block_on(own_waker()));
            at_exit(&shirr::block_on(own_waker()));
        })
        .join()
        .unwrap();
        assert_eq!(count.iter().count(), 2);
    });
}

#[test]
fn a_wake_in_a_drop_counts() {
    run(|| async {
        let probe = Probe::default();
        let other = spawn(probe.future());
        yield_now().await;
        let wake = probe.clone();
        let task = spawn(async move {
            let own = own_waker().await;
            let _at_end = on_drop(move || {
                own.wake(); // of the task that just ends
                wake.open(); // of another one
            });
            pending::<()>().await;
        });
        yield_now().await;
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
        other.await.unwrap();
        assert_eq!(probe.polls(), 2);
    });
}

#[test]
fn wakes_between_two_block_ons_are_kept() {
    in_time(|| {
        let (runtime, probe) = (Runtime::new().unwrap(), Probe::default());
        drop(runtime.spawn(probe.future()));
        for polls in 1..=4 {
            runtime.block_on(event_poll());
            assert_eq!(probe.polls(), polls);
            let waker = probe.waker();
            match polls % 2 {
                0 => waker.wake(),
                _ => thread::spawn(move || waker.wake()).join().unwrap(),
            }
        }
    });
}
