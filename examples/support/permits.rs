//! A number of permits, and a queue of the tasks that wait for one.
//!
//! What asyncio calls a semaphore. It shows what every such type has to get right on any
//! runtime: a permit is handed to the first in the queue, not put back for any task to grab,
//! so no task is overtaken; and one that is dropped while it waits leaves the queue, or, if
//! it was handed a permit already, passes that on.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// Permits for one thread's tasks.
#[derive(Debug)]
pub(crate) struct Permits {
    state: RefCell<State>,
}

#[derive(Debug)]
struct State {
    /// Zero whenever a task waits.
    free: usize,
    /// With ascending tickets. Whose ticket is not in here any more was handed a permit.
    queue: VecDeque<(u64, Waker)>,
    next_ticket: u64,
}

/// Leave to go on; given back when dropped.
#[derive(Debug)]
#[must_use = "a permit that is dropped at once permits nothing"]
pub(crate) struct Permit<'a> {
    permits: &'a Permits,
}

impl Permits {
    pub(crate) fn new(count: usize) -> Self {
        Self { state: RefCell::new(State { free: count, queue: VecDeque::new(), next_ticket: 0 }) }
    }

    /// Waits for a permit, first come, first served. Cancel safe.
    pub(crate) async fn acquire(&self) -> Permit<'_> {
        let mut turn = Turn { permits: self, ticket: None };
        poll_fn(|cx| turn.poll(cx)).await
    }

    /// Hands a permit to the first in the queue. The waker is called after the borrow.
    fn release(&self) {
        if let Some(waker) = self.next_in_queue() {
            waker.wake();
        }
    }

    fn next_in_queue(&self) -> Option<Waker> {
        let mut state = self.state.borrow_mut();
        let next = state.queue.pop_front();
        if next.is_none() {
            state.free += 1;
        }
        next.map(|(_, waker)| waker)
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        self.permits.release();
    }
}

/// One caller's way to a permit.
struct Turn<'a> {
    permits: &'a Permits,
    /// Set while it is in the queue, or was handed a permit and does not know yet.
    ticket: Option<u64>,
}

impl<'a> Turn<'a> {
    fn poll(&mut self, cx: &Context<'_>) -> Poll<Permit<'a>> {
        let waker = cx.waker().clone();
        let mut state = self.permits.state.borrow_mut();
        match self.ticket {
            None if state.free > 0 => state.free -= 1,
            None => {
                self.ticket = Some(state.join(waker));
                return Poll::Pending;
            }
            Some(ticket) => {
                if let Some(place) = state.place_of(ticket) {
                    let old = std::mem::replace(&mut state.queue[place].1, waker);
                    drop(state);
                    drop(old);
                    return Poll::Pending;
                }
            }
        }
        self.ticket = None;
        Poll::Ready(Permit { permits: self.permits })
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut state = self.permits.state.borrow_mut();
        let left = state.place_of(ticket).and_then(|place| state.queue.remove(place));
        drop(state);
        if left.is_none() {
            self.permits.release();
        }
    }
}

impl State {
    fn join(&mut self, waker: Waker) -> u64 {
        let ticket = self.next_ticket;
        self.next_ticket += 1;
        self.queue.push_back((ticket, waker));
        ticket
    }

    fn place_of(&self, ticket: u64) -> Option<usize> {
        self.queue.binary_search_by_key(&ticket, |(ticket, _)| *ticket).ok()
    }
}
