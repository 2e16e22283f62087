//! The ways to await children as one. Each makes its children, collects their outputs into a
//! `Vec`, since that is what `gather` gives, and adds those up.

use super::super::self_wakes;
use super::scene::Child;
use futures::future::{LocalBoxFuture, join_all, try_join_all};
use futures::stream::{self, FuturesUnordered};
use futures::{FutureExt, StreamExt};
use futures_concurrency::future::Join;
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use tokio::task::JoinSet;

const LIMIT: usize = 100;

pub(super) const fn sum_below(count: u64) -> u64 {
    count * (count - 1) / 2
}

async fn child(number: u64) -> u64 {
    number * self_wakes(1).await
}

fn children(count: u64) -> impl Iterator<Item = impl Future<Output = u64>> {
    (0..count).map(child)
}

fn fallible(count: u64) -> impl Iterator<Item = impl Future<Output = Result<u64, Infallible>>> {
    children(count).map(|child| async move { Ok(child.await) })
}

pub(super) async fn gathered(count: u64) -> u64 {
    shirr::gather(children(count)).await.iter().sum()
}

/// As many children in all, but never more than a hundred at once.
pub(super) async fn gathered_by_100(count: u64) -> u64 {
    let mut sum = 0;
    for first in (0..count).step_by(100) {
        sum += shirr::gather((first..first + 100).map(child)).await.iter().sum::<u64>();
    }
    sum
}

pub(super) async fn settled(count: u64) -> u64 {
    let results = shirr::gather(children(count)).settled().await;
    results.into_iter().map(Result::unwrap).sum()
}

pub(super) async fn limited(count: u64) -> u64 {
    shirr::gather(children(count)).limit(LIMIT).await.iter().sum()
}

pub(super) async fn try_gathered(count: u64) -> u64 {
    shirr::try_gather(fallible(count)).await.unwrap().iter().sum()
}

pub(super) async fn joined_all(count: u64) -> u64 {
    join_all(children(count)).await.iter().sum()
}

pub(super) async fn try_joined_all(count: u64) -> u64 {
    try_join_all(fallible(count)).await.unwrap().iter().sum()
}

/// Each child alone is kept from unwinding further, as `settled` does.
pub(super) async fn all_caught(count: u64) -> u64 {
    let caught = children(count).map(|child| AssertUnwindSafe(child).catch_unwind());
    join_all(caught).await.into_iter().map(Result::unwrap).sum()
}

pub(super) async fn unordered(count: u64) -> u64 {
    let all: FuturesUnordered<_> = children(count).collect();
    all.collect::<Vec<_>>().await.iter().sum()
}

pub(super) async fn buffered(count: u64) -> u64 {
    stream::iter(children(count)).buffered(LIMIT).collect::<Vec<_>>().await.iter().sum()
}

/// It takes a vector, so that one is among its costs.
pub(super) async fn joined_as_vec(count: u64) -> u64 {
    children(count).collect::<Vec<_>>().join().await.iter().sum()
}

fn boxed(count: u64) -> impl Iterator<Item = LocalBoxFuture<'static, u64>> {
    children(count).map(FutureExt::boxed_local)
}

pub(super) async fn gathered_boxed(count: u64) -> u64 {
    shirr::gather(boxed(count)).await.iter().sum()
}

pub(super) async fn joined_all_boxed(count: u64) -> u64 {
    join_all(boxed(count)).await.iter().sum()
}

pub(super) async fn joined_boxed(count: u64) -> u64 {
    boxed(count).collect::<Vec<_>>().join().await.iter().sum()
}

/// Another type than the children of the others here, and than the next.
async fn second() -> u64 {
    child(1).await
}

async fn third() -> u64 {
    child(2).await
}

pub(super) async fn gathered_as_tuple(_: u64) -> u64 {
    let (a, b, c) = shirr::gather!(child(0), second(), third()).await;
    a + b + c
}

pub(super) async fn joined_by_macro(_: u64) -> u64 {
    let (a, b, c) = futures::join!(child(0), second(), third());
    a + b + c
}

pub(super) async fn joined_as_tuple(_: u64) -> u64 {
    let (a, b, c) = (child(0), second(), third()).join().await;
    a + b + c
}

pub(super) async fn join_set(count: u64) -> u64 {
    children(count).collect::<JoinSet<_>>().join_all().await.iter().sum()
}

/// The same children by tokio's way for tasks that need not be `Send`.
pub(super) async fn local_join_set(count: u64) -> u64 {
    let mut set = JoinSet::new();
    for child in children(count) {
        set.spawn_local(child);
    }
    set.join_all().await.iter().sum()
}

/// A task that panicked would be one of the results.
pub(super) async fn join_set_results(count: u64) -> u64 {
    let mut set: JoinSet<_> = children(count).collect();
    let mut results = Vec::with_capacity(count as usize);
    while let Some(result) = set.join_next().await {
        results.push(result);
    }
    results.into_iter().map(Result::unwrap).sum()
}

pub(super) async fn shirr_join_set(count: u64) -> u64 {
    let mut set = shirr::JoinSet::new();
    for child in children(count) {
        set.spawn(child);
    }
    let mut sum = 0;
    while let Some((_, result)) = set.join_next().await {
        sum += result.unwrap();
    }
    sum
}

pub(super) async fn spawned_join_set(count: u64) -> u64 {
    let mut set = JoinSet::new();
    for child in children(count) {
        set.spawn(child);
    }
    joined_one_by_one(set).await
}

pub(super) async fn spawned_local_join_set(count: u64) -> u64 {
    let mut set = JoinSet::new();
    for child in children(count) {
        set.spawn_local(child);
    }
    joined_one_by_one(set).await
}

async fn joined_one_by_one(mut set: JoinSet<u64>) -> u64 {
    let mut sum = 0;
    while let Some(result) = set.join_next().await {
        sum += result.unwrap();
    }
    sum
}

pub(super) async fn pushed_unordered(count: u64) -> u64 {
    let mut all = FuturesUnordered::new();
    for child in children(count) {
        all.push(child);
    }
    let mut sum = 0;
    while let Some(output) = all.next().await {
        sum += output;
    }
    sum
}

pub(super) async fn staged_gathered(count: u64) -> u64 {
    shirr::gather((0..count).map(Child)).await.iter().sum()
}

pub(super) async fn staged_joined_all(count: u64) -> u64 {
    join_all((0..count).map(Child)).await.iter().sum()
}

pub(super) async fn staged_unordered(count: u64) -> u64 {
    let all: FuturesUnordered<_> = (0..count).map(Child).collect();
    all.collect::<Vec<_>>().await.iter().sum()
}

pub(super) async fn staged_join_set(count: u64) -> u64 {
    (0..count).map(Child).collect::<JoinSet<_>>().join_all().await.iter().sum()
}
