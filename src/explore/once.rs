//! One run under one schedule.

use super::explorer::Explorer;
use super::failure::Fault;
use super::{Choice, Schedule, told};
use crate::choice::{self, Run};
use crate::net::cuts;
use crate::runtime::{Builder, world};
use crate::trace;
use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::panic::{self, AssertUnwindSafe};
use std::pin::pin;
use std::sync::Once;

/// What came of a run.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) fault: Option<Fault>,
    pub(super) choices: Vec<Choice>,
    pub(super) turns: usize,
}

impl Outcome {
    /// The places of those that are not 0: with them, the run can be had again.
    pub(super) fn deviations(&self) -> Vec<(u32, u32)> {
        let taken = self.choices.iter().enumerate().filter(|(_, choice)| choice.taken > 0);
        taken.map(|(at, choice)| (at as u32, choice.taken)).collect()
    }
}

thread_local! {
    /// Whether a run is under way on this thread, whose panics are listened to.
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    /// The first panic of the run.
    static FIRST: RefCell<Option<Fault>> = const { RefCell::new(None) };
}

/// Runs the program in a runtime and a world of its own.
pub(super) fn once<F: Future>(
    explorer: &Explorer,
    builder: Builder,
    schedule: Schedule,
    program: &impl Fn() -> F,
) -> Outcome {
    assert!(!choice::is_closed(), "a program was to be explored inside of a run that is explored");
    listen();
    clear();
    let outer = choice::install(Some(Run::new(schedule, explorer.freedoms, explorer.max_turns)));
    let listened = LISTENS.replace(true);
    FIRST.take();
    let ended = panic::catch_unwind(AssertUnwindSafe(|| {
        let runtime = builder.paused().build().expect("the system has a descriptor left");
        choice::tell_to(trace::Origin::here());
        runtime.block_on(own(program(), explorer.panics_are_caught));
        drop(runtime);
        clear();
    }));
    clear();
    LISTENS.set(listened);
    let run = choice::install(outer).expect("no one else has taken the run away");
    let noted = FIRST.take();
    let fault = match ended {
        Ok(()) => noted.filter(|_| !explorer.panics_are_caught),
        Err(payload) => Some(noted.unwrap_or_else(|| Fault::unseen(&*payload))),
    };
    told::note_numbers(run.numbers);
    Outcome { fault, choices: run.log, turns: run.turns }
}

/// The program's own future. Where its tasks may panic, what they did before it is forgotten: the
/// fault is the panic that ends it.
async fn own<F: Future>(program: F, tasks_may_panic: bool) {
    let mut program = pin!(program);
    let output = poll_fn(|cx| {
        if tasks_may_panic {
            FIRST.take();
        }
        program.as_mut().poll(cx)
    });
    output.await;
}

/// Nothing of a world is left.
fn clear() {
    world::clear();
    cuts::clear();
}

/// Has the process keep the first panic of each run, and print none of it: a search for the
/// shortest run that fails panics hundreds of times.
fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !LISTENS.get() {
                return before(panic);
            }
            let fault = Fault::of(panic);
            if FIRST.with_borrow(Option::is_none) {
                FIRST.set(Some(fault.clone()));
                told::note_waiting();
                choice::note_failure(|| fault.in_a_line());
            }
        }));
    });
}
