//! The same thousand children for every form: each waits until it is woken, alone, and the
//! next one is woken a turn later.
//!
//! A child is a number and owns nothing. So the form that runs the children, or its runtime,
//! makes every allocation while they wait. Their common state is a thread local, made
//! beforehand.

use std::cell::RefCell;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::default();
}

#[derive(Default)]
struct Scene {
    children: Vec<State>,
    /// How many must wait at the same time before the first is woken.
    wanted: usize,
    waiting: usize,
    /// The child to wake next.
    next: usize,
    polls: u64,
    driver_polls: u64,
    /// The memory in use beyond that of the beginning, while `wanted` children waited.
    bytes: Option<u64>,
}

enum State {
    Unpolled,
    Waiting(Waker),
    Woken,
}

enum Turn {
    Wake(Waker),
    Wait,
    End,
}

/// Begins a scene with new children; the first is woken when `wanted` of them wait.
pub(crate) fn set(children: usize, wanted: usize) {
    let children = (0..children).map(|_| State::Unpolled).collect();
    SCENE.set(Scene { children, wanted, ..Scene::default() });
}

/// How often children were polled, and the bytes that were held while they waited.
pub(crate) fn seen() -> (u64, u64) {
    SCENE.with_borrow(|scene| (scene.polls, scene.bytes.expect("as many children waited as were wanted")))
}

/// How often the driver was polled.
pub(crate) fn driver_polls() -> u64 {
    SCENE.with_borrow(|scene| scene.driver_polls)
}

impl Scene {
    fn poll_child(&mut self, number: usize, waker: &Waker) -> Poll<usize> {
        self.polls += 1;
        match mem::replace(&mut self.children[number], State::Woken) {
            State::Woken => return Poll::Ready(number),
            State::Unpolled => self.waiting += 1,
            State::Waiting(_) => {}
        }
        self.children[number] = State::Waiting(waker.clone());
        Poll::Pending
    }

    fn turn(&mut self) -> Turn {
        self.driver_polls += 1;
        if self.bytes.is_none() && self.waiting == self.wanted {
            self.bytes = Some(memory::growth());
        }
        let Some(child) = self.children.get_mut(self.next) else { return Turn::End };
        if self.bytes.is_none() || matches!(child, State::Unpolled) {
            return Turn::Wait;
        }
        self.next += 1;
        match mem::replace(child, State::Woken) {
            State::Waiting(waker) => Turn::Wake(waker),
            _ => unreachable!("only the driver wakes a child"),
        }
    }
}

/// Gives its number once it was woken by the [`Driver`].
#[derive(Debug)]
pub(crate) struct Child(pub(crate) usize);

impl Future for Child {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<usize> {
        SCENE.with_borrow_mut(|scene| scene.poll_child(self.0, cx.waker()))
    }
}

/// The same child for forms that want a `Result`.
#[derive(Debug)]
pub(crate) struct TryChild(pub(crate) usize);

impl Future for TryChild {
    type Output = Result<usize, ()>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        SCENE.with_borrow_mut(|scene| scene.poll_child(self.0, cx.waker())).map(Ok)
    }
}

/// Wakes one child in each of its turns, in order.
#[derive(Debug)]
pub(crate) struct Driver;

impl Future for Driver {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        match SCENE.with_borrow_mut(Scene::turn) {
            Turn::Wake(waker) => waker.wake(),
            Turn::Wait => {}
            Turn::End => return Poll::Ready(()),
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}
