//! What the steps use of the study's library, without a word: their mechanism alone is counted.

#[path = "../../../../../examples/study/src/counts.rs"]
mod counts;

pub(crate) use counts::*;
use std::task::Poll;

/// Who acts, which is not asked here, whatever the type of its number.
pub(crate) struct Actor;

#[allow(non_snake_case, non_upper_case_globals)]
impl Actor {
    pub(crate) const Program: Self = Self;
    pub(crate) const Thread: Self = Self;

    pub(crate) fn Task<N>(_: N) -> Self {
        Self
    }

    pub(crate) fn Timer<N>(_: N) -> Self {
        Self
    }

    pub(crate) fn Socket<N>(_: N) -> Self {
        Self
    }
}

pub(crate) fn acts(_: Actor) {}

pub(crate) fn acting<T>(_: Actor, f: impl FnOnce() -> T) -> T {
    f()
}

pub(crate) fn actor() -> Actor {
    Actor
}

pub(crate) fn by<N>(_: N) -> &'static str {
    ""
}

pub(crate) fn came<T>(_: &Poll<T>) -> &'static str {
    ""
}

pub(crate) fn tell_poll<N, T>(_: N, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
    poll()
}

pub(crate) fn hushed<T>(f: impl FnOnce() -> T) -> T {
    f()
}

macro_rules! say {
    ($($words:tt)*) => {
        ()
    };
}

pub(crate) use say;
