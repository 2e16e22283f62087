//! The forms that are compared. Each makes its children, awaits them as one, and gives the
//! sum of their outputs.

use super::scene::{Child, TryChild};
use super::{CHILDREN, LIMIT};
use futures::future::{join_all, try_join_all};
use futures_concurrency::future::Join;
use shirr::{gather, try_gather};
use tokio::task::JoinSet;

fn children() -> impl Iterator<Item = Child> {
    (0..CHILDREN).map(Child)
}

fn try_children() -> impl Iterator<Item = TryChild> {
    (0..CHILDREN).map(TryChild)
}

pub(crate) async fn gathered() -> usize {
    gather(children()).await.iter().sum()
}

pub(crate) async fn try_gathered() -> usize {
    try_gather(try_children()).await.expect("no child fails").iter().sum()
}

pub(crate) async fn limited() -> usize {
    gather(children()).limit(LIMIT).await.iter().sum()
}

pub(crate) async fn settled() -> usize {
    let results = gather(children()).settled().await;
    results.into_iter().map(|result| result.expect("no child panics")).sum()
}

pub(crate) async fn joined_all() -> usize {
    join_all(children()).await.iter().sum()
}

pub(crate) async fn try_joined_all() -> usize {
    try_join_all(try_children()).await.expect("no child fails").iter().sum()
}

/// It takes a vector, so that one is among its costs.
pub(crate) async fn joined_as_vec() -> usize {
    children().collect::<Vec<_>>().join().await.iter().sum()
}

/// Gives the outputs in the order in which the children ended.
pub(crate) async fn join_set() -> usize {
    children().collect::<JoinSet<_>>().join_all().await.iter().sum()
}
