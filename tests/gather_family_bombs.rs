//! Drops that panic: of a child, of an output, of an error, in every form of gather.

mod common;
#[path = "common/forms.rs"]
mod forms;

use common::{Drops, Guard, begin, caught, run, turns};
use forms::{Child, FORMS, Form};
use shirr::{gather, spawn};
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Counts its drop, then panics.
struct Bomb(#[allow(dead_code, reason = "its drop counts")] Guard);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a drop that fails");
    }
}

/// Runs `body` for every form, each in a runtime of its own, and names those that fail.
fn for_each_form(body: impl AsyncFn(Form) + Copy + Send + 'static) {
    let holds = |form| {
        let body = move || async move {
            body(form).await;
            turns(3).await;
            assert_eq!(gather([ready(1), ready(2)]).await, [1, 2], "the runtime runs on");
            assert_eq!(shirr::metrics().tasks, 1);
        };
        catch_unwind(AssertUnwindSafe(|| run(body))).is_ok()
    };
    let failed: Vec<_> = FORMS.into_iter().filter(|form| !holds(*form)).collect();
    assert!(failed.is_empty(), "failed: {failed:?}");
}

fn holds<T: 'static, E: 'static>(held: impl Sized + 'static) -> Child<T, E> {
    Box::pin(async move {
        let _held = held;
        pending().await
    })
}

fn gives<T: 'static, E: 'static>(result: Result<T, E>) -> Child<T, E> {
    Box::pin(ready(result))
}

#[test]
fn children_whose_drops_panic_are_all_dropped_once_and_the_drop_of_the_whole_does_not_panic() {
    for_each_form(async |form| {
        let drops = Drops::default();
        let bomb = || holds::<(), ()>(Bomb(drops.guard()));
        let mut whole = form.of([bomb(), holds(drops.guard()), bomb()]);
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        assert!(catch_unwind(AssertUnwindSafe(|| drop(whole))).is_ok(), "{form:?}");
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

#[test]
fn outputs_whose_drops_panic_go_quietly_with_a_whole_that_is_dropped_half_done() {
    for_each_form(async |form| {
        // A source gives an output to its caller at once, who is then the one to drop it.
        if matches!(form, Form::AsCompleted | Form::AsCompletedLimited) {
            return;
        }
        let drops = Drops::default();
        let children: [Child<Bomb, ()>; 3] =
            [gives(Ok(Bomb(drops.guard()))), gives(Ok(Bomb(drops.guard()))), holds(drops.guard())];
        let mut whole = form.of(children);
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        assert!(begin(&mut whole).await.is_pending()); // with a limit, it fetches the output
        assert!(catch_unwind(AssertUnwindSafe(|| drop(whole))).is_ok(), "{form:?}");
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

#[test]
fn of_two_errors_whose_drops_panic_the_second_goes_quietly() {
    for_each_form(async |form| {
        if !form.tries() {
            return; // both errors are values of the caller's
        }
        let (errors, sibling) = (Drops::default(), Drops::default());
        let error = || gives::<(), _>(Err(Bomb(errors.guard())));
        let guard = sibling.guard();
        let ends_later: Child<(), Bomb> = Box::pin(async move {
            let _guard = guard;
            turns(4).await;
            Ok(())
        });
        // The first is the caller's, and blows up there.
        assert!(spawn(form.of([error(), error(), ends_later])).await.unwrap_err().is_panic());
        assert!(errors.count() == 2 && errors.none_alive());
        assert!(sibling.count() == 1 && sibling.none_alive());
    });
}

#[test]
fn a_value_whose_drop_panics_goes_quietly_when_an_error_ends_the_whole() {
    for_each_form(async |form| {
        if !form.tries() {
            return;
        }
        let drops = Drops::default();
        let fails: Child<Bomb, ()> = Box::pin(async {
            turns(2).await;
            Err(())
        });
        let late: Child<Bomb, ()> = {
            let bomb = Bomb(drops.guard());
            Box::pin(async move {
                turns(5).await;
                Ok(bomb)
            })
        };
        let whole = form.of([gives(Ok(Bomb(drops.guard()))), fails, late]);
        assert!(caught(whole).await.is_ok(), "{form:?}");
        turns(8).await;
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

#[test]
fn a_child_that_ends_with_a_drop_that_panics_has_panicked() {
    for_each_form(async |form| {
        let drops = Drops::default();
        let bomb = Bomb(drops.guard());
        let ends: Child<(), ()> = Box::pin(async move {
            let _bomb = bomb;
            turns(1).await;
            Ok(())
        });
        let result = caught(form.of([gives(Ok(())), ends, gives(Ok(()))])).await;
        assert_eq!(result.is_ok(), form.settles(), "{form:?}");
        assert!(drops.count() == 1 && drops.none_alive());
    });
}
