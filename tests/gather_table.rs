//! What happens to the others: the table in the docs of gather, a test for every cell.

mod common;

use common::{Drops, Guard, Trace, begin, caught, run, text_of, turns};
use shirr::{as_completed, gather, spawn, try_gather};
use std::future::Future;
use std::pin::{Pin, pin};

type Child = Pin<Box<dyn Future<Output = Result<u8, &'static str>>>>;

/// Two children that have an effect after some turns, and what they leave.
#[derive(Default)]
struct Others {
    drops: Drops,
    trace: Trace,
}

impl Others {
    fn child(&self) -> Child {
        let (guard, trace): (Guard, _) = (self.drops.guard(), self.trace.clone());
        Box::pin(async move {
            let _guard = guard;
            turns(5).await;
            trace.note("ran on");
            Ok(1)
        })
    }

    fn around(&self, middle: Child) -> [Child; 3] {
        [self.child(), middle, self.child()]
    }

    /// They are gone now, and nothing of them comes later.
    async fn were_dropped(self) {
        assert!(self.drops.count() == 2 && self.drops.none_alive());
        turns(10).await;
        assert!(self.trace.take().is_empty());
        assert_eq!(shirr::metrics().tasks, 1);
    }

    fn ran_on(self) {
        assert_eq!(self.trace.take(), ["ran on", "ran on"]);
        assert!(self.drops.count() == 2 && self.drops.none_alive());
    }
}

fn error() -> Child {
    Box::pin(async {
        turns(1).await;
        Err("no")
    })
}

fn panic() -> Child {
    Box::pin(async {
        turns(1).await;
        panic!("boom")
    })
}

/// Begins the whole, drops it, and checks that the drop dropped the children; then has the
/// task that awaits it aborted.
async fn drop_and_abort<F: Future + 'static>(make: impl Fn([Child; 3]) -> F) {
    let others = Others::default();
    let mut whole = Box::pin(make(others.around(Box::pin(std::future::pending()))));
    assert!(begin(&mut whole).await.is_pending());
    turns(2).await;
    drop(whole);
    others.were_dropped().await;

    let others = Others::default();
    let whole = make(others.around(Box::pin(std::future::pending())));
    let task = spawn(async move { drop(whole.await) });
    turns(2).await;
    task.abort();
    assert!(task.await.unwrap_err().is_cancelled());
    others.were_dropped().await;
}

/// The whole ends with the child's panic, when the others are gone.
async fn panics_in_the_caller<F: Future>(make: impl FnOnce([Child; 3]) -> F) {
    let others = Others::default();
    let mut whole = pin!(make(others.around(panic())));
    let Err(payload) = caught(whole.as_mut()).await else { panic!("it should have panicked") };
    assert_eq!(text_of(payload.as_ref()), "boom");
    others.were_dropped().await;
}

#[test]
fn an_error_in_gather_is_a_value_and_the_others_run_on() {
    run(async || {
        let others = Others::default();
        assert_eq!(gather(others.around(error())).await, [Ok(1), Err("no"), Ok(1)]);
        others.ran_on();
    });
}

#[test]
fn a_panic_in_gather_drops_the_others_then_goes_on_in_the_caller() {
    run(async || panics_in_the_caller(gather).await);
}

#[test]
fn an_abort_or_a_drop_of_gather_drops_the_others_before_it_returns() {
    run(async || drop_and_abort(gather).await);
}

#[test]
fn an_error_in_settled_is_a_value_and_the_others_run_on() {
    run(async || {
        let others = Others::default();
        let results = gather(others.around(error())).settled().await;
        assert_eq!(results.into_iter().map(Result::unwrap).collect::<Vec<_>>(), [Ok(1), Err("no"), Ok(1)]);
        others.ran_on();
    });
}

#[test]
fn a_panic_in_settled_is_a_value_and_the_others_run_on() {
    run(async || {
        let others = Others::default();
        let results = gather(others.around(panic())).settled().await;
        assert_eq!(*results[0].as_ref().unwrap(), Ok(1));
        assert_eq!(results[1].as_ref().unwrap_err().to_string(), "task panicked: boom");
        assert_eq!(*results[2].as_ref().unwrap(), Ok(1));
        others.ran_on();
    });
}

#[test]
fn an_abort_or_a_drop_of_settled_drops_the_others_before_it_returns() {
    run(async || drop_and_abort(|children| gather(children).settled()).await);
}

#[test]
fn an_error_in_try_gather_drops_the_others_then_the_caller_has_it() {
    run(async || {
        let others = Others::default();
        let mut all = try_gather(others.around(error()));
        assert_eq!((&mut all).await, Err("no"));
        others.were_dropped().await;
    });
}

#[test]
fn a_panic_in_try_gather_drops_the_others_then_goes_on_in_the_caller() {
    run(async || panics_in_the_caller(try_gather).await);
}

#[test]
fn an_abort_or_a_drop_of_try_gather_drops_the_others_before_it_returns() {
    run(async || drop_and_abort(try_gather).await);
}

#[test]
fn an_error_in_as_completed_is_a_value_when_it_comes_and_the_others_run_on() {
    run(async || {
        let others = Others::default();
        let mut source = as_completed(others.around(error()));
        assert_eq!(source.next().await, Some((1, Err("no"))));
        assert_eq!(others.drops.count(), 0);
        assert_eq!(source.next().await, Some((0, Ok(1))));
        assert_eq!(source.next().await, Some((2, Ok(1))));
        others.ran_on();
    });
}

#[test]
fn a_panic_in_as_completed_drops_the_others_then_goes_on_in_the_caller() {
    run(async || {
        panics_in_the_caller(|children| async move { as_completed(children).next().await }).await;
    });
}

#[test]
fn an_abort_or_a_drop_of_as_completed_drops_the_others_before_it_returns() {
    run(async || {
        drop_and_abort(|children| async move {
            let mut source = as_completed(children);
            source.next().await
        })
        .await;
    });
}
