//! What would not fit into a hook's one line.

use super::caller::Caller;
use super::event::{Answer, Direction};
use super::what::What;
use std::any::type_name;
use std::io;

impl What {
    pub(crate) fn spawning<F>(Caller(at): Caller) -> Self {
        Self::Spawning { name: type_name::<F>(), at }
    }

    /// `rest` is what the iterator says of how many are left.
    pub(crate) fn gather_began<F>(gather: usize, children: usize, rest: (usize, Option<usize>)) -> Self {
        let exact = rest.1.filter(|most| *most == rest.0);
        let rest = exact.and_then(|rest| u16::try_from(rest).ok()).unwrap_or(u16::MAX);
        Self::GatherBegan { gather, children: children as u32, rest, name: type_name::<F>() }
    }

    pub(crate) fn source_added<S>(source: usize) -> Self {
        Self::SourceAdded { source, name: type_name::<S>() }
    }

    /// As the kernel says it, where it says anything: the waiters are to try.
    pub(crate) fn source_closed(source: usize, direction: Direction) -> Self {
        let readable = direction == Direction::Read;
        Self::SourceReady { source, readable, writable: !readable }
    }

    pub(crate) fn tried<T>(source: usize, direction: Direction, answer: &io::Result<T>) -> Self {
        Self::Tried { source, direction, answer: Answer::of(answer) }
    }

    pub(crate) fn waiting(source: usize, direction: Direction, waiter: Option<u64>) -> Self {
        Self::Waiting { source, direction, waiter: waiter.unwrap_or(0) }
    }

    pub(crate) fn waiting_no_more(source: usize, direction: Direction, waiter: u64) -> Self {
        Self::WaitingNoMore { source, direction, waiter }
    }

    pub(crate) fn shut_down(tasks: usize, timers: usize, sources: usize) -> Self {
        Self::ShutDown { tasks, timers, sources }
    }
}
