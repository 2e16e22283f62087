//! What children may do to their own gather, and while they are dropped with it.

use crate::common::{Drops, Trace, begin, paused, turns};
use crate::forms::{Child, Whole, ends_after, for_every_form, waits};
use shirr::time::sleep;
use shirr::{Within, gather, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn, ready};
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

/// A gather that lies where its children can reach it.
type Held<T> = Rc<RefCell<Option<T>>>;

/// Breaks if a child that is on the stack is dropped there, or if one stays behind.
#[test]
fn a_child_may_drop_its_own_whole_and_goes_when_its_poll_returns() {
    for_every_form(async |form| {
        let (held, drops) = (Held::<Whole>::default(), Drops::default());
        let (own, guard, counted) = (held.clone(), drops.guard(), drops.clone());
        let drops_it: Child<(), ()> = Box::pin(async move {
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
        assert!(drops.count() == 3 && drops.none_alive());
        assert_eq!(shirr::metrics().tasks, 1);
    });
}

/// Breaks if the end of the child's turn empties its slot, which is a newcomer's by now.
#[test]
fn tasks_spawned_by_a_child_that_has_dropped_its_own_whole_have_their_turns() {
    for_every_form(async |form| {
        let (held, drops, ended) = (Held::<Whole>::default(), Drops::default(), Rc::new(Cell::new(0)));
        let (own, ends) = (held.clone(), Rc::clone(&ended));
        let drops_it: Child<(), ()> = Box::pin(async move {
            yield_now().await;
            drop(own.take());
            for ends in [(); 3].map(|()| Rc::clone(&ends)) {
                drop(spawn(async move {
                    yield_now().await;
                    ends.set(ends.get() + 1);
                }));
            }
            pending().await
        });
        let mut whole = form.of([waits(drops.guard()), drops_it, waits(drops.guard())]);
        assert!(begin(&mut whole).await.is_pending());
        *held.borrow_mut() = Some(whole);
        turns(4).await;
        assert_eq!(ended.get(), 3);
    });
}

/// Breaks if a gather is borrowed while a child of it is polled.
#[test]
fn a_child_may_poll_its_own_whole_which_is_then_not_ready() {
    for_every_form(async |form| {
        let (held, drops) = (Held::<Whole>::default(), Drops::default());
        let (own, guard) = (held.clone(), drops.guard());
        let polls_it: Child<(), ()> = Box::pin(async move {
            let _guard = guard;
            yield_now().await;
            let mut whole = own.take().unwrap();
            let polled = begin(&mut whole).await;
            *own.borrow_mut() = Some(whole);
            assert!(polled.is_pending());
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
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

/// Breaks if a child that is on the stack when its time is over is dropped there, or if it
/// has a result.
#[test]
fn a_child_may_cut_its_own_whole_short_and_is_cancelled_too_when_its_poll_returns() {
    paused(async || {
        type Own = Within<std::vec::IntoIter<Child<(), ()>>>;
        let (held, drops, trace) = (Held::<Own>::default(), Drops::default(), Trace::default());
        let (own, guard, counted, notes) = (held.clone(), drops.guard(), drops.clone(), trace.clone());
        let cuts: Child<(), ()> = Box::pin(async move {
            let _guard = guard;
            sleep(Duration::from_millis(2)).await;
            let mut whole = own.take().unwrap();
            let Poll::Ready(results) = begin(&mut whole).await else { panic!("its time is over") };
            notes.note(format!("{} results, {} outputs", results.len(), results.iter().flatten().count()));
            notes.note(format!("{} of its children are gone", counted.count()));
            pending().await
        });
        let children = vec![waits(drops.guard()), cuts, waits(drops.guard())];
        let mut whole = gather(children).settled().within(Duration::from_millis(1));
        assert!(begin(&mut whole).await.is_pending());
        *held.borrow_mut() = Some(whole);
        while shirr::metrics().tasks > 1 {
            sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(trace.take(), ["3 results, 0 outputs", "2 of its children are gone"]);
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

/// Breaks if something is borrowed while a child is dropped, or if a panic of its drop keeps the
/// others.
#[test]
fn a_childs_drop_may_spawn_abort_gather_and_panic_and_the_other_children_still_go() {
    struct Busy(Rc<Cell<usize>>, shirr::AbortHandle);
    impl Drop for Busy {
        fn drop(&mut self) {
            let ran = Rc::clone(&self.0);
            drop(spawn(async move {
                let outputs = gather([ready(1), ready(1)]).await;
                ran.set(ran.get() + outputs.len());
            }));
            self.1.abort();
            panic!("a drop that fails");
        }
    }
    for_every_form(async |form| {
        let (ran, victim) = (Rc::default(), spawn(pending::<()>()));
        let child = |()| -> Child<(), ()> {
            let busy = Busy(Rc::clone(&ran), victim.abort_handle());
            Box::pin(async move {
                let _busy = busy;
                pending().await
            })
        };
        let mut whole = form.of([(); 3].map(child));
        assert!(begin(&mut whole).await.is_pending());
        turns(1).await;
        drop(whole);
        assert!(victim.await.unwrap_err().is_cancelled());
        turns(4).await;
        assert_eq!((ran.get(), shirr::metrics().tasks), (6, 1));
    });
}
