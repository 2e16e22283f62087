//! What it costs to await a thousand futures as one: gather and its forms beside others.
//!
//! ```sh
//! cargo run --release -p versus --bin gather_costs
//! ```
//!
//! It stands here because the figures are the reason for `gather`, and any reader can have the
//! same ones again: the table in benches/DECISIONS.md is this program's.
//!
//! The children are the same for every form ([`forms`], [`scene`]): all wait, then one after
//! the other is woken, in a turn of its own, and ends. Nothing here is a time, so the figures
//! are the same in each run. They mean:
//!
//! - *polls of children*, and *polls of the awaiting task*, a task of its own that does
//!   nothing but await the whole: its first poll, and one for each time that it was woken;
//! - *turns of the loop*: polls that the runtime's loop made in the meantime, without those of
//!   the [`Driver`]; callbacks that asyncio's loop ran. tokio counts them with an unstable
//!   flag only;
//! - *allocations*: blocks made or resized from the moment that the awaiting task begins to
//!   make the combinator until it has the outputs;
//! - *bytes per pending child*: what the memory in use has grown by since that moment when
//!   all children wait (under a limit, as many as may), divided by their number, without the
//!   child's own eight bytes.
//!
//! The last two are given for the first time in a new runtime, when the runtime's own tables
//! grow too, and for the second time in the same one, when they have grown already.
//! asyncio's are counted as far as they can be; `asyncio.py` says how.

mod asyncio;
mod forms;
mod scene;

use scene::{Child, Driver};
use std::fmt;
use std::future::poll_fn;
use std::pin::pin;

const CHILDREN: usize = 1_000;
const LIMIT: usize = 100;

const HEAD: &str = "\
| 1,000 children | on | polls of children | polls of the awaiting task | turns of the loop | \
allocations, first / again | bytes per pending child, first / again |
|---|---|---|---|---|---|---|";

/// One line of the table.
struct Row {
    name: &'static str,
    on: String,
    child_polls: u64,
    awaiting_polls: u64,
    turns: Option<u64>,
    allocations: String,
    bytes_per_child: String,
}

/// What one run of a form cost.
struct Costs {
    child_polls: u64,
    awaiting_polls: u64,
    turns: Option<u64>,
    allocations: u64,
    bytes: u64,
}

fn main() {
    let rows = [
        on_shirr("`gather`", CHILDREN, forms::gathered),
        on_shirr("`try_gather`", CHILDREN, forms::try_gathered),
        on_shirr("`gather`, `limit(100)`", LIMIT, forms::limited),
        on_shirr("`gather`, `settled()`", CHILDREN, forms::settled),
        on_shirr("futures' `join_all`", CHILDREN, forms::joined_all),
        on_shirr("futures' `try_join_all`", CHILDREN, forms::try_joined_all),
        on_shirr("futures-concurrency's `join`", CHILDREN, forms::joined_as_vec),
        on_tokio("`JoinSet`", forms::join_set),
    ];
    println!("{HEAD}");
    rows.iter().for_each(|row| println!("{row}"));
    match asyncio::measure() {
        Some(row) => println!("{row}"),
        None => println!("| `asyncio.gather` | no python3 | – | – | – | – | – |"),
    }
}

/// What the children's outputs add up to in every row.
fn expected_sum() -> u64 {
    (0..CHILDREN as u64).sum()
}

/// Measures a form on a new runtime of shirr, twice.
fn on_shirr<F>(name: &'static str, pending: usize, form: fn() -> F) -> Row
where
    F: Future<Output = usize> + 'static,
{
    let once = async || {
        scene::set(CHILDREN, pending);
        let driver = shirr::spawn(Driver);
        let costs = shirr::spawn(measure(form(), || Some(shirr::metrics().polls)))
            .await
            .expect("the form does not panic");
        driver.await.expect("the driver does not panic");
        costs
    };
    let runs = shirr::block_on(async { [once().await, once().await] });
    Row::new(name, "shirr", pending, runs)
}

/// The same on a new runtime of tokio.
fn on_tokio<F>(name: &'static str, form: fn() -> F) -> Row
where
    F: Future<Output = usize> + Send + 'static,
{
    let once = async || {
        scene::set(CHILDREN, CHILDREN);
        let driver = tokio::spawn(Driver);
        let costs = tokio::spawn(measure(form(), || None)).await.expect("the form does not panic");
        driver.await.expect("the driver does not panic");
        costs
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime can be made");
    let runs = runtime.block_on(async { [once().await, once().await] });
    Row::new(name, "tokio", CHILDREN, runs)
}

/// Awaits a form, counting; `polls` says how many the loop has made so far.
async fn measure(form: impl Future<Output = usize>, polls: fn() -> Option<u64>) -> Costs {
    let turns = || Some(polls()? - scene::driver_polls());
    let (mut form, mut awaiting_polls) = (pin!(form), 0);
    let turns_before = turns();
    memory::start_counting();
    let counted = poll_fn(|cx| {
        awaiting_polls += 1;
        form.as_mut().poll(cx)
    });
    let sum = counted.await;
    let allocations = memory::allocations();
    memory::stop_counting();
    assert_eq!(sum as u64, expected_sum());
    // From this task's first poll to its last is one less than both together.
    let turns = turns().zip(turns_before).map(|(now, before)| now - before + 1);
    let (child_polls, bytes) = scene::seen();
    Costs { child_polls, awaiting_polls, turns, allocations, bytes }
}

impl Row {
    fn new(name: &'static str, on: &str, pending: usize, [first, again]: [Costs; 2]) -> Self {
        let same = |costs: &Costs| (costs.child_polls, costs.awaiting_polls, costs.turns);
        assert_eq!(same(&first), same(&again), "{name} does the same each time");
        let per_child = |bytes: u64| bytes.div_ceil(pending as u64) - size_of::<Child>() as u64;
        Self {
            name,
            on: on.to_owned(),
            child_polls: first.child_polls,
            awaiting_polls: first.awaiting_polls,
            turns: first.turns,
            allocations: format!("{} / {}", first.allocations, again.allocations),
            bytes_per_child: format!("{} / {}", per_child(first.bytes), per_child(again.bytes)),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Row { name, on, child_polls, awaiting_polls, turns, allocations, bytes_per_child } = self;
        let turns = turns.map_or(String::from("–"), |turns| turns.to_string());
        let polls = format!("{child_polls} | {awaiting_polls} | {turns}");
        write!(f, "| {name} | {on} | {polls} | {allocations} | {bytes_per_child} |")
    }
}
