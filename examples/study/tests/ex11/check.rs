//! What is asked of an answer to exercise 11. It runs as a program of its own, on a copy of shirr
//! in which the answer is, and prints what it finds.

#[path = "../exercise/mod.rs"]
mod exercise;

use exercise::{Found, expect};
use shirr::{first_ok, spawn, yield_now};
use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::panic;
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

/// More turns than any answer needs. One that still waits would wait for ever.
const TURNS: u32 = 100;

/// What happened, in order.
type Log = Rc<RefCell<Vec<String>>>;

/// What a child does after so many turns.
#[derive(Clone, Copy)]
enum End {
    Value,
    Error,
    Panic,
    Never,
}
use End::{Error, Never, Panic, Value};

/// Notes that its child was dropped, by its name.
struct Child(&'static str, Log);

impl Drop for Child {
    fn drop(&mut self) {
        self.1.borrow_mut().push(format!("{} dropped", self.0));
    }
}

async fn run(child: Child, turns: u32, end: End) -> Result<&'static str, &'static str> {
    for _ in 0..turns {
        yield_now().await;
    }
    match end {
        Value => Ok(child.0),
        Error => Err(child.0),
        Panic => panic!("{}", child.0),
        Never => pending().await,
    }
}

type Script = [(u32, End)];

/// The children of a script, called a, b and c.
fn children(
    script: &Script,
    log: &Log,
) -> Vec<impl Future<Output = Result<&'static str, &'static str>> + 'static> {
    let names = ["a", "b", "c"].into_iter().zip(script);
    names.map(|(name, &(turns, end))| run(Child(name, Rc::clone(log)), turns, end)).collect()
}

/// What happens to the children until the caller has the answer, and the answer.
fn events(script: &Script) -> Vec<String> {
    let log = Log::default();
    let (whole, seen) = (children(script, &log), Rc::clone(&log));
    shirr::block_on(async move {
        let caller = spawn(async move {
            let caught = Catch(&seen);
            let answer = first_ok(whole).await;
            std::mem::forget(caught);
            seen.borrow_mut().push(format!("{answer:?}"));
        });
        for _ in 0..TURNS {
            yield_now().await;
        }
        let events = log.borrow().clone(); // what is dropped with the runtime comes too late
        drop(caller);
        events
    })
}

/// Notes that a panic passes the caller.
struct Catch<'a>(&'a Log);

impl Drop for Catch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.borrow_mut().push("panic".to_owned());
        }
    }
}

/// The same of a whole that is polled, and dropped after some turns.
fn events_of_a_drop(script: &Script) -> Vec<String> {
    let log = Log::default();
    let whole = children(script, &log);
    shirr::block_on(async move {
        {
            let mut whole = pin!(first_ok(whole));
            poll_fn(|cx| Poll::Ready(whole.as_mut().poll(cx).is_pending())).await;
            yield_now().await;
        }
        log.borrow_mut().push("all dropped".to_owned());
        log.take()
    })
}

fn expect_events(what: &str, script: &Script, expected: &[&str]) -> Found {
    expect(what, events(script), expected.iter().map(|event| (*event).to_owned()).collect())
}

fn check() -> Found {
    let value = [(0, Error), (1, Value), (9, Never)];
    expect_events(
        "an error, a value, and one that never ends",
        &value,
        &["a dropped", "b dropped", "c dropped", r#"Ok("b")"#],
    )?;
    let ready = [(2, Value), (0, Value)];
    expect_events("two values, the second at once", &ready, &["b dropped", "a dropped", r#"Ok("b")"#])?;
    let errors = [(2, Error), (0, Error), (1, Error)];
    expect_events(
        "three errors",
        &errors,
        &["b dropped", "c dropped", "a dropped", r#"Err(["a", "b", "c"])"#],
    )?;
    expect_events("no futures", &[], &["Err([])"])?;
    expect_events(
        "a panic, and one that never ends",
        &[(1, Panic), (0, Never)],
        &["a dropped", "b dropped", "panic"],
    )?;
    let dropped = events_of_a_drop(&[(0, Error), (9, Never), (0, Never)]);
    expect(
        "a drop of the whole",
        dropped,
        ["a dropped", "b dropped", "c dropped", "all dropped"].map(str::to_owned).to_vec(),
    )
}

fn main() {
    panic::set_hook(Box::new(|_| ())); // one is asked for
    if let Err(found) = check() {
        print!("{found}");
    }
}
