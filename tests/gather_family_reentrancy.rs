//! Every form of gather inside every other, dropped or polled by its own children, and
//! under a runtime that ends.

mod common;
#[path = "common/forms.rs"]
mod forms;

use common::{Drops, Guard, Trace, begin, ends, poll_once, run, text_of, turns};
use forms::{Child, FORMS, Form, Whole};
use shirr::{Runtime, Within, gather, try_gather, yield_now};
use std::cell::RefCell;
use std::fmt::Debug;
use std::future::{Future, pending, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

type Plain = Child<(), ()>;
type Held<T> = Rc<RefCell<Option<T>>>;

fn waits(guard: Guard) -> Plain {
    Box::pin(async move {
        let _guard = guard;
        pending().await
    })
}

/// Ends after some turns; the guard goes with it.
fn ends_after(n: usize, guard: Guard) -> Plain {
    Box::pin(async move {
        let _guard = guard;
        turns(n).await;
        Ok(())
    })
}

#[test]
fn a_child_may_drop_its_own_whole_and_goes_when_its_poll_returns() {
    for form in FORMS {
        run(move || async move {
            let (held, drops) = (Held::<Whole>::default(), Drops::default());
            let (own, guard, counted) = (held.clone(), drops.guard(), drops.clone());
            let drops_it: Plain = Box::pin(async move {
                let _guard = guard;
                yield_now().await;
                drop(own.take());
                assert_eq!(counted.count(), 2, "the siblings are gone, and it is still here");
                pending().await
            });
            let mut whole = form.of([waits(drops.guard()), drops_it, waits(drops.guard())]);
            assert!(begin(&mut whole).await.is_pending());
            *held.borrow_mut() = Some(whole);
            turns(3).await;
            assert!(drops.count() == 3 && drops.none_alive(), "{form:?}");
            assert_eq!(shirr::metrics().tasks, 1);
        });
    }
}

#[test]
fn a_child_may_poll_its_own_whole_which_is_then_not_ready() {
    for form in FORMS {
        run(move || async move {
            let (held, drops) = (Held::<Whole>::default(), Drops::default());
            let (own, guard) = (held.clone(), drops.guard());
            let polls_it: Plain = Box::pin(async move {
                let _guard = guard;
                yield_now().await;
                let polled = poll_fn(|cx| {
                    let mut whole = own.take().unwrap();
                    let polled = whole.as_mut().poll(cx);
                    *own.borrow_mut() = Some(whole);
                    Poll::Ready(polled)
                });
                assert!(polled.await.is_pending());
                Ok(())
            });
            let children = [ends_after(0, drops.guard()), polls_it, ends_after(5, drops.guard())];
            *held.borrow_mut() = Some(form.of(children));
            // The same whole is polled here and by its child, in turns.
            while poll_fn(|cx| Poll::Ready(held.borrow_mut().as_mut().unwrap().as_mut().poll(cx)))
                .await
                .is_pending()
            {
                yield_now().await;
            }
            assert!(drops.count() == 3 && drops.none_alive(), "{form:?}");
        });
    }
}

#[test]
fn every_form_works_as_a_child_of_every_form() {
    for outer in FORMS {
        run(move || async move {
            for inner in FORMS {
                let drops = Drops::default();
                let leaves = [3, 1, 2].map(|n| ends_after(n, drops.guard()));
                let nested: Plain = Box::pin(async move {
                    inner.of(leaves).await;
                    Ok(())
                });
                outer.of([ends_after(1, drops.guard()), nested, ends_after(9, drops.guard())]).await;
                assert!(drops.count() == 5 && drops.none_alive(), "{inner:?} in {outer:?}");
            }
            assert_eq!(shirr::metrics().tasks, 1);
        });
    }
}

#[test]
fn dropping_the_outer_of_any_two_forms_drops_all_leaves_once() {
    for outer in FORMS {
        run(move || async move {
            for inner in FORMS {
                let drops = Drops::default();
                let leaves = [(); 3].map(|()| waits(drops.guard()));
                let nested: Plain = Box::pin(async move {
                    inner.of(leaves).await;
                    Ok(())
                });
                let mut whole = outer.of([waits(drops.guard()), nested, waits(drops.guard())]);
                assert!(begin(&mut whole).await.is_pending());
                turns(3).await;
                assert_eq!(shirr::metrics().tasks, 1 + 6);
                drop(whole);
                assert!(drops.count() == 5 && drops.none_alive(), "{inner:?} in {outer:?}");
                assert_eq!(shirr::metrics().tasks, 1);
            }
        });
    }
}

#[test]
fn a_runtime_dropped_under_any_form_drops_its_children_once() {
    for form in FORMS {
        ends(move || {
            let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
            let task = runtime.spawn(form.of([(); 3].map(|()| waits(drops.guard()))));
            let mut held = form.of([(); 3].map(|()| waits(drops.guard())));
            runtime.block_on(async {
                assert!(begin(&mut held).await.is_pending());
                turns(3).await;
            });
            assert_eq!(drops.count(), 0);
            drop(runtime);
            assert!(drops.count() == 6 && drops.none_alive(), "{form:?}");
            assert!(task.is_finished());
            // What is held outside says so, unless a child's end without an output is a value.
            let polled = shirr::block_on(async { catch_unwind(AssertUnwindSafe(|| poll_once(&mut held))) });
            assert_eq!(polled.is_ok(), form.settles(), "{form:?}");
        });
    }
}

#[test]
fn any_form_first_polled_while_its_runtime_ends_drops_its_children() {
    struct Late(Form, Drops, Held<bool>);
    impl Drop for Late {
        fn drop(&mut self) {
            let mut whole = self.0.of([(); 3].map(|()| waits(self.1.guard())));
            let polled = catch_unwind(AssertUnwindSafe(|| poll_once(&mut whole)));
            *self.2.borrow_mut() = Some(polled.is_ok());
        }
    }
    for form in FORMS {
        ends(move || {
            let (drops, gave, runtime) = (Drops::default(), Held::default(), Runtime::new().unwrap());
            let late = Late(form, drops.clone(), Rc::clone(&gave));
            drop(runtime.spawn(async move {
                let _late = late;
                pending::<()>().await
            }));
            runtime.block_on(turns(2));
            drop(runtime);
            assert!(drops.count() == 3 && drops.none_alive(), "{form:?}");
            assert_eq!(*gave.borrow(), Some(form.settles()), "{form:?}");
        });
    }
}

/// Polls the whole when it is dropped, and keeps a word of what that gave.
struct PollsLast<F: Future<Output: Debug> + Unpin>(F, Held<String>);

impl<F: Future<Output: Debug> + Unpin> Drop for PollsLast<F> {
    fn drop(&mut self) {
        let polled = catch_unwind(AssertUnwindSafe(|| poll_once(&mut self.0)));
        let given = polled.map_or_else(|payload| text_of(&*payload), |polled| format!("{polled:?}"));
        *self.1.borrow_mut() = Some(given);
    }
}

/// What a whole of three children under a limit of two gives when two have ended and it is
/// polled next while its runtime ends, so that the third cannot begin.
fn given_at_the_end<F>(whole: F) -> String
where
    F: Future<Output: Debug> + Unpin + 'static,
{
    let (runtime, given) = (Runtime::new().unwrap(), Held::default());
    let mut last = PollsLast(whole, Rc::clone(&given));
    drop(runtime.spawn(async move {
        assert!(begin(&mut last.0).await.is_pending());
        pending::<()>().await
    }));
    runtime.block_on(turns(3));
    drop(runtime);
    given.take().unwrap()
}

#[test]
fn when_a_place_cannot_be_used_again_as_the_runtime_ends_no_output_is_left_out() {
    ends(|| {
        let children = || (0..3).map(|i| ready(Ok::<_, ()>(i)));
        let plain = given_at_the_end(gather(children()).limit(2));
        assert!(plain.contains("runtime had ended"), "{plain}");
        let fallible = given_at_the_end(try_gather(children()).limit(2));
        assert!(fallible.contains("runtime had ended"), "{fallible}");
        let settled = given_at_the_end(gather(children()).settled().limit(2));
        assert_eq!(settled, "Ready([Ok(Ok(0)), Ok(Ok(1)), Err(JoinError::Cancelled)])");
    });
}

#[test]
fn a_child_that_cuts_its_own_whole_short_is_cut_too_and_goes_when_its_poll_returns() {
    run(async || {
        type Own = Within<std::vec::IntoIter<Plain>>;
        let (held, drops, cut) = (Held::<Own>::default(), Drops::default(), Trace::default());
        let (own, guard, counted, note) = (held.clone(), drops.guard(), drops.clone(), cut.clone());
        let cuts: Plain = Box::pin(async move {
            let _guard = guard;
            yield_now().await;
            let mut whole = own.take().unwrap();
            let results = loop {
                match poll_once(&mut whole) {
                    Poll::Ready(results) => break results,
                    Poll::Pending => yield_now().await,
                }
            };
            assert!(results.len() == 3 && results.iter().all(|result| result.is_err()));
            note.note(format!("{} of its children are gone", counted.count()));
            pending().await
        });
        let children = vec![waits(drops.guard()), cuts, waits(drops.guard())];
        let mut whole = gather(children).settled().within(Duration::from_millis(1));
        assert!(begin(&mut whole).await.is_pending());
        *held.borrow_mut() = Some(whole);
        while shirr::metrics().tasks > 1 {
            yield_now().await;
        }
        assert_eq!(cut.take(), ["2 of its children are gone"]);
        assert!(drops.count() == 3 && drops.none_alive());
    });
}
