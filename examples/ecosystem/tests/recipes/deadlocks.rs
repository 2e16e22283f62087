//! Futures that hold a lock while they are not polled, which Oxide's RFD 609 calls a futurelock, and
//! children of a gather, which the loop polls.

use crate::{HOUR, SECOND, run, work};
use futures_util::future::{FutureExt, LocalBoxFuture, join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use shirr::time::{sleep, timeout};
use shirr::{as_completed, gather};
use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;

/// A lock, and what became of those that asked for it.
#[derive(Default)]
struct Shared {
    lock: async_lock::Mutex<()>,
    log: RefCell<Vec<&'static str>>,
}

impl Shared {
    fn log(&self, line: &'static str) {
        self.log.borrow_mut().push(line);
    }
}

/// A child that has the lock for two seconds.
async fn child(shared: Rc<Shared>) {
    let _held = shared.lock.lock().await;
    shared.log("child: has the lock");
    work(2).await;
    shared.log("child: done");
}

/// That child, and one that ends before it and needs no lock.
fn child_and_other_work(shared: &Rc<Shared>) -> [LocalBoxFuture<'static, ()>; 2] {
    [child(Rc::clone(shared)).boxed_local(), work(1).map(|_| ()).boxed_local()]
}

/// Asks for the lock, too, and waits for an hour at most.
async fn report(shared: &Shared) {
    shared.log("report: waits");
    let held = timeout(HOUR, shared.lock.lock()).await;
    shared.log(if held.is_ok() { "report: has the lock" } else { "report: an hour has passed" });
}

/// Breaks if `join_all` comes to have its children polled by others.
#[test]
fn a_child_of_join_all_keeps_its_lock_when_nobody_polls_join_all() {
    run(async {
        let shared = Rc::new(Shared::default());
        let mut all = pin!(join_all([child(Rc::clone(&shared))]));
        select(all.as_mut(), sleep(SECOND)).await; // gives up the wait, and keeps the child
        report(&shared).await;
        assert_eq!(shared.log.take(), ["child: has the lock", "report: waits", "report: an hour has passed"]);
        Ok(())
    });
}

/// Breaks if a gather's children stop when the gather is not polled.
#[test]
fn a_child_of_a_gather_gives_its_lock_back_when_nobody_polls_the_gather() {
    run(async {
        let shared = Rc::new(Shared::default());
        let mut all = gather([child(Rc::clone(&shared))]);
        select(&mut all, sleep(SECOND)).await;
        report(&shared).await;
        assert_eq!(
            shared.log.take(),
            ["child: has the lock", "report: waits", "child: done", "report: has the lock"]
        );
        Ok(())
    });
}

/// Breaks if a fair lock comes to pass over those that are not polled, or if the child is a task.
#[test]
fn a_fair_lock_is_handed_to_a_future_that_waits_for_it_and_is_not_polled() {
    run(async {
        let lock = tokio::sync::Mutex::new(());
        let held = lock.lock().await;
        let mut child = pin!(async { drop(lock.lock().await) });
        select(child.as_mut(), sleep(SECOND)).await; // it waits, and holds nothing
        drop(held);
        assert!(timeout(HOUR, lock.lock()).await.is_err());
        child.await;
        assert!(lock.try_lock().is_ok());
        Ok(())
    });
}

/// Breaks if futures in a stream come to be polled while their reader does something else.
#[test]
fn a_future_in_a_stream_keeps_its_lock_while_an_output_of_another_is_worked_on() {
    run(async {
        let shared = Rc::new(Shared::default());
        let mut all = FuturesUnordered::from_iter(child_and_other_work(&shared));
        all.next().await;
        report(&shared).await;
        assert_eq!(shared.log.take(), ["child: has the lock", "report: waits", "report: an hour has passed"]);
        Ok(())
    });
}

/// Breaks if children stop between two calls of `next`.
#[test]
fn a_child_of_as_completed_gives_its_lock_back_while_an_output_of_another_is_worked_on() {
    run(async {
        let shared = Rc::new(Shared::default());
        let mut all = as_completed(child_and_other_work(&shared));
        all.next().await;
        report(&shared).await;
        assert_eq!(
            shared.log.take(),
            ["child: has the lock", "report: waits", "child: done", "report: has the lock"]
        );
        Ok(())
    });
}
