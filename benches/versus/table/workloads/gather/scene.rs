//! Children that all wait, and a driver that wakes one after the other.
//!
//! It wakes the next when the last one has ended, never in the same turn, so no way to await
//! them can deal with several at once. What they share is a thread local, so a child is `Send`,
//! which `JoinSet` asks for.

use std::cell::RefCell;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

thread_local! {
    static SCENE: RefCell<Scene> = RefCell::default();
}

#[derive(Default)]
struct Scene {
    children: Vec<Option<Waker>>,
    waiting: usize,
    /// Those before this one have been woken.
    next: usize,
    ended: usize,
}

enum Turn {
    Wake(Waker),
    Wait,
    End,
}

/// Begins a scene with this many new children.
pub(super) fn set(children: u64) {
    SCENE.set(Scene { children: vec![None; children as usize], ..Scene::default() });
}

impl Scene {
    fn poll_child(&mut self, number: usize, waker: &Waker) -> Poll<u64> {
        if number < self.next {
            self.ended += 1;
            return Poll::Ready(number as u64);
        }
        if self.children[number].replace(waker.clone()).is_none() {
            self.waiting += 1;
        }
        Poll::Pending
    }

    fn turn(&mut self) -> Turn {
        if self.waiting < self.children.len() || self.ended < self.next {
            return Turn::Wait;
        }
        let Some(child) = self.children.get_mut(self.next) else { return Turn::End };
        self.next += 1;
        Turn::Wake(child.take().expect("all of them wait"))
    }
}

/// Gives its number once it was woken by the [`Driver`].
pub(super) struct Child(pub(super) u64);

impl Future for Child {
    type Output = u64;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<u64> {
        SCENE.with_borrow_mut(|scene| scene.poll_child(self.0 as usize, cx.waker()))
    }
}

/// Wakes at most one child in each of its turns, in order, and ends when they have.
pub(super) struct Driver;

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
