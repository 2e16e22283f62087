//! The invariants of the queue and the loop (I1, I2, I4, I7, I9), by their numbers; the others
//! are in `invariants_foreign_code.rs` and `invariants_waiting.rs`. DESIGN.md says what each
//! is for, and the other test files go further into most.

use crate::support::{Probe, event_poll, in_time, own_waker, run, tcp_pair};
use shirr::time::sleep_until;
use shirr::{Runtime, metrics, spawn, yield_now};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::hint::{black_box, spin_loop};
use std::io::Write;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicIsize, AtomicUsize};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn i1_a_task_woken_a_thousand_times_stands_in_the_queue_once() {
    run(|| async {
        let probe = Probe::default();
        let task = spawn(probe.future());
        yield_now().await;
        let (waker, before) = (probe.waker(), metrics());
        (0..1_000).for_each(|_| waker.wake_by_ref());
        let after = metrics();
        assert_eq!(after.ready - before.ready, 1);
        assert_eq!(after.wakes_local - before.wakes_local, 1);
        assert_eq!(after.wakes_merged - before.wakes_merged, 999);
        yield_now().await;
        yield_now().await;
        assert_eq!(probe.polls(), 2);
        probe.open();
        task.await.unwrap();
    });
}

#[test]
fn i2_a_wake_during_the_poll_is_one_more_poll() {
    run(|| async {
        let polls = Rc::new(Cell::new(0));
        let count = Rc::clone(&polls);
        let task = spawn(poll_fn(move |cx| {
            count.set(count.get() + 1);
            if count.get() == 1 {
                cx.waker().wake_by_ref();
                cx.waker().wake_by_ref();
            }
            Poll::<()>::Pending
        }));
        for _ in 0..5 {
            yield_now().await;
        }
        assert_eq!(polls.get(), 2, "two wakes in one poll are one poll, which is the last");
        task.abort();
        assert!(task.await.unwrap_err().is_cancelled());
    });
}

/// A thread and a loop that meet once a round: one pushes while the other falls asleep.
#[derive(Default)]
struct Race {
    asked: AtomicUsize,
    answered: AtomicUsize,
    /// How much later the thread shall be in the next round; if negative, the loop.
    lag: AtomicIsize,
}

impl Race {
    /// The thread's side of a round; says whether it is to go on.
    fn answer(&self, round: usize, waker: &Waker) -> bool {
        let mut turns = 0;
        while self.asked.load(SeqCst) < round {
            turns += 1;
            if turns % 1_000 == 0 { thread::yield_now() } else { spin_loop() }
        }
        spin(self.lag.load(SeqCst));
        self.answered.store(round, SeqCst);
        waker.wake_by_ref();
        self.asked.load(SeqCst) < usize::MAX
    }

    /// The loop's side: asks at the very end of a poll, and falls asleep.
    async fn ask(&self, round: usize) {
        poll_fn(|_| {
            if self.answered.load(SeqCst) == round {
                return Poll::Ready(());
            }
            if self.asked.swap(round, SeqCst) < round {
                spin(-self.lag.load(SeqCst));
            }
            Poll::Pending
        })
        .await;
    }
}

/// Passes a little time; none if `steps` is negative.
fn spin(steps: isize) {
    (0..steps).for_each(|step| _ = black_box(step));
}

#[test]
fn i4_a_push_ends_the_sleep_whichever_comes_first() {
    const ROUNDS: usize = 100_000;
    const ENOUGH: Duration = Duration::from_secs(2); // on a machine that is busy otherwise
    run(|| async {
        let (race, waker, start) = (Arc::new(Race::default()), own_waker().await, Instant::now());
        let theirs = Arc::clone(&race);
        let thread = thread::spawn(move || (1..).all(|round| theirs.answer(round, &waker)));
        for round in (1..=ROUNDS).take_while(|_| start.elapsed() < ENOUGH) {
            let sleeps = metrics().sleeps;
            race.ask(round).await;
            // The thread that was late is earlier next time: so the push comes about when the loop
            // falls asleep, now a little before and now a little after.
            let later = if metrics().sleeps > sleeps { -1 } else { 1 };
            race.lag.store((race.lag.load(SeqCst) + later).clamp(-2_000, 2_000), SeqCst);
        }
        race.asked.store(usize::MAX, SeqCst);
        thread.join().unwrap();
        assert!(metrics().sleeps > 0, "the loop never slept, so nothing was tried");
    });
}

/// Keeps the queue busy, calls `cause` once, in a poll, and returns how many polls came
/// between it and the end of `effect`.
async fn polls_between(cause: impl FnOnce() + 'static, effect: impl Future<Output = ()> + 'static) -> u64 {
    let effect = spawn(async move {
        effect.await;
        metrics().polls
    });
    let busy = spawn(async {
        loop {
            yield_now().await;
        }
    });
    event_poll().await; // the effect waits by now
    cause();
    let start = metrics().polls;
    let end = effect.await.unwrap();
    busy.abort();
    end - start
}

#[test]
fn i7_a_busy_queue_delays_timers_sockets_and_wakes_by_a_bounded_number_of_polls() {
    // After 128 polls the loop polls for events; then the queue goes round once: the busy task, the
    // one that waits here, and the woken one.
    const BOUND: u64 = 128 + 3;
    run(|| async {
        // Still to come when the task waits for it, on a machine that is busy otherwise, too.
        let moment = Instant::now() + Duration::from_millis(500);
        let wait = move || thread::sleep(moment.saturating_duration_since(Instant::now()));
        assert!(polls_between(wait, sleep_until(moment)).await <= BOUND);

        let (stream, mut peer) = tcp_pair().await;
        let read = async move { stream.read_exact(&mut [0; 1]).await.unwrap() };
        let write = move || {
            peer.write_all(b"x").unwrap();
            thread::sleep(Duration::from_millis(50)); // the kernel brings it meanwhile
        };
        assert!(polls_between(write, read).await <= BOUND);

        let probe = Probe::default();
        let (open, waits) = (probe.clone(), probe.future());
        let wake = move || {
            open.set_open();
            let waker = open.waker();
            thread::spawn(|| waker.wake()).join().unwrap();
        };
        assert!(polls_between(wake, waits).await <= BOUND);
    });
}

#[test]
fn i9_a_late_a_repeated_and_a_foreign_wake_are_harmless() {
    in_time(|| {
        let runtime = Runtime::new().unwrap();
        let probe = Probe::default();
        let task = runtime.spawn(probe.future());
        runtime.block_on(yield_now());
        let waker = probe.waker();
        probe.open();
        runtime.block_on(task).unwrap();
        let (polls, before) = (probe.polls(), runtime.metrics());
        runtime.block_on(async {
            waker.wake_by_ref(); // late
            waker.wake_by_ref(); // repeated
            let foreign = waker.clone();
            thread::spawn(move || foreign.wake()).join().unwrap();
            event_poll().await;
        });
        assert_eq!(runtime.metrics().wakes_stale - before.wakes_stale, 3);
        drop(runtime);
        waker.wake_by_ref();
        thread::spawn(move || waker.wake()).join().unwrap();
        assert_eq!(probe.polls(), polls);
    });
}
