//! Many futures awaited as one: shirr's `gather`, tokio's `JoinSet`, futures' `join_all`.
//!
//! The children are the same future everywhere. Each form gives a `Vec` of their outputs;
//! `JoinSet`'s is in the order in which they ended, the others' in input order.

use super::self_wakes;
use crate::row::{Cost, Row, Target};
use crate::sides::{shirr, tokio};
use futures::future::join_all;
use tokio::task::JoinSet;

const CHILDREN: u64 = 1_000;
const MANY: u64 = 1_000_000;
const FEW: u64 = 100;

pub(super) fn rows() -> Vec<Row> {
    let row = |name, what, target, left, right| Row {
        name,
        what,
        cost: Cost::WallTime,
        per: "child",
        count: CHILDREN as u32,
        times: 20,
        answer: sum_below(CHILDREN),
        target,
        left,
        right,
    };
    let join_set = row(
        "gather_joinset",
        "1,000 children yield once: gather / tokio's JoinSet",
        Some(Target::Ratio(0.12)),
        shirr(gather_1000),
        tokio(join_set_1000),
    );
    let join_all_on_tokio = row(
        "gather_join_all",
        "1,000 children yield once: gather / join_all on tokio",
        None,
        shirr(gather_1000),
        tokio(join_all_1000),
    );
    let join_all_on_both = row(
        "join_all",
        "1,000 children yield once: join_all on shirr / on tokio",
        None,
        shirr(join_all_1000),
        tokio(join_all_1000),
    );
    let million = row(
        "gather_million",
        "gather of 1,000,000 / 10,000 times 100, both on shirr",
        None,
        shirr(gather_many),
        shirr(gather_few_often),
    );
    let million = Row { count: MANY as u32, times: 1, answer: MANY / FEW * sum_below(FEW), ..million };
    vec![join_set, join_all_on_tokio, join_all_on_both, million]
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
