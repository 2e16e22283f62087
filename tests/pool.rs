//! The memory of a task that has ended is the next one's of its kind.

mod common;
mod heap;

use common::{ends, run};
use heap::counts;
use shirr::{JoinHandle, JoinSet, Runtime, gather, metrics, spawn, yield_now};
use std::cell::{Cell, RefCell};
use std::future::{pending, ready};
use std::panic::panic_any;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::LocalKey;

/// Allocations of `work`, once it has been done often enough for every table to have grown.
fn allocations(work: impl AsyncFn()) -> usize {
    Runtime::new().unwrap().block_on(async {
        for _ in 0..100 {
            work().await;
        }
        let before = counts().calls;
        work().await;
        counts().calls - before
    })
}

#[test]
fn a_task_of_a_kind_that_has_ended_before_allocates_nothing() {
    let joined = async || assert_eq!(spawn(ready(5)).await.unwrap(), 5);
    let aborted = async || {
        let handle = spawn(pending::<()>());
        handle.abort();
        assert!(handle.await.unwrap_err().is_cancelled());
    };
    let detached = async || {
        drop(spawn(ready(5)));
        yield_now().await;
    };
    let detached_and_aborted = async || {
        let handle = spawn(pending::<()>());
        handle.abort();
        drop(handle);
        yield_now().await;
    };
    let dropped_after_its_end = async || {
        let handle = spawn(ready(5));
        yield_now().await;
        assert!(handle.is_finished());
    };
    let counted = [
        allocations(joined),
        allocations(aborted),
        allocations(detached),
        allocations(detached_and_aborted),
        allocations(dropped_after_its_end),
    ];
    assert_eq!(counted, [0; 5]);
}

/// Breaks if a task of a set, or its place there, is not the next one's.
#[test]
fn a_set_that_spawns_and_joins_for_ever_allocates_nothing_after_its_first_tasks() {
    Runtime::new().unwrap().block_on(async {
        let mut set: JoinSet<i32> = (0..10).map(ready).collect();
        while set.join_next().await.is_some() {}
        let before = counts().calls;
        for i in 0..1_000 {
            set.spawn(ready(i));
            assert_eq!(set.join_next().await.unwrap().1.unwrap(), i);
        }
        assert_eq!(counts().calls, before);
    });
}

#[test]
fn kinds_of_tasks_do_not_take_each_others_memory() {
    let many = async || {
        let one = spawn(async { 1_u8 });
        let two = spawn(async {
            yield_now().await;
            [2_u64; 20]
        });
        let three = spawn(ready("three"));
        assert_eq!((one.await.unwrap(), two.await.unwrap(), three.await.unwrap()), (1, [2; 20], "three"));
    };
    // By the chance of their types' hashes, two kinds may share a row; three will not.
    assert!(allocations(many) <= 1);
}

#[test]
fn what_waits_for_the_next_tasks_goes_with_the_runtime() {
    // What the thread makes once, for all runtimes, may stay.
    Runtime::new().unwrap().block_on(yield_now());
    let before = counts().live;
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let handles: Vec<_> = (0..100).map(|i| spawn(ready([i; 100]))).collect();
        for handle in handles {
            handle.await.unwrap();
        }
    });
    assert!(counts().live - before > 100 * 400, "nothing has waited");
    drop(runtime);
    assert_eq!(counts().live, before);
}

#[test]
fn what_was_taken_or_went_with_a_runtime_leaves_room() {
    let many = async || {
        let handles = [0; 20].map(|_| spawn(ready([0; 8 * 1024])));
        for handle in handles {
            handle.await.unwrap();
        }
    };
    assert_eq!([allocations(many), allocations(many)], [0, 0]);
}

#[test]
fn two_megabytes_wait_at_most() {
    let big = |i| async move {
        let kept = [i; 8 * 1024];
        yield_now().await;
        kept[0]
    };
    Runtime::new().unwrap().block_on(async {
        let before = counts().live;
        for tasks in [1_000, 10] {
            let handles: Vec<_> = (0..tasks).map(|i| spawn(big(i))).collect();
            let mut sum = 0;
            for handle in handles {
                sum += handle.await.unwrap();
            }
            assert_eq!(sum, (0..tasks).sum::<i32>());
            let left = counts().live - before;
            assert!((1_900_000..=2_200_000).contains(&left), "{left} bytes");
        }
    });
}

/// Breaks if one allocation may be all that waits.
#[test]
fn nothing_of_more_than_a_megabyte_waits() {
    let page = async |i: u8| {
        let kept = [i; 32 * 1024];
        yield_now().await;
        kept[0]
    };
    for children in [10, 30, 40, 100] {
        Runtime::new().unwrap().block_on(async {
            let before = counts().live;
            drop(gather((0..children).map(page)).await);
            let (left, bytes) = (counts().live - before, isize::from(children) * 32 * 1024);
            assert_eq!(left > bytes, bytes < 1 << 20, "{left} bytes of {children} children");
        });
    }
}

#[test]
fn the_smallest_tasks_are_two_megabytes_at_most_too() {
    Runtime::new().unwrap().block_on(async {
        let handles: Vec<_> = (0..100_000).map(|_| spawn(ready(()))).collect();
        for handle in handles {
            handle.await.unwrap();
        }
        let with = counts().live;
        drop(Runtime::new().unwrap());
        let waited = with - counts().live;
        assert!((1_900_000..=2_200_000).contains(&waited), "{waited} bytes");
    });
}

/// So many tasks, all alive before the first is joined.
async fn at_a_time<T: Copy + 'static>(tasks: usize, value: T) {
    let handles: Vec<_> = (0..tasks).map(|_| spawn(ready(value))).collect();
    for handle in handles {
        handle.await.unwrap();
    }
}

#[test]
fn a_burst_of_one_kind_is_not_in_the_way_of_another() {
    for (before, after) in [(0, 1), (1, 1), (1, 1_000), (1_000, 2_000)] {
        Runtime::new().unwrap().block_on(async {
            at_a_time(before, 1_u64).await;
            at_a_time(100_000, ()).await;
            for _ in 0..3 {
                at_a_time(after, 1_u64).await;
            }
            let calls = counts().calls;
            at_a_time(after, 1_u64).await;
            assert_eq!(counts().calls - calls, 1, "the vector of handles, {before} before and {after} after");
        });
    }
}

#[test]
fn kinds_that_take_turns_are_two_megabytes_at_most_with_their_lists() {
    Runtime::new().unwrap().block_on(async {
        at_a_time(10_000, 1_u8).await; // the runtime's tables are as large as they get
        let before = counts().live;
        for _ in 0..3 {
            at_a_time(10_000, [1_u8; 16]).await;
            at_a_time(10_000, [1_u8; 24]).await;
            at_a_time(10_000, [1_u8; 32]).await;
            at_a_time(10_000, [1_u8; 40]).await;
        }
        let left = counts().live - before;
        assert!((500_000..=2_200_000).contains(&left), "{left} bytes");
    });
}

/// Breaks if what is taken out counts for more than it is.
#[test]
fn two_megabytes_wait_at_most_after_some_were_taken_and_given_back() {
    Runtime::new().unwrap().block_on(async {
        at_a_time(20_000, 1_u8).await; // the runtime's tables are as large as they get
        drop(Runtime::new().unwrap()); // with all that waits
        let before = counts().live;
        at_a_time(300, [1_u8; 8 * 1024]).await;
        let full = counts().live - before;
        assert!(full >= 1_900_000, "{full} bytes: the whole table went when it was full");
        at_a_time(10, [1_u8; 8 * 1024]).await;
        at_a_time(20_000, [1_u8; 16]).await;
        let left = counts().live - before;
        assert!(left <= 2_200_000, "{left} bytes");
    });
}

#[test]
fn nothing_waits_without_a_runtime() {
    Runtime::new().unwrap().block_on(yield_now());
    let before = counts().live;
    let handles = Runtime::new().unwrap().block_on(async {
        let handles: Vec<_> = (0..100).map(|i| spawn(ready([i; 100]))).collect();
        yield_now().await;
        handles
    });
    assert!(handles.iter().all(JoinHandle::is_finished));
    drop(handles);
    assert_eq!(counts().live, before);
}

#[test]
fn nothing_of_a_task_is_left_in_its_memory() {
    let held = Rc::new(());
    Runtime::new().unwrap().block_on(async {
        for _ in 0..3 {
            let (within, output) = (Rc::clone(&held), Rc::clone(&held));
            let work = async move {
                let _within = within;
                yield_now().await;
                output
            };
            let handle = spawn(work);
            assert_eq!(Rc::strong_count(&held), 3);
            yield_now().await;
            yield_now().await;
            assert!(handle.is_finished());
            assert_eq!(Rc::strong_count(&held), 2, "the output waits");
            drop(handle);
            assert_eq!(Rc::strong_count(&held), 1);
        }
    });
}

type Task = JoinHandle<u32>;

thread_local! {
    static OLD: RefCell<Option<Task>> = const { RefCell::new(None) };
    static NEW: RefCell<Option<Task>> = const { RefCell::new(None) };
}

fn put(place: &'static LocalKey<RefCell<Option<Task>>>, task: Task) {
    place.with_borrow_mut(|place| *place = Some(task));
}

fn take(place: &'static LocalKey<RefCell<Option<Task>>>) -> Task {
    place.with_borrow_mut(Option::take).unwrap()
}

fn number(number: u32) -> impl Future<Output = u32> {
    ready(number)
}

/// Takes the task's output inside its wake, and spawns another of its kind at once.
struct TakesAndSpawns;

impl Wake for TakesAndSpawns {
    fn wake(self: Arc<Self>) {
        let polled = pin!(take(&OLD)).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Ok(1))));
        put(&NEW, spawn(number(2)));
    }
}

#[test]
fn a_task_begun_while_the_one_before_wakes_its_handle_runs_on_its_own() {
    run(async || {
        let mut old = spawn(number(1));
        let waker = Waker::from(Arc::new(TakesAndSpawns));
        assert!(pin!(&mut old).poll(&mut Context::from_waker(&waker)).is_pending());
        put(&OLD, old);
        yield_now().await;
        let other = spawn(number(3));
        assert_eq!(take(&NEW).await.unwrap(), 2);
        assert_eq!(other.await.unwrap(), 3);
    });
}

thread_local! {
    static RUNTIME: RefCell<Option<Rc<Runtime>>> = const { RefCell::new(None) };
    static TURNS: Cell<u32> = const { Cell::new(0) };
}

/// Runs the runtime when it is dropped.
struct RunsTheRuntime;

impl Wake for RunsTheRuntime {
    fn wake(self: Arc<Self>) {}
}

impl Drop for RunsTheRuntime {
    fn drop(&mut self) {
        let runtime = RUNTIME.with_borrow(Option::clone).unwrap();
        runtime.block_on(async { yield_now().await });
        TURNS.set(TURNS.get() + 1);
    }
}

#[test]
fn the_memory_of_a_task_that_ends_while_its_handle_is_dropped_goes_to_one_other() {
    ends(|| {
        let runtime = Rc::new(Runtime::new().unwrap());
        RUNTIME.set(Some(Rc::clone(&runtime)));
        let waker = Waker::from(Arc::new(RunsTheRuntime));
        runtime.block_on(async {
            let mut handle = spawn(number(1));
            assert!(pin!(&mut handle).poll(&mut Context::from_waker(&waker)).is_pending());
            put(&OLD, handle);
        });
        drop(waker);
        drop(take(&OLD)); // drops the waker, which runs the task to its end
        assert_eq!(TURNS.get(), 1);
        runtime.block_on(async {
            let (two, three) = (spawn(number(2)), spawn(number(3)));
            assert_eq!((two.await.unwrap(), three.await.unwrap()), (2, 3));
        });
        RUNTIME.take();
    });
}

/// Its drop panics, and the payload's drop spawns another of the kind.
struct PanicsAndSpawns {
    panics: bool,
}

impl Future for PanicsAndSpawns {
    type Output = u32;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<u32> {
        if self.panics { Poll::Pending } else { Poll::Ready(TURNS.replace(1)) }
    }
}

impl Drop for PanicsAndSpawns {
    fn drop(&mut self) {
        if self.panics {
            panic_any(Payload);
        }
    }
}

struct Payload;

impl Drop for Payload {
    fn drop(&mut self) {
        drop(spawn(PanicsAndSpawns { panics: false }));
    }
}

#[test]
fn a_task_begun_by_the_payload_of_the_one_before_is_not_aborted_with_it() {
    run(async || {
        let old = spawn(PanicsAndSpawns { panics: true });
        old.abort();
        drop(old); // so that the payload is not taken
        yield_now().await;
        yield_now().await;
        assert_eq!((TURNS.get(), metrics().tasks), (1, 1));
    });
}
