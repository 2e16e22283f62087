//! A future that holds a lock and is not polled any more, which Oxide's RFD 609 calls a futurelock:
//! futures that are polled by their parent get into one, children of a gather do not. The page
//! `guide::recipes` shows it.

use crate::tools::Lock;
use futures_lite::future::{or, zip};
use shirr::explore::{Explorer, Fault, Search, Stuck, latency};
use shirr::gather;
use std::pin::pin;
use std::rc::Rc;

/// Each of them holds the lock for a time.
fn children(lock: &Rc<Lock>) -> [impl Future<Output = ()> + use<>; 2] {
    [Rc::clone(lock), Rc::clone(lock)].map(|lock| async move {
        let _held = lock.hold().await;
        latency().await;
    })
}

/// Gives up the wait for two futures, keeps them, and asks for the lock that they share.
async fn gives_up_the_wait(both: impl Future, lock: Rc<Lock>) {
    let mut both = pin!(both);
    let wait = async { _ = both.as_mut().await };
    or(wait, latency()).await;
    drop(lock.hold().await);
}

/// Breaks if nothing is explored: a gather could not fail then, either.
#[test]
fn a_lock_of_a_future_that_its_parent_polls_is_never_given_back_under_some_schedule() {
    let failure = Explorer::new().search(Search::All(1)).check(async || {
        let lock = Rc::new(Lock::default());
        let [a, b] = children(&lock);
        gives_up_the_wait(zip(a, b), lock).await;
    });
    assert_eq!(failure.unwrap_err().fault, Fault::Stuck(Stuck::Deadlock(1)));
}

/// Breaks if a gather's children stop while the gather is not polled.
#[test]
fn a_lock_of_a_gathers_child_is_given_back_under_every_schedule() {
    let passed = Explorer::new().search(Search::All(3)).schedules(100_000).check(async || {
        let lock = Rc::new(Lock::default());
        gives_up_the_wait(gather(children(&lock)), lock).await;
    });
    let passed = passed.unwrap();
    assert!(passed.complete && passed.schedules > 10, "{passed:?}");
}
