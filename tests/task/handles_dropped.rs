//! A task whose destructor polls the task's own handle: it waits, whatever drops the task.

use crate::support::{in_time, on_drop, poll_once, run};
use shirr::{JoinHandle, Runtime, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{Future, pending};
use std::rc::Rc;

type Own = Rc<RefCell<Option<JoinHandle<()>>>>;

/// Waits for ever; says when it is dropped whether its own handle had to wait.
fn polls_itself(own: &Own, waited: &Rc<Cell<bool>>) -> impl Future<Output = ()> + use<> {
    let (own, waited) = (Rc::clone(own), Rc::clone(waited));
    let guard = on_drop(move || {
        let mut handle = own.take().expect("it was put there");
        waited.set(poll_once(&mut handle).is_pending());
        own.replace(Some(handle));
    });
    async move {
        let _guard = guard;
        pending().await
    }
}

#[test]
fn an_aborted_task_may_poll_its_own_handle_in_its_drop() {
    run(|| async {
        let (own, waited) = (Own::default(), Rc::default());
        own.replace(Some(spawn(polls_itself(&own, &waited))));
        yield_now().await;
        own.borrow().as_ref().unwrap().abort();
        yield_now().await;
        assert!(waited.get());
        let handle = own.take().unwrap();
        assert!(handle.await.unwrap_err().is_cancelled());
    });
}

#[test]
fn a_task_may_poll_its_own_handle_in_its_drop_while_its_runtime_ends() {
    in_time(|| {
        let (own, waited) = (Own::default(), Rc::default());
        let runtime = Runtime::new().unwrap();
        own.replace(Some(runtime.spawn(polls_itself(&own, &waited))));
        runtime.block_on(yield_now());
        drop(runtime);
        assert!(waited.get());
        let handle = own.take().unwrap();
        assert!(shirr::block_on(handle).unwrap_err().is_cancelled());
    });
}
