//! A sleep that changes hands: another waker, another task, another runtime, another thread.

use crate::common::{Count, begin, counted, ends, paused, run, turns};
use shirr::time::{Sleep, sleep};
use shirr::{Runtime, spawn};
use std::cell::RefCell;
use std::future::pending;
use std::pin::pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Wake, Waker};
use std::thread;
use std::time::{Duration, Instant};

const MS: Duration = Duration::from_millis(1);
const LONG: Duration = Duration::from_secs(600);

fn timers() -> usize {
    shirr::metrics().timers
}

/// Counts its wakes.
#[derive(Default)]
struct Bell(AtomicUsize);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

impl Bell {
    fn rings(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }
}

fn poll_with(bell: &Arc<Bell>, one: &mut Sleep) -> bool {
    let waker = Waker::from(Arc::clone(bell));
    pin!(one).as_mut().poll(&mut Context::from_waker(&waker)).is_pending()
}

#[test]
fn polled_with_a_new_waker_the_latest_is_woken_and_the_old_one_is_let_go() {
    paused(async || {
        let (old, new) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
        let mut one = sleep(2 * MS);
        assert!(poll_with(&old, &mut one) && poll_with(&new, &mut one) && poll_with(&new, &mut one));
        assert_eq!((Arc::strong_count(&old), Arc::strong_count(&new), timers()), (1, 2, 1));
        sleep(4 * MS).await;
        assert_eq!((old.rings(), new.rings(), Arc::strong_count(&new)), (0, 1, 1));
    });
}

#[test]
fn a_dropped_sleep_wakes_no_task_and_lets_its_waker_go() {
    paused(async || {
        let bell = Arc::new(Bell::default());
        let mut one = sleep(MS);
        assert!(poll_with(&bell, &mut one));
        drop(one);
        assert_eq!((Arc::strong_count(&bell), timers()), (1, 0));
        sleep(3 * MS).await;
        assert_eq!(bell.rings(), 0);
    });
}

#[test]
fn moved_to_another_task_a_sleep_wakes_that_one_only() {
    paused(async || {
        let (polls, place) = (Count::default(), Rc::new(RefCell::new(None)));
        let left = Rc::clone(&place);
        let first = spawn(counted(polls.clone(), async move {
            let mut one = sleep(3 * MS);
            assert!(begin(&mut one).await.is_pending());
            left.replace(Some(one));
            pending::<()>().await
        }));
        turns(2).await;
        let one = place.take().unwrap();
        spawn(one).await.unwrap();
        assert_eq!((polls.get(), timers()), (1, 0));
        first.abort();
    });
}

#[test]
fn moved_to_another_runtime_its_timer_moves_too() {
    ends(|| {
        let (first, second) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let mut one = sleep(2 * MS);
        first.block_on(async { assert!(begin(&mut one).await.is_pending()) });
        assert_eq!((first.metrics().timers, second.metrics().timers), (1, 0));
        second.block_on(async { assert!(begin(&mut one).await.is_pending()) });
        assert_eq!(second.metrics().timers, 1);
        first.block_on(sleep(MS)); // the first event poll receives the message that removes it
        assert_eq!(first.metrics().timers, 0);
        second.block_on(one);
        assert_eq!(second.metrics().timers, 0);
    });
}

#[test]
fn moved_to_another_thread_it_waits_there() {
    ends(|| {
        let home = Runtime::new().unwrap();
        let mut one = sleep(2 * MS);
        home.block_on(async { assert!(begin(&mut one).await.is_pending()) });
        let deadline = one.deadline();
        thread::spawn(move || shirr::block_on(one)).join().unwrap();
        assert!(Instant::now() >= deadline);
        home.block_on(sleep(MS));
        assert_eq!(home.metrics().timers, 0);
    });
}

#[test]
fn dropped_on_another_thread_its_timer_leaves_its_own_runtime() {
    run(async || {
        let mut sleeps: Vec<Sleep> = (0..100).map(|_| sleep(LONG)).collect();
        for one in &mut sleeps {
            assert!(begin(one).await.is_pending());
        }
        let elsewhere = thread::spawn(move || drop(sleeps));
        while timers() > 0 {
            sleep(MS).await;
        }
        elsewhere.join().unwrap();
    });
}

#[test]
fn outliving_its_runtime_a_sleep_is_dropped_or_awaited_elsewhere_without_harm() {
    ends(|| {
        let mut sleeps = [sleep(LONG), sleep(2 * MS), sleep(LONG)];
        let gone = Runtime::new().unwrap();
        gone.block_on(async {
            for one in &mut sleeps {
                assert!(begin(one).await.is_pending());
            }
        });
        drop(gone);
        let [a, b, c] = sleeps;
        drop(a);
        // This runtime may have got the number of the one that is gone.
        shirr::block_on(async {
            let mut own = sleep(LONG);
            assert!(begin(&mut own).await.is_pending());
            b.await;
            drop(c);
            assert_eq!(timers(), 1);
        });
    });
}
