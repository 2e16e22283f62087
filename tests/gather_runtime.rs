//! A gather and the runtime it runs in: none there, another one, one that ends.

mod common;

use common::{Drops, begin, ends, panic_text, poll_once, registered, turns, waiting};
use shirr::net::TcpListener;
use shirr::time::sleep;
use shirr::{Runtime, gather};
use std::cell::RefCell;
use std::future::{Future, pending, ready};
use std::pin::Pin;
use std::rc::Rc;
use std::thread;
use std::time::Duration;

const LONG: Duration = Duration::from_secs(600);

#[test]
fn outside_a_runtime_it_panics_with_the_line_that_mends_it() {
    let mut all = gather([ready(1)]); // making one needs no runtime
    let text = panic_text(|| poll_once(&mut all));
    assert!(text.contains("shirr::gather") && text.contains("shirr::block_on(async"), "{text}");
}

#[test]
fn awaited_in_another_runtime_it_panics_instead_of_waiting_for_ever() {
    common::ends(|| {
        let (home, other) = (shirr::Runtime::new().unwrap(), shirr::Runtime::new().unwrap());
        let mut all = gather([std::future::pending::<()>()]);
        home.block_on(async { assert!(begin(&mut all).await.is_pending()) });
        let text = panic_text(|| other.block_on(async { begin(&mut all).await.is_pending() }));
        assert!(text.contains("block_on"), "{text}");
    });
}

#[test]
fn a_runtime_dropped_under_a_running_gather_drops_every_child() {
    ends(|| {
        let (drops, runtime) = (Drops::default(), Runtime::new().unwrap());
        // One that a task awaits, with others inside, and one that is held outside.
        let nested = gather([gather(waiting(3, &drops)), gather(waiting(2, &drops))]);
        let task = runtime.spawn(async { drop(nested.await) });
        let mut held = gather(waiting(5, &drops));
        runtime.block_on(async {
            assert!(begin(&mut held).await.is_pending());
            turns(5).await;
        });
        assert_eq!(drops.count(), 0);
        drop(runtime);
        assert!(drops.count() == 10 && drops.none_alive());
        assert!(task.is_finished());
        let text = panic_text(|| shirr::block_on(async { poll_once(&mut held) }));
        assert!(text.contains("runtime had ended"), "{text}");
    });
}

#[test]
fn a_gather_first_polled_while_its_runtime_ends_panics_and_drops_its_children() {
    struct Late(Drops, Rc<RefCell<String>>);
    impl Drop for Late {
        fn drop(&mut self) {
            let mut all = gather(waiting(3, &self.0));
            *self.1.borrow_mut() = panic_text(|| poll_once(&mut all));
        }
    }
    ends(|| {
        let (drops, text) = (Drops::default(), Rc::default());
        let (late, runtime) = (Late(drops.clone(), Rc::clone(&text)), Runtime::new().unwrap());
        drop(runtime.spawn(async move {
            let _late = late;
            pending::<()>().await;
        }));
        runtime.block_on(turns(2));
        drop(runtime);
        assert!(text.borrow().contains("runtime had ended"), "{text:?}");
        assert!(drops.count() == 3 && drops.none_alive());
    });
}

#[test]
fn dropped_while_another_runtime_runs_its_children_go_at_once_and_leave_nothing() {
    ends(|| {
        let (home, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let drops = Drops::default();
        let child = |_| {
            let guard = drops.guard();
            async move {
                let _listener = (guard, TcpListener::bind("127.0.0.1:0").await.unwrap());
                sleep(LONG).await;
            }
        };
        let mut all = gather((0..3).map(child).collect::<Vec<_>>());
        home.block_on(async {
            assert!(begin(&mut all).await.is_pending());
            turns(3).await;
            assert_eq!(registered(), (3, 3));
        });
        other.block_on(async move { drop(all) });
        assert_eq!((drops.count(), home.metrics().tasks, home.metrics().sources), (3, 0, 0));
        home.block_on(sleep(Duration::from_millis(1))); // it hears of the timers from afar
        assert_eq!(home.metrics().timers, 0);
    });
}

#[test]
fn what_a_thread_local_still_holds_goes_with_its_thread() {
    /// Says on another thread that it was dropped.
    struct Tell(std::sync::mpsc::Sender<&'static str>);
    impl Drop for Tell {
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
        let tell = Tell(sender.clone());
        async move {
            let _held = (tell, TcpListener::bind("127.0.0.1:0").await.unwrap());
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

#[test]
fn moved_between_two_children_to_another_runtime_it_panics_instead_of_waiting_for_ever() {
    ends(|| {
        let (home, other) = (Runtime::new().unwrap(), Runtime::new().unwrap());
        let mut all = gather((0..2).map(ready)).limit(1);
        home.block_on(async {
            assert!(begin(&mut all).await.is_pending());
            turns(2).await; // the first child has ended, the second has not begun
        });
        let text = panic_text(|| other.block_on(async { begin(&mut all).await.is_pending() }));
        assert!(text.contains("block_on"), "{text}");
    });
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
