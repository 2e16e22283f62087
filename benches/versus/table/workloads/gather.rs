//! Many futures awaited as one: shirr's `gather` and what the others have for it.
//!
//! The children are the same everywhere, and each way gives a `Vec` of all outputs: in input
//! order, but for `JoinSet` and `FuturesUnordered`, which give them as children end.

mod forms;
mod scene;

use crate::runtimes::{
    AsyncLocalExecutor, Compio, LocalPool, Monoio, Runtime, Shirr, Smol, Tokio, TokioLocal, on,
};
use crate::workload::{Contender, Cost, Target, Workload};
use forms::sum_below;

const CHILDREN: u64 = 1_000;

/// What the rows of the curve, one for each number of children, have in their names.
pub(crate) const CURVE: &str = "gather_curve";

/// Each number of children is gathered so often that about this many children run in all.
const CURVE_CHILDREN: u64 = 50_000;

pub(super) fn workloads() -> Vec<Workload> {
    let mut workloads = vec![gather(), settled(), limited(), fallible(), one_by_one(), join_set()];
    workloads.extend([
        alone(),
        few(),
        macro_of_three(),
        ten(),
        curve("gather_curve_100", 100),
        curve("gather_curve_1_000", 1_000),
        curve("gather_curve_10_000", 10_000),
        curve("gather_curve_100_000", 100_000),
        million(),
    ]);
    workloads
}

/// `form` of `count` children on a runtime.
fn way<R: Runtime, F: Future<Output = u64> + 'static>(
    name: &'static str,
    form: fn(u64) -> F,
    count: u64,
) -> Contender {
    Contender { name, ..on(move |_: R| form(count)) }
}

/// What these workloads have in common.
fn workload(name: &'static str, contenders: Vec<Contender>, targets: Vec<Target>) -> Workload {
    Workload {
        name,
        what: "await 1,000 children as one; each wakes itself once",
        limits: "children that hold eight bytes and a state; none of them waits for the system",
        cost: Cost::WallTime,
        per: "child",
        count: CHILDREN as u32,
        times: 20,
        answer: sum_below(CHILDREN),
        contenders,
        targets,
    }
}

fn gather() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::gathered, CHILDREN),
        way::<Shirr, _>("shirr, join_all", forms::joined_all, CHILDREN),
        way::<Shirr, _>("shirr, FuturesUnordered", forms::unordered, CHILDREN),
        way::<Shirr, _>("shirr, futures-concurrency join", forms::joined_as_vec, CHILDREN),
        way::<Tokio, _>("tokio, JoinSet", forms::join_set, CHILDREN),
        way::<Tokio, _>("tokio, join_all", forms::joined_all, CHILDREN),
        way::<Tokio, _>("tokio, FuturesUnordered", forms::unordered, CHILDREN),
        way::<TokioLocal, _>("tokio LocalRuntime, JoinSet", forms::local_join_set, CHILDREN),
        way::<TokioLocal, _>("tokio LocalRuntime, join_all", forms::joined_all, CHILDREN),
        way::<Smol, _>("smol, join_all", forms::joined_all, CHILDREN),
        way::<Smol, _>("smol, futures-concurrency join", forms::joined_as_vec, CHILDREN),
        way::<Monoio, _>("monoio, join_all", forms::joined_all, CHILDREN),
        way::<Compio, _>("compio, join_all", forms::joined_all, CHILDREN),
        way::<AsyncLocalExecutor, _>("async-local-executor, join_all", forms::joined_all, CHILDREN),
        way::<LocalPool, _>("LocalPool, join_all", forms::joined_all, CHILDREN),
    ];
    let targets = vec![
        Target { of: "tokio, JoinSet", at_most: 0.10 },
        Target { of: "tokio, join_all", at_most: 0.15 },
        Target { of: "shirr, join_all", at_most: 0.35 },
    ];
    workload("gather", contenders, targets)
}

/// What a form may cost beside the plain one, the second contender of the next three.
const PLAIN: Target = Target { of: "shirr, plain gather", at_most: 1.3 };

fn plain() -> Contender {
    way::<Shirr, _>(PLAIN.of, forms::gathered, CHILDREN)
}

fn settled() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::settled, CHILDREN),
        plain(),
        way::<Tokio, _>("tokio, JoinSet", forms::join_set_results, CHILDREN),
        way::<Tokio, _>("tokio, join_all of catch_unwind", forms::all_caught, CHILDREN),
    ];
    let what = "as `gather`, where a child that panics becomes a result: shirr's `settled`";
    let limits = "no child panics";
    Workload { what, limits, ..workload("gather_settled", contenders, vec![PLAIN]) }
}

fn limited() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::limited, CHILDREN),
        plain(),
        way::<Shirr, _>("shirr, buffered", forms::buffered, CHILDREN),
        way::<Tokio, _>("tokio, buffered", forms::buffered, CHILDREN),
    ];
    let what = "as `gather`, with at most 100 children begun and not ended: shirr's `limit(100)`";
    let limits = "children take equally long, so the first in order is never what the others wait for";
    Workload { what, limits, ..workload("gather_limit", contenders, vec![PLAIN]) }
}

fn fallible() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::try_gathered, CHILDREN),
        plain(),
        way::<Shirr, _>("shirr, try_join_all", forms::try_joined_all, CHILDREN),
        way::<Tokio, _>("tokio, try_join_all", forms::try_joined_all, CHILDREN),
    ];
    let what = "as `gather`, where the first error would end the whole: shirr's `try_gather`";
    let limits = "no child fails";
    Workload { what, limits, ..workload("try_gather", contenders, vec![PLAIN]) }
}

fn one_by_one() -> Workload {
    let contenders = vec![
        staged::<Shirr, _>("shirr", forms::staged_gathered),
        staged::<Shirr, _>("shirr, join_all", forms::staged_joined_all),
        staged::<Shirr, _>("shirr, FuturesUnordered", forms::staged_unordered),
        staged::<Tokio, _>("tokio, JoinSet", forms::staged_join_set),
        staged::<Tokio, _>("tokio, join_all", forms::staged_joined_all),
        staged::<Tokio, _>("tokio, FuturesUnordered", forms::staged_unordered),
    ];
    let what = "await 1,000 children as one; when all wait, one after the other is woken and ends, \
                each in a turn of its own";
    let limits = "a turn of the task that wakes them is in the cost of each child";
    Workload { what, limits, ..workload("gather_one_by_one", contenders, Vec::new()) }
}

fn join_set() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::shirr_join_set, CHILDREN),
        way::<Shirr, _>("shirr, FuturesUnordered", forms::pushed_unordered, CHILDREN),
        way::<Tokio, _>("tokio, JoinSet", forms::spawned_join_set, CHILDREN),
        way::<Tokio, _>("tokio, FuturesUnordered", forms::pushed_unordered, CHILDREN),
        way::<TokioLocal, _>("tokio LocalRuntime, JoinSet", forms::spawned_local_join_set, CHILDREN),
    ];
    let what = "spawn 1,000 tasks into a set, then join them as they end and add up; each wakes itself once: \
                shirr's `JoinSet`";
    let limits = "tasks that hold eight bytes and a state; all end in one round, so the set is awaited twice";
    let targets = vec![Target { of: "tokio, JoinSet", at_most: 0.35 }];
    Workload { what, limits, per: "task", ..workload("join_set", contenders, targets) }
}

/// The form is awaited in a task on every runtime: tokio polls a root less often than tasks,
/// and children would be woken by the dozen before it saw the first.
fn staged<R: Runtime, F: Future<Output = u64> + 'static>(
    name: &'static str,
    form: fn(u64) -> F,
) -> Contender {
    let work = async move |runtime: R| {
        scene::set(CHILDREN);
        let driver = runtime.spawn(scene::Driver);
        let sum = runtime.spawn(form(CHILDREN)).await;
        driver.await;
        sum
    };
    Contender { name, ..on(work) }
}

fn curve(name: &'static str, count: u64) -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::gathered, count),
        way::<Tokio, _>("tokio, JoinSet", forms::join_set, count),
        way::<Tokio, _>("tokio, join_all", forms::joined_all, count),
    ];
    Workload {
        what: "as `gather`, by the number of children",
        limits: "as `gather`; up to 30 children, `join_all` polls all each time instead of the woken",
        count: count as u32,
        times: (CURVE_CHILDREN / count).max(1) as u32,
        answer: sum_below(count),
        ..workload(name, contenders, Vec::new())
    }
}

/// Where `join_all` polls all of them each time, as it does up to 30.
fn ten() -> Workload {
    let mut workload = curve("gather_curve_10", 10);
    workload.contenders.extend([
        way::<Shirr, _>("shirr, join_all", forms::joined_all, 10),
        way::<Shirr, _>("shirr, futures-concurrency join", forms::joined_as_vec, 10),
    ]);
    workload
}

/// What a gather costs once.
fn alone() -> Workload {
    let what = "await 1 boxed child by what awaits many; it wakes itself once";
    small(1, Workload { what, ..workload("gather_1", boxed(1), Vec::new()) })
}

/// As few as programs mostly have.
fn few() -> Workload {
    let what = "await 3 boxed children as one; each wakes itself once";
    small(3, Workload { what, ..workload("gather_3", boxed(3), Vec::new()) })
}

fn boxed(count: u64) -> Vec<Contender> {
    vec![
        way::<Shirr, _>("shirr", forms::gathered_boxed, count),
        way::<Shirr, _>("shirr, join_all", forms::joined_all_boxed, count),
        way::<Shirr, _>("shirr, futures-concurrency join", forms::joined_boxed, count),
        way::<Tokio, _>("tokio, join_all", forms::joined_all_boxed, count),
    ]
}

fn macro_of_three() -> Workload {
    let contenders = vec![
        way::<Shirr, _>("shirr", forms::gathered_as_tuple, 3),
        way::<Shirr, _>("shirr, join!", forms::joined_by_macro, 3),
        way::<Shirr, _>("shirr, futures-concurrency join", forms::joined_as_tuple, 3),
        way::<Tokio, _>("tokio, join!", forms::joined_by_macro, 3),
    ];
    let what = "await 3 children of three types as one; each wakes itself once: shirr's `gather!`";
    small(3, Workload { what, ..workload("gather_macro_3", contenders, Vec::new()) })
}

fn small(count: u64, workload: Workload) -> Workload {
    Workload {
        count: count as u32,
        times: (CURVE_CHILDREN / count) as u32,
        answer: sum_below(count),
        ..workload
    }
}

/// The end of the curve, and how much steeper than its beginning it may be.
fn million() -> Workload {
    let mut workload = curve("gather_curve_1_000_000", 1_000_000);
    workload.contenders.push(way::<Shirr, _>("shirr, 100 at a time", forms::gathered_by_100, 1_000_000));
    workload.targets.push(Target { of: "shirr, 100 at a time", at_most: 1.6 });
    workload
}
