//! The settled timers and sleeps with a waker that no runtime made: what it does when it is dropped
//! finds nothing borrowed (I3).

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::{Duration, Instant};
use study::{Actor, acting, actor, say};

include!("../src/settled/timers.rs");
include!("../src/settled/timers_details.rs");
include!("../src/settled/sleep.rs");

#[derive(Default)]
struct Core {
    timers: Timers,
}

thread_local! {
    static CURRENT: Rc<Core> = Rc::default();
    /// By thread, since a waker must be able to leave it, and a sleep is not.
    static OWNED: Cell<Option<Pin<Box<Sleep>>>> = const { Cell::new(None) };
}

fn current() -> Rc<Core> {
    CURRENT.with(Rc::clone)
}

/// A waker that has a sleep: when it is dropped, it drops that.
struct Owns;

impl Wake for Owns {
    fn wake(self: Arc<Self>) {}
}

impl Drop for Owns {
    fn drop(&mut self) {
        drop(OWNED.take());
    }
}

fn polled_once(after: Duration) -> Pin<Box<Sleep>> {
    let mut sleep = Box::pin(sleep(after));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    sleep
}

/// A sleep that was polled with a waker that has another sleep.
fn sleep_with_an_owner(after: Duration) -> Pin<Box<Sleep>> {
    OWNED.set(Some(polled_once(after)));
    let mut sleep = Box::pin(sleep(after));
    let owner = Waker::from(Arc::new(Owns));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(&owner)).is_pending());
    assert_eq!(current().timers.pending.borrow().len(), 2);
    sleep
}

/// Breaks if the old waker is dropped while the timers are borrowed: its sleep asks for them.
#[test]
fn a_later_poll_drops_the_waker_of_the_one_before_with_nothing_borrowed() {
    let mut sleep = sleep_with_an_owner(Duration::from_secs(60));
    assert!(sleep.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(current().timers.pending.borrow().len(), 1, "the owner has dropped its sleep");
}

/// Breaks if a dropped sleep drops its waker while the timers are borrowed.
#[test]
fn a_dropped_sleep_drops_its_waker_with_nothing_borrowed() {
    drop(sleep_with_an_owner(Duration::from_secs(60)));
    assert_eq!(current().timers.pending.borrow().len(), 0);
}

/// Breaks if a waker is called, and dropped by that, while the timers are borrowed.
#[test]
fn a_timer_that_fires_calls_its_waker_with_nothing_borrowed() {
    let _sleep = sleep_with_an_owner(Duration::ZERO);
    assert!(current().timers.nearest().is_some());
    current().timers.fire_due();
    assert_eq!(current().timers.pending.borrow().len(), 0);
}
