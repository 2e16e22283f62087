//! A gather and the end of its runtime: under it, before it begins, between two children.

use crate::common::{Drops, begin, ends, poll_once, text_of, turns};
use crate::forms::{Child, FORMS, Form, Whole, waits};
use shirr::net::TcpListener;
use shirr::time::sleep;
use shirr::{Runtime, gather, try_gather};
use std::any::Any;
use std::cell::RefCell;
use std::fmt::Debug;
use std::future::{Future, pending, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

type Held<T> = Rc<RefCell<Option<T>>>;

fn waiting(drops: &Drops) -> [Child<(), ()>; 3] {
    [(); 3].map(|()| waits(drops.guard()))
}

/// What a poll of the whole gives, or the panic's payload.
fn tried(whole: &mut Whole) -> Result<Poll<()>, Box<dyn Any + Send>> {
    catch_unwind(AssertUnwindSafe(|| poll_once(whole)))
}

/// Whether a poll after the end of its runtime says so, or gives errors where the form settles.
fn says_that_the_runtime_has_ended(form: Form, polled: Result<Poll<()>, Box<dyn Any + Send>>) -> bool {
    match polled {
        Ok(polled) => form.settles() && polled.is_ready(),
        Err(payload) => !form.settles() && text_of(payload.as_ref()).contains("runtime had ended"),
    }
}

/// Breaks if children outlive their runtime, be their whole in a task, in another whole, or
/// outside.
#[test]
fn a_runtime_dropped_under_it_drops_every_child_once() {
    for (form, _) in FORMS {
        ends(move || {
            let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
            let inner = form.of(waiting(&drops));
            let nested: Child<(), ()> = Box::pin(async move {
                inner.await;
                Ok(())
            });
            let task = runtime.spawn(form.of([waits(drops.guard()), nested, waits(drops.guard())]));
            let mut held = form.of(waiting(&drops));
            runtime.block_on(async {
                assert!(begin(&mut held).await.is_pending());
                turns(3).await;
            });
            assert_eq!(drops.count(), 0);
            drop(runtime);
            assert!(drops.count() == 8 && drops.none_alive(), "{form:?}");
            assert!(task.is_finished());
            let polled = shirr::block_on(async { tried(&mut held) });
            assert!(says_that_the_runtime_has_ended(form, polled), "{form:?}");
        });
    }
}

/// Breaks if children begin in a runtime that gives no turn any more.
#[test]
fn first_polled_while_its_runtime_ends_it_says_so_and_drops_its_children() {
    struct Late(Form, Drops, Held<bool>);
    impl Drop for Late {
        fn drop(&mut self) {
            let mut whole = self.0.of(waiting(&self.1));
            let says_so = says_that_the_runtime_has_ended(self.0, tried(&mut whole));
            *self.2.borrow_mut() = Some(says_so);
        }
    }
    for (form, _) in FORMS {
        ends(move || {
            let (drops, says_so, runtime) = (Drops::default(), Held::default(), Runtime::new().unwrap());
            let late = Late(form, drops.clone(), Rc::clone(&says_so));
            drop(runtime.spawn(async move {
                let _late = late;
                pending::<()>().await
            }));
            runtime.block_on(turns(2));
            drop(runtime);
            assert!(drops.count() == 3 && drops.none_alive(), "{form:?}");
            assert_eq!(*says_so.borrow(), Some(true), "{form:?}");
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

/// Breaks if results that were fetched are lost when no further child can begin.
#[test]
fn when_no_further_child_can_begin_as_the_runtime_ends_no_output_is_left_out() {
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

/// Breaks if the drop of a thread-local waits for a runtime that is gone.
#[test]
fn what_a_thread_local_still_holds_goes_with_its_thread() {
    /// Says on another thread that it was dropped.
    struct Reports(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Reports {
        fn drop(&mut self) {
            self.0.send("dropped").unwrap();
        }
    }
    type Held = Pin<Box<dyn Future<Output = Vec<()>>>>;
    thread_local! {
        static HELD: RefCell<Vec<Held>> = const { RefCell::new(Vec::new()) };
    }
    let (sender, receiver) = std::sync::mpsc::channel();
    let child = move |_| {
        let reports = Reports(sender.clone());
        async move {
            let _held = (reports, TcpListener::bind("127.0.0.1:0").await.unwrap());
            sleep(LONG).await;
        }
    };
    // One from a runtime that is gone by then, and one from a runtime that goes later.
    thread::spawn(move || {
        let runtime = Runtime::new().unwrap();
        let begun = |children: Vec<_>| async {
            let mut all: Held = Box::pin(gather(children));
            assert!(begin(&mut all).await.is_pending());
            turns(3).await;
            HELD.with_borrow_mut(|held| held.push(all));
        };
        runtime.block_on(begun((0..2).map(&child).collect()));
        shirr::block_on(begun((0..2).map(&child).collect()));
        HELD.with_borrow_mut(|held| {
            held.push(Box::pin(async move {
                drop(runtime);
                vec![]
            }))
        });
    })
    .join()
    .unwrap();
    assert_eq!(receiver.iter().count(), 4);
}

type Awaited = Pin<Box<dyn Future<Output = ()>>>;

/// Spawns a task when dropped, then drops the gather that it is a child of.
struct Meddler {
    gather: Rc<RefCell<Option<Awaited>>>,
    spawned: Rc<RefCell<Option<shirr::JoinHandle<()>>>>,
}

impl Drop for Meddler {
    fn drop(&mut self) {
        let spawned = shirr::spawn(pending());
        drop(self.gather.take());
        assert!(spawned.is_finished(), "the newcomer in the child's former slot was put out");
        self.spawned.replace(Some(spawned));
    }
}

/// Breaks if a child that is being dropped still has its slot.
#[test]
fn a_child_dropped_at_shutdown_may_spawn_and_drop_its_own_gather() {
    ends(|| {
        let (own, spawned) = (Rc::default(), Rc::default());
        let meddler = Meddler { gather: Rc::clone(&own), spawned: Rc::clone(&spawned) };
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let child = async move {
                let _meddler = meddler;
                pending::<()>().await
            };
            let mut all: Awaited = Box::pin(async { drop(gather([child]).await) });
            assert!(begin(&mut all).await.is_pending());
            turns(1).await;
            own.replace(Some(all));
        });
        drop(runtime);
        let handle = spawned.take().expect("the drop came to its end");
        assert!(shirr::block_on(handle).unwrap_err().is_cancelled());
    });
}
