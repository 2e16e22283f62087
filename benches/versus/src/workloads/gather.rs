//! Many futures awaited as one: shirr's `gather`, tokio's `JoinSet`, futures' `join_all`.
//!
//! The children are the same future everywhere. Each form gives a `Vec` of their outputs;
//! `JoinSet`'s is in the order in which they ended, the others' in input order.

use super::self_wakes;
use crate::row::{Cost, Row, Side, Target};
use crate::sides::{shirr, tokio};
use futures::future::join_all;
use std::convert::Infallible;
use tokio::task::JoinSet;

const CHILDREN: u64 = 1_000;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100;

pub(super) fn rows() -> Vec<Row> {
    let mut rows = against_others();
    rows.extend(against_itself());
    rows.push(by_number());
    rows
}

fn row(name: &'static str, what: &'static str, most: Option<f64>, left: Side, right: Side) -> Row {
    Row {
        name,
        what,
        cost: Cost::WallTime,
        per: "child",
        count: CHILDREN as u32,
        times: 20,
        answer: sum_below(CHILDREN),
        target: most.map(Target::Ratio),
        left,
        right,
    }
}

/// 1,000 children, each of which yields once.
fn against_others() -> Vec<Row> {
    let plain = || shirr(gather_1000);
    vec![
        row("gather_joinset", "gather of 1,000 / tokio's JoinSet", Some(0.10), plain(), tokio(join_set_1000)),
        row("gather_join_all", "gather / join_all on tokio", Some(0.15), plain(), tokio(join_all_1000)),
        row("gather_join_all_here", "gather / join_all on shirr", Some(0.35), plain(), shirr(join_all_1000)),
        row("join_all", "join_all on shirr / on tokio", None, shirr(join_all_1000), tokio(join_all_1000)),
    ]
}

/// The same children under the other forms.
fn against_itself() -> Vec<Row> {
    let plain = || shirr(gather_1000);
    vec![
        row("gather_settled", "gather, settled / plain", Some(1.3), shirr(settled_1000), plain()),
        row("gather_limit", "gather, limit(100) / plain", Some(1.3), shirr(limited_1000), plain()),
        row("try_gather", "try_gather / gather", Some(1.3), shirr(try_gather_1000), plain()),
    ]
}

fn by_number() -> Row {
    let (what, few) = ("gather of 1,000,000 / 10,000 times 100", shirr(gather_few_often));
    let row = row("gather_million", what, Some(1.6), shirr(gather_many), few);
    Row { count: MANY as u32, times: 1, answer: MANY / FEW * sum_below(FEW), ..row }
}

const fn sum_below(n: u64) -> u64 {
    n * (n - 1) / 2
}

async fn child(number: u64) -> u64 {
    self_wakes(1).await;
    number
}

fn children(count: u64) -> impl Iterator<Item = impl Future<Output = u64>> {
    (0..count).map(child)
}

async fn gather_1000() -> u64 {
    let outputs = shirr::gather(children(CHILDREN)).await;
    outputs.iter().sum()
}

async fn settled_1000() -> u64 {
    let outputs = shirr::gather(children(CHILDREN)).settled().await;
    outputs.into_iter().map(Result::unwrap).sum()
}

async fn limited_1000() -> u64 {
    let outputs = shirr::gather(children(CHILDREN)).limit(100).await;
    outputs.iter().sum()
}

async fn try_gather_1000() -> u64 {
    let fallible = |child| async move { Ok::<_, Infallible>(child.await) };
    let outputs = shirr::try_gather(children(CHILDREN).map(fallible)).await;
    outputs.unwrap().iter().sum()
}

async fn join_set_1000() -> u64 {
    let outputs = children(CHILDREN).collect::<JoinSet<_>>().join_all().await;
    outputs.iter().sum()
}

async fn join_all_1000() -> u64 {
    let outputs = join_all(children(CHILDREN)).await;
    outputs.iter().sum()
}

async fn gather_many() -> u64 {
    let outputs = shirr::gather((0..MANY).map(|number| child(number % FEW))).await;
    outputs.iter().sum()
}

async fn gather_few_often() -> u64 {
    let mut sum = 0;
    for _ in 0..MANY / FEW {
        let outputs = shirr::gather(children(FEW)).await;
        sum += outputs.iter().sum::<u64>();
    }
    sum
}
