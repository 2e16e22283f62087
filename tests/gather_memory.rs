//! How often a gather allocates and how much it holds, asked of an allocator that counts.
//!
//! What is counted are calls and requested bytes of the thread that asks, without what the
//! system's allocator adds to each. `--nocapture` shows the figures.

mod common;
mod heap;

use common::shuffled::is_shuffled;
use common::{ends, turns};
use heap::{counts, reset};
use shirr::{Gather, Runtime, as_completed, gather, metrics, spawn, try_gather, yield_now};
use std::cell::RefCell;
use std::future::{Future, Pending, pending};
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

/// How often a gather of `n` children that yield once allocates, its output included.
fn allocations(runtime: &Runtime, n: usize) -> usize {
    runtime.block_on(async {
        let before = reset();
        let outputs = gather((0..n).map(|i| async move {
            yield_now().await;
            i
        }))
        .await;
        assert_eq!(outputs.len(), n);
        counts().calls - before.calls
    })
}

const SIZES: [usize; 3] = [10, 1_000, 100_000];

/// A child that gives way once.
async fn child(i: usize) -> Result<usize, ()> {
    yield_now().await;
    Ok(i)
}

/// How often `body` allocates on a runtime that is warm, for each number of children.
macro_rules! allocations_do_not_depend_on_n {
    ($runtime:expr, $n:ident => $body:expr) => {
        let counts = [10, 1_000, 10_000].map(|$n| {
            $runtime.block_on(async {
                $body;
                let before = counts().calls;
                $body;
                counts().calls - before
            })
        });
        println!("allocations on a warm runtime: {counts:?} {}", stringify!($body));
        assert!(counts.iter().all(|count| *count == counts[0] && *count <= 8), "{counts:?}");
    };
}

/// Breaks if a child costs an allocation of its own, or the outputs are collected twice.
#[test]
fn on_a_warm_runtime_the_number_of_allocations_does_not_depend_on_n() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    ends(|| {
        let runtime = Runtime::new().unwrap();
        const LONG: Duration = Duration::from_secs(600);
        allocations_do_not_depend_on_n!(runtime, n => drop(gather((0..n).map(child)).await));
        allocations_do_not_depend_on_n!(runtime, n => drop(gather((0..n).map(child)).settled().await));
        allocations_do_not_depend_on_n!(runtime, n => {
            drop(gather((0..n).map(child)).settled().within(LONG).await)
        });
        allocations_do_not_depend_on_n!(runtime, n => drop(try_gather((0..n).map(child)).await));
        // On one that need not give back the room of ten thousand meanwhile.
        let runtime = Runtime::new().unwrap();
        allocations_do_not_depend_on_n!(runtime, n => {
            let mut source = as_completed((0..n).map(child)).limit(9); // fewer than any of the numbers
            while source.next().await.is_some() {}
        });
    });
}

/// Breaks if a child costs an allocation of its own, or a table grows step by step. The last is
/// too large to leave its memory to another, so no list of such memory is made.
#[test]
fn on_a_fresh_runtime_the_number_of_allocations_does_not_grow_with_n() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    ends(|| {
        let counts = SIZES.map(|n| allocations(&Runtime::new().unwrap(), n));
        println!("allocations on a fresh runtime: {counts:?}");
        assert!(counts.is_sorted_by(|fewer, more| fewer >= more) && counts[0] <= 16, "{counts:?}");
    });
}

/// Breaks if a batch, a key or a waker outlives its gather.
#[test]
fn when_a_gather_has_ended_it_holds_nothing_but_its_output() {
    ends(|| {
        let runtime = Runtime::new().unwrap();
        allocations(&runtime, 1_000);
        let before = reset();
        for _ in 0..100 {
            allocations(&runtime, 1_000);
        }
        assert_eq!(counts().live, before.live);
    });
}

/// Breaks if the batch or its slice is made anew: the iterator's box and the outputs are left.
#[test]
fn a_gather_begins_in_the_memory_of_one_of_its_kind_that_has_ended() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    ends(|| {
        let runtime = Runtime::new().unwrap();
        allocations(&runtime, 10);
        for n in [10, 3, 10] {
            assert_eq!(allocations(&runtime, n), 2, "{n} children");
        }
    });
}

/// Breaks if the slice of its children is not counted with what may wait for the next gather.
#[test]
fn what_waits_for_the_next_gather_is_two_megabytes_at_most_and_goes_with_the_runtime() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    ends(|| {
        let before = counts().live;
        let runtime = Runtime::new().unwrap();
        runtime.block_on(async {
            let mut dropped = gather((0..200_000).map(|_| pending::<()>()));
            assert!(common::begin(&mut dropped).await.is_pending());
            drop(dropped); // the tables of tasks have their room now
            let tables = counts().live;
            drop(gather((0..40).map(|_| gather((0..4_000).map(child)))).await);
            let waits = counts().live - tables;
            println!("{waits} bytes wait");
            assert!((1 << 19..2 << 20).contains(&waits), "{waits} bytes");
        });
        drop(runtime);
        let left = counts().live - before;
        assert!(left < 4096, "{left} bytes are left, with what is printed");
    });
}

/// Breaks if a batch keeps the room of a larger gather whose memory it has.
#[test]
fn a_small_gather_does_not_hold_the_memory_of_a_large_one() {
    ends(|| {
        shirr::block_on(async {
            let ready = || gather((0..20_000).map(|i| either(i, true)));
            drop(ready().await); // the tables of tasks have their room now
            let (before, mut small) = (counts().live, Vec::new());
            for _ in 0..50 {
                drop(ready().await);
                small.push(gather((0..3).map(|i| either(i, false))));
                assert!(common::begin(small.last_mut().unwrap()).await.is_pending());
            }
            let each = (counts().live - before) / 50;
            assert!(each < 2_000, "{each} bytes for three children that wait");
        });
    });
}

async fn either(i: usize, is_ready: bool) -> usize {
    if !is_ready {
        pending::<()>().await;
    }
    i
}

/// Breaks if the room that such an iterator's children had while it was asked stays.
#[test]
fn children_of_an_iterator_that_does_not_say_how_many_come_have_no_room_beside() {
    ends(|| {
        let bytes = |is_known: bool| {
            bytes_each(MANY, async || {
                let children = (0..MANY).map(|_| pending::<[u64; 8]>());
                let all: Box<dyn Iterator<Item = Pending<[u64; 8]>>> =
                    if is_known { Box::new(children) } else { Box::new(children.filter(|_| true)) };
                let mut all = gather(all);
                assert!(common::begin(&mut all).await.is_pending());
                Some(all)
            })
        };
        let (known, unknown) = (bytes(true), bytes(false));
        println!("{known} bytes a child of a known number, {unknown} of an unknown one");
        assert!(unknown <= known + known / 16, "{unknown} bytes a child, or {known}");
    });
}

/// Breaks if the list of those that have ended waits with the memory of their gather.
#[test]
fn what_as_completed_leaves_to_the_next_is_two_megabytes_at_most() {
    if is_shuffled("queue without notes beside it") {
        return;
    }
    ends(|| {
        shirr::block_on(async {
            let begin_all = async || {
                let mut all: Vec<_> = (0..40).map(|_| as_completed((0..4_000).map(child))).collect();
                for source in &mut all {
                    assert!(source.next().await.is_some());
                }
                all
            };
            drop(begin_all().await); // the tables of tasks have their room now
            let before = counts().live;
            for mut source in begin_all().await {
                while source.next().await.is_some() {}
            }
            let waits = counts().live - before;
            assert!(waits < 2 << 20, "{waits} bytes");
        });
    });
}

type Three = Gather<std::vec::IntoIter<Pin<Box<dyn Future<Output = usize>>>>>;

thread_local! {
    static AWAITED: RefCell<Option<Three>> = const { RefCell::new(None) };
}

/// A waker that polls where it should queue, and then begins another gather of the kind.
struct AtOnce;

impl Wake for AtOnce {
    fn wake(self: Arc<Self>) {
        if poll_awaited(&self.into()).is_ready() {
            AWAITED.set(Some(three()));
            assert!(poll_awaited(Waker::noop()).is_pending());
        }
    }
}

fn poll_awaited(waker: &Waker) -> Poll<Vec<usize>> {
    AWAITED.with_borrow_mut(|gather| Pin::new(gather.as_mut().unwrap()).poll(&mut Context::from_waker(waker)))
}

fn three() -> Three {
    gather((0..3).map(|i| Box::pin(async move { child(i).await.unwrap() }) as _).collect::<Vec<_>>())
}

/// Breaks if a batch is used again while a child of it is on the stack.
#[test]
fn a_gather_that_gives_its_output_in_its_last_childs_wake_leaves_the_next_one_whole() {
    if is_shuffled("end of three children after three turns") {
        return;
    }
    ends(|| {
        shirr::block_on(async {
            assert_eq!(three().await, [0, 1, 2]); // its memory waits
            AWAITED.set(Some(three()));
            assert!(poll_awaited(&Arc::new(AtOnce).into()).is_pending());
            turns(3).await;
            assert_eq!(metrics().tasks, 1 + 3, "the next has begun");
            assert_eq!(AWAITED.take().unwrap().await, [0, 1, 2]);
        });
    });
}

/// Breaks if an output has an allocation beside its future's, or a future is held twice.
#[test]
fn a_future_of_a_macro_costs_one_allocation_of_its_own_size() {
    async fn page<T>(output: T) -> T {
        let page = [7_u8; 16 << 10];
        yield_now().await;
        assert_eq!(black_box(&page)[1], 7);
        output
    }
    ends(|| {
        let bytes = |runtime: &Runtime| {
            runtime.block_on(async {
                let before = reset();
                assert_eq!(gather!(page(1), page('2'), page("3")).await, (1, '2', "3"));
                (counts().calls - before.calls, (counts().peak - before.peak) as usize)
            })
        };
        let runtime = Runtime::new().unwrap();
        bytes(&runtime);
        let (calls, peak) = bytes(&runtime);
        println!("{calls} allocations, {peak} bytes");
        assert!(calls <= 3 + 2, "{calls} allocations; three futures, their vector, its box");
        assert!((48 << 10..56 << 10).contains(&peak), "{peak} bytes for three pages of 16 KiB");
    });
}

/// Bytes that each of `n` futures holds once all of them wait, begun by `start`.
fn bytes_each<T>(n: usize, start: impl AsyncFnOnce() -> T) -> usize {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let before = reset();
        let held = start().await;
        turns(2).await;
        let live = counts().live - before.live;
        drop(held);
        live as usize / n
    })
}

const MANY: usize = 100_000;

/// Breaks if a child grows by more than its slot and its state.
#[test]
fn a_pending_child_holds_a_bounded_number_of_bytes() {
    ends(|| {
        let bytes = bytes_each(MANY, async || {
            let mut all = gather((0..MANY).map(|_| pending::<u64>()));
            assert!(common::begin(&mut all).await.is_pending());
            Some(all)
        });
        println!("{bytes} bytes a pending child, of {MANY}");
        assert!((24..=160).contains(&bytes), "{bytes} bytes a pending child");
    });
}

/// Breaks if room is made for more than the tasks and the children that there are.
#[test]
fn beside_a_thousand_tasks_a_thousand_children_hold_no_more_bytes_than_alone() {
    const FEW: usize = 1_000;
    ends(|| {
        let bytes = bytes_each(FEW, async || {
            (0..FEW).for_each(|_| drop(spawn(pending::<u64>())));
            let mut all = gather((0..FEW).map(|_| pending::<u64>()));
            assert!(common::begin(&mut all).await.is_pending());
            Some(all)
        });
        println!("{bytes} bytes a pending child and a parked task, of {FEW} each");
        assert!(bytes <= 160 + 140, "{bytes} bytes a pending child and a parked task");
    });
}

/// Breaks if a task grows by more than its slot and its state.
#[test]
fn a_parked_task_holds_between_40_and_140_bytes() {
    ends(|| {
        // Its box with a small future, its slot in the slab, its state, its share of the
        // ready queue; the room that these tables keep for more is counted with them.
        let bytes = bytes_each(MANY, async || (0..MANY).for_each(|_| drop(spawn(pending::<u64>()))));
        println!("{bytes} bytes a parked task, of {MANY}");
        assert!((40..=140).contains(&bytes), "{bytes} bytes a parked task");
    });
}

/// The most bytes held while a gather under a limit of 100 runs `n` children of a page
/// each, from an iterator that makes them as they are asked for.
fn peak_under_limit(n: usize) -> usize {
    let runtime = Runtime::new().unwrap();
    runtime.block_on(async {
        let before = reset();
        let items = (0..n).map(|i| async move {
            let page = [i as u8; 1024];
            yield_now().await;
            i ^ usize::from(page[i % 1024])
        });
        let outputs = gather(items).limit(100).await;
        assert!(outputs.iter().enumerate().all(|(i, output)| *output == i ^ usize::from(i as u8)));
        (counts().peak - before.peak) as usize
    })
}

/// Breaks if memory is kept for children that have ended.
#[test]
fn a_million_items_under_a_limit_hold_memory_for_the_limit_and_the_outputs_only() {
    ends(|| {
        let (few, million) = (peak_under_limit(1_000), peak_under_limit(1_000_000));
        let outputs = 1_000_000 * size_of::<usize>();
        println!("peak under a limit of 100: {few} bytes for 1,000 items, {million} for 1,000,000");
        // The outputs wait as `Option`s, twice their size, in a vector that grows by copying
        // itself into one of twice the length.
        assert!(million <= few + 6 * outputs, "{million} bytes for {outputs} bytes of outputs");
        assert!(few < 300 * 1024, "{few} bytes for a hundred children of a page");
    });
}

/// Breaks if memory is kept for outputs that were given.
#[test]
fn as_completed_of_an_endless_iterator_holds_memory_for_its_limit_only() {
    ends(|| {
        let page = |i: usize| async move {
            let page = [i as u8; 1024];
            yield_now().await;
            vec![page[i % 1024]; 512]
        };
        shirr::block_on(async {
            let before = counts().live;
            let mut source = as_completed((0..).map(page)).limit(100);
            let mut most = 0;
            for i in 0..100_000_usize {
                let (_, output) = source.next().await.unwrap();
                assert_eq!(output.len(), 512);
                if i % 100 == 0 {
                    most = most.max(counts().live - before);
                }
            }
            // A child is a page and some, its output half a page, and both are there a hundred times.
            assert!((100 * 1024..400 * 1024).contains(&most), "{most} bytes");
        });
    });
}
