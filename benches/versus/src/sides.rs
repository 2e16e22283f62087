//! Puts a workload on one runtime or the other.
//!
//! Everything here exists for each runtime, and does the same: they build
//! the runtime when it is first needed, keep it between rounds, and run the workload in
//! `block_on`. tokio's is its `current_thread` runtime with time and I/O enabled, since
//! shirr has both.

use crate::row::Side;
use tokio::runtime;

/// Runs `work` on shirr.
pub(crate) fn shirr(work: impl AsyncFn() -> u64 + 'static) -> Side {
    shirr_with(async || (), async move |()| work().await)
}

/// Runs `work` on tokio.
pub(crate) fn tokio(work: impl AsyncFn() -> u64 + 'static) -> Side {
    tokio_with(async || (), async move |()| work().await)
}

/// Runs `work` on shirr, with what `prepare` makes in the same runtime before the first
/// round. Tasks that it leaves behind stay.
pub(crate) fn shirr_with<S: 'static>(
    prepare: impl AsyncFn() -> S + 'static,
    work: impl AsyncFn(&S) -> u64 + 'static,
) -> Side {
    let mut prepared = None;
    Box::new(move |times| {
        let (state, runtime) = prepared.get_or_insert_with(|| {
            let runtime = new_shirr();
            (runtime.block_on(prepare()), runtime)
        });
        runtime.block_on(repeat(times, async || work(state).await))
    })
}

/// Runs `work` on tokio, with what `prepare` makes in the same runtime before the first
/// round. Tasks that it leaves behind stay.
pub(crate) fn tokio_with<S: 'static>(
    prepare: impl AsyncFn() -> S + 'static,
    work: impl AsyncFn(&S) -> u64 + 'static,
) -> Side {
    let mut prepared = None;
    Box::new(move |times| {
        let (state, runtime) = prepared.get_or_insert_with(|| {
            let runtime = new_tokio();
            (runtime.block_on(prepare()), runtime)
        });
        runtime.block_on(repeat(times, async || work(state).await))
    })
}

/// Runs `work` on async-io, whose reactor is the process's, beside what `prepare` makes before
/// the first round.
pub(crate) fn async_io_with<S: 'static>(
    prepare: impl AsyncFn() -> S + 'static,
    work: impl AsyncFn(&S) -> u64 + 'static,
) -> Side {
    let mut prepared = None;
    Box::new(move |times| {
        let state = prepared.get_or_insert_with(|| async_io::block_on(prepare()));
        async_io::block_on(repeat(times, async || work(state).await))
    })
}

/// Runs `work` on a new shirr runtime in every round.
pub(crate) fn fresh_shirr(work: impl AsyncFn() -> u64 + 'static) -> Side {
    Box::new(move |times| new_shirr().block_on(repeat(times, &work)))
}

/// Runs `work` on a new tokio runtime in every round.
pub(crate) fn fresh_tokio(work: impl AsyncFn() -> u64 + 'static) -> Side {
    Box::new(move |times| new_tokio().block_on(repeat(times, &work)))
}

async fn repeat(times: u32, work: impl AsyncFn() -> u64) -> u64 {
    let mut sum = 0;
    for _ in 0..times {
        sum += work().await;
    }
    sum
}

fn new_shirr() -> shirr::Runtime {
    shirr::Runtime::new().expect("the system has descriptors left for a runtime")
}

fn new_tokio() -> runtime::Runtime {
    let built = runtime::Builder::new_current_thread().enable_all().build();
    built.expect("the system has descriptors left for a runtime")
}
