//! After the last step: a program under all its legal schedules.
//!
//! You know by now: which task is polled next, how much one read gets and how late a timer is, are
//! decided by a queue, the kernel and the clock. A program that runs well under one of their
//! decisions may fail under another.
//!
//! New: `shirr::explore`, which makes each of these a choice, runs a program under many choices, and
//! shortens the first run that fails.
//!
//! Try: give each task the account for the whole of its work, by a lock of your own (a task that
//! waits leaves its waker with the lock). Then take `latency` out of `withdraw`: why can nothing
//! go wrong any more? Then run the line that the report ends with.
//!
//! For real: `src/choice/`, `src/explore/`, `src/runtime/branches/world.rs`.

use shirr::explore::{Explorer, Search, latency};
use shirr::gather;
use std::cell::Cell;
use std::rc::Rc;

/// Looks, waits for the bank, and writes what is left by what it has seen.
async fn withdraw(account: Rc<Cell<u32>>, amount: u32) {
    let before = account.get();
    if amount > 5 {
        latency().await; // the bank asks back
    }
    account.set(before - amount);
}

/// Two customers. The second comes when the first has its money, as a rule.
pub(crate) async fn customers() {
    let account = Rc::new(Cell::new(20));
    let customer = |(way, amount): (u32, u32)| {
        let account = Rc::clone(&account);
        async move {
            for _ in 0..way {
                latency().await;
            }
            withdraw(account, amount).await;
        }
    };
    gather([(0, 10), (3, 4)].map(customer)).await;
    assert_eq!(account.get(), 6, "one of two withdrawals is lost");
}

fn main() {
    shirr::block_on(customers());
    println!("result: by itself the program runs well");
    let all = Explorer::new().search(Search::All(1));
    match all.check(customers) {
        Ok(passed) => println!("mended: {} schedules with one deviation have passed", passed.schedules),
        Err(failure) => println!("still wrong: {failure}"),
    }
}
