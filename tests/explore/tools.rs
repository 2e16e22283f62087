//! What programs on one thread make for themselves: a lock, a bell, a queue.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A program that is run anew for each schedule.
pub(crate) type Program = Pin<Box<dyn Future<Output = ()>>>;

/// A lock that waits.
#[derive(Default)]
pub(crate) struct Lock {
    is_taken: Cell<bool>,
    waiters: RefCell<VecDeque<Waker>>,
}

/// The lock is free again when this is dropped.
pub(crate) struct Held(Rc<Lock>);

impl Lock {
    pub(crate) async fn hold(self: &Rc<Self>) -> Held {
        poll_fn(|cx| self.poll_hold(cx)).await
    }

    fn poll_hold(self: &Rc<Self>, cx: &mut Context<'_>) -> Poll<Held> {
        if self.is_taken.replace(true) {
            self.waiters.borrow_mut().push_back(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(Held(Rc::clone(self)))
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.0.is_taken.set(false);
        let waiters = self.0.waiters.take();
        waiters.into_iter().for_each(Waker::wake);
    }
}

/// Wakes those that wait at that moment, and is not remembered.
#[derive(Default)]
pub(crate) struct Bell {
    rung: Cell<u64>,
    waiters: RefCell<Vec<Waker>>,
}

impl Bell {
    pub(crate) fn ring(&self) {
        self.rung.set(self.rung.get() + 1);
        self.waiters.take().into_iter().for_each(Waker::wake);
    }

    /// Waits for the next ring from the first poll on.
    pub(crate) async fn wait(&self) {
        let heard = self.rung.get();
        poll_fn(|cx| {
            if self.rung.get() > heard {
                return Poll::Ready(());
            }
            self.waiters.borrow_mut().push(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// A queue without a bound.
pub(crate) struct Queue<T> {
    items: RefCell<VecDeque<T>>,
    bell: Bell,
    is_closed: Cell<bool>,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Rc<Self> {
        Rc::new(Self { items: RefCell::default(), bell: Bell::default(), is_closed: Cell::new(false) })
    }

    pub(crate) fn push(&self, item: T) {
        self.items.borrow_mut().push_back(item);
        self.bell.ring();
    }

    pub(crate) fn close(&self) {
        self.is_closed.set(true);
        self.bell.ring();
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.is_closed.get()
    }

    pub(crate) fn try_pop(&self) -> Option<T> {
        self.items.borrow_mut().pop_front()
    }

    /// The next item, or `None` when the queue is closed and empty. Cancel safe.
    pub(crate) async fn pop(&self) -> Option<T> {
        loop {
            if let Some(item) = self.try_pop() {
                return Some(item);
            }
            if self.is_closed() {
                return None;
            }
            self.bell.wait().await;
        }
    }
}
