//! How often the other forms of gather allocate and how much they hold, asked of an
//! allocator that counts, on the thread that asks.

mod common;
mod heap;

use common::ends;
use heap::counts;
use shirr::{Runtime, as_completed, gather, try_gather, yield_now};
use std::time::Duration;

/// A child that gives way once.
async fn child(i: usize) -> Result<usize, ()> {
    yield_now().await;
    Ok(i)
}

/// How often `body` allocates on a runtime that is warm.
fn allocations(runtime: &Runtime, body: impl AsyncFn()) -> usize {
    runtime.block_on(async {
        body().await;
        let before = counts().calls;
        body().await;
        counts().calls - before
    })
}

/// The same for ten and for ten thousand children.
macro_rules! allocations_do_not_depend_on_n {
    ($runtime:expr, $n:ident => $body:expr) => {
        let [few, many] = [10, 10_000].map(|$n: usize| allocations($runtime, async || $body));
        assert_eq!(few, many, "{}", stringify!($body));
        assert!(few <= 8, "{few} allocations: {}", stringify!($body));
    };
}

#[test]
fn the_number_of_allocations_does_not_depend_on_n_in_any_form_without_a_limit() {
    ends(|| {
        let runtime = &Runtime::new().unwrap();
        const LONG: Duration = Duration::from_secs(600);
        allocations_do_not_depend_on_n!(runtime, n => drop(gather((0..n).map(child)).settled().await));
        allocations_do_not_depend_on_n!(runtime, n => drop(gather((0..n).map(child)).settled().within(LONG).await));
        allocations_do_not_depend_on_n!(runtime, n => drop(try_gather((0..n).map(child)).await));
    });
}

#[test]
fn the_number_of_allocations_of_as_completed_under_a_limit_does_not_depend_on_n() {
    ends(|| {
        let runtime = &Runtime::new().unwrap();
        let drain = async |n| {
            let mut source = as_completed((0..n).map(child)).limit(10);
            while source.next().await.is_some() {}
        };
        let [few, many] = [100, 100_000].map(|n| allocations(runtime, async || drain(n).await));
        assert_eq!(few, many);
        assert!(few <= 10, "{few} allocations");
    });
}

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
