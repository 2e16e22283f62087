//! A panic of a child, of an iterator or of a drop: whom it reaches, and what it leaves.

use crate::common::{Drops, Guard, begin, caught, panic_text, poll_once, text_of, turns};
use crate::forms::{Child, Form, Given, for_every_form, for_forms, waits};
use shirr::{JoinError, spawn, yield_now};
use std::future::{pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};

/// Counts its drop, then panics.
struct Bomb(#[allow(dead_code, reason = "its drop counts")] Guard);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a drop that fails");
    }
}

fn gives<T: 'static, E: 'static>(result: Result<T, E>) -> Child<T, E> {
    Box::pin(ready(result))
}

/// Panics with `payload` in the second of three children, and returns the error with it: of
/// that child where the form settles, and otherwise of the task that awaits.
async fn thrown(form: Form, payload: impl FnOnce() + 'static) -> JoinError {
    let panics: Child<(), ()> = Box::pin(async {
        yield_now().await;
        payload();
        Ok(())
    });
    let bystander = spawn(turns(5));
    let ended = spawn(form.gives([gives(Ok(())), panics, gives(Ok(()))])).await;
    assert!(!bystander.is_finished() && bystander.await.is_ok());
    match ended {
        Ok(Given::Each(mut results)) => results.remove(1).unwrap_err(),
        Ok(Given::Error(())) => panic!("no child gave an error"),
        Err(error) => error,
    }
}

/// Breaks if a payload is wrapped, or replaced by a text, on its way to the caller, or if the
/// panic ends another task.
#[test]
fn a_panics_payload_comes_as_it_was_thrown() {
    for_every_form(async |form| {
        let literal = thrown(form, || panic!("no ink")).await;
        assert_eq!(literal.to_string(), "task panicked: no ink");
        assert_eq!(literal.into_panic().downcast_ref::<&str>(), Some(&"no ink"));
        let kind = String::from("String");
        let text = thrown(form, move || panic!("a {kind}")).await;
        assert_eq!(*text.into_panic().downcast::<String>().unwrap(), "a String");
        let number = thrown(form, || panic_any(7_i32)).await;
        assert_eq!(number.to_string(), "task panicked with a value that is no text");
        assert_eq!(*number.into_panic().downcast::<i32>().unwrap(), 7);
    });
}

/// Breaks if a payload that no caller takes is dropped where its own panic ends the loop.
#[test]
fn a_payload_whose_drop_panics_goes_with_a_whole_that_is_dropped() {
    struct Payload;
    impl Drop for Payload {
        fn drop(&mut self) {
            panic!("a payload's drop");
        }
    }
    for_every_form(async |form| {
        let panics: Child<(), ()> = Box::pin(async { panic_any(Payload) });
        let drops = Drops::default();
        let mut whole = form.of([panics, waits(drops.guard()), waits(drops.guard())]);
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        assert!(catch_unwind(AssertUnwindSafe(|| drop(whole))).is_ok());
        assert_eq!(drops.count(), 2);
    });
}

/// Breaks if the panic of one child's drop reaches the caller, or keeps the others.
#[test]
fn children_whose_drops_panic_are_all_dropped_once_and_the_drop_of_the_whole_does_not_panic() {
    for_every_form(async |form| {
        let drops = Drops::default();
        let bomb = || -> Child<(), ()> {
            let bomb = Bomb(drops.guard());
            Box::pin(async move {
                let _bomb = bomb;
                pending().await
            })
        };
        let mut whole = form.of([bomb(), waits(drops.guard()), bomb()]);
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        assert!(catch_unwind(AssertUnwindSafe(|| drop(whole))).is_ok());
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

/// Breaks if an output is dropped late, or if the panic of its drop reaches the caller or keeps
/// the others. A source gives an output to its caller at once, which then drops it.
#[test]
fn outputs_whose_drops_panic_go_with_a_whole_that_is_dropped_half_done() {
    for_forms(
        |form| !form.is_source(),
        async |form| {
            let drops = Drops::default();
            let bomb = || gives::<Bomb, ()>(Ok(Bomb(drops.guard())));
            let mut whole = form.of([bomb(), bomb(), waits(drops.guard())]);
            assert!(begin(&mut whole).await.is_pending());
            turns(1).await;
            assert!(begin(&mut whole).await.is_pending()); // with a limit, it fetches the output
            assert_eq!(drops.count(), 0);
            assert!(catch_unwind(AssertUnwindSafe(|| drop(whole))).is_ok());
            assert!(drops.count() == 3 && drops.none_alive());
        },
    );
}

/// Breaks if the panic of the second error's drop displaces the first error.
#[test]
fn of_two_errors_whose_drops_panic_the_second_goes_unheard() {
    for_forms(Form::tries, async |form| {
        let (errors, sibling) = (Drops::default(), Drops::default());
        let error = || gives::<(), _>(Err(Bomb(errors.guard())));
        let late = crate::forms::ends_after(4, sibling.guard());
        // The first is the caller's, and blows up there.
        assert!(spawn(form.of([error(), error(), late])).await.unwrap_err().is_panic());
        assert!(errors.count() == 2 && errors.none_alive());
        assert!(sibling.count() == 1 && sibling.none_alive());
    });
}

/// Breaks if the panic of a value's drop displaces the error.
#[test]
fn a_value_whose_drop_panics_goes_unheard_when_an_error_ends_the_whole() {
    for_forms(Form::tries, async |form| {
        let drops = Drops::default();
        let bomb = Bomb(drops.guard());
        let late: Child<Bomb, ()> = Box::pin(async move {
            turns(5).await;
            Ok(bomb)
        });
        let whole = form.of([gives(Ok(Bomb(drops.guard()))), crate::forms::fails(2, ()), late]);
        assert!(caught(whole).await.is_ok());
        turns(8).await;
        assert!(drops.count() == 2 && drops.none_alive());
    });
}

/// Breaks if the panic of an ended child's drop is lost, or ends the loop.
#[test]
fn a_child_that_ends_with_a_drop_that_panics_has_panicked() {
    for_every_form(async |form| {
        let drops = Drops::default();
        let ends: Child<(), ()> = crate::forms::ends_after(1, Bomb(drops.guard()));
        let ended = caught(form.gives([gives(Ok(())), ends, gives(Ok(()))])).await;
        match ended {
            Ok(given) => assert_eq!(given.words(), ["()", "task panicked: a drop that fails", "()"]),
            Err(payload) => {
                assert!(!form.settles());
                assert_eq!(text_of(payload.as_ref()), "a drop that fails");
            }
        }
        assert!(drops.count() == 1 && drops.none_alive());
    });
}

/// Breaks if a panic of the iterator leaves children behind, at the first poll or, under a
/// limit, at a later one.
#[test]
fn an_iterator_that_panics_midway_drops_the_children_made_so_far_and_ends_the_whole() {
    for_forms(
        |form| !form.is_macro(),
        async |form| {
            let drops = Drops::default();
            let guards = drops.clone();
            let children = (0..8).map(move |i| -> Child<(), ()> {
                assert!(i < 5, "no child {i}");
                if i == 1 { crate::forms::ends_after(0, guards.guard()) } else { waits(guards.guard()) }
            });
            let mut whole = form.over(children, 5);
            let payload = caught(&mut whole).await.err().unwrap();
            assert_eq!(text_of(payload.as_ref()), "no child 5");
            assert_eq!((drops.count(), shirr::metrics().tasks), (5, 1));
            if form.is_source() {
                assert!(poll_once(&mut whole).is_ready(), "there are no more");
            } else {
                assert!(panic_text(|| poll_once(&mut whole)).contains("an earlier poll had panicked"));
            }
        },
    );
}

/// Breaks if a panic of the iterator's drop leaves children behind.
#[test]
fn an_iterator_whose_drop_panics_leaves_no_child_behind() {
    struct Iter(usize, Drops);
    impl Iterator for Iter {
        type Item = Child<(), ()>;
        fn next(&mut self) -> Option<Self::Item> {
            self.0 = self.0.checked_sub(1)?;
            Some(waits(self.1.guard()))
        }
    }
    impl Drop for Iter {
        fn drop(&mut self) {
            panic!("an iterator's drop");
        }
    }
    for_forms(
        |form| !form.is_macro(),
        async |form| {
            let drops = Drops::default();
            let whole = form.over(Iter(4, drops.clone()), 5);
            let payload = caught(whole).await.err().unwrap();
            assert_eq!(text_of(payload.as_ref()), "an iterator's drop");
            assert_eq!((drops.count(), shirr::metrics().tasks), (4, 1));
        },
    );
}
