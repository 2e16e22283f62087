//! Exercise 8 (s7_gather): `join_all`, and what its polls cost.
//!
//! Not solved yet.
//!
//! Await all futures side by side, in one task: each wake polls all that have not ended. The
//! outputs come in the order of the futures. Here they are awaited one after another. The check
//! then counts: of 100 futures that end one by one, `join_all` makes 5,050 polls, and a gather, whose
//! children are tasks, 199. Where do the two numbers come from?
//!
//! Hint: an `enum` of a future or its output, for each child. `MaybeDone` in s9 is one.
//!
//! Check: `cargo test -p study --test ex8 -- --ignored`

use std::future::Future;

pub(crate) async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut outputs = Vec::new();
    for future in futures {
        outputs.push(future.await);
    }
    outputs
}
